"""Makes the stand-in importable by name, also in worker processes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from standin import StandIn  # noqa: E402

from seedbed.experiments.design import Experiment, grid  # noqa: E402


@pytest.fixture
def standin():
    return StandIn()


@pytest.fixture
def small():
    """Four arms under six seeds."""
    axes = {"fund.tolerance.market": [7 / 3, 7], "fund.life.market": [7, 12]}
    return Experiment("small", grid("baseline", axes, keeps=("curves",)), tuple(range(1, 7)))
