"""The studies of the report: one declaration for each claim, carried out and judged by what the declaration fixed beforehand.

    study = Study.load("grant_or_fund")
    answer = run_study(study, out=study.place("results/studies"))
    answer.summary["verdict"]            supported, contradicted or open: computed from the headline's interval

A declaration (experiments/studies/<name>.toml) is an ordinary design with what the report claims, where, and findings: for
each the arms that are compared, the outcome, the sign that the claim implies, and a sentence whose words follow the sign.
It is fixed before the first run; its digest stands in the manifest of the results, so that a change made since is noticed.
`judging.py` computes the findings, `special.py` holds what single studies measure besides, `study_figures.py` draws.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput

from .design import Experiment, seeds_from
from .judging import Finding, Table, finding_from, judge, page
from .runner import Model, identity, run
from .store import digest_of, refused, write_whole

__all__ = ["Answer", "Study", "committed", "names", "recompute", "run_all", "run_study"]

log = logging.getLogger("seedbed.experiments")

FOLDER = Path(__file__).with_name("studies")
RESULTS = Path(__file__).with_name("results") / "studies"
FILES = ("manifest.json", "table.csv", "summary.json", "summary.md", "figure.png")

# What a declaration says besides the design: key -> whether it must be there.
OWN = {
    "title": True, "claim": True, "section": True, "systems": False, "facts": False, "needs": False, "analysis": False, "against": False,
    "shows": False, "assumed": False, "findings": True,
}  # fmt: skip
SYSTEMS = 31  # that the report is read as
QUICK = {"seeds": 4, "years": 20, "burn_in": 5}


def names() -> list[str]:
    """The studies that are shipped."""
    from seedbed.model.parameters import names_in

    return names_in(FOLDER)


# -- the declaration --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Study:
    """A study as it was declared.

    claim    : what the report says, in our words; section: where; systems: which of the report's systems it is about; facts: the numbered facts.
    needs    : what must exist in the model before it can run: "fund.life", "programme:x", "field:x" (of programmes), "scenario:x", "outcome:x".
    against  : the arm that the figure compares all others with (the first arm if nothing is said).
    shows    : outcomes of the figure and the table of arms, beside those of the findings.
    analysis : what of `special.py` it measures or computes besides.
    assumed  : what a reader must know was assumed, as sentences.
    given    : the design as plain values, read when the study is carried out.
    """

    name: str
    given: Mapping[str, Any]
    title: str
    claim: str
    section: str
    findings: tuple[Finding, ...]
    path: Path
    systems: tuple[int, ...] = ()
    facts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    analysis: str = ""
    against: str = ""
    shows: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    digest: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)  # seeds, years, burn_in other than declared
    posterior: Any = None  # a `Posterior`: each seed meets another of its draws

    @classmethod
    def load(cls, name_or_path: str | Path) -> Study:
        """The shipped study of that name (dashes for underscores will do), or the one of a file; BadInput tells what is wrong in it."""
        from seedbed.model.parameters import check_keys, find_file, read_toml

        from .design import KEYS

        wanted = name_or_path
        if isinstance(wanted, str) and not (wanted.endswith(".toml") or "/" in wanted or "\\" in wanted):
            wanted = wanted.replace("-", "_")
        path = find_file(wanted, FOLDER, "study", "command line")
        given = read_toml(path)
        where = path.name if path.parent == FOLDER else str(path)
        check_keys(given, (*KEYS, *OWN), "a key of the study", where)
        digest = digest_of(given)
        own = {key: given.pop(key) for key in OWN if key in given}
        for key in ("question", "expectation", "refuted_if", "outcomes", "seeds"):
            if key not in given:
                raise BadInput(what=f"the key {key} of the study", given=None, allowed="what the study fixes before its first run", where=where)
        for key, needed in OWN.items():
            if needed and key not in own:
                raise BadInput(what=f"the key {key} of the study", given=None, allowed="a text" if key != "findings" else "at least one finding", where=where)
        fields = {key: _text(own[key], key, where) for key in ("title", "claim", "section", "analysis", "against") if key in own}
        fields |= {key: _texts(own[key], key, where) for key in ("facts", "needs", "shows", "assumed") if key in own}
        fields["systems"] = _systems(own.get("systems", ()), where)
        _check_facts(fields.get("facts", ()), where)
        findings = _findings(own["findings"], where)
        if "analysis" in own:
            from .special import ANALYSES

            if own["analysis"] not in ANALYSES:
                raise BadInput(what="the analysis", given=own["analysis"], allowed=list(ANALYSES), where=where)
        return cls(name=path.stem, given={"name": path.stem, **given}, findings=findings, path=path, digest=digest, **fields)

    def with_(self, **settings: Any) -> Study:
        """The same study with other seeds, years or burn-in: {} leaves it as declared."""
        return replace(self, settings={**self.settings, **{key: value for key, value in settings.items() if value is not None}})

    @cached_property
    def experiment(self) -> Experiment:
        """The design, made when it is first asked for, since the settings that a study needs may not exist yet."""
        import copy

        settings = dict(self.settings)
        if "seeds" in settings:
            settings["seeds"] = seeds_from(settings["seeds"])
        made = replace(Experiment.from_given(copy.deepcopy(dict(self.given)), self.path), **settings)
        where = self.path.name
        if self.against:
            made.arm(self.against)
        for finding in self.findings:
            for arm in finding.weights:
                if arm not in {one.name for one in made.arms}:
                    raise BadInput(what="the arm", given=arm, allowed=[one.name for one in made.arms], where=f"{where}, finding {finding.name}")
        return made

    @property
    def kept(self) -> list[str]:
        """The outcomes that its table needs: those of the findings, of the design and of the figure, and what ratios are made of."""
        from .judging import parts_of

        asked = [*self.experiment.outcomes, *self.shows, *(finding.outcome for finding in self.findings)]
        if self.analysis:
            asked += self.special.outcomes
        return list(dict.fromkeys(part for outcome in asked for part in parts_of(outcome)))

    @property
    def special(self) -> Any:
        """What `special.py` adds to it, None for most."""
        from .special import ANALYSES

        return ANALYSES[self.analysis] if self.analysis else None

    @cached_property
    def model(self) -> Model:
        """The model that carries it out, with its own measures if it has any."""
        made = Measured(self.analysis) if self.special is not None and self.special.measure is not None else Model()
        return made if self.posterior is None else self.posterior.over(made)

    def place(self, root: str | os.PathLike) -> Path:
        """Where its runs are kept under `root`: a folder for what it runs by these rules, so that a change of either begins anew beside the old runs."""
        return Path(root) / self.name / identity(self.experiment, self.model)[0]

    def unmet(self) -> list[str]:
        """What of its needs this version does not have."""
        return [need for need in self.needs if not _there(need)]


def _there(need: str) -> bool:
    """Whether the model has a parameter, programme, programme field, scenario or outcome."""
    from seedbed.model import programmes as shelf
    from seedbed.model.outcomes import OUTCOMES
    from seedbed.model.parameters import definitions
    from seedbed.model.scenario import Scenario

    kind, colon, name = need.partition(":")
    if not colon:
        return any(need == one or need.startswith(f"{one}.") for one in definitions())
    return name in {"programme": shelf.names, "field": lambda: shelf.FIELDS, "scenario": Scenario.names, "outcome": lambda: OUTCOMES}[kind]()


def _text(given: object, key: str, where: str) -> str:
    if not isinstance(given, str) or not given.strip():
        raise BadInput(what=f"the key {key} of the study", given=given, allowed="a text", where=where)
    return given


def _texts(given: object, key: str, where: str) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) and one.strip() for one in listed):
        raise BadInput(what=f"the key {key} of the study", given=given, allowed="a list of texts", where=where)
    if key == "needs":
        for one in listed:
            if ":" in one and one.partition(":")[0] not in ("programme", "field", "scenario", "outcome"):
                raise BadInput(what="a need", given=one, allowed='a parameter, or "programme:", "field:", "scenario:" or "outcome:" and a name', where=where)
    return tuple(listed)


def _systems(given: object, where: str) -> tuple[int, ...]:
    whole = isinstance(given, (list, tuple)) and all(isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= SYSTEMS for one in given)
    if not whole:
        raise BadInput(what="the systems", given=given, allowed=f"a list of numbers from 1 to {SYSTEMS}", where=where)
    return tuple(given)


def _check_facts(facts: Iterable[str], where: str) -> None:
    from seedbed.model.parameters import closest_first, evidence

    known = [f"report.{name}" for name in evidence("report")]
    for fact in facts:
        if fact not in known:
            raise BadInput(what="the fact", given=fact, allowed=closest_first(fact, known), where=where)


def _findings(given: object, where: str) -> tuple[Finding, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(one, Mapping) for one in given):
        raise BadInput(what="the findings", given=given or None, allowed="at least one [[findings]]; the first is the headline", where=where)
    found = tuple(finding_from(one, f"{where}, finding {number}") for number, one in enumerate(given, start=1))
    for place, finding in enumerate(found):
        if finding.name in {one.name for one in found[:place]}:
            raise BadInput(what="the name of a finding", given=finding.name, allowed="each name once", where=where)
    return found


# -- carried out ------------------------------------------------------------------------------------------------------


class Measured(Model):
    """The model, with what a special analysis measures of each finished run among its outcomes."""

    def __init__(self, analysis: str) -> None:
        self.analysis = analysis

    @property
    def _special(self) -> Any:
        from .special import ANALYSES

        return ANALYSES[self.analysis]

    def run(self, case: object, seed: int, years: int, burn_in: int, keeps: Sequence[str], world: object):
        row, kept, world = super().run(case, seed, years, burn_in, keeps, world)
        return row | self._special.measure(world, burn_in), kept, world

    def labels(self) -> dict[str, tuple[str, str, str]]:
        return super().labels() | self._special.outcomes

    def source(self) -> str:
        """The rules, and how the run is measured: other measures are another study."""
        import inspect

        from . import special

        return f"{super().source()}-{hashlib.sha256(inspect.getsource(special).encode()).hexdigest()[:8]}"

    def __getstate__(self) -> dict:
        return {"analysis": self.analysis}


@dataclass
class Answer:
    """A finished study: what was found, the page that says it, and where it was written."""

    study: Study
    table: Table
    summary: dict
    page: str
    folder: Path | None = None


def run_study(
    study: Study, *, out: str | os.PathLike | None = None, answers: str | os.PathLike | None = None, workers: int | None = None,
    executor: Any = "threads", progress: bool | None = None, figure: bool = True, model: Any = None,
) -> Answer:  # fmt: skip
    """Run a study (or what is missing of it), judge its findings and write the answer.

    out     : directory of the runs, resumed if they were begun; None keeps them in memory.
    answers : directory of the answer (manifest, table, summary, page, figure); by default `answer` beside the runs.
    """
    unmet = study.unmet()
    if unmet:
        raise BadInput(what=f"what the study {study.name} needs", given=unmet, allowed="a version of the model that has it", where=study.path.name)
    model = model or study.model
    experiment, known = study.experiment, model.labels()
    for name in study.kept:
        if name not in known:
            raise BadInput(what="the outcome", given=name, allowed=list(known), where=study.path.name)
    results = run(experiment, model=model, out=out, workers=workers, executor=executor, progress=progress)
    table = Table.of(results, study.kept).as_written()
    manifest = {
        "study": study.name,
        "declaration": study.digest,
        "seeds": list(experiment.seeds),
        "years": experiment.years,
        "burn_in": experiment.burn_in,
        "arms": [arm.name for arm in experiment.arms],
        "runs": results.good,
        "failed": results.failed,
        "missing": len(experiment) - results.done,
        "rules": results.store.manifest.get("source", ""),
        "fingerprint": results.store.manifest.get("fingerprint", ""),
        "seedbed": _version(),
        **({} if study.posterior is None else {"posterior": {"name": study.posterior.name, "draws": len(study.posterior.draws), "digest": study.posterior.digest}}),
        "labels": {name: list(results.labels.get(name, (name, "", ""))[:2]) for name in table.names},
    }
    folder = Path(answers) if answers is not None else Path(out) / "answer" if out is not None else None
    return finish(study, table, manifest, folder, figure)


def finish(study: Study, table: Table, manifest: Mapping, folder: Path | None, figure: bool = True) -> Answer:
    """Judge the findings of a study's table and write the five files of its answer."""
    summary = summary_of(study, table, manifest)
    text = page(study, summary)
    answer = Answer(study, table, summary, text, folder)
    if folder is None:
        return answer
    made = {"manifest.json": _json(manifest), "table.csv": table.csv(), "summary.json": _json(summary), "summary.md": text}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            write_whole(folder / name, content.encode())
        if figure:
            from . import study_figures

            write_whole(folder / "figure.png", study_figures.png(study, table, summary))
    except OSError as error:
        raise refused(folder, error) from None
    return answer


def summary_of(study: Study, table: Table, manifest: Mapping) -> dict:
    """Everything that was found, as plain values: computed from the table alone."""
    from .report import _plain

    return _plain(judge(study, table, manifest))


def recompute(folder: str | os.PathLike, study: Study | None = None) -> tuple[dict, dict, dict]:
    """(manifest, summary as it is written, summary computed anew from table.csv) of a study's answer.

    `study` is the declaration; None takes the shipped one of the manifest's name.
    """
    folder = Path(folder)
    manifest, written = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("manifest.json", "summary.json"))
    study = (study or Study.load(manifest["study"])).with_(seeds=manifest["seeds"], years=manifest["years"], burn_in=manifest["burn_in"])
    table = Table.read(folder / "table.csv", manifest["arms"], manifest["seeds"], manifest["labels"])
    return manifest, written, summary_of(study, table, manifest)


def committed(name: str, root: str | os.PathLike | None = None) -> dict | None:
    """The summary of the committed run of a study, None if there is none."""
    place = Path(root or RESULTS) / name / "summary.json"
    return json.loads(place.read_text(encoding="utf-8")) if place.is_file() else None


def stale(study: Study, root: str | os.PathLike | None = None) -> bool:
    """Whether the declaration was changed since its committed run."""
    place = Path(root or RESULTS) / study.name / "manifest.json"
    return place.is_file() and json.loads(place.read_text(encoding="utf-8"))["declaration"] != study.digest


def listed(root: str | os.PathLike | None = None) -> list[dict]:
    """All shipped studies as plain values: what each asks, how large it is, what it still needs, and the result of its committed run."""
    made = []
    for name in names():
        study, found = Study.load(name), committed(name, root)
        unmet = study.unmet()
        row = {
            "name": name, "title": study.title, "claim": study.claim, "question": study.given["question"], "section": study.section,
            "systems": study.systems, "facts": study.facts, "unmet": unmet,
            "arms": None if unmet else len(study.experiment.arms), "runs": None if unmet else len(study.experiment),
        }  # fmt: skip
        row |= {"verdict": None, "result": None, "seeds": None, "changed_since": False}
        if found:
            row |= {"verdict": found["verdict"], "result": found["result"], "seeds": found["seeds"], "changed_since": stale(study, root)}
        made.append(row)
    return made


def run_all(
    chosen: Sequence[str], root: str | os.PathLike, answers: str | os.PathLike | None = None, *, settings: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = log.info, **how: Any,
) -> dict[str, str]:  # fmt: skip
    """Run studies one after the other; one that fails does not stop the others. name -> "supported", ..., "skipped: ..." or "failed: ...".

    root : each study's runs are kept in a folder of root/<name> (see `Study.place`); answers go to answers/<name>, or beside the runs.
    """
    ended: dict[str, str] = {}
    for number, name in enumerate(chosen, start=1):
        try:
            study = Study.load(name).with_(**(settings or {}))
            unmet = study.unmet()
            if unmet:
                ended[name] = f"skipped: this version has no {', '.join(unmet)}"
            else:
                tell(f"{number} of {len(chosen)}: {study.title}, {len(study.experiment):,} runs")
                place = None if answers is None else Path(answers) / study.name
                ended[name] = run_study(study, out=study.place(root), answers=place, **how).summary["verdict"]
        except Exception as error:  # told at the end; an interrupt is no Exception and stops all
            ended[name] = f"failed: {' '.join(str(error).split())[:400] or type(error).__name__}"
        tell(f"{name}: {ended[name]}")
    return ended


def _version() -> str:
    return importlib.metadata.version("seedbed")


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
