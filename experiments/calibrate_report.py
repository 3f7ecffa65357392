"""What a calibration writes: the posterior as data with its manifest, what identifies what, the fit, and a page that says so.

Every sentence with a figure in it is computed from the summary, and the summary from the runs.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .calibrate import CHECKED_UNDER, LEARNED, Calibration, Recovery, Sample, distance as off_target, worst
from .posterior import FORMAT

__all__ = ["manifest_of", "page", "summarise", "write"]

STRONG = 0.5  # correlations at least as strong as this are named
KNOWN, SOMEWHAT = 0.5, 0.2  # share of the prior's variance gone: well identified, and a little


def _weighted(values: np.ndarray, weights: np.ndarray, shares: Sequence[float]) -> list[float]:
    """Quantiles of weighted values."""
    order = np.argsort(values, kind="stable")
    at = (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum()
    return [float(x) for x in np.interp(shares, at, values[order])]


def summarise(c: Calibration, recovery: Recovery, mode: np.ndarray, at_mode: np.ndarray, sample: Sample, bank_off: np.ndarray) -> dict:
    """All that was found, as plain values."""
    weights = np.full(len(sample.points), 1.0 / len(sample.points))
    mean = weights @ sample.points
    spread = np.sqrt(weights @ (sample.points - mean) ** 2)
    parameters = []
    for place, prior in enumerate(c.parameters):
        low, middle, high = _weighted(sample.points[:, place], weights, (0.05, 0.5, 0.95))
        gone = 1.0 - 12.0 * float(spread[place]) ** 2  # a flat prior on the unit interval has the variance 1/12
        parameters.append({
            "parameter": prior.path, "way": prior.way, "prior_low": prior.low, "prior_high": prior.high, "mode": prior.value(float(mode[place])),
            "median": prior.value(middle), "low": prior.value(low), "high": prior.value(high), "variance_gone": gone,
            "explained": float(recovery.learned[place]), "rank_p": float(sample.recovery.uniform[place]), "covered": float(sample.recovery.covered[place]),
        })  # fmt: skip
    centred = (sample.points - mean) / np.where(spread > 0, spread, 1.0)
    correlation = (centred * weights[:, None]).T @ centred
    pairs = [
        {"one": c.parameters[i].path, "other": c.parameters[j].path, "correlation": float(correlation[i, j])}
        for i in range(len(mean)) for j in range(i) if abs(correlation[i, j]) >= STRONG
    ]  # fmt: skip
    targets = []
    for place, name in enumerate(c.targets):
        value, low, high = c.bands[name]
        column = sample.statistics[:, place]
        good = np.isfinite(column)
        between = _weighted(column[good], weights[good], (0.025, 0.5, 0.975)) if good.any() else [float("nan")] * 3
        targets.append({
            "target": name, "value": value, "band_low": low, "band_high": high, "mode": float(at_mode[place]), "distance": off_target(float(at_mode[place]), c.bands[name]),
            "low": between[0], "median": between[1], "high": between[2], "inside": bool(low <= at_mode[place] <= high),
        })  # fmt: skip
    return {
        "calibration": c.name, "scenario": c.scenario.name, "question": c.question, "parameters": parameters, "targets": targets,
        "mode": c.changes(c.point(mode)), "mode_point": c.point(mode), "mode_distance": worst(t["distance"] for t in targets), "inside": sum(t["inside"] for t in targets),
        "bounds": [
            {"outcome": name, "low": low, "high": high, "why": why, "mode": float(x)}
            for (name, (low, high, why)), x in zip(c.bounds.items(), at_mode[len(c.targets) :], strict=True)
        ],
        "correlations": sorted(pairs, key=lambda pair: -abs(pair["correlation"])), "rounds": sample.rounds, "epsilon": float(sample.distances.max()),
        "draws": len(sample.points), "candidates": {"number": len(sample.candidates), "within": int((sample.candidates <= 1.0).sum()), "median": float(np.median(sample.candidates))}, "conflicts": conflicts(c, sample),
        "bank": {"points": len(bank_off), "nearest": float(bank_off.min()), "within": int((bank_off <= 1.0).sum())},
        "recovery": [
            {"round": name, "truths": len(one.ranks), "uniform": int((one.uniform * len(c.parameters) > 0.05).sum()), "of": len(c.parameters), "covered": float(np.mean(one.covered))}
            for name, one in (("over the whole prior", recovery), ("in the box of the last round", sample.recovery))
        ], "cost": {"runs": c.runs},
    }  # fmt: skip


def conflicts(c: Calibration, sample: Sample) -> list[dict]:
    """Pairs of targets that particles of the posterior meet one at a time rather than together.

    A pair is named where fewer particles have both inside their bands than would if the two were independent, by a factor of two, while each alone is met by some.
    """
    inside = np.array([[abs(off_target(float(x), c.bands[name])) <= 1.0 for x, name in zip(row, c.targets, strict=False)] for row in sample.statistics], dtype=float)
    weights = np.full(len(inside), 1.0 / len(inside))
    share = weights @ inside
    both = (inside * weights[:, None]).T @ inside
    found = []
    for i in range(len(share)):
        for j in range(i):
            expected = share[i] * share[j]
            if expected > 0.01 and both[i, j] < 0.5 * expected:
                found.append({"one": c.targets[i], "other": c.targets[j], "one_met": float(share[i]), "other_met": float(share[j]), "both_met": float(both[i, j])})
    return sorted(found, key=lambda pair: pair["both_met"] - pair["one_met"] * pair["other_met"])


def manifest_of(c: Calibration, model: Any, summary: Mapping) -> dict:
    """What made the posterior, complete enough to make it again."""
    import importlib.metadata

    import seedbed

    versions = {}
    for library in ("numpy", "numba", "scipy", "scikit-learn", "pyabc", "cmaes", "mesa"):
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            versions[library] = ""
    return {
        "format": FORMAT, "seedbed": seedbed.__version__, "calibration": c.name, "scenario": c.scenario.name, "scenario_digest": model.digest(c.scenario),
        "rules": model.source(), "declaration": c.digest, "seed": c.seed, "years": c.years, "burn_in": c.burn_in, "steps": {"bank": dict(c.bank), "search": dict(c.search), "posterior": dict(c.posterior)},
        "targets": {name: list(band) for name, band in c.bands.items()}, "mode": summary["mode"], "cost": summary["cost"], "python": platform.python_version(), "versions": versions,
        "command": f"seedbed calibrate {c.name}",
    }  # fmt: skip


def write(folder: Path, c: Calibration, summary: Mapping, text: str, manifest: dict, sample: Sample, recovery: Recovery, figures: bool) -> None:
    """The answer's files, the manifest last: a folder with a manifest is whole."""
    from . import report
    from .store import write_whole

    folder.mkdir(parents=True, exist_ok=True)
    rows = np.arange(len(sample.points))
    np.random.default_rng([c.seed, 6]).shuffle(rows)  # so that the first few are as good a sample as any
    values = [c.changes(c.point(sample.points[row])) for row in rows]
    paths = list(values[0])
    posterior = report.csv_of([{path: f"{row[path]:.8g}" for path in paths} for row in values])
    manifest["posterior"] = hashlib.sha256(posterior).hexdigest()
    write_whole(folder / "posterior.csv", posterior)
    for name, key in (("parameters.csv", "parameters"), ("targets.csv", "targets")):
        write_whole(folder / name, report.csv_of(summary[key]))
    write_whole(folder / "summary.json", (json.dumps(report._plain(summary), indent=1) + "\n").encode())
    write_whole(folder / "summary.md", text.encode())
    if figures:
        from . import calibrate_figures

        for name, content in calibrate_figures.pictures(c, summary, sample, recovery).items():
            write_whole(folder / f"{name}.png", content)
    write_whole(folder / "manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())


# -- the page ---------------------------------------------------------------------------------------------------------


def page(s: Mapping) -> str:
    """The summary as Markdown."""
    from . import report

    well = [p["parameter"] for p in s["parameters"] if p["variance_gone"] >= KNOWN]
    little = [p["parameter"] for p in s["parameters"] if SOMEWHAT <= p["variance_gone"] < KNOWN]
    not_at_all = [p["parameter"] for p in s["parameters"] if p["variance_gone"] < SOMEWHAT]
    misses = [t for t in s["targets"] if not t["inside"]]
    cost = s["cost"]
    lines = [
        f"# Calibration `{s['calibration']}`", "", s["question"], "",
        f"**The best point has {s['inside']} of {len(s['targets'])} targets inside their bands** ({CHECKED_UNDER} fresh seeds pooled; its worst is {s['mode_distance']:.2f} half-widths of a band "
        f"from its value, one being the edge). " + ("None is missed." if not misses else "Missed: " + report.listed(f"`{t['target']}` ({t['mode']:.3g}, band {t['band_low']:.3g} to {t['band_high']:.3g})" for t in misses) + "."),
        "",
        f"The posterior is a sample of {s['draws']} equally likely points whose worst statistic lies at most {s['epsilon']:.2f} half-widths off, out of {s['candidates']['number']} candidates "
        f"({s['candidates']['within']} of them within one, their median {s['candidates']['median']:.2f}); of {s['bank']['points']} points all over the prior, {s['bank']['within']} came within one, and the nearest lay "
        f"{s['bank']['nearest']:.2f} off.",
        "",
        "Recovery, with points taken for the truth: " + "; ".join(
            f"{r['round']}, ranks of {r['truths']} truths are compatible with an honest posterior for {r['uniform']} of {r['of']} parameters (Kolmogorov-Smirnov, Bonferroni over parameters), "
            f"and 90% intervals hold {r['covered']:.0%} of them" for r in s["recovery"]
        ) + ".",
        "",
        f"Well identified (half of the prior's variance gone or more): {_names(well)}. A little: {_names(little)}. Hardly or not at all: {_names(not_at_all)}; what is claimed must hold whatever these are.",
        "",
        f"Cost: {cost['runs']:,} runs; at 25 a second, which two processors of 2024 do, {cost['runs'] / 1500:.0f} minutes.", "",
        "## Parameters", "",
        report.table(
            ("parameter", "as", "prior", "best point", "posterior, median and 90%", "variance gone", "explained in recovery", "90% covered"),
            [
                (f"`{p['parameter']}`", {"range": "value", "times": "factor", "plus": "addition"}[p["way"]], f"{p['prior_low']:g} to {p['prior_high']:g}", f"{p['mode']:.3g}",
                 f"{p['median']:.3g} ({p['low']:.3g} to {p['high']:.3g})", f"{p['variance_gone']:.0%}", f"{max(0.0, p['explained']):.0%}", f"{p['covered']:.0%}")
                for p in s["parameters"]
            ],
        ),
        "", "Factors and additions are relative to the values that the scenario had before. "
        f"*Explained in recovery*: share of a parameter's variance over the prior that the statistics explain; under {LEARNED:.0%} counts as nothing.", "",
        "## Targets", "",
        report.table(
            ("target", "wanted", "accepted", "best point", "posterior, median and 95%", "inside"),
            [(f"`{t['target']}`", f"{t['value']:.3g}", f"{t['band_low']:.3g} to {t['band_high']:.3g}", f"{t['mode']:.3g}", f"{t['median']:.3g} ({t['low']:.3g} to {t['high']:.3g})", "yes" if t["inside"] else "no") for t in s["targets"]],
        ),
        "",
    ]  # fmt: skip
    if s["bounds"]:
        lines += ["Outside of these bounds the city would not be believed; they are a part of the prior: " + "; ".join(f"{b['outcome']} from {b['low']:g} to {b['high']:g} ({b['why']}; best point {b['mode']:.3g})" for b in s["bounds"]) + ".", ""]
    lines += ["## What cannot be met together", ""]
    if s["conflicts"]:
        lines += [f"- `{x['one']}` is inside its band for {x['one_met']:.0%} of the posterior and `{x['other']}` for {x['other_met']:.0%}, both at once for {x['both_met']:.0%}." for x in s["conflicts"][:8]]
    else:
        lines.append("No two targets exclude each other in the posterior.")
    lines += ["", "## Which parameters stand for each other", ""]
    if s["correlations"]:
        lines += [f"- `{x['one']}` and `{x['other']}`: correlation {x['correlation']:+.2f}." for x in s["correlations"][:12]]
    else:
        lines.append(f"No two parameters are correlated by {STRONG:g} or more in the posterior.")
    return "\n".join([*lines, ""])


def _names(paths: Sequence[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths) or "none"

