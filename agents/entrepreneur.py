"""A person who may found a venture, again and again.

People, their abilities and their ideas exist whatever the policy: idea number n of a person arrives at a tick and has a quality that
are looked up by the person's key. A policy decides only whether the idea is worth a try, in which form, and whether it is paid for.
"""

import math

import numpy as np

from .draws import decision, exponential_quantile, normal_quantile, uniforms4
from .rule import rule
from .venture import DEVELOPMENT, INCREMENTAL, INVENTION, RADICAL, arrival_rate, feasibility

KINDS = ("graduate", "newcomer", "scientist")
GRADUATE, NEWCOMER, SCIENTIST = 0, 1, 2
STATUSES = ("", "in the pool", "founder", "left")
POOL, FOUNDER, LEFT = 1, 2, 3
TIES = 4

ENTREPRENEUR = np.dtype(
    [
        ("key", "u8"),  # city, university, cohort, number
        ("status", "i4"),
        ("next_idea", "i4"),  # tick
        ("ideas", "i4"),  # ideas so far, taken up or not
        ("founding", "i4"),  # this quarter's decision: -1 no, else the form
        ("venture", "i4"),  # row of the present or last venture, -1
        ("award", "i4"),  # row of the last award of an office to this person's ventures, -1
        ("kind", "i4"),
        ("city", "i4"),
        ("home", "i4"),  # city where the person entered the pool
        ("heading", "i4"),  # city where the person decided to be this quarter
        ("university", "i4"),  # -1: studied elsewhere
        ("arrived", "i4"),  # tick
        ("field", "i4"),  # sector of training
        ("credential", "i4"),  # 0 bachelor, 1 master, 2 doctor
        ("ability", "f8"),  # standard normal at birth; experience is added
        ("boldness", "f8"),  # weight on the gain against the loss, median 1
        ("support", "f8"),  # quarters that the family bears a team without money
        ("savings", "f8"),  # fen that the person can bring to a venture
        ("cash", "i8"),  # fen
        ("sector", "i4"),  # of the present idea
        ("quality", "f8", (2,)),  # hidden z of the present idea in its two forms
        ("bent", "f8"),  # uniform: the form an unfree founder would take
        ("freedom", "f8"),  # uniform: whether the founder is free to choose
        ("tries", "i4"),  # ventures founded
        ("failures", "i4"),
        ("exits", "i4"),  # ventures sold or listed
        ("failed_at", "i4"),  # tick of the last failure, -1
        ("retried", "i4"),  # 1: founded again after a failure
        ("barred_until", "i4"),  # tick: personal liability from a redemption clause
        ("place", "f8"),  # on the circle on which a cohort gets to know each other
        ("ties", "i4", (TIES,)),  # rows of people known since university, -1
        ("gain_seen", "f8", (2,)),  # expected gain by form at the last decision, fen
    ],
    align=True,
)

AGENDA = np.dtype([("row", "i4"), ("tick", "i4")], align=True)  # who has an idea when; people who have left are dropped

CHARACTER = decision("entrepreneur.character")
MEANS = decision("entrepreneur.means")
IDEA_TIME = decision("entrepreneur.idea_time")
IDEA_QUALITY = decision("entrepreneur.idea_quality")
IDEA_FIELD = decision("entrepreneur.idea_field")
WHERE = decision("entrepreneur.where")


@rule
def await_idea(e, p, seed, now):
    """The next idea comes after an exponential time; idea n of a person has its date whatever happened to the earlier ones.

    Who is in the pool and will have no idea within a founder's career has left it.
    """
    u = uniforms4(seed, e.ideas, e.key, IDEA_TIME)[0]
    wait = exponential_quantile(u) / p.entrepreneur_ideas
    e.next_idea = now + 1 + int(math.floor(min(wait, 400.0)))
    if e.status == POOL and float(e.next_idea - e.arrived) > p.entrepreneur_career:
        e.status = LEFT


@rule
def grow_up(e, p, seed, now):
    """A person enters the pool: ability, boldness, credential, family support and savings by key; practice in research adds ability."""
    u = uniforms4(seed, 0, e.key, CHARACTER)
    m = uniforms4(seed, 0, e.key, MEANS)
    e.status = POOL
    e.arrived = now
    e.venture = -1
    e.award = -1
    e.founding = -1
    e.failed_at = -1
    e.barred_until = -1
    e.ability = normal_quantile(u[0])
    if e.kind != NEWCOMER:
        e.ability += p.university_practice
    e.boldness = math.exp(p.entrepreneur_boldness_spread * normal_quantile(u[1]))
    e.credential = 2 if u[2] < p.entrepreneur_doctors else (1 if u[2] < p.entrepreneur_doctors + p.entrepreneur_masters else 0)
    if e.kind == SCIENTIST:
        e.credential = 2
    e.field = field_of(p, u[3])
    e.support = p.entrepreneur_family_support * exponential_quantile(m[0])
    e.savings = p.entrepreneur_savings * math.exp(p.entrepreneur_savings_spread * normal_quantile(m[1]))
    await_idea(e, p, seed, now)


@rule
def field_of(p, u):
    """The field of a person or an idea by the sectors' shares."""
    total = 0.0
    for s in range(3):
        total += p.sector_share[s]
        if u < total:
            return s
    return 3


@rule
def have_idea(e, p, seed):
    """Look up the idea that has just come: its sector, its quality in either form, and the founder's bent.

    z = rho a + sqrt(1 - rho^2) N(0, 1), one noise for each form.
    """
    rho = p.entrepreneur_ability_weight
    rest = math.sqrt(1.0 - rho * rho)
    q = uniforms4(seed, e.ideas, e.key, IDEA_QUALITY)
    f = uniforms4(seed, e.ideas, e.key, IDEA_FIELD)
    e.quality[INCREMENTAL] = rho * e.ability + rest * normal_quantile(q[0])
    e.quality[RADICAL] = rho * e.ability + rest * normal_quantile(q[1])
    e.bent = q[2]
    e.freedom = q[3]
    e.sector = e.field if f[0] < p.entrepreneur_loyalty else field_of(p, f[1])


@rule
def expected_gain(e, p, t, city, form, start, heard):
    """What a founder expects to own if the idea is tried in a form, fen, and the chance to get to the market.

    chance = prod_k p_k * [ q prod_k (1 - e^{-lambda_k T}) + (1 - q) alone ],   gain = chance * stake * E[value at market entry] * e^{-gamma s^2 / 2}

    with q the chance of being paid at all and T the tolerance, both as the founder sees them in the city, and `alone` what an unfunded team can do. The last factor
    makes of the mean of a lognormal prize, with s^2 the variance of its log, its certainty equivalent under constant relative risk aversion gamma: a founder owns one firm and
    cannot spread the risk as a fund does (Hall & Woodward 2010). Nothing here
    says that tolerance favours the radical form: it follows from slow news (small lambda) and more links. The founder knows the own ability, not the idea's luck.
    Source: Manso 2011 for the choice, the ODD's submodel of project choice for this form.
    """
    z = p.entrepreneur_ability_weight * e.ability
    seen = heard + (1.0 - p.entrepreneur_hearsay * p.entrepreneur_announced) * city.tolerance_seen[form, e.sector]
    reach = 1.0
    patience = 1.0
    for k in range(start, 4):
        rate = arrival_rate(p, form, e.sector, k)
        reach *= feasibility(p, form, k, z)
        patience *= 1.0 - math.exp(-rate * seen)
    funded = city.chance_seen[form, e.sector]
    if e.failures > 0 and p.entrepreneur_starting_over > 0.0:
        funded = min(1.0, funded * city.hope_again)
    alone = p.entrepreneur_alone[form]
    chance = reach * (funded * patience + (1.0 - funded) * alone)
    pull = p.venture_market_spread[form] * p.venture_market_fit
    unknown = pull * pull * (1.0 - p.entrepreneur_ability_weight * p.entrepreneur_ability_weight)
    spread = p.venture_market_spread[form] * p.venture_market_spread[form] * (1.0 - p.venture_market_fit * p.venture_market_fit) + unknown
    prize = t.entry_value[form, e.sector] * math.exp(pull * z + 0.5 * unknown - 0.5 * p.entrepreneur_risk_aversion * spread)
    return chance, chance * p.entrepreneur_stake * prize


@rule
def people_who_made_it(e, people):
    """Role models: ties who have sold or listed a venture."""
    count = 0
    for k in range(TIES):
        if e.ties[k] >= 0 and people[e.ties[k]].exits > 0:
            count += 1
    return count


@rule
def hearsay_of(w, e):
    """The longest patience among investors who back the ventures of one's ties, quarters; -1 if none of them is backed."""
    longest = -1.0
    for k in range(TIES):
        tie = e.ties[k]
        if tie >= 0 and w.people[tie].venture >= 0:
            backer = w.ventures[w.people[tie].venture].holder[0]
            if backer >= 0:
                longest = max(longest, w.managers[w.funds[backer].manager].tolerance)
    return longest


@rule
def weigh_founding(e, people, p, t, city, start_radical, heard, wage_kept):
    """Found or stay employed: found if boldness times the gain exceeds wages forgone and the price of failing.

    loss = wage * years + (1 - chance) * [(1 - s) * face + share of deals with a redemption clause * liability]

    s is the city's social tolerance. A scientist leaves the university its share and, with a double appointment, keeps a part of the wage (`wage_kept`).
    A free founder takes the form with the larger surplus; an unfree one follows the own bent.
    Returns the form, or -1, and the surplus, fen.
    """
    models = people_who_made_it(e, people)
    boldness = e.boldness * (1.0 + p.entrepreneur_role_models * models)
    best = -1
    best_surplus = 0.0
    stake = 1.0
    wage = p.entrepreneur_wage
    if e.kind == SCIENTIST and e.tries == 0:
        stake -= p.university_equity
        wage *= 1.0 - wage_kept
    shame = (1.0 - city.tolerance) * p.entrepreneur_face + p.fund_redemption_share * p.entrepreneur_liability
    free = e.freedom < p.entrepreneur_choice_freedom
    own = RADICAL if e.bent < p.entrepreneur_bent_radical else INCREMENTAL
    for form in range(2):
        if not free and form != own:
            continue
        start = start_radical if form == RADICAL else DEVELOPMENT
        hearsay = p.entrepreneur_hearsay * p.entrepreneur_announced * (heard if heard >= 0.0 else city.tolerance_seen[form, e.sector])
        chance, gain = expected_gain(e, p, t, city, form, start, hearsay)
        gain *= stake
        e.gain_seen[form] = gain
        loss = wage * p.entrepreneur_years[form] + (1.0 - chance) * shame
        surplus = boldness * gain - loss
        if surplus > best_surplus:
            best_surplus = surplus
            best = form
    return best, best_surplus


@rule
def best_plan(w, e, c):
    """The best form for a person's idea in a city, or -1, and its surplus, fen."""
    p = w.p[c]
    first_idea_of_scientist = e.kind == SCIENTIST and e.tries == 0
    kept = max(p.university_dual_appointment, w.offices[c].dual_appointment)
    return weigh_founding(e, w.people, p, w.tables[0], w.cities[c], 0 if first_idea_of_scientist else INVENTION, hearsay_of(w, e), kept)


@rule
def city_to_look_at(w, e, u_tie, u_city):
    """A city that a person compares with the own one: where an acquaintance lives now, if that is elsewhere, else one of the others, as often as ventures live there.

    weight = living ventures + 1: large cities are heard of more (the gravity of migration, Ravenstein 1885).
    """
    tie = e.ties[int(u_tie * TIES)]
    if tie >= 0 and w.people[tie].city != e.city:
        return w.people[tie].city
    total = 0
    for i in range(w.cities.shape[0]):
        total += w.cities[i].residents + 1 if i != e.city else 0
    aim = u_city * float(total)
    chosen = e.city
    for i in range(w.cities.shape[0]):
        if i != e.city and (aim >= 0.0 or chosen == e.city):
            chosen = i
        aim -= float(w.cities[i].residents + 1) if i != e.city else 0.0
    return chosen


@rule
def where_to_be(w, e, seed):
    """A person with an idea may look at another city, and moves if founding there promises more by more than the move costs. Returns the city.

    Compared is surplus + stake * support, with the support that the city's office gave to a new team on average last year; the move costs the person's
    moving cost less what the destination's services take away. Whoever would found nowhere stays. A scientist with a disclosure is bound to the laboratory.
    Assumed: people see the surplus there as they would after years of living there, and nothing else draws them.
    """
    here = e.city
    if w.cities.shape[0] == 1 or (e.kind == SCIENTIST and e.tries == 0):
        return here
    p = w.p[here]
    u = uniforms4(seed, e.ideas, e.key, WHERE)
    if u[0] >= p.entrepreneur_mobility:
        return here
    there = city_to_look_at(w, e, u[1], u[2])
    form_here, surplus_here = best_plan(w, e, here)
    form_there, surplus_there = best_plan(w, e, there)
    if form_here >= 0:
        surplus_here += p.entrepreneur_stake * w.cities[here].support_seen
    surplus_there += p.entrepreneur_stake * w.cities[there].support_seen
    if form_there >= 0 and surplus_there - p.entrepreneur_moving_cost * (1.0 - w.offices[there].eased) > surplus_here:
        return there
    return here


@rule
def consider_founding(w, i):
    """Phase 4: a person in the pool whose idea comes this quarter decides where to be, whether to found, and in which form."""
    e = w.people[i]
    clock = w.clock[0]
    p = w.p[e.city]
    now = clock.now
    e.founding = -1
    e.heading = e.city
    if e.status == LEFT or e.next_idea != now:
        return
    have_idea(e, p, clock.seed)
    free = e.status == POOL and now >= e.barred_until
    if free and e.failures > 0 and e.failed_at >= 0:
        free = now - e.failed_at >= p.entrepreneur_rest
    if free:
        e.heading = where_to_be(w, e, clock.seed)
        e.founding = best_plan(w, e, e.heading)[0]
    e.ideas += 1
    if e.founding >= 0:
        e.status = FOUNDER
    await_idea(e, p, clock.seed, now)


@rule
def be_free_again(e, p):
    """A venture has ended: its founder is back in the pool, unless no further idea comes within a founder's career."""
    e.status = POOL if float(e.next_idea - e.arrived) <= p.entrepreneur_career else LEFT


@rule
def learn_from_failure(e, p, now):
    """A venture failed: its founder is a little wiser, up to a cap, and must want to try again.

    ability += epsilon per failure, at most `entrepreneur.lessons` times. Failure teaches little on average (literature: Eggers & Song 2015).
    """
    e.failures += 1
    e.failed_at = now
    if e.failures <= p.entrepreneur_lessons:
        e.ability += p.entrepreneur_lesson
