"""What theorists predict, each shown in a stripped setting where theory says what must happen: Dewatripont & Maskin, Manso, Landier, Nanda & Rhodes-Kropf.

A sign is asserted only where theory fixes it in the very setting; the same question put to the whole model is recorded as it comes out. Stopping itself is in `test_docking.py`.
"""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from forest import by_seed, finding, recorded  # noqa: E402
from stripped import MILLION_RMB, open_with, paired, quarter, run_with, standard_error, town  # noqa: E402

from seedbed.agents.city import count_money, look_at_funding, turn_the_quarter  # noqa: E402
from seedbed.agents.entrepreneur import NEWCOMER, best_plan, grow_up, have_idea  # noqa: E402
from seedbed.agents.fund import best_stop, terms_of, worth_of_stage  # noqa: E402
from seedbed.agents.rule import INTERPRETED, market_rule  # noqa: E402
from seedbed.agents.venture import BOUGHT, PUBLIC, SHUT, belief_after  # noqa: E402
from seedbed.model.scenario import Scenario  # noqa: E402
from seedbed.model.world import Size  # noqa: E402

pytestmark = [pytest.mark.science, pytest.mark.skipif(INTERPRETED, reason="needs the compiled engine")]
DM = "Dewatripont & Maskin (1995): the soft budget constraint"
MANSO = "Manso (2011): motivating innovation"
LANDIER = "Landier (2005): the price of failing, without beliefs about the failed"
NRK17 = "Nanda & Rhodes-Kropf (2017): the price of tolerance"
NRK13 = "Nanda & Rhodes-Kropf (2013): hot markets"
N = 20_000


@pytest.fixture(scope="module")
def record():
    yield from recorded("theory", 20, draw)


def logit(p):
    return math.log(p / (1.0 - p))


# --- people with an idea, made by hand -------------------------------------------------------------------------------


@market_rule
def bring_ideas(w):
    """Everybody grows up and has a first idea."""
    for i in range(w.clock[0].n_people):
        grow_up(w.people[i], w.p[0], w.clock[0].seed, 0)
        have_idea(w.people[i], w.p[0], w.clock[0].seed)


@market_rule
def ask_everybody(w):
    """What each would do with the idea: -1 nothing, else the form; and what founding in it promises."""
    for i in range(w.clock[0].n_people):
        w.people[i].founding = best_plan(w, w.people[i], 0)[0]


@market_rule
def see_money(w):
    """The city counts the money there is and what it may wait for; founders see it."""
    count_money(w)
    look_at_funding(w, 0)


# Sectors alike, no university behind anybody, prizes without a tail, everybody as bold as the next, nothing forgone
EVEN = dict(
    sector_speed=1.0, sector_burn=1.0, sector_market=0.0, venture_market_fit=0.0, venture_market_spread=0.0, entrepreneur_risk_aversion=0.0, entrepreneur_boldness_spread=0.0,
    entrepreneur_wage=0.0, entrepreneur_face=0.0, entrepreneur_liability=0.0, entrepreneur_choice_freedom=1.0, entrepreneur_announced=1.0, entrepreneur_prior_hope=1.0,
)  # fmt: skip


def crowd(n, *, seed=1, prizes=(1.0, 1.0), patience=None, **raw):
    """`n` newcomers, each with an idea, in a city whose money waits `patience` quarters for everybody; prizes of the two forms in million RMB."""
    scenario = Scenario.load("baseline").with_({"university.number": 1, "fund.managers": 0, "fund.managers.market": 1})
    w = open_with(scenario, seed, 40, {**EVEN, **raw}, Size(n, 8, 8, 8, 8, 1, 8))
    e = w.people
    e.key[:n] = np.random.default_rng(seed).integers(1, 2**63, n, dtype=np.uint64)
    e.kind[:n], e.university[:n], e.ties[:n] = NEWCOMER, -1, -1
    w.clock[0].n_people = n
    bring_ideas(w)
    for form in range(2):
        w.tables[0].entry_value[form] = prizes[form] * MILLION_RMB
    if patience is not None:
        w.cities[0].tolerance_seen[:], w.cities[0].chance_seen[:] = patience, 1.0
    return w


def plans(w):
    ask_everybody(w)
    return w.people.founding[: w.clock[0].n_people].copy()


# --- Dewatripont & Maskin: the soft budget constraint ----------------------------------------------------------------

# A quick and a slow project look alike until the first milestone, which costs most. The slow one then needs about a dozen quarters more. Each founder has one of the two, and knows which.
SIDES = {
    "fund.managers": 0, "fund.managers.market": 24, "fund.successor": "fixed", "fund.screens_by": "market", "fund.money_limit": "none", "fund.companies_per_partner": 1000, "fund.redemption_share": 0,
    "fund.life": 20, "programme.small_grant": "off", "programme.dream_town": "off", "programme.guidance_fund": "off", "university.number": 1, "university.spillover": 0, "city.graduates": 1,
    "city.newcomers": 300, "entrepreneur.choice_freedom": 0, "entrepreneur.bent_radical": 0.5, "entrepreneur.lesson": 0, "city.tolerance_norm": 0,
}  # fmt: skip
BURNS, PRIZES, SLOW = (10.0, 1.0), (40.0, 21.9), 0.08  # million RMB a quarter, million RMB, hazard of the slow project's second milestone


def soft_budget_world():
    """Parameters in the engine's units: every milestone can be reached, and no fund can tell one founder from another (it takes whoever comes)."""
    m = MILLION_RMB
    raw = dict(
        venture_feasibility=60.0, venture_quality_weight=0.0, venture_market_fit=0.0, venture_market_spread=0.0, venture_growth_noise=0.0, venture_margin_start=0.2, venture_margin_mature=0.2,
        venture_speed=np.array([[50.0, 50.0, 1.0, 1.0], [50.0, 50.0, 1.0, SLOW]]), venture_burn=np.array([[0.1, 0.1, *BURNS]] * 2) * m, venture_subsistence_effort=0.0, venture_flood_limit=1.0,
        venture_plan=1.0, fund_tranche=1.0, fund_least_index=-100.0, fund_ticket_smallest=0.0, fund_ticket_largest=1e18, sector_speed=1.0, sector_burn=1.0, sector_market=0.0, sector_closure=0.02,
        sector_acquisition=0.1, city_wave_height=0.0, city_good_news=0.0, city_bad_news=0.0, entrepreneur_family_support=0.0, entrepreneur_risk_aversion=0.0, entrepreneur_stake=0.45,
        entrepreneur_face=3.0 * m, entrepreneur_wage=0.095 * m, entrepreneur_prior_hope=1.0, entrepreneur_boldness_spread=0.25,
        venture_lean_burn=1.0, fund_discount=0.045, entrepreneur_years=np.array([10.0, 18.0]),
    )  # fmt: skip
    w = open_with(Scenario.load("baseline").with_(SIDES), 1, 10, raw, Size(8, 8, 8, 8, 100, 1, 41))
    raw["venture_market_size"] = np.log(np.array(PRIZES) * m / (w.p[0].venture_first_revenue * w.tables[0].multiple[:, 0, 0]))
    return raw


def entrants(seed, years, announced, raw):
    """Of those who founded while the city was in its stride: share of slow projects, and the value at market entry for each yuan that investors paid, of slow projects and of all."""
    w = run_with({**SIDES, "fund.tolerance": years, "entrepreneur.announced": announced}, seed=seed, years=30, raw=raw)
    v = w.ventures[: w.clock[0].n_ventures]
    v = v[(v.founded >= 16) & (v.founded < 64) & (v.rounds > 0)]
    won = np.array(PRIZES)[v.form] * (v.market_entry >= 0) * MILLION_RMB
    slow = v.form == 1
    return len(v), slow.mean(), won[slow].sum() / v.raised[slow].sum() if slow.any() else math.nan, won.sum() / v.raised.sum()


def test_dewatripont_maskin_soft_money_lets_slow_and_poor_projects_in(record):
    """An investor that can go on will, once the first outlay is sunk: the slow project is not worth a start but is worth finishing. Who has one knows it, and founds where money is patient.

    Hard: silence of one year ends it. Soft: ten years. Theory: slow projects enter under soft money only, lose what was paid for them, and lower the return of the whole; were tolerance not
    announced, founders could not react. (Decentralised money is hard here because its tolerance is short, and not because a second creditor knows less: that channel is not in this setting.)
    """
    raw, seeds = soft_budget_world(), range(1, 21)
    w = open_with(Scenario.load("baseline").with_({**SIDES, "fund.tolerance": 10}), 1, 10, raw, Size(8, 8, 8, 8, 100, 1, 41))
    m, p = w.managers[0], w.p[0]
    terms_of(m, p, 40.0, p.fund_discount[1])
    values = {}
    for form, kind in enumerate(("quick", "slow")):
        finish = worth_of_stage(p, m, form, 0, 3, 1.0, PRIZES[form] * MILLION_RMB) / MILLION_RMB
        values[kind] = (worth_of_stage(p, m, form, 0, 2, 1.0, finish * MILLION_RMB) / MILLION_RMB, finish)
    assert values["quick"][0] > 0.0  # good from the start
    assert values["slow"][0] < 0.0 < values["slow"][1]  # inefficient beforehand, efficient to refinance
    result = {(t, a): np.array([entrants(seed, t, a, raw) for seed in seeds]) for t in (1, 2, 3, 5, 10) for a in (1, 0)}
    shares = {key: x[:, 1] for key, x in result.items()}
    rising = [shares[t, 1].mean() for t in (1, 2, 3, 5, 10)]
    soft, hidden = by_seed(shares[10, 1] - shares[1, 1]), by_seed(shares[10, 0] - shares[1, 0])
    slow_return, all_return = by_seed(result[10, 1][:, 2] - 1.0), by_seed(result[10, 1][:, 3] - result[1, 1][:, 3])
    note = (
        f"Worth of a slow project to a patient fund, million RMB: {values['slow'][0]:.2g} before the start, {values['slow'][1]:.2g} once the first outlay is sunk; of a quick one {values['quick'][0]:.3g} before. "
        f"Slow projects among those funded, by announced tolerance of 1, 2, 3, 5 and 10 years: {', '.join(f'{x:.1%}' for x in rising)}; with tolerance not announced {shares[1, 0].mean():.1%} and {shares[10, 0].mean():.1%}."
    )
    finding(record, "DM: slow projects, soft less hard", theory=DM, claim="share of slow and poor projects among those funded, tolerance of ten years less one", **soft, unit="share", expected="> 0", asserted=True,
            note=note, worth=values, years=(1, 2, 3, 5, 10), slow=rising, slow_hidden=[shares[t, 0].mean() for t in (1, 2, 3, 5, 10)],
            slow_errors=[standard_error(shares[t, 1]) for t in (1, 2, 3, 5, 10)], funded={f"{t} years, announced {a}": x[:, 0].mean() for (t, a), x in result.items()})  # fmt: skip
    finding(record, "DM: the same, not announced", theory=DM, claim="the same where tolerance is not announced", **hidden, unit="share", expected="= 0", asserted=False)
    finding(record, "DM: by announcement", theory=DM, claim="the first less the second: entry reacts to what founders know", **by_seed(shares[10, 1] - shares[1, 1] - shares[10, 0] + shares[1, 0]), unit="share",
            expected="> 0", asserted=True)  # fmt: skip
    finding(record, "DM: what slow projects return", theory=DM, claim="value at market entry of a slow project for each yuan paid, soft money, less the yuan", **slow_return, unit="yuan", expected="< 0", asserted=True)
    finding(record, "DM: what all return, soft less hard", theory=DM, claim="the same of all projects, soft less hard money", **all_return, unit="yuan", expected="< 0", asserted=True)
    assert soft["effect"] > 3.0 * soft["error"] and soft["effect"] > 0.1
    assert rising == sorted(rising)  # the longer it can go on, the more of them come
    assert abs(hidden["effect"]) <= 0.1 * soft["effect"]
    assert slow_return["effect"] < -3.0 * slow_return["error"] and all_return["effect"] < -3.0 * all_return["error"]


# --- Manso: tolerance and reward together ----------------------------------------------------------------------------


def two_periods(q, again, p, *, long_term, tolerated, paid_for_failing=False):
    """Manso's two periods put to the founders' own rule: does one try the new method?

    The known method pays 1 with chance p in each period: a sure prize of p, or of 2p where the second period is paid too. The new one works with chance q; if so its second period pays with chance
    `again`: a prize of 1, or 1 + again. If it fails and that is tolerated, the second period is the founder's for the known method: failing then *brings* p where that period is paid (a price of failing of -p),
    and nothing where it is not. `paid_for_failing` pays p for it all the same.
    """
    brings = p if (tolerated and long_term) or paid_for_failing else 0.0
    w = crowd(
        1, prizes=(2.0 * p if long_term else p, 1.0 + again if long_term else 1.0), patience=1e9, entrepreneur_stake=1.0, venture_quality_weight=0.0, entrepreneur_role_models=0.0,
        venture_feasibility=np.array([[60.0] * 4, [60.0, logit(q), 60.0, 60.0]]), entrepreneur_face=-brings * MILLION_RMB, fund_redemption_share=0.0,
    )  # fmt: skip
    w.cities[0].tolerance = 0.0
    return int(plans(w)[0]) == 1


def test_mansos_condition_for_trying_the_new(record):
    """E[q] (1 + E[q|S] - p) > p, cell by cell over a grid: the founders' rule decides just so where failure is tolerated and the second period is paid.

    A venture here ends when it fails, so that the second period with the known method stands as what failing brings; in the engine it is the next idea. Take away tolerance, and E[q] (1 + E[q|S]) > 2p
    is left, which no E[q] < p meets; take away the long-term reward, and E[q] > p is: neither does anything alone, which is why tolerance alone is not the published treatment.
    """
    grid = [(q, again, p) for p in (0.2, 0.4, 0.6) for q in (0.1, 0.18, 0.33, 0.38, 0.47, 0.55) for again in (0.3, 0.55, 0.75, 0.97) if q < p < again]
    tried = {key: [two_periods(*cell, long_term=key[0], tolerated=key[1]) for cell in grid] for key in ((True, True), (True, False), (False, True), (False, False))}
    exact = [q * (1.0 + again - p) > p for q, again, p in grid]
    assert tried[True, True] == exact
    assert tried[True, False] == [q * (1.0 + again) > 2.0 * p for q, again, p in grid]
    assert not any(tried[False, True]) and not any(tried[False, False])
    assert 0 < sum(exact) < len(grid) and not any(tried[True, False])
    share = {key: np.mean(x) for key, x in tried.items()}
    bought = [two_periods(*cell, long_term=False, tolerated=True, paid_for_failing=True) for cell in grid]
    assert all(bought)  # q + (1 - q) p > p whatever q: money for failing alone buys every try, good or bad
    finding(record, "Manso: condition", theory=MANSO, claim=f"cells of a grid of {len(grid)} (E[q], E[q|S], p) in which founders decide otherwise than E[q](1 + E[q|S] - p) > p", effect=float(np.sum(np.array(tried[True, True]) != exact)),
            unit="cells", expected="= 0", asserted=True,
            note=f"Two periods: share of cells in which the new is tried: {share[True, True]:.0%} with tolerance and long-term reward, {share[True, False]:.0%} with the reward alone, {share[False, True]:.0%} with tolerance alone, "
            f"{share[False, False]:.0%} with neither. Pay for failing alone, without the reward, makes founders try in {np.mean(bought):.0%} of them, the {1.0 - np.mean(exact):.0%} included in which it is not worth it.")  # fmt: skip
    finding(record, "Manso: tolerance alone", theory=MANSO, claim="share of cells in which tolerance without long-term reward makes somebody try the new", effect=share[False, True] - share[False, False], unit="share", expected="= 0",
            asserted=True)  # fmt: skip
    finding(record, "Manso: reward alone", theory=MANSO, claim="the same of long-term reward without tolerance", effect=share[True, False] - share[False, False], unit="share", expected="= 0", asserted=True)
    finding(record, "Manso: tolerance and reward", theory=MANSO, claim="the same of both", effect=share[True, True] - share[False, False], unit="share", expected="> 0", asserted=True)


HORIZONS, TOLERANCES = (5, 12), (28.0 / 3.0, 28.0)


def radical_by_idea(years, tolerance, n=8000, seed=1):
    """Which of the same ideas turn radical where all money is of one tolerance and one life; what founders see of it is worked out by the city's own rule."""
    w = crowd(
        n, seed=seed, prizes=(10.0, 60.0), venture_speed=np.array([[0.4] * 4, [0.2] * 4]), venture_feasibility=np.array([[1.5] * 4, [0.3] * 4]), venture_quality_weight=1.0, fund_harvest=8.0,
        entrepreneur_alone=np.array([0.25, 0.02]), entrepreneur_ability_weight=0.5,
    )  # fmt: skip
    m, f, c = w.managers[0], w.funds[0], w.clock[0]
    m.tolerance, m.fund = tolerance, 0
    f.commitment, f.ends, f.invest_until, c.n_funds = 10**11, 4 * years, 8, 1
    for form in range(2):  # the expected way to an exit, at these speeds
        for link in range(5):
            w.tables[0].time_needed[form, :, link] = 8.0 + (4 - link) / (0.4, 0.2)[form]
    see_money(w)
    forms = plans(w)
    assert (forms >= 0).all()  # everybody founds, so that entry is no channel
    return (forms == 1).astype(float)


def test_manso_tolerance_needs_a_horizon(record):
    """The same ideas four times: tolerance of 2 1/3 or 7 years, funds of 5 or 12 years. Money that cannot wait for the reward pays for nothing radical, however tolerant it is.

    Theory: tolerance alone turns no idea radical; with the horizon it does; together they do more than each alone. What is asserted of them holds idea by idea.
    """
    x = {(life, t): radical_by_idea(life, t) for life in HORIZONS for t in TOLERANCES}
    (short, long), (low, high) = HORIZONS, TOLERANCES
    assert (x[long, high] >= x[long, low]).all() and (x[long, low] >= x[short, low]).all()
    assert (x[short, high] <= x[short, low]).all()
    effects = {
        "tolerance alone": x[short, high] - x[short, low], "horizon alone": x[long, low] - x[short, low], "both": x[long, high] - x[short, low],
        "both less tolerance alone": x[long, high] - x[short, high], "interaction": x[long, high] - x[long, low] - x[short, high] + x[short, low],
    }  # fmt: skip
    record.add("Manso: shares", cells=[f"{k[0]} years, {k[1] / 4:.2g}" for k in x], share=[v.mean() for v in x.values()], error=[standard_error(v) for v in x.values()])
    note = f"Share of the same {len(x[short, low]):,} ideas that turn radical: " + ", ".join(f"{v.mean():.1%} (funds of {k[0]} years, tolerance {k[1] / 4:.2g} years)" for k, v in x.items()) + "."
    for name, expected in (("tolerance alone", "<= 0"), ("horizon alone", ">= 0"), ("both", "> 0"), ("both less tolerance alone", "> 0"), ("interaction", "> 0")):
        d = effects[name]
        finding(record, f"Manso, horizon: {name}", theory=MANSO, claim=f"share of ideas that turn radical: {name}", effect=d.mean(), error=standard_error(d), unit="share", expected=expected, asserted=True, note=note)
    for name in ("both", "both less tolerance alone", "interaction"):
        assert effects[name].mean() > 3.0 * standard_error(effects[name])


def test_manso_in_the_whole_model_is_recorded(record):
    """The baseline with everybody free to choose: share of ventures founded that are radical, by tolerance and life of all funds."""
    seeds, shares = range(1, 31), {}
    for life in (7, 12):
        for t in ("7/3 years", "7 years"):
            shares[life, t] = np.array([radical_share(run_with({"fund.life": life, "fund.tolerance": t}, seed=seed, years=30)) for seed in seeds])
    effect = {life: by_seed(shares[life, "7 years"] - shares[life, "7/3 years"]) for life in (7, 12)}
    for life in (7, 12):
        finding(record, f"Manso: full model, life {life}", theory=MANSO, claim=f"whole model: share of ventures that are radical, tolerance 7 years less 2 1/3, funds of {life} years", **effect[life], unit="share", expected="",
                asserted=False, shares={t: shares[life, t].mean() for t in ("7/3 years", "7 years")})  # fmt: skip
    finding(record, "Manso: full model, interaction", theory=MANSO, claim="whole model: the second less the first", **by_seed(shares[12, "7 years"] - shares[12, "7/3 years"] - shares[7, "7 years"] + shares[7, "7/3 years"]),
            unit="share", expected="> 0", asserted=False)  # fmt: skip
    assert all(np.isfinite(x).all() for x in shares.values())


def radical_share(w):
    v = w.ventures[: w.clock[0].n_ventures]
    return float((v.form[v.founded >= 40] == 1).mean())


# --- Landier: what failing costs -------------------------------------------------------------------------------------

CAREFUL = dict(
    venture_speed=np.array([[0.4] * 4, [0.2] * 4]), venture_feasibility=np.array([[1.5] * 4, [0.3] * 4]), venture_quality_weight=1.0, entrepreneur_ability_weight=0.5, entrepreneur_stake=0.4,
    entrepreneur_boldness_spread=0.25, entrepreneur_wage=0.05 * MILLION_RMB, entrepreneur_years=np.array([10.0, 18.0]), fund_redemption_share=0.5,
)  # fmt: skip


def failed_founders(tolerance=0.0, face=0.0, liability=0.0):
    """What people who have failed once would do with their next idea, money being there for all."""
    w = crowd(8000, prizes=(6.0, 40.0), patience=16.0, **CAREFUL, entrepreneur_face=face * MILLION_RMB, entrepreneur_liability=liability * MILLION_RMB)
    n = w.clock[0].n_people
    w.people.failures[:n], w.people.tries[:n], w.people.failed_at[:n] = 1, 1, 0
    w.cities[0].tolerance = tolerance
    return plans(w)


LEVERS = {
    "face of 4 million": (dict(face=0.0), dict(face=4.0)),
    "liability of 4 million on half of all deals": (dict(liability=0.0), dict(liability=4.0)),
    "a society that tolerates failure, the other way round": (dict(face=4.0, tolerance=1.0), dict(face=4.0, tolerance=0.2)),
}


@pytest.mark.parametrize("lever", LEVERS)
def test_landier_where_failing_costs_fewer_retry_and_those_more_safely(record, lever):
    """The same people with the same next idea: a higher price of failing is paid with chance 1 - P, so nobody founds who did not before, and nobody turns from the safer form to the bolder.

    Landier's two lasting regimes need financiers' beliefs about failed founders, which are not at work here: this is what holds without.
    """
    before, after = (failed_founders(**x) for x in LEVERS[lever])
    assert not ((before < 0) & (after >= 0)).any()
    assert not ((before == 0) & (after == 1)).any()
    founds = (after >= 0).astype(float) - (before >= 0)
    bold = ((after == 1).astype(float) - (before == 1))[after >= 0]
    for name, d, of in (("try again", founds, "failed founders who try again"), ("radical", bold, "radical projects among those who still do")):
        finding(record, f"Landier: {lever}: {name}", theory=LANDIER, claim=f"{lever}: share of {of}", effect=d.mean(), error=standard_error(d), unit="share", expected="< 0", asserted=True,
                before=(before >= 0).mean(), radical_before=(before == 1).mean())  # fmt: skip
        assert d.mean() < -3.0 * standard_error(d)


def retried(w):
    e, v = w.people[: w.clock[0].n_people], w.ventures[: w.clock[0].n_ventures]
    later = v.form[v.founded >= 40]
    return float((e.retried[e.failures > 0] == 1).mean()), math.log1p((later == 0).sum()), math.log1p((later == 1).sum()), radical_share(w)


def test_landier_in_the_whole_model_is_recorded(record):
    """The baseline with and without what failing costs. Who has failed is not the same crowd in both: a high price keeps all but the bold from founding, and the bold try again."""
    seeds = range(1, 31)
    rows = {face: np.array([retried(run_with({"entrepreneur.face": face, "entrepreneur.liability": liability}, seed=seed, years=40)) for seed in seeds]) for face, liability in ((0, 0), (6, 2))}
    for k, name, unit in (
        (0, "share of failed founders who found again", "share"), (1, "incremental ventures founded", "log"), (2, "radical ventures founded", "log"), (3, "share of ventures that are radical", "share"),
    ):  # fmt: skip
        finding(record, f"Landier: full model: {name}", theory=LANDIER, claim=f"whole model, face of 6 million and liability of 2 less none: {name}", **by_seed(rows[6][:, k] - rows[0][:, k]), unit=unit, expected="< 0",
                asserted=False, without=rows[0][:, k].mean(),
                note="Whole model: person by person the price of failing keeps from founding and turns to the safer form, as in the stripped setting. The share of radical ventures can rise all the same, where it keeps "
                "more people with a small incremental idea from founding than it turns radicals away.")  # fmt: skip
    assert all(np.isfinite(x).all() for x in rows.values())


# --- Nanda & Rhodes-Kropf 2017: the price of tolerance ---------------------------------------------------------------

FIRST, LAST, RATE, MEAN = 6, 24, 0.2, 12.0  # quarters: the experiment, and how long a tolerant investor goes on; hazard; mean prize p V in quarters' burn
TELLING = (0.995, 0.9, 0.7, 0.4, 0.1)  # prior p of a prize MEAN / p: the less likely and the larger, the more a failed first stage tells, and the more radical the project
NEWS = (0.01, 0.03, 0.08, 0.2, 0.5)  # hazards


def profits(patience, rate, p, prize, n=N):
    """Profit of each project in quarters' burn, and what was paid, if it is stopped after so many quarters of silence."""
    w = town(n, patience=float(patience), venture_speed=rate, venture_feasibility=logit(p))
    for _ in range(patience + 3):
        quarter(w)
    burn = round(w.p[0].venture_burn[0, 3])
    paid = (w.ventures.raised + burn) / burn
    return prize * (w.ventures.link == 4) - paid, paid


def experiment(p, rate=RATE):
    """Nanda & Rhodes-Kropf's two stages read off one silence: p1 = P(a milestone within FIRST quarters), p2|F the chance of one by LAST after none so far, Y what that stage then costs on average."""
    prize = MEAN / p
    p1 = p * (1.0 - math.exp(-rate * FIRST))
    belief = belief_after(p, rate, float(FIRST))
    later = belief * (1.0 - math.exp(-rate * (LAST - FIRST)))
    y = later / (1.0 - math.exp(-rate)) + (1.0 - belief) * (LAST - FIRST)
    return p1, later, y, (1.0 - p1) * (y - later * prize)


@pytest.mark.parametrize("p", TELLING)
def test_price_of_tolerance_is_the_closed_form(record, p):
    """What a promise to go on costs is (1 - p1)(Y - E[p2|F] V)^+: an investor that keeps the option stops after a failed first stage, unless going on is worth it.

    Measured project by project: profit with the option less profit with the promise, the same luck. Projects have the same mean prize; the radical ones are those whose first stage tells most.
    """
    p1, later, y, price = experiment(p)
    stop, go = (profits(t, RATE, p, MEAN / p)[0] for t in (FIRST, LAST))
    d = paired(go, go if price < 0.0 else stop)
    belief = belief_after(p, RATE, float(FIRST))
    finding(record, f"NRK: price of tolerance, p {p:g}", theory=NRK17, claim=f"price of tolerance where a failed first stage lowers belief from {p:g} to {belief:.2g} (closed form: {max(0.0, price):.3g})", effect=d["difference"],
            error=d["standard_error"], unit="quarters' burn", expected="> 0" if price > 0.0 else "= 0", asserted=True, closed_form=max(0.0, price), p1=p1, p2_after_failure=later, second_stage=y)  # fmt: skip
    promise = paired(go, stop)
    assert abs(promise["difference"] - price) <= 3.0 * promise["standard_error"]
    assert (d["difference"] > 3.0 * d["standard_error"]) if price > 0.0 else d["difference"] == 0.0


def test_price_of_tolerance_grows_with_what_the_first_stage_tells(record):
    """From nothing, where a first failure says little, towards the whole cost of the second stage: the more it tells, the dearer it is to go on all the same."""
    prices = [max(0.0, experiment(p)[3]) for p in TELLING]
    spread = [1.0 - belief_after(p, RATE, float(FIRST)) for p in TELLING]  # E[p2|S] - E[p2|F], as a part of what S promises
    assert spread == sorted(spread) and prices == sorted(prices) and prices[0] == 0.0 and prices[-1] > 0.0
    least, most = (np.subtract(*(profits(t, RATE, p, MEAN / p)[0] for t in (FIRST, LAST))) for p in (TELLING[1], TELLING[-1]))
    difference, error = most.mean() - least.mean(), math.hypot(standard_error(most), standard_error(least))
    finding(record, "NRK: price by telling", theory=NRK17, claim=f"price of tolerance of the most telling first stage (p {TELLING[-1]}) less that of a little telling one (p {TELLING[1]})", effect=difference, error=error,
            unit="quarters' burn", expected="> 0", asserted=True, priors=TELLING, spread=spread, closed_form=prices)  # fmt: skip
    assert difference > 3.0 * error


def turning_point(tolerance, mean=MEAN, rate=RATE):
    """The chance below which a fund of that tolerance turns a project down, of projects with the same mean prize p V: the less likely and the larger, the more radical. By the funds' own rule."""
    w = town(10, patience=float(tolerance), venture_speed=rate, venture_burn=1e8, fund_discount=0.04)
    m, p = w.managers[0], w.p[0]
    terms_of(m, p, float(tolerance), 0.04)
    low, high = 1e-6, 1.0 - 1e-6
    worth = [worth_of_stage(p, m, 0, 0, 3, x, mean / x * 1e8) for x in (low, high)]
    if worth[0] > 0.0:
        return 0.0, worth
    assert worth[1] > 0.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if worth_of_stage(p, m, 0, 0, 3, middle, mean / middle * 1e8) > 0.0 else (middle, high)
    return high, worth


def test_a_tolerant_investor_turns_down_the_most_radical(record):
    """The same mean prize, ever less likely and larger. Who keeps the option takes all of them; who has promised to go on takes only those likely enough, and fewer the longer the promise.

    Closed form, r the discount, g = l/(l+r) (1 - e^{-(l+r)T}), h = (1 - e^{-rT})/r: taken if p > (h c - g pV) / (h c - g c / l). And what the engine's projects then earn has the same sign.
    """
    mean, rate, r = MEAN, RATE, 0.04
    points = {}
    for tolerance in (4, 8, 16, 28, 60):
        gain, vain = rate / (rate + r) * (1.0 - math.exp(-(rate + r) * tolerance)), (1.0 - math.exp(-r * tolerance)) / r
        formula = max(0.0, (vain - gain * mean) / (vain - gain / rate))
        points[tolerance] = turning_point(tolerance)[0]
        assert points[tolerance] == pytest.approx(formula, abs=1e-6)
    values = list(points.values())
    assert values == sorted(values) and values[0] == 0.0 and values[-1] > 0.2
    for p in (0.02, 0.001):  # who stops by belief wants them, however radical
        assert p * rate * mean / p > 1.0 and best_stop(p, rate, mean / p, 1.0) > 0.0
    radical, n = 0.05, 100_000
    earned = {t: profits(t, rate, radical, mean / radical, n)[0] for t in (4, 60)}
    likely = profits(60, rate, 0.95, mean / 0.95)[0]
    note = "Chance below which a project of the same mean prize is turned down, by tolerance in quarters: " + ", ".join(f"{t}: {x:.2f}" for t, x in points.items()) + (
        ". Too little tolerance has the other effect in this model, through slow news. Nothing in the engine makes tolerance and radical choice go one way."
    )  # fmt: skip
    finding(record, "NRK: what is turned down", theory=NRK17, claim="chance of success below which a fund turns down a project of the same mean prize: tolerance of 60 quarters less 4", effect=points[60] - points[4], unit="probability",
            expected="> 0", asserted=True, note=note, by_tolerance=points)  # fmt: skip
    for name, x, sign in (("a radical project (p 0.05), stopped after 4 quarters", earned[4], "> 0"), ("the same after 60 quarters", earned[60], "< 0"), ("a likely one (p 0.95) after 60 quarters", likely, "> 0")):
        finding(record, f"NRK: profit of {name}", theory=NRK17, claim=f"profit of {name}", effect=x.mean(), error=standard_error(x), unit="quarters' burn", expected=sign, asserted=True)
    assert earned[4].mean() > 3.0 * standard_error(earned[4]) and earned[60].mean() < -3.0 * standard_error(earned[60]) and likely.mean() > 3.0 * standard_error(likely)


def test_value_per_yuan_by_tolerance_and_telling(record):
    """Engine against closed form in every cell: V p (1 - e^{-lT}) / [p (1 - e^{-lT}) / L + (1 - p) T]. Where news is slow, more tolerance costs little; where it is quick and telling, a lot."""
    p, prize, table, theory, z = 0.4, 30.0, {}, {}, []
    for rate in NEWS:
        for patience in (2, 6, 12, 24, 48):
            profit, paid = profits(patience, rate, p, prize)
            reached = p * (1.0 - math.exp(-rate * patience))
            expected = prize * reached / (reached / (1.0 - math.exp(-rate)) + (1.0 - p) * patience)
            value = (profit + paid).mean() / paid.mean()
            z.append((value - expected) / (standard_error(profit + paid - value * paid) / paid.mean()))
            table[f"lambda {rate:g}, T {patience}"], theory[f"lambda {rate:g}, T {patience}"] = value, expected
    z = np.array(z)
    finding(record, "NRK: value per yuan, mean z", theory=NRK17, claim=f"value for each yuan against closed form, {len(z)} cells of tolerance and telling (mean z-score; its interval)", effect=z.mean(), error=1.0 / math.sqrt(len(NEWS)),
            unit="std. errors", expected="= 0", asserted=True, engine=table, closed_form=theory, largest=np.abs(z).max())  # fmt: skip
    assert np.abs(z).max() <= 4.0  # cells of one hazard share their luck, so that a sum of squares would say nothing
    drop = {rate: 1.0 - table[f"lambda {rate:g}, T 48"] / table[f"lambda {rate:g}, T 2"] for rate in NEWS}
    finding(record, "NRK: what tolerance costs by telling", theory=NRK17, claim="part of value per yuan lost between 2 and 48 quarters of tolerance: quick news (lambda 0.5) less slow (0.01)", effect=drop[0.5] - drop[0.01],
            error=0.0, unit="share", expected="> 0", asserted=True, drop=drop)  # fmt: skip
    assert drop[0.5] > drop[0.01] + 0.1


# --- Nanda & Rhodes-Kropf 2013: hot markets --------------------------------------------------------------------------

WATCHED = 30  # quarters after the first round: 7 1/2 years


def hot_and_cold(w, hot):
    """Hot less cold, by first round: share that failed within WATCHED quarters, and log of value at sale or listing of those that got there. `hot` is given ventures, and says which (None: neither)."""
    v = w.ventures[: w.clock[0].n_ventures]
    v = v[(v.rounds > 0) & (v.round_tick[:, 0] >= 40) & (v.round_tick[:, 0] < w.clock[0].now - WATCHED)]
    which = hot(w, v)
    failed = (v.status == SHUT) & (v.ended - v.round_tick[:, 0] <= WATCHED)
    lives = (v.listed >= 0) | (v.status == BOUGHT) | (v.status == PUBLIC)
    out = []
    for x, among in ((failed.astype(float), np.ones(len(v), bool)), (np.log(np.maximum(1.0, v.proceeds)), lives), ((v.form == 1).astype(float), np.ones(len(v), bool))):
        a, b = x[among & (which == 1)], x[among & (which == 0)]
        out.append(a.mean() - b.mean() if len(a) > 4 and len(b) > 4 else math.nan)
    return out


def by_appetite(w, v):
    """1 while the appetite of investors stands above its average, 0 below: by the wave at the date of the first round."""
    turn = v.round_tick[:, 0] / w.p[0].fund_heat_years + 0.75
    wave = 4.0 * np.abs(turn - np.floor(turn) - 0.5) - 1.0
    return np.where(wave > 0.0, 1, 0)


@market_rule
def turn_to(w, now):
    """The climate of a date, which depends on the date alone."""
    w.clock[0].now = now
    turn_the_quarter(w, 0)


def by_technology(w, v):
    """1 if the sector had a technology wave when the first round closed."""
    last = int(w.clock[0].now)
    waves = []
    for now in range(0, last, 4):
        turn_to(w, now)
        waves.append(np.array(w.cities[0].wave))
    w.clock[0].now = last
    return np.where(np.array(waves)[v.round_tick[:, 0] // 4, v.sector] > 1.0, 1, 0)


OF_HEAT = {
    "failed": ("hot less cold: share that failed within 7 1/2 years of the first round", "share", "> 0"),
    "value": ("hot less cold: log of the value at sale or listing of those that got there", "log", "> 0"),
    "radical": ("hot less cold: share of radical projects", "share", "> 0"),
}  # fmt: skip


def test_hot_markets_are_recorded(record):
    """C3: ventures first funded while money is hot fail more often and, if they live, are worth more. In the whole baseline, by two kinds of heat; theory fixes no sign for a model in which all is at work.

    *Appetite*: investors give more and less to funds in waves of eight years. Hot and cold dates are the same in all runs, so that the same difference in runs without waves is taken off.
    *Technology*: while a sector has a wave, who enters its market sells more. Compared are first rounds in sectors with and without.
    """
    seeds = range(1, 61)
    waves, calm = (np.array([hot_and_cold(run_with({"fund.heat_height": h}, seed=seed), by_appetite) for seed in seeds]) for h in (0.8, 0.0))
    technology = np.array([hot_and_cold(run_with({}, seed=seed), by_technology) for seed in seeds])
    for k, (name, (claim, unit, sign)) in enumerate(OF_HEAT.items()):
        finding(record, f"NRK 2013: appetite: {name}", theory=NRK13, claim=f"investors' appetite (waves less none), {claim}", **by_seed(waves[:, k] - calm[:, k]), unit=unit, expected=sign, asserted=False)
        finding(record, f"NRK 2013: technology: {name}", theory=NRK13, claim=f"technology waves, {claim}", **by_seed(technology[:, k]), unit=unit, expected=sign, asserted=False,
                note="Hot markets in the paper lower the risk that the next round is missing, which lets investors try more. Here heat by appetite moves the money of funds and no expectation of a later round, "
                "and a technology wave is a larger market, and no cheaper money.")  # fmt: skip
    assert np.isfinite(waves).all(axis=1).sum() >= 40 and np.isfinite(technology).all(axis=1).sum() >= 40


# --- a figure --------------------------------------------------------------------------------------------------------


def draw(entries):
    """Slow projects by announced tolerance; radical choice by horizon and tolerance; the price of tolerance by what the first stage tells; what is turned down by tolerance."""
    import matplotlib

    matplotlib.use("Agg")
    from forest import BLUE, GREY, VERMILION
    from matplotlib.figure import Figure
    from stripped import RESULTS

    figure = Figure(figsize=(9.5, 7), layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    x = entries["DM: slow projects, soft less hard"]
    panels[0].errorbar(x["years"], x["slow"], yerr=1.96 * np.array(x["slow_errors"]), fmt="o-", color=BLUE, ms=4, label="announced")
    panels[0].plot(x["years"], x["slow_hidden"], "s--", color=VERMILION, ms=4, label="not announced")
    panels[0].set(title="Dewatripont & Maskin", xlabel="tolerance, years", ylabel="slow projects, share of those funded", ylim=(0, 0.6))
    panels[0].legend(frameon=False, fontsize=8)
    x = entries["Manso: shares"]
    panels[1].bar(range(4), x["share"], yerr=1.96 * np.array(x["error"]), color=(GREY, VERMILION, GREY, BLUE), capsize=3)
    panels[1].set_xticks(range(4), [c.replace(", ", "\n") for c in x["cells"]], fontsize=7)
    panels[1].set(title="Manso: the same ideas", xlabel="life of funds, tolerance in years", ylabel="share that turns radical")
    x = entries["NRK: price by telling"]
    prices = [entries[f"NRK: price of tolerance, p {p:g}"] for p in TELLING]
    panels[2].plot(x["spread"], x["closed_form"], color="black", lw=1, label="closed form")
    panels[2].errorbar(x["spread"], [e["effect"] for e in prices], yerr=[(e["high"] - e["low"]) / 2 for e in prices], fmt="o", color=BLUE, ms=4, label="engine")
    panels[2].set(title="Nanda & Rhodes-Kropf: price of tolerance", xlabel="fall of belief after a failed first stage", ylabel="quarters' burn, 95% interval")
    panels[2].legend(frameon=False, fontsize=8)
    x = entries["NRK: what is turned down"]["by_tolerance"]
    panels[3].plot([int(t) for t in x], list(x.values()), "o-", color=BLUE, ms=4)
    panels[3].set(title="Turned down by a tolerant fund", xlabel="tolerance, quarters", ylabel="chance of success below which it says no", ylim=(0, 1))
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(RESULTS / "theory_curves.png", dpi=120, metadata={"Software": None})
