"""Where agents meet: teams are founded, money finds them, stakes change hands, and what is earned is shared out.

Agent rules write their own row and what it owns; whatever several agents have a hand in happens here, over whole tables. Nothing depends on
the order of rows: offers are ranked by value and then by key, and sums are whole fen.
"""

import math

from .accounts import (
    ABANDONED,
    ACQUIRED,
    BOUGHT_BACK,
    CLOSED,
    FOUNDED,
    FUND_ENDED,
    GAVE_BACK,
    HOUSEHOLDS,
    LISTED,
    LP_ALUMNI,
    LP_GOVERNMENT,
    LP_PRIVATE,
    OUTSIDE,
    PAID_OUT,
    REDEEMED,
    ROUND,
    SOLD_STAKE,
    STAKE,
    TRANCHE,
    UNICORN_PAPER,
    log,
)
from .bank import settle_debt
from .city import call_the_roll, move, relocate
from .draws import child, decision, pick_bucket, uniform, uniform_pair, uniforms4
from .entrepreneur import LEFT, SCIENTIST, TIES, be_free_again, learn_from_failure
from .fund import (
    ALUMNI,
    COMMITMENT,
    LP_OF_GOVERNMENT,
    MILLION,
    call_capital,
    fair_value,
    remember_candidate,
    renew_or_stop,
    slot_of,
    still_holds,
    worth_to,
)
from .government import (
    amount_for,
    book_outcome,
    choose,
    least_award,
    let_lapse,
    note_award,
    places_for,
    receive_proceeds,
    repay,
    set_aside,
)
from .money import fen, pay, share_in_turn, share_out
from .programme import EQUITY, GUIDANCE as GUIDANCE_PROGRAMME, PROGRAMME_HOLDER
from .rule import market_rule, rule
from .venture import (
    BOUGHT,
    BUILDING,
    CALLED_IN,
    CONTACTS,
    DEVELOPMENT,
    FOUNDERS_SHARES,
    HOLDERS,
    INDEPENDENT,
    INVENTION,
    NOBODY,
    PUBLIC,
    PUBLIC_HOLDER,
    RADICAL,
    ROUNDS,
    SELLING,
    SERIAL,
    SHUT,
    SPINOUT,
    TAKEN_OVER,
    UNIVERSITY_HOLDER,
    be_bought,
    open_milestone,
    plan_a_year,
)

TEAM = decision("market.team")
MEETING = decision("market.meeting")
CLAUSE = decision("market.clause")
BUYER = decision("market.acquihire")
GUIDE = decision("market.guide")


# ---------------------------------------------------------------------------------------------------------- founding


@rule
def found_venture(w, row, now):
    """A person founds: a venture is born with the idea's key, the founder's savings, and the university's share if it is a spinout."""
    clock = w.clock[0]
    p = w.p[w.people[row].city]
    n = clock.n_ventures
    if n >= w.ventures.shape[0]:
        clock.full = 1
        return
    e = w.people[row]
    v = w.ventures[n]
    v.key = child(e.key, e.ideas, 9)
    v.status = BUILDING
    v.form = e.founding
    v.sector = e.sector
    v.quality = e.quality[e.founding]
    v.founder = row
    v.city = e.city
    v.birthplace = e.city
    v.university = e.university
    v.origin = SERIAL if e.tries > 0 else (SPINOUT if e.kind == SCIENTIST else INDEPENDENT)
    v.start_link = DEVELOPMENT
    if e.founding == RADICAL:
        v.start_link = 0 if v.origin == SPINOUT else INVENTION
    v.link = v.start_link
    v.founded = now
    v.last_milestone = now
    v.ended = -1
    v.listed = -1
    v.market_entry = -1
    v.abandoned = -1
    v.unicorn_paper = -1
    v.unicorn_fundamental = -1
    v.near_unicorn = -1
    v.support = e.support
    v.repute = w.cities[e.city].repute if e.failures > 0 else 0.0
    span = p.venture_team_largest - p.venture_team_smallest + 1.0
    v.team = int(p.venture_team_smallest + math.floor(span * uniforms4(clock.seed, 0, v.key, TEAM)[0]))
    v.founders_shares = FOUNDERS_SHARES
    v.all_shares = FOUNDERS_SHARES
    for slot in range(HOLDERS):
        v.holder[slot] = NOBODY
        v.manager[slot] = -1
    if v.origin == SPINOUT:
        v.holder[HOLDERS - 1] = UNIVERSITY_HOLDER - e.university
        v.shares[HOLDERS - 1] = fen(p.university_equity * float(FOUNDERS_SHARES))
        v.founders_shares -= v.shares[HOLDERS - 1]
    open_milestone(v, p, clock.seed)
    pay(w.accounts[HOUSEHOLDS], v, fen(e.savings))
    clock.founders_got -= fen(e.savings)
    plan_a_year(v, p)
    e.venture = n
    e.tries += 1
    e.founding = -1
    if e.failures > 0:
        e.retried = 1
    w.live[clock.n_live] = n
    clock.n_live += 1
    clock.n_ventures = n + 1
    w.cities[e.city].founded += 1
    log(clock, w.events, FOUNDED, n, row, fen(e.savings))


@market_rule
def found_ventures(w):
    """Phase 4: everybody who decided to move or to found does so; the agenda notes when each will have the next idea, and forgets who has left."""
    clock = w.clock[0]
    kept = 0
    for n in range(clock.n_agenda):
        line = w.agenda[n]
        row = line.row
        tick = line.tick
        if tick == clock.now:
            e = w.people[row]
            if e.heading != e.city:
                move(w, row)
            if e.founding >= 0:
                found_venture(w, row, clock.now)
            tick = e.next_idea
            if e.status == LEFT or float(tick - e.arrived) > w.p[e.city].entrepreneur_career:
                continue
        w.agenda[kept].row = row
        w.agenda[kept].tick = tick
        kept += 1
    clock.n_agenda = kept


# ------------------------------------------------------------------------------------------------- money finds teams


@rule
def fair_stake(w, v, slot, p):
    """A holder's part of the fair value, fen."""
    return fair_value(w, v, p) * float(v.shares[slot]) / float(v.all_shares)


@rule
def tranche_price(w, v, p):
    """Price of a share in a tranche, fen: that of the last round, as was agreed, until a milestone is passed; then at least the team's bargain of the fair value."""
    if v.milestones == v.milestones_at_round:
        return v.price
    return max(v.price, p.market_bargain * fair_value(w, v, p) / float(v.all_shares))


@rule
def hear_insiders(w, v, row, p, now):
    """A venture's insiders pay what they pledged, at `tranche_price`, or are seen to leave. A team that is paid pitches later.

    When the last insider stops, everybody can see it: outsiders will discount for it (Nanda & Rhodes-Kropf 2013).
    """
    clock = w.clock[0]
    paid = 0
    left = 0
    heard = 0
    insiders = v.insiders
    alive = v.status == BUILDING or v.status == SELLING
    price = tranche_price(w, v, p) if alive and v.asks > 0 else v.price
    slot = 0
    while heard < insiders and slot < HOLDERS:
        if v.active[slot] == 1:
            heard += 1
            if v.leaving[slot] == 1:
                v.leaving[slot] = 0
                v.active[slot] = 0
                v.insiders -= 1
                left += 1
            elif v.pledge[slot] > 0:
                f = w.funds[v.holder[slot]]
                amount = v.pledge[slot]
                bought = int(math.floor(float(amount) / price))
                call_capital(w, f, amount, now)
                pay(f, v, amount)
                v.shares[slot] += bought
                v.all_shares += bought
                v.cost[slot] += amount
                v.raised += amount
                w.deals[v.deal[slot]].cost += amount
                paid += amount
                log(clock, w.events, TRANCHE, row, v.holder[slot], amount, bought)
            v.pledge[slot] = 0
        slot += 1
    if paid > 0 and v.seeking == 1:
        v.seeking = 0
        v.pitches -= 1
        v.next_pitch = now + 1
    if paid > 0:
        v.tranches += 1
        clock.invested += paid
        w.cities[v.city].invested += paid
        plan_a_year(v, p)
    if left > 0 and v.insiders == 0 and alive:
        v.abandoned = now
        log(clock, w.events, ABANDONED, row, NOBODY, v.raised)


@market_rule
def pay_tranches(w):
    """Phase 6: every venture hears its insiders (`hear_insiders`); those that look for a lead now come to the market: the list of seekers is made."""
    clock = w.clock[0]
    now = clock.now
    p = w.p[0]
    clock.n_seekers = 0
    for n in range(clock.n_live):
        row = w.live[n]
        v = w.ventures[row]
        if v.insiders > 0:
            hear_insiders(w, v, row, p, now)
        if v.seeking == 1:
            w.seekers[clock.n_seekers] = row
            clock.n_seekers += 1


@rule
def meet_by_chance(w, home, u):
    """A manager of the own city, or, in a country, for a share `market.far` of meetings one of another city, in proportion to how many there are; -1 for nobody.

    Sorenson & Stuart 2001: most investments are made near home.
    """
    far = w.p[0].market_far
    if w.cities.shape[0] == 1:
        return pick_bucket(w.cities[home].roster, u)
    if u >= far:
        return pick_bucket(w.cities[home].roster, (u - far) / (1.0 - far))
    aim = u / far * float(w.managers.shape[0] - w.cities[home].managers)
    for i in range(w.cities.shape[0]):
        there = float(w.cities[i].managers)
        if i != home and aim < there:
            return pick_bucket(w.cities[i].roster, aim / there)
        if i != home:
            aim -= there
    return -1


@rule
def seek_investors(w, i):
    """Phase 6: a team that looks for a lead meets some managers by chance, its alumni fund, and those who backed its founder's ties."""
    v = w.ventures[i]
    clock = w.clock[0]
    u = uniforms4(clock.seed, clock.now, v.key, MEETING)
    for c in range(CONTACTS):
        v.contact[c] = -1
        v.contact_tie[c] = 0
    for c in range(3):
        v.contact[2 + c] = meet_by_chance(w, v.city, u[c])
    if v.university >= 0:
        v.contact[0] = w.universities[v.university].alumni_manager
        v.contact_tie[0] = 1
    e = w.people[v.founder]
    tie = e.ties[int(u[3] * TIES)]
    if tie >= 0 and w.people[tie].venture >= 0:
        backer = w.ventures[w.people[tie].venture].manager[0]
        if backer >= 0:
            v.contact[1] = backer
            v.contact_tie[1] = 1


@rule
def has_met(v, c):
    """Whether the same manager was already met this quarter under a lower number, so that nobody offers twice."""
    for d in range(c):
        if v.contact[d] == v.contact[c]:
            return True
    return False


@rule
def holds_already(v, manager):
    """Whether a manager's funds are in the cap table: an outside lead must come from elsewhere."""
    for slot in range(HOLDERS):
        if v.manager[slot] == manager:
            return True
    return False


@rule
def first_free_slot(v):
    """The first free place of a cap table, -1 if there is none."""
    for slot in range(HOLDERS):
        if v.holder[slot] == NOBODY:
            return slot
    return -1


@rule
def free_slots(v):
    """Places left in the cap table."""
    count = 0
    for slot in range(HOLDERS):
        if v.holder[slot] == NOBODY:
            count += 1
    return count


@market_rule
def hear_pitches(w):
    """Phase 6: managers listen to the teams that came; each keeps its best candidates by value for money.

    A fund looks at what fits its ticket, has not been in the firm before, fits its life (`worth_to`), and is worth enough that the largest part sold in a round
    (m) pays for it, with the kind's margin on top: worth / ask > 1/m - 1 + margin.
    """
    clock = w.clock[0]
    p = w.p[0]
    now = clock.now
    for n in range(clock.n_seekers):
        row = w.seekers[n]
        v = w.ventures[row]
        if free_slots(v) < 2:
            continue
        if v.rounds == 0 and v.pitches == 1:
            w.cities[v.city].asked += 1000
            w.cities[v.city].asked_again += 1000 if w.people[v.founder].failures > 0 else 0
        for c in range(CONTACTS):
            if v.contact[c] < 0 or has_met(v, c):
                continue
            m = w.managers[v.contact[c]]
            if m.fund < 0:
                continue
            f = w.funds[m.fund]
            if now >= f.invest_until or f.companies >= f.capacity or v.wants > f.budget:
                continue
            if float(v.wants) > p.fund_ticket_largest[m.kind] or float(v.wants) < p.fund_ticket_smallest[m.kind]:
                continue
            if m.kind == ALUMNI and m.university != v.university:
                continue
            if f.part[LP_OF_GOVERNMENT] > 0 and not keeps_to_guidance(w, f, v):
                continue
            if holds_already(v, v.contact[c]):
                continue
            worth = worth_to(w, m, f, v, v.contact_tie[c] == 1, p, now, clock.seed)
            index = worth / float(v.wants)
            if index > p.fund_least_index[m.kind] + 1.0 / p.market_most_sold - 1.0:
                remember_candidate(f, w.ventures, row, index, worth)


@rule
def keeps_to_guidance(w, f, v):
    """Whether a fund with the city's money may take on a venture under the terms of the programme behind it: its sectors, and no more than the rest of its money for firms in the market, or of other cities.

    late money <= (1 - early share * the city's part) * (commitment - fees), and money for firms elsewhere <= (1 - local share * the city's part) * (commitment - fees)
    """
    programme = w.programmes[f.guide]
    if (programme.sectors >> v.sector) & 1 == 0:
        return False
    part = float(f.part[LP_OF_GOVERNMENT]) / float(MILLION)
    money = float(f.commitment - f.fee_money - f.fees)
    if v.status == SELLING and programme.early_share > 0.0 and float(f.late + v.wants) > (1.0 - programme.early_share * part) * money:
        return False
    return v.city == programme.city or programme.local_share <= 0.0 or float(f.away + v.wants) <= (1.0 - programme.local_share * part) * money


@rule
def open_deal(w, v, slot, fund_row, row, cost, now):
    """A line in the table of deals: who bought into what, when and for how much; what it brings is added when it is sold."""
    clock = w.clock[0]
    n = clock.n_deals
    if n >= w.deals.shape[0]:
        clock.full = 1
        n -= 1
    else:
        clock.n_deals = n + 1
    d = w.deals[n]
    d.fund = fund_row
    d.venture = row
    d.number = v.rounds + 1
    d.opened = now
    d.closed = -1
    d.cost = cost
    d.got = 0
    v.deal[slot] = n


@rule
def join_cap_table(w, v, row, fund_row, amount, price, now):
    """An investor pays and receives new shares; its fund notes the holding in the order of purchase and key."""
    f = w.funds[fund_row]
    slot = first_free_slot(v)
    bought = int(math.floor(float(amount) / price))
    call_capital(w, f, amount, now)
    pay(f, v, amount)
    v.holder[slot] = fund_row
    v.manager[slot] = f.manager
    v.shares[slot] = bought
    v.all_shares += bought
    v.cost[slot] = amount
    v.since[slot] = now
    v.active[slot] = 1
    v.tie[slot] = 0
    for c in range(CONTACTS):
        if v.contact[c] == f.manager:
            v.tie[slot] |= v.contact_tie[c]
    v.insiders += 1
    v.raised += amount
    clock = w.clock[0]
    clock.invested += amount
    w.cities[v.city].invested += amount
    open_deal(w, v, slot, fund_row, row, amount, now)
    seed = w.clock[0].seed
    share = w.p[0].fund_redemption_share
    v.clause[slot] = 1 if uniform_pair(seed, v.rounds, f.key, v.key, CLAUSE) < share else 0
    if v.clause[slot] == 1:
        due = now + int(math.ceil(w.p[0].fund_redemption_after))
        v.redeem_from = due if v.clauses == 0 else min(v.redeem_from, due)
        v.clauses += 1
    f.companies += 1
    f.deals += 1
    if v.status == SELLING:
        f.late += amount
    if v.city != w.managers[f.manager].city:
        f.away += amount
    if w.p[0].fund_money_limit == COMMITMENT:
        f.new_money -= amount
    place = f.holdings
    while place > 0 and f.joined[place - 1] == now and w.ventures[f.portfolio[place - 1]].key > v.key:
        f.portfolio[place] = f.portfolio[place - 1]
        f.joined[place] = f.joined[place - 1]
        f.slot[place] = f.slot[place - 1]
        place -= 1
    f.portfolio[place] = row
    f.joined[place] = now
    f.slot[place] = slot
    f.holdings += 1
    log(clock, w.events, ROUND, row, fund_row, amount, bought)


@market_rule
def close_rounds(w):
    """Phase 6: a team with offers takes the most appealing one as lead, and the next as co-investor; shares are issued at one price.

    The team's part of the value rises with the number of offers n:  beta_n = beta + (1 - beta)(1 - 1/n);  pre-money = beta_n * worth to the lead.
    No round sells more than a set part of the firm.
    """
    clock = w.clock[0]
    p = w.p[0]
    now = clock.now
    for n in range(clock.n_seekers):
        row = w.seekers[n]
        v = w.ventures[row]
        if v.offers == 0:
            continue
        beta = p.market_bargain + (1.0 - p.market_bargain) * (1.0 - 1.0 / float(v.offers))
        ask = v.wants
        post = max(beta * v.offer_worth[0] + float(ask), float(ask) / p.market_most_sold)
        price = (post - float(ask)) / float(v.all_shares)
        lead = ask if v.offers == 1 else fen(p.market_lead_part * float(ask))
        if v.rounds == 0:
            w.cities[v.city].paid += 1000
            w.cities[v.city].paid_again += 1000 if w.people[v.founder].failures > 0 else 0
        join_cap_table(w, v, row, v.offer_fund[0], lead, price, now)
        if v.offers > 1:
            join_cap_table(w, v, row, v.offer_fund[1], ask - lead, price, now)
        v.price = price
        place = min(v.rounds, ROUNDS - 1)
        v.round_tick[place] = now
        v.round_post[place] = post
        v.round_size[place] = ask
        v.rounds += 1
        v.milestones_at_round = v.milestones
        v.abandoned = -1
        v.seeking = 0
        v.next_pitch = now
        plan_a_year(v, p)
        if v.unicorn_paper < 0 and post >= p.market_unicorn:
            v.unicorn_paper = now
            w.cities[v.city].new_unicorns += 1
            log(clock, w.events, UNICORN_PAPER, row, v.offer_fund[0], fen(post))


# ------------------------------------------------------------------------------------------------- stakes of an office


@rule
def last_free_slot(v):
    """The last free place of a cap table, -1 if there is none: offices stand behind funds."""
    for back in range(HOLDERS):
        if v.holder[HOLDERS - 1 - back] == NOBODY:
            return HOLDERS - 1 - back
    return -1


@rule
def price_of_stake(w, programme, v, p, amount):
    """Price of a share to an office, fen: the lead's beside an outside lead; alone, the public value, and never so low that its money buys more than its largest stake."""
    if programme.co_invest == 1:
        return v.price
    value = fair_value(w, v, p)
    if programme.stake < 1.0:
        value = max(value, float(amount) * (1.0 - programme.stake) / programme.stake)
    return max(1.0, value) / float(v.all_shares)


@rule
def shares_for(programme, v, held, amount, price):
    """Shares that a sum buys, at most up to the office's largest stake s, with h of all N shares in its hands: n <= (s N - h) / (1 - s)."""
    wanted = math.floor(float(amount) / price)
    if programme.stake < 1.0:
        wanted = min(wanted, math.floor((programme.stake * float(v.all_shares) - float(held)) / (1.0 - programme.stake)))
    return max(0, int(wanted))


@rule
def take_stake(w, k, row, amount, now):
    """An office pays and receives new shares. Where its largest stake costs less than the amount it pays less. A stake lets it share in a success; it has no say and pays no tranches."""
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    v = w.ventures[row]
    slot = slot_of(v, PROGRAMME_HOLDER - k)
    if slot < 0 and free_slots(v) < 3:
        return
    price = price_of_stake(w, programme, v, w.p[0], amount)
    bought = shares_for(programme, v, v.shares[slot] if slot >= 0 else 0, amount, price)
    cost = min(amount, fen(float(bought) * price))
    if bought <= 0 or not set_aside(account, cost):
        return
    if programme.attracts == 1:
        relocate(w, row, programme.city)
    note_award(w, account, k, row, cost, 0, now)
    pay(account, v, cost)
    account.committed -= cost
    account.paid += cost
    account.spent += cost
    w.clock[0].stakes += cost
    w.cities[v.city].invested += cost
    if slot < 0:
        slot = last_free_slot(v)
        v.holder[slot] = PROGRAMME_HOLDER - k
        v.shares[slot] = 0
        v.cost[slot] = 0
        v.since[slot] = now
    v.shares[slot] += bought
    v.all_shares += bought
    v.cost[slot] += cost
    plan_a_year(v, w.p[0])
    log(w.clock[0], w.events, STAKE, row, k, cost, bought)


@market_rule
def take_stakes(w):
    """Phase 6: every open equity programme chooses among those who qualify, beside those who led a round this quarter or alone, and takes stakes as far as number and money go."""
    now = w.clock[0].now
    called = False
    for k in range(w.programmes.shape[0]):
        programme = w.programmes[k]
        if programme.instrument != EQUITY:
            continue
        places = places_for(programme, w.programme_accounts[k], now, least_award(programme))
        if places <= 0:
            continue
        if not called:  # teams founded this quarter are on it, too
            call_the_roll(w)
            called = True
        for n in range(choose(w, k, places)):
            row = w.tables[0].ranked[n]
            v = w.ventures[row]
            take_stake(w, k, row, amount_for(w, programme, v, w.people[v.founder], k, row, now), now)


@rule
def buy_back(w, v, slot, row, k, p):
    """A firm buys an office's stake back at the agreed multiple of its cost, if the stake is worth more and half of the firm's cash pays for it: the shares lapse."""
    price = fen(w.programmes[k].buy_back_multiple * float(v.cost[slot]))
    if v.cash < 2 * price or fair_stake(w, v, slot, p) <= float(price):
        return
    v.all_shares -= v.shares[slot]
    log(w.clock[0], w.events, BOUGHT_BACK, row, k, price, v.shares[slot])
    pay_holder(w, v, slot, price, v, row)
    v.shares[slot] = 0
    v.cost[slot] = 0
    v.holder[slot] = NOBODY


@market_rule
def buy_stakes_back(w):
    """Phase 8: firms in the market whose office has agreed to a price for its stake may buy it back."""
    agreed = 0
    for k in range(w.programmes.shape[0]):
        if w.programmes[k].instrument == EQUITY and w.programmes[k].buy_back_multiple > 0.0:
            agreed += 1
    if agreed == 0:
        return
    for n in range(w.clock[0].n_live):
        row = w.live[n]
        v = w.ventures[row]
        if v.status != SELLING:
            continue
        for slot in range(HOLDERS):
            k = PROGRAMME_HOLDER - v.holder[slot]
            if k >= 0 and w.programmes[k].buy_back_multiple > 0.0:
                buy_back(w, v, slot, row, k, w.p[0])


# ------------------------------------------------------------------------------------------------------------- exits


@rule
def passes_the_gate(p, v):
    """The listing gate: profit that has risen for three years and reached the hidden gate (the formal one in favoured sectors).

    Excluded sectors never pass. Source: report.listing.
    """
    if p.sector_listing[v.sector] < 0:
        return False
    gate = p.market_formal_gate if p.sector_listing[v.sector] > 0 else p.market_hidden_gate
    return float(v.profit[2]) >= gate and v.profit[2] > v.profit[1] and v.profit[1] > v.profit[0]


@rule
def chance_past_the_gate(p, v):
    """The chance that a firm past the gate is listed in a quarter with an open window.

    The wait is memoryless, with mean 1/a quarters of open window at a rate a. Coaching that saves q quarters shortens that mean: 1 / max(1, 1/a - q).
    It does nothing for the gate itself.
    """
    if v.coached == 0 or p.market_listing_rate <= 0.0:
        return p.market_listing_rate
    return 1.0 / max(1.0, 1.0 / p.market_listing_rate - float(v.coached))


@rule
def exit_or_stay(w, i):
    """Phase 8: a firm in the market may be bought, at a discount on its value, or be listed if the window is open and it passes the gate.

    A loss-making firm of a favoured sector, large enough, may be listed with a small chance. At listing the market's price is a premium on value.
    """
    v = w.ventures[i]
    clock = w.clock[0]
    now = clock.now
    if v.status != SELLING or v.market_entry == now:
        return
    p = w.p[0]
    if v.exit_luck < p.sector_acquisition[v.sector] and v.value > p.market_least_price:
        be_bought(v, p, now)
        return
    if w.cities[v.city].window == 0:
        return
    chance = 0.0
    if passes_the_gate(p, v):
        chance = chance_past_the_gate(p, v)
    elif p.sector_listing[v.sector] > 0 and v.value >= p.market_loss_making_value:
        chance = p.market_loss_making_rate
    if v.listing_luck < chance:
        v.status = PUBLIC
        v.listed = now
        v.proceeds = fen(v.value * (1.0 + p.market_listing_premium))
        if v.unicorn_paper < 0 and float(v.proceeds) >= p.market_unicorn:
            v.unicorn_paper = now
            w.cities[v.city].new_unicorns += 1
            log(clock, w.events, UNICORN_PAPER, i, NOBODY, v.proceeds)


@rule
def pay_holder(w, v, slot, amount, payer, row):
    """A holder receives what its stake brings and is out; an account for what the guidance money behind a fund won or lost is kept."""
    h = v.holder[slot]
    if h >= 0:
        f = w.funds[h]
        pay(payer, f, amount)
        if v.active[slot] == 1:
            f.companies -= 1
        if f.part[LP_OF_GOVERNMENT] > 0:
            cost = share_out(v.cost[slot], f.part[LP_OF_GOVERNMENT], MILLION)
            back = share_out(amount, f.part[LP_OF_GOVERNMENT], MILLION)
            book_outcome(w.programme_accounts[f.guide], cost, max(0, cost - back))
    elif h <= PROGRAMME_HOLDER:
        receive_proceeds(w, PROGRAMME_HOLDER - h, v.cost[slot], amount, payer)
    elif h <= UNIVERSITY_HOLDER:
        pay(payer, w.universities[UNIVERSITY_HOLDER - h], amount)
    else:
        pay(payer, w.accounts[OUTSIDE], amount)
    if h >= 0:
        w.deals[v.deal[slot]].got += amount
        w.deals[v.deal[slot]].closed = w.clock[0].now
    if v.active[slot] == 1:
        v.active[slot] = 0
        v.insiders -= 1
    if v.clause[slot] == 1:
        v.clause[slot] = 0
        v.clauses -= 1


@rule
def pay_out(w, v, slot, amount, payer, row):
    """A venture ends or goes public, and a holder is paid: what a fund receives is a line of the log, since it follows from no other."""
    pay_holder(w, v, slot, amount, payer, row)
    if v.holder[slot] >= 0:
        log(w.clock[0], w.events, PAID_OUT, row, v.holder[slot], amount)


@rule
def share_proceeds(w, v, row, amount, payer):
    """The waterfall of a sale. With cost C of the shares that were paid for, their part s and proceeds X, investors get max(min(X, C), s X):

    non-participating preference of one times the cost, all investors choosing alike (assumed). By cost under the preference, by shares if they convert.
    Common shares, the university's and the founders', take the rest by shares. Returns the founders' part.
    """
    cost = 0
    paid_for = 0
    for slot in range(HOLDERS):
        cost += v.cost[slot]
        if v.cost[slot] > 0:
            paid_for += v.shares[slot]
    converts = share_out(amount, paid_for, v.all_shares) >= min(amount, cost)
    rest = amount - (share_out(amount, paid_for, v.all_shares) if converts else min(amount, cost))
    common = v.all_shares - paid_for
    before = 0
    before_common = 0
    left = amount
    for slot in range(HOLDERS):
        if v.holder[slot] == NOBODY or v.shares[slot] == 0:
            continue
        if v.cost[slot] == 0:
            part = share_in_turn(rest, before_common, v.shares[slot], common)
            before_common += v.shares[slot]
        elif converts:
            part = share_in_turn(amount - rest, before, v.shares[slot], paid_for)
            before += v.shares[slot]
        else:
            part = share_in_turn(amount - rest, before, v.cost[slot], cost)
            before += v.cost[slot]
        left -= part
        pay_out(w, v, slot, part, payer, row)
    return left


@rule
def reward_founder(w, v, row, amount, payer):
    """The founder is paid, gives a part back to alumni and young founders, and has become somebody others look up to."""
    e = w.people[v.founder]
    p = w.p[e.city]
    pay(payer, e, amount)
    gift = fen(p.entrepreneur_giving * float(amount))
    pay(e, w.accounts[LP_ALUMNI], gift)
    w.clock[0].founders_got += amount - gift
    if gift > 0:
        log(w.clock[0], w.events, GAVE_BACK, row, v.founder, gift)


@rule
def give_up_awards(w, v, row):
    """A venture is over: what was still to come of its awards lapses."""
    n = w.people[v.founder].award if v.parts_due > 0 else -1
    while n >= 0:
        if w.awards[n].venture == row:
            let_lapse(w, n)
        n = w.awards[n].previous


@rule
def settle_end(w, row, v, p, now, seed):
    """A venture that was bought or shut is paid out: the bank first, then debts to programmes, then holders, then the founder."""
    outside = w.accounts[OUTSIDE]
    e = w.people[v.founder]
    if v.status == BOUGHT and v.debt > 0:  # who buys a firm pays its debts beside the price
        pay(outside, v, max(0, v.proceeds + v.debt - v.cash))
        settle_debt(w, v)
    if v.status == SHUT:
        sold = uniforms4(seed, 1, v.key, BUYER)[0] < p.market_acquihire and v.rounds > 0
        salvage = fen(p.market_salvage * (v.pace if v.market_entry < 0 else 0.25 * v.revenue))
        if sold:
            salvage = fen(p.market_acquihire_price * float(v.raised))
            v.ending = TAKEN_OVER
        pay(outside, v, salvage)
        if v.debt > 0:
            settle_debt(w, v)
        if v.listed < 0:
            v.proceeds = v.cash
        if v.raised >= fen(w.p[v.city].city_scandal) and v.listed < 0:
            w.cities[v.city].scandals += 1
    elif v.proceeds >= v.cash:
        pay(outside, v, v.proceeds - v.cash)
    else:
        v.proceeds = v.cash
    if v.owes > 0:
        owed = v.owes
        if v.status == BOUGHT and v.cash > 0:
            repay(w, v, row, min(v.owes, v.cash))
        if v.owes > 0:
            book_outcome(w.programme_accounts[v.owes_programme], v.owes_for, share_out(v.owes_for, v.owes, owed))
        v.owes = 0
    give_up_awards(w, v, row)
    if e.failures > 0:
        w.cities[v.city].again_ended += 1
        w.cities[v.city].again_quality += int(math.floor(1000.0 * v.quality))
    left = share_proceeds(w, v, row, v.cash, v)
    if v.status == BOUGHT:
        log(w.clock[0], w.events, ACQUIRED, row, NOBODY, v.proceeds)
        e.exits += 1
        be_free_again(e, w.p[e.city])
        reward_founder(w, v, row, left, v)
    else:
        log(w.clock[0], w.events, CLOSED, row, NOBODY, v.ending)
        pay(v, e, left)
        w.clock[0].founders_got += left
        be_free_again(e, w.p[e.city])
        if v.listed < 0:
            learn_from_failure(e, w.p[e.city], now)
        if v.university >= 0:
            w.universities[v.university].failures_heard[v.sector] += 1
    v.jobs = 0.0
    v.seeking = 0


@rule
def settle_listing(w, row, v, p):
    """A firm goes public: investors sell at the market's price, the founder sells a part to the market, gives back, and grants are repaid."""
    outside = w.accounts[OUTSIDE]
    for slot in range(HOLDERS):
        if v.holder[slot] != NOBODY and v.shares[slot] > 0:
            pay_out(w, v, slot, share_out(v.proceeds, v.shares[slot], v.all_shares), outside, row)
            v.holder[slot] = PUBLIC_HOLDER
            v.manager[slot] = -1
            v.cost[slot] = 0
    if v.owes > 0 and v.cash >= v.owes:
        repay(w, v, row, v.owes)
    sold = fen(w.p[w.people[v.founder].city].entrepreneur_sold_at_listing * float(v.founders_shares))
    reward_founder(w, v, row, share_out(v.proceeds, sold, v.all_shares), outside)
    place = first_free_slot(v)
    if place < 0:
        place = slot_of(v, PUBLIC_HOLDER)
    v.holder[place] = PUBLIC_HOLDER
    v.shares[place] += sold
    v.founders_shares -= sold
    w.people[v.founder].exits += 1
    log(w.clock[0], w.events, LISTED, row, NOBODY, v.proceeds, sold)


@market_rule
def settle_exits(w):
    """Phase 8: everything that ended or was listed this quarter is settled; the list of the living is closed up."""
    clock = w.clock[0]
    p = w.p[0]
    now = clock.now
    kept = 0
    for n in range(clock.n_live):
        row = w.live[n]
        v = w.ventures[row]
        if v.ended == now:
            settle_end(w, row, v, p, now, clock.seed)
        else:
            if v.listed == now:
                settle_listing(w, row, v, p)
            w.live[kept] = row
            kept += 1
    clock.n_live = kept


@rule
def redeem(w, v, slot, row, p, now):
    """The redemption clause: after its years without an exit an investor wants its cost and interest back, from the firm, then from the founder.

    It asks only when what it can collect is worth more than the stake, which it hands in for it: the shares lapse. A founder who cannot pay all is barred
    from founding for years.
    Source: the practice of 80-90% of Chinese deals, see the parameter's source.
    """
    quarters = float(now - v.since[slot])
    claim = fen(float(v.cost[slot]) * (1.0 + p.fund_redemption_interest * quarters))
    e = w.people[v.founder]
    if float(min(claim, v.cash + e.cash)) <= fair_stake(w, v, slot, p):
        return
    from_firm = min(claim, v.cash)
    from_founder = min(claim - from_firm, e.cash)
    pay(e, v, from_founder)
    w.clock[0].founders_got -= from_founder
    v.all_shares -= v.shares[slot]
    log(w.clock[0], w.events, REDEEMED, row, v.holder[slot], from_firm + from_founder, v.shares[slot])
    pay_holder(w, v, slot, from_firm + from_founder, v, row)
    v.shares[slot] = 0
    v.cost[slot] = 0
    v.holder[slot] = NOBODY
    v.manager[slot] = -1
    if from_firm + from_founder < claim:
        e.barred_until = now + int(p.fund_redemption_liability)
        v.ending = CALLED_IN


@market_rule
def call_in_redemptions(w):
    """Phase 8: holders with a redemption clause whose years have passed decide whether to use it."""
    clock = w.clock[0]
    p = w.p[0]
    now = clock.now
    if p.fund_redemption_share <= 0.0:
        return
    for n in range(clock.n_live):
        row = w.live[n]
        v = w.ventures[row]
        if v.clauses == 0 or now < v.redeem_from or v.listed >= 0:
            continue
        for slot in range(HOLDERS):
            if v.holder[slot] >= 0 and v.clause[slot] == 1 and float(now - v.since[slot]) >= p.fund_redemption_after:
                redeem(w, v, slot, row, p, now)


@rule
def sell_stake(w, f, fund_row, row, v, slot, p, now):
    """At the end of a fund's life a stake goes to the manager's next vintage if that can pay and would go on, else to outsiders at a deeper discount.

    Such a sale says nothing about the venture: it is no stop, and outsiders do not discount for it. Outsiders' stakes are held in one place, the lower one.
    """
    fair = fair_stake(w, v, slot, p)
    m = w.managers[f.manager]
    relay = fen(fair * (1.0 - p.fund_relay_discount))
    heir = m.fund
    if heir >= 0 and heir != fund_row and v.active[slot] == 1 and relay > 0:
        g = w.funds[heir]
        goes_on = not renew_or_stop(w, m, v, slot, p, now, w.clock[0].seed)
        if goes_on and g.follow_money >= relay and g.holdings < g.portfolio.shape[0] and g.companies < g.capacity and slot_of(v, heir) < 0:
            g.follow_money -= relay
            call_capital(w, g, relay, now)
            g.companies += 1
            pay_holder(w, v, slot, relay, g, row)
            v.holder[slot] = heir
            v.cost[slot] = relay
            v.active[slot] = 1
            v.insiders += 1
            open_deal(w, v, slot, heir, row, relay, now)
            g.portfolio[g.holdings] = row
            g.joined[g.holdings] = now
            g.slot[g.holdings] = slot
            g.holdings += 1
            log(w.clock[0], w.events, SOLD_STAKE, row, heir, relay, v.shares[slot])
            return
    price = fen(max(0.0, fair * (1.0 - p.fund_forced_discount)))
    log(w.clock[0], w.events, SOLD_STAKE, row, NOBODY, price, v.shares[slot])
    pay_holder(w, v, slot, price, w.accounts[OUTSIDE], row)
    v.cost[slot] = price
    other = slot_of(v, PUBLIC_HOLDER)
    v.holder[slot] = PUBLIC_HOLDER
    v.manager[slot] = -1
    if other >= 0:
        kept = min(slot, other)
        gone = max(slot, other)
        v.shares[kept] += v.shares[gone]
        v.cost[kept] += v.cost[gone]
        v.holder[gone] = NOBODY
        v.shares[gone] = 0
        v.cost[gone] = 0


@market_rule
def end_funds(w):
    """Phase 8: funds whose life is over sell what they hold; those that have sold everything after their investment period are closed."""
    clock = w.clock[0]
    p = w.p[0]
    now = clock.now
    for n in range(clock.n_open_funds):
        i = w.open_funds[n]
        f = w.funds[i]
        if now < f.ends:
            continue
        for j in range(f.holdings):
            row = f.portfolio[j]
            v = w.ventures[row]
            slot = f.slot[j]
            if still_holds(v, slot, i) and (v.status == BUILDING or v.status == SELLING):
                sell_stake(w, f, i, row, v, slot, p, now)
        f.ended = now
        f.nav = 0
        m = w.managers[f.manager]
        if m.fund == i:
            m.fund = -1
        for k in range(4):
            uncalled = f.new_money + f.follow_money + f.fee_money
            promised = share_out(uncalled, f.part[k], MILLION)
            w.accounts[LP_PRIVATE + k].committed -= promised
            if k == LP_OF_GOVERNMENT and promised > 0:
                w.programme_accounts[f.guide].committed -= promised
        log(clock, w.events, FUND_ENDED, i, f.manager, f.called)


@rule
def can_commit(w, k):
    """What a guidance programme has in the purse behind funds and has not promised, fen. One that is frozen commits nothing."""
    account = w.programme_accounts[k]
    if w.programmes[k].instrument != GUIDANCE_PROGRAMME or w.clock[0].now < account.frozen_until:
        return 0
    return max(0, account.paid + account.returned - account.called - account.committed)


@rule
def find_guide(w, m):
    """The guidance programme that a fund may be raised with: one of those of the manager's city that have money, drawn in proportion to it; -1 if none has."""
    city = w.cities[m.city]
    free = 0
    for k in range(city.first_programme, city.first_programme + city.programmes):
        free += can_commit(w, k)
    aim = uniform(w.clock[0].seed, w.clock[0].now, m.key, GUIDE) * float(free)
    guide = -1
    for k in range(city.first_programme, city.first_programme + city.programmes):
        money = can_commit(w, k)
        if money > 0 and (guide < 0 or aim >= 0.0):
            guide = k
        aim -= float(money)
    return guide


@market_rule
def open_guidance(w):
    """Every manager who raises a fund with the city's money finds the guidance programme that will stand behind it; those of one programme share what it can commit."""
    clock = w.clock[0]
    for k in range(w.programmes.shape[0]):
        w.programme_accounts[k].offered = 0
    for j in range(w.managers.shape[0]):
        m = w.managers[j]
        m.guide = -1
        if m.next_raise == clock.now and w.p[0].fund_lp_share[m.kind, LP_OF_GOVERNMENT] > 0.0:
            m.guide = find_guide(w, m)
            if m.guide >= 0:
                w.programme_accounts[m.guide].offered += 1
    for k in range(w.programmes.shape[0]):
        account = w.programme_accounts[k]
        account.offered = share_out(can_commit(w, k), 1, max(1, account.offered))


@market_rule
def open_books(w):
    """Phase 8: what alumni and government can commit this quarter, shared equally among the managers who are raising a fund."""
    clock = w.clock[0]
    p = w.p[0]
    for k in range(LP_OF_GOVERNMENT):
        raisers = 0
        for j in range(w.managers.shape[0]):
            if w.managers[j].next_raise == clock.now and p.fund_lp_share[w.managers[j].kind, k] > 0.0:
                raisers += 1
        account = w.accounts[LP_PRIVATE + k]
        free = max(0, account.cash - account.committed)
        clock.lp_free[k] = share_out(free, 1, max(1, raisers))
    open_guidance(w)


@rule
def settle_guidance(w, f):
    """A fund with the city's money has ended: the programme behind it bears others' loss first, and leaves them a part of its profit, as its terms say.

    to others = min(first loss * others' loss, what the city got from the fund) + profit given up * the city's profit
    """
    programme = w.programmes[f.guide]
    part = f.part[LP_OF_GOVERNMENT]
    paid = share_out(f.called, part, MILLION)
    got = share_out(f.distributed, part, MILLION)
    others_loss = max(0, f.called - paid - (f.distributed - got))
    given = min(fen(programme.first_loss * float(others_loss)), got)
    given += fen(programme.profit_given_up * float(max(0, got - paid)))
    before = 0
    for k in range(LP_OF_GOVERNMENT):
        share = share_in_turn(given, before, f.part[k], MILLION - part) if part < MILLION else 0
        before += f.part[k]
        pay(w.accounts[LP_GOVERNMENT], w.accounts[LP_PRIVATE + k], share)
        w.programme_accounts[f.guide].returned -= share
        w.clock[0].guidance_back -= share


@market_rule
def settle_guided_funds(w):
    """Phase 8: the terms of guidance programmes are settled for funds that have ended this quarter."""
    clock = w.clock[0]
    for n in range(clock.n_open_funds):
        f = w.funds[w.open_funds[n]]
        if f.ended == clock.now and f.part[LP_OF_GOVERNMENT] > 0:
            settle_guidance(w, f)
