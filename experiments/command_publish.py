"""The command that writes a report of a study, to be handed on. `command.py` registers it."""

from __future__ import annotations

from typing import Annotated

import typer

from seedbed.agents.errors import BadInput

from .command import StoreOf, answers, app

__all__ = ["report"]


@app.command()
@answers
def report(
    store: StoreOf,
    out: Annotated[str, typer.Option(metavar="DIR", help="Where the report is put.")] = ".",
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="en or zh (中文).")] = "en",
    html: Annotated[bool, typer.Option("--html", help="Only the HTML file.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Only the PDF.")] = False,
    both: Annotated[bool, typer.Option("--both", help="The HTML file and the PDF, as without any of the three.")] = False,
) -> None:
    """Write a report of what a study found: one HTML file that needs no network, and a PDF, in English or Chinese.

    Question, design, the answer in computed sentences, figures, tables, every assumption with its source, limits, and how to do it again. STORE is a
    folder that a study, a sweep, an answer or a validation wrote. Of unfinished runs the report says how many there are; runs without a verdict are
    told by arm with their intervals. The PDF needs the extra: pip install "seedbed[page]".

    \b
    Examples:
      seedbed report results/tolerance-horizon
      seedbed report results/tolerance-horizon --language zh --out reports
      seedbed report results/studies/grant_or_fund --html
      seedbed report results/patience --pdf
    """
    from .publish import KINDS, publish

    if both and (html or pdf):
        raise BadInput(what="the kind of report", given="--both with another", allowed="one of --html, --pdf and --both", where="command line")
    asked = [kind for kind, wanted in zip(KINDS, (html, pdf), strict=True) if wanted]
    for place in publish(store, out, language, asked or KINDS):
        typer.echo(place)
