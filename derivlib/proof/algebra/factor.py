"""A polynomial as one fraction: coefficient × powers of atoms × a primitive numerator.

    p = c · Π a^e · N

is an identity wherever p is defined: a reciprocal group (P)^-k is cleared by multiplying with P^k
and kept among the powers, a power that all terms share is taken out, and a group that divides the
numerator exactly is divided out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Atom,
    Exponent,
    Group,
    Mono,
    Poly,
    Rational,
    collect,
    mono_poly,
    mono_text,
)
from derivlib.proof.language.effort import spend

MAX_DIVISION_STEPS = 500


@dataclass(frozen=True, slots=True)
class Factored:
    """coefficient · Π atom^exponent · numerator; the numerator's coefficients are coprime
    integers, the first of them positive. A 0 has coefficient 0 and numerator 0."""

    coefficient: Rational
    powers: dict[Atom, Exponent]
    numerator: Poly


def factor(poly: Poly) -> Factored:
    """The polynomial over one denominator, common factors taken out."""
    powers: dict[Atom, Exponent] = {}
    while True:
        if not poly:
            return Factored(0, {}, ZERO)
        common = _common_powers(poly)
        if not common:
            break
        for atom, exponent in common.items():
            powers[atom] = powers.get(atom, 0) + exponent
        inverse = {atom: -exponent for atom, exponent in common.items()}
        poly = collect(
            (n, c * d)
            for m, c in poly.terms.items()
            for n, d in mono_poly([*m, *inverse.items()]).terms.items()
        )
    for atom, exponent in list(powers.items()):
        while isinstance(atom, Group) and exponent < 0 and len(poly.terms) > 1:
            quotient = divide(poly, atom.content)
            if quotient is None:
                break
            poly, exponent = quotient, exponent + 1
        powers[atom] = exponent
    content = _content(poly)
    rest = poly.scale(1 / Fraction(content))
    single = rest.single()
    if single is not None:
        for atom, exponent in single[0]:
            powers[atom] = powers.get(atom, 0) + exponent
        rest = ONE
    return Factored(content, {a: e for a, e in powers.items() if e}, rest)


def _common_powers(poly: Poly) -> dict[Atom, Exponent]:
    """For each atom the least exponent over all terms, where that is not 0."""
    monos = [dict(m) for m in poly.terms]
    atoms = {atom: None for mono in monos for atom in mono}
    spend(1 + len(monos) * len(atoms) // 16)
    least = {atom: min(mono.get(atom, 0) for mono in monos) for atom in atoms}
    return {atom: exponent for atom, exponent in least.items() if exponent}


def _content(poly: Poly) -> Rational:
    """The rational that leaves coprime integer coefficients, the first one positive."""
    values = list(poly.terms.values())
    size = Fraction(gcd(*(c.numerator for c in values)), lcm(*(c.denominator for c in values)))
    first = min(poly.terms, key=_order_key)
    return size if poly.terms[first] > 0 else -size


def _order_key(mono: Mono) -> tuple[int, str]:
    text = mono_text(mono)
    return len(text), text


def divide(poly: Poly, by: Poly) -> Poly | None:
    """The exact quotient, or None. Both count as polynomials in their atoms (lex order)."""
    atoms = sorted({a for a, _ in (*poly.atoms(), *by.atoms())}, key=lambda a: a.text)
    if not {a for a, _ in by.atoms()} <= {a for a, _ in poly.atoms()}:
        return None

    def vector(mono: Mono) -> tuple[Exponent, ...]:
        powers = dict(mono)
        return tuple(powers.get(atom, 0) for atom in atoms)

    lead = max(by.terms, key=vector)
    inverse = [(atom, -exponent) for atom, exponent in lead]
    quotient, rest = ZERO, poly
    # In an exact division the least powers of quotient and divisor add up to the dividend's.
    least = [min(powers) for powers in zip(*map(vector, poly.terms), strict=True)]
    low = [have - min(vector(m)[n] for m in by.terms) for n, have in enumerate(least)]
    if any(have >= 0 > lo for have, lo in zip(least, low, strict=True)):
        return None  # 1 + 1/x is no polynomial quotient of x + 1 by x
    for _ in range(MAX_DIVISION_STEPS):
        if not rest:
            return quotient
        spend(1 + len(rest.terms) * len(atoms) // 16)
        head = max(rest.terms, key=vector)
        step_powers = tuple(h - d for h, d in zip(vector(head), vector(lead), strict=True))
        if any(s < lo for s, lo in zip(step_powers, low, strict=True)):
            return None
        step = mono_poly([*head, *inverse]).scale(Fraction(rest.terms[head]) / by.terms[lead])
        quotient = quotient + step
        rest = rest - step * by
    return None
