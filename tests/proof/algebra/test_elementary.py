"""exp, log, powers, δ and Max: the value stays, and nothing is assumed of a sign."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from derivlib.proof.algebra import elementary
from derivlib.proof.algebra.elementary import delta, maximum, power_of, prime_powers
from derivlib.proof.algebra.polynomial import (
    MAX_POWER,
    ONE,
    ZERO,
    OutOfBudget,
    Poly,
    Undefined,
    number,
)
from derivlib.proof.language.ranges import CONSTANT
from tests.support.answers import At, base, read, value
from tests.support.numeric import NoValue, equal, exponential, logarithm, rational_power
from tests.support.strategies import few, polys, where

powers = st.sampled_from(
    [
        Fraction(n, d)
        for n, d in [(2, 1), (-1, 1), (-2, 1), (1, 2), (-1, 2), (3, 2), (1, 3), (-2, 3)]
    ]
)


@few
@given(polys(), powers, where())
def test_power(p: Poly, exponent: Fraction, at: At) -> None:
    base = value(p, at)
    try:
        result = value(power_of(p, exponent), at)
        assume(base is not None and result is not None)
        expected = rational_power(base, exponent)
    except (NoValue, Undefined, OutOfBudget):
        assume(False)
    assert equal(result, expected)


@few
@given(polys(), powers, powers, where())
def test_power_of_a_power(p: Poly, first: Fraction, second: Fraction, at: At) -> None:
    """(p^a)^b is not p^(ab): for the square's root the sign is not known."""
    base = value(p, at)
    try:
        result = value(power_of(power_of(p, first), second), at)
        assume(base is not None and result is not None)
        expected = rational_power(rational_power(base, first), second)
    except (NoValue, Undefined, OutOfBudget):
        assume(False)
    assert equal(result, expected)


@few
@given(polys(), where())
def test_exp(p: Poly, at: At) -> None:
    argument, result = value(p, at), value(elementary.exp(p), at)
    assume(argument is not None and result is not None)
    try:
        assert equal(result, exponential(argument))
    except NoValue:
        assume(False)


@few
@given(polys(), where())
def test_log(p: Poly, at: At) -> None:
    argument = value(p, at)
    try:
        result = value(elementary.log(p), at)
        assume(argument is not None and result is not None)
        expected = logarithm(argument)
    except (NoValue, Undefined, OutOfBudget):
        assume(False)
    assert equal(result, expected)


@few
@given(polys(depth=1), polys(depth=1), st.sampled_from((2, 3, -1, -2, 4)), st.booleans(), where())
def test_log_of_products_and_powers(
    p: Poly, q: Poly, exponent: int, negative: bool, at: At
) -> None:
    try:
        product = power_of(p, exponent) * q.scale(Fraction(-3 if negative else 3, 4))
        argument, result = value(product, at), value(elementary.log(product), at)
        assume(argument is not None and result is not None)
        expected = logarithm(argument)
    except (NoValue, Undefined, OutOfBudget):
        assume(False)
    assert equal(result, expected)


@few
@given(polys(), polys(), polys(depth=1), where())
def test_max(p: Poly, q: Poly, r: Poly, at: At) -> None:
    values = [value(poly, at) for poly in (p, q, r)]
    assume(None not in values)
    assert equal(value(maximum(p, q, r), at), max(values))
    assert maximum(p, maximum(q, r)) == maximum(maximum(r, p), q, q)
    assert maximum(p, p) == p


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Max(1, 0)", "1"),
        ("Max(3, 7/2, -1)", "7/2"),
        ("Max(c^2 + 1, 0, x[i])", "Max(x[i], c^2 + 1)"),
        ("Max(exp(c), -a)", "exp(c)"),
        ("Max(c, c + a)", "c + a"),
        ("Max(1 - 1/(1 + exp(c)), 0)", "1 - 1/(1 + exp(c))"),
    ],
)
def test_what_is_less_leaves_a_max(text: str, expected: str) -> None:
    assert read(text) == read(expected)


def test_a_kink_stays() -> None:
    """At 0 both arguments are the same, and there the derivative is not defined."""
    assert read("Max(c^2, 0)") != read("c^2")
    assert read("∂(Max(c^2 + 1, 0), c)") == read("2*c")
    with pytest.raises(OutOfBudget, match="kink"):
        read("∂(Max(c^2, 0), c)")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sqrt(x[i]^2)", "x[i]"),
        ("sqrt(x[i]*x[j])", "sqrt(x[i])*sqrt(x[j])"),
        ("(x[i]^2)^(3/2)", "x[i]^3"),
        ("(x[i]^4)^(1/4)", "x[i]"),
        ("(x[i]^3)^(1/3)", "x[i]"),
        ("((x[i] - x[j])^2)^(1/2)", "x[i] - x[j]"),
        ("sqrt((x[i] - x[j])^2)", "x[j] - x[i]"),
        ("sqrt(x[i]^2*exp(c))", "x[i]*exp(c/2)"),
        ("sqrt((c - 1)*x[i]^2)", "sqrt(c - 1)*x[i]"),
        ("exp(log(x[i]^2)/2)", "x[i]"),
        ("log(x[i]^2)", "2*log(x[i])"),
        ("log(x[i]*x[j])", "log(x[i]) + log(x[j])"),
        ("log(x[i]/x[j])", "log(x[i]) - log(x[j])"),
        ("log(-x[i]*c)", "log(-x[i]) + log(c)"),
        ("log(c^2*x[i])", "2*log(c) + log(x[i])"),
        ("log(sqrt(c^2))", "log(c)"),
        ("log(p[i] - 1)", "log(p[i])"),
        ("exp(x[i]*x[j])", "exp(x[i])*exp(x[j])"),
        ("exp(c)^2", "exp(c^2)"),
        ("(x[i] + c)^-1", "x[i]^-1 + c^-1"),
        ("Max(c, a)", "a"),
        ("Max(2*c, 2*a)", "Max(c, a)"),
    ],
)
def test_what_may_not_be_rewritten(left: str, right: str) -> None:
    assert read(left) != read(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("exp(x[i] + 2*c)", "exp(x[i])*exp(c)^2"),
        ("exp(x[i]/2)^2", "exp(x[i])"),
        ("exp(-c)", "1/exp(c)"),
        ("exp(0)", "1"),
        ("exp(c*log(2))", "2^c"),
        ("exp(2*log(a) - log(K))", "a^2/K"),
        ("exp(log(c)/2)", "sqrt(c)"),
        ("log(exp(x[i]))", "x[i]"),
        ("log(1)", "0"),
        ("log(12)", "2*log(2) + log(3)"),
        ("log(2/3)", "log(2) - log(3)"),
        ("log(sqrt(2))", "log(2)/2"),
        ("log(a^3*u[i]/K)", "3*log(a) + log(u[i]) - log(K)"),
        ("log(x[i]^3)", "3*log(x[i])"),
        ("log(1/x[i])", "-log(x[i])"),
        ("log(-2*x[i])", "log(2) + log(-x[i])"),
        ("log(exp(c)*x[i]*(1 + c^2))", "c + log(x[i]) + log(1 + c^2)"),
        ("sqrt(4*a)", "2*sqrt(a)"),
        ("sqrt(8)", "2*sqrt(2)"),
        ("sqrt(2)*sqrt(3)*sqrt(6)", "6"),
        ("sqrt(1/2)", "sqrt(2)/2"),
        ("8^(1/3)", "2"),
        ("8^(-2/3)", "1/4"),
        ("sqrt(u[i]^2*x[j])", "u[i]*sqrt(x[j])"),
        ("sqrt(exp(c))", "exp(c/2)"),
        ("sqrt(c)^3", "c*sqrt(c)"),
        ("sqrt(x[i]^2)^2", "x[i]^2"),
        ("sqrt((1 + c^2)*x[i])", "sqrt(1 + c^2)*sqrt(x[i])"),
        ("(1 + c^2)^(1/2)*(1 + c^2)^(1/2)", "1 + c^2"),
        ("0^0", "1"),
        ("c^0", "1"),
        ("0^(1/2)", "0"),
        ("Max(c, a, c)", "Max(a, c)"),
        ("Max(Max(c, 1), a)", "Max(c, Max(a, 1))"),
    ],
)
def test_what_may_be_rewritten(left: str, right: str) -> None:
    assert read(left) == read(right)


@pytest.mark.parametrize(
    "text",
    [
        *("1/0", "1/(c - c)", "0^-1", "0^(-1/2)", "log(0)", "log(-1)", "log(-exp(c))"),
        *("sqrt(-1)", "sqrt(-exp(c))", "sqrt(-a*K)", "(-2)^(1/2)", "1/(x[i] - x[i])", "0^c"),
        *("1/δ(1,2)", "Σ(k != i, 1/(x[k] - x[i]))", "log(Σ(k, x[k] - x[k]))"),
    ],
)
def test_what_is_defined_nowhere(text: str) -> None:
    with pytest.raises(Undefined):
        read(text)


HIDDEN_ZERO = "c/(c + 1) + 1/(c + 1) - 1"


@pytest.mark.parametrize(
    "text", [f"1/({HIDDEN_ZERO})", f"({HIDDEN_ZERO})^(-1/2)", f"log({HIDDEN_ZERO})"]
)
def test_what_turns_out_to_be_0_over_one_denominator(text: str) -> None:
    with pytest.raises(Undefined):
        read(text)


def test_the_root_of_a_hidden_0() -> None:
    assert read(f"sqrt({HIDDEN_ZERO})") == ZERO


def test_delta() -> None:
    i, j = base("i"), base("j")
    assert delta((i, 0), (i, 0)) == ONE
    assert delta((i, 1), (i, 0)) == ZERO
    assert delta((CONSTANT, 2), (CONSTANT, 2)) == ONE
    assert delta((CONSTANT, 2), (CONSTANT, 3)) == ZERO
    assert delta((i, 0), (j, 0)) == delta((j, 0), (i, 0)) != ONE
    assert delta((i, 0), (CONSTANT, 1)).single() is not None


@given(st.integers(1, 10**6))
def test_prime_powers(n: int) -> None:
    found = prime_powers(n)
    result = 1
    for prime, exponent in found:
        assert exponent > 0
        assert all(prime % d for d in range(2, int(prime**0.5) + 1))
        result *= prime**exponent
    assert result == n
    assert [prime for prime, _ in found] == sorted({prime for prime, _ in found})


def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(OutOfBudget):
        prime_powers(10**12 + 39)
    with pytest.raises(OutOfBudget):
        read(f"(c + 1)^-{MAX_POWER + 1}")
    with pytest.raises(OutOfBudget):
        read(f"c^{MAX_POWER + 1}")
    assert power_of(number(2), 64) == number(2**64)
