"""What a denominator, a root or a logarithm asks for, and whether that holds anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derivlib.proof.algebra.canonical import all_atoms, orders, places
from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.polynomial import (
    Atom,
    Group,
    Poly,
    SizeOf,
    Var,
    atom_poly,
    mono_poly,
    number,
)
from derivlib.proof.algebra.polynomial import Sum as SumAtom
from derivlib.proof.algebra.signs import non_negative, positive, positive_atom
from derivlib.proof.algebra.sums import Substitution, rename
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.ranges import (
    Base,
    Range,
    at_most,
    bound,
    is_bound,
    is_fixed,
    range_of,
    size_of,
    upper_index,
    within,
)
from derivlib.proof.language.signature import Condition, Signature
from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Delta,
    Div,
    Entry,
    Expr,
    Function,
    Mul,
    Number,
    Pow,
    Size,
    Sum,
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """`expr`, whose normal form is `poly`, stands in `relation` ("!=", ">" or ">=") to 0, for all
    values of the indices in `every`."""

    expr: Expr
    poly: Poly
    relation: str
    every: tuple[tuple[str, Range], ...] = ()

    def condition(self, theory: Signature) -> Condition | None:
        """What has to be said; None if it holds for all sizes and entries of the theory."""
        sign = sign_of(self.expr, theory)
        if sign == ">" or (sign == ">=" and self.relation == ">="):
            return None
        if not self.poly:
            return None  # only >= is asked of what is 0
        if self.relation == ">=" and non_negative(self.poly):
            return None
        parts = factor(at_least(self.poly, theory.sizes))
        certain = all(map(positive_atom, parts.powers))
        value = parts.numerator.scale(parts.coefficient)
        if certain and (positive(value) or (self.relation == "!=" and positive(-value))):
            return None
        size = one_left_out(value) or (one_left_out(-value) if self.relation == "!=" else None)
        if certain and size is not None:
            enough = theory.sizes[size] >= 2 or self.relation == ">="
            return None if enough else least_size(size, 2)
        return self.stated()

    def stated(self) -> Condition:
        return Condition(self.expr, self.relation, Number(Fraction(0)), self.every)

    def covers(self, other: Requirement) -> bool:
        """Whether it says the same of as many places, or of more."""
        if (self.expr, self.relation) != (other.expr, other.relation):
            return False
        pairs = zip(self.every, other.every, strict=True)
        return all(
            at_most(whole.first, part.first) and at_most(part.final, whole.final)
            for (_, whole), (_, part) in pairs
        )


def least_size(size: str, least: int) -> Condition:
    return Condition(Size(size), ">=", Number(Fraction(least)))


def sign_of(expr: Expr, theory: Signature) -> str | None:
    """ ">" or ">=" if the expression is certainly so wherever it is defined, judged as written."""
    return _Signs(theory).sign(expr)


class _Signs:
    """The signs of definitions are remembered: others may be made of them many times over."""

    def __init__(self, theory: Signature) -> None:
        self.theory = theory
        self.known: dict[str, str | None] = {}

    def sign(self, expr: Expr) -> str | None:
        match expr:
            case Number(value):
                return ">" if value > 0 else ">=" if value == 0 else None
            case Size():
                return ">"
            case Entry(name):
                if name not in self.theory.definitions:
                    return ">" if self.theory.variables[name].positive else None
                if name not in self.known:
                    self.known[name] = self.sign(self.theory.definitions[name].body)
                return self.known[name]
            case Add(left, right):
                signs = {self.sign(left), self.sign(right)}
                return None if None in signs else max(signs, key=lambda s: s == ">")
            case Mul(left, right) if left == right:
                return ">" if self.sign(left) == ">" else ">="
            case Mul(left, right) | Div(left, right):
                signs = {self.sign(left), self.sign(right)}
                return None if None in signs else min(signs, key=lambda s: s == ">")
            case Pow(base, exponent):
                sign = self.sign(base)
                even = isinstance(exponent, Number) and exponent.value % 2 == 0
                return ">=" if even and sign != ">" else sign
            case Function("Max", arguments):
                signs = {self.sign(argument) for argument in arguments}
                return ">" if ">" in signs else ">=" if ">=" in signs else None
            case Function(name, (argument,)):
                word = FUNCTIONS[name]
                kept = self.sign(argument) if word.keeps_sign else None
                return kept or word.sign
            case Sum(binders, body):
                sign = self.sign(body)
                nonempty = all(never_empty(binder, self.theory) for binder in binders)
                return sign if nonempty or sign is None else ">="
            case Delta():
                return ">="
        return None


def never_empty(binder: Binder, theory: Signature) -> bool:
    """Whether a binder certainly takes a value. An end that is an index leaves that open."""
    written = [end for end in (binder.first, binder.final) if end is not None]
    if binder.excluded or any(end.name not in (None, *theory.sizes) for end in written):
        return False
    return binder.range is not None and at_most(*binder.range, theory.sizes)


def at_least(poly: Poly, bounds: Mapping[str, int]) -> Poly:
    """The polynomial with each size of bound b > 1 written as b + u², so that K - 1 is > 0."""

    def replace(atom: Atom) -> Poly | None:
        if not isinstance(atom, SizeOf) or bounds.get(atom.name, 1) < 2:
            return None
        return number(bounds[atom.name]) + atom_poly(Var(f"{atom.name} - bound", ()), 2)

    return Substitution({}, replace).poly(poly)


def one_left_out(poly: Poly) -> str | None:
    """K if the polynomial is c·(Σ_k f(k) - f(i)), f > 0, k over K: then 0 if K = 1, else > 0."""
    if len(poly.terms) != 2:
        return None
    for mono, c in poly.terms.items():
        (other, d) = next((m, d) for m, d in poly.terms.items() if m != mono)
        if len(mono) != 1 or mono[0][1] != 1 or d != -c or c < 0:
            continue
        atom = mono[0][0]
        if isinstance(atom, SumAtom) and len(atom.binders) == 1 and positive_atom(atom):
            (index,) = atom.binders
            for place in places(other):
                picked = rename(mono_poly(atom.body), {index: place})
                if within(place, range_of(index)) and picked.terms == {other: 1}:
                    return size_of(range_of(index))
    return None


# --- one that follows from others -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What a requirement says of the factors of its normal form, those left out that are positive
    anyway. Bound indices stand for any place.

    Attributes:
        nonzero: factors that are not 0.
        product: factors whose product, times the sign, is > 0 (if `strict`) or >= 0; None if the
            requirement says nothing of a sign.
        whole: the texts of `product`, numbered together.
    """

    nonzero: tuple[Poly, ...]
    product: tuple[Poly, ...] | None = None
    whole: tuple[str, ...] = ()
    sign: int = 1
    strict: bool = True


def facts(requirement: Requirement, theory: Signature) -> Facts:
    """What the requirement says."""
    parts = factor(at_least(requirement.poly, theory.sizes))
    sign = 1 if parts.coefficient > 0 else -1
    powers = [(atom, e) for atom, e in parts.powers.items() if not positive_atom(atom)]
    factors = [atom_poly(atom) for atom, _ in powers]
    odd = [atom_poly(atom) for atom, e in powers if e % 2]
    product = mono_poly(powers)
    numerator = parts.numerator
    if positive(-numerator):
        sign, numerator = -sign, -numerator
    if not positive(numerator):
        factors.append(numerator)
        odd.append(numerator)
        product = product * numerator
    if requirement.relation == "!=":
        return Facts(_alone(factors))
    if requirement.relation == ">":
        return Facts(_alone(factors), _alone(odd), _together(odd), sign)
    if odd != factors:
        odd = [product]  # x^2·y >= 0 does not say that y >= 0
    return Facts((), _alone(odd), _together(odd), sign, strict=False)


def without_repetition(
    requirements: Iterable[Requirement], theory: Signature, granted: Iterable[Requirement] = ()
) -> list[Requirement]:
    """The requirements less those that follow from others, or from what is granted.

    Of two that say the same, the one with more factors goes, then the longer, then the later.
    """
    distinct = list({str(each.stated()): each for each in requirements}.values())
    said = {
        str(each.stated()): each
        for each in distinct
        if not any(other is not each and other.covers(each) for other in distinct)
    }
    known = {text: facts(each, theory) for text, each in said.items()}
    certain = [facts(each, theory) for each in granted]
    order = [
        (len(fact.nonzero), len(text), n, text) for n, (text, fact) in enumerate(known.items())
    ]
    for *_, text in sorted(order, reverse=True):
        others = [fact for other, fact in known.items() if other != text]
        if follows(known[text], [*others, *certain]):
            del said[text], known[text]
    return list(said.values())


def follows(fact: Facts, others: Sequence[Facts]) -> bool:
    """Whether all that a requirement says is said by others."""
    nonzero = {poly for other in others for poly in other.nonzero}
    if not all(_known(poly, nonzero) for poly in fact.nonzero):
        return False
    if fact.product is None:
        return True
    positives = {
        poly
        for other in others
        if other.strict and other.sign > 0 and len(other.product or ()) == 1
        for poly in other.product or ()
    }
    if fact.sign > 0 and all(_known(poly, positives) for poly in fact.product):
        return True
    return any(
        other.product is not None
        and other.strict >= fact.strict
        and (other.whole, other.sign) == (fact.whole, fact.sign)
        for other in others
    )


def _known(poly: Poly, known: Collection[Poly]) -> bool:
    """Whether it is known of the factor, or of its like with a bound index for a free one."""
    if poly in known:
        return True
    if any(map(is_bound, poly.bases)):
        return False
    sums = (atom for atom in all_atoms(poly) if isinstance(atom, SumAtom))
    upper = {upper_index(base) for atom in sums for base in atom.binders}
    # No normal form has a sum up to a bound index.
    letters = (base for base in poly.bases if not is_fixed(base) and base not in upper)
    return any(rename(poly, {base: (bound(0, range_of(base)), 0)}) in known for base in letters)


def _alone(polys: Iterable[Poly]) -> tuple[Poly, ...]:
    return tuple(each for poly in polys for each in numbered([poly]))


def _together(polys: Sequence[Poly]) -> tuple[str, ...]:
    return tuple(sorted(poly.text for poly in numbered(polys)))


def numbered(polys: Sequence[Poly]) -> list[Poly]:
    """The polynomials with their bound indices numbered together: the same for all that differ in
    these numbers alone."""
    bases = [base for base in frozenset[Base]().union(*(p.bases for p in polys)) if is_bound(base)]
    if not bases:
        return list(polys)
    ways = [
        [rename(poly, names) for poly in polys]
        for order in orders(bases, tuple((Group(poly), 1) for poly in polys))
        for names in [{base: (bound(n, range_of(base)), 0) for n, base in enumerate(order)}]
    ]
    return min(ways, key=lambda way: sorted(poly.text for poly in way))
