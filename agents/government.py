"""A government office: a yearly budget, programmes that are records in files, and what happens to it when programmes lose money."""

import math

import numpy as np

from .accounts import FROZEN, GRANT as GRANT_PAID, LP_GOVERNMENT, REPAID, TREASURY, log
from .draws import decision, normal_pair, uniform_pair
from .entrepreneur import NEWCOMER
from .money import fen, pay
from .programme import (
    AT_MARKET_ENTRY,
    AT_MILESTONE,
    AT_PRICED_ROUND,
    AT_PROFIT,
    GRANT,
    GUIDANCE,
    REPAYABLE_GRANT,
)
from .rule import market_rule, rule
from .venture import BUILDING, INCREMENTAL, plan_a_year

OFFICE = np.dtype(
    [
        ("key", "u8"),
        ("city", "i4"),
        ("careful_until", "i4"),  # tick: until then officials take safe picks
        ("inquiries", "i4"),
    ],
    align=True,
)

JUDGEMENT = decision("government.judgement")
APPLYING = decision("government.applying")
SCOUTING = decision("government.scouting")


@rule
def open_year(w, i):
    """Phase 2, once a year: each programme of the office gets its budget from the treasury; old losses fade from memory.

    B_y = B_0 (1 + growth)^y.  What is in the programme's purse, unspent or repaid, is spent before new money. A guidance programme hands its budget to the purse that stands behind guidance funds.
    """
    clock = w.clock[0]
    if clock.now % 4 != 0:
        return
    p = w.p[0]
    for k in range(w.programmes.shape[0]):
        programme = w.programmes[k]
        account = w.programme_accounts[k]
        keep = 1.0 - 4.0 / p.government_memory
        account.recent_resolved = math.floor(account.recent_resolved * keep)
        account.recent_lost = math.floor(account.recent_lost * keep)
        if clock.now < programme.starts or clock.now >= programme.ends:
            continue
        if account.budget == 0:
            account.budget = programme.budget
        else:
            account.budget = fen(float(account.budget) * (1.0 + programme.growth))
        account.spent = 0
        account.awards_this_year = 0
        if programme.instrument == GUIDANCE:
            pay(w.accounts[TREASURY], w.accounts[LP_GOVERNMENT], account.budget)
            account.paid += account.budget
        elif account.cash < account.budget:
            pay(w.accounts[TREASURY], account, account.budget - account.cash)


@rule
def allowed_loss(p, programme):
    return p.government_allowed_loss if programme.allowed_loss < 0.0 else programme.allowed_loss


@rule
def hold_to_account(w, i):
    """Phase 2: a rolling loss ratio above the allowed one starts an inquiry: the programme is frozen for years.

    Afterwards, for as long again, the office's officials turn to safe picks: the incremental and the credentialed.
    """
    office = w.offices[i]
    clock = w.clock[0]
    p = w.p[0]
    for k in range(w.programmes.shape[0]):
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


@rule
def qualifies(programme, v, e, k, now):
    """Who may have the programme's money, as its file says."""
    age = now - v.founded
    if v.status != BUILDING or age < max(programme.min_age, programme.delay) or age > programme.max_age:
        return False
    if v.team < programme.min_team or e.credential < programme.min_credential:
        return False
    if (programme.sectors >> v.sector) & 1 == 0 or (programme.forms >> v.form) & 1 == 0:
        return False
    if (programme.links >> v.link) & 1 == 0 or (programme.origins >> v.origin) & 1 == 0:
        return False
    if programme.instrument == REPAYABLE_GRANT and v.owes > 0:
        return False
    if programme.outsiders_only == 1 and e.kind != NEWCOMER:
        return False
    return (v.helped >> k) & 1 == 0


@rule
def comes_forward(programme, v, seed, now):
    """A team applies, or an official on the way home finds it: by programme and venture, and for scouting by quarter."""
    if uniform_pair(seed, 0, programme.key, v.key, APPLYING) < programme.apply_share:
        return True
    if programme.scouting <= 0.0:
        return False
    return uniform_pair(seed, now, programme.key, v.key, SCOUTING) < 0.25 * programme.scouting


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
def award(w, account, programme, k, row, now):
    """A grant is paid; one that is repaid on success leaves a debt that dies with the venture."""
    v = w.ventures[row]
    amount = programme.amount_by_credential[w.people[v.founder].credential]
    pay(account, v, amount)
    account.paid += amount
    w.clock[0].granted += amount
    account.spent += amount
    account.awards += 1
    account.awards_this_year += 1
    v.granted += amount
    v.helped |= 1 << k
    if programme.instrument == REPAYABLE_GRANT:
        v.owes_programme = k
        v.owes_for = amount
        v.owes = fen(programme.repay_multiple * float(amount))
    plan_a_year(v, w.p[0])
    log(w.clock[0], w.events, GRANT_PAID, row, k, amount)


@market_rule
def pay_grants(w):
    """Phase 2: every open grant programme looks at those who qualify and come forward, and pays the best, a quarter of the year's number.

    Programmes are served in the order of their names' keys, which is fixed when the world is built.
    """
    clock = w.clock[0]
    p = w.p[0]
    now = clock.now
    office = w.offices[0]
    for k in range(w.programmes.shape[0]):
        programme = w.programmes[k]
        account = w.programme_accounts[k]
        if programme.instrument != GRANT and programme.instrument != REPAYABLE_GRANT:
            continue
        if now < programme.starts or now >= programme.ends or now < account.frozen_until or programme.amount <= 0:
            continue
        due = (programme.number * (now % 4 + 1)) // 4 - account.awards_this_year
        places = min(due, account.cash // programme.amount)
        places = min(places, w.tables[0].ranked.shape[0])
        if places <= 0:
            continue
        kept = 0
        for n in range(clock.n_live):
            row = w.live[n]
            v = w.ventures[row]
            e = w.people[v.founder]
            if qualifies(programme, v, e, k, now) and comes_forward(programme, v, clock.seed, now):
                account.applicants += 1
                kept = rank(w, kept, places, row, judge(p, programme, office, v, e, clock.seed, now))
        for n in range(kept):
            if account.cash >= programme.amount_by_credential[2]:
                award(w, account, programme, k, w.tables[0].ranked[n], now)


@rule
def repay(w, v, row, amount):
    """What a venture owes on success goes back to the programme: revolving money is granted again, the rest is the treasury's."""
    account = w.programme_accounts[v.owes_programme]
    pay(v, account, amount)
    v.owes -= amount
    account.returned += amount
    w.clock[0].repaid += amount
    if w.programmes[v.owes_programme].revolving == 1:
        account.revolved += amount
    else:
        pay(account, w.accounts[TREASURY], amount)
    if v.owes == 0:
        book_outcome(account, v.owes_for, 0)
    log(w.clock[0], w.events, REPAID, row, v.owes_programme, amount)


@rule
def success_has_come(programme, v):
    """Whether the event that a grant is repaid on has happened to a living venture."""
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
    """Phase 2: a venture that owes a grant pays it back once it has succeeded and can afford it."""
    v = w.ventures[i]
    if v.owes > 0 and v.cash >= 2 * v.owes and success_has_come(w.programmes[v.owes_programme], v):
        repay(w, v, i, v.owes)
