"""The venture phase as one would write it in Mesa: agents with attributes, chance from the model's generator, nothing compiled.

The same mechanisms as in agents/venture.py, in the same order, with another stream of chance: it agrees with the rules in distribution,
not in bytes.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from seedbed.agents.venture import BUILDING, CALLED_IN, IN_MARKET, MARKET_FAILED, OUT_OF_MONEY, PUBLIC, SELLING, SHUT
from seedbed.model.world import World

STATE = (
    "status", "form", "sector", "link", "last_milestone", "feasible", "seen", "seeking", "needed", "effort", "quality", "pace", "support",
    "cash", "revenue", "mark", "value", "market_entry", "starved", "exit_luck", "listing_luck", "ended", "abandoned", "asks", "milestones",
    "city", "jobs", "idle", "team", "profit", "profit_now", "ending",
)  # fmt: skip


class Company(mesa.Agent):
    def __init__(self, model: Economy, row: int, state: dict[str, Any]) -> None:
        super().__init__(model)
        self.row = row
        for name, value in state.items():
            setattr(self, name, value)

    def work_a_quarter(self) -> None:
        if self.status == BUILDING:
            self.develop()
        elif self.status == SELLING or self.status == PUBLIC:
            self.sell()

    # --- Before the market ----------------------------------------------------------------------------------------------

    def planned_burn(self) -> float:
        p = self.model.p
        return p.venture_burn[self.form][self.link] * p.sector_burn[self.sector]

    def arrival_rate(self) -> float:
        p = self.model.p
        return p.venture_speed[self.form][self.link] * p.sector_speed[self.sector]

    def develop(self) -> None:
        model = self.model
        p = model.p
        if self.cash >= p.venture_lean_burn:
            spending = min(self.pace, float(self.cash))
            self.pay("households", fen(spending))
            effort = spending / self.planned_burn()
            if effort > 1.0:
                effort = math.sqrt(effort)
        else:
            spending = 0.0
            effort = 0.0
            if self.support < 1.0:
                self.shut_down(OUT_OF_MONEY)
            self.support -= 1.0
        self.effort += max(effort, p.venture_subsistence_effort)
        self.jobs = max(float(self.team), spending * 4.0 / p.venture_cost_per_head)
        if self.status == BUILDING and self.feasible and self.effort >= self.needed:
            self.reach_milestone()
            model.events.append((model.now, "milestone", self.row, self.link))
            if self.status == SELLING:
                model.events.append((model.now, "market entry", self.row, fen(self.revenue)))

    def reach_milestone(self) -> None:
        self.link += 1
        self.milestones += 1
        self.last_milestone = self.model.now
        self.abandoned = -1
        self.idle = 0
        if self.link == IN_MARKET:
            self.enter_market()
        else:
            self.open_milestone()
            self.plan_a_year()

    def open_milestone(self) -> None:
        p = self.model.p
        random = self.model.random
        chance = p.venture_feasibility[self.form][self.link] + p.venture_quality_weight * self.quality
        self.feasible = random.random() < 1.0 / (1.0 + math.exp(-chance))
        self.needed = random.expovariate(1.0) / self.arrival_rate()
        self.seen = random.random() < p.venture_inspection
        self.effort = 0.0

    def plan_a_year(self) -> None:
        p = self.model.p
        self.pace = min(max(self.cash / p.venture_plan, p.venture_lean_burn), self.planned_burn() * p.venture_flood_limit)

    def enter_market(self) -> None:
        model = self.model
        p = model.p
        kappa = p.venture_market_fit
        z = kappa * self.quality + math.sqrt(1.0 - kappa * kappa) * model.random.gauss(0.0, 1.0)
        size = p.venture_market_size[self.form] + p.sector_market[self.sector] + p.venture_market_spread[self.form] * z
        self.revenue = p.venture_first_revenue * math.exp(size) * model.wave[self.city][self.sector]
        self.mark = self.revenue
        self.status = SELLING
        self.market_entry = model.now
        self.value = self.revenue * model.multiple[self.form][self.sector][0] + self.cash

    # --- In the market --------------------------------------------------------------------------------------------------

    def sell(self) -> None:
        model = self.model
        p = model.p
        random = model.random
        age = model.now - self.market_entry - 1
        start = p.venture_margin_start[self.form]
        margin = p.venture_margin_mature - (p.venture_margin_mature - start) * math.exp(-age / p.venture_margin_fade[self.form])
        drift = p.venture_growth_early[self.form] * math.exp(-age / p.venture_growth_fade[self.form]) + p.venture_growth_late
        sales = 0.25 * self.revenue
        self.starved = margin < 0.0 and self.cash < -margin * sales
        if self.starved:
            margin = 0.0
            drift -= p.venture_starved_drag
        profit = fen(margin * sales)
        tax = fen(p.city_tax * margin * sales) if profit > 0 else 0
        self.pay("customers", -fen(sales))
        self.pay("households", fen(sales) - profit)
        self.pay("treasury", tax)
        model.tax += tax
        self.profit_now += profit - tax
        if (age + 1) % 4 == 0:
            self.profit = [*self.profit[1:], self.profit_now]
            self.profit_now = 0
        self.jobs = max(float(self.team), self.revenue * (1.0 - margin) / p.venture_cost_per_head)
        self.revenue = min(self.revenue * math.exp(drift + p.venture_growth_noise * random.gauss(0.0, 1.0)), p.venture_largest_sales)
        self.exit_luck = random.random()
        self.listing_luck = random.random()
        if self.revenue >= 2.0 * self.mark:
            self.mark = self.revenue
            self.last_milestone = model.now
            self.milestones += 1
            self.abandoned = -1
        if 0.25 * self.revenue < p.venture_lean_burn and self.cash < p.venture_lean_burn:
            if self.support < 1.0:
                self.shut_down(OUT_OF_MONEY)
            self.support -= 1.0
        if random.random() < p.sector_closure[self.sector]:
            self.shut_down(MARKET_FAILED)

    # --- Common ---------------------------------------------------------------------------------------------------------

    def pay(self, account: str, amount: int) -> None:
        self.cash -= amount
        self.model.accounts[account] += amount

    def shut_down(self, why: int) -> None:
        if self.status != SHUT:
            self.remove()
        self.status = SHUT
        self.ended = self.model.now
        if self.ending != CALLED_IN:
            self.ending = why
        self.seeking = 0
        self.asks = 0


class Economy(mesa.Model):
    """The living ventures of a world as Mesa agents. `step` is one venture phase; `companies` keeps those that ended as well."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(rng=seed)
        row = np.asarray(world.p).view(np.ndarray)[0]
        self.p = SimpleNamespace(**{name: row[name].tolist() for name in row.dtype.names})
        self.now = int(world.clock[0].now)
        self.wave = np.asarray(world.cities.wave).tolist()
        self.multiple = np.asarray(world.tables.multiple[0]).tolist()
        self.accounts = {"households": 0, "customers": 0, "treasury": 0}
        self.tax = 0
        self.events: list[tuple[Any, ...]] = []
        rows = np.asarray(world.live)[: int(world.clock[0].n_live)]
        states = {name: np.asarray(world.ventures[name])[rows].tolist() for name in STATE}
        self.companies = [
            Company(self, int(number), {name: values[place] for name, values in states.items()}) for place, number in enumerate(rows)
        ]
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "live": lambda model: len(model.agents),
                "selling": lambda model: sum(company.status != BUILDING for company in model.agents),
                "revenue": lambda model: sum(company.revenue for company in model.agents),
                "jobs": lambda model: sum(company.jobs for company in model.agents),
            }
        )

    def step(self) -> None:
        self.agents.shuffle_do("work_a_quarter")
        self.now += 1


def fen(amount: float) -> int:
    return math.floor(amount + 0.5)
