"""Polynomials over atoms: the data of the normal form and their ring operations.

A polynomial is a map from monomials to rational coefficients; a monomial is a sorted tuple of
(atom, exponent). The atoms are the entries of arrays, sizes, Kronecker deltas, exp of a monomial,
log of a polynomial, whole sums, and groups: polynomials that stand under a negative or fractional
power. Atoms are values: two are equal exactly if their canonical texts are.

Indices of the normal form are places `(base, offset)`; see `ranges`. Invariants that every function
here keeps:

* a group has at least two terms, or is a single one of unknown sign under a fractional power; its
  exponent is below 1 and never a positive integer (those are multiplied out);
* a prime has an exponent strictly between 0 and 1;
* δ has exponent 1 (it is 0 or 1, so δ² = δ).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import floor
from typing import ClassVar, TypeAlias

from derivlib.proof.language.effort import spend
from derivlib.proof.language.ranges import Base, Place, bases_of, place_text, upper_index

Rational: TypeAlias = int | Fraction  # whole numbers stay int: much faster
Exponent: TypeAlias = Rational
Mono: TypeAlias = "tuple[tuple[Atom, Exponent], ...]"

MAX_TERMS = 4_000
MAX_TEXT = 200_000
"""Characters of an atom. What it is made of may occur in it again and again, at each level."""
LETTERS = 100
"""Characters that are written in a step, about."""
MAX_POWER = 64
SMALL = 2**60
MAX_BITS = 12_000
"""Of a coefficient's numerator and denominator; Python prints integers of up to 4300 digits."""


class OutOfBudget(Exception):
    """The computation grew beyond what was allowed; the honest answer is UNKNOWN."""


class Undefined(Exception):
    """A division by something that is identically 0, or a log of it."""


def check_terms(count: int) -> None:
    if count > MAX_TERMS:
        raise OutOfBudget(f"an expression of more than {MAX_TERMS} terms")


# --- atoms ----------------------------------------------------------------------------------------


class Atom:
    """Something that is not taken apart further: equal if its canonical text is."""

    __slots__ = ("_hash", "bases", "certainly_positive", "text")
    takes_any_power: ClassVar = True  # as a factor of a monomial
    text: str
    bases: frozenset[Base]  # of its free and bound-outside indices
    certainly_positive: bool | None  # None until `signs` has been asked

    def _finish(self, text: str, bases: frozenset[Base]) -> None:
        if len(text) > MAX_TEXT:
            raise OutOfBudget(f"an expression of more than {MAX_TEXT} characters")
        spend(1 + letters(text))
        self.text = text
        self.bases = bases
        self.certainly_positive = None
        self._hash = hash(text)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Atom) and self.text == other.text)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return self.text


class Var(Atom):
    """An entry of an array."""

    __slots__ = ("name", "places", "positive")

    def __init__(self, name: str, places: tuple[Place, ...], positive: bool = False) -> None:
        self.name, self.places, self.positive = name, places, positive
        self._finish(f"{name}[{','.join(map(place_text, places))}]", bases_of(places))


class SizeOf(Atom):
    """A size as a number: a positive integer."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        self._finish(f"|{name}|", frozenset())


class Prime(Atom):
    """A prime number, under a fractional power."""

    __slots__ = ("value",)
    takes_any_power = False

    def __init__(self, value: int) -> None:
        self.value = value
        self._finish(f"prime({value})", frozenset())


class Delta(Atom):
    """Kronecker's δ of two places that can be equal and can be different."""

    __slots__ = ("left", "right")
    takes_any_power = False

    def __init__(self, left: Place, right: Place) -> None:
        if right[0] < left[0]:
            left, right = right, left
        # δ(s+1,t+2) is δ(s-1,t): the right offset is 0.
        self.left, self.right = (left[0], left[1] - right[1]), (right[0], 0)
        left, right = self.left, self.right
        self._finish(f"δ({place_text(left)},{place_text(right)})", bases_of((left, right)))


class Exp(Atom):
    """exp of a monomial."""

    __slots__ = ("argument",)

    def __init__(self, argument: Mono) -> None:
        self.argument = argument
        self._finish(f"exp({mono_text(argument)})", mono_bases(argument))


class Applied(Atom):
    """A function of polynomials that no rule takes apart: a log, a Max, a closed sigmoid, …"""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: tuple[Poly, ...]) -> None:
        self.name, self.arguments = name, arguments
        text = ",".join(a.text for a in arguments)
        self._finish(f"{name}({text})", frozenset().union(*(a.bases for a in arguments)))


class Group(Atom):
    """A polynomial under a negative or fractional power."""

    __slots__ = ("content",)
    takes_any_power = False

    def __init__(self, content: Poly) -> None:
        self.content = content
        self._finish(f"({content.text})", content.bases)


class Sum(Atom):
    """A connected sum of one monomial over its binders; made by `sums.summation` alone."""

    __slots__ = ("binders", "body")

    def __init__(self, binders: tuple[Base, ...], body: Mono) -> None:
        self.binders, self.body = binders, body
        bases = mono_bases(body) | {upper for b in binders if (upper := upper_index(b))}
        self._finish(
            f"Σ({','.join(b.text for b in binders)};{mono_text(body)})", bases.difference(binders)
        )


def letters(text: str) -> int:
    """The steps that it takes to write a text, or to walk through what it says."""
    return len(text) // LETTERS


def mono_text(mono: Mono) -> str:
    return "·".join(a.text if e == 1 else f"{a.text}^{e}" for a, e in mono) or "1"


def mono_bases(mono: Mono) -> frozenset[Base]:
    return frozenset().union(*(atom.bases for atom, _ in mono))


# --- polynomials ----------------------------------------------------------------------------------


class Poly:
    """An immutable polynomial: `terms` maps each monomial to its non-zero coefficient."""

    __slots__ = ("_bases", "_text", "terms")

    def __init__(self, terms: Mapping[Mono, Rational]) -> None:
        self.terms = terms
        self._text: str | None = None
        self._bases: frozenset[Base] | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            parts = sorted((mono_text(m), c) for m, c in self.terms.items())
            self._text = " + ".join(f"{c}·{m}" for m, c in parts) or "0"
            spend(len(parts) + letters(self._text))
        return self._text

    @property
    def bases(self) -> frozenset[Base]:
        if self._bases is None:
            self._bases = frozenset().union(*map(mono_bases, self.terms))
        return self._bases

    def __repr__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.text)

    def __bool__(self) -> bool:
        """Whether it has a term: a polynomial without one is 0."""
        return bool(self.terms)

    def __add__(self, other: Poly) -> Poly:
        if not other.terms:
            return self
        return collect((*self.terms.items(), *other.terms.items()))

    def __neg__(self) -> Poly:
        return self.scale(-1)

    def __sub__(self, other: Poly) -> Poly:
        return self + -other

    def scale(self, factor: Rational) -> Poly:
        if factor == 1:
            return self
        return Poly({m: whole(c * factor) for m, c in self.terms.items()}) if factor else ZERO

    def __mul__(self, other: Poly) -> Poly:
        if not self.terms or not other.terms:
            return ZERO
        check_terms(len(self.terms) * len(other.terms) // 8)
        products = []
        for m, c in self.terms.items():
            for n, d in other.terms.items():
                products += [(k, c * d * f) for k, f in multiply_monos(m, n).items()]
        return collect(products)

    def power(self, exponent: int) -> Poly:
        """A non-negative integer power, multiplied out."""
        if exponent > MAX_POWER and len(self.terms) > 1:
            raise OutOfBudget(f"a sum to the power {exponent}")
        result, square = ONE, self
        while exponent:
            if exponent & 1:
                result = square if result is ONE else result * square
            exponent >>= 1
            if exponent:
                square = square * square
        return result

    def single(self) -> tuple[Mono, Rational] | None:
        """Its only term, or None if there is not exactly one."""
        return next(iter(self.terms.items())) if len(self.terms) == 1 else None

    def constant(self) -> Rational | None:
        """Its value if it is a rational number, else None."""
        if not self.terms:
            return 0
        return self.terms.get(()) if len(self.terms) == 1 else None

    def atoms(self) -> Iterator[tuple[Atom, Exponent]]:
        for mono in self.terms:
            yield from mono


def collect(terms: Iterable[tuple[Mono, Rational]]) -> Poly:
    """The sum of the terms, like ones collected."""
    total: dict[Mono, Rational] = {}
    for mono, coefficient in terms:
        total[mono] = total.get(mono, 0) + coefficient
    spend(1 + len(total))
    check_terms(len(total))
    return Poly({m: whole(c) for m, c in total.items() if c})


def whole(value: Rational) -> Rational:
    """The number as an int if it is one.

    Raises:
        OutOfBudget: it has grown beyond MAX_BITS.
    """
    if type(value) is int and -SMALL < value < SMALL:
        return value  # nearly all of them
    found = value.numerator if value.denominator == 1 else value
    if found.numerator.bit_length() > MAX_BITS or found.denominator.bit_length() > MAX_BITS:
        raise OutOfBudget(f"an exact number of more than {MAX_BITS} bits")
    return found


def number_power(value: Rational, exponent: int) -> Rational:
    """value^exponent, refused before it is computed if it would have too many bits."""
    bits = max(value.numerator.bit_length(), value.denominator.bit_length()) - 1
    if bits * abs(exponent) > MAX_BITS:
        raise OutOfBudget(f"an exact number of more than {MAX_BITS} bits")
    return whole(Fraction(value) ** exponent)


ZERO = Poly({})
ONE = Poly({(): 1})


def number(value: Rational) -> Poly:
    return Poly({(): whole(value)}) if value else ZERO


def atom_poly(atom: Atom, exponent: Exponent = 1) -> Poly:
    """A power of one atom."""
    return Poly(settle({atom: exponent}))


def mono_poly(mono: Iterable[tuple[Atom, Exponent]]) -> Poly:
    """The product of powers of atoms, which may repeat."""
    merged: dict[Atom, Exponent] = {}
    for atom, exponent in mono:
        merged[atom] = merged.get(atom, 0) + exponent
    return Poly(settle(merged))


def multiply_monos(left: Mono, right: Mono) -> Mapping[Mono, Rational]:
    """The product of two monomials, as terms: a group with a whole power is multiplied out."""
    if not right:
        return {left: 1}
    if not left:
        return {right: 1}
    merged = dict(left)
    for atom, exponent in right:
        merged[atom] = merged.get(atom, 0) + exponent
    return settle(merged)


def settle(factors: dict[Atom, Exponent]) -> Mapping[Mono, Rational]:
    """The terms of a product of powers, with the invariants on exponents restored."""
    spend(1 + len(factors))
    coefficient: Rational = 1
    expand: list[Poly] = []
    kept: list[tuple[Atom, Exponent]] = []
    for atom, exponent in factors.items():
        if not exponent:
            continue
        if atom.takes_any_power:
            pass  # nearly all of them
        elif isinstance(atom, Group) and (exponent >= 1 or exponent == floor(exponent)):
            times = floor(exponent)
            single = atom.content.single()
            if times > 0:
                expand.append(atom.content.power(times))
                exponent -= times
            elif single is not None:
                # A single monomial is grouped only under a fractional power.
                mono, c = single
                inverse = mono_poly((a, e * times) for a, e in mono)
                expand.append(inverse.scale(number_power(c, times)))
                exponent = 0
        elif isinstance(atom, Prime):
            times = floor(exponent)
            coefficient *= number_power(atom.value, times)
            exponent -= times
        elif isinstance(atom, Delta):
            exponent = 1
        if exponent:
            kept.append((atom, 1 if exponent == 1 else whole(exponent)))
    if len(kept) > 1:
        kept.sort(key=lambda factor: factor[0].text)
    if not expand:
        return {tuple(kept): whole(coefficient)}
    product = Poly({tuple(kept): whole(coefficient)})
    for poly in expand:
        product = product * poly
    return product.terms
