"""Indices of the normal form: places, and the ranges that indices run over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import NamedTuple, TypeAlias


class End(NamedTuple):
    """An end of a range: a number (the symbol is ""), or a size or an index with an offset."""

    symbol: str | Base
    offset: int

    @property
    def size(self) -> str:
        """The symbol, which must not be an index."""
        assert isinstance(self.symbol, str), f"{self} ends at an index"
        return self.symbol

    def __str__(self) -> str:
        symbol, offset = self
        return f"{symbol}{offset:+d}" if symbol and offset else str(symbol or offset)


class Range(NamedTuple):
    """The whole numbers that an index runs over, both ends included.

    >>> print(Range(End("", 1), End("K", 0)), Range(End("", 0), End("T", 0)))
    K 0..T
    """

    first: End
    final: End

    def __str__(self) -> str:
        first, final = self
        if first == FIRST and final.symbol and not final.offset:
            return str(final.symbol)  # K is short for 1..K
        return self.in_full()

    def in_full(self) -> str:
        """With both ends, as in 1..K."""
        return f"{self.first}..{self.final}"

    def shifted(self, by: int) -> Range:
        """The range, moved by a whole number."""
        return Range(shifted(self.first, by), shifted(self.final, by))


class Base(NamedTuple):
    """What a place counts from: an index, a size standing for its own value, or nothing.

    Attributes:
        text: tells it apart from all others; canonical texts are made of it.
        label: the name of a free index or of the size, else "".
        number: of a bound index; names do not matter there.
        range: over what an index runs; None if it is no index, so that the place is fixed.
    """

    text: str
    label: str = ""
    number: int | None = None
    range: Range | None = None

    def __str__(self) -> str:
        return self.text


Place: TypeAlias = tuple[Base, int]
"""A base with an offset."""

FIRST = End("", 1)
CONSTANT = Base("")
MAX_BEYOND = 16
_fresh = count(10**15)  # as many digits for all: the order of texts is that of the numbers


def up_to(symbol: str | Base) -> Range:
    """1 up to a size or an index."""
    return Range(FIRST, End(symbol, 0))


@cache
def free(name: str, range_: Range) -> Base:
    """A free index."""
    return Base(f"{name}|{_closed(range_)}", name, None, range_)


@cache
def bound(number: int, range_: Range) -> Base:
    """The index of a sum."""
    return Base(f"#{number}|{_closed(range_)}", "", number, range_)


def _closed(range_: Range) -> str:
    """The text of a range behind which an offset can stand: 0..T, and 1 more, is not 0..T+1."""
    text = str(range_)
    return f"({text})" if ".." in text else text


def fresh(range_: Range) -> Base:
    """A bound index that occurs nowhere yet."""
    return bound.__wrapped__(next(_fresh), range_)


@cache
def last(size: str) -> Base:
    """The place that a size itself names, as in x[K]."""
    return Base(f"={size}", size)


def is_bound(base: Base) -> bool:
    return base.number is not None


def is_fixed(base: Base) -> bool:
    """Whether a place with this base is the same for all indices."""
    return base.range is None


def range_of(base: Base) -> Range:
    """Over what an index runs."""
    assert base.range is not None, f"{base} is no index"
    return base.range


def upper_index(base: Base) -> Base | None:
    """The index up to which a base runs, if it is one."""
    upper = base.range.final.symbol if base.range else None
    return upper if isinstance(upper, Base) else None


def size_of(range_: Range) -> str | None:
    """The size K of a range 1..K; None for any other range."""
    first, (symbol, offset) = range_
    if first == FIRST and not offset and isinstance(symbol, str) and symbol:
        return symbol
    return None


def symbol_of(range_: Range) -> str:
    """The size that the end of an axis is made of, "" if it is a number."""
    return range_.final.size


def place_text(place: Place) -> str:
    base, offset = place
    return f"{base.text}{offset:+d}" if offset or not base.text else base.text


def worded(place: Place) -> str:
    """A place in a reader's words; an index that no reader typed has no name.

    >>> worded((CONSTANT, 3)), worded((last("T"), 1)), worded((free("t", up_to("T")), -1))
    ('3', 'T+1', 't-1')
    >>> worded((bound(7, up_to("K")), 0))
    'another index'
    """
    base, offset = place
    if base == CONSTANT:
        return str(offset)
    if not base.label.isidentifier():
        return "another index"
    return f"{base.label}{offset:+d}" if offset else base.label


def in_words(range_: Range) -> str:
    """A range as a reader writes it.

    >>> in_words(Range(End("", 0), End("T", -1)))
    '0..T-1'
    """
    return "..".join(worded(place_of_end(end)) for end in range_)


def bases_of(places: Iterable[Place]) -> frozenset[Base]:
    return frozenset(base for base, _ in places if base.text)


# --- ends -----------------------------------------------------------------------------------------


def reach(place: Place) -> Range:
    """The least and the greatest value that a place can have."""
    base, offset = place
    if base.range is None:
        value = End(base.label, offset)
        return Range(value, value)
    return base.range.shifted(offset)


_least: ContextVar[Mapping[str, int]] = ContextVar("least", default=MappingProxyType({}))


@contextmanager
def sizes_at_least(bounds: Mapping[str, int]) -> Iterator[None]:
    """Inside, sizes are known to have at least these values; others are at least 1."""
    token = _least.set(bounds)
    try:
        yield
    finally:
        _least.reset(token)


def at_most(left: End, right: End, bounds: Mapping[str, int] | None = None) -> bool:
    """Whether left <= right for all sizes; `bounds` are their least values, if not those known."""
    if bounds is None:
        bounds = _least.get()
    (a, m), (b, n) = left, right
    if a == b:
        return m <= n
    if a == "":  # a number against a symbol: at the symbol's least value
        if isinstance(b, Base):
            return at_most(left, shifted(range_of(b).first, n), bounds)
        return m <= bounds.get(b, 1) + n
    if isinstance(a, Base):  # an index against a symbol: at the index's greatest value
        return at_most(shifted(range_of(a).final, m), right, bounds)
    return False


def before(left: End, right: End) -> bool:
    """Whether left < right for all sizes."""
    return at_most(shifted(left, 1), right)


def shifted(value: End, by: int) -> End:
    """The end, moved by a whole number."""
    return End(value.symbol, value.offset + by)


def within(place: Place, range_: Range) -> bool:
    """Whether a place certainly lies in a range."""
    (low, high), (first, final) = reach(place), range_
    return at_most(first, low) and at_most(high, final)


def values_beyond(place: Place, range_: Range) -> list[Place] | None:
    """The values that a place may have outside of a range; None if they cannot be listed."""
    if within(place, range_):
        return []
    (low, high), (first, final) = reach(place), range_
    found: list[Place] = []
    if not at_most(first, low):
        if low[0] != first[0]:
            return None
        found += [place_of_end(End(low.symbol, n)) for n in range(low[1], first[1])]
    if not at_most(high, final):
        if high[0] != final[0]:
            return None
        found += [place_of_end(End(high.symbol, n)) for n in range(final[1] + 1, high[1] + 1)]
    return found if len(found) <= MAX_BEYOND else None


def place_of_end(value: End) -> Place:
    """The place that the end of a range names."""
    symbol, offset = value
    if symbol == "":
        return CONSTANT, offset
    return (symbol if isinstance(symbol, Base) else last(symbol)), offset
