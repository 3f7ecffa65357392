"""The report's systems: 31 rows in their order, with facts that exist and results that are those of the committed studies."""

import json
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments import systems as shelf
from seedbed.experiments.command import app
from seedbed.model.parameters import evidence

STUDY = {
    "findings": [
        {"name": "unicorns", "sentence": "Feeding brings 3.1 more unicorns (1.2 to 5.0).", "value": 3.1, "low": 1.2, "high": 5.0, "unit": "ventures", "verdict": "supported"},
        {"name": "jobs", "sentence": "And no clear difference in jobs.", "value": 4, "low": -90, "high": 98, "unit": "jobs", "verdict": "open"},
    ]
}  # fmt: skip


def typed(*words):
    return CliRunner().invoke(app, ["systems", *words], prog_name="seedbed")


@pytest.fixture
def results(tmp_path):
    """A folder of results in which one study has run."""
    place = tmp_path / "studies" / "feed_or_flood"
    place.mkdir(parents=True)
    (place / "summary.json").write_text(json.dumps(STUDY))
    return tmp_path


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Systems from a file with the given text for the first, and 30 more."""

    def load(text, number=31):
        rows = [dedent(text)] + [f'name = "n"\nnumber = {n}\nabout = "a"\nstudy = "s"\nfacts = ["chain"]\n' for n in range(2, number + 1)]
        file = tmp_path / "made_up.toml"
        file.write_text("".join("[[systems]]\n" + row for row in rows))
        monkeypatch.setattr(shelf, "FILE", file)
        return shelf.load.__wrapped__()

    return load


GOOD = 'number = 1\nname = "n"\nabout = "a"\nstudy = "s"\nfacts = ["chain"]\n'


# --- what is written -------------------------------------------------------------------------------------------------


def test_there_are_31_in_their_order_each_with_a_paragraph_and_a_name_of_its_own():
    systems = shelf.load()
    assert [system.number for system in systems] == list(range(1, 32))
    assert len({system.name for system in systems}) == 31
    for system in systems:
        assert 300 < len(system.about) < 1500 and system.about.endswith("."), system.name
        assert system.study not in system.also
        assert system.files, system.name


def test_together_they_cover_the_report():
    """Each fact of the report is carried by some system."""
    assert {fact for system in shelf.load() for fact in system.facts} == set(evidence("report"))


@pytest.mark.parametrize("system", shelf.load(), ids=lambda system: system.study)
def test_each_says_what_was_assumed(system):
    assert any(word in system.about for word in ("assum", "guess", "calibrated"))


def test_where_the_report_contradicts_itself_a_system_says_so():
    said = {
        3: "do not fit each other", 4: "cannot revolve", 5: "cannot have been paid", 9: "cannot hold for long", 14: "does not add up",
        19: "do not add up", 20: "two figures for one rate", 28: "has still to apply", 31: "not clear-cut",
    }  # fmt: skip
    systems = shelf.load()
    for number, words in said.items():
        assert words in systems[number - 1].about


def test_sections_come_from_the_facts_each_once():
    assert shelf.load()[13].section == "3.1.1, 3.1.2, 3.1.3(1), 3.1.2(3)-(5)"
    assert shelf.load()[0].section == "1.2.2"


# --- what was found --------------------------------------------------------------------------------------------------


def test_the_first_finding_is_the_result_unless_another_is_named(results):
    first = shelf.found("feed_or_flood", results=results)
    assert (first["value"], first["low"], first["high"], first["unit"], first["verdict"]) == (3.1, 1.2, 5.0, "ventures", "supported")
    assert shelf.told(first) == "Feeding brings 3.1 more unicorns (1.2 to 5.0). [supported]"
    assert shelf.told(shelf.found("feed_or_flood", "jobs", results)) == "And no clear difference in jobs. [open]"


def test_a_study_that_has_not_run_says_so(results):
    assert shelf.found("bank_shock", results=results) is None
    assert shelf.told(None) == "not run yet"
    row = shelf.load()[20].row(results)
    assert row["study"] == "bank_shock" and row["result"] is None


def test_a_finding_that_the_study_does_not_have_is_refused(results):
    with pytest.raises(BadInput) as caught:
        shelf.found("feed_or_flood", "dragons", results)
    for part in ("finding of feed_or_flood", "dragons", "unicorns", "summary.json"):
        assert part in str(caught.value)


def test_the_main_study_is_told_in_one_line_with_its_intervals():
    contrasts = json.loads((shelf.RESULTS / shelf.MAIN / "summary.json").read_text())["contrasts"]
    main = shelf.found(shelf.MAIN)
    row = contrasts["tolerance"]["unicorns_fundamental"]
    assert (main["value"], main["low"], main["high"]) == (row["difference"], row["low"], row["high"])
    for name in ("tolerance", "horizon"):
        for key in ("difference", "low", "high"):
            assert f"{contrasts[name]['unicorns_fundamental'][key]:+.1f}".replace("-", "\N{MINUS SIGN}") in main["sentence"]
    assert shelf.main_result(shelf.RESULTS / "nowhere") is None


def test_the_page_is_up_to_date():
    assert shelf.PAGE.read_text(encoding="utf-8") == shelf.markdown(), "python -m seedbed.experiments.systems writes it anew"


def test_the_page_shows_a_result_and_follows_it(results):
    page = shelf.markdown(results)
    assert "Feeding brings 3.1 more unicorns (1.2 to 5.0). [supported]" in page and page.count(shelf.NOT_YET) == 30
    assert page.count("\n## ") == 31 and all(system.about in page for system in shelf.load())


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_31_rows_with_the_committed_results():
    answer = typed()
    assert answer.exit_code == 0
    lines = {line.split()[0]: line for line in answer.stdout.splitlines() if line[:1].isdigit()}
    assert answer.stdout.startswith("31 systems of the report")
    for system in shelf.load():
        line = lines[str(system.number)] if system.number != 31 else answer.stdout.splitlines()[-1]
        assert system.name in line and system.study in line and system.section in line
        assert shelf.told(shelf.found(system.study, system.finding)) in line
        assert all(name in line for name in (*system.programmes, *system.scenarios)), "files by name"
        if not system.programmes and not system.scenarios:
            assert all(name in line for name in system.parameters)


def test_as_json_everything_is_said():
    rows = json.loads(typed("--json").stdout)
    assert len(rows) == 31
    for system, row in zip(shelf.load(), rows, strict=True):
        assert list(row) == ["number", "name", "section", "files", "study", "also", "result", "facts", "about"]
        assert row["result"] == shelf.found(system.study, system.finding)
        assert row["about"] == system.about and row["files"] == list(system.files)
    assert json.loads(typed("14", "--json").stdout) == rows[13]


def test_one_system_has_its_paragraph():
    text = typed("14").stdout
    system = shelf.load()[13]
    assert system.about in " ".join(text.split())
    assert all(file in text for file in system.files) and system.study in text


@pytest.mark.parametrize("given", ["0", "32", "dream_town", "1.5"])
def test_another_number_is_refused(given):
    answer = typed(given)
    assert answer.exit_code == 2
    assert f"'{given}'" in answer.stderr and "from 1 to 31" in answer.stderr


# --- bad input -------------------------------------------------------------------------------------------------------


def test_a_good_file_is_read(read):
    assert read(GOOD)[0].facts == ("chain",)


@pytest.mark.parametrize(
    ("text", "what", "given", "allowed"),
    [
        (GOOD.replace("number = 1", "number = 2"), "number of a system", "2", "1"),
        (GOOD + 'result = "good"\n', "a key of a system", "result", "number"),
        (GOOD.replace('about = "a"\n', ""), "its about", "missing", "a text"),
        (GOOD.replace('study = "s"', "study = 3"), "its study", "3", "a text"),
        (GOOD.replace('["chain"]', '["chian"]'), "a fact of a system", "chian", "chain"),
        (GOOD.replace('["chain"]', "[]"), "its facts", "[]", "at least one"),
        (GOOD + 'programmes = "dream_town"\n', "its programmes", "dream_town", "a list of names"),
    ],
)
def test_what_is_wrong_is_named(read, text, what, given, allowed):
    with pytest.raises(BadInput) as caught:
        read(text)
    for part in (what, given, allowed, "made_up.toml"):
        assert part.lower() in str(caught.value).lower(), caught.value


def test_a_row_too_few_is_noticed(read):
    with pytest.raises(BadInput, match="number of systems"):
        read(GOOD, number=30)
