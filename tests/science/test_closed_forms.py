"""Closed forms of the theory, held against the compiled engine in a stripped world: within three standard errors.

A tick is a quarter, so a milestone with hazard lambda is reached in a quarter with chance 1 - e^{-lambda}; where a textbook formula is for continuous time, the test
has the formula for quarters, and the record says how far the two are apart.
"""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stripped import MILLION_RMB, Record, look_nature_up, open_with, quarter, run_with, standard_error, town, within  # noqa: E402

from seedbed.agents import fund as fund_rules, venture as venture_rules  # noqa: E402
from seedbed.agents.rule import INTERPRETED  # noqa: E402
from seedbed.model import schedule  # noqa: E402
from seedbed.model.scenario import Scenario  # noqa: E402
from seedbed.model.world import Size  # noqa: E402

pytestmark = [pytest.mark.science, pytest.mark.skipif(INTERPRETED, reason="needs the compiled engine")]
N = 40_000
EVEN = dict(venture_feasibility=0.0)  # log-odds of one half


def logit(p):
    return math.log(p / (1.0 - p))


@pytest.fixture(scope="module")
def record():
    r = Record("closed_forms")
    yield r
    if len(r.entries) >= 30:  # a whole run, not a single test
        r.write()
        draw(r)


def quarters_paid(w):
    """Quarters of full effort that were paid for each project."""
    v, burn = w.ventures, round(w.p[0].venture_burn[0, 3])
    return (v.raised + burn - v.cash) / burn


# --- one milestone, ample money, stop at T ---------------------------------------------------------------------------

CASES = [(0.5, 0.15, 4), (0.5, 0.15, 9), (0.5, 0.15, 28), (0.2, 0.05, 16), (0.8, 0.4, 8), (0.05, 0.3, 12)]


@pytest.mark.parametrize(("p", "rate", "patience"), CASES)
def test_share_reached_and_cost_of_a_project_stopped_at_t(record, p, rate, patience):
    """Share p (1 - e^{-lambda T}); cost c [p (1 - e^{-lambda T}) / lambda + (1 - p) T], each quarter paid in advance."""
    w = town(N, patience=float(patience), venture_speed=rate, venture_feasibility=logit(p))
    for _ in range(patience + 3):
        quarter(w)
    v = w.ventures
    reached, cost = (v.link == 4).astype(float), quarters_paid(w)
    share = p * (1.0 - math.exp(-rate * patience))
    in_quarters = p * (1.0 - math.exp(-rate * patience)) / (1.0 - math.exp(-rate)) + (1.0 - p) * patience
    continuous = p * (1.0 - math.exp(-rate * patience)) / rate + (1.0 - p) * patience
    record.add(
        f"stop at T: p {p}, lambda {rate}, T {patience}", share=reached.mean(), share_theory=share, share_error=standard_error(reached), cost=cost.mean(),
        cost_theory=in_quarters, cost_continuous=continuous, cost_error=standard_error(cost),
    )  # fmt: skip
    assert within(reached, share)
    assert within(cost, in_quarters)
    assert cost.max() == patience
    assert (v.status[v.link == 3] == venture_rules.SHUT).all()


def test_patience_that_is_no_whole_number_of_tranches(record):
    """Tranches of four quarters, T = 9 1/3: the last tranche is cut to what patience still covers; nobody is paid much beyond T."""
    p, rate, patience = 0.5, 0.15, 28.0 / 3.0
    w = town(N, patience=patience, venture_speed=rate, fund_tranche=4.0, venture_plan=4.0, **EVEN)
    w.ventures.cash *= 4
    w.ventures.last_milestone = w.ventures.since[:, 0] = -1
    for _ in range(30):
        quarter(w)
    v = w.ventures
    burn = round(w.p[0].venture_burn[0, 3])
    most = (v.raised.max() + 4 * burn) / burn
    effort = v.effort[v.link == 3].max()
    record.add("tranches of four, T 9.33", most_quarters_paid=most, most_effort=effort, share=(v.link == 4).mean(), share_theory=p * (1 - math.exp(-rate * patience)))
    assert patience - 0.01 <= most <= math.ceil(patience) + 1e-6
    assert effort <= most + 0.01


def test_profit_peaks_at_the_best_stopping_time(record):
    """T* = ln[p (lambda V - c) / ((1 - p) c)] / lambda: the simulated profit curve peaks there."""
    p, rate, longest = 0.5, 0.08, 60
    w = town(N, patience=float(longest), venture_speed=rate, **EVEN)
    for _ in range(longest + 3):
        quarter(w)
    arrival = np.where(w.ventures.link == 4, w.ventures.market_entry + 1, 10**6)  # quarters worked until it was reached
    found = []
    for target in (8.0, 15.0, 25.0):
        odds = math.exp(target * rate)
        value = (odds * (1.0 - p) / p + 1.0) / rate  # lambda V that makes T* the target, with c = 1
        assert fund_rules.best_stop(p, rate, value, 1.0) == pytest.approx(target)
        hazard = 1.0 - math.exp(-rate)
        in_quarters = math.log(p * (hazard * value - 1.0) / (1.0 - p)) / rate
        stops = np.arange(1, longest + 1)
        profit = np.array([np.where(arrival <= t, value - arrival, -float(t)) for t in stops])
        curve = profit.mean(axis=1)
        theory = np.array([p * (1 - math.exp(-rate * t)) * value - p * (1 - math.exp(-rate * t)) / hazard - (1 - p) * t for t in stops])
        peak = int(stops[curve.argmax()])
        best = math.ceil(in_quarters)
        loss = profit[peak - 1] - profit[best - 1]
        found.append(peak)
        record.add(f"profit curve, T* {target:g}", best_stop=target, best_in_quarters=in_quarters, peak=peak, curve=curve, theory=theory)
        errors = profit.std(axis=1) / math.sqrt(N)
        assert (np.abs(curve - theory) <= 3.0 * errors).all()
        assert loss.mean() <= 3.0 * standard_error(loss) or peak == best
        assert abs(peak - target) <= 3
        assert curve[0] < curve[peak - 1] and curve[-1] < curve[peak - 1]  # too hasty and too patient both lose
    assert found == sorted(found)
    for patience in (8, 25):  # a fund that does stop there has just this profit
        w = town(N, patience=float(patience), venture_speed=rate, **EVEN)
        for _ in range(patience + 3):
            quarter(w)
        assert (quarters_paid(w) == np.minimum(arrival, patience)).all()


def test_belief_under_silence(record):
    """Among projects still silent after n quarters the share that is feasible is p e^{-lambda n} / (1 - p + p e^{-lambda n})."""
    p, rate = 0.7, 0.12
    w = town(N, venture_speed=rate, venture_feasibility=logit(p))
    shares, theory, errors = [], [], []
    for n in range(1, 41):
        quarter(w)
        silent = w.ventures.feasible[w.ventures.link == 3].astype(float)
        shares.append(silent.mean())
        theory.append(venture_rules.belief_after(p, rate, float(n)))
        errors.append(standard_error(silent))
        assert theory[-1] == pytest.approx(p * math.exp(-rate * n) / (1 - p + p * math.exp(-rate * n)))
    record.add("belief under silence", share=shares, theory=theory, errors=errors)
    assert (np.abs(np.array(shares) - theory) <= 3.0 * np.array(errors)).all()


def test_the_flood_buys_its_square_root(record):
    """Four times the burn buys effort 2: hazard 2 lambda, cost 4 c a quarter."""
    rate = 0.1
    w = town(N, money=10**15, venture_speed=rate, venture_flood_limit=4.0, **EVEN)
    w.ventures.pace = 4.0 * w.p[0].venture_burn[0, 3]
    for _ in range(6):
        quarter(w)
    reached = (w.ventures.link == 4).astype(float)
    theory = 0.5 * (1 - math.exp(-2 * rate * 6))
    record.add("flood of four", share=reached.mean(), theory=theory, error=standard_error(reached))
    assert within(reached, theory)


# --- the value of a milestone ----------------------------------------------------------------------------------------


def nature(link, n=N, **raw):
    """Feasibility and effort needed of many projects at a link, as the engine looks them up."""
    w = town(n, link=link, form=1, money=0, **raw)
    look_nature_up(w)
    return w.ventures.feasible[:n] == 1, w.ventures.needed[:n].copy(), w


def present_value(feasible, needed, stop, r, prize, burn):
    """Discounted prize less discounted burn of each project that is worked on until it succeeds or the silence has lasted `stop`."""
    worked = np.where(feasible, np.minimum(needed, stop), stop)
    reached = feasible & (needed <= stop)
    return reached * np.exp(-r * worked) * prize - burn * (1.0 - np.exp(-r * worked)) / r, reached, worked


@pytest.mark.parametrize(("p", "rate", "r", "stop"), [(0.5, 0.15, 0.04, 9.0), (0.3, 0.1, 0.03, 28.0), (0.6, 0.4, 0.05, 4.0), (0.2, 0.05, 0.02, 60.0)])
def test_value_of_a_milestone_by_brute_force(record, p, rate, r, stop):
    feasible, needed, _ = nature(3, venture_speed=rate, venture_feasibility=logit(p))
    prize, burn = 40.0, 1.0
    value, _, _ = present_value(feasible, needed, stop, r, prize, burn)
    seen = 1.0 - math.exp(-(rate + r) * stop)
    theory = fund_rules.stage_worth(p, prize, burn, rate / (rate + r) * seen, seen / (rate + r), (1.0 - math.exp(-r * stop)) / r)
    record.add(f"V_k: p {p}, lambda {rate}, r {r}, T {stop}", value=value.mean(), theory=theory, error=standard_error(value))
    assert within(value, theory)


def test_value_of_a_chain_by_brute_force(record):
    """Three milestones, each with a patience of its own clock, worked backwards by the rule that funds use and forwards by chance."""
    p, rate, r, stop = 0.6, 0.2, 0.03, 10.0
    raw = dict(venture_speed=rate, venture_feasibility=logit(p), fund_discount=r, venture_burn=1.0, sector_burn=1.0, fund_stopping=0)
    total = np.zeros(N)
    when, alive = np.zeros(N), np.ones(N, bool)
    for link in (1, 2, 3):
        feasible, needed, w = nature(link, **raw)
        value, reached, worked = present_value(feasible, needed, stop, r, 0.0, 1.0)
        total += np.where(alive, np.exp(-r * when) * value, 0.0)
        when += worked
        alive &= reached
    prize = 200.0
    total += np.where(alive, np.exp(-r * when) * prize, 0.0)
    m, p0 = w.managers[0], w.p[0]
    m.tolerance = stop
    fund_rules.terms_of(m, p0, stop, r)
    theory = prize
    for link in (3, 2, 1):
        theory = fund_rules.worth_of_stage(p0, m, 1, 0, link, p, theory)
    record.add("V_1 of a chain of three", value=total.mean(), theory=theory, error=standard_error(total))
    assert theory > 0.0
    assert within(total, theory)


# --- arrivals --------------------------------------------------------------------------------------------------------


def test_disclosures_are_poisson(record):
    """Number a quarter and field: Poisson with mean (knowledge renewed / cost of a disclosure) * transfer: dispersion 1, and the right share of each count."""
    scenario = Scenario.load("baseline").with_({"university.number": 1, "university.transfer_spread": 0, "university.transfer": 0.3, "city.graduates": 5, "city.newcomers": 0})
    quarters = 8000
    w = open_with(scenario, 1, 40, dict(university_spillover=0.0), Size(2000, 8, 8, 8, 100, 1, 8))
    p = w.p[0]
    means = [p.university_research * p.sector_share[s] / p.university_disclosure_cost * 0.3 for s in range(4)]
    counts = np.zeros((quarters, 4), int)
    for now in range(quarters):
        w.clock[0].now, w.clock[0].n_people, w.clock[0].n_agenda = now, 0, 0
        schedule.universities(w)
        assert w.clock[0].full == 0
        e = w.people[: int(w.clock[0].n_people)]
        counts[now] = np.bincount(e["field"][e["kind"] == 2], minlength=4)
    for s, mean in enumerate(means):
        x = counts[:, s].astype(float)
        dispersion = x.var() / x.mean()
        most = int(mean + 4 * math.sqrt(mean)) + 1
        pmf = [math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(most)]
        observed = np.bincount(counts[:, s], minlength=most)[:most]
        expected = quarters * np.array(pmf)
        large = expected >= 5
        chi = float(((observed - expected)[large] ** 2 / expected[large]).sum())
        degrees = int(large.sum())
        record.add(f"disclosures, field {s}", mean=x.mean(), theory=mean, error=standard_error(x), dispersion=dispersion, chi_squared=chi, degrees=degrees)
        assert within(x, mean)
        assert abs(dispersion - 1.0) <= 3.0 * math.sqrt(2.0 / quarters)
        assert chi <= degrees + 3.0 * math.sqrt(2.0 * degrees)
    correlation = np.corrcoef(counts.T)[np.triu_indices(4, 1)]
    assert (np.abs(correlation) <= 3.5 / math.sqrt(quarters)).all()


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_time_to_market_with_certain_feasibility_is_erlang(record, rate):
    """Three milestones: efforts needed add up to Erlang(3, lambda); in quarters each is geometric, with mean 1 / (1 - e^{-lambda})."""
    n = 20_000
    w = town(n, money=10**17, link=1, form=1, venture_speed=rate, venture_feasibility=60.0)
    last = int(3 / rate * 6) + 20
    needed = np.zeros(n)
    links = w.ventures.link.copy()
    needed += w.ventures.needed
    for _ in range(last):
        quarter(w)
        moved = (w.ventures.link > links) & (w.ventures.link < 4)
        needed[moved] += w.ventures.needed[moved]
        links = w.ventures.link.copy()
    assert (w.ventures.link == 4).all()
    time = w.ventures.market_entry + 1.0
    hazard = 1.0 - math.exp(-rate)
    mean, variance = 3.0 / hazard, 3.0 * (1.0 - hazard) / hazard**2
    x = np.sort(needed) * rate
    erlang = 1.0 - np.exp(-x) * (1.0 + x + x * x / 2.0)
    steps = np.arange(n + 1) / n
    distance = max(np.max(steps[1:] - erlang), np.max(erlang - steps[:-1]))
    record.add(
        f"time to market, lambda {rate}", mean=time.mean(), theory=mean, continuous=3.0 / rate, error=standard_error(time), variance=time.var(), variance_theory=variance,
        kolmogorov=distance * math.sqrt(n),
    )  # fmt: skip
    assert within(time, mean)
    assert abs(time.var() / variance - 1.0) <= 3.0 * math.sqrt((2.0 + 2.0 + rate * rate) / n)  # excess kurtosis of three geometrics: 2 + rate^2 / 3
    assert distance * math.sqrt(n) < 1.63  # one in a hundred


# --- firm size -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("growth", "noise", "closing"), [(0.008, 0.16, 0.02), (-0.01, 0.2, 0.03), (0.02, 0.1, 0.06)])
def test_gibrat_growth_with_death_has_a_power_tail(record, growth, noise, closing):
    """ln R grows by m + s N(0, 1) a quarter until the firm closes, with hazard d: the tail index solves s^2 z^2 / 2 + m z - d = 0."""
    w = town(N, money=0, venture_growth_early=0.0, venture_growth_late=growth, venture_growth_noise=noise, sector_closure=1.0 - math.exp(-closing))
    v = w.ventures
    v.status, v.link, v.market_entry = venture_rules.SELLING, 4, -1
    v.revenue = v.mark = 1e9
    for _ in range(int(14 / closing)):
        quarter(w)
    assert (v.status == venture_rules.SHUT).mean() > 0.99999
    size = np.sort(np.log(v.revenue[:N] / 1e9))[::-1]
    index = (-growth + math.sqrt(growth**2 + 2.0 * noise**2 * closing)) / noise**2
    estimates = {}
    for top in (1000, 2000, 4000):
        hill = 1.0 / (size[:top].mean() - size[top])
        estimates[top] = hill
        assert abs(hill - index) <= 3.0 * index / math.sqrt(top)
    record.add(f"tail index: m {growth}, s {noise}, d {closing}", theory=index, hill=estimates, sizes=size[:4000:40])


# --- public money ----------------------------------------------------------------------------------------------------


def test_dream_towns_account_in_expectation(record):
    """n grants of 0.2; a share q succeeds and repays 0.4: the account is 0.4 q n - 0.2 n, and breaks even at q = 1/2."""
    scenario = Scenario.load("baseline").with_({"programme.small_grant": "off", "programme.guidance_fund": "off", "university.number": 1})
    n, shares, ratio, errors = 1000, (0.1, 0.3, 0.5, 0.7, 0.9), [], []
    for q in shares:
        raw = dict(venture_feasibility=logit(q), venture_quality_weight=0.0, sector_closure=0.0, venture_margin_start=0.2, venture_flood_limit=1.0)
        w = open_with(scenario, 1, 40, raw, Size(8, n, n, 8, 100, 1, 8))
        programme, account, v = w.programmes[0], w.programme_accounts[0], w.ventures
        programme.budget, programme.number, programme.apply_share, programme.min_team, programme.delay = 10**12, 4 * n, 1.0, 0, 0
        w.people[0].key, w.clock[0].n_people = 1, 1
        v.key = np.random.default_rng(1).integers(1, 2**63, n, dtype=np.uint64)
        v.status, v.link, v.start_link, v.holder, v.team, v.cash = 1, 3, 3, -1, 3, 10**13
        for name in ("market_entry", "ended", "listed", "abandoned", "unicorn_paper", "unicorn_fundamental", "near_unicorn", "university"):
            v[name] = -1
        w.live[:n] = np.arange(n)
        w.clock[0].n_live = w.clock[0].n_ventures = n
        look_nature_up(w)
        v.needed = 6.5  # all are judged after all have been paid: an office ranks so many at a time
        for now in range(12):
            w.clock[0].now = now
            schedule.government(w)
            schedule.ventures(w)
            v.profit[v.status == venture_rules.SELLING, 2] = MILLION_RMB
        succeeded = (v.market_entry >= 0).astype(float)
        assert account.awards == n and account.paid == n * MILLION_RMB // 5
        assert account.returned == int(succeeded.sum()) * 4 * MILLION_RMB // 10
        ratio.append((account.returned - account.paid) / MILLION_RMB / n)
        errors.append(0.4 * standard_error(succeeded))
        assert within(succeeded, q)
    theory = [0.4 * q - 0.2 for q in shares]
    slope, level = np.polyfit(shares, ratio, 1)
    record.add("Dream Town account per grant, million RMB", shares=shares, balance=ratio, theory=theory, errors=errors, break_even=-level / slope)
    assert (np.abs(np.array(ratio) - theory) <= 3.0 * np.array(errors)).all()
    assert -level / slope == pytest.approx(0.5, abs=3 * max(errors) / slope)


# --- books of whole runs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_identities_of_cap_tables_and_waterfalls_in_whole_runs(record, seed):
    w = run_with(seed=seed, years=40)
    clock = w.clock[0]
    v, f, d = w.ventures[: clock.n_ventures], w.funds[: clock.n_funds], w.deals[: clock.n_deals]
    assert (v.founders_shares + v.shares.sum(axis=1) == v.all_shares).all()
    assert (v.cash >= 0).all() and (f.cash == 0).all()
    assert (f.called <= f.commitment).all() and (f.part.sum(axis=1) == 1_000_000).all()
    assert (f.flows.sum(axis=1) == f.distributed - f.called).all()
    cost, got = (np.bincount(d.fund, x.astype(float), len(f)) for x in (d.cost, d.got))
    assert (cost == f.called - f.fees).all()
    assert (got == f.distributed + f.carry).all()
    profit = f.distributed + f.carry + 0.0 - f.called
    ended = f.ended >= 0
    assert (f.carry[ended & (profit <= 0)] <= 0.25 * f.called[ended & (profit <= 0)]).all()
    record.add(f"identities, seed {seed}", ventures=len(v), funds=len(f), deals=len(d), invested=int(cost.sum()), carry=int(f.carry.sum()))


def test_every_successor_is_raised_on_its_predecessors_results(record):
    """Each fund of a run, at its closing: size * share * (floor + (1 - floor) min(cap, DPI / expected)) of each kind of investor, as far as it has money."""
    scenario = Scenario.load("baseline")
    from seedbed.model.engine import open_run

    w = open_run(scenario, 1, 40)
    p, clock = w.p[0], w.clock[0]
    checked, known = 0, 0
    factors = []
    for now in range(160):
        schedule.quarters(w, now + 1)
        for i in range(known, clock.n_funds):
            f = w.funds[i]
            m = w.managers[f.manager]
            total, taken = 0.0, []
            for k in range(4):
                factor = 1.0
                mine = [g for g in w.funds[:i] if g.manager == f.manager and now - g.raised >= p.fund_lp_looks_after[k]]
                if mine and p.fund_successor == fund_rules.RESULTS:
                    g = max(mine, key=lambda g: g.raised)
                    factor = p.fund_lp_floor + (1 - p.fund_lp_floor) * min(p.fund_lp_cap, g.distributed / max(1, g.called) / p.fund_lp_expected[k])
                want = math.floor(p.fund_size[m.kind] * p.fund_lp_share[m.kind, k] * factor + 0.5)
                if k == fund_rules.LP_OF_GOVERNMENT:
                    want = min(want, int(w.programme_accounts[m.guide].offered)) if m.guide >= 0 else 0
                elif k == fund_rules.LP_OF_ALUMNI:
                    want = min(want, int(clock.lp_free[k]))
                elif mine:
                    factors.append(factor)
                taken.append(want)
                total += want
            assert f.commitment == total
            assert [abs(int(x) - 1e6 * y / total) <= 4 for x, y in zip(f.part, taken, strict=True)] == [True] * 4
            checked += 1
        known = int(clock.n_funds)
    record.add("successor funds", funds=checked, factor_mean=np.mean(factors), factor_low=min(factors), factor_high=max(factors))
    assert checked > 100 and min(factors) < 0.9


def test_equal_policies_give_equal_bits(record):
    """A policy set to what it already is, by another name or unit, changes nothing; one set to something else does."""
    baseline = Scenario.load("baseline")
    market = baseline.parameters["fund.tolerance.market"]
    runs = [run_with(changes, seed=3, years=20) for changes in ({}, {"fund.tolerance.market": f"{market * 12} months"}, {"fund.tolerance.market": market + 0.5})]
    same = [all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in zip(runs[0], other, strict=True)) for other in runs[1:]]
    record.add("equal policies, equal bits", same=same)
    assert same == [True, False]


# --- a figure --------------------------------------------------------------------------------------------------------


def draw(record):
    """Four panels: belief, share reached, profit, tail."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from stripped import RESULTS

    figure, axes = plt.subplots(2, 2, figsize=(9, 6.5), constrained_layout=True)
    e = record.entries
    panel = axes[0, 0]
    if (b := e.get("belief under silence")) is not None:
        n = np.arange(1, len(b["share"]) + 1)
        panel.plot(n, b["theory"], color="black", lw=1, label="theory")
        panel.plot(n, b["share"], ".", color="tab:blue", label="engine")
        panel.set(title="Belief under silence", xlabel="quarters of silence", ylabel="share feasible")
        panel.legend(frameon=False)
    panel = axes[0, 1]
    cases = [x for name, x in e.items() if name.startswith("stop at T")]
    if cases:
        panel.errorbar([c["share_theory"] for c in cases], [c["share"] for c in cases], yerr=[3 * c["share_error"] for c in cases], fmt="o", ms=4, label="share reached")
        panel.axline((0, 0), slope=1, color="black", lw=1)
        panel.set(title="Share reached when stopped at T", xlabel="p (1 - exp(-lambda T))", ylabel="engine, three standard errors")
    panel = axes[1, 0]
    for name, x in e.items():
        if name.startswith("profit curve"):
            (line,) = panel.plot(np.arange(1, len(x["curve"]) + 1), x["curve"], lw=2, alpha=0.6)
            panel.plot(np.arange(1, len(x["theory"]) + 1), x["theory"], color="black", lw=0.8)
            panel.axvline(x["best_stop"], color=line.get_color(), ls=":")
    panel.set(title="Profit peaks at the best stopping time", xlabel="tolerance T, quarters", ylabel="profit a project, burns")
    panel = axes[1, 1]
    for name, x in e.items():
        if name.startswith("tail index"):
            size = np.array(x["sizes"])
            share = (np.arange(len(size)) * 40 + 1) / N
            (line,) = panel.plot(size / math.log(10), np.log10(share), ".", ms=3)
            panel.plot(size / math.log(10), np.log10(share[-1]) - x["theory"] * (size - size[-1]) / math.log(10), color=line.get_color(), lw=1)
    panel.set(title="Tail of firm size: engine and theory", xlabel="log10 of size", ylabel="log10 of share larger")
    figure.savefig(RESULTS / "closed_forms.png", dpi=120, metadata={"Software": None})
    plt.close(figure)
