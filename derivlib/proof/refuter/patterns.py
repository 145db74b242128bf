"""Places of the free indices at which to compare two expressions: all patterns, or telling ones.

Indices are compared with those of the same range and with the constant places in use. Where order
matters, on the sizes of intervals, every value counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from math import prod
from random import Random
from typing import TypeAlias

from derivlib.proof.language.ranges import Range
from derivlib.proof.language.syntax import Index
from derivlib.proof.refuter.environment import at, span, symbols

MAX_PATTERNS = 32
"""If there are more, the telling ones are taken, and others up to this number."""

MAX_TELLING = 80
MAX_CONSTANTS = 3

Choice: TypeAlias = dict[str, int]
"""A place for each free index."""

Deltas: TypeAlias = Sequence[tuple[Index, Index]]
"""The δs of a statement, by their two index terms."""


def assignments(
    free: Mapping[str, Range],
    sizes: Mapping[str, int],
    constants: Iterable[int],
    rng: Random,
    ordered: Collection[str] = (),
    deltas: Deltas = (),
) -> list[Choice]:
    """Values for the free indices: one for each pattern of equal and unequal ones.

    `ordered` are the sizes of intervals. If there are many patterns, those are taken in which all
    differ, all agree, all stand at a constant place, two agree and the others differ, one stands
    at a constant place or at an end, and those at which the `deltas` are 1.
    """
    choices = []
    groups: dict[Range, list[str]] = {}
    for name, range_ in free.items():
        if symbols(range_) <= {*ordered}:
            choices.append([{name: n} for n in span(range_, sizes)])
        else:
            groups.setdefault(range_, []).append(name)
    constants = sorted(constants)
    for range_, names in groups.items():
        places = span(range_, sizes)
        fixed = [c for c in constants if c in places][:MAX_CONSTANTS]
        others = [n for n in places if n not in fixed]
        # One more than are taken is enough to see that they are too many.
        patterns = islice(_patterns(len(names), len(fixed), len(places)), MAX_PATTERNS + 1)
        choices.append(
            [
                dict(zip(names, [values[label] for label in pattern], strict=True))
                for pattern in patterns
                for values in [fixed + rng.sample(others, len(others))]
            ]
        )
    total = prod(map(len, choices))
    if total <= MAX_PATTERNS:
        return [_combination(choices, number) for number in range(total)]
    spans = {name: span(range_, sizes) for name, range_ in free.items()}
    return _Telling(spans, sizes, constants, deltas, rng).choices()


class _Telling:
    """The patterns to take where there are too many for all of them."""

    def __init__(
        self,
        spans: Mapping[str, range],
        sizes: Mapping[str, int],
        constants: Sequence[int],
        deltas: Deltas,
        rng: Random,
    ) -> None:
        self.spans = spans
        self.sizes = sizes
        self.constants = constants
        self.deltas = deltas
        self.rng = rng

    def choices(self) -> list[Choice]:
        found: list[Choice] = []
        for choice in islice(self.telling(), MAX_TELLING):
            if choice not in found:
                found.append(choice)
        for _ in range(MAX_PATTERNS):
            choice = {name: self.rng.choice(places) for name, places in self.spans.items()}
            if len(found) < MAX_PATTERNS and choice not in found:
                found.append(choice)
        return found

    def telling(self) -> Iterator[Choice]:
        yield self.distinct()
        yield from self.where_deltas_are_1()
        wanted = [*self.constants, *(n for places in self.spans.values() for n in _ends(places))]
        for n in dict.fromkeys(wanted):
            yield self.distinct({name: n for name, places in self.spans.items() if n in places})
        for pair in combinations(self.spans, 2):
            both = [n for n in self.spans[pair[0]] if n in self.spans[pair[1]]]
            if both:
                yield self.distinct(dict.fromkeys(pair, self.rng.choice(both)))
        for name, places in self.spans.items():
            for n in dict.fromkeys([*self.constants, *_ends(places)]):
                if n in places:
                    yield self.distinct({name: n})

    def distinct(self, given: Mapping[str, int] | None = None) -> Choice:
        """Places as distinct as there is room, but for those that are given."""
        found = dict(given or {})
        for name, places in self.spans.items():
            if name not in found:
                left = [n for n in places if n not in found.values() and n not in self.constants]
                left = left or [n for n in places if n not in found.values()]
                found[name] = self.rng.choice(left or places)
        return {name: found[name] for name in self.spans}

    def where_deltas_are_1(self) -> Iterator[Choice]:
        """All δs at once, all but one, one alone."""
        everything = [*self.deltas]
        but_one = [[*everything[:k], *everything[k + 1 :]] for k in range(len(everything))]
        for wanted in (everything, *but_one, *([delta] for delta in everything)):
            given = self.solved(wanted)
            if given is not None:
                yield self.distinct(given)

    def solved(self, deltas: Deltas) -> Choice | None:
        """Places at which all of these are 1; None if none turned up."""
        for _ in range(8):
            found: Choice = {}
            waiting = [*deltas]
            while waiting:
                # One of which an index is known first: it leaves no choice for the other.
                known = [d for d in waiting if any(self.place(x, found) is not None for x in d)]
                left, right = (known or waiting)[0]
                waiting.remove((left, right))
                if self.place(left, found) is None and self.place(right, found) is None:
                    assert left.name is not None
                    found[left.name] = self.rng.choice(self.spans[left.name])
                if self.place(left, found) is None:
                    left, right = right, left
                n = self.place(left, found)
                assert n is not None
                if right.name and right.name in self.spans and right.name not in found:
                    found[right.name] = n - right.offset
                if self.place(right, found) != n:
                    break
            else:
                if all(n in self.spans[name] for name, n in found.items()):
                    return found
        return None

    def place(self, index: Index, found: Choice) -> int | None:
        """Where an index term stands, if its index is known."""
        if index.name in self.spans and index.name not in found:
            return None
        return at(index, {**self.sizes, **found})


def _ends(places: range) -> list[int]:
    return [places[0], places[-1]] if places else []


def _combination(choices: Sequence[Sequence[Choice]], number: int) -> Choice:
    """One of each, by the number of the combination."""
    found: Choice = {}
    for options in choices:
        number, k = divmod(number, len(options))
        found |= options[k]
    return found


def _patterns(count: int, used: int, size: int) -> Iterator[tuple[int, ...]]:
    """Labels 0, 1, … for so many indices, a new label only after all smaller ones."""
    if count == 0:
        yield ()
        return
    for label in range(min(used + 1, size)):
        for rest in _patterns(count - 1, max(used, label + 1), size):
            yield (label, *rest)
