"""The estimates against scipy's bootstrap, against closed forms and against what they must do at the edges."""

import math

import numpy as np
import pytest
from scipy import stats

from seedbed.experiments.statistics import (
    band,
    contrast,
    cumulative_incidence,
    interaction,
    mean,
    paired,
    pairing_gain,
    peak,
    resampling,
    share_remaining,
)

RNG = np.random.default_rng(5)
BASE = RNG.lognormal(1.0, 0.8, 120)
OTHER = BASE * 1.1 + RNG.normal(0, 0.3, 120) + 0.2


# --- intervals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "name"), [("bca", "BCa"), ("percentile", "percentile")])
def test_the_interval_of_a_paired_difference_agrees_with_scipy(method, name):
    ours = paired(BASE, OTHER, method=method)
    theirs = stats.bootstrap((OTHER - BASE,), np.mean, method=name, n_resamples=20000, rng=1).confidence_interval
    width = theirs.high - theirs.low
    assert ours.value == pytest.approx(np.mean(OTHER - BASE))
    assert ours.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.05 * width)


def test_the_interval_of_a_ratio_of_sums_agrees_with_scipy():
    money = 20 + BASE
    ours = mean(OTHER, money)
    theirs = stats.bootstrap(
        (OTHER, money), lambda x, y, axis: x.sum(axis=axis) / y.sum(axis=axis), paired=True, n_resamples=20000, rng=1
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.value == pytest.approx(OTHER.sum() / money.sum())
    assert ours.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.05 * width)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    # 500 skewed samples of 60; the binomial error of a share of 0.95 there is 0.01, and BCa runs a little short.
    draws = np.random.default_rng(11).exponential(1.0, (60, 500))
    found = mean(draws, resamples=1000)
    covered = np.mean((found.low <= 1.0) & (found.high >= 1.0))
    assert 0.91 <= covered <= 0.98


def test_the_same_seeds_give_the_same_interval_and_many_outcomes_equal_one_by_one():
    both = paired(np.stack([BASE, OTHER], 1), np.stack([OTHER, BASE], 1))
    alone = paired(BASE, OTHER)
    assert (both.value[0], both.low[0], both.high[0]) == pytest.approx((alone.value, alone.low, alone.high), rel=1e-12)
    again = paired(BASE, OTHER)
    assert (again.low, again.high) == (alone.low, alone.high)


def test_a_resample_draws_as_many_seeds_as_there_are():
    table = resampling(30)
    assert np.all(table.sum(axis=1) == 30)
    assert table.mean() == pytest.approx(1.0)
    assert np.var(table) == pytest.approx(1 - 1 / 30, rel=0.02)


def test_equal_arms_differ_by_exactly_nought():
    found = paired(BASE, BASE.copy())
    assert (found.value, found.low, found.high, found.sign) == (0.0, 0.0, 0.0, 0)


def test_signs():
    assert paired(BASE, BASE + 1 + 0.01 * OTHER).sign == 1
    assert paired(BASE, BASE - 1 - 0.01 * OTHER).sign == -1
    assert paired(BASE, BASE + RNG.normal(0, 5, 120)).sign == 0


def test_missing_runs_drop_their_seed_only_where_they_are_missing():
    holes = OTHER.copy()
    holes[[3, 50]] = np.nan
    kept = np.isfinite(holes)
    found = paired(BASE, holes)
    assert found.n == 118
    assert found.value == pytest.approx(np.mean((OTHER - BASE)[kept]))
    assert np.isfinite([found.low, found.high]).all()
    two = contrast(np.stack([np.stack([BASE, BASE], 1), np.stack([holes, OTHER], 1)], 1), (-1, 1))
    assert two.n.tolist() == [118, 120]
    ratio = paired(BASE, holes, np.full(120, 2.0), np.full(120, 2.0))
    assert ratio.value == pytest.approx(found.value / 2)


@pytest.mark.parametrize("defined", [0, 1])
def test_one_seed_or_none_has_no_interval(defined):
    values = np.full(10, np.nan)
    values[:defined] = 3.0
    found = mean(values)
    assert found.n == defined
    assert math.isnan(found.low) and math.isnan(found.high) and found.sign == 0


def test_a_ratio_over_nothing_is_not_a_number_and_has_no_sign():
    found = mean(np.zeros(10), np.zeros(10))
    assert math.isnan(found.value) and found.sign == 0


def test_interaction_is_the_difference_of_differences():
    noise = RNG.normal(0, 1, 200)
    first, second = noise + 1, noise + 2 + RNG.normal(0, 0.1, 200)
    both = noise + 4 + RNG.normal(0, 0.1, 200)
    found = interaction(noise, first, second, both)
    assert found.value == pytest.approx(np.mean(both - first - second + noise))
    assert found.low > 0.9 and found.high < 1.1


def test_pairing_gain_by_hand():
    common = RNG.normal(0, 3, 2000)
    gain = pairing_gain(common + RNG.normal(0, 1, 2000), common + RNG.normal(0, 1, 2000))
    assert gain == pytest.approx(20 / 2, rel=0.15)
    assert math.isnan(pairing_gain(common, common + 1))


# --- how much of an effect is left -----------------------------------------------------------------------------------


def test_share_remaining():
    off = np.stack([BASE, BASE + 1 + RNG.normal(0, 0.2, 120)], 1)
    on = np.stack([BASE, BASE + 2 + RNG.normal(0, 0.2, 120)], 1)
    found = share_remaining(on, off)
    assert found.value == pytest.approx(0.5, abs=0.05)
    assert found.low < 0.5 < found.high and found.high - found.low < 0.1
    assert share_remaining(on, on).value == pytest.approx(1.0)
    nothing = np.stack([BASE, BASE + RNG.normal(0, 9, 120)], 1)
    assert math.isnan(share_remaining(nothing, off).value)


# --- peaks -----------------------------------------------------------------------------------------------------------

AXIS = [1, 7 / 3, 4, 7, 12]


def humps(*heights):
    common = RNG.normal(0, 5, (200, 1))
    return common + np.array(heights) + RNG.normal(0, 0.5, (200, 5))


def test_a_hump_is_found_inside_and_its_decline_is_clear():
    found = peak(humps(1, 3, 6, 4, 2), AXIS)
    assert found.best == 4
    assert found.interior > 0.99
    assert found.hurts_from == 7
    assert found.decline.high < 0
    assert sum(found.probability) == pytest.approx(1.0)


def test_a_rise_has_its_best_at_the_end_and_hurts_nowhere():
    found = peak(humps(1, 2, 3, 4, 5), AXIS)
    assert (found.best, found.hurts_from, found.decline) == (12, None, None)
    assert found.interior < 0.01


def test_less_is_better_turns_the_peak_round():
    found = peak(humps(5, 4, 3, 4, 5), AXIS, good=-1)
    assert found.best == 4
    assert found.hurts_from == 7


def test_no_effect_has_no_clear_peak():
    found = peak(np.repeat(BASE[:, None], 5, axis=1), AXIS)
    assert found.probability == pytest.approx((0.2,) * 5)
    assert found.hurts_from is None


def test_a_peak_of_nothing_is_not_a_number():
    assert math.isnan(peak(np.full((4, 5), np.nan), AXIS).best)


# --- curves ----------------------------------------------------------------------------------------------------------


def test_cumulative_incidence_without_competition_is_kaplan_meier():
    at_risk, deaths = np.array([10, 8, 5, 2.0]), np.array([2, 3, 1, 0.0])
    stay, failed, left = cumulative_incidence(at_risk, deaths, np.zeros(4))
    assert stay.tolist() == pytest.approx([1, 0.8, 0.5, 0.4, 0.4])
    assert failed.tolist() == pytest.approx([0, 0.2, 0.5, 0.6, 0.6])
    assert left.tolist() == [0] * 5


def test_cumulative_incidence_recovers_two_constant_hazards():
    # death 3% and exit 1% a quarter: F(inf) = 0.75, E(inf) = 0.25
    at_risk = 1e6 * 0.96 ** np.arange(400)
    stay, failed, left = cumulative_incidence(at_risk, 0.03 * at_risk, 0.01 * at_risk)
    assert (stay + failed + left).tolist() == pytest.approx([1.0] * 401)
    assert failed[-1] == pytest.approx(0.75, abs=1e-6)
    assert left[-1] == pytest.approx(0.25, abs=1e-6)


def test_nobody_at_risk_changes_nothing():
    stay, failed, _ = cumulative_incidence([4, 0, 0], [1, 0, 0], [0, 0, 0])
    assert stay.tolist() == [1, 0.75, 0.75, 0.75]
    assert failed[-1] == 0.25


def test_band_of_a_mean_and_of_a_survival_curve():
    curves = RNG.normal(3, 1, (150, 20))
    value, low, high = band(curves)
    assert value.tolist() == pytest.approx(curves.mean(axis=0).tolist())
    assert np.all(low < value) and np.all(value < high)
    assert np.mean(high - low) == pytest.approx(2 * 1.96 / math.sqrt(150), rel=0.15)
    at_risk = RNG.poisson(100, (50, 10)).astype(float)
    deaths = RNG.binomial(at_risk.astype(int), 0.1).astype(float)
    value, low, high = band(
        (at_risk, deaths, np.zeros((50, 10))), lambda n, d, e: np.stack(cumulative_incidence(n, d, e))
    )
    assert value.shape == low.shape == (3, 11)
    assert value[0][-1] == pytest.approx(0.9**10, rel=0.1)
    assert np.all(low[0] <= value[0] + 1e-12)
