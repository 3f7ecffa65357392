"""What somebody who knows Mesa types first. In interpreters of their own, since Mesa's batches set how all later processes start."""

import json
import re
import subprocess
import sys
from pathlib import Path

import mesa
import pytest

import seedbed.experiments
from seedbed import simulate
from seedbed.agents.row import Venture
from seedbed.model.ecosystem import Ecosystem

TOWN = {"city.graduates": 10, "city.newcomers": 5}
PAGE = (Path(seedbed.experiments.__file__).parent / "LABORATORY.md").read_text(encoding="utf-8")


def script(folder, text):
    """What a program in a file of its own prints; warnings are errors."""
    place = folder / "mine.py"
    place.write_text(text)
    done = subprocess.run([sys.executable, "-W", "error", place], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


def batch(folder, settings, **how):
    """The rows of a batch, run from a file as a person would."""
    text = f"""
import json, mesa
from seedbed import Ecosystem
if __name__ == "__main__":
    rows = mesa.batch_run(Ecosystem, {settings!r}, display_progress=False, **{how!r})
    print(json.dumps(rows))
"""
    return json.loads(script(folder, text))


@pytest.mark.slow
def test_seeds_among_the_parameters_are_those_of_any_other_run(tmp_path):
    """In two processes, every quarter collected."""
    settings = {**TOWN, "years": 1, "rng": [1, 2], "scenario": "baseline"}
    rows = batch(tmp_path, settings, number_processes=2, data_collection_period=1)
    assert len(rows) == 2 * 4
    for seed in (1, 2):
        live = simulate("baseline", seed, 1, changes=TOWN).series()["live"].tolist()
        assert [row["live"] for row in rows if row["rng"] == seed] == live
    assert {row["RunId"] for row in rows} == {0, 1}


def test_a_wrong_setting_is_told_in_a_sentence(tmp_path):
    with pytest.raises(AssertionError, match="did you mean 'fund.life.market'"):
        batch(tmp_path, {**TOWN, "years": 1, "fund.life.markt": [5, 9]})


def test_a_class_with_collectors_of_its_own():
    class Watched(Ecosystem):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            self.datacollector = mesa.DataCollector(
                model_reporters={"ventures": lambda city: len(city.living("ventures"))},
                agent_reporters={"kind": lambda agent: type(agent).__name__},
                agenttype_reporters={Venture: {"cash": "cash"}},
            )

    city = Watched(seed=1, years=1, **TOWN)
    city.run_model()
    frame = city.datacollector.get_model_vars_dataframe()
    assert frame["ventures"].tolist() == simulate("baseline", 1, 1, changes=TOWN).series()["live"].tolist()
    kinds = city.datacollector.get_agent_vars_dataframe().groupby("Step")["kind"].value_counts()
    ventures = city.datacollector.get_agenttype_vars_dataframe(Venture).groupby("Step").size()
    assert [kinds[step, "Venture"] for step in ventures.index] == ventures.tolist() == frame["ventures"].tolist()


@pytest.mark.skipif(not hasattr(mesa.Model, "run_for"), reason="Mesa 3.5 or later")
def test_mesas_clock_stops_where_the_run_ends():
    city = Ecosystem(seed=1, years=1, **TOWN)
    city.run_for(2)
    assert city.now == 2
    city.run_until(4)
    assert city.now == 4 and not city.running
    city.run_for(3)
    assert city.now == 4 and len(city.datacollector.get_model_vars_dataframe()) == 4


def test_the_example_on_the_page_runs_as_it_stands(tmp_path):
    part = PAGE[PAGE.index("## With Mesa's own tools") :]
    block = re.search(r"^```python\n(.*?)^```", part, re.MULTILINE | re.DOTALL)[1]
    first, *rest = script(tmp_path, block).splitlines()
    found = eval(first)
    assert set(found) == {(life, seed) for life in (7, 12) for seed in (1, 2, 3)}
    for (life, seed), live in found.items():
        changes = {"city.graduates": 10, "fund.life.market": life}
        assert live == simulate("baseline", seed, 2, changes=changes).series()["live"].iloc[-1]
    assert any("tolerance" in line for line in rest) and any("Step" in line for line in rest)
