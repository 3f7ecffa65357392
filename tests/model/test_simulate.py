"""simulate: one call in, one History out; everything else is refused in a sentence."""

import sys
from pathlib import Path

import numpy as np
import pytest

import seedbed
from seedbed.agents.errors import BadInput
from seedbed.model.engine import run
from seedbed.model.history import History
from seedbed.model.simulate import simulate

sys.path.insert(0, str(Path(__file__).parent))

from runs import CHANGES, town  # noqa: E402


def same(one, other):
    return all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in zip(one, other, strict=True))


def test_it_is_the_run_of_the_engine():
    history = simulate(town(), seed=2, years=2)
    assert isinstance(history, History) and same(history.world, run(town(), 2, 2, record=True))
    assert same(simulate(town(), seed=2, years=2, record=False).world, run(town(), 2, 2))


def test_changes_may_be_given_in_every_way():
    typed = [f"{name}={value}" for name, value in CHANGES.items()]
    for changes in (CHANGES, typed):
        history = simulate("baseline", seed=2, years=1, changes=changes)
        assert history.provenance["scenario"]["digest"] == town().digest()
    one = simulate(town(), years=1, changes="city.graduates=11")
    assert one.parameters().loc["city.graduates", "value"] == 11 and one.world.p[0].city_graduates == 11


def test_the_seed_decides():
    first, second = simulate(town(), seed=1, years=2), simulate(town(), seed=2, years=2)
    assert not same(first.world, second.world) and same(first.world, simulate(town(), seed=1, years=2).world)


def test_an_audited_run_sums_the_purses_in_every_quarter():
    assert (simulate(town(), years=2, audit=True).series()["imbalance"] == 0).all()


def test_the_log_changes_nothing_else():
    with_log, without = simulate(town(), years=2), simulate(town(), years=2, record=False)
    assert with_log.recorded and not without.recorded
    for name in ("people", "ventures", "funds", "deals", "series", "accounts"):
        assert with_log._rows(name).tobytes() == without._rows(name).tobytes(), name


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ({"scenario": "baselin"}, "did you mean 'baseline'"),
        ({"scenario": "no/such/file.toml"}, "no/such/file.toml"),
        ({"seed": -1}, "0 to 2"),
        ({"seed": 1.0}, "seed"),
        ({"seed": True}, "seed"),
        ({"years": 0}, "from 1 to"),
        ({"years": 10_000}, "from 1 to"),
        ({"changes": {"city.graduate": 10}}, "city.graduates"),
        ({"changes": {"fund.life": 1000}}, "fund.life"),
        ({"changes": "fund.life"}, "fund.life"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_run(arguments, hint):
    with pytest.raises(BadInput, match=hint):
        simulate(**{"years": 1, **arguments})


def test_it_stands_at_the_door():
    assert seedbed.simulate is simulate and seedbed.History is History
