"""The study: tolerance of failure and horizon of money, separately and together.

    study = run_study(seeds=200, out="results/tolerance-horizon")
    print(study.page)

Tolerance is how long a market fund goes on without a milestone before it stops (`fund.tolerance.market`); horizon is
the life of the fund (`fund.life.market`). They are set apart from each other, five values each, while the money committed
to funds is the same in every arm (`fund.successor = "fixed"`: each fund's successor has its size, whatever the results).
The market case is what the source report calls the market's average: 2 1/3 years, in a fund of 7. All the rest is the
baseline city.

What is fixed beforehand: the arms, the outcomes, the expectations and what would refute them, all below. A decomposition
repeats five of the arms with one mechanism switched at a time.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput
from seedbed.model.language import say

from . import report
from .compare import BETTER, effects, label_of, measure, outcome_names, unit_of
from .design import Arm, Experiment, seeds_from
from .runner import Model, Results, run
from .statistics import Estimate, Peak, contrast, peak, share_remaining

__all__ = ["NAME", "Study", "analyse", "experiment", "kept_findings", "page", "run_study"]

NAME = "tolerance-horizon"

# -- declared beforehand ----------------------------------------------------------------------------------------------

QUESTION = (
    "How do tolerance of failure and horizon of money, separately and together, change how many unicorns a city brings "
    "forth, and at whose cost?"
)
TOLERANCES = (1, 7 / 3, 4, 7, 12)
LIVES = (5, 7, 10, 12, 15)
MARKET = (7 / 3, 7)
# name -> (tolerance, life) of the arms that are compared with the market case by name
CONTRASTS = {"tolerance": (7, 7), "horizon": (7 / 3, 12), "both": (7, 12), "extreme": (12, 15)}
BASE = {"fund.successor": "fixed"}
AXES = ("fund.tolerance.market", "fund.life.market")
KEPT = ("curves",)  # of the arms that are drawn

# What the answer rests on. The first is the main one: at equal committed money, more of it is more for the same money.
MAIN = "unicorns_fundamental"
OUTCOMES = (
    "unicorns_fundamental", "unicorns_paper", "unicorns_fundamental_per_billion", "unicorns_paper_per_billion",
    "unicorns_fundamental_per_public_billion", "dpi_market", "tvpi_market", "zombies", "radical_share",
    "time_to_unicorn", "founders_retry", "jobs",
)  # fmt: skip
TAKEN_APART = ("unicorns_fundamental", "unicorns_fundamental_per_billion", "dpi_market", "zombies")

# (what is expected, the contrast, the outcome, the expected sign); "interaction" and "harm" are read apart
EXPECTATIONS = (
    ("Tolerance alone brings forth more fundamental unicorns.", "tolerance", MAIN, 1),
    ("A longer horizon alone brings forth more fundamental unicorns.", "horizon", MAIN, 1),
    ("Together they bring forth more.", "both", MAIN, 1),
    ("Tolerance and horizon need each other: together more than the sum.", "interaction", MAIN, 1),
    ("More tolerance costs investors: a lower DPI of market funds.", "tolerance", "dpi_market", -1),
    ("More tolerance keeps more zombies alive.", "tolerance", "zombies", 1),
)
REFUTED_IF = (
    "An expectation is refuted if the 95% interval of its paired difference lies wholly on the other side of zero, and "
    "not shown if it covers zero. If no outcome becomes clearly worse anywhere on the grid beyond the market case, the "
    "model itself is suspect, for patience that costs nobody anything is not believable."
)

# mechanism -> (what the switch does, the switch)
MECHANISMS = {
    "Screening": ("every fund values projects as the market would", {"fund.screens_by": "market"}),
    "Project choice": ("founders cannot choose their projects", {"entrepreneur.choice_freedom": 0}),
    "Congestion": (
        "money and attention without limit", {"fund.money_limit": "none", "fund.companies_per_partner": 1000},
    ),
    "Fund-raising": ("successor funds are raised on results", {"fund.successor": "results"}),
    "Financing risk": ("outsiders do not mind when insiders stop", {"market.insider_stop_discount": 0}),
}  # fmt: skip

# account -> who that is; positive = it ends with more than it paid in
PAYERS = {
    "lp_net_private": "private investors in funds", "lp_net_institution": "institutions in funds",
    "lp_net_alumni": "alumni", "lp_net_government": "government in funds", "fees": "fund managers' fees",
    "founders_net": "founders", "public_net": "the public purse (net cost)", "tax": "tax received",
}  # fmt: skip

LIMITS = (
    "This is an explanation in a model city calibrated to a few patterns, not a forecast for a real one.",
    "Return patterns are from public tables of United States deals: no deal-level returns of Chinese funds are public.",
    "A paper unicorn is a price that an outside lead paid; a fundamental unicorn is a value in the model's own terms.",
    "One city and no migration: nothing here says that a gain would not be another city's loss.",
)


def arm_name(tolerance: float, life: float, mechanism: str = "") -> str:
    """The name of an arm, such as "tolerance 2 1/3, life 7, screening switched"."""
    name = f"tolerance {report.plain(tolerance)}, life {report.plain(life)}"
    return f"{name}, {mechanism.lower()} switched" if mechanism else name


def experiment(
    scenario: object = "baseline", seeds: int | tuple[int, ...] = 200, years: int = 40, burn_in: int = 10,
    settings: Mapping[str, object] | None = None, decompose: bool | int = 100,
) -> Experiment:  # fmt: skip
    """The arms: the grid of tolerance and life, and five of its cells under each switch.

    `settings` are changes made to every arm; the two axes themselves, and what keeps the money equal, cannot be among
    them. `decompose` = False leaves the switches out, a number runs them under the first so many seeds only.
    """
    common = {**BASE, **(settings or {})}
    for key in (*AXES, *BASE):
        if settings and key in settings:
            raise BadInput(
                what=key, given=settings[key], allowed="any parameter but those that the study itself sets", where=NAME
            )
    cells = [(tolerance, life) for tolerance in TOLERANCES for life in LIVES]
    drawn = {MARKET, *CONTRASTS.values()}
    arms = [
        Arm(arm_name(*cell), scenario, {**common, **dict(zip(AXES, cell, strict=True))}, KEPT if cell in drawn else ())
        for cell in cells
    ]
    if decompose:
        for mechanism, (_, switch) in MECHANISMS.items():
            for cell in (MARKET, *CONTRASTS.values()):
                changes = {**common, **dict(zip(AXES, cell, strict=True)), **switch}
                first = None if decompose is True else int(decompose)
                arms.append(Arm(arm_name(*cell, mechanism), scenario, changes, first=first))
    expected = tuple(words for words, *_ in EXPECTATIONS)
    return Experiment(
        NAME, tuple(arms), seeds_from(seeds), years, burn_in, QUESTION, expected, (REFUTED_IF,), OUTCOMES
    )


# -- carried out ------------------------------------------------------------------------------------------------------


@dataclass
class Study:
    """A finished study: its runs, what was found in them, the page, and the files written."""

    results: Results
    findings: Findings
    page: str
    files: list[Path] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Study {NAME}: {self.results.good} runs>"


def run_study(
    scenario: object = "baseline", *, seeds: int | tuple[int, ...] = 200, years: int = 40, burn_in: int = 10,
    settings: Mapping[str, object] | None = None, out: str | os.PathLike | None = "results/tolerance-horizon",
    workers: int | None = None, executor: str | futures.Executor = "threads", progress: bool | None = None,
    decompose: bool | int = 100, figures: bool = True, model: Model | None = None,
) -> Study:  # fmt: skip
    """Run the study (or what is missing of it), analyse it, and write the page, the tables and the figures to `out`.

    The arguments are those of `experiment` and `runner.run`; `out=None` writes nothing.
    """
    declared = experiment(scenario, seeds, years, burn_in, settings, decompose)
    results = run(declared, model=model, out=out, workers=workers, executor=executor, progress=progress)
    return finish(results, out, figures)


def finish(results: Results, out: str | os.PathLike | None, figures: bool = True) -> Study:
    """Analyse the runs and write what was found: also for a partial study loaded with `Results.load`."""
    findings = analyse(results)
    text = page(findings)
    study = Study(results, findings, text)
    if out is not None:
        study.files = report.write(out, text, findings.facts(), findings.effects)
        if figures:
            from . import figures as drawing

            study.files += drawing.draw_study(study, Path(out) / "figures")
    return study


# -- analysed ---------------------------------------------------------------------------------------------------------


@dataclass
class Findings:
    """What the runs say. Frames hold one row per comparison; estimates are paired differences from the market case.

    effects       : every cell of the grid and every outcome
    contrasts     : (contrast, outcome) -> the row of `effects` of the named arm
    interactions  : outcome -> both - tolerance - horizon + market
    peaks         : one entry per axis, value held and outcome: where it is best and where more starts to hurt
    decomposition : one entry per contrast, mechanism and outcome
    """

    results: Results
    effects: object
    contrasts: dict
    interactions: dict
    peaks: list
    decomposition: list
    checks: dict

    def estimate(self, name: str, outcome: str) -> Estimate:
        """The paired difference of a named contrast (or the interaction) in an outcome."""
        if name == "interaction":
            return self.interactions[outcome]
        row = self.contrasts[name, outcome]
        return Estimate(row["difference"], row["low"], row["high"], row["n"])

    def facts(self) -> dict:
        """Everything the page says, as plain values for summary.json."""
        experiment = self.results.experiment
        return {
            "study": NAME, "question": QUESTION, "seeds": len(experiment.seeds), "years": experiment.years,
            "burn_in": experiment.burn_in, "runs": self.results.good, "runs_in_design": len(experiment),
            "market_case": {"tolerance": MARKET[0], "life": MARKET[1]},
            "contrasts": {
                name: {
                    outcome: {key: row[key] for key in row if key not in ("arm", "outcome", "tolerance", "life")}
                    for (contrast_name, outcome), row in self.contrasts.items() if contrast_name == name
                }
                for name in CONTRASTS
            },
            "interaction": self.interactions,
            "expectations": [
                {"expected": words, "verdict": word, "estimate": found} for words, word, found, _ in judged(self)
            ],
            "peaks": [
                {**{key: entry[key] for key in ("axis", "held", "outcome")}, **vars(entry["peak"])}
                for entry in self.peaks
            ],
            "decomposition": self.decomposition,
            "checks": self.checks,
        }  # fmt: skip


@dataclass
class Kept:
    """What a finished study has written, in place of its runs: the experiment, its labels and how many runs there were."""

    experiment: Experiment
    manifest: dict
    names: list[str]
    good: int

    @property
    def labels(self) -> Mapping:
        return self.manifest["outcomes"]

    @property
    def store(self) -> Kept:
        return self

    def label(self, outcome: str) -> str:
        """The outcome's name for people."""
        return self.labels.get(outcome, (outcome.replace("_", " "),))[0]

    def unit(self, outcome: str) -> str:
        """The outcome's unit."""
        return self.labels.get(outcome, ("", ""))[1]


def kept_findings(folder: str | os.PathLike) -> Findings:
    """The findings that a study wrote to a folder (summary.json, table.csv, manifest.json), to be told again without its runs."""
    import pandas as pd

    told, manifest = (json.loads((Path(folder) / name).read_text(encoding="utf-8")) for name in ("summary.json", "manifest.json"))
    frame = pd.read_csv(Path(folder) / "table.csv", keep_default_na=True, na_values=[""])
    frame["unit"] = frame["unit"].fillna("")
    contrasts = {
        (name, outcome): {"outcome": outcome, **{key: _number(value) for key, value in row.items()}}
        for name, rows in told["contrasts"].items() for outcome, row in rows.items()
    }  # fmt: skip
    peaks = [{"axis": entry["axis"], "held": _place(entry["held"]), "outcome": entry["outcome"], "peak": _peak(entry)} for entry in told["peaks"]]
    apart = [
        {key: _estimate(entry[key]) if key in ("on", "switched", "through", "share") else entry[key] for key in entry} for entry in told["decomposition"]
    ]
    results = Kept(Experiment.from_dict(manifest["experiment"]), manifest, list(manifest["outcomes"]), told["runs"])
    interactions = {outcome: _estimate(found) for outcome, found in told["interaction"].items()}
    return Findings(results, frame, contrasts, interactions, peaks, apart, {key: _number(value) for key, value in told["checks"].items()})


def _number(value: Any) -> Any:
    """What JSON has no number for: null is undefined, and an infinite end a word."""
    return math.nan if value is None else {"infinity": math.inf, "-infinity": -math.inf}.get(value, value) if isinstance(value, str) else value


def _estimate(given: Mapping) -> Estimate:
    return Estimate(*(_number(given[key]) for key in ("value", "low", "high", "n")))


def _place(value: float | None) -> float | None:
    """A place on an axis as the study has it: thirds were written to ten digits only."""
    return {float(f"{own:.10g}"): own for own in (*TOLERANCES, *LIVES)}.get(value, value)


def _peak(given: Mapping) -> Peak:
    values, steps = tuple(map(_place, given["values"])), tuple(map(_estimate, given["steps"]))
    best = math.nan if given["best"] is None else _place(given["best"])
    decline = None if given["decline"] is None else _estimate(given["decline"])
    return Peak(values, best, tuple(map(_number, given["probability"])), _number(given["interior"]), steps, _place(given["hurts_from"]), decline)


def analyse(results: Results) -> Findings:
    """Compare every arm with the market case, seed by seed, and take the effects apart."""
    import numpy as np

    market = arm_name(*MARKET)
    cells = {arm_name(tolerance, life): (tolerance, life) for tolerance in TOLERANCES for life in LIVES}
    names = outcome_names(results)
    frame = effects(results, market, list(cells), names)
    frame.insert(1, "tolerance", [float(cells[arm][0]) for arm in frame["arm"]])
    frame.insert(2, "life", [float(cells[arm][1]) for arm in frame["arm"]])
    by_place = {(row["arm"], row["outcome"]): row for row in frame.to_dict("records")}
    contrasts = {
        (name, outcome): by_place[arm_name(*cell), outcome] for name, cell in CONTRASTS.items() for outcome in names
    }

    corners = [market, *(arm_name(*CONTRASTS[name]) for name in ("tolerance", "horizon", "both"))]
    weights = (1, -1, -1, 1)
    means = [name for name in names if measure(results, name, corners)[1] is None]
    together = contrast(np.stack([measure(results, name, corners)[0] for name in means], axis=2), weights)
    interactions = {name: _single(together[place]) for place, name in enumerate(means)}
    for outcome in (name for name in names if name not in means):
        top, below = measure(results, outcome, corners)
        interactions[outcome] = _single(contrast(top, weights, below))

    peaks = []
    for axis, values, helds in (("tolerance", TOLERANCES, (7, 12)), ("horizon", LIVES, (7 / 3, 7))):
        for held in helds:
            arms = [arm_name(*((value, held) if axis == "tolerance" else (held, value))) for value in values]
            for outcome in (name for name in (*TAKEN_APART[:3],) if name in names):
                top, below = measure(results, outcome, arms)
                found = peak(top, values, below, good=BETTER.get(outcome, 1) or 1)
                peaks.append({"axis": axis, "held": held, "outcome": outcome, "peak": found})

    decomposition = take_apart(results, [name for name in TAKEN_APART if name in names])

    committed = [row for row in by_place.values() if row["outcome"] == "committed"]
    gains = [row["pairing_gain"] for (name, outcome), row in contrasts.items() if outcome == MAIN]
    beyond = [row for row in by_place.values() if row["tolerance"] >= MARKET[0] and row["life"] >= MARKET[1]]
    beyond = [row for row in beyond if row["arm"] != market and row["outcome"] in OUTCOMES]
    checks = {
        "runs_failed": results.failed,
        "runs_missing": len(results.experiment) - results.done,
        "committed_spread": max((abs(row["relative"]) for row in committed), default=math.nan),
        "pairing_gain": float(np.nanmedian(gains)) if np.isfinite(gains).any() else math.nan,
        "comparisons": len(beyond),
        "clearly_worse": sum(row["better"] < 0 for row in beyond),
        "clearly_better": sum(row["better"] > 0 for row in beyond),
    }
    return Findings(results, frame, contrasts, interactions, peaks, decomposition, checks)


def take_apart(results: Results, outcomes: list[str]) -> list[dict]:
    """Each named contrast with each mechanism switched: what is left of the effect, and what runs through it."""
    import numpy as np

    have = {arm.name for arm in results.experiment.arms}
    market = arm_name(*MARKET)
    cases = [
        (name, mechanism, [market, arm_name(*cell), arm_name(*MARKET, mechanism), arm_name(*cell, mechanism)])
        for name, cell in CONTRASTS.items()
        for mechanism in MECHANISMS
    ]
    cases = [case for case in cases if set(case[2]) <= have]
    made = []
    for outcome in outcomes if cases else ():
        parts = [measure(results, outcome, arms) for *_, arms in cases]
        top = np.stack([part[0] for part in parts], axis=2)
        below = None if parts[0][1] is None else np.stack([part[1] for part in parts], axis=2)
        first, second = (None, None) if below is None else (below[:, :2], below[:, 2:])
        on = contrast(top[:, :2], (-1, 1), first)
        switched = contrast(top[:, 2:], (-1, 1), second)
        through = contrast(top, (-1, 1, 1, -1), below)
        share = share_remaining(top[:, :2], top[:, 2:], first, second)
        for place, (name, mechanism, _) in enumerate(cases):
            entry = {"on": on, "switched": switched, "through": through, "share": share}
            entry = {key: _single(found[place]) for key, found in entry.items()}
            made.append({"contrast": name, "mechanism": mechanism, "outcome": outcome, **entry})
    order = {(name, mechanism): place for place, (name, mechanism, _) in enumerate(cases)}
    return sorted(made, key=lambda entry: order[entry["contrast"], entry["mechanism"]])


def _single(found: Estimate) -> Estimate:
    return Estimate(float(found.value), float(found.low), float(found.high), int(found.n))


def judged(findings: Findings) -> list[tuple[str, str, Estimate, str]]:
    """Each expectation with its verdict, the estimate it rests on and that outcome's unit."""
    made = []
    for words, name, outcome, sign in EXPECTATIONS:
        if name == "interaction" or (name, outcome) in findings.contrasts:
            found = findings.estimate(name, outcome)
            made.append((words, report.verdict(sign, found), found, unit_of(findings.results, outcome)))
    return made


# -- told -------------------------------------------------------------------------------------------------------------

SUBJECTS = {
    "tolerance": "Tolerance alone (7 years instead of 2 1/3)",
    "horizon": "A longer horizon alone (a life of 12 years instead of 7)",
    "both": "Doing both (tolerance 7, life 12)",
    "extreme": "The extreme (tolerance 12, life 15)",
}


def page(findings: Findings) -> str:
    """The one-page summary in Markdown; every sentence about the result is computed from it."""
    results = findings.results
    declared = results.experiment
    lines = [
        "# Tolerance and horizon of money",
        "",
        QUESTION,
        "",
        f"*{len(declared.seeds)} seeds, {len(declared.arms)} arms, {results.good} runs of {declared.years} years of "
        f"which the first {declared.burn_in} do not count. {compared_words()}*",
        "",
        "## The answer",
        "",
        f"**{headline(findings)}**",
        "",
        *([f"**{PRICES}** {told}", ""] if (told := disagreement(findings)) else []),
    ]
    lines += [f"- {line}" for line in main_words(findings)]
    lines += ["", results_table(findings), "", "## Where more patience starts to hurt", ""]
    lines += [f"- {line}" for line in (*hurt_words(findings), harm_words(findings))]
    lines += ["", "## What it costs, and who pays", ""]
    lines += [f"- {line}" for line in cost_words(findings)]
    if findings.decomposition:
        lines += ["", f"## Through which mechanism ({label_of(results, MAIN)}, both together)", ""]
        lines += [f"- {mechanism_words(findings, entry)}" for entry in main_mechanisms(findings)]
        lines.append("")
        lines.append("The same for tolerance alone, horizon alone and the extreme is in summary.json and the figures.")
    lines += ["", "## What was expected, and what would have refuted it", ""]
    for words, word, found, unit in judged(findings):
        lines.append(f"- {words} **{word.capitalize()}**: {report.interval(found, unit)}.")
    lines += ["", REFUTED_IF, "", "## Limits", ""]
    lines += [f"- {line}" for line in limit_words(findings)]
    return "\n".join(lines) + "\n"


def compared_words(language: str = "en") -> str:
    """How the arms are compared."""
    return say(
        "Every arm meets the same people with the same luck, and is compared seed by seed with the market case (tolerance {tolerance}, fund life {life}) at equal "
        "committed money. In brackets: 95% bootstrap intervals over seeds.", language,
        tolerance=report.years(MARKET[0], language), life=report.years(MARKET[1], language),
    )  # fmt: skip


def main_words(findings: Findings, language: str = "en") -> list[str]:
    """What each named contrast does to the main outcome, and whether tolerance and horizon need each other."""
    label, unit = _label(findings, MAIN, language), unit_of(findings.results, MAIN)
    lines = [report.gap(language).join((contrast_words(findings, name, MAIN, language=language), _also(findings, name, language))) for name in CONTRASTS]
    return [*lines, report.interaction_words(label, findings.interactions[MAIN], unit, language)]


def contrast_words(findings: Findings, name: str, outcome: str, subject: str | None = None, language: str = "en") -> str:
    """What a named contrast does to an outcome."""
    row = findings.contrasts[name, outcome]
    return report.effect(
        say(subject or SUBJECTS[name], language), _label(findings, outcome, language), findings.estimate(name, outcome), row["unit"], row["relative"],
        BETTER.get(outcome, 0), language,
    )  # fmt: skip


def hurt_words(findings: Findings, language: str = "en") -> list[str]:
    """Where along each axis more starts to hurt."""
    lines = []
    for entry in findings.peaks:
        if entry["outcome"] == MAIN or entry["held"] in (7, 7 / 3) and entry["outcome"] == "dpi_market":
            years = report.plain(entry["held"])
            held = say("life {years}", language, years=years) if entry["axis"] == "tolerance" else say("tolerance {years}", language, years=years)
            outcome = entry["outcome"]
            lines.append(
                report.hurts(
                    say(entry["axis"], language), held, _label(findings, outcome, language), entry["peak"], unit_of(findings.results, outcome), language=language
                )
            )  # fmt: skip
    return lines


def cost_words(findings: Findings, language: str = "en") -> list[str]:
    """What patience costs, and who pays."""
    names = set(outcome_names(findings.results))
    lines = [_across(findings, outcome, CONTRASTS, language) for outcome in ("zombies", "dpi_market") if outcome in names]
    lines += payer_words(findings, language)
    if "public_net_per_unicorn" in names:
        lines.append(contrast_words(findings, "both", "public_net_per_unicorn", "Doing both", language))
    return lines


def main_mechanisms(findings: Findings) -> list[dict]:
    """The decomposition of what both together do to the main outcome."""
    return [entry for entry in findings.decomposition if entry["contrast"] == "both" and entry["outcome"] == MAIN]


def limit_words(findings: Findings, language: str = "en") -> list[str]:
    """What a reader must know before believing it."""
    return [*check_words(findings, language), known_words(findings, language), *(say(line, language) for line in LIMITS)]


def _label(findings: Findings, outcome: str, language: str) -> str:
    return say(label_of(findings.results, outcome), language)


def headline(findings: Findings, language: str = "en") -> str:
    """The result in one sentence: the three contrasts and whether they need each other."""
    verbs = {1: "raises", -1: "lowers", 0: "does not clearly change"}
    label = _label(findings, MAIN, language)
    tolerance, horizon, both = (int(findings.estimate(name, MAIN).sign) for name in ("tolerance", "horizon", "both"))
    if tolerance == horizon:
        apart = say(EACH[tolerance], language, label=label)
    else:
        said = {"first": say(verbs[tolerance], language), "second": say(verbs[horizon], language)}
        apart = say("Tolerance alone {first} {label}, a longer horizon alone {second} them", language, label=label, **said)
    joined = int(findings.interactions[MAIN].sign)
    return say("{apart}; {together}, {need}.", language, apart=apart, together=say(TOGETHER[both], language), need=say(NEED[joined], language))


EACH = {
    1: "Tolerance and a longer horizon each raise {label}", -1: "Tolerance and a longer horizon each lower {label}",
    0: "Neither tolerance nor a longer horizon alone clearly changes {label}",
}  # fmt: skip
TOGETHER = {1: "together they raise them", -1: "together they lower them", 0: "together they do not clearly change them"}
NEED = {1: "more than the sum of each", -1: "less than the sum of each", 0: "with no clear interaction"}


def _also(findings: Findings, name: str, language: str = "en") -> str:
    """The same contrast per billion invested and on paper, in half a sentence."""
    parts = []
    for outcome in ("unicorns_fundamental_per_billion", "unicorns_paper"):
        if (name, outcome) in findings.contrasts:
            found = findings.estimate(name, outcome)
            words = {"label": _label(findings, outcome, language), "shown": report.interval(found, language=language)}
            parts.append(say(MORE[int(found.sign)], language, **words))
    return say("Beside that: {parts}.", language, parts=report.listed(parts, language)) if parts else ""


MORE = {1: "more {label} ({shown})", -1: "fewer {label} ({shown})", 0: "no clear change in {label} ({shown})"}
HIGHER = {1: "{name}: higher, {shown}", -1: "{name}: lower, {shown}", 0: "{name}: no clear change, {shown}"}


def _across(findings: Findings, outcome: str, contrasts, language: str = "en") -> str:
    """One outcome across the named contrasts, in one line."""
    label, unit = _label(findings, outcome, language), unit_of(findings.results, outcome)
    base = findings.contrasts["tolerance", outcome]["base"]
    parts = []
    for name in contrasts:
        found = findings.estimate(name, outcome)
        parts.append(say(HIGHER[int(found.sign)], language, name=say(name, language), shown=report.interval(found, unit, language=language)))
    return say(
        "{label}, {base} in the market case: {parts}.", language, label=f"{label[:1].upper()}{label[1:]}", base=report.number(base, unit, language=language),
        parts=say("; ", language).join(parts),
    )  # fmt: skip


def results_rows(findings: Findings, language: str = "en") -> tuple[list[str], list[list[tuple[str, bool]]]]:
    """The outcomes fixed beforehand, in the market case and as paired differences from it: (header, rows of (cell, whether it is clear))."""
    results = findings.results
    rows = []
    for outcome in OUTCOMES:
        if ("both", outcome) not in findings.contrasts:
            continue
        unit = unit_of(results, outcome)
        row = [(_label(findings, outcome, language), False), (report.number(findings.contrasts["both", outcome]["base"], unit, language=language), False)]
        for name in CONTRASTS:
            found = findings.estimate(name, outcome)
            row.append((report.interval(found, unit if unit == "share" else "", language=language), bool(found.sign)))
        rows.append(row)
    header = [say("outcome", language), say("market case", language)]
    header += [f"{say(name, language)} ({report.plain(cell[0])}, {report.plain(cell[1])})" for name, cell in CONTRASTS.items()]
    return header, rows


def results_table(findings: Findings) -> str:
    """The same as a Markdown table, with what is clear in bold."""
    header, rows = results_rows(findings)
    return report.table(header, [[f"**{cell}**" if clear else cell for cell, clear in row] for row in rows])


def harm_words(findings: Findings, language: str = "en") -> str:
    """Where patience loses, told as plainly as where it wins."""
    checks = findings.checks
    worse, better = (
        sorted(
            {
                row["label"] for (name, outcome), row in findings.contrasts.items()
                if outcome in OUTCOMES and row["better"] == sign
            }
        )
        for sign in (-1, 1)
    )  # fmt: skip
    count = say(
        "Of {comparisons} comparisons of cells more patient than the market case, {worse} are clearly for the worse and {better} clearly for the better", language,
        comparisons=checks["comparisons"], worse=checks["clearly_worse"], better=checks["clearly_better"],
    )  # fmt: skip
    if not checks["clearly_worse"]:
        return say("{count}: patience that costs nobody anything is not believable, so suspect the model before believing it.", language, count=count)
    named = {word: report.listed((say(label, language) for label in labels), language) for word, labels in (("worse", worse), ("better", better))}
    return say("{count}. In the four named contrasts, worse somewhere: {worse}; better somewhere: {better}.", language, count=count, **named)


def payer_words(findings: Findings, language: str = "en") -> list[str]:
    """Who ends with more and who with less under both together, against the market case."""
    gains, losses, unclear = [], [], []
    for outcome, who in PAYERS.items():
        if ("both", outcome) not in findings.contrasts:
            continue
        found = findings.estimate("both", outcome)
        if math.isnan(found.value):
            continue
        cost = outcome == "public_net"
        sign = int(found.sign) * (-1 if cost else 1)
        shown = f"{say(who, language)} {report.interval(found, unit_of(findings.results, outcome), language=language)}"
        (gains if sign > 0 else losses if sign < 0 else unclear).append(shown)
    lines = []
    if losses:
        lines.append(say("Under both together these end with less than in the market case: {listed}.", language, listed=report.listed(losses, language)))
    if gains:
        lines.append(say("These end with more: {listed}.", language, listed=report.listed(gains, language)))
    if unclear:
        lines.append(say("No clear change for: {listed}.", language, listed=report.listed(unclear, language)))
    return lines


def mechanism_words(findings: Findings, entry: Mapping, language: str = "en") -> str:
    """One line of the decomposition."""
    return report.mechanism(
        say(entry["mechanism"], language), say(MECHANISMS[entry["mechanism"]][0], language), entry["on"], entry["switched"], entry["through"],
        entry["share"], unit_of(findings.results, entry["outcome"]), language,
    )  # fmt: skip


def known_words(findings: Findings, language: str = "en") -> str:
    """What the intervals cover: chance alone, or the parameters too where a posterior was used."""
    told = findings.results.store.manifest.get("parameters", {})
    for one in told.values() if isinstance(told, Mapping) else ():
        if isinstance(one, Mapping) and "posterior" in one:
            return say("Under each seed another draw of the posterior `{name}` held: the intervals cover chance and parameters.", language, name=one["posterior"]["name"])
    return say(
        "The intervals are over the model's chance only, in one city with one set of parameters. Over what the parameters might be, and how the model might have "
        "been built, the answer is wider and may differ in sign: `seedbed answer`.", language,
    )  # fmt: skip


PRICES = "Prices and values disagree."


def disagreement(findings: Findings, language: str = "en") -> str:
    """Said beside the headline where unicorns on paper and fundamental ones move in opposite directions, or one clearly and the other not."""
    parts = []
    for name in ("tolerance", "horizon", "both"):
        if (name, "unicorns_paper") not in findings.contrasts or (name, MAIN) not in findings.contrasts:
            continue
        real, paper = findings.estimate(name, MAIN), findings.estimate(name, "unicorns_paper")
        if real.sign != paper.sign:
            shown = {"real": report.interval(real, language=language), "paper": report.interval(paper, language=language)}
            parts.append(say("{name}: fundamental {real}, on paper {paper}", language, name=say(name, language), **shown))
    return say("{parts}. What is counted decides the answer.", language, parts=say("; ", language).join(parts)) if parts else ""


def check_words(findings: Findings, language: str = "en") -> list[str]:
    """What a reader must know of these very runs before believing them."""
    checks, declared = findings.checks, findings.results.experiment
    lines = []
    if checks["runs_failed"] or checks["runs_missing"]:
        lines.append(
            say("{failed} runs failed and {missing} were not done; their seeds are left out of the comparisons concerned.", language,
                failed=checks["runs_failed"], missing=checks["runs_missing"])
        )  # fmt: skip
    if len(declared.seeds) < 30:
        lines.append(say("{n} seeds are few: the intervals are rough and tend to be too narrow.", language, n=len(declared.seeds)))
    spread = checks["committed_spread"]
    if not math.isnan(spread):
        held = say("as meant", language) if spread < 0.02 else say("which is not equal: read the results per billion first", language)
        lines.append(say("Committed money differs by at most {spread} from the market case over the grid, {held}.", language, spread=f"{spread:.1%}", held=held))
    if not math.isnan(checks["pairing_gain"]):
        lines.append(
            say("Pairing saved: independent seeds would have needed {times} times the runs for the same intervals of {label} (median of the four contrasts).", language,
                times=f"{checks['pairing_gain']:.1f}", label=_label(findings, MAIN, language))
        )  # fmt: skip
    lines.append(
        say("One in twenty intervals misses by chance: of {comparisons} comparisons about {chance} would look clear if nothing mattered. The main outcome was fixed "
            "beforehand.", language, comparisons=checks["comparisons"], chance=f"{checks['comparisons'] / 20:.0f}")
    )  # fmt: skip
    return lines
