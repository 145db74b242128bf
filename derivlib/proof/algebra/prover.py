"""Is a polynomial identically zero, for every size? Yes, or no answer.

Six moves, each of which only ever shows that a polynomial is 0:

* its normal form, over one denominator and after the hypotheses, has no terms;
* a δ of two free indices is 1 or 0: the polynomial is 0 in both cases;
* of two arguments of a Max one is the greater: the polynomial is 0 whichever it is;
* Σ_n F_n = 0 because F_n = 0 for every n, for one bound index n chosen in each term;
* a recurrence among the hypotheses, used on one term, leaves a polynomial that is 0;
* where x > 0 is given, x = exp(u) for some u: the polynomial is 0 with that put for x.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice, product

from derivlib.proof.algebra.canonical import all_atoms
from derivlib.proof.algebra.cases import differences, either_sign, equal_or_not, free_deltas
from derivlib.proof.algebra.elementary import exp
from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.hypotheses import Rule, rewrite, rewrite_once
from derivlib.proof.algebra.licences import Licences
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Applied,
    Atom,
    Mono,
    Poly,
    SizeOf,
    Sum,
    Var,
    atom_poly,
    mono_poly,
)
from derivlib.proof.algebra.steps import LOG_OF, Case, Exchanged, Identity, Split, Step, Substituted
from derivlib.proof.algebra.sums import Substitution, freshened, rename, summation
from derivlib.proof.language.effort import spend
from derivlib.proof.language.ranges import Base, free, is_bound, range_of, size_of

MAX_DEPTH = 4
MAX_OPENINGS = 64


class Prover:
    """Decides under hypotheses, given as rules that rewrite a polynomial.

    Args:
        rules: the hypotheses.
        licences: what may be taken as given.

    Attributes:
        proof: the steps that led to 0, so far.
    """

    def __init__(self, rules: Sequence[Rule] = (), licences: Licences | None = None) -> None:
        self.rules = rules
        self.licences = Licences() if licences is None else licences
        self.proof: list[Step] = []
        self.names = count(1)

    def zero(self, poly: Poly, depth: int = 0) -> bool:
        """Whether the polynomial was shown to be 0 wherever it is defined."""
        spend()
        mark = len(self.proof)
        found = self.zero_by_moves(poly, depth)
        if not found:
            del self.proof[mark:]  # a way that led nowhere is no part of the proof
        return found

    def zero_by_moves(self, poly: Poly, depth: int) -> bool:
        poly = rewrite(poly, self.rules, self.proof)
        if not poly:
            return True
        pair = next(free_deltas(poly), None)
        if pair is not None:
            return self.zero_in(poly, equal_or_not(poly, pair, self.licences), depth)
        difference = next(differences(poly), None)
        if difference is not None and depth < MAX_DEPTH:
            cases = either_sign(poly, difference, self.licences)
            return self.zero_in(poly, cases, depth + 1)
        parts = factor(poly)
        numerator = parts.numerator
        taken_out = mono_poly(parts.powers.items()).scale(parts.coefficient)
        step = Identity("factors are taken out", poly, ((taken_out, numerator),))
        if numerator.terms.keys() != poly.terms.keys():
            return self.zero_by(step, depth) or self.zero_by_logarithms(poly, depth)
        if depth >= MAX_DEPTH:
            return False
        self.proof.append(step)
        return (
            self.zero_by_opening(numerator, depth)
            or self.zero_by_recurrence(numerator, depth)
            or self.zero_by_logarithms(numerator, depth)
        )

    def zero_by(self, step: Step, depth: int) -> bool:
        """Whether all that a step leads to is 0."""
        mark = len(self.proof)
        self.proof.append(step)
        if all(self.zero(goal, depth) for goal in step.goals):
            return True
        del self.proof[mark:]
        return False

    def zero_in(self, poly: Poly, cases: Iterable[Case], depth: int) -> bool:
        """Whether the polynomial is 0 in every case that can be."""
        seen = []
        for case in cases:
            seen.append(case)
            if case.after is not None and not self.zero(case.after, depth):
                return False
        self.proof.append(Split(poly, tuple(seen)))
        return True

    def zero_by_opening(self, poly: Poly, depth: int) -> bool:
        """Σ_n F_n = 0 if every F_n = 0."""
        sums = [atom for atom, _ in poly.atoms() if isinstance(atom, Sum)]
        for range_ in sorted({range_of(b) for atom in sums for b in atom.binders}, key=str):
            index = free(f"{next(self.names)}:", range_)
            ways = {m: list(openings(m, index)) for m in poly.terms}
            rest = Poly({m: c for m, c in poly.terms.items() if not ways[m]})
            choices = [
                [(times.scale(poly.terms[m]), old, new) for times, old, new in found]
                for m, found in ways.items()
                if found
            ]
            # What has no such index is 0 by itself, or counts as Σ_n rest/size.
            size = size_of(range_)
            part = atom_poly(SizeOf(size), -1) if size else ZERO
            spread = rest * part
            if rest and size is None:
                continue
            mark = len(self.proof)
            alone = bool(rest) and self.zero(rest, depth + 1)
            whole = poly - rest if alone else poly
            if alone:
                apart = ((ONE, rest), (ONE, whole))
                self.proof.append(Identity("what has no sum is 0 by itself", poly, apart))
            for chosen in islice(product(*choices), MAX_OPENINGS):
                total = sum((times * new for times, _, new in chosen), ZERO if alone else spread)
                even = () if alone or not rest else ((rest, ONE, part),)
                step = Exchanged("a sum is opened", whole, total, (*chosen, *even), index)
                if self.zero_by(step, depth + 1):
                    return True
            del self.proof[mark:]
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
                    others = poly - term
                    put = others + used
                    if len(rewrite(put, self.rules).terms) < len(poly.terms):
                        terms = (ONE, term, used), (others, ONE, ONE)
                        step = Exchanged("a recurrence is used", poly, put, terms)
                        if self.zero_by(step, depth + 1):
                            return True
        return False

    def zero_by_logarithms(self, poly: Poly, depth: int) -> bool:
        """Where x > 0 is given, x = exp(u) for some u."""
        inside = {x for atom in all_atoms(poly) if (x := _entry_in_log(atom)) is not None}
        positive = {entry for entry in inside if self.licences.positive(entry)}

        def replace(atom: Atom) -> Poly | None:
            if isinstance(atom, Var) and atom in positive:
                return exp(atom_poly(Var(f"{LOG_OF}{atom.name}", atom.places)))
            return None

        if not positive or depth >= MAX_DEPTH:
            return False
        put = Substitution({}, replace)
        after = put.poly(poly)
        step = Substituted("exp(u) is put for an entry", poly, after, put.done)
        return self.zero_by(step, depth + 1)


def openings(mono: Mono, index: Base) -> Iterator[tuple[Poly, Poly, Poly]]:
    """For each way to read the monomial as M·Σ_n F_n, with n over the range of `index`: M, the sum,
    and F_index."""
    for position, (atom, exponent) in enumerate(mono):
        if not isinstance(atom, Sum) or exponent < 1:
            continue
        binders, body = freshened(atom)
        for base in binders:
            if range_of(base) == range_of(index):
                others = [b for b in binders if b != base]
                opened = summation(others, rename(body, {base: (index, 0)}))
                rest = mono_poly([*mono[:position], (atom, exponent - 1), *mono[position + 1 :]])
                yield rest, atom_poly(atom), opened


def _entry_in_log(atom: Atom) -> Var | None:
    """x if the atom is log(x), where x is an entry at a place that no sum binds."""
    if not isinstance(atom, Applied) or atom.name != "log" or any(map(is_bound, atom.bases)):
        return None
    single = atom.arguments[0].single()
    if single is None or single[1] != 1 or len(single[0]) != 1:
        return None
    ((entry, exponent),) = single[0]
    return entry if isinstance(entry, Var) and exponent == 1 else None
