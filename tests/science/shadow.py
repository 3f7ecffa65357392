"""The shadow: the core of the model once more, slowly, from its description alone.

Written from `model/ODD.md` and the files of parameters (a few rules about rounds were read late, see `SHADOW.md`), with objects and an ordinary
generator of random numbers. If a stranger can build the same model from the description, runs of both have the same distribution of
outcomes; `test_shadow.py` asks whether they have. `SHADOW.md` tells what was docked, and where the description had to be mended.

The core is people, ideas and founding; milestones, effort, spending and cash; the market, growth, closing, acquisition, listing; and funds
with their signal, valuation, meetings, offers, rounds, tranches, stopping, attention, life, calls, fees, distributions and successors.
The rest is switched off by settings that any user can make: `DOCKED`. Money is in million RMB and time in quarters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field as data_field
from pathlib import Path

import numpy as np

# One city, one kind of manager, one university that does nothing but name its few graduates, no programme, no loan, no redemption, nobody
# who knows anybody, society's tolerance at its norm, investors' terms not announced, successors of fixed size.
DOCKED = {
    "programme.small_grant": "off", "programme.dream_town": "off", "programme.guidance_fund": "off",
    "fund.managers.angel": 0, "fund.managers.market": 4, "fund.managers.patient": 0, "fund.managers.alumni": 0, "fund.managers.guidance": 0,
    "university.number": 1, "university.research": 0, "university.practice": 0, "university.equity": 0, "university.endowment": 0,
    "city.graduates": 1, "city.newcomers": 120, "city.good_news": 0, "city.bad_news": 0, "bank.deposits": 0,
    "fund.redemption_share": 0, "fund.successor": "fixed", "fund.tie_gain": 0, "fund.stopping": "patience", "fund.screens_by": "own",
    "entrepreneur.announced": 0, "entrepreneur.hearsay": 0, "entrepreneur.role_models": 0, "venture.inspection": 0,
}  # fmt: skip

# The venture chain alone: founders bring what a first round would bring, and the only manager leads no round that anybody asks for.
FIXED_MONEY = {**DOCKED, "fund.managers.market": 1, "fund.ticket_smallest.market": 500, "fund.least_index.market": 50, "entrepreneur.savings": 6,
               "entrepreneur.alone.radical": 0.08}  # fmt: skip

PINNED = Path(__file__).with_name("shadow.toml")

FORMS = ("incremental", "radical")
SECTORS = ("digital", "hardware", "bio", "consumer")
LINKS = ("applied_research", "invention", "development", "market_entry")
START = {"incremental": 2, "radical": 1}
IN_MARKET = len(LINKS)
LISTED = 8  # candidates that a fund keeps on its list of a quarter


# --- parameters ----------------------------------------------------------------------------------------------------------------------


class Parameters:
    """Values by name, in quarters: rates per year are divided by four, years multiplied. It remembers which names were asked for."""

    def __init__(self, rows):
        self.rows = {row["name"]: row for row in rows}
        self.asked = set()

    @classmethod
    def of(cls, scenario):
        return cls(scenario.table())

    def __call__(self, name):
        self.asked.add(name)
        row = self.rows[name]
        value, unit = row["value"], row["unit"]
        if unit in ("per year", "million RMB per year"):
            return value / 4
        if unit == "years":
            return value * 4
        return value


def logistic(x):
    return 1 / (1 + math.exp(-x))


# --- the prospects that everybody can work out (7.13, 7.14) ---------------------------------------------------------------------------


class Prospects:
    """Tables of value that follow from the parameters: M(a), quality among those who got so far, public worth of each milestone."""

    def __init__(self, p):
        self.p = p
        self.s = p("venture.growth_noise")
        self.z = np.linspace(-8, 8, 1601)
        self.normal = np.exp(-self.z**2 / 2) / np.exp(-self.z**2 / 2).sum()
        wave_years, wave_chance = p("city.wave_years"), p("city.wave_chance")
        self.mean_wave = 1 + p("city.wave_height") * (1 - (1 - wave_chance) ** wave_years)
        self.w = p("venture.quality_weight")
        self.kappa = p("venture.market_fit")
        self.b = {(f, k): p(f"venture.feasibility.{f}.{link}") for f in FORMS for k, link in enumerate(LINKS)}
        self.speed = {
            (f, s, k): p(f"venture.speed.{f}.{link}") * p(f"sector.speed.{s}") for f in FORMS for s in SECTORS for k, link in enumerate(LINKS)
        }
        self.burn = {
            (f, s, k): p(f"venture.burn.{f}.{link}") * p(f"sector.burn.{s}") for f in FORMS for s in SECTORS for k, link in enumerate(LINKS)
        }
        self.mu = {(f, s): math.log(p("venture.first_revenue")) + p(f"venture.market_size.{f}") + p(f"sector.market.{s}") for f in FORMS for s in SECTORS}
        self.sigma = {f: p(f"venture.market_spread.{f}") for f in FORMS}
        self.growth_terms = {f: (p(f"venture.growth_early.{f}"), p(f"venture.growth_fade.{f}"), p("venture.growth_late")) for f in FORMS}
        self.margin_terms = {f: (p("venture.margin_mature"), p(f"venture.margin_start.{f}"), p(f"venture.margin_fade.{f}")) for f in FORMS}
        self.tax = p("city.tax")
        self.multiple = {(f, s): self.value_sales(f, s) for f in FORMS for s in SECTORS}
        self.quality = {(f, k): self.quality_of_those_who_passed(f, k) for f in FORMS for k in range(START[f], IN_MARKET + 1)}
        self.public = {(f, s): self.public_worths(f, s) for f in FORMS for s in SECTORS}

    def growth(self, form, age):
        early, fade, late = self.growth_terms[form]
        return early * math.exp(-age / fade) + late

    def margin(self, form, age):
        mature, start, fade = self.margin_terms[form]
        return mature - (mature - start) * math.exp(-age / fade)

    def value_sales(self, form, sector, ages=400):
        """M(a), backwards from an age at which nothing changes any more."""
        rho, delta, drag = self.p("market.discount"), self.p(f"sector.closure.{sector}"), self.p("venture.starved_drag")

        def kept(growth):
            return math.exp(growth + self.s**2 / 2 - rho) * (1 - delta)

        def after_tax(age):
            margin = self.margin(form, age)
            return margin * (1 - self.tax) if margin > 0 else margin

        table = [0.0] * (ages + 1)
        table[ages] = after_tax(ages) / 4 / (1 - kept(self.growth(form, ages)))
        for age in range(ages - 1, -1, -1):
            growth = self.growth(form, age)
            table[age] = max(after_tax(age) / 4 + kept(growth) * table[age + 1], kept(growth - drag) * table[age + 1])
        return table

    def sales_multiple(self, form, sector, age):
        table = self.multiple[form, sector]
        return table[min(age, len(table) - 1)]

    def quality_of_those_who_passed(self, form, link):
        """Mean and variance of quality among projects that have come to this link from their start."""
        weight = self.normal.copy()
        for k in range(START[form], link):
            weight = weight / (1 + np.exp(-(self.b[form, k] + self.w * self.z)))
        weight /= weight.sum()
        mean = float((weight * self.z).sum())
        return mean, float((weight * self.z**2).sum()) - mean**2

    def entry_worth(self, form, sector, quality, variance):
        """Mean of R0 M(0), given a normal opinion of quality."""
        sigma, kappa = self.sigma[form], self.kappa
        log_mean = self.mu[form, sector] + sigma * kappa * quality
        spread = sigma**2 * (1 - kappa**2 + kappa**2 * variance)
        return math.exp(log_mean + spread / 2) * self.mean_wave * self.sales_multiple(form, sector, 0)

    @staticmethod
    def worth_of_stage(belief, speed, discount, burn, ahead, stop):
        x = (1 - math.exp(-(speed + discount) * stop)) / (speed + discount)
        y = (1 - math.exp(-discount * stop)) / discount
        return belief * speed * x * ahead - burn * (belief * x + (1 - belief) * y)

    @staticmethod
    def best_stop(belief, speed, burn, ahead):
        """T*, at which the myopic margin is zero; none where the first moment does not pay."""
        if belief >= 1:
            return 1e6
        ratio = belief * (speed * ahead - burn) / ((1 - belief) * burn)
        return math.log(ratio) / speed if ratio > 1 else 0.0

    def feasibility(self, form, link, quality):
        return logistic(self.b[form, link] + self.w * quality)

    def public_worths(self, form, sector):
        """Worth of each milestone at the market's discount and T*, at the quality that those who came so far have on average."""
        worths = {}
        for now in range(START[form], IN_MARKET + 1):
            mean, variance = self.quality[form, now]
            worths[now] = self.worth_from(form, sector, now, mean, variance, None, self.p("market.discount"))
        return worths

    def worth_from(self, form, sector, link, quality, variance, stop, discount, effort=0.0, doubt=0.0):
        """Backwards from market entry; `stop` is the silence borne, or None for T*. Effort and doubt wear the present belief down."""
        ahead = self.entry_worth(form, sector, quality, variance)
        for k in range(IN_MARKET - 1, link - 1, -1):
            speed, burn = self.speed[form, sector, k], self.burn[form, sector, k]
            belief = self.feasibility(form, k, quality)
            if k == link:
                silent = belief * math.exp(-speed * effort)
                belief = silent / (1 - belief + silent) * (1 - doubt)
            time = self.best_stop(belief, speed, burn, ahead) if stop is None else stop
            ahead = max(0.0, self.worth_of_stage(belief, speed, discount, burn, ahead, time))
        return ahead


# --- agents --------------------------------------------------------------------------------------------------------------------------


@dataclass
class Person:
    arrived: int
    ability: float
    boldness: float
    field: str
    support: float
    savings: float
    next_idea: float
    venture: Venture | None = None
    failures: int = 0
    failed_at: int = -(10**6)


@dataclass
class Stake:
    """What a holder has in a venture. The holder is a fund, or None for outsiders who bought it."""

    fund: Fund | None
    shares: float
    cost: float
    since: int
    active: bool = True


@dataclass
class Venture:
    founder: Person
    form: str
    sector: str
    quality: float
    founded: int
    support: float
    cash: float
    link: int = 0
    needed: float = 0.0
    effort: float = 0.0
    pace: float = 0.0
    last_milestone: int = 0
    milestones: int = 0
    entry: int = -1
    revenue: float = 0.0
    mark: float = 0.0
    starved: bool = False
    loss: float = 0.0
    spent: float = 0.0
    profits: list = data_field(default_factory=list)
    profit_now: float = 0.0
    founders_shares: float = 1.0
    price: float = 0.0
    raised: float = 0.0
    rounds: int = 0
    tranches: int = 0
    milestones_at_round: int = 0
    stakes: list = data_field(default_factory=list)
    abandoned: bool = False
    asks: float = 0.0
    paid: float = 0.0
    unpaid: bool = False
    could_not_pay: bool = False
    insiders_before: int = 0
    next_pitch: int = 0
    offers: list = data_field(default_factory=list)
    pre_moneys: list = data_field(default_factory=list)
    ended: int = -1
    ending: str = ""
    listed: int = -1
    largest: float = 0.0
    proceeds: float = 0.0
    serial: bool = False
    has_asked: bool = False
    stopped: int = -1

    @property
    def living(self):
        return self.ended < 0

    @property
    def all_shares(self):
        return self.founders_shares + sum(stake.shares for stake in self.stakes)

    @property
    def insiders(self):
        return [stake for stake in self.stakes if stake.fund is not None and stake.active]


@dataclass
class Manager:
    number: int
    skill: float
    next_raise: int
    funds: list = data_field(default_factory=list)


@dataclass
class Fund:
    manager: Manager
    raised: int
    invest_until: int
    ends: int
    commitment: float
    new_money: float
    follow_money: float
    fee_money: float
    capacity: int
    cash: float = 0.0
    called: float = 0.0
    invested: float = 0.0
    distributed: float = 0.0
    owed: float = 0.0
    fees: float = 0.0
    carry: float = 0.0
    companies: int = 0
    budget: float = 0.0
    ended: int = -1
    holdings: list = data_field(default_factory=list)
    candidates: list = data_field(default_factory=list)
    deals: list = data_field(default_factory=list)


# --- the city ------------------------------------------------------------------------------------------------------------------------


class City:
    """A run. `wrong` names rules to get wrong on purpose, so that the comparison can be seen to notice."""

    def __init__(self, parameters, seed, years, wrong=()):
        self.p = parameters
        self.chance = np.random.default_rng(seed)
        self.ticks = 4 * years
        self.wrong = set(wrong)
        self.prospects = Prospects(parameters)
        self.read_parameters()
        self.people, self.ventures, self.funds = [], [], []
        self.live = []
        self.asked = self.funded = 0.0
        self.luck = self.p("entrepreneur.prior_hope")
        self.wave_starts = {s: [] for s in SECTORS}
        self.wave = dict.fromkeys(SECTORS, False)
        self.window = False
        self.signals, self.rounds = {}, []
        interval = int(self.p("fund.raise_interval.market"))
        count = self.p("fund.managers.market")
        self.managers = [
            Manager(m, math.exp(self.p("fund.skill_spread") * self.chance.normal()), int(self.chance.random() * interval)) for m in range(count)
        ]

    def read_parameters(self):
        p = self.p
        self.tolerance = p("fund.tolerance.market") + (4 if "tolerance" in self.wrong else 0)
        self.life = round(p("fund.life.market"))
        self.discount = p("fund.discount.market")
        self.haste_of_links = 0.8 if "speed" in self.wrong else 1.0
        self.lean, self.plan, self.flood = p("venture.lean_burn"), p("venture.plan"), p("venture.flood_limit")
        self.tranche, self.pitching = p("fund.tranche"), p("venture.pitching")
        self.bargain, self.most_sold = p("market.bargain"), p("market.most_sold")
        self.subsistence = p("venture.subsistence_effort")
        self.closure = {s: p(f"sector.closure.{s}") for s in SECTORS}
        self.bought = {s: p(f"sector.acquisition.{s}") for s in SECTORS}
        self.listing = {s: p(f"sector.listing.{s}") for s in SECTORS}
        self.harvest = p("fund.harvest")

    def run(self):
        for tick in range(self.ticks):
            self.now = tick
            self.turn_the_quarter()
            self.look_at_funding()
            self.welcome()
            self.consider_founding()
            for venture in self.live:
                self.work(venture)
            self.live = [v for v in self.live if v.living]
            self.ask_and_review()
            self.seek_and_close_rounds()
            self.charge_fees()
            for venture in self.live:
                self.exit_or_stay(venture)
            self.live = [v for v in self.live if v.living]
            self.end_funds()
            self.distribute()
            self.raise_funds()
        return self

    # --- climate and what founders see (7.1, 7.2) ---

    def turn_the_quarter(self):
        if self.now % 4:
            return
        year = self.now // 4
        for sector in SECTORS:
            if self.chance.random() < self.p("city.wave_chance"):
                self.wave_starts[sector].append(year)
            self.wave[sector] = any(year - start < self.p("city.wave_years") for start in self.wave_starts[sector])
        self.window = self.chance.random() < self.p("market.window_open")

    def look_at_funding(self):
        self.luck = (self.funded + self.p("entrepreneur.prior_hope")) / (self.asked + 1)
        fade = 1 - 1 / self.p("entrepreneur.memory")
        self.asked, self.funded = self.asked * fade, self.funded * fade

    # --- people and founding (7.8, 7.9, 7.10) ---

    def pick_sector(self):
        return SECTORS[int(np.searchsorted(np.cumsum([self.p(f"sector.share.{s}") for s in SECTORS]), self.chance.random() * (1 - 1e-12)))]

    def welcome(self):
        if self.now % 4:
            return
        p, chance = self.p, self.chance
        for _ in range(p("city.newcomers") + p("city.graduates") * p("university.number")):
            person = Person(
                arrived=self.now,
                ability=chance.normal(),
                boldness=math.exp(p("entrepreneur.boldness_spread") * chance.normal()),
                field=self.pick_sector(),
                support=chance.exponential(p("entrepreneur.family_support")),
                savings=p("entrepreneur.savings") * math.exp(p("entrepreneur.savings_spread") * chance.normal()),
                next_idea=self.now + chance.exponential(1 / p("entrepreneur.ideas")),
            )
            self.people.append(person)

    def consider_founding(self):
        career = self.p("entrepreneur.career")
        for person in self.people:
            while person.next_idea <= self.now and person.next_idea <= person.arrived + career:
                person.next_idea += self.chance.exponential(1 / self.p("entrepreneur.ideas"))
                if person.venture is None and self.now >= person.failed_at + self.p("entrepreneur.rest"):
                    self.weigh_founding(person)
        self.people = [person for person in self.people if person.next_idea <= person.arrived + career or person.venture is not None]

    def weigh_founding(self, person):
        p, prospects = self.p, self.prospects
        sector = person.field if self.chance.random() < p("entrepreneur.loyalty") else self.pick_sector()
        rho, patience = p("entrepreneur.ability_weight"), p("market.reference_tolerance")
        surplus = {}
        for form in FORMS:
            expected = rho * person.ability
            links = range(START[form], IN_MARKET)
            feasible = math.prod(prospects.feasibility(form, k, expected) for k in links)
            in_time = math.prod(1 - math.exp(-prospects.speed[form, sector, k] * patience) for k in links)
            paid = self.luck * p(f"entrepreneur.prior_share.{form}")
            chance = feasible * (paid * in_time + (1 - paid) * p(f"entrepreneur.alone.{form}"))
            variance = prospects.sigma[form] ** 2 * (1 - (prospects.kappa * rho) ** 2)
            prize = prospects.entry_worth(form, sector, expected, 1 - rho**2) * math.exp(-p("entrepreneur.risk_aversion") * variance / 2)
            gain = chance * p("entrepreneur.stake") * prize
            face = (1 - p("city.tolerance_norm")) * p("entrepreneur.face")
            loss = p("entrepreneur.wage") * p(f"entrepreneur.years.{form}") + (1 - chance) * face
            surplus[form] = person.boldness * gain - loss
        form = max(FORMS, key=surplus.get)
        if surplus[form] > 0:
            self.found(person, form, sector)

    def found(self, person, form, sector):
        rho = self.p("entrepreneur.ability_weight")
        quality = rho * person.ability + math.sqrt(1 - rho**2) * self.chance.normal()
        venture = Venture(person, form, sector, quality, self.now, person.support, person.savings, link=START[form], last_milestone=self.now)
        venture.next_pitch, venture.serial = self.now, person.failures > 0
        person.venture = venture
        self.open_milestone(venture)
        self.plan_a_year(venture)
        self.ventures.append(venture)
        self.live.append(venture)

    # --- development (7.11, 7.12) ---

    def speed_of(self, v):
        return self.prospects.speed[v.form, v.sector, v.link]

    def burn_of(self, v):
        return self.prospects.burn[v.form, v.sector, v.link]

    def open_milestone(self, v):
        feasible = self.chance.random() < self.prospects.feasibility(v.form, v.link, v.quality)
        v.needed = self.chance.exponential(1 / (self.speed_of(v) * self.haste_of_links)) if feasible else math.inf
        v.effort = 0.0

    def plan_a_year(self, v):
        if v.link < IN_MARKET:
            v.pace = max(self.lean, min(v.cash / self.plan, self.flood * self.burn_of(v)))

    def work(self, v):
        if v.link == IN_MARKET:
            self.sell(v)
            return
        if v.cash >= self.lean:
            v.spent = min(v.pace, v.cash)
            v.cash -= v.spent
            share = v.spent / self.burn_of(v)
            effort = share if share <= 1 or "flood" in self.wrong else math.sqrt(share)
            if "subsistence" not in self.wrong:
                effort = max(effort, self.subsistence)
        else:
            v.support -= 1
            if v.support < 0:
                self.close(v, "out of money")
                return
            effort = self.subsistence
        v.effort += effort
        if v.effort >= v.needed:
            v.milestones += 1
            v.last_milestone, v.abandoned = self.now, False
            v.link += 1
            if v.link == IN_MARKET:
                self.enter_market(v)
            else:
                self.open_milestone(v)
                self.plan_a_year(v)

    # --- the market (7.13) ---

    def enter_market(self, v):
        prospects = self.prospects
        luck = prospects.kappa * v.quality + math.sqrt(1 - prospects.kappa**2) * self.chance.normal()
        wave = 1 + self.p("city.wave_height") if self.wave[v.sector] else 1.0
        v.entry = self.now
        v.revenue = v.mark = v.largest = wave * math.exp(prospects.mu[v.form, v.sector] + prospects.sigma[v.form] * luck)
        v.loss = max(0.0, -prospects.margin(v.form, 0) * v.revenue / 4)

    def sell(self, v):
        age = self.now - v.entry
        if self.chance.random() < self.closure[v.sector]:
            self.close(v, "market failed")
            return
        drag = self.p("venture.starved_drag") if v.starved else 0.0
        v.revenue *= math.exp(self.prospects.growth(v.form, age - 1) - drag + self.prospects.s * self.chance.normal())
        v.largest = max(v.largest, v.revenue)
        profit = self.prospects.margin(v.form, age) * v.revenue / 4
        v.starved = profit < 0 and v.cash < -profit
        if v.starved:
            profit = 0.0
        v.cash += profit * (1 - self.prospects.tax) if profit > 0 else profit
        v.spent = v.revenue / 4 - profit
        v.loss = max(0.0, -self.prospects.margin(v.form, age) * v.revenue / 4)
        v.profit_now += profit
        if age % 4 == 0:
            v.profits.append(v.profit_now)
            v.profit_now = 0.0
        if v.revenue >= 2 * v.mark:
            v.mark = v.revenue
            v.milestones += 1
            v.last_milestone, v.abandoned = self.now, False

    def value_of(self, v):
        """Fundamental value of a firm in the market."""
        return v.revenue * self.prospects.sales_multiple(v.form, v.sector, self.now - v.entry) + v.cash

    def fair_value(self, v):
        if v.link == IN_MARKET:
            return self.value_of(v)
        doubt = self.p("market.insider_stop_discount") if v.abandoned else 0.0
        mean, variance = self.prospects.quality[v.form, v.link]
        return self.prospects.worth_from(v.form, v.sector, v.link, mean, variance, None, self.p("market.discount"), v.effort, doubt)

    # --- exits (7.20) ---

    def exit_or_stay(self, v):
        if v.link < IN_MARKET or v.listed >= 0 or v.entry == self.now:
            return
        value = self.value_of(v)
        if value >= self.p("market.least_price") and self.chance.random() < self.bought[v.sector]:
            self.settle(v, (1 - self.p("market.acquisition_discount")) * value, "acquired")
            return
        if not self.window:
            return
        if self.past_the_gate(v):
            rate = self.p("market.listing_rate")
        elif self.listing[v.sector] > 0 and v.loss > 0 and value >= self.p("market.loss_making_value"):
            rate = self.p("market.loss_making_rate")
        else:
            return
        if self.chance.random() < rate:
            self.list(v, value * (1 + self.p("market.listing_premium")))

    def past_the_gate(self, v):
        if self.listing[v.sector] < 0 or len(v.profits) < 3:
            return False
        gate = self.p("market.formal_gate") if self.listing[v.sector] > 0 else self.p("market.hidden_gate")
        first, second, third = v.profits[-3:]
        return first < second < third and third >= gate

    def list(self, v, worth):
        v.listed = self.now
        price = worth / v.all_shares
        for stake in v.stakes:
            self.pay_holder(v, stake, stake.shares * price)
        sold = sum(stake.shares for stake in v.stakes) + self.p("entrepreneur.sold_at_listing") * v.founders_shares
        self.public_shares = sold
        v.founders_shares = v.all_shares
        v.stakes = []

    def close(self, v, ending):
        proceeds = self.p("market.salvage") * v.spent
        if v.raised > 0 and self.chance.random() < self.p("market.acquihire"):
            proceeds, ending = self.p("market.acquihire_price") * v.raised, "acquihired"
        self.settle(v, proceeds, ending)

    def settle(self, v, proceeds, ending):
        v.ended, v.ending, v.proceeds = self.now, ending, proceeds
        cost, shares = sum(s.cost for s in v.stakes), sum(s.shares for s in v.stakes)
        part = shares / v.all_shares
        investors = max(min(proceeds, cost), part * proceeds)
        converts = part * proceeds >= min(proceeds, cost)
        for stake in v.stakes:
            self.pay_holder(v, stake, investors * (stake.shares / shares if converts else stake.cost / cost))
        v.stakes = []
        person = v.founder
        person.venture = None
        if ending != "acquired" and v.listed < 0:
            person.failures += 1
            person.failed_at = self.now
            if person.failures <= self.p("entrepreneur.lessons"):
                person.ability += self.p("entrepreneur.lesson")

    def pay_holder(self, v, stake, amount):
        if stake.fund is None:
            return
        stake.fund.cash += amount
        for deal in stake.fund.deals:
            if deal["venture"] is v and deal["open"]:
                deal["got"] += amount
                deal["open"] = False
        if stake.active:
            stake.fund.companies -= 1
        stake.fund.holdings.remove(v)

    # --- tranches and stopping (7.15, 7.16) ---

    def need_of(self, v):
        return v.loss if v.link == IN_MARKET else self.burn_of(v)

    def ask_and_review(self):
        pledges = {}
        for v in self.live:
            need = self.need_of(v)
            v.asks, v.paid, v.insiders_before = 0.0, 0.0, len(v.insiders)
            if v.listed < 0 and need > 0 and v.cash < need and v.insiders:
                v.asks = self.tranche * need
        for v in self.live:
            insiders = v.insiders
            for stake in insiders:
                fund = stake.fund
                silence = self.now - max(v.last_milestone, stake.since)
                if v.listed < 0 and silence >= self.tolerance:
                    stake.active = False
                    fund.companies -= 1
                    continue
                if v.asks <= 0:
                    continue
                if fund.ends - self.now < self.tranche:
                    v.could_not_pay = True
                    continue
                need = self.need_of(v)
                quarters = min(self.tranche, self.tolerance - silence - v.cash / need)
                pledge = max(0.0, quarters) * need / len(insiders)
                v.could_not_pay = v.could_not_pay or pledge > fund.follow_money
                pledge = min(pledge, fund.follow_money)
                if pledge > 0:
                    fund.follow_money -= pledge
                    pledges.setdefault(id(v), []).append((stake, pledge))
            if insiders and not v.insiders:
                v.abandoned, v.stopped = True, self.now
        for v in self.live:
            paid = pledges.get(id(v), [])
            if not paid:
                continue
            price = v.price
            if v.milestones > v.milestones_at_round:
                price = max(price, self.bargain * self.fair_value(v) / v.all_shares)
            for stake, amount in paid:
                self.invest(stake.fund, v, stake, amount, price)
            v.price = price
            v.paid = sum(amount for _, amount in paid)
            v.tranches += 1
            self.plan_a_year(v)

    def invest(self, fund, v, stake, amount, price):
        fund.called += amount
        fund.invested += amount
        fund.owed += amount
        stake.shares += amount / price
        stake.cost += amount
        v.cash += amount
        v.raised += amount
        for deal in fund.deals:
            if deal["venture"] is v:
                deal["cost"] += amount

    # --- meeting, offers, rounds (7.17, 7.18) ---

    def investing_fund(self, manager):
        for fund in reversed(manager.funds):
            if fund.raised <= self.now < fund.invest_until:
                return fund
        return None

    def seek_and_close_rounds(self):
        investing = {m.number: self.investing_fund(m) for m in self.managers}
        for fund in investing.values():
            if fund is not None:
                remaining = fund.invest_until - self.now
                typical = self.p("fund.ticket_typical.market")
                fund.budget = min(fund.new_money, typical + fund.new_money / max(1.0, self.p("fund.haste") * remaining))
                fund.candidates = []
        for v in self.live:
            seeks = self.seeks(v)
            v.unpaid, v.could_not_pay = v.could_not_pay, False
            if seeks:
                v.next_pitch = self.now + self.pitching
                v.offers = []
                if v.rounds == 0 and not v.has_asked:
                    self.asked += 1
                v.has_asked = True
                met = {int(self.chance.integers(len(self.managers))) for _ in range(3)}
                for number in sorted(met):
                    fund = investing[number]
                    inside = any(stake.fund is not None and stake.fund.manager.number == number for stake in v.stakes)
                    if fund is not None and not inside:
                        self.hear_pitch(fund, v)
        pitched = {}
        for fund in investing.values():
            if fund is None:
                continue
            money, seats = fund.budget, fund.capacity - fund.companies
            for _, v, worth, ask in sorted(fund.candidates, key=lambda c: -c[0])[:LISTED]:
                if seats > 0 and ask <= money:
                    money -= ask
                    seats -= 1
                    v.offers.append((fund, worth, ask))
                    pitched[id(v)] = v
        for v in pitched.values():
            self.close_round(v)

    def seeks(self, v):
        """Whether a team looks for a lead. Insiders who pay anything spare it the pitch, until the next quarter."""
        need = self.need_of(v)
        if v.listed >= 0 or need <= 0 or self.now < v.next_pitch or v.cash - v.paid >= self.plan * need:
            return False
        if v.insiders_before and not v.unpaid and v.milestones <= v.milestones_at_round:
            return False
        if v.paid > 0:
            v.next_pitch = self.now + 1
            return False
        return True

    def hear_pitch(self, fund, v):
        ask = self.tranche * self.need_of(v)
        smallest, largest = self.p("fund.ticket_smallest.market"), self.p("fund.ticket_largest.market")
        if not (smallest <= ask <= largest and ask <= fund.budget and fund.companies < fund.capacity):
            return
        worth = self.worth_to(fund, v)
        if worth / ask > 1 / self.most_sold - 1 + self.p("fund.least_index.market"):
            fund.candidates.append((worth / ask, v, worth, ask))

    def worth_to(self, fund, v):
        manager, prospects = fund.manager, self.prospects
        life_left = fund.ends - self.now
        if v.link == IN_MARKET:
            if max(self.p("fund.shortest_harvest"), self.harvest - (self.now - v.entry)) > life_left:
                return 0.0
            noise = self.look_up_luck(manager, v)
            doubt = self.p("market.insider_stop_discount") if v.abandoned else 0.0
            return (1 - doubt) * v.revenue * prospects.sales_multiple(v.form, v.sector, self.now - v.entry) * math.exp(self.p("fund.valuation_noise") / manager.skill * noise)
        ahead = sum(1 / prospects.speed[v.form, v.sector, k] for k in range(v.link, IN_MARKET))
        if ahead + self.harvest > life_left:
            return 0.0
        nu = self.p("fund.signal_noise.market") / manager.skill
        signal = v.quality + nu * self.look_up_luck(manager, v)
        mean, variance = prospects.quality[v.form, v.link]
        weight = 1 / variance + 1 / nu**2
        opinion = (mean / variance + signal / nu**2) / weight
        doubt = self.p("market.insider_stop_discount") if v.abandoned else 0.0
        return prospects.worth_from(v.form, v.sector, v.link, opinion, 1 / weight, self.tolerance, self.discount, v.effort, doubt)

    def look_up_luck(self, manager, v):
        """Looked up by manager, venture and milestones passed: asking again tells nothing new."""
        key = (manager.number, id(v), v.milestones)
        if key not in self.signals:
            self.signals[key] = self.chance.normal()
        return self.signals[key]

    def close_round(self, v):
        ranked = sorted(v.offers, key=lambda offer: -offer[1])
        lead, worth, ask = ranked[0]
        kept = self.bargain + (1 - self.bargain) * (1 - 1 / len(ranked))
        pre = max(kept * worth, ask * (1 / self.most_sold - 1))
        price = pre / v.all_shares
        if v.rounds == 0:
            self.funded += 1
        parts = [(lead, ask)] if len(ranked) == 1 else [(lead, self.p("market.lead_part") * ask), (ranked[1][0], (1 - self.p("market.lead_part")) * ask)]
        for fund, amount in parts:
            stake = Stake(fund, 0.0, 0.0, self.now)
            v.stakes.append(stake)
            fund.holdings.append(v)
            fund.companies += 1
            fund.new_money -= amount
            fund.deals.append({"venture": v, "cost": 0.0, "got": 0.0, "open": True})
            self.invest(fund, v, stake, amount, price)
        v.price, v.milestones_at_round, v.abandoned = price, v.milestones, False
        v.rounds += 1
        v.pre_moneys.append(pre)
        v.next_pitch = self.now
        self.rounds.append((v.rounds, self.now, ask, pre, len(ranked)))
        self.plan_a_year(v)

    # --- fees, distributions, the end of a fund, successors (7.19, 7.22, 7.23) ---

    def charge_fees(self):
        rate, hurdle = self.p("fund.fee"), self.p("fund.hurdle")
        for fund in self.funds:
            if fund.ended >= 0:
                continue
            if self.now + 1 >= fund.invest_until:
                fund.follow_money, fund.new_money = fund.follow_money + fund.new_money, 0.0
            basis = fund.commitment if self.now < fund.invest_until else fund.invested
            fee = min(rate * basis, fund.fee_money)
            fund.owed *= 1 + hurdle
            fund.fee_money -= fee
            fund.fees += fee
            fund.called += fee
            fund.owed += fee

    def end_funds(self):
        for fund in self.funds:
            if fund.ended < 0 and self.now >= fund.ends:
                for v in list(fund.holdings):
                    for stake in [s for s in v.stakes if s.fund is fund]:
                        self.sell_stake(fund, v, stake)
                fund.ended = self.now

    def sell_stake(self, fund, v, stake):
        worth = self.fair_value(v) * stake.shares / v.all_shares
        heir = fund.manager.funds[-1]
        price = (1 - self.p("fund.relay_discount")) * worth
        silence = self.now - max(v.last_milestone, stake.since)
        goes_on = stake.active and silence < self.tolerance
        if heir is not fund and heir.ended < 0 and goes_on and heir.follow_money >= price and heir.companies < heir.capacity and v not in heir.holdings:
            self.pay_holder(v, stake, price)
            heir.follow_money -= price
            heir.called += price
            heir.invested += price
            heir.owed += price
            heir.companies += 1
            heir.holdings.append(v)
            heir.deals.append({"venture": v, "cost": price, "got": 0.0, "open": True})
            stake.fund = heir
        else:
            self.pay_holder(v, stake, (1 - self.p("fund.forced_discount")) * worth)
            stake.fund, stake.active = None, False

    def distribute(self):
        carry = self.p("fund.carry")
        for fund in self.funds:
            if fund.cash > 0:
                due = min(fund.cash, fund.owed)
                extra = fund.cash - due
                fund.distributed += due + (1 - carry) * extra
                fund.carry += carry * extra
                fund.owed -= due
                fund.cash = 0.0

    def raise_funds(self):
        p = self.p
        for manager in self.managers:
            if self.now < manager.next_raise:
                continue
            manager.next_raise += int(p("fund.raise_interval.market"))
            size = p("fund.size.market")
            period = min(p("fund.invest_period"), p("fund.invest_share") * self.life)
            fees = p("fund.fee") * size * (period + p("fund.late_fee") * (self.life - period))
            fees = min(fees, p("fund.fee_ceiling") * size)
            reserve = p("fund.reserve") * (size - fees)
            capacity = p("fund.partners.market") * p("fund.companies_per_partner")
            fund = Fund(manager, self.now, self.now + round(period), self.now + self.life, size, size - fees - reserve, reserve, fees, capacity)
            manager.funds.append(fund)
            self.funds.append(fund)
