"""Indices of the normal form: places, and the ranges that indices run over.

A place is `(base, offset)`. A base is a text `label|range`: the label of a free index is its name,
that of a bound one starts with #, that of a size standing for its own value with =; a constant
place has the empty base. A range is

* `K`, short for 1..K, where K is a size;
* `a..b`, whose ends are whole numbers or a size with an offset, such as `0..T` or `1..T+1`;
* another base: 1 up to that index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import count
from typing import TypeAlias

Base: TypeAlias = str
Place: TypeAlias = tuple[Base, int]
End: TypeAlias = tuple[str, int]
"""A symbol (a size, or an index's base) with an offset; the symbol is "" for a number."""

CONSTANT: Base = ""
MAX_BEYOND = 16
_fresh = count(1_000_000)
_END = re.compile(r"(\w*?[^\W\d]\w*)?([+-]?\d+)?")


def free(name: str, range_: str) -> Base:
    return f"{name}|{range_}"


def bound(number: int, range_: str) -> Base:
    return f"#{number}|{range_}"


def fresh(range_: str) -> Base:
    """A bound index that occurs nowhere yet."""
    return bound(next(_fresh), range_)


def last(size: str) -> Base:
    """The place that a size itself names, as in x[K]."""
    return f"={size}"


def is_bound(base: Base) -> bool:
    return base.startswith("#")


def is_fixed(base: Base) -> bool:
    """Whether a place with this base is the same for all indices."""
    return base == CONSTANT or base.startswith("=")


def number_of(base: Base) -> int:
    """The number of a bound index."""
    return int(base[1 : base.index("|")])


@cache
def range_of(base: Base) -> str:
    return base.partition("|")[2]


def upper_index(base: Base) -> Base | None:
    """The index up to which a base runs, if it is one."""
    range_ = range_of(base)
    return range_ if "|" in range_ else None


def place_text(place: Place) -> str:
    base, offset = place
    return f"{base}{offset:+d}" if offset or base == CONSTANT else base


def worded(place: Place) -> str:
    """A place in a reader's words; an index that no reader typed has no name.

    >>> [worded(place) for place in [("", 3), ("=T", 1), ("t|0..T", -1), ("#1000003|K", 0)]]
    ['3', 'T+1', 't-1', 'another index']
    """
    base, offset = place
    if base == CONSTANT:
        return str(offset)
    name = base.partition("|")[0].removeprefix("=")
    if not name.isidentifier():
        return "another index"
    return f"{name}{offset:+d}" if offset else name


def bases_of(places: Iterable[Place]) -> frozenset[Base]:
    return frozenset(base for base, _ in places if base != CONSTANT)


# --- ends -----------------------------------------------------------------------------------------


@cache
def end(text: str) -> End:
    """`T+1` as ("T", 1)."""
    match = _END.fullmatch(text)
    assert match is not None, text
    return match[1] or "", int(match[2] or 0)


@cache
def ends(range_: str) -> tuple[End, End]:
    """The first and the last place of a range."""
    if "|" in range_:
        return ("", 1), (range_, 0)
    first, dots, final = range_.partition("..")
    return (end(first), end(final)) if dots else (("", 1), (range_, 0))


def symbol_of(range_: str) -> str:
    """The size that the end of a range is made of, "" if it is a number."""
    return ends(range_)[1][0]


def spelled(first: End, final: End) -> str:
    """The text of a range: `K` for 1..K."""
    if first == ("", 1) and final[0] and not final[1]:
        return final[0]
    return f"{_spelled_end(first)}..{_spelled_end(final)}"


def _spelled_end(value: End) -> str:
    symbol, offset = value
    return f"{symbol}{offset:+d}" if symbol and offset else symbol or str(offset)


def reach(place: Place) -> tuple[End, End]:
    """The least and the greatest value that a place can have."""
    base, offset = place
    if base == CONSTANT:
        return ("", offset), ("", offset)
    if base.startswith("="):
        return (base[1:], offset), (base[1:], offset)
    (low, a), (high, b) = ends(range_of(base))
    return (low, a + offset), (high, b + offset)


def at_most(left: End, right: End, bounds: Mapping[str, int] | None = None) -> bool:
    """Whether left <= right for all sizes (each at least 1, or its bound in `bounds`)."""
    (a, m), (b, n) = left, right
    if a == b:
        return m <= n
    if a == "":  # a number against a symbol: at the symbol's least value
        if "|" in b:
            return at_most(left, shifted(ends(range_of(b))[0], n), bounds)
        return m <= (bounds or {}).get(b, 1) + n
    if "|" in a:  # an index against a symbol: at the index's greatest value
        return at_most(shifted(ends(range_of(a))[1], m), right, bounds)
    return False


def before(left: End, right: End) -> bool:
    """Whether left < right for all sizes."""
    return at_most(shifted(left, 1), right)


def shifted(value: End, by: int) -> End:
    """The end, moved by a whole number."""
    return value[0], value[1] + by


def within(place: Place, range_: str) -> bool:
    """Whether a place certainly lies in a range."""
    (low, high), (first, final) = reach(place), ends(range_)
    return at_most(first, low) and at_most(high, final)


def values_beyond(place: Place, range_: str) -> list[Place] | None:
    """The values that a place may have outside of a range; None if they cannot be listed."""
    if within(place, range_):
        return []
    (low, high), (first, final) = reach(place), ends(range_)
    found: list[Place] = []
    if not at_most(first, low):
        if low[0] != first[0]:
            return None
        found += [place_of_end((low[0], n)) for n in range(low[1], first[1])]
    if not at_most(high, final):
        if high[0] != final[0]:
            return None
        found += [place_of_end((high[0], n)) for n in range(final[1] + 1, high[1] + 1)]
    return found if len(found) <= MAX_BEYOND else None


def place_of_end(value: End) -> Place:
    """The place that the end of a range names."""
    symbol, offset = value
    if symbol == "":
        return CONSTANT, offset
    return (symbol if "|" in symbol else last(symbol)), offset
