"""Where runs are kept: one directory a study, written so that a stop at any moment leaves a valid, resumable study.

    manifest.json            the experiment, every parameter with its source, versions, the hash of the rules, sessions
    ro-crate-metadata.json   the same in short, for archives and search engines (RO-Crate 1.1)
    arms.parquet             one row an arm: arm, scenario, digest, then a column for each factor
    runs/*.parquet           one row a run: arm, seed, status, seconds, error, then a column for each outcome
    curves/*.parquet         one row a run of the arms that keep curves: arm, seed, a list for each curve
    series/*.parquet         one row a quarter of the arms that keep series: arm, seed, then the city's columns
    events/*.parquet         one row an event of the arms that keep events: arm, seed, then the log's columns
    sessions/*.json          one file for each time the study was run: by whom, when, how far
    damaged/                 pieces that could not be read when the study was resumed; their runs were done again

A piece is a hundred runs or ten seconds of them. It is written beside its place and moved there in one step
(`os.replace`), so that a piece is either whole or absent; curves, series and events go first, so that a piece of runs
is the receipt that what it kept is there too. A directory belongs to one fingerprint: the arms, the scenarios behind
them, what their runs keep, the years and the hash of the rules. More seeds are more of the same study; anything else is
another study and is refused. One process may write at a time, or one for each shard of a job array (`locks.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from seedbed.agents.errors import BadInput

from .design import Experiment
from .locks import Held, Lock, holder

__all__ = ["Run", "Shard", "Store", "StoreError", "digest_of", "now", "refused", "write_whole"]

LAYOUT = 2
RUNS_A_PIECE = 100
SECONDS_A_PIECE = 10.0
SPACE_NEEDED = 20e6  # bytes; a smaller disk is refused before the first run rather than after an hour
KEPT = ("curves", "series", "events")  # what a run may leave besides its row of outcomes, each in a folder of its own
KEYS = ("arm", "seed", "status", "seconds", "error")  # columns of a run that are no outcomes
OURS = {"arms.parquet", "ro-crate-metadata.json", "sessions", "damaged", "runs", *KEPT}
MISSING, FAILED, OK = 0, 1, 2


class StoreError(BadInput):
    """The output directory cannot be used: not writable, full, in use, damaged, or another study's."""


class Run(NamedTuple):
    """One finished run: its place in the experiment, how it went, what it measured and what else it kept."""

    arm: str
    seed: int
    status: str  # "ok" or "failed"
    seconds: float
    error: str  # the traceback of a failed run
    outcomes: dict | None
    kept: dict | None  # "curves": {name: array}; "series", "events": {column: array}, one row a quarter or an event


class Shard(NamedTuple):
    """The `number`th of `of` shards of a study: every `of`-th run of its order, for one task of a job array."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def label(self) -> str:
        """As part of a file's name."""
        return f"{self.number}of{self.of}"


class Store:
    """The runs of one study, in memory or, if `directory` is given, on disk.

    On disk, memory holds one byte for each run of the experiment and the runs of the piece to come.

    >>> store = Store(None)
    >>> store.add(Run("base", 1, "ok", 0.05, "", {"unicorns": 2.0}, None))
    >>> store.table("runs").to_pylist()
    [{'arm': 'base', 'seed': 1, 'status': 'ok', 'seconds': 0.05, 'error': '', 'unicorns': 2.0}]
    """

    def __init__(self, directory: str | os.PathLike | None) -> None:
        self.directory = None if directory is None else Path(directory)
        self.manifest: dict = {}
        self.experiment: Experiment | None = None
        self.shard: Shard | None = None
        self.session: dict = {}
        self._state = bytearray()
        self._waiting: list[Run] = []
        self._written = time.monotonic()
        self._memory: dict[str, list] = {part: [] for part in ("runs", *KEPT)}
        self._locks: list[Lock] = []

    # -- what is there ------------------------------------------------------------------------------------------------

    def _expect(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self._rows = {seed: row for row, seed in enumerate(experiment.seeds)}
        self._columns = {arm.name: column for column, arm in enumerate(experiment.arms)}
        self._state = bytearray(len(self._rows) * len(self._columns))

    def state(self, arm: str, seed: int) -> int:
        """MISSING, FAILED or OK."""
        return self._state[self._rows[seed] * len(self._columns) + self._columns[arm]]

    def _mark(self, arm: str, seed: int, status: str) -> None:
        row, column = self._rows.get(seed), self._columns.get(arm)
        if row is not None and column is not None:  # a seed that this experiment leaves out stays on disk
            place = row * len(self._columns) + column
            self._state[place] = max(self._state[place], OK if status == "ok" else FAILED)

    @property
    def good(self) -> int:
        """Runs of the experiment that went well."""
        return self._state.count(OK)

    @property
    def failed(self) -> int:
        """Runs of the experiment that failed."""
        return self._state.count(FAILED)

    # -- opening ------------------------------------------------------------------------------------------------------

    def open(self, experiment: Experiment, fingerprint: str, about: Mapping, shard: Shard | None = None) -> None:
        """Make the directory or take up the study in it, for writing; refuse it if it is anything else or in use.

        `about` is what the manifest says of the study, with the session that begins; a resumed study keeps its first
        start. Damaged pieces are set aside, so that their runs count as missing.
        """
        self._expect(experiment)
        session = dict(about.get("session", {}))
        about = {key: value for key, value in about.items() if key != "session"}
        self.shard = shard
        if self.directory is None:
            self.manifest = {"fingerprint": fingerprint, **about}
            return
        self._check_writable()
        self._lock()
        try:
            with self._alone():
                place = self.directory / "manifest.json"
                before = self.read_manifest() if place.exists() else None
                if before is None:
                    self._refuse_other_files()
                elif before.get("fingerprint") != fingerprint:
                    raise self._anothers(before, fingerprint, about)
                self._clean()
                started = (before or {}).get("started", about.get("started"))
                self.manifest = {"layout": LAYOUT, "fingerprint": fingerprint, **(before or {}), **about, "started": started}
                try:
                    self._write_arms(about.get("digests", {}))
                    self.manifest.pop("digests", None)
                    self._start(session)
                    self.write_manifest(sessions=self.sessions())
                except StoreError:
                    if before is None:
                        self._take_back()
                    raise
            self._read_state(set_aside=True)
        except BaseException:
            self.free()
            raise

    @classmethod
    def existing(cls, directory: str | os.PathLike, where: str = "--out") -> Store:
        """The study kept in `directory`, for reading only; StoreError if there is none, or a piece is damaged."""
        store = cls(directory)
        store.manifest = store.read_manifest(where)
        store._expect(Experiment.from_dict(store.manifest["experiment"]))
        store._read_state(set_aside=False)
        return store

    def _check_writable(self) -> None:
        """Try what the study will do: make the directory, write a file, move it; and look at the free space."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            probe = self.directory / f".probe.{self._label}.{os.getpid()}.tmp"
            write_whole(probe, b"seedbed", self._label)
            probe.unlink()
            state = os.statvfs(self.directory) if hasattr(os, "statvfs") else None
        except OSError as error:
            raise refused(self.directory, error) from None
        # Network disks and sandboxes that do not know their size report nought blocks: no reason to refuse them.
        if state is not None and state.f_blocks and state.f_bavail * state.f_frsize < SPACE_NEEDED:
            free = state.f_bavail * state.f_frsize
            raise StoreError(
                what="the output directory",
                given=str(self.directory),
                allowed=f"a disk with at least {SPACE_NEEDED / 1e6:.0f} MB free",
                where=f"--out: {free / 1e6:.1f} MB free",
            )

    def _refuse_other_files(self) -> None:
        others = (entry.name for entry in self.directory.iterdir())
        if any(not name.startswith(".") and name not in OURS for name in others):
            raise StoreError(
                what="the output directory",
                given=str(self.directory),
                allowed="a new or empty directory, or the one of this very study",
                where="--out: it holds other files",
            )

    def _anothers(self, before: Mapping, fingerprint: str, about: Mapping) -> StoreError:
        return StoreError(
            what="the output directory",
            given=str(self.directory),
            allowed=f"a new or empty directory, or the one of this very study (fingerprint {fingerprint})",
            where=f"--out: it holds the runs of another study ({difference(before, about)}), fingerprint "
            f"{before.get('fingerprint')}",
        )

    def _take_back(self) -> None:
        """Leave nothing of a study that could not be begun."""
        for place in ("arms.parquet", "ro-crate-metadata.json", "manifest.json"):
            (self.directory / place).unlink(missing_ok=True)
        self._session_place.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (self.directory / "sessions").rmdir()

    # -- who may write ------------------------------------------------------------------------------------------------

    @property
    def _label(self) -> str:
        return "all" if self.shard is None else self.shard.label

    def _lock(self) -> None:
        """The whole directory for a process that does the whole study; its shard for one of a job array."""
        whole = self.directory / ".lock"
        try:
            self._locks.append(Lock(whole, shared=self.shard is not None).take())
            if self.shard is not None:
                self._locks.append(Lock(self.directory / f".lock-{self._label}").take())
        except Held as held:
            self.free()
            who = held.who
            if self.shard is None and not who:  # shards hold it together; each has its own file
                who = next(filter(None, map(holder, sorted(self.directory.glob(".lock-*of*")))), {})
            words = "{host}, process {pid}, since {since}".format_map({"host": "?", "pid": "?", "since": "?", **who})
            shard = "" if self.shard is None else f" (shard {self.shard})"
            raise StoreError(
                what="the output directory",
                given=str(self.directory),
                allowed="a directory that nobody else is writing to; wait for the other one, stop it, or choose another",
                where=f"--out: in use{shard} by {words}",
            ) from None
        except OSError as error:
            self.free()
            raise refused(self.directory, error) from None
        if not all(lock.real for lock in self._locks):
            import logging

            logging.getLogger("seedbed.experiments").warning(
                "%s is on a disk that knows no locks: take care that no other process writes to it", self.directory
            )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """A moment in which no other shard of the study writes what they have in common, such as the manifest."""
        try:
            lock = Lock(self.directory / ".lock-manifest").take(wait=True)
        except OSError as error:
            raise refused(self.directory, error) from None
        with lock:
            yield

    def free(self) -> None:
        """Let others write here."""
        while self._locks:
            self._locks.pop().free()

    def _clean(self) -> None:
        """Delete what a killed writer left: files that were being written, and what was kept of runs not yet stored.

        Only those of this shard, whose lock is ours; everybody's if the whole directory is.
        """
        for place in self.directory.rglob(".*.tmp"):
            if self.shard is None or f".{self._label}." in place.name:
                place.unlink(missing_ok=True)
        for part in KEPT:
            for place in (self.directory / part).glob("*.parquet"):
                own = self.shard is None or f"-{self._label}-" in place.name
                if own and not (self.directory / "runs" / place.name).exists():
                    place.unlink(missing_ok=True)

    # -- writing ------------------------------------------------------------------------------------------------------

    def add(self, run: Run) -> None:
        """Take a finished run; every hundredth, or after ten seconds, write the waiting ones as a piece."""
        with undisturbed():
            self._waiting.append(run)
            if self.experiment is not None:
                self._mark(run.arm, run.seed, run.status)
            if len(self._waiting) >= RUNS_A_PIECE or time.monotonic() - self._written > SECONDS_A_PIECE:
                self.flush()

    def flush(self) -> None:
        """Write the waiting runs: what they kept first, then the runs themselves as the receipt."""
        if not self._waiting:
            return
        waiting = self._waiting
        piece = {part: _kept_table(part, [run for run in waiting if (run.kept or {}).get(part)]) for part in KEPT}
        piece = {part: table for part, table in piece.items() if table is not None}
        receipt = {"kept": ",".join(piece)}
        piece["runs"] = _run_table(waiting, self.manifest.get("outcomes", ())).replace_schema_metadata(receipt)
        if self.directory is None:
            for part, table in piece.items():
                self._memory[part].append(table)
            self._waiting = []
            return
        # A name of its own, so that the shards of a job array that fill one store can never overwrite each other.
        name = f"{waiting[0].seed:06d}-{self._label}-{os.urandom(6).hex()}.parquet"
        with undisturbed():
            for part, table in piece.items():
                self.write_piece(part, name, table)
            self._waiting = []
            self._written = time.monotonic()
            self._count(waiting)

    def write_piece(self, part: str, name: str, table: object) -> None:
        """Write a table as a piece, whole or not at all."""
        try:
            (self.directory / part).mkdir(exist_ok=True)
            write_whole(self.directory / part / name, parquet_bytes(table), self._label)
        except OSError as error:
            raise refused(self.directory, error) from None

    def write_manifest(self, **news: object) -> None:
        """Write the manifest with the given entries renewed, and the metadata made of it."""
        self.manifest.update(news)
        if self.directory is None:
            return
        from .crate import crate

        self._write_json("ro-crate-metadata.json", crate(self.manifest, self.directory))
        self._write_json("manifest.json", self.manifest)

    def _write_json(self, name: str, content: object) -> None:
        text = json.dumps(content, indent=1, ensure_ascii=False, default=_plain) + "\n"
        try:
            (self.directory / name).parent.mkdir(exist_ok=True)
            write_whole(self.directory / name, text.encode(), self._label)
        except OSError as error:
            raise refused(self.directory, error) from None

    def _write_arms(self, digests: Mapping[str, str]) -> None:
        place = self.directory / "arms.parquet"
        content = parquet_bytes(arms_table(self.experiment, digests))
        try:
            if not place.exists() or place.read_bytes() != content:
                write_whole(place, content, self._label)
        except OSError as error:
            raise refused(self.directory, error) from None

    # -- sessions -----------------------------------------------------------------------------------------------------

    @property
    def _session_place(self) -> Path:
        return self.directory / "sessions" / f"{self.session['id']}.json"

    def _start(self, session: Mapping) -> None:
        began = now()
        self.session = {
            "id": f"{began[:19].replace(':', '').replace('-', '')}-{self._label}-{os.urandom(3).hex()}",
            "started": began,
            "updated": began,
            "status": "running",
            "shard": None if self.shard is None else str(self.shard),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "runs": 0,
            "failed": 0,
            "seconds": 0.0,
            **session,
        }
        self._write_json(f"sessions/{self.session['id']}.json", self.session)

    def _count(self, runs: Sequence[Run]) -> None:
        if not self.session:
            return
        self.session["updated"] = now()
        self.session["runs"] += len(runs)
        self.session["failed"] += sum(run.status != "ok" for run in runs)
        self.session["seconds"] = round(self.session["seconds"] + sum(run.seconds for run in runs), 3)
        self._write_json(f"sessions/{self.session['id']}.json", self.session)

    def sessions(self) -> list[dict]:
        """Every time that this study was run, the first one first. One that was killed has no `ended`."""
        found = []
        for place in sorted((self.directory / "sessions").glob("*.json")):
            try:
                found.append(json.loads(place.read_text(encoding="utf-8")))
            except (OSError, ValueError) as error:
                raise StoreError(
                    what="a session of the study",
                    given=str(place),
                    allowed="the JSON that a study wrote; it may be deleted",
                    where=f"--out: {error}",
                ) from None
        return sorted(found, key=lambda session: (session["started"], session["id"]))

    def writing(self, session: Mapping) -> bool:
        """Whether the session, as far as can be told from here, is running now."""
        shard = session.get("shard")
        name = ".lock" if shard is None else f".lock-{shard.replace('/', 'of')}"
        who = holder(self.directory / name) if session.get("status") == "running" else None
        return bool(who) and (who.get("host"), who.get("pid")) == (session.get("host"), session.get("pid"))

    def close(self, status: str) -> None:
        """Write what is waiting, tell in the manifest how far the study is, and let others write here.

        `status` says how the session ended: complete, interrupted or stopped. The study is complete when no run is missing.
        """
        try:
            self.flush()
            if self.directory is None:
                self.manifest["status"] = status
                return
            with self._alone():
                if self.shard is not None:  # the other shards went on meanwhile
                    self._read_state(set_aside=False)
                ended = now()
                self.session |= {"updated": ended, "ended": ended, "status": status}
                self._write_json(f"sessions/{self.session['id']}.json", self.session)
                sessions, wanted = self.sessions(), len(self.experiment)
                done = self.good + self.failed
                self.write_manifest(
                    status="complete" if done == wanted else "partial" if status == "complete" else status,
                    ended=ended,
                    sessions=sessions,
                    runs=done,
                    runs_in_experiment=wanted,
                    runs_failed=self.failed,
                    seconds_of_runs=round(sum(session["seconds"] for session in sessions), 3),
                )
        finally:
            self.free()

    # -- reading ------------------------------------------------------------------------------------------------------

    def read_manifest(self, where: str = "--out") -> dict:
        """The manifest as it stands on disk; StoreError if there is none, it is damaged or of another version."""
        place = self.directory / "manifest.json"
        try:
            manifest = json.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _no_study(self.directory, where) from None
        except (OSError, ValueError) as error:
            raise StoreError(
                what="the manifest", given=str(place), allowed="the JSON that a study wrote", where=f"{where}: {error}"
            ) from None
        layout = manifest.get("layout") if isinstance(manifest, dict) else None
        if layout != LAYOUT:
            versions = (manifest.get("sessions") or [{}])[-1].get("versions", {}) if layout else {}
            wrote = f"it is of layout {layout}, written by seedbed {versions.get('seedbed', 'of another version')}"
            raise StoreError(
                what="the manifest",
                given=str(place),
                allowed=f"a manifest of layout {LAYOUT}, as this version writes it; read an older study with the version "
                "that wrote it, or run it anew in another directory",
                where=f"{where}: {wrote if layout else 'it names no layout'}",
            )
        return manifest

    def pieces(self, part: str = "runs") -> list[Path]:
        """The pieces of a part in the order of their names; those without a receipt do not count."""
        if not self.directory.is_dir():
            raise _no_study(self.directory, "--out")
        found = sorted((self.directory / part).glob("*.parquet"))
        if part == "runs":
            return found
        receipts = {place.name for place in self.pieces()}
        return [place for place in found if place.name in receipts]

    def tables(self, part: str, columns: Sequence[str] | None = None) -> Iterator:
        """The pieces of a part as pyarrow tables, one after the other; StoreError names one that is damaged."""
        self.flush()
        if self.directory is None:
            yield from (table.select(columns) if columns else table for table in self._memory[part])
            return
        for place in self.pieces(part):
            yield read_piece(place, columns)

    def table(self, part: str, columns: Sequence[str] | None = None):
        """A part as one pyarrow table (columns that some pieces lack are null there); None if there is nothing."""
        import pyarrow as pa

        tables = list(self.tables(part, columns))
        return pa.concat_tables(tables, promote_options="default").unify_dictionaries() if tables else None

    def _read_state(self, *, set_aside: bool) -> None:
        """Which runs are there. A damaged piece is refused, or, with `set_aside`, moved to damaged/ and told."""
        self._state = bytearray(len(self._state))
        for place in self.pieces():
            try:
                # All columns when resuming: only then are the checksums of all of them looked at.
                table = read_piece(place, None if set_aside else ["arm", "seed", "status"])
                for part in kept_with(table):
                    check_piece(self.directory / part / place.name)
            except StoreError as damage:
                if not set_aside:
                    raise
                self._set_aside(place.name, damage)
                continue
            for row in zip(*(table[name].to_pylist() for name in ("arm", "seed", "status")), strict=True):
                self._mark(*row)

    def _set_aside(self, name: str, damage: StoreError) -> None:
        import logging

        for part in ("runs", *KEPT):
            place = self.directory / part / name
            with contextlib.suppress(FileNotFoundError):  # another shard may have seen the damage at the same time
                (self.directory / "damaged" / part).mkdir(parents=True, exist_ok=True)
                os.replace(place, self.directory / "damaged" / part / name)
        log = logging.getLogger("seedbed.experiments")
        log.warning("%s is damaged (%s): set aside in %s, its runs are done again", damage.given, damage.why, self.directory / "damaged")


# -- pieces -----------------------------------------------------------------------------------------------------------


class Damaged(StoreError):
    """A piece that cannot be read."""

    def __init__(self, place: Path, why: str) -> None:
        super().__init__(
            what="a piece of the study",
            given=str(place),
            allowed="a whole Parquet file; the command that runs the study sets it aside and does its runs again",
            where=f"--out: it is damaged, {why}",
        )
        self.why = why

    def __reduce__(self):
        return type(self), (Path(self.given), self.why)


def read_piece(place: Path, columns: Sequence[str] | None = None):
    """A piece as a pyarrow table, its checksums looked at; Damaged if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(place, page_checksum_verification=True, read_dictionary=["arm"]) as file:
            return file.read(columns)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise Damaged(place, str(error).splitlines()[0]) from None


def kept_with(runs: object) -> list[str]:
    """The parts that were written together with a piece of runs, as its receipt says."""
    return [part for part in (runs.schema.metadata or {}).get(b"kept", b"").decode().split(",") if part]


def check_piece(place: Path) -> None:
    """Damaged if the file is not there or has no whole ending."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_metadata(place)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise Damaged(place, str(error).splitlines()[0]) from None


def parquet_bytes(table: object):
    """The table as a Parquet file with checksums."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def _run_table(runs: Sequence[Run], declared: Iterable[str]):
    """One row a run. Every piece has a column for each outcome that the model declares, so that all have one schema.

    An outcome that a run does not have (NaN) is null, which duckdb, polars and pandas leave out of a mean.
    """
    import numpy as np
    import pyarrow as pa

    measured = {name for run in runs if run.outcomes for name in run.outcomes}
    names = [*declared, *sorted(measured - set(declared))]
    none = float("nan")
    values = {name: np.array([(run.outcomes or {}).get(name, none) for run in runs], dtype=np.float64) for name in names}
    return pa.table(
        {
            "arm": pa.array([run.arm for run in runs], pa.string()).dictionary_encode(),
            "seed": pa.array([run.seed for run in runs], pa.int64()),
            "status": pa.array([run.status for run in runs], pa.string()),
            "seconds": pa.array([run.seconds for run in runs], pa.float64()),
            "error": pa.array([run.error for run in runs], pa.string()),
        }
        | {name: pa.array(column, from_pandas=True) for name, column in values.items()}
    )


def _kept_table(part: str, runs: Sequence[Run]):
    """What runs kept: curves as one row a run with lists, series and events as one row a quarter or an event."""
    import numpy as np
    import pyarrow as pa

    if not runs:
        return None
    if part != "curves":
        tables = []
        for run in runs:
            table = run.kept[part] if isinstance(run.kept[part], pa.Table) else pa.table(dict(run.kept[part]))
            arm, seed = pa.scalar(run.arm), pa.scalar(run.seed, pa.int64())
            own = {"arm": pa.repeat(arm, len(table)).dictionary_encode(), "seed": pa.repeat(seed, len(table))}
            tables.append(pa.table(own | {name: table[name] for name in table.column_names}))
        return pa.concat_tables(tables, promote_options="default").unify_dictionaries()
    columns = {
        "arm": pa.array([run.arm for run in runs], pa.string()).dictionary_encode(),
        "seed": pa.array([run.seed for run in runs], pa.int64()),
    }
    for name in sorted({name for run in runs for name in run.kept["curves"]}):
        parts = [np.asarray(run.kept["curves"].get(name, ()), dtype=np.float64) for run in runs]
        offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int32)
        columns[name] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(parts)))
    return pa.table(columns)


def arms_table(experiment: Experiment, digests: Mapping[str, str]):
    """One row an arm: its name, its scenario, the digest of all that it sets, then a column for each factor."""
    import pyarrow as pa

    columns = {
        "arm": pa.array([arm.name for arm in experiment.arms], pa.string()),
        "scenario": pa.array([arm.scenario_name for arm in experiment.arms], pa.string()),
        "digest": pa.array([digests.get(arm.name) for arm in experiment.arms], pa.string()),
    }
    for path, values in factors_of(experiment).items():
        try:
            columns[path] = pa.array(values, from_pandas=True)
        except (pa.ArrowException, TypeError):  # numbers in some arms, words in others
            columns[path] = pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.table(columns)


def factors_of(experiment: Experiment) -> dict[str, list]:
    """Factor -> its value in each arm: the plan's own table, or what the arms change (None: as the scenario has it)."""
    if experiment.cells:
        return {path: list(values) for path, values in experiment.cells.items()}
    paths = dict.fromkeys(path for arm in experiment.arms for path in arm.changes)
    return {path: [arm.changes.get(path) for arm in experiment.arms] for path in paths}


# -- small parts ------------------------------------------------------------------------------------------------------


def write_whole(place: Path, content: object, label: str = "all") -> None:
    """Write a file so that it is either whole or absent, whatever stops the writing.

    `label` names the writer's shard, so that the shard that is resumed knows which leftovers are its own.
    """
    place = Path(place)
    beside = place.with_name(f".{place.name}.{label}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C waits until the block is done, so that a piece is not written twice. Only the main thread hears Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = []
    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):
                before[number] = handler
                signal.signal(number, lambda *how: heard.append(how))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if heard:
        before[heard[0][0]](*heard[0])


def digest_of(thing: object) -> str:
    """Twelve hexadecimal figures that name a JSON value, whatever the order of its keys."""
    text = json.dumps(thing, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def difference(there: Mapping, here: Mapping) -> str:
    """In which way the study of one manifest is another than that of a second, in words."""
    a, b = there.get("experiment", {}), here.get("experiment", {})
    for name, words in (("name", "its name"), ("years", "its years"), ("burn_in", "its burn-in")):
        if a.get(name) != b.get(name):
            return f"{words}: {a.get(name)!r} there, {b.get(name)!r} here"
    if there.get("source") != here.get("source"):
        return f"older rules or newer ones: source hash {there.get('source')} there, {here.get('source')} here"
    arms = [{arm["name"]: arm for arm in one.get("arms", ())} for one in (a, b)]
    for name in sorted(arms[0].keys() ^ arms[1].keys()):
        return f"its arms: {name!r} is only {'there' if name in arms[0] else 'here'}"
    for name, arm in arms[0].items():
        if list(arm.get("keeps", ())) != list(arms[1][name].get("keeps", ())):
            return f"what arm {name!r} keeps: {list(arm['keeps'])} there, {list(arms[1][name]['keeps'])} here"
    return f"{a.get('name')!r}, with another scenario or other settings"


def refused(directory: Path, error: OSError) -> StoreError:
    """An error of the disk as a sentence: what happened, where, and that what was written before is whole."""
    import errno

    why = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EACCES: "no permission to write",
        errno.EPERM: "no permission to write",
        errno.EROFS: "the disk is read-only",
        errno.ENOTDIR: "part of the path is a file",
        errno.EEXIST: "it is a file",
        errno.EFBIG: "the limit on file size is reached",
    }.get(error.errno, str(error))
    return StoreError(
        what="the output directory",
        given=str(directory),
        where=f"--out: {why}",
        allowed="a directory that can be written, with space left; runs stored before remain and can be resumed",
    )


def now() -> str:
    """This moment, in universal time."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _no_study(directory: Path, where: str) -> StoreError:
    return StoreError(
        what="the study", given=str(directory), allowed="a directory with a manifest.json of a study", where=where
    )


def _plain(value: object) -> object:
    """What JSON has no word for: numpy numbers, tuples in sets, paths, mappings."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
