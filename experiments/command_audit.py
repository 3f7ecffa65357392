"""The command that asks whether the conclusions of a study are findings or artefacts. `command.py` registers it."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from seedbed.agents.errors import BadInput

from .command import Json, Settings, Workers, answers, app, compiling_told, say, show_json, show_table

__all__ = ["audit"]


@app.command()
@answers
def audit(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="The directory of a finished study of tolerance-horizon, with its table.csv.")
    ],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep audit.json, audit.md and audit-manifest.json here.")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="Seeds of each check; none is one of the study's own.")] = 80,
    walked: Annotated[
        int, typer.Option(metavar="N", help="Seeds of the check that walks agent by agent, thirty times as slow.")
    ] = 10,
    settings: Settings = [],  # noqa: B006
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Ask whether the conclusions of a study are findings or artefacts of how the model is carried out.

    The study's conclusions are read from its table and tried on new seeds while something changes that must not matter:
    the order in which agents act, the rows they stand in, their identities, the generator of chance, the size of the city.
    The library abmfact judges (pip install abmfact). Some four minutes on two idle processors.

    \b
    Examples:
      seedbed audit results/tolerance-horizon
      seedbed audit results/tolerance-horizon --out results/tolerance-horizon
      seedbed audit results/tolerance-horizon --seeds 200 --json > verdicts.json
      seedbed audit results/tolerance-horizon --seeds 4 --walked 3 --set city.graduates=30
    """
    from seedbed.model.parameters import parse_assignment

    from . import audit as auditing, report
    from .store import now, refused

    _refuse_no_place(out)
    started, begun = now(), time.monotonic()
    with compiling_told():
        found = auditing.audit(
            study, seeds=seeds, walked=walked, workers=workers, settings=dict(parse_assignment(setting) for setting in settings)
        )
    columns, rows = auditing.table(found)
    if json:
        show_json(report._plain(found))
    else:
        show_table("Finding or artefact?", columns, rows, whole=" ".join(columns[1:]))
        say("\n" + auditing.LEGEND)
    for row in found["not_claimed"]:
        say(f"Not claimed by the study, so not audited: {row['contrast']}, {row['label']}.")
    if out is not None:
        typed = "seedbed " + " ".join(sys.argv[1:])
        about = auditing.manifest(found, typed, started, time.monotonic() - begun, workers)
        if not about["same_rules_as_study"]:
            say("The study was made by other rules than those that were audited; audit-manifest.json says which.")
        try:
            for place in auditing.write(found, out, about):
                say(str(place))
        except OSError as error:
            from pathlib import Path

            raise refused(Path(out), error) from None


def _refuse_no_place(out: str | None) -> None:
    """Tell before the runs that nothing could be kept there."""
    import os

    if out is not None and os.path.lexists(out) and not os.path.isdir(out):
        raise BadInput(what="the place to keep it", given=out, allowed="a directory", where="--out")
