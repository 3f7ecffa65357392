"""Programmes of government offices: files that say what an office does, with the source of each figure.

    title = "Dream Town's repaid grant"
    about = "..."
    instrument = "repayable_grant"
    source = "report.dream_town"                    # of every figure that names no other
    min_team = 3                                    # a figure in the field's own unit, or with more to say:
    amount = { value = 0.2, unit = "million RMB", source = "report.dream_town",
               cites = { fact = "report.dream_town.grant", times = 1.0e-6 } }
    delay = { value = 1, unit = "quarters", why = "..." }     # a reason and no source: assumed

`FIELDS` lists every field, its unit and what it means; `NEEDS` and `USES` which instrument takes which. The record that rules
read is `seedbed.agents.programme.PROGRAMME`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents import programme as record
from seedbed.agents.draws import child
from seedbed.agents.errors import BadInput
from seedbed.agents.programme import NO_CEILING, NO_LIMIT, OFFICE_DECIDES, PROGRAMME, PROGRAMME_ACCOUNT

from .parameters import (
    AXES,
    NAME,
    NAME_RULE,
    SPELLINGS,
    STATUSES,
    UNITS,
    Cite,
    check_keys,
    check_source,
    closest_first,
    convert,
    find_file,
    names_in,
    natural,
    number_from_text,
    ordered_pair,
    plain,
    read_toml,
    sentence,
    shown,
    to_engine,
)

__all__ = ["EXECUTED", "FIELDS", "Programme", "accounts", "check_executed", "load", "names", "rows"]

FOLDER = Path(__file__).with_name("programmes")

ORIGINS = ("independent", "spinout", "serial")


@dataclass(frozen=True)
class Field:
    """A field of a programme file: its unit, hard limits, value in the record where a file is silent, and meaning."""

    unit: str
    limits: tuple[float, float]
    silent: float
    what: str
    options: tuple[str, ...] = ()  # of a choice, or the names of a bit mask
    by: tuple[str, ...] = ()  # elements
    first: int = 0  # place of the first element in the record
    times: int = 1  # from the engine's unit to the record's

    def check(self, given: Any, what: str, where: str) -> Any:
        """A natural value for it: a number, a choice's name, or the names of a mask in their order."""
        if self.unit == "names":
            chosen = [name.strip() for name in given.split(",")] if isinstance(given, str) else given
            if not isinstance(chosen, list | tuple) or not chosen or not all(name in self.options for name in chosen):
                raise BadInput(what=what, given=given, allowed=f"one or more of {', '.join(self.options)}", where=where)
            return tuple(name for name in self.options if name in chosen)
        if self.options == YES_NO and isinstance(given, bool):
            given = YES_NO[given]
        value = natural(given, unit=self.unit, limits=self.limits, options=self.options, what=what, where=where)
        if UNITS[self.unit].measures == "time" and not to_engine(value, self.unit).is_integer():
            raise BadInput(what=what, given=given, allowed=f"whole quarters (in {self.unit})", where=where)
        return value

    def engine(self, value: Any) -> float:
        """A natural value as it stands in the record."""
        if self.unit == "names":
            return sum(1 << self.options.index(name) for name in value)
        if self.unit == "choice":
            return self.options.index(value)
        number = to_engine(value, self.unit) * self.times
        return round(number) if UNITS[self.unit].measures in ("time", "count", "money", "money flow") else number


NOT_READ = " (described, not carried out)"
YES_NO = ("no", "yes")
TICKS_PER_YEAR = 4
MOST = 62  # programmes in one run
MONEY, TIME, SHARE, COUNT = (0.0, 1e6), (0.0, 100.0), (0.0, 1.0), (0, 1_000_000)


def _money(what: str, silent: float = 0, **more: Any) -> Field:
    return Field("million RMB", MONEY, silent, what, **more)


def _time(unit: str, what: str, silent: float = 0) -> Field:
    return Field(unit, TIME, silent, what)


def _share(what: str, silent: float = 0.0) -> Field:
    return Field("share", SHARE, silent, what)


def _count(what: str, silent: float = 0) -> Field:
    return Field("count", COUNT, silent, what)


def _choice(options: tuple[str, ...], what: str, silent: int = 0) -> Field:
    return Field("choice", (0, len(options) - 1), silent, what, options)


def _names(options: tuple[str, ...], what: str) -> Field:
    return Field("names", (0, 0), (1 << len(options)) - 1, what, options)


FIELDS = {
    "office": _choice(record.OFFICES, "the office that runs it"),
    "budget": Field("million RMB per year", MONEY, 0, "what may be spent in the first year", times=4),
    "growth": Field("share", (-1.0, 1.0), 0.0, "growth of the budget a year"),
    "revenue_share": _share("share of the city's new tax revenue that is added to the budget"),
    "revolving": _choice(YES_NO, "whether what comes back is spent again"),
    "starts": _time("years", "years after the run's start when it begins"),
    "ends": _time("years", "years after the run's start when it ends", NO_LIMIT),
    "number": _count("awards a year at most", NO_LIMIT),
    "awards_each": _count("awards that one recipient may have", 1),
    "amount": _money("paid for one award"),
    "amount_by_credential": _money("paid for one award, by credential", by=record.CREDENTIALS),
    "amount_by_tier": _money("paid for one award, by recognised tier", by=record.TIERS[1:], first=1),
    "ceiling": _money("most that one recipient may have within the window", NO_CEILING),
    "ceiling_window": _time("years", "the window of the ceiling", NO_LIMIT),
    "tier_share": Field("share", SHARE, 0.0, "share of founders that is recognised at a tier", by=record.TIERS[1:], first=1),
    "tranches": _count("parts that an award is paid in", 1),
    "interval": _time("quarters", "quarters between tranches"),
    "condition": _choice(record.CONDITIONS, "what a tranche after the first depends on"),
    "min_team": _count("people that a team must have"),
    "min_credential": _choice(record.CREDENTIALS, "lowest credential of the founder"),
    "origins": _names(ORIGINS, "origins of ventures that qualify"),
    "sectors": _names(AXES["sector"], "sectors that qualify"),
    "forms": _names(AXES["form"], "forms of innovation that qualify"),
    "links": _names((*AXES["link"], "in_market"), "links of the chain at which a venture qualifies"),
    "min_age": _time("years", "least age of a venture"),
    "max_age": _time("years", "greatest age of a venture", NO_LIMIT),
    "outsiders_only": _choice(YES_NO, "whether only founders from elsewhere qualify"),
    "attracts": _choice(YES_NO, "whether only firms based in other cities qualify, which move their seat here for what is paid"),
    "in_need": _choice(YES_NO, "whether only ventures qualify that have run out of money"),
    "selection": _choice(record.SELECTIONS, "how recipients are chosen among those who apply"),
    "accuracy": _share("correlation of the officials' judgement with the quality of a project"),
    "credential_weight": _share("share of the judgement that goes by credential alone"),
    "examined": _count("applicants that are looked at in a year, at most", NO_LIMIT),
    "apply_share": _share("share of those who qualify that apply", 1.0),
    "delay": _time("quarters", "quarters from application to payment"),
    "scouting": _share("share of those who qualify and do not apply that officials find in a year"),
    "repay_trigger": _choice(record.TRIGGERS, "the success that repayment waits for"),
    "repay_multiple": Field("ratio", (0.0, 100.0), 0.0, "repaid for each yuan paid"),
    "repay_profit": _money("yearly profit that counts as success, where profit is the trigger"),
    "repay_within": _time("years", "years after the award in which success obliges to repay", NO_LIMIT),
    "stake": _share("share of the venture that the office holds at most"),
    "co_invest": _choice(YES_NO, "whether it invests only beside an outside lead"),
    "buy_back_multiple": Field("ratio", (0.0, 100.0), 0.0, "of cost, at which founders may buy the stake back"),
    "places": _count("desks or rooms"),
    "stay": _time("years", "how long a venture may stay", NO_LIMIT),
    "rent_saved": Field("million RMB per year", MONEY, 0, "rent that a place saves"),
    "contacts": Field("per year", (0.0, 100.0), 0.0, "ties made at a place"),
    "interest_share": _share("share of the interest that is paid"),
    "interest_quarters": _time("quarters", "quarters of interest that are paid", NO_LIMIT),
    "loss_share": _share("share of a bank's loss on a covered loan that the pool bears"),
    "loan_ceiling": _money("largest loan that is covered", NO_CEILING),
    "pool_multiple": Field("ratio", (0.0, 100.0), 0.0, "loans covered for each yuan of the pool"),
    "private_per_public": Field(
        "ratio", (0.0, 100.0), 0.0, "other investors' money that a fund must bring for each yuan"
    ),
    "local_share": _share("share of the office's money that must be invested in the city"),
    "early_share": _share("share of the office's money that must go to ventures not yet in the market"),
    "first_loss": _share("share of other investors' loss that the office bears before them"),
    "profit_given_up": _share("share of the office's profit that is left to other investors"),
    "queue_cut": _time("quarters", "quarters saved of the mean wait of a firm that has passed the listing gate"),
    "friction_cut": _share("share of every programme's friction that goes away"),
    "slots": _count("places where a firm's problem meets researchers"),
    "speed_gain": Field(
        "ratio", (0.0, 100.0), 0.0, "added to the milestone's hazard of a matched venture, relative to it"
    ),
    "dual_appointment": _share("part of the wage that a scientist who founds keeps while the institute runs"),
    "allowed_loss": _share("loss ratio that passes without an inquiry; where silent, the office's own", OFFICE_DECIDES),
    "freeze": _time("years", "how long an inquiry stops it; where silent, the office's own", OFFICE_DECIDES),
}

_EVERY = "office budget growth revenue_share starts ends allowed_loss freeze".split()
_WHO = "min_team min_credential origins sectors forms links min_age max_age outsiders_only in_need".split()
_HOW = "selection accuracy credential_weight examined apply_share delay scouting".split()
_AWARD = "number awards_each amount amount_by_credential amount_by_tier ceiling ceiling_window".split()
_PARTS = "tranches interval condition".split()
_BACK = "revolving repay_trigger repay_multiple repay_profit repay_within".split()
_EACH = [*_EVERY, *_WHO, *_HOW, *_AWARD, "attracts"]

_AMOUNT = "amount|amount_by_credential|amount_by_tier"
NEEDS = {
    "grant": f"budget {_AMOUNT}",
    "staged_grant": f"budget {_AMOUNT} tranches interval",
    "repayable_grant": f"budget {_AMOUNT} repay_trigger repay_multiple",
    "equity": f"budget {_AMOUNT} stake",
    "space": "budget places stay rent_saved",
    "talent_award": f"budget {_AMOUNT}",
    "interest_subsidy": "budget interest_share",
    "loan_risk_compensation": "budget loss_share loan_ceiling",
    "guidance": "budget private_per_public",
    "listing_coaching": "budget amount queue_cut",
    "service": "budget friction_cut",
    "institute_slots": "budget slots speed_gain",
}
USES = {
    "grant": _EACH,
    "staged_grant": [*_EACH, *_PARTS],
    "repayable_grant": [*_EACH, *_PARTS, *_BACK],
    "equity": [*_EACH, "revolving", "stake", "co_invest", "buy_back_multiple"],
    "space": [*_EVERY, *_WHO, *_HOW, "places", "stay", "rent_saved", "contacts"],
    "talent_award": [*_EACH, *_PARTS, "tier_share"],
    "interest_subsidy": [*_EVERY, *_WHO, *_HOW, "number", "ceiling", "ceiling_window", "interest_share", "interest_quarters"],
    "loan_risk_compensation": [*_EVERY, *_WHO, *_HOW, "number", "revolving", "loss_share", "loan_ceiling", "pool_multiple"],
    "guidance": [*_EVERY, "sectors", "private_per_public", "local_share", "early_share", "first_loss", "profit_given_up"],
    "listing_coaching": [*_EVERY, *_WHO, *_HOW, "number", "amount", "queue_cut"],
    "service": [*_EVERY, "friction_cut"],
    "institute_slots": [*_EVERY, *_WHO, *_HOW, "slots", "speed_gain", "dual_appointment"],
}  # fmt: skip
_RUN = frozenset("budget growth revenue_share starts ends allowed_loss freeze".split())
_CHOSEN = _RUN.union(_WHO, _HOW)
_PAID = _CHOSEN.union("number awards_each amount amount_by_credential ceiling ceiling_window attracts".split())
EXECUTED = {
    "grant": _PAID,
    "staged_grant": _PAID.union(_PARTS),
    "repayable_grant": _PAID.union(_PARTS, _BACK),
    "equity": _PAID.union("revolving stake co_invest buy_back_multiple".split()),
    "space": _CHOSEN.union("places stay rent_saved contacts".split()),
    "talent_award": _PAID.union(_PARTS, "amount_by_tier tier_share".split()),
    "guidance": _RUN.union("sectors private_per_public local_share early_share first_loss profit_given_up".split()),
    "interest_subsidy": _CHOSEN.union("number ceiling interest_share interest_quarters".split()),
    "loan_risk_compensation": _CHOSEN.union("number loss_share loan_ceiling pool_multiple".split()),
    "listing_coaching": _CHOSEN.union("number amount queue_cut".split()),
    "service": _RUN.union("friction_cut".split()),
    "institute_slots": _CHOSEN.union("slots speed_gain dual_appointment".split()),
}
"""Instruments that the engine carries out, each with the fields that its rules read. The rest is described, checked and
listed. A programme that gives more than is carried out cannot be switched on unless its file says so (`described`); what
it describes stands in the record as if the file were silent."""

_HEAD = ("title", "about", "instrument", "source", "described")
_ENTRY = ("value", "source", "why", "status", "unit", "range", "cites")  # the first four also where there is no number


@dataclass(frozen=True)
class Programme:
    """One programme: frozen values in natural units by field (`amount`, `amount_by_tier.first`), and their evidence."""

    name: str
    title: str
    about: str
    instrument: str
    values: Mapping[str, Any]
    evidence: Mapping[str, Mapping[str, Any]] = field(repr=False)  # by field: status, source, why, range
    where: str = ""
    described: tuple[str, ...] = ()  # fields that the file owns to be for the record only

    def __hash__(self) -> int:
        return hash(self.digest())

    def with_changes(self, changes: Mapping[str, Any], where: str = "python call") -> Programme:
        """The programme with some figures changed; BadInput where a field is unknown or its value not allowed."""
        values = dict(self.values)
        for path, given in changes.items():
            values.update(self.checked(path, given, where))
        fields = {path.partition(".")[0] for path in changes}
        described = tuple(name for name in self.described if name not in fields)
        changed = replace(self, values=_ordered(values), described=described)
        _check_whole(changed, where)
        return changed

    def checked(self, path: str, given: Any, where: str) -> Iterator[tuple[str, Any]]:
        """Path and natural value of what is given for a field, for one of its elements, or for several by element."""
        name, _, element = path.partition(".")
        what = f"programme.{self.name}.{path}"
        if name not in FIELDS:
            raise BadInput(
                what=f"the field of {self.name}",
                given=path,
                allowed=closest_first(name, USES[self.instrument]),
                where=where,
            )
        if name not in USES[self.instrument]:
            allowed = closest_first(name, USES[self.instrument])
            raise BadInput(
                what=f"a field of the {self.instrument} {self.name}", given=name, allowed=allowed, where=where
            )
        kind = FIELDS[name]
        if kind.by and not element and isinstance(given, Mapping):
            for key, inner in given.items():
                yield from self.checked(f"{name}.{key}", inner, where)
            return
        if bool(kind.by) != bool(element) or (element and element not in kind.by):
            allowed = [f"{name}.{e}" for e in kind.by] or [name]
            raise BadInput(what=f"a field of {self.name}", given=path, allowed=allowed, where=where)
        yield path, kind.check(given, what, where)

    def row(self) -> np.ndarray[Any, Any]:
        """The record that rules read, as a table of one row."""
        row = np.zeros(1, PROGRAMME)
        first = row[0]
        first["key"] = int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:8], "little")
        first["instrument"] = record.INSTRUMENTS.index(self.instrument)
        said = {path: value for path, value in self.values.items() if path.partition(".")[0] not in self.described}
        for name, kind in FIELDS.items():
            if not kind.by:
                first[name] = kind.engine(said[name]) if name in said else kind.silent
        for name, kind in FIELDS.items():
            if kind.by:
                silent = first["amount"] if kind.unit == FIELDS["amount"].unit else kind.silent
                own = [said.get(f"{name}.{element}") for element in kind.by]
                first[name] = [silent] * kind.first + [silent if one is None else kind.engine(one) for one in own]
        return row

    def table(self) -> list[dict[str, Any]]:
        """Every figure with its evidence, in the columns of `Parameters.table`."""
        rows = []
        for path, value in self.values.items():
            kind = FIELDS[path.partition(".")[0]]
            known = self.evidence.get(path, {})
            low, high = known.get("range") or (None, None)
            rows.append(
                {
                    "name": f"programme.{self.name}.{path}",
                    "value": ", ".join(value) if isinstance(value, tuple) else value,
                    "unit": kind.unit,
                    "low": low,
                    "high": high,
                    "status": known.get("status", ""),
                    "source": known.get("source", ""),
                    "why": known.get("why", ""),
                    "what": kind.what + (NOT_READ if path.partition(".")[0] in self.described else ""),
                }
            )
        return rows

    def digest(self) -> str:
        """A fingerprint of name, instrument and the values that are carried out: of what a run depends on."""
        carried_out = {path: value for path, value in self.values.items() if path.partition(".")[0] not in self.described}
        lines = [self.name, self.instrument, *(f"{path} = {value!r}" for path, value in carried_out.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _ordered(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the order of `FIELDS`, so that equal programmes are equal however they came about."""
    order = [path for name, kind in FIELDS.items() for path in ([f"{name}.{e}" for e in kind.by] or [name])]
    return {path: values[path] for path in order if path in values}


def _check_whole(programme: Programme, where: str) -> None:
    """What the instrument needs must be there, and the figures must not contradict each other."""
    values, name = programme.values, programme.name
    given = {path.partition(".")[0] for path in values}
    for need in NEEDS[programme.instrument].split():
        if not given.intersection(need.split("|")):
            missing = f"programme.{name}.{need.replace('|', ' or ')}"
            kind = FIELDS[need.split("|")[0]]
            allowed = f"{kind.what} ({kind.unit}), which every {programme.instrument} needs"
            raise BadInput(what=missing, given=None, allowed=allowed, where=where)

    def fault(path: str, allowed: str) -> BadInput:
        return BadInput(what=f"programme.{name}.{path}", given=values[path], allowed=allowed, where=where)

    for path in values:
        if path.startswith("amount") and 0 < values.get("budget", 0) < values[path]:
            raise fault(path, f"at most the year's budget, {values['budget']:g} million RMB")
    for path, least in (("tranches", 1), ("awards_each", 1), ("stake", 0.0001)):
        if values.get(path, least) < least:
            raise fault(path, f"at least {least:g}")
    for lower, upper in (("starts", "ends"), ("min_age", "max_age")):
        if upper in values and values[upper] < values.get(lower, 0):
            raise fault(upper, f"at least {lower}, {values.get(lower, 0):g} years")
    lasts = (values.get("tranches", 1) - 1) * values.get("interval", 0) / TICKS_PER_YEAR
    if lasts > values.get("ends", NO_LIMIT) - values.get("starts", 0):
        raise fault("tranches", f"parts that are all due before the programme ends; these take {lasts:g} years")
    if sum(value for path, value in values.items() if path.startswith("tier_share.")) > 1:
        path = next(path for path in values if path.startswith("tier_share."))
        raise fault(path, "shares of the tiers that add up to at most 1")
    links, forms, origins = (frozenset(values.get(field, FIELDS[field].options)) for field in ("links", "forms", "origins"))
    if programme.instrument == "listing_coaching" and "in_market" not in links:
        raise fault("links", "also in_market: only firms that sell are coached for a listing")
    if programme.instrument == "institute_slots" and links == {"in_market"}:
        raise fault("links", "also a link before the market: institutes work on milestones")
    if links <= {"applied_research", "invention"} and "radical" not in forms:
        raise fault("links", "also a link after invention, since incremental projects begin at development")
    if links == {"applied_research"} and "spinout" not in origins:
        raise fault("links", "also a link after applied_research, since only spinouts begin there")
    trigger = values.get("repay_trigger", "never")
    if "repay_profit" in values and trigger != "profit":
        raise fault("repay_profit", "given only where repay_trigger is 'profit'")
    if values.get("repay_multiple", 0) > 0 and trigger == "never":
        raise fault("repay_multiple", "0 where repay_trigger is 'never'")


def _entry(given: Any, path: str, kind: Field, source: str, where: str) -> tuple[Any, dict[str, Any]]:
    """Value (in the field's unit, not yet checked) and evidence of a figure, written plainly or with more to say."""
    table = given if isinstance(given, dict) else {"value": given}
    numeric = kind.unit not in ("choice", "names")
    check_keys(table, _ENTRY if numeric else _ENTRY[:4], f"a key of {path}", where)
    if "value" not in table:
        raise BadInput(what=f"the value of {path}", given=None, allowed=f"{kind.what} ({kind.unit})", where=where)
    value, unit = table["value"], table.get("unit", kind.unit)
    span = ordered_pair(table, "range", where, f" of {path}")
    if unit != kind.unit:
        same = [u for u in SPELLINGS if SPELLINGS[u].measures == UNITS[kind.unit].measures]
        if unit not in same:
            raise BadInput(what=f"the unit of {path}", given=unit, allowed=same, where=where)
        if isinstance(value, str):
            value = number_from_text(value, unit, path, where)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = convert(value, unit, kind.unit)
        span = span and (convert(span[0], unit, kind.unit), convert(span[1], unit, kind.unit))
    why = sentence(table, "why", f"the reason for {path}", where, required=False)
    own = sentence(table, "source", f"the source of {path}", where, required=False)
    if not own and not why:
        own = source
    if not own and not why:
        allowed = "a source for the figure or for the whole file, or a reason (why)"
        raise BadInput(what=f"the source of {path}", given=None, allowed=allowed, where=where)
    check_source(own, where)
    status = table.get("status", "observed" if own else "assumed")
    if status not in STATUSES:
        raise BadInput(what=f"the status of {path}", given=status, allowed=STATUSES, where=where)
    if status == "assumed" and not why:
        raise BadInput(
            what=f"the reason for {path} (why)", given=None, allowed="a text, since it is assumed", where=where
        )
    known = {"status": status, "source": own, "why": why, "range": span}
    if "cites" in table:
        known["cites"] = Cite.read(table["cites"], where)
    return value, known


def names() -> list[str]:
    """The programmes that are shipped."""
    return names_in(FOLDER)


def load(name_or_path: str | Path, where: str = "python call", beside: Path | None = None) -> Programme:
    """A programme by name or from a file; BadInput where there is none or it is not well made."""
    path = find_file(name_or_path, FOLDER, "programme", where, beside)
    where = shown(path, FOLDER)
    if not NAME.fullmatch(path.stem):
        raise BadInput(what="the name of the file", given=path.name, allowed=f"{NAME_RULE}, then .toml", where=where)
    return _read(read_toml(path), path.stem, where)


def _read(table: dict[str, Any], stem: str, where: str) -> Programme:
    """A programme out of the content of its file."""
    instrument = sentence(table, "instrument", "its instrument", where)
    if instrument not in USES:
        allowed = closest_first(instrument, record.INSTRUMENTS)
        raise BadInput(what="the instrument", given=instrument, allowed=allowed, where=where)
    title, about = (sentence(table, key, f"its {key}", where) for key in ("title", "about"))
    source = sentence(table, "source", "its source", where, required=False)
    check_source(source, where)
    described = table.get("described", [])
    if not isinstance(described, list) or not all(isinstance(name, str) and name in table for name in described):
        raise BadInput(what="what is described", given=described, allowed="a list of fields of this file", where=where)
    programme = Programme(stem, title, about, instrument, {}, {}, where, tuple(described))

    values: dict[str, Any] = {}
    evidence: dict[str, dict[str, Any]] = {}
    for name, given in table.items():
        if name in _HEAD:
            continue
        kind = FIELDS.get(name)
        by = kind.by if kind else ()
        parts = (
            {f"{name}.{e}": inner for e, inner in given.items()} if by and isinstance(given, dict) else {name: given}
        )
        for at, inner in parts.items():
            value, known = _entry(inner, at, kind, source, where) if kind else (inner, {})
            values.update(programme.checked(at, value, where))
            evidence[at] = known
            low, high = known["range"] or (values[at], values[at])
            if not low <= values[at] <= high:
                inside = f"a value inside its own range, {plain(low)} to {plain(high)}"
                raise BadInput(what=f"programme.{stem}.{at}", given=values[at], allowed=inside, where=where)
            if "cites" in known:
                known.pop("cites").check(values[at], f"programme.{stem}.{at}", where)
    programme = replace(programme, values=_ordered(values), evidence=evidence)
    _check_whole(programme, where)
    return programme


def check_executed(programme: Programme, where: str) -> None:
    """BadInput for a programme, or a figure of one, that this version describes but does not carry out."""
    if programme.instrument not in EXECUTED:
        allowed = f"an instrument that this version executes ({', '.join(EXECUTED)}); others are described only"
        given = f"{programme.name} ({programme.instrument})"
        raise BadInput(what="a programme of the scenario", given=given, allowed=allowed, where=where)
    for path, value in programme.values.items():
        name = path.partition(".")[0]
        kind = FIELDS[name]
        label = name == "office" or name in programme.described or (not kind.by and kind.engine(value) == kind.silent)
        if name not in EXECUTED[programme.instrument] and not label:
            allowed = f"nothing: this version does not execute it for a {programme.instrument}; a file may own to that under described = [...]"
            raise BadInput(what=f"programme.{programme.name}.{path}", given=value, allowed=allowed, where=where)


def rows(cities: Iterable[Iterable[Programme]]) -> np.recarray[Any, Any]:
    """The table of programmes that a world keeps, one row each in the given order, city by city; it may be empty."""
    table = []
    bits: dict[str, int] = {}
    for c, programmes in enumerate(cities):
        for programme in programmes:
            row = programme.row()
            row[0]["city"] = c
            if c > 0:  # the same programme of another office is another programme
                row[0]["key"] = child(row[0]["key"], c, 6)
            row[0]["bit"] = bits.setdefault(programme.name, len(bits))
            table.append(row)
    if len(bits) > MOST:
        allowed = f"at most {MOST} of different names: a venture notes in the bits of one number which of them helped it"
        raise BadInput(what="the number of programmes", given=len(bits), allowed=allowed, where="scenario")
    return np.concatenate(table).view(np.recarray) if table else np.zeros(0, PROGRAMME).view(np.recarray)


def accounts(number: int) -> np.recarray[Any, Any]:
    """The accounts of as many programmes, all at zero."""
    return np.zeros(number, PROGRAMME_ACCOUNT).view(np.recarray)
