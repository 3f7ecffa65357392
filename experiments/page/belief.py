"""What a bandit investor sees: belief in a silent project, what each rule of stopping gives up and pays in vain, by formula and by draws.

Everything is asked of the model's own rules: nature's decision about a milestone (`venture.open_milestone`), the belief after silence
(`venture.belief_after`), the best time to stop (`venture.best_stop`), the prize (`fund.worth_ahead`) and the worth of a stage (`fund.stage_worth`).
Projects are of average quality and fully paid from the first day. An investor stops at the very moment at which its rule says so; in the city it is asked at
the end of a tranche.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.agents.fund import KINDS, stage_worth, worth_ahead
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.rule import as_rows
from seedbed.agents.venture import (
    PATIENCE_RULE,
    VENTURE,
    arrival_rate,
    belief_after,
    best_stop,
    feasibility,
    open_milestone,
    planned_burn,
)
from seedbed.model.language import say

from ..judging import Table
from ..statistics import contrast

__all__ = ["MEASURES", "Belief", "Project", "look_at"]

PROJECTS = 400  # drawn under each seed
MONTHS = 3  # in a quarter
HORIZON = 96  # months that the lines cover
GRID = 12  # months between two points that are checked with draws

MEASURES = {
    "projects": ("Projects begun", "count", "drawn for the lesson"),
    "can": ("Projects that can work", "count", "whose milestone can be reached at all"),
    "silent": ("Silent when the class is asked", "count", "no milestone until then, whoever pays"),
    "still": ("Silent then, though they can work", "count", "of these"),
    "lost": ("Given up, though they can work", "count", "the milestone would have come after the investor stopped"),
    "vain": ("Years of work paid for in vain", "years", "on projects that cannot work"),
    "worth": ("Net worth of all projects", "million RMB", "the prize where the milestone came, less what the work cost, discounted"),
}  # fmt: skip


@dataclass(frozen=True)
class Project:
    """A project at its first milestone, and the market fund that looks at it.

    prior: chance that the milestone can be reached; rate: hazard per quarter of full effort; burn: fen per quarter; prize: worth of having
    passed it, fen; discount: per quarter.
    """

    form: int
    sector: int
    link: int
    prior: float
    rate: float
    burn: float
    prize: float
    discount: float

    @classmethod
    def of(cls, world: Any, form: int, sector: int, link: int) -> Project:
        """The project in an open world: quality 0, its quality known to nobody beyond the prior."""
        p, tables, manager = world.p[0], world.tables[0], _market(world)
        prize = worth_ahead(p, tables, manager, form, sector, link, 0.0, 1.0)
        rate, burn = arrival_rate(p, form, sector, link), planned_burn(p, form, sector, link)
        return cls(form, sector, link, feasibility(p, form, link, 0.0), rate, burn, prize, float(p.fund_discount[manager.kind]))

    def belief(self, quarters: float) -> float:
        """Chance that it can work after so many silent quarters."""
        return belief_after(self.prior, self.rate, quarters)

    def worth(self, stop: float) -> float:
        """Net worth to who stops after so many quarters, fen, by the model's formula."""
        seen = 1.0 - math.exp(-(self.rate + self.discount) * stop)
        gain = self.rate / (self.rate + self.discount) * seen
        vain = (1.0 - math.exp(-self.discount * stop)) / self.discount
        return stage_worth(self.prior, self.prize, self.burn, gain, seen / (self.rate + self.discount), vain)


@dataclass(frozen=True)
class Belief:
    """What the lesson on belief shows besides its table.

    stops  : by arm, quarters of silence after which it stops.
    months : of silence after which the class is asked.
    closed : outcome of the table -> arm -> what the formula says.
    drawn  : (months, silent, still) where the formula of belief is checked: counts by seed.
    """

    project: Project
    stops: Mapping[str, float]
    months: float
    closed: Mapping[str, Mapping[str, float]]
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray]

    @property
    def asked(self) -> float:
        """The belief that the class is asked for, by the formula."""
        return self.project.belief(self.months / MONTHS)

    def sentences(self, answer: Any, language: str = "en") -> list[str]:
        """The formula beside the draws, and when each investor stops."""
        from .lessons import figure, interval

        head = answer.headline
        drawn = interval(*(part + head.question.mark for part in (head.difference, head.low, head.high)), "share", language)
        inside = head.low + head.question.mark <= self.asked <= head.high + head.question.mark
        told = [
            say("By the formula the chance is {closed}; the draws give {drawn}.", language, closed=figure(self.asked, "share", language), drawn=drawn),
            say("The formula lies within the interval of the draws.", language) if inside
            else say("The formula lies outside the interval of the draws: chance, one time in twenty, or a mistake.", language),
            say("At the start it was {prior}.", language, prior=figure(self.project.prior, "share", language)),
        ]  # fmt: skip
        return told + [self.stop_sentence(arm, language) for arm in self.stops]

    def stop_sentence(self, arm: str, language: str = "en") -> str:
        """When an investor stops, and what it then believes."""
        from .lessons import figure

        quarters = self.stops[arm]
        return say(
            "{arm}: stops after {months} months of silence, when the chance is {belief}.", language,
            arm=say(arm, language), months=f"{quarters * MONTHS:.0f}", belief=figure(self.project.belief(quarters), "share", language),
        )  # fmt: skip

    def lines(self, answer: Any, language: str = "en") -> dict[str, Any]:
        """For a picture: x in months of silence, y a probability.

        lines: name, x, y; points: the belief in drawn projects (x, value, low, high); stops: name and months of each investor's last day; asked: the month of the question.
        """
        months = np.arange(0, HORIZON + 1)
        project = self.project
        belief = np.array([project.belief(float(m) / MONTHS) for m in months])
        shown = 1.0 - np.exp(-project.rate * months / MONTHS)
        x = months.tolist()
        return {
            "x": say("months of work without news", language), "y": say("probability", language),
            "lines": [
                {"name": say("belief in a project that has been silent so far, whether it can work or not", language), "x": x, "y": belief.tolist()},
                {"name": say("mean belief in projects that can work, news included", language), "x": x, "y": (shown + (1.0 - shown) * belief).tolist()},
                {"name": say("projects that can work and have not shown it yet", language), "x": x, "y": (1.0 - shown).tolist()},
            ],
            "points": self.points(),
            "stops": [{"arm": arm, "name": say(arm, language), "months": quarters * MONTHS, "belief": project.belief(quarters)} for arm, quarters in self.stops.items()],
            "asked": self.months, "mark": answer.headline.question.mark,
        }  # fmt: skip

    def points(self) -> list[dict[str, float]]:
        """The share that can work of the drawn projects that are silent after so many months, with its 95% interval over seeds."""
        months, silent, still = self.drawn
        found = contrast(still[:, None, :], (1.0,), silent[:, None, :])
        kept = zip(months.tolist(), *(np.atleast_1d(part).tolist() for part in (found.value, found.low, found.high)), strict=True)
        return [{"x": x, "value": value, "low": low, "high": high} for x, value, low, high in kept if math.isfinite(value)]


def look_at(asked: Any, seeds: Sequence[int], project: tuple[int, int, int, float], steps: Any) -> tuple[Table, Belief]:
    """Draw projects under each seed and let every arm's investor pay for them: the table of counts, and the lines with their formulas."""
    from seedbed.model.engine import open_run
    from seedbed.model.scenario import Scenario

    *what, months = project
    base = asked.arm(asked.base)
    worlds = {arm.name: open_run(_case(Scenario, arm), 0, 1) for arm in asked.arms}
    looked_at = Project.of(worlds[base.name], *what)
    stops = {name: stop_of(world, looked_at) for name, world in worlds.items()}
    grid = np.arange(0, HORIZON + 1, GRID)
    values = {name: np.full((len(seeds), len(asked.arms)), np.nan) for name in MEASURES}
    silent, still = np.zeros((2, len(seeds), len(grid)))
    for row, seed in enumerate(seeds):
        can, needed = draw(worlds[base.name].p[0], looked_at, seed)
        for column, stop in enumerate(stops.values()):
            for name, value in paid_for(looked_at, can, needed, stop, months / MONTHS).items():
                values[name][row, column] = value
        waiting = ~can[:, None] | (needed[:, None] > grid[None, :] / MONTHS)
        silent[row], still[row] = waiting.sum(axis=0), (waiting & can[:, None]).sum(axis=0)
        steps.done(row + 1, len(seeds))
    table = Table(tuple(stops), tuple(seeds), values, {name: entry[:2] for name, entry in MEASURES.items()})
    return table, Belief(looked_at, stops, months, closed_forms(looked_at, stops), (grid, silent, still))


def _case(kind: Any, arm: Any) -> Any:
    scenario = kind.load(arm.scenario)
    return scenario.with_(dict(arm.changes)) if arm.changes else scenario


def _market(world: Any) -> Any:
    """A manager of market funds. Where managers differ in tolerance, the first of them."""
    return next(manager for manager in world.managers if manager.kind == KINDS.index("market"))


def stop_of(world: Any, project: Project) -> float:
    """Quarters of silence after which the world's market funds stop: their tolerance, or under the Bayesian rule the best time plus their slack."""
    p, manager = world.p[0], _market(world)
    if p.fund_stopping == PATIENCE_RULE:
        return float(manager.tolerance)
    return max(0.0, best_stop(project.prior, project.rate, project.prize, project.burn) + float(p.fund_slack[manager.kind]))


def draw(p: Any, project: Project, seed: int, number: int = PROJECTS) -> tuple[np.ndarray, np.ndarray]:
    """What nature has decided about projects: whether each can work, and the quarters of full effort that it then takes."""
    venture = as_rows(np.zeros(1, VENTURE))[0]
    venture.form, venture.sector, venture.link = project.form, project.sector, project.link
    can, needed = np.zeros(number, dtype=bool), np.zeros(number)
    for place in range(number):
        venture.key = place + 1
        open_milestone(venture, p, seed)
        can[place], needed[place] = venture.feasible == 1, venture.needed
    return can, needed


def paid_for(project: Project, can: np.ndarray, needed: np.ndarray, stop: float, asked: float) -> dict[str, float]:
    """What becomes of the projects of an investor who stops after so many silent quarters; `asked`: quarters after which the class is asked."""
    came = can & (needed <= stop)
    worked = np.where(came, needed, stop)
    spent = project.burn * (1.0 - np.exp(-project.discount * worked)) / project.discount
    worth = np.where(came, project.prize * np.exp(-project.discount * worked), 0.0) - spent
    silent = ~can | (needed > asked)
    return {
        "projects": float(len(can)), "can": float(can.sum()), "silent": float(silent.sum()), "still": float((silent & can).sum()),
        "lost": float((can & ~came).sum()), "vain": float((~can).sum() * stop / 4.0), "worth": float(worth.sum()) / FEN_PER_MILLION,
    }  # fmt: skip


def closed_forms(project: Project, stops: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The same by formula: given up e^{-lambda T} of those that can work; in vain (1 - p) T for each project begun; worth as in `fund.stage_worth`."""
    return {
        "lost / can": {arm: math.exp(-project.rate * stop) for arm, stop in stops.items()},
        "vain / projects": {arm: (1.0 - project.prior) * stop / 4.0 for arm, stop in stops.items()},
        "worth / projects": {arm: project.worth(stop) / FEN_PER_MILLION for arm, stop in stops.items()},
    }
