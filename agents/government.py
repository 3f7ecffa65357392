"""A government office: a yearly budget, programmes that are records in files, and what happens to it when programmes lose money."""

import math

import numpy as np

from .accounts import FROZEN, GRANT as GRANT_PAID, LAPSED, LP_GOVERNMENT, REPAID, TREASURY, log
from .city import relocate
from .draws import decision, normal_pair, normal_quantile, uniform_pair
from .economy import budget_factor
from .entrepreneur import NEWCOMER
from .money import fen, pay, share_in_turn
from .programme import (
    AT_MARKET_ENTRY,
    AT_MILESTONE,
    AT_PRICED_ROUND,
    AT_PROFIT,
    BY_SCORE,
    EQUITY,
    FIRST_COME,
    GRANT,
    GUIDANCE,
    INSTITUTE_SLOTS,
    INTEREST_SUBSIDY,
    LISTING_COACHING,
    LOAN_RISK_COMPENSATION,
    NO_CEILING,
    NO_LIMIT,
    ON_MILESTONE,
    ON_PRIVATE_MONEY,
    REPAYABLE_GRANT,
    SPACE,
    STAGED_GRANT,
    TALENT_AWARD,
    WITHOUT_APPLICATION,
)
from .rule import market_rule, rule
from .venture import BUILDING, IN_MARKET, INCREMENTAL, ROUNDS, SELLING, plan_a_year

OFFICE = np.dtype(
    [
        ("key", "u8"),
        ("city", "i4"),
        ("careful_until", "i4"),  # tick: until then officials take safe picks
        ("inquiries", "i4"),
        ("eased", "f8"),  # share of the friction of its programmes that its services take away this quarter
        ("dual_appointment", "f8"),  # part of the wage that a scientist who founds keeps, by its institutes
        ("tax_seen", "i8"),  # fen of taxes since the start when the year was opened
        ("tax_year", "i8"),  # fen of taxes in the last year that was finished
    ],
    align=True,
)

JUDGEMENT = decision("government.judgement")
APPLYING = decision("government.applying")
SCOUTING = decision("government.scouting")
EXAMINATION = decision("government.examination")
LOTTERY = decision("government.lottery")
RECOGNITION = decision("government.recognition")


# ------------------------------------------------------------------------------------------------------------- budgets


@rule
def new_revenue(office, city):
    """By how much the taxes of the year that has ended, of ventures and of the old industry, exceed those of the year before, fen; never less than nothing."""
    year = city.tax + city.old_tax - office.tax_seen
    more = max(0, year - office.tax_year)
    office.tax_seen = city.tax + city.old_tax
    office.tax_year = year
    return more


@rule
def is_open(programme, account, now):
    """Whether a programme runs: it has begun, has not ended, and is not frozen."""
    return programme.starts <= now and now < programme.ends and now >= account.frozen_until


@rule
def close_account(w, account):
    """A programme has ended: what it has not promised to anybody goes back to the treasury."""
    left = account.cash - account.committed
    if left > 0:
        pay(account, w.accounts[TREASURY], left)
    account.budget = 0
    account.revolved = 0


@rule
def open_account(w, programme, account, more, factor):
    """A programme's budget of the year comes from the treasury.

    B_y = B_{y-1} (1 + growth) + share * new tax revenue, of which it gets the factor that the city's taxes allow.  What is left of the last budget is part of the new
    one. What has come back and revolves, and what is promised, stand apart, so that a revolving account can spend what came back on top of its budget. A guidance programme
    hands its budget to the purse that stands behind guidance funds.
    """
    if w.clock[0].now < programme.starts + 4:
        account.planned = programme.budget
    else:
        account.planned = fen(float(account.planned) * (1.0 + programme.growth))
    account.planned += fen(programme.revenue_share * float(more))
    account.budget = fen(factor * float(account.planned))
    account.spent = 0
    account.awards_this_year = 0
    account.examined_this_year = 0
    left = account.cash - account.committed - account.revolved
    if programme.instrument == GUIDANCE:
        pay(w.accounts[TREASURY], w.accounts[LP_GOVERNMENT], account.budget)
        account.paid += account.budget
    elif left < account.budget:
        pay(w.accounts[TREASURY], account, account.budget - left)


@rule
def is_for_new_teams(programme):
    """Whether a programme gives money to ventures founded here that are not in the market yet, or to their founders."""
    kind = programme.instrument
    money = kind == GRANT or kind == STAGED_GRANT or kind == REPAYABLE_GRANT or kind == TALENT_AWARD or kind == EQUITY
    return money and programme.attracts == 0 and programme.links != 1 << IN_MARKET


@rule
def see_support(w, city):
    """What people elsewhere hear of a city's support: its awards to new teams in the last year over the teams that were founded in it."""
    spent = 0
    for k in range(city.first_programme, city.first_programme + city.programmes):
        if is_for_new_teams(w.programmes[k]):
            spent += w.programme_accounts[k].spent
    city.support_seen = float(spent) / float(max(1, city.founded - city.founded_seen))
    city.founded_seen = city.founded


@rule
def open_year(w, i):
    """Phase 2, once a year: each programme of the office gets its budget from the treasury, or is closed; old losses fade from memory."""
    clock = w.clock[0]
    if clock.now % 4 != 0:
        return
    city = w.cities[i]
    more = new_revenue(w.offices[i], city) if clock.now > 0 else 0
    factor = budget_factor(w.p[i], w.offices[i])
    keep = 1.0 - 4.0 / w.p[i].government_memory
    see_support(w, city)
    for k in range(city.first_programme, city.first_programme + city.programmes):
        programme = w.programmes[k]
        account = w.programme_accounts[k]
        account.recent_resolved = math.floor(account.recent_resolved * keep)
        account.recent_lost = math.floor(account.recent_lost * keep)
        if clock.now >= programme.ends and programme.instrument != GUIDANCE:
            close_account(w, account)
        elif clock.now >= programme.starts and clock.now < programme.ends:
            open_account(w, programme, account, more, factor)


# ------------------------------------------------------------------------------------------------------ accountability


@rule
def allowed_loss(p, programme):
    return p.government_allowed_loss if programme.allowed_loss < 0.0 else programme.allowed_loss


@rule
def hold_to_account(w, i):
    """Phase 2: a rolling loss ratio above the allowed one starts an inquiry: the programme is frozen for years.

    Afterwards, for as long again, the office's officials turn to safe picks: the incremental and the credentialed.
    """
    office = w.offices[i]
    city = w.cities[i]
    clock = w.clock[0]
    p = w.p[i]
    for k in range(city.first_programme, city.first_programme + city.programmes):
        programme = w.programmes[k]
        account = w.programme_accounts[k]
        if clock.now < account.frozen_until or account.recent_resolved < p.government_smallest_case:
            continue
        if account.recent_lost > allowed_loss(p, programme) * account.recent_resolved:
            freeze = int(p.government_freeze) if programme.freeze < 0 else programme.freeze
            account.frozen_until = clock.now + freeze
            account.inquiries += 1
            account.recent_resolved = 0.0
            account.recent_lost = 0.0
            office.inquiries += 1
            office.careful_until = max(office.careful_until, account.frozen_until + freeze)
            log(clock, w.events, FROZEN, k, i, freeze)


@rule
def book_outcome(account, amount, lost):
    """The outcome of money that was to come back is known: it counts in the rolling loss ratio, whole fen. Plain grants are spent, not lost."""
    account.recent_resolved += float(amount)
    account.recent_lost += float(lost)
    if lost > 0:
        account.failed += 1
        account.written_off += lost
    else:
        account.succeeded += 1


# ------------------------------------------------------------------------------------------------------ who is chosen


@rule
def is_own(award, programme, k, v, row):
    """Whether an award is one that the programme gave to this recipient: of a talent award the person is the recipient, of all else the venture."""
    return award.programme == k and (programme.instrument == TALENT_AWARD or award.venture == row)


@rule
def may_have_more(w, programme, v, e, k, row):
    """Whether a recipient has had fewer awards of the programme than it gives to each, and has no part of one still to come."""
    if programme.instrument == INSTITUTE_SLOTS:
        return v.speed_gain == 0.0
    if programme.instrument != TALENT_AWARD:
        if (v.helped >> programme.bit) & 1 == 0:
            return True
        if programme.awards_each <= 1:
            return False
    had = 0
    n = e.award
    while n >= 0:
        award = w.awards[n]
        if is_own(award, programme, k, v, row):
            had += 1
            if award.parts > 0:
                return False
        n = award.previous
    return had < programme.awards_each


@rule
def below_the_ceiling(w, programme, v, e, k, row, now):
    """What a recipient may still have of a programme under its ceiling: the ceiling less all that was promised within its window, fen."""
    left = programme.ceiling
    if left >= NO_CEILING:
        return left
    n = e.award
    while n >= 0:
        award = w.awards[n]
        if is_own(award, programme, k, v, row) and now - award.granted < programme.ceiling_window:
            left -= award.promised
        n = award.previous
    return max(0, left)


@rule
def is_in_need(v):
    """Whether a venture has run out of money: less than a quarter of its planned spending is left, or it had to cut its growth."""
    return v.starved == 1 if v.status == SELLING else float(v.cash) < v.pace


@rule
def is_of_use(programme, v, now):
    """Whether what the instrument gives is of use to the venture now."""
    if programme.in_need == 1 and not is_in_need(v):
        return False
    if programme.instrument == REPAYABLE_GRANT:
        return v.owes == 0
    if programme.instrument == EQUITY and programme.co_invest == 1:
        return v.rounds > 0 and v.round_tick[min(v.rounds, ROUNDS) - 1] == now
    if programme.instrument == SPACE:
        return v.desk_until <= now
    if programme.instrument == LISTING_COACHING:
        return v.status == SELLING
    if programme.instrument == INSTITUTE_SLOTS:
        return v.status == BUILDING
    if programme.instrument == LOAN_RISK_COMPENSATION:
        return v.borrows > 0
    if programme.instrument == INTEREST_SUBSIDY:
        return v.debt > 0
    return True


@rule
def delay_of(programme, eased):
    """Quarters from application to payment: as the file says, less what the office's services save; none where nobody has to apply."""
    if programme.selection == WITHOUT_APPLICATION:
        return 0
    return int(math.floor(float(programme.delay) * (1.0 - eased) + 0.5))


@rule
def qualifies(w, programme, v, e, k, row, eased, now):
    """Who may have what the programme gives, as its file says. What most fail by, and what stands together in memory, is asked first."""
    if v.status != BUILDING and v.status != SELLING:
        return False
    if (programme.links >> v.link) & 1 == 0 or (programme.sectors >> v.sector) & 1 == 0 or (programme.forms >> v.form) & 1 == 0:
        return False
    age = now - v.founded
    if age < max(programme.min_age, delay_of(programme, eased)) or age > programme.max_age:
        return False
    if v.team < programme.min_team or (programme.origins >> v.origin) & 1 == 0 or e.credential < programme.min_credential:
        return False
    if programme.outsiders_only == 1 and e.kind != NEWCOMER and e.home == v.city:
        return False
    if programme.attracts == 1 and (v.city == programme.city or float(least_award(programme)) <= w.p[0].venture_moving_cost):
        return False
    return is_of_use(programme, v, now) and may_have_more(w, programme, v, e, k, row)


@rule
def comes_forward(programme, v, eased, seed, now):
    """A team applies (1), or an official on the way home finds it (2): by programme and venture, and for scouting by quarter. Else 0.

    apply' = 1 - (1 - apply)(1 - eased): services take friction away; where nobody has to apply there is none.
    """
    share = programme.apply_share + (1.0 - programme.apply_share) * eased
    if programme.selection == WITHOUT_APPLICATION or uniform_pair(seed, 0, programme.key, v.key, APPLYING) < share:
        return 1
    if programme.scouting <= 0.0:
        return 0
    return 2 if uniform_pair(seed, now, programme.key, v.key, SCOUTING) < 0.25 * programme.scouting else 0


@rule
def judge(p, programme, office, v, e, seed, now):
    """Officials' judgement of a team: accuracy a on its quality, the rest noise; credentials as the programme weighs them.

    score = (1 - c) [a z + sqrt(1 - a^2) N(0, 1)] + c credential; careful officials add what a safe pick is worth to them.
    """
    a = programme.accuracy
    view = a * v.quality + math.sqrt(1.0 - a * a) * normal_pair(seed, 0, programme.key, v.key, JUDGEMENT)
    score = (1.0 - programme.credential_weight) * view + programme.credential_weight * float(e.credential - 1)
    if now < office.careful_until:
        score += p.government_safe_bias * (float(e.credential - 1) + (1.0 if v.form == INCREMENTAL else -1.0))
    return score


@rule
def standing(p, programme, office, v, e, seed, now):
    """Where a team stands in a programme's list: by judgement, by age where the first come are served first, else by lot."""
    if programme.selection == BY_SCORE:
        return judge(p, programme, office, v, e, seed, now)
    if programme.selection == FIRST_COME:
        return float(now - v.founded)
    return uniform_pair(seed, now, programme.key, v.key, LOTTERY)


@rule
def rank(w, kept, places, row, score):
    """Insert a team into the office's list: best score first, the smaller key first among equals. Returns how many are kept."""
    place = kept
    while place > 0 and (
        score > w.tables[0].scores[place - 1] or (score == w.tables[0].scores[place - 1] and w.ventures[row].key < w.ventures[w.tables[0].ranked[place - 1]].key)
    ):
        if place < places:
            w.tables[0].scores[place] = w.tables[0].scores[place - 1]
            w.tables[0].ranked[place] = w.tables[0].ranked[place - 1]
        place -= 1
    if place < places:
        w.tables[0].scores[place] = score
        w.tables[0].ranked[place] = row
        return min(kept + 1, places)
    return kept


@rule
def judge_the_examined(w, k, looked, places):
    """Of the teams that officials have looked at, in the order of a lot, the best are kept, in the same list."""
    clock = w.clock[0]
    kept = 0
    for n in range(looked):
        row = w.tables[0].ranked[n]
        v = w.ventures[row]
        e = w.people[v.founder]
        kept = rank(w, kept, places, row, standing(w.p[w.programmes[k].city], w.programmes[k], w.offices[w.programmes[k].city], v, e, clock.seed, clock.now))
    return kept


@market_rule
def choose(w, k, places):
    """A programme lists those whom it takes, best first, among all who qualify and come forward; returns how many.

    Where a year's examinations are limited, a lot decides who is looked at, and only they are judged.
    """
    clock = w.clock[0]
    now = clock.now
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    office = w.offices[programme.city]
    places = min(places, w.tables[0].ranked.shape[0])
    by_lot = programme.examined < NO_LIMIT
    seats = places
    if by_lot and places > 0:
        seats = min((programme.examined * (now % 4 + 1)) // 4 - account.examined_this_year, w.tables[0].ranked.shape[0])
    if seats <= 0:
        return 0
    account.quarters += 1
    kept = 0
    city = w.cities[programme.city]
    first = 0 if programme.attracts == 1 else city.first_resident
    many = clock.n_residents if programme.attracts == 1 else city.residents
    for n in range(first, first + many):
        row = w.residents[n]
        v = w.ventures[row]
        e = w.people[v.founder]
        account.looked_at += 1
        if not qualifies(w, programme, v, e, k, row, office.eased, now):
            continue
        account.qualified += 1
        came = comes_forward(programme, v, office.eased, clock.seed, now)
        if came == 0:
            continue
        account.applicants += 1
        account.scouted += came - 1
        if by_lot:
            kept = rank(w, kept, seats, row, uniform_pair(clock.seed, now, programme.key, v.key, EXAMINATION))
        else:
            kept = rank(w, kept, seats, row, standing(w.p[programme.city], programme, office, v, e, clock.seed, now))
    if by_lot:
        account.examined_this_year += kept
        kept = judge_the_examined(w, k, kept, places)
    return kept


# -------------------------------------------------------------------------------------------------------------- awards


@rule
def recognised_tier(programme, e, seed):
    """The tier of talent at which a person is recognised, 0 for none: the first tier takes the best share of all, and so on.

    standing = (1 - c) [a ability + sqrt(1 - a^2) N(0, 1)] + c credential;  tier n if standing > Phi^-1(1 - s_1 - ... - s_n).
    Ability and credentials are weighed as the programme says; what officials see is drawn once for each person and programme.
    """
    a = programme.accuracy
    view = a * e.ability + math.sqrt(1.0 - a * a) * normal_pair(seed, 0, programme.key, e.key, RECOGNITION)
    score = (1.0 - programme.credential_weight) * view + programme.credential_weight * float(e.credential - 1)
    share = 0.0
    for tier in range(1, 4):
        share += programme.tier_share[tier]
        if share >= 1.0 or (share > 0.0 and score > normal_quantile(1.0 - share)):
            return tier
    return 0


@rule
def amount_for(w, programme, v, e, k, row, now):
    """What one award comes to: by recognised tier or by credential, and never above the ceiling; fen."""
    tier = recognised_tier(programme, e, w.clock[0].seed) if programme.instrument == TALENT_AWARD else 0
    amount = programme.amount_by_tier[tier] if tier > 0 else programme.amount_by_credential[e.credential]
    return min(amount, below_the_ceiling(w, programme, v, e, k, row, now))


@rule
def least_award(programme):
    """The smallest award that the programme gives, fen; 0 if it gives none."""
    least = 0
    for n in range(3):
        amount = programme.amount_by_credential[n]
        if amount > 0 and (least == 0 or amount < least):
            least = amount
    for n in range(1, 4):
        amount = programme.amount_by_tier[n]
        if programme.tier_share[n] > 0.0 and amount > 0 and (least == 0 or amount < least):
            least = amount
    return least


@rule
def places_for(programme, account, now, least):
    """How many awards a programme can give now: a quarter of the year's number, as far as the money goes that is not promised."""
    if not is_open(programme, account, now) or least <= 0:
        return 0
    due = (programme.number * (now % 4 + 1)) // 4 - account.awards_this_year
    return min(due, (account.cash - account.committed) // least)


@rule
def set_aside(account, amount):
    """The money of an award is set aside if there is enough that is not promised: what has come back and revolves first, then the budget."""
    if amount <= 0 or account.cash - account.committed < amount:
        return False
    account.revolved -= min(account.revolved, amount)
    account.committed += amount
    account.awards_this_year += 1
    return True


@rule
def note_award(w, account, k, row, amount, parts, now):
    """A line in the table of awards: who was promised what, in how many parts, by whom and when; one of no parts is paid at once. Returns its row."""
    clock = w.clock[0]
    v = w.ventures[row]
    e = w.people[v.founder]
    n = clock.n_awards
    if n >= w.awards.shape[0]:
        clock.full = 1
        n -= 1
    else:
        clock.n_awards = n + 1
        w.awards[n].previous = e.award
        e.award = n
    award = w.awards[n]
    award.programme = k
    award.venture = row
    award.person = v.founder
    award.granted = now
    award.due = now
    award.parts = parts
    award.promised = amount
    award.paid = amount if parts == 0 else 0
    account.awards += 1
    v.helped |= 1 << w.programmes[k].bit
    v.parts_due += 1 if parts > 0 else 0
    return n


@rule
def pay_part(w, n, now):
    """A part of an award is paid; one that is to be repaid on success adds to a debt that dies with the venture."""
    award = w.awards[n]
    k = award.programme
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    v = w.ventures[award.venture]
    amount = share_in_turn(award.promised, programme.tranches - award.parts, 1, programme.tranches)
    pay(account, v, amount)
    account.committed -= amount
    account.paid += amount
    account.spent += amount
    w.clock[0].granted += amount
    v.granted += amount
    award.paid += amount
    award.parts -= 1
    award.due = now + programme.interval
    award.milestones = v.milestones
    award.raised = v.raised
    if award.parts == 0:
        v.parts_due -= 1
    if programme.instrument == REPAYABLE_GRANT:
        if v.owes == 0:
            v.owes_for = 0
            v.owes_since = award.granted
        v.owes_programme = k
        v.owes_for += amount
        v.owes += fen(programme.repay_multiple * float(amount))
    plan_a_year(v, w.p[0])
    log(w.clock[0], w.events, GRANT_PAID, award.venture, k, amount)


@rule
def let_lapse(w, n):
    """What is still to come of an award is not paid: the money is free for others."""
    award = w.awards[n]
    if award.parts > 0:
        award.parts = 0
        w.ventures[award.venture].parts_due -= 1
        w.programme_accounts[award.programme].committed -= award.promised - award.paid
        log(w.clock[0], w.events, LAPSED, award.venture, award.programme, award.promised - award.paid)


@rule
def deserves_part(programme, award, v):
    """Whether the condition of a further part is met: a team that lives, has passed a milestone, or was paid by a fund since the last part.

    A team that has repaid its grant, or is listed, needs no more.
    """
    if v.status != BUILDING and v.status != SELLING:
        return False
    if programme.repay_multiple > 0.0 and v.owes == 0:
        return False
    if programme.condition == ON_MILESTONE:
        return v.milestones > award.milestones
    if programme.condition == ON_PRIVATE_MONEY:
        return v.raised > award.raised
    return True


@market_rule
def pay_parts(w):
    """Phase 2: awards of which a part is due are looked at once, on the day: the part is paid, or all that is to come lapses. A frozen programme puts the day off."""
    clock = w.clock[0]
    parts = 1
    for k in range(w.programmes.shape[0]):
        parts = max(parts, w.programmes[k].tranches)
    if parts == 1:
        return
    for m in range(clock.n_live):
        v = w.ventures[w.live[m]]
        n = w.people[v.founder].award if v.parts_due > 0 else -1
        while n >= 0:
            award = w.awards[n]
            due = award.parts > 0 and award.venture == w.live[m] and clock.now >= award.due
            if due and clock.now >= w.programme_accounts[award.programme].frozen_until:
                if deserves_part(w.programmes[award.programme], award, v):
                    pay_part(w, n, clock.now)
                else:
                    let_lapse(w, n)
            n = award.previous


@market_rule
def pay_grants(w):
    """Phase 2: every open programme of grants and talent awards looks at those who qualify and come forward, and pays the best as far as number and money go.

    Programmes are served city by city in the order in which the scenario names them, which is fixed when the world is built. A firm that is paid to come moves its seat.
    """
    now = w.clock[0].now
    for k in range(w.programmes.shape[0]):
        programme = w.programmes[k]
        account = w.programme_accounts[k]
        kind = programme.instrument
        if kind != GRANT and kind != STAGED_GRANT and kind != REPAYABLE_GRANT and kind != TALENT_AWARD:
            continue
        for n in range(choose(w, k, places_for(programme, account, now, least_award(programme)))):
            row = w.tables[0].ranked[n]
            v = w.ventures[row]
            amount = amount_for(w, programme, v, w.people[v.founder], k, row, now)
            if set_aside(account, amount):
                if programme.attracts == 1:
                    relocate(w, row, programme.city)
                pay_part(w, note_award(w, account, k, row, amount, programme.tranches, now), now)


# ----------------------------------------------------------------------------------------------------- what comes back


@rule
def take_back(w, k, amount, payer):
    """Money comes back to a programme: where its account revolves it is spent again, else it is the treasury's."""
    account = w.programme_accounts[k]
    pay(payer, account, amount)
    account.returned += amount
    if w.programmes[k].revolving == 1:
        account.revolved += amount
    else:
        pay(account, w.accounts[TREASURY], amount)


@rule
def repay(w, v, row, amount):
    """What a venture owes on success goes back to the programme."""
    take_back(w, v.owes_programme, amount, v)
    v.owes -= amount
    w.clock[0].repaid += amount
    if v.owes == 0:
        book_outcome(w.programme_accounts[v.owes_programme], v.owes_for, 0)
    log(w.clock[0], w.events, REPAID, row, v.owes_programme, amount)


@rule
def success_has_come(programme, v):
    """Whether the event that a grant is repaid on has happened to a living venture. An exit is seen where exits are settled."""
    if programme.repay_trigger == AT_MILESTONE:
        return v.milestones > 0
    if programme.repay_trigger == AT_PRICED_ROUND:
        return v.rounds > 0
    if programme.repay_trigger == AT_MARKET_ENTRY:
        return v.market_entry >= 0
    if programme.repay_trigger == AT_PROFIT:
        return v.profit[2] >= programme.repay_profit
    return False


@rule
def repay_grant(w, i):
    """Phase 2: a venture that owes a grant pays it back once it has succeeded and can afford it. A debt that is too old is given up."""
    v = w.ventures[i]
    if v.owes <= 0:
        return
    programme = w.programmes[v.owes_programme]
    if w.clock[0].now - v.owes_since > programme.repay_within:
        book_outcome(w.programme_accounts[v.owes_programme], v.owes_for, v.owes_for)
        v.owes = 0
    elif v.cash >= 2 * v.owes and success_has_come(programme, v):
        repay(w, v, i, v.owes)


@rule
def receive_proceeds(w, k, cost, amount, payer):
    """A stake of an equity programme is sold: the proceeds go back to the programme, and the outcome is booked."""
    take_back(w, k, amount, payer)
    w.clock[0].stakes_back += amount
    book_outcome(w.programme_accounts[k], cost, max(0, cost - amount))
