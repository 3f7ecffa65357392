"""What an experiment is: a question, its arms, its seeds, its outcomes, and what would refute the expectation.

An experiment holds no rules and runs nothing; `runner.run` carries it out. It is fixed before the first run and
written into the manifest, so that nobody can choose the outcome after seeing the result.

    experiment = Experiment("patience", arms=grid("baseline", {"fund.life.market": [7, 12]}), seeds=200)
    experiment = Experiment.from_toml("patience.toml")                     the same, out of a file

Arms are named one by one (`Arm`), or made by a plan: every combination (`grid`), one factor at a time
(`one_at_a_time`), a Latin hypercube (`latin_hypercube`), the samples that SALib analyses (`sobol`, `morris`), or a table
of one's own (`table`). A plan is deterministic: the same plan gives the same arms in the same order.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from pathlib import Path

from seedbed.agents.errors import BadInput

from .factor import KEYS as FACTOR_KEYS, SWITCHES, Factor, factors_from, settings_from, with_programmes

__all__ = [
    "Arm",
    "Arms",
    "Experiment",
    "grid",
    "latin_hypercube",
    "morris",
    "one_at_a_time",
    "points",
    "problem",
    "seeds_from",
    "sobol",
    "table",
    "with_programmes",
]

KEEPS = ("curves", "series", "events")
SAID = ("question", "expectation", "refuted_if", "outcomes", "years", "burn_in")
KEYS = ("name", *SAID, "seeds", "scenario", "changes", "keeps", "plan", "arms", "cells")
MOST_ARMS = 10_000_000  # a plan with more is a slip


@dataclass(frozen=True)
class Arm:
    """One case of an experiment: a scenario and the named differences from it.

    changes : dotted parameters to values in natural units (years, million RMB, shares).
    keeps   : what a run keeps besides its row of outcomes: "curves" (survival, J-curves, zombies by age or quarter;
              about twenty kilobytes a run, so only the arms that are drawn keep them), "series" (the city by quarter,
              the whole run) and "events" (the log of events).
    first   : the arm runs under the first so many seeds only, for a side question that needs less precision; it is
              still paired with the others there.
    """

    name: str
    scenario: object = "baseline"
    changes: Mapping[str, object] = field(default_factory=dict)
    keeps: tuple[str, ...] = ()
    first: int | None = None

    def __post_init__(self) -> None:
        given = self.keeps
        kept = () if isinstance(given, (str, bytes)) or not isinstance(given, Iterable) else tuple(given)
        if (not kept and given not in ((), [])) or not set(kept) <= set(KEEPS) or len(set(kept)) != len(kept):
            raise BadInput(
                what="what a run keeps",
                given=given,
                allowed=f"a list out of {', '.join(KEEPS)}",
                where=f"arm {self.name}",
            )
        object.__setattr__(self, "keeps", tuple(name for name in KEEPS if name in kept))
        if not isinstance(self.name, str):
            raise BadInput(what="the name of an arm", given=self.name, allowed="a text", where="the arms of the study")
        if not isinstance(self.changes, Mapping) or not all(isinstance(path, str) for path in self.changes):
            raise BadInput(
                what="the changes",
                given=self.changes,
                allowed='a mapping such as {"fund.life.market": 12}',
                where=f"arm {self.name}",
            )
        first = self.first
        if first is not None and (isinstance(first, bool) or not isinstance(first, int) or first < 1):
            raise BadInput(
                what="first, the number of seeds",
                given=first,
                allowed="a whole number of at least 1",
                where=f"arm {self.name}",
            )

    @property
    def scenario_name(self) -> str:
        """The scenario's name, whether the arm holds a name or a Scenario."""
        return str(getattr(self.scenario, "name", self.scenario))


class Arms(tuple):
    """The arms that a plan made, with the plan: a tuple of `Arm` that an `Experiment` takes as its arms."""

    plan: Mapping[str, object]

    def __new__(cls, arms: Iterable[Arm], plan: Mapping[str, object]) -> Arms:
        made = super().__new__(cls, arms)
        made.plan = plan
        return made

    def __reduce__(self) -> tuple:
        return Arms, (tuple(self), self.plan)


@dataclass(frozen=True)
class Experiment:
    """An experiment as a declaration.

    years, burn_in : length of a run and the years at its start that count for nothing (a ten-year experiment favours
                     impatience by construction, counting survivors favours patience).
    seeds          : every arm runs under every seed, so that two arms meet the same people with the same luck and
                     are compared seed by seed (common random numbers). A number n stands for the seeds 1 to n; a sampled
                     plan may do with one seed for all its arms, or repeat itself under several.
    outcomes       : the outcomes that the answer rests on, fixed beforehand; empty = all that the model reports.
    plan           : how the arms were made, such as {"kind": "sobol", "factors": {...}, "samples": 1024, "seed": 1}; {}
                     for arms that were named one by one. Arms made by a plan bring it with them.
    cells          : for each factor of the plan its values over the arms, as an array (None or NaN where an arm leaves it
                     as it is); {} for arms named one by one.
    """

    name: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    years: int = 40
    burn_in: int = 10
    question: str = ""
    expectation: tuple[str, ...] = ()
    refuted_if: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    plan: Mapping[str, object] = field(default_factory=dict)
    cells: Mapping[str, Sequence] = field(default_factory=dict, compare=False, repr=False)  # the arms say it too

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not isinstance(self.name, str) or not self.name.strip():
            raise BadInput(
                what="the name of the experiment", given=self.name or None, allowed="a text", where="experiment"
            )
        if isinstance(self.arms, Arms) and not self.plan:
            put(self, "plan", self.arms.plan)
        put(self, "arms", tuple(self.arms))
        put(self, "seeds", seeds_from(self.seeds))
        for key in ("expectation", "refuted_if", "outcomes"):
            put(self, key, _texts(getattr(self, key), key, self.name))
        if not isinstance(self.question, str):
            raise BadInput(what="the question", given=self.question, allowed="a text", where=self.name)
        for place, name in enumerate(self.outcomes):
            if name in self.outcomes[:place]:
                raise BadInput(what="the outcome", given=name, allowed="each outcome once", where=self.name)
        self._check_arms()
        years, burn_in = self.years, self.burn_in
        if isinstance(years, bool) or not isinstance(years, int) or not 1 <= years <= 1000:
            raise BadInput(
                what="the number of years", given=years, allowed="a whole number from 1 to 1000", where=self.name
            )
        if isinstance(burn_in, bool) or not isinstance(burn_in, int) or not 0 <= burn_in < years:
            raise BadInput(
                what="the burn-in",
                given=burn_in,
                allowed=f"a whole number of years from 0 to {years - 1}, less than the run is long",
                where=self.name,
            )
        factors = self.plan.get("factors")
        if factors:
            put(self, "cells", {path: _column([arm.changes.get(path) for arm in self.arms]) for path in factors})

    def _check_arms(self) -> None:
        if not self.arms:
            raise BadInput(what="the arms of the study", given=None, allowed="at least one arm", where=self.name)
        for arm in self.arms:
            if not isinstance(arm, Arm):
                raise BadInput(what="an arm", given=arm, allowed="an Arm", where=self.name)
        name, times = Counter(arm.name for arm in self.arms).most_common(1)[0]
        if times > 1:
            raise BadInput(
                what="the name of two arms", given=name, allowed="a name of its own for each arm", where=self.name
            )

    def __len__(self) -> int:
        seeds = len(self.seeds)
        return sum(seeds if arm.first is None else min(seeds, arm.first) for arm in self.arms)

    @cached_property
    def _by_name(self) -> dict[str, Arm]:
        return {arm.name: arm for arm in self.arms}

    def arm(self, name: str) -> Arm:
        """The arm of that name; BadInput lists the names there are."""
        if name in self._by_name:
            return self._by_name[name]
        raise BadInput(what="the arm", given=name, allowed=list(self._by_name), where=self.name)

    def runs(self) -> Iterable[tuple[int, Arm]]:
        """(seed, arm) in replicate-major order: all arms of the first seed, then all arms of the second.

        A study that was cut short then covers the whole experiment with fewer seeds, not part of it with all.
        """
        return (
            (seed, arm)
            for number, seed in enumerate(self.seeds)
            for arm in self.arms
            if arm.first is None or number < arm.first
        )

    def points(self):
        """The points of a sampled plan in the unit cube, arms x factors: the X that SALib and scipy analyse.

        A point says where an arm lies between the ends of each factor, before steps and choices. BadInput if the plan
        is not a sampled one, or if these arms are not what the installed libraries make of it.
        """
        import numpy as np

        found = points(self.plan)
        for column, (path, spec) in enumerate(self.plan["factors"].items()):
            again = _column(_bare(spec).at(found[:, column]))
            held = self.cells[path]
            alike = len(again) == len(held) and (
                np.allclose(again[held == held], held[held == held].astype(float), rtol=1e-9)
                if held.dtype.kind in "if" and again.dtype.kind in "if"
                else all(a == b for a, b in zip(again, held, strict=True) if b is not None)
            )
            if not alike:
                raise BadInput(
                    what="the arms of the plan",
                    given=path,
                    allowed="those that the installed libraries make of it; these were made by other versions",
                    where=self.name,
                )
        return found

    # -- as plain values, and back -----------------------------------------------------------------------------------

    def to_dict(self) -> dict:
        """The experiment as plain JSON values, for the manifest.

        Arms that a plan made are a table `cells` with a column of names ("arm") and one for each factor, beside the
        scenario, changes and keeps that all of them share; arms named one by one are a list.
        """
        said = {
            "name": self.name,
            "question": self.question,
            "expectation": list(self.expectation),
            "refuted_if": list(self.refuted_if),
            "outcomes": list(self.outcomes),
            "years": self.years,
            "burn_in": self.burn_in,
            "seeds": list(self.seeds),
        }
        shared = self._shared()
        if shared is not None:
            cells = {path: [arm.changes.get(path) for arm in self.arms] for path in self.cells}
            return {
                **said,
                **shared,
                "plan": dict(self.plan),
                "cells": {"arm": [arm.name for arm in self.arms], **cells},
            }
        arms = [
            {
                "name": arm.name,
                "scenario": arm.scenario_name,
                "changes": dict(arm.changes),
                "keeps": list(arm.keeps),
                "first": arm.first,
            }
            for arm in self.arms
        ]
        return {**said, "plan": dict(self.plan), "arms": arms}

    def _shared(self) -> dict | None:
        """What all arms of the plan share, None if they were named one by one or changed since."""
        if not self.cells:
            return None
        first, common = self.arms[0], {}
        for arm in self.arms:
            common.update({path: value for path, value in arm.changes.items() if path not in self.cells})
        for arm in self.arms:
            same = arm.scenario == first.scenario and arm.keeps == first.keeps and arm.first is None
            if not same or arm.changes != _changes(common, {path: arm.changes.get(path) for path in self.cells}):
                return None
        return {"scenario": first.scenario_name, "changes": common, "keeps": list(first.keeps)}

    @classmethod
    def from_dict(cls, given: Mapping, where: str = "the experiment", beside: Path | None = None) -> Experiment:
        """The experiment that plain values describe: those of `to_dict`, or of a TOML file of the same shape.

        Arms are listed (`arms`), or made by `plan`, or made by it before (`plan` and `cells`). `scenario`, `changes` and
        `keeps` hold for all of them. Scenarios come back as names. `beside` is the folder that paths start from.
        BadInput names the first thing that cannot be.
        """
        _check_keys(given, KEYS, "a key of the experiment", where)
        name = given.get("name")
        if not isinstance(name, str) or not name.strip():
            raise BadInput(what="the name of the experiment", given=name, allowed="a text", where=where)
        scenario, changes = _scenario(given.get("scenario", "baseline"), where, beside), given.get("changes", {})
        if not isinstance(changes, Mapping):
            raise BadInput(what="the changes", given=changes, allowed='a table of "dotted.path" = value', where=where)
        keeps = given.get("keeps", ())
        Arm("all", keeps=keeps)
        plan = given.get("plan", {})
        if not isinstance(plan, Mapping):
            raise BadInput(what="the plan", given=plan, allowed="a table with a kind and factors", where=where)
        if "arms" in given:
            arms = _arms(given["arms"], scenario, changes, keeps, where, beside)
        elif "cells" in given and plan:
            cells = dict(given["cells"])
            arms = Arms(_made(scenario, cells.pop("arm"), cells, changes, keeps), plan)
        elif plan:
            arms = _planned(plan, scenario, changes, keeps, where, beside)
        else:
            raise BadInput(
                what="what is compared", given=None, allowed="a plan ([plan]) or a list of arms ([[arms]])", where=where
            )
        if "seeds" not in given:
            raise BadInput(what="the seeds", given=None, allowed="a number of seeds, or a list of them", where=where)
        fields = {key: given[key] for key in SAID if key in given}
        if "arms" in given and plan:  # arms of a plan that were changed since
            fields["plan"] = dict(plan)
        return cls(name=name, arms=arms, seeds=given["seeds"], **fields)

    @classmethod
    def from_toml(cls, path: str | Path) -> Experiment:
        """The experiment declared in a TOML file; BadInput with the file, and the line of what is not TOML.

        Paths in it (a scenario, a table of cells) start from the file's own folder; without a name it is named after
        its file.
        """
        from seedbed.model.parameters import read_toml

        path = Path(path)
        return cls.from_given(read_toml(path), path)

    @classmethod
    def from_given(cls, given: dict, path: Path) -> Experiment:
        """The experiment in what was read of a TOML file at `path`; tables of bare dotted keys are put under their paths."""
        with _placed(str(path)):
            if "arms" in given and "plan" in given:
                raise BadInput(what="the arms", given="a list and a plan", allowed="one of the two", where=str(path))
            if "cells" in given:
                raise BadInput(what="a key of the experiment", given="cells", allowed=list(KEYS[:-1]), where=str(path))
            for part in (given, *(one for one in _listed_tables(given.get("arms")))):
                if "changes" in part:
                    part["changes"] = _flat(part["changes"], lambda _: False)
            plan = given.get("plan")
            for part in ("factors", "crossed"):
                if isinstance(plan, dict) and part in plan:
                    plan[part] = _flat(plan[part], lambda inner: bool({*inner} & {*FACTOR_KEYS}))
            return cls.from_dict({"name": path.stem, **given}, str(path), path.parent)


def seeds_from(seeds: int | Iterable[int]) -> tuple[int, ...]:
    """The seeds 1..n for a number n, or the given seeds as they stand.

    >>> seeds_from(3)
    (1, 2, 3)
    >>> seeds_from([7, 11])
    (7, 11)
    """
    allowed = "a whole number of at least 1, or a list of different whole numbers"
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        if seeds < 1:
            raise BadInput(what="the number of seeds", given=seeds, allowed=allowed, where="seeds")
        return tuple(range(1, seeds + 1))
    if isinstance(seeds, (str, bytes, bool, float)) or not isinstance(seeds, Iterable):
        raise BadInput(what="the seeds", given=seeds, allowed=allowed, where="seeds")
    listed = tuple(seeds)
    whole = all(isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**63 for seed in listed)
    if not listed or not whole or len(set(listed)) != len(listed):
        raise BadInput(what="the seeds", given=listed[:10], allowed=allowed, where="seeds")
    return listed


# -- plans: how arms are made -----------------------------------------------------------------------------------------


def grid(
    scenario: object, factors: object, changes: Mapping[str, object] | None = None, keeps: Sequence[str] = ()
) -> Arms:
    """Every combination of the values of `factors`, the last factor varying fastest, each an arm named by its values.

    factors : path -> a list of values, { values = [...] }, or { range = [low, high] } with levels = n or step = x.
    changes : what all arms share. keeps: what their runs keep besides outcomes.

    Where a programme is switched off the factors among its fields have nothing to act on: such combinations count once.

    >>> [arm.name for arm in grid("baseline", {"fund.life.market": [7, 12]})]
    ['fund.life.market=7', 'fund.life.market=12']
    """
    found = _varied(scenario, factors, changes, "the arms to compare", sampled=False, need=False)
    columns = [factor.values for factor in _listed_values(found, "the arms to compare").values()]
    _refuse_too_many(math.prod(map(len, columns)), "the arms to compare")
    rows = {}
    for combination in itertools.product(*columns):
        row = _effective(dict(zip(found, combination, strict=True)), changes or {})
        rows.setdefault(tuple(map(_key, row.values())), row)
    cells = {path: [row[path] for row in rows.values()] for path in found}
    names = [_name_of(row) or "base" for row in rows.values()]
    plan = {
        "kind": "grid",
        "factors": {path: {"values": list(values)} for path, values in zip(found, columns, strict=True)},
    }
    return Arms(_made(scenario, names, cells, changes, keeps), plan)


def one_at_a_time(
    scenario: object,
    factors: object,
    levels: int = 2,
    *,
    changes: Mapping[str, object] | None = None,
    keeps: Sequence[str] = (),
) -> Arms:
    """The scenario as it is ("base"), and each factor at each of its values with all others left as they are.

    A range is taken at `levels` values from end to end, unless the factor names its own levels or a step. All arms meet the
    same seeds, so that each effect is a paired difference from the base. It shows no interaction of factors; `morris`
    and `sobol` do.

    >>> [arm.name for arm in one_at_a_time("baseline", {"fund.life.market": [5, 7, 12], "programme.small_grant": {}})]
    ['base', 'fund.life.market=5', 'fund.life.market=12', 'programme.small_grant=False']
    """
    where = "one_at_a_time"
    _whole(levels, "the number of levels", 2, 1000, where)
    found = _varied(scenario, factors, changes, where, sampled=False)
    rows = [dict.fromkeys(found)]
    for path, factor in found.items():
        taken = [value for value in factor.spread(levels) if value != factor.setting.value]
        rows += [dict.fromkeys(found) | {path: value} for value in taken]
    _refuse_too_many(len(rows), where)
    cells = {path: [row[path] for row in rows] for path in found}
    plan = {
        "kind": "one_at_a_time",
        "factors": {path: {"values": factor.spread(levels)} for path, factor in found.items()},
    }
    return Arms(_made(scenario, [_name_of(row) or "base" for row in rows], cells, changes, keeps), plan)


def latin_hypercube(
    scenario: object,
    factors: object,
    samples: int,
    *,
    crossed: object = None,
    seed: int = 1,
    changes: Mapping[str, object] | None = None,
    keeps: Sequence[str] = (),
) -> Arms:
    """So many arms spread evenly over all factors at once: each factor has one arm in each of `samples` equal parts.

    For looking everywhere with few runs, and for finding where something happens (`seedbed discover`). McKay, Beckman
    and Conover 1979.

    crossed : factors of a grid, such as policies: every combination of them meets every one of the points, so that policies
              are compared in the same worlds. The arms are samples x combinations, the combinations of a point together.
    """
    where = "latin_hypercube"
    _whole(samples, "the number of samples", 2, MOST_ARMS, where)
    plan = {"kind": "latin_hypercube", "samples": samples, "seed": seed}
    return _sampled(plan, scenario, factors, changes, keeps, where, crossed)


def sobol(
    scenario: object,
    factors: object,
    samples: int,
    *,
    second_order: bool = False,
    seed: int = 1,
    changes: Mapping[str, object] | None = None,
    keeps: Sequence[str] = (),
) -> Arms:
    """The arms from which Sobol indices are estimated: how much of the variance each factor makes, alone and with others.

    With D factors they are samples x (D + 2), or samples x (2 D + 2) for interactions of pairs too (second_order), in the
    order that `SALib.analyze.sobol` wants; samples is a power of two. Saltelli 2002; Saltelli and others 2010.
    """
    where = "sobol"
    _whole(samples, "the number of samples", 2, MOST_ARMS, where)
    if samples & (samples - 1):
        below = 1 << (samples.bit_length() - 1)
        raise BadInput(
            what="the number of samples", given=samples, allowed=f"a power of two: {below} or {2 * below}", where=where
        )
    if not isinstance(second_order, bool):
        raise BadInput(what="second_order", given=second_order, allowed="true or false", where=where)
    plan = {"kind": "sobol", "samples": samples, "second_order": second_order, "seed": seed}
    return _sampled(plan, scenario, factors, changes, keeps, where)


def morris(
    scenario: object,
    factors: object,
    trajectories: int = 20,
    *,
    levels: int = 4,
    optimal: int | None = None,
    seed: int = 1,
    changes: Mapping[str, object] | None = None,
    keeps: Sequence[str] = (),
) -> Arms:
    """The arms of a screening by elementary effects: which of many factors matter at all, for few runs.

    Each of `trajectories` walks through the factors, changing one at a time, over a lattice of `levels` values each; with D
    factors they are trajectories x (D + 1) arms, in the order that `SALib.analyze.morris` wants. `optimal` keeps only
    so many of them, the most different ones. Morris 1991; Campolongo, Cariboni and Saltelli 2007.
    """
    where = "morris"
    _whole(trajectories, "the number of trajectories", 2, MOST_ARMS, where)
    _whole(levels, "the number of levels", 2, 1000, where)
    if levels % 2:
        raise BadInput(what="the number of levels", given=levels, allowed="an even number", where=where)
    if optimal is not None:
        _whole(optimal, "the number of optimal trajectories", 2, trajectories - 1, where)
    plan = {"kind": "morris", "trajectories": trajectories, "levels": levels, "optimal": optimal, "seed": seed}
    return _sampled(plan, scenario, factors, changes, keeps, where)


def table(
    scenario: object,
    rows: object,
    *,
    changes: Mapping[str, object] | None = None,
    keeps: Sequence[str] = (),
) -> Arms:
    """One arm for each row of a table of one's own; its columns are dotted paths.

    rows : a list of mappings, a mapping of columns, a data frame, or the path of a CSV or Parquet file. A column "arm"
           names the arms (else they are "row 1", "row 2", ...); an empty cell leaves the setting as it is.
    """
    where = str(rows) if isinstance(rows, (str, Path)) else "the table"
    listed, lines = _rows_of(rows, where)
    paths = list(dict.fromkeys(path for row in listed for path in row if path != "arm"))
    if not listed or not paths:
        raise BadInput(
            what="the rows of the table",
            given=None,
            allowed="at least one row, and a column such as fund.life.market",
            where=where,
        )
    _refuse_too_many(len(listed), where)
    settings = _varied(scenario, paths, changes, where, sampled=None)
    names, cells, seen = [], {path: [] for path in paths}, {}
    for number, (row, line) in enumerate(zip(listed, lines, strict=True)):
        here = f"{where}, {line}"
        cell = {}
        for path in paths:
            given = row.get(path)
            empty = given is None or (isinstance(given, float) and math.isnan(given)) or given == ""
            cell[path] = None if empty else settings[path].check(_unboxed(given), here)
        for path, value in cell.items():
            cells[path].append(value)
        twin = seen.setdefault(tuple(map(_key, _effective(cell, changes or {}).values())), line)
        if twin != line:
            raise BadInput(
                what="a row of the table", given=cell, allowed=f"each row once; it is {twin} again", where=here
            )
        name = row.get("arm") if "arm" in row else f"row {number + 1}"
        if not isinstance(name, str) or not name.strip():
            raise BadInput(what="the name of an arm", given=name or None, allowed="a text", where=here)
        names.append(name)
    plan = {"kind": "table", "factors": {path: _seen(values) for path, values in cells.items()}}
    return Arms(_made(scenario, names, cells, changes, keeps), plan)


# -- the points of sampled plans --------------------------------------------------------------------------------------


def problem(plan: Mapping) -> dict:
    """The plan's factors as SALib's own problem, over the unit cube: num_vars, names, bounds.

    Analyse with the X of `points(plan)` or `Experiment.points()`, and the outcomes in the order of the arms.
    """
    names = list(plan["factors"])
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def points(plan: Mapping):
    """The points of a sampled plan in the unit cube, arms x factors, made anew from its seed."""
    import numpy as np

    kind = plan.get("kind")
    if kind == "latin_hypercube":
        from scipy.stats import qmc

        crossed = [len(plan["factors"][path]["values"]) for path in plan.get("crossed", ())]
        drawn = len(plan["factors"]) - len(crossed)
        found = qmc.LatinHypercube(d=drawn, rng=np.random.default_rng(plan["seed"])).random(plan["samples"])
        if not crossed:
            return found
        # Each combination stands in the middle of its share.
        places = np.array(
            list(itertools.product(*([(place + 0.5) / size for place in range(size)] for size in crossed)))
        )
        return np.hstack([np.repeat(found, len(places), axis=0), np.tile(places, (len(found), 1))])
    if kind == "sobol":
        from SALib.sample import sobol as sampler

        return sampler.sample(problem(plan), plan["samples"], calc_second_order=plan["second_order"], seed=plan["seed"])
    if kind == "morris":
        from SALib.sample import morris as sampler

        return sampler.sample(
            problem(plan),
            plan["trajectories"],
            num_levels=plan["levels"],
            optimal_trajectories=plan["optimal"],
            seed=plan["seed"],
        )
    raise BadInput(
        what="the plan", given=kind, allowed=["latin_hypercube", "sobol", "morris"], where="the points of a plan"
    )


def _sampled(
    plan: dict, scenario: object, factors: object, changes: Mapping | None, keeps: Sequence, where: str,
    crossed: object = None,
) -> Arms:  # fmt: skip
    """The arms of a sampled plan: its points, mapped to the values of each factor."""
    _whole(plan["seed"], "the seed of the plan", 0, 2**32 - 1, where)
    found = _varied(scenario, factors, changes, where, sampled=True)
    times = 1
    if crossed:
        added = _listed_values(_varied(scenario, crossed, changes, f"{where}, crossed", sampled=False), where)
        _varied(scenario, [*found, *added], changes, where, sampled=None)  # refuses a setting in both
        found, times = {**found, **added}, math.prod(len(factor.values) for factor in added.values())
        plan = {**plan, "crossed": list(added)}
    size, number = len(found), plan.get("samples")
    rows = {
        "latin_hypercube": (number or 0) * times,
        "sobol": (number or 0) * ((2 * size + 2) if plan.get("second_order") else size + 2),
        "morris": (plan.get("optimal") or plan.get("trajectories", 0)) * (size + 1),
    }[plan["kind"]]
    _refuse_too_many(rows, where)
    whole = {"kind": plan["kind"], "factors": {path: factor.to_dict() for path, factor in found.items()}, **plan}
    shares = points(whole)
    cells = {path: factor.at(shares[:, column]) for column, (path, factor) in enumerate(found.items())}
    if any(factor.setting.is_switch for factor in found.values()):
        rows = [
            _effective(dict(zip(cells, row, strict=True)), changes or {}) for row in zip(*cells.values(), strict=True)
        ]
        cells = {path: [row[path] for row in rows] for path in cells}
    width = len(str(len(shares) - 1))
    names = [f"{SHORT[plan['kind']]} {number:0{width}d}" for number in range(len(shares))]
    return Arms(_made(scenario, names, cells, changes, keeps), whole)


# -- out of a file ----------------------------------------------------------------------------------------------------

PLANS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "grid": (grid, ("factors",)),
    "one_at_a_time": (one_at_a_time, ("factors", "levels")),
    "latin_hypercube": (latin_hypercube, ("factors", "samples", "crossed", "seed")),
    "sobol": (sobol, ("factors", "samples", "second_order", "seed")),
    "morris": (morris, ("factors", "trajectories", "levels", "optimal", "seed")),
    "table": (table, ("rows",)),
}
NEEDED = {"latin_hypercube": ("samples",), "sobol": ("samples",)}
SHORT = {"latin_hypercube": "lhs", "sobol": "sobol", "morris": "morris"}


def _planned(
    plan: Mapping, scenario: object, changes: Mapping, keeps: Sequence[str], where: str, beside: Path | None
) -> Arms:
    """The arms of a plan given as plain values: kind, and what a plan of that kind takes."""
    kind = plan.get("kind")
    if not isinstance(kind, str) or kind not in PLANS:
        raise BadInput(what="the kind of plan", given=kind, allowed=list(PLANS), where=f"{where}, plan")
    make, takes = PLANS[kind]
    varies = "factors" in takes
    known = ("kind", *takes, *(("programmes",) if varies else ("file",)))
    _check_keys(plan, known, f"a key of the {kind} plan", where)
    given = {key: value for key, value in plan.items() if key not in ("kind", "programmes", "file", "factors", "rows")}
    if "programmes" in plan:
        names = _texts(plan["programmes"], "programmes", f"{where}, plan")
        varied = with_programmes(names, plan.get("factors", {}))
    elif varies:
        varied = plan.get("factors")
    else:
        if ("rows" in plan) == ("file" in plan):
            raise BadInput(
                what="the rows of the table",
                given=None if "rows" not in plan else "rows and a file",
                allowed="rows = [...], or file = the path of a CSV or Parquet file",
                where=f"{where}, plan",
            )
        varied = plan.get("rows")
        if "file" in plan:
            if not isinstance(plan["file"], str):
                raise BadInput(what="the file", given=plan["file"], allowed="a path", where=f"{where}, plan")
            varied = (beside or Path()) / plan["file"]
    crossed = given.get("crossed")
    if isinstance(crossed, (list, tuple)) and isinstance(varied, Mapping):  # as a made plan tells it: names of factors
        given["crossed"] = {path: varied[path] for path in crossed if path in varied} or crossed
        varied = {path: spec for path, spec in varied.items() if path not in crossed}
    for key in NEEDED.get(kind, ()):
        if key not in given:
            raise BadInput(
                what=f"{key} of the {kind} plan", given=None, allowed="a whole number", where=f"{where}, plan"
            )
    return make(scenario, varied, **given, changes=changes, keeps=keeps)


def _arms(
    listed: object, scenario: object, changes: Mapping, keeps: Sequence[str], where: str, beside: Path | None
) -> tuple[Arm, ...]:
    """Arms given as a list of plain values; what all of them share comes first."""
    if not isinstance(listed, (list, tuple)) or not all(isinstance(one, Mapping) for one in listed):
        raise BadInput(what="the arms", given=listed, allowed="a list of tables ([[arms]]) with a name", where=where)
    arms = []
    for number, one in enumerate(listed, start=1):
        here = f"{where}, arm {number}"
        _check_keys(one, ("name", "scenario", "changes", "keeps", "first"), "a key of an arm", here)
        if "name" not in one:
            raise BadInput(what="the name of an arm", given=None, allowed="a text", where=here)
        own = one.get("changes", {})
        if not isinstance(own, Mapping):
            raise BadInput(what="the changes", given=own, allowed='a table of "dotted.path" = value', where=here)
        arms.append(
            Arm(
                one["name"],
                _scenario(one["scenario"], here, beside) if "scenario" in one else scenario,
                {**changes, **own},
                one.get("keeps", keeps),
                one.get("first"),
            )
        )
    return tuple(arms)


def _scenario(given: object, where: str, beside: Path | None) -> object:
    """A scenario as it was named; the path of one's own starts from the folder of the file that names it."""
    if isinstance(given, (str, Path)) and str(given).strip():
        own = str(given)
        if beside is not None and (own.endswith(".toml") or "/" in own) and (beside / own).is_file():
            return str(beside / own)
        return own
    if isinstance(given, (str, Path)) or not hasattr(given, "with_"):
        raise BadInput(
            what="the scenario", given=given, allowed="the name of a scenario, or the path of its file", where=where
        )
    return given


def _flat(given: object, whole: Callable[[Mapping], bool], head: str = "") -> object:
    """Tables that TOML makes of bare dotted keys (fund.life.market = 7), under their dotted paths again.

    A key in quotes with a dot is a path already; a table that is `whole` is a value.
    """
    if not isinstance(given, Mapping):
        return given
    out: dict = {}
    for key, value in given.items():
        path = f"{head}{key}"
        if isinstance(value, Mapping) and value and "." not in key and not whole(value):
            out.update(_flat(value, whole, f"{path}."))
        else:
            out[path] = value
    return out


def _listed_tables(given: object) -> list[dict]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _rows_of(rows: object, where: str) -> tuple[list[dict], list[str]]:
    """The rows of a table as mappings, and how each is called in a message."""
    if isinstance(rows, (str, Path)):
        return _rows_in(Path(rows), where)
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
        rows = rows.to_dict("records")
    if isinstance(rows, Mapping):
        columns = {path: list(column) if _is_list(column) else column for path, column in rows.items()}
        sizes = {len(column) for column in columns.values() if isinstance(column, list)}
        if len(sizes) != 1 or not all(isinstance(column, list) for column in columns.values()):
            raise BadInput(
                what="the columns of the table", given=sorted(sizes), allowed="lists of one length", where=where
            )
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, Mapping) for row in rows):
        raise BadInput(
            what="the rows of the table",
            given=rows,
            allowed="a list of tables, columns, a data frame, or the path of a CSV or Parquet file",
            where=where,
        )
    return [dict(row) for row in rows], [f"row {number + 1}" for number in range(len(rows))]


def _rows_in(path: Path, where: str) -> tuple[list[dict], list[str]]:
    """The rows of a CSV or Parquet file."""
    if path.suffix not in (".csv", ".parquet") or not path.is_file():
        raise BadInput(
            what="the file of the table",
            given=str(path),
            allowed="an existing file that ends in .csv or .parquet",
            where=where,
        )
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            rows = pq.read_table(path).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise BadInput(
                what="the file of the table", given=str(error), allowed="a Parquet file", where=where
            ) from None
        return rows, [f"row {number + 1}" for number in range(len(rows))]
    import csv

    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            head = [name.strip() for name in next(reader, [])]
            listed, lines = [], []
            for cells in reader:
                if not cells:
                    continue
                here = f"line {reader.line_num}"
                if len(cells) != len(head):
                    raise BadInput(
                        what="the number of cells",
                        given=len(cells),
                        allowed=f"{len(head)}, one for each column",
                        where=f"{where}, {here}",
                    )
                listed.append({name: cell.strip() for name, cell in zip(head, cells, strict=True)})
                lines.append(here)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(
            what="the file of the table", given=str(error), allowed="a CSV file in UTF-8", where=where
        ) from None
    twice = [name for name, times in Counter(head).items() if times > 1]
    if twice:
        raise BadInput(what="a column of the table", given=twice[0], allowed="each column once", where=where)
    return listed, lines


# -- small parts ------------------------------------------------------------------------------------------------------


def _varied(
    scenario: object, factors: object, changes: object, where: str, *, sampled: bool | None, need: bool = True
) -> dict:
    """The factors of a plan (its settings alone if sampled is None), checked against what all arms share."""
    from seedbed.model.scenario import Scenario

    changes = {} if changes is None else changes
    if not isinstance(changes, Mapping):
        raise BadInput(what="the changes", given=changes, allowed='a table of "dotted.path" = value', where=where)
    scene = Scenario.load(scenario, where)
    if changes:
        # A field of a programme may be set for all arms although only some of them switch the programme on.
        fields = {f"programme.{path.split('.')[1]}" for path in map(str, changes) if path.startswith("programme.")}
        on = {switch: True for switch in fields if switch in _paths(factors) and switch not in changes}
        scene = scene.with_({**on, **changes}, where)
    if sampled is None:
        return settings_from(factors, scene, changes, where)
    return factors_from(factors, scene, changes, where, sampled=sampled, need=need)


def _listed_values(factors: Mapping[str, Factor], where: str) -> dict[str, Factor]:
    """Factors of a grid, each with its values one by one."""
    for path, factor in factors.items():
        if not factor.values and factor.levels is None and factor.step is None:
            raise BadInput(
                what=f"the values of {path}",
                given=None,
                allowed="a list of at least one value, such as [12, 5], or a range with levels or a step",
                where=where,
            )
    return {path: Factor(factor.setting, tuple(factor.spread())) for path, factor in factors.items()}


def _paths(factors: object) -> set:
    return set(factors) if isinstance(factors, (Mapping, list, tuple)) else set()


def _made(
    scenario: object, names: Iterable[str], cells: Mapping[str, Sequence], changes: Mapping | None, keeps: Sequence[str]
) -> Iterator[Arm]:
    """An arm for each row of the cells."""
    paths, columns = list(cells), [map(_unboxed, column) for column in cells.values()]
    rows = zip(*columns, strict=True) if columns else itertools.repeat(())
    for name, row in zip(names, rows, strict=bool(columns)):
        yield Arm(str(name), scenario, _changes(changes or {}, dict(zip(paths, row, strict=True))), keeps)


def _changes(common: Mapping[str, object], cell: Mapping[str, object]) -> dict[str, object]:
    """What an arm changes: what all share, then its own, but programmes are switched before their fields are set.

    Fields of a programme that is off are left out, since there is nothing that they could set.
    """
    cell = {path: value for path, value in cell.items() if value is not None}
    if not any(path.startswith("programme.") for path in (*common, *cell)):
        return {**common, **cell}
    both = {**common, **_effective(cell, common)}
    switches = {path: value for path, value in both.items() if _is_switch(path)}
    off = _off(switches)
    rest = {
        path: value
        for path, value in both.items()
        if path not in switches and value is not None and _programme_of(path) not in off
    }
    return {**switches, **rest}


def _effective(cell: Mapping[str, object], common: Mapping[str, object]) -> dict[str, object]:
    """The cell without the fields of programmes that are off: None stands in their place."""
    switches = {
        path: value for path, value in (*common.items(), *cell.items()) if _is_switch(path) and value is not None
    }
    off = _off(switches)
    if not off:
        return dict(cell)
    return {
        path: None if _programme_of(path) in off and not _is_switch(path) else value for path, value in cell.items()
    }


def _is_switch(path: str) -> bool:
    return path.startswith("programme.") and path.count(".") == 1


def _programme_of(path: str) -> str:
    return path.split(".")[1] if path.startswith("programme.") else ""


def _off(switches: Mapping[str, object]) -> set[str]:
    return {
        _programme_of(path)
        for path, value in switches.items()
        if isinstance(value, (str, bool)) and SWITCHES.get(value) is False
    }


def _bare(spec: Mapping) -> Factor:
    """A factor out of a plan, for its values only."""
    if "values" in spec:
        return Factor(None, tuple(spec["values"]))
    return Factor(None, (), *spec["range"], spec.get("scale", "linear"), spec.get("step"))


def _seen(values: Sequence) -> dict:
    """What a column of a table goes through."""
    given = [value for value in values if value is not None]
    if all(isinstance(value, Real) and not isinstance(value, bool) for value in given) and len(set(given)) > 1:
        return {"range": [min(given), max(given)]}
    return {"values": list({_key(value): value for value in given}.values())}


def _column(values: Sequence):
    """Values over the arms as an array: of truths, whole numbers, numbers with NaN, or things with None."""
    import numpy as np

    kinds = {type(value) for value in values}
    if kinds == {bool} or kinds == {int}:
        return np.array(values)
    if kinds <= {int, float, type(None)}:
        return np.array([math.nan if value is None else value for value in values], dtype=float)
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _unboxed(value: object) -> object:
    """A plain value; what stands for nothing in an array is None."""
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value


def _key(value: object) -> object:
    return repr(value) if isinstance(value, (Mapping, list)) else value


def _name_of(row: Mapping[str, object]) -> str:
    return ", ".join(f"{path}={_short(value)}" for path, value in row.items() if value is not None)


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_list(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _texts(given: object, what: str, where: str) -> tuple[str, ...]:
    """One text or a list of them."""
    listed = (given,) if isinstance(given, str) else given
    if not isinstance(listed, (list, tuple)) or not all(isinstance(one, str) and one.strip() for one in listed):
        raise BadInput(what=what, given=given, allowed="a text or a list of texts", where=where)
    return tuple(listed)


def _whole(given: object, what: str, low: int, high: int, where: str) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        raise BadInput(what=what, given=given, allowed=f"a whole number from {low} to {high}", where=where)


def _refuse_too_many(arms: int, where: str) -> None:
    if arms > MOST_ARMS:
        raise BadInput(what="the number of arms", given=arms, allowed=f"at most {MOST_ARMS}", where=where)


def _check_keys(table: Mapping, known: Iterable[str], what: str, where: str) -> None:
    from seedbed.model.parameters import check_keys

    check_keys(table, known, what, where)


@contextlib.contextmanager
def _placed(place: str) -> Iterator[None]:
    """Every BadInput inside names the file first."""
    try:
        yield
    except BadInput as error:
        where = str(error.where)
        if where.startswith(place):
            raise
        raise type(error)(
            what=error.what, given=error.given, allowed=error.allowed, where=f"{place}, {where}"
        ) from None
