"""Fitting to targets, the posterior it leaves, and the answer over it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("cmaes")
pytest.importorskip("sklearn")

import seedbed
from seedbed.agents.errors import BadInput
from seedbed.experiments import answer as answering, calibrate as fitting
from seedbed.experiments.calibrate import (
    Calibration,
    Learner,
    Prior,
    beyond,
    calibrate,
    distance,
    recover,
    smooth_worst,
    worst,
)
from seedbed.experiments.design import Arm
from seedbed.experiments.posterior import FORMAT, Posterior
from seedbed.experiments.runner import Model
from seedbed.model.scenario import Scenario

SMALL = {
    "parameters": {"university.transfer": {"range": [0.03, 0.25], "scale": "log"}, "sector.acquisition": {"times": [0.5, 2.0]}, "venture.feasibility": {"plus": [-0.5, 0.5]}},
    "targets": ["A6", "A7"], "bank": {"points": 120, "recoveries": 40, "neighbours": 60}, "search": {"points": 40, "seeds": 2},
    "posterior": {"rounds": 1, "points": 80, "candidates": 40, "seeds": 2, "draws": 20},
}  # fmt: skip


def declared(**given):
    return Calibration.from_given("test", {**SMALL, **given}, "test.toml")


class Toy(Model):
    """Statistics that follow from the parameters by a line each, and a little luck; A7 by the transfer, A6 by acquisitions."""

    def run(self, case, seed, years, burn_in, keeps, world):
        luck = np.random.default_rng([seed, int(1e9 * case.parameters["university.transfer"])]).normal(0.0, 0.02, 3)
        transfer, bought = case.parameters["university.transfer"], case.parameters["sector.acquisition.digital"]
        found = {"A7_spinouts": 12.0 * transfer * (1 + luck[0]), "A6_exits.acquired": 1.2 * bought * (1 + luck[1]), "A6_exits.public": 0.0034 * (1 + luck[2])}
        return {f"{name}:{part}": x for name, value in found.items() for part, x in (("hits", value), ("of", 1.0))}, None, world

    def warm(self, case):
        pass

    def labels(self):
        return {f"{name}:{part}": (name, "", name) for name in ("A7_spinouts", "A6_exits.acquired", "A6_exits.public") for part in ("hits", "of")}

    def source(self):
        return "toy"


# --- distances -------------------------------------------------------------------------------------------------------


def test_a_distance_is_counted_in_half_widths_of_the_band_on_its_side():
    band = (10.0, 8.0, 14.0)
    assert distance(10.0, band) == 0.0
    assert distance(14.0, band) == 1.0
    assert distance(16.0, band) == 1.5
    assert distance(9.0, band) == -0.5
    assert distance(8.0, band) == -1.0
    assert distance(math.nan, band) == fitting.FARTHEST
    assert distance(1e9, band) == fitting.FARTHEST


def test_bounds_count_for_nothing_inside_and_more_the_farther_out():
    assert beyond(0.1, 0.1, 0.5) == 0.0 == beyond(0.3, 0.1, 0.5)
    assert beyond(0.7, 0.1, 0.5) == pytest.approx(2.0)
    assert beyond(math.nan, 0.1, 0.5) == fitting.FARTHEST


def test_the_worst_of_some_distances_and_its_smooth_stand_in():
    assert worst([0.5, -2.0, 1.0]) == 2.0
    assert smooth_worst([2.0, 2.0]) == pytest.approx(2.0)
    assert smooth_worst([2.0, 0.0]) == pytest.approx(2.0 * 0.5**0.125)


def test_priors_and_what_they_set():
    scenario = Scenario.load("baseline")
    assert Prior("x", "range", 1.0, 100.0, log=True).value(0.5) == pytest.approx(10.0)
    assert Prior("x", "range", 1.0, 4.0, whole=True).value(0.4) == 2.0
    assert Prior("x", "range", 1.0, 100.0, log=True).share(10.0) == pytest.approx(0.5)
    doubled = Prior("sector.acquisition", "times", 0.5, 3.0).changes(2.0, scenario)
    assert doubled["sector.acquisition.bio"] == pytest.approx(2.0 * scenario.parameters["sector.acquisition.bio"]) and len(doubled) == 4
    more = Prior("venture.feasibility", "plus", -1.0, 1.0).changes(0.25, scenario)
    assert more["venture.feasibility.radical.invention"] == pytest.approx(0.25 + scenario.parameters["venture.feasibility.radical.invention"])


# --- a fit whose answer is known -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return calibrate(declared(), out=tmp_path_factory.mktemp("fit"), model=Toy(), workers=2, progress=False)


def test_the_fit_finds_what_the_targets_imply(fit):
    """1.2 spinouts = 12 x 0.1; acquisitions 0.055 = 1.2 x 0.0458."""
    assert fit.mode["university.transfer"] == pytest.approx(0.1, rel=0.05)
    assert fit.mode["sector.acquisition.digital"] == pytest.approx(0.055 / 1.2, rel=0.15)
    told = {row["parameter"]: row for row in fit.summary["parameters"]}
    assert told["university.transfer"]["variance_gone"] > 0.5 > told["venture.feasibility"]["variance_gone"]
    assert told["university.transfer"]["low"] < 0.1 < told["university.transfer"]["high"]
    assert told["venture.feasibility"]["explained"] < fitting.LEARNED < told["university.transfer"]["explained"]
    assert fit.summary["inside"] == 3


def test_a_fit_that_was_stopped_goes_on_and_ends_the_same(fit, tmp_path):
    import shutil

    whole = fit.folder.parent
    shutil.copytree(whole, tmp_path / "again")
    for name in ("search.jsonl", "candidates.jsonl"):
        lines = (tmp_path / "again" / name).read_text().splitlines(keepends=True)
        (tmp_path / "again" / name).write_text("".join(lines[: len(lines) // 2]))
    shutil.rmtree(tmp_path / "again" / "round-1")
    shutil.rmtree(tmp_path / "again" / "answer")
    calibrate(declared(), out=tmp_path / "again", model=Toy(), workers=1, progress=False, figures=False)
    for name in ("posterior.csv", "parameters.csv", "targets.csv"):
        assert (tmp_path / "again" / "answer" / name).read_bytes() == (fit.folder / name).read_bytes()


def test_recovery_is_honest_where_the_posterior_is_known():
    """One parameter, one statistic with normal noise: ranks of the truth are uniform, and 90% intervals hold nine tenths."""
    rng = np.random.default_rng(5)
    points = rng.random((3000, 2))
    statistics = np.column_stack([points[:, 0] + rng.normal(0, 0.1, 3000), rng.random(3000)])
    learner = Learner(points, statistics, np.array([[0.0, 0.0], [1.0, 1.0]]), 1)
    found = recover(learner, 300, 600, 1)
    assert found.learned[0] > 0.7 and abs(found.learned[1]) < 0.05
    assert (found.uniform > 0.005).all()
    assert (abs(found.covered - 0.9) < 0.06).all()


def test_the_answer_is_kept_with_its_manifest(fit):
    for name in ("manifest.json", "posterior.csv", "parameters.csv", "targets.csv", "summary.json", "summary.md", "parameters.png", "targets.png", "recovery.png"):
        assert (fit.folder / name).stat().st_size > 100, name
    about = json.loads((fit.folder / "manifest.json").read_text())
    assert about["format"] == FORMAT and about["seedbed"] == seedbed.__version__ and about["rules"] == "toy"
    assert "university.transfer" in fit.page


# --- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"parameters": {}}, "parameters to be fitted"),
        ({"parameters": {"university.transfers": {"range": [0, 1]}}}, "university.transfer"),
        ({"parameters": {"university.transfer": {"range": [0.2, 0.1]}}}, "low end first"),
        ({"parameters": {"university.transfer": {"between": [0.1, 0.2]}}}, "range"),
        ({"parameters": {"university.transfer": {"range": [0.0, 0.2], "scale": "log"}}}, "more than zero"),
        ({"parameters": {"university.transfer": {"range": [0.1, 2.0]}}}, "university.transfer"),
        ({"parameters": {"fund.stopping": {"range": [0, 1]}}}, "fund.stopping"),
        ({"parameters": {"fund.life": {"range": [5, 10]}, "fund.life.market": {"range": [5, 10]}}}, "each element once"),
        ({"targets": ["B1"]}, "kept for validation"),
        ({"targets": ["A99_nothing"]}, "A99_nothing"),
        ({"targets": []}, "targets"),
        ({"bank": {"point": 5}}, "bank"),
        ({"bank": {"points": 3}}, "bank.points"),
        ({"search": {"spread": 3}}, "search.spread"),
        ({"bounds": {"unicorn": {"range": [0, 1], "why": "x"}}}, "unicorn"),
        ({"bounds": {"radical_share": {"range": [0, 1]}}}, "why"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_before_any_run(given, told):
    with pytest.raises(BadInput, match="(?s).*") as error:
        declared(**given)
    assert told in str(error.value)


def test_a_calibration_with_no_identifiable_parameter_is_refused(tmp_path):
    nothing = declared(parameters={"venture.feasibility": {"plus": [-0.5, 0.5]}, "fund.slack.market": {"range": [-4, 4]}})
    with pytest.raises(BadInput, match="none that the statistics identify"):
        calibrate(nothing, out=tmp_path / "fit", model=Toy(), progress=False)
    assert not (tmp_path / "fit" / "answer").exists()


def test_a_directory_of_another_calibration_is_refused(fit):
    with pytest.raises(BadInput, match="another directory"):
        calibrate(declared(seed=2), out=fit.folder.parent, model=Toy(), progress=False)


# --- the posterior in a study ----------------------------------------------------------------------------------------


def test_each_seed_has_its_draw_in_every_arm(fit):
    posterior = Posterior.load(fit.folder)
    assert len(posterior.draws) == 20 and posterior.draw(1) == posterior.draw(21) != posterior.draw(2)
    model = posterior.over()
    plain, own = model.case(Arm("a")), model.case(Arm("b", changes={"university.transfer": 0.2, "fund.life.market": 12}))
    assert model.at(plain, 3).parameters["university.transfer"] == pytest.approx(posterior.draw(3)["university.transfer"])
    assert model.at(own, 3).parameters["university.transfer"] == 0.2
    assert model.at(own, 3).parameters["sector.acquisition.bio"] == model.at(plain, 3).parameters["sector.acquisition.bio"]
    assert model.at(own, 3).parameters["fund.life.market"] == 12
    assert model.digest(plain) != Model().digest(plain.inner)


def test_what_a_scenario_sets_itself_stays(fit):
    posterior = Posterior.load(fit.folder)
    mine = Scenario.load("baseline").with_({"university.transfer": 0.22})
    model = posterior.over()
    assert model.at(model.case(Arm("a", mine)), 1).parameters["university.transfer"] == 0.22


@pytest.mark.parametrize("name", ["baseline", "report", "shuozhou", "two-cities"])
def test_the_shipped_posterior_fits_the_shipped_scenarios(name):
    posterior = Posterior.load("baseline")
    case = posterior.over().case(Arm("a", name))
    there = posterior.over().at(case, 5)
    assert case.free and all(there.parameters[path] == pytest.approx(posterior.draw(5)[path]) for path in case.free)


def test_the_shipped_baseline_is_the_best_point_of_its_calibration():
    baseline, posterior = Scenario.load("baseline"), Posterior.load("baseline")
    for path, value in posterior.mode.items():
        assert baseline.parameters[path] == pytest.approx(value, rel=0.006, abs=1e-9), path  # three figures


def test_a_study_over_the_posterior_says_so(tmp_path):
    from seedbed.experiments.studies import Study, run_study

    study = replace(Study.load("grant_or_fund").with_(seeds=2, years=6, burn_in=2), posterior=Posterior.load("baseline"))
    assert study.place("x") != Study.load("grant_or_fund").with_(seeds=2, years=6, burn_in=2).place("x")
    answer = run_study(study, out=tmp_path / "runs", progress=False, figure=False)
    assert answer.summary["posterior"] == "baseline" and "the intervals cover chance and parameters" in answer.page


@pytest.mark.parametrize(
    ("change", "told"),
    [({"format": 99}, "version"), ({"seedbed": "9.9.9"}, "version"), ({"posterior": "0" * 64}, "hash")],
)
def test_a_posterior_of_another_version_or_changed_by_hand_is_refused(fit, tmp_path, change, told):
    import shutil

    shutil.copytree(fit.folder, tmp_path / "p")
    about = json.loads((tmp_path / "p" / "manifest.json").read_text())
    (tmp_path / "p" / "manifest.json").write_text(json.dumps(about | change))
    with pytest.raises(BadInput) as error:
        Posterior.load(tmp_path / "p")
    assert told in str(error.value)


def test_a_posterior_that_is_none_is_refused(tmp_path):
    with pytest.raises(BadInput, match="the folder of a calibration's answer"):
        Posterior.load(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    (tmp_path / "posterior.csv").write_text("a\n1\n")
    with pytest.raises(BadInput, match="files as a calibration writes them"):
        Posterior.load(tmp_path)


def test_a_parameter_out_of_its_limits_in_a_posterior_is_refused(fit):
    posterior = Posterior.load(fit.folder)
    row = list(posterior.draws[0])
    row[posterior.paths.index("university.transfer")] = 7.0
    with pytest.raises(BadInput, match="university.transfer"):
        replace(posterior, draws=(tuple(row),)).check()


# --- the answer ------------------------------------------------------------------------------------------------------


def test_chance_and_parameters_are_told_apart():
    rng = np.random.default_rng(3)
    true = rng.normal(2.0, 1.5, 4000)
    runs = true[:, None] + rng.normal(0.0, 4.0, (4000, 3))
    assert answering.between_draws(runs) == pytest.approx(1.5, abs=0.2)
    assert answering.between_draws(rng.normal(0.0, 4.0, (4000, 3))) < 0.6
    assert answering.share_above(1.0, 0.0) == 1.0 and answering.share_above(0.0, 2.0) == 0.5
    assert answering.share_above(1.2815515655446004, 1.0) == pytest.approx(0.9)


def test_what_is_said_of_an_effect():
    row = {"low": 1.0, "high": 2.0, "share_above": 0.95, "good": 1}
    assert answering.said(row) == "helps"
    assert answering.said({**row, "good": -1}) == "harms"
    assert answering.said({**row, "share_above": 0.7}) == "helps on average"
    assert answering.said({**row, "low": -1.0}) == "open"
    assert answering.said({**row, "low": -2.0, "high": -1.0, "share_above": 0.02}) == "harms"


def test_the_answer_over_a_small_posterior(fit, tmp_path):
    posterior = Posterior.load(fit.folder)
    found = answering.run_answer(posterior, draws=2, seeds_a_draw=2, years=16, burn_in=4, out=tmp_path, progress=False)
    assert len(found.rows) == len(answering.OUTCOMES) * 8 * len(answering.CONTRASTS)
    first = found.rows[0]
    values = found.results.values(first["outcome"], [f"{first['world']}: {arm}" for arm in ("market", "tolerance")])
    assert first["effect"] == pytest.approx(float((values[:, 1] - values[:, 0]).mean()))
    assert (found.folder / "figure.png").stat().st_size > 10_000
    with pytest.raises(BadInput, match="number of draws"):
        answering.run_answer(posterior, draws=1)
    with pytest.raises(BadInput, match="at least 2"):
        answering.run_answer(posterior, draws=2, seeds_a_draw=1)
