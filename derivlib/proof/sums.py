"""Sums over symbolic ranges: contraction of δ, connected components, canonical bound indices.

Every rewrite is an identity for all sizes of at least 1:

* Σ_k δ(k,x) f(k) = f(x), as k and x run over one range;
* Σ_k c = K c where c does not contain k;
* Σ_k Σ_l f(k) g(l) = (Σ_k f)(Σ_l g), and Σ_n a_n (Σ_k b_nk) = Σ_n,k a_n b_nk;
* Σ_n,k a_n b_nk s_n^e = Σ_n a_n s_n^(e+1) where s_n = Σ_k b_nk (so that a sum cancels against its
  own reciprocal inside an outer sum).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import combinations, count, permutations, product

from .elementary import delta, exp, log, maximum, power_of
from .polynomial import (
    ONE,
    ZERO,
    Atom,
    Base,
    Delta,
    Exp,
    Exponent,
    Group,
    Log,
    Max,
    Mono,
    OutOfBudget,
    Place,
    Poly,
    SizeOf,
    Sum,
    Var,
    atom_poly,
    check_budget,
    collect,
    mono_bases,
    mono_poly,
    place_text,
)

MAX_ORDERS = 5_000
_fresh = count(1_000_000)


def fresh() -> int:
    """A bound index that occurs nowhere yet."""
    return next(_fresh)


def summation(binders: Iterable[tuple[int, str]], poly: Poly) -> Poly:
    """The sum of a polynomial over bound indices (base, size)."""
    binders = list(binders)
    terms = []
    for mono, c in poly.terms.items():
        terms += [(m, c * d) for m, d in _sum_mono(dict(binders), mono).terms.items()]
    return collect(terms)


def _sum_mono(binders: dict[int, str], mono: Mono) -> Poly:
    check_budget()
    flat = _flatten(binders, mono)
    if flat is not None:
        return summation(binders.items(), flat)
    for atom, _ in mono:
        if isinstance(atom, Delta) and not atom.bases.isdisjoint(binders):
            return _contract(binders, mono, atom)
    outside = [f for f in mono if f[0].bases.isdisjoint(binders)]
    inside = [f for f in mono if not f[0].bases.isdisjoint(binders)]
    result = mono_poly(outside)
    for names, factors in _components(binders, inside):
        sizes = {base: binders[base] for base in names}
        if not factors:
            result = result * atom_poly(SizeOf(next(iter(sizes.values()))))
        else:
            result = result * _component(sizes, tuple(factors))
    return result


def _flatten(binders: dict[int, str], mono: Mono) -> Poly | None:
    """Sums inside the body join the outer one: the new body, `binders` extended, or None."""
    factors: list[tuple[Atom, Exponent]] = []
    bodies = ONE
    found = False
    for atom, exponent in mono:
        if isinstance(atom, Sum) and exponent >= 1 and not atom.bases.isdisjoint(binders):
            found = True
            whole = int(exponent // 1)
            for _ in range(whole):
                copies, body = freshened(atom)
                binders.update(copies)
                bodies = bodies * body
            exponent -= whole
        if exponent:
            factors.append((atom, exponent))
    return mono_poly(factors) * bodies if found else None


def _contract(binders: dict[int, str], mono: Mono, delta: Delta) -> Poly:
    """Σ_k δ(k,x) f(k) = f(x)."""
    (base, offset), (other, other_offset) = delta.left, delta.right
    if base not in binders:
        (base, offset), (other, other_offset) = delta.right, delta.left
    rest = mono_poly(f for f in mono if f[0] != delta)
    place = (other, other_offset - offset)
    remaining = [(b, size) for b, size in binders.items() if b != base]
    return summation(remaining, rename(rest, {base: place}))


def _components(
    binders: Mapping[int, str], factors: list[tuple[Atom, Exponent]]
) -> list[tuple[list[int], list[tuple[Atom, Exponent]]]]:
    """Bound indices that share a factor, together with their factors."""
    groups: list[tuple[set[Base], list[tuple[Atom, Exponent]]]] = [({b}, []) for b in binders]
    for factor in factors:
        touched = [g for g in groups if not g[0].isdisjoint(factor[0].bases)]
        rest = [g for g in groups if g[0].isdisjoint(factor[0].bases)]
        names: set[Base] = set().union(*(g[0] for g in touched))
        merged = [f for g in touched for f in g[1]] + [factor]
        groups = [*rest, (names, merged)]
    return [([b for b in binders if b in names], fs) for names, fs in groups]


def _component(binders: dict[int, str], mono: Mono) -> Poly:
    """A connected sum, cancelled against reciprocals of its own inner sums."""
    for atom, exponent in mono:
        if isinstance(atom, Sum) and exponent < 0:
            inner = inner_sum(binders, mono, atom)
            if inner is not None:
                names, rest = inner
                remaining = {b: size for b, size in binders.items() if b not in names}
                body = mono_poly([*rest, (atom, 1)])
                return summation(remaining.items(), body)
    return canonical(binders, mono)


def inner_sum(
    binders: Mapping[int, str], mono: Mono, wanted: Sum
) -> tuple[set[Base], list[tuple[Atom, Exponent]]] | None:
    """Bound indices whose factors alone make up the sum `wanted`, and the other factors."""
    sizes = sorted(size for _, size in wanted.binders)
    for names in combinations(binders, len(sizes)):
        if sorted(binders[b] for b in names) != sizes:
            continue
        touching = tuple(f for f in mono if not f[0].bases.isdisjoint(names))
        if len(touching) != len(wanted.body) or mono_bases(touching) - set(names) != wanted.bases:
            continue
        if canonical({b: binders[b] for b in names}, touching) == atom_poly(wanted):
            return set(names), [f for f in mono if f[0].bases.isdisjoint(names)]
    return None


# --- names of bound indices -----------------------------------------------------------------------


def canonical(binders: Mapping[int, str], mono: Mono) -> Poly:
    """The sum with its bound indices named canonically.

    They are numbered upward from the largest bound index that is free in the sum, in the order
    that makes the text smallest. Only orders that keep apart what the colours (how an index is
    used) tell apart are tried; so equal sums get equal texts. Renaming may turn a factor such as
    1/(x_b - x_c) around and leave a sign; a sum that thus equals its own opposite is 0.
    """
    outer = [b for b in mono_bases(mono) if isinstance(b, int) and b not in binders]
    start = 1 + max(outer, default=-1)
    best: Sum | None = None
    signs: set[Fraction] = set()
    for order in _orders(binders, mono):
        names: dict[Base, Place] = {b: (start + n, 0) for n, b in enumerate(order)}
        renamed = rename(mono_poly(mono), names).single()
        assert renamed is not None, "renaming apart keeps a monomial one"
        body, sign = renamed
        candidate = Sum(tuple((start + n, binders[b]) for n, b in enumerate(order)), body)
        if best is None or candidate.text < best.text:
            best, signs = candidate, {sign}
        elif candidate == best:
            signs.add(sign)
    assert best is not None
    if len(signs) > 1:
        return ZERO
    return atom_poly(best).scale(signs.pop())


def _orders(binders: Mapping[int, str], mono: Mono) -> Iterable[tuple[int, ...]]:
    if len(binders) == 1:
        return [tuple(binders)]
    colour = {b: f"{size}" for b, size in binders.items()}
    for _ in range(2):  # the second round sees the colours of the neighbours
        colour = {
            b: size + " " + _describe(mono, {**{o: f"<{colour[o]}>" for o in binders}, b: "<*>"})
            for b, size in binders.items()
        }
        shades = sorted(set(colour.values()))
        colour = {b: f"{shades.index(c)}" for b, c in colour.items()}
    classes = [[b for b in binders if colour[b] == f"{n}"] for n in range(len(shades))]
    orders = 1
    for members in classes:
        for n in range(len(members)):
            orders *= n + 1
    if orders > MAX_ORDERS:
        raise OutOfBudget(f"a sum with {orders} ways to name its indices")
    return (
        tuple(b for part in parts for b in part)
        for parts in product(*(permutations(members) for members in classes))
    )


def _describe(mono: Mono, spelling: Mapping[Base, str]) -> str:
    """A text that depends on the monomial and on `spelling`, not on how indices are numbered."""
    return "·".join(sorted(f"{_describe_atom(a, spelling)}^{e}" for a, e in mono))


def _describe_poly(poly: Poly, spelling: Mapping[Base, str]) -> str:
    return "+".join(sorted(f"{c}{_describe(m, spelling)}" for m, c in poly.terms.items()))


def _describe_atom(atom: Atom, spelling: Mapping[Base, str]) -> str:
    if atom.bases.isdisjoint(spelling):
        return atom.text
    spell = lambda place: f"{spelling.get(place[0], place_text(place))}{place[1]}"  # noqa: E731
    match atom:
        case Var():
            return f"{atom.name}[{','.join(map(spell, atom.places))}]"
        case Delta():
            return f"δ({','.join(sorted(map(spell, (atom.left, atom.right))))})"
        case Exp():
            return f"exp({_describe(atom.argument, spelling)})"
        case Log():
            return f"log({_describe_poly(atom.argument, spelling)})"
        case Group():
            return f"({_describe_poly(atom.content, spelling)})"
        case Max():
            return f"max({','.join(sorted(_describe_poly(a, spelling) for a in atom.arguments))})"
        case Sum():
            inner = dict(spelling)
            for base, size in atom.binders:
                inner[base] = f"§{size}"
            return f"Σ({_describe(atom.body, inner)})"
    raise AssertionError(atom)


def freshened(atom: Sum) -> tuple[dict[int, str], Poly]:
    """The binders and body of a sum, its bound indices renamed to fresh ones."""
    names = {base: fresh() for base, _ in atom.binders}
    body = rename(mono_poly(atom.body), {b: (n, 0) for b, n in names.items()})
    return {names[base]: size for base, size in atom.binders}, body


# --- substitution ---------------------------------------------------------------------------------


def rename(poly: Poly, places: Mapping[Base, Place]) -> Poly:
    """The polynomial with indices replaced by places, everything rebuilt in normal form."""
    return Substitution(places).poly(poly)


class Substitution:
    """Places put for indices, and polynomials for atoms, throughout a polynomial.

    `replace` sees each entry, δ and (after its parts are done) each sum, and answers with the
    polynomial to put there, or None to keep it.
    """

    def __init__(
        self, places: Mapping[Base, Place], replace: Callable[[Atom], Poly | None] | None = None
    ) -> None:
        self.places = places
        self.replace = replace
        self.done: dict[Atom, Poly] = {}

    def poly(self, poly: Poly) -> Poly:
        if self.replace is None and poly.bases.isdisjoint(self.places):
            return poly
        terms = []
        for mono, c in poly.terms.items():
            terms += [(m, c * d) for m, d in self.mono(mono).terms.items()]
        return collect(terms)

    def mono(self, mono: Mono) -> Poly:
        kept: list[tuple[Atom, Exponent]] = []
        changed: list[Poly] = []
        for atom, exponent in mono:
            if self.replace is None and atom.bases.isdisjoint(self.places):
                kept.append((atom, exponent))
            else:
                changed.append(power_of(self.atom(atom), exponent))
        result = mono_poly(kept)
        for poly in changed:
            result = result * poly
        return result

    def atom(self, atom: Atom) -> Poly:
        if atom not in self.done:
            self.done[atom] = self.rebuild(atom)
        return self.done[atom]

    def rebuild(self, atom: Atom) -> Poly:
        if self.replace is None and atom.bases.isdisjoint(self.places):
            return atom_poly(atom)
        match atom:
            case Var():
                places = tuple(map(self.place, atom.places))
                return self.offer(Var(atom.name, places, atom.positive))
            case Delta():
                new = delta(self.place(atom.left), self.place(atom.right))
                return self.replaced(new)
            case Exp():
                return exp(self.mono(atom.argument))
            case Log():
                return log(self.poly(atom.argument))
            case Max():
                return maximum([self.poly(a) for a in atom.arguments])
            case Group():
                return self.poly(atom.content)
            case Sum():
                binders, body = freshened(atom)
                return self.replaced(summation(binders.items(), self.poly(body)))
        return atom_poly(atom)

    def place(self, place: Place) -> Place:
        base, offset = self.places.get(place[0], (place[0], 0))
        return base, offset + place[1]

    def offer(self, atom: Atom) -> Poly:
        new = self.replace(atom) if self.replace else None
        return atom_poly(atom) if new is None else new

    def replaced(self, poly: Poly) -> Poly:
        """The polynomial with its atoms offered for replacement (they are new, and few)."""
        if self.replace is None:
            return poly
        terms = []
        for mono, c in poly.terms.items():
            product = Poly({(): c})
            for atom, exponent in mono:
                if isinstance(atom, Sum | Delta):
                    product = product * power_of(self.offer(atom), exponent)
                else:
                    product = product * atom_poly(atom, exponent)
            terms += list(product.terms.items())
        return collect(terms)
