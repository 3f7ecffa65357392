"""A venture's life as a story: what happened, in sentences from the event log, and what its investors believed whenever they decided.

    story = history.story("V123")              print(story) tells it; story.beliefs is a frame
    history.story("V123", language="zh")       in Chinese
    history.story("V123", other=elsewhere)     and what became of its twin under another policy

Dates are told as in `Year 3, Q2`: three years and one quarter after the start, 3.25 in tables. The log keeps what was done, not what was believed. A run is a
function of its scenario and seed, so the run is lived again up to the quarters in question and the beliefs are read where the rules read them
(`Rerun`): the same rules, over the same rows. A story is told without beliefs, and says so, where the run cannot be lived again to the letter.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seedbed.agents import accounts
from seedbed.agents.entrepreneur import KINDS as PERSON_KINDS
from seedbed.agents.fund import belief_in, opinion_of, worth_ahead
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.venture import (
    BUILDING,
    CALLED_IN,
    FORMS,
    GIVEN_UP,
    INDEPENDENT,
    LINKS,
    LOAN_CALLED,
    MARKET_FAILED,
    OUT_OF_MONEY,
    PATIENCE_RULE,
    SECTORS,
    SELLING,
    SERIAL,
    SPINOUT,
    TAKEN_OVER,
    arrival_rate,
    belief_after,
    effort_paid_for,
    feasibility,
    planned_burn,
)

from .engine import open_run
from .language import say
from .names import name_of
from .schedule import quarters
from .words import STAGES, id_of
from .world import TICKS_PER_YEAR, first_guess

if TYPE_CHECKING:
    from .history import History

__all__ = ["Rerun", "Story", "Teller", "date", "money", "tell", "unmarked", "within_a_tick", "wrapped"]

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
HOW = {
    int(OUT_OF_MONEY): "{venture} has run out of money and closes.",
    int(MARKET_FAILED): "{venture} loses its market and closes.",
    int(TAKEN_OVER): "{venture} closes; another firm takes over its team.",
    int(CALLED_IN): "{venture} closes after an investor has called its money back.",
    int(LOAN_CALLED): "{venture} closes after the bank has called its loan.",
    int(GIVEN_UP): "{venture} is given up by its founder, who wants to start over.",
}
LATE = {int(accounts.PAID_OUT), int(accounts.GAVE_BACK), int(accounts.REPAID)}
"""What a log says before the end or the listing that it follows from; it is told after it."""
ENDS = {int(accounts.ACQUIRED), int(accounts.CLOSED), int(accounts.LISTED)}
DECISIONS = {int(accounts.ROUND): "round", int(accounts.TRANCHE): "tranche", int(accounts.STOPPED): "stopped"}
BELIEFS = ("tick", "year", "fund", "decision", "milestone", "belief", "silence", "tolerance", "rule", "judged", "cutoff")
NOTHING = float("nan")
CLOSING = "。，；：、？！）”％"

# What a fund believed, by its rule and by what it decided.
BY_PATIENCE = {
    int(accounts.ROUND): "{fund} gives {stage} a chance of {belief} and bears {tolerance} without a milestone.",
    int(accounts.TRANCHE): "{fund} gives {stage} a chance of {belief} and has waited {silence} of the {tolerance} that it bears.",
    int(accounts.STOPPED): "{fund} gives {stage} a chance of {belief}, but it has waited {silence} and bears {tolerance}: by its rule of thumb it stops, "
    "whatever it believes.",
}
AFRESH = "{fund} gives {stage} a chance of {belief}; its patience of {tolerance} begins anew."
BY_BELIEF = {
    int(accounts.ROUND): "{fund} gives {stage} a chance of {belief}; a holder that believes less than {cutoff} stops.",
    int(accounts.TRANCHE): "{fund} gives {stage} a chance of {belief} after {silence} without a milestone{allowance}; below {cutoff} it would stop.",
    int(accounts.STOPPED): "{fund} gives {stage} a chance of {belief} after {silence} without a milestone{allowance}; going on would take {cutoff}, so it stops.",
}


# ----------------------------------------------------------------------------------------------------- words for values


def date(tick: int, language: str = "en") -> str:
    """A quarter in words: years since the start, and which quarter of the year.

    >>> date(13), date(13, "zh")
    ('Year 3, Q2', '第3年第2季度')
    """
    return say("Year {year}, Q{quarter}", language, year=int(tick) // TICKS_PER_YEAR, quarter=int(tick) % TICKS_PER_YEAR + 1)


def money(fen: float, language: str = "en") -> str:
    """A sum of money in words, to three figures, in the unit that suits its size.

    >>> money(531_000_000), money(3_960_000), money(460_000_000_000)
    ('5.31 million RMB', '39.6 thousand RMB', '4.60 billion RMB')
    >>> money(531_000_000, "zh"), money(460_000_000_000, "zh")
    ('531万元', '46.0亿元')
    """
    yuan = fen / FEN_PER_MILLION * 1e6
    units = ((1e8, "亿元"), (1e4, "万元"), (1.0, "元")) if language == "zh" else ((1e9, " billion RMB"), (1e6, " million RMB"), (1e3, " thousand RMB"), (1.0, " RMB"))
    size, unit = next(((size, unit) for size, unit in units if abs(yuan) >= 0.9995 * size), units[-1])
    amount = yuan / size
    digits = 0 if abs(amount) >= 99.95 or size == 1.0 else 1 if abs(amount) >= 9.995 else 2
    return f"{amount:,.{digits}f}{unit}"


def percent(share: float) -> str:
    """A share in words, with as many digits as tell small ones apart.

    >>> percent(0.413), percent(0.0213), percent(0.00012)
    ('41%', '2.1%', '0.01%')
    """
    return f"{share:.0%}" if share >= 0.0995 or share == 0 else f"{share:.1%}" if share >= 0.00995 else f"{share:.2%}"


def span(quarters_: float) -> str:
    """A length of time in years, to the quarter or a tenth."""
    years = quarters_ / TICKS_PER_YEAR
    return f"{years:.2f}".rstrip("0").rstrip(".") if abs(years * 4 - round(years * 4)) < 1e-9 else f"{years:.1f}"


def years(quarters_: float, language: str) -> str:
    """A length of time with its unit.

    >>> years(4, "en"), years(9.3, "en"), years(2, "zh")
    ('1 year', '2.3 years', '0.5年')
    """
    number = span(quarters_)
    return say("1 year", language) if number == "1" else say("{number} years", language, number=number)


def listed(parts: list[str], language: str) -> str:
    """Things one after the other, as a sentence lists them."""
    if language == "zh":
        return "、".join(parts)
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def stage_name(link: int, language: str) -> str:
    return say(STAGES[link], language)


# --------------------------------------------------------------------------------------------------------------- a story


@dataclass(frozen=True)
class Story:
    """The story of one venture. Printing it tells it; a notebook shows it as Markdown.

    `events` are its lines of the event log as a frame, `lines` the sentences with the tick of each, `beliefs` a frame with a line for each investor's
    decision (see `tell`), None where the run could not be lived again. `parting` tells of its twin in the other world, if one was given.
    """

    venture: str
    name: str
    events: Any
    lines: tuple[tuple[int, str], ...]
    end: str
    beliefs: Any = None
    parting: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    language: str = "en"

    @property
    def title(self) -> str:
        return say("{name} ({venture})", self.language, name=self.name, venture=self.venture)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The whole story, a sentence or a few for each thing that happened, each with its date."""
        return (*(self._dated(tick, told) for tick, told in self.lines), self.end, *self.parting, *self.notes)

    def _dated(self, tick: int, told: str) -> str:
        return date(tick, self.language) + ("：" if self.language == "zh" else ": ") + told

    @property
    def quarters(self) -> tuple[tuple[int, str], ...]:
        """The sentences of each quarter together."""
        return tuple((tick, _joined([told for _, told in of_tick], self.language)) for tick, of_tick in groupby(self.lines, key=lambda line: line[0]))

    def __str__(self) -> str:
        parts = [self.title, *(self._dated(tick, told) for tick, told in self.quarters), self.end]
        if self.parting:
            parts += ["", say("In the other world", self.language), *self.parting]
        return "\n".join([*parts, *(["", *self.notes] if self.notes else [])])

    __repr__ = __str__

    def wrapped(self, width: int = 100) -> str:
        """The story for a terminal."""
        return wrapped(str(self), width, self.language)

    def markdown(self) -> str:
        """The story in Markdown: a heading, and a list of quarters with what happened in each."""
        told = [f"- **{date(tick, self.language)}** {unmarked(text)}" for tick, text in self.quarters]
        parts = [f"### {unmarked(self.title)}", "", *told, "", unmarked(self.end)]
        if self.parting:
            parts += ["", f"#### {say('In the other world', self.language)}", "", *(f"- {unmarked(line)}" for line in self.parting)]
        return "\n".join([*parts, *(line for note in self.notes for line in ("", f"*{unmarked(note)}*"))]) + "\n"

    _repr_markdown_ = markdown


def wrapped(text: str, width: int, language: str, later: str | None = None) -> str:
    """Lines of text for a terminal: none longer than `width` letters, of which a Chinese character takes two, and Chinese ones begin with no closing mark.

    `later` stands before what a line is continued with; four blanks more than the line begins with if nothing is said.
    """
    lines = []
    for line in text.split("\n"):
        indent = " " * (4 + len(line) - len(line.lstrip())) if later is None else later
        if language == "zh":
            lines += _wrapped_chinese(line, width, indent)
        else:
            lines += textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return "\n".join(lines)


def _wrapped_chinese(line: str, width: int, indent: str) -> list[str]:
    """A line broken between characters, numbers and ids kept whole."""
    lines, used = [""], 0
    for part in re.findall(rf"(?:[\x21-\x7e]+|.)[{CLOSING}]*", line):
        long = sum(2 if ord(letter) > 0x2000 else 1 for letter in part)
        if used + long > width and lines[-1].strip():
            lines.append(indent)
            used = len(indent)
        lines[-1] += part
        used += long
    return lines


def unmarked(text: str) -> str:
    """Text that Markdown shows as it is: names of cities and programmes may come from anybody's file."""
    for mark in "\\`*_[]<>#|":
        text = text.replace(mark, "\\" + mark)
    return text


def tell(history: History, row: int, lines: Any, other: History | None, language: str) -> Story:
    """The story of the venture in a row, from its lines of the log.

    The frame of beliefs has a line for each fund's decision that the log has: `decision` (round, tranche, stopped), `milestone` that is worked on (None in
    the market), `belief` that it can be reached at all (NaN in the market), `silence` (years without a milestone; for a holder, since its purchase at most),
    `tolerance` (years; NaN under the Bayesian rule), the `rule` (patience or bayesian), and under the Bayesian one the belief that is `judged`, its slack
    allowed for, with the `cutoff` below which a holder stops.
    """
    teller = Teller(history, row, language)
    read, hidden = Rerun(history).read(row, lines) if Rerun.possible(history) else (None, {})
    groups: list[tuple[int, str]] = []
    for tick, alike in within_a_tick(lines):
        told = teller.tell(alike)
        if read is not None:
            told = _joined([told, *teller.believed(alike, read), *teller.unseen(alike, hidden.get(tick))], language)
        groups.append((tick, told))
    unlived = say("What its investors believed is not told: this run cannot be lived again to the letter, since its scenario or its rules are not at hand.", language)
    parting: tuple[str, ...] = ()
    if other is not None:
        from .twins import tell_parting

        parting = tell_parting(history, other, row, language)
    return Story(
        venture=id_of("venture", row), name=name_of(history, "venture", row, language), events=history._events(lines), lines=tuple(groups),
        end=teller.end(history.last), beliefs=None if read is None else beliefs_frame(read), parting=parting,
        notes=() if read is not None else (unlived,), language=language,
    )  # fmt: skip


def within_a_tick(lines: Any) -> Iterator[tuple[int, list[dict[str, int]]]]:
    """Lines of the log in the order of telling: those of one quarter that say the same kind of thing together; payments after the end that they follow from."""
    names = lines.dtype.names
    for tick, of_tick in groupby(lines.tolist(), key=lambda line: line[0]):
        alike = [[dict(zip(names, line, strict=True)) for line in group] for _, group in groupby(of_tick, key=lambda line: line[1])]
        if any(group[0]["what"] in ENDS for group in alike):
            alike.sort(key=lambda group: group[0]["what"] in LATE)
        for group in alike:
            yield tick, group


def _joined(sentences: list[str], language: str) -> str:
    return ("" if language == "zh" else " ").join(sentence for sentence in sentences if sentence)


# ------------------------------------------------------------------------------------------------ living the run again


class Belief(NamedTuple):
    """What a fund thought of a venture when it decided. Times in quarters; `link` is the milestone that was worked on, -1 in the market."""

    tick: int
    fund: int
    what: int
    silence: float
    tolerance: float
    patience: bool  # the rule of thumb decides; else the Bayesian rule
    link: int = -1
    belief: float = NOTHING
    seen: bool = False
    judged: float = NOTHING
    cutoff: float = NOTHING


class Unseen(NamedTuple):
    """What nature had decided about a milestone, which nobody could see: whether it was feasible, and how many quarters of full work were still to come."""

    link: int
    feasible: bool
    still: float


class Rerun:
    """A run lived again from its start, so that what the log does not keep can be read.

    Each quarter of a decision is lived whole, and the venture's row is read before and after it. What a decision of phase 6 reads of a venture (milestones, effort,
    silence) changes in phase 5 alone, so that it stands there after the quarter as it stood at the decision; what later phases of the same quarter may
    change (who holds what, whether it has been abandoned) is taken from before the quarter and from the log. A run with other settings or rules is
    found out by its log, which must be the same line for line.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.size = first_guess(history.settings, history.years, True)
        self.open()

    @staticmethod
    def possible(history: History) -> bool:
        """Whether scenario and rules of the run are at hand."""
        from .history import source_hash

        return history.settings is not None and history.provenance["rules"] == source_hash()

    def open(self) -> None:
        self.world = open_run(self.history.settings, self.history.seed, self.history.years, record=True, size=self.size)

    def live_until(self, tick: int) -> None:
        """Quarters up to a tick; where a table turns out too small, all again in larger ones."""
        quarters(self.world, tick)
        while self.world.clock[0].full or self.world.clock[0].n_events > len(self.world.events):
            self.size = self.size.doubled()
            self.open()
            quarters(self.world, tick)

    def is_the_same(self) -> bool:
        """Whether all that has happened so far is what the log of the history says."""
        n = int(self.world.clock[0].n_events)
        return bool(np.array_equal(np.asarray(self.world.events[:n]), np.asarray(self.history.world.events[:n])))

    def read(self, row: int, lines: Any) -> tuple[list[Belief] | None, dict[int, Unseen]]:
        """What was believed at each decision about a venture, and what nobody saw when the last investor stopped; (None, {}) if this is not the same run."""
        deciding = lines[np.isin(lines["what"], [*DECISIONS, int(accounts.ABANDONED)])]
        read: list[Belief] = []
        hidden: dict[int, Unseen] = {}
        for tick, of_tick in groupby(deciding.tolist(), key=lambda line: line[0]):
            self.live_until(tick)
            before = self.world.ventures[row].copy()
            self.live_until(tick + 1)
            if not self.is_the_same():
                return None, {}
            after = self.world.ventures[row]
            group = [dict(zip(lines.dtype.names, line, strict=True)) for line in of_tick]
            abandoned = any(line["what"] == int(accounts.ABANDONED) for line in group)
            if abandoned and after.market_entry < 0:
                hidden[tick] = Unseen(int(after.link), bool(after.feasible), max(0.0, float(after.needed - after.effort)))
            read += [self.belief(tick, before, after, line, abandoned) for line in group if line["what"] in DECISIONS]
        return read, hidden

    def belief(self, tick: int, before: Any, after: Any, line: dict[str, int], abandoned: bool) -> Belief:
        """What a fund believed when it decided: the rules' own `opinion_of` and `belief_in`, over the row as the fund met it."""
        w, p, fund = self.world, self.world.p[0], line["whom"]
        m = w.managers[w.funds[fund].manager]
        patience = int(p.fund_stopping) == int(PATIENCE_RULE)
        insider = line["what"] != int(accounts.ROUND)
        v, slot = as_decided(before, after, tick, fund, insider, abandoned)
        since = max(int(v.last_milestone), int(v.since[slot])) if insider else int(v.last_milestone)
        found = Belief(tick, fund, line["what"], silence=float(tick - since), tolerance=float(m.tolerance) if patience else NOTHING, patience=patience)
        if v.status == SELLING:
            return found
        z, spread = opinion_of(p, w.tables[0], m, v, bool(v.tie[slot] == 1), w.clock[0].seed)
        found = found._replace(link=int(v.link), belief=float(belief_in(p, v, z, p.market_insider_stop_discount)), seen=bool(v.seen))
        if patience:
            return found
        rate = arrival_rate(p, v.form, v.sector, v.link)
        prize = rate * worth_ahead(p, w.tables[0], m, v.form, v.sector, v.link, z, spread)
        judged = belief_after(feasibility(p, v.form, v.link, z), rate, effort_paid_for(v) - p.fund_slack[m.kind])
        cutoff = planned_burn(p, v.form, v.sector, v.link) / prize if prize > 0 else float("inf")
        return found._replace(judged=1.0 if v.seen else float(judged), cutoff=float(cutoff))


def as_decided(before: Any, after: Any, tick: int, fund: int, insider: bool, abandoned: bool) -> tuple[Any, int]:
    """A venture's row as a fund met it in phase 6 of a quarter, and the fund's place in its cap table.

    A holder's purchase and tie are those before the quarter; a newcomer's stand in the table after it. Outsiders hear the pitch after insiders have decided, so
    that they know of those who have just stopped.
    """
    v = after.copy()
    v.status = BUILDING if after.market_entry < 0 else SELLING
    v.abandoned = before.abandoned if after.founded < tick and after.last_milestone < tick else -1
    if insider:
        v.since, v.tie, v.holder = before.since, before.tie, before.holder
    elif abandoned:
        v.abandoned = tick
    places = np.flatnonzero(np.asarray(v.holder) == fund)
    return v, int(places[0]) if len(places) else 0


def beliefs_frame(read: list[Belief]) -> Any:
    """Beliefs as a frame in natural units."""
    import pandas

    years = [(one.silence / TICKS_PER_YEAR, one.tolerance / TICKS_PER_YEAR) for one in read]
    rows = [
        (
            one.tick, one.tick / TICKS_PER_YEAR, id_of("fund", one.fund), DECISIONS[one.what], STAGES[one.link] if one.link >= 0 else None, one.belief, silence,
            tolerance, "patience" if one.patience else "bayesian", one.judged, one.cutoff,
        )
        for one, (silence, tolerance) in zip(read, years, strict=True)
    ]  # fmt: skip
    frame = pandas.DataFrame(rows, columns=list(BELIEFS))
    frame.attrs["units"] = dict(zip(BELIEFS, ("tick", "year", "id", "name", "name", "share", "years", "years", "name", "share", "share"), strict=True))
    return frame


# -------------------------------------------------------------------------------------------------------------- sentences


class Teller:
    """Tells the life of the venture in a row, in a language: a sentence for what happened, one for what was believed."""

    def __init__(self, history: History, row: int, language: str) -> None:
        self.history, self.world, self.row, self.language = history, history.world, row, language
        self.v = history.world.ventures[row]
        self.name = name_of(history, "venture", row, language)
        self.programmes = [programme["title"] for programme in history.provenance["scenario"]["running"]]
        self.cities = [city["name"] for city in history.provenance["scenario"]["cities"]]
        self.rounds = 0
        self.tell_by = {
            int(accounts.FOUNDED): self.founded, int(accounts.MILESTONE): self.milestone, int(accounts.ROUND): self.round,
            int(accounts.TRANCHE): self.tranche, int(accounts.STOPPED): self.stopped, int(accounts.ABANDONED): self.abandoned,
            int(accounts.MARKET_ENTRY): self.market_entry, int(accounts.CLOSED): self.closed, int(accounts.ACQUIRED): self.acquired,
            int(accounts.LISTED): self.listed, int(accounts.UNICORN_PAPER): self.unicorn_paper,
            int(accounts.UNICORN_FUNDAMENTAL): self.unicorn, int(accounts.GRANT): self.grant, int(accounts.REPAID): self.repaid,
            int(accounts.SOLD_STAKE): self.sold_stake, int(accounts.REDEEMED): self.redeemed, int(accounts.GAVE_BACK): self.gave_back,
            int(accounts.LAPSED): self.lapsed, int(accounts.SERVED): self.served, int(accounts.STAKE): self.stake,
            int(accounts.BOUGHT_BACK): self.bought_back, int(accounts.RELOCATED): self.relocated, int(accounts.PAID_OUT): self.paid_out,
            int(accounts.LOAN_GRANTED): self.loan_granted, int(accounts.LOAN_REPAID): self.loan_repaid, int(accounts.LOAN_DEFAULT): self.loan_lost,
        }  # fmt: skip

    def tell(self, lines: list[dict[str, int]]) -> str:
        """What happened, from the lines of one quarter that say the same kind of thing."""
        return self.tell_by[int(lines[0]["what"])](lines)

    def agent(self, kind: str, row: int) -> str:
        """An agent's name with its id."""
        return say("{name} ({id})", self.language, name=name_of(self.history, kind, row, self.language), id=id_of(kind, row))

    def fund(self, row: int) -> str:
        return self.agent("fund", row)

    def money(self, fen: float) -> str:
        return money(fen, self.language)

    def listed_(self, parts: list[str]) -> str:
        return listed(parts, self.language)

    def with_amounts(self, lines: list[dict[str, int]]) -> str:
        return self.listed_([say("{fund} {amount}", self.language, fund=self.fund(line["whom"]), amount=self.money(line["amount"])) for line in lines])

    def programme(self, row: int) -> str:
        return say(self.programmes[row], self.language)

    def city(self, row: int) -> str:
        return say(self.cities[row], self.language) if self.cities else name_of(self.history, "city", row, self.language)

    def founded(self, lines: list[dict[str, int]]) -> str:
        v, e, language = self.v, self.world.people[self.v.founder], self.language
        kind = say(PERSON_KINDS[e.kind], language)
        founder = self.agent("person", v.founder)
        if e.university >= 0:
            who = say("{founder}, a {kind} of {university},", language, founder=founder, kind=kind, university=self.agent("university", e.university))
        else:
            who = say("{founder}, a {kind},", language, founder=founder, kind=kind)
        told = say(
            "{who} founds {venture}: {form} innovation in {sector}, with a team of {team} and {savings} of savings. It begins with {stage}.",
            language, who=who, venture=say("{name} ({id})", language, name=self.name, id=id_of("venture", self.row)), form=say(FORMS[v.form], language),
            sector=say(SECTORS[v.sector], language), team=v.team, savings=self.money(lines[0]["amount"]), stage=stage_name(v.start_link, language),
        )  # fmt: skip
        more = {
            int(INDEPENDENT): "", int(SPINOUT): say("It is a spinout of the university.", language),
            int(SERIAL): say("It is not this founder's first venture.", language),
        }[int(v.origin)]  # fmt: skip
        seat = say("Its seat is in {city}.", language, city=self.city(v.birthplace)) if self.cities else ""
        return _joined([told, more, seat], language)

    def relocated(self, lines: list[dict[str, int]]) -> str:
        return say("It moves its seat from {old} to {new}.", self.language, old=self.city(lines[0]["amount"]), new=self.city(lines[0]["whom"]))

    def milestone(self, lines: list[dict[str, int]]) -> str:
        link = lines[0]["amount"]
        done = stage_name(link - 1, self.language)
        if link >= len(LINKS):
            return say("The milestone of {done} is reached.", self.language, done=done)
        return say("The milestone of {done} is reached; {next} begins.", self.language, done=done, next=stage_name(link, self.language))

    def round(self, lines: list[dict[str, int]]) -> str:
        self.rounds += 1
        size = sum(line["amount"] for line in lines)
        share = sum(line["shares"] for line in lines) / self.all_shares_after(lines[-1])
        told = {
            "lead": self.fund(lines[0]["whom"]), "ordinal": self.ordinal(self.rounds), "size": self.money(size), "share": f"{share:.1%}",
            "price": self.money(size / share),
        }  # fmt: skip
        if len(lines) == 1:
            return say("{lead} leads the {ordinal} round of {size} and receives {share} of the firm, which is priced at {price}.", self.language, **told)
        text = "{lead} leads the {ordinal} round of {size} and {other} joins; together they receive {share} of the firm, which is priced at {price}."
        return say(text, self.language, other=self.fund(lines[1]["whom"]), **told)

    def ordinal(self, number: int) -> str:
        if self.language == "zh":
            return say("round {number}", "zh", number=number)
        return ORDINALS[number - 1] if number <= len(ORDINALS) else f"{number}th"

    def all_shares_after(self, line: dict[str, int]) -> int:
        """The number of shares when those of a line have just been issued."""
        ledger = self.history.ledger
        mine = ledger.venture == self.row
        issued = mine & (ledger.tick == line["tick"]) & (ledger.holder == line["whom"]) & (ledger.shares == line["shares"])
        until = int(np.flatnonzero(issued)[-1]) + 1
        return int(ledger.shares[:until][mine[:until]].sum())

    def tranche(self, lines: list[dict[str, int]]) -> str:
        return say("Investors pay a further tranche: {amounts}.", self.language, amounts=self.with_amounts(lines))

    def stopped(self, lines: list[dict[str, int]]) -> str:
        return say("{funds} will pay no more.", self.language, funds=self.listed_([self.fund(line["whom"]) for line in lines]))

    def abandoned(self, lines: list[dict[str, int]]) -> str:
        return say("No investor supports it any longer; {raised} had been raised.", self.language, raised=self.money(lines[0]["amount"]))

    def market_entry(self, lines: list[dict[str, int]]) -> str:
        return say("It enters the market with revenue of {revenue} a year.", self.language, revenue=self.money(lines[0]["amount"]))

    def closed(self, lines: list[dict[str, int]]) -> str:
        return say(HOW[lines[0]["amount"]], self.language, venture=self.name)

    def acquired(self, lines: list[dict[str, int]]) -> str:
        return say("{venture} is acquired for {price}.", self.language, venture=self.name, price=self.money(lines[0]["amount"]))

    def listed(self, lines: list[dict[str, int]]) -> str:
        text = "{venture} is listed on the stock market at {price}; its investors sell."
        return say(text, self.language, venture=self.name, price=self.money(lines[0]["amount"]))

    def unicorn_paper(self, lines: list[dict[str, int]]) -> str:
        return say("A unicorn on paper: its equity is priced at {price}.", self.language, price=self.money(lines[0]["amount"]))

    def unicorn(self, lines: list[dict[str, int]]) -> str:
        return say("A unicorn by fundamental value: it is worth {value}.", self.language, value=self.money(lines[0]["amount"]))

    def grant(self, lines: list[dict[str, int]]) -> str:
        return self.each("An office grants it {amount} ({programme}).", lines)

    def lapsed(self, lines: list[dict[str, int]]) -> str:
        return self.each("A further {amount} is not paid ({programme}).", lines)

    def stake(self, lines: list[dict[str, int]]) -> str:
        return self.each("An office takes a stake for {amount} ({programme}).", lines)

    def each(self, text: str, lines: list[dict[str, int]]) -> str:
        """A sentence for each line, about a programme and its money."""
        told = [say(text, self.language, amount=self.money(line["amount"]), programme=self.programme(line["whom"])) for line in lines]
        return _joined(told, self.language)

    def repaid(self, lines: list[dict[str, int]]) -> str:
        return say("It pays {amount} back to a grant programme.", self.language, amount=self.money(sum(line["amount"] for line in lines)))

    def served(self, lines: list[dict[str, int]]) -> str:
        return say("An office helps in kind: {programmes}.", self.language, programmes=self.listed_([self.programme(line["whom"]) for line in lines]))

    def bought_back(self, lines: list[dict[str, int]]) -> str:
        return say("It buys an office's stake back for {amount}.", self.language, amount=self.money(sum(line["amount"] for line in lines)))

    def sold_stake(self, lines: list[dict[str, int]]) -> str:
        ledger = self.history.ledger
        gone = (ledger.venture == self.row) & (ledger.tick == lines[0]["tick"]) & (ledger.holder >= 0) & (ledger.shares < 0)
        sellers = ledger.holder[gone].tolist()[-len(lines) :]  # funds end last in a quarter
        sales = [
            say("{seller} to {buyer} for {price}", self.language, seller=self.fund(seller), price=self.money(line["amount"]), buyer=self.buyer(line["whom"]))
            for seller, line in zip(sellers, lines, strict=True)
        ]
        return say("What funds hold is sold at the end of their lives: {sales}.", self.language, sales=self.listed_(sales))

    def buyer(self, row: int) -> str:
        return self.fund(row) if row >= 0 else say("outside investors", self.language)

    def redeemed(self, lines: list[dict[str, int]]) -> str:
        return say("Investors use their redemption clause and receive back: {amounts}.", self.language, amounts=self.with_amounts(lines))

    def paid_out(self, lines: list[dict[str, int]]) -> str:
        return say("Its investors are paid for their stakes: {amounts}.", self.language, amounts=self.with_amounts(lines))

    def gave_back(self, lines: list[dict[str, int]]) -> str:
        return say("The founder gives {amount} back to alumni and young founders.", self.language, amount=self.money(lines[0]["amount"]))

    def loan_granted(self, lines: list[dict[str, int]]) -> str:
        return say("The bank lends it {amount}.", self.language, amount=self.money(sum(line["amount"] for line in lines)))

    def loan_repaid(self, lines: list[dict[str, int]]) -> str:
        return say("It has paid its loan back; the last payment is {amount}.", self.language, amount=self.money(sum(line["amount"] for line in lines)))

    def loan_lost(self, lines: list[dict[str, int]]) -> str:
        return say("The bank does not get {amount} of its loan back.", self.language, amount=self.money(sum(line["amount"] for line in lines)))

    def end(self, last: int) -> str:
        """How the story ends: how long it lived, or what it does at the end of the run."""
        v, language = self.v, self.language
        if v.ended >= 0:
            return say("It lived {age}.", language, age=years(v.ended - v.founded, language))
        age, over = years(last + 1 - v.founded, language), last + 1 >= self.world.clock[0].last
        now = say("At the end of the run", language) if over else say("So far", language)
        if v.link < len(LINKS):
            return say("{now}, at {age}, it works on {stage}.", language, now=now, age=age, stage=stage_name(v.link, language))
        text = "{now}, at {age}, it sells for {revenue} a year and is worth {value}."
        return say(text, language, now=now, age=age, revenue=self.money(v.revenue), value=self.money(v.value))

    # ------------------------------------------------------------------------------------------------ what was believed

    def believed(self, lines: list[dict[str, int]], read: list[Belief]) -> list[str]:
        """A sentence for each fund that decided: what it believed, how long it has waited, and by which rule it decides."""
        deciders = {(line["tick"], line["what"], line["whom"]) for line in lines}
        those = [one for one in read if (one.tick, one.what, one.fund) in deciders]
        return [told for one in those if (told := self.belief(one, alone=len(those) == 1))]

    def belief(self, one: Belief, alone: bool) -> str:
        """What one fund believed; it was named in the sentence before."""
        fund = say("The fund", self.language) if alone else name_of(self.history, "fund", one.fund, self.language)
        if one.link < 0:
            return self.in_the_market(one, fund)
        if one.seen:
            text = "{fund} can see that {stage} can be reached." if one.belief > 0 else "{fund} can see that {stage} cannot be reached."
            return say(text, self.language, fund=fund, stage=stage_name(one.link, self.language))
        text = (BY_PATIENCE if one.patience else BY_BELIEF)[one.what]
        if one.patience and one.silence == 0 and one.what == int(accounts.TRANCHE):
            text = AFRESH
        allowance = ""
        if not one.patience and one.what != int(accounts.ROUND) and abs(one.judged - one.belief) > 1e-12:
            allowance = say(", or of {judged} with its slack allowed for", self.language, judged=percent(one.judged))
        return say(
            text, self.language, fund=fund, stage=stage_name(one.link, self.language), belief=percent(one.belief), silence=years(one.silence, self.language),
            tolerance=years(one.tolerance, self.language) if one.patience else "", allowance=allowance, cutoff=self.cutoff(one.cutoff),
        )  # fmt: skip

    def cutoff(self, belief: float) -> str:
        return percent(belief) if belief <= 1 else say("certainty", self.language)

    def in_the_market(self, one: Belief, fund: str) -> str:
        """A firm that sells has no milestone to believe in: its sales speak, and silence is the time in which they have not doubled. Told from a year on."""
        if one.what == int(accounts.ROUND) or one.silence < TICKS_PER_YEAR:
            return ""
        if not one.patience:
            return say("{fund} goes by what the firm is worth now.", self.language, fund=fund)
        text = "{fund} has waited {silence} of the {tolerance} that it bears for sales to double."
        if one.what == int(accounts.STOPPED):
            text = "{fund} has waited {silence} for sales to double and bears {tolerance}."
        return say(text, self.language, fund=fund, silence=years(one.silence, self.language), tolerance=years(one.tolerance, self.language))

    def unseen(self, lines: list[dict[str, int]], hidden: Unseen | None) -> list[str]:
        """What nobody could see when the last investor stopped."""
        if hidden is None or lines[0]["what"] != int(accounts.ABANDONED):
            return []
        stage = stage_name(hidden.link, self.language)
        if not hidden.feasible:
            return [say("What nobody could see: {stage} could not be reached, however long they had waited.", self.language, stage=stage)]
        text = "What nobody could see: {stage} could be reached, with {still} more of full work."
        return [say(text, self.language, stage=stage, still=years(hidden.still, self.language))]
