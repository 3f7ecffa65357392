"""A government office's rules, worked by hand: budgets, who is paid, what comes back, and what losses do to the office."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

R = rules.government
A = rules.accounts
P = rules.programme
GRANT, DREAM = 0, 1  # rows of the two grant programmes


@pytest.fixture
def w():
    w = byhand.world(programmes=["small_grant", "dream_town", "guidance_fund"])
    assert [int(x.instrument) for x in w.programmes] == [P.GRANT, P.REPAYABLE_GRANT, P.GUIDANCE]
    for n in (GRANT, DREAM):  # everybody comes forward and is judged by quality alone
        w.programmes[n].apply_share, w.programmes[n].accuracy, w.programmes[n].credential_weight = 1.0, 1.0, 0.0
        w.programmes[n].delay, w.programmes[n].min_team, w.programmes[n].amount = 0, 0, 20
        w.programmes[n].amount_by_credential = 20
        w.programmes[n].number = 40
    return w


def only(w, n):
    """Close every programme but one."""
    for k in range(len(w.programmes)):
        if k != n:
            w.programmes[k].ends = 0
    return w.programmes[n], w.programme_accounts[n]


# --- budgets ---------------------------------------------------------------------------------------------------------


def test_the_budget_grows_from_the_programmes_first_year_and_comes_from_the_treasury(w):
    programme, account = only(w, GRANT)
    programme.budget, programme.growth, programme.starts = 1000, 0.15, 4
    seen = []
    for year in range(4):
        w.clock[0].now = 4 * year
        R.open_year(w, 0)
        seen.append(int(account.budget))
        account.cash = 0
        w.accounts[A.OUTSIDE].cash += seen[-1]  # spent
    assert seen == [0, 1000, 1150, 1323]
    assert w.accounts[A.TREASURY].cash == -sum(seen)


def test_money_left_over_is_spent_before_new_money(w):
    programme, account = only(w, GRANT)
    programme.budget, programme.growth = 1000, 0.0
    account.cash = 300
    R.open_year(w, 0)
    assert account.cash == 1000 and w.accounts[A.TREASURY].cash == -700
    w.clock[0].now = 1
    account.cash = 0
    R.open_year(w, 0)
    assert account.cash == 0  # budgets come once a year


def test_guidance_money_goes_to_the_purse_behind_funds(w):
    k = 2
    programme, account = only(w, k)
    programme.budget = 500
    R.open_year(w, 0)
    assert w.accounts[A.LP_GOVERNMENT].cash == 500 == -w.accounts[A.TREASURY].cash == account.paid


def test_losses_fade_from_memory(w):
    w.p.government_memory = 20.0
    account = w.programme_accounts[DREAM]
    account.recent_resolved, account.recent_lost = 1000.0, 501.0
    R.open_year(w, 0)
    assert (account.recent_resolved, account.recent_lost) == (800.0, 400.0)


# --- who is paid -----------------------------------------------------------------------------------------------------


def open_to_all(w, n=GRANT):
    programme, account = only(w, n)
    account.cash = 10_000
    return programme, account


def pays(w, programme, row):
    v = w.ventures[row]
    return bool(R.qualifies(w, programme, v, w.people[v.founder], GRANT, row, 0.0, int(w.clock[0].now)))


def test_who_qualifies(w):
    programme, _ = open_to_all(w)
    everything = dict(min_team=0, min_credential=0, min_age=0, max_age=99, sectors=15, forms=3, links=31, origins=7, outsiders_only=0)
    for name, value in everything.items():
        setattr(programme, name, value)
    w.clock[0].now = 8
    founder = byhand.person(w, credential=1, kind=0)
    row = byhand.venture(w, founder=founder, founded=3, team=3, sector=1, form=1, link=2, origin=1)
    assert pays(w, programme, row)
    for name, value in dict(
        min_team=4, min_credential=2, min_age=6, max_age=4, sectors=13, forms=1, links=27, origins=5, outsiders_only=1, delay=6
    ).items():
        before = getattr(programme, name)
        setattr(programme, name, value)
        assert not pays(w, programme, row), name
        setattr(programme, name, before)
    assert pays(w, programme, row)
    w.ventures[row].helped = 1 << GRANT
    assert not pays(w, programme, row)
    w.ventures[row].helped = 0
    w.ventures[row].status = rules.venture.SELLING
    assert pays(w, programme, row), "links say whether a firm in the market may have it"
    w.ventures[row].status = rules.venture.PUBLIC
    assert not pays(w, programme, row)
    w.ventures[row].status = rules.venture.BUILDING
    programme.outsiders_only = 1
    w.people[founder].kind = rules.entrepreneur.NEWCOMER
    assert pays(w, programme, row)


def test_the_best_are_paid_first_and_the_smaller_key_among_equals(w):
    programme, account = open_to_all(w)
    programme.number = 12  # three a quarter
    quality = [0.5, 2.0, -1.0, 2.0, 1.0]
    for n, q in enumerate(quality):
        byhand.venture(w, quality=q, key=100 - n)
    R.pay_grants(w)
    assert w.ventures.granted[:5].tolist() == [0, 20, 0, 20, 20]
    assert (account.awards, account.spent, account.paid, account.cash) == (3, 60, 60, 9940)
    assert account.applicants == 5 and w.clock[0].granted == 60
    assert w.tables[0].ranked[:3].tolist() == [3, 1, 4]


def test_a_quarter_of_the_years_number_and_never_more_than_there_is_money_for(w):
    programme, account = open_to_all(w)
    programme.number = 6
    for _ in range(10):
        byhand.venture(w)
    paid = []
    for quarter in range(4):
        w.clock[0].now = quarter
        R.pay_grants(w)
        paid.append(int(account.awards_this_year))
    assert paid == [1, 3, 4, 6]
    account.awards_this_year, account.cash = 0, 45
    R.pay_grants(w)
    assert account.awards_this_year == 2 and account.cash == 5


def test_nobody_is_paid_twice_by_one_programme_and_both_may_pay_the_same_team(w):
    for n in (GRANT, DREAM):
        w.programme_accounts[n].cash = 1000
    row = byhand.venture(w)
    R.pay_grants(w)
    R.pay_grants(w)
    v = w.ventures[row]
    assert v.granted == 40 and v.helped == 3


@pytest.mark.parametrize("what", ["frozen", "over", "not begun"])
def test_when_a_programme_pays_nothing(w, what):
    programme, account = open_to_all(w)
    byhand.venture(w)
    if what == "frozen":
        account.frozen_until = 1
    elif what == "over":
        programme.ends = 0
    else:
        programme.starts = 1
    R.pay_grants(w)
    assert account.paid == 0


def test_the_amount_goes_by_credential(w):
    programme, account = open_to_all(w)
    programme.amount_by_credential = np.array([10, 20, 30])
    for credential in range(3):
        byhand.venture(w, founder=byhand.person(w, credential=credential))
    R.pay_grants(w)
    assert w.ventures.granted[:3].tolist() == [10, 20, 30] and account.paid == 60


def test_teams_are_found_by_application_or_scouting(w):
    programme = w.programmes[GRANT]
    v = w.ventures[byhand.venture(w)]

    def share(n=4000):
        found = 0
        for key in range(n):
            v.key = key + 1
            found += bool(R.comes_forward(programme, v, 0.0, 1, 0))
        return found / n

    for apply_share, scouting in ((0.3, 0.0), (0.0, 0.4), (0.5, 0.4), (0.0, 0.0), (1.0, 0.0)):
        programme.apply_share, programme.scouting = apply_share, scouting
        expected = apply_share + (1 - apply_share) * 0.25 * scouting
        assert share() == pytest.approx(expected, abs=3 * (max(expected * (1 - expected), 1e-9) / 4000) ** 0.5 + 1e-12)


def test_judgement_is_as_accurate_as_the_programme_says(w):
    programme, office = w.programmes[GRANT], w.offices[0]
    rng = np.random.default_rng(1)
    e = w.people[byhand.person(w)]
    v = w.ventures[byhand.venture(w)]
    for accuracy in (0.0, 0.3, 0.8, 1.0):
        programme.accuracy = accuracy
        quality, score = rng.standard_normal(4000), []
        for n, z in enumerate(quality):
            v.key, v.quality = n + 1, z
            score.append(R.judge(w.p[0], programme, office, v, e, 1, 0))
        assert np.corrcoef(quality, score)[0, 1] == pytest.approx(accuracy, abs=3 / 4000**0.5)


def test_careful_officials_take_safe_picks(w):
    """After an inquiry credentials and incremental projects count, whatever the quality."""
    w.p.government_safe_bias = 2.0
    programme, office, p = w.programmes[GRANT], w.offices[0], w.p[0]
    bold = w.ventures[byhand.venture(w, form=1, quality=1.5)]
    safe = w.ventures[byhand.venture(w, form=0, quality=0.0)]
    outsider, doctor = w.people[byhand.person(w, credential=0)], w.people[byhand.person(w, credential=2)]

    def prefers_bold():
        return R.judge(p, programme, office, bold, outsider, 1, 0) > R.judge(p, programme, office, safe, doctor, 1, 0)

    assert prefers_bold()
    office.careful_until = 1
    assert not prefers_bold()


# --- what comes back -------------------------------------------------------------------------------------------------


def owing(w, **given):
    """A venture that owes twice its grant of 20 to the Dream Town programme."""
    programme, account = open_to_all(w, DREAM)
    programme.repay_multiple = 2.0
    programme.repay_trigger, programme.repay_profit = P.AT_PROFIT, 20
    row = byhand.venture(w)
    R.pay_grants(w)
    for name, value in given.items():
        setattr(w.ventures[row], name, value)
    return row, account


def test_a_grant_that_is_repaid_leaves_a_debt(w):
    row, _ = owing(w)
    assert w.ventures[row].owes == 40 and w.ventures[row].owes_programme == DREAM


def test_a_plain_grant_leaves_none_and_does_not_touch_anothers(w):
    row, account = owing(w)
    w.programmes[GRANT].ends = P.NO_LIMIT
    w.programme_accounts[GRANT].cash = 100
    R.pay_grants(w)
    v = w.ventures[row]
    assert v.granted == 40 and v.owes == 40 and v.owes_programme == DREAM


@pytest.mark.parametrize(
    ("trigger", "event"),
    [("AT_MILESTONE", dict(milestones=1)), ("AT_PRICED_ROUND", dict(rounds=1)), ("AT_MARKET_ENTRY", dict(market_entry=0)), ("AT_PROFIT", dict(profit=np.array([0, 0, 20])))],
)
def test_it_is_repaid_on_success_and_when_the_venture_can_afford_it(w, trigger, event):
    row, account = owing(w, cash=79)
    w.programmes[DREAM].repay_trigger = getattr(P, trigger)
    R.repay_grant(w, row)
    assert account.returned == 0
    for name, value in event.items():
        setattr(w.ventures[row], name, value)
    R.repay_grant(w, row)
    assert account.returned == 0
    w.ventures[row].cash = 80
    cash = int(account.cash)
    R.repay_grant(w, row)
    v = w.ventures[row]
    assert (v.owes, v.cash, account.returned, account.cash) == (0, 40, 40, cash + 40)
    assert (account.succeeded, account.recent_resolved, account.recent_lost) == (1, 20.0, 0.0)
    assert w.clock[0].repaid == 40


def test_revolving_money_stays_and_other_money_goes_to_the_treasury(w):
    for revolving in (1, 0):
        w2 = byhand.world(programmes=["small_grant", "dream_town", "guidance_fund"])
        for name in w.programmes.dtype.names:
            w2.programmes[name] = w.programmes[name]
        w2.programmes[DREAM].revolving = revolving
        row, account = owing(w2, cash=80, profit=np.array([0, 0, 20]))
        cash = int(account.cash)
        R.repay_grant(w2, row)
        assert account.cash - cash == 40 * revolving
        assert w2.accounts[A.TREASURY].cash == 40 * (1 - revolving)


def test_what_comes_back_is_spent_on_top_of_the_budget_where_the_account_revolves(w):
    for revolving, awards in ((1, 7), (0, 5)):
        w2 = byhand.world(programmes=["small_grant", "dream_town", "guidance_fund"])
        w2.programmes[:] = w.programmes
        w2.programmes[DREAM].revolving = revolving
        row, account = owing(w2, cash=80, profit=np.array([0, 0, 20]))
        programme = w2.programmes[DREAM]
        account.cash, programme.budget, programme.growth, programme.number = 0, 100, 0.0, 1000
        R.repay_grant(w2, row)
        assert account.revolved == 40 * revolving
        before = int(w2.accounts[A.TREASURY].cash)
        w2.clock[0].now = 4
        account.budget = account.planned = 100
        R.open_year(w2, 0)
        assert before - w2.accounts[A.TREASURY].cash == 100 and account.cash == 100 + 40 * revolving
        for _ in range(10):
            byhand.venture(w2)
        R.pay_grants(w2)
        assert account.awards_this_year == awards and account.revolved == account.cash == 0


def test_the_years_number_holds_for_what_revolves_as_well_and_then_the_treasury_saves(w):
    row, account = owing(w, cash=80, profit=np.array([0, 0, 20]))
    programme = w.programmes[DREAM]
    account.cash, programme.budget, programme.growth, programme.revolving, programme.number = 0, 100, 0.0, 1, 5
    account.budget = account.planned = 100
    R.repay_grant(w, row)
    for now in range(4, 12):
        w.clock[0].now = now
        for _ in range(2):
            byhand.venture(w, founded=now)
        before = int(w.accounts[A.TREASURY].cash)
        R.open_year(w, 0)
        R.pay_grants(w)
        if now % 4 == 3:
            assert account.awards_this_year == 5 and account.revolved == 0
        if now == 8:
            assert before - w.accounts[A.TREASURY].cash == 60


@quick
@given(st.integers(0, 20))
def test_dream_towns_account_breaks_even_where_half_succeed(successes):
    """Income 0.4 q n against outlay 0.2 n."""
    w = byhand.world(programmes=["dream_town"], size=40)
    programme, account = w.programmes[0], w.programme_accounts[0]
    programme.apply_share, programme.delay, programme.min_team = 1.0, 0, 0
    R.open_year(w, 0)
    for _ in range(20):
        byhand.venture(w)
    R.pay_grants(w)
    assert account.awards == 20 and account.paid == 4 * MILLION_RMB
    for row in range(20):
        v = w.ventures[row]
        if row < successes:
            v.cash, v.profit[2] = 10 * MILLION_RMB, MILLION_RMB
            R.repay_grant(w, row)
        else:
            v.status, v.ended = rules.venture.SHUT, 0
    rules.markets.settle_exits(w)
    assert account.returned - account.paid == (4 * successes - 2 * 20) * MILLION_RMB // 10
    assert (account.succeeded, account.failed) == (successes, 20 - successes)
    assert account.recent_lost / account.recent_resolved == pytest.approx(1 - successes / 20)


# --- accountability --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lost", "frozen"), [(500, False), (501, True)])
def test_a_loss_ratio_above_the_allowed_one_starts_an_inquiry(w, lost, frozen):
    w.p.government_allowed_loss, w.p.government_freeze, w.p.government_smallest_case = 0.5, 12.0, 1000.0
    w.clock[0].now = 10
    account, office = w.programme_accounts[DREAM], w.offices[0]
    account.recent_resolved, account.recent_lost = 1000.0, float(lost)
    R.hold_to_account(w, 0)
    assert bool(account.frozen_until > 0) is frozen
    if frozen:
        assert account.frozen_until == 22 and office.careful_until == 34
        assert (account.inquiries, office.inquiries) == (1, 1)
        assert account.recent_resolved == account.recent_lost == 0.0
        assert byhand.events(w, A.FROZEN) == [(A.FROZEN, DREAM, 0, 12)]


def test_too_few_outcomes_are_not_judged(w):
    w.p.government_smallest_case, w.p.government_allowed_loss = 1000.0, 0.0
    account = w.programme_accounts[DREAM]
    account.recent_resolved = account.recent_lost = 999.0
    R.hold_to_account(w, 0)
    assert account.inquiries == 0


def test_an_office_that_may_lose_everything_is_never_asked(w):
    w.p.government_allowed_loss = 1.0
    account = w.programme_accounts[DREAM]
    account.recent_resolved = account.recent_lost = 1e12
    R.hold_to_account(w, 0)
    assert account.inquiries == 0


def test_a_programme_can_have_its_own_allowance(w):
    w.p.government_allowed_loss, w.p.government_smallest_case = 0.0, 1.0
    w.programmes[DREAM].allowed_loss, w.programmes[DREAM].freeze = 0.9, 3
    account = w.programme_accounts[DREAM]
    account.recent_resolved, account.recent_lost = 1000.0, 900.0
    R.hold_to_account(w, 0)
    assert account.inquiries == 0
    account.recent_lost = 901.0
    R.hold_to_account(w, 0)
    assert account.frozen_until == 3


def test_a_frozen_programme_is_not_frozen_again(w):
    w.p.government_allowed_loss, w.p.government_smallest_case = 0.0, 1.0
    account = w.programme_accounts[DREAM]
    account.frozen_until, account.recent_resolved, account.recent_lost = 5, 1000.0, 900.0
    R.hold_to_account(w, 0)
    assert account.inquiries == 0 and account.frozen_until == 5
