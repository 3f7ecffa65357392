"""A city: the climate that all others share. Technology waves, the listing window, how failure is looked at, and what funding is visible."""


import numpy as np

from .draws import decision, uniforms4
from .money import fen
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
        ("new_unicorns", "i8"),  # last quarter
        ("scandals", "i8"),  # large failures last quarter
    ],
    align=True,
)

WAVES = decision("city.waves")
WINDOW = decision("city.window")


@rule
def turn_the_quarter(w, i):
    """Phase 1: the climate changes: technology waves and the listing window by date and city alone, social tolerance by news.

    s' = s + eta (s* - s) + a (new unicorns) - b (large failures), kept within 0 and 1.
    """
    city = w.cities[i]
    clock = w.clock[0]
    p = w.p[0]
    now = clock.now
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
            u = uniforms4(clock.seed, year - back + 1000, city.key, WAVES)
            for s in range(4):
                if u[s] < p.city_wave_chance:
                    city.wave[s] = 1.0 + p.city_wave_height
        city.window = 1 if uniforms4(clock.seed, year, city.key, WINDOW)[0] < p.market_window_open else 0


@rule
def look_at_funding(w, i):
    """Phase 1: what a founder can know about money: which part of it may wait for such a project, and how patient that part is.

    chance(form, sector) = share of new money whose remaining life admits the project from its start * share of teams that found a first
    round lately;  patience(form, sector) = announced * mean tolerance of that money + (1 - announced) * the reference.
    Sums are in whole millions and thousandths, so that the order of funds does not matter.
    """
    city = w.cities[i]
    clock = w.clock[0]
    p = w.p[0]
    city.asked -= fen(float(city.asked) / p.entrepreneur_memory)
    city.paid -= fen(float(city.paid) / p.entrepreneur_memory)
    luck = min(1.0, (float(city.paid) + 1000.0 * p.entrepreneur_prior_hope) / (float(city.asked) + 1000.0))
    for form in range(2):
        start = INVENTION if form == RADICAL else DEVELOPMENT
        for s in range(4):
            needed = w.tables[0].time_needed[form, s, start]
            all_money = 0
            fitting = 0
            patience = 0
            for j in range(w.managers.shape[0]):
                m = w.managers[j]
                if m.fund >= 0 and w.funds[m.fund].invest_until > clock.now:
                    f = w.funds[m.fund]
                    money = f.commitment // 100_000_000
                    all_money += money
                    if float(f.ends - clock.now) >= needed:
                        fitting += money
                        patience += money * int(m.tolerance * 1000.0)
            share = float(fitting) / max(1.0, float(all_money))
            tolerance = float(patience) / (1000.0 * max(1.0, float(fitting)))
            known = p.entrepreneur_announced
            city.chance_seen[form, s] = luck * (known * share + (1.0 - known) * p.entrepreneur_prior_share[form])
            city.tolerance_seen[form, s] = known * tolerance + (1.0 - known) * p.market_reference_tolerance


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
        ("tolerance", "f8"),  # social
        ("account", "i8", (12,)),  # balances, fen
        ("imbalance", "i8"),  # sum of all purses and accounts, fen: zero, always
    ],
    align=True,
)


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


@market_rule
def take_stock(w):
    """Phase 9: one line of the series; funds that have ended leave the list of the open ones. The books are summed in every quarter of a run that is audited, else in its last."""
    clock = w.clock[0]
    p = w.p[0]
    s = w.series[clock.now]
    s.tick = clock.now
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
        if v.unicorn_fundamental >= 0 and v.value >= p.market_unicorn:
            s.unicorns += 1
        s.jobs += int(v.jobs)
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
    s.lent = clock.lent
    s.loan_losses = clock.loan_losses
    s.compensated = clock.compensated
    s.rescued = clock.rescued
    s.tolerance = w.cities[0].tolerance
    for a in range(w.accounts.shape[0]):
        s.account[a] = w.accounts[a].cash
    if clock.auditing == 1 or clock.now + 1 == clock.last:
        s.imbalance = sum_of_purses(w)
