"""Ranges and places: what is claimed for all sizes is tried at explicit ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from derivlib.proof.language.ranges import (
    CONSTANT,
    FIRST,
    Base,
    End,
    Place,
    Range,
    at_most,
    bases_of,
    before,
    bound,
    free,
    fresh,
    is_bound,
    is_fixed,
    last,
    place_of_end,
    place_text,
    range_of,
    reach,
    shifted,
    size_of,
    sizes_at_least,
    symbol_of,
    up_to,
    upper_index,
    values_beyond,
    within,
)
from derivlib.proof.theory import Theory
from tests.support.spans import end, span

Values = Mapping[Any, int]  # of sizes, and of the bases of indices

offsets = st.integers(-3, 3)
sizes = st.sampled_from(["T", "K"])
size_ends = st.builds(End, sizes, offsets)
fixed_ends = st.one_of(st.builds(End, st.just(""), offsets), size_ends)
ranges = st.builds(Range, st.builds(End, st.just(""), offsets), size_ends)
outer_bases = st.one_of(
    st.builds(free, st.sampled_from("ij"), ranges), st.builds(bound, st.integers(1, 2), ranges)
)
inner_bases = st.builds(bound, st.integers(3, 4), outer_bases.map(up_to))
bases = st.one_of(outer_bases, inner_bases)
all_ends = st.one_of(fixed_ends, st.builds(End, bases, offsets))
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


def run(range_: Range, at: Values) -> range:
    return range(worth(range_.first, at), worth(range_.final, at) + 1)


def where(place: Place, at: Values) -> int:
    base, offset = place
    return offset + (0 if base == CONSTANT else at[base if base.range else base.label])


def points(*used: Base | str, least: Mapping[str, int] | None = None) -> Iterator[Values]:
    """All sizes up to LARGEST more than the least, with all values of the indices used."""
    least = {"T": 1, "K": 1} | dict(least or {})
    indices: list[Base] = []
    for base in used:
        if isinstance(base, Base) and base.range:
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


t = free("t", span("T"))
t0 = free("t", span("0..T"))
s = free("s", up_to(t))


@pytest.mark.parametrize(
    ("left", "right", "bounds", "expected"),
    [
        (end("1"), end("T"), {}, True),
        (end("2"), end("T"), {}, False),
        (end("2"), end("T"), {"T": 2}, True),
        (end("2"), end("T+1"), {}, True),
        (end("T-1"), end("T"), {}, True),
        (end("T+1"), end("T"), {}, False),
        (end("T"), end("K+5"), {}, False),
        (end("T"), end("9"), {}, False),
        (End(t0, 1), end("T+1"), {}, True),
        (End(t0, 0), end("T-1"), {}, False),
        (end("0"), End(t0, 0), {}, True),
        (end("1"), End(t0, 0), {}, False),
        (End(s, 0), End(t, 0), {}, True),
        (End(s, 0), end("T"), {}, True),
        (End(t, 0), End(s, 0), {}, False),
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
def test_within_is_true_for_every_size(place: Place, range_: Range) -> None:
    if within(place, range_):
        assert all(where(place, at) in run(range_, at) for at in points(place[0]))


@given(places, ranges)
@few
def test_all_values_beyond_a_range_are_listed_and_no_others(place: Place, range_: Range) -> None:
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
        ((t, 0), "T", []),
        ((t, 1), "T", ["T+1"]),
        ((t, -1), "T", ["0"]),
        ((t0, 0), "1..T", ["0"]),
        ((free("t", span("0..T+1")), 0), "1..T-1", ["0", "T", "T+1"]),
        ((t, 0), "0..T+1", []),
        ((CONSTANT, 0), "T", ["0"]),
        ((last("T"), 0), "0..T-1", ["T"]),
        ((last("T"), 0), "K", None),
        ((CONSTANT, 2), "T", None),  # beyond it if T is 1
        ((free("t", span("K")), 0), "T", None),
        ((s, 0), "T", []),
        ((t, 17), "T", None),  # too many to list
    ],
)
def test_values_beyond(place: Place, range_: str, expected: list[str] | None) -> None:
    found = values_beyond(place, span(range_))
    assert found == (None if expected is None else [place_of_end(end(text)) for text in expected])
    assert within(place, span(range_)) == (expected == [])


@given(all_ends)
@few
def test_the_place_of_an_end(value: End) -> None:
    place = place_of_end(value)
    assert all(where(place, at) == worth(value, at) for at in points(value[0]))


@given(all_ends, offsets)
@few
def test_shifting(value: End, by: int) -> None:
    assert all(worth(shifted(value, by), at) == worth(value, at) + by for at in points(value[0]))


# --- texts --------------------------------------------------------------------------------------


@given(st.builds(End, st.just(""), st.integers(-99, 99)), fixed_ends)
@few
def test_a_range_is_read_as_it_is_written(first: End, final: End) -> None:
    range_ = Range(first, final)
    assert span(str(range_)) == span(range_.in_full()) == range_


@given(ranges)
@few
def test_an_axis_is_declared_by_the_text_of_its_range(range_: Range) -> None:
    least = max(1, range_.first.offset - range_.final.offset)
    theory = Theory(f"a: T\nb: K\nT >= {least}\nK >= {least}\nx: {range_}\ny: {range_.in_full()}")
    assert theory.axes("x") == theory.axes("y") == (range_,)


@pytest.mark.parametrize(
    ("text", "first", "final"),
    [
        ("K", ("", 1), ("K", 0)),
        ("0..T", ("", 0), ("T", 0)),
        ("1..T+1", ("", 1), ("T", 1)),
        ("-1..T-12", ("", -1), ("T", -12)),
        ("2..5", ("", 2), ("", 5)),
        ("1..1", ("", 1), ("", 1)),
        ("1..0", ("", 1), ("", 0)),
        ("2..T", ("", 2), ("T", 0)),
        ("T..T", ("T", 0), ("T", 0)),
        ("T+1..T+2", ("T", 1), ("T", 2)),
        ("1..n_2-1", ("", 1), ("n_2", -1)),
        ("m2", ("", 1), ("m2", 0)),
        ("0..λ", ("", 0), ("λ", 0)),
    ],
)
def test_the_text_of_a_range(text: str, first: tuple[str, int], final: tuple[str, int]) -> None:
    range_ = Range(End(*first), End(*final))
    assert str(range_) == text
    assert span(text) == range_


def test_one_to_a_size_is_short_for_both_ends() -> None:
    assert str(up_to("T")) == "T"
    assert up_to("T").in_full() == "1..T"
    assert span("1..T") == span("T") == up_to("T") == Range(FIRST, End("T", 0))
    assert span("0..T").in_full() == "0..T"
    assert [*map(str, (End("T", -3), End("T", 0), End("", -3), End("", 0)))] == [
        "T-3",
        "T",
        "-3",
        "0",
    ]


def test_a_range_up_to_an_index_has_a_text_of_its_own() -> None:
    assert str(up_to(t0)) == "t|(0..T)"
    assert up_to(t0).in_full() == "1..t|(0..T)"
    assert str(up_to(bound(3, up_to(t0)))) == "#3|(t|(0..T))"
    ends = (up_to(t0), up_to(t), up_to(bound(3, span("0..T"))), up_to("t"), span("0..T"))
    assert len({*ends}) == len({*map(str, ends)}) == len(ends)


@given(ranges, offsets)
@few
def test_a_shifted_range_has_all_its_values_shifted(range_: Range, by: int) -> None:
    for at in points():
        assert [*run(range_.shifted(by), at)] == [value + by for value in run(range_, at)]


@pytest.mark.parametrize(
    ("text", "size", "symbol"),
    [("K", "K", "K"), ("0..K", None, "K"), ("1..K-1", None, "K"), ("1..3", None, "")],
)
def test_the_size_of_a_range(text: str, size: str | None, symbol: str) -> None:
    assert size_of(span(text)) == size
    assert symbol_of(span(text)) == symbol


def test_an_index_is_no_size() -> None:
    assert size_of(up_to(t)) is None
    with pytest.raises(AssertionError, match="ends at an index"):
        symbol_of(up_to(t))


# --- bases --------------------------------------------------------------------------------------


def test_bases() -> None:
    outer, inner = free("t", span("0..T")), bound(7, up_to(free("t", span("0..T"))))
    assert (range_of(outer), range_of(inner)) == (span("0..T"), up_to(outer))
    assert (upper_index(outer), upper_index(inner)) == (None, outer)
    assert (is_bound(outer), is_bound(inner)) == (False, True)
    assert (outer.number, inner.number) == (None, 7)
    assert (outer.label, inner.label, last("T").label, CONSTANT.label) == ("t", "", "T", "")
    assert all(map(is_fixed, (CONSTANT, last("T"))))
    assert not any(map(is_fixed, (outer, inner)))
    one = span("T")
    assert len({fresh(one) for _ in range(5)} | {bound(1, one), free("1", one)}) == 7
    assert bases_of([(outer, 1), (outer, 2), (CONSTANT, 3), (last("T"), 0)]) == {outer, last("T")}
    assert [place_text(p) for p in ((outer, -1), (outer, 0), (CONSTANT, 0), (last("T"), 2))] == [
        "t|(0..T)-1",
        "t|(0..T)",
        "+0",
        "=T+2",
    ]


@pytest.mark.parametrize("base", [CONSTANT, last("T")], ids=str)
def test_a_fixed_place_runs_over_nothing(base: Base) -> None:
    assert upper_index(base) is None
    assert not is_bound(base)
    with pytest.raises(AssertionError, match="is no index"):
        range_of(base)


@given(bases)
@few
def test_a_base_is_equal_to_itself_made_again(base: Base) -> None:
    """However often it is made, so that it is found as a key."""
    range_ = range_of(base)
    again = Range(End(*range_.first), End(*range_.final))
    made = [
        Base(*base),
        free.__wrapped__(base.label, again)
        if base.number is None
        else bound.__wrapped__(base.number, again),
    ]
    assert all(other == base and hash(other) == hash(base) for other in made)
    assert all({base: 1}[other] == 1 for other in made)


@given(bases, bases)
@few
def test_bases_are_equal_exactly_if_their_texts_are(one: Base, other: Base) -> None:
    assert (one == other) == (one.text == other.text)
    assert (one == other) == (
        (one.label, one.number, one.range) == (other.label, other.number, other.range)
    )


def test_bases_that_differ() -> None:
    one, other = span("T"), span("0..T")
    different = [
        *(free("t", one), free("t", other), free("s", one), free("0", one)),
        *(bound(0, one), bound(0, other), bound(1, one), bound(0, up_to(free("t", one)))),
        *(bound(0, up_to(free("t", other))), bound(0, up_to(bound(1, one)))),
        *(last("T"), last("t"), CONSTANT),
    ]
    assert len({*different}) == len({base.text for base in different}) == len(different)


def test_a_base_is_sorted_by_its_text() -> None:
    assert sorted([free("t", span("T")), bound(2, span("0..T")), CONSTANT, last("T")]) == [
        CONSTANT,
        bound(2, span("0..T")),
        last("T"),
        free("t", span("T")),
    ]


def test_a_place_is_within_a_range_from_the_bound_on() -> None:
    third = (CONSTANT, 3)
    for least, there in ((2, False), (3, True), (4, True)):
        with sizes_at_least({"K": least}):
            assert within(third, up_to("K")) is there
            assert before(End("", 3), End("K", 0)) is (least > 3)
            with sizes_at_least({}):
                assert not within(third, up_to("K"))
    assert not within(third, up_to("K"))


@given(places, places)
@example(
    (bound(0, Range(End("", 0), End("T", 0))), 1), (bound(0, Range(End("", 0), End("T", 1))), 0)
)
@example(
    (free("t", Range(End("", 0), End("T", 1))), -1), (free("t", Range(End("", 0), End("T", 0))), 0)
)
def test_different_places_have_different_texts(one: Place, other: Place) -> None:
    assert (place_text(one) == place_text(other)) == (one == other)
