"""Dual numbers against mpmath's derivatives, exact polynomials, and the edges of each domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from flint import arb, ctx, fmpq, fmpq_poly
from hypothesis import given
from hypothesis import strategies as st

from derivlib.proof.refuter import duals, functions
from derivlib.proof.refuter.duals import Dual, Number, Undecided, Undefined

FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "exp": (functions.exp, mpmath.exp),
    "log": (functions.log, mpmath.log),
    "sqrt": (functions.sqrt, mpmath.sqrt),
    "sigmoid": (functions.FUNCTIONS["sigmoid"], lambda x: 1 / (1 + mpmath.exp(-x))),
    "tanh": (functions.FUNCTIONS["tanh"], mpmath.tanh),
    "sin": (functions.FUNCTIONS["sin"], mpmath.sin),
    "cos": (functions.FUNCTIONS["cos"], mpmath.cos),
    "sinh": (functions.FUNCTIONS["sinh"], mpmath.sinh),
    "abs": (functions.FUNCTIONS["abs"], abs),
    "x^5": (lambda x: functions.power(x, fmpq(5)), lambda x: x**5),
    "x^-2": (lambda x: functions.power(x, fmpq(-2)), lambda x: x**-2),
    "x^(1/2)": (lambda x: functions.power(x, fmpq(1, 2)), mpmath.sqrt),
    "x^(2/3)": (lambda x: functions.power(x, fmpq(2, 3)), lambda x: x ** (mpmath.mpf(2) / 3)),
    "x^x": (lambda x: functions.general_power(x, x), lambda x: x**x),
    "1/x": (lambda x: duals.divide(fmpq(1), x), lambda x: 1 / x),
    "x/(1+x)": (lambda x: duals.divide(x, 1 + x), lambda x: x / (1 + x)),
    "x-2/x": (lambda x: x - duals.divide(fmpq(2), x), lambda x: x - 2 / x),
    "2-x*x": (lambda x: 2 - x * x, lambda x: 2 - x * x),
    "max": (lambda x: functions.maximum(x, x * x, fmpq(-1)), lambda x: max(x, x * x)),
}
rationals = st.fractions(min_value=-3, max_value=3, max_denominator=9).map(
    lambda x: fmpq(x.numerator, x.denominator)
)


def variable(x: fmpq, order: int) -> Number:
    """x with an ε of each level below `order`."""
    found: Number = x
    for level in range(order):
        found = Dual(level, found, fmpq(1))
    return found


def derivative(x: Number, order: int) -> Number:
    for level in reversed(range(order)):
        x = duals.slope(x, level)
    return x


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("x", [fmpq(1, 3), fmpq(5, 2), fmpq(4)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_match_mpmath(name: str, x: fmpq, order: int) -> None:
    ours, theirs = FUNCTIONS[name]
    with mpmath.workdps(40), ctx.workprec(128):
        got = arb(derivative(ours(variable(x, order)), order))
        expected = mpmath.diff(theirs, mpmath.mpf(int(x.p)) / int(x.q), order)
        # mpmath differentiates by differences, at twice the digits.
        assert abs(mpmath.mpf(got.mid().str(35, radius=False)) - expected) < 1e-20
        assert got.rad() < 1e-30


@pytest.mark.parametrize("x", [fmpq(-7, 3), fmpq(0)])
@pytest.mark.parametrize("name", ["exp", "sigmoid", "tanh", "sin", "cos", "sinh", "x^5", "2-x*x"])
def test_values_for_arguments_that_are_not_positive(name: str, x: fmpq) -> None:
    ours, theirs = FUNCTIONS[name]
    with mpmath.workdps(40), ctx.workprec(128):
        for order in (0, 1, 2):
            got = arb(derivative(ours(variable(x, order)), order))
            expected = mpmath.diff(theirs, mpmath.mpf(int(x.p)) / int(x.q), order)
            assert abs(mpmath.mpf(got.mid().str(35, radius=False)) - expected) < 1e-20


@given(st.lists(rationals, min_size=1, max_size=5), st.lists(rationals, max_size=4), rationals)
def test_products_of_polynomials_are_exact(a: list[fmpq], b: list[fmpq], x: fmpq) -> None:
    def horner(coefficients: list[fmpq], at: Number) -> Number:
        value: Number = fmpq(0)
        for c in reversed(coefficients):
            value = value * at + c
        return value

    product = fmpq_poly(a) * fmpq_poly(b)
    at = variable(x, 3)
    value = horner(a, at) * horner(b, at)
    assert derivative(value, 3) == product.derivative().derivative().derivative()(x)


@given(rationals, rationals, rationals)
def test_mixed_partial_derivatives(x: fmpq, y: fmpq, c: fmpq) -> None:
    dx, dy = Dual(0, x, fmpq(1)), Dual(1, y, fmpq(1))
    for value in (dx * dx * dy * dy - c * dx, dy * dy * dx * dx - dx * c):
        assert duals.slope(duals.slope(value, 1), 0) == 4 * x * y
        assert duals.real(value) == x * x * y * y - c * x
    for value in (c - dx * dy, dx * -dy + c, -(dy * dx) + c, c - dy * dx):
        assert duals.slope(value, 1).value == -x
        assert duals.slope(value, 1).slope == -1
    # What has no ε of the level in question does not vary with it.
    assert duals.slope(dx, 1) == 0


@given(rationals, rationals)
def test_levels_may_meet_in_any_order(x: fmpq, y: fmpq) -> None:
    dx, dy = Dual(0, x, fmpq(1)), Dual(1, y, fmpq(1))
    for a, b in [(dx + dy, dy + dx), (dx * dy, dy * dx), (dx - dy, -(dy - dx))]:
        assert repr(a) == repr(b)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (functions.exp, fmpq(0), 1),
        (functions.log, fmpq(1), 0),
        (functions.sqrt, fmpq(4, 9), fmpq(2, 3)),
        (functions.sqrt, fmpq(0), 0),
        (functions.FUNCTIONS["sigmoid"], fmpq(0), fmpq(1, 2)),
        (functions.FUNCTIONS["tanh"], fmpq(0), 0),
    ],
)
def test_values_that_are_rational_stay_exact(
    function: object, x: fmpq, expected: fmpq | int
) -> None:
    assert callable(function)
    found = function(x)
    assert type(found) is fmpq
    assert found == expected


@pytest.mark.parametrize("x", [fmpq(0), arb(0)])
def test_division_by_zero_is_undefined(x: Number) -> None:
    for numerator in (fmpq(0), fmpq(1), arb(0), Dual(0, fmpq(0), fmpq(0))):
        with pytest.raises(Undefined):
            duals.divide(numerator, x)
        with pytest.raises(Undefined):
            duals.divide(numerator, Dual(0, x, fmpq(1)))


def test_powers_at_their_edges() -> None:
    zero, minus = fmpq(0), fmpq(-8)
    assert functions.power(zero, fmpq(0)) == 1
    assert functions.power(zero, fmpq(3)) == 0
    assert functions.power(zero, fmpq(1, 3)) == 0
    assert functions.power(minus, fmpq(-3)) == fmpq(-1, 512)
    slope = functions.power(Dual(0, zero, fmpq(1)), fmpq(1)).slope
    assert slope == 1  # 0⁰ in n·xⁿ⁻¹
    for x, exponent in [(zero, fmpq(-1)), (zero, fmpq(-1, 2)), (minus, fmpq(1, 3))]:
        with pytest.raises(Undefined):
            functions.power(x, exponent)
    for exponent in (fmpq(1, 2), fmpq(3, 2), fmpq(1, 3)):  # no derivative at the end of the domain
        with pytest.raises(Undefined):
            functions.power(Dual(0, zero, fmpq(1)), exponent)
    for x in (zero, minus):
        with pytest.raises(Undefined):
            functions.general_power(x, fmpq(2))


def test_domains() -> None:
    for x in (fmpq(0), fmpq(-1), arb(-1), Dual(0, fmpq(0), fmpq(1))):
        with pytest.raises(Undefined):
            functions.log(x)
    for x in (fmpq(-1), arb(-1), Dual(0, fmpq(0), fmpq(1)), Dual(0, fmpq(0), fmpq(0))):
        with pytest.raises(Undefined):
            functions.sqrt(x)


def test_an_interval_about_zero_decides_nothing() -> None:
    vague = arb(0, 1e-30)
    for function in (functions.log, functions.sqrt, duals.sign):
        with pytest.raises(Undecided):
            function(vague)
    with pytest.raises(Undecided):
        duals.divide(fmpq(1), vague)
    with pytest.raises(Undecided):
        functions.maximum(Dual(0, vague, fmpq(1)), fmpq(0))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 10**30])
def test_powers_of_an_interval_about_zero(n: int) -> None:
    vague = arb(0, 0.5)
    for x in (vague, -vague):
        found = functions.power(x, fmpq(n))
        assert found.contains(arb(0.5) ** n) and found.contains(0)
        assert found.rad() <= 1.001 * 0.5**n + 1e-300
    slope = functions.power(Dual(0, vague, fmpq(1)), fmpq(n)).slope
    assert slope.contains(n * arb(0.5) ** (n - 1)) if n > 1 else slope == 1
    with pytest.raises(Undecided):
        functions.power(vague, fmpq(-n))


def test_maximum() -> None:
    x = Dual(0, fmpq(2), fmpq(5))
    assert functions.maximum(fmpq(1), x, fmpq(-3)).slope == 5
    assert functions.maximum(fmpq(1), x, fmpq(3)) == 3
    assert functions.maximum(fmpq(1), fmpq(1)) == 1  # a tie has a value, but no derivative
    assert arb(functions.maximum(fmpq(1), arb(3).sqrt())).overlaps(arb(3).sqrt())
    for tie in ([x, fmpq(2)], [fmpq(2), x], [fmpq(0), x, x]):
        with pytest.raises(Undefined):
            functions.maximum(*tie)
    # A tie below the largest does not matter, on either side of it.
    for arguments in ([x, x, fmpq(9)], [fmpq(9), x, x]):
        assert functions.maximum(*arguments) == 9


def test_large_exact_numbers_become_intervals() -> None:
    assert type(functions.power(fmpq(3, 2), fmpq(10**9))) is arb
    long = fmpq(3) ** 5000
    assert type(duals.tame(long)) is arb
    assert type(duals.tame(Dual(0, fmpq(1), long)).slope) is arb
    assert duals.tame(fmpq(1, 3)) == fmpq(1, 3)
