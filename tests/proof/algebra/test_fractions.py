"""Fractions inside functions: cancelled, and the same number wherever they are defined."""

import pytest
from hypothesis import assume, given

from derivlib.proof.algebra.fractions import leading, proper
from derivlib.proof.algebra.polynomial import Group, OutOfBudget, Poly, Undefined
from tests.support.answers import At, proved, read, value
from tests.support.numeric import NoValue, equal
from tests.support.strategies import few, polys, where


@few
@given(polys(depth=3), where())
def test_the_value_stays(p: Poly, at: At) -> None:
    try:
        before, after = value(p, at), value(proper(p), at)
    except (NoValue, Undefined, OutOfBudget):
        assume(False)
    assume(before is not None and after is not None)
    assert equal(before, after)


@few
@given(polys(depth=3))
def test_twice_is_once(p: Poly) -> None:
    once = proper(p)
    assert proper(once) == once


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("exp(x[i]*(c + a)/(c + a))", "exp(x[i])"),
        ("exp(c/(c + a))*exp(a/(c + a))", "exp(1)"),
        ("exp(x[i]/(c + a) + x[j])", "exp(x[i]/(c + a))*exp(x[j])"),
        ("exp(x[i]*(c^2 - a^2)/(c - a))", "exp(x[i]*(c + a))"),
        ("exp((c + a)^3/(c + a)^2)", "exp(c + a)"),
        ("tanh(x[i]*(c + a)/(c + a))", "tanh(x[i])"),
        ("sigmoid(1 - c/(c + a))", "sigmoid(a/(c + a))"),
        ("Max(c/(c + a), x[j])", "Max(x[j], 1 - a/(a + c))"),
        ("Σ(k, exp(x[k]/(x[k] + z[k])))", "Σ(l, exp(1 - z[l]/(z[l] + x[l])))"),
        (
            "Σ(k, l, exp((x[k] - x[l])^2/(x[k] - x[l])))",
            "Σ(k, exp(x[k]))*Σ(k, exp(-x[k]))",
        ),
    ],
)
def test_what_cancels(left: str, right: str) -> None:
    assert proved(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("exp(x[i]*(c + a)/(c - a))", "exp(x[i])"),
        ("exp(c/(c + a))", "exp(a/(c + a))"),
        ("tanh(c/(c + a))", "tanh(1)"),
    ],
)
def test_what_does_not(left: str, right: str) -> None:
    assert not proved(left, right)


def test_the_leading_monomial_does_not_depend_on_the_numbers_of_bound_indices() -> None:
    (atom, _), *_ = read("1/(x[i] - x[j] + c)").atoms()
    assert isinstance(atom, Group)
    assert leading(atom.content) is not None
    ((outer, _),) = read("Σ(k, l, exp(c/(x[k] - x[l] + 1)))").atoms()
    groups = [a for e, _ in outer.body for a, _ in e.argument if isinstance(a, Group)]  # type: ignore[attr-defined]
    assert [leading(group.content) for group in groups] == [None]
