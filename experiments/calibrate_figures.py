"""Figures of a calibration: what was learned of each parameter, how the posterior meets the targets, and whether it is honest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .calibrate import Calibration, Recovery, Sample
from .drawing import BLACK, BLUE, GREY, ORANGE, VERMILION, panels, png, styled

__all__ = ["pictures"]


def pictures(c: Calibration, summary: Mapping, sample: Sample, recovery: Recovery) -> dict[str, bytes]:
    """Name -> PNG."""
    found = {"parameters": parameters(c, summary, sample), "targets": targets(summary), "recovery": ranks(c, sample.recovery)}
    return {name: png(figure, 90) for name, figure in found.items()}


@styled
def parameters(c: Calibration, summary: Mapping, sample: Sample) -> Any:
    """Posterior of each parameter over its prior (grey), the best point as a line."""
    columns = 5
    rows = -(-len(c.parameters) // columns)
    figure, axes = panels(2.5 * columns, 1.75 * rows, rows, columns)
    weights = np.full(len(sample.points), 1.0 / len(sample.points))
    for ax in axes.flat[len(c.parameters) :]:
        ax.set_axis_off()
    for ax, prior, told, column in zip(axes.flat, c.parameters, summary["parameters"], sample.points.T, strict=False):
        edges = np.linspace(0.0, 1.0, 13)
        height, _ = np.histogram(column, edges, weights=weights * 12)
        ax.stairs(height, edges, fill=True, color=BLUE, alpha=0.6)
        ax.axhline(1.0, color=GREY, lw=1.5)
        ax.axvline(prior.share(told["mode"]), color=VERMILION, lw=1.2)
        ax.set_xlim(0, 1)
        ax.set_xticks([0, 0.5, 1], [f"{prior.value(x):.2g}" for x in (0.0, 0.5, 1.0)])
        ax.set_yticks([])
        words = {"range": "", "times": "× ", "plus": "+ "}[prior.way]
        ax.set_title(f"{words}{prior.path}", fontsize=7)
    figure.suptitle("Posterior (blue) over flat prior (grey line), best point (vermilion); share of density", fontsize=10)
    return figure


@styled
def targets(summary: Mapping) -> Any:
    """Each statistic in half-widths of its band: best point with fresh seeds, and the posterior's 95%."""
    from .calibrate import distance

    rows = summary["targets"]
    figure, axes = panels(8.0, 1.2 + 0.27 * len(rows))
    ax = axes[0, 0]
    ax.axvspan(-1, 1, color=GREY, alpha=0.25, lw=0)
    ax.axvline(0, color=BLACK, lw=0.8)
    for place, row in enumerate(reversed(rows)):
        band = (row["value"], row["band_low"], row["band_high"])
        low, middle, high = (distance(row[key], band) for key in ("low", "median", "high"))
        ax.plot([low, high], [place, place], color=BLUE, lw=2, solid_capstyle="butt")
        ax.plot(middle, place, "|", color=BLUE, ms=8)
        ax.plot(row["distance"], place, "o" if row["inside"] else "s", color=BLACK if row["inside"] else VERMILION, ms=4)
    ax.set_yticks(range(len(rows)), [row["target"] for row in reversed(rows)], fontsize=7)
    ax.set_xlabel("distance from the target, half-widths of its band (grey: accepted)")
    ax.set_title("Best point (dot; square: outside) and posterior, 95% of particles", fontsize=9)
    return figure


@styled
def ranks(c: Calibration, recovery: Recovery) -> Any:
    """Cumulative ranks of known truths in their posteriors, less what an honest posterior gives, with its 95% band."""
    figure, axes = panels(6.0, 3.6)
    ax = axes[0, 0]
    n = max(1, len(recovery.ranks))
    at = np.linspace(0, 1, 101)
    half = 1.36 / np.sqrt(n)  # Kolmogorov's limit for the largest difference, 95%
    ax.axhspan(-half, half, color=GREY, alpha=0.3, lw=0)
    for place, uniform in enumerate(recovery.uniform):
        share = np.searchsorted(np.sort(recovery.ranks[:, place]), at, side="right") / n
        clear = uniform * len(c.parameters) < 0.05
        ax.plot(at, share - at, color=ORANGE if clear else BLUE, lw=1.6 if clear else 0.7, label=c.parameters[place].path if clear else None)
    ax.set_xlabel("rank of the truth in its posterior (share of draws below it)")
    ax.set_ylabel("cumulative share less uniform")
    ax.set_title(f"Simulation-based calibration, {n} known truths, {len(c.parameters)} parameters", fontsize=9)
    if any(line.get_label()[0] != "_" for line in ax.lines):
        ax.legend(frameon=False, fontsize=7)
    return figure

