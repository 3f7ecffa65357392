"""A university: knowledge, disclosures, scientists who may found, graduates, and alumni who give back."""

import math

import numpy as np

from .accounts import DISCLOSED, HOUSEHOLDS, LP_ALUMNI, TREASURY, log
from .draws import child, decision, identity, normal_quantile, poisson_quantile, uniforms4
from .entrepreneur import GRADUATE, NEWCOMER, POOL, SCIENTIST, TIES, grow_up
from .money import fen, pay
from .rule import rule

UNIVERSITY = np.dtype(
    [
        ("key", "u8"),
        ("city", "i4"),
        ("number", "i4"),
        ("alumni_manager", "i4"),  # row of its alumni fund's manager, -1
        ("knowledge", "f8", (4,)),  # stock by field, fen of research not yet outdated
        ("transfer", "f8"),  # share of disclosures that the transfer office brings to a founder's desk
        ("cash", "i8"),  # fen
        ("research", "i8"),  # fen spent on research so far
        ("disclosures", "i4"),  # that reached a possible founder
        ("failures_heard", "i8", (4,)),  # milestones tried in vain by alumni's ventures, by field, this quarter
        ("first_graduate", "i4"),  # row of the last cohort's first graduate
        ("graduates", "i4"),  # size of the last cohort
    ],
    align=True,
)

DISCLOSURES = decision("university.disclosures")
WHOM_TO_KNOW = decision("university.ties")
QUALITY_OF_OFFICE = decision("university.transfer")
OUTSIDERS = 255  # stands for "studied elsewhere" in a person's key


@rule
def do_research(w, i):
    """Phase 3: public and private money for research is spent and becomes knowledge; old knowledge fades.

    K' = (1 - d) K + spending by field + spillover from failed ventures of alumni.
    """
    u = w.universities[i]
    p = w.p[u.city]
    budget = fen(p.university_research)
    pay(w.accounts[TREASURY], u, budget)
    pay(u, w.accounts[HOUSEHOLDS], budget)
    pay(w.accounts[HOUSEHOLDS], w.accounts[LP_ALUMNI], fen(p.university_alumni_gifts))
    u.research += budget
    for s in range(4):
        spill = p.university_spillover * float(u.failures_heard[s])
        u.knowledge[s] = (1.0 - p.university_decay) * u.knowledge[s] + budget * p.sector_share[s] + spill
        u.failures_heard[s] = 0


@rule
def new_person(w, key, kind, city, university, seed, now):
    """A free row becomes a person, on the agenda for the first idea; a scientist has one at once. Returns the row, or -1 with the clock's flag set when the table is full."""
    clock = w.clock[0]
    n = clock.n_people
    if n >= w.people.shape[0]:
        clock.full = 1
        return -1
    e = w.people[n]
    e.key = key
    e.kind = kind
    e.city = city
    e.home = city
    e.heading = city
    e.university = university
    for k in range(TIES):
        e.ties[k] = -1
    grow_up(e, w.p[city], seed, now)
    clock.n_people = n + 1
    if kind == SCIENTIST:
        e.next_idea = now
        e.status = POOL
    if e.status == POOL:
        w.agenda[clock.n_agenda].row = n
        w.agenda[clock.n_agenda].tick = e.next_idea
        clock.n_agenda += 1
    return n


@rule
def disclose(w, i):
    """Phase 3: knowledge yields inventions; the transfer office brings a share of them to the desk of a scientist who may found.

    Number by field: Poisson with mean d K / c * transfer: the research that fades is replaced by as much, and every c of it yields one disclosure. Invention n of
    a quarter is a scientist with an idea, keyed by university, field, tick and number.
    """
    u = w.universities[i]
    clock = w.clock[0]
    p = w.p[u.city]
    luck = uniforms4(clock.seed, clock.now, u.key, DISCLOSURES)
    for s in range(4):
        mean = p.university_decay * u.knowledge[s] / p.university_disclosure_cost * u.transfer
        for n in range(poisson_quantile(luck[s], mean)):
            row = new_person(w, child(child(u.key, clock.now, 16 + s), n, 17), SCIENTIST, u.city, i, clock.seed, clock.now)
            if row >= 0:
                e = w.people[row]
                e.field = s
                u.disclosures += 1
                log(clock, w.events, DISCLOSED, i, row, s)


@rule
def take_place(w, row, u):
    """Put a person on the circle of acquaintance, at the place that u points to, which depends on the person's key and nobody else.

    Of two who claim a place the smaller key keeps it and the other moves on, so that the circle is the same in whatever order people
    come, and one more person moves only those who stood right behind.
    """
    circle = w.tables[0].circle
    size = circle.shape[0]
    place = int(u * size)
    while circle[place] >= 0:
        other = circle[place]
        if w.people[row].key < w.people[other].key:
            circle[place] = row
            row = other
        place = place + 1 if place + 1 < size else 0
    circle[place] = row


@rule
def who_stands_at(w, u, myself):
    """The first other person on the circle from the place that u points to; -1 if there is none."""
    circle = w.tables[0].circle
    size = circle.shape[0]
    place = int(u * size)
    for _ in range(size):
        if circle[place] >= 0 and circle[place] != myself:
            return circle[place]
        place = place + 1 if place + 1 < size else 0
    return -1


@rule
def graduate(w, i):
    """Phase 3, once a year: a cohort leaves university, enters the pool, and knows classmates and people a year ahead."""
    u = w.universities[i]
    clock = w.clock[0]
    p = w.p[u.city]
    if clock.now % 4 != 2:
        return
    circle = w.tables[0].circle
    for k in range(circle.shape[0]):
        circle[k] = -1
    for k in range(u.graduates):
        take_place(w, u.first_graduate + k, w.people[u.first_graduate + k].place)
    first = clock.n_people
    size = 0
    for n in range(int(p.city_graduates)):
        key = identity(u.city, u.number, clock.now, n)
        row = new_person(w, key, GRADUATE, u.city, i, clock.seed, clock.now)
        if row >= 0:
            w.people[row].place = uniforms4(clock.seed, 1, key, WHOM_TO_KNOW)[0]
            take_place(w, row, w.people[row].place)
            size += 1
    for k in range(size):
        e = w.people[first + k]
        whom = uniforms4(clock.seed, 0, e.key, WHOM_TO_KNOW)
        for tie in range(TIES):
            e.ties[tie] = who_stands_at(w, whom[tie], first + k)
    u.first_graduate = first
    u.graduates = size


@rule
def welcome_newcomers(w, i):
    """Phase 3, once a year: people who studied elsewhere come to the city; nobody there knows them."""
    clock = w.clock[0]
    if clock.now % 4 != 0:
        return
    for n in range(int(w.p[i].city_newcomers)):
        key = identity(i, OUTSIDERS, clock.now, n)
        new_person(w, key, NEWCOMER, i, -1, clock.seed, clock.now)


@rule
def open_university(u, p, seed):
    """At the start: the transfer office's capability by key, and the knowledge that the present research budget sustains."""
    noise = normal_quantile(uniforms4(seed, 0, u.key, QUALITY_OF_OFFICE)[0])
    u.transfer = min(1.0, p.university_transfer * math.exp(p.university_transfer_spread * noise))
    for s in range(4):
        u.knowledge[s] = p.university_research * p.sector_share[s] / p.university_decay
