"""Where runs are done: threads, processes, any `concurrent.futures` executor, or a Dask cluster by its address.

A task is a handful of runs that takes about a second, so that sending it costs next to nothing; its size follows the time
that runs were measured to take. A few tasks more than there are workers are handed out ahead, so that a stop is quick and
little is done twice. What is lost with a worker is done again, alone; the run that ends its workers then too is a failed run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from statistics import median
from typing import Any, NamedTuple

from seedbed.agents.errors import BadInput

from .store import Run

__all__ = ["EXECUTORS", "Job", "Pool", "Stopped", "check_executor"]

log = logging.getLogger("seedbed.experiments")

EXECUTORS = "'threads', 'processes', a concurrent.futures.Executor, or the address of a Dask scheduler (tcp://host:8786)"
SECONDS_A_TASK = 1.0
SECONDS_A_TASK_OF_THREADS = 0.2  # a thread is handed a task in no time, and a stop waits for the tasks under way
LARGEST_TASK = 1000
BREAKS_AT_ONCE = 5  # times that worker processes may die before the first run is done
STRIKES = 2  # times that a run, alone, may end its worker before it is held to be the cause
SCHEDULER_ANSWERS = 10.0  # seconds
CLUSTER_LOOKED_AT = 5.0  # seconds between two looks at how many workers there are
TOLD_AGAIN = 60.0
COMPARED = ("numpy", "numba", "llvmlite", "mesa")  # libraries whose version may change the last digits of a run


class Stopped(RuntimeError):
    """The study cannot go on: its workers or their scheduler are gone. What was finished is kept."""


class Job(NamedTuple):
    """One run to be done, with all that a worker needs to know of it."""

    arm: str
    seed: int
    keeps: tuple[str, ...]
    case: object


Work = Callable[[Sequence[Job]], list[Run]]  # what a worker does with a task; must be importable there


def check_executor(executor: object) -> None:
    """BadInput if it is no executor and no address of one; a Dask address needs the library."""
    if isinstance(executor, futures.Executor) or executor in ("threads", "processes"):
        return
    if not (isinstance(executor, str) and executor.startswith(("tcp://", "tls://", "ucx://", "inproc://"))):
        raise BadInput(what="the executor", given=executor, allowed=EXECUTORS, where="executor")
    if importlib.util.find_spec("distributed") is None:
        raise BadInput(
            what="the executor",
            given=executor,
            allowed="an address of Dask only where its library is installed: pip install 'seedbed[lab]'",
            where="executor",
        )


# -- kinds of executors -----------------------------------------------------------------------------------------------


class _Threads:
    """Threads of this process; the engine releases the GIL."""

    seconds_a_task = SECONDS_A_TASK_OF_THREADS

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def open(self) -> futures.Executor:
        return futures.ThreadPoolExecutor(self.workers, thread_name_prefix="seedbed")

    def parallel(self) -> int:
        return self.workers

    def close(self, executor: futures.Executor) -> None:
        executor.shutdown(wait=True, cancel_futures=True)


class _Processes(_Threads):
    """Processes of this machine, started anew when one of them dies."""

    seconds_a_task = SECONDS_A_TASK

    def __init__(self, workers: int, warm: Callable[[], None]) -> None:
        self.workers, self.warm = workers, warm

    def open(self) -> futures.Executor:
        import multiprocessing

        # Spawn, by a context of our own: importing Mesa changes the global start method, and a fork of a process
        # with running threads can hang.
        return futures.ProcessPoolExecutor(
            self.workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_process,
            initargs=(self.warm,),
        )


def _start_process(warm: Callable[[], None]) -> None:
    # Ctrl-C goes to the whole process group: the parent decides, the workers finish what they hold.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(Exception):  # a case that cannot run is reported by its run, with a traceback
        warm()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for tasks for ever: the pipe that brings them is also open here."""
    import multiprocessing
    from multiprocessing import connection

    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


class _Given:
    """An executor of the caller's, who also closes it: mpi4py.futures.MPIPoolExecutor, loky, executorlib, ..."""

    seconds_a_task = SECONDS_A_TASK

    def __init__(self, executor: futures.Executor, workers: int) -> None:
        self.executor, self.workers = executor, getattr(executor, "_max_workers", None) or workers

    def open(self) -> futures.Executor:
        return self.executor

    def parallel(self) -> int:
        return self.workers

    def close(self, executor: futures.Executor) -> None:
        pass


class _Dask:
    """The workers of a Dask scheduler, as many as there are at the moment. Dask itself does again what a worker lost."""

    seconds_a_task = SECONDS_A_TASK

    def __init__(self, address: str, model: Any, source: str) -> None:
        self.address, self.model, self.source = address, model, source
        self.client: Any = None
        self.threads, self.looked, self.told = 0, 0.0, 0.0

    def open(self) -> futures.Executor:
        from distributed import Client

        # The client's threads would log a lost scheduler as a page of tracebacks; the study says it in a sentence.
        self.quiet = contextlib.ExitStack()
        self.quiet.enter_context(_silent("distributed", "tornado", "asyncio"))
        try:
            # A client waits for ever for somebody else's port that takes the call and says nothing, hence asked first.
            with futures.ThreadPoolExecutor(1) as aside:  # a notebook's own thread has an event loop already
                aside.submit(_ask, self.address, SCHEDULER_ANSWERS).result()
            self.client = Client(self.address, timeout=SCHEDULER_ANSWERS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            self.quiet.close()
            why = str(error).splitlines()[0] if str(error) else "it takes the call but says nothing"
            raise BadInput(
                what="the Dask scheduler",
                given=self.address,
                allowed="the address of one that runs, as it prints it at its start (tcp://host:8786)",
                where=f"executor: no answer within {SCHEDULER_ANSWERS:g} s, {why}",
            ) from None
        try:
            self._refuse_other_workers()
        except BaseException:
            self.close(None)
            raise
        return self.client.get_executor(pure=False)

    def _refuse_other_workers(self) -> None:
        """BadInput unless every worker has this very Seedbed: runs of other rules must not get into the study."""
        found = self.client.get_versions()
        here = found["client"]["host"]["python"]
        wrong, right = {}, []
        for worker, about in found["workers"].items():
            python = about["host"]["python"]
            if python.split(".")[:2] != here.split(".")[:2]:
                wrong[worker] = f"has Python {python.rsplit('.', 2)[0]}, here it is {here.rsplit('.', 2)[0]}"
            else:
                right.append(worker)
        if right:
            for worker, answer in self.client.run(_presence(), workers=right).items():
                if isinstance(answer, str):
                    wrong[worker] = answer
            right = [worker for worker in right if worker not in wrong]
        if right:
            for worker, answer in self.client.run(source_here, self.model, workers=right, on_error="return").items():
                if isinstance(answer, BaseException):
                    wrong[worker] = f"cannot load the model ({type(answer).__name__}: {answer})"
                elif answer != self.source:
                    wrong[worker] = f"has other rules, source hash {answer}"
        if wrong:
            worker, why = next(iter(wrong.items()))
            raise BadInput(
                what="the workers of the Dask cluster",
                given=f"{len(wrong)} of {len(found['workers'])} that cannot do these runs",
                allowed=f"workers with this Python and this version of seedbed (source hash {self.source})",
                where=f"executor {self.address}: the worker {worker} {why}",
            )
        self._tell_versions(found)

    def _tell_versions(self, found: dict) -> None:
        from importlib import metadata

        for package in COMPARED:
            with contextlib.suppress(metadata.PackageNotFoundError):
                here = metadata.version(package)
                there = {about["packages"].get(package) for about in found["workers"].values()} - {None, here}
                if there:
                    log.warning("%s is %s here and %s on workers: the last digits may differ", package, here, ", ".join(sorted(there)))

    def parallel(self) -> int:
        if time.monotonic() - self.looked > (CLUSTER_LOOKED_AT if self.threads else 1.0):
            self.looked = time.monotonic()
            with contextlib.suppress(Exception):  # a lost scheduler shows in the runs that it cancels
                if self.client.status == "running":
                    self.threads = sum(self.client.nthreads().values())
            if not self.threads and time.monotonic() - self.told > TOLD_AGAIN:
                self.told = time.monotonic()
                log.warning("the Dask scheduler at %s has no workers at the moment; waiting for some", self.address)
        return max(1, self.threads)

    def close(self, executor: futures.Executor | None) -> None:
        with self.quiet, contextlib.suppress(Exception):
            self.client.close(timeout=5)


def _ask(address: str, seconds: float) -> dict:
    """Who the scheduler at an address is; TimeoutError or OSError if it does not say so in time."""
    import asyncio

    from distributed import rpc
    from distributed.security import Security

    async def ask() -> dict:
        async with rpc(address, timeout=seconds, connection_args=Security().get_connection_args("client")) as scheduler:
            return await scheduler.identity()

    return asyncio.run(asyncio.wait_for(ask(), seconds))


def _presence() -> Callable[[], str | None]:
    """A function that travels as code, not by name, so that it also runs where there is no seedbed."""

    def look() -> str | None:
        try:
            import seedbed.experiments.runner  # noqa: F401
        except ImportError as error:
            return f"has no seedbed ({error})"
        return None

    return look


def source_here(model: Any) -> str:
    """The hash of the rules where this is called."""
    return str(model.source())


@contextlib.contextmanager
def _silent(*roots: str) -> Iterator[None]:
    """Nothing is logged by these loggers and those below them."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in roots]
    before = {name: logging.getLogger(name).level for name in [*roots, *names]}
    for name in before:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


# -- handing out ------------------------------------------------------------------------------------------------------


class Pool:
    """Hands the jobs of a study to an executor and gives back the runs as they are finished, in whatever order."""

    def __init__(self, executor: str | futures.Executor, workers: int, model: Any, warm: Callable[[], None], source: str) -> None:
        if executor == "threads":
            self.kind: Any = _Threads(workers)
        elif executor == "processes":
            self.kind = _Processes(workers, warm)
        elif isinstance(executor, str):
            self.kind = _Dask(executor, model, source)
        else:
            self.kind = _Given(executor, workers)
        self.executor: futures.Executor | None = None
        self.running: dict[futures.Future, list[Job]] = {}
        self.suspects: list[list[Job]] = []
        self.alone: futures.Future | None = None  # a suspect that runs while nothing else does
        self.strikes: dict[tuple[str, int], int] = {}
        self.recent: deque[float] = deque(maxlen=9)
        self.breaks = 0

    def open(self) -> None:
        """Start the workers, or find them; BadInput if they are not there or are not the right ones."""
        self.executor = self.kind.open()

    def finished(self, jobs: Iterator[Job], number: int, work: Work) -> Iterator[list[Run]]:
        """The runs of each task as soon as it is finished. `number` is how many jobs there are."""
        left = number
        while True:
            alone = (bool(self.suspects) or self.alone in self.running) and isinstance(self.kind, (_Processes, _Dask))
            ahead = 1 if alone else 2 * self.kind.parallel()
            while len(self.running) < ahead:
                task = self.suspects.pop() if self.suspects else self._next(jobs, left)
                if not task:
                    break
                left = max(0, left - len(task))
                try:
                    future = self.executor.submit(work, task)
                    self.running[future] = task
                    self.alone = future if alone else None
                except futures.BrokenExecutor as error:
                    self.suspects += [[job] for job in task]
                    self._renew(error)
                except RuntimeError as error:  # it was shut down, or its client lost the connection
                    raise Stopped(f"the executor takes no more tasks ({error})") from error
            if not self.running:
                if self.suspects:
                    continue
                return
            done, _ = futures.wait(self.running, timeout=1.0, return_when=futures.FIRST_COMPLETED)
            if any(future.cancelled() for future in self.running):  # `wait` does not see all that an executor cancels
                raise self._gone()
            dead = None
            for future in done:
                try:
                    found = future.result()
                except futures.BrokenExecutor as error:
                    dead = error  # all that were running are lost with it
                except Exception as error:
                    yield from self._lost(future, error)
                else:
                    self._learn(found)
                    # Forgotten only after it was taken, so that an interrupt in between loses nothing.
                    yield found
                    del self.running[future]
            if dead is not None:
                tasks = list(self.running.values())
                self.running.clear()
                self._renew(dead)
                if alone and len(tasks) == 1:
                    yield from self._struck(tasks[0], f"the worker process died: {dead}")
                else:
                    self.suspects += [[job] for task in tasks for job in task]

    def _next(self, jobs: Iterator[Job], left: int) -> list[Job]:
        """The next task: about as many runs as the executor's tasks should take, fewer towards the end of the study."""
        size = 1
        if self.recent:
            fair = left // (2 * self.kind.parallel())
            size = max(1, min(int(self.kind.seconds_a_task / median(self.recent)), fair, LARGEST_TASK))
        return [job for _, job in zip(range(size), jobs, strict=False)]

    def _learn(self, found: Sequence[Run]) -> None:
        """How long a run takes, by the last few tasks. The first one of a worker may compile the rules, so: their median."""
        self.recent.append(max(1e-6, sum(run.seconds for run in found) / max(1, len(found))))

    def _lost(self, future: futures.Future, error: Exception) -> Iterator[list[Run]]:
        """A task came back as an error of its own: its worker died too often (Dask), or could not take it."""
        if isinstance(error, futures.CancelledError):
            raise self._gone()
        task = self.running.pop(future)
        if type(error).__name__ == "KilledWorker":
            # Dask blames whatever waited on the workers that died, so only what died while nothing else ran is to blame.
            if len(task) > 1 or future is not self.alone:
                self.suspects += [[job] for job in task]
            else:
                self.strikes[task[0].arm, task[0].seed] = STRIKES
                yield from self._struck(task, f"every worker that took it died: {str(error).split(' Inspecting')[0]}")
        elif isinstance(error, BadInput):
            raise error
        elif isinstance(error, ImportError):
            raise BadInput(
                what="a worker of the executor",
                given=f"{type(error).__name__}: {error}",
                allowed="workers that can import seedbed and the model",
                where="executor",
            ) from None
        else:
            raise Stopped(f"a worker could not do its task ({type(error).__name__}: {error})") from error

    def _struck(self, task: list[Job], why: str) -> Iterator[list[Run]]:
        (job,) = task
        self.strikes[job.arm, job.seed] = self.strikes.get((job.arm, job.seed), 0) + 1
        if self.strikes[job.arm, job.seed] < STRIKES:
            self.suspects.append(task)
        else:
            yield [Run(job.arm, job.seed, "failed", 0.0, why, None, None)]

    def _gone(self) -> Stopped:
        if isinstance(self.kind, _Dask):
            return Stopped(f"the Dask scheduler at {self.kind.address} was lost")
        return Stopped("the executor was shut down")

    def _renew(self, error: Exception) -> None:
        if not isinstance(self.kind, _Processes):
            raise Stopped(f"a worker of the given executor died and the executor cannot be started anew ({error})") from error
        self.breaks += 1
        if self.breaks >= BREAKS_AT_ONCE and not self.recent:
            raise Stopped(
                "worker processes die before they do anything; a script that starts processes must do so under "
                "`if __name__ == '__main__':`"
            ) from error
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = self.kind.open()

    def stop(self) -> list[list[Run]]:
        """Start nothing more, wait for the tasks under way (a second at most) and give what they found."""
        for future in self.running:
            future.cancel()
        under_way = [future for future in self.running if not future.cancelled()]
        with contextlib.suppress(Exception):
            futures.wait(under_way, timeout=10 if isinstance(self.kind, _Dask) else None)
        ended = [future for future in self.running if future.done() and not future.cancelled()]
        found = [future.result() for future in ended if future.exception() is None]
        self.running.clear()
        if self.executor is not None:
            self.kind.close(self.executor)
            self.executor = None
        return found
