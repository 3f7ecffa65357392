"""Parameters are evidence: numbers about the world live in `parameters/*.toml`, never in Python.

A *definition* says what a number means, its value, unit, range, status and source. `Parameters` is one frozen set of
values in natural units (years, million RMB); `Parameters.row()` is the same set as the one-row table that the rules
read, converted once to quarters and fen.

    >>> from seedbed.model.parameters import convert
    >>> convert(30, "quarters", "years")
    7.5

A definition file looks like this (one file for each group of names):

    [fund.life]
    what = "years from first closing to the end of a fund"
    by = "fund_kind"                          # optional: an axis, or a list of two
    value = { angel = 12, market = 7, patient = 12, alumni = 15, guidance = 10 }
    unit = "years"
    range = [5, 15]                           # for sensitivity studies, same for all elements
    limits = [1, 40]                          # optional hard limits; see `default_limits`
    status = "observed"                       # observed | estimated | calibrated | assumed
    source = "report.alumni_fund"             # report.<fact>, target.<id>, or a paper in words
    cites = { alumni = "report.alumni_fund.tolerance_years" }   # optional: equals that figure; see `Cite`
    why = "..."                               # required where status = "assumed"
    options = ["own", "market"]               # only where unit = "choice": the value is one of them
"""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

__all__ = [
    "AXES",
    "STATUSES",
    "UNITS",
    "Definition",
    "Parameters",
    "check_together",
    "convert",
    "definitions",
    "evidence",
    "parse_assignment",
    "together",
]

FOLDER = Path(__file__).with_name("parameters")
EVIDENCE = Path(__file__).with_name("evidence")

AXES = {
    "sector": ("digital", "hardware", "bio", "consumer"),
    "form": ("incremental", "radical"),
    "link": ("applied_research", "invention", "development", "market_entry"),
    "fund_kind": ("angel", "market", "patient", "alumni", "guidance"),
    "lp_kind": ("private", "institution", "alumni", "government"),
}
NAME = re.compile(r"[a-z][a-z0-9_]*")
NAME_RULE = "small letters, digits and underscores, a letter first"
STATUSES = ("observed", "estimated", "calibrated", "assumed")
KEYS = ("what", "by", "value", "unit", "range", "limits", "status", "source", "why", "options", "cites")


# --- Units -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    """A unit: what it measures, and its size `times / over` in the engine's own (quarters, fen, per quarter)."""

    measures: str
    times: int = 1
    over: int = 1
    kind: str = "f8"


UNITS = {
    "years": Unit("time", 4),
    "quarters": Unit("time"),
    "per year": Unit("rate", 1, 4),
    "per quarter": Unit("rate"),
    "million RMB": Unit("money", 10**8),
    "million RMB per year": Unit("money flow", 10**8, 4),
    "million RMB per quarter": Unit("money flow", 10**8),
    "share": Unit("share"),
    "ratio": Unit("ratio"),
    "count": Unit("count", kind="i8"),
    "log": Unit("log"),
    "number": Unit("number"),
    "choice": Unit("choice", kind="i8"),
}

# Further spellings that a person may type; files of this project use the units above.
SPELLINGS = UNITS | {
    "year": Unit("time", 4),
    "quarter": Unit("time"),
    "months": Unit("time", 1, 3),
    "month": Unit("time", 1, 3),
    "per month": Unit("rate", 3),
    "RMB": Unit("money", 100),
    "thousand RMB": Unit("money", 10**5),
    "billion RMB": Unit("money", 10**11),
    "thousand RMB per year": Unit("money flow", 10**5, 4),
    "billion RMB per year": Unit("money flow", 10**11, 4),
    "%": Unit("share", 1, 100),
    "percent": Unit("share", 1, 100),
}


def convert(number: float, given: str, wanted: str) -> float:
    """A number from one unit into another of the same kind, with a single rounding where sizes are whole."""
    a, b = SPELLINGS[given], SPELLINGS[wanted]
    if a.measures != b.measures:
        raise ValueError(f"{given} measures {a.measures}, {wanted} measures {b.measures}")
    times, over = a.times * b.over, a.over * b.times
    common = math.gcd(times, over)
    times, over = times // common, over // common
    return number * times if over == 1 else number * times / over


def to_engine(number: float, unit: str) -> float:
    """A natural value in the engine's units; money is rounded to whole fen, so that no rule ever loses a part of one."""
    size = UNITS[unit]
    number = number * size.times / size.over
    return float(round(number)) if size.measures.startswith("money") else number


_TEXT = re.compile(r"\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\s*/\s*(\d+))?\s*([A-Za-z%][A-Za-z% ]*)?\s*")


def number_from_text(text: str, unit: str, what: str, where: str) -> float:
    """A number typed by a person, such as "12", "7/3 years", "30 quarters" or "5 million RMB", in the wanted unit.

    Raises BadInput where the text is no number, or where its unit is unknown or measures something else.
    """
    same = [name for name, u in SPELLINGS.items() if u.measures == SPELLINGS[unit].measures]
    match = _TEXT.fullmatch(text)
    if match is None:
        raise BadInput(
            what=what, given=text, allowed=f"a number, in {unit} or with a unit ({', '.join(same)})", where=where
        )
    digits, over, spelled = match.groups()
    number: float = int(digits) if re.fullmatch(r"[+-]?\d[\d_]*", digits) else float(digits)
    if over is not None:
        if int(over) == 0:
            raise BadInput(what=what, given=text, allowed="a fraction whose lower part is not zero", where=where)
        number = number / int(over)
    spelled = " ".join((spelled or "").split())
    if spelled and spelled not in same:
        raise BadInput(what=f"the unit of {what}", given=spelled, allowed=same, where=where)
    return convert(number, spelled, unit) if spelled and spelled != unit else number


def natural(
    given: Any, *, unit: str, limits: tuple[float, float], options: tuple[str, ...], what: str, where: str
) -> Any:
    """A checked value in its natural unit: a finite number inside the hard limits, a whole one for counts, an option's name.

    The one place where a value that a person gave is accepted or refused, be it for a parameter or a programme.
    """
    if unit == "choice":
        if not isinstance(given, str) or given not in options:
            raise BadInput(what=what, given=given, allowed=options, where=where)
        return given
    if isinstance(given, str):
        given = number_from_text(given, unit, what, where)
    elif isinstance(given, np.generic):
        given = given.item()
    whole = UNITS[unit].kind == "i8"
    number = isinstance(given, Real) and not isinstance(given, bool)
    if not number or not limits[0] <= given <= limits[1] or (whole and given != int(given)):
        kind = "a whole number" if whole else "a number"
        allowed = f"{kind} from {plain(limits[0])} to {plain(limits[1])} ({unit})"
        raise BadInput(what=what, given=given, allowed=allowed, where=where)
    return int(given) if whole else float(given)


def plain(number: Any) -> str:
    """A number as a person writes it: 12, not 12.0."""
    return f"{number:g}" if isinstance(number, float) and not number.is_integer() else f"{int(number)}"


def default_limits(unit: str, low: float, high: float) -> tuple[float, float]:
    """Hard limits where a definition names none: wide enough for any reasonable study, too narrow for a slip of units.

    A share lies in [0, 1]. Otherwise ten times beyond the sensitivity range on either side; zero is allowed, since it
    switches a mechanism off; a sign that the range does not show is not.
    """
    if unit == "share":
        return 0.0, 1.0
    return (10.0 * low if low < 0 else 0.0), (10.0 * high if high > 0 else 0.0)


# --- Reading -----------------------------------------------------------------------------------------------------


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; BadInput with file and line where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(what="the text of the file", given=str(error), allowed="well-formed TOML", where=path) from None
    except UnicodeDecodeError as error:
        raise BadInput(what="the text of the file", given=str(error), allowed="UTF-8", where=path) from None
    except OSError as error:
        raise BadInput(what="the file", given=error.strerror, allowed="a readable TOML file", where=path) from None


def closest_first(given: str, names: Iterable[str]) -> list[str]:
    """All names, the most similar to the given one first."""
    matcher = SequenceMatcher(b=given)

    def likeness(name: str) -> float:
        matcher.set_seq1(name)
        ends = 0.5 if given and (name.endswith("." + given) or name.startswith(given + ".")) else 0.0
        return ends + matcher.ratio()

    return sorted(names, key=likeness, reverse=True)


def check_keys(table: Mapping[str, Any], known: Iterable[str], what: str, where: Any) -> None:
    """BadInput for the first key of a table that is not known."""
    known = list(known)
    for key in table:
        if key not in known:
            raise BadInput(what=what, given=key, allowed=closest_first(key, known), where=where)


def sentence(table: Mapping[str, Any], key: str, meaning: str, where: Any, *, required: bool = True) -> str:
    """A piece of text out of a table: not empty, and there if it is required."""
    text = table.get(key)
    if text is None and not required:
        return ""
    if not isinstance(text, str) or not text.strip():
        raise BadInput(what=f"{meaning} ({key})", given=None if text is None else text, allowed="a text", where=where)
    return text


def find_file(name_or_path: str | Path, folder: Path, what: str, where: Any, beside: Path | None = None) -> Path:
    """The TOML file that a name of this project's own, or a path, stands for; `beside` is the folder that paths start from.

    A text with a slash or ending in .toml is a path. A name is looked for beside first, then among those shipped.
    """
    given = str(name_or_path)
    if isinstance(name_or_path, Path) or given.endswith(".toml") or "/" in given or "\\" in given:
        path = (beside or Path()) / given
        if not path.is_file():
            raise BadInput(what=f"the {what} file", given=given, allowed="an existing TOML file", where=where)
        return path
    for place in (beside, folder):
        if place is not None and (place / f"{given}.toml").is_file():
            return place / f"{given}.toml"
    known = closest_first(given, names_in(folder))
    raise BadInput(what=f"the {what}", given=given, allowed=known or "the path of a TOML file", where=where)


def shown(path: Path, folder: Path) -> str:
    """A file as messages name it: short where it is one of this project's own."""
    return f"{folder.name}/{path.name}" if path.parent == folder else str(path)


def names_in(folder: Path) -> list[str]:
    """What a folder of this project ships: the names of its TOML files."""
    return sorted(path.stem for path in folder.glob("*.toml"))


# --- Evidence ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=None)
def evidence(kind: str) -> dict[str, Any]:
    """The numbered facts of the report (`report`) or the real statistics to be met (`target`), by id."""
    return read_toml(EVIDENCE / {"report": "facts.toml", "target": "targets.toml"}[kind])


def check_source(text: str, where: Any) -> None:
    """Every `report.<fact>` and `target.<id>` named in a source must exist. A paper is free text."""
    for kind, name in re.findall(r"\b(report|target)\.(\w+)", text):
        if name not in evidence(kind):
            raise BadInput(
                what=f"the source ({kind})", given=name, allowed=closest_first(name, evidence(kind)), where=where
            )


def figure(path: str, where: Any) -> float:
    """A figure of the evidence by path: `report.<fact>.<value>`, `target.<id>.<key>`, with `.<number>` into a list.

    >>> figure("report.alumni_fund.tolerance_years", "here"), figure("report.failure.firm_success.1", "here")
    (7, 0.04)
    """
    kind, _, rest = path.partition(".")
    if kind not in ("report", "target") or not rest:
        raise BadInput(
            what="the figure cited", given=path, allowed="report.<fact>.<value> or target.<id>.<key>", where=where
        )
    at: Any = evidence(kind)
    for depth, step in enumerate(rest.split(".")):
        if kind == "report" and depth == 1:
            at = at.get("values", {})
        known: list[str] = (
            list(at) if isinstance(at, dict) else [str(i) for i in range(len(at) if isinstance(at, list) else 0)]
        )
        if step not in known:
            raise BadInput(
                what=f"the figure cited ({path})", given=step, allowed=closest_first(step, known), where=where
            )
        at = at[step] if isinstance(at, dict) else at[int(step)]
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise BadInput(what="the figure cited", given=path, allowed="the path of a single number", where=where)
    return at


@dataclass(frozen=True)
class Cite:
    """A claim that a value equals a figure of the evidence, times a factor, over a factor or another figure.

    In a file: `cites = "report.alumni_fund.tolerance_years"`, or with more to say
    `cites = { fact = "report.dxy.grant", times = 1.0e-6 }`, or
    `cites = { fact = "report.alumni_fund.tolerance_years", over = "report.alumni_fund.market_tolerance_ratio" }`;
    for a parameter with elements a table of these by element.
    """

    fact: str
    times: float = 1.0
    over: float | str = 1.0

    @classmethod
    def read(cls, given: Any, where: str) -> Cite:
        if isinstance(given, str):
            return cls(given)
        if not isinstance(given, dict) or not isinstance(given.get("fact"), str):
            raise BadInput(
                what="what is cited",
                given=given,
                allowed="a path or { fact = path, times = number, over = number or path }",
                where=where,
            )
        check_keys(given, ("fact", "times", "over"), "a key of cites", where)
        for key in ("times", "over"):
            if isinstance(given.get(key, 1.0), bool) or not isinstance(
                given.get(key, 1.0), int | float | (str if key == "over" else float)
            ):
                raise BadInput(what=f"cites.{key}", given=given[key], allowed="a number", where=where)
        if given.get("over", 1.0) == 0:
            raise BadInput(what="cites.over", given=given["over"], allowed="a number other than 0, or a path", where=where)
        return cls(**given)

    def check(self, value: float, what: str, where: str) -> None:
        over = figure(self.over, where) if isinstance(self.over, str) else self.over
        expected = figure(self.fact, where) * self.times / over
        if not math.isclose(value, expected, rel_tol=1e-4, abs_tol=1e-12):  # four digits: 2.3333 stands for 7/3
            raise BadInput(what=what, given=value, allowed=f"{expected:.7g}, which it cites ({self.fact})", where=where)


# --- Definitions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Definition:
    """What one parameter means: read from a file, checked, never changed.

    `paths` are its elements in the order of the record (`fund.life.angel`, ...; just its name where it has no axis),
    `defaults` their values in the natural unit.
    """

    name: str
    what: str
    unit: str
    by: tuple[str, ...]
    paths: tuple[str, ...]
    defaults: tuple[Any, ...]
    range: tuple[float, float] | None
    limits: tuple[float, float]
    status: str
    source: str
    why: str
    options: tuple[str, ...]
    cites: tuple[tuple[str, Cite], ...] = ()
    where: str = ""

    @property
    def field(self) -> str:
        """Its name in the record that the rules read."""
        return self.name.replace(".", "_")

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(AXES[axis]) for axis in self.by)

    @property
    def value(self) -> Any:
        """The value as the file has it: a number or a name, or a table by axis."""
        return nest(self.by, self.defaults)

    def check(self, given: Any, path: str, where: str) -> Any:
        """A value for one element, in the natural unit; BadInput where it is not allowed."""
        return natural(given, unit=self.unit, limits=self.limits, options=self.options, what=path, where=where)

    def engine(self, value: Any) -> float:
        """A natural value in the units of the record."""
        return self.options.index(value) if self.unit == "choice" else to_engine(value, self.unit)


def nest(by: tuple[str, ...], values: Iterable[Any]) -> Any:
    """Values in record order as a table by axis, or the single value where there is no axis."""
    values = list(values)
    if not by:
        return values[0]
    each = len(values) // len(AXES[by[0]])
    return {name: nest(by[1:], values[i * each : (i + 1) * each]) for i, name in enumerate(AXES[by[0]])}


def _complete(table: Any, name: str, by: tuple[str, ...], where: str) -> Iterator[tuple[str, Any]]:
    """Path and value of each element of a table that must have exactly the names of its axes."""
    if not by:
        yield name, table
        return
    names = AXES[by[0]]
    if not isinstance(table, dict):
        raise BadInput(
            what=f"the value of {name}", given=table, allowed=f"a table by {by[0]}: {', '.join(names)}", where=where
        )
    check_keys(table, names, f"an element of {name}", where)
    for element in names:
        if element not in table:
            raise BadInput(what=f"{name}.{element}", given=None, allowed=f"a value for each {by[0]}", where=where)
        yield from _complete(table[element], f"{name}.{element}", by[1:], where)


def ordered_pair(table: dict[str, Any], key: str, where: str, of: str = "") -> tuple[float, float] | None:
    """A lower and an upper finite number out of a table, None where there is no such key."""
    if key not in table:
        return None
    pair = table[key]
    numbers = isinstance(pair, list) and all(
        isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in pair
    )
    if not numbers or len(pair) != 2 or pair[0] > pair[1]:
        raise BadInput(what=f"the {key}{of}", given=pair, allowed="two numbers, the lower one first", where=where)
    return pair[0], pair[1]


def _cites(given: Any, name: str, by: tuple[str, ...], where: str) -> Iterator[tuple[str, Cite]]:
    """The claims of a definition by element path; unlike values they need not be complete."""
    if not by:
        yield name, Cite.read(given, where)
        return
    if not isinstance(given, dict) or "fact" in given:
        raise BadInput(what=f"cites of {name}", given=given, allowed=f"a table by {by[0]}", where=where)
    check_keys(given, AXES[by[0]], f"an element of {name}", where)
    for element, inner in given.items():
        yield from _cites(inner, f"{name}.{element}", by[1:], where)


def _definition(name: str, table: dict[str, Any], where: str) -> Definition:
    check_keys(table, KEYS, f"a key of {name}", where)
    what = sentence(table, "what", "its meaning", where)
    by = table.get("by", [])
    by = [by] if isinstance(by, str) else by
    if not isinstance(by, list) or len(by) > 2:
        raise BadInput(what="the axis (by)", given=by, allowed="one axis or a list of two", where=where)
    for axis in by:
        if not isinstance(axis, str) or axis not in AXES:
            raise BadInput(what="the axis (by)", given=axis, allowed=list(AXES), where=where)
    by = tuple(by)
    unit = sentence(table, "unit", "its unit", where)
    if unit not in UNITS:
        raise BadInput(what="the unit", given=unit, allowed=closest_first(unit, UNITS), where=where)
    status = sentence(table, "status", "its status", where)
    if status not in STATUSES:
        raise BadInput(what="the status", given=status, allowed=STATUSES, where=where)
    why = sentence(table, "why", "the reason", where, required=status == "assumed")
    source = sentence(table, "source", "its source", where, required=status != "assumed")
    check_source(source, where)
    if "value" not in table:
        raise BadInput(what=f"the value of {name}", given=None, allowed=f"a value in {unit}", where=where)

    options: tuple[str, ...] = ()
    span: tuple[float, float] | None = None
    if unit == "choice":
        listed = table.get("options")
        names = listed if isinstance(listed, list) and all(isinstance(option, str) for option in listed) else []
        if len(set(names)) < max(2, len(names)):
            allowed = "a list of two or more different names"
            raise BadInput(what="the options", given=listed, allowed=allowed, where=where)
        options = tuple(names)
        limits = (0.0, float(len(options) - 1))
        check_keys(
            table, [k for k in KEYS if k not in ("range", "limits", "cites")], f"a key of the choice {name}", where
        )
    else:
        check_keys(table, [k for k in KEYS if k != "options"], f"a key of {name}, which is no choice,", where)
        span = ordered_pair(table, "range", where)
        if span is None:
            raise BadInput(what="the range", given=None, allowed="two numbers, the lower one first", where=where)
        limits = ordered_pair(table, "limits", where) or default_limits(unit, *span)
        if not limits[0] <= span[0] <= span[1] <= limits[1]:
            raise BadInput(what="the range", given=list(span), allowed=limits, where=where)

    paths, defaults = [], []
    for path, given in _complete(table["value"], name, by, where):
        value = natural(given, unit=unit, limits=limits, options=options, what=path, where=where)
        if span and not span[0] <= value <= span[1]:
            raise BadInput(
                what=path,
                given=given,
                allowed=f"a value inside its own range, {plain(span[0])} to {plain(span[1])}",
                where=where,
            )
        paths.append(path)
        defaults.append(value)
    cites = tuple(_cites(table["cites"], name, by, where)) if "cites" in table else ()
    for path, cite in cites:
        cite.check(defaults[paths.index(path)], path, where)
    return Definition(
        name, what, unit, by, tuple(paths), tuple(defaults), span, limits, status, source, why, options, cites, where
    )


def _tables(name: str, table: Any, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The definitions in a file by dotted name. A table that holds only tables is a group."""
    where = f"{file}, [{name}]"
    if not isinstance(table, dict):
        raise BadInput(
            what="a key outside any parameter", given=name, allowed="a table such as [fund.life]", where=file
        )
    if not NAME.fullmatch(name.rpartition(".")[2]):
        raise BadInput(what="the name", given=name, allowed=NAME_RULE, where=where)
    if "." in name and not (table and all(isinstance(inner, dict) and key not in KEYS for key, inner in table.items())):
        yield name, table
        return
    for key, inner in table.items():
        yield from _tables(f"{name}.{key}", inner, file)


@lru_cache(maxsize=None)
def definitions(folder: Path = FOLDER) -> dict[str, Definition]:
    """All definitions by name, in the order of files and lines. Read and checked once; do not change the result."""
    if not folder.is_dir():
        raise BadInput(
            what="the folder of parameters", given=str(folder), allowed="a folder of TOML files", where=folder
        )
    found: dict[str, Definition] = {}
    taken: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml")):
        short = shown(file, folder)
        for group, table in read_toml(file).items():
            for name, inner in _tables(group, table, short):
                definition = _definition(name, inner, f"{short}, [{name}]")
                for word in {definition.field, name, *definition.paths}:
                    if word in taken or hasattr(np.recarray, word):
                        raise BadInput(
                            what="the name",
                            given=name,
                            allowed=f"a name not used by {taken.get(word, 'numpy')}",
                            where=definition.where,
                        )
                    taken[word] = definition.where
                found[name] = definition
    return found


# --- Values ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Parameters(Mapping[str, Any]):
    """One frozen set of values in natural units: a mapping from dotted names.

    A name gives a number, a choice's name, or the whole table of a parameter with elements; an element's path
    (`fund.life.market`) gives its value. Iterating gives the names of parameters; `elements()` all paths.
    """

    definitions: dict[str, Definition]
    _values: dict[str, Any] = field(repr=False)  # by element path; not to be changed

    @classmethod
    def default(cls, defined: dict[str, Definition] | None = None) -> Parameters:
        """The values of the definition files."""
        defined = definitions() if defined is None else defined
        parameters = cls(
            defined, {path: v for d in defined.values() for path, v in zip(d.paths, d.defaults, strict=True)}
        )
        check_together(parameters, where="the definition files")
        return parameters

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        definition = self.definitions[name]
        return nest(definition.by, (self._values[path] for path in definition.paths))

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self.definitions

    def __iter__(self) -> Iterator[str]:
        return iter(self.definitions)

    def __len__(self) -> int:
        return len(self.definitions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parameters) and self.digest() == other.digest()

    def __hash__(self) -> int:
        return hash(self.digest())

    def __repr__(self) -> str:
        changed = self.changes()
        return f"Parameters({len(self)} names, {len(changed)} changed{': ' if changed else ''}{', '.join(changed)})"

    def __reduce__(self) -> tuple[Any, ...]:
        shipped = self.definitions is definitions()
        return _restored, (None if shipped else self.definitions, self.changes() if shipped else self._values)

    def elements(self) -> dict[str, Any]:
        """Every element's path and value."""
        return dict(self._values)

    def changes(self) -> dict[str, Any]:
        """The elements whose value is not the definition's own."""
        return {
            path: self._values[path]
            for definition in self.definitions.values()
            for path, default in zip(definition.paths, definition.defaults, strict=True)
            if self._values[path] != default
        }

    def definition(self, path: str, where: str = "python call") -> tuple[Definition, tuple[str, ...]]:
        """The definition that a path belongs to, and the elements that the path covers."""
        if not isinstance(path, str):
            raise BadInput(what="the name of a parameter", given=path, allowed="a text", where=where)
        name = path
        while name and name not in self.definitions:
            name = name.rpartition(".")[0]
        if name:
            definition = self.definitions[name]
            covered = (
                tuple(p for p in definition.paths if p == path or p.startswith(path + "."))
                if name != path
                else definition.paths
            )
            if covered:
                return definition, covered
            raise BadInput(
                what=f"an element of {name}", given=path, allowed=closest_first(path, definition.paths), where=where
            )
        known = [*self.definitions, *(p for p in self._values if p not in self.definitions)]
        raise BadInput(what="the parameter", given=path, allowed=closest_first(path, known), where=where)

    def with_changes(self, changes: Mapping[str, Any], where: str = "python call", *, check: bool = True) -> Parameters:
        """A new set with some values changed; BadInput names the first that is not allowed.

        A key is a name or an element's path; a value is a number in the natural unit, a text with a unit ("30 quarters"),
        a choice's name, or a table of these by element, which may leave elements out. One value for a whole table sets
        all its elements. Later changes win. `check=False` leaves out the checks across parameters, for a set that is
        still being put together.
        """
        values = dict(self._values)
        for path, given in changes.items():
            self._set(values, path, given, where)
        changed = Parameters(self.definitions, values)
        if check:
            check_together(changed, where=where)
        return changed

    def _set(self, values: dict[str, Any], path: str, given: Any, where: str) -> None:
        definition, covered = self.definition(path, where)
        if isinstance(given, Mapping):
            if not given or len(covered) == 1:
                raise BadInput(
                    what=path,
                    given=dict(given),
                    allowed=f"a single value ({definition.unit})" if given else "a table with elements",
                    where=where,
                )
            for element, inner in given.items():
                self._set(values, f"{path}.{element}", inner, where)
            return
        value = definition.check(given, path, where)
        values.update((p, value) for p in covered)

    def engine(self, path: str) -> float:
        """The value of one element in the engine's units (quarters, fen, per quarter, an option's index).

        For a parameter without elements the path may name one all the same: rules that compare two parameters need not
        know whether both differ by kind.
        """
        while path not in self._values and "." in path:
            path = path.rpartition(".")[0]
        definition, _ = self.definition(path)
        return definition.engine(self._values[path])

    def dtype(self) -> np.dtype[Any]:
        """The aligned record type of the row: one field for each definition, in order."""
        return np.dtype(
            [
                (d.field, UNITS[d.unit].kind, d.shape) if d.by else (d.field, UNITS[d.unit].kind)
                for d in self.definitions.values()
            ],
            align=True,
        )

    def row(self) -> np.recarray[Any, Any]:
        """The one-row, read-only table that the rules read: `row()[0].fund_life[kind]` in quarters."""
        return self._row

    @cached_property
    def _row(self) -> np.recarray[Any, Any]:
        table = np.zeros(1, self.dtype())
        for definition in self.definitions.values():
            numbers = [definition.engine(self._values[path]) for path in definition.paths]
            table[definition.field][0] = np.reshape(numbers, definition.shape) if definition.by else numbers[0]
        row = table.view(np.recarray)
        row.setflags(write=False)
        return row

    def table(self) -> list[dict[str, Any]]:
        """Every element with its evidence, one row each: what `seedbed sources` prints."""
        return [
            {
                "name": path,
                "value": self._values[path],
                "unit": d.unit,
                "low": d.range[0] if d.range else None,
                "high": d.range[1] if d.range else None,
                "status": d.status,
                "source": d.source,
                "why": d.why,
                "what": d.what,
            }
            for d in self.definitions.values()
            for path in d.paths
        ]

    def digest(self) -> str:
        """A fingerprint of names, units and values: equal for equal sets, on any machine."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        lines = (f"{path} = {self._values[path]!r} {d.unit}" for d in self.definitions.values() for path in d.paths)
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _restored(defined: dict[str, Definition] | None, values: dict[str, Any]) -> Parameters:
    """A set that comes back from another process."""
    if defined is None:
        return Parameters.default().with_changes(values, check=False)
    return Parameters(defined, values)


def parse_assignment(text: str, where: str = "--set") -> tuple[str, str]:
    """`name=value` as typed on the command line, split and trimmed. The value is checked by whoever owns the name.

    >>> parse_assignment("fund.life.market = 30 quarters")
    ('fund.life.market', '30 quarters')
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise BadInput(
            what="the assignment", given=text, allowed="name=value, such as fund.life.market=12", where=where
        )
    return name.strip(), value.strip()


# --- Contradictions ----------------------------------------------------------------------------------------------

Check = Callable[[Parameters, str], BadInput | None]
CHECKS: list[tuple[tuple[str, ...], Check]] = []


def together(*names: str) -> Callable[[Check], Check]:
    """Mark a function as a check across parameters. It runs wherever all these names are defined.

    It gets the parameters and the place to name, and returns None or the BadInput to raise.
    """

    def register(check: Check) -> Check:
        CHECKS.append((names, check))
        return check

    return register


def check_together(parameters: Parameters, where: str = "python call") -> None:
    """Raise the BadInput of the first contradiction between values that are each allowed."""
    for names, check in CHECKS:
        if all(name in parameters for name in names):
            fault = check(parameters, where)
            if fault is not None:
                raise fault


@together("fund.life", "fund.tranche")
def fund_outlives_its_tranche(p: Parameters, where: str) -> BadInput | None:
    """A fund must live at least as long as one tranche of its money."""
    for path in p.definitions["fund.life"].paths:
        tranche = path.replace("fund.life", "fund.tranche")
        if p.engine(path) < p.engine(tranche):
            least = convert(p.engine(tranche), "quarters", p.definitions["fund.life"].unit)
            return BadInput(
                what=path,
                given=p[path],
                allowed=f"at least the length of a tranche (fund.tranche), {plain(least)} {p.definitions['fund.life'].unit}",
                where=where,
            )
    return None


@together("venture.team_smallest", "venture.team_largest")
def teams_have_a_size(p: Parameters, where: str) -> BadInput | None:
    """The largest founding team cannot be smaller than the smallest."""
    if p["venture.team_largest"] >= p["venture.team_smallest"]:
        return None
    return BadInput(
        what="venture.team_largest",
        given=p["venture.team_largest"],
        allowed=f"at least venture.team_smallest, {plain(p['venture.team_smallest'])}",
        where=where,
    )


@together("fund.ticket_smallest", "fund.ticket_largest")
def tickets_have_a_size(p: Parameters, where: str) -> BadInput | None:
    """A fund's largest ticket cannot be smaller than its smallest, or it would never invest."""
    for path in p.definitions["fund.ticket_largest"].paths:
        smallest = path.replace("fund.ticket_largest", "fund.ticket_smallest")
        if p[path] < p[smallest]:
            return BadInput(what=path, given=p[path], allowed=f"at least {smallest}, {plain(p[smallest])} million RMB", where=where)
    return None


@together("venture.growth_late", "venture.growth_noise", "market.discount", "sector.closure")
def sales_have_a_finite_worth(p: Parameters, where: str) -> BadInput | None:
    """The market's discount and the risk of closing must outrun the growth of a mature firm, or its present value is infinite."""
    noise = p.engine("venture.growth_noise")
    growth = p.engine("venture.growth_late") + 0.5 * noise * noise
    for path in p.definitions["sector.closure"].paths:
        if growth >= p.engine("market.discount") + p.engine(path):
            return BadInput(
                what="venture.growth_late",
                given=p["venture.growth_late"],
                allowed=f"with half the square of venture.growth_noise below market.discount and {path} together, per quarter",
                where=where,
            )
    return None


@together("fund.managers")
def somebody_manages_money(p: Parameters, where: str) -> BadInput | None:
    """Some kinds of fund may be absent, not all of them."""
    definition = p.definitions["fund.managers"]
    if not any(p[path] for path in definition.paths):
        return BadInput(
            what="fund.managers",
            given=0,
            allowed="at least one manager of some kind: " + ", ".join(definition.paths),
            where=where,
        )
    return None


@together("university.number")
def there_is_a_university(p: Parameters, where: str) -> BadInput | None:
    """Founders come from universities."""
    if any(p[path] for path in p.definitions["university.number"].paths):
        return None
    return BadInput(
        what="university.number", given=0, allowed="at least 1, since founders come from universities", where=where
    )


@together("city.graduates")
def somebody_graduates(p: Parameters, where: str) -> BadInput | None:
    """A city without graduates has no founders."""
    if any(p[path] for path in p.definitions["city.graduates"].paths):
        return None
    return BadInput(
        what="city.graduates",
        given=0,
        allowed="at least 1 a year, since graduates are the pool of founders",
        where=where,
    )
