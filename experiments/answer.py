"""The answer with what is not known in it: tolerance and horizon over the posterior and over structural alternatives.

    answer = run_answer(out="results/answer")
    print(answer.page)

The main study says what tolerance and horizon do in the calibrated baseline; its intervals are over chance. Here the same four arms meet, under each seed, the
city of another draw of the posterior, and the whole is repeated under each way in which the model could have been built otherwise: how investors stop
(a rule of thumb in quarters of silence, or Bayes), whether founders know it (announced or hidden), and how successor funds are raised (fixed size, or on results).

An effect varies for two reasons: chance, and the parameters. Every draw is run under several seeds, so the two can be told apart:
with e the effect in a run, d its draw, the variance between draws beyond what chance explains is

    v = max(0, variance of the draws' means - mean variance within draws / seeds a draw)

and the share of the posterior in which the effect is above zero is taken as that of a normal distribution with mean e and variance v plus the squared standard error of e
(the form is assumed: a handful of seeds a draw is too few to see it).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from . import report, tolerance_horizon
from .design import Arm, Experiment
from .runner import Model, Results, run
from .statistics import Estimate, contrast

__all__ = ["Answer", "experiment", "run_answer"]

NAME = "answer"
TOLERANCE, HORIZON = zip(tolerance_horizon.MARKET, tolerance_horizon.CONTRASTS["both"], strict=True)  # years: the market case and the patient one of the main study
MORE_QUARTERS = 4 * (TOLERANCE[1] - TOLERANCE[0])  # by which a tolerant fund waits longer, also beyond Bayes
ARMS = {"market": (0, 0), "tolerance": (1, 0), "horizon": (0, 1), "both": (1, 1)}
CONTRASTS = {
    "tolerance": {"market": -1, "tolerance": 1}, "horizon": {"market": -1, "horizon": 1}, "both": {"market": -1, "both": 1},
    "interaction": {"market": 1, "tolerance": -1, "horizon": -1, "both": 1},
}  # fmt: skip
STOPPING = {"rule of thumb": "patience", "Bayes": "bayesian"}
KNOWN = {"announced": 1, "hidden": 0}
SUCCESSOR = {"fixed successors": "fixed", "successors on results": "results"}
# outcome -> whether more of it is better
OUTCOMES = {"unicorns_fundamental": 1, "unicorns_paper": 1, "dpi_market": 1, "zombies": -1, "public_net": -1}
DRAWN = ("unicorns_fundamental", "unicorns_paper", "dpi_market")
SURE = 0.9  # share of the posterior from which on an effect is said to be sure
DRAWS, SEEDS_A_DRAW = 100, 4


def worlds() -> list[tuple[str, dict[str, Any]]]:
    """The structural alternatives: name and settings."""
    return [
        (f"{stop}, {known}, {raised}", {"fund.stopping": STOPPING[stop], "entrepreneur.announced": KNOWN[known], "fund.successor": SUCCESSOR[raised]})
        for stop in STOPPING for known in KNOWN for raised in SUCCESSOR
    ]  # fmt: skip


def experiment(seeds: int, years: int = 40, burn_in: int = 10, scenario: Any = "baseline") -> Experiment:
    """Four arms in each of the eight worlds.

    Under the rule of thumb tolerance is the silence that a market fund bears; under Bayes it is by how many quarters it goes on beyond its own optimum: none in the
    market case, and as many more as under the rule of thumb.
    """
    arms = []
    for world, settings in worlds():
        for name, (tolerant, long) in ARMS.items():
            patience = {"fund.slack.market": MORE_QUARTERS * tolerant} if settings["fund.stopping"] == "bayesian" else {"fund.tolerance.market": TOLERANCE[tolerant]}
            # founders hear of T, whichever rule the fund stops by
            told = {"fund.tolerance.market": TOLERANCE[tolerant]}
            arms.append(Arm(f"{world}: {name}", scenario, {**settings, **told, **patience, "fund.life.market": HORIZON[long]}))
    return Experiment(
        NAME, tuple(arms), tuple(range(1, seeds + 1)), years, burn_in,
        "Where does patience help, where does it not, and how sure are we, given what the data leave open about the parameters and how the model might have been built?",
        ("More tolerance and a longer horizon bring forth more fundamental unicorns in every world.",),
        ("An effect of either sign is sure where nine tenths of the posterior have that sign, else open; the expectation fails in a world where it is surely negative.",),
        tuple(OUTCOMES),
    )  # fmt: skip


@dataclass
class Answer:
    """A finished answer: rows of effects, the page that says them, and where they were written."""

    rows: list[dict]
    page: str
    folder: Path | None
    results: Results


def run_answer(
    posterior: Any = "baseline", *, draws: int = DRAWS, seeds_a_draw: int = SEEDS_A_DRAW, years: int = 40, burn_in: int = 10, out: str | os.PathLike | None = None,
    answers: str | os.PathLike | None = None, workers: int | None = None, progress: bool | None = None, model: Model | None = None, figure: bool = True,
) -> Answer:  # fmt: skip
    """Run what is missing, compute the effects and write table.csv, summary.json, summary.md, figure.png and manifest.json."""
    from dataclasses import replace

    from .posterior import Posterior
    from .store import refused, write_whole

    found = posterior if isinstance(posterior, Posterior) else Posterior.load(posterior)
    if not 2 <= draws <= len(found.draws):
        raise BadInput(what="the number of draws", given=draws, allowed=f"2 to {len(found.draws)}, which the posterior has", where=NAME)
    if seeds_a_draw < 2:
        raise BadInput(what="the seeds of a draw", given=seeds_a_draw, allowed="at least 2, to tell parameters from chance", where=NAME)
    first = replace(found, draws=found.draws[:draws])
    declared = experiment(draws * seeds_a_draw, years, burn_in)
    results = run(declared, model=first.over(model), out=out, workers=workers, progress=progress)
    rows = effects(results, draws, seeds_a_draw)
    about = {
        "experiment": NAME, "posterior": {"name": found.name, "digest": found.digest, "rules": found.rules}, "draws": draws, "seeds_a_draw": seeds_a_draw, "years": years, "burn_in": burn_in,
        "runs": results.good, "failed": results.failed, "rules": results.store.manifest.get("source", ""), "fingerprint": results.store.manifest.get("fingerprint", ""),
        "command": f"seedbed answer --draws {draws} --seeds-a-draw {seeds_a_draw}",
    }  # fmt: skip
    text = page(rows, about)
    folder = Path(answers) if answers is not None else Path(out) / "answer" if out is not None else None
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / "table.csv", report.csv_of(rows))
            write_whole(folder / "summary.json", (json.dumps(report._plain({"about": about, "effects": rows}), indent=1) + "\n").encode())
            write_whole(folder / "summary.md", text.encode())
            if figure:
                write_whole(folder / "figure.png", picture(rows, about))
            write_whole(folder / "manifest.json", (json.dumps(report._plain(about), indent=1) + "\n").encode())
        except OSError as error:
            raise refused(folder, error) from None
    return Answer(rows, text, folder, results)


# -- computed ---------------------------------------------------------------------------------------------------------


def between_draws(effect: np.ndarray) -> float:
    """Standard deviation of the true effect over draws (draws x seeds of one draw), beyond what chance explains; NaN of fewer than two draws."""
    if len(effect) < 2:
        return math.nan
    within = effect.var(axis=1, ddof=1).mean() / effect.shape[1]
    return math.sqrt(max(0.0, float(effect.mean(axis=1).var(ddof=1) - within)))


def share_above(mean: float, spread: float) -> float:
    """Share of a normal distribution above zero."""
    if not math.isfinite(mean) or not math.isfinite(spread):
        return math.nan
    if spread <= 0.0:
        return 1.0 if mean > 0 else 0.0 if mean < 0 else 0.5
    return 0.5 * (1.0 + math.erf(mean / spread / math.sqrt(2.0)))


def effects(results: Results, draws: int, seeds_a_draw: int) -> list[dict]:
    """One row for each world, contrast and outcome: effect, 95% interval over draws, spread over parameters, share of the posterior where it is above zero."""
    rows = []
    for outcome, good in OUTCOMES.items():
        for world, settings in worlds():
            values = results.values(outcome, [f"{world}: {arm}" for arm in ARMS])  # seeds x arms; seed s has draw s, counted round
            for name, weights in CONTRASTS.items():
                effect = (values @ np.array([weights.get(arm, 0) for arm in ARMS], dtype=float)).reshape(seeds_a_draw, draws).T
                effect = effect[np.isfinite(effect).all(axis=1)]
                means = effect.mean(axis=1)[:, None] if len(effect) else np.full((1, 1), math.nan)
                found: Estimate = contrast(means, (1,))
                spread = between_draws(effect)
                rows.append({
                    "outcome": outcome, "world": world, "stopping": settings["fund.stopping"], "announced": settings["entrepreneur.announced"], "successor": settings["fund.successor"],
                    "contrast": name, "effect": float(found.value), "low": float(found.low), "high": float(found.high), "parameter_sd": spread,
                    "share_above": share_above(float(found.value), math.hypot(spread, (float(found.high) - float(found.low)) / 3.92)), "good": good, "draws": len(effect), "base": float(np.nanmean(values[:, 0])),
                })  # fmt: skip
    return rows


def said(row: Mapping) -> str:
    """helps, harms or open: by the sign, whether its interval excludes zero, and how much of the posterior has it."""
    sign = (row["low"] > 0) - (row["high"] < 0)
    sure = (row["share_above"] if sign > 0 else 1.0 - row["share_above"]) >= SURE
    if not sign:
        return "open"
    return ("helps" if sign * row["good"] > 0 else "harms") + ("" if sure else " on average")


# -- told ------------------------------------------------------------------------------------------------------------


def page(rows: Sequence[Mapping], about: Mapping) -> str:
    """The answer on a page; every sentence is computed."""
    from seedbed.model.outcomes import OUTCOMES as LABELS

    def counted(outcome: str, name: str) -> str:
        mine = [row for row in rows if row["outcome"] == outcome and row["contrast"] == name]
        by = {word: sum(said(row) == word for row in mine) for word in ("helps", "helps on average", "open", "harms on average", "harms")}
        span = f"{min(row['effect'] for row in mine):+.3g} to {max(row['effect'] for row in mine):+.3g}"
        return f"{', '.join(f'{word} in {n}' for word, n in by.items() if n)} of {len(mine)} worlds (effects {span})"

    lines = [
        "# Does patience help? The answer over parameters and structures", "",
        f"{about['draws']} draws of the posterior `{about['posterior']['name']}`, {about['seeds_a_draw']} seeds each, in eight worlds: {about['runs']:,} runs of {about['years']} years, the first "
        f"{about['burn_in']} of which do not count. Tolerance: 7 years of silence instead of 2 1/3 (under Bayes: {MORE_QUARTERS:.0f} quarters beyond the fund's own optimum). Horizon: a fund's life of 12 years instead of 7. "
        f"*Helps* and *harms*: the 95% interval of the mean effect excludes zero and at least {SURE:.0%} of the posterior has that sign; *on average*: the interval does, the posterior does not.", "",
    ]  # fmt: skip
    for outcome in OUTCOMES:
        lines += [f"**{LABELS[outcome][0]}.** " + " ".join(f"{name.capitalize()}: {counted(outcome, name)}." for name in CONTRASTS if name != "interaction"), ""]
    for outcome in OUTCOMES:
        lines += [f"## {LABELS[outcome][0]} ({LABELS[outcome][1]})", ""]
        body = []
        for world, _ in worlds():
            mine = {row["contrast"]: row for row in rows if row["outcome"] == outcome and row["world"] == world}
            cells = [f"{r['effect']:+.3g} ({r['low']:+.3g} to {r['high']:+.3g}), {r['share_above']:.0%} above 0" for r in (mine[name] for name in CONTRASTS)]
            body.append((world, f"{mine['tolerance']['base']:.3g}", *cells))
        lines += [report.table(("world", "market case", *CONTRASTS), body), ""]
    return "\n".join(lines)


def picture(rows: Sequence[Mapping], about: Mapping) -> bytes:
    """The one figure: effects by world, with 95% intervals (thin) and the middle 80% over parameters (thick)."""
    from seedbed.model.outcomes import OUTCOMES as LABELS

    from .drawing import BLACK, BLUE, GREY, VERMILION, panels, png, styled

    names = [world for world, _ in worlds()]
    shown = [name for name in CONTRASTS if name != "interaction"]

    @styled
    def draw() -> Any:
        figure, axes = panels(10.5, 2.2 + 2.1 * len(DRAWN), len(DRAWN), len(shown), sharey=True, sharex="row")
        for line, outcome in zip(axes, DRAWN, strict=True):
            reach = 0.0
            for ax, name in zip(line, shown, strict=True):
                ax.axvline(0.0, color=BLACK, lw=0.8)
                for place, world in enumerate(reversed(names)):
                    (row,) = (r for r in rows if r["outcome"] == outcome and r["contrast"] == name and r["world"] == world)
                    words = said(row)
                    colour = BLUE if words.startswith("helps") else VERMILION if words.startswith("harms") else GREY
                    half = 1.2816 * row["parameter_sd"]
                    ax.plot([row["effect"] - half, row["effect"] + half], [place, place], color=colour, lw=6, alpha=0.35, solid_capstyle="butt")
                    ax.plot([row["low"], row["high"]], [place, place], color=colour, lw=1.6)
                    ax.plot(row["effect"], place, "o" if words in ("helps", "harms") else "s", color=colour, ms=4)
                    reach = max([reach, *(x for x in (abs(row["effect"]) + half, abs(row["low"]), abs(row["high"])) if math.isfinite(x))])
                if outcome == DRAWN[0]:
                    ax.set_title({"tolerance": "tolerance 7 years instead of 2 1/3", "horizon": "life 12 years instead of 7", "both": "both"}[name], fontsize=9)
                label, unit, _ = LABELS[outcome]
                ax.set_xlabel(f"difference ({unit})", fontsize=8)
            line[0].set_ylabel(label, fontsize=9)
            for ax in line:
                ax.set_xlim(-1.05 * (reach or 1.0), 1.05 * (reach or 1.0))
                ax.set_yticks(range(len(names)), list(reversed(names)), fontsize=7)
        figure.suptitle(
            "Where patience helps (blue), harms (vermilion) and where it is open (grey)\n"
            f"thin: 95% of the mean effect; thick: middle 80% over {about['draws']} draws of the parameters; round: sure; square: not", fontsize=9.5,
        )  # fmt: skip
        return figure

    return png(draw(), 100)
