"""What is compared when the shadow is held beside the model: outcomes fixed beforehand, and the energy distance between two samples of them.

The energy distance of two distributions is 2 E|X - Y| - E|X - X'| - E|Y - Y'|, which is zero for equal ones alone; whether a distance
between two samples is more than chance is asked by dealing the pooled runs out anew (Szekely & Rizzo 2013, Journal of Statistical Planning
and Inference 143(8)). Each outcome by itself is compared in the same way, and the smallest p-values are held to Holm's bounds (1979).
"""

from __future__ import annotations

import math

import numpy as np
from shadow import IN_MARKET

AGES = ((0, 4), (4, 8), (8, 12), (12, 20), (20, 1000))


def share(part, whole):
    return part / whole if whole else 0.0


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def log_mean(values):
    return mean(math.log(x) for x in values if x > 0)


def spread(values):
    values = list(values)
    return float(np.std(values)) if values else 0.0


def lives_of_shadow(city):
    """One line of facts for each venture: what both sides can tell."""
    return [
        {
            "radical": v.form == "radical", "quality": v.quality, "founded": v.founded, "milestones": v.milestones, "serial": v.serial,
            "entry": v.entry if v.entry >= 0 else None, "ended": v.ended if v.ended >= 0 else None, "ending": v.ending or "living",
            "listed": v.listed >= 0, "revenue": v.revenue if v.link == IN_MARKET else 0.0, "cash": v.cash, "proceeds": v.proceeds,
            "rounds": v.rounds, "tranches": v.tranches, "raised": v.raised, "stopped": v.abandoned, "founders_share": v.founders_shares / v.all_shares,
            "value": city.value_of(v) if v.link == IN_MARKET and v.ended < 0 else 0.0,
        }
        for v in city.ventures
    ]  # fmt: skip


def lives_of_model(history):
    def at(years):
        return None if math.isnan(years) else round(4 * years)

    endings = {"out of money": "out of money", "market failed": "market failed"}
    lives = []
    for v in history.ventures().itertuples():
        ending = "living" if math.isnan(v.ended) else endings.get(v.ending, "acquired" if v.status == "acquired" else "acquihired")
        lives.append(
            {
                "radical": v.form == "radical", "quality": v.quality, "founded": round(4 * v.founded), "milestones": v.milestones, "serial": v.origin == "serial",
                "entry": at(v.market_entry), "ended": at(v.ended), "ending": ending, "listed": not math.isnan(v.listed), "revenue": v.revenue,
                "cash": v.cash, "proceeds": v.proceeds, "rounds": v.rounds, "tranches": v.tranches, "raised": v.raised,
                "stopped": not math.isnan(v.abandoned), "founders_share": v.founders_share, "value": v.value if v.link == "in the market" and math.isnan(v.ended) else 0.0,
            }
        )  # fmt: skip
    return lives


def deals_of_shadow(city):
    """Rounds as (number, quarter, size, pre-money), closed deals as (cost, got), funds that have ended as sums."""
    rounds = [(number, tick, ask, pre) for number, tick, ask, pre, _ in city.rounds]
    deals = [(d["cost"], d["got"]) for f in city.funds for d in f.deals if not d["open"]]
    funds = [{"called": f.called, "distributed": f.distributed, "fees": f.fees, "carry": f.carry, "deals": len(f.deals)} for f in city.funds if f.ended >= 0]
    return rounds, deals, funds


def deals_of_model(history):
    rounds = [(r.number, r.tick, r.size, r.pre) for r in history.rounds().itertuples()]
    deals = [(d.cost, d.got) for d in history.deals().itertuples() if not math.isnan(d.closed)]
    funds = [
        {"called": f.called, "distributed": f.distributed, "fees": f.fees, "carry": f.carry, "deals": f.deals}
        for f in history.funds().itertuples()
        if not math.isnan(f.ended)
    ]
    return rounds, deals, funds


def venture_outcomes(lives):
    """The chain of ventures, whoever pays."""
    founded = len(lives)
    entered = [v for v in lives if v["entry"] is not None]
    selling = [v for v in entered if v["ended"] is None]
    lived = [v["ended"] - v["founded"] for v in lives if v["ended"] is not None and v["ending"] != "acquired"]
    outcomes = {
        "founded": founded,
        "radical": share(sum(v["radical"] for v in lives), founded),
        "serial": share(sum(v["serial"] for v in lives), founded),
        "mean quality": mean(v["quality"] for v in lives),
        "milestones": mean(v["milestones"] for v in lives),
        "entered the market": share(len(entered), founded),
        "quarters to the market": mean(v["entry"] - v["founded"] for v in entered),
        "acquired": share(sum(v["ending"] == "acquired" for v in lives), founded),
        "listed": share(sum(v["listed"] for v in lives), founded),
        "market failed": share(sum(v["ending"] == "market failed" for v in lives), founded),
        "log largest revenue": math.log(max([v["revenue"] for v in selling], default=1.0) + 1e-6),
        "mean log revenue": log_mean(v["revenue"] for v in selling),
        "spread of log revenue": spread(math.log(v["revenue"]) for v in selling if v["revenue"] > 0),
        "mean log value": log_mean(v["value"] for v in selling),
        "mean log price of the acquired": log_mean(v["proceeds"] for v in lives if v["ending"] == "acquired"),
        "share of cash in value": share(sum(v["cash"] for v in selling), sum(v["value"] for v in selling)),
    }
    for low, high in AGES:
        outcomes[f"died aged {low // 4} to {high // 4}" if high < 1000 else f"died aged {low // 4} or more"] = share(sum(low <= age < high for age in lived), founded)
    return outcomes


def fund_outcomes(lives, rounds, deals, funds):
    """What funds add to it."""
    founded, funded = len(lives), [v for v in lives if v["rounds"]]
    called, distributed = sum(f["called"] for f in funds), sum(f["distributed"] for f in funds)
    firsts = [r for r in rounds if r[0] == 1]
    return {
        "funded": share(len(funded), founded),
        "two rounds": share(sum(v["rounds"] >= 2 for v in lives), founded),
        "three rounds": share(sum(v["rounds"] >= 3 for v in lives), founded),
        "radical among funded": share(sum(v["radical"] for v in funded), len(funded)),
        "quality of funded": mean(v["quality"] for v in funded),
        "log first pre-money": log_mean(r[3] for r in firsts),
        "log first size": log_mean(r[2] for r in firsts),
        "log later pre-money": log_mean(r[3] for r in rounds if r[0] > 1),
        "log later size": log_mean(r[2] for r in rounds if r[0] > 1),
        "tranches for each funded": share(sum(v["tranches"] for v in funded), len(funded)),
        "stopped": share(sum(v["stopped"] for v in funded), len(funded)),
        "acquihired": share(sum(v["ending"] == "acquihired" for v in lives), founded),
        "log invested": math.log(1 + sum(v["raised"] for v in lives)),
        "founders' share": mean(v["founders_share"] for v in funded if v["ended"] is None),
        "deals closed below cost": share(sum(got < cost for cost, got in deals), len(deals)),
        "deals closed at ten times": share(sum(got > 10 * cost for cost, got in deals), len(deals)),
        "mean log multiple": log_mean(got / cost for cost, got in deals if cost > 0),
        "deals of a fund": mean(f["deals"] for f in funds),
        "called of a fund": mean(f["called"] for f in funds),
        "fees of a fund": mean(f["fees"] for f in funds),
        "log distributed": math.log(1 + distributed),
        "log DPI": math.log(0.01 + share(distributed, called)),
        "carry of distributed": share(sum(f["carry"] for f in funds), distributed),
    }


# --- the distance between two samples -------------------------------------------------------------------------------------------------


def standardised(first, second):
    """Both samples in units of the pooled spread; an outcome that never varies says nothing and is zero."""
    pooled = np.vstack([first, second])
    scale = pooled.std(axis=0)
    return np.where(scale > 0, (pooled - pooled.mean(axis=0)) / np.where(scale > 0, scale, 1.0), 0.0)


def distances(rows):
    """Euclidean distance between each pair of rows."""
    gaps = rows[:, None, :] - rows[None, :, :]
    return np.sqrt((gaps**2).sum(axis=2))


def energy(matrix, labels):
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| of the two samples that the labels make, from the distances of all pairs."""
    x, y = labels.astype(float), 1.0 - labels
    n, m = x.sum(), y.sum()
    return float(2 * x @ matrix @ y / (n * m) - x @ matrix @ x / n**2 - y @ matrix @ y / m**2)


def permutation_test(first, second, rounds=999, seed=1):
    """The energy distance of two samples (rows: runs) and the share of random splits of the pooled runs with at least as large a one."""
    matrix = distances(standardised(first, second))
    labels = np.arange(len(first) + len(second)) < len(first)
    found = energy(matrix, labels)
    chance = np.random.default_rng(seed)
    at_least = sum(energy(matrix, chance.permutation(labels)) >= found - 1e-12 for _ in range(rounds))
    return found, (1 + at_least) / (1 + rounds)


def holm(p_values):
    """Holm's adjusted p-values, in the order given."""
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = np.empty(len(p_values)), 0.0
    for place, k in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[k]))
        adjusted[k] = largest
    return adjusted
