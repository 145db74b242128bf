"""Cases: δ is 1 or 0, one argument of Max is the greater, and what has a logarithm is positive."""

from __future__ import annotations

import pytest
from hypothesis import assume, given

from derivlib.proof.algebra.cases import either_sign, equal_or_not, free_deltas
from derivlib.proof.algebra.elementary import maximum
from derivlib.proof.algebra.licences import Licences
from derivlib.proof.algebra.polynomial import OutOfBudget, Poly
from derivlib.proof.algebra.steps import Equal
from derivlib.proof.language.ranges import CONSTANT
from tests.support.answers import At, proved, read, value
from tests.support.numeric import equal
from tests.support.strategies import few, polys, where


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("δ(i,j)*x[i]", "δ(i,j)*x[j]"),
        ("δ(i,j)*S[i,j]", "δ(i,j)*S[j,i]"),
        ("exp(δ(i,j)*c)", "1 + δ(i,j)*(exp(c) - 1)"),
        ("1/(1 + δ(i,j))", "1 - δ(i,j)/2"),
        ("sqrt(1 + 3*δ(i,j))", "1 + δ(i,j)"),
        ("log(1 + δ(i,j))", "δ(i,j)*log(2)"),
        ("Max(δ(i,j), c)*δ(i,j)", "Max(1, c)*δ(i,j)"),
        ("Σ(k, x[k]^2*exp(δ(i,j)*z[k]))*(1 - δ(i,j))", "Σ(k, x[k]^2)*(1 - δ(i,j))"),
        ("δ(i,1)*x[i]", "δ(1,i)*x[1]"),
        ("δ(i,j)*δ(j,1)*x[i]", "δ(i,1)*δ(j,1)*x[j]"),
        ("(x[i] - x[j])*δ(i,j)", "0"),
    ],
)
def test_the_two_cases_of_a_delta(left: str, right: str) -> None:
    assert proved(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("δ(i,j)*x[i]", "x[j]"),
        ("δ(i,j)", "1"),
        ("δ(i,j)", "0"),
        ("δ(i,j)*x[i]", "δ(i,j)"),
        ("δ(i,1)", "δ(j,1)"),
        ("δ(i,1)", "δ(i,2)"),
        ("1 - δ(i,j)", "δ(i,j)"),
        ("exp(δ(i,j))", "1"),
    ],
)
def test_both_cases_are_asked_for(left: str, right: str) -> None:
    assert not proved(left, right)


@few
@given(polys(), where())
def test_one_of_the_cases_has_the_value(p: Poly, at: At) -> None:
    pair = next(free_deltas(p), None)
    assume(pair is not None)
    assert pair is not None
    _, spots = at
    left, right = (
        place[1] if place[0] == CONSTANT else spots[place[0].label] + place[1]
        for place in (pair.left, pair.right)
    )
    try:
        found = {case.where: case.after for case in equal_or_not(p, pair, Licences())}
    except (ValueError, OutOfBudget):  # one of the cases is defined nowhere
        assume(False)
    after = found[Equal(pair, left == right)]
    assert after is not None
    a, b = value(after, at), value(p, at)
    assume(a is not None and b is not None)
    assert equal(a, b)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Max(c, 0) + Max(-c, 0)", "Max(c, -c)"),
        ("Max(c, 0)", "(c + Max(c, -c))/2"),
        ("abs(c - a)", "2*Max(c, a) - c - a"),
        ("abs(x[i])^4*abs(c)^2", "x[i]^4*c^2"),
        ("log(1 + exp(c))", "Max(c, 0) + log(1 + exp(-Max(c, -c)))"),
        ("Max(x[i] + c, z[i] + c)", "c + Max(z[i], x[i])"),
        ("Max(a*c, 0)", "a*Max(c, 0)"),
        ("Max(c^2, 0)", "c^2"),
        ("Max(c, 0)*Max(-c, 0)", "0"),
        ("Max(c, a) * Max(-c, -a)", "-(c*a)"),
        ("Max(c, a)*exp(Max(-c, -a))", "(Max(c - a, 0) + a)*exp(Max(a - c, 0) - a)"),
        ("Max(x[1], x[i], x[j]) + Max(c, 0)", "Max(x[j], x[1], x[i]) + Max(-c, 0) + c"),
        ("Σ(k, Max(x[k], 0)) + Σ(k, Max(-x[k], 0))", "Σ(l, Max(x[l], -x[l]))"),
        ("1/(Max(x[i], c) - c)", "1/(x[i] - c)"),
        ("δ(i,j)*Max(x[i], x[j])", "δ(i,j)*x[j]"),
    ],
)
def test_the_orders_of_two_arguments_of_max(left: str, right: str) -> None:
    assert proved(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Max(c, 0)", "c"),
        ("Max(c, 0)", "0"),
        ("Max(c, 0)", "Max(-c, 0)"),
        ("abs(c)", "-c"),
        ("abs(c)^3", "c^3"),
        ("Max(x[i], 0)", "Max(x[j], 0)"),
        ("Max(c*x[i], 0)", "c*Max(x[i], 0)"),
        ("Max(c, a)*Max(-c, -a)", "c*a"),
        ("Max(c, 0)*Max(x[i], 0)", "0"),
        ("Σ(k, Max(x[k], 0))", "Max(Σ(k, x[k]), 0)"),
    ],
)
def test_every_order_is_asked_for(left: str, right: str) -> None:
    assert not proved(left, right)


@few
@given(polys(), polys(depth=1), polys(depth=1), where())
def test_one_of_the_orders_has_the_value(p: Poly, u: Poly, v: Poly, at: At) -> None:
    p = p * maximum(u, v) + maximum(-u, -v, p)
    difference = value(u - v, at)
    before = value(p, at)
    assume(before is not None and difference is not None)
    cases = [case.after for case in either_sign(p, u - v, Licences())]
    found = [value(case, at) for case in cases if case is not None]
    assert any(case is not None and equal(case, before) for case in found)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("log(c^2)", "2*log(c)"),
        ("log(c*x[i])", "log(x[i]) + log(c)"),
        ("sqrt(c^2)*log(c)", "c*log(c)"),
        ("Σ(k, log(x[k]^2))", "2*Σ(k, log(x[k]))"),
    ],
)
def test_what_has_a_logarithm_is_positive(left: str, right: str) -> None:
    assert proved(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("log(x[i]^2)", "2*log(x[j])"),
        ("sqrt(x[i]^2)*log(x[j])", "x[i]*log(x[j])"),
        ("sqrt(x[i]^2)*Σ(k, log(x[k]))", "x[i]*Σ(k, log(x[k]))"),
        ("log(c^2)", "log(c)"),
        ("log(c + x[i])", "log(c) + log(x[i])"),
    ],
)
def test_nothing_else_is(left: str, right: str) -> None:
    assert not proved(left, right)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("δ(i,j)*x[i]", ["δ(i,j)"]),
        ("exp(δ(i,j)*x[i]) + δ(i,1)*c", ["δ(i,j)", "δ(i,1)"]),
        ("log(c + δ(i,j)) + Max(c, δ(j,1))", ["δ(i,j)", "δ(j,1)"]),
        ("1/(c + δ(i,j))", ["δ(i,j)"]),
        ("Σ(k, exp(δ(i,j)*x[k]))", ["δ(i,j)"]),
        ("Σ(k, exp(δ(i,k)*x[k]))", []),
        ("x[i] + x[j]", []),
    ],
)
def test_free_deltas(text: str, pairs: list[str]) -> None:
    expected = {atom for pair in pairs for atom, _ in read(pair).atoms()}
    assert set(free_deltas(read(text))) == expected
