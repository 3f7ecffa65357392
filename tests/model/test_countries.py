"""Two cities and thirty: which cities they are made of, how many ventures live in them, and that their books balance."""

from collections import Counter

import numpy as np
import pytest

from seedbed.agents.rule import INTERPRETED
from seedbed.model import engine
from seedbed.model.scenario import Scenario

KINDS = ("shuozhou", "hangzhou", "suzhou", "chengdu", "jinan", "fuzhou")


def test_two_cities_are_the_coal_city_and_the_reports_example_home_first():
    assert [(name, city.name) for name, city in Scenario.load("two-cities").cities] == [("north", "shuozhou"), ("south", "hangzhou")]


def test_the_country_has_thirty_cities_of_the_reports_six_kinds_home_first():
    cities = Scenario.load("country").cities
    assert len(cities) == 30 and cities[0] == ("shuozhou", cities[0][1])
    found = Counter(city.name for _, city in cities)
    assert set(found) == set(KINDS) and min(found.values()) >= 3


def test_a_city_of_the_country_runs_no_programme_that_its_own_file_does_not():
    for _, city in Scenario.load("country").cities:
        assert {p.name for p in city.programmes} <= {p.name for p in Scenario.load(city.name).programmes}


@pytest.mark.skipif(INTERPRETED, reason="forty years of thirty cities take hours interpreted")
def test_more_than_thirty_thousand_ventures_live_in_the_country_after_forty_years():
    world = engine.run("country", 1, 40)
    assert world.clock[0].n_live >= 30_000
    assert world.series["imbalance"][-1] == 0


def test_the_books_of_two_cities_balance_in_every_quarter():
    world = engine.run("two-cities", 1, 2 if INTERPRETED else 20, audit=True)
    assert not np.asarray(world.series["imbalance"]).any()
