"""Estimates with intervals from paired runs: differences, interactions, ratios, peaks, survival.

All of it rests on one idea: the seed is the unit. Every arm ran under the same seeds, so a resample of seeds carries
all arms along, and a difference between two arms is the difference of paired runs. The intervals are bootstrap
intervals over seeds (bias-corrected and accelerated by default; Efron 1987), because counts of unicorns and fund
multiples have heavy tails for which a normal interval is wrong.

Shapes: n seeds, k arms, m outcomes. A NaN (a run that failed, a time to a unicorn where there was none) drops that seed
for the contrast concerned, and `n` says how many seeds were left.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from seedbed.agents.errors import BadInput

__all__ = [
    "Estimate",
    "Family",
    "Peak",
    "band",
    "benjamini_hochberg",
    "contrast",
    "cumulative_incidence",
    "family",
    "holm",
    "influence",
    "interaction",
    "mean",
    "pairing_gain",
    "paired",
    "peak",
    "resampled",
    "share_remaining",
]

RESAMPLES = 4000
LEVEL = 0.95
NORMAL = NormalDist()
KEY = "seedbed"  # names the stream of resamples: the same seeds give the same intervals, on any machine


@dataclass(frozen=True)
class Estimate:
    """A value with its interval and the number of seeds behind it; fields are numbers, or arrays over outcomes."""

    value: object
    low: object
    high: object
    n: object

    def __getitem__(self, place) -> Estimate:
        return Estimate(self.value[place], self.low[place], self.high[place], self.n[place])

    @property
    def sign(self):
        """+1 if the interval lies above zero, -1 if below, 0 if it covers zero, is infinite or cannot be told."""
        low, high = np.asarray(self.low), np.asarray(self.high)
        told = np.isfinite(low) & np.isfinite(high)
        return np.where(told & (low > 0), 1, np.where(told & (high < 0), -1, 0))[()]


# -- the bootstrap ----------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=8)
def resampling(n: int, resamples: int = RESAMPLES, key: str = KEY) -> np.ndarray:
    """How often each of n seeds is drawn in each resample: (resamples, n), every row summing to n.

    One table for all contrasts, so that estimates which share seeds share their resamples too.
    """
    import hashlib

    words = np.frombuffer(hashlib.sha256(f"{key}/{n}/{resamples}".encode()).digest()[:16], dtype="<u8")
    draws = np.random.Generator(np.random.Philox(key=words)).integers(0, n, size=(resamples, n))
    flat = np.bincount((draws + n * np.arange(resamples)[:, None]).ravel(), minlength=resamples * n)
    return flat.reshape(resamples, n).astype(float)


def _each(function, values: np.ndarray) -> np.ndarray:
    return np.array([function(x) if math.isfinite(x) else math.nan for x in values.ravel()]).reshape(values.shape)


def _interval(value, replicates, jackknife, level, method):
    """Bootstrap interval for each of m estimates.

    value (m), replicates (b, m), jackknife (n, m) with NaN where leaving a seed out was not possible.
    Percentile: the quantiles of the replicates. BCa: the same quantiles moved by the bias z0 (the share of
    replicates below the value) and the acceleration a (the skewness of the jackknife):

        alpha' = Phi(z0 + (z0 + z_alpha) / (1 - a (z0 + z_alpha)))
    """
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    ordered = np.sort(replicates, axis=0)  # NaN last
    usable = np.sum(~np.isnan(ordered), axis=0)
    m = replicates.shape[1]
    at = np.repeat(tails[:, None], m, axis=1)
    if method == "bca":
        with np.errstate(all="ignore"):
            below = (np.sum(replicates < value, axis=0) + np.sum(replicates <= value, axis=0)) / 2
            share = np.clip(below / usable, 0.5 / np.maximum(usable, 1), 1 - 0.5 / np.maximum(usable, 1))
            z0 = _each(NORMAL.inv_cdf, share)
            there = np.isfinite(jackknife)
            left_out = np.where(there, jackknife, 0.0)
            away = np.where(there, left_out.sum(axis=0) / there.sum(axis=0) - left_out, 0.0)
            acceleration = (away**3).sum(axis=0) / (6 * (away**2).sum(axis=0) ** 1.5)
            acceleration = np.where(np.isfinite(acceleration), acceleration, 0.0)
            z = z0 + _each(NORMAL.inv_cdf, tails)[:, None]
            at = _each(NORMAL.cdf, z0 + z / (1 - acceleration * z))
        at = np.where(np.isfinite(at), at, tails[:, None])
    elif method != "percentile":
        raise ValueError(f"unknown interval {method!r}: 'bca' or 'percentile'")
    place = at * np.maximum(usable - 1, 0)
    left = np.floor(place).astype(int)
    right = np.minimum(left + 1, np.maximum(usable - 1, 0))
    lower, upper = np.take_along_axis(ordered, left, axis=0), np.take_along_axis(ordered, right, axis=0)
    with np.errstate(invalid="ignore"):  # two infinite neighbours
        bounds = np.where(lower == upper, lower, lower + (place - left) * (upper - lower))
    # Too few resamples in which the estimate exists at all: no honest interval.
    return np.where(usable < 0.5 * len(replicates), np.nan, bounds)


def _statistics(numerator, weights, denominator, mask, resamples, key):
    """The weighted sum over arms of (sum of numerator / sum of denominator): value, replicates, jackknife, n.

    numerator (n, k, m); denominator the same or None (then the mean); mask (n, m) says which seeds count.
    """
    n, k, m = numerator.shape
    table = resampling(n, resamples, key)
    counted = mask.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        if denominator is None:
            # A mean is linear: weigh the arms first, then one table of sums is enough. Equal arms cancel exactly.
            x = np.where(mask, np.einsum("k,nkm->nm", weights, np.where(np.isnan(numerator), 0.0, numerator)), 0.0)
            sums, seeds = x.sum(axis=0), counted.sum(axis=0)
            value = sums / seeds
            replicates = (table @ x) / (table @ counted)
            jackknife = (sums - x) / (seeds - counted)
        else:
            top = np.where(mask[:, None, :], numerator, 0.0)
            low = np.where(mask[:, None, :], denominator, 0.0)
            value = np.einsum("k,km->m", weights, top.sum(axis=0) / low.sum(axis=0))
            tops, lows = ((table @ part.reshape(n, k * m)).reshape(-1, k, m) for part in (top, low))
            replicates = np.einsum("k,bkm->bm", weights, tops / lows)
            jackknife = np.einsum("k,nkm->nm", weights, (top.sum(axis=0) - top) / (low.sum(axis=0) - low))
    return value, replicates, np.where(mask, jackknife, np.nan), mask.sum(axis=0)


def contrast(
    numerator,
    weights: Sequence[float],
    denominator=None,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    method: str = "bca",
    key: str = KEY,
) -> Estimate:
    """The sum over arms of weight x (arm's estimate), with its interval.

    An arm's estimate is the mean over seeds of `numerator`, or, with a `denominator`, the ratio of sums over seeds:
    unicorns per billion is all unicorns over all billions, since a mean of per-run ratios lets the poorest runs rule.
    numerator, denominator: (n, k) or (n, k, m). Weights (1,) is a mean, (-1, 1) a paired difference, (1, -1, -1, 1) an
    interaction. A seed counts only if all arms with a weight are finite there.

    >>> e = contrast(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 3.0]]), (-1, 1))
    >>> float(e.value), int(e.n)
    (1.0, 3)
    """
    numerator = np.asarray(numerator, dtype=float)
    single = numerator.ndim == 2
    weights = np.asarray(weights, dtype=float)
    used = weights != 0
    shape = (*numerator.shape, 1) if single else numerator.shape
    numerator = numerator.reshape(shape)[:, used]
    mask = np.isfinite(numerator).all(axis=1)
    if denominator is not None:
        denominator = np.broadcast_to(np.asarray(denominator, dtype=float).reshape(shape), shape)[:, used]
        mask &= np.isfinite(denominator).all(axis=1)
    value, replicates, jackknife, n = _statistics(numerator, weights[used], denominator, mask, resamples, key)
    low, high = _interval(value, replicates, jackknife, level, method)
    # One seed tells nothing about the spread.
    low, high = np.where(n < 2, np.nan, low), np.where(n < 2, np.nan, high)
    result = Estimate(value, low, high, n)
    return result[0] if single else result


def mean(values, denominator=None, **options) -> Estimate:
    """Mean over seeds (or ratio of sums) of each column: values (n,) or (n, m)."""
    values = np.asarray(values, dtype=float)
    single = values.ndim == 1
    shape = (len(values), 1, 1) if single else (len(values), 1, values.shape[1])
    if denominator is not None:
        denominator = np.asarray(denominator, dtype=float).reshape(shape)
    result = contrast(values.reshape(shape), (1.0,), denominator, **options)
    return result[0] if single else result


def paired(base, other, base_denominator=None, other_denominator=None, **options) -> Estimate:
    """other - base, seed by seed: (n,) or (n, m) each."""
    return _of_arms((base, other), (-1.0, 1.0), (base_denominator, other_denominator), options)


def interaction(base, first, second, both, denominators=None, **options) -> Estimate:
    """What the two changes do together beyond the sum of what each does alone: both - first - second + base."""
    return _of_arms((base, first, second, both), (1.0, -1.0, -1.0, 1.0), denominators or (None,) * 4, options)


def _of_arms(arms, weights, denominators, options) -> Estimate:
    stacked = np.stack([np.asarray(arm, dtype=float) for arm in arms], axis=1)
    below = None
    if any(part is not None for part in denominators):
        below = np.stack([np.asarray(part, dtype=float) for part in denominators], axis=1)
    return contrast(stacked, weights, below, **options)


def resampled(statistic, n: int, *, level: float = LEVEL, resamples: int = RESAMPLES, method: str = "bca", key: str = KEY) -> Estimate:
    """Any estimate made of sums over seeds, with its interval: for what `contrast` has no form for.

    statistic(weights) is given how often each of n seeds counts, (b, n), and answers (b,) or (b, m).

    >>> x = np.array([1.0, 2.0, 4.0])
    >>> bool(resampled(lambda weights: weights @ x / weights.sum(axis=1), 3).value == x.mean())
    True
    """

    def at(weights):
        found = np.asarray(statistic(weights), dtype=float)
        return found.reshape(len(weights), -1), found.ndim

    (value, shape), (replicates, _) = at(np.ones((1, n))), at(resampling(n, resamples, key))
    if n < 2:
        low = high = np.full(value.shape[1], np.nan)
    else:
        jackknife, _ = at(1.0 - np.eye(n))
        low, high = _interval(value[0], replicates, jackknife, level, method)
    result = Estimate(value[0], np.asarray(low), np.asarray(high), np.full(value.shape[1], n))
    return result[0] if shape == 1 else result


def share_remaining(
    on,
    off,
    on_denominator=None,
    off_denominator=None,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    method: str = "bca",
    key: str = KEY,
) -> Estimate:
    """How much of a paired effect is left with a mechanism switched off: (effect off) / (effect on).

    on, off: (n, 2) or (n, 2, m), the base arm and the changed arm, with the mechanism working and switched off. 1 = it
    carries none of the effect, 0 = all of it, below 0 = without it the effect turns round. NaN where the effect to be
    divided by is itself not clearly different from zero: a share of nothing means nothing.
    """
    single = np.ndim(on) == 2
    on, off, on_denominator, off_denominator = (
        None if part is None else np.asarray(part, dtype=float).reshape(len(part), 2, -1)
        for part in (on, off, on_denominator, off_denominator)
    )
    mask = np.ones((len(on), on.shape[2]), dtype=bool)
    for part in (on, off, on_denominator, off_denominator):
        if part is not None:
            mask &= np.isfinite(part).all(axis=1)
    weights = np.array([-1.0, 1.0])
    value_on, replicates_on, jackknife_on, n = _statistics(on, weights, on_denominator, mask, resamples, key)
    value_off, replicates_off, jackknife_off, _ = _statistics(off, weights, off_denominator, mask, resamples, key)
    low_on, high_on = _interval(value_on, replicates_on, jackknife_on, level, method)
    told = (n >= 2) & ((low_on > 0) | (high_on < 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = value_off / value_on
        # The ratio of two noisy effects is skewed anyhow: plain percentiles, without the corrections for small bias.
        bounds = _interval(value, replicates_off / replicates_on, jackknife_off / jackknife_on, level, "percentile")
    low, high = np.where(told, bounds, np.nan)
    result = Estimate(np.where(told, value, np.nan), low, high, n)
    return result[0] if single else result


def pairing_gain(base, other) -> float:
    """How many times more runs independent seeds would need for the same interval of the difference.

        (var base + var other) / var(other - base)

    1 = pairing gains nothing; NaN if the difference does not vary.
    """
    base, other = np.asarray(base, dtype=float), np.asarray(other, dtype=float)
    ok = np.isfinite(base) & np.isfinite(other)
    if ok.sum() < 2:
        return float("nan")
    apart = np.var(base[ok], ddof=1) + np.var(other[ok], ddof=1)
    spread = np.var(other[ok] - base[ok], ddof=1)
    # A constant difference leaves rounding behind, not a gain.
    return float(apart / spread) if spread > 1e-18 * apart else float("nan")


# -- many comparisons at once -----------------------------------------------------------------------------------------

MOST_RESAMPLES = 40000  # p-values of large families need a fine scale; beyond this the memory and time are not worth it


def influence(numerator, weights: Sequence[float], denominator=None):
    """What each seed adds to a contrast: (value, parts (n, m), mask (n, m)), the parts summing to nought over seeds.

    From the jackknife, u_i = (n - 1) (mean of the estimates without one seed - the estimate without seed i): for a mean
    exactly x_i - mean(x), for a ratio of sums its first-order part. The standard error is sqrt(sum u_i^2 / (n (n - 1))).
    Shapes as in `contrast`; a seed that does not count has part 0 and mask False.
    """
    numerator = np.asarray(numerator, dtype=float)
    shape = (*numerator.shape, 1) if numerator.ndim == 2 else numerator.shape
    weights = np.asarray(weights, dtype=float)
    used = weights != 0
    numerator = numerator.reshape(shape)[:, used]
    mask = np.isfinite(numerator).all(axis=1)
    if denominator is not None:
        denominator = np.broadcast_to(np.asarray(denominator, dtype=float).reshape(shape), shape)[:, used]
        mask &= np.isfinite(denominator).all(axis=1)
    weights = weights[used]
    n = mask.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if denominator is None:
            x = np.where(mask, np.einsum("k,nkm->nm", weights, np.where(np.isnan(numerator), 0.0, numerator)), 0.0)
            value = x.sum(axis=0) / n
            return value, np.where(mask, x - value, 0.0), mask
        top = np.where(mask[:, None, :], numerator, 0.0)
        low = np.where(mask[:, None, :], denominator, 0.0)
        tops, lows = top.sum(axis=0), low.sum(axis=0)
        value = np.einsum("k,km->m", weights, tops / lows)
        without = np.einsum("k,nkm->nm", weights, (tops - top) / (lows - low))
        middle = np.where(mask, without, 0.0).sum(axis=0) / n
        return value, np.where(mask, (n - 1) * (middle - without), 0.0), mask


@dataclass(frozen=True)
class Family:
    """Contrasts judged together; every field an array over the m contrasts.

    value, low, high : the estimates with bands that hold all at once (with the level asked, over the whole family)
    error            : standard errors
    p                : p-value of each alone, two-sided, from the studentised bootstrap
    holm             : adjusted by Holm (1979): at most 5% chance of any false finding, whatever the dependence
    discovery        : adjusted by Benjamini and Hochberg (1995): at most 5% of the findings are false, on average
    joint            : adjusted by step-down max-t (Westfall and Young 1993; Romano and Wolf 2005): as Holm, but it knows
                       how the contrasts hang together, and so finds more
    critical         : the half-width of the bands in standard errors (1.96 for one contrast of many seeds)
    """

    value: object
    low: object
    high: object
    error: object
    n: object
    p: object
    holm: object
    discovery: object
    joint: object
    critical: float


def family(
    numerator,
    weights: Sequence[float],
    denominator=None,
    *,
    level: float = LEVEL,
    resamples: int | None = None,
    key: str = KEY,
) -> Family:
    """Many contrasts over the same seeds, as `contrast` takes them, with bands and p-values for all of them together.

    One resample of seeds serves all contrasts, so what they share (the same base arm, the same luck) is kept:

        t = value / error,   t* = (mean of resampled u) / (its standard error),   band = value -+ c error,
        c = the `level` quantile over resamples of the largest |t*| of the family,   p = (1 + #{|t*| >= |t|}) / (1 + b)

    with u the seeds' influences. The more contrasts, the more resamples (at least 4,000), since p cannot be below 1 / (1 + b).

    >>> one = family(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 3.5], [1.0, 1.5]]), (-1, 1))
    >>> bool(one.p[0] == one.holm[0] == one.discovery[0] == one.joint[0])
    True
    """
    value, parts, mask = influence(numerator, weights, denominator)
    seeds, m = parts.shape
    n = mask.sum(axis=0)
    if resamples is None:
        resamples = min(MOST_RESAMPLES, max(RESAMPLES, int(20 * m / (1 - level))))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((parts**2).sum(axis=0) / (n * (n - 1.0)))
        size = np.abs(value / error)
    # A difference that is the same under every seed has no spread: nought is nought, anything else beyond doubt.
    size = np.where(error > 1e-15 * np.abs(value), size, np.where(value == 0, 0.0, np.inf))
    there = (n >= 2) & np.isfinite(value)
    size = np.where(there, size, np.nan)
    order = np.argsort(np.where(there, -size, np.inf), kind="stable")[: int(there.sum())]
    beyond, beyond_step, largest, done = np.zeros(m), np.zeros(len(order)), [], 0
    counted = mask.astype(float)
    while done < resamples and len(order):
        block = min(RESAMPLES, resamples - done)
        table = resampling(seeds, block, key if done == 0 else f"{key}/{done}")
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = table @ counted
            middle = table @ parts / drawn
            spread = (table @ parts**2 / drawn - middle**2) / (drawn - 1)
            studentised = np.abs(middle) / np.sqrt(np.maximum(spread, 0.0))
        studentised = np.where(np.isfinite(studentised), studentised, 0.0)
        beyond += (studentised >= size).sum(axis=0)
        # From the least clear contrast upwards: the largest t* among those not yet decided.
        ahead = np.maximum.accumulate(studentised[:, order[::-1]], axis=1)[:, ::-1]
        beyond_step += (ahead >= size[order]).sum(axis=0)
        largest.append(ahead[:, 0])
        done += block
    p = np.where(there, (1 + beyond) / (1 + resamples), np.nan)
    joint = np.full(m, np.nan)
    joint[order] = np.maximum.accumulate((1 + beyond_step) / (1 + resamples))
    critical = float(np.quantile(np.concatenate(largest), level)) if largest else math.nan
    reach = np.where(there, critical * error, np.nan)
    return Family(value, value - reach, value + reach, error, n, p, holm(p), benjamini_hochberg(p), joint, critical)


def holm(p) -> np.ndarray:
    """p-values so adjusted that the chance of any false finding in the family is at most the level (Holm 1979).

    The smallest of m is multiplied by m, the next by m - 1 and so on, never falling. NaN stays NaN and does not count.

    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03]).tolist()]
    [0.03, 0.06, 0.06]
    """
    p, out, order = _ordered(p)
    steps = p[order] * (len(order) - np.arange(len(order)))
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out


def benjamini_hochberg(p) -> np.ndarray:
    """p-values so adjusted that the expected share of false ones among the findings is at most the level (1995).

    The j-th smallest of m is multiplied by m / j, never above the next larger. Valid for independent or positively
    dependent tests, which paired differences from one base are.

    >>> [round(x, 3) for x in benjamini_hochberg([0.01, 0.04, 0.03]).tolist()]
    [0.03, 0.04, 0.04]
    """
    p, out, order = _ordered(p)
    m = len(order)
    steps = p[order] * m / np.arange(1, m + 1)
    out[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return out


def _ordered(p):
    p = np.asarray(p, dtype=float)
    given = p[np.isfinite(p)]
    if p.ndim != 1 or ((given < 0) | (given > 1)).any():
        raise BadInput(what="the p-values", given=p.tolist(), allowed="a list of numbers from 0 to 1", where="statistics")
    order = np.argsort(p, kind="stable")
    return p, np.full(len(p), np.nan), order[: len(given)]


# -- where more starts to hurt ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Peak:
    """Where along an axis an outcome is best, and where more starts to hurt.

    best        : the value of the axis with the best estimate
    probability : for each value, the share of resamples in which it is the best
    interior    : the share of resamples in which the best lies strictly inside the range tried
    steps       : for each value after the first, the paired change from the value before it
    hurts_from  : the first value whose step is clearly for the worse (interval beyond zero); None if there is none
    decline     : the paired change from the best value to the largest one tried; None if the largest is the best
    """

    values: tuple
    best: float
    probability: tuple
    interior: float
    steps: tuple
    hurts_from: float | None
    decline: Estimate | None


def peak(numerator, values: Sequence[float], denominator=None, *, good: int = 1, key: str = KEY, **options) -> Peak:
    """Find the best value along an axis: numerator (n, k), one column per value; good = -1 if less is better.

    The probabilities come from resampling seeds for all values together, so noise common to them cancels.
    """
    numerator = np.asarray(numerator, dtype=float)
    below = None if denominator is None else np.asarray(denominator, dtype=float)
    ok = np.isfinite(numerator).all(axis=1) & (True if below is None else np.isfinite(below).all(axis=1))
    k = numerator.shape[1]
    resamples = options.get("resamples", RESAMPLES)
    if not ok.any():
        return Peak(tuple(values), float("nan"), (float("nan"),) * k, float("nan"), (), None, None)
    top = numerator[ok]
    low = np.ones_like(top) if below is None else below[ok]
    table = resampling(len(top), resamples, key)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimates = good * top.sum(axis=0) / low.sum(axis=0)
        replicates = good * (table @ top) / (table @ low)
    replicates = np.where(np.isnan(replicates), -np.inf, replicates)
    # Several values equally good (an outcome that does not move): each gets its part of the resample.
    winners = replicates == replicates.max(axis=1, keepdims=True)
    probability = (winners / winners.sum(axis=1, keepdims=True)).mean(axis=0)
    best = int(np.argmax(np.where(np.isnan(estimates), -np.inf, estimates)))

    def changes(starts: list[int], ends: list[int]) -> Estimate:
        parts = [
            None if part is None else np.stack([part[:, starts], part[:, ends]], axis=1) for part in (numerator, below)
        ]
        return contrast(parts[0], (-1.0, 1.0), parts[1], key=key, **options)

    # The steps, and at the end the way from the best value to the largest.
    made = changes([*range(k - 1), best], [*range(1, k), k - 1])
    steps = tuple(made[place] for place in range(k - 1))
    worse = [values[place + 1] for place, step in enumerate(steps) if good * step.sign < 0]
    return Peak(
        tuple(values),
        values[best],
        tuple(float(share) for share in probability),
        float(probability[1:-1].sum()),
        steps,
        worse[0] if worse else None,
        made[k - 1] if best < k - 1 else None,
    )


# -- curves -----------------------------------------------------------------------------------------------------------


def cumulative_incidence(at_risk, *endings):
    """Aalen-Johansen with several ways out: the shares still there, and gone each way, by each age.

    at_risk and each of endings (deaths, exits, ...): (..., ages), counts at the start of and during each quarter of age.
    Returns as many arrays of shape (..., ages + 1), the first column at age 0, together summing to one:

        S(a+1) = S(a) (1 - sum_k d_k / n),   F_k(a+1) = F_k(a) + S(a) d_k / n

    Other endings are not treated as censored: that would estimate the failures in a world in which nobody is ever bought
    or listed (Fine & Gray 1999). Ventures alive at the end of the run are censored.
    """
    n, *ways = (np.asarray(part, dtype=float) for part in (at_risk, *endings))
    with np.errstate(divide="ignore", invalid="ignore"):
        leave = [np.where(n > 0, d / n, 0.0) for d in ways]
    stay = np.cumprod(1 - np.sum(leave, axis=0), axis=-1)
    start = np.ones((*n.shape[:-1], 1))
    before = np.concatenate((start, stay[..., :-1]), axis=-1)
    nought = np.zeros_like(start)
    gone = (np.concatenate((nought, np.cumsum(before * d, axis=-1)), axis=-1) for d in leave)
    return np.concatenate((start, stay), axis=-1), *gone


def band(curves, statistic=None, *, level: float = LEVEL, resamples: int = 1000, key: str = KEY):
    """A curve with a pointwise bootstrap band over seeds.

    curves: one array (n, ages), or several; `statistic` turns the sums over seeds of each, (..., ages), into the
    curve to be shown (default: the first divided by the number of seeds, that is the mean). Returns value, low, high,
    each (ages) or the shape the statistic gives. Percentile intervals: the curves are pooled over many ventures.
    """
    parts = [np.asarray(part, dtype=float) for part in (curves if isinstance(curves, (tuple, list)) else (curves,))]
    ok = np.all([np.isfinite(part).all(axis=1) for part in parts], axis=0)
    parts = [part[ok] for part in parts]
    n = len(parts[0])
    if statistic is None:

        def statistic(sums):
            return sums / n

    value = statistic(*(part.sum(axis=0) for part in parts))
    table = resampling(n, resamples, key)
    replicates = np.asarray(statistic(*(table @ part for part in parts)))
    tails = [(1 - level) / 2, (1 + level) / 2]
    # The resample axis is the last but one: a statistic may put axes of its own in front.
    low, high = _quantiles(replicates, tails)
    return value, low, high


def _quantiles(replicates, tails):
    ordered = np.sort(replicates, axis=-2)
    last = ordered.shape[-2] - 1
    out = []
    for tail in tails:
        place = tail * last
        left = int(np.floor(place))
        right = min(left + 1, last)
        share = place - left
        out.append(ordered[..., left, :] * (1 - share) + ordered[..., right, :] * share)
    return out
