"""Points: distinct sizes, entries of every mood, every pattern of indices."""

from __future__ import annotations

from itertools import islice, product
from random import Random

import pytest

from derivlib.proof.refuter.environment import Point, TooMuch
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.sampling import MAX_PATTERNS, MOODS, RESCUE, Sampler, assignments
from derivlib.proof.theory import Theory
from tests.support.spans import span, spans

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


def bell(n: int) -> int:
    rows = [[1]]
    for _ in range(n):
        row = [rows[-1][-1]]
        for x in rows[-1]:
            row.append(row[-1] + x)
        rows.append(row)
    return rows[n][0]


@pytest.mark.parametrize("count", range(5))
def test_every_pattern_of_indices(count: int) -> None:
    free = dict.fromkeys("ijkl"[:count], span("K"))
    found = assignments(free, {"K": 5}, (), Random(0))
    patterns = {
        tuple(a[p] == a[q] for p in free for q in free) for a in found if set(a) == set(free)
    }
    assert len(found) == len(patterns) == bell(count)
    assert all(1 <= n <= 5 for a in found for n in a.values())


def test_patterns_in_little_room() -> None:
    assert assignments(spans(i="K", j="K"), {"K": 1}, (), Random(0)) == [{"i": 1, "j": 1}]
    two = assignments(spans(i="K", j="K", k="K"), {"K": 2}, (), Random(0))
    assert len(two) == 4  # of the five patterns, not the one with three distinct places


def test_patterns_across_ranges_and_with_constant_places() -> None:
    free = spans(i="m", j="K", k="K")
    found = assignments(free, {"m": 2, "K": 3}, [2], Random(0))
    pairs = {(a["j"], a["k"]) for a in found}
    assert (2, 2) in pairs
    assert any(j == 2 != k for j, k in pairs) and any(k == 2 != j for j, k in pairs)
    assert any(j == k != 2 for j, k in pairs) and any(2 != j != k != 2 for j, k in pairs)
    assert {a["i"] for a in found} == {1, 2}
    # Places that an axis does not have are no places for its indices.
    found = assignments(spans(j="K"), {"K": 3}, [-1, 0, 2, 4], Random(0))
    assert [a["j"] for a in found if a["j"] != 2] in ([1], [3]) and len(found) == 2


def test_many_indices_give_a_bounded_sample() -> None:
    free = {f"{size}{n}": span(size) for size in ("m", "K") for n in range(7)}
    assert 0 < len(assignments(free, {"m": 7, "K": 8}, (), Random(0))) <= 32


def test_the_same_seed_gives_the_same_points() -> None:
    for text in THEORIES:  # compared as text: no interval equals another
        assert repr(points(text, seed=3)) == repr(points(text, seed=3))
    assert points("x: K", seed=3) != points("x: K", seed=4)


def test_every_value_on_an_ordered_range() -> None:
    free = spans(s="0..T", t="T", i="K", j="K")
    found = assignments(free, {"T": 2, "K": 5}, (), Random(0), {"T"})
    times = [(a["s"], a["t"]) for a in found]
    assert set(times) == set(product((0, 1, 2), (1, 2)))
    assert len(found) == 2 * 6  # for each: i = j and i ≠ j
    assert {a["i"] == a["j"] for a in found} == {True, False}
    # A size that is not ordered has patterns alone.
    assert len(assignments(spans(t="T"), {"T": 7}, (), Random(0), {"K"})) == 1


def test_many_values_give_a_bounded_sample_of_all() -> None:
    free = dict.fromkeys("stuv", span("0..T"))
    found = [assignments(free, {"T": 7}, (), Random(seed), {"T"}) for seed in range(8)]
    assert {len(choices) for choices in found} == {MAX_PATTERNS}
    for name in free:
        assert {a[name] for choices in found for a in choices} == set(range(8))


def test_no_values_on_an_empty_range() -> None:
    free = spans(t="2..T", i="K")
    assert assignments(free, {"T": 1, "K": 2}, (), Random(0), {"T"}) == []


def test_moods_are_known() -> None:
    assert set(MOODS) < set(RESCUE)
