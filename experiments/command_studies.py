"""The commands of the report's studies: list them, run one or all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from .command import (
    FAILED,
    Executor,
    Json,
    Workers,
    _can_draw,
    _seeds,
    answers,
    app,
    compiling_told,
    say,
    show_json,
    show_table,
)

Answers = Annotated[
    str | None, typer.Option("--answers", metavar="DIR", help="Put answers there, a folder for each study.  [default: answer/ beside the runs]")
]
Quick = Annotated[bool, typer.Option("--quick", help="A first look: 4 seeds, 20 years, of which 5 do not count.")]


@app.command()
@answers
def studies(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Only these.")] = None,
    run: Annotated[bool, typer.Option("--run", help="Carry them out, or what is missing of them, one after the other.")] = False,
    seeds: Annotated[str | None, typer.Option(metavar="SEEDS", help="Other seeds than each study's own.")] = None,
    years: Annotated[int | None, typer.Option(metavar="N", help="Other years than each study's own.")] = None,
    burn_in: Annotated[int | None, typer.Option(metavar="N", help="First years, which do not count.")] = None,
    quick: Quick = False,
    workers: Workers = None,
    executor: Executor = "threads",
    out: Annotated[str, typer.Option(metavar="DIR", help="Where the runs are kept, a folder for each study.")] = "results/studies",
    kept: Answers = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")] = True,
    json: Json = False,
) -> None:
    """List the studies of the report's claims with the results of their committed runs; with --run carry them out.

    Each is one file in experiments/studies. What was begun goes on where it stopped; a study that fails does not stop the others, and is
    told at the end with exit code 1. Studies that need what this version of the model does not have are skipped.

    \b
    Examples:
      seedbed studies
      seedbed studies --json
      seedbed studies --run
      seedbed studies grant_or_fund feed_or_flood --run --seeds 20
      seedbed studies --run --quick --out results/first-look
    """
    from . import studies as shelf

    chosen = [shelf.Study.load(name).name for name in names] if names else shelf.names()
    if not run:
        _list(chosen, json)
        return
    settings = _settings(seeds, years, burn_in, quick)
    if quick and out == "results/studies":
        out = "results/studies-quick"
    drawn = figures and _can_draw()
    with compiling_told():
        ended = shelf.run_all(chosen, out, kept, settings=settings, tell=say, workers=workers, executor=executor, figure=drawn)
    failed = [name for name, word in ended.items() if word.startswith("failed")]
    if json:
        show_json({"studies": ended, "failed": failed, "out": out, "answers": kept})
    else:
        show_table(f"{len(ended)} studies", ("study", "result"), list(ended.items()), whole="study")
    if failed:
        say(f"{len(failed)} of {len(ended)} studies failed: {', '.join(failed)}. The same command takes up what is missing.")
        raise typer.Exit(FAILED)


def _settings(seeds: str | None, years: int | None, burn_in: int | None, quick: bool) -> dict[str, Any]:
    """What is asked for instead of what the declarations say."""
    from .studies import QUICK

    asked = {"seeds": None if seeds is None else _seeds(seeds), "years": years, "burn_in": burn_in}
    return {**(QUICK if quick else {}), **{key: value for key, value in asked.items() if value is not None}}


def _list(chosen: Sequence[str], json: bool) -> None:
    from . import studies as shelf

    rows = [row for row in shelf.listed() if row["name"] in chosen]
    if json:
        show_json(rows)
        return
    lines = [(row["name"], ", ".join(map(str, row["systems"])), row["section"], f"{row['runs']:,}" if row["runs"] else "", _state(row), row["title"]) for row in rows]
    show_table(f"{len(lines)} studies", ("study", "systems", "section", "runs", "result", "title"), lines, right="runs", whole="study runs")


def _state(row: Mapping) -> str:
    """One line on where a study is: its result, or why it has none."""
    if row["result"]:
        return f"{row['verdict']}: {row['result']}" + (" (the declaration was changed since)" if row["changed_since"] else "")
    return f"needs {', '.join(row['unmet'])}" if row["unmet"] else "not run yet"


def carry_out(
    name: str, *, scenario: str | None, settings: Sequence[str], seeds: str | None, years: int | None, burn_in: int | None, quick: bool, workers: int | None,
    executor: str, out: str | None, kept: str | None, figures: bool, json: bool, posterior: str | None = None,
) -> None:  # fmt: skip
    """`seedbed study NAME` for a study that a file declares."""
    from seedbed.agents.errors import BadInput
    from seedbed.model.parameters import closest_first

    from . import report
    from .command import STUDIES
    from .studies import Study, names, run_study

    if not (name.endswith(".toml") or "/" in name) and name.replace("-", "_") not in names():
        raise BadInput(what="the study", given=name, allowed=closest_first(name, [*STUDIES, *names()]), where="command line")
    study = Study.load(name)
    if scenario is not None or settings:
        given = scenario if scenario is not None else settings[0]
        raise BadInput(what="a setting of a declared study", given=given, allowed="none: copy its file, change the copy, and name that", where=f"study {name}")
    study = study.with_(**_settings(seeds, years, burn_in, quick))
    if posterior is not None:
        from dataclasses import replace

        from .posterior import Posterior

        study = replace(study, posterior=Posterior.load(posterior))
    if out is None and not study.unmet():
        out = str(study.place(f"results/{'studies-quick' if quick else 'studies-posterior' if posterior else 'studies'}"))
    drawn = figures and _can_draw()
    with compiling_told():
        answer = run_study(study, out=out, answers=None if kept is None else f"{kept}/{study.name}", workers=workers, executor=executor, figure=drawn)
    if json:
        show_json(answer.summary)
    else:
        report.show(answer.page)
    say(f"The answer is in {answer.folder}, the runs are in {out}.")
