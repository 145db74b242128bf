"""From expressions to normal forms: the meaning stays, scopes are lexical."""

import pytest
from hypothesis import assume, given

from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import ZERO, OutOfBudget, Poly, Undefined
from derivlib.proof.language.syntax import Expr
from derivlib.proof.theory import Theory
from tests.support.answers import At, meaning, normal_form, read, sides, value
from tests.support.numeric import equal
from tests.support.strategies import expressions, few, where


@few
@given(expressions(depth=4), where())
def test_the_normal_form_has_the_value_of_the_expression(expr: Expr, at: At) -> None:
    expected = meaning(expr, at)
    try:
        found = value(normal_form(expr), at)
    except (OutOfBudget, Undefined):
        assume(False)
    assume(expected is not None and found is not None)
    assert equal(found, expected)


def poly(theory: Theory, text: str) -> Poly:
    statement = theory.statement(text, "0")
    return normal_form(statement.left, theory, statement.free)


LETTERS = Theory("""
    i, x: K
    j: d
    S: K×K
    f[j] := Σ(i, S[j,i]*x[i])
    g[i] := f[i] + Σ(j, S[j,i]*x[j])
    h[i,j] := S[j,i]*x[i]
    l[j] := Σ(k, h[j,k])*f[j]
    e := Σ(i, f[i]*g[i])
""")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("f[i]", "Σ(j, S[i,j]*x[j])"),
        ("g[j]", "f[j] + Σ(k, S[k,j]*x[k])"),
        ("h[j,i]", "S[i,j]*x[j]"),
        ("h[j,j]", "S[j,j]*x[j]"),
        ("Σ(i, h[i,j])", "Σ(i, S[j,i]*x[i])"),
        ("Σ(j, h[i,j])", "x[i]*Σ(j, S[j,i])"),
        ("Σ(i, j, h[j,i])", "Σ(k, f[k])"),
        ("l[i]", "x[i]*Σ(j, S[j,i])*Σ(j, S[i,j]*x[j])"),
        ("Σ(i, Σ(i, x[i])*S[i,i])", "Σ(i, x[i])*Σ(i, S[i,i])"),
        ("Σ(i, x[i]*Σ(i, S[i,i]))", "Σ(i, x[i])*Σ(i, S[i,i])"),
        ("x[i]*Σ(i, x[i])", "Σ(k, x[i]*x[k])"),
        ("Σ(x, x[x]*i[x])", "Σ(i, i[i]*x[i])"),
        ("Σ(i, j, S[i,j]) + Σ(j, j[j])", "Σ(i, j[i]) + Σ(j, i, S[i,j])"),
        ("Σ(i != j, x[i]) + 0*x[j]", "Σ(k, x[k]) - x[j]"),
        ("Σ(i, j != i, S[i,j])", "Σ(i, j, S[i,j]) - Σ(i, S[i,i])"),
        ("Σ(i != i, x[i])", "Σ(k, x[k]) - x[i]"),
        ("∂(Σ(i, x[i]^2), x[i])", "2*x[i]"),
        ("Σ(i, ∂(Σ(i, x[i]^2), x[i]))", "2*Σ(i, x[i])"),
        ("Σ(i, x[i]*∂(f[j], x[i]))", "f[j]"),
        ("∂(e, x[j])", "Σ(i, ∂(f[i], x[j])*g[i] + f[i]*∂(g[i], x[j]))"),
        ("∂(f[i], x[i])", "S[i,i]"),
        ("∂(f[i], S[i,j])", "x[j]"),
        ("∂(f[i], S[j,i])", "δ(i,j)*x[i]"),
        ("∂(f[i], S[j,k])", "δ(i,j)*x[k]"),
    ],
)
def test_no_index_is_captured(left: str, right: str) -> None:
    one, other = sides(LETTERS.statement(left, right), LETTERS)
    assert one == other


HELD = Theory("""
    x: K
    p[j] := x[j]^2
    q[j] := p[j]*x[j]
    r := Σ(k, q[k])
    L := Σ(j, q[j] + p[j])
    m[i] := ∂(L, p[i])
""")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("∂(L, x[i])", "3*x[i]^2 + 2*x[i]"),
        ("∂(L, p[i])", "x[i] + 1"),
        ("∂(L, q[i])", "1"),
        ("∂(q[j], p[i])", "δ(i,j)*x[j]"),
        ("∂(p[j], q[i])", "0"),
        ("∂(p[j], p[i])", "δ(i,j)"),
        ("∂(r, r)", "1"),
        ("∂(r^2*L, r)", "2*r*L"),
        ("∂(x[i], p[i])", "0"),
        ("∂(L^2, p[i])", "2*L*(x[i] + 1)"),
        ("∂(L^2, p[i], p[j])", "2*(x[i] + 1)*(x[j] + 1)"),
        ("∂(∂(L^2, p[i]), p[j])", "2*(x[i] + 1)*(x[j] + 1)"),
        ("∂(∂(L, p[i]), x[j])", "δ(i,j)"),
        ("∂(∂(L^2, q[i]), x[j])", "2*(3*x[j]^2 + 2*x[j])"),
        ("∂(∂(L^2, q[i]), p[j])", "2*(x[j] + 1)"),
        ("m[i]", "x[i] + 1"),
        ("∂(m[i], x[j])", "δ(i,j)"),
        ("∂(m[i]*p[i], p[j])", "δ(i,j)*(x[i] + 1)"),
        ("Σ(i, p[i]*∂(L, p[i]))", "Σ(i, p[i]*(x[i] + 1))"),
    ],
)
def test_held_names_are_opaque_and_revealed_after(left: str, right: str) -> None:
    one, other = sides(HELD.statement(left, right), HELD)
    assert one - other == ZERO


def test_definitions_are_normalised_once_for_each_set_of_held_names() -> None:
    normalizer = Normalizer(HELD)
    first = normalizer.definition("L", frozenset())
    assert normalizer.definition("L", frozenset({"nothing", "m"})) is first
    assert normalizer.definition("L", frozenset({"p"})) != first
    assert normalizer.definition("q", frozenset({"L"})) == normalizer.definition("q", frozenset())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sigmoid(c)", "1/(1 + exp(-c))"),
        ("tanh(c)", "(exp(c) - exp(-c))/(exp(c) + exp(-c))"),
        ("sigmoid(0)", "1/2"),
        ("tanh(0)", "0"),
        ("a^c", "exp(c*log(a))"),
        ("2^c*2^c", "4^c"),
        ("c^K", "exp(K*log(c))"),
        ("c^(K - K + 2)", "c^2"),
        ("c^(1/2 + 1/2)", "c"),
        ("sqrt(a)", "a^0.5"),
        ("+c - -c", "2*c"),
    ],
)
def test_functions_and_powers(left: str, right: str) -> None:
    assert factor(read(left) - read(right)).numerator == ZERO


def test_expressions_of_fixed_meaning() -> None:
    assert read("0.1 + 0.2") == read("3/10")
    assert poly(HELD, "p[1]") == poly(HELD, "x[1]^2")
    assert read("c^65^0") == read("c")


@pytest.mark.parametrize(
    "text",
    ["c^65", "(((2^64)^64)^64)^65", "2^2^2^2^9", "(c + 1)^64*(c + x[i])^64*(z[i] + x[j] + c)^64"],
)
def test_what_is_too_large_is_given_up(text: str) -> None:
    with pytest.raises(OutOfBudget):
        read(text)
