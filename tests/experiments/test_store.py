"""The store: its files, who may write, what is damaged, and what is done with it afterwards."""

import errno
import json
import logging
import os
import shutil
from concurrent import futures
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from outside import experiment
from standin import LABELS, StandIn
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments import locks, pool, store as store_module, upkeep
from seedbed.experiments.command import app
from seedbed.experiments.crate import crate
from seedbed.experiments.design import Arm, Experiment
from seedbed.experiments.locks import Held, Lock, holder
from seedbed.experiments.runner import Model, Results, Shard, run, shard_from
from seedbed.experiments.store import LAYOUT, Run, Store, StoreError

ALL = ("curves", "series", "events")


@pytest.fixture
def study():
    """Four arms under thirty seeds; the first one keeps all that can be kept."""
    return experiment(seeds=30, keeps=ALL)


@pytest.fixture
def done(study, tmp_path):
    """Its store."""
    run(study, model=StandIn(), out=tmp_path / "study", progress=False)
    return tmp_path / "study"


def files(place):
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in Path(place).rglob("*") if path.is_file()}


def opened(place, study, shard=None):
    """A store being written to, in this process."""
    from seedbed.experiments.runner import identity

    model = StandIn()
    fingerprint, digests, source = identity(study, model)
    about = {"experiment": study.to_dict(), "digests": digests, "source": source, "outcomes": model.labels(), "session": {}}
    store = Store(place)
    store.open(study, fingerprint, about, shard)
    return store


def tamper(place, column, row=0):
    """Change one outcome of one stored run."""
    piece = sorted((place / "runs").glob("*.parquet"))[0]
    table = pq.read_table(piece)
    values = table[column].to_pylist()
    values[row] = (values[row] or 0.0) + 1e-9
    table = table.set_column(table.column_names.index(column), column, pa.array(values))
    pq.write_table(table, piece)
    return table["arm"][row].as_py(), table["seed"][row].as_py()


# --- what is on disk -------------------------------------------------------------------------------------------------


def test_a_study_is_these_files(done, study):
    names = {Path(name).parts[0] for name in files(done)}
    assert names == {"manifest.json", "ro-crate-metadata.json", "arms.parquet", "runs", "sessions", *ALL}
    assert pq.read_schema(sorted((done / "runs").iterdir())[0]).names == ["arm", "seed", "status", "seconds", "error", *LABELS]
    manifest = json.loads((done / "manifest.json").read_text())
    assert manifest["layout"] == LAYOUT and manifest["status"] == "complete"
    assert manifest["runs"] == manifest["runs_in_experiment"] == 120 and manifest["runs_failed"] == 0
    assert manifest["source"] == "standin" and manifest["parameters"]["baseline"][0]["source"] == "made up"
    assert manifest["experiment"]["seeds"] == list(range(1, 31))
    (session,) = manifest["sessions"]
    assert session["started"] <= session["ended"] and session["runs"] == 120 and session["versions"]["python"]


def test_parameters_stand_in_the_table_of_arms_only(done, study):
    arms = pd.read_parquet(done / "arms.parquet")
    assert list(arms) == ["arm", "scenario", "digest", "fund.tolerance.market", "fund.life.market"]
    assert arms["fund.life.market"].tolist() == [7, 12, 7, 12] and arms["digest"].nunique() == 4
    pd.testing.assert_frame_equal(Results.load(done).cells, arms.set_index("arm").drop(columns=["scenario", "digest"]).astype(float), check_dtype=False)


def test_arms_that_set_words_in_one_and_numbers_in_another():
    arms = (Arm("a", changes={"fund.successor": "fixed", "fund.companies_per_partner": 3}), Arm("b", changes={"fund.companies_per_partner": "own"}))
    table = store_module.arms_table(Experiment("x", arms, 1), {})
    assert table["fund.successor"].to_pylist() == ["fixed", None]
    assert table["fund.companies_per_partner"].to_pylist() == ["3", "own"]


def test_a_run_costs_less_than_two_kilobytes(tmp_path):
    run(experiment(seeds=250, keeps=()), model=StandIn(), out=tmp_path, progress=False)
    assert upkeep.status(tmp_path)["bytes_a_run"] < 2000


def test_what_else_runs_keep_comes_back(done, study):
    results, arm = Results.load(done), study.arms[0].name
    model = StandIn()
    case = model.case(study.arms[0])
    _, kept, _ = model.run(case, 7, study.years, study.burn_in, ALL, None)
    for name, curve in kept["curves"].items():
        np.testing.assert_array_equal(results.curve(name, arm)[6, : len(curve)], curve)
    for part in ("series", "events"):
        frame = getattr(results, part)(arm)
        assert frame["seed"].tolist() == sorted(frame["seed"])
        mine = frame[frame["seed"] == 7].reset_index(drop=True)
        for name, column in kept[part].items():
            assert mine[name].tolist() == list(column)
    assert results.series(study.arms[1].name) is None and results.curve("live", study.arms[1].name) is None
    in_memory = run(study, model=StandIn(), progress=False)
    pd.testing.assert_frame_equal(in_memory.events(), results.events())


def test_a_run_that_failed_has_no_outcomes_rather_than_wrong_ones(study, tmp_path):
    arm = study.arms[1].name
    run(study, model=StandIn(fail={(arm, 5)}), out=tmp_path, progress=False)
    frame = pd.read_parquet(tmp_path / "runs")
    (row,) = frame[frame["status"] == "failed"].to_dict("records")
    assert (row["arm"], row["seed"]) == (arm, 5) and "made to fail" in row["error"] and np.isnan(row["zombies"])
    table = upkeep.canonical(Results.load(tmp_path))
    assert table.num_rows == 120 and table["status"].to_pylist().count("failed") == 1


def test_the_metadata_is_an_ro_crate(done):
    graph = {entry["@id"]: entry for entry in json.loads((done / "ro-crate-metadata.json").read_text())["@graph"]}
    descriptor = graph["ro-crate-metadata.json"]
    assert descriptor["about"] == {"@id": "./"} and descriptor["@type"] == "CreativeWork"
    assert descriptor["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"
    root = graph["./"]
    assert root["@type"] == "Dataset" and {"name", "description", "datePublished", "license"} <= root.keys()
    for reference in [*root["hasPart"], *root["variableMeasured"], *root["mentions"]]:
        assert reference["@id"] in graph
    for part in root["hasPart"]:
        assert (done / part["@id"]).exists()
        assert graph[part["@id"]]["@type"] == ("Dataset" if part["@id"].endswith("/") else "File")
    (action,) = [entry for entry in graph.values() if entry["@type"] == "CreateAction"]
    assert action["startTime"] <= action["endTime"] and graph[action["instrument"]["@id"]]["@type"] == "SoftwareApplication"
    assert graph["#outcome-zombies"]["unitText"] == "count"


def test_the_metadata_of_an_empty_manifest_is_still_json(tmp_path):
    assert json.dumps(crate({}, tmp_path))


# --- who may write ---------------------------------------------------------------------------------------------------


def test_the_second_writer_is_refused_and_told_who_is_there(study, tmp_path):
    first = opened(tmp_path, study)
    before = files(tmp_path)
    with pytest.raises(StoreError, match=rf"in use by .*, process {os.getpid()}, since 20\d\d-"):
        opened(tmp_path, study)
    assert files(tmp_path) == before
    first.free()
    opened(tmp_path, study).free()
    assert not list(tmp_path.glob(".lock*"))


def test_shards_share_a_store_and_exclude_the_whole(study, tmp_path):
    first = opened(tmp_path, study, Shard(1, 2))
    second = opened(tmp_path, study, Shard(2, 2))
    with pytest.raises(StoreError, match=r"in use \(shard 2/2\) by"):
        opened(tmp_path, study, Shard(2, 2))
    with pytest.raises(StoreError, match="in use by"):
        opened(tmp_path, study)
    first.free()
    with pytest.raises(StoreError, match="in use by"):
        opened(tmp_path, study)
    second.free()
    opened(tmp_path, study).free()


def test_a_forked_child_holds_no_lock(tmp_path):
    lock = Lock(tmp_path / "lock").take()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent is done
        os._exit(0)
    os.close(read)
    try:
        lock.free()
        (tmp_path / "lock").touch()
        Lock(tmp_path / "lock").take().free()
    finally:
        os.close(write)
        os.waitpid(child, 0)


def test_a_lock_is_on_the_file_that_others_find(tmp_path):
    place = tmp_path / "lock"
    first = Lock(place).take()
    with pytest.raises(Held) as caught:
        Lock(place).take()
    assert caught.value.who["pid"] == os.getpid() == holder(place)["pid"]
    with futures.ThreadPoolExecutor(1) as other:
        waiting = other.submit(lambda: Lock(place).take(wait=True))
        first.free()  # deletes the file that the other one has already opened
        second = waiting.result(timeout=10)
    assert holder(place) is not None
    second.free()
    assert holder(place) is None and not place.exists()


def test_a_disk_without_locks_is_told_and_used(study, tmp_path, monkeypatch, caplog):
    def refuses(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", refuses)
    with caplog.at_level(logging.WARNING, logger="seedbed.experiments"):
        results = run(study, model=StandIn(), out=tmp_path, progress=False)
    assert results.complete and "knows no locks" in caplog.text


@pytest.mark.parametrize("given", ["0/2", "3/2", "1", "a/b", "1/2/3", (0, 1), (1,), (1.0, 2), (True, 2), 5, "1/", "-1/2"])
def test_shards_that_cannot_be(given, study, tmp_path):
    with pytest.raises(BadInput, match="i/n"):
        run(study, model=StandIn(), out=tmp_path / "study", shard=given)
    assert not (tmp_path / "study").exists()


def test_a_shard_needs_a_directory(study):
    with pytest.raises(BadInput, match="shards to meet"):
        run(study, model=StandIn(), shard=(1, 2))
    assert shard_from("2/3") == Shard(2, 3)


def test_shards_are_every_nth_run_in_the_order_of_seeds(study, tmp_path):
    results = run(study, model=StandIn(), out=tmp_path, shard=(2, 3), progress=False)
    wanted = [(seed, arm.name) for place, (seed, arm) in enumerate(study.runs()) if place % 3 == 1]
    assert list(zip(results.outcomes["seed"], results.outcomes["arm"], strict=True)) == wanted
    assert json.loads((tmp_path / "manifest.json").read_text())["status"] == "partial"
    for number in (1, 3):
        results = run(study, model=StandIn(), out=tmp_path, shard=f"{number}/3", progress=False)
    assert json.loads((tmp_path / "manifest.json").read_text())["status"] == "complete"
    assert upkeep.digest(results) == upkeep.digest(run(study, model=StandIn(), progress=False))


@pytest.mark.parametrize("executor", ["tcp:/host", "dask", 3, "http://host:1", None])
def test_executors_that_cannot_be(executor, study):
    with pytest.raises(BadInput, match="executor"):
        run(study, model=StandIn(), executor=executor)


def test_an_address_without_the_library_says_how_to_get_it(study, monkeypatch):
    monkeypatch.setattr(pool.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"seedbed\[lab\]"):
        run(study, model=StandIn(), executor="tcp://127.0.0.1:8786")


def test_tasks_grow_to_what_an_executor_takes_in_a_second_and_shrink_towards_the_end(study):
    sizes = []

    class Watched(futures.ThreadPoolExecutor):
        def submit(self, work, task):
            sizes.append(len(task))
            return super().submit(work, task)

    with Watched(2) as executor:
        results = run(experiment(seeds=500, keeps=()), model=StandIn(), executor=executor, progress=False)
    assert results.complete and sum(sizes) == 2000
    assert sizes[:4] == [1, 1, 1, 1] and max(sizes) > 100 and sizes[-1] < max(sizes)


# --- another study, another version ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"years": 30}, "its years: 40 there, 30 here"),
        ({"burn_in": 5}, "its burn-in: 10 there, 5 here"),
        ({"name": "other"}, "its name: 'outside' there, 'other' here"),
    ],
)
def test_what_differs_is_told(done, study, change, told):
    with pytest.raises(StoreError, match=told):
        run(replace(study, **change), model=StandIn(), out=done, progress=False)


def test_other_rules_other_arms_and_other_things_kept_are_told(done, study):
    with pytest.raises(StoreError, match="source hash standin there, new here"):
        run(study, model=StandIn(source="new"), out=done, progress=False)
    with pytest.raises(StoreError, match=r"its arms: 'more' is only here"):
        run(replace(study, arms=(*study.arms, Arm("more"))), model=StandIn(), out=done, progress=False)
    with pytest.raises(StoreError, match=r"keeps: \['curves', 'series', 'events'\] there, \[\] here"):
        run(experiment(seeds=30, keeps=()), model=StandIn(), out=done, progress=False)
    changed = (replace(study.arms[0], changes={"fund.life.market": 9}), *study.arms[1:])
    with pytest.raises(StoreError, match="other settings"):
        run(replace(study, arms=changed), model=StandIn(), out=done, progress=False)


@pytest.mark.parametrize("layout", [1, 3, "2", None])
def test_a_store_of_another_version_is_refused_and_left_alone(done, study, layout):
    manifest = json.loads((done / "manifest.json").read_text()) | {"layout": layout}
    (done / "manifest.json").write_text(json.dumps(manifest))
    before = files(done)
    words = "names no layout" if layout is None else "written by seedbed"
    for ask in (lambda: run(study, model=StandIn(), out=done, progress=False), lambda: Results.load(done), lambda: upkeep.status(done)):
        with pytest.raises(StoreError, match=words):
            ask()
    assert files(done) == before


# --- damage ----------------------------------------------------------------------------------------------------------


def cut(content):
    return content[: len(content) // 2]


def emptied(_):
    return b""


def flipped(content):
    """One bit of the data, which only a checksum sees."""
    place = 40
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("part", ["runs", "curves", "events"])
@pytest.mark.parametrize("harm", [cut, emptied, None])
def test_a_truncated_piece_is_named_set_aside_and_done_again(done, study, part, harm, caplog):
    whole = upkeep.digest(Results.load(done))
    piece = sorted((done / part).iterdir())[-1]
    rows = pq.read_metadata(done / "runs" / piece.name).num_rows
    piece.unlink() if harm is None else piece.write_bytes(harm(piece.read_bytes()))
    if part == "runs" and harm is None:
        return  # nobody knows of it: its runs are simply missing, as in the tests of resuming
    before = files(done)
    for read in (Results.load, upkeep.status):
        with pytest.raises(StoreError, match=piece.name):
            read(done)
    assert files(done) == before
    counted = Counting()
    with caplog.at_level(logging.WARNING, logger="seedbed.experiments"):
        run(study, model=counted, out=done, progress=False)
    assert piece.name in caplog.text and "set aside" in caplog.text
    assert counted.runs == rows
    assert (done / "damaged" / "runs" / piece.name).exists()
    assert upkeep.digest(Results.load(done)) == whole
    assert sum(pq.read_metadata(one).num_rows for one in (done / "runs").iterdir()) == 120
    assert len(upkeep.status(done)["damaged"]) == 1


class Counting(StandIn):
    runs = 0

    def run(self, *how):
        self.runs += 1
        return super().run(*how)


def test_a_flipped_bit_is_seen_when_the_study_is_resumed_and_when_it_is_verified(done, study):
    piece = sorted((done / "runs").iterdir())[0]
    piece.write_bytes(flipped(piece.read_bytes()))
    with pytest.raises(StoreError, match=piece.name):
        upkeep.verify(done, model=StandIn())
    assert run(study, model=StandIn(), out=done, progress=False).complete
    assert upkeep.verify(done, model=StandIn())["same"]


def test_leftovers_of_a_killed_writer_are_cleaned(done, study):
    left = [done / ".manifest.json.all.123.tmp", done / "runs" / ".x.parquet.1of2.9.tmp", done / "curves" / "000001-all-abc.parquet"]
    for place in left:
        place.write_bytes(b"half")
    run(study, model=StandIn(), out=done, progress=False)
    assert not any(place.exists() for place in left)


def test_a_shard_cleans_only_after_itself(study, tmp_path):
    run(study, model=StandIn(), out=tmp_path, shard=(1, 2), progress=False)
    own, others = tmp_path / "runs" / ".x.parquet.1of2.9.tmp", tmp_path / "runs" / ".x.parquet.2of2.9.tmp"
    waiting = tmp_path / "curves" / "000009-2of2-abc.parquet"
    for place in (own, others, waiting):
        place.write_bytes(b"being written")
    run(study, model=StandIn(), out=tmp_path, shard=(1, 2), progress=False)
    assert not own.exists() and others.exists() and waiting.exists()


def test_a_beginning_that_was_killed_is_no_obstacle(study, tmp_path):
    (tmp_path / "sessions").mkdir()
    (tmp_path / "arms.parquet").write_bytes(b"")
    assert run(study, model=StandIn(), out=tmp_path, progress=False).complete


def test_results_whose_directory_is_gone_are_refused_rather_than_empty(done):
    results = Results.load(done)
    shutil.rmtree(done)
    with pytest.raises(StoreError, match="manifest.json"):
        print(results.good)


def test_a_damaged_session_is_named(done):
    (place,) = (done / "sessions").iterdir()
    place.write_text("{")
    with pytest.raises(StoreError, match=place.name):
        upkeep.status(done)


def test_memory_is_a_byte_for_each_run_however_many_there_are(tmp_path):
    store = opened(tmp_path, experiment(seeds=200, keeps=()))
    row = StandIn().run(StandIn().case(store.experiment.arms[0]), 1, 40, 10, (), None)[0]
    for seed, arm in store.experiment.runs():
        store.add(Run(arm.name, seed, "ok", 0.0, "", row, None))
    assert len(store._state) == 800 and len(store._waiting) < store_module.RUNS_A_PIECE
    assert not any(store._memory.values())
    store.close("complete")


# --- status ----------------------------------------------------------------------------------------------------------


def test_status_of_a_partial_study(study, tmp_path):
    arm = study.arms[0].name
    run(replace(study, seeds=(1, 2, 3)), model=StandIn(fail={(arm, 2)}), out=tmp_path, progress=False)
    store = opened(tmp_path, study, Shard(2, 4))
    now = upkeep.status(tmp_path)
    assert now["state"] == "running" and (now["done"], now["failed"], now["missing"]) == (11, 1, 108)
    assert [(shard["shard"], shard["state"]) for shard in now["shards"]] == [
        ("1/4", "never begun"), ("2/4", "running"), ("3/4", "never begun"), ("4/4", "never begun"),
    ]  # fmt: skip
    store.free()  # as a killed process would
    now = upkeep.status(tmp_path)
    assert now["state"] == "partial" and now["rate"] is None and now["seconds_left"] is None
    assert [session["state"] for session in now["sessions"]] == ["complete", "killed"]


# --- verify ----------------------------------------------------------------------------------------------------------


def test_verify_does_a_sample_again(done):
    counted = Counting()
    found = upkeep.verify(done, 15, model=counted, choice=1)
    assert found["same"] and found["checked"] == counted.runs == 15 and found["runs"] == 120
    assert upkeep.verify(done, 0, model=StandIn())["checked"] == 0
    assert upkeep.verify(done, 1000, model=StandIn())["checked"] == 120


def test_verify_finds_one_changed_digit(done):
    arm, seed = tamper(done, "dpi_market")
    found = upkeep.verify(done, 120, model=StandIn())
    ((one),) = found["different"]
    assert not found["same"] and (one["arm"], one["seed"], one["outcome"]) == (arm, seed, "dpi_market")
    assert one["stored"] - one["again"] == pytest.approx(1e-9, rel=0.01)
    failing = upkeep.verify(done, 120, model=StandIn(fail={(arm, seed)}))
    assert [one["again"] for one in failing["different"]] == [f"ArithmeticError: made to fail at seed {seed}"]


def test_verify_refuses_other_rules_and_arms_that_cannot_be_made_again(done, study):
    with pytest.raises(StoreError, match="other rules, source hash standin"):
        upkeep.verify(done, model=StandIn(source="new"))

    class Other(StandIn):
        def digest(self, case):
            return "other"

    with pytest.raises(StoreError, match="made again from its name"):
        upkeep.verify(done, model=Other())


@pytest.mark.parametrize("sample", [-1, 1.5, True, "all"])
def test_samples_that_cannot_be(done, sample):
    with pytest.raises(BadInput, match="sample"):
        upkeep.verify(done, sample, model=StandIn())


# --- merge -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def halves(study, tmp_path):
    places = [tmp_path / "first", tmp_path / "second"]
    for number, place in enumerate(places, start=1):
        run(study, model=StandIn(), out=place, shard=(number, 2), progress=False)
    return places


def test_a_merged_store_is_the_single_one(halves, done, study, tmp_path):
    merged = upkeep.merge(halves, tmp_path / "merged")
    single = Results.load(done)
    assert merged.complete and upkeep.digest(merged) == upkeep.digest(single)
    pd.testing.assert_frame_equal(merged.series(), single.series())
    pd.testing.assert_frame_equal(merged.events(), single.events())
    for name in single.curve_names:
        np.testing.assert_array_equal(merged.curve(name, study.arms[0].name), single.curve(name, study.arms[0].name))
    manifest = json.loads((tmp_path / "merged" / "manifest.json").read_text())
    assert manifest["status"] == "complete" and len(manifest["sessions"]) == 2 and len(manifest["merged_from"]) == 2
    assert not list(tmp_path.glob(".merged*"))
    # it is a store like others: it can be verified and gone on with
    assert upkeep.verify(tmp_path / "merged", model=StandIn())["same"]
    counted = Counting()
    run(study, model=counted, out=tmp_path / "merged", progress=False)
    assert counted.runs == 0


def test_doubles_count_once_and_must_agree(halves, done, tmp_path):
    merged = upkeep.merge([*halves, done], tmp_path / "merged")
    assert sum(pq.read_metadata(piece).num_rows for piece in (tmp_path / "merged" / "runs").iterdir()) == 120
    assert upkeep.digest(merged) == upkeep.digest(Results.load(done))
    arm, seed = tamper(done, "zombies", row=3)
    with pytest.raises(StoreError, match=f"stored twice.*{arm}, seed {seed}"):
        upkeep.merge([*halves, done], tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_run_that_went_well_somewhere_counts_as_well(study, done, tmp_path):
    arm = study.arms[2].name
    run(study, model=StandIn(fail={(arm, 4)}), out=tmp_path / "bad", progress=False)
    merged = upkeep.merge([tmp_path / "bad", done], tmp_path / "merged")
    assert merged.complete and upkeep.digest(merged) == upkeep.digest(Results.load(done))


def test_small_pieces_become_large_ones(halves, done, tmp_path, monkeypatch):
    monkeypatch.setattr(upkeep, "ROWS_A_PIECE", 1)
    merged = upkeep.merge(halves, tmp_path / "merged")
    assert len(list((tmp_path / "merged" / "runs").iterdir())) == 2
    assert upkeep.digest(merged) == upkeep.digest(Results.load(done))


def test_seeds_of_all_stores_are_joined(study, done, tmp_path):
    run(replace(study, seeds=(29, 30, 31, 32)), model=StandIn(), out=tmp_path / "more", progress=False)
    merged = upkeep.merge([done, tmp_path / "more"], tmp_path / "merged")
    assert merged.experiment.seeds == tuple(range(1, 33)) and merged.complete
    single = run(replace(study, seeds=32), model=StandIn(), progress=False)
    assert upkeep.digest(merged) == upkeep.digest(single)


def test_merges_that_cannot_be(halves, done, study, tmp_path):
    with pytest.raises(BadInput, match="at least two"):
        upkeep.merge([done], tmp_path / "merged")
    run(replace(study, years=30), model=StandIn(), out=tmp_path / "other", progress=False)
    with pytest.raises(StoreError, match="another study's .its years: 30 there, 40 here"):
        upkeep.merge([done, tmp_path / "other"], tmp_path / "merged")
    with pytest.raises(StoreError, match="new or empty"):
        upkeep.merge(halves, done)
    with pytest.raises(StoreError, match="manifest.json"):
        upkeep.merge([done, tmp_path / "nowhere"], tmp_path / "merged")
    short = (replace(study.arms[0], first=3), *study.arms[1:])
    for number in (1, 2):
        run(replace(study, arms=short, seeds=range(number, number + 5)), model=StandIn(), out=tmp_path / f"short{number}", progress=False)
    with pytest.raises(StoreError, match="same seeds"):
        upkeep.merge([tmp_path / "short1", tmp_path / "short2"], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_runs_stored_twice_are_compared_when_verified(done):
    for part in ("runs", *ALL):
        piece = sorted((done / part).iterdir())[0]
        piece.with_name("000000-copy.parquet").write_bytes(piece.read_bytes())
    rows = pq.read_metadata(sorted((done / "runs").iterdir())[1]).num_rows
    assert upkeep.verify(done, 5, model=StandIn())["doubles"] == rows
    tamper(done, "zombies")
    with pytest.raises(StoreError, match="stored twice"):
        upkeep.verify(done, 5, model=StandIn())


# --- export ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", upkeep.FORMATS)
def test_the_same_runs_give_the_same_bytes(halves, done, tmp_path, to):
    upkeep.merge(halves, tmp_path / "merged")
    first, second = (upkeep.export(place, to, tmp_path / f"out{number}") for number, place in enumerate((done, tmp_path / "merged")))
    assert [place.name for place in first] == [place.name for place in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_exported_tables_say_what_the_results_say(done, study):
    results = Results.load(done)
    names = [arm.name for arm in study.arms]
    csv, arms = upkeep.export(done, "csv")
    assert csv.parent == done / "export"
    frame = pd.read_csv(csv)
    assert frame["arm"].drop_duplicates().tolist() == names and frame[frame["arm"] == names[1]]["seed"].is_monotonic_increasing
    np.testing.assert_array_equal(frame["zombies"].to_numpy(), results.values("zombies").T.ravel())
    assert pd.read_csv(arms)["fund.life.market"].tolist() == [7, 12, 7, 12]
    parquet, _ = upkeep.export(done, "parquet")
    np.testing.assert_array_equal(pd.read_parquet(parquet)["jobs"].to_numpy(), results.values("jobs").T.ravel())


def test_a_netcdf_file_has_dimensions_units_and_factors(done, study):
    import xarray

    (place,) = upkeep.export(done, "netcdf")
    with xarray.open_dataset(place, engine="h5netcdf") as data:
        assert dict(data.sizes) == {"arm": 4, "seed": 30}
        assert data["zombies"].attrs == {"long_name": "zombies", "units": "count", "description": "mean live zombies"}
        patient = data["zombies"].where(data["fund.life.market"] == 12, drop=True)
        assert patient.sizes["arm"] == 2
        np.testing.assert_array_equal(data["dpi_market"].values.T, Results.load(done).values("dpi_market"))


def test_formats_that_cannot_be(done):
    with pytest.raises(BadInput, match="csv"):
        upkeep.export(done, "excel")


# --- commands --------------------------------------------------------------------------------------------------------


def typed(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_commands_tell_the_same(halves, done, tmp_path):
    told = typed("status", done, "--json")
    assert json.loads(told.stdout)["state"] == "complete" and told.exit_code == 0
    page = typed("status", halves[0]).stdout
    assert "outside: partial" in page and "never begun" in page and "1/2" in page
    merged = typed("merge", *halves, "--out", tmp_path / "merged", "--json")
    assert json.loads(merged.stdout)["digest"] == upkeep.digest(Results.load(done))
    assert "600" not in typed("merge", *halves, "--out", tmp_path / "second merge").stdout
    assert typed("export", done, "--to", "csv", "--out", tmp_path / "for others").stdout.splitlines()[0].endswith("outcomes.csv")
    for words in (
        ["status", tmp_path / "nowhere"],
        ["merge", done, "--out", tmp_path / "x"],
        ["export", done, "--to", "xls"],
        ["verify", done],
        ["verify", done, "--sample", "-3"],
    ):
        refused = typed(*words)
        assert refused.exit_code == 2 and refused.stdout == "" and refused.stderr.startswith("Error: "), words


def test_verify_as_a_command(done, monkeypatch):
    from seedbed.experiments import runner

    monkeypatch.setattr(upkeep, "Model", StandIn)
    told = typed("verify", done, "--sample", 5)
    assert told.exit_code == 0 and "5 of 120 runs done again, all the same to the last bit" in told.stdout
    tamper(done, "zombies")
    told = typed("verify", done, "--sample", 120)
    assert told.exit_code == 1 and "zombies" in told.stdout and "not those" in told.stderr
    assert json.loads(typed("verify", done, "--sample", 120, "--json").stdout)["same"] is False
    assert runner.Model is Model


def test_the_real_model_keeps_what_it_is_asked_to(tmp_path):
    small = {"city.graduates": 25, "city.newcomers": 10}
    arms = (Arm("all", "baseline", small, keeps=ALL), Arm("none", "baseline", small | {"fund.life.market": 12}))
    study = Experiment("real", arms, 2, years=8, burn_in=2)
    results = run(study, out=tmp_path / "study", progress=False, workers=1)
    assert results.complete
    series = results.series("all")
    assert series["tick"].tolist() == 2 * list(range(32)) and (series["live"] >= 0).all()
    events = results.events()
    assert set(events["arm"]) == {"all"} and {"tick", "what", "who"} <= set(events) and len(events) > 100
    assert results.curve("zombies", "all").shape[0] == 2
    found = upkeep.verify(tmp_path / "study", 4)
    assert found["same"] and found["checked"] == 4
    # the world that a worker uses again leaves no trace in what earlier runs kept
    alone = run(replace(study, seeds=(2,)), progress=False, workers=1)
    pd.testing.assert_frame_equal(alone.series().reset_index(drop=True), series[series["seed"] == 2].reset_index(drop=True))
    pd.testing.assert_frame_equal(alone.events(), events[events["seed"] == 2].reset_index(drop=True))
