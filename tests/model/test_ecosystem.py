"""The ecosystem as a Mesa model: its agents come and go with the rows, and Mesa's own tools work on it."""

import subprocess
import sys

import mesa
import numpy as np
import pytest

from seedbed.agents.entrepreneur import LEFT, POOL
from seedbed.agents.row import KINDS, Entrepreneur, Fund, Venture
from seedbed.model.ecosystem import FIGURES, MONEY, Ecosystem
from seedbed.model.scenario import Scenario
from seedbed.model.simulate import simulate

TOWN = {"city.graduates": 10, "city.newcomers": 5}


@pytest.fixture(scope="module")
def lived():
    """A town that has lived for six years of short funds, and what was seen on the way."""
    town = Ecosystem(seed=3, years=6, **TOWN, **{"fund.life": 3, "fund.raise_interval": 2})
    seen = []
    while town.running:
        town.step()
        seen.append({table: {agent.index for agent in town.living(table)} for table in KINDS})
    return town, seen


# --- a run -----------------------------------------------------------------------------------------------------------


def test_a_run_ends_with_its_last_quarter(lived):
    town, seen = lived
    assert len(seen) == 24 == town.now
    assert town.year == 6.0
    assert not town.running
    before = town.world.ventures.tobytes()
    town.step()
    assert town.now == 24
    assert town.world.ventures.tobytes() == before


def test_mesa_runs_it_to_the_end():
    town = Ecosystem(years=1, **TOWN)
    town.run_model()
    assert town.now == 4


@pytest.mark.parametrize("seed", [7, "7", np.int64(7)])
def test_a_seed_may_be_text_or_numpys(seed):
    town = Ecosystem(seed=seed, years=1, **TOWN)
    assert town.seed == 7 == int(town.world.clock[0].seed)
    assert type(town.seed) is int
    assert Ecosystem(rng=seed, years=1, **TOWN).seed == 7


def test_without_a_seed_each_run_is_another():
    assert Ecosystem(seed=None, years=1, **TOWN).seed != Ecosystem(seed=None, years=1, **TOWN).seed


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"seed": "seven"}, "The seed"),
        ({"seed": -1}, "The seed"),
        ({"seed": 2**64}, "The seed"),
        ({"seed": 1.5}, "The seed"),
        ({"seed": True}, "The seed"),
        ({"years": 0}, "The length of a run"),
        ({"scenario": "nowhere"}, "nowhere"),
        ({"fund.life.markt": 7}, "fund.life.markt"),
        ({"fund.life.market": 700}, "fund.life.market"),
    ],
)
def test_what_cannot_be_is_refused(given, what, refused):
    refused(lambda: Ecosystem(**given), what=what, given="", allowed="allowed", where="")


def test_changes_and_scenarios_say_the_same():
    one = Ecosystem("baseline", years=1, **TOWN)
    other = Ecosystem(Scenario.load("baseline").with_(TOWN), years=1)
    assert one.settings.digest() == other.settings.digest()


def test_chance_in_mesa_has_no_part_in_it():
    one, other = Ecosystem(years=2, **TOWN), Ecosystem(years=2, **TOWN)
    while one.running:
        other.random.random()
        other.rng.random()
        one.step()
        other.step()
    assert one.world.ventures.tobytes() == other.world.ventures.tobytes()


# --- agents come and go ----------------------------------------------------------------------------------------------


def test_everybody_alive_has_an_agent_and_nobody_else(lived):
    town, _ = lived
    clock = town.world.clock[0]
    live = town.world.live[: clock.n_live]
    assert {v.index for v in town.living("ventures")} == set(live.tolist())
    assert {f.index for f in town.living("funds")} == set(np.flatnonzero(town.world.funds["ended"][: clock.n_funds] < 0).tolist())
    waiting = set(town.world.agenda["row"][: clock.n_agenda].tolist())
    assert {e.index for e in town.living("people")} == waiting | set(town.world.ventures["founder"][live].tolist())
    for table in ("cities", "offices", "universities", "managers"):
        assert {agent.index for agent in town.living(table)} == set(range(len(getattr(town.world, table))))
    assert len(town.agents) == sum(len(town.living(table)) for table in KINDS)
    assert town.agents_by_type[Venture] is town.living("ventures")


def test_agents_come_and_go_while_it_runs(lived):
    town, seen = lived
    for table in ("people", "ventures", "funds"):
        ever = set().union(*(then[table] for then in seen))
        assert len(ever) > len(seen[-1][table]) > 0
    # one that has gone does not come back
    for table in ("ventures", "funds", "people"):
        for row in ever if table == "people" else set().union(*(then[table] for then in seen)):
            there = [row in then[table] for then in seen]
            assert "".join(str(int(x)) for x in there).strip("0").count("0") == 0


def test_one_that_has_ended_can_still_be_read(lived):
    town, _ = lived
    gone = int(np.flatnonzero(town.world.ventures["ended"][: town.world.clock[0].n_ventures] >= 0)[0])
    venture = town.view("ventures", gone)
    assert venture.ended >= 0
    assert venture not in town.agents
    assert isinstance(venture.refer("founder"), Entrepreneur)


def test_somebody_who_never_acts_has_an_agent_only_when_asked_for(lived):
    town, seen = lived
    people = town.world.people[: town.world.clock[0].n_people]
    ever = set().union(*(then["people"] for then in seen))
    left = [row for row in np.flatnonzero(people["status"] == LEFT).tolist() if row not in ever]
    assert left
    agent = town.view("people", left[0])
    assert agent.status == LEFT
    assert agent not in town.agents
    assert town.view("people", left[0]) is agent


def test_rows_that_are_not_in_use_have_no_agent(lived, refused):
    town, _ = lived
    number = int(town.world.clock[0].n_ventures)
    refused(lambda: town.view("ventures", number), what="Row of ventures", given=str(number), allowed=f"{number}", where="view")
    refused(lambda: town.view("ventures", -1), what="Row of ventures", given="-1", allowed=f"{number}", where="view")
    refused(lambda: town.view("venture", 0), what="Table of agents", given="venture", allowed="ventures", where="view")
    refused(lambda: town.living("deals"), what="Table of agents", given="deals", allowed="ventures", where="living")


def test_mesas_sets_of_agents_work(lived):
    town, _ = lived
    pool = town.living("people").select(lambda e: e.status == POOL)
    assert 0 < len(pool) < len(town.living("people"))
    assert len(town.living("ventures").get("cash")) == len(town.living("ventures"))
    assert town.living("funds").agg("commitment", sum) == sum(f.commitment for f in town.agents_by_type[Fund])
    assert len(Ecosystem(years=1, **TOWN).living("ventures")) == 0


# --- what is collected -----------------------------------------------------------------------------------------------


def test_figures_are_collected_in_every_quarter(lived):
    town, seen = lived
    frame = town.datacollector.get_model_vars_dataframe()
    assert list(frame.columns) == list(FIGURES)
    assert {"live", "unicorns", "zombies", "invested", "tolerance"} <= set(FIGURES)
    assert {"invested", "dry_powder"} <= MONEY and "jobs" not in MONEY
    assert len(frame) == 24
    assert frame["live"].tolist() == town.world.series["live"][:24].tolist() == [len(then["ventures"]) for then in seen]
    assert frame["invested"].iloc[-1] == town.world.clock[0].invested / 1e8
    assert frame["tolerance"].between(0, 1).all()


def test_its_history_is_that_of_a_run():
    town = Ecosystem(seed=3, years=2, **TOWN)
    town.run_model()
    walked, run = town.history(), simulate("baseline", seed=3, years=2, changes=TOWN)
    assert walked.series().equals(run.series())
    assert walked.events().equals(run.events())
    said = [{**history.provenance, "seconds": None} for history in (walked, run)]
    assert said[0] == said[1]


def test_agents_can_be_collected_too():
    town = Ecosystem(years=1, **TOWN)
    town.datacollector = mesa.DataCollector(agenttype_reporters={Venture: {"cash": "cash", "link": lambda v: v.link}})
    while town.running:
        town.step()
    frame = town.datacollector.get_agenttype_vars_dataframe(Venture)
    assert set(frame.columns) == {"cash", "link"}
    assert len(frame) > 0


# --- the space -------------------------------------------------------------------------------------------------------


def test_the_space_holds_everybody_alive_next_to_whom_they_deal_with(lived):
    town, _ = lived
    space = town.space()
    assert len(space.all_cells.cells) == sum(len(town.living(table)) for table in ("people", "ventures", "funds", "universities"))
    venture = next(v for v in town.living("ventures") if (v.holder >= 0).any())
    assert venture.cell.coordinate == f"V{venture.index}"
    near = set(venture.cell.neighborhood.agents)
    assert venture.refer("founder") in near
    assert {h for h in venture.refer("holder") if isinstance(h, Fund)} <= near
    only = town.space(["knows"])
    assert venture.cell in only.all_cells
    assert set(venture.cell.neighborhood.agents) == set()


def test_an_agent_that_goes_leaves_its_cell():
    town = Ecosystem(seed=3, years=6, **TOWN)
    while town.now < 12:
        town.step()
    space = town.space()
    while town.running:
        town.step()
    gone = [cell for cell in space.all_cells if cell.coordinate[0] == "V" and not cell.agents]
    assert gone
    assert all(town.view("ventures", int(cell.coordinate[1:])).cell is None for cell in gone)


# --- Mesa's tools ----------------------------------------------------------------------------------------------------


def test_mesas_batches_run_it():
    """In an interpreter of its own, since Mesa's batches set how all later processes start."""
    code = f"""
import inspect, warnings
warnings.simplefilter("error")
from mesa.batchrunner import batch_run
from seedbed.model.ecosystem import Ecosystem
plan = {{**{TOWN!r}, "years": 1, "record": False, "fund.life.market": [5, 9]}}
if "rng" in inspect.signature(batch_run).parameters:
    rows = batch_run(Ecosystem, plan, rng=[5], display_progress=False)
else:
    rows = batch_run(Ecosystem, {{**plan, "seed": 5}}, display_progress=False)
print([(row["fund.life.market"], row["seed"], row["live"] > 0) for row in rows])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[(5, 5, True), (9, 5, True)]", done.stderr
