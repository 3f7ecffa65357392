"""What an experiment is: a question, its arms, its seeds, its outcomes, and what would refute the expectation.

An experiment holds no rules and runs nothing; `runner.run` carries it out. It is fixed before the first run and
written into the manifest, so that nobody can choose the outcome after seeing the result.

    experiment = Experiment("patience", arms=grid("baseline", {"fund.life.market": [7, 12]}), seeds=seeds_from(200))
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seedbed.agents.errors import BadInput

__all__ = ["Arm", "Experiment", "grid", "seeds_from"]


KEEPS = ("curves", "series", "events")


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

    @property
    def scenario_name(self) -> str:
        """The scenario's name, whether the arm holds a name or a Scenario."""
        return str(getattr(self.scenario, "name", self.scenario))


@dataclass(frozen=True)
class Experiment:
    """An experiment as a declaration.

    years, burn_in : length of a run and the years at its start that count for nothing (a ten-year experiment favours
                     impatience by construction, counting survivors favours patience).
    seeds          : every arm runs under every seed, so that two arms meet the same people with the same luck and
                     are compared seed by seed (common random numbers).
    outcomes       : the outcomes that the answer rests on, fixed beforehand; empty = all that the model reports.
    plan           : how the arms were made, such as {"kind": "sobol", "factors": {...}, "samples": 1024, "seed": 1}; {}
                     for arms that were named one by one.
    cells          : a column for each factor of the plan, its values over the arms; {} for arms named one by one.
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
    cells: Mapping[str, Sequence] = field(default_factory=dict, compare=False)  # the arms' changes say it again

    def __post_init__(self) -> None:
        object.__setattr__(self, "arms", tuple(self.arms))
        object.__setattr__(self, "seeds", seeds_from(self.seeds))
        names = [arm.name for arm in self.arms]
        if not names:
            raise BadInput(what="the arms of the study", given=None, allowed="at least one arm", where=self.name)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise BadInput(
                what="the name of two arms",
                given=twice[0],
                allowed="a name of its own for each arm",
                where=self.name,
            )
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

    def __len__(self) -> int:
        return sum(1 for _ in self.runs())

    def arm(self, name: str) -> Arm:
        """The arm of that name; BadInput lists the names there are."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise BadInput(what="the arm", given=name, allowed=[arm.name for arm in self.arms], where=self.name)

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

    def to_dict(self) -> dict:
        """The experiment as plain JSON values, for the manifest."""
        return {
            "name": self.name,
            "question": self.question,
            "expectation": list(self.expectation),
            "refuted_if": list(self.refuted_if),
            "outcomes": list(self.outcomes),
            "years": self.years,
            "burn_in": self.burn_in,
            "seeds": list(self.seeds),
            "plan": dict(self.plan),
            "cells": {path: list(values) for path, values in self.cells.items()},
            "arms": [
                {
                    "name": arm.name,
                    "scenario": arm.scenario_name,
                    "changes": dict(arm.changes),
                    "keeps": list(arm.keeps),
                    "first": arm.first,
                }
                for arm in self.arms
            ],
        }

    @classmethod
    def from_dict(cls, given: Mapping) -> Experiment:
        """The experiment that `to_dict` wrote (scenarios come back as names)."""
        fields = {key: value for key, value in given.items() if key not in ("arms", "seeds")}
        for key in ("expectation", "refuted_if", "outcomes"):
            fields[key] = tuple(fields.get(key, ()))
        return cls(arms=tuple(Arm(**arm) for arm in given["arms"]), seeds=tuple(given["seeds"]), **fields)


def grid(
    scenario: object, axes: Mapping[str, Sequence], base: Mapping[str, object] | None = None, keeps: Sequence[str] = ()
) -> tuple[Arm, ...]:
    """Every combination of the values of `axes`, the last axis varying fastest, each an arm named by its values."""
    arms = []
    for axis, values in axes.items():
        if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or not len(values):
            raise BadInput(
                what=f"the values of {axis}",
                given=values,
                allowed="a list of at least one value, such as [12, 5]",
                where="the arms to compare",
            )
    for combination in itertools.product(*axes.values()):
        changes = dict(zip(axes, combination, strict=True))
        name = ", ".join(f"{key}={_short(value)}" for key, value in changes.items())
        arms.append(Arm(name or "base", scenario, {**(base or {}), **changes}, tuple(keeps)))
    return tuple(arms)


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


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
