"""Money: whole fen, moved by one function.

Every sum of money in a record is a signed 64-bit whole number of **fen** (1 yuan = 100 fen, so
1 million RMB = 100 000 000 fen). What one pays another receives, to the last fen, so the books
balance exactly and not merely nearly. 64 bits hold 92 million billion yuan.

Rates and prices are floats; a float becomes money in one place, :func:`fen`, and a sum is divided in
one place, :func:`share_out`.
"""

from __future__ import annotations

import math

from .rule import MASK, high_product, i64, rule, u64

__all__ = ["FEN_PER_MILLION", "FEN_PER_YUAN", "fen", "pay", "share_in_turn", "share_out"]

FEN_PER_YUAN = 100
FEN_PER_MILLION = 100_000_000

_ZERO = u64(0)
_ONE = u64(1)
_TOP = u64(63)
_LARGEST = u64(2**63 - 1)


@rule
def pay(payer, payee, amount):
    """Move ``amount`` fen from one row's ``cash`` to another's.

    Both rows have a whole-number field ``cash`` (fen). ``amount`` is a whole number of fen, not
    negative; a float is refused, since adding one to a whole-number field would drop its fraction
    and with it the balance of the books. The payer may go into debt: whether it can afford to
    pay is the caller's rule, not the till's.

    Raises ValueError for a negative amount.
    """
    fens = i64(amount >> 0)  # shifting by nothing: an error for a float, in both modes
    if fens < 0:
        raise ValueError("a payment is not negative: swap payer and payee instead")
    payer.cash -= fens
    payee.cash += fens


@rule
def fen(amount):
    """A float amount of fen as whole fen, halves rounded up: ``floor(amount + 1/2)``."""
    return i64(math.floor(amount + 0.5))


@rule
def _divide(high, low, divisor):
    """``(high * 2**64 + low) // divisor`` for unsigned numbers with ``high < divisor < 2**63``."""
    remainder = high
    quotient = low
    for _ in range(64):
        remainder = (remainder << _ONE) | (quotient >> _TOP)
        quotient = (quotient << _ONE) & MASK
        if remainder >= divisor:
            remainder = remainder - divisor
            quotient = quotient | _ONE
    return quotient


@rule
def share_out(amount, part, whole):
    """The share ``part / whole`` of ``amount``, rounded down: ``floor(amount * part / whole)``.

    ``amount`` in fen; ``part`` and ``whole`` in any common unit (fen committed, shares, heads). All
    are whole numbers, not negative. Exact: the product is formed with 128 bits. Where nobody has a
    claim (``whole`` is 0) the share is 0.

    Shares of all claims together may fall short of ``amount`` by less than one fen each; where the
    whole sum must go, use :func:`share_in_turn`.

    Raises ValueError for a negative number, OverflowError if the share does not fit into 64 bits
    (never where ``part <= whole``).
    """
    if amount < 0 or part < 0 or whole < 0:
        raise ValueError("amount, part and whole are not negative")
    sum_ = u64(amount >> 0)
    claim = u64(part >> 0)
    claims = u64(whole >> 0)
    if claims == _ZERO:
        return i64(0)
    high = high_product(sum_, claim)
    low = (sum_ * claim) & MASK
    if high == _ZERO:
        share = low // claims
    elif high < claims:
        share = _divide(high, low, claims)
    else:
        share = MASK
    if share > _LARGEST:
        raise OverflowError("the share is larger than 64 bits hold: is part larger than whole?")
    return i64(share)


@rule
def share_in_turn(amount, before, part, whole):
    """The share of one claim when ``amount`` is shared out to the last fen, claim after claim.

    ``before`` is the sum of the claims already served. The shares of claims that add up to ``whole``
    add up to ``amount`` exactly, and none is further than one fen from its exact value.
    """
    return share_out(amount, before + part, whole) - share_out(amount, before, whole)
