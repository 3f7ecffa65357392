"""Every instrument that a programme record can hold, carried out: worked by hand, with bounds that hold for whatever the record says."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

from seedbed.model import programmes as shelf  # noqa: E402

R, S, M = rules.government, rules.services, rules.markets
A, P, V = rules.accounts, rules.programme, rules.venture


def town(instrument, size=24, **fields):
    """A town whose one programme is of the instrument: everybody comes forward and is judged by quality alone. The record can be written to."""
    w = byhand.world(programmes=["small_grant"], size=size)
    programme, account = w.programmes[0], w.programme_accounts[0]
    silent = {name: kind.silent for name, kind in shelf.FIELDS.items()}
    silent |= dict(instrument=instrument, accuracy=1.0, budget=10**9, amount_by_tier=0)
    if "amount" in fields and "amount_by_credential" not in fields:
        silent["amount_by_credential"] = fields["amount"]
    for name, value in {**silent, **fields}.items():
        setattr(programme, name, np.array(value) if isinstance(value, list) else value)
    w.accounts[A.TREASURY].cash -= 10**9
    account.cash = account.budget = 10**9
    return w, programme, account


def quarter(w, now):
    """Phase 2 of a quarter."""
    w.clock[0].now = now
    R.open_year(w, 0)
    R.hold_to_account(w, 0)
    S.run_services(w, 0)
    for n in range(w.clock[0].n_live):
        R.repay_grant(w, w.live[n])
    R.pay_parts(w)
    R.pay_grants(w)
    S.serve_ventures(w)


def end(w, row, status=V.SHUT):
    w.ventures[row].status, w.ventures[row].ended = status, int(w.clock[0].now)
    M.settle_exits(w)


# --- budgets ---------------------------------------------------------------------------------------------------------


def test_a_share_of_new_tax_revenue_is_added_to_the_budget():
    w, programme, account = town(P.GRANT, budget=1000, growth=0.1, revenue_share=0.15)
    account.cash, seen = 0, []
    for year, tax in enumerate((0, 200, 600, 900, 1300)):  # taxes since the start: 200, 400, 300 and 400 in a year
        w.clock[0].now, w.cities[0].tax = 4 * year, tax
        R.open_year(w, 0)
        seen.append(int(account.budget))
    # new revenue: 0, 200, 200, none, 100
    assert seen == [1000, 1130, 1273, 1400, 1555]


def test_a_programme_that_has_ended_gives_back_what_it_has_not_promised():
    w, programme, account = town(P.GRANT, amount=100, ends=8, revolving=1)
    account.cash, account.committed, account.revolved = 1000, 300, 50
    before = int(w.accounts[A.TREASURY].cash)
    w.clock[0].now = 8
    R.open_year(w, 0)
    assert (account.cash, account.budget, account.revolved) == (300, 0, 0)
    assert w.accounts[A.TREASURY].cash - before == 700


def test_a_budget_that_shrinks_to_nothing_does_not_begin_again():
    w, programme, account = town(P.GRANT, budget=1000, growth=-1.0)
    for year, expected in enumerate((1000, 0, 0)):
        account.cash = 0
        w.clock[0].now = 4 * year
        R.open_year(w, 0)
        assert account.budget == expected


# --- who is chosen ---------------------------------------------------------------------------------------------------


def chosen(w, places=24):
    kept = R.choose(w, 0, places)
    return w.tables[0].ranked[:kept].tolist()


def test_the_oldest_come_first_and_a_lot_is_drawn_by_quarter():
    w, programme, account = town(P.GRANT, amount=100, selection=P.FIRST_COME)
    w.clock[0].now = 9
    for n, founded in enumerate((5, 2, 8, 2)):
        byhand.venture(w, founded=founded, quality=float(n))
    assert chosen(w) == [1, 3, 0, 2]
    programme.selection = P.BY_LOTTERY
    seen = set()
    for now in range(9, 40):
        w.clock[0].now = now
        seen.add(tuple(chosen(w)))
    assert len(seen) > 12 and all(sorted(order) == [0, 1, 2, 3] for order in seen)


def test_without_application_everybody_is_considered_and_nobody_waits():
    w, programme, account = town(P.GRANT, amount=100, selection=P.WITHOUT_APPLICATION, apply_share=0.0, delay=8)
    for _ in range(5):
        byhand.venture(w)
    assert len(chosen(w)) == 5
    programme.selection = P.BY_SCORE
    assert chosen(w) == []


def test_only_so_many_are_examined_in_a_year_and_the_best_of_those_are_taken():
    w, programme, account = town(P.GRANT, size=40, amount=100, examined=20)
    for n in range(40):
        byhand.venture(w, quality=float(n))
    taken = []
    for now in range(4):
        w.clock[0].now = now
        rows = chosen(w, 2)
        taken += rows
        assert len(rows) == 2 and account.examined_this_year == 5 * (now + 1)
        assert w.ventures.quality[rows[0]] > w.ventures.quality[rows[1]]
    assert 39 not in taken or 38 not in taken, "half were looked at: not always the best of all are among them"
    w.clock[0].now = 4
    R.open_year(w, 0)
    assert account.examined_this_year == 0


@quick
@given(st.integers(0, 60), st.integers(0, 30), st.integers(0, 3), st.sampled_from(range(4)))
def test_never_more_than_places_or_examined(examined, places, quarter_of_year, selection):
    w, programme, account = town(P.GRANT, size=24, amount=100, examined=examined, selection=selection)
    for n in range(24):
        byhand.venture(w, quality=float(n))
    w.clock[0].now = quarter_of_year
    rows = chosen(w, places)
    assert len(rows) == len(set(rows)) <= min(places, examined * (quarter_of_year + 1) // 4, 24)
    assert account.examined_this_year <= examined


def test_only_those_who_have_run_out_of_money_are_in_need():
    w, programme, account = town(P.GRANT, amount=100, in_need=1)
    rich = byhand.venture(w, cash=1000, pace=1000.0)
    poor = byhand.venture(w, cash=999, pace=1000.0)
    growing = byhand.venture(w, status=V.SELLING, link=4, starved=0)
    starved = byhand.venture(w, status=V.SELLING, link=4, starved=1)
    assert set(chosen(w)) == {poor, starved} and {rich, growing}


def test_awards_for_each_and_a_ceiling_within_a_window():
    """Amount 40, three for each, never more than 100 within two years: 40, 40, then 20, and nothing until the first is old."""
    w, programme, account = town(P.GRANT, amount=40, awards_each=9, ceiling=100, ceiling_window=8)
    row = byhand.venture(w)
    had = []
    for now in range(11):
        quarter(w, now)
        had.append(int(w.ventures[row].granted))
    assert had == [40, 80, 100, 100, 100, 100, 100, 100, 140, 180, 200]
    programme.ceiling, programme.awards_each = P.NO_CEILING, 7
    quarter(w, 11)
    quarter(w, 12)
    assert w.ventures[row].granted == 240 and account.awards == 7


# --- grants in parts -------------------------------------------------------------------------------------------------


def staged(condition=P.WHILE_ALIVE, **fields):
    w, programme, account = town(P.STAGED_GRANT, **(dict(amount=100, tranches=3, interval=4, condition=condition, number=4) | fields))
    row = byhand.venture(w)
    return w, account, row


def test_parts_are_paid_at_their_dates_to_the_last_fen():
    w, account, row = staged()
    had = []
    for now in range(13):
        quarter(w, now)
        had.append(int(w.ventures[row].granted))
    assert had == [33] * 4 + [66] * 4 + [100] * 5
    assert account.committed == 0 == w.ventures[row].parts_due and account.paid == 100 and account.awards == 1
    assert [line[3] for line in byhand.events(w, A.GRANT)] == [33, 33, 34]


def test_money_that_is_promised_is_not_given_to_another():
    w, account, row = staged(budget=150)
    w.accounts[A.TREASURY].cash += 10**9 - 150
    account.cash = account.budget = 150
    other = byhand.venture(w, quality=-1.0)
    quarter(w, 0)
    assert (account.cash, account.committed) == (117, 67) and w.ventures[other].granted == 0
    quarter(w, 4)  # a new budget beside what is promised
    assert w.ventures[row].granted == 66 and w.ventures[other].granted == 33
    assert account.cash - account.committed == 50


@pytest.mark.parametrize(("condition", "event"), [(P.ON_MILESTONE, "milestones"), (P.ON_PRIVATE_MONEY, "raised")])
def test_a_further_part_waits_for_its_condition_and_lapses_without_it(condition, event):
    w, account, row = staged(condition)
    quarter(w, 0)
    setattr(w.ventures[row], event, 1)
    quarter(w, 4)
    assert w.ventures[row].granted == 66, "the condition is met"
    quarter(w, 8)
    assert w.ventures[row].granted == 66 and account.committed == 0 == w.ventures[row].parts_due
    assert byhand.events(w, A.LAPSED) == [(A.LAPSED, row, 0, 34)]


def test_parts_of_a_venture_that_is_over_lapse():
    w, account, row = staged()
    quarter(w, 0)
    end(w, row)
    assert account.committed == 0 and w.ventures[row].parts_due == 0 and w.awards[0].parts == 0


def test_a_frozen_programme_puts_the_day_off():
    w, account, row = staged()
    quarter(w, 0)
    account.frozen_until = 6
    quarter(w, 4)
    assert w.ventures[row].granted == 33 and account.committed == 67
    quarter(w, 6)
    assert w.ventures[row].granted == 66


def test_each_part_of_a_repaid_grant_adds_to_the_debt_and_none_follows_when_it_is_repaid():
    w, programme, account = town(
        P.REPAYABLE_GRANT, amount=100, tranches=2, interval=4, repay_trigger=P.AT_MILESTONE, repay_multiple=2.0, repay_within=P.NO_LIMIT, number=8
    )  # fmt: skip
    row, other = byhand.venture(w), byhand.venture(w)
    quarter(w, 0)
    v, u = w.ventures[row], w.ventures[other]
    assert (v.owes, v.owes_for) == (100, 50)
    v.milestones, v.cash = 1, 1000
    quarter(w, 4)
    assert v.owes == 0 and v.granted == 50 and account.returned == 100 and account.succeeded == 1
    assert (u.owes, u.owes_for, u.granted) == (200, 100, 100)


def test_a_success_that_comes_too_late_owes_nothing():
    w, programme, account = town(P.REPAYABLE_GRANT, amount=100, repay_trigger=P.AT_MILESTONE, repay_multiple=2.0, repay_within=4)
    row = byhand.venture(w)
    quarter(w, 0)
    w.ventures[row].cash = 1000
    quarter(w, 4)
    assert w.ventures[row].owes == 200
    w.ventures[row].milestones = 1
    quarter(w, 5)
    assert w.ventures[row].owes == 0 and account.returned == 0 and account.written_off == 100


@quick
@given(st.integers(1, 10**9), st.integers(1, 12), st.integers(0, 6), st.sampled_from(range(3)), st.integers(1, 30))
def test_parts_add_up_and_promises_are_kept_in_the_purse(amount, tranches, interval, condition, death):
    w, account, row = staged(condition, amount=amount, tranches=tranches, interval=interval, budget=3 * 10**9)
    before = byhand.total(w)
    for now in range(24):
        w.ventures[row].milestones += now % 3 == 0
        if now == death:
            end(w, row)
        quarter(w, now)
        assert 0 <= account.committed <= account.cash
        assert account.committed == (w.awards.promised - w.awards.paid)[w.awards.parts > 0].sum()
        assert byhand.total(w) == before
    assert w.ventures[row].granted <= amount == w.awards[0].promised
    if condition == P.WHILE_ALIVE and death > 24 and (tranches - 1) * interval < 24:
        assert w.ventures[row].granted == amount


# --- talent ----------------------------------------------------------------------------------------------------------


def haichuang(**fields):
    known = dict(amount_by_credential=[20, 30, 50], amount_by_tier=[0, 500, 200, 100], tier_share=[0.0, 0.01, 0.04, 0.10])
    return town(P.TALENT_AWARD, **(known | fields))


def test_the_degree_ladder_and_the_tiers():
    """Seen without error, tiers begin at Phi^-1(0.99) = 2.33, Phi^-1(0.95) = 1.64 and Phi^-1(0.85) = 1.04."""
    w, programme, account = haichuang()
    expected = []
    for credential, ability, amount in ((0, 0.0, 20), (1, 1.0, 30), (2, -1.0, 50), (0, 2.4, 500), (2, 2.3, 200), (1, 1.05, 100)):
        byhand.venture(w, founder=byhand.person(w, credential=credential, ability=ability))
        expected.append(amount)
    R.pay_grants(w)
    assert w.ventures.granted[:6].tolist() == expected
    programme.credential_weight, programme.tier_share[3] = 1.0, 0.2  # one standard for all, the degree; the third tier begins at 0.67
    assert [R.recognised_tier(programme, w.people[n], 1) for n in range(6)] == [0, 0, 3, 0, 3, 0]


def test_an_award_belongs_to_the_person_and_not_to_the_venture():
    w, programme, account = haichuang()
    founder = byhand.person(w, credential=2)
    first = byhand.venture(w, founder=founder)
    quarter(w, 0)
    end(w, first)
    second = byhand.venture(w, founder=founder)
    quarter(w, 1)
    assert (w.ventures[first].granted, w.ventures[second].granted) == (50, 0)
    programme.awards_each, programme.ceiling, programme.ceiling_window = 3, 70, 12
    quarter(w, 2)
    assert w.ventures[second].granted == 20, "the ceiling counts what the person had before"
    quarter(w, 12)
    assert w.ventures[second].granted == 70


def test_shares_of_tiers_are_shares_of_founders():
    w, programme, account = haichuang(accuracy=0.3)
    rng = np.random.default_rng(1)
    e = w.people[byhand.person(w)]
    seen = []
    for n, ability in enumerate(rng.standard_normal(4000)):
        e.key, e.ability = n + 1, ability
        seen.append(int(R.recognised_tier(programme, e, 1)))
    share = np.bincount(seen, minlength=4) / 4000
    assert share[1:] == pytest.approx([0.01, 0.04, 0.10], abs=0.015)


# --- places ----------------------------------------------------------------------------------------------------------


def park(**fields):
    return town(P.SPACE, **(dict(places=2, stay=4, rent_saved=10, budget=1000) | fields))


def test_places_are_given_to_the_best_until_they_leave_and_the_office_bears_their_rent():
    w, programme, account = park()
    rows = [byhand.venture(w, quality=q, cash=10**9) for q in (0.0, 2.0, 1.0)]
    account.cash = account.budget = 1000
    w.accounts[A.TREASURY].cash += 10**9 - 1000
    quarter(w, 0)
    assert [int(w.ventures[row].desk_until) for row in rows] == [0, 4, 4]
    assert [int(w.ventures[row].cash) - 10**9 for row in rows] == [0, 10, 10]
    for now in (1, 2, 3):
        quarter(w, now)
    assert [int(w.ventures[row].cash) - 10**9 for row in rows] == [0, 40, 40]
    quarter(w, 4)  # two years or once: nobody comes twice
    assert [int(w.ventures[row].desk_until) for row in rows] == [8, 4, 4]
    assert w.clock[0].services == account.paid == 90 and w.clock[0].granted == 0
    assert byhand.total(w) == sum(int(w.ventures[row].cash) for row in rows) + int(account.cash) + int(w.accounts.cash.sum())


def test_a_budget_pays_for_so_many_places_and_a_short_purse_serves_all_alike():
    w, programme, account = park(places=100, rent_saved=10)
    account.budget = 130  # four quarters of rent for three places
    rows = [byhand.venture(w, quality=float(-n), cash=10**9) for n in range(5)]
    S.serve_ventures(w)
    assert [int(w.ventures[row].desk_until) for row in rows] == [4, 4, 4, 0, 0]
    account.cash = 20
    w.clock[0].now = 1
    S.serve_ventures(w)
    assert [int(w.ventures[row].cash) - 10**9 for row in rows[:3]] == [16] * 3 and account.cash == 2


def test_a_team_that_its_family_carries_pays_no_rent_that_could_be_saved():
    w, programme, account = park()
    row = byhand.venture(w, cash=0)
    quarter(w, 0)
    assert w.ventures[row].cash == 0 and w.ventures[row].desk_until == 4


def test_rent_that_is_borne_does_not_quicken_spending():
    w, programme, account = park()
    row = byhand.venture(w, cash=10**9, pace=5.0)
    quarter(w, 0)
    assert w.ventures[row].pace == 5.0


def test_neighbours_get_to_know_each_other():
    w, programme, account = park(places=6, contacts=1.0, stay=40)
    for _ in range(8):
        byhand.venture(w, quality=1.0)
    quarter(w, 0)
    inside = [int(w.ventures[row].founder) for row in range(8) if w.ventures[row].desk_until > 0]
    outside = sorted(set(w.ventures.founder[:8].tolist()) - set(inside))
    assert len(inside) == 6
    for now in range(1, 12):
        quarter(w, now)
    for row in inside:
        ties = [tie for tie in w.people[row].ties.tolist() if tie >= 0]
        assert set(ties) <= set(inside) - {row} and 2 <= len(set(ties)) == len(ties), "neighbours, not oneself, and nobody twice"
    assert all(w.people[row].ties.tolist() == [-1] * 4 for row in outside)


# --- service centres -------------------------------------------------------------------------------------------------


def test_a_service_centre_takes_friction_from_the_other_programmes_and_costs_its_budget():
    w = byhand.world(programmes=["small_grant", "dream_town"])
    service, grant = w.programmes[0], w.programmes[1]
    service.instrument, service.friction_cut, service.budget = P.SERVICE, 0.5, 400
    grant.apply_share, grant.delay, grant.min_team, grant.budget = 0.2, 4, 0, 10**9
    quarter(w, 0)
    assert w.offices[0].eased == 0.5 and w.clock[0].services == 100
    assert R.delay_of(grant, 0.5) == 2 and R.delay_of(grant, 0.0) == 4 and R.delay_of(grant, 1.0) == 0
    v = w.ventures[byhand.venture(w)]
    for eased, share in ((0.0, 0.2), (0.5, 0.6), (1.0, 1.0)):
        found = 0
        for key in range(2000):
            v.key = key + 1
            found += int(R.comes_forward(grant, v, eased, 1, 0) == 1)
        assert found / 2000 == pytest.approx(share, abs=0.035)
    for now in (1, 2, 3):
        quarter(w, now)
    assert w.clock[0].services == 400 == w.accounts[A.HOUSEHOLDS].cash and w.programme_accounts[0].cash == 0


def test_several_centres_leave_the_product_of_what_each_leaves_and_one_without_money_does_nothing():
    w = byhand.world(programmes=["small_grant", "dream_town"])
    for k, cut in ((0, 0.5), (1, 0.4)):
        w.programmes[k].instrument, w.programmes[k].friction_cut, w.programmes[k].budget = P.SERVICE, cut, 400
    quarter(w, 0)
    assert w.offices[0].eased == pytest.approx(0.7)
    w.programme_accounts[0].cash = 0
    quarter(w, 1)
    assert w.offices[0].eased == pytest.approx(0.4)


# --- coaching --------------------------------------------------------------------------------------------------------


def test_a_quarter_saved_is_a_quarter_less_of_the_mean_wait():
    w, programme, account = town(P.LISTING_COACHING, amount=100, queue_cut=3, number=4)
    w.p.market_listing_rate = 0.125  # a mean wait of 8 quarters
    firm = byhand.venture(w, status=V.SELLING, link=4, market_entry=0, quality=1.0)
    team = byhand.venture(w)
    quarter(w, 0)
    assert (w.ventures[firm].coached, w.ventures[team].coached) == (3, 0)
    assert M.chance_past_the_gate(w.p[0], w.ventures[firm]) == pytest.approx(1 / 5)
    assert M.chance_past_the_gate(w.p[0], w.ventures[team]) == 0.125
    w.ventures[firm].coached = 20
    assert M.chance_past_the_gate(w.p[0], w.ventures[firm]) == 1.0
    w.p.market_listing_rate = 0.0
    assert M.chance_past_the_gate(w.p[0], w.ventures[firm]) == 0.0
    assert account.paid == 100 == w.clock[0].services == w.accounts[A.HOUSEHOLDS].cash
    quarter(w, 1)
    assert account.paid == 100, "each firm once"


def test_coaching_brings_a_firm_past_the_gate_to_the_market_earlier_and_others_not_at_all():
    w, programme, account = town(P.LISTING_COACHING, amount=100, queue_cut=3)
    w.p.market_listing_rate = 0.125
    w.cities[0].window = 1
    w.clock[0].now = 40
    firms = []
    for profit in ([1, 2, 3], [3, 2, 1]):
        row = byhand.venture(w, status=V.SELLING, link=4, market_entry=0, profit=np.array(profit) * 10**4 * MILLION_RMB, exit_luck=1.0, listing_luck=0.15)
        w.ventures[row].value = 10 * MILLION_RMB
        firms.append(row)
    for row in firms:
        M.exit_or_stay(w, row)
    assert w.ventures.listed[firms].tolist() == [-1, -1]
    S.serve_ventures(w)
    for row in firms:
        M.exit_or_stay(w, row)
    assert w.ventures.listed[firms].tolist() == [40, -1]


# --- institutes ------------------------------------------------------------------------------------------------------


def test_a_match_raises_the_hazard_of_the_present_milestone_only():
    """Burn bought in full: effort 1 a quarter, so 1.25 with a gain of a quarter; the next milestone begins without."""
    w, programme, account = town(P.INSTITUTE_SLOTS, slots=1, speed_gain=0.25)
    rows = [byhand.venture(w, quality=q, feasible=1, needed=2.4, cash=10**10) for q in (1.0, 0.0)]
    for row in rows:
        w.ventures[row].pace = V.planned_burn(w.p[0], 0, 0, 2)
    quarter(w, 0)
    assert w.ventures.speed_gain[rows].tolist() == [0.25, 0.0]
    for _ in range(2):
        for row in rows:
            V.work_a_quarter(w, row)
    first, second = (w.ventures[row] for row in rows)
    assert (first.milestones, second.milestones) == (1, 0) and second.effort == 2.0
    assert first.speed_gain == 0.0
    quarter(w, 1)
    assert w.ventures.speed_gain[rows].tolist() == [0.25, 0.0], "the slot is free again; the better team takes it for its next milestone"


def test_slots_are_never_exceeded_and_an_institute_without_money_lets_everybody_go():
    w, programme, account = town(P.INSTITUTE_SLOTS, slots=3, speed_gain=0.5, dual_appointment=0.8)
    for _ in range(6):
        byhand.venture(w)
    for now in range(3):
        quarter(w, now)
        assert (w.ventures.speed_gain[:6] > 0).sum() == 3 and w.offices[0].dual_appointment == 0.8
    account.budget = account.cash = 0
    quarter(w, 3)
    assert not w.ventures.speed_gain.any() and w.offices[0].dual_appointment == 0.0


def test_a_double_appointment_leaves_a_scientist_more_of_the_wage():
    w = byhand.world()
    rules.prospects.work_out_prospects(w)
    E = rules.entrepreneur
    e = w.people[byhand.person(w, kind=E.SCIENTIST, boldness=1.0, freedom=0.0)]
    w.cities[0].tolerance_seen[:], w.cities[0].chance_seen[:] = 20.0, 0.3

    def founds(kept):
        return E.weigh_founding(e, w.people, w.p[0], w.tables[0], w.cities[0], V.INVENTION, -1.0, kept)[0]

    w.p.entrepreneur_face, w.p.fund_redemption_share = 0.0, 0.0
    for boldness in np.geomspace(1e-6, 1e6, 400):
        e.boldness = boldness
        if founds(0.0) < 0 <= founds(0.9):
            return
    pytest.fail("no founder whom the wage that is kept decides")


# --- stakes ----------------------------------------------------------------------------------------------------------


def office(**fields):
    w, programme, account = town(P.EQUITY, **(dict(amount=10 * MILLION_RMB, stake=0.2, budget=10**10) | fields))
    rules.prospects.work_out_prospects(w)
    account.cash = 10**10
    w.accounts[A.TREASURY].cash -= 9 * 10**9
    return w, programme, account


def test_beside_an_outside_lead_at_its_price():
    """Lead: 10 m shares there are, price 10 RMB. Ten million buy 1 m shares, 9.1%."""
    w, programme, account = office(co_invest=1)
    w.clock[0].now = 5
    row, other = byhand.venture(w, rounds=1, price=1000.0, quality=1.0), byhand.venture(w, rounds=1, price=1000.0)
    w.ventures[row].round_tick[0], w.ventures[other].round_tick[0] = 5, 4
    M.take_stakes(w)
    v = w.ventures[row]
    assert v.holder[V.HOLDERS - 1] == P.PROGRAMME_HOLDER and v.shares[V.HOLDERS - 1] == 1_000_000 and v.all_shares == 11_000_000
    assert v.cash == v.cost[V.HOLDERS - 1] == account.paid == w.clock[0].stakes == 10 * MILLION_RMB
    assert v.raised == 0 and v.insiders == 0 and w.ventures[other].cash == 0
    assert byhand.events(w, A.STAKE) == [(A.STAKE, row, 0, 10 * MILLION_RMB)]
    M.take_stakes(w)
    assert account.awards == 1


def test_the_largest_stake_is_a_bound_and_less_is_paid_where_it_costs_less():
    w, programme, account = office(co_invest=1, stake=0.2)
    row = byhand.venture(w, rounds=1, price=100.0)  # ten million would buy half of it
    M.take_stakes(w)
    v = w.ventures[row]
    assert v.shares[V.HOLDERS - 1] == 2_500_000 and v.cash == 2_500_000 * 100


def test_an_office_may_go_along_in_later_rounds_up_to_its_largest_stake():
    """One million for 100,000 shares at 10 RMB; then twice as much for as many as the bound of 2% leaves."""
    w, programme, account = office(co_invest=1, stake=0.02, awards_each=2, amount=MILLION_RMB)
    row = byhand.venture(w, rounds=1, price=1000.0)
    v = w.ventures[row]
    M.take_stakes(w)
    assert v.shares[V.HOLDERS - 1] == 100_000
    w.clock[0].now, v.rounds, v.round_tick[1], v.price = 4, 2, 4, 500.0
    M.take_stakes(w)
    assert v.shares[V.HOLDERS - 1] == 100_000 + 104_081 and v.shares[V.HOLDERS - 1] <= 0.02 * v.all_shares
    assert v.cost[V.HOLDERS - 1] == v.cash == MILLION_RMB + 104_081 * 500 and v.holder.tolist().count(P.PROGRAMME_HOLDER) == 1


def test_alone_at_the_public_value():
    w, programme, account = office(stake=0.5)
    row = byhand.venture(w, link=3, start_link=2)
    value = M.fair_value(w, w.ventures[row], w.p[0])
    assert value > 10 * MILLION_RMB
    M.take_stakes(w)
    v = w.ventures[row]
    assert v.shares[V.HOLDERS - 1] / v.all_shares == pytest.approx(10 * MILLION_RMB / (value + 10 * MILLION_RMB), rel=1e-4)


def holding(w, shares=1_000_000, cost=10 * MILLION_RMB, **given):
    row = byhand.venture(w, status=V.SELLING, link=4, market_entry=0, **given)
    slot = byhand.stake(w, row, int(P.PROGRAMME_HOLDER), shares, cost, slot=V.HOLDERS - 1, active=0)
    return row, slot


@pytest.mark.parametrize(("value", "proceeds", "lost"), [(220, 20, 0), (110, 10, 0), (44, 10, 0), (8, 8, 2)])
def test_proceeds_go_back_to_the_programme_and_the_outcome_is_booked(value, proceeds, lost):
    """A stake of one eleventh that cost 10: an eleventh of what is paid, or its cost first, as every investor who paid."""
    w, programme, account = office(revolving=1)
    row, slot = holding(w)
    v = w.ventures[row]
    w.accounts[A.CUSTOMERS].cash -= value * MILLION_RMB
    v.cash = value * MILLION_RMB
    before = byhand.total(w), int(account.cash)
    M.share_proceeds(w, v, row, v.cash, v)
    assert account.returned == account.revolved == w.clock[0].stakes_back == proceeds * MILLION_RMB
    assert account.cash - before[1] == proceeds * MILLION_RMB and byhand.total(w) == before[0]
    assert account.written_off == lost * MILLION_RMB and account.recent_resolved == 10 * MILLION_RMB


def test_what_does_not_revolve_is_the_treasurys():
    w, programme, account = office()
    row, slot = holding(w)
    treasury = int(w.accounts[A.TREASURY].cash)
    M.pay_holder(w, w.ventures[row], slot, 500, w.accounts[A.OUTSIDE], row)
    assert w.accounts[A.TREASURY].cash - treasury == 500 and account.revolved == 0


def test_founders_buy_the_stake_back_when_it_is_worth_more_and_the_firm_can_pay():
    """Bought for 10, to be had for 15; a stake of one eleventh in a firm worth 220 is worth 20."""
    w, programme, account = office(buy_back_multiple=1.5)
    for value, cash, sold in ((220, 30, True), (220, 29, False), (164, 30, False)):
        row, slot = holding(w, value=value * MILLION_RMB)
        v = w.ventures[row]
        v.cash = cash * MILLION_RMB
        M.buy_stakes_back(w)
        assert bool(v.shares[slot] == 0) is sold and v.all_shares == 10_000_000 + (0 if sold else 1_000_000)
        assert v.cash == (15 * MILLION_RMB if sold else cash * MILLION_RMB)
    assert account.returned == 15 * MILLION_RMB and account.succeeded == 1
    programme.buy_back_multiple = 0.0
    v.cash, v.value = 100 * MILLION_RMB, 10**15
    M.buy_stakes_back(w)
    assert v.shares[slot] == 1_000_000


def test_an_office_sells_at_the_listing_as_every_investor_does():
    w, programme, account = office()
    row, slot = holding(w)
    v = w.ventures[row]
    v.listed, v.proceeds = 0, 1100 * MILLION_RMB
    M.settle_listing(w, row, v, w.p[0])
    assert account.returned == 100 * MILLION_RMB
    assert v.holder.tolist().count(V.PUBLIC_HOLDER) == 2 and P.PROGRAMME_HOLDER not in v.holder.tolist()


@quick
@given(
    st.integers(1, 10**11), st.floats(0.001, 1.0), st.floats(1e-3, 1e8), st.integers(1, 10**10), st.booleans(),
)  # fmt: skip
def test_a_stake_never_passes_its_bound_and_the_books_balance(amount, stake, price, purse, beside):
    w, programme, account = office(amount=amount, stake=stake, co_invest=int(beside))
    w.accounts[A.TREASURY].cash += 10**10 - purse
    account.cash = purse
    row = byhand.venture(w, rounds=1, price=price)
    before = byhand.total(w)
    M.take_stakes(w)
    v = w.ventures[row]
    assert v.shares[V.HOLDERS - 1] <= stake * v.all_shares * (1 + 1e-9)
    assert v.cash == account.paid <= min(amount, purse) and account.cash >= 0 == account.committed
    assert v.founders_shares + v.shares.sum() == v.all_shares and byhand.total(w) == before


# --- guidance --------------------------------------------------------------------------------------------------------


def guided(ratio=0.0, **fields):
    """Two guidance programmes of equal purses."""
    w = byhand.world(programmes=["guidance_fund", "small_grant"])
    w.programmes[0] = w.programmes[1]
    w.programmes[0].key = 77
    for k in range(2):
        w.programmes[k].budget, w.programmes[k].private_per_public = 1000 * MILLION_RMB, ratio
        for name, value in fields.items():
            setattr(w.programmes[k], name, value)
    R.open_year(w, 0)
    return w


def raised(w, managers=6):
    """Managers who raise funds of 600, half of it the city's."""
    w.p.fund_lp_share[:] = [0.5, 0.0, 0.0, 0.5]
    w.p.fund_size, w.p.fund_smallest = 600.0 * MILLION_RMB, 1.0
    for j in range(managers):
        w.managers[j].next_raise = 0
        w.managers[j].key = 1000 + j
    M.open_books(w)
    for j in range(managers):
        rules.fund.raise_fund(w, j)
    return w.funds[: int(w.clock[0].n_funds)]


def test_several_guidance_programmes_each_stand_behind_funds_of_their_own():
    w = guided()
    funds = raised(w)
    guides = funds.guide.tolist()
    assert set(guides) == {0, 1}
    for k in range(2):
        account, mine = w.programme_accounts[k], funds[funds.guide == k]
        assert account.paid == 1000 * MILLION_RMB
        assert account.committed == pytest.approx((mine.commitment * mine.part[:, 3] / 1e6).sum(), rel=1e-5) and account.committed <= account.paid
    assert w.accounts[A.LP_GOVERNMENT].committed == w.programme_accounts.committed[:2].sum()
    f = funds[0]
    rules.fund.call_capital(w, f, 10 * MILLION_RMB, 0)
    k = guides[0]
    part = int(10 * MILLION_RMB * f.part[3] / 1_000_000)
    assert w.programme_accounts[k].called == pytest.approx(part, abs=1) and w.programme_accounts[1 - k].called == 0
    f.cash = 10 * MILLION_RMB
    w.accounts[A.OUTSIDE].cash -= 10 * MILLION_RMB
    rules.fund.distribute(w, 0)
    assert w.programme_accounts[k].returned == pytest.approx(part, abs=1) == w.clock[0].guidance_back


def test_only_the_frozen_programme_commits_nothing():
    w = guided()
    w.programme_accounts[0].frozen_until = 4
    funds = raised(w, 3)
    assert funds.guide.tolist() == [1, 1, 1]


def test_the_city_gives_no_more_than_others_money_allows():
    w = guided(ratio=2.0)
    f = raised(w, 1)[0]
    assert f.commitment == 450 * MILLION_RMB and f.part[3] == pytest.approx(333_333, abs=2)


def test_a_guided_fund_keeps_to_sectors_and_to_early_ventures():
    """Half of the city's half must go to early ventures: at most three quarters of what the fund can invest goes to firms in the market."""
    w = guided(early_share=0.5, sectors=0b0010)
    f = w.funds[byhand.fund(w, part=np.array([500_000, 0, 0, 500_000]), guide=0, commitment=100, fee_money=10, fees=10)]
    early, firm = w.ventures[byhand.venture(w, sector=1, wants=60)], w.ventures[byhand.venture(w, sector=1, status=V.SELLING, link=4, wants=60)]
    other = w.ventures[byhand.venture(w, sector=0, wants=60)]
    assert M.keeps_to_guidance(w, f, early) and M.keeps_to_guidance(w, f, firm) and not M.keeps_to_guidance(w, f, other)
    f.late = 1
    assert M.keeps_to_guidance(w, f, early) and not M.keeps_to_guidance(w, f, firm)


@pytest.mark.parametrize(
    ("distributed", "first_loss", "given_up", "to_others"),
    [(40, 0.5, 0.0, 10), (40, 1.0, 0.0, 10), (60, 0.5, 0.0, 15), (100, 0.5, 0.5, 0), (200, 0.5, 0.2, 5), (200, 0.0, 0.0, 0)],
)
def test_who_bears_a_loss_and_who_keeps_a_gain(distributed, first_loss, given_up, to_others):
    """A fund of 100, a quarter of it the city's. At 40 others have lost 45 and the city got 10; at 60 others lost 30; at 200 the city won 25."""
    w = guided(first_loss=first_loss, profit_given_up=given_up)
    f = w.funds[byhand.fund(w, part=np.array([500_000, 250_000, 0, 250_000]), guide=1, called=100, distributed=distributed, ended=0)]
    before = byhand.total(w), int(w.accounts[A.LP_GOVERNMENT].cash)
    M.settle_guided_funds(w)
    assert before[1] - w.accounts[A.LP_GOVERNMENT].cash == to_others == -w.programme_accounts[1].returned == -w.clock[0].guidance_back
    assert abs(w.accounts[A.LP_PRIVATE].cash - 2 * to_others / 3) < 1 and byhand.total(w) == before[0]
    assert f.ended == 0


@quick
@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**12), st.integers(1, 10**12), st.integers(1, 999_999))
def test_terms_never_cost_more_than_the_fund_gave(first_loss, given_up, distributed, called, part):
    w = guided(first_loss=first_loss, profit_given_up=given_up)
    w.funds[byhand.fund(w, part=np.array([1_000_000 - part, 0, 0, part]), guide=0, called=called, distributed=distributed, ended=0)]
    before = byhand.total(w)
    M.settle_guided_funds(w)
    got = distributed * part // 1_000_000
    assert 0 <= -w.clock[0].guidance_back <= got + 1 and byhand.total(w) == before


# --- whatever the record says ----------------------------------------------------------------------------------------

def any_record(dice):
    """Figures for a programme, drawn so that most find somebody to pay."""
    whole = dict(
        amount=(1, 400), number=(4, 40), budget=(500, 8000), awards_each=(1, 4), ceiling=(300, 2000), ceiling_window=(0, 10), tranches=(1, 5),
        interval=(0, 5), condition=(0, 3), selection=(0, 4), examined=(4, 60), delay=(0, 3), places=(0, 7), stay=(0, 7), rent_saved=(0, 300), slots=(0, 5),
        queue_cut=(1, 9), revolving=(0, 2), co_invest=(0, 2), repay_trigger=(0, 5), repay_within=(0, 9), starts=(0, 4), ends=(8, 20),
    )  # fmt: skip
    parts = dict(growth=1, apply_share=1, scouting=1, contacts=2, speed_gain=2, friction_cut=1, stake=1, buy_back_multiple=1, repay_multiple=3, accuracy=1)
    record = {name: int(dice.integers(*span)) for name, span in whole.items()} | {name: float(most * dice.random()) for name, most in parts.items()}
    record["growth"] -= 0.5
    record["in_need"] = int(dice.random() < 0.1)
    if dice.random() < 0.5:
        record["ceiling"] = P.NO_CEILING
    return record


def live_a_quarter(w, dice):
    """Things happen to ventures: one is born, one ends, some pass milestones, earn and are paid by funds."""
    now = int(w.clock[0].now)
    byhand.venture(w, founded=now, rounds=int(dice.integers(0, 2)), price=float(dice.integers(1, 100)), quality=dice.standard_normal(), cash=0)
    for row in w.live[: w.clock[0].n_live].tolist():
        v = w.ventures[row]
        v.milestones += int(dice.integers(0, 2))
        v.raised += int(dice.integers(0, 2))
        v.round_tick[0] = now - int(dice.integers(0, 2))
        earned = int(dice.integers(0, 2000))
        v.cash += earned
        w.accounts[A.CUSTOMERS].cash -= earned
        if v.status == V.BUILDING and dice.random() < 0.3:
            v.status, v.link, v.market_entry, v.value = V.SELLING, 4, now, float(dice.integers(1, 10**6))
    if dice.random() < 0.3:
        end(w, int(w.live[dice.integers(0, w.clock[0].n_live)]), V.SHUT if dice.random() < 0.5 else V.BOUGHT)


@quick
@given(st.sampled_from([n for n, name in enumerate(P.INSTRUMENTS) if name in shelf.EXECUTED and n != P.GUIDANCE]), st.integers(0, 2**32))
def test_whatever_the_record_says_money_is_kept_and_bounds_hold(instrument, seed):
    dice = np.random.default_rng(seed)
    w, programme, account = town(instrument, size=40, **any_record(dice))
    rules.prospects.work_out_prospects(w)
    w.p.venture_lean_burn = 100.0
    w.accounts[A.TREASURY].cash += account.cash
    account.cash = account.budget = 0
    before = byhand.total(w)
    for now in range(16):
        w.clock[0].now = now
        live_a_quarter(w, dice)
        quarter(w, now)
        M.take_stakes(w)
        M.buy_stakes_back(w)
        assert byhand.total(w) == before
        assert account.cash >= account.committed >= 0 and 0 <= account.revolved <= account.cash - account.committed
        if instrument not in (P.SPACE, P.INSTITUTE_SLOTS):
            assert account.awards_this_year <= programme.number
        assert account.examined_this_year <= programme.examined
        awards = w.awards[: w.clock[0].n_awards]
        assert account.committed == (awards.promised - awards.paid)[awards.parts > 0].sum()
        for person in set(awards.person.tolist()) if instrument == P.TALENT_AWARD else ():
            mine = awards[awards.person == person]
            assert len(mine) <= programme.awards_each
            window = mine[now - mine.granted < programme.ceiling_window]
            assert window.promised.sum() <= programme.ceiling
        live = w.ventures[w.live[: w.clock[0].n_live]]
        assert (live.desk_until > now).sum() <= programme.places and (live.speed_gain > 0).sum() <= programme.slots
        assert 0 <= w.offices[0].eased <= programme.friction_cut
    assert account.paid == w.clock[0].granted + w.clock[0].services + w.clock[0].stakes
    assert account.returned == w.clock[0].repaid + w.clock[0].stakes_back


# --- no money, no effect ---------------------------------------------------------------------------------------------


INSTRUMENTS = [n for n, name in enumerate(P.INSTRUMENTS) if name in shelf.EXECUTED and n != P.GUIDANCE]


@quick
@given(st.sampled_from(INSTRUMENTS), st.integers(0, 3), st.booleans())
def test_a_programme_without_a_budget_touches_nobody(instrument, now, beside):
    w, programme, account = town(
        instrument, budget=0, amount=100, places=9, stay=9, rent_saved=5, contacts=1.0, slots=9, speed_gain=1.0, dual_appointment=0.9,
        friction_cut=1.0, queue_cut=4, stake=0.5, co_invest=int(beside), repay_multiple=2.0, repay_trigger=P.AT_MILESTONE, tranches=2, interval=1,
    )  # fmt: skip
    account.cash = account.budget = 0
    for status, link in ((V.BUILDING, 2), (V.SELLING, 4)):
        row = byhand.venture(w, status=status, link=link, market_entry=0 if link == 4 else -1, rounds=1, price=100.0)
        w.ventures[row].round_tick[0] = now
    people, ventures = w.people.tobytes(), w.ventures.tobytes()
    quarter(w, now)
    M.take_stakes(w)
    M.buy_stakes_back(w)
    assert w.people.tobytes() == people and w.ventures.tobytes() == ventures
    assert account.paid == account.cash == 0 and w.offices[0].eased == w.offices[0].dual_appointment == 0.0
    assert w.clock[0].granted == w.clock[0].services == w.clock[0].stakes == w.clock[0].n_awards == w.clock[0].n_events == 0
