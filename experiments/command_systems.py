"""The command that lists the report's systems with what was found. `command.py` registers it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seedbed.agents.errors import BadInput

from .command import Json, answers, app, show_json, show_table

if TYPE_CHECKING:
    from .systems import System

__all__ = ["systems"]

WIDTH = 100  # of a paragraph


@app.command()
@answers
def systems(
    number: Annotated[str | None, typer.Argument(metavar="NUMBER", help="One system by its number, with its paragraph.  [default: all]")] = None,
    json: Json = False,
) -> None:
    """List the report's systems: where each stands in the report, which files carry it, and what its study found.

    \b
    Examples:
      seedbed systems
      seedbed systems 14
      seedbed systems --json
    """
    from . import systems as shelf

    every = shelf.load()
    if number is not None and number not in [str(one.number) for one in every]:
        raise BadInput(what="the number of a system", given=number, allowed=f"a whole number from 1 to {len(every)}", where="command line")
    chosen = [one for one in every if number in (None, str(one.number))]
    rows = [one.row() for one in chosen]
    if json:
        show_json(rows if number is None else rows[0])
        return
    if number is not None:
        _show_one(rows[0], shelf.told(rows[0]["result"]))
        return
    columns = ("", "system", "section", "files", "study", "result")
    cells = [
        (str(row["number"]), row["name"], row["section"], _carried(one), row["study"], shelf.told(row["result"])) for one, row in zip(chosen, rows, strict=True)
    ]
    show_table(f"{len(rows)} systems of the report", columns, cells, right="", whole="study")


def _carried(system: System) -> str:
    """What carries a system, for a person: programmes and scenarios by name, parameters where there is no file; --json has the whole list."""
    files = [*system.programmes, *(f"scenario {name}" for name in system.scenarios)]
    if not files:
        return ", ".join(system.parameters)
    more = len(system.parameters)
    return ", ".join(files) + (f" and {more} parameter{'s' if more > 1 else ''}" if more else "")


def _show_one(row: dict[str, Any], result: str) -> None:
    """One system: heading, paragraph, files, result."""
    also = f" (also {', '.join(row['also'])})" if row["also"] else ""
    typer.echo(f"{row['number']} {row['name']}\nReport, section {row['section']} [{', '.join(row['facts'])}]\n")
    typer.echo(textwrap.fill(row["about"], WIDTH) + "\n")
    for file in row["files"]:
        typer.echo(f"  {file}")
    typer.echo(f"\nStudy {row['study']}{also}: {result}")
