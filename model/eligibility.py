"""Programmes whose conditions nobody meets: counted in a run, and said in a sentence.

That a programme pays nobody may be what somebody wants to see (no budget, a freeze). That nobody *qualifies* where it did look is nearly always a slip in
its file. What can be seen in the file alone is refused when it is read (`programmes`); the rest has to be tried, and every run keeps count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from .programmes import Programme, check_executed
from .scenario import Scenario
from .world import TICKS_PER_YEAR, World, in_use

__all__ = ["Unmet", "try_out", "unmet"]

HARDLY = 1000  # hardly anybody: fewer than one look in so many finds somebody who qualifies
TIME_TO_QUALIFY = 5  # years that a city has had after the programme's beginning and its least age, before a count says anything
TRIAL = 20  # years of a trial run


class Unmet(NamedTuple):
    """A programme whose conditions nobody, or hardly anybody, met in a run."""

    programme: str
    qualified: int  # looks at ventures that qualified
    looked_at: int  # looks at ventures, each in each quarter
    ventures: int  # that lived while it ran
    quarters: int  # in which it looked
    reason: str  # what can be seen without a run

    def __str__(self) -> str:
        over = f"in the {self.quarters} quarters in which it looked for recipients"
        if self.qualified == 0:
            text = f"nobody meets the conditions of the programme {self.programme}: 0 of {self.ventures:,} ventures qualified {over}"
        else:
            text = (
                f"hardly anybody meets the conditions of the programme {self.programme}: {self.qualified:,} of {self.looked_at:,} looks at "
                f"{self.ventures:,} ventures found one that qualified, {over}"
            )
        return text + (f"; {self.reason}" if self.reason else "")


def unmet(world: World, scenario: Scenario) -> list[Unmet]:
    """The programmes of a run that looked for recipients long enough and found nobody, or hardly anybody, who qualified."""
    ventures = np.asarray(world.ventures)[: in_use(world, "ventures")]
    now, several = int(world.clock[0].now), len(scenario.places) > 1
    running = [(name, programme) for name, city in scenario.places for programme in city.programmes]
    found = []
    for (city, programme), row, account in zip(running, world.programmes, world.programme_accounts, strict=True):
        waited = now - int(row.starts) - int(row.min_age) >= TIME_TO_QUALIFY * TICKS_PER_YEAR
        if account.quarters == 0 or account.qualified * HARDLY >= account.looked_at or not (waited or now >= row.ends):
            continue
        there = (ventures["founded"] < min(now, int(row.ends))) & ((ventures["ended"] < 0) | (ventures["ended"] >= row.starts))
        if row.attracts == 0:
            there &= (ventures["birthplace"] == row.city) | (ventures["city"] == row.city)
        p = world.p[row.city]
        reason = ""
        if row.min_team > p.venture_team_largest:
            reason = f"min_team is {int(row.min_team)}, and no team has more than {int(p.venture_team_largest)} (venture.team_largest)"
        numbers = (int(account.qualified), int(account.looked_at), int(np.count_nonzero(there)), int(account.quarters))
        found.append(Unmet(f"{city}.{programme.name}" if several else programme.name, *numbers, reason))
    return found


def try_out(programme: Programme, scenario: str | Scenario = "baseline", seed: int = 1) -> tuple[list[Unmet], dict[str, Any]]:
    """Run a scenario with one more programme for some years, of a country in its first city: what nobody meets of it, and what was counted.

    A programme of the same name in the scenario gives way to it. Raises BadInput where this version cannot carry the programme out.
    """
    from .engine import run

    check_executed(programme, programme.where)
    base = Scenario.load(scenario)
    name, city = base.places[0]
    running = (*(one for one in city.programmes if one.name != programme.name), programme)
    city = replace(city, programmes=running)
    chosen = replace(base, cities=((name, city), *base.cities[1:])) if base.cities else city
    row = programme.row()[0]
    years = max(TRIAL, (int(row["starts"]) + int(row["min_age"])) // TICKS_PER_YEAR + 2 * TIME_TO_QUALIFY)
    world = run(chosen, seed, years)
    account = world.programme_accounts[len(running) - 1]
    counted = {name: int(account[name]) for name in ("quarters", "looked_at", "qualified", "applicants", "awards")}
    called = f"{name}.{programme.name}" if base.cities[1:] else programme.name
    return [one for one in unmet(world, chosen) if one.programme == called], {"scenario": base.name, "years": years, **counted}
