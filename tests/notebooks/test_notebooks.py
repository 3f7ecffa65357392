"""Notebooks run from the first cell to the last, show what they promise, hold no model of their own, and are kept without outputs."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
YEARS = "5"

# What each notebook shows when it is run: pictures, and words that its output has.
SHOWN = {"first_look": (4, ["History of 'baseline'", f"{YEARS} years", "of savings. It begins with", "round 1", "founders", "leads the first round"])}


def read(path):
    return nbformat.read(path, as_version=4)


def code_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_is_described_here():
    assert {path.stem for path in NOTEBOOKS} == set(SHOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert [cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []
    assert {cell.execution_count for cell in notebook.cells if cell.cell_type == "code"} == {None}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_holds_no_code_of_the_model(path):
    """Cells call what Seedbed offers: they define nothing, and count nothing out themselves."""
    forbidden = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.ListComp, ast.BinOp)
    for source in code_of(read(path)):
        found = [ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, forbidden)]
        assert found == []
        assert len(source.splitlines()) <= 10


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_shows_what_it_promises(path, monkeypatch, tmp_path):
    monkeypatch.setenv("SEEDBED_NOTEBOOK_YEARS", YEARS)
    monkeypatch.setenv("PYTHONWARNINGS", "ignore,error:::seedbed")
    notebook = read(path)
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    said = [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert said == []
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    words = "\n".join([o.text for o in outputs if o.output_type == "stream"] + [o.data.get("text/plain", "") for o in outputs if "data" in o])
    expected, phrases = SHOWN[path.stem]
    assert len(pictures) == expected
    assert all(len(picture.data["image/png"]) > 10_000 for picture in pictures)
    assert [phrase for phrase in phrases if phrase not in words] == []
