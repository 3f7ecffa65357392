"""One call in, one object out: a run of a scenario, as a History."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seedbed.agents.errors import SeedbedWarning

from .eligibility import unmet
from .engine import run
from .history import History
from .scenario import Scenario

__all__ = ["simulate"]


def simulate(
    scenario: str | Path | Scenario = "baseline",
    seed: int = 1,
    years: int = 40,
    *,
    changes: Mapping[str, Any] | Iterable[str] | str | None = None,
    record: bool = True,
    audit: bool = False,
) -> History:
    """Run a scenario and return its History.

    `scenario` is the name of a shipped one, the path of a file, or a Scenario. `changes` are settings that differ from it, as a mapping or as they
    are typed: {"fund.life.market": 12} or "fund.life.market=12". `record`: keep the event log; without it a run is a little faster, and
    only the end can be looked at. `audit`: sum all purses in every quarter, not only in the last. The same scenario, changes, seed and years give the same run.

    Raises BadInput, with what is allowed, for anything that cannot be. Warns (SeedbedWarning) of programmes whose conditions nobody met.

    >>> history = simulate("baseline", seed=1, years=2, changes={"city.graduates": 20, "city.newcomers": 10})
    >>> history.seed, history.years, len(history.series())
    (1, 2, 8)
    """
    chosen = Scenario.load(scenario)
    if changes:
        chosen = chosen.with_(changes)
    started = time.perf_counter()
    world = run(chosen, seed, years, record=bool(record), audit=bool(audit))
    for fault in unmet(world, chosen):
        warnings.warn(str(fault), SeedbedWarning, stacklevel=2)
    return History.of(world, chosen, seed, years, seconds=round(time.perf_counter() - started, 3))
