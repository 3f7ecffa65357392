"""Where runs are kept: one directory a study, written so that a stop at any moment leaves a valid, resumable study.

    <directory>/manifest.json      the experiment, every parameter with its source, versions, the hash of the rules, sessions
    <directory>/runs/*.parquet     one row a run: arm, seed, status, seconds, error, then one column per outcome
    <directory>/curves/*.parquet   one row a run of the arms that keep curves: arm, seed, one list column per curve

A shard is a hundred runs or ten seconds of them. It is written beside its place and moved there in one step
(`os.replace`), so that a shard is either whole or absent. A directory belongs to one fingerprint: the arms, the
scenarios behind them, the years and the hash of the rules. More seeds are more of the same study; anything else is
another study and is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from seedbed.agents.errors import BadInput

__all__ = ["Run", "Store", "StoreError", "refused", "write_whole"]

LAYOUT = 1
RUNS_A_SHARD = 100
SECONDS_A_SHARD = 10.0
SPACE_NEEDED = 20e6  # bytes; a smaller disk is refused before the first run rather than after an hour


class StoreError(BadInput):
    """The output directory cannot be used: not writable, full, damaged, or another study's."""


class Run(NamedTuple):
    """One finished run: its place in the experiment, how it went, and what it measured."""

    arm: str
    seed: int
    status: str  # "ok" or "failed"
    seconds: float
    error: str  # the traceback of a failed run
    outcomes: dict | None
    curves: dict | None


class Store:
    """The runs of one study, in memory and, if `directory` is given, on disk.

    >>> store = Store(None)
    >>> store.add(Run("base", 1, "ok", 0.05, "", {"unicorns": 2.0}, None))
    >>> sorted(store.runs)
    [('base', 1)]
    """

    def __init__(self, directory: str | os.PathLike | None) -> None:
        self.directory = None if directory is None else Path(directory)
        self.runs: dict[tuple[str, int], Run] = {}
        self.manifest: dict = {}
        self._waiting: list[Run] = []
        self._written = time.monotonic()

    # -- opening ------------------------------------------------------------------------------------------------------

    def open(self, fingerprint: str, about: Mapping) -> None:
        """Make the directory or take up the study in it; refuse it if it is anything else.

        `about` is what the manifest says of the study; a resumed study keeps its first start and adds a session.
        """
        if self.directory is None:
            self.manifest = {"fingerprint": fingerprint, **about}
            return
        self._check_writable()
        place = self.directory / "manifest.json"
        if place.exists():
            manifest = self.read_manifest()
            if manifest.get("fingerprint") != fingerprint:
                raise StoreError(
                    what="the output directory",
                    given=str(self.directory),
                    allowed=f"a new or empty directory, or the one of this very study (fingerprint {fingerprint})",
                    where="--out: it holds the runs of another study, of another scenario or of older rules, "
                    f"{manifest.get('experiment', {}).get('name', 'unknown')!r}, "
                    f"fingerprint {manifest.get('fingerprint')}",
                )
            sessions = manifest.get("sessions", [])
            self.manifest = {**manifest, **about, "sessions": sessions + list(about.get("sessions", []))}
            self.manifest["started"] = manifest.get("started", about.get("started"))
            self.read_runs()
        else:
            if any(not entry.name.startswith(".") for entry in self.directory.iterdir()):
                raise StoreError(
                    what="the output directory",
                    given=str(self.directory),
                    allowed="a new or empty directory, or the one of this very study",
                    where="--out: it holds other files",
                )
            self.manifest = {"layout": LAYOUT, "fingerprint": fingerprint, **about}
        self.write_manifest()

    @classmethod
    def existing(cls, directory: str | os.PathLike) -> Store:
        """The study kept in `directory`, with all its runs, for reading."""
        store = cls(directory)
        store.manifest = store.read_manifest()
        store.read_runs()
        return store

    def _check_writable(self) -> None:
        """Try what the study will do: make the directory, write a file, move it; and look at the free space."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            probe = self.directory / f".probe-{os.getpid()}"
            write_whole(probe, b"seedbed")
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

    # -- writing ------------------------------------------------------------------------------------------------------

    def add(self, run: Run) -> None:
        """Take a finished run; every hundredth, or after ten seconds, write the waiting ones as a shard."""
        self.runs[run.arm, run.seed] = run
        if self.directory is None:
            return
        self._waiting.append(run)
        if len(self._waiting) >= RUNS_A_SHARD or time.monotonic() - self._written > SECONDS_A_SHARD:
            self.flush()

    def flush(self) -> None:
        """Write the waiting runs. Curves go first: a shard of runs is the receipt that its curves are there too."""
        if self.directory is None or not self._waiting:
            return
        waiting = list(self._waiting)
        # A name of its own per shard, so that two processes filling one store can never overwrite each other.
        name = f"{waiting[0].seed:06d}-{os.urandom(6).hex()}.parquet"
        curves = [run for run in waiting if run.curves]
        if curves:
            self._write_shard("curves", name, _curve_columns(curves))
        self._write_shard("runs", name, _run_columns(waiting))
        # Only now: an interrupt before this line leaves the runs waiting, and the reader drops doubles.
        del self._waiting[: len(waiting)]
        self._written = time.monotonic()

    def _write_shard(self, part: str, name: str, columns: dict) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), buffer, compression="zstd")
        try:
            (self.directory / part).mkdir(exist_ok=True)
            write_whole(self.directory / part / name, buffer.getvalue())
        except OSError as error:
            raise refused(self.directory, error) from None

    def write_manifest(self, **news: object) -> None:
        """Write the manifest with the given entries renewed."""
        self.manifest.update(news)
        if self.directory is None:
            return
        text = json.dumps(self.manifest, indent=1, ensure_ascii=False, default=_plain) + "\n"
        try:
            write_whole(self.directory / "manifest.json", text.encode())
        except OSError as error:
            raise refused(self.directory, error) from None

    # -- reading ------------------------------------------------------------------------------------------------------

    def read_manifest(self) -> dict:
        """The manifest as it stands on disk; StoreError if there is none or it is damaged."""
        place = self.directory / "manifest.json"
        try:
            manifest = json.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StoreError(
                what="the study",
                given=str(self.directory),
                allowed="a directory with a manifest.json of a study",
                where="--out",
            ) from None
        except (OSError, ValueError) as error:
            raise StoreError(
                what="the manifest", given=str(place), allowed="the JSON that a study wrote", where=f"--out: {error}"
            ) from None
        if not isinstance(manifest, dict) or manifest.get("layout") != LAYOUT:
            raise StoreError(
                what="the manifest", given=str(place), allowed=f"a manifest of layout {LAYOUT}", where="--out"
            )
        return manifest

    def read_runs(self) -> None:
        """All runs on disk into memory; a run found twice counts once, a good one before a failed one."""
        curves = {}
        for row in self._rows("curves"):
            key = row.pop("arm"), row.pop("seed")
            curves[key] = row
        for row in self._rows("runs"):
            key = row.pop("arm"), int(row.pop("seed"))
            status, seconds, error = row.pop("status"), row.pop("seconds"), row.pop("error")
            outcomes = row if status == "ok" else None
            kept = self.runs.get(key)
            if kept is None or (kept.status != "ok" and status == "ok"):  # a failed run may have been tried again
                self.runs[key] = Run(*key, status, seconds, error, outcomes, curves.get(key))

    def _rows(self, part: str) -> Iterable[dict]:
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        for place in sorted((self.directory / part).glob("*.parquet")):
            try:
                table = pq.read_table(place)
            except (OSError, pa.ArrowException) as error:
                raise StoreError(
                    what="a shard of the study",
                    given=str(place),
                    allowed="a whole Parquet file; delete this one and resume to have its runs done again",
                    where=f"--out: {error}",
                ) from None
            columns = {}
            for name, column in zip(table.column_names, table.columns, strict=True):
                column = column.combine_chunks()
                if pa.types.is_list(column.type):
                    # A missing curve (null) reads as empty.
                    offsets, flat = column.offsets.to_numpy(), column.values.to_numpy(zero_copy_only=False)
                    columns[name] = [flat[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
                elif pa.types.is_floating(column.type):
                    columns[name] = column.to_numpy(zero_copy_only=False).astype(np.float64).tolist()
                else:
                    columns[name] = column.to_pylist()
            for values in zip(*columns.values(), strict=True):
                yield dict(zip(columns, values, strict=True))


# -- small parts ------------------------------------------------------------------------------------------------------


def write_whole(place: Path, content: bytes) -> None:
    """Write a file so that it is either whole or absent, whatever stops the writing."""
    place = Path(place)
    beside = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def digest_of(thing: object) -> str:
    """Twelve hexadecimal figures that name a JSON value, whatever the order of its keys."""
    text = json.dumps(thing, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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


def _run_columns(runs: list[Run]) -> dict:
    import pyarrow as pa

    names = sorted({name for run in runs if run.outcomes for name in run.outcomes})
    return {
        "arm": [run.arm for run in runs],
        "seed": pa.array([run.seed for run in runs], pa.int64()),
        "status": [run.status for run in runs],
        "seconds": pa.array([run.seconds for run in runs], pa.float64()),
        "error": [run.error for run in runs],
    } | {name: pa.array([(run.outcomes or {}).get(name, float("nan")) for run in runs], pa.float64()) for name in names}


def _curve_columns(runs: list[Run]) -> dict:
    import numpy as np
    import pyarrow as pa

    columns = {"arm": [run.arm for run in runs], "seed": pa.array([run.seed for run in runs], pa.int64())}
    for name in sorted({name for run in runs for name in run.curves}):
        parts = [np.asarray(run.curves.get(name, ()), dtype=np.float64) for run in runs]
        offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int32)
        columns[name] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(parts)))
    return columns


def _plain(value: object) -> object:
    """What JSON has no word for: numpy numbers, tuples in sets, paths, mappings."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
