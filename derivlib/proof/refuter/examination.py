"""A statement put to the test at points, with rigorous arithmetic.

Independent of the prover: the two share the language's tree and nothing else. A statement is
refuted only at a point that meets every hypothesis exactly, where both sides are defined and the
intervals that hold their values are disjoint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice, product
from math import prod
from random import Random
from typing import TypeAlias

from derivlib.proof.language.effort import OutOfEffort
from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.refuter.comparison import PRECISIONS, UNDEFINED, Agreement, Comparison
from derivlib.proof.refuter.constraints import BITS
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.refuter.decimals import DIGITS, nested, roughly, told_apart
from derivlib.proof.refuter.duals import Undecided, Undefined
from derivlib.proof.refuter.environment import (
    Environment,
    Point,
    TooMuch,
    span,
    symbols,
)
from derivlib.proof.refuter.evaluation import Evaluator, Program
from derivlib.proof.refuter.evidence import LEAST_POINTS, Compared, Evidence
from derivlib.proof.refuter.landmarks import Landmarks
from derivlib.proof.refuter.minimise import Difference, simplest
from derivlib.proof.refuter.parting import parting
from derivlib.proof.refuter.patterns import MAX_PATTERNS, assignments
from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.refuter.probing import Prober
from derivlib.proof.refuter.relevance import relevant
from derivlib.proof.refuter.sampling import MOODS, Sampler
from derivlib.proof.refuter.substance import constants
from derivlib.proof.refuter.turning import Turning

FINER = (BITS, 8 * BITS)  # until all digits that are told are certain

TOO_MUCH = "the expressions are too large to evaluate"
NO_EFFORT = "the effort ran out before anything was evaluated"
TOO_SMALL = "the sides differ by less than can be told"

MORE_SIZES = 3  # for special points, where the first are not enough
MAX_LINES = 6  # points from which a line is drawn
MAX_SIZE, LARGE_SIZES = 64, (100, 200, 500, 900)  # from which those beyond zeros are chosen

Spot: TypeAlias = tuple[Point, Mapping[str, int]]
"""A point, and a place for each free index."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What comparing two sides at points has shown.

    Attributes:
        counterexample: a point at which they differ, made as simple as could be, or None.
        agreements: at how many pairs of point and pattern of indices both sides are defined and
            their values agree to a relative 1e-12 at least.
        reason: why nothing could be compared, or "".
        doubt: why the agreements do not suffice for a proof to be said, or "".
        compared: the points and patterns of indices at which the sides agreed.
        outside: those at which a side has no value.
    """

    counterexample: Counterexample | None
    agreements: int
    reason: str
    doubt: str = ""
    compared: tuple[Compared, ...] = field(default=(), compare=False)
    outside: tuple[Spot, ...] = field(default=(), compare=False)

    @property
    def spots(self) -> list[Spot]:
        """Where both sides agree."""
        return [(each.point, indices) for each in self.compared for indices in each.choices]


def examine(
    theory: Signature, statement: Statement, *, points: int = 12, seed: int = 0
) -> Examination:
    """Compare the two sides of a statement at points.

    The counterexample gives every entry of the variables that a side's value, or whether it has
    one, may depend on, of those from which hypotheses of the form `entry = …` compute them, and of
    those that other hypotheses tie to them: both sides and these hypotheses can be checked by hand,
    in any order. Entries are exact (`Fraction`) but where such a hypothesis gives a value that is
    known as an interval only, such as tanh(1): that one is a `float`, rounded to as many digits as
    the two sides are told in. The first entry along an axis `0..T` is that of place 0.

    Args:
        theory: what the letters mean.
        statement: from `theory.statement`.
        points: at how many points both sides should have been evaluated.
        seed: of the choice of points; the same seed gives the same answer.

    Example:
        >>> from derivlib.proof import Theory
        >>> theory = Theory("z: K")
        >>> wrong = theory.statement("∂(Σ(k, z[k]^2), z[i])", "z[i]")
        >>> print(examine(theory, wrong).counterexample)
        at K = 1, i = 1, z = (1): 2 ≠ 1
    """
    try:
        return _Examiner(theory, statement, seed).run(points)
    except OutOfEffort:
        return Examination(None, 0, NO_EFFORT)
    except TooMuch:
        return Examination(None, 0, TOO_MUCH)


class _Examiner:
    def __init__(self, theory: Signature, statement: Statement, seed: int) -> None:
        self.theory = theory
        self.statement = statement
        self.rng = Random(seed)
        self.evaluator = Evaluator(theory)
        self.comparison = Comparison(theory, statement, self.evaluator)
        ranges = map(symbols, statement.free.values())
        programs = self.comparison.sides
        self.names = frozenset[str]().union(*[p.code.names for p in programs], *ranges)
        self.sampler = Sampler(self.evaluator, self.names, self.rng)
        self.landmarks = Landmarks(theory, statement, self.names)
        self.outside: list[Spot] = []
        self.evidence = Evidence(
            [name for name in self.sampler.sizes if name in self.names],
            [name for name in theory.variables if name in self.names],
        )
        self.failures: Counter[str] = Counter()

    def run(self, points: int) -> Examination:
        try:
            found = self.search(points)
        except OutOfEffort:
            found = None
            self.failures[NO_EFFORT] += not self.failures
        agreements, compared = self.evidence.agreements, tuple(self.evidence.compared)
        if found is None:
            reason = "" if agreements else self.reason()
            outside = tuple(self.outside)
            doubt = self.doubt() if agreements else ""
            return Examination(None, agreements, reason, doubt, compared, outside)
        found = simplest(found, self.statement.free, self.sampler, self.differences)
        return Examination(self.counterexample(found), agreements, "", "", compared)

    def doubt(self) -> str:
        if self.comparison.hidden:
            return TOO_SMALL
        telling = self.evidence.telling
        return self.evidence.doubt(
            isolated=bool(telling) and all(map(self.sampler.constraints.isolates, telling[:3]))
        )

    def search(self, points: int) -> Difference | None:
        """The first difference, at one point after another."""
        return next(chain(self.at_ordinary_points(points), self.at_special_points()), None)

    def at_ordinary_points(self, points: int) -> Iterator[Difference]:
        evaluated = barren = 0
        too_large: list[Mapping[str, int]] = []
        for k, sizes in enumerate(islice(self.sampler.plan(self.landmarks.reach), 4 * points)):
            if evaluated >= points or barren >= points or self.sampler.exhausted():
                break
            if any(_covers(sizes, other) for other in too_large):
                continue
            before = self.evidence.agreements
            try:
                point = self.sampler.draw(sizes, MOODS[k] if k < len(MOODS) else None)
                if point is None:
                    barren += 1
                    continue
                yield from self.differences(point, self.assignments(point))
            except TooMuch:
                self.failures[TOO_MUCH] += 1
                too_large.append(sizes)
            evaluated += self.evidence.agreements > before

    def at_special_points(self) -> Iterator[Difference]:
        """At those that the statement, or a hypothesis, asks for."""
        for points in self.special_points():
            with suppress(TooMuch):
                for point in points:
                    yield from self.differences(point, self.everywhere(point))

    def special_points(self) -> Iterator[Iterator[Point]]:
        plan = self.sampler.plan(self.landmarks.reach)
        usual = [*islice(plan, 4)]
        beyond = self.beyond()
        for sizes in beyond:
            yield self.drawn(sizes)
        if self.theory.hypotheses and self.evidence.different() < LEAST_POINTS:
            names = self.sampler.sizes
            for sizes in (*usual, self.sized(names, 2), self.sized(names, 4)):
                yield islice(self.sampler.rescue(sizes), LEAST_POINTS)
        if self.theory.hypotheses:
            yield self.on_lines()
        turning = Turning(self.theory, self.statement)
        prober = Prober(self.sampler, turning, self.everywhere)
        first, *more = [*beyond, *usual]
        yield prober.points(first, next(iter(self.evidence.varied()), None))
        for sizes in more[:MORE_SIZES]:
            if self.doubt():
                yield prober.points(sizes, None)

    def drawn(self, sizes: Mapping[str, int]) -> Iterator[Point]:
        """Points with these sizes."""
        drawn = [self.sampler.draw(sizes, mood) for mood in ("signed", "positive")]
        found = [point for point in drawn if point is not None]
        for point in found or islice(self.sampler.rescue(sizes), LEAST_POINTS):
            yield point
            moved = self.sampler.moved(point)
            if moved is not None:
                yield moved

    def on_lines(self) -> Iterator[Point]:
        """More points that meet hypotheses of second degree."""
        for found in self.evidence.varied()[:MAX_LINES]:
            point = self.sampler.moved(found)
            if point is not None:
                yield point

    def beyond(self) -> list[dict[str, int]]:
        """Sizes at which no part of the statement that is made of sizes alone is 0.

        None if small sizes are of that kind.
        """
        parts = [*constants(self.theory, self.statement.left, self.statement.right)]
        programs = [self.evaluator.compile(part, {}) for part in parts]
        named = frozenset[str]().union(*[program.code.names for program in programs])
        names = [name for name in self.sampler.sizes if name in named]
        found = [
            sizes
            for n in (*range(MAX_SIZE), *LARGE_SIZES)
            for sizes in [self.sized(names, n)]
            if not any(self.vanishes(program, sizes) for program in programs)
        ]
        if not found or found[0] == self.sized(names, 0) or found[0] == self.sized(names, 1):
            return []
        return found[:3]

    def sized(self, names: Sequence[str], n: int) -> dict[str, int]:
        """Distinct sizes, those of the names larger than the least by n and more."""
        sizes: dict[str, int] = {}
        for name in self.sampler.sizes:
            least = max(self.theory.sizes[name], self.landmarks.reach.get(name, 1))
            sizes[name] = least + (n + 1 if name in names else 1)
            while sizes[name] in [size for other, size in sizes.items() if other != name]:
                sizes[name] += 1
        return sizes

    def vanishes(self, program: Program, sizes: Mapping[str, int]) -> bool:
        """Is it 0 with these sizes, or has it no value?"""
        self.evaluator.allow()
        with working_precision(PRECISIONS[0]):
            try:
                return bool(program(Environment(sizes, {}), {}) == 0)
            except (Undefined, Undecided, TooMuch):
                return True

    def assignments(self, point: Point) -> list[dict[str, int]]:
        free, marks = self.statement.free, self.landmarks
        return assignments(
            free, point.sizes, marks.constants, self.rng, marks.ordered, marks.deltas
        )

    def everywhere(self, point: Point) -> list[dict[str, int]]:
        """All places of the free indices if they are few: one entry alone may be special."""
        free = self.statement.free
        spans = [span(range_, point.sizes) for range_ in free.values()]
        if prod(map(len, spans)) > MAX_PATTERNS:
            return self.assignments(point)
        return [dict(zip(free, places, strict=True)) for places in product(*spans)]

    def differences(
        self, point: Point, choices: Iterable[Mapping[str, int]]
    ) -> Iterator[Difference]:
        """Where the sides differ; where they agree or cannot be compared is counted."""
        agreed: list[tuple[Mapping[str, int], Agreement]] = []
        try:
            for indices, outcome in self.comparison.at(point, choices):
                if isinstance(outcome, Agreement):
                    agreed.append((indices, outcome))
                elif isinstance(outcome, Difference):
                    yield outcome
                else:
                    self.failures[outcome] += 1
                    if outcome == UNDEFINED:
                        self.outside.append((point, indices))
        finally:
            self.evidence.add(point, agreed)

    def reason(self) -> str:
        """Why nothing could be compared."""
        if self.failures:
            return self.failures.most_common(1)[0][0]
        unmet = self.sampler.constraints.unmet
        if unmet is not None:
            return f"no point was found that meets the hypothesis {unmet} exactly"
        return TOO_MUCH

    def counterexample(self, found: Difference) -> Counterexample:
        point, names = found.point, self.told(found.point)
        left, right, digits = self.told_apart(found)
        return Counterexample(
            sizes=FrozenDict({name: n for name, n in point.sizes.items() if name in names}),
            indices=FrozenDict(found.indices),
            entries=FrozenDict(
                {
                    name: nested(entries, point.spans(self.theory.variables[name]), digits)
                    for name, entries in point.entries.items()
                    if name in names
                }
            ),
            left=left,
            right=right,
            parting=parting(self.evaluator, self.statement, point, found.indices),
        )

    def told_apart(self, found: Difference) -> tuple[str, str, int]:
        """Both values, evaluated closely enough for every digit to be one of the value."""
        left, right = found.left, found.right
        for bits in FINER:
            with working_precision(bits), suppress(Undecided, Undefined, TooMuch):
                left, right = [self.comparison.value(k, found.point, found.indices) for k in (0, 1)]
                if spelled := told_apart(left, right):
                    return spelled
        with working_precision(FINER[-1]):
            return roughly(left, right), roughly(right, left), DIGITS[0]

    def told(self, point: Point) -> frozenset[str]:
        """The sizes and variables that a reader needs to check both sides at the point."""
        sides = (self.statement.left, self.statement.right)
        needed = frozenset[str]().union(*[relevant(self.theory, side) for side in sides])
        equations = self.sampler.constraints.equations
        ties = [e.names for e in equations if not any(e.defines(key) for key in point.defined)]
        before = None
        while before != needed:
            before = needed
            needed = point.grounds(needed)
            for tie in ties:
                if not tie.isdisjoint(needed):
                    needed |= tie & self.theory.variables.keys()
        return needed | (self.names - self.theory.variables.keys())


def _covers(sizes: Mapping[str, int], others: Mapping[str, int]) -> bool:
    return all(n >= others[name] for name, n in sizes.items())
