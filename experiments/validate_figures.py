"""The figures of a validation: each pattern beside the data, drawn from the table.json that `validate` writes.

Grey is what is accepted, a black line the value of the source; the model is a point with its 95% interval, blue and round where it is inside, orange-red and a cross where not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.model.targets import LABELS, PUBLIC_SHARES

from .drawing import BLUE, GREEN, GREY, VERMILION, panels, png, styled

__all__ = ["FIGURES", "draw"]

BAND = "#D9D9D9"

# name -> (title, parts); a part is (statistics, what the axis says, factor, words below each)
FIGURES: dict[str, tuple[str, list[tuple[Sequence[str], str, float, Sequence[str]]]]] = {
    "funnel": ("Rounds and graduation (A1, A8)", [
        ([f"A1_rounds.{n}" for n in range(2, 7)], "share of funded firms (%)", 100, [f"{n} rounds" for n in range(2, 7)]),
        ([f"A8_graduation.{name}" for name in ("seed_of_start", "a_of_seed", "b_of_a", "c_of_b")], "share that finds the next round (%)", 100, ["first", "second", "third", "fourth"]),
    ]),
    "deals": ("What deals return (A2, A3)", [
        ([f"A2_deal_multiples.{name}" for name in ("below_1x", "from_5x", "from_10x")], "share of deals (%)", 100, ["below cost", "5 times", "10 times"]),
        (["A3_concentration"], "share of all proceeds (%)", 100, ["best 6%"]),
    ]),
    "mortality": ("Deaths by age (A4)", [([f"A4_mortality_shape.{n}" for n in range(7)], "yearly death rate (%)", 100, [f"age {n}" for n in range(7)])]),
    "outcomes": ("Unicorns, exits, spinouts (A5, A6, A7)", [
        (["A5_unicorn_rate", "A6_exits.public"], "share of funded firms (%)", 100, ["unicorns", "listed"]),
        (["A6_exits.acquired"], "share of funded firms (%)", 100, ["acquired"]),
        (["A7_spinouts"], "spinouts for USD 100m of research", 1, ["spinouts"]),
    ]),
    "ladder": ("The report's own rates (R1, R2)", [
        (["R1_early_failure"], "share that fails within 18 months (%)", 100, ["unfunded teams"]),
        ([f"R2_ladder.{name}" for name in ("teams", "firms", "angel", "vc", "tenfold")], "share that succeeds (%)", 100, ["teams", "firms", "angels", "funds", "tenfold"]),
    ]),
    "time_to_unicorn": ("Years to a price of USD 1bn (B1)", [
        ([f"B1_time_to_unicorn.{name}" for name in ("q1", "median", "q3", "p90", "picked")], "age (years)", 1, ["first\nquartile", "median", "third\nquartile", "90th\npercentile", "six picked,\nat the end"]),
    ]),
    "tail": ("Valuations of unicorns (B2)", [(["B2_tail"], "exponent of the density", 1, ["unicorns"])]),
    "termination": ("Stopping by round (B5)", [
        (["B5_termination.stopping"], "change of the chance to stop\nwith each round (percentage points)", 100, ["stopping"]),
        (["B5_termination.returns"], "change of the multiple\nwith each round (times cost)", 1, ["returns"]),
    ]),
    "public_share": ("Exits and the city's share of the money (B7)", [
        (["B7_public_share.rise", "B7_public_share.fall"], "slope of exits (share of their mean\nfor each unit of the city's share)", 1, ["at no share", "at the largest"]),
    ]),
    "crowd_in": ("Others' money and the city's (B8)", [
        (["B8_crowd_in"], "others' yuan drawn in for each of the city's", 1, ["paired runs"]),
        (["B8_gross"], "others' yuan beside each of the city's", 1, ["gross"]),
    ]),
    "horizon": ("What funds buy by the life they have left (B10)", [
        (["B10_horizon_choice.age"], "change of a firm's age with each year\nof fund life left (years)", 1, ["age"]),
        (["B10_horizon_choice.radical"], "change of the share radical with each year\nof fund life left (percentage points)", 100, ["radical"]),
    ]),
    "grants": ("Grants and the first round (B11)", [([f"B11_grant.{name}" for name in ("early", "later", "label")], "chance of a first round over that\nof the same firms without (ratio)", 1, ["small, early", "large, later", "label alone"])]),
}  # fmt: skip


def draw(table: Mapping[str, Any], folder: Path) -> list[Path]:
    """Every figure that the table has rows for, as PNG."""
    rows = {row["target"]: row for row in table["rows"]}
    made = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, (title, parts) in FIGURES.items():
        there = [(entries, axis, factor, words) for names, axis, factor, words in parts if (entries := [rows.get(one) for one in names]) and any(entries)]
        if not there:
            continue
        place = folder / f"{name}.png"
        place.write_bytes(png(_one(name, f"{title}: {table['title']}", there, table["patterns"])))
        made.append(place)
    return made


@styled
def _one(name: str, title: str, parts: Sequence[tuple[Sequence[Any], str, float, Sequence[str]]], patterns: Mapping[str, Any]) -> Any:
    """One figure: a panel for each part, and before them the whole pattern where there is one."""
    extra = CURVES.get(name)
    widths = [3.0] * len(extra or []) + [max(1.5, 0.62 * len(entries)) for entries, *_ in parts]
    figure, (axes,) = panels(min(11.0, 1.6 + sum(1.15 * width + 0.6 for width in widths)), 3.6, 1, len(widths), width_ratios=widths)
    for ax, curve in zip(axes, extra or [], strict=False):
        curve(ax, patterns, parts)
    for ax, (entries, axis, factor, words) in zip(axes[len(extra or []) :], parts, strict=True):
        _beside(ax, entries, factor, words)
        ax.set_ylabel(axis)
    figure.suptitle(title)
    return figure


def _known(value: Any) -> float:
    return math.nan if value is None else float(value)


def _beside(ax: Any, entries: Sequence[Mapping[str, Any] | None], factor: float, words: Sequence[str]) -> None:
    """The model beside what is accepted, entry by entry."""
    from matplotlib.patches import Rectangle

    seen = [0.0]
    for entry in entries:
        for number in () if entry is None else (entry["value"], *entry["band"], entry["model"], entry["low"], entry["high"]):
            seen.append(factor * _known(number))
    seen = [number for number in seen if not math.isnan(number)]
    room = 0.12 * ((max(seen) - min(seen)) or 1.0)
    least, most = min(seen) - (room if min(seen) < 0 else 0.0), max(seen) + room
    if any(entry is not None and None in entry["band"] for entry in entries):  # a sign: both sides are shown
        least, most = -max(-least, most), max(-least, most)
    for x, entry in enumerate(entries):
        if entry is None:
            continue
        low, high = (edge if bound is None else factor * bound for bound, edge in zip(entry["band"], (least, most), strict=True))
        ax.add_patch(Rectangle((x - 0.36, low), 0.72, high - low, color=BAND, linewidth=0, zorder=1))
        if entry["value"] is not None:
            ax.plot([x - 0.36, x + 0.36], [factor * entry["value"]] * 2, color="black", linewidth=1.2, zorder=2)
        if entry["model"] is None:
            ax.text(x, 0.5 * (least + most), "none", ha="center", va="center", color=GREY)
            continue
        value, bottom, top = (factor * _known(entry[key]) for key in ("model", "low", "high"))
        colour, marker = (BLUE, "o") if entry["inside"] else (VERMILION, "X")
        ax.plot([x, x], [bottom, top], color=colour, linewidth=1.6, zorder=3)
        ax.plot([x], [value], marker=marker, color=colour, markersize=6, linestyle="none", zorder=4)
    ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=0)
    ax.set_xlim(-0.6, len(entries) - 0.4)
    ax.set_ylim(least, most)
    ax.set_xticks(range(len(entries)), list(words)[: len(entries)])
    ax.set_xlabel("grey: accepted; line: source")


def _curve(ax: Any, x: Sequence[float], points: Sequence[Sequence[Any]], factor: float, colour: str, label: str | None = None, dash: str = "-") -> None:
    """A curve with its interval as a band."""
    value, low, high = ([factor * _known(point[n]) for point in points] for n in range(3))
    ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    ax.plot(x, value, color=colour, linestyle=dash, marker="o" if len(x) < 10 else None, markersize=4, label=label)


def _stopping(ax: Any, patterns: Mapping[str, Any], _: Any) -> None:
    points = patterns["stopped_after"]
    _curve(ax, range(1, len(points) + 1), points, 100, BLUE)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("round")
    ax.set_ylabel("investors who stop before the next (%)")


def _returns(ax: Any, patterns: Mapping[str, Any], _: Any) -> None:
    points = patterns["returned_of"]
    _curve(ax, range(1, len(points) + 1), points, 1, BLUE)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("round in which the stake was bought")
    ax.set_ylabel("mean multiple (times cost)")


def _exits(ax: Any, patterns: Mapping[str, Any], _: Any) -> None:
    _curve(ax, [100 * share for share in PUBLIC_SHARES], patterns["exits_at_share"], 1, BLUE)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("city's share of the money (%)")
    ax.set_ylabel("exits over those at no share (ratio)")


def _cumulative(ax: Any, patterns: Mapping[str, Any], parts: Any) -> None:
    years = range(len(patterns["unicorns_by_age"]))
    _curve(ax, years, patterns["unicorns_by_age"], 100, BLUE, "when priced at USD 1bn")
    _curve(ax, years, patterns["celebrated_by_age"], 100, GREEN, "six picked, at the end", "--")
    rows = {entry["target"].rpartition(".")[2]: entry for entry in parts[0][0] if entry}
    data = [(rows[name]["value"], share) for name, share in (("q1", 25), ("median", 50), ("q3", 75), ("p90", 90)) if name in rows]
    ax.plot([x for x, _ in data], [y for _, y in data], color="black", marker="s", markersize=4, linestyle=":", label="source")
    ax.legend(loc="lower right", fontsize=7)
    ax.set_xlabel("age (years)")
    ax.set_ylabel("firms that are younger (%)")


def _tail(ax: Any, _: Any, parts: Any) -> None:
    entry = parts[0][0][0]
    x = [10 ** (n / 20) for n in range(31)]

    def above(exponent: Any) -> list[float]:
        return [100 * value ** (1.0 - _known(exponent)) for value in x]

    ax.fill_between(x, above(entry["band"][0]), above(entry["band"][1]), color=BAND, linewidth=0, label="accepted")
    ax.plot(x, above(entry["value"]), color="black", linewidth=1.2, label="source")
    ax.fill_between(x, above(entry["low"]), above(entry["high"]), color=BLUE, alpha=0.2, linewidth=0)
    ax.plot(x, above(entry["model"]), color=BLUE, linestyle="--", label="model")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.legend(fontsize=7)
    ax.set_xlabel("valuation (USD bn)")
    ax.set_ylabel("unicorns worth more (%)")


CURVES = {
    "termination": [_stopping, _returns], "public_share": [_exits], "time_to_unicorn": [_cumulative], "tail": [_tail],
}  # fmt: skip


def names() -> set[str]:
    """The statistics that some figure shows."""
    return {one for _, parts in FIGURES.values() for part in parts for one in part[0]} & set(LABELS)
