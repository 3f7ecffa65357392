"""The commands that fit parameters to the calibration targets, and ask the main question over what the fit leaves open. `command.py` registers them."""

from __future__ import annotations

from typing import Annotated

import typer

from .command import Json, Workers, _can_draw, answers, app, compiling_told, say, show_json, show_table

__all__ = ["answer", "calibrate"]


@app.command()
@answers
def calibrate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A shipped calibration (baseline), or the path of your own.")] = "baseline",
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Where its runs are kept.  [default: results/calibration/NAME]")] = None,
    kept: Annotated[str | None, typer.Option("--answers", metavar="DIR", help="Put the answer there.  [default: DIR/answer]")] = None,
    workers: Workers = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the declaration, tell how many runs it takes, and stop.")] = False,
    json: Json = False,
) -> None:
    """Fit uncertain parameters to the calibration targets, and say how well they are known.

    A file declares the parameters, their priors and the targets (experiments/calibrations/). It first looks whether known parameters would be
    found again, then for the best point, then for all that are compatible: the posterior, which `--posterior` of a study takes. Stopped, it goes on by
    the same command. The shipped one takes some 26,000 runs, 20 to 30 minutes on two processors.

    \b
    Examples:
      seedbed calibrate baseline --dry-run
      seedbed calibrate baseline
      seedbed calibrate mine.toml --out results/mine
      seedbed study grant_or_fund --posterior results/mine/answer
    """
    from . import report
    from .calibrate import Calibration, calibrate as carry_out

    calibration = Calibration.load(name)
    if dry_run:
        rows = [(prior.path, {"range": "value", "times": "factor", "plus": "addition"}[prior.way], f"{prior.low:g}", f"{prior.high:g}") for prior in calibration.parameters]
        if json:
            show_json({"calibration": calibration.name, "runs": calibration.runs, "targets": list(calibration.targets), "parameters": [dict(zip(("parameter", "as", "low", "high"), row, strict=True)) for row in rows]})
        else:
            show_table(f"{calibration.name}: {len(calibration.targets)} targets, {calibration.runs:,} runs", ("parameter", "as", "low", "high"), rows)
        return
    out = out or f"results/calibration/{calibration.name}"
    say(f"{calibration.runs:,} runs; kept in {out}.")
    with compiling_told():
        fit = carry_out(calibration, out=out, answers=kept, workers=workers, figures=_can_draw())
    if json:
        show_json(report._plain(fit.summary))
    else:
        report.show(fit.page)
    say(f"The posterior and all about it are in {fit.folder}.")


@app.command()
@answers
def answer(
    posterior: Annotated[str, typer.Option(metavar="NAME", help="The posterior: baseline, or a calibration's folder.")] = "baseline",
    draws: Annotated[int, typer.Option(metavar="N", help="How many of its draws.")] = 100,
    seeds_a_draw: Annotated[int, typer.Option(metavar="N", help="Seeds under each, at least 2.")] = 4,
    years: Annotated[int, typer.Option(metavar="N", help="Years to run.")] = 40,
    burn_in: Annotated[int, typer.Option(metavar="N", help="Years at the start that do not count.")] = 10,
    out: Annotated[str, typer.Option(metavar="DIR", help="Where the runs are kept.")] = "results/answer",
    kept: Annotated[str | None, typer.Option("--answers", metavar="DIR", help="Put the answer there.  [default: DIR/answer]")] = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Ask the main question again over the posterior and over eight ways to build the model: where patience helps, where not, how sure that is.

    \b
    Examples:
      seedbed answer
      seedbed answer --draws 20 --seeds-a-draw 2 --years 25 --out results/first-answer
    """
    from . import report
    from .answer import run_answer

    with compiling_told():
        found = run_answer(posterior, draws=draws, seeds_a_draw=seeds_a_draw, years=years, burn_in=burn_in, out=out, answers=kept, workers=workers, figure=_can_draw())
    if json:
        show_json(report._plain({"effects": found.rows}))
    else:
        report.show(found.page)
    say(f"The answer is in {found.folder}, the runs are in {out}.")
