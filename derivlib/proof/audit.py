"""A proof put to the test at points: each of its parts, not only the statement that it ends in.

A factor around a part can be 0 at every point, and hide what is wrong with it. So each part of the
statement is compared with its normal form, each hypothesis as it was solved, all that a step puts
for another thing, each licence and each condition at the points. What a step does with sums and
products has to be right whatever the atoms are worth; and the steps have to lead to 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from flint import arb, fmpq

from derivlib.proof.algebra.hypotheses import Rule
from derivlib.proof.algebra.licences import Licence
from derivlib.proof.algebra.polynomial import ONE, Atom, Poly, atom_poly, mono_poly
from derivlib.proof.algebra.polynomial import ZERO as ZERO_POLY
from derivlib.proof.algebra.requirements import Requirement
from derivlib.proof.algebra.steps import (
    Equal,
    Exchanged,
    Formed,
    Identity,
    Signed,
    Split,
    Step,
    Substituted,
)
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Base, free
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.refuter.duals import ZERO, Number, Undecided, Undefined, sign
from derivlib.proof.refuter.environment import TooMuch
from derivlib.proof.refuter.evaluation import Evaluator, Program
from derivlib.proof.refuter.examination import Spot
from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.values import Impossible, Opaque, Values

At: TypeAlias = Mapping[Base, int]
PRECISION = 128  # in bits
SPOTS = 4  # at which normal forms are looked at
STEP_SPOTS = 16  # at which all else is
MORE_SPOTS = 100  # at which those parts are that no spot has shown yet
MOST_PLACES = 4  # of a part's own indices, at one point
MOST_PLACES_OF_CONDITIONS = 100
STEPS = 100_000  # of evaluation, at one point
SALTS = 12  # of the numbers that atoms are worth, to find two where all has a value


@dataclass(frozen=True, slots=True)
class Equation:
    """What a step says of parts: `left` is `right`, or the sum of it over an index, in a case."""

    rule: str
    left: Poly
    right: Poly
    summed: Base | None = None
    where: Equal | Signed | None = None


Part: TypeAlias = Formed | Rule | Equation | Split | Licence


@dataclass(frozen=True)
class Proof:
    """All that a proof is made of, and what its verdict says. The steps show that the difference
    of the two sides is 0; `sums` are how the normal forms were made from those of parts."""

    difference: Poly
    formed: Sequence[Formed]
    sums: Sequence[Identity]
    rules: Sequence[Rule]
    steps: Sequence[Step]
    licences: Sequence[Licence]
    least_sizes: Mapping[str, int]
    conditions: Sequence[Requirement]

    @cached_property
    def parts(self) -> list[Part]:
        """What has to be seen at points."""
        cases = [step for step in self.steps if isinstance(step, Split)]
        equations = [each for step in self.steps for each in _equations(step)]
        return [*self.formed, *self.rules, *equations, *cases, *self.licences]


class Mistake(Exception):
    """A part of the proof is wrong at a point; the message says which."""


def audit(
    theory: Signature,
    statement: Statement,
    proof: Proof,
    spots: Sequence[Spot],
    outside: Sequence[Spot] = (),
) -> str:
    """Compare the parts of a proof at points that meet the hypotheses.

    Args:
        theory, statement, proof: what was proved, and how.
        spots: where both sides of the statement have values.
        outside: where one has none: there the verdict's conditions must not hold.

    Returns:
        "", or a part that could not be compared at any of the points.

    Raises:
        Mistake: a part is wrong at one of them, or the steps do not lead to 0.
    """
    _check_goals(proof)
    for step in (*proof.sums, *proof.steps):
        _check_algebra(step)
    auditor = _Auditor(theory, statement, proof)
    apart = list(_alternating(spots))
    others = [part for part in proof.parts if not isinstance(part, Formed)]
    for n, spot in enumerate(apart[:MORE_SPOTS]):
        auditor.look(spot, proof.parts if n < SPOTS else others if n < STEP_SPOTS else [])
        auditor.look(spot, auditor.unseen() if n >= SPOTS else [])
    for spot in list(_alternating(outside))[:MORE_SPOTS]:
        auditor.look_outside(spot)
    return next(map(_named, auditor.unseen()), "")


def _alternating(spots: Sequence[Spot]) -> Iterator[Spot]:
    """The spots in an order in which points and places of the indices change together."""
    by_point: dict[int, list[Spot]] = {}
    for spot in spots:
        by_point.setdefault(id(spot[0]), []).append(spot)
    groups = [
        [*group[n % len(group) :], *group[: n % len(group)]]
        for n, group in enumerate(by_point.values())
    ]
    for n in range(max(map(len, groups), default=0)):
        yield from (group[n] for group in groups if n < len(group))


class _Auditor:
    def __init__(self, theory: Signature, statement: Statement, proof: Proof) -> None:
        self.statement = statement
        self.proof = proof
        self.evaluator = Evaluator(theory)
        self.programs: dict[int, Program] = {}
        self.seen: set[int] = set()
        """Which parts were compared, or have no place at which they could be."""

    def unseen(self) -> list[Part]:
        return [part for part in self.proof.parts if id(part) not in self.seen]

    def look(self, spot: Spot, parts: Sequence[Part]) -> None:
        """Compare these parts at a point."""
        values, at = self.begin(spot)
        with working_precision(PRECISION), suppress(TooMuch):
            for part in parts:
                for inside in self.places(part, values, at):
                    with suppress(Undefined, Undecided):
                        try:
                            self.compare(part, values, inside)
                        except Impossible:
                            raise Mistake("an entry taken to be positive is not") from None
                        self.seen.add(id(part))

    def look_outside(self, spot: Spot) -> None:
        """Not all conditions may hold where a side of the statement has no value."""
        values, at = self.begin(spot)
        with working_precision(PRECISION), suppress(TooMuch, Undefined, Undecided):
            sizes = values.environment.sizes
            if any(sizes[name] < n for name, n in self.proof.least_sizes.items() if name in sizes):
                return
            for each in self.proof.conditions:
                for inside in values.choices(each.poly.bases, at, MOST_PLACES_OF_CONDITIONS):
                    if not _meets(values.poly(each.poly, inside), each.relation):
                        return
            raise Mistake("its conditions hold where a side has no value")

    def begin(self, spot: Spot) -> tuple[Values, At]:
        point, indices = spot
        self.evaluator.allow(STEPS)
        at = {free(name, range_): indices[name] for name, range_ in self.statement.free.items()}
        return Values(self.evaluator, point.environment()), at

    def places(self, part: Part, values: Values, at: At) -> Iterator[At]:
        """Places for the indices that a part has beside the statement's own."""
        match part:
            case Formed():
                bases = frozenset(base for base, _ in part.scope.values())
            case Rule():
                bases = mono_poly(part.left).bases | part.right.bases
            case Equation():
                bases = part.left.bases | part.right.bases | _bases(part.where)
                bases -= {part.summed}
            case Split():
                bases = part.before.bases.union(*(_bases(case.where) for case in part.cases))
            case Licence():
                bases = part.requirement.poly.bases
        found = False
        for inside in values.choices(bases, at, MOST_PLACES):
            found = True
            yield inside
        if not found:
            self.seen.add(id(part))

    def compare(self, part: Part, values: Values, at: At) -> None:
        match part:
            case Formed(_, scope, poly):
                places = {name: values.place(place, at) for name, place in scope.items()}
                left = self.program(part)(values.environment, places)
                _agree(part, left, values.poly(poly, at))
            case Rule(left, right):
                _agree(part, values.mono(left, at), values.poly(right, at))
            case Equation(_, left, right, summed, where):
                if where is not None and not _holds(where, values, at):
                    raise Undefined
                whole = ZERO
                for inside in values.each(summed, at):
                    whole = whole + values.poly(right, inside)
                _agree(part, values.poly(left, at), whole)
            case Split(_, cases):
                holding = [case for case in cases if _holds(case.where, values, at)]
                if not holding or any(case.after is None for case in holding):
                    raise Mistake("a case that is not looked at has a point in it")
            case Licence(requirement):
                if not _meets(values.poly(requirement.poly, at), requirement.relation):
                    raise Mistake(f"{_named(part)} does not hold")

    def program(self, formed: Formed) -> Program:
        if id(formed) not in self.programs:
            ranges = dict.fromkeys(formed.scope)
            self.programs[id(formed)] = self.evaluator.compile(formed.expr, ranges)
        return self.programs[id(formed)]


# --- what needs no point --------------------------------------------------------------------------


def _check_goals(proof: Proof) -> None:
    """Whether the steps show that the difference is 0."""
    shown, waiting = {ZERO_POLY}, list(reversed(proof.steps))
    while waiting:
        left = [step for step in waiting if not shown.issuperset(step.goals)]
        shown.update(step.before for step in waiting if shown.issuperset(step.goals))
        if len(left) == len(waiting):
            break
        waiting = left
    if proof.difference not in shown:
        raise Mistake("its steps do not lead to 0")


def _check_algebra(step: Step) -> None:
    """Whether a step's sums and products are right, whatever the atoms are worth."""
    seen = 0
    for salt in range(SALTS):
        with working_precision(PRECISION), suppress(Undefined, Undecided):
            opaque = Opaque(salt)
            for before, after, put in _sums(step):
                left, right = Opaque(salt, put).poly(before, {}), ZERO
                for times, other in after:
                    right = right + opaque.poly(times, {}) * opaque.poly(other, {})
                if not _equal(left, right):
                    raise Mistake(f"the algebra of {_named(step)} is wrong")
            seen += 1
        if seen == 2:
            return


Products: TypeAlias = Sequence[tuple[Poly, Poly]]


def _sums(step: Step) -> Iterator[tuple[Poly, Products, Mapping[Atom, Poly]]]:
    """A polynomial, the products that it is the sum of, and what is put for its atoms before."""
    match step:
        case Identity(_, before, products):
            yield before, products, {}
        case Substituted(_, before, after, put):
            yield before, [(ONE, after)], put
        case Exchanged(_, before, after, terms):
            yield before, [(times, old) for times, old, _ in terms], {}
            yield after, [(times, new) for times, _, new in terms], {}
        case Split(before, cases):
            for case in cases:
                if case.after is not None:
                    yield before, [(ONE, case.after)], case.put


def _equations(step: Step) -> Iterator[Equation]:
    """What a step says of its parts."""
    match step:
        case Substituted(rule, _, _, put, inside):
            yield from (Equation(rule, left, right) for left, right in _changed(put))
            yield from (Equation(rule, old, new) for old, new in inside if old != new)
        case Exchanged(rule, _, _, terms, summed):
            for _, old, new in terms:
                if summed is not None or old != new:
                    yield Equation(rule, old, new, summed)
        case Split(_, cases):
            for case in cases:
                for left, right in _changed(case.put) if case.after is not None else ():
                    yield Equation("a case is put in", left, right, where=case.where)


def _changed(put: Mapping[Atom, Poly]) -> Iterator[tuple[Poly, Poly]]:
    for atom, poly in put.items():
        left = atom_poly(atom)
        if left != poly:
            yield left, poly


def _bases(where: Equal | Signed | None) -> frozenset[Base]:
    match where:
        case Equal(pair):
            return pair.bases
        case Signed(difference):
            return difference.bases
    return frozenset()


# --- at a point -----------------------------------------------------------------------------------


def _equal(left: Number, right: Number) -> bool:
    if type(left) is fmpq and type(right) is fmpq:
        return bool(left == right)
    return bool(arb(left).overlaps(arb(right)))


def _agree(part: Part, left: Number, right: Number) -> None:
    if not _equal(left, right):
        raise Mistake(f"{_named(part)} is wrong: {left} is not {right}")


def _holds(where: Equal | Signed, values: Values, at: At) -> bool:
    if isinstance(where, Equal):
        left, right = (values.place(place, at) for place in (where.pair.left, where.pair.right))
        return (left == right) is where.same
    return sign(values.poly(where.difference, at)) * where.sign >= 0


def _meets(value: Number, relation: str) -> bool:
    """Whether a value stands so to 0; raises Undecided."""
    side = sign(value)
    return side > 0 or (side == 0 and relation == ">=") or (side < 0 and relation == "!=")


def _named(part: Part | Step) -> str:
    """What a part is, in words."""
    match part:
        case Formed(expr):
            return f"the normal form of {to_text(expr)}"
        case Rule():
            return "the rule made of a hypothesis"
        case Equation(rule) | Identity(rule) | Substituted(rule) | Exchanged(rule):
            return f"a step in which {rule}"
        case Split():
            return "a step to cases"
        case Licence():
            return f"the licence {part}"
