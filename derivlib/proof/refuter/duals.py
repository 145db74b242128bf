"""Numbers that carry derivatives: rationals, rigorous intervals, and dual numbers over them.

A number is an `fmpq` (exact, kept as long as the arithmetic allows), an `arb` (an interval that
contains the true value) or a `Dual`, a + ε·b with ε² = 0. Each ∂ has an ε of its own, told apart by
its level; the parts of a Dual are numbers of lower levels, so that a mixed partial derivative is
the slope of the slope.

A function that is not defined at its argument raises `Undefined`; if the interval is too wide to
tell, `Undecided`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any, TypeAlias

from flint import arb, fmpq

Number: TypeAlias = Any
"""fmpq | arb | Dual; flint's type hints do not know that the first two mix."""

ZERO, ONE = fmpq(0), fmpq(1)
MAX_BITS = 4096  # exact numbers that grow longer become intervals


class Undefined(Exception):
    """The expression has no value at this point."""


class Undecided(Exception):
    """The interval is too wide to tell whether there is a value: try a higher precision."""


class Dual:
    """value + ε_level · slope, where both parts are numbers of lower levels."""

    __slots__ = ("level", "slope", "value")

    def __init__(self, level: int, value: Number, slope: Number) -> None:
        self.level = level
        self.value = value
        self.slope = slope

    def __repr__(self) -> str:
        return f"({self.value} + ε{self.level}·{self.slope})"

    def __neg__(self) -> Dual:
        return Dual(self.level, -self.value, -self.slope)

    def __add__(self, other: Number) -> Dual:
        if type(other) is Dual:
            if other.level == self.level:
                return Dual(self.level, self.value + other.value, self.slope + other.slope)
            if other.level > self.level:
                return Dual(other.level, self + other.value, other.slope)
        return Dual(self.level, self.value + other, self.slope)

    __radd__ = __add__

    def __sub__(self, other: Number) -> Dual:
        return self.__add__(-other)

    def __rsub__(self, other: Number) -> Dual:
        return (-self).__add__(other)

    def __mul__(self, other: Number) -> Dual:
        if type(other) is Dual:
            if other.level == self.level:
                slope = self.value * other.slope + self.slope * other.value
                return Dual(self.level, self.value * other.value, slope)
            if other.level > self.level:
                return Dual(other.level, self * other.value, self * other.slope)
        return Dual(self.level, self.value * other, self.slope * other)

    __rmul__ = __mul__


def real(x: Number) -> Number:
    """The value without any ε."""
    while type(x) is Dual:
        x = x.value
    return x


def sign(x: Number) -> int:
    """-1, 0 or 1 for a number's real part; raises Undecided."""
    x = real(x)
    if x > 0:
        return 1
    if x < 0:
        return -1
    if x == 0:  # of an interval: surely 0
        return 0
    raise Undecided


def slope(x: Number, level: int) -> Number:
    """The coefficient of ε_level, which must be the highest level in x."""
    return x.slope if type(x) is Dual and x.level == level else ZERO


def tame(x: Number) -> Number:
    """The same number, with overlong exact parts turned into intervals."""
    if type(x) is Dual:
        return Dual(x.level, tame(x.value), tame(x.slope))
    return arb(x) if type(x) is fmpq and x.height_bits() > MAX_BITS else x


def divide(x: Number, y: Number) -> Number:
    """x / y, undefined at y = 0 whatever x is."""
    if type(y) is Dual:
        return x * _reciprocal(y)
    if sign(y) == 0:
        raise Undefined
    return x * (1 / y) if type(x) is Dual else x / y


def _reciprocal(x: Number) -> Number:
    if type(x) is Dual:
        r = _reciprocal(x.value)
        return Dual(x.level, r, -(r * r) * x.slope)
    return divide(ONE, x)


def exp(x: Number) -> Number:
    if type(x) is Dual:
        e = exp(x.value)
        return Dual(x.level, e, e * x.slope)
    return ONE if x == 0 else arb(x).exp()


def log(x: Number) -> Number:
    """Defined for x > 0."""
    if type(x) is Dual:
        return Dual(x.level, log(x.value), divide(x.slope, x.value))
    if sign(x) <= 0:
        raise Undefined
    return ZERO if x == 1 else arb(x).log()


def sqrt(x: Number) -> Number:
    """Defined for x >= 0, its derivative for x > 0."""
    if type(x) is Dual:
        root = sqrt(x.value)
        return Dual(x.level, root, divide(x.slope, 2 * root))
    if sign(x) < 0:
        raise Undefined
    if type(x) is fmpq:
        root = fmpq(isqrt(int(x.p)), isqrt(int(x.q)))
        return root if root * root == x else arb(x).sqrt()
    return x.sqrt()


def sigmoid(x: Number) -> Number:
    if type(x) is Dual:
        s = sigmoid(x.value)
        return Dual(x.level, s, s * (1 - s) * x.slope)
    return 1 / (1 + exp(-x))


def tanh(x: Number) -> Number:
    if type(x) is Dual:
        t = tanh(x.value)
        return Dual(x.level, t, (1 - t * t) * x.slope)
    return ZERO if x == 0 else arb(x).tanh()


def maximum(arguments: Sequence[Number]) -> Number:
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
