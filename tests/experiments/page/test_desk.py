"""The desk behind the page: what a visitor does, what is shown of it, and what is refused. No browser here."""

import json
import threading

import pytest

from seedbed import Scenario, simulate
from seedbed.agents.errors import BadInput
from seedbed.experiments.page.desk import ACTS, LARGEST_FILE, Desk, Town, read_upload, sliders_of, step_of
from seedbed.model import programmes
from seedbed.model.world import in_use

SMALL = "&tick=0&set=city.graduates=20&set=city.newcomers=10&years=12"
OWN = """
title = "Mine"
about = "A city of my own."
base = "baseline"
[set]
"city.graduates" = 20
"""


@pytest.fixture
def desk():
    return Desk("?seed=3" + SMALL)


def shown(desk, part):
    """A part as the browser gets it."""
    return json.loads(json.dumps(getattr(desk, part), allow_nan=False))


# ------------------------------------------------------------------------------------------------------------ one world


def test_a_town_at_a_quarter_is_the_run_of_the_engine():
    scenario = Scenario.load("baseline").with_({"city.graduates": 20})
    town = Town(scenario, 5, 8)
    town.go(32)
    whole = simulate(scenario, seed=5, years=8)
    for table in ("people", "ventures", "funds", "events"):
        number = in_use(whole.world, table)
        assert in_use(town.world, table) == number
        assert getattr(town.world, table)[:number].tobytes() == getattr(whole.world, table)[:number].tobytes()


def test_going_back_and_on_again_comes_to_the_same_world():
    town = Town(Scenario.load("baseline").with_({"city.graduates": 20}), 5, 8)
    town.go(20)
    before = town.world.ventures[: in_use(town.world, "ventures")].tobytes(), json.dumps(town.camera.still())
    town.go(4)
    assert town.now == 4
    town.go(20)
    assert (town.world.ventures[: in_use(town.world, "ventures")].tobytes(), json.dumps(town.camera.still())) == before


def test_tables_that_are_too_small_are_made_larger_on_the_way():
    scenario = Scenario.load("baseline").with_({"city.graduates": 20})
    town = Town(scenario, 5, 8)
    town.size = town.size.__class__(**{name: 1 if name in ("events", "deals") else value for name, value in vars(town.size).items()})
    town._open()
    town.go(32)
    whole = simulate(scenario, seed=5, years=8)
    number = in_use(whole.world, "events")
    assert town.size.events >= number and town.world.events[:number].tobytes() == whole.world.events[:number].tobytes()


def test_a_world_too_large_for_a_page_is_refused():
    with pytest.raises(BadInput, match="size of the world.*250,000"):
        Town(Scenario.load("country"), 1, 100)


# --------------------------------------------------------------------------------------------------------------- acting


def test_what_a_visitor_does_first(desk):
    assert desk.fault == "" and desk.frame["tick"] == 0 and desk.controls["seed"] == "3"
    desk.act({"do": "step"})
    desk.act({"do": "step", "by": 4})
    assert desk.frame["tick"] == 5 and desk.frame["year"] == 1.25
    desk.act({"do": "go", "tick": 2})
    assert desk.frame["tick"] == 2
    desk.act({"do": "step", "by": 400})
    assert desk.frame["tick"] == desk.frame["last"] == 48
    desk.act({"do": "reset", "seed": " 7 ", "years": "11"})
    assert (desk.frame["tick"], desk.frame["last"], desk.controls["seed"]) == (0, 44, "7")
    assert desk.fault == ""
    for part in ("frame", "controls", "story", "twins", "lesson"):
        shown(desk, part)


def test_at_the_end_the_next_seed_begins_only_if_asked(desk):
    desk.act({"do": "go", "tick": 48})
    desk.act({"do": "step"})
    assert (desk.frame["tick"], desk.controls["seed"]) == (48, "3")
    desk.act({"do": "step", "loop": True})
    assert (desk.frame["tick"], desk.controls["seed"]) == (0, "4")


def test_a_setting_shows_the_same_quarter_under_another_policy(desk):
    desk.act({"do": "go", "tick": 40})
    before = shown(desk, "frame")["here"]
    desk.act({"do": "set", "path": "fund.tolerance.market", "value": 9})
    assert desk.frame["tick"] == 40 and shown(desk, "frame")["here"] != before
    assert ["fund.tolerance.market", "9"] in desk.controls["changes"]["here"]
    desk.act({"do": "set", "path": "fund.tolerance.market"})
    assert shown(desk, "frame")["here"]["charts"] == before["charts"], "taken back, the world is what it was"


def test_a_programme_is_switched_on_and_off(desk):
    def on():
        return {one["name"] for one in desk.controls["programmes"] if one["on"]}

    assert on() == {"small_grant", "dream_town", "guidance_fund"}
    desk.act({"do": "set", "path": "programme.steady_support", "value": "on"})
    desk.act({"do": "set", "path": "programme.small_grant", "value": "off"})
    assert on() == {"steady_support", "dream_town", "guidance_fund"} and desk.fault == ""


def test_twins_tell_who_was_lost_and_found(desk):
    desk.act({"do": "view", "view": "twins"})
    desk.act({"do": "go", "tick": 48})
    assert all(entry["number"] == 0 for entry in desk.twins.values()), "the same policy twice: nobody differs"
    desk.act({"do": "set", "side": "there", "path": "fund.tolerance.market", "value": 0.75})
    assert sum(entry["number"] for entry in desk.twins.values()) > 0
    lines = [line for entry in shown(desk, "twins").values() for line in entry["lines"]]
    assert all(line["name"] and line["why"] and (line["here"] or line["there"]) for line in lines)


def test_a_click_tells_the_state_and_the_story(desk):
    desk.act({"do": "go", "tick": 48})
    desk.act({"do": "pick", "id": "V3"})
    assert desk.story["id"] == "V3" and len(desk.story["story"]) >= 2 and desk.story["state"]
    for name in ("F0", "U0", "G0", "P3"):
        desk.act({"do": "pick", "id": name})
        assert desk.fault == "" and desk.story["id"] == name and desk.story["state"] and not desk.story["story"]
        shown(desk, "story")
    desk.act({"do": "pick"})
    assert desk.story == {}


def test_everything_is_said_in_the_language_asked_for(desk):
    desk.act({"do": "pick", "id": "U0"})
    english = desk.controls["words"], desk.story["state"]
    desk.act({"do": "speak", "language": "zh"})
    assert desk.controls["language"] == "zh" and desk.story["state"] != english[1]
    same = {name for name, word in desk.controls["words"].items() if word == english[0][name]}
    assert not same, "words without Chinese"


def test_two_desks_do_not_see_each_other():
    one, other = Desk("?seed=3" + SMALL), Desk("?seed=3" + SMALL)
    one.act({"do": "set", "path": "fund.tolerance.market", "value": 9})
    one.act({"do": "go", "tick": 30})
    assert other.frame["tick"] == 0 and other.controls["changes"]["here"] != one.controls["changes"]["here"]
    other.act({"do": "go", "tick": 30})
    assert shown(other, "frame")["here"]["charts"] != shown(one, "frame")["here"]["charts"]


def test_a_thousand_steps_do_not_grow():
    desk = Desk("?seed=1&tick=0&set=city.graduates=5&set=city.newcomers=0&set=university.number=1&years=5")
    sizes = []
    for _ in range(50):
        for _ in range(21):
            desk.act({"do": "step", "loop": True})
        assert desk.fault == ""
        sizes.append(len(json.dumps(desk.frame)) + len(json.dumps(desk.controls)))
        assert len(desk.towns) == 1 and threading.active_count() < 20
    assert desk.controls["seed"] == "51"
    assert max(sizes) < 3 * min(sizes)


# -------------------------------------------------------------------------------------------------------------- sliders


def test_sliders_are_the_parameter_files():
    scenario = Scenario.load("baseline")
    rows = sliders_of(scenario)
    desk = Desk()
    groups = {one["path"]: one for group in desk.controls["groups"] for one in group["sliders"]}
    assert len(groups) >= 15
    for path, one in groups.items():
        row = rows[path]
        assert (one["low"], one["high"], one["base"], one["source"], one["why"]) == (row["low"], row["high"], row["value"], row["source"], row["why"])
        assert row["what"] in one["label"] and one["unit"] == row["unit"]
    assert {row["name"] for row in scenario.table() if row["unit"] not in ("choice", "names") and row["low"] is not None} == set(rows)


@pytest.mark.parametrize(("unit", "low", "high", "step"), [("years", 0.5, 15, 0.5), ("count", 0, 10, 1), ("count", 0, 600, 10), ("share", 0, 1, 0.02)])
def test_a_notch_of_a_slider(unit, low, high, step):
    assert step_of(unit, low, high) == step


# -------------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?scenario=atlantis", "scenario.*atlantis.*baseline"),
        ("?scenario=../../etc/passwd", "scenario.*baseline"),
        ("?seed=abc", "seed.*abc.*whole number"),
        ("?seed=-1", "seed"),
        ("?years=1000", "years.*1000.*100"),
        ("?tick=9999", "quarter.*9999"),
        ("?colour=red", "name of a parameter.*colour"),
        ("?seed=1&seed=2", "seed.*one value"),
        ("?lang=xx", "language.*xx"),
        ("?view=moon", "view.*moon"),
        ("?set=fund.life.market", "fund.life.market"),
        ("?set=fund.lief.market=3", "fund.lief"),
        ("?set=fund.life.market=<script>", "fund.life.market.*script"),
        ("?lesson=cooking", "lesson.*cooking"),
    ],
)
def test_a_bad_address_gives_a_clear_message_and_the_page_all_the_same(query, words):
    desk = Desk(query)
    assert_says(desk.fault, words)
    assert desk.frame["tick"] == 40 and desk.controls["scenario"] == "baseline"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("step", "act.*str"),
        ({"do": "explode"}, "act.*explode.*step"),
        ({"do": "step", "by": 0}, "number of quarters"),
        ({"do": "step", "by": "4; import os"}, "number of quarters"),
        ({"do": "go", "tick": 4.5}, "quarter"),
        ({"do": "go", "tick": 49}, "quarter.*49.*48"),
        ({"do": "reset", "seed": "1e3"}, "seed"),
        ({"do": "reset", "years": "0"}, "years"),
        ({"do": "choose", "scenario": "atlantis"}, "scenario"),
        ({"do": "set", "path": "fund.stopping", "value": "bayes"}, "setting.*fund.stopping"),
        ({"do": "set", "path": "fund.tolerance.market", "value": -3}, "fund.tolerance.market.*-3"),
        ({"do": "set", "path": "fund.tolerance.market", "value": "__import__('os')"}, "fund.tolerance.market"),
        ({"do": "set", "path": "fund.tolerance.market", "value": float("nan")}, "fund.tolerance.market"),
        ({"do": "set", "path": "fund.tolerance.market", "value": {"a": 1}}, "fund.tolerance.market"),
        ({"do": "set", "path": "programme.nothing", "value": "on"}, "programme.*nothing"),
        ({"do": "set", "path": "programme.small_grant", "value": "maybe"}, "maybe"),
        ({"do": "set", "side": "beyond", "path": "fund.life.market", "value": 5}, "world.*beyond"),
        ({"do": "edit", "side": "both"}, "world.*both"),
        ({"do": "add", "path": "fund.stopping"}, "setting.*fund.stopping"),
        ({"do": "view", "view": "moon"}, "view.*moon"),
        ({"do": "speak", "language": "fr"}, "language.*fr"),
        ({"do": "pick", "id": "X7"}, "agent.*X7"),
        ({"do": "pick", "id": "V999999"}, "venture.*V999999"),
        ({"do": "pick", "id": "V0", "side": "there"}, "world.*there"),
        ({"do": "upload", "name": "a.toml", "text": 5}, "uploaded file.*int"),
        ({"do": "open_lesson", "name": "cooking"}, "lesson.*cooking"),
        ({"do": "run_lesson"}, "lesson"),
        ({"do": "watch_lesson"}, "lesson"),
    ],
)
def test_an_act_that_cannot_be_is_answered_and_changes_nothing(desk, act, words):
    desk.act({"do": "go", "tick": 6})
    before = shown(desk, "frame"), shown(desk, "controls")
    desk.act(act)
    assert_says(desk.fault, words)
    assert (shown(desk, "frame"), shown(desk, "controls")) == before
    desk.act({"do": "step"})
    assert desk.fault == "" and desk.frame["tick"] == 7


def test_every_act_is_tried():
    tried = {"step", "go", "reset", "choose", "set", "edit", "add", "view", "speak", "pick", "upload", "open_lesson", "run_lesson", "watch_lesson", "clear"}
    assert set(ACTS) == tried


def assert_says(fault, words):
    import re

    assert re.search(words, fault, re.IGNORECASE | re.DOTALL), fault


# --------------------------------------------------------------------------------------------------------------- uploads


def test_a_scenario_of_ones_own(desk):
    desk.act({"do": "upload", "name": "mine.toml", "text": OWN})
    assert desk.fault == "" and desk.controls["title"] == "Mine" and desk.controls["scenario"] == ""
    assert "scenario=" not in desk.frame["link"]
    desk.act({"do": "step", "by": 4})
    desk.act({"do": "set", "path": "city.graduates", "value": 25})
    assert desk.fault == "" and desk.frame["tick"] == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = ", "not TOML"),
        ("\x00\x01binary", "not TOML"),
        ('title = "t"', "about"),
        (OWN + '"fund.tolerence.market" = 3', "fund.tolerance"),
        (OWN + '"fund.tolerance.market" = "soon"', "fund.tolerance.market"),
        (OWN.replace('"baseline"', '"/etc/passwd"'), "builds on"),
        (OWN.replace('"baseline"', '"../baseline.toml"'), "builds on"),
        (OWN.replace("[set]", 'programmes = ["/etc/hostname"]\n[set]'), "programme.*hostname"),
        (OWN.replace("[set]", "programmes = 3\n[set]"), "programmes"),
        (OWN.replace("[set]", '[[cities]]\nname = "a"\nscenario = "/etc/passwd"\n[set]'), "builds on"),
        ("#" * (LARGEST_FILE + 1), "size of the file"),
        (OWN.replace("20", "100000000"), "graduates|size of the world"),
    ],
)
def test_a_broken_file_gives_a_clear_message(desk, text, words):
    before = shown(desk, "controls")
    desk.act({"do": "upload", "name": "../../<b>mine</b>.toml", "text": text})
    assert_says(desk.fault, words)
    assert "/tmp" not in desk.fault
    assert shown(desk, "controls") == before


def test_an_upload_names_only_what_is_shipped():
    assert read_upload("mine.toml", OWN).title == "Mine"
    listed = OWN.replace("[set]", f"programmes = {programmes.names()[:1]}\n[set]")
    assert [one.name for one in read_upload("mine.toml", listed).programmes] == programmes.names()[:1]


# ----------------------------------------------------------------------------------------------------------------- links


def test_the_link_shows_the_same_again(desk):
    desk.act({"do": "view", "view": "twins"})
    desk.act({"do": "set", "side": "there", "path": "fund.life.market", "value": 12})
    desk.act({"do": "go", "tick": 30})
    again = Desk(desk.frame["link"])
    assert again.fault == ""
    assert shown(again, "frame")["there"]["charts"] == shown(desk, "frame")["there"]["charts"]
    assert shown(again, "twins") == shown(desk, "twins")
