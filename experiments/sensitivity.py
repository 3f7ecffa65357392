"""Which settings matter: screening (Morris), shares of variance (Sobol) and sweeps of one factor at a time.

    found = sensitivity(Results.load("results/screening"))
    found.frame

The plan of the study says which: its points were drawn by SALib, and SALib's own indices of the mean over seeds are given
("salib_..."). But a mean over a few seeds still carries luck, and SALib takes luck for effects: with few seeds every factor
seems to matter a little. Here luck is told apart by products over pairs of different seeds, s and t. For one point x,

    y(x, s) = g(x) + c(s) + e(x, s),    E[e] = 0 for each x,    so    E[y(x, s) y(x', t)] = g(x) g(x') + constant

whatever the noise e, also where the same seeds are used at all points. Each product of SALib's estimators (Saltelli et al.
2010 for first order, Jansen 1999 for total) becomes the mean over ordered pairs of different seeds, and is then unbiased for
the expected outcome g. One seed leaves nothing to pair: the indices are then those of this one city, luck included.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from .statistics import LEVEL, resampling

__all__ = ["Sensitivity", "ema_problem", "ema_results", "morris", "one_at_a_time", "salib_problem", "sensitivity", "sobol", "variance_shares"]

RESAMPLES = 500
SEEDS_ENOUGH = 8  # from so many seeds on they are resampled too; fewer say nothing of how other cities would differ
KINDS = ("sobol", "morris", "one_at_a_time")


@dataclass(frozen=True)
class Sensitivity:
    """What was found: `frame` has a row for each outcome and factor, its columns as the function that made it says.

    kind   : "sobol", "morris" or "one_at_a_time"
    shares : one row an outcome, see `variance_shares` (empty for a sweep)
    second : pairs of factors of a Sobol plan with second order (else empty)
    seeds  : how many seeds each point has (of a partial study those that are done)
    """

    kind: str
    frame: Any
    shares: Any
    second: Any
    seeds: int


def sensitivity(results: Any, outcomes: Sequence[str] | None = None, **options: Any) -> Sensitivity:
    """The analysis that the study's plan is made for: `sobol`, `morris` or `one_at_a_time`.

    outcomes : by default those the experiment was declared for, else all.
    """
    kind = dict(results.experiment.plan).get("kind")
    if kind not in KINDS:
        raise BadInput(
            what="the plan of the study",
            given=kind,
            allowed='one made for it: plan = "sobol", "morris" or "one_at_a_time" (a Latin hypercube is for `seedbed discover`)',
            where=results.experiment.name,
        )
    return {"sobol": sobol, "morris": morris, "one_at_a_time": one_at_a_time}[kind](results, outcomes, **options)


# -- the points of a plan ---------------------------------------------------------------------------------------------


def _factors(experiment: Any) -> dict[str, dict]:
    factors = dict(experiment.plan).get("factors")
    if not factors or not experiment.cells:
        raise BadInput(what="the plan of the study", given=dict(experiment.plan) or None, allowed="a plan with factors", where=experiment.name)
    return {path: dict(spec) for path, spec in dict(factors).items()}


def _names(results: Any, outcomes: Sequence[str] | None) -> list[str]:
    from .compare import outcome_names

    known = outcome_names(results)
    names = list(outcomes) if outcomes else list(results.experiment.outcomes) or known
    for name in names:
        if name not in known:
            raise BadInput(what="the outcome", given=name, allowed=known, where=results.experiment.name)
    return names


def _values(results: Any, outcome: str) -> np.ndarray:
    """The outcome run by run, arms x seeds: of a ratio each run's own."""
    from .compare import measure

    if outcome in results.names:
        return results.values(outcome).T
    top, below = measure(results, outcome, [arm.name for arm in results.experiment.arms])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = top / below
    return np.where(np.isfinite(ratio), ratio, np.nan).T


def _crossed(results: Any, outcome: str) -> np.ndarray:
    """The outcome, arms x seeds, of the seeds under which (nearly) as many arms ran as under any: a partial study breaks off in
    the middle of a seed, and that seed would cost all arms it never came to."""
    y = _values(results, outcome)
    there = np.isfinite(y).mean(axis=0)
    kept = there >= 0.9 * there.max(initial=0.0)
    return y[:, kept] if kept.any() else y


def _moved_to(experiment: Any, factors: Mapping[str, Mapping]) -> np.ndarray:
    """Where the points of a sampled plan stand in the range of each factor, from 0 to 1, points x factors.

    A list of values stands in its order, and a range in steps where its value is: a move from one value to the other of
    two is a move over the whole range, whatever the point in the unit cube.
    """
    from .factor import Factor

    shares = experiment.points()
    for column, spec in enumerate(factors.values()):
        if spec.get("values"):
            size = len(spec["values"])
            shares[:, column] = Factor(None, values=tuple(range(size))).at(shares[:, column]) / np.array(max(size - 1, 1))
        elif spec.get("step") is not None:
            low, high = (float(end) for end in spec["range"])
            values = np.array(Factor(None, low=low, high=high, scale=spec.get("scale", "linear"), step=spec["step"]).at(shares[:, column]), dtype=float)
            log = spec.get("scale") == "log"
            shares[:, column] = np.log(values / low) / math.log(high / low) if log else (values - low) / (high - low)
    return shares


# -- for other tools --------------------------------------------------------------------------------------------------


def salib_problem(experiment: Any) -> tuple[dict, np.ndarray]:
    """SALib's problem in natural units, and the points X, arms x factors: for its analyses that take any sample.

    num_vars, names, bounds and dists ("unif" or "logunif"); a factor that is a list of values is the number of its value, from
    0, and `values` says which these are. A field of a programme that is off is NaN. For the unit cube see `design.problem`.

        problem, x = salib_problem(results.experiment)
        SALib.analyze.pawn.analyze(problem, x, results.values("jobs").mean(axis=0))
    """
    factors = _factors(experiment)
    listed = {path: list(spec["values"]) for path, spec in factors.items() if spec.get("values")}
    bounds = [[0, len(listed[path]) - 1] if path in listed else [float(end) for end in spec["range"]] for path, spec in factors.items()]
    dists = ["logunif" if spec.get("scale") == "log" else "unif" for spec in factors.values()]
    found = {"num_vars": len(factors), "names": list(factors), "bounds": bounds, "dists": dists} | ({"values": listed} if listed else {})
    columns = []
    for path in factors:
        held = list(experiment.cells[path])
        if path in listed:
            held = [listed[path].index(value) if value in listed[path] else math.nan for value in held]
        columns.append(np.array([math.nan if value is None else value for value in held], dtype=float))
    return found, np.column_stack(columns)


def ema_problem(experiment: Any):
    """The factors as the table that the EMA workbench's `parameters_from_csv` reads: NAME, TYPE (real, int, cat), ends or categories.

    Give that function the table itself, or write it with `.to_csv(place, index=False)`: but numbers and categories apart, since its
    reader takes all for text if both stand in one file.
    """
    import pandas as pd

    rows = []
    for path, spec in _factors(experiment).items():
        values = list(spec.get("values") or spec["range"])
        whole = not spec.get("values") and isinstance(spec.get("step"), int)
        rows.append([path, "cat" if spec.get("values") else "int" if whole else "real", *(map(int, values) if whole else values)])
    width = max(map(len, rows))
    return pd.DataFrame([row + [None] * (width - len(row)) for row in rows], columns=["NAME", "TYPE", *map(str, range(width - 2))])


def ema_results(results: Any, outcomes: Sequence[str] | None = None):
    """The runs as the EMA workbench's own pair (experiments, outcomes), for its prim, cart and feature scoring.

    experiments : a data frame, one row an arm: the factors, then scenario, policy and model.
    outcomes    : name -> array, arms x seeds (its replications); take `.mean(axis=1)` for one number a row.
    """
    import pandas as pd

    experiment = results.experiment
    _factors(experiment)
    frame = pd.DataFrame({path: list(values) for path, values in experiment.cells.items()})
    frame["scenario"] = [arm.name for arm in experiment.arms]
    frame["policy"], frame["model"] = "None", experiment.name
    return frame, {name: _values(results, name) for name in _names(results, outcomes)}


# -- luck and settings ------------------------------------------------------------------------------------------------


def variance_shares(results: Any, outcomes: Sequence[str] | None = None, *, level: float = LEVEL, resamples: int = RESAMPLES):
    """How much of the variance of a single run comes from the settings, how much from luck: one row an outcome.

    Every point ran under every seed, so the variance falls into three parts (analysis of variance with random effects):

        settings : how the expected outcome differs between points
        luck     : what a seed does to all points alike, which pairing takes away
        both     : what a seed does at one point and not at another, which only more seeds take away

    Columns: outcome, label, settings, luck, both (shares, summing to one, each with _low and _high), variance, points, seeds.
    Of a Sobol plan the points are its two independent samples; of others all points. NaN where there is one seed only.
    """
    import pandas as pd

    from .compare import titled

    experiment = results.experiment
    names = _names(results, outcomes)
    independent = np.arange(len(experiment.arms))
    if dict(experiment.plan).get("kind") == "sobol":
        blocks = _blocks(experiment)
        independent = blocks[:, [0, -1]].ravel()
    rows = []
    for name in names:
        y = _crossed(results, name)[independent]
        y = y[np.isfinite(y).all(axis=1)]
        row = {"outcome": name, "label": titled(results, name)}
        parts = _two_way(y)
        drawn = [_two_way(sample) for sample in _two_way_samples(y, resamples)] if np.isfinite(parts[:3]).all() else []
        bounds = _bounds(np.array(drawn)[:, :3], level) if drawn else np.full((2, 3), np.nan)
        for place, part in enumerate(("settings", "luck", "both")):
            row |= {part: parts[place], f"{part}_low": bounds[0, place], f"{part}_high": bounds[1, place]}
        rows.append(row | {"variance": parts[3], "points": len(y), "seeds": y.shape[1]})
    return pd.DataFrame(rows)


def _two_way(y: np.ndarray) -> np.ndarray:
    """Shares (points, seeds, both) and the variance of one run, from a table points x seeds."""
    n, seeds = y.shape
    if n < 2 or seeds < 2:
        return np.full(4, np.nan)
    of_point, of_seed = y.mean(axis=1), y.mean(axis=0)
    left = y - of_point[:, None] - of_seed[None, :] + y.mean()
    both = (left**2).sum() / ((n - 1) * (seeds - 1))
    point = max(of_point.var(ddof=1) - both / seeds, 0.0)
    seed = max(of_seed.var(ddof=1) - both / n, 0.0)
    total = point + seed + both
    return np.array([point / total, seed / total, both / total, total]) if total > 0 else np.array([np.nan] * 3 + [0.0])


def _two_way_samples(y: np.ndarray, resamples: int):
    """Points drawn again, and seeds too where there are enough of them.

    A point drawn twice is two points to the formula, as it should be; a seed drawn twice would pass for agreement between
    seeds, so seeds are drawn without replacement, half of them (whose spread about the whole is that of the whole).
    """
    rng = np.random.default_rng(1)
    n, seeds = y.shape
    for _ in range(resamples):
        sample = y[rng.integers(0, n, n)]
        yield sample[:, rng.permutation(seeds)[: seeds // 2]] if seeds >= SEEDS_ENOUGH else sample


# -- Sobol ------------------------------------------------------------------------------------------------------------


def _blocks(experiment: Any) -> np.ndarray:
    """The arms of a Sobol plan, blocks x points: A, then A with each factor from B, (B with each from A,) then B."""
    plan = dict(experiment.plan)
    d = len(_factors(experiment))
    size = 2 * d + 2 if plan.get("second_order") else d + 2
    return _in_order(experiment, size)


def _in_order(experiment: Any, size: int) -> np.ndarray:
    """The arms in groups of `size`, in the plan's order."""
    number = len(experiment.arms)
    if number % size:
        raise BadInput(what="the arms of the plan", given=number, allowed=f"a multiple of {size}, as the plan made them", where=experiment.name)
    return np.arange(number).reshape(-1, size)


def sobol(results: Any, outcomes: Sequence[str] | None = None, *, level: float = LEVEL, resamples: int = RESAMPLES) -> Sensitivity:
    """First-order and total shares of the variance of the expected outcome, luck taken out, with bootstrap intervals.

    Columns: outcome, label, factor; first and total with _low and _high (shares of the variance of the expected outcome; total
    less first is what the factor does together with others); salib_first and salib_total (of the mean over seeds, luck
    included); blocks and seeds (how many were used). Intervals resample the blocks of the plan, and from eight seeds on the
    seeds too. Estimates may fall a little below 0 or above 1 by chance. NaN where the outcome does not vary.
    """
    import pandas as pd

    from .compare import titled

    experiment = results.experiment
    if dict(experiment.plan).get("kind") != "sobol":
        raise BadInput(what="the plan of the study", given=dict(experiment.plan).get("kind"), allowed="sobol", where=experiment.name)
    factors = list(_factors(experiment))
    d = len(factors)
    blocks = _blocks(experiment)
    second_order = bool(dict(experiment.plan).get("second_order"))
    rows, pairs = [], []
    names = _names(results, outcomes)
    for name in names:
        y = _crossed(results, name)[blocks]  # blocks x points x seeds
        y = y[np.isfinite(y).all(axis=(1, 2))]
        value, low, high = _sobol_with_intervals(y, d, second_order, level, resamples)
        salib = _salib_sobol(y, factors, second_order)
        label = titled(results, name)
        for j, factor in enumerate(factors):
            row = {"outcome": name, "label": label, "factor": factor}
            for place, part in ((j, "first"), (d + j, "total")):
                row |= {part: value[place], f"{part}_low": low[place], f"{part}_high": high[place]}
            rows.append(row | {"salib_first": salib[0][j], "salib_total": salib[1][j], "blocks": len(y), "seeds": y.shape[2]})
        if second_order:
            place = 2 * d
            for j in range(d):
                for k in range(j + 1, d):
                    pairs.append((name, label, factors[j], factors[k], value[place], low[place], high[place]))
                    place += 1
    second = pd.DataFrame(pairs, columns=["outcome", "label", "factor", "other", "second", "second_low", "second_high"])
    shares = variance_shares(results, names, level=level, resamples=resamples)
    frame = pd.DataFrame(rows)
    return Sensitivity("sobol", frame, shares, second, int(frame["seeds"].max()))


def _sobol_with_intervals(y, d, second_order, level, resamples):
    number = 2 * d + (d * (d - 1) // 2 if second_order else 0)
    nothing = np.full(number, np.nan)
    if len(y) < 2:
        return nothing, nothing, nothing
    a_and_b = y[:, [0, -1]]
    y = y - y.mean(axis=(0, 1))  # what a seed does to all points alike
    scale = a_and_b.std()
    if not scale > 0 or np.ptp(y) <= 1e-12 * np.abs(a_and_b).max():
        return nothing, nothing, nothing
    y = y / scale
    n, _, seeds = y.shape
    everything = np.ones(seeds)
    value = _indices(_products(y, d, second_order, everything), np.full((1, n), 1 / n), d, second_order)[0]
    weights = resampling(n, resamples, "sobol/blocks") / n
    if seeds < SEEDS_ENOUGH:
        drawn = _indices(_products(y, d, second_order, everything), weights, d, second_order)
    else:
        of_seed = resampling(seeds, resamples, "sobol/seeds")
        drawn = np.concatenate(
            [_indices(_products(y, d, second_order, of_seed[b]), weights[b : b + 1], d, second_order) for b in range(resamples)]
        )
    return value, *_bounds(drawn, level)


def _bounds(drawn: np.ndarray, level: float) -> np.ndarray:
    """The two quantiles of resamples x m, of those resamples in which there is an answer; NaN if these are fewer than half."""
    told = np.isfinite(drawn).all(axis=1)
    if told.mean() < 0.5:
        return np.full((2, drawn.shape[1]), np.nan)
    return np.quantile(drawn[told], [(1 - level) / 2, (1 + level) / 2], axis=0)


def _cross(u: np.ndarray, v: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The mean of u(s) v(t) over ordered pairs of different seeds (last axis), seeds weighted; of one seed its own product."""
    if len(weights) == 1:
        return u[..., 0] * v[..., 0]
    # A seed drawn twice is not paired with itself: its luck is the same both times.
    pairs = weights.sum() ** 2 - (weights**2).sum()
    if pairs <= 0:
        return np.full(np.broadcast_shapes(u.shape, v.shape)[:-1], np.nan)
    return ((u @ weights) * (v @ weights) - (u * v) @ weights**2) / pairs


def _products(y, d, second_order, weights):
    """What the indices are made of, for each block: the variance, d first-order and d total numerators, (pairs), and the mean."""
    a, b, ab = y[:, 0], y[:, -1], y[:, 1 : d + 1]
    variance = (_cross(a, a, weights) + _cross(b, b, weights)) / 2
    first = _cross(b[:, None], ab - a[:, None], weights)
    gap = a[:, None] - ab
    total = _cross(gap, gap, weights) / 2
    parts = [variance[:, None], first, total]
    if second_order:
        ba = y[:, d + 1 : 2 * d + 1]
        together = _cross(a, b, weights)
        parts.append(
            np.column_stack([_cross(ba[:, j], ab[:, k], weights) - together for j in range(d) for k in range(j + 1, d)]) if d > 1 else np.empty((len(y), 0))
        )
    return np.column_stack(parts), ((a + b) / 2) * weights / weights.sum() * len(weights)


def _indices(products, block_weights, d, second_order):
    """The indices for each weighting of the blocks: weightings x (first, total, pairs)."""
    parts, of_seed = products
    sums = block_weights @ parts
    middle = block_weights @ of_seed
    seeds = middle.shape[1]
    off = middle[:, 0] ** 2 if seeds == 1 else (middle.sum(axis=1) ** 2 - (middle**2).sum(axis=1)) / (seeds * (seeds - 1))
    variance = sums[:, 0] - off
    with np.errstate(divide="ignore", invalid="ignore"):
        out = sums[:, 1:] / variance[:, None]
    # Luck alone, and nothing left to be shared out.
    out[~(variance > 0)] = np.nan
    if second_order:
        pairs = [(j, k) for j in range(d) for k in range(j + 1, d)]
        for place, (j, k) in enumerate(pairs):
            out[:, 2 * d + place] -= out[:, j] + out[:, k]
    return out


def _salib_sobol(y, factors, second_order):
    """SALib's indices of the mean over seeds."""
    nothing = np.full((2, len(factors)), np.nan)
    if len(y) < 2:
        return nothing
    means = y.mean(axis=2).ravel()
    if np.ptp(means) == 0:
        return nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where an index cannot be told, which is NaN here
        from SALib.analyze import sobol as analyze

        given = {"num_vars": len(factors), "names": factors, "bounds": [[0, 1]] * len(factors)}
        found = analyze.analyze(given, means, calc_second_order=second_order, num_resamples=2, seed=1)
    return np.array([found["S1"], found["ST"]])


# -- Morris -----------------------------------------------------------------------------------------------------------


def morris(results: Any, outcomes: Sequence[str] | None = None, *, level: float = LEVEL, resamples: int = RESAMPLES) -> Sensitivity:
    """Elementary effects: what a factor moved over its whole range does to an outcome, where the others happen to stand.

    An effect is the change of the mean over seeds (paired) from one point of a trajectory to the next, divided by the share
    of its range that the factor moved. Columns: outcome, label, factor;

        mu       : mean effect, signed, with mu_low and mu_high
        mu_star  : mean size of the effects, with _low and _high (Campolongo, Cariboni and Saltelli 2007)
        noise    : the mu_star that luck alone would show with so many seeds; NaN with one seed
        sigma    : spread of the effects between trajectories, luck taken out: curvature and interplay
        strength : root mean square of the effects, luck taken out, with _low and _high
        matters  : whether strength is clearly above nought: 1 yes, 0 cannot be told
        salib_mu_star, trajectories, seeds

    Units are the outcome's. Intervals resample trajectories, and from eight seeds on the seeds too.
    """
    import pandas as pd

    from .compare import titled

    experiment = results.experiment
    if dict(experiment.plan).get("kind") != "morris":
        raise BadInput(what="the plan of the study", given=dict(experiment.plan).get("kind"), allowed="morris", where=experiment.name)
    factors = _factors(experiment)
    paths, moved = list(factors), _moves(experiment, factors)
    rows = []
    names = _names(results, outcomes)
    for name in names:
        y = _crossed(results, name)
        effects = np.full((len(moved), len(paths), y.shape[1]), np.nan)
        for t, trajectory in enumerate(moved):
            for before, after, j, way in trajectory:
                effects[t, j] = (y[after] - y[before]) / way
        salib = _salib_mu_star(effects)
        for j, path in enumerate(paths):
            of_factor = effects[:, j]
            of_factor = of_factor[np.isfinite(of_factor).all(axis=1)]
            row = {"outcome": name, "label": titled(results, name), "factor": path} | _effects_of(of_factor, level, resamples)
            rows.append(row | {"salib_mu_star": salib[j], "trajectories": len(of_factor), "seeds": y.shape[1]})
    shares = variance_shares(results, names, level=level, resamples=resamples)
    frame = pd.DataFrame(rows)
    return Sensitivity("morris", frame, shares, pd.DataFrame(), int(frame["seeds"].max()))


def _moves(experiment, factors):
    """For each trajectory its moves: (arm before, arm after, factor, share of the range moved)."""
    where = _moved_to(experiment, factors)
    found = []
    for trajectory in _in_order(experiment, len(factors) + 1):
        moves = []
        for before, after in zip(trajectory[:-1], trajectory[1:], strict=True):
            step = where[after] - where[before]
            changed = np.flatnonzero(np.abs(step) > 1e-9)
            if len(changed):  # two values that a step makes the same are no move
                moves.append((before, after, int(changed[0]), float(step[changed[0]])))
        found.append(moves)
    return found


def _effects_of(effects: np.ndarray, level: float, resamples: int) -> dict[str, float]:
    """Measures of one factor's effects, trajectories x seeds."""
    trajectories, seeds = effects.shape
    names = ("mu", "mu_star", "strength")
    if trajectories < 2:
        blank = {key: math.nan for name in names for key in (name, f"{name}_low", f"{name}_high")}
        return blank | {"noise": math.nan, "sigma": math.nan, "matters": 0}
    of_trajectory = resampling(trajectories, resamples, "morris/trajectories") / trajectories
    of_seed = resampling(seeds, resamples, "morris/seeds") if seeds >= SEEDS_ENOUGH else np.ones((1, seeds))

    def measures(weights, seed_weights):
        means = effects @ seed_weights / seed_weights.sum()
        square = _cross(effects, effects, seed_weights)
        return np.stack([weights @ means, weights @ np.abs(means), weights @ square], axis=-1)

    value = measures(np.full((1, trajectories), 1 / trajectories), np.ones(seeds))[0]
    if len(of_seed) == 1:
        drawn = measures(of_trajectory, of_seed[0])
    else:
        drawn = np.concatenate([measures(of_trajectory[b : b + 1], of_seed[b]) for b in range(resamples)])
    low, high = _bounds(drawn, level)
    errors = effects.std(axis=1, ddof=1) / math.sqrt(seeds) if seeds > 1 else np.full(trajectories, np.nan)
    spread = effects.mean(axis=1).var(ddof=1)
    root = [math.sqrt(max(0.0, number[2])) if number[2] == number[2] else math.nan for number in (value, low, high)]
    return {
        "mu": value[0], "mu_low": low[0], "mu_high": high[0],
        "mu_star": value[1], "mu_star_low": low[1], "mu_star_high": high[1],
        "noise": float(math.sqrt(2 / math.pi) * errors.mean()),
        "sigma": math.sqrt(max(0.0, spread - (errors**2).mean())) if seeds > 1 else math.sqrt(spread),
        "strength": root[0], "strength_low": root[1], "strength_high": root[2],
        "matters": int(low[2] > 0),
    }  # fmt: skip


def _salib_mu_star(effects: np.ndarray) -> np.ndarray:
    """The mean size of the effects of the mean over seeds, as SALib has it."""
    means = effects.mean(axis=2)
    there = np.isfinite(means)
    with np.errstate(invalid="ignore"):
        return np.where(there, np.abs(means), 0.0).sum(axis=0) / there.sum(axis=0)


# -- one at a time ----------------------------------------------------------------------------------------------------


def one_at_a_time(results: Any, outcomes: Sequence[str] | None = None, *, level: float = LEVEL, resamples: int | None = None) -> Sensitivity:
    """What each factor does by itself: paired differences from the base arm for each of its values.

    Columns: outcome, label, unit, factor, setting (its value), base (the outcome of the base arm), difference with low and
    high (paired, each by itself), joint (p-value adjusted for all the sweep's comparisons of this outcome, step-down max-t), n.
    What factors do together a sweep cannot show.
    """
    import pandas as pd

    from .compare import effects, measure, titled
    from .statistics import family

    experiment = results.experiment
    factors = _factors(experiment)
    names = _names(results, outcomes)
    base, moved = _sweep_of(experiment, factors)
    arms = list(moved)
    start = experiment.arms[base].name
    frame = effects(results, start, arms, names, level=level)
    frame["label"] = [titled(results, name) for name in frame["outcome"]]
    frame.insert(0, "factor", [moved[arm][0] for arm in frame["arm"]])
    frame.insert(1, "setting", [moved[arm][1] for arm in frame["arm"]])
    for name in names:
        top, below = (None if part is None else np.stack([np.repeat(part[:, :1], len(arms), axis=1), part[:, 1:]], axis=1) for part in measure(results, name, [start, *arms]))
        frame.loc[frame["outcome"] == name, "joint"] = family(top, (-1.0, 1.0), below, level=level, resamples=resamples).joint
    kept = ["outcome", "label", "unit", "factor", "setting", "base", "difference", "low", "high", "joint", "n", "arm"]
    return Sensitivity("one_at_a_time", frame[kept], pd.DataFrame(), pd.DataFrame(), int(frame["n"].max()))


def _sweep_of(experiment: Any, factors: Mapping) -> tuple[int, dict[str, tuple[str, object]]]:
    """The base arm, and for each other arm the one factor that it sets, and to what."""
    cells = {path: [None if value is None or value != value else value for value in experiment.cells[path]] for path in factors}
    base, moved = None, {}
    for place, arm in enumerate(experiment.arms):
        there = [(path, values[place]) for path, values in cells.items() if values[place] is not None]
        if not there:
            base = place
        elif len(there) == 1:
            moved[arm.name] = there[0]
    if base is None or len(moved) != len(experiment.arms) - 1 or not moved:
        raise BadInput(
            what="the arms of the sweep",
            given=f"{len(experiment.arms)} of them",
            allowed="a base arm that sets no factor, and arms that set one each",
            where=experiment.name,
        )
    return base, moved
