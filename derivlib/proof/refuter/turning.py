"""Where a statement changes its ways: the signs of what is under Max, abs, logs, roots, quotients.

Both sides are run at a point with an ε at one of its entries. What stands under such an operation
then comes with its slope by that entry, so that its zero on this line is known: exactly where it is
affine in the entry, and else as well as a step of Newton's method finds it. Definitions and sums
are looked into as they are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isfinite

from flint import fmpq

from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.refuter.duals import (
    ONE,
    Dual,
    Number,
    Undecided,
    Undefined,
    real,
    sign,
    slope,
)
from derivlib.proof.refuter.environment import Environment, Key, Point, TooMuch
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.precision import working_precision

BITS = 128
MAX_ZEROS = 8  # on one line


@dataclass(frozen=True, slots=True)
class Turn:
    """What was seen under an operation: where in the statement, its sign, its zero on the line.

    The sign is None if it could not be told, the zero if there is none.
    """

    where: int
    sign: int | None
    zero: fmpq | None


class Turning:
    """Both sides of a statement, watched while they are evaluated."""

    def __init__(self, theory: Signature, statement: Statement) -> None:
        self.seen: list[tuple[int, Number]] = []
        self.evaluator = Evaluator(theory, self.note)
        self.sides = [
            self.evaluator.compile(side, statement.free)
            for side in (statement.left, statement.right)
        ]
        self.watched = self.evaluator.watched
        """How many operations are watched."""
        self.dead = 0
        """How often a Max was 0 at the last look: nothing beside it as a factor can be seen."""

    def note(self, where: int, value: Number) -> None:
        self.seen.append((where, value))

    def look(
        self, point: Point, choices: Iterable[Mapping[str, int]], key: Key | None = None
    ) -> list[Turn]:
        """What is seen at a point; with the zeros on the line along which one entry varies."""
        self.seen.clear()
        environment = _environment(point, key)
        with working_precision(BITS):
            for indices in choices:
                for side in self.sides:
                    self.evaluator.allow()
                    with suppress(Undefined, Undecided, TooMuch):
                        side(environment, indices)
            at = point.entries[key[0]][key[1]] if key else None
            results = self.evaluator.results
            self.dead = sum(where in results and real(x) == 0 for where, x in self.seen)
            return [_turn(where, x, at) for where, x in self.seen if where not in results]


def _environment(point: Point, key: Key | None) -> Environment:
    tables = {name: dict(table) for name, table in point.entries.items()}
    if key is not None:
        name, place = key
        tables[name][place] = Dual(0, tables[name][place], ONE)
    return Environment(point.sizes, tables, level=0 if key is None else 1)


def _turn(where: int, value: Number, at: Number | None) -> Turn:
    try:
        side = sign(value)
    except Undecided:
        side = None
    while type(value) is Dual and value.level > 0:
        value = value.value
    by = slope(value, 0)
    if at is None or by == 0:
        return Turn(where, side, None)
    exact = type(by) is fmpq and type(real(value)) is fmpq and type(at) is fmpq
    try:
        zero = at - real(value) / by
    except ZeroDivisionError:
        return Turn(where, side, None)
    return Turn(where, side, zero if exact else _about(zero))


def _about(x: Number) -> fmpq | None:
    """A rational number near the middle of an interval."""
    near = float(x.mid() if hasattr(x, "mid") else x)
    if not isfinite(near):
        return None
    rational = Fraction(near).limit_denominator(1000)
    return fmpq(rational.numerator, rational.denominator)


def regions(zeros: Iterable[fmpq]) -> list[fmpq]:
    """The zeros on a line, and a number between each two and beyond either end."""
    marks = sorted(set(zeros))
    if len(marks) > MAX_ZEROS:
        marks = [marks[k * (len(marks) - 1) // (MAX_ZEROS - 1)] for k in range(MAX_ZEROS)]
    if not marks:
        return []
    between = [_between(low, high) for low, high in pairwise(marks)]
    return sorted({*marks, *between, fmpq(marks[0].ceil() - 1), fmpq(marks[-1].floor() + 1)})


def _between(low: fmpq, high: fmpq) -> fmpq:
    """A whole number if there is one."""
    whole = fmpq(low.floor() + 1)
    return whole if whole < high else (low + high) / 2
