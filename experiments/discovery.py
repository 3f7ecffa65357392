"""In which worlds does it happen? Boxes of settings, found by a tree, with honest figures (scenario discovery).

    found = discover(Results.load("results/worlds"), "unicorns_fundamental >= 3")
    found = discover(results, "unicorns_fundamental", between=("fund.life.market", 7, 12))     in which worlds does patience win?

A world is one point of the study's plan; whether it happens there is judged by the mean over its seeds. A classification
tree (CART; Breiman et al. 1984) splits the space of settings, and each leaf in which it happens more often than not is a
box. A box is told by three figures (Bryant and Lempert 2010; Lempert, Bryant and Bankes 2008):

    coverage : the share of all worlds where it happens that lie in the box
    density  : the share of the box's worlds where it happens
    mass     : the share of all worlds that lie in the box

A tree finds boxes in pure luck too. So each box also tells its density in worlds that the tree had not seen, and how often it
comes back when the worlds are drawn anew.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from .statistics import LEVEL, resampling

__all__ = ["Box", "Discovery", "Limit", "discover"]

COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
FEWEST = 30  # worlds below which a tree says nothing


@dataclass(frozen=True)
class Limit:
    """What a box asks of one factor: a range (low, high; infinite where it is open), or some of its values.

    low_range, high_range : where the limit lies in 95% of the resamples in which the box came back with it (NaN: never)
    held                  : the share of resamples, of those in which the box came back, that limit this factor at all
    """

    factor: str
    low: float
    high: float
    values: tuple
    low_range: tuple[float, float]
    high_range: tuple[float, float]
    held: float

    @property
    def words(self) -> str:
        """The limit as one reads it."""
        if self.values:
            return f"{self.factor} is {' or '.join(map(str, self.values))}"
        if math.isinf(self.low):
            return f"{self.factor} at most {self.high:.4g}"
        if math.isinf(self.high):
            return f"{self.factor} above {self.low:.4g}"
        return f"{self.factor} from {self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True)
class Box:
    """A box of settings; each figure with the bounds of its bootstrap interval (worlds drawn anew, the box as it stands).

    unseen : density in worlds that the tree was not grown on (ten-fold cross-validation), of worlds it put in such boxes
    stable : the share of resamples in which a tree grown anew has a box that shares at least half of their worlds with it
    """

    limits: tuple[Limit, ...]
    coverage: float
    coverage_range: tuple[float, float]
    density: float
    density_range: tuple[float, float]
    mass: float
    worlds: int
    stable: float

    @property
    def words(self) -> str:
        """The box in words."""
        return "; ".join(limit.words for limit in self.limits) or "everywhere"


@dataclass(frozen=True)
class Discovery:
    """What was asked, how often it happens, and the boxes in which it does, the one that covers most first.

    share   : the share of all worlds where it happens (the density of no box at all)
    unseen  : density of all boxes together in worlds that the tree had not seen; near `share` = nothing was found
    covered : coverage of all boxes together in worlds that the tree had not seen
    used    : factor -> the part of the tree's gain in purity that it brought
    labels, places : for each world whether it happens, and where it stands (worlds x factors, for figures)
    """

    question: str
    share: float
    unseen: float
    covered: float
    boxes: tuple[Box, ...]
    used: dict[str, float]
    worlds: int
    seeds: int
    factors: dict[str, Any]
    labels: np.ndarray
    places: np.ndarray

    def to_frame(self):
        """One row a box: box, words, coverage, density, mass, worlds, stable, with the bounds of the first two."""
        import pandas as pd

        columns = ["box", "words", "coverage", "coverage_low", "coverage_high", "density", "density_low", "density_high", "mass", "worlds", "stable"]
        rows = [
            (n, box.words, box.coverage, *box.coverage_range, box.density, *box.density_range, box.mass, box.worlds, box.stable)
            for n, box in enumerate(self.boxes, 1)
        ]
        return pd.DataFrame(rows, columns=columns)

    def limits(self):
        """One row a limit of a box: box, factor, low, high, values, and how sure they are."""
        import pandas as pd

        rows = [
            (n, one.factor, one.low, one.high, ", ".join(map(str, one.values)), *one.low_range, *one.high_range, one.held)
            for n, box in enumerate(self.boxes, 1)
            for one in box.limits
        ]
        return pd.DataFrame(rows, columns=["box", "factor", "low", "high", "values", "low_from", "low_to", "high_from", "high_to", "held"])

    def __str__(self) -> str:
        head = f"{self.question}: in {self.share:.0%} of {self.worlds} worlds ({self.seeds} seeds each)"
        if not self.boxes:
            return f"{head}; no box tells where."
        lines = [
            f"  {n}. {box.words}\n     coverage {box.coverage:.0%}, density {box.density:.0%} ({box.worlds} worlds), comes back in {box.stable:.0%} of resamples"
            for n, box in enumerate(self.boxes, 1)
        ]
        return "\n".join([head, *lines, f"  In unseen worlds the boxes have density {self.unseen:.0%} and coverage {self.covered:.0%}."])


def discover(
    results: Any,
    question: str,
    *,
    between: tuple[str, object, object] | None = None,
    depth: int = 3,
    fewest: float = 0.05,
    level: float = LEVEL,
    resamples: int = 200,
    seed: int = 1,
) -> Discovery:
    """Find the boxes of settings in which something happens.

    question  : an outcome compared with a number ("jobs >= 5000"); with `between`, an outcome, whose difference is asked
                to be above nought, or such a comparison of the difference ("unicorns_fundamental > 0.5").
    between   : (factor, first value, second value): worlds are compared that differ in this factor only, second less first.
    depth     : how many questions a tree may ask in a row; each box has at most so many limits.
    fewest    : the smallest share of all worlds that a box may have.

    Raises BadInput for what cannot be, also where it happens in (almost) all worlds or in none.
    """
    outcome, compare, number, words = _question(question, between)
    places, factors, values, happens_in = _worlds(results, outcome, between)
    _check(depth, fewest, level, resamples)
    with np.errstate(invalid="ignore"):
        labels = compare(np.nanmean(values, axis=1), number)
    n = len(labels)
    least = max(5, math.ceil(fewest * n))
    if not least <= labels.sum() <= n - least:
        raise BadInput(
            what="the question",
            given=f"{words}: so in {labels.sum()} of {n} worlds",
            allowed=f"one that divides the worlds: so in at least {least} of them and not so in at least {least}",
            where="discover",
        )
    columns = _columns(factors, places)
    tree = _grow(columns.x, labels, depth, least)
    regions = _regions(tree, columns)
    unseen, covered = _cross_validated(columns, labels, depth, least, seed)
    drawn = _resampled(columns, values, compare, number, depth, least, resamples, seed)
    weights = resampling(n, resamples, "discover/worlds")
    boxes = [_box(region, columns, factors, labels, drawn, weights, level) for region in regions]
    boxes.sort(key=lambda box: -box.coverage)
    gain = tree.feature_importances_
    used = {path: float(sum(gain[k] for k, owner in enumerate(columns.owner) if owner == path)) for path in factors}
    used = {path: part for path, part in sorted(used.items(), key=lambda item: -item[1]) if part > 0}
    share = float(labels.mean())
    return Discovery(words, share, unseen, covered, tuple(boxes), used, n, happens_in, dict(factors), labels, places)


# -- the worlds and the question --------------------------------------------------------------------------------------


def _question(question: Any, between: Any):
    allowed = 'an outcome and a number, such as "unicorns_fundamental >= 3"'
    if not isinstance(question, str):
        raise BadInput(what="the question", given=question, allowed=allowed, where="discover")
    found = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(?:(>=|<=|>|<)\s*(\S+))?\s*", question)
    if not found or (found[2] is None and between is None):
        raise BadInput(what="the question", given=question, allowed=allowed, where="discover")
    outcome, sign, number = found[1], found[2] or ">", found[3] or "0"
    try:
        number = float(number)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(what="the number of the question", given=found[3], allowed="a number", where=f"discover, {question!r}")
    words = f"{outcome} {sign} {number:g}"
    if between is not None:
        if not isinstance(between, (tuple, list)) or len(between) != 3:
            raise BadInput(what="what to compare", given=between, allowed="a factor and two of its values", where="discover")
        words = f"{outcome} with {between[0]} = {between[2]} less {between[1]} {sign} {number:g}"
    return outcome, COMPARISONS[sign], number, words


def _worlds(results: Any, outcome: str, between: Any):
    """Where the worlds stand (worlds x factors, as objects), the factors, and what was measured (worlds x seeds)."""
    from .sensitivity import _factors, _names, _values

    experiment = results.experiment
    factors = _factors(experiment)
    _names(results, [outcome])
    values = _values(results, outcome)
    cells = {path: list(experiment.cells[path]) for path in factors}
    rows = np.arange(len(values))
    if between is not None:
        rows, values = _pairs(cells, factors, values, between, experiment)
        factors = {path: spec for path, spec in factors.items() if path != between[0]}
        if not factors:
            raise BadInput(what="the factors", given=between[0], allowed="another factor beside it, in which worlds differ", where=experiment.name)
    places = np.empty((len(rows), len(factors)), dtype=object)
    for column, path in enumerate(factors):
        places[:, column] = [cells[path][row] for row in rows]
    there = np.isfinite(values).any(axis=1)
    if there.sum() < FEWEST:
        raise BadInput(what="the worlds", given=f"{int(there.sum())} of them with {outcome}", allowed=f"at least {FEWEST}", where=experiment.name)
    return places[there], factors, values[there], int(np.isfinite(values).sum(axis=1).max())


def _pairs(cells: Mapping[str, list], factors: Mapping, values: np.ndarray, between: Sequence, experiment: Any):
    """Worlds that differ in one factor only: the row of the first of each pair, and the paired difference by seed."""
    path, first, second = between
    if path not in factors:
        raise BadInput(what="the factor to compare", given=path, allowed=list(factors), where=experiment.name)
    known = sorted(set(cells[path]), key=str)
    for value in (first, second):
        if value not in known:
            raise BadInput(what=f"the value of {path}", given=value, allowed=known[:20], where=experiment.name)
    others = [name for name in factors if name != path]
    by_rest: dict[tuple, dict] = {}
    for row in range(len(values)):
        by_rest.setdefault(tuple(cells[name][row] for name in others), {})[cells[path][row]] = row
    pairs = [(at[first], at[second]) for at in by_rest.values() if first in at and second in at]
    if not pairs:
        raise BadInput(
            what="the pairs of worlds",
            given="none",
            allowed=f"a plan in which {path} takes both values with all else equal, such as a table or a grid",
            where=experiment.name,
        )
    a, b = np.array(pairs).T
    return a, values[b] - values[a]


def _check(depth: Any, fewest: Any, level: Any, resamples: Any) -> None:
    if isinstance(depth, bool) or not isinstance(depth, int) or not 1 <= depth <= 8:
        raise BadInput(what="the depth of the tree", given=depth, allowed="a whole number from 1 to 8", where="discover")
    if isinstance(fewest, bool) or not isinstance(fewest, (int, float)) or not 0 < fewest <= 0.5:
        raise BadInput(what="the smallest share of a box", given=fewest, allowed="a share above 0 and at most 0.5", where="discover")
    if not 0.5 <= level < 1:
        raise BadInput(what="the level of the intervals", given=level, allowed="a share from 0.5 to below 1", where="discover")
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 20:
        raise BadInput(what="the number of resamples", given=resamples, allowed="a whole number of at least 20", where="discover")


# -- the tree and its boxes -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Columns:
    """What the tree sees: a column for each number, one for each value of a choice (1 where the world has it)."""

    x: np.ndarray
    owner: list[str]  # the factor of each column
    value: list  # the value that the column stands for, None of a number


def _columns(factors: Mapping, places: np.ndarray) -> _Columns:
    parts, owner, value = [], [], []
    for column, (path, spec) in enumerate(factors.items()):
        held = places[:, column].tolist()
        listed = list(dict.fromkeys(spec.get("values") or ()))
        number = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in listed)
        if listed and not number:
            for one in listed if len(listed) > 2 else listed[:1]:
                parts.append([float(v == one) for v in held])
                owner.append(path)
                value.append(one)
            continue
        # What is not set (a field of a programme that is off) lies below all values.
        low = min((v for v in held if v is not None and v == v), default=0.0)
        parts.append([low - 1.0 if v is None or v != v else float(v) for v in held])
        owner.append(path)
        value.append(None)
    return _Columns(np.array(parts).T, owner, value)


def _grow(x: np.ndarray, labels: np.ndarray, depth: int, least: int):
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, min_impurity_decrease=1e-3, random_state=0).fit(x, labels)


@dataclass(frozen=True)
class _Region:
    """A leaf, or leaves, where it happens: low < x <= high for each column."""

    low: np.ndarray
    high: np.ndarray

    def holds(self, x: np.ndarray) -> np.ndarray:
        return ((x > self.low) & (x <= self.high)).all(axis=1)


def _regions(tree: Any, columns: _Columns) -> list[_Region]:
    """The leaves in which it happens more often than not; two halves of one split that both do are one."""
    parts = tree.tree_
    if parts.value.shape[2] < 2:
        return []
    d = columns.x.shape[1]

    def under(node: int, low: np.ndarray, high: np.ndarray) -> tuple[list[_Region], bool]:
        """The boxes under a node, and whether all of it is one box."""
        if parts.children_left[node] < 0:
            happens = bool(parts.value[node, 0, 1] > parts.value[node, 0, 0])
            return ([_Region(low, high)] if happens else []), happens
        feature, at = parts.feature[node], parts.threshold[node]
        left_high, right_low = high.copy(), low.copy()
        left_high[feature], right_low[feature] = at, at
        left, left_whole = under(parts.children_left[node], low, left_high)
        right, right_whole = under(parts.children_right[node], right_low, high)
        if left_whole and right_whole:
            return [_Region(low, high)], True
        return left + right, False

    return under(0, np.full(d, -np.inf), np.full(d, np.inf))[0]


def _cross_validated(columns: _Columns, labels: np.ndarray, depth: int, least: int, seed: int) -> tuple[float, float]:
    """Density and coverage of the boxes together in worlds left out, ten parts in turn."""
    n = len(labels)
    part = np.random.default_rng([seed, 1]).permutation(n) % 10
    inside = np.zeros(n, dtype=bool)
    for left_out in range(10):
        seen = part != left_out
        if labels[seen].any() and not labels[seen].all():
            tree = _grow(columns.x[seen], labels[seen], depth, max(2, round(0.9 * least)))
            inside[~seen] = tree.predict(columns.x[~seen])
    return float(labels[inside].mean()) if inside.any() else math.nan, float(inside[labels].mean())


def _resampled(columns, values, compare, number, depth, least, resamples, seed) -> list[list[_Region]]:
    """The boxes of trees grown on worlds drawn anew, each judged by seeds drawn anew."""
    rng = np.random.default_rng([seed, 2])
    n, seeds = values.shape
    found = []
    for _ in range(resamples):
        rows = rng.integers(0, n, n)
        drawn = values[rows][:, rng.integers(0, seeds, seeds)] if seeds > 1 else values[rows]
        there = np.isfinite(drawn).any(axis=1)
        labels = compare(np.nanmean(drawn[there], axis=1), number)
        if labels.any() and not labels.all():
            found.append(_regions(_grow(columns.x[rows[there]], labels, depth, least), columns))
        else:
            found.append([])
    return found


def _box(region, columns, factors, labels, drawn, weights, level) -> Box:
    inside = region.holds(columns.x)
    hit = inside & labels
    edges = [(1 - level) / 2, (1 + level) / 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = weights @ hit
        coverage = np.nan_to_num(hits / (weights @ labels))
        density = np.nan_to_num(hits / (weights @ inside))
    twins = []
    for regions in drawn:
        shared = [((other & inside).sum() / (other | inside).sum(), one) for one in regions if (other := one.holds(columns.x)).any()]
        best = max(shared, key=lambda pair: pair[0], default=(0.0, None))
        if best[0] >= 0.5:
            twins.append(best[1])
    return Box(
        _limits(region, columns, factors, twins, edges),
        float(hit.sum() / labels.sum()),
        tuple(float(edge) for edge in np.quantile(coverage, edges)),
        float(hit.sum() / inside.sum()),
        tuple(float(edge) for edge in np.quantile(density, edges)),
        float(inside.mean()),
        int(inside.sum()),
        len(twins) / len(drawn),
    )


def _limits(region: _Region, columns: _Columns, factors: Mapping, twins: list[_Region], edges: Sequence[float]) -> tuple[Limit, ...]:
    def where(bounds: list[float]) -> tuple[float, float]:
        kept = [bound for bound in bounds if math.isfinite(bound)]
        return tuple(float(edge) for edge in np.quantile(kept, edges)) if kept else (math.nan, math.nan)

    limits = []
    for path, spec in factors.items():
        own = [k for k, owner in enumerate(columns.owner) if owner == path]
        bounded = [k for k in own if math.isfinite(region.low[k]) or math.isfinite(region.high[k])]
        if not bounded:
            continue
        held = np.mean([any(math.isfinite(twin.low[k]) or math.isfinite(twin.high[k]) for k in own) for twin in twins]) if twins else math.nan
        if columns.value[own[0]] is None:
            k = own[0]
            limits.append(
                Limit(
                    path, float(region.low[k]), float(region.high[k]), (),
                    where([twin.low[k] for twin in twins]), where([twin.high[k] for twin in twins]), float(held),
                )
            )  # fmt: skip
            continue
        kept = tuple(dict.fromkeys(spec["values"]))
        for k in bounded:
            yes = region.low[k] > 0  # above one half: the world has this value
            kept = tuple(v for v in kept if (v == columns.value[k]) == yes)
        limits.append(Limit(path, -math.inf, math.inf, kept, (math.nan, math.nan), (math.nan, math.nan), float(held)))
    return tuple(limits)
