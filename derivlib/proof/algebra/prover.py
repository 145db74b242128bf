"""Is a polynomial identically zero, for every size? Yes, or no answer.

Four moves, each of which only ever shows that a polynomial is 0:

* its normal form, over one denominator and after the hypotheses, has no terms;
* a δ of two free indices is 1 or 0: the polynomial is 0 in both cases;
* Σ_n F_n = 0 because F_n = 0 for every n, for one bound index n chosen in each term;
* a recurrence among the hypotheses, used on one term, leaves a polynomial that is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice, product

from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.hypotheses import Rule, rewrite, rewrite_once
from derivlib.proof.algebra.polynomial import (
    ZERO,
    Applied,
    Atom,
    Delta,
    Exp,
    Group,
    Mono,
    Poly,
    SizeOf,
    Sum,
    Undefined,
    atom_poly,
    check_budget,
    mono_poly,
)
from derivlib.proof.algebra.sums import Substitution, freshened, rename, summation
from derivlib.proof.language.ranges import Base, free, is_bound, is_fixed, range_of

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
        if depth >= MAX_DEPTH:
            return False
        return self.zero_by_opening(numerator, depth) or self.zero_by_recurrence(numerator, depth)

    def zero_by_opening(self, poly: Poly, depth: int) -> bool:
        """Σ_n F_n = 0 if every F_n = 0."""
        sums = [atom for atom, _ in poly.atoms() if isinstance(atom, Sum)]
        for size in sorted({range_of(base) for atom in sums for base in atom.binders}):
            index = free(f"{next(self.names)}:", size)
            with_index = {m: c for m, c in poly.terms.items() if list(openings(m, index))}
            rest = Poly({m: c for m, c in poly.terms.items() if m not in with_index})
            choices = [
                [opened.scale(c) for opened in openings(m, index)] for m, c in with_index.items()
            ]
            # What has no such index is 0 by itself, or counts as Σ_n rest/size.
            spread = ZERO if "|" in size else rest * atom_poly(SizeOf(size), -1)
            if rest and "|" in size:
                continue
            alone = bool(rest) and self.zero(rest, depth + 1)
            for chosen in islice(product(*choices), MAX_OPENINGS):
                total = sum(chosen, ZERO if alone else spread)
                if self.zero(total, depth + 1):
                    return True
        return False

    def zero_by_recurrence(self, poly: Poly, depth: int) -> bool:
        """A recurrence used on one term, if that leaves no more terms than there were."""
        for rule in self.rules:
            if rule.recurrence:
                for mono, c in poly.terms.items():
                    term = Poly({mono: c})
                    used = rewrite_once(term, [rule])
                    if used == term:
                        continue
                    rest = rewrite(poly - term + used, self.rules)
                    if len(rest.terms) < len(poly.terms) and self.zero(rest, depth + 1):
                        return True
        return False


def openings(mono: Mono, index: Base) -> Iterator[Poly]:
    """F_index for each way to read the monomial as Σ_n F_n with n over the range of `index`."""
    for position, (atom, exponent) in enumerate(mono):
        if not isinstance(atom, Sum) or exponent < 1:
            continue
        binders, body = freshened(atom)
        for base in binders:
            if range_of(base) == range_of(index):
                others = [b for b in binders if b != base]
                opened = summation(others, rename(body, {base: (index, 0)}))
                rest = mono_poly([*mono[:position], (atom, exponent - 1), *mono[position + 1 :]])
                yield rest * opened


def free_deltas(poly: Poly) -> Iterator[Delta]:
    """The δs of two places that no sum binds, wherever they stand."""
    for atom, _ in poly.atoms():
        yield from _deltas_in(atom)


def _deltas_in(atom: Atom) -> Iterator[Delta]:
    match atom:
        case Delta():
            if not any(map(is_bound, atom.bases)):
                yield atom
        case Exp():
            for inner, _ in atom.argument:
                yield from _deltas_in(inner)
        case Group():
            yield from free_deltas(atom.content)
        case Applied():
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
    if is_fixed(left[0]):
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
