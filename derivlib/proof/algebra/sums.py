"""Sums over symbolic ranges: contraction of δ, connected components, canonical bound indices.

Every rewrite is an identity for all sizes of at least 1:

* Σ_k δ(k,x) f(k) = f(x), less δ(x,v) f(v) for each value v of x that lies beyond k's range;
* Σ_k c = K c where c does not contain k;
* Σ_k Σ_l f(k) g(l) = (Σ_k f)(Σ_l g), and Σ_n a_n (Σ_k b_nk) = Σ_n,k a_n b_nk;
* Σ_n,k a_n b_nk s_n^e = Σ_n a_n s_n^(e+1) where s_n = Σ_k b_nk (so that a sum cancels against its
  own reciprocal inside an outer sum);
* Σ_(t=a..T+c) f(t) is the sum over 1..T with the ends peeled off or put on, and t is shifted so
  that its least offset is 0. With Karr's convention, Σ_(t=a..b) = -Σ_(t=b+1..a-1) for b < a - 1,
  this holds whatever f is outside of the range; the language admits no sum that runs backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import combinations
from typing import TypeAlias

from derivlib.proof.algebra.canonical import orders, places
from derivlib.proof.algebra.elementary import delta, exp, power_of
from derivlib.proof.algebra.functions import apply_function
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Applied,
    Atom,
    Delta,
    Exp,
    Exponent,
    Group,
    Mono,
    OutOfBudget,
    Poly,
    Rational,
    SizeOf,
    Sum,
    Var,
    atom_poly,
    collect,
    mono_bases,
    mono_poly,
)
from derivlib.proof.algebra.signs import defined
from derivlib.proof.language.effort import spend
from derivlib.proof.language.ranges import (
    FIRST,
    Base,
    End,
    Place,
    at_most,
    bound,
    fresh,
    is_bound,
    place_of_end,
    range_of,
    shifted,
    size_of,
    up_to,
    upper_index,
    values_beyond,
    worded,
)

MAX_WRITTEN_OUT = 32


def summation(binders: Iterable[Base], poly: Poly) -> Poly:
    """The sum of a polynomial over bound indices, each from 1 to the end of its range."""
    binders = list(binders)
    terms = []
    for mono, c in poly.terms.items():
        terms += [(m, c * d) for m, d in _sum_mono(list(binders), mono).terms.items()]
    return collect(terms)


def interval(poly: Poly, index: Base, first: End, final: End) -> Poly:
    """The sum over index = first..final, by Karr's convention."""
    symbol = final.symbol
    if first.symbol == symbol:
        if final.offset < first.offset - 1:
            check_defined_beyond(poly, index)
        return _written_out(poly, index, first, final)
    if isinstance(symbol, Base) and not at_most(End("", 0), range_of(symbol).first):
        # An index of the sum over 1..t is taken to be at least 1: Karr's -f(0) for t = -1 is not.
        raise OutOfBudget("a sum up to an index that may be negative")
    if symbol == "":
        check_defined_beyond(poly, index)
        return -interval(poly, index, shifted(final, 1), shifted(first, -1))
    if final.offset < 0 or not at_most(first, FIRST):
        check_defined_beyond(poly, index)
    new = fresh(up_to(symbol))
    whole = summation([new], rename(poly, {index: (new, 0)}))  # over 1..symbol
    beyond = _written_out(poly, index, End(symbol, 1), final)
    if first.symbol:
        return whole + beyond - interval(poly, index, FIRST, shifted(first, -1))
    return whole + beyond - _written_out(poly, index, FIRST, shifted(first, -1))


def _written_out(poly: Poly, index: Base, first: End, final: End) -> Poly:
    """The sum over index = first..final, which have the same symbol, term by term."""
    count = final.offset - first.offset + 1
    if count < 0:
        return -_written_out(poly, index, shifted(final, 1), shifted(first, -1))
    if count > MAX_WRITTEN_OUT:
        raise OutOfBudget(f"a sum of {count} terms to be written out")
    return _terms(poly, index, first, range(count))


def check_defined_beyond(poly: Poly, index: Base) -> None:
    """Terms outside of a sum's range may be put on only where no point leaves them undefined.

    The statement does not contain them: nothing that it asks for would speak of them.
    """
    for atom, exponent in poly.atoms():
        if index in atom.bases and not defined(atom, exponent):
            raise OutOfBudget("a term beyond a sum may be undefined")


def _terms(poly: Poly, index: Base, first: End, offsets: Iterable[int]) -> Poly:
    total = ZERO
    for offset in offsets:
        place = place_of_end(shifted(first, offset))
        total = total + rename(poly, {index: place})
    return total


def end_of(place: Place) -> End:
    """A place as the end of a range."""
    base, offset = place
    return End(base.label if base.range is None else base, offset)


# --- one monomial ---------------------------------------------------------------------------------


def _sum_mono(binders: list[Base], mono: Mono) -> Poly:
    spend()
    flat = _flatten(binders, mono)
    if flat is not None:
        return summation(binders, flat)
    shifted = _shift(binders, mono)
    if shifted is not None:
        return shifted
    for atom, _ in mono:
        if isinstance(atom, Delta) and not atom.bases.isdisjoint(binders):
            return _contract(binders, mono, atom)
    result = mono_poly(f for f in mono if f[0].bases.isdisjoint(binders))
    inside = [f for f in mono if not f[0].bases.isdisjoint(binders)]
    for names, factors in _components(binders, inside):
        if factors:
            result = result * _component(names, tuple(factors))
        else:
            size = size_of(range_of(names[0]))
            if size is None:
                raise OutOfBudget("an index as a number")
            result = result * atom_poly(SizeOf(size))
    return result


def _flatten(binders: list[Base], mono: Mono) -> Poly | None:
    """Sums inside the body join the outer one: the new body, `binders` extended, or None."""
    factors: list[tuple[Atom, Exponent]] = []
    bodies = ONE
    found = False
    for atom, exponent in mono:
        if isinstance(atom, Sum) and exponent >= 1 and not atom.bases.isdisjoint(binders):
            found = True
            whole = int(exponent // 1)
            for _ in range(whole):
                copies, body = copied(atom)
                binders += copies
                bodies = bodies * body
            exponent -= whole
        if exponent:
            factors.append((atom, exponent))
    return mono_poly(factors) * bodies if found else None


def _shift(binders: list[Base], mono: Mono) -> Poly | None:
    """The sum with an index shifted so that its least offset is 0; None if all are."""
    for base in binders:
        least = min((offset for b, offset in places(mono) if b == base), default=0)
        if least:
            shifted_range = range_of(base).shifted(least)
            new = fresh(shifted_range)
            moved = rename(mono_poly(mono), {base: (new, -least)})
            inner = interval(moved, new, *shifted_range)
            return summation([other for other in binders if other != base], inner)
    return None


def _contract(binders: list[Base], mono: Mono, pair: Delta) -> Poly:
    """Σ_k δ(k,x) f(k) = f(x), less δ(x,v) f(v) for each value v of x that is beyond k's range."""
    rest = mono_poly(f for f in mono if f[0] != pair)
    for (base, offset), (other, other_offset) in (
        (pair.left, pair.right),
        (pair.right, pair.left),
    ):
        if base in binders:
            place = (other, other_offset - offset)
            beyond = values_beyond(place, range_of(base))
            if beyond is not None:
                if beyond:
                    check_defined_beyond(rest, base)
                picked = rename(rest, {base: place})
                for value in beyond:
                    picked = picked - delta(place, value) * rename(rest, {base: value})
                return summation([b for b in binders if b != base], picked)
    target = pair.left if pair.right[0] in binders else pair.right
    raise OutOfBudget(f"δ picks a place that may lie outside of the sum: {worded(target)}")


def _components(
    binders: Sequence[Base], factors: list[tuple[Atom, Exponent]]
) -> list[tuple[list[Base], list[tuple[Atom, Exponent]]]]:
    """Bound indices that share a factor, together with their factors."""
    groups: list[tuple[set[Base], list[tuple[Atom, Exponent]]]] = [({b}, []) for b in binders]
    for factor in factors:
        touched = [g for g in groups if not g[0].isdisjoint(factor[0].bases)]
        rest = [g for g in groups if g[0].isdisjoint(factor[0].bases)]
        names: set[Base] = set().union(*(g[0] for g in touched))
        groups = [*rest, (names, [f for g in touched for f in g[1]] + [factor])]
    return [([b for b in binders if b in names], fs) for names, fs in groups]


def _component(binders: list[Base], mono: Mono) -> Poly:
    """A connected sum, cancelled against reciprocals of its own inner sums."""
    for atom, exponent in mono:
        if isinstance(atom, Sum) and exponent < 0:
            inner = inner_sum(binders, mono, atom)
            if inner is not None:
                names, rest = inner
                remaining = [b for b in binders if b not in names]
                return summation(remaining, mono_poly([*rest, (atom, 1)]))
    return canonical(binders, mono)


def inner_sum(
    binders: Sequence[Base], mono: Mono, wanted: Sum
) -> tuple[tuple[Base, ...], list[tuple[Atom, Exponent]]] | None:
    """Bound indices whose factors alone make up the sum `wanted`, and the other factors."""
    for names, touching in inner_sums(binders, mono, wanted):
        if mono_bases(touching).difference(names) != wanted.bases:
            continue
        if canonical(names, touching).single() == (((wanted, 1),), 1):
            return names, [f for f in mono if f[0].bases.isdisjoint(names)]
    return None


def inner_sums(
    binders: Sequence[Base], mono: Mono, like: Sum
) -> Iterable[tuple[tuple[Base, ...], Mono]]:
    """Bound indices over the ranges of `like`, each set with the factors that contain them."""
    ranges = sorted(map(range_of, like.binders), key=str)
    for names in combinations(binders, len(ranges)):
        if sorted(map(range_of, names), key=str) == ranges:
            touching = tuple(f for f in mono if not f[0].bases.isdisjoint(names))
            if len(touching) == len(like.body):
                yield names, touching


# --- names of bound indices -----------------------------------------------------------------------


def canonical(binders: Sequence[Base], mono: Mono) -> Poly:
    """The sum with its bound indices named canonically.

    They are numbered upward from the largest bound index that is free in the sum, in the order
    that makes the text smallest, so that equal sums get equal texts. Renaming may turn a factor
    such as 1/(x_b - x_c) around and leave a sign; a sum that thus equals its own opposite is 0.
    """
    if any((upper := upper_index(b)) and is_bound(upper) for b in binders):
        raise OutOfBudget("a sum up to a bound index")
    outer = [b.number for b in mono_bases(mono).difference(binders) if b.number is not None]
    start = 1 + max(outer, default=-1)
    best: Sum | None = None
    signs: set[Rational] = set()
    for order in orders(binders, mono):
        numbered = [bound(start + n, range_of(b)) for n, b in enumerate(order)]
        names = {b: (new, 0) for b, new in zip(order, numbered, strict=True)}
        renamed = rename(mono_poly(mono), names).single()
        assert renamed is not None, "renaming apart keeps a monomial one"
        body, sign = renamed
        candidate = Sum(tuple(numbered), body)
        if best is None or candidate.text < best.text:
            best, signs = candidate, {sign}
        elif candidate == best:
            signs.add(sign)
    assert best is not None
    return ZERO if len(signs) > 1 else atom_poly(best).scale(signs.pop())


Copy: TypeAlias = tuple[tuple[Base, ...], Poly]

_copies: ContextVar[dict[Atom, Copy] | None] = ContextVar("copies", default=None)


@contextmanager
def copies_kept() -> Iterator[None]:
    """Inside, a sum is `freshened` once. The copies are given up at the end: one question's must
    not change how another's indices are numbered."""
    token = _copies.set({})
    try:
        yield
    finally:
        _copies.reset(token)


def freshened(atom: Sum) -> Copy:
    """The binders and body of a sum, its bound indices renamed to ones that occur nowhere else.

    The same sum gives the same ones: they must be bound again before it is asked for once more.
    """
    known = _copies.get()
    if known is None:
        return copied(atom)
    if atom not in known:
        known[atom] = copied(atom)
    return known[atom]


def copied(atom: Sum) -> Copy:
    """The same, with other indices each time."""
    names = {base: fresh(range_of(base)) for base in atom.binders}
    body = rename(mono_poly(atom.body), {base: (new, 0) for base, new in names.items()})
    return tuple(names.values()), body


# --- substitution ---------------------------------------------------------------------------------


def rename(poly: Poly, mapping: Mapping[Base, Place]) -> Poly:
    """The polynomial with indices replaced by places, everything rebuilt in normal form."""
    return Substitution(mapping).poly(poly)


class Substitution:
    """Places put for indices, and polynomials for atoms, throughout a polynomial.

    `replace` sees each entry, δ, function and (after its parts are done) each sum, and answers
    with the polynomial to put there, or None to keep it.
    """

    def __init__(
        self,
        mapping: Mapping[Base, Place],
        replace: Callable[[Atom], Poly | None] | None = None,
    ) -> None:
        self.mapping = mapping
        self.replace = replace
        self.done: dict[Atom, Poly] = {}

    def keeps(self, bases: frozenset[Base]) -> bool:
        """Whether nothing with these bases can change."""
        return self.replace is None and bases.isdisjoint(self.mapping)

    def poly(self, poly: Poly) -> Poly:
        if self.keeps(poly.bases):
            return poly
        terms = []
        for mono, c in poly.terms.items():
            terms += [(m, c * d) for m, d in self.mono(mono).terms.items()]
        return collect(terms)

    def mono(self, mono: Mono) -> Poly:
        factors: list[tuple[Atom, Exponent]] = []
        coefficient: Rational = 1
        sums = []
        for atom, exponent in mono:
            if self.keeps(atom.bases):
                factors.append((atom, exponent))
                continue
            new = power_of(self.atom(atom), exponent)
            single = new.single()
            if single is None:
                sums.append(new)
            else:
                factors += single[0]
                coefficient *= single[1]
        result = mono_poly(factors).scale(coefficient)
        for poly in sums:
            result = result * poly
        return result

    def atom(self, atom: Atom) -> Poly:
        if atom not in self.done:
            self.done[atom] = self.rebuild(atom)
        return self.done[atom]

    def rebuild(self, atom: Atom) -> Poly:
        match atom:
            case Var():
                return self.offer(
                    Var(atom.name, tuple(map(self.place, atom.places)), atom.positive)
                )
            case SizeOf():
                return self.offer(atom)
            case Delta():
                return self.offer_all(delta(self.place(atom.left), self.place(atom.right)))
            case Exp():
                return exp(self.mono(atom.argument))
            case Applied():
                arguments = [self.poly(argument) for argument in atom.arguments]
                return self.offer_all(apply_function(atom.name, arguments))
            case Group():
                return self.poly(atom.content)
            case Sum():
                binders, body = freshened(atom)
                return self.offer_all(self.sum(binders, self.poly(body)))
        return atom_poly(atom)

    def sum(self, binders: Iterable[Base], body: Poly) -> Poly:
        plain = []
        for base in binders:
            upper = upper_index(base)
            if upper is not None and upper in self.mapping:
                body = interval(body, base, FIRST, end_of(self.mapping[upper]))
            else:
                plain.append(base)
        return summation(plain, body)

    def place(self, place: Place) -> Place:
        base, offset = self.mapping.get(place[0], (place[0], 0))
        return base, offset + place[1]

    def offer(self, atom: Atom) -> Poly:
        new = self.replace(atom) if self.replace else None
        return atom_poly(atom) if new is None else new

    def offer_all(self, poly: Poly) -> Poly:
        """The polynomial, which was just rebuilt, with its outermost atoms offered."""
        if self.replace is None:
            return poly
        terms = []
        for mono, c in poly.terms.items():
            product = Poly({(): c})
            for atom, exponent in mono:
                if isinstance(atom, Sum | Delta | Applied):
                    product = product * power_of(self.offer(atom), exponent)
                else:
                    product = product * atom_poly(atom, exponent)
            terms += list(product.terms.items())
        return collect(terms)
