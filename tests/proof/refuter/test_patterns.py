"""Patterns of indices: all of them, or those that tell the most."""

from __future__ import annotations

from itertools import combinations, pairwise, product
from random import Random

import pytest

from derivlib.proof.refuter.environment import at
from derivlib.proof.refuter.landmarks import Landmarks
from derivlib.proof.refuter.patterns import MAX_PATTERNS, MAX_TELLING, Choice, assignments
from derivlib.proof.theory import Theory
from tests.support.spans import span, spans


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
    found = assignments(free, {"m": 7, "K": 8}, (), Random(0))
    assert MAX_PATTERNS <= len(found) <= MAX_TELLING + MAX_PATTERNS


def pairs(found: list[Choice], constants: list[int]) -> set[tuple[str, str, bool]]:
    """For each two indices, and each index and constant, whether they are seen to agree."""
    seen = set()
    for choice in found:
        known = {**choice, **{f"={c}": c for c in constants}}
        seen |= {(a, b, known[a] == known[b]) for a, b in combinations(known, 2) if "=" not in a}
    return seen


@pytest.mark.parametrize("constants", [[], [2], [1, 4]])
@pytest.mark.parametrize("axis", ["K", "1..K"])
@pytest.mark.parametrize("ordered", [(), ("K",)])
@pytest.mark.parametrize("count", [5, 7, 9])
def test_each_pair_is_seen_to_agree_and_to_differ(
    count: int, ordered: tuple[str, ...], axis: str, constants: list[int]
) -> None:
    names = "abcdefghi"[:count]
    free = dict.fromkeys(names, span(axis))
    found = assignments(free, {"K": 12}, constants, Random(0), ordered)
    wanted = {*pairs([dict.fromkeys(names, 2), {n: k for k, n in enumerate(names, 5)}], constants)}
    assert wanted <= pairs(found, constants)
    assert any(len({*choice.values(), *constants}) == count + len(constants) for choice in found)
    assert any(len({*choice.values()}) == 1 for choice in found)
    for pair in combinations(names, 2):  # the only two that agree
        assert any(
            choice[pair[0]] == choice[pair[1]] and len({*choice.values()}) == count - 1
            for choice in found
        )


@pytest.mark.parametrize(
    "text",
    [
        "*".join(f"δ({i},{n})" for n, i in enumerate("abcdefghi", 1)),
        "*".join(f"δ({i},3)" for i in "abcdefghi"),
        "*".join(f"δ({i},{j}+1)" for i, j in pairwise("abcdefghi")),
        "*".join(f"δ({i},K-{n})" for n, i in enumerate("abcdefghi")),
        "δ(a,b)*δ(c,d)*δ(b,c)*δ(e,f)*δ(g,h)*δ(h,i)*δ(f,2)",
    ],
)
def test_the_deltas_of_a_statement_are_seen_as_1_all_at_once_and_one_by_one(text: str) -> None:
    entries = "*".join(f"x[{i}]" for i in "abcdefghi")
    theory = Theory("x: K")
    statement = theory.statement(f"{text}*{entries}", "0")
    marks = Landmarks(theory, statement, frozenset({"x"}))
    sizes = {"K": 12}
    found = assignments(
        statement.free, sizes, marks.constants, Random(0), marks.ordered, marks.deltas
    )
    met = [
        {k for k, d in enumerate(marks.deltas) if at(d[0], c | sizes) == at(d[1], c | sizes)}
        for c in found
    ]
    everything = {*range(len(marks.deltas))}
    assert everything in met
    for k in everything:
        assert any(k in seen for seen in met) and any(k not in seen for seen in met)


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
    assert all(MAX_PATTERNS <= len(choices) <= MAX_TELLING for choices in found)
    for name in free:
        assert {a[name] for choices in found for a in choices} == set(range(8))


def test_no_values_on_an_empty_range() -> None:
    free = spans(t="2..T", i="K")
    assert assignments(free, {"T": 1, "K": 2}, (), Random(0), {"T"}) == []
