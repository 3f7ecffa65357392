"""Fit uncertain parameters to the calibration targets (A), and say how well they are known after that.

    calibration = Calibration.load("baseline")
    fit = calibrate(calibration, out="results/calibration/baseline")
    print(fit.page)

A calibration is a declaration (experiments/calibrations/<name>.toml): which parameters, between which ends, against which
statistics, with how many runs. It has four steps, each kept in the directory, so that the same command goes on after a stop:

1. *Bank.* Points all over the prior (Latin hypercube), some runs each: an ordinary experiment of the laboratory.
2. *Recovery.* Points of the bank are taken in turn for the truth. What the other points say about it (approximate Bayesian
   computation with summaries learned by regression, Fearnhead & Prangle 2012, and linear adjustment, Beaumont, Zhang &
   Balding 2002) is held against what it was: simulation-based calibration (Talts et al. 2018). Where no parameter can be
   recovered, a fit would be idle, and is refused.
3. *Search.* From the best point of the bank, CMA-ES (library cmaes) looks for the point that fits best: simulated moments.
   Priors are flat, so it is the mode of the posterior under the distance used.
4. *Posterior.* The method of step 2 with the targets in place of the truth, in rounds: each lays new points into the box that the last one left, where the prior
   is as flat as before, so that no weights are needed (truncation, Deistler, Goncalves & Macke 2022). Candidates of the last round are run, and those
   that come nearest to the targets are the sample.

ABC-SMC by pyABC was tried for step 4 and left: with thirty parameters in a box its kernels propose almost nothing inside, and a few particles
carry all the weight. The recovery of step 2 tells how well what is done here works; a sampler that it did not test would be taken on trust.

The distance of a point from a target is measured in half-widths of its band, on the side where it lies; the distance of a
point is that of its worst statistic. So a distance of one or less means: every statistic inside its band.
"""

from __future__ import annotations

import json
import logging
import math
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from .runner import Model

__all__ = ["Calibration", "Fit", "Prior", "calibrate", "distance"]

log = logging.getLogger("seedbed.experiments")

FOLDER = Path(__file__).with_name("calibrations")
FARTHEST = 10.0  # half-widths of a band: what lies farther off, or cannot be measured, counts as that far
WAYS = ("range", "times", "plus")
KEYS = ("scenario", "question", "targets", "years", "burn_in", "seed", "bank", "search", "posterior", "parameters", "begin", "bounds")
STEPS = {
    "bank": {"points": 4000, "seeds": 1, "recoveries": 200, "neighbours": 1200},
    "search": {"points": 1500, "seeds": 6, "spread": 0.15},
    "posterior": {"rounds": 2, "points": 3000, "candidates": 600, "seeds": 2, "draws": 200},
}
LEARNED = 0.05  # share of a parameter's variance that the statistics must explain for it to count as identifiable
CHECKED_UNDER = 40  # fresh seeds under which the mode is looked at again


# -- the declaration --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prior:
    """A parameter that is fitted: a flat prior between two ends.

    way : "range": the value itself (of all its elements alike); "times" and "plus": a factor on, or an addition to, every
          element's value in the scenario, which keeps their order.
    """

    path: str
    way: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def value(self, share: float) -> float:
        """The value at a share of the way from the low end to the high one."""
        if self.log:
            found = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            found = self.low + share * (self.high - self.low)
        return float(round(found)) if self.whole else found

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1."""
        if self.log:
            return (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (value - self.low) / (self.high - self.low)

    def changes(self, value: float, scenario: Any) -> dict[str, float]:
        """What is set in the scenario: every element by its own path, in natural units."""
        _, covers = scenario.parameters.definition(self.path, "calibration")
        if self.way == "range":
            return {one: int(value) if self.whole else value for one in covers}
        held = {one: scenario.parameters[one] for one in covers}
        return {one: was * value if self.way == "times" else was + value for one, was in held.items()}

    @classmethod
    def of(cls, path: str, given: Any, scenario: Any, where: str) -> Prior:
        """Out of its line in the declaration; BadInput for ends that the parameter cannot take."""
        asked = dict(given) if isinstance(given, Mapping) else {}
        scale = asked.pop("scale", "linear")
        if len(asked) != 1 or next(iter(asked)) not in WAYS or scale not in ("linear", "log"):
            raise BadInput(what=path, given=given, allowed='{ range = [low, high] }, or times or plus in place of range; scale = "log" besides', where=where)
        ((way, ends),) = asked.items()
        if not isinstance(ends, Sequence) or len(ends) != 2 or not all(isinstance(end, (int, float)) and math.isfinite(end) for end in ends) or not ends[0] < ends[1]:
            raise BadInput(what=f"the ends of {path}", given=ends, allowed="two numbers, the low end first", where=where)
        definition, _ = scenario.parameters.definition(path, where)
        if (scale == "log" or way == "times") and ends[0] <= 0:
            raise BadInput(what=f"the low end of {path}", given=ends[0], allowed="more than zero", where=where)
        prior = cls(path, way, float(ends[0]), float(ends[1]), scale == "log", definition.unit == "count" and way == "range")
        for end in ends:
            for element, value in prior.changes(float(end), scenario).items():
                definition.check(value, element, where)
        return prior


@dataclass(frozen=True)
class Calibration:
    """What is fitted to what, and with how many runs.

    begin   : settings that the scenario has before the fit: where the search begins, and what "times" and "plus" refer to. Written down, so that a fit whose
              best point has become the scenario's own can be made again.
    bounds  : outcome -> low, high and why: where the city would not be believed. A part of the prior, not of the targets: inside they count for nothing.
    targets : names of statistics or the beginnings of such names ("A" = all of A); B and C can never be among them.
    bank, search, posterior : how many points, seeds (runs a point) and runs; see STEPS for what may be said.
    """

    name: str
    scenario: Any
    parameters: tuple[Prior, ...]
    targets: tuple[str, ...]
    question: str = ""
    years: int = 40
    burn_in: int = 10
    seed: int = 1
    bank: Mapping[str, Any] = field(default_factory=dict)
    search: Mapping[str, Any] = field(default_factory=dict)
    posterior: Mapping[str, Any] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, float, str]] = field(default_factory=dict)
    digest: str = ""

    @classmethod
    def load(cls, name_or_path: str | Path, **settings: Any) -> Calibration:
        """The shipped calibration of that name, or the one of a file; BadInput tells what is wrong in it, before any run."""
        from seedbed.model.parameters import check_keys, find_file, read_toml

        path = find_file(name_or_path, FOLDER, "calibration", "command line")
        given = read_toml(path)
        where = path.name if path.parent == FOLDER else str(path)
        check_keys(given, KEYS, "a key of the calibration", where)
        return cls.from_given(path.stem, {**given, **settings}, where)

    @classmethod
    def from_given(cls, name: str, given: Mapping[str, Any], where: str) -> Calibration:
        """Out of plain values, all checked."""
        from seedbed.model.parameters import check_keys
        from seedbed.model.scenario import Scenario

        from .store import digest_of

        scenario = Scenario.load(given.get("scenario", "baseline"))
        if given.get("begin"):
            scenario = scenario.with_(_flat(given["begin"]))
        lines = given.get("parameters")
        if not isinstance(lines, Mapping) or not lines:
            raise BadInput(what="the parameters to be fitted", given=lines or None, allowed="at least one, under [parameters]", where=where)
        priors = tuple(Prior.of(path, line, scenario, where) for path, line in lines.items())
        seen: dict[str, str] = {}
        for prior in priors:
            for element in scenario.parameters.definition(prior.path, where)[1]:
                if element in seen:
                    raise BadInput(what="a parameter to be fitted", given=prior.path, allowed=f"each element once; {element} is also set by {seen[element]}", where=where)
                seen[element] = prior.path
        bounds = {outcome: _bound(outcome, line, where) for outcome, line in given.get("bounds", {}).items()}
        steps = {}
        for step, usual in STEPS.items():
            asked = given.get(step, {})
            check_keys(asked, tuple(usual), f"a key of [{step}]", where)
            steps[step] = {**usual, **asked}
            for key, value in steps[step].items():
                least = {"points": 10, "recoveries": 0, "neighbours": 10, "rounds": 0, "draws": 10, "candidates": 10}.get(key, 1)
                if key == "spread":
                    if not isinstance(value, (int, float)) or not 0.0 < value < 1.0:
                        raise BadInput(what=f"{step}.{key}", given=value, allowed="a number between 0 and 1", where=where)
                elif isinstance(value, bool) or not isinstance(value, int) or value < least:
                    raise BadInput(what=f"{step}.{key}", given=value, allowed=f"a whole number of at least {least}", where=where)
        return cls(
            name, scenario, priors, _targets(given.get("targets", ["A"]), where), str(given.get("question", "")), int(given.get("years", 40)),
            int(given.get("burn_in", 10)), int(given.get("seed", 1)), **steps, bounds=bounds, digest=digest_of({key: given[key] for key in sorted(given)}),
        )  # fmt: skip

    def point(self, shares: Sequence[float]) -> dict[str, float]:
        """The fitted values at a point of the unit cube."""
        return {prior.path: prior.value(float(share)) for prior, share in zip(self.parameters, shares, strict=True)}

    def changes(self, point: Mapping[str, float]) -> dict[str, float]:
        """What a point sets in the scenario, element by element."""
        found: dict[str, float] = {}
        for prior in self.parameters:
            found |= prior.changes(point[prior.path], self.scenario)
        return found

    def case(self, shares: Sequence[float]) -> Any:
        """The scenario at a point of the unit cube; None where the model forbids that combination."""
        try:
            return self.scenario.with_(self.changes(self.point(shares)))
        except BadInput:
            return None

    @property
    def start(self) -> np.ndarray:
        """Where the scenario itself lies in the unit cube (its value where that is inside the ends, else the nearest end)."""
        found = []
        for prior in self.parameters:
            if prior.way == "range":
                _, covers = self.scenario.parameters.definition(prior.path, "calibration")
                value = float(np.mean([self.scenario.parameters[one] for one in covers]))
            else:
                value = 1.0 if prior.way == "times" else 0.0
            found.append(min(1.0, max(0.0, prior.share(min(max(value, prior.low), prior.high)))))
        return np.array(found)

    @cached_property
    def bands(self) -> dict[str, tuple[float, float, float]]:
        """Value, low and high of the statistics it is fitted to."""
        from seedbed.model.targets import bands

        every = bands()
        return {name: every[name] for name in self.targets}

    @property
    def measured(self) -> tuple[str, ...]:
        """What is measured at a point: the targets, then the outcomes with bounds."""
        return (*self.targets, *self.bounds)

    @property
    def runs(self) -> int:
        """The most runs that it takes."""
        p = self.posterior
        rounds = self.bank["points"] * self.bank["seeds"] + p["rounds"] * p["points"] * self.bank["seeds"]
        return rounds + self.search["points"] * self.search["seeds"] + p["candidates"] * p["seeds"] + CHECKED_UNDER


def _bound(outcome: str, given: Any, where: str) -> tuple[float, float, str]:
    from seedbed.model.outcomes import OUTCOMES

    if outcome not in OUTCOMES:
        raise BadInput(what="an outcome with bounds", given=outcome, allowed=list(OUTCOMES), where=where)
    ends = given.get("range") if isinstance(given, Mapping) else None
    if not isinstance(ends, Sequence) or len(ends) != 2 or not ends[0] < ends[1] or not given.get("why") or set(given) != {"range", "why"}:
        raise BadInput(what=f"the bounds of {outcome}", given=given, allowed='{ range = [low, high], why = "..." }', where=where)
    return float(ends[0]), float(ends[1]), str(given["why"])


def _flat(given: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    """Nested tables as dotted paths."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        found |= _flat(value, f"{head}{key}.") if isinstance(value, Mapping) else {f"{head}{key}": value}
    return found


def _targets(given: Any, where: str) -> tuple[str, ...]:
    from seedbed.model.targets import bands

    known = [name for name in bands() if name.startswith("A")]
    asked = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else []
    found: list[str] = []
    for one in asked:
        mine = [name for name in known if isinstance(one, str) and (name == one or name.startswith(one)) and one]
        if not mine:
            raise BadInput(what="a statistic to fit to", given=one, allowed=f"names or beginnings of {', '.join(known)}; B and C are kept for validation", where=where)
        found += [name for name in mine if name not in found]
    if not found:
        raise BadInput(what="the targets", given=given, allowed='a list such as ["A"]', where=where)
    return tuple(found)


# -- how far off ------------------------------------------------------------------------------------------------------


def distance(found: float, band: tuple[float, float, float]) -> float:
    """How far a statistic is from its target, in half-widths of the band on that side; signed, at most FARTHEST."""
    value, low, high = band
    if not math.isfinite(found):
        return FARTHEST
    half = (high - value) if found >= value else (value - low)
    off = abs(found - value) / half if half > 0 else FARTHEST * (found != value)
    return math.copysign(min(FARTHEST, off), found - value)


def beyond(found: float, low: float, high: float) -> float:
    """How far an outcome is from what is believable: nothing inside, one at the edge, more farther out, in half-widths."""
    if not math.isfinite(found):
        return FARTHEST
    off = abs(found - 0.5 * (low + high)) / (0.5 * (high - low))
    return min(FARTHEST, off) if off > 1.0 else 0.0


def worst(distances: Iterable[float]) -> float:
    """The distance of a point: that of its worst statistic."""
    return max(abs(one) for one in distances)


def smooth_worst(distances: Iterable[float]) -> float:
    """A stand-in for the worst one that a search can climb: the mean of eighth powers, brought back."""
    powers = [abs(one) ** 8 for one in distances]
    return (sum(powers) / len(powers)) ** 0.125


# -- runs ------------------------------------------------------------------------------------------------------------


class Counted(Model):
    """The model with the numerators and denominators of the statistics, and the outcomes that are bounded, as its outcomes."""

    def __init__(self, targets: Sequence[str], bounded: Sequence[str] = ()) -> None:
        self.targets, self.bounded = tuple(targets), tuple(bounded)

    def run(self, case: object, seed: int, years: int, burn_in: int, keeps: Sequence[str], world: object):
        from seedbed.model.engine import run as simulate
        from seedbed.model.outcomes import outcomes
        from seedbed.model.targets import counts

        world = simulate(case, seed, years=years, world=world)
        found = counts(world, burn_in)
        row = {f"{name}:{part}": found[name][place] for name in self.targets for place, part in enumerate(("hits", "of"))}
        if self.bounded:
            row_of = outcomes(world, burn_in)
            for name in self.bounded:
                row |= {f"{name}:hits": row_of[name] if math.isfinite(row_of[name]) else 0.0, f"{name}:of": float(math.isfinite(row_of[name]))}
        return row, None, world

    def labels(self) -> dict[str, tuple[str, str, str]]:
        return {f"{name}:{part}": (f"{name}, {words}", "", words) for name in (*self.targets, *self.bounded) for part, words in (("hits", "numerator"), ("of", "denominator"))}

    def __getstate__(self) -> dict:
        return {"targets": self.targets, "bounded": self.bounded}


def pooled(rows: Sequence[Mapping[str, float]], targets: Sequence[str]) -> np.ndarray:
    """The statistics of some runs together: sum of numerators over sum of denominators; NaN of nothing."""
    found = []
    for name in targets:
        below = sum(row[f"{name}:of"] for row in rows)
        found.append(sum(row[f"{name}:hits"] for row in rows) / below if below > 0 else math.nan)
    return np.array(found)


class Workshop:
    """Runs points of the unit cube, one run a thread at a time, and keeps count."""

    def __init__(self, calibration: Calibration, model: Model, workers: int) -> None:
        self.calibration, self.model, self.workers = calibration, model, workers
        self.pool = futures.ThreadPoolExecutor(workers, thread_name_prefix="seedbed")
        self.worlds = threading.local()
        self.runs = 0

    def _one(self, case: Any, seed: int) -> Mapping[str, float]:
        c = self.calibration
        row, _, self.worlds.world = self.model.run(case, seed, c.years, c.burn_in, (), getattr(self.worlds, "world", None))
        return row

    def statistics(self, points: Sequence[Sequence[float]], seeds: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """The statistics at each point under its seeds; all NaN where the model forbids the point."""
        c = self.calibration
        cases = [c.case(point) for point in points]
        jobs = [[self.pool.submit(self._one, case, seed) for seed in under] if case is not None else [] for case, under in zip(cases, seeds, strict=True)]
        found = []
        for mine in jobs:
            rows = [job.result() for job in mine]
            self.runs += len(rows)
            found.append(pooled(rows, c.measured) if rows else np.full(len(c.measured), math.nan))
        return found

    def distances(self, statistics: np.ndarray) -> list[float]:
        """Of each statistic from its target, and of each bounded outcome from its bounds."""
        c = self.calibration
        near = [distance(float(x), c.bands[name]) for x, name in zip(statistics, c.targets, strict=False)]
        return near + [beyond(float(x), low, high) for x, (low, high, _) in zip(statistics[len(near) :], c.bounds.values(), strict=True)]

    def close(self) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)


# -- 1: the bank ------------------------------------------------------------------------------------------------------


def run_bank(
    c: Calibration, model: Model, out: Path, workers: int | None, progress: bool | None, box: np.ndarray | None = None, number: int = 0,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """(points in the unit cube, their statistics) of the bank, or of a later round in a box (lows and highs); points that the model forbids are left out."""
    from scipy.stats import qmc

    from .design import Arm, Experiment
    from .runner import run

    shares = qmc.LatinHypercube(len(c.parameters), rng=np.random.default_rng([c.seed, 1, number] if number else [c.seed, 1])).random(c.posterior["points"] if number else c.bank["points"])
    if box is not None:
        shares = box[0] + shares * (box[1] - box[0])
    kept, arms = [], []
    for place, point in enumerate(shares, start=1):
        if c.case(point) is not None:
            kept.append(point)
            arms.append(Arm(f"point {place}", c.scenario, c.changes(c.point(point))))
    if len(arms) < len(shares):
        log.info("bank: %d of %d points are left out, the model forbids them", len(shares) - len(arms), len(shares))
    seeds = tuple(range(1 + 100 * number, 1 + 100 * number + c.bank["seeds"]))
    results = run(Experiment(f"{c.name}-{f'round-{number}' if number else 'bank'}", tuple(arms), seeds, c.years, c.burn_in), model=model, out=out, workers=workers, progress=progress)
    columns = {f"{name}:{part}": results.values(f"{name}:{part}") for name in c.measured for part in ("hits", "of")}  # seeds x arms
    found = []
    for name in c.measured:
        below = np.nansum(columns[f"{name}:of"], axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(np.where(below > 0, np.nansum(columns[f"{name}:hits"], axis=0) / below, math.nan))
    return np.array(kept), np.array(found).T


# -- 2: recovery ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recovery:
    """What is found out about parameters whose truth is known.

    ranks   : recoveries x parameters, where the truth lies in its posterior (0 to 1); uniform if the posterior is honest.
    learned : by parameter, share of the prior's variance that the statistics explain in points not used for learning.
    covered : by parameter, share of truths inside their 90% interval.
    """

    ranks: np.ndarray
    learned: np.ndarray
    covered: np.ndarray

    @property
    def uniform(self) -> np.ndarray:
        """By parameter, the p-value of Kolmogorov and Smirnov for uniform ranks."""
        from scipy.stats import kstest

        return np.array([kstest(ranks, "uniform").pvalue for ranks in self.ranks.T]) if len(self.ranks) else np.full(self.ranks.shape[1], math.nan)


class Learner:
    """What statistics say about parameters, learned from points that were run.

    Summaries are cross-validated guesses of the parameters from the statistics, by ridge regression on them and their squares (Fearnhead & Prangle 2012). A posterior is made
    of the points whose summaries are nearest, moved along a local linear fit to where the observed ones are (Beaumont, Zhang & Balding 2002), on the scale
    of log-odds within the box, so that nothing leaves the prior.
    """

    def __init__(self, points: np.ndarray, statistics: np.ndarray, box: np.ndarray, seed: int) -> None:
        from sklearn.linear_model import RidgeCV
        from sklearn.model_selection import KFold, cross_val_predict
        from sklearn.preprocessing import StandardScaler

        good = np.isfinite(statistics).all(axis=1)
        self.box = box
        self.points = (points[good] - box[0]) / (box[1] - box[0])
        self.scaler = StandardScaler().fit(self._root(statistics[good]))
        features = self._features(statistics[good])
        ridge = RidgeCV(np.logspace(-2, 4, 13))
        guessed = cross_val_predict(ridge, features, self.points, cv=KFold(5, shuffle=True, random_state=seed))
        self.learned = 1.0 - ((self.points - guessed) ** 2).mean(axis=0) / self.points.var(axis=0)
        self.ridge = ridge.fit(features, self.points)
        self.scale = np.sqrt(np.clip(self.learned, 0.0, 1.0)) / (guessed.std(axis=0) + 1e-12)  # what tells nothing does not count
        self.summaries = guessed * self.scale
        self.wide = np.log((self.points + 1e-3) / (1.0 - self.points + 1e-3))

    @staticmethod
    def _root(statistics: np.ndarray) -> np.ndarray:
        return np.sign(statistics) * np.sqrt(np.abs(statistics))

    def _features(self, statistics: np.ndarray) -> np.ndarray:
        scaled = np.clip(self.scaler.transform(self._root(statistics)), -4.0, 4.0)
        return np.hstack([scaled, scaled**2])

    def summary(self, statistics: np.ndarray) -> np.ndarray:
        """The summary of statistics that were observed."""
        return self.ridge.predict(self._features(statistics[None, :]))[0] * self.scale

    def posterior(self, summary: np.ndarray, neighbours: int, without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(draws as log-odds within the box, weights) given a summary; `without` leaves one point out."""
        off = np.sqrt(((self.summaries - summary) ** 2).sum(axis=1))
        if without is not None:
            off[without] = np.inf
        near = np.argsort(off, kind="stable")[: min(neighbours, len(off) - 1)]
        weight = 1.0 - (off[near] / (off[near].max() + 1e-12)) ** 2
        design = np.hstack([np.ones((len(near), 1)), self.summaries[near] - summary])
        weighted = design * weight[:, None]
        slope = np.linalg.solve(weighted.T @ design + 1e-3 * np.eye(design.shape[1]), weighted.T @ self.wide[near])
        return self.wide[near] - design[:, 1:] @ slope[1:], weight

    def back(self, wide: np.ndarray) -> np.ndarray:
        """Log-odds within the box as points of the unit cube."""
        share = np.clip((1.0 + 2e-3) / (1.0 + np.exp(-wide)) - 1e-3, 0.0, 1.0)
        return self.box[0] + share * (self.box[1] - self.box[0])


def recover(learner: Learner, recoveries: int, neighbours: int, seed: int) -> Recovery:
    """Take points for the truth, in turn, and see what the others say about them (step 2 of the module)."""
    ranks, inside = [], []
    rng = np.random.default_rng([seed, 2])
    for truth in rng.choice(len(learner.points), min(recoveries, len(learner.points)), replace=False):
        draws, weight = learner.posterior(learner.summaries[truth], neighbours, without=int(truth))
        share = (weight[:, None] * (draws < learner.wide[truth])).sum(axis=0) / weight.sum()
        ranks.append(share)
        inside.append((share > 0.05) & (share < 0.95))
    d = learner.points.shape[1]
    return Recovery(np.array(ranks).reshape(-1, d), learner.learned, np.mean(inside, axis=0) if inside else np.full(d, math.nan))


def refuse_the_unidentifiable(c: Calibration, recovery: Recovery) -> None:
    """BadInput if the statistics tell nothing about any parameter: its posterior would be its prior."""
    if not (recovery.learned >= LEARNED).any():
        told = ", ".join(f"{prior.path} {share:.1%}" for prior, share in zip(c.parameters, recovery.learned, strict=True))
        raise BadInput(
            what="the parameters to be fitted",
            given=f"none that the statistics identify (share of variance explained: {told})",
            allowed=f"at least one of which they explain {LEARNED:.0%}; widen its prior, or give more points to the bank",
            where=f"calibration {c.name}",
        )


# -- 3: the search ----------------------------------------------------------------------------------------------------


def searched_under(c: Calibration) -> range:
    """The seeds of the search, the same for all points."""
    return range(1001, 1001 + c.search["seeds"])


def search(c: Calibration, shop: Workshop, begin: np.ndarray, out: Path) -> np.ndarray:
    """The point that fits best, by CMA-ES under the same seeds for all points.

    What was tried is kept line by line; after a stop the search is told it again instead of running it again.
    """
    from cmaes import CMA

    kept = out / "search.jsonl"
    known = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    seeds = searched_under(c)
    d = len(c.parameters)
    finder = CMA(mean=np.clip(begin, 0.02, 0.98), sigma=c.search["spread"], bounds=np.array([[0.0, 1.0]] * d), seed=c.seed)
    tried, best, lowest = 0, begin, math.inf
    with kept.open("a") as lines:
        while tried + finder.population_size <= max(c.search["points"], finder.population_size):
            asked = [finder.ask() for _ in range(finder.population_size)]
            if tried < len(known) - finder.population_size + 1:
                losses = known[tried : tried + finder.population_size]
            else:
                found = [shop.distances(x) for x in shop.statistics(asked, [seeds] * len(asked))]
                losses = [[smooth_worst(x), worst(x)] for x in found]
                lines.write("".join(json.dumps(one) + "\n" for one in losses))
                lines.flush()
            for point, (loss, _) in zip(asked, losses, strict=True):
                if loss < lowest:
                    best, lowest = point, loss
            finder.tell([(point, loss) for point, (loss, _) in zip(asked, losses, strict=True)])
            tried += len(asked)
            if (tried // len(asked)) % 10 == 0:
                log.info("search: %d of %d points, the best so far %.2f", tried, c.search["points"], lowest)
            if finder.should_stop():
                break
    log.info("search: done after %d points, the best %.2f", tried, lowest)
    return np.asarray(best)


# -- 4: the posterior -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """The posterior: equally likely points in the unit cube, their statistics and distances, and how it went.

    rounds : for each round, the points that were run, the share of the prior's box that was left by parameter, and what the last recovery said.
    """

    points: np.ndarray
    statistics: np.ndarray
    distances: np.ndarray
    candidates: np.ndarray
    rounds: list[dict]
    recovery: Recovery


def sample_posterior(
    c: Calibration, model: Model, shop: Workshop, learner: Learner, recovery: Recovery, off: Sequence[float], out: Path, workers: int | None, progress: bool | None,
) -> Sample:  # fmt: skip
    """The posterior by rounds of truncated flat priors (step 4 of the module), from what was learned of the bank, how well, and how far off its points are.

    Every run is kept, so that a stop changes nothing.
    """
    d, k = len(c.parameters), len(c.targets)
    box = learner.box
    wanted = np.array([c.bands[name][0] for name in c.targets])
    rounds: list[dict] = []
    for number in range(c.posterior["rounds"] + 1):
        if number:
            points, statistics = run_bank(c, model, out / f"round-{number}", workers, progress, box, number)
            learner = Learner(points, statistics[:, :k], box, c.seed)
            recovery = recover(learner, c.bank["recoveries"], c.bank["neighbours"], c.seed)
            off = [worst(shop.distances(row)) for row in statistics]
        wide, weight = learner.posterior(learner.summary(wanted), c.bank["neighbours"])
        told = {"round": number, "points": len(off), "box": float(np.mean(box[1] - box[0])), "nearest": float(min(off)), "median": float(np.median(off))}
        rounds.append(told)
        log.info("posterior: round %d, %d points, the median point %.2f and the nearest %.2f half-widths off", number, len(off), told["median"], told["nearest"])
        if number < c.posterior["rounds"]:
            shares = learner.back(wide)
            low, high = (np.quantile(shares, q, axis=0, weights=weight, method="inverted_cdf") for q in (0.01, 0.99))
            middle, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), 0.05)
            box = np.array([np.maximum(box[0], middle - 1.1 * half), np.minimum(box[1], middle + 1.1 * half)])
    rng = np.random.default_rng([c.seed, 3])
    chosen = rng.choice(len(wide), c.posterior["candidates"], p=weight / weight.sum())
    # a smoothing of the few neighbours, so that no candidate is tried twice
    candidates = learner.back(wide[chosen] + 0.3 * wide.std(axis=0) * rng.standard_normal((len(chosen), d)))
    found = try_candidates(c, shop, candidates, out)
    off = np.array([worst(shop.distances(row)) for row in found])
    nearest = np.argsort(off, kind="stable")[: c.posterior["draws"]]
    return Sample(candidates[nearest], found[nearest], off[nearest], off, rounds, recovery)


def try_candidates(c: Calibration, shop: Workshop, candidates: np.ndarray, out: Path) -> np.ndarray:
    """Their statistics, kept line by line."""
    kept = out / "candidates.jsonl"
    known = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    size = 4 * shop.workers
    with kept.open("a") as lines:
        for at in range(len(known), len(candidates), size):
            mine = candidates[at : at + size]
            seeds = [range(20_001 + c.posterior["seeds"] * j, 20_001 + c.posterior["seeds"] * (j + 1)) for j in range(at, at + len(mine))]
            for row in shop.statistics(mine, seeds):
                known.append(row.tolist())
                lines.write(json.dumps(row.tolist()) + "\n")
            lines.flush()
    return np.array(known[: len(candidates)], dtype=float)


# -- all of it --------------------------------------------------------------------------------------------------------


@dataclass
class Fit:
    """A finished calibration: the mode, the posterior's draws, what was learned, and the page that says it."""

    calibration: Calibration
    mode: dict[str, float]
    summary: dict
    page: str
    folder: Path | None = None


def calibrate(
    calibration: Calibration, *, out: str | os.PathLike, answers: str | os.PathLike | None = None, workers: int | None = None, progress: bool | None = None,
    model: Model | None = None, figures: bool = True,
) -> Fit:  # fmt: skip
    """Carry out a calibration, or what is missing of it, and write the posterior with all that is known about it.

    out     : directory of the runs; a calibration that was stopped goes on from there.
    answers : directory of the answer (manifest.json, posterior.csv, parameters.csv, targets.csv, summary.json, summary.md,
              figures); by default `answer` inside out.
    Raises BadInput before the first run for whatever the declaration gets wrong or libraries that are missing, and after
    the bank if no parameter can be identified.
    """
    from .runner import _workers_from
    from .store import refused

    _need("cmaes", "sklearn", "scipy")
    c, place, workers = calibration, Path(out), _workers_from(workers)
    model = model or Counted(c.targets, c.bounds)
    try:
        place.mkdir(parents=True, exist_ok=True)
        _same(place / "calibration.json", {"calibration": c.name, "declaration": c.digest, "rules": model.source(), "scenario": model.digest(c.scenario)})
    except OSError as error:
        raise refused(place, error) from None
    shop = Workshop(c, model, workers)
    try:
        points, statistics = run_bank(c, model, place / "bank", workers, progress)
        everywhere = np.array([np.zeros(len(c.parameters)), np.ones(len(c.parameters))])
        learner = Learner(points, statistics[:, : len(c.targets)], everywhere, c.seed)
        recovery = recover(learner, c.bank["recoveries"], c.bank["neighbours"], c.seed)
        refuse_the_unidentifiable(c, recovery)
        log.info("recovery: the statistics explain %s of a parameter's variance", ", ".join(f"{x:.0%}" for x in recovery.learned))
        distances = [shop.distances(row) for row in statistics]
        off = np.array([worst(one) for one in distances])
        smooth = [smooth_worst(one) for one in distances]
        here = smooth_worst(shop.distances(shop.statistics([c.start], [searched_under(c)])[0]))
        best = search(c, shop, c.start if here < min(smooth) else points[int(np.argmin(smooth))], place)
        sample = sample_posterior(c, model, shop, learner, recovery, off, place, workers, progress)
        fresh = [range(5001, 5001 + CHECKED_UNDER)]
        at_mode = shop.statistics([best], fresh)[0]
    finally:
        shop.close()
    from . import calibrate_report

    summary = calibrate_report.summarise(c, recovery, best, at_mode, sample, off)
    text = calibrate_report.page(summary)
    folder = Path(answers) if answers is not None else place / "answer"
    manifest = calibrate_report.manifest_of(c, model, summary)
    try:
        calibrate_report.write(folder, c, summary, text, manifest, sample, recovery, figures)
    except OSError as error:
        raise refused(folder, error) from None
    return Fit(c, summary["mode"], summary, text, folder)


def _need(*libraries: str) -> None:
    import importlib.util

    for library in libraries:
        if importlib.util.find_spec(library) is None:
            raise BadInput(what="the library", given=library, allowed="one that is installed: pip install 'seedbed[lab]'", where="calibration")


def _same(file: Path, about: Mapping[str, str]) -> None:
    """Keep what the directory is for, or refuse it if it is for something else."""
    if file.exists():
        there = json.loads(file.read_text())
        for key, value in about.items():
            if there.get(key) != value:
                raise BadInput(what=f"the {key} of the calibration in {file.parent}", given=there.get(key), allowed=f"{value}, or another directory", where="out")
    else:
        file.write_text(json.dumps(dict(about), indent=1) + "\n")

