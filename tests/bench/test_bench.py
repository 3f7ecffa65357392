"""The benchmark measures what it says: C and rules have the same bytes, a city grown is that city, and every figure is written down."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from seedbed.agents.city import sum_of_purses  # noqa: E402
from seedbed.agents.rule import INTERPRETED  # noqa: E402
from seedbed.model.scenario import Scenario  # noqa: E402
from seedbed.model.schedule import quarters, ventures  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))

import bench  # noqa: E402
import port  # noqa: E402
import worlds  # noqa: E402

pytestmark = pytest.mark.skipif(INTERPRETED, reason="speed is that of compiled rules")

PROMISED = {
    "date": str,
    "machine": dict,
    "versions": dict,
    "quick": bool,
    "figures": list,
    "details": dict,
    "missed": list,
}
FIGURES = {
    "run.cpu_ms", "run.wall_ms", "country.cpu_s", "country.live_at_end", "threads.gain", "ways.walked_ratio", "ways.walked_same", "ways.interpreted_ratio", "ways.interpreted_same",
    "chance.share", "ways.phase_walked_ratio", "phase.1.c_ratio", "phase.1.c_same", "mesa.1.ratio", "mesa.1.apart", "quarter.1.ns",
    "exponent.phase.2", "exponent.quarter.2", "exponent.phase.4", "exponent.quarter.4", "command.help_s",
    "lab.overhead", "lab.two_threads", "lab.two_waiting", "lab.mesa_ratio", "lab.memory_growth", "lab.bytes",
}  # fmt: skip


@pytest.fixture(scope="module")
def town():
    """A small city in which ventures build, sell, and end, with its event log."""
    scenario = Scenario.load("baseline").with_({"city.graduates": 25, "city.newcomers": 10, "venture.speed.incremental": 2})
    return worlds.after(scenario, 3, 8, record=True)


@pytest.fixture(scope="module")
def c(town, tmp_path_factory):
    try:
        return port.Port(town, tmp_path_factory.mktemp("port"))
    except port.NoCompiler as why:
        pytest.skip(str(why))


def test_the_port_in_c_leaves_the_same_bytes_as_the_rules(town, c):
    by_rules, by_c = worlds.copied(town), worlds.copied(town)
    work_quarters = c.on(by_c)
    happened = set()
    for _ in range(12):
        ventures(by_rules)
        by_rules.clock[0].now += 1
        work_quarters(1)
        assert worlds.same(by_rules, by_c)
        happened |= set(np.asarray(by_rules.ventures.status)[np.asarray(by_rules.live)[: worlds.living(by_rules)]].tolist())
    events = np.asarray(by_rules.events)[int(town.clock[0].n_events) : int(by_rules.clock[0].n_events)]
    assert {1, 2, 5} <= happened  # some build, some sell, some have ended
    assert {2, 7} <= set(events["what"].tolist())  # milestones, market entries
    assert not worlds.same(by_rules, town)


def test_the_port_refuses_a_record_that_has_moved(town, tmp_path, monkeypatch):
    header = port.header
    monkeypatch.setattr(port, "header", lambda world: header(world).replace("int32_t form;\n    int32_t sector;", "int32_t sector;\n    int32_t form;"))
    try:
        with pytest.raises(RuntimeError, match="does not compile"):
            port.Port(town, tmp_path)
    except port.NoCompiler as why:
        pytest.skip(str(why))


def test_a_city_grown_once_goes_on_as_before(town):
    kept, grown = worlds.copied(town), worlds.grown(town, 1, 8)
    until = int(town.clock[0].now) + 4
    for world in (kept, grown):
        quarters(world, until)
        assert world.clock[0].full == 0
    for table in worlds.REPEATED:
        here, there = (np.asarray(getattr(world, table)).view(np.ndarray)[: worlds.in_use(world, table)] for world in (kept, grown))
        assert here.tobytes() == there.tobytes(), table


def test_a_city_grown_many_times_keeps_its_books(town):
    grown = worlds.grown(town, 5, 8)
    assert worlds.living(grown) == 5 * worlds.living(town)
    assert sum_of_purses(grown) == 0
    keys = np.asarray(grown.people.key)[: worlds.in_use(grown, "people")]
    assert len(np.unique(keys)) == len(keys)
    live = np.asarray(grown.live)[: worlds.living(grown)]
    assert np.array_equal(np.asarray(grown.people.venture)[np.asarray(grown.ventures.founder)[live]], live)
    quarters(grown, int(grown.clock[0].now) + 4)
    assert grown.clock[0].full == 0
    assert sum_of_purses(grown) == 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_figure_is_measured_and_written_down(tmp_path, capsys):
    result = bench.main(["--quick", "--out", str(tmp_path)])
    kept = json.loads((tmp_path / "bench.json").read_text())
    assert kept == json.loads(json.dumps(result))
    assert {name: type(kept[name]) for name in PROMISED} == PROMISED
    figures = {figure["key"]: figure for figure in kept["figures"]}
    assert set(figures) >= FIGURES
    for figure in figures.values():
        assert set(figure) == {"key", "what", "value", "unit", "aim", "reached"}
        assert (figure["aim"] is None) == (figure["reached"] is None)
    assert kept["missed"] == [key for key, figure in figures.items() if figure["reached"] is False]
    assert all(figures[key]["reached"] for key in figures if key.endswith("_same"))
    told = capsys.readouterr().out
    assert all(figure["what"] in told for figure in figures.values())
    assert {"seedbed", "python", "numpy", "numba", "mesa"} <= set(kept["versions"])
