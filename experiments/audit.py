"""Finding or artefact? The conclusions of the study of tolerance and horizon, held against changes of how the model is carried out.

    found = audit("experiments/results/tolerance-horizon")     what `seedbed audit` does
    run(params, seed, knobs)                                   what the library abmfact calls, also by itself

A conclusion is a finding if it survives what a correct model must not care about; otherwise it is an artefact (Galan and
others, "Errors and artefacts in agent-based modelling", JASSS 12(1), 2009). abmfact states the changes and judges; here is
what each means in this model, see `CHECKS`. A run is four lives of the city under one seed, in the market case and with
tolerance, horizon and both raised; its outputs are their paired differences, so that a claim reads "greater than 0".

The claims are not written here. `claims_of` makes them from the study's own table, whichever way it came out, and the
audit uses seeds that the study has not seen.
"""

from __future__ import annotations

import collections
import functools
import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from seedbed.agents.errors import BadInput

from . import chance, report
from .pool import Stopped
from .tolerance_horizon import AXES, CONTRASTS, MAIN, MARKET, NAME, arm_name

__all__ = ["CHECKS", "Claims", "adapter", "audit", "claims_of", "held_against", "run", "scaled", "table", "write"]

log = logging.getLogger("seedbed.experiments")

SEEDS, WALKED = 80, 10
"""Seeds of a check, and of the one whose runs are walked agent by agent, thirty times as slow."""

CORNERS = {"market": MARKET, **{name: CONTRASTS[name] for name in ("tolerance", "horizon", "both")}}
CLAIMED = (
    ("horizon", MAIN), ("tolerance", MAIN), ("interaction", MAIN), ("tolerance", "zombies"), ("tolerance", "dpi_market"),
    ("horizon", "dpi_market"),
)  # fmt: skip
"""The contrasts and outcomes about which the study concludes something."""

EXTENSIVE = ("unicorns_fundamental", "unicorns_paper", "zombies")  # counted over the whole city: twice the city has twice as many
OUTPUTS = (*EXTENSIVE, "dpi_market")
SMALL_SHARE = 0.05  # of the market case: a difference surely smaller than that is "no change worth the name"
THROWN_EVERY = 20  # quarters between two reorderings of all rows


class Check(NamedTuple):
    """One change of how the model is carried out: what it is called, abmfact's name for it, and what is done."""

    name: str
    abmfact: str
    what: str
    relabel: str = "rows"
    walked: bool = False


CHECKS = (
    Check("same seed again", "determinism", "eight runs are done twice, in whichever process"),
    Check(
        "order of acting", "update_order",
        "agents act one by one in an order drawn afresh for every step of every quarter, also those who open rows",
        walked=True,
    ),
    Check("rows", "agent_order", "all rows of all tables change places at the start and every five years"),
    Check(
        "identities", "agent_order",
        "city, office, programmes, universities, managers and all graduates, with their ventures and funds, get other "
        "identities, under which their luck is looked up (newcomers from elsewhere keep theirs)",
        relabel="identities",
    ),
    Check("generator", "rng_streams", "chance is looked up in Threefry4x64-20 instead of Philox4x64-10"),
    Check(
        "twice the city", "population_scale",
        "universities, newcomers, managers and the budgets and numbers of programmes are doubled, the case that officials "
        "are judged by too, and one venture's news weighs half; graduates, research, alumni's gifts and fund sizes are "
        "each university's and each fund's own, and customers and buyers are without limit, so they grow along. Counts are "
        "those of half the city",
    ),
    Check("time step", "time_step", ""),
    Check("grid", "grid", ""),
)  # fmt: skip

NOT_ASKED = {
    "time_step": "a quarter is no step of integration: one decision a quarter of each agent, reports, fees, tranches and "
    "programme years are rules of the model in quarters, and half of one has no meaning in them",
    "grid": "there is no grid: who meets whom is a matter of relations, not of places",
}
"""Checks that make no sense here, with the reason that the report gives."""

SUPPORT = {
    "update_order": {"values": ["table", "drawn"], "default": "table"}, "agent_order": True, "rng_streams": True,
    "pop_scale": True, "grid": False, "dt_scale": False,
}  # fmt: skip


# -- one run, as abmfact asks for it ----------------------------------------------------------------------------------


def run(params: Mapping[str, Any], seed: int, knobs: Any) -> dict[str, float]:
    """The city's four lives under one seed, carried out as `knobs` says: outputs by name.

    params : scenario ("baseline"), years (40), burn_in (10), settings (changes made to all four), relabel ("rows" or
             "identities": what the knob agent_order throws about). `abmfact.Knobs` explains the knobs.
    Outputs are paired differences, such as unicorns_fundamental_by_horizon, the interaction (both - tolerance - horizon +
    market), and the levels in the market case (unicorns_fundamental_at_market), in the outcomes' own units.
    """
    if knobs.rng_streams == "independent" and chance.generator() != "threefry":
        return _with_threefry().submit(run, params, seed, knobs).result()
    from seedbed.model.scenario import Scenario

    unknown = set(params) - {"scenario", "years", "burn_in", "settings", "relabel"}
    if unknown:
        allowed = "scenario, years, burn_in, settings or relabel"
        raise BadInput(what="the parameters of the audit", given=sorted(unknown), allowed=allowed, where="params")
    years, burn_in = params.get("years", 40), params.get("burn_in", 10)
    scenario = scaled(Scenario.load(params.get("scenario", "baseline")).with_(dict(params.get("settings", {}))), knobs.pop_scale)
    lived = {}
    for name, cell in CORNERS.items():
        case = scenario.with_(dict(zip(AXES, cell, strict=True)))
        lived[name] = _lived(case, seed, years, burn_in, knobs, params.get("relabel", "rows"))
    found = {}
    for outcome in OUTPUTS:
        share = knobs.pop_scale if outcome in EXTENSIVE else 1.0
        market, tolerance, horizon, both = (lived[name][outcome] / share for name in ("market", "tolerance", "horizon", "both"))
        found[f"{outcome}_at_market"] = market
        found[f"{outcome}_by_tolerance"] = tolerance - market
        found[f"{outcome}_by_horizon"] = horizon - market
        found[f"{outcome}_by_both"] = both - market
        found[f"{outcome}_by_interaction"] = both - tolerance - horizon + market
    return found


def _lived(case: Any, seed: int, years: int, burn_in: int, knobs: Any, relabel: str) -> dict[str, float]:
    """One life of the city: its outcomes."""
    from seedbed.model.outcomes import outcomes

    if knobs.update_order == "drawn":
        if knobs.agent_order == "shuffled":
            raise BadInput(what="the knobs", given="drawn and shuffled", allowed="one change at a time", where="knobs")
        world = _walked(case, seed, years)
    elif knobs.update_order not in (None, "table"):
        raise BadInput(what="the order of acting", given=knobs.update_order, allowed=["table", "drawn"], where="knobs")
    elif knobs.agent_order == "shuffled":
        if relabel not in ("rows", "identities"):
            raise BadInput(what="what is thrown about", given=relabel, allowed=["rows", "identities"], where="params")
        world = _relabelled(case, seed, years, relabel, knobs.agent_perm_seed or 0)
    else:
        from seedbed.model.engine import run as compiled

        world = compiled(case, seed, years)
    return outcomes(world, burn_in=burn_in)


@functools.lru_cache(maxsize=1)
def _with_threefry() -> futures.Executor:
    """One process with the other generator, kept for the runs to come."""
    return chance.processes(1)


def _walked(case: Any, seed: int, years: int) -> Any:
    """The same life, agent by agent in a drawn order."""
    from seedbed.model.ecosystem import Ecosystem

    class Anyhow(Ecosystem):
        """Everybody acts in a drawn order, those who open rows as well: newcomers then stand in other rows."""

        def turns(self, step, rows):
            return self.random.sample(range(len(rows)), len(rows))

    town = Anyhow(case, seed, years, record=False)
    while town.running:
        town.step()
    return town.world


def _relabelled(case: Any, seed: int, years: int, relabel: str, dice_seed: int) -> Any:
    """The same life with everybody in another row, or under another identity."""
    import numpy as np

    from seedbed.model.engine import CHUNK
    from seedbed.model.schedule import open_world, quarters
    from seedbed.model.world import TICKS_PER_YEAR, allocate, first_guess, furnish

    size, last = first_guess(case, years, False), years * TICKS_PER_YEAR
    while True:
        dice = np.random.default_rng([dice_seed, seed])
        world = allocate(case, size)
        furnish(world, case, seed, years, record=False, audit=False)
        if relabel == "identities":
            _rename(world, dice)
        open_world(world)
        clock = world.clock[0]
        while clock.now < last and clock.full == 0:
            if relabel == "rows" and clock.now % THROWN_EVERY == 0:
                throw(world, dice)
            stop = (int(clock.now) // THROWN_EVERY + 1) * THROWN_EVERY if relabel == "rows" else int(clock.now) + CHUNK
            quarters(world, min(stop, last))
        if clock.full == 0:
            return world
        size = size.doubled()


def _rename(world: Any, dice: Any) -> None:
    """Other identities for all who are there when a world opens. A university's number names its graduates, so it changes too."""
    import numpy as np

    for table in (world.cities, world.offices, world.programmes, world.universities, world.managers):
        keys = np.asarray(table).view(np.ndarray)["key"]
        keys[...] = dice.integers(1, 2**64, len(keys), dtype=np.uint64)
    numbers = np.asarray(world.universities).view(np.ndarray)["number"]
    numbers[...] = 1000 + dice.permutation(1_000_000)[: len(numbers)]


def throw(world: Any, dice: Any) -> None:
    """Put the rows of a world into another order, in place; references and lists follow.

    The last graduates of a university stay together, for the rules find them by their first row and their number.
    """
    import numpy as np

    from seedbed.agents.programme import PROGRAMME_HOLDER
    from seedbed.agents.references import LISTS, REFERENCES
    from seedbed.agents.venture import UNIVERSITY_HOLDER
    from seedbed.model.world import in_use

    tables = {name: np.asarray(table).view(np.ndarray)[: in_use(world, name)] for name, table in zip(world._fields, world, strict=True)}
    to = {}  # where each row goes
    for table in ("people", "ventures", "deals", "funds", "managers", "universities"):
        order = dice.permutation(len(tables[table]))
        if table == "people":
            cohorts = [np.arange(u.first_graduate, u.first_graduate + u.graduates) for u in world.universities]
            rest = order[~np.isin(order, np.concatenate(cohorts))]
            order = np.concatenate([rest, *(dice.permutation(cohort) for cohort in cohorts)]).astype(int)
        to[table] = np.empty(len(order), np.int64)
        to[table][order] = np.arange(len(order))

    def moved(target: str, rows: Any) -> Any:
        return to[target][np.clip(rows, 0, len(to[target]) - 1)] if len(to[target]) else rows

    for u in world.universities:
        if u.graduates:
            u.first_graduate = to["people"][u.first_graduate : u.first_graduate + u.graduates].min()
    for path, target in REFERENCES.items():
        table, name = path.split(".")
        if target in to and path != "universities.first_graduate":
            old = tables[table][name].astype(np.int64)
            new = np.where(old >= 0, moved(target, old), old)
            if path == "ventures.holder":  # universities stand below zero there, and programmes further below
                university = (old <= UNIVERSITY_HOLDER) & (old > PROGRAMME_HOLDER)
                new = np.where(university, UNIVERSITY_HOLDER - moved("universities", UNIVERSITY_HOLDER - old), new)
            tables[table][name] = new
    for name, target in LISTS.items():
        tables[name][:] = dice.permutation(to[target][tables[name]])
    tables["agenda"][:] = dice.permutation(tables["agenda"])
    for table, places in to.items():
        tables[table][places] = tables[table].copy()


def scaled(scenario: Any, factor: float) -> Any:
    """The scenario of a city `factor` times as large, all that is per head, per firm, per fund or per university unchanged.

    Times the factor: universities (each with its graduates, research, and alumni's endowment and gifts), newcomers, old jobs, managers
    of every kind, programmes' budgets and numbers of awards, and the sum that officials must have seen the end of before
    they are judged. Divided by it: what one unicorn's or one failure's news does to the whole city's opinion. Demand,
    acquirers and investors outside the city have no limit in this model. Numbers must stay whole: BadInput otherwise.
    """
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 0 < factor < math.inf:
        raise BadInput(what="the size of the city", given=factor, allowed="a number above 0", where="pop_scale")
    if factor == 1:
        return scenario
    p = scenario.parameters
    counts = {name: p[name] for name in ("university.number", "city.newcomers", "city.old_jobs")}
    counts |= {f"fund.managers.{kind}": number for kind, number in p["fund.managers"].items()}
    sums = {"government.smallest_case": p["government.smallest_case"]}
    for programme in scenario.programmes:
        if "budget" in programme.values:
            sums[f"programme.{programme.name}.budget"] = programme.values["budget"]
        if "number" in programme.values:
            counts[f"programme.{programme.name}.number"] = programme.values["number"]
    changes = {name: value * factor for name, value in (sums | counts).items()}
    for name in counts:
        if not float(changes[name]).is_integer():
            allowed = f"one by which {name} = {counts[name]} stays whole"
            raise BadInput(what="the size of the city", given=factor, allowed=allowed, where="pop_scale")
        changes[name] = int(changes[name])
    changes |= {name: p[name] / factor for name in ("city.good_news", "city.bad_news")}
    return scenario.with_(changes)


def adapter() -> Any:
    """The model as an abmfact adapter."""
    return _abmfact().PythonAdapter(run, supports=SUPPORT, name="seedbed.experiments.audit:run")


def _abmfact() -> Any:
    try:
        import abmfact
    except ImportError:
        raise BadInput(what="the library abmfact", given=None, allowed="an installed one: pip install abmfact", where="audit") from None
    return abmfact


# -- what the study concluded -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claims:
    """What a study concluded, as claims that can be tested, and the city that it is about.

    claims     : mappings as abmfact reads them; `study` of each holds the row that it was made of
    concluded  : claim -> difference, low, high, n, unit and label in the study
    not_claimed: contrasts and outcomes of which the study says neither that they change nor that they hardly do
    params     : scenario, years, burn_in and settings of `run`
    seeds      : those of the study
    about      : the study's fingerprint, the hash of its rules and of its table
    """

    claims: tuple[dict, ...]
    concluded: dict
    not_claimed: tuple[dict, ...]
    params: dict
    seeds: tuple[int, ...]
    about: dict = field(default_factory=dict)


def claims_of(directory: str | os.PathLike) -> Claims:
    """The conclusions of a finished study of tolerance and horizon, read from its table.csv, summary.json and manifest.json.

    A difference whose 95% interval lies on one side of 0 is claimed with its sign; one whose interval lies within 5% of the
    market case on both sides is claimed to be that small; of all else the study says nothing that could be an artefact.
    The margin within which a result must stay (abmfact's tolerance) is half of the study's own difference.
    """
    place = Path(directory)
    manifest, summary = _json_of(place / "manifest.json"), _json_of(place / "summary.json")
    declared = manifest.get("experiment", manifest.get("design"))
    if not isinstance(declared, Mapping) or declared.get("name") != NAME:
        given = declared.get("name") if isinstance(declared, Mapping) else None
        raise BadInput(what="the study", given=given, allowed=f"one of {NAME}", where=str(place / "manifest.json"))
    try:
        market = next(arm for arm in declared["arms"] if arm["name"] == arm_name(*MARKET))
        settings = {path: value for path, value in market["changes"].items() if path not in AXES}
        params = {"scenario": market["scenario"], "years": declared["years"], "burn_in": declared["burn_in"], "settings": settings}
        rows = _rows_of(place / "table.csv", summary)
    except (KeyError, StopIteration, TypeError) as error:
        allowed = f"the manifest, summary and table of a finished study of {NAME}"
        raise BadInput(what="what is missing of the study", given=str(error) or "the market case", allowed=allowed, where=str(place)) from None
    claims, concluded, not_claimed = [], {}, []
    for contrast, outcome in CLAIMED:
        row, name = rows[contrast, outcome], f"{outcome}_by_{contrast}"
        claim = _claim(name, contrast, row)
        if claim is None:
            not_claimed.append({"contrast": contrast, "outcome": outcome, **row})
            continue
        claims.append(claim)
        concluded[name] = row
    about = {
        "study": NAME, "directory": place.name, "fingerprint": manifest.get("fingerprint"), "source": manifest.get("source"),
        "table": hashlib.sha256((place / "table.csv").read_bytes()).hexdigest(),
    }  # fmt: skip
    return Claims(tuple(claims), concluded, tuple(not_claimed), params, tuple(declared["seeds"]), about)


def _json_of(place: Path) -> dict:
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        words = "there is none" if isinstance(error, FileNotFoundError) else str(error)
        raise BadInput(what=place.name, given=words, allowed="that of a finished study", where=str(place.parent)) from None
    if not isinstance(found, dict):
        raise BadInput(what=place.name, given=type(found).__name__, allowed="a JSON object", where=str(place.parent))
    return found


def _rows_of(place: Path, summary: Mapping) -> dict:
    """(contrast, outcome) -> difference, low, high, base, n, label and unit; the interaction is in the summary."""
    import csv

    if not place.is_file():
        raise BadInput(what="table.csv", given="there is none", allowed="that of a finished study", where=str(place.parent))
    with place.open(encoding="utf-8", newline="") as lines:
        table = {(row["arm"], row["outcome"]): row for row in csv.DictReader(lines)}
    found = {}
    for contrast, outcome in CLAIMED:
        corner = "both" if contrast == "interaction" else contrast
        row = table[arm_name(*CONTRASTS[corner]), outcome]
        numbers = {key: float(row[key] or "nan") for key in ("difference", "low", "high", "base")} | {"n": int(row["n"])}
        if contrast == "interaction":
            own = summary["interaction"][outcome]
            numbers |= {"difference": own["value"], "low": own["low"], "high": own["high"], "n": own["n"]}
        found[contrast, outcome] = {**numbers, "label": row["label"], "unit": row["unit"]}
    return found


def _claim(name: str, contrast: str, row: Mapping) -> dict | None:
    """A row of the study as a claim; None where it shows neither a change nor that there is hardly any."""
    low, high, difference = row["low"], row["high"], row["difference"]
    small = SMALL_SHARE * abs(row["base"])
    sign = 1 if low > 0 else -1 if high < 0 else 0
    if not (math.isfinite(low) and math.isfinite(high)) or (sign == 0 and not -small < low <= high < small):
        return None
    who = {"tolerance": "more tolerance alone", "horizon": "a longer horizon alone"}.get(contrast, "")
    if contrast == "interaction":
        words = {1: "tolerance and horizon need each other in", -1: "tolerance and horizon are substitutes in", 0: "tolerance and horizon add up in"}[sign]
    else:
        words = f"{who} " + {1: "raises", -1: "lowers", 0: "hardly changes"}[sign]
    claim = {"id": name, "statement": f"{words} {row['label']}", "metric": name, "skip_checks": dict(NOT_ASKED)}
    if sign:
        return {**claim, "test": "greater_than" if sign > 0 else "less_than", "value": 0.0, "tolerance": 0.5 * abs(difference)}
    return {**claim, "test": "between", "value": [-small, small], "tolerance": small}


# -- the audit --------------------------------------------------------------------------------------------------------


def audit(
    directory: str | os.PathLike, *, seeds: int = SEEDS, walked: int = WALKED, workers: int | None = None,
    settings: Mapping[str, object] | None = None,
) -> dict:  # fmt: skip
    """Hold the conclusions of a finished study against every check; the answer as plain values.

    seeds, walked : how many seeds, none of them the study's own; `walked` of the check that walks agent by agent.
    workers       : processes at a time (None: the processors of this machine).
    settings      : changes to the city, such as a smaller one to try the audit out; the claims stay the study's.
    BadInput, before the first run, for a study that cannot be read or a budget that is too small.
    """
    concluded = claims_of(directory)
    return held_against(concluded, run, SUPPORT, seeds=seeds, walked=walked, workers=workers, settings=settings)


def held_against(
    concluded: Claims, model: Callable, supports: Mapping, *, seeds: int = SEEDS, walked: int = WALKED,
    workers: int | None = None, settings: Mapping[str, object] | None = None, checks: Sequence[Check] = CHECKS,
) -> dict:  # fmt: skip
    """Hold claims about any `model(params, seed, knobs)` against checks; see `audit`."""
    abmfact = _abmfact()
    workers = _whole(workers, "the number of workers", 1, "--workers", default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    seeds, walked = _whole(seeds, "the number of seeds", 3, "--seeds"), _whole(walked, "the number of seeds walked", 3, "--walked")
    if not concluded.claims:
        raise BadInput(what="the conclusions of the study", given="none is clear", allowed="at least one that is", where=str(concluded.about.get("directory", "")))
    params = dict(concluded.params)
    for path in settings or ():
        if path in AXES:
            raise BadInput(what=path, given=settings[path], allowed="any parameter but those that the study itself sets", where="--set")
    if settings:
        params["settings"] = {**params.get("settings", {}), **settings}
    start = max(concluded.seeds, default=0) + 1
    audits = [(own, _audit_of(abmfact, concluded.claims, params, own, start, walked if own[0].walked else seeds)) for own in _together(checks)]
    support = abmfact.PythonAdapter(model, supports=dict(supports))
    wanted: collections.Counter = collections.Counter()
    asked = {}
    for _, one in audits:
        jobs = _asked(one, support)
        counts = collections.Counter(_key(*job) for job in jobs)
        wanted |= counts  # a run that two audits ask for is done once; one that an audit asks for twice is done twice
        asked.update((_key(*job), job) for job in jobs)
    if settings or concluded.params.get("settings"):
        _try_settings(params)
    done = _carried_out(model, [asked[key] for key, times in wanted.items() for _ in range(times)], workers, [claim["metric"] for claim in concluded.claims])
    verdicts = []
    for own, one in audits:
        handed = _handed_out(one, support, done)
        verdicts += [_verdict(check, handed, verdict, one, done) for check in own for verdict in handed.verdicts if verdict["check"] == check.abmfact]
    places = {check.name: place for place, check in enumerate(checks)}
    order = {claim["id"]: place for place, claim in enumerate(concluded.claims)}
    verdicts.sort(key=lambda one: (order[one["claim"]], places[one["check"]]))
    return {
        "study": concluded.about,
        "tool": {"name": "abmfact", "version": abmfact.__version__},
        "city": params,
        "seeds": {"first": start, "number": seeds, "walked": walked},
        "claims": [
            {key: claim[key] for key in ("id", "statement", "test", "value", "tolerance")} | {"study": concluded.concluded[claim["id"]]}
            for claim in concluded.claims
        ],
        "not_claimed": list(concluded.not_claimed),
        "checks": [{"name": check.name, "abmfact": check.abmfact, "what": check.what or NOT_ASKED[check.abmfact]} for check in checks],
        "verdicts": verdicts,
        "runs": sum(wanted.values()),
    }  # fmt: skip


def _whole(given: object, what: str, least: int, where: str, default: int | None = None) -> int:
    if given is None and default is not None:
        return default
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise BadInput(what=what, given=given, allowed=f"a whole number from {least}", where=where)
    return given


def _together(checks: Sequence[Check]) -> list[list[Check]]:
    """Checks in as few audits as can be: abmfact has one change of a kind and one number of seeds in each."""
    groups: list[list[Check]] = []
    for check in checks:
        for group in groups:
            alike = all(one.walked == check.walked for one in group)
            if alike and all(one.abmfact != check.abmfact for one in group) and (check.abmfact != "agent_order" or check.relabel == "rows"):
                group.append(check)
                break
        else:
            groups.append([check])
    return groups


def _audit_of(abmfact: Any, claims: Sequence[Mapping], params: Mapping, checks: Sequence[Check], start: int, seeds: int) -> Any:
    from abmfact.checks import CHECK_NAMES
    from abmfact.claims import parse_claims

    known = [
        {key: value for key, value in claim.items() if key != "skip_checks"} | {"skip_checks": claim.get("skip_checks", {})}
        for claim in claims
    ]
    budget = abmfact.Budget(seeds=seeds, seed_start=start, checks=tuple(check.abmfact for check in checks))
    params = dict(params)
    if any(check.relabel != "rows" for check in checks):
        params["relabel"] = next(check.relabel for check in checks if check.relabel != "rows")
    return abmfact.Audit(adapter=None, params=params, claims=parse_claims(known, CHECK_NAMES), budget=budget)


def _key(params: Mapping, seed: int, knobs: Any) -> str:
    """What tells runs apart. What is thrown about matters only where something is."""
    told = {name: value for name, value in params.items() if name != "relabel" or knobs.agent_order == "shuffled"}
    return json.dumps([told, seed, knobs.changed()], sort_keys=True, default=str)


def _taking_place_of(support: Any, answer: Callable) -> Any:
    """An adapter with the model's knobs that asks `answer(params, seed, knobs)` instead of the model."""
    abmfact = _abmfact()

    class Instead(abmfact.Adapter):
        name, support = "", None

        def _run(self, params, seed, knobs):
            return answer(params, seed, knobs)

    instead = Instead()
    instead.support, instead.name = support.support, support.name
    return instead


def _asked(one: Any, support: Any) -> list[tuple]:
    """The runs that abmfact asks for, by letting it audit a model that answers nothing but 0."""
    abmfact, jobs = _abmfact(), []
    names = [claim.metric.name for claim in one.claims]

    def note(params, seed, knobs):
        jobs.append((params, seed, knobs))
        return dict.fromkeys(names, 0.0)

    one.adapter = _taking_place_of(support, note)
    abmfact.run_audit(one)
    return jobs


def _handed_out(one: Any, support: Any, done: Mapping[str, list]) -> Any:
    """abmfact's audit, its runs taken from those that were carried out."""
    given: collections.Counter = collections.Counter()

    def hand(params, seed, knobs):
        key = _key(params, seed, knobs)
        given[key] += 1
        return done[key][given[key] - 1]

    one.adapter = _taking_place_of(support, hand)
    return _abmfact().run_audit(one)


def _try_settings(params: Mapping) -> None:
    """Refuse a setting that cannot be before the first run."""
    from seedbed.model.scenario import Scenario

    scaled(Scenario.load(params.get("scenario", "baseline")).with_(dict(params.get("settings", {}))), 2.0)


def _carried_out(model: Callable, jobs: Sequence[tuple], workers: int, metrics: Sequence[str]) -> dict[str, list[dict]]:
    """Do the runs, the longest first: in this process with one worker, else in fresh ones. Key -> outputs, once for each time asked."""
    found: dict[str, list[dict]] = {}

    def keep(job: tuple, outputs: dict) -> None:
        _refuse_undefined(outputs, metrics, job[1])
        found.setdefault(_key(*job), []).append(outputs)
        show.advance()

    jobs = sorted(jobs, key=lambda job: (job[2].update_order is None, -job[2].pop_scale))
    show = _Progress(len(jobs))
    if workers == 1:
        for job in jobs:
            keep(job, model(*job))
        return found
    others = [job for job in jobs if model is run and job[2].rng_streams == "independent"]
    own = [job for job in jobs if job not in others] if others else list(jobs)
    for chosen, pool in ((own, _processes), (others, chance.processes)):
        if not chosen:
            continue
        executor = pool(workers)
        try:
            if model is run:  # one worker compiles what is not compiled yet; the others find it
                keep(chosen[0], executor.submit(model, *chosen[0]).result())
                chosen = chosen[1:]
            waiting = {executor.submit(model, *job): job for job in chosen}
            for future in futures.as_completed(waiting):
                keep(waiting[future], future.result())
        except BrokenProcessPool as error:
            raise Stopped("a worker of the audit ended without a word: out of memory, or begun from a program that has no file; nothing is kept") from error
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
    return found


def _processes(workers: int) -> futures.Executor:
    import multiprocessing

    return futures.ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


class _Progress:
    """A log line for each tenth of the runs."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.begun = total, 0, time.monotonic()

    def advance(self) -> None:
        self.done += 1
        if self.done * 10 // self.total > (self.done - 1) * 10 // self.total:
            log.info("audit: %s of %s runs, %.0f s", f"{self.done:,}", f"{self.total:,}", time.monotonic() - self.begun)


def _refuse_undefined(outputs: Mapping[str, float], metrics: Sequence[str], seed: int) -> None:
    """A mean over runs of which some have no value would be about other cities than the claim."""
    for metric in metrics:
        if not math.isfinite(outputs.get(metric, math.nan)):
            allowed = f"one in which {metric} is defined in every run; it was not at seed {seed}"
            raise BadInput(what="the city", given="too small or too short-lived", allowed=allowed, where="audit")


def _verdict(check: Check, handed: Any, verdict: Mapping, one: Any, done: Mapping[str, list]) -> dict:
    """abmfact's verdict on a claim under a check, the two means, and in how many runs nothing changed to the last bit.

    abmfact compares means as if the runs were not paired, so a change of nothing at all may be INCONCLUSIVE to it; the count
    says what it cannot.
    """
    found = {"claim": verdict["claim"], "check": check.name, "verdict": verdict["verdict"], "reason": verdict["reason"]}
    if verdict.get("seeds_needed"):
        found["seeds_needed"] = verdict["seeds_needed"]
    for variant in verdict.get("variants", ()):
        found["holds"] = variant["status"]
    if verdict.get("reproduce"):
        found["reproduce"] = [{key: again[key] for key in ("seed", "knobs")} for again in verdict["reproduce"]]
    conditions = handed.data["conditions"]
    changed = [name for name, condition in conditions.items() if condition["check"] == check.abmfact]
    if not changed:
        return found
    metric = next(claim.metric for claim in one.claims if claim.id == verdict["claim"])
    means = {}
    for name, label in (("unchanged", "baseline"), ("changed", changed[0])):
        (interval,) = conditions[label]["claims"][verdict["claim"]].values()
        means[name] = {key: interval[key] for key in ("estimate", "low", "high", "n")}
    same = total = 0
    from abmfact import Knobs

    plain = Knobs()
    for key, outputs in done.items():
        params, seed, knobs = json.loads(key)
        if _belongs(check, knobs, params, one, seed) and (check.abmfact != "determinism" or len(outputs) > 1):
            base = done[_key(one.params, seed, plain)][0]
            total += 1
            same += metric.evaluate(outputs[-1]) == metric.evaluate(base)
    return found | means | {"identical": same, "of": total}


def _belongs(check: Check, knobs: Mapping, params: Mapping, one: Any, seed: int) -> bool:
    """Whether a run was one of those that a check changes."""
    if not one.budget.seed_start <= seed < one.budget.seed_start + one.budget.seeds:
        return False
    names = {"determinism": None, "update_order": "update_order", "agent_order": "agent_order", "rng_streams": "rng_streams", "population_scale": "pop_scale"}
    name = names.get(check.abmfact, "")
    if name is None:
        return not knobs
    return name in knobs and (name != "agent_order" or params.get("relabel", "rows") == check.relabel)


# -- told and kept ----------------------------------------------------------------------------------------------------


def word(verdict: Mapping) -> str:
    """A verdict in a word or two: abmfact's own, but for two cases that it has no word for.

    "identical": every run is the same to the last bit. "vanished": the result has moved by more than its margin and the
    claim is no longer clear; abmfact calls a claim fragile only where its opposite is clear.

    >>> word({"verdict": "INCONCLUSIVE", "identical": 12, "of": 12}), word({"verdict": "ROBUST", "identical": 0, "of": 80})
    ('identical', 'robust')
    >>> word({"verdict": "SHIFTED", "holds": "uncertain"}), word({"verdict": "SHIFTED", "holds": "holds"})
    ('vanished', 'shifted')
    """
    if verdict.get("of") and verdict["identical"] == verdict["of"]:
        return "identical"
    if verdict["verdict"] == "SHIFTED" and verdict.get("holds") == "uncertain":
        return "vanished"
    if verdict["verdict"] == "INCONCLUSIVE" and verdict.get("seeds_needed"):
        return f"open ({verdict['seeds_needed']} seeds)"
    return {"SKIPPED": "not asked", "NOT_TESTABLE": "not testable", "BASELINE_FAILS": "not found again", "INCONCLUSIVE": "open"}.get(
        verdict["verdict"], verdict["verdict"].lower()
    )


def table(found: Mapping) -> tuple[list[str], list[list[str]]]:
    """Columns and rows to read: a claim, what the study found, what these seeds find, and a word for each check."""
    checks = [check["name"] for check in found["checks"] if check["abmfact"] not in NOT_ASKED]
    columns = ["claim", "in the study", "here", *checks]
    rows = []
    for claim in found["claims"]:
        own = {one["check"]: one for one in found["verdicts"] if one["claim"] == claim["id"]}
        study = claim["study"]
        here = next((one["unchanged"] for one in own.values() if "unchanged" in one and not one["check"] == "order of acting"), None)
        words = [word(own[name]) if name in own else "" for name in checks]
        rows.append([claim["statement"], _shown(study["difference"], study["low"], study["high"]), _shown(here["estimate"], here["low"], here["high"]) if here else "", *words])
    return columns, rows


def _shown(value: float, low: float, high: float) -> str:
    figures = [report.number(number, "", True) for number in (value, low, high)]
    return f"{figures[0]} ({figures[1]} to {figures[2]})"


LEGEND = (
    "identical: every run is the same to the last bit. robust: the claim holds, and the result is equivalent within half of "
    "the study's difference. shifted: it holds, but the result moved by more. vanished: it moved by more and nothing is clear "
    "any longer. fragile: the opposite holds. open: the intervals are too wide to say (seeds that would do). not found again: "
    "not even new seeds alone show it. In the study: 95% intervals of paired differences; here: 90%."
)


def write(found: Mapping, out: str | os.PathLike, about: Mapping) -> list[Path]:
    """Keep an audit: audit.json (the same from run to run), audit.md (a table to read) and audit-manifest.json (`about`)."""
    from .store import write_whole

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    columns, rows = table(found)
    lines = [f"# Finding or artefact: {found['study'].get('study', '')}", "", LEGEND, "", report.table(columns, rows), ""]
    lines += [f"- **{check['name']}**: {check['what']}." for check in found["checks"]]
    for row in found["not_claimed"]:
        lines.append(f"- Not claimed by the study: {row['contrast']}, {row['label']} ({_shown(row['difference'], row['low'], row['high'])}).")
    files = {
        "audit.json": json.dumps(report._plain(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "audit.md": "\n".join(lines) + "\n",
        "audit-manifest.json": json.dumps(report._plain(about), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
    }
    written = []
    for name, text in files.items():
        write_whole(folder / name, text.encode())
        written.append(folder / name)
    return written


def manifest(found: Mapping, command: str, started: str, seconds: float, workers: int | None) -> dict:
    """What an audit was made of: rules, libraries, machine, time, and whether the study was made by the same rules."""
    from .runner import Model, _session
    from .store import now

    source = Model().source()
    session = _session(workers or 0, "processes")
    return {
        "command": command, "started": started, "ended": now(), "seconds": round(seconds, 1), "source": source,
        "study": found["study"], "same_rules_as_study": source == found["study"].get("source"),
        "versions": {**session["versions"], "abmfact": found["tool"]["version"]}, "platform": session["platform"],
        "workers": workers, "runs": found["runs"], "generators": list(chance.GENERATORS),
    }  # fmt: skip
