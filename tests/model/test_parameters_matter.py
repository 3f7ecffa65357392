"""Every parameter, element by element, changes something: one that does not is dead and should go."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from walks import COUNTRY, SMALL  # noqa: E402

from seedbed.agents.references import LISTS  # noqa: E402
from seedbed.agents.rule import INTERPRETED  # noqa: E402
from seedbed.model.parameters import definitions  # noqa: E402
from seedbed.model.scenario import Scenario  # noqa: E402

pytestmark = pytest.mark.skipif(INTERPRETED, reason="two runs for each of some 300 elements")
SEED, YEARS = 1, 16
# A small town where everything happens: all kinds of funds, short lives, redemptions, listings, waves, inquiries
RICH = {
    **SMALL,
    "city.graduates": 60,
    "city.newcomers": 25,
    "fund.managers": 4,
    "fund.managers.alumni": 3,
    "fund.managers.market": 8,
    "market.unicorn": 6000,
    "government.allowed_loss": 0.3,
    "government.freeze": 1,
    "venture.first_revenue": 10,
    "entrepreneur.choice_freedom": 0.6,
    "entrepreneur.announced": 0.7,
    "fund.lp_looks_after": 2,
    "fund.redemption_share": 0.5,
}
OLD = {"city.old_jobs": 200, "city.old_pace": 0.5, "city.old_starts": 2, "city.old_waits": 0.5}
# What must be switched on for an element to have a say
SWITCH = {
    "venture.largest_sales": {"venture.largest_sales": 100},  # no firm of a small town comes near the largest known
    "fund.ticket_smallest": {"fund.ticket_largest": 2000},
    "fund.ticket_largest": {"fund.ticket_smallest": 0},
    "fund.slack": {"fund.stopping": "bayesian"},
    "market.reference_life": {"fund.screens_by": "market"},
    "entrepreneur.role_models": {"entrepreneur.stake": 0.05, "entrepreneur.wage": 1},  # where founding is a close decision
    "fund.invest_period": {"fund.life": 12},
    "fund.fee_ceiling": {"fund.life": 12, "fund.fee": 0.04},
    **{f"city.{name}": OLD for name in ("old_output", "old_capital", "old_tax", "old_pace", "old_starts", "old_waits", "old_hired", "old_leave")},
    "government.revenue_bound": OLD,
    "fund.heat_years": {"fund.heat_height": 0.5},
    "government.safe_bias": {"programme.dream_town.number": 4, "government.allowed_loss": 0.05, "government.smallest_case": 1},
    # a bank of the town's size that lends in every way it can, and falls
    "bank": {
        "bank.deposits": 1000, "bank.rating": 0.2, "bank.quota": 10, "bank.term": 1, "bank.renewals": 1, "bank.notice": 1, "bank.fear": 1,
        "bank.appetite": 0.3, "bank.limit": 1000, "programme.talent_loan_pool": "on",
    },
    "bank.limit": {"bank.deposits": 1000, "bank.rating": 0.2},
    "bank.venture_share": {"bank.deposits": 100, "bank.rating": 0.2, "bank.limit": 1000},
}  # fmt: skip


# Incremental projects begin at development: nothing reads how they would fare further upstream until a start can be moved there.
DORMANT = {f"venture.{name}.incremental.{link}" for name in ("feasibility", "speed", "burn") for link in ("applied_research", "invention")}
# What has a say only where there are several cities
BETWEEN_CITIES = ("market.far", "entrepreneur.mobility", "entrepreneur.moving_cost", "venture.moving_cost")
WORKED_OUT = {("managers", name) for name in ("gain", "cost_feasible", "cost_vain", "patience")}


def elements():
    """Every element with values to try that differ from the one it has in the rich town, the gentlest first."""
    town = Scenario.load("baseline").with_(RICH).parameters
    for definition in definitions().values():
        for path in definition.paths:
            now = town[path]
            if definition.options:
                yield path, [option for option in definition.options if option != now]
                continue
            low, high = definition.range
            far, near = (high, low) if high - now >= now - low else (low, high)
            values = [now + (far - now) * 0.5, far, near]
            if definition.unit == "count":
                values = [round(x) for x in values]
            yield path, [x for x in values if x != now]


def switched_on(path):
    name = path
    while name:
        if name in SWITCH:
            return SWITCH[name]
        name = name.rpartition(".")[0]
    return {}


_reference = {}


def run(changes, town="baseline"):
    from seedbed.model import engine

    return engine.run(Scenario.load(town).with_({**RICH, **changes}), SEED, YEARS)


def same(a, b):
    """Whether nothing that happened differs. What can be worked out beforehand does not count: somebody must act on it."""
    for name in a._fields:
        if name in ("p", "tables", "agenda", *LISTS):
            continue
        x, y = np.asarray(getattr(a, name)), np.asarray(getattr(b, name))
        if x.shape != y.shape or any(x[field].tobytes() != y[field].tobytes() for field in x.dtype.names if (name, field) not in WORKED_OUT):
            return False
    return True


def changes_something(path, values):
    on = switched_on(path)
    town = COUNTRY if path in BETWEEN_CITIES else "baseline"
    key = town + repr(on)
    if key not in _reference:
        _reference[key] = run(on, town)
    return any(not same(_reference[key], run({**on, path: value}, town)) for value in values)


@pytest.mark.parametrize(("path", "values"), [pytest.param(path, values, id=path) for path, values in elements()])
def test_it_changes_something(path, values):
    if path in DORMANT:
        assert not changes_something(path, values), f"{path} has come to life: take it off the list"
    else:
        assert changes_something(path, values), f"{path} = {values} changes nothing"
