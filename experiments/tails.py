"""How heavy a tail is: the exponent of a power law, where it begins, and whether it is one at all.

    found = tail(values, seeds)
    print(found)

After Clauset, Shalizi and Newman (2009). The tail begins at the value `least` for which the law fits best
(Kolmogorov-Smirnov), its exponent is that of greatest likelihood,

    p(x) = (alpha - 1) / least (x / least)^-alpha,    alpha = 1 + n / sum log(x_i / least)

and it is held against other laws fitted to the same tail (by the library powerlaw) with Vuong's test. Very often the
honest answer is that a power law and a lognormal cannot be told apart: they differ only where there are few values. A
lognormal with a huge spread imitates any power law, so "power law rather than lognormal" is hardly ever an answer.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from .statistics import LEVEL, Estimate

__all__ = ["OTHERS", "Tail", "Verdict", "tail"]

OTHERS = ("lognormal", "exponential", "truncated_power_law")
FEWEST = 50  # values in the tail below which an exponent says little (Clauset et al., section 3.3)
CANDIDATES = 250  # beginnings tried; of more different values, evenly spaced by rank
DECIDED = 0.1  # p-value below which one law is taken to fit better, as in the paper


@dataclass(frozen=True)
class Verdict:
    """A power law against another law on the same tail.

    ratio : log likelihood of the power law less that of the other; above nought the power law fits better
    p     : how easily chance gives so large a ratio (Vuong 1989; sums over seeds where there are at least ten)
    words : which fits better, or that they cannot be told apart
    """

    other: str
    ratio: float
    p: float
    words: str


@dataclass(frozen=True)
class Tail:
    """The upper tail of some values.

    exponent   : alpha of the density, with its bootstrap interval (whole seeds resampled, the beginning found anew)
    least      : where the tail begins, with its interval
    inside, n  : how many values lie in the tail, of how many positive ones
    distance   : the largest gap between the values and the law (Kolmogorov-Smirnov)
    plausible  : the share of samples truly drawn from the law that fit worse; below 0.1 it is no power law
    against    : verdicts by name of the other law
    """

    exponent: Estimate
    least: Estimate
    inside: int
    n: int
    distance: float
    plausible: float
    against: dict[str, Verdict]
    values: np.ndarray

    @property
    def words(self) -> str:
        """The answer in a sentence."""
        few = f" Only {self.inside} values are in the tail: too few to say much." if self.inside < FEWEST else ""
        law = self.against["lognormal"]
        if self.against["exponential"].words != "a power law fits better":
            answer = "The tail is not clearly heavier than an exponential one."
        elif law.words == "a lognormal fits better":
            answer = "Heavy, but a lognormal fits better than a power law."
        elif self.plausible < DECIDED:
            answer = f"Heavy, but no power law (samples drawn from one fit worse in only {self.plausible:.0%} of cases)."
        elif law.words == "a power law fits better":
            answer = "A power law."
        else:
            answer = "Heavy; a power law and a lognormal cannot be told apart."
        return answer + few

    def __str__(self) -> str:
        e, least = self.exponent, self.least
        return (
            f"{self.words}\nexponent {e.value:.2f} ({e.low:.2f} to {e.high:.2f}) from {least.value:.3g} on "
            f"({least.low:.3g} to {least.high:.3g}), {self.inside} of {self.n} values"
        )


def tail(
    values: Any,
    seeds: Any = None,
    *,
    least: float | None = None,
    level: float = LEVEL,
    resamples: int = 200,
    seed: int = 1,
) -> Tail:
    """The tail of positive values, such as the prices at which ventures left or the multiples of deals.

    values : (n,); values that are not positive and NaN have no place in a tail and are left out.
    seeds  : (n,) the run that each value comes from: values of one city are not independent, so whole runs are
             resampled. Without it the values are.
    least  : where the tail begins, if that is known; otherwise found.

    BadInput if there are fewer than ten different positive values.
    """
    x, run_of = _checked(values, seeds, least, level, resamples)
    fitted_least, alpha, distance = _fit(x, least)
    rng = np.random.default_rng(seed)
    groups = _groups(x, run_of)
    drawn = np.array([_fit(np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]), least)[:2] for _ in range(resamples)])
    edges = [(1 - level) / 2, (1 + level) / 2]
    there = drawn[np.isfinite(drawn).all(axis=1)]
    enough = len(groups) > 1 and len(there) >= resamples / 2
    bounds = np.quantile(there, edges, axis=0) if enough else np.full((2, 2), np.nan)
    inside = x >= fitted_least
    return Tail(
        Estimate(alpha, float(bounds[0, 1]), float(bounds[1, 1]), len(groups)),
        Estimate(fitted_least, float(bounds[0, 0]), float(bounds[1, 0]), len(groups)),
        int(inside.sum()),
        len(x),
        distance,
        _plausible(x, fitted_least, alpha, distance, least, resamples, rng),
        _against(x[inside], run_of[inside], fitted_least, alpha),
        np.sort(x),
    )


def _checked(values: Any, seeds: Any, least: float | None, level: float, resamples: int):
    x = np.asarray(values, dtype=float)
    where = "tail"
    if x.ndim != 1:
        raise BadInput(what="the values", given=f"an array of shape {x.shape}", allowed="a list of numbers", where=where)
    run_of = np.arange(len(x)) if seeds is None else np.asarray(seeds)
    if run_of.shape != x.shape:
        raise BadInput(what="the seeds", given=f"{len(run_of)} of them", allowed=f"one for each of the {len(x)} values", where=where)
    if not 0.5 <= level < 1:
        raise BadInput(what="the level of the intervals", given=level, allowed="a share from 0.5 to below 1", where=where)
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 20:
        raise BadInput(what="the number of resamples", given=resamples, allowed="a whole number of at least 20", where=where)
    kept = np.isfinite(x) & (x > 0)
    x, run_of = x[kept], run_of[kept]
    if len(np.unique(x)) < 10:
        raise BadInput(what="the values", given=f"{len(np.unique(x))} different positive ones", allowed="at least ten", where=where)
    if least is not None and not (np.isfinite(least) and least > 0 and (x >= least).sum() >= 5):
        raise BadInput(what="the beginning of the tail", given=least, allowed=f"a number above nought with at least five values beyond it, up to {np.sort(x)[-5]:.4g}", where=where)
    return x, run_of


def _groups(x: np.ndarray, run_of: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(run_of, kind="stable")
    edges = np.flatnonzero(run_of[order][1:] != run_of[order][:-1]) + 1
    return np.split(x[order], edges)


def _fit(x: np.ndarray, least: float | None = None) -> tuple[float, float, float]:
    """(least, alpha, distance) of the best power-law tail of x."""
    x = np.sort(x)
    n = len(x)
    if least is not None:
        starts = np.array([np.searchsorted(x, least)])
        beginnings = np.array([float(least)])
    else:
        different, starts = np.unique(x, return_index=True)
        starts = starts[: max(1, len(different) - 1)]  # the largest value alone is no tail
        if len(starts) > CANDIDATES:
            starts = starts[np.linspace(0, len(starts) - 1, CANDIDATES).astype(int)]
        beginnings = x[starts]
    logs = np.log(x)
    beyond = np.append(np.cumsum(logs[::-1])[::-1], 0.0)
    best = (math.nan, math.nan, math.inf)
    for start, begin in zip(starts.tolist(), beginnings.tolist(), strict=True):
        size = n - start
        total = beyond[start] - size * math.log(begin)
        if size < 2 or total <= 0:
            continue
        alpha = 1 + size / total
        law = 1 - np.exp((1 - alpha) * (logs[start:] - math.log(begin)))
        steps = np.arange(size)
        distance = float(max((law - steps / size).max(), ((steps + 1) / size - law).max()))
        if distance < best[2]:
            best = (begin, float(alpha), distance)
    return best


def _plausible(x, least, alpha, distance, fixed, samples, rng) -> float:
    """The goodness of fit of Clauset et al.: the body drawn from the values, the tail from the law, the whole fitted anew."""
    body = x[x < least]
    share = 1 - len(body) / len(x)
    worse = 0
    for _ in range(samples):
        in_tail = rng.random(len(x)) < share if len(body) else np.ones(len(x), dtype=bool)
        made = np.empty(len(x))
        made[in_tail] = least * (1 - rng.random(in_tail.sum())) ** (-1 / (alpha - 1))
        if len(body):
            made[~in_tail] = rng.choice(body, (~in_tail).sum())
        worse += _fit(made, fixed)[2] >= distance
    return worse / samples


@contextlib.contextmanager
def _powerlaw_quiet() -> Iterator[None]:
    # powerlaw 2.0 warns of its own old names, and of fits that run to the edge of what is possible, which verdicts allow for.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _against(inside: np.ndarray, run_of: np.ndarray, least: float, alpha: float) -> dict[str, Verdict]:
    own = math.log((alpha - 1) / least) - alpha * np.log(inside / least)
    found = {}
    with _powerlaw_quiet():
        import powerlaw

        fit = powerlaw.Fit(inside, xmin=least, verbose=False)
        for name in OTHERS:
            try:
                other = np.asarray(getattr(fit, name).loglikelihoods(inside), dtype=float)
            except Exception:  # the library finds no parameters: the other law does not fit at all
                other = np.full(len(inside), np.nan)
            found[name] = _verdict(name, own - other, run_of, alpha)
    return found


def _verdict(name: str, gain: np.ndarray, run_of: np.ndarray, alpha: float) -> Verdict:
    article = {"exponential": "an exponential", "truncated_power_law": "a power law with a cut-off"}.get(name, f"a {name}")
    ratio = float(gain.sum())
    if not math.isfinite(ratio):
        return Verdict(name, math.nan, math.nan, f"{article} could not be fitted")
    if name == "truncated_power_law":
        # The power law lies inside the other family: twice the ratio is chi-squared with one degree of freedom (Wilks).
        p = math.erfc(math.sqrt(max(-ratio, 0.0)))
        return Verdict(name, ratio, p, f"{article} fits better" if p < DECIDED else "no sign of a cut-off")
    runs = np.unique(run_of, return_inverse=True)[1]
    if runs.max() + 1 >= 10:
        gain = np.bincount(runs, weights=gain)
    spread = float(np.std(gain, ddof=1)) * math.sqrt(len(gain)) if len(gain) > 1 else math.nan
    p = math.erfc(abs(ratio) / (math.sqrt(2) * spread)) if spread > 0 else math.nan
    if not p < DECIDED:
        return Verdict(name, ratio, p, "cannot be told apart")
    return Verdict(name, ratio, p, "a power law fits better" if ratio > 0 else f"{article} fits better")
