"""Points that a statement asks for are of their kind, and meet every hypothesis."""

from __future__ import annotations

from random import Random

import pytest
from flint import fmpq

from derivlib.proof.refuter.environment import Point
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.probing import FAR, Prober, _corners_first
from derivlib.proof.refuter.sampling import Sampler
from derivlib.proof.refuter.turning import Turning
from derivlib.proof.theory import Theory


def prober(text: str, left: str) -> Prober:
    theory = Theory(text)
    statement = theory.statement(left, "0")
    evaluator = Evaluator(theory)
    names = frozenset().union(*evaluator.names.values())
    turning = Turning(theory, statement)
    return Prober(Sampler(evaluator, names, Random(0)), turning, lambda _: [{}])


def points(text: str, left: str, **sizes: int) -> list[Point]:
    return [*prober(text, left).points(sizes, None)]


def values(found: list[Point], name: str) -> set[fmpq]:
    return {x for point in found for x in point.entries[name].values()}


@pytest.mark.parametrize(
    ("left", "zero"),
    [
        ("Max(a - 1000000, 0)", fmpq(10**6)),
        ("Max(a - 10^9, 0)*b", fmpq(10**9)),
        ("abs(a + 300)", fmpq(-300)),
        ("log(2*a - 7)", fmpq(7, 2)),
        ("1/(a - 40)", fmpq(40)),
        ("b + sqrt(a - 40)", fmpq(40)),
        ("Max(-a - 77, 0)", fmpq(-77)),
    ],
)
def test_both_sides_of_a_zero_and_the_zero(left: str, zero: fmpq) -> None:
    seen = values(points("a, b: real", left), "a")
    assert zero in seen
    assert any(zero - 1 <= x < zero for x in seen) and any(zero < x <= zero + 1 for x in seen)


@pytest.mark.parametrize("left", ["Max(b - a^2*exp(a), 0)", "sqrt(a^4 - a + 5)"])
def test_far_out_where_an_argument_is_not_affine(left: str) -> None:
    assert {abs(x) for x in values(points("a, b: real", left), "a")} & {abs(x) for x in FAR}


@pytest.mark.parametrize("text", ["h: 0..T", "h: 0..T\nT >= 3"])
def test_all_positive_but_one_which_is_negative_or_0(text: str) -> None:
    source = prober(text, "sqrt(h[T]^2) + log(h[0])")
    base = source.sampler.draw({"T": 3}, "positive")
    assert base is not None
    seen = set()
    for point in source.odd(base):
        odd = [(place, x) for place, x in point.entries["h"].items() if x <= 0]
        if len(odd) == 1:
            seen |= {(place, bool(x)) for place, x in odd}
    assert {((n,), negative) for n in (0, 3) for negative in (True, False)} <= seen


@pytest.mark.parametrize(
    "left",
    [
        "Max(a - 10^6, 0)*Max(b - 10^7, 0)*Max(-c - 10^8, 0)",
        "Max(7/3 - a, 0)*Max(a - 2, 0)",
        "b + Max(a - b - 1000, 0)*Max(c - a, 0)",
        "Max(a^2 - 10^20, 0)",
    ],
)
def test_at_some_point_no_max_is_0(left: str) -> None:
    source = prober("a, b, c: real", left)
    assert any(source.dead(point) == 0 for point in source.points({}, None))


def test_what_is_positive_stays_so_and_hypotheses_hold() -> None:
    text = "a: real, positive\nx: K\nb: real\nassume b = a + x[1]"
    found = points(text, "Max(a - 10^6, 0)*log(x[1])*abs(b)", K=2)
    assert len(found) > 5
    for point in found:
        assert point.entries["a"][()] > 0
        assert point.entries["b"][()] == point.entries["a"][()] + point.entries["x"][(1,)]


def test_a_statement_in_which_nothing_turns_asks_for_no_points() -> None:
    assert points("x: K", "Σ(k, exp(x[k])/(1 + exp(x[k])))", K=2) == []


def test_ends_come_first() -> None:
    assert _corners_first([(n,) for n in range(4)])[:2] == [(0,), (3,)]
    places = [(i, j) for i in (1, 2, 3) for j in (0, 1, 2)]
    assert _corners_first(places)[:4] == [(1, 0), (1, 2), (3, 0), (3, 2)]
    assert sorted(_corners_first(places)) == places
    assert _corners_first([()]) == [()] and _corners_first([]) == []


def test_another_point_is_taken_where_none_is_positive() -> None:
    source = prober("c: real\nassume c = -2", "abs(c)")
    assert source.sampler.draw({}, "positive") is not None  # the hypothesis computes it
    source = prober("c, b: real\nassume c^2 = -4*c - 4", "abs(c)*Max(b - 100, 0)")
    other = Point({}, {"c": {(): fmpq(-2)}, "b": {(): fmpq(1)}})
    assert any(p.entries["b"][()] > 100 for p in source.points({}, other))
