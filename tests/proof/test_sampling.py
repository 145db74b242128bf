"""Points: distinct sizes, entries that meet the hypotheses exactly, every pattern of indices."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice, product
from random import Random

import pytest

from derivlib.proof.environment import TooMuch
from derivlib.proof.evaluation import Evaluator
from derivlib.proof.sampling import MOODS, RESCUE, Point, Sampler, assignments
from derivlib.proof.theory import Theory

HYPOTHESES = [
    "z: K\ny: K, sum 1",
    "z: K\ny: K, sum 1, positive",
    "Y: m×K, sum 1",
    "T: m×n×K, sum 1, positive",
    "x: K\nassume Σ(i, x[i]) = 0",
    "x: K\nassume Σ(i, x[i]^2) = 1",
    "u, v: K\nassume u[i]*v[i] = 1",
    "x, t: real\nassume t = sigmoid(x)",
    "x: K, positive\ns: real, positive\nassume s = Σ(i, x[i])",
    "A: n×n\nassume A[i,j] = A[j,i]",
    "A: n×n\nassume A[i,j] = -A[j,i]",
    "A, B: n×n\nassume Σ(j, A[i,j]*B[j,k]) = δ(i,k)",
    "P: m×K, sum 1\nassume Σ(n, P[n,k]) = 1",  # at m = K alone
    "g, h, l: T\nW: real\nassume l[t] = g[t] + W*h[t]\nassume h[t] = l[t]*g[t]",
    "a, b: real\nc := a^2 + 1\nassume b = c*a",
]


def sampler(text: str, seed: int = 0) -> Sampler:
    evaluator = Evaluator(Theory(text))
    return Sampler(evaluator, frozenset().union(*evaluator.names.values()), Random(seed))


def points(text: str, count: int = 12, seed: int = 0) -> list[Point]:
    source = sampler(text, seed)
    drawn = [source.draw(sizes) for sizes in islice(source.plan({}), count)]
    return [point for point in drawn if point is not None]


def meets(point: Point, text: str) -> bool:
    """The hypotheses, read by Python on Fractions: a second opinion on exactness."""
    entries = {
        name: {place: Fraction(int(x.p), int(x.q)) for place, x in table.items()}
        for name, table in point.entries.items()
    }
    theory = Theory(text)
    for name, variable in theory.variables.items():
        if variable.positive and min(entries[name].values()) <= 0:
            return False
    checks: dict[str, Callable[[dict[str, dict[tuple[int, ...], Fraction]]], bool]] = {
        "Σ(i, x[i]) = 0": lambda e: sum(e["x"].values()) == 0,
        "Σ(i, x[i]^2) = 1": lambda e: sum(x * x for x in e["x"].values()) == 1,
        "u[i]*v[i] = 1": lambda e: all(e["u"][i] * e["v"][i] == 1 for i in e["u"]),
        "t = sigmoid(x)": lambda e: e["x"][()] == 0 and e["t"][()] == Fraction(1, 2),
        "s = Σ(i, x[i])": lambda e: e["s"][()] == sum(e["x"].values()),
        "A[i,j] = A[j,i]": lambda e: all(e["A"][i, j] == e["A"][j, i] for i, j in e["A"]),
        "A[i,j] = -A[j,i]": lambda e: all(e["A"][i, j] == -e["A"][j, i] for i, j in e["A"]),
        "Σ(j, A[i,j]*B[j,k]) = δ(i,k)": lambda e: all(
            sum(e["A"][i, j] * e["B"][j, k] for j in range(1, point.sizes["n"] + 1)) == (i == k)
            for i, k in e["A"]
        ),
        "Σ(n, P[n,k]) = 1": lambda e: all(
            sum(x for (_, c), x in e["P"].items() if c == k) == 1 for _, k in e["P"]
        ),
        "l[t] = g[t] + W*h[t]": lambda e: all(
            e["l"][t] == e["g"][t] + e["W"][()] * e["h"][t] for t in e["l"]
        ),
        "h[t] = l[t]*g[t]": lambda e: all(e["h"][t] == e["l"][t] * e["g"][t] for t in e["l"]),
        "b = c*a": lambda e: e["b"][()] == (e["a"][()] ** 2 + 1) * e["a"][()],
    }
    for hypothesis in theory.hypotheses:
        if str(hypothesis) in checks:
            if not checks[str(hypothesis)](entries):
                return False
        else:
            name = next(name for name in entries if f"{name}[" in str(hypothesis))
            rows: dict[tuple[int, ...], Fraction] = {}
            for place, x in entries[name].items():
                rows[place[:-1]] = rows.get(place[:-1], Fraction(0)) + x
            if set(rows.values()) != {Fraction(1)}:
                return False
    return True


@pytest.mark.parametrize("text", HYPOTHESES)
def test_hypotheses_hold_exactly(text: str) -> None:
    drawn = points(text)
    assert drawn
    for point in drawn:
        assert meets(point, text)


@pytest.mark.parametrize("text", HYPOTHESES)
def test_the_second_opinion_notices_a_broken_hypothesis(text: str) -> None:
    point = points(text)[0]
    name = list(point.entries)[-1]
    table = point.entries[name]
    broken = {**table, max(table): table[max(table)] + 1}
    if "A[i,j] = A[j,i]" in text:  # a change on the diagonal keeps it
        point = next(p for p in points(text) if p.sizes["n"] > 1)
        table = point.entries[name]
        broken = {**table, (1, 2): table[1, 2] + 1}
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
        ("x: K\nK >= 2\nassume x[i] = δ(i,1)/(x[1] - x[1])", "x[i] = δ(i,1)/(x[1] - x[1])"),
    ],
)
def test_hypotheses_that_cannot_be_met(text: str, unmet: str) -> None:
    source = sampler(text)
    assert all(source.draw(sizes) is None for sizes in islice(source.plan({}), 8))
    assert str(source.unmet).startswith(unmet)


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
    free = {name: "K" for name in "ijkl"[:count]}
    found = assignments(free, {"K": 5}, (), Random(0))
    patterns = {
        tuple(a[p] == a[q] for p in free for q in free) for a in found if set(a) == set(free)
    }
    assert len(found) == len(patterns) == bell(count)
    assert all(1 <= n <= 5 for a in found for n in a.values())


def test_patterns_in_little_room() -> None:
    assert assignments({"i": "K", "j": "K"}, {"K": 1}, (), Random(0)) == [{"i": 1, "j": 1}]
    two = assignments({"i": "K", "j": "K", "k": "K"}, {"K": 2}, (), Random(0))
    assert len(two) == 4  # of the five patterns, not the one with three distinct places


def test_patterns_across_ranges_and_with_constant_places() -> None:
    free = {"i": "m", "j": "K", "k": "K"}
    found = assignments(free, {"m": 2, "K": 3}, [2], Random(0))
    pairs = {(a["j"], a["k"]) for a in found}
    assert (2, 2) in pairs
    assert any(j == 2 != k for j, k in pairs) and any(k == 2 != j for j, k in pairs)
    assert any(j == k != 2 for j, k in pairs) and any(2 != j != k != 2 for j, k in pairs)
    assert {a["i"] for a in found} == {1, 2}


def test_many_indices_give_a_bounded_sample() -> None:
    free = {name: size for size in ("m", "K") for name in (f"{size}{n}" for n in range(7))}
    assert 0 < len(assignments(free, {"m": 7, "K": 8}, (), Random(0))) <= 32


def test_the_same_seed_gives_the_same_points() -> None:
    for text in HYPOTHESES:
        assert points(text, seed=3) == points(text, seed=3)
    assert points("x: K", seed=3) != points("x: K", seed=4)


def test_moods_are_known() -> None:
    assert set(MOODS) < set(RESCUE)
