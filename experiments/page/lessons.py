"""Six guided demonstrations: a question, a prediction by the class, the run, and the answer with its interval.

    LESSONS                                    the six, by name, in order
    answer = run("zombies")                    the arms under the same seeds, in some seconds
    answer.correct                             "more", "fewer" or "cannot tell": which prediction the interval supports
    answer.sentences("zh")                     what was found, computed, whatever the sign
    answer.scores({"more": 21, "fewer": 4})    who was right

The texts and arms stand in lessons.toml beside this file, English; their Chinese in model/tongues/lessons.toml. A lesson holds no result: the class's own runs
decide, with seeds that no study used, and the committed answer of a large study is set beside them, so that a disagreement shows.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.model.language import check_language, say

from ..compare import DERIVED
from ..design import Arm, seeds_from
from ..judging import Table, parts_of, terms_of
from ..pool import Job
from ..report import number
from ..runner import Model, _workers_from, run_one
from ..special import SURVIVORSHIP, patience_of_winners
from ..statistics import contrast
from ..studies import RESULTS, names as study_names

__all__ = [
    "CHOICES", "LESSONS", "Answer", "Bar", "Cancelled", "Celebrated", "Found", "Large", "Lesson", "Row", "Score", "Twin", "celebrated", "figure", "interval",
    "lesson", "load", "of_the_celebrated", "run",
]  # fmt: skip

FILE = Path(__file__).with_name("lessons.toml")
CHOICES = {1: "more", -1: "fewer", 0: "cannot tell"}  # by the sign of an interval
KINDS = ("runs", "belief", "survivors")
FIRST_SEED = 1001  # a class's runs are other luck than the studies', whose seeds begin at 1: agreement then means something
FEWEST, MOST = 2, 1000  # seeds
TICKS_PER_YEAR = 4
BARE = ("ventures", "runs", "count", "ratio", "jobs", "")  # units that a sentence has in its words already


class Cancelled(RuntimeError):
    """Whoever asked for a lesson's runs has called them off."""


# -- what a lesson is -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """Something that the runs are asked: an arm against another, or an arm's level against a mark, and its sentence for each of the three verdicts."""

    name: str
    arm: str
    outcome: str
    more: str
    fewer: str
    open: str
    against: str = ""
    mark: float = 0.0
    unit: str | None = None


@dataclass(frozen=True)
class Shown:
    """An outcome of the table: the name of one, or ratios of them as in the studies, then with a label and a unit of its own."""

    outcome: str
    label: str = ""
    unit: str | None = None


@dataclass(frozen=True)
class Lesson:
    """A demonstration as it is declared. Texts are English; `say(text, language)` or the methods give them in a language.

    choices  : what the class may predict, by "more", "fewer" and "cannot tell".
    look     : what to look at in the answer; discussion: questions for afterwards.
    facts    : facts of the report (model/evidence/facts.toml); papers: author and year.
    arms     : the cities that are compared, by their differences from `scenario`; `base` is the one the others are held against.
    findings : what the runs are asked; the first is what the class predicts.
    large    : the study that asked the same with more seeds.
    project  : in the lesson on belief, the project that is looked at.
    """

    name: str
    title: str
    question: str
    setting: tuple[str, ...]
    choices: Mapping[str, str]
    look: tuple[str, ...]
    discussion: tuple[str, ...]
    facts: tuple[str, ...]
    papers: tuple[str, ...]
    arms: tuple[Arm, ...]
    base: str
    outcomes: tuple[Shown, ...]
    findings: tuple[Question, ...]
    seeds: int
    years: int = 40
    burn_in: int = 10
    kind: str = "runs"
    scenario: str = "baseline"
    changes: Mapping[str, Any] = field(default_factory=dict)
    large: Mapping[str, str] = field(default_factory=dict)
    project: Mapping[str, Any] = field(default_factory=dict)

    @property
    def headline(self) -> Question:
        """The question that the class predicts."""
        return self.findings[0]

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return next(arm for arm in self.arms if arm.name == name)

    def texts(self, language: str = "en") -> dict[str, Any]:
        """Everything that is read out before the run: title, question, setting, choices, look, discussion, arms, sources."""
        check_language(language, "Lesson.texts")
        return {
            "title": say(self.title, language),
            "question": say(self.question, language),
            "setting": [say(text, language) for text in self.setting],
            "choices": {key: say(text, language) for key, text in self.choices.items()},
            "look": [say(text, language) for text in self.look],
            "discussion": [say(text, language) for text in self.discussion],
            "arms": {arm.name: say(arm.name, language) for arm in self.arms},
            "sources": self.sources(language),
        }

    def sources(self, language: str = "en") -> list[str]:
        """Where the lesson's claims come from: facts of the report with their sections, and papers."""
        from seedbed.model.parameters import evidence

        told = evidence("report")
        facts = [say("the report, section {section} ({fact})", language, section=told[fact.partition(".")[2]]["section"], fact=fact) for fact in self.facts]
        return [*facts, *self.papers]

    def spoken(self) -> list[str]:
        """Every English text of its own that it may say, so that a test can ask for its Chinese."""
        found = [self.title, self.question, *self.setting, *self.choices.values(), *self.look, *self.discussion, *(arm.name for arm in self.arms)]
        found += [text for one in self.findings for text in (one.more, one.fewer, one.open)]
        return found + [one.label for one in self.outcomes if one.label]


# -- reading lessons.toml ---------------------------------------------------------------------------------------------------

TEXTS = ("title", "question")
LISTS = ("setting", "look", "discussion", "facts", "papers")
NEEDED = (*TEXTS, *LISTS, "choices", "arms", "base", "outcomes", "findings", "seeds")
OPTIONAL = ("years", "burn_in", "kind", "scenario", "changes", "large", "project")
QUESTION = ("name", "arm", "outcome", "more", "fewer", "open", "against", "mark", "unit")
WORDS = ("size", "difference", "value", "mark")  # in braces, in the sentences of a finding


def load(path: str | os.PathLike = FILE) -> dict[str, Lesson]:
    """The lessons of a file, by name, in its order; BadInput tells what is wrong in it."""
    from seedbed.model.parameters import read_toml

    place = Path(path)
    return {name: _lesson(name, given, f"{place.name}, lesson {name}") for name, given in read_toml(place).items()}


def lesson(name: str) -> Lesson:
    """The lesson of that name (dashes for underscores will do)."""
    from seedbed.model.parameters import closest_first

    wanted = str(name).replace("-", "_")
    if wanted not in LESSONS:
        raise BadInput(what="the lesson", given=name, allowed=closest_first(wanted, LESSONS), where="lesson")
    return LESSONS[wanted]


def _lesson(name: str, given: Any, where: str) -> Lesson:
    from seedbed.model.parameters import check_keys

    if not isinstance(given, Mapping):
        raise BadInput(what="the lesson", given=given, allowed="a table of its texts and arms", where=where)
    check_keys(given, (*NEEDED, *OPTIONAL), "a key of the lesson", where)
    for key in NEEDED:
        if key not in given:
            raise BadInput(what=f"the key {key} of the lesson", given=None, allowed="a value, since no lesson is whole without", where=where)
    fields: dict[str, Any] = {key: _text(given[key], key, where) for key in TEXTS}
    fields |= {key: _texts(given[key], key, where) for key in LISTS}
    fields |= {key: given[key] for key in OPTIONAL if key in given}
    made = Lesson(
        name=name, choices=_choices(given["choices"], where), arms=_arms(given, where), base=_text(given["base"], "base", where),
        outcomes=_outcomes(given["outcomes"], where), findings=_questions(given["findings"], where), seeds=given["seeds"], **fields,
    )  # fmt: skip
    _check(made, where)
    return made


def _text(given: Any, key: str, where: str) -> str:
    if not isinstance(given, str) or not given.strip():
        raise BadInput(what=f"the key {key} of the lesson", given=given, allowed="a text", where=where)
    return given


def _texts(given: Any, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not given:
        raise BadInput(what=f"the key {key} of the lesson", given=given, allowed="a list of texts", where=where)
    return tuple(_text(one, key, where) for one in given)


def _choices(given: Any, where: str) -> dict[str, str]:
    if not isinstance(given, Mapping) or set(given) != set(CHOICES.values()):
        raise BadInput(what="the choices", given=sorted(given) if isinstance(given, Mapping) else given, allowed='"more", "fewer" and "cannot tell"', where=where)
    return {key: _text(given[key], "choices", where) for key in CHOICES.values()}


def _tables(given: Any, what: str, keys: Iterable[str], where: str) -> list[Mapping[str, Any]]:
    from seedbed.model.parameters import check_keys

    if not isinstance(given, list) or not given or not all(isinstance(one, Mapping) for one in given):
        raise BadInput(what=f"the {what} of the lesson", given=given or None, allowed="a list of tables, at least one", where=where)
    for one in given:
        check_keys(one, keys, f"a key of the {what}", where)
    return given


def _arms(given: Mapping[str, Any], where: str) -> tuple[Arm, ...]:
    scenario, tables = _text(given.get("scenario", "baseline"), "scenario", where), _tables(given["arms"], "arms", ("name", "changes"), where)
    for one in (given, *tables):
        if not isinstance(one.get("changes", {}), Mapping):
            raise BadInput(what="the changes", given=one["changes"], allowed="a table of setting = value", where=where)
    common = given.get("changes", {})
    arms = tuple(Arm(_text(one.get("name"), "arms", where), scenario, {**common, **one.get("changes", {})}) for one in tables)
    if len({arm.name for arm in arms}) < max(2, len(arms)):
        raise BadInput(what="the arms of the lesson", given=[arm.name for arm in arms], allowed="at least two, each name once", where=where)
    return arms


def _outcomes(given: Any, where: str) -> tuple[Shown, ...]:
    tables = _tables(given, "outcomes", ("outcome", "label", "unit"), where)
    for one in tables:
        terms_of(_text(one.get("outcome"), "outcomes", where), where)
        for key in ("label", "unit"):
            if key in one:
                _text(one[key], f"outcomes, {key}", where)
    return tuple(Shown(**one) for one in tables)


def _questions(given: Any, where: str) -> tuple[Question, ...]:
    tables = _tables(given, "findings", QUESTION, where)
    for one in tables:
        for key in QUESTION[:6]:
            _text(one.get(key), f"findings, {key}", where)
        for key in ("against", "unit"):
            if key in one:
                _text(one[key], f"findings, {key}", where)
        terms_of(one["outcome"], where)
        for key in ("more", "fewer", "open"):
            try:
                one[key].format(**dict.fromkeys(WORDS, ""))
            except (KeyError, ValueError, IndexError):
                raise BadInput(what="a word in braces", given=one[key], allowed=list(WORDS), where=where) from None
        mark = one.get("mark", 0.0)
        if isinstance(mark, bool) or not isinstance(mark, (int, float)):
            raise BadInput(what="the mark of a finding", given=mark, allowed="a number", where=where)
    return tuple(Question(**one) for one in tables)


def _check(made: Lesson, where: str) -> None:
    """What must fit together: names of arms, outcomes, facts, the study, seeds and years. The settings of the arms are checked when they run."""
    from seedbed.model.parameters import closest_first, evidence

    arms = [arm.name for arm in made.arms]
    for name in (made.base, *(one.arm for one in made.findings), *(one.against for one in made.findings if one.against)):
        if name not in arms:
            raise BadInput(what="the arm", given=name, allowed=arms, where=where)
    if made.kind not in KINDS:
        raise BadInput(what="the kind of the lesson", given=made.kind, allowed=list(KINDS), where=where)
    known = [*_labels(made.kind), *DERIVED]
    for outcome in _asked(made):
        if outcome not in known:
            raise BadInput(what="the outcome", given=outcome, allowed=closest_first(outcome, known), where=where)
    for one in made.outcomes:
        if not one.label and one.outcome not in known:
            raise BadInput(what="the label of an outcome", given=None, allowed=f"a text, since {one.outcome} is computed of several", where=where)
    facts = [f"report.{name}" for name in evidence("report")]
    for fact in made.facts:
        if fact not in facts:
            raise BadInput(what="the fact", given=fact, allowed=closest_first(fact, facts), where=where)
    for key, low, high in (("seeds", FEWEST, MOST), ("years", 2, 200), ("burn_in", 0, 199)):
        value = getattr(made, key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise BadInput(what=f"the key {key} of the lesson", given=value, allowed=f"a whole number from {low} to {high}", where=where)
    if made.burn_in >= made.years:
        raise BadInput(what="the key burn_in of the lesson", given=made.burn_in, allowed=f"fewer than the {made.years} years of a run", where=where)
    for key in ("large", "project"):
        if not isinstance(getattr(made, key), Mapping):
            raise BadInput(what=f"the key {key} of the lesson", given=getattr(made, key), allowed="a table", where=where)
    if made.large:
        _large(made, where)
    if made.kind == "belief":
        _project(made.project, where)


def _project(given: Mapping[str, Any], where: str) -> tuple[int, int, int, float]:
    """(form, sector, link, months of silence) of the project that the lesson on belief looks at."""
    from seedbed.agents.venture import FORMS, LINKS, SECTORS

    found = []
    for key, names in (("form", FORMS), ("sector", SECTORS), ("link", LINKS)):
        if given.get(key) not in names:
            raise BadInput(what=f"the {key} of the project", given=given.get(key), allowed=list(names), where=where)
        found.append(names.index(given[key]))
    months = given.get("silent")
    if isinstance(months, bool) or not isinstance(months, (int, float)) or not 0 < months <= 240:
        raise BadInput(what="the months of silence", given=months, allowed=(1, 240), where=where)
    return found[0], found[1], found[2], float(months)


# -- the answer -------------------------------------------------------------------------------------------------------------


class Bar(NamedTuple):
    """An arm's mean with its 95% interval and, for all but the base, the paired difference from the base with its own."""

    arm: str
    value: float
    low: float
    high: float
    difference: float | None
    difference_low: float | None
    difference_high: float | None


@dataclass(frozen=True)
class Row:
    """An outcome over all arms. `closed`: by arm, what a formula says of it, where there is one."""

    outcome: str
    label: str
    unit: str
    bars: tuple[Bar, ...]
    closed: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What the runs say to a question: a difference of arms, or a level less its mark, with the 95% interval; n: how many seeds told."""

    question: Question
    unit: str
    difference: float
    low: float
    high: float
    n: int

    @property
    def sign(self) -> int:
        """+1 if the interval lies above nought, -1 if below, 0 if it covers it or there is none."""
        return _sign(self.low, self.high)

    @property
    def verdict(self) -> str:
        """ "more", "fewer" or "cannot tell"."""
        return CHOICES[self.sign]

    def sentence(self, language: str = "en") -> str:
        """The finding in words, by its sign; where the runs tell nothing at all, that."""
        asked = self.question
        if not math.isfinite(self.difference):
            nothing = say("nothing in these runs to tell it from", language)
            return say(asked.open, language, size=nothing, difference=nothing, value=nothing, mark=figure(asked.mark, self.unit, language))
        text = {1: asked.more, -1: asked.fewer, 0: asked.open}[self.sign]
        gap = bool(asked.against) or " - " in asked.outcome  # a difference has a sign and counts points, a level has none
        level = [bound + asked.mark for bound in (self.difference, self.low, self.high)]
        return say(
            text, language, size=figure(abs(self.difference), self.unit, language, points=gap), mark=figure(asked.mark, self.unit, language),
            difference=interval(self.difference, self.low, self.high, self.unit, language, signed=True),
            value=interval(*level, self.unit, language),
        )  # fmt: skip


@dataclass(frozen=True)
class Large:
    """What a study found that asked the same with more seeds."""

    study: str
    title: str
    seeds: int
    years: int
    difference: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        return _sign(self.low, self.high)


class Score(NamedTuple):
    """How a class did: predictions by choice, the choice that the runs support, how many had it, of how many."""

    counts: dict[str, int]
    correct: str
    right: int
    all: int

    @property
    def share(self) -> float:
        """Of those who predicted; NaN if nobody did."""
        return self.right / self.all if self.all else math.nan

    def sentence(self, language: str = "en") -> str:
        if not self.all:
            return say("Nobody has made a prediction.", language)
        return say("{right} of {all} predictions were right ({share}).", language, right=self.right, all=self.all, share=f"{self.share:.0%}")


class Twin(NamedTuple):
    """A world to watch: its name, the scenario with what is changed in it, and the seed that it shares with its twin."""

    name: str
    scenario: str
    changes: dict[str, Any]
    seed: int
    years: int


@dataclass
class Answer:
    """What a lesson's runs gave."""

    lesson: Lesson
    seeds: tuple[int, ...]
    years: int
    burn_in: int
    rows: tuple[Row, ...]
    findings: tuple[Found, ...]
    large: Large | None
    worlds: tuple[Twin, Twin]
    table: Table
    seconds: float
    belief: Any = None  # of the lesson on belief: its lines, see `Belief`

    @property
    def headline(self) -> Found:
        """The finding that the class has predicted."""
        return self.findings[0]

    @property
    def correct(self) -> str:
        """The choice that the interval supports; an open interval supports "cannot tell"."""
        return self.headline.verdict

    def scores(self, predictions: Mapping[str, int]) -> Score:
        """Who was right: predictions are counts by choice, as a class gave them."""
        for choice, count in predictions.items():
            if choice not in self.lesson.choices:
                raise BadInput(what="the prediction", given=choice, allowed=list(self.lesson.choices), where=f"lesson {self.lesson.name}")
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise BadInput(what="the number of predictions", given=count, allowed="a whole number, 0 or more", where=f"lesson {self.lesson.name}, {choice}")
        counts = {choice: int(predictions.get(choice, 0)) for choice in self.lesson.choices}
        return Score(counts, self.correct, counts[self.correct], sum(counts.values()))

    def sentences(self, language: str = "en") -> list[str]:
        """The answer in words: the finding that was predicted, what stands beside it, the formula or the large study, and from what it was computed."""
        check_language(language, "Answer.sentences")
        right = say("The prediction that these runs support: {choice}.", language, choice=say(self.lesson.choices[self.correct], language))
        open_one = [say("An interval that covers the mark is an answer too: these runs cannot tell.", language)] if self.correct == "cannot tell" else []
        told = [self.headline.sentence(language), right, *open_one, *(found.sentence(language) for found in self.findings[1:])]
        if self.belief is not None:
            told += self.belief.sentences(self, language)
        return [*told, *self.beside(language), self.basis(language), *self.limits(language)]

    def beside(self, language: str = "en") -> list[str]:
        """The large study's answer to the same question, and whether it agrees; a disagreement is said."""
        if self.large is None:
            return []
        found = interval(self.large.difference, self.large.low, self.large.high, self.headline.unit, language, signed=True)
        told = [say("The large study ({study}, {seeds} seeds, {years} years): {difference}.", language, study=self.large.study, seeds=self.large.seeds, years=self.large.years, difference=found)]
        told.append(say(AGREEMENT[self.headline.sign, self.large.sign], language))
        apart = self.headline.low > self.large.high or self.headline.high < self.large.low
        if apart:
            told.append(say("The two intervals do not overlap: the runs here and the study's differ in size.", language))
        if self.years != self.large.years:
            told.append(say("The study's runs were {study_years} years long, these {years}: they need not agree.", language, study_years=self.large.years, years=self.years))
        return told

    def basis(self, language: str = "en") -> str:
        """From what the answer was computed."""
        if self.lesson.kind == "belief":
            return say("Computed from {seeds} draws of {projects} projects each; 95% intervals.", language, seeds=len(self.seeds), projects=int(self.table.found["projects"][0, 0]))
        return say(
            "Computed from {seeds} seeds ({runs} runs of {years} years, of which the first {burn_in} do not count); the same people with the same luck in all cities; 95% intervals.",
            language, seeds=len(self.seeds), runs=len(self.seeds) * len(self.lesson.arms), years=self.years, burn_in=self.burn_in,
        )  # fmt: skip

    def limits(self, language: str = "en") -> list[str]:
        """What the intervals leave out; for a question about patience and unicorns also what the committed answer counted over parameters and structures."""
        if self.lesson.kind == "belief":
            return []
        from ..publish_told import structural_words

        told = [say("The intervals cover chance alone, not what is uncertain in the parameters or in how the model is built.", language)]
        return told + (structural_words(language) if self._asks_of_patience() else [])

    def _asks_of_patience(self) -> bool:
        changes = self.lesson.arm(self.headline.question.arm).changes
        return self.headline.question.outcome == "unicorns_fundamental" and any(path.startswith(("fund.tolerance", "fund.life")) for path in changes)

    def chart(self, language: str = "en") -> dict[str, Any]:
        """For a simple picture of the first outcome of the table, or of another: arms with whiskers.

        title, unit, and bars: name, value, low, high, difference (None or [value, low, high]), closed (None or what a formula says).
        """
        return self.charts(language)[0]

    def charts(self, language: str = "en") -> list[dict[str, Any]]:
        """The same for every row."""
        check_language(language, "Answer.chart")
        return [
            {
                "title": say(row.label, language),
                "unit": say(row.unit, language) if row.unit else "",
                "bars": [
                    {
                        "arm": bar.arm, "name": say(bar.arm, language), "value": bar.value, "low": bar.low, "high": bar.high,
                        "difference": None if bar.difference is None else [bar.difference, bar.difference_low, bar.difference_high],
                        "closed": row.closed.get(bar.arm),
                    }
                    for bar in row.bars
                ],
            }
            for row in self.rows
        ]  # fmt: skip

    def lines(self, language: str = "en") -> dict[str, Any] | None:
        """The lines of belief over months of silence, for a picture; None in the other lessons. See `Belief.lines`."""
        check_language(language, "Answer.lines")
        return None if self.belief is None else self.belief.lines(self, language)

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "lesson": self.lesson.name, "correct": self.correct, "sentences": self.sentences(language), "charts": self.charts(language),
            "findings": [
                {"name": one.question.name, "verdict": one.verdict, "difference": one.difference, "low": one.low, "high": one.high, "n": one.n, "unit": one.unit}
                for one in self.findings
            ],
            "large": None if self.large is None else {**self.large.__dict__, "verdict": CHOICES[self.large.sign]},
            "worlds": [twin._asdict() for twin in self.worlds], "seeds": list(self.seeds), "years": self.years, "burn_in": self.burn_in,
            "lines": self.lines(language), "seconds": self.seconds,
        }  # fmt: skip


AGREEMENT = {
    (1, 1): "The two agree which way it goes.",
    (-1, -1): "The two agree which way it goes.",
    (0, 0): "The two agree: neither can tell.",
    (0, 1): "These runs are too few to tell what the large study can: there it is more.",
    (0, -1): "These runs are too few to tell what the large study can: there it is fewer.",
    (1, 0): "The large study, with more seeds, leaves it open: what looks clear here may be the luck of few runs.",
    (-1, 0): "The large study, with more seeds, leaves it open: what looks clear here may be the luck of few runs.",
    (1, -1): "The two disagree: the large study finds fewer. Believe neither before you know why.",
    (-1, 1): "The two disagree: the large study finds more. Believe neither before you know why.",
}  # by the sign here and the sign of the large study


# -- figures in a language --------------------------------------------------------------------------------------------------


def figure(value: float, unit: str, language: str = "en", *, signed: bool = False, points: bool = False) -> str:
    """A number of an outcome for a sentence: three figures, shares in percent (differences of shares in points), units unless they go without saying."""
    if unit == "share":
        shown = number(value, "share", signed).removesuffix(" points")
        return say("{number} percentage points", language, number=shown.removesuffix("%")) if signed or points else shown
    shown = number(value, "", signed)
    return shown if unit in BARE else say("{number} {unit}", language, number=shown, unit=say(unit, language))


def interval(value: float, low: float, high: float, unit: str, language: str = "en", *, signed: bool = False) -> str:
    """A value with its interval, such as "+2.47 (+1.77 to +3.22)"."""
    shown = figure(value, unit, language, signed=signed)
    if not (math.isfinite(low) and math.isfinite(high)):
        return say("{value} (no interval)", language, value=shown)
    bounds = [number(bound, "share" if unit == "share" else "", signed).removesuffix(" points") for bound in (low, high)]
    return say("{value} ({low} to {high})", language, value=shown, low=bounds[0], high=bounds[1])


def _sign(low: float, high: float) -> int:
    return 0 if not (math.isfinite(low) and math.isfinite(high)) else 1 if low > 0 else -1 if high < 0 else 0


# -- the large studies ------------------------------------------------------------------------------------------------------


def _large(made: Lesson, where: str) -> Large:
    """What the study beside the lesson found, out of its committed summary."""
    from seedbed.model.parameters import check_keys

    asked = made.large
    check_keys(asked, ("study", "finding", "contrast"), "a key of the large study", where)
    study = asked.get("study")
    if study == "tolerance-horizon":
        summary = _summary(RESULTS.parent / study)
        known, name = summary["contrasts"], asked.get("contrast")
        outcome = made.headline.outcome
        if name not in known or outcome not in known[name]:
            raise BadInput(what="the contrast of the large study", given=name, allowed=list(known), where=where)
        found = known[name][outcome]
        value = found["difference"]
    else:
        if study not in study_names():
            raise BadInput(what="the large study", given=study, allowed=["tolerance-horizon", *study_names()], where=where)
        summary = _summary(RESULTS / str(study))
        known, name = {one["name"]: one for one in summary["findings"]}, asked.get("finding")
        if name not in known:
            raise BadInput(what="the finding of the large study", given=name, allowed=list(known), where=where)
        found = known[name]
        value = found["value"]
    title = summary.get("title", summary["question"])
    return Large(str(study), title, int(summary["seeds"]), int(summary["years"]), float(value), float(found["low"]), float(found["high"]))


def _summary(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


# -- running ----------------------------------------------------------------------------------------------------------------


def run(
    chosen: str | Lesson, seeds: int | Iterable[int] | None = None, on_progress: Callable[[int, int], object] | None = None, cancelled: Callable[[], bool] | None = None, *,
    years: int | None = None, burn_in: int | None = None, workers: int | None = None,
) -> Answer:  # fmt: skip
    """Run a lesson's arms under the same seeds, in threads, and give its answer: some seconds with the lesson's own number of seeds.

    seeds       : how many (from 1001 on, seeds that no study used), or which; the lesson's own number if nothing is said.
    on_progress : told (runs done, runs in all) after each run, in the thread that called.
    cancelled   : asked between runs; once it says True, `Cancelled` is raised as soon as the runs under way have ended.
    years, burn_in : for a quicker and coarser look.
    Raises BadInput for what cannot be, RuntimeError with the cause if a run fails.
    """
    asked = lesson(chosen) if isinstance(chosen, str) else chosen
    asked = _shortened(asked, years, burn_in)
    own = _seeds(asked.seeds if seeds is None else seeds)
    begun = time.monotonic()
    steps = _Steps(on_progress, cancelled)
    if asked.kind == "belief":
        from .belief import look_at

        table, belief = look_at(asked, own, _project(asked.project, asked.name), steps)
    else:
        table, belief = _runs(asked, own, workers, steps), None
    findings = tuple(_found(table, question, asked) for question in asked.findings)
    rows = tuple(_row(table, shown, asked, {} if belief is None else belief.closed.get(shown.outcome, {})) for shown in asked.outcomes)
    large = _large(asked, asked.name) if asked.large else None
    return Answer(asked, own, asked.years, asked.burn_in, rows, findings, large, _twins(asked, table), table, time.monotonic() - begun, belief)


def _shortened(asked: Lesson, years: int | None, burn_in: int | None) -> Lesson:
    """The lesson with other years; a burn-in that is not given is kept, or a quarter of a shorter run."""
    if years is None and burn_in is None:
        return asked
    length = asked.years if years is None else years
    if isinstance(length, bool) or not isinstance(length, int) or not 2 <= length <= 200:
        raise BadInput(what="the length of a run in years", given=length, allowed="a whole number from 2 to 200", where=f"lesson {asked.name}")
    start = min(asked.burn_in, length // 4) if burn_in is None else burn_in
    if isinstance(start, bool) or not isinstance(start, int) or not 0 <= start < length:
        raise BadInput(what="the burn-in", given=start, allowed=f"a whole number from 0 to {length - 1}", where=f"lesson {asked.name}")
    return replace(asked, years=length, burn_in=start)


def _seeds(given: int | Iterable[int]) -> tuple[int, ...]:
    if isinstance(given, int) and not isinstance(given, bool) and FEWEST <= given <= MOST:
        return tuple(range(FIRST_SEED, FIRST_SEED + given))
    found = () if isinstance(given, int) else seeds_from(given)
    if not FEWEST <= len(found) <= MOST:
        raise BadInput(what="the seeds of a lesson", given=given, allowed=f"from {FEWEST} to {MOST}, or a list of that many", where="lesson")
    return found


class _Steps:
    """How far the runs are, and whether anybody still wants them."""

    def __init__(self, on_progress: Callable[[int, int], object] | None, cancelled: Callable[[], bool] | None) -> None:
        self.on_progress, self.cancelled = on_progress, cancelled

    def done(self, number: int, total: int) -> None:
        if self.on_progress is not None:
            self.on_progress(number, total)
        if number < total and self.cancelled is not None and self.cancelled():
            raise Cancelled(f"{number} of {total} runs were done")


def _runs(asked: Lesson, seeds: Sequence[int], workers: int | None, steps: _Steps) -> Table:
    """Every arm under every seed, as a table of outcomes."""
    model = _model(asked.kind)
    cases = {arm.name: model.case(arm) for arm in asked.arms}
    jobs = [Job(arm.name, seed, (), cases[arm.name]) for seed in seeds for arm in asked.arms]
    place = {arm.name: column for column, arm in enumerate(asked.arms)}, {seed: row for row, seed in enumerate(seeds)}
    labels = _labels(asked.kind)
    values = {name: np.full((len(seeds), len(asked.arms)), np.nan) for name in labels}
    pool = futures.ThreadPoolExecutor(_workers_from(workers), thread_name_prefix="lesson")
    try:
        waiting = [pool.submit(run_one, model, job, asked.years, asked.burn_in) for job in jobs]
        for number, each in enumerate(futures.as_completed(waiting), start=1):
            kept = each.result()
            if kept.outcomes is None:
                raise RuntimeError(f"a run of the lesson {asked.name} failed (arm {kept.arm}, seed {kept.seed}):\n{kept.error}")
            for name in values:
                values[name][place[1][kept.seed], place[0][kept.arm]] = kept.outcomes[name]
            steps.done(number, len(jobs))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return Table(tuple(cases), tuple(seeds), values, {name: entry[:2] for name, entry in labels.items()})


def _model(kind: str) -> Model:
    return Watched() if kind == "survivors" else Model()


def _labels(kind: str) -> dict[str, tuple[str, str, str]]:
    """Outcomes that runs of a lesson of that kind report."""
    if kind == "belief":
        from .belief import MEASURES

        return MEASURES
    return _model(kind).labels()


def _asked(made: Lesson) -> list[str]:
    """The outcomes of which everything is made that the lesson shows or asks."""
    return list(dict.fromkeys(part for one in (*made.outcomes, *made.findings) for part in parts_of(one.outcome)))


def _contrast(table: Table, outcome: str, weights: Mapping[str, float]):
    """The weighted sum over arms of an outcome, with its interval: ratios as sum over sum."""
    slots = [(weight * top, below) for arm, weight in weights.items() for top, below in table.measured(outcome, arm)]
    tops, belows = (np.stack(part, axis=1) for part in zip(*slots, strict=True))
    return contrast(tops, np.ones(tops.shape[1]), belows)


def _found(table: Table, asked: Question, made: Lesson) -> Found:
    weights = {asked.arm: 1.0} | ({asked.against: -1.0} if asked.against else {})
    found = _contrast(table, asked.outcome, weights)
    unit = asked.unit if asked.unit is not None else table.unit(asked.outcome)
    value, low, high = (float(part) - asked.mark for part in (found.value, found.low, found.high))
    return Found(asked, unit, value, low, high, int(found.n))


def _row(table: Table, shown: Shown, made: Lesson, closed: Mapping[str, float]) -> Row:
    bars = []
    for arm in made.arms:
        own = _contrast(table, shown.outcome, {arm.name: 1.0})
        apart = None if arm.name == made.base else _contrast(table, shown.outcome, {arm.name: 1.0, made.base: -1.0})
        difference = (None, None, None) if apart is None else (float(apart.value), float(apart.low), float(apart.high))
        bars.append(Bar(arm.name, float(own.value), float(own.low), float(own.high), *difference))
    label = shown.label or table.labels.get(shown.outcome, (DERIVED.get(shown.outcome, (shown.outcome,))[0],))[0]
    return Row(shown.outcome, label, table.unit(shown.outcome) if shown.unit is None else shown.unit, tuple(bars), closed)


def _twins(made: Lesson, table: Table) -> tuple[Twin, Twin]:
    """The two worlds of the first finding (of a level: the base and the last arm), under the seed whose difference is nearest the mean: a usual pair, not the most striking."""
    asked = made.headline
    pair = [made.arm(asked.against), made.arm(asked.arm)] if asked.against else [made.arm(made.base), made.arms[-1]]
    seed = table.seeds[0]
    if asked.against:
        gaps = np.subtract(*(table.measured(asked.outcome, arm.name)[0][0] for arm in reversed(pair)))
        if np.isfinite(gaps).any():
            seed = table.seeds[int(np.nanargmin(np.abs(gaps - np.nanmean(gaps))))]
    first, second = (Twin(arm.name, str(arm.scenario), dict(arm.changes), int(seed), made.years) for arm in pair)
    return first, second


# -- survivors: what becomes of the silent ----------------------------------------------------------------------------------

LONG_SILENCE = 2.0  # years
FOLLOWED = 10.0  # years from founding to the end of the run, for those who are followed

SILENCE = {
    "followed": ("Backed ventures that are followed", "ventures", "backed by a market fund, founded after burn-in and at least ten years before the end"),
    "followed_won": ("Unicorns among them", "ventures", "by fundamental value"),
    "followed_silent": ("With a long silence", "ventures", "of those followed: two years or more without a milestone, after the first round and before the market"),
    "followed_silent_won": ("Unicorns with a long silence", "ventures", "of those followed"),
}  # fmt: skip


class Watched(Model):
    """The model, with what a collector of success stories sees of each finished run, and what the collector leaves out."""

    def run(self, case: object, seed: int, years: int, burn_in: int, keeps: Sequence[str], world: object):
        from seedbed.model.engine import run as simulate
        from seedbed.model.outcomes import outcomes as outcomes_of

        world = simulate(case, seed, years=years, world=world, record=True)
        return outcomes_of(world, burn_in=burn_in) | patience_of_winners(world, burn_in) | the_silent(world, burn_in), None, world

    def labels(self) -> dict[str, tuple[str, str, str]]:
        return super().labels() | SURVIVORSHIP | SILENCE


def the_silent(world: Any, burn_in: int) -> dict[str, float]:
    """Of the ventures that a market fund backed first: how many had a long silence (see LONG_SILENCE), and how many of either kind became unicorns."""
    from seedbed.agents.fund import KINDS

    clock = world.clock[0]
    ventures, deals, events = (np.asarray(getattr(world, name))[: int(getattr(clock, f"n_{name}"))] for name in ("ventures", "deals", "events"))
    opening = np.flatnonzero(deals["number"] == 1)
    backed, first = np.unique(deals["venture"][opening], return_index=True)  # the lead's deal stands first
    by_market = np.asarray(world.funds)["kind"][deals["fund"][opening[first]]] == KINDS.index("market")
    born = ventures["founded"][backed]
    rows = backed[by_market & (born >= burn_in * TICKS_PER_YEAR) & (born <= int(clock.now) - FOLLOWED * TICKS_PER_YEAR)]
    silent = longest_silence(ventures, events, rows, int(clock.now)) >= LONG_SILENCE * TICKS_PER_YEAR
    won = ventures["unicorn_fundamental"][rows] >= 0
    counts = {"followed": np.ones(len(rows), dtype=bool), "followed_won": won, "followed_silent": silent, "followed_silent_won": silent & won}
    return {name: float(np.count_nonzero(which)) for name, which in counts.items()}


def longest_silence(ventures: Any, events: Any, rows: Any, end: int) -> np.ndarray:
    """The longest time without a milestone, in quarters, of the ventures in `rows`: from the first round until market entry, the venture's end or the run's."""
    from seedbed.agents.accounts import MILESTONE

    start = ventures["round_tick"][rows, 0].astype(float)
    over = np.stack([np.where(ventures[name][rows] >= 0, ventures[name][rows], end) for name in ("market_entry", "ended")]).min(axis=0).astype(float)
    reached = events[events["what"] == MILESTONE]
    place = np.full(len(ventures), -1)
    place[rows] = np.arange(len(rows))
    who, when = place[reached["who"]], reached["tick"]
    longest, last = np.zeros(len(rows)), start.copy()
    for venture, tick in zip(who.tolist(), when.tolist(), strict=True):  # in the order in which they happened
        if venture >= 0 and start[venture] < tick <= over[venture]:
            longest[venture] = max(longest[venture], tick - last[venture])
            last[venture] = tick
    return np.maximum(longest, np.maximum(over - last, 0.0))


class Celebrated(NamedTuple):
    """One of the most valuable firms of a world: its name, its story, and whether its twin is a unicorn too in the other world, with the same luck."""

    venture: str
    name: str
    sentences: tuple[str, ...]
    also_there: bool


def celebrated(answer: Answer, language: str = "en", number: int = 6) -> list[Celebrated]:
    """The most valuable unicorns of the second world to watch, with their stories and their twins' fate in the first. Runs both worlds once, about a second."""
    from seedbed.model.simulate import simulate

    check_language(language, "lessons.celebrated")
    there, here = (simulate(twin.scenario, twin.seed, twin.years, changes=twin.changes) for twin in answer.worlds)
    firms, others = (history.ventures() for history in (here, there))
    unicorns_there = set(others["key"][others["unicorn_fundamental"].notna()])
    best = firms[firms["unicorn_fundamental"].notna()].nlargest(number, "value")
    told = [here.story(venture, other=there, language=language) for venture in best.index]
    return [Celebrated(story.venture, story.title, story.sentences, key in unicorns_there) for story, key in zip(told, best["key"], strict=True)]


def of_the_celebrated(answer: Answer, firms: Sequence[Celebrated], language: str = "en") -> str:
    """How many of the celebrated firms needed the world in which they are celebrated."""
    check_language(language, "lessons.of_the_celebrated")
    there, here = (say(twin.name, language) for twin in answer.worlds)
    return say(
        "Seed {seed}: of the {all} most valuable firms where {here}, {both} are unicorns also where {there}, with the same luck.", language,
        seed=answer.worlds[0].seed, all=len(firms), here=here, there=there, both=sum(firm.also_there for firm in firms),
    )  # fmt: skip


LESSONS = load()
