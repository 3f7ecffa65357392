"""`seedbed story` and `seedbed twins`: a story without an id, in two languages and three forms, the paired list, and what is refused."""

import json

import pytest
from typer.testing import CliRunner

from seedbed.agents.rule import INTERPRETED
from seedbed.experiments import command_story
from seedbed.experiments.command import app
from seedbed.model.simulate import simulate
from seedbed.model.twins import twins

pytestmark = pytest.mark.skipif(INTERPRETED, reason="runs long enough for a story take minutes interpreted; stories and twins have their own tests")

SMALL = ["--years", "8", "--set", "city.graduates=30", "--set", "city.newcomers=20"]
CHANGES = {"city.graduates": 30, "city.newcomers": 20}
PATIENT = ["--set-b", "fund.tolerance.market=7"]


def typed(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="seedbed")


def answered(*arguments):
    result = typed(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments):
    result = typed(*arguments)
    assert result.exit_code == 2 and result.stderr.startswith("Error: "), result.output
    return result.stderr


def test_a_story_needs_no_id():
    history = simulate("baseline", seed=1, years=8, changes=CHANGES)
    largest = history.ventures()["raised"].idxmax()
    assert answered("story", "baseline", *SMALL) == history.story(largest).wrapped(100) + "\n"
    assert answered("story", *SMALL) == answered("story", "baseline", *SMALL, "--which", "largest", "--venture", largest)
    assert answered("story", "baseline", *SMALL, "--venture", "V3", "--language", "zh") == history.story("V3", language="zh").wrapped(100) + "\n"


def test_a_story_ends_with_the_other_world():
    told = answered("story", "baseline", *SMALL, *PATIENT)
    assert "In the other world\nThere: baseline, city.graduates=30, city.newcomers=20, fund.tolerance.market=7." in " ".join(told.split(" "))


def test_every_choice_names_a_venture_of_its_kind():
    scenario = {**CHANGES, "market.unicorn": 800}
    history = simulate("baseline", seed=1, years=20, changes=scenario)
    there = simulate("baseline", seed=1, years=20, changes={**scenario, "fund.tolerance.market": 7})
    ventures, pairs, hidden = history.ventures(), twins(history, there), history.to_frame("ventures")
    chosen = {which: command_story._choose(which, history, there) for which in command_story.WHICH}
    assert ventures.loc[chosen["largest"], "raised"] == ventures["raised"].max()
    assert ventures.loc[chosen["first-unicorn"], "unicorn_fundamental"] == ventures["unicorn_fundamental"].min()
    assert ventures.loc[chosen["longest-zombie"], "idle"] == ventures["idle"].max() > 0
    unicorns = ventures.dropna(subset="unicorn_fundamental")
    late = (unicorns["unicorn_fundamental"] - unicorns["founded"]).max()
    assert ventures.loc[chosen["late-bloomer"], "unicorn_fundamental"] - ventures.loc[chosen["late-bloomer"], "founded"] == late
    lost = hidden.loc[chosen["not-waited-for"]]
    assert lost["feasible"] and lost["status"] == "closed" and lost["needed"] > lost["effort"]
    assert chosen["unicorn-here"] in set(pairs.only_here("unicorn")["here"])
    assert chosen["unicorn-there"] in set(pairs.only_there("unicorn")["here"])


def test_a_story_as_markdown_in_a_file(tmp_path):
    place = tmp_path / "life.md"
    place.write_text("before")
    result = typed("story", "baseline", *SMALL, "--format", "markdown", "--out", place, "--language", "zh")
    assert result.exit_code == 0 and result.stdout == "" and str(place) in result.stderr
    assert place.read_text(encoding="utf-8").startswith("### ") and [file.name for file in tmp_path.iterdir()] == ["life.md"]


def test_a_story_as_a_figure(tmp_path):
    place = tmp_path / "life.png"
    assert answered("story", "baseline", *SMALL, "--venture", "V3", "--format", "figure", "--out", place) == ""
    assert place.read_bytes().startswith(b"\x89PNG")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    def fail(beside):
        beside.write_text("half")
        raise RuntimeError("the disk is full")

    (tmp_path / "life.md").write_text("before")
    with pytest.raises(RuntimeError):
        command_story._write(str(tmp_path / "life.md"), fail)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["story", "baselin"], "baseline"),
        (["story", "baseline", "--which", "biggest"], "largest"),
        (["story", "baseline", "--which", "unicorn-here"], "--set-b"),
        (["story", "baseline", "--format", "html"], "markdown"),
        (["story", "baseline", "--format", "figure"], ".png"),
        (["story", "baseline", "--format", "figure", "--out", "life.txt"], ".png"),
        (["story", "baseline", "--out", "no/such/folder/life.txt"], "directory that exists"),
        (["story", "baseline", *SMALL, "--venture", "V99999"], "V0 to V"),
        (["story", "baseline", *SMALL, "--language", "fr"], "zh"),
        (["story", "baseline", *SMALL, "--years", "1", "--which", "first-unicorn"], "there is none"),
        (["twins", "baseline"], "--set-b"),
        (["twins", "baseline", "--fate", "never founded", *PATIENT], "unicorn"),
        (["twins", "baseline", "--set-b", "fund.tolerance.markt=7"], "fund.tolerance.market"),
        (["twins", "baseline", *SMALL, *PATIENT, "--language", "fr"], "zh"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(arguments, words):
    assert words in refused(*arguments)


def test_the_paired_list():
    here = simulate("baseline", seed=2, years=8, changes=CHANGES)
    there = simulate("baseline", seed=2, years=8, changes={**CHANGES, "fund.tolerance.market": 1})
    pairs = twins(here, there)
    asked = ["twins", "baseline", *SMALL, "--seed", "2", "--set-b", "fund.tolerance.market=1"]
    told = answered(*asked, "--fate", "closed")
    assert told.startswith(f"{pairs}\n")
    for title, found in (("Only here: closed", pairs.only_here("closed")), ("Only there: closed", pairs.only_there("closed"))):
        assert f"{title} ({len(found)})" in told and all(line.why in told and line.name in told for line in found.itertuples())
    assert len(pairs.only_here("closed")) + len(pairs.only_there("closed")) > 0
    chinese = answered(*asked, "--fate", "closed", "--language", "zh")
    assert "仅在此处：关闭" in chinese and "结局" in chinese

    data = json.loads(answered(*asked, "--json"))
    assert data["counts"] == pairs.counts() and len(data["ventures"]) == len(pairs.table)
    assert [int(line["key"]) for line in data["ventures"]] == pairs.table.index.tolist(), "keys are written as text: JavaScript has no such whole numbers"
    assert all(line["parted"] is None or line["why"] for line in data["ventures"])


def test_same_policy_in_both_worlds_lists_nobody():
    told = answered("twins", "baseline", *SMALL, "--set-b", "city.graduates=30")
    assert "Only here: unicorn (0)" in told and "Only there: unicorn (0)" in told and "0 died here and not there, 0 there and not here" in told
