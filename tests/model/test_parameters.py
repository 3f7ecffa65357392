"""Parameters: definition files, units, values, the record, contradictions."""

import pickle
from math import inf, nan
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given, strategies as st

from seedbed.agents import fund, venture
from seedbed.agents.errors import BadInput
from seedbed.model import parameters as module
from seedbed.model.parameters import (
    AXES,
    CHECKS,
    SPELLINGS,
    UNITS,
    Parameters,
    check_together,
    convert,
    default_limits,
    definitions,
    evidence,
    figure,
    number_from_text,
    parse_assignment,
    together,
)

GOOD = """
    [fund.life]
    what = "years to the end of a fund"
    value = 10
    unit = "years"
    range = [5, 15]
    status = "observed"
    source = "report.alumni_fund"
"""


@pytest.fixture
def p(made_up):
    return Parameters.default(made_up)


@pytest.fixture
def read(tmp_path):
    """Read definitions from one file with this text."""

    def read_text(text, name="fund.toml"):
        folder = tmp_path / "given"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(dedent(text))
        definitions.cache_clear()
        return definitions(folder)

    return read_text


# --- Files of the project ----------------------------------------------------------------------------------------


def test_the_definitions_that_are_shipped_are_well_made():
    defined = definitions()
    assert len(defined) > 10
    assert Parameters.default().elements().keys() == {path for d in defined.values() for path in d.paths}


def test_shipped_definitions_are_read_once():
    assert definitions() is definitions()


def test_module_wins_over_the_folder_of_the_same_name():
    assert module.__file__.endswith("parameters.py")
    assert not (module.FOLDER / "__init__.py").exists()


def test_evidence_has_the_numbered_facts_and_targets():
    assert evidence("report")["dream_town"]["values"]["grants"] == 250
    assert evidence("target")["B8_crowd_in"]["value"] == 0.9
    for kind in ("report", "target"):
        assert all("says" in fact or "what" in fact for fact in evidence(kind).values())


def test_axes_are_the_lists_of_the_rule_book():
    assert AXES["sector"] == venture.SECTORS
    assert AXES["form"] == venture.FORMS
    assert AXES["link"] == venture.LINKS
    assert AXES["fund_kind"] == fund.KINDS


# --- Units -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "given", "wanted", "result"),
    [
        (30, "quarters", "years", 7.5),
        (28, "months", "years", 7 / 3),
        (2, "years", "quarters", 8),
        (1, "per year", "per quarter", 0.25),
        (200_000, "RMB", "million RMB", 0.2),
        (4, "million RMB per year", "million RMB per quarter", 1),
        (7, "%", "share", 0.07),
    ],
)
def test_conversion(number, given, wanted, result):
    assert convert(number, given, wanted) == result


def test_conversion_across_kinds_is_an_error():
    with pytest.raises(ValueError, match="years measures time, share measures share"):
        convert(1, "years", "share")


SAME = [(a, b) for a in SPELLINGS for b in SPELLINGS if SPELLINGS[a].measures == SPELLINGS[b].measures]


@given(st.floats(-1e6, 1e6), st.sampled_from(SAME))
def test_conversion_there_and_back(number, pair):
    a, b = pair
    assert convert(convert(number, a, b), b, a) == pytest.approx(number, rel=1e-14, abs=1e-300)


@given(st.floats(0, 1e9) | st.integers(0, 10**9), st.sampled_from(["years", "million RMB", "share", "count", "log"]))
def test_a_number_written_as_text_is_the_same_number(number, unit):
    assert number_from_text(f"{number!r}", unit, "x", "here") == number
    assert number_from_text(f"  {number!r}  {unit} ", unit, "x", "here") == number


@pytest.mark.parametrize(
    ("text", "years"),
    [("12", 12), ("12 years", 12), ("1 year", 1), ("30 quarters", 7.5), ("7/3", 7 / 3), ("7/3 years", 7 / 3),
     ("1_0", 10), ("1e1 years", 10), (".5", 0.5), ("6 months", 0.5), ("-2", -2)],
)  # fmt: skip
def test_numbers_as_typed(text, years):
    assert number_from_text(text, "years", "x", "here") == years


@pytest.mark.parametrize("text", ["", "years", "a lot", "1..2", "nan", "inf", "-", "{}", "1,5", "2 1/3"])
def test_text_that_is_no_number(refused, text):
    refused(
        lambda: number_from_text(text, "years", "fund.life", "--set"),
        what="fund.life", given=repr(text), allowed="a number, in years or with a unit", where="--set",
    )  # fmt: skip


def test_unit_of_another_kind(refused, p):
    refused(
        lambda: p.with_changes({"fund.life.market": "5 million RMB"}, "--set"),
        what="unit of fund.life.market", given="'million RMB'", allowed="'years', 'quarters'", where="--set",
    )  # fmt: skip


def test_unknown_unit(refused, p):
    refused(
        lambda: p.with_changes({"fund.life.market": "5 parsecs"}),
        what="unit of fund.life.market", given="'parsecs'", allowed="'months'", where="python call",
    )  # fmt: skip


def test_fraction_over_zero(refused, p):
    refused(
        lambda: p.with_changes({"fund.life.market": "7/0"}),
        what="fund.life.market", given="'7/0'", allowed="not zero", where="python call",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "low", "high", "limits"),
    [
        ("share", 0.2, 0.3, (0, 1)),
        ("years", 5, 15, (0, 150)),
        ("log", -0.5, 0.2, (-5, 2)),
        ("number", -2, -1, (-20, 0)),
    ],
)
def test_default_limits(unit, low, high, limits):
    assert default_limits(unit, low, high) == limits


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.sampled_from(sorted(UNITS.keys() - {"share", "choice"})))
def test_default_limits_admit_the_range(a, b, unit):
    low, high = sorted((a, b))
    limits = default_limits(unit, low, high)
    assert limits[0] <= low <= high <= limits[1] or unit == "share"


# --- Values ------------------------------------------------------------------------------------------------------


def test_names_elements_and_tables(p):
    assert p["fund.life.market"] == 7.0
    assert p["fund.life"] == {"angel": 12.0, "market": 7.0, "patient": 12.0, "alumni": 15.0, "guidance": 10.0}
    assert p["venture.burn"]["radical"]["market_entry"] == p["venture.burn.radical.market_entry"] == 16.1
    assert p["fund.tolerance.market"] == 7 / 3
    assert "fund.life" in p and "fund.life.market" in p and "fund.life.nobody" not in p
    assert list(p)[:2] == ["fund.life", "fund.tolerance"] and len(p) == 10
    assert p.get("nothing") is None
    assert dict(p.items()) == dict(zip(p.keys(), p.values(), strict=True)) and p["fund.life"] in list(p.values())
    assert isinstance(p["university.number"], int)


def test_parameters_cannot_be_changed(p):
    with pytest.raises(TypeError):
        p["fund.tranche"] = 1
    with pytest.raises(AttributeError):
        p._values = {}
    p["fund.life"]["market"] = 99
    assert p["fund.life.market"] == 7


def test_changes_make_a_new_set(p):
    q = p.with_changes({"fund.life": 12, "fund.life.market": "30 quarters", "fund.rule": "bayesian"})
    assert p["fund.life.market"] == 7 and p["fund.rule"] == "patience"
    assert q["fund.life"] == {"angel": 12, "market": 7.5, "patient": 12, "alumni": 12, "guidance": 12}
    assert q.changes() == {
        "fund.life.market": 7.5,
        "fund.life.alumni": 12,
        "fund.life.guidance": 12,
        "fund.rule": "bayesian",
    }
    assert "4 changed" in repr(q)


def test_changes_by_table_may_leave_elements_out(p):
    q = p.with_changes({"venture.burn": {"radical": 20, "incremental": {"invention": "500 thousand RMB per year"}}})
    assert set(q["venture.burn.radical.invention"] for _ in [0]) == {20}
    assert q["venture.burn.incremental.invention"] == 0.5 and q["venture.burn.incremental.development"] == 3
    assert q.with_changes({"venture.burn.radical": 10})["venture.burn"]["radical"] == dict.fromkeys(AXES["link"], 10)


def test_later_changes_win(p):
    assert p.with_changes({"fund.life.market": 9, "fund.life": 12})["fund.life.market"] == 12


def test_numpy_numbers_are_numbers(p):
    q = p.with_changes({"fund.life": np.float64(9), "university.number": np.int32(3), "fund.tranche": np.float32(2)})
    assert (q["fund.life.market"], q["university.number"]) == (9, 3)
    assert type(q["university.number"]) is int and type(q["fund.tranche"]) is float


def test_whole_floats_are_counts(p):
    assert p.with_changes({"university.number": 3.0})["university.number"] == 3


@pytest.mark.parametrize(
    ("name", "value", "given", "allowed"),
    [
        ("fund.life.market", 151, "151", "from 0 to 150 (years)"),
        ("fund.life.market", "604 quarters", "151.0", "from 0 to 150 (years)"),
        ("fund.life.market", -1, "-1", "from 0 to 150 (years)"),
        ("fund.life.market", nan, "nan", "a number from"),
        ("fund.life.market", inf, "inf", "a number from"),
        ("fund.life.market", np.float64(nan), " nan ", "a number from"),
        ("fund.life.market", True, "True", "a number from"),
        ("fund.life.market", np.True_, "True", "a number from"),
        ("fund.life.market", [7], "[7]", "a number from"),
        ("fund.life.market", None, "is missing", "a number from"),
        ("fund.life.market", 7 + 1j, "(7+1j)", "a number from"),
        ("fund.life.market", {"angel": 7}, "{'angel': 7}", "a single value (years)"),
        ("fund.life", {}, "{}", "a table with elements"),
        ("university.number", 2.5, "2.5", "a whole number from 0 to 50 (count)"),
        ("city.openness", 1.01, "1.01", "from 0 to 1 (share)"),
        ("city.openness", "101%", "1.01", "from 0 to 1 (share)"),
        ("venture.drift", -5.1, "-5.1", "from -5 to 5 (log)"),
        ("fund.rule", "baysian", "'baysian'", "did you mean 'bayesian'"),
        ("fund.rule", 1, "1", "'patience' or 'bayesian'"),
    ],
)
def test_values_that_are_refused(refused, p, name, value, given, allowed):
    refused(
        lambda: p.with_changes({name: value}, "city.toml"), what=name, given=given, allowed=allowed, where="city.toml"
    )


@pytest.mark.parametrize(
    ("name", "what", "closest"),
    [
        ("fund.live", "The parameter", "'fund.life'"),
        ("fund.lif.market", "The parameter", "'fund.life.market'"),
        ("tolerance.market", "The parameter", "'fund.tolerance.market'"),
        ("openness", "The parameter", "'city.openness'"),
        ("", "The parameter", "fund."),
        ("fund.life.markets", "An element of fund.life", "'fund.life.market'"),
        ("venture.burn.radikal", "An element of venture.burn", "'venture.burn.radical.invention'"),
        ("fund.tranche.market", "An element of fund.tranche", "'fund.tranche'"),
    ],
)
def test_unknown_names(refused, p, name, what, closest):
    error = refused(
        lambda: p.with_changes({name: 1}, "--set"), what=what, given=repr(name), allowed="allowed: '", where="(--set)"
    )
    assert closest in ", ".join(map(repr, error.allowed[:5])) or closest in error.allowed[0]


def test_unknown_element_in_a_table(refused, p):
    refused(
        lambda: p.with_changes({"fund.life": {"markets": 7}}),
        what="element of fund.life", given="'fund.life.markets'", allowed="'fund.life.market'", where="python call",
    )  # fmt: skip


def test_assignments():
    assert parse_assignment("fund.life.market=12") == ("fund.life.market", "12")
    assert parse_assignment(" fund.life = 30 quarters ") == ("fund.life", "30 quarters")


@pytest.mark.parametrize("text", ["fund.life", "=12", "fund.life=", "", "fund.life 12"])
def test_assignments_that_are_none(refused, text):
    refused(
        lambda: parse_assignment(text), what="The assignment", given=repr(text), allowed="name=value", where="--set"
    )


# --- Digest, equality, other processes ----------------------------------------------------------------------------


def test_digest_is_stable_and_sees_every_value(p):
    assert p.digest() == Parameters.default(p.definitions).digest()
    for definition in p.definitions.values():
        for path in definition.paths:
            other = "bayesian" if definition.unit == "choice" else definition.range[1]
            if other == p[path]:
                other = definition.range[0]
            assert p.with_changes({path: other}).digest() != p.digest(), path


def test_digest_does_not_depend_on_the_way_there(p):
    a = p.with_changes({"fund.life.market": 9}).with_changes({"city.openness": 0.5})
    b = p.with_changes({"city.openness": "50%", "fund.life.market": "36 quarters"})
    assert a == b and hash(a) == hash(b) and a != p and a != {}


def test_digest_is_the_same_in_every_version(p):
    short = Parameters({"fund.tranche": p.definitions["fund.tranche"]}, {"fund.tranche": 4.0})
    assert short.digest() == "d40d2a9cf5bcdf2dc486d0802c8e877eb9689da806b64e21b0abf8c6ccd46b45"


def test_there_and_back_from_another_process(p):
    q = pickle.loads(pickle.dumps(p.with_changes({"fund.life": 9})))
    assert q["fund.life.market"] == 9 and q.digest() == p.with_changes({"fund.life": 9}).digest()


def test_shipped_parameters_travel_as_their_changes():
    first = Parameters.default()
    name, definition = next((n, d) for n, d in definitions().items() if d.unit == "share" and not d.by)
    changed = first.with_changes({name: definition.range[0]})
    sent = pickle.dumps(changed)
    assert pickle.loads(sent) == changed and len(sent) < 500


# --- The record --------------------------------------------------------------------------------------------------


def test_row_is_in_quarters_and_fen(p):
    row = p.row()
    assert isinstance(row, np.recarray) and row.shape == (1,) and row.dtype.isalignedstruct
    first = row[0]
    assert first.fund_life.tolist() == [48, 28, 48, 60, 40]
    assert first.fund_tolerance[1] == 28 / 3
    assert first.fund_tranche == 4
    assert first.fund_managers.tolist() == [4, 10, 0, 1, 0] and first.fund_managers.dtype == np.int64
    assert first.fund_rule == 0 and p.with_changes({"fund.rule": "bayesian"}).row()[0].fund_rule == 1
    assert first.venture_burn.shape == (2, 4)
    assert first.venture_burn[1, 3] == 402_500_000
    assert first.venture_drift == -0.1
    assert list(row.dtype.names) == [d.field for d in p.definitions.values()]
    assert p.dtype() == row.dtype.base or p.dtype().names == row.dtype.names


def test_row_is_read_only_and_made_once(p):
    assert p.row() is p.row()
    with pytest.raises(ValueError, match="read-only"):
        p.row()["fund_tranche"] = 1
    with pytest.raises(ValueError, match="read-only"):
        p.row()["fund_life"][0, 1] = 1


@given(st.floats(0, 300))
def test_money_is_whole_fen_in_the_record(amount):
    fen = module.to_engine(amount, "million RMB")
    assert fen.is_integer() and abs(fen - amount * 1e8) <= 0.5000001
    assert module.to_engine(0.57, "million RMB") == 57_000_000


def test_row_agrees_with_engine_values(p):
    row = p.row()[0]
    for definition in p.definitions.values():
        assert np.ravel(row[definition.field]).tolist() == [p.engine(path) for path in definition.paths]
    assert p.engine("fund.tranche.market") == 4


def test_compiled_rules_read_the_row(p):
    numba = pytest.importorskip("numba")

    @numba.njit
    def burn_in_a_year(table, form, link):
        return 4.0 * table[0].venture_burn[form, link] + table[0].fund_life[1]

    assert burn_in_a_year(p.row(), 1, 3) == 4 * 402_500_000 + 28


def test_table_has_every_element_with_its_evidence(p):
    rows = {row["name"]: row for row in p.table()}
    assert list(rows) == list(p.elements())
    assert rows["fund.life.market"] == {
        "name": "fund.life.market", "value": 7.0, "unit": "years", "low": 5, "high": 15, "status": "observed",
        "source": "report.alumni_fund; Someone 2013", "why": "", "what": "years from first closing to the end of a fund",
    }  # fmt: skip
    assert rows["fund.rule"]["low"] is None and rows["fund.rule"]["why"] == "both are shipped"


# --- Definition files --------------------------------------------------------------------------------------------


def test_a_good_definition(read):
    definition = read(GOOD)["fund.life"]
    assert (definition.value, definition.range, definition.limits) == (10, (5, 15), (0, 150))
    assert definition.where == "given/fund.toml, [fund.life]" and definition.field == "fund_life"


def test_files_and_lines_keep_their_order(read):
    read(GOOD, "b.toml")
    assert list(read(GOOD.replace("fund.life", "bank.b") + GOOD.replace("fund.life", "bank.a"), "a.toml")) == [
        "bank.b", "bank.a", "fund.life",
    ]  # fmt: skip


def test_names_may_be_deeper(read):
    assert list(read(GOOD.replace("fund.life", "fund.term.life"))) == ["fund.term.life"]


@pytest.mark.parametrize(
    ("old", "new", "what", "given", "allowed"),
    [
        ("what =", "wat =", "A key of fund.life", "'wat'", "did you mean 'what'"),
        ('what = "years to the end of a fund"', "", "Its meaning (what)", "missing", "a text"),
        ('what = "years to the end of a fund"', 'what = " "', "Its meaning (what)", "' '", "a text"),
        ('unit = "years"', "", "Its unit (unit)", "missing", "a text"),
        ('unit = "years"', 'unit = "yeers"', "The unit", "'yeers'", "did you mean 'years'"),
        ('status = "observed"', 'status = "known"', "The status", "'known'", "'observed', 'estimated'"),
        ('status = "observed"', 'status = "assumed"', "The reason (why)", "missing", "a text"),
        ('source = "report.alumni_fund"', "", "Its source (source)", "missing", "a text"),
        ("report.alumni_fund", "report.alumni_found", "The source (report)", "'alumni_found'", "mean 'alumni_fund'"),
        ("report.alumni_fund", "target.A1_round", "The source (target)", "'A1_round'", "mean 'A1_rounds'"),
        ("value = 10", "", "The value of fund.life", "missing", "a value in years"),
        ("value = 10", "value = 20", "fund.life", "20", "inside its own range, 5 to 15"),
        ("value = 10", "value = 1000", "fund.life", "1000", "from 0 to 150 (years)"),
        ("value = 10", "value = true", "fund.life", "True", "a number"),
        ("value = 10", 'value = "10 parsecs"', "The unit of fund.life", "'parsecs'", "'years'"),
        ("value = 10", "value = { market = 10 }", "fund.life", "{'market': 10}", "a number"),
        ("range = [5, 15]", "", "The range", "missing", "two numbers"),
        ("range = [5, 15]", "range = [15, 5]", "The range", "[15, 5]", "the lower one first"),
        ("range = [5, 15]", "range = [5]", "The range", "[5]", "two numbers"),
        ("range = [5, 15]", "range = [5, inf]", "The range", "[5, inf]", "two numbers"),
        ("range = [5, 15]", 'range = ["5", 15]', "The range", "['5', 15]", "two numbers"),
        ("range = [5, 15]", "range = [5, 15]\nlimits = [6, 40]", "The range", "[5, 15]", "from 6 to 40"),
        ("range = [5, 15]", "range = [5, 15]\nlimits = 40", "The limits", "40", "two numbers"),
        ("range = [5, 15]", "range = [5, 15]\noptions = ['a', 'b']", "which is no choice", "'options'", "'range'"),
        ("value = 10", 'by = "moon"\nvalue = 10', "The axis (by)", "'moon'", "'fund_kind'"),
        (
            "value = 10",
            'by = ["form", "link", "sector"]\nvalue = 10',
            "The axis (by)",
            "['form', 'link'",
            "a list of two",
        ),
        (
            "value = 10",
            'by = "form"\nvalue = 10',
            "The value of fund.life",
            "10",
            "a table by form: incremental, radical",
        ),
        ("value = 10", 'by = "form"\nvalue = { radical = 10 }', "fund.life.incremental", "missing", "each form"),
        (
            "value = 10",
            'by = "form"\nvalue = { radical = 10, incremental = 10, both = 10 }',
            "An element of fund.life",
            "'both'",
            "'incremental' or 'radical'",
        ),
        (
            "value = 10",
            'by = ["form", "lp_kind"]\nvalue = { radical = 10, incremental = 10 }',
            "The value of fund.life.incremental",
            "10",
            "a table by lp_kind",
        ),
        (
            "value = 10",
            'value = 10\ncites = "alumni_fund.tolerance_years"',
            "The figure cited",
            "'alumni_",
            "report.<fact>",
        ),
        (
            "value = 10",
            'value = 10\ncites = "report.alumni_fund.tolerance"',
            "The figure cited",
            "'tolerance'",
            "'tolerance_",
        ),
        (
            "value = 10",
            'value = 10\ncites = "report.alumni_fond.x"',
            "The figure cited",
            "'alumni_fond'",
            "'alumni_fund'",
        ),
        ("value = 10", 'value = 10\ncites = "report.chain.says"', "The figure cited", "'says'", "nothing"),
        (
            "value = 10",
            'value = 10\ncites = "report.failure.firm_success"',
            "The figure cited",
            "firm_success",
            "single",
        ),
        ("value = 10", 'value = 10\ncites = "report.failure.firm_success.2"', "The figure cited", "'2'", "'0'"),
        (
            "value = 10",
            'value = 10\ncites = "report.alumni_fund.tolerance_years"',
            "fund.life",
            "10.0",
            "7, which it cites",
        ),
        ("value = 10", "value = 10\ncites = 7", "What is cited", "7", "{ fact = path"),
        ("value = 10", "value = 10\ncites = { fact = 'a', by = 2 }", "A key of cites", "'by'", "'fact', 'times'"),
        ("value = 10", "value = 10\ncites = { fact = 'a', times = 'b' }", "cites.times", "'b'", "a number"),
        ("value = 10", "value = 10\ncites = { fact = 'a', over = true }", "cites.over", "True", "a number"),
        (
            "value = 10",
            'by = "form"\nvalue = { radical = 10, incremental = 10 }\ncites = "report.dxy.grant"',
            "Cites of fund.life",
            "'report.dxy.grant'",
            "a table by form",
        ),
        (
            "value = 10",
            'by = "form"\nvalue = { radical = 10, incremental = 10 }\ncites = { radial = "report.dxy.grant" }',
            "An element of fund.life",
            "'radial'",
            "'radical'",
        ),
        ("[fund.life]", "[fund]\nlife = 3\n[fund.years]", "A key outside any parameter", "'fund.life'", "[fund.life]"),
        ("[fund.life]", "[fund.Life]", "The name", "'fund.Life'", "small letters"),
        ("[fund.life]", "[fund.empty]\n[fund.life]", "Its meaning (what)", "missing", "a text"),
    ],
)
def test_definitions_that_are_refused(refused, read, old, new, what, given, allowed):
    assert old in GOOD
    refused(lambda: read(GOOD.replace(old, new)), what=what, given=given, allowed=allowed, where="given/fund.toml")


CHOICE = """
    [fund.rule]
    what = "a rule"
    value = "a"
    unit = "choice"
    options = ["a", "b"]
    status = "assumed"
    why = "made up"
"""


@pytest.mark.parametrize(
    ("old", "new", "what", "given", "allowed"),
    [
        ('options = ["a", "b"]', "", "The options", "missing", "a list of two or more different names"),
        ('options = ["a", "b"]', 'options = ["a"]', "The options", "['a']", "a list of two or more different names"),
        (
            'options = ["a", "b"]',
            'options = ["a", "a", "b"]',
            "The options",
            "'a', 'a'",
            "a list of two or more different names",
        ),
        (
            'options = ["a", "b"]',
            'options = ["a", 2]',
            "The options",
            "['a', 2]",
            "a list of two or more different names",
        ),
        ('options = ["a", "b"]', "options = 2", "The options", "2", "a list of two or more different names"),
        ('value = "a"', 'value = "c"', "fund.rule", "'c'", "'a' or 'b'"),
        ('value = "a"', 'value = "a"\nrange = [0, 1]', "A key of the choice fund.rule", "'range'", "'options'"),
    ],
)
def test_choices_that_are_refused(refused, read, old, new, what, given, allowed):
    assert read(CHOICE)["fund.rule"].options == ("a", "b")
    refused(lambda: read(CHOICE.replace(old, new)), what=what, given=given, allowed=allowed, where="given/fund.toml")


@pytest.mark.parametrize("second", ["fund.life", "fund_life", "fund.life_"])
def test_a_name_is_used_once(refused, read, second):
    read(GOOD)
    name = second if "." in second else "fund.life"
    text = GOOD.replace("fund.life", name)
    if second == "fund.life_":
        text = GOOD.replace("fund.life", "fund.life.long")
        read(GOOD.replace("fund.life", "fund.life_long"))
    where = "given/other.toml"
    refused(lambda: read(text, "other.toml"), what="The name", given="'fund.life", allowed="not used by", where=where)


@pytest.mark.parametrize(
    ("cites", "said"),
    [({"fact": False}, "What is cited"), ({"fact": ["report.dxy.grant"]}, "What is cited"), ({"fact": "report.dxy.grant", "over": 0}, "other than 0")],
)
def test_a_citation_of_what_is_no_figure_is_refused(cites, said):
    with pytest.raises(BadInput, match=said):
        module.Cite.read(cites, "here")


JUNK = st.recursive(
    st.booleans()
    | st.integers(-5, 20)
    | st.floats()
    | st.sampled_from(["", "years", "radical", "report.dxy.grant", "10"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["radical", "fact", "value"]), inner),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(module.KEYS), JUNK))
def test_whatever_stands_in_a_definition_is_read_or_refused(junk):
    table = {"what": "w", "unit": "years", "value": 10, "range": [5, 15], "status": "assumed", "why": "y"} | junk
    try:
        definition = module._definition("fund.life", table, "here")
    except BadInput as error:
        assert "(here)" in str(error)
    else:
        assert all(
            definition.check(value, path, "again") == value
            for path, value in zip(definition.paths, definition.defaults, strict=True)
        )


@given(JUNK)
def test_whatever_is_given_for_a_value_is_taken_or_refused(junk):
    limits = {"unit": "years", "limits": (0, 150), "options": (), "what": "fund.life", "where": "here"}
    try:
        assert 0 <= module.natural(junk, **limits) <= 150
    except BadInput as error:
        assert "fund.life" in str(error) and "(here)" in str(error)


def test_a_name_must_not_hide_what_numpy_calls_its_own(refused, read):
    text = GOOD.replace("fund.life", "fill")
    refused(lambda: read(text), what="outside any", given="'fill.what'", allowed="a table", where="given/fund.toml")


def test_malformed_toml_names_file_and_line(refused, read):
    refused(
        lambda: read("[fund.life]\nvalue = = 3"),
        what="The text of the file", given="line 2, column 9", allowed="well-formed TOML", where="fund.toml",
    )  # fmt: skip


def test_text_that_is_not_utf_8(refused, tmp_path):
    (tmp_path / "fund.toml").write_bytes(b"[fund.life]\nwhat = '\xff'")
    refused(
        lambda: definitions(tmp_path), what="The text of the file", given="utf-8", allowed="UTF-8", where="fund.toml"
    )


def test_a_file_that_cannot_be_read(refused, tmp_path):
    (tmp_path / "fund.toml").mkdir()
    refused(lambda: definitions(tmp_path), what="The file", given="directory", allowed="readable", where="fund.toml")


def test_a_folder_that_is_not_there(refused, tmp_path):
    refused(
        lambda: definitions(tmp_path / "no"),
        what="The folder of parameters", given="no", allowed="a folder of TOML files", where="no",
    )  # fmt: skip


def test_figures_of_the_evidence():
    assert figure("report.vc_returns.exit_years.1", "here") == 5
    assert figure("target.A2_deal_multiples.value.below_1x", "here") == 0.6
    assert figure("target.A1_rounds.value.0", "here") == 0.5


# --- Contradictions ----------------------------------------------------------------------------------------------


def test_a_fund_shorter_than_a_tranche(refused, p):
    refused(
        lambda: p.with_changes({"fund.tranche": 12, "fund.life.market": 2}, "--set"),
        what="fund.life.market", given="2.0", allowed="at least the length of a tranche (fund.tranche), 3 years", where="--set",
    )  # fmt: skip
    assert p.with_changes({"fund.tranche": 12, "fund.life.market": 3})


def test_a_ticket_smaller_than_the_smallest(refused):
    p = Parameters.default()
    refused(
        lambda: p.with_changes({"fund.ticket_smallest.market": 50, "fund.ticket_largest.market": 40}, "--set"),
        what="fund.ticket_largest.market", given="40", allowed="at least fund.ticket_smallest.market, 50 million RMB", where="--set",
    )  # fmt: skip
    assert p.with_changes({"fund.ticket_smallest.market": 50, "fund.ticket_largest.market": 50})


def test_nobody_manages_money(refused, p):
    assert p.with_changes({"fund.managers": 0, "fund.managers.angel": 1})
    refused(
        lambda: p.with_changes({"fund.managers": 0}),
        what="fund.managers", given="0", allowed="at least one manager of some kind", where="python call",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["university.number", "city.graduates"])
def test_nobody_founds(refused, p, name):
    refused(lambda: p.with_changes({name: 0}), what=name, given="0", allowed="at least 1", where="python call")


def test_checks_wait_for_the_whole(p):
    unfinished = p.with_changes({"fund.tranche": 12, "fund.life": 2}, check=False)
    assert unfinished.with_changes({"fund.tranche": 4})["fund.life.market"] == 2


def test_checks_run_only_where_their_names_exist(read, refused):
    short = Parameters.default(read(GOOD))
    check_together(short.with_changes({"fund.life": 0}))

    @together("fund.life")
    def lives(p, where):
        """A fund lives."""
        return None if p["fund.life"] else BadInput(what="fund.life", given=0, allowed="more than 0", where=where)

    try:
        refused(
            lambda: short.with_changes({"fund.life": 0}),
            what="fund.life", given="0", allowed="more than 0", where="python call",
        )  # fmt: skip
    finally:
        CHECKS.pop()


def test_every_check_says_what_it_is_for():
    assert all(check.__doc__ for _, check in CHECKS)
