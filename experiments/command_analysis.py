"""The commands that make something of a finished study: what matters, where it happens, how many runs, which policies.

`command.py` registers them; they keep its habits.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from seedbed.agents.errors import BadInput

from .command import (
    Executor,
    Json,
    Workers,
    _can_draw,
    _reading,
    answers,
    app,
    compiling_told,
    plain,
    say,
    show_json,
    show_table,
)

__all__ = ["discover", "precision", "search", "sensitivity"]

StoreName = Annotated[str, typer.Argument(metavar="STORE", help="The directory of a study, whole or partial.")]
Outcomes = Annotated[
    list[str],
    typer.Option("--outcome", metavar="NAME", help="Of this outcome only; may be given many times.  [default: the study's own]"),
]
Figures = Annotated[str | None, typer.Option("--figures", metavar="DIR", help="Draw the figures into this directory.")]
MANY_RUNS = 20_000  # a search with more asks before it begins, at a terminal


def _loaded(place: str) -> Any:
    from .runner import Results

    results = Results.load(place)
    if not results.good:
        raise BadInput(what="the study", given=place, allowed="one with at least one run that went well", where="command line")
    if not results.complete:
        say(f"{results.good:,} of {len(results.experiment):,} runs are there; the answer is of these.")
    return results


def _assigned(given: Sequence[str], option: str) -> dict[str, float]:
    """OUTCOME=NUMBER, as typed.

    >>> _assigned(["jobs=200"], "--width")
    {'jobs': 200.0}
    """
    found = {}
    for text in given:
        name, sign, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            sign = ""
        if not sign or not name.strip():
            raise BadInput(what="what is asked", given=text, allowed="an outcome and a number, such as jobs=200", where=option)
    return found


def _short(value: float) -> str:
    """Three figures; nothing where it is undefined."""
    return "" if value is None or value != value else f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _span(low: float, high: float) -> str:
    return f"{_short(low)} to {_short(high)}" if low == low and high == high else ""


def _count(value: float) -> str:
    return "" if value != value else f"{value:,.0f}"


def _draw(folder: str | None, drawings: Sequence[tuple[str, Any, tuple]]) -> None:
    """Draw and write figures as PNG and SVG: (name, function, arguments) each."""
    if folder is None or not _can_draw():
        return
    from .figures import save

    for name, draw, arguments in drawings:
        save(draw(*arguments), folder, name)
    say(f"{len(drawings)} figures are in {folder}.")


# -- what matters -----------------------------------------------------------------------------------------------------


@app.command()
@answers
def sensitivity(
    store: StoreName,
    outcomes: Outcomes = [],  # noqa: B006
    figures: Figures = None,
    export: Annotated[
        str | None, typer.Option("--export", metavar="DIR", help="Write the problem and the runs as SALib and the EMA workbench take them.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell which settings matter: the analysis that the study's plan was made for.

    A plan of kind sobol gives shares of variance, morris gives effects over each setting's whole range, one_at_a_time gives
    paired differences. Luck is told apart from effects where each point ran under several seeds. Intervals are 95%.

    \b
    Examples:
      seedbed sensitivity results/screening
      seedbed sensitivity results/variance --outcome unicorns_fundamental --outcome jobs
      seedbed sensitivity results/variance --figures results/variance/figures
      seedbed sensitivity results/variance --export results/variance/export
      seedbed sensitivity results/screening --json > effects.json
    """
    from .sensitivity import sensitivity as analysed

    results = _loaded(store)
    found = analysed(results, outcomes or None)
    if export is not None:
        _export(results, outcomes, export)
    from .diagrams import draw_sensitivity

    names = list(dict.fromkeys(found.frame["outcome"]))
    _draw(figures, [(f"sensitivity_{name}", draw_sensitivity, (found, name)) for name in names])
    parts = {"factors": found.frame, "shares": found.shares, "pairs": found.second}
    rows = {name: [] if not len(part) else part.to_dict("records") for name, part in parts.items()}
    if json:
        show_json({"study": results.experiment.name, "kind": found.kind, "seeds": found.seeds, **rows})
        return
    _tell_left_out(found, len(results.experiment.arms))
    title = f"{results.experiment.name}: {len(results.experiment.arms):,} points, {found.seeds} seeds; 95% intervals"
    if found.kind == "sobol":
        _show_sobol(title, rows)
    elif found.kind == "morris":
        _show_morris(title, rows)
    else:
        _show_sweep(title, rows)
    if found.seeds == 1 and found.kind != "one_at_a_time":
        say("With one seed luck cannot be told apart from effects: these are of one city. More seeds: seedbed sweep ... --seeds N.")


def _tell_left_out(found: Any, arms: int) -> None:
    """Blocks or trajectories in which an outcome is missing somewhere say nothing of it; few left is no basis."""
    what = {"sobol": "blocks", "morris": "trajectories"}.get(found.kind)
    if what is None:
        return
    most = found.frame.groupby("outcome", sort=False)[what].max()
    whole = arms // (len(set(found.frame["factor"])) + (2 if what == "blocks" else 1)) if not len(found.second) else most.max()
    for name, left in most.items():
        if left < 0.9 * whole:
            say(f"{name}: only {left} of {whole} {what} have it in every run; what it is in those need not hold for all.")


def _starts(rows: Sequence[dict], key: str = "outcome") -> list[int]:
    return [place for place, row in enumerate(rows) if place and row[key] != rows[place - 1][key]]


def _by_strength(rows: list[dict], key: str) -> list[dict]:
    order = {name: place for place, name in enumerate(dict.fromkeys(row["outcome"] for row in rows))}
    return sorted(rows, key=lambda row: (order[row["outcome"]], -row[key] if row[key] == row[key] else math.inf))


def _show_sobol(title: str, rows: dict[str, list[dict]]) -> None:
    lines = _by_strength(rows["factors"], "total")
    show_table(
        f"{title}\nShares of the variance of the expected outcome: alone, and with others",
        ("outcome", "factor", "alone", "interval", "total", "of total", "SALib total"),
        [
            (r["label"], r["factor"], _short(r["first"]), _span(r["first_low"], r["first_high"]), _short(r["total"]), _span(r["total_low"], r["total_high"]), _short(r["salib_total"]))
            for r in lines
        ],
        right="alone total",
        whole="factor alone interval total",
        sections=_starts(lines),
    )
    shares = [r for r in rows["shares"] if r["settings"] == r["settings"]]
    if shares:
        print()
        show_table(
            "Where the variance of one run comes from",
            ("outcome", "settings", "luck", "both", "interval of settings"),
            [(r["label"], *(f"{r[part]:.0%}" for part in ("settings", "luck", "both")), f"{r['settings_low']:.0%} to {r['settings_high']:.0%}") for r in shares],
            right="settings luck both",
        )


def _show_morris(title: str, rows: dict[str, list[dict]]) -> None:
    lines = _by_strength(rows["factors"], "strength")
    show_table(
        f"{title}\nEffect of moving a setting over its whole range; * = clearly more than luck",
        ("outcome", "factor", "strength", "interval", "", "mean", "spread", "luck alone"),
        [
            (
                r["label"], r["factor"], _short(r["strength"]), _span(r["strength_low"], r["strength_high"]), "*" if r["matters"] else "", _short(r["mu"]),
                _short(r["sigma"]), _short(r["noise"]),
            )
            for r in lines
        ],
        right="strength mean spread",
        whole="factor strength interval",
        sections=_starts(lines),
    )  # fmt: skip


def _show_sweep(title: str, rows: dict[str, list[dict]]) -> None:
    lines = rows["factors"]
    show_table(
        f"{title}\nPaired differences from the base; * = clear among all of an outcome's",
        ("outcome", "factor", "setting", "base", "difference", "interval", ""),
        [
            (
                r["label"], r["factor"], f"{r['setting']:.4g}" if isinstance(r["setting"], float) else str(r["setting"]),
                _short(r["base"]), _short(r["difference"]), _span(r["low"], r["high"]), "*" if r["joint"] < 0.05 else "",
            )
            for r in lines
        ],
        right="setting base difference",
        whole="factor setting base difference interval",
        sections=_starts(lines),
    )  # fmt: skip


def _export(results: Any, outcomes: Sequence[str], folder: str) -> None:
    """The problem and the runs in the formats of SALib and of the EMA workbench."""
    import json
    from pathlib import Path

    import pandas as pd

    from .sensitivity import ema_problem, ema_results, salib_problem
    from .store import refused, write_whole

    problem, x = salib_problem(results.experiment)
    experiments, measured = ema_results(results, outcomes or None)
    parameters = ema_problem(results.experiment)
    words = parameters["TYPE"] == "cat"
    means = pd.DataFrame({name: values.mean(axis=1) for name, values in measured.items()})
    files = {
        "salib_problem.json": json.dumps(problem, indent=1) + "\n",
        "salib_points.csv": pd.DataFrame(x, columns=problem["names"]).to_csv(index=False),
        # Its reader takes numbers for text where words stand in the same column.
        "ema_parameters.csv": parameters[~words].dropna(axis=1, how="all").to_csv(index=False),
        "ema_categories.csv": parameters[words].dropna(axis=1, how="all").to_csv(index=False),
        "ema_experiments.csv": experiments.to_csv(index=False),
        "outcomes_mean.csv": means.to_csv(index=False),
    }
    if not words.any():
        del files["ema_categories.csv"]
    if words.all():
        del files["ema_parameters.csv"]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_whole(Path(folder) / name, text.encode())
    except OSError as error:
        raise refused(Path(folder), error) from None
    say(f"{', '.join(files)} are in {folder}.")


# -- where it happens -------------------------------------------------------------------------------------------------


@app.command()
@answers
def discover(
    store: StoreName,
    question: Annotated[
        str | None,
        typer.Argument(metavar="[QUESTION]", help="An outcome and a number, such as 'jobs >= 5000'.  [default: the first outcome in about its highest quarter of worlds]"),
    ] = None,
    between: Annotated[
        str | None,
        typer.Option("--between", metavar="NAME=A,B", help="Ask it of the difference that NAME = B makes against A, all else equal."),
    ] = None,
    depth: Annotated[int, typer.Option(metavar="N", help="How many limits a box may have.")] = 3,
    fewest: Annotated[float, typer.Option(metavar="SHARE", help="The smallest share of the worlds that makes a box.")] = 0.05,
    figures: Figures = None,
    json: Json = False,
) -> None:
    """Find in which worlds something happens: boxes of settings, by a classification tree.

    A world is a point of the study's plan, such as a Latin hypercube. Each box tells its coverage (of all worlds where it
    happens), its density (how often it happens in the box), and how often it comes back when worlds are drawn anew.

    \b
    Examples:
      seedbed discover results/corners
      seedbed discover results/corners "zombie_share > 0.02"
      seedbed discover results/corners "unicorns_fundamental >= 3" --depth 2 --figures figures
      seedbed discover results/worlds unicorns_fundamental --between fund.life.market=7,12
      seedbed discover results/corners "jobs >= 5000" --json
    """
    from .discovery import discover as found_by

    results = _loaded(store)
    found = found_by(results, question or _usual_question(results), between=_between(between, results), depth=depth, fewest=fewest)
    from .diagrams import draw_boxes

    _draw(figures, [("boxes", draw_boxes, (found,))])
    boxes, limits = found.to_frame(), found.limits()
    if json:
        show_json(
            {
                "study": results.experiment.name, "question": found.question, "worlds": found.worlds, "seeds": found.seeds, "share": found.share,
                "unseen_density": found.unseen, "unseen_coverage": found.covered, "used": found.used,
                "boxes": boxes.to_dict("records"), "limits": limits.to_dict("records"),
            }
        )  # fmt: skip
        return
    title = f"{found.question}: so in {found.share:.0%} of {found.worlds:,} worlds ({found.seeds} seeds each)"
    if not found.boxes:
        print(f"{title}\n\nNo box: no setting tells where.")
        return
    rows = []
    for n, box in enumerate(found.boxes, 1):
        figures_of = (
            f"{box.coverage:.0%}", f"{box.density:.0%}", f"{box.density_range[0]:.0%} to {box.density_range[1]:.0%}", f"{box.worlds:,}", f"{box.stable:.0%}",
        )  # fmt: skip
        for place, limit in enumerate(box.limits):
            rows.append((str(n) if not place else "", limit.words, *(figures_of if not place else [""] * 5)))
    show_table(
        title,
        ("box", "settings", "coverage", "density", "of density", "worlds", "comes back"),
        rows,
        right="coverage density worlds",
        whole="box coverage density worlds",
        sections=[place for place, row in enumerate(rows) if place and row[0]],
    )
    say(f"In worlds the tree had not seen its boxes have density {found.unseen:.0%} and coverage {found.covered:.0%}.")


def _usual_question(results: Any) -> str:
    """The study's first outcome, in the highest quarter of worlds."""
    import numpy as np

    from .sensitivity import _names, _values

    name = _names(results, None)[0]
    values = _values(results, name)
    there = np.isfinite(values).any(axis=1)
    if not there.any():
        raise BadInput(what="the worlds", given=f"none with {name}", allowed="an outcome that some worlds have", where=results.experiment.name)
    means = np.nanmean(values[there], axis=1)
    # Of a count many worlds have the same: the number is the one that comes nearest to a quarter of them.
    choices, first = np.unique(np.sort(means), return_index=True)
    return f"{name} >= {choices[np.argmin(np.abs(1 - first / len(means) - 0.25))]:.17g}"


def _between(text: str | None, results: Any) -> tuple[str, object, object] | None:
    """NAME=A,B with A and B as the study has them."""
    if text is None:
        return None
    name, sign, values = text.partition("=")
    given = [value.strip() for value in values.split(",")]
    if not sign or len(given) != 2:
        raise BadInput(what="what to compare", given=text, allowed="a setting and two of its values, such as fund.life.market=7,12", where="--between")
    held = list(dict.fromkeys(results.experiment.cells.get(name.strip(), ())))

    def as_held(word: str) -> object:
        for value in held:
            number = isinstance(value, (int, float)) and not isinstance(value, bool) or hasattr(value, "dtype")
            try:
                if str(value) == word or (number and float(value) == float(word)):
                    return value
            except ValueError:
                continue
        return word

    return name.strip(), as_held(given[0]), as_held(given[1])


# -- how many runs ----------------------------------------------------------------------------------------------------


@app.command()
@answers
def precision(
    store: StoreName,
    outcomes: Outcomes = [],  # noqa: B006
    base: Annotated[str | None, typer.Option(metavar="ARM", help="The arm to compare with.  [default: the first]")] = None,
    other: Annotated[str | None, typer.Option(metavar="ARM", help="The arm compared with it.  [default: the last]")] = None,
    widths: Annotated[
        list[str], typer.Option("--width", metavar="NAME=WIDTH", help="How wide its interval may be, from end to end.  [default: a tenth of the base]")
    ] = [],  # noqa: B006
    effects: Annotated[
        list[str], typer.Option("--effect", metavar="NAME=SIZE", help="The smallest difference worth finding.  [default: a tenth of the base]")
    ] = [],  # noqa: B006
    figures: Figures = None,
    json: Json = False,
) -> None:
    """Tell how many runs are enough: for an interval as narrow as wanted, and for a difference to be found.

    Judged from the runs of a study so far. Stable from: the number of runs from which on the spread itself is known; none
    means that it cannot be told yet. Saved: the runs that pairing by seed spares.

    \b
    Examples:
      seedbed precision results/patience
      seedbed precision results/patience --outcome unicorns_fundamental --width unicorns_fundamental=0.5
      seedbed precision results/patience --base "as it is" --other patient --effect jobs=300
      seedbed precision results/patience --figures figures
      seedbed precision results/patience --json
    """
    from .compare import titled
    from .precision import guidance, stability

    results = _loaded(store)
    names = outcomes or list(results.experiment.outcomes) or None
    frame = guidance(results, base=base, other=other, outcomes=names, widths=_assigned(widths, "--width"), effects=_assigned(effects, "--effect"))
    arms = [arm.name for arm in results.experiment.arms]
    first, second = base or arms[0], other or arms[-1]
    if figures is not None:
        from .diagrams import draw_stability
        from .sensitivity import _values

        drawn = []
        for row in frame.to_dict("records"):
            values = _values(results, row["outcome"])[arms.index(first)]
            if sum(value == value for value in values.tolist()) >= 10:
                drawn.append((f"runs_{row['outcome']}", draw_stability, (stability(values), row["label"])))
        _draw(figures, drawn)
    rows = frame.to_dict("records")
    if json:
        show_json({"study": results.experiment.name, "base": first, "other": second, "outcomes": rows})
        return
    paired = second != first
    lines = []
    for row in rows:
        unit = row["unit"]
        line = [titled(results, row["outcome"]), _count(row["seeds"]), _reading(row["value"], unit), _short(row["cv"]), _count(row["stable_from"])]
        line += [_short(row["width"]), _short(row["asked"]), _count(row["runs_for_width"])]
        if paired:
            line += [_short(row["effect"]), f"{row['power']:.0%}" if row["power"] == row["power"] else "", _count(row["runs_for_power"]), _short(row["pairing_gain"]), _count(row["runs_saved"])]
        lines.append(line)
    columns = ["outcome", "seeds", "base", "cv", "stable from", "width", "wanted", "runs for it"]
    if paired:
        columns += ["effect", "power", "runs for 80%", "gain", "saved"]
    what = f"the difference {second} less {first}" if paired else first
    show_table(f"{results.experiment.name}: how many runs for {what}; 95% intervals", columns, lines, right=" ".join(columns[1:]), whole="seeds base cv width wanted")


# -- which policies ---------------------------------------------------------------------------------------------------


@app.command()
@answers
def search(
    policy: Annotated[str, typer.Argument(metavar="FILE", help="The path of a policy file.")],
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Where the search is kept.  [default: results/NAME]")] = None,
    generations: Annotated[int | None, typer.Option(metavar="N", help="Other than the file's; a longer search goes on from where it stopped.")] = None,
    workers: Workers = None,
    executor: Executor = "threads",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file, tell the number of runs, and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a long search.")] = False,
    figures: Figures = None,
    json: Json = False,
) -> None:
    """Search for good policies under a budget, and check the best in fresh worlds under fresh seeds.

    A file declares levers, objectives, budget and what is uncertain; experiments/LABORATORY.md describes it. An interrupted
    search goes on by the same command. Only the fresh figures are shown: those that the search saw flatter the winners.

    \b
    Examples:
      seedbed search policy.toml --dry-run
      seedbed search policy.toml --workers 8
      seedbed search policy.toml --generations 20 --out results/policy
      seedbed search policy.toml --figures results/policy/figures --json
    """
    from dataclasses import replace

    from .runner import Model
    from .search import PolicySearch, _Space, run_search

    declared = PolicySearch.from_toml(policy)
    if generations is not None:
        declared = replace(declared, generations=generations)
    out = out or os.path.join("results", declared.name)
    space = _Space(declared, Model())
    most = declared.runs
    cost = f"at most {most:,} runs: {declared.population} policies x {declared.generations} generations x {declared.draws} worlds x {len(declared.seeds)} seeds"
    if dry_run:
        about = {"search": declared.name, "levers": list(space.levers), "uncertain": list(space.uncertain), "objectives": dict(declared.objectives), "budget": dict(declared.budget)}
        if json:
            show_json({**about, "runs": most, "fresh_seeds": declared.fresh_seeds, "fresh_worlds": declared.fresh_draws, "out": out})
        else:
            lines = [(name, ", ".join(value) if isinstance(value, list) else ", ".join(f"{k}: {v}" for k, v in value.items())) for name, value in about.items() if name != "search"]
            lines += [("runs", cost), ("check", f"each policy of the front in {declared.fresh_draws} fresh worlds under {declared.fresh_seeds} fresh seeds"), ("kept in", out)]
            show_table(f"{declared.name}: nothing is wrong with it", ("", "what it would do"), lines)
        return
    say(f"{declared.name}: {cost}.")
    if not yes and most > MANY_RUNS and sys.stdin.isatty() and not typer.confirm("Begin?", default=True, err=True):
        say("Nothing was run.")
        return
    with compiling_told():
        front = run_search(declared, out=out, workers=workers, executor=executor)
    from .diagrams import draw_front

    if len(declared.objectives) > 1:
        _draw(figures, [("front", draw_front, (front,))])
    if json:
        as_it_is = {name: {"value": e.value, "low": e.low, "high": e.high} for name, e in front.as_it_is.items()}
        show_json(
            {
                "search": declared.to_dict(), "tried": len(front.candidates), "front": front.frame.to_dict("records"), "as_it_is": as_it_is,
                "winners_curse": front.curse.to_dict("records"), "hypervolume": front.hypervolume, "out": out,
            }
        )  # fmt: skip
        return
    _show_front(front)
    say(f"All {len(front.candidates):,} policies tried are in {out}.")


def _show_front(front: Any) -> None:
    declared = front.search
    outcomes = list({**declared.objectives, **declared.budget})
    rows = []
    for row in front.frame.to_dict("records"):
        levers = [f"{path} = {plain(row[path]):.4g}" if isinstance(row[path], float) else f"{path} = {row[path]}" for path in declared.levers if row[path] is not None and row[path] == row[path]]
        figures = [part for o in outcomes for part in (_short(row[o]), _span(row[f"{o}_gain_low"], row[f"{o}_gain_high"]))]
        rows.append((str(row["policy"]), *figures, "yes" if row["stays"] else "beaten", "; ".join(levers)))
    as_it_is = [part for o in outcomes for part in (_short(float(front.as_it_is[o].value)), "")]
    rows.append(("as it is", *as_it_is, "", ""))
    columns = [part for o in outcomes for part in (o, f"{o}: gain")]
    show_table(
        f"{declared.name}: {len(front.frame)} policies on the front, of {len(front.candidates):,} tried; fresh seeds; gain: 95% interval of the "
        "paired difference from the scenario as it is",
        ("policy", *columns, "on it", "levers"),
        rows,
        right=" ".join(outcomes),
        whole="policy " + " ".join(outcomes),
        sections=[len(rows) - 1],
    )
    for row in front.curse.to_dict("records"):
        if row["lost"] > 0:
            say(f"{front.labels[row['outcome']]}: the best policy had {_short(row['found'])} in the search and has {_short(row['fresh'])} in fresh worlds: the search had picked luck too.")
