"""The page's part on running: its commands are typed and its Python run as they stand, on a stand-in; its table holds."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from standin import KNOWN, Case, StandIn
from typer.testing import CliRunner

import seedbed.experiments
from seedbed.experiments import costs, runner, upkeep
from seedbed.experiments.command import app
from seedbed.experiments.pool import SCHEDULER_ANSWERS
from seedbed.experiments.store import SECONDS_A_PIECE

PAGE = (Path(seedbed.experiments.__file__).parent / "LABORATORY.md").read_text(encoding="utf-8")
PART = PAGE[PAGE.index("## Running it") :]
PART = PART[: PART.index("\n## ", 5)]


class Town(StandIn):
    """Knows every setting of the baseline."""

    def case(self, arm):
        return Case(KNOWN | dict(arm.changes), arm=arm.name)


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", PART, re.MULTILINE | re.DOTALL)


@pytest.fixture
def stood_in(monkeypatch, tmp_path):
    """In an empty directory, with the stand-in for the model."""
    from seedbed.experiments import sweep

    monkeypatch.chdir(tmp_path)
    for module in (runner, upkeep, sweep):
        if hasattr(module, "Model"):
            monkeypatch.setattr(module, "Model", Town)


def test_its_commands_work(stood_in):
    lines = [line for block in blocks("console") for line in block.splitlines()]
    assert len(lines) == 9 and all(line.startswith("$ seedbed ") for line in lines)
    for line in lines:
        arguments = shlex.split(line.removeprefix("$ seedbed "))
        if arguments[0] == "sweep":
            arguments += ["--seeds", "3", "--rate", "50", *([] if "--yes" in arguments else ["--yes"])]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, (line, done.output)
    place = Path("results")
    assert upkeep.digest(runner.Results.load(place / "together")) == upkeep.digest(runner.Results.load(place / "patience"))


def test_its_python_runs(stood_in):
    said, names = io.StringIO(), {}
    with contextlib.redirect_stdout(said):
        for text in blocks("python"):
            exec(compile(text, "LABORATORY.md", "exec"), names)
    assert "80 of 80 runs" in said.getvalue() and "(20, 4)" in said.getvalue()


def test_its_one_line_queries_agree(stood_in):
    names = {}
    text = "\n".join(blocks("python"))
    lines = [line for line in text.splitlines() if line.startswith(("pandas.", "polars.", "duckdb."))]
    assert len(lines) == 4
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "LABORATORY.md", "exec"), names)
    by_pandas, by_polars, by_duckdb, joined = (eval(line, names) for line in lines)
    results = names["results"]
    for place, arm in enumerate(results.experiment.arms):
        mean = pytest.approx(results.values("unicorns_fundamental")[:, place].mean())
        assert by_pandas[arm.name] == mean
        assert dict(by_polars.iter_rows())[arm.name] == mean
        assert by_duckdb.set_index("arm")["avg(unicorns_fundamental)"][arm.name] == mean
    assert len(joined) == 40 and set(joined["fund.life.market"]) == {12}


def test_what_cannot_be_executed_here_is_at_least_python():
    texts = blocks("python notest")
    assert len(texts) == 2
    for text in texts:
        compile(text, "LABORATORY.md", "exec")


def test_its_numbers_are_those_of_the_code():
    assert SECONDS_A_PIECE == 10 and "at most the last ten seconds" in PART
    assert SCHEDULER_ANSWERS == 10 and "answer within ten seconds" in PART


def test_its_table_of_costs_is_that_of_the_figures_above_it():
    found = costs.BEGIN.search(PAGE)
    seconds, size = float(found["seconds"]), float(found["bytes"])
    assert 0.01 < seconds < 10 and 100 < size < 2000
    assert costs.filled(PAGE, seconds, size, found["day"]) == PAGE
    assert "| 1,000,000 | " in costs.table(seconds, size)


def test_costs_are_measured(capsys, monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n<!-- costs: seconds=1 bytes=1 measured=2000-01-01 -->\n{costs.END}\nafter\n")
    monkeypatch.setattr(costs, "PAGE", page)
    monkeypatch.setattr(costs, "measured", lambda runs: (0.1234, 512.3))
    monkeypatch.setattr("sys.argv", ["costs"])
    costs.main()
    text = page.read_text()
    assert text.startswith("before\n<!-- costs: seconds=0.123 bytes=512 measured=20") and text.endswith(f"{costs.END}\nafter\n")
    assert "| 1,000,000 | 34.2 | 17 h | 32 min | 2.0 min | 512 MB |" in text and "0.123 s" in capsys.readouterr().out


@pytest.mark.slow
def test_the_measurement_itself():
    seconds, size = costs.measured(2)
    assert 0 < seconds < 60 and 100 < size < 100_000
