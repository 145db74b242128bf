"""Is a polynomial identically zero, for every size? Yes, or no answer.

Three moves, each of which only ever shows that a polynomial is 0:

* its normal form, over one denominator and after the hypotheses, has no terms;
* a δ of two free indices is 1 or 0: the polynomial is 0 in both cases;
* Σ_n F_n = 0 because F_n = 0 for every n, for one bound index n chosen in each term.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice, product

from .factor import factor
from .hypotheses import Rule, rewrite
from .polynomial import (
    ZERO,
    Atom,
    Delta,
    Exp,
    Group,
    Log,
    Max,
    Mono,
    Poly,
    SizeOf,
    Sum,
    Undefined,
    atom_poly,
    check_budget,
    mono_poly,
)
from .sums import Substitution, fresh, rename, summation

MAX_DEPTH = 4
MAX_OPENINGS = 64


class Prover:
    """Decides under hypotheses, given as rules that rewrite a polynomial."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.rules = rules
        self.names = count(1)

    def zero(self, poly: Poly, depth: int = 0) -> bool:
        """Whether the polynomial was shown to be 0 wherever it is defined."""
        check_budget()
        poly = rewrite(poly, self.rules)
        if not poly:
            return True
        pair = next(free_deltas(poly), None)
        if pair is not None:
            return all(self.zero(case, depth) for case in cases(poly, pair))
        numerator = factor(poly).numerator
        if numerator.terms.keys() != poly.terms.keys():
            return self.zero(numerator, depth)
        return depth < MAX_DEPTH and self.zero_by_opening(numerator, depth)

    def zero_by_opening(self, poly: Poly, depth: int) -> bool:
        """Σ_n F_n = 0 if every F_n = 0."""
        sums = [atom for atom, _ in poly.atoms() if isinstance(atom, Sum)]
        ranges = sorted({size for atom in sums for _, size in atom.binders})
        for size in ranges:
            name = f"{size.lower()}{next(self.names)}:"
            with_index = {m: c for m, c in poly.terms.items() if list(openings(m, size, name))}
            rest = Poly({m: c for m, c in poly.terms.items() if m not in with_index})
            choices = [
                [opened.scale(c) for opened in openings(m, size, name)]
                for m, c in with_index.items()
            ]
            # What has no such index is 0 by itself, or counts as Σ_n rest/size.
            spread = rest * atom_poly(SizeOf(size), -1)
            alone = bool(rest) and self.zero(rest, depth + 1)
            for chosen in islice(product(*choices), MAX_OPENINGS):
                total = sum(chosen, ZERO if alone else spread)
                if self.zero(total, depth + 1):
                    return True
        return False


def openings(mono: Mono, size: str, name: str) -> Iterator[Poly]:
    """F_name for each way to read the monomial as Σ_n F_n with n over `size`."""
    for position, (atom, exponent) in enumerate(mono):
        if not isinstance(atom, Sum) or exponent < 1:
            continue
        for base, own_size in atom.binders:
            if own_size == size:
                others = [b for b in atom.binders if b[0] != base]
                body = rename(mono_poly(atom.body), {base: (name, 0)})
                opened = _sum_again(others, body)
                rest = mono_poly([*mono[:position], (atom, exponent - 1), *mono[position + 1 :]])
                yield rest * opened


def _sum_again(binders: list[tuple[int, str]], body: Poly) -> Poly:
    """Σ over the binders, given their canonical numbers."""
    if not binders:
        return body
    names = {base: fresh() for base, _ in binders}
    renamed = rename(body, {base: (number, 0) for base, number in names.items()})
    return summation([(names[base], size) for base, size in binders], renamed)


def free_deltas(poly: Poly) -> Iterator[Delta]:
    """The δs of two places that no sum binds, wherever they stand."""
    for atom, _ in poly.atoms():
        yield from _deltas_in(atom)


def _deltas_in(atom: Atom) -> Iterator[Delta]:
    match atom:
        case Delta():
            if not any(isinstance(base, int) for base in atom.bases):
                yield atom
        case Exp():
            for inner, _ in atom.argument:
                yield from _deltas_in(inner)
        case Log():
            yield from free_deltas(atom.argument)
        case Group():
            yield from free_deltas(atom.content)
        case Max():
            for argument in atom.arguments:
                yield from free_deltas(argument)
        case Sum():
            for inner, _ in atom.body:
                yield from _deltas_in(inner)


def cases(poly: Poly, pair: Delta) -> Iterable[Poly]:
    """The polynomial where both places are the same, and where they are not.

    A case in which a part is undefined asks for nothing: there is no such point.
    """
    left, right = pair.left, pair.right
    if left[0] == "":
        left, right = right, left
    same = {left[0]: (right[0], right[1] - left[1])}
    for substitution in (
        Substitution(same),
        Substitution({}, lambda atom: ZERO if atom == pair else None),
    ):
        try:
            case = substitution.poly(poly)
        except Undefined:
            continue
        yield case
