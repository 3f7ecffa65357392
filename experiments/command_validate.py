"""The command that holds a scenario against what is known. `command.py` registers it."""

from __future__ import annotations

import os
import time
from typing import Annotated, Any

import typer

from seedbed.agents.errors import BadInput

from .command import (
    BurnIn,
    Json,
    ScenarioName,
    Settings,
    Workers,
    _can_draw,
    _scenario,
    _seeds,
    answers,
    app,
    compiling_told,
    say,
    show_json,
    show_table,
)

__all__ = ["validate"]


@app.command()
@answers
def validate(
    scenario: ScenarioName,
    settings: Settings = [],  # noqa: B006
    against: Annotated[str | None, typer.Option("--targets", metavar="FILE", help="Targets of your own.  [default: model/evidence/targets.toml]")] = None,
    seeds: Annotated[str, typer.Option(metavar="SEEDS", help="How many seeds, or which: 200, 101-150, 3,5,8.")] = "40",
    years: Annotated[int, typer.Option(metavar="N", help="Years to run.")] = 40,
    burn_in: BurnIn = None,
    quick: Annotated[bool, typer.Option("--quick", help="A first look: 4 seeds, 20 years, of which 5 do not count.")] = False,
    workers: Workers = None,
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Keep table.json, the figures and manifest.json here.")] = None,
    json: Json = False,
) -> None:
    """Set a scenario beside what is known: each target with its band, the model with its 95% interval, inside or not, calibrated to or not.

    A number is inside if its interval over replications overlaps the band; a sign, if the interval lies wholly on its side. Statistics that were
    not calibrated to (B) are reported as found. With 40 seeds some 520 runs: a minute on two idle processors.

    \b
    Examples:
      seedbed validate baseline
      seedbed validate baseline --quick
      seedbed validate report --out results/validation/report
      seedbed validate baseline --set fund.tolerance.market=7 --json > table.json
      seedbed validate my_city.toml --targets my_targets.toml
    """
    from . import validate as checking
    from .store import now

    _refuse_no_place(out)
    chosen = _scenario(scenario, settings)
    asked: dict[str, Any] = {"seeds": _seeds(seeds), "years": years, "burn_in": 10 if burn_in is None else burn_in}
    if quick:
        asked = dict(checking.QUICK)
    started, begun = now(), time.monotonic()
    with compiling_told():
        found = checking.validate(chosen, against=against, workers=workers, **asked)
    if json:
        show_json(found.rows)
    else:
        _show(found)
    if out is not None:
        for place in found.write(out, checking.typed(), started, time.monotonic() - begun, workers, figures=_can_draw()):
            say(str(place))


def _show(found: Any) -> None:
    """The table, a section for each statistic, and in a sentence what it amounts to."""
    from .validate import COLUMNS, cells

    lines = [cells(row) for row in found.rows]
    kinds = [row["target"][0] for row in found.rows]
    sections = [n for n in range(1, len(kinds)) if kinds[n] != kinds[n - 1]]
    about = found.about
    title = f"{about['title']} ({about['scenario']}) beside what is known: {len(about['seeds'])} seeds, {about['years']} years, of which the first {about['burn_in']} do not count"
    show_table(title, COLUMNS, lines, right="value model", whole="target value band model inside calibrated", sections=sections)
    say(found.words + ". A number is inside if its 95% interval over replications overlaps the band; a sign, if the interval lies wholly on its side.")


def _refuse_no_place(out: str | None) -> None:
    """Tell before the runs that nothing could be kept there."""
    if out is not None and os.path.lexists(out) and not os.path.isdir(out):
        raise BadInput(what="the place to keep it", given=out, allowed="a directory", where="--out")
