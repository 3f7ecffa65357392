"""Look for good policies under a budget: those that no other beats in everything, judged in many worlds and checked anew.

    search = PolicySearch.from_toml("policy.toml")
    front = run_search(search, out="results/policy")
    print(front)

A policy is a choice of levers (programmes on or off, their fields, any parameter). Each is tried in the same worlds (draws
of the uncertain parameters) under the same seeds, and judged by the mean over worlds or by its worst quarter. NSGA-II (Deb et
al. 2002, by optuna) breeds the next generation from those on the Pareto front so far. The budget is a limit on an outcome
such as public money: a policy that goes beyond it is worse than any that does not.

Who picks the best of hundreds by noisy figures picks luck too (the winner's curse). So the front is run once more in fresh
worlds under fresh seeds, together with the scenario as it is. Only those figures are to be quoted; how far they fall short of
the ones that the search saw is shown.

The search is the same for the same seed, whatever the number of workers, and resumes: each generation is a study of its own
in the directory, and what was run is not run again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from .statistics import Estimate, resampled

__all__ = ["Candidate", "Front", "PolicySearch", "run_search"]

WAYS = {"most": 1, "least": -1}
ROBUST = ("mean", "worst quarter")
KEYS = (
    "name", "scenario", "changes", "levers", "objectives", "budget", "uncertain", "draws", "robust", "seeds", "years", "burn_in",
    "population", "generations", "seed", "fresh_seeds", "fresh_draws",
)  # fmt: skip
AS_IT_IS = "as it is"


# -- the declaration --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PolicySearch:
    """A policy search as a declaration.

    levers     : what may be chosen: path -> a range or a list of values, written as the factors of a plan
    objectives : outcome -> "most" or "least", one to four
    budget     : outcome -> the most that it may be (judged as the objectives are)
    uncertain  : what nobody knows: path -> a range or values; `draws` worlds are drawn from it (Latin hypercube)
    robust     : "mean" over worlds, or the mean of the "worst quarter" of them
    seeds      : the common seeds: every policy meets the same people with the same luck
    population, generations, seed : size and length of the search, and the seed of its chance
    fresh_seeds, fresh_draws      : how many the front is checked under; by default twice as many as were searched with
    """

    name: str
    levers: Mapping[str, Any]
    objectives: Mapping[str, str]
    scenario: Any = "baseline"
    changes: Mapping[str, Any] = field(default_factory=dict)
    budget: Mapping[str, float] = field(default_factory=dict)
    uncertain: Mapping[str, Any] = field(default_factory=dict)
    draws: int = 8
    robust: str = "mean"
    seeds: int | Sequence[int] = 10
    years: int = 40
    burn_in: int = 10
    population: int = 24
    generations: int = 10
    seed: int = 1
    fresh_seeds: int | None = None
    fresh_draws: int | None = None

    def __post_init__(self) -> None:
        from .design import seeds_from

        if not isinstance(self.name, str) or not self.name.strip():
            raise BadInput(what="the name of the search", given=self.name or None, allowed="a text", where="policy search")
        put = object.__setattr__
        put(self, "seeds", seeds_from(self.seeds))
        if not isinstance(self.objectives, Mapping) or not 1 <= len(self.objectives) <= 4:
            raise BadInput(what="the objectives", given=self.objectives or None, allowed='one to four, such as jobs = "most"', where=self.name)
        for outcome, way in self.objectives.items():
            if way not in WAYS:
                raise BadInput(what=f"the objective {outcome}", given=way, allowed=list(WAYS), where=self.name)
        if not isinstance(self.budget, Mapping):
            raise BadInput(what="the budget", given=self.budget, allowed="outcome = the most that it may be", where=self.name)
        for outcome, most in self.budget.items():
            if isinstance(most, bool) or not isinstance(most, (int, float)) or not math.isfinite(most):
                raise BadInput(what=f"the budget of {outcome}", given=most, allowed="a number", where=self.name)
        if self.robust not in ROBUST:
            raise BadInput(what="robust", given=self.robust, allowed=ROBUST, where=self.name)
        for what, least, most in (("draws", 1, 10_000), ("population", 4, 10_000), ("generations", 1, 10_000), ("seed", 0, 2**31)):
            self._whole(what, getattr(self, what), least, most)
        if not self.uncertain:
            put(self, "draws", 1)
        put(self, "fresh_seeds", 2 * len(self.seeds) if self.fresh_seeds is None else self.fresh_seeds)
        put(self, "fresh_draws", (2 * self.draws if self.uncertain else 1) if self.fresh_draws is None else self.fresh_draws)
        self._whole("fresh_seeds", self.fresh_seeds, 2, 100_000)
        self._whole("fresh_draws", self.fresh_draws, 1, 100_000)
        if not self.uncertain:
            put(self, "fresh_draws", 1)

    def _whole(self, what: str, given: Any, least: int, most: int) -> None:
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            raise BadInput(what=what, given=given, allowed=f"a whole number from {least} to {most}", where=self.name)

    @property
    def runs(self) -> int:
        """The most runs that the search itself takes; policies bred twice are run once."""
        return self.population * self.generations * self.draws * len(self.seeds)

    @classmethod
    def from_toml(cls, place: str | os.PathLike) -> PolicySearch:
        """The search declared in a TOML file whose keys are the fields of this class; without a name, named after the file."""
        from seedbed.model.parameters import check_keys, read_toml

        from .design import FACTOR_KEYS, _flat

        place = Path(place)
        given = read_toml(place)
        check_keys(given, KEYS, "a key of the policy search", place)
        for key in ("levers", "uncertain", "changes"):
            if key in given:
                given[key] = _flat(given[key], lambda inner: bool({*inner} & {*FACTOR_KEYS}))
        for key in ("levers", "objectives"):
            if key not in given:
                raise BadInput(what=key, given=None, allowed=f"a table [{key}]", where=place)
        scenario = given.get("scenario", "baseline")
        if isinstance(scenario, str) and (place.parent / scenario).is_file():
            given["scenario"] = str(place.parent / scenario)
        return cls(**{"name": place.stem, **given})

    def to_dict(self) -> dict:
        """The declaration as plain values."""
        return asdict(self) | {"scenario": str(getattr(self.scenario, "name", self.scenario)), "seeds": list(self.seeds)}


# -- policies and worlds ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A policy and what the search saw of it.

    number   : when it was first bred
    policy   : lever -> value (None: a field of a programme that is off)
    measured : outcome -> its robust value, of the objectives and the budget
    within   : whether it keeps the budget
    """

    number: int
    policy: Mapping[str, Any]
    measured: Mapping[str, float]
    within: bool

    @property
    def words(self) -> str:
        """The policy in words."""
        return ", ".join(f"{path} = {value:.4g}" if isinstance(value, float) else f"{path} = {value}" for path, value in self.policy.items() if value is not None)


class _Space:
    """Levers and worlds of a search, checked against the scenario."""

    def __init__(self, search: PolicySearch, model: Any) -> None:
        from seedbed.model.scenario import Scenario

        from .design import Arm
        from .factor import factors_from

        self.search = search
        scenario = Scenario.load(search.scenario, search.name)
        if search.changes:
            model.case(Arm("changes", scenario, dict(search.changes)))
        self.scenario = scenario
        self.levers = factors_from(search.levers, scenario, search.changes, f"{search.name}, levers", sampled=True)
        # Whether a lever and a world set the same thing shows when both are asked for together.
        factors_from({**dict(search.levers), **dict(search.uncertain)}, scenario, search.changes, f"{search.name}, levers and uncertain", sampled=True)
        both = sorted({*search.levers} & {*search.uncertain})
        if both:
            raise BadInput(what="a lever", given=both[0], allowed="a setting that is not uncertain too", where=search.name)
        self.uncertain = factors_from(search.uncertain, scenario, search.changes, f"{search.name}, uncertain", sampled=True, need=False)
        known = model.labels()
        from .compare import DERIVED

        for outcome in (*search.objectives, *search.budget):
            if outcome not in known and outcome not in DERIVED:
                raise BadInput(what="the outcome", given=outcome, allowed=list(known), where=search.name)

    def worlds(self, number: int, fresh: bool) -> list[dict[str, Any]]:
        """So many draws of what is uncertain; fresh ones are others than those of the search."""
        if not self.uncertain:
            return [{}]
        from scipy.stats import qmc

        rng = np.random.default_rng([self.search.seed, 1 + fresh])
        shares = qmc.LatinHypercube(d=len(self.uncertain), rng=rng).random(number)
        columns = {path: factor.at(shares[:, k]) for k, (path, factor) in enumerate(self.uncertain.items())}
        return [{path: values[row] for path, values in columns.items()} for row in range(number)]

    def suggest(self, trial: Any) -> dict[str, Any]:
        """A policy, as the search proposes it."""
        from .design import _effective

        policy = {}
        for path, factor in self.levers.items():
            if factor.values:
                policy[path] = factor.values[trial.suggest_categorical(path, list(range(len(factor.values))))]
            else:
                policy[path] = factor.at([trial.suggest_float(path, 0.0, 1.0)])[0]
        return _effective(policy, self.search.changes)

    def experiment(self, name: str, policies: Mapping[str, Mapping[str, Any]], worlds: Sequence[Mapping], seeds: Sequence[int]) -> Any:
        """An experiment with an arm for each policy in each world, policies outermost."""
        from .design import Arm, Experiment, _changes

        arms = [
            Arm(f"{label}, world {w}", self.scenario, _changes(self.search.changes, {**world, **policy}))
            for label, policy in policies.items()
            for w, world in enumerate(worlds, 1)
        ]
        return Experiment(name, arms, tuple(seeds), self.search.years, self.search.burn_in)


# -- the search -------------------------------------------------------------------------------------------------------


def run_search(search: PolicySearch, *, out: str | os.PathLike | None = None, model: Any = None, **how: Any) -> Front:
    """Search, check the front in fresh worlds under fresh seeds, and give it.

    out : the directory of the search, kept and resumed (the same command goes on where it stopped; more generations go on
          from the last one). None keeps nothing.
    how : workers, executor and progress, as `runner.run` takes them.

    Raises BadInput for what cannot be, before the first run, and for the directory of another search.
    """
    from .runner import Model

    model = model or Model()
    space = _Space(search, model)
    _claim(search, out, model)
    worlds = space.worlds(search.draws, fresh=False)
    candidates, generations = _breed(search, space, worlds, out, model, how)
    if not candidates:
        raise RuntimeError(f"{search.name}: every run of every policy failed")
    best = _front_of([one for one in candidates if one.within], search)
    return _checked(search, space, candidates, best, generations, out, model, how)


def _claim(search: PolicySearch, out: Any, model: Any) -> None:
    """Note in the directory what search it holds; refuse another one."""
    if out is None:
        return
    from .store import StoreError, refused, write_whole

    said = {key: value for key, value in search.to_dict().items() if key not in ("generations", "fresh_seeds", "fresh_draws")}
    said = json.loads(json.dumps(said, sort_keys=True, default=str)) | {"source": model.source()}
    place = Path(out) / "search.json"
    if place.exists():
        try:
            held = json.loads(place.read_text(encoding="utf-8"))
        except ValueError:
            held = None
        if held != said:
            differs = [key for key in said if not isinstance(held, dict) or held.get(key) != said[key]]
            raise StoreError(
                what="the output directory",
                given=str(out),
                allowed="a new directory, or the one of this very search (only generations and what is fresh may change)",
                where=f"--out: it holds another search, which differs in {', '.join(differs)}",
            )
        return
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        if any(not entry.name.startswith(".") for entry in Path(out).iterdir()):
            raise StoreError(what="the output directory", given=str(out), allowed="a new or empty directory", where="--out: it holds other files")
        write_whole(place, (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise refused(Path(out), error) from None


def _breed(search, space, worlds, out, model, how):
    """All policies tried, and for each generation the numbers of its candidates."""
    import optuna
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(directions=["maximize" if way == "most" else "minimize" for way in search.objectives.values()])
    seen: dict[str, Candidate | None] = {}
    candidates, generations = [], []
    for generation in range(search.generations):
        asked, new = [], {}
        for _ in range(search.population):
            # A sampler anew for each trial, by the trial's own number: chance then does not depend on where a search resumed.
            study.sampler = optuna.samplers.NSGAIISampler(population_size=search.population, seed=_chance(search.seed, len(study.trials)))
            trial = study.ask()
            policy = space.suggest(trial)
            key = json.dumps(policy, sort_keys=True, default=str)
            asked.append((trial, key))
            if key not in seen and key not in new:
                new[key] = (trial.number, policy)
        for key, candidate in _evaluated(search, space, new, worlds, generation, out, model, how).items():
            seen[key] = candidate
            if candidate is not None:
                candidates.append(candidate)
        for trial, key in asked:
            candidate = seen[key]
            if candidate is None:
                study.tell(trial, state=TrialState.FAIL)
                continue
            for outcome, most in search.budget.items():
                trial.set_constraint(outcome, candidate.measured[outcome] - most)
            study.tell(trial, [candidate.measured[outcome] for outcome in search.objectives])
        generations.append([seen[key].number for _, key in asked if seen[key] is not None])
    return candidates, generations


def _chance(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:4], "little")


def _evaluated(search, space, new, worlds, generation, out, model, how):
    """What the new policies of a generation measure, by key; None where no run went well in some world."""
    from .runner import run

    if not new:
        return {}
    labels = {f"policy {number}": policy for number, policy in new.values()}
    experiment = space.experiment(f"{search.name}, generation {generation + 1}", labels, worlds, search.seeds)
    place = None if out is None else Path(out) / f"generation-{generation + 1:03d}"
    results = run(experiment, model=model, out=place, **how)
    found = {}
    ones = np.ones((1, len(search.seeds)))
    for row, (key, (number, policy)) in enumerate(new.items()):
        measured = {}
        for outcome in {**search.objectives, **search.budget}:
            top, below = _parts(results, experiment, outcome, row, len(worlds))
            measured[outcome] = float(_robust(top, below, ones, _way(search, outcome), search.robust)[0])
        if not all(math.isfinite(value) for value in measured.values()):
            found[key] = None
            continue
        within = all(measured[outcome] <= most for outcome, most in search.budget.items())
        found[key] = Candidate(number, policy, measured, within)
    return found


def _way(search: PolicySearch, outcome: str) -> int:
    """Which way is good: a budgeted outcome that is no objective is better the less it is."""
    return WAYS[search.objectives.get(outcome, "least")]


def _parts(results, experiment, outcome, row, worlds):
    """Numerator and denominator of an outcome of one policy, seeds x worlds."""
    from .compare import measure

    arms = [arm.name for arm in experiment.arms[row * worlds : (row + 1) * worlds]]
    return measure(results, outcome, arms)


def _robust(top, below, weights, way, robust):
    """The robust value for each weighting of seeds: top (seeds, worlds), weights (b, seeds) -> (b,).

    In each world the mean over seeds (of a ratio, sum over sum; runs that failed left out), then over worlds the mean, or the
    mean of the worst quarter of them.
    """
    there = np.isfinite(top) if below is None else np.isfinite(top) & np.isfinite(below)
    with np.errstate(divide="ignore", invalid="ignore"):
        under = there.astype(float) if below is None else np.where(there, below, 0.0)
        of_world = (weights @ np.where(there, top, 0.0)) / (weights @ under)
    if robust == "mean":
        return of_world.mean(axis=1)
    number = math.ceil(of_world.shape[1] / 4)
    return way * np.sort(way * of_world, axis=1)[:, :number].mean(axis=1)


def _front_of(candidates: Sequence[Candidate], search: PolicySearch) -> list[Candidate]:
    """Those that no other beats: none is at least as good in every objective and better in one."""
    if not candidates:
        return []
    goods = np.array([[WAYS[way] * one.measured[outcome] for outcome, way in search.objectives.items()] for one in candidates])
    return [one for one, good in zip(candidates, goods, strict=True) if not _beaten(good, goods)]


def _beaten(good: np.ndarray, others: np.ndarray) -> bool:
    return bool(((others >= good).all(axis=1) & (others > good).any(axis=1)).any())


# -- the check in fresh worlds ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Front:
    """The Pareto front of a search, as it was found and as it stands in fresh worlds under fresh seeds.

    frame      : one row a policy of the front, best in the first objective first: policy (its number), a column for each
                 lever (None or NaN: a field of a programme that is off), and for each outcome NAME: NAME_found (in the search), NAME with NAME_low and NAME_high (fresh, 95%),
                 NAME_gain with _gain_low and _gain_high (fresh, paired difference from the scenario as it is); within (the budget
                 kept, fresh), stays (still beaten by none of the front, fresh)
    curse      : one row an objective: what the front's best was worth when found, what that policy is worth fresh, and the mean
                 over the front of found less fresh, turned so that a positive number is luck lost
    as_it_is   : outcome -> Estimate of the scenario as it is, fresh
    candidates : all policies tried
    hypervolume: for each generation, the part of the box between the worst and best values seen that the front dominates
    """

    search: PolicySearch
    frame: Any
    curse: Any
    as_it_is: dict[str, Estimate]
    candidates: tuple[Candidate, ...]
    hypervolume: tuple[float, ...]
    labels: dict[str, str]
    results: Any

    def __str__(self) -> str:
        lines = [f"{self.search.name}: {len(self.frame)} policies on the front, of {len(self.candidates)} tried; figures from fresh worlds and seeds."]
        for row in self.frame.to_dict("records"):
            figures = ", ".join(f"{self.labels[o]} {row[o]:.4g} ({row[f'{o}_low']:.4g} to {row[f'{o}_high']:.4g})" for o in self.search.objectives)
            levers = ", ".join(f"{path} = {row[path]}" for path in self.search.levers if row[path] is not None and row[path] == row[path])
            lines.append(f"  policy {row['policy']}: {figures}\n    {levers}")
        return "\n".join(lines)


def _checked(search, space, candidates, best, generations, out, model, how) -> Front:
    import pandas as pd

    from .compare import titled
    from .runner import run

    outcomes = list({**search.objectives, **search.budget})
    last = max(search.seeds)
    seeds = tuple(range(last + 1, last + 1 + search.fresh_seeds))
    worlds = space.worlds(search.fresh_draws, fresh=True)
    policies = {AS_IT_IS: {}} | {f"policy {one.number}": one.policy for one in best}
    experiment = space.experiment(f"{search.name}, checked anew", policies, worlds, seeds)
    # Each front has its own check: a longer search finds another front, which is another study.
    mark = hashlib.sha256(json.dumps([list(policies), len(seeds), len(worlds)]).encode()).hexdigest()[:8]
    place = None if out is None else Path(out) / f"fresh-{mark}"
    results = run(experiment, model=model, out=place, **how)

    def estimate(row: int, outcome: str, less: int | None = None) -> Estimate:
        parts = [_parts(results, experiment, outcome, r, len(worlds)) for r in ((row,) if less is None else (row, less))]

        def value(weights):
            found = [_robust(top, below, weights, _way(search, outcome), search.robust) for top, below in parts]
            return found[0] if less is None else found[0] - found[1]

        return resampled(value, len(seeds))

    rows = []
    for row, one in enumerate(best, 1):
        line = {"policy": one.number, **one.policy}
        for outcome in outcomes:
            e, gain = estimate(row, outcome), estimate(row, outcome, 0)
            line |= {f"{outcome}_found": one.measured[outcome], outcome: float(e.value), f"{outcome}_low": float(e.low), f"{outcome}_high": float(e.high)}
            line |= {f"{outcome}_gain": float(gain.value), f"{outcome}_gain_low": float(gain.low), f"{outcome}_gain_high": float(gain.high)}
        line["within"] = all(line[outcome] <= most for outcome, most in search.budget.items())
        rows.append(line)
    ways = np.array([WAYS[way] for way in search.objectives.values()])
    goods = np.array([[line[outcome] for outcome in search.objectives] for line in rows]).reshape(len(rows), len(ways)) * ways
    kept = np.array([line["within"] for line in rows], dtype=bool)
    for line, good in zip(rows, goods, strict=True):
        line["stays"] = bool(line["within"] and not _beaten(good, goods[kept]))
    frame = pd.DataFrame(rows)
    if len(frame):
        first, way = next(iter(search.objectives.items()))
        frame = frame.sort_values(first, ascending=way == "least", kind="stable", ignore_index=True)
    return Front(
        search,
        frame,
        _curse(search, rows),
        {outcome: estimate(0, outcome) for outcome in outcomes},
        tuple(candidates),
        _hypervolumes(search, candidates, generations),
        {outcome: titled(results, outcome) for outcome in outcomes},
        results,
    )


def _curse(search: PolicySearch, rows: list[dict]):
    import pandas as pd

    lines = []
    for outcome, way in search.objectives.items():
        if not rows:
            continue
        sign = WAYS[way]
        best = max(rows, key=lambda row: sign * row[f"{outcome}_found"])
        lost = [sign * (row[f"{outcome}_found"] - row[outcome]) for row in rows]
        lines.append((outcome, best["policy"], best[f"{outcome}_found"], best[outcome], sign * (best[f"{outcome}_found"] - best[outcome]), float(np.mean(lost))))
    return pd.DataFrame(lines, columns=["outcome", "best", "found", "fresh", "lost", "mean_lost"])


def _hypervolumes(search: PolicySearch, candidates: Sequence[Candidate], generations: list[list[int]]) -> tuple[float, ...]:
    """After each generation, the part of the box of all values seen that the policies so far dominate (within the budget)."""
    by_number = {one.number: one for one in candidates}
    goods = {n: np.array([WAYS[way] * one.measured[outcome] for outcome, way in search.objectives.items()]) for n, one in by_number.items() if one.within}
    if not goods:
        return (0.0,) * len(generations)
    every = np.array(list(goods.values()))
    low, span = every.min(axis=0), np.ptp(every, axis=0)
    span[span == 0] = 1.0
    so_far: list[np.ndarray] = []
    volumes = []
    for numbers in generations:
        so_far += [(goods[n] - low) / span for n in numbers if n in goods]
        volumes.append(_volume(np.array(so_far)) if so_far else 0.0)
    return tuple(volumes)


def _volume(points: np.ndarray) -> float:
    """The volume between the origin and a set of points in the unit cube, by slices along the first axis."""
    if points.shape[1] == 1:
        return float(points.max(initial=0.0))
    points = points[np.argsort(-points[:, 0], kind="stable")]
    total = 0.0
    for place in range(len(points)):
        low = points[place + 1, 0] if place + 1 < len(points) else 0.0
        if points[place, 0] > low:
            total += (points[place, 0] - low) * _volume(points[: place + 1, 1:])
    return float(total)
