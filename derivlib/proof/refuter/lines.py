"""Rational points of hypotheses of second degree, such as unit vectors, by lines through one.

A line through a rational point of a quadric meets it at one other, which is rational too: from
(1, 0) on the circle come (3/5, 4/5) and all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from flint import fmpq, fmpq_mat

from derivlib.proof.refuter.constraints import BITS, Constraints, Instance, Reading
from derivlib.proof.refuter.duals import ZERO, Number, Undecided, Undefined, slope
from derivlib.proof.refuter.environment import Key, Point
from derivlib.proof.refuter.precision import working_precision

MAX_KEYS = 24  # entries of one hypothesis
TRIES = 3  # directions
MAX_AFFINE = 6  # lines on which an equation that is taken to be affine was so
STEPS = tuple(fmpq(n) for n in (-3, -2, -1, 1, 2, 3))


class Lines:
    """Moves points along lines, so that every hypothesis holds where they end."""

    def __init__(self, constraints: Constraints) -> None:
        self.constraints = constraints
        self.rng = Random(0)
        self.affine: Counter[int] = Counter()
        """How often each equation was seen to be affine on a line."""

    def another(self, point: Point) -> Point | None:
        """Another point on each quadric that a hypothesis makes; None if there is none.

        Raises TooMuch.
        """
        found = point
        with working_precision(BITS):
            equations = [
                (instance, keys)
                for instance in self.constraints.instances(point)
                if instance.definition is None or instance.definition.key not in point.defined
                if (keys := self.keys(instance, point))
            ]
            for instance, keys in equations:
                if len(keys) <= MAX_KEYS and self.affine[id(instance.equation)] < MAX_AFFINE:
                    others = [e for e, more in equations if e is not instance and {*keys} & {*more}]
                    tries = (self.moved(found, instance, others, keys) for _ in range(TRIES))
                    found = next((end for end in tries if end is not None), found)
        return None if found is point else found

    def keys(self, instance: Instance, point: Point) -> list[Key]:
        """The rational entries that an equation reads."""
        reading = Reading(point, {})
        if self.residual(instance, reading) is None:
            return []
        return [
            (name, place)
            for name, table in reading.environment.values.items()
            for place, x in table.items()
            if type(x) is fmpq and (name, place) not in point.defined
        ]

    def residual(self, instance: Instance, reading: Reading) -> Number | None:
        self.constraints.evaluator.allow()
        try:
            return instance.residual(reading.environment)
        except (Undefined, Undecided):
            return None

    def gradient(self, instance: Instance, point: Point, keys: Sequence[Key]) -> list[Number]:
        residuals = [self.residual(instance, Reading(point, {}, key)) for key in keys]
        return [ZERO if x is None else slope(x, 0) for x in residuals]

    def moved(
        self, point: Point, instance: Instance, others: Sequence[Instance], keys: Sequence[Key]
    ) -> Point | None:
        """The other point on a line along which the other equations stay as they are."""
        along = self.direction([self.gradient(other, point, keys) for other in others], len(keys))
        gradient = self.gradient(instance, point, keys)
        if along is None or not all(type(x) is fmpq for x in gradient):
            return None
        linear = sum((x * d for x, d in zip(gradient, along, strict=True)), ZERO)
        whole = self.residual(instance, Reading(_stepped(point, keys, along, fmpq(1)), {}))
        if type(whole) is not fmpq or linear == 0:
            return None  # a line that touches
        if whole == linear:
            self.affine[id(instance.equation)] += 1
            return None
        self.affine[id(instance.equation)] = -MAX_AFFINE  # a hyperbola has two such lines as well
        found = self.constraints.settle(
            _stepped(point, keys, along, -linear / (whole - linear)), keys[0][0]
        )
        return found if found is not None and found.entries != point.entries else None

    def direction(self, rows: Sequence[Sequence[Number]], width: int) -> list[fmpq] | None:
        """A random one that is orthogonal to all the rows."""
        if not all(type(x) is fmpq for row in rows for x in row):
            return None
        along = [self.rng.choice(STEPS) for _ in range(width)]
        if rows:
            flat = [x for row in rows for x in row]
            reduced, rank = fmpq_mat(len(rows), width, flat).rref()
            pivots = [next(j for j in range(width) if reduced[k, j] != 0) for k in range(int(rank))]
            for k, pivot in enumerate(pivots):
                free = (j for j in range(width) if j not in pivots)
                along[pivot] = -sum((reduced[k, j] * along[j] for j in free), ZERO)
        return along if any(along) else None


def _stepped(point: Point, keys: Sequence[Key], along: Sequence[fmpq], by: fmpq) -> Point:
    entries = {name: dict(table) for name, table in point.entries.items()}
    for (name, place), d in zip(keys, along, strict=True):
        entries[name][place] += by * d
    return Point(point.sizes, entries, point.defined)
