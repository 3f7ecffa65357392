"""Programmes: files, the record that holds every instrument, what is refused."""

import pickle
import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given, strategies as st

from seedbed.agents import programme as record, venture
from seedbed.agents.errors import BadInput
from seedbed.agents.programme import NO_CEILING, NO_LIMIT, OFFICE_DECIDES, PROGRAMME, PROGRAMME_ACCOUNT
from seedbed.model import programmes
from seedbed.model.parameters import UNITS, definitions
from seedbed.model.programmes import EXECUTED, FIELDS, NEEDS, USES, Programme, check_executed, load

GOOD = """
    title = "A grant"
    about = "Paid once."
    instrument = "grant"
    source = "report.dxy"
    budget = 10
    amount = 0.2
"""


@pytest.fixture
def write(tmp_path):
    """Write a programme file and return its path."""

    def write_text(text, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(dedent(text))
        return path

    return write_text


@pytest.fixture
def read(write):
    return lambda text, name="mine": load(write(text, name))


def only(programme):
    return programmes.rows([[programme]])[0]


# --- What is shipped ---------------------------------------------------------------------------------------------


def test_what_is_shipped():
    assert programmes.names() == sorted(
        "angel_co_investment attract_firms award_many_standards award_one_standard benefits_without_application carrier_incubator carrier_maker_space "
        "carrier_science_park carrier_town direct_investment dream_town dream_town_desks fuzhou_investment fuzhou_talent_awards fuzhou_talent_loans "
        "guidance_fund help_in_need listing_coaching loan_interest_subsidy lump_support moving_subsidy national_guidance_fund new_institutes "
        "overseas_park_angel overseas_park_offices overseas_talent_park relay_investment scouting_office scouting_office_rooms service_centre "
        "shuozhou_awards shuozhou_copy shuozhou_fund shuozhou_institute shuozhou_returnees shuozhou_service shuozhou_steady small_grant "
        "steady_support suzhou_bio_fund suzhou_cluster_funds suzhou_equipment_fund suzhou_future_fund suzhou_matching suzhou_sector_funds "
        "suzhou_strategic_funds suzhou_sub_funds suzhou_talent_funds suzhou_transfer_fund talent_loan_pool three_fifteens three_fifteens_industry".split()
    )


def test_where_the_reports_figures_contradict_each_other_the_file_says_so():
    said = {"dream_town": "the account cannot revolve", "three_fifteens": "cannot hold for long", "overseas_talent_park": "cannot have been paid",
            "scouting_office": "one team a year", "carrier_town": "gives no figure", "suzhou_sub_funds": "does not add up"}  # fmt: skip
    for name, words in said.items():
        assert words in " ".join(load(name).about.split()), name


def test_haichuang_is_the_reports():
    row = only(load("overseas_talent_park"))
    assert row.amount_by_credential.tolist() == [200_000_00, 300_000_00, 500_000_00]
    assert row.amount_by_tier[1:].tolist() == [5_000_000_00, 2_000_000_00, 1_000_000_00]
    assert (row.ceiling, row.ceiling_window) == (10_000_000_00, 12)


def differ(name, other):
    """The fields in which two programmes differ, apart from who they are."""
    one, two = only(load(name)), only(load(other))
    return {field for field in PROGRAMME.names if not np.array_equal(one[field], two[field])} - {"key"}


def test_one_standard_and_many_differ_in_the_yardstick_alone():
    assert differ("award_one_standard", "award_many_standards") == {"credential_weight", "accuracy"}
    assert only(load("award_one_standard")).credential_weight == 1 and only(load("award_many_standards")).credential_weight == 0


def test_packages_for_a_laggard_may_cost_the_same_in_a_year():
    packages = [load(name) for name in programmes.names() if name.startswith("shuozhou_")]
    assert len(packages) == 7 and len({p.instrument for p in packages}) == 6
    assert {p.values["budget"] for p in packages} == {5}
    assert all(p.values.get("growth", 0) == p.values.get("revenue_share", 0) == 0 for p in packages)


def test_suzhous_classes_of_funds_are_the_reports():
    classes = {"strategic": 24, "cluster": 25, "sector": 27, "sub": 20}
    for name, billions in classes.items():
        assert load(f"suzhou_{name}_funds").values["budget"] == pytest.approx(100 * billions)  # ten years, million


def test_feed_and_flood_differ_in_parts_alone():
    assert differ("steady_support", "lump_support") == {"instrument", "tranches", "interval"}


@pytest.mark.parametrize("name", programmes.names())
def test_every_figure_shipped_has_a_source_or_a_reason(name):
    for row in load(name).table():
        assert row["source"] or row["why"], row
        assert row["status"] in ("observed", "estimated", "calibrated", "assumed")
        assert row["low"] is None or row["low"] <= row["value"] <= row["high"], row


@pytest.mark.parametrize("name", programmes.names())
def test_what_is_shipped_is_executed(name):
    check_executed(load(name), "here")


def test_dream_town_is_the_reports():
    p = load("dream_town")
    row = only(p)
    assert (row.budget, row.amount, row.number, row.min_team) == (50_000_000_00, 200_000_00, 250, 3)
    assert row.budget == row.number * row.amount
    assert row.repay_multiple * row.amount == 400_000_00
    assert (row.instrument, row.repay_trigger, row.revolving) == (record.REPAYABLE_GRANT, record.AT_PROFIT, 1)


def test_small_grant_is_the_reports():
    row = only(load("small_grant"))
    assert row.amount == 200_000_00 and row.scouting > 0 and row.repay_multiple == 0
    assert row.links == 0b0111 and row.instrument == record.GRANT


def test_guidance_fund_brings_other_money():
    programme = load("guidance_fund")
    row = only(programme)
    assert programme.values["private_per_public"] == pytest.approx(64 / 34.7, rel=1e-4)
    assert row.instrument == record.GUIDANCE
    assert row.private_per_public == 0, "what is for the record only does not stand in the record that rules read"
    assert only(programme.with_changes({"private_per_public": 2})).private_per_public == 2


# --- The record --------------------------------------------------------------------------------------------------


def test_every_field_of_the_record_has_a_field_in_files():
    assert set(PROGRAMME.names) == {"key", "instrument", "city", "bit", *FIELDS}
    assert PROGRAMME.isalignedstruct and PROGRAMME_ACCOUNT.isalignedstruct


def test_every_instrument_has_its_fields():
    assert tuple(USES) == tuple(NEEDS) == record.INSTRUMENTS
    assert set().union(*USES.values()) == set(FIELDS)
    for instrument, needs in NEEDS.items():
        assert set(needs.replace("|", " ").split()) <= set(USES[instrument])
    for instrument, fields in EXECUTED.items():
        assert fields <= set(USES[instrument])


def test_constants_are_places_in_their_lists():
    for number, name in enumerate(record.INSTRUMENTS):
        assert getattr(record, name.upper()) == number
    assert record.SELECTIONS[record.WITHOUT_APPLICATION] == "without_application"
    assert record.CONDITIONS[record.ON_PRIVATE_MONEY] == "private_money"
    assert record.TRIGGERS[record.AT_EXIT] == "exit"
    assert programmes.ORIGINS == venture.ORIGINS


def test_a_silent_file_excludes_nobody(read):
    row = only(read(GOOD))
    assert (row.sectors, row.forms, row.links, row.origins) == (0b1111, 0b11, 0b11111, 0b111)
    assert row.number == row.max_age == row.ends == NO_LIMIT and row.ceiling == NO_CEILING
    assert row.apply_share == 1 and row.delay == 0
    assert row.allowed_loss == row.freeze == OFFICE_DECIDES
    assert row.amount_by_credential.tolist() == [200_000_00] * 3 and row.amount_by_tier.tolist() == [200_000_00] * 4


def test_no_limit_can_be_added_to_a_tick():
    with np.errstate(over="raise"):
        assert np.int32(NO_LIMIT) + np.int32(NO_LIMIT) > NO_LIMIT
        assert np.int64(NO_CEILING) + np.int64(NO_CEILING) > NO_CEILING


EVERY = {
    "grant": "amount = 0.2",
    "staged_grant": "amount = 0.2\ntranches = 3\ninterval = 4\ncondition = 'milestone'",
    "repayable_grant": "amount = 0.2\nrepay_trigger = 'exit'\nrepay_multiple = 2\nrepay_within = 10",
    "equity": "amount = 3\nstake = 0.1\nco_invest = true\nbuy_back_multiple = 1.2",
    "space": "places = 200\nstay = 2\nrent_saved = 0.0048\ncontacts = 2",
    "talent_award": "amount_by_tier = { first = 5, second = 2, third = 1 }",
    "interest_subsidy": "interest_share = 0.5\ninterest_quarters = 8",
    "loan_risk_compensation": "loss_share = '50%'\nloan_ceiling = 5\npool_multiple = 10",
    "guidance": "private_per_public = 1.84\nfirst_loss = 0.2",
    "listing_coaching": "queue_cut = 4\namount = 1",
    "service": "friction_cut = 0.3",
    "institute_slots": "slots = 40\nspeed_gain = 0.25",
}


@pytest.mark.parametrize("instrument", record.INSTRUMENTS)
def test_every_instrument_can_be_said_and_held(read, instrument):
    text = GOOD.replace("amount = 0.2", "").replace('"grant"', f'"{instrument}"')
    programme = read(dedent(text) + EVERY[instrument])
    row = only(programme)
    assert record.INSTRUMENTS[row.instrument] == instrument and row.budget == 10_000_000_00
    for path, value in programme.values.items():
        name, _, element = path.partition(".")
        if not element:
            assert row[name] == FIELDS[name].engine(value)


def test_haichuang_amounts_by_credential_and_tier(read):
    row = only(
        read(
            GOOD.replace("amount = 0.2", "amount_by_credential = { bachelor = 0.2, master = 0.3, doctorate = 0.5 }")
            + "    amount_by_tier = { first = { value = 5000, unit = 'thousand RMB' }, second = 2, third = 1 }\n"
            + "    ceiling = 10\n    ceiling_window = 3\n"
        )
    )
    assert row.amount_by_credential.tolist() == [200_000_00, 300_000_00, 500_000_00]
    assert row.amount_by_tier.tolist() == [0, 5_000_000_00, 2_000_000_00, 1_000_000_00]
    assert (row.ceiling, row.ceiling_window) == (10_000_000_00, 12)


def test_times_and_flows_are_converted(read):
    text = """
        max_age = { value = 18, unit = "months", range = [12, 24] }
        delay = { value = "6/2", unit = "months", range = [0, 6] }
        growth = 0.15
        revenue_share = "15%"
        starts = 5
        ends = "60 quarters"
    """
    row = only(read(dedent(GOOD) + dedent(text)))
    assert (row.max_age, row.delay, row.starts, row.ends, row.growth, row.revenue_share) == (6, 1, 20, 60, 0.15, 0.15)
    space = only(
        read(GOOD.replace('"grant"', '"space"').replace("amount = 0.2", EVERY["space"].replace("\n", "\n    ")))
    )
    assert space.rent_saved == 1200_00 and space.contacts == 0.5


def test_names_become_bits_in_the_order_of_the_list(read):
    programme = read(
        GOOD + "    sectors = ['bio', 'digital']\n    forms = 'radical'\n    links = 'invention, in_market'\n"
    )
    assert programme.values["sectors"] == ("digital", "bio")
    row = only(programme)
    assert (row.sectors, row.forms, row.links) == (0b0101, 0b10, 0b10010)


def test_identity_comes_from_the_name(read):
    a, b = read(GOOD, "a"), read(GOOD, "b")
    assert only(a).key != only(b).key and only(a).key == only(a.with_changes({"amount": 0.3})).key


def test_tables_of_none_and_of_several(read):
    none = programmes.rows([])
    assert none.shape == (0,) and none.dtype == programmes.rows([[read(GOOD)]]).dtype
    both = programmes.rows([[load("dream_town"), load("small_grant")]])
    assert both.instrument.tolist() == [record.REPAYABLE_GRANT, record.GRANT] and both.flags.writeable
    assert programmes.accounts(2).paid.tolist() == [0, 0]


def test_too_many_programmes_to_be_told_apart(refused, read):
    one = read(GOOD)
    many = [replace(one, name=f"programme_{n}") for n in range(programmes.MOST + 1)]
    assert len(programmes.rows([many[1:]])) == len(programmes.rows([many[:31], many[31:-1]])) == programmes.MOST
    assert len(programmes.rows([many[:3]] * 100)) == 300, "programmes of one name in many cities count once"
    refused(lambda: programmes.rows([many]), what="number of programmes", given="63", allowed="at most 62", where="scenario")


def test_compiled_rules_read_the_record():
    numba = pytest.importorskip("numba")

    @numba.njit
    def by_tier(table, i, tier):
        return table[i].amount_by_tier[tier] + table[i].amount

    assert by_tier(programmes.rows([[load("small_grant")]]), 0, 2) == 400_000_00


# --- Values ------------------------------------------------------------------------------------------------------


def test_changes_make_a_new_programme(read):
    programme = read(GOOD)
    changed = programme.with_changes({"amount": "500 thousand RMB", "min_team": 3, "sectors": ["bio"]})
    assert (programme.values["amount"], changed.values["amount"]) == (0.2, 0.5)
    assert changed.values["sectors"] == ("bio",)
    assert changed.digest() != programme.digest() == read(GOOD).digest()
    assert hash(programme) == hash(read(GOOD)) and programme == read(GOOD)
    with pytest.raises(AttributeError):
        programme.name = "other"


def test_changes_of_elements(read):
    programme = read(GOOD).with_changes(
        {"amount_by_credential": {"master": 0.3}, "amount_by_credential.doctorate": 0.5}
    )
    assert only(programme).amount_by_credential.tolist() == [200_000_00, 300_000_00, 500_000_00]


def test_order_of_lines_does_not_matter(read):
    a = read(GOOD + "    delay = 1\n    min_team = 3\n")
    b = read(GOOD).with_changes({"min_team": 3}).with_changes({"delay": "3 months"})
    assert a.digest() == b.digest()


def test_there_and_back_from_another_process():
    programme = load("dream_town")
    assert pickle.loads(pickle.dumps(programme)) == programme


def test_table_has_the_columns_of_parameters(read):
    rows = read(
        GOOD
        + "    delay = { value = 1, unit = 'quarters', range = [0, 4], why = 'a guess' }\n"
        + "    sectors = { value = ['bio', 'digital'], source = 'Someone 2013', status = 'estimated' }\n"
    ).table()
    by_name = {row["name"]: row for row in rows}
    assert by_name["programme.mine.delay"] == {
        "name": "programme.mine.delay", "value": 1.0, "unit": "quarters", "low": 0.0, "high": 4.0, "status": "assumed",
        "source": "", "why": "a guess", "what": "quarters from application to payment",
    }  # fmt: skip
    assert by_name["programme.mine.amount"]["source"] == "report.dxy"
    assert by_name["programme.mine.sectors"]["value"] == "digital, bio"
    assert by_name["programme.mine.sectors"]["status"] == "estimated"
    first = next(iter(definitions().values()))
    assert rows[0].keys() == {"name", "value", "unit", "low", "high", "status", "source", "why", "what"} and first


def test_every_field_says_what_it_means():
    assert all(kind.what and (kind.unit in UNITS or kind.unit == "names") for kind in FIELDS.values())


@given(st.sampled_from(sorted(FIELDS)), st.integers(0, 400))
def test_values_go_into_the_record_and_come_back(name, quarters):
    kind = FIELDS[name]
    number = quarters / 4
    try:
        value = kind.check(number, name, "here")
    except BadInput:
        return
    held = np.zeros(1, PROGRAMME)
    held[name] = kind.engine(value)
    assert np.all(held[name][0] == kind.engine(value)), "the record cuts something off"


# --- What is refused ---------------------------------------------------------------------------------------------

REPAID = (
    GOOD.replace('"grant"', '"repayable_grant"')
    + "    repay_trigger = 'profit'\n    repay_multiple = 2\n    repay_profit = 1\n"
)


@pytest.mark.parametrize(
    ("old", "new", "what", "given", "allowed"),
    [
        ('title = "A grant"', "", "Its title (title)", "missing", "a text"),
        ('about = "Paid once."', "about = 3", "Its about (about)", "3", "a text"),
        ('instrument = "grant"', "", "Its instrument (instrument)", "missing", "a text"),
        ('instrument = "grant"', 'instrument = "grand"', "The instrument", "'grand'", "did you mean 'grant'"),
        ('"report.dxy"', '"report.dxz"', "The source (report)", "'dxz'", "did you mean 'dxy'"),
        (
            'source = "report.dxy"',
            "",
            "The source of budget",
            "missing",
            "a source for the figure or for the whole file",
        ),
        ("budget = 10", "", "programme.mine.budget", "missing", "(million RMB per year), which every grant needs"),
        (
            "amount = 0.2",
            "",
            "programme.mine.amount or amount_by_credential or amount_by_tier",
            "missing",
            "(million RMB), which every grant needs",
        ),
        ("amount = 0.2", "amount = 20", "programme.mine.amount", "20.0", "at most the year's budget, 10 million RMB"),
        ("amount = 0.2", "amount = -1", "programme.mine.amount", "-1", "from 0 to 1000000 (million RMB)"),
        ("amount = 0.2", "amount = nan", "programme.mine.amount", "nan", "a number from 0"),
        ("amount = 0.2", "amount = true", "programme.mine.amount", "True", "a number from 0"),
        ("amount = 0.2", "amount = '20 years'", "The unit of programme.mine.amount", "'years'", "'million RMB'"),
        ("amount = 0.2", "amount = { value = 1, unit = 'years' }", "The unit of amount", "'years'", "'million RMB'"),
        ("amount = 0.2", "amount = { value = 1, unit = ['x'] }", "The unit of amount", "['x']", "'million RMB'"),
        ("amount = 0.2", "amount = { unit = 'million RMB' }", "The value of amount", "missing", "paid for one award"),
        ("amount = 0.2", "amount = { value = 1, sauce = 'x' }", "A key of amount", "'sauce'", "did you mean 'source'"),
        ("amount = 0.2", "amount = { value = 1, source = 'report.x' }", "The source (report)", "'x'", "'dxy'"),
        ("amount = 0.2", "amount = { value = 1, source = '' }", "The source of amount", "''", "a text"),
        ("amount = 0.2", "amount = { value = 1, why = 3 }", "The reason for amount", "3", "a text"),
        ("amount = 0.2", "amount = { value = 1, status = 'x' }", "The status of amount", "'x'", "'observed'"),
        ("amount = 0.2", "amount = { value = 1, status = 'assumed' }", "The reason for amount", "missing", "a text"),
        ("amount = 0.2", "amount = { value = 1, range = [1] }", "The range of amount", "[1]", "two numbers"),
        (
            "amount = 0.2",
            "amount = { value = 1, range = [2, 1] }",
            "The range of amount",
            "[2, 1]",
            "the lower one first",
        ),
        (
            "amount = 0.2",
            "amount = { value = 1, range = [2, 3] }",
            "programme.mine.amount",
            "1.0",
            "its own range, 2 to 3",
        ),
        (
            "amount = 0.2",
            "amount = { value = 1, cites = 'report.dxy.grant' }",
            "programme.mine.amount",
            "1.0",
            "200000, which",
        ),
        (
            "amount = 0.2",
            "amount = 0.2\n    sectors = { value = ['bio'], range = [0, 1] }",
            "A key of sectors",
            "'range'",
            "'value'",
        ),
        ("amount = 0.2", "amount = { value = 'x', unit = 'RMB' }", "Amount", "'x'", "a number, in RMB"),
        ("amount = 0.2", "amunt = 0.2", "The field of mine", "'amunt'", "did you mean 'amount'"),
        (
            "amount = 0.2",
            "amount = 0.2\n    repay_multiple = 2",
            "A field of the grant mine",
            "'repay_multiple'",
            "'amount'",
        ),
        ("amount = 0.2", "amount.master = 0.2", "A key of amount", "'master'", "'value'"),
        (
            "amount = 0.2",
            "amount_by_credential = 0.2",
            "A field of mine",
            "'amount_by_credential'",
            "'amount_by_credential.master'",
        ),
        (
            "amount = 0.2",
            "amount_by_credential.phd = 2",
            "A field of mine",
            "'amount_by_credential.phd'",
            ".doctorate'",
        ),
        (
            "amount = 0.2",
            "amount = 0.2\n    amount_by_tier.first = 99",
            "programme.mine.amount_by_tier.first",
            "99",
            "at most the year's",
        ),
        ("amount = 0.2", "amount = 0.2\n    delay = 0.5", "programme.mine.delay", "0.5", "whole quarters"),
        (
            "amount = 0.2",
            "amount = 0.2\n    max_age = '1 month'",
            "programme.mine.max_age",
            "'1 month'",
            "whole quarters",
        ),
        ("amount = 0.2", "amount = 0.2\n    number = 2.5", "programme.mine.number", "2.5", "a whole number"),
        ("amount = 0.2", "amount = 0.2\n    accuracy = 1.5", "programme.mine.accuracy", "1.5", "from 0 to 1 (share)"),
        (
            "amount = 0.2",
            "amount = 0.2\n    selection = 'luck'",
            "programme.mine.selection",
            "'luck'",
            "'score', 'lottery'",
        ),
        ("amount = 0.2", "amount = 0.2\n    outsiders_only = 1", "programme.mine.outsiders_only", "1", "'no' or 'yes'"),
        (
            "amount = 0.2",
            "amount = 0.2\n    sectors = ['food']",
            "programme.mine.sectors",
            "['food']",
            "one or more of digital",
        ),
        ("amount = 0.2", "amount = 0.2\n    sectors = []", "programme.mine.sectors", "[]", "one or more of digital"),
        (
            "amount = 0.2",
            "amount = 0.2\n    sectors = [['bio']]",
            "programme.mine.sectors",
            "[['bio']]",
            "one or more of digital",
        ),
        (
            "amount = 0.2",
            "amount = 0.2\n    starts = 5\n    ends = 4",
            "programme.mine.ends",
            "4.0",
            "at least starts, 5 years",
        ),
        (
            "amount = 0.2",
            "amount = 0.2\n    min_age = 5\n    max_age = 4",
            "programme.mine.max_age",
            "4.0",
            "min_age, 5",
        ),
        ("amount = 0.2", "amount = 0.2\n    awards_each = 0", "programme.mine.awards_each", "0", "at least 1"),
        ("budget = 10", "budget = -10", "programme.mine.budget", "-10", "from 0 to"),
        (
            "amount = 0.2",
            "amount = 0.2\n    forms = ['incremental']\n    links = ['applied_research', 'invention']",
            "programme.mine.links",
            "'invention'",
            "incremental projects begin at development",
        ),
        (
            "amount = 0.2",
            "amount = 0.2\n    origins = ['independent', 'serial']\n    links = ['applied_research']",
            "programme.mine.links",
            "'applied_research'",
            "only spinouts begin there",
        ),
    ],
)
def test_programmes_that_are_refused(refused, read, old, new, what, given, allowed):
    assert old in GOOD
    refused(lambda: read(GOOD.replace(old, new)), what=what, given=given, allowed=allowed, where="mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "what", "given", "allowed"),
    [
        ("'profit'", "'exit'", "programme.mine.repay_profit", "1.0", "only where repay_trigger is 'profit'"),
        ("repay_trigger = 'profit'", "", "programme.mine.repay_trigger", "missing", "every repayable_grant needs"),
        ("'profit'\n", "'never'\n    #", "programme.mine.repay_multiple", "missing", "every repayable_grant needs"),
        ("'profit'", "'sucess'", "programme.mine.repay_trigger", "'sucess'", "'never', 'milestone'"),
    ],
)
def test_repaid_grants_that_are_refused(refused, read, old, new, what, given, allowed):
    assert read(REPAID) and old in REPAID
    refused(lambda: read(REPAID.replace(old, new)), what=what, given=given, allowed=allowed, where="mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "what", "given", "allowed"),
    [
        ("tranches = 3", "tranches = 0", "programme.mine.tranches", "0", "at least 1"),
        ("tranches = 3", "tranches = 3\n    ends = 1", "programme.mine.tranches", "3", "these take 2 years"),
    ],
)
def test_staged_grants_that_are_refused(refused, read, old, new, what, given, allowed):
    text = GOOD.replace('"grant"', '"staged_grant"') + "    tranches = 3\n    interval = 4\n"
    assert read(text) and old in text
    refused(lambda: read(text.replace(old, new)), what=what, given=given, allowed=allowed, where="mine.toml")


def test_links_at_which_an_instrument_is_of_no_use_are_refused(refused, read):
    for instrument, links, allowed, needs in (
        ("listing_coaching", "['development']", "also in_market", "amount = 0.2\n    queue_cut = 2"),
        ("institute_slots", "['in_market']", "also a link before the market", "slots = 3\n    speed_gain = 0.2"),
    ):
        text = GOOD.replace('"grant"', f'"{instrument}"').replace("amount = 0.2", needs)
        assert read(text)
        refused(lambda text=text, links=links: read(text + f"    links = {links}\n"), what="programme.mine.links", given=links.strip("[]"), allowed=allowed, where="mine.toml")


def test_recognised_shares_and_stakes_that_are_refused(refused, read):
    talent = GOOD.replace('"grant"', '"talent_award"') + "    tier_share = { first = 0.5, second = 0.6 }\n"
    refused(lambda: read(talent), what="programme.mine.tier_share.first", given="0.5", allowed="at most 1", where="mine.toml")
    equity = GOOD.replace('"grant"', '"equity"') + "    stake = 0\n"
    refused(lambda: read(equity), what="programme.mine.stake", given="0.0", allowed="at least 0.0001", where="mine.toml")


def test_a_multiple_that_nothing_triggers(refused, read):
    text = REPAID.replace("'profit'", "'never'").replace("repay_profit = 1", "")
    refused(
        lambda: read(text),
        what="programme.mine.repay_multiple", given="2.0", allowed="0 where repay_trigger is 'never'", where="mine.toml",
    )  # fmt: skip


def test_talent_award_needs_some_amount(refused, read):
    text = GOOD.replace('"grant"', '"talent_award"').replace("amount = 0.2", "")
    refused(
        lambda: read(text),
        what="amount or amount_by_credential or amount_by_tier", given="missing", allowed="talent_award needs", where="mine.toml",
    )  # fmt: skip


def test_changes_that_are_refused(refused, read):
    programme = read(GOOD)
    refused(
        lambda: programme.with_changes({"amount": 11}, "--set"),
        what="programme.mine.amount", given="11.0", allowed="the year's budget", where="--set",
    )  # fmt: skip
    refused(
        lambda: programme.with_changes({"amuont": 11}),
        what="The field of mine", given="'amuont'", allowed="did you mean 'amount'", where="python call",
    )  # fmt: skip


def test_unknown_programme(refused):
    refused(
        lambda: load("dreamtown", "city.toml"),
        what="The programme", given="'dreamtown'", allowed="did you mean 'dream_town'", where="city.toml",
    )  # fmt: skip


def test_a_path_that_is_not_there(refused, tmp_path):
    refused(
        lambda: load(tmp_path / "no.toml"),
        what="The programme file", given="no.toml", allowed="an existing TOML file", where="python call",
    )  # fmt: skip


def test_a_file_name_that_is_no_name(refused, read):
    refused(
        lambda: read(GOOD, "my-own"),
        what="name of the file",
        given="my-own.toml",
        allowed="small letters",
        where="my-own",
    )


def test_malformed_toml_names_file_and_line(refused, read):
    refused(
        lambda: read("title = = 3"),
        what="text of the file",
        given="line 1",
        allowed="well-formed TOML",
        where="mine.toml",
    )


def test_every_instrument_is_executed():
    assert set(EXECUTED) == set(record.INSTRUMENTS)


def test_an_instrument_that_a_version_does_not_execute(refused, monkeypatch):
    monkeypatch.delitem(EXECUTED, "interest_subsidy")
    programme = Programme("mine", "t", "a", "interest_subsidy", {}, {})
    refused(
        lambda: check_executed(programme, "city.toml"),
        what="programme of the scenario", given="mine (interest_subsidy)", allowed="this version executes (grant, staged_grant,", where="city",
    )  # fmt: skip


def test_what_is_executed_is_what_the_rules_read():
    rules = "".join(
        file.read_text() for file in Path(record.__file__).parent.glob("*.py") if file.name != "programme.py"
    )
    read = {name for name in FIELDS if re.search(rf"\bprogramme(s\[[^\]]+\])?\.{name}\b", rules)}
    assert read == set().union(*EXECUTED.values())


def test_a_figure_that_is_not_executed(refused, read):
    programme = read(GOOD + "    amount_by_tier = { first = 1 }\n")
    refused(
        lambda: check_executed(programme, "city.toml"),
        what="programme.mine.amount_by_tier.first", given="1.0", allowed="does not execute it for a grant", where="city.toml",
    )  # fmt: skip
    owned = read(GOOD + "    amount_by_tier = { first = 1 }\n    described = ['amount_by_tier']\n")
    check_executed(owned, "city.toml")
    assert owned.table()[-1]["what"].endswith("(described, not carried out)")
    refused(
        lambda: check_executed(owned.with_changes({"amount_by_tier.first": 2}), "--set"),
        what="programme.mine.amount_by_tier.first", given="2.0", allowed="does not execute it for a grant", where="--set",
    )  # fmt: skip
    check_executed(read(GOOD + "    selection = 'score'\n    awards_each = 1\n    office = 'talent'\n"), "city.toml")


@pytest.mark.parametrize("described", ["3", "[3]", "['delay']"])
def test_a_list_of_what_is_described_that_is_refused(refused, read, described):
    refused(
        lambda: read(GOOD + f"    described = {described}\n"),
        what="What is described", given=described, allowed="a list of fields of this file", where="mine.toml",
    )  # fmt: skip


JUNK = st.recursive(
    st.booleans()
    | st.integers(-5, 20)
    | st.floats()
    | st.sampled_from(["", "years", "bio", "report.dxy.grant", "yes", "10"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*programmes._ENTRY, "master"]), inner),
    max_leaves=4,
)


@given(st.sampled_from([name for names in USES.values() for name in names]), JUNK)
def test_whatever_is_given_for_a_field_is_taken_or_refused(name, junk):
    instrument = next(i for i in USES if name in USES[i])
    head = {"title": "t", "about": "a", "instrument": instrument, "source": "report.dxy", "budget": 10}
    try:
        programmes._read({**head, name: junk}, "mine", "here").row()
    except BadInput as error:
        assert "(here)" in str(error)


def test_switching_on_what_was_only_described_is_another_programme():
    fund = load("guidance_fund")
    assert "local_share" in fund.described
    on = fund.with_changes({"local_share": fund.values["local_share"]})
    assert on.values == fund.values and on.digest() != fund.digest()
