"""Ranges and places: what is claimed for all sizes is tried at explicit ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivlib.proof.language.ranges import (
    CONSTANT,
    Base,
    End,
    Place,
    at_most,
    bases_of,
    before,
    bound,
    end,
    ends,
    free,
    fresh,
    is_bound,
    is_fixed,
    last,
    number_of,
    place_of_end,
    place_text,
    range_of,
    reach,
    shifted,
    spelled,
    upper_index,
    values_beyond,
    within,
)

Values = Mapping[str, int]  # of sizes, and of the bases of indices

offsets = st.integers(-3, 3)
sizes = st.sampled_from(["T", "K"])
fixed_ends = st.one_of(st.tuples(st.just(""), offsets), st.tuples(sizes, offsets))
ranges = st.builds(
    lambda first, size, offset: spelled(("", first), (size, offset)), offsets, sizes, offsets
)
outer_bases = st.one_of(
    st.builds(free, st.sampled_from("ij"), ranges), st.builds(bound, st.integers(1, 2), ranges)
)
inner_bases = st.builds(bound, st.integers(3, 4), outer_bases)  # 1 up to another index
bases = st.one_of(outer_bases, inner_bases)
all_ends = st.one_of(fixed_ends, st.tuples(bases, offsets))
places = st.one_of(
    st.tuples(bases, offsets),
    st.tuples(st.just(CONSTANT), offsets),
    st.tuples(sizes.map(last), offsets),
)
LARGEST = 7  # no order changes at larger sizes: offsets differ by 6 at most
few = settings(max_examples=150, deadline=None)


def worth(value: End, at: Values) -> int:
    symbol, offset = value
    return offset + (at[symbol] if symbol else 0)


def run(range_: str, at: Values) -> range:
    first, final = ends(range_)
    return range(worth(first, at), worth(final, at) + 1)


def where(place: Place, at: Values) -> int:
    base, offset = place
    return offset + (0 if base == CONSTANT else at[base.removeprefix("=")])


def points(*used: Base, least: Mapping[str, int] | None = None) -> Iterator[Values]:
    """All sizes up to LARGEST more than the least, with all values of the indices used."""
    least = {"T": 1, "K": 1} | dict(least or {})
    indices: list[Base] = []
    for base in used:
        if "|" in base:
            indices += [b for b in (upper_index(base), base) if b and b not in indices]
    for T, K in product(*(range(n, n + LARGEST) for n in (least["T"], least["K"]))):
        yield from valuations(indices, {"T": T, "K": K})


def valuations(indices: list[Base], at: Values) -> Iterator[Values]:
    if not indices:
        yield at
        return
    base, *rest = indices
    for value in run(range_of(base), at):
        yield from valuations(rest, {**at, base: value})


# --- comparing ----------------------------------------------------------------------------------


@given(all_ends, all_ends, st.fixed_dictionaries({}, optional={"T": st.integers(1, 4)}))
@few
def test_at_most_is_true_for_every_size(left: End, right: End, least: dict[str, int]) -> None:
    claimed = at_most(left, right, least)
    claimed_before = before(left, right)
    for at in points(left[0], right[0], least=least):
        assert not claimed or worth(left, at) <= worth(right, at)
    for at in points(left[0], right[0]):
        assert not claimed_before or worth(left, at) < worth(right, at)


@given(fixed_ends, fixed_ends, st.integers(1, 4))
@few
def test_of_sizes_at_most_misses_nothing(left: End, right: End, least: int) -> None:
    bounds = {"T": least, "K": least}
    true = all(worth(left, at) <= worth(right, at) for at in points(least=bounds))
    if left[0] == right[0] or "" in (left[0], right[0]):  # two sizes are never compared
        assert at_most(left, right, bounds) == true
        assert before(left, right) == all(worth(left, at) < worth(right, at) for at in points())


@pytest.mark.parametrize(
    ("left", "right", "bounds", "expected"),
    [
        (("", 1), ("T", 0), {}, True),
        (("", 2), ("T", 0), {}, False),
        (("", 2), ("T", 0), {"T": 2}, True),
        (("", 2), ("T", 1), {}, True),
        (("T", -1), ("T", 0), {}, True),
        (("T", 1), ("T", 0), {}, False),
        (("T", 0), ("K", 5), {}, False),
        (("T", 0), ("", 9), {}, False),
        (("t|0..T", 1), ("T", 1), {}, True),
        (("t|0..T", 0), ("T", -1), {}, False),
        (("", 0), ("t|0..T", 0), {}, True),
        (("", 1), ("t|0..T", 0), {}, False),
        (("s|t|T", 0), ("t|T", 0), {}, True),
        (("s|t|T", 0), ("T", 0), {}, True),
        (("t|T", 0), ("s|t|T", 0), {}, False),
    ],
)
def test_at_most(left: End, right: End, bounds: dict[str, int], expected: bool) -> None:
    assert at_most(left, right, bounds) == expected


# --- places -------------------------------------------------------------------------------------


@given(places)
@few
def test_reach_holds_every_value_and_no_more(place: Place) -> None:
    low, high = reach(place)
    seen: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for at in points(place[0], low[0], high[0]):
        gaps = where(place, at) - worth(low, at), worth(high, at) - where(place, at)
        assert min(gaps) >= 0
        seen.setdefault((at["T"], at["K"]), []).append(gaps)
    for found in seen.values():
        assert [min(gap) for gap in zip(*found, strict=True)] == [0, 0]


@given(places, ranges)
@few
def test_within_is_true_for_every_size(place: Place, range_: str) -> None:
    if within(place, range_):
        assert all(where(place, at) in run(range_, at) for at in points(place[0]))


@given(places, ranges)
@few
def test_all_values_beyond_a_range_are_listed_and_no_others(place: Place, range_: str) -> None:
    beyond = values_beyond(place, range_)
    if beyond is None:
        return
    for at in points(place[0], *bases_of(beyond)):
        outside = {where(value, at) for value in beyond}
        assert where(place, at) in run(range_, at) or where(place, at) in outside
        assert outside.isdisjoint(run(range_, at))


@pytest.mark.parametrize(
    ("place", "range_", "expected"),
    [
        (("t|T", 0), "T", []),
        (("t|T", 1), "T", [("=T", 1)]),
        (("t|T", -1), "T", [("", 0)]),
        (("t|0..T", 0), "1..T", [("", 0)]),
        (("t|0..T+1", 0), "1..T-1", [("", 0), ("=T", 0), ("=T", 1)]),
        (("t|T", 0), "0..T+1", []),
        (("", 0), "T", [("", 0)]),
        (("=T", 0), "0..T-1", [("=T", 0)]),
        (("=T", 0), "K", None),
        (("", 2), "T", None),  # beyond it if T is 1
        (("t|K", 0), "T", None),
        (("s|t|T", 0), "T", []),
        (("t|T", 17), "T", None),  # too many to list
    ],
)
def test_values_beyond(place: Place, range_: str, expected: list[Place] | None) -> None:
    assert values_beyond(place, range_) == expected
    assert within(place, range_) == (expected == [])


@given(all_ends)
@few
def test_the_place_of_an_end(value: End) -> None:
    place = place_of_end(value)
    assert all(where(place, at) == worth(value, at) for at in points(value[0]))


@given(all_ends, offsets)
@few
def test_shifting(value: End, by: int) -> None:
    assert all(worth(shifted(value, by), at) == worth(value, at) + by for at in points(value[0]))


# --- spelling -----------------------------------------------------------------------------------


@given(st.tuples(st.just(""), st.integers(-99, 99)), fixed_ends)
@few
def test_a_range_is_read_as_it_was_spelled(first: End, final: End) -> None:
    assert ends(spelled(first, final)) == (first, final)


@pytest.mark.parametrize(
    ("text", "first", "final"),
    [
        ("K", ("", 1), ("K", 0)),
        ("0..T", ("", 0), ("T", 0)),
        ("1..T+1", ("", 1), ("T", 1)),
        ("-1..T-12", ("", -1), ("T", -12)),
        ("2..5", ("", 2), ("", 5)),
        ("T+1..T+2", ("T", 1), ("T", 2)),
        ("1..n_2-1", ("", 1), ("n_2", -1)),
        ("m2", ("", 1), ("m2", 0)),
        ("0..λ", ("", 0), ("λ", 0)),
    ],
)
def test_ends(text: str, first: End, final: End) -> None:
    assert ends(text) == (first, final)
    assert spelled(first, final) == text


def test_one_to_a_size_is_spelled_as_the_size() -> None:
    assert spelled(("", 1), ("T", 0)) == "T"
    assert ends("1..T") == ends("T")
    assert end("T-3") == ("T", -3)
    assert end("-3") == ("", -3)


def test_bases() -> None:
    outer, inner = free("t", "0..T"), bound(7, free("t", "0..T"))
    assert (range_of(outer), range_of(inner)) == ("0..T", outer)
    assert (upper_index(outer), upper_index(inner)) == (None, outer)
    assert (is_bound(outer), is_bound(inner), number_of(inner)) == (False, True, 7)
    assert all(map(is_fixed, (CONSTANT, last("T"))))
    assert not any(map(is_fixed, (outer, inner)))
    assert len({fresh("T") for _ in range(5)} | {bound(1, "T"), free("1", "T")}) == 7
    assert bases_of([(outer, 1), (outer, 2), (CONSTANT, 3), (last("T"), 0)]) == {outer, "=T"}
    assert [place_text(p) for p in ((outer, -1), (outer, 0), (CONSTANT, 0))] == [
        "t|0..T-1",
        "t|0..T",
        "+0",
    ]
