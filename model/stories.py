"""A venture's life in sentences, told from the lines of the event log."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.agents import accounts
from seedbed.agents.entrepreneur import KINDS as PERSON_KINDS
from seedbed.agents.fund import KINDS as FUND_KINDS
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.venture import (
    CALLED_IN,
    FORMS,
    INDEPENDENT,
    MARKET_FAILED,
    OUT_OF_MONEY,
    SECTORS,
    SERIAL,
    SPINOUT,
    TAKEN_OVER,
)

from .words import STAGES, id_of
from .world import TICKS_PER_YEAR

if TYPE_CHECKING:
    from .history import History

__all__ = ["sentences"]

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
HOW = {
    int(OUT_OF_MONEY): "has run out of money and closes",
    int(MARKET_FAILED): "loses its market and closes",
    int(TAKEN_OVER): "closes; another firm takes over its team",
    int(CALLED_IN): "closes after an investor has called its money back",
}


def sentences(history: History, row: int, lines: Any) -> Iterator[str]:
    """The story of the venture in a row: a sentence for each thing that happened, grants and money of one quarter together."""
    teller = _Teller(history, row)
    for tick, of_tick in groupby(lines.tolist(), key=lambda line: line[0]):
        for _, alike in groupby(of_tick, key=lambda line: line[1]):
            said = teller.tell([dict(zip(lines.dtype.names, line, strict=True)) for line in alike])
            if said:
                yield f"Year {tick / TICKS_PER_YEAR:.2f}: {said}"
    yield teller.end(history.last)


def million(fen: float) -> str:
    """A sum of money in words: two figures, more for larger sums."""
    amount = fen / FEN_PER_MILLION
    if abs(amount) >= 1000:
        return f"{amount / 1000:,.1f} billion RMB"
    return f"{amount:,.0f} million RMB" if abs(amount) >= 100 else f"{amount:.3g} million RMB"


class _Teller:
    def __init__(self, history: History, row: int) -> None:
        self.world = history.world
        self.v = history.world.ventures[row]
        self.name = id_of("venture", row)
        self.programmes = [programme["title"] for programme in history.provenance["scenario"]["running"]]
        self.cities = [city["name"] for city in history.provenance["scenario"]["cities"]]
        self.rounds = 0
        self.ledger = history.ledger
        self.mine = self.ledger.venture == row
        self.tell_by = {
            int(accounts.FOUNDED): self.founded, int(accounts.MILESTONE): self.milestone, int(accounts.ROUND): self.round,
            int(accounts.TRANCHE): self.tranche, int(accounts.STOPPED): self.stopped, int(accounts.ABANDONED): self.abandoned,
            int(accounts.MARKET_ENTRY): self.market_entry, int(accounts.CLOSED): self.closed, int(accounts.ACQUIRED): self.acquired,
            int(accounts.LISTED): self.listed, int(accounts.UNICORN_PAPER): self.unicorn_paper,
            int(accounts.UNICORN_FUNDAMENTAL): self.unicorn, int(accounts.GRANT): self.grant, int(accounts.REPAID): self.repaid,
            int(accounts.SOLD_STAKE): self.sold_stake, int(accounts.REDEEMED): self.redeemed, int(accounts.GAVE_BACK): self.gave_back,
            int(accounts.LAPSED): self.lapsed, int(accounts.SERVED): self.served, int(accounts.STAKE): self.stake,
            int(accounts.BOUGHT_BACK): self.bought_back, int(accounts.RELOCATED): self.relocated,
            int(accounts.PAID_OUT): self.paid_out,
        }  # fmt: skip

    def tell(self, lines: list[dict[str, int]]) -> str:
        return self.tell_by[int(lines[0]["what"])](lines)

    def fund(self, row: int) -> str:
        return f"{id_of('fund', row)} ({FUND_KINDS[self.world.funds[row].kind]})"

    def with_amounts(self, lines: list[dict[str, int]]) -> str:
        return _listed([f"{self.fund(line['whom'])} {million(line['amount'])}" for line in lines])

    def founded(self, lines: list[dict[str, int]]) -> str:
        v, e = self.v, self.world.people[self.v.founder]
        who = {int(INDEPENDENT): "", int(SPINOUT): f" as a spinout of U{v.university}", int(SERIAL): ", not for the first time"}[int(v.origin)]
        form = "an incremental" if FORMS[v.form] == "incremental" else "a radical"
        school = f" of U{e.university}" if e.university >= 0 else ""
        return (
            f"{id_of('person', v.founder)}, a {PERSON_KINDS[e.kind]}{school}, founds {self.name}{who}: {form} {SECTORS[v.sector]} venture "
            f"with {v.team} people and {million(lines[0]['amount'])} of savings{self.where()}. It begins with {STAGES[v.start_link]}."
        )

    def where(self) -> str:
        return f", in {self.cities[self.v.birthplace]}" if self.cities else ""

    def relocated(self, lines: list[dict[str, int]]) -> str:
        return f"It moves its seat from {self.cities[lines[0]['amount']]} to {self.cities[lines[0]['whom']]}."

    def milestone(self, lines: list[dict[str, int]]) -> str:
        link = lines[0]["amount"]
        return f"The milestone of {STAGES[link - 1]} is reached" + ("." if link >= len(STAGES) - 1 else f"; {STAGES[link]} begins.")

    def round(self, lines: list[dict[str, int]]) -> str:
        self.rounds += 1
        number = ORDINALS[self.rounds - 1] if self.rounds <= len(ORDINALS) else f"{self.rounds}th"
        size = sum(line["amount"] for line in lines)
        joins = f"; {self.fund(lines[1]['whom'])} joins" if len(lines) > 1 else ""
        share = sum(line["shares"] for line in lines) / self.all_shares_after(lines[-1])
        return (
            f"{self.fund(lines[0]['whom'])} leads the {number} round of {million(size)}{joins}. "
            f"{'They receive' if joins else 'It receives'} {share:.1%} of the firm, which is priced at {million(size / share)}."
        )

    def all_shares_after(self, line: dict[str, int]) -> int:
        """The number of shares when those of a line have just been issued."""
        issued = self.mine & (self.ledger.tick == line["tick"]) & (self.ledger.holder == line["whom"]) & (self.ledger.shares == line["shares"])
        until = int(np.flatnonzero(issued)[-1]) + 1
        return int(self.ledger.shares[:until][self.mine[:until]].sum())

    def tranche(self, lines: list[dict[str, int]]) -> str:
        return f"Investors pay a further tranche: {self.with_amounts(lines)}."

    def stopped(self, lines: list[dict[str, int]]) -> str:
        return f"{_listed([self.fund(line['whom']) for line in lines])} will pay no more."

    def abandoned(self, lines: list[dict[str, int]]) -> str:
        return f"No investor supports it any longer; {million(lines[0]['amount'])} had been raised."

    def market_entry(self, lines: list[dict[str, int]]) -> str:
        return f"It enters the market with revenue of {million(lines[0]['amount'])} a year."

    def closed(self, lines: list[dict[str, int]]) -> str:
        return f"{self.name} {HOW[lines[0]['amount']]}."

    def acquired(self, lines: list[dict[str, int]]) -> str:
        return f"{self.name} is acquired for {million(lines[0]['amount'])}."

    def listed(self, lines: list[dict[str, int]]) -> str:
        return f"{self.name} is listed on the stock market at {million(lines[0]['amount'])}; its investors sell."

    def unicorn_paper(self, lines: list[dict[str, int]]) -> str:
        return f"A unicorn on paper: its equity is priced at {million(lines[0]['amount'])}."

    def unicorn(self, lines: list[dict[str, int]]) -> str:
        return f"A unicorn by fundamental value: {million(lines[0]['amount'])}."

    def grant(self, lines: list[dict[str, int]]) -> str:
        return " ".join(f"A grant of {million(line['amount'])} ({self.programmes[line['whom']]})." for line in lines)

    def repaid(self, lines: list[dict[str, int]]) -> str:
        return f"It pays {million(sum(line['amount'] for line in lines))} back to a grant programme."

    def sold_stake(self, lines: list[dict[str, int]]) -> str:
        gone = self.mine & (self.ledger.tick == lines[0]["tick"]) & (self.ledger.holder >= 0) & (self.ledger.shares < 0)
        sellers = self.ledger.holder[gone].tolist()[-len(lines) :]  # funds end last in a quarter
        sales = [
            f"{self.fund(seller)} to {self.fund(line['whom']) if line['whom'] >= 0 else 'outside investors'} for {million(line['amount'])}"
            for seller, line in zip(sellers, lines, strict=True)
        ]
        return f"{'Funds' if len(sales) > 1 else 'A fund'} whose life is over sell{'' if len(sales) > 1 else 's'}: {_listed(sales)}."

    def redeemed(self, lines: list[dict[str, int]]) -> str:
        return f"Investors use their redemption clause and receive back: {self.with_amounts(lines)}."

    def paid_out(self, lines: list[dict[str, int]]) -> str:
        return f"Its investors are paid for their stakes: {self.with_amounts(lines)}."

    def gave_back(self, lines: list[dict[str, int]]) -> str:
        return f"The founder gives {million(lines[0]['amount'])} back to alumni and young founders."

    def lapsed(self, lines: list[dict[str, int]]) -> str:
        return " ".join(f"A further {million(line['amount'])} is not paid ({self.programmes[line['whom']]})." for line in lines)

    def served(self, lines: list[dict[str, int]]) -> str:
        return f"An office helps in kind: {_listed([self.programmes[line['whom']] for line in lines])}."

    def stake(self, lines: list[dict[str, int]]) -> str:
        return " ".join(f"An office takes a stake for {million(line['amount'])} ({self.programmes[line['whom']]})." for line in lines)

    def bought_back(self, lines: list[dict[str, int]]) -> str:
        return f"It buys an office's stake back for {million(sum(line['amount'] for line in lines))}."

    def end(self, last: int) -> str:
        v = self.v
        if v.ended >= 0:
            return f"It lived {(v.ended - v.founded) / TICKS_PER_YEAR:g} years."
        age = (last + 1 - v.founded) / TICKS_PER_YEAR
        doing = f"works on {STAGES[v.link]}" if v.link < len(STAGES) - 1 else f"sells for {million(v.revenue)} a year and is worth {million(v.value)}"
        return f"At the end of the run, at {age:g} years, it {doing}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
