"""ODD.md and the code say the same: the schedule, the records, the rules and the parameters are the ones that run."""

import importlib
import inspect
import re
import tomllib

import numpy as np
import pytest

from seedbed.model import odd
from seedbed.model.odd import ODD
from seedbed.model.parameters import definitions
from seedbed.model.schedule import SCHEDULE

TEXT = ODD.read_text(encoding="utf-8")
KINDS = ("bank", "city", "economy", "entrepreneur", "fund", "government", "markets", "prospects", "services", "university", "venture")
MODULES = {name: importlib.import_module(f"seedbed.agents.{name}") for name in (*KINDS, "accounts")}
ELEMENTS = (
    "Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling", "Design concepts",
    "Initialisation", "Input data", "Submodels",
)  # fmt: skip
CONCEPTS = (
    "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
    "Stochasticity", "Collectives", "Observation",
)  # fmt: skip
RECORDS = {
    "people": "entrepreneur.ENTREPRENEUR", "ventures": "venture.VENTURE", "managers": "fund.MANAGER", "funds": "fund.FUND",
    "universities": "university.UNIVERSITY", "offices": "government.OFFICE", "banks": "bank.BANK", "cities": "city.CITY",
}  # fmt: skip


def section(number):
    """The text of one numbered element."""
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", TEXT, re.M | re.S)
    assert found, f"ODD.md has no section {number}"
    return found[0]


def quoted(text):
    """Everything in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def rules():
    """The functions of the rule book, by name: all that are written in the modules of agents and markets."""
    found = {}
    for module in MODULES.values():
        for name, value in vars(module).items():
            plain = getattr(value, "py_func", value)
            if inspect.isfunction(plain) and plain.__module__ == module.__name__:
                found[name] = plain
    return found


def prose(text):
    """The text without its generated table."""
    return re.sub(rf"{odd.BEGIN}.*?{odd.END}", "", text, flags=re.S)


def submodels():
    """The headings of section 7, each with the functions it names."""
    headings = re.findall(r"^### (7\.\d+ .*)$", section(7), re.M)
    return {heading: quoted(heading) for heading in headings}


def test_the_seven_elements_stand_in_the_order_of_the_protocol():
    assert tuple(re.findall(r"^## \d\. (.*)$", TEXT, re.M)[:7]) == ELEMENTS


def test_the_table_of_patterns_is_the_targets_with_their_use():
    targets = tomllib.loads((ODD.parent / "evidence" / "targets.toml").read_text(encoding="utf-8"))
    uses = {"A": "calibration", "R": "report", "B": "validation", "C": "literature"}
    table = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| (\w+) \|$", section(1), re.M)
    assert table == [(name, uses[name[0]]) for name in targets]


def test_the_calibration_is_the_one_that_the_text_counts():
    calibration = tomllib.loads((ODD.parents[1] / "experiments" / "calibrations" / "baseline.toml").read_text(encoding="utf-8"))
    assert f"fits {len(calibration['parameters'])} parameters" in section(1)


def test_all_eleven_design_concepts_are_there_in_order():
    assert tuple(re.findall(r"^\*\*(.*?)\.\*\*", section(4), re.M)) == CONCEPTS


@pytest.mark.parametrize("number", range(1, 8))
def test_every_element_gives_its_reasons(number):
    text = section(number)
    assert "*Rationale.*" in text or number == 4 and "So that the answer is not put in" in text


def test_the_list_of_steps_is_the_schedule():
    said = []
    for line in re.findall(r"^\d+\. (`.*)$", section(3), re.M):
        name, phase, each = re.match(r"`(\w+)` \((\d \w+)(?:, each of `(\w+)`)?\): ", line).groups()
        said.append((phase, name, each or ""))
    assert said == [(step.phase, step.rule.__name__, step.each) for step in SCHEDULE]


def test_the_steps_are_numbered_in_turn():
    numbers = [int(n) for n in re.findall(r"^(\d+)\. `", section(3), re.M)]
    assert numbers == list(range(1, len(SCHEDULE) + 1))


def test_every_heading_of_a_submodel_names_functions_that_exist():
    known = rules()
    for heading, names in submodels().items():
        assert names or "Which rule reads" in heading, f"{heading} names no function"
        missing = [name for name in names if name not in known]
        assert not missing, f"{heading}: no such function in seedbed.agents: {missing}"


def test_the_submodels_are_numbered_in_turn():
    numbers = [int(re.match(r"7\.(\d+)", heading)[1]) for heading in submodels()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_rule_is_named_by_exactly_one_submodel():
    named = [name for names in submodels().values() for name in names]
    forgotten = sorted(set(rules()) - set(named))
    assert not forgotten, f"name these rules in a heading of section 7 of model/ODD.md: {forgotten}"
    twice = sorted({name for name in named if named.count(name) > 1})
    assert not twice, f"named by two submodels: {twice}"


def test_the_rules_of_the_schedule_are_among_them():
    assert {step.rule.__name__ for step in SCHEDULE} <= set(rules())


@pytest.mark.parametrize("table", RECORDS)
def test_the_fields_of_a_record_are_those_that_its_table_names(table):
    module, name = RECORDS[table].split(".")
    record = getattr(MODULES[module], name)
    found = re.search(rf"^### 2\.\d [^\n]*`{table}`\n(.*?)(?=^###)", section(2), re.M | re.S)
    assert found, f"ODD.md has no heading in section 2 that ends in `{table}`"
    rows = "\n".join(line for line in found[1].splitlines() if line.startswith("|"))
    said = quoted(rows)
    assert isinstance(record, np.dtype)
    assert sorted(said) == sorted(record.names), "the table and the record differ"


def test_every_parameter_named_is_one():
    known = set(definitions())
    groups = {name.split(".")[0] for name in known}
    for word in quoted(prose(TEXT)):
        name = word.split(" ")[0]
        if re.fullmatch(r"[a-z]+\.[a-z_]+", name) and name.split(".")[0] in groups and not name.endswith(".py"):
            assert name in known, f"`{word}`: no such parameter"


def test_the_generated_table_is_up_to_date():
    assert odd.filled(TEXT) == TEXT, "run: python -m seedbed.model.odd"


def test_every_parameter_is_read_by_a_rule():
    assert [name for name, by in odd.readers().items() if not by] == []


def test_a_document_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="lacks"):
        odd.filled("no marks here")


def test_writing_leaves_an_up_to_date_document_as_it_is(tmp_path, monkeypatch):
    copy = tmp_path / "ODD.md"
    copy.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(odd, "ODD", copy)
    odd.write()
    assert copy.read_text(encoding="utf-8") == odd.filled(TEXT)


def test_no_value_of_a_parameter_stands_in_the_prose():
    """Values are in the files; a number beside a parameter's name in the text would age."""
    assert re.findall(r"`(?:%s)\.[a-z_]+` (?:=|is|of) [0-9]" % "|".join(KINDS), prose(TEXT)) == []
