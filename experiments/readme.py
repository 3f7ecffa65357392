"""The generated parts of README.md: the baseline beside the calibration targets, and the speed that was measured.

    python -m seedbed.experiments.readme                     write them anew, from 40 runs
    python -m seedbed.experiments.readme --seeds 100 --years 40
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

__all__ = ["COLUMNS", "LABELS", "PARTS", "distance", "filled", "measured", "speed", "targets", "write"]

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BENCH = ROOT / "results" / "bench" / "bench.json"
NOT_MEASURED = "`make bench` measures it on your machine, against the aims."
PARTS = ("targets", "report", "speed")
COLUMNS = ("target", "what", "wanted", "accepted", "model", "distance", "inside")

LABELS = {
    **{f"A1_rounds.{n}": f"funded firms that reach {n} rounds or more" for n in range(2, 7)},
    "A2_deal_multiples.below_1x": "deals that return less than their cost",
    "A2_deal_multiples.from_5x": "deals that return 5 times or more",
    "A2_deal_multiples.from_10x": "deals that return 10 times or more",
    "A3_concentration": "proceeds earned by the best 6% of deals",
    **{f"A4_mortality_shape.{n}": f"yearly death rate at age {n}" for n in range(7)},
    "A5_unicorn_rate": "funded firms priced at USD 1bn within 7.5 years",
    "A6_exits.acquired": "funded firms acquired within 6.5 years",
    "A6_exits.public": "funded firms listed within 6.5 years",
    "A7_spinouts": "spinouts for USD 100m of research",
    "A8_graduation.seed_of_start": "firms that find a first round",
    "A8_graduation.a_of_seed": "of these, a second",
    "A8_graduation.b_of_a": "of these, a third",
    "A8_graduation.c_of_b": "of these, a fourth",
    "R1_early_failure": "unfunded teams that fail within 18 months",
    "R2_ladder.teams": "success of research teams",
    "R2_ladder.firms": "success of firms",
    "R2_ladder.angel": "success of firms backed by angels",
    "R2_ladder.vc": "success of firms backed by venture capital",
    "R2_ladder.tenfold": "of these, ten times the money or more",
}
"""What each statistic says, in a few words; its population and source are in model/evidence/targets.toml."""

NUMBERS = ("A7_spinouts",)  # statistics that are no shares


def distance(model: float, target: float) -> float:
    """How far the model is from a target, as a share of the target; NaN where there is nothing to compare.

    >>> round(distance(0.55, 0.50), 3), math.isnan(distance(math.nan, 0.5))
    (0.1, True)
    """
    return (model - target) / target if target else math.nan


def _figure(name: str, value: float) -> str:
    if math.isnan(value):
        return "none"
    return f"{value:.2f}" if name in NUMBERS else f"{100.0 * value:.3g}%"


def targets(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of `seedbed.model.targets.table` as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for row in rows:
        name, off = row["name"], distance(row["model"], row["target"])
        cells = (
            f"`{name}`", LABELS[name], _figure(name, row["target"]),
            f"{_figure(name, row['low'])} to {_figure(name, row['high'])}", _figure(name, row["model"]),
            "" if math.isnan(off) else f"{100.0 * off:+.0f}%", "yes" if row["inside"] else "no",
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def speed(place: Path = BENCH) -> str:
    """The figures with an aim that `make bench` left, as Markdown; a sentence where there are none of a whole benchmark."""
    found = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {"quick": True}
    if found["quick"]:
        return NOT_MEASURED
    machine, versions = found["machine"], found["versions"]
    about = f"{machine['processor']}, {machine['cores']} cores, Python {versions['python']}, Numba {versions['numba']}, Mesa {versions['mesa']}"
    lines = [f"Measured by `make bench` on {found['date'][:10]}: {about}.", "", "| what | measured | aim | reached |", "|---|---|---|---|"]
    for figure in found["figures"]:
        if figure["reached"] is None:
            continue
        value = figure["value"]
        number = "not measured:" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        told = f"{number} {figure['unit']}".strip()
        lines.append(f"| {figure['what']} | {told} | {figure['aim'] or ''} | {'yes' if figure['reached'] else 'no'} |")
    return "\n".join(lines)


def measured(scenario: str, seeds: int, years: int, burn_in: int) -> str:
    """The statistics of a scenario beside the targets meant for it, pooled over seeds, with a sentence on how many are inside."""
    from seedbed.model.engine import run
    from seedbed.model.targets import counts, report_bands, report_counts, table

    own = scenario == "report"

    def one(seed: int) -> dict[str, tuple[float, float]]:
        world = run(scenario, seed, years)
        return report_counts(world, burn_in) if own else counts(world, burn_in)

    run(scenario, 1, 1)  # compiled once, not by every thread
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(one, range(1, seeds + 1)))
    rows = table(runs, report_bands()) if own else table(runs)
    inside = sum(row["inside"] for row in rows)
    about = f"Scenario `{scenario}`, seeds 1 to {seeds} pooled, {years} years of which the first {burn_in} do not count"
    return f"{about}: {inside} of {len(rows)} inside their band.\n\n{targets(rows)}"


def filled(text: str, parts: Mapping[str, str]) -> str:
    """The text with each named part written anew between its marks."""
    for name, content in parts.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        head, found, rest = text.partition(begin)
        _, found_too, tail = rest.partition(end)
        if not (found and found_too):
            raise ValueError(f"the text lacks {begin} or {end}")
        text = f"{head}{begin}\n{content}\n{end}{tail}"
    return text


def write(seeds: int = 40, years: int = 40, burn_in: int = 10, place: Path = README) -> None:
    """Measure and write all parts into README.md; the speed only where a benchmark has been made."""
    from seedbed.model.scenario import Scenario

    parts = {"targets": measured("baseline", seeds, years, burn_in)}
    if speed() != NOT_MEASURED:
        parts["speed"] = speed()
    if "report" in Scenario.names():
        parts["report"] = measured("report", seeds, years, burn_in)
    place.write_text(filled(place.read_text(encoding="utf-8"), parts), encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Write the generated parts of README.md anew.")
    parser.add_argument("--seeds", type=int, default=40, help="runs of each scenario (40)")
    parser.add_argument("--years", type=int, default=40, help="years of a run (40)")
    parser.add_argument("--burn-in", type=int, default=10, help="first years that do not count (10)")
    chosen = parser.parse_args()
    write(chosen.seeds, chosen.years, chosen.burn_in)


if __name__ == "__main__":
    main()
