"""A city's old industry, its phase-out, and what the city makes of its people and capital: growth accounting over the old and the new.

"Establish before breaking": where the old is closed faster than the new comes, people stand idle, and the treasury that pays for the new runs
dry: the cage is empty and no bird has come. A city without old jobs has none of this, and nothing here moves a fen in it.
"""

import math

from .accounts import CUSTOMERS, HOUSEHOLDS, TREASURY
from .money import fen, pay
from .rule import rule


@rule
def open_old_industry(w, i):
    """At the start: the old industry's jobs, and the taxes that the city's office is used to from it."""
    w.cities[i].old_jobs = float(w.p[i].city_old_jobs)
    w.offices[i].tax_year = usual_revenue(w.p[i])


@rule
def usual_revenue(p):
    """Taxes of the old industry in a year in which nothing has been closed, fen: what budgets were drawn up against."""
    return 4 * old_tax(p, fen(float(p.city_old_jobs) * p.city_old_output))


@rule
def old_tax(p, output):
    """The old industry's tax on a quarter's output, fen."""
    return fen(p.city_old_tax * float(output))


@rule
def places_that_came(city, p):
    """New firms' jobs of the last quarter that are open to people whom the old industry has laid off.

    places = share * max(0, new jobs - most new jobs there have ever been): a job that comes back where one had gone takes back its own people.
    """
    more = max(0, city.new_jobs - city.most_new_jobs)
    city.most_new_jobs += more
    return p.city_old_hired * float(more)


@rule
def jobs_to_close(city, p, places, now):
    """How many of the old industry's jobs J are closed this quarter, at the pace a, of which the part w waits for the new:

    closed = (1 - w) a J + w min(a J, places that those who are idle already leave).  With w = 1 nobody is laid off before there is a place.
    """
    if float(now) < p.city_old_starts:
        return 0.0
    aim = min(1.0, p.city_old_pace) * city.old_jobs
    ready = min(aim, max(0.0, places - city.idle))
    return (1.0 - p.city_old_waits) * aim + p.city_old_waits * ready


@rule
def run_old_industry(w, i):
    """Phase 1: the old industry closes some jobs, sells what the rest make, and pays its taxes; those laid off are hired by new firms, wait, or go.

    idle' = (idle + closed - hired) (1 - leave), hired = min(idle + closed, places).  What customers pay is the old industry's value added: taxes go to
    the treasury and the rest to households. Assumed: output, capital and tax a job stay as they are; those who go retire or leave the city for good.
    """
    city = w.cities[i]
    p = w.p[i]
    places = places_that_came(city, p)
    closed = jobs_to_close(city, p, places, w.clock[0].now)
    city.old_jobs -= closed
    hired = min(city.idle + closed, places)
    waiting = city.idle + closed - hired
    city.idle = waiting * (1.0 - min(1.0, p.city_old_leave))
    city.old_hired += hired
    city.old_gone += waiting - city.idle
    city.old_output = fen(city.old_jobs * p.city_old_output)
    tax = old_tax(p, city.old_output)
    pay(w.accounts[CUSTOMERS], w.accounts[HOUSEHOLDS], city.old_output - tax)
    pay(w.accounts[CUSTOMERS], w.accounts[TREASURY], tax)
    city.old_tax += tax


@rule
def budget_factor(p, office):
    """What part of the budgets as written an office can pay: 1 where they do not hang on taxes, or no old industry was there to draw them up against.

    factor = (1 - b) + b * taxes of the last year / taxes of the old industry at the start.  Taxes are those of the old industry and of ventures together.
    """
    usual = usual_revenue(p)
    if p.government_revenue_bound <= 0.0 or usual <= 0:
        return 1.0
    return 1.0 - p.government_revenue_bound + p.government_revenue_bound * float(office.tax_year) / float(usual)


@rule
def productivity(output, capital, jobs, share):
    """Total factor productivity: the Solow residual A = Y / (K^a L^(1-a)), Y in million RMB a year, K in million RMB; 0 where one of them is nothing.

    Source: Solow 1957. Its level hangs on the units; its growth does not.
    """
    if output <= 0.0 or capital <= 0.0 or jobs <= 0.0:
        return 0.0
    made = math.log(output * 4.0 / 1.0e8)
    return math.exp(made - share * math.log(capital / 1.0e8) - (1.0 - share) * math.log(jobs))


@rule
def measure_city(w, i):
    """A city's output of the quarter, the capital behind it, and its total factor productivity.

    Y = old output + what ventures sold;  K = capital of the old jobs + equity invested in ventures, fading at the rate of depreciation;  L = jobs in both.
    Assumed: all that ventures pay goes for labour, so that sales are value added; work on a milestone makes nothing that counts until it sells; the old
    industry's capital is scrapped with its jobs; a firm that moves its seat leaves its capital behind. Who is idle is not in L: the empty cage shows in idle jobs.
    """
    city = w.cities[i]
    p = w.p[i]
    city.capital = (1.0 - min(1.0, p.city_depreciation)) * city.capital + float(city.invested - city.invested_seen)
    city.output = city.old_output + city.sales - city.sales_seen
    city.invested_seen = city.invested
    city.sales_seen = city.sales
    city.all_capital = fen(city.capital + city.old_jobs * p.city_old_capital)
    city.tfp = productivity(float(city.output), float(city.all_capital), city.old_jobs + float(city.new_jobs), p.city_capital_share)
