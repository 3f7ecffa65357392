"""Chance is looked up, not drawn.

Every uncertain thing that can happen has an address: the seed of the world, the quarter, who it
happens to, with whom, and which decision it is. The number at an address is fixed, so what one
agent meets with does not depend on what anyone else did before, on the order in which agents act,
or on how many there are. Two worlds that differ by a policy share all other luck.

The number at an address is that of numpy's own Philox4x64-10 generator (Salmon, Moraes, Dror and
Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), whose block of four 64-bit words at

    key = (seed, SALT), counter = (decision, now, who, other)

is, word for word,

    np.random.Philox(key=[seed, SALT], counter=[decision, now, who, other]).random_raw(4)

(numpy adds one to the first counter word before it makes its first block; the rules here do the
same, so the counter written above is the one to give to numpy). :func:`redraw` does this for anyone
at a prompt:

>>> redraw(seed=1, now=12, who=77, decision="docs example")
0.5357449468709848

Names of decisions are turned into numbers by :func:`decision`; identities by :func:`identity` and
:func:`child`. ``other`` is 0 where only one agent is concerned; where two are, ``(who, other)`` and
``(other, who)`` are two addresses.
"""

from __future__ import annotations

import hashlib
import math
import sys
from typing import Any, NamedTuple

import numpy as np

from .rule import MASK, high_product, i64, market_rule, rule, u64

__all__ = [
    "SALT",
    "DecisionEntry",
    "child",
    "decision",
    "decisions",
    "exponential_quantile",
    "fill_buckets",
    "hash_u64",
    "identity",
    "normal",
    "normal_pair",
    "normal_quantile",
    "normals4",
    "pick",
    "pick_bucket",
    "pick_other_bucket",
    "poisson_quantile",
    "redraw",
    "redraw_words",
    "uniform",
    "uniform_pair",
    "uniforms4",
    "word",
]

SALT = u64(0x7365_6564_6265_6421)
"""Second half of the generator's key, the letters ``seedbed!``: our draws for seed 1 are not those
of every other program that seeds Philox with 1."""


# --- Names of decisions ----------------------------------------------------------------------------


class DecisionEntry(NamedTuple):
    """One decision in the list of all: what it is called, its number, where it is taken."""

    name: str
    code: int
    module: str
    about: str


_decisions: dict[int, DecisionEntry] = {}


def _code(name: str) -> int:
    # 63 bits: adding one to it (see the top of this file) never carries into the next counter word.
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") >> 1


def decision(name: str, about: str = "") -> Any:
    """Declare a decision and return its number, for use as a constant of the module.

    ``FEASIBLE = decision("feasible", "does the idea work at all?")`` at the top level of a rule file.
    The number comes from the name alone, so adding a decision leaves the luck of all others as it was.
    Each name belongs to one module: two places that draw under one name would share their luck.

    Raises ValueError if another module has the name, or another name has the number.
    """
    module = str(sys._getframe(1).f_globals.get("__name__", ""))
    entry = DecisionEntry(name, _code(name), module, about)
    known = _decisions.get(entry.code)
    if known is not None and (known.name, known.module) != (name, module):
        raise ValueError(f"the decision {name!r} of {module} is taken: {known.name!r} of {known.module} has its number")
    _decisions[entry.code] = entry
    return u64(entry.code)


def decisions() -> list[DecisionEntry]:
    """All decisions declared by the modules imported so far, by name."""
    return sorted(_decisions.values())


# --- The generator ---------------------------------------------------------------------------------

_MULTIPLY_0 = u64(0xD2E7_470E_E14C_6C93)
_MULTIPLY_1 = u64(0xCA5A_8263_9512_1157)
_STEP_0 = u64(0x9E37_79B9_7F4A_7C15)
_STEP_1 = u64(0xBB67_AE85_84CA_A73B)
_ZERO = u64(0)
_ONE = u64(1)


@rule
def _block(seed, now, who, decision, other):
    """The four words at an address. All arguments u64."""
    a = (decision + _ONE) & MASK
    b = now
    c = who
    d = other
    key_0 = seed
    key_1 = SALT
    for _ in range(10):
        high_a = high_product(_MULTIPLY_0, a)
        low_a = (_MULTIPLY_0 * a) & MASK
        high_c = high_product(_MULTIPLY_1, c)
        low_c = (_MULTIPLY_1 * c) & MASK
        a = high_c ^ b ^ key_0
        b = low_c
        c = high_a ^ d ^ key_1
        d = low_a
        key_0 = (key_0 + _STEP_0) & MASK
        key_1 = (key_1 + _STEP_1) & MASK
    return a, b, c, d


_DROPPED_BITS = u64(12)


@rule
def _unit(bits):
    """A word as a number strictly between 0 and 1: the middle of one of 2**52 equal intervals.

    52 bits and not 53: with 53 the last middle would round to exactly 1.
    """
    return ((bits >> _DROPPED_BITS) + 0.5) * 2.220446049250313e-16  # 2**-52


@rule
def word(seed, now, who, decision, other, lane):
    """One of the four 64-bit words at an address; ``lane`` is 0, 1, 2 or 3."""
    a, b, c, d = _block(u64(seed), u64(now), u64(who), u64(decision), u64(other))
    if lane == 0:
        return a
    if lane == 1:
        return b
    if lane == 2:
        return c
    return d


@rule
def uniform(seed, now, who, decision):
    """A number evenly spread between 0 and 1, neither included, for one agent's decision."""
    a, _, _, _ = _block(u64(seed), u64(now), u64(who), u64(decision), _ZERO)
    return _unit(a)


@rule
def uniform_pair(seed, now, who, other, decision):
    """A number evenly spread between 0 and 1, neither included, for ``who`` deciding about ``other``."""
    a, _, _, _ = _block(u64(seed), u64(now), u64(who), u64(decision), u64(other))
    return _unit(a)


@rule
def uniforms4(seed, now, who, decision):
    """Four independent numbers between 0 and 1 for the price of one; the first is ``uniform``'s."""
    a, b, c, d = _block(u64(seed), u64(now), u64(who), u64(decision), _ZERO)
    return _unit(a), _unit(b), _unit(c), _unit(d)


@rule
def normal(seed, now, who, decision):
    """A standard normal number (mean 0, standard deviation 1) for one agent's decision."""
    return normal_quantile(uniform(seed, now, who, decision))


@rule
def normal_pair(seed, now, who, other, decision):
    """A standard normal number for ``who`` deciding about ``other``."""
    return normal_quantile(uniform_pair(seed, now, who, other, decision))


@rule
def normals4(seed, now, who, decision):
    """Four independent standard normal numbers at one address; the first is ``normal``'s."""
    a, b, c, d = uniforms4(seed, now, who, decision)
    return normal_quantile(a), normal_quantile(b), normal_quantile(c), normal_quantile(d)


@rule
def pick(seed, now, who, decision, n):
    """One of the ``n`` whole numbers 0, 1, ..., n - 1 with equal chances; -1 if there is none.

    For choices among a fixed list (sectors, cities). For a choice among agents, whose number differs
    between worlds, use buckets: :func:`fill_buckets`.
    """
    if n < 1:
        return i64(-1)
    return i64(uniform(seed, now, who, decision) * n)


# --- Other distributions: one uniform number in, one value out ---------------------------------------


@rule
def normal_quantile(u):
    """The standard normal value below which the share ``u`` of values lies, 0 < u < 1.

    Algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988): relative error about 1e-16.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return (
            q
            * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
                   + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
                + 133.14166789178437745) * r + 3.387132872796366608)
            / (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
                   + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
                + 42.313330701600911252) * r + 1.0)
        )  # fmt: skip
    r = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r = r - 1.6
        size = (
            (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                 + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
              + 4.6303378461565452959) * r + 1.42343711074968357734)
            / (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                    + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
                  + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                + 2.05319162663775882187) * r + 1.0)
        )  # fmt: skip
    else:
        r = r - 5.0
        size = (
            (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                  + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
                + 0.29656057182850489123) * r + 1.7848265399172913358) * r
              + 5.4637849111641143699) * r + 6.6579046435011037772)
            / (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                    + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
                  + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
                + 0.59983220655588793769) * r + 1.0)
        )  # fmt: skip
    return -size if q < 0.0 else size


@rule
def exponential_quantile(u):
    """The waiting time of mean 1 below which the share ``u`` of waiting times lies: ``-ln(1 - u)``."""
    return -math.log(1.0 - u)


_SUMMED_UP_TO = 600.0


@rule
def poisson_quantile(u, mean):
    """How many events: the smallest k at which the Poisson distribution with this mean reaches ``u``.

    By adding up the probabilities of 0, 1, 2, ... events. Above a mean of 600, where the probability
    of no event comes near the smallest float, the normal approximation with Fisher and Cornish's
    correction for skewness is used; it is within one event. 0 if the mean is not positive.
    """
    if not mean > 0.0:
        return i64(0)
    if mean > _SUMMED_UP_TO:
        z = normal_quantile(u)
        return i64(math.floor(mean + math.sqrt(mean) * z + (z * z - 1.0) / 6.0 + 0.5))
    chance = math.exp(-mean)
    reached = chance
    k = 0
    while u > reached:
        k += 1
        chance = chance * mean / k
        if k > mean and reached + chance == reached:
            break  # the rest is too small to add: u lies beyond the last digit
        reached += chance
    return i64(k)


# --- Identities ------------------------------------------------------------------------------------

_MIX_1 = u64(0xBF58_476D_1CE4_E5B9)
_MIX_2 = u64(0x94D0_49BB_1331_11EB)
_IDENTITY = u64(0x6964_656E_7469_7479)  # the letters "identity"
_CHILD = u64(0x6368_696C_6420_6F66)  # the letters "child of"
_BITS_30 = u64(30)
_BITS_27 = u64(27)
_BITS_31 = u64(31)


@rule
def _mix(bits):
    """Stir 64 bits so that each depends on all (the finaliser of SplitMix64; one to one)."""
    bits = ((bits ^ (bits >> _BITS_30)) * _MIX_1) & MASK
    bits = ((bits ^ (bits >> _BITS_27)) * _MIX_2) & MASK
    return bits ^ (bits >> _BITS_31)


@rule
def _absorb(state, number):
    return _mix((state + _STEP_0 + number) & MASK)


@rule
def _not_zero(key):
    return _ONE if key == _ZERO else key


@rule
def hash_u64(key, salt):
    """64 well-stirred bits of a key, different for every salt."""
    return _absorb(_absorb(u64(salt), u64(key)), u64(salt))


@rule
def identity(a, b, c, d):
    """The key of an agent from four whole numbers that say who it is (place, cohort, number, kind).

    64 stirred bits (four rounds of SplitMix64's finaliser, each taking in one number), never 0,
    so that 0 can stand for nobody. Two of a million agents share a key with a chance of 3 in 100
    million. A key must not depend on anything a policy could change: not on a row number,
    not on how many came before.
    """
    state = _mix(_IDENTITY)
    state = _absorb(state, u64(a))
    state = _absorb(state, u64(b))
    state = _absorb(state, u64(c))
    state = _absorb(state, u64(d))
    return _not_zero(state)


@rule
def child(key, number, tag):
    """The key of something that belongs to an agent: a founder's second venture, a fund's third holding.

    ``tag`` says what kind of thing (any number or a :func:`decision`), ``number`` which of them.
    """
    state = _absorb(_mix(_CHILD ^ u64(key)), u64(number))
    return _not_zero(_absorb(state, u64(tag)))


# --- Picking agents so that worlds stay paired -------------------------------------------------------
#
# "The third of the seven still alive" is somebody else as soon as there are eight, so picking by
# position lets one survivor shift the luck of everyone. Instead each member claims buckets of a table
# by its identity, and a pick goes to a bucket. One member more changes only the picks that now go to it.


@market_rule
def fill_buckets(keys, weights, seed_salt, table):
    """Let members claim buckets of a table; return how many buckets have an owner.

    ``keys[i]`` (u64) is member i's identity and ``weights[i]`` how many buckets it claims: 0 for
    one that cannot be picked, more for one that should be picked more often. ``table`` (whole numbers;
    its length a power of two, four times the sum of weights or more, and the same in all worlds to be
    compared) receives i for a bucket owned by member i, -1 for one without owner. ``seed_salt`` should
    differ by seed, tick and purpose, for instance ``word(seed, now, 0, MATCHING, 0, 0)``: the draw of
    buckets favours some members, by chance, and should favour others next time.

    Where two claim one bucket, the one whose identity hashes to the smaller number has it (a hash with
    the salt, so that nobody loses for life). The result does not depend on the order of members.
    """
    size = len(table)
    if size < 1 or size & (size - 1) != 0:
        raise ValueError("the length of a table of buckets is a power of two")
    last = u64(size - 1)
    salt = u64(seed_salt)
    for bucket in range(size):
        table[bucket] = -1
    owned = 0
    for member in range(len(keys)):
        key = u64(keys[member])
        rank = hash_u64(key, salt)
        for claim in range(weights[member]):
            bucket = i64(_absorb(rank, u64(claim)) & last)
            owner = table[bucket]
            if owner < 0:
                table[bucket] = member
                owned += 1
            else:
                owner_key = u64(keys[owner])
                owner_rank = hash_u64(owner_key, salt)
                if rank < owner_rank or (rank == owner_rank and key < owner_key):
                    table[bucket] = member
    return owned


@rule
def pick_other_bucket(table, u, member):
    """As :func:`pick_bucket`, but never ``member``: for one who picks somebody else."""
    size = len(table)
    bucket = i64(u * size)
    for _ in range(size):
        found = i64(table[bucket])
        if found >= 0 and found != member:
            return found
        bucket += 1
        if bucket == size:
            bucket = i64(0)
    return i64(-1)


@rule
def pick_bucket(table, u):
    """The member that owns bucket ``u * size`` or, if none does, the next bucket owned; -1 if none is.

    ``u`` is a uniform number between 0 and 1.
    """
    return pick_other_bucket(table, u, i64(-1))


# --- Looking a draw up from a prompt -----------------------------------------------------------------


def redraw_words(seed: int, now: int, who: int, decision: int | str, with_whom: int = 0) -> np.ndarray:
    """The four words at an address, made by numpy: what the compiled rules must agree with."""
    code = _code(decision) if isinstance(decision, str) else int(decision)
    key = np.array([int(seed), int(SALT)], dtype=np.uint64)
    counter = np.array([code, int(now), int(who), int(with_whom)], dtype=np.uint64)
    return np.asarray(np.random.Philox(key=key, counter=counter).random_raw(4))


def redraw(seed: int, now: int, who: int, decision: int | str, with_whom: int = 0, word: int = 0) -> float:
    """The uniform number at an address, made by numpy: why did this happen to that one?

    ``decision`` is a name given to :func:`decision`, or its number; ``word`` (0 to 3) which of the four
    numbers there. Equal bit for bit to :func:`uniform`, :func:`uniform_pair` and :func:`uniforms4`.
    """
    bits = int(redraw_words(seed, now, who, decision, with_whom)[word])
    return ((bits >> 12) + 0.5) * 2.0**-52
