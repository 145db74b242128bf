"""Hypotheses put to use: an equation as a rule that rewrites one of its monomials.

A rule is used only after every differentiation is done, since a hypothesis restricts the point at
which both sides are compared, not the neighbourhood in which they are differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import floor
from typing import TypeAlias

from derivlib.proof.algebra.canonical import all_atoms, places
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Atom,
    Exponent,
    Mono,
    OutOfBudget,
    Poly,
    Sum,
    Var,
    collect,
    mono_bases,
    mono_poly,
    mono_text,
)
from derivlib.proof.algebra.steps import Exchanged, Step, Substituted
from derivlib.proof.algebra.sums import (
    Substitution,
    canonical,
    freshened,
    inner_sums,
    rename,
    summation,
)
from derivlib.proof.language.effort import spend
from derivlib.proof.language.ranges import (
    Base,
    Place,
    at_most,
    free,
    is_fixed,
    place_of_end,
    range_of,
    within,
)
from derivlib.proof.language.signature import Hypothesis

MAX_PASSES = 8
RULE = "the hypotheses are used"


class Unusable(Exception):
    """A hypothesis that makes no rule; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`left` (a product of powers) is `right`, for all places of the indices in `free`.

    A recurrence has entries of the same array on its right; it is used once at a time, on terms
    that the prover picks, since used everywhere it would unroll without end.
    """

    left: Mono
    right: Poly
    free: tuple[Base, ...]
    recurrence: bool = False

    @property
    def atom(self) -> Var | Sum | None:
        """The left side if it is an entry or a connected sum."""
        ((atom, exponent), *others) = self.left
        plain = exponent == 1 and not others and isinstance(atom, Var | Sum)
        return atom if plain and isinstance(atom, Var | Sum) else None


def rule(left: Poly, right: Poly, free: Sequence[Base]) -> Rule:
    """The hypothesis `left = right`, solved for a monomial that contains all its free indices.

    That is `left` itself if it is an entry or one sum; else an entry or sum that occurs nowhere
    else in the equation, best the only one of its array; else a monomial of the highest degree.
    What it is solved for has a rational coefficient. Denominators are multiplied out first: where
    the hypothesis holds, its sides are defined. An index that no monomial contains together with
    the others is put to the first place of its range.

    Raises:
        Unusable: the equation says nothing, or there is nothing to solve for.
    """
    written = _solved(left, right, free)
    if written is not None:
        return written
    equation = without_denominators(left - right)
    if not equation:
        raise Unusable("both sides have the same normal form")
    if equation.constant() is not None:
        raise Unusable("it never holds")
    monos = [mono for mono in equation.terms if mono]
    most = max(len(_contained(mono, free)) for mono in monos)
    missing = [index for index in free if index not in _contained(_best(monos, free), free)]
    if most < len(free):
        instance = rename(equation, {index: _first_place(index) for index in missing})
        return rule(instance, ZERO, [index for index in free if index not in missing])
    monos = [mono for mono in monos if len(_contained(mono, free)) == most]
    entries = [mono for mono in monos if _occurs_once(mono, equation, arrays=False)]
    alone = [mono for mono in entries if _occurs_once(mono, equation, arrays=True)]
    choices = ([m for m in alone if m in left.terms], alone, entries, monos)
    chosen = _best(next(filter(None, choices)), free)
    c = equation.terms[chosen]
    rest = equation - Poly({chosen: c})
    return _directed(chosen, rest.scale(-1 / Fraction(c)), free)


def _solved(left: Poly, right: Poly, free: Sequence[Base]) -> Rule | None:
    """The rule as written, if its left side is an entry or one sum with all free indices."""
    single = left.single()
    if single is None or len(single[0]) != 1:
        return None
    mono, coefficient = single
    ((atom, exponent),) = mono
    if exponent != 1 or not isinstance(atom, Var | Sum) or not set(free) <= atom.bases:
        return None
    return _directed(mono, right.scale(1 / Fraction(coefficient)), free)


def _directed(left: Mono, right: Poly, free: Sequence[Base]) -> Rule:
    """The rule, which is a recurrence if using it on its own right side would not end."""
    made = Rule(left, right, tuple(free))
    entries = {(v.name, v.places) for v in all_atoms(Poly({left: 1})) if isinstance(v, Var)}
    names = {name for name, _ in entries}
    again = [v for v in all_atoms(right) if isinstance(v, Var) and v.name in names]
    moved = not isinstance(made.atom, Sum) and any(
        (v.name, v.places) not in entries and not all(is_fixed(base) for base, _ in v.places)
        for v in again
    )
    if moved or (again and rewrite_once(right, [made]) != right):
        return replace(made, recurrence=True)
    return made


def without_denominators(poly: Poly) -> Poly:
    """The polynomial times the least powers that leave no negative ones."""
    while True:
        least: dict[Atom, Exponent] = {}
        for atom, exponent in poly.atoms():
            least[atom] = min(least.get(atom, 0), exponent)
        inverse = [(atom, -exponent) for atom, exponent in least.items() if exponent < 0]
        if not inverse:
            return poly
        # Merged with each monomial: multiplied out first, a group would not cancel.
        poly = collect(
            (n, c * d)
            for m, c in poly.terms.items()
            for n, d in mono_poly([*m, *inverse]).terms.items()
        )


def _contained(mono: Mono, free: Sequence[Base]) -> set[Base]:
    return set(free) & mono_bases(mono)


def _best(monos: Sequence[Mono], free: Sequence[Base]) -> Mono:
    """The monomial with the most free indices, of those one of the highest degree."""

    def rank(mono: Mono) -> tuple[int, Exponent, str]:
        return len(_contained(mono, free)), sum(e for _, e in mono), mono_text(mono)

    return max(monos, key=rank)


def _occurs_once(mono: Mono, equation: Poly, *, arrays: bool) -> bool:
    """Whether it is an entry or sum that no other term contains, nor an entry of its array."""
    ((atom, exponent), *others) = mono
    if others or exponent != 1 or not isinstance(atom, Var | Sum):
        return False
    elsewhere = list(all_atoms(Poly({m: c for m, c in equation.terms.items() if m != mono})))
    if arrays and isinstance(atom, Var):
        return all(v.name != atom.name for v in elsewhere if isinstance(v, Var))
    return atom not in elsewhere


def _first_place(index: Base) -> Place:
    first, final = range_of(index)
    if not at_most(first, final):
        raise Unusable("no part of it contains all its indices")
    return place_of_end(first)


def rewrite(poly: Poly, rules: Sequence[Rule], steps: list[Step] | None = None) -> Poly:
    """The polynomial with every rule that is no recurrence used wherever it matches.

    What is done is added to `steps`.
    """
    active = [candidate for candidate in rules if not candidate.recurrence]
    if not active:
        return poly
    for _ in range(MAX_PASSES):
        spend()
        new = rewrite_once(poly, active, steps)
        if new == poly:
            return poly
        poly = new
    raise OutOfBudget("the hypotheses rewrite each other without end")


def rewrite_once(poly: Poly, rules: Sequence[Rule], steps: list[Step] | None = None) -> Poly:
    """The polynomial with the rules used on each of its atoms and monomials, once."""
    rewriting = _Rewriting(rules)
    found = rewriting.outside(poly)
    done: list[Step] = [Substituted(RULE, poly, found, rewriting.done, rewriting.inside)]
    for each in rewriting.products:
        terms = _divided(each, found)
        before, found = found, _total(terms)
        done.append(Exchanged(RULE, before, found, terms))
    if steps is not None and found != poly:
        steps += done
    return found


class _Rewriting(Substitution):
    """Attributes:
    inside: products inside atoms, and what was put for each.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__({}, self.replaced)
        self.single = [(each, atom) for each in rules if (atom := each.atom) is not None]
        self.products = [each for each in rules if each.atom is None]
        self.inside: list[tuple[Poly, Poly]] = []

    def replaced(self, atom: Atom) -> Poly | None:
        for each, left in self.single:
            result = _apply(each, left, atom)
            if result is not None:
                return result
        return None

    def outside(self, poly: Poly) -> Poly:
        """The polynomial with the rules used on its atoms, and inside of them."""
        return sum((super(_Rewriting, self).mono(m).scale(c) for m, c in poly.terms.items()), ZERO)

    def mono(self, mono: Mono) -> Poly:
        result = super().mono(mono)
        for each in self.products:
            terms = _divided(each, result)
            self.inside += [(old, new) for _, old, new in terms]
            result = _total(terms)
        return result


Terms: TypeAlias = tuple[tuple[Poly, Poly, Poly], ...]
"""times, old and new for each."""


def _total(terms: Terms) -> Poly:
    return sum((times * new for times, _, new in terms), ZERO)


def _divided(rule: Rule, poly: Poly) -> Terms:
    """Its monomials, the rule's product replaced as often as it is a factor."""
    split = ((_split(rule, m), c) for m, c in poly.terms.items())
    return tuple((times.scale(c), old, new) for (times, old, new), c in split)


def _split(rule: Rule, mono: Mono) -> tuple[Poly, Poly, Poly]:
    powers = dict(mono)
    for mapping in _assignments(rule, list(places(mono))):
        instance = rename(mono_poly(rule.left), mapping).single()
        if instance is None or not instance[0]:
            continue
        factors, c = instance
        times = min(floor(Fraction(powers.get(atom, 0)) / e) for atom, e in factors)
        if times >= 1:
            rest = mono_poly([*mono, *((atom, -e * times) for atom, e in factors)])
            put = rename(rule.right, mapping).scale(1 / Fraction(c))
            return rest, mono_poly((atom, e * times) for atom, e in factors), put.power(times)
    return Poly({mono: 1}), ONE, ONE


def _apply(rule: Rule, left: Var | Sum, atom: Atom) -> Poly | None:
    if isinstance(left, Var):
        if isinstance(atom, Var) and atom.name == left.name:
            for mapping in _assignments(rule, atom.places):
                if rename(mono_poly(rule.left), mapping).single() == (((atom, 1),), 1):
                    return rename(rule.right, mapping)
        return None
    return _apply_to_sum(rule, left, atom) if isinstance(atom, Sum) else None


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
    inside = set(places(rule.left))
    options = []
    for index in rule.free:
        offsets = {offset for base, offset in inside if base == index}
        found = {(base, offset - o) for base, offset in seen for o in offsets}
        options.append(sorted(place for place in found if within(place, range_of(index))))
    for chosen in product(*options):
        yield dict(zip(rule.free, chosen, strict=True))


def as_rule(hypothesis: Hypothesis, normalizer: Normalizer) -> Rule:
    """The hypothesis as a rule; its indices stand for any place, so they get names of their own.

    Raises:
        Unusable: it says nothing that could be used.
    """
    scope = {name: (free(f"{name}::", range_), 0) for name, range_ in hypothesis.free.items()}
    left = normalizer.poly(hypothesis.left, scope)
    right = normalizer.poly(hypothesis.right, scope)
    return rule(left, right, [base for base, _ in scope.values()])
