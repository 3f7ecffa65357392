"""Who paid whom in a run, to the last fen.

    ledger = money_flows(history)
    ledger.groupby("source")["million"].sum()

Two books that each balance by themselves. The funds' book: what investors paid in, what funds paid for it, what came back and to whom.
The ventures' book: every fen that ventures and their shareholders got from others, and where it went. They meet where funds pay ventures, and where
buyers and ventures pay funds. Sums are of the whole run: purses are empty before it, and only its end is known of all of them; for the first years
alone, run so many years.

What the ventures' book takes as a rest (wages and suppliers) is known from the households' side as well: `left_over` says by how much the two differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.agents.accounts import ACCOUNT_NAMES, GAVE_BACK, SOLD_STAKE
from seedbed.agents.fund import KINDS, LP_KINDS
from seedbed.agents.money import FEN_PER_MILLION, fen
from seedbed.agents.programme import INSTRUMENTS

if TYPE_CHECKING:
    import pandas

    from seedbed.model.history import History

__all__ = ["INVESTORS", "left_over", "money_flows"]

INVESTORS = {"private": "private investors", "institution": "institutions", "alumni": "alumni", "government": "the city"}
WHOLE = 1_000_000  # shares of the kinds of investors are whole parts of a million


def money_flows(history: History) -> pandas.DataFrame:
    """One line for each flow: book ("funds" or "ventures"), source, target, fen (a whole number, never negative), million (RMB).

    In the funds' book a kind of fund, such as "angel funds", gets and pays the same; what it still has is paid to "kept by funds". Investors' names
    are in INVESTORS; as a source they pay in, as a target they get back. In the ventures' book "ventures" gets and pays the same.
    Needs the event log (BadInput without it). Each investor's part of a fund's calls is worked out from their sum: rounding apart, see `left_over`.
    """
    import pandas

    lines = [*_funds(history), *_ventures(history)]
    frame = pandas.DataFrame(lines, columns=["book", "source", "target", "fen"])
    frame = frame[frame["fen"] != 0].reset_index(drop=True)
    frame["million"] = frame["fen"] / FEN_PER_MILLION
    frame.attrs["units"] = {"book": "name", "source": "name", "target": "name", "fen": "fen", "million": "million RMB"}
    return frame


def _sum(values: Any) -> int:
    return int(np.asarray(values).sum())


def _parts(amount: int, parts: Any) -> list[int]:
    """A sum divided among the kinds of investors, to the last fen."""
    ends = [amount * int(end) // WHOLE for end in np.cumsum(parts)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _sold_to_younger(history: History) -> dict[str, int]:
    """What funds paid for stakes of the same manager's fund before them, by kind; fen."""
    events = history._rows("events")
    sold = events[(events["what"] == SOLD_STAKE) & (events["whom"] >= 0)]
    kind = np.asarray(history._rows("funds")["kind"])[sold["whom"]]
    return {name: _sum(sold["amount"][kind == code]) for code, name in enumerate(KINDS)}


def _funds(history: History) -> list[tuple[str, str, str, int]]:
    history._need_log("money_flows")
    funds, deals = history._rows("funds"), history._rows("deals")
    second_hand = _sold_to_younger(history)
    lines = []
    for code, kind in enumerate(KINDS):
        mine, name = funds[funds["kind"] == code], f"{kind} funds"
        paid, got = _of_investors(mine, "called"), _of_investors(mine, "distributed")
        proceeds = _sum(deals["got"][np.asarray(funds["kind"])[deals["fund"]] == code])
        flows = [
            *((who, name, amount) for who, amount in zip(INVESTORS.values(), paid, strict=True)),
            (name, "managers' fees", _sum(mine["fees"])),
            (name, "stakes of elder funds", second_hand[kind]),
            (name, "paid to ventures", _sum(mine["called"]) - _sum(mine["fees"]) - second_hand[kind]),
            ("younger funds' money", name, second_hand[kind]),
            ("exits and sales of stakes", name, proceeds - second_hand[kind]),
            (name, "managers' carry", _sum(mine["carry"])),
            (name, "kept by funds", _sum(mine["cash"])),
            *((name, who, amount) for who, amount in zip(INVESTORS.values(), got, strict=True)),
        ]
        lines += [("funds", *flow) for flow in flows]
    return lines


def _of_investors(funds: Any, field: str) -> list[int]:
    """A field of many funds, fen, by the kinds of investors behind each."""
    total = [0] * len(LP_KINDS)
    for amount, parts in zip(np.asarray(funds[field]).tolist(), np.asarray(funds["part"]), strict=True):
        total = [sum(pair) for pair in zip(total, _parts(amount, parts), strict=True)]
    return total


def _accounts(history: History) -> dict[str, int]:
    return dict(zip(ACCOUNT_NAMES, np.asarray(history.world.accounts["cash"]).tolist(), strict=True))


def _rents(history: History) -> int:
    """What programmes paid ventures for places to work at; what other services cost goes to their staff."""
    world = history.world
    return _sum(world.programme_accounts["paid"][np.asarray(world.programmes["instrument"]) == INSTRUMENTS.index("space")])


def _ventures(history: History) -> list[tuple[str, str, str, int]]:
    world, clock, accounts = history.world, history.world.clock[0], _accounts(history)
    deals, people = history._rows("deals"), _sum(history._rows("people")["cash"])
    second_hand = sum(_sold_to_younger(history).values())
    banks = sum(_sum(world.banks["cash"]) if name == "cash" else accounts[name] for name in ("cash", "savers", "old_business", "central_bank"))
    into = {
        "founders' savings": people - int(clock.founders_got),
        "funds": int(clock.invested),
        "programmes": int(clock.granted) + int(clock.stakes) + _rents(history),
        "banks": int(clock.lent),
        "customers": _sum(world.cities["sales"]),
        "buyers and the stock market": -accounts["outside"],
    }
    out = {
        "funds": _sum(deals["got"]) - second_hand,
        "founders": people + _gifts(history),
        "universities": _sum(world.universities["cash"]),
        "programmes": int(clock.repaid) + int(clock.stakes_back),
        "taxes": int(clock.tax),
        "banks": banks + int(clock.lent) - int(clock.compensated) - int(clock.rescued),
        "kept by ventures": _sum(history._rows("ventures")["cash"]),
    }
    out["wages and suppliers"] = sum(into.values()) - sum(out.values())
    lines = [("ventures", who, "ventures", amount) for who, amount in into.items()] + [("ventures", "ventures", who, amount) for who, amount in out.items()]
    # A purse that is below zero has been paid for by others: its line runs the other way.
    return [(book, a, b, amount) if amount >= 0 else (book, b, a, -amount) for book, a, b, amount in lines]


def _gifts(history: History) -> int:
    """What founders gave back to alumni and young founders."""
    events = history._rows("events")
    return _sum(events["amount"][events["what"] == GAVE_BACK])


def left_over(history: History) -> dict[str, int]:
    """What households and private investors have, less what these flows and the rest of the model's payments explain; fen.

    Households: nought. Private investors and institutions: less than a fen for each call and distribution of a fund, plus what the city left to them
    of its own part under the terms of guidance programmes, which no fund pays and no line of `money_flows` shows.
    """
    world, accounts, ticks = history.world, _accounts(history), history.last + 1
    flows = money_flows(history)

    def total(book: str, source: str, target: str) -> int:
        return int(flows.loc[(flows["book"] == book) & (flows["source"] == source) & (flows["target"] == target), "fen"].sum())

    sales, old_tax = _sum(world.cities["sales"]), _sum(world.cities["old_tax"])
    old_income = -accounts["customers"] - sales - old_tax
    terms = [world.p[u.city] for u in world.universities]
    research = sum(fen(p.university_research) for p in terms) * ticks
    gifts = sum(fen(p.university_alumni_gifts) * ticks + fen(p.university_endowment) for p in terms)
    staff = int(world.clock[0].services) - _rents(history)
    income = old_income + total("ventures", "ventures", "wages and suppliers") + staff + research
    found = {"households": accounts["households"] - income + total("ventures", "founders' savings", "ventures") + gifts}
    for kind, who in list(INVESTORS.items())[:2]:
        mine = flows[flows["book"] == "funds"]
        net = int(mine.loc[mine["target"] == who, "fen"].sum()) - int(mine.loc[mine["source"] == who, "fen"].sum())
        found[who] = accounts[f"lp_{kind}"] - net
    return found
