"""SymPy's expressions read into the language: the same verdicts as the text, and clear errors."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Derivative,
    Function,
    Idx,
    IndexedBase,
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
    symbols,
    tanh,
)

from derivlib.proof import Theory
from derivlib.proof.bridge.from_sympy import from_sympy
from derivlib.proof.language import expressions as tree
from derivlib.proof.language.expressions import Expr
from derivlib.proof.language.parser import parse
from derivlib.proof.verdict import Status

SOFTMAX = """
    z: K
    y: K, sum 1
    v: K
    c: real
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    L := -Σ(j, y[j]*log(p[j]))
"""
FREE_TARGETS = """
    z: K
    y: K
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    L := -Σ(j, y[j]*log(p[j]))
"""
SIGMOID = """
    x: real
    t: real
    q := 1/(1 + exp(x))
    s := sigmoid(x)
    B := -(t*log(s) + (1 - t)*log(1 - s))
"""
LOGISTIC = """
    X: m×d
    w: d
    t: m
    a[n] := sigmoid(Σ(q, X[n,q]*w[q]))
    L := -1/m * Σ(n, t[n]*log(a[n]) + (1 - t[n])*log(1 - a[n]))
"""
LAYER = """
    X: m×d
    W: d×K
    b: K
    Y: m×K, sum 1
    z[n,c] := Σ(a, X[n,a]*W[a,c]) + b[c]
    p[n,c] := exp(z[n,c]) / Σ(k, exp(z[n,k]))
    L := -1/m * Σ(n, j, Y[n,j]*log(p[n,j]))
"""
INTERVALS = """
    h: 0..T
    lam: 1..T+1
"""
i, j, k, n, K, m, T, x, c, L = symbols("i j k n K m T x c L")
z, y, p, h = map(IndexedBase, "zyph")


# --- a writer, to read back -----------------------------------------------------------------------


class Writer:
    """The language's expressions as SymPy's: as written, or as SymPy likes them best."""

    def __init__(self, theory: Theory, *, evaluate: bool) -> None:
        self.theory = theory
        self.evaluate = evaluate

    def place(self, index: tree.Index) -> Any:
        return (Symbol(index.name) if index.name else Integer(0)) + index.offset

    def end(self, text: str) -> tuple[Any, Any]:
        first, final = (Integer(1), text) if ".." not in text else tuple(text.split(".."))
        return sympy.Integer(str(first)), reduce(
            lambda a, b: a + b,
            [Symbol(part) if part.isidentifier() else Integer(part) for part in final.split("+")],
        )

    def write(self, expr: Expr) -> Any:
        def build(operation: Any, *parts: Expr) -> Any:
            return operation(*map(self.write, parts), evaluate=self.evaluate)

        match expr:
            case tree.Number(value):
                return Rational(value.numerator, value.denominator)
            case tree.Size(name):
                return Symbol(name)
            case tree.Entry(name, ()):
                return Symbol(name)
            case tree.Entry(name, indices):
                return IndexedBase(name)[tuple(map(self.place, indices))]
            case tree.Neg(argument):
                return Mul(-1, self.write(argument), evaluate=self.evaluate)
            case tree.Add(left, right):
                return build(sympy.Add, left, right)
            case tree.Sub(left, right):
                return build(sympy.Add, left, tree.Neg(right))
            case tree.Mul(left, right):
                return build(Mul, left, right)
            case tree.Div(left, right):
                inverse = Pow(self.write(right), -1, evaluate=self.evaluate)
                return Mul(self.write(left), inverse, evaluate=self.evaluate)
            case tree.Pow(base, exponent):
                return build(Pow, base, exponent)
            case tree.Function("sqrt", (argument,)):
                return sqrt(self.write(argument), evaluate=self.evaluate)
            case tree.Function("sigmoid", (argument,)):
                return 1 / (1 + exp(-self.write(argument)))
            case tree.Function(name, arguments):
                return build(getattr(sympy, name), *arguments)
            case tree.Delta(left, right):
                return KroneckerDelta(self.place(left), self.place(right))
            case tree.Sum(binders, body):
                limits = [(Symbol(b.index), *self.end(b.range or "")) for b in reversed(binders)]
                return Sum(self.write(body), *limits)
            case tree.Derivative(body, variables):
                return Derivative(self.write(body), *map(self.write, variables))
        raise AssertionError(expr)


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
    (FREE_TARGETS, "∂(L, z[i])", "p[i]*Σ(j, y[j]) - y[i]", "PROVED"),
    (FREE_TARGETS, "∂(L, z[i])", "p[i] - y[i]", "REFUTED"),
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


@pytest.mark.parametrize("evaluate", [True, False], ids=["evaluated", "as written"])
@pytest.mark.parametrize(("declarations", "left", "right", "status"), STATEMENTS)
def test_same_verdict_as_the_text(
    declarations: str, left: str, right: str, status: str, evaluate: bool
) -> None:
    theory = Theory(declarations)
    statement = theory.statement(left, right)
    expected = theory.prove(left, right)
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


# --- indices that share a name --------------------------------------------------------------------


def test_a_bound_index_named_like_a_free_one() -> None:
    theory = Theory(SOFTMAX)
    total = Sum(exp(z[k]), (k, 1, K))
    assert theory.prove(Derivative(total, z[k]), exp(z[k])).status is Status.PROVED
    assert theory.prove(exp(z[k]) / total, p[k]).status is Status.PROVED
    assert theory.prove(Sum(z[k] * total, (k, 1, K)), "Σ(i, z[i])*Σ(j, exp(z[j]))").status is (
        Status.PROVED
    )
    captured = sympy.diff(total, z[k])  # SymPy takes the free k for the bound one
    assert captured == total
    assert theory.prove(captured, exp(z[k])).status is Status.REFUTED


def test_the_limit_of_a_sum_stands_outside_of_it() -> None:
    theory = Theory("z: K")
    statement = theory.statement(z[k] * Sum(z[k], (k, 1, k)), "z[k]*Σ(j in 1..k, z[j])")
    assert statement.free == {"k": "K"}
    verdict = theory.prove(z[k] * Sum(z[k], (k, 1, k)), "z[k]*Σ(j in 1..k, z[j])")
    assert verdict.status is Status.PROVED


@pytest.mark.parametrize(
    "expr",
    [
        z[i] * z[Symbol("i", integer=True)],
        z[i] * z[Idx("i")],
        Sum(z[Symbol("k", integer=True)], (k, 1, K)),
        Sum(z[sympy.Dummy("k")], (k, 1, K)),
        c * Symbol("c", real=True),
        z[i] * IndexedBase("z", real=True)[i],
        K * Symbol("K", integer=True),
    ],
)
def test_two_symbols_of_one_name_are_refused(expr: Any) -> None:
    with pytest.raises(ValueError, match="two different symbols are called"):
        from_sympy(Theory(SOFTMAX), expr)


@pytest.mark.parametrize(
    "expr", [c * z[c], Sum(c * z[c], (c, 1, K)), Sum(z[c], (c, 1, K)) * c, Sum(c, (c, 1, K))]
)
def test_an_index_is_no_number(expr: Any) -> None:
    with pytest.raises(ValueError, match=r"'c' is used as an index and as a number"):
        from_sympy(Theory(SOFTMAX), expr)


# --- where an index runs --------------------------------------------------------------------------


def test_idx_says_where_a_free_index_runs() -> None:
    theory = Theory("z: K\nK >= 2")
    size = Symbol("K", integer=True)
    short, whole = Idx("i", (1, size - 1)), Idx("i", (1, size))
    assert theory.statement(z[whole], 0).free == {"i": "K"}
    assert theory.statement(z[short], 0).free == {"i": "1..K-1"}
    assert theory.statement(Sum(z[short], short), 0).free == {}
    assert theory.statement(Sum(z[short], short) * z[short], 0).free == {"i": "1..K-1"}
    assert theory.statement(KroneckerDelta(short, Idx("j", (1, size))), 0).free == {
        "i": "1..K-1",
        "j": "K",
    }
    assert theory.prove(KroneckerDelta(short, size), 0).status is Status.PROVED
    assert theory.prove(KroneckerDelta(whole, size), 0).status is Status.REFUTED
    with pytest.raises(ValueError, match=r"Idx 'i' runs over K and over 1\.\.K-1"):
        theory.prove(z[whole], z[short])


@pytest.mark.parametrize(
    "expr",
    [
        Sum(z[k], (k, 0, K - 1)),
        z[Idx("k", Symbol("K", integer=True))],
        Sum(z[Idx("k", Symbol("K", integer=True))], Idx("k", Symbol("K", integer=True))),
    ],
)
def test_counting_from_0_is_told_what_to_write(expr: Any) -> None:
    with pytest.raises(ValueError) as caught:
        from_sympy(Theory("z: K"), expr)
    assert str(caught.value) == (
        "z[k]: k runs over 0..K-1, but that axis over K, counted from 1: write (k, 1, K) in Sum "
        "and Idx('k', (1, K)), or declare the axis as 0..K-1"
    )
    theory = Theory("z: 0..K-1")
    assert theory.prove(expr, expr).status is Status.PROVED
    assert theory.statement(Sum(z[k], (k, 0, K - 1)), "0").free == {}


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (Sum(z[k], (k, 1, m)), r"z\[k\]: k runs over m, but that axis over K"),
        (Sum(z[k + 1], (k, 1, K)), r"z\[k \+ 1\]: k runs over K, .* write \(k, 0, K-1\)"),
        (Sum(z[k], (k, 2, K + 1)), r"runs over 2\.\.K\+1, .* write \(k, 1, K\)"),
        (Sum(h[k], (k, 1, T + 1)), r"counted from 0: write \(k, 0, T\)"),
        (Sum(z[k], (k, 1, 3)), r"k runs over 1\.\.3, but that axis over K"),
    ],
)
def test_an_index_stays_on_its_axis(expr: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_sympy(Theory("z: K\nX: m×K\nh: 0..T"), expr)


# --- what is refused ------------------------------------------------------------------------------

BODY = z[i] ** 2


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (Function("f")(i), r"f\(i\): .*write Symbol\('f'\) for a scalar, IndexedBase\('f'\)\[i\]"),
        (Symbol("w"), r"'w' is not declared: expected a scalar or a size"),
        (IndexedBase("w")[i], r"w\[i\]: 'w' is not declared"),
        (Symbol("z"), r"'z' is an array over K: write .* IndexedBase\('z'\)\[i\]"),
        (z[i, j], r"z\[i, j\]: expected as many indices as 'z' has axes, 1, for K"),
        (IndexedBase("c")[i], r"c\[i\]: .* none: it is a scalar"),
        (z[i * j], r"z\[i\*j\]: i\*j is not a place"),
        (z[i + j], r"z\[i \+ j\]: i \+ j is not a place"),
        (z[2 * i], "2*i is not a place"),
        (z[Rational(1, 2)], r"1/2 is not a place"),
        (z[y[i]], r"y\[i\] is not a place"),
        (i * z[j], r"'i' is not declared"),
        (Idx("i") * z[j], "i: the language has no index as a number"),
        (0.5 * z[i], r"expected an exact number, such as Rational\(1, 10\)"),
        (sympy.pi * c, "pi: Pi is not in the language; expected Sum, Indexed"),
        (sympy.I * c, "I: ImaginaryUnit is not in the language"),
        (sympy.oo, "oo: "),
        (sympy.nan, "nan: "),
        (sympy.zoo, "zoo: "),
        (sympy.sin(c), r"sin\(c\): sin is not in the language"),
        (sympy.Abs(c), "Abs is not in the language"),
        (sympy.Piecewise((c, c > 0), (0, True)), "Piecewise is not in the language"),
        (sympy.Integral(c, c), "Integral is not in the language"),
        (sympy.Product(z[k], (k, 1, K)), "Product is not in the language"),
        (sympy.Eq(c, 1), "Equality is not in the language"),
        (sympy.Subs(Derivative(c**2, c), c, 1), "Subs is not in the language"),
        (sympy.MatrixSymbol("z", 3, 3)[0, 1], r"write IndexedBase\('z'\)\[i, j\]"),
        (sympy.ImmutableMatrix([1]), "is not in the language"),
        (Sum(z[k], (k, 1, sympy.oo)), r"oo is not a place"),
        (Sum(z[k], (k, 1, K / 2)), r"K/2 is not a place"),
        (Sum(z[k], (k, c, K)), None),
        (z[Idx("i", (1, j))], "j is not a bound"),
        (Derivative(BODY, (z[i], k)), "k is no number of times to differentiate"),
        (Derivative(Function("f")(c), Function("f")(c)), r"expected a variable such as z\[i\]"),
        (KroneckerDelta(i, j, (1, 3)), r"expected KroneckerDelta\(i, j\), without a range"),
        (KroneckerDelta(i, c / 2), "c/2 is not a place"),
        (log(c, 2, evaluate=False), "log takes one argument"),
        (z[Symbol("a b")], "'a b' is not a name"),
        (z[Symbol("exp")], "'exp' is a word of the language"),
        (Symbol("__import__('os').system('exit 1')"), "is not a name"),
        (Derivative(c * K, K), "is a size: nothing is differentiated by it"),
        (Sum(z[K], (K, 1, K)), "'K' is a size and cannot be an index"),
    ],
)
def test_what_is_outside_of_the_language_is_named(expr: Any, message: str | None) -> None:
    with pytest.raises(ValueError, match=message):
        Theory(SOFTMAX).prove(expr, expr)


def test_what_is_no_expression_of_sympy() -> None:
    theory = Theory(SOFTMAX)
    for wrong in (True, 0.5, None, "z[i]", [z[i]], sympy.Matrix([1])):
        with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
            from_sympy(theory, wrong)
    with pytest.raises(TypeError, match="not float"):
        theory.prove(z[i], 0.5)


def test_a_tower_of_operations_is_refused() -> None:
    tower: Any = c
    for _ in range(600):
        tower = exp(-tower, evaluate=False)
    with pytest.raises(ValueError, match="nested"):
        Theory(SOFTMAX).prove(tower, 0)


def test_a_long_expression_is_cut_short_in_errors() -> None:
    with pytest.raises(ValueError) as caught:
        from_sympy(Theory(SOFTMAX), z[sum(symbols("a1:200"))])
    assert "…: a1 + a10 + " in str(caught.value)


def test_sympy_is_not_imported_to_find_out() -> None:
    code = (
        "import sys; from derivlib.proof import Theory; "
        "print(Theory('z: K').prove('z[i]', 'z[i]').status, 'sympy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["PROVED", "False"]
