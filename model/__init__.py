"""The machine: how a world is built, stepped and measured."""
