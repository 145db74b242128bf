"""A statement put to the test at points, with rigorous arithmetic.

Independent of the prover: the two share the language's tree and nothing else. A statement is
refuted only at a point that meets every hypothesis exactly, where both sides are defined and the
intervals that hold their values are disjoint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, product
from random import Random
from time import monotonic

from flint import arb, fmpq

from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.language.syntax import Expr
from derivlib.proof.refuter.constraints import BITS
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.refuter.decimals import DIGITS, nested, roughly, table, told_apart
from derivlib.proof.refuter.duals import Number, Undecided, Undefined
from derivlib.proof.refuter.environment import (
    Environment,
    OutOfTime,
    Point,
    Table,
    TooMuch,
    span,
    symbols,
)
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.landmarks import Landmarks
from derivlib.proof.refuter.minimise import Difference, simplest
from derivlib.proof.refuter.patterns import assignments
from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.refuter.relevance import relevant
from derivlib.proof.refuter.sampling import MOODS, Sampler

PRECISIONS = (128, BITS)  # in bits; the second where the first decides nothing

FINER = (BITS, 8 * BITS)  # until all digits that are told are certain

UNDEFINED = "at no sampled point are both sides defined"
UNDECIDED = "the values could not be computed closely enough to compare them"
TOO_MUCH = "the expressions are too large to evaluate"
NO_TIME = "there was no time to evaluate anything"

AGREE: tuple[()] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """What comparing two sides at points has shown.

    Attributes:
        counterexample: a point at which they differ, made as simple as could be, or None.
        agreements: at how many pairs of point and pattern of indices both sides are defined and
            their values agree to a relative 1e-12 at least.
        reason: why nothing could be compared, or "".
    """

    counterexample: Counterexample | None
    agreements: int
    reason: str


def examine(
    theory: Signature, statement: Statement, *, deadline: float, points: int = 12, seed: int = 0
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
        deadline: the `time.monotonic()` at which to stop.
        points: at how many points both sides should have been evaluated.
        seed: of the choice of points; the same seed gives the same answer if time allows.

    Example:
        >>> from time import monotonic
        >>> from derivlib.proof import Theory
        >>> theory = Theory("z: K")
        >>> wrong = theory.statement("∂(Σ(k, z[k]^2), z[i])", "z[i]")
        >>> print(examine(theory, wrong, deadline=monotonic() + 1).counterexample)
        at K = 1, i = 1, z = (1): 2 ≠ 1
    """
    if monotonic() > deadline:
        return Examination(None, 0, NO_TIME)
    try:
        return _Examiner(theory, statement, deadline, seed).run(points)
    except OutOfTime:
        return Examination(None, 0, NO_TIME)
    except TooMuch:
        return Examination(None, 0, TOO_MUCH)


def value(
    theory: Signature,
    expr: Expr,
    sizes: Mapping[str, int],
    indices: Mapping[str, int],
    entries: Mapping[str, object],
    *,
    precision: int = 128,
) -> arb | None:
    """The value of an expression at a point, as an interval that contains it.

    Args:
        theory: what the letters mean; its hypotheses are not looked at.
        expr: one side of a Statement.
        sizes, indices, entries: the point, as in a Counterexample: entries are numbers or nested
            sequences of them, read exactly.
        precision: in bits.

    Returns:
        The interval; None if the expression is not defined there, if this precision is too low
        to tell, or if it would take too long.

    Raises:
        ValueError: a size, index or entry on which the value depends is missing, or the entries'
            shape does not match the sizes.

    Example:
        >>> from derivlib.proof import Theory
        >>> theory = Theory("x: real")
        >>> side = theory.statement("∂(log(x), x)", "1/x").left
        >>> float(value(theory, side, {}, {}, {"x": 4}))
        0.25
    """
    evaluator = Evaluator(theory)
    evaluator.allow(2_000_000)
    try:
        program = evaluator.compile(expr, dict.fromkeys(indices))
    except KeyError as error:
        raise ValueError(f"indices lack {error.args[0]!r}, which is free here") from None
    names, needed = program.code.names, relevant(theory, expr)
    tables: dict[str, Table] = {}
    for name in theory.sizes:
        if name in names and name not in sizes:
            raise ValueError(f"sizes lack {name!r}, which the expression needs")
    for variable in theory.variables.values():
        if variable.name in names:
            spans = [span(axis, sizes) for axis in variable.axes]
            if variable.name in entries:
                tables[variable.name] = table(variable.name, entries[variable.name], spans)
            elif variable.name in needed:
                raise ValueError(f"entries lack {variable.name!r}, which the expression needs")
            else:  # any value will do
                tables[variable.name] = dict.fromkeys(product(*spans), fmpq(1))
    with working_precision(precision):
        try:
            return arb(program(Environment(dict(sizes), tables), indices))
        except (Undefined, Undecided, TooMuch):
            return None


class _Examiner:
    def __init__(self, theory: Signature, statement: Statement, deadline: float, seed: int) -> None:
        self.theory = theory
        self.statement = statement
        self.rng = Random(seed)
        self.evaluator = Evaluator(theory, deadline)
        self.left = self.evaluator.compile(statement.left, statement.free)
        self.right = self.evaluator.compile(statement.right, statement.free)
        ranges = map(symbols, statement.free.values())
        self.names = (self.left.code.names | self.right.code.names).union(*ranges)
        self.sampler = Sampler(self.evaluator, self.names, self.rng)
        self.landmarks = Landmarks(theory, statement, self.names)
        self.agreements = 0
        self.failures: Counter[str] = Counter()

    def run(self, points: int) -> Examination:
        try:
            found = self.search(points)
        except OutOfTime:
            found = None
            self.failures[NO_TIME] += not self.failures
        if found is None:
            return Examination(None, self.agreements, "" if self.agreements else self.reason())
        agreements = self.agreements
        found = simplest(found, self.statement.free, self.sampler, self.differences)
        return Examination(self.counterexample(found), agreements, "")

    def search(self, points: int) -> Difference | None:
        """The first difference, at one point after another."""
        evaluated = barren = 0
        too_large: list[Mapping[str, int]] = []
        for k, sizes in enumerate(islice(self.sampler.plan(self.landmarks.reach), 4 * points)):
            if evaluated >= points or barren >= points:
                break
            if any(_covers(sizes, other) for other in too_large):
                continue
            before = self.agreements
            try:
                point = self.sampler.draw(sizes, MOODS[k] if k < len(MOODS) else None)
                if point is None:
                    barren += 1
                    continue
                for difference in self.differences(point, self.assignments(point)):
                    return difference
            except TooMuch:
                self.failures[TOO_MUCH] += 1
                too_large.append(sizes)
            evaluated += self.agreements > before
        return None

    def assignments(self, point: Point) -> list[dict[str, int]]:
        free, marks = self.statement.free, self.landmarks
        return assignments(
            free, point.sizes, marks.constants, self.rng, marks.ordered, marks.deltas
        )

    def differences(
        self, point: Point, choices: Iterable[Mapping[str, int]]
    ) -> Iterator[Difference]:
        """Where the sides differ; where they agree or cannot be compared is counted."""
        environments = [point.environment() for _ in PRECISIONS]
        for indices in choices:
            try:
                for bits, env in zip(PRECISIONS, environments, strict=True):
                    with working_precision(bits):
                        outcome = self.compare(env, indices)
                    if outcome is not None:
                        break
            except Undefined:
                self.failures[UNDEFINED] += 1
                continue
            if outcome is None:
                self.failures[UNDECIDED] += 1
            elif outcome == AGREE:
                self.agreements += 1
            else:
                yield Difference(point, indices, *outcome)

    def compare(
        self, env: Environment, indices: Mapping[str, int]
    ) -> tuple[()] | tuple[Number, Number] | None:
        """Both values if they differ, AGREE if they agree closely, None if this is too coarse."""
        self.evaluator.allow()
        try:
            left, right = self.left(env, indices), self.right(env, indices)
        except Undecided:
            return None
        if type(left) is fmpq and type(right) is fmpq:
            return AGREE if left == right else (left, right)
        if not arb(left).overlaps(arb(right)):
            return left, right
        return AGREE if _narrow(left) and _narrow(right) else None

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
        )

    def told_apart(self, found: Difference) -> tuple[str, str, int]:
        """Both values, evaluated closely enough for every digit to be one of the value."""
        left, right = found.left, found.right
        for bits in FINER:
            with working_precision(bits), suppress(Undecided, Undefined, TooMuch):
                self.evaluator.allow()
                env = found.point.environment()
                left, right = self.left(env, found.indices), self.right(env, found.indices)
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


def _narrow(x: Number) -> bool:
    """Is an interval known to a relative 1e-12, or to 1e-24 about 0?"""
    x = arb(x)
    return bool(x.rad() <= abs(x.mid()) * 1e-12 or x.rad() <= 1e-24)


def _covers(sizes: Mapping[str, int], others: Mapping[str, int]) -> bool:
    return all(n >= others[name] for name, n in sizes.items())
