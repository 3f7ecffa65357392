"""Twin worlds: the same people with the same ideas and the same luck, under another policy.

    here, there = simulate("baseline", seed=1), simulate("baseline", seed=1, changes={"fund.tolerance.market": 7})
    pairs = twins(here, there)
    pairs                                  counts: unicorns only here, only there, deaths only here, only there
    pairs.table                            each venture by its key: what became of it here and there, when the two lives part, and why
    pairs.only_there("unicorn")            those that this policy lost
    pairs.story(key)                       both lives side by side, from the parting on

A venture is the same in both worlds if it is the same person's idea of the same number (its `key`). Two lives part in the quarter of the first event that
one has and the other has not: another date, another partner, another sum. What partners are called holds in both worlds, ids do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seedbed.agents import accounts
from seedbed.agents.errors import BadInput
from seedbed.agents.venture import BOUGHT, ENDINGS, FORMS, PUBLIC, SHUT

from .language import check_language, say
from .names import name_of, venture_name
from .stories import date, listed, money, stage_name, unmarked, wrapped
from .words import EVENTS, id_of, ids
from .world import TICKS_PER_YEAR

if TYPE_CHECKING:
    import pandas

    from .history import History
    from .stories import Story

__all__ = ["FATES", "SideBySide", "Twins", "twins"]

FATES = ("unicorn", "listed", "acquired", "closed", "living", "never founded")
UNICORN, LISTED, ACQUIRED, CLOSED, LIVING, NEVER = range(len(FATES))
KEY_OF = {"fund": "funds", "person": "people", "programme": "programmes"}
COLUMNS = ("name", "here", "there", "fate_here", "fate_there", "parted", "why")

# What happened, in a few words: for the moment at which two lives part.
BRIEFLY = {
    int(accounts.FOUNDED): "it is founded ({form})", int(accounts.MILESTONE): "the milestone of {stage} is reached",
    int(accounts.ROUND): "{partner} invests {amount}", int(accounts.TRANCHE): "{partner} pays a further {amount}",
    int(accounts.STOPPED): "{partner} will pay no more", int(accounts.ABANDONED): "no investor is left", int(accounts.MARKET_ENTRY): "it enters the market",
    int(accounts.CLOSED): "it closes ({ending})", int(accounts.ACQUIRED): "it is acquired for {amount}", int(accounts.LISTED): "it is listed at {amount}",
    int(accounts.UNICORN_PAPER): "it becomes a unicorn on paper", int(accounts.UNICORN_FUNDAMENTAL): "it becomes a unicorn by fundamental value",
    int(accounts.GRANT): "an office grants {amount} ({partner})", int(accounts.REPAID): "it pays {amount} of a grant back",
    int(accounts.SOLD_STAKE): "a stake goes to {partner} for {amount}", int(accounts.REDEEMED): "{partner} calls {amount} back by its redemption clause",
    int(accounts.GAVE_BACK): "its founder gives {amount} back", int(accounts.LAPSED): "{amount} of a grant are not paid ({partner})",
    int(accounts.SERVED): "an office helps in kind ({partner})", int(accounts.STAKE): "an office takes a stake for {amount} ({partner})",
    int(accounts.BOUGHT_BACK): "it buys an office's stake back for {amount}", int(accounts.RELOCATED): "it moves its seat to {partner}",
    int(accounts.PAID_OUT): "{partner} receives {amount} for its stake", int(accounts.LOAN_GRANTED): "the bank lends {amount}",
    int(accounts.LOAN_REPAID): "its loan is paid back", int(accounts.LOAN_DEFAULT): "the bank loses {amount}",
}  # fmt: skip
FIRST = tuple(int(what) for what in (accounts.FOUNDED, accounts.STOPPED, accounts.ROUND, accounts.TRANCHE, accounts.MILESTONE))
"""What decides a life, before what follows from it."""
LONGEST_RUN = 1_000_000  # quarters, and more
SAME = 5  # values that make a line the same
MOST_TOLD = 3  # events of a quarter that a reason spells out


def twins(here: History, there: History, *, paper: bool = False, language: str = "en") -> Twins:
    """Pair the ventures of two runs of one seed under two policies.

    `paper`: a unicorn is one on paper rather than by fundamental value. `language`: of names and reasons. The runs may be unfinished, at the same quarter.
    Raises BadInput unless both have the same seed, years and quarter, and an event log.
    """
    check_language(language, "twins")
    check_pair(here, there, "twins")
    return Twins(here, there, bool(paper), language)


def check_pair(here: Any, there: Any, where: str) -> None:
    """Refuse two runs that are no twins."""
    from .history import History

    for history in (here, there):
        if not isinstance(history, History):
            raise BadInput(what="a twin", given=type(history).__name__, allowed="a History, as simulate returns it", where=where)
        if not history.recorded:
            raise BadInput(what="a twin", given="a run without an event log", allowed="a run with its event log; run it again with record=True", where=where)
    for what, one, other in (("seed", here.seed, there.seed), ("years", here.years, there.years), ("last quarter", here.last, there.last)):
        if one != other:
            raise BadInput(what=f"the {what} of twin worlds", given=[one, other], allowed=f"the same {what} in both: only the policy may differ", where=where)


# ------------------------------------------------------------------------------------------------------ lives as arrays


class Lives(NamedTuple):
    """All lines of a log about ventures, sorted by the venture's key and the quarter; partners by their keys, so that two worlds can be compared.

    `rows` are the ventures in the order of their keys, `start` and `stop` say which lines are theirs.
    """

    lines: np.ndarray  # of the log, sorted
    values: tuple[np.ndarray, ...]  # tick, what, partner's key, amount, shares: what makes a line the same
    keys: np.ndarray
    rows: np.ndarray
    order: np.ndarray  # places of the lines in the log
    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def of(cls, history: History) -> Lives:
        ventures = history._rows("ventures")
        events = np.asarray(history._rows("events"))
        events = events[np.isin(events["what"], [code for code, event in EVENTS.items() if event.who == "venture"])]
        key = np.asarray(ventures["key"])[events["who"]]
        partner = np.where(events["whom"] >= 0, events["whom"], -1).astype(np.int64).view(np.uint64)
        for code, event in EVENTS.items():
            mine = (events["what"] == code) & (events["whom"] >= 0)
            if event.whom in KEY_OF and mine.any():
                partner[mine] = np.asarray(getattr(history.world, KEY_OF[event.whom])["key"])[events["whom"][mine]]
        shares = np.where(events["what"] == accounts.FOUNDED, np.asarray(ventures["form"])[events["who"]], events["shares"])
        values = (events["tick"], events["what"], partner, events["amount"], shares)
        order = np.lexsort((*values[::-1], key))
        by_key = np.argsort(ventures["key"])
        keys = np.asarray(ventures["key"])[by_key]
        sorted_keys = key[order]
        start, stop = np.searchsorted(sorted_keys, keys), np.searchsorted(sorted_keys, keys, side="right")
        return cls(events[order], tuple(value[order] for value in values), keys, by_key, order, start, stop)

    def at(self, places: np.ndarray, ticks: np.ndarray) -> list[list[tuple[int, ...]]]:
        """For each of some lives (-1 for none) its lines in a quarter: what makes each the same in two worlds, and then who, whom, and its place in the log."""
        lengths = self.stop - self.start
        when = np.repeat(np.arange(len(lengths)), lengths) * LONGEST_RUN + self.values[0]  # in order, as the lines are
        first, last = (np.searchsorted(when, places * LONGEST_RUN + ticks, side=side) for side in ("left", "right"))
        number = np.where(places < 0, 0, last - first)
        ends = np.cumsum(number)
        chosen = np.repeat(first - (ends - number), number) + np.arange(number.sum())
        told = list(zip(*(value[chosen].tolist() for value in (*self.values, self.lines["who"], self.lines["whom"], self.order)), strict=True))
        return [told[end - n : end] for end, n in zip(ends.tolist(), number.tolist(), strict=True)]


def _partings(one: Lives, other: Lives, places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each pair of lives the quarter of the first event that only one of them has, -1 if there is none."""
    if not len(places):
        return np.zeros(0, np.int64)
    long, long_other = (one.stop - one.start)[places], (other.stop - other.start)[others]
    both = np.minimum(long, long_other)
    begin = np.cumsum(both) - both
    step = np.arange(both.sum()) - np.repeat(begin, both)
    a, b = np.repeat(one.start[places], both) + step, np.repeat(other.start[others], both) + step
    differ = np.zeros(len(step), bool)
    for value, value_other in zip(one.values, other.values, strict=True):
        differ |= value[a] != value_other[b]
    first = np.minimum.reduceat(np.where(differ, step, np.iinfo(np.int64).max), begin)
    first = np.minimum(first, both)  # equal as far as the shorter one goes
    never = np.iinfo(np.int32).max
    ticks = [
        np.where(first < lives_long, lives.values[0][np.minimum(lives.start[which] + first, len(lives.values[0]) - 1)], never)
        for lives, which, lives_long in ((one, places, long), (other, others, long_other))
    ]
    parted = np.minimum(*ticks)
    return np.where(parted == never, -1, parted)


# ---------------------------------------------------------------------------------------------------------------- twins


@dataclass(frozen=True)
class Twins:
    """Two runs of one seed under two policies, venture by venture. Printing it counts; `table` has each.

    `table` is a frame by key: `name`, the ids `here` and `there` (None where it was never founded), `fate_here` and `fate_there` (one of FATES: a unicorn is
    one whatever became of it later), `parted` (year, NaN if the two lives are the same) and `why`, a sentence.
    """

    here: History
    there: History
    paper: bool = False
    language: str = "en"
    _said: dict[Any, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _lives(self) -> tuple[Lives, Lives]:
        return Lives.of(self.here), Lives.of(self.there)

    @cached_property
    def table(self) -> pandas.DataFrame:
        """Each venture of either world: see the class."""
        import pandas

        one, other = self._lives
        keys = np.union1d(one.keys, other.keys)
        place, place_there = _place(one.keys, keys), _place(other.keys, keys)
        rows, rows_there = _taken(one.rows, place), _taken(other.rows, place_there)
        both = (place >= 0) & (place_there >= 0)
        parted = np.full(len(keys), -1)
        parted[both] = _partings(one, other, place[both], place_there[both])
        alone = ~both
        begun, begun_there = (_taken(lives.values[0][lives.start], p) for lives, p in ((one, place), (other, place_there)))
        parted[alone] = np.where(place >= 0, begun, begun_there)[alone]
        frame = pandas.DataFrame(
            {
                "name": [venture_name(key, self.language) for key in keys.tolist()],
                "here": pandas.Series(ids("venture", rows), keys, dtype=object), "there": pandas.Series(ids("venture", rows_there), keys, dtype=object),
                "fate_here": _fates(self.here, rows, self.paper), "fate_there": _fates(self.there, rows_there, self.paper),
                "parted": np.where(parted >= 0, parted / TICKS_PER_YEAR, np.nan),
                "why": self._whys(parted, place, place_there),
            },
            index=pandas.Index(keys, name="key"),
        )  # fmt: skip
        frame.attrs["units"] = dict(zip(COLUMNS, ("name", "id", "id", "name", "name", "year", "sentence"), strict=True))
        return frame

    def only_here(self, fate: str = "unicorn") -> pandas.DataFrame:
        """Those of the table that met a fate here and another one, or none, there."""
        return self._only("fate_here", "fate_there", fate)

    def only_there(self, fate: str = "unicorn") -> pandas.DataFrame:
        """Those of the table that met a fate there and another one, or none, here."""
        return self._only("fate_there", "fate_here", fate)

    def died_only_here(self) -> pandas.DataFrame:
        """Those that closed here and that there were founded as well and did not."""
        return self._died("fate_here", "fate_there")

    def died_only_there(self) -> pandas.DataFrame:
        """Those that closed there and that here were founded as well and did not."""
        return self._died("fate_there", "fate_here")

    def _only(self, with_it: str, without: str, fate: str) -> pandas.DataFrame:
        if fate not in FATES:
            raise BadInput(what="the fate", given=fate, allowed=list(FATES), where="Twins")
        return self.table[(self.table[with_it] == fate) & (self.table[without] != fate)]

    def _died(self, closed: str, other: str) -> pandas.DataFrame:
        return self.table[(self.table[closed] == "closed") & ~self.table[other].isin(["closed", "never founded"])]

    def counts(self) -> dict[str, int]:
        """How many ventures: of either world, unicorns and deaths in one of them only, and those whose lives do not part."""
        table = self.table
        return {
            "here": int(table["here"].notna().sum()), "there": int(table["there"].notna().sum()), "same_life": int(table["parted"].isna().sum()),
            "unicorns_here": int((table["fate_here"] == "unicorn").sum()), "unicorns_there": int((table["fate_there"] == "unicorn").sum()),
            "unicorn_only_here": len(self.only_here("unicorn")), "unicorn_only_there": len(self.only_there("unicorn")),
            "died_only_here": len(self.died_only_here()), "died_only_there": len(self.died_only_there()),
        }  # fmt: skip

    def __str__(self) -> str:
        n = {name: f"{number:,}" for name, number in self.counts().items()}
        language = self.language
        return "\n".join(
            [
                say("Here: {policy}.", language, policy=policy_of(self.here, language)),
                say("There: {policy}.", language, policy=policy_of(self.there, language)),
                say("Seed {seed}, {years} years: the same people with the same luck.", language, seed=self.here.seed, years=f"{(self.here.last + 1) / TICKS_PER_YEAR:g}"),
                say("{here} ventures here and {there} there; {same_life} lives are the same in both worlds.", language, **_of(n, "here", "there", "same_life")),
                say("Unicorns: {unicorns_here} here and {unicorns_there} there; {unicorn_only_here} only here, {unicorn_only_there} only there.", language,
                    **_of(n, "unicorns_here", "unicorns_there", "unicorn_only_here", "unicorn_only_there")),
                say("Deaths in one world only: {died_only_here} died here and not there, {died_only_there} there and not here.", language,
                    **_of(n, "died_only_here", "died_only_there")),
            ]
        )  # fmt: skip

    __repr__ = __str__

    def story(self, key: int, language: str | None = None) -> SideBySide:
        """Both lives of the venture with a key, side by side from the quarter in which they part."""
        language = check_language(self.language if language is None else language, "Twins.story")
        index = self.table.index
        if isinstance(key, bool) or not isinstance(key, int | np.integer) or not 0 <= key < 2**64 or np.uint64(key) not in index:
            raise BadInput(what="the key of a venture", given=key, allowed="one of the index of the table", where="Twins.story")
        line = self.table.loc[np.uint64(key)]
        lives = [None if line[world] is None else history.story(line[world], language=language) for world, history in (("here", self.here), ("there", self.there))]
        parted = None if np.isnan(line["parted"]) else int(line["parted"] * TICKS_PER_YEAR)
        return SideBySide(venture_name(int(key), language), parted, lives[0], lives[1], language)

    # ------------------------------------------------------------------------------------------------------- reasons

    def parting(self, key: int) -> tuple[int | None, str]:
        """The quarter in which the two lives of a venture part, and why; (None, "") if they are the same. For one venture, without the table."""
        one, other = self._lives
        key_ = np.array([key], np.uint64)
        place, place_there = int(_place(one.keys, key_)[0]), int(_place(other.keys, key_)[0])
        if place >= 0 and place_there >= 0:
            tick = int(_partings(one, other, np.array([place]), np.array([place_there]))[0])
        else:
            tick = int(one.values[0][one.start[place]] if place >= 0 else other.values[0][other.start[place_there]])
        return (None, "") if tick < 0 else (tick, self._whys(*(np.array([number]) for number in (tick, place, place_there)))[0])

    def _whys(self, ticks: np.ndarray, places: np.ndarray, places_there: np.ndarray) -> list[str]:
        """For each pair of lives, what happened here and what there in the quarter in which they part; "" where they do not."""
        lines, lines_there = (lives.at(at, ticks) for lives, at in zip(self._lives, (places, places_there), strict=True))
        pairs = zip(ticks.tolist(), places.tolist(), places_there.tolist(), lines, lines_there, strict=True)
        return ["" if tick < 0 else self._why(tick, here, there, place < 0, place_there < 0) for tick, place, place_there, here, there in pairs]

    def _why(self, tick: int, lines: list[tuple[int, ...]], lines_there: list[tuple[int, ...]], never: bool, never_there: bool) -> str:
        """What happened here and what there in a quarter, but for what both have in common."""
        here = self._briefly(0, _left(lines, lines_there), never)
        there = self._briefly(1, _left(lines_there, lines), never_there)
        if here == there:
            return say("{date}: here as there {event}, on other terms.", self.language, date=date(tick, self.language), event=here)
        return say("{date}: here {here}; there {there}.", self.language, date=date(tick, self.language), here=here, there=there)

    def _briefly(self, world: int, lines: list[tuple[int, ...]], never: bool) -> str:
        if never:
            return say("it is never founded", self.language)
        if not lines:
            return say("nothing of the kind happens", self.language)
        if len(lines) > 1:
            lines = sorted(lines, key=lambda line: (line[1] not in FIRST, line[-1]))[:MOST_TOLD]
        return listed([self._brief(world, line) for line in lines], self.language)

    def _brief(self, world: int, line: tuple[int, ...]) -> str:
        """A line of the log in a few words."""
        _, what, _, amount, form, _, whom, _ = line
        language = self.language
        values: dict[str, str] = {}
        text = BRIEFLY[what]
        if "{amount}" in text:
            values["amount"] = money(amount, language)
        if "{partner}" in text:
            values["partner"] = self._partner(world, EVENTS[what].whom, whom)
        if "{form}" in text:
            values["form"] = say(FORMS[form], language)
        if "{stage}" in text:
            values["stage"] = stage_name(amount - 1, language)
        if "{ending}" in text:
            values["ending"] = say(ENDINGS[amount], language)
        return say(text, language, **values)

    def _partner(self, world: int, kind: str, row: int) -> str:
        """Who was on the other side, by the name that holds in both worlds."""
        if (world, kind, row) not in self._said:
            history = (self.here, self.there)[world]
            self._said[world, kind, row] = name_of(history, kind, row, self.language) if row >= 0 else say("outside investors", self.language)
        return self._said[world, kind, row]


def _of(values: dict[str, str], *names: str) -> dict[str, str]:
    return {name: values[name] for name in names}


def _taken(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The values at some places, -1 for no place; a world may have no venture at all."""
    return np.where(places >= 0, values[places], -1) if len(values) else np.full(len(places), -1)


def _place(sorted_keys: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Where keys stand among sorted ones; -1 where they do not."""
    place = np.minimum(np.searchsorted(sorted_keys, keys), max(len(sorted_keys) - 1, 0))
    return np.where(sorted_keys[place] == keys, place, -1) if len(sorted_keys) else np.full(len(keys), -1)


def _left(lines: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Those of the lines that the other life has not: of another kind, with another partner, or of another sum."""
    known = [line[:SAME] for line in other]
    left = []
    for line in lines:
        if line[:SAME] in known:
            known.remove(line[:SAME])
        else:
            left.append(line)
    return left


def _fates(history: History, rows: np.ndarray, paper: bool) -> list[str]:
    """What became of ventures until now; of those in negative rows, nothing."""
    v = history._rows("ventures")
    if not len(v):
        return [FATES[NEVER]] * len(rows)
    status, mark = np.asarray(v["status"])[rows], np.asarray(v["unicorn_paper" if paper else "unicorn_fundamental"])[rows]
    codes = np.select([rows < 0, mark >= 0, status == PUBLIC, status == BOUGHT, status == SHUT], [NEVER, UNICORN, LISTED, ACQUIRED, CLOSED], LIVING)
    return [FATES[code] for code in codes.tolist()]


def policy_of(history: History, language: str = "en") -> str:
    """A run's policy in words: the scenario (its name; in Chinese its title) and what was set in it by hand."""
    about = history.provenance["scenario"]
    called = say(about["title"], language) if language == "zh" else about["name"]
    made = [f"{setting['name']}={_typed(setting['value'])}" for setting in about["overrides"] if setting["where"] in ("--set", "--set-b", "python call")]
    return ("，" if language == "zh" else ", ").join([called, *made])


def _typed(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


# ---------------------------------------------------------------------------------------------------------- side by side


@dataclass(frozen=True)
class SideBySide:
    """Two lives of one venture: the same until the quarter `parted` (None: to the end), then a life `here` and one `there`. Printing it tells both."""

    name: str
    parted: int | None
    here: Story | None
    there: Story | None
    language: str = "en"

    @cached_property
    def title(self) -> str:
        ids_ = [story.venture if story else say("never founded", self.language) for story in (self.here, self.there)]
        return say("{name}: {here} here, {there} there", self.language, name=self.name, here=ids_[0], there=ids_[1])

    @cached_property
    def before(self) -> tuple[tuple[int, str], ...]:
        """What both lives have in common: sentences with their quarters."""
        story = self.here or self.there
        return tuple(line for line in story.lines if self.parted is None or line[0] < self.parted) if story else ()

    @cached_property
    def rows(self) -> tuple[tuple[int, str, str], ...]:
        """From the parting on: the quarter, what happens here and what there ("" for nothing)."""
        if self.parted is None:
            return ()
        told: dict[int, list[list[str]]] = {}
        for column, story in enumerate((self.here, self.there)):
            for tick, text in story.lines if story else ():
                if tick >= self.parted:
                    told.setdefault(tick, [[], []])[column].append(text)
        space = "" if self.language == "zh" else " "
        return tuple((tick, space.join(told[tick][0]), space.join(told[tick][1])) for tick in sorted(told))

    @cached_property
    def ends(self) -> tuple[str, str]:
        """How each story ends."""
        never = say("It is never founded.", self.language)
        return tuple(story.end if story else never for story in (self.here, self.there))  # type: ignore[return-value]

    @cached_property
    def until(self) -> str:
        """How far both lives are the same, in a sentence."""
        if self.parted is None:
            return say("The two lives are the same to the end.", self.language)
        return say("The two lives part in this quarter: {date}.", self.language, date=date(self.parted, self.language))

    def __str__(self) -> str:
        colon = "：" if self.language == "zh" else ": "
        here, there = say("Here", self.language), say("There", self.language)
        parts = [self.title, *(f"{date(tick, self.language)}{colon}{text}" for tick, text in self.before), "", self.until]
        for tick, *texts in self.rows:
            parts.append(date(tick, self.language))
            parts += [f"  {where}{colon}{text}" for where, text in zip((here, there), texts, strict=True) if text]
        if self.parted is None:
            return "\n".join([*parts, self.ends[0]])
        return "\n".join([*parts, *(f"{where}{colon}{end}" for where, end in zip((here, there), self.ends, strict=True))])

    __repr__ = __str__

    def wrapped(self, width: int = 100) -> str:
        """Both stories for a terminal."""
        return wrapped(str(self), width, self.language)

    def markdown(self) -> str:
        """Both stories in Markdown: what is common as a list, the rest as a table of two columns."""
        language = self.language
        parts = [f"### {unmarked(self.title)}", "", *(f"- **{date(tick, language)}** {unmarked(text)}" for tick, text in self.before), "", self.until]
        if self.parted is None:
            return "\n".join([*parts, "", self.ends[0]]) + "\n"
        parts += ["", f"| | {say('Here', language)} | {say('There', language)} |", "|---|---|---|"]
        parts += [f"| **{date(tick, language)}** | {unmarked(one)} | {unmarked(other)} |" for tick, one, other in self.rows]
        return "\n".join([*parts, f"| | {unmarked(self.ends[0])} | {unmarked(self.ends[1])} |"]) + "\n"

    _repr_markdown_ = markdown


def tell_parting(here: History, there: History, row: int, language: str) -> tuple[str, ...]:
    """What became of a venture's twin in another world, in sentences: the other policy, where the two lives part and why, and the fate there."""
    key = int(here.world.ventures[row].key)
    policy = say("There: {policy}.", language, policy=policy_of(there, language))
    tick, why = Twins(here, there, language=language).parting(key)
    if tick is None:
        return (policy, say("Its life there is the same, event for event.", language))
    return (policy, say("The two lives part. {why}", language, why=why), *_fate_told(there, key, language))


def _fate_told(history: History, key: int, language: str) -> list[str]:
    """What became of the venture with a key in a run, with dates."""
    rows = np.flatnonzero(np.asarray(history._rows("ventures")["key"]) == np.uint64(key))
    if not len(rows):
        return [say("There nobody founds it.", language)]
    v = history.world.ventures[rows[0]]
    told = [say("There it is {venture}.", language, venture=id_of("venture", rows[0]))]
    if v.unicorn_fundamental >= 0:
        told.append(say("There it becomes a unicorn by fundamental value ({date}).", language, date=date(v.unicorn_fundamental, language)))
    if v.listed >= 0:
        told.append(say("There it is listed ({date}).", language, date=date(v.listed, language)))
    if v.status == BOUGHT:
        told.append(say("There it is acquired for {price} ({date}).", language, price=money(v.proceeds, language), date=date(v.ended, language)))
    elif v.status == SHUT:
        told.append(say("There it closes ({date}).", language, date=date(v.ended, language)))
    else:
        told.append(say("There it is alive at the end of the run.", language))
    return told
