"""How many runs: enough for the width asked, no more, and honest about having looked.

    found = run_until(experiment, {"unicorns_fundamental": 0.5}, arm="patient", base="market", out="results/patience")
    found.estimates["unicorns_fundamental"], found.seeds

    guidance(results, base="market", other="patient")        what the runs so far say of the runs still needed

Who looks at an interval again and again and stops when it pleases has a worse interval than it says: where luck has a
long tail, the samples that look calm early are those that miss the tail. Three rules, from thrifty to safe; what each
really covers was simulated (`coverage`, and the table in LABORATORY.md):

    "plain"    each look at the full level. Right for differences that are about symmetric, too narrow for long tails.
    "looks"    few looks at fixed fractions of the seeds declared, the error shared out among them (Bonferroni). The default.
    "anytime"  a confidence sequence, valid whenever one looks (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024).
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from .statistics import LEVEL, Estimate, contrast, influence, pairing_gain

__all__ = [
    "Precision",
    "Stability",
    "coverage",
    "guidance",
    "power_of",
    "run_until",
    "runs_for_power",
    "runs_for_width",
    "stability",
]

RULES = ("looks", "anytime", "plain")
FRACTIONS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)  # of the seeds declared; each look doubles the runs
EVERY = 10  # seeds between the looks of "anytime"
LEAST = 30  # fewer seeds say too little about the spread, whatever their interval
POWER = 0.8
SAMPLED = ("sobol", "morris", "latin_hypercube")
NORMAL = NormalDist()


# -- stopping ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Precision:
    """How an experiment was stopped.

    reached   : whether every interval asked for became narrow enough
    seeds     : how many seeds were run
    estimates : outcome -> Estimate, as it stood at the stop
    widths    : outcome -> the width asked for
    looks     : one row a look and outcome: seeds, outcome, value, low, high, width, asked
    results   : the runs, for everything else
    """

    rule: str
    reached: bool
    seeds: int
    estimates: dict[str, Estimate]
    widths: dict[str, float]
    looks: Any
    results: Any

    def __str__(self) -> str:
        lines = [
            f"{name}: {e.value:.4g}, {e.low:.4g} to {e.high:.4g} (width {e.high - e.low:.3g}, asked {self.widths[name]:g})"
            for name, e in self.estimates.items()
        ]
        end = "narrow enough" if self.reached else "all seeds run and still not narrow enough"
        return "\n".join([f"After {self.seeds} seeds: {end} (rule {self.rule!r})", *lines])


def run_until(
    experiment: Any,
    widths: Mapping[str, float],
    *,
    arm: str | None = None,
    base: str | None = None,
    rule: str = "looks",
    least: int = LEAST,
    level: float = LEVEL,
    out: str | os.PathLike | None = None,
    **how: Any,
) -> Precision:
    """Run an experiment, some seeds at a time, until the intervals of the named outcomes are narrower than asked.

    experiment : its seeds are the most that may be run; fewer are, if fewer are enough.
    widths     : outcome -> how wide its interval may be, from end to end, in the outcome's unit.
    arm, base  : the interval meant is that of arm - base, paired by seed; without `base` that of the arm alone. By
                 default the last arm less the first, or the only arm.
    rule       : "looks", "anytime" or "plain", see above.
    least      : never stop before so many seeds.
    out, how   : where the runs are kept (None: a directory that goes with the result), and the other arguments of
                 `runner.run`. An interrupted call resumes by the same command.

    Raises BadInput for what cannot be, before any run.
    """
    import pandas as pd

    arms, weights = _arms_of(experiment, arm, base)
    most = len(experiment.seeds)
    _check(widths, rule, least, most, level)
    place = tempfile.mkdtemp(prefix="seedbed-") if out is None else out
    try:
        rows, estimates, results = _run_by_looks(experiment, arms, weights, widths, rule, least, level, place, how)
    except BaseException:
        if out is None:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if out is None:
        weakref.finalize(results, shutil.rmtree, place, ignore_errors=True)
    looks = pd.DataFrame(rows, columns=["seeds", "outcome", "value", "low", "high", "width", "asked"])
    return Precision(rule, _narrow(estimates, widths), rows[-1][0], estimates, dict(widths), looks, results)


def _run_by_looks(experiment, arms, weights, widths, rule, least, level, place, how):
    from .runner import run

    plan, rows = _looks(rule, least, len(experiment.seeds)), []
    for number in plan:
        results = run(replace(experiment, seeds=tuple(experiment.seeds[:number])), out=place, **how)
        estimates = {}
        for name, asked in widths.items():
            top, below = _measured(results, name, arms)
            e = _interval_at(rule, number, plan, level, top, weights, below)
            estimates[name] = e
            rows.append((number, name, float(e.value), float(e.low), float(e.high), float(e.high - e.low), asked))
        if _narrow(estimates, widths):
            break
    return rows, estimates, results


def _narrow(estimates: Mapping[str, Estimate], widths: Mapping[str, float]) -> bool:
    return all(bool(e.high - e.low <= widths[name]) for name, e in estimates.items())


def _arms_of(experiment: Any, arm: str | None, base: str | None) -> tuple[list[str], tuple[float, ...]]:
    names = [one.name for one in experiment.arms]
    if arm is None:
        arm = names[-1]
        base = names[0] if base is None and len(names) > 1 else base
    for name in (arm, base):
        if name is not None:
            experiment.arm(name)
    if base == arm:
        raise BadInput(what="the base to compare with", given=base, allowed=[n for n in names if n != arm], where=experiment.name)
    return ([arm], (1.0,)) if base is None else ([base, arm], (-1.0, 1.0))


def _check(widths: Any, rule: str, least: int, most: int, level: float) -> None:
    where = "precision"
    if not isinstance(widths, Mapping) or not widths:
        raise BadInput(what="the widths asked for", given=widths or None, allowed="outcome = width, at least one", where=where)
    for name, width in widths.items():
        if isinstance(width, bool) or not isinstance(width, (int, float)) or not 0 < width < math.inf:
            raise BadInput(what=f"the width asked of {name}", given=width, allowed="a number above nought", where=where)
    if rule not in RULES:
        raise BadInput(what="the rule for stopping", given=rule, allowed=RULES, where=where)
    _check_level(level)
    if isinstance(least, bool) or not isinstance(least, int) or not 2 <= least <= most:
        raise BadInput(what="the least number of seeds", given=least, allowed=f"a whole number from 2 to the {most} seeds of the experiment", where=where)


def _check_level(level: float) -> None:
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0.5 <= level < 1:
        raise BadInput(what="the level of the intervals", given=level, allowed="a share from 0.5 to below 1, such as 0.95", where="precision")


def _looks(rule: str, least: int, most: int) -> list[int]:
    """After how many seeds the interval is looked at.

    >>> _looks("looks", 30, 1000)
    [63, 125, 250, 500, 1000]
    >>> _looks("anytime", 30, 55)
    [30, 40, 50, 55]
    """
    if rule == "anytime":
        return sorted({*range(least, most, EVERY), most})
    return sorted({max(least, math.ceil(share * most)) for share in FRACTIONS})


def _measured(results: Any, outcome: str, arms: Sequence[str]):
    """Numerator and denominator of an outcome, seeds x arms; BadInput lists the outcomes there are."""
    from .compare import measure, outcome_names

    if outcome not in outcome_names(results):
        raise BadInput(what="the outcome", given=outcome, allowed=outcome_names(results), where="precision")
    return measure(results, outcome, arms)


def _interval_at(rule: str, number: int, plan: Sequence[int], level: float, numerator, weights, denominator=None) -> Estimate:
    """The interval at one look: numerator (n, k), or (n, k, m) for m contrasts at once."""
    if rule != "anytime":
        # Bonferroni over the looks planned: right however the looks hang together.
        at = 1 - (1 - level) / len(plan) if rule == "looks" else level
        return contrast(numerator, weights, denominator, level=at)
    # Asymptotic confidence sequence, tightest about half-way through the seeds declared:
    #   value -+ error sqrt((n r + 1) / (n r) log((n r + 1) / alpha^2)),  r = (-2 log alpha + log(1 - 2 log alpha)) / half-way
    value, parts, mask = influence(numerator, weights, denominator)
    n = mask.sum(axis=0)
    alpha = 1 - level
    r = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / max(plan[-1] / 2, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((parts**2).sum(axis=0) / (n * (n - 1.0)))
        reach = error * np.sqrt((n * r + 1) / (n * r) * np.log((n * r + 1) / alpha**2))
    reach = np.where(n < 2, np.nan, reach)
    result = Estimate(value, value - reach, value + reach, n)
    return result[0] if np.ndim(numerator) == 2 else result


def coverage(
    rule: str,
    draw: Callable[[np.random.Generator, tuple[int, int]], np.ndarray],
    truth: float,
    width: float,
    *,
    most: int = 960,
    least: int = LEAST,
    level: float = LEVEL,
    times: int = 500,
    seed: int = 1,
) -> dict[str, float]:
    """What a rule really does, by simulation: how often the interval at its stop holds the truth, after how many seeds.

    draw(generator, shape) gives independent outcomes (or paired differences) whose mean is `truth`. Returns covered (share
    of `times` studies whose interval holds the truth), seeds (mean number run), reached (share that became narrow enough).
    """
    _check({"outcome": width}, rule, least, most, level)
    values = np.asarray(draw(np.random.default_rng(seed), (most, times)), dtype=float)
    plan = _looks(rule, least, most)
    open_ones = np.ones(times, dtype=bool)
    covered, seeds, reached = np.zeros(times, dtype=bool), np.full(times, most), np.zeros(times, dtype=bool)
    for number in plan:
        at = np.flatnonzero(open_ones)
        if not len(at):
            break
        e = _interval_at(rule, number, plan, level, values[:number, None, at], (1.0,))
        narrow = (e.high - e.low) <= width
        stop = narrow | (number == plan[-1])
        ended = at[stop]
        covered[ended] = ((e.low <= truth) & (truth <= e.high))[stop]
        seeds[ended], reached[ended] = number, narrow[stop]
        open_ones[ended] = False
    return {"covered": float(covered.mean()), "seeds": float(seeds.mean()), "reached": float(reached.mean())}


# -- how many runs ----------------------------------------------------------------------------------------------------


def runs_for_width(spread: float, width: float, level: float = LEVEL) -> int:
    """Runs for an interval of that width, end to end: n = (2 z s / width)^2 + z^2 / 2, the last for Student's tails.

    spread s: the standard deviation of the outcome over seeds, or of the paired differences.

    >>> runs_for_width(2.0, 1.0)
    64
    """
    _check_level(level)
    _check_positive("the width asked for", width)
    _check_spread(spread)
    z = NORMAL.inv_cdf((1 + level) / 2)
    return max(2, math.ceil((2 * z * spread / width) ** 2 + z**2 / 2)) if spread else 2


def runs_for_power(spread: float, effect: float, power: float = POWER, level: float = LEVEL) -> int:
    """Pairs of runs with which a true difference of `effect` is found with probability `power` (Guenther 1981):

        n = ((z_level + z_power) s / effect)^2 + z_level^2 / 2

    >>> runs_for_power(1.0, 0.5)
    34
    """
    _check_level(level)
    if not 0 < power < 1:
        raise BadInput(what="the power", given=power, allowed="a share between 0 and 1, such as 0.8", where="precision")
    if not math.isfinite(effect) or effect == 0:
        raise BadInput(what="the effect to be found", given=effect, allowed="a number other than nought", where="precision")
    _check_spread(spread)
    z = NORMAL.inv_cdf((1 + level) / 2)
    return max(2, math.ceil(((z + NORMAL.inv_cdf(power)) * spread / effect) ** 2 + z**2 / 2))


def power_of(differences, effect: float, runs: int, *, level: float = LEVEL, resamples: int = 2000, seed: int = 1) -> float:
    """How often `runs` pairs would find a difference of `effect`, if luck is as uneven as in the differences seen.

    Draws `runs` of the differences with replacement, moved so that their mean is `effect`, and counts t-tests that find
    it: no assumption that they are normal, which for counts of rare firms they are not.
    """
    _check_level(level)
    x = np.asarray(differences, dtype=float)
    x = x[np.isfinite(x)]
    if len(x) < 2:
        raise BadInput(what="the differences", given=f"{len(x)} of them", allowed="at least two pairs of runs", where="precision")
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 2:
        raise BadInput(what="the number of runs", given=runs, allowed="a whole number of at least 2", where="precision")
    rng = np.random.default_rng(seed)
    z = NORMAL.inv_cdf((1 + level) / 2)
    v = runs - 1
    t = z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)  # Student's quantile, Fisher's expansion
    drawn = (x - x.mean() + effect)[rng.integers(0, len(x), (resamples, runs))]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.abs(drawn.mean(axis=1)) > t * drawn.std(axis=1, ddof=1) / math.sqrt(runs)
    return float(found.mean())


@dataclass(frozen=True)
class Stability:
    """The coefficient of variation of an outcome against the number of runs.

    runs, middle, low, high : the curve, with the band in which 95% of the resampled sequences lie
    enough                  : from how many runs on it stays within `margin`; None if the runs do not suffice to tell
    """

    runs: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    margin: float
    enough: int | None
    value: float


def stability(values, margin: float = 0.05, *, share: float = 0.95, sequences: int = 400, seed: int = 1) -> Stability:
    """From how many runs on the spread of an outcome is known: variance stability.

    The coefficient of variation c(n) = standard deviation / |mean| of the first n runs settles as n grows; enough is the
    smallest n with |c(n) - c(m)| <= margin for all later m (Lorscheid, Heine and Meyer 2012; Lee et al. 2015). One order
    of the runs is one accident: the sequences are drawn anew with replacement, and `share` of them must have settled. If
    that takes more than half of the runs, more runs may show it never settles (as with a tail so long that there is no
    variance), and `enough` is None.

    values: (n,), NaN left out. BadInput for fewer than ten.
    """
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    n = len(x)
    if n < 10:
        raise BadInput(what="the runs", given=f"{n} with a value", allowed="at least ten", where="stability")
    _check_positive("the margin", margin)
    mean = x.mean()
    value = float(x.std(ddof=1) / abs(mean)) if mean else math.nan
    sequences = max(50, min(sequences, 4_000_000 // n))
    drawn = x[np.random.default_rng(seed).integers(0, n, (sequences, n))]
    size = np.arange(1, n + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = drawn.cumsum(axis=1) / size
        variance = ((drawn - mean) ** 2).cumsum(axis=1) / size - (middle - mean) ** 2
        c = np.sqrt(np.maximum(variance, 0) * size / (size - 1)) / np.abs(middle)
    c = np.where(np.isfinite(c), c, np.nan)[:, 1:]
    size = size[1:]
    # A sequence is unsettled as long as something later lies farther off than the margin.
    filled = np.where(np.isnan(c), np.inf, c)
    later_high = np.maximum.accumulate(filled[:, ::-1], axis=1)[:, ::-1]
    later_low = np.minimum.accumulate(filled[:, ::-1], axis=1)[:, ::-1]
    with np.errstate(invalid="ignore"):
        settled = ((later_high - filled <= margin) & (filled - later_low <= margin)).mean(axis=0) >= share
    first = np.flatnonzero(settled)
    enough = int(size[first[0]]) if len(first) and size[first[0]] <= n / 2 and math.isfinite(value) else None
    at = np.linspace(0, len(size) - 1, min(200, len(size))).astype(int)  # points enough for a curve
    low, middle, high = np.quantile(filled[:, at], [0.025, 0.5, 0.975], axis=0, method="nearest")
    return Stability(size[at], middle, low, high, margin, enough, value)


def guidance(
    results: Any,
    *,
    base: str | None = None,
    other: str | None = None,
    outcomes: Sequence[str] | None = None,
    widths: Mapping[str, float] | None = None,
    effects: Mapping[str, float] | None = None,
    power: float = POWER,
    margin: float = 0.05,
    level: float = LEVEL,
):
    """What the runs of a study say of the number of runs, one row an outcome, as a data frame.

    base, other : the two arms whose difference matters (by default the first and the last; of one arm only its own value). The
                  points of a sampled plan are not made to be compared two by two: there name them.
    widths      : outcome -> the width wanted of the interval; by default a tenth of the base value.
    effects     : outcome -> the smallest difference worth finding; by default a tenth of the base value.

    Columns: outcome, label, unit, seeds; value (the base's) and cv (its coefficient of variation), stable_from (see
    `stability`; NaN: cannot be told); difference, low, high and width (paired, as it stands); asked and runs_for_width;
    effect and runs_for_power (pairs needed to find it with the power wanted), power (as simulated with the seeds there
    are); pairing_gain (how many times more runs unpaired seeds would need) and runs_saved (for that width).
    """
    import pandas as pd

    from .compare import label_of, outcome_names, unit_of

    experiment = results.experiment
    arms = [one.name for one in experiment.arms]
    kind = dict(experiment.plan).get("kind")
    if base is None and other is None and kind in SAMPLED:
        raise BadInput(what="the two arms to compare", given=None, allowed=f"base and other by name: any two of the {len(arms)} points of a {kind} plan", where=experiment.name)
    first = base or arms[0]
    second = other or (arms[-1] if arms[-1] != first else None)
    for name in (first, second):
        if name is not None:
            experiment.arm(name)
    names = list(outcomes) if outcomes else outcome_names(results)
    for given, what in ((widths, "the width asked of"), (effects, "the effect sought of")):
        for name, number in (given or {}).items():
            if name not in outcome_names(results):
                raise BadInput(what="the outcome", given=name, allowed=outcome_names(results), where="precision")
            _check_positive(f"{what} {name}", number)
    rows = []
    for name in names:
        top, below = _measured(results, name, [first] if second is None else [first, second])
        of_base = _seen(top[:, :1], (1.0,), below if below is None else below[:, :1])
        seen, gain = of_base, math.nan
        if second is not None:
            seen = _seen(top, (-1.0, 1.0), below)
            gain = pairing_gain(of_base.parts, _seen(top[:, 1:], (1.0,), below if below is None else below[:, 1:]).parts)
        tenth = abs(of_base.value) / 10 if of_base.value and math.isfinite(of_base.value) else math.nan
        asked, effect = (widths or {}).get(name, tenth), (effects or {}).get(name, tenth)
        told = math.isfinite(seen.spread)
        enough = stability(of_base.value + of_base.parts, margin).enough if of_base.seeds >= 10 else None
        wanted = runs_for_width(seen.spread, asked, level) if told and asked > 0 else math.nan
        paired = told and second is not None and effect > 0
        found = contrast(top, (1.0,) if second is None else (-1.0, 1.0), below, level=level)
        rows.append(
            {
                "outcome": name,
                "label": label_of(results, name),
                "unit": unit_of(results, name),
                "seeds": seen.seeds,
                "value": of_base.value,
                "cv": of_base.spread / abs(of_base.value) if of_base.value else math.nan,
                "stable_from": math.nan if enough is None else enough,
                "difference": math.nan if second is None else float(found.value),
                "low": float(found.low),
                "high": float(found.high),
                "width": float(found.high - found.low),
                "asked": asked,
                "runs_for_width": wanted,
                "effect": math.nan if second is None else effect,
                "runs_for_power": runs_for_power(seen.spread, effect, power, level) if paired else math.nan,
                "power": power_of(seen.parts, effect, seen.seeds, level=level) if paired else math.nan,
                "pairing_gain": gain,
                "runs_saved": wanted * (gain - 1),
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Seen:
    """One contrast as the seeds give it: its value, each seed's part in it (NaN where there is none), their spread and number."""

    value: float
    parts: np.ndarray
    spread: float
    seeds: int


def _seen(numerator, weights: tuple[float, ...], denominator) -> _Seen:
    value, parts, mask = influence(numerator, weights, denominator)
    inside = mask[:, 0]
    seeds = int(inside.sum())
    spread = float(np.std(parts[inside, 0], ddof=1)) if seeds > 1 else math.nan
    return _Seen(float(value[0]), np.where(inside, parts[:, 0], np.nan), spread, seeds)


def _check_spread(spread: float) -> None:
    if isinstance(spread, bool) or not isinstance(spread, (int, float)) or not 0 <= spread < math.inf:
        raise BadInput(what="the spread", given=spread, allowed="a standard deviation, nought or more", where="precision")


def _check_positive(what: str, given: Any) -> None:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
        raise BadInput(what=what, given=given, allowed="a number above nought", where="precision")
