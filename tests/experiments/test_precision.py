"""How many runs: formulas by hand, rules that cover what they say, and stops that waste nothing."""

import math

import numpy as np
import pytest
from standin import StandIn

from seedbed.agents.errors import BadInput
from seedbed.experiments.design import Experiment, grid
from seedbed.experiments.precision import (
    coverage,
    guidance,
    power_of,
    run_until,
    runs_for_power,
    runs_for_width,
    stability,
)
from seedbed.experiments.runner import run


class Uneven(StandIn):
    """A stand-in in which each arm has some luck of its own."""

    def run(self, case, seed, *rest):
        outcomes, curves, world = super().run(case, seed, *rest)
        own = np.random.default_rng([seed, len(case["arm"])]).normal(size=2)
        return outcomes | {"zombies": outcomes["zombies"] + 4 * own[0], "jobs": outcomes["jobs"] + 100 * own[1]}, curves, world


def patience(seeds, **more):
    arms = grid("baseline", {"fund.tolerance.market": [7 / 3, 7]})
    return Experiment("patience", arms, tuple(range(1, seeds + 1)), **more)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_runs_for_a_width_and_for_power_by_hand():
    # (2 x 1.96 x 3 / 1.5)^2 = 61.5, and 1.9 for Student's tails
    assert runs_for_width(3.0, 1.5) == 64
    assert runs_for_width(0.0, 1.0) == 2
    # Cohen's d = 0.5 and 0.2 at 80%: the tables say 34 and 199 pairs
    assert runs_for_power(1.0, 0.5) == 34
    assert runs_for_power(1.0, 0.2) == 199
    assert runs_for_power(1.0, -0.5) == 34


def test_power_as_simulated_agrees_with_the_formula():
    x = np.random.default_rng(1).normal(0.3, 1.0, 400)
    runs = runs_for_power(float(x.std(ddof=1)), 0.5)
    assert power_of(x, 0.5, runs) == pytest.approx(0.8, abs=0.03)
    assert power_of(x, 0.0, 50) == pytest.approx(0.05, abs=0.02)
    assert power_of(np.ones(5), 1.0, 10) == 1.0


# --- rules -----------------------------------------------------------------------------------------------------------


def normal(rng, shape):
    return rng.normal(0, 1, shape)


def skewed(rng, shape):
    return rng.lognormal(0, 1, shape)


def test_a_rule_covers_what_it_says_where_luck_is_about_symmetric():
    # width for which about 100 seeds would be enough; the binomial error of 0.95 in 400 studies is 0.011
    for rule, least in (("plain", 0.92), ("looks", 0.95), ("anytime", 0.95)):
        found = coverage(rule, normal, 0.0, 0.4, most=480, times=400)
        assert found["covered"] >= least and found["reached"] > 0.95, (rule, found)


def test_a_long_tail_breaks_the_plain_rule_and_the_shared_error_mends_most_of_it():
    mean, spread = math.exp(0.5), math.sqrt((math.e - 1) * math.e)
    width = 2 * 1.96 * spread / 10
    plain, looks = (coverage(rule, skewed, mean, width, most=960, times=400) for rule in ("plain", "looks"))
    assert plain["covered"] < 0.92
    assert looks["covered"] > plain["covered"] + 0.02 and looks["covered"] >= 0.93
    assert looks["seeds"] > plain["seeds"]


# --- stopping --------------------------------------------------------------------------------------------------------


def test_it_stops_when_narrow_enough_and_leaves_the_runs_of_an_ordinary_study(tmp_path):
    declared = patience(160)
    found = run_until(declared, {"zombies": 8.0}, model=Uneven(), out=tmp_path / "kept", progress=False)
    assert found.reached and found.seeds == 30  # 160 / 16 is below the least
    e = found.estimates["zombies"]
    assert e.high - e.low <= 8.0 and e.low < 25 * (7 - 7 / 3) < e.high
    assert found.results.good == 60
    wide = run_until(declared, {"unicorns_fundamental": 1e-6}, model=Uneven(), out=tmp_path / "kept", progress=False)
    assert not wide.reached and wide.seeds == 160 and wide.results.good == 320
    assert wide.looks["seeds"].tolist() == [30, 40, 80, 160]
    assert (wide.looks["width"] > 1e-6).all()
    assert "still not narrow enough" in str(wide) and "narrow enough" in str(found)


@pytest.mark.parametrize("rule", ["looks", "anytime", "plain"])
def test_the_rules_differ_in_caution_only(rule):
    found = run_until(patience(60), {"jobs": 1e9, "zombies": 1e9}, rule=rule, model=Uneven(), progress=False)
    assert found.reached and found.seeds == 30 and set(found.estimates) == {"jobs", "zombies"}
    fixed = run(patience(30), model=Uneven(), progress=False)
    difference = fixed.values("zombies")[:, 1] - fixed.values("zombies")[:, 0]
    assert found.estimates["zombies"].value == pytest.approx(difference.mean())
    least = 2 * 1.96 * difference.std(ddof=1) / math.sqrt(30)
    width = found.looks.set_index("outcome")["width"]["zombies"]
    assert width == pytest.approx(least, rel=0.15) if rule == "plain" else width > 1.08 * least


def test_one_arm_alone_and_a_ratio():
    found = run_until(patience(40), {"unicorns_fundamental_per_billion": 10.0}, arm=patience(1).arms[0].name, model=Uneven(), progress=False)
    results = found.results
    top, below = (results.values(name)[:, 0] for name in ("unicorns_fundamental", "invested"))
    assert found.estimates["unicorns_fundamental_per_billion"].value == pytest.approx(top.sum() / below.sum())


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"widths": {}}, "widths asked for"),
        ({"widths": {"zombies": 0}}, "width asked of zombies"),
        ({"widths": {"zombies": True}}, "width asked of zombies"),
        ({"rule": "until it pleases"}, "rule for stopping"),
        ({"level": 1.0}, "level of the intervals"),
        ({"least": 500}, "least number of seeds"),
        ({"arm": "nobody"}, "arm"),
        ({"arm": "fund.tolerance.market=7", "base": "fund.tolerance.market=7"}, "base to compare with"),
    ],
)
def test_what_cannot_be_is_refused_before_any_run(named, words):
    asked = {"widths": {"zombies": 1.0}, **named}
    with pytest.raises(BadInput, match=words):
        run_until(patience(60), asked.pop("widths"), model=StandIn(kill={("fund.tolerance.market=7", 1)}), **asked)


def test_an_unknown_outcome_is_told_with_its_neighbours():
    with pytest.raises(BadInput, match="zombies"):
        run_until(patience(40), {"zombis": 1.0}, model=Uneven(), progress=False)


# --- guidance --------------------------------------------------------------------------------------------------------


def test_the_spread_of_a_normal_outcome_settles_and_of_a_long_tail_does_not():
    rng = np.random.default_rng(4)
    found = stability(rng.normal(10, 3, 4000), 0.02)
    assert found.value == pytest.approx(0.3, abs=0.01)
    # the standard error of the coefficient c is about c sqrt(1 / 2n + c^2 / n): two errors are 0.02 near n = 530
    assert 200 < found.enough < 1800
    assert found.runs[-1] == 4000 and found.low[-1] < 0.3 < found.high[-1]
    assert (found.high - found.low)[-1] < (found.high - found.low)[20]
    assert stability(rng.pareto(1.5, 2000), 0.05).enough is None


def test_stability_of_constants_and_of_nothing():
    assert stability(np.full(50, 3.0)).enough == 2
    assert stability(np.zeros(50)).enough is None
    for values in (np.ones(9), [math.nan] * 30):
        with pytest.raises(BadInput, match="at least ten"):
            stability(values)
    with pytest.raises(BadInput, match="margin"):
        stability(np.ones(20), 0.0)


def test_guidance_adds_up():
    results = run(patience(80), model=Uneven(), progress=False)
    frame = guidance(results, widths={"zombies": 1.0}, effects={"unicorns_fundamental": 1.0}).set_index("outcome")
    row = frame.loc["zombies"]
    base, other = results.values("zombies").T
    assert row["difference"] == pytest.approx((other - base).mean())
    assert row["asked"] == 1.0 and row["runs_for_width"] == runs_for_width(float((other - base).std(ddof=1)), 1.0)
    unicorns = frame.loc["unicorns_fundamental"]
    assert unicorns["effect"] == 1.0 and 2 < unicorns["runs_for_power"] < 80
    assert unicorns["pairing_gain"] > 5  # luck is common to both arms of the stand-in
    assert unicorns["runs_saved"] == pytest.approx(unicorns["runs_for_width"] * (unicorns["pairing_gain"] - 1))
    assert unicorns["power"] > 0.9
    assert frame.loc["unicorns_fundamental_per_billion", "pairing_gain"] > 2
    assert frame["seeds"].max() == 80 and frame.loc["time_to_unicorn", "seeds"] < 80


def test_guidance_of_one_arm_is_about_its_own_value():
    results = run(Experiment("one", grid("baseline", {"fund.life.market": [7]}), tuple(range(1, 31))), model=Uneven(), progress=False)
    frame = guidance(results, outcomes=["jobs"])
    assert math.isnan(frame["difference"][0]) and math.isnan(frame["pairing_gain"][0])
    assert frame["low"][0] < frame["value"][0] < frame["high"][0]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"widths": {"zombis": 1.0}}, "zombies"),
        ({"widths": {"zombies": -1}}, "width asked of zombies"),
        ({"effects": {"zombies": 0}}, "effect sought of zombies"),
        ({"outcomes": ["nothing"]}, "outcome"),
        ({"base": "nobody"}, "arm"),
    ],
)
def test_guidance_refuses_what_cannot_be(named, words):
    results = run(patience(12), model=Uneven(), progress=False)
    with pytest.raises(BadInput, match=words):
        guidance(results, **named)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: runs_for_width(math.nan, 1.0), "spread"),
        (lambda: runs_for_width(1.0, 0.0), "width"),
        (lambda: runs_for_power(1.0, 0.0), "effect"),
        (lambda: runs_for_power(1.0, 1.0, power=1.0), "power"),
        (lambda: runs_for_power(-1.0, 1.0), "spread"),
        (lambda: power_of([1.0], 1.0, 10), "differences"),
        (lambda: power_of([1.0, 2.0], 1.0, 1), "number of runs"),
    ],
)
def test_wrong_numbers_are_refused(call, words):
    with pytest.raises(BadInput, match=words):
        call()
