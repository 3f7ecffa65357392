"""Two arms side by side under the same seeds."""

import math

import numpy as np
import pytest
from standin import StandIn

from seedbed.agents.errors import BadInput
from seedbed.experiments.compare import BETTER, DERIVED, RATIOS, compare, effects, measure, outcome_names
from seedbed.experiments.design import Arm, Experiment
from seedbed.experiments.runner import run
from seedbed.experiments.store import Run, Store


def quiet(*how, **named):
    return compare(*how, seeds=12, model=StandIn(), progress=False, **named)


def test_values_of_a_parameter_unpack_into_arms():
    patient, impatient = quiet("baseline", {"fund.tolerance.market": [7, 7 / 3]})
    assert (patient.changes, impatient.changes) == ({"fund.tolerance.market": 7}, {"fund.tolerance.market": 7 / 3})
    assert patient.outcomes.index.tolist() == list(range(1, 13))
    assert patient.outcomes["zombies"].mean() > impatient.outcomes["zombies"].mean() + 100
    assert patient.mean().loc["zombies", "value"] == pytest.approx(patient.outcomes["zombies"].mean())


def test_two_scenarios_and_several():
    both = quiet("baseline", "report")
    assert [arm.name for arm in both] == ["baseline", "report"]
    assert len(quiet("baseline", ["report"])) == 2


def test_one_value_is_compared_with_the_scenario_as_it_is():
    comparison = quiet("baseline", {"fund.life.market": 12}, settings={"fund.successor": "fixed"})
    assert [arm.name for arm in comparison] == ["baseline", "baseline, fund.life.market=12"]
    assert comparison["baseline"].changes == {"fund.successor": "fixed"}
    assert comparison[1].changes == {"fund.successor": "fixed", "fund.life.market": 12}


def test_differences_are_paired_with_the_first_arm():
    comparison = quiet("baseline", {"fund.tolerance.market": [7 / 3, 7]})
    table = comparison.differences().set_index("outcome")
    row = table.loc["zombies"]
    assert row["difference"] == pytest.approx(25 * (7 - 7 / 3))
    assert (row["sign"], row["better"], row["n"]) == (1, -1, 12)
    assert row["base"] + row["difference"] == pytest.approx(row["value"])
    turned = comparison.differences(base=1).set_index("outcome").loc["zombies"]
    assert turned["difference"] == pytest.approx(-row["difference"])
    assert comparison.differences(outcomes=["jobs"])["outcome"].tolist() == ["jobs"]
    assert len(comparison.to_frame()) == 24


def test_ratios_are_sums_over_sums():
    comparison = quiet("baseline", {"fund.tolerance.market": [7 / 3, 7]})
    frame = comparison[1].outcomes
    row = comparison.differences().set_index("outcome").loc["unicorns_fundamental_per_billion"]
    assert row["value"] == pytest.approx(frame["unicorns_fundamental"].sum() / frame["invested"].sum())
    radical = comparison.differences().set_index("outcome").loc["unicorns_radical"]
    assert radical["value"] == pytest.approx(0.5) and radical["n"] == 12
    cost = comparison.differences().set_index("outcome").loc["public_net_per_unicorn"]
    assert cost["value"] == pytest.approx(frame["public_net"].sum() / frame["unicorns_fundamental"].sum())


def test_a_share_of_nothing_counts_nought_and_a_missing_run_counts_not_at_all():
    store = Store(None)
    store.manifest = {"outcomes": {}}
    for seed, (count, share) in enumerate([(2.0, 0.5), (0.0, math.nan), (2.0, 1.0)], start=1):
        store.add(Run("a", seed, "ok", 0.0, "", {"unicorns_fundamental": count, "unicorns_radical": share}, None))
    from seedbed.experiments.runner import Results

    results = Results(Experiment("x", (Arm("a"), Arm("b")), (1, 2, 3, 4)), store)
    top, below = measure(results, "unicorns_radical", ["a"])
    np.testing.assert_array_equal(top[:, 0], [1, 0, 2, math.nan])
    np.testing.assert_array_equal(below[:, 0], [2, 0, 2, math.nan])


def test_derived_outcomes_are_ratios_with_a_direction():
    assert set(DERIVED) <= set(RATIOS) and set(DERIVED) <= set(BETTER)


def test_effects_of_an_unknown_outcome(small):
    results = run(small, model=StandIn(), progress=False)
    assert "public_net_per_unicorn" in outcome_names(results)
    with pytest.raises(BadInput, match="dragons"):
        effects(results, small.arms[0].name, [small.arms[1].name], ["dragons"])


@pytest.mark.parametrize(
    "against", [{}, {"fund.life.market": []}, {"fund.lief.market": [3]}, "nowhere", {"fund.life.market": [7, 7]}]
)
def test_comparisons_that_cannot_be(against):
    with pytest.raises(BadInput):
        quiet("baseline", against)


def test_what_is_printed_says_what_it_is():
    comparison = quiet("baseline", "report")
    assert repr(comparison) == "<Comparison of baseline | report: 24 runs, 12 seeds>"
    assert repr(comparison[0]) == "<baseline: 12 runs>"
