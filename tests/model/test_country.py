"""Several cities: what belongs to one, what moves between them, and how a country is declared."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "agents"))

import byhand  # noqa: E402
from byhand import MILLION_RMB, rules  # noqa: E402
from walks import COUNTRY, SMALL, different, small, used  # noqa: E402

from seedbed.agents.accounts import MOVED, RELOCATED  # noqa: E402
from seedbed.agents.errors import BadInput  # noqa: E402
from seedbed.agents.rule import INTERPRETED  # noqa: E402
from seedbed.model import engine  # noqa: E402
from seedbed.model.outcomes import outcomes  # noqa: E402
from seedbed.model.scenario import LOCAL, NATIONAL, Scenario  # noqa: E402
from seedbed.model.simulate import simulate  # noqa: E402
from seedbed.model.world import Size, allocate, furnish  # noqa: E402

YEARS = 4 if INTERPRETED else 12


def twins(tmp_path, number=2, **settings):
    """A country of equal cities, each the small baseline."""
    path = tmp_path / "twins.toml"
    lines = "\n".join(f'"{name}" = {value}' for name, value in {**SMALL, **settings}.items())
    path.write_text(f'title = "t"\nabout = "a"\nbase = "baseline"\n[[cities]]\nname = "twin"\nscenario = "baseline"\nnumber = {number}\n[set]\n{lines}\n')
    return Scenario.load(path)


# --- moving, by hand ---------------------------------------------------------------------------------------------------


@pytest.fixture
def w(tmp_path):
    """Two empty cities. In the second the money is patient and everybody finds some."""
    scenario = twins(tmp_path, **{"university.number": 1, "fund.managers": 2, "entrepreneur.mobility": 1, "entrepreneur.moving_cost": 0.5})
    w = allocate(scenario, Size(24, 24, 24, 24, 24, 400, 200, 96))
    furnish(w, scenario, 1, 40, record=True, audit=False)
    rules.prospects.work_out_prospects(w)
    for c in range(2):
        w.cities[c].tolerance = 0.5
        w.cities[c].tolerance_seen[:] = 12.0 + 16.0 * c
        w.cities[c].chance_seen[:] = 0.2 + 0.6 * c
    return w


def decide(w, row):
    w.clock[0].now = int(w.people[row].next_idea)
    rules.entrepreneur.consider_founding(w, row)
    return w.people[row]


def test_somebody_moves_where_founding_promises_more_and_only_then(w):
    e = decide(w, byhand.person(w, ability=2.5, boldness=4.0))
    assert e.heading == 1 and e.city == 0, "the decision is carried out when all have decided"
    for c in range(2):
        w.cities[c].chance_seen[:] = 0.5
        w.cities[c].tolerance_seen[:] = 20.0
    assert decide(w, byhand.person(w, ability=2.5, boldness=4.0, city=1)).heading == 1, "nothing is gained by moving between equals"


def test_a_move_is_worth_what_it_costs(w):
    row = byhand.person(w, ability=2.5, boldness=4.0)
    rules.entrepreneur.have_idea(w.people[row], w.p[0], 1)
    gain = rules.entrepreneur.best_plan(w, w.people[row], 1)[1] - rules.entrepreneur.best_plan(w, w.people[row], 0)[1]
    assert gain > 0.0
    for cost, there in ((0.99 * gain, 1), (1.01 * gain, 0)):
        w.p.entrepreneur_moving_cost = cost
        assert rules.entrepreneur.where_to_be(w, w.people[row], 1) == there
    w.offices[1].eased = 0.5  # services over there take half of the cost away
    assert rules.entrepreneur.where_to_be(w, w.people[row], 1) == 1
    w.offices[1].eased = 0.0
    w.cities[1].support_seen = 0.02 * gain / w.p[0].entrepreneur_stake  # or awards make up for it
    assert rules.entrepreneur.where_to_be(w, w.people[row], 1) == 1
    w.cities[0].support_seen = w.cities[1].support_seen
    assert rules.entrepreneur.where_to_be(w, w.people[row], 1) == 0


def test_who_would_found_nowhere_stays(w):
    w.p.entrepreneur_wage = 100 * MILLION_RMB
    w.cities[1].support_seen = 0.0
    assert decide(w, byhand.person(w)).heading == 0


def test_a_scientist_with_a_disclosure_stays_with_the_laboratory(w):
    assert decide(w, byhand.person(w, ability=2.5, boldness=4.0, kind=2, university=0)).heading == 0
    assert decide(w, byhand.person(w, ability=2.5, boldness=4.0, kind=2, university=0, tries=1)).heading == 1


def test_acquaintances_elsewhere_are_whom_one_looks_to(tmp_path):
    scenario = twins(tmp_path, 5, **{"university.number": 1})
    w = allocate(scenario, Size(24, 24, 24, 24, 24, 400, 200, 96))
    furnish(w, scenario, 1, 40, record=True, audit=False)
    friend = byhand.person(w, city=3)
    e = w.people[byhand.person(w, ties=[friend] * 4)]
    look = rules.entrepreneur.city_to_look_at
    assert {look(w, e, u, 0.1) for u in (0.0, 0.4, 0.99)} == {3}
    e.ties[:] = -1
    assert [look(w, e, 0.5, u) for u in (0.0, 0.26, 0.51, 0.99)] == [1, 2, 3, 4]
    e.city = 2
    assert [look(w, e, 0.5, u) for u in (0.0, 0.26, 0.51, 0.99)] == [0, 1, 3, 4]
    w.cities[3].residents = 6  # weights 1, 1, 7, 1
    assert [look(w, e, 0.5, u) for u in (0.0, 0.15, 0.25, 0.85, 0.95)] == [0, 1, 3, 3, 4]


def test_a_move_is_counted_in_both_cities_and_logged(w):
    row = byhand.person(w)
    w.people[row].heading = 1
    rules.city.move(w, row)
    assert w.people[row].city == 1
    assert (w.cities.arrivals.tolist(), w.cities.departures.tolist()) == ([0, 1], [1, 0])
    assert byhand.events(w, int(MOVED)) == [(int(MOVED), row, 1, 0)]


def test_a_firm_that_moves_leaves_desk_and_researchers_behind(w):
    row = byhand.venture(w, desk_until=9, speed_gain=0.5)
    rules.city.relocate(w, row, 1)
    v = w.ventures[row]
    assert (v.city, v.birthplace, w.people[v.founder].city, v.desk_until, v.speed_gain) == (1, 0, 1, 0, 0.0)
    assert (w.cities.firms_in.tolist(), w.cities.firms_out.tolist()) == ([0, 1], [1, 0])
    assert byhand.events(w, int(RELOCATED)) == [(int(RELOCATED), row, 1, 0)]


def test_the_roll_lists_each_city_in_the_order_of_the_living(w):
    for city in (1, 0, 1, 0, 0):
        byhand.venture(w, city=city)
    rules.city.call_the_roll(w)
    assert w.residents[:5].tolist() == [1, 3, 4, 0, 2]
    assert [(c.first_resident, c.residents) for c in w.cities] == [(0, 3), (3, 2)]


def test_the_money_of_others_counts_as_often_as_one_meets_them(w):
    """Own money 300 of which all may wait; elsewhere 100, of which nothing may: a share far of meetings leads nowhere."""
    w.p.entrepreneur_announced, w.p.entrepreneur_prior_hope, w.p.market_far = 1.0, 1.0, 0.25
    for m in w.managers:
        m.fund, m.tolerance = -1, 20.0
    byhand.fund(w, 0, commitment=300 * MILLION_RMB, ends=400, invest_until=99)
    byhand.fund(w, 10, commitment=100 * MILLION_RMB, ends=3, invest_until=99)
    assert (w.managers[0].city, w.managers[10].city) == (0, 1)
    rules.city.count_money(w)
    for c in range(2):
        rules.city.look_at_funding(w, c)
    assert w.cities[0].chance_seen == pytest.approx(np.full((2, 4), 0.75)) and w.cities[1].chance_seen == pytest.approx(np.full((2, 4), 0.25))
    assert w.cities[0].tolerance_seen == pytest.approx(np.full((2, 4), 20.0)) and w.cities[1].tolerance_seen == pytest.approx(np.full((2, 4), 20.0))


@pytest.mark.parametrize("far", [0.0, 0.25, 1.0])
def test_chance_meetings_are_near_home_as_often_as_said(w, far):
    w.p.market_far = far
    w.cities.managers = len(w.managers) // 2
    w.cities[0].roster[:], w.cities[1].roster[:] = 1, 8
    met = [rules.markets.meet_by_chance(w, 0, (n + 0.5) / 1000) for n in range(1000)]
    assert met.count(8) == pytest.approx(1000 * far, abs=1) and met.count(1) + met.count(8) == 1000


# --- programmes of a city ----------------------------------------------------------------------------------------------


def test_an_office_pays_only_its_own_city_and_only_one_that_attracts_pays_others():
    world = engine.run(small("country"), 3, YEARS, record=True)
    awards, ventures, programmes = used(world, "awards"), used(world, "ventures"), np.asarray(world.programmes)
    moved = ventures["city"][awards["venture"]] != ventures["birthplace"][awards["venture"]]
    own = programmes["city"][awards["programme"]] == ventures["city"][awards["venture"]]
    assert own[~moved].all() and own.sum() > 20
    attracting = programmes["attracts"][awards["programme"]] == 1
    assert INTERPRETED or attracting.any()
    assert (programmes["city"][awards["programme"]] != ventures["birthplace"][awards["venture"]])[attracting].any() or INTERPRETED


@pytest.mark.parametrize("name", ["attract_firms", "moving_subsidy"])
def test_firms_are_won_from_others_and_without_money_nothing_happens(tmp_path, name):
    country = twins(tmp_path)
    plain = engine.run(country, 1, YEARS, record=True)
    idle = engine.run(country.with_({f"in.twin-2.programme.{name}": "on", f"in.twin-2.programme.{name}.budget": 0}), 1, YEARS, record=True)
    own = {"programmes", "programme_accounts"}
    assert {difference for difference in different(plain, idle) if difference.split(":")[0].split(".")[0] not in own} == {"cities.programmes"}
    eager = {"min_age": 0, "links": ["development", "market_entry", "in_market"], "apply_share": 1, "amount": 3}
    on = country.with_({f"in.twin-2.programme.{name}": "on", **{f"in.twin-2.programme.{name}.{field}": value for field, value in eager.items()}})
    world = engine.run(on, 1, YEARS, audit=True)
    assert world.cities.firms_in.tolist()[1] > 0 == world.cities.firms_in.tolist()[0]
    assert world.cities.firms_in.sum() == world.cities.firms_out.sum() and not world.series.imbalance.any()


def test_money_bound_to_the_city_stays_there(tmp_path):
    """With all of its money bound to the city a guidance fund, all the city's own, makes no first investment elsewhere."""
    changes = {"programme.guidance_fund.budget": 3000, "fund.lp_share.guidance.private": 0.0, "fund.lp_share.guidance.government": 1.0, "market.far": 0.5}
    changes |= {"fund.lp_share.guidance.institution": 0.0, "fund.lp_share.guidance.alumni": 0.0}
    away = {}
    for share in (0.0, 1.0):
        world = engine.run(twins(tmp_path).with_({**changes, "programme.guidance_fund.local_share": share}), 1, YEARS)
        funds = used(world, "funds")
        guided = funds[funds["part"][:, 3] > 900_000]
        assert len(guided) and guided["called"].sum() > 0
        away[share] = int(guided["away"].sum())
    assert away[1.0] == 0 < away[0.0]


# --- a country as a whole ----------------------------------------------------------------------------------------------


def test_what_happens_at_home_and_elsewhere_adds_up():
    world = engine.run(small("country"), 1, YEARS, audit=True)
    found = outcomes(world, 2)
    cities = world.cities
    assert cities.arrivals.sum() == cities.departures.sum() > 0 and cities.firms_in.sum() == cities.firms_out.sum()
    lines, whole = used(world, "city_series").reshape(-1, 3), world.series[4 * YEARS - 1]
    assert (lines["live"][-1].sum(), lines["jobs"][-1].sum(), lines["founded"][-1].sum()) == (whole.live, whole.jobs, world.clock[0].n_ventures)
    everything = lines["public"].sum(axis=1) / 1e11
    assert found["public_net"] == pytest.approx(everything[-1] - everything[7])
    assert 0 < found["home_founded"] < found["founded"] and found["home_near_unicorns"] <= found["near_unicorns"]


def test_in_a_single_city_home_is_everywhere():
    found = outcomes(engine.run(small(), 1, YEARS), 2)
    for home, whole in (("unicorns", "unicorns_fundamental"), ("near_unicorns",) * 2, ("founded",) * 2, ("jobs",) * 2, ("public_net",) * 2):
        assert found[f"home_{home}"] == pytest.approx(found[whole])
    assert found["home_net_arrivals"] == found["home_firms_won"] == 0.0


def test_a_city_that_meets_nobody_is_the_same_as_alone(tmp_path):
    """No moves, no far meetings: of two equal cities, the first has the people and the luck that it would have alone; the alumni's purse and the news are shared."""
    apart = {"entrepreneur.mobility": 0, "market.far": 0, "fund.managers.alumni": 0, "university.endowment": 0, "entrepreneur.giving": 0, "university.alumni_gifts": 0}
    alone = engine.run(small(**apart), 1, YEARS, record=True)
    both = engine.run(twins(tmp_path).with_(apart), 1, YEARS, record=True)
    one, two = used(alone, "ventures"), used(both, "ventures")
    two = two[two["birthplace"] == 0]
    assert len(one) == len(two) > 30
    for field in ("key", "quality", "milestones", "raised", "revenue", "status", "ended"):
        assert one[field].tolist() == two[field].tolist(), field


def test_one_more_city_changes_nothing_in_those_that_meet_nobody(tmp_path):
    apart = {"entrepreneur.mobility": 0, "market.far": 0, "fund.managers.alumni": 0}
    worlds = [engine.run(twins(tmp_path, number).with_(apart), 1, YEARS) for number in (2, 3)]
    found = [np.sort(rows["key"][rows["birthplace"] < 2]) for rows in (used(world, "ventures") for world in worlds)]
    assert found[0].tolist() == found[1].tolist()


def test_tables_of_a_city_do_not_serve_a_country(tmp_path):
    world = engine.run(small(), 1, 2)
    country = twins(tmp_path)
    again = engine.run(country, 1, 2, world=world)
    assert len(again.cities) == 2 and different(again, engine.run(country, 1, 2)) == []


def test_a_history_of_a_country_names_its_cities_and_tells_of_firms_that_moved():
    history = simulate(small("country"), seed=3, years=YEARS)
    assert history.programmes()["city"].tolist()[:2] == ["north", "south-1"] and len(history.programmes()) == 17
    frame = history.cities()
    assert frame.index.names == ["year", "city"] and len(frame) == 3 * 4 * YEARS
    last = frame.loc[frame.index.get_level_values("year").max()]
    assert last.index.tolist() == ["north", "south-1", "south-2"] and last["live"].sum() == history.series()["live"].iloc[-1]
    ventures = history.ventures()
    moved = [event for event in history.events().query("what == 'seat moved'")["who"]]
    assert INTERPRETED or moved
    for row in moved[:3]:
        told = str(history.story(row))
        assert "Its seat is in " in told and "It moves its seat from " in told, told
    assert len(ventures) == int(history.world.clock[0].n_ventures)


def test_one_citys_history_has_one_city():
    history = simulate(small(), seed=1, years=2)
    assert set(history.cities().index.get_level_values("city")) == {"baseline"}


# --- declaring one -----------------------------------------------------------------------------------------------------


def test_settings_hold_everywhere_or_in_the_cities_they_name():
    country = Scenario.load(COUNTRY)
    changed = country.with_({"fund.life.market": 9, "in.south.city.newcomers": 7, "in.south-2.university.number": 2, "in.north.programme.dream_town": "on"})
    places = dict(changed.places)
    assert [place.parameters["fund.life.market"] for place in places.values()] == [9, 9, 9]
    assert [place.parameters["city.newcomers"] for place in places.values()] == [3, 7, 7]
    assert [place.parameters["university.number"] for place in places.values()] == [1, 3, 2]
    assert [p.name for p in places["north"].programmes] == ["small_grant", "dream_town"]
    assert changed.digest() != country.digest() == Scenario.load(COUNTRY).digest()


def test_a_figure_of_a_programme_is_set_where_it_runs():
    places = dict(Scenario.load(COUNTRY).with_({"programme.dream_town.amount": 0.3}).places)
    assert [next((p.values["amount"] for p in place.programmes if p.name == "dream_town"), None) for place in places.values()] == [None, 0.3, 0.3]


def test_a_country_says_where_each_programme_runs():
    described = Scenario.load(COUNTRY).describe()
    assert described["cities"] == [{"name": "north", "scenario": "north"}, {"name": "south-1", "scenario": "south"}, {"name": "south-2", "scenario": "south"}]
    assert [(p["city"], p["name"]) for p in described["running"]][:3] == [("north", "small_grant"), ("south-1", "small_grant"), ("south-1", "dream_town")]


def test_the_table_of_a_country_has_what_differs_in_each_city():
    names = [row["name"] for row in Scenario.load(COUNTRY).table()]
    assert "in.north.city.newcomers" in names and "in.south-1.programme.dream_town.amount" in names and "in.north.fund.life.market" not in names
    assert len(names) == len(set(names))


def test_a_setting_of_one_city_stands_in_the_table_of_a_country():
    rows = {row["name"]: row for row in Scenario.load(COUNTRY).with_(["in.north.city.graduates=7", "fund.life.market=9"], where="--set-b").table()}
    assert (rows["in.north.city.graduates"]["value"], rows["in.north.city.graduates"]["source"]) == (7, "--set-b")
    assert (rows["fund.life.market"]["value"], rows["fund.life.market"]["status"]) == (9, "set")
    history = simulate(COUNTRY, seed=1, years=1, changes={"in.north.city.graduates": 7})
    assert [row["value"] for row in history.provenance["parameters"] if row["name"] == "in.north.city.graduates"] == [7]


GOOD = 'title = "t"\nabout = "a"\nbase = "baseline"\n[[cities]]\nname = "here"\nscenario = "baseline"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('name = "here"\n', ""), "name"),
        (GOOD.replace("here", "Here we are"), "small letters"),
        (GOOD + '[[cities]]\nname = "here"\nscenario = "baseline"\n', "each name once"),
        (GOOD.replace('scenario = "baseline"', 'scenario = "nowhere"'), "nowhere"),
        (GOOD + "number = 0\n", "whole number from 1"),
        (GOOD + "number = 2.5\n", "whole number from 1"),
        (GOOD + "people = 3\n", "people"),
        (GOOD + "set = 3\n", "cities.set"),
        (GOOD + '[cities.set]\n"fund.life.market" = 3\n', "whole country"),
        (GOOD + '[cities.set]\n"city.tax" = 0.1\n', "whole country"),
        (GOOD + '[cities.set]\n"city.graduates" = -4\n', "city.graduates"),
        (GOOD.replace("[[cities]]", 'programmes = ["small_grant"]\n[[cities]]'), "cities run programmes"),
        (GOOD.replace('scenario = "baseline"', 'scenario = "report"'), "whole country"),
        (GOOD.replace('scenario = "baseline"', f'scenario = "{COUNTRY}"'), "one city"),
        ('title = "t"\nabout = "a"\ncities = []\n', "one or more tables"),
        (GOOD + '[set]\n"in.there.city.graduates" = 5\n', "in.here."),
        (GOOD + '[set]\n"programme.dream_town_desks.places" = 5\n', "dream_town_desks"),
        (GOOD + '[cities.set]\n"city.graduates" = 0\n', "city.graduates"),
    ],
)
def test_a_country_that_is_refused(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=said.replace("[", r"\[").replace(".", r"\.")):
        Scenario.load(path)


def test_a_single_city_has_no_cities_to_name():
    with pytest.raises(BadInput, match="this scenario is one city"):
        Scenario.load("baseline").with_({"in.south.city.graduates": 5})


def test_local_settings_are_settings():
    names = Scenario.load("baseline").parameters.definitions
    assert all(any(name.startswith(prefix) for name in names) for prefix in LOCAL if prefix != "bank.") and set(NATIONAL) <= set(names)


def test_loans_behind_a_pool_are_noted_by_the_programmes_name_in_every_city(tmp_path):
    """Three cities with the same pool: their rows differ, the bit in a venture's note is one."""
    country = twins(tmp_path, 3).with_({"programme.talent_loan_pool": "on", "programme.talent_loan_pool.budget": 50})
    world = engine.run(country, 1, YEARS)
    pools = np.flatnonzero(np.asarray(world.programmes)["instrument"] == 7)
    assert len(pools) == 3 and len(set(np.asarray(world.programmes)["bit"][pools].tolist())) == 1
    loans, ventures = used(world, "loans"), used(world, "ventures")
    covered = loans[np.isin(loans["programme"], pools)]
    assert INTERPRETED or len(set(covered["programme"].tolist())) == 3
    bit = int(world.programmes[pools[0]].bit)
    assert ((ventures["helped"][covered["venture"]] >> bit) & 1).all()
    assert (world.programmes.city[covered["programme"]] == ventures["birthplace"][covered["venture"]]).all()
