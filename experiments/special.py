"""What single studies measure of a finished run, or compute from their table, beside the findings that all studies have.

A measure is a function of a finished world that adds outcomes to its row: counts and sums, so that ratios can be made of them over
runs. `compute` gives what the summary says besides (`heading` and `lines`, and figures of its own); `draw` another figure than
the forest. A declaration names one of these by `analysis = "..."`. Nothing here is a rule: a run is read after it has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import report
from .statistics import Estimate, mean, resampled

__all__ = ["ANALYSES", "Analysis"]

TICKS_PER_YEAR = 4


@dataclass(frozen=True)
class Analysis:
    """A special analysis: outcomes that it measures (label, unit, what), and what it does with the table."""

    measure: Callable[[Any, int], dict[str, float]] | None = None
    outcomes: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    compute: Callable[[Any, Any], dict] | None = None
    figure: str = ""  # a function of study_figures


# -- survivorship: celebrated firms and the patience behind them ---------------------------------------------------------

MIX = np.uint64(0x9E3779B97F4A7C15)  # spreads keys, so that labels are drawn by lot and not by order
CELEBRATED = 6  # firms that the report tells of


def patience_of_winners(world: Any, burn_in: int) -> dict[str, float]:
    """What a reader of success stories sees: years of support and patience of backers, of all backed ventures and of the winners.

    A venture is backed if a market fund led its first round; its backer is patient if that manager's tolerance is above the
    median of the managers, and its lot says so if the tolerance of another manager is, by a permutation of all of them. Support
    lasts from the first round until the last insider stops, or the venture is listed or ends. The celebrated are the six largest by value.
    """
    from seedbed.agents.fund import KINDS

    v, d, managers, funds = (_used(world, name) for name in ("ventures", "deals", "managers", "funds"))
    market = np.flatnonzero(managers["kind"] == KINDS.index("market"))
    tolerance = managers["tolerance"].astype(float)
    lot = tolerance.copy()
    order = market[np.argsort(managers["key"][market] * MIX, kind="stable")]
    lot[order] = tolerance[np.roll(order, max(1, len(order) // 2))]
    patient, drawn = (values > np.median(tolerance[market]) for values in (tolerance, lot))

    opening = np.flatnonzero(d["number"] == 1)
    backed, first = np.unique(d["venture"][opening], return_index=True)  # the lead's deal stands first
    lead = funds["manager"][d["fund"][opening[first]]]
    end = int(world.clock[0].now)
    chosen = (v["founded"][backed] >= burn_in * TICKS_PER_YEAR) & (managers["kind"][lead] == KINDS.index("market"))
    backed, lead = backed[chosen], lead[chosen]
    over = np.stack([np.where(v[name][backed] >= 0, v[name][backed], end) for name in ("abandoned", "listed", "ended")]).min(axis=0)
    years = np.maximum(over - v["round_tick"][backed, 0], 0) / TICKS_PER_YEAR
    won = v["unicorn_fundamental"][backed] >= 0
    best = np.lexsort((v["key"][backed], -v["value"][backed], ~won))[: min(CELEBRATED, int(won.sum()))]
    return {
        "backed": float(len(backed)), "backed_years": float(years.sum()), "backed_patient": float(patient[lead].sum()),
        "backed_drawn": float(drawn[lead].sum()), "winners": float(won.sum()), "winner_years": float(years[won].sum()),
        "winners_patient": float((won & patient[lead]).sum()), "winners_drawn": float((won & drawn[lead]).sum()),
        "celebrated": float(len(best)), "celebrated_years": float(years[best].sum()),
    }  # fmt: skip


_V = "ventures"
SURVIVORSHIP = {
    "backed": ("Ventures backed by market funds", _V, "founded after burn-in whose first round a market fund led"),
    "backed_years": ("Years of support of backed ventures", "years", "sum, from the first round until the last insider stopped, a listing or the end"),
    "backed_patient": ("Backed by a patient manager", _V, "whose tolerance is above the median of market managers"),
    "backed_drawn": ("Backed by a manager whom the lot calls patient", _V, "the same after a permutation of tolerances among managers"),
    "winners": ("Winners", _V, "backed ventures that became fundamental unicorns"),
    "winner_years": ("Years of support of winners", "years", "sum"),
    "winners_patient": ("Winners backed by a patient manager", _V, ""),
    "winners_drawn": ("Winners backed by a manager whom the lot calls patient", _V, ""),
    "celebrated": ("Celebrated firms", _V, "the six winners of a run with the largest value"),
    "celebrated_years": ("Years of support of celebrated firms", "years", "sum"),
}  # fmt: skip


def tell_of_winners(study: Any, table: Any) -> dict:
    """The report's figure beside the same figure of every world, and of the ventures that nobody celebrates."""
    from seedbed.model.parameters import evidence

    told = evidence("report")["six_dragons"]["values"]["years"]
    lines = [f"The report's six firms had {', '.join(map(str, told))} years of support, on average {sum(told) / len(told):.1f}."]
    rows = {}
    for arm in table.arms:
        found = {
            who: _ratio(table, arm, f"{many}_years", who)
            for who, many in (("celebrated", "celebrated"), ("winners", "winner"), ("backed", "backed"))
        }  # fmt: skip
        rows[arm] = {who: _plain(one) for who, one in found.items()}
        lines.append(
            f"{arm}: the six most valuable firms of a run had {report.interval(found['celebrated'], 'years', signed=False)} of support, all winners "
            f"{report.interval(found['winners'], 'years', signed=False)}, all backed ventures {report.interval(found['backed'], 'years', signed=False)}."
        )
    return {"heading": "What a collector of success stories would see", "lines": lines, "support": rows}


# -- Dream Town: the account of grants that are repaid on success ----------------------------------------------------------


def account_of_programmes(world: Any, burn_in: int) -> dict[str, float]:
    """What the repayable grants of the run paid, got back and lost since its start, and how many awards had which outcome."""
    chosen = np.asarray(world.programmes["repay_multiple"]) > 0
    accounts = np.asarray(world.programme_accounts)[chosen]
    row = {f"account_{name}": float(int(accounts[name].sum())) / 1e8 for name in ("paid", "returned", "written_off")}
    return row | {f"account_{name}": float(int(accounts[name].sum())) for name in ("awards", "succeeded", "failed")}


ACCOUNT = {
    "account_paid": ("Paid as repayable grants", "million RMB", "since the start"),
    "account_returned": ("Returned of repayable grants", "million RMB", "since the start"),
    "account_written_off": ("Written off of repayable grants", "million RMB", "since the start"),
    "account_awards": ("Repayable grants", "count", "since the start"),
    "account_succeeded": ("Repayable grants whose team succeeded", "count", "since the start"),
    "account_failed": ("Repayable grants whose team failed", "count", "since the start"),
}  # fmt: skip


def break_even(study: Any, table: Any) -> dict:
    """Returned over paid against the share of successes: the closed form m q of what was paid, and where each arm of the model lies."""
    from seedbed.model.parameters import evidence

    facts = evidence("report")["dream_town"]["values"]
    multiple = facts["repay_on_success"] / facts["grant"]
    lines = [
        f"Closed form: of n grants of {facts['grant'] / 1e6:g} million RMB a share q comes back {multiple:g}-fold, so the account breaks even at q = 1/{multiple:g} = "
        f"{1 / multiple:.0%}; at the report's own odds of 3 to 10% it gets back {3 * multiple:g} to {10 * multiple:g} fen of each yuan."
    ]
    points = {}
    for arm in table.arms:
        paid = table.values("account_paid", [arm])[:, 0]
        if not np.nansum(paid) > 0:
            continue
        share = _ratio(table, arm, "account_succeeded", "account_awards")
        back = _ratio(table, arm, "account_returned", "account_paid")
        points[arm] = {"share": _plain(share), "back": _plain(back)}
        lines.append(f"{arm}: {report.interval(share, 'share', signed=False)} of the awards succeeded, and {report.interval(back, 'share', signed=False)} of what was paid came back.")
    return {"heading": "The account", "lines": lines, "multiple": multiple, "break_even": 1 / multiple, "points": points}


# -- failure by sector and rung ------------------------------------------------------------------------------------------

SECTORS = ("digital", "hardware", "bio", "consumer")
RUNGS = ("unfunded", "first round", "second round", "third round and more")
FOLLOWED = 10  # years for which a venture is watched
SOON = 1.5  # years: the report's eighteen months


def failures(world: Any, burn_in: int) -> dict[str, float]:
    """Of ventures founded after burn-in and at least ten years before the end: how many shut by eighteen months and by ten years, by sector and rung.

    The rung is how far a venture came: no priced round, one, two, three and more. Taken over at shutting counts as an exit. Deals of angel and market funds that
    are closed: how many returned their cost, a fifth a year, and ten times the money.
    """
    from seedbed.agents.fund import KINDS
    from seedbed.agents.venture import SHUT, TAKEN_OVER

    v, d, funds = (_used(world, name) for name in ("ventures", "deals", "funds"))
    end = int(world.clock[0].now)
    v = v[(v["founded"] >= burn_in * TICKS_PER_YEAR) & (v["founded"] < end - FOLLOWED * TICKS_PER_YEAR)]
    shut = (v["status"] == SHUT) & (v["ending"] != TAKEN_OVER) & (v["listed"] < 0)
    age = np.where(v["ended"] >= 0, v["ended"] - v["founded"], end)
    soon, late = shut & (age <= SOON * TICKS_PER_YEAR), shut & (age <= FOLLOWED * TICKS_PER_YEAR)
    row: dict[str, float] = {}
    rung = np.minimum(v["rounds"], len(RUNGS) - 1)
    groups = {"all": np.ones(len(v), dtype=bool)}
    groups |= {name: v["sector"] == place for place, name in enumerate(SECTORS)}
    groups |= {f"rung{place}": rung == place for place in range(len(RUNGS))}
    groups |= {"funded": v["rounds"] > 0}
    for name, group in groups.items():
        row |= {f"followed_{name}": float(group.sum()), f"soon_{name}": float((group & soon).sum()), f"late_{name}": float((group & late).sum())}
    closed = d[(d["closed"] >= 0) & (d["opened"] >= burn_in * TICKS_PER_YEAR) & (d["cost"] > 0)]
    kind = funds["kind"][closed["fund"]]
    multiple, held = closed["got"] / np.maximum(closed["cost"], 1), (closed["closed"] - closed["opened"]) / TICKS_PER_YEAR
    for name in ("angel", "market"):
        own = kind == KINDS.index(name)
        row[f"deals_{name}"] = float(own.sum())
        row[f"good_{name}"] = float((own & (multiple >= np.exp(held * np.log(1.2)))).sum())
        row[f"tenfold_{name}"] = float((own & (multiple >= 10.0)).sum())
    return row


_GROUPS = {"all": "all ventures", **{name: f"{name} ventures" for name in SECTORS}, **{f"rung{place}": name for place, name in enumerate(RUNGS)}, "funded": "funded ventures"}
FAILURES = {
    **{f"followed_{name}": (f"Followed, {words}", _V, "founded after burn-in and ten years before the end") for name, words in _GROUPS.items()},
    **{f"soon_{name}": (f"Shut by eighteen months, {words}", _V, "of those followed") for name, words in _GROUPS.items()},
    **{f"late_{name}": (f"Shut by ten years, {words}", _V, "of those followed") for name, words in _GROUPS.items()},
    **{f"{what}_{kind}": (f"{label} of {kind} funds", "deals", "opened after burn-in and closed")
       for kind in ("angel", "market") for what, label in (("deals", "Deals"), ("good", "Deals of 20% a year and more"), ("tenfold", "Tenfold deals"))},
}  # fmt: skip


def ladder(study: Any, table: Any) -> dict:
    """Shares that shut by eighteen months and by ten years, by sector and by rung, in every arm."""
    shares: dict[str, dict] = {}
    for arm in table.arms:
        shares[arm] = {
            words: {"soon": _plain(_ratio(table, arm, f"soon_{name}", f"followed_{name}")), "late": _plain(_ratio(table, arm, f"late_{name}", f"followed_{name}"))}
            for name, words in _GROUPS.items()
        }  # fmt: skip
    lines = []
    for arm, groups in shares.items():
        told = [f"{words} {report.number(one['soon']['value'], 'share')} and {report.number(one['late']['value'], 'share')}" for words, one in groups.items()]
        lines.append(f"{arm}, shut by eighteen months and by ten years: {'; '.join(told)}.")
    return {"heading": "Failure by sector and rung", "lines": lines, "shares": shares}


# -- packages: what should a city do ------------------------------------------------------------------------------------

BAR = " | "  # between a package and an assumption in the name of an arm


def regrets(study: Any, table: Any) -> dict:
    """Packages of equal public cost across assumptions: how much each falls short of the best one, in the mean and at worst.

    Arms are named "package | assumption". The regret of a package under an assumption is the best package's mean outcome there less its own; the
    intervals resample seeds for all of them together.
    """
    from .judging import GOOD

    pairs = [arm.split(BAR) for arm in table.arms if BAR in arm]
    packages, worlds = (list(dict.fromkeys(column)) for column in zip(*pairs, strict=True))
    ranked: dict[str, list[dict]] = {}
    lines = []
    for outcome in study.shows or study.given["outcomes"]:
        good = 1 if outcome not in ("public_net", "home_public_net") and GOOD.get(outcome, 1) >= 0 else -1
        values = np.stack([table.values(outcome, [f"{package}{BAR}{world}" for world in worlds]) for package in packages], axis=1)
        values = good * values[np.isfinite(values).all(axis=(1, 2))]
        if len(values) < 2:
            continue

        def regret(weights, values=values):
            level = np.einsum("bn,npw->bpw", weights, values) / weights.sum(axis=1)[:, None, None]
            short = level.max(axis=1, keepdims=True) - level
            return np.concatenate([short.mean(axis=2), short.max(axis=2), level.mean(axis=2)], axis=1)

        found = resampled(regret, len(values), method="percentile")
        number = len(packages)
        rows = [
            {"package": package, "expected": _plain(found[place]), "worst": _plain(found[number + place]), "level": _plain(_turned(found[2 * number + place], good))}
            for place, package in enumerate(packages)
        ]  # fmt: skip
        ranked[outcome] = sorted(rows, key=lambda row: (row["expected"]["value"], row["package"]))
        first, minimax = ranked[outcome][0], min(rows, key=lambda row: (row["worst"]["value"], row["package"]))
        name = table.label(outcome)
        # A rival that is as good within the interval is told, since a first place by luck is no advice.
        leader = values[:, packages.index(first["package"])].mean(axis=1)
        gaps = {package: mean(leader - values[:, place].mean(axis=1)) for place, package in enumerate(packages) if package != first["package"]}
        near = [package for package, gap in gaps.items() if gap.sign <= 0]
        lines.append(
            f"{name}: the least expected regret has {first['package']} ({_told(first['expected'])}), the least regret at worst {minimax['package']} ({_told(minimax['worst'])}); "
            + (f"not clearly behind: {report.listed(near)}." if near else "all others are clearly behind.")
        )
    return {"heading": "Packages at equal public cost", "lines": lines, "packages": packages, "assumptions": worlds, "ranked": ranked}


# -- small parts ----------------------------------------------------------------------------------------------------------


def _used(world: Any, name: str) -> np.ndarray:
    """The rows of a table that are in use."""
    table = np.asarray(getattr(world, name))
    return table[: int(world.clock[0][f"n_{name}"])] if f"n_{name}" in world.clock.dtype.names else table


def _ratio(table: Any, arm: str, top: str, below: str) -> Estimate:
    """Sum over sum of an arm's runs, with its interval."""
    found = mean(table.values(top, [arm])[:, 0], table.values(below, [arm])[:, 0])
    return Estimate(float(found.value), float(found.low), float(found.high), int(found.n))


def _plain(found: Estimate) -> dict[str, float]:
    return {"value": float(found.value), "low": float(found.low), "high": float(found.high)}


def _turned(found: Estimate, sign: int) -> Estimate:
    return found if sign > 0 else Estimate(-found.value, -found.high, -found.low, found.n)


def _told(one: Mapping[str, float]) -> str:
    return report.interval(Estimate(one["value"], one["low"], one["high"], 0), signed=False)



ANALYSES: dict[str, Analysis] = {
    "survivorship": Analysis(patience_of_winners, SURVIVORSHIP, tell_of_winners, "winners"),
    "account": Analysis(account_of_programmes, ACCOUNT, break_even, "break_even"),
    "failure": Analysis(failures, FAILURES, ladder, "ladder"),
    "packages": Analysis(None, {}, regrets, "regret"),
}
