"""A proof put to the test at points: each of its parts, not only the statement that it ends in.

A factor around a part can be 0 at every point, and hide what is wrong with it. So each part of the
statement is compared with its normal form, each step with the one before it, each hypothesis as it
was solved, each licence and each condition with the points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import flint
from flint import arb, fmpq

from derivlib.proof.algebra.hypotheses import Rule
from derivlib.proof.algebra.licences import Licence
from derivlib.proof.algebra.polynomial import mono_poly
from derivlib.proof.algebra.requirements import Requirement
from derivlib.proof.algebra.steps import Equal, Formed, Rewrite, Signed, Split, Step
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Base, free
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.refuter.duals import ZERO, Number, Undecided, Undefined, sign
from derivlib.proof.refuter.environment import TooMuch
from derivlib.proof.refuter.evaluation import Evaluator, Program
from derivlib.proof.refuter.examination import Spot
from derivlib.proof.values import Values

At: TypeAlias = Mapping[Base, int]
Part: TypeAlias = Formed | Rule | Rewrite | Split | Licence

PRECISION = 128  # in bits
SPOTS = 6  # at which all of a proof is looked at
MORE_SPOTS = 100  # at which those parts are that no spot has shown yet
MOST_PLACES = 4  # of a part's own indices, at one point
MOST_PLACES_OF_CONDITIONS = 100
STEPS = 100_000  # of evaluation, at one point


@dataclass(frozen=True)
class Proof:
    """All that a proof is made of, and what its verdict says."""

    formed: Sequence[Formed]
    rules: Sequence[Rule]
    steps: Sequence[Step]
    licences: Sequence[Licence]
    least_sizes: Mapping[str, int]
    conditions: Sequence[Requirement]

    @cached_property
    def parts(self) -> list[Part]:
        return [*self.formed, *self.rules, *self.steps, *self.licences]


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
        Mistake: a part is wrong at one of them.
    """
    auditor = _Auditor(theory, statement, proof)
    apart = list(_alternating(spots))
    for spot in apart[:SPOTS]:
        auditor.look(spot, proof.parts)
    for spot in apart[SPOTS : SPOTS + MORE_SPOTS]:
        auditor.look(spot, auditor.unseen())
    for spot in list(_alternating(outside))[:SPOTS]:
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
        with flint.ctx.workprec(PRECISION), suppress(TooMuch):
            for part in parts:
                for inside in self.places(part, values, at):
                    with suppress(Undefined, Undecided):
                        self.compare(part, values, inside)
                        self.seen.add(id(part))

    def look_outside(self, spot: Spot) -> None:
        """Not all conditions may hold where a side of the statement has no value."""
        values, at = self.begin(spot)
        with flint.ctx.workprec(PRECISION), suppress(TooMuch, Undefined, Undecided):
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
            case Rewrite():
                bases = part.before.bases | part.after.bases | part.times.bases
                bases -= {part.summed}
            case Split():
                afters = (case.after.bases for case in part.cases if case.after is not None)
                bases = part.before.bases.union(*afters)
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
            case Rewrite(_, before, after, times, summed):
                whole = ZERO
                for inside in values.each(summed, at):
                    whole = whole + values.poly(times, inside) * values.poly(after, inside)
                _agree(part, values.poly(before, at), whole)
            case Split(before, cases):
                holding = [case for case in cases if _holds(case.where, values, at)]
                if not holding or any(case.after is None for case in holding):
                    raise Mistake("a case that is not looked at has a point in it")
                for case in holding:
                    assert case.after is not None
                    _agree(part, values.poly(before, at), values.poly(case.after, at))
            case Licence(requirement):
                if not _meets(values.poly(requirement.poly, at), requirement.relation):
                    raise Mistake(f"{_named(part)} does not hold")

    def program(self, formed: Formed) -> Program:
        if id(formed) not in self.programs:
            ranges = dict.fromkeys(formed.scope)
            self.programs[id(formed)] = self.evaluator.compile(formed.expr, ranges)
        return self.programs[id(formed)]


def _agree(part: Part, left: Number, right: Number) -> None:
    exact = type(left) is fmpq and type(right) is fmpq
    if left != right if exact else not arb(left).overlaps(arb(right)):
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


def _named(part: Part) -> str:
    """What a part is, in words."""
    match part:
        case Formed(expr):
            return f"the normal form of {to_text(expr)}"
        case Rule():
            return "the rule made of a hypothesis"
        case Rewrite(rule):
            return f"a step in which {rule}"
        case Split():
            return "a step to cases"
        case Licence():
            return f"the licence {part}"
