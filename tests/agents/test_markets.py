"""Where agents meet, worked by hand: founding, rounds, tranches, sales, redemption, the end of a fund."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

R = rules.markets
A = rules.accounts
F = rules.fund
V = rules.venture


@pytest.fixture
def w():
    return byhand.world()


def identity_of_shares(v):
    """Founders' and holders' shares are all shares there are."""
    return int(v.founders_shares) + int(v.shares.sum()) == int(v.all_shares)


# --- founding --------------------------------------------------------------------------------------------------------


def test_a_person_founds_with_savings_from_the_household(w):
    row = byhand.person(w, founding=1, sector=2, quality=np.array([0.3, 0.7]), ideas=4, support=5.0, savings=0.3 * MILLION_RMB)
    R.found_venture(w, row, 0)
    v, e = w.ventures[0], w.people[row]
    assert v.key == rules.draws.child(int(e.key), 4, 9)
    assert (v.form, v.sector, v.quality, v.founder, v.support) == (1, 2, 0.7, row, 5.0)
    assert v.cash == 0.3 * MILLION_RMB == -w.accounts[A.HOUSEHOLDS].cash
    assert (v.origin, v.start_link, v.link) == (V.INDEPENDENT, V.INVENTION, V.INVENTION)
    assert (e.venture, e.tries, e.founding) == (0, 1, -1)
    assert w.live[0] == 0 and w.clock[0].n_live == w.clock[0].n_ventures == 1
    assert byhand.total(w) == 0 and identity_of_shares(v)


@pytest.mark.parametrize(
    ("form", "kind", "tries", "origin", "start"),
    [(0, 0, 0, "INDEPENDENT", 2), (1, 0, 0, "INDEPENDENT", 1), (1, 2, 0, "SPINOUT", 0), (0, 2, 0, "SPINOUT", 2), (1, 2, 1, "SERIAL", 1)],
)
def test_where_a_venture_starts(w, form, kind, tries, origin, start):
    row = byhand.person(w, founding=form, kind=kind, tries=tries, university=0, failures=tries)
    R.found_venture(w, row, 0)
    v = w.ventures[0]
    assert v.origin == getattr(V, origin) and v.start_link == start
    share = v.shares[V.HOLDERS - 1] / v.all_shares
    if origin == "SPINOUT":
        assert share == pytest.approx(w.p[0].university_equity)
        assert v.holder[V.HOLDERS - 1] == V.UNIVERSITY_HOLDER
    else:
        assert share == 0.0
    assert identity_of_shares(v)
    assert w.people[row].retried == (1 if tries else 0)


def test_luck_of_an_idea_is_the_same_whatever_came_before(w):
    """The key of a venture is its founder's key and the number of the idea; not the row, the date or what it cost."""
    R.found_venture(w, byhand.person(w, key=5, founding=0, ideas=2), 0)
    byhand.venture(w)
    R.found_venture(w, byhand.person(w, key=5, founding=0, ideas=2, savings=1e9), 7)
    a, b = w.ventures[0], w.ventures[2]
    assert (a.key, a.needed, a.feasible, a.team) == (b.key, b.needed, b.feasible, b.team)


# --- the tranche -----------------------------------------------------------------------------------------------------


def backed(w, *funds, price=100.0, **given):
    """A venture with a holding of 2 million shares for each fund, bought at a price. Returns its row."""
    row = byhand.venture(w, price=price, rounds=1, **given)
    for slot, f in enumerate(funds):
        byhand.stake(w, row, f, 2_000_000, int(2_000_000 * price), slot)
    return row


def test_insiders_pay_what_they_pledged_at_the_last_price(w):
    f, g = byhand.fund(w, 0), byhand.fund(w, 1)
    row = backed(w, f, g)
    v = w.ventures[row]
    v.asks, v.pledge[0], v.pledge[1] = 1_000_000, 600_000, 400_050
    R.pay_tranches(w)
    assert v.cash == v.raised == w.clock[0].invested == 1_000_050
    assert v.shares[:2].tolist() == [2_006_000, 2_004_000]  # 400,050 fen buy 4,000 whole shares at 100
    assert v.cost[:2].tolist() == [200_600_000, 200_400_050]
    assert [int(d.cost) for d in w.deals[:2]] == v.cost[:2].tolist()
    assert w.funds[f].called == 600_000 and w.funds[f].cash == 0
    assert v.tranches == 1 and not v.pledge.any()
    assert v.pace > 0.0
    assert identity_of_shares(v) and byhand.total(w) == 0
    assert [line[3] for line in byhand.events(w, A.TRANCHE)] == [600_000, 400_050]


def test_outsiders_see_only_the_last_insider_stop(w):
    row = backed(w, byhand.fund(w, 0), byhand.fund(w, 1))
    v = w.ventures[row]
    v.leaving[0] = 1
    R.pay_tranches(w)
    assert v.insiders == 1 and v.abandoned == -1 and v.active[:2].tolist() == [0, 1]
    v.leaving[1] = 1
    R.pay_tranches(w)
    assert v.insiders == 0 and v.abandoned == 0 and not v.leaving.any()
    assert v.shares[:2].tolist() == [2_000_000, 2_000_000]  # who stops keeps what was bought
    assert len(byhand.events(w, A.ABANDONED)) == 1


def test_a_team_whose_insiders_cannot_pay_looks_for_others(w):
    row = backed(w, byhand.fund(w, follow_money=5))
    v = w.ventures[row]
    for _ in range(2):
        V.need_of_money(w, row)
        F.review_portfolio(w, 0)
        R.pay_tranches(w)
    assert v.insiders == 1 and v.seeking == 1


# --- pitches ---------------------------------------------------------------------------------------------------------


def pitching(w, **given):
    """A promising team that has met manager 0, whose fund has money. Returns the venture's row and the fund's."""
    rules.prospects.work_out_prospects(w)
    w.p.fund_signal_noise = 0.01
    w.p.fund_ticket_smallest, w.p.fund_ticket_largest = 0.0, 100.0 * MILLION_RMB
    f = byhand.fund(w, budget=50 * MILLION_RMB, ends=200, invest_until=20)
    row = byhand.venture(w, quality=2.5, seeking=1, wants=4 * MILLION_RMB, contact=-1, **given)
    w.ventures[row].contact[0] = 0
    return row, f


def heard(w):
    byhand.call_seekers(w)
    R.hear_pitches(w)
    return int(w.funds[0].listed_n)


def test_a_good_team_is_remembered(w):
    row, f = pitching(w)
    assert heard(w) == 1
    g = w.funds[f]
    assert g.candidate[0] == row
    assert g.candidate_index[0] == pytest.approx(g.candidate_worth[0] / (4.0 * MILLION_RMB))
    m = w.managers[0]
    assert g.candidate_worth[0] == F.worth_to(w, m, g, w.ventures[row], False, w.p[0], 0, 1)


def full(w):
    w.funds[0].companies = w.funds[0].capacity


def poor(w):
    w.funds[0].budget = 4 * MILLION_RMB - 1


def late(w):
    w.clock[0].now = 20


def picky(w):
    w.p.fund_least_index = 1e6


def large_tickets(w):
    w.p.fund_ticket_smallest = 4.0 * MILLION_RMB + 1


def small_tickets(w):
    w.p.fund_ticket_largest = 4.0 * MILLION_RMB - 1


def held(w):
    byhand.stake(w, 0, 0, 1000, 5)


def other_alumni(w):
    w.managers[0].kind, w.managers[0].university = F.ALUMNI, 0


def short_life(w):
    w.funds[0].ends = 4


def crowded(w):
    w.ventures[0].holder[:11] = 5


def strangers(w):
    w.ventures[0].contact[:] = -1


@pytest.mark.parametrize(
    "obstacle", [full, poor, late, picky, large_tickets, small_tickets, held, other_alumni, short_life, crowded, strangers], ids=lambda f: f.__name__
)
def test_what_keeps_a_fund_from_looking(w, obstacle):
    pitching(w)
    obstacle(w)
    assert heard(w) == 0


def test_nobody_offers_twice_to_one_team(w):
    row, _ = pitching(w)
    w.ventures[row].contact[:3] = 0
    assert heard(w) == 1


def test_a_later_vintage_of_the_same_manager_is_no_outsider(w):
    row, f = pitching(w)
    byhand.stake(w, row, f, 1000, 5)
    byhand.fund(w, 0, budget=50 * MILLION_RMB, ends=200, invest_until=20)
    byhand.call_seekers(w)
    R.hear_pitches(w)
    assert w.funds[1].listed_n == 0


# --- rounds ----------------------------------------------------------------------------------------------------------


def with_offers(w, worths, wants=10 * MILLION_RMB):
    row = byhand.venture(w, seeking=1, wants=wants, contact=-1)
    for n, worth in enumerate(worths):
        f = byhand.fund(w, n % 2)
        F.receive_offer(w.ventures[row], w.funds, f, float(worth), float(worth))
    return row


def test_a_single_offer_by_hand(w):
    """The team keeps beta of what the lead thinks it is worth; the lead pays all that was asked."""
    w.p.market_bargain, w.p.market_most_sold = 0.5, 0.6
    row = with_offers(w, [60 * MILLION_RMB])
    byhand.call_seekers(w)
    R.close_rounds(w)
    v = w.ventures[row]
    # pre-money 30 million for 10 million shares: 3 yuan a share; 10 million buy a quarter of the firm
    assert v.price == 300.0 and v.shares[0] == 3_333_333 and v.all_shares == 13_333_333
    assert v.round_post[0] == 40 * MILLION_RMB and v.round_size[0] == 10 * MILLION_RMB
    assert v.cash == v.cost[0] == v.raised == 10 * MILLION_RMB
    assert (v.insiders, v.rounds, v.seeking, v.abandoned) == (1, 1, 0, -1)
    f = w.funds[0]
    assert (f.holdings, f.companies, f.deals) == (1, 1, 1) and f.new_money == 190 * MILLION_RMB
    assert w.deals[0].cost == 10 * MILLION_RMB and w.deals[0].number == 1
    assert identity_of_shares(v) and byhand.total(w) == 0


def test_two_offers_by_hand(w):
    """Rivals raise the team's part: beta + (1 - beta)(1 - 1/2). Lead and co-investor pay one price."""
    w.p.market_bargain, w.p.market_most_sold, w.p.market_lead_part = 0.5, 0.6, 0.6
    row = with_offers(w, [20 * MILLION_RMB, 40 * MILLION_RMB])
    byhand.call_seekers(w)
    R.close_rounds(w)
    v = w.ventures[row]
    assert v.price == 300.0  # three quarters of the 40 million of the better offer
    assert v.holder[:2].tolist() == [1, 0]
    assert v.cost[:2].tolist() == [6 * MILLION_RMB, 4 * MILLION_RMB]
    assert v.shares[:2].tolist() == [2_000_000, 1_333_333]
    assert identity_of_shares(v)


def test_no_round_sells_more_than_a_set_part(w):
    w.p.market_most_sold = 0.35
    row = with_offers(w, [11 * MILLION_RMB])
    byhand.call_seekers(w)
    R.close_rounds(w)
    v = w.ventures[row]
    assert v.shares[0] / v.all_shares == pytest.approx(0.35, abs=1e-6)
    assert v.round_post[0] == pytest.approx(10 * MILLION_RMB / 0.35)


def test_more_offers_mean_a_higher_price(w):
    prices = []
    for n in range(1, 6):
        w = byhand.world()
        row = with_offers(w, [100 * MILLION_RMB] * n)
        byhand.call_seekers(w)
        R.close_rounds(w)
        prices.append(w.ventures[row].price)
    assert prices == sorted(prices) and len(set(prices)) == 5


def test_a_round_can_make_a_paper_unicorn(w):
    w.p.market_unicorn = 40.0 * MILLION_RMB
    w.p.market_bargain, w.p.market_most_sold = 0.5, 0.6
    row = with_offers(w, [60 * MILLION_RMB])
    w.clock[0].now = 9
    byhand.call_seekers(w)
    R.close_rounds(w)
    assert w.ventures[row].unicorn_paper == 9 and w.cities[0].new_unicorns == 1
    row = with_offers(w, [60 * MILLION_RMB - 10])
    byhand.call_seekers(w)
    R.close_rounds(w)
    assert w.ventures[row].unicorn_paper == -1


@quick
@given(
    st.integers(10**5, 10**11), st.lists(st.floats(1e5, 1e13), min_size=1, max_size=5), st.floats(0.05, 0.95), st.floats(0.05, 0.9),
    st.floats(0.5, 1.0), st.integers(0, 10**8),
)  # fmt: skip
def test_cap_table_and_books_hold_for_any_round(wants, worths, bargain, most, lead, earlier):
    w = byhand.world()
    w.p.market_bargain, w.p.market_most_sold, w.p.market_lead_part = bargain, most, lead
    row = with_offers(w, worths, wants)
    v = w.ventures[row]
    if earlier:
        byhand.stake(w, row, byhand.fund(w), earlier, 5)
    byhand.call_seekers(w)
    R.close_rounds(w)
    assert identity_of_shares(v) and byhand.total(w) == 0
    assert v.cash == v.raised == wants
    new = int(v.all_shares) - 10_000_000 - earlier
    assert new / v.all_shares <= most + 1e-3
    assert all(d.cost == c for d, c in zip(w.deals, v.cost, strict=False) if earlier == 0)
    held = [int(s) for s, h in zip(v.shares, v.holder, strict=True) if h >= 0]
    assert sum(held) + v.founders_shares == v.all_shares


# --- the waterfall of a sale -----------------------------------------------------------------------------------------


@quick
@given(
    st.integers(0, 10**13),
    st.lists(st.tuples(st.integers(1, 10**8), st.integers(1, 10**12)), min_size=0, max_size=6),
    st.integers(0, 3 * 10**6),
)
def test_the_waterfall_shares_out_exactly_the_proceeds(amount, stakes, university):
    """Sum of parts = proceeds; investors get max(min(X, C), s X): by shares if they convert, by cost if not. Founders and university share the rest."""
    w = byhand.world()
    row = byhand.venture(w)
    v = w.ventures[row]
    if university:
        v.holder[11], v.shares[11] = V.UNIVERSITY_HOLDER, university
        v.founders_shares -= university
    for slot, (n, cost) in enumerate(stakes):
        byhand.stake(w, row, byhand.fund(w), n, cost, slot)
    v.cash = amount
    left = R.share_proceeds(w, v, row, amount, v)
    cost, held = sum(c for _, c in stakes), sum(n for n, _ in stakes)
    by_shares = amount * held // int(v.all_shares)
    investors = max(min(amount, cost), by_shares)
    got = [int(w.funds[n].cash) for n in range(len(stakes))]
    school = int(w.universities[0].cash)
    assert sum(got) + school + left == amount
    assert v.cash == left
    assert sum(got) == investors
    for (n, c), x in zip(stakes, got, strict=True):
        fair = investors * n / held if by_shares >= min(amount, cost) else investors * c / cost
        assert abs(x - fair) <= 1.0 + 1e-9 * amount
    assert school == pytest.approx((amount - investors) * university / 10_000_000, abs=1.0)
    assert v.insiders == 0


def test_the_waterfall_by_hand(w):
    """Cost 30, a third of the firm. Proceeds 20: all to investors. 60: their 30. 120: they convert and take 40."""
    for proceeds, investors in ((20, 20), (60, 30), (120, 40)):
        w = byhand.world()
        row = byhand.venture(w)
        v = w.ventures[row]
        byhand.stake(w, row, byhand.fund(w), 2_000_000, 10 * MILLION_RMB, 0)
        byhand.stake(w, row, byhand.fund(w, 1), 3_000_000, 20 * MILLION_RMB, 1)
        v.cash = proceeds * MILLION_RMB
        left = R.share_proceeds(w, v, row, int(v.cash), v)
        assert left == (proceeds - investors) * MILLION_RMB
        split = (2 / 5, 3 / 5) if proceeds == 120 else (1 / 3, 2 / 3)
        assert w.funds[0].cash == pytest.approx(split[0] * investors * MILLION_RMB, abs=1)
        assert w.funds[1].cash == pytest.approx(split[1] * investors * MILLION_RMB, abs=1)
        assert w.deals[0].got == w.funds[0].cash and w.deals[0].closed == 0


# --- exits -----------------------------------------------------------------------------------------------------------


def in_the_market(w, value, **given):
    fields = dict(status=V.SELLING, link=4, market_entry=-8, revenue=1e9, value=float(value), exit_luck=0.99, listing_luck=0.99)
    return byhand.venture(w, **{**fields, **given})


def test_an_acquisition_by_hand(w):
    w.p.market_acquisition_discount, w.p.entrepreneur_giving = 0.2, 0.1
    row = in_the_market(w, 100 * MILLION_RMB, exit_luck=0.0, cash=7 * MILLION_RMB)
    w.accounts[A.CUSTOMERS].cash = -7 * MILLION_RMB
    f = byhand.fund(w)
    byhand.stake(w, row, f, 10_000_000, MILLION_RMB)
    R.exit_or_stay(w, row)
    R.settle_exits(w)
    v, e = w.ventures[row], w.people[w.ventures[row].founder]
    assert v.status == V.BOUGHT and v.proceeds == 80 * MILLION_RMB and v.cash == 0
    assert w.funds[f].cash == 40 * MILLION_RMB
    assert e.cash == 36 * MILLION_RMB and w.accounts[A.LP_ALUMNI].cash == 4 * MILLION_RMB
    assert w.accounts[A.OUTSIDE].cash == -73 * MILLION_RMB  # the buyer gets the firm's cash with the firm
    assert e.exits == 1 and e.status == rules.entrepreneur.POOL and e.failures == 0
    assert w.clock[0].n_live == 0 and w.clock[0].founders_got == 36 * MILLION_RMB
    assert byhand.total(w) == 0


@pytest.mark.parametrize(
    ("listing", "profits", "passes"),
    [
        (0, (70, 80, 90), True), (0, (70, 80, 59), False), (0, (80, 80, 90), False), (0, (1, 2, 60), True), (0, (1, 2, 59), False),
        (1, (1, 2, 10), True), (1, (1, 2, 9), False), (-1, (70, 80, 90), False),
    ],
)  # fmt: skip
def test_the_listing_gate(w, listing, profits, passes):
    w.p.sector_listing = listing
    w.p.market_hidden_gate, w.p.market_formal_gate = 60.0 * MILLION_RMB, 10.0 * MILLION_RMB
    row = in_the_market(w, 5.0, profit=np.array(profits) * MILLION_RMB)
    assert bool(R.passes_the_gate(w.p[0], w.ventures[row])) is passes


def test_a_listing_by_hand(w):
    w.p.market_listing_premium, w.p.entrepreneur_giving = 0.5, 0.0
    row = in_the_market(w, 100 * MILLION_RMB, listing_luck=0.0, profit=np.array([1, 2, 900]) * MILLION_RMB)
    f = byhand.fund(w)
    byhand.stake(w, row, f, 10_000_000, MILLION_RMB)
    R.exit_or_stay(w, row)
    assert w.ventures[row].status == V.SELLING  # the window is shut
    w.cities[0].window = 1
    R.exit_or_stay(w, row)
    R.settle_exits(w)
    v = w.ventures[row]
    assert v.status == V.PUBLIC and v.listed == 0 and v.proceeds == 150 * MILLION_RMB
    assert w.funds[f].cash == 75 * MILLION_RMB
    assert v.holder[0] == V.PUBLIC_HOLDER and v.insiders == 0
    assert w.clock[0].n_live == 1  # it lives on
    assert w.people[v.founder].exits == 1
    assert w.people[v.founder].cash == pytest.approx(0.05 * 75 * MILLION_RMB)
    assert byhand.total(w) == 0


def test_listing_can_make_a_paper_unicorn_and_the_city_hears_of_it(w):
    w.p.market_unicorn = 150.0 * MILLION_RMB
    w.p.market_listing_premium = 0.5
    w.cities[0].window = 1
    row = in_the_market(w, 100 * MILLION_RMB, listing_luck=0.0, profit=np.array([1, 2, 900]) * MILLION_RMB)
    R.exit_or_stay(w, row)
    assert w.ventures[row].unicorn_paper == 0 and w.cities[0].new_unicorns == 1


def test_a_loss_making_firm_is_listed_only_in_a_favoured_sector_and_when_large(w):
    w.cities[0].window = 1
    w.p.market_loss_making_value, w.p.market_loss_making_rate = 2000.0 * MILLION_RMB, 0.02
    for listing, value, listed in ((1, 2000, True), (1, 1999, False), (0, 9000, False), (-1, 9000, False)):
        w.p.sector_listing = listing
        row = in_the_market(w, value * MILLION_RMB, listing_luck=0.019)
        R.exit_or_stay(w, row)
        assert bool(w.ventures[row].status == V.PUBLIC) is listed


def shut(w, **given):
    row = byhand.venture(w, status=V.SHUT, ended=int(w.clock[0].now), ending=V.OUT_OF_MONEY, **given)
    return row


@pytest.mark.parametrize("failures", [0, 1])
def test_only_of_those_who_had_failed_before_is_it_noted_what_the_project_was_worth(w, failures):
    row = byhand.venture(w, quality=0.7654, ended=0, status=rules.venture.SHUT)
    w.people[w.ventures[row].founder].failures = failures
    R.settle_exits(w)
    assert (w.cities[0].again_ended, w.cities[0].again_quality) == ((1, 765) if failures else (0, 0))


@pytest.mark.parametrize("failures", [0, 2])
def test_a_venture_carries_the_repute_of_its_day_if_its_founder_had_failed(w, failures):
    w.cities[0].repute = -0.25
    founder = byhand.person(w, failures=failures, founding=0, tries=failures)
    R.found_venture(w, founder, 0)
    assert w.ventures[w.people[founder].venture].repute == (-0.25 if failures else 0.0)
    w.cities[0].repute = 1.0
    assert w.ventures[w.people[founder].venture].repute == (-0.25 if failures else 0.0)


def test_a_failure_frees_its_founder_and_its_knowledge(w):
    w.p.market_acquihire, w.p.market_salvage = 0.0, 0.5
    founder = byhand.person(w, status=2, ability=1.0)
    row = shut(w, founder=founder, university=0, sector=2, pace=2.0 * MILLION_RMB)
    f = byhand.fund(w)
    byhand.stake(w, row, f, 1000, 10 * MILLION_RMB)
    R.settle_exits(w)
    e = w.people[founder]
    assert e.status == rules.entrepreneur.POOL and e.failures == 1 and e.failed_at == 0
    assert e.ability == 1.0 + w.p[0].entrepreneur_lesson
    assert w.universities[0].failures_heard.tolist() == [0, 0, 1, 0]
    assert w.funds[f].cash == MILLION_RMB  # half a quarter's spending, all to the investors' preference
    assert w.ventures[row].jobs == 0.0 and w.clock[0].n_live == 0
    assert byhand.total(w) == 0


def test_a_team_may_be_taken_over(w):
    w.p.market_acquihire, w.p.market_acquihire_price = 1.0, 0.3
    row = shut(w, rounds=1, raised=10 * MILLION_RMB)
    alone = shut(w)
    R.settle_exits(w)
    assert w.ventures[row].proceeds == 3 * MILLION_RMB and w.ventures[row].ending == V.TAKEN_OVER
    assert w.ventures[alone].ending == V.OUT_OF_MONEY  # nobody funded it, nobody buys it
    assert w.people[w.ventures[row].founder].failures == 1


def test_a_large_failure_is_a_scandal(w):
    w.p.city_scandal = 100.0 * MILLION_RMB
    shut(w, raised=100 * MILLION_RMB)
    shut(w, raised=100 * MILLION_RMB - 1)
    R.settle_exits(w)
    assert w.cities[0].scandals == 1


# --- redemption ------------------------------------------------------------------------------------------------------


def clause(w, cash, founder_cash, stake_value, since=-24, cost=100, **given):
    """A firm in the market with an investor whose clause has fallen due and who holds half of it."""
    w.p.fund_redemption_interest = 0.02
    row = in_the_market(w, 2 * stake_value * MILLION_RMB, cash=cash * MILLION_RMB, **given)
    w.people[w.ventures[row].founder].cash = founder_cash * MILLION_RMB
    f = byhand.fund(w)
    byhand.stake(w, row, f, 10_000_000, cost * MILLION_RMB, since=since, clause=1)
    return row, f


def test_a_redemption_by_hand(w):
    """Cost 100 and 24 quarters at 2%: 148 are due; the firm has 90, its founder 20."""
    w.p.fund_redemption_liability = 20.0
    row, f = clause(w, 90, 20, 60)
    before = byhand.total(w)
    R.call_in_redemptions(w)
    v, e = w.ventures[row], w.people[w.ventures[row].founder]
    assert w.funds[f].cash == 110 * MILLION_RMB and v.cash == 0 and e.cash == 0
    assert e.barred_until == 20
    assert v.holder[0] == V.NOBODY and v.shares[0] == 0 and v.clauses == 0 and v.insiders == 0
    assert identity_of_shares(v)
    assert v.founders_shares == 10_000_000  # the shares lapse; they are no gift to the founder
    assert byhand.total(w) == before


def test_who_is_paid_in_full_holds_nobody_liable(w):
    row, f = clause(w, 500, 0, 60)
    R.call_in_redemptions(w)
    assert w.funds[f].cash == 148 * MILLION_RMB
    assert w.people[w.ventures[row].founder].barred_until == -1 and w.ventures[row].ending == 0


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("a stake worth more", dict(cash=500, founder_cash=0, stake_value=149)),
        ("nothing to collect", dict(cash=0, founder_cash=0, stake_value=1)),
        ("too early", dict(cash=500, founder_cash=0, stake_value=60, since=-23)),
        ("listed", dict(cash=500, founder_cash=0, stake_value=60, listed=-3)),
    ],
)
def test_when_a_clause_is_not_used(w, what, given):
    w.p.fund_redemption_after = 24.0
    if given.get("listed"):
        given = {**given, "listed": 0}
    row, f = clause(w, **given)
    R.call_in_redemptions(w)
    assert w.funds[f].cash == 0 and w.ventures[row].shares[0] == 10_000_000, what


def test_without_clauses_nothing_is_redeemed(w):
    row, f = clause(w, 500, 0, 60)
    w.p.fund_redemption_share = 0.0
    R.call_in_redemptions(w)
    assert w.funds[f].cash == 0


# --- the end of a fund -----------------------------------------------------------------------------------------------


def at_its_end(w, value=100, **given):
    """A fund whose last day it is, with half of a firm in the market. Returns rows of the venture and the fund."""
    w.clock[0].now = 28
    row = in_the_market(w, value * MILLION_RMB, last_milestone=27)
    f = byhand.fund(w, 0, follow_money=0, new_money=0, fee_money=0, **given)
    byhand.stake(w, row, f, 10_000_000, 20 * MILLION_RMB, since=4)
    return row, f


def test_a_forced_sale_goes_to_outsiders_at_a_discount(w):
    w.p.fund_forced_discount = 0.4
    row, f = at_its_end(w)
    R.end_funds(w)
    v = w.ventures[row]
    assert w.funds[f].cash == 30 * MILLION_RMB == -w.accounts[A.OUTSIDE].cash
    assert v.holder[0] == V.PUBLIC_HOLDER and v.shares[0] == 10_000_000 and v.cost[0] == 30 * MILLION_RMB
    assert w.deals[0].got == 30 * MILLION_RMB and w.deals[0].closed == 28
    assert w.funds[f].ended == 28 and w.managers[0].fund == -1 and w.funds[f].companies == 0
    assert v.insiders == 0 and v.abandoned == -1, "the end of a term says nothing about the venture"
    assert identity_of_shares(v) and byhand.total(w) == 0


def test_two_forced_sales_share_one_place(w):
    row, f = at_its_end(w)
    g = byhand.fund(w, 1)
    byhand.stake(w, row, g, 5_000_000, MILLION_RMB, 1)
    R.end_funds(w)
    v = w.ventures[row]
    assert v.holder.tolist().count(V.PUBLIC_HOLDER) == 1
    assert v.shares.sum() == 15_000_000 and identity_of_shares(v)


def test_the_next_vintage_takes_over_what_it_would_go_on_with(w):
    w.p.fund_relay_discount = 0.1
    row, f = at_its_end(w)
    heir = byhand.fund(w, 0, raised=16, ends=60, follow_money=45 * MILLION_RMB)
    R.end_funds(w)
    v = w.ventures[row]
    assert v.holder[0] == heir and v.active[0] == 1 and v.insiders == 1 and v.abandoned == -1
    assert w.funds[f].cash == 45 * MILLION_RMB
    assert w.funds[heir].called == 45 * MILLION_RMB and w.funds[heir].follow_money == 0 and w.funds[heir].cash == 0
    assert (w.funds[heir].companies, w.funds[heir].holdings) == (1, 1)
    assert w.managers[0].fund == heir
    assert w.deals[1].cost == 45 * MILLION_RMB and w.deals[1].fund == heir
    assert identity_of_shares(v) and byhand.total(w) == 0
    assert w.ventures[row].since[0] == 4, "a manager's patience is not renewed by selling to itself"


@pytest.mark.parametrize("obstacle", ["no money", "no seat", "silent too long", "had stopped"])
def test_when_the_next_vintage_does_not_take_over(w, obstacle):
    row, f = at_its_end(w)
    heir = byhand.fund(w, 0, raised=16, ends=60, follow_money=100 * MILLION_RMB)
    if obstacle == "no money":
        w.funds[heir].follow_money = 1
    elif obstacle == "no seat":
        w.funds[heir].companies = w.funds[heir].capacity
    elif obstacle == "silent too long":
        w.ventures[row].last_milestone = -100
    else:
        w.ventures[row].active[0] = 0
    R.end_funds(w)
    assert w.ventures[row].holder[0] == V.PUBLIC_HOLDER and w.funds[heir].holdings == 0


def test_a_fair_price_before_the_market_follows_public_belief(w):
    rules.prospects.work_out_prospects(w)
    row = byhand.venture(w)
    byhand.stake(w, row, byhand.fund(w), 10_000_000, 5)
    v, p = w.ventures[row], w.p[0]
    fresh = R.fair_stake(w, v, 0, p)
    assert fresh == pytest.approx(w.tables[0].stage_value[0, 0, 2, 2] / 2)
    v.effort = 8.0
    silent = R.fair_stake(w, v, 0, p)
    assert 0.0 < silent < fresh
    v.abandoned = 0
    assert R.fair_stake(w, v, 0, p) == pytest.approx((1 - p.market_insider_stop_discount) * silent)


def test_what_was_not_called_is_released(w):
    f = byhand.fund(w, ends=0, new_money=60, follow_money=30, fee_money=10, part=np.array([500_000, 500_000, 0, 0]))
    for k in range(4):
        w.accounts[A.LP_PRIVATE + k].committed = 1000
    R.end_funds(w)
    assert [int(w.accounts[A.LP_PRIVATE + k].committed) for k in range(4)] == [950, 950, 1000, 1000]
    assert w.funds[f].ended == 0


def guidance(w):
    """The account of the guidance programme, and its row."""
    k = [n for n, x in enumerate(w.programmes) if x.instrument == rules.programme.GUIDANCE][0]
    return w.programme_accounts[k], k


def test_alumni_share_what_they_have_among_those_who_raise(w):
    w.p.fund_lp_share = 0.25
    w.accounts[A.LP_ALUMNI].cash, w.accounts[A.LP_ALUMNI].committed = 1000, 400
    for j in range(3):
        w.managers[j].next_raise = 0
    R.open_books(w)
    assert w.clock[0].lp_free[2] == 200


def test_those_who_raise_share_what_a_guidance_programme_has_not_promised(w):
    w.p.fund_lp_share = 0.25
    account, k = guidance(w)
    account.paid, account.returned, account.called, account.committed = 1000, 50, 300, 150
    for j in range(3):
        w.managers[j].next_raise = 0
    R.open_books(w)
    assert account.offered == 200 and w.managers.guide.tolist()[:4] == [k, k, k, -1]
    account.committed = 800
    R.open_books(w)
    assert account.offered == 0 and w.managers[0].guide == -1


def test_a_frozen_guidance_programme_commits_nothing(w):
    w.p.fund_lp_share = 0.25
    w.managers[0].next_raise = 0
    account, k = guidance(w)
    account.paid = 1000
    R.open_books(w)
    assert account.offered == 1000
    account.frozen_until = 1
    R.open_books(w)
    assert account.offered == 0


def test_guidance_gains_and_losses_are_kept_by_the_citys_part(w):
    row = in_the_market(w, 100 * MILLION_RMB)
    f = byhand.fund(w, part=np.array([750_000, 0, 0, 250_000]), guide=guidance(w)[1])
    byhand.stake(w, row, f, 10_000_000, 40 * MILLION_RMB)
    v = w.ventures[row]
    v.cash = 20 * MILLION_RMB
    R.pay_holder(w, v, 0, 20 * MILLION_RMB, v, row)
    k = [n for n, x in enumerate(w.programmes) if x.instrument == rules.programme.GUIDANCE][0]
    account = w.programme_accounts[k]
    assert account.recent_resolved == 10 * MILLION_RMB and account.recent_lost == 5 * MILLION_RMB
    assert account.written_off == 5 * MILLION_RMB


@quick
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12), st.floats(0.0, 1e12), st.integers(0, 60))
def test_books_balance_after_any_redemption(cost, cash, founder_cash, value, quarters):
    w = byhand.world()
    w.p.fund_redemption_after = 0.0
    row = in_the_market(w, value, cash=cash)
    w.people[w.ventures[row].founder].cash = founder_cash
    byhand.stake(w, row, byhand.fund(w), 10_000_000, cost, since=-quarters, clause=1)
    before = byhand.total(w)
    R.call_in_redemptions(w)
    v = w.ventures[row]
    assert byhand.total(w) == before and identity_of_shares(v)
    assert v.cash >= 0 and w.people[v.founder].cash >= 0
    claim = math.floor(cost * (1.0 + w.p[0].fund_redemption_interest * quarters) + 0.5)
    assert w.funds[0].cash <= claim
    if v.holder[0] == V.NOBODY:
        assert w.funds[0].cash > value / 2 - 1, "nobody hands in a stake for less than it is worth"
