"""Chance: the numbers are numpy's, their distributions right, their addresses apart."""

import hashlib
import json
import math
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from scipy import stats

import seedbed
from seedbed.agents import draws
from seedbed.agents.draws import (
    SALT,
    child,
    decision,
    decisions,
    exponential_quantile,
    fill_buckets,
    hash_u64,
    identity,
    normal,
    normal_pair,
    normal_quantile,
    normals4,
    pick,
    pick_bucket,
    pick_other_bucket,
    poisson_quantile,
    redraw,
    redraw_words,
    uniform,
    uniform_pair,
    uniforms4,
    word,
)
from seedbed.agents.rule import INTERPRETED, market_rule, rule, u64

thorough = settings(deadline=None, derandomize=True, max_examples=200)
u8 = st.integers(0, 2**64 - 1).map(np.uint64)
codes = st.integers(0, 2**63 - 1).map(np.uint64)

THIS = decision("test of draws: this", "a decision that only the tests take")
THAT = decision("test of draws: that")
DRAWS = 2_000 if INTERPRETED else 100_000

# --- The numbers are numpy's -------------------------------------------------------------------------


@thorough
@given(u8, u8, u8, codes, u8)
@example(*[np.uint64(2**64 - 1)] * 3, np.uint64(2**63 - 1), np.uint64(2**64 - 1))
@example(*[np.uint64(0)] * 5)
def test_words_are_those_of_numpys_generator(seed, now, who, what, other):
    key, counter = np.array([seed, SALT], dtype="u8"), np.array([what, now, who, other], dtype="u8")
    generator = np.random.Philox(key=key, counter=counter)
    expected = generator.random_raw(4).tolist()
    assert [int(word(seed, now, who, what, other, lane)) for lane in range(4)] == expected
    assert redraw_words(seed, now, who, what, other).tolist() == expected


@thorough
@given(u8, u8, u8, codes, u8)
def test_uniform_numbers_can_be_redrawn_at_a_prompt(seed, now, who, what, other):
    assert uniform(seed, now, who, what) == redraw(seed, now, who, what)
    assert uniform_pair(seed, now, who, other, what) == redraw(seed, now, who, what, with_whom=other)
    assert uniforms4(seed, now, who, what) == tuple(redraw(seed, now, who, what, word=lane) for lane in range(4))


@thorough
@given(u8, u8, u8, codes, u8)
def test_normal_numbers_are_quantiles_of_the_uniform_ones(seed, now, who, what, other):
    assert normal(seed, now, who, what) == normal_quantile(uniform(seed, now, who, what))
    assert normal_pair(seed, now, who, other, what) == normal_quantile(uniform_pair(seed, now, who, other, what))
    assert normals4(seed, now, who, what) == tuple(normal_quantile(u) for u in uniforms4(seed, now, who, what))


def test_an_address_worked_out_once_and_for_all():
    # A change here changes every result ever published.
    assert [int(word(1, 2, 3, 4, 5, lane)) for lane in range(4)] == [
        4889058522124342706,
        11334855482070387778,
        12073594334459334295,
        12560543000386375614,
    ]
    assert int(THIS) == int.from_bytes(hashlib.sha256(b"test of draws: this").digest()[:8], "little") >> 1
    assert redraw(1, 2, 3, "test of draws: this") == uniform(1, 2, 3, THIS)


@rule
def of_mixed_types(row, now):
    plain = uniform_pair(1, now, row.key, 3, THIS)
    unsigned = uniform_pair(u64(1), u64(now), row.key, u64(3), THIS)
    return plain == unsigned and uniform(row.seed, 7, row.key, THIS) == uniform(row.seed, u64(7), row.key, THIS)


def test_the_type_of_a_whole_number_does_not_matter():
    row = np.zeros(1, dtype=[("key", "u8"), ("seed", "i8")]).view(np.recarray)[0]
    row.key, row.seed = 2**64 - 5, 12
    assert of_mixed_types(row, 9)
    assert uniform(12, 7, 2**64 - 5, int(THIS)) == uniform(np.uint64(12), np.int32(7), row.key, THIS)


# --- Never 0, never 1 --------------------------------------------------------------------------------


def test_extreme_words_give_numbers_inside():
    lowest, highest = draws._unit(u64(0)), draws._unit(u64(2**64 - 1))
    assert lowest == 2.0**-53
    assert highest == 1 - 2.0**-53
    for u in (lowest, highest):
        assert math.isfinite(normal_quantile(u))
        assert 0 < exponential_quantile(u) < 40
        assert 0 <= poisson_quantile(u, 4.0) < 60
    for n in [1, 3, 10, 1000, 2**20, 2**20 + 1, 3**30, 2**52 - 1, 2**52]:
        assert int(highest * n) == n - 1, "a pick never reaches n"


@thorough
@given(u8, u8, st.integers(1, 10**6))
def test_picks_are_in_range_and_from_the_uniform_number(seed, who, n):
    found = pick(seed, 3, who, THIS, n)
    assert 0 <= found < n
    assert found == int(redraw(seed, 3, who, THIS) * n)


def test_nothing_to_pick_from():
    assert pick(1, 2, 3, THIS, 0) == -1
    assert pick(1, 2, 3, THIS, 1) == 0


# --- Distributions -----------------------------------------------------------------------------------

SHARES = np.concatenate(
    [10.0 ** -np.arange(1, 300, 7), np.linspace(0.0005, 0.9995, 1999), 1 - 10.0 ** -np.arange(1, 16)]
)


def test_normal_quantiles_agree_with_scipys():
    ours = np.array([normal_quantile(float(u)) for u in SHARES])
    np.testing.assert_allclose(ours, stats.norm.ppf(SHARES), rtol=2e-15, atol=1e-16)


def test_normal_quantiles_worked_out_by_wichura():
    # the check values printed with the algorithm
    assert normal_quantile(0.25) == pytest.approx(-0.6744897501960817, rel=1e-15)
    assert normal_quantile(0.001) == pytest.approx(-3.090232306167814, rel=1e-15)
    assert normal_quantile(1e-20) == pytest.approx(-9.262340089798408, rel=1e-15)
    assert normal_quantile(0.5) == 0.0


@given(st.integers(0, 2**52 - 1))
@settings(deadline=None, derandomize=True)
def test_normal_quantiles_are_symmetric(interval):
    u = (interval + 0.5) * 2.0**-52
    assert normal_quantile(u) == -normal_quantile(1 - u)


def test_exponential_quantiles_agree_with_scipys():
    shares = np.array([draws._unit(u64(k << 44)) for k in range(0, 2**20, 997)])
    ours = np.array([exponential_quantile(float(u)) for u in shares])
    np.testing.assert_allclose(ours, stats.expon.ppf(shares), rtol=1e-12)
    assert exponential_quantile(0.5) == math.log(2)


@pytest.mark.parametrize("mean", [0.001, 0.3, 1.0, 2.5, 17.0, 140.0, 599.9])
def test_poisson_quantiles_agree_with_scipys(mean):
    shares = (np.arange(4000) + 0.37) / 4000
    ours = [poisson_quantile(float(u), mean) for u in shares]
    assert ours == stats.poisson.ppf(shares, mean).astype(int).tolist()


@pytest.mark.parametrize("mean", [601.0, 900.0, 20_000.0])
def test_large_poisson_quantiles_are_within_one(mean):
    shares = (np.arange(4000) + 0.37) / 4000
    ours = np.array([poisson_quantile(float(u), mean) for u in shares])
    assert np.abs(ours - stats.poisson.ppf(shares, mean)).max() <= 1


def test_poisson_quantiles_by_hand():
    # mean 1: chances of 0, 1, 2 events are 0.368, 0.368, 0.184
    assert [poisson_quantile(u, 1.0) for u in (0.1, 0.36, 0.37, 0.73, 0.74, 0.91, 0.93)] == [0, 0, 1, 1, 2, 2, 3]
    assert [poisson_quantile(0.999, mean) for mean in (0.0, -1.0, float("nan"))] == [0, 0, 0]
    assert isinstance(poisson_quantile(0.5, 3.0), int)


# --- Addresses are apart -----------------------------------------------------------------------------


@market_rule
def columns(out):
    """One column of draws for each way in which two addresses can be near to each other."""
    for i in range(len(out)):
        out[i, 0] = uniform(1, 5, i, THIS)
        out[i, 1] = uniform(1, 5, i, THAT)
        out[i, 2] = uniform(1, 6, i, THIS)
        out[i, 3] = uniform(2, 5, i, THIS)
        out[i, 4] = uniform(1, 5, i + 1_000_000, THIS)
        out[i, 5] = uniform_pair(1, 5, i, 9, THIS)
        out[i, 6] = uniform_pair(1, 5, 9, i, THIS)
        _, out[i, 7], out[i, 8], out[i, 9] = uniforms4(1, 5, i, THIS)
        out[i, 10] = uniform(1, i, 5, THIS)


@pytest.fixture(scope="module")
def many():
    out = np.zeros((DRAWS, 11))
    columns(out)
    return out


def test_draws_at_different_addresses_are_uncorrelated(many):
    correlations = np.corrcoef(many, rowvar=False)[np.triu_indices(many.shape[1], 1)]
    assert len(correlations) == 55
    assert np.abs(correlations).max() < 4.5 / math.sqrt(len(many))


def test_successive_draws_are_uncorrelated(many):
    for column in many.T:
        assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 4.5 / math.sqrt(len(many))


def test_draws_are_uniform(many):
    for column in many.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4


# --- Names of decisions ------------------------------------------------------------------------------


def test_a_decision_is_listed():
    entry = next(entry for entry in decisions() if entry.name == "test of draws: this")
    assert entry == ("test of draws: this", int(THIS), __name__, "a decision that only the tests take")
    assert 0 <= entry.code < 2**63


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(draws, "_decisions", {})


def declared_in(module, name):
    place = types.ModuleType(module)
    place.decision = decision
    exec(f"CODE = decision({name!r})", place.__dict__)
    return int(place.CODE)


def test_a_new_decision_leaves_the_others_alone(registry):
    before = declared_in("a", "x"), declared_in("a", "y")
    draws._decisions.clear()
    after = declared_in("a", "w"), declared_in("a", "x"), declared_in("b", "y")
    assert after[1:] == before
    assert len({*after}) == 3
    assert [entry.name for entry in decisions()] == ["w", "x", "y"]


def test_a_module_may_be_imported_again(registry):
    assert declared_in("a", "x") == declared_in("a", "x")
    assert len(decisions()) == 1


def test_a_name_belongs_to_one_module(registry):
    declared_in("a", "x")
    with pytest.raises(ValueError, match="'x' of b is taken: 'x' of a"):
        declared_in("b", "x")


def test_two_names_with_one_number_are_refused(registry, monkeypatch):
    monkeypatch.setattr(draws, "_code", lambda name: 12)
    declared_in("a", "x")
    with pytest.raises(ValueError, match="'y' of a is taken: 'x' of a"):
        declared_in("a", "y")


# --- Identities --------------------------------------------------------------------------------------


@market_rule
def all_identities(places, cohorts, numbers, kinds, out):
    k = 0
    for a in range(places):
        for b in range(cohorts):
            for c in range(numbers):
                for d in range(kinds):
                    key = identity(a, b, c, d)
                    out[k, 0] = key
                    out[k, 1] = child(key, 0, THIS)
                    out[k, 2] = child(key, 1, THIS)
                    out[k, 3] = child(key, 0, THAT)
                    k += 1


@pytest.fixture(scope="module")
def keys():
    ranges = (4, 10, 20, 3) if INTERPRETED else (12, 240, 100, 3)
    out = np.zeros((math.prod(ranges), 4), dtype=np.uint64)
    all_identities(*ranges, out)
    return out


def test_no_two_agents_or_their_children_share_a_key(keys):
    assert len(np.unique(keys)) == keys.size
    assert keys.all(), "0 is nobody"


def test_neighbouring_keys_have_no_common_children():
    found = {int(child(key, number, tag)) for key in range(20) for number in range(20) for tag in range(3)}
    assert len(found) == 20 * 20 * 3


def test_every_bit_of_a_key_is_as_good_as_a_coin(keys):
    heads = np.unpackbits(keys[:, :1].copy().view(np.uint8), axis=1)
    deviation = (heads.mean(axis=0) - 0.5) * 2 * math.sqrt(len(heads))
    assert heads.shape[1] == 64
    assert np.abs(deviation).max() < 4.5


@pytest.mark.parametrize(
    "hashed", [lambda x: identity(x, 2, 3, 4), lambda x: identity(1, 2, 3, x), lambda x: child(x, 1, 2)]
)
def test_neighbours_differ_in_half_their_bits(hashed):
    different = [(int(hashed(k)) ^ int(hashed(k + 1))).bit_count() for k in range(500)]
    assert np.mean(different) == pytest.approx(32, abs=1)
    assert min(different) > 10


def test_the_order_of_names_matters():
    assert len({int(identity(*order)) for order in [(1, 2, 3, 4), (2, 1, 3, 4), (1, 2, 4, 3), (4, 3, 2, 1)]}) == 4
    assert (
        len({int(key) for key in (child(5, 1, 2), child(5, 2, 1), child(1, 5, 2), hash_u64(5, 1), hash_u64(1, 5))}) == 5
    )


def test_no_key_is_nobodys():
    assert int(draws._not_zero(u64(0))) == 1
    assert int(draws._not_zero(u64(17))) == 17


# --- Buckets -----------------------------------------------------------------------------------------


def filled(keys, weights, salt=1, size=256):
    table = np.full(size, 99, dtype=np.int32)
    owned = fill_buckets(np.array(keys, dtype=np.uint64), np.array(weights, dtype=np.int64), np.uint64(salt), table)
    assert owned == np.count_nonzero(table >= 0)
    return table


def picks(keys, table):
    """The key picked from each bucket; None for nobody."""
    found = [int(pick_bucket(table, (bucket + 0.5) / len(table))) for bucket in range(len(table))]
    return [keys[member] if member >= 0 else None for member in found]


members = st.lists(
    st.tuples(st.integers(1, 2**64 - 1), st.integers(0, 9)), max_size=60, unique_by=lambda member: member[0]
)


@thorough
@given(members, st.integers(1, 2**64 - 1), st.integers(1, 9), st.integers(0, 60), st.integers(0, 2**64 - 1))
def test_one_member_more_changes_only_the_picks_that_go_to_it(others, key, weight, position, salt):
    others = [other for other in others if other[0] != key]
    larger = [*others[:position], (key, weight), *others[position:]]
    before, after = ([k for k, _ in roster] for roster in (others, larger))
    old = picks(before, filled(before, [w for _, w in others], salt))
    new = picks(after, filled(after, [w for _, w in larger], salt))
    assert all(now == then or now == key for then, now in zip(old, new, strict=True))


@thorough
@given(members, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(roster, random):
    shuffled = roster.copy()
    random.shuffle(shuffled)
    one, other = ([k for k, _ in order] for order in (roster, shuffled))
    assert picks(one, filled(one, [w for _, w in roster])) == picks(other, filled(other, [w for _, w in shuffled]))


def test_a_larger_weight_changes_only_the_picks_that_go_to_it():
    keys = [11, 22, 33, 44]
    old, new = picks(keys, filled(keys, [3, 3, 3, 3])), picks(keys, filled(keys, [3, 9, 3, 3]))
    assert old != new
    assert all(now == then or now == 22 for then, now in zip(old, new, strict=True))


def test_picks_walk_on_to_the_next_owner_and_around_the_end():
    table = np.array([-1, 4, -1, -1, 2, -1, -1, -1], dtype=np.int32)
    assert [int(pick_bucket(table, (b + 0.5) / 8)) for b in range(8)] == [4, 4, 2, 2, 2, 4, 4, 4]
    assert [int(pick_other_bucket(table, (b + 0.5) / 8, 4)) for b in range(8)] == [2] * 8
    assert int(pick_bucket(table, 1 - 2.0**-53)) == 4


def test_nobody_to_pick():
    assert (filled([], []) == -1).all()
    assert (filled([5, 6], [0, 0]) == -1).all()
    assert int(pick_bucket(filled([], []), 0.3)) == -1
    alone = filled([5], [2])
    assert int(pick_bucket(alone, 0.3)) == 0
    assert int(pick_other_bucket(alone, 0.3, 0)) == -1


@pytest.mark.parametrize("size", [0, 3, 100])
def test_the_size_of_a_table_is_a_power_of_two(size):
    with pytest.raises(ValueError, match="power of two"):
        filled([1], [1], size=size)


def test_over_time_members_are_picked_in_proportion_to_weight():
    keys = [int(identity(1, 2, number, 3)) for number in range(40)]
    weights = [1] * 20 + [2] * 20
    rounds = 50 if INTERPRETED else 2000
    counts, chosen = np.zeros(40), np.zeros(40)
    for salt in range(rounds):
        table = filled(keys, weights, salt)
        counts += np.bincount(table[table >= 0], minlength=40)
        owned = np.flatnonzero(table >= 0)
        reached = owned[np.searchsorted(owned, np.arange(256)) % len(owned)]
        chosen += np.bincount(table[reached], minlength=40)
        assert table[reached[salt % 256]] == pick_bucket(table, (salt % 256 + 0.5) / 256)
    # shares of claims won: a clash costs each the same, whoever it is
    won = counts / rounds / np.array(weights)
    assert won.mean() == pytest.approx(1 - 30 / 256, abs=0.03)
    assert won.std() < 3 * math.sqrt(0.12 / rounds)
    assert chosen[20:].sum() / chosen[:20].sum() == pytest.approx(2, rel=0.05 if rounds > 1000 else 0.2)
    by_key = np.argsort(keys)
    assert won[by_key[:20]].mean() == pytest.approx(won[by_key[20:]].mean(), abs=6 * math.sqrt(0.12 / rounds / 20))


# --- The same bits compiled and interpreted ------------------------------------------------------------

SAMPLES = """
import hashlib, json
import numpy as np
from seedbed.agents import draws as d, money as m
from seedbed.agents.rule import as_rows

chance = np.random.default_rng(5)
names = ("words", "uniforms", "normals", "waiting", "counts", "picks", "keys", "buckets", "money")
found = {name: [] for name in names}
rows = as_rows(np.zeros(20, dtype=[("cash", "i8"), ("key", "u8")]))
table = np.zeros(128, dtype=np.int32)
for _ in range(300):
    seed, now, who, other, code = (np.uint64(n) for n in chance.integers(0, 2**63, 5))
    who = who * np.uint64(2)
    at = (seed, now, who, code)
    found["words"] += [int(d.word(*at, other, lane)) for lane in range(4)]
    found["uniforms"] += [*d.uniforms4(*at), d.uniform_pair(seed, now, who, other, code)]
    found["normals"] += [*d.normals4(*at), d.normal_pair(seed, now, who, other, code), d.normal_quantile(d.uniform(*at) / 1e9)]
    found["waiting"] += [d.exponential_quantile(u) for u in d.uniforms4(*at)]
    u, v, *_ = d.uniforms4(*at)
    found["counts"] += [int(d.poisson_quantile(u, mean)) for mean in (v, 30 * v, 600 * v, 5000 * v)]
    found["picks"] += [int(d.pick(*at, n)) for n in (3, 1000, 10**12)]
    found["keys"] += [int(k) for k in (d.identity(who, now, 3, 4), d.child(who, 5, code), d.hash_u64(who, other))]
    m.pay(rows[0], rows[1], m.fen(u * 1e9))
    found["money"] += [int(m.share_out(10**14, int(u * 1e10), 10**10)), int(rows[0].cash), int(rows[1].cash)]
for salt in range(20):
    rows["key"] = chance.integers(1, 2**63, 20).astype(np.uint64) * np.uint64(2)
    owned = d.fill_buckets(rows["key"], np.arange(20) % 4, np.uint64(salt), table)
    found["buckets"] += [int(owned), *table.tolist()]
digests = {}
for name, values in found.items():
    kind = "f8" if isinstance(values[0], float) else "u8" if name in ("words", "keys") else "i8"
    digests[name] = hashlib.sha256(np.array(values, dtype=kind).tobytes()).hexdigest()
"""


@pytest.mark.parametrize(
    "switches", [{"NUMBA_DISABLE_JIT": "1"}, {"NUMBA_DISABLE_JIT": "0", "SEEDBED_NRT": "1"}], ids=str
)
def test_every_way_to_run_gives_the_same_bits(switches):
    here: dict = {}
    exec(SAMPLES, here)
    root = str(Path(seedbed.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": root} | switches
    script = SAMPLES + "print(json.dumps(digests))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], env=environment, capture_output=True, text=True, cwd=root
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == here["digests"]
    assert len(set(here["digests"].values())) == 9
