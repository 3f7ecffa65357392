"""Indices with known answers: the Ishigami function, alone and under noise that would pass for effects."""

import math

import numpy as np
import pytest
from made import Made

from seedbed.agents.errors import BadInput
from seedbed.experiments.design import (
    Arm,
    Experiment,
    latin_hypercube,
    morris as morris_plan,
    one_at_a_time as sweep,
    sobol as sobol_plan,
)
from seedbed.experiments.sensitivity import (
    _products,
    ema_problem,
    ema_results,
    morris,
    one_at_a_time,
    salib_problem,
    sensitivity,
    sobol,
    variance_shares,
)

RANGES = {"fund.tolerance.market": [1.0, 9.0], "fund.life.market": [5.0, 15.0], "market.least_price": [0.1, 0.9]}
# Ishigami with a = 7, b = 0.1: V = a^2/8 + b pi^4/5 + b^2 pi^8/18 + 1/2
FIRST = (0.3139, 0.4424, 0.0)
TOTAL = (0.5576, 0.4424, 0.2437)
VARIANCE = 13.8446


def ishigami(x):
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


LABELS = {"ishigami": ("Ishigami", "units", "")}


def study(arms, seeds, noise=0.0, luck=0.0, uneven=0.0, fail=(), ranges=RANGES):
    """Outcomes that are known functions of where the factors stand, from 0 to 1, with luck of a known size.

    noise: each run's own; luck: of the seed, at all points alike; uneven: of the seed, growing with the first factor.
    """

    def outcomes(arm, seed):
        if (arm.name, seed) in fail:
            raise ArithmeticError
        x = []
        for path, spec in ranges.items():
            value = arm.changes.get(path)
            if value is None:
                x.append(0.5)
            elif isinstance(spec, dict):
                x.append(spec["values"].index(value) / (len(spec["values"]) - 1))
            else:
                x.append((value - spec[0]) / (spec[1] - spec[0]))
        x = np.array(x)
        own = np.random.default_rng([seed, *arm.name.encode()]).normal(size=2)
        shared = np.random.default_rng([seed, 3]).normal(size=2)
        more = noise * own[0] + luck * shared[0] + uneven * shared[1] * (x[0] - 0.5) * math.sqrt(12)
        return {
            "ishigami": ishigami(math.pi * (2 * x - 1)) + more,
            "straight": 2 * x[0] - 4 * x[1] + more,
            "flat": 3.0,
            "rare": x[0] if own[1] > 0 else math.nan,
        }

    return Made(Experiment("known", arms, seeds), outcomes, LABELS)


# --- Sobol -----------------------------------------------------------------------------------------------------------


def test_without_noise_the_known_indices_are_found_and_equal_those_of_salib():
    results = study(sobol_plan("baseline", RANGES, 512), 1)
    found = sobol(results, ["ishigami"]).frame
    assert found["first"].tolist() == pytest.approx(found["salib_first"].tolist(), abs=1e-9)
    assert found["total"].tolist() == pytest.approx(found["salib_total"].tolist(), abs=1e-9)
    assert found["total"].tolist() == pytest.approx(TOTAL, abs=0.05)
    for part, truth in (("first", FIRST), ("total", TOTAL)):
        assert ((found[f"{part}_low"] < list(truth)) & (found[f"{part}_high"] > list(truth))).all()


def test_equal_seeds_change_nothing():
    one, three = (sobol(study(sobol_plan("baseline", RANGES, 64), seeds), ["ishigami"]).frame for seeds in (1, 3))
    for part in ("first", "total"):
        assert one[part].tolist() == pytest.approx(three[part].tolist(), abs=1e-9)


def test_luck_is_taken_for_effects_by_salib_and_not_here():
    # As much variance from each run's own luck as from the settings.
    results = study(sobol_plan("baseline", RANGES, 512), 3, noise=math.sqrt(VARIANCE))
    found = sobol(results, ["ishigami"]).frame
    truth = np.array(TOTAL)
    # the mean over three seeds has V + V / 3, and all that luck passes for interplay: (T V + V / 3) / (4 V / 3)
    assert found["salib_total"].tolist() == pytest.approx((truth + 1 / 3) / (4 / 3), abs=0.08)
    assert found["total"].tolist() == pytest.approx(truth, abs=0.15)
    for part, true in (("first", FIRST), ("total", TOTAL)):
        inside = (found[f"{part}_low"] < list(true)) & (found[f"{part}_high"] > list(true))
        assert inside.sum() >= 2


def test_a_citys_luck_that_grows_with_a_factor_does_not_pass_for_the_factor():
    # y = x + c(s) (x - 1/2), c of variance 16: the mean over three seeds has 1/12 (1 + 16/3) from x, the expected outcome 1/12
    rng = np.random.default_rng(1)
    ours, means = [], []
    for _ in range(300):
        x = rng.random((64, 2, 1))
        y = np.concatenate([x[:, :1], x[:, 1:], x[:, 1:]], axis=1)  # one factor: A, A with it from B, B
        y = y + 4 * rng.normal(size=3) * (y - 0.5)
        for found, values in ((ours, y), (means, y.mean(axis=2, keepdims=True))):
            products, _ = _products(values - values.mean(axis=(0, 1)), 1, False, np.ones(values.shape[2]))
            found.append(products.mean(axis=0))
    assert np.mean(ours, axis=0) == pytest.approx([1 / 12] * 3, abs=0.06)
    assert np.mean(means, axis=0) == pytest.approx([(1 + 16 / 3) / 12] * 3, rel=0.12)


def test_luck_that_all_share_is_harmless():
    calm, lucky = (sobol(study(sobol_plan("baseline", RANGES, 64), 2, luck=luck), ["ishigami"]).frame for luck in (0.0, 50.0))
    assert lucky["total"].tolist() == pytest.approx(calm["total"].tolist(), abs=1e-6)


def test_many_seeds_are_resampled_too():
    results = study(sobol_plan("baseline", RANGES, 64), 8, uneven=3.0)
    found = sobol(results, ["ishigami"], resamples=200).frame
    assert (found["first_low"] <= found["first"]).all() and (found["first"] <= found["first_high"]).all()
    assert found["seeds"].tolist() == [8] * 3


def test_pairs_of_factors():
    found = sobol(study(sobol_plan("baseline", RANGES, 512, second_order=True), 2, noise=1.0), ["ishigami"]).second
    value = {(row.factor, row.other): row.second for row in found.itertuples()}
    a, b, c = RANGES
    assert value[a, c] == pytest.approx(0.2437, abs=0.08)
    assert abs(value[a, b]) < 0.08 and abs(value[b, c]) < 0.08


def test_an_outcome_that_does_not_vary_has_no_indices_and_failed_runs_cost_their_block():
    arms = sobol_plan("baseline", RANGES, 32)
    results = study(arms, 2, fail={(arms[7].name, 1)})
    found = sobol(results).frame.set_index(["outcome", "factor"])
    assert found.loc["flat", ["first", "total", "salib_total"]].isna().all(axis=None)
    assert (found.loc["ishigami", "blocks"] == 31).all()
    assert found.loc["rare", "blocks"].max() < 5


def test_a_study_that_broke_off_is_analysed_by_the_seeds_that_are_done():
    arms = sobol_plan("baseline", RANGES, 32)
    broken = {(arm.name, 3) for arm in arms[40:]}
    whole, partial = study(arms, 2, noise=1.0), study(arms, 3, noise=1.0, fail=broken)
    first, second = (sobol(results, ["ishigami"]) for results in (whole, partial))
    assert second.seeds == 2 and second.frame["blocks"].tolist() == [32] * 3
    assert second.frame["total"].tolist() == pytest.approx(first.frame["total"].tolist())
    assert second.shares["luck"].tolist() == pytest.approx(first.shares["luck"].tolist())


# --- settings and luck -----------------------------------------------------------------------------------------------


def test_variance_falls_into_settings_luck_and_both():
    # straight: (4 + 16) / 12 from the settings, and as much of each kind of luck as is asked for
    results = study(sobol_plan("baseline", RANGES, 128), 30, luck=1.0, noise=0.5)
    row = variance_shares(results, ["straight"], resamples=200).iloc[0]
    total = 20 / 12 + 1 + 0.25
    assert row["settings"] + row["luck"] + row["both"] == pytest.approx(1.0)
    for part, truth in (("settings", 20 / 12), ("luck", 1.0), ("both", 0.25)):
        assert row[f"{part}_low"] <= truth / total <= row[f"{part}_high"] or row[part] == pytest.approx(truth / total, abs=0.1)
    assert row["points"] == 256
    alone = variance_shares(study(sobol_plan("baseline", RANGES, 8), 1), ["straight"]).iloc[0]
    assert math.isnan(alone["settings"])


# --- Morris ----------------------------------------------------------------------------------------------------------


def test_effects_of_a_straight_line_by_hand():
    found = morris(study(morris_plan("baseline", RANGES, 6), 2), ["straight"]).frame.set_index("factor")
    assert found["mu"].tolist() == pytest.approx([2.0, -4.0, 0.0], abs=1e-9)
    assert found["mu_star"].tolist() == pytest.approx([2.0, 4.0, 0.0], abs=1e-9)
    assert found["strength"].tolist() == pytest.approx([2.0, 4.0, 0.0], abs=1e-9)
    assert found["sigma"].tolist() == pytest.approx([0.0] * 3, abs=1e-9)
    assert found["matters"].tolist() == [1, 1, 0]


def test_effects_equal_those_of_salib():
    from SALib.analyze import morris as analyze

    from seedbed.experiments.design import problem

    arms = morris_plan("baseline", RANGES, 12)
    results = study(arms, 3, noise=0.3)
    found = morris(results, ["ishigami"]).frame
    theirs = analyze.analyze(problem(results.experiment.plan), results.experiment.points(), results.values("ishigami").mean(axis=0))
    for ours, name in (("mu", "mu"), ("mu_star", "mu_star"), ("salib_mu_star", "mu_star")):
        assert found[ours].tolist() == pytest.approx(list(theirs[name]))


def test_luck_passes_for_effects_and_is_told_apart():
    results = study(morris_plan("baseline", RANGES, 40), 6, noise=3.0)
    found = morris(results, ["straight"]).frame.set_index("factor")
    nothing = found.loc["market.least_price"]
    # luck alone: the mean size of a normal with deviation sqrt(2) x 3 / sqrt(6) over 2/3 of the range
    expected = math.sqrt(2 / math.pi) * math.sqrt(2) * 3 / math.sqrt(6) * 1.5
    assert nothing["mu_star"] == pytest.approx(expected, rel=0.25) and nothing["noise"] == pytest.approx(expected, rel=0.2)
    assert nothing["strength"] < 0.7 * nothing["mu_star"] and nothing["matters"] == 0
    strong = found.loc["fund.life.market"]
    assert strong["strength_low"] < 4 < strong["strength_high"] and strong["matters"] == 1
    assert strong["mu_low"] < -4 < strong["mu_high"]


def test_choices_move_over_their_whole_range():
    ranges = {"fund.successor": {"values": ["fixed", "results"]}, "fund.life.market": [5.0, 15.0], "market.least_price": [0.1, 0.9]}
    results = study(morris_plan("baseline", ranges, 6), 1, ranges=ranges)
    found = morris(results, ["straight"]).frame.set_index("factor")
    assert found["mu"].tolist() == pytest.approx([2.0, -4.0, 0.0], abs=1e-9)
    assert found["noise"].isna().all()


# --- one at a time ---------------------------------------------------------------------------------------------------


def test_a_sweep_gives_paired_differences_from_the_base():
    results = study(sweep("baseline", {path: {"values": list(ends)} for path, ends in RANGES.items()}), 12, luck=9.0, noise=0.1)
    found = one_at_a_time(results, ["straight"]).frame.set_index(["factor", "setting"])
    for (factor, setting), truth in (
        (("fund.tolerance.market", 1.0), -1.0), (("fund.tolerance.market", 9.0), 1.0),
        (("fund.life.market", 5.0), 2.0), (("fund.life.market", 15.0), -2.0), (("market.least_price", 0.9), 0.0),
    ):  # fmt: skip
        row = found.loc[(factor, setting)]
        assert row["difference"] == pytest.approx(truth, abs=0.15)
        assert (row["joint"] < 0.05) == (truth != 0)
    assert found["n"].tolist() == [12] * 6


# --- which analysis, and what is refused -----------------------------------------------------------------------------


def test_the_plan_says_which_analysis():
    for plan, kind in (
        (sobol_plan("baseline", RANGES, 8), "sobol"),
        (morris_plan("baseline", RANGES, 4), "morris"),
        (sweep("baseline", {"fund.life.market": [5, 15]}), "one_at_a_time"),
    ):
        assert sensitivity(study(plan, 2), ["straight"]).kind == kind


def test_what_cannot_be_analysed_is_refused():
    named = study((Arm("a"), Arm("b", changes={"fund.life.market": 12})), 2)
    cube = study(latin_hypercube("baseline", RANGES, 8), 2)
    small = study(sobol_plan("baseline", RANGES, 8), 2)
    for results in (named, cube):
        with pytest.raises(BadInput, match="plan"):
            sensitivity(results)
    with pytest.raises(BadInput, match="plan"):
        morris(small)
    with pytest.raises(BadInput, match="plan"):
        sobol(cube)
    with pytest.raises(BadInput, match="outcome"):
        sobol(small, ["straigth"])
    with pytest.raises(BadInput, match="plan"):
        salib_problem(named.experiment)


# --- for other tools -------------------------------------------------------------------------------------------------


def test_salib_takes_the_problem_and_the_points():
    from SALib.analyze import rbd_fast

    results = study(latin_hypercube("baseline", RANGES, 300), 1)
    problem, x = salib_problem(results.experiment)
    assert problem["bounds"] == [list(ends) for ends in RANGES.values()] and problem["dists"] == ["unif"] * 3
    assert x.shape == (300, 3) and (x.min(axis=0) >= [1, 5, 0.1]).all() and (x.max(axis=0) <= [9, 15, 0.9]).all()
    found = rbd_fast.analyze(problem, x, results.values("straight").mean(axis=0), seed=1)
    assert found["S1"] == pytest.approx([0.2, 0.8, 0.0], abs=0.12)


def test_lists_and_logs_are_told_to_other_tools():
    ranges = {"fund.successor": {"values": ["fixed", "results"]}, "fund.life.market": {"range": [5, 15], "scale": "log"}, "fund.companies_per_partner": {"range": [3, 20]}}
    experiment = Experiment("kinds", latin_hypercube("baseline", ranges, 16), 1)
    problem, x = salib_problem(experiment)
    assert problem["bounds"][0] == [0, 1] and problem["dists"][1] == "logunif"
    assert problem["values"] == {"fund.successor": ["fixed", "results"]}
    assert set(x[:, 0]) == {0.0, 1.0}
    table = ema_problem(experiment)
    assert table.columns[:2].tolist() == ["NAME", "TYPE"]
    assert table["TYPE"].tolist()[:2] == ["cat", "real"]
    assert table.iloc[0, 2:].tolist() == ["fixed", "results"]


def test_the_pair_of_the_ema_workbench():
    results = study(latin_hypercube("baseline", RANGES, 20), 3)
    experiments, outcomes = ema_results(results, ["straight"])
    assert list(experiments.columns) == [*RANGES, "scenario", "policy", "model"] and len(experiments) == 20
    assert outcomes["straight"].shape == (20, 3)
    assert outcomes["straight"].T.tolist() == results.values("straight").tolist()
