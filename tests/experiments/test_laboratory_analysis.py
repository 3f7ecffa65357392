"""The page's part on analysis: its examples run as they stand, on stores that a stand-in filled, and its figures hold."""

import contextlib
import io
import math
import re
import shlex
from pathlib import Path

import pytest
from standin import KNOWN, Case, StandIn
from typer.testing import CliRunner

import seedbed.experiments
from seedbed.experiments import runner
from seedbed.experiments.command import app
from seedbed.experiments.design import Experiment, grid, latin_hypercube, morris, sobol, table
from seedbed.experiments.precision import coverage
from seedbed.experiments.runner import run
from seedbed.experiments.search import PolicySearch, _Space

PAGE = (Path(seedbed.experiments.__file__).parent / "LABORATORY.md").read_text(encoding="utf-8")
PART = PAGE[PAGE.index("## What to make of the runs") :]
PART = PART[: end.start() + 5] if (end := re.search(r"^## ", PART[5:], re.MULTILINE)) else PART
RANGES = {"fund.tolerance.market": [1.0, 12.0], "fund.life.market": [5.0, 15.0]}


class Town(StandIn):
    """Knows every setting of the baseline; unicorns have luck of their own in each arm."""

    def case(self, arm):
        return Case(KNOWN | dict(arm.changes), arm=arm.name)


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", PART, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The stores that the page speaks of, made by the stand-in, which then stands for the model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "Model", Town)
    worlds = [{"fund.tolerance.market": 1.0 + n / 5, "fund.life.market": life} for n in range(40) for life in (7.0, 12.0)]
    for name, arms, seeds in (
        ("patience", grid("baseline", {"fund.tolerance.market": [2, 7]}), 30),
        ("screening", morris("baseline", RANGES, 4), 2),
        ("variance", sobol("baseline", RANGES, 16), 2),
        ("corners", latin_hypercube("baseline", RANGES, 80), 2),
        ("worlds", table("baseline", worlds), 2),
    ):
        run(Experiment(name, arms, seeds), out=f"results/{name}", progress=False, workers=1)
    return tmp_path


def test_the_examples_in_python_run_as_they_stand(folder):
    names = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for block in blocks("python"):
            exec(compile(block, "LABORATORY.md", "exec"), names)
    text = printed.getvalue()
    for words in ("narrow enough", "'covered'", "joint", "salib_total", "coverage", "stays", "listed", "exponent"):
        assert words in text, words


def test_the_commands_of_the_page_exist_and_run(folder):
    (policy,) = blocks("toml")
    (folder / "policy.toml").write_text(policy)
    lines = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
    assert len(lines) == 7
    for line in lines:
        program, *words = shlex.split(line)
        if words[0] == "search" and "--dry-run" not in words:
            continue  # hours; the same file is checked by the dry run, and a small search by the example in Python
        if "zombie_share > 0.02" in words:
            words[words.index("zombie_share > 0.02")] = "zombie_share > 0.2"  # of the stand-in
        if words[0] == "discover" and "--between" in words:
            words[words.index("unicorns_fundamental")] = "unicorns_fundamental >= 0"
        result = CliRunner().invoke(app, words, prog_name=program)
        divides = "divides the worlds" in result.output
        assert result.exit_code == 0 or divides, result.output


def test_the_policy_file_of_the_page_is_well_formed(tmp_path):
    (policy,) = blocks("toml")
    (tmp_path / "policy.toml").write_text(policy)
    search = PolicySearch.from_toml(tmp_path / "policy.toml")
    assert set(_Space(search, runner.Model()).levers) == set(search.levers)


def test_the_table_of_coverage_holds():
    rows = re.findall(r"^\| (.+?) \| `(\w+)` \| ([\d.]+) \| (\d+) \|$", PART, re.MULTILINE)
    assert len(rows) == 12
    told = {(law, rule): (float(covered), int(seeds)) for law, rule, covered, seeds in rows}
    mean, spread = math.exp(0.5), math.sqrt((math.e - 1) * math.e)
    for rule in ("plain", "looks"):
        covered, seeds = told["long tail (lognormal, sigma 1)", rule]
        found = coverage(rule, lambda rng, shape: rng.lognormal(0, 1, shape), mean, 2 * 1.96 * spread / 10, most=960, times=300, seed=9)
        assert found["covered"] == pytest.approx(covered, abs=4 * math.sqrt(0.08 * 0.92 / 300))
        assert found["seeds"] == pytest.approx(seeds, rel=0.15)
    for (_, rule), (covered, _) in told.items():
        assert covered >= 0.95 or rule == "plain"  # what the page says of the two honest rules


def test_every_module_and_function_that_the_page_names_is_there():
    import importlib

    for module, name in re.findall(r"`(precision|sensitivity|discovery|search|survival|tails)\.(\w+)`", PART):
        assert hasattr(importlib.import_module(f"seedbed.experiments.{module}"), name)
