"""Expressions as NumPy functions: SymPy's values at every place, sizes all distinct."""

import inspect
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from mpmath import mp

from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Delta,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    Sub,
    Sum,
)
from derivlib.proof.theory import Theory
from derivlib.proof.views.to_numpy import to_numpy
from tests.support.letters import Choose
from tests.support.spans import span, spans
from tests.support.strategies import written
from tests.support.tables import by_sympy, floats, rationals
from tests.support.theories import LAYER, LOGISTIC, SIGMOID, SOFTMAX

SIZES = {"m": 2, "d": 3, "K": 4}
THEORIES = {"softmax": SOFTMAX, "sigmoid": SIGMOID, "logistic": LOGISTIC, "layer": LAYER}
# A kind of theory, and both sides of a line without ∂; they need not be equal.
LINES = [
    ("softmax", "p[j]*(δ(i,j) - p[i])", "p[j]*(1 - p[i])"),
    ("softmax", "Σ(j, p[j])", "1"),
    ("softmax", "L", "log(Σ(k, exp(z[k]))) - Σ(j, y[j]*z[j])"),
    ("softmax", "p[i] - y[i]", "p[i]*Σ(j, y[j]) - y[i]"),
    ("softmax", "log(Σ(k, exp(z[k] - c))) + c", "log(Σ(k, exp(z[k])))"),
    ("softmax", "exp(z[i] - c)/Σ(k, exp(z[k] - c))", "exp(z[i] - c)/Σ(k, exp(z[k]))"),
    (
        "softmax",
        "Σ(i, j, v[i]*(δ(i,j)*p[i] - p[i]*p[j])*v[j])",
        "Σ(i, j, p[i]*p[j]*(v[i] - v[j])^2)/2",
    ),
    ("softmax", "p[j]*(z[j] - Σ(k, p[k]*z[k]))", "Σ(i, z[i]*p[j]*(δ(i,j) - p[i]))"),
    ("softmax", "Σ(k != i, p[k])", "1 - p[i]"),
    ("softmax", "Σ(k != i, 1/(z[i] - z[k]))", "Σ(j, k != j, z[j]/ (z[j] - z[k]))"),
    ("softmax", "Σ(k != i != j, z[k])", "Σ(k != 2, z[k]*z[1]) + δ(i,1)*z[j]"),
    ("softmax", "Σ(k, Σ(k, z[k])*y[k])", "Σ(i, K*y[i])"),
    ("softmax", "(exp(z[i]) - exp(z[i]))/Σ(k, exp(z[k]))^2", "Σ(k, z[k]^0) - K"),
    ("sigmoid", "s*(1 - s)", "sigmoid(-x)"),
    ("sigmoid", "tanh(x)", "2*sigmoid(2*x) - 1"),
    ("sigmoid", "B", "log(1 + exp(x)) - t*x"),
    ("sigmoid", "-q*(1 - q)", "s - t"),
    ("logistic", "1/m * Σ(n, X[n,r]*(a[n] - t[n]))", "L"),
    ("logistic", "1/m * Σ(n, X[n,r]*a[n]*(1 - a[n])*X[n,q])", "w[r]*w[q]"),
    ("layer", "1/m * (p[n,c] - Y[n,c])", "-1/m * (Y[n,c]*(1 - p[n,c]) - Σ(t != c, Y[n,t]*p[n,t]))"),
    ("layer", "1/m * Σ(n, X[n,a]*(p[n,c] - Y[n,c]))", "W[a,c]"),
    ("layer", "1/m^2 * Σ(n, p[n,c] - Y[n,c])", "b[c]"),
]


@pytest.mark.parametrize(("kind", "left", "right"), LINES)
def test_numpy_agrees_with_sympy(kind: str, left: str, right: str) -> None:
    theory = Theory(THEORIES[kind])
    statement = theory.statement(left, right)
    exact = rationals(theory, SIZES)
    for side in (statement.left, statement.right):
        found = to_numpy(theory, side, statement.free)(**floats(exact))
        assert found.shape == tuple(SIZES[str(size)] for size in statement.free.values())
        expected = by_sympy(theory, side, SIZES, statement.free, exact)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_the_axes_come_in_the_order_of_free() -> None:
    theory = Theory("X: m×d\nW: d×K")
    product = theory.statement("Σ(a, X[n,a]*W[a,c])", "0").left
    X, W = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4) ** 2
    np.testing.assert_array_equal(to_numpy(theory, product, spans(n="m", c="K"))(X=X, W=W), X @ W)
    np.testing.assert_array_equal(
        to_numpy(theory, product, spans(c="K", n="m"))(X=X, W=W), (X @ W).T
    )


# --- any expression -----------------------------------------------------------------------------

ANY = Theory("x, y: K\nA: m×K\nB: K×K\nc: real\nf[n,k] := A[n,k]*x[k] - c\ng[i,j] := B[j,i] + m")
AXES = {"x": "K", "A": "mK", "B": "KK", "c": "", "f": "mK", "g": "KK"}
Scope = tuple[tuple[str, str], ...]  # index, size


def tree(choose: Choose, scope: Scope = (("i", "K"), ("n", "m")), depth: int = 3) -> Expr:
    """A resolved expression with the free indices i and n, tame enough to have finite values."""

    def part(inner: Scope = scope) -> Expr:
        return tree(choose, inner, depth - 1)

    def index(size: str) -> Index:
        usable = [name for name, runs in dict(scope).items() if runs == size]
        constants = [Index(None, place) for place in range(1, SIZES[size] + 1)]
        found: Index = choose([*map(Index, usable), *constants[:1], *constants[-1:]])
        return found

    one = Number(Fraction(1))
    kind = choose(["leaf"] if depth == 0 else ["leaf", "ring", "fun", "sum", "sum"])
    match kind:
        case "leaf":
            size = choose("mK")
            leaves: list[Expr] = [Size(size), Number(Fraction(1, 4))]
            leaves += [Delta(index(size), index(size))]
            leaves += [Entry(name, tuple(map(index, axes))) for name, axes in AXES.items()]
            leaf: Expr = choose(leaves)
            return leaf
        case "ring":
            match choose("+-*/^~"):
                case "+":
                    return Add(part(), part())
                case "-":
                    return Sub(part(), part())
                case "*":
                    return Mul(part(), part())
                case "/":
                    return Div(part(), Add(one, Pow(part(), Number(Fraction(2)))))
                case "^":
                    return Pow(part(), Number(Fraction(choose(range(4)))))
            return Neg(part())
        case "fun":
            match choose(["tanh", "sigmoid", "sin", "cos", "abs", "Max", "exp", "log"]):
                case "Max":
                    return Function("Max", (part(), part()))
                case "exp":
                    return Function("exp", (Function("tanh", (part(),)),))
                case "log":
                    return Function("log", (Add(one, Pow(part(), Number(Fraction(2)))),))
                case name:
                    return Function(name, (part(),))
    binders: list[Binder] = []
    for name in dict.fromkeys(choose("ijkn") for _ in range(choose((1, 2)))):
        size = choose("mK")
        # Leaving out may refer to an earlier binder, or to an outer index of the same name.
        others = tuple(index(size) for _ in range(choose(range(3))))
        binders.append(Binder(name, others, range=span(size)))
        scope = tuple({**dict(scope), name: size}.items())
    return Sum(tuple(binders), part(scope))


@given(written(tree))
@settings(max_examples=120, deadline=None)
def test_numpy_agrees_with_sympy_on_any_expression(expr: Expr) -> None:
    free = spans(i="K", n="m")
    exact = rationals(ANY, SIZES)
    found = to_numpy(ANY, expr, free)(**floats(exact))
    expected = by_sympy(ANY, expr, SIZES, free, exact)
    # Sums may cancel, so the error is relative to terms that are far larger than the value.
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


# --- dtypes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_dtype", "dtype"),
    [
        (np.float16, np.float16),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.longdouble, np.longdouble),
        (np.complex64, np.complex64),
        (np.complex128, np.complex128),
        (np.int8, np.float64),
        (np.bool_, np.float64),
    ],
)
@pytest.mark.parametrize(
    "text", ["0.1*x[i] + δ(i,1)/K", "Max(x[i], 0)^2", "Σ(k != i, sigmoid(x[k]))", "K", "1/3"]
)
def test_dtypes_are_kept(given_dtype: type, dtype: type, text: str) -> None:
    theory = Theory("x: K")
    statement = theory.statement(text, "x[i]")
    result = to_numpy(theory, statement.left, statement.free)(x=np.ones(3, given_dtype))
    # A line without variables is real.
    real = text in ("K", "1/3")
    assert result.dtype == (np.zeros(1, dtype).real.dtype if real else dtype)


def test_numbers_have_the_precision_of_the_arguments() -> None:
    theory = Theory("x: real")
    third = to_numpy(theory, theory.statement("x*0.1/3", "0").left, {})(x=np.longdouble(1))
    assert abs(third - np.longdouble(1) / 30) <= np.spacing(third)


def test_a_complex_step_differentiates() -> None:
    theory = Theory("z: K\np[j] := exp(z[j]) / Σ(k, exp(z[k]))\nh[j] := Max(z[j], 0)^3*tanh(p[j])")
    statement = theory.statement("h[j]", "0")
    function = to_numpy(theory, statement.left, statement.free)
    z = np.array([0.5, -1.0, 2.0])
    step = 1e-100
    jacobian = np.stack([function(z=z + 1j * step * e).imag / step for e in np.eye(3)], axis=1)
    eps = 1e-6
    central = np.stack(
        [(function(z=z + eps * e) - function(z=z - eps * e)) / (2 * eps) for e in np.eye(3)], axis=1
    )
    # The central difference is good to eps² and to the rounding of h, about 1e-15, over eps.
    np.testing.assert_allclose(jacobian, central, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("z", [[1.0], [1.0, 2.0], [1.0, 2.0, 4.0]])
def test_what_is_left_out_is_not_computed(z: list[float]) -> None:
    theory = Theory("z: K")
    pairs = [(a, b) for a in z for b in z]
    with np.errstate(all="raise"):
        statement = theory.statement("Σ(k != i, 1/(z[k] - z[i]))", "0")
        found = to_numpy(theory, statement.left, statement.free)(z=z)
        np.testing.assert_allclose(found, [sum(1 / (c - a) for c in z if c != a) for a in z])
        statement = theory.statement("Σ(k != i != j, 1/((z[k] - z[i])*(z[k] - z[j])))", "0")
        found = to_numpy(theory, statement.left, statement.free)(z=z)
        expected = [sum(1 / ((c - a) * (c - b)) for c in z if c not in (a, b)) for a, b in pairs]
        np.testing.assert_allclose(found.ravel(), expected)


def test_a_sum_inside_an_empty_sum() -> None:
    theory = Theory("z: K")
    statement = theory.statement("Σ(i != 1, j != i, z[j])", "0")
    assert to_numpy(theory, statement.left, {})(z=[5.0]) == 0


def test_it_is_the_textbook_formula_and_overflows_as_such() -> None:
    theory = Theory("z: K\np[j] := exp(z[j]) / Σ(k, exp(z[k]))")
    function = to_numpy(theory, theory.statement("p[j]", "0").left, spans(j="K"))
    with np.errstate(all="ignore"):
        assert np.isnan(function(z=[1000.0, 0.0])[0])


def test_results() -> None:
    theory = Theory("z: K\nc: real")
    z = np.zeros(3)
    total = to_numpy(theory, theory.statement("Σ(k, z[k])", "0").left, {})
    assert isinstance(total(z=z), np.float64)
    constant = to_numpy(theory, theory.statement("1", "z[i]").left, spans(i="K"))(z=z)
    constant[0] = 7  # an array of its own, not a view
    np.testing.assert_array_equal(constant, [7, 1, 1])
    same = to_numpy(theory, theory.statement("z[i]", "0").left, spans(i="K"))(z=z)
    assert not np.shares_memory(same, z)


# --- arguments ----------------------------------------------------------------------------------


def layer(text: str) -> Any:
    theory = Theory("X: m×d\nw: d\nb: real\nd >= 2")
    statement = theory.statement(text, "0")
    return to_numpy(theory, statement.left, statement.free)


def test_the_signature_names_the_arrays() -> None:
    function = layer("Σ(q, X[n,q]*w[q])")
    assert str(inspect.signature(function)) == "(*, X, w, b=None)"
    assert function.__name__ == "formula"
    assert "Σ(q, X[n,q]*w[q])" in function.__doc__
    assert "X (m, d), w (d,)" in function.__doc__
    theory = Theory(THEORIES["sigmoid"])
    assert to_numpy(theory, theory.statement("B", "0").left, {}).__name__ == "B"


X, w = np.ones((2, 3)), np.ones(3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X": X}, TypeError, r"missing argument 'w', an array of shape \(d,\)"),
        ({"X": X, "w": w, "t": w}, TypeError, r"unexpected argument 't': .* X, w, b"),
        ({"X": X, "w": X}, ValueError, r"'w' has shape \(2, 3\); expected \(d,\)"),
        ({"X": X, "w": [1, 2]}, ValueError, r"'w' has shape \(2,\).* d = 3, as 'X' has it"),
        ({"X": X[:, :1], "w": w[:1]}, ValueError, r"'X' has shape \(2, 1\).* d >= 2"),
        ({"X": X[:0], "w": w}, ValueError, r"'X' has shape \(0, 3\).* m >= 1"),
        ({"X": X, "w": ["a", "b", "c"]}, TypeError, r"'w' has dtype <U1; expected numbers"),
        ({"X": X, "w": w.astype(object)}, TypeError, r"'w' has dtype object"),
        ({"X": X, "w": w, "b": w}, ValueError, r"'b' has shape \(3,\); expected \(\)"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        layer("Σ(q, X[n,q]*w[q])")(**arguments)


def test_a_size_is_read_from_any_array_of_the_theory() -> None:
    theory = Theory("z: K\ny: K")
    statement = theory.statement("1/K", "z[i]")
    function = to_numpy(theory, statement.left, statement.free)
    np.testing.assert_array_equal(function(y=np.ones(4)), [0.25] * 4)
    with pytest.raises(ValueError, match="no argument shows the size K: give one of z, y"):
        function()


def test_a_place_beyond_the_end() -> None:
    theory = Theory("z: K")
    with pytest.raises(ValueError, match="index '3' of 'z' leaves its axis K of length 2"):
        to_numpy(theory, theory.statement("z[3]", "0").left, {})(z=[1, 2])
    before = Entry("z", (Index("i", -1),))
    with pytest.raises(ValueError, match="index 'i-1' of 'z' leaves its axis"):
        to_numpy(theory, before, spans(i="K"))(z=[1, 2])


def test_a_missing_free_index() -> None:
    theory = Theory("z: K")
    with pytest.raises(ValueError, match="free: 'i' is missing"):
        to_numpy(theory, theory.statement("z[i]", "0").left, {})(z=[1, 2])


@pytest.mark.parametrize("text", ["∂(L, z[i])", "G[i]"])
def test_a_derivative_is_refused(text: str) -> None:
    theory = Theory("z: K\nL := Σ(k, z[k]^2)\nG[i] := ∂(L, z[i])")
    with pytest.raises(ValueError, match="this line still contains ∂: take a later line"):
        to_numpy(theory, theory.statement(text, "0").left, spans(i="K"))


# --- high precision -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("exp(x)/3 + 0.1", lambda x: mp.exp(x) / 3 + mp.mpf(1) / 10),
        ("log(1 + exp(x))", lambda x: mp.log1p(mp.exp(x))),
        ("sigmoid(x)", lambda x: mp.exp(x) / (1 + mp.exp(x))),
        ("tanh(x)", lambda x: mp.expm1(2 * x) / (mp.exp(2 * x) + 1)),
        ("sqrt(Max(x, 2))", lambda x: mp.sqrt(max(x, 2))),
        ("Σ(k, z[k])*K*x", lambda x: 7 * x),
    ],
)
def test_numbers_of_mpmath_go_through_its_functions(text: str, exact: Any) -> None:
    function = Theory("x: real\nz: K").numpy(text)
    with mp.workdps(50):
        x = mp.mpf("1.7")
        result = function(x=x, z=[0.5, 3.0])
        assert abs(result - exact(x)) < mp.mpf(10) ** -48
