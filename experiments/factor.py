"""A factor: a setting that a plan varies, and the values that it takes.

    "fund.tolerance.market" = { range = [1, 12], scale = "log" }      # between two values
    "fund.life.market" = { range = [5, 15], step = 2.5 }              # in steps: 5, 7.5, 10, 12.5, 15
    "fund.life.patient" = {}                                          # between the ends of its own range of evidence
    "fund.successor" = { values = ["fixed", "results"] }              # one of these
    "programme.small_grant" = [true, false]                           # a programme on or off

A path is what `Scenario.with_` takes: a parameter, one of its elements, a field of a programme, or a whole programme; in a
country, with `in.<city>.` before it, in one city. A path with several elements (`fund.life`) sets all of them to the same value.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from seedbed.agents.errors import BadInput

__all__ = ["Factor", "Setting", "factors_from", "settings_from", "with_programmes"]

SCALES = ("linear", "log")
KEYS = ("range", "values", "scale", "step", "levels")
SWITCHES = {True: True, False: False, "on": True, "off": False, "true": True, "false": False}
MOST_LEVELS = 10_000  # of a factor in a grid: more is a slip


# -- what can be varied -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """Something in a scenario that can be set: what it accepts, and what its evidence says of it.

    covers : the elements that the path sets, for finding out whether two paths meet.
    range  : the sensitivity range of its evidence file, None if the file gives none.
    whole  : the distance between neighbouring values where only whole ones are allowed (1 for a count), else None.
    value  : what the scenario has, None where the elements differ or nothing is set.
    """

    path: str
    unit: str
    covers: tuple[str, ...]
    range: tuple[float, float] | None
    options: tuple | None
    whole: float | None
    value: object
    accept: object  # what is given, where it stands -> the value in its natural unit

    @property
    def is_switch(self) -> bool:
        """Whether it is a whole programme, on or off."""
        return self.unit == "programme"

    def check(self, given: object, where: str) -> object:
        """The value in its natural unit (plain numbers, texts, True and False); BadInput where it is not allowed."""
        value = self.accept(given, where)
        if isinstance(value, tuple):  # names of a mask
            return ", ".join(value)
        return value

    @classmethod
    def of(cls, path: object, scenario: object, programmes: Mapping[str, object], where: str) -> Setting:
        """The setting at `path`; BadInput says what there is.

        programmes : every programme that may have its fields varied, those that a factor switches on included.
        """
        if isinstance(path, str) and path.startswith("in."):
            return cls._of_a_city(path, scenario, programmes, where)
        if isinstance(path, str) and path.partition(".")[0] == "programme":
            return cls._of_programme(path, scenario, programmes, where)
        definition, covers = scenario.parameters.definition(path, where)
        held = {scenario.parameters[one] for one in covers}
        return cls(
            path=path,
            unit=definition.unit,
            covers=covers,
            range=definition.range,
            options=definition.options or None,
            whole=1 if definition.unit == "count" else None,
            value=held.pop() if len(held) == 1 else None,
            accept=lambda given, place: (
                {name: definition.check(inner, f"{path}.{name}", place) for name, inner in given.items()}
                if isinstance(given, Mapping) and len(covers) > 1 and given
                else definition.check(given, path, place)
            ),
        )

    @classmethod
    def _of_a_city(cls, path: str, scenario: object, programmes: Mapping[str, object], where: str) -> Setting:
        """A setting of one city of a country, or of all cities that share the first part of their names."""
        cities = scenario.cities_named(path, where)
        rest = path.split(".", 2)[2]
        city = dict(scenario.places)[cities[0]]
        inner = cls.of(rest, city, {**programmes, **{one.name: one for one in city.programmes}}, where)
        covers = tuple(f"in.{name}.{element}" for name in cities for element in inner.covers)
        return replace(inner, path=path, covers=covers)

    @classmethod
    def _of_programme(cls, path: str, scenario: object, programmes: Mapping[str, object], where: str) -> Setting:
        name, _, rest = path.partition(".")[2].partition(".")
        if not rest:
            _load_programme(name, where)

            def on_or_off(given: object, place: str) -> bool:
                word = given.lower() if isinstance(given, str) else given  # "True" out of a spreadsheet
                if not isinstance(given, (str, bool, np.bool_)) or word not in SWITCHES:
                    raise BadInput(what=path, given=given, allowed=["on", "off"], where=place)
                return SWITCHES[word]

            running = name in _running(scenario)
            return cls(path, "programme", (path,), None, (False, True), None, running, on_or_off)
        from seedbed.model.parameters import UNITS
        from seedbed.model.programmes import FIELDS, USES

        if name not in programmes:
            raise BadInput(
                what="the programme",
                given=name,
                allowed=f"a programme that runs ({', '.join(programmes) or 'there is none'}), or one that is itself a "
                f"factor or a change: programme.{name}",
                where=where,
            )
        programme = programmes[name]
        head = rest.partition(".")[0]
        if head not in FIELDS or head not in USES[programme.instrument]:
            programme.with_changes({rest: None}, where)  # says which there are
        kind = FIELDS[head]
        step = None
        if UNITS.get(kind.unit) and UNITS[kind.unit].measures == "time":
            step = 0.25 if kind.unit == "years" else 1  # programmes act in whole quarters
        elif kind.unit == "count":
            step = 1

        def accept(given: object, place: str) -> object:
            return next(value for _, value in programme.checked(rest, given, place))

        return cls(
            path=path,
            unit=kind.unit,
            covers=(path,),
            range=programme.evidence.get(rest, {}).get("range"),
            options=kind.options or None if kind.unit == "choice" else None,
            whole=step,
            value=programme.values.get(rest),
            accept=accept,
        )


def _load_programme(name: str, where: str) -> object:
    from seedbed.model.programmes import load

    return load(name, where)


# -- the values that it takes -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Factor:
    """A setting and the values that a plan gives it: some `values`, or everything between `low` and `high`.

    scale  : "linear", or "log" for equal shares of equal ratios.
    step   : only low, low + step, low + 2 step, ...; None = everything between.
    levels : how many values of the range a grid takes.
    """

    setting: Setting
    values: tuple = ()
    low: float = math.nan
    high: float = math.nan
    scale: str = "linear"
    step: float | None = None
    levels: int | None = None

    @property
    def path(self) -> str:
        """The path of its setting."""
        return self.setting.path

    def to_dict(self) -> dict:
        """The factor as plain values, complete: it no longer leans on the evidence file."""
        if self.values:
            return {"values": list(self.values)}
        out: dict = {"range": [self.low, self.high]}
        if self.scale != "linear":
            out["scale"] = self.scale
        if self.step is not None:
            out["step"] = self.step
        return out

    def at(self, shares: Sequence[float]) -> list:
        """The values at shares of the way from its low to its high end, shares in [0, 1].

        One of several values, or a step, has an equal part of [0, 1] to itself; on a log scale with a step the nearest
        step counts.

        >>> from seedbed.experiments.factor import Factor
        >>> Factor(None, low=1, high=100, scale="log").at([0, 0.5, 1])
        [1.0, 10.0, 100.0]
        >>> Factor(None, low=2, high=4, step=1).at([0, 0.3, 0.4, 0.99, 1])
        [2, 2, 3, 4, 4]
        >>> Factor(None, values=("fixed", "results")).at([0.1, 0.5])
        ['fixed', 'results']
        """
        shares = np.asarray(shares, dtype=float)
        if self.values:
            places = np.minimum((shares * len(self.values)).astype(int), len(self.values) - 1)
            return [self.values[place] for place in places]
        low, high = self.low, self.high
        if self.scale == "log":
            found = np.exp(math.log(low) + shares * (math.log(high) - math.log(low)))
            if self.step is not None:
                found = low + self.step * np.rint((found - low) / self.step)
        elif self.step is not None:
            number = self.steps
            found = low + self.step * np.minimum((shares * number).astype(int), number - 1)
        else:
            found = low + shares * (high - low)
        return [_tidy(value, self.step) for value in np.clip(found, low, high).tolist()]

    @property
    def steps(self) -> int:
        """How many values its steps make."""
        return int(math.floor((self.high - self.low) / self.step + 1e-9)) + 1

    def spread(self, levels: int | None = None) -> list:
        """Its values one by one, or so many of its range, both ends among them."""
        if self.values:
            return list(self.values)
        levels = self.levels or levels
        if levels is None and self.step is not None:
            return [_tidy(self.low + self.step * place, self.step) for place in range(self.steps)]
        shares = np.linspace(0, 1, levels)
        if self.step is None or self.scale == "log":
            found = self.at(shares)
        else:
            last = self.steps - 1
            found = [_tidy(self.low + self.step * round(share * last), self.step) for share in shares]
        return list(dict.fromkeys(found))  # steps may be fewer than levels


def _tidy(value: float, step: float | None) -> float:
    """Twelve figures at most, so that 0.1 + 2 x 0.1 reads 0.3; whole steps from a whole start stay whole."""
    value = float(f"{value:.12g}")
    return int(value) if isinstance(step, int) and value.is_integer() else value


# -- reading them -----------------------------------------------------------------------------------------------------


def with_programmes(names: str | Iterable[str], factors: object = ()) -> dict:
    """The factors, and before them each programme as a factor that is on or off.

    >>> with_programmes(["small_grant"], {"fund.life.market": [7, 12]})
    {'programme.small_grant': [False, True], 'fund.life.market': [7, 12]}
    """
    listed = [names] if isinstance(names, str) else list(names)
    others = dict(factors) if isinstance(factors, Mapping) else {path: {} for path in factors}
    for place, name in enumerate(listed):
        if not isinstance(name, str):
            raise BadInput(what="the name of a programme", given=name, allowed="a text", where="with_programmes")
        if f"programme.{name}" in others or name in listed[:place]:
            raise BadInput(
                what="the programme", given=name, allowed="each factor once", where="the programmes on or off"
            )
    return {f"programme.{name}": [False, True] for name in listed} | others


def factors_from(
    given: object, scenario: object, changes: Mapping, where: str, *, sampled: bool, need: bool = True
) -> dict[str, Factor]:
    """The factors by path, each checked, in the order given.

    given    : a table of path -> values, range or nothing; or a list of paths that take their own range. In a list,
               "fund.*" stands for every element of that group and "*" for every element there is.
    scenario : what is varied, with the changes that all arms share; these may not set what a factor varies.
    sampled  : whether points between the ends are drawn; then a pair of numbers is a range, else a list of two values.
    """
    if isinstance(given, (list, tuple)):
        paths = [one for path in given for one in _spread_out(path, scenario, where)]
        twice = sorted({path for path in paths if paths.count(path) > 1}) if len(paths) < 1000 else []
        if twice:
            raise BadInput(what="a factor", given=twice[0], allowed="each factor once", where=where)
        given = {path: {} for path in paths}
    if not isinstance(given, Mapping) or (need and not given):
        raise BadInput(
            what="the factors",
            given=given or None,
            allowed='a table such as {"fund.life.market" = { range = [5, 15] }}, or a list of parameters',
            where=where,
        )
    settings = settings_from(given, scenario, changes, where)
    return {path: _factor(settings[path], spec, f"{where}, {path}", sampled) for path, spec in given.items()}


def settings_from(paths: Iterable[str], scenario: object, changes: Mapping, where: str) -> dict[str, Setting]:
    """The settings at these paths, each found, and none meeting another or what all arms share."""
    paths = list(paths)
    plain = [path.split(".", 2)[-1] if path.startswith("in.") else path for path in paths if isinstance(path, str)]
    switched = [path.split(".")[1] for path in plain if path.startswith("programme.") and path.count(".") == 1]
    programmes = _running(scenario)
    for name in switched:
        if name not in programmes:
            programmes[name] = _load_programme(name, where)
    settings = {path: Setting.of(path, scenario, programmes, where) for path in paths}
    _refuse_overlaps(settings, scenario, changes, where)
    return settings


def _running(scenario: object) -> dict:
    """The programmes of a scenario by name, in whatever city they run."""
    return {programme.name: programme for _, city in scenario.places for programme in city.programmes}


def _spread_out(path: object, scenario: object, where: str) -> list:
    """A path, or every numeric element that "group.*" stands for."""
    if not isinstance(path, str) or not (path == "*" or path.endswith(".*")):
        return [path]
    head = path[:-1]
    found = [
        one for d in scenario.parameters.definitions.values() if d.range for one in d.paths if one.startswith(head)
    ]
    if not found:
        groups = sorted({name.split(".")[0] + ".*" for name in scenario.parameters})
        raise BadInput(what="a group of parameters", given=path, allowed=["*", *groups], where=where)
    return found


def _factor(setting: Setting, spec: object, where: str, sampled: bool) -> Factor:
    if isinstance(spec, (str, bytes)) and spec != "range":
        raise BadInput(
            what=f"the values of {setting.path}",
            given=spec,
            allowed="a list of at least one value, such as [12, 5], or a table with range or values",
            where=where,
        )
    if spec is None or (isinstance(spec, str) and spec == "range"):
        spec = {}
    if not isinstance(spec, Mapping):
        spec = _from_list(setting, spec, where, sampled)
    unknown = [key for key in spec if key not in KEYS]
    if unknown:
        raise BadInput(what=f"a key of {setting.path}", given=unknown[0], allowed=list(KEYS), where=where)
    if "values" in spec or (setting.options is not None and "range" not in spec):
        return _of_values(setting, spec, where, sampled)
    return _of_range(setting, spec, where, sampled)


def _from_list(setting: Setting, spec: object, where: str, sampled: bool) -> dict:
    allowed = "a list of at least one value, such as [12, 5], or a table with range or values"
    if hasattr(spec, "tolist"):
        spec = spec.tolist()
    if not isinstance(spec, Sequence) or not len(spec):
        raise BadInput(what=f"the values of {setting.path}", given=spec, allowed=allowed, where=where)
    numbers = all(isinstance(one, Real) and not isinstance(one, bool) for one in spec)
    if not sampled or not numbers:
        return {"values": list(spec)}
    if len(spec) == 2:
        return {"range": list(spec)}
    raise BadInput(
        what=f"the values of {setting.path}",
        given=list(spec),
        allowed="two numbers for a range, or { values = [...] } for these very values",
        where=where,
    )


def _of_values(setting: Setting, spec: Mapping, where: str, sampled: bool) -> Factor:
    for key in ("range", "scale", "step", "levels"):
        if key in spec:
            raise BadInput(
                what=f"{key} of {setting.path}",
                given=spec[key],
                allowed="nothing where values are given" if "values" in spec else "nothing for a choice: give values",
                where=where,
            )
    values = spec.get("values", setting.options)
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or not len(values):
        raise BadInput(
            what=f"the values of {setting.path}",
            given=values,
            allowed="a list of at least one value, such as [12, 5]",
            where=where,
        )
    checked = [setting.check(value, where) for value in values]
    for place, value in enumerate(checked):
        if value in checked[:place]:
            raise BadInput(
                what=f"the values of {setting.path}", given=values[place], allowed="each value once", where=where
            )
    if sampled and len(checked) < 2:
        raise BadInput(
            what=f"the values of {setting.path}", given=list(values), allowed="at least two of them", where=where
        )
    return Factor(setting, tuple(checked))


def _of_range(setting: Setting, spec: Mapping, where: str, sampled: bool) -> Factor:
    path = setting.path
    if setting.options is not None or setting.unit == "names":
        raise BadInput(
            what=f"the range of {path}",
            given=spec.get("range"),
            allowed=f"values = [...], out of {', '.join(map(str, setting.options or ('its names',)))}",
            where=where,
        )
    ends = spec.get("range", setting.range)
    if ends is None:
        raise BadInput(
            what=f"the range of {path}",
            given=None,
            allowed="range = [low, high] or values = [...], since its file gives no range",
            where=where,
        )
    if hasattr(ends, "tolist"):
        ends = ends.tolist()
    if isinstance(ends, (str, bytes)) or not isinstance(ends, Sequence) or len(ends) != 2:
        raise BadInput(
            what=f"the range of {path}", given=ends, allowed=f"two numbers, low and high ({setting.unit})", where=where
        )
    low, high = (setting.check(end, where) for end in ends)
    if not low < high:
        raise BadInput(
            what=f"the range of {path}", given=list(ends), allowed="two numbers, the lower one first", where=where
        )
    scale = spec.get("scale", "linear")
    if scale not in SCALES:
        raise BadInput(what=f"the scale of {path}", given=scale, allowed=list(SCALES), where=where)
    if scale == "log" and low <= 0:
        raise BadInput(
            what=f"the range of {path}", given=list(ends), allowed="numbers above 0 on a log scale", where=where
        )
    step = _step(setting, spec, low, high, where)
    levels = spec.get("levels")
    if levels is not None:
        if sampled:
            raise BadInput(
                what=f"levels of {path}",
                given=levels,
                allowed="nothing in a sampled plan; step = ... for values in steps",
                where=where,
            )
        if isinstance(levels, bool) or not isinstance(levels, int) or not 2 <= levels <= MOST_LEVELS:
            raise BadInput(
                what=f"levels of {path}", given=levels, allowed=f"a whole number from 2 to {MOST_LEVELS}", where=where
            )
    return Factor(setting, (), low, high, scale, step, levels)


def _step(setting: Setting, spec: Mapping, low: float, high: float, where: str) -> float | None:
    step, least = spec.get("step"), setting.whole
    if step is None:
        return least
    number = isinstance(step, Real) and not isinstance(step, bool) and math.isfinite(step)
    if not number or not 0 < step <= high - low or (high - low) / step > 1e6:
        raise BadInput(
            what=f"the step of {setting.path}",
            given=step,
            allowed=f"a number above 0 and at most {_tidy(high - low, None):g} ({setting.unit})",
            where=where,
        )
    if least is not None and not float(step / least).is_integer():
        raise BadInput(
            what=f"the step of {setting.path}",
            given=step,
            allowed=f"a multiple of {least:g} ({setting.unit})",
            where=where,
        )
    return int(step) if least == 1 else step


def _refuse_overlaps(settings: Mapping[str, Setting], scenario: object, changes: Mapping, where: str) -> None:
    """Two factors that set the same element, or a factor that undoes what all arms are said to share."""
    taken: dict[str, str] = {}
    for path, setting in settings.items():
        for element in setting.covers:
            if element in taken:
                raise BadInput(
                    what="a factor",
                    given=path,
                    allowed=f"each setting once: {taken[element]} sets {element} too",
                    where=where,
                )
            taken[element] = path
    for path in changes:
        covers: Collection[str] = (path,)
        if isinstance(path, str) and path.startswith("in."):
            covers = Setting.of(path, scenario, _running(scenario), where).covers
        elif isinstance(path, str) and path.partition(".")[0] != "programme":
            covers = scenario.parameters.definition(path, where)[1]
        both = [element for element in covers if element in taken]
        if both and len(both) == len(covers):
            raise BadInput(
                what="a change that all arms share",
                given=path,
                allowed=f"a setting that no factor varies: {taken[both[0]]} does",
                where=where,
            )
