"""Notebooks run from the first cell to the last, show what they promise, hold no model of their own, and are kept without outputs."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from seedbed.experiments.command import app

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST, OWN_RULES = "1_first_run", "7_extending_the_model"

# What each notebook shows when it is run: how many pictures, and words that its output has.
SHOWN = {
    FIRST: (3, ["History of 'baseline', seed 1, 40 years", "founds", "leads the first round", "a chance of", "季度", "领投第1轮融资"]),
    "2_inside_one_fund": (3, ["of all funds it has stopped the most", "deals cost", "follow_money", "ventures that it stopped", "what became of them", "belief", "did no better"]),
    "3_tolerance_and_horizon": (4, ["Interaction in fundamental unicorns over 20 seeds", "The answer", "Where more patience starts to hurt", "clearly worse", "Does patience help?"]),
    "4_twin_worlds": (3, ["There: baseline, fund.tolerance.market=7.", "The two lives part in this quarter", "| | Here | There |", "2% more for grants"]),
    "5_what_should_shuozhou_do": (3, ["coal and power", "History of 'shuozhou'", "Package:", "Findings", "more near-unicorns than doing nothing", "million RMB each", "regret"]),
    "6_sensitivity": (5, ["strength", "parameter_sd", "share_above", "contrasts", "fitted parameters"]),
    OWN_RULES: (2, ["History of 'my_city'", "fund.managers.market cannot be -3", "my_workshops", "events, all the same", "herd less each for itself"]),
    "8_where_the_numbers_come_from": (2, ["numbers;", "assumed", "report.alumni_fund", "fitted to (A)", "fails", "draws of", "variance_gone", "both_met"]),
}  # fmt: skip


def read(path):
    return nbformat.read(path, as_version=4)


def code_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def words_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def lines_of(source):
    return [line for line in source.splitlines() if line.strip()]


def test_every_notebook_is_described_here_and_in_the_handbook():
    assert {path.stem for path in NOTEBOOKS} == set(SHOWN)
    told = (ROOT / "notebooks" / "handbook" / "tutorial" / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", told, re.M)) == set(SHOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert [cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []
    assert {cell.execution_count for cell in notebook.cells if cell.cell_type == "code"} == {None}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_says_for_whom_it_is_and_what_to_open_next(path):
    first, *_, last = read(path).cells
    assert re.match(r"# .+\n\nFor .+ After it you .+\n", first.source + "\n")
    assert last.source.startswith("## What to open next\n")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_it_points_to_is_there(path):
    words = words_of(read(path))
    linked = re.findall(r"\]\(([^)#:]+)\)", words)
    assert [name for name in linked if not (path.parent / name).exists()] == []
    named = re.findall(r"`(\d_\w+)`", words)
    assert [name for name in named if name not in SHOWN] == []
    files = re.findall(r"`((?:model|agents|experiments)/[\w./]*)`", words)
    assert [name for name in files if not (ROOT / name).exists()] == []
    commands = {(command.name or command.callback.__name__).replace("_", "-") for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups}
    assert [command for command in re.findall(r"`seedbed ([\w-]+)", words) if command not in commands] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_holds_no_code_of_the_model(path):
    """Cells call what Seedbed offers: they define nothing, and count nothing out themselves. The one about own rules is there to write some."""
    forbidden = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.ListComp, ast.BinOp)
    for source in code_of(read(path)):
        if path.stem == OWN_RULES:
            forbidden = (ast.Lambda, ast.While)
        found = [ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, forbidden)]
        assert found == []
        assert len(lines_of(source)) <= (20 if path.stem == OWN_RULES else 10)


def test_ten_lines_show_a_network_a_funnel_and_a_story():
    sources = code_of(read(ROOT / "notebooks" / f"{FIRST}.ipynb"))
    assert sum(len(lines_of(source)) for source in sources) <= 10
    code = "\n".join(sources)
    assert all(call in code for call in ("draw_network(history", "draw_funnel(history", "draw_story(history", "history.story("))


@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=[] if path.stem == FIRST else pytest.mark.slow) for path in NOTEBOOKS], ids=lambda path: path.stem
)
def test_it_runs_and_shows_what_it_promises(path, monkeypatch, tmp_path):
    """In a folder of its own: committed results are found wherever a notebook runs. Each picture is followed by words about it."""
    monkeypatch.setenv("PYTHONWARNINGS", "ignore,error:::seedbed")
    notebook = read(path)
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    said = [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert said == []
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    words = "\n".join(
        [o.text for o in outputs if o.output_type == "stream"]
        + [o.data.get(kind, "") for o in outputs if "data" in o for kind in ("text/plain", "text/markdown")]
    )
    expected, phrases = SHOWN[path.stem]
    assert len(pictures) == expected
    assert all(len(picture.data["image/png"]) > 10_000 for picture in pictures)
    assert [phrase for phrase in phrases if phrase not in words] == []
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        if cell.cell_type == "code" and any("image/png" in output.get("data", {}) for output in cell.outputs):
            assert after.cell_type == "markdown" and not after.source.startswith("#")
