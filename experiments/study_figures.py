"""The figure of a study of the report: a forest of all arms against the reference, or what a special analysis has to show.

Axes are the same to both sides of zero, so that a loss is drawn as large as a gain. Blue is clearly better, vermilion clearly
worse, black clear but neither, grey not clear; marks differ too (round: clear, square: not).
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import drawing, report
from .drawing import BLACK, BLUE, COLOURS, GREEN, GREY, ORANGE, VERMILION, panels, styled
from .judging import COUNTED

__all__ = ["png"]

LARGEST = 80_000  # bytes of a committed figure
MARKS = ("o", "s", "^", "D", "v", "P", "X")


def png(study: Any, table: Any, summary: Mapping) -> bytes:
    """The study's figure as PNG, at most 80 kB: the same bytes from the same summary."""
    draw = globals()[study.special.figure] if study.analysis and study.special.figure else forest
    figure = draw(study, summary)
    return next((image for dots in (100, 80) if len(image := drawing.png(figure, dots)) <= LARGEST), None) or drawing.png(figure, 60)


def _head(figure: Any, study: Any, summary: Mapping) -> None:
    """The title: what was asked, and how the claim fares."""
    words = {"supported": "claim supported", "contradicted": "claim contradicted", "open": "left open", "described": "description"}[summary["verdict"]]
    width = int(figure.get_figwidth() * 13)
    figure.suptitle("\n".join([*textwrap.wrap(f"{study.title} ({words}; {summary['seeds']} seeds, 95% intervals)", width)]), fontsize=10)


def _number(value: float | None) -> float:
    return math.nan if value is None or isinstance(value, str) else float(value)


def _wrapped(label: str, width: int = 34) -> str:
    return "\n".join(textwrap.wrap(label, width)) or label


def _axis_label(row: Mapping) -> str:
    unit = row["unit"]
    return f"{row['label']} ({unit})" if unit and unit not in (*COUNTED, "ventures") else row["label"]


def _few_ticks(ax: Any, reach: float) -> None:
    """At most five numbers along the axis, large ones in thousands (k) or millions (m)."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10)))
    over, letter = (1e6, "m") if reach >= 1e6 else (1e3, "k") if reach >= 1e4 else (1, "")
    if letter:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / over:g}{letter}" if value else "0"))


@styled
def forest(study: Any, summary: Mapping) -> Any:
    """Paired differences of every arm from the reference arm, one panel an outcome, in its own unit."""
    outcomes = list(dict.fromkeys(row["outcome"] for row in summary["arms"]))[:4]
    arms = [arm for arm in dict.fromkeys(row["arm"] for row in summary["arms"]) if arm != summary["against"]]
    by = {(row["arm"], row["outcome"]): row for row in summary["arms"]}
    figure, axes = panels(2.4 + 2.7 * len(outcomes), 1.5 + 0.34 * max(2, len(arms)), 1, len(outcomes), sharey=True)
    for ax, outcome in zip(axes[0], outcomes, strict=True):
        reach = 0.0
        for place, arm in enumerate(arms):
            row = by[arm, outcome]
            low, value, high = (_number(row[key]) for key in ("low", "difference", "high"))
            if not math.isfinite(value):
                continue
            clear = math.isfinite(low) and math.isfinite(high) and (low > 0 or high < 0)
            colour = {1: BLUE, -1: VERMILION, 0: BLACK if clear else GREY}[row["better"]]
            if math.isfinite(low) and math.isfinite(high):
                ax.plot([low, high], [place, place], color=colour, linewidth=1.6)
                reach = max(reach, abs(low), abs(high))
            ax.plot(value, place, "o" if clear else "s", color=colour, markersize=4.5)
            reach = max(reach, abs(value))
        ax.axvline(0, color=GREY, linewidth=0.8)
        ax.set_xlim(-1.1 * (reach or 1), 1.1 * (reach or 1))
        _few_ticks(ax, reach)
        ax.set_xlabel(_wrapped(_axis_label(by[arms[0], outcome])))
        base = _number(by[summary["against"], outcome]["level"])
        unit = by[arms[0], outcome]["unit"]
        ax.set_title(f"reference: {report.number(base, 'share' if unit == 'share' else '')}", fontsize=8)
    axes[0][0].set_yticks(np.arange(len(arms)), [_wrapped(arm) for arm in arms])
    axes[0][0].set_ylim(len(arms) - 0.5, -0.5)
    axes[0][0].set_ylabel(_wrapped(f"difference from: {summary['against']}", 40), fontsize=8)
    _head(figure, study, summary)
    return figure


def _points(ax: Any, places: Sequence[float], found: Sequence[Mapping], number: int, label: str) -> None:
    value, low, high = (np.array([_number(one[key]) for one in found]) for key in ("value", "low", "high"))
    ends = np.abs(np.stack([value - low, high - value]))
    ax.errorbar(places, value, yerr=np.where(np.isfinite(ends), ends, 0), fmt=MARKS[number % len(MARKS)], color=COLOURS[number % len(COLOURS)], markersize=5,
                linewidth=1.2, label=label)  # fmt: skip


@styled
def winners(study: Any, summary: Mapping) -> Any:
    """Years of support of the celebrated, of all winners and of all backed, in each world; and what patience does to the number of winners."""
    from seedbed.model.parameters import evidence

    support = summary["special"]["support"]
    figure, axes = panels(9.2, 4.4, 1, 2, width_ratios=(3, 2))
    left, right = axes[0]
    for number, (who, label) in enumerate((("celebrated", "six most valuable"), ("winners", "all winners"), ("backed", "all backed"))):
        _points(left, np.arange(len(support)) + 0.18 * (number - 1), [one[who] for one in support.values()], number, label)
    told = evidence("report")["six_dragons"]["values"]["years"]
    left.axhline(sum(told) / len(told), color=GREY, linewidth=0.8, linestyle="--", label="the report's six")
    left.set_xticks(np.arange(len(support)), [_wrapped(arm, 18) for arm in support], fontsize=7)
    left.set_ylabel("years of support (mean)")
    left.set_ylim(bottom=0)
    left.legend(fontsize=7)
    left.set_title("What is seen when winners are chosen", fontsize=9)
    rows = [row for row in summary["arms"] if row["outcome"] == summary["arms"][0]["outcome"]]
    found = [{"value": row["level"], "low": row["level_low"], "high": row["level_high"]} for row in rows]
    _points(right, np.arange(len(rows)), found, 1, "")
    right.set_xticks(np.arange(len(rows)), [_wrapped(row["arm"], 14) for row in rows], fontsize=7)
    right.set_ylabel(_axis_label(rows[0]))
    right.set_title("What each world brings forth", fontsize=9)
    _head(figure, study, summary)
    return figure


@styled
def break_even(study: Any, summary: Mapping) -> Any:
    """What comes back of each yuan paid against the share of awards that succeed: the closed form and the model's points."""
    special = summary["special"]
    figure, axes = panels(6.4, 4.6)
    ax = axes[0][0]
    share = np.array([0.0, 1.0])
    ax.plot(share, special["multiple"] * share, color=BLACK, linewidth=1.2, label=f"closed form: {special['multiple']:g} q")
    ax.axhline(1, color=GREY, linewidth=0.8, linestyle="--")
    ax.plot(special["break_even"], 1, "*", color=ORANGE, markersize=12, label=f"breaks even at q = {special['break_even']:.0%}")
    ax.axvspan(0.03, 0.10, color=GREEN, alpha=0.25, linewidth=0, label="the report's odds, 3 to 10%")
    for number, (arm, one) in enumerate(special["points"].items()):
        x, y = one["share"], one["back"]
        colour = COLOURS[1 + number % (len(COLOURS) - 1)]
        ax.plot([x["low"], x["high"]], [y["value"]] * 2, color=colour, linewidth=1.2)
        ax.plot([x["value"]] * 2, [y["low"], y["high"]], color=colour, linewidth=1.2)
        ax.plot(x["value"], y["value"], MARKS[number % len(MARKS)], color=colour, markersize=6, label=arm)
    top = max([1.2, *(one["back"]["high"] * 1.1 for one in special["points"].values())])
    ax.set_xlim(0, max([0.6, *(one["share"]["high"] * 1.1 for one in special["points"].values())]))
    ax.set_ylim(0, top)
    ax.set_xlabel("share of awards whose team succeeded")
    ax.set_ylabel("returned / paid (ratio)")
    ax.legend(fontsize=7, loc="upper left")
    _head(figure, study, summary)
    return figure


@styled
def ladder(study: Any, summary: Mapping) -> Any:
    """Shares that shut by eighteen months and by ten years, by sector and by rung; one row of panels an arm."""
    shares = summary["special"]["shares"]
    figure, axes = panels(8.2, 1.0 + 2.4 * len(shares), len(shares), 1, sharex=True)
    for ax, (arm, groups) in zip(axes[:, 0], shares.items(), strict=True):
        for number, (key, label) in enumerate((("soon", "by eighteen months"), ("late", "by ten years"))):
            _points(ax, np.arange(len(groups)) + 0.16 * (number - 0.5), [one[key] for one in groups.values()], number + 1, label)
        ax.set_ylim(0, 1)
        ax.set_ylabel("share that shut")
        ax.set_title(arm, fontsize=9)
    axes[-1, 0].set_xticks(np.arange(len(groups)), [_wrapped(words, 12) for words in groups], fontsize=7)
    axes[0, 0].legend(fontsize=7)
    _head(figure, study, summary)
    return figure


@styled
def regret(study: Any, summary: Mapping) -> Any:
    """Expected regret and regret at worst of each package, one panel an outcome."""
    ranked = summary["special"]["ranked"]
    packages = summary["special"]["packages"]
    figure, axes = panels(2.6 + 2.8 * len(ranked), 1.4 + 0.42 * len(packages), 1, len(ranked), sharey=True)
    labels = {row["outcome"]: row for row in summary["arms"]}
    for ax, (outcome, rows) in zip(axes[0], ranked.items(), strict=True):
        by = {row["package"]: row for row in rows}
        for number, (key, label) in enumerate((("expected", "mean over assumptions"), ("worst", "at worst"))):
            for place, package in enumerate(packages):
                one, y = by[package][key], place + 0.2 * (number - 0.5)
                ax.plot([_number(one["low"]), _number(one["high"])], [y, y], color=COLOURS[number + 1], linewidth=1.4)
                ax.plot(one["value"], y, MARKS[number], color=COLOURS[number + 1], markersize=4.5, label=label if place == 0 else None)
        unit = labels[outcome]["unit"] if labels[outcome]["unit"] not in COUNTED else ""
        ax.set_xlabel(_wrapped(f"regret: {labels[outcome]['label']}" + (f" ({unit})" if unit else ""), 26))
        ax.set_xlim(left=0)
    axes[0][0].set_yticks(np.arange(len(packages)), [_wrapped(package) for package in packages])
    axes[0][0].invert_yaxis()
    axes[0][-1].legend(fontsize=7)
    _head(figure, study, summary)
    return figure
