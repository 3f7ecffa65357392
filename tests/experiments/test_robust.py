"""What ends a study in the middle costs time, never runs: real processes, a real Dask cluster, a real full disk.

In each test the study is disturbed, resumed if it was stopped, and its table is compared byte for byte with that of a study
that nobody disturbed; no run may be missing, and none stored twice.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import outside
import pyarrow.parquet as pq
import pytest
from standin import StandIn

from seedbed.agents.errors import BadInput
from seedbed.experiments import pool, upkeep
from seedbed.experiments.pool import Stopped
from seedbed.experiments.runner import Results, run
from seedbed.experiments.store import StoreError

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="signals, /proc and mounts are Linux's")]

HERE = Path(__file__).parent
SCRIPT = HERE / "outside.py"
PATIENCE = 60.0  # seconds for what takes three on an idle machine


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The bytes of the outcomes and the curves of a study that nobody disturbed."""
    place = tmp_path_factory.mktemp("undisturbed") / "study"
    return tables(run(outside.experiment(), model=StandIn(), out=place, progress=False))


def tables(results):
    """All that a study found, as bytes."""
    table = upkeep.canonical(results)
    arm = results.experiment.arms[0].name
    curves = [results.curve(name, arm).tobytes() for name in results.curve_names]
    return bytes(upkeep.parquet_bytes(table)), curves, upkeep.digest(results)


def same(place, undisturbed):
    """The store's table is that of the undisturbed study, and each run is stored once."""
    results = Results.load(place)
    assert results.complete, results
    assert tables(results) == undisturbed
    assert sum(pq.read_metadata(piece).num_rows for piece in (Path(place) / "runs").glob("*.parquet")) == len(results.experiment)
    assert not list(Path(place).rglob("*.tmp"))


def resumed(place, undisturbed):
    """Resume in this process what another one left; counts what it had to do."""
    before = Results.load(place).done
    counted = Counting()
    run(outside.experiment(), model=counted, out=place, progress=False)
    assert counted.runs == len(outside.experiment()) - before
    same(place, undisturbed)


class Counting(StandIn):
    runs = 0

    def run(self, *how):
        self.runs += 1
        return super().run(*how)


@contextlib.contextmanager
def started(*words, before=(), **how):
    """A study in a process of its own; it is ended at the end, whatever happens."""
    command = [*before, sys.executable, str(SCRIPT), *map(str, words)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True, **how
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(HERE), **more}


def said(process):
    """What it printed until its end, and its exit code."""
    out, errors = process.communicate(timeout=2 * PATIENCE)
    return out, errors, process.returncode


def until(what, why="it did not happen"):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError(why)


def pieces(place):
    return list((Path(place) / "runs").glob("*.parquet"))


def children(number):
    """Processes that another one started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = entry.read_text()
            if int(text.rsplit(")", 1)[1].split()[1]) == number:
                found.append(int(entry.parent.name))
    return found


def is_worker(number):
    with contextlib.suppress(OSError):
        return b"spawn_main" in Path(f"/proc/{number}/cmdline").read_bytes()
    return False


# --- on one machine --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_kill_9_of_the_parent(tmp_path, undisturbed, executor):
    place = tmp_path / "study"
    with started(place, "--executor", executor) as process:
        until(lambda: len(pieces(place)) >= 2)
        workers = [number for number in children(process.pid) if is_worker(number)]
        assert bool(workers) == (executor == "processes")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # Workers without a parent end by themselves, and the lock is free although nobody gave it back.
        until(lambda: not any(map(is_worker, workers)), "a worker outlived its parent")
        assert [session["state"] for session in upkeep.status(place)["sessions"]] == ["killed"]
        resumed(place, undisturbed)
    assert [session["state"] for session in upkeep.status(place)["sessions"]] == ["killed", "complete"]


def test_kill_9_of_a_worker_process(tmp_path, undisturbed):
    place = tmp_path / "study"
    with started(place, "--executor", "processes") as process:
        until(lambda: pieces(place))
        victim = next(number for number in children(process.pid) if is_worker(number))
        os.kill(victim, signal.SIGKILL)
        out, errors, code = said(process)
    assert code == 0 and out.endswith("done\n"), out + errors
    same(place, undisturbed)


def test_processes_that_die_at_once_are_explained(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "import outside\nfrom standin import StandIn\nfrom seedbed.experiments.runner import run\n"
        "run(outside.experiment(), model=StandIn(), executor='processes', workers=1, progress=False)\n"
    )
    done = subprocess.run([sys.executable, script], env=environment(), capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 1 and "if __name__ == '__main__'" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_stop_is_heeded_and_everything_kept(tmp_path, undisturbed, number):
    place = tmp_path / "study"
    with started(place) as process:
        until(lambda: pieces(place))
        process.send_signal(number)
        out, errors, code = said(process)
    assert "KeyboardInterrupt" in out and code == 3 and "Traceback" not in errors
    assert upkeep.status(place)["sessions"][0]["state"] == "interrupted"
    resumed(place, undisturbed)


def test_the_second_of_two_processes_on_one_store_is_refused(tmp_path, undisturbed):
    place = tmp_path / "study"
    with started(place, "--seconds", 0.3) as first:  # still at it when the second has started
        until(lambda: pieces(place))
        with started(place) as second:
            out, errors, code = said(second)
        assert code == 3 and out.splitlines()[1].startswith("StoreError")
        assert f"in use by {socket.gethostname()}, process {first.pid}, since 20" in out and "Traceback" not in errors
        with pytest.raises(StoreError, match=f"process {first.pid}"):
            run(outside.experiment(), model=StandIn(), out=place, shard=(1, 2), progress=False)
        now = upkeep.status(place)
        assert now["state"] == "running" and now["rate"] > 0 and now["seconds_left"] > 0
        out, errors, code = said(first)
    assert code == 0, errors
    same(place, undisturbed)


def test_a_job_array_writes_into_one_store(tmp_path, undisturbed):
    place = tmp_path / "study"
    with contextlib.ExitStack() as stack:
        seconds = {1: 0.02, 2: 0.05, 3: 0.2}  # a run: the first is soon done, the last is still at it when it is killed
        tasks = [
            stack.enter_context(started(place, "--shard", f"{number}/3", "--seconds", each)) for number, each in seconds.items()
        ]
        until(lambda: len(list((place / "sessions").glob("*.json"))) == 3)
        with started(place, "--shard", "2/3") as again:
            out, _, code = said(again)
        assert code == 3 and f"in use (shard 2/3) by {socket.gethostname()}, process {tasks[1].pid}" in out
        with started(place) as whole:
            out, _, code = said(whole)
        assert code == 3 and "in use by" in out
        os.kill(tasks[2].pid, signal.SIGKILL)
        assert [said(task)[2] for task in tasks[:2]] == [0, 0]
    now = upkeep.status(place)
    assert [shard["state"] for shard in now["shards"]] == ["complete", "complete", "killed"]
    assert now["missing"] == now["shards"][2]["missing"] > 0
    run(outside.experiment(), model=StandIn(), out=place, shard=(3, 3), progress=False)
    same(place, undisturbed)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of less than half a megabyte that can be made larger; a reason to skip where that is forbidden."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", place], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk(small_disk, undisturbed):
    place = small_disk / "study"
    with started(place, "--seconds", 0, "--little", 0) as process:
        out, errors, code = said(process)
    assert code == 3 and "the disk is full" in out and "Traceback" not in errors, out + errors
    kept = Results.load(place)
    assert 0 < kept.done < len(kept.experiment)
    assert not list(place.rglob("*.tmp"))
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    resumed(place, undisturbed)


def test_a_limit_on_the_size_of_files(tmp_path, undisturbed):
    import resource

    place = tmp_path / "study"
    run(outside.experiment(seeds=1), model=StandIn(), out=place, progress=False)  # the small files can be written
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))  # noqa: E731
    with started(place, "--seconds", 0, preexec_fn=limit) as process:
        out, errors, code = said(process)
    assert code == 3 and "limit on file size" in out and "Traceback" not in errors, out + errors
    assert not list(place.rglob("*.tmp"))
    resumed(place, undisturbed)


# --- on two machines -------------------------------------------------------------------------------------------------


def networkless():
    """Words that start a process in a network of its own, where there is nothing but loopback; None if that is forbidden."""
    for words in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        with contextlib.suppress(OSError):
            if subprocess.run([*words, "true"], capture_output=True).returncode == 0:
                return words
    return None


@pytest.mark.parametrize("apart", [False, True], ids=["loopback", "network namespaces"])
def test_two_hosts_each_do_half_and_the_merged_store_is_the_single_one(tmp_path, undisturbed, apart):
    before = networkless() if apart else []
    if before is None:
        pytest.skip("network namespaces are not allowed here")
    places = [tmp_path / "first", tmp_path / "second"]
    with contextlib.ExitStack() as stack:
        hosts = [
            stack.enter_context(started(place, "--shard", f"{number}/2", "--seconds", 0, before=before))
            for number, place in enumerate(places, start=1)
        ]
        assert [said(host)[2] for host in hosts] == [0, 0]
    assert [Results.load(place).done for place in places] == [300, 300]
    merged = upkeep.merge(places, tmp_path / "together")
    assert tables(merged) == undisturbed
    same(tmp_path / "together", undisturbed)


# --- on a Dask cluster -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def dask(folder, workers=2, **more):
    """A scheduler and workers (each with the nanny that starts it anew) as processes of their own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    folder.mkdir(exist_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True, "cwd": folder}
    module = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard", "--host", "127.0.0.1", "--port", str(port)]
    processes = [subprocess.Popen(module, env=environment(), **quiet)]
    for number in range(workers):
        module = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-dashboard", "--nthreads", "1"]
        module += ["--local-directory", str(folder / f"worker{number}"), "--nworkers", "1"]
        processes.append(subprocess.Popen(module, env=environment(**more), **quiet))
    try:
        from distributed import Client

        with Client(address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)
        yield address, processes
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    pytest.importorskip("distributed")
    with dask(tmp_path_factory.mktemp("dask")) as (address, processes):
        yield address, processes


def worker_numbers(address):
    """The processes that do the runs."""
    from distributed import Client

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_kill_9_of_a_dask_worker(tmp_path, cluster, undisturbed):
    address, _ = cluster
    place = tmp_path / "study"
    victim = worker_numbers(address)[0]
    with started(place, "--executor", address) as process:
        until(lambda: pieces(place))
        os.kill(victim, signal.SIGKILL)
        out, errors, code = said(process)
    assert code == 0 and out.endswith("done\n"), out + errors
    same(place, undisturbed)


def test_a_run_that_kills_every_dask_worker_that_takes_it_is_a_failed_run(tmp_path, cluster):
    address, _ = cluster
    place = tmp_path / "study"
    with started(place, "--executor", address, "--seconds", 0, "--kill", 2, 3) as process:
        out, errors, code = said(process)
    assert code == 0, out + errors
    results = Results.load(place)
    (failure,) = results.failures.to_dict("records")
    assert (failure["arm"], failure["seed"]) == (results.experiment.arms[2].name, 3)
    assert "every worker that took it died" in failure["error"]
    assert results.good == len(results.experiment) - 1


def test_kill_9_of_the_dask_scheduler(tmp_path, undisturbed):
    pytest.importorskip("distributed")
    place = tmp_path / "study"
    with dask(tmp_path / "dask") as (address, processes), started(place, "--executor", address) as process:
        until(lambda: pieces(place))
        os.kill(processes[0].pid, signal.SIGKILL)
        out, errors, code = said(process)
    assert code == 3 and "Traceback" not in errors, out + errors
    assert f"the Dask scheduler at {address} was lost" in out and "resumes it" in out
    assert upkeep.status(place)["sessions"][0]["state"] == "stopped"
    resumed(place, undisturbed)


def test_workers_with_other_rules_are_refused_before_the_first_run(tmp_path):
    pytest.importorskip("distributed")
    with dask(tmp_path / "dask", workers=1, STANDIN_RULES="others") as (address, _):
        with pytest.raises(BadInput, match="other rules, source hash others"):
            run(outside.experiment(), model=StandIn(), executor=address, progress=False)


def test_workers_without_seedbed_are_refused_before_the_first_run(tmp_path):
    pytest.importorskip("distributed")
    (tmp_path / "seedbed.py").write_text("raise ModuleNotFoundError(\"No module named 'seedbed'\")\n")
    with dask(tmp_path / "dask", workers=1, PYTHONPATH=f"{tmp_path}:{HERE}") as (address, _):
        with pytest.raises(BadInput, match="has no seedbed"):
            run(outside.experiment(), model=StandIn(), executor=address, progress=False)


def test_a_worker_that_comes_later_with_other_rules_stops_the_study(tmp_path, cluster):
    class Changing(StandIn):
        """Its rules were edited after the workers were looked at."""

    address, _ = cluster
    with pytest.raises(BadInput, match="rules of a worker"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pool._Dask, "_refuse_other_workers", lambda self: None)
            run(outside.experiment(), model=StandIn(source="edited here"), executor=_with_rules(address, patch), progress=False)


def _with_rules(address, patch):
    # The stand-in's rules travel with it, so the parent's must differ from what travels.
    patch.setattr(StandIn, "__getstate__", lambda self: {**self.__dict__, "rules": "standin"}, raising=False)
    return address


@pytest.mark.parametrize("listening", [False, True], ids=["nobody there", "somebody else there"])
def test_a_scheduler_that_does_not_answer(monkeypatch, listening):
    pytest.importorskip("distributed")
    monkeypatch.setattr(pool, "SCHEDULER_ANSWERS", 1.0)
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        if listening:
            somebody.listen()
        address = f"tcp://127.0.0.1:{somebody.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(BadInput, match="no answer within 1 s"):
            run(outside.experiment(), model=StandIn(), executor=address, progress=False)
    assert time.monotonic() - begun < 20


def test_an_executor_that_was_shut_down_stops_the_study(tmp_path, undisturbed):
    from concurrent import futures

    place = tmp_path / "study"
    executor = futures.ThreadPoolExecutor(2)
    with executor, pytest.raises(Stopped, match="resumes it"):
        threading.Timer(1.0, lambda: executor.shutdown(wait=False, cancel_futures=True)).start()
        run(outside.experiment(), model=StandIn(seconds=0.01), out=place, executor=executor, progress=False)
    resumed(place, undisturbed)
