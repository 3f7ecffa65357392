"""Scenarios: files, bases, settings, programmes switched on and off, what is refused."""

import json
import pickle
from textwrap import dedent

import pytest
from hypothesis import given, strategies as st

from seedbed.agents.errors import BadInput
from seedbed.model import programmes, scenario as module
from seedbed.model.parameters import Parameters
from seedbed.model.scenario import Scenario

CITY = """
    title = "A city"
    about = "Made up."
    programmes = ["small_grant"]
    [set]
    "fund.life.market" = 6
    "fund.tolerance.market" = { value = "7/3 years", source = "report.alumni_fund", why = "a third of seven" }
    "programme.small_grant.amount" = 0.3
"""

GIFT = """
    title = "A desk"
    about = "Made up."
    instrument = "interest_subsidy"
    source = "report.dream_town"
    budget = 100
    interest_share = 0.5
"""


@pytest.fixture
def write(tmp_path, made_up_world):
    """Write a file beside the others and return its path. Definitions are the made-up ones."""

    def write_text(text, name="city"):
        path = tmp_path / f"{name}.toml"
        path.write_text(dedent(text))
        return path

    return write_text


@pytest.fixture
def read(write):
    return lambda text, name="city": Scenario.load(write(text, name))


@pytest.fixture
def city(read):
    return read(CITY)


# --- What is shipped ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", Scenario.names() or ["baseline"])
def test_shipped_scenarios_load_and_say_why(name):
    scenario = Scenario.load(name)
    assert scenario.name == name and scenario.parameters
    for override in scenario.overrides:
        assert override.source or override.why, override


# --- Loading -----------------------------------------------------------------------------------------------------


def test_a_scenario_is_a_difference_from_the_evidence(city):
    assert (city.name, city.title, city.about, city.base) == ("city", "A city", "Made up.", "")
    assert city.parameters.changes() == {"fund.life.market": 6}  # the other setting is the value in the evidence
    assert [p.name for p in city.programmes] == ["small_grant"]
    assert city.programmes[0].values["amount"] == 0.3
    assert [o.name for o in city.overrides] == [
        "fund.life.market",
        "fund.tolerance.market",
        "programme.small_grant.amount",
    ]
    assert city.overrides[1].source == "report.alumni_fund" and city.overrides[1].why == "a third of seven"
    assert all("city.toml, [set]" in o.where for o in city.overrides)


def test_the_smallest_scenario(read):
    plain = read('title = "t"\nabout = "a"')
    assert plain.programmes == plain.overrides == () and plain.parameters == Parameters.default()


def test_a_loaded_scenario_is_returned_as_it_is(city):
    assert Scenario.load(city) is city


def test_names_without_quotes_are_the_same_names(read, city):
    text = """
        title = "A city"
        about = "Made up."
        programmes = ["small_grant"]
        [set.fund]
        life.market = 6
        tolerance.market.value = "7/3"
        [set.programme.small_grant]
        amount = 0.3
    """
    assert read(text, "city").digest() == city.digest()


def test_tables_may_be_set_as_a_whole(read):
    text = 'title = "t"\nabout = "a"\n[set]\n"fund.life" = 9\n'
    assert set(read(text).parameters["fund.life"].values()) == {9}
    text = (
        'title = "t"\nabout = "a"\n[set]\n"fund.life" = { value = { market = 9, angel = "20 quarters" }, why = "w" }\n'
    )
    assert read(text).parameters["fund.life"] == {"angel": 5, "market": 9, "patient": 12, "alumni": 15, "guidance": 10}


def test_a_base_comes_first(write, read):
    write(CITY)
    child = read('title = "Child"\nabout = "a"\nbase = "city"\n[set]\n"fund.life.market" = 9\n', "child")
    assert (child.name, child.title, child.base) == ("child", "Child", "city")
    assert child.parameters["fund.life.market"] == 9 and child.parameters["fund.tolerance.market"] == 7 / 3
    assert child.programmes[0].values["amount"] == 0.3
    assert [o.name for o in child.overrides][-1] == "fund.life.market" and len(child.overrides) == 3


def test_a_list_of_programmes_replaces_that_of_the_base(write, read):
    write(CITY)
    child = read('title = "C"\nabout = "a"\nbase = "city"\nprogrammes = ["dream_town"]', "child")
    assert [p.name for p in child.programmes] == ["dream_town"]
    assert "programme.small_grant.amount" not in [o.name for o in child.overrides]
    kept = read('title = "C"\nabout = "a"\nbase = "city"\nprogrammes = ["dream_town", "small_grant"]', "kept")
    assert kept.programmes[1].values["amount"] == 0.3


def test_contradictions_count_only_in_the_end(write, read):
    write('title = "t"\nabout = "a"\n[set]\n"fund.tranche" = 40\n', "long")
    child = read('title = "t"\nabout = "a"\nbase = "long"\n[set]\n"fund.tranche" = 4\n', "child")
    assert child.parameters["fund.tranche"] == 4


def test_programmes_beside_the_scenario(write, read):
    write(GIFT.replace('"interest_subsidy"', '"grant"').replace("interest_share = 0.5", "amount = 1"), "mine")
    for listed in ("mine", "mine.toml"):
        assert [p.name for p in read(f'title = "t"\nabout = "a"\nprogrammes = ["{listed}"]').programmes] == ["mine"]


# --- Changing ----------------------------------------------------------------------------------------------------


def test_changes_by_mapping_and_as_typed(city):
    a = city.with_({"fund.life.market": 9, "programme.small_grant.amount": 0.5})
    b = city.with_(["fund.life.market=36 quarters", "programme.small_grant.amount = 500 thousand RMB"])
    assert a.digest() == b.digest() != city.digest()
    assert a.overrides[-1].where == "python call" and b.overrides[-1].where == "--set"
    assert city.with_("fund.life=9").parameters["fund.life.angel"] == 9
    assert city.with_({}).digest() == city.digest()


def test_programmes_are_switched_on_and_off(city):
    assert city.with_("programme.small_grant=off").programmes == ()
    both = city.with_({"programme.dream_town": True, "programme.small_grant": "on"})
    assert [p.name for p in both.programmes] == ["small_grant", "dream_town"]
    assert both.programmes[0].values["amount"] == 0.3
    assert city.with_("programme.dream_town=off").digest() == city.digest()
    new = city.with_(["programme.dream_town=on", "programme.dream_town.number=10"])
    assert new.programmes[1].values["number"] == 10


def test_a_programme_switched_on_again_is_as_in_its_file(city):
    again = city.with_("programme.small_grant=off").with_("programme.small_grant=on")
    assert again.programmes[0].values["amount"] == 0.2
    assert "programme.small_grant.amount" not in [o.name for o in again.overrides]


def test_digest_is_of_what_matters(city, read):
    assert read(CITY.replace("Made up.", "Said otherwise.")).digest() == city.digest()
    assert city.with_("programme.small_grant=off").digest() != city.digest()
    assert city.with_("city.openness=50%").digest() != city.digest()


def test_description_is_plain_data(city):
    known = json.loads(json.dumps(city.with_("fund.life=9").describe()))
    assert known["digest"] != city.digest() and known["programmes"] == {"small_grant": "A small early grant"}
    assert known["overrides"][-1] == {"name": "fund.life", "value": "9", "where": "--set", "source": "", "why": ""}


def test_table_shows_whose_setting_it_is(city):
    rows = {row["name"]: row for row in city.with_("fund.tranche=5").table()}
    assert rows["fund.life.market"] | {"what": ""} == {
        "name": "fund.life.market", "value": 6, "unit": "years", "low": 5, "high": 15, "status": "set",
        "source": city.overrides[0].where, "why": "", "what": "",
    }  # fmt: skip
    assert rows["fund.tolerance.market"]["source"] == "report.alumni_fund"
    assert rows["fund.life.angel"]["status"] == "observed"
    assert rows["fund.tranche"]["source"] == "--set"
    assert rows["programme.small_grant.amount"]["value"] == 0.3


def test_there_and_back_from_another_process(city):
    back = pickle.loads(pickle.dumps(city))
    assert back.digest() == city.digest() and back.programmes == city.programmes


# --- What is refused ---------------------------------------------------------------------------------------------


def test_unknown_scenario(refused, monkeypatch, tmp_path):
    for name in ("baseline", "report"):
        (tmp_path / f"{name}.toml").touch()
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    refused(
        lambda: Scenario.load("baselin", "command line"),
        what="The scenario", given="'baselin'", allowed="'baseline' or 'report'; did you mean 'baseline'", where="command line",
    )  # fmt: skip
    refused(
        lambda: Scenario.load("no/such.toml"),
        what="The scenario file", given="'no/such.toml'", allowed="an existing TOML file", where="python call",
    )  # fmt: skip
    monkeypatch.setattr(module, "FOLDER", tmp_path / "empty")
    refused(
        lambda: Scenario.load("x"), what="The scenario", given="'x'", allowed="the path of a TOML file", where="python"
    )


@pytest.mark.parametrize(
    ("old", "new", "what", "given", "allowed"),
    [
        ('title = "A city"', "", "Its title (title)", "missing", "a text"),
        ('about = "Made up."', "about = 3", "Its about (about)", "3", "a text"),
        ("title =", "tittle =", "A key of the scenario", "'tittle'", "did you mean 'title'"),
        ('title = "A city"', "title = = 3", "The text of the file", "line 2", "well-formed TOML"),
        ('["small_grant"]', '"small_grant"', "The programmes", "'small_grant'", "a list of names"),
        ('["small_grant"]', '["small_grand"]', "The programme", "'small_grand'", "did you mean 'small_grant'"),
        ('["small_grant"]', '["small_grant", "small_grant"]', "The programmes", "'small_grant'", "each name once"),
        ('["small_grant"]', '["no.toml"]', "The programme file", "'no.toml'", "an existing TOML file"),
        ('["small_grant"]', "[]", "The programme", "'small_grant'", "it has none"),
        ("[set]", "[sets]", "A key of the scenario", "'sets'", "did you mean 'set'"),
        ("[set]", "set = 3\n[[x]]", "A key of the scenario", "'x'", "'set'"),
        (
            "fund.life.market",
            "fund.live.market",
            "The parameter",
            "'fund.live.market'",
            "did you mean 'fund.life.market'",
        ),
        ('"fund.life.market" = 6', '"fund.life.market" = 600', "fund.life.market", "600", "from 0 to 150 (years)"),
        (
            '"fund.life.market" = 6',
            '"fund.life.market" = "6 parsecs"',
            "The unit of fund.life.market",
            "'parsecs'",
            "'years'",
        ),
        ('"fund.life.market" = 6', '"fund.life.market" = true', "fund.life.market", "True", "a number"),
        ('"fund.life.market" = 6', '"fund.life.market" = {}', "fund.life.market", "{}", "a table with elements"),
        ('"fund.life.market" = 6', '"fund.life.market" = 0.5', "fund.life.market", "0.5", "the length of a tranche"),
        ('"fund.life.market" = 6', '"fund.managers" = 0', "fund.managers", "0", "at least one manager"),
        (
            'source = "report.alumni_fund"',
            'source = "report.alumni"',
            "The source (report)",
            "'alumni'",
            "'alumni_fund'",
        ),
        ('source = "report.alumni_fund"', 'sauce = "x"', "A key of fund.tolerance.market", "'sauce'", "'source'"),
        ('why = "a third of seven"', "why = 3", "The reason for fund.tolerance.market", "3", "a text"),
        ("small_grant.amount", "small_grant.amunt", "The field of small_grant", "'amunt'", "did you mean 'amount'"),
        ("small_grant.amount", "dream_town.amount", "The programme", "'dream_town'", "of this scenario (small_grant)"),
        (
            'small_grant.amount" = 0.3',
            'small_grant.amount" = 30',
            "programme.small_grant.amount",
            "30.0",
            "year's budget",
        ),
        ('small_grant.amount" = 0.3', 'small_grant" = "of"', "programme.small_grant", "'of'", "'on' or 'off'"),
        ('small_grant.amount" = 0.3', 'small_grant" = 1', "programme.small_grant", "1", "'on' or 'off'"),
        ('small_grant.amount" = 0.3', 'dreamtown" = "on"', "The programme", "'dreamtown'", "did you mean 'dream_town'"),
        (
            'small_grant.amount" = 0.3',
            'dreamtown" = "off"',
            "The programme",
            "'dreamtown'",
            "did you mean 'dream_town'",
        ),
    ],
)
def test_scenarios_that_are_refused(refused, read, old, new, what, given, allowed):
    assert old in CITY
    refused(lambda: read(CITY.replace(old, new)), what=what, given=given, allowed=allowed, where="city")


def test_settings_that_are_no_table(refused, read):
    refused(
        lambda: read('title = "t"\nabout = "a"\nset = 3'),
        what="The settings",
        given="3",
        allowed="[set]",
        where="city.toml",
    )


def test_unknown_base(refused, read):
    refused(
        lambda: read('title = "t"\nabout = "a"\nbase = "nowhere"'),
        what="The scenario", given="'nowhere'", allowed="allowed:", where="city.toml",
    )  # fmt: skip


def test_bases_in_a_circle(refused, write, read):
    write('title = "t"\nabout = "a"\nbase = "b"', "a")
    write('title = "t"\nabout = "a"\nbase = "c"', "b")
    refused(
        lambda: read('title = "t"\nabout = "a"\nbase = "a"', "c"),
        what="The base", given="'c'", allowed="(c -> a -> b -> c)", where="c.toml",
    )  # fmt: skip
    refused(
        lambda: read('title = "t"\nabout = "a"\nbase = "self"', "self"),
        what="The scenario", given="'self'", allowed="allowed:", where="self.toml",
    )  # fmt: skip


def test_ones_own_file_may_build_on_the_shipped_one_of_its_name(write, read, tmp_path, monkeypatch):
    (tmp_path / "shipped").mkdir()
    monkeypatch.setattr(module, "FOLDER", tmp_path / "shipped")
    write('title = "t"\nabout = "a"\n[set]\n"fund.life" = 9\n', "shipped/baseline")
    own = read('title = "t"\nabout = "a"\nbase = "baseline"\n[set]\n"fund.tranche" = 3\n', "baseline")
    assert own.parameters["fund.life.angel"] == 9 and own.parameters["fund.tranche"] == 3
    assert own.overrides[0].where == "shipped/baseline.toml, [set]"
    monkeypatch.undo()


def test_a_programme_that_is_only_described(refused, write, read, monkeypatch):
    monkeypatch.delitem(programmes.EXECUTED, "interest_subsidy")
    write(GIFT, "desk")
    refused(
        lambda: read('title = "t"\nabout = "a"\nprogrammes = ["desk"]'),
        what="programme of the scenario", given="desk (interest_subsidy)", allowed="others are described only", where="city",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "what", "given", "allowed", "where"),
    [
        ("fund.life.market", "The assignment", "'fund.life.market'", "name=value", "--set"),
        (["fund.lif.market=3"], "The parameter", "'fund.lif.market'", "did you mean 'fund.life.market'", "--set"),
        (["fund.life.market=3 RMB"], "The unit of fund.life.market", "'RMB'", "'years'", "--set"),
        (["fund.life.market=nan"], "fund.life.market", "'nan'", "a number", "--set"),
        ({"fund.life.market": float("nan")}, "fund.life.market", "nan", "a number", "python call"),
        ("fund.life.market=0.5", "fund.life.market", "0.5", "the length of a tranche", "--set"),
        ("programme.small_grant=maybe", "programme.small_grant", "'maybe'", "'on' or 'off'", "--set"),
        ("programme.grant.amount=1", "The programme", "'grant'", "programme.grant=on adds one", "--set"),
        ("programme=on", "The programme", "''", "'dream_town'", "--set"),
        ({3: 4}, "The name of a setting", "3", "a text", "python call"),
    ],
)
def test_changes_that_are_refused(refused, city, changes, what, given, allowed, where):
    refused(lambda: city.with_(changes), what=what, given=given, allowed=allowed, where=where)


JUNK = st.recursive(
    st.booleans() | st.integers(-5, 20) | st.floats() | st.sampled_from(["", "on", "10 years", "bio"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "market", "source"]), inner),
    max_leaves=4,
)
NAMES = [
    "fund.life",
    "fund.life.market",
    "fund",
    "",
    "programme",
    "programme.small_grant",
    "programme.small_grant.sectors",
]


@given(name=st.sampled_from(NAMES), junk=JUNK)
def test_whatever_is_set_is_taken_or_refused(name, junk):
    scenario = Scenario("s", "t", "a", Parameters.default()).with_("programme.small_grant=on")
    try:
        overrides = list(module._overrides(name, junk, "here"))
        module._check(module._changed(scenario, overrides), "here")
    except BadInput as error:
        assert "(here)" in str(error)
