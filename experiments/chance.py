"""A second generator of chance, for the question whether a finding is owed to the first.

The rules look chance up in Philox4x64-10 (`seedbed.agents.draws`). Another seed is other luck of the same generator; it
cannot show that the generator itself has no part in a result. Here is one of another make, from the same paper:
Threefry4x64-20, which adds, rotates and mixes bits where Philox multiplies. At every address (seed, quarter, who, with
whom, which decision) it gives four 64-bit words, as Philox does:

    key = (seed, SALT, 0, 0), counter = (decision, now, who, other)

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the cipher is Threefish-256
without tweak and with 20 rounds (Ferguson and others, "The Skein hash function family", 2010).

Compiled rules have their generator built in, so a process has one or the other from its first rule to its last:
`processes` gives workers that are born with Threefry. Identities and the buckets by which partners are picked are made by
a hash of their own and stay as they are.
"""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path

__all__ = ["GENERATORS", "born_with_threefry", "generator", "processes", "threefry"]

GENERATORS = ("philox", "threefry")
_MASK = (1 << 64) - 1
_PARITY = 0x1BD1_1BDA_A9FC_1A22
_TURNS = ((14, 16), (52, 57), (23, 40), (5, 37), (25, 33), (46, 12), (58, 22), (32, 32))
ROUNDS = 20

_FOLDER_OF_COMPILED = "NUMBA_CACHE_DIR"

_here = "philox"
_starting = threading.Lock()


def generator() -> str:
    """The generator of this process."""
    return _here


def threefry(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """Threefry4x64-20 written as in the paper, in whole numbers of Python: what the compiled form must agree with.

    >>> [f"{word:016x}" for word in threefry((0, 0, 0, 0), (0, 0, 0, 0))]
    ['09218ebde6c85537', '55941f5266d86105', '4bd25e16282434dc', 'ee29ec846bd2e40b']
    """
    keys = [*key, _PARITY ^ key[0] ^ key[1] ^ key[2] ^ key[3]]
    x = [(word + keys[place]) & _MASK for place, word in enumerate(counter)]
    for number in range(ROUNDS):
        for turn, (left, right) in zip(_TURNS[number % 8], ((0, 1), (2, 3)) if number % 2 == 0 else ((0, 3), (2, 1)), strict=True):
            x[left] = (x[left] + x[right]) & _MASK
            x[right] = ((x[right] << turn | x[right] >> (64 - turn)) & _MASK) ^ x[left]
        if number % 4 == 3:
            step = number // 4 + 1
            x = [(word + keys[(step + place) % 5] + (step if place == 3 else 0)) & _MASK for place, word in enumerate(x)]
    return tuple(x)


def _block_of_threefry():
    """The rule that stands in for that of Philox: the four words at an address."""
    from seedbed.agents.draws import SALT
    from seedbed.agents.rule import MASK, rule, u64

    parity, zero, whole = u64(_PARITY), u64(0), u64(64)
    t = tuple(u64(turn) for pair in _TURNS for turn in pair)
    steps = tuple(u64(number) for number in range(ROUNDS // 4 + 1))

    @rule
    def turned(word, turn):
        return ((word << turn) & MASK) | (word >> (whole - turn))

    @rule
    def four_rounds(a, b, c, d, first):
        for number in range(first, first + 4):
            left, right = t[2 * number], t[2 * number + 1]
            if number % 2 == 0:
                a = (a + b) & MASK
                b = turned(b, left) ^ a
                c = (c + d) & MASK
                d = turned(d, right) ^ c
            else:
                a = (a + d) & MASK
                d = turned(d, left) ^ a
                c = (c + b) & MASK
                b = turned(b, right) ^ c
        return a, b, c, d

    @rule
    def block(seed, now, who, decision, other):
        """The four words at an address. All arguments u64."""
        k0, k1, k2, k3 = seed, SALT, zero, zero
        k4 = parity ^ k0 ^ k1
        a, b, c, d = (decision + k0) & MASK, (now + k1) & MASK, (who + k2) & MASK, (other + k3) & MASK
        for step in range(1, 6):
            a, b, c, d = four_rounds(a, b, c, d, 4 * ((step - 1) % 2))
            # the five words of the key take turns
            k0, k1, k2, k3, k4 = k1, k2, k3, k4, k0
            a, b, c, d = (a + k0) & MASK, (b + k1) & MASK, (c + k2) & MASK, (d + k3 + steps[step]) & MASK
        return a, b, c, d

    return block


def born_with_threefry() -> None:
    """Give this process the other generator: to be called before any rule is compiled or loaded, and not to be undone.

    Compiled rules are kept apart from those of Philox (see `processes`), for a rule built with one generator would
    otherwise be loaded where the other is asked for. Raises RuntimeError where that has been left out.
    """
    global _here
    from seedbed.agents import draws
    from seedbed.agents.rule import cache_folder

    folder = cache_folder()
    if folder is not None and _own_folder_name() not in folder.parts:
        raise RuntimeError("rules compiled with another generator need a folder of their own: start the process with chance.processes")
    draws._block = _block_of_threefry()
    _here = "threefry"


def _own_folder_name() -> str:
    """Changes with this file, so that rules are never loaded with an older form of the generator."""
    return "threefry-" + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


class _Newborn(SpawnProcess):
    """A fresh process whose compiled rules are kept in a folder of their own, told to it by the environment it is born with."""

    def start(self) -> None:
        from seedbed.agents.rule import cache_folder

        folder = cache_folder()
        with _starting:
            before = os.environ.get(_FOLDER_OF_COMPILED)
            if folder is not None:
                os.environ[_FOLDER_OF_COMPILED] = str(folder.parent / _own_folder_name())
            try:
                super().start()
            finally:
                if before is not None:
                    os.environ[_FOLDER_OF_COMPILED] = before
                else:
                    os.environ.pop(_FOLDER_OF_COMPILED, None)


class _Nursery(SpawnContext):
    Process = _Newborn


def processes(number: int) -> ProcessPoolExecutor:
    """Workers, each a fresh process whose chance is Threefry. The rules are compiled once, about half a minute, and kept."""
    return ProcessPoolExecutor(number, _Nursery(), initializer=born_with_threefry)
