"""What is called positive is positive, at every point where it is defined."""

from fractions import Fraction

import pytest
from hypothesis import given

from derivlib.proof.algebra.polynomial import ONE, ZERO, Poly, number
from derivlib.proof.algebra.signs import non_negative, positive, positive_atom
from tests.support.answers import At, read, value
from tests.support.strategies import few, polys, where

ALWAYS_POSITIVE = [
    *("1", "K", "K*d + 1/2", "a", "u[i]", "u[i]*u[j]/a", "exp(x[i])", "exp(-c)/K", "2^(1/2)"),
    *("x[i]^2 + 1", "x[i]^2 + z[j]^4 + a", "(x[i]*z[i])^2 + exp(c)", "1 + δ(i,j)", "1 + δ(i,j)*a"),
    *("Σ(k, exp(z[k]))", "Σ(k, u[k]^2)", "Σ(k, x[k]^2) + 1", "1 + Σ(k, x[k]^2*u[k])^3", "p[i]"),
    *("1/(x[i]^2 + 1)", "sqrt(x[i]^2 + 1)", "(x[i]^2 + 1)^(-3/2)", "exp(x[i])/(1 + exp(x[i]))"),
    *("1 + sqrt(x[i])", "1 + x[i]^(-2)", "1 + Σ(k, x[k]^2)^2", "Σ(k, l, (1 + S[k,l]^2)^(-1))"),
]
NOT_ALWAYS = [
    *(
        "0",
        "-1",
        "c",
        "x[i]",
        "-a",
        "K - 1",
        "a - 1",
        "x[i]^2",
        "x[i]^2 - 1",
        "δ(i,j)",
        "1 - δ(i,j)",
    ),
    *("x[i]^3 + 1", "x[i]*x[j] + 1", "Σ(k, x[k])", "Σ(k, x[k]) + 1", "exp(c) - 1", "u[i] - u[j]"),
    *(
        "sqrt(x[i])",
        "1/x[i]",
        "log(a)",
        "log(1 + a)",
        "sin(a)",
        "cos(0*c) - 1",
        "1 + cos(c)",
        "abs(c)",
        "Max(a, u[i])",
        "x[i]^2 - 2*x[i]*x[j] + x[j]^2",
    ),
    *("Σ(k, x[k]^2)", "Σ(k, x[k])^3 + 1", "1 + c^(-1)", "1 + 1/(x[i] - 1)", "1/(c^2 + 1) - 1"),
]


@pytest.mark.parametrize("text", ALWAYS_POSITIVE)
def test_positive(text: str) -> None:
    assert positive(read(text))
    assert non_negative(read(text))
    assert not positive(-read(text))


@pytest.mark.parametrize("text", NOT_ALWAYS)
def test_not_positive(text: str) -> None:
    assert not positive(read(text))


@pytest.mark.parametrize("text", ["x[i]^2", "δ(i,j)", "sqrt(c)", "Σ(k, x[k]^2)", "c^2*a + δ(i,j)"])
def test_non_negative(text: str) -> None:
    assert non_negative(read(text))


@few
@given(polys(depth=3), where())
def test_signs_are_those_of_the_values(p: Poly, at: At) -> None:
    number_there = value(p, at)
    if number_there is not None:
        assert not positive(p) or number_there > 0
        assert not positive(-p) or number_there < 0
        assert not non_negative(p) or number_there >= 0
    for atom, _ in p.atoms():
        there = value(Poly({((atom, 1),): 1}), at)
        assert not positive_atom(atom) or there is None or there > 0


@few
@given(polys(), polys(), where())
def test_squares_with_something_positive(p: Poly, q: Poly, at: At) -> None:
    """A search that meets `positive` more often than blind chance."""
    for candidate in (p * p + q * q + ONE, (p * p).scale(Fraction(1, 2)) + number(3), p + q):
        there = value(candidate, at)
        if there is not None and positive(candidate):
            assert there > 0


def test_zero_is_no_less_than_zero() -> None:
    assert non_negative(ZERO)
    assert not positive(ZERO)
