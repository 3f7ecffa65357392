"""What the numbers in the tables mean: names for codes, readable ids for rows, and the unit of every field.

Records keep what rules need: whole fen, ticks, codes and row numbers. People read million RMB, years, names and ids such as
V123 (a venture), P77 (a person) or F12 (a fund). The letter says the kind and the number is the row; an id holds within one run.
Across runs the same person or venture is found by its `key`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from seedbed.agents import accounts, bank, entrepreneur, fund, programme, venture
from seedbed.agents.errors import BadInput
from seedbed.agents.money import FEN_PER_MILLION, FEN_PER_YUAN

from .world import TICKS_PER_YEAR

__all__ = ["EVENTS", "FIELDS", "IN_MARKET", "LETTERS", "STAGES", "Meaning", "columns", "id_of", "ids", "named", "row_of", "unit_of"]

LETTERS = {
    "venture": "V", "person": "P", "fund": "F", "manager": "M", "university": "U", "city": "C", "office": "O", "programme": "G",
    "award": "A", "bank": "B", "loan": "L",
}  # fmt: skip
IN_MARKET = "in the market"
STAGES = (*(link.replace("_", " ") for link in venture.LINKS), IN_MARKET)


# ----------------------------------------------------------------------------------------------------------------- ids


def id_of(kind: str, row: int) -> str:
    """The readable id of a row.

    >>> id_of("venture", 123)
    'V123'
    """
    return f"{LETTERS[kind]}{int(row)}"


def ids(kind: str, rows: Any) -> np.ndarray:
    """Readable ids of many rows; None where the row is negative (nobody).

    >>> ids("fund", [2, -1]).tolist()
    ['F2', None]
    """
    letter = LETTERS[kind]
    return np.array([f"{letter}{row}" if row >= 0 else None for row in np.asarray(rows).tolist()], dtype=object)


def row_of(kind: str, given: Any, number: int, where: str) -> int:
    """The row that an id ("V123") or a row number names, of a table with `number` rows in use."""
    letter = LETTERS[kind]
    row = -1
    if isinstance(given, str) and given[:1].upper() == letter and given[1:].isascii() and given[1:].isdigit():
        row = int(given[1:])
    elif isinstance(given, int | np.integer) and not isinstance(given, bool):
        row = int(given)
    if not 0 <= row < number:
        allowed = f"{letter}0 to {letter}{number - 1}, or a row number" if number else f"nothing: the run has no {kind}"
        raise BadInput(what=f"the {kind}", given=given, allowed=allowed, where=where)
    return row


def named(names: tuple[str, ...], codes: Any) -> np.ndarray:
    """Names for codes; None where a code is negative or its name is empty.

    >>> named(("angel", "market"), [1, -1]).tolist()
    ['market', None]
    """
    lookup = np.array([*(name.replace("_", " ") or None for name in names), None], dtype=object)
    codes = np.asarray(codes)
    return lookup[np.where((codes >= 0) & (codes < len(names)), codes, len(names))]


# -------------------------------------------------------------------------------------------------------------- fields


class Meaning(NamedTuple):
    """What a field holds: its measure, the names of its codes or the kind of agent it points to, and the names along its axis."""

    measure: str
    names: tuple[str, ...] = ()
    axis: tuple[str, ...] = ()


# measure -> (unit that people read, times, over)
MEASURES = {
    "number": ("", 1, 1),
    "count": ("count", 1, 1),
    "share": ("share", 1, 1),
    "people": ("people", 1, 1),
    "quality": ("standard normal", 1, 1),
    "identity": ("identity", 1, 1),
    "ppm": ("share", 1, 1_000_000),
    "fen": ("million RMB", 1, FEN_PER_MILLION),
    "million": ("million RMB", 1, 1),
    "fen a quarter": ("million RMB a year", TICKS_PER_YEAR, FEN_PER_MILLION),
    "fen a year": ("million RMB a year", 1, FEN_PER_MILLION),
    "a quarter": ("per year", TICKS_PER_YEAR, 1),
    "fen a share": ("RMB", 1, FEN_PER_YUAN),
    "tick": ("year", 1, TICKS_PER_YEAR),
    "tick, 0 for never": ("year", 1, TICKS_PER_YEAR),
    "tick itself": ("tick", 1, 1),
    "quarters": ("years", 1, TICKS_PER_YEAR),
    "yes": ("yes or no", 1, 1),
    "code": ("name", 1, 1),
    "row": ("id", 1, 1),
    "bits": ("bit mask", 1, 1),
    "column": ("as stored", 1, 1),
}

number, count, share, people = Meaning("number"), Meaning("count"), Meaning("share"), Meaning("people")
quality, identity, money, tick = Meaning("quality"), Meaning("identity"), Meaning("fen"), Meaning("tick")
a_quarter, a_year, quarters = Meaning("fen a quarter"), Meaning("fen a year"), Meaning("quarters")
million = Meaning("million")
yes, bits, never_at_0 = Meaning("yes"), Meaning("bits"), Meaning("tick, 0 for never")


def code(names: tuple[str, ...]) -> Meaning:
    return Meaning("code", names)


def row(kind: str) -> Meaning:
    return Meaning("row", (kind,))


def along(meaning: Meaning, axis: tuple[str, ...] | int) -> Meaning:
    """A field with several values: the names of its places, or how many there are."""
    names = tuple(str(n + 1) for n in range(axis)) if isinstance(axis, int) else axis
    return meaning._replace(axis=names)


def _by_form_and_sector() -> tuple[str, ...]:
    return tuple(f"{form}_{sector}" for form in venture.FORMS for sector in venture.SECTORS)


def _many(meaning: Meaning, names: str) -> dict[str, Meaning]:
    return dict.fromkeys(names.split(), meaning)


_terms = along(number, tuple(f"{f}_{s}_{k}" for f in venture.FORMS for s in venture.SECTORS for k in venture.LINKS))

FIELDS: dict[str, dict[str, Meaning]] = {
    "people": {
        "key": identity, "kind": code(entrepreneur.KINDS), "status": code(entrepreneur.STATUSES), "city": row("city"), "home": row("city"), "heading": row("city"),
        "university": row("university"), "venture": row("venture"), "award": row("award"), "credential": code(programme.CREDENTIALS),
        "founding": code(venture.FORMS), "ties": along(row("person"), entrepreneur.TIES), "quality": along(quality, venture.FORMS),
        "gain_seen": along(money, venture.FORMS), "ability": quality, "retried": yes, "support": quarters,
        **_many(code(venture.SECTORS), "field sector"), **_many(tick, "next_idea arrived failed_at barred_until"),
        **_many(count, "ideas tries failures exits"), **_many(money, "savings cash"), **_many(number, "boldness bent freedom place"),
    },
    "agenda": {"row": row("person"), "tick": tick},
    "ventures": {
        "key": identity, "status": code(venture.STATUSES), "form": code(venture.FORMS), "sector": code(venture.SECTORS),
        "origin": code(venture.ORIGINS), "ending": code(venture.ENDINGS), "link": code(STAGES), "start_link": code(STAGES),
        "founder": row("person"), "city": row("city"), "birthplace": row("city"), "university": row("university"), "owes_programme": row("programme"),
        "desk_programme": row("programme"), "match_programme": row("programme"), "desk_until": never_at_0, "speed_gain": number, "coached": quarters,
        "quality": quality, "repute": quality, "pace": a_quarter, "price": Meaning("fen a share"), "team": people, "jobs": people,
        "support": quarters, "idle": quarters, "helped": bits, "profit": along(money, ("before_last", "last", "latest")),
        "holder": along(Meaning("column"), venture.HOLDERS), "deal": along(Meaning("column"), venture.HOLDERS),
        "manager": along(row("manager"), venture.HOLDERS),
        "shares": along(count, venture.HOLDERS), "since": along(tick, venture.HOLDERS),
        "cost": along(money, venture.HOLDERS), "pledge": along(money, venture.HOLDERS),
        "active": along(yes, venture.HOLDERS), "clause": along(yes, venture.HOLDERS), "leaving": along(yes, venture.HOLDERS),
        "tie": along(yes, venture.HOLDERS),
        "round_tick": along(tick, venture.ROUNDS), "round_post": along(money, venture.ROUNDS), "round_size": along(money, venture.ROUNDS),
        "contact": along(row("manager"), venture.CONTACTS), "contact_tie": along(yes, venture.CONTACTS),
        "offer_fund": along(row("fund"), venture.OFFERS), "offer_appeal": along(share, venture.OFFERS),
        "offer_worth": along(money, venture.OFFERS),
        **_many(tick, "redeem_from last_milestone market_entry ended listed abandoned next_pitch founded unicorn_fundamental near_unicorn unicorn_paper owes_since"),
        **_many(yes, "feasible seen seeking starved unpaid"), **_many(a_year, "revenue mark"),
        **_many(money, "cash value asks wants owes owes_for profit_now proceeds raised granted diverted"),
        **_many(quarters, "needed effort withheld"), **_many(number, "exit_luck listing_luck score"), **_many(money, "debt called borrows"), "loan": row("loan"),
        **_many(count, "insiders clauses pitches rounds offers milestones milestones_at_round founders_shares all_shares tranches parts_due"),
    },
    "deals": {
        "fund": row("fund"), "venture": row("venture"), "number": count, "opened": tick, "closed": tick, "cost": money, "got": money,
    },
    "awards": {
        "programme": row("programme"), "venture": row("venture"), "person": row("person"), "previous": row("award"),
        **_many(tick, "granted due"), **_many(count, "parts milestones"), **_many(money, "raised promised paid"),
    },
    "managers": {
        "key": identity, "kind": code(fund.KINDS), "city": row("city"), "university": row("university"), "fund": row("fund"),
        "last": row("fund"), "guide": row("programme"), "next_raise": tick, "last_size": money, "skill": number, "gain": _terms, "cost_feasible": _terms, "patience": _terms,
        "cost_vain": number, **_many(count, "number vintages reach"), **_many(quarters, "tolerance life"),
    },
    "funds": {
        "key": identity, "manager": row("manager"), "elder": row("fund"), "guide": row("programme"), "kind": code(fund.KINDS), "part": along(Meaning("ppm"), fund.LP_KINDS),
        "portfolio": along(row("venture"), fund.PORTFOLIO), "joined": along(tick, fund.PORTFOLIO),
        "slot": along(Meaning("column"), fund.PORTFOLIO),
        "candidate": along(row("venture"), fund.SHORTLIST), "candidate_index": along(number, fund.SHORTLIST),
        "candidate_worth": along(money, fund.SHORTLIST), "flows": along(money, fund.LIFE),
        **_many(tick, "raised invest_until ends ended"), **_many(count, "companies capacity holdings listed_n deals written_off"),
        **_many(money, "commitment called distributed fees carry new_money follow_money fee_money budget cash owed nav late away"),
    },
    "universities": {
        "key": identity, "city": row("city"), "alumni_manager": row("manager"), "first_graduate": row("person"),
        "knowledge": along(money, venture.SECTORS), "failures_heard": along(count, venture.SECTORS), "transfer": share,
        **_many(money, "cash research"), **_many(count, "number disclosures graduates"),
    },
    "offices": {
        "key": identity, "city": row("city"), "careful_until": never_at_0, "inquiries": count, **_many(share, "eased dual_appointment"),
        **_many(money, "tax_seen tax_year"),
    },
    "banks": {
        "key": identity, "city": row("city"), "lends": yes, "fears_until": never_at_0, "lump": row("venture"), **_many(count, "runs granted"),
        **_many(money, "cash old_loans loans deposits borrowed capital quota_left lost compensated rescued"),
        "room": along(money, ("own", "quota")), "sought": along(money, ("own", "quota")),
    },
    "loans": {
        "bank": row("bank"), "venture": row("venture"), "kind": code(bank.LOAN_KINDS), "programme": row("programme"), "subsidy": row("programme"),
        "subsidy_until": never_at_0, **_many(tick, "opened due ended"), "renewals": count, "rate": Meaning("a quarter"),
        **_many(money, "amount outstanding interest interest_now subsidised set_aside passed_on lost claim"),
    },
    "programmes": {
        "key": identity, "instrument": code(programme.INSTRUMENTS), "office": code(programme.OFFICES), "city": row("city"), "bit": Meaning("column"),
        "starts": tick, "ends": tick, "revolving": yes, "outsiders_only": yes, "attracts": yes, "in_need": yes, "co_invest": yes,
        "amount_by_credential": along(money, programme.CREDENTIALS), "amount_by_tier": along(money, programme.TIERS),
        "tier_share": along(share, programme.TIERS),
        "min_credential": code(programme.CREDENTIALS), "condition": code(programme.CONDITIONS), "min_team": people,
        "selection": code(programme.SELECTIONS), "repay_trigger": code(programme.TRIGGERS),
        "budget": a_year, "repay_profit": a_year, "rent_saved": a_quarter, "freeze": Meaning("column"),
        **_many(money, "amount ceiling loan_ceiling"), **_many(bits, "origins sectors forms links"),
        **_many(quarters, "ceiling_window interval min_age max_age delay repay_within stay interest_quarters queue_cut"),
        **_many(count, "number awards_each tranches examined places slots"),
        **_many(share, "growth revenue_share credential_weight apply_share scouting stake interest_share loss_share local_share"),
        **_many(share, "early_share first_loss profit_given_up friction_cut dual_appointment"),
        **_many(number, "accuracy repay_multiple buy_back_multiple contacts pool_multiple private_per_public speed_gain allowed_loss"),
    },
    "programme_accounts": {
        "frozen_until": never_at_0, "quarters": quarters,
        **_many(money, "cash planned budget spent committed called offered paid returned written_off revolved recent_resolved recent_lost"),
        **_many(count, "looked_at qualified applicants scouted awards awards_this_year examined_this_year succeeded failed inquiries"),
    },
    "cities": {
        "key": identity, "tolerance": share, "wave": along(number, venture.SECTORS), "window": yes,
        "tolerance_seen": along(quarters, _by_form_and_sector()), "chance_seen": along(share, _by_form_and_sector()),
        **_many(money, "tax sales sales_seen invested invested_seen old_tax capital all_capital"), **_many(a_quarter, "old_output output"),
        **_many(people, "new_jobs most_new_jobs old_jobs idle old_hired old_gone"),
        "money": million, "money_fitting": along(million, _by_form_and_sector()), "support_seen": money,
        "money_patience": along(number, _by_form_and_sector()), "first_programme": row("programme"), "first_resident": Meaning("column"),
        "roster": along(row("manager"), fund.ROSTER), **_many(number, "asked paid asked_again paid_again hope_again again_quality tfp"), "repute": quality,
        **_many(count, "new_unicorns scandals again_ended residents programmes managers founded founded_seen arrivals departures firms_in firms_out"),
    },
    "accounts": {"cash": money, "committed": money},
    "events": {
        "tick": Meaning("tick itself"), "what": code(accounts.EVENT_NAMES), "shares": count,
        **_many(Meaning("column"), "who whom amount"),
    },
    "city_series": {
        "tick": Meaning("tick itself"), "city": row("city"), "public": money, "tolerance": share, **_many(people, "jobs old_jobs idle_jobs"),
        "output": a_quarter, "capital": money, "tfp": number,
        **_many(count, "live unicorns founded arrivals departures firms_in firms_out"),
    },
    "series": {
        "tick": Meaning("tick itself"), "tolerance": share, "account": along(money, accounts.ACCOUNT_NAMES),
        **_many(money, "dry_powder invested granted repaid services stakes stakes_back guidance_called guidance_back tax founders_got imbalance lent loan_losses compensated rescued"),
        **_many(people, "pool jobs old_jobs idle_jobs"), "output": a_quarter, "capital": money, "tfp": number,
        **_many(count, "live building selling listed zombies radical founded funded unicorns funds"),
    },
}  # fmt: skip


def unit_of(meaning: Meaning) -> str:
    """The unit that people read."""
    return MEASURES[meaning.measure][0]


def read(meaning: Meaning, values: np.ndarray) -> np.ndarray:
    """Stored values as people read them."""
    measure, names = meaning.measure, meaning.names
    if measure == "code":
        return named(names, values)
    if measure == "row":
        return ids(names[0], values)
    if measure == "yes":
        return values.astype(bool)
    _, times, over = MEASURES[measure]
    if times == over:
        return values.copy()
    result = values * times / over
    if measure.startswith("tick"):
        result[values <= 0 if measure.endswith("never") else values < 0] = np.nan
        result[values >= programme.NO_LIMIT] = np.inf
    elif measure == "quarters":
        result[values >= programme.NO_LIMIT] = np.inf
    elif measure == "fen":
        result[values >= programme.NO_CEILING] = np.inf
    return result


def columns(table: str, rows: Any, only: tuple[str, ...] | None = None) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The fields of a table as columns in natural units, and the unit of each. A field with several values becomes several columns."""
    data: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    for name in only or rows.dtype.names:
        meaning = FIELDS[table].get(name, Meaning("column"))
        values = np.asarray(rows[name])
        if values.ndim == 1:
            data[name] = read(meaning, values)
            units[name] = unit_of(meaning)
            continue
        values = values.reshape(len(values), int(np.prod(values.shape[1:])))
        axis = meaning.axis or tuple(str(n + 1) for n in range(values.shape[1]))
        for n, place in enumerate(axis):
            data[f"{name}_{place}"] = read(meaning, values[:, n])
            units[f"{name}_{place}"] = unit_of(meaning)
    return data, units


# -------------------------------------------------------------------------------------------------------------- events


class Event(NamedTuple):
    """How a line of the event log is read: the kind of `who` and of `whom`, the measure of `amount`, and what else it says."""

    who: str
    whom: str
    amount: str
    note: str = ""


# By the code of the event; what a line means is said where it is written (agents/accounts.py and the rules).
EVENTS: dict[int, Event] = {
    int(accounts.FOUNDED): Event("venture", "person", "fen", "savings"),
    int(accounts.MILESTONE): Event("venture", "", "link"),
    int(accounts.ROUND): Event("venture", "fund", "fen"),
    int(accounts.TRANCHE): Event("venture", "fund", "fen"),
    int(accounts.STOPPED): Event("venture", "fund", "fen", "cost so far"),
    int(accounts.ABANDONED): Event("venture", "", "fen", "raised so far"),
    int(accounts.MARKET_ENTRY): Event("venture", "", "fen", "yearly revenue"),
    int(accounts.CLOSED): Event("venture", "", "ending"),
    int(accounts.ACQUIRED): Event("venture", "", "fen", "price"),
    int(accounts.LISTED): Event("venture", "", "fen", "value at listing"),
    int(accounts.UNICORN_PAPER): Event("venture", "fund", "fen", "price of the equity"),
    int(accounts.UNICORN_FUNDAMENTAL): Event("venture", "", "fen", "value of the equity"),
    int(accounts.GRANT): Event("venture", "programme", "fen"),
    int(accounts.REPAID): Event("venture", "programme", "fen"),
    int(accounts.FUND_RAISED): Event("fund", "manager", "fen", "commitment"),
    int(accounts.FUND_ENDED): Event("fund", "manager", "fen", "distributed so far"),
    int(accounts.SOLD_STAKE): Event("venture", "fund", "fen"),
    int(accounts.REDEEMED): Event("venture", "fund", "fen"),
    int(accounts.FROZEN): Event("programme", "office", "quarters"),
    int(accounts.DISCLOSED): Event("university", "person", "field"),
    int(accounts.GAVE_BACK): Event("venture", "person", "fen"),
    int(accounts.LAPSED): Event("venture", "programme", "fen", "not paid"),
    int(accounts.SERVED): Event("venture", "programme", "fen", "cost"),
    int(accounts.STAKE): Event("venture", "programme", "fen"),
    int(accounts.BOUGHT_BACK): Event("venture", "programme", "fen"),
    int(accounts.MOVED): Event("person", "city", "city"),
    int(accounts.RELOCATED): Event("venture", "city", "city"),
    int(accounts.LOAN_GRANTED): Event("venture", "bank", "fen"),
    int(accounts.LOAN_REPAID): Event("venture", "bank", "fen"),
    int(accounts.LOAN_DEFAULT): Event("venture", "bank", "fen", "not repaid"),
    int(accounts.BANK_RUN): Event("bank", "", "fen", "withdrawn"),
    int(accounts.PAID_OUT): Event("venture", "fund", "fen", "for its stake, at an end or a listing"),
}


def note_of(meaning: str, amount: int) -> str:
    """What the number of an event says when it is no money."""
    if meaning == "link":
        return f"{STAGES[amount - 1]} done"
    if meaning == "ending":
        return venture.ENDINGS[amount]
    if meaning == "quarters":
        return f"for {amount / TICKS_PER_YEAR:g} years"
    if meaning == "city":
        return f"from {id_of('city', amount)}"
    return venture.SECTORS[amount]
