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

A country of several cities names the file of each, which says what is particular about it: its programmes and its own values of the settings
that may differ from city to city (`LOCAL`). All else holds in the whole country, as its base says.

    base = "baseline"
    [[cities]]
    name = "south"
    scenario = "suzhou"
    number = 2                                      # as many alike: south-1 and south-2
    [cities.set]
    "city.graduates" = 200

A setting of a country holds in every city; `in.south-1.city.graduates` and `in.south-1.programme.small_grant` in one, `in.south.` in all called so.
"""

from __future__ import annotations

import hashlib
import re
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
KEYS = ("title", "about", "base", "programmes", "set", "cities")
CITY_KEYS = ("name", "scenario", "number", "set")
MOST_CITIES = 200
LOCAL = ("city.", "university.", "government.", "entrepreneur.", "bank.", "fund.managers")
"""Settings that may differ from city to city: how their names begin."""
NATIONAL = ("city.tax", "city.wave_chance", "city.wave_height", "city.wave_years", "entrepreneur.announced")
"""Those among them that may not: everybody in the country reckons with them."""
CITY_NAME = re.compile(r"[a-z][a-z0-9_]*")
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
    cities: tuple[tuple[str, Scenario], ...] = ()  # of a country: each city's name, and what holds in it

    @property
    def places(self) -> tuple[tuple[str, Scenario], ...]:
        """The cities by name, each with what holds in it; a scenario of one city is that city itself."""
        return self.cities or ((self.name, self),)

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
        those of parameters and their elements, `programme.<name>.<field>`, and `programme.<name>` for "on" or "off"; in a country,
        `in.<city>.` before a name sets it in one city.
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
        parts += [f"{name}: {city.digest()}" for name, city in self.cities]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """What it is, as plain data for a manifest or a table."""
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "base": self.base,
            "programmes": {p.name: p.title for _, city in self.places for p in city.programmes},
            "running": [{"city": name, "name": p.name, "title": p.title} for name, city in self.places for p in city.programmes],
            "cities": [{"name": name, "scenario": city.name} for name, city in self.cities],
            "overrides": [
                {"name": o.name, "value": o.value, "where": o.where, "source": o.source, "why": o.why}
                for o in self.overrides
            ],
            "digest": self.digest(),
        }

    def table(self) -> list[dict[str, Any]]:
        """Every figure of the scenario with its evidence; a setting of the scenario shows its own source and reason."""
        own = {path: o for o in self.overrides if not o.name.startswith("in.") for path in self._covered(o.name)}  # those of one city stand in its own rows
        rows = [*self.parameters.table(), *(row for programme in self.programmes for row in programme.table())]
        for row in rows:
            if row["name"] in own:
                o = own[row["name"]]
                row |= {"status": "set", "source": o.source or o.where, "why": o.why}
        for name, city in self.cities:
            rows += [row | {"name": f"in.{name}.{row['name']}"} for row in city.table() if row["name"] not in self.parameters or self._differs(city, row["name"])]
        return rows

    def cities_named(self, path: str, where: str) -> list[str]:
        """The cities that a setting `in.<city>.<name>` is about; BadInput where there is none, or the rest is no setting of a city."""
        found = [name for name, _ in self.cities if _part_for(name, Override(path, None, where)) is not None]
        if not found:
            raise _no_such_city(self.cities, path, where)
        return found

    def _differs(self, city: Scenario, path: str) -> bool:
        return bool(city.parameters[path] != self.parameters[path])

    def _covered(self, name: str) -> tuple[str, ...]:
        return (name,) if name.startswith("programme.") else self.parameters.definition(name)[1]


def is_local(path: str) -> bool:
    """Whether a setting may differ from city to city."""
    return path.startswith(LOCAL) and not path.startswith(NATIONAL)


def _check_local(path: str, given: Any, where: str) -> None:
    """BadInput for a setting of one city of a country that holds in all of them."""
    if not path.startswith("programme.") and not is_local(path):
        allowed = f"a setting that may differ from city to city: those beginning with {', '.join(LOCAL)}, except {', '.join(NATIONAL)}. Set it for the whole country"
        raise BadInput(what=f"{path} of one city", given=given, allowed=allowed, where=where)


def _no_such_city(cities: Iterable[tuple[str, Scenario]], path: str, where: str) -> BadInput:
    names = [name for name, _ in cities]
    groups = dict.fromkeys([*(name.rpartition("-")[0] or name for name in names), *names])
    allowed = [f"in.{name}." for name in groups] or "a setting without in.<city>., since this scenario is one city"
    return BadInput(what="the city of a setting", given=path, allowed=allowed, where=where)


def _part_for(name: str, o: Override) -> Override | None:
    """What a setting of a country means in a city of it, None if it is of another one."""
    if not o.name.startswith("in."):
        return o
    for prefix in (f"in.{name}.", f"in.{name.rpartition('-')[0]}."):
        if o.name.startswith(prefix) and prefix != "in..":
            rest = o.name[len(prefix) :]
            _check_local(rest, o.value, o.where)
            return replace(o, name=rest)
    return None


def _changed_country(country: Scenario, overrides: list[Override]) -> Scenario:
    """A country with settings made in all cities, or in those they name."""
    made = {o.name: o for o in country.overrides}
    cities = dict(country.cities)
    for o in overrides:
        if not isinstance(o.name, str):
            raise BadInput(what="the name of a setting", given=o.name, allowed="a text", where=o.where)
        part = {name: meant for name in cities if (meant := _part_for(name, o)) is not None}
        if not part:
            raise _no_such_city(country.cities, o.name, o.where)
        _, _, rest = next(iter(part.values())).name.partition("programme.")
        if next(iter(part.values())).name.startswith("programme.") and "." in rest:  # a figure of a programme: where it runs
            runs = {name: meant for name, meant in part.items() if rest.partition(".")[0] in {p.name for p in cities[name].programmes}}
            part = runs or dict([next(iter(part.items()))])  # nowhere: the first city says so
        for name, meant in part.items():
            cities[name] = _changed(cities[name], [meant])
        made.pop(o.name, None)
        made[o.name] = o
    whole = [o for o in overrides if not o.name.startswith(("in.", "programme."))]
    changed = _changed(replace(country, cities=()), whole)
    return replace(changed, cities=tuple(cities.items()), overrides=tuple(made.values()))


def _changed(scenario: Scenario, overrides: Iterable[Override]) -> Scenario:
    """The scenario with overrides made one after the other, not yet checked as a whole."""
    if scenario.cities:
        return _changed_country(scenario, list(overrides))
    parameters, running = scenario.parameters, {programme.name: programme for programme in scenario.programmes}
    made = {o.name: o for o in scenario.overrides}
    settings: dict[str, dict[str, Any]] = {}  # of parameters, all from one place set together
    for o in overrides:
        if not isinstance(o.name, str):
            raise BadInput(what="the name of a setting", given=o.name, allowed="a text", where=o.where)
        if o.name.startswith("in."):
            raise _no_such_city((), o.name, o.where)
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
    for name, city in scenario.cities:
        _check(city, f"{where}, city {name}")


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
    if "cities" in table:
        if "programmes" in table:
            allowed = "none for the whole country: cities run programmes, as the file of each says"
            raise BadInput(what="the programmes", given=table["programmes"], allowed=allowed, where=where)
        scenario = replace(scenario, programmes=(), cities=tuple(_cities(scenario, table["cities"], path, (*children, resolved))))
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


def _cities(country: Scenario, listed: Any, path: Path, children: tuple[Path, ...]) -> Iterator[tuple[str, Scenario]]:
    """The cities of a country's file, each name with what holds in it: the country's settings, the city's own, and its programmes."""
    where = shown(path, FOLDER)
    if not isinstance(listed, list) or not listed or not all(isinstance(city, dict) for city in listed):
        raise BadInput(what="the cities", given=listed, allowed="one or more tables [[cities]]", where=where)
    seen: set[str] = set()
    for table in listed:
        check_keys(table, CITY_KEYS, "a key of a city", where)
        name = sentence(table, "name", "a city's name", where)
        if not CITY_NAME.fullmatch(name) or name in seen:
            raise BadInput(what="a city's name", given=name, allowed="small letters, digits and underscores, each name once", where=where)
        seen.add(name)
        number = table.get("number", 1)
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST_CITIES:
            raise BadInput(what=f"the number of cities like {name}", given=number, allowed=f"a whole number from 1 to {MOST_CITIES}", where=where)
        source = _read(find_file(sentence(table, "scenario", f"the scenario of {name}", where), FOLDER, "scenario", where, path.parent), children)
        if source.cities:
            raise BadInput(what=f"the scenario of {name}", given=source.name, allowed="a scenario of one city", where=where)
        settings = table.get("set", {})
        if not isinstance(settings, dict):
            raise BadInput(what=f"the settings of {name}", given=settings, allowed='a table [cities.set] of "dotted.path" = value', where=where)
        own = [o for o in source.overrides if not o.name.startswith("programme.")]
        own += [o for key, given in settings.items() for o in _overrides(key, given, f"{where}, city {name}")]
        for o in own:
            _check_local(o.name, o.value, o.where)
        start = replace(country, name=source.name, title=source.title, about=source.about, programmes=source.programmes, overrides=(), cities=())
        city = _changed(start, own)
        yield from [(name, city)] if number == 1 else [(f"{name}-{n + 1}", city) for n in range(number)]


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
