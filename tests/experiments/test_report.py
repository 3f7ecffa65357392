"""The words follow the numbers: raised, lowered or unclear, for better or worse, whatever was expected."""

import json
import math

import pandas as pd
import pytest

from seedbed.experiments import report
from seedbed.experiments.statistics import Estimate, Peak
from seedbed.experiments.store import StoreError

UP, DOWN, NOTHING = Estimate(2.0, 1.0, 3.0, 50), Estimate(-2.0, -3.0, -1.0, 50), Estimate(0.1, -1.0, 1.2, 50)
UNKNOWN = Estimate(math.nan, math.nan, math.nan, 1)


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "signed", "text"),
    [
        (0.0, "", True, "0"), (-0.0, "", True, "0"), (1e-9, "", True, "0.000000"), (1.234, "", True, "+1.23"),
        (-1234.5, "", False, "−1,234"), (0.05, "share", True, "+5.00 points"), (0.05, "share", False, "5.00%"),
        (2.5, "billion RMB", False, "2.50 billion RMB"), (math.inf, "", False, "infinity"),
        (-math.inf, "", False, "−infinity"), (math.nan, "", False, "undefined"), (999.7, "", False, "1,000"),
    ],
)  # fmt: skip
def test_numbers(value, unit, signed, text):
    assert report.number(value, unit, signed) == text


def test_intervals():
    assert report.interval(UP) == "+2.00 (+1.00 to +3.00)"
    assert report.interval(DOWN, "years") == "−2.00 years (−3.00 to −1.00)"
    assert report.interval(Estimate(0.1, 0.05, 0.2, 9), "share") == "+10.0 points (+5.00 to +20.0)"
    assert report.interval(UNKNOWN) == "undefined"
    assert report.interval(Estimate(1.0, math.nan, math.nan, 1)) == "+1.00 (no interval)"


# --- effects ---------------------------------------------------------------------------------------------------------


def test_an_effect_turns_with_its_sign():
    assert report.effect("Tolerance", "unicorns", UP) == "Tolerance raises unicorns by 2.00 (1.00 to 3.00)."
    assert report.effect("Tolerance", "unicorns", DOWN) == "Tolerance lowers unicorns by 2.00 (1.00 to 3.00)."
    assert report.effect("Tolerance", "unicorns", NOTHING) == (
        "Tolerance has no clear effect on unicorns: +0.100 (−1.00 to +1.20), which covers zero."
    )
    assert "cannot be judged" in report.effect("Tolerance", "time to unicorn", UNKNOWN)
    assert "too few runs" in report.effect("Tolerance", "unicorns", Estimate(1.0, math.nan, math.nan, 1))


@pytest.mark.parametrize(
    ("found", "better", "worse"), [(UP, -1, True), (DOWN, 1, True), (UP, 1, False), (DOWN, -1, False), (UP, 0, False)]
)
def test_a_harm_is_called_so(found, better, worse):
    assert ("for the worse" in report.effect("Tolerance", "zombies", found, better=better)) is worse


def test_relative_changes_have_their_sign():
    assert "−25%" in report.effect("Tolerance", "jobs", DOWN, relative=-0.25)
    assert "+25%" in report.effect("Tolerance", "jobs", UP, relative=0.25)
    assert "%" not in report.effect("Tolerance", "jobs", UP, relative=math.inf)


def test_an_interaction_turns_with_its_sign():
    assert "complements" in report.interaction_words("unicorns", UP)
    assert "substitutes" in report.interaction_words("unicorns", DOWN)
    assert "add up" in report.interaction_words("unicorns", NOTHING)
    assert "cannot be told" in report.interaction_words("unicorns", UNKNOWN)


@pytest.mark.parametrize(
    ("expected", "found", "word"),
    [
        (1, UP, "supported"), (1, DOWN, "refuted"), (1, NOTHING, "not shown"), (-1, UP, "refuted"),
        (-1, DOWN, "supported"), (-1, NOTHING, "not shown"), (1, UNKNOWN, "cannot be told"),
    ],
)  # fmt: skip
def test_verdicts(expected, found, word):
    assert report.verdict(expected, found) == word


# --- where more starts to hurt ---------------------------------------------------------------------------------------

AXIS = (1, 7 / 3, 4, 7, 12)


def peaked(best, probability, steps, hurts_from, decline):
    return Peak(AXIS, best, probability, sum(probability[1:-1]), steps, hurts_from, decline)


def test_a_hump_hurts_after_its_top():
    found = peaked(4, (0, 0.01, 0.97, 0.02, 0), (UP, UP, DOWN, NOTHING), 7, DOWN)
    words = report.hurts("tolerance", "life 7", "unicorns", found)
    assert words.startswith("Along tolerance (life 7), the best place for unicorns is 4 years; it starts to get worse")
    assert "from 4 years to 7 years (−2.00" in words


def test_a_rise_hurts_nowhere():
    words = report.hurts("tolerance", "life 7", "unicorns", peaked(12, (0, 0, 0, 0.01, 0.99), (UP,) * 4, None, None))
    assert "is 12 years, the largest value tried; nowhere" in words


def test_a_fall_is_best_at_the_smallest():
    words = report.hurts("tolerance", "life 7", "DPI", peaked(1, (1.0, 0, 0, 0, 0), (DOWN,) * 4, 7 / 3, DOWN))
    assert "is 1 year, the smallest value tried; it starts to get worse from 1 year to 2 1/3 years" in words


def test_a_slow_decline_is_told():
    words = report.hurts("life", "x", "DPI", peaked(4, (0, 0.2, 0.6, 0.2, 0), (NOTHING,) * 4, None, DOWN))
    assert "most likely 4 years (probability 60%)" in words and "no single step" in words


def test_no_effect_is_no_place():
    words = report.hurts("life", "x", "DPI", peaked(4, (0.2,) * 5, (NOTHING,) * 4, None, NOTHING))
    assert "is not clear; nowhere in the range" in words
    assert "cannot be told" in report.hurts("life", "x", "DPI", peaked(math.nan, (math.nan,) * 5, (), None, None))


# --- mechanisms ------------------------------------------------------------------------------------------------------

HALF = Estimate(0.5, 0.3, 0.7, 50)
NO_SHARE = UNKNOWN


@pytest.mark.parametrize(
    ("on", "without", "through", "share", "words"),
    [
        (UP, UP, NOTHING, Estimate(1.0, 0.8, 1.2, 50), "no clear part of it runs through this"),
        (UP, Estimate(1.0, 0.5, 1.5, 50), UP, HALF, "50% of the effect remains (30% to 70%); the rest runs through"),
        (UP, NOTHING, UP, HALF, "nothing clear remains"),
        (UP, DOWN, UP, Estimate(-1.0, -2.0, -0.5, 50), "turns round"),
        (UP, UP, DOWN, Estimate(1.5, 1.2, 2.0, 50), "150% of the effect remains (120% to 200%); this holds the effect"),
        (DOWN, Estimate(-1.0, -1.5, -0.5, 50), DOWN, HALF, "the rest runs through"),
        (DOWN, NOTHING, DOWN, HALF, "nothing clear remains"),
        (DOWN, UP, DOWN, Estimate(-1.0, -2.0, -0.5, 50), "turns round"),
        (NOTHING, UP, NOTHING, NO_SHARE, "there was no clear effect to take apart"),
        (NOTHING, UP, DOWN, NO_SHARE, "clearly another effect"),
        (UP, UNKNOWN, UNKNOWN, UNKNOWN, "cannot be told"),
    ],
)
def test_mechanisms_turn_with_their_sign(on, without, through, share, words):
    assert words in report.mechanism("Screening", "as the market", on, without, through, share)


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_table_is_markdown():
    assert report.table(["a", "b"], [["x|y", "1"]]) == "| a | b |\n| :-- | --: |\n| x/y | 1 |"


def test_what_is_written_can_be_read(tmp_path):
    frame = pd.DataFrame({"outcome": ["jobs"], "difference": [1 / 3]})
    paths = report.write(tmp_path, "# Page\n", {"found": UP, "none": math.nan, "much": math.inf}, frame)
    assert [path.name for path in paths] == ["summary.md", "summary.json", "table.csv", "table.parquet"]
    facts = json.loads((tmp_path / "summary.json").read_text())
    assert facts["found"] == {"value": 2.0, "low": 1.0, "high": 3.0, "n": 50, "sign": 1}
    assert (facts["none"], facts["much"]) == (None, "infinity")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), frame)
    assert (tmp_path / "table.csv").read_text() == "outcome,difference\njobs,0.3333333333\n"


def test_a_folder_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(StoreError):
        report.write(tmp_path / "gone", "", {}, pd.DataFrame({"a": [1]}))


def test_a_page_in_a_pipe_is_plain_markdown(capsys):
    report.show("# Page\n\n- *line*")
    assert "# Page" in capsys.readouterr().out
