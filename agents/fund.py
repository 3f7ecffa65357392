"""Funds: one vintage of a manager each. They value projects with their own stopping rule, pay in tranches, and live a fixed time.

Tolerance is the longest silence that a fund bears; horizon is the life it has. Both act through decisions alone: what a fund takes on,
when it stops paying, when it must sell, and what its investors think of it meanwhile. An impatient fund turns radical projects down
rationally, since under its own rule most of them would be stopped before they speak.
"""

import math

import numpy as np

from .accounts import FUND_RAISED, LP_PRIVATE, MANAGERS, STOPPED, log
from .draws import child, decision, normal_pair, normal_quantile, uniforms4
from .money import fen, pay, share_in_turn, share_out
from .rule import rule
from .venture import (
    BUILDING,
    IN_MARKET,
    MATURE,
    PATIENCE_RULE,
    SELLING,
    arrival_rate,
    belief_after,
    best_stop,
    effort_paid_for,
    feasibility,
    planned_burn,
    quarters_of_need,
)

KINDS = ("angel", "market", "patient", "alumni", "guidance")
ANGEL, MARKET, PATIENT, ALUMNI, GUIDANCE = 0, 1, 2, 3, 4
LP_KINDS = ("private", "institution", "alumni", "government")
LP_OF_ALUMNI, LP_OF_GOVERNMENT = 2, 3
RESULTS, FIXED = 0, 1  # fund.successor
OWN, OF_THE_MARKET = 0, 1  # fund.screens_by
COMMITMENT, NO_LIMIT = 0, 1  # fund.money_limit

PORTFOLIO = 128
SHORTLIST = 8
LIFE = 84  # quarters of cash flows kept
ROSTER = 2048  # places from which a team draws the managers it meets
MILLION = 1_000_000  # LP shares are whole parts of a million

MANAGER = np.dtype(
    [
        ("key", "u8"),
        ("kind", "i4"),
        ("number", "i4"),
        ("city", "i4"),
        ("university", "i4"),  # of an alumni fund, else -1
        ("fund", "i4"),  # row of the vintage that invests now, -1
        ("last", "i4"),  # row of its newest vintage, ended or not, -1
        ("vintages", "i4"),
        ("next_raise", "i4"),  # tick
        ("guide", "i4"),  # row of the guidance programme that would stand behind a fund raised now, -1
        ("last_size", "i8"),  # fen
        ("skill", "f8"),  # divides the noise of its signals
        ("tolerance", "f8"),  # quarters without a milestone
        ("life", "f8"),  # quarters
        ("reach", "i4"),  # places in the roster of those whom a team may meet
        # the stopping rule's terms for T, by form, sector and link
        ("gain", "f8", (2, 4, 4)),  # lambda/(lambda+r) (1 - e^{-(lambda+r)T})
        ("cost_feasible", "f8", (2, 4, 4)),  # (1 - e^{-(lambda+r)T})/(lambda+r)
        ("cost_vain", "f8"),  # (1 - e^{-rT})/r
        ("patience", "f8", (2, 4, 4)),  # 1 - e^{-lambda T}: share of feasible milestones that it lives to see
    ],
    align=True,
)

FUND = np.dtype(
    [
        ("key", "u8"),
        ("manager", "i4"),
        ("kind", "i4"),
        ("elder", "i4"),  # row of the manager's vintage before it, -1
        ("raised", "i4"),  # tick
        ("invest_until", "i4"),
        ("ends", "i4"),
        ("ended", "i4"),  # tick when all was sold, -1
        ("companies", "i4"),  # that it actively supports
        ("capacity", "i4"),
        ("commitment", "i8"),  # fen
        ("called", "i8"),
        ("distributed", "i8"),  # to its investors
        ("fees", "i8"),
        ("carry", "i8"),
        ("new_money", "i8"),  # dry powder for new companies
        ("follow_money", "i8"),  # dry powder reserved for those it holds
        ("fee_money", "i8"),
        ("budget", "i8"),  # of new money this quarter
        ("cash", "i8"),  # proceeds not yet distributed
        ("owed", "f8"),  # capital and hurdle still due to the investors before carry
        ("part", "i8", (4,)),  # investors' shares, parts of a million
        ("guide", "i4"),  # row of the guidance programme whose money it has, where it has the city's
        ("late", "i8"),  # fen of first tickets in firms that were in the market
        ("away", "i8"),  # fen of first tickets in firms of other cities
        ("nav", "i8"),  # last prices paid times shares held
        ("holdings", "i4"),
        ("portfolio", "i4", (PORTFOLIO,)),  # venture rows, in the order of purchase, then of the venture's key
        ("joined", "i4", (PORTFOLIO,)),  # tick of each purchase
        ("slot", "i1", (PORTFOLIO,)),  # its place in each venture's cap table
        ("listed_n", "i4"),  # candidates on this quarter's list
        ("candidate", "i4", (SHORTLIST,)),
        ("candidate_index", "f8", (SHORTLIST,)),
        ("candidate_worth", "f8", (SHORTLIST,)),
        ("deals", "i4"),
        ("written_off", "i4"),
        ("flows", "i8", (LIFE,)),  # net to investors by quarter of age, fen
    ],
    align=True,
)

DEAL = np.dtype(
    [
        ("fund", "i4"),  # row
        ("venture", "i4"),  # row
        ("number", "i4"),  # of the round, 1 for the first
        ("opened", "i4"),  # tick
        ("closed", "i4"),  # tick when it was sold or ended, -1 while held
        ("cost", "i8"),  # fen, tranches included
        ("got", "i8"),  # fen
    ],
    align=True,
)

SKILL = decision("fund.skill")
SIGNAL = decision("fund.signal")
VALUATION = decision("fund.valuation")
FIRST_CLOSING = decision("fund.first_closing")


@rule
def terms_of(m, p, tolerance, discount):
    """Work out the stopping rule's terms once, for every form, sector and link (equation in `stage_worth`): values under `tolerance`, what teams

    may reckon with under the manager's own.
    """
    for form in range(2):
        for sector in range(4):
            for k in range(4):
                rate = arrival_rate(p, form, sector, k)
                seen = 1.0 - math.exp(-(rate + discount) * tolerance)
                m.gain[form, sector, k] = rate / (rate + discount) * seen
                m.cost_feasible[form, sector, k] = seen / (rate + discount)
                m.patience[form, sector, k] = 1.0 - math.exp(-rate * m.tolerance)
    m.cost_vain = (1.0 - math.exp(-discount * tolerance)) / discount


@rule
def open_manager(m, p, seed):
    """At the start: skill by key, the kind's tolerance and life, and a first closing spread over the raising interval."""
    u = uniforms4(seed, 0, m.key, SKILL)
    m.skill = math.exp(p.fund_skill_spread * normal_quantile(u[0]))
    m.tolerance = p.fund_tolerance[m.kind] * math.exp(p.fund_tolerance_spread * normal_quantile(u[1]))
    m.life = p.fund_life[m.kind]
    m.fund = -1
    m.last = -1
    m.next_raise = int(math.floor(u[2] * p.fund_raise_interval[m.kind]))
    screening = p.market_reference_tolerance if p.fund_screens_by == OF_THE_MARKET else m.tolerance
    terms_of(m, p, screening, p.fund_discount[m.kind])


@rule
def stage_worth(belief, ahead, burn, gain, cost_feasible, cost_vain):
    """Value of a milestone under a stopping time T:

    V_k = p lambda/(lambda+r) (1 - e^{-(lambda+r)T}) V_{k+1} - c [ p (1 - e^{-(lambda+r)T})/(lambda+r) + (1-p)(1 - e^{-rT})/r ]
    """
    return belief * gain * ahead - burn * (belief * cost_feasible + (1.0 - belief) * cost_vain)


@rule
def worth_of_stage(p, m, form, sector, k, belief, ahead):
    """One milestone's worth to a manager: under the patience rule with its own T, under the Bayesian rule with T* plus its slack.

    Where a share i of milestones can be inspected beforehand, infeasible ones cost nothing: i p max(0, (lambda V - c)/(lambda + r)) + (1 - i) V_k.
    """
    burn = planned_burn(p, form, sector, k)
    rate = arrival_rate(p, form, sector, k)
    r = p.fund_discount[m.kind]
    if p.fund_stopping == PATIENCE_RULE:
        blind = stage_worth(belief, ahead, burn, m.gain[form, sector, k], m.cost_feasible[form, sector, k], m.cost_vain)
    else:
        slack = p.fund_slack[m.kind] if p.fund_screens_by == OWN else 0.0
        stop = max(0.0, best_stop(belief, rate, ahead, burn) + slack)
        seen = 1.0 - math.exp(-(rate + r) * stop)
        blind = stage_worth(belief, ahead, burn, rate / (rate + r) * seen, seen / (rate + r), (1.0 - math.exp(-r * stop)) / r)
    if p.venture_inspection <= 0.0:
        return blind
    plain = belief * max(0.0, (rate * ahead - burn) / (rate + r))
    return p.venture_inspection * plain + (1.0 - p.venture_inspection) * blind


@rule
def worth_ahead(p, t, m, form, sector, link, z, spread):
    """Value of having passed a link, backwards from the market: what the present milestone is worked for.

    Market value at entry: E[R0] times the present-value multiple, at quality z known up to `spread` (variance).
    """
    pull = p.venture_market_spread[form] * p.venture_market_fit
    ahead = t.entry_value[form, sector] * math.exp(pull * z + 0.5 * pull * pull * spread)
    for step in range(3 - link):
        k = 3 - step
        worth = worth_of_stage(p, m, form, sector, k, feasibility(p, form, k, z), ahead)
        ahead = max(0.0, worth)
    return ahead


@rule
def opinion_of(p, t, m, v, tie, seed):
    """A manager's private opinion of a project's quality: a noisy signal, weighed against what the milestones passed tell everybody.

    s = z + nu N(0, 1);  z_hat = (z_bar/var + s/nu^2) / (1/var + 1/nu^2).  Skill and a tie make nu smaller.
    The signal is looked up by manager, venture and milestones passed: asking again tells nothing new. z_bar has the repute of those who failed before in it.
    """
    noise = p.fund_signal_noise[m.kind] / m.skill
    if tie:
        noise /= 1.0 + p.fund_tie_gain
    s = v.quality + noise * normal_pair(seed, v.milestones, m.key, v.key, SIGNAL)
    weight = 1.0 / (noise * noise)
    prior = 1.0 / t.quality_variance[v.form, v.start_link, v.link]
    mean = t.quality_mean[v.form, v.start_link, v.link] + v.repute
    return (mean * prior + s * weight) / (prior + weight), 1.0 / (prior + weight)


@rule
def belief_in(p, v, z, doubt):
    """Belief that the present milestone is feasible: prior at quality z, worn down by silent effort, lowered when insiders have stopped."""
    if v.seen == 1:
        return float(v.feasible)
    rate = arrival_rate(p, v.form, v.sector, v.link)
    belief = belief_after(feasibility(p, v.form, v.link, z), rate, effort_paid_for(v))
    if v.abandoned >= 0:
        belief *= 1.0 - doubt
    return belief


@rule
def fair_value(w, v, p):
    """What a venture's equity is worth by what everybody knows, fen: present value in the market, public prospects before."""
    if v.status == SELLING:
        return v.value
    t = w.tables[0]
    z = t.quality_mean[v.form, v.start_link, v.link]
    belief = belief_in(p, v, z, p.market_insider_stop_discount)
    prior = feasibility(p, v.form, v.link, z)
    return t.stage_value[v.form, v.sector, v.start_link, v.link] * belief / prior


@rule
def time_needed(p, form, sector, link):
    """Expected quarters from a link to an exit: the links still to go, each 1/lambda, and the harvest after market entry."""
    wait = p.fund_harvest
    for k in range(link, IN_MARKET):
        wait += 1.0 / arrival_rate(p, form, sector, k)
    return wait


@rule
def time_to_exit(p, t, v, now):
    """Expected quarters until a stake in the venture can be sold."""
    if v.status == SELLING:
        return max(p.fund_shortest_harvest, p.fund_harvest - float(now - v.market_entry))
    return t.time_needed[v.form, v.sector, v.link]


@rule
def life_left(p, m, f, now):
    """Quarters until the fund must have sold, as its screening sees it."""
    if p.fund_screens_by == OF_THE_MARKET:
        return p.market_reference_life - float(now - f.raised)
    return float(f.ends - now)


@rule
def worth_to(w, m, f, v, tie, p, now, seed):
    """What a venture is worth to a fund before its money, net of all the money still needed, fen; 0 if the fund may not take it on.

    The horizon test: the expected time to exit must fit the life the fund has left (Barrot 2017 for the direction).
    """
    t = w.tables[0]
    if time_to_exit(p, t, v, now) > life_left(p, m, f, now):
        return 0.0
    if v.status == SELLING:
        age = now - v.market_entry
        error = p.fund_valuation_noise / m.skill * normal_pair(seed, v.milestones, m.key, v.key, VALUATION)
        doubt = 1.0 - p.market_insider_stop_discount if v.abandoned >= 0 else 1.0
        return doubt * v.revenue * t.multiple[v.form, v.sector, min(age, MATURE)] * math.exp(error)
    z, spread = opinion_of(p, t, m, v, tie, seed)
    ahead = worth_ahead(p, t, m, v.form, v.sector, v.link, z, spread)
    belief = belief_in(p, v, z, p.market_insider_stop_discount)
    return max(0.0, worth_of_stage(p, m, v.form, v.sector, v.link, belief, ahead))


@rule
def appeal_of(p, m, v, worth, ask):
    """How a team ranks an offer: the part of the firm it keeps times the chance that this investor's patience, as far as it is announced, lasts to the market."""
    kept = p.market_bargain * worth / (p.market_bargain * worth + ask)
    if v.status == BUILDING:
        for k in range(v.link, IN_MARKET):
            rate = arrival_rate(p, v.form, v.sector, k)
            usual = 1.0 - math.exp(-rate * p.market_reference_tolerance)
            kept *= p.entrepreneur_announced * m.patience[v.form, v.sector, k] + (1.0 - p.entrepreneur_announced) * usual
    return kept


@rule
def renew_or_stop(w, m, v, slot, p, now, seed):
    """A holder decides at a tranche's end whether to go on: True to stop.

    Patience rule: stop when the time since the last milestone (or since the purchase) reaches T, whatever the belief. Bayesian rule: stop when the
    belief, with the manager's slack in quarters, no longer covers the burn: p(L - slack) lambda V_{k+1} < c. Either way one that can see that the
    milestone is infeasible stops.
    """
    silence = float(now - max(v.last_milestone, v.since[slot]))
    if v.status == BUILDING:
        if v.seen == 1 and v.feasible == 0:
            return True
        if p.fund_stopping == PATIENCE_RULE:
            return silence >= m.tolerance
        t = w.tables[0]
        z, spread = opinion_of(p, t, m, v, v.tie[slot] == 1, seed)
        ahead = worth_ahead(p, t, m, v.form, v.sector, v.link, z, spread)
        rate = arrival_rate(p, v.form, v.sector, v.link)
        belief = 1.0
        if v.seen == 0:
            belief = belief_after(feasibility(p, v.form, v.link, z), rate, effort_paid_for(v) - p.fund_slack[m.kind])
        return belief * rate * ahead < planned_burn(p, v.form, v.sector, v.link)
    if p.fund_stopping == PATIENCE_RULE:
        return silence >= m.tolerance
    return v.value < quarters_of_need(p, v, now) * p.fund_tranche and silence >= p.fund_slack[m.kind]


@rule
def slot_of(v, fund_row):
    """The place of a fund in a cap table, -1 if it holds nothing."""
    for slot in range(v.holder.shape[0]):
        if v.holder[slot] == fund_row and v.shares[slot] > 0:
            return slot
    return -1


@rule
def still_holds(v, slot, fund_row):
    """Whether a fund's place in a cap table is still its own."""
    return v.holder[slot] == fund_row and v.shares[slot] > 0


@rule
def review_portfolio(w, i):
    """Phase 6: a fund looks at each holding in turn: it stops, or pledges its part of the tranche that the venture asks for.

    Each insider bears an equal part, for no longer than its tolerance still lasts, and as far as the money reserved for follow-ons goes. A fund with less than a tranche of life left pays no more, and waits for
    its end to sell. A silent holding keeps its seat in the fund's attention
    until it is stopped: that is what tolerance costs.
    """
    f = w.funds[i]
    if f.ended >= 0:
        return
    p = w.p[0]
    clock = w.clock[0]
    m = w.managers[f.manager]
    for j in range(f.holdings):
        v = w.ventures[f.portfolio[j]]
        slot = f.slot[j]
        if v.status != BUILDING and v.status != SELLING:
            continue
        if v.active[slot] == 0 or not still_holds(v, slot, i):
            continue
        if renew_or_stop(w, m, v, slot, p, clock.now, clock.seed):
            v.leaving[slot] = 1
            f.companies -= 1
            f.written_off += 1
            log(clock, w.events, STOPPED, f.portfolio[j], i, v.cost[slot])
        elif v.asks > 0 and float(f.ends - clock.now) < p.fund_tranche:
            v.unpaid = 1
        elif v.asks > 0:
            pledge = share_out(v.asks, 1, v.insiders)
            if p.fund_stopping == PATIENCE_RULE:
                silence = float(clock.now - max(v.last_milestone, v.since[slot]))
                left = m.tolerance - silence - float(v.cash) / quarters_of_need(p, v, clock.now)
                pledge = fen(float(pledge) * min(1.0, max(0.0, left / p.fund_tranche)))
            if p.fund_money_limit == COMMITMENT and pledge > f.follow_money:
                pledge = f.follow_money
                v.unpaid = 1
            if p.fund_money_limit == COMMITMENT:
                f.follow_money -= pledge
            v.pledge[slot] = pledge


@rule
def set_budget(w, i):
    """Phase 6: how much new money a fund may offer this quarter: what is left, spread over the rest of its investment period.

    After the period, what was not invested joins the reserves.
    """
    f = w.funds[i]
    p = w.p[0]
    now = w.clock[0].now
    f.listed_n = 0
    f.budget = 0
    if f.ended >= 0:
        return
    if now >= f.invest_until:
        f.follow_money += f.new_money
        f.new_money = 0
        return
    if p.fund_money_limit == NO_LIMIT:
        f.budget = f.commitment
        return
    quarters = max(1.0, float(f.invest_until - now) * p.fund_haste)
    f.budget = min(f.new_money, fen(float(f.new_money) / quarters) + fen(p.fund_ticket_typical[f.kind]))


@rule
def remember_candidate(f, ventures, row, index, worth):
    """Keep the best candidates of the quarter, by value for money, then by the venture's key."""
    place = f.listed_n
    while place > 0 and (
        index > f.candidate_index[place - 1]
        or (index == f.candidate_index[place - 1] and ventures[row].key < ventures[f.candidate[place - 1]].key)
    ):
        if place < SHORTLIST:
            f.candidate[place] = f.candidate[place - 1]
            f.candidate_index[place] = f.candidate_index[place - 1]
            f.candidate_worth[place] = f.candidate_worth[place - 1]
        place -= 1
    if place < SHORTLIST:
        f.candidate[place] = row
        f.candidate_index[place] = index
        f.candidate_worth[place] = worth
        if f.listed_n < SHORTLIST:
            f.listed_n += 1


@rule
def receive_offer(v, funds, fund_row, appeal, worth):
    """A team keeps its best two offers, by appeal, then by the fund's key, and counts them all."""
    held = min(v.offers, 2)
    place = held
    while place > 0 and (
        appeal > v.offer_appeal[place - 1]
        or (appeal == v.offer_appeal[place - 1] and funds[fund_row].key < funds[v.offer_fund[place - 1]].key)
    ):
        if place < 2:
            v.offer_fund[place] = v.offer_fund[place - 1]
            v.offer_appeal[place] = v.offer_appeal[place - 1]
            v.offer_worth[place] = v.offer_worth[place - 1]
        place -= 1
    if place < 2:
        v.offer_fund[place] = fund_row
        v.offer_appeal[place] = appeal
        v.offer_worth[place] = worth
    v.offers += 1


@rule
def make_offers(w, i):
    """Phase 6: a fund offers to the best candidates as long as this quarter's money and its partners' attention last."""
    f = w.funds[i]
    p = w.p[0]
    m = w.managers[f.manager]
    money = f.budget
    seats = f.capacity - f.companies
    for j in range(f.listed_n):
        v = w.ventures[f.candidate[j]]
        if v.wants <= money and seats > 0 and f.holdings + (f.capacity - seats) - f.companies < PORTFOLIO:
            money -= v.wants
            seats -= 1
            appeal = appeal_of(p, m, v, f.candidate_worth[j], float(v.wants))
            receive_offer(v, w.funds, i, appeal, f.candidate_worth[j])


@rule
def call_capital(w, f, amount, now):
    """The investors behind a fund pay what it calls, each its part; the hurdle starts to run on it."""
    before = 0
    for k in range(4):
        part = share_in_turn(amount, before, f.part[k], MILLION)
        before += f.part[k]
        pay(w.accounts[LP_PRIVATE + k], f, part)
        w.accounts[LP_PRIVATE + k].committed -= part
        if k == LP_OF_GOVERNMENT and part > 0:
            w.clock[0].guidance_called += part
            w.programme_accounts[f.guide].called += part
            w.programme_accounts[f.guide].committed -= part
    f.called += amount
    f.owed += float(amount)
    f.flows[min(now - f.raised, LIFE - 1)] -= amount


@rule
def result_of(f):
    """How a fund stands against its hurdle: its last marks over what is still due to its investors, capital and hurdle; at most 2, which is also what a fund has that owes nothing.

    1 is a fund that would just pay back capital and hurdle if its marks came true.
    """
    if f.owed <= 0.0:
        return 2.0
    return min(2.0, float(f.nav) / f.owed)


@rule
def fee_of(p, f, now):
    """The manager's fee of a quarter, fen: a rate on the commitment while the fund invests; on the capital called thereafter, of which a part x floats with results.

    fee = rate * called * (1 - x + x * result).  The float is symmetric about the hurdle, as in a fulcrum fee: nothing at no result, twice the part at twice the hurdle.
    No decision of a manager hangs on it: in this model a manager takes what its own worth of a project tells it to take, has one way of picking, and raises
    what investors give. For a share of results it would have no better project to take, and a smaller fund would cost it the fixed fee, which is paid first and
    is the larger part (Metrick & Yasuda 2010). What reacts are those who pay: fees that fall with results leave poor funds more to distribute, good ones less, and
    investors judge a successor by that (`appetite`; Chung et al. 2012: later funds reward a result about as much as the carry does).
    """
    if now < f.invest_until:
        return fen(p.fund_fee * float(f.commitment))
    fee = p.fund_fee * float(f.called - f.fees)
    return fen(fee * (1.0 - p.fund_fee_floats + p.fund_fee_floats * result_of(f)))


@rule
def charge_fees(w, i):
    """Phase 6: the manager is paid its fee, as far as the money that was set aside for fees lasts."""
    f = w.funds[i]
    if f.ended >= 0:
        return
    p = w.p[0]
    now = w.clock[0].now
    fee = min(f.fee_money, fee_of(p, f, now))
    f.fee_money -= fee
    call_capital(w, f, fee, now)
    pay(f, w.accounts[MANAGERS], fee)
    f.fees += fee
    f.owed = math.floor(f.owed * (1.0 + p.fund_hurdle) + 0.5)


@rule
def distribute(w, i):
    """Phase 8: proceeds go to the investors until capital and hurdle are paid back; then the manager takes its carry of the rest.

    Whole-fund waterfall without catch-up: with cash C and due D, investors get min(C, D) + (1 - carry) max(0, C - D).
    """
    f = w.funds[i]
    if f.cash <= 0:
        return
    p = w.p[0]
    now = w.clock[0].now
    due = min(f.cash, fen(math.ceil(f.owed)))
    rest = f.cash - due
    carry = min(rest, fen(p.fund_carry * float(rest)))
    pay(f, w.accounts[MANAGERS], carry)
    f.carry += carry
    amount = f.cash
    before = 0
    for k in range(4):
        part = share_in_turn(amount, before, f.part[k], MILLION)
        pay(f, w.accounts[LP_PRIVATE + k], part)
        before += f.part[k]
        if k == LP_OF_GOVERNMENT and part > 0:
            w.clock[0].guidance_back += part
            w.programme_accounts[f.guide].returned += part
    f.owed = max(0.0, f.owed - float(due))
    f.distributed += amount
    f.flows[min(now - f.raised, LIFE - 1)] += amount


@rule
def mark_holdings(w, i):
    """Phase 9, once a year: net asset value at the last prices paid; a holding that every insider has given up counts nothing.

    What has been sold, listed or closed meanwhile leaves the portfolio; the table of deals keeps what became of it.
    """
    f = w.funds[i]
    if f.ended >= 0 or w.clock[0].now % 4 != 3:
        return
    nav = 0
    kept = 0
    for j in range(f.holdings):
        row = f.portfolio[j]
        v = w.ventures[row]
        slot = f.slot[j]
        if not still_holds(v, slot, i) or (v.status != BUILDING and v.status != SELLING):
            continue
        if v.abandoned < 0:
            nav += fen(float(v.shares[slot]) * v.price)
        f.portfolio[kept] = row
        f.joined[kept] = f.joined[j]
        f.slot[kept] = slot
        kept += 1
    f.holdings = kept
    f.nav = nav


@rule
def appetite(w, m, p, lp, now):
    """How much of a successor fund one kind of investor takes: 1 if results are as it expects at the age at which it looks.

    factor = floor + (1 - floor) * min(cap, DPI / expected DPI), on the manager's youngest vintage that is old enough; 1 before any is.
    Private investors look at distributions soon, institutions later; alumni give out of exits and government follows its rule: they look after so long a
    time that it does not matter.
    """
    if p.fund_successor == FIXED:
        return 1.0
    best = m.last
    while best >= 0 and float(now - w.funds[best].raised) < p.fund_lp_looks_after[lp]:
        best = w.funds[best].elder
    if best < 0:
        return 1.0
    f = w.funds[best]
    dpi = float(f.distributed) / max(1.0, float(f.called))
    return p.fund_lp_floor + (1.0 - p.fund_lp_floor) * min(p.fund_lp_cap, dpi / p.fund_lp_expected[lp])


@rule
def pull_of_skill(p, m):
    """How much larger a manager's funds are for its skill: skill^x over its mean among managers, so that money as a whole stays the same.

    E skill^x = exp(x^2 s^2 / 2), s the spread of log skill.  Assumed: investors know skill by repute; a larger fund has no more partners.
    """
    x = p.fund_size_follows_skill
    return math.exp(x * math.log(m.skill) - 0.5 * x * x * p.fund_skill_spread * p.fund_skill_spread)


@rule
def heat_of(p, lp, now):
    """Overheating: the appetite of private investors and institutions swells and shrinks by date, in waves of a set length, while opportunities stay as they are.

    factor = 1 + height * wave, a wave that climbs from 0 to 1 in its first quarter, falls to -1 until its last, and is 0 on average.
    """
    if lp == LP_OF_ALUMNI or lp == LP_OF_GOVERNMENT:
        return 1.0
    turn = float(now) / p.fund_heat_years + 0.75
    return 1.0 + p.fund_heat_height * (4.0 * math.fabs(turn - math.floor(turn) - 0.5) - 1.0)


@rule
def beside_others(w, m, want, others):
    """What a guidance programme commits to a fund: no more than one of several raisers may ask of it, and no more than others' money allows, so many fen of theirs for one of its own."""
    if m.guide < 0:
        return 0
    want = min(want, w.programme_accounts[m.guide].offered)
    ratio = w.programmes[m.guide].private_per_public
    return want if ratio <= 0.0 else min(want, fen(float(others) / ratio))


@rule
def raise_fund(w, j):
    """Phase 8: a manager raises its next vintage when the interval has passed, from each kind of investor as far as that kind is willing.

    Alumni and government can commit no more than they have, shared equally among those who raise in the same quarter (`open_books` counts).
    """
    clock = w.clock[0]
    now = clock.now
    m = w.managers[j]
    if now != m.next_raise:
        return
    p = w.p[0]
    m.next_raise = now + int(p.fund_raise_interval[m.kind])
    size = p.fund_size[m.kind] * pull_of_skill(p, m)
    total = 0
    n = clock.n_funds
    if n >= w.funds.shape[0]:
        clock.full = 1
        return
    f = w.funds[n]
    for k in range(4):
        want = fen(size * p.fund_lp_share[m.kind, k] * appetite(w, m, p, k, now) * heat_of(p, k, now))
        if k == LP_OF_ALUMNI:
            want = min(want, clock.lp_free[k])
        if k == LP_OF_GOVERNMENT:
            want = beside_others(w, m, want, total)
        f.part[k] = want
        total += want
    if total < fen(p.fund_smallest):
        for k in range(4):
            f.part[k] = 0
        return
    used = 0
    for k in range(4):
        w.accounts[LP_PRIVATE + k].committed += f.part[k]
        if k == LP_OF_GOVERNMENT and f.part[k] > 0:
            f.guide = m.guide
            w.programme_accounts[m.guide].committed += f.part[k]
        f.part[k] = share_out(f.part[k], MILLION, total)
        used += f.part[k]
    for k in range(4):
        if f.part[k] > 0:
            f.part[k] += MILLION - used
            break
    f.key = child(m.key, m.vintages, 5)
    f.manager = j
    f.kind = m.kind
    f.raised = now
    f.ends = now + int(m.life)
    f.invest_until = now + int(min(p.fund_invest_period, p.fund_invest_share * m.life))
    f.ended = -1
    f.capacity = int(p.fund_partners[m.kind] * p.fund_companies_per_partner)
    f.commitment = total
    fees = min(p.fund_fee_ceiling, p.fund_fee * (float(f.invest_until - now) + p.fund_late_fee * float(f.ends - f.invest_until)))
    f.fee_money = fen(fees * float(total))
    f.follow_money = fen(p.fund_reserve * float(total - f.fee_money))
    f.new_money = total - f.fee_money - f.follow_money
    m.fund = n
    f.elder = m.last
    m.last = n
    m.vintages += 1
    m.last_size = total
    clock.n_funds = n + 1
    w.open_funds[clock.n_open_funds] = n
    clock.n_open_funds += 1
    log(clock, w.events, FUND_RAISED, n, j, total)
