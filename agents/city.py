"""A city: the climate that all in it share. Technology waves, the listing window, how failure is looked at, and what funding is visible."""

import math

import numpy as np

from .accounts import MOVED, RELOCATED, log
from .draws import decision, uniforms4
from .economy import measure_city, productivity
from .fund import ROSTER
from .money import fen
from .programme import GUIDANCE
from .rule import market_rule, rule
from .venture import BUILDING, DEVELOPMENT, INVENTION, PUBLIC, RADICAL

CITY = np.dtype(
    [
        ("key", "u8"),
        ("tolerance", "f8"),  # social tolerance s of failure, 0..1
        ("wave", "f8", (4,)),  # by sector: factor on a market entrant's first revenue
        ("window", "i4"),  # 1: the listing window is open this year
        ("tolerance_seen", "f8", (2, 4)),  # quarters: patience of the money that a project of this form and sector may hope for
        ("chance_seen", "f8", (2, 4)),  # chance of being paid at all, as the city believes
        ("asked", "i8"),  # thousandths of teams that looked for a first round lately, fading
        ("paid", "i8"),  # thousandths of teams that found one lately, fading
        ("asked_again", "i8"),  # of the former, those whose founder had failed before
        ("paid_again", "i8"),
        ("hope_again", "f8"),  # how much less, or more, often than others they find one, as the city believes
        ("repute", "f8"),  # what investors take the mean quality of their projects to be, standard deviations
        ("again_ended", "i8"),  # their ventures that ended last quarter
        ("again_quality", "i8"),  # thousandths: sum of these ventures' qualities
        ("new_unicorns", "i8"),  # last quarter
        ("scandals", "i8"),  # large failures last quarter
        # the economy; running totals are of firms while they have their seat here, fen since the start
        ("tax", "i8"),  # that ventures paid
        ("sales", "i8"),
        ("sales_seen", "i8"),  # the same a quarter ago
        ("invested", "i8"),  # equity
        ("invested_seen", "i8"),
        ("new_jobs", "i8"),  # in ventures, last quarter
        ("most_new_jobs", "i8"),  # the most there have been
        ("old_jobs", "f8"),  # in the old industry
        ("old_output", "i8"),  # fen this quarter
        ("old_tax", "i8"),  # that the old industry paid, fen since the start
        ("idle", "f8"),  # people whom the old industry laid off, neither hired nor gone
        ("old_hired", "f8"),  # of these, by new firms, since the start
        ("old_gone", "f8"),  # retired or left the city, since the start
        ("capital", "f8"),  # fen of equity invested in ventures, less depreciation
        ("all_capital", "i8"),  # fen, with the old industry's
        ("output", "i8"),  # fen this quarter, of both
        ("tfp", "f8"),  # total factor productivity
        # money that may be hoped for: of managers at home here who invest now
        ("money", "i8"),  # million RMB of commitments
        ("money_fitting", "i8", (2, 4)),  # of these, in funds whose remaining life admits a project of this form and sector
        ("money_patience", "i8", (2, 4)),  # the same times tolerance, thousandths of a quarter
        ("support_seen", "f8"),  # fen that the office's awards came to for each team founded here last year
        # who is here
        ("first_resident", "i4"),  # place in the list of residents, which names living ventures city by city
        ("residents", "i4"),
        ("first_programme", "i4"),  # row of the first of the office's programmes, which stand in a row
        ("programmes", "i4"),
        ("managers", "i4"),
        # since the start
        ("founded", "i8"),  # ventures
        ("founded_seen", "i8"),  # the same when the year was opened
        ("arrivals", "i8"),  # people with an idea who came from another city
        ("departures", "i8"),
        ("firms_in", "i8"),  # firms that moved their seat here
        ("firms_out", "i8"),
        ("roster", "i4", (ROSTER,)),  # rows of managers at home here whom a team may meet by chance, by bucket
    ],
    align=True,
)

WAVES = decision("city.waves")
WINDOW = decision("city.window")


@rule
def turn_the_quarter(w, i):
    """Phase 1: the climate changes: technology waves and the listing window by date alone, the same in all cities of a country; social tolerance by the city's news.

    s' = s + eta (s* - s) + a (new unicorns) - b (large failures), kept within 0 and 1.
    """
    city = w.cities[i]
    clock = w.clock[0]
    p = w.p[i]
    now = clock.now
    country = w.cities[0].key
    drift = p.city_tolerance_return * (p.city_tolerance_norm - city.tolerance)
    news = p.city_good_news * float(city.new_unicorns) - p.city_bad_news * float(city.scandals)
    city.tolerance = min(1.0, max(0.0, city.tolerance + drift + news))
    city.new_unicorns = 0
    city.scandals = 0
    if now % 4 == 0:
        year = now // 4
        for s in range(4):
            city.wave[s] = 1.0
        for back in range(int(p.city_wave_years)):
            u = uniforms4(clock.seed, year - back + 1000, country, WAVES)
            for s in range(4):
                if u[s] < p.city_wave_chance:
                    city.wave[s] = 1.0 + p.city_wave_height
        city.window = 1 if uniforms4(clock.seed, year, country, WINDOW)[0] < p.market_window_open else 0


@market_rule
def count_money(w):
    """Phase 1: the money of managers who invest now is summed by their home city, and that of funds which may wait long enough by form and sector.

    Sums are in whole millions and thousandths, so that the order of funds does not matter.
    """
    now = w.clock[0].now
    for i in range(w.cities.shape[0]):
        city = w.cities[i]
        city.money = 0
        for form in range(2):
            for s in range(4):
                city.money_fitting[form, s] = 0
                city.money_patience[form, s] = 0
    for j in range(w.managers.shape[0]):
        m = w.managers[j]
        if m.fund < 0 or w.funds[m.fund].invest_until <= now:
            continue
        f = w.funds[m.fund]
        city = w.cities[m.city]
        money = f.commitment // 100_000_000
        city.money += money
        for form in range(2):
            start = INVENTION if form == RADICAL else DEVELOPMENT
            for s in range(4):
                if float(f.ends - now) >= w.tables[0].time_needed[form, s, start]:
                    city.money_fitting[form, s] += money
                    city.money_patience[form, s] += money * int(m.tolerance * 1000.0)


@rule
def fitting_share(w, i, form, s):
    """Share of the money that a team of a city may meet that may wait for its project, and how patient that part is, quarters.

    In a country a share `market.far` of chance meetings is with managers of other cities, so their money counts with that weight.
    """
    city = w.cities[i]
    share = float(city.money_fitting[form, s]) / max(1.0, float(city.money))
    tolerance = float(city.money_patience[form, s]) / (1000.0 * max(1.0, float(city.money_fitting[form, s])))
    if w.cities.shape[0] == 1:
        return share, tolerance
    money = 0
    fitting = 0
    patience = 0
    for other in range(w.cities.shape[0]):
        if other != i:
            money += w.cities[other].money
            fitting += w.cities[other].money_fitting[form, s]
            patience += w.cities[other].money_patience[form, s]
    far = w.p[0].market_far
    near = (1.0 - far) * share
    far *= float(fitting) / max(1.0, float(money))
    weighed = near * tolerance + far * float(patience) / (1000.0 * max(1.0, float(fitting)))
    return near + far, weighed / max(0.000001, near + far)


@rule
def look_at_funding(w, i):
    """Phase 1: what a founder can know about money: which part of it may wait for such a project, and how patient that part is.

    chance(form, sector) = share of new money whose remaining life admits the project from its start * share of teams that found a first
    round lately;  patience(form, sector) = announced * mean tolerance of that money + (1 - announced) * the reference.
    """
    city = w.cities[i]
    p = w.p[i]
    city.asked -= fen(float(city.asked) / p.entrepreneur_memory)
    city.paid -= fen(float(city.paid) / p.entrepreneur_memory)
    luck = min(1.0, (float(city.paid) + 1000.0 * p.entrepreneur_prior_hope) / (float(city.asked) + 1000.0))
    known = p.entrepreneur_announced
    for form in range(2):
        for s in range(4):
            share, tolerance = fitting_share(w, i, form, s)
            city.chance_seen[form, s] = luck * (known * share + (1.0 - known) * p.entrepreneur_prior_share[form])
            city.tolerance_seen[form, s] = known * tolerance + (1.0 - known) * p.market_reference_tolerance
    hear_of_failed_founders(city, p, luck)


@rule
def hear_of_failed_founders(city, p, luck):
    """Phase 1: what became of those who founded again after a failure: how often they found money compared with all, and what their projects were worth.

    repute' = repute + (1 - e^{-rate n}) (mean quality of the n of their ventures that ended - repute). What a project was worth is known when it is over (assumed).
    Source: Landier 2005: the terms for failed founders rest on what failed founders are, which rests on who gives up, which rests on the terms.
    """
    city.asked_again -= fen(float(city.asked_again) / p.entrepreneur_memory)
    city.paid_again -= fen(float(city.paid_again) / p.entrepreneur_memory)
    again = min(1.0, (float(city.paid_again) + 1000.0 * luck) / (float(city.asked_again) + 1000.0))
    city.hope_again = again / luck if luck > 0.0 else 1.0
    if city.again_ended > 0:
        n = float(city.again_ended)
        city.repute += (1.0 - math.exp(-p.fund_repute_rate * n)) * (0.001 * float(city.again_quality) / n - city.repute)
    city.again_ended = 0
    city.again_quality = 0


@market_rule
def call_the_roll(w):
    """Phase 2: living ventures are listed city by city, in the order in which they stand among the living."""
    clock = w.clock[0]
    cities = w.cities.shape[0]
    clock.n_residents = clock.n_live
    if cities == 1:
        for n in range(clock.n_live):
            w.residents[n] = w.live[n]
        w.cities[0].residents = clock.n_live
        return
    for i in range(cities):
        w.cities[i].residents = 0
    for n in range(clock.n_live):
        w.cities[w.ventures[w.live[n]].city].residents += 1
    first = 0
    for i in range(cities):
        w.cities[i].first_resident = first
        first += w.cities[i].residents
        w.cities[i].residents = 0
    for n in range(clock.n_live):
        city = w.cities[w.ventures[w.live[n]].city]
        w.residents[city.first_resident + city.residents] = w.live[n]
        city.residents += 1


@rule
def move(w, row):
    """A person moves to the city chosen this quarter."""
    e = w.people[row]
    w.cities[e.city].departures += 1
    w.cities[e.heading].arrivals += 1
    log(w.clock[0], w.events, MOVED, row, e.heading, e.city)
    e.city = e.heading


@rule
def relocate(w, row, to):
    """A firm moves its seat to another city, its founder with it; the old city's desk and researchers stay behind."""
    v = w.ventures[row]
    v.desk_until = 0
    v.speed_gain = 0.0
    w.cities[v.city].firms_out += 1
    w.cities[to].firms_in += 1
    log(w.clock[0], w.events, RELOCATED, row, to, v.city)
    v.city = to
    w.people[v.founder].city = to


SERIES = np.dtype(
    [
        ("tick", "i4"),
        ("live", "i4"),
        ("building", "i4"),
        ("selling", "i4"),
        ("listed", "i4"),  # of the living
        ("zombies", "i4"),
        ("radical", "i4"),  # of the living
        ("founded", "i4"),  # since the start
        ("funded", "i4"),  # living with at least one priced round
        ("unicorns", "i4"),  # living, fundamental
        ("pool", "i4"),  # people who may found
        ("funds", "i4"),  # that have not ended
        ("dry_powder", "i8"),  # fen not yet called of living funds
        ("invested", "i8"),  # since the start, fen, as are the next thirteen (see the clock)
        ("granted", "i8"),
        ("repaid", "i8"),
        ("services", "i8"),
        ("stakes", "i8"),
        ("stakes_back", "i8"),
        ("guidance_called", "i8"),
        ("guidance_back", "i8"),
        ("tax", "i8"),
        ("founders_got", "i8"),
        ("lent", "i8"),  # by banks to ventures
        ("loan_losses", "i8"),
        ("compensated", "i8"),
        ("rescued", "i8"),
        ("jobs", "i8"),
        ("old_jobs", "i4"),  # in the old industry
        ("idle_jobs", "i4"),  # of the old industry that are lost and not yet replaced
        ("output", "i8"),  # fen this quarter, of the old industry and of ventures
        ("capital", "i8"),  # fen behind it
        ("tfp", "f8"),  # total factor productivity
        ("tolerance", "f8"),  # social
        ("account", "i8", (12,)),  # balances, fen
        ("imbalance", "i8"),  # sum of all purses and accounts, fen: zero, always
    ],
    align=True,
)


CITY_SERIES = np.dtype(
    [
        ("tick", "i8"),
        ("city", "i8"),  # row
        ("live", "i8"),  # ventures that have their seat here
        ("unicorns", "i8"),  # of these, worth that much now
        ("jobs", "i8"),
        ("founded", "i8"),  # ventures, since the start
        ("arrivals", "i8"),  # people with an idea, since the start
        ("departures", "i8"),
        ("firms_in", "i8"),  # since the start
        ("firms_out", "i8"),
        ("old_jobs", "i8"),  # in the old industry
        ("idle_jobs", "i8"),  # of the old industry that are lost and not yet replaced
        ("output", "i8"),  # fen this quarter, of the old industry and of ventures
        ("capital", "i8"),  # fen behind it
        ("tfp", "f8"),  # total factor productivity
        ("public", "i8"),  # fen that the office's programmes paid and did not get back, since the start
        ("tolerance", "f8"),  # social
    ],
    align=True,
)


@rule
def public_cost(w, i):
    """What the programmes of a city's office have paid, less what came back, fen since the start. Money for funds counts when it is called."""
    cost = 0
    for k in range(w.cities[i].first_programme, w.cities[i].first_programme + w.cities[i].programmes):
        account = w.programme_accounts[k]
        cost += (account.called if w.programmes[k].instrument == GUIDANCE else account.paid) - account.returned
    return cost


@rule
def close_city_line(w, i):
    """A city's line of the quarter gets its running totals."""
    city = w.cities[i]
    clock = w.clock[0]
    line = w.city_series[clock.now * w.cities.shape[0] + i]
    line.tick = clock.now
    line.city = i
    line.founded = city.founded
    line.arrivals = city.arrivals
    line.departures = city.departures
    line.firms_in = city.firms_in
    line.firms_out = city.firms_out
    line.old_jobs = fen(city.old_jobs)
    line.idle_jobs = fen(city.idle)
    line.output = city.output
    line.capital = city.all_capital
    line.tfp = city.tfp
    line.public = public_cost(w, i)
    line.tolerance = city.tolerance


@rule
def sum_of_purses(w):
    """All money there is. Nobody makes any: the sum is zero."""
    clock = w.clock[0]
    total = 0
    for i in range(w.accounts.shape[0]):
        total += w.accounts[i].cash
    for i in range(clock.n_people):
        total += w.people[i].cash
    for i in range(clock.n_ventures):
        total += w.ventures[i].cash
    for i in range(clock.n_funds):
        total += w.funds[i].cash
    for i in range(w.universities.shape[0]):
        total += w.universities[i].cash
    for i in range(w.programme_accounts.shape[0]):
        total += w.programme_accounts[i].cash
    for i in range(w.banks.shape[0]):
        total += w.banks[i].cash
    return total


@rule
def sum_up_economy(w, s):
    """The line of the quarter: jobs, output and capital of all cities, and the productivity of the whole by the first city's share of capital."""
    jobs = 0.0
    for i in range(w.cities.shape[0]):
        city = w.cities[i]
        city.new_jobs = w.city_series[w.clock[0].now * w.cities.shape[0] + i].jobs
        measure_city(w, i)
        jobs += city.old_jobs + float(city.new_jobs)
        s.old_jobs += fen(city.old_jobs)
        s.idle_jobs += fen(city.idle)
        s.output += city.output
        s.capital += city.all_capital
    s.tfp = productivity(float(s.output), float(s.capital), jobs, w.p[0].city_capital_share)


@market_rule
def take_stock(w):
    """Phase 9: one line of the series; funds that have ended leave the list of the open ones. The books are summed in every quarter of a run that is audited, else in its last."""
    clock = w.clock[0]
    p = w.p[0]
    s = w.series[clock.now]
    s.tick = clock.now
    first = clock.now * w.cities.shape[0]
    for n in range(clock.n_live):
        v = w.ventures[w.live[n]]
        s.live += 1
        if v.status == BUILDING:
            s.building += 1
        else:
            s.selling += 1
        if v.status == PUBLIC:
            s.listed += 1
        if v.form == RADICAL:
            s.radical += 1
        if v.rounds > 0:
            s.funded += 1
        if v.idle >= p.market_zombie_after:
            s.zombies += 1
        s.jobs += int(v.jobs)
        line = w.city_series[first + v.city]
        line.live += 1
        line.jobs += int(v.jobs)
        if v.unicorn_fundamental >= 0 and v.value >= p.market_unicorn:
            s.unicorns += 1
            line.unicorns += 1
    kept = 0
    for n in range(clock.n_open_funds):
        f = w.funds[w.open_funds[n]]
        if f.ended < 0:
            s.funds += 1
            s.dry_powder += f.new_money + f.follow_money
            w.open_funds[kept] = w.open_funds[n]
            kept += 1
    clock.n_open_funds = kept
    s.pool = clock.n_agenda
    s.founded = clock.n_ventures
    s.invested = clock.invested
    s.granted = clock.granted
    s.repaid = clock.repaid
    s.services = clock.services
    s.stakes = clock.stakes
    s.stakes_back = clock.stakes_back
    s.guidance_called = clock.guidance_called
    s.guidance_back = clock.guidance_back
    s.tax = clock.tax
    s.founders_got = clock.founders_got
    sum_up_economy(w, s)
    for i in range(w.cities.shape[0]):
        s.tolerance += w.cities[i].tolerance / float(w.cities.shape[0])
        close_city_line(w, i)
    s.lent = clock.lent
    s.loan_losses = clock.loan_losses
    s.compensated = clock.compensated
    s.rescued = clock.rescued
    for a in range(w.accounts.shape[0]):
        s.account[a] = w.accounts[a].cash
    if clock.auditing == 1 or clock.now + 1 == clock.last:
        s.imbalance = sum_of_purses(w)
