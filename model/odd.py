"""The generated part of ODD.md: which rule reads which parameter. `python -m seedbed.model.odd` writes it anew.

It is read from the source of the rules, so that a parameter that no rule reads shows up as one without a reader.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .parameters import definitions

__all__ = ["ODD", "filled", "parameter_table", "readers", "write"]

ODD = Path(__file__).with_name("ODD.md")
BEGIN, END = "<!-- parameters:begin -->", "<!-- parameters:end -->"
MAKERS = ("schedule.py", "world.py")
"""Files of this folder that read parameters when a world is built and opened."""


def _functions(place: Path) -> Iterator[ast.FunctionDef]:
    tree = ast.parse(place.read_text(encoding="utf-8"))
    return (node for node in tree.body if isinstance(node, ast.FunctionDef))


def readers() -> dict[str, list[str]]:
    """The functions that read each parameter, by its name; rules first, then what builds a world.

    >>> readers()["venture.plan"]
    ['plan_a_year', 'need_of_money']
    """
    defined = definitions()
    by_field = {definition.field: name for name, definition in defined.items()}
    found: dict[str, list[str]] = {name: [] for name in defined}
    here = Path(__file__).resolve().parent
    rules = sorted((here.parent / "agents").glob("*.py"))
    for place in (*rules, *(here / name for name in MAKERS)):
        for function in _functions(place):
            for node in ast.walk(function):
                name = ""
                if isinstance(node, ast.Attribute):
                    name = by_field.get(node.attr, "")
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    name = node.value if node.value in defined else by_field.get(node.value, "")
                if name and function.name not in found[name]:
                    found[name].append(function.name)
    return found


def parameter_table() -> str:
    """All parameters as a Markdown table: name, meaning, unit, and the functions that read them. Values are in the files."""
    read_by = readers()
    lines = ["| parameter | what it is | unit | read by |", "|---|---|---|---|"]
    for name, definition in definitions().items():
        what = definition.what.replace("|", "/")
        by = ", ".join(f"`{function}`" for function in read_by[name])
        lines.append(f"| `{name}` | {what} | {definition.unit} | {by} |")
    return "\n".join(lines)


def filled(text: str) -> str:
    """The document with its generated part written anew."""
    head, found, rest = text.partition(BEGIN)
    _, found_too, tail = rest.partition(END)
    if not (found and found_too):
        raise ValueError(f"the document lacks {BEGIN} or {END}")
    return f"{head}{BEGIN}\n{parameter_table()}\n{END}{tail}"


def write() -> None:
    """Write the document anew where it is."""
    ODD.write_text(filled(ODD.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
