"""TRACE.md says what the committed results say: all eight elements, every figure, every failure by name."""

import hashlib
import json
import re
import shutil
import tomllib

import pytest

from seedbed.agents.errors import BadInput
from seedbed.experiments import trace
from seedbed.experiments.trace import (
    ANSWER,
    CALIBRATION,
    ELEMENTS,
    MADE_BY,
    ROOT,
    STUDIES,
    TRACE,
    VALIDATION,
    document,
    filled,
)

TEXT = TRACE.read_text(encoding="utf-8")
TARGETS = tomllib.loads((ROOT / "model" / "evidence" / "targets.toml").read_text(encoding="utf-8"))


def section(number, text=TEXT):
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", text, re.M | re.S)
    assert found, f"TRACE.md has no section {number}"
    return found[0]


@pytest.fixture
def elsewhere(tmp_path):
    """A folder with the evidence and the committed results, to be changed at will."""
    (tmp_path / "model" / "evidence").mkdir(parents=True)
    for name in ("targets.toml", "facts.toml"):
        shutil.copy(ROOT / "model" / "evidence" / name, tmp_path / "model" / "evidence")
    there = [place for place in MADE_BY if (ROOT / place).is_file()]
    there += [place.relative_to(ROOT).as_posix() for place in (ROOT / STUDIES).glob("*/summary.json")]
    for place in there:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place, tmp_path / place)
    return tmp_path


def test_the_page_is_what_the_results_give():
    assert document() == TEXT, "`python -m seedbed.experiments.trace` writes it anew"


def test_the_eight_elements_stand_in_their_order():
    assert tuple(re.findall(r"^## [1-8]\. (.*)$", TEXT, re.M)) == ELEMENTS


@pytest.mark.parametrize("number", range(1, 11))
def test_no_section_is_empty_and_no_place_is_left(number):
    text = section(number)
    assert len(text.split()) > 40
    assert not re.search(r"\{\{|\}\}|\bTODO\b|\bnan\b|\bNone\b", text)


def test_every_target_that_fails_is_named_as_failing():
    rows = [row for row in json.loads((ROOT / VALIDATION).read_text())["rows"] if row["target"][0] in "AB"]
    for row in rows:
        of_row = [line for line in section(6 if row["target"][0] == "A" else 8).splitlines() if line.startswith(f"| `{row['target']}` |")]
        assert len(of_row) == 1
        assert ("**fails**" in of_row[0]) == (not row["inside"])


def test_failures_stand_before_what_is_inside():
    for number in (6, 8):
        verdicts = [line.rsplit("|", 2)[1].strip() for line in section(number).splitlines() if re.match(r"\| `[AB]\d", line)]
        assert verdicts == sorted(verdicts, key=lambda word: word == "inside")


def test_a_target_that_leaves_its_band_is_told_at_once(elsewhere):
    place = elsewhere / VALIDATION
    table = json.loads(place.read_text())
    row = next(row for row in table["rows"] if row["target"] == "A7_spinouts")
    row["inside"], row["model"] = False, 9.9
    place.write_text(json.dumps(table))
    text = document(elsewhere)
    assert re.search(r"\| `A7_spinouts` \|.*9\.90.*\*\*fails\*\*", section(6, text))
    assert "`A7_spinouts`" in text.split("## 1.")[0]


def test_every_result_of_the_literature_is_answered_or_said_to_be_not_tested():
    text = section(8)
    for name in (name for name in TARGETS if name[0] == "C"):
        told = re.search(rf"^`{name}`: .*?\n\n(.*?)(?=\n\n`|\Z)", text, re.M | re.S)
        assert told and told[1].startswith("- "), f"nothing is said of {name}"


def test_a_finding_against_the_literature_is_told_as_such(elsewhere):
    place = elsewhere / "tests/science/results/docking.json"
    record = json.loads(place.read_text())
    record["results"]["Klabunde, shared: loss if all do"].update(effect=0.3, low=0.2, high=0.4)
    place.write_text(json.dumps(record))
    line = next(line for line in section(8, document(elsewhere)).splitlines() if "what each loses if all do it" in line)
    assert line.endswith("0.3 (0.2 to 0.4) quarters' burn, **against it**.")


def test_a_claim_that_fails_is_named_and_a_record_without_claims_is_told(elsewhere):
    place = elsewhere / "tests/science/results/falsification.json"
    record = json.loads(place.read_text())
    claims = [
        {"name": name, "must_follow": "nothing moves", "effect": 2.0, "low": 1.0, "high": 3.0, "unit": "ventures", "where": "stripped", "holds": holds}
        for name, holds in (("one", True), ("other", False))
    ]
    place.write_text(json.dumps({**record, "tests": claims}))
    text = section(5, document(elsewhere))
    assert "1 of 2 fail in stripped settings" in text and "- **fails**: other: nothing moves; found 2 (1 to 3) ventures" in text and "**fails**: one" not in text
    place.write_text(json.dumps({name: part for name, part in record.items() if name != "tests"}))
    assert "is **of an older form**, without its claims" in section(5, document(elsewhere))


@pytest.mark.parametrize("place", sorted(MADE_BY))
def test_a_result_that_is_missing_is_said_to_be_missing(place, elsewhere):
    (elsewhere / place).unlink(missing_ok=True)
    assert f"`{place}` is **missing**: `{MADE_BY[place]}` makes it" in document(elsewhere)


def test_with_no_results_at_all_there_is_still_a_page(elsewhere):
    shutil.rmtree(elsewhere / "experiments")
    shutil.rmtree(elsewhere / "tests")
    text = document(elsewhere)
    assert tuple(re.findall(r"^## [1-8]\. (.*)$", text, re.M)) == ELEMENTS
    assert all(f"`{place}` is **missing**" in text for place in MADE_BY)


def test_a_baseline_that_is_not_the_best_point_is_told(elsewhere):
    place = elsewhere / CALIBRATION
    found = json.loads(place.read_text())
    found["mode"]["fund.reserve"] *= 2.0
    place.write_text(json.dumps(found))
    assert re.search(rf"\*\*The baseline as shipped is not its best point:\*\* [1-9]\d* of {len(found['mode'])} values differ", document(elsewhere))


def test_an_audit_of_another_run_of_the_study_is_told(elsewhere):
    place = elsewhere / trace.AUDIT_OF
    place.write_bytes(b"a table")
    told = "those of another run of the main study"
    assert told in section(5, document(elsewhere))
    found = json.loads((elsewhere / trace.AUDIT).read_text())
    found["study"]["table"] = hashlib.sha256(b"a table").hexdigest()
    (elsewhere / trace.AUDIT).write_text(json.dumps(found))
    assert told not in section(5, document(elsewhere))


def test_a_result_cut_short_is_refused(elsewhere):
    (elsewhere / ANSWER).write_text('{"effects": [')
    with pytest.raises(BadInput) as error:
        document(elsewhere)
    assert error.value.given == ANSWER


def test_a_template_must_name_each_part_once():
    with pytest.raises(BadInput) as error:
        filled("{{one}} {{other}}", {"one": "1"})
    assert error.value.where == trace.TEMPLATE.name


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (TRACE.parent / link).exists(), link
