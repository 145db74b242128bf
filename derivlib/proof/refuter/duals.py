"""Numbers that carry derivatives: rationals, rigorous intervals, and dual numbers over them.

A number is an `fmpq` (exact, kept as long as the arithmetic allows), an `arb` (an interval that
contains the true value) or a `Dual`, a + ε·b with ε² = 0. Each ∂ has an ε of its own, told apart by
its level; the parts of a Dual are numbers of lower levels, so that a mixed partial derivative is
the slope of the slope.

A function that is not defined at its argument raises `Undefined`; if the interval is too wide to
tell, `Undecided`.
"""

from __future__ import annotations

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
