"""Boxes with known limits are found again, luck is not taken for a box, and patience wins where it was made to win."""

import math

import numpy as np
import pytest
from made import Made

from seedbed.agents.errors import BadInput
from seedbed.experiments.design import Arm, Experiment, grid, latin_hypercube, table
from seedbed.experiments.discovery import discover

RANGES = {"fund.tolerance.market": [1.0, 9.0], "fund.life.market": [5.0, 15.0], "market.least_price": [0.1, 0.9], "fund.successor": {"values": ["fixed", "results"]}}
WORLDS = latin_hypercube("baseline", RANGES, 600, seed=3)


def study(function, arms=WORLDS, seeds=1):
    return Made(Experiment("worlds", arms, seeds), function)


def in_box(arm):
    c = arm.changes
    return c["fund.tolerance.market"] > 5 and c["fund.life.market"] <= 9


def test_a_box_with_known_limits():
    found = discover(study(lambda arm, seed: {"wins": float(in_box(arm))}), "wins >= 1", resamples=60)
    (box,) = found.boxes
    assert found.share == pytest.approx(0.2, abs=0.03)
    assert box.coverage > 0.97 and box.density > 0.97
    by = {limit.factor: limit for limit in box.limits}
    assert set(by) == {"fund.tolerance.market", "fund.life.market"}
    assert by["fund.tolerance.market"].low == pytest.approx(5, abs=0.1) and math.isinf(by["fund.tolerance.market"].high)
    assert by["fund.life.market"].high == pytest.approx(9, abs=0.1)
    assert by["fund.life.market"].high_range[0] - 0.05 <= 9 <= by["fund.life.market"].high_range[1] + 0.05
    assert all(limit.held == 1 for limit in box.limits) and box.stable > 0.95
    assert found.unseen > 0.9 and found.covered > 0.9
    assert set(found.used) == {"fund.tolerance.market", "fund.life.market"}
    assert "fund.life.market at most 9" in str(found)


def test_a_choice_is_told_by_its_value():
    def function(arm, seed):
        return {"wins": float(arm.changes["fund.successor"] == "results" and arm.changes["market.least_price"] < 0.5)}

    (box,) = discover(study(function), "wins > 0.5", resamples=20).boxes
    by = {limit.factor: limit for limit in box.limits}
    assert by["fund.successor"].values == ("results",)
    assert by["market.least_price"].high == pytest.approx(0.5, abs=0.02)
    assert "fund.successor is results" in box.words


def test_noise_lowers_density_but_not_honesty():
    rng = np.random.default_rng(4)
    flips = {arm.name: rng.random() < 0.15 for arm in WORLDS}
    found = discover(study(lambda arm, seed: {"wins": float(in_box(arm) != flips[arm.name])}), "wins >= 1", resamples=60)
    box = found.boxes[0]
    assert box.density == pytest.approx(0.85, abs=0.06) and box.density_range[0] < 0.85 < box.density_range[1] + 0.03
    assert found.unseen == pytest.approx(0.85, abs=0.1)
    assert box.stable > 0.7


def test_pure_luck_has_no_box_that_lasts():
    rng = np.random.default_rng(5)
    luck = {arm.name: float(rng.random() < 0.4) for arm in WORLDS}
    found = discover(study(lambda arm, seed: {"wins": luck[arm.name]}), "wins >= 1", resamples=60)
    assert found.unseen < 0.5 or math.isnan(found.unseen)
    assert all(box.stable < 0.5 for box in found.boxes)


def test_seeds_are_averaged():
    def function(arm, seed):
        own = np.random.default_rng([seed, *arm.name.encode()]).normal()
        return {"wins": in_box(arm) + own, "rare": math.nan if seed < 3 else float(in_box(arm))}

    found = discover(study(function, seeds=9), "wins >= 0.5", resamples=30)
    assert found.boxes[0].density > 0.85 and found.seeds == 9
    assert discover(study(function, seeds=4), "rare >= 0.5", resamples=20).boxes[0].density > 0.95


def test_in_which_worlds_does_patience_win():
    # each world once with seven years and once with twelve; patience adds where tolerance is above 5, and takes elsewhere
    rng = np.random.default_rng(6)
    rows = [{"fund.tolerance.market": float(t), "market.least_price": float(p), "fund.life.market": life}
            for t, p in rng.uniform([1, 0.1], [9, 0.9], (200, 2)) for life in (7.0, 12.0)]  # fmt: skip

    def function(arm, seed):
        luck = np.random.default_rng([seed, 1]).normal() * 50
        patient = (arm.changes["fund.life.market"] - 7) / 5
        return {"unicorns": luck + patient * (1 if arm.changes["fund.tolerance.market"] > 5 else -1)}

    results = study(function, table("baseline", rows), seeds=3)
    found = discover(results, "unicorns", between=("fund.life.market", 7.0, 12.0), resamples=40)
    assert found.worlds == 200 and found.question == "unicorns with fund.life.market = 12.0 less 7.0 > 0"
    (box,) = found.boxes
    (limit,) = box.limits
    assert limit.factor == "fund.tolerance.market" and limit.low == pytest.approx(5, abs=0.2)
    assert box.coverage > 0.95 and box.density > 0.95
    frame, limits = found.to_frame(), found.limits()
    assert frame["coverage"].tolist() == [box.coverage] and limits["factor"].tolist() == [limit.factor]
    other = discover(results, "unicorns < 0", between=("fund.life.market", 7.0, 12.0), resamples=20)
    assert other.boxes[0].limits[0].high == pytest.approx(5, abs=0.2)


def test_two_halves_that_both_win_are_one_box():
    found = discover(study(lambda arm, seed: {"wins": float(arm.changes["fund.tolerance.market"] > 3)}), "wins > 0", resamples=20)
    assert len(found.boxes) == 1 and len(found.boxes[0].limits) == 1


def test_the_same_study_gives_the_same_boxes():
    made = study(lambda arm, seed: {"wins": float(in_box(arm))})
    first, second = (discover(made, "wins >= 1", resamples=20).to_frame() for _ in range(2))
    assert first.equals(second)


@pytest.mark.parametrize(
    ("question", "named", "words"),
    [
        ("wins", {}, "question"),
        ("wins == 3", {}, "question"),
        (5, {}, "question"),
        ("wins >= many", {}, "number of the question"),
        ("wins >= nan", {}, "number of the question"),
        ("losses >= 1", {}, "outcome"),
        ("wins >= 9", {}, "divides the worlds"),
        ("wins >= -9", {}, "divides the worlds"),
        ("wins", {"between": ("fund.life.market", 7)}, "hat to compare"),
        ("wins", {"between": ("fund.life.patient", 7, 12)}, "factor to compare"),
        ("wins", {"between": ("fund.life.market", 7, 12)}, "value of fund.life.market"),
        ("wins", {"between": ("fund.successor", "fixed", "results")}, "pairs of worlds"),
        ("wins >= 1", {"depth": 0}, "depth"),
        ("wins >= 1", {"fewest": 0.9}, "smallest share"),
        ("wins >= 1", {"resamples": 2}, "resamples"),
        ("wins >= 1", {"level": 2}, "level"),
    ],
)
def test_what_cannot_be_is_refused(question, named, words):
    made = study(lambda arm, seed: {"wins": float(in_box(arm))})
    with pytest.raises(BadInput, match=words):
        discover(made, question, **named)


def test_too_few_worlds_or_none_that_are_planned():
    few = study(lambda arm, seed: {"wins": float(in_box(arm))}, latin_hypercube("baseline", RANGES, 20))
    with pytest.raises(BadInput, match="at least 30"):
        discover(few, "wins >= 1")
    named = study(lambda arm, seed: {"wins": 1.0}, (Arm("a"), Arm("b", changes={"fund.life.market": 12})))
    with pytest.raises(BadInput, match="plan"):
        discover(named, "wins >= 1")
    alone = study(lambda arm, seed: {"wins": arm.changes["fund.life.market"]}, grid("baseline", {"fund.life.market": [7, 12]}))
    with pytest.raises(BadInput, match="another factor"):
        discover(alone, "wins", between=("fund.life.market", 7, 12))
