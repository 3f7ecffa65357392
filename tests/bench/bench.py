"""Speed, against the goals: what `make bench` runs.

Every figure is measured on the machine at hand, those that are compared with each other in one process and in turns, and shown with its aim
and whether that is reached. All of it is written to bench.json as well. A machine that is busy with other things is told so: its times
are too long, its ratios less wrong.

usage: bench.py [--out FOLDER] [--only PART ...] [--quick]
"""

from __future__ import annotations

import argparse
import datetime
import gc
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import lab  # noqa: E402
import mesa  # noqa: E402
import numba  # noqa: E402
import numpy as np  # noqa: E402
import port  # noqa: E402
import worlds  # noqa: E402
from mesa_version import Economy  # noqa: E402

import seedbed  # noqa: E402
from seedbed.agents.city import take_stock  # noqa: E402
from seedbed.agents.draws import uniforms4  # noqa: E402
from seedbed.agents.rule import bind, market_rule  # noqa: E402
from seedbed.agents.venture import BUILDING, MILESTONE_LUCK  # noqa: E402
from seedbed.model.ecosystem import Ecosystem  # noqa: E402
from seedbed.model.engine import open_run, run  # noqa: E402
from seedbed.model.schedule import quarters, ventures  # noqa: E402
from seedbed.model.world import TICKS_PER_YEAR  # noqa: E402

SCENARIO, SEED = "baseline", 1
TICKS = 8  # quarters of the venture phase in one measurement
YEAR = 4  # quarters of the whole model in one measurement: all that happens once a year happens once
PHASE_WRITES = ("ventures", "clock", "accounts", "cities", "events")
Clock = Callable[[], float]


# --- What is measured ---------------------------------------------------------------------------------------------------


@market_rule
def work_quarters(w, number):
    """The venture phase alone, a number of quarters in a row."""
    for _ in range(number):
        ventures(w)
        w.clock[0].now += 1


@market_rule
def work_and_count(w, number):
    """The venture phase and the line of the series."""
    for _ in range(number):
        ventures(w)
        take_stock(w)
        w.clock[0].now += 1


@market_rule
def draw_blocks(seed, number):
    total = 0.0
    for n in range(number):
        total += uniforms4(seed, 0, n, MILESTONE_LUCK)[0]
    return total


# --- How it is measured and told ----------------------------------------------------------------------------------------


class Report:
    """Figures in the order in which they are measured."""

    def __init__(self) -> None:
        self.figures: list[dict[str, Any]] = []
        self.details: dict[str, Any] = {}

    def add(self, key: str, what: str, value: float, unit: str, most: float | None = None, least: float | None = None) -> None:
        """A figure; `most` or `least` is its aim."""
        reached = None if most is None and least is None else bool(value <= most if most is not None else value >= least)
        aim = None if reached is None else f"at most {most:g}" if most is not None else f"at least {least:g}"
        self.figures.append({"key": key, "what": what, "value": float(value), "unit": unit, "aim": aim, "reached": reached})
        print(self.line(self.figures[-1]), flush=True)

    def missing(self, key: str, what: str, why: str) -> None:
        """A figure that could not be measured; it counts as not reached."""
        self.figures.append({"key": key, "what": what, "value": None, "unit": why, "aim": None, "reached": False})
        print(self.line(self.figures[-1]), flush=True)

    @staticmethod
    def line(figure: dict[str, Any]) -> str:
        value = figure["value"]
        number = "-" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        verdict = {None: "", True: "reached", False: "NOT REACHED"}[figure["reached"]]
        return f"  {figure['what']:<74}{number:>9} {figure['unit']:<12}{figure['aim'] or '':<15}{verdict}".rstrip()


def heading(words: str) -> None:
    print(f"\n{words}", flush=True)


def in_turns(tasks: dict[str, tuple[Callable[[], object], Callable[[], object]]], rounds: int, clock: Clock = time.process_time) -> dict[str, list[float]]:
    """Seconds that each task takes, round after round, every task once in a round. A task is what prepares it and what is measured."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    gc.collect()
    for _ in range(rounds):
        for name, (prepare, work) in tasks.items():
            prepare()
            started = clock()
            work()
            seconds[name].append(clock() - started)
    return seconds


def ratio(seconds: dict[str, list[float]], above: str, below: str) -> float:
    """How many times as long as another a task takes: the median over rounds, so that a disturbance hits both or is left out."""
    return statistics.median(a / b for a, b in zip(seconds[above], seconds[below], strict=True))


def nothing() -> None:
    pass


def about(live: int, start: int = 8) -> int:
    """The year at whose end this many ventures live in a baseline run."""
    world = run(SCENARIO, SEED, 40)
    enough = np.flatnonzero(world.series.live >= live)
    return max(start, math.ceil((int(enough[0]) + 1) / TICKS_PER_YEAR)) if len(enough) else 40


# --- 1. One run, and the command line -----------------------------------------------------------------------------------


def one_run(report: Report, quick: bool) -> None:
    heading("One run of the baseline: 40 years, compiled, on one core")
    years, rounds = (4, 2) if quick else (40, 9)
    world = run(SCENARIO, SEED, years)
    wall, cpu = [], []
    for n in range(rounds):
        started = time.perf_counter(), time.process_time()
        world = run(SCENARIO, SEED + n, years, world=world)
        wall.append(1e3 * (time.perf_counter() - started[0]))
        cpu.append(1e3 * (time.process_time() - started[1]))
    clock = world.clock[0]
    report.add("run.cpu_ms", "one run of 40 years: time on the processor, median", statistics.median(cpu), "ms", most=60)
    report.add("run.wall_ms", "the same on the wall, median", statistics.median(wall), "ms")
    report.add("run.founders_a_year", "potential founders a year in that run", int(clock.n_people) / years, "", least=400)
    report.add("run.live_at_end", "ventures alive at its end", worlds.living(world), "", least=1000)
    lived = int(np.asarray(world.series.live, np.int64).sum())
    report.add("run.ns_per_venture_tick", "per venture and quarter", 1e6 * statistics.median(cpu) / lived, "ns")
    report.details["run"] = {"years": years, "cpu_ms": cpu, "wall_ms": wall}


def country(report: Report, quick: bool) -> None:
    heading("One run of a country of thirty cities: 40 years, compiled, on one core")
    years, rounds = (2, 1) if quick else (40, 5)
    world = run("country", SEED, years)
    cpu = []
    for n in range(rounds):
        started = time.process_time()
        world = run("country", SEED + n, years, world=world)
        cpu.append(time.process_time() - started)
    report.add("country.cities", "cities", len(world.cities), "", least=30)
    report.add("country.live_at_end", "ventures alive at its end", worlds.living(world), "", least=30_000)
    report.add("country.cpu_s", "one run of 40 years: time on the processor, median", statistics.median(cpu), "s", most=3)
    report.add("country.least_cpu_s", "the same, least", min(cpu), "s")
    report.details["country"] = {"years": years, "cpu_s": cpu}


COLD = """
import json, time
from seedbed.model.engine import run
started = time.perf_counter(), time.process_time()
run("baseline", 1, 1)
print(json.dumps([time.perf_counter() - started[0], time.process_time() - started[1]]))
"""


def command_line(report: Report, quick: bool) -> None:
    heading("Compilation and the command line")
    script = Path(sys.executable).with_name("seedbed")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "seedbed"]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder, "NUMBA_DISABLE_JIT": "0"}

        def spent(arguments: list[str]) -> float:
            started = time.perf_counter()
            subprocess.run(arguments, env=environment, cwd=folder, check=True, capture_output=True)
            return time.perf_counter() - started

        def best(arguments: list[str], rounds: int) -> float:
            return statistics.median(spent(arguments) for _ in range(rounds))

        if not quick:
            cold = subprocess.run([sys.executable, "-c", COLD], env=environment, cwd=folder, check=True, capture_output=True, text=True)
            wall, cpu = json.loads(cold.stdout)
            report.add("cold.wall_s", "compiling all rules, empty cache", wall, "s", most=30)
            report.add("cold.cpu_s", "the same, time on the processor", cpu, "s")
            first = [*command, "run", "baseline", "--years", "1"]
            spent(first)
            report.add("command.warm_s", "seedbed run baseline --years 1, warm, median of 5", best(first, 5), "s", most=2)
        spent([*command, "--help"])
        report.add("command.help_s", "seedbed --help, median of 7", best([*command, "--help"], 2 if quick else 7), "s", most=0.5)


# --- 2. The same rules in three ways ------------------------------------------------------------------------------------


def three_ways(report: Report, quick: bool) -> None:
    heading("The same rules compiled, walked by Mesa, and interpreted: per venture and quarter, the whole model")
    years = 2 if quick else about(1000)
    town = Ecosystem(SCENARIO, seed=SEED, years=2 * years, record=False)
    world = open_run(SCENARIO, SEED, 2 * years)
    advance = bind(quarters, world, 1)
    walked, compiled = [], []
    for until in range(YEAR, years * TICKS_PER_YEAR + 1, YEAR):
        compiled.append(-time.process_time())
        advance(world, until)
        compiled[-1] += time.process_time()
        walked.append(-time.process_time())
        while town.now < until:
            town.step()
        walked[-1] += time.process_time()
    lived = int(np.asarray(world.series.live, np.int64).sum())
    equal = all(np.asarray(a).tobytes() == np.asarray(b)[: len(a)].tobytes() for a, b in zip(_in_use(world), _in_use(town.world), strict=True))
    report.add("ways.compiled_ns", f"compiled, {years} years", 1e9 * sum(compiled) / lived, "ns")
    report.add("ways.walked_ns", "walked, same years, in turns", 1e9 * sum(walked) / lived, "ns")
    report.add("ways.walked_ratio", "walked / compiled", sum(walked) / sum(compiled), "times")
    report.add("ways.walked_same", "walked and compiled have the same bytes (1: yes)", equal, "", least=1)

    kept = worlds.copied(world)
    number = 1 if quick else YEAR
    now = int(kept.clock[0].now)
    seconds = in_turns({"compiled": (lambda: worlds.restore(world, kept), lambda: advance(world, now + number))}, 3 if quick else 15)
    lived = int(np.asarray(world.series.live[now : now + number], np.int64).sum())
    each = 1e9 * statistics.median(seconds["compiled"]) / lived
    _interpreted(report, kept, world, number, each)

    heading("Chance: numpy's Philox, a block of four numbers at a time")
    blocks = bind(draw_blocks, np.uint64(SEED), 1)
    n = 10_000 if quick else 1_000_000
    seconds = in_turns({"blocks": (nothing, lambda: blocks(np.uint64(SEED), n))}, 7)
    block = 1e9 * statistics.median(seconds["blocks"]) / n
    report.add("chance.block_ns", "one block", block, "ns")
    per_venture = report.details.get("blocks")
    if per_venture is None:
        report.missing("chance.share", "share of the model's time spent on chance", "not counted")
    else:
        report.add("chance.blocks", "blocks per venture and quarter", per_venture, "")
        report.add("chance.share", "share of the model's time spent on chance", per_venture * block / each, "", most=0.25)

    heading("The venture phase walked by Mesa")
    live = worlds.living(town.world)
    economy = Economy(world, SEED)

    def walk() -> None:
        town.living("ventures").shuffle_do("work_a_quarter")
        town.world.clock[0].now += 1

    worlds.restore(world, kept)
    own = worlds.copied(town.world)
    seconds = in_turns({"walked": (nothing, walk), "idiomatic": (nothing, economy.step)}, 2 if quick else 8)
    worlds.restore(town.world, own)
    report.add("ways.phase_walked_ns", f"shuffle_do over {live:,} living ventures", 1e9 * statistics.median(seconds["walked"]) / live, "ns")
    report.add("ways.phase_walked_ratio", "venture phase, walked / idiomatic Mesa", ratio(seconds, "walked", "idiomatic"), "times", most=1)


def _interpreted(report: Report, kept: Any, world: Any, number: int, each: float) -> None:
    """The quarters from `kept` to `world` once more, interpreted in another process, which also counts how much chance is looked up."""
    with tempfile.TemporaryDirectory() as folder:
        worlds.write(kept, Path(folder))
        command = [sys.executable, str(Path(__file__).with_name("interpreted.py")), folder, str(number)]
        done = subprocess.run(command, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True)
        if done.returncode:
            report.missing("ways.interpreted_same", "interpreted", done.stderr.strip().rpartition("\n")[2])
            return
        told = json.loads(done.stdout)
        equal = worlds.same(world, worlds.read(Path(folder)))
    interpreted = 1e9 * told["seconds"] / told["venture_ticks"]
    report.details["blocks"] = told["blocks"] / told["venture_ticks"]
    report.add("ways.interpreted_ns", f"interpreted, {number} quarters of the same world", interpreted, "ns")
    report.add("ways.interpreted_ratio", "interpreted / compiled", interpreted / each, "times")
    report.add("ways.interpreted_same", "interpreted and compiled have the same bytes (1: yes)", equal, "", least=1)


def _in_use(world: Any) -> list[np.ndarray]:
    tables = []
    for name, table in world._asdict().items():
        rows = np.asarray(table).view(np.ndarray)
        tables.append(rows[: worlds.in_use(world, name)] if name in worlds.GROWING else rows)
    return tables


# --- 3, 4, 5. The venture phase and the quarter against the number of ventures, C and Mesa ----------------------------------


def sizes(report: Report, quick: bool) -> None:
    years = 2 if quick else about(1000)
    small = worlds.after(SCENARIO, SEED, years)
    times = (1, 2, 4) if quick else (1, 10, 100)
    found: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        c = None
        try:
            c = port.Port(small, Path(folder))
            report.details["c"] = {"compiler": c.version, "command": c.command}
        except port.NoCompiler as why:
            report.missing("c", "the venture phase in C", str(why))
        for number in times:
            found[number] = _one_size(report, small, number, times.index(number), c, quick)
    heading("Cost against the number of ventures")
    for what, key in (("venture phase", "phase"), ("whole quarter", "quarter")):
        for low, high, most in ((times[0], times[1], 1.1), (times[1], times[2], 1.25)):
            a, b = found[low], found[high]
            exponent = math.log(b[key] / a[key]) / math.log(b["live"] / a["live"])
            report.add(f"exponent.{key}.{high}", f"{what}: exponent of its time from {a['live']:,.0f} to {b['live']:,.0f} ventures", exponent, "", most=most)
    report.details["sizes"] = found


def _one_size(report: Report, small: Any, times: int, place: int, c: port.Port | None, quick: bool) -> dict[str, float]:
    world = worlds.grown(small, times, 2 * TICKS)
    kept = worlds.copied(world)
    live = worlds.living(world)
    heading(f"{live:,} living ventures" + (f" (the same city, {times} times as large)" if times > 1 else ""))
    size = f"{live:,} ventures"
    rounds = 3 if quick else (30, 10, 4)[place]
    phase = bind(work_quarters, world, 1)
    advance = bind(quarters, world, 1)
    now = int(kept.clock[0].now)

    def back() -> None:
        worlds.restore(world, kept, PHASE_WRITES)

    tasks: dict[str, Any] = {"compiled": (back, lambda: phase(world, TICKS))}
    if c is not None:
        port_phase = c.on(world)
        tasks["C"] = (back, lambda: port_phase(TICKS))
    seconds = in_turns(tasks, rounds)
    found = {"live": live, "phase": statistics.median(seconds["compiled"]) / TICKS}
    report.add(f"phase.{times}.ns", f"venture phase, {size}: compiled", 1e9 * found["phase"] / live, "ns")
    if c is not None:
        report.add(f"phase.{times}.c_ns", f"venture phase, {size}: in C", 1e9 * statistics.median(seconds["C"]) / TICKS / live, "ns")
        report.add(f"phase.{times}.c_ratio", f"venture phase, {size}: compiled / C", ratio(seconds, "compiled", "C"), "times", most=1.2)
        back()
        port_phase(TICKS)
        by_c = worlds.copied(world)
        back()
        phase(world, TICKS)
        report.add(f"phase.{times}.c_same", f"venture phase, {size}: C and rules have the same bytes (1: yes)", worlds.same(world, by_c), "", least=1)
        del by_c
    if place < 2:
        _against_mesa(report, world, kept, times, (30, 60)[place], back, phase, quick)
    seconds = in_turns({"quarter": (lambda: worlds.restore(world, kept), lambda: advance(world, now + YEAR))}, max(2, rounds // 2))
    if world.clock[0].full:
        raise RuntimeError("the world to measure on has run full")
    found["quarter"] = statistics.median(seconds["quarter"]) / YEAR
    report.add(f"quarter.{times}.ns", f"whole quarter, {size}: compiled", 1e9 * found["quarter"] / live, "ns")
    return found


def _against_mesa(
    report: Report, world: Any, kept: Any, times: int, least: float, back: Callable[[], None], phase: Callable[[Any, int], None], quick: bool
) -> None:
    """An idiomatic Mesa version from the same moment; like for like: bare, and with figures collected every quarter on both sides."""
    counting = bind(work_and_count, world, 1)
    size = f"{worlds.living(kept):,} ventures"
    made: list[Economy] = []

    def fresh() -> None:
        made[:] = [Economy(kept, SEED + len(made))]

    def steps() -> None:
        for _ in range(TICKS):
            made[0].step()

    def steps_collected() -> None:
        for _ in range(TICKS):
            made[0].step()
            made[0].datacollector.collect(made[0])

    def whole() -> None:
        worlds.restore(world, kept, (*PHASE_WRITES, "series"))

    tasks = {
        "compiled": (whole, lambda: phase(world, TICKS)),
        "Mesa": (fresh, steps),
        "counting": (whole, lambda: counting(world, TICKS)),
        "collecting": (fresh, steps_collected),
    }
    seconds = in_turns(tasks, 2 if quick else 5 if times == 1 else 3)
    report.add(f"mesa.{times}.ns", f"venture phase, {size}: idiomatic Mesa", 1e9 * statistics.median(seconds["Mesa"]) / TICKS / worlds.living(kept), "ns")
    report.add(f"mesa.{times}.ratio", f"venture phase, {size}: idiomatic Mesa / compiled", ratio(seconds, "Mesa", "compiled"), "times", least=least)
    report.add(f"mesa.{times}.collecting", f"venture phase, {size}: the same, both collecting figures", ratio(seconds, "collecting", "counting"), "times", least=least)
    back()
    phase(world, TICKS)
    fresh()
    steps()
    apart = apart_by(world, kept, made[0])
    report.details[f"mesa.{times}.apart"] = apart
    largest = max(map(abs, apart.values()), default=0.0)
    report.add(f"mesa.{times}.apart", f"venture phase, {size}: Mesa and rules, largest difference of {len(apart)} means", largest, "std. errors", most=4)
    whole()


def apart_by(world: Any, kept: Any, economy: Economy) -> dict[str, float]:
    """By how many standard errors an idiomatic Mesa run lies from the compiled one in the mean of what ventures have become.

    Venture by venture: the same moment, other luck. A mean counts where luck has made a difference to thirty ventures at least.
    """
    rows = np.array([company.row for company in economy.companies])
    start, here = np.asarray(kept.ventures)[rows], np.asarray(world.ventures)[rows]
    there = {
        name: np.array([getattr(company, name) for company in economy.companies], float)
        for name in ("ended", "milestones", "cash", "jobs", "effort", "profit_now", "support")
    }
    there["revenue"] = np.log([max(1.0, company.revenue) for company in economy.companies])
    sold = start["status"] != BUILDING
    found = {}
    for name, values in there.items():
        mine = np.log(np.maximum(1.0, here["revenue"])) if name == "revenue" else here[name].astype(float)
        if name == "ended":
            mine, values = mine >= 0, values >= 0
        difference = mine.astype(float) - values.astype(float)
        for label, chosen in (("building", ~sold), ("selling", sold)):
            d = difference[chosen]
            if np.count_nonzero(d) >= 30:
                found[f"{name}, {label}"] = float(d.mean() / d.std() * math.sqrt(len(d)))
    return found


# --- 7. Threads ---------------------------------------------------------------------------------------------------------


def two_threads(report: Report, quick: bool) -> None:
    heading("Runs on two threads against one")
    years, each, rounds = (2, 2, 2) if quick else (40, 6, 5)
    own = [open_run(SCENARIO, SEED, years) for _ in range(2)]

    def runs(number: int, first: int) -> None:
        for n in range(each):
            own[number] = run(SCENARIO, first + n, years, world=own[number])

    def both() -> None:
        threads = [threading.Thread(target=runs, args=(n, SEED + n * each)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def alone() -> None:
        runs(0, SEED)
        runs(0, SEED + each)

    seconds = in_turns({"one": (nothing, alone), "two": (nothing, both)}, rounds, time.perf_counter)
    report.add("threads.one", "runs a second on one thread", 2 * each / statistics.median(seconds["one"]), "")
    report.add("threads.two", "runs a second on two threads", 2 * each / statistics.median(seconds["two"]), "")
    report.add("threads.gain", "runs a second, two threads / one", ratio(seconds, "one", "two"), "times", least=1.8)


# --- 8. The laboratory -------------------------------------------------------------------------------------------------


def laboratory(report: Report, quick: bool) -> None:
    heading("The laboratory")
    lab.measure(report, quick, in_turns, ratio, nothing)


# --- All ------------------------------------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[Report, bool], None]] = {
    "run": one_run,
    "country": country,
    "threads": two_threads,
    "ways": three_ways,
    "sizes": sizes,
    "command": command_line,
    "lab": laboratory,
}


def machine() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    try:
        model = next(line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str]:
    import llvmlite

    return {
        "seedbed": seedbed.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "mesa": mesa.__version__,
    }


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    asked = argparse.ArgumentParser(description="Speed, against the goals.")
    asked.add_argument("--out", type=Path, default=Path("results/bench"), help="folder for bench.json (default: results/bench)")
    asked.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure")
    asked.add_argument("--quick", action="store_true", help="small worlds and few rounds: to try the benchmark itself, the figures mean nothing")
    chosen = asked.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    print("Compiling (once) ...", end=" ", flush=True)
    started = time.perf_counter()
    run(SCENARIO, SEED, 1)
    print(f"{time.perf_counter() - started:.1f} s")
    result: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "quick": chosen.quick,
        "machine": machine(),
        "versions": versions(),
    }
    load = result["machine"]["load"]
    print(", ".join(f"{name} {version}" for name, version in result["versions"].items()))
    print(f"{result['machine']['processor']}, {result['machine']['cores']} cores")
    if load and load[0] > 0.8:
        print(f"The machine is busy (load {load[0]}): times are too long, ratios less wrong.")
    report = Report()
    for part in chosen.only:
        PARTS[part](report, chosen.quick)
    result |= {"figures": report.figures, "details": report.details}
    result["machine"]["load_at_end"] = [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None
    result["machine"]["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    aimed = [figure for figure in report.figures if figure["reached"] is not None]
    missed = [figure for figure in aimed if not figure["reached"]]
    result["missed"] = [figure["key"] for figure in missed]
    target = chosen.out / "bench.json"
    draft = target.with_suffix(".part")
    draft.write_text(json.dumps(result, indent=1) + "\n")
    draft.replace(target)
    heading(f"{len(aimed) - len(missed)} of {len(aimed)} aims reached" + ("; not reached:" if missed else ""))
    for figure in missed:
        print(report.line(figure))
    print(f"\nWritten to {target}")
    return result


if __name__ == "__main__":
    main()
