"""What everybody can work out: the present value of sales, what milestones passed say about quality, and what each stage is worth.

These tables follow from the parameters alone. They are worked out by the same rules that the agents use, once, when a world opens.
"""

import math

import numpy as np

from .fund import stage_worth, time_needed
from .rule import market_rule, rule
from .venture import MATURE, arrival_rate, best_stop, feasibility, growth_rate, margin_at, planned_burn

CIRCLE = 4096  # places on the circle of acquaintance of two cohorts
DESK = 1024  # teams that an office can rank at once
GRID = 97  # points of the numerical integral over quality
GRID_WIDTH = 4.0  # standard deviations

TABLES = np.dtype(
    [
        ("multiple", "f8", (2, 4, MATURE + 1)),  # fen of value per fen of yearly revenue, by form, sector, quarters in the market
        ("entry_value", "f8", (2, 4)),  # expected value at market entry of a project of quality 0, fen, over everything but quality
        ("quality_mean", "f8", (2, 4, 5)),  # of projects that began at a link (second index) and passed up to another (third)
        ("quality_variance", "f8", (2, 4, 5)),
        ("public_prior", "f8", (2, 4, 5)),  # chance that the present link (third index) is feasible, by what the links passed tell everybody
        ("time_needed", "f8", (2, 4, 5)),  # expected quarters to an exit, by form, sector and present link
        ("stage_value", "f8", (2, 4, 4, 5)),  # form, sector, first link, present link: worth under the best stopping rule, fen
        ("circle", "i4", (CIRCLE,)),
        ("ranked", "i4", (DESK,)),
        ("scores", "f8", (DESK,)),
    ],
    align=True,
)


@rule
def margin_after_tax(p, form, age):
    """What is left of a fen of sales at an age: profit is taxed, a loss is not."""
    margin = margin_at(p, form, age)
    return margin * (1.0 - p.city_tax) if margin > 0.0 else margin


@rule
def value_sales(p, t):
    """Present value of the profits from one fen of yearly revenue, backwards from maturity:

    M(a) = max( m(a)/4 + exp(g(a) + s^2/2 - rho) (1 - delta) M(a+1),  exp(g(a) - drag + s^2/2 - rho) (1 - delta) M(a+1) ),

    rho the market's discount, delta the hazard of closing, m the margin after tax; a firm may refuse to pay for its losses and grow more slowly.
    """
    half = 0.5 * p.venture_growth_noise * p.venture_growth_noise
    for form in range(2):
        for sector in range(4):
            alive = 1.0 - p.sector_closure[sector]
            step = math.exp(growth_rate(p, form, float(MATURE)) + half - p.market_discount) * alive
            worth = 0.25 * margin_after_tax(p, form, float(MATURE)) / (1.0 - step)
            t.multiple[form, sector, MATURE] = worth
            for back in range(MATURE):
                age = float(MATURE - 1 - back)
                step = math.exp(growth_rate(p, form, age) + half - p.market_discount) * alive
                starved = step * math.exp(-p.venture_starved_drag) * worth
                worth = max(0.25 * margin_after_tax(p, form, age) + step * worth, starved)
                t.multiple[form, sector, MATURE - 1 - back] = worth


@rule
def value_entry(p, t):
    """Expected value at market entry, quality apart: E[wave] E exp(sigma sqrt(1 - kappa^2) N) R0 M(0),  E[wave] = 1 + h (1 - (1 - q)^years)."""
    calm = 1.0
    for _ in range(int(p.city_wave_years)):
        calm *= 1.0 - p.city_wave_chance
    wave = 1.0 + p.city_wave_height * (1.0 - calm)
    for form in range(2):
        kappa = p.venture_market_fit
        spread = p.venture_market_spread[form]
        rest = 0.5 * spread * spread * (1.0 - kappa * kappa)
        for sector in range(4):
            size = math.exp(p.venture_market_size[form] + p.sector_market[sector] + rest)
            t.entry_value[form, sector] = wave * p.venture_first_revenue * size * t.multiple[form, sector, 0]


@rule
def judge_quality(p, t):
    """Mean and variance of quality among projects that have passed given links, the prior being standard normal.

    Weights: normal density times the product of the feasibilities passed; a sum over a fixed grid.
    """
    for form in range(2):
        for start in range(4):
            for link in range(start, 5):
                total = 0.0
                first = 0.0
                second = 0.0
                for n in range(GRID):
                    z = GRID_WIDTH * (2.0 * n / (GRID - 1.0) - 1.0)
                    weight = math.exp(-0.5 * z * z)
                    for k in range(start, link):
                        weight *= feasibility(p, form, k, z)
                    total += weight
                    first += weight * z
                    second += weight * z * z
                mean = first / total
                t.quality_mean[form, start, link] = mean
                t.quality_variance[form, start, link] = second / total - mean * mean
                t.public_prior[form, start, link] = feasibility(p, form, link, mean) if link < 4 else 1.0


@rule
def value_stages(p, t):
    """Worth of each stage to an investor with the market's discount who stops at the best time, by what is publicly known of quality."""
    r = p.market_discount
    pull = 0.0
    for form in range(2):
        pull = p.venture_market_spread[form] * p.venture_market_fit
        for sector in range(4):
            for start in range(4):
                mean = t.quality_mean[form, start, 4]
                spread = t.quality_variance[form, start, 4]
                ahead = t.entry_value[form, sector] * math.exp(pull * mean + 0.5 * pull * pull * spread)
                t.stage_value[form, sector, start, 4] = ahead
                for back in range(4 - start):
                    k = 3 - back
                    belief = t.public_prior[form, start, k]
                    rate = arrival_rate(p, form, sector, k)
                    burn = planned_burn(p, form, sector, k)
                    stop = best_stop(belief, rate, ahead, burn)
                    seen = 1.0 - math.exp(-(rate + r) * stop)
                    vain = (1.0 - math.exp(-r * stop)) / r
                    worth = stage_worth(belief, ahead, burn, rate / (rate + r) * seen, seen / (rate + r), vain)
                    ahead = max(0.0, worth)
                    t.stage_value[form, sector, start, k] = ahead


@market_rule
def work_out_prospects(w):
    """Fill the tables, in the order in which each needs the one before."""
    p = w.p[0]
    t = w.tables[0]
    value_sales(p, t)
    value_entry(p, t)
    judge_quality(p, t)
    value_stages(p, t)
    for form in range(2):
        for sector in range(4):
            for link in range(5):
                t.time_needed[form, sector, link] = time_needed(p, form, sector, link)
