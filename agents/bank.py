"""A city bank: savers' money, a book of loans to old business, and, where its rules allow it, loans to ventures.

A bank wants collateral, and a young technology firm has none: by default it lends nothing to ventures. Four things open the door. Rights to what has
been invented may be pledged, and a rating service lets the bank see what they are worth (`bank.ip_haircut`, `bank.rating`); a pool of public money may bear a part of
the loss of loans that go by the founder's credential (a `loan_risk_compensation` programme); the central bank may lend cheap money on for firms in
the market, up to a quota (`bank.quota`); and a bank may fall for one celebrated firm and give it far too much (`bank.appetite`).
Source: report.northern_practice, report.service, report.bank_lump. Interest is paid every quarter, the sum at the end of the term; then it may be renewed.

Books, in whole fen, after every rule:  cash + old loans + loans to ventures = deposits + owed to the central bank + capital.
"""

import numpy as np

from .accounts import (
    BANK_RUN,
    CENTRAL_BANK,
    GRANT,
    HOUSEHOLDS,
    LOAN_DEFAULT,
    LOAN_GRANTED,
    LOAN_REPAID,
    OLD_BUSINESS,
    SAVERS,
    TREASURY,
    log,
)
from .draws import decision, uniform_pair
from .fund import fair_value
from .government import book_outcome, choose, places_for, set_aside
from .money import fen, pay, share_out
from .programme import INTEREST_SUBSIDY, LOAN_RISK_COMPENSATION
from .rule import i64, market_rule, rule
from .venture import (
    BUILDING,
    LOAN_CALLED,
    PUBLIC,
    SELLING,
    be_bought,
    plan_a_year,
    planned_burn,
    quarters_of_need,
    shut_down,
)

LOAN_KINDS = ("ip_pledged", "quota", "talent", "lump")
IP_PLEDGED, QUOTA, TALENT, LUMP = i64(0), i64(1), i64(2), i64(3)
NO_PROGRAMME = i64(-1)

BANK = np.dtype(
    [
        ("key", "u8"),
        ("city", "i4"),
        ("lends", "i4"),  # 1: ventures may ask for a loan this quarter
        ("cash", "i8"),  # fen
        ("old_loans", "i8"),  # fen lent to old business
        ("loans", "i8"),  # fen lent to ventures and not yet back, with interest that was not paid
        ("deposits", "i8"),  # fen owed to savers
        ("borrowed", "i8"),  # fen owed to the central bank
        ("capital", "i8"),  # fen of its own
        ("quota_left", "i8"),  # fen of this year's quota
        ("room", "i8", (2,)),  # fen that it can lend this quarter: of its own money, and of the quota
        ("sought", "i8", (2,)),  # fen that ventures may have of either by its rules
        ("fears_until", "i4"),  # tick until which it lends nothing to ventures; 0: never yet
        ("runs", "i4"),  # times that savers have run
        ("lump", "i4"),  # row of the celebrated firm that owes it a lump, -1
        ("granted", "i4"),  # loans to ventures so far
        ("lost", "i8"),  # fen of loans to ventures that did not come back
        ("compensated", "i8"),  # fen of that which pools paid
        ("rescued", "i8"),  # fen of the treasury's money in it
    ],
    align=True,
)

LOAN = np.dtype(
    [
        ("bank", "i4"),  # row
        ("venture", "i4"),  # row
        ("kind", "i4"),
        ("programme", "i4"),  # row of the pool that covers it, -1
        ("subsidy", "i4"),  # row of the programme that pays a part of its interest, -1
        ("subsidy_until", "i4"),  # tick
        ("opened", "i4"),  # tick
        ("due", "i4"),  # tick
        ("renewals", "i4"),
        ("ended", "i4"),  # tick, -1
        ("rate", "f8"),  # per quarter
        ("amount", "i8"),  # fen
        ("outstanding", "i8"),  # fen
        ("interest", "i8"),  # fen paid so far
        ("interest_now", "i8"),  # fen paid this quarter
        ("subsidised", "i8"),  # fen of interest that a programme paid
        ("set_aside", "i8"),  # fen of the pool that stand behind it
        ("passed_on", "i8"),  # fen of it that the bank owes to the central bank
        ("lost", "i8"),  # fen that did not come back
        ("claim", "i8"),  # fen asked of the pool and not yet settled
    ],
    align=True,
)

WHO_IS_CALLED = decision("bank.called")


# ------------------------------------------------------------------------------------------------------- the old book


@rule
def target_capital(p):
    """Capital that a bank wants to hold: the share c of all that it can lend when its savers are there, fen.

    (1 - c) L = (1 - r) D:  loans L, deposits D, share of cash r.  K = L - (1 - r) D.
    """
    return fen(p.bank_capital / (1.0 - p.bank_capital) * (1.0 - p.bank_reserve) * p.bank_deposits)


@rule
def open_bank(w, b):
    """At the start: savers bring their deposits and, as owners, the capital; what is not kept in cash is lent to old business."""
    bank = w.banks[b]
    p = w.p[bank.city]
    bank.lump = -1
    bank.deposits = fen(p.bank_deposits)
    bank.capital = target_capital(p)
    bank.old_loans = bank.deposits + bank.capital - fen(p.bank_reserve * p.bank_deposits)
    pay(w.accounts[SAVERS], bank, bank.deposits + bank.capital)
    pay(bank, w.accounts[OLD_BUSINESS], bank.old_loans)


@rule
def call_back(w, bank, amount):
    """Old business pays back what the bank needs in cash, as far as it has borrowed that much."""
    back = min(max(0, amount), bank.old_loans)
    pay(w.accounts[OLD_BUSINESS], bank, back)
    bank.old_loans -= back


@rule
def keep_the_books(w, b):
    """Phase 7: the old book earns, savers and the central bank are paid, what capital exceeds its target goes to the owners, spare cash to old business.

    d capital = r_old L_old - r_dep D - r_cb B.  The rate on old loans is net of the losses and costs of that book. Savers who ran come back when the fear is over.
    """
    bank = w.banks[b]
    p = w.p[bank.city]
    now = w.clock[0].now
    earned = fen(p.bank_old_rate * float(bank.old_loans))
    to_savers = fen(p.bank_deposit_rate * float(bank.deposits))
    to_central_bank = fen(p.bank_quota_cost * float(bank.borrowed))
    pay(w.accounts[OLD_BUSINESS], bank, earned)
    pay(bank, w.accounts[SAVERS], to_savers)
    pay(bank, w.accounts[CENTRAL_BANK], to_central_bank)
    bank.capital += earned - to_savers - to_central_bank
    away = fen(p.bank_deposits) - bank.deposits
    if away > 0 and now >= bank.fears_until:
        pay(w.accounts[SAVERS], bank, away)
        bank.deposits += away
    surplus = max(0, bank.capital - target_capital(p))
    pay(bank, w.accounts[SAVERS], surplus)
    bank.capital -= surplus
    spare = bank.cash - fen(p.bank_reserve * float(bank.deposits))
    call_back(w, bank, -spare)
    pay(bank, w.accounts[OLD_BUSINESS], max(0, spare))
    bank.old_loans += max(0, spare)
    if now % 4 == 0:
        bank.quota_left = fen(4.0 * p.bank_quota)
    bank.lends = 1 if now >= bank.fears_until and has_a_way_to_lend(w, p, bank) else 0


@rule
def has_a_way_to_lend(w, p, bank):
    """Whether any of the bank's rules lets it lend to ventures: pledged rights that count, a quota, or a pool of its city that bears losses."""
    if bank.deposits <= 0:
        return False
    if lent_against_rights(p) > 0.0 or bank.quota_left > 0:
        return True
    city = w.cities[bank.city]
    for k in range(city.first_programme, city.first_programme + city.programmes):
        if w.programmes[k].instrument == LOAN_RISK_COMPENSATION and w.programme_accounts[k].cash > 0:
            return True
    return False


# ------------------------------------------------------------------------------------------------------ runs and fear


@rule
def be_run(w, b):
    """Savers lose trust and withdraw a share of their money; the bank stops lending to ventures for years, and calls a share of what they owe.

    Who is called is drawn by lot, by bank, venture and quarter: the loan is due after notice, unless it was due before. Source: report.bank_lump.
    """
    bank = w.banks[b]
    p = w.p[bank.city]
    clock = w.clock[0]
    now = clock.now
    bank.runs += 1
    bank.fears_until = now + int(p.bank_fear)
    bank.lends = 0
    withdrawn = fen(p.bank_run * float(bank.deposits))
    call_back(w, bank, withdrawn - bank.cash)
    pay(bank, w.accounts[SAVERS], withdrawn)
    bank.deposits -= withdrawn
    log(clock, w.events, BANK_RUN, b, -1, withdrawn)
    for n in range(clock.n_open_loans):
        loan = w.loans[w.open_loans[n]]
        v = w.ventures[loan.venture]
        if loan.bank == b and loan.outstanding > 0 and uniform_pair(clock.seed, now, bank.key, v.key, WHO_IS_CALLED) < p.bank_called:
            call_loan(loan, v, p, now)


@rule
def stand_or_fall(w, b):
    """Phase 7: a bank whose losses leave less capital than the floor is run on, once, and calmed publicly: the treasury fills its capital up.

    fall: capital < floor * (old loans + loans to ventures). Losses that come up while the fear lasts are filled up too, without another run.
    """
    bank = w.banks[b]
    p = w.p[bank.city]
    if float(bank.capital) >= p.bank_floor * float(bank.old_loans + bank.loans):
        return
    if w.clock[0].now >= bank.fears_until:
        be_run(w, b)
    lacking = max(0, target_capital(p) - bank.capital)
    pay(w.accounts[TREASURY], bank, lacking)
    bank.capital += lacking
    bank.rescued += lacking
    w.clock[0].rescued += lacking


# ------------------------------------------------------------------------------------------------- interest and terms


@rule
def call_loan(loan, v, p, now):
    """The bank wants a loan back after notice; the venture looks for money meanwhile (`need_of_money`)."""
    loan.due = min(loan.due, now + int(p.bank_notice)) if loan.due > now else now + int(p.bank_notice)
    v.called = v.debt


@rule
def pay_interest(v, bank, loan):
    """Interest of a quarter; what the venture cannot pay is added to its debt."""
    due = fen(loan.rate * float(loan.outstanding))
    paid = min(due, max(0, v.cash))
    pay(v, bank, paid)
    loan.interest += paid
    loan.interest_now = paid
    loan.outstanding += due - paid
    v.debt = loan.outstanding
    bank.loans += due - paid
    bank.capital += due
    if v.status != BUILDING:
        v.profit_now -= due
    if v.called > 0:
        v.called = v.debt


@rule
def close_loan(w, n, paid):
    """A loan is over: what was paid comes off, the rest is the bank's loss; the central bank gets its own back, the pool frees what stood behind the loan, and is asked for its share.

    claim = loss share * (outstanding - paid), settled in the next quarter.
    """
    loan = w.loans[n]
    v = w.ventures[loan.venture]
    bank = w.banks[loan.bank]
    lost = loan.outstanding - paid
    pay(v, bank, paid)
    pay(bank, w.accounts[CENTRAL_BANK], loan.passed_on)
    bank.borrowed -= loan.passed_on
    bank.loans -= loan.outstanding
    bank.capital -= lost
    bank.lost += lost
    w.clock[0].loan_losses += lost
    if loan.programme >= 0:
        share = w.programmes[loan.programme].loss_share
        account = w.programme_accounts[loan.programme]
        account.committed -= loan.set_aside
        loan.claim = fen(share * float(lost))
        if lost == 0:
            book_outcome(account, fen(share * float(loan.amount)), 0)
    if bank.lump == loan.venture:
        bank.lump = -1
    loan.passed_on = 0
    loan.set_aside = 0
    loan.outstanding = 0
    loan.lost = lost
    loan.ended = w.clock[0].now
    v.debt = 0
    v.called = 0
    log(w.clock[0], w.events, LOAN_REPAID if lost == 0 else LOAN_DEFAULT, loan.venture, loan.bank, paid if lost == 0 else lost)


@rule
def settle_debt(w, v):
    """A venture is over: its bank is paid before any owner, as far as the money goes (Phase 8, in `settle_end`)."""
    close_loan(w, v.loan, min(v.debt, max(0, v.cash)))


@rule
def may_renew(p, bank, loan, v, need, now):
    """A calm bank renews a loan that falls due a few times; that of a firm which lives off its sales, and owes no more than those of a year, as often as need be."""
    sound = need <= 0.0 and float(v.debt) <= v.revenue
    return now >= bank.fears_until and (sound or loan.renewals < p.bank_renewals)


@rule
def sell_or_close(v, loan, p, now):
    """A venture cannot pay a loan that was called. A firm in the market worth more than it owes is sold, as in any acquisition; one that is listed is given time; all else is over."""
    if v.status == PUBLIC and v.value > 0.0:
        loan.due = now + int(p.bank_notice)
    elif v.status == SELLING and v.value > p.market_least_price:
        be_bought(v, p, now)
    else:
        shut_down(v, now, LOAN_CALLED)


@rule
def fall_due(w, n, v, bank, loan, now):
    """The day a loan is due: a venture that keeps a quarter's need beside it pays; else the loan is renewed, or called after notice. One that was called must be paid (`sell_or_close`)."""
    p = w.p[loan.bank]
    need = quarters_of_need(p, v, now)
    if float(v.cash) >= float(v.debt) + need:
        close_loan(w, n, v.debt)
    elif v.called == 0 and may_renew(p, bank, loan, v, need, now):
        loan.renewals += 1
        loan.due = now + int(p.bank_term)
    elif v.called == 0:
        call_loan(loan, v, p, now)
    elif v.cash >= v.debt:
        close_loan(w, n, v.debt)
    else:
        sell_or_close(v, loan, p, now)


@market_rule
def collect(w):
    """Phase 7: every open loan bears interest; those that are due are paid, renewed or called. Loans that are settled leave the list."""
    clock = w.clock[0]
    now = clock.now
    kept = 0
    for m in range(clock.n_open_loans):
        n = w.open_loans[m]
        loan = w.loans[n]
        loan.interest_now = 0
        v = w.ventures[loan.venture]
        if loan.outstanding > 0 and v.ended < 0:
            pay_interest(v, w.banks[loan.bank], loan)
            if now >= loan.due:
                fall_due(w, n, v, w.banks[loan.bank], loan, now)
        if loan.outstanding > 0 or loan.claim > 0:
            w.open_loans[kept] = n
            kept += 1
    clock.n_open_loans = kept


# -------------------------------------------------------------------------------------------------- pools and subsidies


@rule
def settle_claims(w, k):
    """A pool pays the banks' claims on it out of what does not stand behind other loans; where that is too little, the same part of each.

    paid = claim * min(1, free money / all claims).  What is not paid then is never paid.
    """
    clock = w.clock[0]
    account = w.programme_accounts[k]
    claims = 0
    for m in range(clock.n_open_loans):
        loan = w.loans[w.open_loans[m]]
        if loan.programme == k:
            claims += loan.claim
    free = min(claims, max(0, account.cash - account.committed))
    for m in range(clock.n_open_loans):
        loan = w.loans[w.open_loans[m]]
        if loan.programme == k and loan.claim > 0:
            bank = w.banks[loan.bank]
            paid = share_out(loan.claim, free, claims)
            pay(account, bank, paid)
            bank.capital += paid
            bank.compensated += paid
            account.paid += paid
            account.spent += paid
            clock.compensated += paid
            book_outcome(account, fen(w.programmes[k].loss_share * float(loan.amount)), paid)
            loan.claim = 0


@market_rule
def compensate(w):
    """Phase 7: pools settle what banks claim for last quarter's defaults."""
    if w.clock[0].n_open_loans == 0:
        return
    for k in range(w.programmes.shape[0]):
        if w.programmes[k].instrument == LOAN_RISK_COMPENSATION:
            settle_claims(w, k)


@rule
def interest_claim(programme, loan, k, now):
    """What a programme would pay of the interest of this quarter: its share, up to the ceiling for one recipient; fen."""
    if loan.subsidy != k or now >= loan.subsidy_until:
        return 0
    return min(fen(programme.interest_share * float(loan.interest_now)), max(0, programme.ceiling - loan.subsidised))


@rule
def choose_subsidised(w, k):
    """A programme takes on borrowers: of each, it pays a part of the interest on the present loan for some quarters, this one the first."""
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    now = w.clock[0].now
    for n in range(choose(w, k, places_for(programme, account, now, 1))):
        v = w.ventures[w.tables[0].ranked[n]]
        loan = w.loans[v.loan]
        if loan.subsidy < 0:
            loan.subsidy = k
            loan.subsidy_until = now + programme.interest_quarters
            account.awards += 1
            account.awards_this_year += 1
            v.helped |= 1 << programme.bit


@rule
def subsidise(w, k):
    """A programme pays its borrowers a part of the interest that they have just paid; where its purse does not suffice, the same part to each."""
    clock = w.clock[0]
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    claims = 0
    for m in range(clock.n_open_loans):
        claims += interest_claim(programme, w.loans[w.open_loans[m]], k, clock.now)
    free = min(claims, account.cash)
    for m in range(clock.n_open_loans):
        loan = w.loans[w.open_loans[m]]
        paid = share_out(interest_claim(programme, loan, k, clock.now), free, claims)
        if paid > 0:
            v = w.ventures[loan.venture]
            pay(account, v, paid)
            account.paid += paid
            account.spent += paid
            loan.subsidised += paid
            v.granted += paid
            clock.granted += paid
            log(clock, w.events, GRANT, loan.venture, k, paid)


@market_rule
def subsidise_interest(w):
    """Phase 7: programmes of interest subsidies choose borrowers and pay a part of this quarter's interest. A frozen one pays nothing."""
    clock = w.clock[0]
    if clock.n_open_loans == 0:
        return
    for k in range(w.programmes.shape[0]):
        if w.programmes[k].instrument == INTEREST_SUBSIDY:
            choose_subsidised(w, k)
            if clock.now >= w.programme_accounts[k].frozen_until:
                subsidise(w, k)


# ------------------------------------------------------------------------------------------------------------- lending


@market_rule
def banks_that_lend(w):
    """How many banks lend to ventures this quarter."""
    lending = 0
    for b in range(w.banks.shape[0]):
        lending += w.banks[b].lends
    return lending


@rule
def ask_for_loan(w, i):
    """A venture that owes no bank, and has less than a quarter's need left although insiders and outsiders have been asked, asks for a loan of some quarters' need."""
    v = w.ventures[i]
    if w.banks[v.city].lends == 0:
        return
    v.borrows = 0
    if v.debt > 0 or v.ended >= 0 or (v.status != BUILDING and v.status != SELLING):
        return
    p = w.p[v.city]
    need = quarters_of_need(p, v, w.clock[0].now)
    if float(v.cash) < need:
        v.borrows = fen(need * p.bank_loan_quarters)


@market_rule
def ask_for_loans(w):
    """Phase 7: where banks lend to ventures, those that need a loan ask for one."""
    if banks_that_lend(w) == 0:
        return
    for n in range(w.clock[0].n_live):
        ask_for_loan(w, w.live[n])


@rule
def lent_against_rights(p):
    """Share of the value of rights that the bank lends: 1 - h (1 - s). A rating service takes the share s of the haircut h away."""
    return 1.0 - p.bank_ip_haircut * (1.0 - p.bank_rating)


@rule
def most_for_one(p, bank):
    """The most that one borrower may owe: a share of the bank's capital, fen."""
    return max(0, fen(p.bank_limit * float(bank.capital)))


@rule
def most_on_terms(w, p, bank, v):
    """The most that a venture may have without a pool: a part of a year's sales out of the quota, or of what its rights are worth; fen.

    Rights count once milestones have been passed, and not where the last insider has stopped, which everybody can see (assumed).
    """
    if uses_quota(bank, v):
        most = fen(p.bank_quota_sales * v.revenue)
    elif v.milestones < p.bank_ip_milestones or v.abandoned >= 0:
        most = 0
    else:
        most = fen(lent_against_rights(p) * max(0.0, fair_value(w, v, p)))
    return min(most, most_for_one(p, bank))


@rule
def uses_quota(bank, v):
    """Cheap money of the central bank is for firms in the market, as long as the year's quota lasts."""
    return v.status == SELLING and bank.room[QUOTA] > 0


@rule
def grant_loan(w, row, kind, programme, amount, rate):
    """The bank pays a loan out, of its own money, calling old loans back if need be, or of the central bank's; the venture plans with it. Returns the loan's row, -1 if there is no room."""
    clock = w.clock[0]
    n = clock.n_loans
    if n >= w.loans.shape[0]:
        clock.full = 1
        return -1
    v = w.ventures[row]
    bank = w.banks[v.city]
    p = w.p[v.city]
    loan = w.loans[n]
    loan.bank = v.city
    loan.venture = row
    loan.kind = kind
    loan.programme = programme
    loan.subsidy = -1
    loan.opened = clock.now
    loan.due = clock.now + int(p.bank_term)
    loan.ended = -1
    loan.rate = rate
    loan.amount = amount
    loan.outstanding = amount
    if kind == QUOTA:
        pay(w.accounts[CENTRAL_BANK], bank, amount)
        bank.borrowed += amount
        bank.quota_left -= amount
        loan.passed_on = amount
    else:
        call_back(w, bank, amount - bank.cash)
    pay(bank, v, amount)
    bank.loans += amount
    bank.granted += 1
    v.debt = amount
    v.loan = n
    w.open_loans[clock.n_open_loans] = n
    clock.n_open_loans += 1
    clock.n_loans = n + 1
    clock.lent += amount
    plan_a_year(v, p)
    log(clock, w.events, LOAN_GRANTED, row, v.city, amount)
    return n


@rule
def cover_loans(w, k):
    """A pool covers loans to founders whom the programme chooses, up to its ceiling each; of every loan a part of the pool is set aside.

    set aside = loan / m:  m fen of loans for each fen of the pool. The bank asks for no collateral then.
    """
    clock = w.clock[0]
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    for n in range(choose(w, k, places_for(programme, account, clock.now, 1))):
        row = w.tables[0].ranked[n]
        v = w.ventures[row]
        bank = w.banks[v.city]
        p = w.p[v.city]
        amount = min(min(v.borrows, programme.loan_ceiling), min(bank.room[IP_PLEDGED], most_for_one(p, bank)))
        behind = fen(float(amount) / max(1.0, programme.pool_multiple))
        if v.debt == 0 and set_aside(account, behind):
            loan = grant_loan(w, row, TALENT, k, amount, p.bank_rate)
            if loan >= 0:
                w.loans[loan].set_aside = behind
            bank.room[IP_PLEDGED] -= amount
            account.awards += 1
            v.helped |= 1 << programme.bit
            v.borrows = 0


@rule
def open_desk(w, b):
    """What a bank can lend to ventures this quarter: a share of its deposits less what they owe, of its own money; and what is left of the quota."""
    bank = w.banks[b]
    p = w.p[bank.city]
    own = fen(p.bank_venture_share * float(bank.deposits)) - (bank.loans - bank.borrowed)
    bank.room[IP_PLEDGED] = max(0, min(own, bank.cash + bank.old_loans)) if bank.lends == 1 else 0
    bank.room[QUOTA] = max(0, bank.quota_left) if bank.lends == 1 else 0
    bank.sought[IP_PLEDGED] = 0
    bank.sought[QUOTA] = 0


@market_rule
def lend(w):
    """Phase 7: loans that pools cover first, then those out of the quota and against rights: all who may have one receive the same part of it where the bank cannot lend to all."""
    clock = w.clock[0]
    if banks_that_lend(w) == 0:
        return
    for b in range(w.banks.shape[0]):
        open_desk(w, b)
    for k in range(w.programmes.shape[0]):
        if w.programmes[k].instrument == LOAN_RISK_COMPENSATION and w.programmes[k].loss_share > 0.0:
            cover_loans(w, k)
    for n in range(clock.n_live):
        v = w.ventures[w.live[n]]
        if v.borrows > 0:
            bank = w.banks[v.city]
            v.borrows = min(v.borrows, most_on_terms(w, w.p[v.city], bank, v))
            bank.sought[QUOTA if uses_quota(bank, v) else IP_PLEDGED] += v.borrows
    for n in range(clock.n_live):
        v = w.ventures[w.live[n]]
        if v.borrows > 0:
            bank = w.banks[v.city]
            p = w.p[v.city]
            kind = QUOTA if uses_quota(bank, v) else IP_PLEDGED
            amount = share_out(v.borrows, min(bank.room[kind], bank.sought[kind]), bank.sought[kind])
            v.borrows = 0
            if amount > 0:
                grant_loan(w, w.live[n], kind, NO_PROGRAMME, amount, p.bank_quota_rate if kind == QUOTA else p.bank_rate)


# --------------------------------------------------------------------------------------------------- one firm too much


@rule
def celebrated_firm(w, b):
    """The firm of the city of which everybody talks: backed by an outside lead, alive, without debt, and richest in funds' money; of equals, the smaller key. -1 if there is none."""
    found = -1
    for n in range(w.clock[0].n_live):
        row = w.live[n]
        v = w.ventures[row]
        if v.city != b or v.rounds == 0 or v.debt > 0 or v.ended >= 0 or (v.status != BUILDING and v.status != SELLING):
            continue
        if found < 0 or v.raised > w.ventures[found].raised or (v.raised == w.ventures[found].raised and v.key < w.ventures[found].key):
            found = row
    return found


@rule
def lend_a_lump(w, b):
    """Phase 7, once a year: a bank with an appetite lends a share of its deposits to one celebrated firm, at most what its limit for one borrower allows, one at a time.

    The firm can put to work what the flood's limit lets it spend during the term; the rest goes into buildings and plant that nothing comes of: too much, too fast.
    Source: report.bank_lump for the size; that the rest is sunk at once is assumed.
    """
    bank = w.banks[b]
    p = w.p[bank.city]
    now = w.clock[0].now
    if p.bank_appetite <= 0.0 or now % 4 != 0 or float(now) < p.bank_appetite_from or bank.lump >= 0 or now < bank.fears_until:
        return
    amount = min(min(fen(p.bank_appetite * float(bank.deposits)), most_for_one(p, bank)), bank.cash + bank.old_loans)
    row = celebrated_firm(w, b)
    if row < 0 or amount <= 0 or grant_loan(w, row, LUMP, NO_PROGRAMME, amount, p.bank_rate) < 0:
        return
    v = w.ventures[row]
    bank.lump = row
    need = planned_burn(p, v.form, v.sector, v.link) * p.venture_flood_limit if v.status == BUILDING else quarters_of_need(p, v, now)
    pay(v, w.accounts[HOUSEHOLDS], amount - min(amount, fen(need * p.bank_term)))
    plan_a_year(v, p)
