"""A study comes out the same however it is run, and survives what stops it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent import futures
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from standin import StandIn

from seedbed.agents.errors import BadInput
from seedbed.experiments import store as store_module
from seedbed.experiments.design import Arm, Experiment, grid, seeds_from
from seedbed.experiments.runner import Results, run
from seedbed.experiments.store import Store, StoreError

HERE = Path(__file__).parent
LIMITED = textwrap.dedent(
    """
    import resource, sys
    sys.path.insert(0, sys.argv[1])
    from standin import StandIn
    from seedbed.experiments.design import Experiment, grid
    from seedbed.experiments.runner import run
    from seedbed.experiments.store import StoreError
    experiment = Experiment("small", grid("baseline", {"fund.life.market": [7, 12]}), 300)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))
    try:
        run(experiment, model=StandIn(), out=sys.argv[2], progress=False)
    except StoreError as error:
        print(error)
    """
)
SLOW = textwrap.dedent(
    """
    import sys
    sys.path.insert(0, sys.argv[1])
    from standin import StandIn
    from seedbed.experiments.design import Experiment, grid
    from seedbed.experiments.runner import run
    if __name__ == "__main__":
        experiment = Experiment("small", grid("baseline", {"fund.life.market": [7, 12]}), 500)
        print("started", flush=True)
        try:
            run(experiment, model=StandIn(seconds=0.01), out=sys.argv[2], progress=False, executor=sys.argv[3], workers=2)
        except KeyboardInterrupt:
            print("stopped")
    """
)


def same(first: Results, second: Results) -> None:
    assert first.outcomes.to_csv() == second.outcomes.to_csv()
    assert first.curve_names == second.curve_names
    for name in first.curve_names:
        for arm in first.experiment.arms:
            np.testing.assert_array_equal(first.curve(name, arm.name), second.curve(name, arm.name))


# --- the design ------------------------------------------------------------------------------------------------------


def test_runs_are_replicate_major(small):
    order = [(seed, arm.name) for seed, arm in small.runs()]
    assert order[:4] == [(1, arm.name) for arm in small.arms]
    assert len(order) == len(small) == 24


def test_a_design_survives_its_way_through_json(small):
    assert Experiment.from_dict(json.loads(json.dumps(small.to_dict()))) == small


@pytest.mark.parametrize("seeds", [0, -1, True, 1.5, "12", [], [1, 1], [1, "2"], [-1]])
def test_seeds_that_cannot_be(seeds):
    with pytest.raises(BadInput, match="whole number"):
        seeds_from(seeds)


@pytest.mark.parametrize(
    "changes", [{"years": 0}, {"years": 2.5}, {"burn_in": 40}, {"burn_in": -1}, {"arms": ()}, {"arms": (Arm("a"),) * 2}]
)
def test_designs_that_cannot_be(small, changes):
    with pytest.raises(BadInput):
        replace(small, **changes)


def test_a_grid_needs_lists_of_values():
    with pytest.raises(BadInput, match="list of at least one value"):
        grid("baseline", {"fund.life.market": "12"})


# --- however it is run -----------------------------------------------------------------------------------------------


def test_one_worker_or_three_threads_or_any_executor_give_the_same_tables(small, standin):
    first = run(small, model=standin, workers=1, progress=False)
    assert first.complete and first.outcomes.shape == (24, 2 + len(first.names))
    same(first, run(small, model=standin, workers=3, progress=False))
    with futures.ThreadPoolExecutor(2) as pool:
        same(first, run(small, model=standin, executor=pool, progress=False))
        assert pool.submit(int).result() == 0  # the executor is its owner's to close


@pytest.mark.slow
def test_processes_give_the_same_tables_as_threads(small, standin, tmp_path):
    threads = run(small, model=standin, progress=False)
    processes = run(small, model=standin, executor="processes", workers=2, progress=False, out=tmp_path / "study")
    same(threads, processes)
    same(threads, Results.load(tmp_path / "study"))


def test_values_are_seeds_by_arms(small, standin):
    results = run(small, model=standin, progress=False)
    values = results.values("zombies")
    assert values.shape == (6, 4)
    names = [small.arms[2].name, small.arms[0].name]
    np.testing.assert_array_equal(results.values("zombies", names), values[:, [2, 0]])
    assert results.curve("zombies", small.arms[0].name).shape == (6, 160)
    with pytest.raises(BadInput, match="zombies"):
        results.values("zombie")
    with pytest.raises(BadInput, match="arm"):
        results.values("zombies", ["nobody"])


# --- bad input, before the first run ---------------------------------------------------------------------------------


def test_a_wrong_parameter_is_told_before_the_first_run(small, standin, tmp_path):
    wrong = replace(small, arms=(*small.arms, Arm("typo", "baseline", {"fund.lief.market": 3})))
    with pytest.raises(BadInput, match="fund.lief.market"):
        run(wrong, model=standin, out=tmp_path / "study")
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("how", [{"workers": 0}, {"workers": 1.5}, {"executor": "clouds"}])
def test_wrong_ways_of_running(small, standin, how):
    with pytest.raises(BadInput):
        run(small, model=standin, **how)


def test_an_outcome_that_the_model_does_not_have(small, standin):
    with pytest.raises(BadInput, match="dragons"):
        run(replace(small, outcomes=("dragons",)), model=standin)


# --- what fails ------------------------------------------------------------------------------------------------------


def test_a_failing_run_is_recorded_and_the_study_goes_on(small, tmp_path):
    arm = small.arms[1].name
    results = run(small, model=StandIn(fail={(arm, 3)}), out=tmp_path / "study", progress=False)
    assert not results.complete and results.good == 23
    (failure,) = results.failures.to_dict("records")
    assert (failure["arm"], failure["seed"]) == (arm, 3)
    assert "ArithmeticError: made to fail at seed 3" in failure["error"]
    assert np.isnan(results.values("zombies", [arm])[2, 0]) and np.isfinite(results.values("zombies", [arm])[1, 0])
    manifest = json.loads((tmp_path / "study" / "manifest.json").read_text())
    assert (manifest["runs"], manifest["runs_failed"], manifest["status"]) == (24, 1, "complete")
    # resumed, the failed run is done; asked for, it is tried again
    again = run(small, model=StandIn(), out=tmp_path / "study", progress=False)
    assert again.good == 23
    again = run(small, model=StandIn(), out=tmp_path / "study", progress=False, retry_failed=True)
    assert again.complete
    assert Results.load(tmp_path / "study").complete


def test_when_every_run_fails_the_first_reason_is_told(small):
    everything = {(arm.name, seed) for seed, arm in small.runs()}
    with pytest.raises(RuntimeError, match="made to fail"):
        run(small, model=StandIn(fail=everything), progress=False)


@pytest.mark.slow
def test_a_dying_worker_costs_one_run(small):
    arm = small.arms[2].name
    results = run(small, model=StandIn(kill={(arm, 2)}), executor="processes", workers=2, progress=False)
    assert results.good == 23
    (failure,) = results.failures.to_dict("records")
    assert (failure["arm"], failure["seed"]) == (arm, 2)
    assert "worker process died" in failure["error"]


# --- the directory ---------------------------------------------------------------------------------------------------


def test_a_finished_study_is_not_run_again_and_more_seeds_are_more_of_the_same(small, tmp_path):
    counted = Counting()
    first = run(replace(small, seeds=(1, 2)), model=counted, out=tmp_path, progress=False)
    assert counted.runs == 8
    same(first, run(replace(small, seeds=(1, 2)), model=counted, out=tmp_path, progress=False))
    assert counted.runs == 8
    more = run(small, model=counted, out=tmp_path, progress=False)
    assert counted.runs == 24
    same(more, run(small, model=StandIn(), progress=False))
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert len(manifest["sessions"]) == 3
    assert manifest["parameters"]["baseline"][0]["source"] == "made up"
    assert manifest["sessions"][0]["versions"]["numpy"] == np.__version__
    assert all("ended" in session for session in manifest["sessions"])


class Counting(StandIn):
    runs = 0

    def run(self, *how):
        self.runs += 1
        return super().run(*how)


@pytest.mark.parametrize(
    "other", [{"years": 30}, {"burn_in": 5}, {"name": "other"}, {"arms": grid("baseline", {"fund.life.market": [5]})}]
)
def test_another_studys_directory_is_refused(small, standin, tmp_path, other):
    run(small, model=standin, out=tmp_path, progress=False)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match="another study"):
        run(replace(small, **other), model=standin, out=tmp_path, progress=False)
    with pytest.raises(StoreError, match="older rules"):
        run(small, model=StandIn(source="changed"), out=tmp_path, progress=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_directory_with_other_files_is_refused(small, standin, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StoreError, match="holds other files"):
        run(small, model=standin, out=tmp_path)
    assert [place.name for place in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_path_through_a_file_is_refused(small, standin, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--out"):
        run(small, model=standin, out=tmp_path / "file" / "study")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_directory_without_permission_is_refused(small, standin, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="no permission"):
            run(small, model=standin, out=tmp_path / "study")
    finally:
        tmp_path.chmod(0o700)


def test_too_little_space_is_told_before_the_first_run(small, standin, tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "SPACE_NEEDED", 1e18)
    with pytest.raises(StoreError, match="MB free"):
        run(small, model=standin, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file size there")
def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, HERE, tmp_path / "study"], capture_output=True, text=True, timeout=120
    )
    assert "limit on file size" in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "study").rglob("*.tmp"))
    experiment = Experiment("small", grid("baseline", {"fund.life.market": [7, 12]}), 300)
    resumed = run(experiment, model=StandIn(), out=tmp_path / "study", progress=False)
    same(resumed, run(experiment, model=StandIn(), progress=False))


def test_a_damaged_shard_is_named(small, standin, tmp_path):
    run(small, model=standin, out=tmp_path, progress=False)
    (shard,) = (tmp_path / "runs").iterdir()
    shard.write_bytes(shard.read_bytes()[:100])
    with pytest.raises(StoreError, match=shard.name):
        Results.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"layout": 99}'])
def test_a_damaged_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match="manifest"):
        Results.load(tmp_path)


def test_a_directory_without_a_study(tmp_path):
    with pytest.raises(StoreError, match="manifest.json"):
        Results.load(tmp_path / "nowhere")


def test_a_run_stored_twice_counts_once(small, standin, tmp_path):
    first = run(small, model=standin, out=tmp_path, progress=False)
    for part in ("runs", "curves"):
        (shard,) = (tmp_path / part).iterdir()
        shard.with_name("copy.parquet").write_bytes(shard.read_bytes())
    same(first, Results.load(tmp_path))


def test_an_unwritten_shard_of_curves_without_its_receipt_is_no_run(small, standin, tmp_path):
    run(small, model=standin, out=tmp_path, progress=False)
    (shard,) = (tmp_path / "runs").iterdir()
    shard.unlink()
    assert Results.load(tmp_path).done == 0


# --- interrupts ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals differ there")
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_an_interrupt_leaves_a_valid_study_that_resumes(tmp_path, executor):
    script = tmp_path / "script.py"
    script.write_text(SLOW)
    place = tmp_path / "study"
    command = [sys.executable, script, HERE, place, executor]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() == "started\n"
    deadline = time.monotonic() + 60
    while not list(place.glob("runs/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert out == "stopped\n", errors
    assert "Traceback" not in errors
    assert not list(place.rglob("*.tmp"))
    manifest = json.loads((place / "manifest.json").read_text())
    assert manifest["status"] == "interrupted"
    partial = Results.load(place)
    assert 0 < partial.good == manifest["runs"] < 1000
    experiment = Experiment("small", grid("baseline", {"fund.life.market": [7, 12]}), 500)
    counted = Counting()
    resumed = run(experiment, model=counted, out=place, progress=False)
    assert counted.runs == 1000 - partial.good
    same(resumed, run(experiment, model=StandIn(), progress=False))


def test_an_interrupt_keeps_what_was_under_way(small, tmp_path, monkeypatch):
    counted = []
    real = Store.add

    def add(self, kept):
        real(self, kept)
        counted.append(kept)
        if len(counted) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(Store, "add", add)
    with pytest.raises(KeyboardInterrupt):
        run(small, model=StandIn(), out=tmp_path, workers=2, progress=False)
    assert Results.load(tmp_path).good >= 5
    monkeypatch.undo()
    same(run(small, model=StandIn(), out=tmp_path, progress=False), run(small, model=StandIn(), progress=False))


# --- what is shown meanwhile -----------------------------------------------------------------------------------------


def test_without_a_terminal_progress_is_a_log_line_per_twentieth(small, standin, caplog):
    with caplog.at_level("INFO", logger="seedbed.experiments"):
        run(replace(small, seeds=tuple(range(1, 101))), model=standin)
    lines = [record.getMessage() for record in caplog.records if "runs," in record.getMessage()]
    assert len(lines) == 20
    assert lines[-1].startswith("small: 400 of 400 runs")


def test_progress_on_a_terminal_is_a_bar(small, standin, capsys):
    run(small, model=standin, progress=True)
    assert "24/24" in capsys.readouterr().err
