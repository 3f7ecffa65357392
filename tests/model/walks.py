"""Small runs in the different ways a run can be made, and what they have in common. Also a script: one run, its digests printed as JSON."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from seedbed.agents.rule import INTERPRETED
from seedbed.model import engine
from seedbed.model.ecosystem import Ecosystem
from seedbed.model.scenario import Scenario
from seedbed.model.world import in_use

# A town in which everything happens within a few years: short funds, early redemptions, firms that are soon for sale.
SMALL = {
    "city.graduates": 12,
    "city.newcomers": 6,
    "fund.life": 4,
    "fund.raise_interval": 2,
    "fund.redemption_after": 3,
    "fund.harvest": 0.5,
    "sector.acquisition": 0.2,
    "market.hidden_gate": 2,
    "market.formal_gate": 1,
    "market.least_price": 0.1,
    "market.unicorn": 700,
    "government.smallest_case": 0.5,
}
# The other branch wherever a parameter chooses between rules.
OTHERWISE = {
    "fund.stopping": "bayesian",
    "fund.slack": 2,
    "fund.money_limit": "none",
    "fund.screens_by": "market",
    "fund.successor": "fixed",
    "fund.tolerance_spread": 0.3,
    "fund.redemption_share": 0.9,
    "venture.inspection": 0.5,
    "entrepreneur.choice_freedom": 0.5,
    "venture.private_benefit": 0.4,
    "entrepreneur.starting_over": 0.5,
    "fund.repute": -0.5,
    "fund.repute_rate": 0.1,
    "government.allowed_loss": 0.01,
    "city.old_jobs": 300,
    "city.old_pace": 0.4,
    "city.old_starts": 1,
    "city.old_waits": 0.5,
    "government.revenue_bound": 0.8,
    "fund.fee_floats": 0.5,
    "fund.size_follows_skill": 2,
    "fund.heat_height": 0.5,
    "fund.heat_years": 4,
}
# Every instrument at once, on terms under which everything happens within a few years.
PROGRAMMES = {
    **{
        f"programme.{name}": "on"
        for name in (
            "steady_support", "overseas_talent_park", "dream_town_desks", "relay_investment", "overseas_park_angel", "service_centre", "listing_coaching",
            "new_institutes", "benefits_without_application",
        )
    },
    "programme.steady_support.condition": "milestone",
    "programme.steady_support.interval": 1,
    "programme.steady_support.number": 40,
    "programme.steady_support.examined": 80,
    "programme.dream_town.tranches": 2,
    "programme.dream_town.interval": 2,
    "programme.dream_town.repay_within": 6,
    "programme.overseas_talent_park.outsiders_only": "no",
    "programme.overseas_park_angel.outsiders_only": "no",
    "programme.overseas_park_angel.buy_back_multiple": 0.3,
    "programme.overseas_park_angel.delay": 0,
    "programme.dream_town_desks.places": 10,
    "programme.dream_town_desks.contacts": 4,
    "programme.listing_coaching.min_age": 0,
    "programme.new_institutes.slots": 5,
    "programme.guidance_fund.private_per_public": 2,
    "programme.guidance_fund.early_share": 0.9,
    "programme.guidance_fund.first_loss": 0.5,
    "programme.guidance_fund.profit_given_up": 0.5,
    "programme.small_grant.revenue_share": 0.2,
    "programme.talent_loan_pool": "on",
    "programme.loan_interest_subsidy": "on",
    "programme.loan_interest_subsidy.outsiders_only": "no",
    # a bank that lends in every way it can, falls, and lends again
    "bank.deposits": 300,
    "bank.capital": 0.05,
    "bank.floor": 0.045,
    "bank.rating": 0.3,
    "bank.quota": 20,
    "bank.term": 1,
    "bank.renewals": 1,
    "bank.notice": 1,
    "bank.fear": 1,
    "bank.appetite": 0.3,
    "bank.limit": 1000,
}  # fmt: skip
COUNTRY = str(Path(__file__).with_name("country") / "country.toml")
TOWNS = {name: (name, {}) for name in ("baseline", "report")} | {"country": (COUNTRY, {}), "otherwise": ("baseline", OTHERWISE), "programmes": ("baseline", PROGRAMMES)}
FILES = [file for folder in ("agents", "model") for file in sorted((Path(__file__).parents[2] / folder).rglob("*")) if file.suffix in (".py", ".toml")]
BOOK = hashlib.sha256(b"".join(file.read_bytes() for file in FILES)).hexdigest()  # what the rules and numbers were when this was imported


def town(name):
    """A shipped scenario in full size, or the baseline under the other rules."""
    scenario, changes = TOWNS[name]
    return Scenario.load(scenario).with_(changes)


def small(name="baseline", **changes):
    """The same as a small town."""
    return town(name).with_({**SMALL, **changes})


def used(world, table):
    """The rows of a table that are in use, as a plain array."""
    rows = np.asarray(getattr(world, table)).view(np.ndarray)
    return rows if table == "series" else rows[: in_use(world, table)]


def digests(world):
    """A fingerprint of each table."""
    return {table: hashlib.sha256(np.ascontiguousarray(used(world, table)).tobytes()).hexdigest()[:16] for table in world._fields}


def different(one, other):
    """Tables, and their fields, in which two worlds differ."""
    found = []
    for table in one._fields:
        a, b = used(one, table), used(other, table)
        if len(a) != len(b):
            found.append(f"{table}: {len(a)} and {len(b)} rows")
        elif a.dtype.names is None:
            found += [] if a.tobytes() == b.tobytes() else [table]
        else:
            found += [f"{table}.{name}" for name in a.dtype.names if a[name].tobytes() != b[name].tobytes()]
    return found


def compiled(scenario, seed=1, years=6):
    return engine.run(scenario, seed, years, record=True, audit=True)


def walked(scenario, seed=1, years=6, shuffle=True, kind=Ecosystem):
    town = kind(scenario, seed=seed, years=years, shuffle=shuffle, audit=True)
    while town.running:
        town.step()
    return town.world


if __name__ == "__main__":
    how = json.loads(sys.argv[1])
    world = {"run": compiled, "walk": walked}[how["way"]](small(how["scenario"]), how["seed"], how["years"])
    found = {"book": BOOK, "interpreted": INTERPRETED, "digests": digests(world), "imbalance": int(np.abs(world.series.imbalance).max())}
    json.dump(found, sys.stdout)
