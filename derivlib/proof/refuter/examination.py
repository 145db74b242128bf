"""A statement put to the test at points, with rigorous arithmetic.

Independent of the prover: the two share the language's tree and nothing else. A statement is
refuted only at a point that meets every hypothesis exactly, where both sides are defined and the
intervals that hold their values are disjoint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product
from random import Random
from time import monotonic
from typing import cast

from flint import arb, fmpq

from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.language.syntax import Expr
from derivlib.proof.refuter.constraints import BITS
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.refuter.duals import Number, Undecided, Undefined
from derivlib.proof.refuter.environment import (
    Environment,
    OutOfTime,
    Place,
    Point,
    Table,
    TooMuch,
    span,
    symbols,
)
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.landmarks import Landmarks
from derivlib.proof.refuter.minimise import Difference, simplest
from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.refuter.relevance import relevant
from derivlib.proof.refuter.sampling import MOODS, Sampler, assignments

PRECISIONS = (128, BITS)  # in bits; the second where the first decides nothing
MAX_REACH = 50  # constant places up to here get axes long enough to have them

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

    The counterexample gives every entry of the variables on which a side may depend, of those from
    which hypotheses of the form `entry = …` compute them, and of those in the statement that other
    hypotheses tie to them, so that both sides and these hypotheses can be checked by hand, in any
    order. Entries are exact (`Fraction`) but where such a hypothesis
    gives a value that is known as an interval only, such as tanh(1): that one is a `float`,
    rounded to as many digits as the two sides are told in. The first entry along an axis `0..T`
    is that of place 0.

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
                tables[variable.name] = _table(variable.name, entries[variable.name], spans)
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
        return assignments(free, point.sizes, marks.constants, self.rng, marks.ordered)

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
        with working_precision(PRECISIONS[-1]):
            left, right, digits = _decimals(found.left, found.right)
        return Counterexample(
            sizes=FrozenDict({name: n for name, n in point.sizes.items() if name in names}),
            indices=FrozenDict(found.indices),
            entries=FrozenDict(
                {
                    name: _nested(table, point.spans(self.theory.variables[name]), digits)
                    for name, table in point.entries.items()
                    if name in names
                }
            ),
            left=left,
            right=right,
        )

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
                    needed |= tie & self.names & self.theory.variables.keys()
        return needed | (self.names - self.theory.variables.keys())


def _narrow(x: Number) -> bool:
    """Is an interval known to a relative 1e-12, or to 1e-24 about 0?"""
    x = arb(x)
    return bool(x.rad() <= abs(x.mid()) * 1e-12 or x.rad() <= 1e-24)


def _covers(sizes: Mapping[str, int], others: Mapping[str, int]) -> bool:
    return all(n >= others[name] for name, n in sizes.items())


# --- numbers in and out -------------------------------------------------------------------------


def _table(name: str, value: object, spans: Sequence[range]) -> Table:
    """Nested sequences as a table from place to entry."""
    if not spans:
        try:
            x = Fraction(cast(float, value))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"entries of {name!r} are rational numbers, not {value!r}") from None
        return {(): fmpq(x.numerator, x.denominator)}
    axis, *rest = spans
    if not isinstance(value, Sequence) or len(value) != len(axis):
        raise ValueError(f"entries of {name!r} need {len(axis)} parts here, not {value!r}")
    return {
        (n, *place): entry
        for n, part in zip(axis, value, strict=True)
        for place, entry in _table(name, part, rest).items()
    }


def _nested(table: Table, spans: Sequence[range], digits: int, place: Place = ()) -> object:
    """The inverse of `_table`: Fractions, or floats of so many digits for what is irrational."""
    if spans:
        axis, *rest = spans
        return tuple(_nested(table, rest, digits, (*place, n)) for n in axis)
    entry = table[place]
    if type(entry) is fmpq:
        return Fraction(int(entry.p), int(entry.q))
    return float(arb(_rounded(entry, fmpq(1))).mid().str(digits, radius=False))


def _decimals(left: Number, right: Number) -> tuple[str, str, int]:
    """Both values in as many digits as tell them apart, 6 at least, and that number.

    An interval about 0 that is far narrower than the other value's size is told as 0.
    """
    left, right = _rounded(left, right), _rounded(right, left)
    for digits in (6, 9, 12, 18, 24, 36, 60, 100, 150):
        spelled = _decimal(left, digits), _decimal(right, digits)
        if spelled[0] != spelled[1]:
            break
    return *spelled, digits


def _rounded(x: Number, beside: Number) -> Number:
    """0 for an interval that contains 0 and is 1e-12 times narrower than the value beside it."""
    about_zero = type(x) is arb and x.contains(0)
    return fmpq(0) if about_zero and abs(arb(x)) < abs(arb(beside)) * 1e-12 else x


def _decimal(x: Number, digits: int) -> str:
    if type(x) is arb and x.is_exact() and x.is_integer():
        return _decimal(x.fmpq(), digits) if abs(x) < 10**15 else str(x.str(digits, radius=False))
    if type(x) is fmpq and x.height_bits() < 60:
        quotient = Decimal(int(x.p)) / int(x.q)
        if quotient * int(x.q) == int(x.p) and len(quotient.as_tuple().digits) <= digits + 2:
            return f"{quotient:f}"
    return str(arb(x).mid().str(digits, radius=False))
