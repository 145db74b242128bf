"""Hypotheses hold exactly at every point, by a second opinion; and recurrences are met quickly."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import islice, product
from random import Random
from typing import Any

import mpmath
import pytest
from flint import arb, ctx, fmpq
from mpmath import mpf

from derivlib.proof.language.effort import limit
from derivlib.proof.refuter.constraints import BITS, MAX_INSTANCES, Constraints, _solution
from derivlib.proof.refuter.environment import Point, Table, TooMuch
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.sampling import Sampler
from derivlib.proof.theory import Theory
from tests.support.constraint_cases import ADJOINT, NETWORK, THEORIES, real, row
from tests.support.effort import at_most
from tests.support.theories import RECURRENT

TEXTS = [text for text, _ in THEORIES]


def number(x: Any) -> Fraction | mpf:
    """An entry: exact, or the middle of a very small interval."""
    if isinstance(x, fmpq):
        return Fraction(int(x.p), int(x.q))
    assert isinstance(x, arb) and x.rad() < 1e-120
    return mpf(x.mid().str(150, radius=False))


def equal(left: Any, right: Any) -> bool:
    """Exactly so, if both are exact."""
    if isinstance(left, mpf) or isinstance(right, mpf):
        return bool(abs(real(left) - real(right)) < mpf(10) ** -100 * (1 + abs(real(right))))
    return bool(left == right)


def meets(point: Point, text: str) -> bool:
    """Every hypothesis, and every sign, read by Python."""
    with mpmath.workdps(160):
        entries = {
            name: {place: number(x) for place, x in table.items()}
            for name, table in point.entries.items()
        }
        variables = Theory(text).variables.values()
        if any(min(entries[v.name].values()) <= 0 for v in variables if v.positive):
            return False
        checks = dict(THEORIES)[text]
        return all(equal(*sides) for check in checks for sides in check(entries, point.sizes))


def sampler(text: str, seed: int = 0) -> Sampler:
    evaluator = Evaluator(Theory(text))
    return Sampler(evaluator, frozenset().union(*evaluator.names.values()), Random(seed))


def points(text: str, count: int = 12) -> list[Point]:
    source = sampler(text)
    drawn = [source.draw(sizes) for sizes in islice(source.plan({}), count)]
    return [point for point in drawn if point is not None]


def test_there_is_a_check_for_each_hypothesis() -> None:
    for text, checks in THEORIES:
        assert len(checks) == len(Theory(text).hypotheses)


@pytest.mark.parametrize("text", TEXTS)
def test_hypotheses_hold_exactly(text: str) -> None:
    drawn = points(text)
    assert len(drawn) > 1
    for point in drawn:
        assert meets(point, text)


@pytest.mark.parametrize("text", TEXTS)
def test_the_second_opinion_notices_a_broken_hypothesis(text: str) -> None:
    point = next(p for p in points(text) if max(p.sizes.values(), default=2) > 1)
    # The last entry of the last variable, or one off the diagonal if A is to be symmetric.
    name = list(point.entries)[-1]
    place = (1, 2) if "A[j,i]" in text else max(point.entries[name])
    with ctx.workprec(BITS):
        broken = {**point.entries[name], place: point.entries[name][place] + 1}
    assert not meets(Point(point.sizes, {**point.entries, name: broken}), text)


@pytest.mark.parametrize(
    ("text", "unmet"),
    [
        ("c: real\nassume c = c + 1", "c = c + 1"),
        ("c: real\nassume c = 1\nassume c = 2", "c = "),
        ("c: real\nassume c^2 = 2", "c^2 = 2"),
        ("c: real\nassume log(c - c) = 0", "log(c - c) = 0"),
        ("c: real, positive\nassume c = -1", "c = -1"),
        ("c: real, positive\nassume c = 0", "c = 0"),
        ("c: real, positive\nassume c = -exp(c - c)", "c = -exp(c - c)"),
        ("x: K\nK >= 2\nassume x[i] = δ(i,1)/(x[1] - x[1])", "x[i] = δ(i,1)/(x[1] - x[1])"),
        ("x: 0..T\nassume x[t] = x[t-1] + 1\nassume x[0] = x[T]", "x["),
        ("x: 0..T\nassume x[t] = 1/(x[t-1] - x[t-1])", "x[t] = 1/(x[t-1] - x[t-1])"),
        ("c, d: real\nassume c = exp(1)\nassume c^2 = d^2 - d*d + 2", "c^2"),
        # Newton's method meets no irrational equation, and an interval meets none by luck.
        ("c, d: real\nassume c = exp(1)\nassume c = d + exp(1)", "c = d + exp(1)"),
    ],
)
def test_hypotheses_that_cannot_be_met(text: str, unmet: str) -> None:
    source = sampler(text)
    assert all(source.draw(sizes) is None for sizes in islice(source.plan({}), 8))
    assert str(source.constraints.unmet).startswith(unmet)


# --- defined entries ----------------------------------------------------------------------------


def settled(text: str, sizes: Mapping[str, int], **given: Any) -> Point:
    """The point made of given entries, where all others are 7 before they are computed."""
    evaluator = Evaluator(Theory(text))
    tables: dict[str, Table] = {}
    for name, variable in evaluator.theory.variables.items():
        places = list(product(*Point(sizes, {}).spans(variable)))
        values = given.get(name, [7] * len(places))
        tables[name] = {place: fmpq(x) for place, x in zip(places, values, strict=True)}
    found = Constraints(evaluator).settle(Point(sizes, tables))
    assert found is not None
    return found


def defined(point: Point) -> dict[str, list[tuple[int, ...]]]:
    names = sorted({name for name, _ in point.defined})
    return {name: sorted(place for n, place in point.defined if n == name) for name in names}


def test_a_recurrence_runs_forwards() -> None:
    point = settled("x: -1..T\nv: T\nassume x[t] = 2*x[t-1] + v[t]", {"T": 3}, v=[1, 0, 5])
    assert row(point.entries["x"]) == [7, 7, 15, 30, 65]
    assert defined(point) == {"x": [(1,), (2,), (3,)]}


def test_an_adjoint_recurrence_runs_backwards() -> None:
    for text in (ADJOINT, ADJOINT.replace("lam[t,a] = ", "0*e[1,a] + lam[t,a] = ")):
        point = settled(text, {"T": 2, "H": 1}, W=[3], e=[0, 1, 2], g=[5, 1], lam=[0, 0, 0])
        assert row(point.entries["lam"]) == [8, 1, 0]
    assert defined(point) == {"lam": [(3, 1)]}  # the others had to be solved for


def test_inside_a_derivative_too_an_entry_is_computed_when_it_is_read() -> None:
    text = "h: 0..T\nl: 0..T-1\nassume l[t] = ∂(h[t]^2*h[t+1], h[t])\nassume h[t] = h[t-1]^2"
    point = settled(text, {"T": 2}, h=[3, 0, 0])
    assert row(point.entries["h"]) == [3, 9, 81]
    assert row(point.entries["l"]) == [2 * 3 * 9, 2 * 9 * 81]
    assert defined(point) == {"h": [(1,), (2,)], "l": [(0,), (1,)]}


def test_what_is_given_is_left_alone() -> None:
    given = {"w": [1], "x": [0, 2], "h": [0, 9, 9], "s": [9, 9, 9]}
    point = settled(NETWORK, {"T": 2}, **given)
    assert row(point.entries["x"]) == [0, 2]
    assert row(point.entries["h"])[:2] == [0, fmpq(1, 2)]  # exact where the value is rational
    last = point.entries["h"][2,]
    assert isinstance(last, arb) and last.rel_accuracy_bits() > BITS - 10
    assert row(point.entries["s"])[:2] == [0, fmpq(1, 4)]
    assert defined(point) == {"h": [(1,), (2,)], "s": [(0,), (1,), (2,)]}
    assert point.grounds(frozenset({"s"})) == {"s", "h", "w", "x", "T"}
    assert point.grounds(frozenset({"x"})) == {"x"}


def test_an_entry_is_never_defined_by_itself() -> None:
    point = settled("A: n×n\nassume A[i,j] = A[j,i]", {"n": 2}, A=[1, 2, 3, 4])
    assert row(point.entries["A"]) in ([1, 2, 2, 4], [1, 3, 3, 4])
    assert len(point.defined) == 1
    point = settled("A: n×n\nassume A[i,j] = -A[j,i]", {"n": 2}, A=[1, 2, 3, 4])
    assert row(point.entries["A"]) in ([0, 2, -2, 0], [0, -3, 3, 0])
    assert len(point.defined) == 1
    point = settled("x: real\nassume x = 3*x - 8", {}, x=[1])
    assert (row(point.entries["x"]), point.defined) == ([4], {})


def test_an_entry_is_defined_once() -> None:
    point = settled("x, y, z: K\nassume x[i] = y[i]\nassume x[i] = z[i]", {"K": 1}, y=[5])
    assert [row(point.entries[name]) for name in "xyz"] == [[5], [5], [5]]
    assert defined(point) == {"x": [(1,)], "z": [(1,)]}  # the other side will do
    point = settled("x, y, z: K\nassume x[i] = y[i]^2\nassume x[i] = 4*z[i]", {"K": 1}, y=[6])
    assert [row(point.entries[name]) for name in "xyz"] == [[36], [6], [9]]
    point = settled("c: real\nx: K\nassume c = x[i]", {"K": 3}, x=[1, 2, 3])
    assert [row(point.entries[name]) for name in "cx"] in ([[n], [n] * 3] for n in (1, 2, 3))


def test_a_definition_that_breaks_a_sign_gives_way() -> None:
    text = "a, b: real\nc: real, positive\nassume c = a - b"
    assert row(settled(text, {}, a=[5], b=[3]).entries["c"]) == [2]
    point = settled(text, {}, a=[3], b=[5])
    (a, b, c) = (point.entries[name][()] for name in "abc")
    assert c == a - b > 0


def test_what_is_kept_is_not_solved_for() -> None:
    for keep, other in ("uv", "vu"):
        constraints = Constraints(Evaluator(Theory("u, v: K\nassume u[i]*v[i] = 1")))
        tables: dict[str, Table] = {name: {(1,): fmpq(4)} for name in "uv"}
        point = constraints.settle(Point({"K": 1}, tables), keep)
        assert point is not None
        assert (point.entries[keep][1,], point.entries[other][1,]) == (4, fmpq(1, 4))


def test_a_place_beyond_the_axis() -> None:
    source = sampler("x: K\nassume x[3] = 5")
    assert source.draw({"K": 2}) is None
    point = source.draw({"K": 3})
    assert point is not None and point.entries["x"][3,] == 5


def test_too_many_instances() -> None:
    source = sampler(f"x: K\nassume x[i]*x[j] = 0\nK >= {MAX_INSTANCES}")
    with pytest.raises(TooMuch):
        source.constraints.settle(Point({"K": MAX_INSTANCES}, {}))


@pytest.mark.parametrize("text", [RECURRENT, ADJOINT, RECURRENT + "assume h[t,a] = tanh(e[t,a])"])
def test_recurrences_are_met_quickly(text: str) -> None:
    source = sampler(text)
    with at_most(lines=100_000):
        for T, H in product((1, 2, 3), (1, 2, 3)):
            point = source.draw({"H": H, "T": T})
            assert point is not None and point.defined


def test_an_elimination_that_would_be_long_is_not_begun() -> None:
    """Flint cannot be interrupted: these 60 equations would take it a minute."""
    draw = Random(1).getrandbits
    rows = [[fmpq(draw(200), draw(200) | 1) for _ in range(61)] for _ in range(60)]
    assert _solution([*map(list, rows)]) is None
    small = [[fmpq(draw(3), 1) for _ in range(4)] for _ in range(3)]
    with limit() as meter:
        changes = _solution(small)
    assert changes is not None
    assert meter.spent > 0
