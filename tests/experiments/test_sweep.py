"""Before and after a study: what a check refuses, what a forecast says, what is printed, and the command itself."""

import json
import math
import re
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made import Made
from standin import LABELS, StandIn
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments import sweep
from seedbed.experiments.command import app
from seedbed.experiments.design import Arm, Experiment, grid, latin_hypercube, morris, one_at_a_time, sobol, table
from seedbed.experiments.runner import Results, run
from seedbed.experiments.statistics import mean, paired
from seedbed.model.scenario import Scenario

LIFE, TOLERANCE = "fund.life.market", "fund.tolerance.market"
TINY = '"city.graduates" = 5\n"city.newcomers" = 2\n"university.number" = 1\n'
DESIGN = f"""
name = "tiny"
seeds = 2
years = 2
burn_in = 0
outcomes = ["founded", "invested"]
[changes]
{TINY}
[plan]
kind = "grid"
[plan.factors]
"{LIFE}" = [7, 12]
"""


def small(arms=None, **changes):
    arms = arms or grid("baseline", {LIFE: [7, 12]})
    return replace(Experiment("small", arms, 4, 20, 5, outcomes=("unicorns_fundamental", "zombies")), **changes)


# --- can it be done? -------------------------------------------------------------------------------------------------


def test_a_check_finds_nothing_wrong_and_tells_equal_arms_apart():
    found = sweep.check(small())
    assert len(set(found.digests.values())) == 2 and found.notes == ()


def test_contradictions_within_an_arm_are_told_with_the_arm():
    arms = table("baseline", [{LIFE: 7, "fund.tranche": 4}, {LIFE: 2, "fund.tranche": 12}])
    with pytest.raises(BadInput, match=r"(?s)fund\.life\.market cannot be 2.*arm 'row 2'.*length of a tranche"):
        sweep.check(small(arms))
    with pytest.raises(BadInput, match="arm 'typo'.*fund.life"):
        sweep.check(small((Arm("typo", changes={"fund.lief": 3}),)))
    with pytest.raises(BadInput, match="arm 'nowhere'"):
        sweep.check(small((Arm("nowhere", "atlantis"),)))


def test_an_unknown_outcome_is_told_with_the_nearest_one():
    with pytest.raises(BadInput, match="'zombys'.*did you mean 'zombies'"):
        sweep.check(small(outcomes=("zombys",)))


def test_twins_are_refused_where_they_are_a_slip_and_told_elsewhere():
    # the scenario has this life already, so the row changes nothing
    twins = table("baseline", [{LIFE: None}, {LIFE: Scenario.load("baseline").parameters[LIFE]}])
    with pytest.raises(BadInput, match="the arm 'row 1' is the same"):
        sweep.check(small(twins))
    placebo = (Arm("as it is"), Arm("placebo"))
    assert "1 of 2 arms are the same as another one" in sweep.check(small(placebo)).notes[0]
    drawn = sweep.check(small(morris("baseline", {"fund.successor": {}, "fund.money_limit": {}}, 4)))
    assert "of 12 arms repeat another one" in drawn.notes[0]


def test_going_beyond_the_evidence_is_told():
    arms = grid("baseline", {LIFE: [3, 7], TOLERANCE: [2, 7], "fund.successor": {}})
    (note,) = sweep.check(small(arms)).notes
    assert note.startswith(f"{LIFE} goes from 3 to 7 years, beyond the range of its evidence")


def test_thousands_of_arms_are_checked_in_seconds():
    arms = sobol("baseline", [LIFE, TOLERANCE, "fund.size.market", "university.practice"], 256)
    assert len(arms) == 1536
    started = time.process_time()
    sweep.check(small(arms))
    assert time.process_time() - started < 5  # 0.3 ms an arm on one core; ten times as much would be a fault


# --- what will it cost? ----------------------------------------------------------------------------------------------


def test_a_stated_rate_is_taken_as_it_is():
    cost = sweep.forecast(small(), rate=4, workers=2, model=StandIn())
    assert (cost.total, cost.runs, cost.seconds_a_run, cost.seconds) == (8, 8, 0.25, 1.0)
    a_run = sweep.BYTES_A_RUN + sweep.BYTES_AN_OUTCOME * len(LABELS)
    assert cost.bytes == sweep.BYTES_A_STUDY + 8 * a_run + sweep.BYTES_A_COLUMN * (len(LABELS) + 5)
    assert cost.free is None and not cost.long
    assert sweep.forecast(small(seeds=1000), rate=4, workers=2, model=StandIn()).long


def test_without_one_a_few_runs_are_timed():
    cost = sweep.forecast(small(), workers=1, model=StandIn(seconds=0.02))
    assert 0.02 <= cost.seconds_a_run < 0.2 and "measured on 2" in cost.rate_from
    plain = sweep.forecast(small(), rate=1, model=StandIn()).bytes_a_run
    arms = tuple(replace(arm, keeps=("curves",)) for arm in small().arms)
    with_curves = sweep.forecast(small(arms), rate=1, model=StandIn()).bytes_a_run
    assert with_curves > plain + 1000
    half = sweep.forecast(small((arms[0], small().arms[1])), rate=1, model=StandIn()).bytes_a_run
    assert plain + 1000 < half


def test_a_shard_does_its_part_and_what_is_done_does_not_count(tmp_path):
    assert sweep.forecast(small(), rate=1, shard=(1, 3), model=StandIn()).runs == 3
    run(small(), model=StandIn(), out=tmp_path / "study", progress=False)
    done = sweep.forecast(small(), out=tmp_path / "study", model=StandIn())
    assert (done.runs, done.seconds, done.bytes) == (0, 0, 0)
    more = sweep.forecast(small(seeds=6), out=tmp_path / "study", rate=1, workers=1, model=StandIn())
    assert (more.total, more.runs, more.seconds) == (12, 4, 4.0)


def test_a_trial_that_fails_is_told_and_refuses_nothing():
    names = [arm.name for arm in small().arms]
    cost = sweep.forecast(small(), model=StandIn(fail=[(name, 1) for name in names]))
    assert cost.seconds is None and "made to fail at seed 1" in cost.rate_from
    rows = dict(sweep.told(small(), cost, (), None))
    assert rows["time"].startswith("not known") and rows["disk"] == "nothing is kept"


def test_a_disk_too_small_is_told_before_the_first_run(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep.shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(BadInput, match="at most what is free on the disk"):
        sweep.forecast(small(), out=tmp_path / "a" / "b", rate=1, model=StandIn())


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf, True])
def test_a_rate_that_cannot_be(rate):
    with pytest.raises(BadInput, match="--rate"):
        sweep.forecast(small(), rate=rate, model=StandIn())


def test_the_disk_that_is_forecast_is_about_what_is_used(tmp_path):
    experiment = small(latin_hypercube("baseline", [LIFE, TOLERANCE], 200), seeds=2)
    cost = sweep.forecast(experiment, rate=100, model=StandIn())
    run(experiment, model=StandIn(), out=tmp_path / "study", progress=False)
    used = sum(file.stat().st_size for file in (tmp_path / "study" / "runs").rglob("*.parquet"))
    # the stand-in says the same for all arms of a seed in most outcomes, which packs better than the model's
    assert used < cost.bytes - sweep.BYTES_A_STUDY < used * 4


# --- what came out? --------------------------------------------------------------------------------------------------


def test_few_arms_are_shown_with_their_intervals_and_differences():
    results = run(small(), model=StandIn(), progress=False)
    told = sweep.summary(results)
    values = results.values("zombies")
    own, step = mean(values[:, 1]), paired(values[:, 0], values[:, 1])
    row = told.values[3]
    assert (row["outcome"], row["arm"], row["n"]) == ("zombies", "fund.life.market=12", 4)
    assert [row["mean"], row["low"], row["high"]] == pytest.approx([own.value, own.low, own.high])
    assert [row["difference"], row["difference_low"], row["difference_high"]] == pytest.approx(
        [step.value, step.low, step.high]
    )
    assert math.isnan(told.values[2]["difference"]) and told.sections == (0, 2) and told.next == ()
    assert told.title == "small: 8 of 8 runs, 2 arms, 4 seeds, 20 years"


def test_one_seed_has_no_interval():
    told = sweep.summary(run(small(seeds=1), model=StandIn(), progress=False))
    assert told.columns == ("outcome", "arm", "mean", "interval")
    assert all(math.isnan(row["low"]) for row in told.values) and all(row[3] == "" for row in told.rows)


def test_many_arms_are_shown_together():
    # the outcome is the number of the arm, with luck of -1 and +1: a variance of 2 in each arm, of 1 in the mean of two
    experiment = small(latin_hypercube("baseline", [LIFE], 21), seeds=2, outcomes=("y",))
    place = {arm.name: number for number, arm in enumerate(experiment.arms)}
    results = Made(experiment, lambda arm, seed: {"y": place[arm.name] + (-1) ** seed})
    (row,) = sweep.summary(results).values
    assert (row["mean"], row["median"], row["low_5"], row["high_95"]) == pytest.approx((10, 10, 1, 19))
    assert row["luck"] == pytest.approx(1) and row["highest_arm"] == "lhs 20"


def test_without_declared_outcomes_a_handful_is_shown():
    told = sweep.summary(run(small(outcomes=()), model=StandIn(), progress=False))
    assert {row["outcome"] for row in told.values} == set(sweep.MAIN) & set(LABELS)


def test_the_next_command_is_one_that_there_is():
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    for make, word in ((sobol, "sensitivity"), (latin_hypercube, "discover")):
        experiment = small(make("baseline", [LIFE], 2))
        lines = sweep._next(experiment, "results/x", (word, "export"))
        assert lines[0].startswith(f"seedbed {word} results/x ") and lines[1].startswith("seedbed export results/x ")
        assert not any(word in line for line in sweep._next(experiment, "results/x", ()))
    assert {"sweep", "status", "export"} <= names


# --- the command -----------------------------------------------------------------------------------------------------


def typed(*arguments):
    return CliRunner().invoke(app, ["sweep", *map(str, arguments)], prog_name="seedbed")


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.toml").write_text(DESIGN)
    return tmp_path / "tiny.toml"


def test_a_dry_run_tells_the_cost_and_runs_nothing(tiny, tmp_path):
    done = typed(tiny, "--dry-run", "--rate", 10, "--workers", 2, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "4 of 2 years" in done.stdout and "about 200 ms on 2 workers" in done.stdout
    assert not (tmp_path / "out").exists()
    said = json.loads(typed(tiny, "--dry-run", "--rate", 10, "--json").stdout)
    assert said["forecast"]["runs"] == 4 and said["plan"]["kind"] == "grid" and said["out"] == "results/tiny"


def test_a_sweep_runs_resumes_and_grows(tiny, tmp_path):
    out = tmp_path / "out"
    first = typed(tiny, "--out", out, "--workers", 1, "--yes")
    assert first.exit_code == 0, first.output
    assert "tiny: 4 of 4 runs, 2 arms, 2 seeds, 2 years" in first.stdout and "minus the first" in first.stdout
    assert "measured on 2" in first.stderr and "Results.load(" in first.stderr
    again = typed(tiny, "--out", out, "--json")
    assert "it is done" in again.stderr
    said = json.loads(again.stdout)
    assert (said["runs"], said["failed"], said["runs_in_experiment"]) == (4, 0, 4)
    assert {row["outcome"] for row in said["outcomes"]} == {"founded", "invested"}
    more = json.loads(typed(tiny, "--out", out, "--seeds", 3, "--json").stdout)
    assert more["runs"] == 6 and more["forecast"]["runs_to_do"] == 2
    # what was stored is what the same experiment gives without a store
    experiment = replace(Experiment.from_toml(tiny), seeds=(1, 2, 3))
    straight = run(experiment, progress=False, workers=1)
    np.testing.assert_array_equal(straight.values("founded"), Results.load(out).values("founded"))


def test_shards_meet_in_one_directory(tiny, tmp_path):
    for part in ("1/2", "2/2"):
        done = typed(tiny, "--out", tmp_path / "out", "--shard", part, "--rate", 9, "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["forecast"]["runs_to_do"] == (2 if part == "1/2" else 1)
    assert Results.load(tmp_path / "out").complete


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no.toml"], "existing TOML file"),
        (["no_such_design"], "did you mean|allowed"),
        (["DESIGN", "--seeds", "many"], "--seeds"),
        (["DESIGN", "--shard", "3/2"], "--shard"),
        (["DESIGN", "--rate", "0"], "--rate"),
        (["DESIGN", "--workers", "0"], "--workers"),
        (["DESIGN", "--rate", "1", "--executor", "moon"], "executor"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(arguments, told, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = typed(*(str(tiny) if word == "DESIGN" else word for word in arguments))
    assert done.exit_code == 2, done.output
    assert re.search(told, done.stderr) and "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


def test_a_broken_file_is_told_with_its_line(tmp_path):
    (tmp_path / "broken.toml").write_text('name = "x"\nseeds = \n')
    done = typed(tmp_path / "broken.toml")
    assert done.exit_code == 2 and "broken.toml" in done.stderr and "line 2" in done.stderr


def test_a_long_study_is_asked_about_on_a_terminal(tiny, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("seedbed.experiments.command._asked_by_a_person", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda *words, **_: asked.append(words) or False)
    done = typed(tiny, "--rate", 0.001, "--out", tmp_path / "out")
    assert asked and done.exit_code == 0 and "Nothing was run" in done.stderr
    assert not (tmp_path / "out").exists()


DESIGNS = sorted(path.stem for path in sweep.DESIGNS.glob("*.toml"))


@pytest.mark.parametrize("name", DESIGNS)
def test_every_shipped_design_can_be_carried_out(name):
    experiment = Experiment.from_toml(sweep.file_of(name))
    assert experiment.name == name and experiment.question
    some = range(0, len(experiment.arms), max(1, len(experiment.arms) // 200))
    sweep.check(replace(experiment, arms=tuple(experiment.arms[place] for place in some)))
    assert sweep.folder_of(experiment) == f"results/{name}"


def test_the_shipped_designs_show_every_kind_of_plan():
    from seedbed.experiments.design import PLANS

    kinds = {Experiment.from_toml(sweep.file_of(name)).plan.get("kind", "arms") for name in DESIGNS}
    assert kinds == {*PLANS, "arms"}


def test_a_folder_has_a_name_that_a_disk_takes():
    assert sweep.folder_of(small(name="Is it / worth it?")) == "results/Is-it-worth-it"
    assert sweep.folder_of(small(name="??")) == "results/study"
    assert one_at_a_time("baseline", [LIFE])[0].name == "base"
