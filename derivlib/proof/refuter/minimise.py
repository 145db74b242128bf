"""A counterexample made as plain as it goes: the least sizes, then the plainest entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, islice, product
from typing import TypeAlias

from flint import arb, fmpq

from derivlib.proof.language.effort import OutOfEffort
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Variable
from derivlib.proof.refuter.constraints import BITS
from derivlib.proof.refuter.duals import Number
from derivlib.proof.refuter.environment import Place, Point, TooMuch, span
from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.refuter.sampling import MOODS, Sampler, one_hot

MAX_ATTEMPTS = 1000  # in each of the two steps
CLEAR = 1e-3  # values that differ less, relatively, make a poor counterexample
INTERVAL = 40  # the cost of an entry that is not rational: that of one with long fractions
PLAIN = [fmpq(n) for n in (0, 1, -1, 2)] + [fmpq(1, 2), fmpq(-2), fmpq(3), fmpq(-1, 2)]


@dataclass(frozen=True, slots=True)
class Difference:
    """A point, the places of the free indices, and both sides' values, which differ there."""

    point: Point
    indices: Mapping[str, int]
    left: Number
    right: Number

    def clear(self) -> bool:
        """Do the values differ visibly?"""
        with working_precision(BITS):
            left, right = arb(self.left), arb(self.right)
            return bool(abs(left - right) > CLEAR * abs(left).max(abs(right)))


Differences: TypeAlias = Callable[[Point, Iterable[Mapping[str, int]]], Iterator[Difference]]
"""The differences at a point, for some choices of the free indices."""


def simplest(
    found: Difference, free: Mapping[str, Range], sampler: Sampler, differences: Differences
) -> Difference:
    """The plainest difference that turns up before effort or patience runs out.

    One whose values differ visibly is not given up for one whose values nearly agree.
    """
    search = _Search(found, free, sampler, differences)
    for step in (search.shrink, search.plain):
        search.attempts = 0
        with suppress(OutOfEffort):
            step()
    return search.best


class _Search:
    def __init__(
        self,
        best: Difference,
        free: Mapping[str, Range],
        sampler: Sampler,
        differences: Differences,
    ) -> None:
        self.best = best
        self.must_be_clear = best.clear()
        self.free = free
        self.sampler = sampler
        self.differences = differences
        self.attempts = 0

    def attempt(self, point: Point | None, choices: Iterable[Mapping[str, int]]) -> bool:
        """Take the point if it is a counterexample too."""
        self.attempts += 1
        if self.attempts > MAX_ATTEMPTS:
            raise OutOfEffort
        if point is None:
            return False
        with suppress(TooMuch):
            for difference in self.differences(point, choices):
                if difference.clear() or not self.must_be_clear:
                    self.best = difference
                    return True
        return False

    def shrink(self) -> None:
        """From the least sizes and the first places upwards."""
        present = self.best.point
        names, bounds = self.sampler.sizes, self.sampler.theory.sizes
        ranges = [range(bounds[name], present.sizes[name] + 1) for name in names]
        for vector in sorted(islice(product(*ranges), 500), key=lambda v: (sum(v), v)):
            sizes = dict(zip(names, vector, strict=True))
            spans = [span(range_, sizes) for range_ in self.free.values()]
            choices = [
                dict(zip(self.free, places, strict=True)) for places in islice(product(*spans), 40)
            ]
            if sizes == present.sizes:
                self.attempt(present, choices)
                return
            drawn = [self.draw(sizes, mood) for mood in (*MOODS, None)]
            if any(self.attempt(point, choices) for point in drawn):
                return
            moved = (self.sampler.moved(point) for point in drawn if point is not None)
            if any(self.attempt(point, choices) for point in moved):
                return

    def draw(self, sizes: Mapping[str, int], mood: str | None) -> Point | None:
        with suppress(TooMuch):
            return self.sampler.draw(sizes, mood)
        return None

    def plain(self) -> None:
        """Entry by entry, again and again while it helps."""
        before = None
        while before is not self.best:
            before = self.best
            for variable in self.sampler.variables:
                for places in self.parts(variable):
                    any(
                        self.replace(variable.name, dict(zip(places, values, strict=True)))
                        for values in self.plainer(variable, places)
                    )

    def parts(self, variable: Variable) -> list[list[Place]]:
        """The places whose entries change together: a row that sums to 1, or just one.

        Entries that hypotheses define by others are not for us to change.
        """
        name, point = variable.name, self.best.point
        places = [place for place in point.entries[name] if (name, place) not in point.defined]
        if name not in self.sampler.rows:
            return [[place] for place in places]
        return [list(row) for _, row in groupby(places, key=lambda place: place[:-1])]

    def plainer(self, variable: Variable, places: list[Place]) -> list[list[fmpq]]:
        table = self.best.point.entries[variable.name]
        present = sum(_cost(table[place]) for place in places)
        width = len(places)
        if variable.name in self.sampler.rows:
            options = [*[one_hot(width, k) for k in range(width)], [fmpq(1, width)] * width]
        else:
            options = [[x] for x in PLAIN]
        return [
            option
            for option in options
            if sum(map(_cost, option)) < present
            and (not variable.positive or all(x > 0 for x in option))
        ]

    def replace(self, name: str, changes: dict[Place, fmpq]) -> bool:
        point = self.best.point
        table = {**point.entries[name], **changes}
        changed = None
        with suppress(TooMuch):
            changed = self.sampler.constraints.settle(
                Point(point.sizes, {**point.entries, name: table}), name
            )
        if changed is not None and _point_cost(changed) >= _point_cost(point):
            changed = None
        return self.attempt(changed, [self.best.indices])


def _cost(x: Number) -> int:
    """How much a reader has to take in."""
    if type(x) is not fmpq:
        return INTERVAL
    return PLAIN.index(x) if x in PLAIN else len(PLAIN) + x.height_bits() + (x < 0)


def _point_cost(point: Point) -> int:
    return sum(_cost(x) for table in point.entries.values() for x in table.values())
