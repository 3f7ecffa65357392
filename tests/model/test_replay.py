"""The event log, replayed: by hand, and against the records of the run that wrote it."""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from seedbed.agents import accounts as a
from seedbed.agents.errors import BadInput
from seedbed.agents.venture import FOUNDERS_SHARES, HOLDERS, NOBODY, PUBLIC_HOLDER, SPINOUT, UNIVERSITY_HOLDER
from seedbed.model.engine import open_run
from seedbed.model.replay import FOUNDERS, cap_table_at, check_tick, replay, stakes_at
from seedbed.model.scenario import Scenario
from seedbed.model.schedule import quarters
from seedbed.model.world import Size, allocate, first_guess

sys.path.insert(0, str(Path(__file__).parent))

from runs import YEARS, recorded, town, unrecorded  # noqa: E402

MILLION = 100_000_000


# --- by hand ---------------------------------------------------------------------------------------------------------


def log_of(lines, ticks):
    """A world that kept exactly these lines of the log: (tick, what, who, whom, amount, shares)."""
    world = allocate(Scenario.load("baseline"), Size(people=4, ventures=4, live=4, deals=8, funds=8, events=len(lines), ticks=ticks))
    for n, line in enumerate(lines):
        for name, value in zip(("tick", "what", "who", "whom", "amount", "shares"), line, strict=True):
            world.events[name][n] = value
    world.clock["recording"], world.clock["n_events"], world.clock["now"] = 1, len(lines), ticks
    return world


def test_a_life_by_hand():
    world = log_of(
        [
            (0, a.FOUNDED, 0, 3, MILLION, 0),
            (1, a.ROUND, 0, 5, 6 * MILLION, 3000),
            (1, a.ROUND, 0, 2, 4 * MILLION, 2000),
            (3, a.TRANCHE, 0, 5, 2 * MILLION, 1000),
            (4, a.STOPPED, 0, 2, 4 * MILLION, 0),
            (6, a.SOLD_STAKE, 0, -1, 7 * MILLION, 4000),  # of fund 5, which ends
            (6, a.FUND_ENDED, 5, 0, 0, 0),
            (6, a.SOLD_STAKE, 0, 6, 3 * MILLION, 2000),  # of fund 2, to fund 6
            (6, a.FUND_ENDED, 2, 1, 0, 0),
            (8, a.REDEEMED, 0, 6, 5 * MILLION, 2000),
            (9, a.ROUND, 0, 7, 1 * MILLION, 500),
            (11, a.CLOSED, 0, -1, 1, 0),
        ],
        ticks=12,
    )
    book = replay(world)
    founders = FOUNDERS_SHARES
    expected = {
        0: {FOUNDERS: (founders, 0)},
        1: {FOUNDERS: (founders, 0), 5: (3000, 6 * MILLION), 2: (2000, 4 * MILLION)},
        3: {FOUNDERS: (founders, 0), 5: (4000, 8 * MILLION), 2: (2000, 4 * MILLION)},
        6: {FOUNDERS: (founders, 0), PUBLIC_HOLDER: (4000, 7 * MILLION), 6: (2000, 3 * MILLION)},
        8: {FOUNDERS: (founders, 0), PUBLIC_HOLDER: (4000, 7 * MILLION)},
        9: {FOUNDERS: (founders, 0), PUBLIC_HOLDER: (4000, 7 * MILLION), 7: (500, MILLION)},
        11: {FOUNDERS: (founders, 0), PUBLIC_HOLDER: (4000, 7 * MILLION), 7: (500, MILLION)},
    }
    for tick, table in expected.items():
        assert cap_table_at(book, 0, tick) == table, tick
    stakes = list(zip(book.fund.tolist(), book.start.tolist(), book.end.tolist(), book.stopped.tolist(), strict=True))
    assert stakes == [(5, 1, 6, -1), (2, 1, 6, 4), (6, 6, 8, -1), (7, 9, 11, -1)]
    shares, paid = stakes_at(book, 3)
    assert shares.tolist() == [4000, 2000, 0, 0] and paid.tolist() == [8 * MILLION, 4 * MILLION, 0, 0]
    shares, paid = stakes_at(book, 11)
    assert shares.tolist() == [0, 0, 0, 0] and paid.tolist() == [8 * MILLION, 4 * MILLION, 3 * MILLION, MILLION]


def test_a_spinout_is_listed_by_hand():
    world = log_of(
        [
            (0, a.FOUNDED, 1, 0, 0, 0),
            (2, a.ROUND, 1, 4, 10 * MILLION, 10_000_000),
            (5, a.LISTED, 1, -1, 100 * MILLION, 0),
        ],
        ticks=6,
    )
    world.ventures["origin"][1] = SPINOUT
    world.ventures["university"][1] = 2
    world.ventures["shares"][1, HOLDERS - 1] = 1_500_000
    book = replay(world)
    university = UNIVERSITY_HOLDER - 2
    assert cap_table_at(book, 1, 4) == {FOUNDERS: (8_500_000, 0), university: (1_500_000, 0), 4: (10_000_000, 10 * MILLION)}
    # 100 million for 20 million shares: 5 RMB a share
    assert cap_table_at(book, 1, 5) == {FOUNDERS: (8_500_000, 0), PUBLIC_HOLDER: (11_500_000, 50 * MILLION + 7.5 * MILLION)}
    assert book.end.tolist() == [5]


def test_an_empty_log_is_an_empty_ledger():
    book = replay(log_of([], ticks=1))
    assert [len(column) for column in book] == [0] * len(book)


# --- against the records ----------------------------------------------------------------------------------------------


def in_records(world):
    """Cap tables as the records have them: shares, and what funds paid, by venture and holder."""
    tables = {}
    for row in range(int(world.clock[0].n_ventures)):
        v = world.ventures[row]
        table = defaultdict(lambda: [0, 0])
        table[FOUNDERS][0] = int(v.founders_shares)
        for holder, shares, cost in zip(v.holder.tolist(), v.shares.tolist(), v.cost.tolist(), strict=True):
            if holder != NOBODY and shares:
                table[holder][0] += shares
                table[holder][1] += cost if holder >= 0 else 0
        tables[row] = {holder: tuple(position) for holder, position in table.items()}
    return tables


class Tables:
    """Cap tables added up from the ledger, tick by tick."""

    def __init__(self, book):
        self.book = book
        self.held = defaultdict(lambda: defaultdict(lambda: [0, 0]))

    def after(self, tick):
        for line in np.flatnonzero(self.book.tick == tick):
            position = self.held[int(self.book.venture[line])][int(self.book.holder[line])]
            position[0] += int(self.book.shares[line])
            position[1] += int(self.book.cost[line])
        return {
            row: {holder: (shares, cost if holder >= 0 else 0) for holder, (shares, cost) in table.items() if shares}
            for row, table in self.held.items()
        }


def test_the_log_gives_the_cap_tables_of_the_records_at_every_quarter():
    told = Tables(replay(recorded().world))
    size = first_guess(town(), YEARS, record=True).doubled().doubled()
    world = open_run(town(), 3, YEARS, record=True, size=size)
    stakes = 0
    for tick in range(YEARS * 4):
        quarters(world, tick + 1)
        tables = in_records(world)
        assert told.after(tick) == tables, tick
        for row, table in tables.items():
            assert sum(shares for shares, _ in table.values()) == world.ventures[row].all_shares
        stakes += sum(holder >= 0 for table in tables.values() for holder in table)
    assert world.clock[0].full == 0 and stakes > 500


def test_shares_come_from_issues_and_go_by_redemption_alone():
    book = replay(recorded().world)
    events = recorded().events()
    issued = events.loc[events["what"].isin(["round", "tranche"]), "shares"].sum()
    founded = (events["what"] == "founded").sum()
    lapsed = events.loc[events["what"] == "redeemed", "shares"].sum()
    assert lapsed > 0
    assert book.shares.sum() == issued - lapsed + founded * FOUNDERS_SHARES


def test_stakes_are_the_deals():
    history = recorded()
    book = replay(history.world)
    deals = history.world.deals[: int(history.world.clock[0].n_deals)]
    _, paid = stakes_at(book, history.last)
    for name, column in (("fund", book.fund), ("venture", book.held), ("opened", book.start), ("closed", book.end), ("cost", paid)):
        assert np.array_equal(deals[name], column), name


def test_every_way_to_lose_a_stake_occurs_in_the_town():
    events = recorded().events()
    sold = events[events["what"] == "stake sold"]
    assert {"redeemed", "closed", "acquired", "stopped"} <= set(events["what"])
    assert sold["whom"].notna().any() and sold["whom"].isna().any()


def test_money_in_the_log_is_the_money_in_the_books():
    world = recorded().world
    clock = world.clock[0]
    events = world.events[: int(clock.n_events)]

    def total(*kinds):
        return int(events["amount"][np.isin(events["what"], [int(kind) for kind in kinds])].sum())

    assert total(a.ROUND, a.TRANCHE) == clock.invested == world.ventures["raised"].sum() > 0
    assert total(a.GRANT) == clock.granted == world.ventures["granted"].sum() > 0
    assert total(a.REPAID) == clock.repaid > 0
    assert world.programme_accounts["returned"].sum() == clock.repaid + clock.stakes_back + clock.guidance_back
    assert total(a.FUND_RAISED) == world.funds["commitment"].sum() > 0


def proceeds_by_waterfall(table, all_shares, proceeds):
    """What each fund gets in a sale, fen, to the rounding: those who paid get max(min(X, C), s X) together, by shares or by cost.

    `table`: places of a cap table that were paid for, (holder, shares, cost).
    """
    held, cost = sum(p[1] for p in table), sum(p[2] for p in table)
    converted, preferred = proceeds * held / all_shares, min(proceeds, cost)
    got = defaultdict(float)
    for holder, shares, paid in table:
        got[holder] += converted * shares / held if converted >= preferred else preferred * paid / cost
    return got


def test_what_the_log_says_about_ends_is_what_deals_brought():
    """Each closed deal got what the replayed cap table says: the price of a sale, its part of a listing, its part of the waterfall."""
    history = recorded()
    world, book = history.world, replay(history.world)
    events = world.events[: int(world.clock[0].n_events)]
    deals = world.deals[: int(world.clock[0].n_deals)]
    seen = defaultdict(int)
    told = {}
    for line in events[np.isin(events["what"], [int(a.REDEEMED), int(a.LISTED)])]:
        told[int(line.who), int(line.tick), int(line.whom)] = int(line.amount)
    sold = events[events["what"] == int(a.SOLD_STAKE)]
    by_sale = defaultdict(list)
    for line in sold:
        by_sale[int(line.who), int(line.tick)].append(int(line.amount))
    # what a firm that is bought owes to a programme is paid first: the line before those of what its investors are paid
    repaid_at_end = defaultdict(int)
    others = events[events["what"] != int(a.PAID_OUT)]
    for n in np.flatnonzero(others["what"] == int(a.ACQUIRED)):
        if others["what"][n - 1] == int(a.REPAID) and others["who"][n - 1] == others["who"][n]:
            repaid_at_end[int(others["who"][n])] = int(others["amount"][n - 1])
    paid_out = {(int(line.who), int(line.tick), int(line.whom)): int(line.amount) for line in events[events["what"] == int(a.PAID_OUT)]}
    for deal in np.flatnonzero(deals["closed"] >= 0):
        d = deals[deal]
        row, tick, fund = int(d.venture), int(d.closed), int(d.fund)
        before = cap_table_at(book, row, tick - 1)
        if (row, tick, fund) in told:
            assert d.got == told[row, tick, fund]
            seen["redeemed"] += 1
        elif (row, tick, -1) in told:
            now = cap_table_at(book, row, tick)
            held = before[fund][0] + int(book.shares[(book.stake == deal) & (book.tick == tick) & (book.shares > 0)].sum())
            assert d.got == told[row, tick, -1] * held // sum(shares for shares, _ in now.values())
            seen["listed"] += 1
        elif (row, tick) in by_sale:
            assert int(d.got) in by_sale[row, tick]
            seen["sold"] += 1
        else:
            v = world.ventures[row]
            assert v.ended == tick
            table = cap_table_at(book, row, tick)
            paid_for = [(holder, *position) for holder, position in table.items() if position[1] > 0]
            got = proceeds_by_waterfall(paid_for, sum(shares for shares, _ in table.values()), int(v.proceeds) - repaid_at_end[row])
            assert d.got == pytest.approx(got[fund], abs=2.0), (row, fund)
            assert d.got == paid_out[row, tick, fund]
            seen["ended"] += 1
    assert seen["ended"] > 20 and seen["sold"] > 20 and seen["redeemed"] > 5


# --- what cannot be known ---------------------------------------------------------------------------------------------


def test_a_run_without_a_log_cannot_be_replayed():
    with pytest.raises(BadInput, match="record=True"):
        replay(unrecorded().world)


def test_without_a_log_only_the_last_tick_is_known():
    world = unrecorded().world
    assert check_tick(world, None, "here") == check_tick(world, YEARS * 4 - 1, "here") == YEARS * 4 - 1
    with pytest.raises(BadInput, match="record=True"):
        check_tick(world, 3, "here")
    assert check_tick(world, 3, "here", needs_log=False) == 3


@pytest.mark.parametrize("tick", [-1, YEARS * 4, 2.0, "3", True])
def test_a_tick_that_was_not_run_is_refused(tick):
    with pytest.raises(BadInput, match=f"from 0 to {YEARS * 4 - 1}"):
        check_tick(recorded().world, tick, "here")
