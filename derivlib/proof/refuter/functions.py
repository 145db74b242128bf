"""The functions and powers of the refuter's numbers; the prover has a table of its own.

A function is a row: its value, and its slope from the argument and the value. Both are numbers, so
that a slope has slopes in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import TypeAlias

from flint import arb, fmpq

from derivlib.proof.refuter.duals import (
    MAX_BITS,
    ONE,
    ZERO,
    Dual,
    Number,
    Undefined,
    divide,
    real,
    sign,
)

HALF = fmpq(1, 2)

Numeric: TypeAlias = Callable[..., Number]


def smooth(value: Numeric, slope: Numeric) -> Numeric:
    """A function of one number, from its value and its slope at x, given x and the value."""

    def function(x: Number) -> Number:
        if type(x) is Dual:
            y = function(x.value)
            return Dual(x.level, y, slope(x.value, y) * x.slope)
        return value(x)

    return function


def _interval(value: Callable[[arb], arb], at_0: fmpq) -> Numeric:
    """The value as an interval, but at 0 the exact one."""
    return lambda x: at_0 if x == 0 else value(arb(x))


def _log(x: Number) -> Number:
    if sign(x) <= 0:
        raise Undefined
    return ZERO if x == 1 else arb(x).log()


def _sqrt(x: Number) -> Number:
    if sign(x) < 0:
        raise Undefined
    if type(x) is fmpq:
        root = fmpq(isqrt(int(x.p)), isqrt(int(x.q)))
        return root if root * root == x else arb(x).sqrt()
    return x.sqrt()


def _slope_of_abs(x: Number) -> Number:
    side = sign(x)
    if side == 0:
        raise Undefined
    return fmpq(side)


def maximum(*arguments: Number) -> Number:
    """The largest; its derivative is not defined where the largest is not alone."""
    best, tied = arguments[0], False
    if not any(type(x) is Dual for x in arguments):
        for x in arguments[1:]:
            exact = type(x) is fmpq and type(best) is fmpq
            best = max(best, x) if exact else arb(best).max(arb(x))
        return best
    for x in arguments[1:]:
        order = sign(real(x) - real(best))
        if order >= 0:
            best, tied = x, order == 0
    if tied:
        raise Undefined
    return best


exp = smooth(_interval(arb.exp, ONE), lambda x, y: y)
log = smooth(_log, lambda x, y: divide(ONE, x))
sqrt = smooth(_sqrt, lambda x, y: divide(ONE, 2 * y))

FUNCTIONS: dict[str, Numeric] = {
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "sigmoid": smooth(lambda x: 1 / (1 + exp(-x)), lambda x, y: y * (1 - y)),
    "tanh": smooth(_interval(arb.tanh, ZERO), lambda x, y: 1 - y * y),
    "sin": smooth(_interval(arb.sin, ZERO), lambda x, y: FUNCTIONS["cos"](x)),
    "cos": smooth(_interval(arb.cos, ONE), lambda x, y: -FUNCTIONS["sin"](x)),
    "sinh": smooth(_interval(arb.sinh, ZERO), lambda x, y: HALF * (exp(x) + exp(-x))),
    "abs": smooth(abs, lambda x, y: _slope_of_abs(x)),
    "Max": maximum,
}
"""Each by its name."""


def power(x: Number, exponent: fmpq) -> Number:
    """x to a constant exponent.

    A non-negative integer: for every x, and 0⁰ = 1. A negative integer: for x ≠ 0. Any other: for
    x > 0, and 0 at x = 0 if the exponent is positive (where it has no derivative).
    """
    if exponent.q == 1:
        n = int(exponent)
        return _natural_power(x, n) if n >= 0 else divide(ONE, _natural_power(x, -n))
    if exponent.q == 2:
        return power(sqrt(x), fmpq(exponent.p))
    if sign(x) == 0 and exponent > 0 and type(x) is not Dual:
        return ZERO
    return general_power(x, exponent)


def general_power(x: Number, exponent: Number) -> Number:
    """x to an exponent that varies: for x > 0."""
    return exp(exponent * log(x))


def _natural_power(x: Number, n: int) -> Number:
    if n == 0:
        return ONE
    if type(x) is Dual:
        slope = n * _natural_power(x.value, n - 1) * x.slope
        return Dual(x.level, _natural_power(x.value, n), slope)
    if type(x) is fmpq and n * x.height_bits() > MAX_BITS:
        x = arb(x)
    return _by_squaring(x, n) if type(x) is arb and x.mid() == 0 else x**n


def _by_squaring(x: arb, n: int) -> arb:
    """What arb's own power does not do about a midpoint of 0: it takes a logarithm there."""
    found = arb(1)
    while n:
        if n % 2:
            found *= x
        x, n = x * x, n // 2
    return found
