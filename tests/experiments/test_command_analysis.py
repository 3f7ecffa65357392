"""The analysing commands: what a person types and what comes back, on stores that a stand-in filled."""

import json
import sys

import pytest
from standin import StandIn
from typer.testing import CliRunner

from seedbed.experiments.command import app
from seedbed.experiments.design import Arm, Experiment, latin_hypercube, morris, one_at_a_time, sobol, table
from seedbed.experiments.runner import run

RANGES = {"fund.tolerance.market": [1.0, 9.0], "fund.life.market": [5.0, 15.0]}
COMMANDS = ("sensitivity", "discover", "precision", "search")


class Patient(StandIn):
    """Twelve years rather than seven give jobs where tolerance is above five, and cost them elsewhere."""

    def run(self, case, *rest):
        outcomes, kept, world = super().run(case, *rest)
        late = (case["fund.life.market"] - 7) / 5
        return outcomes | {"jobs": outcomes["jobs"] + 100 * late * (case["fund.tolerance.market"] - 5.05)}, kept, world


def typed(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="seedbed")


def answered(*arguments):
    result = typed(*arguments)
    assert result.exit_code == 0, result.output
    return result


def as_json(*arguments):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(answered(*arguments, "--json").stdout, parse_constant=refuse)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A store of each kind of plan."""
    folder = tmp_path_factory.mktemp("stores")
    worlds = [{"fund.tolerance.market": 1.0 + n / 5, "fund.life.market": life} for n in range(40) for life in (7.0, 12.0)]
    kinds = {
        "sobol": (sobol("baseline", RANGES, 16), 3),
        "morris": (morris("baseline", RANGES, 6), 2),
        "sweep": (one_at_a_time("baseline", RANGES), 6),
        "cube": (latin_hypercube("baseline", RANGES, 60), 2),
        "worlds": (table("baseline", worlds), 2),
        "arms": ((Arm("as it is"), Arm("patient", changes={"fund.tolerance.market": 7})), 40),
    }
    for name, (arms, seeds) in kinds.items():
        outcomes = ("unicorns_fundamental", "zombies")
        run(Experiment(name, arms, seeds, outcomes=outcomes), model=Patient(), out=folder / name, progress=False, workers=1)
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples_that_exist(name):
    text = answered(name, "--help").stdout
    lines = [line.split()[1:] for line in text.splitlines() if line.startswith("    seedbed ")]
    assert len(lines) >= 4 and all(parts[0] == name for parts in lines)
    options = {part for parts in lines for part in parts if part.startswith("--")}
    assert all(option in text.split("Options:")[1] for option in options)
    assert "Example" in text


def test_help_loads_none_of_the_heavy_libraries():
    import subprocess

    heavy = ("SALib", "sklearn", "lifelines", "powerlaw", "optuna", "pandas", "matplotlib", "numpy", "scipy")
    code = f"import sys; from seedbed.experiments.command import app; print([n for n in {heavy!r} if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120).stdout.strip() == "[]"


def test_sensitivity_of_a_sobol_plan(stores, tmp_path):
    found = as_json("sensitivity", stores / "sobol")
    assert found["kind"] == "sobol" and found["seeds"] == 3
    assert {row["factor"] for row in found["factors"]} == set(RANGES)
    assert {row["outcome"] for row in found["factors"]} == {"unicorns_fundamental", "zombies"}
    by = {row["factor"]: row for row in found["factors"] if row["outcome"] == "zombies"}
    assert by["fund.tolerance.market"]["total"] == pytest.approx(1.0, abs=0.25) and by["fund.life.market"]["total"] < 0.01
    result = answered("sensitivity", stores / "sobol", "--outcome", "zombies", "--figures", tmp_path / "f", "--export", tmp_path / "e")
    assert "fund.tolerance.market" in result.stdout and "settings" in result.stdout and "fundamental" not in result.stdout
    assert (tmp_path / "f" / "sensitivity_zombies.png").stat().st_size > 5000
    problem = json.loads((tmp_path / "e" / "salib_problem.json").read_text())
    assert problem["names"] == list(RANGES)
    assert len((tmp_path / "e" / "ema_experiments.csv").read_text().splitlines()) == 1 + 16 * 4
    assert (tmp_path / "e" / "ema_parameters.csv").read_text().startswith("NAME,TYPE,0,1\nfund.tolerance.market,real,1.0,9.0")


def test_sensitivity_of_a_screening_and_of_a_sweep(stores):
    found = as_json("sensitivity", stores / "morris", "--outcome", "zombies")
    assert "time_to_unicorn: only" in answered("sensitivity", stores / "sobol", "--outcome", "time_to_unicorn").stderr
    assert [row["matters"] for row in found["factors"]] == [1, 0]
    table = answered("sensitivity", stores / "morris").stdout
    assert "luck alone" in table and table.count("*") >= 2
    table = answered("sensitivity", stores / "sweep").stdout
    assert "Paired differences from the base" in table and "fund.life.market" in table
    assert {row["setting"] for row in as_json("sensitivity", stores / "sweep")["factors"]} == {1, 9, 5, 15}


def test_discover(stores, tmp_path):
    found = as_json("discover", stores / "cube", "zombies > 165")  # 40 + 25 x tolerance: above 5
    (limit,) = found["limits"]
    assert limit["factor"] == "fund.tolerance.market" and limit["low"] == pytest.approx(5, abs=0.3) and limit["high"] is None
    result = answered("discover", stores / "cube", "zombies > 165", "--figures", tmp_path)
    assert "fund.tolerance.market above" in result.stdout and "comes back" in result.stdout
    assert "had not seen" in result.stderr and (tmp_path / "boxes.svg").exists()
    usual = as_json("discover", stores / "cube")
    assert usual["question"].startswith("unicorns_fundamental >= ") and 0.1 < usual["share"] < 0.6


def test_discover_where_patience_wins(stores):
    found = as_json("discover", stores / "worlds", "jobs", "--between", "fund.life.market=7,12")
    assert found["question"] == "jobs with fund.life.market = 12.0 less 7.0 > 0" and found["worlds"] == 40
    (limit,) = found["limits"]
    assert limit["factor"] == "fund.tolerance.market" and limit["low"] == pytest.approx(5, abs=0.25)


def test_precision(stores, tmp_path):
    found = as_json("precision", stores / "arms", "--width", "zombies=2", "--effect", "unicorns_fundamental=0.5")
    by = {row["outcome"]: row for row in found["outcomes"]}
    assert set(by) == {"unicorns_fundamental", "zombies"} and found["base"] == "as it is" and found["other"] == "patient"
    assert by["zombies"]["asked"] == 2 and by["unicorns_fundamental"]["effect"] == 0.5 and by["zombies"]["seeds"] == 40
    result = answered("precision", stores / "arms", "--outcome", "unicorns_fundamental", "--figures", tmp_path)
    assert "runs for 80%" in result.stdout and (tmp_path / "runs_unicorns_fundamental.png").exists()
    alone = answered("precision", stores / "arms", "--base", "patient").stdout
    assert "runs for 80%" not in alone


POLICY = """
scenario = "baseline"
seeds = 1
years = 2
burn_in = 0
population = 4
generations = 1
fresh_seeds = 2

[changes]
"city.graduates" = 5
"city.newcomers" = 2
"university.number" = 1

[levers]
"fund.tolerance.market" = [1, 9]
"programme.small_grant" = [true, false]

[objectives]
founded = "most"
public_net = "least"
"""


def test_search_with_the_real_engine(tmp_path):
    place = tmp_path / "tiny.toml"
    place.write_text(POLICY)
    dry = as_json("search", place, "--dry-run")
    assert dry["runs"] == 4 and dry["levers"] == ["fund.tolerance.market", "programme.small_grant"]
    assert "at most 4 runs" in answered("search", place, "--dry-run").stdout
    result = answered("search", place, "--out", tmp_path / "kept", "--workers", 1, "--figures", tmp_path / "f")
    assert "as it is" in result.stdout and "policies on the front" in result.stdout
    assert (tmp_path / "f" / "front.png").exists() and (tmp_path / "kept" / "search.json").exists()
    again = as_json("search", place, "--out", tmp_path / "kept", "--workers", 1)
    assert again["tried"] == 4 and len(again["front"]) >= 1 and set(again["as_it_is"]) == {"founded", "public_net"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sensitivity", "nowhere"), "nowhere"),
        (("sensitivity", "{cube}"), "plan"),
        (("sensitivity", "{sobol}", "--outcome", "zombis"), "zombies"),
        (("discover", "{cube}", "zombies is large"), "question"),
        (("discover", "{cube}", "zombies > 1e9"), "divides the worlds"),
        (("discover", "{arms}", "zombies > 100"), "plan"),
        (("discover", "{worlds}", "zombies", "--between", "fund.life.market"), "two of its values"),
        (("discover", "{worlds}", "zombies", "--between", "fund.life.market=7,9"), "fund.life.market"),
        (("discover", "{cube}", "zombies > 100", "--depth", "0"), "depth"),
        (("precision", "{arms}", "--width", "zombies"), "an outcome and a number"),
        (("precision", "{arms}", "--width", "zombies=wide"), "an outcome and a number"),
        (("precision", "{arms}", "--effect", "zombies=0"), "zombies"),
        (("precision", "{arms}", "--base", "nobody"), "patient"),
        (("precision", "{cube}"), "any two of the 60 points"),
        (("search", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_cannot_be_ends_with_a_sentence_and_code_2(stores, words, said):
    result = typed(*(word.format(**{name.name: name for name in stores.iterdir()}) for word in words))
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ") and said in result.stderr and "Traceback" not in result.stderr
