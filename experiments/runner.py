"""Carry out an experiment: every arm under every seed, on threads, processes or a cluster, and keep what was found.

    results = run(experiment, out="results/patience", workers=2)
    results.outcomes                     one row a run
    results.values("dpi_market")         seeds x arms, the form that statistics.py compares

What holds, whatever the executor and the number of workers: the same tables; a run that fails is recorded with its
traceback and the study goes on; Ctrl-C, a full disk, a killed process or a lost cluster leaves a valid study that the same
command resumes, doing exactly the runs that are missing. `store.py` says how runs are kept, `pool.py` where they are done.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
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
from typing import Any, NamedTuple

from seedbed.agents.errors import BadInput

from .design import Arm, Experiment
from .pool import Job, Pool, Stopped, check_executor
from .store import MISSING, OK, Run, Shard, Store, StoreError, digest_of, factors_of, now

__all__ = ["Model", "Results", "Shard", "Stopped", "identity", "run", "run_one", "shard_from"]

log = logging.getLogger("seedbed.experiments")
log.addHandler(logging.NullHandler())

CASES_KEPT = 256  # cases ready to run; more arms than that are made again for each seed, in a tenth of a millisecond


class Model:
    """What the runner asks of the model. Tests hand in a stand-in with the same methods."""

    def case(self, arm: Arm) -> object:
        """The scenario of an arm, checked: BadInput for an unknown parameter or a value out of range."""
        from seedbed.model.scenario import Scenario

        scenario = arm.scenario
        if not isinstance(scenario, Scenario):
            read = self.__dict__.setdefault("_read", {})  # each scenario's file is read once a study
            if str(scenario) not in read:
                read[str(scenario)] = Scenario.load(str(scenario))
            scenario = read[str(scenario)]
        return scenario.with_(dict(arm.changes)) if arm.changes else scenario

    def warm(self, case: object) -> None:
        """Compile, or load what was compiled before, so that the first run is timed like the others."""
        from seedbed.model.engine import run as simulate

        simulate(case, 0, years=1)

    def run(self, case: object, seed: int, years: int, burn_in: int, keeps: Sequence[str], world: object):
        """(outcomes, what else is kept or None, the world for the next run of this worker).

        Curves are name -> array; series and events are column -> array, one row a quarter or an event, in natural units.
        """
        from seedbed.model.engine import run as simulate
        from seedbed.model.outcomes import curves as curves_of, outcomes as outcomes_of

        world = simulate(case, seed, years=years, world=world, record="events" in keeps)
        kept = {}
        if "curves" in keeps:
            kept["curves"] = curves_of(world, burn_in=burn_in)
        if "series" in keeps:
            import numpy as np

            from seedbed.model.words import columns

            table = columns("series", world.series[: int(world.clock[0].now)])[0]
            kept["series"] = {name: np.array(values) for name, values in table.items()}  # the world is used again
        if "events" in keeps:
            import pyarrow as pa

            from seedbed.model.history import History

            kept["events"] = pa.Table.from_pandas(History(world, {}).events(), preserve_index=False)
        return outcomes_of(world, burn_in=burn_in), kept or None, world

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
        from seedbed.model.history import source_hash

        return source_hash()

    def __getstate__(self) -> dict:
        return {}


# -- one run, in whatever thread or process ---------------------------------------------------------------------------

_worker = threading.local()


def run_one(model: Model, job: Job, years: int, burn_in: int) -> Run:
    """One run as a `Run`, whether it goes well or fails; the worker's world is used again for the next one."""
    world = getattr(_worker, "world", None)
    if getattr(_worker, "model", None) is not type(model):
        world = None
    started = time.perf_counter()
    try:
        outcomes, kept, world = model.run(job.case, job.seed, years, burn_in, job.keeps, world)
    except Exception:  # a failing run is a finding to be recorded, not the end of the study
        _worker.world = None
        return Run(job.arm, job.seed, "failed", time.perf_counter() - started, traceback.format_exc(), None, None)
    _worker.world, _worker.model = world, type(model)
    outcomes = {name: float(value) for name, value in outcomes.items()}
    return Run(job.arm, job.seed, "ok", time.perf_counter() - started, "", outcomes, kept)


def run_task(model: Model, source: str | None, years: int, burn_in: int, task: Sequence[Job]) -> list[Run]:
    """The runs of a task, one after the other. `source`: the rules that a worker elsewhere must have (None: this process)."""
    if source is not None and _source_here(model) != source:
        raise BadInput(
            what="the rules of a worker",
            given=_source_here(model),
            allowed=f"those that the study was begun with (source hash {source})",
            where=f"executor, on {platform.node()}",
        )
    return [run_one(model, job, years, burn_in) for job in task]


_sources: dict[type, str] = {}


def _source_here(model: Model) -> str:
    """The hash of the rules when they were first asked for, soon after they were loaded: a later edit changes no worker."""
    if type(model) is not Model:
        return model.source()
    if Model not in _sources:
        _sources[Model] = model.source()
    return _sources[Model]


# -- the study --------------------------------------------------------------------------------------------------------


def run(
    experiment: Experiment,
    *,
    model: Model | None = None,
    out: str | os.PathLike | None = None,
    workers: int | None = None,
    executor: str | futures.Executor = "threads",
    shard: tuple[int, int] | None = None,
    progress: bool | None = None,
    retry_failed: bool = False,
) -> Results:
    """Run what is missing of `experiment` and give its results.

    out      : the study's directory (kept and resumed); None keeps the runs in memory only.
    workers  : how many runs at a time; None = as many as this process may use processors. A cluster has its own number.
    executor : "threads" (the engine releases the GIL), "processes", any `concurrent.futures` executor, or the address of
               a Dask scheduler ("tcp://host:8786").
    shard    : (i, n): only the i-th of n shards, i from 1 to n: every n-th run. The tasks of a job array that each do one
               write into one directory without knowing of each other.
    progress : True = a live bar, False = silent, None = a bar on a terminal and one log line per twentieth otherwise.

    Raises BadInput before the first run for a setting that cannot be (StoreError, a kind of it, for a directory that
    cannot be used), Stopped when the workers or their scheduler are lost, KeyboardInterrupt after Ctrl-C or SIGTERM; what
    was finished is stored in each case.
    """
    model = model or Model()
    workers = _workers_from(workers)
    check_executor(executor)
    own = shard_from(shard)
    if own is not None and out is None:
        raise BadInput(what="the directory (out)", given=None, allowed="one, for shards to meet in", where="shard")
    _refuse_unknown_outcomes(experiment, model)
    fingerprint, digests, source = identity(experiment, model)

    store = Store(out)
    # The arms share one base, so its parameters are told once and each arm adds its few changes.
    about = {
        "experiment": experiment.to_dict(),
        "digests": digests,
        "source": source,
        "started": now(),
        "status": "running",
        "outcomes": model.labels(),
        "parameters": _told(experiment, model),
        "session": _session(workers, executor),
    }
    store.open(experiment, fingerprint, about, own)
    try:
        _run_missing(experiment, model, source, store, workers, executor, progress, retry_failed)
    finally:
        store.free()
    results = Results(experiment, store)
    if store.failed and not store.good:
        first = next(iter(results.failures["error"]), "")
        raise RuntimeError(f"every run of {experiment.name} failed; the first one with:\n{first}")
    return results


def identity(experiment: Experiment, model: Model) -> tuple[str, dict[str, str], str]:
    """(fingerprint, digest of each arm, hash of the rules): studies of one fingerprint have the same runs.

    Makes every case once, so that BadInput tells of a wrong one before the first run.
    """
    digests = {arm.name: model.digest(model.case(arm)) for arm in experiment.arms}
    source = model.source()
    keeps = sorted((arm.name, arm.keeps) for arm in experiment.arms if arm.keeps)
    declared = [experiment.name, experiment.years, experiment.burn_in]
    return digest_of([*declared, source, sorted(digests.items()), keeps]), digests, source


def _run_missing(experiment, model, source, store, workers, executor, progress, retry_failed) -> None:
    """Do the missing runs, storing each as it comes; on any stop, store what is finished and say how to go on."""
    step, first = (store.shard.of, store.shard.number - 1) if store.shard else (1, 0)

    def missing() -> Iterator[tuple[int, Arm]]:
        for seed, arm in itertools.islice(experiment.runs(), first, None, step):
            state = store.state(arm.name, seed)
            if state == MISSING or (retry_failed and state != OK):
                yield seed, arm

    own = sum(1 for _ in itertools.islice(experiment.runs(), first, None, step))
    number = sum(1 for _ in missing())
    if not number:
        store.close("complete")
        return
    cases = functools.lru_cache(CASES_KEPT)(lambda column: model.case(experiment.arms[column]))
    column = {arm.name: place for place, arm in enumerate(experiment.arms)}
    jobs = (Job(arm.name, seed, arm.keeps, cases(column[arm.name])) for seed, arm in missing())
    _, start = next(missing())
    begin = functools.partial(model.warm, cases(column[start.name]))
    pool = Pool(executor, workers, model, begin, source)
    work = functools.partial(
        run_task, model, None if executor == "threads" else source, experiment.years, experiment.burn_in
    )
    show = _Progress(experiment.name, own, own - number, progress)
    try:
        with _stopped_by_sigterm():
            pool.open()
            with show:
                if executor in ("threads", "processes"):
                    show.say("compiling the rules, or loading them if they were compiled before")
                    begin()
                for finished in pool.finished(jobs, number, work):
                    for kept in finished:
                        store.add(kept)
                        show.advance(kept)
            pool.stop()
            store.close("complete")
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        with contextlib.suppress(StoreError):  # a full disk: what could be written is written
            for finished in pool.stop():
                for kept in finished:
                    if store.state(kept.arm, kept.seed) == MISSING:
                        store.add(kept)
        with contextlib.suppress(StoreError):
            store.close("interrupted" if interrupted else "stopped")
        done = f"{store.good + store.failed} of {len(experiment)} runs"
        again = f"; the same command with the same directory ({store.directory}) resumes it" if store.directory else ""
        if interrupted:
            log.warning("%s: interrupted with %s done%s", experiment.name, done, again)
        if isinstance(error, Stopped):
            raise Stopped(f"{experiment.name}: {error}. {done} are done and kept{again}.") from error
        raise


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM, by which batch systems announce the end of a job's time, stops like Ctrl-C, unless the caller handles it."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if ours:

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


class _Progress:
    """How far the study is: a live bar on a terminal, one log line per twentieth of the runs otherwise."""

    def __init__(self, name: str, total: int, before: int, wanted: bool | None) -> None:
        self.name, self.total, self.done, self.before, self.failed = name, total, before, before, 0
        self.step = max(1, total // 20)
        self.started = self.shown = time.monotonic()
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
        last = self.done == self.total
        if self.silent or not (last or self._due()):
            return
        rate = (self.done - self.before) / max(time.monotonic() - self.started, 1e-9)
        failed = f", {self.failed} failed" if self.failed else ""
        if self.bar:
            self.bar.update(self.task, completed=self.done, rate=f"{rate:.1f} runs/s{failed}")
        else:
            left = duration((self.total - self.done) / rate)
            log.info("%s: %d of %d runs, %.1f a second, %s left%s", self.name, self.done, self.total, rate, left, failed)

    def _due(self) -> bool:
        if self.bar is None:
            return self.done % self.step == 0
        if time.monotonic() - self.shown < 0.1:
            return False
        self.shown = time.monotonic()
        return True


def duration(seconds: float) -> str:
    """A length of time in words, in its two largest units.

    >>> duration(8.4), duration(200), duration(7000), duration(400_000)
    ('8 s', '3 min 20 s', '1 h 56 min', '4 d 15 h')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for size, name, smaller, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {name} {whole % size // smaller} {small}"
    return ""


# -- what comes out ---------------------------------------------------------------------------------------------------


class Results:
    """The runs of an experiment, in its order whatever the order they finished in.

    Missing and failed runs are NaN in `values`, so that a comparison drops that seed for the arms it compares. Outcomes
    are read from the store when they are first asked for, as arrays.
    """

    def __init__(self, experiment: Experiment, store: Store) -> None:
        self.experiment = experiment
        self.store = store
        self.labels: dict[str, tuple[str, str, str]] = {
            name: tuple(entry) for name, entry in store.manifest.get("outcomes", {}).items()
        }
        self._place = {arm.name: column for column, arm in enumerate(experiment.arms)}
        self._order = {seed: row for row, seed in enumerate(experiment.seeds)}

    @classmethod
    def load(cls, directory: str | os.PathLike) -> Results:
        """The results kept in a study's directory, whole or partial, without running anything."""
        store = Store.existing(directory)
        return cls(store.experiment, store)

    def __repr__(self) -> str:
        return (
            f"<Results of {self.experiment.name}: {self.good} of {len(self.experiment)} runs, "
            f"{len(self.experiment.arms)} arms, {len(self.experiment.seeds)} seeds>"
        )

    # Which runs there are, and their outcomes: read once, piece by piece, into one array an outcome.

    @functools.cached_property
    def found(self) -> Found:
        """The run table as arrays, seeds x arms."""
        import numpy as np

        shape = len(self.experiment.seeds), len(self.experiment.arms)
        state, values, errors = np.zeros(shape, dtype=np.int8), {}, {}
        for table in self.store.tables("runs"):
            status = table["status"].to_pylist()
            good = np.array([word == "ok" for word in status], dtype=bool)
            rows, columns = self._places(table)
            own = (rows >= 0) & (columns >= 0)
            for line in np.flatnonzero(own & ~good):
                errors.setdefault((int(rows[line]), int(columns[line])), table["error"][int(line)].as_py())
            state[rows[own], columns[own]] = np.maximum(state[rows[own], columns[own]], 1 + good[own])
            own &= good
            if not own.any():
                continue
            for name in table.column_names[5:]:
                if name not in values:
                    values[name] = np.full(shape, np.nan)
                values[name][rows[own], columns[own]] = table[name].to_numpy()[own]
        # Declared order first, then anything the model did not declare.
        names = [name for name in self.labels if name in values] + sorted(values.keys() - self.labels.keys())
        return Found(state, {name: values[name] for name in names}, errors)

    def place(self, arm: str, seed: int) -> tuple[int, int]:
        """Row and column of a run in the arrays."""
        return self._order[seed], self._place[arm]

    def _places(self, table) -> tuple:
        """Row (seed) and column (arm) of each line of a table; -1 for a seed or an arm of another extent of the study."""
        import numpy as np

        arms = table["arm"].combine_chunks()
        column = np.array([self._place.get(arm, -1) for arm in arms.dictionary.to_pylist()], dtype=np.int64)
        rows = np.array([self._order.get(seed, -1) for seed in table["seed"].to_pylist()], dtype=np.int64)
        return rows, column[arms.indices.to_numpy()] if len(column) else np.full(len(rows), -1)

    @property
    def names(self) -> list[str]:
        """The outcomes, in the model's order; empty as long as no run went well."""
        return list(self.found.values)

    @property
    def good(self) -> int:
        """How many runs went well."""
        return int((self.found.state == 2).sum())

    @property
    def failed(self) -> int:
        """How many runs failed."""
        return int((self.found.state == 1).sum())

    @property
    def done(self) -> int:
        """How many runs were done, well or not."""
        return self.good + self.failed

    @property
    def complete(self) -> bool:
        """Whether every run of the experiment was done and went well."""
        return self.good == len(self.experiment)

    @property
    def cube(self):
        """Outcomes as an array, seeds x arms x outcomes (the order of `names`), NaN where there is no run."""
        import numpy as np

        if not self.names:
            return np.full((len(self.experiment.seeds), len(self.experiment.arms), 0), np.nan)
        return np.stack(list(self.found.values.values()), axis=2)

    def values(self, outcome: str, arms: Sequence[str] | None = None):
        """One outcome, seeds x arms (all arms, or those named, in that order)."""
        if outcome not in self.found.values:
            raise BadInput(what="the outcome", given=outcome, allowed=self.names, where=f"study {self.experiment.name}")
        values = self.found.values[outcome]
        if arms is None:
            return values.copy()
        return values[:, [self._place[self.experiment.arm(arm).name] for arm in arms]]

    @property
    def outcomes(self):
        """A data frame with one row a good run: arm, seed, and every outcome."""
        import numpy as np
        import pandas as pd

        rows, columns = np.nonzero(self.found.state == 2)
        arms = np.array([arm.name for arm in self.experiment.arms], dtype=object)
        frame = {"arm": arms[columns].tolist(), "seed": np.array(self.experiment.seeds)[rows]}
        return pd.DataFrame(frame | {name: values[rows, columns] for name, values in self.found.values.items()})

    @property
    def cells(self):
        """A data frame with one row an arm (its name is the index) and one column a factor."""
        import pandas as pd

        arms = pd.Index([arm.name for arm in self.experiment.arms], name="arm")
        return pd.DataFrame(factors_of(self.experiment), index=arms)

    @property
    def failures(self):
        """A data frame of the failed runs with their tracebacks."""
        import numpy as np
        import pandas as pd

        arms, seeds = self.experiment.arms, self.experiment.seeds
        bad = [(int(row), int(column)) for row, column in zip(*np.nonzero(self.found.state == 1), strict=True)]
        told = [(arms[column].name, seeds[row], self.found.errors[row, column]) for row, column in bad]
        return pd.DataFrame(told, columns=["arm", "seed", "error"])

    def to_xarray(self):
        """The outcomes as an xarray Dataset with dimensions arm and seed; factors are coordinates along arm."""
        import numpy as np
        import xarray as xr

        data = {}
        for name, values in self.found.values.items():
            label, unit, what = (*self.labels.get(name, (name,)), "", "")[:3]
            data[name] = (("arm", "seed"), values.T, {"long_name": label, "units": unit, "description": what})
        coords = {"arm": [arm.name for arm in self.experiment.arms], "seed": np.array(self.experiment.seeds)}
        for path, values in self.cells.items():
            column = values.to_numpy()
            coords[path] = ("arm", column if column.dtype.kind in "fiub" else [str(value) for value in column])
        about = {"title": self.experiment.name, "fingerprint": str(self.store.manifest.get("fingerprint", ""))}
        return xr.Dataset(data, coords, about)

    # What else runs kept.

    def curve(self, name: str, arm: str):
        """One curve of an arm, seeds x length; a seed without it is NaN. None if no run of the arm kept it."""
        import numpy as np

        self.experiment.arm(arm)
        found = {}
        for table in self.store.tables("curves", ["arm", "seed", name]):
            if name not in table.column_names:
                continue
            rows, columns = self._places(table)
            lists = table[name].combine_chunks()
            # A missing curve (null) reads as empty.
            ends, flat = lists.offsets.to_numpy(), lists.values.to_numpy(zero_copy_only=False)
            for line in np.flatnonzero((rows >= 0) & (columns == self._place[arm])):
                if ends[line + 1] > ends[line]:
                    found[int(rows[line])] = flat[ends[line] : ends[line + 1]]
        if not found:
            return None
        out = np.full((len(self.experiment.seeds), max(map(len, found.values()))), np.nan)
        for row, curve in found.items():
            out[row, : len(curve)] = curve
        return out

    @property
    def curve_names(self) -> list[str]:
        """The curves that some run kept."""
        names = {name for table in self.store.tables("curves") for name in table.column_names}
        return sorted(names - {"arm", "seed"})

    def series(self, arm: str | None = None):
        """The quarterly series that runs kept, as a data frame: arm, seed, tick and the city's columns. None: no run did."""
        return self._lines("series", arm)

    def events(self, arm: str | None = None):
        """The event logs that runs kept, as a data frame: arm, seed, tick, what happened to whom. None: no run kept one."""
        return self._lines("events", arm)

    def _lines(self, part: str, arm: str | None):
        import numpy as np
        import pyarrow as pa

        chosen = None if arm is None else self._place[self.experiment.arm(arm).name]
        seen, tables = np.zeros((len(self.experiment.seeds), len(self.experiment.arms)), dtype=bool), []
        for table in self.store.tables(part):
            rows, columns = self._places(table)
            own = (rows >= 0) & (columns >= 0) if chosen is None else (rows >= 0) & (columns == chosen)
            own &= ~seen[rows, columns]  # a run that was stored twice counts once
            seen[rows[own], columns[own]] = True
            tables.append(table.filter(pa.array(own)))
        if not any(len(table) for table in tables):
            return None
        together = pa.concat_tables(tables, promote_options="default").unify_dictionaries()
        frame = together.set_column(0, "arm", together["arm"].cast(pa.string())).to_pandas()
        frame["_row"] = [self._order[seed] for seed in frame["seed"]]
        frame["_column"] = [self._place[name] for name in frame["arm"]]
        frame = frame.sort_values(["_row", "_column"], kind="stable", ignore_index=True)
        return frame.drop(columns=["_row", "_column"])

    def label(self, outcome: str) -> str:
        """The outcome's name for people."""
        return self.labels.get(outcome, (outcome.replace("_", " "),))[0]

    def unit(self, outcome: str) -> str:
        """The outcome's unit ("" if the model does not say)."""
        entry = self.labels.get(outcome, ())
        return entry[1] if len(entry) > 1 else ""


class Found(NamedTuple):
    """The run table as arrays, seeds x arms: 0 missing, 1 failed, 2 ok; each outcome; the errors of failed runs."""

    state: Any
    values: dict[str, Any]
    errors: dict[tuple[int, int], str]


# -- small parts ------------------------------------------------------------------------------------------------------


def _workers_from(workers: int | None) -> int:
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1024:
        raise BadInput(
            what="the number of workers", given=workers, allowed="a whole number from 1 to 1024", where="--workers"
        )
    return workers


def shard_from(given: object) -> Shard | None:
    """(i, n) or "i/n" as a shard, i from 1 to n.

    >>> shard_from("3/8"), shard_from((1, 2)), shard_from(None)
    (Shard(number=3, of=8), Shard(number=1, of=2), None)
    """
    if given is None:
        return None
    parts = given.split("/") if isinstance(given, str) else given
    with contextlib.suppress(TypeError, ValueError):
        number, of = parts
        if isinstance(given, str):
            number, of = int(number), int(of)
        whole = all(isinstance(part, int) and not isinstance(part, bool) for part in (number, of))
        if whole and 1 <= number <= of <= 1_000_000:
            return Shard(number, of)
    raise BadInput(
        what="the shard", given=given, allowed="i/n, with i from 1 to n, such as 3/8 for the third of eight", where="--shard"
    )


def _refuse_unknown_outcomes(experiment: Experiment, model: Model) -> None:
    known = model.labels()
    for name in experiment.outcomes:
        if name not in known:
            raise BadInput(what="the outcome", given=name, allowed=list(known), where=f"study {experiment.name}")


def _told(experiment: Experiment, model: Model) -> dict:
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
        "workers": workers,
        "executor": executor if isinstance(executor, str) else type(executor).__name__,
        "versions": versions,
        "platform": {
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
        },
    }
