"""A stand-in for the model: outcomes with known effects of tolerance and horizon, in microseconds.

It answers like `seedbed.experiments.runner.Model` and says nothing about the world. Fundamental unicorns rise by one per
doubling of tolerance and fall when the life is long, so that the tests know what a study of it must find.
"""

import math
import os
import time

import numpy as np

from seedbed.agents.errors import BadInput

KINDS = ("angel", "market", "patient", "alumni", "guidance")
KNOWN = {
    "fund.tolerance.market": 7 / 3,
    "fund.life.market": 7.0,
    "fund.successor": "results",
    "fund.screens_by": "own",
    "entrepreneur.choice_freedom": 1.0,
    "fund.money_limit": "commitment",
    "fund.companies_per_partner": 12,
    "market.insider_stop_discount": 0.5,
}
LABELS = {
    "unicorns_fundamental": ("fundamental unicorns", "count", "worth a billion dollars by model value"),
    "unicorns_paper": ("paper unicorns", "count", "priced at a billion dollars"),
    "unicorns_fundamental_per_billion": ("fundamental unicorns per billion", "per billion RMB", "sum over sum"),
    "unicorns_paper_per_billion": ("paper unicorns per billion", "per billion RMB", "sum over sum"),
    "unicorns_fundamental_per_public_billion": ("fundamental unicorns per public billion", "per billion RMB", ""),
    "unicorns_radical": ("share of radical unicorns", "share", ""),
    "time_to_unicorn": ("time to unicorn", "years", "median"),
    **{f"dpi_{kind}": (f"DPI of {kind} funds", "ratio", "") for kind in KINDS},
    **{f"tvpi_{kind}": (f"TVPI of {kind} funds", "ratio", "") for kind in KINDS},
    "zombies": ("zombies", "count", "mean live zombies"),
    "zombie_share": ("share of zombies", "share", ""),
    "radical_share": ("share of radical ventures", "share", ""),
    "founders_retry": ("founders who retry", "share", ""),
    "jobs": ("jobs", "count", "at the end"),
    "invested": ("invested", "billion RMB", ""),
    "committed": ("committed", "billion RMB", ""),
    "public_outlay": ("public outlay", "billion RMB", ""),
    "public_net": ("net public cost", "billion RMB", ""),
    "fees": ("fees", "billion RMB", ""),
    "lp_net_private": ("private LPs", "billion RMB", ""),
    "lp_net_institution": ("institutions", "billion RMB", ""),
    "lp_net_alumni": ("alumni", "billion RMB", ""),
    "lp_net_government": ("government as LP", "billion RMB", ""),
    "founders_net": ("founders", "billion RMB", ""),
}


class Case(dict):
    """Parameters of one arm."""


class StandIn:
    """The model's interface, with switches for what may go wrong."""

    def __init__(self, fail=(), kill=(), seconds=0.0, source="standin", effect=1.0):
        self.fail, self.kill, self.seconds, self.rules, self.effect = set(fail), set(kill), seconds, source, effect

    def case(self, arm):
        case = Case(KNOWN, scenario=arm.scenario_name)
        if arm.scenario_name not in ("baseline", "report"):
            raise BadInput(what="scenario", given=arm.scenario_name, allowed=["baseline", "report"], where="standin")
        for key, value in arm.changes.items():
            if key not in KNOWN:
                raise BadInput(what="parameter", given=key, allowed=list(KNOWN), where="standin")
            case[key] = value
        case["arm"] = arm.name
        return case

    def warm(self, case):
        pass

    def labels(self):
        return LABELS

    def digest(self, case):
        return repr(sorted((key, value) for key, value in case.items() if key != "arm"))

    def describe(self, case):
        return [{"name": key, "value": value, "source": "made up"} for key, value in case.items()]

    def source(self):
        return os.environ.get("STANDIN_RULES", self.rules)

    def run(self, case, seed, years, burn_in, keeps, world):
        if (case["arm"], seed) in self.kill:
            os._exit(3)
        if (case["arm"], seed) in self.fail:
            raise ArithmeticError(f"made to fail at seed {seed}")
        if self.seconds:
            time.sleep(self.seconds)
        rng = np.random.default_rng([seed, 7])
        luck, tail, small = rng.normal(), rng.pareto(2.5), rng.normal(size=40) * 0.05
        patience = math.log2(case["fund.tolerance.market"] / (7 / 3)) * self.effect
        if case["fund.screens_by"] == "market":
            patience *= 0.5
        late = (case["fund.life.market"] - 7.0) / 5.0
        unicorns = round(max(0.0, 6 + 2 * luck + tail + patience - 0.3 * late + patience * late * 0.2 + small[0]))
        zombies = 40 + 25 * case["fund.tolerance.market"] + 3 * small[1]
        out = {name: 1.0 + small[place] for place, name in enumerate(LABELS)}
        out |= {
            "unicorns_fundamental": unicorns,
            "unicorns_paper": unicorns + 2,
            "invested": 20 + luck + small[2],
            "unicorns_radical": 0.5 if unicorns else math.nan,
            "time_to_unicorn": 6 + late if unicorns > 4 else math.nan,
            "zombies": zombies,
            "zombie_share": zombies / 1000,
            "committed": 30.0,
            "public_outlay": 2 + 0.1 * small[3],
            "public_net": 1 + 0.1 * small[4],
            "dpi_market": 1.4 + 0.1 * luck - 0.15 * patience * patience + small[5],
            "lp_net_private": luck - late,
            "jobs": 12000 + 900 * luck,
        }
        for name in ("unicorns_fundamental", "unicorns_paper"):
            out[f"{name}_per_billion"] = out[name] / out["invested"]
        out["unicorns_fundamental_per_public_billion"] = unicorns / out["public_outlay"]
        kept = {part: getattr(self, part)(case, rng, years) for part in keeps}
        return out, kept or None, world

    def series(self, case, rng, years):
        return {"tick": np.arange(4 * years), "live": np.floor(1000 + 50 * rng.normal(size=4 * years))}

    def events(self, case, rng, years):
        ticks = np.sort(rng.integers(0, 4 * years, 5))
        return {"tick": ticks, "what": ["founded"] * 5, "amount": rng.normal(size=5)}

    def curves(self, case, rng, years):
        ages = 4 * years
        age = np.arange(ages)
        found = {}
        for group, size in (("all", 1200), ("funded", 300)):
            stay = np.exp(-age / (12 + 2 * case["fund.tolerance.market"]))
            alive = np.floor(size * stay)
            leave = np.append(alive[:-1] - alive[1:], 0)
            found |= {
                f"at_risk_{group}": alive,
                f"deaths_{group}": np.floor(0.8 * leave),
                f"exits_{group}": np.floor(0.1 * leave),
            }
        found["funnel"] = np.floor(1200 * 0.5 ** np.arange(7)) + rng.integers(0, 5, 7)
        for kind in KINDS:
            fund_age = np.arange(60)
            found[f"jcurve_{kind}"] = 20 * (-0.06 * (fund_age < 16) + 0.08 * (fund_age > 20) * (fund_age < 40))
            found[f"jcurve_{kind}_funds"] = np.full(60, 20.0)
        found["zombies"] = 40 + 25 * case["fund.tolerance.market"] * (1 - np.exp(-age / 30)) + rng.normal(size=ages)
        found["live"] = 1000 + 50 * rng.normal(size=ages)
        found["unicorn_ages"] = np.bincount(rng.integers(8, 40, 9), minlength=ages).astype(float)
        return found
