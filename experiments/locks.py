"""Who may write into a study's directory: one process, or one for each shard of a job array.

A lock is the operating system's (`flock`) on a file of the directory. The kernel frees it when its process ends, however
it ends, so that a process killed by `kill -9` leaves no lock behind. The file says who holds it.

On network disks: NFS (Linux, since 2.6.12) and GPFS pass the lock on to the server, so that it holds between machines;
Lustre does where it is mounted with `flock`. A disk that knows no locks is used without, and that is told: two writers
then cost double work, never data, since what each writes has a name of its own and a run found twice counts once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import time
import weakref
from datetime import datetime, timezone
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["Held", "Lock", "holder"]

NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
_open: weakref.WeakSet[Lock] = weakref.WeakSet()


class Held(Exception):
    """Somebody else holds the lock; `who` is what its file says: host, pid, since."""

    def __init__(self, who: dict) -> None:
        super().__init__(who)
        self.who = who


class Lock:
    """A lock on the file `place`, held from `take` to `free` or to the end of the process.

    shared : several may hold it at once, but not together with one that is not shared.
    real   : False where the disk knows no locks.
    """

    def __init__(self, place: Path, *, shared: bool = False) -> None:
        self.place, self.shared, self.real = Path(place), shared, True
        self._file: int | None = None

    def take(self, wait: bool = False) -> Lock:
        """Take the lock; Held if somebody else has it (`wait`: stand in line instead). OSError if the file cannot be made."""
        while True:
            self._file = os.open(self.place, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
            _open.add(self)
            if not self._locked(wait):
                self.real = False
                return self
            # Its last holder may have deleted the file in between: then the lock is on a file that nobody else will find.
            with contextlib.suppress(FileNotFoundError):
                here, there = os.fstat(self._file), os.stat(self.place)
                if (here.st_ino, here.st_dev) == (there.st_ino, there.st_dev):
                    break
            self._close()
        if not self.shared:
            about = {"host": socket.gethostname(), "pid": os.getpid(), "since": _now()}
            with contextlib.suppress(OSError):  # a full disk can still be locked
                os.ftruncate(self._file, 0)
                os.pwrite(self._file, json.dumps(about).encode(), 0)
        return self

    def _locked(self, wait: bool) -> bool:
        """Whether the lock is ours now; False where the disk has none to give."""
        if fcntl is None:
            return False
        how = (fcntl.LOCK_SH if self.shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(self._file, how)
        except OSError as error:
            if error.errno in NO_LOCKS_HERE:
                return False
            who = _read(self.place)
            self._close()
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise Held(who) from None
            raise
        return True

    def free(self) -> None:
        """Give the lock back and delete its file, if nobody else shares it."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            if fcntl is not None and self.real:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.place.unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        _open.discard(self)

    def __enter__(self) -> Lock:
        return self if self._file is not None else self.take()

    def __exit__(self, *_: object) -> None:
        self.free()


def holder(place: Path) -> dict | None:
    """Who holds the lock on `place` just now: host, pid, since; None if nobody does."""
    if fcntl is None or not place.exists():
        return None
    lock = Lock(place, shared=True)
    try:
        lock._file = os.open(place, os.O_RDONLY)
        lock._locked(wait=False)
    except Held as held:
        return held.who
    except OSError:
        return None
    finally:
        lock._close()
    return None


def _read(place: Path) -> dict:
    """What the lock's file says; its holder may be writing it just now."""
    for _ in range(3):
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads(place.read_text()))
        time.sleep(0.05)
    return {}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _let_go_in_child() -> None:
    # A forked child shares the parent's open files and would hold the lock after the parent is gone.
    for lock in list(_open):
        lock._close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
