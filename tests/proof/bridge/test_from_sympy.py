"""SymPy's expressions read into the language: the same verdicts as the text, and clear errors."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Derivative,
    Idx,
    Integer,
    KroneckerDelta,
    Max,
    Mul,
    Pow,
    Rational,
    Sum,
    Symbol,
    UnevaluatedExpr,
    exp,
    log,
    sqrt,
    tanh,
)

from derivlib.proof import Theory
from derivlib.proof.bridge.from_sympy import from_sympy
from derivlib.proof.language.parser import parse
from derivlib.proof.verdict import Status, Verdict
from tests.support.sympy_words import (
    INTERVALS,
    K,
    L,
    T,
    Writer,
    c,
    h,
    i,
    j,
    k,
    n,
    p,
    y,
    z,
)
from tests.support.theories import LAYER, LOGISTIC, SIGMOID, SOFTMAX, UNCONSTRAINED

STATEMENTS = [
    (SOFTMAX, "∂(p[j], z[i])", "p[j]*(δ(i,j) - p[i])", "PROVED"),
    (SOFTMAX, "Σ(j, p[j])", "1", "PROVED"),
    (SOFTMAX, "Σ(j, ∂(p[j], z[i]))", "0", "PROVED"),
    (SOFTMAX, "L", "log(Σ(k, exp(z[k]))) - Σ(j, y[j]*z[j])", "PROVED"),
    (SOFTMAX, "∂(L, z[i])", "p[i] - y[i]", "PROVED"),
    (SOFTMAX, "∂(L, z[i])", "Σ(j, ∂(L, p[j])*∂(p[j], z[i]))", "PROVED"),
    (SOFTMAX, "∂(L, z[i], z[j])", "p[i]*(δ(i,j) - p[j])", "PROVED"),
    (SOFTMAX, "∂(log(Σ(k, exp(z[k]))), z[i])", "p[i]", "PROVED"),
    (SOFTMAX, "log(Σ(k, exp(z[k] - c))) + c", "log(Σ(k, exp(z[k])))", "PROVED"),
    (SOFTMAX, "exp(z[i] - c)/Σ(k, exp(z[k] - c))", "p[i]", "PROVED"),
    (
        SOFTMAX,
        "Σ(i, j, v[i]*(δ(i,j)*p[i] - p[i]*p[j])*v[j])",
        "Σ(i, j, p[i]*p[j]*(v[i] - v[j])^2)/2",
        "PROVED",
    ),
    (SOFTMAX, "Σ(i, z[i]*∂(p[j], z[i]))", "p[j]*(z[j] - Σ(k, p[k]*z[k]))", "PROVED"),
    (SOFTMAX, "∂(Σ(i, exp(z[i])), z[i])", "exp(z[i])", "PROVED"),
    (SOFTMAX, "δ(i,j)*z[i]", "δ(i,j)*z[j]", "PROVED"),
    (SOFTMAX, "∂(L, z[i])", "y[i] - p[i]", "REFUTED"),
    (SOFTMAX, "∂(L, p[i])", "p[i] - y[i]", "REFUTED"),
    (SOFTMAX, "∂(p[j], z[i])", "p[j]*(1 - p[i])", "REFUTED"),
    (SOFTMAX, "∂(p[j], z[i])", "-p[i]*p[j]", "REFUTED"),
    (SOFTMAX, "∂(p[j], z[i])", "δ(i,j)*p[j] - p[j]*p[j]", "REFUTED"),
    (SOFTMAX, "∂(p[i], z[i])", "(exp(z[i]) - exp(z[i]))/Σ(k, exp(z[k]))^2", "REFUTED"),
    (SOFTMAX, "exp(z[i] - c)/Σ(k, exp(z[k]))", "p[i]", "REFUTED"),
    (UNCONSTRAINED, "∂(L, z[i])", "p[i]*Σ(j, y[j]) - y[i]", "PROVED"),
    (UNCONSTRAINED, "∂(L, z[i])", "p[i] - y[i]", "REFUTED"),
    (SIGMOID, "∂(s, x)", "s*(1 - s)", "PROVED"),
    (SIGMOID, "s", "1/(1 + exp(-x))", "PROVED"),
    (SIGMOID, "sigmoid(-x)", "1 - s", "PROVED"),
    (SIGMOID, "tanh(x)", "2*sigmoid(2*x) - 1", "PROVED"),
    (SIGMOID, "∂(B, x)", "s - t", "PROVED"),
    (SIGMOID, "B", "log(1 + exp(x)) - t*x", "PROVED"),
    (SIGMOID, "∂(q, x)", "-q*(1 - q)", "PROVED"),
    (SIGMOID, "∂(q, x)", "q*(1 - q)", "REFUTED"),
    (SIGMOID, "∂(t*log(s) + (1 - t)*log(1 - s), x)", "s - t", "REFUTED"),
    (LOGISTIC, "∂(L, w[r])", "1/m * Σ(n, X[n,r]*(a[n] - t[n]))", "PROVED"),
    (LOGISTIC, "∂(L, w[r], w[q])", "1/m * Σ(n, X[n,r]*a[n]*(1 - a[n])*X[n,q])", "PROVED"),
    (LOGISTIC, "∂(L, w[r])", "Σ(n, X[n,r]*(a[n] - t[n]))", "REFUTED"),
    (LOGISTIC, "∂(L, w[r])", "L", "REFUTED"),
    (LAYER, "∂(L, z[n,c])", "1/m * (p[n,c] - Y[n,c])", "PROVED"),
    (LAYER, "∂(L, W[a,c])", "1/m * Σ(n, X[n,a]*(p[n,c] - Y[n,c]))", "PROVED"),
    (LAYER, "∂(L, b[c])", "1/m * Σ(n, p[n,c] - Y[n,c])", "PROVED"),
    (LAYER, "∂(L, b[c])", "1/m^2 * Σ(n, p[n,c] - Y[n,c])", "REFUTED"),
    (INTERVALS, "Σ(t in 0..T, h[t])", "h[0] + Σ(t in 1..T, h[t])", "PROVED"),
    (INTERVALS, "Σ(t in 1..T, lam[t+1]*h[t-1])", "Σ(t in 1..T, lam[t]*h[t])", "REFUTED"),
]


@cache
def verdict_of_the_text(declarations: str, left: str, right: str) -> Verdict:
    return Theory(declarations).prove(left, right)


@pytest.mark.parametrize("evaluate", [True, False], ids=["evaluated", "as written"])
@pytest.mark.parametrize(("declarations", "left", "right", "status"), STATEMENTS)
def test_same_verdict_as_the_text(
    declarations: str, left: str, right: str, status: str, evaluate: bool
) -> None:
    theory = Theory(declarations)
    statement = theory.statement(left, right)
    expected = verdict_of_the_text(declarations, left, right)
    assert expected.status == status
    writer = Writer(theory, evaluate=evaluate)
    found = theory.prove(writer.write(statement.left), writer.write(statement.right))
    assert found.status == status
    assert found.hypotheses == expected.hypotheses
    assert bool(found.conditions) <= bool(expected.conditions)


@pytest.mark.parametrize(
    ("left", "right"),
    [("(1 - p[i])/(1 - p[i])", "1"), ("δ(i,j)/(z[i] - z[j])", "0"), ("exp(log(z[i]))", "z[i]")],
)
def test_conditions_are_lost_only_where_sympy_has_lost_them(left: str, right: str) -> None:
    theory = Theory(SOFTMAX)
    statement = theory.statement(left, right)
    written = [
        Writer(theory, evaluate=False).write(side) for side in (statement.left, statement.right)
    ]
    expected, found = theory.prove(left, right), theory.prove(*written)
    assert found.status == expected.status
    assert found.conditions == expected.conditions


def test_what_sympy_evaluates_on_sight_cannot_be_seen() -> None:
    theory = Theory("p: K")
    p1, p2 = p[1], p[2]
    assert from_sympy(theory, (-1 / p1) * (-p1 * p2)) == "p[2]"
    held = UnevaluatedExpr(-1 / p1) * UnevaluatedExpr(-p1 * p2)
    assert from_sympy(theory, held) == "-1/p[1] * (-p[1]*p[2])"


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (p[i] - y[i], "p[i] - y[i]"),
        (-p[i] - y[i], "-p[i] - y[i]"),
        (-2 * p[i] * y[j] / 3, "-2*p[i]*y[j]/3"),
        (Mul(-1, -2, z[i], evaluate=False), "2*z[i]"),
        (Rational(-2, 3), "-2/3"),
        (Integer(-7), "-7"),
        (5, "5"),
        (p[i] / y[i] ** 2 / K, "p[i]/(K*y[i]^2)"),
        (1 / sqrt(z[i]), "1/sqrt(z[i])"),
        (z[i] ** Rational(-3, 2), "1/z[i]^(3/2)"),
        (2**K * z[i] ** c, "2^K * z[i]^c"),
        (sympy.E * exp(-c), "exp(1)*exp(-c)"),
        (Pow(sympy.E, c, evaluate=False), "exp(c)"),
        (Max(c, z[i], 0) * tanh(c) * log(c), "Max(0, c, z[i])*log(c)*tanh(c)"),
        (sympy.Abs(z[i]) * sympy.sin(c), "abs(z[i])*sin(c)"),
        (sympy.cos(c) / sympy.sinh(z[i]), "cos(c)/sinh(z[i])"),
        (Sum(z[k], (k, 1, K)), "Σ(k in 1..K, z[k])"),
        (Sum(z[k] * y[j], (k, 1, j), (j, 1, K - 1)), "Σ(j in 1..K-1, k in 1..j, y[j]*z[k])"),
        (Sum(Sum(z[k], (k, 1, 1)), (j, 1, K)), "Σ(j in 1..K, k in 1..1, z[k])"),
        (Sum(z[k], (k, 1, k)), "Σ(k in 1..k, z[k])"),
        (Sum(z[k], (k, 1, K), (k, 1, K)), "Σ(k in 1..K, Σ(k in 1..K, z[k]))"),
        (Derivative(L, z[i], (z[j], 2)), "∂(L, z[i], z[j], z[j])"),
        (Derivative(L, c), "∂(L, c)"),
        (KroneckerDelta(i, 2) * z[K], "z[K]*δ(2,i)"),
        (h[T - 1] * h[0] * h[n + 1], "h[0]*h[n+1]*h[T-1]"),
        (Sum(h[k - 1], (k, 1, T)), "Σ(k in 1..T, h[k-1])"),
        (Sum(h[k], (k, 0, T)), "Σ(k in 0..T, h[k])"),
        (z[Idx("i")] + z[Idx("k", (1, K))], "z[i] + z[k]"),
        (Sum(z[Idx("k", (1, K))], Idx("k", (1, K))), "Σ(k in 1..K, z[k])"),
        (h[Idx("t", T)], "h[t]"),
    ],
)
def test_texts(expr: Any, text: str) -> None:
    theory = Theory(SOFTMAX + INTERVALS)
    integer = {size: Symbol(size.name, integer=True) for size in (K, T)}
    read = from_sympy(theory, expr)
    assert " ".join(read.split()) == text.replace("^K * z", "^K*z")
    assert parse(read)
    if isinstance(expr, sympy.Basic) and not expr.has(Idx):
        assert from_sympy(theory, expr.xreplace(integer)) == read  # assumptions change nothing


def test_sympy_and_text_may_be_mixed() -> None:
    theory = Theory(SOFTMAX)
    assert theory.prove(Sum(p[k], (k, 1, K)), 1).status is Status.PROVED
    assert theory.prove("Σ(k, p[k])", Integer(1)).status is Status.PROVED
    assert theory.prove(Derivative(L, z[i]), "p[i] - y[i]").status is Status.PROVED
    assert theory.from_sympy(p[i] - 1) == "p[i] - 1"


LEAVES = (z[i], z[j], y[i], c, Integer(2), Rational(-1, 3))
ONE_OPERAND: tuple[Callable[[Any], Any], ...] = (
    tanh,
    lambda a: exp(tanh(a)),  # an exp of its own would overflow before long
    lambda a: a**2,
    lambda a: Mul(-1, a, evaluate=False),
    lambda a: Pow(1 + a**2, -1, evaluate=False),
    lambda a: 1 / sqrt(1 + a**2),
    lambda a: Sum(a, (j, 1, K)),
    lambda a: Sum(a, (i, 1, K)),
)
TWO_OPERANDS: tuple[Callable[[Any, Any], Any], ...] = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b,
)


@st.composite
def composed(draw: st.DrawFn, depth: int = 3) -> Any:
    if not depth or not draw(st.integers(0, 4)):
        return draw(st.sampled_from(LEAVES))
    if draw(st.booleans()):
        return draw(st.sampled_from(ONE_OPERAND))(draw(composed(depth - 1)))
    operation = draw(st.sampled_from(TWO_OPERANDS))
    return operation(draw(composed(depth - 1)), draw(composed(depth - 1)))


@given(composed())
def test_the_text_means_what_sympy_holds(expr: Any) -> None:
    """At K = 3 and numbers, by SymPy on one side and by NumPy on the text on the other."""
    theory = Theory("z, y: K\nc: real")
    read = from_sympy(theory, expr)
    entries = {"z": [0.5, -0.25, 0.75], "y": [-0.5, 0.3, 0.2], "c": 0.4}
    places = {"i": 3, "j": 2}
    free = list(theory.statement(read, "0").free)
    found = theory.numpy(read)(**entries)
    value = found[tuple(places[name] - 1 for name in free)] if free else found
    assert float(value) == pytest.approx(float(at_three(expr, places, entries)), rel=1e-9, abs=1e-9)


def at_three(expr: Any, places: Mapping[str, int], entries: Mapping[str, Any]) -> Any:
    """A SymPy expression's value at K = 3, its sums written out by hand."""
    if isinstance(expr, Sum):
        *inner, (index, _, _) = expr.limits
        body = Sum(expr.function, *inner) if inner else expr.function
        return sum(at_three(body, {**places, index.name: v}, entries) for v in (1, 2, 3))
    if isinstance(expr, sympy.Indexed):
        return sympy.Float(entries[expr.base.name][places[expr.indices[0].name] - 1])
    if expr == c:
        return sympy.Float(entries["c"])
    if not expr.args:
        return expr
    return expr.func(*(at_three(a, places, entries) for a in expr.args)).evalf()


POSITIVE = Symbol("t", integer=True, positive=True)
FACTS = Theory("a: real\nb: real, positive\nx: K\nw: K, positive\ng: 0..T")


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        (sqrt(Symbol("a", positive=True) ** 2), "a is positive, but in the theory it is a real"),
        (Symbol("a", nonnegative=True), "a is nonnegative"),
        (Symbol("a", nonzero=True), "a is nonzero"),
        (Symbol("a", integer=True), "a is integer"),
        (Symbol("a", commutative=False), "a is not commutative"),
        (Symbol("b", negative=True), "b is negative"),
        (Symbol("K", even=True), "K is even, but in the theory it is a size"),
        (sympy.IndexedBase("x", positive=True)[1], "x is positive"),
        (sympy.IndexedBase("x")[Symbol("i", odd=True)], "i is not even"),
        (sympy.IndexedBase("g")[Symbol("t", positive=True)], "t is positive, but .* from 0 on"),
        (
            Sum(
                sympy.IndexedBase("g")[Symbol("t", positive=True)],
                (Symbol("t", positive=True), 0, T),
            ),
            "t is positive, but .* from 0 on",
        ),
    ],
)
def test_sympy_may_assume_no_more_than_the_theory_says(expr: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"SymPy assumes that {said}"):
        FACTS.prove(expr, expr)


@pytest.mark.parametrize(
    "expr",
    [
        Symbol("a", real=True),
        Symbol("b", real=True),
        sqrt(Symbol("b", positive=True) ** 2),
        Symbol("K", integer=True, positive=True),
        sympy.IndexedBase("w", positive=True)[1],
        sympy.IndexedBase("x", real=True)[Symbol("i", integer=True)],
        sympy.IndexedBase("x")[POSITIVE],
        sympy.IndexedBase("g")[POSITIVE - 1],
        sympy.IndexedBase("g")[Symbol("t", nonnegative=True, integer=True)],
        Sum(sympy.IndexedBase("g")[POSITIVE], (POSITIVE, 1, T)),
    ],
)
def test_what_sympy_assumes_rightly_is_read(expr: Any) -> None:
    assert FACTS.prove(expr, expr).status is Status.PROVED
