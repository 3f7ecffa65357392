"""The rule book: who there is, and how each behaves."""
