"""One run, made in every way there is: compiled, walked by Mesa, interpreted, with reference counting. The same bytes in every table."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seedbed.agents.accounts import EVENT_NAMES
from seedbed.agents.rule import INTERPRETED
from seedbed.model import engine
from seedbed.model.ecosystem import Ecosystem
from seedbed.model.scenario import Scenario

sys.path.insert(0, str(Path(__file__).parent))

from walks import BOOK, SMALL, TOWNS, compiled, different, digests, small, town, used, walked  # noqa: E402

YEARS = 4 if INTERPRETED else 8


@pytest.fixture(scope="module", params=TOWNS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def reference(name):
    """The compiled run that the others are held against."""
    return compiled(small(name), 1, YEARS)


def elsewhere(name, way, **environment):
    """The digests of the same run in a fresh interpreter with other settings."""
    how = json.dumps({"scenario": name, "way": way, "seed": 1, "years": YEARS})
    script = Path(__file__).with_name("walks.py")
    command = [sys.executable, "-W", "error", "-W", "ignore:.*cannot be cached", str(script), how]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["book"] == BOOK, "rules or parameters were edited while the tests ran"
    return found


# --- the small town is worth comparing -------------------------------------------------------------------------------


@pytest.mark.skipif(INTERPRETED, reason="the interpreted towns are too young")
def test_in_these_towns_everything_happens_that_can():
    worlds = [compiled(small(name), 1, YEARS) for name in TOWNS]
    seen = set(np.concatenate([used(world, "events")["what"] for world in worlds]).tolist())
    assert {EVENT_NAMES[n] for n in range(1, len(EVENT_NAMES)) if n not in seen} == set()
    assert all(world.clock[0].n_live > 20 for world in worlds)


# --- the same bytes --------------------------------------------------------------------------------------------------


def test_the_same_run_twice_gives_the_same_bytes(name, reference):
    assert different(compiled(small(name), 1, YEARS), reference) == []


def test_tables_used_again_leave_no_trace(name, reference):
    world = engine.run(small(name), 2, YEARS, record=True, audit=True)
    assert different(world, reference) != []
    again = engine.run(small(name), 1, YEARS, world=world, record=True, audit=True)
    assert again.people is world.people
    assert different(again, reference) == []


@pytest.mark.parametrize("shuffle", [True, False], ids=["in drawn order", "in table order"])
def test_walked_by_agents_gives_the_same_bytes_as_compiled(name, reference, shuffle):
    assert different(walked(small(name), 1, YEARS, shuffle), reference) == []


def test_the_order_drawn_is_another_in_every_quarter_and_not_that_of_the_table():
    seen = []

    class Watched(Ecosystem):
        def turns(self, step, rows):
            turns = super().turns(step, rows)
            if step.rule.__name__ == "charge_fees" and len(rows) > 10:
                seen.append(turns.tolist())
            return turns

    walked(small(), 1, 2, kind=Watched)
    assert len(seen) > 3
    assert all(turns != sorted(turns) for turns in seen)
    assert len({tuple(turn for turn in turns if turn < 10) for turns in seen}) == len(seen)


def test_a_run_without_the_event_log_or_the_audit_is_the_same_run(name, reference):
    quiet = engine.run(small(name), 1, YEARS)
    found = {difference for difference in different(quiet, reference) if not difference.startswith("events")}
    assert found == {"clock.recording", "clock.auditing", "clock.n_events"}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["run", "walk"])
def test_interpreted_gives_the_same_bytes(name, reference, way):
    found = elsewhere(name, way, NUMBA_DISABLE_JIT="1")
    assert found["interpreted"]
    assert found["digests"] == digests(reference)
    assert found["imbalance"] == 0


@pytest.mark.slow
@pytest.mark.skipif(INTERPRETED, reason="reference counting is a matter of compiled rules")
def test_with_and_without_reference_counting_the_bytes_are_the_same():
    other = "0" if os.environ.get("SEEDBED_NRT", "0") not in ("", "0") else "1"
    found = elsewhere("baseline", "run", SEEDBED_NRT=other)
    assert not found["interpreted"]
    assert found["digests"] == digests(compiled(small("baseline"), 1, YEARS))


# --- the books -------------------------------------------------------------------------------------------------------


def test_the_books_balance_at_every_tick(reference):
    assert not reference.series.imbalance[: 4 * YEARS].any()
    assert (np.abs(reference.series.account[: 4 * YEARS]).sum(axis=1) > 0).all()


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
def test_the_books_balance_at_every_tick_of_a_whole_run(name):
    world = engine.run(town(name), 3, 40, audit=True)
    assert not world.series.imbalance.any()


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
@pytest.mark.parametrize("shipped", Scenario.names())
def test_the_books_of_every_shipped_scenario_balance_at_every_tick_of_a_whole_run(shipped):
    world = engine.run(shipped, 4, 40, audit=True)
    assert not world.series.imbalance.any()


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
@pytest.mark.parametrize("shipped", [name for name in Scenario.names() if name not in TOWNS])
def test_every_shipped_scenario_is_the_same_walked_and_compiled(shipped):
    """Scaled down, so that agents take seconds; every programme and city of it is there."""
    scenario = Scenario.load(shipped).with_({name: value for name, value in SMALL.items() if name != "university.number"})
    assert different(walked(scenario, 1, 3), compiled(scenario, 1, 3)) == []


def test_an_unbalanced_book_is_found():
    model = Ecosystem(small(), years=1, audit=True)
    model.step()
    model.view("universities", 1).cash += 1
    model.step()
    assert model.line["imbalance"] == 1


# --- several models at once ------------------------------------------------------------------------------------------


def test_models_alive_at_once_do_not_disturb_each_other():
    years = min(YEARS, 4)
    plans = [(small(), 1), (small(), 2), (small(**{"fund.tolerance": 1}), 1)]
    models = [Ecosystem(scenario, seed=seed, years=years, audit=True) for scenario, seed in plans]
    while models[0].running:
        for model in models:
            model.step()
    worlds = [model.world for model in models]
    for world, (scenario, seed) in zip(worlds, plans, strict=True):
        assert different(world, compiled(scenario, seed, years)) == []
    assert different(worlds[0], worlds[1]) and different(worlds[0], worlds[2])
