"""Plans make the arms they promise: hand-worked cases first, then properties, the libraries' own samples, and bad input."""

import itertools
import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from seedbed.agents.errors import BadInput
from seedbed.experiments import design
from seedbed.experiments.design import (
    Arm,
    Experiment,
    grid,
    latin_hypercube,
    morris,
    one_at_a_time,
    points,
    problem,
    sobol,
    table,
    with_programmes,
)
from seedbed.experiments.factor import Factor
from seedbed.model.scenario import Scenario

LIFE, TOLERANCE, MANAGERS = "fund.life.market", "fund.tolerance.market", "fund.managers.market"
GRANT, AMOUNT, DELAY = "programme.small_grant", "programme.small_grant.amount", "programme.small_grant.delay"
RULE = "fund.successor"
MIXED = {
    TOLERANCE: {"range": [1, 12], "scale": "log"},
    LIFE: {"range": [5, 15], "step": 2.5},
    MANAGERS: {"range": [3, 40]},
    RULE: {},
    GRANT: [True, False],
    AMOUNT: {},
}
PLANS = {
    "grid": lambda: grid("baseline", {LIFE: [7, 12], RULE: {}}, {"fund.tranche": 4}, ["curves"]),
    "one_at_a_time": lambda: one_at_a_time("baseline", {LIFE: {}, MANAGERS: {}, GRANT: {}}, 3),
    "latin_hypercube": lambda: latin_hypercube("baseline", MIXED, 12, seed=5),
    "sobol": lambda: sobol("baseline", MIXED, 4, second_order=True),
    "morris": lambda: morris("baseline", MIXED, 6, optimal=3, changes={"programme.small_grant.scouting": 0.1}),
    "table": lambda: table("baseline", [{"arm": "short", LIFE: 5}, {"arm": "off", GRANT: "off", LIFE: None}]),
}


def values(arms, path):
    return [arm.changes.get(path) for arm in arms]


def made(kind, arms=None):
    return Experiment(kind, arms or PLANS[kind](), 3, years=20, burn_in=5, outcomes=("jobs",))


# --- worked by hand --------------------------------------------------------------------------------------------------


def test_a_grid_is_every_combination_the_last_factor_fastest():
    arms = grid("baseline", {LIFE: [7, 12], TOLERANCE: ["7/3 years", 7]}, {"fund.tranche": 4})
    assert [arm.name for arm in arms] == [
        f"{LIFE}={life}, {TOLERANCE}={tolerance}" for life in (7, 12) for tolerance in ("2.33333", 7)
    ]
    assert arms[1].changes == {"fund.tranche": 4, LIFE: 7.0, TOLERANCE: 7.0}
    assert arms.plan == {"kind": "grid", "factors": {LIFE: {"values": [7.0, 12.0]}, TOLERANCE: {"values": [7 / 3, 7.0]}}}


def test_a_grid_takes_ranges_in_levels_and_steps():
    arms = grid("baseline", {LIFE: {"range": [5, 15], "levels": 3}, TOLERANCE: {"range": [1, 4], "step": 1.5}})
    assert list(dict.fromkeys(values(arms, LIFE))) == [5, 10, 15]
    assert list(dict.fromkeys(values(arms, TOLERANCE))) == [1, 2.5, 4]
    (life,) = {tuple(values(grid("baseline", {LIFE: {"range": [5, 20], "levels": 3, "scale": "log"}}), LIFE))}
    assert life == pytest.approx((5, 10, 20))


def test_whole_numbers_stay_whole():
    assert values(grid("baseline", {MANAGERS: {"range": [2, 5]}}), MANAGERS) == [2, 3, 4, 5]
    few = values(grid("baseline", {MANAGERS: {"range": [0, 10], "levels": 3}}), MANAGERS)
    assert few == [0, 5, 10] and all(type(value) is int for value in few)
    # programmes act in whole quarters
    drawn = values(latin_hypercube("baseline", {DELAY: {"range": [0, 4]}}, 50), DELAY)
    assert set(drawn) == {0, 1, 2, 3, 4}
    ages = values(latin_hypercube("baseline", {"programme.small_grant.max_age": {"range": [1, 2]}}, 50),
                  "programme.small_grant.max_age")  # fmt: skip
    assert set(ages) == {1, 1.25, 1.5, 1.75, 2}


def test_where_a_programme_is_off_its_fields_are_not_varied():
    arms = grid("baseline", with_programmes("small_grant", {AMOUNT: [0.1, 0.2, 0.3]}))
    assert [arm.changes for arm in arms] == [{GRANT: False}] + [{GRANT: True, AMOUNT: x} for x in (0.1, 0.2, 0.3)]
    assert Experiment("x", arms, 1).cells[GRANT].tolist() == [False, True, True, True]
    np.testing.assert_array_equal(Experiment("x", arms, 1).cells[AMOUNT], [np.nan, 0.1, 0.2, 0.3])
    drawn = sobol("baseline", MIXED, 8)
    assert all((AMOUNT in arm.changes) == arm.changes[GRANT] for arm in drawn)
    for arm in drawn:
        Scenario.load("baseline").with_(arm.changes)


def test_a_programme_that_is_off_may_have_fields_for_when_it_is_on():
    arms = grid("report", {"programme.guidance_fund": {}}, {"programme.guidance_fund.budget": 50})
    assert [arm.changes for arm in arms] == [
        {"programme.guidance_fund": False},
        {"programme.guidance_fund": True, "programme.guidance_fund.budget": 50},
    ]
    experiment = Experiment("x", arms, 1)
    assert Experiment.from_dict(json.loads(json.dumps(experiment.to_dict()))) == experiment
    for arm in arms:
        Scenario.load("report").with_(arm.changes)


def test_one_at_a_time_has_a_base_and_one_change_in_each_other_arm():
    arms = one_at_a_time("baseline", {LIFE: [5, 7, 12], RULE: {}, GRANT: {}, TOLERANCE: {"range": [1, 9]}}, 3)
    assert [dict(arm.changes) for arm in arms] == [
        {}, {LIFE: 5}, {LIFE: 12}, {RULE: "fixed"}, {GRANT: False},
        {TOLERANCE: 1}, {TOLERANCE: 5}, {TOLERANCE: 9},
    ]  # fmt: skip
    assert arms[0].name == "base"


def test_points_become_values_in_equal_parts():
    thirds = [0, 0.3, 0.34, 0.66, 0.67, 1]
    assert Factor(None, ("a", "b", "c")).at(thirds) == ["a", "a", "b", "b", "c", "c"]
    assert Factor(None, low=1, high=3, step=1).at(thirds) == [1, 1, 2, 2, 3, 3]
    assert Factor(None, low=0.1, high=0.3, step=0.1).at(thirds) == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    assert Factor(None, low=1, high=16, scale="log").at([0, 0.25, 0.5, 1]) == [1, 2, 4, 16]
    assert Factor(None, low=1, high=100, scale="log", step=1).at([0, 0.5, 1]) == [1, 10, 100]


def test_a_table_may_be_rows_columns_a_frame_or_a_file(tmp_path):
    rows = [{"arm": "a", LIFE: 5.0, MANAGERS: 3, GRANT: True}, {"arm": "b", LIFE: 12.5, MANAGERS: 20, GRANT: False}]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "cells.csv", index=False)
    frame.to_parquet(tmp_path / "cells.parquet")
    first = table("baseline", rows)
    assert first[1] == Arm("b", "baseline", {GRANT: False, LIFE: 12.5, MANAGERS: 20})
    for other in (frame.to_dict("list"), frame, tmp_path / "cells.csv", str(tmp_path / "cells.parquet")):
        assert table("baseline", other) == first
    assert first.plan["factors"] == {
        LIFE: {"range": [5.0, 12.5]}, MANAGERS: {"range": [3, 20]}, GRANT: {"values": [True, False]},
    }  # fmt: skip


def test_an_empty_cell_leaves_the_setting_as_it_is(tmp_path):
    (tmp_path / "cells.csv").write_text(f"{LIFE},{RULE}\n30 quarters,\n,fixed\n\n,\n")
    arms = table("baseline", tmp_path / "cells.csv")
    assert [(arm.name, arm.changes) for arm in arms] == [
        ("row 1", {LIFE: 7.5}), ("row 2", {RULE: "fixed"}), ("row 3", {}),
    ]  # fmt: skip


def test_a_list_of_factors_takes_the_ranges_of_their_evidence():
    arms = latin_hypercube("baseline", [LIFE, RULE, "university.*"], 4)
    parameters = Scenario.load("baseline").parameters
    factors = arms.plan["factors"]
    assert factors[LIFE]["range"] == list(parameters.definitions["fund.life"].range)
    assert factors[RULE] == {"values": list(parameters.definitions[RULE].options)}
    elements = [path for path in parameters.elements() if path.startswith("university.")]
    assert list(factors) == [LIFE, RULE, *elements]


def test_plans_are_the_same_whenever_they_are_made():
    for make in PLANS.values():
        assert make() == make()
    assert latin_hypercube("baseline", [LIFE], 9, seed=1) != latin_hypercube("baseline", [LIFE], 9, seed=2)
    assert sobol("baseline", [LIFE], 8, seed=1) != sobol("baseline", [LIFE], 8, seed=2)
    assert morris("baseline", [LIFE, TOLERANCE], 8, seed=1) != morris("baseline", [LIFE, TOLERANCE], 8, seed=2)


def test_policies_may_be_crossed_with_worlds():
    arms = latin_hypercube(
        "baseline", {TOLERANCE: [1, 12], MANAGERS: [3, 9]}, 3, crossed={LIFE: [7, 12], "programme.dream_town": {}}, seed=4
    )
    alone = latin_hypercube("baseline", {TOLERANCE: [1, 12], MANAGERS: [3, 9]}, 3, seed=4)
    assert len(arms) == 12
    for number, arm in enumerate(arms):
        world, policy = divmod(number, 4)
        assert alone[world].changes.items() <= arm.changes.items()
        assert (arm.changes[LIFE], arm.changes["programme.dream_town"]) == [
            (7, False), (7, True), (12, False), (12, True),
        ][policy]  # fmt: skip
    experiment = Experiment("x", arms, 1)
    said = json.loads(json.dumps(experiment.to_dict()))
    assert Experiment.from_dict(said) == experiment
    del said["cells"]
    assert Experiment.from_dict(said) == experiment
    assert experiment.points().shape == (12, 4)
    with pytest.raises(BadInput, match="sets fund.life.market too"):
        latin_hypercube("baseline", [LIFE], 4, crossed={"fund.life": [7, 12]})
    with pytest.raises(BadInput, match="levels or a step"):
        latin_hypercube("baseline", [LIFE], 4, crossed=[TOLERANCE])


# --- properties ------------------------------------------------------------------------------------------------------

few = settings(max_examples=20, deadline=None, derandomize=True)


@few
@given(samples=st.integers(2, 40), seed=st.integers(0, 2**32 - 1))
def test_a_latin_hypercube_has_one_point_in_each_part_of_each_factor(samples, seed):
    arms = latin_hypercube("baseline", {LIFE: [5, 15], TOLERANCE: {"range": [1, 12], "scale": "log"}}, samples, seed=seed)
    place = (np.array(values(arms, LIFE)) - 5) / 10
    assert sorted(np.minimum(np.floor(place * samples + 1e-9), samples - 1)) == list(range(samples))
    place = np.log(values(arms, TOLERANCE)) / np.log(12)
    assert sorted(np.minimum(np.floor(place * samples + 1e-9), samples - 1)) == list(range(samples))


@few
@given(trajectories=st.integers(2, 8), levels=st.sampled_from([2, 4, 6]), seed=st.integers(0, 10**6))
def test_morris_trajectories_change_one_factor_at_a_time(trajectories, levels, seed):
    arms = morris("baseline", MIXED, trajectories, levels=levels, seed=seed)
    shares = points(arms.plan).reshape(trajectories, len(MIXED) + 1, len(MIXED))
    moved = np.diff(shares, axis=1) != 0
    assert (moved.sum(axis=2) == 1).all() and (moved.sum(axis=1) == 1).all()
    size = levels / (2 * (levels - 1))
    np.testing.assert_allclose(np.abs(np.diff(shares, axis=1)).sum(axis=2), size)
    for one, other in itertools.pairwise(arms):
        if (arms.index(one) + 1) % (len(MIXED) + 1):
            changed = {path for path in MIXED if one.changes.get(path) != other.changes.get(path)}
            assert len(changed - {AMOUNT}) <= 1 and (changed <= {AMOUNT, GRANT} or len(changed) == 1)


@few
@given(st.permutations([(LIFE, [5, 7]), (RULE, ["fixed", "results"]), (MANAGERS, [3, 4, 5])]))
def test_the_order_of_factors_does_not_matter_where_nothing_is_drawn(listed):
    straight = dict(sorted(listed))

    def cells(arms):
        return {tuple(sorted(arm.changes.items(), key=str)) for arm in arms}

    for plan in (grid, one_at_a_time):
        assert cells(plan("baseline", dict(listed))) == cells(plan("baseline", straight))


def test_where_points_are_drawn_a_column_belongs_to_its_place():
    straight = points(latin_hypercube("baseline", [LIFE, TOLERANCE], 8).plan)
    other = latin_hypercube("baseline", [TOLERANCE, LIFE], 8)
    np.testing.assert_array_equal(points(other.plan), straight)
    assert other != latin_hypercube("baseline", [LIFE, TOLERANCE], 8)


@few
@given(
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=20),
    low=st.floats(0.01, 10), width=st.floats(0.5, 50), step=st.sampled_from([None, 0.25, 0.1]),
    scale=st.sampled_from(["linear", "log"]),
)  # fmt: skip
def test_values_lie_in_the_range_and_on_the_steps(shares, low, width, step, scale):
    found = np.array(Factor(None, (), low, low + width, scale, step).at(shares))
    assert (low - 1e-9 <= found).all() and (found <= low + width + 1e-9).all()
    assert (np.diff(found[np.argsort(shares)]) >= -1e-9).all()
    if step:
        places = (found - low) / step
        inside = found < low + width - 1e-9  # the end itself may be nearest on a log scale
        np.testing.assert_allclose(places[inside], np.rint(places[inside]), atol=1e-6)


# --- the libraries' own ----------------------------------------------------------------------------------------------


def test_sobol_and_morris_are_salibs_own():
    from SALib.sample import morris as salib_morris, sobol as salib_sobol

    asked = {"num_vars": 2, "names": [LIFE, TOLERANCE], "bounds": [[5, 15], [1, 12]]}
    factors = {LIFE: [5, 15], TOLERANCE: [1, 12]}
    for second in (False, True):
        arms = sobol("baseline", factors, 16, second_order=second, seed=3)
        own = salib_sobol.sample(asked, 16, calc_second_order=second, seed=3)
        assert len(arms) == 16 * (6 if second else 4)
        np.testing.assert_allclose(np.transpose([values(arms, path) for path in factors]), own, rtol=1e-9)
    arms = morris("baseline", factors, 10, levels=6, seed=3)
    own = salib_morris.sample(asked, 10, num_levels=6, seed=3)
    np.testing.assert_allclose(np.transpose([values(arms, path) for path in factors]), own, rtol=1e-9)


def test_salib_analyses_what_the_plan_made():
    from SALib.analyze import morris as of_morris, sobol as of_sobol

    factors = {LIFE: [5, 15], TOLERANCE: [1, 12], RULE: {}}
    screened = Experiment("x", morris("baseline", factors, 6), 1)
    x = screened.points()
    y = 3 * x[:, 0] + 2 * np.array([value == "fixed" for value in screened.cells[RULE]])
    found = of_morris.analyze(problem(screened.plan), x, y, num_levels=4, seed=1)
    # a linear effect is the same everywhere; every step of 2/3 changes the rule, so its effect is 2 / (2/3)
    np.testing.assert_allclose(np.asarray(found["mu_star"]), [3, 0, 3], atol=1e-9)
    arms = sobol("baseline", factors, 256)
    # y = u + 2 v with u, v uniform: variances 1/12 and 4/12, so shares 1/5 and 4/5
    y = (np.array(values(arms, LIFE)) - 5) / 10 + 2 * (np.array(values(arms, TOLERANCE)) - 1) / 11
    found = of_sobol.analyze(problem(arms.plan), y, calc_second_order=False, seed=1)
    np.testing.assert_allclose(found["S1"], [0.2, 0.8, 0], atol=0.02)


# --- there and back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PLANS)
def test_a_plan_survives_its_way_through_json(kind):
    experiment = made(kind)
    said = json.loads(json.dumps(experiment.to_dict()))
    assert "arms" not in said and said["plan"]["kind"] == kind
    back = Experiment.from_dict(said)
    assert back == experiment
    assert list(back.cells) == list(experiment.cells) == list(experiment.plan["factors"])
    for path, column in experiment.cells.items():
        assert column.dtype == back.cells[path].dtype
        np.testing.assert_array_equal(column, back.cells[path])
    if kind != "table":  # made anew from the plan alone
        del said["cells"]
        assert Experiment.from_dict(said) == experiment


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol", "morris"])
def test_an_experiment_gives_the_points_of_its_plan(kind):
    experiment = made(kind)
    found = experiment.points()
    assert found.shape == (len(experiment.arms), len(MIXED)) and 0 <= found.min() and found.max() <= 1
    arms = list(experiment.arms)
    arms[1] = replace(arms[1], changes={**arms[1].changes, LIFE: 5.5})
    with pytest.raises(BadInput, match="other versions"):
        replace(experiment, arms=tuple(arms)).points()


def test_a_plan_that_draws_nothing_has_no_points():
    with pytest.raises(BadInput, match="'grid'"):
        made("grid").points()


def test_arms_that_were_changed_since_are_told_one_by_one():
    experiment = made("grid")
    arms = (replace(experiment.arms[0], first=1), *experiment.arms[1:])
    changed = replace(experiment, arms=arms)
    said = json.loads(json.dumps(changed.to_dict()))
    assert len(said["arms"]) == 4 and Experiment.from_dict(said) == changed


def test_columns_of_cells_have_the_type_of_their_values():
    cells = made("sobol").cells
    assert [cells[path].dtype.kind for path in MIXED] == ["f", "f", "i", "O", "b", "f"]


def test_counting_runs_and_finding_arms():
    experiment = replace(made("grid"), seeds=(4, 9))
    assert len(experiment) == 8 == len(list(experiment.runs()))
    assert experiment.arm(experiment.arms[2].name) is experiment.arms[2]
    fewer = replace(experiment, arms=(replace(experiment.arms[0], first=1), *experiment.arms[1:]))
    assert len(fewer) == 7 == len(list(fewer.runs()))


# --- out of a file ---------------------------------------------------------------------------------------------------

FILE = f"""
name = "patience"
question = "Does it pay?"
expectation = "more"
refuted_if = ["less", "none"]
scenario = "report"
years = 30
burn_in = 5
seeds = [3, 4]
outcomes = ["jobs"]
keeps = ["series"]
[changes]
"fund.successor" = "fixed"
[plan]
kind = "sobol"
samples = 8
second_order = true
seed = 9
programmes = ["small_grant"]
[plan.factors]
"{LIFE}" = {{}}
"{TOLERANCE}" = {{ range = [1, 12], scale = "log" }}
"""


def written(folder, text, name="design.toml"):
    (folder / name).write_text(text)
    return folder / name


def test_a_file_says_what_python_says(tmp_path):
    factors = {GRANT: {}, LIFE: {}, TOLERANCE: {"range": [1, 12], "scale": "log"}}
    arms = sobol(
        "report", factors, 8, second_order=True, seed=9, changes={"fund.successor": "fixed"}, keeps=["series"]
    )
    meant = Experiment("patience", arms, (3, 4), 30, 5, "Does it pay?", ("more",), ("less", "none"), ("jobs",))
    assert Experiment.from_toml(written(tmp_path, FILE)) == meant


def test_bare_dotted_keys_are_paths_too(tmp_path):
    bare = FILE.replace(f'"{LIFE}"', LIFE).replace(f'"{TOLERANCE}"', TOLERANCE).replace('"fund.successor"', "fund.successor")
    assert isinstance(tomllib.loads(bare)["plan"]["factors"]["fund"], dict)
    assert Experiment.from_toml(written(tmp_path, bare)) == Experiment.from_toml(written(tmp_path, FILE, "other.toml"))


def test_named_arms_share_what_stands_above_them(tmp_path):
    experiment = Experiment.from_toml(written(tmp_path, f"""
        seeds = 2
        scenario = "report"
        keeps = ["curves"]
        changes = {{ "fund.successor" = "fixed" }}
        [[arms]]
        name = "as it is"
        [[arms]]
        name = "patient"
        scenario = "baseline"
        changes = {{ "{LIFE}" = 12 }}
        keeps = ["events", "series"]
        first = 1
    """))  # fmt: skip
    assert experiment.name == "design"  # after its file
    assert experiment.arms == (
        Arm("as it is", "report", {"fund.successor": "fixed"}, ("curves",)),
        Arm("patient", "baseline", {"fund.successor": "fixed", LIFE: 12}, ("series", "events"), 1),
    )
    assert Experiment.from_dict(json.loads(json.dumps(experiment.to_dict()))) == experiment


def test_paths_in_a_file_start_from_its_folder(tmp_path):
    (tmp_path / "cells.csv").write_text(f"arm,{LIFE}\nshort,5\nlong,12\n")
    (tmp_path / "mine.toml").write_text('title = "Mine"\nabout = "A town."\nbase = "baseline"\n')
    text = 'seeds = 1\nscenario = "mine.toml"\n[plan]\nkind = "table"\nfile = "cells.csv"\n'
    experiment = Experiment.from_toml(written(tmp_path, text))
    assert values(experiment.arms, LIFE) == [5, 12]
    assert experiment.arms[0].scenario == str(tmp_path / "mine.toml")


def edited(before, after):
    assert before in FILE
    return FILE.replace(before, after)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "well-formed TOML"),
        (edited("years = 30", "years = 30\nyears = 31"), "well-formed TOML"),
        (edited("burn_in", "burnin"), "'burnin'.*did you mean 'burn_in'"),
        (edited('name = "patience"', "name = 3"), "name of the experiment cannot be 3"),
        (edited('question = "Does it pay?"', "question = 3"), "question cannot be 3"),
        (edited('"more"', "[1]"), "expectation"),
        (edited('["less", "none"]', "7"), "refuted_if"),
        (edited('["jobs"]', '["jobs", "jobs"]'), "each outcome once"),
        (edited("years = 30", 'years = "30"'), "number of years cannot be '30'"),
        (edited("burn_in = 5", "burn_in = 30"), "burn-in cannot be 30"),
        (edited("seeds = [3, 4]", "seeds = [3, 3]"), "seeds"),
        (edited("seeds = [3, 4]\n", ""), "seeds is missing"),
        (edited('["series"]', '["film"]'), "what a run keeps"),
        (edited('["series"]', '"series"'), "what a run keeps"),
        (edited('"report"', '"repport"'), "'repport'.*'report'"),
        (edited('"report"', "3"), "scenario cannot be 3"),
        (edited("[changes]", "changes = 3\n[others]"), "others"),
        (edited('"fund.successor" = "fixed"', '"fund.sucessor" = "fixed"'), "'fund.sucessor'.*'fund.successor'"),
        (edited('"fund.successor" = "fixed"', f'"{LIFE}" = 7'), f"{LIFE}.*no factor varies"),
        (edited('"fund.successor" = "fixed"', f'"{LIFE}" = 7000'), "7000"),
        (edited('kind = "sobol"', 'kind = "sobl"'), "'sobl'.*did you mean 'sobol'"),
        (edited("samples = 8\n", ""), "samples of the sobol plan is missing"),
        (edited("samples = 8", "samples = 9"), "power of two: 8 or 16"),
        (edited("samples = 8", "samples = 8.0"), "number of samples cannot be 8.0"),
        (edited("samples = 8", f"samples = {2**23}"), "number of arms"),
        (edited("samples = 8", "trajectories = 8"), "'trajectories'"),
        (edited("second_order = true", "second_order = 1"), "second_order cannot be 1"),
        (edited("seed = 9", "seed = -1"), "seed of the plan"),
        (edited('["small_grant"]', "[1]"), "programmes"),
        (edited('["small_grant"]', '["small_gift"]'), "'small_gift'.*'small_grant'"),
        (edited('["small_grant"]', '["small_grant", "small_grant"]'), "each factor once"),
        (edited(LIFE, "fund.life.markt"), "fund.life.markt.*fund.life.market"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{}}\n"fund.life" = {{}}'), "fund.life.*sets fund.life.market too"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ rnge = [5, 15] }}'), "'rnge'.*'range'"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ range = [15, 5] }}'), "lower one first"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ range = [5] }}'), "two numbers"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ range = [5, 5000] }}'), "5000"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ range = [5, 15], step = 0 }}'), "step"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ range = [5, 15], levels = 3 }}'), "levels"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ range = [5, 15], scale = "loq" }}'), "did you mean 'log'"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ values = [7] }}'), "at least two"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ values = [7, 7.0] }}'), "each value once"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = {{ values = [7, 12], range = [7, 12] }}'), "range"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = [5, 10, 15]'), "two numbers for a range"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = 7'), "list of at least one value"),
        (edited(f'"{LIFE}" = {{}}', f'"{LIFE}" = []'), "list of at least one value"),
        (edited(f'"{LIFE}" = {{}}', f'"{MANAGERS}" = {{ range = [5, 15], step = 0.5 }}'), "multiple of 1"),
        (edited(f'"{LIFE}" = {{}}', f'"{MANAGERS}" = {{ range = [0, 15], scale = "log" }}'), "above 0"),
        (edited(f'"{LIFE}" = {{}}', f'"{MANAGERS}" = {{ range = [0.5, 15] }}'), "whole number"),
        (edited(f'"{LIFE}" = {{}}', '"fund.money_limit" = { range = [0, 1] }'), "commitment"),
        (edited(f'"{LIFE}" = {{}}', '"programme.small_grant.links" = {}'), "its file gives no range|its names"),
        (edited(f'"{LIFE}" = {{}}', '"programme.small_grant.awards_each" = {}'), "its file gives no range"),
        (edited(f'"{LIFE}" = {{}}', '"programme.small_grant.amont" = {}'), "'amont'.*'amount'"),
        (edited(f'"{LIFE}" = {{}}', '"programme.guidance_fund.budget" = {}'), "guidance_fund"),
        (edited("[plan]", "[[arms]]\nname = 'x'\n[plan]"), "one of the two"),
        (edited("[plan]", "[cells]\n[plan]"), "'cells'"),
        ("seeds = 1", r"a plan \(\[plan\]\) or a list of arms"),
        ("seeds = 1\narms = 3", "a list of tables"),
        ("seeds = 1\n[[arms]]\nscenario = 'baseline'", "arm 1.*text"),
        ("seeds = 1\n[[arms]]\nname = 'a'\n[[arms]]\nname = 'a'", "a name of its own"),
        ("seeds = 1\n[[arms]]\nname = 'a'\nfirst = 0", "first, the number of seeds cannot be 0"),
        ("seeds = 1\n[[arms]]\nname = 'a'\ncurves = true", "'curves'"),
        ("seeds = 1\n[[arms]]\nname = 'a'\nchanges = 1", "the changes cannot be 1"),
        ("seeds = 1\nplan = 3", "plan cannot be 3"),
        ("seeds = 1\n[plan]\nfactors = []", "kind of plan is missing"),
        ("seeds = 1\n[plan]\nkind = 'grid'", "arms to compare"),
        ("seeds = 1\n[plan]\nkind = 'grid'\nfactors = ['fund.life.market']", "levels or a step"),
        ("seeds = 1\n[plan]\nkind = 'one_at_a_time'\nlevels = 1\nfactors = ['fund.life']", "number of levels cannot be 1"),
        ("seeds = 1\n[plan]\nkind = 'morris'\nlevels = 3\nfactors = ['fund.life']", "even number"),
        ("seeds = 1\n[plan]\nkind = 'morris'\ntrajectories = 4\noptimal = 4\nfactors = ['fund.life']", "optimal"),
        ("seeds = 1\n[plan]\nkind = 'morris'\nfactors = ['fund.life', 'fund.life']", "each factor once"),
        ("seeds = 1\n[plan]\nkind = 'morris'\nfactors = ['fnd.*']", r"group of parameters.*fund"),
        ("seeds = 1\n[plan]\nkind = 'morris'\nfactors = []", "factors is missing"),
        ("seeds = 1\n[plan]\nkind = 'table'", "rows of the table is missing"),
        ("seeds = 1\n[plan]\nkind = 'table'\nfile = 'no.csv'", "existing file"),
        ("seeds = 1\n[plan]\nkind = 'table'\nfile = 3", "file cannot be 3"),
        ("seeds = 1\n[plan]\nkind = 'table'\nrows = 3", "rows of the table cannot be 3"),
        ("seeds = 1\n[plan]\nkind = 'table'\nrows = []", "at least one row"),
        ("seeds = 1\n[plan]\nkind = 'table'\nrows = [{ 'fund.life' = 7 }, { 'fund.life' = 7.0 }]", "it is row 1 again"),
        ("seeds = 1\n[plan]\nkind = 'table'\nrows = [{ 'fund.life' = 7, arm = 3 }]", "name of an arm"),
        ("seeds = 1\n[plan]\nkind = 'table'\nrows = [{ 'fund.life' = 7000 }]", "row 1.*from"),
    ],
)  # fmt: skip
def test_what_a_file_cannot_say_is_told_with_its_place(text, told, tmp_path):
    path = written(tmp_path, text)
    with pytest.raises(BadInput, match="(?is)" + told) as error:
        Experiment.from_toml(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{LIFE},{LIFE}\n1,2\n", "each column once"),
        (f"{LIFE}\n7,8\n", "line 2.*1, one for each column"),
        (f"{LIFE}\n7\nseven\n", "line 3.*number"),
        (f"{LIFE}\n7\n7.0\n", "line 3.*it is line 2 again"),
        ("fund.lief\n7\n", "fund.lief.*fund.life"),
        (f"arm,{LIFE}\n,7\n", "name of an arm"),
        (f"{GRANT},{AMOUNT}\noff,0.1\noff,0.2\n", "it is line 2 again"),
        ("", "at least one row"),
    ],
)
def test_what_a_table_cannot_say_is_told_with_its_line(text, told, tmp_path):
    path = written(tmp_path, text, "cells.csv")
    with pytest.raises(BadInput, match="(?s)" + told) as error:
        table("baseline", path)
    assert str(path) in str(error.value)


def test_a_broken_file_of_cells_is_told(tmp_path):
    for name, content in (("cells.parquet", b"PAR"), ("cells.csv", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match="file of the table"):
            table("baseline", tmp_path / name)
    with pytest.raises(BadInput, match="lists of one length"):
        table("baseline", {LIFE: [5, 7], MANAGERS: [3]})


@pytest.mark.parametrize("changes", [{"arms": (3,)}, {"name": ""}, {"name": 3}, {"outcomes": [3]}, {"question": None}])
def test_experiments_that_cannot_be(changes):
    with pytest.raises(BadInput):
        replace(made("grid"), **changes)


@pytest.mark.parametrize("fields", [{"name": 3}, {"changes": [1]}, {"changes": {1: 2}}, {"first": True}, {"keeps": 7}])
def test_arms_that_cannot_be(fields):
    with pytest.raises(BadInput):
        Arm(**{"name": "a", **fields})


def test_a_grid_too_large_is_refused_before_it_is_made():
    with pytest.raises(BadInput, match="number of arms"):
        grid("baseline", {path: {"range": [4, 9], "levels": 1000} for path in (LIFE, TOLERANCE, "fund.tranche")})
    assert design.MOST_ARMS == 10_000_000


# --- countries ---------------------------------------------------------------------------------------------------------

COUNTRY = str(Path(__file__).parents[1] / "model" / "country" / "country.toml")


def test_a_factor_may_be_of_one_city_and_a_programme_of_any():
    made = grid(COUNTRY, {"in.south.city.newcomers": [5, 9], "in.north.programme.dream_town": [False, True], "programme.dream_town.number": [10, 20]})
    assert len(made) == 8
    places = [dict(Scenario.load(COUNTRY).with_(arm.changes).places) for arm in made]
    assert {place["south-2"].parameters["city.newcomers"] for place in places} == {5, 9}
    assert {place["north"].parameters["city.newcomers"] for place in places} == {3}
    assert sorted("dream_town" in [p.name for p in place["north"].programmes] for place in places) == [False] * 4 + [True] * 4


@pytest.mark.parametrize(("factors", "said"), [
    ({"in.west.city.newcomers": [1, 2]}, "in.north."),
    ({"in.north.fund.life.market": [7, 12]}, "whole country"),
    ({"in.north.city.newcomer": [1, 2]}, "newcomer"),
    ({"in.south.city.newcomers": [1, 2], "in.south-1.city.newcomers": [1, 2]}, "each setting once"),
])  # fmt: skip
def test_a_factor_of_no_city_is_refused(factors, said):
    with pytest.raises(BadInput, match=said):
        grid(COUNTRY, factors)
