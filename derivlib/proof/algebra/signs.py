"""What is certainly positive, non-negative or non-zero, for all sizes and all real entries."""

from __future__ import annotations

from fractions import Fraction

from derivlib.proof.algebra.polynomial import (
    Applied,
    Atom,
    Delta,
    Exp,
    Exponent,
    Group,
    Mono,
    Poly,
    Prime,
    SizeOf,
    Sum,
    Var,
)
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.ranges import upper_index


def positive_atom(atom: Atom) -> bool:
    """exp, sizes, primes, entries declared positive; sums and groups made of such."""
    if atom.certainly_positive is None:
        atom.certainly_positive = _positive_atom(atom)
    return atom.certainly_positive


def _positive_atom(atom: Atom) -> bool:
    match atom:
        case Exp() | SizeOf() | Prime():
            return True
        case Var():
            return atom.positive
        case Applied():
            return FUNCTIONS[atom.name].sign == ">"
        case Sum():
            # A sum up to an index may be empty; one over a size never is.
            nonempty = not any(map(upper_index, atom.binders))
            return nonempty and positive_mono(atom.body)
        case Group():
            return positive(atom.content)
    return False


def positive_mono(mono: Mono) -> bool:
    return all(positive_atom(atom) for atom, _ in mono)


def defined(atom: Atom, exponent: Exponent = 1) -> bool:
    """Whether atom^exponent certainly has a value, for all entries of the atom's arrays."""
    if exponent < 0 and not positive_atom(atom):
        return False
    if Fraction(exponent).denominator > 1 and not _non_negative_atom(atom):
        return False
    match atom:
        case Exp():
            return defined_mono(atom.argument)
        case Sum():
            return defined_mono(atom.body)
        case Group():
            return defined_everywhere(atom.content)
        case Applied():
            inside = all(map(defined_everywhere, atom.arguments))
            return inside and (atom.name != "log" or positive(atom.arguments[0]))
    return True


def defined_mono(mono: Mono) -> bool:
    return all(defined(atom, exponent) for atom, exponent in mono)


def defined_everywhere(poly: Poly) -> bool:
    return all(map(defined_mono, poly.terms))


def _non_negative_atom(atom: Atom) -> bool:
    return non_negative(atom.content) if isinstance(atom, Group) else positive_atom(atom)


def non_negative_power(atom: Atom, exponent: Exponent) -> bool:
    """Whether atom^exponent is at least 0 wherever it is defined."""
    if isinstance(atom, Delta) or positive_atom(atom):
        return True
    if Fraction(exponent).denominator > 1:  # fractional powers are taken of what is >= 0
        return True
    if exponent % 2 == 0:
        return True
    return isinstance(atom, Sum) and non_negative_mono(atom.body)


def non_negative_mono(mono: Mono) -> bool:
    return all(non_negative_power(atom, exponent) for atom, exponent in mono)


def positive(poly: Poly) -> bool:
    """Certainly > 0: a sum of squares and positive terms, at least one of them positive."""
    return non_negative(poly) and any(positive_mono(mono) for mono in poly.terms)


def non_negative(poly: Poly) -> bool:
    """Certainly >= 0."""
    return all(c > 0 and non_negative_mono(mono) for mono, c in poly.terms.items())
