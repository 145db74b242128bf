"""What a denominator, a root or a logarithm asks for, and whether that holds anyway."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derivlib.proof.algebra.canonical import places
from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.polynomial import (
    Atom,
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
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import at_most, ends, range_of, within
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Delta,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Number,
    Pow,
    Size,
    Sum,
    walk,
)

_BOUND = re.compile(r"#\d+")
_FREE = re.compile(r"(?<![#\w.:])[\w.:]+(?=\|)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """`expr`, whose normal form is `poly`, stands in `relation` ("!=", ">" or ">=") to 0."""

    expr: Expr
    poly: Poly
    relation: str

    def text(self, theory: Signature) -> str | None:
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
            return None if theory.sizes[size] >= 2 or self.relation == ">=" else f"{size} >= 2"
        return str(self)

    def __str__(self) -> str:
        return f"{to_text(self.expr)} {self.relation} 0"


def sign_of(expr: Expr, theory: Signature) -> str | None:
    """ ">" or ">=" if the expression is certainly so wherever it is defined, judged as written."""
    match expr:
        case Number(value):
            return ">" if value > 0 else ">=" if value == 0 else None
        case Size():
            return ">"
        case Entry(name):
            if name in theory.definitions:
                return sign_of(theory.definitions[name].body, theory)
            return ">" if theory.variables[name].positive else None
        case Add(left, right):
            signs = {sign_of(left, theory), sign_of(right, theory)}
            return None if None in signs else max(signs, key=lambda s: s == ">")
        case Mul(left, right) if left == right:
            return ">" if sign_of(left, theory) == ">" else ">="
        case Mul(left, right) | Div(left, right):
            signs = {sign_of(left, theory), sign_of(right, theory)}
            return None if None in signs else min(signs, key=lambda s: s == ">")
        case Pow(base, exponent):
            if sign_of(base, theory) == ">":
                return ">"
            if isinstance(exponent, Number) and exponent.value % 2 == 0:
                return ">="
            return sign_of(base, theory)
        case Function("Max", arguments):
            signs = {sign_of(a, theory) for a in arguments}
            return ">" if ">" in signs else ">=" if ">=" in signs else None
        case Function(name, (argument,)):
            word = FUNCTIONS[name]
            kept = sign_of(argument, theory) if word.keeps_sign else None
            return kept or word.sign
        case Sum(binders, body):
            sign = sign_of(body, theory)
            if sign == ">" and not all(never_empty(b, theory) for b in binders):
                return ">="
            return sign
        case Delta():
            return ">="
    return None


def never_empty(binder: Binder, theory: Signature) -> bool:
    """Whether a binder certainly takes a value. An end that is an index leaves that open."""
    written = [end for end in (binder.first, binder.final) if end is not None]
    if binder.excluded or any(end.name not in (None, *theory.sizes) for end in written):
        return False
    return at_most(*ends(binder.range or ""), theory.sizes)


def takes_all(binder: Binder, body: Expr, theory: Signature) -> bool:
    """Whether a sum runs over a whole axis, so that its normal form has its terms and no others."""
    if binder.excluded or binder.range not in theory.sizes or not never_empty(binder, theory):
        return False
    indices: list[Index] = []
    for node in walk(body):
        if isinstance(node, Entry):
            indices += node.indices
        elif isinstance(node, Delta):
            indices += (node.left, node.right)
    return not any(index.name == binder.index and index.offset for index in indices)


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
                    return range_of(index)
    return None


# --- one that follows from others -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What a requirement says: that sign · a product of factors is > 0 (`strict`) or >= 0, if it
    does, and which factors are not 0. Factors that are positive anyway are left out."""

    product: frozenset[str] | None
    sign: int
    strict: bool
    nonzero: frozenset[str]


def facts(requirement: Requirement, theory: Signature) -> Facts:
    """What the requirement says, in words that do not depend on the numbers of bound indices."""
    parts = factor(at_least(requirement.poly, theory.sizes))
    sign = 1 if parts.coefficient > 0 else -1
    powers: dict[str, Fraction] = {
        _numbered(atom.text): Fraction(e)
        for atom, e in parts.powers.items()
        if not positive_atom(atom)
    }
    numerator = parts.numerator
    if positive(-numerator):
        sign, numerator = -sign, -numerator
    if not positive(numerator):
        powers[_numbered(numerator.text)] = Fraction(1)
    if requirement.relation == "!=":
        return Facts(None, 1, True, frozenset(powers))
    odd = frozenset(factor for factor, e in powers.items() if e % 2)
    if requirement.relation == ">":
        return Facts(odd, sign, True, frozenset(powers))
    # x^2·y >= 0 does not say that y >= 0.
    plain_product = odd == frozenset(powers)
    whole = "·".join(f"({factor})^{e}" for factor, e in sorted(powers.items()))
    return Facts(odd if plain_product else frozenset({whole}), sign, False, frozenset())


def without_repetition(requirements: Iterable[Requirement], theory: Signature) -> list[str]:
    """The texts of requirements, less those that follow from the others.

    Of two that say the same, the one with more factors goes, then the longer, then the later.
    """
    said = {str(r): facts(r, theory) for r in requirements}
    order = [(len(fact.nonzero), len(text), n, text) for n, (text, fact) in enumerate(said.items())]
    for *_, text in sorted(order, reverse=True):
        if follows(said[text], [fact for other, fact in said.items() if other != text]):
            del said[text]
    return list(said)


def follows(fact: Facts, others: Sequence[Facts]) -> bool:
    nonzero = frozenset[str]().union(*(other.nonzero for other in others))
    products = [other for other in others if other.product is not None]
    positives = {
        factor
        for other in products
        if other.strict and other.sign > 0 and len(other.product or ()) == 1
        for factor in other.product or ()
    }
    if not all(_known(factor, nonzero) for factor in fact.nonzero):
        return False
    if fact.product is None:
        return True
    if fact.sign > 0 and all(_known(factor, positives) for factor in fact.product):
        return True
    return any(
        (other.product, other.sign) == (fact.product, fact.sign) and other.strict >= fact.strict
        for other in products
    )


def _known(factor: str, known: Collection[str]) -> bool:
    """Whether it is known of the factor, or of its like with a bound index for a free one."""
    if factor in known:
        return True
    if "#" in factor:
        return False
    letters = set(_FREE.findall(factor))
    return any(
        re.sub(rf"(?<![\w.:]){re.escape(letter)}(?=\|)", "#0", factor) in known
        for letter in letters
    )


def _numbered(text: str) -> str:
    """The text with its bound indices numbered in the order in which they appear."""
    order: dict[str, int] = {}
    return _BOUND.sub(lambda match: f"#{order.setdefault(match[0], len(order))}", text)
