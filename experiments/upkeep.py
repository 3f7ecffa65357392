"""What is done with a study's store besides running it: look how far it is, check it, join stores, hand it on.

    status("results/patience")                       runs done, missing, failed; rate and time left; sessions, shards
    verify("results/patience", sample=20)            every file read; a random sample of runs done again and compared
    merge(["laptop", "server"], "together")          stores of different machines, joined into one
    export("results/patience", "csv", "for-others")  outcomes and arms as CSV, Parquet or NetCDF

The canonical table is the study without what differs from one carrying out to the next (times, order, hosts): one row a
run, by the order of arms and then by seed, with the bits of every outcome. Two studies of one fingerprint that have the
same runs have the same canonical table, whatever the executor, the number of workers, the interruptions or the machine;
its digest says so in one word.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput

from .design import Experiment
from .pool import Job
from .runner import Model, Results, run_one
from .store import (
    KEPT,
    KEYS,
    Store,
    StoreError,
    arms_table,
    difference,
    now,
    parquet_bytes,
    read_piece,
    refused,
    write_whole,
)

__all__ = ["FORMATS", "canonical", "digest", "export", "merge", "status", "verify"]

FORMATS = ("csv", "parquet", "netcdf")
ROWS_A_PIECE, BYTES_A_PIECE = 10_000, 20e6  # of a merged store: large pieces are read faster, and it is made at once


# -- the canonical table ----------------------------------------------------------------------------------------------


def canonical(results: Results):
    """The runs as a pyarrow table: arm, seed, status, then each outcome; by the order of arms, then by seed.

    An outcome that a run does not have (NaN), and all of those of a failed run, are null.
    """
    import numpy as np
    import pyarrow as pa

    seeds = np.array(results.experiment.seeds, dtype=np.int64)
    order = np.argsort(seeds, kind="stable")
    state = results.found.state[order].T
    arms, places = np.nonzero(state)
    rows = order[places]
    names = np.array([arm.name for arm in results.experiment.arms], dtype=object)
    columns = {
        "arm": pa.array(names[arms], pa.string()),
        "seed": pa.array(seeds[rows]),
        "status": pa.array(np.array(["", "failed", "ok"], dtype=object)[state[arms, places]], pa.string()),
    }
    return pa.table(
        columns | {name: pa.array(values[rows, arms], from_pandas=True) for name, values in results.found.values.items()}
    )


def digest(results: Results) -> str:
    """Sixteen hexadecimal figures that name the canonical table, bit for bit."""
    import numpy as np

    table, total = canonical(results), hashlib.sha256()
    for name in table.column_names:
        column = table[name].combine_chunks()
        total.update(f"{name}\0{len(column)}\0".encode())
        if name in ("arm", "status"):
            total.update("\0".join(column.to_pylist()).encode())
        else:
            values = column.to_numpy(zero_copy_only=False)
            if values.dtype.kind == "f":
                values = np.where(np.isnan(values), np.nan, values)  # one NaN
            total.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return total.hexdigest()[:16]


# -- how far it is ----------------------------------------------------------------------------------------------------


def status(directory: str | os.PathLike) -> dict:
    """How far a study is, as plain values; nothing is changed, and it may be running meanwhile.

    `rate` is runs a second of the sessions that are running now, `seconds_left` what is missing at that rate (None: nobody
    is running it). `sessions` tells each time it was run; `state` of one is running, complete, interrupted, stopped, or
    killed (it ended without a word).
    """
    store = Store.existing(directory, where="STORE")
    experiment, wanted = store.experiment, len(store.experiment)
    missing = wanted - store.good - store.failed
    sessions, rate = [], 0.0
    for session in store.sessions():
        running = store.writing(session)
        state = session["status"] if session["status"] != "running" else "running" if running else "killed"
        seconds = _seconds(session["started"], now() if running else session.get("ended", session["updated"]))
        pace = session["runs"] / seconds if seconds > 0 else None
        if running:
            rate += session["runs"] / max(1.0, _seconds(session["started"], session["updated"]))
        keys = ("id", "started", "ended", "host", "pid", "executor", "workers", "shard", "runs", "failed")
        sessions.append({key: session.get(key) for key in keys} | {"state": state, "rate": pace})
    damaged = sorted(place.name for place in (store.directory / "damaged" / "runs").glob("*.parquet"))
    state = "running" if any(session["state"] == "running" for session in sessions) else "complete" if not missing else "partial"
    return {
        "study": experiment.name,
        "directory": str(store.directory),
        "fingerprint": store.manifest["fingerprint"],
        "source": store.manifest["source"],
        "state": state,
        "arms": len(experiment.arms),
        "seeds": len(experiment.seeds),
        "runs": wanted,
        "done": store.good,
        "failed": store.failed,
        "missing": missing,
        "rate": rate or None,
        "seconds_left": missing / rate if rate else 0.0 if not missing else None,
        "bytes": sum(place.stat().st_size for place in store.directory.rglob("*") if place.is_file()),
        "bytes_a_run": _bytes_a_run(store),
        "pieces": len(store.pieces()),
        "damaged": damaged,
        "shards": _shards(store, sessions),
        "sessions": sessions,
    }


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _bytes_a_run(store: Store) -> float | None:
    done = store.good + store.failed
    return sum(place.stat().st_size for place in store.pieces()) / done if done else None


def _shards(store: Store, sessions: Sequence[Mapping]) -> list[dict]:
    """Each shard of a job array that ever ran here: how many of its runs are missing, and whether it is running."""
    found = {}
    for session in sessions:
        if session["shard"] is None:
            continue
        number, of = map(int, session["shard"].split("/"))
        found[of, number] = session  # the latest session of a shard speaks for it
    shards = []
    counts = {of: [0] * of for of, _ in found}
    totals = {of: [0] * of for of in counts}
    for place, (seed, arm) in enumerate(store.experiment.runs()):
        done = store.state(arm.name, seed) != 0
        for of in counts:
            counts[of][place % of] += done
            totals[of][place % of] += 1
    for of in sorted(counts):
        for number in range(1, of + 1):
            session = found.get((of, number))
            done, total = counts[of][number - 1], totals[of][number - 1]
            state = "complete" if done == total else session["state"] if session else "never begun"
            shards.append({"shard": f"{number}/{of}", "runs": total, "done": done, "missing": total - done, "state": state})
    return shards


# -- whether it is right ----------------------------------------------------------------------------------------------


def verify(
    directory: str | os.PathLike, sample: int = 20, *, model: Model | None = None, choice: int | None = None
) -> dict:
    """Read every file of a store and do a random sample of its runs again; compare the bits of every outcome.

    choice : the seed by which the sample is chosen (None: another one each time).
    Refuses (StoreError) when the rules here are not those that made the runs, or when an arm cannot be made from its name
    and changes. The answer has `same` (all agree), `checked`, and `different`: what disagrees, run by run.
    """
    if isinstance(sample, bool) or not isinstance(sample, int) or sample < 0:
        raise BadInput(what="the size of the sample", given=sample, allowed="a whole number from 0", where="--sample")
    model = model or Model()
    store = Store.existing(directory, where="STORE")
    experiment = store.experiment
    _refuse_other_rules(store, model)
    doubles, files = _check_pieces(store)
    results = Results(experiment, store)
    good = [(seed, arm) for seed, arm in experiment.runs() if store.state(arm.name, seed) == 2]
    chosen = random.Random(choice).sample(good, min(sample, len(good)))
    cases, different = {}, []
    for seed, arm in sorted(chosen, key=lambda one: (one[1].name, one[0])):
        if arm.name not in cases:
            cases = {arm.name: _case(store, model, arm)}
        again = run_one(model, Job(arm.name, seed, (), cases[arm.name]), experiment.years, experiment.burn_in)
        place = results.place(arm.name, seed)
        if again.outcomes is None:
            different.append({"arm": arm.name, "seed": seed, "outcome": None, "stored": "ok", "again": again.error.splitlines()[-1]})
            continue
        for name in dict.fromkeys([*results.names, *again.outcomes]):
            there = float(results.found.values[name][place]) if name in results.found.values else float("nan")
            here = float(again.outcomes.get(name, float("nan")))
            if not _same(there, here):
                different.append({"arm": arm.name, "seed": seed, "outcome": name, "stored": there, "again": here})
    return {
        "study": experiment.name,
        "directory": str(store.directory),
        "fingerprint": store.manifest["fingerprint"],
        "source": store.manifest["source"],
        "files": files,
        "doubles": doubles,
        "runs": store.good,
        "checked": len(chosen),
        "different": different,
        "same": not different,
        "digest": digest(results),
    }


def _same(a: float, b: float) -> bool:
    """Whether two numbers have the same bits, every NaN being one."""
    import struct

    return (a != a and b != b) or struct.pack("<d", a) == struct.pack("<d", b)


def _refuse_other_rules(store: Store, model: Model) -> None:
    here = model.source()
    if here != store.manifest["source"]:
        raise StoreError(
            what="the study",
            given=str(store.directory),
            allowed=f"one made by the rules that are here (source hash {here}); verify it with the version that made it",
            where=f"STORE: it was made by other rules, source hash {store.manifest['source']}",
        )


def _case(store: Store, model: Model, arm: Any) -> object:
    """The case of an arm, which must be the one that the store has the runs of."""
    case = model.case(arm)
    kept = read_piece(store.directory / "arms.parquet", ["arm", "digest"]).to_pylist()
    digests = {row["arm"]: row["digest"] for row in kept}
    if digests.get(arm.name) != model.digest(case):
        raise StoreError(
            what="the arm",
            given=arm.name,
            allowed="a scenario that can be made again from its name and the arm's changes; this one was changed in Python",
            where=f"STORE: scenario {arm.scenario_name}",
        )
    return case


def _check_pieces(store: Store) -> tuple[int, int]:
    """Read every file whole and compare runs that were stored twice: (number of such, number of files)."""
    seen: dict[tuple[str, int], tuple] = {}
    doubles, files = 0, 0
    keys: set[tuple[str, int]] = set()
    twice: set[tuple[str, int]] = set()
    for part in ("runs", *KEPT):
        for place in store.pieces(part):
            table = read_piece(place)
            files += 1
            if part == "runs":
                for arm, seed, word in zip(*(table[name].to_pylist() for name in KEYS[:3]), strict=True):
                    if word == "ok":
                        (twice if (arm, seed) in keys else keys).add((arm, seed))
    if twice:
        for place in store.pieces():
            for row in read_piece(place).to_pylist():
                key = row["arm"], row["seed"]
                if key not in twice or row["status"] != "ok":
                    continue
                outcomes = tuple(value for name, value in row.items() if name not in KEYS)
                if key in seen:
                    doubles += 1
                    _refuse_doubles(key, seen[key], outcomes, "STORE", store.directory)
                seen[key] = outcomes
    return doubles, files


def _refuse_doubles(key: tuple, first: tuple, second: tuple, where: str, place: object) -> None:
    if all(_same(nan_of(a), nan_of(b)) for a, b in zip(first, second, strict=True)):
        return
    raise StoreError(
        what="a run that is stored twice",
        given=f"{key[0]}, seed {key[1]}",
        allowed="the same outcomes both times, bit for bit",
        where=f"{where}: {place}",
    )


def nan_of(value: float | None) -> float:
    """A number, null being NaN."""
    return float("nan") if value is None else value


# -- joining stores ---------------------------------------------------------------------------------------------------


def merge(stores: Sequence[str | os.PathLike], out: str | os.PathLike) -> Results:
    """Join stores of one study into a new one: the runs of all, each once.

    They must have the same fingerprint. A run that several have must have the same outcomes, bit for bit; one that went well
    somewhere and failed elsewhere counts as well. Seeds are those of all, in the order of the stores. Nothing is kept of a
    merge that is refused.
    """
    sources = [Store.existing(place, where="STORE") for place in stores]
    if len(sources) < 2:
        raise BadInput(what="the stores to merge", given=len(sources), allowed="at least two", where="STORE")
    first = sources[0]
    for other in sources[1:]:
        if other.manifest["fingerprint"] != first.manifest["fingerprint"]:
            raise StoreError(
                what="the store",
                given=str(other.directory),
                allowed=f"a store of the same study as {first.directory} (fingerprint {first.manifest['fingerprint']})",
                where=f"STORE: it is another study's ({difference(other.manifest, first.manifest)})",
            )
    place = Path(out)
    if place.exists() and any(place.iterdir() if place.is_dir() else [place]):
        raise StoreError(what="the output directory", given=str(place), allowed="a new or empty directory", where="--out")
    experiment = _together(sources)
    beside = place.with_name(f".{place.name}-{os.urandom(4).hex()}.tmp")
    try:
        try:
            beside.mkdir(parents=True)
            _write_merged(sources, experiment, beside)
            if place.exists():
                place.rmdir()
            os.replace(beside, place)
        except OSError as error:
            raise refused(place, error) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Results.load(place)


def _together(sources: Sequence[Store]) -> Experiment:
    """The experiment with the seeds of all stores."""
    from dataclasses import replace

    seeds = tuple(dict.fromkeys(seed for store in sources for seed in store.experiment.seeds))
    first = sources[0].experiment
    if seeds != tuple(first.seeds) and any(arm.first is not None for arm in first.arms):
        raise StoreError(
            what="the stores to merge",
            given="stores of different seeds",
            allowed="stores of the same seeds, since some arms run under the first seeds only",
            where="STORE",
        )
    return replace(first, seeds=seeds)


def _write_merged(sources: Sequence[Store], experiment: Experiment, place: Path) -> None:
    taken, twice = _choose(sources)
    _compare(sources, twice)
    target = Store(place)
    target._expect(experiment)
    for number, batch in enumerate(_batches(sources)):
        tables = {part: _chosen_rows(sources, part, batch, taken) for part in (*KEPT, "runs")}
        if tables["runs"] is None:  # all of them are elsewhere
            continue
        kept = [part for part in KEPT if tables[part] is not None]
        tables["runs"] = tables["runs"].replace_schema_metadata({"kept": ",".join(kept)})
        for part in (*kept, "runs"):
            target.write_piece(part, f"{number:06d}-merged.parquet", tables[part])
    manifest = dict(sources[0].manifest)
    sessions = [session for store in sources for session in store.sessions()]
    for session in sessions:
        target._write_json(f"sessions/{session['id']}.json", session)
    digests = {row["arm"]: row["digest"] for row in read_piece(sources[0].directory / "arms.parquet").to_pylist()}
    write_whole(place / "arms.parquet", parquet_bytes(arms_table(experiment, digests)))
    target._read_state(set_aside=False)
    done, wanted = target.good + target.failed, len(experiment)
    target.manifest = manifest
    target.write_manifest(
        experiment=experiment.to_dict(),
        started=min(store.manifest["started"] for store in sources),
        ended=now(),
        status="complete" if done == wanted else "partial",
        sessions=target.sessions(),
        merged_from=[{"directory": str(store.directory), "runs": store.good + store.failed} for store in sources],
        runs=done,
        runs_in_experiment=wanted,
        runs_failed=target.failed,
        seconds_of_runs=round(sum(session["seconds"] for session in sessions), 3),
    )


Where = tuple[int, str, int]  # store, piece, row


def _choose(sources: Sequence[Store]) -> tuple[dict[tuple[str, int], Where], dict[tuple[str, int], list[Where]]]:
    """Which row stands for each run (one that went well before one that failed), and the runs that went well twice."""
    taken: dict[tuple[str, int], Where] = {}
    well: set[tuple[str, int]] = set()
    twice: dict[tuple[str, int], list[Where]] = {}
    for number, store in enumerate(sources):
        for place in store.pieces():
            table = read_piece(place, list(KEYS[:3]))
            for row, (arm, seed, word) in enumerate(zip(*(table[name].to_pylist() for name in KEYS[:3]), strict=True)):
                key, here = (arm, seed), (number, place.name, row)
                if word == "ok" and key in well:
                    twice.setdefault(key, [taken[key]]).append(here)
                elif key not in taken or word == "ok":
                    taken[key] = here
                if word == "ok":
                    well.add(key)
    return taken, twice


def _compare(sources: Sequence[Store], twice: Mapping[tuple[str, int], Sequence[Where]]) -> None:
    """Refuse doubles that differ; each piece is read once."""
    wanted: dict[tuple[int, str], list[tuple[tuple[str, int], int]]] = {}
    for key, places in twice.items():
        for number, name, row in places:
            wanted.setdefault((number, name), []).append((key, row))
    seen: dict[tuple[str, int], dict] = {}
    for (number, name), rows in sorted(wanted.items()):
        table = read_piece(sources[number].directory / "runs" / name)
        columns = [column for column in table.column_names if column not in KEYS]
        for key, row in rows:
            outcomes = {column: table[column][row].as_py() for column in columns}
            before = seen.setdefault(key, outcomes)
            names = sorted(before.keys() | outcomes.keys())
            a, b = (tuple(one.get(column) for column in names) for one in (before, outcomes))
            _refuse_doubles(key, a, b, "STORE", sources[number].directory)


def _batches(sources: Sequence[Store]) -> Iterator[list[tuple[int, str]]]:
    """Pieces of the stores, (store, name), in groups that become one piece: some ten thousand runs, or twenty megabytes."""
    batch, rows, size = [], 0, 0
    for number, store in enumerate(sources):
        for place in store.pieces():
            batch.append((number, place.name))
            rows += len(read_piece(place, ["seed"]))
            size += sum(found.stat().st_size for found in store.directory.glob(f"*/{place.name}"))
            if rows >= ROWS_A_PIECE or size >= BYTES_A_PIECE:
                yield batch
                batch, rows, size = [], 0, 0
    if batch:
        yield batch


def _chosen_rows(sources: Sequence[Store], part: str, batch: Sequence[tuple[int, str]], taken: Mapping[tuple[str, int], Where]):
    """The rows of a part, in a batch of pieces, that stand for their runs; None if there are none."""
    import pyarrow as pa

    tables = []
    for number, name in batch:
        place = sources[number].directory / part / name
        if not place.exists():
            continue
        table = read_piece(place)
        keys = zip(table["arm"].to_pylist(), table["seed"].to_pylist(), strict=True)
        own = [taken[key] == (number, name, row) if part == "runs" else taken[key][:2] == (number, name) for row, key in enumerate(keys)]
        if any(own):
            tables.append(table.filter(pa.array(own)).replace_schema_metadata(None))
    return pa.concat_tables(tables, promote_options="default").unify_dictionaries() if tables else None


# -- handing on -------------------------------------------------------------------------------------------------------


def export(directory: str | os.PathLike, to: str, out: str | os.PathLike | None = None) -> list[Path]:
    """Write the canonical table and the arms for other programs; returns the files.

    csv     : outcomes.csv and arms.csv; numbers with all their digits, nothing where an outcome is undefined.
    parquet : outcomes.parquet and arms.parquet.
    netcdf  : study.nc for xarray, R, Julia or MATLAB: each outcome over arm x seed, factors as coordinates, units told.

    `out` is a directory (default: `export` in the store). The same runs give the same bytes.
    """
    if to not in FORMATS:
        raise BadInput(what="the format", given=to, allowed=FORMATS, where="--to")
    results = Results.load(directory)
    place = Path(out) if out is not None else Path(directory) / "export"
    try:
        place.mkdir(parents=True, exist_ok=True)
        if to == "netcdf":
            return [_write_netcdf(results, place / "study.nc")]
        arms = arms_table(results.experiment, {}).drop_columns("digest")
        return [
            _write_table(table, place / f"{name}.{to}") for name, table in (("outcomes", canonical(results)), ("arms", arms))
        ]
    except OSError as error:
        raise refused(place, error) from None


def _write_table(table: Any, place: Path) -> Path:
    import pyarrow as pa
    from pyarrow import csv

    if place.suffix == ".parquet":
        content = parquet_bytes(table)
    else:
        buffer = pa.BufferOutputStream()
        csv.write_csv(table, buffer)
        content = buffer.getvalue()
    write_whole(place, content)
    return place


def _write_netcdf(results: Results, place: Path) -> Path:
    beside = place.with_name(f".{place.name}.all.{os.getpid()}.tmp")
    data = results.to_xarray()
    try:
        data.to_netcdf(beside, engine="h5netcdf", encoding={name: {"zlib": True} for name in data.data_vars})
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)
    return place
