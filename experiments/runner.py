"""Carry out an experiment: every arm under every seed, on threads, processes or any executor, and keep what was found.

    results = run(experiment, out="results/patience", workers=2)
    results.outcomes                     one row a run
    results.values("dpi_market")         seeds x arms, the form that statistics.py compares

What holds, whatever the executor and the number of workers: the same tables; a run that fails is recorded with its
traceback and the study goes on; Ctrl-C or a full disk leaves a valid study that the same command resumes, doing
exactly the runs that are missing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent import futures
from datetime import datetime, timezone
from pathlib import Path

from seedbed.agents.errors import BadInput

from .design import Arm, Experiment
from .store import Run, Store, digest_of

__all__ = ["Model", "Results", "run", "run_one"]

log = logging.getLogger("seedbed.experiments")
log.addHandler(logging.NullHandler())

RUNS_A_TASK = 8  # for processes: about half a second, which hides the cost of sending a task


class Model:
    """What the runner asks of the model. Tests hand in a stand-in with the same methods."""

    def case(self, arm: Arm) -> object:
        """The scenario of an arm, checked: BadInput for an unknown parameter or a value out of range."""
        from seedbed.model.scenario import Scenario

        scenario = arm.scenario if isinstance(arm.scenario, Scenario) else Scenario.load(str(arm.scenario))
        return scenario.with_(dict(arm.changes)) if arm.changes else scenario

    def warm(self, case: object) -> None:
        """Compile, or load what was compiled before, so that the first run is timed like the others."""
        from seedbed.model.engine import run as simulate

        simulate(case, 0, years=1)

    def run(self, case: object, seed: int, years: int, burn_in: int, curves: bool, world: object):
        """(outcomes, curves or None, the world for the next run of this worker)."""
        from seedbed.model.engine import run as simulate
        from seedbed.model.outcomes import curves as curves_of, outcomes as outcomes_of

        world = simulate(case, seed, years=years, world=world)
        return outcomes_of(world, burn_in=burn_in), curves_of(world, burn_in=burn_in) if curves else None, world

    def labels(self) -> dict[str, tuple[str, str, str]]:
        """name -> (label, unit, what it is), for every outcome."""
        from seedbed.model.outcomes import OUTCOMES

        return {name: tuple(entry) for name, entry in OUTCOMES.items()}

    def digest(self, case: object) -> str:
        """A name for everything that the case sets, equal exactly when the runs would be."""
        return str(case.digest())

    def describe(self, case: object) -> object:
        """The scenario and every parameter with value, unit and source, for the manifest."""
        return {**case.describe(), "parameters": case.table()}

    def source(self) -> str:
        """The hash of the rule book and the machine: the runs of changed rules are another study."""
        import hashlib

        import seedbed

        total = hashlib.sha256()
        root = Path(seedbed.__file__).parent
        for folder in ("agents", "model"):
            for place in sorted((root / folder).rglob("*")):
                if place.suffix in (".py", ".toml") and "__pycache__" not in place.parts:
                    total.update(f"{folder}/{place.relative_to(root / folder).as_posix()}\0".encode())
                    total.update(place.read_bytes())
        return total.hexdigest()[:12]


# -- one run, in whatever thread or process ---------------------------------------------------------------------------

_worker = threading.local()


def run_one(model: Model, arm: Arm, case: object, seed: int, years: int, burn_in: int) -> Run:
    """One run as a `Run`, whether it goes well or fails; the worker's world is used again for the next one."""
    world = getattr(_worker, "world", None)
    if getattr(_worker, "model", None) is not type(model):
        world = None
    started = time.perf_counter()
    try:
        outcomes, curves, world = model.run(case, seed, years, burn_in, "curves" in arm.keeps, world)
    except Exception:  # a failing run is a finding to be recorded, not the end of the study
        _worker.world = None
        return Run(arm.name, seed, "failed", time.perf_counter() - started, traceback.format_exc(), None, None)
    _worker.world, _worker.model = world, type(model)
    outcomes = {name: float(value) for name, value in outcomes.items()}
    return Run(arm.name, seed, "ok", time.perf_counter() - started, "", outcomes, curves)


def _run_task(model: Model, task: Sequence[tuple[Arm, object, int]], years: int, burn_in: int) -> list[Run]:
    return [run_one(model, arm, case, seed, years, burn_in) for arm, case, seed in task]


def _start_process(model: Model, case: object) -> None:
    # Ctrl-C goes to the whole process group: the parent decides, the workers finish what they hold.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(Exception):  # a case that cannot run is reported by its run, with a traceback
        model.warm(case)


# -- the study --------------------------------------------------------------------------------------------------------


def run(
    experiment: Experiment,
    *,
    model: Model | None = None,
    out: str | os.PathLike | None = None,
    workers: int | None = None,
    executor: str | futures.Executor = "threads",
    progress: bool | None = None,
    retry_failed: bool = False,
) -> Results:
    """Run what is missing of `experiment` and give its results.

    out      : the study's directory (kept and resumed); None keeps the runs in memory only.
    workers  : how many runs at a time; None = as many as this process may use processors.
    executor : "threads" (the engine releases the GIL), "processes", or any `concurrent.futures` executor.
    progress : True = a live bar, False = silent, None = a bar on a terminal and one log line per twentieth otherwise.

    Raises BadInput before the first run for a setting that cannot be, StoreError for a directory that cannot be
    used, KeyboardInterrupt after Ctrl-C (with everything finished so far stored).
    """
    model = model or Model()
    workers = _workers_from(workers)
    if isinstance(executor, str) and executor not in ("threads", "processes"):
        raise BadInput(
            what="the executor",
            given=executor,
            allowed="'threads', 'processes' or a concurrent.futures.Executor",
            where="executor",
        )
    cases = {arm.name: model.case(arm) for arm in experiment.arms}
    digests = {name: model.digest(case) for name, case in cases.items()}
    _refuse_unknown_outcomes(experiment, model)
    source = model.source()
    declared = [experiment.name, experiment.years, experiment.burn_in]
    fingerprint = digest_of([*declared, source, sorted(digests.items())])

    store = Store(out)
    # The arms share one base, so its parameters are told once and each arm adds its few changes.
    about = {
        "experiment": experiment.to_dict(),
        "digests": digests,
        "source": source,
        "started": _now(),
        "status": "running",
        "outcomes": model.labels(),
        "parameters": _told(experiment, model, cases),
        "sessions": [_session(workers, executor)],
    }
    store.open(fingerprint, about)

    have = {key for key, kept in store.runs.items() if kept.status == "ok" or not retry_failed}
    missing = [(arm, cases[arm.name], seed) for seed, arm in experiment.runs() if (arm.name, seed) not in have]
    if missing:
        _run_missing(model, experiment, missing, store, workers, executor, progress)
    _close(store, experiment, "complete")
    results = Results(experiment, store)
    if not results.good:
        first = next(iter(results.failures["error"]), "")
        raise RuntimeError(f"every run of {experiment.name} failed; the first one with:\n{first}")
    return results


def _run_missing(model, experiment, missing, store, workers, executor, progress) -> None:
    """Do the missing runs, storing each as it comes; on any stop, store what is finished and say how to go on."""
    before = len(experiment) - len(missing)
    show = _Progress(experiment.name, len(experiment), before, progress)
    tasks = _tasks(missing, RUNS_A_TASK if executor == "processes" else 1)
    pool = _Pool(executor, workers, model, missing[0][1])
    try:
        with show:
            show.say("compiling the rules, or loading them if they were compiled before")
            model.warm(missing[0][1])
            for finished in pool.map_as_finished(tasks, model, experiment.years, experiment.burn_in):
                for kept in finished:
                    store.add(kept)
                    show.advance(kept)
        store.flush()
    except KeyboardInterrupt:
        for finished in pool.stop():
            for kept in finished:
                store.add(kept)
        store.flush()
        _close(store, experiment, "interrupted")
        kept = sum((arm.name, seed) in store.runs for seed, arm in experiment.runs())
        where = f"; the same command with the same directory ({store.directory}) resumes it" if store.directory else ""
        log.warning("%s: interrupted with %d of %d runs done%s", experiment.name, kept, len(experiment), where)
        raise
    finally:
        pool.stop()


def _close(store: Store, experiment: Experiment, status: str) -> None:
    kept = [store.runs[arm.name, seed] for seed, arm in experiment.runs() if (arm.name, seed) in store.runs]
    sessions = store.manifest["sessions"]
    sessions[-1]["ended"] = _now()
    store.write_manifest(
        status=status,
        ended=_now(),
        sessions=sessions,
        runs=len(kept),
        runs_in_design=len(experiment),
        runs_failed=sum(run.status != "ok" for run in kept),
        seconds_of_runs=round(sum(r.seconds for r in kept), 3),
    )


def _tasks(missing: list, size: int) -> Iterator[list]:
    for start in range(0, len(missing), size):
        yield missing[start : start + size]


class _Pool:
    """An executor that is fed a few tasks ahead, so that a stop is quick, and that outlives a dying worker."""

    def __init__(self, kind: str | futures.Executor, workers: int, model: Model, case: object) -> None:
        self.kind, self.workers, self.start = kind, workers, (model, case)
        self.pool = None
        self.running: dict[futures.Future, list] = {}

    def _open(self) -> futures.Executor:
        if isinstance(self.kind, futures.Executor):
            return self.kind
        if self.kind == "threads":
            return futures.ThreadPoolExecutor(self.workers, thread_name_prefix="seedbed")
        import multiprocessing

        # Spawn, by a context of our own: importing Mesa changes the global start method, and a fork of a process
        # with running threads can hang.
        return futures.ProcessPoolExecutor(
            self.workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_process,
            initargs=self.start,
        )

    def map_as_finished(self, tasks: Iterator[list], *how: object) -> Iterator[list[Run]]:
        """The runs of each task as soon as it is finished, in whatever order."""
        model, years, burn_in = how
        self.pool = self._open()
        suspects: list[list] = []
        while True:
            # After a worker died, its tasks are run one by one: the one that kills again is the culprit.
            ahead = 1 if suspects else 2 * self.workers
            while len(self.running) < ahead:
                task = suspects.pop() if suspects else next(tasks, None)
                if task is None:
                    break
                try:
                    self.running[self.pool.submit(_run_task, model, task, years, burn_in)] = task
                except futures.BrokenExecutor:
                    suspects.append(task)
                    self._renew()
                if ahead == 1:
                    break
            if not self.running:
                return
            done, _ = futures.wait(self.running, timeout=1.0, return_when=futures.FIRST_COMPLETED)
            alone, dead = len(self.running) == 1, None
            for future in done:
                try:
                    finished = future.result()
                except futures.BrokenExecutor as error:
                    dead = error
                else:
                    # Forgotten only after it was taken, so that an interrupt in between loses nothing.
                    yield finished
                    del self.running[future]
            if dead is not None:
                left = [one for task in self.running.values() for one in task]
                self.running.clear()
                self._renew()
                if alone and len(left) == 1:
                    ((arm, _, seed),) = left
                    yield [Run(arm.name, seed, "failed", 0.0, f"the worker process died: {dead}", None, None)]
                else:
                    suspects += [[one] for one in left]

    def _renew(self) -> None:
        if isinstance(self.kind, futures.Executor):
            raise RuntimeError("a worker of the given executor died and the executor cannot be started anew")
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._open()

    def stop(self) -> list[list[Run]]:
        """Start nothing more, wait for the runs under way (some 50 ms each) and give what they found."""
        for future in self.running:
            future.cancel()
        if self.pool is not None and self.pool is not self.kind:
            self.pool.shutdown(wait=True, cancel_futures=True)
        elif self.running:
            futures.wait(self.running)
        finished = [f.result() for f in self.running if f.done() and not f.cancelled() and f.exception() is None]
        self.running.clear()
        return finished


class _Progress:
    """How far the study is: a live bar on a terminal, one log line per twentieth of the runs otherwise."""

    def __init__(self, name: str, total: int, before: int, wanted: bool | None) -> None:
        self.name, self.total, self.done, self.before, self.failed = name, total, before, before, 0
        self.step = max(1, total // 20)
        self.started = time.monotonic()
        self.silent = wanted is False
        self.bar = None
        if wanted or (wanted is None and sys.stderr.isatty()):
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self.bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self.task = self.bar.add_task(name, total=total, completed=before, rate="")

    def __enter__(self) -> _Progress:
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.stop()

    def say(self, words: str) -> None:
        if self.bar:
            self.bar.update(self.task, rate=words)
        elif not self.silent:
            log.info("%s: %s", self.name, words)

    def advance(self, kept: Run) -> None:
        if self.done == self.before:
            self.started = time.monotonic() - kept.seconds  # do not count compiling into the rate
        self.done += 1
        self.failed += kept.status != "ok"
        rate = (self.done - self.before) / max(time.monotonic() - self.started, 1e-9)
        failed = f", {self.failed} failed" if self.failed else ""
        if self.bar:
            self.bar.update(self.task, completed=self.done, rate=f"{rate:.1f} runs/s{failed}")
        elif not self.silent and (self.done % self.step == 0 or self.done == self.total):
            left = (self.total - self.done) / rate
            log.info(
                "%s: %d of %d runs, %.1f a second, %.0f s left%s", self.name, self.done, self.total, rate, left, failed
            )


# -- what comes out ---------------------------------------------------------------------------------------------------


class Results:
    """The runs of an experiment, in its order whatever the order they finished in.

    Missing and failed runs are NaN in `values`, so that a comparison drops that seed for the arms it compares.
    """

    def __init__(self, experiment: Experiment, store: Store) -> None:
        self.experiment = experiment
        self.store = store
        self.labels: dict[str, tuple[str, str, str]] = {
            name: tuple(entry) for name, entry in store.manifest.get("outcomes", {}).items()
        }
        found = [store.runs[arm.name, seed] for seed, arm in experiment.runs() if (arm.name, seed) in store.runs]
        self.runs: list[Run] = found
        self.good = sum(kept.status == "ok" for kept in found)
        measured = {name for kept in found if kept.outcomes for name in kept.outcomes}
        # Declared order first, then anything the model did not declare.
        self.names = [name for name in self.labels if name in measured] + sorted(measured - set(self.labels))
        self._column = {name: column for column, name in enumerate(self.names)}
        self._place = {arm.name: row for row, arm in enumerate(experiment.arms)}
        self._cube = None
        self._order = {seed: row for row, seed in enumerate(experiment.seeds)}

    @classmethod
    def load(cls, directory: str | os.PathLike) -> Results:
        """The results kept in a study's directory, whole or partial, without running anything."""
        store = Store.existing(directory)
        return cls(Experiment.from_dict(store.manifest["experiment"]), store)

    def __repr__(self) -> str:
        return (
            f"<Results of {self.experiment.name}: {self.good} of {len(self.experiment)} runs, "
            f"{len(self.experiment.arms)} arms, {len(self.experiment.seeds)} seeds>"
        )

    @property
    def cube(self):
        """Outcomes as an array, seeds x arms x outcomes (the order of `names`), NaN where there is no run."""
        import numpy as np

        if self._cube is None:
            cube = np.full((len(self.experiment.seeds), len(self.experiment.arms), len(self.names)), np.nan)
            for kept in self.runs:
                if kept.outcomes is not None:
                    row = [kept.outcomes.get(name, np.nan) for name in self.names]
                    cube[self._order[kept.seed], self._place[kept.arm]] = row
            self._cube = cube
        return self._cube

    def values(self, outcome: str, arms: Sequence[str] | None = None):
        """One outcome, seeds x arms (all arms, or those named, in that order)."""
        if outcome not in self._column:
            raise BadInput(what="the outcome", given=outcome, allowed=self.names, where=f"study {self.experiment.name}")
        values = self.cube[:, :, self._column[outcome]]
        return values if arms is None else values[:, [self._place[self.experiment.arm(arm).name] for arm in arms]]

    def curve(self, name: str, arm: str):
        """One curve of an arm, seeds x length; a seed without it is NaN. None if no run of the arm kept it."""
        import numpy as np

        self.experiment.arm(arm)
        kept = {run.seed: run.curves[name] for run in self.runs if run.arm == arm and run.curves and name in run.curves}
        kept = {seed: curve for seed, curve in kept.items() if len(curve)}
        if not kept:
            return None
        out = np.full((len(self.experiment.seeds), max(map(len, kept.values()))), np.nan)
        for seed, curve in kept.items():
            out[self._order[seed], : len(curve)] = curve
        return out

    @property
    def curve_names(self) -> list[str]:
        """The curves that some run kept."""
        return sorted({name for kept in self.runs if kept.curves for name in kept.curves})

    @property
    def outcomes(self):
        """A data frame with one row a good run: arm, seed, and every outcome."""
        import pandas as pd

        good = [kept for kept in self.runs if kept.outcomes is not None]
        frame = pd.DataFrame([kept.outcomes for kept in good], columns=self.names, dtype=float)
        frame.insert(0, "seed", [kept.seed for kept in good])
        frame.insert(0, "arm", [kept.arm for kept in good])
        return frame

    @property
    def failures(self):
        """A data frame of the failed runs with their tracebacks."""
        import pandas as pd

        bad = [kept for kept in self.runs if kept.status != "ok"]
        return pd.DataFrame([(kept.arm, kept.seed, kept.error) for kept in bad], columns=["arm", "seed", "error"])

    @property
    def complete(self) -> bool:
        """Whether every run of the experiment was done and went well."""
        return self.good == len(self.experiment)

    def label(self, outcome: str) -> str:
        """The outcome's name for people."""
        return self.labels.get(outcome, (outcome.replace("_", " "),))[0]

    def unit(self, outcome: str) -> str:
        """The outcome's unit ("" if the model does not say)."""
        entry = self.labels.get(outcome, ())
        return entry[1] if len(entry) > 1 else ""


# -- small parts ------------------------------------------------------------------------------------------------------


def _workers_from(workers: int | None) -> int:
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1024:
        raise BadInput(
            what="the number of workers", given=workers, allowed="a whole number from 1 to 1024", where="--workers"
        )
    return workers


def _refuse_unknown_outcomes(experiment: Experiment, model: Model) -> None:
    known = model.labels()
    for name in experiment.outcomes:
        if name not in known:
            raise BadInput(what="the outcome", given=name, allowed=list(known), where=f"study {experiment.name}")


def _told(experiment: Experiment, model: Model, cases: dict) -> dict:
    """The parameters of each scenario that the arms start from, once each."""
    told = {}
    for arm in experiment.arms:
        if arm.scenario_name not in told:
            told[arm.scenario_name] = model.describe(model.case(Arm("base", arm.scenario)))
    return told


def _session(workers: int, executor: object) -> dict:
    from importlib import metadata

    versions = {"python": platform.python_version()}
    for package in ("seedbed", "numpy", "numba", "llvmlite", "mesa", "pandas", "pyarrow", "scipy", "networkx"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return {
        "started": _now(),
        "workers": workers,
        "executor": executor if isinstance(executor, str) else "given",
        "versions": versions,
        "platform": {
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
        },
    }


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
