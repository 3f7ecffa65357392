"""The guided lessons: belief by hand, answers that follow from their numbers, both languages, faulty files refused."""

import dataclasses
import json
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seedbed.agents.accounts import MILESTONE
from seedbed.agents.errors import BadInput
from seedbed.experiments import command_lesson
from seedbed.experiments.command import app
from seedbed.experiments.judging import Table
from seedbed.experiments.page import belief, lessons
from seedbed.experiments.page.lessons import (
    AGREEMENT,
    CHOICES,
    LESSONS,
    Answer,
    Cancelled,
    Found,
    Large,
    figure,
    interval,
    lesson,
    load,
    run,
)
from seedbed.experiments.runner import Model
from seedbed.experiments.studies import Study
from seedbed.experiments.tolerance_horizon import experiment
from seedbed.model.language import catalogue
from seedbed.model.scenario import Scenario

SMALL = {"seeds": 2, "years": 14}  # of a lesson: long enough for a few firms that are followed for ten years
HALVES = belief.Project(form=1, sector=1, link=0, prior=0.5, rate=math.log(2.0), burn=1e8, prize=100e8, discount=1e-9)  # 1 and 100 million RMB
SIGNS = (1, -1, 0)


@pytest.fixture(scope="module")
def answers():
    """Every lesson, run small."""
    return {name: run(name, **SMALL) for name in LESSONS}


def turned(answer: Answer, sign: int) -> Answer:
    """The same answer, had its intervals come out above the mark, below it, or across it."""
    bounds = {1: (3.0, 1.0, 5.0), -1: (-3.0, -5.0, -1.0), 0: (0.5, -1.0, 2.0)}[sign]
    found = tuple(dataclasses.replace(one, difference=bounds[0], low=bounds[1], high=bounds[2]) for one in answer.findings)
    return dataclasses.replace(answer, findings=found)


def stem(text: str) -> str:
    """A sentence as it stands before its figures are filled in."""
    return "".join(re.escape(part) if n % 2 == 0 else ".*" for n, part in enumerate(re.split(r"(\{\w+\})", text)))


# -- belief -------------------------------------------------------------------------------------------------------------


def test_belief_by_hand():
    # Every silent quarter halves the odds of a project that began at one to one: 1:1, 1:2, 1:4, 1:8.
    assert [HALVES.belief(n) for n in range(4)] == pytest.approx([1 / 2, 1 / 3, 1 / 5, 1 / 9])


def test_what_an_investor_pays_for_by_hand():
    # Three projects that need 1, 3 and 10 quarters and one that cannot work. Who stops after 4 quarters finds the first two, gives up the third, and pays a
    # year for the fourth: 2 x 100 million won, 1 + 3 + 4 + 4 million spent. After 2 quarters three are silent, of which two can work.
    can, needed = np.array([True, True, True, False]), np.array([1.0, 3.0, 10.0, 0.5])
    found = belief.paid_for(HALVES, can, needed, stop=4.0, asked=2.0)
    assert found == pytest.approx({"projects": 4, "can": 3, "silent": 3, "still": 2, "lost": 1, "vain": 1.0, "worth": 200 - 12}, rel=1e-6)


def test_formulas_by_hand():
    closed = belief.closed_forms(HALVES, {"short": 1.0, "long": 3.0})
    assert closed["lost / can"] == pytest.approx({"short": 1 / 2, "long": 1 / 8})  # half of those left show themselves in each quarter
    assert closed["vain / projects"] == pytest.approx({"short": 0.5 * 0.25, "long": 0.5 * 0.75})
    # 1/2 (1 - 2^-T) of the projects win 100 million; work costs 1 million a quarter: T where it cannot work, (1 - 2^-T) / ln 2 on average where it can.
    by_hand = {name: 50 * (1 - 0.5**t) - 0.5 * t - 0.5 * (1 - 0.5**t) / math.log(2) for name, t in (("short", 1), ("long", 3))}
    assert closed["worth / projects"] == pytest.approx(by_hand, rel=1e-6)


def test_draws_agree_with_formulas(answers):
    found = run("bandit", 40)
    for row in found.rows:
        for bar in row.bars:
            error = (bar.high - bar.low) / (2 * 1.96)
            assert abs(bar.value - row.closed[bar.arm]) < 4.5 * error, (row.label, bar)
    points = [point for point in found.lines()["points"] if point["low"] < point["high"]]
    assert len(points) > 4
    for point in points:
        assert abs(point["value"] - found.belief.project.belief(point["x"] / 3)) < 4.5 * (point["high"] - point["low"]) / (2 * 1.96)


def test_the_bayesian_rule_stops_where_a_project_is_worth_most(answers):
    seen = answers["bandit"].belief
    best = seen.stops["Bayesian rule"]
    worths = [seen.project.worth(best + step) for step in (-8, -2, -0.5, 0, 0.5, 2, 8)]
    assert max(worths) == worths[3]
    assert seen.project.belief(best) * seen.project.rate * seen.project.prize == pytest.approx(seen.project.burn), "there the next quarter just pays"


def test_the_arms_of_belief_stop_as_their_scenario_says(answers):
    stops = answers["bandit"].belief.stops
    assert stops["rule of thumb"] == pytest.approx(28 / 3)  # quarters of 2 1/3 years
    assert stops["bears seven years"] == pytest.approx(28)


def test_lines_are_probabilities_over_months(answers):
    drawn = answers["bandit"].lines("zh")
    silent, feasible, waiting = (line["y"] for line in drawn["lines"])
    assert drawn["x"] == "没有消息的工作月数"
    assert all(len(line["x"]) == len(line["y"]) == belief.HORIZON + 1 for line in drawn["lines"])
    assert silent[0] == pytest.approx(answers["bandit"].belief.project.prior)
    assert silent == sorted(silent, reverse=True) and waiting == sorted(waiting, reverse=True), "silence is bad news, and news ends it"
    # What is believed of all projects together never changes: p (mean belief where it can work) + (1 - p) (belief in silence) = p.
    prior = silent[0]
    assert [prior * a + (1 - prior) * b for a, b in zip(feasible, silent, strict=True)] == pytest.approx([prior] * len(silent))
    assert answers["zombies"].lines() is None


# -- the silent ---------------------------------------------------------------------------------------------------------


def test_the_longest_silence_by_hand():
    kinds = [("round_tick", "i4", (16,)), ("market_entry", "i4"), ("ended", "i4")]
    ventures = np.zeros(3, dtype=kinds)
    ventures["round_tick"][:, 0] = [4, 10, 6]
    ventures["market_entry"], ventures["ended"] = [20, -1, -1], [-1, 13, -1]
    lines = [(7, MILESTONE, 0), (8, MILESTONE, 2), (9, 0, 0), (16, MILESTONE, 0), (20, MILESTONE, 0), (25, MILESTONE, 0)]
    events = np.array(lines, dtype=[("tick", "i4"), ("what", "i4"), ("who", "i4")])
    # The first: rounds at 4, news at 7, 16 and 20, then the market: 3, 9, 4. The second: from 10 to its end at 13. The third: news at 8, then nothing until 40.
    assert lessons.longest_silence(ventures, events, np.arange(3), 40).tolist() == [9, 3, 32]
    assert lessons.longest_silence(ventures, events, np.array([2]), 40).tolist() == [32]


def test_the_silent_are_part_of_those_followed(answers):
    counts = answers["survivors"].table.found
    assert counts["followed"].sum() > 20
    assert (counts["followed_silent"] > 0).any() and (counts["followed_silent"] < counts["followed"]).all()
    assert (counts["followed_silent_won"] <= np.minimum(counts["followed_silent"], counts["followed_won"])).all()


# -- every lesson -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_answers_by_its_numbers(name, answers):
    answer = answers[name]
    assert answer.correct == CHOICES[answer.headline.sign]
    head = answer.headline
    assert head.sign == (1 if head.low > 0 else -1 if head.high < 0 else 0)
    for row in answer.rows:
        base = next(bar for bar in row.bars if bar.arm == answer.lesson.base)
        assert base.difference is None
        for bar in row.bars:
            if bar.arm != base.arm and math.isfinite(bar.value):
                assert bar.difference == pytest.approx(bar.value - base.value)
    pair = answer.worlds
    assert pair[0].seed == pair[1].seed in answer.seeds and pair[0].changes != pair[1].changes


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("name", LESSONS)
def test_sentences_follow_the_sign(name, sign, language, answers):
    answer = turned(answers[name], sign)
    told = answer.sentences(language)
    words = catalogue() if language == "zh" else {}
    for found in answer.findings:
        text = {1: found.question.more, -1: found.question.fewer, 0: found.question.open}[sign]
        assert any(re.fullmatch(stem(words.get(text, text)), sentence) for sentence in told), found.question.name
    assert answer.correct == CHOICES[sign]
    choice = answer.lesson.choices[CHOICES[sign]]
    assert any(words.get(choice, choice) in sentence for sentence in told[:3])
    assert ("An interval that covers the mark is an answer too: these runs cannot tell." in answer.sentences()) == (sign == 0)
    assert not any(brace in sentence for sentence in told for brace in "{}")


@pytest.mark.parametrize("here", SIGNS)
@pytest.mark.parametrize("there", SIGNS)
def test_a_disagreement_with_the_large_study_is_said(here, there, answers):
    bounds = {1: (1.0, 5.0), -1: (-5.0, -1.0), 0: (-1.0, 2.0)}[there]
    answer = dataclasses.replace(turned(answers["zombies"], here), years=40, large=Large("a_study", "", 200, 40, sum(bounds) / 2, *bounds))
    told = " ".join(answer.beside())
    assert AGREEMENT[here, there] in told
    assert ("disagree" in told) == (here * there == -1)
    assert ("do not overlap" in told) == (here * there == -1)


def test_a_shorter_run_beside_the_study_is_said(answers):
    assert any("these 14: they need not agree" in sentence for sentence in answers["bank"].sentences())


def test_a_finding_without_an_interval_cannot_tell(answers):
    found = dataclasses.replace(answers["bank"].headline, low=math.nan, high=math.nan)
    assert found.verdict == "cannot tell" and "no interval" in found.sentence()
    nothing = dataclasses.replace(found, difference=math.nan)
    assert nothing.verdict == "cannot tell" and nothing.sentence().endswith("cannot be told: nothing in these runs to tell it from.")


def test_figures_in_both_languages():
    assert figure(0.2504, "share") == "25.0%" and figure(0.0195, "share", points=True) == "1.95 percentage points"
    assert figure(-0.0195, "share", "zh", signed=True) == "−1.95 个百分点"
    assert figure(2.47, "ventures", signed=True) == "+2.47" and figure(1.4, "years", "zh") == "1.40 年"
    assert interval(2.47, 1.77, 3.22, "ventures", signed=True) == "+2.47 (+1.77 to +3.22)"
    assert interval(0.122, 0.116, 0.128, "share", "zh") == "12.2%（11.6% 至 12.8%）"


def test_the_chart_has_what_a_picture_needs(answers):
    for answer in answers.values():
        for chart, row in zip(answer.charts("zh"), answer.rows, strict=True):
            assert [bar["arm"] for bar in chart["bars"]] == [arm.name for arm in answer.lesson.arms]
            assert [bar["value"] for bar in chart["bars"]] == [bar.value for bar in row.bars]
            assert chart["title"] and chart["title"] != row.label, "in Chinese"
        json.dumps(answer.to_dict("zh"))


def test_scores_of_a_class(answers):
    answer = turned(answers["zombies"], -1)
    score = answer.scores({"more": 21, "fewer": 4})
    assert score.counts == {"more": 21, "fewer": 4, "cannot tell": 0} and (score.right, score.all, score.share) == (4, 25, 0.16)
    assert score.sentence() == "4 of 25 predictions were right (16%)."
    assert turned(answer, 0).scores({"cannot tell": 2, "more": 1}).right == 2
    assert math.isnan(answer.scores({}).share) and answer.scores({}).sentence("zh") == "还没有人作出预测。"
    with pytest.raises(BadInput, match="prediction cannot be 'much'"):
        answer.scores({"much": 1})
    with pytest.raises(BadInput, match="number of predictions cannot be -1"):
        answer.scores({"more": -1})


def test_the_pair_to_watch_is_a_usual_one():
    chosen = lesson("feed_or_flood")
    outcome = chosen.headline.outcome
    # Differences of 9, 3 and 0: the mean is 4, nearest to it the second seed.
    table = Table(tuple(arm.name for arm in chosen.arms), (7, 8, 9), {outcome: np.array([[10.0, 19.0], [10.0, 13.0], [10.0, 10.0]])})
    pair = lessons._twins(chosen, table)
    assert [twin.name for twin in pair] == ["one flood", "eight yearly parts"] and {twin.seed for twin in pair} == {8}


def test_the_celebrated_have_stories_and_twins(answers):
    answer = answers["survivors"]
    firms = lessons.celebrated(answer, number=3)
    assert 1 <= len(firms) <= 3
    for firm in firms:
        assert firm.venture.startswith("V") and firm.venture in firm.name and any("unicorn" in sentence for sentence in firm.sentences)
    both = sum(firm.also_there for firm in firms)
    assert lessons.of_the_celebrated(answer, firms) == (
        f"Seed {answer.worlds[0].seed}: of the {len(firms)} most valuable firms where funds bear 7 years, {both} are unicorns also where "
        "funds bear 2 1/3 years, with the same luck."
    )
    # Where nothing differs, every unicorn has its twin.
    alike = dataclasses.replace(answer, worlds=(answer.worlds[1], answer.worlds[1]))
    assert all(firm.also_there for firm in lessons.celebrated(alike, "zh", number=3))


# -- running ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in LESSONS if LESSONS[name].large])
def test_a_lesson_asks_what_its_study_asked(name):
    chosen, model = lesson(name), Model()
    study = experiment() if chosen.large["study"] == "tolerance-horizon" else Study.load(chosen.large["study"]).experiment
    asked = {model.digest(model.case(arm)) for arm in study.arms}
    head = chosen.headline
    assert {model.digest(model.case(chosen.arm(arm))) for arm in (head.arm, head.against)} <= asked
    assert (chosen.years, chosen.burn_in) == (study.years, study.burn_in)
    assert not {*range(lessons.FIRST_SEED, lessons.FIRST_SEED + chosen.seeds)} & {*study.seeds}, "other luck than the study's"


def test_the_same_seeds_give_the_same_answer(answers):
    again = run("zombies", iter([1001, 1002]), years=14, workers=1)
    assert again.to_dict() | {"seconds": 0} == answers["zombies"].to_dict() | {"seconds": 0}


def test_progress_is_told_and_a_lesson_can_be_called_off():
    told = []
    run("bank", 2, lambda done, total: told.append((done, total)), years=2)
    assert told == [(n, 6) for n in range(1, 7)]
    for name, runs in (("bank", 60), ("bandit", 20)):
        told.clear()
        with pytest.raises(Cancelled, match=f"3 of {runs} runs"):
            run(name, 20, lambda done, total: told.append(done), lambda: len(told) >= 3, years=2)
        assert told == [1, 2, 3]


@pytest.mark.parametrize(("asked", "words"), [
    ({"seeds": 1}, "seeds of a lesson cannot be 1"), ({"seeds": 10_000}, "from 2 to 1000"), ({"seeds": [3]}, "seeds of a lesson"),
    ({"years": 1}, "length of a run in years cannot be 1"), ({"years": 4, "burn_in": 4}, "burn-in cannot be 4"),
])  # fmt: skip
def test_what_cannot_be_run_is_refused(asked, words):
    with pytest.raises(BadInput, match=words):
        run("zombies", **asked)


def test_an_unknown_lesson_is_refused():
    assert lesson("feed-or-flood") is LESSONS["feed_or_flood"]
    with pytest.raises(BadInput, match="did you mean 'zombies'"):
        lesson("zombie")


def test_what_is_read_out_is_what_runs():
    # The texts say these figures to a class; if a parameter or a programme moves, they must be written again.
    given = Scenario.load("baseline").with_(dict(lesson("feed_or_flood").arm("one flood").changes))
    parts = Scenario.load("baseline").with_(dict(lesson("feed_or_flood").arm("eight yearly parts").changes))
    for scenario, programme in ((given, "lump_support"), (parts, "steady_support")):
        terms = next(one for one in scenario.programmes if one.name == programme).values
        assert (terms["budget"], terms["amount"], terms["max_age"]) == (300, 1.6, 2), programme
    assert next(one for one in parts.programmes if one.name == "steady_support").values["tranches"] == 8
    assert given.parameters["entrepreneur.family_support"] > 2 * 3, "less than half as long as in the first two"
    bank = Scenario.load("bank_lump").parameters
    assert bank["bank.appetite"] * bank["bank.deposits"] == pytest.approx(35_700) and bank["bank.fear"] < 10
    held = Scenario.load("baseline").parameters
    assert held["fund.life"]["market"] == 7 and held["fund.tolerance"]["market"] == pytest.approx(7 / 3)


# -- the file -----------------------------------------------------------------------------------------------------------


def test_there_are_six_and_every_text_has_its_chinese():
    assert list(LESSONS) == ["bandit", "feed_or_flood", "could_not_wait", "zombies", "bank", "survivors"]
    spoken = [text for one in LESSONS.values() for text in one.spoken()] + [*AGREEMENT.values()]
    assert not [text for text in spoken if text not in catalogue()]


def test_no_chinese_of_the_lessons_is_left_over():
    source = "".join(module.__spec__.loader.get_source(module.__name__) for module in (lessons, belief, command_lesson))
    known = {text for one in LESSONS.values() for text in one.spoken()}
    written = tomllib.loads((lessons.FILE.parents[2] / "model" / "tongues" / "lessons.toml").read_text(encoding="utf-8"))
    assert not [text for text in written if text not in known and json.dumps(text, ensure_ascii=False)[1:-1] not in source]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_read_out_is_in_the_language(language):
    for one in LESSONS.values():
        texts = one.texts(language)
        shown = [texts["title"], texts["question"], *texts["setting"], *texts["choices"].values(), *texts["look"], *texts["discussion"], *texts["arms"].values()]
        assert all(bool(re.search("[\u4e00-\u9fff]", text)) == (language == "zh") for text in shown)
        assert len(texts["sources"]) == len(one.facts) + len(one.papers)
    with pytest.raises(BadInput, match="language"):
        LESSONS["bank"].texts("fr")


def text_of(name: str) -> str:
    """One lesson of the shipped file, as text."""
    whole = lessons.FILE.read_text(encoding="utf-8")
    return re.search(rf"^\[{name}\]\n.*?(?=^# -- |\Z)", whole, re.M | re.S).group()


@pytest.mark.parametrize(("name", "was", "becomes", "words"), [
    ("zombies", 'title = "Zombies"', 'titel = "Zombies"', "key of the lesson cannot be 'titel'"),
    ("zombies", 'title = "Zombies"\n', "", "key title of the lesson is missing"),
    ("zombies", 'title = "Zombies"', 'title = ""', "key title"),
    ("zombies", 'papers = ["Caballero, Hoshi & Kashyap 2008"]', "papers = 2008", "key papers"),
    ("zombies", '"cannot tell" = "No difference that can be told"\n', "", "choices cannot be"),
    ("zombies", "seeds = 40", "seeds = 1", "key seeds of the lesson cannot be 1"),
    ("zombies", 'base = "funds bear 2 1/3 years"', 'base = "funds bear 2 years"', "arm cannot be 'funds bear 2 years'"),
    ("zombies", '"report.city_tolerance"', '"report.citytolerance"', "did you mean 'report.city_tolerance'"),
    ("zombies", '{ outcome = "zombie_share" }', '{ outcome = "zombies_share" }', "outcome cannot be 'zombies_share'"),
    ("zombies", '{ outcome = "zombie_share" }', '{ outcome = "jobs / founded" }', "label of an outcome is missing"),
    ("zombies", 'outcome = "zombies"\nmore', 'outcome = "zombies +"\nmore', "outcome cannot be"),
    ("zombies", "{size} more zombies: {difference}", "{much} more zombies: {difference}", "word in braces"),
    ("zombies", 'contrast = "tolerance"', 'contrast = "patience"', "contrast of the large study cannot be 'patience'"),
    ("zombies", 'changes = { "fund.tolerance.market" = 7 }', "changes = 7", "changes cannot be 7"),
    ("zombies", 'name = "funds bear 7 years"', 'name = "funds bear 2 1/3 years"', "arms of the lesson"),
    ("zombies", 'large = { study = "tolerance-horizon", contrast = "tolerance" }', 'large = "tolerance-horizon"', "key large of the lesson"),
    ("zombies", "seeds = 40", "seeds = 40\nburn_in = 40", "key burn_in of the lesson cannot be 40"),
    ("zombies", "seeds = 40", 'seeds = 40\nyears = "long"', "key years of the lesson cannot be 'long'"),
    ("feed_or_flood", 'finding = "unicorns"', 'finding = "unicorn"', "finding of the large study cannot be 'unicorn'"),
    ("feed_or_flood", 'study = "feed_or_flood"', 'study = "flood"', "large study cannot be 'flood'"),
    ("feed_or_flood", 'scenario = "baseline"', 'scenario = "baseline"\nyears = 1', "key years of the lesson cannot be 1"),
    ("bandit", 'kind = "belief"', 'kind = "beliefs"', "kind of the lesson cannot be 'beliefs'"),
    ("bandit", 'sector = "hardware"', 'sector = "software"', "sector of the project cannot be 'software'"),
    ("bandit", "silent = 36", "silent = 0", "months of silence cannot be 0"),
    ("bandit", "mark = 0.25", 'mark = "a quarter"', "mark of a finding cannot be 'a quarter'"),
])  # fmt: skip
def test_a_faulty_file_is_refused(name, was, becomes, words, tmp_path):
    text = text_of(name)
    assert was in text
    (tmp_path / "mine.toml").write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(BadInput, match=words) as told:
        load(tmp_path / "mine.toml")
    assert "mine.toml" in str(told.value)


def test_a_setting_that_cannot_be_is_refused_before_the_first_run(tmp_path):
    (tmp_path / "mine.toml").write_text(text_of("zombies").replace('"fund.tolerance.market" = 7 }', '"fund.tolerance.market" = -7 }'), encoding="utf-8")
    with pytest.raises(BadInput, match="fund.tolerance.market"):
        run(load(tmp_path / "mine.toml")["zombies"], 2)


# -- on the command line ------------------------------------------------------------------------------------------------


def typed(*arguments):
    return CliRunner().invoke(app, list(arguments), prog_name="seedbed")


def test_the_lessons_are_listed():
    assert all(name in typed("lessons").stdout for name in LESSONS)
    assert "幸存者的故事" in typed("lessons", "--language", "zh").stdout
    assert [row["name"] for row in json.loads(typed("lessons", "--json").stdout)] == list(LESSONS)


def test_a_lesson_is_given_at_the_terminal():
    shown = typed("lesson", "bandit", "--seeds", "5", "--predict", "more=21", "--predict", "cannot-tell")
    assert shown.exit_code == 0, shown.output
    assert LESSONS["bandit"].title in shown.stdout and "of 22 predictions were right" in shown.stdout
    chinese = typed("lesson", "bandit", "--seeds", "5", "--language", "zh")
    assert "贝叶斯规则" in chinese.stdout and "By the formula" not in chinese.stdout
    told = json.loads(typed("lesson", "bandit", "--seeds", "5", "--json").stdout)
    assert told["correct"] in CHOICES.values() and told["scores"] is None and len(told["lines"]["lines"]) == 3


def test_a_lesson_can_be_read_without_running():
    shown = typed("lesson", "bank", "--read")
    assert LESSONS["bank"].choices["fewer"] in shown.stdout and "Computed from" not in shown.stdout


@pytest.mark.parametrize(("words", "told"), [
    (["zombie", "--read"], "did you mean 'zombies'"), (["bandit", "--seeds", "5", "--predict", "lots"], "prediction cannot be 'lots'"),
    (["bandit", "--predict", "more=few"], "number of predictions"), (["bandit", "--language", "fr"], "language cannot be 'fr'"),
])  # fmt: skip
def test_a_wrong_word_is_one_sentence(words, told):
    result = typed("lesson", *words)
    assert result.exit_code == 2 and told in " ".join(result.stderr.split()), result.output


def test_examples_in_help_are_commands_that_exist():
    for name in ("lesson", "lessons"):
        text = typed(name, "--help").stdout
        examples = [line.split()[1:] for line in text.splitlines() if line.startswith("    seedbed ")]
        assert examples
        for parts in examples:
            assert parts[0] == name and all(part in text for part in parts if part.startswith("--"))
            assert name == "lessons" or parts[1] in LESSONS


def test_a_finding_is_what_its_class_says():
    assert Found(LESSONS["bank"].headline, "ventures", -7.75, -9.67, -5.98, 40).sentence() == (
        "Without a limit for one borrower 7.75 fewer unicorns by fundamental value are founded: −7.75 (−9.67 to −5.98)."
    )


def test_a_lesson_says_what_its_intervals_leave_out():
    """Chance alone is in them; a question about patience and unicorns is told with the committed answer over parameters and structures beside it."""
    summary = json.loads((Path(lessons.__file__).parents[1] / "results" / "answer" / "summary.json").read_text(encoding="utf-8"))
    for name, asked in (("could_not_wait", True), ("zombies", False)):
        answer = lessons.run(name, 2, years=3)
        for language, alone in (("en", "chance alone"), ("zh", "只反映偶然性")):
            told = answer.sentences(language)
            assert sum(alone in sentence for sentence in told) == 1
            assert any(str(summary["about"]["draws"]) in sentence for sentence in answer.limits(language)) == asked
