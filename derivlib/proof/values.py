"""What a normal form is worth at a point of the refuter's, by definition and nothing cleverer.

The functions' values are the refuter's: that a rewrite of the prover is an identity is not assumed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from zlib import crc32

from flint import fmpq

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
from derivlib.proof.algebra.steps import LOG_OF
from derivlib.proof.language.ranges import Base, End, Place, Range, is_fixed, range_of
from derivlib.proof.refuter.duals import ONE, ZERO, Number, Undefined, sign
from derivlib.proof.refuter.environment import Environment
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.functions import FUNCTIONS, power

MOST_CHOICES = 1000
"""Of places for indices, of which one may run up to another."""


class Impossible(Exception):
    """An entry that was taken to be exp(u) is not positive."""


class Polynomials(ABC):
    """Values of polynomials from those of their atoms.

    A method raises `Undefined` where there is no value, `Undecided` where the precision does not
    tell.
    """

    def poly(self, poly: Poly, at: Mapping[Base, int]) -> Number:
        """The value of a polynomial; `at` gives that of every index that is free in it."""
        total = ZERO
        for mono, c in poly.terms.items():
            total = total + fmpq(c.numerator, c.denominator) * self.mono(mono, at)
        return total

    def mono(self, mono: Mono, at: Mapping[Base, int]) -> Number:
        found = ONE
        for atom, exponent in mono:
            found = found * self.factor(atom, exponent, at)
        return found

    def factor(self, atom: Atom, exponent: Exponent, at: Mapping[Base, int]) -> Number:
        value = self.atom(atom, at)
        if exponent == 1:
            return value
        return power(value, fmpq(exponent.numerator, exponent.denominator))

    @abstractmethod
    def atom(self, atom: Atom, at: Mapping[Base, int]) -> Number:
        """The value of an atom."""


class Opaque(Polynomials):
    """Each atom is worth a positive number that its text alone decides; a δ is worth 0 or 1.

    What the ring operations made of polynomials has the right value even so: no factor can be 0 and
    hide what is wrong beside it.

    Args:
        salt: gives other numbers.
        put: polynomials that atoms are worth instead.
    """

    def __init__(self, salt: int, put: Mapping[Atom, Poly] | None = None) -> None:
        self.salt = salt
        self.put = put or {}

    def atom(self, atom: Atom, at: Mapping[Base, int]) -> Number:
        if atom in self.put:
            return Opaque(self.salt).poly(self.put[atom], at)
        number = crc32(f"{self.salt} {atom.text}".encode())
        match atom:
            case Group():
                return self.poly(atom.content, at)
            case Prime():
                return fmpq(atom.value)
            case Delta():
                return fmpq(number % 2)
        return fmpq(1 + number % 97, 1 + number // 97 % 13)


class Values(Polynomials):
    """Values of normal forms at one point, with the indices at some places.

    A method raises `TooMuch`, too, if it would take too long, and `Impossible`.
    """

    def __init__(self, evaluator: Evaluator, environment: Environment) -> None:
        self.evaluator = evaluator
        self.environment = environment
        self.known: dict[tuple[object, ...], Number] = {}
        self.indices: dict[frozenset[Base], list[Base]] = {}

    def atom(self, atom: Atom, at: Mapping[Base, int]) -> Number:
        """Remembered for each place of its indices."""
        bases = atom.bases
        indices = self.indices.get(bases)
        if indices is None:
            indices = self.indices[bases] = [base for base in bases if not is_fixed(base)]
        key = (atom, bases, *[at[base] for base in indices])
        found = self.known.get(key)
        if found is None:
            self.evaluator.tick(self.environment)
            found = self.known[key] = self.value(atom, at)
        return found

    def value(self, atom: Atom, at: Mapping[Base, int]) -> Number:
        match atom:
            case Var():
                return self.entry(atom.name, tuple(self.place(p, at) for p in atom.places))
            case SizeOf():
                return fmpq(self.environment.sizes[atom.name])
            case Prime():
                return fmpq(atom.value)
            case Delta():
                return ONE if self.place(atom.left, at) == self.place(atom.right, at) else ZERO
            case Exp():
                return FUNCTIONS["exp"](self.mono(atom.argument, at))
            case Applied():
                return FUNCTIONS[atom.name](*(self.poly(each, at) for each in atom.arguments))
            case Group():
                return self.poly(atom.content, at)
            case Sum():
                return self.sum(atom, at)
        raise AssertionError(atom)

    def entry(self, name: str, place: tuple[int, ...]) -> Number:
        if name.startswith(LOG_OF):
            entry = self.entry(name.removeprefix(LOG_OF), place)
            if sign(entry) <= 0:
                raise Impossible
            return FUNCTIONS["log"](entry)
        try:
            return self.evaluator.entry(name, place, self.environment)
        except Undefined:
            if name in self.evaluator.theory.definitions:
                raise
            # Beyond its axes: a normal form may look there, if what it finds does not matter.
            return fmpq(17 + sum(n * (29 + k) for k, n in enumerate(place)), 13)

    def sum(self, atom: Sum, at: Mapping[Base, int]) -> Number:
        """By Karr's convention: Σ over a..b with b < a - 1 is -Σ over b+1..a-1."""
        way, spans = 1, []
        for base in atom.binders:
            first, final = (self.end(end, at) for end in range_of(base))
            if final < first - 1:
                way, first, final = -way, final + 1, first - 1
            spans.append(range(first, final + 1))
        total = ZERO
        for places in product(*spans):
            self.evaluator.tick(self.environment)
            inside = dict(zip(atom.binders, places, strict=True))
            total = total + self.mono(atom.body, {**at, **inside})
        return way * total

    # --- places -----------------------------------------------------------------------------------

    def place(self, place: Place, at: Mapping[Base, int]) -> int:
        base, offset = place
        return offset + self.base(base, at)

    def base(self, base: Base, at: Mapping[Base, int]) -> int:
        if is_fixed(base):
            return self.environment.sizes[base.label] if base.label else 0
        return at[base]

    def end(self, end: End, at: Mapping[Base, int]) -> int:
        symbol, offset = end
        if isinstance(symbol, Base):
            return offset + self.base(symbol, at)
        return offset + (self.environment.sizes[symbol] if symbol else 0)

    def span(self, range_: Range, at: Mapping[Base, int]) -> range:
        """The places that a range has."""
        return range(self.end(range_.first, at), self.end(range_.final, at) + 1)

    def each(self, index: Base | None, at: Mapping[Base, int]) -> Iterator[Mapping[Base, int]]:
        """All places of an index; `at` alone if there is none."""
        if index is None:
            yield at
        else:
            for n in self.span(range_of(index), at):
                yield {**at, index: n}

    def choices(
        self, bases: frozenset[Base], at: Mapping[Base, int], most: int
    ) -> Iterator[Mapping[Base, int]]:
        """Places for the indices that `at` does not give, each in its range: all, or `most` of
        them, spread evenly."""
        wanted = sorted(base for base in bases if not is_fixed(base) and base not in at)
        if any(isinstance(end.symbol, Base) for base in wanted for end in range_of(base)):
            yield from self.dependent_choices(wanted, at, most)
            return
        spans = [self.span(range_of(base), at) for base in wanted]
        total = prod(map(len, spans))
        for number in _spread(total, most):
            found = dict(at)
            for base, span in zip(wanted, spans, strict=True):
                number, k = divmod(number, len(span))
                found[base] = span[k]
            yield found

    def dependent_choices(
        self, wanted: Sequence[Base], at: Mapping[Base, int], most: int
    ) -> Iterator[Mapping[Base, int]]:
        """The same where an index runs up to another one."""
        found: list[Mapping[Base, int]] = [at]
        ordered = dict.fromkeys(each for base in wanted for each in _up_to(base))
        for index in ordered:
            if index not in at:
                found = [each for old in found for each in self.each(index, old)][:MOST_CHOICES]
        yield from (found[number] for number in _spread(len(found), most))


def _up_to(base: Base) -> Iterator[Base]:
    """The indices at which its range ends, and theirs, the outermost first; then the index."""
    for end in range_of(base):
        if isinstance(end.symbol, Base):
            yield from _up_to(end.symbol)
    yield base


def _spread(total: int, most: int) -> Iterator[int]:
    """Numbers below the total: all, or `most` of them, evenly apart."""
    for n in range(min(total, most)):
        yield n * total // most if total > most else n
