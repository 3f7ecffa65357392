"""The systems that the source report describes, each with the files that carry it and what its study found.

`systems.toml` says of each what the report describes, how it runs here and what was assumed. Where in the report it stands comes from the
facts, what was found from the committed summary of its study: nothing about a result is written by hand.

    python -m seedbed.experiments.systems           write model/SYSTEMS.md anew
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput
from seedbed.model.parameters import check_keys, closest_first, evidence, read_toml, sentence

__all__ = ["MAIN", "NOT_YET", "RESULTS", "System", "found", "load", "main_result", "markdown", "write"]

HERE = Path(__file__).resolve().parent
FILE = HERE / "systems.toml"
RESULTS = HERE / "results"
PAGE = HERE.parent / "model" / "SYSTEMS.md"
NUMBER = 31
MAIN = "tolerance-horizon"
"""The study of tolerance and horizon, which is older than the others and keeps its results in a place and form of its own."""
NOT_YET = "not run yet"
LISTS = ("facts", "programmes", "scenarios", "parameters", "also")
KEYS = ("number", "name", "about", *LISTS, "study", "finding")


@dataclass(frozen=True)
class System:
    """One system of the report: what it is, which facts, files and parameters carry it, and which studies answer its claim."""

    number: int
    name: str
    about: str
    study: str
    facts: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    finding: str = ""

    @property
    def section(self) -> str:
        """Where the report tells of it, by its facts, each section once."""
        told = [part.strip() for fact in self.facts for part in evidence("report")[fact]["section"].split(",")]
        return ", ".join(dict.fromkeys(told))

    @property
    def files(self) -> tuple[str, ...]:
        """Programme and scenario files, then the parameters that carry it."""
        kinds = (("programmes", self.programmes), ("scenarios", self.scenarios))
        return (*(f"model/{folder}/{name}.toml" for folder, names in kinds for name in names), *self.parameters)

    def row(self, results: Path = RESULTS) -> dict[str, Any]:
        """The system as plain data, with what its study found (null where it has not run)."""
        return {
            "number": self.number, "name": self.name, "section": self.section, "files": list(self.files), "study": self.study, "also": list(self.also),
            "result": found(self.study, self.finding, results), "facts": list(self.facts), "about": self.about,
        }  # fmt: skip


def _system(table: Any, place: int) -> System:
    where = f"{FILE.name}, system {place}"
    check_keys(table, KEYS, "a key of a system", where)
    if table.get("number") != place:
        raise BadInput(what="the number of a system", given=table.get("number"), allowed=f"{place}: they stand in their order", where=where)
    given = {key: sentence(table, key, f"its {key}", where) for key in ("name", "about", "study")}
    given["about"] = " ".join(given["about"].split())
    given["finding"] = sentence(table, "finding", "its finding", where, required=False)
    for key in LISTS:
        names = table.get(key, [])
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            raise BadInput(what=f"its {key}", given=names, allowed="a list of names", where=where)
        given[key] = tuple(names)
    facts = evidence("report")
    for fact in given["facts"]:
        if fact not in facts:
            raise BadInput(what="a fact of a system", given=fact, allowed=closest_first(fact, facts), where=where)
    if not given["facts"]:
        raise BadInput(what="its facts", given=[], allowed="at least one fact of the report", where=where)
    return System(number=place, **given)


@functools.cache
def load() -> tuple[System, ...]:
    """All systems in the order of their numbers.

    >>> [system.number for system in load()] == list(range(1, 32)), load()[3].section
    (True, '2.1.2(1), 3.3.3, 6')
    """
    table = read_toml(FILE)
    check_keys(table, ("systems",), "a key of the file", FILE.name)
    listed = table.get("systems", [])
    if len(listed) != NUMBER:
        raise BadInput(what="the number of systems", given=len(listed), allowed=NUMBER, where=FILE.name)
    return tuple(_system(one, place) for place, one in enumerate(listed, start=1))


# -- what was found ---------------------------------------------------------------------------------------------------


def found(study: str, finding: str = "", results: Path = RESULTS) -> dict[str, Any] | None:
    """The finding of a study's committed summary by name, its first if none is named; None where the study has not run."""
    if study == MAIN:
        return main_result(results)
    place = results / "studies" / study / "summary.json"
    if not place.is_file():
        return None
    listed = json.loads(place.read_text(encoding="utf-8"))["findings"]
    names = [one["name"] for one in listed]
    if finding and finding not in names:
        raise BadInput(what=f"the finding of {study}", given=finding, allowed=closest_first(finding, names), where=str(place))
    one = listed[names.index(finding)] if finding else listed[0]
    return {key: one.get(key) for key in ("name", "sentence", "value", "low", "high", "unit", "verdict")}


def main_result(results: Path = RESULTS) -> dict[str, Any] | None:
    """The main study in one sentence: unicorns founded (fundamental) with more tolerance alone, and with a longer horizon alone."""
    place = results / MAIN / "summary.json"
    if not place.is_file():
        return None
    contrasts = json.loads(place.read_text(encoding="utf-8"))["contrasts"]
    one, other = (contrasts[name]["unicorns_fundamental"] for name in ("tolerance", "horizon"))
    told = f"More tolerance alone: {_change(one)} unicorns founded (fundamental); a longer horizon alone: {_change(other)}."
    return {
        "name": "tolerance", "sentence": told, "value": one["difference"], "low": one["low"], "high": one["high"], "unit": one["unit"],
        "verdict": "described",
    }  # fmt: skip


def _change(row: Mapping[str, Any]) -> str:
    figures = [f"{row[key]:+.1f}".replace("-", "\N{MINUS SIGN}") for key in ("difference", "low", "high")]
    return f"{figures[0]} ({figures[1]} to {figures[2]})"


def told(result: Mapping[str, Any] | None) -> str:
    """A result in one line: the study's own sentence, which has its interval, and the verdict on the report's claim.

    >>> told(None), told({"sentence": "Two more (1 to 3).", "verdict": "supported"})
    ('not run yet', 'Two more (1 to 3). [supported]')
    """
    if result is None:
        return NOT_YET
    verdict = result["verdict"]
    return " ".join(result["sentence"].split()) + ("" if verdict in (None, "", "described") else f" [{verdict}]")


# -- the page ---------------------------------------------------------------------------------------------------------

HEAD = """# The systems of the report

What the source report describes, system by system: where it stands in the report, how it runs here, what was assumed, where the report
contradicts itself, and what its study found. Sections are the report's own; a name in brackets is a fact in
[facts.toml](evidence/facts.toml). `seedbed systems` prints the same as a table, `seedbed systems 14` one of them.

This page is written by `python -m seedbed.experiments.systems` from [systems.toml](../experiments/systems.toml) and the committed results of
the studies. Do not edit it. *Supported*, *contradicted* and *open* judge the report's claim by the interval of the study's first finding; all of
it holds in the model, under its assumptions, and not beyond.
"""


def _links(system: System) -> str:
    kinds = (("Programmes", "programmes", system.programmes), ("scenarios", "scenarios", system.scenarios))
    parts = [f"{label}: " + ", ".join(f"[{name}]({folder}/{name}.toml)" for name in names) for label, folder, names in kinds if names]
    if system.parameters:
        parts.append("parameters: " + ", ".join(f"`{name}`" for name in system.parameters))
    line = "; ".join(parts)
    return line[:1].upper() + line[1:] + "."


def _study(name: str) -> str:
    return f"[{name}](../experiments/tolerance_horizon.py)" if name == MAIN else f"[{name}](../experiments/studies/{name}.toml)"


def markdown(results: Path = RESULTS) -> str:
    """The page model/SYSTEMS.md: one section for each system, its result computed from the committed summary."""
    main = main_result(results)
    lines = [HEAD]
    if main is not None:
        lines.append(f"The main study, {_study(MAIN)}, in one line: {told(main)}\n")
    for system in load():
        facts = ", ".join(f"[{fact}]" for fact in system.facts)
        also = f" See also {', '.join(_study(name) for name in system.also)}." if system.also else ""
        lines += [
            f"## {system.number}. {system.name}\n",
            f"Report, section {system.section} {facts}.\n",
            f"{system.about}\n",
            f"{_links(system)}\n",
            f"Study {_study(system.study)}: {told(found(system.study, system.finding, results)).replace(NOT_YET, NOT_YET + '.')}{also}\n",
        ]
    return "\n".join(lines)


def write(place: Path = PAGE) -> None:
    """Write the page anew where it is."""
    place.write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    write()
