"""Two sides compared at a point, in intervals: they differ, they agree, or it cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cached_property
from typing import TypeAlias

from flint import arb, fmpq

from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.refuter.constraints import BITS
from derivlib.proof.refuter.duals import Number, Undecided, Undefined
from derivlib.proof.refuter.environment import Environment, Point, TooMuch
from derivlib.proof.refuter.evaluation import STEPS, Evaluator, Program
from derivlib.proof.refuter.minimise import Difference
from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.refuter.substance import Weights, is_zero, less_common_terms, unhidden

PRECISIONS = (128, BITS)  # in bits; the second where the first decides nothing
DEEP = 8 * BITS  # bits at some points, where the sides are not rational: they may differ by little
MAX_DEEP = 4  # comparisons with these
MAX_DEEP_AT_A_POINT = 2
NEAR = 1e-12  # how closely values have to be known, relative to their terms, for them to agree

UNDEFINED = "at no sampled point are both sides defined"
UNDECIDED = "the values could not be computed closely enough to compare them"


class Agreement(Enum):
    """Both sides are defined and agree; could they have differed?"""

    SUBSTANTIAL = "they could"
    BUT_FOR_DELTAS = "they could if no δ were 0"
    EMPTY = "all terms of a side have a factor that is 0"


class _Near(Enum):
    """How values were found to agree, or that it could not be told."""

    EXACT = "they are rational and equal"
    CLOSE = "the intervals overlap and are narrow"
    HIDDEN = "the sides' own terms differ, by less than the terms that they share are known to"
    COARSE = "the intervals overlap and are wide"


Outcome: TypeAlias = Agreement | Difference | str
"""The last is why nothing can be told: UNDEFINED or UNDECIDED."""

Indices: TypeAlias = Mapping[str, int]


class Comparison:
    """Compares the two sides of a statement.

    Attributes:
        sides: the two, compiled.
        hidden: was there a difference too small to be told?
    """

    def __init__(self, theory: Signature, statement: Statement, evaluator: Evaluator) -> None:
        self.theory = theory
        self.evaluator = evaluator
        self.free = statement.free
        both = statement.left, statement.right
        self.sides = [evaluator.compile(side, self.free) for side in both]
        rest = less_common_terms(*both)
        self.rest = [evaluator.compile(side, self.free) for side in rest] if rest else []
        """The sides without the terms that they share, which may be large."""
        self.weights = {delta: _Weighing(theory, statement, delta) for delta in (True, False)}
        self.hidden = False
        self.deep = 0

    def at(self, point: Point, choices: Iterable[Indices]) -> Iterator[tuple[Indices, Outcome]]:
        """What comes out for each of some choices of the free indices. Raises TooMuch."""
        look = _Look(self, point)
        for indices in choices:
            try:
                yield indices, look.outcome(indices)
            except Undefined:
                yield indices, UNDEFINED

    def value(self, side: int, point: Point, indices: Indices) -> Number:
        """Of the left side (0) or the right (1); raises Undefined, Undecided or TooMuch."""
        self.evaluator.allow()
        return self.sides[side](point.environment(), indices)


class _Look:
    """At one point."""

    def __init__(self, comparison: Comparison, point: Point) -> None:
        self.comparison = comparison
        self.point = point
        self.environments: dict[str, Environment] = {}
        """One for each precision and each kind of weights: what is computed is remembered there."""
        self.deep = 0
        self.vanish = False
        """May both sides be 0, as far as the last comparison knows?"""

    def outcome(self, indices: Indices) -> Outcome:
        comparison = self.comparison
        found: Difference | _Near = _Near.COARSE
        for bits in PRECISIONS:
            found = self.compare(indices, bits)
            if found not in (_Near.COARSE, _Near.HIDDEN):
                break
        if found is _Near.HIDDEN or (found is _Near.CLOSE and self.may_go_deep()):
            deep = self.compare(indices, DEEP)
            comparison.hidden |= found is _Near.HIDDEN and not isinstance(deep, Difference)
            found = deep if isinstance(deep, Difference) else found
        match found:
            case Difference():
                return found
            case _Near.COARSE | _Near.HIDDEN:
                return UNDECIDED
        if not self.vanish or self.weighs(indices, delta=True):
            return Agreement.SUBSTANTIAL
        if self.weighs(indices, delta=False):
            return Agreement.BUT_FOR_DELTAS
        return Agreement.EMPTY

    def may_go_deep(self) -> bool:
        self.deep += 1
        self.comparison.deep += self.deep <= MAX_DEEP_AT_A_POINT
        return self.deep <= MAX_DEEP_AT_A_POINT and self.comparison.deep <= MAX_DEEP

    def compare(self, indices: Indices, bits: int) -> Difference | _Near:
        comparison, env = self.comparison, self.environment(f"{bits} bits")
        with working_precision(bits):
            comparison.evaluator.allow()
            try:
                left, right = [side(env, indices) for side in comparison.sides]
                rest = [side(env, indices) for side in comparison.rest]
            except Undecided:
                return _Near.COARSE
            if differ(left, right):
                return Difference(self.point, indices, left, right)
            if rest and differ(*rest):
                return _Near.HIDDEN
            self.vanish = all(x == 0 or (type(x) is arb and x.contains(0)) for x in (left, right))
            if type(left) is fmpq and type(right) is fmpq:
                return _Near.EXACT
            close = _narrow(left) and _narrow(right)
            return _Near.CLOSE if close or self.near_0(indices, left, right) else _Near.COARSE

    def near_0(self, indices: Indices, *values: Number) -> bool:
        """Are values about 0 known closely, for what their terms are?"""
        if not self.vanish:
            return False
        weights = self.values(indices, delta=True)
        largest = max((arb(w).lower() for w in weights if w is not None), default=arb(0))
        return all(bool(arb(x).rad() <= largest * NEAR) for x in values)

    def values(self, indices: Indices, delta: bool) -> list[Number | None]:
        """The sides' weights."""
        env = self.environment(f"weights, {delta}", unhidden)
        return self.comparison.weights[delta].values(env, indices)

    def environment(
        self, purpose: str, read: Callable[[Signature, Point], Environment] | None = None
    ) -> Environment:
        if purpose not in self.environments:
            theory, point = self.comparison.theory, self.point
            self.environments[purpose] = read(theory, point) if read else point.environment()
        return self.environments[purpose]

    def weighs(self, indices: Indices, *, delta: bool) -> bool:
        """Has each side a term that is not 0?"""
        with working_precision(PRECISIONS[0]):
            weights = self.values(indices, delta)
            return all(w is not None and bool(w > 0) for w in weights)


class _Weighing:
    """The weights of both sides, but of one that is 0 as it is written."""

    def __init__(self, theory: Signature, statement: Statement, delta: bool) -> None:
        self.theory = theory
        self.statement = statement
        self.delta = delta

    @cached_property
    def compiled(self) -> tuple[Evaluator, list[Program]]:
        """Seldom needed: both sides have to be 0."""
        weights = Weights(self.theory, delta=self.delta)
        evaluator = Evaluator(weights.theory)
        sides = (self.statement.left, self.statement.right)
        free = self.statement.free
        programs = [evaluator.compile(weights.weight(s), free) for s in sides if not is_zero(s)]
        return evaluator, programs

    def values(self, env: Environment, indices: Indices) -> list[Number | None]:
        """None for what has no weight, or one that could not be computed."""
        evaluator, programs = self.compiled
        found: list[Number | None] = []
        for program in programs:
            evaluator.allow(2 * STEPS)
            try:
                found.append(program(env, indices))
            except (Undefined, Undecided, TooMuch):
                found.append(None)
        return found


def differ(left: Number, right: Number) -> bool:
    """Whether two values are certain to differ."""
    if type(left) is fmpq and type(right) is fmpq:
        return bool(left != right)
    return not arb(left).overlaps(arb(right))


def _narrow(x: Number) -> bool:
    x = arb(x)
    return bool(x.rad() <= abs(x.mid()) * NEAR)
