"""Scenarios: a city as a named difference from the evidence, with the programmes that run in it.

A scenario file:

    title = "Baseline"
    about = "..."
    base = "another"                                # optional: a scenario that this one starts from
    programmes = ["small_grant", "mine.toml"]       # names of shipped programmes, or paths beside this file
    [set]
    "fund.life.market" = 12
    "fund.tolerance.market" = { value = "7/3 years", source = "report.alumni_fund", why = "..." }
    "programme.small_grant.amount" = 0.3

Without `programmes` those of the base run; the settings of the base are made first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput

from . import programmes as programmes_module
from .parameters import (
    Parameters,
    check_keys,
    check_source,
    check_together,
    find_file,
    names_in,
    parse_assignment,
    read_toml,
    sentence,
    shown,
)
from .programmes import Programme, check_executed

__all__ = ["Override", "Scenario"]

FOLDER = Path(__file__).with_name("scenarios")
KEYS = ("title", "about", "base", "programmes", "set")
SWITCH = {"on": True, "off": False, True: True, False: False}


@dataclass(frozen=True)
class Override:
    """One setting that differs from the evidence files: what was set, where, and on what grounds."""

    name: str
    value: Any
    where: str
    source: str = ""
    why: str = ""


@dataclass(frozen=True)
class Scenario:
    """A named, frozen set of parameters and programmes. Two of equal digest give the same run from the same seed."""

    name: str
    title: str
    about: str
    parameters: Parameters = field(repr=False)
    programmes: tuple[Programme, ...] = ()
    overrides: tuple[Override, ...] = ()
    base: str = ""

    @staticmethod
    def names() -> list[str]:
        """The scenarios that are shipped."""
        return names_in(FOLDER)

    @classmethod
    def load(cls, name_or_path: str | Path | Scenario, where: str = "python call") -> Scenario:
        """A scenario by name or from a file; one already loaded is returned as it is."""
        if isinstance(name_or_path, Scenario):
            return name_or_path
        path = find_file(name_or_path, FOLDER, "scenario", where)
        scenario = _read(path, ())
        _check(scenario, shown(path, FOLDER))
        return scenario

    def with_(self, changes: Mapping[str, Any] | Iterable[str] | str, where: str | None = None) -> Scenario:
        """The scenario with some settings changed, checked as a whole.

        `changes` is a mapping from names to values, or assignments as typed ("fund.life.market=12", or several). Names are
        those of parameters and their elements, `programme.<name>.<field>`, and `programme.<name>` for "on" or "off".
        """
        if isinstance(changes, str):
            changes = [changes]
        if not isinstance(changes, Mapping):
            where = where or "--set"
            changes = dict(parse_assignment(text, where) for text in changes)
        where = where or "python call"
        changed = _changed(self, [Override(name, value, where) for name, value in changes.items()])
        _check(changed, where)
        return changed

    def digest(self) -> str:
        """A fingerprint of everything that a run depends on: parameters and programmes, not titles or reasons."""
        parts = [self.parameters.digest(), *(programme.digest() for programme in self.programmes)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """What it is, as plain data for a manifest or a table."""
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "base": self.base,
            "programmes": {p.name: p.title for p in self.programmes},
            "overrides": [
                {"name": o.name, "value": o.value, "where": o.where, "source": o.source, "why": o.why}
                for o in self.overrides
            ],
            "digest": self.digest(),
        }

    def table(self) -> list[dict[str, Any]]:
        """Every figure of the scenario with its evidence; a setting of the scenario shows its own source and reason."""
        own = {path: o for o in self.overrides for path in self._covered(o.name)}
        rows = [*self.parameters.table(), *(row for programme in self.programmes for row in programme.table())]
        for row in rows:
            if row["name"] in own:
                o = own[row["name"]]
                row |= {"status": "set", "source": o.source or o.where, "why": o.why}
        return rows

    def _covered(self, name: str) -> tuple[str, ...]:
        return (name,) if name.startswith("programme.") else self.parameters.definition(name)[1]


def _changed(scenario: Scenario, overrides: Iterable[Override]) -> Scenario:
    """The scenario with overrides made one after the other, not yet checked as a whole."""
    parameters, running = scenario.parameters, {programme.name: programme for programme in scenario.programmes}
    made = {o.name: o for o in scenario.overrides}
    settings: dict[str, dict[str, Any]] = {}  # of parameters, all from one place set together
    for o in overrides:
        if not isinstance(o.name, str):
            raise BadInput(what="the name of a setting", given=o.name, allowed="a text", where=o.where)
        if o.name.partition(".")[0] == "programme":
            _change_programme(running, o)
            made = _of_running(made, running)
        else:
            settings.setdefault(o.where, {}).pop(o.name, None)
            settings[o.where][o.name] = o.value
        made.pop(o.name, None)
        made[o.name] = o
    for where, changes in settings.items():
        parameters = parameters.with_changes(changes, where, check=False)
    return replace(scenario, parameters=parameters, programmes=tuple(running.values()), overrides=tuple(made.values()))


def _of_running(made: dict[str, Override], running: Mapping[str, Programme]) -> dict[str, Override]:
    """Overrides without the figures of programmes that no longer run."""
    parts = {name: name.split(".") for name in made}
    return {n: o for n, o in made.items() if parts[n][0] != "programme" or len(parts[n]) < 3 or parts[n][1] in running}


def _change_programme(running: dict[str, Programme], o: Override) -> None:
    """Switch a programme on or off (`programme.<name>`), or change a figure of a running one (`programme.<name>.<field>`)."""
    _, _, rest = o.name.partition(".")
    name, _, path = rest.partition(".")
    if path:
        if name not in running:
            allowed = (
                f"a programme of this scenario ({', '.join(running) or 'it has none'}); programme.{name}=on adds one"
            )
            raise BadInput(what="the programme", given=name, allowed=allowed, where=o.where)
        running[name] = running[name].with_changes({path: o.value}, o.where)
        return
    if not isinstance(o.value, str | bool) or o.value not in SWITCH:
        raise BadInput(what=o.name, given=o.value, allowed=["on", "off"], where=o.where)
    if not SWITCH[o.value]:
        if name not in running and name not in programmes_module.names():
            programmes_module.load(name, o.where)  # says which there are
        running.pop(name, None)
    elif name not in running:
        running[name] = programmes_module.load(name, o.where)


def _check(scenario: Scenario, where: str) -> None:
    """What can only be seen of the whole: contradictions, and programmes that cannot run yet."""
    check_together(scenario.parameters, where)
    for programme in scenario.programmes:
        check_executed(programme, where)


def _read(path: Path, children: tuple[Path, ...]) -> Scenario:
    """A scenario from its file, its base first; `children` are the files that led here."""
    where = shown(path, FOLDER)
    resolved = path.resolve()
    if resolved in children:
        chain = " -> ".join(p.stem for p in (*children, resolved))
        raise BadInput(
            what="the base", given=path.stem, allowed=f"a scenario that does not lead back here ({chain})", where=where
        )
    table = read_toml(path)
    check_keys(table, KEYS, "a key of the scenario", where)
    title, about = (sentence(table, key, f"its {key}", where) for key in ("title", "about"))
    base = sentence(table, "base", "its base", where, required=False)
    if base:
        beside = (
            None if base == path.stem and path.parent != FOLDER else path.parent
        )  # one's own "baseline" on the shipped
        start = _read(find_file(base, FOLDER, "scenario", where, beside), (*children, resolved))
    else:
        start = Scenario(path.stem, title, about, Parameters.default())
    scenario = replace(start, name=path.stem, title=title, about=about, base=base)
    if "programmes" in table:
        listed = table["programmes"]
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            raise BadInput(what="the programmes", given=listed, allowed="a list of names or paths", where=where)
        running = {p.name: p for p in scenario.programmes}
        loaded = [programmes_module.load(name, where, beside=path.parent) for name in listed]
        for number, programme in enumerate(loaded):
            if programme.name in [p.name for p in loaded[:number]]:
                raise BadInput(what="the programmes", given=programme.name, allowed="each name once", where=where)
        # a programme that the base runs keeps what the base set
        kept = tuple(running.get(p.name, p) for p in loaded)
        made = _of_running({o.name: o for o in scenario.overrides}, {p.name: p for p in kept})
        scenario = replace(scenario, programmes=kept, overrides=tuple(made.values()))
    settings = table.get("set", {})
    if not isinstance(settings, dict):
        raise BadInput(
            what="the settings", given=settings, allowed='a table [set] of "dotted.path" = value', where=where
        )
    return _changed(
        scenario, [o for name, given in settings.items() for o in _overrides(name, given, f"{where}, [set]")]
    )


def _overrides(name: str, given: Any, where: str) -> Iterator[Override]:
    """The settings under a key: a value, a table of value, source and reason, or tables of these by the rest of the name."""
    if not isinstance(given, dict) or not given:
        yield Override(name, given, where)
        return
    if "value" not in given:
        for rest, inner in given.items():
            yield from _overrides(f"{name}.{rest}", inner, where)
        return
    check_keys(given, ("value", "source", "why"), f"a key of {name}", where)
    source = sentence(given, "source", f"the source of {name}", where, required=False)
    check_source(source, where)
    yield Override(
        name, given["value"], where, source, sentence(given, "why", f"the reason for {name}", where, required=False)
    )
