"""The calibration targets, measured on finished runs: each statistic with its own population, as its source defines it.

The targets themselves, with bands and sources, are in evidence/targets.toml.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seedbed.agents.fund import KINDS
from seedbed.agents.venture import BOUGHT, SHUT, SPINOUT, TAKEN_OVER

from .outcomes import Window, _ratio
from .parameters import evidence
from .world import TICKS_PER_YEAR, World

FOLLOWED = 26  # quarters from founding at which the cohorts of the sources are looked at: six to seven years
USD_100M = 7.1e10  # fen at 7.1 RMB


def counts(world: World, burn_in: int = 10) -> dict[str, tuple[float, float]]:
    """Numerator and denominator of each statistic in one run, so that runs can be pooled before dividing."""
    o = Window(world, burn_in)
    v = o.ventures
    old = v[o.end - v["founded"] >= FOLLOWED]
    seed = np.where(old["rounds"] > 0, old["round_tick"][:, 0], o.end + 1) - old["founded"]
    funded = old[seed <= FOLLOWED]
    reached = [np.count_nonzero((funded["rounds"] >= n) & (funded["round_tick"][:, min(n, 8) - 1] - funded["founded"] <= FOLLOWED)) for n in range(1, 7)]
    result: dict[str, tuple[float, float]] = {}
    for n in range(2, 7):
        result[f"A1_rounds.{n}"] = (reached[n - 1], len(funded))
    deals = o.deals[(o.deals["opened"] >= o.start) & (o.deals["opened"] < o.end - 8 * TICKS_PER_YEAR)]
    multiple = deals["got"] / np.maximum(deals["cost"], 1)
    for name, hit in (("below_1x", multiple < 1.0), ("from_5x", multiple >= 5.0), ("from_10x", multiple >= 10.0)):
        result[f"A2_deal_multiples.{name}"] = (np.count_nonzero(hit), len(deals))
    best = np.argsort(-multiple, kind="stable")[: int(0.06 * len(deals))]
    result["A3_concentration"] = (float(deals["got"][best].sum()), float(deals["got"].sum()))
    closed = (v["status"] == SHUT) & (v["ending"] != TAKEN_OVER)
    age = np.where(v["ended"] >= 0, v["ended"], o.end) - v["founded"]
    for year in range(7):
        low, high = 4 * year, 4 * year + 4
        seen = (age >= low) & (o.end - v["founded"] >= high)
        result[f"A4_mortality_shape.{year}"] = (np.count_nonzero(seen & closed & (age < high)), np.count_nonzero(seen))
    longer = v[(v["rounds"] > 0) & (o.end - v["founded"] >= 30)]
    tick = longer["unicorn_paper"]
    result["A5_unicorn_rate"] = (np.count_nonzero((tick >= 0) & (tick - longer["founded"] <= 30)), len(longer))
    ended = funded["ended"] - funded["founded"]
    sold = (funded["ended"] >= 0) & (ended <= FOLLOWED) & ((funded["status"] == BOUGHT) | (funded["ending"] == TAKEN_OVER))
    public = (funded["listed"] >= 0) & (funded["listed"] - funded["founded"] <= FOLLOWED)
    result["A6_exits.acquired"] = (np.count_nonzero(sold), len(funded))
    result["A6_exits.public"] = (np.count_nonzero(public), len(funded))
    research = float(world.universities["research"].sum()) * len(o.late) / max(1, o.end)
    result["A7_spinouts"] = (np.count_nonzero(v["origin"] == SPINOUT), research / USD_100M)
    stages = [len(old), *reached[:4]]
    for n, name in enumerate(("seed_of_start", "a_of_seed", "b_of_a", "c_of_b")):
        result[f"A8_graduation.{name}"] = (stages[n + 1], stages[n])
    return {name: (float(a), float(b)) for name, (a, b) in result.items()}


def bands() -> dict[str, tuple[float, float, float]]:
    """Each statistic's value and band, read from the targets' file: name -> (value, low, high)."""
    t = evidence("target")

    def around(value: float, share: float) -> tuple[float, float, float]:
        return value, value * (1.0 - share), value * (1.0 + share)

    result: dict[str, tuple[float, float, float]] = {}
    for n, value in enumerate(t["A1_rounds"]["value"]):
        result[f"A1_rounds.{n + 2}"] = around(value, t["A1_rounds"]["band_relative"])
    for name, value in t["A2_deal_multiples"]["value"].items():
        low, high = t["A2_deal_multiples"]["band"][name]
        result[f"A2_deal_multiples.{name}"] = (value, low, high)
    result["A3_concentration"] = (t["A3_concentration"]["value"], *t["A3_concentration"]["band"])
    for year, value in enumerate(t["A4_mortality_shape"]["value"]):
        result[f"A4_mortality_shape.{year}"] = around(value, t["A4_mortality_shape"]["band_relative"])
    result["A5_unicorn_rate"] = (t["A5_unicorn_rate"]["value"], *t["A5_unicorn_rate"]["band"])
    for name, value in t["A6_exits"]["value"].items():
        result[f"A6_exits.{name}"] = around(value, t["A6_exits"]["band_relative"])
    result["A7_spinouts"] = (t["A7_spinouts"]["value"], *t["A7_spinouts"]["band"])
    for name, value in zip(("seed_of_start", "a_of_seed", "b_of_a", "c_of_b"), t["A8_graduation"]["value"], strict=True):
        result[f"A8_graduation.{name}"] = around(value, t["A8_graduation"]["band_relative"])
    return result


def table(
    runs: list[dict[str, tuple[float, float]]], against: dict[str, tuple[float, float, float]] | None = None
) -> list[dict[str, Any]]:
    """Pool runs and set each statistic beside its target: name, target, low, high, model, inside."""
    rows = []
    for name, (value, low, high) in (against or bands()).items():
        model = _ratio(sum(r[name][0] for r in runs), sum(r[name][1] for r in runs))
        rows.append({"name": name, "target": value, "low": low, "high": high, "model": model, "inside": low <= model <= high})
    return rows


def report_counts(world: World, burn_in: int = 10) -> dict[str, tuple[float, float]]:
    """The report's own rates, each with the denominator that makes it least inconsistent (section 6 against 3.3).

    early_failure: teams that nobody funds, closed within 18 months of founding. firms: all ventures, teams: research teams (spinouts); success is to reach the market and not to be
    closed within three years of it. angel, vc: first cheques of angels, and of market and patient funds; success is to get the money back. tenfold: of the latter.
    """
    o = Window(world, burn_in)
    v = o.ventures[o.end - o.ventures["founded"] >= 10 * TICKS_PER_YEAR]
    unfunded = v[(v["rounds"] == 0) & (v["granted"] == 0)]
    early = (unfunded["ended"] >= 0) & (unfunded["ended"] - unfunded["founded"] <= 6)
    entered = v["market_entry"] >= 0
    lasting = entered & ((v["status"] != SHUT) | (v["ended"] - v["market_entry"] > 3 * TICKS_PER_YEAR))
    spinout = v["origin"] == SPINOUT
    deals = o.deals[(o.deals["opened"] >= o.start) & (o.deals["opened"] < o.end - 8 * TICKS_PER_YEAR)]
    kind = o.all_funds["kind"][deals["fund"]]
    multiple = deals["got"] / np.maximum(deals["cost"], 1)
    angel = kind == KINDS.index("angel")
    vc = (kind == KINDS.index("market")) | (kind == KINDS.index("patient"))
    result = {
        "R1_early_failure": (np.count_nonzero(early), len(unfunded)),
        "R2_ladder.firms": (np.count_nonzero(lasting), len(v)),
        "R2_ladder.teams": (np.count_nonzero(lasting & spinout), np.count_nonzero(spinout)),
        "R2_ladder.angel": (np.count_nonzero(angel & (multiple >= 1.0)), np.count_nonzero(angel)),
        "R2_ladder.vc": (np.count_nonzero(vc & (multiple >= 1.0)), np.count_nonzero(vc)),
        "R2_ladder.tenfold": (np.count_nonzero(vc & (multiple >= 10.0)), np.count_nonzero(vc)),
    }
    return {name: (float(a), float(b)) for name, (a, b) in result.items()}


def report_bands() -> dict[str, tuple[float, float, float]]:
    """The report's rates as value, low and high: its own ranges, and three hundredths around the share that fails early."""
    t = evidence("target")
    early = float(t["R1_early_failure"]["value"])
    result = {"R1_early_failure": (early, early - 0.03, 1.0)}
    for name, (low, high) in t["R2_ladder"]["value"].items():
        result[f"R2_ladder.{name}"] = (0.5 * (low + high), float(low), float(high))
    return result
