"""Programmes in whole runs, with and without: what switching one on changes, what it leaves alone, and that no money is made or lost."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from walks import SMALL, different, used  # noqa: E402

from seedbed.agents.rule import INTERPRETED  # noqa: E402
from seedbed.model import engine, programmes, schedule  # noqa: E402
from seedbed.model.scenario import Scenario  # noqa: E402

BASE = Scenario.load("baseline").with_({**SMALL, "city.graduates": 40, "city.newcomers": 20, "fund.life": 7})
NEW = [name for name in programmes.names() if name not in [p.name for p in BASE.programmes] and programmes.load(name).values.get("attracts") != "yes"]
"""Those that do something in a single city; firms are attracted from others in test_country.py."""
START = 8 if INTERPRETED else 24  # tick at which a programme under test begins
OWN = ("programmes", "programme_accounts")
# Terms under which a programme finds somebody in a small town within its first quarter
EAGER = {
    "overseas_park_angel": {"delay": 0},
    "scouting_office": {"apply_share": 1, "budget": 10},
    "scouting_office_rooms": {"apply_share": 1, "budget": 10, "places": 50},
    "three_fifteens": {"delay": 0, "ends": 40},
    "listing_coaching": {"min_age": 0},
    "carrier_town": {"min_age": 0},
}


def with_(name, **fields):
    """The town with one more programme, which begins at START."""
    scenario = BASE.with_({f"programme.{name}": "on"})
    fields = {"starts": START / 4, **EAGER.get(name, {}), **fields}
    return scenario.with_({f"programme.{name}.{field}": value for field, value in fields.items()})


def world_at(scenario, until, years=12):
    world = engine.open_run(scenario, 1, years, record=True, audit=True, size=engine.first_guess(BASE, years, True).doubled())
    schedule.quarters(world, until)
    assert world.clock[0].full == 0
    return world


def outside(one, other):
    """Differences of two worlds apart from the programmes' own records."""
    return {name for name in different(one, other) if name.split(":")[0].split(".")[0] not in OWN} - {"cities.programmes"}


# --- no money, no effect ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NEW)
def test_with_a_budget_of_zero_nothing_changes_to_the_byte(name):
    years = 3 if INTERPRETED else 10
    plain = world_at(BASE, 4 * years)
    other = world_at(with_(name, starts=0, budget=0, **({"revenue_share": 0} if name == "three_fifteens" else {})), 4 * years)
    assert outside(plain, other) == set()
    assert not other.programme_accounts[3].paid and other.programme_accounts[3].awards == 0


def test_a_second_guidance_programme_without_money_changes_nothing(tmp_path):
    second = tmp_path / "second_fund.toml"
    second.write_text((programmes.FOLDER / "guidance_fund.toml").read_text())
    scenario = Scenario.load("baseline")
    file = tmp_path / "town.toml"
    file.write_text('title = "t"\nabout = "a"\nbase = "baseline"\nprogrammes = ["small_grant", "dream_town", "guidance_fund", "second_fund.toml"]\n')
    more = Scenario.load(file)
    assert len(more.programmes) == len(scenario.programmes) + 1
    changes = {**SMALL, "city.graduates": 40}
    more = more.with_({"programme.second_fund.budget": 0})
    years = 3 if INTERPRETED else 12
    assert outside(engine.run(scenario.with_(changes), 1, years), engine.run(more.with_(changes), 1, years)) == set()


# --- turning one on changes what it should and nothing else ----------------------------------------------------------

BOOKS = {"tables.ranked", "tables.scores", "accounts.cash", "events: "}
SERVED = BOOKS | {"ventures.helped", "clock.n_events"}
AWARDED = SERVED | {"people.award", "awards: ", "clock.n_awards", "ventures.cash", "ventures.pace"}
GRANTED = AWARDED | {"ventures.granted", "clock.granted"}
PLACED = SERVED | {"ventures.desk_until", "ventures.desk_programme", "ventures.cash", "clock.services", "tables.circle", "people.ties"}
STAKED = AWARDED | {f"ventures.{name}" for name in ("holder", "shares", "all_shares", "cost", "since")} | {"clock.stakes", "cities.invested", "residents: ", "cities.residents", "clock.n_residents"}
SHOULD = {
    "grant": (GRANTED, {"ventures.granted"}),
    "staged_grant": (GRANTED | {"ventures.parts_due"}, {"ventures.granted", "ventures.parts_due"}),
    "talent_award": (GRANTED, {"ventures.granted"}),
    "space": (PLACED, {"ventures.desk_until"}),
    "service": (BOOKS | {"offices.eased", "clock.services"}, {"offices.eased", "clock.services"}),
    "listing_coaching": (SERVED | {"ventures.coached", "clock.services"}, {"ventures.coached", "clock.services"}),
    "institute_slots": (
        SERVED | {"ventures.speed_gain", "ventures.match_programme", "clock.services", "offices.dual_appointment"},
        {"ventures.speed_gain", "offices.dual_appointment"},
    ),
    "equity": (STAKED, {"ventures.shares", "clock.stakes"}),
}
"""By instrument: fields that may differ after the first quarter's government (of equity: rounds), and those that must."""


@pytest.mark.parametrize("name", NEW)
def test_in_its_first_quarter_it_changes_what_it_should_and_nothing_else(name):
    programme = programmes.load(name)
    worlds = [world_at(BASE, START), world_at(with_(name), START)]
    assert outside(*worlds) == set(), "before it begins nothing differs"
    phases = [schedule.environment, schedule.government]
    if programme.instrument == "equity":
        phases += [schedule.universities, schedule.entrepreneurs, schedule.ventures, schedule.insiders, schedule.outsiders]
    for world in worlds:
        for phase in phases:
            phase(world)
    may, must = SHOULD[programme.instrument]
    found = {name if ":" not in name else name.split(":")[0] + ": " for name in outside(*worlds)}
    # a service centre eases the way to the other programmes, in the same quarter
    if programme.instrument == "service":
        may = may | GRANTED | {f"ventures.{field}" for field in ("owes", "owes_for", "owes_programme", "owes_since")}
    tables = {name.split(":")[0] for name in may if ":" in name}
    found = {name for name in found if name.split(".")[0] not in tables} | {name.split(".")[0] + ": " for name in found if name.split(".")[0] in tables}
    assert found <= may, sorted(found - may)
    assert must <= found, sorted(must - found)


# --- the books -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
@pytest.mark.parametrize("name", programmes.names())
def test_the_books_of_every_shipped_programme_balance_over_forty_years(name):
    scenario = Scenario.load("baseline").with_({f"programme.{name}": "on"})
    world = engine.run(scenario, 2, 40, audit=True)
    assert not world.series.imbalance.any()
    for account, programme in zip(world.programme_accounts, world.programmes, strict=True):
        assert account.cash >= account.committed >= 0 or programme.instrument == 8  # guidance money is in the purse behind funds
        assert 0 <= account.revolved <= max(0, account.cash - account.committed)
    awards = used(world, "awards")
    assert (awards["paid"] <= awards["promised"]).all() and (awards["parts"] >= 0).all()
    told = np.bincount(awards["programme"], minlength=len(world.programmes))
    paying = np.isin(world.programmes.instrument, [0, 1, 2, 3, 5])
    assert (told[paying] == world.programme_accounts.awards[paying]).all()
    clock = world.clock[0]
    paid = world.programme_accounts.paid[world.programmes.instrument != 8].sum()
    assert paid == clock.granted + clock.services + clock.stakes
    assert world.programme_accounts.returned.sum() == clock.repaid + clock.stakes_back + clock.guidance_back
    v = world.ventures[: clock.n_ventures]
    assert (v["founders_shares"] + v["shares"].sum(axis=1) == v["all_shares"])[v["ended"] < 0].all()


# --- what each is for ------------------------------------------------------------------------------------------------


def account_of(scenario, name, years=20, seed=1):
    world = engine.run(scenario, seed, years)
    k = [p.name for p in scenario.programmes].index(name)
    return world.programme_accounts[k], world


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
def test_a_service_centre_brings_applicants_to_the_other_programmes():
    base = Scenario.load("baseline")
    for seed in (1, 2, 3):
        few, _ = account_of(base, "small_grant", seed=seed)
        many, _ = account_of(base.with_({"programme.service_centre": "on", "programme.service_centre.friction_cut": 1}), "small_grant", seed=seed)
        assert many.applicants > 1.3 * few.applicants


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
def test_coaching_shortens_the_way_of_firms_past_the_gate():
    base = Scenario.load("baseline").with_({"market.hidden_gate": 10, "market.formal_gate": 5, "market.listing_rate": 0.1})
    coached = base.with_({"programme.listing_coaching": "on", "programme.listing_coaching.queue_cut": 36, "programme.listing_coaching.budget": 100})
    listed = [sum(int((used(engine.run(s, seed, 40), "ventures")["listed"] >= 0).sum()) for seed in (1, 2, 3)) for s in (base, coached)]
    assert listed[1] > listed[0]


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
def test_guided_funds_leave_firms_in_the_market_alone_where_all_is_for_early_ventures():
    city_alone = {"fund.lp_share.guidance.private": 0, "fund.lp_share.guidance.government": 1, "fund.ticket_largest.guidance": 200}
    base = Scenario.load("baseline").with_(city_alone)
    late = [used(engine.run(s, 1, 40), "funds") for s in (base, base.with_({"programme.guidance_fund.early_share": 1}))]
    guided = [int(funds["late"][funds["part"][:, 3] > 0].sum()) for funds in late]
    assert guided[0] > 0 == guided[1]
    sectors = base.with_({"programme.guidance_fund.sectors": ["bio"]})
    world = engine.run(sectors, 1, 40)
    deals, funds, ventures = (used(world, name) for name in ("deals", "funds", "ventures"))
    first = deals[(funds["part"][deals["fund"], 3] > 0) & (deals["number"] == 1)]
    assert len(first) and set(ventures["sector"][first["venture"]].tolist()) == {2}


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
def test_matched_problems_are_solved_sooner():
    base = Scenario.load("baseline")
    many = base.with_({"programme.new_institutes": "on", "programme.new_institutes.slots": 2000, "programme.new_institutes.apply_share": 1,
                       "programme.new_institutes.speed_gain": 1, "programme.new_institutes.dual_appointment": 0})  # fmt: skip
    for seed in (1, 2):
        entered = [int((used(engine.run(s, seed, 20), "ventures")["market_entry"] >= 0).sum()) for s in (base, many)]
        assert entered[1] > 1.1 * entered[0]


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
def test_a_revolving_account_gives_more_awards_out_of_the_same_budget():
    base = Scenario.load("baseline").with_({"programme.angel_co_investment": "on"})
    kept, _ = account_of(base, "angel_co_investment", years=40)
    gone, _ = account_of(base.with_({"programme.angel_co_investment.revolving": "no"}), "angel_co_investment", years=40)
    assert kept.awards > 1.2 * gone.awards and gone.revolved == 0 < kept.returned
    assert gone.paid <= 40 * gone.budget


@pytest.mark.skipif(INTERPRETED, reason="too slow interpreted")
def test_dream_towns_account_comes_back_as_far_as_teams_succeed():
    account, _ = account_of(Scenario.load("baseline"), "dream_town", years=40)
    known = account.succeeded + account.failed
    assert known > 500
    share = account.succeeded / known
    assert account.returned / account.paid == pytest.approx(2 * share, abs=0.15)
