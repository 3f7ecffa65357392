"""The generated parts of README.md: the validation of the baseline and of the report's own rates, and the speed that was measured.

    seedbed validate baseline --out experiments/results/validation/baseline
    seedbed validate report --out experiments/results/validation/report
    python -m seedbed.experiments.readme                     write them anew, from those results
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput

from .validate import COLUMNS, cells

__all__ = ["COLUMNS", "PARTS", "filled", "found", "speed", "targets", "write"]

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "experiments" / "results" / "validation"
BENCH = ROOT / "results" / "bench" / "bench.json"
NOT_MEASURED = "`make bench` measures it on your machine, against the aims."
PARTS = ("targets", "report", "speed")

def targets(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of a validation as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for row in rows:
        name, *others = cells(row)
        lines.append("| " + " | ".join([f"`{name}`", *others]) + " |")
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


def found(scenario: str, kinds: str, results: Path = RESULTS) -> str:
    """The committed validation of a scenario, its statistics of some kinds, with a sentence on how many are inside."""
    place = results / scenario / "table.json"
    if not place.is_file():
        allowed = f"results that `seedbed validate {scenario} --out experiments/results/validation/{scenario}` wrote"
        raise BadInput(what="the validation", given=scenario, allowed=allowed, where="experiments/results/validation")
    table = json.loads(place.read_text(encoding="utf-8"))
    rows = [row for row in table["rows"] if row["target"][0] in kinds]
    counted = []
    for calibrated, words in ((True, "that were calibrated to"), (False, "that were not")):
        inside = [row["inside"] for row in rows if row["calibrated"] == calibrated]
        if inside:
            counted.append(f"{sum(inside)} of {len(inside)} {words}")
    about = f"Scenario `{scenario}`, {len(table['seeds'])} seeds pooled, {table['years']} years of which the first {table['burn_in']} do not count"
    return f"{about}; inside their band: {', '.join(counted)}.\n\n{targets(rows)}"


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


def write(place: Path = README, results: Path = RESULTS) -> None:
    """Write all parts into README.md from what is committed; the speed only where a benchmark has been made."""
    parts = {"targets": found("baseline", "AB", results), "report": found("report", "R", results)}
    if speed() != NOT_MEASURED:
        parts["speed"] = speed()
    place.write_text(filled(place.read_text(encoding="utf-8"), parts), encoding="utf-8")


if __name__ == "__main__":
    write()
