"""A person's rules, worked by hand: character, ideas, the choice to found and in which form, and what failure changes."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, quick, rules  # noqa: E402

R = rules.entrepreneur
V = rules.venture


@pytest.fixture
def w():
    w = byhand.world()
    rules.prospects.work_out_prospects(w)
    w.cities[0].tolerance_seen[:] = 20.0
    w.cities[0].chance_seen[:] = 0.3
    return w


def weigh(w, row, start=V.INVENTION, heard=-1.0):
    return int(R.weigh_founding(w.people[row], w.people, w.p[0], w.tables[0], w.cities[0], start, heard, w.p[0].university_dual_appointment)[0])


# --- who they are ----------------------------------------------------------------------------------------------------


def test_character_comes_from_the_key_and_not_from_the_date(w):
    e, f = (w.people[byhand.person(w, key=42)] for _ in range(2))
    R.grow_up(e, w.p[0], 1, 0)
    R.grow_up(f, w.p[0], 1, 30)
    for name in ("ability", "boldness", "credential", "field", "support", "savings"):
        assert e[name] == f[name]
    assert f.next_idea - f.arrived == e.next_idea - e.arrived


def test_a_thousand_people(w):
    """Means and spreads of what is drawn."""
    p = w.p[0]
    e = w.people[byhand.person(w)]
    people = []
    for key in range(3000):
        e.key, e.kind, e.ideas = key + 1, R.NEWCOMER, 0
        R.grow_up(e, p, 1, 0)
        people.append((e.ability, math.log(e.boldness), e.support, math.log(e.savings), e.credential, e.field))
    ability, boldness, support, savings, credential, field = map(np.array, zip(*people, strict=True))
    n = math.sqrt(3000)
    assert abs(ability.mean()) < 3 / n and abs(ability.std() - 1) < 3 / n
    assert abs(boldness.mean()) < 3 * boldness.std() / n
    assert boldness.std() == pytest.approx(p.entrepreneur_boldness_spread, rel=0.05)
    assert support.mean() == pytest.approx(p.entrepreneur_family_support, abs=3 * p.entrepreneur_family_support / n)
    assert savings.mean() == pytest.approx(math.log(p.entrepreneur_savings), abs=3 * savings.std() / n)
    assert (credential == 2).mean() == pytest.approx(p.entrepreneur_doctors, abs=3 * 0.5 / n)
    assert (credential == 1).mean() == pytest.approx(p.entrepreneur_masters, abs=3 * 0.5 / n)
    for s in range(4):
        assert (field == s).mean() == pytest.approx(p.sector_share[s], abs=3 * 0.5 / n)


def test_research_practice_makes_graduates_abler_and_scientists_are_doctors(w):
    for kind in (R.GRADUATE, R.NEWCOMER, R.SCIENTIST):
        e = w.people[byhand.person(w, key=9, kind=kind)]
        R.grow_up(e, w.p[0], 1, 0)
        if kind == R.GRADUATE:
            graduate = float(e.ability)
        elif kind == R.NEWCOMER:
            assert graduate - e.ability == pytest.approx(w.p[0].university_practice)
        else:
            assert e.credential == 2 and e.ability == graduate


def test_gaps_between_ideas_are_whole_quarters_with_the_right_mean(w):
    """1 + floor(Exp(rate)): geometric, with mean 1 / (1 - e^{-rate})."""
    w.p.entrepreneur_ideas = 0.25
    e = w.people[byhand.person(w, status=R.FOUNDER)]
    gaps = []
    for key in range(3000):
        e.key = key + 1
        R.await_idea(e, w.p[0], 1, 7)
        gaps.append(int(e.next_idea) - 7)
    gaps = np.array(gaps)
    mean = 1.0 / (1.0 - math.exp(-0.25))
    assert gaps.min() == 1
    assert gaps.mean() == pytest.approx(mean, abs=3 * gaps.std() / math.sqrt(3000))
    assert (gaps > 8).mean() == pytest.approx(math.exp(-0.25 * 8), abs=3 * 0.5 / math.sqrt(3000))


def test_the_date_of_an_idea_depends_on_its_number_alone(w):
    a, b = (w.people[byhand.person(w, key=3, ideas=5, status=status)] for status in (R.POOL, R.FOUNDER))
    for e in (a, b):
        R.await_idea(e, w.p[0], 1, 2)
    assert a.next_idea == b.next_idea


def test_who_will_have_no_idea_in_a_career_leaves_the_pool(w):
    w.p.entrepreneur_career = 10.0
    w.p.entrepreneur_ideas = 1e-9
    e, founder = w.people[byhand.person(w)], w.people[byhand.person(w, status=R.FOUNDER)]
    for x in (e, founder):
        R.await_idea(x, w.p[0], 1, 0)
    assert e.status == R.LEFT and founder.status == R.FOUNDER


def test_quality_correlates_with_ability_as_the_weight_says(w):
    w.p.entrepreneur_ability_weight = 0.6
    rng = np.random.default_rng(1)
    e = w.people[byhand.person(w)]
    ability, quality = rng.standard_normal(3000), []
    for n, a in enumerate(ability):
        e.key, e.ability = n + 1, a
        R.have_idea(e, w.p[0], 1)
        quality.append(e.quality.copy())
    quality = np.array(quality)
    for form in (0, 1):
        assert np.corrcoef(ability, quality[:, form])[0, 1] == pytest.approx(0.6, abs=3 / math.sqrt(3000))
        assert quality[:, form].var() == pytest.approx(1.0, abs=0.1)
    assert np.corrcoef(quality[:, 0], quality[:, 1])[0, 1] == pytest.approx(0.36, abs=3 / math.sqrt(3000))


# --- the choice ------------------------------------------------------------------------------------------------------


def test_the_gain_by_hand(w):
    """Chance: all links feasible, and either paid by somebody patient enough or made alone. Prize: what a risk-averse founder would take for certain."""
    p, t, city = w.p[0], w.tables[0], w.cities[0]
    w.p.entrepreneur_hearsay = 0.25
    w.p.entrepreneur_announced = 1.0
    e = w.people[byhand.person(w, ability=0.8, sector=1)]
    rho = p.entrepreneur_ability_weight
    for form, start in ((0, 2), (1, 1), (1, 0)):
        patience = 0.75 * 20.0 + 0.25 * 36.0
        rate = [p.venture_speed[form, k] * p.sector_speed[1] for k in range(4)]
        feasible = math.prod(1 / (1 + math.exp(-p.venture_feasibility[form, k] - p.venture_quality_weight * rho * 0.8)) for k in range(start, 4))
        reached = math.prod(1 - math.exp(-rate[k] * patience) for k in range(start, 4))
        chance, gain = R.expected_gain(e, p, t, city, form, start, 0.25 * 36.0)
        assert chance == pytest.approx(feasible * (0.3 * reached + 0.7 * p.entrepreneur_alone[form]))
        pull = p.venture_market_spread[form] * p.venture_market_fit
        luck = p.venture_market_spread[form] ** 2 * (1 - p.venture_market_fit**2) + pull**2 * (1 - rho**2)  # variance of the log of the prize
        prize = t.entry_value[form, 1] * math.exp(pull * rho * 0.8 + pull**2 * (1 - rho**2) / 2 - p.entrepreneur_risk_aversion * luck / 2)
        assert gain == pytest.approx(chance * p.entrepreneur_stake * prize)


def test_who_has_failed_reckons_with_the_luck_of_those_who_have_where_starting_over_counts(w):
    p, t, city = w.p[0], w.tables[0], w.cities[0]
    w.p.entrepreneur_alone = 0.0
    e = w.people[byhand.person(w, ability=0.8, sector=1)]
    city.hope_again = 0.5
    usual = R.expected_gain(e, p, t, city, 0, 2, 0.0)[1]
    e.failures = 1
    assert R.expected_gain(e, p, t, city, 0, 2, 0.0)[1] == usual  # off
    w.p.entrepreneur_starting_over = 0.1
    assert R.expected_gain(e, p, t, city, 0, 2, 0.0)[1] == pytest.approx(0.5 * usual)
    city.hope_again = 1e9
    assert R.expected_gain(e, p, t, city, 0, 2, 0.0)[1] == pytest.approx(usual / 0.3)  # a chance is no more than certain


@quick
@given(st.floats(1.0, 60.0), st.floats(1.0, 60.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.integers(0, 1), st.floats(-2, 2))
def test_hope_rises_with_the_patience_and_the_chance_that_are_seen(t1, t2, c1, c2, form, ability):
    w = hope
    e = w.people[0]
    e.ability = ability
    city = w.cities[0]
    seen = []
    for patience, chance in zip(sorted((t1, t2)), sorted((c1, c2)), strict=True):
        city.tolerance_seen[:], city.chance_seen[:] = patience, chance
        seen.append(R.expected_gain(e, w.p[0], w.tables[0], city, form, 1, w.p[0].entrepreneur_hearsay * patience))
    assert seen[0][0] <= seen[1][0] * (1 + 1e-12) and seen[0][1] <= seen[1][1] * (1 + 1e-12)
    assert 0.0 <= seen[1][0] <= 1.0


hope = byhand.world({"entrepreneur.alone": 0})
rules.prospects.work_out_prospects(hope)
byhand.person(hope)


def test_tolerance_favours_the_radical_form_though_nothing_says_so(w):
    """The ratio of the two gains rises with the patience that is seen."""
    w.p.entrepreneur_alone = 0.0
    e = w.people[byhand.person(w)]
    ratio = []
    for patience in (4.0, 9.33, 16.0, 28.0, 48.0):
        w.cities[0].tolerance_seen[:] = patience
        heard = w.p[0].entrepreneur_hearsay * patience
        gains = [R.expected_gain(e, w.p[0], w.tables[0], w.cities[0], form, start, heard)[1] for form, start in ((0, 2), (1, 1))]
        ratio.append(gains[1] / gains[0])
    assert ratio == sorted(ratio) and ratio[-1] > 1.2 * ratio[0]


def test_to_found_or_not_by_hand(w):
    """Boldness times gain against wages forgone and the price of failing."""
    p = w.p[0]
    row = byhand.person(w, bent=0.99, freedom=0.999)
    w.p.entrepreneur_choice_freedom, w.p.entrepreneur_bent_radical = 0.0, 0.3  # incremental or nothing
    e = w.people[row]
    heard = p.entrepreneur_hearsay * p.entrepreneur_announced * 20.0
    chance, gain = R.expected_gain(e, p, w.tables[0], w.cities[0], 0, 2, heard)
    shame = (1 - w.cities[0].tolerance) * p.entrepreneur_face + p.fund_redemption_share * p.entrepreneur_liability
    needed = (p.entrepreneur_wage * p.entrepreneur_years[0] + (1 - chance) * shame) / gain
    for boldness, form in ((needed * 1.001, 0), (needed * 0.999, -1)):
        e.boldness = boldness
        assert weigh(w, row) == form
    assert e.gain_seen[0] == pytest.approx(gain)


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("social tolerance", 1), ("family's shame", -1), ("wage", -1), ("liability", -1), ("boldness", 1), ("role models", 1), ("ability", 1),
    ],
)  # fmt: skip
def test_what_makes_people_found(w, what, more):
    """Each moves the number of fifty people who found in one direction."""
    rng = np.random.default_rng(3)
    row = byhand.person(w)
    friend = byhand.person(w, exits=1)
    e, city = w.people[row], w.cities[0]
    bold, able = np.exp(rng.standard_normal(50)), rng.standard_normal(50)

    def founders(lift=0.0):
        count = 0
        for b, a in zip(bold, able, strict=True):
            e.boldness, e.ability = b * (1.5 if what == "boldness" and lift else 1.0), a + lift * (what == "ability")
            count += weigh(w, row) >= 0
        return count

    w.p.entrepreneur_role_models = 0.5
    w.p.entrepreneur_wage = 1000.0
    while (before := founders()) > 30:  # a wage at which about half of them found
        w.p.entrepreneur_wage *= 1.4
    if what == "social tolerance":
        w.p.entrepreneur_face += 200.0 * MILLION_RMB
        before = founders()
        city.tolerance = 1.0
    elif what == "family's shame":
        w.p.entrepreneur_face += 200.0 * MILLION_RMB
    elif what == "wage":
        w.p.entrepreneur_wage *= 4.0
    elif what == "liability":
        w.p.entrepreneur_liability += 1000.0 * MILLION_RMB
    elif what == "role models":
        e.ties[:] = friend
    after = founders(0.5)
    assert (after - before) * more > 0


def test_role_models_are_ties_who_have_made_it(w):
    friends = [byhand.person(w, exits=n) for n in (0, 1, 3)]
    e = w.people[byhand.person(w)]
    e.ties[:] = [*friends, -1]
    assert R.people_who_made_it(e, w.people) == 2


def test_a_free_founder_takes_the_better_form_and_an_unfree_one_the_own_bent(w):
    row = byhand.person(w, boldness=1e3)
    e = w.people[row]
    w.p.entrepreneur_choice_freedom, w.p.entrepreneur_bent_radical = 0.5, 0.3
    e.freedom = 0.4
    for better, share in ((0, [1.0, 1e-3]), (1, [1e-3, 1.0])):
        w.cities[0].chance_seen[0], w.cities[0].chance_seen[1] = share
        w.p.entrepreneur_alone = 0.0
        e.freedom = 0.4
        assert weigh(w, row) == better
        e.freedom = 0.6
        for bent, form in ((0.29, 1), (0.31, 0)):
            e.bent = bent
            assert weigh(w, row) == form


def test_a_scientists_stake_is_less_and_wage_half_kept_the_first_time(w):
    w.p.university_equity = 0.2
    row = byhand.person(w, kind=R.SCIENTIST, boldness=1e3)
    weigh(w, row)
    first = float(w.people[row].gain_seen[0])
    w.people[row].tries = 1
    weigh(w, row)
    assert first == pytest.approx(0.8 * w.people[row].gain_seen[0])


def test_hearsay_is_the_longest_patience_behind_ones_ties(w):
    friends = []
    for manager, patience in ((0, 9.0), (1, 28.0)):
        w.managers[manager].tolerance = patience
        row = byhand.venture(w)
        byhand.stake(w, row, byhand.fund(w, manager), 1000, 5)
        friends.append(int(w.ventures[row].founder))
    unbacked = int(w.ventures[byhand.venture(w)].founder)
    e = w.people[byhand.person(w)]
    assert R.hearsay_of(w, e) == -1.0
    e.ties[:] = [unbacked, -1, -1, -1]
    assert R.hearsay_of(w, e) == -1.0
    e.ties[:] = [unbacked, friends[0], -1, -1]
    assert R.hearsay_of(w, e) == 9.0
    e.ties[:] = [friends[1], friends[0], -1, -1]
    assert R.hearsay_of(w, e) == 28.0


# --- the quarter -----------------------------------------------------------------------------------------------------


def considers(w, **given):
    w.clock[0].now = 10
    row = byhand.person(w, **{"next_idea": 10, "boldness": 1e6, **given})
    R.consider_founding(w, row)
    return w.people[row]


def test_an_idea_is_taken_up_or_passes(w):
    e = considers(w)
    assert e.founding >= 0 and e.status == R.FOUNDER and e.ideas == 1 and e.next_idea > 10
    e = considers(w, boldness=0.0)
    assert e.founding == -1 and e.ideas == 1 and e.next_idea > 10


@pytest.mark.parametrize(
    ("why", "given"),
    [
        ("no idea this quarter", dict(next_idea=11)), ("has a venture", dict(status=2)), ("has left", dict(status=3)), ("is barred", dict(barred_until=11)),
        ("rests after failing", dict(failures=1, failed_at=8)),
    ],
)  # fmt: skip
def test_who_does_not_found(w, why, given):
    w.p.entrepreneur_rest = 3.0
    assert considers(w, **given).founding == -1, why


def test_a_failed_founder_may_try_again_after_a_rest(w):
    w.p.entrepreneur_rest = 3.0
    assert considers(w, failures=1, failed_at=7, tries=1).founding >= 0


def test_ideas_come_whatever_a_person_does(w):
    """The same idea at the same date for one who is free and one who is busy."""
    a, b = considers(w, key=5), considers(w, key=5, status=R.FOUNDER)
    assert a.next_idea == b.next_idea and a.ideas == b.ideas
    assert a.quality.tolist() == b.quality.tolist()


def test_failure_teaches_a_little_and_only_so_often(w):
    w.p.entrepreneur_lesson, w.p.entrepreneur_lessons = 0.1, 2
    e = w.people[byhand.person(w, ability=0.0)]
    seen = []
    for n in range(4):
        R.learn_from_failure(e, w.p[0], n)
        seen.append(round(float(e.ability), 3))
    assert seen == [0.1, 0.2, 0.2, 0.2] and e.failures == 4 and e.failed_at == 3
