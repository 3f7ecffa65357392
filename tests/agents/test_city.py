"""A city's rules, worked by hand: waves, the listing window, social tolerance, and what founders can see of money."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

R = rules.city


@pytest.fixture
def w():
    return byhand.world()


# --- climate ---------------------------------------------------------------------------------------------------------


def test_social_tolerance_by_hand(w):
    w.p.city_tolerance_norm, w.p.city_tolerance_return = 0.6, 0.25
    w.p.city_good_news, w.p.city_bad_news = 0.05, 0.01
    city = w.cities[0]
    city.tolerance, city.new_unicorns, city.scandals = 0.4, 2, 3
    R.turn_the_quarter(w, 0)
    assert city.tolerance == pytest.approx(0.4 + 0.25 * 0.2 + 2 * 0.05 - 3 * 0.01)
    assert (city.new_unicorns, city.scandals) == (0, 0)


@quick
@given(st.floats(0, 1), st.integers(0, 200), st.integers(0, 2000))
def test_social_tolerance_stays_between_nought_and_one(tolerance, unicorns, scandals):
    w = climate
    city = w.cities[0]
    city.tolerance, city.new_unicorns, city.scandals = tolerance, unicorns, scandals
    R.turn_the_quarter(w, 0)
    assert 0.0 <= city.tolerance <= 1.0


climate = byhand.world()


def test_without_news_social_tolerance_returns_to_its_norm(w):
    w.cities[0].tolerance = 0.0
    seen = []
    for now in range(200):
        w.clock[0].now = now
        R.turn_the_quarter(w, 0)
        seen.append(float(w.cities[0].tolerance))
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(w.p[0].city_tolerance_norm, abs=1e-3)


def test_a_wave_lasts_its_years_and_belongs_to_a_sector(w):
    w.p.city_wave_years, w.p.city_wave_chance, w.p.city_wave_height = 3, 0.15, 0.6
    years = 4000
    wave = np.empty((years, 4))
    for year in range(years):
        w.clock[0].now = 4 * year
        R.turn_the_quarter(w, 0)
        wave[year] = w.cities[0].wave
    assert set(np.unique(wave)) == {1.0, 1.6}
    expected = 1.0 - 0.85**3
    for s in range(4):
        high = wave[:, s] > 1.0
        assert high.mean() == pytest.approx(expected, abs=3 * math.sqrt(3 * expected * (1 - expected) / years))
        lengths = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], high, [0]]))))[::2]
        assert lengths.min() >= 3  # it rolls for three years from its beginning
    assert abs(np.corrcoef(wave.T)[0, 1]) < 0.1


def test_the_window_opens_by_year_and_stays_through_it(w):
    w.p.market_window_open = 0.7
    seen = []
    for now in range(8000):
        w.clock[0].now = now
        R.turn_the_quarter(w, 0)
        seen.append(int(w.cities[0].window))
    by_year = np.array(seen).reshape(-1, 4)
    assert (by_year == by_year[:, :1]).all()
    assert by_year[:, 0].mean() == pytest.approx(0.7, abs=3 * math.sqrt(0.21 / 2000))


# --- what founders can see -------------------------------------------------------------------------------------------


def look(w):
    R.count_money(w)
    R.look_at_funding(w, 0)


def seen(w):
    look(w)
    return w.cities[0]


def test_with_no_money_there_is_nothing_to_hope_for(w):
    w.p.entrepreneur_announced = 1.0
    city = seen(w)
    assert (city.chance_seen == 0.0).all() and (city.tolerance_seen == 0.0).all()


def test_chance_and_patience_by_hand(w):
    """Money 300 with 12 years to go and patience 28; money 100 with 5 years to go and patience 9: fast projects see both, slow ones the first."""
    w.p.entrepreneur_announced, w.p.entrepreneur_prior_hope = 1.0, 0.5
    w.managers[0].tolerance, w.managers[1].tolerance = 28.0, 9.0
    needed = rules.fund.time_needed(w.p[0], 1, 2, rules.venture.INVENTION)
    fast = rules.fund.time_needed(w.p[0], 0, 0, rules.venture.DEVELOPMENT)
    assert fast < 20.0 < needed
    byhand.fund(w, 0, commitment=300 * MILLION_RMB, ends=math.ceil(needed) + 1, invest_until=9)
    byhand.fund(w, 1, commitment=100 * MILLION_RMB, ends=20, invest_until=9)
    city = seen(w)
    assert city.chance_seen[1, 2] == pytest.approx(0.5 * 0.75) and city.tolerance_seen[1, 2] == pytest.approx(28.0)
    assert city.chance_seen[0, 0] == pytest.approx(0.5) and city.tolerance_seen[0, 0] == pytest.approx((3 * 28 + 9) / 4)
    w.funds[0].invest_until = 0  # its investment period is over
    city = seen(w)
    assert city.chance_seen[1, 2] == 0.0 and city.tolerance_seen[0, 0] == pytest.approx(9.0)


def test_what_is_not_announced_is_taken_for_granted(w):
    w.p.entrepreneur_announced = 0.0
    w.p.entrepreneur_prior_share = 0.4
    w.p.entrepreneur_prior_hope = 1.0
    w.managers[0].tolerance = 28.0
    byhand.fund(w, 0, ends=1000)
    city = seen(w)
    assert city.tolerance_seen.ravel().tolist() == pytest.approx([w.p[0].market_reference_tolerance] * 8)
    assert city.chance_seen.ravel().tolist() == pytest.approx([0.4] * 8)


def test_luck_of_others_is_remembered_and_fades(w):
    w.p.entrepreneur_announced, w.p.entrepreneur_prior_hope = 1.0, 0.0
    byhand.fund(w, 0, ends=1000, invest_until=1000)
    city = w.cities[0]
    city.asked, city.paid = 999_000, 300_000
    look(w)
    first = float(city.chance_seen[0, 0])
    assert first == pytest.approx(0.3, abs=0.01)
    for _ in range(200):
        look(w)
    assert city.chance_seen[0, 0] < 0.05 * first


# --- failed founders -------------------------------------------------------------------------------------------------


def test_repute_follows_what_projects_of_failed_founders_were_worth(w):
    """Three ended, of mean quality 0.4: the belief moves by 1 - e^{-0.3} towards it, once."""
    w.p.fund_repute_rate = 0.1
    city = w.cities[0]
    city.repute, city.again_ended, city.again_quality = -1.0, 3, 1200
    look(w)
    expected = -1.0 + (1.0 - math.exp(-0.3)) * 1.4
    assert city.repute == pytest.approx(expected) and (city.again_ended, city.again_quality) == (0, 0)
    look(w)
    assert city.repute == pytest.approx(expected)


def test_a_belief_that_does_not_learn_stays_and_one_that_is_sure_of_the_news_takes_it_over(w):
    city = w.cities[0]
    for rate, then in ((0.0, -1.0), (50.0, 0.4)):
        w.p.fund_repute_rate = rate
        city.repute, city.again_ended, city.again_quality = -1.0, 3, 1200
        look(w)
        assert city.repute == pytest.approx(then)


def test_the_hope_of_those_who_failed_is_their_luck_beside_that_of_all(w):
    w.p.entrepreneur_prior_hope, w.p.entrepreneur_memory = 0.5, 1e9
    city = w.cities[0]
    look(w)
    assert city.hope_again == 1.0  # nobody has tried
    city.asked, city.paid, city.asked_again, city.paid_again = 99_000, 49_500, 9_000, 0
    look(w)
    assert city.hope_again == pytest.approx(0.1)  # one of ten that was believed in beforehand, beside a half: (0 + 0.5) / (9 + 1) / 0.5


@quick
@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 1), st.floats(0, 1))
def test_a_chance_seen_is_a_chance(asked, paid, announced, hope):
    w = climate
    w.p.entrepreneur_announced, w.p.entrepreneur_prior_hope = announced, hope
    w.cities[0].asked, w.cities[0].paid = asked, paid
    look(w)
    assert ((w.cities[0].chance_seen >= 0.0) & (w.cities[0].chance_seen <= 1.0)).all()


byhand.fund(climate, 0, ends=1000, invest_until=1000)


def test_stock_is_taken_of_all_purses(w):
    w.clock[0].auditing = 1
    w.accounts[0].cash = -12
    byhand.venture(w, cash=5, jobs=3.0)
    w.people[0].cash = 7
    byhand.fund(w, new_money=40, follow_money=2)
    R.take_stock(w)
    s = w.series[0]
    assert s.imbalance == 0 and s.jobs == 3 and s.live == s.building == 1
    assert s.dry_powder == 42 and s.funds == 1
    w.accounts[0].cash = -13
    R.take_stock(w)
    assert w.series[0].imbalance == -1
