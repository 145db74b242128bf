"""Values and derivatives at a point against mpmath."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import flint
import mpmath
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.ranges import Range
from derivlib.proof.refuter.value import value as value_of
from derivlib.proof.theory import Theory
from tests.support.theories import SIGMOID, SOFTMAX


@cache
def theory(text: str) -> Theory:
    return Theory(text)


def test_softmax_cross_entropy_against_mpmath() -> None:
    z = [Fraction(1, 3), Fraction(-2), Fraction(5, 7), Fraction(2)]
    y = [Fraction(1, 2), Fraction(1, 4), Fraction(0), Fraction(1, 4)]
    t = theory(SOFTMAX)
    with mpmath.workdps(50):
        logits = [mpf(x.numerator) / x.denominator for x in z]
        targets = [mpf(x.numerator) / x.denominator for x in y]

        def loss(*a: mpf) -> mpf:
            total = mpmath.log(sum(map(mpmath.exp, a)))
            return sum(t * (total - x) for t, x in zip(targets, a, strict=True))

        orders = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 1), (0, 2, 0, 0), (1, 0, 2, 0)]
        for order in orders:
            by = [f"z[{n}]" for n, times in enumerate(order, 1) for _ in range(times)]
            side = t.statement(f"∂({', '.join(['L', *by])})" if by else "L", "0").left
            found = value_of(t, side, {"K": 4}, {}, {"z": z, "y": y})
            expected = mpmath.diff(loss, tuple(logits), order)
            assert found is not None and found.rad() < 1e-30
            assert abs(mpf(found.mid().str(40, radius=False)) - expected) < 1e-12


def reference(t: Theory, expr: tree.Expr, point: Mapping[str, Any]) -> mpf:
    """The value by plain recursion in mpmath, derivatives by central differences.

    Shares no code with the refuter: definitions are entered, nothing is remembered.
    """
    entries: dict[tuple[str, tuple[int, ...]], mpf] = {}
    for name, variable in t.variables.items():
        axes = [span(axis, point) for axis in variable.axes]  # of vectors and scalars
        values = point[name] if variable.axes else [point[name]]
        for place, x in zip(product(*axes), values, strict=True):
            entries[name, place] = mpf(x.numerator) / x.denominator
    return evaluate(t, expr, point, point, entries)


def span(axis: Range, sizes: Mapping[str, int]) -> range:
    """The places of an axis, which starts at a number and ends at a size with an offset."""
    assert axis.first.symbol == ""
    return range(axis.first.offset, sizes[axis.final.size] + axis.final.offset + 1)


def evaluate(
    t: Theory,
    expr: tree.Expr,
    sizes: Mapping[str, int],
    scope: Mapping[str, int],
    entries: Mapping[tuple[str, tuple[int, ...]], mpf],
) -> mpf:
    def places(indices: tuple[tree.Index, ...], scope: Mapping[str, int]) -> tuple[int, ...]:
        known = {**sizes, **scope}
        return tuple(x.offset + (known[x.name] if x.name else 0) for x in indices)

    def go(node: tree.Expr) -> mpf:
        match node:
            case tree.Number(x):
                return mpf(x.numerator) / x.denominator
            case tree.Size(name):
                return mpf(sizes[name])
            case tree.Entry(name, indices):
                place = places(indices, scope)
                if name in t.variables:
                    return entries[name, place]
                definition = t.definitions[name]
                inner = dict(zip(definition.parameters, place, strict=True))
                return evaluate(t, definition.body, sizes, inner, entries)
            case tree.Neg(a):
                return -go(a)
            case tree.Add(a, b):
                return go(a) + go(b)
            case tree.Sub(a, b):
                return go(a) - go(b)
            case tree.Mul(a, b):
                return go(a) * go(b)
            case tree.Div(a, b):
                return go(a) / go(b)
            case tree.Pow(a, b):
                return go(a) ** go(b)
            case tree.Function("sigmoid", (a,)):
                return 1 / (1 + mpmath.exp(-go(a)))
            case tree.Function(name, (a,)):
                return getattr(mpmath, name)(go(a))
            case tree.Delta(left, right):
                return mpf(len(set(places((left, right), scope))) == 1)
            case tree.Sum((binder, *others), body):
                if others:
                    body = tree.Sum(tuple(others), body)
                assert binder.range is not None
                values = span(binder.range, sizes)
                if binder.first is not None and binder.final is not None:
                    first, final = places((binder.first, binder.final), scope)
                    values = range(first, final + 1)
                left_out = places(binder.excluded, scope)
                terms = [
                    evaluate(t, body, sizes, {**scope, binder.index: n}, entries)
                    for n in values
                    if n not in left_out
                ]
                return sum(terms, mpf(0))
            case tree.Derivative(body, (first, *rest)):
                if rest:
                    body = tree.Derivative(body, tuple(rest))
                key, h = (first.name, places(first.indices, scope)), mpf(10) ** -15
                up, down = (
                    evaluate(t, body, sizes, scope, {**entries, key: entries[key] + step})
                    for step in (h, -h)
                )
                return (up - down) / (2 * h)
        raise AssertionError(node)

    return go(expr)


RANDOM = """
x: K
y: K
c: real
f[i] := x[i]*c - y[i]^2
g := Σ(i, tanh(f[i])*x[i])
"""
FORMS = (
    "({} + {})",
    "({} - {})",
    "({}*{})",
    "({})/(2 + ({})^2)",
    "({})^2",
    "({})^3",
    "sigmoid({})",
    "tanh({})",
    "sin({})",
    "cos({})",
    "sinh(tanh({}))",
    "log(1 + ({})^2)",
    "sqrt(1 + ({})^2)",
    "exp(tanh({}))",
    "Σ(k, {}*x[k]^0)",
    "Σ(k != i, {}*x[k])",
    "Σ(k != 1, j, {}*x[k]*y[j])",
    "Σ(j, k != j, {}*y[j]*x[k])",
)
LEAVES = ("1/3", "2", "K", "c", "g", "x[i]", "x[j]", "x[k]", "x[2]", "y[k]", "y[1]", "f[j]", "f[k]")
DELTAS = ("δ(i,j)", "δ(i,k)", "δ(k,2)")

TIMES = """
a: 0..T
b: T
q[t] := a[t-1]*b[t] - a[t]
r := Σ(t in 1..T, tanh(q[t])*b[t])
"""
# Wherever it stands, t is one of 1..T and s one of 0..T.
TIME_FORMS = (
    "({} + {})",
    "({}*{})",
    "({})/(2 + ({})^2)",
    "tanh({})",
    "Σ(s, {}*a[s])",
    "Σ(s in 0..T, {})",
    "Σ(t in 1..T, {})",
    "Σ(t in 2..T, {})",
    "Σ(t in 1..T-1, {}*a[t+1])",
    "Σ(t in 1..s, {})",
    "Σ(s in 0..t-1, {})",
    "Σ(t in s+1..T, {})",
    "Σ(s in t..T, {})",
    "Σ(s in 1..T, t in s..T, {})",
    "Σ(s != t, {}*a[s])",
    "Σ(s != T, {}*a[s])",
)
TIME_LEAVES = ("1/3", "T", "r", "a[s]", "a[t]", "a[t-1]", "b[t]", "a[0]", "a[T]", "b[T]", "q[t]")
TIME_DELTAS = ("δ(s,t)", "δ(s,t-1)", "δ(s,0)", "δ(t-1,0)", "δ(t,T)")


@st.composite
def expressions(
    draw: st.DrawFn, forms: tuple[str, ...], leaves: tuple[str, ...], depth: int = 3
) -> str:
    form: str = draw(st.sampled_from(forms + leaves if depth else leaves))
    parts = expressions(forms, leaves, depth=depth - 1)
    return form.format(*[draw(parts) for _ in range(form.count("{}"))])


variables = st.sampled_from(["x[i]", "x[2]", "y[j]", "c"])
numbers = st.fractions(min_value=-2, max_value=2, max_denominator=6)
pairs = st.tuples(numbers, numbers, numbers)


@settings(max_examples=120, deadline=None)
@given(
    expressions(FORMS, LEAVES + DELTAS),
    st.lists(variables, max_size=2),
    pairs,
    pairs,
    numbers,
    st.data(),
)
def test_random_expressions_and_their_derivatives(
    body: str,
    by: list[str],
    x: tuple[Fraction, ...],
    y: tuple[Fraction, ...],
    c: Fraction,
    data: st.DataObject,
) -> None:
    t = theory(RANDOM)
    text = f"∂({', '.join([body, *by])})" if by else body
    statement = t.statement(f"{text} + 0*x[i]*x[j]*x[k]", "0")
    entries = {"x": x, "y": y, "c": c}
    places = {name: data.draw(st.integers(1, 3), label=name) for name in "ijk"}
    found = value_of(t, statement.left, {"K": 3}, places, entries)
    assert found is not None
    with mpmath.workdps(80):
        expected = reference(t, statement.left, {"K": 3, **places, **entries})
        got = mpf(found.mid().str(36, radius=False))
        # Central differences with h = 1e-15 err by h² times a third derivative.
        assert abs(got - expected) < 1e-18 * (1 + abs(expected))
    assert found.rad() < 1e-20 * (1 + abs(found))


@settings(max_examples=120, deadline=None)
@given(
    expressions(TIME_FORMS, TIME_LEAVES + TIME_DELTAS),
    st.lists(st.sampled_from(["a[s]", "a[0]", "a[T]", "a[t-1]", "b[t]"]), max_size=2),
    st.integers(1, 3),
    st.data(),
)
def test_random_sums_over_intervals(body: str, by: list[str], T: int, data: st.DataObject) -> None:
    t = theory(TIMES)
    text = f"∂({', '.join([body, *by])})" if by else body
    statement = t.statement(f"{text} + 0*a[s]*b[t]", "0")
    entries = {
        "a": data.draw(st.lists(numbers, min_size=T + 1, max_size=T + 1), label="a"),
        "b": data.draw(st.lists(numbers, min_size=T, max_size=T), label="b"),
    }
    places = {
        "s": data.draw(st.integers(0, T), label="s"),
        "t": data.draw(st.integers(1, T), label="t"),
    }
    found = value_of(t, statement.left, {"T": T}, places, entries)
    assert found is not None
    with mpmath.workdps(80):
        expected = reference(t, statement.left, {"T": T, **places, **entries})
        got = mpf(found.mid().str(36, radius=False))
        # Central differences with h = 1e-15 err by h² times a third derivative.
        assert abs(got - expected) < 1e-18 * (1 + abs(expected))


@pytest.mark.parametrize("precision", [64, 128, 256])
def test_intervals_contain_the_value_at_every_precision(precision: int) -> None:
    t = theory(SIGMOID)
    side = t.statement("∂(B, x)", "0").left
    found = value_of(
        t, side, {}, {}, {"x": Fraction(1, 3), "t": Fraction(1, 2)}, precision=precision
    )
    with flint.ctx.workprec(600):
        exact = 1 / (1 + (-arb(flint.fmpq(1, 3))).exp()) - arb(1) / 2
        assert found is not None and found.contains(exact.mid())
    assert found.rad() < 2.0 ** (8 - precision)
