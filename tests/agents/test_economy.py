"""The old industry, its phase-out, what hangs on its taxes, and the accounts of growth: by hand, then what must always hold."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

from seedbed.model.outcomes import _yearly_growth  # noqa: E402

R = rules.economy
A = rules.accounts


def town(**given):
    """A city with 1,000 old jobs of 0.4 million RMB a year each, a tenth of it tax; a fifth of what remains is closed in a year, from now on."""
    w = byhand.world({"city.old_jobs": 1000}, [])
    settings = dict(
        city_old_output=0.1 * MILLION_RMB, city_old_tax=0.1, city_old_pace=0.05, city_old_starts=0.0, city_old_waits=0.0, city_old_hired=0.5,
        city_old_leave=0.0, city_old_capital=2.0 * MILLION_RMB, city_capital_share=0.4, city_depreciation=0.0,
    )  # fmt: skip
    for name, value in {**settings, **given}.items():
        w.p[name] = value
    R.open_old_industry(w, 0)
    return w


# --- the phase-out ---------------------------------------------------------------------------------------------------


def test_a_quarter_of_the_old_industry_by_hand():
    """1,000 jobs, a twentieth closed, nobody hires: 950 make 95 million RMB, of which 9.5 are tax and the rest households' income."""
    w = town()
    R.run_old_industry(w, 0)
    city = w.cities[0]
    assert city.old_jobs == pytest.approx(950.0) and city.idle == pytest.approx(50.0)
    assert city.old_output == 95 * MILLION_RMB and city.old_tax == 95 * MILLION_RMB // 10
    assert w.accounts[A.CUSTOMERS].cash == -95 * MILLION_RMB
    assert w.accounts[A.TREASURY].cash == city.old_tax and w.accounts[A.HOUSEHOLDS].cash == 95 * MILLION_RMB - city.old_tax
    assert byhand.total(w) == 0


def test_nothing_is_closed_before_the_phase_out_begins():
    w = town(city_old_starts=8.0)
    w.clock[0].now = 7
    R.run_old_industry(w, 0)
    assert w.cities[0].old_jobs == 1000.0
    w.clock[0].now = 8
    R.run_old_industry(w, 0)
    assert w.cities[0].old_jobs == pytest.approx(950.0)


def test_new_firms_hire_those_laid_off_as_far_as_their_jobs_go():
    """60 jobs have come: half of them are open to the 50 laid off, 20 stay idle; half of those leave in the quarter."""
    w = town(city_old_leave=0.5)
    w.cities[0].new_jobs = 60
    R.run_old_industry(w, 0)
    city = w.cities[0]
    assert city.old_hired == pytest.approx(30.0) and city.idle == pytest.approx(10.0) and city.old_gone == pytest.approx(10.0)
    assert city.most_new_jobs == 60


def test_a_job_that_comes_back_is_no_new_one():
    w = town(city_old_pace=0.0)
    w.cities[0].idle, w.cities[0].most_new_jobs = 100.0, 300
    for jobs, hired in ((200, 0.0), (300, 0.0), (340, 20.0)):
        w.cities[0].new_jobs = jobs
        R.run_old_industry(w, 0)
        assert w.cities[0].old_hired == pytest.approx(hired)


@pytest.mark.parametrize(("waits", "closed"), [(0.0, 50.0), (0.5, 35.0), (1.0, 20.0)])
def test_the_part_that_waits_closes_no_more_than_there_are_places(waits, closed):
    """The pace would close 50; 40 new jobs leave 20 places."""
    w = town(city_old_waits=waits)
    w.cities[0].new_jobs = 40
    R.run_old_industry(w, 0)
    assert w.cities[0].old_jobs == pytest.approx(1000.0 - closed)
    assert w.cities[0].idle == pytest.approx(closed - 20.0)


def test_those_who_are_idle_already_go_first():
    """30 idle before the phase-out waits: of 20 places none is left for those who might be laid off."""
    w = town(city_old_waits=1.0)
    w.cities[0].new_jobs, w.cities[0].idle = 40, 30.0
    R.run_old_industry(w, 0)
    assert w.cities[0].old_jobs == 1000.0 and w.cities[0].idle == pytest.approx(10.0)


@quick
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.lists(st.integers(0, 5000), min_size=1, max_size=12))
def test_everybody_is_somewhere_and_who_waits_is_never_idle(pace, waits, hired, leave, jobs):
    w = town(city_old_pace=pace, city_old_waits=waits, city_old_hired=hired, city_old_leave=leave)
    city = w.cities[0]
    for n in jobs:
        before = city.old_jobs
        city.new_jobs = n
        R.run_old_industry(w, 0)
        assert 0.0 <= city.old_jobs <= before and city.idle >= -1e-9
        assert city.old_jobs + city.idle + city.old_hired + city.old_gone == pytest.approx(1000.0)
        if waits == 1.0:
            assert city.idle == pytest.approx(0.0, abs=1e-6)
        assert byhand.total(w) == 0


def test_without_old_jobs_nothing_moves():
    w = town()
    w.cities[0].old_jobs, w.cities[0].new_jobs = 0.0, 70
    R.run_old_industry(w, 0)
    assert not w.accounts.cash.any() and w.cities[0].old_tax == 0 and w.cities[0].idle == 0.0


# --- budgets ---------------------------------------------------------------------------------------------------------


def test_the_office_begins_with_the_taxes_that_it_is_used_to():
    """1,000 jobs of 0.4 million a year, a tenth of it tax: 40 million a year."""
    w = town()
    assert w.offices[0].tax_year == R.usual_revenue(w.p[0]) == 40 * MILLION_RMB


@pytest.mark.parametrize(("bound", "taxes", "factor"), [(0.0, 10, 1.0), (0.5, 10, 0.625), (1.0, 10, 0.25), (1.0, 60, 1.5), (1.0, 0, 0.0)])
def test_the_part_of_a_budget_that_hangs_on_taxes(bound, taxes, factor):
    """A year's taxes of 10 million instead of 40: of the part that hangs on them a quarter is left."""
    w = town(government_revenue_bound=bound)
    w.offices[0].tax_year = taxes * MILLION_RMB
    assert R.budget_factor(w.p[0], w.offices[0]) == pytest.approx(factor)


def test_budgets_stand_as_written_where_there_was_no_old_industry():
    w = byhand.world({"government.revenue_bound": 1.0}, [])
    w.offices[0].tax_year = 5 * MILLION_RMB
    assert R.budget_factor(w.p[0], w.offices[0]) == 1.0


def test_budgets_follow_the_taxes_and_come_back_with_them():
    """Taxes fall to a half, to nothing, and recover: so do the budgets, and no year's loss is carried into the next."""
    w = byhand.world({"city.old_jobs": 1000, "city.old_output": "0.4 million RMB per year", "city.old_tax": 0.1, "government.revenue_bound": 1.0}, ["small_grant"])
    R.open_old_industry(w, 0)
    written = int(w.programmes[0].budget)
    budgets = []
    for year, taxes in enumerate((40, 20, 0, 40)):  # of the year that has ended
        w.clock[0].now = 4 * year
        if year:
            w.cities[0].old_tax += taxes * MILLION_RMB
        rules.government.open_year(w, 0)
        budgets.append(int(w.programme_accounts[0].budget) / written)
    assert budgets == pytest.approx([1.0, 0.5, 0.0, 1.0])
    assert w.programme_accounts[0].planned == written


def test_new_revenue_counts_what_both_industries_pay_more_than_the_year_before():
    w = town()
    city, office = w.cities[0], w.offices[0]
    more = []
    for old, new in ((40, 0), (30, 25), (20, 30)):
        city.old_tax += old * MILLION_RMB
        city.tax += new * MILLION_RMB
        more.append(int(rules.government.new_revenue(office, city)) // MILLION_RMB)
    assert more == [0, 15, 0]


# --- growth ----------------------------------------------------------------------------------------------------------


def test_productivity_is_the_solow_residual():
    """Y = 80 million a year, K = 400 million, L = 200, a = 0.4: A = 80 / (400^0.4 200^0.6)."""
    found = R.productivity(20.0 * MILLION_RMB, 400.0 * MILLION_RMB, 200.0, 0.4)
    assert found == pytest.approx(80.0 / (400.0**0.4 * 200.0**0.6))
    assert R.productivity(0.0, 1.0, 1.0, 0.4) == R.productivity(1.0, 0.0, 1.0, 0.4) == R.productivity(1.0, 1.0, 0.0, 0.4) == 0.0


def test_twice_of_everything_makes_twice_as_much_and_is_no_more_productive():
    one = R.productivity(3e9, 7e10, 500.0, 0.35)
    assert R.productivity(6e9, 14e10, 1000.0, 0.35) == pytest.approx(one)
    assert R.productivity(6e9, 7e10, 500.0, 0.35) == pytest.approx(2 * one)


def test_output_capital_and_jobs_of_both_industries():
    """950 old jobs make 95 million with 1,900 of capital; firms sold 5 million in the quarter, were given 100 million of equity, and have 50 jobs."""
    w = town(city_depreciation=0.1)
    R.run_old_industry(w, 0)
    city = w.cities[0]
    city.sales, city.sales_seen, city.invested, city.new_jobs = 12 * MILLION_RMB, 7 * MILLION_RMB, 100 * MILLION_RMB, 50
    R.measure_city(w, 0)
    assert city.output == 100 * MILLION_RMB and city.all_capital == 2000 * MILLION_RMB
    assert city.tfp == pytest.approx(400.0 / (2000.0**0.4 * 1000.0**0.6))
    R.measure_city(w, 0)  # nothing more is sold or invested: equity fades by a tenth
    assert city.output == 95 * MILLION_RMB and city.all_capital == 1990 * MILLION_RMB


def test_stock_is_taken_of_the_economy():
    w = town()
    R.run_old_industry(w, 0)
    byhand.venture(w, jobs=7.9)
    byhand.venture(w, jobs=4.0)
    rules.city.take_stock(w)
    s, city = w.series[0], w.cities[0]
    assert (s.old_jobs, s.idle_jobs, s.jobs) == (950, 50, 11) and city.new_jobs == 11
    assert s.output == 95 * MILLION_RMB and s.capital == 1900 * MILLION_RMB
    assert s.tfp == city.tfp == pytest.approx(380.0 / (1900.0**0.4 * 961.0**0.6))


def test_the_city_counts_the_tax_and_sales_of_its_firms():
    """20 million of sales in a quarter, 5 million of profit, a fifth of it tax."""
    w = byhand.world({}, [])
    w.p.venture_margin_start = w.p.venture_margin_mature = 0.25
    w.p.city_tax = 0.2
    row = byhand.venture(w, status=2, link=4, market_entry=-1, revenue=80.0 * MILLION_RMB, mark=80.0 * MILLION_RMB)
    rules.venture.work_a_quarter(w, row)
    assert w.cities[0].tax == w.clock[0].tax == MILLION_RMB
    assert w.cities[0].sales == 20 * MILLION_RMB


def test_growth_of_productivity_is_measured_from_the_first_year_to_the_last():
    index = np.exp(np.log(1.03) * np.arange(40) / 4.0)
    assert _yearly_growth(index) == pytest.approx(0.03)
    assert math.isnan(_yearly_growth(index[:7])) and math.isnan(_yearly_growth(np.zeros(40)))
