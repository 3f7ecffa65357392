"""Declared studies: hand-made tables with known answers, verdicts and words that follow the sign, each wrong key, runs from end to end on a stand-in."""

import json
import math
import re
import shutil
import tomllib

import numpy as np
import pytest
from standin import LABELS, StandIn
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments import judging, special, studies, study_figures
from seedbed.experiments.command import app
from seedbed.experiments.judging import Finding, Table, estimates, finding_from, judge, sentence, verdict
from seedbed.experiments.statistics import Estimate
from seedbed.experiments.studies import Study, recompute, run_all, run_study

DECLARED = """
title = "Patience"
claim = "Patience brings more unicorns."
section = "4.1"
systems = [16]
facts = ["report.six_dragons"]
question = "Does it?"
expectation = ["It does."]
refuted_if = ["It does not."]
seeds = 12
years = 20
burn_in = 5
outcomes = ["unicorns_fundamental", "zombies"]
assumed = ["Nothing but this."]

[[arms]]
name = "short"

[[arms]]
name = "long"
changes = { "fund.tolerance.market" = 7 }

[[findings]]
name = "unicorns"
arm = "long"
against = "short"
outcome = "unicorns_fundamental"
expected = "above"
says = "patience brings {more} unicorns"

[[findings]]
name = "zombies"
arm = "long"
against = "short"
outcome = "zombies"
expected = "below"
says = "patience leaves {more} zombies"

[[findings]]
name = "jobs of each"
arm = "long"
outcome = "jobs / unicorns_fundamental"
label = "jobs for each unicorn"
expected = "none"
says = "a unicorn has {value} jobs"
"""


def declared(folder, text=DECLARED, name="patience"):
    """The study in a file of that text."""
    place = folder / f"{name}.toml"
    place.write_text(text)
    return place


def table(**outcomes):
    """A table of two arms, or as many as columns are given: outcome = [[seed 1: arm a, arm b], ...]."""
    found = {name: np.array(rows, dtype=float) for name, rows in outcomes.items()}
    seeds, arms = next(iter(found.values())).shape
    return Table(tuple("abcdefgh"[:arms]), tuple(range(1, seeds + 1)), found)


def value(one_table, outcome, weights, **more):
    found, _ = estimates(one_table, [Finding("x", "", outcome, weights, **more)])
    return found[0]


# --- findings from hand-made tables ----------------------------------------------------------------------------------


def test_a_paired_difference_is_the_mean_of_the_pairs():
    found = value(table(jobs=[[1, 3], [10, 12], [100, 102]]), "jobs", {"b": 1.0, "a": -1.0})
    assert (found.value, found.low, found.high, found.n) == (2.0, 2.0, 2.0, 3)


def test_a_ratio_is_the_sum_over_the_sum():
    found = value(table(jobs=[[1, 2], [3, 4]], founded=[[1, 1], [1, 2]]), "jobs / founded", {"b": 1.0, "a": -1.0})
    assert found.value == pytest.approx(6 / 3 - 4 / 2)


def test_a_difference_of_ratios_in_one_arm():
    one = table(won=[[1, 1], [3, 1]], wins=[[2, 1], [2, 1]], all=[[1, 1], [1, 1]], alls=[[4, 1], [4, 1]])
    assert value(one, "won / wins - all / alls", {"a": 1.0}).value == pytest.approx(4 / 4 - 2 / 8)
    assert value(one, "won / (wins + alls) - 2 * all", {"a": 1.0}).value == pytest.approx(4 / 12 - 2 * 1)


def test_weights_make_an_interaction():
    one = table(jobs=[[1, 2, 4, 9], [2, 3, 5, 10]])
    assert value(one, "jobs", {"d": 1.0, "b": -1.0, "c": -1.0, "a": 1.0}).value == pytest.approx(9 - 2 - 4 + 1)


def test_several_arms_are_taken_as_their_mean():
    finding = finding_from({"name": "x", "says": "{more}", "outcome": "jobs", "expected": "above", "arm": ["b", "c"], "against": "a"}, "here")
    assert dict(finding.weights) == {"b": 0.5, "c": 0.5, "a": -1.0}
    assert value(table(jobs=[[1, 2, 4], [1, 4, 6]]), "jobs", finding.weights).value == pytest.approx(4 - 1)


def test_a_missing_run_drops_its_seed_for_its_pairs_alone():
    one = table(jobs=[[1, 3, 0], [5, math.nan, 1], [2, 6, 5]])
    assert value(one, "jobs", {"b": 1.0, "a": -1.0}).n == 2
    assert value(one, "jobs", {"b": 1.0, "a": -1.0}).value == pytest.approx(3.0)
    assert value(one, "jobs", {"c": 1.0, "a": -1.0}).n == 3


def test_known_ratios_are_pooled_as_everywhere():
    one = table(public_net=[[1, 2], [3, 8]], unicorns_fundamental=[[1, 1], [3, 4]])
    assert value(one, "public_net_per_unicorn", {"b": 1.0, "a": -1.0}).value == pytest.approx(10 / 5 - 4 / 4)
    assert judging.parts_of("public_net_per_unicorn") == ["public_net", "unicorns_fundamental"]


def test_a_mark_other_than_nought_moves_the_family_and_not_the_estimate():
    rng = np.random.default_rng(1)
    one = table(jobs=1.0 + 0.1 * rng.normal(size=(40, 1)))
    at_nought, at_mark = (Finding("x", "", "jobs", {"a": 1.0}, "above", than) for than in (0.0, 1.0))
    found, together = estimates(one, [at_nought, at_mark])
    assert found.value[0] == found.value[1] == pytest.approx(1.0, abs=0.05)
    assert together.p[0] < 0.001 < 0.05 < together.p[1]


# --- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "low", "high", "word"),
    [
        ("above", 1, 3, "supported"), ("above", -3, -1, "contradicted"), ("above", -1, 3, "open"), ("below", -3, -1, "supported"),
        ("below", 1, 3, "contradicted"), ("below", -1, 1, "open"), ("none", 1, 3, "described"), ("above", math.nan, math.nan, "open"),
        ("zero", -0.4, 0.4, "supported"), ("zero", 0.6, 2, "contradicted"), ("zero", -2, -0.6, "contradicted"), ("zero", -0.4, 0.6, "open"), ("zero", 0.1, 0.4, "supported"),
    ],
)  # fmt: skip
def test_the_verdict_is_computed_from_the_interval(expected, low, high, word):
    finding = Finding("x", "", "jobs", {"a": 1.0}, expected, within=0.5 if expected == "zero" else 0.0)
    assert verdict(finding, Estimate((low + high) / 2, low, high, 50)) == word
    moved = Finding("x", "", "jobs", {"a": 1.0}, expected, 10.0, finding.within)
    assert verdict(moved, Estimate(10 + (low + high) / 2, 10 + low, 10 + high, 50)) == word


def test_what_is_clear_only_by_itself_is_open_among_many():
    finding, found = Finding("x", "it is {more}", "jobs", {"a": 1.0, "b": -1.0}, "above"), Estimate(2.0, 1.0, 3.0, 50)
    assert (verdict(finding, found, 0.04), verdict(finding, found, 0.06)) == ("supported", "open")
    assert "not among all findings" in sentence(finding, found, "", 0.06)
    assert "not among all findings" not in sentence(finding, found, "", 0.04)


# --- sentences -------------------------------------------------------------------------------------------------------

CLEAR = {"more": ("2.00 more", "2.00 fewer"), "much": ("2.00 more", "2.00 less"), "higher": ("2.00 higher", "2.00 lower"), "longer": ("2.00 longer", "2.00 shorter"),
         "raises": ("raises", "lowers"), "above": ("above", "below"), "gains": ("gains 2.00", "loses 2.00")}  # fmt: skip


@pytest.mark.parametrize("word", judging.WORDS)
def test_a_sentence_follows_the_sign(word):
    finding = Finding("x", f"it {{{word}}} them", "jobs", {"a": 1.0, "b": -1.0}, "above")
    told = [sentence(finding, Estimate(sign * 2.0, sign * 2.0 - 1, sign * 2.0 + 1, 50)) for sign in (1, -1)]
    assert told == [f"It {CLEAR[word][0]} them: +2.00 (+1.00 to +3.00).", f"It {CLEAR[word][1]} them: −2.00 (−3.00 to −1.00)."]
    unclear = sentence(finding, Estimate(2.0, -1.0, 5.0, 50))
    assert f"it {CLEAR[word][0]} them" not in unclear.lower() and f"it {CLEAR[word][1]} them" not in unclear.lower()
    assert re.search("not clearly|neither clearly", unclear)


def test_a_level_has_no_sign_and_shares_are_percent_and_points():
    level = Finding("x", "{value} succeed, {above} the half", "jobs", {"a": 1.0}, "above", than=0.5)
    assert sentence(level, Estimate(0.2, 0.1, 0.3, 9), "share") == "20.0% succeed, below the half: 20.0% (10.0% to 30.0%)."
    gap = Finding("x", "the share is {higher}", "jobs", {"a": 1.0, "b": -1.0}, "above")
    assert sentence(gap, Estimate(0.05, 0.02, 0.08, 9), "share") == "The share is 5.00 points higher: +5.00 points (+2.00 to +8.00)."


def test_what_does_nothing_at_all_is_said_so():
    finding = Finding("x", "there are {more}", "jobs", {"a": 1.0, "b": -1.0}, "above")
    assert sentence(finding, Estimate(0.0, 0.0, 0.0, 9)).endswith("0 (0 to 0). Not one run differs.")
    assert "differs" not in sentence(finding, Estimate(0.0, -1.0, 1.0, 9))


def test_what_cannot_be_told_is_said_so():
    finding = Finding("jobs", "there are {more}", "jobs", {"a": 1.0, "b": -1.0}, "above")
    assert "cannot be told" in sentence(finding, Estimate(math.nan, math.nan, math.nan, 0))
    assert "too few runs" in sentence(finding, Estimate(1.0, math.nan, math.nan, 1))


# --- what a declaration may not say ----------------------------------------------------------------------------------

WRONG = {
    "an unknown key": ('title = "Patience"', 'tilte = "Patience"', "tilte"),
    "no claim": ('claim = "Patience brings more unicorns."', "", "claim of the study"),
    "an empty title": ('title = "Patience"', 'title = " "', "title of the study"),
    "a section that is no text": ('section = "4.1"', "section = 4", "section of the study"),
    "no question": ('question = "Does it?"', "", "question of the study"),
    "no seeds": ("seeds = 12", "", "seeds of the study"),
    "no outcomes": ('outcomes = ["unicorns_fundamental", "zombies"]', "", "outcomes of the study"),
    "a system that there is not": ("systems = [16]", "systems = [32]", "31"),
    "a fact that there is not": ('"report.six_dragons"', '"report.seven_dragons"', "report.six_dragons"),
    "facts that are no list": ('facts = ["report.six_dragons"]', "facts = 3", "facts of the study"),
    "a need of no kind": ("systems = [16]", 'needs = ["law:x"]', "law:x"),
    "an analysis that there is not": ("systems = [16]", 'analysis = "tarot"', "survivorship"),
    "no finding": ("[[findings]]", "[[finding]]", "finding"),
    "a finding twice": ('name = "zombies"', 'name = "unicorns"', "each name once"),
    "a finding without a name": ('name = "zombies"', "", "name of the finding"),
    "an unknown key of a finding": ('expected = "below"', 'expects = "below"', "expects"),
    "an unknown expectation": ('expected = "below"', 'expected = "down"', "'down'"),
    "zero without a margin": ('expected = "below"', 'expected = "zero"', "within"),
    "a margin where none is used": ('expected = "below"', 'expected = "below"\nwithin = 1', "within"),
    "a mark that is no number": ('expected = "below"', 'expected = "below"\nthan = "half"', "than"),
    "a sentence that knows the answer": ("patience leaves {more} zombies", "patience leaves fewer zombies", "follows the sign"),
    "an unknown word in braces": ("patience leaves {more} zombies", "patience leaves {plenty} zombies", "plenty"),
    "a brace that does not close": ("patience leaves {more} zombies", "patience leaves {more zombies", "braces"),
    "no arm": ('arm = "long"\nagainst = "short"\noutcome = "zombies"', 'outcome = "zombies"', "arms of the finding"),
    "weights and an arm": ('against = "short"\noutcome = "zombies"', 'weights = { long = 1 }\noutcome = "zombies"', "arms of the finding"),
    "a weight of nought": ('arm = "long"\nagainst = "short"\noutcome = "zombies"', 'weights = { long = 0 }\noutcome = "zombies"', "weights"),
    "an arm against itself": ('against = "short"\noutcome = "zombies"', 'against = "long"\noutcome = "zombies"', "each arm once"),
    "an arm that is no text": ('against = "short"\noutcome = "zombies"', 'against = 7\noutcome = "zombies"', "against"),
    "an outcome that cannot be computed": ('"jobs / unicorns_fundamental"', '"jobs ** 2"', "ratios of names"),
    "an outcome that cannot be read": ('"jobs / unicorns_fundamental"', '"jobs /"', "ratios of names"),
    "a computed outcome without a label": ('label = "jobs for each unicorn"\n', "", "label of the finding"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "part"), WRONG.values(), ids=WRONG)
def test_a_wrong_declaration_is_one_sentence(old, new, part, tmp_path):
    assert old in DECLARED
    text = DECLARED.replace(old, new) if "finding]]" in new else DECLARED.replace(old, new, 1)
    with pytest.raises(BadInput, match=re.escape(part)):
        Study.load(declared(tmp_path, text))


@pytest.mark.parametrize(("old", "new", "part"), [('arm = "long"', 'arm = "longer"', "'longer'"), ("systems = [16]", 'against = "longer"', "'longer'")])
def test_an_arm_that_the_design_lacks_is_told_with_those_it_has(old, new, part, tmp_path):
    study = Study.load(declared(tmp_path, DECLARED.replace(old, new, 1)))
    with pytest.raises(BadInput, match=part) as told:
        run_study(study, model=StandIn(), progress=False)
    assert "short" in str(told.value)


def test_an_outcome_that_the_model_lacks_is_told_before_the_first_run(tmp_path):
    study = Study.load(declared(tmp_path, DECLARED.replace('"jobs / unicorns_fundamental"', '"happiness / jobs"')))
    with pytest.raises(BadInput, match="happiness"):
        run_study(study, model=StandIn(kill={("short", 1)}), progress=False)


def test_a_study_whose_needs_are_not_met_says_what_is_missing(tmp_path):
    wanted = 'needs = ["fund.life", "fund.life.market", "fund.luck", "programme:small_grant", "programme:magic", "field:budget", "scenario:baseline", "outcome:jobs", "outcome:joy"]'
    study = Study.load(declared(tmp_path, DECLARED.replace("systems = [16]", wanted)))
    assert study.unmet() == ["fund.luck", "programme:magic", "outcome:joy"]
    with pytest.raises(BadInput, match=r"fund\.luck"):
        run_study(study, model=StandIn(), progress=False)


# --- from end to end, on a stand-in ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study = Study.load(declared(folder))
    return study, run_study(study, out=folder / "runs", model=StandIn(), progress=False)


def test_what_was_put_in_comes_out(finished):
    _, answer = finished
    unicorns, zombies, jobs = answer.summary["findings"]
    assert zombies["value"] == pytest.approx(25 * (7 - 7 / 3)) and zombies["verdict"] == "contradicted"
    assert unicorns["value"] == pytest.approx(math.log2(3), abs=0.5) and unicorns["verdict"] == answer.summary["verdict"] == "supported"
    assert answer.summary["result"] == unicorns["sentence"] and "more unicorns" in unicorns["sentence"]
    assert jobs["verdict"] == "described" and jobs["weights"] == {"long": 1.0}
    by = {(row["arm"], row["outcome"]): row for row in answer.summary["arms"]}
    assert by["long", "zombies"]["better"] == -1 and by["short", "zombies"]["difference"] is None
    assert {row["outcome"] for row in answer.summary["arms"]} == {"unicorns_fundamental", "zombies"}


def test_the_page_says_claim_findings_and_limits(finished):
    _, answer = finished
    for part in ("Patience brings more unicorns.", "The claim is supported here", "Nothing but this.", "12 seeds are few", *(row["sentence"] for row in answer.summary["findings"])):
        assert part in answer.page


def test_five_files_are_written_and_the_summary_comes_again_from_the_table(finished):
    study, answer = finished
    assert {place.name for place in answer.folder.iterdir()} == set(studies.FILES)
    manifest, written, again = recompute(answer.folder, study)
    assert written == again and manifest["declaration"] == study.digest
    figure = (answer.folder / "figure.png").read_bytes()
    assert figure.startswith(b"\x89PNG") and len(figure) < study_figures.LARGEST
    assert figure == study_figures.png(study, answer.table, answer.summary)


def test_a_table_that_was_changed_is_noticed(finished, tmp_path):
    study, answer = finished
    shutil.copytree(answer.folder, tmp_path / "answer")
    place = tmp_path / "answer" / "table.csv"
    lines = place.read_text().splitlines()
    cells = lines[1].split(",")
    cells[2] = str(float(cells[2]) + 1)
    place.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    _, written, again = recompute(tmp_path / "answer", study)
    assert written != again


def test_a_declaration_that_was_changed_after_its_run_is_noticed(finished, tmp_path):
    study, answer = finished
    shutil.copytree(answer.folder, tmp_path / "results" / study.name)
    assert not studies.stale(study, tmp_path / "results")
    comment = Study.load(declared(tmp_path, "# a comment changes nothing\n" + DECLARED))
    other = Study.load(declared(tmp_path, DECLARED.replace('expected = "below"', 'expected = "above"')))
    assert comment.digest == study.digest != other.digest
    assert studies.stale(other, tmp_path / "results")


def test_a_study_goes_on_where_it_stopped_and_more_seeds_add_to_it(tmp_path):
    study = Study.load(declared(tmp_path)).with_(seeds=4)
    first = run_study(study, out=tmp_path / "runs", model=StandIn(), progress=False)
    # a worker that would be killed by these runs shows that they are not done again
    guard = StandIn(kill={(arm, seed) for arm in ("short", "long") for seed in (1, 2, 3, 4)})
    more = run_study(study.with_(seeds=6), out=tmp_path / "runs", model=guard, progress=False)
    assert (first.summary["runs"], more.summary["runs"]) == (8, 12)


def test_other_rules_begin_anew_beside_the_old_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "FOLDER", tmp_path)
    declared(tmp_path, name="first")
    for rules in ("old rules", "new rules", "new rules"):
        monkeypatch.setattr(studies, "Model", lambda rules=rules: StandIn(source=rules))
        assert run_all(["first"], tmp_path / "runs", tell=lambda _: None, progress=False, figure=False) == {"first": "supported"}
    assert len(list((tmp_path / "runs" / "first").iterdir())) == 2


def test_failed_runs_are_left_out_and_told(tmp_path):
    answer = run_study(Study.load(declared(tmp_path)), out=tmp_path / "runs", model=StandIn(fail={("long", 3)}), progress=False)
    assert answer.summary["failed"] == 1 and answer.summary["findings"][0]["n"] == 11
    assert "1 runs failed" in answer.page
    assert recompute(answer.folder, answer.study)[1] == recompute(answer.folder, answer.study)[2]


def test_one_study_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "FOLDER", tmp_path)
    monkeypatch.setattr(studies, "Model", lambda: StandIn(fail={("bad", seed) for seed in range(1, 13)} | {("worse", seed) for seed in range(1, 13)}))
    declared(tmp_path, name="first", text=DECLARED.replace('"short"', '"bad"').replace('"long"', '"worse"'))
    declared(tmp_path, name="second", text=DECLARED.replace("systems = [16]", 'needs = ["fund.luck"]'))
    declared(tmp_path, name="third")
    declared(tmp_path, name="fourth", text="title = 3")
    told = []
    ended = run_all(["first", "second", "third", "fourth"], tmp_path / "runs", tmp_path / "answers", tell=told.append, progress=False, figure=False)
    assert ended["first"].startswith("failed: every run of first failed") and ended["second"] == "skipped: this version has no fund.luck"
    assert ended["third"] == "supported" and ended["fourth"].startswith("failed")
    assert (tmp_path / "answers" / "third" / "summary.json").is_file() and len(told) == 6
    assert studies.committed("third", tmp_path / "answers")["verdict"] == "supported"


def test_an_interrupt_stops_all(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "FOLDER", tmp_path)
    declared(tmp_path, name="first")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(studies, "run_study", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_all(["first"], tmp_path, tell=lambda _: None)


# --- special analyses ------------------------------------------------------------------------------------------------


class Told:
    """What an analysis asks of a study."""

    shows, given = ("unicorns_fundamental",), {"outcomes": ["unicorns_fundamental"]}


def test_break_even_is_where_half_succeed_and_points_lie_on_the_closed_form():
    one = table(account_paid=[[2.0, 4.0]] * 3, account_returned=[[0.8, 4.0]] * 3, account_awards=[[10, 20]] * 3, account_succeeded=[[2, 10]] * 3)
    found = special.break_even(Told, one)
    assert (found["multiple"], found["break_even"]) == (2.0, 0.5)
    for point, share in (("a", 0.2), ("b", 0.5)):
        assert found["points"][point]["share"]["value"] == pytest.approx(share)
        assert found["points"][point]["back"]["value"] == pytest.approx(found["multiple"] * share)


def test_regret_is_how_far_a_package_falls_short_of_the_best_in_the_same_world():
    arms = ("none | dry", "fund | dry", "none | wet", "fund | wet")
    values = np.array([[1.0, 3.0, 5.0, 4.0], [1.0, 3.0, 5.0, 4.0], [1.0, 3.0, 5.0, 4.0]])
    found = special.regrets(Told, Table(arms, (1, 2, 3), {"unicorns_fundamental": values}))
    rows = {row["package"]: row for row in found["ranked"]["unicorns_fundamental"]}
    assert (rows["none"]["expected"]["value"], rows["none"]["worst"]["value"]) == (1.0, 2.0)
    assert (rows["fund"]["expected"]["value"], rows["fund"]["worst"]["value"]) == (0.5, 1.0)
    assert rows["fund"]["level"]["value"] == 3.5
    assert found["lines"] and "fund (0.500" in found["lines"][0] and "all others are clearly behind" in found["lines"][0]


def test_where_less_is_better_the_cheapest_has_no_regret():
    class Cost(Told):
        shows = ("public_net",)

    one = Table(("none | dry", "fund | dry"), (1, 2), {"public_net": np.array([[1.0, 3.0], [1.0, 3.0]])})
    rows = {row["package"]: row for row in special.regrets(Cost, one)["ranked"]["public_net"]}
    assert (rows["none"]["worst"]["value"], rows["fund"]["worst"]["value"], rows["fund"]["level"]["value"]) == (0.0, 2.0, 3.0)


@pytest.fixture(scope="module")
def town():
    from seedbed import simulate

    changes = {"city.graduates": 30, "city.newcomers": 20, "fund.tolerance_spread": 0.5}
    return simulate("baseline", seed=4, years=24, changes=changes)


def test_patience_of_winners_is_what_the_history_tells(town):
    found = special.patience_of_winners(town.world, 2)
    rounds, funds, ventures = town.rounds(), town.funds(), town.ventures()
    lead = rounds[rounds["number"] == 1].set_index("venture")["lead"]
    lead = lead[lead.map(funds["kind"]) == "market"]
    lead = lead[ventures.loc[lead.index, "founded"] >= 2]
    managers = town.world.managers[town.world.managers["kind"] == 1]
    patient = lead.map(funds["tolerance"]) > np.median(managers["tolerance"]) / 4
    won = ventures.loc[lead.index, "unicorn_fundamental"].notna()
    assert found["backed"] == len(lead) > 50
    assert found["backed_patient"] == patient.sum() and found["winners"] == won.sum() > 0
    assert found["winners_patient"] == (patient & won).sum()
    assert found["celebrated"] == min(6, found["winners"])
    assert 0 < found["winner_years"] <= found["backed_years"]


def test_failures_add_up(town):
    found = special.failures(town.world, 2)
    ventures = town.ventures()
    followed = ventures[(ventures["founded"] >= 2) & (ventures["founded"] < 24 - special.FOLLOWED)]
    assert found["followed_all"] == len(followed) > 50
    for what in ("followed", "soon", "late"):
        assert sum(found[f"{what}_{name}"] for name in special.SECTORS) == found[f"{what}_all"]
        assert sum(found[f"{what}_rung{place}"] for place in range(len(special.RUNGS))) == found[f"{what}_all"]
    assert found["soon_all"] <= found["late_all"] <= found["followed_all"]
    assert found["followed_funded"] == found["followed_all"] - found["followed_rung0"]
    assert set(found) == set(special.FAILURES)


def test_the_account_is_that_of_the_repaid_grants(town):
    found = special.account_of_programmes(town.world, 2)
    (row,) = [row for row, programme in zip(town.world.programme_accounts, town.world.programmes, strict=True) if programme["repay_multiple"] > 0]
    assert found["account_paid"] == pytest.approx(int(row["paid"]) / 1e8) and found["account_paid"] > 0
    assert found["account_awards"] == row["awards"] >= found["account_succeeded"] + found["account_failed"]
    assert set(found) == set(special.ACCOUNT)


def test_a_measured_study_has_its_own_outcomes_and_source(town):
    model = studies.Measured("survivorship")
    plain = studies.Model()
    assert set(model.labels()) - set(plain.labels()) == set(special.SURVIVORSHIP)
    assert model.source().startswith(plain.source()) and model.source() != plain.source()


# --- those that are shipped ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", studies.names())
def test_every_shipped_declaration_can_be_carried_out(name):
    study = Study.load(name)
    assert set(study.findings[0].weights) and study.findings[0].expected != "none"
    if study.unmet():
        pytest.skip(f"needs {', '.join(study.unmet())}")
    model = studies.Measured(study.analysis) if study.special is not None and study.special.measure else studies.Model()
    for arm in study.experiment.arms:
        model.case(arm)
    assert set(study.kept) <= set(model.labels())
    assert study.against in ("", *(arm.name for arm in study.experiment.arms))
    assert 500 <= len(study.experiment) <= 5000, "so that all of them take less than an hour on two processors"


def test_every_system_of_the_report_has_a_study():
    assert {number for name in studies.names() for number in Study.load(name).systems} == set(range(1, studies.SYSTEMS + 1))


@pytest.mark.parametrize("name", [name for name in studies.names() if studies.committed(name)])
def test_a_committed_answer_is_that_of_its_table_and_its_declaration(name):
    manifest, written, again = recompute(studies.RESULTS / name)
    assert manifest["declaration"] == Study.load(name).digest, "the declaration was changed after its run"
    assert [row["sentence"] for row in again["findings"]] == [row["sentence"] for row in written["findings"]]
    for there, here in zip(written["findings"], again["findings"], strict=True):
        assert [here[key] for key in ("value", "low", "high")] == pytest.approx([there[key] for key in ("value", "low", "high")], rel=1e-6, nan_ok=True)
    assert again["verdict"] == written["verdict"] and written["failed"] == written["missing"] == 0
    assert (studies.RESULTS / name / "figure.png").stat().st_size <= study_figures.LARGEST


# --- the commands ----------------------------------------------------------------------------------------------------


def typed(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="seedbed")


def test_studies_are_listed_with_what_they_need_and_found():
    result = typed("studies", "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == studies.names()
    for row in rows:
        assert row["claim"] and row["section"] and (row["unmet"] or row["runs"] >= 500)
        assert (row["result"] is None) == (studies.committed(row["name"]) is None)
    assert typed("studies", "grant-or-fund").stdout.startswith("1 studies")


BAD = {
    "an unknown study": (["study", "grant_or_found"], ["'grant_or_found'", "'grant_or_fund'"]),
    "an unknown study in the list": (["studies", "grant_or_found"], ["'grant_or_found'", "'grant_or_fund'"]),
    "a setting": (["study", "grant_or_fund", "--set", "fund.life=9"], ["fund.life=9", "copy its file"]),
    "another city": (["study", "grant_or_fund", "--scenario", "report"], ["'report'", "copy its file"]),
    "seeds in words": (["study", "grant_or_fund", "--seeds", "many"], ["'many'", "--seeds"]),
    "answers of the main study": (["study", "tolerance-horizon", "--answers", "there"], ["'there'", "--answers"]),
}


@pytest.mark.parametrize(("words", "parts"), BAD.values(), ids=BAD)
def test_wrong_input_is_one_sentence(words, parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = typed(*words)
    assert result.exit_code == 2 and result.stdout == "" and list(tmp_path.iterdir()) == []
    assert all(part in result.stderr for part in parts), result.stderr


def test_a_study_of_ones_own_is_run_from_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studies, "Model", StandIn)
    place = declared(tmp_path)
    result = typed("study", place, "--seeds", 3, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["seeds"] == 3
    (kept,) = (tmp_path / "results/studies/patience").iterdir()
    assert (kept / "answer/summary.md").is_file() and str(kept.relative_to(tmp_path)) in result.stderr
    result = typed("study", place, "--seeds", 3, "--answers", "kept")
    assert "The claim is" in result.stdout and (tmp_path / "kept/patience/table.csv").is_file()


def test_the_exit_code_tells_of_a_study_that_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "FOLDER", tmp_path)
    monkeypatch.setattr(studies, "Model", lambda: StandIn(fail={(arm, seed) for arm in ("short", "long") for seed in range(1, 5)}))
    declared(tmp_path)
    result = typed("studies", "--run", "--quick", "--out", tmp_path / "runs", "--no-figures")
    assert result.exit_code == 1 and "1 of 1 studies failed: patience" in result.stderr


def test_declarations_are_read_as_they_stand():
    given = tomllib.loads((studies.FOLDER / "grant_or_fund.toml").read_text())
    assert given["findings"][0]["name"] == Study.load("grant_or_fund").findings[0].name
    assert set(LABELS)  # the stand-in's outcomes are those that these tests name


def test_the_study_of_the_guide_is_a_study_and_its_python_runs(tmp_path, monkeypatch):
    from pathlib import Path

    page = (Path(studies.__file__).parent / "LABORATORY.md").read_text(encoding="utf-8").split("## Studies of the report's claims")[1].split("\n## ")[0]
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    study = Study.load(declared(tmp_path, text, "my_study"))
    answer = run_study(study.with_(seeds=3), model=StandIn(), progress=False)
    assert answer.summary["study"] == "my_study" and answer.summary["against"] == "2 1/3 years"
    for word in re.findall(r"`{(\w+)}`", page):
        assert word in (*judging.WORDS, *judging.FIGURES)
    assert all(f"`{name}`" in page for name in special.ANALYSES)
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    exec(compile(code, "LABORATORY.md", "exec"), {})


def test_judge_needs_nothing_but_the_table(finished):
    study, answer = finished
    assert judge(study, answer.table, json.loads((answer.folder / "manifest.json").read_text()))["result"] == answer.summary["result"]
