"""A polynomial as one fraction: the value stays, common factors leave, divisions are exact."""

from fractions import Fraction
from math import gcd
from typing import Any

import pytest
from hypothesis import assume, example, given

from derivlib.proof.algebra.factor import Factored, divide, factor
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Delta,
    Group,
    Poly,
    atom_poly,
    mono_poly,
    number,
)
from tests.support.answers import At, read, value
from tests.support.numeric import equal
from tests.support.strategies import few, polys, where


def product_of(parts: Factored, at: At) -> Any:
    """coefficient · Π atom^exponent · numerator, each evaluated by itself."""
    result = value(parts.numerator.scale(parts.coefficient), at)
    for atom, exponent in parts.powers.items():
        power = value(atom_poly(atom, exponent), at)
        if result is None or power is None:
            return None
        result *= power
    return result


@few
@given(polys(depth=3), where())
@example(read("Σ(k, x[k])^2 - Σ(k, x[k])/Σ(k, u[k])"), None)
@example(read("1/(x[i] - x[j]) + 1/(x[j] - x[i])"), None)
@example(read("sqrt(x[i]) + 1/sqrt(x[i])"), None)
@example(read("δ(i,j)*x[i] + δ(i,j)*x[j]^2"), None)
def test_the_value_is_kept(p: Poly, at: At | None) -> None:
    parts = factor(p)
    if at is not None:
        a, b = value(p, at), product_of(parts, at)
        assume(a is not None and b is not None)
        assert equal(a, b)
    again = factor(parts.numerator)
    assert not again.powers or len(parts.numerator.terms) == 1


@few
@given(polys(depth=3))
def test_the_numerator_is_primitive(p: Poly) -> None:
    parts = factor(p)
    if not p:
        assert parts == Factored(Fraction(0), {}, ZERO)
        return
    coefficients = list(parts.numerator.terms.values())
    assert parts.coefficient
    assert all(c.denominator == 1 for c in coefficients)
    assert gcd(*(c.numerator for c in coefficients)) == 1
    assert all(parts.powers.values())
    # It has no denominator, and no factor that all of its terms share.
    monos = [dict(mono) for mono in parts.numerator.terms]
    assert all(exponent >= 0 for mono in monos for exponent in mono.values())
    assert not set.intersection(*(set(mono) for mono in monos))


@few
@given(polys())
def test_a_factor_and_its_opposite_differ_in_sign_alone(p: Poly) -> None:
    plus, minus = factor(p), factor(-p)
    assert (plus.powers, plus.numerator) == (minus.powers, minus.numerator)
    assert plus.coefficient == -minus.coefficient


@pytest.mark.parametrize(
    ("text", "coefficient", "numerator"),
    [
        ("2*x[i] + 4*x[j]", 2, "x[i] + 2*x[j]"),
        ("x[i]/2 + z[i]/3", Fraction(1, 6), "3*x[i] + 2*z[i]"),
        ("x[i]*z[i] + x[i]*c", 1, "c + z[i]"),
        ("x[i]/(x[i] + c) + c/(x[i] + c)", 1, "1"),
        ("(x[i]^2 - c^2)/(x[i] + c)", 1, "x[i] - c"),
        ("1/x[i] + 1/x[j]", 1, "x[i] + x[j]"),
        ("6*x[i]", 6, "1"),
    ],
)
def test_common_factors_leave(text: str, coefficient: Fraction, numerator: str) -> None:
    parts = factor(read(text))
    assert parts.numerator in (read(numerator), -read(numerator))
    assert abs(parts.coefficient) == coefficient


@few
@given(polys(), polys(), where())
def test_an_exact_division_gives_the_quotient_back(p: Poly, q: Poly, at: At) -> None:
    assume(q)
    product = p * q
    quotient = divide(product, q) if product else ZERO
    if quotient is not None:
        assert quotient * q == product
        a, b, c = value(quotient, at), value(q, at), value(product, at)
        assume(a is not None and b is not None and c is not None)
        assert equal(a * b, c)


@few
@given(polys(depth=1), polys(depth=1))
def test_plain_polynomials_divide(p: Poly, q: Poly) -> None:
    p, q = factor(p).numerator, factor(q).numerator
    atoms = [atom for atom, _ in (*p.atoms(), *q.atoms())]
    # δ is left out: δ² = δ, so a quotient by it is not unique.
    assume(p and q and not any(isinstance(atom, Group | Delta) for atom in atoms))
    assert divide(p * q, q) == p


@pytest.mark.parametrize(
    ("text", "by", "quotient"),
    [
        ("x[i]^2 - x[j]^2", "x[i] - x[j]", "x[i] + x[j]"),
        ("x[i]^3 + c^3", "x[i] + c", "x[i]^2 - c*x[i] + c^2"),
        ("x[i]^2 + 1", "x[i] + 1", None),
        ("x[i] + 1", "x[j] + 1", None),
        ("x[i] + 1", "(x[i] + 1)^2", None),
        ("x[i]", "x[i] + 1", None),
        ("exp(2*c) - 1", "exp(c) - 1", "exp(c) + 1"),
        ("x[i]*δ(i,j) + δ(i,j)", "x[i] + 1", "δ(i,j)"),
        ("x[i]*c + x[i]*x[j]", "x[i]", "c + x[j]"),
    ],
)
def test_division(text: str, by: str, quotient: str | None) -> None:
    assert divide(read(text), read(by)) == (None if quotient is None else read(quotient))


def test_a_power_of_a_numerator_is_one_group() -> None:
    p = read("(x[i] + c)^3*(x[i] + c)^-5")
    parts = factor(p)
    assert [exponent for exponent in parts.powers.values()] == [-2]
    assert parts.numerator == ONE
    assert mono_poly(parts.powers.items()) == read("(x[i] + c)^-2")
    assert factor(number(Fraction(-3, 4))) == Factored(Fraction(-3, 4), {}, ONE)
