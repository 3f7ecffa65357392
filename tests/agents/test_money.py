"""Money is moved whole and shared out exactly."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from seedbed.agents.money import FEN_PER_MILLION, FEN_PER_YUAN, fen, pay, share_in_turn, share_out
from seedbed.agents.rule import INTERPRETED, as_rows, rule

if INTERPRETED:
    TYPE_ERRORS: tuple = (TypeError,)
else:
    from numba.core.errors import TypingError

    TYPE_ERRORS = (TypeError, TypingError)

thorough = settings(deadline=None, derandomize=True, max_examples=300)
amounts = st.integers(0, 10**14)
claims = st.integers(0, 10**10)


def purses(*cash):
    rows = np.zeros(len(cash), dtype=np.dtype([("cash", "i8"), ("age", "i4")], align=True))
    rows["cash"] = cash
    return as_rows(rows)


def test_what_one_pays_the_other_receives():
    rows = purses(1000, 5)
    pay(rows[0], rows[1], 300)
    assert rows.cash.tolist() == [700, 305]


def test_large_sums_keep_their_last_fen():
    rows = purses(2**60 + 1, 1)
    pay(rows[0], rows[1], 2**60)
    assert rows.cash.tolist() == [1, 2**60 + 1]


def test_an_unsigned_amount_is_exact_too():
    rows = purses(2**60 + 1, 1)
    pay(rows[0], rows[1], np.uint64(2**60))
    assert rows.cash.tolist() == [1, 2**60 + 1]


def test_the_payer_may_go_into_debt():
    rows = purses(0, 0)
    pay(rows[0], rows[1], 9)
    assert rows.cash.tolist() == [-9, 9]


def test_paying_oneself_changes_nothing():
    rows = purses(50)
    pay(rows[0], rows[0], 20)
    assert rows.cash.tolist() == [50]


def test_a_negative_amount_is_refused_and_moves_nothing():
    rows = purses(10, 10)
    with pytest.raises(ValueError, match="not negative"):
        pay(rows[0], rows[1], -1)
    assert rows.cash.tolist() == [10, 10]


def test_a_float_is_refused():
    rows = purses(10, 10)
    with pytest.raises(TYPE_ERRORS):
        pay(rows[0], rows[1], 1.5)
    with pytest.raises(TYPE_ERRORS):
        share_out(1.5, 1, 2)
    assert rows.cash.tolist() == [10, 10]


@rule
def pay_fee(payer, payee, rate):
    pay(payer, payee, fen(payer.cash * rate))


def test_rules_of_other_files_can_pay():
    rows = purses(250, 0)
    pay_fee(rows[0], rows[1], 0.01)
    assert rows.cash.tolist() == [247, 3]


@pytest.mark.parametrize(
    ("amount", "whole"),
    [(0.0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (-0.5, 0), (-1.2, -1), (-1.7, -2), (1e14, 10**14)],
)
def test_fen_rounds_halves_up(amount, whole):
    assert fen(amount) == whole
    assert isinstance(fen(amount), int)


def test_units():
    assert fen(0.07 * FEN_PER_YUAN) == 7
    assert FEN_PER_MILLION == 10**6 * FEN_PER_YUAN


@pytest.mark.parametrize(
    ("amount", "part", "whole", "share"),
    [
        (100, 1, 3, 33),
        (100, 2, 3, 66),
        (100, 3, 3, 100),
        (0, 1, 3, 0),
        (100, 0, 3, 0),
        (100, 1, 0, 0),
        (10**14, 10**10 - 1, 10**10, 10**14 - 10**4),
        (10**14, 3_333_333_333, 10**10, 33_333_333_330_000),
        (2**63 - 1, 2**63 - 1, 2**63 - 1, 2**63 - 1),
        (2**63 - 1, 2**62, 2**63 - 1, 2**62),
        (2**63 - 2, 2**63 - 2, 2**63 - 1, 2**63 - 3),
    ],
)
def test_shares_worked_by_hand(amount, part, whole, share):
    assert share_out(amount, part, whole) == share


@thorough
@given(amounts, claims, st.integers(1, 10**10))
def test_shares_are_exact(amount, part, whole):
    part = min(part, whole)
    assert share_out(amount, part, whole) == amount * part // whole


@thorough
@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(1, 2**63 - 1))
def test_shares_are_exact_as_far_as_64_bits_reach(amount, part, whole):
    share = amount * part // whole
    if share < 2**63:
        assert share_out(amount, part, whole) == share
    else:
        with pytest.raises(OverflowError):
            share_out(amount, part, whole)


@pytest.mark.parametrize(
    ("amount", "part", "whole"), [(2**63 - 1, 2, 1), (2**62, 2, 1), (2**62, 2**62, 1), (2**62, 4, 1)]
)
def test_a_share_that_64_bits_cannot_hold_is_refused(amount, part, whole):
    with pytest.raises(OverflowError):
        share_out(amount, part, whole)


@pytest.mark.parametrize(("amount", "part", "whole"), [(-1, 1, 2), (1, -1, 2), (1, 1, -2)])
def test_negative_shares_are_refused(amount, part, whole):
    with pytest.raises(ValueError, match="not negative"):
        share_out(amount, part, whole)


@thorough
@given(amounts, st.lists(claims, min_size=1, max_size=8))
def test_shares_in_turn_use_up_the_sum(amount, parts):
    whole = sum(parts)
    before, paid = 0, 0
    for part in parts:
        share = share_in_turn(amount, before, part, whole)
        assert whole == 0 or abs(share * whole - amount * part) < whole
        before += part
        paid += share
    assert paid == (amount if whole else 0)


def test_shares_in_turn_worked_by_hand():
    assert [share_in_turn(100, before, 1, 3) for before in range(3)] == [33, 33, 34]
