"""Rational points of hypotheses of second degree."""

from __future__ import annotations

from random import Random

import pytest
from flint import fmpq

from derivlib.proof.refuter.environment import Point
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.sampling import Sampler
from derivlib.proof.theory import Theory


def sampler(text: str) -> Sampler:
    evaluator = Evaluator(Theory(text))
    return Sampler(evaluator, frozenset().union(*evaluator.names.values()), Random(0))


def total(point: Point, name: str, power: int) -> fmpq:
    return sum((x**power for x in point.entries[name].values()), fmpq(0))


CURVES = [
    ("c, s: real\nassume c^2 - s^2 = 1", {}),
    ("c, s: real\nassume c^2 + s^2 = 1", {}),
    ("v: K\nassume Σ(k, v[k]^2) = 1", {"K": 3}),
    ("V: m×K\nassume Σ(k, V[n,k]^2) = 1", {"m": 3, "K": 2}),
    ("P: m\nassume Σ(i, P[i]) = 0\nassume Σ(i, P[i]^2)/m = 1", {"m": 4}),
    ("a, b, c: real\nassume a*b + c^2 = 1\nassume a + b = c", {}),
    ("v: K\nt: real\nassume Σ(k, v[k]^2) = 1\nassume t = v[1]^3", {"K": 3}),
]


@pytest.mark.parametrize(("text", "sizes"), CURVES)
def test_another_point_that_meets_every_hypothesis(text: str, sizes: dict[str, int]) -> None:
    source = sampler(text)
    starts = [*source.rescue(sizes)]
    moved = [end for start in starts[:8] if (end := source.moved(start)) is not None]
    assert moved, "no other point"
    plain = {fmpq(0), fmpq(1), fmpq(-1)}
    entries = [{x for table in end.entries.values() for x in table.values()} for end in moved]
    assert any(not found <= plain for found in entries)
    for end in moved:
        # Nothing is left to be changed.
        assert source.constraints.settle(end) is not None
        instances = source.constraints.instances(end)
        for instance in instances:
            assert instance.residual(end.environment()) == 0


def test_unit_vectors_are_not_one_hot_alone() -> None:
    source = sampler("v: K\nassume Σ(k, v[k]^2) = 1")
    start = next(source.rescue({"K": 3}))
    end = source.moved(start)
    assert end is not None
    assert total(end, "v", 2) == 1 and all(0 < abs(x) < 1 for x in end.entries["v"].values())


@pytest.mark.parametrize(
    "text", ["x: real\nassume x = 3", "x: K, sum 1", "x, y: real\nassume y = exp(x)"]
)
def test_where_no_hypothesis_is_curved_there_is_none(text: str) -> None:
    source = sampler(text)
    start = source.draw({"K": 3} if "K" in text else {})
    assert start is not None and source.moved(start) is None


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("x: real\nassume x = 3", True),
        ("a, b: real\nassume a + b = 3\nassume a - b = 1", True),
        ("x: real\nassume x^2 = 1", True),
        ("c, s: real\nassume c^2 - s^2 = 1", False),
        ("x: real\nassume x^2 = 0", False),
        ("x, y: real\nassume x = 3", False),
        ("x: real", False),
    ],
)
def test_whether_a_point_is_the_only_one_near_it(text: str, isolated: bool) -> None:
    source = sampler(text)
    points = [p for p in [source.draw({}), *source.rescue({})] if p is not None]
    assert points
    assert all(source.constraints.isolates(point) == isolated for point in points)
