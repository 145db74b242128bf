"""Points: distinct sizes, entries of every mood."""

from __future__ import annotations

from itertools import islice, product
from random import Random

import pytest

from derivlib.proof.refuter.environment import Point, TooMuch
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.sampling import MOODS, RESCUE, Sampler
from derivlib.proof.theory import Theory

THEORIES = [
    "z: K\ny: K, sum 1",
    "T: m×n×K, sum 1, positive",
    "x: 0..T × K\nu: K",
    "x, t: real\nassume t = sigmoid(x)",
    "A, B: n×n\nassume Σ(j, A[i,j]*B[j,k]) = δ(i,k)",
]


def sampler(text: str, seed: int = 0) -> Sampler:
    evaluator = Evaluator(Theory(text))
    return Sampler(evaluator, frozenset().union(*evaluator.names.values()), Random(seed))


def points(text: str, count: int = 12, seed: int = 0) -> list[Point]:
    source = sampler(text, seed)
    drawn = [source.draw(sizes) for sizes in islice(source.plan({}), count)]
    return [point for point in drawn if point is not None]


def test_rows_that_sum_to_1_are_of_every_kind() -> None:
    rows = [tuple(p.entries["y"].values()) for p in points("y: K, sum 1", 60) if p.sizes["K"] > 2]
    assert any(sorted(row)[-2:] == [0, 1] for row in rows)
    assert any(len(set(row)) == 1 for row in rows)
    assert any(min(row) < 0 for row in rows)
    assert any(min(row) > 0 and len(set(row)) == len(row) for row in rows)


@pytest.mark.parametrize("mood", RESCUE)
@pytest.mark.parametrize("positive", [True, False])
def test_moods(mood: str, positive: bool) -> None:
    source = sampler("x: m×K" + ", positive" * positive)
    point = source.draw({"m": 3, "K": 4}, mood)
    assert point is not None
    entries = list(point.entries["x"].values())
    assert list(point.entries["x"]) == list(product(range(1, 4), range(1, 5)))
    if positive or mood in ("positive", "unit", "one"):
        assert min(entries) > 0
    if mood in ("signed", "wide") and not positive:
        assert min(entries) < 0 < max(entries)
    if mood == "unit":
        assert max(entries) < 1
    if mood in ("signed", "positive", "unit", "wide"):
        assert len(set(entries)) == 12


@pytest.mark.parametrize("sizes", [["K"], ["m", "K"], ["m", "d", "K"], ["m", "d", "H", "K"]])
def test_sizes_are_distinct_and_sometimes_least(sizes: list[str]) -> None:
    text = "\n".join(f"x{n}: {name}" for n, name in enumerate(sizes)) + "\nK >= 2"
    plan = list(islice(sampler(text).plan({}), 12))
    least = [{"K": 2}.get(name, 1) for name in sizes]
    assert least in [[point[name] for name in sizes] for point in plan]
    for point in plan:
        assert all(n >= bound for n, bound in zip(point.values(), least, strict=True))
    assert sum(len(set(point.values())) == len(sizes) for point in plan) >= 9
    if len(sizes) > 1:  # a transpose shows where m > K and where m < K
        assert {point["m"] > point["K"] for point in plan} == {True, False}


def test_axes_have_room_for_constant_places() -> None:
    plan = list(islice(sampler("x: K").plan({"K": 6}), 12))
    assert sum(point["K"] >= 6 for point in plan) >= 10


@pytest.mark.parametrize(
    ("axis", "places"),
    [
        ("T", range(1, 4)),
        ("1..T", range(1, 4)),
        ("0..T", range(4)),
        ("-1..T-1", range(-1, 3)),
        ("2..T+1", range(2, 5)),
        ("1..T-3", range(1, 1)),
    ],
)
@pytest.mark.parametrize("mood", RESCUE)
def test_entries_stand_at_the_places_of_their_axes(axis: str, places: range, mood: str) -> None:
    point = sampler(f"w: T\nT >= 3\nx: {axis} × K\nu: {axis}").draw({"T": 3, "K": 2}, mood)
    assert point is not None
    assert list(point.entries["x"]) == list(product(places, (1, 2)))
    assert list(point.entries["u"]) == [(n,) for n in places]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("y: T × 0..K, sum 1", {"y"}),
        ("y: 0..T × K\nassume Σ(k, y[t,k]) = 1", {"y"}),
        ("y: 0..T × K\nassume Σ(k, y[t-1,k]) = 1", set()),
        ("y: 0..T × K\nassume Σ(k, y[T,k]) = 1", set()),
        ("y: 0..T × K\nassume Σ(k, y[0,k]) = 1", set()),
        ("y: 0..T\nassume Σ(t in 1..T, y[t]) = 1", set()),
        ("y: T\nassume Σ(s in 1..t, y[s]) = 1 + 0*y[t]", set()),
        ("y: K\nassume Σ(k, y[k]) = 2", set()),
        ("y: K×K\nassume Σ(k, y[k,k]) = 1", set()),
    ],
)
def test_which_rows_sum_to_1(text: str, rows: set[str]) -> None:
    assert sampler(text).rows == rows


def test_rows_on_an_axis_without_places() -> None:
    source = sampler("y: 2..K\nassume Σ(k, y[k]) = 1")
    assert source.draw({"K": 1}) is None
    point = source.draw({"K": 3})
    assert point is not None and sum(point.entries["y"].values()) == 1


def test_no_point_with_too_many_entries() -> None:
    with pytest.raises(TooMuch):
        sampler("x: K\nK >= 900000").draw({"K": 900000})


def test_the_same_seed_gives_the_same_points() -> None:
    for text in THEORIES:  # compared as text: no interval equals another
        assert repr(points(text, seed=3)) == repr(points(text, seed=3))
    assert points("x: K", seed=3) != points("x: K", seed=4)


def test_moods_are_known() -> None:
    assert set(MOODS) < set(RESCUE)
