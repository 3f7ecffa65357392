"""The tables that everybody can work out, against sums made another way."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import rules  # noqa: E402

R = rules.prospects
V = rules.venture
FORMS, SECTORS, LINKS = range(2), range(4), range(4)


@pytest.fixture(scope="module")
def w():
    w = byhand.world()
    R.work_out_prospects(w)
    return w


def test_present_value_of_sales_is_the_sum_of_discounted_profits(w):
    """Forwards, quarter by quarter, what the table works out backwards: expected profit after tax, in the quarters a firm lives to see.

    A firm may refuse to pay for losses at first and grow more slowly: the table has the best number of quarters to do so.
    """
    p, t = w.p[0], w.tables[0]

    def worth(form, age, starves):
        total, revenue, n = 0.0, 1.0, 0
        while revenue > 1e-7:
            margin = V.margin_at(p, form, float(age))
            growth = V.growth_rate(p, form, float(age)) + 0.5 * p.venture_growth_noise**2
            if n < starves:
                growth -= p.venture_starved_drag
            else:
                total += revenue * 0.25 * margin * (1.0 - p.city_tax if margin > 0 else 1.0)
            revenue *= math.exp(growth - p.market_discount) * (1.0 - p.sector_closure[2])
            n, age = n + 1, min(age + 1, V.MATURE)
            assert n < 20_000
        return total

    for form in FORMS:
        for start in (0, 7, V.MATURE):
            always_pays = worth(form, start, 0)
            best = max(always_pays, *(worth(form, start, k) for k in range(1, 60)))
            assert t.multiple[form, 2, start] == pytest.approx(best, rel=1e-5)


def test_value_at_entry_is_the_mean_over_luck(w):
    """At quality 0: mean of R0 M(0) over the market's luck, by a sum over its quantiles, and over waves, by the share of years in which one rolls."""
    p, t = w.p[0], w.tables[0]
    kappa = p.venture_market_fit
    luck = np.array([rules.draws.normal_quantile((n + 0.5) / 40_000) for n in range(40_000)])
    years = np.random.default_rng(1).random((100_000, int(p.city_wave_years))) < p.city_wave_chance
    wave = 1.0 + p.city_wave_height * years.any(axis=1).mean()
    for form in FORMS:
        spread = p.venture_market_spread[form] * math.sqrt(1.0 - kappa**2)
        mean = np.exp(spread * luck).mean()
        size = p.venture_first_revenue * math.exp(p.venture_market_size[form] + p.sector_market[1])
        assert t.entry_value[form, 1] == pytest.approx(wave * size * mean * t.multiple[form, 1, 0], rel=0.01)


def test_what_milestones_passed_say_about_quality(w):
    """Mean and variance of quality among those who passed, by drawing a million projects."""
    p, t = w.p[0], w.tables[0]
    rng = np.random.default_rng(1)
    z = rng.standard_normal(1_000_000)
    for form, start in ((0, 2), (1, 0), (1, 1)):
        passed = np.ones(z.size, bool)
        for link in range(start, 5):
            assert t.quality_mean[form, start, link] == pytest.approx(z[passed].mean(), abs=4 / math.sqrt(passed.sum()) + 2e-4)
            assert t.quality_variance[form, start, link] == pytest.approx(z[passed].var(), abs=6 / math.sqrt(passed.sum()) + 1e-3)
            if link < 4:
                chance = 1.0 / (1.0 + np.exp(-p.venture_feasibility[form, link] - p.venture_quality_weight * z))
                passed &= rng.random(z.size) < chance


def test_every_milestone_passed_is_good_news(w):
    t = w.tables[0]
    for form in FORMS:
        for start in LINKS:
            means = [t.quality_mean[form, start, link] for link in range(start, 5)]
            assert means[0] == pytest.approx(0.0, abs=1e-12)
            assert all(a < b for a, b in zip(means, means[1:], strict=False))
            assert all(0.0 < t.quality_variance[form, start, link] <= 1.0 for link in range(start, 5))


def test_a_stage_is_worth_at_least_nothing_and_less_than_the_next(w):
    t = w.tables[0]
    for form in FORMS:
        for sector in SECTORS:
            for start in LINKS:
                worth = [t.stage_value[form, sector, start, link] for link in range(start, 5)]
                assert all(0.0 <= a <= b for a, b in zip(worth, worth[1:], strict=False))


def test_a_stage_is_worth_most_under_the_stopping_time_that_the_table_takes_when_nobody_discounts():
    """Without discounting the myopic stop is the best one: no other stopping time gives a stage more."""
    w = byhand.world({"market.discount": 0.1})
    p = w.p[0]
    r = 1e-9
    for form in FORMS:
        for link in LINKS:
            rate, burn = V.arrival_rate(p, form, 0, link), V.planned_burn(p, form, 0, link)
            belief, ahead = 0.5, 30.0 * burn / rate / 4
            best = rules.fund.best_stop(belief, rate, ahead, burn)

            def worth(stop, belief=belief, ahead=ahead, burn=burn, rate=rate):
                seen = 1.0 - math.exp(-(rate + r) * stop)
                return rules.fund.stage_worth(belief, ahead, burn, rate / (rate + r) * seen, seen / (rate + r), stop)

            around = [worth(best * x) for x in (0.5, 0.9, 0.99, 1.0, 1.01, 1.1, 2.0)]
            assert max(around) == around[3] > 0.0


def test_ranges_of_parameters_keep_present_values_finite():
    """Growth, noise, discount and closing at the ends of their ranges: a firm is never worth infinitely much, nor less than nothing."""
    from seedbed.agents.errors import BadInput
    from seedbed.model.parameters import definitions

    names = ("venture.growth_late", "venture.growth_noise", "market.discount", "sector.closure")
    low = {name: definitions()[name].range[0] for name in names}
    high = {name: definitions()[name].range[1] for name in names}
    worst = {**high, "market.discount": low["market.discount"], "sector.closure": low["sector.closure"]}
    for name in names:  # one at a time, as a sensitivity analysis does
        w = byhand.world({name: worst[name]})
        R.value_sales(w.p[0], w.tables[0])
        assert (w.tables[0].multiple >= 0.0).all() and (w.tables[0].multiple < 100.0).all(), name
    try:
        w = byhand.world(worst)
    except BadInput:
        return  # refused together: as good
    R.value_sales(w.p[0], w.tables[0])
    assert (w.tables[0].multiple >= 0.0).all()
