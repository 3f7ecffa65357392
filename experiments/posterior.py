"""What a calibration left open, carried into any study: each seed meets the city of another draw of the posterior.

    posterior = Posterior.load("baseline")                 the one that is shipped; or the folder of a calibration's answer
    run(experiment, model=posterior.over(Model()))         every study of the laboratory, by the command line with --posterior

Seed s has draw s of the posterior (from the first again after the last), in every arm alike. So two arms are still compared
under the same people, the same luck and the same parameters, and the interval of their paired difference covers both kinds of
not knowing: chance, and what the parameters are. What an arm sets itself is left as the arm has it, and so is what its
scenario sets otherwise than the scenario that was fitted.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput

from .runner import Model

__all__ = ["FORMAT", "OverPosterior", "Posterior"]

FORMAT = 1
RESULTS = Path(__file__).with_name("results") / "calibration"
FILES = ("manifest.json", "posterior.csv")


@dataclass(frozen=True)
class Posterior:
    """Equally likely parameter values that a calibration found.

    paths : the parameters that were fitted, element by element.  draws : one row each, in natural units.
    mode  : the best point.  scenario : what was fitted.  rules : hash of the rules it was fitted under.
    """

    name: str
    scenario: str
    paths: tuple[str, ...]
    draws: tuple[tuple[float, ...], ...]
    mode: Mapping[str, float]
    rules: str = ""
    folder: Path | None = None
    digest: str = field(default="", compare=False)

    @classmethod
    def load(cls, name_or_folder: str | Path) -> Posterior:
        """The shipped posterior of that name or the one in a folder; BadInput where it is not one, is damaged, or of another version."""
        import seedbed

        shipped = [place.parent.name for place in sorted(RESULTS.glob("*/manifest.json"))]
        folder = RESULTS / name_or_folder if name_or_folder in shipped else Path(name_or_folder)
        if not all((folder / name).is_file() for name in FILES):
            raise BadInput(
                what="the posterior", given=str(name_or_folder), allowed=f"one that is shipped ({', '.join(shipped) or 'there is none'}) or the folder of a "
                f"calibration's answer, with {' and '.join(FILES)}", where="posterior",
            )  # fmt: skip
        where = str(folder / FILES[0])
        try:
            about = json.loads((folder / FILES[0]).read_text(encoding="utf-8"))
            with (folder / FILES[1]).open(newline="", encoding="utf-8") as lines:
                head, *rows = csv.reader(lines)
            draws = tuple(tuple(float(x) for x in row) for row in rows)
        except (ValueError, OSError) as error:
            raise BadInput(what="the posterior", given=str(folder), allowed="files as a calibration writes them", where=f"{where}: {error}") from None
        if not isinstance(about, Mapping) or about.get("format") != FORMAT or about.get("seedbed") != seedbed.__version__:
            there = about if isinstance(about, Mapping) else {}
            raise BadInput(
                what="the version of the posterior", given=f"format {there.get('format')} of Seedbed {there.get('seedbed')}",
                allowed=f"format {FORMAT} of Seedbed {seedbed.__version__}; parameters of another version may mean something else: calibrate anew", where=where,
            )  # fmt: skip
        digest = hashlib.sha256((folder / FILES[1]).read_bytes()).hexdigest()
        if about.get("posterior") != digest:
            raise BadInput(what="the posterior's draws", given=f"a file with the hash {digest[:12]}", allowed=f"{str(about.get('posterior'))[:12]}, as its manifest says", where=where)
        if not draws or any(len(row) != len(head) for row in draws):
            raise BadInput(what="the posterior's draws", given=f"{len(draws)} rows of unequal length", allowed="rows with a value for each parameter", where=where)
        made = cls(str(about.get("calibration", folder.name)), str(about.get("scenario", "baseline")), tuple(head), draws, about.get("mode", {}), str(about.get("rules", "")), folder, digest)
        made.check()
        return made

    def check(self) -> None:
        """BadInput if a parameter is unknown, or a value is beyond what it may be."""
        from seedbed.model.scenario import Scenario

        known = Scenario.load(self.scenario)
        for place, path in enumerate(self.paths):
            definition, _ = known.parameters.definition(path, f"posterior {self.name}")
            for value in {min(row[place] for row in self.draws), max(row[place] for row in self.draws)}:
                definition.check(int(value) if definition.unit == "count" else value, path, f"posterior {self.name}")

    def draw(self, seed: int) -> dict[str, float]:
        """What holds under a seed: draw number seed, counted round."""
        return dict(zip(self.paths, self.draws[(seed - 1) % len(self.draws)], strict=True))

    def over(self, model: Model | None = None) -> OverPosterior:
        """A model that meets another draw under each seed."""
        return OverPosterior(model or Model(), self)


@dataclass
class Case:
    """An arm's scenario, and which of the fitted parameters it leaves to the posterior."""

    inner: Any
    free: tuple[str, ...]
    made: dict[int, Any] = field(default_factory=dict, repr=False)


class OverPosterior(Model):
    """Another model, run with the draw of the posterior that belongs to the seed."""

    def __init__(self, inner: Model, posterior: Posterior) -> None:
        self.inner, self.posterior = inner, posterior

    def case(self, arm: Any) -> Case:
        from seedbed.model.scenario import Scenario

        inner = self.inner.case(arm)
        fitted = self.__dict__.setdefault("_fitted", Scenario.load(self.posterior.scenario))
        own = set()
        for path in arm.changes:
            if path.partition(".")[0] not in ("programme", "in"):
                own |= set(fitted.parameters.definition(path, f"arm {arm.name}")[1])
        scenario = arm.scenario if isinstance(arm.scenario, Scenario) else Scenario.load(str(arm.scenario))
        free = tuple(path for path in self.posterior.paths if path not in own and scenario.parameters[path] == fitted.parameters[path])
        return Case(inner, free)

    def at(self, case: Case, seed: int) -> Any:
        """The scenario of an arm under a seed."""
        number = (seed - 1) % len(self.posterior.draws)
        if number not in case.made:
            drawn = self.posterior.draw(seed)
            changes = {path: int(drawn[path]) if case.inner.parameters.definition(path, "posterior")[0].unit == "count" else drawn[path] for path in case.free}
            case.made[number] = case.inner.with_(changes) if changes else case.inner
        return case.made[number]

    def warm(self, case: Case) -> None:
        self.inner.warm(case.inner)

    def run(self, case: Case, seed: int, years: int, burn_in: int, keeps: Sequence[str], world: object):
        return self.inner.run(self.at(case, seed), seed, years, burn_in, keeps, world)

    def labels(self) -> dict[str, tuple[str, str, str]]:
        return self.inner.labels()

    def digest(self, case: Case) -> str:
        from .store import digest_of

        return digest_of([self.inner.digest(case.inner), self.posterior.digest, list(case.free)])

    def describe(self, case: Case) -> object:
        return {**self.inner.describe(case.inner), "posterior": {"name": self.posterior.name, "draws": len(self.posterior.draws), "digest": self.posterior.digest, "parameters": list(case.free)}}

    def source(self) -> str:
        return self.inner.source()

    def __getstate__(self) -> dict:
        return {"inner": self.inner, "posterior": self.posterior}
