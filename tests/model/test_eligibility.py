"""Programmes whose conditions nobody meets are named with the count: after a run, and in a trial before it."""

import sys
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from walks import SMALL  # noqa: E402

from seedbed import SeedbedWarning, simulate  # noqa: E402
from seedbed.agents.errors import BadInput  # noqa: E402
from seedbed.agents.rule import INTERPRETED  # noqa: E402
from seedbed.model import engine, programmes  # noqa: E402
from seedbed.model.eligibility import HARDLY, try_out, unmet  # noqa: E402
from seedbed.model.scenario import Scenario  # noqa: E402

YEARS = 8
BASE = Scenario.load("baseline").with_(SMALL)


def counted(**small_grant):
    """A run of a small town whose small grants have other conditions: its account, and what is said of it."""
    scenario = BASE.with_({f"programme.small_grant.{field}": value for field, value in small_grant.items()})
    world = engine.run(scenario, 1, YEARS)
    row = [p.name for p in scenario.programmes].index("small_grant")
    return world.programme_accounts[row], {one.programme: one for one in unmet(world, scenario)}, world


def test_where_somebody_qualifies_nothing_is_said():
    account, said, _ = counted()
    assert said == {} and 0 < account.qualified <= account.looked_at and account.quarters <= 4 * YEARS
    assert account.qualified >= account.applicants


def test_a_team_larger_than_any_is_named_with_the_count_and_the_reason():
    account, said, world = counted(min_team=9)
    fault = said["small_grant"]
    assert (fault.qualified, fault.looked_at, fault.quarters) == (0, account.looked_at, account.quarters)
    assert fault.ventures == world.clock[0].n_ventures > 20
    text = str(fault)
    assert f"0 of {fault.ventures:,} ventures qualified in the {fault.quarters} quarters" in text
    assert "min_team is 9, and no team has more than 4" in text


@pytest.mark.skipif(INTERPRETED, reason="three more runs")
def test_conditions_that_only_a_run_can_show_are_named_too():
    """Doctors who sell in their first quarter: no rule forbids them, and there are none."""
    _, said, _ = counted(links=["in_market"], max_age=0.25)
    assert said["small_grant"].qualified == 0 and said["small_grant"].reason == ""


def test_hardly_anybody_is_fewer_than_one_look_in_so_many():
    scenario = BASE
    world = engine.run(scenario, 1, YEARS)
    account = world.programme_accounts[0]
    account.qualified, account.looked_at = 3, 3 * HARDLY + 1
    assert "hardly anybody" in str(unmet(world, scenario)[0]) and "3 of 3,001 looks" in str(unmet(world, scenario)[0])
    account.looked_at = 3 * HARDLY
    assert unmet(world, scenario) == []


def test_a_programme_that_had_no_money_has_not_looked_and_is_not_blamed():
    account, said, _ = counted(min_team=9, budget=0)
    assert account.quarters == account.looked_at == 0 and said == {}


@pytest.mark.skipif(INTERPRETED, reason="three more runs")
def test_nothing_is_said_before_anybody_could_have_grown_old_enough():
    """Eight years: after a least age of five only three are left, after one of two and a half more than five."""
    for min_age, named in ((5, False), (2.5, True)):
        _, said, _ = counted(min_team=9, max_age=10, min_age=min_age)
        assert ("small_grant" in said) == named


@pytest.mark.skipif(INTERPRETED, reason="three more runs")
def test_simulate_warns():
    with pytest.warns(SeedbedWarning, match="nobody meets the conditions of the programme small_grant: 0 of"):
        simulate(BASE, seed=1, years=YEARS, changes={"programme.small_grant.min_team": 9}, record=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(BASE, seed=1, years=YEARS, record=False)


@pytest.mark.skipif(INTERPRETED, reason="twenty years")
def test_a_file_is_tried_out_in_place_of_a_programme_of_its_name():
    small = programmes.load("small_grant")
    assert try_out(small, BASE)[0] == []
    faults, count = try_out(small.with_changes({"min_team": 9}), BASE)
    assert [one.programme for one in faults] == ["small_grant"] and count["qualified"] == count["awards"] == 0 < count["looked_at"]


def test_what_cannot_be_carried_out_is_not_tried(monkeypatch):
    monkeypatch.setattr(programmes, "EXECUTED", {})
    with pytest.raises(BadInput, match="described only"):
        try_out(programmes.load("small_grant"), BASE)
