"""The statistics that the model is held against, measured on finished runs: each with its own population, as its source defines it.

The targets themselves, with bands and sources, are in evidence/targets.toml. A run is read into `Records`, from its tables (`of_world`, fast) or from its event
log (`of_log`); both give the same. Each statistic is a function of records that gives sums, so that runs can be pooled before dividing:

    records = of_world(world)                       or of_log(events, ...)
    A1_rounds(records)["A1_rounds.2"]               (firms that reach two rounds, firms with a first round)
    value_of("A1_rounds.2", sums over runs)         their ratio

Calibrated to: A1 to A8 (`counts`, `bands`). The source report's own rates: R1, R2 (`report_counts`, `report_bands`). Validated on, never tuned to: B.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seedbed.agents import accounts
from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS, LP_OF_GOVERNMENT, MILLION
from seedbed.agents.venture import (
    BOUGHT,
    BUILDING,
    INDEPENDENT,
    PUBLIC,
    RADICAL,
    ROUNDS,
    SELLING,
    SERIAL,
    SHUT,
    SPINOUT,
    TAKEN_OVER,
)

from .outcomes import _ratio
from .parameters import closest_first, evidence, read_toml
from .world import TICKS_PER_YEAR, World, in_use

__all__ = [
    "A1_rounds", "A2_deal_multiples", "A3_concentration", "A4_mortality_shape", "A5_unicorn_rate", "A6_exits", "A7_spinouts", "A8_graduation",
    "B10_horizon_choice", "B11_grant", "B1_time_to_unicorn", "B2_tail", "B5_termination", "B7_public_share", "B8_crowd_in", "B8_gross",
    "LABELS", "MEASURES", "NUMBERS", "R1_early_failure", "R2_ladder", "Records", "Target", "Traits", "bands", "counts", "of_log", "of_world", "read",
    "report_bands", "report_counts", "table", "traits_of", "value_of",
]  # fmt: skip

FOLLOWED = 26  # quarters from founding at which the cohorts of the sources are looked at: six to seven years
TO_UNICORN = 30  # quarters: seven to eight years
RETURNED = 8 * TICKS_PER_YEAR  # quarters that a deal must have had to show what it returns
USD_100M = 7.1e10  # fen at 7.1 RMB
BEST = 0.06  # of deals, whose part in all proceeds is told
NUMBERED = 6  # rounds told apart
DECIDED = 5 * TICKS_PER_YEAR  # quarters that a round must have had to show whether its investors stop
CELEBRATED = 6  # firms that the report picks out
RECENT = 5 * TICKS_PER_YEAR  # quarters within which they have become celebrated
AFTER_GRANT = 3 * TICKS_PER_YEAR  # quarters after a grant in which a first cheque counts
AGES = 241  # quarters of a histogram of ages; whatever is older counts as the last

Columns = Mapping[str, np.ndarray]
Sums = dict[str, tuple[float, ...]]


# ------------------------------------------------------------------------------------------------- what a run has left


class Records(NamedTuple):
    """What the statistics read of one run: ticks and fen throughout.

    start, end : the first tick that counts, and the number of ticks lived
    everyone   : a column for each field of all ventures ever founded, by row: founded, ended, listed, market_entry, unicorn_paper (ticks, -1: not), status,
                 ending, rounds, round_tick (ventures x rounds), granted, origin, form, value, key, round_post (price of the equity)
    ventures   : the same for those founded from `start` on
    deals      : stakes of funds by purchase: fund, kind, venture (row), number (of the round), opened, closed (-1: held), stopped (tick when the fund stopped
                 paying, -1), cost, got, led (1: in a priced round, 0: from another fund), remaining (quarters of the fund's life at the purchase)
    awards     : first payment of each programme to each venture: programme (row), venture (row), tick
    research   : fen of research spending in the time that counts
    private, public, beside: fen that funds raised in the time that counts have called from others and from the city; `beside`: from others in funds with the city's money
    grants     : fen of grants paid in the time that counts
    unicorn    : fen that make a unicorn
    stops_known: whether the run kept the log, where alone it stands who stopped when
    """

    start: int
    end: int
    everyone: Columns
    ventures: Columns
    deals: Columns
    awards: Columns
    research: float
    private: float
    public: float
    beside: float
    grants: float
    unicorn: float
    stops_known: bool


class Traits(NamedTuple):
    """What a log of events does not say, since it is no event: who somebody is from the start, and flows that are no line each.

    manager_kind, manager_life : of every manager, by row
    form, value, key           : of every venture, by row: its form is chosen, not lived, and its value moves without an event
    round_post                 : price of the equity at each round (ventures x rounds): money and shares are in the log, a price that they give is rounded
    research, private, public, beside, unicorn : as in `Records`: research is spent every quarter, and capital is called for fees, too, line by line in no log
    """

    manager_kind: np.ndarray
    manager_life: np.ndarray
    form: np.ndarray
    value: np.ndarray
    round_post: np.ndarray
    key: np.ndarray
    research: float
    private: float
    public: float
    beside: float
    unicorn: float


FROM_TABLE = ("founded", "ended", "listed", "market_entry", "unicorn_paper", "status", "ending", "rounds", "round_tick", "granted", "origin", "form", "value", "key", "round_post")


def _rows(world: World, table: str) -> np.ndarray:
    return np.asarray(getattr(world, table))[: in_use(world, table)]


def _later(everyone: Columns, start: int) -> Columns:
    """The ventures founded from a tick on: rows are in the order of founding."""
    first = int(np.searchsorted(everyone["founded"], start))
    return {name: column[first:] for name, column in everyone.items()}


def _money_called(world: World, start: int) -> tuple[float, float, float]:
    """Fen that funds raised from a tick on have called: from others, from the city, and from others in funds with the city's money."""
    funds = _rows(world, "funds")
    later = funds["raised"] >= start
    called, part = funds["called"][later].astype(float), funds["part"][later][:, LP_OF_GOVERNMENT] / MILLION
    city = called * part
    return float((called - city).sum()), float(city.sum()), float((called - city)[part > 0].sum())


def _research(world: World, start: int, end: int) -> float:
    return float(world.universities["research"].sum()) * (end - start) / max(1, end)


def traits_of(world: World, burn_in: int = 10) -> Traits:
    """What the log of a run leaves out, from its tables."""
    ventures, managers, start = _rows(world, "ventures"), world.managers, burn_in * TICKS_PER_YEAR
    return Traits(
        np.array(managers["kind"]), np.array(managers["life"]), np.array(ventures["form"]), np.array(ventures["value"]),
        np.array(ventures["round_post"]), np.array(ventures["key"]), _research(world, start, int(world.clock[0].now)),
        *_money_called(world, start), float(world.p[0].market_unicorn),
    )  # fmt: skip


def of_world(world: World, burn_in: int = 10, whole: bool = True) -> Records:
    """Records of a finished run from its tables. `whole=False` leaves out what the A and R statistics do not read, which saves half of the time."""
    start, end = burn_in * TICKS_PER_YEAR, int(world.clock[0].now)
    rows = _rows(world, "ventures")
    everyone: dict[str, np.ndarray] = {name: np.ascontiguousarray(rows[name]) for name in FROM_TABLE[: None if whole else -4]}
    table = _rows(world, "deals")
    deals = {name: np.ascontiguousarray(table[name]) for name in ("fund", "venture", "number", "opened", "closed", "cost", "got")}
    deals["kind"] = np.asarray(world.funds["kind"])[deals["fund"]]
    research = _research(world, start, end)
    recorded = bool(world.clock[0].recording)
    if not whole:
        return Records(start, end, everyone, _later(everyone, start), deals, {}, research, math.nan, math.nan, math.nan, math.nan, math.nan, False)
    place = np.minimum(deals["number"], ROUNDS) - 1
    deals["led"] = (everyone["round_tick"][deals["venture"], place] == deals["opened"]).astype(int)
    deals["remaining"] = np.asarray(world.funds["ends"])[deals["fund"]] - deals["opened"]
    if recorded:
        deals["stopped"] = _stops(_rows(world, "events"), deals)
    given = _rows(world, "awards")
    given = given[given["paid"] > 0]
    awards = _first_awards(given["programme"], given["venture"], given["granted"])
    granted = np.asarray(world.series["granted"])[: end]
    grants = float(granted[-1] - (granted[start - 1] if start else 0))
    return Records(
        start, end, everyone, _later(everyone, start), deals, awards, research, *_money_called(world, start), grants, float(world.p[0].market_unicorn), recorded,
    )  # fmt: skip


def _stops(events: np.ndarray, deals: Columns) -> np.ndarray:
    """When each stake's fund stopped paying, from the lines that say so; -1 where it never did."""
    stopped = np.full(len(deals["fund"]), -1)
    of = {(venture, fund): n for n, (venture, fund) in enumerate(zip(deals["venture"].tolist(), deals["fund"].tolist(), strict=True))}
    lines = events[events["what"] == int(accounts.STOPPED)]
    for tick, venture, fund in zip(lines["tick"].tolist(), lines["who"].tolist(), lines["whom"].tolist(), strict=True):
        stopped[of[venture, fund]] = tick
    return stopped


def _first_awards(programme: np.ndarray, venture: np.ndarray, tick: np.ndarray) -> Columns:
    """The first award of each programme to each venture, by venture and programme."""
    order = np.lexsort((tick, programme, venture))
    programme, venture, tick = (np.asarray(column)[order].astype(np.int64) for column in (programme, venture, tick))
    first = np.ones(len(order), bool)
    first[1:] = (venture[1:] != venture[:-1]) | (programme[1:] != programme[:-1])
    return {"programme": programme[first], "venture": venture[first], "tick": tick[first]}


def of_log(events: np.ndarray, end: int, traits: Traits, burn_in: int = 10) -> Records:
    """Records of a run from its event log, read line by line in the order in which things happened. `end`: ticks lived."""
    start = burn_in * TICKS_PER_YEAR
    lives: list[dict[str, Any]] = []
    deals: list[dict[str, int]] = []
    open_deals: dict[tuple[int, int], dict[str, int]] = {}
    funds: dict[int, tuple[int, int]] = {}  # manager and tick of the first closing
    founded: set[int] = set()
    scientists: set[int] = set()
    awards: list[tuple[int, int, int]] = []
    grants = 0
    sold: list[tuple[int, int]] = []  # ventures and prices of the stakes that the fund now ending has sold

    def buy(venture: int, fund: int, number: int, tick: int, cost: int, led: int) -> None:
        manager, raised = funds[fund]
        remaining = raised + int(traits.manager_life[manager]) - tick
        open_deals[venture, fund] = {
            "fund": fund, "kind": int(traits.manager_kind[manager]), "venture": venture, "number": number, "opened": tick, "closed": -1, "stopped": -1,
            "cost": cost, "got": 0, "led": led, "remaining": remaining,
        }  # fmt: skip
        deals.append(open_deals[venture, fund])

    def leave(venture: int, fund: int, tick: int, price: int) -> None:
        deal = open_deals.pop((venture, fund))
        deal["got"], deal["closed"] = price, tick

    lines = np.asarray(events)
    for tick, what, who, whom, amount in zip(*(lines[name].tolist() for name in ("tick", "what", "who", "whom", "amount")), strict=True):
        if what == accounts.FOUNDED:
            origin = SERIAL if whom in founded else SPINOUT if whom in scientists else INDEPENDENT
            founded.add(whom)
            lives.append({
                "founded": tick, "ended": -1, "listed": -1, "market_entry": -1, "unicorn_paper": -1, "status": BUILDING, "ending": 0, "rounds": 0,
                "round_tick": [0] * ROUNDS, "granted": 0, "origin": origin,
            })  # fmt: skip
        elif what == accounts.DISCLOSED:
            scientists.add(whom)
        elif what == accounts.FUND_RAISED:
            funds[who] = (whom, tick)
        elif what == accounts.ROUND:
            life = lives[who]
            place = min(life["rounds"], ROUNDS) - 1
            if life["rounds"] == 0 or life["round_tick"][place] != tick:  # a co-investor's line is of the round that the lead's opened
                life["round_tick"][min(life["rounds"], ROUNDS - 1)] = tick
                life["rounds"] += 1
            buy(who, whom, life["rounds"], tick, amount, 1)
        elif what == accounts.TRANCHE:
            open_deals[who, whom]["cost"] += amount
        elif what == accounts.STOPPED:
            open_deals[who, whom]["stopped"] = tick
        elif what == accounts.PAID_OUT:
            leave(who, whom, tick, amount)
        elif what == accounts.REDEEMED:
            leave(who, whom, tick, amount)
        elif what == accounts.SOLD_STAKE:  # the seller is the fund whose end comes next
            sold.append((who, amount))
            if whom >= 0:
                buy(who, whom, lives[who]["rounds"] + 1, tick, amount, 0)
        elif what == accounts.FUND_ENDED:
            for venture, price in sold:
                leave(venture, who, tick, price)
            sold.clear()
        elif what == accounts.MARKET_ENTRY:
            lives[who].update(market_entry=tick, status=SELLING)
        elif what == accounts.LISTED:
            lives[who].update(listed=tick, status=PUBLIC)
        elif what == accounts.ACQUIRED:
            lives[who].update(ended=tick, status=BOUGHT, ending=TAKEN_OVER)
        elif what == accounts.CLOSED:
            lives[who].update(ended=tick, status=SHUT, ending=amount)
        elif what == accounts.UNICORN_PAPER:
            lives[who]["unicorn_paper"] = tick
        elif what == accounts.GRANT:
            lives[who]["granted"] += amount
            awards.append((whom, who, tick))
            grants += amount if tick >= start else 0
    everyone = {name: np.array([life[name] for life in lives], dtype=np.int64) for name in FROM_TABLE[:-4]}
    everyone["round_tick"] = everyone["round_tick"].reshape(len(lives), ROUNDS)
    everyone |= {"form": traits.form, "value": traits.value, "round_post": traits.round_post, "key": traits.key}
    names = ("fund", "kind", "venture", "number", "opened", "closed", "stopped", "cost", "got", "led", "remaining")
    columns = {name: np.array([deal[name] for deal in deals], dtype=np.int64) for name in names}
    paid = np.array(awards, dtype=np.int64).reshape(len(awards), 3)
    return Records(
        start, end, everyone, _later(everyone, start), columns, _first_awards(*paid.T), traits.research, traits.private, traits.public, traits.beside, float(grants),
        traits.unicorn, True,
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------- A: calibrated to


def _pair(numerator: Any, denominator: Any) -> tuple[float, float]:
    return float(numerator), float(denominator)


def _funded(r: Records) -> tuple[np.ndarray, np.ndarray]:
    """Who of the ventures can be followed for 6 1/2 years, and who of them had a first priced round by then."""
    v = r.ventures
    old = r.end - v["founded"] >= FOLLOWED
    return old, old & (v["rounds"] > 0) & (v["round_tick"][:, 0] - v["founded"] <= FOLLOWED)


def _reached(r: Records, funded: np.ndarray, number: int) -> int:
    """How many of them had a round of that number within 6 1/2 years of founding."""
    v = r.ventures
    return int(np.count_nonzero(funded & (v["rounds"] >= number) & (v["round_tick"][:, number - 1] - v["founded"] <= FOLLOWED)))


def A1_rounds(r: Records) -> Sums:
    """Firms with at least one priced round that reach n rounds or more within 6 1/2 years of founding / firms with at least one by then.

    Population: founded after the burn-in and 6 1/2 years or more before the end. Source: Crunchbase rounds table (2014), Chinese firms founded 2003 to 2010,
    looked at 6 to 7 years on.
    """
    _, funded = _funded(r)
    among = np.count_nonzero(funded)
    return {f"A1_rounds.{n}": _pair(_reached(r, funded, n), among) for n in range(2, NUMBERED + 1)}


def _ripe(r: Records) -> tuple[np.ndarray, np.ndarray]:
    """Deals opened in the time that counts and eight years or more before the end, and what each returned of its cost."""
    d = r.deals
    ripe = (d["opened"] >= r.start) & (d["opened"] < r.end - RETURNED)
    return ripe, d["got"][ripe] / np.maximum(d["cost"][ripe], 1)


def A2_deal_multiples(r: Records) -> Sums:
    """Deals that return less than their cost, 5 times or 10 times it and more / deals. What is still held has returned nothing yet.

    Population: stakes of funds of every kind, opened after the burn-in and eight years or more before the end. Source: Correlation Ventures, 21,000 American
    financings 2004 to 2013; the source report says 4-5% at ten times.
    """
    _, multiple = _ripe(r)
    hits = {"below_1x": multiple < 1.0, "from_5x": multiple >= 5.0, "from_10x": multiple >= 10.0}
    return {f"A2_deal_multiples.{name}": _pair(np.count_nonzero(hit), len(multiple)) for name, hit in hits.items()}


def A3_concentration(r: Records) -> Sums:
    """Proceeds of the best 6% of deals, by multiple / proceeds of all.

    Population: the deals of A2. Source: Horsley Bridge, 7,000 investments 1985 to 2014.
    """
    ripe, multiple = _ripe(r)
    got = r.deals["got"][ripe]
    best = np.argsort(-multiple, kind="stable")[: int(BEST * len(multiple))]
    return {"A3_concentration": _pair(got[best].sum(), got.sum())}


def A4_mortality_shape(r: Records) -> Sums:
    """Firms that close at age n, in years / firms that lived to that age, by n from 0 to 6. A sale, also of the team at closing, is no death.

    Population: founded after the burn-in, whole years only: whoever is seen at age n could have been seen through it. Source: SAIC 2013, all Chinese firms founded
    since 2000; Carta 2018.
    """
    v = r.ventures
    closed = (v["status"] == SHUT) & (v["ending"] != TAKEN_OVER)
    age = np.where(v["ended"] >= 0, v["ended"], r.end) - v["founded"]
    watched = r.end - v["founded"]
    result = {}
    for year in range(7):
        low, high = TICKS_PER_YEAR * year, TICKS_PER_YEAR * (year + 1)
        seen = (age >= low) & (watched >= high)
        result[f"A4_mortality_shape.{year}"] = _pair(np.count_nonzero(seen & closed & (age < high)), np.count_nonzero(seen))
    return result


def A5_unicorn_rate(r: Records) -> Sums:
    """Firms priced at USD 1bn in a round or a listing within 7 1/2 years of founding / firms with at least one priced round.

    Population: founded after the burn-in and 7 1/2 years or more before the end. Source: Carta 2018 cohort; CB Insights 2009-10 cohort.
    """
    v = r.ventures
    longer = (v["rounds"] > 0) & (r.end - v["founded"] >= TO_UNICORN)
    hit = longer & (v["unicorn_paper"] >= 0) & (v["unicorn_paper"] - v["founded"] <= TO_UNICORN)
    return {"A5_unicorn_rate": _pair(np.count_nonzero(hit), np.count_nonzero(longer))}


def A6_exits(r: Records) -> Sums:
    """Firms acquired (the team alone counts, too), and listed, within 6 1/2 years of founding / firms with at least one priced round by then.

    Population: that of A1. Source: Carta 2018 cohort.
    """
    v = r.ventures
    _, funded = _funded(r)
    among = np.count_nonzero(funded)
    bought = (v["status"] == BOUGHT) | ((v["status"] == SHUT) & (v["ending"] == TAKEN_OVER))
    sold = funded & bought & (v["ended"] - v["founded"] <= FOLLOWED)
    public = funded & (v["listed"] >= 0) & (v["listed"] - v["founded"] <= FOLLOWED)
    return {"A6_exits.acquired": _pair(np.count_nonzero(sold), among), "A6_exits.public": _pair(np.count_nonzero(public), among)}


def A7_spinouts(r: Records) -> Sums:
    """Spinouts founded / research spending in USD 100m, both after the burn-in.

    Source: AUTM surveys 2009 to 2013.
    """
    return {"A7_spinouts": _pair(np.count_nonzero(r.ventures["origin"] == SPINOUT), r.research / USD_100M)}


def A8_graduation(r: Records) -> Sums:
    """Firms with a first round / firms; with a second / with a first; a third / a second; a fourth / a third; each within 6 1/2 years of founding.

    Population: founded after the burn-in and 6 1/2 years or more before the end; for the first, funded or not. Source: Carta 2018 cohort, American firms that use a
    cap-table service.
    """
    old, funded = _funded(r)
    stages = [np.count_nonzero(old), *(_reached(r, funded, n) for n in range(1, 5))]
    return {f"A8_graduation.{name}": _pair(stages[n + 1], stages[n]) for n, name in enumerate(ELEMENTS["A8_graduation"])}


# -------------------------------------------------------------------------------------------------- R: the report's own


def R1_early_failure(r: Records) -> Sums:
    """Teams that nobody funds, neither funds nor grants, closed within 18 months of founding / such teams.

    Population: founded after the burn-in and ten years or more before the end. Source: the source report, section 6.
    """
    v = r.ventures
    unfunded = (r.end - v["founded"] >= 10 * TICKS_PER_YEAR) & (v["rounds"] == 0) & (v["granted"] == 0)
    early = unfunded & (v["ended"] >= 0) & (v["ended"] - v["founded"] <= 6)
    return {"R1_early_failure": _pair(np.count_nonzero(early), np.count_nonzero(unfunded))}


def R2_ladder(r: Records) -> Sums:
    """Success by rung, each with the denominator that makes the report least inconsistent (section 6 against 3.3).

    firms, teams: of all ventures, and of research teams (spinouts), those that reach the market and are not closed within three years of it; founded after the burn-in
    and ten years or more before the end. angel, vc: of first cheques of angels, and of market and patient funds, those that get their money back; tenfold: of
    the latter, ten times it; the deals of A2. Source: the source report, sections 3.3 and 6.
    """
    v = r.ventures
    old = r.end - v["founded"] >= 10 * TICKS_PER_YEAR
    lasting = old & (v["market_entry"] >= 0) & ((v["status"] != SHUT) | (v["ended"] - v["market_entry"] > 3 * TICKS_PER_YEAR))
    spinout = v["origin"] == SPINOUT
    ripe, multiple = _ripe(r)
    kind = r.deals["kind"][ripe]
    angel = kind == KINDS.index("angel")
    vc = (kind == KINDS.index("market")) | (kind == KINDS.index("patient"))
    pairs = {
        "firms": (lasting, old), "teams": (lasting & spinout, old & spinout), "angel": (angel & (multiple >= 1.0), angel),
        "vc": (vc & (multiple >= 1.0), vc), "tenfold": (vc & (multiple >= 10.0), vc),
    }  # fmt: skip
    return {f"R2_ladder.{name}": _pair(np.count_nonzero(hit), np.count_nonzero(among)) for name, (hit, among) in pairs.items()}


# ---------------------------------------------------------------------------------------------- B: validated on, not tuned


def _ages(quarters: np.ndarray) -> tuple[float, ...]:
    """How many there are of each age in quarters."""
    return tuple(np.bincount(np.clip(quarters, 0, AGES - 1), minlength=AGES).astype(float).tolist())


def B1_time_to_unicorn(r: Records) -> Sums:
    """Ages at which firms were first priced at USD 1bn; and the ages that celebrated firms have when they are celebrated. Histograms by quarter.

    all: founded after the burn-in, first priced at USD 1bn in a priced round, as the source's list of private firms counts; a first such price in a listing is not on it. Source: CB
    Insights list, April 2022. picked: what a report sees that picks winners, the six most valuable living firms that have passed USD 1bn on paper within the last
    five years of the run, by their age at its end. Source: the report's six firms of 7 to 14 years.
    """
    v = r.ventures
    priced = (v["unicorn_paper"] >= 0) & (v["unicorn_paper"] != v["listed"])
    living = (v["unicorn_paper"] >= r.end - RECENT) & (v["ended"] < 0)
    ages, value = (r.end - v["founded"])[living], v["value"][living]
    six = np.argsort(-value, kind="stable")[:CELEBRATED]
    return {"B1_time_to_unicorn.all": _ages((v["unicorn_paper"] - v["founded"])[priced]), "B1_time_to_unicorn.six": _ages(ages[six])}


def B2_tail(r: Records) -> Sums:
    """Unicorns; sum of log(valuation / USD 1bn) over them: the exponent of greatest likelihood is 1 + n / sum.

    Population: private living firms whose last priced round put them at USD 1bn or more, whenever founded, as on the source's list; since a city has few at one time,
    the list is drawn up every five years after the burn-in. Source: CB Insights list, valuations at the last round.
    """
    v = r.everyone
    n, logs = 0, 0.0
    for date in range(r.start + RECENT, r.end + 1, RECENT):
        done = np.arange(ROUNDS) < np.minimum(v["rounds"], ROUNDS)[:, None]
        rounds = np.count_nonzero(done & (v["round_tick"] < date), axis=1)
        price = np.where(rounds > 0, v["round_post"][np.arange(len(rounds)), np.maximum(rounds, 1) - 1], 0.0)
        private = ((v["ended"] < 0) | (v["ended"] >= date)) & ((v["listed"] < 0) | (v["listed"] >= date))
        on_list = price[private & (price >= r.unicorn)]
        n, logs = n + len(on_list), logs + float(np.log(on_list / r.unicorn).sum())
    return {"B2_tail": _pair(n, logs)}


def _regression(x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
    """What a line through points needs: n, sum x, sum y, sum x x, sum x y."""
    x, y = x.astype(float), y.astype(float)
    return float(len(x)), float(x.sum()), float(y.sum()), float((x * x).sum()), float((x * y).sum())


def B5_termination(r: Records) -> Sums:
    """By round: an investor's decisions after it, and how many were to stop before the next; and what the deals of that round returned. Sums of two regressions on its number.

    A decision: an investor who holds a stake when a round closes, and has not stopped, either stops paying before the next round, or does not (the next round comes, or
    the stake is sold, or the firm ends). Population: rounds 1 to 6 closed after the burn-in and five years or more before the end; returns: deals bought in rounds, of A2. Source: Guler 2007,
    3,227 decisions.
    """
    if not r.stops_known:
        raise BadInput(what="the run", given="one without an event log", allowed="a run with its event log: who stopped when stands nowhere else", where="B5_termination")
    d, v = r.deals, r.everyone
    ticks = v["round_tick"][d["venture"]]
    rounds = np.minimum(v["rounds"][d["venture"]], ROUNDS)
    leaves = np.where(d["closed"] >= 0, d["closed"], r.end)
    numbers, stops = [], []
    for n in range(1, NUMBERED + 1):
        closed = ticks[:, n - 1]
        following = np.where(rounds > n, ticks[:, n], r.end)
        in_time = (rounds >= n) & (closed >= r.start) & (closed < r.end - DECIDED)
        holds = in_time & (d["opened"] <= closed) & (leaves > closed) & ((d["stopped"] < 0) | (d["stopped"] > closed))
        numbers.append(np.full(np.count_nonzero(holds), n))
        stops.append((d["stopped"] >= 0)[holds] & (d["stopped"] <= following)[holds])
    ripe, multiple = _ripe(r)
    bought = (d["led"][ripe] == 1) & (d["number"][ripe] <= NUMBERED)
    number, stop = np.concatenate(numbers), np.concatenate(stops)
    return {
        "B5_termination.stopping": _regression(number, stop),
        "B5_termination.returns": _regression(d["number"][ripe][bought], multiple[bought]),
        **{f"B5_termination.stopped_after.{n}": _pair(stop[number == n].sum(), np.count_nonzero(number == n)) for n in range(1, NUMBERED + 1)},
        **{f"B5_termination.returned_of.{n}": _pair(multiple[bought & (d["number"][ripe] == n)].sum(), np.count_nonzero(bought & (d["number"][ripe] == n))) for n in range(1, NUMBERED + 1)},
    }  # fmt: skip


def B7_public_share(runs: Sequence[Records]) -> Sums:
    """Exits in each of several runs of one seed that differ in the city's share of all funds' money, in the order of the shares; the money is the same.

    An exit: a venture with a priced round is acquired or listed by the end. Population: founded after the burn-in. Source: Brander, Du & Hellmann 2015.
    """
    exits = []
    for r in runs:
        v = r.ventures
        exits.append(float(np.count_nonzero((v["rounds"] > 0) & ((v["status"] == BOUGHT) | (v["listed"] >= 0)))))
    return {"B7_public_share": tuple(exits)}


def B8_crowd_in(with_it: Records, without: Records) -> Sums:
    """Others' money that funds call with the city's commitments beyond what they call without / the city's money called. Paired runs of one seed: causal.

    Population: funds raised after the burn-in. Source: Fei 2018.
    """
    return {"B8_crowd_in": _pair(with_it.private - without.private, with_it.public - without.public)}


def B8_gross(r: Records) -> Sums:
    """Others' money / the city's in funds that have the city's money, as it stands in the books: not causal.

    Population: funds raised after the burn-in. Source: the source report, 64 billion beside 34.7 billion.
    """
    return {"B8_gross": _pair(r.beside, r.public)}


def B10_horizon_choice(r: Records) -> Sums:
    """By kind of manager: two regressions on the years of life that a fund has left when it buys into a firm, of the firm's age in years and of whether it is radical.

    Within kinds alone, since kinds differ in both. Population: stakes that funds bought in priced rounds after the burn-in: a fund's first investment in a firm. Source: Barrot 2017.
    """
    d, v = r.deals, r.everyone
    bought = (d["led"] == 1) & (d["opened"] >= r.start)
    kind, left = d["kind"][bought], d["remaining"][bought] / TICKS_PER_YEAR
    rows = d["venture"][bought]
    measured = {"age": (d["opened"][bought] - v["founded"][rows]) / TICKS_PER_YEAR, "radical": v["form"][rows] == RADICAL}
    return {
        f"B10_horizon_choice.{name}": tuple(x for k in range(len(KINDS)) for x in _regression(left[kind == k], y[kind == k])) for name, y in measured.items()
    }


def B11_grant(with_it: Records, without: Records, programme: int) -> Sums:
    """Recipients of a grant that have a first priced round within three years of it, with the grant / the same ventures, in the same quarters, without it.

    Population: ventures paid after the burn-in and three years or more before the end, with no priced round before, that also arise in the paired run of the same seed without the
    programme. Common random numbers pair them by key. Source: Howell 2017; Santoleri et al. 2024.
    """
    mine = (with_it.awards["programme"] == programme) & (with_it.awards["tick"] >= with_it.start) & (with_it.awards["tick"] < with_it.end - AFTER_GRANT)
    rows, ticks = with_it.awards["venture"][mine], with_it.awards["tick"][mine]
    here, there = with_it.everyone, without.everyone
    by_key = {key: n for n, key in enumerate(there["key"].tolist())}
    counted = backed = alone = 0
    for row, tick in zip(rows.tolist(), ticks.tolist(), strict=True):
        twin = by_key.get(here["key"][row].item())
        if twin is None or (here["rounds"][row] > 0 and here["round_tick"][row, 0] < tick) or (there["rounds"][twin] > 0 and there["round_tick"][twin, 0] < tick):
            continue
        counted += 1
        backed += bool(here["rounds"][row] > 0 and here["round_tick"][row, 0] <= tick + AFTER_GRANT)
        alone += bool(there["rounds"][twin] > 0 and there["round_tick"][twin, 0] <= tick + AFTER_GRANT)
    return {"B11_grant": (float(backed), float(alone), float(counted))}


# ------------------------------------------------------------------------------------------------- from sums to values


def _quantile(q: float) -> Callable[[np.ndarray], float]:
    def found(histogram: np.ndarray) -> float:
        if histogram.sum() < 1:
            return math.nan
        return float(np.quantile(np.repeat(np.arange(len(histogram)), histogram.astype(int)), q)) / TICKS_PER_YEAR

    return found


def _share(sums: np.ndarray) -> float:
    return _ratio(sums[0], sums[1])


def _slope(sums: np.ndarray) -> float:
    """Slope of a line through points, within groups: sum over groups of S_xy over sum of S_xx."""
    n, x, y, xx, xy = sums.reshape(-1, 5).T
    there = n > 0
    n = np.where(there, n, 1.0)
    return _ratio((xy - x * y / n)[there].sum(), (xx - x * x / n)[there].sum())


def _exponent(sums: np.ndarray) -> float:
    return 1.0 + sums[0] / sums[1] if sums[1] > 0 else math.nan


PUBLIC_SHARES = (0.0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 1.0)  # of the money of market and guidance funds together, at which B7 is measured


def _parabola(exits: np.ndarray) -> np.ndarray:
    """The parabola of least squares through exits, as a part of the mean exits: constant, slope, bend. NaN where nothing left."""
    return np.polynomial.polynomial.polyfit(PUBLIC_SHARES[: len(exits)], exits / exits.mean(), 2) if exits.sum() > 0 else np.full(3, math.nan)


def _rise(exits: np.ndarray) -> float:
    return float(_parabola(exits)[1])


def _fall(exits: np.ndarray) -> float:
    _, slope, bend = _parabola(exits)
    return float(slope + 2.0 * bend * PUBLIC_SHARES[-1])


# By the statistic as the targets' file names it, element by element: which sums, and how they become a value.
ELEMENTS: dict[str, tuple[str, ...]] = {
    "A1_rounds": ("2", "3", "4", "5", "6"),
    "A2_deal_multiples": ("below_1x", "from_5x", "from_10x"),
    "A3_concentration": (),
    "A4_mortality_shape": ("0", "1", "2", "3", "4", "5", "6"),
    "A5_unicorn_rate": (),
    "A6_exits": ("acquired", "public"),
    "A7_spinouts": (),
    "A8_graduation": ("seed_of_start", "a_of_seed", "b_of_a", "c_of_b"),
    "R1_early_failure": (),
    "R2_ladder": ("teams", "firms", "angel", "vc", "tenfold"),
    "B1_time_to_unicorn": ("median", "q1", "q3", "p90", "picked"),
    "B2_tail": (),
    "B5_termination": ("stopping", "returns"),
    "B7_public_share": ("rise", "fall"),
    "B8_crowd_in": (),
    "B8_gross": (),
    "B10_horizon_choice": ("age", "radical"),
    "B11_grant": ("early", "later", "label"),
}


def names_of(statistic: str) -> list[str]:
    """The names of a statistic's elements, or its own where it is one number."""
    return [f"{statistic}.{element}" for element in ELEMENTS[statistic]] or [statistic]


MEASURES: dict[str, tuple[str, Callable[[np.ndarray], float]]] = {
    **{name: (name, _share) for statistic in ELEMENTS for name in names_of(statistic)},
    **{f"B1_time_to_unicorn.{name}": ("B1_time_to_unicorn.all", _quantile(q)) for name, q in (("median", 0.5), ("q1", 0.25), ("q3", 0.75), ("p90", 0.9))},
    "B1_time_to_unicorn.picked": ("B1_time_to_unicorn.six", _quantile(0.5)),
    "B2_tail": ("B2_tail", _exponent),
    **{name: (name, _slope) for name in ("B5_termination.stopping", "B5_termination.returns", "B10_horizon_choice.age", "B10_horizon_choice.radical")},
    "B7_public_share.rise": ("B7_public_share", _rise),
    "B7_public_share.fall": ("B7_public_share", _fall),
}
"""Of each statistic: the sums that it is made of, and how pooled sums become its value."""


def value_of(name: str, sums: Iterable[float]) -> float:
    """The value of a statistic from sums that were added up over runs; NaN where there is nothing to divide by."""
    return MEASURES[name][1](np.asarray(sums, dtype=float))


# --------------------------------------------------------------------------------------------------- for the calibration

CALIBRATED = (A1_rounds, A2_deal_multiples, A3_concentration, A4_mortality_shape, A5_unicorn_rate, A6_exits, A7_spinouts, A8_graduation)
OF_THE_REPORT = (R1_early_failure, R2_ladder)
OF_ONE_RUN = (B1_time_to_unicorn, B2_tail, B5_termination, B8_gross, B10_horizon_choice)


def counts(world: World, burn_in: int = 10) -> dict[str, tuple[float, float]]:
    """Numerator and denominator of each statistic in one run, so that runs can be pooled before dividing."""
    records = of_world(world, burn_in, whole=False)
    return {name: (pair[0], pair[1]) for statistic in CALIBRATED for name, pair in statistic(records).items()}


def report_counts(world: World, burn_in: int = 10) -> dict[str, tuple[float, float]]:
    """The same of the report's own rates (`R1_early_failure`, `R2_ladder`)."""
    records = of_world(world, burn_in, whole=False)
    return {name: (pair[0], pair[1]) for statistic in OF_THE_REPORT for name, pair in statistic(records).items()}


# ---------------------------------------------------------------------------------------------------- the targets' file

SHAPE_KEYS = ("what", "value", "band", "band_relative", "expect", "population", "source", "seen", "note")
OWN = "evidence/targets.toml"  # to the numbers of another file nothing was fitted
SIGNS = {"positive": (0.0, math.inf), "negative": (-math.inf, 0.0)}


class Target(NamedTuple):
    """One number that the model is held against, with the band in which its value is accepted; a bound at infinity where only a sign is asked for."""

    name: str
    what: str
    value: float  # NaN where the source gives a sign alone
    low: float
    high: float
    source: str
    population: str
    calibrated: bool  # the parameters were fitted to it

    @property
    def is_sign(self) -> bool:
        """Whether the source gives a direction and no number."""
        return math.isinf(self.low) or math.isinf(self.high)

    def meets(self, low: float, high: float) -> bool:
        """Whether a 95% interval of the model overlaps the band; for a sign it must lie wholly on the side that is asked for."""
        if math.isnan(low) or math.isnan(high):
            return False
        if self.is_sign:
            return low > 0.0 if self.low == 0.0 else high < 0.0
        return low <= self.high and high >= self.low


def read(path: Any = None) -> list[Target]:
    """The targets of a file, or of this version's own, element by element in the order of the file; BadInput for whatever cannot be read as one.

    Headline results (C) have no number and are passed over.
    """
    sections = evidence("target") if path is None else read_toml(Path(path))
    where = OWN if path is None else str(path)
    found: list[Target] = []
    for statistic, section in sections.items():
        found += _section(statistic, section, where)
    if not found:
        raise BadInput(what="the targets", given="none", allowed="at least one statistic with a value", where=where)
    return found


def _section(statistic: str, section: Any, where: str) -> list[Target]:
    """The targets of one section of the file, checked."""
    headlines = [name for name in evidence("target") if name not in ELEMENTS]
    if statistic not in ELEMENTS and statistic not in headlines:
        raise BadInput(what="the statistic", given=statistic, allowed=closest_first(statistic, [*ELEMENTS, *headlines]), where=where)
    place = f"{where}, {statistic}"
    if not isinstance(section, Mapping):
        raise BadInput(what="the statistic", given=section, allowed=f"a table: [{statistic}] and its keys below", where=place)
    for key in section:
        if key not in SHAPE_KEYS:
            raise BadInput(what="the key", given=key, allowed=closest_first(key, list(SHAPE_KEYS)), where=place)
    for key in ("what", "source"):
        if not isinstance(section.get(key), str) or not section[key].strip():
            raise BadInput(what=f"the {key}", given=section.get(key), allowed="a text: " + ("what it is" if key == "what" else "where the number is from"), where=place)
    if statistic in headlines:
        return []
    names = names_of(statistic)
    values, expected = _by_element(statistic, section.get("value", {}), "value", place), _by_element(statistic, section.get("expect", {}), "expect", place)
    bands_given = _by_element(statistic, section.get("band", {}), "band", place)
    result = []
    for name in names:
        if name in values or name in expected:
            value, low, high = _one(values.get(name), bands_given.get(name), section.get("band_relative"), expected.get(name), f"{where}, {name}")
            result.append(
                Target(name, LABELS[name], value, low, high, section["source"], section.get("population", ""), statistic.startswith("A") and where == OWN)
            )
    if not result:
        raise BadInput(what="the value", given=section.get("value"), allowed="a number, or numbers for " + ", ".join(ELEMENTS[statistic] or ("it",)), where=place)
    return result


def _by_element(statistic: str, given: Any, key: str, where: str) -> dict[str, Any]:
    """What is given for each element: alone, in the elements' order, or by their names. A word in the place of a value says that there is no number."""
    elements = ELEMENTS[statistic]
    if isinstance(given, Mapping):
        for element in given:
            if element not in elements:
                raise BadInput(what=f"the element of {key}", given=element, allowed=list(elements) or "no elements: one number", where=where)
        return {f"{statistic}.{element}": entry for element, entry in given.items()}
    if key == "value" and isinstance(given, str):
        return {}
    if not elements:
        return {statistic: given}
    if not isinstance(given, list) or len(given) != len(elements):
        raise BadInput(what=f"the {key}", given=given, allowed=f"{len(elements)} entries, for {', '.join(elements)}", where=where)
    return {f"{statistic}.{element}": entry for element, entry in zip(elements, given, strict=True)}


def _one(value: Any, band: Any, relative: Any, expected: Any, where: str) -> tuple[float, float, float]:
    """Value, low and high of one element: from its band, a share of its value on both sides, a range in the place of a value, or a sign."""
    if expected is not None:
        if expected not in SIGNS:
            raise BadInput(what="what is expected", given=expected, allowed=list(SIGNS), where=where)
        return (math.nan if value is None else _number(value, where), *SIGNS[expected])
    if isinstance(value, list):
        low, high = _span(value, where)
        return 0.5 * (low + high), low, high
    number = _number(value, where)
    if band is not None:
        return (number, *_span(band, where))
    share = _number(relative, where, "the relative band")
    if not 0.0 < share < math.inf or number == 0.0:
        raise BadInput(what="the relative band", given=relative, allowed="a share above 0 of a value that is not 0", where=where)
    one, other = number * (1.0 - share), number * (1.0 + share)
    return number, min(one, other), max(one, other)


def _span(given: Any, where: str) -> tuple[float, float]:
    """Two bounds, the lower first."""
    if not isinstance(given, list) or len(given) != 2:
        raise BadInput(what="the band", given=given, allowed="two numbers, the lower first", where=where)
    low, high = (_number(bound, where, "the band") for bound in given)
    if not low < high:
        raise BadInput(what="the band", given=given, allowed=f"two numbers, the lower first: [{high:g}, {low:g}]", where=where)
    return low, high


def _number(given: Any, where: str, what: str = "the value") -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise BadInput(what=what, given=given, allowed="a number", where=where)
    return float(given)


def bands() -> dict[str, tuple[float, float, float]]:
    """Each statistic's value and band that is calibrated to, read from the targets' file: name -> (value, low, high)."""
    return {t.name: (t.value, t.low, t.high) for t in read() if t.name.startswith("A")}


def report_bands() -> dict[str, tuple[float, float, float]]:
    """The report's own rates as value, low and high."""
    return {t.name: (t.value, t.low, t.high) for t in read() if t.name.startswith("R")}


def table(
    runs: list[dict[str, tuple[float, float]]], against: dict[str, tuple[float, float, float]] | None = None
) -> list[dict[str, Any]]:
    """Pool runs and set each statistic beside its target: name, target, low, high, model, inside."""
    rows = []
    for name, (value, low, high) in (against or bands()).items():
        model = _ratio(sum(r[name][0] for r in runs), sum(r[name][1] for r in runs))
        rows.append({"name": name, "target": value, "low": low, "high": high, "model": model, "inside": low <= model <= high})
    return rows


LABELS = {
    **{f"A1_rounds.{n}": f"funded firms that reach {n} rounds or more" for n in range(2, 7)},
    "A2_deal_multiples.below_1x": "deals that return less than their cost",
    "A2_deal_multiples.from_5x": "deals that return 5 times or more",
    "A2_deal_multiples.from_10x": "deals that return 10 times or more",
    "A3_concentration": "proceeds earned by the best 6% of deals",
    **{f"A4_mortality_shape.{n}": f"yearly death rate at age {n}" for n in range(7)},
    "A5_unicorn_rate": "funded firms priced at USD 1bn within 7.5 years",
    "A6_exits.acquired": "funded firms acquired within 6.5 years",
    "A6_exits.public": "funded firms listed within 6.5 years",
    "A7_spinouts": "spinouts for USD 100m of research",
    "A8_graduation.seed_of_start": "firms that find a first round",
    "A8_graduation.a_of_seed": "of these, a second",
    "A8_graduation.b_of_a": "of these, a third",
    "A8_graduation.c_of_b": "of these, a fourth",
    "R1_early_failure": "unfunded teams that fail within 18 months",
    "R2_ladder.teams": "success of research teams",
    "R2_ladder.firms": "success of firms",
    "R2_ladder.angel": "success of firms backed by angels",
    "R2_ladder.vc": "success of firms backed by venture capital",
    "R2_ladder.tenfold": "of these, ten times the money or more",
    "B1_time_to_unicorn.median": "years from founding to USD 1bn, median",
    "B1_time_to_unicorn.q1": "years from founding to USD 1bn, first quartile",
    "B1_time_to_unicorn.q3": "years from founding to USD 1bn, third quartile",
    "B1_time_to_unicorn.p90": "years from founding to USD 1bn, 90th percentile",
    "B1_time_to_unicorn.picked": "age of six celebrated firms, median",
    "B2_tail": "exponent of the valuations of unicorns",
    "B5_termination.stopping": "an investor's chance to stop, change with each round",
    "B5_termination.returns": "multiple of a deal, change with each round",
    "B7_public_share.rise": "exits, slope where the city's share of the money is 0",
    "B7_public_share.fall": "exits, slope where it is the largest",
    "B8_crowd_in": "others' money drawn in by a unit of the city's",
    "B8_gross": "others' money beside a unit of the city's",
    "B10_horizon_choice.age": "age of a firm bought, change with each year of fund life left",
    "B10_horizon_choice.radical": "share radical of firms bought, change with each year of fund life left",
    "B11_grant.early": "chance of a first round with a small early grant, over that without",
    "B11_grant.later": "the same with a large later grant",
    "B11_grant.label": "the same with a label and no money",
}
"""What each statistic says, in a few words."""

NUMBERS = tuple(name for name in LABELS if name.startswith(("A7", "B")))  # statistics that are no shares
