"""NumPy functions over time axes: shifted starts, partial sums, sizes read through the shapes."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivlib.proof.language.syntax import Entry, Index
from derivlib.proof.theory import Theory
from derivlib.proof.views.ragged import Rows
from derivlib.proof.views.to_numpy import to_numpy
from tests.support.letters import Choose
from tests.support.spans import spans
from tests.support.strategies import written
from tests.support.tables import by_sympy, floats, rationals, run

SIZES = {"T": 4, "H": 2, "m": 3}
TIME = Theory("""
    x: T
    h: 0..T × H
    lam: 1..T+1 × H
    e: -1..T-1
    U: H×H
    S[t] := Σ(s in 1..t, x[s]*h[t,1])
    d[t,a] := h[t,a] - h[t-1,a]
    z[t,a] := Σ(b, U[a,b]*h[t-1,b])*lam[t,a]
""")


def function(text: str, theory: Theory = TIME) -> Any:
    statement = theory.statement(text, "0")
    return to_numpy(theory, statement.left, statement.free)


@pytest.mark.parametrize("T", [1, 2, 4])
@pytest.mark.parametrize(
    "text",
    [
        "h[t,a]",
        "h[t-1,a]*lam[t,a]",
        "h[0,a] + lam[1,a] + e[-1] + e[0]*x[1]",
        "h[T,a] - h[T-1,a]*lam[T+1,a] + x[T]*e[T-1]",
        "x[t]*e[t-2]*T",
        "Σ(t in 1..T, x[t]*h[t-1,a])",
        "Σ(t in 0..T, h[t,H])",
        "Σ(t, lam[t,a])",
        "Σ(t, h[t,1])*Σ(t, e[t])",
        "Σ(t in 1..T, a, x[t]*lam[t+1,a]*U[a,b])",
        "Σ(s in 1..t-1, x[s])*x[t]",
        "Σ(s in 1..t, x[s]) - S[t]",
        "Σ(s in t+1..T, x[s]*x[t])",
        "Σ(s in t..T, h[s,a]*h[s-1,a]*x[t])",
        "Σ(s in 0..t-1, h[s,a]*x[t])*lam[t+1,b]",
        "x[t]*Σ(s in 1..t, T)",
        "x[t]*h[r,1]*Σ(s in 1..t, x[s]*Σ(q in 0..r, h[q,2]*x[t]))",
        "Σ(t in 1..T, s in 1..t, r in s..T, x[s]*h[r,1])",
        "Σ(t in 1..T, Σ(s in 1..t, Σ(r in 1..s, x[r]*x[t])*lam[s,a]))",
        "Σ(s in 1..t, k != s, x[k]*x[s])*x[t]",
        "Σ(k != t, Σ(s in 1..k, x[s]))*x[t]",
        "Σ(t in 0..T, δ(t,s)*h[t,1])*x[s] + δ(s,T)*x[s]",
        "Σ(s in 1..t, δ(s,r-1)*x[s])*x[t]*x[r]",
        "Σ(t, d[t,a]) - h[T,a] + h[0,a]",
        "z[t,a]*S[t-1]",
        "Σ(s in T..T, x[s])",
        "Σ(s in T+1..T, lam[s,a])",
    ],
)
def test_numpy_agrees_with_sympy(text: str, T: int) -> None:
    sizes = SIZES | {"T": T}
    statement = TIME.statement(text, "0")
    exact = rationals(TIME, sizes)
    found = to_numpy(TIME, statement.left, statement.free)(**floats(exact))
    assert found.shape == tuple(len(run(r, sizes)) for r in statement.free.values())
    expected = by_sympy(TIME, statement.left, sizes, statement.free, exact)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_the_first_entry_is_that_of_the_first_place() -> None:
    theory = Theory("h: 0..T\nlam: 2..T+1\nT >= 2")
    h, lam = np.arange(4.0), 10 + np.arange(3.0)
    assert function("h[0]", theory)(h=h) == 0
    assert function("h[T]", theory)(h=h) == 3
    assert function("lam[2]", theory)(lam=lam) == 10
    assert function("lam[T+1]", theory)(lam=lam) == 12
    assert function("lam[T]", theory)(lam=lam) == 11
    np.testing.assert_array_equal(function("h[t]*lam[t]", theory)(h=h, lam=lam), [20, 33])
    np.testing.assert_array_equal(function("h[t-1]", theory)(h=h), h)
    np.testing.assert_array_equal(function("h[T]*h[t]^0*T", theory)(h=h), [9, 9, 9, 9])


def test_what_a_short_sum_leaves_out_is_not_computed() -> None:
    theory = Theory("x: T")
    x = np.array([3.0, 1.0, 4.0, 1.5])
    gaps = [[1 / (x[t] - x[r]) for r in range(t + 1, 4)] for t in range(4)]
    with np.errstate(all="raise"):
        found = function("Σ(s in 1..t-1, 1/(x[t] - x[s]))", theory)(x=x)
        np.testing.assert_allclose(found, [0, -1 / 2, 1 + 1 / 3, -1 / 1.5 + 2 - 1 / 2.5])
        found = function("Σ(s in t+1..T, r in t+1..s, 1/(x[t] - x[r]))", theory)(x=x)
        expected = [sum(sum(row[: s + 1]) for s in range(len(row))) for row in gaps]
        np.testing.assert_allclose(found, expected)
        assert function("Σ(t in 1..T, Σ(s in 1..t-1, 1/(x[t] - x[s])))", theory)(x=x[:1]) == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, np.complex64])
def test_dtypes_are_kept(dtype: type) -> None:
    found = function("Σ(s in 1..t, x[s]*x[t])/T + δ(t,1)*x[T]")(x=np.ones(3, dtype))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [4 / 3, 2 / 3, 1], rtol=1e-3)


# --- any expression -----------------------------------------------------------------------------


def text(choose: Choose, scope: tuple[str, ...] = ("t", "r"), depth: int = 3) -> str:
    """A text in which every index lies in 1..T."""

    def part(inner: tuple[str, ...] = scope) -> str:
        return text(choose, inner, depth - 1)

    def one(*options: str) -> str:
        return str(choose(options))

    def index() -> str:
        return one(*scope)

    match one("leaf", "leaf", "ring", "sum", "sum") if depth else "leaf":
        case "leaf":
            i, j = index(), index()
            a = one("1", "H")
            return one(
                *(f"x[{i}]", f"h[{i},{a}]", f"h[{i}-1,{a}]", f"lam[{i}+1,{a}]", f"e[{i}-2]"),
                *(f"d[{i},{a}]", "x[T]", "h[0,1]", "e[T-1]", "T", f"δ({i},{j})", f"δ({i},{j}-1)"),
            )
        case "ring":
            return f"({part()} {one('+', '-', '*')} {part()})"
    name = one("s", "t", "k")
    i = index()
    ends = one("1..T", f"1..{i}", f"1..{i}-1", f"{i}..T", f"{i}+1..T", f"{i}..{i}", "2..T")
    inner = tuple(dict.fromkeys([*scope, name]))
    return f"Σ({name} in {ends}, {part(inner)})"


@given(written(text), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_numpy_agrees_with_sympy_on_any_expression(line: str, T: int) -> None:
    sizes = {"T": T, "H": 2}
    exact = rationals(TIME, sizes)
    statement = TIME.statement(f"{line} + 0*x[t]*x[r]", "0")
    found = to_numpy(TIME, statement.left, statement.free)(**floats(exact))
    expected = by_sympy(TIME, statement.left, sizes, statement.free, exact)
    # Sums may cancel, so the error is relative to terms that are far larger than the value.
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_rows_of_any_mask(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    mask = [data.draw(st.sampled_from([1, n])) for n in shape[:-1]]
    bits = data.draw(st.lists(st.booleans(), min_size=1, max_size=81))
    counted = np.resize(np.array(bits), [*mask, shape[-1]])
    rng = np.random.default_rng(len(bits))
    outer = rng.integers(1, 9, [*(data.draw(st.sampled_from([1, n])) for n in shape[:-1]), 1])
    terms = rng.integers(1, 9, shape[-1])
    expected = np.where(counted, terms * outer, 0).sum(axis=-1)
    front = next((k for k, n in enumerate(outer.shape) if n > 1), len(shape) - 1)
    rows = Rows(counted, axes=len(shape))
    found = rows.sums(rows.places(terms) * rows.spread(outer.reshape(outer.shape[front:])))
    assert found.ndim == len(shape) - 1
    np.testing.assert_array_equal(np.broadcast_to(found, expected.shape), expected)


# --- arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "length"),
    [("T", 5), ("0..T", 6), ("2..T+2", 6), ("-1..T-1", 6), ("1..T-2", 3), ("3..T", 3)],
)
def test_a_size_is_read_through_an_interval(axis: str, length: int) -> None:
    theory = Theory(f"w: T\nT >= 4\nx: {axis}")
    assert function("T", theory)(x=np.ones(length)) == 5
    with pytest.raises(ValueError, match=r"'x' has shape .* with T >= 4"):
        function("T", theory)(x=np.ones(length - 2))


x, h = np.ones(3), np.ones((4, 2))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": x}, TypeError, r"missing argument 'h', an array of shape \(T\+1, H\)"),
        ({"x": x, "h": x}, ValueError, r"'h' has shape \(3,\); expected \(T\+1, H\)"),
        ({"x": x, "h": h[:3]}, ValueError, r"'h' has shape \(3, 2\).* T = 3, as 'x' has it"),
        ({"x": x[:0], "h": h[:1]}, ValueError, r"'x' has shape \(0,\); .* with T >= 1"),
        ({"h": h[:1], "x": x}, ValueError, r"'h' has shape \(1, 2\); .* with T >= 1"),
        ({"x": x, "h": h, "e": h}, ValueError, r"'e' has shape \(4, 2\); expected \(T\+1,\)"),
        ({"x": x, "h": h, "lam": h[1:]}, ValueError, r"expected \(T\+1, H\) with T = 3"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        function("Σ(t in 1..T, x[t]*h[t-1,a])")(**arguments)


def test_a_size_that_no_argument_shows() -> None:
    with pytest.raises(ValueError, match="no argument shows the size T: give one of x, h, lam, e"):
        function("T")(U=np.ones((2, 2)))


def test_a_place_beyond_the_axis() -> None:
    short = Theory("h: 0..T")
    with pytest.raises(ValueError, match=r"index '3' of 'h' leaves its axis 0..T of length 3"):
        function("h[3]", short)(h=np.ones(3))
    before = Entry("h", (Index("t", -1),))
    with pytest.raises(ValueError, match=r"index 't-1' of 'h' leaves its axis 0..T of length 3"):
        to_numpy(short, before, spans(t="0..T"))(h=np.ones(3))
    np.testing.assert_array_equal(to_numpy(short, before, spans(t="1..T"))(h=np.ones(3)), [1, 1])


def test_the_docstring_tells_the_ranges() -> None:
    found = function("Σ(s in 1..t, x[s])*h[t,a]*h[t-1,a]")
    assert str(inspect.signature(found)) == "(*, x, h, lam=None, e=None, U=None)"
    assert "Takes x (T,), h (0..T, H); returns an array over t = 1..T, a = 1..H." in found.__doc__
    found = function("h[t,a]*lam[t+1,a]*e[s]")
    assert "returns an array over t = 0..T, a = 1..H, s = -1..T-1." in found.__doc__
