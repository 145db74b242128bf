"""How the bound indices of a sum may be numbered: what tells them apart, and what does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations, product
from math import factorial, prod

from derivlib.proof.algebra.polynomial import (
    Applied,
    Atom,
    Delta,
    Exp,
    Group,
    Mono,
    OutOfBudget,
    Poly,
    Sum,
    Var,
    letters,
    mono_poly,
)
from derivlib.proof.language.effort import spend
from derivlib.proof.language.ranges import Base, Place, is_bound, place_text, range_of

MAX_ORDERS = 5_000


def orders(binders: Sequence[Base], mono: Mono) -> Iterable[tuple[Base, ...]]:
    """Orders of the binders that keep apart what their colours tell apart.

    The colour of an index says how it is used: its range, and the monomial with this index
    marked and the others replaced by their own colours. It does not depend on names.
    """
    if len(binders) == 1:
        return [tuple(binders)]
    colour = {b: str(range_of(b)) for b in binders}
    spend(len(binders) * (2 + sum(letters(atom.text) for atom, _ in mono)))
    shades: list[str] = []
    for _ in range(2):  # the second round sees the colours of the neighbours
        marks = {b: f"<{colour[b]}>" for b in binders}
        colour = {b: f"{range_of(b)} {_describe(mono, {**marks, b: '<*>'})}" for b in binders}
        shades = sorted(set(colour.values()))
        colour = {b: str(shades.index(c)) for b, c in colour.items()}
    classes = [[b for b in binders if colour[b] == str(n)] for n in range(len(shades))]
    ways = prod(factorial(len(members)) for members in classes)
    if ways > MAX_ORDERS:
        raise OutOfBudget(f"a sum with {ways} ways to number its indices")
    return (
        tuple(b for part in parts for b in part)
        for parts in product(*(permutations(members) for members in classes))
    )


Marks = Mapping[Base, str]


def _describe(mono: Mono, marks: Marks) -> str:
    """A text that depends on the monomial and the marks, not on how indices are numbered."""
    return "·".join(sorted(f"{_describe_atom(a, marks)}^{e}" for a, e in mono))


def _describe_poly(poly: Poly, marks: Marks) -> str:
    return "+".join(sorted(f"{c}{_describe(m, marks)}" for m, c in poly.terms.items()))


def _describe_atom(atom: Atom, marks: Marks) -> str:
    if atom.bases.isdisjoint(marks):
        return atom.text
    match atom:
        case Var():
            return f"{atom.name}[{','.join(_spell(p, marks) for p in atom.places)}]"
        case Delta():
            return f"δ({','.join(sorted(_spell(p, marks) for p in (atom.left, atom.right)))})"
        case Exp():
            return f"exp({_describe(atom.argument, marks)})"
        case Applied():
            parts = sorted(_describe_poly(a, marks) for a in atom.arguments)
            return f"{atom.name}({','.join(parts)})"
        case Group():
            # Which of P and -P was grouped may depend on how indices are numbered.
            either = (_describe_poly(p, marks) for p in (atom.content, -atom.content))
            return f"({min(either)})"
        case Sum():
            inner = {**marks, **{b: f"§{range_of(b)}" for b in atom.binders}}
            return f"Σ({_describe(atom.body, inner)})"
    raise AssertionError(atom)


def without_numbers(atom: Atom) -> str:
    """A text that says all of an atom but how its bound indices are numbered."""
    spend(letters(atom.text))
    return _describe_atom(atom, {b: f"#|{b.range}" for b in atom.bases if is_bound(b)})


def _spell(place: Place, marks: Marks) -> str:
    base, offset = place
    return f"{marks[base]}{offset}" if base in marks else place_text(place)


def places(mono: Mono) -> Iterator[Place]:
    """All places in a monomial, those inside nested atoms included."""
    for atom, _ in mono:
        yield from _places(atom)


def _places(atom: Atom) -> Iterator[Place]:
    match atom:
        case Var():
            yield from atom.places
        case Delta():
            yield atom.left
            yield atom.right
        case Exp():
            yield from places(atom.argument)
        case Group():
            yield from _places_of_poly(atom.content)
        case Applied():
            for argument in atom.arguments:
                yield from _places_of_poly(argument)
        case Sum():
            yield from places(atom.body)


def _places_of_poly(poly: Poly) -> Iterator[Place]:
    for mono in poly.terms:
        yield from places(mono)


def all_atoms(poly: Poly) -> Iterator[Atom]:
    """The atoms of a polynomial, and those inside them."""
    for atom, _ in poly.atoms():
        spend(letters(atom.text))
        yield atom
        match atom:
            case Exp():
                yield from all_atoms(mono_poly(atom.argument))
            case Sum():
                yield from all_atoms(mono_poly(atom.body))
            case Group():
                yield from all_atoms(atom.content)
            case Applied():
                for argument in atom.arguments:
                    yield from all_atoms(argument)
