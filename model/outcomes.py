"""What a run amounts to: one row of outcomes, fixed beforehand, and a few curves that can be added up over runs.

Outcomes look at what happened after the burn-in: ventures founded and funds raised after it, money paid after it. Sums of money are whole fen until the last
division, so that the same run gives the same row on every version of numpy.
"""

from __future__ import annotations

import math

import numpy as np

from seedbed.agents.accounts import ACCOUNT_NAMES
from seedbed.agents.fund import KINDS
from seedbed.agents.venture import BOUGHT, RADICAL, SHUT, SPINOUT, TAKEN_OVER

from .world import TICKS_PER_YEAR, World

BILLION = 1e11  # fen

_COUNT = "ventures"
_RMB = "billion RMB"
OUTCOMES: dict[str, tuple[str, str, str]] = {
    "unicorns_paper": ("Unicorns founded (paper)", _COUNT, "ventures founded after burn-in whose last outside price or listing put them at USD 1bn or more by the end"),
    "unicorns_fundamental": ("Unicorns founded (fundamental)", _COUNT, "the same by present value of sales plus cash"),
    "near_unicorns": ("Near-unicorns founded", _COUNT, "ventures founded after burn-in whose present value reached USD 100m"),
    "unicorns_paper_per_billion": ("Paper unicorns per billion invested", "1 / billion RMB", "over equity invested after burn-in"),
    "unicorns_fundamental_per_billion": ("Fundamental unicorns per billion invested", "1 / billion RMB", "over equity invested after burn-in"),
    "unicorns_paper_per_public_billion": ("Paper unicorns per public billion", "1 / billion RMB", "over gross public money after burn-in"),
    "unicorns_fundamental_per_public_billion": ("Fundamental unicorns per public billion", "1 / billion RMB", "over gross public money after burn-in"),
    "unicorns_radical": ("Share radical of unicorns", "share", "of the fundamental unicorns founded"),
    "unicorns_spinout": ("Share spinouts of unicorns", "share", "of the fundamental unicorns founded"),
    **{f"dpi_{k}": (f"DPI of {k} funds", "ratio", "distributed to paid-in, pooled over funds raised after burn-in whose life has ended") for k in KINDS},
    **{f"tvpi_{k}": (f"TVPI of {k} funds", "ratio", "distributed and last marks to paid-in, pooled over funds raised after burn-in and at least five years old") for k in KINDS},
    **{f"irr_{k}": (f"IRR of {k} funds", "per year", "of the pooled flows to investors of the funds behind the DPI") for k in ("market", "patient")},
    "zombies": ("Zombies", _COUNT, "mean number after burn-in of living ventures that have been idle for the time set"),
    "zombie_share": ("Share of zombies", "share", "of living ventures, mean after burn-in"),
    "founded": ("Ventures founded", _COUNT, "after burn-in"),
    "funded": ("Ventures funded", _COUNT, "founded after burn-in with at least one priced round"),
    "radical_share": ("Share radical", "share", "of ventures founded after burn-in"),
    "spinouts": ("Spinouts founded", _COUNT, "after burn-in"),
    "time_to_unicorn": ("Time to unicorn (fundamental)", "years", "median from founding"),
    "time_to_unicorn_paper": ("Time to unicorn (paper)", "years", "median from founding"),
    "founders_retry": ("Founders who try again", "share", "of founders who have failed at all"),
    "jobs": ("Jobs", "jobs", "in living ventures at the end"),
    "job_years": ("Job-years", "job-years", "in ventures after burn-in"),
    "invested": ("Equity invested", _RMB, "after burn-in"),
    "committed": ("Fund commitments", _RMB, "of funds raised after burn-in"),
    "fees": ("Management fees", _RMB, "of funds raised after burn-in"),
    "public_outlay": ("Public money paid out", _RMB, "grants, stakes, services and the city's part of capital calls, after burn-in"),
    "public_returned": ("Public money returned", _RMB, "grants repaid, proceeds of stakes and the city's part of distributions, after burn-in"),
    "public_net": ("Net public cost", _RMB, "outlay less what came back"),
    "inquiries": ("Inquiries", "inquiries", "into programmes, since the start"),
    "tax": ("Tax from ventures", _RMB, "after burn-in"),
    "tfp_growth": ("Growth of total factor productivity", "per year", "of the old industry and ventures together, from the first year after burn-in to the last"),
    "old_jobs": ("Jobs in the old industry", "jobs", "at the end"),
    "idle_jobs": ("Idle job-years", "job-years", "of the old industry's jobs, lost and not yet replaced, after burn-in"),
    "lp_net_private": ("Private investors' net gain", _RMB, "received from funds less paid in, after burn-in"),
    "lp_net_institution": ("Institutions' net gain", _RMB, "received from funds less paid in, after burn-in"),
    "lp_net_alumni": ("Alumni's net gain", _RMB, "received less paid in and gifts received, after burn-in"),
    "lp_net_government": ("City's net gain as a fund investor", _RMB, "received from funds less paid in, after burn-in"),
    "founders_net": ("Founders' net receipts", _RMB, "from sales, listings and what was left, less what they brought and gave back, after burn-in"),
    "managers_net": ("Managers' fees and carry", _RMB, "after burn-in"),
    "outside_net": ("Outside buyers' payments", _RMB, "paid for firms and stakes less salvage received, after burn-in, as a positive cost"),
    "customers_net": ("Customers' payments", _RMB, "for what ventures and the old industry sold, after burn-in"),
    "home_unicorns": ("Unicorns founded at home", _COUNT, "fundamental, founded after burn-in in the scenario's first city"),
    "home_unicorns_based": ("Unicorns based at home", _COUNT, "fundamental, founded after burn-in anywhere, with their seat in the first city when last seen"),
    "home_near_unicorns": ("Near-unicorns founded at home", _COUNT, "founded after burn-in in the first city"),
    "home_founded": ("Ventures founded at home", _COUNT, "after burn-in in the first city"),
    "home_net_arrivals": ("Net arrivals at home", "people", "people with an idea who came to the first city less those who left it, after burn-in"),
    "home_firms_won": ("Firms won at home", _COUNT, "that moved their seat to the first city less those that left it, after burn-in"),
    "home_jobs": ("Jobs at home", "jobs", "in living ventures with their seat in the first city, at the end"),
    "home_public_net": ("Net public cost at home", _RMB, "of the programmes of the first city's office: paid out less what came back, after burn-in"),
}  # fmt: skip


def _median_years(ticks: np.ndarray) -> float:
    """Median of whole ticks, in years; NaN of nothing."""
    if ticks.size == 0:
        return math.nan
    s = np.sort(ticks)
    return float(s[(s.size - 1) // 2] + s[s.size // 2]) / (2.0 * TICKS_PER_YEAR)


def _ratio(a: float, b: float) -> float:
    return float(a) / float(b) if b else math.nan


def _yearly_growth(index: np.ndarray) -> float:
    """Growth a year from the mean of the first year to that of the last; NaN where they are not two years, or nothing was made in one of them."""
    years = len(index) // TICKS_PER_YEAR - 1
    if years < 1:
        return math.nan
    first, last = (sum(float(x) for x in part) for part in (index[:TICKS_PER_YEAR], index[-TICKS_PER_YEAR:]))
    if first <= 0.0 or last <= 0.0:
        return math.nan
    quarters = len(index) - TICKS_PER_YEAR
    return math.exp(math.log(last / first) * TICKS_PER_YEAR / quarters) - 1.0


def internal_rate(flows: np.ndarray) -> float:
    """Yearly rate at which quarterly flows are worth nothing, by bisection between -99% and 1,000%; NaN if there is none."""
    values = [float(x) for x in flows]
    if not any(x > 0 for x in values) or not any(x < 0 for x in values):
        return math.nan

    def worth(growth: float) -> float:
        total, factor = 0.0, 1.0
        for x in values:
            total += x * factor
            factor /= growth
        return total

    low, high = 0.32, 1.83
    if worth(low) * worth(high) > 0.0:
        return math.nan
    for _ in range(60):
        middle = 0.5 * (low + high)
        if worth(low) * worth(middle) <= 0.0:
            high = middle
        else:
            low = middle
    rate = 0.5 * (low + high)
    return rate * rate * rate * rate - 1.0


def _change(totals: np.ndarray, start: int) -> int:
    return int(totals[-1]) - (int(totals[start - 1]) if start > 0 else 0)


class Window:
    """The rows of a finished world that lie after the burn-in; every outcome reads them from here."""

    def __init__(self, world: World, burn_in: int) -> None:
        clock = world.clock[0]
        self.start = burn_in * TICKS_PER_YEAR
        self.end = int(clock.now)
        self.all_ventures = np.asarray(world.ventures)[: clock.n_ventures]
        self.ventures = self.all_ventures[self.all_ventures["founded"] >= self.start]
        self.all_funds = np.asarray(world.funds)[: clock.n_funds]
        self.funds = self.all_funds[self.all_funds["raised"] >= self.start]
        self.people = np.asarray(world.people)[: clock.n_people]
        self.deals = np.asarray(world.deals)[: clock.n_deals]
        self.series = np.asarray(world.series)[: self.end]
        self.late = self.series[self.start :]
        self.home = np.asarray(world.city_series)[: self.end * len(world.cities) : len(world.cities)]
        self.world = world

    def change(self, name: str) -> int:
        """Change of a running total over the window, fen."""
        return _change(self.series[name], self.start)

    def account(self, name: str) -> int:
        """Change of an account's balance over the window, fen."""
        return _change(self.series["account"][:, ACCOUNT_NAMES.index(name)], self.start)


def outcomes(world: World, burn_in: int = 10) -> dict[str, float]:
    """One row of outcomes of a finished run (see OUTCOMES); NaN where a run leaves an outcome undefined."""
    o = Window(world, burn_in)
    v, f = o.ventures, o.funds
    row: dict[str, float] = {}
    paper = v["unicorn_paper"] >= 0
    real = v["unicorn_fundamental"] >= 0
    invested = o.change("invested")
    row["unicorns_paper"] = float(np.count_nonzero(paper))
    row["unicorns_fundamental"] = float(np.count_nonzero(real))
    row["near_unicorns"] = float(np.count_nonzero(v["near_unicorn"] >= 0))
    outlay = o.change("granted") + o.change("stakes") + o.change("services") + o.change("guidance_called")
    returned = o.change("repaid") + o.change("stakes_back") + o.change("guidance_back")
    for name in ("unicorns_paper", "unicorns_fundamental"):
        row[f"{name}_per_billion"] = _ratio(row[name], invested / BILLION)
        row[f"{name}_per_public_billion"] = _ratio(row[name], outlay / BILLION)
    row["unicorns_radical"] = _ratio(np.count_nonzero(real & (v["form"] == RADICAL)), np.count_nonzero(real))
    row["unicorns_spinout"] = _ratio(np.count_nonzero(real & (v["origin"] == SPINOUT)), np.count_nonzero(real))
    pooled: dict[str, np.ndarray] = {}
    for kind, name in enumerate(KINDS):
        mine = f[f["kind"] == kind]
        ended = mine[mine["ended"] >= 0]
        old = mine[o.end - mine["raised"] >= 5 * TICKS_PER_YEAR]
        row[f"dpi_{name}"] = _ratio(int(ended["distributed"].sum()), int(ended["called"].sum()))
        row[f"tvpi_{name}"] = _ratio(int(old["distributed"].sum()) + int(old["nav"].sum()), int(old["called"].sum()))
        pooled[name] = ended["flows"].sum(axis=0)
    for name in ("market", "patient"):
        row[f"irr_{name}"] = internal_rate(pooled[name])
    late = o.late
    row["zombies"] = _ratio(int(late["zombies"].sum()), len(late))
    row["zombie_share"] = _ratio(int(late["zombies"].sum()), int(late["live"].sum()))
    row["founded"] = float(len(v))
    row["funded"] = float(np.count_nonzero(v["rounds"] > 0))
    row["radical_share"] = _ratio(np.count_nonzero(v["form"] == RADICAL), len(v))
    row["spinouts"] = float(np.count_nonzero(v["origin"] == SPINOUT))
    row["time_to_unicorn"] = _median_years((v["unicorn_fundamental"] - v["founded"])[real])
    row["time_to_unicorn_paper"] = _median_years((v["unicorn_paper"] - v["founded"])[paper])
    failed = o.people["failures"] > 0
    row["founders_retry"] = _ratio(np.count_nonzero(failed & (o.people["retried"] == 1)), np.count_nonzero(failed))
    row["jobs"] = float(o.series["jobs"][-1])
    row["job_years"] = float(int(late["jobs"].sum())) / TICKS_PER_YEAR
    row["invested"] = invested / BILLION
    row["committed"] = int(f["commitment"].sum()) / BILLION
    row["fees"] = int(f["fees"].sum()) / BILLION
    row["public_outlay"] = outlay / BILLION
    row["public_returned"] = returned / BILLION
    row["public_net"] = (outlay - returned) / BILLION
    row["inquiries"] = float(int(world.offices["inquiries"].sum()))
    row["tax"] = o.change("tax") / BILLION
    row["tfp_growth"] = _yearly_growth(late["tfp"])
    row["old_jobs"] = float(o.series["old_jobs"][-1])
    row["idle_jobs"] = float(int(late["idle_jobs"].sum())) / TICKS_PER_YEAR
    for name in ("private", "institution", "alumni"):
        row[f"lp_net_{name}"] = o.account(f"lp_{name}") / BILLION
    row["lp_net_government"] = (o.change("guidance_back") - o.change("guidance_called")) / BILLION
    row["founders_net"] = o.change("founders_got") / BILLION
    row["managers_net"] = o.account("managers") / BILLION
    row["outside_net"] = -o.account("outside") / BILLION
    row["customers_net"] = -o.account("customers") / BILLION
    for name, rows in (("unicorns", v[real]), ("near_unicorns", v[v["near_unicorn"] >= 0]), ("founded", v)):
        row[f"home_{name}"] = float(np.count_nonzero(rows["birthplace"] == 0))
    row["home_unicorns_based"] = float(np.count_nonzero(real & (v["city"] == 0)))
    row["home_net_arrivals"] = float(_change(o.home["arrivals"], o.start) - _change(o.home["departures"], o.start))
    row["home_firms_won"] = float(_change(o.home["firms_in"], o.start) - _change(o.home["firms_out"], o.start))
    row["home_jobs"] = float(o.home["jobs"][-1])
    row["home_public_net"] = _change(o.home["public"], o.start) / BILLION
    return {name: row[name] for name in OUTCOMES}


AGES = 121  # quarters of age that the curves cover


def _survival(v: np.ndarray, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At risk, deaths and exits by quarter of age; a sale of the team at shutting counts as an exit."""
    gone = v["ended"] >= 0
    sold = (v["status"] == BOUGHT) | ((v["status"] == SHUT) & (v["ending"] == TAKEN_OVER))
    listed = v["listed"] >= 0
    stop = np.where(listed, v["listed"], np.where(gone, v["ended"], end - 1))  # the last quarter in which it was seen
    age = np.clip(stop - v["founded"], 0, AGES - 1)
    died = np.bincount(age[gone & ~sold & ~listed], minlength=AGES)
    left = np.bincount(age[(gone & sold) | listed], minlength=AGES)
    last = np.bincount(age, minlength=AGES)
    at_risk = len(v) - np.concatenate([[0], np.cumsum(last)[:-1]])
    return at_risk.astype(float), died.astype(float), left.astype(float)


def curves(world: World, burn_in: int = 10) -> dict[str, np.ndarray]:
    """Arrays of a finished run that can be added up over runs.

    at_risk_/deaths_/exits_ all|funded: by quarter of age, ventures founded after burn-in; funnel: founded, then reached 1 to 6 priced rounds; jcurve_KIND: sum over
    funds raised after burn-in of net cumulative flow to investors over commitment at each quarter of age, jcurve_KIND_funds: funds observed at that age; zombies, live: by tick.
    """
    o = Window(world, burn_in)
    v = o.ventures
    result: dict[str, np.ndarray] = {}
    for group, rows in (("all", v), ("funded", v[v["rounds"] > 0])):
        for name, array in zip(("at_risk", "deaths", "exits"), _survival(rows, o.end), strict=True):
            result[f"{name}_{group}"] = array
    result["funnel"] = np.array([float(np.count_nonzero(v["rounds"] >= n)) for n in range(7)])
    for kind, name in enumerate(KINDS):
        f = o.funds[o.funds["kind"] == kind]
        flows = np.cumsum(f["flows"], axis=1)
        ages = np.arange(flows.shape[1])
        seen = (o.end - f["raised"])[:, None] > ages[None, :]
        share = np.where(seen, flows / np.maximum(f["commitment"], 1)[:, None], 0.0)
        result[f"jcurve_{name}"] = share.sum(axis=0) if len(f) else np.zeros(flows.shape[1])
        result[f"jcurve_{name}_funds"] = seen.sum(axis=0).astype(float)
    result["zombies"] = o.series["zombies"].astype(float)
    result["live"] = o.series["live"].astype(float)
    return result
