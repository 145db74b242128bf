"""Expressions for SymPy: written out as expected, and a second witness for derivatives."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import sympy

from derivlib.proof.bridge.to_sympy import substitutions, to_sympy
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.reader import read_theory
from derivlib.proof.language.syntax import Entry, Expr, Index
from derivlib.proof.theory import Theory
from derivlib.proof.views.to_numpy import to_numpy
from tests.support.spans import spans
from tests.support.tables import by_symbol, run, shape
from tests.support.theories import LAYER, LOGISTIC, SOFTMAX

SIZES = {"m": 2, "K": 3, "d": 4, "T": 3, "H": 2}
TIME = """
    x: T
    h: 0..T
    w: real
    u[t] := h[t-1]^2
    S := Σ(t, u[t])
    L := Σ(t in 1..T, (h[t] - w*h[t-1])^2)
"""


def write(declarations: str, text: str, **at: int) -> Any:
    """The expression at sizes and indices."""
    theory = Theory(declarations)
    statement = theory.statement(text, "0")
    sizes = {name: at[name] for name in theory.sizes if name in at}
    indices = {name: at[name] for name in at if name not in theory.sizes}
    return to_sympy(theory, statement.left, sizes, indices, statement.free)


@pytest.mark.parametrize(
    ("declarations", "text", "expected"),
    [
        ("z: K", "Σ(k, exp(z[k]))", "exp(z_1) + exp(z_2) + exp(z_3)"),
        ("X: m×d\nw: d", "Σ(q, X[2,q]*w[q])", "X_2_1*w_1 + X_2_2*w_2 + X_2_3*w_3 + X_2_4*w_4"),
        ("z: K", "Σ(k != 2, z[k])/K", "z_1/3 + z_3/3"),
        ("z: K", "Σ(i, k != i != 1, z[i]*z[k])", "z_1*(z_2 + z_3) + 2*z_2*z_3"),
        ("z: K", "Σ(i, z[i] + Σ(i, z[i]^0))", "z_1 + z_2 + z_3 + 9"),
        ("x: real", "0.1*x - 2/3", "x/10 - 2/3"),
        ("x: real", "sigmoid(-x)", "1/(1 + exp(x))"),
        ("x: real", "tanh(x)^2 + sqrt(x)", "tanh(x)**2 + sqrt(x)"),
        ("x, c: real", "Max(x, c, 0)", "Max(0, c, x)"),
        ("x, c: real", "abs(x - c)", "Abs(c - x)"),
        ("x, c: real", "sin(x)*cos(c)/sinh(x)", "sin(x)*cos(c)/sinh(x)"),
        ("z: K\nf[i,j] := z[i] - 2*z[j]", "f[3,1]", "z_3 - 2*z_1"),
        ("z: K\nf[i,j] := δ(i,j)*z[j]", "Σ(i, f[i,2])", "z_2"),
        (TIME, "Σ(t in 1..T, h[t-1]*x[t])", "h_0*x_1 + h_1*x_2 + h_2*x_3"),
        (TIME, "Σ(t, h[t])*x[T]", "(h_0 + h_1 + h_2 + h_3)*x_3"),
        (TIME, "Σ(t in 2..T, x[t]*h[t-2])", "x_2*h_0 + x_3*h_1"),
        (TIME, "Σ(t, Σ(s in 1..t-1, x[s]*x[t]))", "x_1*x_2 + x_1*x_3 + x_2*x_3"),
        (TIME, "Σ(t in 1..T, s in t..T, δ(s,T)*x[t])", "x_1 + x_2 + x_3"),
        (TIME, "Σ(t in 1..T, Σ(t in 0..t, h[t]^2))", "3*h_0^2 + 3*h_1^2 + 2*h_2^2 + h_3^2"),
        (TIME, "u[1] + u[T+1]", "h_0^2 + h_3^2"),
        ("lam: -1..T-1 × H", "lam[T-1,H] + lam[-1,1]", "Symbol('lam_2_2') + Symbol('lam_-1_1')"),
    ],
)
def test_written_out(declarations: str, text: str, expected: str) -> None:
    found = write(declarations, text, **SIZES)
    real = {name: sympy.Symbol(name, real=True) for name in map(str, found.free_symbols)}
    wanted = sympy.sympify(expected, locals={**real, "Symbol": real.get})
    assert (found - wanted).expand() == 0


def test_free_indices_become_axes_in_the_order_of_free() -> None:
    theory = Theory("X: m×d")
    entry = theory.statement("X[n,q]", "0").left
    table = to_sympy(theory, entry, SIZES, free=spans(q="d", n="m"))
    assert table.shape == (4, 2)
    assert str(table[2, 0]) == "X_1_3"
    row = to_sympy(theory, entry, SIZES, {"n": 2}, spans(n="m", q="d"))
    assert list(map(str, row)) == ["X_2_1", "X_2_2", "X_2_3", "X_2_4"]
    assert str(to_sympy(theory, entry, SIZES, {"n": 2, "q": 1})) == "X_2_1"
    assert list(to_sympy(theory, parse("1"), {"d": 2}, free=spans(q="d"))) == [1, 1]


def test_symbols_carry_what_the_theory_says() -> None:
    assert write("z: K, positive", "log(z[1])", K=2).args[0].is_positive
    symbol = write("z: K", "z[1]", K=2)
    assert symbol.is_real
    assert symbol.is_positive is None


def test_two_names_never_meet_in_one_symbol() -> None:
    # A Theory would refuse them: they are printed alike.
    theory = read_theory("z: K\nz_1: real\nX: m×d\nX_1: d")
    texts = ["z[1]", "z[2]", "z_1", "X[1,2]", "X[1,1]", "X_1[1]", "X_1[2]", "X_1[3]", "X[2,1]"]
    sides = resolve([(parse(text), text) for text in texts], theory).expressions
    assert len({to_sympy(theory, side, SIZES) for side in sides}) == len(texts)


def test_derivatives_are_left_to_sympy() -> None:
    found = write(SOFTMAX, "∂(L, z[i], z[j])", K=2, i=1, j=2)
    assert isinstance(found, sympy.Derivative)
    assert list(map(str, found.variables)) == ["z_1", "z_2"]
    assert not found.doit().has(sympy.Derivative)


def test_a_defined_name_is_held() -> None:
    found = write(SOFTMAX, "∂(L, p[i])", K=2, i=1)
    assert isinstance(found, sympy.Subs)
    assert str(found.expr) == "Derivative(-y_1*log(p_1) - y_2*log(p_2), p_1)"
    assert list(map(str, found.variables)) == ["p_1", "p_2"]
    z, y = sympy.symbols("z_1:3", real=True), sympy.Symbol("y_1", real=True)
    p = sympy.exp(z[0]) / (sympy.exp(z[0]) + sympy.exp(z[1]))
    assert (found.doit() + y / p).simplify() == 0


def test_a_name_held_inside_another_derivative() -> None:
    theory = "x: real\nu := x^2\nv := u^3\nf := u*v"
    x = sympy.Symbol("x", real=True)
    # ∂f/∂u with v = u³ is 4u³, and u³ if v is held too; both with u = x² put back.
    assert write(theory, "∂(f, u)").doit() == 4 * x**6
    assert write(theory, "∂(∂(f, v), u)").doit() == 1
    assert write(theory, "∂(∂(f, u), u)").doit() == 12 * x**4
    assert write(theory, "∂(∂(f, u), x)").doit() == 24 * x**5
    assert write(theory, "∂(f, x)").doit() == 8 * x**7
    assert write(theory, "∂(x*u, u)").doit() == x
    twice = write(theory, "∂(∂(f, u), u)")
    assert isinstance(twice.expr, sympy.Derivative)  # one u for both
    assert twice.expr.derivative_count == 2
    both = write(theory, "∂(f, u)*f + ∂(f, v)*f")  # f as a function of u, of v, of x
    assert both.doit().expand() == 4 * x**14 + x**10


# --- a second witness ---------------------------------------------------------------------------


def entries(theory: Theory) -> dict[str, np.ndarray[Any, Any]]:
    """Distinct entries between 0 and 1; what sums to 1 does."""
    rng = np.random.default_rng(7)
    arrays = {name: rng.uniform(0.1, 0.9, shape(theory, name, SIZES)) for name in theory.variables}
    for name in ("y", "Y"):
        if name in arrays:
            arrays[name] /= arrays[name].sum(axis=-1, keepdims=True)
    return arrays


def values(theory: Theory, expr: Expr, free: Mapping[str, Range], arrays: Mapping[str, Any]) -> Any:
    """The values of an expression, once SymPy has carried out all derivatives."""
    values = by_symbol(theory, arrays, SIZES)
    written = to_sympy(theory, expr, SIZES, free=free)

    def number(entry: sympy.Expr) -> float:
        done = entry.doit()
        return float(done.xreplace({s: sympy.Float(values[s.name], 30) for s in done.free_symbols}))

    flat = [number(e) for e in sympy.flatten(written)] if free else [number(written)]
    return np.reshape(flat, [len(run(range_, SIZES)) for range_ in free.values()])


@pytest.mark.parametrize(
    ("declarations", "left", "right"),
    [
        (SOFTMAX, "∂(p[j], z[i])", "p[j]*(δ(i,j) - p[i])"),
        (SOFTMAX, "Σ(j, ∂(p[j], z[i]))", "0*z[i]"),
        (SOFTMAX, "∂(L, z[i])", "p[i] - y[i]"),
        (SOFTMAX, "∂(L, p[i])", "-y[i]/p[i]"),
        (SOFTMAX, "Σ(j, ∂(L, p[j]) * ∂(p[j], z[i]))", "∂(L, z[i])"),
        (SOFTMAX, "∂(L, z[i], z[j])", "p[i]*(δ(i,j) - p[j])"),
        (SOFTMAX, "∂(log(Σ(k, exp(z[k]))), z[i])", "p[i]"),
        (SOFTMAX, "Σ(i, z[i]*∂(p[j], z[i]))", "p[j]*(z[j] - Σ(k, p[k]*z[k]))"),
        (SOFTMAX, "∂(Σ(i, exp(z[i])), z[i])", "exp(z[i])"),
        (LOGISTIC, "∂(L, w[r])", "1/m * Σ(n, X[n,r]*(a[n] - t[n]))"),
        (LOGISTIC, "∂(L, w[r], w[q])", "1/m * Σ(n, X[n,r]*a[n]*(1 - a[n])*X[n,q])"),
        (LAYER, "∂(L, z[n,c])", "1/m * (p[n,c] - Y[n,c])"),
        (LAYER, "∂(L, W[a,c])", "1/m * Σ(n, X[n,a]*(p[n,c] - Y[n,c]))"),
        (LAYER, "∂(L, b[c])", "1/m * Σ(n, p[n,c] - Y[n,c])"),
        (TIME, "∂(L, w)", "-2*Σ(t in 1..T, (h[t] - w*h[t-1])*h[t-1])"),
        (TIME, "∂(L, h[0])", "-2*w*(h[1] - w*h[0])"),
        (TIME, "∂(L, h[T])", "2*(h[T] - w*h[T-1])"),
        (TIME, "∂(S, h[t])", "2*h[t]"),
        (TIME, "∂(S, u[t])", "h[t-1]^0"),
        (TIME, "∂(u[t], h[s])", "2*h[s]*δ(s,t-1)"),
        (TIME, "∂(Σ(s in 1..t, x[s]^2), x[r])*x[t]", "Σ(s in 1..t, 2*x[s]*δ(s,r))*x[t]"),
        (TIME, "Σ(t in 1..T, h[t] - h[t-1])", "h[T] - h[0]"),
    ],
)
def test_sympy_confirms_true_statements(declarations: str, left: str, right: str) -> None:
    theory = Theory(declarations)
    statement = theory.statement(left, right)
    arrays = entries(theory)
    a, b = (values(theory, e, statement.free, arrays) for e in (statement.left, statement.right))
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("declarations", "left", "right"),
    [
        (SOFTMAX, "∂(L, z[i])", "y[i] - p[i]"),
        (SOFTMAX, "∂(L, p[i])", "p[i] - y[i]"),
        (SOFTMAX, "∂(p[j], z[i])", "p[j]*(1 - p[i])"),
        (LOGISTIC, "∂(L, w[r])", "Σ(n, X[n,r]*(a[n] - t[n]))"),
        (LAYER, "∂(L, b[c])", "1/m^2 * Σ(n, p[n,c] - Y[n,c])"),
        (TIME, "∂(L, h[0])", "2*(h[0] - w*h[0])"),
        (TIME, "Σ(t in 1..T, h[t] - h[t-1])", "h[T] - h[1]"),
    ],
)
def test_sympy_denies_false_statements(declarations: str, left: str, right: str) -> None:
    theory = Theory(declarations)
    statement = theory.statement(left, right)
    arrays = entries(theory)
    a, b = (values(theory, e, statement.free, arrays) for e in (statement.left, statement.right))
    assert np.abs(a - b).max() > 1e-3


@pytest.mark.parametrize(
    ("declarations", "function", "free", "variable", "by"),
    [
        (SOFTMAX, "p[j]", {"j": "K"}, "z", ["i"]),
        (SOFTMAX, "L", {}, "z", ["i"]),
        (LOGISTIC, "a[n]", {"n": "m"}, "X", ["r", "q"]),
        (LOGISTIC, "L", {}, "w", ["q"]),
        (LAYER, "p[n,c]", {"n": "m", "c": "K"}, "b", ["k"]),
        (LAYER, "L", {}, "W", ["a", "c"]),
        ("x: K\nf[i] := Σ(k != i, tanh(x[k])^3/x[i])", "f[i]", {"i": "K"}, "x", ["j"]),
        (TIME, "L", {}, "h", ["t"]),
        (TIME, "u[t]*Σ(s in 0..t-1, h[s]*h[T]^2)", {"t": "1..T+1"}, "h", ["r"]),
    ],
)
def test_sympy_differentiates_as_a_complex_step_does(
    declarations: str, function: str, free: dict[str, str], variable: str, by: list[str]
) -> None:
    theory = Theory(declarations)
    arrays = entries(theory)
    axes = theory.variables[variable].axes
    text = f"∂({function}, {variable}[{','.join(by)}])"
    expr = theory.statement(text, "0").left
    ranges = spans(**free)
    found = values(theory, expr, {**ranges, **dict(zip(by, axes, strict=True))}, arrays)

    evaluate = to_numpy(theory, theory.statement(function, "0").left, ranges)
    step = 1e-100
    for place in np.ndindex(*shape(theory, variable, SIZES)):
        moved = arrays[variable].astype(complex)
        moved[place] += 1j * step
        expected = evaluate(**{**arrays, variable: moved}).imag / step
        np.testing.assert_allclose(found[(..., *place)], expected, rtol=1e-12, atol=1e-14)


def test_a_held_name_is_a_variable_of_its_own() -> None:
    theory = Theory(SOFTMAX)
    apart = Theory("p: K\ny: K\nL := -Σ(j, y[j]*log(p[j]))")
    arrays = entries(theory)
    p = np.exp(arrays["z"]) / np.exp(arrays["z"]).sum()
    held = values(theory, theory.statement("∂(L, p[i])", "0").left, spans(i="K"), arrays)
    free = values(
        apart, apart.statement("∂(L, p[i])", "0").left, spans(i="K"), {"p": p, "y": arrays["y"]}
    )
    np.testing.assert_allclose(held, free, rtol=1e-12)


# --- hypotheses ---------------------------------------------------------------------------------


def test_substitutions_eliminate_the_last_entry_of_each_row() -> None:
    Y = sympy.symbols("Y_1_1:4 Y_2_1:4", real=True)
    assert substitutions(Theory(LAYER), SIZES) == {Y[2]: 1 - Y[0] - Y[1], Y[5]: 1 - Y[3] - Y[4]}
    assert substitutions(Theory("y: K, sum 1"), {"K": 1}) == {sympy.Symbol("y_1", real=True): 1}
    y = sympy.symbols("y_0:3", real=True)
    for theory in ("y: 0..K, sum 1", "y: 0..K\nassume Σ(k in 0..K, y[k]) = 1"):
        assert substitutions(Theory(theory), {"K": 2}) == {y[2]: 1 - y[0] - y[1]}


def test_only_sums_to_one_over_whole_rows_are_substituted() -> None:
    theory = Theory(
        """
        x, y: K
        A: K×K
        q[i] := x[i]^2
        assume Σ(i, x[i]) = 2
        assume Σ(i, A[i,i]) = 1
        assume Σ(i, A[i,j]) = 1
        assume Σ(i, q[i]) = 1
        assume Σ(k != 1, y[k]) = 1
        assume Σ(k, A[1,k]) = 1
        assume Σ(k, A[K,k]) = 1
        assume Σ(k in 1..1, x[k]) = 1
        assume Σ(k in K..K, y[k]) = 1
        assume Σ(k in 1..i, A[i,k]) = 1
        assume x[1] = 1
        """
    )
    assert substitutions(theory, SIZES) == {}


def test_substituted_after_doit_the_gradient_is_confirmed() -> None:
    theory = Theory(SOFTMAX)
    statement = theory.statement("∂(L, z[i])", "p[i] - y[i]")
    sides = (statement.left, statement.right)
    left, right = (to_sympy(theory, side, {"K": 2}, {"i": 1}).doit() for side in sides)
    difference = left - right
    assert difference.simplify() != 0
    assert difference.subs(substitutions(theory, {"K": 2})).simplify() == 0


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "indices", "free", "message"),
    [
        ({}, {"i": 1}, {}, "sizes: 'K' is missing"),
        ({"K": 1}, {"i": 1}, {}, "sizes: 'K' is 1; expected an integer >= 2"),
        ({"K": 2.0}, {"i": 1}, {}, "sizes: 'K' is 2.0; expected an integer"),
        ({"K": 2}, {}, {}, "indices: 'i' is missing"),
        ({"K": 2}, {"i": 3}, {}, r"index 'i' of 'z' is at 3, out of range 1..K, where K = 2"),
        ({"K": 2}, {"i": 0}, {}, r"index 'i' of 'z' is at 0, out of range 1..K, where K = 2"),
        ({"K": 2}, {"i": 3}, {"i": "K"}, r"indices: 'i' is at 3, out of range 1..K, where K = 2"),
    ],
)
def test_bad_input(
    sizes: dict[str, int], indices: dict[str, int], free: dict[str, str], message: str
) -> None:
    theory = Theory("z: K\nK >= 2")
    with pytest.raises(ValueError, match=message):
        to_sympy(theory, Entry("z", (Index("i"),)), sizes, indices, spans(**free))


@pytest.mark.parametrize(
    ("axis", "least", "message"),
    [
        ("T", 1, r"index 't-1' of 'h' is at 0, out of range 1..T, where T = 3"),
        ("0..T", 0, r"index 't-1' of 'h' is at -1, out of range 0..T, where T = 3"),
        ("2..T+1", 2, r"index 't-1' of 'h' is at 1, out of range 2..T\+1, where T = 3"),
    ],
)
def test_an_offset_may_leave_the_axis(axis: str, least: int, message: str) -> None:
    theory = Theory(f"h: {axis}")
    before = Entry("h", (Index("t", -1),))
    assert str(to_sympy(theory, before, {"T": 3}, {"t": least + 1})) == f"h_{least}"
    with pytest.raises(ValueError, match=message):
        to_sympy(theory, before, {"T": 3}, {"t": least})


def test_free_indices_start_where_their_ranges_do() -> None:
    theory = Theory("h: 0..T × H\nlam: 1..T+1 × H")
    statement = theory.statement("h[t,1]", "lam[t,1]")
    assert dict(statement.free) == spans(t="T")
    table = to_sympy(theory, statement.left, SIZES, free=spans(t="0..T"))
    assert list(map(str, table)) == ["h_0_1", "h_1_1", "h_2_1", "h_3_1"]
    table = to_sympy(theory, statement.right, SIZES, free=statement.free)
    assert list(map(str, table)) == ["lam_1_1", "lam_2_1", "lam_3_1"]
    assert str(to_sympy(theory, statement.left, SIZES, {"t": 0}, spans(t="0..T"))) == "h_0_1"
    with pytest.raises(ValueError, match=r"'t' is at 4, out of range 0..T, where T = 3"):
        to_sympy(theory, statement.left, SIZES, {"t": 4}, spans(t="0..T"))


def test_an_unresolved_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="not resolved"):
        to_sympy(Theory("z: K"), parse("Σ(k, z[k])"), {"K": 2})
