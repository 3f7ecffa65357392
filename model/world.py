"""The world: one table for each kind of agent, and how it is opened for a run.

Tables have a fixed number of rows, and rows are never used twice: a venture that has ended keeps its row, so that its life can be read
afterwards. When a table turns out too small, the engine says so and the run starts again with larger ones; the result is the same, since nothing
depends on row numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from seedbed.agents.accounts import ACCOUNT, ACCOUNT_NAMES, EVENT
from seedbed.agents.city import CITY, CITY_SERIES, SERIES
from seedbed.agents.draws import identity
from seedbed.agents.entrepreneur import AGENDA, ENTREPRENEUR
from seedbed.agents.fund import ALUMNI, DEAL, FUND, MANAGER
from seedbed.agents.government import OFFICE
from seedbed.agents.programme import AWARD
from seedbed.agents.prospects import TABLES
from seedbed.agents.rule import as_rows
from seedbed.agents.university import UNIVERSITY
from seedbed.agents.venture import VENTURE

from . import programmes
from .scenario import Scenario

TICKS_PER_YEAR = 4

CLOCK = np.dtype(
    [
        ("seed", "u8"),
        ("now", "i8"),  # tick
        ("last", "i8"),  # last tick of the run
        ("recording", "i4"),  # 1: keep the event log
        ("auditing", "i4"),  # 1: sum all purses in every quarter
        ("full", "i4"),  # 1: a table was too small
        ("n_people", "i4"),
        ("n_agenda", "i4"),
        ("n_ventures", "i4"),
        ("n_live", "i4"),
        ("n_seekers", "i4"),
        ("n_residents", "i4"),
        ("n_funds", "i4"),
        ("n_open_funds", "i4"),
        ("n_deals", "i4"),
        ("n_awards", "i4"),
        ("n_events", "i8"),
        ("invested", "i8"),  # fen of equity since the start
        ("granted", "i8"),  # fen of grants since the start
        ("repaid", "i8"),  # fen of grants that came back
        ("services", "i8"),  # fen that programmes paid for services in kind
        ("stakes", "i8"),  # fen that programmes paid for stakes
        ("stakes_back", "i8"),  # fen that came back from these
        ("guidance_called", "i8"),  # fen of the city's part of capital calls
        ("guidance_back", "i8"),  # fen of the city's part of distributions
        ("tax", "i8"),  # fen paid by ventures
        ("founders_got", "i8"),  # fen that founders received, less what they brought and gave back
        ("lp_free", "i8", (3,)),  # fen that one raiser may ask of private investors, institutions and alumni this quarter
    ],
    align=True,
)


# Tables that only fill up during a run. One row more than are in use may have been written when a table was full.
GROWS = ("people", "ventures", "deals", "funds", "awards", "events")


def in_use(world: World, table: str) -> int:
    """Rows of a table that mean something, counted from the first: `n_<table>` of the clock where there is such a count, quarters lived in the series, else all."""
    clock, count = world.clock[0], f"n_{table}"
    if table in ("series", "city_series"):
        return int(clock["now"]) * (len(world.cities) if table == "city_series" else 1)
    return int(clock[count]) if count in CLOCK.names else len(getattr(world, table))


class World(NamedTuple):
    """All tables of a run. Each is a one-dimensional recarray or a list of rows. `tables` and `clock` have a single row; `p`, `cities` and `offices`
    have one for each city, and `city_series` one for each quarter and city, a quarter's cities together."""

    p: Any
    tables: Any
    clock: Any
    accounts: Any
    people: Any
    agenda: Any
    ventures: Any
    live: Any
    seekers: Any
    residents: Any
    deals: Any
    awards: Any
    managers: Any
    funds: Any
    open_funds: Any
    universities: Any
    offices: Any
    programmes: Any
    programme_accounts: Any
    cities: Any
    events: Any
    series: Any
    city_series: Any


@dataclass(frozen=True)
class Size:
    """Rows of the tables that grow during a run."""

    people: int
    ventures: int
    live: int
    deals: int
    funds: int
    events: int
    ticks: int
    awards: int = 1

    def doubled(self) -> Size:
        return replace(
            self, people=2 * self.people, ventures=2 * self.ventures, live=2 * self.live, deals=2 * self.deals,
            funds=2 * self.funds, awards=2 * self.awards, events=2 * self.events,
        )  # fmt: skip


def first_guess(scenario: Scenario, years: int, record: bool) -> Size:
    """Rows that most runs of a scenario need; too few are doubled until they suffice."""
    people = 256 - 192 * len(scenario.places)
    funds, awards = 8, 1
    for _, city in scenario.places:
        p = city.parameters
        graduates = int(p["university.number"]) * int(p["city.graduates"]) + int(p["city.newcomers"])
        local = int(1.15 * graduates * (years + 1)) + 64 * (years + 1) + 192
        people += local
        funds += sum(int(number) * (int(years / p["fund.raise_interval"][kind]) + 2) for kind, number in managers_by_kind(p).items())
        awards += sum(
            min(int(programme.values.get("number", local)) * years, int(programme.values.get("awards_each", 1)) * local)
            for programme in city.programmes
        )
    ventures = people
    return Size(
        people=people, ventures=ventures, live=ventures, deals=ventures, funds=funds, awards=awards,
        events=24 * ventures + 2 * awards if record else 1, ticks=years * TICKS_PER_YEAR + 1,
    )  # fmt: skip


def _rows(number: int, dtype: np.dtype) -> Any:
    return as_rows(np.zeros(max(number, 1), dtype))


def allocate(scenario: Scenario, size: Size) -> World:
    """Empty tables for a scenario."""
    places = [city for _, city in scenario.places]
    managers = sum(sum(managers_by_kind(city.parameters).values()) for city in places)
    running = programmes.rows([city.programmes for city in places])
    return World(
        p=as_rows(np.concatenate([np.asarray(city.parameters.row()).view(np.ndarray) for city in places])),
        tables=_rows(1, TABLES),
        clock=_rows(1, CLOCK),
        accounts=_rows(len(ACCOUNT_NAMES), ACCOUNT),
        people=_rows(size.people, ENTREPRENEUR),
        agenda=_rows(size.people, AGENDA),
        ventures=_rows(size.ventures, VENTURE),
        live=np.zeros(size.live, np.int32),
        seekers=np.zeros(size.live, np.int32),
        residents=np.zeros(size.live, np.int32),
        deals=_rows(size.deals, DEAL),
        awards=_rows(size.awards, AWARD),
        managers=_rows(managers, MANAGER),
        funds=_rows(size.funds, FUND),
        open_funds=np.zeros(size.funds, np.int32),
        universities=_rows(sum(int(city.parameters["university.number"]) for city in places), UNIVERSITY),
        offices=_rows(len(places), OFFICE),
        programmes=running,
        programme_accounts=programmes.accounts(len(running)),
        cities=_rows(len(places), CITY),
        events=_rows(size.events, EVENT),
        series=_rows(size.ticks, SERIES),
        city_series=_rows(size.ticks * len(places), CITY_SERIES),
    )


def managers_by_kind(p: Any) -> dict[str, int]:
    """Managers by kind; there is at most one alumni fund for each university."""
    number = {kind: int(n) for kind, n in p["fund.managers"].items()}
    number["alumni"] = min(number["alumni"], int(p["university.number"]))
    return number


def furnish(world: World, scenario: Scenario, seed: int, years: int, *, record: bool, audit: bool) -> None:
    """Write what a run starts from: keys, kinds and programmes. All else is opened by the rules (`schedule.open_world`)."""
    written = {name: in_use(world, name) + 1 for name in GROWS}
    for name, table in world._asdict().items():
        np.asarray(table)[: written.get(name)].view(np.uint8).fill(0)
    clock = world.clock[0]
    clock.seed = seed
    clock.last = years * TICKS_PER_YEAR
    clock.recording = int(record)
    clock.auditing = int(audit)
    places = [city for _, city in scenario.places]
    running = programmes.rows([city.programmes for city in places])
    if len(running):
        world.programmes[:] = running
    rows = [0, 0, 0]  # of universities, managers and programmes furnished so far
    for c, city in enumerate(places):
        world.p[c] = city.parameters.row()[0]
        world.cities[c].key = identity(c, 0, 0, 1)
        world.offices[c].key = identity(c, 1, 0, 2)
        world.offices[c].city = c
        world.cities[c].first_programme = rows[2]
        world.cities[c].programmes = len(city.programmes)
        rows[2] += len(city.programmes)
        _furnish_city(world, c, city.parameters, rows)


def _furnish_city(world: World, c: int, p: Any, rows: list[int]) -> None:
    """Universities and managers of a city."""
    first = rows[0]
    for n in range(int(p["university.number"])):
        u = world.universities[first + n]
        u.key = identity(c, n, 0, 3)
        u.number = n
        u.city = c
        u.alumni_manager = -1
    rows[0] += int(p["university.number"])
    for kind, number in enumerate(managers_by_kind(p).values()):
        for n in range(number):
            m = world.managers[rows[1]]
            m.key = identity(c, kind, n, 4)
            m.kind = kind
            m.number = n
            m.city = c
            m.university = -1
            if kind == ALUMNI:
                m.university = first + n
                world.universities[first + n].alumni_manager = rows[1]
            rows[1] += 1
