"""What many runs cost, computed from what one was measured to take here; fills the table in LABORATORY.md.

    python -m seedbed.experiments.costs                 measure 100 runs of the baseline and write the table anew
    python -m seedbed.experiments.costs --runs 500

Processor time is measured, not the clock, so that a busy machine gives the same answer. Cores are taken to work side by side
without loss, which holds for runs: they share nothing.
"""

from __future__ import annotations

import argparse
import math
import re
import tempfile
import time
from datetime import date
from pathlib import Path

__all__ = ["PAGE", "filled", "measured", "table"]

PAGE = Path(__file__).resolve().parent / "LABORATORY.md"
BEGIN = re.compile(r"<!-- costs: seconds=(?P<seconds>[\d.]+) bytes=(?P<bytes>\d+) measured=(?P<day>[\d-]+) -->")
END = "<!-- end of costs -->"
RUNS = (10_000, 100_000, 1_000_000)
CORES = (2, 64, 1000)


def measured(runs: int = 100) -> tuple[float, float]:
    """(seconds of a processor, bytes on disk) of a run of the baseline through the laboratory, its outcomes kept."""
    from seedbed.model.scenario import Scenario

    from .design import Arm, Experiment
    from .runner import Model, run
    from .store import RUNS_A_PIECE, parquet_bytes

    Model().warm(Scenario.load("baseline"))
    arms = (Arm("base"),)
    with tempfile.TemporaryDirectory() as place:
        run(Experiment("costs", arms, 2), out=place, workers=1, progress=False)  # what is loaded and made once
        started = time.process_time()
        results = run(Experiment("costs", arms, 2 + runs), out=place, workers=1, progress=False)
        seconds = (time.process_time() - started) / runs
        piece = results.store.table("runs").slice(0, RUNS_A_PIECE)
        return seconds, len(parquet_bytes(piece)) / len(piece)


def table(seconds: float, size: float) -> str:
    """The table, in Markdown: runs, hours of one core, time on so many cores, disk."""
    columns = ["runs", "core hours", *(f"on {cores:,} cores" for cores in CORES), "disk, outcomes"]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---:|" * len(columns)]
    for runs in RUNS:
        elapsed = (_span(math.ceil(runs / cores) * seconds) for cores in CORES)
        lines.append("| " + " | ".join([f"{runs:,}", f"{runs * seconds / 3600:.3g}", *elapsed, _size(runs * size)]) + " |")
    return "\n".join(lines)


def _span(seconds: float) -> str:
    """
    >>> _span(0.98), _span(75), _span(4000), _span(200_000)
    ('1.0 s', '1.2 min', '1.1 h', '2.3 days')
    """
    for size, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{_figure(seconds / size)} {name}"
    return f"{_figure(seconds)} s"


def _size(size: float) -> str:
    return f"{_figure(size / 1e9)} GB" if size >= 1e9 else f"{_figure(size / 1e6)} MB"


def _figure(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def filled(page: str, seconds: float, size: float, day: str) -> str:
    """The page with its table made of these figures."""
    start, end = BEGIN.search(page), page.index(END)
    head = f"<!-- costs: seconds={seconds:.3f} bytes={size:.0f} measured={day} -->"
    return f"{page[: start.start()]}{head}\n{table(round(seconds, 3), round(size))}\n{page[end:]}"


def main() -> None:
    asked = argparse.ArgumentParser(description="Measure what a run costs and fill the table in LABORATORY.md.")
    asked.add_argument("--runs", type=int, default=100, help="runs to measure (default: 100)")
    seconds, size = measured(asked.parse_args().runs)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), seconds, size, date.today().isoformat()), encoding="utf-8")
    print(f"{seconds:.3f} s of a processor and {size:.0f} bytes a run\n\n{table(seconds, size)}")


if __name__ == "__main__":
    main()
