"""What an office gives in kind: places to work at, a service centre, coaching on the way to a listing, and researchers for firms' problems."""

from .accounts import HOUSEHOLDS, SERVED, log
from .draws import decision, uniforms4
from .entrepreneur import TIES
from .government import choose, is_open
from .money import pay
from .programme import INSTITUTE_SLOTS, LISTING_COACHING, SERVICE, SPACE
from .rule import market_rule, rule
from .university import take_place, who_stands_at

NEIGHBOURS = decision("services.neighbours")


# ------------------------------------------------------------------------------------------- centres and their staff


@rule
def staff_is_paid(w, account):
    """A quarter's part of what is in a programme's purse goes to its staff, so that the year's budget lasts the year. Returns the sum, fen."""
    clock = w.clock[0]
    cost = account.cash // (4 - clock.now % 4)
    pay(account, w.accounts[HOUSEHOLDS], cost)
    account.paid += cost
    account.spent += cost
    clock.services += cost
    return cost


@rule
def run_services(w, i):
    """Phase 2: service centres and institutes of an office work for a quarter if their staff can be paid.

    Several service centres together take away 1 - prod (1 - cut) of the friction of the office's programmes: fewer teams fail to apply, and all wait less. With
    an institute scientists may hold a double appointment.
    """
    office = w.offices[i]
    city = w.cities[i]
    friction = 1.0
    office.dual_appointment = 0.0
    for k in range(city.first_programme, city.first_programme + city.programmes):
        programme = w.programmes[k]
        account = w.programme_accounts[k]
        if programme.instrument != SERVICE and programme.instrument != INSTITUTE_SLOTS:
            continue
        if is_open(programme, account, w.clock[0].now) and staff_is_paid(w, account) > 0:
            friction *= 1.0 - programme.friction_cut
            office.dual_appointment = max(office.dual_appointment, programme.dual_appointment)
    office.eased = 1.0 - friction


@rule
def note_service(w, k, row, cost):
    """A venture is served by a programme: it counts as helped, and the log says so."""
    w.programme_accounts[k].awards += 1
    w.ventures[row].helped |= 1 << w.programmes[k].bit
    log(w.clock[0], w.events, SERVED, row, k, cost)


# -------------------------------------------------------------------------------------------------------------- places


@rule
def sits_at(v, k, now):
    return v.desk_until > now and v.desk_programme == k


@rule
def give_places(w, k, taken):
    """Free places go to those whom the programme chooses, as many as the year's budget pays the rent of. Returns how many are taken then."""
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    now = w.clock[0].now
    places = min(programme.places, w.tables[0].circle.shape[0] // 2)
    if programme.rent_saved > 0:
        places = min(places, account.budget // (4 * programme.rent_saved))
    if account.budget <= 0 or not is_open(programme, account, now):
        places = 0
    kept = choose(w, k, places - taken)
    for n in range(kept):
        v = w.ventures[w.tables[0].ranked[n]]
        v.desk_programme = k
        v.desk_until = now + programme.stay
        note_service(w, k, w.tables[0].ranked[n], 0)
    return taken + kept


@rule
def bear_rent(w, account, v, rent):
    """The office bears the rent of a team that would have to pay one: its money lasts longer, its plans stay as they are. A team that its family carries pays none."""
    if v.cash >= w.p[0].venture_lean_burn:
        pay(account, v, rent)
        account.paid += rent
        account.spent += rent
        w.clock[0].services += rent


@rule
def knows(e, row):
    """Whether somebody is among a person's ties."""
    for tie in range(TIES):
        if e.ties[tie] == row:
            return True
    return False


@rule
def meet_a_neighbour(w, row, chance, seed, now):
    """A founder at a place may get to know another founder there: a tie that takes a free place, or that of an acquaintance who is lost sight of."""
    e = w.people[row]
    u = uniforms4(seed, now, e.key, NEIGHBOURS)
    if u[1] >= chance:
        return
    other = who_stands_at(w, u[2], row)
    if other < 0 or knows(e, other):
        return
    place = int(u[3] * TIES)
    for tie in range(TIES):
        if e.ties[tie] < 0:
            place = tie
    e.ties[place] = other


@market_rule
def meet_neighbours(w, k):
    """All founders at a programme's places stand on the circle, each at a place drawn for the quarter, and meet those beside whom they find themselves."""
    clock = w.clock[0]
    circle = w.tables[0].circle
    for place in range(circle.shape[0]):
        circle[place] = -1
    first = w.cities[w.programmes[k].city].first_resident
    last = first + w.cities[w.programmes[k].city].residents
    for n in range(first, last):
        v = w.ventures[w.residents[n]]
        if sits_at(v, k, clock.now):
            take_place(w, v.founder, uniforms4(clock.seed, clock.now, w.people[v.founder].key, NEIGHBOURS)[0])
    for n in range(first, last):
        v = w.ventures[w.residents[n]]
        if sits_at(v, k, clock.now):
            meet_a_neighbour(w, v.founder, w.programmes[k].contacts, clock.seed, clock.now)


@market_rule
def run_places(w, k):
    """A programme of places for a quarter: free ones are given, rents are borne, for all alike where the purse does not suffice, and neighbours meet."""
    clock = w.clock[0]
    taken = 0
    first = w.cities[w.programmes[k].city].first_resident
    last = first + w.cities[w.programmes[k].city].residents
    for n in range(first, last):
        taken += 1 if sits_at(w.ventures[w.residents[n]], k, clock.now) else 0
    taken = give_places(w, k, taken)
    if taken == 0:
        return
    account = w.programme_accounts[k]
    rent = min(w.programmes[k].rent_saved, account.cash // taken)
    for n in range(first, last):
        v = w.ventures[w.residents[n]]
        if sits_at(v, k, clock.now):
            bear_rent(w, account, v, rent)
    if w.programmes[k].contacts > 0.0:
        meet_neighbours(w, k)


# ------------------------------------------------------------------------------------------------ coaching, matching


@market_rule
def coach(w, k):
    """Firms in the market are coached for a listing, each once, as far as the year's number and the purse go; coaches are paid for each firm."""
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    now = w.clock[0].now
    cost = programme.amount
    places = 0
    if is_open(programme, account, now) and cost > 0:
        places = min((programme.number * (now % 4 + 1)) // 4 - account.awards_this_year, account.cash // cost)
    for n in range(choose(w, k, places)):
        row = w.tables[0].ranked[n]
        pay(account, w.accounts[HOUSEHOLDS], cost)
        account.paid += cost
        account.spent += cost
        account.awards_this_year += 1
        w.clock[0].services += cost
        w.ventures[row].coached = max(w.ventures[row].coached, programme.queue_cut)
        note_service(w, k, row, cost)


@market_rule
def match_problems(w, k):
    """Ventures bring the problem of their present milestone; where a place is free, researchers work on it until it is passed.

    A match raises the hazard of the milestone: lambda' = lambda (1 + g). An institute that is closed, or has no money, lets everybody go.
    """
    programme = w.programmes[k]
    account = w.programme_accounts[k]
    clock = w.clock[0]
    works = account.budget > 0 and is_open(programme, account, clock.now)
    free = programme.slots if works else 0
    first = w.cities[programme.city].first_resident
    for n in range(first, first + w.cities[programme.city].residents):
        v = w.ventures[w.residents[n]]
        if v.speed_gain > 0.0 and v.match_programme == k:
            free -= 1
            if not works:
                v.speed_gain = 0.0
    for n in range(choose(w, k, free)):
        row = w.tables[0].ranked[n]
        w.ventures[row].speed_gain = programme.speed_gain
        w.ventures[row].match_programme = k
        note_service(w, k, row, 0)


@market_rule
def serve_ventures(w):
    """Phase 2: what offices give in kind, programme after programme."""
    for k in range(w.programmes.shape[0]):
        if w.programmes[k].instrument == SPACE:
            run_places(w, k)
        elif w.programmes[k].instrument == LISTING_COACHING:
            coach(w, k)
        elif w.programmes[k].instrument == INSTITUTE_SLOTS:
            match_problems(w, k)
