"""The old industry in whole runs: what it leaves alone, what hangs on its taxes, and that the new comes before the old goes where it waits."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from walks import SMALL, different  # noqa: E402

from seedbed.agents.rule import INTERPRETED  # noqa: E402
from seedbed.model import engine  # noqa: E402
from seedbed.model.outcomes import outcomes  # noqa: E402
from seedbed.model.scenario import Scenario  # noqa: E402

YEARS = 4 if INTERPRETED else 16
BASE = Scenario.load("baseline").with_(SMALL)
CLOSING = {"city.old_jobs": 3000, "city.old_pace": 0.3, "city.old_starts": 1}


def lived(**changes):
    return engine.run(BASE.with_(changes), 1, YEARS, record=True, audit=True)


@pytest.fixture(scope="module")
def plain():
    return lived()


def test_an_old_industry_on_whose_taxes_nothing_hangs_leaves_the_new_alone(plain):
    """Not a venture, a fund or a person is another: only the city's own books are."""
    other = lived(**CLOSING)
    tables = {name.split(":")[0].split(".")[0] for name in different(plain, other)}
    assert tables <= {"p", "accounts", "cities", "offices", "series", "city_series"}
    assert not np.asarray(other.series.imbalance).any()
    assert other.cities[0].old_tax > 0


def test_budgets_that_hang_on_taxes_fall_with_the_old_industry():
    outlay = [
        outcomes(lived(**(CLOSING | {"city.old_pace": pace, "city.old_starts": 0, "government.revenue_bound": 1.0})), 0)["public_outlay"] for pace in (0, 4)
    ]
    assert outlay[1] < 0.8 * outlay[0]


def test_where_the_old_waits_for_the_new_nobody_is_idle():
    at_once, waits = (outcomes(lived(**(CLOSING | {"city.old_waits": share})), 0) for share in (0, 1))
    assert at_once["idle_jobs"] > 0 and waits["idle_jobs"] == 0
    assert waits["old_jobs"] > at_once["old_jobs"]


def test_books_balance_and_the_series_agree_with_the_city():
    world = lived(**(CLOSING | {"government.revenue_bound": 0.5}))
    assert not np.asarray(world.series.imbalance).any()
    city, last = world.cities[0], world.series[world.clock[0].now - 1]
    assert last.tfp == city.tfp and last.output == city.output and last.old_jobs == int(city.old_jobs + 0.5)
    assert city.old_jobs + city.idle + city.old_hired + city.old_gone == pytest.approx(3000)
    assert city.tax == world.clock[0].tax and city.invested == world.clock[0].invested + world.clock[0].stakes
