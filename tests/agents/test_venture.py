"""A venture's rules, worked by hand: effort, belief, milestones, family support, sales."""

import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

R = rules.venture
shares = st.floats(0.01, 0.99)
rates = st.floats(0.01, 2.0)
lengths = st.floats(0.0, 60.0)
books = byhand.world()  # for properties that are tried many times
byhand.venture(books)


@pytest.fixture
def w():
    return byhand.world()


def work(w, row, quarters=1):
    """Let a venture work; the clock runs."""
    for _ in range(quarters):
        R.work_a_quarter(w, row)
        w.clock[0].now += 1


# --- effort and spending ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ratio", "effort"), [(0.0, 0.0), (0.25, 0.25), (1.0, 1.0), (4.0, 2.0), (9.0, 3.0)])
def test_money_buys_effort_in_proportion_and_a_flood_only_its_square_root(ratio, effort):
    assert R.effort_bought(ratio * 7e7, 7e7) == pytest.approx(effort)


@quick
@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(1e5, 1e9))
def test_more_money_never_buys_less_effort_and_never_more_than_in_proportion(a, b, burn):
    low, high = sorted((a, b))
    assert R.effort_bought(low, burn) <= R.effort_bought(high, burn)
    assert R.effort_bought(high, burn) <= high / burn * (1 + 1e-12)


def test_money_that_arrives_is_spread_over_the_plan(w):
    w.p.venture_plan, w.p.venture_flood_limit, w.p.venture_lean_burn = 4.0, 3.0, 0.05 * MILLION_RMB
    row = byhand.venture(w)
    v, p = w.ventures[row], w.p[0]
    burn = R.planned_burn(p, v.form, v.sector, v.link)
    for cash, pace in [(4 * burn, burn), (2 * burn, burn / 2), (100 * burn, 3 * burn), (1.0, 0.05 * MILLION_RMB)]:
        v.cash = int(cash)
        R.plan_a_year(v, p)
        assert v.pace == pytest.approx(pace, rel=1e-6)


# --- belief ----------------------------------------------------------------------------------------------------------


def test_belief_after_silence_by_hand():
    # p = 1/2, lambda L = ln 3: silence is 3 times as likely if the milestone is infeasible, so odds fall from 1:1 to 1:3
    assert R.belief_after(0.5, math.log(3.0) / 4, 4.0) == pytest.approx(0.25)


@quick
@given(shares, rates, lengths, lengths)
def test_belief_falls_with_silence_and_does_not_depend_on_how_the_silence_is_cut_up(prior, rate, a, b):
    once = R.belief_after(prior, rate, a + b)
    assert once == pytest.approx(R.belief_after(R.belief_after(prior, rate, a), rate, b), rel=1e-9, abs=1e-15)
    assert 0.0 <= once <= prior * (1 + 1e-12)


@quick
@given(shares, rates, lengths)
def test_belief_is_a_martingale(prior, rate, effort):
    """Chance of success times 1 plus chance of silence times belief after it is the belief before."""
    reached = prior * (1.0 - math.exp(-rate * effort))
    assert reached + (1.0 - reached) * R.belief_after(prior, rate, effort) == pytest.approx(prior, rel=1e-9)


@quick
@given(st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 1), st.integers(0, 3))
def test_feasibility_is_a_chance_that_rises_with_quality(a, b, form, link):
    low, high = sorted((a, b))
    p = books.p[0]
    assert 0.0 < R.feasibility(p, form, link, low) <= R.feasibility(p, form, link, high) < 1.0


# --- milestones ------------------------------------------------------------------------------------------------------


def test_nature_decides_by_venture_and_link_alone(w):
    p = w.p[0]
    one, other = (byhand.venture(w, key=77) for _ in range(2))
    w.ventures[other].cash = 10 * MILLION_RMB
    w.ventures[other].effort = 5.0
    w.ventures[other].last_milestone = 31
    for row in (one, other):
        R.open_milestone(w.ventures[row], p, 5)
    assert w.ventures[one].needed == w.ventures[other].needed
    assert w.ventures[one].feasible == w.ventures[other].feasible
    assert w.ventures[other].effort == 0.0
    R.open_milestone(w.ventures[other], p, 6)
    assert w.ventures[one].needed != w.ventures[other].needed


def test_the_effort_needed_scales_with_speed_and_nothing_else_moves(w):
    v = w.ventures[byhand.venture(w)]
    R.open_milestone(v, w.p[0], 1)
    before, feasible = float(v.needed), int(v.feasible)
    w.p.venture_speed *= 2.0
    R.open_milestone(v, w.p[0], 1)
    assert v.needed == pytest.approx(before / 2)
    assert v.feasible == feasible


def test_quality_turns_infeasible_into_feasible_and_never_back(w):
    v = w.ventures[byhand.venture(w)]
    seen = []
    for quality in np.linspace(-4, 4, 33):
        v.quality = quality
        R.open_milestone(v, w.p[0], 1)
        seen.append(int(v.feasible))
    assert seen == sorted(seen)
    assert seen[0] == 0 and seen[-1] == 1


def test_inspection_shows_all_or_nothing(w):
    v = w.ventures[byhand.venture(w)]
    for share in (0, 1):
        w.p.venture_inspection = share
        R.open_milestone(v, w.p[0], 1)
        assert v.seen == share


def test_a_milestone_is_reached_when_the_effort_needed_is_spent(w):
    row = byhand.venture(w, feasible=1, needed=2.5)
    v, p = w.ventures[row], w.p[0]
    burn = R.planned_burn(p, 0, 0, 2)
    v.cash, v.pace = int(10 * burn), burn
    work(w, row, 2)
    assert v.link == 2 and v.effort == pytest.approx(2.0)
    work(w, row)
    assert v.link == 3 and v.milestones == 1 and v.last_milestone == 2
    assert v.effort == 0.0
    assert byhand.events(w) == [(rules.accounts.MILESTONE, row, -1, 3)]


def test_an_infeasible_milestone_is_never_reached(w):
    row = byhand.venture(w, feasible=0, needed=0.1, cash=10**13)
    w.ventures[row].pace = R.planned_burn(w.p[0], 0, 0, 2)
    work(w, row, 40)
    assert w.ventures[row].link == 2 and w.ventures[row].effort == pytest.approx(40.0)


def ready_for_the_market(w, **given):
    """A venture whose last milestone falls due this quarter."""
    return byhand.venture(w, **{**dict(link=3, feasible=1, needed=0.0, cash=10 * MILLION_RMB, pace=1.0 * MILLION_RMB), **given})


def test_the_last_milestone_opens_the_market_as_large_as_the_wave_makes_it(w):
    plain, on_a_wave = (ready_for_the_market(w, key=9) for _ in range(2))
    R.work_a_quarter(w, plain)
    w.cities[0].wave[0] = 1.7
    R.work_a_quarter(w, on_a_wave)
    v = w.ventures[plain]
    assert v.status == R.SELLING and v.link == R.IN_MARKET and v.market_entry == 0 and v.milestones == 1
    assert v.mark == v.revenue > 0.0
    assert w.ventures[on_a_wave].revenue == pytest.approx(1.7 * v.revenue)


def test_first_revenue_by_hand(w):
    """R0 = exp(mu + sigma z'), z' = kappa z + sqrt(1 - kappa^2) luck."""
    row = ready_for_the_market(w, quality=1.3, form=1, sector=2)
    v, p = w.ventures[row], w.p[0]
    luck = rules.draws.normal(1, 0, v.key, R.MARKET_LUCK)
    kappa = float(p.venture_market_fit)
    z = kappa * 1.3 + math.sqrt(1 - kappa**2) * luck
    R.work_a_quarter(w, row)
    mu = math.log(p.venture_first_revenue) + p.venture_market_size[1] + p.sector_market[2]
    assert math.log(v.revenue) == pytest.approx(mu + p.venture_market_spread[1] * z)


def test_a_firm_has_a_value_from_the_quarter_of_its_market_entry(w):
    """Insiders review it in that same quarter: a value of nought would have them leave their success."""
    rules.prospects.work_out_prospects(w)
    row = ready_for_the_market(w)
    R.work_a_quarter(w, row)
    v = w.ventures[row]
    assert v.value == pytest.approx(v.revenue * w.tables[0].multiple[0, 0, 0] + v.cash)


# --- money runs out --------------------------------------------------------------------------------------------------


def test_work_is_paid_to_households_and_the_books_balance(w):
    row = byhand.venture(w, cash=3 * MILLION_RMB, pace=float(MILLION_RMB))
    w.accounts[rules.accounts.HOUSEHOLDS].cash = -3 * MILLION_RMB
    work(w, row, 2)
    assert w.ventures[row].cash == MILLION_RMB
    assert w.accounts[rules.accounts.HOUSEHOLDS].cash == -MILLION_RMB
    assert byhand.total(w) == 0


@pytest.mark.parametrize(("support", "quarters"), [(0.0, 0), (0.9, 0), (1.0, 1), (2.5, 2), (7.0, 7)])
def test_the_family_carries_the_team_for_whole_quarters_and_then_it_closes(w, support, quarters):
    row = byhand.venture(w, support=support)
    v = w.ventures[row]
    for n in range(quarters):
        work(w, row)
        assert v.status == R.BUILDING
        assert v.effort == pytest.approx((n + 1) * w.p[0].venture_subsistence_effort)
    work(w, row)
    assert v.status == R.SHUT and v.ended == quarters and v.ending == R.OUT_OF_MONEY


def test_a_team_carried_by_its_family_can_still_make_it(w):
    row = byhand.venture(w, support=9.0, feasible=1, needed=0.4)
    w.p.venture_subsistence_effort = 0.15
    work(w, row, 3)
    assert w.ventures[row].link == 3


def test_a_team_that_closes_has_not_reached_its_milestone_in_that_quarter(w):
    row = byhand.venture(w, support=0.0, feasible=1, needed=0.01)
    work(w, row)
    assert w.ventures[row].status == R.SHUT and w.ventures[row].link == 2


# --- sales -----------------------------------------------------------------------------------------------------------


def selling(w, revenue, **given):
    fields = dict(status=R.SELLING, link=R.IN_MARKET, market_entry=-1, revenue=revenue, mark=revenue, cash=0, support=100.0)
    return byhand.venture(w, **{**fields, **given})


def calm(w):
    """Sales that follow from growth alone: no luck, no closing."""
    w.p.venture_growth_noise = 0.0
    w.p.sector_closure = 0.0


def test_nobody_sells_more_than_the_largest_market_buys(w):
    """Growth of a tenth would lead from 95 to 105 million: it stops at the limit of 100 and begins again when sales have shrunk."""
    calm(w)
    w.p.venture_growth_early, w.p.venture_growth_late = 0.0, 0.1
    w.p.venture_largest_sales = 100.0 * MILLION_RMB
    row = selling(w, 95.0 * MILLION_RMB, cash=10**12)
    work(w, row)
    assert w.ventures[row].revenue == 100.0 * MILLION_RMB
    w.ventures[row].revenue = 50.0 * MILLION_RMB
    work(w, row)
    assert w.ventures[row].revenue == pytest.approx(50.0 * MILLION_RMB * math.exp(0.1))


def test_a_quarter_of_sales_by_hand(w):
    """A quarter of the year's revenue comes in; costs and tax go out; what is left is the profit."""
    calm(w)
    w.p.venture_margin_start = w.p.venture_margin_mature = 0.25
    w.p.city_tax = 0.2
    row = selling(w, 80.0 * MILLION_RMB)
    v = w.ventures[row]
    work(w, row)
    assert v.cash == 4 * MILLION_RMB  # 20 million of sales, 5 million of profit, 1 million of it tax
    assert w.accounts[rules.accounts.CUSTOMERS].cash == -20 * MILLION_RMB
    assert w.accounts[rules.accounts.HOUSEHOLDS].cash == 15 * MILLION_RMB
    assert w.accounts[rules.accounts.TREASURY].cash == w.clock[0].tax == MILLION_RMB
    assert v.profit_now == 4 * MILLION_RMB


def test_a_loss_is_not_taxed(w):
    calm(w)
    w.p.venture_margin_start = w.p.venture_margin_mature = -0.5
    row = selling(w, 8.0 * MILLION_RMB, cash=10 * MILLION_RMB)
    work(w, row)
    assert w.ventures[row].cash == 9 * MILLION_RMB and w.clock[0].tax == 0
    assert w.ventures[row].starved == 0


def test_a_firm_that_cannot_pay_for_its_losses_cuts_them_and_grows_more_slowly(w):
    calm(w)
    w.p.venture_margin_start = w.p.venture_margin_mature = -0.5
    w.p.venture_starved_drag = 0.08
    rich, poor = (selling(w, 8.0 * MILLION_RMB, cash=cash) for cash in (MILLION_RMB, MILLION_RMB - 1))
    for row in (rich, poor):
        R.work_a_quarter(w, row)
    assert (w.ventures[rich].starved, w.ventures[poor].starved) == (0, 1)
    assert w.ventures[poor].cash == MILLION_RMB - 1
    assert math.log(w.ventures[rich].revenue / w.ventures[poor].revenue) == pytest.approx(0.08)


def test_profit_is_kept_by_whole_years_from_market_entry(w):
    calm(w)
    w.p.venture_growth_early = w.p.venture_growth_late = 0.0
    w.p.venture_margin_start = w.p.venture_margin_mature = 0.1
    row = selling(w, 40.0 * MILLION_RMB)
    v = w.ventures[row]
    v.market_entry = w.clock[0].now
    w.clock[0].now += 1
    a_quarter = 800_000 * 100  # a tenth of 10 million of sales, less a fifth in tax, fen
    for quarters in range(1, 15):
        work(w, row)
        years = quarters // 4
        assert v.profit.tolist() == [0] * (3 - years) + [4 * a_quarter] * years
        assert v.profit_now == quarters % 4 * a_quarter
        assert v.cash == quarters * a_quarter


def test_growth_is_gibrat_around_a_rate_that_falls_with_age(w):
    p = w.p[0]
    for form in (0, 1):
        g = [R.growth_rate(p, form, float(a)) for a in range(200)]
        assert g[0] == pytest.approx(p.venture_growth_early[form] + p.venture_growth_late)
        rounding = 1e-15
        assert all(a >= b - rounding for a, b in zip(g, g[1:], strict=False)) and g[0] > g[20]
        tau = p.venture_growth_fade[form]
        assert R.growth_rate(p, form, tau) - p.venture_growth_late == pytest.approx(p.venture_growth_early[form] / math.e)
        m = [R.margin_at(p, form, float(a)) for a in range(200)]
        assert m[0] == pytest.approx(p.venture_margin_start[form])
        assert all(a <= b + rounding for a, b in zip(m, m[1:], strict=False)) and m[20] < m[-1] <= p.venture_margin_mature + rounding


def test_luck_of_sales_does_not_depend_on_money(w):
    w.p.sector_closure = 0.0
    w.p.venture_margin_start = w.p.venture_margin_mature = 0.1
    a, b = (selling(w, 8.0 * MILLION_RMB, key=9, cash=cash) for cash in (0, 50 * MILLION_RMB))
    for row in (a, b):
        R.work_a_quarter(w, row)
    assert w.ventures[a].revenue == w.ventures[b].revenue


def test_a_doubling_is_a_milestone_and_resets_the_silence(w):
    calm(w)
    w.p.venture_growth_early = 0.0
    w.p.venture_growth_late = math.log(2.0) / 4 + 1e-9
    w.p.venture_margin_start = w.p.venture_margin_mature = 0.1
    row = selling(w, 8.0 * MILLION_RMB)
    work(w, row, 4)
    assert w.ventures[row].milestones == 1 and w.ventures[row].last_milestone == 3
    assert w.ventures[row].mark == w.ventures[row].revenue
    work(w, row, 3)
    assert w.ventures[row].milestones == 1


def test_a_market_can_go_away(w):
    row = selling(w, 8.0 * MILLION_RMB, cash=10 * MILLION_RMB)
    w.p.sector_closure = 1.0
    work(w, row)
    assert w.ventures[row].status == R.SHUT and w.ventures[row].ending == R.MARKET_FAILED


def test_sales_that_do_not_feed_the_team_end_it_when_the_family_gives_up(w):
    calm(w)
    row = selling(w, 0.04 * MILLION_RMB, support=1.0)
    work(w, row)
    assert w.ventures[row].status == R.SELLING
    work(w, row)
    assert w.ventures[row].status == R.SHUT and w.ventures[row].ending == R.OUT_OF_MONEY


@quick
@given(st.floats(1e5, 1e13), st.integers(0, 10**13), st.floats(-2.0, 0.3), st.integers(0, 100))
def test_books_balance_whatever_is_sold_and_cash_never_falls_below_zero(revenue, cash, margin, age):
    w = books
    v = w.ventures[0]
    w.p.venture_margin_start = w.p.venture_margin_mature = margin
    v.status, v.revenue, v.mark, v.cash, v.market_entry, v.support = R.SELLING, revenue, revenue, cash, -age, 5.0
    before = byhand.total(w)
    R.work_a_quarter(w, 0)
    assert byhand.total(w) == before
    assert v.cash >= 0
    assert v.revenue > 0.0


# --- what it asks for ------------------------------------------------------------------------------------------------


def test_a_young_team_seeks_a_lead_for_a_tranche_of_burn(w):
    row = byhand.venture(w)
    v, p = w.ventures[row], w.p[0]
    need = R.planned_burn(p, 0, 0, 2)
    R.need_of_money(w, row)
    assert v.seeking == 1 and v.wants == round(need * p.fund_tranche) and v.asks == 0
    assert v.next_pitch == int(p.venture_pitching)
    R.need_of_money(w, row)
    assert v.seeking == 0  # pitching takes time


def test_a_rich_team_asks_nobody(w):
    row = byhand.venture(w, cash=10**12)
    R.need_of_money(w, row)
    assert (w.ventures[row].seeking, w.ventures[row].asks, w.ventures[row].wants) == (0, 0, 0)


def test_insiders_are_asked_for_the_next_tranche_and_outsiders_only_on_news(w):
    row = byhand.venture(w)
    v, p = w.ventures[row], w.p[0]
    byhand.stake(w, row, byhand.fund(w), 1000, 5)
    R.need_of_money(w, row)
    assert v.asks == round(R.planned_burn(p, 0, 0, 2) * p.fund_tranche) and v.seeking == 0
    v.milestones = 1
    R.need_of_money(w, row)
    assert v.seeking == 1
    R.need_of_money(w, row)
    assert v.seeking == 0 and v.asks > 0  # pitching takes time; insiders are asked meanwhile


def test_a_firm_that_earns_money_does_not_ask_for_it(w):
    w.p.venture_margin_start = w.p.venture_margin_mature = 0.1
    row = selling(w, 8.0 * MILLION_RMB)
    R.need_of_money(w, row)
    assert w.ventures[row].seeking == 0


# --- marks -----------------------------------------------------------------------------------------------------------


def test_a_unicorn_is_noted_once_at_the_threshold(w):
    rules.prospects.work_out_prospects(w)
    row = selling(w, 1.0)
    v = w.ventures[row]
    for cash in (w.p[0].market_near_unicorn - 1e6, w.p[0].market_near_unicorn, w.p[0].market_unicorn, 2 * w.p[0].market_unicorn):
        v.cash = int(cash)
        R.note_value(w, row)
        w.clock[0].now += 1
    assert v.near_unicorn == 1 and v.unicorn_fundamental == 2
    assert len(byhand.events(w, rules.accounts.UNICORN_FUNDAMENTAL)) == 1


def test_a_zombie_is_one_whose_public_prospects_no_longer_cover_its_costs(w):
    rules.prospects.work_out_prospects(w)
    w.clock[0].now = 3
    fresh, silent = byhand.venture(w, effort=0.0), byhand.venture(w, effort=400.0)
    for row in (fresh, silent):
        R.note_value(w, row)
    assert w.ventures[fresh].idle == 0 and w.ventures[silent].idle > 0


@quick
@given(shares, rates, st.floats(1.0, 1e4), st.floats(0.1, 1e3))
def test_the_zombie_test_is_the_myopic_stopping_margin(prior, rate, ahead, burn):
    """p lambda V < c exactly when the best stopping time is nought."""
    assume(abs(prior * rate * ahead - burn) > 1e-9 * burn)
    stops_now = rules.fund.best_stop(prior, rate, ahead, burn) == 0.0
    assert stops_now == (prior * rate * ahead < burn)


# --- money diverted --------------------------------------------------------------------------------------------------


def backed(w, tolerance=8.0, benefit=0.5, **given):
    """A team of which the founders hold half, that one fund backs whose tolerance is known; its prize and burn are round numbers."""
    w.p.venture_private_benefit, w.p.entrepreneur_announced, w.p.fund_stopping, w.p.market_discount = benefit, 1.0, 0, 0.0
    w.p.venture_burn[0, 0, 2], w.p.sector_burn[0, 0], w.p.venture_speed[0, 0, 2], w.p.sector_speed[0, 0] = MILLION_RMB, 1.0, 0.2, 1.0
    w.tables[0].public_prior[0, 2, 2], w.tables[0].stage_value[0, 0, 2, 3] = 0.5, 40.0 * MILLION_RMB
    w.clock[0].now = 1
    row = byhand.venture(w, cash=MILLION_RMB, pace=float(MILLION_RMB), rounds=1, **given)
    f = byhand.fund(w)
    w.managers[0].tolerance = tolerance
    byhand.stake(w, row, f, 10_000_000, MILLION_RMB, since=0)
    w.ventures[row].last_milestone = 0
    return row


@pytest.mark.parametrize(("tolerance", "n"), [(1.0, 0.0), (2.0, 1.0), (8.0, 7.0), (8.5, 7.5)])
def test_a_team_reckons_with_what_is_left_of_its_investors_tolerance(w, tolerance, n):
    v = w.ventures[backed(w, tolerance)]
    assert R.quarters_still_paid(w, v, w.p[0], 0.5, 0.2, 1.0, 1) == n
    w.p.entrepreneur_announced, w.p.market_reference_tolerance = 0.0, 5.0
    assert R.quarters_still_paid(w, v, w.p[0], 0.5, 0.2, 1.0, 1) == 4.0
    v.active[0], v.cash = 0, 3 * MILLION_RMB  # nobody pays any more: what is in the purse lasts for two quarters after this one
    assert R.quarters_still_paid(w, v, w.p[0], 0.5, 0.2, 1.0, 1) == 2.0


def test_under_the_bayesian_rule_it_reckons_with_the_best_stop_and_its_slack(w):
    v = w.ventures[backed(w)]
    w.p.fund_stopping, w.p.fund_slack[0] = R.BAYESIAN_RULE, 3.0
    stop = R.best_stop(0.5, 0.2, 40.0 * MILLION_RMB, MILLION_RMB)
    v.effort, v.withheld = 1.0, 1.0
    assert stop == pytest.approx(math.log(7.0) / 0.2)
    assert R.quarters_still_paid(w, v, w.p[0], 0.5, 0.2, 40.0 * MILLION_RMB, 2) == pytest.approx(stop + 3.0 - 2.0 - 1.0)


def test_the_cost_of_delay_by_hand():
    assert R.cost_of_delay(0.3, 0.2, 0.04, 0.0) == pytest.approx(0.3)  # the last quarter: what is not tried now is never tried
    assert R.cost_of_delay(0.3, 0.2, 0.0, 5.0) == pytest.approx(0.3 * math.exp(-1.0))  # nothing is lost but the last quarter's chance
    d, x = math.exp(-0.04), math.exp(-0.24)
    now, later = (0.3 * sum(x**j for j in range(n)) for n in (6, 5))
    assert R.cost_of_delay(0.3, 0.2, 0.04, 5.0) == pytest.approx(now - d * later)


def best_of_all_plans(quarters, p, rate, prize, take):
    """Brute force: the most that a team without discount can get, and whether working in the first quarter belongs to it, by all sequences of work (1) and taking (0)."""
    best = {}
    for plan in itertools.product((0, 1), repeat=quarters):
        worked, alive, value = 0, 1.0, 0.0
        for works in plan:
            if works:
                chance = p * (math.exp(-rate * worked) - math.exp(-rate * (worked + 1)))
                value += chance * prize
                alive -= chance
                worked += 1
            else:
                value += alive * take
        best[plan[0]] = max(best.get(plan[0], -1.0), value)
    return best


@pytest.mark.parametrize("take", [0.02, 0.3, 0.6, 1.0, 1.5, 3.0])
@pytest.mark.parametrize("quarters", [1, 2, 4, 7])
def test_without_discount_it_diverts_exactly_when_the_best_of_all_plans_begins_so(w, quarters, take):
    best = best_of_all_plans(quarters, 0.5, 0.2, 20.0, take)
    row = backed(w, float(quarters), benefit=take)
    assert R.puts_work_off(w, w.ventures[row], w.p[0], float(MILLION_RMB), 1.0, 1) == (best[0] > best[1])


def test_what_is_diverted_goes_to_the_founder_and_is_not_effort(w):
    row = backed(w, 30.0, benefit=0.4)
    v, e = w.ventures[row], w.people[w.ventures[row].founder]
    w.accounts[rules.accounts.HOUSEHOLDS].cash = -MILLION_RMB
    work(w, row)
    assert (v.effort, v.withheld, v.diverted, v.cash) == (0.0, 1.0, MILLION_RMB, 0)
    assert e.cash == 40_000_000 and w.clock[0].founders_got == 40_000_000
    assert byhand.total(w) == 0
    assert R.effort_paid_for(v) == 1.0


def test_nobody_diverts_without_a_benefit_nor_own_money(w):
    row = backed(w, 400.0, benefit=0.0)
    work(w, row)
    assert w.ventures[row].effort == 1.0 and w.ventures[row].diverted == 0
    row = byhand.venture(w, cash=MILLION_RMB, pace=float(MILLION_RMB))
    w.p.venture_private_benefit = 1.0
    work(w, row)
    assert w.ventures[row].effort == 1.0 and w.ventures[row].diverted == 0


def test_a_milestone_forgets_what_was_withheld_before_it(w):
    row = backed(w, 1.0, benefit=0.1, feasible=1, needed=0.5)
    w.ventures[row].withheld = 3.0
    work(w, row)
    assert w.ventures[row].link == 3 and w.ventures[row].withheld == 0.0


# --- giving up -------------------------------------------------------------------------------------------------------


def silent_team(w, gain):
    """A backed team with one more quarter of money, an even belief, and a founder to whom founding promised so much (million RMB)."""
    row = backed(w, 1.0, benefit=0.0)
    w.p.entrepreneur_starting_over, w.cities[0].hope_again, w.cities[0].tolerance = 1.0, 0.5, 0.5
    w.p.entrepreneur_face, w.p.fund_redemption_share, w.p.entrepreneur_liability = 2.0 * MILLION_RMB, 0.5, 2.0 * MILLION_RMB
    w.people[w.ventures[row].founder].gain_seen[:] = (gain * MILLION_RMB, 0.0)
    return row


def test_giving_up_by_hand(w):
    """Going on: half the firm, an even belief, one quarter at rate 0.2 for 40 million. Starting over: the gain at half the hope. Price: 1 for face and 1 for liability."""
    going_on = 0.5 * 0.5 * (1 - math.exp(-0.2)) * 40.0
    price = 0.5 * 2.0 + 0.5 * 2.0
    for gain, gives in ((2 * (going_on + price) + 0.01, True), (2 * (going_on + price) - 0.01, False)):
        w = byhand.world()
        row = silent_team(w, gain)
        assert R.gives_up(w, w.ventures[row], w.p[0], 1) == gives
        work(w, row)
        v = w.ventures[row]
        assert (v.status, v.ending, v.ended) == ((R.SHUT, R.GIVEN_UP, 1) if gives else (R.BUILDING, 0, -1))
        assert v.effort == (0.0 if gives else 1.0)


def test_who_has_failed_before_has_the_hope_in_the_gain_already(w):
    row = silent_team(w, 5.0)
    v, e = w.ventures[row], w.people[w.ventures[row].founder]
    assert not R.gives_up(w, v, w.p[0], 1)  # 2.5 against 1.8 and a price of 2
    e.failures = 1
    assert R.gives_up(w, v, w.p[0], 1)  # 5 against the same


def test_nobody_gives_up_where_starting_over_counts_nothing(w):
    row = silent_team(w, 1e6)
    w.p.entrepreneur_starting_over = 0.0
    work(w, row)
    assert w.ventures[row].status == R.BUILDING


@quick
@given(rates, st.floats(0.0, 0.2), lengths, lengths)
def test_the_longer_the_money_lasts_the_less_a_delay_costs(rate, discount, a, b):
    short, long = sorted((a, b))
    assert R.cost_of_delay(0.5, rate, discount, long) <= R.cost_of_delay(0.5, rate, discount, short) * (1.0 + 1e-12)
