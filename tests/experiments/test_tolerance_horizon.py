"""The study on a stand-in whose answer is known; on a stand-in turned round; and on one where nothing matters."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from standin import StandIn

from seedbed.agents.errors import BadInput
from seedbed.experiments import figures, tolerance_horizon as th
from seedbed.experiments.runner import Results, run


def study(model=None, seeds=40, **how):
    return th.run_study(model=model or StandIn(), seeds=seeds, out=None, progress=False, **how)


@pytest.fixture(scope="module")
def found():
    return study()


def test_the_design_is_what_was_declared():
    experiment = th.experiment()
    assert len(experiment.arms) == 25 + 5 * 5 and len(experiment.seeds) == 200
    assert len({tuple(sorted(arm.changes.items())) for arm in experiment.arms}) == 50
    market = experiment.arm("tolerance 2 1/3, life 7")
    assert market.changes == {"fund.successor": "fixed", "fund.tolerance.market": 7 / 3, "fund.life.market": 7}
    switched = experiment.arm("tolerance 7, life 12, fund-raising switched")
    assert switched.changes["fund.successor"] == "results"
    assert sum(arm.keeps == ("curves",) for arm in experiment.arms) == 5
    assert len(th.experiment(decompose=False).arms) == 25


@pytest.mark.parametrize("key", ["fund.successor", "fund.life.market", "fund.tolerance.market"])
def test_what_the_study_sets_cannot_be_set(key):
    with pytest.raises(BadInput, match=key):
        th.experiment(settings={key: 1})


def test_what_was_put_in_comes_out(found):
    tolerance = found.findings.estimate("tolerance", "zombies")
    assert tolerance.value == pytest.approx(25 * (7 - 7 / 3)) and tolerance.sign == 1
    assert found.findings.estimate("tolerance", th.MAIN).value == pytest.approx(math.log2(3), abs=0.2)
    assert found.findings.estimate("horizon", th.MAIN).sign == -1
    assert found.findings.interactions[th.MAIN].value == pytest.approx(math.log2(3) * 0.2, abs=0.25)
    screening = next(
        entry for entry in found.findings.decomposition
        if (entry["contrast"], entry["mechanism"], entry["outcome"]) == ("tolerance", "Screening", th.MAIN)
    )  # fmt: skip
    assert screening["share"].value == pytest.approx(0.5, abs=0.1)
    assert screening["through"].sign == 1
    assert found.findings.checks["committed_spread"] == 0.0
    assert found.findings.checks["pairing_gain"] > 5


def test_the_page_says_what_was_found(found):
    page = found.page
    assert "**Tolerance alone raises fundamental unicorns, a longer horizon alone lowers them;" in page
    assert "A longer horizon alone brings forth more fundamental unicorns. **Refuted**" in page
    assert "Tolerance alone brings forth more fundamental unicorns. **Supported**" in page
    assert "these end with less than in the market case: private investors in funds" in page
    assert "zombies" in page and "undefined" not in page
    assert len(page.splitlines()) < 90


def test_the_page_turns_round_with_the_result():
    page = study(StandIn(effect=-1.0)).page
    assert "Tolerance and a longer horizon each lower fundamental unicorns; together they lower them" in page
    assert "Tolerance alone brings forth more fundamental unicorns. **Refuted**" in page


def test_the_page_says_so_when_nothing_matters():
    page = study(StandIn(effect=0.0)).page
    assert "Tolerance alone does not clearly change fundamental unicorns" in page
    assert "Tolerance alone brings forth more fundamental unicorns. **Not shown**" in page


def test_a_few_seeds_still_make_a_page_with_a_warning():
    page = study(seeds=2).page
    assert "2 seeds are few" in page


def test_one_seed_makes_no_claims():
    page = study(seeds=1).page
    assert "Supported" not in page and "Refuted" not in page


def test_the_decomposition_may_have_fewer_seeds():
    experiment = th.experiment(seeds=12, decompose=4)
    assert len(experiment) == 25 * 12 + 25 * 4
    result = study(seeds=12, decompose=4)
    assert result.findings.checks["runs_missing"] == 0
    assert {entry["on"].n for entry in result.findings.decomposition} == {12}
    assert {entry["through"].n for entry in result.findings.decomposition} == {4}


def test_failed_runs_are_told():
    model = StandIn(fail={("tolerance 7, life 12", seed) for seed in range(1, 4)})
    result = study(model, seeds=12)
    assert "3 runs failed" in result.page
    assert result.findings.estimate("both", th.MAIN).n == 9


def test_without_the_decomposition_there_is_no_word_of_mechanisms():
    assert "Through which mechanism" not in study(seeds=5, decompose=False).page


@pytest.mark.slow
def test_files_are_equal_from_run_to_run_and_from_threads_to_processes(tmp_path):
    how = {"seeds": 4, "progress": False, "model": StandIn()}
    th.run_study(out=tmp_path / "a", **how)
    th.run_study(out=tmp_path / "b", executor="processes", workers=2, **how)
    names = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()}
    shards = {name for name in names if name.parts[0] in ("runs", "curves", "sessions")}
    pictures = {name for name in names if name.parts[0] == "figures"}
    assert {"summary.md", "summary.json", "table.csv", "table.parquet", "manifest.json"} <= {
        str(name) for name in names
    }
    assert {name.suffix for name in pictures} == {".png", ".svg"} and len(pictures) >= 18
    dated = {name for name in names if name.name in ("manifest.json", "ro-crate-metadata.json")}
    for name in names - shards - dated:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    facts = json.loads((tmp_path / "a" / "summary.json").read_text())
    assert facts["runs"] == 200 and len(facts["expectations"]) == len(th.EXPECTATIONS)
    table = pd.read_csv(tmp_path / "a" / "table.csv")
    assert len(table) == 25 * len(set(table["outcome"]))


def test_a_partial_study_can_be_read_and_told(tmp_path):
    experiment = th.experiment(seeds=6)
    results = run(replace(experiment, seeds=(1, 2, 3)), model=StandIn(), out=tmp_path, progress=False)
    partial = th.finish(Results(experiment, results.store), None)
    assert "150 were not done" in partial.page
    assert partial.findings.estimate("both", th.MAIN).n == 3


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_figures_stand_missing_values(tmp_path):
    class Sparse(StandIn):
        def run(self, *how):
            outcomes, curves, world = super().run(*how)
            return outcomes | {"dpi_market": math.nan, "time_to_unicorn": math.nan}, None, world

    result = study(Sparse(), seeds=3)
    paths = figures.draw_study(result, tmp_path)
    assert all(path.stat().st_size > 1000 for path in paths)
    assert not [path for path in paths if path.stem == "survival"]


def test_the_forest_gives_both_sides_of_zero_the_same_room(found):
    rows, panels = found.findings.contrasts, {name: name for name in th.CONTRASTS}
    outcomes = [name for name in th.OUTCOMES if ("both", name) in rows]
    figure = figures.forest(rows, panels, outcomes, dict.fromkeys(outcomes, 1.0))
    limits = {tuple(np.round(ax.get_xlim(), 9)) for ax in figure.axes}
    ((low, high),) = limits
    assert low == -high


def test_axes_have_names(found):
    figure = figures.surface(found.findings.effects, ["zombies"], th.MARKET)
    assert figure.axes[0].get_xlabel() == "tolerance (years without a milestone)"
    assert figure.axes[0].get_ylabel() == "fund life (years)"
