"""The event log replayed: who held how many shares of which venture at any tick, and what was paid for them.

Every line of the log that moves shares becomes lines of a ledger, one for each holder: new shares are issued, sold ones go from one holder
to another, redeemed ones lapse. A cap table at a tick is the sum of the ledger's lines up to that tick.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from seedbed.agents.accounts import (
    ACQUIRED,
    BOUGHT_BACK,
    CLOSED,
    FOUNDED,
    FUND_ENDED,
    LISTED,
    REDEEMED,
    ROUND,
    SOLD_STAKE,
    STAKE,
    STOPPED,
    TRANCHE,
)
from seedbed.agents.errors import BadInput
from seedbed.agents.programme import PROGRAMME_HOLDER
from seedbed.agents.venture import FOUNDERS_SHARES, HOLDERS, PUBLIC_HOLDER, SPINOUT, UNIVERSITY_HOLDER

from .world import World

__all__ = ["FOUNDERS", "Ledger", "check_tick", "last_tick", "replay", "stakes_at"]

FOUNDERS = -3  # the founding team, beside NOBODY, PUBLIC_HOLDER and UNIVERSITY_HOLDER of a cap table
OPEN = -1


class Ledger(NamedTuple):
    """Lines: one movement of shares each, in the order of the log. Stakes: one spell of a fund in a venture each, in the order of purchase.

    `holder` is a fund's row, FOUNDERS, PUBLIC_HOLDER, UNIVERSITY_HOLDER - u for a university u, or PROGRAMME_HOLDER - k for a programme k. `cost` is what was paid for shares that come (fen),
    taken off again when they go. `stake` is the stake that a line belongs to, or -1.
    """

    tick: np.ndarray
    venture: np.ndarray
    holder: np.ndarray
    shares: np.ndarray
    cost: np.ndarray
    stake: np.ndarray
    # stakes
    fund: np.ndarray
    held: np.ndarray  # the venture that is held
    start: np.ndarray  # tick
    end: np.ndarray  # tick, -1 while it lasts
    stopped: np.ndarray  # tick when the fund stopped paying, -1


def last_tick(world: World) -> int:
    """The last tick that was run; -1 before the first."""
    return int(world.clock[0].now) - 1


def check_tick(world: World, tick: Any, where: str, needs_log: bool = True) -> int:
    """The tick that is meant (None: the last), after refusing what was not run or cannot be known."""
    last = last_tick(world)
    if tick is None:
        return last
    if isinstance(tick, bool) or not isinstance(tick, int | np.integer) or not 0 <= tick <= last:
        raise BadInput(what="the tick", given=tick, allowed=f"a whole number of quarters from 0 to {last}, the last one run", where=where)
    if tick < last and needs_log and world.clock[0].recording == 0:
        allowed = f"only the last tick, {last}: this run kept no event log; run it again with record=True to look back"
        raise BadInput(what="the tick", given=tick, allowed=allowed, where=where)
    return int(tick)


class _Book:
    """A ledger as it is being written."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, int, int, int, int, int]] = []
        self.stakes: list[list[int]] = []
        self.open: dict[int, dict[int, int]] = {}  # of each venture: its open stakes by holder
        self.held: dict[int, dict[int, list[int]]] = {}  # of each venture: shares and cost by holder

    def move(self, tick: int, venture: int, holder: int, shares: int, cost: int) -> None:
        holders = self.held.setdefault(venture, {})
        position = holders.setdefault(holder, [0, 0])
        position[0] += shares
        position[1] += cost
        stake = -1
        if holder >= 0:
            stake = self.open[venture][holder]
        self.lines.append((tick, venture, holder, shares, cost, stake))

    def buy(self, tick: int, venture: int, fund: int, shares: int, cost: int) -> None:
        """A fund receives shares; the first time this opens a stake."""
        if fund not in self.open.setdefault(venture, {}):
            self.open[venture][fund] = len(self.stakes)
            self.stakes.append([fund, venture, tick, OPEN, OPEN])
        self.move(tick, venture, fund, shares, cost)

    def leave(self, tick: int, venture: int, holder: int) -> int:
        """A holder gives up all its shares; returns how many."""
        shares, cost = self.held[venture][holder]
        self.move(tick, venture, holder, -shares, -cost)
        del self.held[venture][holder]
        if holder >= 0:
            self.stakes[self.open[venture].pop(holder)][3] = tick
        return shares

    def end(self, tick: int, venture: int) -> None:
        """A venture has ended: its cap table stays as it was, its stakes are over."""
        for stake in self.open.pop(venture, {}).values():
            self.stakes[stake][3] = tick


def replay(world: World) -> Ledger:
    """Read the whole event log into a ledger. The run must have been recorded."""
    if world.clock[0].recording == 0:
        allowed = "a run with its event log; run it again with record=True"
        raise BadInput(what="the run", given="one without an event log", allowed=allowed, where="replay")
    events = np.asarray(world.events[: int(world.clock[0].n_events)])
    wanted = [FOUNDED, ROUND, TRANCHE, STOPPED, SOLD_STAKE, REDEEMED, STAKE, BOUGHT_BACK, LISTED, CLOSED, ACQUIRED, FUND_ENDED]
    events = events[np.isin(events["what"], [int(what) for what in wanted])]
    # A fund that ends first sells what it holds, line by line, and then its end is written: the seller is the fund whose end comes next.
    ends = np.flatnonzero(events["what"] == int(FUND_ENDED))
    seller = np.full(len(events), -1)
    if len(ends):
        after = np.searchsorted(ends, np.arange(len(events)))
        seller = np.where(after < len(ends), events["who"][ends[np.minimum(after, len(ends) - 1)]], -1)
    origin = np.asarray(world.ventures["origin"])
    university = np.asarray(world.ventures["university"])
    # The university's shares stand in the last place of a spinout's cap table from founding to listing, and their number stays there afterwards.
    spinout_shares = np.asarray(world.ventures["shares"])[:, HOLDERS - 1]

    book = _Book()
    lines = zip(*(events[name].tolist() for name in ("tick", "what", "who", "whom", "amount", "shares")), seller.tolist(), strict=True)
    for tick, what, who, whom, amount, shares, sold_by in lines:
        if what == FOUNDED:
            of_university = int(spinout_shares[who]) if origin[who] == SPINOUT else 0
            book.move(tick, who, FOUNDERS, FOUNDERS_SHARES - of_university, 0)
            if of_university:
                book.move(tick, who, UNIVERSITY_HOLDER - int(university[who]), of_university, 0)
        elif what == ROUND or what == TRANCHE:
            book.buy(tick, who, whom, shares, amount)
        elif what == STOPPED:
            book.stakes[book.open[who][whom]][4] = tick
        elif what == SOLD_STAKE:
            sold = book.leave(tick, who, sold_by)
            if whom >= 0:
                book.buy(tick, who, whom, sold, amount)
            else:
                book.move(tick, who, PUBLIC_HOLDER, sold, amount)
        elif what == REDEEMED:
            book.leave(tick, who, whom)  # shares that are paid back lapse
        elif what == STAKE:
            book.move(tick, who, PROGRAMME_HOLDER - whom, shares, amount)
        elif what == BOUGHT_BACK:
            book.leave(tick, who, PROGRAMME_HOLDER - whom)
        elif what == LISTED:
            total = sum(position[0] for position in book.held[who].values())
            for holder in [h for h in book.held[who] if h not in (FOUNDERS, PUBLIC_HOLDER)]:
                sold = book.leave(tick, who, holder)
                book.move(tick, who, PUBLIC_HOLDER, sold, amount * sold // total)
            book.move(tick, who, FOUNDERS, -shares, 0)
            book.move(tick, who, PUBLIC_HOLDER, shares, amount * shares // total)
        elif what == CLOSED or what == ACQUIRED:
            book.end(tick, who)

    columns = zip(*book.lines, strict=True) if book.lines else [()] * 6
    stakes = zip(*book.stakes, strict=True) if book.stakes else [()] * 5
    return Ledger(*(np.array(column, dtype=np.int64) for column in (*columns, *stakes)))


def cap_table_at(ledger: Ledger, venture: int, tick: int) -> dict[int, tuple[int, int]]:
    """Shares and what was paid for them (fen), by holder, after a tick."""
    lines = np.flatnonzero((ledger.venture == venture) & (ledger.tick <= tick))
    held: dict[int, list[int]] = {}
    for line in lines.tolist():
        position = held.setdefault(int(ledger.holder[line]), [0, 0])
        position[0] += int(ledger.shares[line])
        position[1] += int(ledger.cost[line])
    return {holder: (shares, cost) for holder, (shares, cost) in held.items() if shares}


def stakes_at(ledger: Ledger, tick: int) -> tuple[np.ndarray, np.ndarray]:
    """For each stake the shares held after a tick, and all that was paid for it until then (fen)."""
    shares = np.zeros(len(ledger.fund), np.int64)
    paid = np.zeros(len(ledger.fund), np.int64)
    now = (ledger.stake >= 0) & (ledger.tick <= tick)
    np.add.at(shares, ledger.stake[now], ledger.shares[now])
    bought = now & (ledger.shares > 0)
    np.add.at(paid, ledger.stake[bought], ledger.cost[bought])
    shares[(ledger.end >= 0) & (ledger.end <= tick)] = 0
    return shares, paid
