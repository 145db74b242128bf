"""Hypotheses as rules: used where they fit, and nowhere else."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf

import pytest
from hypothesis import assume, given

from derivlib.proof.algebra.hypotheses import Rule, Unusable, as_rule, rewrite, rule
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import (
    ONE,
    OutOfBudget,
    Poly,
    Sum,
    Undefined,
    Var,
    atom_poly,
    mono_poly,
)
from derivlib.proof.language.effort import limit
from derivlib.proof.language.ranges import free
from derivlib.proof.theory import Theory
from tests.support.answers import At, decide_text, read, rules, sides, value
from tests.support.letters import THEORY
from tests.support.numeric import equal
from tests.support.strategies import few, polys, where

GIVEN = rules(THEORY)


def rewritten(poly: Poly, given_rules: Sequence[Rule]) -> Poly:
    with limit(500_000):
        return rewrite(poly, given_rules)


@few
@given(polys(depth=3), where())
def test_at_points_that_satisfy_the_hypotheses_the_value_stays(p: Poly, at: At) -> None:
    try:
        found = value(rewritten(p, GIVEN), at)
    except (OutOfBudget, Undefined):
        assume(False)
    expected = value(p, at)
    assume(found is not None and expected is not None)
    assert equal(found, expected)


@few
@given(polys(), where())
def test_sums_of_what_sums_to_1(p: Poly, at: At) -> None:
    """The same, where the hypotheses have much to do."""
    y, both = read("Σ(k, y[k])"), read("Σ(k, Y[n,k]) + Σ(k, r, Y[r,k]*s[r])")
    try:
        mixed = p * y + both * p + y * y
        found, expected = value(rewritten(mixed, GIVEN), at), value(mixed, at)
    except (OutOfBudget, Undefined):
        assume(False)
    assume(found is not None and expected is not None)
    assert equal(found, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Σ(k, y[k])", "1"),
        ("Σ(k, Y[n,k])", "1"),
        ("Σ(k, Y[1,k])", "1"),
        ("Σ(k, y[k])^3 - x[i]*Σ(j, y[j])", "1 - x[i]"),
        ("Σ(k, n, Y[n,k])", "d"),
        ("Σ(k, n, Y[n,k]*s[n])", "Σ(n, s[n])"),
        ("Σ(k, n, Y[n,k]*s[n]/Σ(j, 2 + W[j,n]^2))", "Σ(n, s[n]/Σ(j, 2 + W[j,n]^2))"),
        ("exp(Σ(k, y[k])*c)", "exp(c)"),
        ("log(Σ(k, Y[n,k]) + c)", "log(1 + c)"),
        ("1/(Σ(k, y[k]) + c)", "1/(1 + c)"),
        ("Σ(i, x[i]/(Σ(k, y[k]) + x[i]^2))", "Σ(i, x[i]/(1 + x[i]^2))"),
        ("Σ(k != i, y[k])", "1 - y[i]"),
    ],
)
def test_where_it_fits(text: str, expected: str) -> None:
    assert rewritten(read(text), GIVEN) == read(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("Σ(n, Y[n,i])", "Σ(k, y[k]^2)", "Σ(k, y[k]*x[k])", "Σ(k, x[k])", "Σ(k, y[k]*Y[n,k])"),
        *("Σ(k, n, Y[n,k]*x[k])", "Σ(k, n, Y[n,k]*W[k,n])", "Σ(k, 1/y[k])", "Σ(k, exp(y[k]))"),
        *("Σ(k, y[k]/(1 + y[k]))", "Σ(k, n, Y[n,k]^2)", "Σ(k, sqrt(y[k]))", "Σ(n, Y[n,1])"),
        *("Σ(k, δ(k,i)*y[k])", "Σ(k, l, y[k]/(x[k] + x[l]))"),
    ],
)
def test_where_it_does_not(text: str) -> None:
    assert rewritten(read(text), GIVEN) == read(text)


def square(declarations: str) -> Theory:
    return Theory(f"x: K\nS: K×K\nc, b: real\n{declarations}")


@pytest.mark.parametrize(
    ("hypothesis", "text", "expected"),
    [
        ("S[i,i] = 1", "S[j,j]", "1"),
        ("S[i,i] = 1", "Σ(i, S[i,i])", "Σ(i, x[i]/x[i])"),
        ("S[i,j] = x[i]*x[j]", "Σ(k, S[k,j])", "x[j]*Σ(k, x[k])"),
        ("S[i,j] = x[j]", "S[j,i]", "x[i]"),
        ("S[1,i] = x[i]", "S[1,1]", "x[1]"),
        ("x[i] = c", "Σ(i, x[i]*S[i,j])", "c*Σ(i, S[i,j])"),
        ("x[1] = 0", "x[1]*c + x[2]", "x[2]"),
        ("2*c = b", "c", "b/2"),
        ("-x[i] = c", "x[j]", "-c"),
        ("Σ(j, S[i,j]) = x[i]", "Σ(i, j, S[i,j]*c)", "c*Σ(i, x[i])"),
        ("Σ(i, S[i,j]) = x[j]", "Σ(i, j, S[i,j]*c)", "c*Σ(i, x[i])"),
        ("Σ(i, S[i,j]*x[i]) = x[j]", "Σ(i, j, S[i,j]*x[i]*x[j])", "Σ(i, x[i]^2)"),
        ("Σ(i, j, S[i,j]) = c", "Σ(j, i, S[j,i])", "c"),
        ("Σ(k, S[i,k]*S[j,k]) = δ(i,j)", "Σ(k, j, S[i,k]*S[j,k]*x[j])", "x[i]"),
    ],
)
def test_rules_for_every_place(hypothesis: str, text: str, expected: str) -> None:
    theory = square(f"assume {hypothesis}")
    left, right = sides(theory.statement(text, expected), theory)
    assert rewritten(left, rules(theory)) == right


@pytest.mark.parametrize(
    ("hypothesis", "left", "right"),
    [
        ("S[i,i] = 1", "S[i,j]", "1"),
        ("S[i,i] = 1", "Σ(i, S[i,j])", "K"),
        ("S[1,i] = x[i]", "S[i,1]", "x[i]"),
        ("S[1,i] = x[i]", "S[j,i]", "x[i]"),
        ("S[i,j] = x[j]", "S[i,j]", "x[i]"),
        ("x[1] = 0", "x[i]", "0"),
        ("x[1] = 0", "x[2]", "0"),
        ("Σ(j, S[i,j]) = x[i]", "Σ(j, S[j,i])", "x[i]"),
        ("Σ(j, S[i,j]) = x[i]", "Σ(j, S[j,j])", "c"),
        ("Σ(j, S[i,j]) = x[i]", "Σ(j, S[i,j]*x[j])", "x[i]*x[i]"),
        ("Σ(i, j, S[i,j]) = c", "Σ(i, S[i,i])", "c"),
        ("Σ(i, j, S[i,j]) = c", "Σ(i, S[i,j])", "c"),
        ("Σ(i, S[i,i]) = c", "Σ(i, j, S[i,j])", "c"),
        ("Σ(i, S[i,j]*x[i]) = x[j]", "Σ(j, S[i,j]*x[j])", "x[i]"),
        ("Σ(k, S[i,k]*S[j,k]) = δ(i,j)", "Σ(k, S[k,i]*S[k,j])", "δ(i,j)"),
        ("Σ(i, x[i]) = 1", "Σ(i, x[i]^2)", "1"),
        ("Σ(i, x[i]) = 1", "x[i]", "1"),
        ("c = 0", "c + b", "0"),
        ("c = 0", "∂(c*b, c)", "0"),
        ("c = b", "∂(c*b, b)", "2*b"),
        ("Σ(i, x[i]) = 1", "∂(Σ(i, x[i]), x[j])", "0"),
        ("Σ(i, x[i]) = 1", "∂(Σ(i, x[i])^2, x[j])", "0"),
        ("x[i] = c", "∂(Σ(i, x[i]), c)", "K"),
    ],
)
def test_what_does_not_follow(hypothesis: str, left: str, right: str) -> None:
    assert not decide_text(square(f"assume {hypothesis}"), left, right).proved


@pytest.mark.parametrize(
    ("hypothesis", "left", "right"),
    [
        ("Σ(i, x[i]) = 1", "∂(Σ(i, x[i]), x[j])", "1"),
        ("Σ(i, x[i]) = 1", "∂(Σ(i, x[i])^3, x[j])", "3"),
        ("Σ(i, x[i]) = 1", "∂(log(Σ(i, x[i])), x[j])", "1"),
        ("c = 0", "∂(c*b, c)", "b"),
        ("c = 0", "∂(c*b, b)", "0"),
        ("x[1] = 0", "δ(i,1)*x[i]", "0"),
    ],
)
def test_what_follows(hypothesis: str, left: str, right: str) -> None:
    assert decide_text(square(f"assume {hypothesis}"), left, right).proved


@pytest.mark.parametrize(
    ("hypothesis", "left", "right"),
    [
        ("x[i]^2 + c = 1", "x[j]^2 + c", "1"),
        ("x[i]^2 + c = 1", "Σ(k, x[k]^2*b)", "b*K*(1 - c)"),
        ("x[i]^2 + c = 1", "x[i]^2", "x[j]^2"),
        ("x[i]^2 + c^2 = 1", "x[j]^4 + 2*x[j]^2*c^2 + c^4", "1"),
        ("x[i]^2 + c^2 = 1", "Σ(k, x[k]^3)", "(1 - c^2)*Σ(k, x[k])"),
        ("exp(c)*b = 1", "exp(2*c)*b^2", "1"),
        ("exp(c)*b = 1", "b", "exp(-c)"),
        ("c*b = 1", "1/c", "b"),
        ("1/c = b", "b*c^2", "c"),
        ("c + b = 1", "c*b", "c - c^2"),
        ("2*c + x[i] = 1", "Σ(k, x[k])", "K*(1 - 2*c)"),
        ("1 = 3*c", "c", "1/3"),
        ("c = x[i]", "x[i] - x[j]", "0"),
        ("c^2 = x[i]", "S[i,j]*x[i]", "S[i,j]*c^2"),
        ("x[i] - x[j] = 0", "x[i]", "x[j]"),
        ("x[i] - x[j] = 0", "Σ(k, x[k])", "K*x[i]"),
        ("x[i]*x[j] = δ(i,j)", "Σ(k, x[k]^2*S[i,k])", "Σ(k, S[i,k])"),
        ("S[i,j]*x[j] = x[i]^2", "Σ(k, S[i,k]*x[k]*c)", "K*c*x[i]^2"),
        ("Σ(k, x[k]^2) + c = 1", "Σ(k, x[k]^2)", "1 - c"),
        ("Σ(k, x[k])*c = 1", "x[i]/Σ(k, x[k])", "c*x[i]"),
        ("Σ(k != i, x[k]) = 1", "Σ(k != j, x[k])*c", "c"),
        ("log(c) = b", "c", "exp(b)"),
        ("sqrt(c) = b", "c", "b^2"),
        ("Max(c, b) = 1", "Max(b, c)*x[i]", "x[i]"),
        ("c^2 + b^2 = 1", "sqrt(c^2 + b^2)", "1"),
        ("c^2 + b^2 = 1", "∂(c^2 + b^2, c)", "2*c"),
        ("c*b = c*x[1]", "x[1]*c/2", "b*c/2"),
        ("S[i,j] + S[j,i] = 0", "S[i,j]", "-S[j,i]"),
        ("c/(b + x[1]) = b/(b + x[1])", "c*x[i]", "b*x[i]"),
        ("c*b = 1/(b - x[1])", "c*b^2 - 1", "c*b*x[1]"),
    ],
)
def test_what_follows_from_an_equation(hypothesis: str, left: str, right: str) -> None:
    assert decide_text(square(f"assume {hypothesis}"), left, right).proved


@pytest.mark.parametrize(
    ("hypothesis", "left", "right"),
    [
        ("x[i]^2 + c = 1", "x[i]", "x[j]"),
        ("x[i]^2 + c = 1", "x[j] + c", "1"),
        ("x[1]^2 + c = 1", "x[i]^2 + c", "1"),
        ("x[i]^2 + c = 1", "Σ(k, x[k]^2)", "1 - c"),
        ("c^2 = 1", "c", "1"),
        ("c*b = 0", "c", "0"),
        ("c*b = c*x[1]", "b", "x[1]"),
        ("c/b = 0", "b", "0"),
        ("exp(c)*b = 1", "exp(2*c)*b", "1"),
        ("x[i]*x[j] = δ(i,j)", "x[i]", "1"),
        ("c^2 + b^2 = 1", "∂(c^2 + b^2, c)", "0"),
        ("Σ(k != i, x[k]) = 1", "Σ(k, x[k])", "1"),
        ("S[i,j]*x[j] = x[i]", "S[j,i]*x[j]", "x[i]"),
        ("S[i,j]*x[j] = x[i]", "Σ(k, S[k,j]*x[j])", "K*x[j]"),
        ("2*c + x[i] = 1", "x[i]", "1 - c"),
    ],
)
def test_what_does_not_follow_from_an_equation(hypothesis: str, left: str, right: str) -> None:
    assert not decide_text(square(f"assume {hypothesis}"), left, right).proved


@pytest.mark.parametrize(
    ("hypothesis", "left"),
    [
        ("1/c = b", "c*b"),
        ("c + b = 1", "c"),
        ("x[i] + 2*c^2 = 1", "x[i]"),
        ("c^2 + b = x[i]", "x[i]"),
        ("c^2 + c = 1", "c^2"),
        ("exp(c) = 1", "exp(c)"),
        ("K = 2", "K"),
    ],
)
def test_what_an_equation_is_solved_for(hypothesis: str, left: str) -> None:
    theory = square(f"assume {hypothesis}")
    (made,) = rules(theory)
    (stated,) = theory.hypotheses
    scope = {name: (free(f"{name}::", range_), 0) for name, range_ in stated.free.items()}
    expected = Normalizer(theory).poly(theory.statement(left, "x[i]").left, scope)
    assert mono_poly(made.left) == expected


@pytest.mark.parametrize(
    ("hypothesis", "problem"),
    [
        ("0 = 1", "it never holds"),
        ("x[i]/x[i] = 2", "it never holds"),
        ("c + b = b + c", "the same normal form"),
        ("1/(c - c) = b", "division by 0"),
        ("Σ(k, x[k])^70 = 1 + Σ(k, x[k] + c)^70", "a power of 70"),
    ],
)
def test_what_makes_no_rule(hypothesis: str, problem: str) -> None:
    theory = square(f"assume {hypothesis}")
    with pytest.raises((Unusable, Undefined, OutOfBudget), match=problem):
        as_rule(theory.hypotheses[0], Normalizer(theory))
    verdict = theory.prove("c", "c*b")
    assert verdict.status == "REFUTED" or problem in verdict.reason


def test_an_index_that_may_have_no_value_is_not_put_to_its_first_place() -> None:
    theory = Theory("z: 2..T\nassume z[i] - z[j] = 0")
    with pytest.raises(Unusable, match="no part of it contains all its indices"):
        as_rule(theory.hypotheses[0], Normalizer(theory))


@pytest.mark.parametrize(
    "hypothesis", ["S[i,j] = S[j,i]", "c = c + 1", "x[i] = Σ(k, x[k])", "x[i] = exp(x[1])"]
)
def test_what_makes_a_recurrence(hypothesis: str) -> None:
    """It rewrites nothing by itself: it would never end."""
    (made,) = rules(square(f"assume {hypothesis}"))
    assert made.recurrence
    p = mono_poly(made.left)
    assert rewritten(p, [made]) == p


def test_rule() -> None:
    made = rule(atom_poly(Var("c", ())).scale(2), ONE, [])
    assert made.right == ONE.scale(Fraction(1, 2))
    (softmax,) = rules(Theory("y: K, sum 1"))
    assert isinstance(softmax.atom, Sum)


@pytest.mark.parametrize(
    "hypotheses",
    [
        "assume c = b\nassume b = c",
        "assume c = b + 1\nassume b = c",
        "assume c = b^2\nassume b = c^2",
        "assume x[i] = S[i,i]\nassume S[i,j] = x[i]*x[j]",
    ],
)
def test_rules_that_rewrite_each_other_without_end_prove_nothing_and_stop(hypotheses: str) -> None:
    theory = square(hypotheses)
    with limit(20_000):
        assert not decide_text(theory, "c*b + x[i]", "7", inf).proved


def test_a_hypothesis_that_empties_a_denominator_proves_nothing() -> None:
    theory = square("assume c = 0")
    for left, right in [
        ("b/c", "0"),
        ("b/c", "b"),
        ("log(c)", "c"),
        ("c/c", "1"),
        ("1/(c*b)", "c"),
    ]:
        answer = decide_text(theory, left, right)
        assert not answer.proved or answer.conditions, (left, right)
