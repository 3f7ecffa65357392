"""Hold a scenario against what is known: every target beside the model's value with its 95% interval, inside its band or not, calibrated to or not.

    found = validate("baseline", seeds=40)
    found.rows                          one row a number of the targets' file
    found.write("results/validation")   table.json, manifest.json and a figure of each pattern against the data

A target that the parameters were fitted to (A) says little when it is met; one that they were not (B) says something either way. The model's value is pooled over
replications; its interval comes from resampling whole replications. A number is inside if its interval overlaps the band, a sign if it lies wholly on its side.

What needs more than one run is measured on paired runs of the same seed: exits as the city's share of all funds' money grows (B7), others' money with and without
the city's commitments (B8), recipients of a grant beside themselves without it (B11).
"""

from __future__ import annotations

import functools
import json
import math
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.model import targets
from seedbed.model.engine import check_run, run
from seedbed.model.scenario import Scenario
from seedbed.model.targets import PUBLIC_SHARES, Records, Target
from seedbed.model.world import TICKS_PER_YEAR

__all__ = ["COLUMNS", "QUICK", "Validation", "arms_of", "cells", "validate"]

RESAMPLES = 1000
LEVEL = 0.95
QUICK = {"seeds": 4, "years": 20, "burn_in": 5}
LEAST_COUNTED = 13  # years after the burn-in: deals are followed for eight years, a round for five
GRANTS = {"early": "small_grant", "later": "lump_support", "label": "small_grant"}

# A grant of the size and at the time that the source studied (Howell 2017: USD 150,000 at once, USD 1 million two years on), in a city that gives fifty of the
# first and ten of the second a year; a label is the first with a single fen.
EARLY = {"programme.small_grant": "on", "programme.small_grant.amount": 1.0, "programme.small_grant.budget": 50, "programme.small_grant.number": 50}
LATER = {
    "programme.lump_support": "on", "programme.lump_support.amount": 7.1, "programme.lump_support.budget": 71, "programme.lump_support.number": 10,
    "programme.lump_support.min_age": 2, "programme.lump_support.max_age": 6,
}  # fmt: skip
LABEL = {**EARLY, "programme.small_grant.amount": 1e-8, "programme.small_grant.budget": 1e-6}
MANAGERS = 18  # of market and guidance funds together, among whom the city's share of the money moves in steps


def _shared(scenario: Scenario, share: float) -> dict[str, Any]:
    """Settings under which the city has a share of the money of market and guidance funds together: that share of the managers raise from the city alone,

    the others from private investors and institutions. Number, size and interval of their funds are alike, and investors follow no results, so that the money is the same.
    """
    p = scenario.parameters
    number, size, interval = p["fund.managers"], p["fund.size"], p["fund.raise_interval"]
    yearly = sum(number[kind] * size[kind] / interval[kind] for kind in ("market", "guidance"))
    each = yearly * interval["market"] / MANAGERS
    guided = round(MANAGERS * share)
    return {
        "fund.successor": "fixed", "fund.managers.market": MANAGERS - guided, "fund.managers.guidance": guided, "fund.size.market": each, "fund.size.guidance": each,
        "fund.raise_interval.guidance": interval["market"], "fund.lp_share.guidance.government": 1, "fund.lp_share.guidance.private": 0,
        "programme.guidance_fund": "on", "programme.guidance_fund.budget": 4 * yearly + 1, "programme.guidance_fund.private_per_public": 0,
    }  # fmt: skip


def _off(scenario: Scenario, instrument: str) -> dict[str, str]:
    return {f"programme.{programme.name}": "off" for programme in scenario.programmes if programme.instrument == instrument}


def arms_of(scenario: Scenario) -> dict[str, Scenario]:
    """The scenario itself, and what it is paired with. A country has no paired arms: whose city's programmes would change is not said."""
    arms = {"itself": scenario}
    if len(scenario.places) > 1:
        return arms
    for n, share in enumerate(PUBLIC_SHARES):
        arms[f"share {n}"] = scenario.with_(_shared(scenario, share))
    guidance = _off(scenario, "guidance")
    if guidance:
        arms["no guidance"] = scenario.with_(guidance)
    grants = _off(scenario, "grant")
    alone = scenario.with_(grants) if grants else scenario
    arms["no grant"] = alone
    for name, settings in (("early", EARLY), ("later", LATER), ("label", LABEL)):
        arms[name] = alone.with_(settings)
    return arms


def _programme(scenario: Scenario, name: str) -> int:
    return [programme.name for programme in scenario.programmes].index(name)


def _measured(arms: Mapping[str, Scenario], record: Callable[[str], Records]) -> dict[str, tuple[float, ...]]:
    """All sums of one seed, arm by arm; `record` carries out the run of an arm."""
    own = record("itself")
    sums: dict[str, tuple[float, ...]] = {}
    for statistic in (*targets.CALIBRATED, *targets.OF_THE_REPORT, *targets.OF_ONE_RUN):
        sums |= statistic(own)
    if "no guidance" in arms:
        sums |= targets.B8_crowd_in(own, record("no guidance"))
    shares = [name for name in arms if name.startswith("share ")]
    if shares:
        sums |= targets.B7_public_share([record(name) for name in shares])
    if "no grant" in arms:
        alone = record("no grant")
        for name, programme in GRANTS.items():
            sums[f"B11_grant.{name}"] = targets.B11_grant(record(name), alone, _programme(arms[name], programme))["B11_grant"]
    return sums


@dataclass(frozen=True)
class Validation:
    """What was found: rows as plain values, and the patterns that figures are drawn from.

    rows     : target, what, value, band, model, low, high, inside, calibrated, source, population
    patterns : numbers of whole patterns with their intervals, by name: [value, low, high] for each place
    about    : scenario, seeds, years, burn-in, runs
    """

    rows: list[dict[str, Any]]
    patterns: dict[str, list[list[float]]]
    about: dict[str, Any]

    @property
    def words(self) -> str:
        """How many are inside, those that were fitted to apart from those that were not."""
        fitted = [row["inside"] for row in self.rows if row["calibrated"]]
        others = [row["inside"] for row in self.rows if not row["calibrated"]]
        parts = [f"{sum(inside)} of {len(inside)} {name}" for inside, name in ((fitted, "calibrated to"), (others, "not calibrated to")) if inside]
        return "Inside: " + ", ".join(parts)

    def write(self, out: str | os.PathLike, command: str, started: str, seconds: float, workers: int | None = None, figures: bool = True) -> list[Path]:
        """table.json, the figures, and last manifest.json: what it was made of."""
        from . import validate_figures
        from .store import refused, write_whole

        folder = Path(out)
        table = _plain({**self.about, "rows": self.rows, "patterns": self.patterns})
        made = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / "table.json", _json(table))
            made.append(folder / "table.json")
            if figures:
                made += validate_figures.draw(table, folder / "figures")
            write_whole(folder / "manifest.json", _json(_made_of(self, command, started, seconds, workers)))
        except OSError as error:
            raise refused(folder, error) from None
        return [*made, folder / "manifest.json"]


def _plain(value: Any) -> Any:
    """As JSON has it, to ten figures: what is not a finite number is null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return value


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _made_of(found: Validation, command: str, started: str, seconds: float, workers: int | None) -> dict[str, Any]:
    from .runner import Model, _session
    from .store import now

    session = _session(workers or 0, "threads")
    return {
        "command": command, "started": started, "ended": now(), "seconds": round(seconds, 1), "source": Model().source(), "versions": session["versions"],
        **found.about, "resamples": RESAMPLES, "level": LEVEL,
    }  # fmt: skip


def validate(
    scenario: Scenario | str = "baseline", *, seeds: int | Sequence[int] = 40, years: int = 40, burn_in: int = 10, against: str | os.PathLike | None = None,
    workers: int | None = None,
) -> Validation:  # fmt: skip
    """Carry out the runs, on threads, and set each statistic beside its target.

    seeds   : how many, or which; at least two, since intervals are those of replications
    against : a targets' file of one's own; without it this version's. The report's own rates (R) are shown for the scenario `report` alone, and for files of one's own.

    BadInput before any run for whatever cannot be read or run.
    """
    wanted = targets.read(against)
    chosen = Scenario.load(scenario)
    if against is None and chosen.name == "report":  # fitted to the report's own rates, and to nothing else
        wanted = [target._replace(calibrated=target.name.startswith("R")) for target in wanted]
    elif against is None:
        wanted = [target for target in wanted if not target.name.startswith("R")]
    numbers = list(range(1, seeds + 1)) if isinstance(seeds, int) else list(seeds)
    if len(set(numbers)) < 2:
        raise BadInput(what="the seeds", given=seeds, allowed="at least two different ones: intervals are those of replications", where="validate")
    for seed in numbers:
        check_run(seed, years)
    if years - burn_in < LEAST_COUNTED or burn_in < 0:
        allowed = f"at least {LEAST_COUNTED} years that count: deals and rounds are followed for years"
        raise BadInput(what="the years that count", given=f"{years} years less {burn_in}", allowed=allowed, where="validate")
    arms = arms_of(chosen)
    tables = threading.local()

    def record(seed: int, name: str) -> Records:
        recorded = name == "itself"
        kept = "recorded" if recorded else "plain"
        world = run(arms[name], seed, years, world=getattr(tables, kept, None), record=recorded)
        setattr(tables, kept, world)
        return targets.of_world(world, burn_in)

    def one(seed: int) -> dict[str, tuple[float, ...]]:
        return _measured(arms, functools.partial(record, seed))

    run(chosen, numbers[0], 1)  # compiled once, not by every thread
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        runs = list(pool.map(one, numbers))
    about = {"scenario": chosen.name, "title": chosen.title, "digest": chosen.digest(), "seeds": numbers, "years": years, "burn_in": burn_in, "runs": len(arms) * len(numbers)}
    return judged(wanted, runs, about, arms)


# ------------------------------------------------------------------------------------------------ values and intervals


class _Pooled:
    """Sums of all replications, and of replications drawn with repetition."""

    def __init__(self, runs: Sequence[Mapping[str, Sequence[float]]]) -> None:
        self.runs = runs
        drawn = np.random.default_rng(1).multinomial(len(runs), np.full(len(runs), 1.0 / len(runs)), size=RESAMPLES).astype(float)
        self.weights = np.vstack([np.ones(len(runs)), drawn])

    def estimate(self, sums: str, value: Callable[[np.ndarray], float]) -> tuple[float, float, float]:
        """Value, low and high; all NaN where no run has the sums, the bounds alone where resamples leave the value undefined."""
        if sums not in self.runs[0]:
            return math.nan, math.nan, math.nan
        pooled = self.weights @ np.array([run[sums] for run in self.runs], dtype=float)
        values = np.array([value(row) for row in pooled])
        there = values[1:][np.isfinite(values[1:])]
        if len(there) < 0.9 * RESAMPLES:
            return float(values[0]), math.nan, math.nan
        low, high = np.quantile(there, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(values[0]), float(low), float(high)


def judged(wanted: Sequence[Target], runs: Sequence[Mapping[str, Sequence[float]]], about: Mapping[str, Any], arms: Mapping[str, Any] | None = None) -> Validation:
    """The table of targets from sums of each replication, and the patterns of the figures."""
    pooled = _Pooled(runs)
    rows = []
    for target in wanted:
        model, low, high = pooled.estimate(*targets.MEASURES[target.name])
        rows.append({
            "target": target.name, "what": target.what, "value": target.value, "band": [target.low, target.high], "model": model, "low": low, "high": high,
            "inside": target.meets(low, high), "calibrated": target.calibrated, "source": target.source, "population": target.population,
        })  # fmt: skip
    return Validation(rows, _patterns(pooled), dict(about))


def _patterns(pooled: _Pooled) -> dict[str, list[list[float]]]:
    """What figures show beyond the numbers of the table: whole curves, point by point with their intervals."""
    def share(sums: np.ndarray) -> float:
        return float(sums[0] / sums[1]) if sums[1] else math.nan

    def part(n: int) -> Callable[[np.ndarray], float]:
        return lambda exits: float(exits[n] / exits[0]) if exits[0] else math.nan

    years = np.arange(0.0, 20.25, 0.25)

    def by_age(n: int) -> Callable[[np.ndarray], float]:
        return lambda ages: float(ages[: n + 1].sum() / ages.sum()) if ages.sum() else math.nan

    found = {
        "stopped_after": [pooled.estimate(f"B5_termination.stopped_after.{n}", share) for n in range(1, targets.NUMBERED + 1)],
        "returned_of": [pooled.estimate(f"B5_termination.returned_of.{n}", share) for n in range(1, targets.NUMBERED + 1)],
        "exits_at_share": [pooled.estimate("B7_public_share", part(n)) for n in range(len(PUBLIC_SHARES))],
        "unicorns_by_age": [pooled.estimate("B1_time_to_unicorn.all", by_age(int(year * TICKS_PER_YEAR))) for year in years[::4]],
        "celebrated_by_age": [pooled.estimate("B1_time_to_unicorn.six", by_age(int(year * TICKS_PER_YEAR))) for year in years[::4]],
    }
    return {name: [list(entry) for entry in entries] for name, entries in found.items()}


COLUMNS = ("target", "what", "value", "band", "model", "95% interval", "inside", "calibrated")


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A row of the table for reading."""
    share = row["target"] not in targets.NUMBERS
    low, high = row["band"]
    band = "above 0" if _open(high) else "below 0" if _open(low) else f"{figure(low, share)} to {figure(high, share)}"
    interval = "" if _gone(row["low"]) else f"{figure(row['low'], share)} to {figure(row['high'], share)}"
    value = "sign" if _gone(row["value"]) else figure(row["value"], share)
    return (
        row["target"], row["what"], value, band, figure(row["model"], share), interval, "yes" if row["inside"] else "no", "yes" if row["calibrated"] else "no",
    )  # fmt: skip


def _gone(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _open(bound: float | None) -> bool:
    return bound is None or math.isinf(bound)


def figure(value: float | None, share: bool) -> str:
    """A number for reading, a share as a percentage; nothing that is not there.

    >>> figure(0.564, True), figure(2.4, False), figure(None, False)
    ('56.4%', '2.40', 'none')
    """
    if _gone(value):
        return "none"
    assert value is not None
    return (f"{100.0 * value:.3g}%" if share else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}").replace("-", "\N{MINUS SIGN}")


def typed() -> str:
    """The command as it was typed, for a manifest: of folders, only their own names."""
    words = ["seedbed"]
    for word in sys.argv[1:]:
        words.append(Path(word).name if os.path.isabs(word) else word)
    return " ".join(words)
