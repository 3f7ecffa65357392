"""Many comparisons at once: hand-worked adjustments, and error rates over simulated families whose truth is known."""

import math

import numpy as np
import pytest

from seedbed.agents.errors import BadInput
from seedbed.experiments.statistics import benjamini_hochberg, family, holm, influence, mean, paired, resampled


def test_holm_and_benjamini_hochberg_by_hand():
    # Holm: 4 x 0.005, 3 x 0.011, 2 x 0.02, 1 x 0.04; BH: 4/1 x 0.005, 4/2 x 0.011, 4/3 x 0.02, 4/4 x 0.04
    p = [0.02, 0.005, 0.04, 0.011]
    assert holm(p).tolist() == pytest.approx([0.04, 0.02, 0.04, 0.033])
    assert benjamini_hochberg(p).tolist() == pytest.approx([0.02 * 4 / 3, 0.02, 0.04, 0.022])


def test_adjustments_agree_with_scipy_and_leave_out_what_is_missing():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(2).random(50) ** 2
    assert benjamini_hochberg(p).tolist() == pytest.approx(false_discovery_control(p).tolist())
    holes = np.insert(p, [3, 20], np.nan)
    kept = ~np.isnan(holes)
    for adjust in (holm, benjamini_hochberg):
        assert adjust(holes)[kept].tolist() == pytest.approx(adjust(p).tolist())
        assert np.isnan(adjust(holes)[~kept]).all()
        assert (adjust(p) >= p).all() and (adjust(p) <= 1).all()
    assert holm([]).tolist() == []


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("p", [[0.1, 1.2], [-0.1], [[0.1, 0.2]]])
def test_what_is_no_p_value_is_refused(adjust, p):
    with pytest.raises(BadInput, match="p-values"):
        adjust(p)


def test_the_influence_of_a_mean_is_its_distance_and_of_a_ratio_the_first_order_part():
    rng = np.random.default_rng(3)
    x, money = rng.normal(3, 1, (40, 1)), rng.uniform(5, 9, (40, 1))
    value, parts, _ = influence(x, (1.0,))
    assert parts[:, 0].tolist() == pytest.approx((x[:, 0] - x.mean()).tolist())
    value, parts, _ = influence(x, (1.0,), money)
    ratio = x.sum() / money.sum()
    assert value[0] == pytest.approx(ratio)
    assert parts[:, 0] == pytest.approx(((x - ratio * money) / money.mean())[:, 0], rel=0.1, abs=0.01)


def stacked(rng, seeds, effects):
    """Arms against one base: seeds x 2 x arms, with luck common to all."""
    luck = rng.normal(0, 3, (seeds, 1))
    base = luck + rng.normal(0, 1, (seeds, 1))
    others = luck + rng.normal(0, 1, (seeds, len(effects))) + np.asarray(effects)
    return np.stack([np.broadcast_to(base, others.shape), others], axis=1)


def test_one_contrast_agrees_with_the_t_test():
    from scipy.stats import ttest_1samp

    data = stacked(np.random.default_rng(4), 60, [0.45])
    found = family(data, (-1, 1))
    assert found.p[0] == pytest.approx(ttest_1samp(data[:, 1, 0] - data[:, 0, 0], 0).pvalue, abs=0.01)
    assert found.p[0] == found.holm[0] == found.discovery[0] == found.joint[0]
    assert found.critical == pytest.approx(2.0, abs=0.12)
    alone = paired(data[:, 0, 0], data[:, 1, 0])
    assert (found.low[0], found.high[0]) == pytest.approx((alone.low, alone.high), abs=0.08)


def test_no_effect_is_found_in_one_family_of_twenty_and_bands_hold_all_at_once():
    # 200 families of twelve arms without effect: any finding is false. Binomial error of 0.05 there is 0.015.
    rng, any_alone, any_holm, any_joint, any_band = np.random.default_rng(5), 0, 0, 0, 0
    for _ in range(200):
        found = family(stacked(rng, 40, np.zeros(12)), (-1, 1), resamples=999)
        any_alone += (found.p < 0.05).any()
        any_holm += (found.holm < 0.05).any()
        any_joint += (found.joint < 0.05).any()
        any_band += ((found.low > 0) | (found.high < 0)).any()
    assert any_alone > 50  # without adjustment a finding nearly every third time
    assert any_holm <= any_joint + 2 and any_joint <= 20
    assert abs(any_band - any_joint) <= 3


def test_joint_adjustment_finds_more_than_holm_where_contrasts_hang_together():
    rng = np.random.default_rng(6)
    found = [family(stacked(rng, 50, [0.6] * 3 + [0.0] * 9), (-1, 1), resamples=1999) for _ in range(30)]
    joint = sum((one.joint[:3] < 0.05).sum() for one in found)
    strict = sum((one.holm[:3] < 0.05).sum() for one in found)
    loose = sum((one.discovery[:3] < 0.05).sum() for one in found)
    assert strict < joint and strict < loose


def test_edges_equal_arms_constant_differences_and_missing_runs():
    rng = np.random.default_rng(7)
    data = stacked(rng, 30, [0.0, 0.0, 1.0, 0.0])
    data[:, 1, 0] = data[:, 0, 0]  # equal arms
    data[:, 1, 1] = data[:, 0, 1] + 2.0  # the same difference under every seed
    data[:, 1, 3] = np.nan
    data[5, 1, 2] = np.nan
    found = family(data, (-1, 1))
    assert found.p[0] == 1.0 and found.value[0] == 0.0
    assert found.p[1] < 0.001 and found.value[1] == pytest.approx(2.0)
    assert found.n.tolist() == [30, 30, 29, 0]
    assert math.isnan(found.p[3]) and math.isnan(found.joint[3]) and math.isnan(found.holm[3])
    again = family(data, (-1, 1))
    assert again.p.tolist()[:3] == found.p.tolist()[:3]
    nothing = family(np.full((4, 2, 2), np.nan), (-1, 1))
    assert math.isnan(nothing.critical) and np.isnan(nothing.p).all()


def test_a_large_family_gets_a_scale_fine_enough_to_find_anything():
    data = stacked(np.random.default_rng(8), 60, [3.0] + [0.0] * 199)
    found = family(data, (-1, 1))
    assert found.holm[0] < 0.05 and found.joint[0] < 0.05


def test_ratios_in_a_family():
    rng = np.random.default_rng(9)
    top = stacked(rng, 80, [2.0, 0.0]) + 10
    below = np.abs(stacked(rng, 80, [0.0, 0.0])) + 20
    found = family(top, (-1, 1), below)
    alone = paired(top[:, 0], top[:, 1], below[:, 0], below[:, 1])
    assert found.value == pytest.approx(alone.value)
    assert found.error[0] * 3.92 == pytest.approx(alone.high[0] - alone.low[0], rel=0.12)


def test_any_statistic_of_sums_has_the_interval_that_a_contrast_has():
    x = np.random.default_rng(10).lognormal(0, 1, 50)
    found = resampled(lambda weights: weights @ x / weights.sum(axis=1), 50)
    alone = mean(x)
    assert (found.value, found.low, found.high) == pytest.approx((alone.value, alone.low, alone.high))
    both = resampled(lambda weights: np.stack([weights @ x, weights @ x**2], axis=1), 50)
    assert both.value.tolist() == pytest.approx([x.sum(), (x**2).sum()])
    assert math.isnan(resampled(lambda weights: weights @ x[:1], 1).low)


def test_the_differences_of_a_comparison_as_one_family(standin):
    from seedbed.experiments.compare import compare

    found = compare("baseline", {"fund.tolerance.market": [7 / 3, 7, 12]}, seeds=30, model=standin, progress=False)
    names = ["unicorns_fundamental", "jobs", "unicorns_fundamental_per_billion", "time_to_unicorn"]
    frame = found.differences(outcomes=names, together=True).set_index(["outcome", "arm"])
    plain = found.differences(outcomes=names).set_index(["outcome", "arm"])
    assert frame[plain.columns].equals(plain)
    assert (frame.loc["unicorns_fundamental", "joint"] < 0.01).all() and (frame.loc["unicorns_fundamental", "band_low"] > 0).all()
    assert (frame.loc["unicorns_fundamental_per_billion", "joint"] < 0.05).all()
    assert (frame.loc["jobs", "joint"] == 1).all()
    told = frame.dropna(subset="joint")
    assert (told["p"] <= told["joint"] + 1e-12).all() and (told["p"] <= told["holm"] + 1e-12).all()
