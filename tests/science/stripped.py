"""The compiled engine in worlds stripped to what a theory speaks of, and the record of what came out."""

import json
import math
import platform
from pathlib import Path

import numba
import numpy as np

from seedbed.agents.rule import market_rule
from seedbed.agents.venture import open_milestone
from seedbed.model import schedule
from seedbed.model.engine import CHUNK
from seedbed.model.scenario import Scenario
from seedbed.model.world import Size, allocate, first_guess, furnish

RESULTS = Path(__file__).parent / "results"
MILLION_RMB = 100_000_000  # fen
PORTFOLIO = 100  # holdings of a fund made by hand


@market_rule
def look_nature_up(w):
    """Nature's decision about the present milestone of every living venture."""
    for n in range(w.clock[0].n_live):
        open_milestone(w.ventures[w.live[n]], w.p[0], w.clock[0].seed)


def open_with(scenario, seed, years, raw, size, record=False, prepare=None):
    """An opened world with some parameters set in the engine's units, beyond the limits for users if need be, and what else `prepare` does to it."""
    w = allocate(scenario, size)
    furnish(w, scenario, seed, years, record=record, audit=True)
    for name, value in (raw or {}).items():
        w.p[name] = value
    schedule.open_world(w)
    if prepare is not None:
        prepare(w)
    return w


def run_with(changes=None, seed=1, years=40, raw=None, record=False, scenario="baseline", prepare=None):
    """A whole run of the model. `raw`: parameters in the engine's units, set before the world opens; `prepare` is given the opened world."""
    scenario = Scenario.load(scenario).with_(changes or {})
    size = first_guess(scenario, years, record)
    while True:
        w = open_with(scenario, seed, years, raw, size, record, prepare)
        clock = w.clock[0]
        while clock.now < 4 * years and clock.full == 0:
            schedule.quarters(w, min(clock.now + CHUNK, 4 * years))
        if clock.full == 0 and (not record or clock.n_events <= len(w.events)):
            assert not np.asarray(w.series.imbalance).any()
            return w
        size = size.doubled()


BARE = dict(
    # no family, no flood, no subsistence: effort is 1 while somebody pays and 0 else
    venture_subsistence_effort=0.0, venture_flood_limit=1.0, venture_plan=1.0, fund_tranche=1.0, venture_lean_burn=1.0,
    # projects alike, sectors alike
    venture_quality_weight=0.0, sector_speed=1.0, sector_burn=1.0, sector_closure=0.0, sector_acquisition=0.0,
    # who is in the market earns at once and asks for nothing
    venture_margin_start=0.2, venture_margin_mature=0.2,
    fund_money_limit=1, fund_redemption_share=0.0, fund_fee=0.0,
)  # fmt: skip


def town(n, *, seed=1, years=40, patience=1e9, reserves=10**18, link=3, form=0, money=None, managers=1, **raw):
    """`n` projects of one kind that begin now, each backed by a fund of unlimited money that stops after a silence of `patience` quarters.

    With `money` (fen) nobody backs them: they live off that. All else of the world is asleep.
    """
    scenario = Scenario.load("baseline").with_({"university.number": 1, "fund.managers": 0, "fund.managers.market": managers})
    funds = math.ceil(n / PORTFOLIO)
    w = open_with(scenario, seed, years, {**BARE, **raw}, Size(8, n, n, n + 1, funds + 1, 1, 4 * years + 1))
    m = w.managers[0]
    m.tolerance, m.next_raise, m.skill = patience, -1, 1.0
    w.people[0].key, w.people[0].status, w.clock[0].n_people = 1, 2, 1
    w.people[0].ties[:] = -1
    v = w.ventures
    rows = np.arange(n)
    v.key[:n] = np.random.default_rng(seed).integers(1, 2**63, n, dtype=np.uint64)
    v.status[:n], v.form[:n], v.link[:n], v.start_link[:n] = 1, form, link, link
    for name in ("market_entry", "ended", "listed", "abandoned", "unicorn_paper", "unicorn_fundamental", "near_unicorn", "university", "last_milestone"):
        v[name][:n] = -1
    v.holder[:n] = v.manager[:n] = -1
    v.founders_shares[:n] = v.all_shares[:n] = 10_000_000
    v.price[:n] = 100.0
    burn = w.p[0].venture_burn[form, link]
    v.pace[:n] = burn
    w.live[:n] = rows
    w.clock[0].n_live = w.clock[0].n_ventures = n
    if money is not None:
        v.cash[:n] = money
    else:
        v.cash[:n] = round(burn)  # the first quarter is paid
        v.holder[:n, 0], v.shares[:n, 0], v.cost[:n, 0], v.since[:n, 0], v.active[:n, 0] = rows // PORTFOLIO, 1, round(burn), -1, 1
        v.manager[:n, 0] = 0
        v.all_shares[:n] += 1
        v.insiders[:n], v.rounds[:n] = 1, 1
        v.deal[:n, 0] = rows
        w.deals.fund[:n], w.deals.venture[:n], w.deals.closed[:n] = rows // PORTFOLIO, rows, -1
        w.clock[0].n_deals = n
        f = w.funds
        f.manager[:funds], f.kind[:funds], f.raised[:funds], f.ended[:funds] = 0, 1, -1, -1
        f.ends[:funds], f.invest_until[:funds], f.follow_money[:funds] = 10**6, 0, reserves
        f.part[:funds, 0] = 1_000_000
        f.portfolio[rows // PORTFOLIO, rows % PORTFOLIO] = rows
        f.holdings[:funds] = f.companies[:funds] = np.bincount(rows // PORTFOLIO, minlength=funds)
        w.open_funds[:funds] = np.arange(funds)
        w.clock[0].n_funds = w.clock[0].n_open_funds = funds
    look_nature_up(w)
    return w


def quarter(w):
    """Ventures work, and those who back them decide whether to go on: phases 5 and 6 of the engine, without newcomers."""
    schedule.ventures(w)
    if w.clock[0].n_funds:
        schedule.insiders(w)
    w.clock[0].now += 1


def standard_error(x):
    return float(np.std(x)) / math.sqrt(len(x))


def within(x, expected, errors=3.0, at_least=0.0):
    """Whether the mean of a sample lies within some standard errors of what theory says."""
    return abs(float(np.mean(x)) - expected) <= max(errors * standard_error(x), at_least)


def paired(a, b):
    """Mean and standard error of b - a, run by run."""
    d = np.asarray(b, float) - np.asarray(a, float)
    return {"difference": float(d.mean()), "standard_error": standard_error(d) if len(d) > 1 else math.nan, "pairs": len(d)}


class Record:
    """What a file of tests found, written beside them as JSON with what it was made with. No dates: the same code gives the same file."""

    def __init__(self, name):
        self.name, self.entries, self.figures, self.claims = name, {}, [], []

    def add(self, key, **values):
        self.entries[key] = {k: _plain(x) for k, x in values.items()}

    def claim(self, test, must, effect, low, high, *, sign, unit, reference=1.0, where="stripped"):
        """One line of the table of claims: what must follow, the effect found with its 95% interval in `unit`, and whether it came out.

        sign: 1 above nought, -1 below, 0 nought within the interval. `reference` makes effects comparable in a figure: what 100% is.
        """
        holds = low > 0.0 if sign > 0 else high < 0.0 if sign < 0 else low <= 0.0 <= high
        line = dict(name=test, must_follow=must, effect=effect, low=low, high=high, sign=sign, unit=unit, reference=reference, holds=bool(holds), where=where)
        self.claims.append({k: _plain(x) for k, x in line.items()})

    def claim_paired(self, test, must, found, **how):
        """The same from what `paired` gives: mean and 1.96 standard errors."""
        d, half = found["difference"], 1.96 * found["standard_error"]
        self.claim(test, must, d, d - half, d + half, **how)

    def write(self):
        baseline = Scenario.load("baseline")
        RESULTS.mkdir(exist_ok=True)
        page = {
            "made with": {
                "scenario": baseline.name, "scenario digest": baseline.digest(), "rules": _digest_of_rules(),
                "python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__,
            },
            **({"tests": in_order(self.claims)} if self.claims else {}),
            "results": self.entries,
        }  # fmt: skip
        (RESULTS / f"{self.name}.json").write_text(json.dumps(page, indent=1, allow_nan=True) + "\n")


def in_order(claims):
    """Stripped settings first, then by number."""
    return sorted(claims, key=lambda line: (line["where"] != "stripped", order_of(line["name"])))


def order_of(name):
    """T2b before T10: letter, number, rest."""
    head = name.split()[0]
    digits = "".join(c for c in head[1:] if c.isdigit())
    return head[0] != "T", int(digits or 0), name


def _digest_of_rules():
    import hashlib

    root = Path(__file__).parents[2]
    parts = [*sorted((root / "agents").glob("*.py")), root / "model" / "schedule.py", root / "model" / "engine.py", root / "model" / "world.py"]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _plain(x):
    """Numbers as JSON has them, to seven digits, so that the last bit of a sum does not make another file."""
    if isinstance(x, dict):
        return {str(k): _plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple, np.ndarray)):
        return [_plain(v) for v in x]
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if isinstance(x, (int, np.integer)):
        return int(x)
    if isinstance(x, (float, np.floating)):
        return float(f"{float(x):.7g}")
    return x
