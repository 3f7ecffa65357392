"""The page's part on declaring an experiment: its files are read, its commands typed and its Python run, as they stand."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from standin import KNOWN, Case, StandIn
from typer.testing import CliRunner

import seedbed.experiments
from seedbed.experiments import runner, sweep
from seedbed.experiments.command import app
from seedbed.experiments.design import PLANS, Experiment, grid

PAGE = (Path(seedbed.experiments.__file__).parent / "LABORATORY.md").read_text(encoding="utf-8")
PART = PAGE[PAGE.index("## Declaring an experiment") :]
PART = PART[: PART.index("\n## ", 5)]


class Town(StandIn):
    """Knows every setting of the baseline."""

    def case(self, arm):
        return Case(KNOWN | dict(arm.changes), arm=arm.name)


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", PART, re.MULTILINE | re.DOTALL)


def test_its_files_are_designs_that_can_be_carried_out(tmp_path):
    sizes = []
    for text in blocks("toml"):
        (tmp_path / "design.toml").write_text(text)
        experiment = Experiment.from_toml(tmp_path / "design.toml")
        sweep.check(experiment)
        sizes.append(len(experiment))
    assert sizes == [6 * 200, 100 + 50]


def test_its_commands_work():
    lines = [line for block in blocks("console") for line in block.splitlines() if line.startswith("$ seedbed ")]
    assert len(lines) == 2
    for line in lines:
        arguments = shlex.split(line.removeprefix("$ seedbed "))
        dry = [] if "--dry-run" in arguments else ["--dry-run"]
        done = CliRunner().invoke(app, [*arguments, *dry, "--rate", "20"])
        assert done.exit_code == 0, done.output


def test_its_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "Model", Town)
    (tmp_path / "my_design.toml").write_text(blocks("toml")[0])
    said, names = io.StringIO(), {}
    with contextlib.redirect_stdout(said):
        for block in blocks("python"):
            exec(compile(block, "LABORATORY.md", "exec"), names)
    assert "2.5 seconds" in said.getvalue()  # 100 runs at 20 a second on each of two workers
    assert "mu_star" in said.getvalue()


def test_it_names_every_plan_every_key_and_every_shipped_design():
    for kind, (_, takes) in PLANS.items():
        assert f"| `{kind}`" in PART
        assert all(f"`{key}`" in PART or f"{key} =" in PART or f"plan.{key}" in PART for key in takes)
    for path in sweep.DESIGNS.glob("*.toml"):
        assert f"`{path.stem}`" in PART


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"range": [5, 15], "step": 2.5}, [5, 7.5, 10, 12.5, 15]),
        ({"values": [7, 12, 15]}, [7, 12, 15]),
        ([7, 12], [7, 12]),
    ],
)
def test_its_factors_give_the_values_it_says(given, values):
    cells = Experiment("x", grid("baseline", {"fund.life.market": given}), 1).cells
    np.testing.assert_allclose(cells["fund.life.market"], values)
