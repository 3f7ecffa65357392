"""A fund's rules, worked by hand: value under a stopping rule, the decision to go on, offers, fees, the waterfall, the next vintage."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

R = rules.fund
V = rules.venture
shares = st.floats(0.01, 0.99)
rates = st.floats(0.01, 1.0)
discounts = st.floats(0.005, 0.1)
waits = st.floats(0.1, 60.0)
still = byhand.world()  # for properties that are tried many times; only parameters and managers are used


@pytest.fixture
def w():
    return byhand.world()


def terms(rate, discount, stop):
    seen = 1.0 - math.exp(-(rate + discount) * stop)
    return rate / (rate + discount) * seen, seen / (rate + discount), (1.0 - math.exp(-discount * stop)) / discount


def worth(belief, rate, discount, stop, ahead, burn):
    return R.stage_worth(belief, ahead, burn, *terms(rate, discount, stop))


# --- what a milestone is worth ---------------------------------------------------------------------------------------


@quick
@given(shares, rates, discounts, waits, st.floats(0.0, 1e3), st.floats(0.0, 10.0))
def test_value_of_a_milestone_is_the_integral_of_what_happens(belief, rate, discount, stop, ahead, burn):
    """Chance of arriving at each moment, the prize then, and the burn until then, added up by Simpson's rule."""
    n = 2000
    t = np.linspace(0.0, stop, n + 1)
    weight = np.ones(n + 1)
    weight[1:-1:2], weight[2:-1:2] = 4.0, 2.0
    weight *= stop / n / 3.0
    working = belief * np.exp(-rate * t) + (1.0 - belief)  # chance that the work still goes on
    flow = (belief * rate * np.exp(-rate * t) * ahead - burn * working) * np.exp(-discount * t)
    scale = 1.0 + ahead + burn * stop
    assert worth(belief, rate, discount, stop, ahead, burn) == pytest.approx(float(flow @ weight), abs=1e-6 * scale)


@quick
@given(shares, shares, rates, discounts, waits, st.floats(0.0, 1e3), st.floats(0.0, 10.0))
def test_value_rises_with_belief_and_prize_and_falls_with_burn(a, b, rate, discount, stop, ahead, burn):
    low, high = sorted((a, b))
    tiny = 1e-9 * (1.0 + ahead + burn / discount)
    if rate * ahead >= burn:
        assert worth(low, rate, discount, stop, ahead, burn) <= worth(high, rate, discount, stop, ahead, burn) + tiny
    assert worth(a, rate, discount, stop, ahead, burn) <= worth(a, rate, discount, stop, 1.1 * ahead, burn) + tiny
    assert worth(a, rate, discount, stop, ahead, burn) >= worth(a, rate, discount, stop, ahead, 1.1 * burn) - tiny


@quick
@given(shares, rates, st.floats(1.0, 1e3), st.floats(0.01, 10.0), st.floats(0.02, 3.0))
def test_value_rises_with_patience_up_to_the_best_stop_and_falls_beyond(belief, rate, ahead, burn, factor):
    """Both too impatient and too patient are possible."""
    best = R.best_stop(belief, rate, ahead, burn)
    assume(0.1 < best < 200.0)
    r = 1e-9
    stop = best * factor
    further = stop * 1.05 if stop < best else stop / 1.05  # a step towards the best, not beyond it
    if stop != best and (stop - best) * (further - best) >= 0.0:
        assert worth(belief, rate, r, stop, ahead, burn) <= worth(belief, rate, r, further, ahead, burn) + 1e-7 * ahead


@quick
@given(shares, rates, st.floats(1.0, 1e3), st.floats(0.01, 10.0))
def test_at_the_best_stop_belief_just_covers_the_burn(belief, rate, ahead, burn):
    best = R.best_stop(belief, rate, ahead, burn)
    assume(0.0 < best < 399.0)
    assert V.belief_after(belief, rate, best) * rate * ahead == pytest.approx(burn, rel=1e-6)


def test_best_stop_by_hand():
    # p = 1/2, lambda V = 10, c = 1: stop when the odds have fallen from 1:1 to 1:9, after ln 9 / lambda
    assert R.best_stop(0.5, 0.25, 40.0, 1.0) == pytest.approx(math.log(9.0) / 0.25)
    assert R.best_stop(0.05, 0.25, 40.0, 1.0) == 0.0  # not worth a beginning
    assert R.best_stop(0.5, 0.25, 3.0, 1.0) == 0.0  # not even if it were sure
    assert R.best_stop(1.0, 0.25, 40.0, 1.0) == 400.0  # a sure thing is never given up


@quick
@given(st.floats(1.0, 60.0), st.floats(1.0, 60.0), st.integers(0, 1), st.integers(0, 3), st.integers(0, 3))
def test_more_patience_sees_more_milestones_and_costs_more_in_vain(a, b, form, sector, link):
    p, m = still.p[0], still.managers[0]
    known = []
    for patience in sorted((a, b)):
        m.tolerance = patience
        R.terms_of(m, p, patience, 0.04)
        known.append([float(x) for x in (m.gain[form, sector, link], m.cost_feasible[form, sector, link], m.cost_vain, m.patience[form, sector, link])])
    assert all(x <= y for x, y in zip(*known, strict=True))
    rate = V.arrival_rate(p, form, sector, link)
    assert known[1][:3] == pytest.approx(list(terms(rate, 0.04, max(a, b))))
    assert known[1][3] == pytest.approx(1.0 - math.exp(-rate * max(a, b)))


@pytest.mark.parametrize("rule", ["patience", "bayesian"])
def test_worth_ahead_is_the_chain_worked_backwards(rule):
    w = byhand.world({"fund.stopping": rule, "fund.slack": 3})
    rules.prospects.work_out_prospects(w)
    p, t, m = w.p[0], w.tables[0], w.managers[0]
    r, z, spread = p.fund_discount[m.kind], 0.7, 0.4
    for form in (0, 1):
        pull = p.venture_market_spread[form] * p.venture_market_fit
        ahead = t.entry_value[form, 1] * math.exp(pull * z + 0.5 * pull * pull * spread)
        for link in (3, 2, 1, 0):
            assert R.worth_ahead(p, t, m, form, 1, link, z, spread) == pytest.approx(ahead)
            belief, rate, burn = V.feasibility(p, form, link, z), V.arrival_rate(p, form, 1, link), V.planned_burn(p, form, 1, link)
            stop = m.tolerance if rule == "patience" else max(0.0, R.best_stop(belief, rate, ahead, burn) + 3)
            ahead = max(0.0, worth(belief, rate, r, stop, ahead, burn))


def test_an_impatient_fund_values_slow_radical_work_less_and_fast_work_nearly_the_same(w):
    """Not assumed anywhere: it follows from slow news."""
    rules.prospects.work_out_prospects(w)
    p, t, m = w.p[0], w.tables[0], w.managers[0]
    ratio = {}
    for form, link in ((0, 2), (1, 1)):
        values = []
        for patience in (4.0, 28.0):
            R.terms_of(m, p, patience, 0.04)
            ahead = R.worth_ahead(p, t, m, form, 0, link, 0.5, 0.5)
            values.append(R.worth_of_stage(p, m, form, 0, link, V.feasibility(p, form, link, 0.5), ahead))
        ratio[form] = values[0] / values[1]
    assert ratio[1] < ratio[0]


# --- opinions --------------------------------------------------------------------------------------------------------


def test_opinion_weighs_signal_and_prior_by_precision(w):
    w.tables.quality_mean, w.tables.quality_variance = 0.3, 0.5
    v, m = w.ventures[byhand.venture(w, quality=2.0)], w.managers[0]
    m.skill = 2.0
    p = w.p[0]
    noise = p.fund_signal_noise[m.kind] / 2.0
    signal = 2.0 + noise * rules.draws.normal_pair(1, 0, m.key, v.key, R.SIGNAL)
    mean, variance = R.opinion_of(p, w.tables[0], m, v, False, 1)
    assert mean == pytest.approx((0.3 / 0.5 + signal / noise**2) / (1 / 0.5 + 1 / noise**2))
    assert variance == pytest.approx(1.0 / (1 / 0.5 + 1 / noise**2))


def test_the_repute_of_those_who_failed_shifts_the_prior_and_not_the_signal(w):
    w.tables.quality_mean, w.tables.quality_variance = 0.3, 0.5
    v, m, p = w.ventures[byhand.venture(w, quality=2.0)], w.managers[0], w.p[0]
    plain = R.opinion_of(p, w.tables[0], m, v, False, 1)
    v.repute = -0.8
    shifted = R.opinion_of(p, w.tables[0], m, v, False, 1)
    precision = 1 / 0.5 + 1 / p.fund_signal_noise[m.kind] ** 2
    assert shifted[0] - plain[0] == pytest.approx(-0.8 / 0.5 / precision)
    assert shifted[1] == plain[1]


def test_skill_and_ties_sharpen_and_asking_again_tells_nothing_new(w):
    v, m, p, t = w.ventures[byhand.venture(w, quality=1.0)], w.managers[0], w.p[0], w.tables[0]
    plain = R.opinion_of(p, t, m, v, False, 1)
    assert R.opinion_of(p, t, m, v, False, 1) == plain
    assert R.opinion_of(p, t, m, v, True, 1)[1] < plain[1]
    m.skill = 1.5
    assert R.opinion_of(p, t, m, v, False, 1)[1] < plain[1]
    v.milestones = 1
    assert R.opinion_of(p, t, m, v, False, 1)[0] != plain[0]


def test_opinions_are_right_on_average(w):
    """Over many projects the error of the opinion has mean 0 and the variance that the manager thinks it has."""
    p, t, m = w.p[0], w.tables[0], w.managers[0]
    v = w.ventures[byhand.venture(w)]
    rng = np.random.default_rng(1)
    errors = []
    for n in range(4000):
        v.key, v.quality = 10_000 + n, rng.standard_normal()
        mean, variance = R.opinion_of(p, t, m, v, False, 1)
        errors.append((v.quality - mean) / math.sqrt(variance))
    assert abs(np.mean(errors)) < 3 / math.sqrt(4000)
    assert abs(np.var(errors) - 1.0) < 3 * math.sqrt(2 / 4000)


def test_belief_is_worn_down_by_silence_and_lowered_when_insiders_have_stopped(w):
    p = w.p[0]
    v = w.ventures[byhand.venture(w, effort=6.0)]
    prior, rate = V.feasibility(p, 0, 2, 0.5), V.arrival_rate(p, 0, 0, 2)
    silent = prior * math.exp(-rate * 6) / (1 - prior + prior * math.exp(-rate * 6))
    assert R.belief_in(p, v, 0.5, 0.4) == pytest.approx(silent)
    v.abandoned = 3
    assert R.belief_in(p, v, 0.5, 0.4) == pytest.approx(0.6 * silent)
    assert R.belief_in(p, v, 0.5, 0.0) == pytest.approx(silent)
    v.seen = 1
    for feasible in (0, 1):
        v.feasible = feasible
        assert R.belief_in(p, v, 0.5, 0.4) == feasible


# --- the horizon test ------------------------------------------------------------------------------------------------


def test_time_needed_is_the_sum_of_the_links_and_the_harvest(w):
    p = w.p[0]
    for link in range(4):
        by_hand = p.fund_harvest + sum(1.0 / (p.venture_speed[1, k] * p.sector_speed[2]) for k in range(link, 4))
        assert R.time_needed(p, 1, 2, link) == pytest.approx(by_hand)


def test_a_fund_takes_on_only_what_it_can_see_through(w):
    rules.prospects.work_out_prospects(w)
    w.p.fund_signal_noise = 0.01
    v = w.ventures[byhand.venture(w, quality=3.0)]
    m, f, p = w.managers[0], w.funds[byhand.fund(w)], w.p[0]
    needed = R.time_needed(p, 0, 0, 2)
    for ends, takes in ((math.ceil(needed), True), (math.ceil(needed) - 1, False)):
        f.ends = ends
        assert bool(R.worth_to(w, m, f, v, False, p, 0, 1) > 0.0) is takes
    w.p.fund_screens_by = R.OF_THE_MARKET  # screens by everybody's reference, whatever its own life
    w.p.market_reference_life = math.ceil(needed)
    assert R.worth_to(w, m, f, v, False, p, 0, 1) > 0.0
    w.p.market_reference_life = needed - 1
    f.ends = 400
    assert R.worth_to(w, m, f, v, False, p, 0, 1) == 0.0


def test_a_firm_in_the_market_needs_the_rest_of_its_harvest(w):
    p = w.p[0]
    v = w.ventures[byhand.venture(w, status=V.SELLING, market_entry=0)]
    assert R.time_to_exit(p, w.tables[0], v, 0) == max(p.fund_harvest, p.fund_shortest_harvest)
    assert R.time_to_exit(p, w.tables[0], v, 1000) == p.fund_shortest_harvest


def test_worth_of_a_seller_is_sales_times_the_multiple_less_doubt(w):
    rules.prospects.work_out_prospects(w)
    w.p.fund_valuation_noise = 0.0
    m, f, p = w.managers[0], w.funds[byhand.fund(w)], w.p[0]
    v = w.ventures[byhand.venture(w, status=V.SELLING, market_entry=-8, revenue=5.0 * MILLION_RMB)]
    fair = 5.0 * MILLION_RMB * w.tables[0].multiple[0, 0, 8]
    assert R.worth_to(w, m, f, v, False, p, 0, 1) == pytest.approx(fair)
    v.abandoned = 0
    assert R.worth_to(w, m, f, v, False, p, 0, 1) == pytest.approx(fair * (1 - p.market_insider_stop_discount))


# --- to go on or to stop ---------------------------------------------------------------------------------------------


def holding(w, **given):
    """A venture held by a fund since tick 0. Returns its row, the venture and the manager."""
    row = byhand.venture(w, **given)
    byhand.stake(w, row, byhand.fund(w), 1_000_000, MILLION_RMB)
    return row, w.ventures[row], w.managers[0]


def stops(w, v, m, now):
    return bool(R.renew_or_stop(w, m, v, 0, w.p[0], now, 1))


def test_patience_ends_when_the_silence_reaches_t_whatever_the_belief(w):
    _, v, m = holding(w, effort=100.0)
    m.tolerance = 9.0
    assert [now for now in range(12) if stops(w, v, m, now)] == [9, 10, 11]
    v.last_milestone = 5
    assert [now for now in range(20) if stops(w, v, m, now)] == list(range(14, 20))
    v.since[0] = 8  # the clock of one who came later starts later
    assert [now for now in range(20) if stops(w, v, m, now)] == list(range(17, 20))


def test_the_bayesian_stops_when_belief_no_longer_covers_the_burn(w):
    w.p.fund_stopping = V.BAYESIAN_RULE
    w.p.fund_signal_noise = 1e-6
    rules.prospects.work_out_prospects(w)
    _, v, m = holding(w, quality=0.4)
    p = w.p[0]
    rate, burn = V.arrival_rate(p, 0, 0, 2), V.planned_burn(p, 0, 0, 2)
    for slack in (-4.0, 0.0, 6.0):
        w.p.fund_slack = slack
        ahead = R.worth_ahead(p, w.tables[0], m, 0, 0, 2, 0.4, 0.0)
        best = R.best_stop(V.feasibility(p, 0, 2, 0.4), rate, ahead, burn)
        assert 4.0 < best < 100.0
        v.effort = best + slack - 0.01
        assert not stops(w, v, m, 50)
        v.effort = best + slack + 0.01
        assert stops(w, v, m, 0)


@pytest.mark.parametrize("rule", [0, 1], ids=["patience", "bayesian"])
def test_who_can_see_that_it_is_infeasible_stops_at_once(w, rule):
    w.p.fund_stopping = rule
    rules.prospects.work_out_prospects(w)
    _, v, m = holding(w, quality=1.0, seen=1, feasible=0)
    assert stops(w, v, m, 0)
    v.feasible = 1
    assert not stops(w, v, m, 0)


@pytest.mark.parametrize("rule", [0, 1], ids=["patience", "bayesian"])
def test_nobody_stops_in_the_quarter_of_market_entry(w, rule):
    w.p.fund_stopping = rule
    rules.prospects.work_out_prospects(w)
    row, v, m = holding(w, link=3, feasible=1, needed=0.0, cash=MILLION_RMB, pace=1e6)
    V.work_a_quarter(w, row)
    assert v.status == V.SELLING
    assert not stops(w, v, m, 0)


# --- the review ------------------------------------------------------------------------------------------------------


def test_insiders_share_a_tranche_equally_as_far_as_their_reserves_last(w):
    row = byhand.venture(w)
    rich, poor = byhand.fund(w, 0), byhand.fund(w, 1, follow_money=3)
    for slot, f in enumerate((rich, poor)):
        byhand.stake(w, row, f, 1000, 5, slot)
    w.ventures[row].asks = 10 * MILLION_RMB
    before = int(w.funds[rich].follow_money)
    for f in (rich, poor):
        R.review_portfolio(w, f)
    assert w.ventures[row].pledge[:2].tolist() == [5 * MILLION_RMB, 3]
    assert w.funds[rich].follow_money == before - 5 * MILLION_RMB and w.funds[poor].follow_money == 0


def test_unlimited_money_pays_in_full_and_keeps_its_reserves(w):
    w.p.fund_money_limit = R.NO_LIMIT
    row = byhand.venture(w)
    f = byhand.fund(w, follow_money=3)
    byhand.stake(w, row, f, 1000, 5)
    w.ventures[row].asks = 10 * MILLION_RMB
    R.review_portfolio(w, f)
    assert w.ventures[row].pledge[0] == 10 * MILLION_RMB and w.funds[f].follow_money == 3


def test_who_stops_frees_a_seat_and_pays_nothing(w):
    row = byhand.venture(w, last_milestone=-100)
    f = byhand.fund(w)
    byhand.stake(w, row, f, 1000, 5, since=-100)
    w.ventures[row].asks = MILLION_RMB
    R.review_portfolio(w, f)
    v = w.ventures[row]
    assert v.leaving[0] == 1 and v.pledge[0] == 0
    assert w.funds[f].companies == 0 and w.funds[f].written_off == 1
    assert byhand.events(w) == [(rules.accounts.STOPPED, row, f, 5)]


def test_a_fund_near_its_end_pays_no_more_and_does_not_stop(w):
    row = byhand.venture(w)
    f = byhand.fund(w, ends=3)
    byhand.stake(w, row, f, 1000, 5)
    w.ventures[row].asks = MILLION_RMB
    R.review_portfolio(w, f)
    assert w.ventures[row].pledge[0] == 0 and w.ventures[row].leaving[0] == 0


@quick
@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=6), st.integers(1, 10**12))
def test_pledges_never_exceed_what_is_asked_nor_what_is_there(reserves, ask):
    w = byhand.world()
    row = byhand.venture(w)
    for slot, money in enumerate(reserves):
        byhand.stake(w, row, byhand.fund(w, follow_money=money), 1000, 5, slot)
    w.ventures[row].asks = ask
    for f in range(len(reserves)):
        R.review_portfolio(w, f)
    v = w.ventures[row]
    assert 0 <= v.pledge.sum() <= ask
    for slot, money in enumerate(reserves):
        assert v.pledge[slot] == min(ask // len(reserves), money)
        assert w.funds[slot].follow_money == money - v.pledge[slot]


# --- offers ----------------------------------------------------------------------------------------------------------


@quick
@given(st.lists(st.tuples(st.sampled_from([1.0, 1.5, 2.0, 3.0]), st.integers(1, 10**6)), min_size=1, max_size=15, unique_by=lambda x: x[1]), st.randoms())
def test_a_fund_keeps_its_best_candidates_in_whatever_order_they_come(offers, random):
    """Against plain sorting: by value for money, the smaller key first among equals."""
    w = byhand.world()
    for _, key in offers:
        byhand.venture(w, key=key, founder=0)
    order = list(range(len(offers)))
    random.shuffle(order)
    f = w.funds[byhand.fund(w)]
    for row in order:
        R.remember_candidate(f, w.ventures, row, offers[row][0], 7.0 * offers[row][0])
    best = sorted(range(len(offers)), key=lambda row: (-offers[row][0], offers[row][1]))[: R.SHORTLIST]
    assert f.listed_n == len(best)
    assert f.candidate[: len(best)].tolist() == best
    assert f.candidate_worth[: len(best)].tolist() == [7.0 * offers[row][0] for row in best]


@quick
@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3]), st.integers(1, 10**6)), min_size=1, max_size=6, unique_by=lambda x: x[1]), st.randoms())
def test_a_team_keeps_its_best_two_offers_and_counts_them_all(offers, random):
    w = byhand.world()
    v = w.ventures[byhand.venture(w)]
    for _, key in offers:
        byhand.fund(w, key=key)
    order = list(range(len(offers)))
    random.shuffle(order)
    for f in order:
        R.receive_offer(v, w.funds, f, offers[f][0], 100.0 * offers[f][0])
    best = sorted(range(len(offers)), key=lambda f: (-offers[f][0], offers[f][1]))[:2]
    assert v.offers == len(offers)
    assert v.offer_fund[: len(best)].tolist() == best
    assert v.offer_worth[: len(best)].tolist() == [100.0 * offers[f][0] for f in best]


def listed(w, wants, **given):
    """A fund with candidates on its list, best first, each asking for a sum."""
    f = byhand.fund(w, **given)
    for n, want in enumerate(wants):
        row = byhand.venture(w, wants=want)
        w.funds[f].candidate[n], w.funds[f].candidate_worth[n], w.funds[f].candidate_index[n] = row, 1e9, 9.0 - n
    w.funds[f].listed_n = len(wants)
    return f


def offered(w, wants):
    return [int(w.ventures[row].offers) for row in range(len(wants))]


@pytest.mark.parametrize(
    ("budget", "seats", "expected"),
    [(100, 30, [1, 1, 1]), (60, 30, [1, 0, 1]), (40, 30, [1, 0, 0]), (39, 30, [0, 1, 0]), (100, 2, [1, 1, 0]), (100, 0, [0, 0, 0])],
)
def test_offers_go_to_the_best_as_long_as_money_and_attention_last(w, budget, seats, expected):
    wants = [40, 30, 20]
    f = listed(w, wants, budget=budget, capacity=5 + seats, companies=5, holdings=5)
    R.make_offers(w, f)
    assert offered(w, wants) == expected


def test_silent_holdings_take_the_seats_of_new_ones(w):
    """Attention is the price of tolerance."""
    wants = [10, 10]
    f = listed(w, wants, budget=100, capacity=10, companies=9, holdings=40)
    R.make_offers(w, f)
    assert offered(w, wants) == [1, 0]


def test_a_team_prefers_the_patient_among_equal_prices_if_patience_is_announced(w):
    p = w.p[0]
    v = w.ventures[byhand.venture(w, form=1, link=1)]
    hasty, patient = w.managers[0], w.managers[1]
    for m, patience in ((hasty, 4.0), (patient, 28.0)):
        m.tolerance = patience
        R.terms_of(m, p, patience, 0.04)
    beta = p.market_bargain
    kept = beta * 8e8 / (beta * 8e8 + 2e8)
    w.p.entrepreneur_announced = 1.0
    offer = [R.appeal_of(p, m, v, 8e8, 2e8) for m in (hasty, patient)]
    for m, appeal in zip((hasty, patient), offer, strict=True):
        assert appeal == pytest.approx(kept * math.prod(m.patience[1, 0, k] for k in (1, 2, 3)))
    assert offer[0] < offer[1] < kept
    w.p.entrepreneur_announced = 0.0
    assert R.appeal_of(p, hasty, v, 8e8, 2e8) == R.appeal_of(p, patient, v, 8e8, 2e8)


def test_the_quarters_budget(w):
    """What is left, spread over the part of the period in which the fund hurries, and a first cheque in hand."""
    w.p.fund_haste = 0.5
    w.p.fund_ticket_typical = 5.0 * MILLION_RMB
    f = byhand.fund(w, new_money=80 * MILLION_RMB, follow_money=7, invest_until=16)
    R.set_budget(w, f)
    assert w.funds[f].budget == 15 * MILLION_RMB  # 80 over 8 quarters, and 5
    w.funds[f].new_money = 3 * MILLION_RMB
    R.set_budget(w, f)
    assert w.funds[f].budget == 3 * MILLION_RMB
    w.clock[0].now = 16
    R.set_budget(w, f)
    assert w.funds[f].budget == 0
    assert w.funds[f].new_money == 0 and w.funds[f].follow_money == 3 * MILLION_RMB + 7


# --- calls, fees, the waterfall --------------------------------------------------------------------------------------

parts = st.lists(st.integers(0, 1000), min_size=4, max_size=4).filter(any).map(
    lambda x: (lambda whole: [*whole[:3], 1_000_000 - sum(whole[:3])])([1_000_000 * n // sum(x) for n in x])
)


@quick
@given(st.integers(0, 10**13), parts)
def test_a_call_is_paid_by_the_investors_to_the_last_fen(amount, part):
    w = byhand.world()
    f = w.funds[byhand.fund(w, part=np.array(part))]
    R.call_capital(w, f, amount, 3)
    assert f.cash == f.called == amount
    assert f.flows[3] == -amount
    paid = [-int(w.accounts[rules.accounts.LP_PRIVATE + k].cash) for k in range(4)]
    assert sum(paid) == amount
    assert all(abs(x - amount * share / 1e6) <= 1.0 for x, share in zip(paid, part, strict=True))
    assert w.clock[0].guidance_called == paid[3]


def test_the_fee_runs_on_commitments_and_later_on_capital_called(w):
    w.p.fund_fee = 0.005
    f = byhand.fund(w, commitment=1000 * MILLION_RMB, fee_money=100 * MILLION_RMB, invest_until=1)
    R.charge_fees(w, f)
    assert w.funds[f].fees == w.accounts[rules.accounts.MANAGERS].cash == 5 * MILLION_RMB
    R.call_capital(w, w.funds[f], 200 * MILLION_RMB, 0)
    w.clock[0].now = 1
    R.charge_fees(w, f)
    assert w.funds[f].fees == 6 * MILLION_RMB  # 0.5% of the 200 million called for ventures
    w.funds[f].fee_money = 3
    R.charge_fees(w, f)
    R.charge_fees(w, f)
    assert w.funds[f].fees == 6 * MILLION_RMB + 3
    assert w.funds[f].cash == 200 * MILLION_RMB


def after_the_period(w, **given):
    """A fund whose investment period is over, with 200 million called for ventures and a hurdle of 100 million still due."""
    w.p.fund_fee = 0.005
    w.clock[0].now = 8
    fields = dict(called=200 * MILLION_RMB, owed=100.0 * MILLION_RMB, fee_money=100 * MILLION_RMB, invest_until=4)
    return byhand.fund(w, **{**fields, **given})


@pytest.mark.parametrize(("floats", "nav", "fee"), [(0.0, 0, 1.0), (0.5, 100, 1.0), (0.5, 50, 0.75), (0.5, 0, 0.5), (1.0, 150, 1.5), (1.0, 900, 2.0), (1.0, 0, 0.0)])
def test_the_late_fee_floats_about_the_hurdle(w, floats, nav, fee):
    """Half a percent of 200 million called is 1 million: of the part that floats, as much as marks cover of the 100 million due, at most twice."""
    w.p.fund_fee_floats = floats
    row = after_the_period(w, nav=nav * MILLION_RMB)
    R.charge_fees(w, row)
    assert w.funds[row].fees == w.accounts[rules.accounts.MANAGERS].cash == round(fee * MILLION_RMB)


def test_a_fund_that_has_paid_its_hurdle_stands_as_well_as_can_be(w):
    w.p.fund_fee_floats = 1.0
    row = after_the_period(w, owed=0.0)
    assert R.fee_of(w.p[0], w.funds[row], 8) == 2 * MILLION_RMB


def test_while_a_fund_invests_its_fee_does_not_float(w):
    w.p.fund_fee_floats = 1.0
    row = after_the_period(w, invest_until=9, commitment=1000 * MILLION_RMB)
    assert R.fee_of(w.p[0], w.funds[row], 8) == 5 * MILLION_RMB


def test_a_floating_fee_stays_within_what_was_set_aside(w):
    w.p.fund_fee_floats = 1.0
    row = after_the_period(w, owed=0.0, fee_money=7)
    R.charge_fees(w, row)
    R.charge_fees(w, row)
    assert w.funds[row].fees == 7 and w.funds[row].fee_money == 0


class PlainWaterfall:
    """A whole-fund waterfall in whole fen, as a term sheet would say it: first what was paid in with its preferred return, then the carry."""

    def __init__(self):
        self.due, self.investors, self.manager = 0, 0, 0

    def call(self, amount):
        self.due += amount

    def quarter(self, hurdle):
        self.due = math.floor(self.due * (1.0 + hurdle) + 0.5)

    def proceeds(self, cash, carry):
        first = min(cash, self.due)
        manager = min(cash - first, math.floor(carry * (cash - first) + 0.5))
        self.due -= first
        self.manager += manager
        self.investors += cash - manager


@settings(quick, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 10**11), st.integers(0, 3 * 10**11)), min_size=1, max_size=8),
    st.floats(0.0, 0.04), st.floats(0.0, 0.4), parts,
)  # fmt: skip
def test_the_waterfall_pays_capital_and_hurdle_first_and_then_the_carry(history, hurdle, carry, part):
    w = byhand.world()
    w.p.fund_hurdle, w.p.fund_carry, w.p.fund_fee = hurdle, carry, 0.0
    i = byhand.fund(w, part=np.array(part))
    f = w.funds[i]
    plain = PlainWaterfall()
    called = 0
    for calls, proceeds in history:
        R.call_capital(w, f, calls, int(w.clock[0].now))
        f.cash -= calls  # it went into ventures
        plain.call(calls)
        called += calls
        R.charge_fees(w, i)
        plain.quarter(hurdle)
        f.cash += proceeds
        plain.proceeds(proceeds, carry)
        R.distribute(w, i)
        assert f.cash == 0
        w.clock[0].now += 1
    assert f.distributed == plain.investors
    assert f.carry == plain.manager == w.accounts[rules.accounts.MANAGERS].cash
    assert int(f.distributed) + int(f.carry) == sum(x for _, x in history)
    assert int(f.flows.sum()) == plain.investors - called
    back = sum(int(w.accounts[rules.accounts.LP_PRIVATE + k].cash) for k in range(4))
    assert back == plain.investors - called


def test_no_carry_before_the_hurdle_by_hand(w):
    w.p.fund_hurdle, w.p.fund_carry, w.p.fund_fee = 0.02, 0.2, 0.0
    i = byhand.fund(w)
    f = w.funds[i]
    R.call_capital(w, f, 100 * MILLION_RMB, 0)
    f.cash = 0
    R.charge_fees(w, i)
    for cash, carry in ((60, 0), (42, 0), (10, 2)):  # 102 are due: capital and a quarter's preferred return
        f.cash = cash * MILLION_RMB
        before = int(f.carry)
        R.distribute(w, i)
        assert f.carry - before == carry * MILLION_RMB


# --- the next vintage ------------------------------------------------------------------------------------------------


def past(w, dpi, age, called=100 * MILLION_RMB):
    f = w.funds[byhand.fund(w, raised=int(w.clock[0].now) - age)]
    f.called, f.distributed = called, int(dpi * called)


def test_appetite_is_full_before_anything_can_be_seen_and_follows_distributions_then(w):
    w.clock[0].now = 60
    p, m = w.p[0], w.managers[0]
    w.p.fund_lp_floor, w.p.fund_lp_cap = 0.4, 2.0
    w.p.fund_lp_looks_after, w.p.fund_lp_expected = 20.0, 0.5
    assert R.appetite(w, m, p, 0, 60) == 1.0
    past(w, 0.1, 19)
    assert R.appetite(w, m, p, 0, 60) == 1.0  # too young to be looked at
    for dpi, factor in ((0.0, 0.4), (0.25, 0.4 + 0.6 * 0.5), (0.5, 1.0), (1.0, 1.6), (9.0, 1.6)):
        for older in w.funds[: int(w.clock[0].n_funds)]:
            older.raised = -200  # only the youngest that is old enough counts
        past(w, dpi, 20)
        assert R.appetite(w, m, p, 0, 60) == pytest.approx(factor)
    w.p.fund_lp_looks_after = 21.0
    assert R.appetite(w, m, p, 0, 60) == pytest.approx(1.6)  # this kind waits longer: it sees the vintage before
    w.p.fund_successor = R.FIXED
    assert R.appetite(w, m, p, 0, 60) == 1.0


def test_patience_is_punished_by_those_who_look_early_and_not_by_those_who_wait(w):
    """The J-curve: at five years a patient fund has given nothing back yet; at ten it has."""
    w.clock[0].now = 40
    w.p[0].fund_lp_looks_after[:2] = 20.0, 40.0
    past(w, 3.0, 40)
    past(w, 0.0, 20)
    p, m = w.p[0], w.managers[0]
    assert R.appetite(w, m, p, 0, 40) == pytest.approx(float(p.fund_lp_floor))
    assert R.appetite(w, m, p, 1, 40) > 1.0


GUIDE = 2  # row of the guidance programme


def raising(w, **given):
    m = w.managers[0]
    m.next_raise = int(w.clock[0].now)
    w.clock[0].lp_free[:] = 10**14
    m.guide = GUIDE
    w.programme_accounts[GUIDE].offered = 10**14
    for name, value in given.items():
        setattr(m, name, value)
    R.raise_fund(w, 0)
    return m, w.funds[max(0, int(w.clock[0].n_funds) - 1)]


def test_a_vintage_by_hand(w):
    kind = int(w.managers[0].kind)
    w.p.fund_size = 1000.0 * MILLION_RMB
    w.p.fund_lp_share[kind] = [0.5, 0.25, 0.0, 0.25]
    w.p.fund_fee, w.p.fund_late_fee, w.p.fund_reserve = 0.005, 0.6, 0.4
    w.p.fund_invest_period, w.p.fund_invest_share = 20.0, 0.5
    w.p.fund_raise_interval = 16.0
    m, f = raising(w, life=28.0)
    assert f.commitment == 1000 * MILLION_RMB
    assert f.part.tolist() == [500_000, 250_000, 0, 250_000]
    assert (f.raised, f.invest_until, f.ends, m.next_raise) == (0, 14, 28, 16)
    assert f.fee_money == 112 * MILLION_RMB  # 0.005 * (14 + 0.6 * 14) of the commitment
    assert f.follow_money == round(0.4 * 888 * MILLION_RMB)
    assert f.new_money + f.follow_money + f.fee_money == f.commitment
    assert [int(w.accounts[rules.accounts.LP_PRIVATE + k].committed) for k in range(4)] == [x * MILLION_RMB for x in (500, 250, 0, 250)]
    assert m.fund == 0 and m.vintages == 1


def test_those_who_give_what_they_have_give_no_more(w):
    kind = int(w.managers[0].kind)
    w.p.fund_size = 1000.0 * MILLION_RMB
    w.p.fund_lp_share[kind] = [0.5, 0.0, 0.25, 0.25]
    m = w.managers[0]
    m.next_raise = 0
    w.clock[0].lp_free[:] = [0, 0, 100 * MILLION_RMB]
    R.raise_fund(w, 0)
    f = w.funds[0]
    assert f.commitment == 600 * MILLION_RMB
    assert f.part.sum() == 1_000_000 and f.part[1] == 0
    assert f.part[R.LP_OF_GOVERNMENT] == 0, "a rounding remainder is nobody's commitment"
    assert f.part[2] == pytest.approx(1e6 / 6, abs=1)


def test_size_follows_skill_and_money_as_a_whole_stays_the_same(w):
    """skill^2 over its mean: at a spread of 0.3, E skill^2 = exp(2 * 0.3^2); the mean of what many managers raise is the same at any exponent."""
    w.p.fund_skill_spread = 0.3
    assert R.pull_of_skill(w.p[0], w.managers[0]) == 1.0
    w.p.fund_size_follows_skill = 2.0
    w.managers[0].skill = 1.5
    assert R.pull_of_skill(w.p[0], w.managers[0]) == pytest.approx(1.5**2 / math.exp(2 * 0.3**2))
    pulls = []
    for n in range(4000):
        w.managers[0].key = 77 + n
        R.open_manager(w.managers[0], w.p[0], 1)
        pulls.append(R.pull_of_skill(w.p[0], w.managers[0]))
    assert np.mean(pulls) == pytest.approx(1.0, abs=4 * np.std(pulls) / math.sqrt(len(pulls)))
    assert np.std(pulls) > 0.5


def test_appetite_swells_and_shrinks_in_waves_that_add_nothing():
    w = byhand.world()
    w.p.fund_heat_height, w.p.fund_heat_years = 0.6, 32.0
    heat = [R.heat_of(w.p[0], R.LP_KINDS.index("private"), now) for now in range(64)]
    assert [heat[n] for n in (0, 8, 16, 24)] == pytest.approx([1.0, 1.6, 1.0, 0.4]) and heat[4] == pytest.approx(1.3)
    assert np.mean(heat) == pytest.approx(1.0) and heat[:32] == pytest.approx(heat[32:])
    for lp, calm in (("institution", False), ("alumni", True), ("government", True)):
        assert (R.heat_of(w.p[0], R.LP_KINDS.index(lp), 8) == 1.0) == calm
    w.p.fund_heat_height = 0.0
    assert all(R.heat_of(w.p[0], 0, now) == 1.0 for now in range(64))


def test_a_hot_market_and_a_skilled_manager_raise_more(w):
    def raised(**given):
        w2 = byhand.world()
        for name, value in given.items():
            w2.p[name] = value
        w2.managers[0].skill, w2.managers[0].kind, w2.clock[0].now, w2.managers[0].next_raise = 1.2, R.MARKET, 8, 8
        R.raise_fund(w2, 0)
        return int(w2.funds[0].commitment)

    plain = raised()
    assert raised(fund_heat_height=0.5, fund_heat_years=32.0) == pytest.approx(1.5 * plain, abs=2)
    assert raised(fund_size_follows_skill=1.0, fund_skill_spread=0.0) == pytest.approx(1.2 * plain, abs=2)


def test_too_small_a_fund_is_not_raised(w):
    w.p.fund_smallest = 2000.0 * MILLION_RMB
    w.p.fund_size = 1000.0 * MILLION_RMB
    m, _ = raising(w)
    assert w.clock[0].n_funds == 0 and m.fund == -1
    assert all(int(a.committed) == 0 for a in w.accounts)
    assert m.next_raise > 0


@quick
@given(st.floats(0.0, 3.0), st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4), st.floats(20.0, 5000.0))
def test_a_successor_is_the_sum_of_what_each_kind_gives(dpi, share, size):
    w = byhand.world()
    w.clock[0].now = 100
    kind = int(w.managers[0].kind)
    w.p.fund_size, w.p.fund_lp_share[kind] = size * MILLION_RMB, share
    w.p[0].fund_lp_looks_after[:] = 20.0, 40.0, 400.0, 400.0
    past(w, dpi, 60)
    p = w.p[0]
    factor = [p.fund_lp_floor + (1 - p.fund_lp_floor) * min(p.fund_lp_cap, int(dpi * 1e10) / 1e10 / p.fund_lp_expected[k]) for k in (0, 1)] + [1.0, 1.0]
    expected = sum(math.floor(size * MILLION_RMB * s * x + 0.5) for s, x in zip(share, factor, strict=True))
    before = int(w.clock[0].n_funds)
    _, f = raising(w)
    if expected < p.fund_smallest:
        assert w.clock[0].n_funds == before
    else:
        assert abs(int(f.commitment) - expected) <= 4
        assert f.part.sum() == 1_000_000 and (f.part >= 0).all()
        for k in range(4):
            assert f.part[k] == pytest.approx(1e6 * size * MILLION_RMB * share[k] * factor[k] / expected, abs=4)
        assert f.new_money + f.follow_money + f.fee_money == f.commitment


def test_holdings_are_marked_at_the_last_price_and_given_up_ones_at_nothing(w):
    f = byhand.fund(w)
    for abandoned in (-1, 2):
        row = byhand.venture(w, price=50.0, abandoned=abandoned)
        byhand.stake(w, row, f, 1000, 5)
    R.mark_holdings(w, f)
    assert w.funds[f].nav == 0  # once a year
    w.clock[0].now = 3
    R.mark_holdings(w, f)
    assert w.funds[f].nav == 50_000
