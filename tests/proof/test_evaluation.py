"""What each construct of the language means at a point: the refuter's `value`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from flint import arb

from derivlib.proof.expressions import Binder, Derivative, Entry, Index, Number, Sum
from derivlib.proof.refuter import value as value_of
from derivlib.proof.theory import Theory

SOFTMAX = """
z: K
y: K, sum 1
v: K
c: real
p[j] := exp(z[j]) / Σ(k, exp(z[k]))
L := -Σ(j, y[j]*log(p[j]))
"""
ARRAYS = "x: K\ny: K\nA: m×K\nB: K×m\nc: real\nd: real"


@cache
def theory(text: str) -> Theory:
    return Theory(text)


def value(text: str, expr: str, **point: Any) -> arb | None:
    """`expr` where the sizes, indices and entries are as given."""
    t = theory(text)
    names = {**t.variables}
    sizes = {name: n for name, n in point.items() if name in t.sizes}
    entries = {name: x for name, x in point.items() if name in names}
    indices = {name: n for name, n in point.items() if name not in sizes and name not in entries}
    side = t.statement(expr, "0").left
    return value_of(t, side, sizes, indices, entries)


def exactly(found: arb | None) -> Fraction | None:
    """The value, which must be known exactly."""
    if found is None:
        return None
    assert found.is_exact(), found
    rational = found.fmpq()
    return Fraction(int(rational.p), int(rational.q))


HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@pytest.mark.parametrize(
    ("expr", "point", "expected"),
    [
        # sums, sizes, indices
        ("Σ(i, x[i])", {"K": 3, "x": (1, 2, 4)}, 7),
        ("Σ(i, j, x[i]*y[j])", {"K": 2, "x": (1, 2), "y": (10, 100)}, 330),
        ("Σ(i != j, x[i])", {"K": 3, "x": (1, 2, 4), "j": 2}, 5),
        ("Σ(i != j != l, x[i])", {"K": 3, "x": (1, 2, 4), "j": 2, "l": 3}, 1),
        ("Σ(i, j != i, x[i]*y[j])", {"K": 2, "x": (1, 2), "y": (10, 100)}, 120),
        ("Σ(i != j, x[i])", {"K": 1, "x": (7,), "j": 1}, 0),
        ("Σ(i != 2, x[i])", {"K": 3, "x": (1, 2, 4)}, 5),
        ("Σ(i, Σ(i, x[i])*y[i])", {"K": 2, "x": (1, 2), "y": (10, 100)}, 330),
        ("Σ(i != j, 1/(x[i] - x[j]))", {"K": 2, "x": (1, 2), "j": 2}, -1),
        (
            "A[n,i] - B[i,n]",
            {"m": 1, "K": 2, "A": ((1, 2),), "B": ((5,), (9,)), "n": 1, "i": 2},
            -7,
        ),
        ("x[2]", {"K": 3, "x": (1, 2, 4)}, 2),
        ("x[3]", {"K": 2, "x": (1, 2)}, None),
        ("x[1] + 0*x[3]", {"K": 2, "x": (1, 2)}, None),
        ("K*c + m*A[1,1]", {"K": 1, "m": 2, "c": HALF, "A": ((3,), (4,))}, Fraction(13, 2)),
        ("δ(i,j) + x[i]*x[j]*0", {"K": 2, "x": (0, 0), "i": 1, "j": 2}, 0),
        ("δ(i,j) + x[i]*x[j]*0", {"K": 2, "x": (0, 0), "i": 2, "j": 2}, 1),
        ("Σ(i, δ(i,2)*x[i])", {"K": 3, "x": (1, 2, 4)}, 2),
        ("Σ(i, δ(i,3)*x[i])", {"K": 2, "x": (1, 2)}, None),
        ("Σ(i != 3, x[i])", {"K": 2, "x": (1, 2)}, None),
        # powers and quotients
        ("c^3 - c^0", {"c": -2}, -9),
        ("c^0", {"c": 0}, 1),
        ("c^2", {"c": 0}, 0),
        ("c^(-2)", {"c": -2}, Fraction(1, 4)),
        ("c^(-1)", {"c": 0}, None),
        ("c^(4/2)", {"c": -3}, 9),
        ("c^(1/2)", {"c": 0}, 0),
        ("c^(1/2)", {"c": 4}, 2),
        ("c^(1/2)", {"c": -4}, None),
        ("c^(-1/2)", {"c": 0}, None),
        ("c^(1/3)", {"c": -8}, None),
        ("c^d", {"c": 0, "d": 2}, None),
        ("c^d", {"c": -1, "d": 2}, None),
        ("c^d", {"c": 1, "d": 2}, 1),
        ("0*c/d", {"c": 1, "d": 0}, None),
        ("c/d", {"c": 0, "d": 0}, None),
        ("(c - d)/(c - d)", {"c": THIRD, "d": THIRD}, None),
        # functions
        ("log(c)", {"c": 0}, None),
        ("log(c)", {"c": -1}, None),
        ("log(c)", {"c": 1}, 0),
        ("0*log(c)", {"c": -1}, None),
        ("sqrt(c)", {"c": 0}, 0),
        ("sqrt(c)", {"c": -1}, None),
        ("sqrt(c)", {"c": Fraction(9, 4)}, Fraction(3, 2)),
        ("Max(c, d, 1)", {"c": 1, "d": -2}, 1),
        ("Max(c, d)", {"c": -1, "d": -2}, -1),
        ("exp(c) + sigmoid(c) + tanh(c)", {"c": 0}, Fraction(3, 2)),
        # an undefined part is not saved by a factor 0
        ("δ(i,j)/x[j]", {"K": 2, "x": (1, 0), "i": 1, "j": 2}, None),
        ("δ(i,j)*log(x[i])", {"K": 2, "x": (-1, 1), "i": 1, "j": 2}, None),
        ("Σ(i, δ(i,1)/x[i])", {"K": 2, "x": (1, 0)}, None),
        ("Σ(i != 2, 1/x[i])", {"K": 2, "x": (4, 0)}, Fraction(1, 4)),
        # derivatives
        ("∂(c^3*d, c)", {"c": 2, "d": 5}, 60),
        ("∂(c^3*d^2, c, d)", {"c": 2, "d": 5}, 120),
        ("∂(c^3*d^2, d, c)", {"c": 2, "d": 5}, 120),
        ("∂(c^3*d, c, c)", {"c": 2, "d": 5}, 60),
        ("∂(c^3, c, c, c, c)", {"c": 2}, 0),
        ("∂(c*∂(c^2, c), c)", {"c": 3}, 12),  # no ε is taken for another
        ("∂(c*∂(c*d, d), c)", {"c": 3, "d": 7}, 6),
        ("∂(∂(c^2*d, c)*d, d)", {"c": 3, "d": 7}, 84),
        ("∂(d, c)", {"c": 2, "d": 5}, 0),
        ("∂(x[i]*x[j], x[j])", {"K": 2, "x": (3, 5), "i": 1, "j": 2}, 3),
        ("∂(x[i]*x[j], x[j])", {"K": 2, "x": (3, 5), "i": 2, "j": 2}, 10),
        ("∂(Σ(i, x[i]^2), x[i])", {"K": 2, "x": (3, 5), "i": 2}, 10),
        ("∂(Σ(i != j, x[i]^2), x[j])", {"K": 2, "x": (3, 5), "j": 2}, 0),
        ("Σ(i, ∂(x[1]*x[2], x[i]))", {"K": 2, "x": (3, 5)}, 8),
        ("∂(A[n,i]*A[1,i], A[n,i])", {"m": 2, "K": 1, "A": ((3,), (5,)), "n": 1, "i": 1}, 6),
        ("∂(c, x[3])", {"K": 2, "c": 1, "x": (3, 5)}, None),
        ("∂(c^0, c)", {"c": 0}, 0),
        ("∂(c^1, c)", {"c": 0}, 1),
        ("∂(c^2, c, c)", {"c": 0}, 2),
        ("∂(sqrt(c), c)", {"c": 0}, None),
        ("∂(sqrt(c^2), c)", {"c": 0}, None),
        ("∂(sqrt(c^2), c)", {"c": -3}, -1),
        ("∂(c^(3/2), c)", {"c": 0}, None),
        ("∂(c^(3/2), c)", {"c": 4}, 3),
        ("∂(sqrt(d), c)", {"c": 1, "d": 0}, 0),
        ("∂(log(d)*0, c)", {"c": 1, "d": 0}, None),
        ("∂(Max(c, d), c)", {"c": 2, "d": 1}, 1),
        ("∂(Max(c, d), c)", {"c": 1, "d": 2}, 0),
        ("∂(Max(c, d), c)", {"c": 1, "d": 1}, None),
        ("0*∂(Max(c, d), c)", {"c": 1, "d": 1}, None),
        ("∂(Max(d, 1), c)", {"c": 1, "d": 1}, 0),
        ("∂(Max(c, d, 5), c)", {"c": 1, "d": 1}, 0),
        ("∂(1/c, c)", {"c": 0}, None),
        ("∂(c/d, d)", {"c": 3, "d": 2}, Fraction(-3, 4)),
        ("∂(c^d, d)", {"c": 1, "d": 2}, 0),
        ("∂(exp(c)*tanh(c)*sigmoid(c), c)", {"c": 0}, HALF),
    ],
)
def test_meaning(expr: str, point: dict[str, Any], expected: int | Fraction | None) -> None:
    filler = {"K": 1, "m": 1, "x": (0,), "y": (0,)}
    sizes = {**filler, **point}
    for name in ("x", "y"):
        if len(sizes[name]) != sizes["K"]:
            sizes[name] = (0,) * sizes["K"]
    assert exactly(value(ARRAYS, expr, **sizes)) == expected


INTERVALS = """
f: 0..T
g: T
u: 1..T+1
v: 0..T-1
w: -1..T-2
h: 0..T × K
F[t] := f[t]^2
G[t] := f[t-1]*g[t]
D[t] := ∂(Σ(s in 1..T, f[s]*g[s] - f[s-1]), f[t])
"""
THREE = {"f": (1, 2, 4, 8), "g": (10, 20, 30), "u": (1, 3, 9, 27), "v": (5, 6, 7), "w": (2, 3, 5)}
ONE = {"f": (1, 2), "g": (10,), "u": (1, 3), "v": (5,), "w": (2,)}


@pytest.mark.parametrize(
    ("expr", "indices", "at_three", "at_one"),
    [
        # places
        ("f[0]", {}, 1, 1),
        ("f[1]", {}, 2, 2),
        ("f[2]*f[0]", {}, 4, None),
        ("f[T]", {}, 8, 2),
        ("f[T-1]", {}, 4, 1),
        ("u[T+1]", {}, 27, 3),
        ("u[T]", {}, 9, 1),
        ("w[-1] - w[T-2]", {}, -3, 0),
        ("f[t]", {"t": 0}, 1, 1),
        ("f[t]", {"t": -1}, None, None),
        ("f[t]", {"t": 4}, None, None),
        ("g[t]", {"t": 0}, None, None),
        ("f[t-1]", {"t": 1}, 1, 1),
        ("f[t-1]", {"t": 0}, None, None),
        ("u[t+1]", {"t": 1}, 3, 3),
        ("v[t-1] + w[t-2]", {"t": 1}, 7, 7),
        # definitions have axes of their own
        ("F[t]", {"t": 0}, 1, 1),
        ("F[T]", {}, 64, 4),
        ("F[t]", {"t": -1}, None, None),
        ("G[T]", {}, 120, 10),
        ("G[t]", {"t": 0}, None, None),
        ("F[t-1] + G[t]", {"t": 1}, 11, 11),
        # sums
        ("Σ(t, f[t])", {}, 15, 3),
        ("Σ(t, g[t])", {}, 60, 10),
        ("Σ(t, w[t])", {}, 10, 2),
        ("Σ(t in 0..T, f[t])", {}, 15, 3),
        ("Σ(t in 1..T, f[t])", {}, 14, 2),
        ("Σ(t in 0..T-1, f[t])", {}, 7, 1),
        ("Σ(t in 1..T+1, f[t-1])", {}, 15, 3),
        ("Σ(t in 1..T-1, f[t])", {}, 6, 0),
        ("Σ(t in 1..T-1, 1)", {}, 2, 0),
        ("Σ(t in 1..0, 1/f[t])", {}, 0, 0),
        ("Σ(t in 2..T, g[t]*f[t-2])", {}, 80, 0),
        ("Σ(t in 1..T, T)", {}, 9, 1),
        ("Σ(t in 1..T, s in 1..t, g[s])", {}, 100, 10),
        ("Σ(t in 1..T, s in 1..t-1, g[s])", {}, 40, 0),
        ("Σ(t in 1..T, s in t+1..T, g[s])", {}, 80, 0),
        ("Σ(t in 1..T, s in t..T, g[s]*f[t])", {}, 560, 20),
        ("Σ(s in 1..t, g[s]) + 0*f[t]", {"t": 1}, 10, 10),
        ("Σ(s in 0..t-1, f[s]) + 0*f[t]", {"t": 0}, 0, 0),
        ("Σ(s in 0..t-1, f[s]) + 0*f[t]", {"t": 1}, 1, 1),
        ("Σ(t in 1..T, Σ(t in 0..t-1, f[t])*g[t])", {}, 280, 10),  # the inner t runs to the outer
        ("Σ(t != 0, f[t])", {}, 14, 2),
        ("Σ(t != T, f[t])", {}, 7, 1),
        ("Σ(t != 2, f[t])", {}, 11, None),
        ("Σ(t != T, g[t])", {}, 30, 0),
        ("Σ(t != 0, g[t])", {}, 60, 10),  # 0 is none of the places of g, whatever T is
        ("Σ(t != T+1, g[t])", {}, 60, 10),
        ("Σ(s != t, f[s])", {"t": 0}, 14, 2),
        ("Σ(s != t-1, f[s])", {"t": 1}, 14, 2),
        # δ
        ("δ(t,0)*f[t]", {"t": 0}, 1, 1),
        ("δ(t,0)*f[t]", {"t": 1}, 0, 0),
        ("δ(t,T)*f[t]", {"t": 1}, 0, 2),
        ("δ(t-1,0)*g[t]", {"t": 1}, 10, 10),
        ("δ(t-1,T)*g[t]", {"t": 1}, 0, 0),
        ("δ(0,t-1)*g[t]", {"t": 1}, 10, 10),
        ("δ(s,t-1)*f[t]*f[s]", {"s": 0, "t": 1}, 2, 2),
        ("δ(s,t-1)*f[t]*f[s]", {"s": 1, "t": 1}, 0, 0),
        ("Σ(t, δ(t,T)*g[t])", {}, 30, 10),
        ("Σ(t, δ(t,2)*g[t])", {}, 20, None),
        ("Σ(t, δ(t-1,2)*g[t])", {}, 30, None),
        ("Σ(t, δ(t-1,3)*g[t])", {}, None, None),
        ("Σ(t in 1..T, δ(t,T-1)*f[t])", {}, 4, None),
        ("Σ(t in 1..T, δ(t,0)*f[t])", {}, 0, 0),  # 0 is none of the places that t runs over
        ("Σ(t, δ(t,T+1)*f[t])", {}, 0, 0),
        ("Σ(t, s, δ(s,t+1)*f[t]*f[s])", {}, 42, 2),
        # derivatives
        ("∂(Σ(t in 1..T, g[t]*f[t-1]), f[s])", {"s": 0}, 10, 10),
        ("∂(Σ(t in 1..T, g[t]*f[t-1]), f[T])", {}, 0, 0),
        ("∂(Σ(t in 1..T, g[t]*f[t-1]), g[t])", {"t": 1}, 1, 1),
        ("∂(Σ(s in 1..t, g[s]^2), g[t])", {"t": 1}, 20, 20),
        ("∂(Σ(s in 1..t-1, g[s]^2), g[t])", {"t": 1}, 0, 0),
        ("∂(f[T]^2*f[0], f[t])", {"t": 0}, 64, 4),
        ("∂(f[T]*f[T-1], f[T], f[T-1])", {}, 1, 1),
        ("∂(G[T], f[T-1])", {}, 30, 10),
        ("∂(F[0]*F[T], F[0])", {}, 64, 4),
        ("D[0]", {}, -1, -1),
        ("D[T]", {}, 30, 10),
        ("∂(f[0], f[4])", {}, None, None),
        ("h[0,1]", {}, 3, 3),
        ("Σ(t in 1..T, a, h[t,a]*K)", {}, 21, 7),
    ],
)
def test_meaning_on_intervals(
    expr: str, indices: dict[str, int], at_three: int | None, at_one: int | None
) -> None:
    for T, entries, expected in ((3, THREE, at_three), (1, ONE, at_one)):
        found = value(INTERVALS, expr, T=T, K=1, h=((3,), *[(7,)] * T), **entries, **indices)
        assert exactly(found) == expected


HELD = """
x: K
u: real
p[i] := x[i]^2
q := Σ(i, p[i]*x[i])
r := q*u
e := 1/u
g[i] := ∂(q, x[i])
w[i] := ∂(r, p[i])
"""


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("q", 35),  # x = (2, 3)
        ("∂(q, x[i])", 12),  # 3x² at x[1]
        ("∂(q, p[i])", 2),
        ("∂(p[i], p[j])", 1),
        ("∂(q, q)", 1),
        ("∂(q^2, q)", 70),
        ("∂(p[1]*p[2], p[i])", 9),
        ("∂(p[1]*p[2], p[1], p[2])", 1),
        ("∂(∂(p[1]*p[2], p[1]), p[2])", 1),
        ("∂(∂(p[i]^2*u, p[i]), u)", 8),
        ("∂(∂(p[i]^2, p[i]), x[i])", 8),  # d(2p)/dx, through p = x²
        ("∂(∂(q, p[i]), x[j])", 1),
        ("∂(∂(r, q), q)", 0),
        ("∂(r, q)", 5),
        ("∂(p[1]*q, q)", 4),
        ("x[i]*∂(p[i]*x[i], p[i])", 4),
        ("∂(g[i], x[j])", 12),
        ("w[i]", 10),
        ("∂(w[i], u)", 2),
        ("∂(w[i], x[j])", 5),
        ("∂(u*x[1], e)", 0),
    ],
)
def test_held_names(expr: str, expected: int | None) -> None:
    found = value(HELD, expr, K=2, i=1, j=1, x=(2, 3), u=5)
    assert (
        found is None if expected is None else found is not None and found.overlaps(arb(expected))
    )
    if found is not None:
        assert found.rad() < 1e-30


def test_a_held_name_must_have_a_value() -> None:
    assert exactly(value(HELD, "∂(e*0, u)", K=1, x=(1,), u=0)) is None
    assert exactly(value(HELD, "∂(q, e)", K=1, x=(1,), u=0)) is None
    assert exactly(value(HELD, "∂(q, e)", K=1, x=(1,), u=1)) == 0


def test_nothing_is_differentiated_by_a_part_of_what_is_held() -> None:
    """No answer is better than a guess; the resolver refuses this, but it is not relied on."""
    t = theory(HELD)
    side = t.statement("∂(g[i], x[j])", "0").left
    assert isinstance(side, Derivative)
    point = {"K": 2}, {"i": 1, "j": 1}, {"x": (2, 3), "u": 5}
    assert value_of(t, side, *point) is not None
    by_p = replace(side, variables=(Entry("p", (Index("j"),)),))
    assert value_of(t, by_p, *point) is None


def test_hypotheses_do_not_restrict_derivatives() -> None:
    point = {"K": 2, "y": (HALF, HALF), "i": 1}
    assert exactly(value(SOFTMAX, "∂(Σ(j, y[j]), y[i])", **point)) == 1


def test_what_a_derivative_by_a_held_name_leaves_out() -> None:
    """∂(L, p[i]) holds p: the logit gradient in its place is another number."""
    third = {"K": 3, "z": (0, 0, 0), "y": (1, 0, 0), "i": 1}
    found = value(SOFTMAX, "∂(L, p[i])", **third)
    assert found is not None and found.contains(-3)
    found = value(SOFTMAX, "∂(L, z[i])", **third)
    assert found is not None and found.overlaps(arb(-2) / 3)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "indices", "entries", "problem"),
    [
        ({}, {"i": 1}, {"x": (1, 2)}, "sizes lack 'K'"),
        ({"K": 2}, {}, {"x": (1, 2)}, "indices lack 'i'"),
        ({"K": 2}, {"i": 1}, {}, "entries lack 'x'"),
        ({"K": 2}, {"i": 1}, {"x": (1, 2, 3)}, "entries of 'x' need 2 parts"),
        ({"K": 2}, {"i": 1}, {"x": 5}, "entries of 'x' need 2 parts"),
        ({"K": 2}, {"i": 1}, {"x": (1, "two")}, "entries of 'x' are rational numbers, not 'two'"),
        ({"K": 2}, {"i": 1}, {"x": (1, float("nan"))}, "entries of 'x' are rational numbers"),
        ({"K": 2}, {"i": 1}, {"x": (1, (2, 3))}, "entries of 'x' are rational numbers"),
    ],
)
def test_value_names_what_is_wrong(
    sizes: dict[str, int], indices: dict[str, int], entries: dict[str, object], problem: str
) -> None:
    t = theory(ARRAYS)
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        value_of(t, t.statement("Σ(j, x[j])*x[i]", "0").left, sizes, indices, entries)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({"f": (1, 2)}, "entries of 'f' need 3 parts"),
        ({"f": (1, 2, 3, 4)}, "entries of 'f' need 3 parts"),
        ({}, "entries lack 'f'"),
    ],
)
def test_an_interval_has_as_many_entries_as_places(
    entries: dict[str, object], problem: str
) -> None:
    t = theory(INTERVALS)
    side = t.statement("f[0]", "0").left
    assert value_of(t, side, {"T": 2}, {}, {"f": (1, 2, 3)}) == 1
    with pytest.raises(ValueError, match=problem):
        value_of(t, side, {"T": 2}, {}, entries)
    with pytest.raises(ValueError, match="sizes lack 'T'"):
        value_of(t, side, {}, {}, {"f": (1, 2, 3)})


def test_a_sum_that_runs_backwards_has_no_value() -> None:
    """The resolver refuses these, but it is not relied on."""
    t = theory(INTERVALS)
    for final, expected in [(2, 2), (1, 1), (0, 0), (-1, None)]:
        binder = Binder("t", first=Index(None, 1), final=Index(None, final), range="T")
        found = value_of(t, Sum((binder,), Number(Fraction(1))), {"T": 2}, {}, {})
        assert exactly(found) == expected


def test_value_outside_the_range_is_undefined() -> None:
    assert value(ARRAYS, "x[i]", K=2, x=(1, 2), i=3) is None
