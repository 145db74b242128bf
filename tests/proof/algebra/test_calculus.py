"""Derivatives of normal forms against quotients of differences."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from derivlib.proof.algebra.calculus import differentiate
from derivlib.proof.algebra.polynomial import ZERO, OutOfBudget, Poly, Undefined, Var, atom_poly
from derivlib.proof.language.ranges import CONSTANT, Place
from tests.support.answers import At, base, read, value
from tests.support.numeric import Point, equal, real
from tests.support.strategies import few, polys, where

STEP = Fraction(1, 10**10)
TWO_THIRDS = Fraction(2, 3)


def slope(p: Poly, at: At, name: str, place: tuple[int, ...]) -> Any:
    """The central difference quotient; its error is of the order STEP²."""
    point, indices = at
    table = point.entries[name]
    ends = []
    for step in (STEP, -STEP):
        moved = {**table, place: table[place] + step}
        ends.append(value(p, (Point(point.sizes, {**point.entries, name: moved}), indices)))
    return None if None in ends else (ends[0] - ends[1]) / real(2 * STEP)


variables = st.sampled_from(
    [
        *[("x", ("i",)), ("x", ("j",)), ("x", ("1",)), ("z", ("i",)), ("u", ("j",)), ("c", ())],
        *[
            ("S", ("i", "j")),
            ("S", ("i", "i")),
            ("S", ("1", "j")),
            ("W", ("i", "n")),
            ("y", ("j",)),
        ],
    ]
)


def spots(by: tuple[str, tuple[str, ...]]) -> tuple[Place, ...]:
    return tuple((CONSTANT, 1) if index == "1" else (base(index), 0) for index in by[1])


@few
@given(polys(depth=3), variables, where())
@example(read("Σ(i, exp(x[i]))"), ("x", ("i",)), None)
@example(read("Σ(i, exp(x[i])) + Σ(j, S[i,j]*x[j])"), ("x", ("i",)), None)
def test_the_derivative_is_the_slope(
    p: Poly, by: tuple[str, tuple[str, ...]], at: At | None
) -> None:
    name, indices = by
    try:
        derivative = differentiate(p, name, spots(by))
    except (OutOfBudget, Undefined):
        assume(False)
    if at is None:
        assert derivative != ZERO
        return
    spot = tuple(1 if index == "1" else at[1][index] for index in indices)
    found, expected = value(derivative, at), slope(p, at, name, spot)
    assume(found is not None and expected is not None)
    assert abs(found - expected) <= 1e-7 * (1 + abs(found) + abs(expected))


@few
@given(polys(), polys(), variables, where())
def test_linear_and_a_derivation(p: Poly, q: Poly, by: tuple[str, tuple[str, ...]], at: At) -> None:
    try:
        dp, dq, total, product = (
            differentiate(poly, by[0], spots(by)) for poly in (p, q, p + q.scale(TWO_THIRDS), p * q)
        )
    except (OutOfBudget, Undefined):
        assume(False)
    assert total == dp + dq.scale(TWO_THIRDS)
    found, expected = value(product, at), value(dp * q + p * dq, at)
    assume(found is not None and expected is not None)
    assert equal(found, expected)


@few
@given(polys(), variables, variables, where())
def test_mixed_derivatives_do_not_depend_on_the_order(
    p: Poly, first: tuple[str, tuple[str, ...]], second: tuple[str, tuple[str, ...]], at: At
) -> None:
    try:
        left, right = (
            value(differentiate(differentiate(p, a[0], spots(a)), b[0], spots(b)), at)
            for a, b in ((first, second), (second, first))
        )
    except (OutOfBudget, Undefined):
        assume(False)
    assume(left is not None and right is not None)
    assert equal(left, right)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x[i]", "1"),
        ("x[j]", "δ(i,j)"),
        ("x[1]", "δ(i,1)"),
        ("z[i]", "0"),
        ("S[i,j]", "0"),
        ("K + d", "0"),
        ("δ(i,j)", "0"),
        ("x[i]*x[j]", "x[j] + δ(i,j)*x[i]"),
        ("x[i]^3", "3*x[i]^2"),
        ("1/x[i]", "-x[i]^-2"),
        ("sqrt(x[i])", "1/(2*sqrt(x[i]))"),
        ("exp(2*x[i])", "2*exp(2*x[i])"),
        ("exp(x[i]*x[j])", "exp(x[i]*x[j])*(x[j] + δ(i,j)*x[i])"),
        ("log(x[i])", "1/x[i]"),
        ("log(1 + x[i]^2)", "2*x[i]/(1 + x[i]^2)"),
        ("c^2*Σ(k, x[k])", "c^2"),
        ("Σ(i, exp(x[i]))", "exp(x[i])"),  # the free i is not the bound i
        ("Σ(i, j, x[i]*x[j])", "2*Σ(k, x[k])"),
        ("Σ(j, S[i,j]*x[j])", "S[i,i]"),
        ("Σ(j, S[j,j]*x[i])", "Σ(j, S[j,j])"),
        ("Σ(k != i, x[k])", "0"),
        ("Σ(k != j, x[k])", "1 - δ(i,j)"),
        ("1/Σ(k, exp(x[k]))", "-exp(x[i])/Σ(k, exp(x[k]))^2"),
        ("Max(z[i], c)", "0"),
        ("abs(z[i])", "0"),
        ("sin(x[i]*c)", "c*cos(x[i]*c)"),
        ("cos(x[i]*c)", "-c*sin(x[i]*c)"),
        ("sinh(x[i])", "(exp(x[i]) + exp(-x[i]))/2"),
    ],
)
def test_rules(text: str, expected: str) -> None:
    assert differentiate(read(text), "x", ((base("i"), 0),)) == read(expected)


def test_places_of_a_matrix() -> None:
    found = differentiate(read("S[i,j]"), "S", ((base("j"), 0), (base("i"), 0)))
    assert found == read("δ(i,j)*δ(i,j)")
    assert differentiate(read("S[i,i]"), "S", ((base("i"), 0), (base("j"), 0))) == read("δ(i,j)")
    assert differentiate(read("S[1,2]"), "S", ((CONSTANT, 1), (CONSTANT, 2))) == read("1")
    assert differentiate(read("S[1,2]"), "S", ((CONSTANT, 2), (CONSTANT, 1))) == ZERO
    assert differentiate(atom_poly(Var("c", ())), "c", ()) == read("1")


def test_max_has_a_kink() -> None:
    with pytest.raises(OutOfBudget, match="kink"):
        differentiate(read("Max(x[i], c)"), "x", ((base("i"), 0),))
    with pytest.raises(OutOfBudget, match="abs has a kink: its ∂ is not carried out"):
        differentiate(read("abs(x[i] - c)"), "x", ((base("i"), 0),))
    with pytest.raises(OutOfBudget, match="kink"):
        differentiate(read("exp(Σ(k, Max(x[k], 0)))"), "x", ((base("i"), 0),))
