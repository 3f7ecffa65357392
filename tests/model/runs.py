"""Small recorded runs that several tests look at, made once."""

import functools

from seedbed.agents.rule import INTERPRETED
from seedbed.model.scenario import Scenario
from seedbed.model.simulate import simulate

YEARS = 8 if INTERPRETED else 16

# A town in which everything happens within a few years: short funds, early redemptions, firms that are soon for sale or listed.
CHANGES = {
    "city.graduates": 20,
    "city.newcomers": 15,
    "fund.life": 5,
    "fund.raise_interval": 2,
    "fund.tolerance": 4,
    "fund.redemption_after": 3,
    "fund.harvest": 0.5,
    "sector.acquisition": 0.1,
    "market.hidden_gate": 2,
    "market.formal_gate": 1,
    "market.least_price": 0.1,
    "government.smallest_case": 0.5,
}


@functools.cache
def town() -> Scenario:
    return Scenario.load("baseline").with_(CHANGES)


@functools.cache
def recorded():
    """A run with its event log."""
    return simulate(town(), seed=3, years=YEARS)


@functools.cache
def unrecorded():
    """The same run without."""
    return simulate(town(), seed=3, years=YEARS, record=False)
