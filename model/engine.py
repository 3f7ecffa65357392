"""The engine: opens a world for a scenario and a seed and runs its quarters, compiled."""

from __future__ import annotations

from seedbed.agents.errors import BadInput

from .scenario import Scenario
from .schedule import open_world, quarters
from .world import TICKS_PER_YEAR, Size, World, allocate, first_guess, furnish, managers_by_kind

CHUNK = 8  # quarters in one compiled call: far below a second, so that an interrupt is heard
LONGEST = 200  # years


def check_run(seed: int, years: int) -> None:
    """Refuse a run that cannot be: a seed that is no whole number of 64 bits, or a length out of range."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
        raise BadInput(what="the seed", given=seed, allowed="a whole number from 0 to 2^64 - 1", where="seed")
    if isinstance(years, bool) or not isinstance(years, int) or not 1 <= years <= LONGEST:
        raise BadInput(what="the length of a run in years", given=years, allowed=f"a whole number from 1 to {LONGEST}", where="years")


def fits(world: World, scenario: Scenario, size: Size) -> bool:
    """Whether tables of an earlier run can serve this one."""
    return (
        len(world.people) >= size.people
        and len(world.series) == size.ticks
        and len(world.events) >= size.events
        and len(world.funds) >= size.funds
        and len(world.awards) >= size.awards
        and len(world.cities) == len(scenario.places)
        and len(world.programmes) == sum(len(city.programmes) for _, city in scenario.places)
        and len(world.universities) == sum(int(city.parameters["university.number"]) for _, city in scenario.places)
        and len(world.managers) == sum(sum(managers_by_kind(city.parameters).values()) for _, city in scenario.places)
    )


def open_run(
    scenario: Scenario | str, seed: int, years: int, *, world: World | None = None, record: bool = False, audit: bool = False, size: Size | None = None
) -> World:
    """A world at its first tick, opened by the rules and not yet run. `world`: tables of an earlier run to use again."""
    scenario = Scenario.load(scenario)
    check_run(seed, years)
    size = size or first_guess(scenario, years, record)
    if world is None or not fits(world, scenario, size):
        world = allocate(scenario, size)
    furnish(world, scenario, seed, years, record=record, audit=audit)
    open_world(world)
    return world


def run(
    scenario: Scenario | str, seed: int = 1, years: int = 40, *, world: World | None = None, record: bool = False, audit: bool = False
) -> World:
    """One run, from the first quarter to the last. Returns its world; the tables say everything that happened."""
    scenario = Scenario.load(scenario)
    size = first_guess(scenario, years, record)
    while True:
        world = open_run(scenario, seed, years, world=world, record=record, audit=audit, size=size)
        clock = world.clock[0]
        while clock.now < years * TICKS_PER_YEAR and clock.full == 0:
            quarters(world, min(clock.now + CHUNK, years * TICKS_PER_YEAR))
        if clock.full == 0 and (not record or clock.n_events <= len(world.events)):
            return world
        size, world = size.doubled(), None
