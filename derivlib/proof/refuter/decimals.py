"""Numbers in and out: entries as a reader gives them, values in digits that are all certain."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import cast

from flint import arb, fmpq

from derivlib.proof.refuter.duals import Number
from derivlib.proof.refuter.environment import Place, Table

DIGITS = (6, 9, 12, 18, 24, 36, 60, 100, 150, 400, 1200)
NEGLIGIBLE = 1e-12


def table(name: str, value: object, spans: Sequence[range]) -> Table:
    """Nested sequences as a table from place to entry."""
    if not spans:
        try:
            x = Fraction(cast(float, value))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"entries of {name!r} are rational numbers, not {value!r}") from None
        return {(): fmpq(x.numerator, x.denominator)}
    axis, *rest = spans
    if not isinstance(value, Sequence) or len(value) != len(axis):
        raise ValueError(f"entries of {name!r} need {len(axis)} parts here, not {value!r}")
    return {
        (n, *place): entry
        for n, part in zip(axis, value, strict=True)
        for place, entry in table(name, part, rest).items()
    }


def nested(entries: Table, spans: Sequence[range], digits: int, place: Place = ()) -> object:
    """The inverse of `table`: Fractions, or floats of so many digits for what is irrational."""
    if spans:
        axis, *rest = spans
        return tuple(nested(entries, rest, digits, (*place, n)) for n in axis)
    entry = entries[place]
    if type(entry) is fmpq:
        return Fraction(int(entry.p), int(entry.q))
    return float(arb(_rounded(entry, fmpq(1))).mid().str(digits, radius=False))


def told_apart(left: Number, right: Number) -> tuple[str, str, int] | None:
    """Both values in as many digits as tell them apart, 6 at least, and that number.

    None if not all of these digits are certain: the values have to be known more closely.
    """
    for digits in DIGITS:
        one, other = decimal(left, digits), decimal(right, digits)
        if one is None or other is None:
            return None
        if _number(one) != _number(other):  # 1.00000 is 1
            return one, other, digits
    return None


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond those of Decimal
        return text


def roughly(x: Number, beside: Number) -> str:
    """As many digits as are certain.

    An interval about 0 that is far narrower than the value beside it is large is told as 0.
    """
    x = _rounded(x, beside)
    certain = (decimal(x, digits) for digits in range(DIGITS[0], 0, -1))
    return next((text for text in certain if text is not None), str(arb(x).str(3)))


def _rounded(x: Number, beside: Number) -> Number:
    """0 for an interval that contains 0 and is far narrower than the value beside it is large."""
    about_zero = type(x) is arb and x.contains(0)
    return fmpq(0) if about_zero and abs(arb(x)) < abs(arb(beside)) * NEGLIGIBLE else x


def decimal(x: Number, digits: int) -> str | None:
    """A value in so many digits; None if the interval is too wide for them."""
    if type(x) is arb and x.is_exact() and x.is_integer():
        return decimal(x.fmpq(), digits) if abs(x) < 10**15 else str(x.str(digits, radius=False))
    if type(x) is fmpq and x.height_bits() < 60:
        quotient = Decimal(int(x.p)) / int(x.q)
        if quotient * int(x.q) == int(x.p) and len(quotient.as_tuple().digits) <= digits + 2:
            return f"{quotient:f}"
    # Of an interval, both ends have to be rounded to the same digits.
    ends = [str(end.mid().str(digits, radius=False)) for end in (arb(x).lower(), arb(x).upper())]
    return ends[0] if ends[0] == ends[1] else None
