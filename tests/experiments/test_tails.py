"""Tails with known exponents, tails that are none, and the library powerlaw as the other opinion."""

import math
import warnings

import numpy as np
import pytest

from seedbed.agents.errors import BadInput
from seedbed.experiments.tails import _fit, tail


def pareto(n, alpha=2.5, least=3.0, seed=1):
    return least * (np.random.default_rng(seed).pareto(alpha - 1, n) + 1)


def test_three_values_by_hand():
    # from 1 on: alpha = 1 + 3 / (log 1 + log 2 + log 4) = 1 + 3 / (3 log 2)
    least, alpha, distance = _fit(np.array([1.0, 2.0, 4.0]), 1.0)
    assert (least, alpha) == (1.0, pytest.approx(1 + 1 / math.log(2)))
    law = [1 - x ** (1 - alpha) for x in (1, 2, 4)]
    assert distance == pytest.approx(max(1 / 3 - law[0], law[1] - 1 / 3, law[2] - 2 / 3, 1 - law[2]))


def test_a_known_exponent_is_found_with_an_interval_that_holds_it():
    found = tail(pareto(1500), resamples=100)
    assert found.exponent.low < 2.5 < found.exponent.high
    # its standard error is (alpha - 1) / sqrt(n), wider here for the beginning found anew
    assert found.exponent.value == pytest.approx(2.5, abs=0.15)
    assert found.least.low <= found.least.value and found.least.low < 3.3
    assert found.plausible > 0.1
    assert found.against["exponential"].words == "a power law fits better"
    # a lognormal with a huge spread imitates it
    assert found.against["lognormal"].words == "cannot be told apart"
    assert found.words == "Heavy; a power law and a lognormal cannot be told apart."
    assert "exponent 2.5" in str(found) or "exponent 2.4" in str(found)


def test_the_beginning_of_a_tail_is_found_below_which_there_is_none():
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.uniform(0.5, 10, 3000), pareto(1000, 2.2, 10.0)])
    found = tail(values, resamples=40)
    assert found.least.value == pytest.approx(10, rel=0.2)
    assert found.exponent.value == pytest.approx(2.2, abs=0.15)
    assert 800 < found.inside < 1300 and found.n == 4000


def test_a_lognormal_is_told_from_a_power_law_when_the_tail_is_long_enough():
    values = np.random.default_rng(3).lognormal(0, 0.7, 4000)
    found = tail(values, least=1.0, resamples=40)
    assert found.against["lognormal"].words == "a lognormal fits better" and found.against["lognormal"].ratio < 0
    assert found.words.startswith("Heavy, but a lognormal") or found.words.startswith("The tail is not")


def test_an_exponential_is_no_power_law_and_few_values_say_little():
    values = 5 + np.random.default_rng(4).exponential(1.0, 1500)
    assert tail(values, least=5.0, resamples=20).words.startswith("The tail is not clearly heavier")
    assert "too few" in tail(pareto(40), resamples=20).words


def test_a_cut_off_is_seen():
    rng = np.random.default_rng(5)
    values = pareto(6000, 1.6, 1.0, 6)
    values = values[rng.random(6000) < np.exp(-values / 20)]
    assert tail(values, least=1.0, resamples=20).against["truncated_power_law"].words == "a power law with a cut-off fits better"
    assert tail(pareto(1500, 1.8, 1.0), least=1.0, resamples=20).against["truncated_power_law"].words == "no sign of a cut-off"


def test_the_library_powerlaw_finds_the_same_tail():
    import powerlaw

    for seed in (7, 8):
        values = np.concatenate([pareto(200, 2.5, 3.0, seed), np.random.default_rng(seed).uniform(0.1, 3, 49)])
        least, alpha, distance = _fit(values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = powerlaw.Fit(values, verbose=False)
            assert (alpha, least) == (pytest.approx(theirs.power_law.alpha, rel=0.08), pytest.approx(theirs.xmin, rel=0.4))
            fixed = powerlaw.Fit(values, xmin=3.0, verbose=False)
            assert _fit(values, 3.0)[1] == pytest.approx(fixed.power_law.alpha, rel=1e-6)
            ratio, _ = fixed.distribution_compare("power_law", "exponential")
        ours = tail(values, least=3.0, resamples=20).against["exponential"]
        assert ours.ratio == pytest.approx(ratio, rel=1e-3)


def test_whole_seeds_are_resampled():
    # twenty cities, each with a tail of its own: the interval over seeds is wider than over values
    rng = np.random.default_rng(9)
    values = np.concatenate([pareto(100, alpha, 1.0, seed) for seed, alpha in enumerate(rng.uniform(1.6, 3.4, 20))])
    seeds = np.repeat(np.arange(20), 100)
    by_seed, by_value = tail(values, seeds, least=1.0, resamples=150).exponent, tail(values, least=1.0, resamples=150).exponent
    assert by_seed.high - by_seed.low > 1.7 * (by_value.high - by_value.low)
    assert by_seed.n == 20 and by_value.n == 2000
    one = tail(values[:100], seeds[:100], resamples=20)
    assert math.isnan(one.exponent.low)
    again = tail(values, seeds, least=1.0, resamples=150).exponent
    assert (again.low, again.high) == (by_seed.low, by_seed.high)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"values": np.ones(30)}, "values"),
        ({"values": -pareto(30)}, "values"),
        ({"values": np.ones((3, 4))}, "shape"),
        ({"seeds": [1, 2]}, "seeds"),
        ({"least": 0.0}, "beginning"),
        ({"least": 1e9}, "beginning"),
        ({"level": 1.0}, "level"),
        ({"resamples": 5}, "resamples"),
    ],
)
def test_what_cannot_be_is_refused(named, words):
    with pytest.raises(BadInput, match=words):
        tail(**{"values": pareto(30), **named})
