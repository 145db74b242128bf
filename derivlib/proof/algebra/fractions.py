"""Fractions inside functions: x/(x + y) and 1 - y/(x + y) get one normal form.

exp splits over a sum, so what stands in it cannot be put over one denominator. Instead the leading
monomial L of a group P = c·L + R is divided out wherever it stands over P:

    M·L·P^-n = (M·P^(1-n) - M·R·P^-n) / c        wherever P ≠ 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from derivlib.proof.algebra.canonical import without_numbers
from derivlib.proof.algebra.polynomial import (
    Atom,
    Exponent,
    Group,
    Mono,
    Poly,
    mono_poly,
)
from derivlib.proof.language.effort import spend

MAX_STEPS = 200


def proper(poly: Poly) -> Poly:
    """The polynomial without terms that are multiples of a group's leading monomial over the group.

    A step leaves monomials that are smaller in a lexicographic order of the atoms; so it ends.
    """
    leads = {
        atom: lead
        for atom, exponent in poly.atoms()
        if isinstance(atom, Group) and exponent <= -1 and (lead := leading(atom.content))
    }
    for _ in range(MAX_STEPS if leads else 0):
        spend(1 + len(poly.terms) // 4)
        step = next(filter(None, (_reducible(mono, leads) for mono in poly.terms)), None)
        if step is None:
            break
        mono, group = step
        lead = leads[group]
        c = group.content.terms[lead]
        divided = [*mono, *((atom, -exponent) for atom, exponent in lead)]
        put = mono_poly([*divided, (group, 1)]) - mono_poly(divided) * (
            group.content - Poly({lead: c})
        )
        coefficient = poly.terms[mono]
        poly = poly - Poly({mono: coefficient}) + put.scale(Fraction(coefficient) / c)
    return poly


def leading(poly: Poly) -> Mono | None:
    """The greatest monomial in an order that does not depend on how bound indices are numbered;
    None if its atoms differ in such numbers alone."""
    order: dict[str, Atom] = {}
    for atom, _ in poly.atoms():
        if order.setdefault(without_numbers(atom), atom) != atom:
            return None
    atoms = [order[text] for text in sorted(order)]

    def vector(mono: Mono) -> tuple[Exponent, ...]:
        powers = dict(mono)
        return tuple(powers.get(atom, 0) for atom in atoms)

    return max(poly.terms, key=vector)


def _reducible(mono: Mono, leads: Mapping[Group, Mono]) -> tuple[Mono, Group] | None:
    """The monomial, with a group that it stands over and whose leading monomial divides it."""
    powers = dict(mono)
    for group, lead in leads.items():
        if powers.get(group, 0) <= -1 and all(powers.get(a, 0) >= e for a, e in lead):
            return mono, group
    return None
