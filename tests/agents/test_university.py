"""A university's rules, worked by hand: knowledge, disclosures, graduates and whom they know."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import byhand  # noqa: E402
from byhand import MILLION_RMB, rules  # noqa: E402

R = rules.university
A = rules.accounts


@pytest.fixture
def w():
    w = byhand.world({"city.graduates": 8, "city.newcomers": 5}, size=120)
    w.universities[0].key, w.universities[0].transfer = 99, 0.5
    return w


# --- knowledge -------------------------------------------------------------------------------------------------------


def test_research_becomes_knowledge_and_knowledge_fades(w):
    w.p.university_research, w.p.university_decay, w.p.university_spillover = 100.0 * MILLION_RMB, 0.1, 3.0 * MILLION_RMB
    u, share = w.universities[0], w.p[0].sector_share
    u.knowledge[:] = 500.0 * MILLION_RMB
    u.failures_heard[1] = 4
    R.do_research(w, 0)
    expected = [0.9 * 500 + 100 * share[s] + (12 if s == 1 else 0) for s in range(4)]
    assert u.knowledge.tolist() == pytest.approx([x * MILLION_RMB for x in expected])
    assert not u.failures_heard.any()
    assert u.cash == 0 and u.research == 100 * MILLION_RMB


def test_research_is_public_money_and_gifts_come_from_households(w):
    w.p.university_research, w.p.university_alumni_gifts = 100.0 * MILLION_RMB, 7.0 * MILLION_RMB
    R.do_research(w, 0)
    assert w.accounts[A.TREASURY].cash == -100 * MILLION_RMB
    assert w.accounts[A.HOUSEHOLDS].cash == 93 * MILLION_RMB
    assert w.accounts[A.LP_ALUMNI].cash == 7 * MILLION_RMB
    assert byhand.total(w) == 0


def test_it_opens_with_the_knowledge_that_its_budget_sustains(w):
    R.open_university(w.universities[0], w.p[0], 1)
    before = w.universities[0].knowledge.copy()
    R.do_research(w, 0)
    assert w.universities[0].knowledge.tolist() == pytest.approx(before.tolist())


def test_transfer_offices_differ_around_a_median_and_never_exceed_everything(w):
    u, p = w.universities[0], w.p[0]
    w.p.university_transfer, w.p.university_transfer_spread = 0.2, 0.5
    seen = []
    for key in range(2000):
        u.key = key + 1
        R.open_university(u, p, 1)
        seen.append(float(u.transfer))
    assert np.median(np.log(seen)) == pytest.approx(math.log(0.2), abs=3 * 1.25 * 0.5 / math.sqrt(2000))
    assert max(seen) <= 1.0


# --- disclosures -----------------------------------------------------------------------------------------------------


def test_disclosures_follow_the_knowledge_that_is_renewed(w):
    """Poisson with mean d K / c times transfer, each a scientist with an idea at once."""
    w.p.university_decay, w.p.university_disclosure_cost = 0.04, 10.0 * MILLION_RMB
    u = w.universities[0]
    u.knowledge[:] = np.array([500.0, 0.0, 100.0, 0.0]) * MILLION_RMB  # means 1, 0, 0.2, 0 a quarter
    count = np.zeros((300, 4), int)
    for now in range(300):
        w.clock[0].now, w.clock[0].n_people, w.clock[0].n_agenda = now, 0, 0
        R.disclose(w, 0)
        for e in w.people[: int(w.clock[0].n_people)]:
            assert e.kind == rules.entrepreneur.SCIENTIST and e.credential == 2
            assert e.next_idea == now and e.status == rules.entrepreneur.POOL and e.university == 0
            count[now, e.field] += 1
    assert count[:, [1, 3]].sum() == 0
    for s, mean in ((0, 1.0), (2, 0.2)):
        assert count[:, s].mean() == pytest.approx(mean, abs=3 * math.sqrt(mean / 300))
    assert u.disclosures == count.sum()


def test_nobody_comes_twice(w):
    """Keys of scientists do not repeat within a quarter, across fields or in the next quarter, however many there are."""
    w = byhand.world(size=3000)
    w.universities[0].key, w.universities[0].transfer = 99, 1.0
    w.universities[0].knowledge[:] = 100.0 * w.p[0].university_disclosure_cost / w.p[0].university_decay
    for now in range(6):
        w.clock[0].now = now
        R.disclose(w, 0)
    keys = w.people.key[: int(w.clock[0].n_people)]
    assert len(keys) > 2000 and len(set(keys.tolist())) == len(keys)


# --- graduates -------------------------------------------------------------------------------------------------------


def a_cohort(w, now):
    w.clock[0].now = now
    before = int(w.clock[0].n_people)
    R.graduate(w, 0)
    return list(range(before, int(w.clock[0].n_people)))


def test_a_cohort_graduates_once_a_year(w):
    assert [len(a_cohort(w, now)) for now in range(8)] == [0, 0, 8, 0, 0, 0, 8, 0]


def test_people_know_classmates_and_those_a_year_ahead(w):
    first, second, third = (a_cohort(w, now) for now in (2, 6, 10))
    for cohort, known in ((first, first), (second, first + second), (third, second + third)):
        for row in cohort:
            ties = w.people[row].ties.tolist()
            assert row not in ties
            assert set(ties) <= set(known)
    assert any(t in second for row in third for t in w.people[row].ties)


def test_a_cohort_of_one_knows_nobody():
    w = byhand.world({"city.graduates": 1}, size=10)
    (row,) = a_cohort(w, 2)
    assert w.people[row].ties.tolist() == [-1, -1, -1, -1]


def test_the_circle_does_not_depend_on_the_order_of_arrival(w):
    cohort = a_cohort(w, 2)
    circle = w.tables[0].circle
    w.people.place[cohort] = 0.25  # all claim one place
    seen = []
    for order in (cohort, cohort[::-1], cohort[3:] + cohort[:3]):
        circle[:] = -1
        for row in order:
            R.take_place(w, row, 0.25)
        seen.append(circle.tolist())
    assert seen[0] == seen[1] == seen[2]
    start = int(0.25 * len(circle))
    standing = circle[start : start + len(cohort)].tolist()
    assert standing == sorted(cohort, key=lambda row: int(w.people[row].key))


def test_everybody_on_the_circle_is_found_and_oneself_never(w):
    cohort = a_cohort(w, 2)
    for myself in cohort:
        found = {int(R.who_stands_at(w, u, myself)) for u in np.linspace(0.0001, 0.9999, 500)}
        assert found <= set(cohort) - {myself}
    assert int(R.who_stands_at(w, 0.5, -1)) in cohort


def test_newcomers_know_nobody_and_come_once_a_year(w):
    for now in range(5):
        w.clock[0].now = now
        R.welcome_newcomers(w, 0)
    assert w.clock[0].n_people == 10
    for e in w.people[:10]:
        assert e.kind == rules.entrepreneur.NEWCOMER and e.university == -1
        assert e.ties.tolist() == [-1, -1, -1, -1]


def test_people_are_who_they_are_whatever_the_policy(w):
    """Keys come from city, university, cohort and number."""
    cohort = a_cohort(w, 6)
    keys = w.people.key[cohort].tolist()
    other = byhand.world({"city.graduates": 8}, size=120, seed=1)
    other.universities[0].key, other.universities[0].transfer = 99, 0.5
    a_cohort(other, 2)
    later = a_cohort(other, 6)
    assert other.people.key[later].tolist() == keys
    assert len(set(keys)) == 8
    for n, key in enumerate(keys):
        assert key == int(rules.draws.identity(0, 0, 6, n))


def test_a_full_table_says_so():
    w = byhand.world({"city.graduates": 8}, size=5)
    a_cohort(w, 2)
    assert w.clock[0].full == 1 and w.clock[0].n_people == 5


def test_who_never_has_an_idea_in_time_is_not_on_the_agenda(w):
    w.p.entrepreneur_ideas = 1e-9
    cohort = a_cohort(w, 2)
    assert len(cohort) == 8 and w.clock[0].n_agenda == 0
    assert all(w.people[row].status == rules.entrepreneur.LEFT for row in cohort)
