"""Figures of the analyses: what matters, where it happens, which policies are good, how heavy a tail is, how many runs.

    draw_sensitivity(found)      indices, effects or a sweep, with intervals
    draw_boxes(found)            the boxes of a scenario discovery over the worlds
    draw_front(front)            the Pareto front of a policy search: as found, and checked anew
    draw_tail(found)             a tail with its power law
    draw_incidence(frame)        how ventures end, by age
    draw_stability(found)        the spread of an outcome against the number of runs
    draw_looks(found)            the interval of a sequentially stopped experiment, look by look

Each gives a matplotlib Figure that shows itself in a notebook. Colours can be told apart by the colour-blind, and kinds differ in
shape or line as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.agents.errors import BadInput

from .drawing import BLACK, BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, SKY, VERMILION, panels, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_boxes", "draw_front", "draw_incidence", "draw_looks", "draw_sensitivity", "draw_stability", "draw_tail"]

MOST_FACTORS = 30  # lines of one figure; the weakest are left out beyond


def _one_outcome(frame: Any, outcome: str | None, where: str):
    known = list(dict.fromkeys(frame["outcome"]))
    if outcome is None:
        outcome = known[0]
    if outcome not in known:
        raise BadInput(what="the outcome", given=outcome, allowed=known, where=where)
    return frame[frame["outcome"] == outcome]


def _whiskers(ax: Any, x, y, low, high, **look: Any) -> None:
    """Points with intervals along x; an interval need not hold its point."""
    ax.hlines(y, low, high, color=look["color"], linewidth=1.2, zorder=2)
    ax.plot(x, y, linestyle="none", zorder=3, **look)


# -- what matters -----------------------------------------------------------------------------------------------------


@styled
def draw_sensitivity(found: Any, outcome: str | None = None) -> Figure:
    """Indices (Sobol), effects (Morris) or differences (a sweep) of each factor on an outcome, strongest at the top, 95% intervals."""
    draw = {"sobol": _draw_sobol, "morris": _draw_morris, "one_at_a_time": _draw_sweep}[found.kind]
    return draw(found, _one_outcome(found.frame, outcome, "draw_sensitivity"))


def _draw_sobol(found: Any, part: Any) -> Figure:
    part = part.sort_values("total", na_position="first").tail(MOST_FACTORS)
    shares = found.shares[found.shares["outcome"] == part["outcome"].iloc[0]].iloc[0]
    figure, ((ax, beside),) = panels(9.5, max(3.2, 1.6 + 0.34 * len(part)), 1, 2, width_ratios=(6, 1))
    y = np.arange(len(part))
    _whiskers(ax, part["total"], y + 0.14, part["total_low"], part["total_high"], marker="s", color=VERMILION, label="total (alone and with others)")
    _whiskers(ax, part["first"], y - 0.14, part["first_low"], part["first_high"], marker="o", color=BLUE, label="first order (alone)")
    if found.seeds > 1:
        ax.plot(part["salib_total"], y + 0.14, "|", color=GREY, markersize=9, label="total by SALib, luck included")
    ax.set_yticks(y, part["factor"])
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_xlabel("share of the variance of the expected outcome")
    ax.set_title(f"{part['label'].iloc[0]}\n{part['blocks'].iloc[0]:,} blocks, {found.seeds} seeds; 95% intervals")
    ax.legend(loc="lower right", fontsize=8)
    bottom = 0.0
    for name, colour, hatch in (("settings", BLUE, ""), ("luck", SKY, "//"), ("both", GREY, "..")):
        share = shares[name]
        if share == share:
            beside.bar(0, share, bottom=bottom, color=colour, hatch=hatch, edgecolor="white", width=0.8)
            if share > 0.06:
                beside.text(0, bottom + share / 2, name, ha="center", va="center", fontsize=8, bbox={"color": "white", "alpha": 0.8, "pad": 1})
            bottom += share
    beside.set_xticks([])
    beside.set_ylim(0, 1)
    beside.set_ylabel("share of the variance of one run" if bottom else "one seed: luck cannot be told apart")
    return figure


def _draw_morris(found: Any, part: Any) -> Figure:
    part = part.sort_values("strength", na_position="first").tail(MOST_FACTORS)
    figure, ((ax, beside),) = panels(10.5, max(3.6, 1.8 + 0.34 * len(part)), 1, 2, width_ratios=(3, 2))
    y = np.arange(len(part))
    clear = part["matters"].to_numpy() == 1
    for chosen, colour, marker, label in ((clear, BLUE, "o", "strength (luck taken out)"), (~clear, GREY, "o", "strength not told from nought")):
        if chosen.any():
            some = part[chosen]
            _whiskers(ax, some["strength"], y[chosen], some["strength_low"], some["strength_high"], marker=marker, color=colour, label=label)
    if part["noise"].notna().any():
        ax.plot(part["noise"], y, "|", color=VERMILION, markersize=9, label="what luck alone would show")
    ax.set_yticks(y, part["factor"])
    ax.set_xlim(left=0)
    unit = part["label"].iloc[0]
    ax.set_xlabel(f"effect over the whole range: {unit}")
    ax.set_title(f"{part['trajectories'].max()} trajectories, {found.seeds} seeds; 95% intervals")
    ax.legend(loc="lower right", fontsize=8)
    beside.plot(part["mu_star"][clear], part["sigma"][clear], "o", color=BLUE)
    beside.plot(part["mu_star"][~clear], part["sigma"][~clear], "o", color=GREY, markerfacecolor="white")
    for row in part[clear].tail(8).itertuples():
        beside.annotate(row.factor, (row.mu_star, row.sigma), xytext=(4, 3), textcoords="offset points", fontsize=7)
    beside.set_xlim(left=0)
    beside.set_ylim(bottom=min(0.0, beside.get_ylim()[0]))
    beside.set_xlabel("mean size of the effect (mu*)")
    beside.set_ylabel("its spread (sigma): curvature and interplay")
    return figure


def _draw_sweep(found: Any, part: Any) -> Figure:
    reach = part.assign(size=part["difference"].abs()).groupby("factor")["size"].max().sort_values().tail(MOST_FACTORS)
    part = part[part["factor"].isin(reach.index)]
    figure, ((ax,),) = panels(8.5, 1.6 + 0.5 * len(reach))
    for y, factor in enumerate(reach.index):
        rows = part[part["factor"] == factor]
        for place, row in enumerate(rows.itertuples()):
            at = y + (0.6 * (place + 0.5) / len(rows) - 0.3)
            colour = BLUE if row.joint < 0.05 else GREY
            _whiskers(ax, [row.difference], [at], [row.low], [row.high], marker="o", color=colour)
            text = f"{row.setting:.4g}" if isinstance(row.setting, float) else str(row.setting)
            ax.annotate(text, (row.high, at), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7)
    ax.set_yticks(np.arange(len(reach)), list(reach.index))
    ax.axvline(0, color=BLACK, linewidth=0.8)
    first = part.iloc[0]
    ax.set_xlabel(f"paired difference from the base ({first['base']:.4g}): {first['label']}")
    ax.set_title(f"One factor at a time, {found.seeds} seeds; 95% intervals; blue: clear among all of these (max-t)")
    return figure


# -- where it happens -------------------------------------------------------------------------------------------------


@styled
def draw_boxes(found: Any) -> Figure:
    """The worlds over the two factors that tell most, with the boxes; beside it the limits of the first box with their intervals."""
    from matplotlib.patches import Rectangle

    numeric = [path for path in found.used if _ends(found, path) is not None]
    numeric += [path for path in found.factors if path not in numeric and _ends(found, path) is not None]
    if not numeric:
        raise BadInput(what="the factors", given=list(found.factors), allowed="at least one that is a range of numbers", where="draw_boxes")
    x_path = numeric[0]
    y_path = numeric[1] if len(numeric) > 1 else None
    figure, ((ax, beside),) = panels(11, 4.8, 1, 2, width_ratios=(3, 2))
    column = {path: k for k, path in enumerate(found.factors)}

    def values(path):
        return np.array([math.nan if v is None else float(v) for v in found.places[:, column[path]]])

    x = values(x_path)
    y = values(y_path) if y_path else np.random.default_rng(1).random(len(x))
    for label, chosen, look in (
        ("not so", ~found.labels, {"marker": ".", "color": GREY, "s": 14}),
        ("so", found.labels, {"marker": "^", "color": BLUE, "s": 20}),
    ):
        ax.scatter(x[chosen], y[chosen], label=f"{label} ({chosen.sum():,} worlds)", linewidths=0, alpha=0.7, **look)
    (x0, x1), (y0, y1) = _ends(found, x_path), _ends(found, y_path) if y_path else (0.0, 1.0)
    for n, box in enumerate(found.boxes, 1):
        by = {limit.factor: limit for limit in box.limits}
        left, right = (max(by[x_path].low, x0), min(by[x_path].high, x1)) if x_path in by else (x0, x1)
        down, up = (max(by[y_path].low, y0), min(by[y_path].high, y1)) if y_path in by else (y0, y1)
        ax.add_patch(Rectangle((left, down), right - left, up - down, fill=False, edgecolor=VERMILION, linewidth=1.8, linestyle=DASHES[(n - 1) % len(DASHES)]))
        others = [limit.words for limit in box.limits if limit.factor not in (x_path, y_path)]
        ax.annotate(f"{n}" + (f" (and {'; '.join(others)})" if others else ""), (left, up), xytext=(3, -10), textcoords="offset points", color=VERMILION, fontsize=8)
    ax.set_xlim(x0, x1)
    ax.set_ylim(y0, y1)
    ax.set_xlabel(x_path)
    if y_path:
        ax.set_ylabel(y_path)
    else:
        ax.set_yticks([])
    ax.set_title(f"{found.question}: {found.share:.0%} of {found.worlds:,} worlds", fontsize=9)
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2, fontsize=8)
    _draw_box_figures(beside, found)
    return figure


def _ends(found: Any, path: str) -> tuple[float, float] | None:
    spec = found.factors[path]
    given = spec.get("range") or spec.get("values") or ()
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in given):
        return None
    return float(min(given)), float(max(given))


def _draw_box_figures(ax: Any, found: Any) -> None:
    """Coverage and density of each box with intervals, against the share of all worlds."""
    for n, box in enumerate(found.boxes, 1):
        for shift, value, ends, colour, marker in ((0.12, box.coverage, box.coverage_range, ORANGE, "s"), (-0.12, box.density, box.density_range, BLUE, "o")):
            _whiskers(ax, [value], [-n + shift], [ends[0]], [ends[1]], marker=marker, color=colour, label=("coverage" if marker == "s" else "density") if n == 1 else None)
        ax.annotate(f"comes back in {box.stable:.0%}", (0.02, -n - 0.36), fontsize=7, color=GREY)
    ax.axvline(found.share, color=GREY, linestyle="--", linewidth=1, label="share of all worlds")
    if found.unseen == found.unseen:
        ax.axvline(found.unseen, color=GREEN, linestyle=":", linewidth=1.5, label="density in unseen worlds")
    ax.set_yticks([-n for n in range(1, len(found.boxes) + 1)], [f"box {n}" for n in range(1, len(found.boxes) + 1)])
    ax.set_ylim(-len(found.boxes) - 0.6, -0.4)
    ax.set_xlim(0, 1.02)
    ax.set_xlabel("share of worlds; 95% intervals")
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2, fontsize=8)


# -- which policies ---------------------------------------------------------------------------------------------------


@styled
def draw_front(front: Any) -> Figure:
    """The Pareto front over each pair of objectives: fresh figures with 95% intervals, an arrow from what the search saw."""
    outcomes = list(front.search.objectives)
    if len(outcomes) < 2:
        raise BadInput(what="the objectives", given=outcomes, allowed="at least two for a front", where="draw_front")
    pairs = [(a, b) for i, a in enumerate(outcomes) for b in outcomes[i + 1 :]]
    figure, axes = panels(5.2 * len(pairs), 4.6, 1, len(pairs))
    frame = front.frame
    for ax, (a, b) in zip(axes[0], pairs, strict=True):
        tried = [one.measured for one in front.candidates if one.within]
        ax.plot([m[a] for m in tried], [m[b] for m in tried], ".", color=GREY, markersize=3, label="tried, as the search saw them", zorder=1)
        for row in frame.to_dict("records"):
            ax.annotate("", (row[a], row[b]), (row[f"{a}_found"], row[f"{b}_found"]), arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6}, zorder=2)
            ax.hlines(row[b], row[f"{a}_low"], row[f"{a}_high"], color=SKY, linewidth=1, zorder=2)
            ax.vlines(row[a], row[f"{b}_low"], row[f"{b}_high"], color=SKY, linewidth=1, zorder=2)
        if len(frame):
            stays = frame["stays"].to_numpy(dtype=bool)
            for chosen, marker, colour, label in ((stays, "o", BLUE, "front, fresh worlds and seeds"), (~stays, "o", "white", "beaten in fresh worlds")):
                if chosen.any():
                    ax.plot(frame[a][chosen], frame[b][chosen], marker, color=colour, markeredgecolor=BLUE, linestyle="none", label=label, zorder=3)
        as_it_is = front.as_it_is
        ax.plot([as_it_is[a].value], [as_it_is[b].value], "D", color=VERMILION, label="the scenario as it is", zorder=4)
        if b in front.search.budget:
            ax.axhline(front.search.budget[b], color=BLACK, linestyle="--", linewidth=0.8, label="budget")
        if a in front.search.budget:
            ax.axvline(front.search.budget[a], color=BLACK, linestyle="--", linewidth=0.8, label="budget")
        ax.set_xlabel(f"{front.labels[a]}; {front.search.objectives[a]} is best")
        ax.set_ylabel(f"{front.labels[b]}; {front.search.objectives[b]} is best")
    axes[0][0].legend(loc="upper left", bbox_to_anchor=(0, -0.14), ncols=2, fontsize=7)
    worlds = f", {front.search.robust} of {front.search.fresh_draws} worlds" if front.search.uncertain else ""
    figure.suptitle(f"{front.search.name}{worlds}\nblue: 95% intervals; grey: from found to fresh", fontsize=9)
    return figure


# -- tails, lives, run numbers ----------------------------------------------------------------------------------------


@styled
def draw_tail(found: Any, unit: str = "") -> Figure:
    """The share of values beyond each value, both axes logarithmic, with the power law from where the tail begins."""
    figure, ((ax,),) = panels(6.5, 4.4)
    x = found.values
    beyond = 1 - np.arange(len(x)) / len(x)
    ax.plot(x, beyond, ".", color=BLUE, markersize=3, label=f"values ({found.n:,})")
    least, alpha = found.least.value, found.exponent
    share = found.inside / found.n
    line = np.geomspace(least, x[-1], 50)
    ax.plot(line, share * (line / least) ** (1 - alpha.value), color=VERMILION, label=f"power law, exponent {alpha.value:.2f} ({alpha.low:.2f} to {alpha.high:.2f})")
    if math.isfinite(alpha.low):
        ax.fill_between(line, share * (line / least) ** (1 - alpha.high), share * (line / least) ** (1 - alpha.low), color=VERMILION, alpha=0.2, linewidth=0)
    ax.axvline(least, color=GREY, linestyle="--", linewidth=0.8, label=f"the tail begins at {least:.3g}: {found.inside:,} values")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(f"value ({unit})" if unit else "value")
    ax.set_ylabel("share of values at least so large")
    ax.set_title(found.words, fontsize=9)
    ax.legend(fontsize=8, loc="lower left")
    return figure


@styled
def draw_incidence(frame: Any, endings: Sequence[str] | None = None) -> Figure:
    """The share of ventures gone each way by age, a panel an ending, a line a group, with 95% bands over seeds."""
    names = [name for name in dict.fromkeys(frame["ending"]) if name != "private"] if endings is None else list(endings)
    for name in names:
        if name not in set(frame["ending"]):
            raise BadInput(what="the ending", given=name, allowed=list(dict.fromkeys(frame["ending"])), where="draw_incidence")
    figure, axes = panels(3.8 * len(names), 3.6, 1, len(names), sharex=True)
    groups = list(dict.fromkeys(frame["group"]))
    for ax, name in zip(axes[0], names, strict=True):
        for place, group in enumerate(groups):
            part = frame[(frame["ending"] == name) & (frame["group"] == group)]
            colour = COLOURS[place % len(COLOURS)]
            ax.plot(part["age"], part["value"], color=colour, linestyle=DASHES[place % len(DASHES)], label=f"{group} ({part['ventures'].iloc[0]:,})")
            if part["low"].notna().any():
                ax.fill_between(part["age"], part["low"], part["high"], color=colour, alpha=0.2, linewidth=0)
        ax.set_title(name)
        ax.set_xlabel("age (years)")
        ax.set_ylim(bottom=0)
    axes[0][0].set_ylabel("share of ventures gone so")
    axes[0][0].legend(fontsize=8, loc="upper left")
    return figure


@styled
def draw_stability(found: Any, label: str = "") -> Figure:
    """The coefficient of variation of an outcome against the number of runs, with the band of 95% of resampled sequences."""
    figure, ((ax,),) = panels(6.5, 3.8)
    there = np.isfinite(found.high)
    ax.fill_between(found.runs[there], found.low[there], found.high[there], color=BLUE, alpha=0.2, linewidth=0, label="95% of sequences of runs")
    ax.plot(found.runs, found.middle, color=BLUE, label="median")
    ax.axhline(found.value, color=GREY, linewidth=0.8, linestyle="--", label=f"all runs: {found.value:.3g}")
    if found.enough is not None:
        ax.axvline(found.enough, color=VERMILION, label=f"settled within {found.margin:g} from {found.enough} runs on")
    top = np.nanmax(found.high[there][len(found.high[there]) // 20 :]) if there.any() else 1
    ax.set_ylim(0, 1.1 * top)
    ax.set_xlabel("runs (count)")
    ax.set_ylabel("coefficient of variation (ratio)" + (f"\n{label}" if label else ""))
    ax.set_title("Run number by variance stability" if found.enough is not None else "Not settled: more runs are needed to tell", fontsize=9)
    ax.legend(fontsize=8)
    return figure


@styled
def draw_looks(found: Any) -> Figure:
    """The interval at each look of `run_until`, a panel an outcome, with the width asked drawn at the stop."""
    names = list(found.widths)
    figure, axes = panels(6.5, 1.0 + 2.6 * len(names), len(names), 1, sharex=True)
    for ax, name in zip(axes[:, 0], names, strict=True):
        part = found.looks[found.looks["outcome"] == name]
        ax.vlines(part["seeds"], part["low"], part["high"], color=BLUE, linewidth=1.5, label="interval at the look")
        ax.plot(part["seeds"], part["value"], "o", color=BLUE)
        last = part.iloc[-1]
        middle = (last["low"] + last["high"]) / 2
        ax.axhspan(middle - last["asked"] / 2, middle + last["asked"] / 2, color=ORANGE, alpha=0.25, linewidth=0, label="as wide as asked")
        ax.set_ylabel(f"{found.results.label(name)}" + (f"\n({found.results.unit(name)})" if found.results.unit(name) else ""))
        ax.legend(fontsize=8)
    axes[-1, 0].set_xlabel("seeds (count)")
    axes[0, 0].set_title(f"{'Narrow enough' if found.reached else 'Not narrow enough'} after {found.seeds} seeds (rule {found.rule!r})", fontsize=9)
    return figure
