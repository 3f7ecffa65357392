"""A venture: a chain of milestones that may or may not be feasible, then a market, then an exit or an end.

Innovation is an exponential bandit (Keller, Rady & Cripps 2005; Bergemann & Hege 1998, 2005). Nobody can see whether the next
milestone is feasible; working on a feasible one reaches it after an exponential amount of effort; silence is bad news.
Feasibility, the effort a milestone needs and the market's luck are looked up by the venture's key, so that they are the
same under every policy: a policy decides only whether somebody pays until they show.
"""

import math

import numpy as np

from .accounts import (
    CUSTOMERS,
    HOUSEHOLDS,
    MARKET_ENTRY,
    MILESTONE,
    TREASURY,
    UNICORN_FUNDAMENTAL,
    log,
)
from .draws import decision, exponential_quantile, normal_quantile, uniforms4
from .money import fen, pay
from .rule import rule

SECTORS = ("digital", "hardware", "bio", "consumer")
FORMS = ("incremental", "radical")
LINKS = ("applied_research", "invention", "development", "market_entry")
ORIGINS = ("independent", "spinout", "serial")
INCREMENTAL, RADICAL = 0, 1
APPLIED_RESEARCH, INVENTION, DEVELOPMENT, IN_MARKET = 0, 1, 2, 4
INDEPENDENT, SPINOUT, SERIAL = 0, 1, 2

STATUSES = ("", "building", "selling", "listed", "acquired", "closed")
BUILDING, SELLING, PUBLIC, BOUGHT, SHUT = 1, 2, 3, 4, 5
# Why a venture ended
ENDINGS = ("", "out of money", "market failed", "acquired", "redemption", "loan called", "given up")
OUT_OF_MONEY, MARKET_FAILED, TAKEN_OVER, CALLED_IN, LOAN_CALLED, GIVEN_UP = 1, 2, 3, 4, 5, 6

HOLDERS = 12  # places in a cap table beside the founders
ROUNDS = 16  # priced rounds that are remembered one by one
CONTACTS = 6  # investors met in one quarter
OFFERS = 2  # best offers kept: a lead and a co-investor
MATURE = 120  # quarters in the market after which nothing changes with age any more
FOUNDERS_SHARES = 10_000_000  # at founding; a convention without effect on ownership
PATIENCE_RULE, BAYESIAN_RULE = 0, 1  # fund.stopping
NOBODY, PUBLIC_HOLDER, UNIVERSITY_HOLDER = -1, -2, -10  # a university u holds as -10 - u; a fund as its row

VENTURE = np.dtype(
    [
        # what most rules ask first stands first: a rule that passes over all ventures then reads one line of memory of each
        ("key", "u8"),  # founder's key and number of the idea
        ("status", "i4"),
        ("form", "i4"),
        ("sector", "i4"),
        ("link", "i4"),  # the link now worked on; 4: in the market
        ("founder", "i4"),  # row
        ("last_milestone", "i4"),  # tick
        ("seeking", "i4"),  # 1: looks for an outside lead
        ("insiders", "i4"),  # holders who still support
        ("ended", "i4"),  # tick, -1 while it lives
        ("listed", "i4"),  # tick, -1
        ("market_entry", "i4"),  # tick, -1 before
        ("city", "i4"),  # where it has its seat
        ("owes", "i8"),  # fen to be repaid on success
        ("cash", "i8"),  # fen
        ("needed", "f8"),  # hidden: effort that the present milestone takes, full-effort quarters
        ("effort", "f8"),  # spent on it so far
        ("pace", "f8"),  # spending planned, fen per quarter
        ("quality", "f8"),  # hidden z, standard normal among ideas
        ("support", "f8"),  # quarters that the family will still carry the team
        ("speed_gain", "f8"),  # of the present milestone's hazard, from researchers who work on it; 0 without
        ("revenue", "f8"),  # fen per year
        ("mark", "f8"),  # revenue at the last doubling, fen per year
        ("value", "f8"),  # fundamental value of the equity, fen
        ("exit_luck", "f8"),  # uniforms for this quarter's exits
        ("listing_luck", "f8"),
        ("feasible", "i4"),  # hidden: can the present milestone be reached at all
        ("seen", "i4"),  # 1: investors can see feasibility (0 unless `venture.inspection` is above zero)
        ("starved", "i4"),  # 1: lacked the money to grow this quarter
        ("idle", "i4"),  # quarters as a zombie
        ("jobs", "f8"),
        ("asks", "i8"),  # fen asked of insiders this quarter
        ("wants", "i8"),  # fen asked of outsiders
        ("unpaid", "i4"),  # 1: insiders did not pay all of the last tranche asked for
        ("pitches", "i4"),  # rounds of pitches so far
        ("next_pitch", "i4"),  # tick from which the team pitches again
        ("offers", "i4"),
        ("rounds", "i4"),  # priced rounds led by an outsider
        ("milestones", "i4"),
        ("milestones_at_round", "i4"),  # milestones (links and doublings) passed when the last round closed
        ("start_link", "i4"),
        ("founded", "i4"),  # tick
        ("abandoned", "i4"),  # tick when the last insider stopped, -1
        ("clauses", "i4"),  # holders with a redemption clause
        ("redeem_from", "i4"),  # tick from which the first of them may be used
        ("birthplace", "i4"),  # city where it was founded
        ("university", "i4"),  # of the founder, -1 for none
        ("parts_due", "i4"),  # awards of which parts are still to come
        ("helped", "i8"),  # bit mask of programmes that paid or served
        ("debt", "i8"),  # fen owed to a bank
        ("called", "i8"),  # fen of it that the bank wants back soon
        ("team", "i4"),  # people at founding
        ("origin", "i4"),
        ("unicorn_fundamental", "i4"),
        ("near_unicorn", "i4"),
        ("profit", "i8", (3,)),  # fen, the last three finished years, latest last
        ("profit_now", "i8"),  # fen, the year under way
        ("ending", "i4"),
        ("proceeds", "i8"),  # fen that its owners received when it ended or listed
        # cap table
        ("founders_shares", "i8"),
        ("all_shares", "i8"),
        ("holder", "i4", (HOLDERS,)),
        ("manager", "i4", (HOLDERS,)),  # row of the manager of a fund that holds, -1
        ("shares", "i8", (HOLDERS,)),
        ("cost", "i8", (HOLDERS,)),  # fen paid for them
        ("since", "i4", (HOLDERS,)),  # tick of the first purchase
        ("active", "i1", (HOLDERS,)),  # 1: still supports the venture
        ("tie", "i1", (HOLDERS,)),  # 1: bought on a tie, and knows more for it
        ("clause", "i1", (HOLDERS,)),  # 1: with a redemption clause
        ("deal", "i4", (HOLDERS,)),  # row of the deal that a fund's stake belongs to
        ("pledge", "i8", (HOLDERS,)),  # fen promised for this tranche
        ("leaving", "i1", (HOLDERS,)),  # 1: decided this quarter to stop
        ("raised", "i8"),  # fen of funds' equity so far
        # rounds
        ("price", "f8"),  # fen per share in the last of them
        ("round_tick", "i4", (ROUNDS,)),
        ("round_post", "f8", (ROUNDS,)),  # fen
        ("round_size", "i8", (ROUNDS,)),  # fen
        ("tranches", "i4"),
        # the market for capital this quarter
        ("contact", "i4", (CONTACTS,)),  # manager rows
        ("contact_tie", "i1", (CONTACTS,)),
        ("offer_fund", "i4", (OFFERS,)),
        ("offer_appeal", "f8", (OFFERS,)),
        ("offer_worth", "f8", (OFFERS,)),
        # public support
        ("granted", "i8"),  # fen of grants
        ("owes_for", "i8"),  # fen of the grant that it owes for
        ("owes_programme", "i4"),
        ("owes_since", "i4"),  # tick of the award
        ("desk_programme", "i4"),  # that gives it a place
        ("desk_until", "i4"),  # tick until which it may stay; 0: it has no place
        ("match_programme", "i4"),  # whose researchers work on its milestone
        ("coached", "i4"),  # quarters that coaching saves of the mean wait for a listing
        ("score", "f8"),  # of the office's review
        ("loan", "i4"),  # row of the loan that the debt belongs to
        ("borrows", "i8"),  # fen asked of the bank this quarter
        ("unicorn_paper", "i4"),  # tick, -1
        ("withheld", "f8"),  # effort on the present milestone that was paid for and not made
        ("diverted", "i8"),  # fen that the team took for itself so far
        ("repute", "f8"),  # added to the mean quality that investors expect, for a founder who had failed before
    ],
    align=True,
)

MILESTONE_LUCK = decision("venture.milestone")
MARKET_LUCK = decision("venture.market_size")
SALES_LUCK = decision("venture.sales")


@rule
def logistic(x):
    return 1.0 / (1.0 + math.exp(-x))


@rule
def feasibility(p, form, link, quality):
    """Chance that a milestone is feasible at all: p_k = logistic(b_k + c z)."""
    return logistic(p.venture_feasibility[form, link] + p.venture_quality_weight * quality)


@rule
def arrival_rate(p, form, sector, link):
    """Hazard per quarter of full effort with which a feasible milestone is reached: lambda_k."""
    return p.venture_speed[form, link] * p.sector_speed[sector]


@rule
def planned_burn(p, form, sector, link):
    """Spending per quarter that buys full effort (e = 1), fen."""
    return p.venture_burn[form, link] * p.sector_burn[sector]


@rule
def belief_after(prior, rate, effort):
    """Common belief that the milestone is feasible after effort without success.

    p(L) = p e^{-lambda L} / (1 - p + p e^{-lambda L}).  Source: Bergemann & Hege 1998; Keller, Rady & Cripps 2005.
    """
    silent = prior * math.exp(-rate * effort)
    return silent / (1.0 - prior + silent)


@rule
def effort_paid_for(v):
    """What those who pay take for the effort made: a team that diverts money does so unseen, and its silence is read as if it had worked."""
    return v.effort + v.withheld


@rule
def best_stop(belief, rate, ahead, burn):
    """Quarters of silence after which the myopic margin is zero: T* = ln[ p (lambda V - c) / ((1-p) c) ] / lambda; 0 if never worth it."""
    margin = rate * ahead - burn
    if belief * rate * ahead <= burn or margin <= 0.0:
        return 0.0
    if belief > 0.999999:
        return 400.0
    return min(400.0, math.log(belief * margin / ((1.0 - belief) * burn)) / rate)


@rule
def effort_bought(spending, burn):
    """Full spending buys e = 1; less buys in proportion; more buys only its square root: the flood.

    Assumed: the report's warning against more than a year's need paid at once (report.fund_not_grant) says that returns fall,
    not how fast; the square root is the simplest concave form that passes through (1, 1).
    """
    ratio = spending / burn
    if ratio > 1.0:
        return math.sqrt(ratio)
    return ratio


@rule
def plan_a_year(v, p):
    """Money that arrives is spread over the plan's length: spending = cash / plan, between lean living and the flood's limit."""
    burn = planned_burn(p, v.form, v.sector, v.link) if v.link < IN_MARKET else p.venture_lean_burn
    pace = v.cash / p.venture_plan
    v.pace = min(max(pace, p.venture_lean_burn), burn * p.venture_flood_limit)


@rule
def open_milestone(v, p, seed):
    """Look up what nature has decided about the present milestone: feasible or not, and the effort that it takes.

    needed = E / lambda, E exponential with mean 1.  Drawn by venture and link alone, never by date or money.
    """
    u = uniforms4(seed, v.link, v.key, MILESTONE_LUCK)
    v.feasible = 1 if u[0] < feasibility(p, v.form, v.link, v.quality) else 0
    v.needed = exponential_quantile(u[1]) / arrival_rate(p, v.form, v.sector, v.link)
    v.seen = 1 if u[2] < p.venture_inspection else 0
    v.effort = 0.0


@rule
def enter_market(v, p, t, seed, now, wave):
    """After the last milestone: first revenue R0 = exp(mu + sigma z') times the sector's wave, z' tied to quality.

    z' = kappa z + sqrt(1 - kappa^2) N(0, 1).  Sales begin in the next quarter.
    """
    kappa = p.venture_market_fit
    luck = normal_quantile(uniforms4(seed, 0, v.key, MARKET_LUCK)[0])
    z = kappa * v.quality + math.sqrt(1.0 - kappa * kappa) * luck
    size = p.venture_market_size[v.form] + p.sector_market[v.sector] + p.venture_market_spread[v.form] * z
    v.revenue = p.venture_first_revenue * math.exp(size) * wave
    v.mark = v.revenue
    v.status = SELLING
    v.market_entry = now
    v.value = v.revenue * t.multiple[v.form, v.sector, 0] + float(v.cash)
    if v.debt > 0:
        v.value = max(0.0, v.value - float(v.debt))


@rule
def reach_milestone(v, p, t, seed, now, wave):
    """A milestone is reached: the clock of silence starts anew, the next link opens, and an outside round may follow."""
    v.link += 1
    v.milestones += 1
    v.last_milestone = now
    v.abandoned = -1
    v.idle = 0
    v.speed_gain = 0.0
    v.withheld = 0.0
    if v.link == IN_MARKET:
        enter_market(v, p, t, seed, now, wave)
    else:
        open_milestone(v, p, seed)
        plan_a_year(v, p)


@rule
def shut_down(v, now, why):
    """The venture ends this quarter; its owners are paid out when exits are settled."""
    v.status = SHUT
    v.ended = now
    if v.ending != CALLED_IN:
        v.ending = why
    v.seeking = 0
    v.asks = 0


@rule
def be_bought(v, p, now):
    """The venture is bought this quarter, at a discount on its value; its owners are paid out when exits are settled."""
    v.status = BOUGHT
    v.ended = now
    v.ending = TAKEN_OVER
    v.proceeds = fen(v.value * (1.0 - p.market_acquisition_discount))


@rule
def quarters_still_paid(w, v, p, prior, rate, ahead, now):
    """For how many quarters after this one a silent team reckons to be paid: as long as the most patient of its investors bears it, as far as that is announced,

    or as its money lasts. Under the Bayesian rule investors stop T* plus slack quarters of paid effort after the start, as everybody can work out from public prospects.
    """
    longest = float(v.cash) / v.pace - 1.0
    told = p.entrepreneur_announced
    for slot in range(HOLDERS):
        if v.active[slot] == 0:
            continue
        m = w.managers[v.manager[slot]]
        if p.fund_stopping == PATIENCE_RULE:
            left = told * m.tolerance + (1.0 - told) * p.market_reference_tolerance - float(now - max(v.last_milestone, v.since[slot]))
        else:
            stop = best_stop(prior, rate, ahead, planned_burn(p, v.form, v.sector, v.link)) + told * p.fund_slack[m.kind]
            left = stop - effort_paid_for(v) - 1.0
        longest = max(longest, left)
    return max(0.0, longest)


@rule
def cost_of_delay(chance, rate, discount, quarters):
    """What a team loses by putting its work off for a quarter when so many more are paid for, as a share of the prize.

    Working now it can win in n + 1 quarters, later in n, and each win a quarter later:  p h [ x^n + (1 - d) (1 - x^n) / (1 - x) ],  with chance p h of this quarter,
    d = e^{-r}, x = d e^{-lambda}. With no quarter left it is the chance itself; with more it falls towards what waiting costs an impatient founder.
    """
    kept = math.exp(-(rate + discount) * quarters)
    if rate + discount <= 0.0:
        return chance
    return chance * (kept + (1.0 - math.exp(-discount)) * (1.0 - kept) / (1.0 - math.exp(-(rate + discount))))


@rule
def puts_work_off(w, v, p, spending, effort, now):
    """Whether a team takes the quarter's money for itself instead of working: when a quarter's delay costs it less than it can divert.

    stake * V * (cost of delay) < b * spending,  V the public value of having passed the milestone, stake the founder's shares, b the private benefit of a fen diverted.
    Theory: Bergemann & Hege 1998, 2005: money can be diverted unseen, and who is paid for longer loses less by waiting. Assumed: all or nothing; a team that nobody
    has backed does not rob itself; the founder discounts as the market does and compares working on with one quarter's delay.
    """
    if v.rounds == 0 or spending <= 0.0:
        return False
    t = w.tables[0]
    rate = arrival_rate(p, v.form, v.sector, v.link)
    prior = t.public_prior[v.form, v.start_link, v.link]
    ahead = t.stage_value[v.form, v.sector, v.start_link, v.link + 1]
    belief = float(v.feasible) if v.seen == 1 else belief_after(prior, rate, v.effort)
    hazard = rate * effort * (1.0 + v.speed_gain)
    quarters = quarters_still_paid(w, v, p, prior, rate, ahead, now)
    loss = cost_of_delay(belief * (1.0 - math.exp(-hazard)), hazard, p.market_discount, quarters)
    stake = float(v.founders_shares) / float(v.all_shares)
    return stake * ahead * loss < p.venture_private_benefit * spending


@rule
def divert(w, v, p, spending, effort):
    """A team takes the quarter's money: a part b of it is the founder's, the rest is lost in hiding it. Those who paid do not see it."""
    e = w.people[v.founder]
    amount = fen(spending)
    own = fen(p.venture_private_benefit * float(amount))
    pay(v, e, own)
    pay(v, w.accounts[HOUSEHOLDS], amount - own)
    w.clock[0].founders_got += own
    v.diverted += amount
    v.withheld += effort * (1.0 + v.speed_gain)


@rule
def develop(v, w, i, p, seed, now):
    """A quarter of work on a milestone: spend what the plan says, or live off the family for as long as it bears it; or divert the money (`puts_work_off`).

    Researchers matched to the milestone raise its hazard: effort counts 1 + g times, in what is reached and in what silence tells.
    """
    at_work = True
    if v.cash >= p.venture_lean_burn:
        spending = min(v.pace, float(v.cash))
        effort = effort_bought(spending, planned_burn(p, v.form, v.sector, v.link))
        if p.venture_private_benefit > 0.0 and puts_work_off(w, v, p, spending, effort, now):
            divert(w, v, p, spending, effort)
            at_work = False
        else:
            pay(v, w.accounts[HOUSEHOLDS], fen(spending))
    else:
        spending = 0.0
        effort = 0.0
        if v.support < 1.0:
            shut_down(v, now, OUT_OF_MONEY)
        v.support -= 1.0
    if at_work:
        v.effort += max(effort, p.venture_subsistence_effort) * (1.0 + v.speed_gain)
    v.jobs = max(float(v.team), spending * 4.0 / p.venture_cost_per_head)
    if v.status == BUILDING and v.feasible == 1 and v.effort >= v.needed:
        reach_milestone(v, p, w.tables[0], seed, now, w.cities[v.city].wave[v.sector])
        log(w.clock[0], w.events, MILESTONE, i, -1, v.link)
        if v.status == SELLING:
            log(w.clock[0], w.events, MARKET_ENTRY, i, -1, fen(v.revenue))


@rule
def growth_rate(p, form, age):
    """Expected log growth per quarter at an age in the market: fast at first, then the economy's: g0 e^{-a/tau} + g1."""
    return p.venture_growth_early[form] * math.exp(-age / p.venture_growth_fade[form]) + p.venture_growth_late


@rule
def margin_at(p, form, age):
    """Profit margin at an age in the market: climbs from negative to mature."""
    return p.venture_margin_mature - (p.venture_margin_mature - p.venture_margin_start[form]) * math.exp(
        -age / p.venture_margin_fade[form]
    )


@rule
def worth_of_sales(p, w, v, age):
    """Fundamental value of the firm per fen of yearly revenue, from a table built backwards from the rules above."""
    a = age if age < MATURE else MATURE
    return w.tables[0].multiple[v.form, v.sector, a]


@rule
def sell(v, w, i, p, seed, now):
    """A quarter in the market: revenue grows by Gibrat's law around a rate that falls with age; money comes in and goes out.

    d ln R = g(age) + s N(0, 1), up to what the largest market buys.  A firm that cannot pay for its losses cuts them to zero and grows more slowly: it is starved.
    With hazard delta (by sector) the market goes away. A firm whose sales do not feed its team lives off the family, then ends.
    """
    u = uniforms4(seed, now, v.key, SALES_LUCK)
    age = now - v.market_entry - 1
    margin = margin_at(p, v.form, float(age))
    drift = growth_rate(p, v.form, float(age))
    sales = 0.25 * v.revenue
    v.starved = 0
    if margin < 0.0 and float(v.cash) < -margin * sales:
        margin = 0.0
        drift -= p.venture_starved_drag
        v.starved = 1
    profit = fen(margin * sales)
    tax = fen(p.city_tax * margin * sales) if profit > 0 else 0
    pay(w.accounts[CUSTOMERS], v, fen(sales))
    pay(v, w.accounts[HOUSEHOLDS], fen(sales) - profit)
    pay(v, w.accounts[TREASURY], tax)
    w.clock[0].tax += tax
    w.cities[v.city].tax += tax
    w.cities[v.city].sales += fen(sales)
    v.profit_now += profit - tax
    if (age + 1) % 4 == 0:
        v.profit[0] = v.profit[1]
        v.profit[1] = v.profit[2]
        v.profit[2] = v.profit_now
        v.profit_now = 0
    v.jobs = max(float(v.team), v.revenue * (1.0 - margin) / p.venture_cost_per_head)
    v.revenue = min(v.revenue * math.exp(drift + p.venture_growth_noise * normal_quantile(u[0])), p.venture_largest_sales)
    v.exit_luck = u[2]
    v.listing_luck = u[3]
    if v.revenue >= 2.0 * v.mark:
        v.mark = v.revenue
        v.last_milestone = now
        v.milestones += 1
        v.abandoned = -1
    if 0.25 * v.revenue < p.venture_lean_burn and float(v.cash) < p.venture_lean_burn:
        if v.support < 1.0:
            shut_down(v, now, OUT_OF_MONEY)
        v.support -= 1.0
    if u[1] < p.sector_closure[v.sector]:
        shut_down(v, now, MARKET_FAILED)


@rule
def gives_up(w, v, p, now):
    """Whether a founder ends a silent venture to start over: if that promises more than going on, by more than the price of having failed.

    boldness * (x * gain * hope - s p (1 - e^{-lambda (n + 1)}) V) > (1 - social tolerance) face + share of redemption clauses * liability,

    gain: what founding promised when it was decided; hope: how often those who failed find money compared with others; x the weight on it; n the further
    quarters that are paid. Source: Landier 2005. Assumed: the next idea promises what the last one did.
    """
    e = w.people[v.founder]
    city = w.cities[v.city]
    rate = arrival_rate(p, v.form, v.sector, v.link)
    prior = w.tables[0].public_prior[v.form, v.start_link, v.link]
    ahead = w.tables[0].stage_value[v.form, v.sector, v.start_link, v.link + 1]
    quarters = quarters_still_paid(w, v, p, prior, rate, ahead, now) + 1.0
    stake = float(v.founders_shares) / float(v.all_shares)
    going_on = stake * ahead * belief_after(prior, rate, v.effort) * (1.0 - math.exp(-rate * quarters))
    hope = city.hope_again if e.failures == 0 else 1.0  # the gain of one who has failed before has it in already
    again = p.entrepreneur_starting_over * max(e.gain_seen[0], e.gain_seen[1]) * hope
    price = (1.0 - city.tolerance) * p.entrepreneur_face + p.fund_redemption_share * p.entrepreneur_liability
    return e.boldness * (again - going_on) > price


@rule
def work_a_quarter(w, i):
    """Phase 5: one live venture spends, works, reaches a milestone, sells, or fails; or its founder gives it up to start over."""
    v = w.ventures[i]
    clock = w.clock[0]
    p = w.p[0]
    if v.status == BUILDING and p.entrepreneur_starting_over > 0.0 and v.rounds > 0 and gives_up(w, v, p, clock.now):
        shut_down(v, clock.now, GIVEN_UP)
    elif v.status == BUILDING:
        develop(v, w, i, p, clock.seed, clock.now)
    elif v.status == SELLING or v.status == PUBLIC:
        sell(v, w, i, p, clock.seed, clock.now)


@rule
def quarters_of_need(p, v, now):
    """Planned burn of the work ahead, fen per quarter: what the next tranche has to pay for."""
    if v.status == BUILDING:
        return planned_burn(p, v.form, v.sector, v.link)
    return max(0.0, -margin_at(p, v.form, float(now - v.market_entry)) * 0.25 * v.revenue)


@rule
def need_of_money(w, i):
    """Phase 6: what the venture asks of its insiders (a tranche) and of outsiders (a round) this quarter.

    It asks insiders when less than one quarter of planned spending is left. It looks for an outside lead when it has none, when insiders have stopped or could not
    pay all that was asked, or when a milestone has been passed since the last round and less than a plan's length of money is left; insiders who pay first spare it the
    pitch of this quarter (`pay_tranches`). What a bank has called back is asked for on top, where a firm needs nothing else of outsiders alone. Pitching takes time: after a round of pitches it waits before the next.
    """
    v = w.ventures[i]
    p = w.p[0]
    now = w.clock[0].now
    v.asks = 0
    v.wants = 0
    v.seeking = 0
    v.offers = 0
    unpaid = v.unpaid
    v.unpaid = 0
    if v.status != BUILDING and v.status != SELLING:
        return
    need = quarters_of_need(p, v, now)
    if need <= 0.0 and v.called == 0:
        return
    short = float(v.cash) < need + float(v.called)
    news = v.milestones > v.milestones_at_round
    if short and v.insiders > 0 and need > 0.0:
        v.asks = fen(need * p.fund_tranche) + v.called
    alone = v.insiders == 0 or news or unpaid == 1 or v.called > 0
    if alone and now >= v.next_pitch and float(v.cash) < need * p.venture_plan + float(v.called):
        v.wants = fen(need * p.fund_tranche) + v.called
        v.seeking = 1
        v.pitches += 1
        v.next_pitch = now + int(p.venture_pitching)


@rule
def note_value(w, i):
    """Phase 9: the venture's fundamental value, the unicorn marks, and whether it is a zombie.

    Fundamental value: yearly revenue times the table of present values, plus cash, for a firm in the market; before that, only the
    last outside price says anything, and it counts as paper. A zombie is alive although its public prospects no
    longer cover its costs: belief times rate times the value of the next stage below the burn, or starved in the market without growth.
    Source of the paper/fundamental distinction: Gornall & Strebulaev 2020.
    """
    v = w.ventures[i]
    p = w.p[0]
    clock = w.clock[0]
    now = clock.now
    if v.status == SELLING or v.status == PUBLIC:
        v.value = v.revenue * worth_of_sales(p, w, v, now - v.market_entry) + float(v.cash)
        if v.debt > 0:
            v.value = max(0.0, v.value - float(v.debt))
        if v.unicorn_fundamental < 0 and v.value >= p.market_unicorn:
            v.unicorn_fundamental = now
            log(clock, w.events, UNICORN_FUNDAMENTAL, i, -1, fen(v.value))
        if v.near_unicorn < 0 and v.value >= p.market_near_unicorn:
            v.near_unicorn = now
        if now - v.last_milestone > p.venture_zombie_silence and (v.starved == 1 or v.revenue * 0.25 < p.venture_lean_burn):
            v.idle += 1
        else:
            v.idle = 0
    elif v.status == BUILDING:
        t = w.tables[0]
        rate = arrival_rate(p, v.form, v.sector, v.link)
        prior = t.public_prior[v.form, v.start_link, v.link]
        ahead = t.stage_value[v.form, v.sector, v.start_link, v.link + 1]
        if belief_after(prior, rate, effort_paid_for(v)) * rate * ahead < planned_burn(p, v.form, v.sector, v.link):
            v.idle += 1
        else:
            v.idle = 0
