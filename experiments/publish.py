"""A report of what a study found, to be handed on: one HTML file that needs nothing else, and a PDF, in English or in Chinese.

    publish("results/tolerance-horizon", out="reports", language="zh")
    document("experiments/results/studies/grant_or_fund").blocks

A report is a list of blocks (headings, paragraphs, tables, figures, notes), computed from the store. `publish_told.py` reads a store and says what was
found; here it is put in order, with the design, the assumptions behind it and how to do it again; `publish_html.py` and `publish_pdf.py` write it down.
No time of day and no name of a machine gets into it: the same store gives the same report.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput
from seedbed.model.language import check_language, say

from . import report
from .judging import arm_name

__all__ = ["KINDS", "Code", "Document", "Figure", "Heading", "Items", "Note", "Paragraph", "Strong", "Table", "document", "publish", "rich"]

KINDS = ("html", "pdf")
MANY_ARMS = 40  # beyond which a list of them tells a reader nothing
MANY_VALUES = 6  # of a setting, beyond which its ends are told


# -- what a report is made of -----------------------------------------------------------------------------------------


class Strong(str):
    """Words to be seen first."""


class Code(str):
    """Words to be typed, or names in files."""


Text = str | tuple[str, ...]  # plain words, or pieces of them in a row


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 2  # 2: a section, 3: a part of one


@dataclass(frozen=True)
class Paragraph:
    text: Text


@dataclass(frozen=True)
class Items:
    items: tuple[Text, ...]


@dataclass(frozen=True)
class Note:
    """What must not be overlooked. kind: "answer", "warning"."""

    items: tuple[Text, ...]
    kind: str = "warning"
    title: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first cell of a row names it. `widths` are shares of the page, `numbers` says that all other columns hold numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    caption: str
    widths: tuple[float, ...] = ()
    numbers: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture as PNG, with its caption and what somebody who does not see it should know."""

    png: bytes
    caption: str
    alt: str


@dataclass(frozen=True)
class Document:
    title: str
    subtitle: str
    language: str
    blocks: tuple[Any, ...]


def rich(text: str) -> Text:
    """Words with **strong** ones and `code` among them, as pieces.

    >>> rich("see `seedbed answer`")
    ('see ', 'seedbed answer')
    """
    pieces = [piece for piece in re.split(r"(\*\*[^*]+\*\*|`[^`]+`)", text) if piece]
    made = tuple(Strong(p[2:-2]) if p.startswith("**") and len(p) > 4 else Code(p[1:-1]) if p.startswith("`") and len(p) > 2 else p for p in pieces)
    return made[0] if len(made) == 1 else made


# -- the report -------------------------------------------------------------------------------------------------------


def publish(store: str | os.PathLike, out: str | os.PathLike = ".", language: str = "en", kinds: Sequence[str] = KINDS) -> list[Path]:
    """Write the report of a store to the folder `out`, as report-NAME.html and report-NAME.pdf (zh: report-NAME-zh....); the paths written.

    BadInput for what is no store, is damaged or has no runs; for an unknown language; and where a PDF cannot be made here (no typst, no Chinese font).
    """
    from .store import refused, write_whole

    check_language(language, "--language")
    for kind in kinds:
        if kind not in KINDS:
            raise BadInput(what="the kind of report", given=kind, allowed=list(KINDS), where="publish")
    if os.path.lexists(out) and not os.path.isdir(out):
        raise BadInput(what="the place for the report", given=str(out), allowed="a directory", where="--out")
    told = _told(store, language)
    made = _document(told, language)
    written = {kind: _written(made, kind) for kind in kinds}  # all of it before the first file, so that a report is whole or absent
    stem = "report-" + (re.sub(r"[^\w.-]+", "-", told.name).strip("-.") or "study") + ("" if language == "en" else f"-{language}")
    places = [Path(out) / f"{stem}.{kind}" for kind in kinds]
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for place, kind in zip(places, kinds, strict=True):
            write_whole(place, written[kind])
    except OSError as error:
        raise refused(Path(out), error) from None
    return places


def _written(made: Document, kind: str) -> bytes:
    if kind == "html":
        from .publish_html import html

        return html(made).encode()
    from .publish_pdf import pdf

    return pdf(made)


def document(store: str | os.PathLike, language: str = "en") -> Document:
    """The report of a store as blocks, unwritten."""
    check_language(language, "document")
    return _document(_told(store, language), language)


def _told(store: str | os.PathLike, language: str) -> Any:
    from .publish_told import told

    return told(store, language)


def _document(told: Any, language: str) -> Document:
    """The parts of a report in their order."""
    blocks: list[Any] = []
    if told.unfinished:
        blocks.append(Note(tuple(told.unfinished), "warning", say("An unfinished study", language)))
    blocks.append(Note(tuple(rich(line) for line in told.short), "answer", say("In short", language)))
    if told.sure:
        blocks.append(Note(tuple(rich(line) for line in told.sure), "warning", say("How sure is this?", language)))
    blocks += _question(told, language)
    blocks += _design(told, language)
    blocks += [Heading(say("The answer", language)), *told.answer]
    if told.figures:
        blocks += [Heading(say("The figures", language)), *told.figures]
    if told.tables:
        blocks += [Heading(say("Tables", language)), *told.tables]
    assumptions = Assumptions.of(told, language)
    blocks += assumptions.section(told, language)
    blocks += [Heading(say("Limits", language)), Items(tuple(rich(line) for line in told.limits))]
    blocks += _again(told, language)
    blocks += assumptions.annex(language)
    return Document(told.title, say("A report of the laboratory Seedbed", language), language, tuple(blocks))


def _question(told: Any, language: str) -> list[Any]:
    blocks: list[Any] = [Heading(say("The question", language)), Paragraph(Strong(told.question))]
    if told.claim:
        blocks.append(Paragraph((say("The claim that is examined", language) + say(": ", language), told.claim)))
    if told.expected:
        blocks += [Heading(say("What was expected", language), 3), Paragraph(say("Fixed before the first run:", language)), Items(tuple(told.expected))]
    if told.refuted:
        blocks += [Heading(say("What would have refuted it", language), 3), *(Paragraph(line) for line in told.refuted)]
    return blocks


# -- how it was done --------------------------------------------------------------------------------------------------


def _design(told: Any, language: str) -> list[Any]:
    rows = [(name, value) for name, value in told.size if value]
    blocks: list[Any] = [
        Heading(say("Design", language)),
        *(Paragraph(rich(line)) for line in told.how),
        Table((say("item", language), say("how much", language)), tuple(rows), say("The size of the study", language), (2, 3)),
    ]
    if told.arms:
        blocks.append(_arms(told.arms, language))
    return blocks


def _arms(arms: Sequence[Any], language: str) -> Table:
    """What sets each arm apart: settings that all arms share are told with the assumptions. Of many arms, the range of each setting."""
    if len(arms) > MANY_ARMS:
        rows = [(Code(path), _values(values, language)) for path, values in settings_of(arms).items() if len(values) > 1]
        return Table((say("setting", language), say("values", language)), tuple(rows), say("What the {n} arms vary", language, n=f"{len(arms):,}"), (2, 3))
    common = {path for path, values in settings_of(arms).items() if len(values) == 1 and all(path in arm.changes for arm in arms)}
    several = len({arm.scenario_name for arm in arms}) > 1
    rows = []
    for arm in arms:
        own = [f"{path} = {_shown(value)}" for path, value in arm.changes.items() if path not in common]
        own = [*([f"{say('scenario', language)} {arm.scenario_name}"] if several else []), *own]
        rows.append((arm_name(arm.name, language), Code("; ".join(own)) if own else say("nothing", language)))
    return Table((say("arm", language), say("what it sets", language)), tuple(rows), say("The arms", language), (2, 5))


def settings_of(arms: Sequence[Any]) -> dict[str, list[Any]]:
    """path -> its different values over the arms, in their order."""
    found: dict[str, list[Any]] = {}
    for arm in arms:
        for path, value in arm.changes.items():
            values = found.setdefault(path, [])
            if value not in values:
                values.append(value)
    return found


def _shown(value: Any, unit: str = "") -> str:
    """A setting as it is read: thirds of a year as people write them, shares in percent.

    >>> _shown(7 / 3), _shown(80000.0), _shown(0.125, "share"), _shown("fixed"), _shown(0.5)
    ('2 1/3', '80,000', '12.5%', 'fixed', '0.5')
    """
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(one, unit) for one in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if unit == "share":
        return f"{100 * value:.6g}%"
    words = report.plain(value)
    return words if words.endswith("/3") else f"{value:,.10g}"


def _values(values: Sequence[Any], language: str, unit: str = "") -> str:
    """All values of a setting, or their ends if they are many numbers."""
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    if len(values) > MANY_VALUES and numbers:
        return say("{low} to {high} ({n} values)", language, low=_shown(min(values), unit), high=_shown(max(values), unit), n=f"{len(values):,}")
    shown = [_shown(value, unit) for value in values[: 4 * MANY_VALUES]]
    return say(", ", language).join(shown) + (" …" if len(values) > len(shown) else "")


# -- what it assumes --------------------------------------------------------------------------------------------------

STATUSES = {
    "observed": "observed: stated by a source for what is meant here", "estimated": "estimated: taken from a source for something near to it",
    "calibrated": "calibrated: fitted so that the model meets known patterns", "assumed": "assumed: no source is known, and why it is so is said instead",
    "set": "set: a setting of the scenario",
}  # fmt: skip


@dataclass
class Assumptions:
    """Every figure behind the runs: what the arms change, the programmes, and all parameters with unit, range, status and source."""

    changed: list[tuple[Text, ...]]
    programmes: list[tuple[Text, ...]]
    groups: dict[str, list[tuple[Text, ...]]]
    statuses: dict[str, int]
    scenario: str
    recorded: bool
    given: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, told: Any, language: str) -> Assumptions:
        rows = list(told.parameters)
        statuses = {status: sum(row["status"] == status for row in rows) for status in STATUSES}
        groups: dict[str, list[tuple[Text, ...]]] = {}
        for row in _merged(rows):
            group = row["name"].removeprefix("in.").partition(".")[0] if not row["name"].startswith("programme.") else "programme"
            groups.setdefault(group, []).append(_parameter(row, language))
        changed = _changed(told, {row["name"]: row for row in rows}, language)
        return cls(changed, _programmes(told, language), groups, statuses, told.scenario, told.recorded, told.assumed)

    def section(self, told: Any, language: str) -> list[Any]:
        blocks: list[Any] = [Heading(say("Assumptions", language))]
        if self.given:
            blocks += [Heading(say("Of this study", language), 3), Items(tuple(self.given))]
        if self.changed:
            header = tuple(say(word, language) for word in ("setting", "in the arms", "otherwise", "range", "status", "source"))
            blocks += [
                Heading(say("What the arms change", language), 3),
                Table(header, tuple(self.changed), say("Settings that the study itself makes", language), (5, 4, 3, 3, 2, 5)),
            ]
        if self.programmes:
            header = tuple(say(word, language) for word in ("programme", "where it runs", "source"))
            blocks += [
                Heading(say("Programmes", language), 3),
                Table(header, tuple(self.programmes), say("What public offices do in these runs", language), (3, 4, 4)),
            ]
        if self.groups:
            blocks += [Heading(say("Of the model", language), 3), *self._counted(language)]
        return blocks

    def _counted(self, language: str) -> list[Any]:
        """How well the figures are known, in numbers."""
        total = sum(self.statuses.values())
        known = [(say(words, language), f"{self.statuses[status]:,}") for status, words in STATUSES.items() if self.statuses[status]]
        where = say(
            "The scenario `{name}` sets {n} figures. All of them, with unit, range, status and source, are in the annex.",
            language,
            name=self.scenario,
            n=f"{total:,}",
        )
        if not self.recorded:
            where += report.gap(language) + say(
                "They are those of the version of Seedbed that wrote this report; the answer itself keeps only the fingerprint of its rules.", language
            )
        header = (say("status", language), say("figures", language))
        return [Paragraph(rich(where)), Table(header, tuple(known), say("How well the figures of the model are known", language), (5, 1), numbers=True)]

    def annex(self, language: str) -> list[Any]:
        if not self.groups:
            return []
        blocks: list[Any] = [
            Heading(say("Annex: every parameter", language)),
            Paragraph(say("Sources and reasons stand in the language in which they were written.", language)),
        ]
        header = tuple(say(word, language) for word in ("parameter", "its value", "range", "status", "source or reason"))
        for group, rows in self.groups.items():
            blocks.append(Table(header, tuple(rows), say("Parameters: {group}", language, group=say(group, language)), (5, 4, 3, 2, 6)))
        return blocks


def _merged(rows: Sequence[Mapping]) -> list[dict]:
    """Rows that differ in their last name alone (fund.tolerance.angel, .market, ...) as one, with a value for each."""
    merged: dict[tuple, dict] = {}
    for row in rows:
        stem, _, last = row["name"].rpartition(".")
        key = (stem, row["what"], row["unit"], row["status"], row["source"], row["why"])
        merged.setdefault(key, {**row, "stem": stem, "each": []})["each"].append((last, row))
    return [row | {"name": row["stem"] if len(row["each"]) > 1 else row["name"]} for row in merged.values()]


def _parameter(row: Mapping, language: str) -> tuple[Text, ...]:
    """A line of the annex."""
    each = row["each"]
    values = [_shown(one["value"], row["unit"]) for _, one in each]
    if len(each) > 1 and len(set(values)) > 1:
        values = [f"{say(last.replace('_', ' '), language)} {value}" for (last, _), value in zip(each, values, strict=True)]
    else:
        values = values[:1]
    ranges = list(dict.fromkeys(_range(one, language) for _, one in each))
    unit = _unit(row["unit"], language)
    value = say(", ", language).join(values) + (f" {unit}" if unit else "")
    name = (say(row["what"], language) + " ", Code(row["name"]))
    return name, value, say("; ", language).join(ranges), say(row["status"], language), source_words(row, language)


def _unit(unit: str, language: str) -> str:
    return "" if unit in ("choice", "count", "names", "share", "number", "ratio", "") else say(unit, language)


def _range(row: Mapping, language: str) -> str:
    if row["low"] is None or row["high"] is None:
        return ""
    return say("{low} to {high}", language, low=_shown(row["low"], row["unit"]), high=_shown(row["high"], row["unit"]))


def source_words(row: Mapping, language: str) -> str:
    """Where a figure comes from; facts of the report by its section. Where there is no source, the reason given instead."""
    from seedbed.model.parameters import evidence

    def section(found: re.Match) -> str:
        fact = evidence("report").get(found.group(1))
        return found.group(0) if fact is None else say("the policy report, section {section} ({fact})", language, section=fact["section"], fact=found.group(1))

    source, why = (re.sub(r"\breport\.(\w+)", section, row.get(key) or "") for key in ("source", "why"))
    return say("; ", language).join(part for part in (source, why) if part) or say("none named", language)


def _changed(told: Any, known: Mapping[str, Mapping], language: str) -> list[tuple[Text, ...]]:
    """A line for each setting that the arms make: their values, the value otherwise, and the evidence for that."""
    lines = []
    for path, values in settings_of(told.arms).items():
        row = known.get(path) or told.evidence.get(path)
        bare = re.fullmatch(r"(?:in\.[^.]+\.)?programme\.(\w+)", path)
        if bare:
            title = told.programmes.get(bare.group(1), {}).get("title", bare.group(1))
            running = say("on", language) if bare.group(1) in told.running else say("off", language)
            lines.append(((say(title, language) + " ", Code(path)), _values(values, language), running, "", "", ""))
        elif row is None:
            lines.append((Code(path), _values(values, language), "", "", "", ""))
        else:
            unit = _unit(row["unit"], language)
            shown = _values(values, language, row["unit"]) + (f" {unit}" if unit else "")
            otherwise = _shown(row["value"], row["unit"]) if path in known else say("not there", language)
            lines.append(
                (
                    (say(row["what"], language) + " ", Code(path)),
                    shown,
                    otherwise,
                    _range(row, language),
                    say(row["status"], language),
                    source_words(row, language),
                )
            )
    return lines


def _programmes(told: Any, language: str) -> list[tuple[Text, ...]]:
    """A line for each programme that runs in the scenario or in an arm."""
    lines = []
    for name, programme in told.programmes.items():
        arms = [arm_name(arm.name, language) for arm in told.arms if str(arm.changes.get(f"programme.{name}", "")) in ("on", "True")]
        off = [arm for arm in told.arms if str(arm.changes.get(f"programme.{name}", "")) in ("off", "False")]
        where = say("in the scenario", language) if name in told.running and len(off) < max(1, len(told.arms)) else say("not in the runs", language)
        if arms and len(arms) == len(told.arms):
            where = say("in all arms", language)
        elif arms:
            where = say(
                "in {n} of {all} arms: {arms}",
                language,
                n=len(arms),
                all=len(told.arms),
                arms=say(", ", language).join(arms[:MANY_VALUES]) + (" …" if len(arms) > MANY_VALUES else ""),
            )
        elif off and where == say("in the scenario", language):
            where = say("in the scenario, switched off in {n} of {all} arms", language, n=len(off), all=len(told.arms))
        sources = list(dict.fromkeys(source_words({"source": source}, language) for source in programme["sources"] if source))
        lines.append(
            ((say(programme["title"], language) + " ", Code(name)), where, say("; ", language).join(sources[:MANY_VALUES]) or say("none named", language))
        )
    return lines


# -- how to do it again -----------------------------------------------------------------------------------------------


def _again(told: Any, language: str) -> list[Any]:
    blocks: list[Any] = [
        Heading(say("How to reproduce", language)),
        Paragraph(say("With the same rules and the same versions the same commands give the same numbers.", language)),
        Table((say("what for", language), say("command", language)), tuple((say(what, language), Code(command)) for what, command in told.commands),
              say("Commands", language), (2, 5)),
    ]  # fmt: skip
    prints = [(say(what, language), Code(value)) for what, value in told.prints.items() if value]
    blocks.append(Table((say("item", language), say("fingerprint", language)), tuple(prints), say("What these results are", language), (2, 5)))
    if told.versions:
        listed = tuple((name, Code(version)) for name, version in told.versions.items())
        blocks.append(Table((say("software", language), say("version", language)), listed, say("Versions", language), (2, 5)))
    return blocks


def lines_of(given: object) -> list[str]:
    """A text or a list of them as a list."""
    return [given] if isinstance(given, str) else [str(one) for one in given] if isinstance(given, Iterable) else []
