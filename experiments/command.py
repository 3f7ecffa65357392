"""The command line: `seedbed ...`.

What was asked for goes to standard output, as a table for people or with --json as pure JSON; all else (progress,
notices, errors) goes to standard error. Input that is wrong ends with one sentence that names what was given, what is
allowed and where, and with exit code 2; an interrupt with 130; any other error with 1.

Nothing heavy is imported before a command needs it, so that `seedbed --help` comes at once.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import typer

from seedbed.agents.errors import BadInput

__all__ = ["app"]

STUDIES = ("tolerance-horizon",)
WRONG_INPUT, FAILED, INTERRUPTED = 2, 1, 130
BURN_IN = 10  # years, in a run that is long enough
NARROW = 16  # letters that a column of words is not folded below

_HELP = {"help_option_names": ["-h", "--help"]}
_show_traceback = False

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)
programmes_app = typer.Typer(
    no_args_is_help=False, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
app.add_typer(programmes_app, name="programmes")


# -- answering for errors ---------------------------------------------------------------------------------------------


def say(words: str) -> None:
    """A line for the person at the terminal, apart from what was asked for."""
    sys.stdout.flush()
    typer.echo(words, err=True)


def _stop(code: int, words: str) -> None:
    typer.secho("Error: ", fg="red", bold=True, err=True, nl=False)
    say(words)
    raise typer.Exit(code)


def _in_short(error: BaseException) -> str:
    """An unexpected error in one line, or in two where it tells of another one's traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    words = lines[0] if len(lines) < 2 else f"{lines[0]} {lines[-1]}"
    return f"{type(error).__name__}: {words}" if lines else type(error).__name__


class _ToStandardError(logging.Handler):
    """Log lines as they are, to what is standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """What the runner reports (how far a study is, an interrupt) goes to standard error."""
    log = logging.getLogger("seedbed.experiments")
    handler, before = _ToStandardError(), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def answers(function: Callable[..., None]) -> Callable[..., None]:
    """A command that ends in a sentence and an exit code, never in a traceback nobody asked for."""

    @functools.wraps(function)
    def command(*arguments: Any, **named: Any) -> None:
        try:
            with _logged():
                function(*arguments, **named)
                sys.stdout.flush()
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            if _show_traceback:
                import traceback

                traceback.print_exc()
            if isinstance(error, BadInput):
                _stop(WRONG_INPUT, str(error))
            if isinstance(error, KeyboardInterrupt):
                say("Interrupted; what was written before is whole.")
                raise typer.Exit(INTERRUPTED) from None
            hint = "" if _show_traceback else " (where it happened: seedbed --traceback ..., or SEEDBED_TRACEBACK=1)"
            _stop(FAILED, _in_short(error) + hint)

    return command


@contextlib.contextmanager
def compiling_told() -> Iterator[None]:
    """Tell it, once, when rules are being compiled rather than loaded: half a minute of silence looks like a fault."""
    from seedbed.agents.rule import INTERPRETED, cache_folder

    if INTERPRETED:
        say("The rules are interpreted, not compiled: expect hundreds of times the time.")
        yield
        return
    from numba.core import event

    class FirstTime(event.Listener):
        told = False

        def on_start(self, _event: object) -> None:
            if not self.told:
                self.told = True
                often = "once" if cache_folder() else "in every session, since there is no folder to keep them in"
                say(f"Compiling the rules: about half a minute, {often}.")

        def on_end(self, _event: object) -> None:
            pass

    with event.install_listener("numba:compile", FirstTime()):
        yield


# -- showing ----------------------------------------------------------------------------------------------------------


def plain(value: object) -> object:
    """The value as JSON has it: what is not a finite number is null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return value if value is None or isinstance(value, (str, int)) else str(value)


def show_json(value: object) -> None:
    """The value, and nothing else, on standard output."""
    import json

    print(
        json.dumps(plain(value), indent=2, ensure_ascii=(sys.stdout.encoding or "").lower() != "utf-8", allow_nan=False)
    )


def show_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: str = "",
    whole: str = "",
    sections: Sequence[int] = (),
) -> None:
    """A table: folded to the width of a terminal, one line a row in a pipe.

    `right` and `whole` name the columns that stand to the right and those that are never folded; before each of the
    rows `sections` there is an empty line.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    whole_ones = whole.split()
    least = sum(
        width if column in whole_ones else min(width, NARROW) for column, width in zip(columns, widths, strict=True)
    )
    terminal = sys.stdout.isatty()
    console = Console(markup=False, highlight=False, emoji=False)
    # Where the terminal is too narrow for what may not be folded, its own wrapping is better than letters left out.
    console.width = max(console.width, least + 2 * len(widths)) if terminal else sum(widths) + 2 * len(widths)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True, show_edge=False)
    for column in columns:
        side = "right" if column in right.split() else "left"
        table.add_column(column, justify=side, no_wrap=column in whole_ones, overflow="fold")
    for place, row in enumerate(cells):
        if place in sections:
            table.add_section()
        table.add_row(*row)
    if terminal:
        console.print(f"{title}\n", style="bold")
        console.print(table)
        return
    with console.capture() as printed:
        console.print(table)
    print(f"{title}\n\n" + "\n".join(line.rstrip() for line in printed.get().splitlines()))


def _figure(value: object) -> str:
    """A parameter's value for reading; --json has all its digits."""
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


def _reading(value: float, unit: str, signed: bool = False) -> str:
    """An outcome for reading, its unit apart: three figures, whole numbers whole, nothing where it is undefined."""
    from .report import number

    if value != value:
        return ""
    if unit != "share" and float(value).is_integer():
        return f"{value:{'+' if signed and value else ''},.0f}".replace("-", "\N{MINUS SIGN}")
    return number(value, "share" if unit == "share" else "", signed)


# -- what is given ----------------------------------------------------------------------------------------------------

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario's name, or the path of its file.")]
Settings = Annotated[
    list[str],
    typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter or a programme; may be given many times."),
]
Years = Annotated[int, typer.Option(metavar="N", help="Years to run.")]
BurnIn = Annotated[
    int | None,
    typer.Option(metavar="N", help="First years, which do not count.  [default: a quarter of the run, at most 10]"),
]
Seeds = Annotated[str, typer.Option(metavar="SEEDS", help="How many seeds, or which: 200, 101-150, 3,5,8.")]
Workers = Annotated[
    int | None, typer.Option(metavar="N", help="Runs at a time.  [default: the processors of this machine]")
]
Executor = Annotated[str, typer.Option(metavar="KIND", help="Where they run: threads or processes.")]
FromPosterior = Annotated[
    str | None,
    typer.Option("--posterior", metavar="NAME", help="Under each seed another draw of this posterior (baseline, or a calibration's folder), so that intervals cover parameters too."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def _scenario(name: str, settings: Sequence[str], option: str = "--set") -> Any:
    """The scenario that was asked for, changed as asked for."""
    from seedbed.model.scenario import Scenario

    scenario = Scenario.load(name, where="command line")
    return scenario.with_(list(settings), where=option) if settings else scenario


def _burn_in(given: int | None, years: int) -> int:
    """The years that do not count: as given, or a quarter of a run too short for ten of them."""
    if given is None:
        return max(0, min(BURN_IN, years // 4))
    if years >= 1 and not 0 <= given < years:
        raise BadInput(
            what="the burn-in",
            given=given,
            allowed=f"a whole number of years from 0 to {years - 1}, less than the run is long",
            where="--burn-in",
        )
    return given


def _not_counted(burn_in: int) -> str:
    return f", of which the first {burn_in} do not count" if burn_in else ""


def _seeds(text: str) -> int | list[int]:
    """A number of seeds, or the seeds themselves.

    >>> _seeds("200"), _seeds("3,5,8"), _seeds("101-103, 7")
    (200, [3, 5, 8], [101, 102, 103, 7])
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and parts[0].isdecimal():
        return int(parts[0])
    seeds: list[int] = []
    for part in parts:
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) - int(first) > 1_000_000):
            allowed = "a number of seeds (200), a list (3,5,8) or a range (101-150)"
            raise BadInput(what="the seeds", given=text, allowed=allowed, where="--seeds")
        seeds += range(int(first), int(last if dash else first) + 1)
    return seeds


def _asked_by_a_person() -> bool:
    """Whether somebody sits at the terminal who can answer a question."""
    return sys.stdin.isatty()


# -- commands ---------------------------------------------------------------------------------------------------------


def _version(wanted: bool) -> None:
    if wanted:
        from seedbed import __version__

        typer.echo(f"seedbed {__version__}")
        raise typer.Exit()


@app.callback()
def seedbed(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)
    ] = False,
    traceback: Annotated[
        bool,
        typer.Option("--traceback", envvar="SEEDBED_TRACEBACK", help="Show where in the code an error happened."),
    ] = False,
) -> None:
    """Seedbed: a laboratory for the ecology of innovation.

    How do tolerance of failure and the horizon of money change how many unicorns a city brings forth?

    \b
    Examples:
      seedbed run baseline                        one run, its outcomes in a table
      seedbed compare baseline --set-b fund.life.market=12
      seedbed study tolerance-horizon             the main question, answered on a page
      seedbed sweep design.toml                   a question of one's own, declared in a file
      seedbed sources fund                        every number about funds, with its source
      seedbed COMMAND --help                      what a command takes, with examples
    """
    global _show_traceback
    _show_traceback = traceback
    # A terminal that lacks a letter gets a substitute rather than an error.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


SECTIONS = ("dpi_angel", "zombies", "time_to_unicorn", "invested", "lp_net_private")  # each starts a group of outcomes


@app.command()
@answers
def run(
    scenario: ScenarioName,
    settings: Settings = [],  # noqa: B006
    seed: Annotated[int, typer.Option(metavar="N", help="The seed of all chance.")] = 1,
    years: Years = 40,
    burn_in: BurnIn = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep the whole history of the run in this new directory.")
    ] = None,
    record: Annotated[
        bool | None,
        typer.Option("--record/--no-record", help="Keep the log of events.  [default: yes with --out]"),
    ] = None,
    long: Annotated[bool, typer.Option("--long", help="Also what each outcome is.")] = False,
    json: Json = False,
) -> None:
    """Run a scenario once and print its outcomes.

    \b
    Examples:
      seedbed run baseline
      seedbed run baseline --seed 7 --years 60
      seedbed run baseline --set fund.life.market=12 --set "fund.tolerance.market=7/3 years"
      seedbed run baseline --set programme.small_grant=off
      seedbed run my_city.toml --out results/my_city
      seedbed run baseline --json > outcomes.json
    """
    chosen = _scenario(scenario, settings)
    burn_in = _burn_in(burn_in, years)
    _refuse_unkept(out, record)
    started = time.perf_counter()
    with compiling_told():
        from seedbed.model.engine import run as one_run

        world = one_run(chosen, seed, years, record=out is not None and record is not False)
    seconds = time.perf_counter() - started

    from seedbed.model.eligibility import unmet
    from seedbed.model.outcomes import OUTCOMES, outcomes

    for fault in unmet(world, chosen):
        say(f"Warning: {fault}.")
    row = outcomes(world, burn_in=burn_in)
    if out is not None:
        _keep(world, chosen, seed, years, seconds, out)
    if json:
        show_json(
            {
                "scenario": chosen.describe(),
                "seed": seed,
                "years": years,
                "burn_in": burn_in,
                "outcomes": row,
                "units": {name: OUTCOMES[name][1] for name in row},
                "labels": {name: OUTCOMES[name][0] for name in row},
            }
        )
        return
    lines = []
    for name, value in row.items():
        label, unit, what = OUTCOMES[name]
        line = (label, _reading(value, unit), "" if unit == "share" else unit)
        lines.append((*line, what) if long else line)
    starts = [place for place, name in enumerate(row) if name in SECTIONS]
    title = f"{chosen.title} ({chosen.name}), seed {seed}, {years} years{_not_counted(burn_in)}"
    columns = ("outcome", "value", "unit", *(["what it is"] if long else []))
    show_table(title, columns, lines, right="value", whole="value", sections=starts)
    say(f"Run in {seconds:.2f} s.")


def _refuse_unkept(out: str | None, record: bool | None) -> None:
    """Tell before the run, which may have to be compiled first, that its history could not be kept."""
    if out is None and record:
        raise BadInput(
            what="the directory for the log (--out)", given=None, allowed="a new directory", where="--record"
        )
    if out is not None and os.path.lexists(out):
        raise BadInput(what="the place to save to", given=out, allowed="a path where nothing is yet", where="--out")


def _keep(world: Any, scenario: Any, seed: int, years: int, seconds: float, out: str) -> None:
    """Save a run as a `History`, which can be opened by `History.load`."""
    from seedbed.model.history import History

    try:
        History.of(world, scenario, seed, years, seconds).save(out)
    except BadInput as error:
        where = str(error.where).replace("History.save", "--out")
        raise BadInput(what=error.what, given=error.given, allowed=error.allowed, where=where) from None
    say(f"The history is in {out}; seedbed.History.load({out!r}) opens it.")


@app.command()
@answers
def study(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"The study: {', '.join(STUDIES)}, one that `seedbed studies` lists, or the path of your own.")],
    scenario: Annotated[str | None, typer.Option(metavar="SCENARIO", help="The city it is done in (tolerance-horizon).  [default: baseline]")] = None,
    settings: Settings = [],  # noqa: B006
    seeds: Annotated[str | None, typer.Option(metavar="SEEDS", help="How many seeds, or which: 200, 101-150, 3,5,8.  [default: what the study declares]")] = None,
    years: Annotated[int | None, typer.Option(metavar="N", help="Years to run.  [default: what the study declares]")] = None,
    burn_in: BurnIn = None,
    quick: Annotated[bool, typer.Option("--quick", help="A first look: 4 seeds, 20 years.")] = False,
    workers: Workers = None,
    executor: Executor = "threads",
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where its results are kept.  [default: results/NAME, results/studies/NAME]")
    ] = None,
    kept: Annotated[str | None, typer.Option("--answers", metavar="DIR", help="Put the answer there, in a folder of the study's name.")] = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")] = True,
    posterior: FromPosterior = None,
    json: Json = False,
) -> None:
    """Carry out a study, print its answer, and keep runs, tables and figures.

    tolerance-horizon is the main question; the others, each about a claim of the report, are listed by `seedbed studies`. A study that was
    interrupted goes on where it stopped, by the same command. More --seeds add to the same study; anything else that differs is another
    study and needs a directory of its own.

    \b
    Examples:
      seedbed study tolerance-horizon
      seedbed study tolerance-horizon --seeds 20 --out results/first-look
      seedbed study tolerance-horizon --workers 8 --executor processes
      seedbed study tolerance-horizon --set university.number=4 --out results/more-universities
      seedbed study tolerance-horizon --json > answer.json
      seedbed study grant_or_fund
      seedbed study grant_or_fund --quick
      seedbed study grant_or_fund --posterior baseline
    """
    if name not in STUDIES:
        from .command_studies import carry_out

        carry_out(name, scenario=scenario, settings=settings, seeds=seeds, years=years, burn_in=burn_in, quick=quick, workers=workers, executor=executor,
                  out=out, kept=kept, figures=figures, json=json, posterior=posterior)  # fmt: skip
        return
    if kept is not None:
        raise BadInput(what="the place for answers", given=kept, allowed="--out, which holds runs and answer of this study", where="--answers")
    scenario = scenario or "baseline"
    years = years if years is not None else 20 if quick else 40
    seeds = seeds or ("4" if quick else "200")
    from seedbed.model.parameters import parse_assignment

    from . import report, tolerance_horizon

    _scenario(scenario, settings)  # refuses a wrong setting by itself, before it meets the study's arms
    out = out or f"results/{name}{'-posterior' if posterior else ''}"
    model = _over(posterior)
    with compiling_told():
        done = tolerance_horizon.run_study(
            _scenario(scenario, ()),
            seeds=_seeds(seeds),
            years=years,
            burn_in=_burn_in(burn_in, years),
            settings=dict(parse_assignment(setting) for setting in settings),
            out=out,
            workers=workers,
            executor=executor,
            figures=figures and _can_draw(),
            model=model,
        )
    if json:
        show_json(report._plain(done.findings.facts()))
    else:
        report.show(done.page)
    say(f"The page, the tables and the runs are in {out}.")


def _over(posterior: str | None) -> Any:
    """The model, under each seed with another draw of a posterior; None for the scenario's own values."""
    if posterior is None:
        return None
    from .posterior import Posterior

    return Posterior.load(posterior).over()


def _can_draw() -> bool:
    """Whether the drawing library is there; it comes with an extra."""
    import importlib.util

    if importlib.util.find_spec("matplotlib"):
        return True
    say("No figures: they need Matplotlib, which comes with seedbed[lab].")
    return False


@app.command()
@answers
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A scenario's name, or the path of its file.")],
    second: Annotated[
        str | None, typer.Argument(metavar="B", help="Another one; without it A changed by --set-b.")
    ] = None,
    settings: Settings = [],  # noqa: B006
    settings_b: Annotated[
        list[str], typer.Option("--set-b", metavar="NAME=VALUE", help="Change B only; may be given many times.")
    ] = [],  # noqa: B006
    seeds: Seeds = "200",
    years: Years = 40,
    burn_in: BurnIn = None,
    workers: Workers = None,
    executor: Executor = "threads",
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep the runs here, to be resumed or extended.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare two cases under the same seeds: differences B - A with 95% intervals.

    Both meet the same people with the same luck and are compared seed by seed; an interval that does not cover zero
    is marked by a star.

    \b
    Examples:
      seedbed compare baseline report
      seedbed compare baseline --set-b fund.life.market=12
      seedbed compare baseline --set fund.successor=fixed --set-b fund.tolerance.market=7 --seeds 50
      seedbed compare baseline my_city.toml --out results/my_city --json
    """
    if second is None and not settings_b:
        raise BadInput(
            what="what to compare with",
            given=None,
            allowed="a second scenario, or a change of the first (--set-b fund.life.market=12)",
            where="command line",
        )
    from dataclasses import replace

    from .compare import compare as compared

    a = _scenario(first, settings)
    b = _scenario(second or first, settings)
    if settings_b:
        b = replace(b.with_(settings_b, where="--set-b"), name=f"{b.name}, {', '.join(settings_b)}")
    with compiling_told():
        found = compared(
            a,
            b,
            seeds=_seeds(seeds),
            years=years,
            burn_in=_burn_in(burn_in, years),
            workers=workers,
            out=out,
            executor=executor,
        )
    experiment = found.results.experiment
    rows = found.differences().drop(columns="arm").to_dict("records")
    if out is not None:
        say(f"The runs are in {out}.")
    if json:
        arms = {
            key: {"name": arm.name, "scenario": arm.scenario.describe()} for key, arm in zip("ab", found, strict=True)
        }
        show_json(
            {
                **arms,
                "seeds": list(experiment.seeds),
                "years": experiment.years,
                "burn_in": experiment.burn_in,
                "runs": found.results.good,
                "failed": found.results.failed,
                "differences": rows,
            }
        )
        return
    lines = []
    for row in rows:
        unit = row["unit"]
        told = unit in ("share", "ratio", "ventures") or row["label"].lower().startswith(unit.lower())
        ends = [_reading(row[end], unit, signed=True).removesuffix(" points") for end in ("low", "high")]
        lines.append(
            (
                row["label"] if told else f"{row['label']}, {unit}",
                _reading(row["base"], unit),
                _reading(row["value"], unit),
                _reading(row["difference"], unit, signed=True).removesuffix(" points"),
                " to ".join(ends) if all(ends) else "",
                "*" if row["sign"] else "",
            )
        )
    starts = [place for place, row in enumerate(rows) if row["outcome"] in SECTIONS]
    show_table(
        f"A: {a.name}\nB: {b.name}\n{len(experiment.seeds)} seeds, "
        f"{experiment.years} years{_not_counted(experiment.burn_in)}; "
        "* = the interval does not cover zero",
        ("outcome", "A", "B", "B-A", "interval", ""),
        lines,
        right="A B B-A interval",
        whole="A B B-A interval",
        sections=starts,
    )


@app.command()
@answers
def sweep(
    design: Annotated[
        str, typer.Argument(metavar="DESIGN", help="The path of a design file, or the name of a shipped one.")
    ],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where the runs are kept.  [default: results/NAME]")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="SEEDS", help="Other seeds than the design's: 200, 101-150, 3,5,8.")
    ] = None,
    workers: Workers = None,
    executor: Annotated[
        str,
        typer.Option(metavar="KIND", help="Where they run: threads, processes, or tcp://HOST:PORT, a Dask scheduler."),
    ] = "threads",
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only the I-th of N parts, for the tasks of a job array that share DIR."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="R", help="Runs a second on one worker, instead of timing a few.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the design, tell what it would cost, and stop.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a long study.")] = False,
    posterior: FromPosterior = None,
    json: Json = False,
) -> None:
    """Carry out an experiment that a file declares: its arms or factors, seeds and outcomes.

    Every arm is checked before the first run; then runs, time and disk are told. A study that was interrupted goes on
    where it stopped, by the same command, and more seeds add to it. experiments/LABORATORY.md describes the file.

    \b
    Examples:
      seedbed sweep patience --seeds 20
      seedbed sweep my_design.toml --dry-run
      seedbed sweep my_design.toml --out results/mine --workers 8 --executor processes
      seedbed sweep my_design.toml --out results/mine --shard 3/20 --yes
      seedbed sweep my_design.toml --executor tcp://localhost:8786 --json
      seedbed sweep my_design.toml --dry-run --rate 20
    """
    from dataclasses import replace

    from . import sweep as study
    from .design import Experiment, seeds_from
    from .runner import run as carry_out, shard_from

    experiment = Experiment.from_toml(study.file_of(design))
    if seeds is not None:
        experiment = replace(experiment, seeds=seeds_from(_seeds(seeds)))
    part = shard_from(shard)
    model = _over(posterior)
    out = out or study.folder_of(experiment) + ("-posterior" if posterior else "")
    with compiling_told():
        found = study.check(experiment)
        cost = study.forecast(experiment, out=out, workers=workers, rate=rate, shard=part)
    lines = study.told(experiment, cost, found.notes, out)
    about = {"experiment": experiment.name, "plan": experiment.plan, "forecast": cost.to_dict(), "notes": found.notes}
    if dry_run:
        if json:
            show_json({**about, "out": out})
        else:
            show_table(f"{experiment.name}: nothing is wrong with it", ("", "what it would do"), lines, whole="")
        return
    for name, value in lines:
        say(f"{name}: {value}")
    if not yes and cost.long and _asked_by_a_person() and not typer.confirm("Begin?", default=True, err=True):
        say("Nothing was run.")
        return
    with compiling_told():
        results = carry_out(experiment, model=model, out=out, workers=workers, executor=executor, shard=part)
    told = study.summary(results, out, tuple(command.name or command.callback.__name__ for command in app.registered_commands))
    failed = len(results.failures)
    if json:
        counts = {"runs": results.good, "failed": failed, "runs_in_experiment": len(experiment), "out": out}
        show_json({**about, **counts, "outcomes": told.values, "next": told.next})
    else:
        right = " ".join(column for column in told.columns[1:] if " " not in column and column != "arm")
        show_table(told.title, told.columns, told.rows, right=right, whole=right, sections=told.sections)
    if failed:
        say(f"{failed} runs failed and are left out; the first one with: {results.failures.error.iloc[0].strip().splitlines()[-1]}")
    for line in ("The runs are in " + out + ". To go on:", *(f"  {line}" for line in told.next)):
        say(line)


@app.command()
@answers
def sources(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="Part of a name, or else of a status, source or meaning."),
    ] = None,
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="The scenario whose numbers are meant.")
    ] = "baseline",
    settings: Settings = [],  # noqa: B006
    long: Annotated[bool, typer.Option("--long", help="Also what each means, and why it was assumed.")] = False,
    json: Json = False,
) -> None:
    """List every number about the world, with its unit, range, status and source.

    \b
    Examples:
      seedbed sources
      seedbed sources fund.life
      seedbed sources assumed --long
      seedbed sources --scenario report programme
      seedbed sources --json
    """
    rows = _matching(_scenario(scenario, settings).table(), words or [])
    if json:
        show_json(rows)
        return
    lines = []
    for row in rows:
        span = "" if row["low"] is None else f"{_figure(row['low'])} to {_figure(row['high'])}"
        line = [row["name"], _figure(row["value"]), row["unit"], span, row["status"], row["source"]]
        lines.append([*line, row["what"], row["why"]] if long else line)
    columns = ["name", "value", "unit", "range", "status", "source", *(["meaning", "why"] if long else [])]
    show_table(f"{len(lines)} numbers of {scenario}", columns, lines, right="value", whole="name value range status")


def _matching(rows: list[dict[str, Any]], words: Sequence[str]) -> list[dict[str, Any]]:
    """The rows that have every word in their name; if there are none, in their status; else in all that is said of them."""
    words = [word.lower() for word in words]
    for keys in (("name",), ("status",), ("name", "unit", "status", "source", "what", "why")):
        found = [row for row in rows if all(word in " ".join(str(row[key]) for key in keys).lower() for word in words)]
        if found:
            return found
    raise BadInput(
        what="the text to look for",
        given=" ".join(words),
        allowed="part of a parameter's name, or of its status, source or meaning, such as fund.life, assumed, report",
        where="command line",
    )


@app.command()
@answers
def scenarios(json: Json = False) -> None:
    """List the scenarios that are shipped.

    \b
    Examples:
      seedbed scenarios
      seedbed scenarios --json
    """
    from seedbed.model.scenario import Scenario

    found = [Scenario.load(name).describe() for name in Scenario.names()]
    if json:
        show_json(found)
        return
    rows = [(one["name"], one["title"], one["base"], ", ".join(one["programmes"]), one["about"]) for one in found]
    show_table("Scenarios", ("name", "title", "base", "programmes", "about"), rows, whole="name")


@app.command()
@answers
def warm() -> None:
    """Compile the rules, so that the next command starts at once.

    They are kept in the user's cache folder until the code of the rules, Python or a library changes.

    \b
    Example:
      seedbed warm
    """
    from seedbed.agents.rule import cache_folder
    from seedbed.model.scenario import Scenario

    from .runner import Model

    started = time.perf_counter()
    with compiling_told():
        Model().warm(Scenario.load("baseline"))
    folder = cache_folder()
    typer.echo(
        f"The rules are ready, after {time.perf_counter() - started:.1f} s" + (f" ({folder})." if folder else ".")
    )


# -- stores -----------------------------------------------------------------------------------------------------------

StoreOf = Annotated[str, typer.Argument(metavar="STORE", help="The directory of a study (what --out named).")]


@app.command()
@answers
def status(store: StoreOf, json: Json = False) -> None:
    """Tell how far a study is: runs done, failed and missing, its rate and the time left, its sessions and shards.

    It may be running meanwhile, here or on another machine; nothing is changed.

    \b
    Examples:
      seedbed status results/patience
      seedbed status results/patience --json
    """
    from . import upkeep
    from .runner import duration

    found = upkeep.status(store)
    if json:
        show_json(found)
        return
    lines = [
        ("runs", f"{found['runs']:,} ({found['arms']:,} arms, {found['seeds']:,} seeds)"),
        ("done", f"{found['done']:,}"),
        ("failed", f"{found['failed']:,}"),
        ("missing", f"{found['missing']:,}"),
        ("rate", f"{found['rate']:.1f} runs a second" if found["rate"] else ""),
        ("time left", duration(found["seconds_left"]) if found["seconds_left"] else ""),
        ("on disk", f"{found['bytes'] / 1e6:,.1f} MB, {(found['bytes_a_run'] or 0) / 1000:.2f} kB a run for outcomes"),
        ("set aside", f"{len(found['damaged'])} damaged files" if found["damaged"] else ""),
        ("fingerprint", found["fingerprint"]),
        ("rules", found["source"]),
    ]
    show_table(f"{found['study']}: {found['state']}", ("", " "), [line for line in lines if line[1]], whole=" ")
    if found["shards"]:
        print()
        rows = [(one["shard"], f"{one['done']:,}", f"{one['missing']:,}", one["state"]) for one in found["shards"]]
        columns = ("shard", "done", "missing", "state")
        show_table("Shards", columns, rows, right="shard done missing", whole="shard done missing")
    print()
    rows = [
        (
            one["started"][:16].replace("T", " "),
            f"{one['host']}, process {one['pid']}",
            f"{one['executor']}, {one['workers']}" if one["executor"] in ("threads", "processes") else str(one["executor"]),
            one["shard"] or "",
            f"{one['runs']:,}",
            f"{one['rate']:.1f}" if one["rate"] else "",
            one["state"],
        )
        for one in found["sessions"]
    ]
    columns = ("begun (UTC)", "where", "executor", "shard", "runs", "a second", "state")
    show_table("Sessions", columns, rows, right="runs shard", whole="runs shard state")


@app.command()
@answers
def verify(
    store: StoreOf,
    sample: Annotated[int, typer.Option(metavar="N", help="How many runs to do again, chosen by chance.")] = 20,
    json: Json = False,
) -> None:
    """Check a study: read every file, do a random sample of its runs again, and compare the bits of every outcome.

    Ends with exit code 1 if a run differs. Refuses when the rules here are not those that made the runs.

    \b
    Examples:
      seedbed verify results/patience
      seedbed verify results/patience --sample 200
      seedbed verify results/patience --sample 0 --json
    """
    from . import upkeep

    with compiling_told():
        found = upkeep.verify(store, sample)
    if json:
        show_json(found)
    elif found["same"]:
        typer.echo(
            f"{found['study']}: {found['files']:,} files read, {found['checked']:,} of {found['runs']:,} runs done again, "
            f"all the same to the last bit. The canonical table is {found['digest']}."
        )
    else:
        rows = [(one["arm"], str(one["seed"]), one["outcome"] or "", repr(one["stored"]), repr(one["again"])) for one in found["different"]]
        columns = ("arm", "seed", "outcome", "stored", "done again")
        show_table(f"{found['study']}: {len(rows)} outcomes differ", columns, rows, right="seed stored", whole="seed")
    if not found["same"]:
        say("The runs that are stored are not those that these rules give.")
        raise typer.Exit(FAILED)


@app.command()
@answers
def merge(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="The directories to join, two or more.")],
    out: Annotated[str, typer.Option(metavar="DIR", help="The new directory.")],
    json: Json = False,
) -> None:
    """Join stores of one study, made on different machines, into a new one.

    They must be of the same study (its fingerprint tells). Runs that several have must be the same to the last bit.

    \b
    Examples:
      seedbed merge results/laptop results/server --out results/together
      seedbed merge results/node-* --out results/together --json
    """
    from . import upkeep

    found = upkeep.merge(stores, out)
    told = {"directory": out, "study": found.experiment.name, "runs": len(found.experiment), "done": found.good, "failed": found.failed}
    told |= {"missing": told["runs"] - found.done, "digest": upkeep.digest(found)}
    if json:
        show_json(told)
        return
    typer.echo(
        f"{told['study']}: {told['done']:,} runs of {told['runs']:,} in {out}, {told['failed']:,} failed, {told['missing']:,} missing. "
        f"The canonical table is {told['digest']}."
    )


@app.command()
@answers
def export(
    store: StoreOf,
    to: Annotated[str, typer.Option(metavar="FORMAT", help="csv, parquet or netcdf.")],
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Where to.  [default: STORE/export]")] = None,
    json: Json = False,
) -> None:
    """Hand a study on to other programs: one row a run by arm and seed, and the table of arms; or one NetCDF file.

    \b
    Examples:
      seedbed export results/patience --to csv
      seedbed export results/patience --to parquet --out for-duckdb
      seedbed export results/patience --to netcdf
    """
    from . import upkeep

    files = [str(place) for place in upkeep.export(store, to, out)]
    if json:
        show_json({"files": files})
    else:
        typer.echo("\n".join(files))


# -- programmes -------------------------------------------------------------------------------------------------------


def _executed(programme: Any) -> str:
    """Whether this version carries a programme out: "yes", or why not."""
    from seedbed.model.programmes import check_executed

    try:
        check_executed(programme, programme.where)
    except BadInput as refusal:
        return str(refusal)
    return "yes"


def _facts(programme: Any) -> dict[str, Any]:
    names = ("name", "title", "about", "instrument")
    return {name: getattr(programme, name) for name in names} | {"executed": _executed(programme) == "yes"}


@programmes_app.callback(invoke_without_command=True)
@answers
def programmes(context: typer.Context, json: Json = False) -> None:
    """List, show and check programmes of government offices.

    \b
    Examples:
      seedbed programmes
      seedbed programmes show small_grant
      seedbed programmes check my_programme.toml
    """
    if context.invoked_subcommand is None:
        _list_programmes(json)


def _list_programmes(json: bool) -> None:
    from seedbed.model import programmes as shelf

    found = [_facts(shelf.load(name)) for name in shelf.names()]
    if json:
        show_json(found)
        return
    rows = [
        (one["name"], one["title"], one["instrument"], "yes" if one["executed"] else "described only", one["about"])
        for one in found
    ]
    show_table("Programmes", ("name", "title", "instrument", "executed", "about"), rows, whole="name")


@programmes_app.command("list")
@answers
def list_programmes(json: Json = False) -> None:
    """List the programmes that are shipped.

    \b
    Example:
      seedbed programmes list --json
    """
    _list_programmes(json)


@programmes_app.command("show")
@answers
def show_programme(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A programme's name, or the path of its file.")],
    json: Json = False,
) -> None:
    """Show every figure of a programme with its source.

    \b
    Examples:
      seedbed programmes show dream_town
      seedbed programmes show my_programme.toml --json
    """
    from seedbed.model import programmes as shelf

    programme = shelf.load(name, where="command line")
    if json:
        show_json({**_facts(programme), "figures": programme.table()})
        return
    typer.echo(f"{programme.title}\n\n{programme.about.strip()}\n\nInstrument: {programme.instrument}")
    typer.echo(f"Executed by this version: {_executed(programme)}\n")
    rows = [
        (
            row["name"].split(".", 2)[2],
            _figure(row["value"]),
            row["unit"],
            row["status"],
            row["source"] or row["why"],
            row["what"],
        )
        for row in programme.table()
    ]
    show_table(
        "Figures",
        ("field", "value", "unit", "status", "source or why", "meaning"),
        rows,
        right="value",
        whole="field status",
    )


@programmes_app.command("check")
@answers
def check_programme(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The path of a programme file.")],
    scenario: Annotated[str, typer.Option(metavar="SCENARIO", help="The scenario to try it in.")] = "baseline",
    json: Json = False,
) -> None:
    """Check a programme file: its fields, units, values and sources, and in a short run of a scenario whether anybody qualifies.

    \b
    Examples:
      seedbed programmes check my_programme.toml
      seedbed programmes check my_programme.toml --scenario my_city.toml
    """
    from seedbed.model import programmes as shelf

    programme = shelf.load(file, where="command line")
    executed = _executed(programme)
    faults, counted = [], {}
    if executed == "yes":
        chosen = _scenario(scenario, [])
        with compiling_told():
            from seedbed.model.eligibility import try_out

            faults, counted = try_out(programme, chosen)
    for fault in faults:
        say(f"Warning: {fault}.")
    if json:
        note = "" if executed == "yes" else executed
        show_json({**_facts(programme), "well_formed": True, "note": note, "trial": counted, "warnings": [str(fault) for fault in faults]})
        return
    typer.echo(f"{file} is well formed: {programme.title} ({programme.instrument}, {len(programme.values)} figures).")
    typer.echo(f"Executed by this version: {executed}")
    if counted.get("quarters"):
        typer.echo(
            f"In {counted['years']} years of {counted['scenario']}: {counted['qualified']:,} of {counted['looked_at']:,} looks at a venture found one "
            f"that qualifies, {counted['applicants']:,} came forward, {counted['awards']:,} awards."
        )


# Other commands have their own files; they take from this one what all commands share.
from . import (  # noqa: E402
    command_analysis,  # noqa: F401
    command_app,  # noqa: F401
    command_audit,  # noqa: F401
    command_calibrate,  # noqa: F401
    command_lesson,  # noqa: F401
    command_publish,  # noqa: F401
    command_replay,  # noqa: F401
    command_story,  # noqa: F401
    command_studies,  # noqa: F401
    command_systems,  # noqa: F401
    command_teaching,  # noqa: F401
    command_validate,  # noqa: F401
)
