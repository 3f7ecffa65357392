"""The city bank, worked by hand: what it lends and to whom, interest, terms, defaults and who bears them, one firm too much, runs, fear and rescue."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, events, quick, rules  # noqa: E402

from seedbed.model import programmes as shelf  # noqa: E402

B = rules.bank
A = rules.accounts
P = rules.programme
V = rules.venture
M = rules.markets
TERMS = dict(
    bank_deposits=1000.0 * MILLION_RMB, bank_reserve=0.1, bank_capital=0.1, bank_floor=0.05, bank_old_rate=0.0, bank_deposit_rate=0.0, bank_rate=0.02,
    bank_term=8.0, bank_renewals=1, bank_notice=2.0, bank_loan_quarters=4.0, bank_limit=10.0, bank_venture_share=0.5, bank_ip_milestones=1,
    bank_quota_rate=0.01, bank_quota_cost=0.005, bank_quota_sales=0.5, bank_run=0.2, bank_called=1.0, bank_fear=12.0,
)  # fmt: skip


def town(programme=None, size=24, **terms):
    """A town with a bank of round figures; `programme`: the record of its only programme, whose purse is full."""
    w = byhand.world(programmes=["small_grant"], size=size)
    for name, value in {**TERMS, **terms}.items():
        setattr(w.p[0], name, value)
    w.banks.view(np.ndarray).view(np.uint8)[:] = 0
    w.accounts.cash = 0
    w.banks[0].key = 77
    w.p[0].venture_lean_burn = 1000.0
    fields = dict(instrument=P.GRANT, ends=0)
    if programme:
        fields = {name: kind.silent for name, kind in shelf.FIELDS.items()} | dict(accuracy=1.0, amount_by_tier=0, amount_by_credential=0) | programme
        w.accounts[A.TREASURY].cash -= fields["budget"]
        w.programme_accounts[0].cash = w.programme_accounts[0].budget = fields["budget"]
    for name, value in fields.items():
        setattr(w.programmes[0], name, value)
    B.open_bank(w, 0)
    return w


def quarter(w, now):
    """Phase 7 of a quarter."""
    w.clock[0].now = now
    B.keep_the_books(w, 0)
    B.compensate(w)
    B.stand_or_fall(w, 0)
    B.collect(w)
    B.subsidise_interest(w)
    B.ask_for_loans(w)
    B.lend(w)
    B.lend_a_lump(w, 0)
    balanced(w)


def balanced(w):
    """All money is somewhere, the bank's two sides are equal, and what it counts as lent is what ventures owe."""
    bank = w.banks[0]
    assert byhand.total(w) == 0
    assert bank.cash + bank.old_loans + bank.loans == bank.deposits + bank.borrowed + bank.capital
    loans = w.loans[: w.clock[0].n_loans]
    assert bank.loans == loans.outstanding.sum() == w.ventures.debt.sum()
    assert bank.borrowed == loans.passed_on.sum()
    assert w.clock[0].lent == loans.amount.sum() and w.clock[0].loan_losses == loans.lost.sum() == bank.lost
    open_ones = w.open_loans[: w.clock[0].n_open_loans]
    assert set(np.flatnonzero(loans.outstanding > 0)) <= set(open_ones.tolist()) and len(set(open_ones.tolist())) == len(open_ones)
    assert (w.ventures.debt[w.ventures.ended >= 0] == 0).all() or w.clock[0].now in w.ventures.ended


def team(w, **given):
    """A venture that has passed a milestone and run out of money, one that a quarter of work costs a million. Its books are nobody's yet."""
    w.p[0].venture_burn[:, :] = 1.0 * MILLION_RMB
    w.p[0].sector_burn[:] = 1.0
    w.p[0].venture_plan, w.p[0].venture_flood_limit = 4.0, 2.0
    row = byhand.venture(w, **{"milestones": 1, "cash": 0, "pace": 1.0 * MILLION_RMB, **given})
    w.accounts[A.CUSTOMERS].cash -= w.ventures[row].cash
    return row


def pool(**given):
    return dict(instrument=P.LOAN_RISK_COMPENSATION, budget=10 * MILLION_RMB, loss_share=0.5, loan_ceiling=3 * MILLION_RMB, pool_multiple=2.0, **given)


def earn(w, row, amount):
    rules.money.pay(w.accounts[A.CUSTOMERS], w.ventures[row], amount)


def spend(w, row, left=0):
    rules.money.pay(w.ventures[row], w.accounts[A.HOUSEHOLDS], w.ventures[row].cash - left)


def end(w, row, status=V.SHUT, proceeds=0):
    v = w.ventures[row]
    v.status, v.ended, v.proceeds = status, int(w.clock[0].now), proceeds
    M.settle_exits(w)
    balanced(w)


# --- the old book ----------------------------------------------------------------------------------------------------


def test_a_bank_opens_with_savers_money_and_its_owners_and_lends_it_to_old_business():
    w = town()
    bank = w.banks[0]
    balanced(w)
    assert bank.deposits == 1000 * MILLION_RMB and bank.cash == 100 * MILLION_RMB
    assert bank.capital == 100 * MILLION_RMB and bank.old_loans == 1000 * MILLION_RMB
    assert w.accounts[A.SAVERS].cash == -1100 * MILLION_RMB and w.accounts[A.OLD_BUSINESS].cash == 1000 * MILLION_RMB


def test_the_margin_of_the_old_book_goes_to_savers_and_owners():
    w = town(bank_old_rate=0.01, bank_deposit_rate=0.004)
    quarter(w, 0)
    assert w.accounts[A.OLD_BUSINESS].cash == 990 * MILLION_RMB  # 1% of 1,000 million
    assert w.accounts[A.SAVERS].cash == -1090 * MILLION_RMB  # 4 million of interest, 6 of dividends
    assert w.banks[0].capital == 100 * MILLION_RMB


def test_what_was_lost_is_earned_again_before_owners_are_paid():
    w = town(bank_old_rate=0.01)
    w.banks[0].capital -= 15 * MILLION_RMB
    w.banks[0].old_loans -= 15 * MILLION_RMB
    seen = []
    for now in range(3):
        quarter(w, now)
        seen.append(int(w.banks[0].capital) / MILLION_RMB)
    assert seen == pytest.approx([94.85, 100, 100])


def test_by_default_a_bank_lends_nothing_to_ventures_and_touches_none():
    w = town()
    for _ in range(3):
        team(w)
    before = w.ventures.tobytes(), w.people.tobytes()
    for now in range(4):
        quarter(w, now)
    assert (w.ventures.tobytes(), w.people.tobytes()) == before and w.clock[0].n_loans == 0 and w.banks[0].lends == 0


def test_where_there_is_no_bank_nobody_lends():
    w = town(bank_deposits=0.0, bank_rating=0.5, bank_quota=1.0 * MILLION_RMB)
    team(w)
    quarter(w, 0)
    assert w.clock[0].n_loans == 0 and not np.asarray(w.accounts.cash).any()


# --- pledged rights --------------------------------------------------------------------------------------------------


def worth(monkeypatch, value):
    """What all teams' prospects are worth."""
    monkeypatch.setattr(B, "fair_value", lambda w, v, p: value * MILLION_RMB)


def test_a_team_out_of_money_borrows_a_year_of_need_against_its_rights(monkeypatch):
    worth(monkeypatch, 100.0)
    w = town(bank_rating=0.1)
    row = team(w)
    quarter(w, 0)
    v, loan = w.ventures[row], w.loans[0]
    assert v.debt == v.cash == loan.amount == 4 * MILLION_RMB
    assert (loan.kind, loan.due, loan.rate) == (B.IP_PLEDGED, 8, 0.02) and v.pace == 1.0 * MILLION_RMB
    assert events(w, A.LOAN_GRANTED) == [(A.LOAN_GRANTED, row, 0, 4 * MILLION_RMB)]
    quarter(w, 1)
    assert w.clock[0].n_loans == 1, "one loan at a time"


@pytest.mark.parametrize(
    ("haircut", "rating", "value", "lent"), [(1.0, 0.1, 20.0, 2.0), (0.9, 0.0, 20.0, 2.0), (0.8, 0.5, 2.0, 1.2), (1.0, 0.0, 100.0, 0.0), (0.5, 0.0, 100.0, 4.0)]
)
def test_the_haircut_and_what_a_rating_takes_off_it(monkeypatch, haircut, rating, value, lent):
    worth(monkeypatch, value)
    w = town(bank_ip_haircut=haircut, bank_rating=rating)
    team(w)
    quarter(w, 0)
    assert w.clock[0].lent == pytest.approx(lent * MILLION_RMB, abs=1)


@pytest.mark.parametrize("given", [dict(milestones=0), dict(abandoned=0), dict(cash=MILLION_RMB), dict(status=V.PUBLIC), dict(ended=0, status=V.SHUT)])
def test_who_has_no_rights_or_no_need_borrows_nothing(monkeypatch, given):
    worth(monkeypatch, 100.0)
    w = town(bank_rating=0.1)
    team(w, **given)
    quarter(w, 0)
    assert w.clock[0].n_loans == 0


def test_the_limit_for_one_borrower_binds(monkeypatch):
    worth(monkeypatch, 100.0)
    w = town(bank_rating=0.1, bank_limit=0.025)
    team(w)
    quarter(w, 0)
    assert w.loans[0].amount == 2.5 * MILLION_RMB


def test_where_the_bank_cannot_lend_to_all_each_has_the_same_part(monkeypatch):
    worth(monkeypatch, 100.0)
    w = town(bank_rating=0.1, bank_venture_share=0.006)  # 6 million, 12 asked
    rows = [team(w) for _ in range(3)]
    quarter(w, 0)
    assert [int(w.ventures[row].debt) for row in rows] == [2 * MILLION_RMB] * 3
    late = team(w)
    quarter(w, 1)
    assert w.ventures[late].debt == 0, "all that ventures may have is out"


# --- the quota -------------------------------------------------------------------------------------------------------


def test_the_quota_is_for_firms_in_the_market_cheap_and_given_back():
    w = town(bank_quota=0.25 * MILLION_RMB)
    row = team(w, status=V.SELLING, link=4, market_entry=0, revenue=8.0 * MILLION_RMB)
    team(w)
    need = V.quarters_of_need(w.p[0], w.ventures[row], 0)
    assert need > 0
    quarter(w, 0)
    loan = w.loans[0]
    assert w.clock[0].n_loans == 1 and loan.kind == B.QUOTA and loan.rate == 0.01
    assert loan.amount == min(round(4 * need), 1 * MILLION_RMB) == loan.passed_on == w.banks[0].borrowed == -w.accounts[A.CENTRAL_BANK].cash
    earn(w, row, 20 * MILLION_RMB)
    for now in range(1, 9):
        quarter(w, now)
    assert w.banks[0].borrowed == 0 == w.ventures[row].debt
    assert w.accounts[A.CENTRAL_BANK].cash == pytest.approx(8 * 0.005 * loan.amount, abs=8)  # interest alone


def test_a_years_quota_is_what_it_is():
    w = town(bank_quota=0.25 * MILLION_RMB, bank_quota_sales=10.0)
    for _ in range(4):
        team(w, status=V.SELLING, link=4, market_entry=0, revenue=20.0 * MILLION_RMB)
    for now in range(4):
        quarter(w, now)
    assert w.clock[0].lent == 1 * MILLION_RMB
    quarter(w, 4)
    assert w.banks[0].quota_left == 1 * MILLION_RMB


# --- interest and terms ----------------------------------------------------------------------------------------------


@pytest.fixture
def lent(monkeypatch):
    """A town in which one team has just borrowed four million at 2% a quarter."""
    worth(monkeypatch, 100.0)
    w = town(bank_rating=0.1)
    row = team(w)
    quarter(w, 0)
    return w, row


def test_interest_every_quarter_and_the_sum_at_the_end(lent):
    w, row = lent
    earn(w, row, 6 * MILLION_RMB)
    for now in range(1, 8):
        quarter(w, now)
        assert w.ventures[row].cash == 1_000_000_000 - 8_000_000 * now
    quarter(w, 8)
    assert w.ventures[row].debt == 0 and w.ventures[row].cash == 536_000_000
    assert w.loans[0].interest == 64_000_000 and w.loans[0].ended == 8 and w.clock[0].n_open_loans == 0
    assert events(w, A.LOAN_REPAID) == [(A.LOAN_REPAID, row, 0, 4 * MILLION_RMB)]
    assert w.banks[0].capital == 100 * MILLION_RMB + 8_000_000 and w.accounts[A.SAVERS].cash == -1100 * MILLION_RMB + 7 * 8_000_000


def test_interest_that_is_not_paid_becomes_debt(lent):
    w, row = lent
    spend(w, row, left=30_000)
    quarter(w, 1)
    v = w.ventures[row]
    assert v.cash == 0 and w.loans[0].interest == 30_000 and v.debt == 4 * MILLION_RMB + 8_000_000 - 30_000
    quarter(w, 2)
    assert v.debt == round((4 * MILLION_RMB + 7_970_000) * 1.02)


def test_a_loan_is_renewed_as_often_as_the_rule_says_then_called_then_the_venture_is_over(lent):
    w, row = lent
    v = w.ventures[row]
    for now in range(1, 16):
        spend(w, row)
        quarter(w, now)
        assert v.called == 0 and w.loans[0].renewals == (1 if now >= 8 else 0)
    quarter(w, 16)
    assert v.called == v.debt > 0 and w.loans[0].due == 18 and v.ended == -1
    quarter(w, 17)
    assert v.called == v.debt
    quarter(w, 18)
    assert (v.status, v.ended, v.ending) == (V.SHUT, 18, V.LOAN_CALLED)


def test_who_finds_money_in_time_pays_the_call(lent):
    w, row = lent
    v = w.ventures[row]
    w.banks[0].fears_until = 40
    w.loans[0].due = 1
    spend(w, row)
    quarter(w, 1)
    earn(w, row, v.debt + 20_000_000)
    quarter(w, 2)
    assert v.debt > 0, "notice is not over"
    quarter(w, 3)
    assert v.debt == v.called == 0 and v.ended == -1


def test_a_called_loan_is_asked_of_insiders_and_outsiders_on_top(lent):
    w, row = lent
    v, p = w.ventures[row], w.p[0]
    p.fund_tranche = 3.0
    spend(w, row)
    v.insiders, v.next_pitch = 1, 0
    V.need_of_money(w, row)
    assert (v.asks, v.wants) == (3 * MILLION_RMB, 3 * MILLION_RMB)  # a milestone has been passed since the last round
    v.called, v.next_pitch = v.debt, 0
    V.need_of_money(w, row)
    assert (v.asks, v.wants) == (7 * MILLION_RMB, 7 * MILLION_RMB)


def test_a_firm_worth_more_than_it_owes_is_sold_and_a_listed_one_given_time(lent):
    w, row = lent
    v, p = w.ventures[row], w.p[0]
    p.market_least_price = 1.0
    for status, value, ends in ((V.PUBLIC, 1.0, 0), (V.SELLING, 50.0 * MILLION_RMB, V.BOUGHT), (V.SELLING, 0.0, V.SHUT), (V.PUBLIC, 0.0, V.SHUT)):
        v.status, v.value, v.ended, v.ending = status, value, -1, 0
        B.sell_or_close(v, w.loans[0], p, 5)
        assert v.status == (ends or status) and v.ended == (5 if ends else -1)
    assert w.loans[0].due == 7


def test_debt_lowers_the_value_of_a_firm_never_below_nothing(lent):
    w, row = lent
    v = w.ventures[row]
    v.status, v.market_entry, v.revenue = V.SELLING, 0, 0.0
    for debt, value in ((1 * MILLION_RMB, 3.0 * MILLION_RMB), (9 * MILLION_RMB, 0.0)):
        v.debt = debt
        V.note_value(w, row)
        assert v.value == value


# --- the end of a borrower -------------------------------------------------------------------------------------------


def test_the_bank_comes_before_owners_and_bears_the_rest(lent):
    w, row = lent
    w.p[0].market_salvage = 1.0  # a quarter's pace
    spend(w, row, left=500_000_00)
    w.clock[0].now = 3
    founder = int(w.people[w.ventures[row].founder].cash)
    end(w, row)
    assert w.clock[0].loan_losses == 2.5 * MILLION_RMB  # four, less half a million of cash and one of salvage
    assert w.banks[0].capital == (100 - 2.5) * MILLION_RMB and w.ventures[row].proceeds == 0
    assert w.people[w.ventures[row].founder].cash == founder
    assert events(w, A.LOAN_DEFAULT) == [(A.LOAN_DEFAULT, row, 0, 2.5 * MILLION_RMB)]


def test_who_buys_a_firm_pays_its_debts_beside_the_price(lent):
    w, row = lent
    spend(w, row, left=MILLION_RMB)
    end(w, row, V.BOUGHT, proceeds=10 * MILLION_RMB)
    assert w.clock[0].loan_losses == 0 and w.accounts[A.OUTSIDE].cash == -13 * MILLION_RMB  # the price and the debt, less the firm's cash
    got = w.people[w.ventures[row].founder].cash + w.accounts[A.LP_ALUMNI].cash
    assert got == 10 * MILLION_RMB


def test_rich_in_cash_a_firm_pays_its_debt_itself(lent):
    w, row = lent
    earn(w, row, 16 * MILLION_RMB)
    end(w, row, V.BOUGHT, proceeds=10 * MILLION_RMB)
    assert w.accounts[A.OUTSIDE].cash == 0  # 20 of cash, 4 of debt: what is left exceeds the price, and goes to the owners


# --- pools -----------------------------------------------------------------------------------------------------------


def test_a_pool_lets_the_bank_lend_to_founders_without_rights():
    w = town(pool(number=2, min_credential=2))
    low, *high = (team(w, milestones=0, quality=float(q)) for q in (9, 1, 2, 3))
    for row in high:
        w.people[w.ventures[row].founder].credential = 2
    w.programmes[0].number = 8
    quarter(w, 0)
    account = w.programme_accounts[0]
    assert [int(w.ventures[row].debt) for row in (low, *high)] == [0, 0, 3 * MILLION_RMB, 3 * MILLION_RMB], "two places, the best of those who qualify, its ceiling"
    assert account.committed == 3 * MILLION_RMB and account.awards == 2 and account.paid == 0
    assert w.ventures[high[2]].helped == 1 and w.loans[0].kind == B.TALENT
    quarter(w, 1)
    assert w.ventures[high[0]].debt == 3 * MILLION_RMB


def test_a_pool_covers_only_a_multiple_of_itself():
    w = town(pool(number=40) | dict(budget=2 * MILLION_RMB))
    rows = [team(w, milestones=0) for _ in range(4)]
    quarter(w, 3)
    assert sum(w.ventures[row].debt > 0 for row in rows) == 1  # 1.5 of 2 million stand behind it


def test_a_loss_is_shared_with_the_pool_one_quarter_later():
    w = town(pool(number=40))
    row, other = team(w, milestones=0), team(w, milestones=0)
    quarter(w, 3)
    account, bank = w.programme_accounts[0], w.banks[0]
    spend(w, row, left=MILLION_RMB)
    w.p[0].market_salvage = 0.0
    end(w, row)
    assert w.clock[0].loan_losses == 2 * MILLION_RMB and bank.capital == 98 * MILLION_RMB and w.loans[0].claim == MILLION_RMB
    assert account.committed == 1.5 * MILLION_RMB and account.cash == 10 * MILLION_RMB
    spend(w, other)
    quarter(w, 4)
    assert account.cash == 9 * MILLION_RMB and account.paid == w.clock[0].compensated == bank.compensated == MILLION_RMB
    assert bank.capital == 99 * MILLION_RMB + 6_000_000  # and the other's interest
    assert (account.recent_resolved, account.recent_lost) == (1.5 * MILLION_RMB, 1.0 * MILLION_RMB)
    quarter(w, 5)
    assert account.paid == MILLION_RMB, "a claim is settled once"


def test_a_pool_that_cannot_pay_all_pays_each_the_same_part():
    w = town(pool(number=40) | dict(budget=4 * MILLION_RMB, pool_multiple=6.0))
    rows = [team(w, milestones=0) for _ in range(4)]
    quarter(w, 3)
    account = w.programme_accounts[0]
    w.p[0].market_salvage = 0.0
    for row in rows:
        spend(w, row)
    w.accounts[A.HOUSEHOLDS].cash += 3 * MILLION_RMB
    account.cash -= 3 * MILLION_RMB
    for row in rows[:2]:
        w.ventures[row].status, w.ventures[row].ended = V.SHUT, 3
    M.settle_exits(w)
    assert account.committed == 1 * MILLION_RMB, "what stands behind the two that live"
    account.committed -= 600_000_00
    w.loans[[n for n in range(4) if w.loans[n].venture in rows[2:]][0]].set_aside -= 600_000_00
    quarter(w, 4)
    assert account.cash == 400_000_00 and w.clock[0].compensated == 600_000_00 and w.banks[0].compensated == 600_000_00


@pytest.mark.parametrize("changed", [dict(budget=0), dict(loss_share=0.0), dict(loan_ceiling=0), dict(ends=0)])
def test_a_pool_that_bears_nothing_brings_no_loan(changed):
    w = town(pool(number=40) | changed)
    rows = [team(w, milestones=0) for _ in range(2)]
    before = w.ventures.tobytes()
    quarter(w, 3)
    w.ventures.borrows = 0
    assert w.clock[0].n_loans == 0 and rows and w.ventures.tobytes() == before and w.programme_accounts[0].committed == 0


def test_a_pool_whose_loans_fail_is_frozen():
    w = town(pool(number=40, allowed_loss=0.3, freeze=6))
    w.p[0].government_smallest_case = 1.0
    row = team(w, milestones=0)
    quarter(w, 3)
    spend(w, row)
    end(w, row)
    quarter(w, 4)
    rules.government.hold_to_account(w, 0)
    assert w.programme_accounts[0].frozen_until == 10
    team(w, milestones=0)
    quarter(w, 5)
    assert w.clock[0].n_loans == 1


# --- interest subsidies ----------------------------------------------------------------------------------------------


def subsidy(**given):
    return dict(instrument=P.INTEREST_SUBSIDY, budget=MILLION_RMB, interest_share=0.5, interest_quarters=2) | given


def test_a_part_of_the_interest_comes_back_for_some_quarters(monkeypatch):
    worth(monkeypatch, 100.0)
    w = town(subsidy(), bank_rating=0.1)
    row = team(w)
    for now in range(3, 8):
        quarter(w, now)
    account = w.programme_accounts[0]
    assert w.ventures[row].cash == 376_000_000  # the quarters 4 to 7, of which two are subsidised
    assert account.paid == w.clock[0].granted == w.ventures[row].granted == w.loans[0].subsidised == 8_000_000
    assert account.awards == 1 and events(w, A.GRANT) == [(A.GRANT, row, 0, 4_000_000)] * 2


def test_the_ceiling_for_one_and_the_purse_for_all(monkeypatch):
    worth(monkeypatch, 100.0)
    w = town(subsidy(ceiling=5_000_000, interest_quarters=9), bank_rating=0.1)
    row = team(w)
    for now in range(3, 8):
        quarter(w, now)
    assert w.ventures[row].granted == 5_000_000
    w = town(subsidy(budget=4_000_000, interest_quarters=9), bank_rating=0.1)
    rows = [team(w), team(w)]
    for now in range(3, 8):
        quarter(w, now)
    assert [int(w.ventures[row].granted) for row in rows] == [2_000_000] * 2 and w.programme_accounts[0].cash == 0


@pytest.mark.parametrize("changed", [dict(budget=0), dict(interest_share=0.0), dict(interest_quarters=0), dict(ends=0)])
def test_a_subsidy_of_nothing_changes_no_venture(monkeypatch, changed):
    worth(monkeypatch, 100.0)
    with_it, without = town(subsidy(**changed), bank_rating=0.1), town(bank_rating=0.1)
    for w in (with_it, without):
        team(w)
        for now in range(3, 8):
            quarter(w, now)
    with_it.ventures.helped = 0
    for name in with_it.ventures.dtype.names:
        assert np.array_equal(with_it.ventures[name], without.ventures[name], equal_nan=True), name
    assert with_it.clock[0].granted == 0 == with_it.programme_accounts[0].paid


# --- one firm too much -----------------------------------------------------------------------------------------------


def lump_town(**terms):
    w = town(bank_appetite=0.4, **terms)
    small, big = (team(w, rounds=1, raised=raised, cash=MILLION_RMB) for raised in (5, 9))
    return w, small, big


def test_the_celebrated_firm_gets_far_more_than_it_can_use_and_sinks_it():
    w, small, big = lump_town(bank_limit=1000.0)
    quarter(w, 4)
    v = w.ventures[big]
    assert v.debt == 400 * MILLION_RMB and w.ventures[small].debt == 0 and w.banks[0].lump == big
    assert v.cash == (1 + 16) * MILLION_RMB  # twice the burn over eight quarters; the rest is buildings
    assert w.accounts[A.HOUSEHOLDS].cash == 384 * MILLION_RMB and w.loans[0].kind == B.LUMP
    quarter(w, 8)
    assert w.clock[0].n_loans == 1, "one at a time"


def test_of_equals_the_smaller_key_is_celebrated_wherever_it_stands():
    for first, second in ((1, 2), (2, 1)):
        w = town()
        team(w, rounds=1, raised=5, key=first)
        team(w, rounds=1, raised=5, key=second)
        assert w.ventures[B.celebrated_firm(w, 0)].key == 1


@pytest.mark.parametrize("terms", [dict(bank_appetite=0.0), dict(bank_limit=0.0), dict(bank_appetite_from=8.0)])
def test_no_appetite_no_lump(terms):
    w, _, _ = lump_town(**{"bank_limit": 1000.0, **{k: v for k, v in terms.items() if k != "bank_appetite"}})
    w.p[0].bank_appetite = terms.get("bank_appetite", 0.4)
    quarter(w, 4)
    assert w.clock[0].n_loans == 0


def test_the_laws_tenth_of_capital_makes_a_lump_harmless():
    w, _, big = lump_town(bank_limit=0.1)
    quarter(w, 4)
    assert w.ventures[big].debt == 10 * MILLION_RMB
    spend(w, big)
    w.p[0].market_salvage = 0.0
    end(w, big)
    quarter(w, 5)
    assert w.banks[0].runs == 0 and w.banks[0].rescued == 0


def test_run_fear_rescue_and_recovery(monkeypatch):
    worth(monkeypatch, 100.0)
    w, small, big = lump_town(bank_limit=1000.0, bank_rating=0.1)
    spend(w, small)
    quarter(w, 4)
    bank = w.banks[0]
    assert w.ventures[small].debt == 4 * MILLION_RMB
    spend(w, big)
    w.p[0].market_salvage = 0.0
    end(w, big)
    assert bank.capital == -300 * MILLION_RMB
    w.p[0].bank_appetite = 0.0
    quarter(w, 5)
    assert (bank.runs, bank.fears_until, bank.lends) == (1, 17, 0) and bank.deposits == 800 * MILLION_RMB
    assert bank.rescued == w.clock[0].rescued == -w.accounts[A.TREASURY].cash == 400 * MILLION_RMB
    assert bank.capital == pytest.approx(100 * MILLION_RMB, rel=1e-3)
    assert events(w, A.BANK_RUN) == [(A.BANK_RUN, 0, -1, 200 * MILLION_RMB)]
    assert w.ventures[small].called == w.ventures[small].debt and w.loans[w.ventures[small].loan].due == 7, "contagion: a sound borrower is called"
    spend(w, small)
    needy = team(w)
    for now in range(6, 17):
        quarter(w, now)
        assert w.ventures[needy].debt == 0 and bank.deposits == 800 * MILLION_RMB
        M.settle_exits(w)
    assert w.ventures[small].ending == V.LOAN_CALLED and bank.runs == 1
    quarter(w, 17)
    assert bank.deposits == 1000 * MILLION_RMB and w.ventures[needy].debt == 4 * MILLION_RMB


def test_losses_while_the_fear_lasts_are_filled_up_without_another_run():
    w = town()
    bank = w.banks[0]
    bank.fears_until, bank.runs = 40, 1
    bank.capital -= 80 * MILLION_RMB
    bank.old_loans -= 80 * MILLION_RMB
    quarter(w, 5)
    assert bank.runs == 1 and bank.rescued == 80 * MILLION_RMB and bank.deposits == 1000 * MILLION_RMB


@pytest.mark.parametrize(("share", "called"), [(0.0, 0), (0.5, None), (1.0, 40)])
def test_a_share_of_borrowers_is_called_by_lot(monkeypatch, share, called):
    worth(monkeypatch, 100.0)
    w = town(bank_rating=0.1, bank_called=share, size=50)
    rows = [team(w) for _ in range(40)]
    quarter(w, 4)
    B.be_run(w, 0)
    n = sum(w.ventures[row].called > 0 for row in rows)
    assert n == called if called is not None else abs(n - 20) <= 3 * math.sqrt(40 * 0.25)


# --- a closed form, and whatever happens -----------------------------------------------------------------------------


def test_the_share_of_a_loan_lost_under_a_constant_hazard(monkeypatch):
    """Interest r is paid until the end; ventures end with chance d a quarter and leave nothing. Per fen lent for T quarters the bank loses 1 - (1-d)^T

    and receives r * sum of survivors before each payment; it breaks even, without cost of money, at r = (1 - (1-d)^T) / sum_{t=1..T} (1-d)^{t-1}... = d, whatever T.
    """
    worth(monkeypatch, 100.0)
    hazard, term, number = 0.05, 8, 400
    w = town(bank_rating=0.1, bank_rate=hazard, bank_limit=10.0, bank_venture_share=1.0, bank_deposits=40_000.0 * MILLION_RMB, size=number + 8)
    w.p[0].market_salvage = 0.0
    rows = [team(w) for _ in range(number)]
    quarter(w, 0)
    dice = np.random.default_rng(1)
    for row in rows:
        earn(w, row, 20 * MILLION_RMB)
    for now in range(1, term + 1):
        quarter(w, now)
        w.p[0].bank_rating = 0.0
        for row in rows:
            if w.ventures[row].ended < 0 and w.ventures[row].debt > 0 and dice.random() < hazard:
                spend(w, row)
                w.ventures[row].status, w.ventures[row].ended = V.SHUT, now
        M.settle_exits(w)
    loans = w.loans[:number]
    lost, paid = (loans.lost / loans.amount), loans.interest / loans.amount
    expected = 1.0 - (1.0 - hazard) ** (term - 1)  # on the day it is due it is paid before anything can happen
    error = math.sqrt(expected * (1.0 - expected) / number)
    assert abs(lost.mean() - expected) < 3 * error
    quarters_paid = sum((1.0 - hazard) ** (t - 1) for t in range(1, term + 1))
    assert abs(paid.mean() - hazard * quarters_paid) < 3 * float(np.std(paid)) / math.sqrt(number)
    gain = paid - lost
    assert abs(gain.mean() - hazard * (1.0 - hazard) ** (term - 1)) < 3 * float(np.std(gain)) / math.sqrt(number)  # the last payment comes before the last risk


@quick
@given(st.integers(0, 2**32))
def test_whatever_happens_the_books_balance(seed):
    """Teams come, earn, spend and end at random, under random rules and a pool or a subsidy: both sides of the bank stay equal (see `balanced`)."""
    dice = np.random.default_rng(seed)
    programme = pool(number=40) if dice.random() < 0.5 else subsidy(interest_quarters=6)
    w = town(
        programme, size=60, bank_rating=dice.random() * 0.3, bank_quota=dice.random() * 3 * MILLION_RMB, bank_limit=float(dice.choice([0.05, 10.0])),
        bank_term=float(dice.integers(1, 6)), bank_fear=float(dice.integers(0, 6)), bank_appetite=float(dice.choice([0.0, 0.4])), bank_deposits=float(dice.choice([50, 500])) * MILLION_RMB,
        bank_old_rate=0.008, bank_deposit_rate=0.004, bank_called=dice.random(), bank_notice=float(dice.integers(0, 3)),
    )  # fmt: skip
    rules.prospects.work_out_prospects(w)
    w.p[0].market_least_price = 1.0 * MILLION_RMB
    for now in range(20):
        w.clock[0].now = now
        for _ in range(2):
            selling = dice.random() < 0.4
            team(
                w, rounds=int(dice.integers(0, 2)), raised=int(dice.integers(0, 99)), milestones=int(dice.integers(0, 3)), status=V.SELLING if selling else V.BUILDING,
                link=4 if selling else 2, market_entry=now if selling else -1, revenue=dice.random() * 40 * MILLION_RMB if selling else 0.0, value=dice.random() * 9 * MILLION_RMB,
                founded=now, cash=int(dice.integers(0, 2 * MILLION_RMB)), price=1.0,
            )  # fmt: skip
        for row in w.live[: w.clock[0].n_live].tolist():
            spend(w, row, left=int(dice.integers(0, w.ventures[row].cash + 1)))
            earn(w, row, int(dice.integers(0, 3 * MILLION_RMB)))
        quarter(w, now)
        for row in w.live[: w.clock[0].n_live].tolist():
            v = w.ventures[row]
            if v.ended < 0 and dice.random() < 0.1:
                v.status, v.ended, v.proceeds = (V.SHUT, now, 0) if dice.random() < 0.5 else (V.BOUGHT, now, int(dice.integers(0, 50 * MILLION_RMB)))
        M.settle_exits(w)
        balanced(w)
        account = w.programme_accounts[0]
        loans = w.loans[: w.clock[0].n_loans]
        assert account.cash >= account.committed == loans.set_aside.sum()
        assert account.paid == w.clock[0].compensated + w.clock[0].granted
        assert (loans.claim <= loans.lost).all() and (w.ventures.called <= w.ventures.debt).all()
        if w.p[0].bank_limit < 1:
            mine = loans[loans.opened == now]
            assert (mine.amount <= w.p[0].bank_limit * max(1, w.banks[0].capital + loans.lost[loans.ended == now].sum()) + 1).all()
