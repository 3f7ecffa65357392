"""The main closed forms with few projects, in every run of the tests; with many projects and a record, see the other files (`make science`)."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stripped import quarter, standard_error, town, within  # noqa: E402

from seedbed.agents import fund as fund_rules, venture as venture_rules  # noqa: E402
from seedbed.agents.rule import INTERPRETED  # noqa: E402

pytestmark = pytest.mark.skipif(INTERPRETED, reason="needs the compiled engine")
N = 6000


@pytest.fixture(scope="module")
def silent():
    """Projects with an even chance, lambda 0.15, never stopped; after 24 quarters."""
    w = town(N, venture_speed=0.15, venture_feasibility=0.0)
    shares = []
    for _ in range(24):
        quarter(w)
        feasible = w.ventures.feasible[w.ventures.link == 3].astype(float)
        shares.append((feasible.mean(), standard_error(feasible)))
    return w, shares


def test_belief_under_silence(silent):
    for n, (share, error) in enumerate(silent[1], start=1):
        assert abs(share - venture_rules.belief_after(0.5, 0.15, float(n))) <= 3.0 * error


def test_share_and_cost_when_stopped_at_t(silent):
    patience = 9
    w = town(N, patience=float(patience), venture_speed=0.15, venture_feasibility=0.0)
    for _ in range(patience + 2):
        quarter(w)
    burn = round(w.p[0].venture_burn[0, 3])
    cost = (w.ventures.raised + burn) / burn
    assert within((w.ventures.link == 4).astype(float), 0.5 * (1 - math.exp(-0.15 * patience)))
    assert within(cost, 0.5 * (1 - math.exp(-0.15 * patience)) / (1 - math.exp(-0.15)) + 0.5 * patience)
    # the same luck as those who were never stopped
    arrival = np.where(silent[0].ventures.link == 4, silent[0].ventures.market_entry + 1, 10**6)
    assert (cost == np.minimum(arrival, patience)).all()


def test_profit_peaks_at_the_best_stopping_time(silent):
    p, rate, value = 0.5, 0.15, 40.0
    hazard = 1.0 - math.exp(-rate)
    best = math.ceil(math.log(p * (hazard * value - 1.0) / (1.0 - p)) / rate)
    assert abs(best - fund_rules.best_stop(p, rate, value, 1.0)) < 1.5
    arrival = np.where(silent[0].ventures.link == 4, silent[0].ventures.market_entry + 1, 10**6)
    profit = {t: np.where(arrival <= t, value - arrival, -float(t)) for t in range(1, 24)}
    for t in profit:
        loss = profit[t] - profit[best]
        assert loss.mean() <= 3.0 * standard_error(loss)
    assert profit[best].mean() > profit[2].mean()


def test_value_of_a_milestone_by_brute_force():
    p, rate, r, stop, prize = 0.5, 0.15, 0.04, 9.0, 40.0
    w = town(N, money=0, venture_speed=rate, venture_feasibility=0.0)
    feasible, needed = w.ventures.feasible == 1, w.ventures.needed
    worked = np.where(feasible, np.minimum(needed, stop), stop)
    value = (feasible & (needed <= stop)) * np.exp(-r * worked) * prize - (1.0 - np.exp(-r * worked)) / r
    seen = 1.0 - math.exp(-(rate + r) * stop)
    assert within(value, fund_rules.stage_worth(p, prize, 1.0, rate / (rate + r) * seen, seen / (rate + r), (1.0 - math.exp(-r * stop)) / r))


def test_time_to_market_is_erlang():
    w = town(N, money=10**17, link=1, form=1, venture_speed=0.2, venture_feasibility=60.0)
    for _ in range(120):
        quarter(w)
    assert (w.ventures.link == 4).all()
    assert within(w.ventures.market_entry + 1.0, 3.0 / (1.0 - math.exp(-0.2)))


def test_gibrat_growth_with_death_has_a_power_tail():
    growth, noise, closing = 0.0, 0.2, 0.05
    w = town(N, money=0, venture_growth_early=0.0, venture_growth_late=growth, venture_growth_noise=noise, sector_closure=1.0 - math.exp(-closing))
    v = w.ventures
    v.status, v.link, v.market_entry = venture_rules.SELLING, 4, -1
    v.revenue = v.mark = 1e9
    for _ in range(200):
        quarter(w)
    size = np.sort(np.log(v.revenue[:N] / 1e9))[::-1]
    index = math.sqrt(2.0 * closing) / noise  # s^2 z^2 / 2 = d
    assert abs(1.0 / (size[:600].mean() - size[600]) - index) <= 3.0 * index / math.sqrt(600)


@pytest.mark.parametrize(("patience", "works"), [(4, 4), (12, 6)])
def test_a_team_that_may_divert_works_only_when_the_end_is_near(patience, works):
    """Nobody discounts: of T quarters a team works in the last k* at most, the largest k with s V p h q^{k-1} >= b c (the derivation is in test_falsification.py)."""
    p, rate, stake = 0.5, 0.08, 0.4
    q = math.exp(-rate)
    w = town(N, patience=float(patience), venture_speed=rate, venture_feasibility=0.0, venture_market_fit=0.0)
    burn = round(w.p[0].venture_burn[0, 3])
    prize = 45.0 * burn
    w.p["venture_private_benefit"] = p * (1.0 - q) * stake * prize / burn * q ** (6 - 0.5)
    w.p["entrepreneur_announced"], w.p["market_discount"] = 1.0, 0.0
    w.tables["stage_value"][0, 0, 0, 3, 4] = prize
    w.ventures["price"][:N] = 1e18  # tranches buy no shares
    w.ventures["founders_shares"][:N] = np.round(stake * w.ventures["all_shares"][:N])
    for _ in range(patience + 2):
        quarter(w)
    v = w.ventures[:N]
    silent = v.link == 3
    assert (v.effort[silent] == works).all() and (v.withheld[silent] == patience - works).all()
    assert (v.diverted[silent] == (patience - works) * burn).all()
    assert within((v.link == 4).astype(float), p * (1.0 - q**works))
