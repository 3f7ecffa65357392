"""The laboratory against the bare engine, two workers against one, Mesa's batch_run, and what ten thousand runs take of memory and disk.

bench.py runs it as its part `lab`. By itself it makes a Sobol design of the baseline, as large as asked for, and measures what that takes:

    python tests/bench/lab.py sobol --runs 10000 --workers 2
    python tests/bench/lab.py memory --runs 10000
"""

from __future__ import annotations

import argparse
import inspect
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "experiments"))

SCENARIO = "baseline"


# --- The same runs in each way ------------------------------------------------------------------------------------------


def bare(seeds: range, years: int) -> None:
    """The engine in a loop, and the outcomes of each run."""
    from seedbed.model.engine import run
    from seedbed.model.outcomes import outcomes

    world = None
    for seed in seeds:
        world = run(SCENARIO, seed, years, world=world)
        outcomes(world, burn_in=years // 4)


def laboratory(seeds: range, years: int, **how: Any) -> None:
    """The same as a study, with a store on disk."""
    from seedbed.experiments.design import Arm, Experiment
    from seedbed.experiments.runner import run

    with tempfile.TemporaryDirectory() as place:
        study = Experiment("bench", (Arm("base", SCENARIO),), tuple(seeds), years, years // 4)
        assert run(study, out=place, progress=False, **how).complete


def waits(runs: int, workers: int) -> None:
    """Runs that use no processor, so that what the laboratory itself holds up shows on a busy machine too."""
    from standin import StandIn

    from seedbed.experiments.design import Arm, Experiment
    from seedbed.experiments.runner import run

    with tempfile.TemporaryDirectory() as place:
        run(Experiment("waits", (Arm("base"),), runs), model=StandIn(seconds=0.02), out=place, workers=workers, progress=False)


def by_mesa(seeds: range, years: int) -> None:
    """The same by mesa.batch_run: the model walked by Mesa, its figures collected every quarter."""
    from mesa.batchrunner import batch_run

    from seedbed.model.ecosystem import Ecosystem

    plan = {"scenario": SCENARIO, "years": years, "record": False}
    how: dict[str, Any] = {"display_progress": False, "max_steps": 4 * years}
    if "rng" in inspect.signature(batch_run).parameters:
        batch_run(Ecosystem, plan, rng=list(seeds), **how)
    else:
        batch_run(Ecosystem, plan | {"seed": list(seeds)}, **how)


# --- What bench.py measures ----------------------------------------------------------------------------------------------


def measure(report: Any, quick: bool, in_turns: Callable, ratio: Callable, nothing: Callable) -> None:
    """The part `lab` of the benchmark."""
    years, each, rounds = (3, 4, 2) if quick else (40, 16, 5)
    seeds = range(1, 1 + each)
    ways = {"bare": (nothing, lambda: bare(seeds, years)), "lab": (nothing, lambda: laboratory(seeds, years, workers=1))}
    laboratory(range(1, 2), 1)  # what is imported once
    seconds = in_turns(ways, rounds)
    report.add("lab.bare_ms", "a run and its outcomes by the bare engine", 1e3 * statistics.median(seconds["bare"]) / each, "ms")
    report.add("lab.overhead", "a study with its store / the bare engine, processor time", ratio(seconds, "lab", "bare"), "times", most=1.10)

    ways = {
        f"{kind}.{number}": (nothing, lambda kind=kind, number=number: laboratory(range(1, 1 + 2 * each), years, workers=number, executor=kind))
        for kind in ("threads", "processes")
        for number in (1, 2)
    }
    seconds = in_turns(ways, max(2, rounds // 2), time.perf_counter)
    report.add("lab.rate", "runs a second through the laboratory, one worker", 2 * each / statistics.median(seconds["threads.1"]), "")
    report.add("lab.two_threads", "runs a second, two threads / one", ratio(seconds, "threads.1", "threads.2"), "times", least=1.8)
    gain = ratio(seconds, "processes.1", "processes.2")
    waiting = {str(number): (nothing, lambda number=number: waits(100 if quick else 400, number)) for number in (1, 2)}
    report.add("lab.two_processes", "runs a second, two processes / one, their start included", gain, "times")

    seconds = in_turns(waiting, 2, time.perf_counter)
    report.add("lab.two_waiting", "the same, threads, of runs that only wait 20 ms", ratio(seconds, "1", "2"), "times", least=1.8)

    years, each = (1, 2) if quick else (10, 4)
    ways = {"mesa": (nothing, lambda: by_mesa(range(1, 1 + each), years)), "lab": (nothing, lambda: laboratory(range(1, 1 + each), years, workers=1))}
    seconds = in_turns(ways, 2 if quick else 3)
    report.add("lab.mesa_ratio", f"mesa.batch_run / laboratory, {each} runs of {years} years", ratio(seconds, "mesa", "lab"), "times")

    runs = 400 if quick else 10_000
    words = [sys.executable, __file__, "memory", "--runs", str(runs)]
    found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    report.details["lab.memory"] = found
    report.add("lab.memory_mb", f"memory of the parent after {runs:,} runs of a stand-in", found["peak_mb"], "MB", most=1000)
    report.add("lab.memory_growth", "growth over its last three quarters", found["growth_mb"], "MB", most=10)
    report.add("lab.bytes", "store, outcomes, a run", found["bytes_a_run"], "bytes", most=2000)


def largest_mb() -> float:
    """The most memory that this process has had. Not ru_maxrss, which a process inherits from the one that started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- What is measured in a process of its own ---------------------------------------------------------------------------


def memory(runs: int) -> dict[str, Any]:
    """A study of a stand-in for the model: the largest memory so far after a quarter and after all of the runs; bytes a run."""
    from standin import StandIn

    from seedbed.experiments import upkeep
    from seedbed.experiments.design import Experiment, grid
    from seedbed.experiments.runner import run

    peaks = {}

    class Watched(StandIn):
        done = 0

        def run(self, *how: Any) -> Any:
            self.done += 1
            if self.done in (runs // 4, runs // 2, runs):
                peaks[self.done] = largest_mb()
            return super().run(*how)

    arms = grid("baseline", {"fund.life.market": [5 + n / 10 for n in range(100)]})
    with tempfile.TemporaryDirectory() as place:
        started = time.process_time()
        run(Experiment("memory", arms, runs // len(arms)), model=Watched(), out=place, workers=1, progress=False)
        seconds = time.process_time() - started
        now = upkeep.status(place)
    peak = largest_mb()
    return {
        "runs": runs,
        "peak_mb": peak,
        "growth_mb": peaks[max(peaks)] - peaks[min(peaks)],
        "by_runs_mb": peaks,
        "bytes_a_run": now["bytes_a_run"],
        "pieces": now["pieces"],
        "ms_a_run": 1e3 * seconds / runs,
    }


def sobol(runs: int, workers: int, executor: str, out: str | None) -> dict[str, Any]:
    """A Sobol design of the baseline, from the check to the last run."""
    from seedbed.experiments import upkeep
    from seedbed.experiments.design import Experiment, sobol as plan
    from seedbed.experiments.runner import run

    factors = ["fund.life.market", "fund.tolerance.market", "fund.managers.market"]
    samples = max(2, 1 << max(1, round(runs / (len(factors) + 2)).bit_length() - 1))
    started = time.perf_counter()
    arms = plan("baseline", factors, samples=samples, second_order=False)
    arms = arms if isinstance(arms, tuple) else tuple(arms)
    study = Experiment("sobol", arms, max(1, round(runs / len(arms))))
    made = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as temporary:
        place = out or temporary
        started = time.perf_counter()
        results = run(study, out=place, workers=workers, executor=executor)
        seconds = time.perf_counter() - started
        good, now = results.good, upkeep.status(place)
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "runs": good,
        "arms": len(arms),
        "seconds": seconds,
        "seconds_making_the_plan": made,
        "runs_a_second": good / seconds,
        "processor_seconds_a_run": (own.ru_utime + own.ru_stime) / good,
        "peak_mb": largest_mb(),
        "bytes_a_run": now["bytes_a_run"],
    }


def main() -> None:
    asked = argparse.ArgumentParser(description="Measurements of the laboratory in a process of its own.")
    asked.add_argument("what", choices=("memory", "sobol"))
    asked.add_argument("--runs", type=int, default=10_000)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--executor", default="threads")
    asked.add_argument("--out", help="keep the store here")
    given = asked.parse_args()
    found = memory(given.runs) if given.what == "memory" else sobol(given.runs, given.workers, given.executor, given.out)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
