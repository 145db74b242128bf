"""Hypotheses put to use: `left = right` as a rule that rewrites left to right.

A rule is used only after every differentiation is done, since a hypothesis restricts the point at
which both sides are compared, not the neighbourhood in which they are differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from .polynomial import (
    Atom,
    Base,
    Mono,
    OutOfBudget,
    Place,
    Poly,
    Sum,
    Var,
    check_budget,
    mono_poly,
)
from .sums import Substitution, canonical, freshened, rename, summation

MAX_PASSES = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """`left` (an entry, or a connected sum) is `right`, for all places of the indices in `free`."""

    left: Var | Sum
    right: Poly
    free: tuple[str, ...]


def rule(left: Poly, right: Poly, free: Sequence[str]) -> Rule | None:
    """The hypothesis as a rule; None if its left side is neither an entry nor one sum."""
    single = left.single()
    if single is None or len(single[0]) != 1:
        return None
    (atom, exponent), coefficient = single[0][0], single[1]
    if exponent != 1 or not isinstance(atom, Var | Sum):
        return None
    if not set(free) <= atom.bases:
        return None  # an index on the right alone would have to be chosen
    if isinstance(atom, Var) and any(
        isinstance(other, Var) and other.name == atom.name for other in _all_atoms(right)
    ):
        return None  # it would rewrite for ever
    return Rule(atom, right.scale(1 / coefficient), tuple(free))


def rewrite(poly: Poly, rules: Sequence[Rule]) -> Poly:
    """The polynomial with every rule used wherever it matches."""
    if not rules:
        return poly

    def replace(atom: Atom) -> Poly | None:
        for candidate in rules:
            result = _apply(candidate, atom)
            if result is not None:
                return result
        return None

    for _ in range(MAX_PASSES):
        check_budget()
        new = Substitution({}, replace).poly(poly)
        if new == poly:
            return poly
        poly = new
    raise OutOfBudget("the hypotheses rewrite each other without end")


def _apply(rule: Rule, atom: Atom) -> Poly | None:
    if isinstance(rule.left, Var):
        if isinstance(atom, Var) and atom.name == rule.left.name:
            for places in _assignments(rule, atom.places):
                if rename(mono_poly([(rule.left, 1)]), places) == mono_poly([(atom, 1)]):
                    return rename(rule.right, places)
        return None
    return _apply_to_sum(rule, rule.left, atom) if isinstance(atom, Sum) else None


def _apply_to_sum(rule: Rule, left: Sum, atom: Sum) -> Poly | None:
    """Part of a sum replaced: bound indices whose factors alone make up the rule's left side."""
    sizes = sorted(size for _, size in left.binders)
    if len(atom.binders) < len(sizes):
        return None
    binders, body = freshened(atom)
    single = body.single()
    if single is None:
        return None
    mono, coefficient = single
    for names in combinations(binders, len(sizes)):
        if sorted(binders[b] for b in names) != sizes:
            continue
        touching: Mono = tuple(f for f in mono if not f[0].bases.isdisjoint(names))
        if len(touching) != len(left.body):
            continue
        inner = canonical({b: binders[b] for b in names}, touching)
        seen = [place for a, _ in touching for place in _places(a) if place[0] not in names]
        for places in _assignments(rule, seen):
            if rename(mono_poly([(left, 1)]), places) == inner:
                rest = mono_poly(f for f in mono if f[0].bases.isdisjoint(names))
                remaining = [(b, size) for b, size in binders.items() if b not in names]
                replaced = rest * rename(rule.right, places)
                return summation(remaining, replaced).scale(coefficient)
    return None


def _assignments(rule: Rule, seen: Sequence[Place]) -> Iterator[Mapping[Base, Place]]:
    """Ways to put the places that were seen for the rule's free indices."""
    options = sorted(set(seen), key=str)
    for chosen in product(options, repeat=len(rule.free)):
        yield dict(zip(rule.free, chosen, strict=True))


def _places(atom: Atom) -> Iterator[Place]:
    for inner in _all_atoms(mono_poly([(atom, 1)])):
        if isinstance(inner, Var):
            yield from inner.places


def _all_atoms(poly: Poly) -> Iterator[Atom]:
    """The atoms of a polynomial, and those inside them."""
    from .polynomial import Exp, Group, Log, Max

    for atom, _ in poly.atoms():
        yield atom
        match atom:
            case Exp():
                yield from _all_atoms(mono_poly(atom.argument))
            case Sum():
                yield from _all_atoms(mono_poly(atom.body))
            case Log():
                yield from _all_atoms(atom.argument)
            case Group():
                yield from _all_atoms(atom.content)
            case Max():
                for argument in atom.arguments:
                    yield from _all_atoms(argument)
