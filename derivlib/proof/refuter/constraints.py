"""Entries chosen so that every hypothesis of a theory holds exactly.

A hypothesis with a bare entry on one side, such as h[t] = tanh(w*h[t-1]), defines that entry: it
is computed from the others, as an interval where its value is not rational, and the hypothesis
holds because the entry is that very value. The order is that of need: an entry that is read before
it is known is computed there and then, so that recurrences run forwards in time and adjoint ones
backwards. An equation that is left over, or that would define an entry by itself, is solved for
entries still free: by Newton's method, in exact rationals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from math import prod
from typing import TypeAlias

from flint import fmpq, fmpq_mat

from derivlib.proof.language.effort import spend
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Hypothesis
from derivlib.proof.language.syntax import Entry
from derivlib.proof.refuter.duals import (
    ONE,
    ZERO,
    Dual,
    Number,
    Undecided,
    Undefined,
    slope,
    tame,
)
from derivlib.proof.refuter.environment import (
    Environment,
    Key,
    Lazy,
    Place,
    Point,
    TooMuch,
    at,
    span,
    symbols,
)
from derivlib.proof.refuter.evaluation import Evaluator, Program
from derivlib.proof.refuter.precision import working_precision

BITS = 512  # of the intervals that entries are computed as: as fine as any comparison
MAX_INSTANCES = 2000  # of one hypothesis, one for each value of its free indices
MAX_JACOBIAN = 4000  # equations × unknowns
MAX_COMBINATIONS = 5000  # of variables, one for each hypothesis
MAX_CHOICES = 12  # sets of variables to try solving for
NEWTON_STEPS = 4  # one for each hypothesis that feeds the next
MAX_SOLUTION_BITS = 200
READING = 8  # steps of effort to read a point anew
MAX_ELIMINATION = 50_000  # steps of effort: flint cannot be interrupted


class _Equation:
    """A hypothesis, compiled."""

    def __init__(self, evaluator: Evaluator, source: Hypothesis) -> None:
        self.source = source
        self.left = evaluator.compile(source.left, source.free)
        self.right = evaluator.compile(source.right, source.free)
        ranges = map(symbols, source.free.values())
        self.names = (self.left.code.names | self.right.code.names).union(*ranges)
        self.bare: list[tuple[Entry, Program]] = [
            (side, other)
            for side, other in ((source.left, self.right), (source.right, self.left))
            if isinstance(side, Entry) and side.name in evaluator.theory.variables
        ]
        """Each side that is an entry and no more, with the program of the other."""

    def defines(self, key: Key) -> bool:
        """May it give the entry its value?"""
        return any(entry.name == key[0] for entry, _ in self.bare)


@dataclass(frozen=True, slots=True)
class _Definition:
    """An entry, with the program and the place of the free indices that give its value."""

    key: Key
    program: Program
    place: Place


@dataclass(frozen=True, slots=True)
class Instance:
    """A hypothesis at one place of its free indices, and what it may define."""

    equation: _Equation
    place: Place
    definition: _Definition | None

    def residual(self, env: Environment) -> Number:
        """left - right"""
        left, right = self.equation.left, self.equation.right
        return left.run(self.place, env) - right.run(self.place, env)


Definitions: TypeAlias = Mapping[Key, _Definition]
"""The entries to be computed."""


class Constraints:
    """The hypotheses of a theory, and how to meet them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.equations = [_Equation(evaluator, h) for h in evaluator.theory.hypotheses]
        self.names = frozenset[str]().union(*[e.names for e in self.equations])
        self.positive = [v.name for v in evaluator.theory.variables.values() if v.positive]
        self.unmet: Hypothesis | None = None
        """A hypothesis that could not be met at the last attempt."""
        self.work = 0
        """How many instances of hypotheses were evaluated so far."""
        defining = (True, False) if any(e.bare for e in self.equations) else (False,)
        self.ways = [(d, c) for d in defining for c in islice(self._choices(d), MAX_CHOICES)]
        self._known: dict[tuple[int, ...], list[Instance]] = {}

    def settle(self, point: Point, keep: str = "") -> Point | None:
        """The point, some entries changed so that every hypothesis holds exactly; else None.

        Those of the variable `keep` are solved for only if there is no other way. Raises TooMuch.
        """
        instances = self.instances(point)
        definitions = {i.definition.key: i.definition for i in instances if i.definition}
        for way in sorted(self.ways, key=lambda way: (keep in way[1], not way[0])):
            defining, unknowns = way
            try:
                with working_precision(BITS):
                    found = self._solve(point, instances, definitions if defining else {}, unknowns)
            except RecursionError:
                raise TooMuch from None
            if found is not None:
                # What worked will work again.
                self.ways.remove(way)
                self.ways.insert(0, way)
                return found
        return None

    def isolates(self, point: Point) -> bool:
        """Do the hypotheses leave no other points near this one?

        They do if their linear parts there determine every entry.
        """
        keys = [(name, place) for name, table in point.entries.items() for place in table]
        if not self.equations or any(type(point.entries[n][p]) is not fmpq for n, p in keys):
            return False
        try:
            instances = self.instances(point)
            if not 0 < len(keys) * len(instances) <= MAX_JACOBIAN:
                return False
            columns = [self._residuals(Reading(point, {}, key), instances) for key in keys]
        except TooMuch:
            return False
        flat = [slope(x, 0) for column in columns if column for x in column]
        if len(flat) != len(keys) * len(instances) or not _short(flat):
            return False
        return int(fmpq_mat(len(keys), len(instances), flat).rank()) == len(keys)

    def _choices(self, defining: bool) -> Iterator[tuple[str, ...]]:
        """Sets of variables to solve for: one for each hypothesis, or none where it may define."""
        options = []
        for equation in self.equations:
            names = [name for name in self.evaluator.theory.variables if name in equation.names]
            options.append(["", *names] if defining and equation.bare else names or [""])
        seen = set()
        for choice in islice(product(*options), MAX_COMBINATIONS):
            found = tuple(dict.fromkeys(name for name in choice if name))
            if found not in seen:
                seen.add(found)
                yield found

    def instances(self, point: Point) -> list[Instance]:
        """Each hypothesis at all places; no entry is defined twice."""
        sizes = tuple(point.sizes.values())
        if sizes not in self._known:
            taken: set[Key] = set()
            self._known[sizes] = [
                Instance(equation, place, self._definition(equation, place, point, taken))
                for equation in self.equations
                for place in _places(equation.source.free, point.sizes)
            ]
        return self._known[sizes]

    def _definition(
        self, equation: _Equation, place: Place, point: Point, taken: set[Key]
    ) -> _Definition | None:
        """What an instance defines: the first of its bare entries that is not yet taken."""
        scope = {**point.sizes, **dict(zip(equation.source.free, place, strict=True))}
        for entry, program in equation.bare:
            key = entry.name, tuple([at(index, scope) for index in entry.indices])
            if key not in taken and key[1] in point.entries[entry.name]:
                taken.add(key)
                return _Definition(key, program, place)
        return None

    def _solve(
        self,
        point: Point,
        instances: Sequence[Instance],
        definitions: Definitions,
        unknowns: Sequence[str],
    ) -> Point | None:
        """Newton's method in exact rationals: one step does where the hypotheses are linear."""
        for step in range(NEWTON_STEPS + 1):
            reading = Reading(point, definitions)
            residuals = self._residuals(reading, instances)
            if residuals is None:
                return None
            if all(map(_surely_zero, residuals)):
                found = reading.point()
                return found if self._respects_signs(found) else None
            columns = [
                (name, place)
                for name in unknowns
                for place in point.entries[name]
                if (name, place) not in reading.computed
            ]
            size = len(columns) * len(residuals)
            if step == NEWTON_STEPS or not 0 < size <= MAX_JACOBIAN or not _short(residuals):
                return None
            jacobian = [
                self._residuals(Reading(point, definitions, column), instances)
                for column in columns
            ]
            rows = [
                [*[slope(column[k], 0) if column else None for column in jacobian], -residual]
                for k, residual in enumerate(residuals)
            ]
            changes = _solution(rows)
            if changes is None:
                return None
            entries = {name: dict(table) for name, table in point.entries.items()}
            for (name, place), change in zip(columns, changes, strict=True):
                entries[name][place] += change
            point = Point(point.sizes, entries)
        return None

    def _residuals(self, reading: Reading, instances: Sequence[Instance]) -> list[Number] | None:
        """left - right of each instance that defines nothing; None if a side has no value."""
        spend(READING)
        found = []
        self.work += len(instances)
        for instance in instances:
            self.evaluator.allow()
            try:
                if reading.computes(instance):
                    continue
                residual = instance.residual(reading.environment)
            except (Undefined, Undecided):
                self.unmet = instance.equation.source
                return None
            if reading.column is None and not _surely_zero(residual):
                self.unmet = instance.equation.source
            found.append(residual)
        return found

    def _respects_signs(self, point: Point) -> bool:
        tables = [point.entries[name] for name in self.positive if name in point.entries]
        return all(x > 0 for table in tables for x in table.values())


class _Circular(Exception):
    """An entry would be defined by itself."""


class Reading:
    """A point read with the defined entries computed, each when it is first needed.

    The given entry `column`, if any, carries ε: what is made of it has its slope by that entry.
    """

    def __init__(self, given: Point, definitions: Definitions, column: Key | None = None) -> None:
        self.given = given
        self.definitions = definitions
        self.column = column
        self.computed: set[Key] = set()
        self.running: set[Key] = set()
        tables = {name: Lazy({}, partial(self.entry, name)) for name in given.entries}
        self.environment = Environment(given.sizes, {**tables}, level=0 if column is None else 1)

    def entry(self, name: str, place: Place) -> Number:
        """An entry that has not been read before."""
        key = name, place
        if key in self.running:
            raise _Circular
        value = self.given.entries[name][place]
        definition = self.definitions.get(key)
        if definition is not None:
            self.running.add(key)
            try:
                value = tame(definition.program.run(definition.place, self.environment))
                self.computed.add(key)
            except _Circular:
                pass  # the entry is given, then, and the equation has to be solved
            finally:
                self.running.remove(key)
        return Dual(0, value, ONE) if key == self.column else value

    def computes(self, instance: Instance) -> bool:
        """Does the instance hold because an entry is computed by it?"""
        definition = instance.definition
        if definition is None or definition.key not in self.definitions:
            return False
        self.value(*definition.key)
        return definition.key in self.computed

    def value(self, name: str, place: Place) -> Number:
        return self.environment.values[name][place]

    def point(self) -> Point:
        entries = {
            name: {place: self.value(name, place) for place in table}
            for name, table in self.given.entries.items()
        }
        made_of = {key: self.definitions[key].program.code.names for key in self.computed}
        return Point(self.given.sizes, entries, made_of)


def _places(free: Mapping[str, Range], sizes: Mapping[str, int]) -> Iterator[Place]:
    """All values of free indices."""
    spans = [span(range_, sizes) for range_ in free.values()]
    if prod(map(len, spans)) > MAX_INSTANCES:
        raise TooMuch
    return product(*spans)


def _surely_zero(x: Number) -> bool:
    return bool(x == 0)  # an interval that merely contains 0 is not equal to it


def _short(numbers: Sequence[Number]) -> bool:
    """Are these exact, and of few digits?"""
    return all(type(x) is fmpq and x.height_bits() <= MAX_SOLUTION_BITS for x in numbers)


def _solution(rows: list[list[Number]]) -> list[fmpq] | None:
    """Changes x with A·x = b for the rows (A | b), most of them 0; None if there are none."""
    flat = [x for row in rows for x in row]
    if not _short(flat):
        return None
    width = len(rows[0])
    longest = max(sum(x.height_bits() for x in row) for row in rows)
    filled = sum(x != 0 for x in flat)
    steps = filled * min(len(rows), width) * (1 + (longest // 700) ** 2) // 12
    if steps > MAX_ELIMINATION:
        return None
    spend(steps)
    reduced, rank = fmpq_mat(len(rows), width, flat).rref()
    changes = [ZERO] * (width - 1)
    for k in range(int(rank)):
        pivot = next(j for j in range(width) if reduced[k, j] != 0)
        if pivot == width - 1:
            return None
        changes[pivot] = reduced[k, width - 1]
    return changes
