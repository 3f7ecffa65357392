"""Seedbed: a laboratory for the ecology of innovation.

How do tolerance of failure and the horizon of money, separately and together,
change how many unicorns a city brings forth? This is the door of the package:
what a researcher types comes from here.

    from seedbed import Ecosystem, Scenario, simulate, compare

Importing the door is quick: each public name is loaded when it is first used.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.agents.errors import BadInput, SeedbedWarning
    from seedbed.experiments.compare import compare
    from seedbed.model.ecosystem import Ecosystem
    from seedbed.model.history import History
    from seedbed.model.scenario import Scenario
    from seedbed.model.simulate import simulate
    from seedbed.model.twins import twins

__version__ = "0.1.0"

__all__ = ["BadInput", "Ecosystem", "History", "Scenario", "SeedbedWarning", "__version__", "compare", "simulate", "twins"]

# A checkout without symlinks (Windows) has the three folders one level up.
_here = Path(__file__).resolve().parent
if not (_here / "agents").is_dir():
    __path__.append(str(_here.parent))

_HOME = {
    "BadInput": "seedbed.agents.errors",
    "Ecosystem": "seedbed.model.ecosystem",
    "History": "seedbed.model.history",
    "Scenario": "seedbed.model.scenario",
    "SeedbedWarning": "seedbed.agents.errors",
    "compare": "seedbed.experiments.compare",
    "simulate": "seedbed.model.simulate",
    "twins": "seedbed.model.twins",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its own module when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
