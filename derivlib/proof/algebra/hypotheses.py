"""Hypotheses put to use: `left = right` as a rule that rewrites left to right.

A rule is used only after every differentiation is done, since a hypothesis restricts the point at
which both sides are compared, not the neighbourhood in which they are differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from derivlib.proof.algebra.naming import places
from derivlib.proof.algebra.polynomial import (
    Applied,
    Atom,
    Exp,
    Group,
    OutOfBudget,
    Poly,
    Sum,
    Var,
    check_budget,
    mono_poly,
)
from derivlib.proof.algebra.sums import (
    Substitution,
    canonical,
    freshened,
    inner_sums,
    rename,
    summation,
)
from derivlib.proof.language.ranges import Base, Place, range_of, within

MAX_PASSES = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """`left` (an entry, or a connected sum) is `right`, for all places of the indices in `free`.

    A recurrence has entries of the same array on its right; it is used once at a time, on terms
    that the prover picks, since used everywhere it would unroll without end.
    """

    left: Var | Sum
    right: Poly
    free: tuple[Base, ...]
    recurrence: bool = False


def rule(left: Poly, right: Poly, free: Sequence[Base]) -> Rule | None:
    """The hypothesis as a rule; None if its left side is neither an entry nor one sum."""
    single = left.single()
    if single is None or len(single[0]) != 1:
        return None
    (atom, exponent), coefficient = single[0][0], single[1]
    if exponent != 1 or not isinstance(atom, Var | Sum):
        return None
    if not set(free) <= atom.bases:
        return None  # an index on the right alone would have to be chosen
    recurrence = isinstance(atom, Var) and any(
        isinstance(other, Var) and other.name == atom.name for other in _all_atoms(right)
    )
    return Rule(atom, right.scale(1 / Fraction(coefficient)), tuple(free), recurrence)


def rewrite(poly: Poly, rules: Sequence[Rule]) -> Poly:
    """The polynomial with every rule that is no recurrence used wherever it matches."""
    active = [candidate for candidate in rules if not candidate.recurrence]
    if not active:
        return poly
    for _ in range(MAX_PASSES):
        check_budget()
        new = rewrite_once(poly, active)
        if new == poly:
            return poly
        poly = new
    raise OutOfBudget("the hypotheses rewrite each other without end")


def rewrite_once(poly: Poly, rules: Sequence[Rule]) -> Poly:
    """The polynomial with the rules used on each of its atoms, once."""

    def replace(atom: Atom) -> Poly | None:
        for candidate in rules:
            result = _apply(candidate, atom)
            if result is not None:
                return result
        return None

    return Substitution({}, replace).poly(poly)


def _apply(rule: Rule, atom: Atom) -> Poly | None:
    if isinstance(rule.left, Var):
        if isinstance(atom, Var) and atom.name == rule.left.name:
            for mapping in _assignments(rule, atom.places):
                if rename(mono_poly([(rule.left, 1)]), mapping).single() == (
                    ((atom, 1),),
                    1,
                ):
                    return rename(rule.right, mapping)
        return None
    return _apply_to_sum(rule, rule.left, atom) if isinstance(atom, Sum) else None


def _apply_to_sum(rule: Rule, left: Sum, atom: Sum) -> Poly | None:
    """Part of a sum replaced: bound indices whose factors alone make up the rule's left side."""
    if len(atom.binders) < len(left.binders):
        return None
    binders, body = freshened(atom)
    single = body.single()
    if single is None:
        return None
    mono, coefficient = single
    for names, touching in inner_sums(binders, mono, left):
        inner = canonical(names, touching)
        seen = [place for place in places(touching) if place[0] not in names]
        for mapping in _assignments(rule, seen):
            if rename(mono_poly([(left, 1)]), mapping) == inner:
                rest = mono_poly(f for f in mono if f[0].bases.isdisjoint(names))
                remaining = [b for b in binders if b not in names]
                return summation(remaining, rest * rename(rule.right, mapping)).scale(coefficient)
    return None


def _assignments(rule: Rule, seen: Sequence[Place]) -> Iterator[Mapping[Base, Place]]:
    """Ways to put the places that were seen for the rule's free indices, each in its range."""
    inside = set(places(((rule.left, 1),)))
    options = []
    for index in rule.free:
        offsets = {offset for base, offset in inside if base == index}
        found = {(base, offset - o) for base, offset in seen for o in offsets}
        options.append(sorted(place for place in found if within(place, range_of(index))))
    for chosen in product(*options):
        yield dict(zip(rule.free, chosen, strict=True))


def _all_atoms(poly: Poly) -> Iterator[Atom]:
    """The atoms of a polynomial, and those inside them."""
    for atom, _ in poly.atoms():
        yield atom
        match atom:
            case Exp():
                yield from _all_atoms(mono_poly(atom.argument))
            case Sum():
                yield from _all_atoms(mono_poly(atom.body))
            case Group():
                yield from _all_atoms(atom.content)
            case Applied():
                for argument in atom.arguments:
                    yield from _all_atoms(argument)
