"""Small worlds made by hand, and the rule book as plain Python.

The rules are imported a second time, interpreted, beside the compiled ones: a test calls one rule on a few rows without waiting for a
compiler, and can be stepped through. That both forms give the same bytes is tested elsewhere (tests/model/test_modes.py).
"""

import importlib
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from hypothesis import Phase, settings

from seedbed.model.scenario import Scenario
from seedbed.model.world import Size, World, allocate, furnish

NAME = "seedbed_by_hand"
FOLDER = Path(__file__).parents[2] / "agents"
FILES = (
    "accounts", "city", "draws", "economy", "entrepreneur", "fund", "government", "markets", "money", "programme", "prospects", "rule",
    "services", "university", "venture",
)  # fmt: skip
MILLION_RMB = 100_000_000  # fen


def _open_book() -> SimpleNamespace:
    """The files of agents/, under another name and interpreted."""
    if NAME not in sys.modules:
        spec = spec_from_file_location(NAME, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)])
        assert isinstance(spec, ModuleSpec) and spec.loader is not None
        sys.modules[NAME] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    before = os.environ.get("NUMBA_DISABLE_JIT")
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    try:
        book = SimpleNamespace(**{file: importlib.import_module(f"{NAME}.{file}") for file in FILES})
    finally:
        if before is None:
            del os.environ["NUMBA_DISABLE_JIT"]
        else:
            os.environ["NUMBA_DISABLE_JIT"] = before
    assert book.rule.INTERPRETED
    return book


rules = _open_book()
# Properties are tried on the same examples in every run; a failure is made small, and not explained at length.
quick = settings(
    deadline=None, derandomize=True, max_examples=100, report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip
_built: dict[str, World] = {}


def world(changes=None, programmes=None, *, size=24, seed=1):
    """Tables for a small town with one university, furnished and otherwise empty: no people, ventures or funds. `p` may be written to."""
    called = repr((changes, programmes, size, seed))
    if called not in _built:
        _built[called] = _build(changes, programmes, size, seed)
    return World(*(table.copy() for table in _built[called]))


def _build(changes, programmes, size, seed):
    scenario = Scenario.load("baseline").with_({"university.number": 1, "fund.managers": 2, **(changes or {})})
    if programmes is not None:
        chosen = scenario.with_({f"programme.{p.name}": "off" for p in scenario.programmes if p.name not in programmes})
        scenario = chosen.with_({f"programme.{name}": "on" for name in programmes})
    w = allocate(scenario, Size(size, size, size, size, size, 400, 200, 4 * size))
    furnish(w, scenario, seed, 40, record=True, audit=False)
    w.cities[0].tolerance = w.p[0].city_tolerance_norm
    w.cities[0].wave[:] = 1.0
    w.tables.quality_variance = 1.0  # as if no milestone said anything about quality
    for form in range(2):
        for k in range(5):
            for sector in range(4):
                w.tables[0].time_needed[form, sector, k] = rules.fund.time_needed(w.p[0], form, sector, k)
            w.tables[0].public_prior[form, :, k] = rules.venture.feasibility(w.p[0], form, k, 0.0) if k < 4 else 1.0
    for m in w.managers:
        m.skill, m.fund, m.last, m.next_raise = 1.0, -1, -1, 10_000
        m.tolerance, m.life = w.p[0].fund_tolerance[m.kind], w.p[0].fund_life[m.kind]
        rules.fund.terms_of(m, w.p[0], m.tolerance, w.p[0].fund_discount[m.kind])
    return w


def person(w, **given):
    """One more person in the pool, of median character. Returns the row."""
    n = int(w.clock[0].n_people)
    e = w.people[n]
    fields = dict(
        key=1000 + n, status=1, founding=-1, venture=-1, university=-1, boldness=1.0, failed_at=-1, barred_until=-1, award=-1, next_idea=20,
        freedom=0.5, bent=0.5, savings=0.2 * MILLION_RMB, credential=1,
    )  # fmt: skip
    for name, value in {**fields, **given}.items():
        setattr(e, name, value)
    if "ties" not in given:
        e.ties[:] = -1
    w.clock[0].n_people = n + 1
    return n


def venture(w, **given):
    """One more living venture, building, of a founder of its own unless one is given. Returns the row."""
    if "founder" not in given:
        given["founder"] = person(w, status=2)
    n = int(w.clock[0].n_ventures)
    v = w.ventures[n]
    fields = dict(
        key=5000 + n, status=1, form=0, sector=0, link=2, start_link=2, market_entry=-1, ended=-1, listed=-1, abandoned=-1,
        unicorn_paper=-1, unicorn_fundamental=-1, near_unicorn=-1, university=-1, team=3, support=0.0, founders_shares=10_000_000,
        all_shares=10_000_000, needed=1e9, holder=-1, manager=-1, last_milestone=int(w.clock[0].now), founded=int(w.clock[0].now),
    )  # fmt: skip
    for name, value in {**fields, **given}.items():
        setattr(v, name, value)
    w.people[v.founder].venture = n
    w.live[w.clock[0].n_live] = n
    w.clock[0].n_live += 1
    rules.city.call_the_roll(w)
    w.clock[0].n_ventures = n + 1
    return n


def fund(w, manager=0, **given):
    """One more fund, in its investment period, with a private investor behind it. Returns the row."""
    n = int(w.clock[0].n_funds)
    f = w.funds[n]
    m = w.managers[manager]
    fields = dict(
        key=7000 + n, manager=manager, kind=int(m.kind), elder=int(m.last), raised=0, invest_until=16, ends=28, ended=-1, capacity=30,
        commitment=600 * MILLION_RMB, new_money=200 * MILLION_RMB, follow_money=200 * MILLION_RMB, fee_money=40 * MILLION_RMB,
        part=np.array([1_000_000, 0, 0, 0]),
    )  # fmt: skip
    for name, value in {**fields, **given}.items():
        setattr(f, name, value)
    m.fund = m.last = n
    w.clock[0].n_funds = n + 1
    w.open_funds[w.clock[0].n_open_funds] = n
    w.clock[0].n_open_funds += 1
    return n


def stake(w, v, f, shares, cost, slot=0, **given):
    """Put a holding of a fund into a cap table, as an active insider unless said otherwise; new shares are issued for it."""
    row, v = v, w.ventures[v]
    fields = dict(holder=f, manager=w.funds[f].manager if f >= 0 else -1, shares=shares, cost=cost, since=int(w.clock[0].now), active=1, clause=0)
    for name, value in {**fields, **given}.items():
        getattr(v, name)[slot] = value
    v.all_shares += shares
    v.insiders += int(v.active[slot])
    v.clauses += int(v.clause[slot])
    if f >= 0:
        d = int(w.clock[0].n_deals)
        w.deals[d].fund, w.deals[d].venture, w.deals[d].cost, w.deals[d].closed = f, row, cost, -1
        v.deal[slot] = d
        w.clock[0].n_deals = d + 1
        g = w.funds[f]
        g.portfolio[g.holdings] = row
        g.slot[g.holdings] = slot
        g.holdings += 1
        g.companies += int(v.active[slot])
    return slot


def call_seekers(w):
    """Make the list of those who look for a lead, as `pay_tranches` does."""
    living = [int(row) for row in w.live[: int(w.clock[0].n_live)] if w.ventures[row].seeking == 1]
    w.seekers[: len(living)] = living
    w.clock[0].n_seekers = len(living)


def total(w):
    """All money there is."""
    return int(rules.city.sum_of_purses(w))


def events(w, what=None):
    """What the log says, as (what, who, whom, amount)."""
    lines = [tuple(int(x) for x in (e.what, e.who, e.whom, e.amount)) for e in w.events[: int(w.clock[0].n_events)]]
    return lines if what is None else [line for line in lines if line[0] == what]
