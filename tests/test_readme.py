"""The README keeps its promises: its examples run, its commands exist, its tables are those of the evidence."""

import json
import math
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments import readme
from seedbed.experiments.command import app
from seedbed.model.parameters import definitions
from seedbed.model.targets import read

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)
SMALLER = {
    'simulate("baseline", seed=1)': 'simulate("baseline", seed=1, years=12)',
    "seeds=200)": "seeds=2, years=3, burn_in=1)",
    "simulate(mine, seed=1, years=20)": "simulate(mine, seed=1, years=2)",
    "range(12)": "range(2)",
}
"""What makes the examples quick: each of these stands in the README once."""


def part(name):
    """A generated part, without its marks."""
    found = re.search(rf"<!-- {name}:begin -->\n(.*?)<!-- {name}:end -->", TEXT, re.S)
    assert found, f"README.md lacks the marks of {name}"
    return found[1].strip()


def rows(name):
    """The cells of a generated table: the first line, and the rest without the rule below it."""
    table = [line for line in part(name).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return cells[0], cells[2:]


def number(cell):
    """A figure as it is printed; NaN where none is."""
    cell = cell.replace("\N{MINUS SIGN}", "-")
    return math.nan if cell in ("none", "sign") else float(cell.rstrip("%")) / (100.0 if cell.endswith("%") else 1.0)


# --- the words -------------------------------------------------------------------------------------------------------


def test_it_begins_with_the_two_commands():
    commands = re.findall(r"^    (make \w+)$", TEXT, re.M)
    assert commands[:2] == ["make study", "make test"]


def test_make_knows_every_target_that_is_named():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"\bmake ([a-z]+)\b`|^    make (\w+)$", TEXT, re.M)):
        name = "".join(target)
        assert re.search(rf"^{name}:", makefile, re.M), f"make {name}"


def test_every_file_it_points_to_is_there():
    pointed = re.findall(r"\]\(([^)#:]+)\)", TEXT) + re.findall(r"`((?:model|agents|experiments)/[\w./]*)`", TEXT)
    missing = [name for name in pointed if not (ROOT / name).exists()]
    assert missing == []


def test_every_folder_of_the_layout_is_there():
    layout = TEXT.split("## How it is laid out")[1].split("##")[0]
    folders = re.findall(r"^    (\w+/) ", layout, re.M)
    assert folders == ["agents/", "model/", "experiments/", "notebooks/", "tests/", "seedbed/"]
    assert all((ROOT / folder).is_dir() for folder in folders)


def test_every_parameter_it_names_is_one():
    paths = {path for definition in definitions().values() for path in (definition.name, *definition.paths)}
    named = re.findall(r"\b(?:fund|university|venture|market|city|entrepreneur|government|sector)\.[a-z_.]+[a-z]\b", TEXT)
    assert named
    assert [name for name in named if name not in paths] == []


def commands_shown():
    """The command lines of the section on the command line, without what is said of them."""
    lines = re.findall(r"^    seedbed (.*)$", TEXT, re.M)
    return [re.split(r"\s{3,}", line)[0] for line in lines]


@pytest.mark.parametrize("line", commands_shown())
def test_every_command_and_option_it_shows_exists(line):
    words = shlex.split(line)
    if words[0] == "COMMAND":
        words = []
    command = [word for word in words[:2] if word.isalpha()]
    while command:
        answer = CliRunner().invoke(app, [*command, "--help"], prog_name="seedbed")
        if answer.exit_code == 0:
            break
        command.pop()
    assert command or not words, f"no such command: {line}"
    if command:
        for option in (word for word in words if word.startswith("--")):
            assert option in answer.output, f"{line}: no option {option}"


# --- the examples ----------------------------------------------------------------------------------------------------


def test_each_shortening_meets_an_example():
    everything = "".join(BLOCKS)
    assert [key for key in SMALLER if everything.count(key) != 1] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_the_examples_run(capsys):
    names = {}
    for block in BLOCKS:
        for whole, small in SMALLER.items():
            block = block.replace(whole, small)
        exec(compile(block, "README.md", "exec"), names)
    assert "History of 'baseline'" in capsys.readouterr().out
    assert names["network"].number_of_nodes() > 0
    assert len(names["comparison"]) == 2
    assert names["mine"].parameters["university.number"] == 4
    assert names["mine"].parameters["fund.tolerance.market"] == 7
    assert names["town"].now == 2


def test_the_examples_use_the_public_names_only():
    imported = re.findall(r"^from seedbed import (.*)$", "".join(BLOCKS), re.M)
    import seedbed

    names = {name.strip() for line in imported for name in line.split(",")}
    assert names <= set(seedbed.__all__)


# --- the tables ------------------------------------------------------------------------------------------------------


def close(shown, true):
    """Whether a figure is printed as it is, but for rounding."""
    return math.isclose(shown, true, rel_tol=6e-3, abs_tol=6e-4)


@pytest.mark.parametrize("name, kinds, fitted", [("targets", "AB", "A"), ("report", "R", "R")])
def test_the_table_is_that_of_the_evidence(name, kinds, fitted):
    head, body = rows(name)
    assert tuple(head) == readme.COLUMNS
    wanted = [target for target in read() if target.name[0] in kinds]
    assert [row[0] for row in body] == [f"`{target.name}`" for target in wanted]
    for row, target in zip(body, wanted, strict=True):
        _, what, value, band, model, interval, inside, calibrated = row
        assert what == target.what
        assert calibrated == ("yes" if target.name.startswith(fitted) else "no")
        assert (value == "sign") == math.isnan(target.value) and (value == "sign" or close(number(value), target.value))
        if target.is_sign:
            assert band == ("above 0" if target.low == 0.0 else "below 0")
        else:
            assert all(close(number(cell), bound) for cell, bound in zip(band.split(" to "), (target.low, target.high), strict=True)), target.name
        low, high = (number(cell) for cell in interval.split(" to ")) if interval else (math.nan, math.nan)
        assert math.isnan(number(model)) or not interval or low - 6e-3 * abs(low) <= number(model) <= high + 6e-3 * abs(high)
        edges = [(low, target.high), (high, target.low)]
        if not any(close(cell, bound) for cell, bound in edges):  # apart from what rounding can move
            assert target.meets(low, high) == (inside == "yes"), target.name


@pytest.mark.parametrize("name, scenario, kinds", [("targets", "baseline", "AB"), ("report", "report", "R")])
def test_the_table_is_that_of_the_committed_results(name, scenario, kinds):
    assert part(name) == readme.found(scenario, kinds)


@pytest.mark.parametrize("name", ["targets", "report"])
def test_the_table_counts_what_is_inside(name):
    _, body = rows(name)
    said = re.findall(r"(\d+) of (\d+) that were( not|)", part(name))
    assert said
    for inside, among, negated in said:
        mine = [row for row in body if row[-1] == ("no" if negated else "yes")]
        assert (int(inside), int(among)) == (sum(row[-2] == "yes" for row in mine), len(mine))
    assert sum(int(among) for _, among, _ in said) == len(body)


def test_the_part_on_speed_is_a_table_or_says_where_it_comes_from():
    if part("speed") == readme.NOT_MEASURED:
        return
    head, body = rows("speed")
    assert head == ["what", "measured", "aim", "reached"]
    assert body and all(len(row) == 4 and row[3] in ("yes", "no") for row in body)


# --- the generator ---------------------------------------------------------------------------------------------------


def test_parts_are_written_between_their_marks():
    text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n"
    assert readme.filled(text, {"x": "new"}) == "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n"
    with pytest.raises(ValueError, match="y:begin"):
        readme.filled(text, {"y": "new"})


def test_undefined_figures_are_told_as_such():
    row = {
        "target": "A5_unicorn_rate", "what": "w", "value": 0.013, "band": [0.009, 0.023], "model": None, "low": None, "high": None, "inside": False, "calibrated": True,
    }  # fmt: skip
    assert readme.targets([row]).splitlines()[-1] == "| `A5_unicorn_rate` | w | 1.3% | 0.9% to 2.3% | none |  | no | yes |"


def test_a_benchmark_is_told_as_a_table(tmp_path):
    place = tmp_path / "bench.json"
    assert readme.speed(place) == readme.NOT_MEASURED
    figures = [
        {"key": "run.ms", "what": "a run", "value": 50.04, "unit": "ms", "aim": "at most 60", "reached": True},
        {"key": "run.live", "what": "alive", "value": 1234.0, "unit": "", "aim": "at least 2000", "reached": False},
        {"key": "port", "what": "against C", "value": None, "unit": "no compiler", "aim": None, "reached": False},
        {"key": "wall", "what": "aside", "value": 1.0, "unit": "ms", "aim": None, "reached": None},
    ]
    found = {
        "quick": False, "date": "2026-01-02T03:04:05+00:00", "machine": {"processor": "Some", "cores": 2},
        "versions": {"python": "3.11", "numba": "0.65", "mesa": "3.3"}, "figures": figures,
    }  # fmt: skip
    place.write_text(json.dumps(found))
    told = readme.speed(place).splitlines()
    assert told[0] == "Measured by `make bench` on 2026-01-02: Some, 2 cores, Python 3.11, Numba 0.65, Mesa 3.3."
    assert told[4:] == [
        "| a run | 50 ms | at most 60 | yes |",
        "| alive | 1,234 | at least 2000 | no |",
        "| against C | not measured: no compiler |  | no |",
    ]
    place.write_text(json.dumps({**found, "quick": True}))
    assert readme.speed(place) == readme.NOT_MEASURED


def test_writing_fills_all_parts(tmp_path):
    copy = tmp_path / "README.md"
    emptied = re.sub(r"(<!-- (?:targets|report):begin -->\n).*?(<!-- (?:targets|report):end -->)", r"\1\2", TEXT, flags=re.S)
    copy.write_text(emptied, encoding="utf-8")
    readme.write(copy)
    written = copy.read_text(encoding="utf-8")
    assert emptied != TEXT and written.split("## How fast it is")[0] == TEXT.split("## How fast it is")[0]


def test_without_committed_results_it_is_told_how_to_make_them(tmp_path):
    with pytest.raises(BadInput, match="seedbed validate baseline --out"):
        readme.write(tmp_path / "README.md", tmp_path)
