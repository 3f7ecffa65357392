"""The figures of a study: colours that the colour-blind can tell apart, axes with units, intervals always shown.

Every function draws one figure from frames and estimates and gives a matplotlib Figure; `save` writes it as PNG and
SVG. Figures are made without pyplot, so that drawing leaves no state behind and works in any thread.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from seedbed.model.language import say

from . import report
from .compare import label_of, measure, outcome_names, unit_of
from .drawing import BLACK, BLUE, COLOURS, DASHES, GREY, ORANGE, VERMILION, panels, styled
from .runner import Results
from .statistics import Estimate, band, cumulative_incidence
from .store import refused

__all__ = [
    "decomposition",
    "draw_study",
    "forest",
    "funnel",
    "j_curves",
    "payers",
    "profiles",
    "save",
    "surface",
    "survival",
    "zombies",
]

QUARTERS = 4


@styled
def save(figure, folder: str | os.PathLike, name: str) -> list[Path]:
    """Write a figure as name.png and name.svg (the same bytes from the same data) and give the two paths."""
    folder = Path(folder)
    made = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in ("png", "svg"):
            place = folder / f"{name}.{kind}"
            figure.savefig(place, metadata={"Date": None} if kind == "svg" else {"Software": None})
            figure.set_layout_engine("none")  # the layout is found once, which is most of the time
            made.append(place)
    except OSError as error:
        raise refused(folder, error) from None
    return made


def _with_unit(label: str, unit: str, language: str = "en") -> str:
    if unit != "share" and unit in report.BARE:
        return label
    return say("{label} ({unit})", language, label=label, unit=unit_words(unit, language))


def unit_words(unit: str, language: str) -> str:
    """A unit as it stands behind a number: Chinese counts firms with a word of its own."""
    return say("in ventures", language) if unit == "ventures" and language != "en" else say(unit, language)


def label_words(label: str, language: str) -> str:
    """An outcome's name, with whatever letter it begins."""
    said = say(label, language)
    return said if said != label or language == "en" else say(label[:1].upper() + label[1:], language)


# -- surfaces ---------------------------------------------------------------------------------------------------------


@styled
def surface(
    frame, outcomes: Sequence[str], market: tuple[float, float] | None, *, names: tuple[str, str] | None = None, language: str = "en"
):
    """Heat maps over tolerance and fund life: the value in each cell with its interval.

    A triangle says that the paired difference from the market case (framed) is clearly up or down. `names` are what the
    axes are called where the columns tolerance and life hold two other settings.
    """
    columns = min(2, len(outcomes)) if names else 2
    rows = math.ceil(len(outcomes) / columns)
    figure, axes = panels(6.6 * columns, 4.3 * rows, rows, columns)
    for ax in axes.ravel()[len(outcomes) :]:
        ax.set_axis_off()
    across, up = names or (say("tolerance (years without a milestone)", language), say("fund life (years)", language))
    for ax, outcome in zip(axes.ravel(), outcomes, strict=False):
        part = frame[frame["outcome"] == outcome]
        shown = _heat(ax, part, market, language)
        ax.set_xlabel(across)
        ax.set_ylabel(up)
        label, unit = (part["label"].iloc[0], part["unit"].iloc[0]) if len(part) else (outcome, "")
        ax.set_title(_with_unit(label_words(label, language), unit, language))
        figure.colorbar(shown, ax=ax, shrink=0.85)
    title = say("Framed: market case. ▲ ▼: paired difference from it clearly up or down. Small: 95% interval.", language)
    if names:
        title = say("Framed: the base. ▲ ▼: paired difference from it clearly up or down. Small: 95% interval.", language)
    figure.suptitle(title, fontsize=9)
    return figure


def _heat(ax, part, market: tuple[float, float] | None, language: str):
    """One heat map: colours, numbers that can be read on them, and the frame."""
    from matplotlib.patches import Rectangle

    tolerances, lives = sorted(set(part["tolerance"])), sorted(set(part["life"]))
    values = np.full((len(lives), len(tolerances)), np.nan)
    for row in part.itertuples():
        values[lives.index(row.life), tolerances.index(row.tolerance)] = row.value
    shown = ax.pcolormesh(np.ma.masked_invalid(values), cmap="cividis", edgecolors="white", linewidth=0.8)
    bright = shown.norm  # above 0.55 of the scale cividis is light enough for black letters
    for row in part.itertuples():
        x, y = tolerances.index(row.tolerance), lives.index(row.life)
        colour = "black" if bright(row.value) > 0.55 else "white"
        mark = {1: "▲ ", -1: "▼ ", 0: ""}[row.sign]
        unit = "share" if row.unit == "share" else ""
        ax.text(x + 0.5, y + 0.58, mark + report.number(row.value, unit), ha="center", color=colour, fontsize=9)
        low, high = report.number(row.value_low, unit), report.number(row.value_high, unit)
        between = say("{low} to {high}", language, low=low, high=high)
        ax.text(x + 0.5, y + 0.28, between, ha="center", color=colour, fontsize=6)
    if market is not None:
        place = tolerances.index(market[0]), lives.index(market[1])
        ax.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=VERMILION, linewidth=2))
    ax.set_xticks(np.arange(len(tolerances)) + 0.5, [report.plain(value) for value in tolerances])
    ax.set_yticks(np.arange(len(lives)) + 0.5, [report.plain(value) for value in lives])
    return shown


@styled
def profiles(frame, outcomes: Sequence[str]):
    """Paired differences from the market case along tolerance, one line with its band for each fund life."""
    import matplotlib

    columns = 2
    rows = math.ceil(len(outcomes) / columns)
    figure, axes = panels(5.6 * columns, 3.2 * rows, rows, columns)
    for ax in axes.ravel()[len(outcomes) :]:
        ax.set_axis_off()
    shades = matplotlib.colormaps["cividis"]
    for ax, outcome in zip(axes.ravel(), outcomes, strict=False):
        part = frame[frame["outcome"] == outcome]
        lives = sorted(set(part["life"]))
        for number, life in enumerate(lives):
            line = part[part["life"] == life].sort_values("tolerance")
            colour = shades(0.9 * number / max(1, len(lives) - 1))
            x = np.arange(len(line))
            ax.fill_between(x, line["low"], line["high"], color=colour, alpha=0.18, linewidth=0)
            ax.plot(x, line["difference"], color=colour, marker="osD^v"[number % 5], markersize=4,
                    label=f"life {report.plain(life)} years")  # fmt: skip
        ax.axhline(0, color=GREY, linewidth=0.8)
        tolerances = sorted(set(part["tolerance"]))
        ax.set_xticks(np.arange(len(tolerances)), [report.plain(value) for value in tolerances])
        ax.set_xlabel("tolerance (years without a milestone)")
        if len(part):
            ax.set_ylabel("difference from the market case" + _unit_note(part["unit"].iloc[0]))
            ax.set_title(part["label"].iloc[0])
    axes.ravel()[0].legend(fontsize=7)
    return figure


def _unit_note(unit: str) -> str:
    return f"\n({unit})" if unit else ""


# -- differences ------------------------------------------------------------------------------------------------------


@styled
def forest(
    rows: Mapping[tuple[str, str], Mapping], contrasts: Mapping[str, str], outcomes: Sequence[str], spread: Mapping
):
    """Paired differences of all outcomes, one panel per contrast, in standard deviations of the market case.

    The scale (linear to one, logarithmic beyond) is the same to both sides of zero and in all panels, so that
    a loss is drawn as large as a gain. Blue is clearly better, vermilion clearly worse, black clear but neither, grey not
    clear; numbers at the right in own units.
    """
    figure, axes = panels(2.2 + 3.6 * len(contrasts), 1.2 + 0.36 * len(outcomes), 1, len(contrasts), sharey=True)
    reach = 0.1
    for ax, (name, title) in zip(axes[0], contrasts.items(), strict=True):
        for place, outcome in enumerate(outcomes):
            row, scale = rows[name, outcome], spread.get(outcome, math.nan)
            text = report.interval(Estimate(row["difference"], row["low"], row["high"], row["n"]),
                                   "share" if row["unit"] == "share" else "")  # fmt: skip
            colour = {1: BLUE, -1: VERMILION, 0: BLACK if row["sign"] else GREY}[row["better"]]
            ax.annotate(
                text, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=6.5, color=colour
            )
            if not scale > 0 or math.isnan(row["low"]) or not math.isfinite(row["low"] + row["high"]):
                continue
            low, value, high = (row[key] / scale for key in ("low", "difference", "high"))
            ax.plot([low, high], [place, place], color=colour, linewidth=1.6)
            ax.plot(value, place, "o" if row["sign"] else "s", color=colour, markersize=5)
            reach = max(reach, abs(low), abs(high))
        ax.axvline(0, color=GREY, linewidth=0.8)
        ax.set_title(title)
        ax.set_xlabel("standard deviations over seeds")
    labels = [
        _with_unit(rows[next(iter(contrasts)), name]["label"], rows[next(iter(contrasts)), name]["unit"])
        for name in outcomes
    ]
    axes[0][0].set_yticks(np.arange(len(outcomes)), labels)
    axes[0][0].set_ylim(len(outcomes) - 0.5, -0.5)
    for ax in axes[0]:
        ax.set_xscale("symlog", linthresh=1)
        ax.set_xlim(-1.2 * reach, 1.2 * reach)
        ends = [1.0, *([10.0 ** math.floor(math.log10(reach))] if reach >= 10 else [])]
        ticks = [*(-end for end in reversed(ends)), 0, *ends]
        ax.set_xticks(ticks, [f"{tick:,.0f}".replace("-", "−") for tick in ticks])
        ax.minorticks_off()
    figure.suptitle(
        "Paired differences from the market case, 95% intervals: blue better, vermilion worse, grey not clear",
        fontsize=9,
    )
    return figure


@styled
def decomposition(entries: Sequence[Mapping], contrasts: Mapping[str, str], label: str, unit: str):
    """What is left of an effect with each mechanism switched, one panel per contrast."""
    mechanisms = list(dict.fromkeys(entry["mechanism"] for entry in entries))
    figure, axes = panels(
        1.8 + 2.9 * len(contrasts), 1.2 + 0.5 * (1 + len(mechanisms)), 1, len(contrasts), sharey=True, sharex=True
    )
    for ax, (name, title) in zip(axes[0], contrasts.items(), strict=True):
        mine = {entry["mechanism"]: entry for entry in entries if entry["contrast"] == name}
        first = next(iter(mine.values()))
        for place, (found, colour) in enumerate(
            [(first["on"], BLACK)]
            + [(mine[m]["switched"], ORANGE if mine[m]["through"].sign else BLUE) for m in mechanisms]
        ):
            _whisker(ax, found, place, colour)
        ax.axvspan(first["on"].low, first["on"].high, color=GREY, alpha=0.15, linewidth=0)
        ax.axvline(0, color=GREY, linewidth=0.8)
        ax.set_title(title)
        ax.set_xlabel("difference from the market case" + _unit_note(unit))
    axes[0][0].set_yticks(
        np.arange(1 + len(mechanisms)), ["all as they are", *(f"{name} switched" for name in mechanisms)]
    )
    axes[0][0].set_ylim(len(mechanisms) + 0.5, -0.5)
    figure.suptitle(
        f"{label}: what remains of the effect (95% intervals); orange: clearly changed by the switch", fontsize=9
    )
    return figure


@styled
def payers(rows: Mapping[tuple[str, str], Mapping], contrasts: Mapping[str, str], accounts: Mapping[str, str]):
    """Who ends with more and who with less than in the market case, one panel per contrast, the same scale in all."""
    accounts = {name: who for name, who in accounts.items() if (next(iter(contrasts)), name) in rows}
    figure, axes = panels(
        2.2 + 2.9 * len(contrasts), 1.2 + 0.4 * len(accounts), 1, len(contrasts), sharey=True, sharex=True
    )
    for ax, (name, title) in zip(axes[0], contrasts.items(), strict=True):
        for place, account in enumerate(accounts):
            row = rows[name, account]
            colour = {1: BLUE, -1: VERMILION, 0: GREY}[row["sign"]]
            _whisker(ax, Estimate(row["difference"], row["low"], row["high"], row["n"]), place, colour)
        ax.axvline(0, color=GREY, linewidth=0.8)
        ax.set_title(title)
        ax.set_xlabel("difference from the market case\n(billion RMB a run)")
    axes[0][0].set_yticks(np.arange(len(accounts)), list(accounts.values()))
    axes[0][0].set_ylim(len(accounts) - 0.5, -0.5)
    figure.suptitle(
        "Net flow of each account against the market case, 95% intervals: blue up, vermilion down, grey not clear",
        fontsize=9,
    )
    return figure


def _whisker(ax, found: Estimate, place: float, colour: str) -> None:
    if math.isnan(found.value):
        return
    if not math.isnan(found.low):
        ax.plot([found.low, found.high], [place, place], color=colour, linewidth=1.6)
    ax.plot(found.value, place, "o", color=colour, markersize=5)


# -- curves -----------------------------------------------------------------------------------------------------------


@styled
def survival(results: Results, arms: Mapping[str, str], groups: Mapping[str, str]):
    """Shares of ventures still private, failed and exited by age, with competing exits; one row per group of ventures."""
    figure, axes = panels(11, 3.1 * len(groups), len(groups), 3, sharex=True)
    titles = ("still private", "failed", "exited")
    for row, (group, title) in zip(axes, groups.items(), strict=True):
        for number, (arm, label) in enumerate(arms.items()):
            parts = [results.curve(f"{part}_{group}", arm) for part in ("at_risk", "deaths", "exits")]
            if any(part is None for part in parts):
                continue
            value, low, high = band(parts, lambda n, d, e: np.stack(cumulative_incidence(n, d, e)))
            age = np.arange(value.shape[-1]) / QUARTERS
            for ax, *shown in zip(row, value, low, high, strict=True):
                line(ax, age, *shown, number, label)
        for ax, name in zip(row, titles, strict=True):
            ax.set_title(f"{title}: {name}")
            ax.set_ylabel("share of ventures")
            ax.set_ylim(0, 1)
            ax.set_xlim(0, 20)
    for ax in axes[-1]:
        ax.set_xlabel("age of the venture (years)")
    axes[0][0].legend(fontsize=7)
    return figure


@styled
def funnel(results: Results, arms: Mapping[str, str], steps: Sequence[str]):
    """How many ventures reach each round, as a share of those with a first one, with intervals."""
    figure, axes = panels(8, 3.8)
    ax = axes[0][0]
    for number, (arm, label) in enumerate(arms.items()):
        counts = results.curve("funnel", arm)
        if counts is None:
            continue
        value, low, high = band(counts, lambda sums: sums / np.where(sums[..., 1:2] > 0, sums[..., 1:2], np.nan))
        place = np.arange(1, len(value)) + (number - (len(arms) - 1) / 2) * 0.12
        ax.errorbar(
            place, value[1:], [(value - low)[1:].clip(0), (high - value)[1:].clip(0)], fmt="osD^vPX"[number % 7],
            color=COLOURS[number % 7], markersize=5, capsize=2, linewidth=1.2, label=label,
        )  # fmt: skip
    ax.set_yscale("log")
    ax.set_xticks(np.arange(1, 1 + len(steps[1:])), steps[1:])
    ax.set_xlabel("priced rounds reached")
    ax.set_ylabel("share of ventures with a first round (log scale)")
    ax.legend(fontsize=7)
    return figure


@styled
def j_curves(results: Results, market: str, arms: Mapping[str, str], kinds: Mapping[str, str]):
    """Cumulative net flow to investors per unit committed, by age of fund: kinds in the market case, then arms."""
    figure, axes = panels(11, 3.8, 1, 2, sharey=True)
    for number, (kind, label) in enumerate(kinds.items()):
        _j_curve(axes[0][0], results, market, kind, number, label)
    for number, (arm, label) in enumerate(arms.items()):
        _j_curve(axes[0][1], results, arm, "market", number, label)
    for ax, title in zip(axes[0], ("kinds of fund, market case", "market funds, by arm"), strict=True):
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.set_title(title)
        ax.set_xlabel("age of the fund (years)")
        ax.legend(fontsize=7)
    axes[0][0].set_ylabel("cumulative net flow to investors\n(per unit committed)")
    return figure


def _j_curve(ax, results: Results, arm: str, kind: str, number: int, label: str) -> None:
    flows, funds = results.curve(f"jcurve_{kind}", arm), results.curve(f"jcurve_{kind}_funds", arm)
    if flows is None or funds is None or np.nansum(funds) == 0:
        return

    def pooled(flow, count):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.cumsum(np.where(count > 0, flow / count, 0.0), axis=-1)

    value, low, high = band((flows, funds), pooled)
    # Beyond the age that any fund reached there is nothing to draw.
    seen = np.nansum(funds, axis=0) > 0
    last = int(np.flatnonzero(seen)[-1]) + 1
    age = np.arange(1, last + 1) / QUARTERS
    line(ax, age, value[:last], low[:last], high[:last], number, label)


@styled
def zombies(results: Results, arms: Mapping[str, str], burn_in: int):
    """Live zombies by year, and their share of all live ventures."""
    figure, axes = panels(11, 3.6, 1, 2)
    for number, (arm, label) in enumerate(arms.items()):
        living, dead = results.curve("live", arm), results.curve("zombies", arm)
        if dead is None:
            continue
        line(axes[0][0], np.arange(dead.shape[1]) / QUARTERS, *band(dead), number, label)
        if living is not None:
            share = band((dead, living), lambda z, n: z / np.where(n > 0, n, np.nan))
            line(axes[0][1], np.arange(dead.shape[1]) / QUARTERS, *share, number, label)
    for ax, title in zip(axes[0], ("live zombies (ventures)", "share of live ventures that are zombies"), strict=True):
        ax.axvspan(0, burn_in, color=GREY, alpha=0.12, linewidth=0)
        ax.set_xlabel("year of the run (grey: burn-in)")
        ax.set_ylabel(title)
        ax.set_ylim(bottom=0)
    axes[0][0].legend(fontsize=7)
    return figure


def line(ax, x, value, low, high, number: int, label: str, colour: str | None = None) -> None:
    """A curve with its band, told apart from others by colour and dashes."""
    colour = colour or COLOURS[number % len(COLOURS)]
    ax.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
    ax.plot(x, value, color=colour, linestyle=DASHES[number % len(DASHES)], linewidth=1.4, label=label)


# -- the study --------------------------------------------------------------------------------------------------------

KINDS = {"angel": "angel", "market": "market", "patient": "patient", "alumni": "alumni", "guidance": "guidance"}
ROUNDS = ("founded", "1st", "2nd", "3rd", "4th", "5th", "6th")
SURFACES = ("unicorns_fundamental", "unicorns_fundamental_per_billion", "dpi_market", "zombies")


def draw_study(study, folder: str | os.PathLike) -> list[Path]:
    """All figures of the tolerance-horizon study, written to `folder`; the paths."""
    import logging

    from . import tolerance_horizon as th

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    found, results = study.findings, study.results
    names = set(outcome_names(results))
    panels = {name: f"{name} ({report.plain(cell[0])}, {report.plain(cell[1])})" for name, cell in th.CONTRASTS.items()}
    market = th.arm_name(*th.MARKET)
    arms = {market: f"market case ({report.plain(th.MARKET[0])}, {report.plain(th.MARKET[1])})"}
    arms |= {th.arm_name(*cell): panels[name] for name, cell in th.CONTRASTS.items()}
    shown = [name for name in SURFACES if name in names]
    outcomes = [name for name in th.OUTCOMES if name in names]
    drawn = {
        "surface": lambda: surface(found.effects, shown, th.MARKET),
        "profiles": lambda: profiles(found.effects, shown),
        "forest": lambda: forest(found.contrasts, panels, outcomes, spreads(results, market, outcomes)),
        "payers": lambda: payers(found.contrasts, panels, th.PAYERS),
    }
    kept = set(results.curve_names)
    if "at_risk_all" in kept:
        groups = {"all": "all ventures", "funded": "ventures with a priced round"}
        drawn["survival"] = lambda: survival(results, arms, groups)
    if "funnel" in kept:
        drawn["funnel"] = lambda: funnel(results, arms, ROUNDS)
    if "jcurve_market" in kept:
        drawn["j_curves"] = lambda: j_curves(results, market, arms, KINDS)
    if "zombies" in kept:
        drawn["zombies"] = lambda: zombies(results, arms, results.experiment.burn_in)
    for outcome in ("unicorns_fundamental", "dpi_market"):
        entries = [entry for entry in found.decomposition if entry["outcome"] == outcome]
        if entries:
            drawn[f"decomposition_{outcome}"] = lambda entries=entries, outcome=outcome: decomposition(
                entries, panels, label_of(results, outcome), unit_of(results, outcome)
            )
    return [place for name, draw in drawn.items() for place in save(draw(), folder, name)]


def spreads(results: Results, arm: str, outcomes: Sequence[str]) -> dict[str, float]:
    """The standard deviation over seeds of each outcome in one arm (of a ratio: of its per-run values)."""
    made = {}
    for outcome in outcomes:
        top, below = measure(results, outcome, [arm])
        with np.errstate(divide="ignore", invalid="ignore"):
            values = top[:, 0] if below is None else top[:, 0] / below[:, 0]
        values = values[np.isfinite(values)]
        made[outcome] = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    return made
