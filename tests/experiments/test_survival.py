"""Endings that compete: five ventures by hand, exponential hazards with known limits, and lifelines as the other opinion."""

import math

import numpy as np
import pandas as pd
import pytest

from seedbed.agents.errors import BadInput
from seedbed.experiments.design import Arm, Experiment
from seedbed.experiments.runner import run
from seedbed.experiments.statistics import cumulative_incidence
from seedbed.experiments.survival import (
    fitters,
    hazard_ratios,
    incidence,
    incidence_gap,
    incidence_of_curves,
    kaplan_meier,
    lives,
)


def table_of(rows):
    return pd.DataFrame(rows, columns=["seed", "venture", "quarters", "ending"])


def exponential(seeds=20, size=250, failing=0.03, acquired=0.01, until=80, rng=None, factor=1.0):
    """Constant hazards a quarter, watched for `until` quarters."""
    rng = rng or np.random.default_rng(1)
    n = seeds * size
    rate = (failing + acquired) * factor
    quarters = rng.geometric(rate, n) - 1
    ending = np.where(rng.random(n) < failing / (failing + acquired), "failed", "acquired").astype(object)
    ending[quarters >= until] = "private"
    return pd.DataFrame(
        {"seed": np.repeat(np.arange(seeds), size), "venture": [f"V{i}" for i in range(n)], "quarters": np.minimum(quarters, until), "ending": ending}
    )


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_five_ventures_by_hand():
    # quarter 0: 5 at risk, one fails. 1: 4 at risk, one bought; then one leaves our sight after 2 quarters.
    # 2: 2 at risk, one is listed. 3: 1 at risk, fails.
    table = table_of([(1, "a", 0, "failed"), (1, "b", 1, "acquired"), (1, "c", 2, "private"), (1, "d", 2, "listed"), (1, "e", 3, "failed")])
    found = incidence(table).set_index(["ending", "age"])
    assert found.loc["private", "value"].tolist() == pytest.approx([1, 0.8, 0.6, 0.3, 0.0])
    assert found.loc["failed", "value"].tolist() == pytest.approx([0, 0.2, 0.2, 0.2, 0.5])
    assert found.loc["acquired", "value"].tolist() == pytest.approx([0, 0, 0.2, 0.2, 0.2])
    assert found.loc["listed", "value"].tolist() == pytest.approx([0, 0, 0, 0.3, 0.3])
    assert found.loc["failed", "at_risk"].tolist()[:4] == [5, 4, 2, 1]
    assert found["low"].isna().all()  # one seed tells nothing about the spread


def test_kaplan_meier_of_the_five_by_hand():
    # Who is bought or listed is watched no longer: 4/5 after the first quarter, and none after the last one left has failed.
    table = table_of([(1, "a", 0, "failed"), (1, "b", 1, "acquired"), (1, "c", 2, "private"), (1, "d", 2, "listed"), (1, "e", 3, "failed")])
    found = kaplan_meier(table)
    assert found["value"].tolist() == pytest.approx([1, 0.8, 0.8, 0.8, 0.0])
    assert kaplan_meier(table, ending="listed")["value"].tolist() == pytest.approx([1, 1, 1, 0.5, 0.5])
    assert found["low"].isna().all() and found["ending"].eq("failed").all()


def test_kaplan_meier_of_a_constant_hazard():
    """Whatever else ends lives, the hazard of failing is 0.03 of those that do not exit: (1 - r)^n, r = 0.03 per quarter at risk."""
    table = exponential(seeds=40, size=500)
    line = kaplan_meier(table, years=10).set_index("age").loc[10.0]
    assert line["low"] <= (1 - 0.03) ** 40 <= line["high"]
    by_group = kaplan_meier(table.assign(half=np.arange(len(table)) % 2), "half", years=2)
    assert by_group.groupby("group")["ventures"].first().tolist() == [10_000, 10_000]
    assert (by_group["low"] <= by_group["value"]).all() and (by_group["value"] <= by_group["high"]).all()


def test_three_ways_out_sum_to_one_and_two_are_as_before():
    at_risk, a, b, c = np.array([10, 6, 3.0]), np.array([1, 1, 1.0]), np.array([2, 1, 0.0]), np.array([1, 0, 1.0])
    parts = cumulative_incidence(at_risk, a, b, c)
    assert np.sum(parts, axis=0).tolist() == pytest.approx([1] * 4)
    both = cumulative_incidence(at_risk, a + c, b)
    assert both[1].tolist() == pytest.approx((parts[1] + parts[3]).tolist())


def test_endings_not_asked_for_still_compete():
    table = exponential(seeds=4)
    whole = incidence(table).set_index("ending").loc["failed", "value"]
    alone = incidence(table, endings=("failed",)).set_index("ending").loc["failed", "value"]
    assert alone.tolist() == pytest.approx(whole.tolist())


# --- known answers ---------------------------------------------------------------------------------------------------


def test_constant_hazards_are_recovered_with_intervals_that_hold_them():
    found = incidence(exponential(), years=20).set_index(["ending", "age"])
    gone = 1 - 0.96 ** (4 * 20)
    for ending, truth in (("failed", 0.75 * gone), ("acquired", 0.25 * gone), ("private", 1 - gone)):
        row = found.loc[ending, 20.0]
        assert row["value"] == pytest.approx(truth, abs=0.02)
        assert row["low"] < truth < row["high"]
    # binomial error of 5000 ventures, 20 seeds
    row = found.loc["failed", 20.0]
    assert row["high"] - row["low"] == pytest.approx(4 * math.sqrt(0.72 * 0.28 / 5000), rel=0.5)


def test_shared_luck_of_a_city_widens_the_interval():
    rng = np.random.default_rng(2)
    independent = exponential(rng=rng)
    shared = pd.concat(
        [exponential(seeds=1, rng=rng, factor=factor).assign(seed=seed) for seed, factor in enumerate(rng.uniform(0.4, 2, 20))]
    )
    widths = [incidence(table, years=5).query("ending == 'failed' and age == 5").eval("high - low").item() for table in (independent, shared)]
    assert widths[1] > 2 * widths[0]


def test_lifelines_says_the_same_up_to_its_ties():
    table = exponential(seeds=5)
    ours = incidence(table).set_index(["ending", "age"])["value"]
    found = fitters(table)
    assert set(found) == {("all", "failed"), ("all", "acquired")}
    for ending in ("failed", "acquired"):
        theirs = found["all", ending].predict(10.01)
        assert theirs == pytest.approx(ours[ending, 10.0], abs=0.01)


def test_groups_and_the_gap_between_them():
    rng = np.random.default_rng(3)
    table = pd.concat([exponential(rng=rng).assign(backer="market"), exponential(rng=rng, failing=0.02).assign(backer="patient")], ignore_index=True)
    by = incidence(table, "backer", years=10).query("age == 10").set_index(["group", "ending"])["value"]
    found = incidence_gap(table, "backer", "market", "patient", "failed", 10)
    truth = 2 / 3 * (1 - 0.97**40) - 3 / 4 * (1 - 0.96**40)
    assert found.value == pytest.approx(by["patient", "failed"] - by["market", "failed"])
    assert found.low < truth < found.high and found.high < 0
    assert found.n == 20
    # the hazard of being acquired is the same in both: the ratio is one, though fewer of the market's live to see it
    for ending, ratio in (("failed", 2 / 3), ("acquired", 1.0)):
        row = hazard_ratios(table, ending, "backer").iloc[0]
        assert row["low"] < ratio < row["high"]
        assert row["factor"] == "backer = patient" and row["against"] == "market"


# --- from the model --------------------------------------------------------------------------------------------------


def log_of(rows):
    return pd.DataFrame(rows, columns=["tick", "what", "who", "whom", "note"])


def test_a_log_by_hand():
    log = log_of(
        [
            (0, "founded", "V0", "P1", None), (1, "founded", "V1", "P2", None), (2, "round", "V1", "F0", None), (3, "closed", "V0", None, "out of money"),
            (4, "founded", "V2", "P3", None), (5, "listed", "V1", None, None), (6, "acquired", "V1", None, None), (7, "grant", "V2", "G0", None),
            (7, "founded", "V3", "P4", None), (8, "closed", "V2", None, "acquired"),
        ]
    )  # fmt: skip
    table = lives(log, last=9).set_index("venture")
    assert table["quarters"].tolist() == [3, 4, 4, 3]
    assert table["ending"].tolist() == ["failed", "listed", "acquired", "private"]
    assert table["funded"].tolist() == [False, True, False, False]
    assert table["granted"].tolist() == [False, False, True, False]
    assert lives(log, burn_in=1, last=9)["venture"].tolist() == ["V2", "V3"]
    both = lives(pd.concat([log.assign(seed=1), log.assign(seed=2)]), last=9)
    assert len(both) == 8 and incidence(both)["seeds"].max() == 2


def test_histories_tell_form_sector_origin_and_backer():
    from seedbed.model.simulate import simulate

    town = {"city.graduates": 25, "city.newcomers": 15, "sector.acquisition": 0.1, "market.least_price": 0.1}
    histories = [simulate("baseline", seed=seed, years=6, changes=town) for seed in (4, 5)]
    table = lives(histories)
    assert len(table) == sum(len(history.ventures()) for history in histories)
    status = pd.concat([history.ventures()["status"] for history in histories]).to_numpy()
    assert ((table["ending"] == "private") == ~np.isin(status, ["closed", "acquired", "listed"])).all()
    assert set(table["backer"]) >= {"angel", "none"} and ((table["backer"] != "none") == table["funded"]).all()
    age = pd.concat([history.ventures()["age"] for history in histories]).to_numpy() * 4
    private = (table["ending"] == "private").to_numpy()
    assert (table["quarters"].to_numpy()[private] == age[private]).all()
    found = incidence(table, "form")
    assert found.groupby(["group", "age"])["value"].sum().tolist() == pytest.approx([1.0] * (len(found) // 4))
    with pytest.raises(BadInput, match="each seed once"):
        lives([histories[0], histories[0]])


def test_curves_give_the_same_shares_as_the_statistics(standin):
    experiment = Experiment("curves", (Arm("base", keeps=("curves",)), Arm("bare", changes={"fund.life.market": 12})), (1, 2, 3))
    results = run(experiment, model=standin, progress=False)
    found = incidence_of_curves(results, "base", "all").set_index(["ending", "age"])
    sums = [results.curve(f"{name}_all", "base").sum(axis=0) for name in ("at_risk", "deaths", "exits")]
    assert found.loc["failed", "value"].tolist() == pytest.approx(cumulative_incidence(*sums)[1].tolist())
    with pytest.raises(BadInput, match="keeps"):
        incidence_of_curves(results, "bare")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: incidence(t, "colour"), "tell apart by"),
        (lambda t: incidence(t, endings=("eaten",)), "ending"),
        (lambda t: incidence(t, endings=()), "endings"),
        (lambda t: incidence(t, years=0), "age"),
        (lambda t: incidence(t.drop(columns="ending")), "table of lives"),
        (lambda t: incidence(t.iloc[:0]), "at least one venture"),
        (lambda t: incidence(t.assign(quarters=-1)), "time of a life"),
        (lambda t: incidence_gap(t.assign(kind="a"), "kind", "a", "b", "failed", 5), "kind"),
        (lambda t: hazard_ratios(t, "failed", []), "tell apart by"),
        (lambda t: hazard_ratios(t.assign(same=1.0), "failed", "same"), "differ between"),
        (lambda t: hazard_ratios(t.assign(x=t["quarters"] % 2, seed=1), "failed", "x"), "seeds"),
        (lambda t: hazard_ratios(t.assign(x=t["quarters"] % 2), "listed", "x"), "ended so"),
        (lambda t: lives(log_of([]).drop(columns="who")), "event log"),
        (lambda t: lives(log_of([]), burn_in=-1), "burn-in"),
        (lambda t: lives(["nothing"]), "source of lives"),
        (lambda t: lives([]), "histories"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(BadInput, match=words):
        call(exponential(seeds=2, size=30))
