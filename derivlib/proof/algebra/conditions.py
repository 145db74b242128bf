"""Where is an expression defined? What must hold for it, less what always holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.naming import places
from derivlib.proof.algebra.normal_form import Normalizer, Scope
from derivlib.proof.algebra.polynomial import (
    Atom,
    OutOfBudget,
    Poly,
    SizeOf,
    Undefined,
    Var,
    atom_poly,
    mono_poly,
    number,
)
from derivlib.proof.algebra.polynomial import Sum as SumAtom
from derivlib.proof.algebra.signs import non_negative, positive, positive_atom
from derivlib.proof.algebra.sums import Substitution, rename
from derivlib.proof.language.expressions import (
    Add,
    Binder,
    Delta,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    Sub,
    Sum,
    walk,
)
from derivlib.proof.language.plain import plain
from derivlib.proof.language.ranges import at_most, ends, fresh, range_of, within

if TYPE_CHECKING:
    from derivlib.proof.theory import Theory


@dataclass(frozen=True, slots=True)
class Requirement:
    """`expr`, whose normal form is `poly`, stands in `relation` ("!=", ">" or ">=") to 0."""

    expr: Expr
    poly: Poly
    relation: str

    def text(self, theory: Theory) -> str | None:
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
        return f"{plain(self.expr)} {self.relation} 0"


def sign_of(expr: Expr, theory: Theory) -> str | None:
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
        case Function("exp" | "sigmoid", _):
            return ">"
        case Function("sqrt", (argument,)):
            return ">" if sign_of(argument, theory) == ">" else ">="
        case Function("Max", arguments):
            signs = {sign_of(a, theory) for a in arguments}
            return ">" if ">" in signs else ">=" if ">=" in signs else None
        case Sum(binders, body):
            sign = sign_of(body, theory)
            if sign == ">" and not all(never_empty(b, theory) for b in binders):
                return ">="
            return sign
        case Delta():
            return ">="
    return None


def never_empty(binder: Binder, theory: Theory) -> bool:
    """Whether a binder certainly takes a value. An end that is an index leaves that open."""
    written = [end for end in (binder.first, binder.final) if end is not None]
    if binder.excluded or any(end.name not in (None, *theory.sizes) for end in written):
        return False
    return at_most(*ends(binder.range or ""), theory.sizes)


def takes_all(binder: Binder, body: Expr, theory: Theory) -> bool:
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


def conditions(theory: Theory, expr: Expr, scope: Scope, normalizer: Normalizer) -> tuple[str, ...]:
    """What must hold at a point for the expression to be defined there, beyond the theory.

    Raises:
        Undefined: the expression is defined nowhere.
    """
    collector = _Collector(theory, normalizer)
    texts = [requirement.text(theory) for requirement in collector.walk(expr, scope, False)]
    return tuple(dict.fromkeys([*collector.sizes, *filter(None, texts)]))


class _Collector:
    def __init__(self, theory: Theory, normalizer: Normalizer) -> None:
        self.theory = theory
        self.normalizer = normalizer
        self.sizes: list[str] = []
        self.entered: set[tuple[str, bool, bool]] = set()
        self.partial = False  # inside a sum that leaves terms out

    def walk(self, expr: Expr, scope: Scope, differentiated: bool) -> Iterator[Requirement]:
        match expr:
            case Number() | Size():
                return
            case Delta(left, right):
                self.places(left, right, scope)
            case Entry():
                yield from self.entry(expr, differentiated)
            case Neg(argument):
                yield from self.walk(argument, scope, differentiated)
            case Add(left, right) | Sub(left, right) | Mul(left, right):
                yield from self.walk(left, scope, differentiated)
                yield from self.walk(right, scope, differentiated)
            case Div(left, right):
                yield from self.walk(left, scope, differentiated)
                yield from self.walk(right, scope, differentiated)
                yield self.require(right, scope, "!=")
            case Pow(base, exponent):
                yield from self.walk(base, scope, differentiated)
                yield from self.walk(exponent, scope, differentiated)
                relation = self.power_needs(exponent, scope, differentiated)
                if relation:
                    yield self.require(base, scope, relation)
            case Function(name, arguments):
                for argument in arguments:
                    yield from self.walk(argument, scope, differentiated)
                if name == "log":
                    yield self.require(arguments[0], scope, ">")
                elif name == "sqrt":
                    yield self.require(arguments[0], scope, ">" if differentiated else ">=")
            case Derivative(body, variables):
                for variable in variables:
                    yield from self.entry(variable, differentiated)
                yield from self.walk(body, scope, True)
            case Sum(binders, body):
                inner = dict(scope)
                for binder in binders:
                    inner[binder.index] = (fresh(binder.range or ""), 0)
                    for other in binder.excluded:
                        self.places(Index(binder.index), other, inner)
                outside = self.partial
                whole = all(takes_all(binder, body, self.theory) for binder in binders)
                self.partial = outside or not whole
                found = list(self.walk(body, inner, differentiated))
                self.partial = outside
                if not whole and any(requirement.text(self.theory) for requirement in found):
                    # The normal form adds and subtracts terms that such a sum does not have.
                    raise OutOfBudget(f"a term beyond {plain(expr)} may be undefined")
                yield from found

    def places(self, left: Index, right: Index, scope: Scope) -> None:
        """δ(i,3) compares i with the third place: there must be one."""
        for index, other in ((left, right), (right, left)):
            if index.name is not None and index.name in scope and other.name is None:
                self.place(other.offset, range_of(scope[index.name][0]))

    def place(self, offset: int, axis: str) -> None:
        """An axis must reach as far as a constant place on it."""
        size, beyond = ends(axis)[1]
        if size in self.theory.sizes and offset - beyond > self.theory.sizes[size]:
            self.sizes.append(f"{size} >= {offset - beyond}")

    def entry(self, entry: Entry, differentiated: bool) -> Iterator[Requirement]:
        for index, axis in zip(entry.indices, self.theory.axes(entry.name) or (), strict=True):
            if index.name is None:
                self.place(index.offset, axis)
        definition = self.theory.definitions.get(entry.name)
        # A definition's requirements hold for every place once they hold for its parameters.
        key = entry.name, differentiated, self.partial
        if definition is not None and key not in self.entered:
            self.entered.add(key)
            scope = self.normalizer.parameters(entry.name)
            yield from self.walk(definition.body, scope, differentiated)

    def power_needs(self, exponent: Expr, scope: Scope, differentiated: bool) -> str | None:
        value = self.normalizer.poly(exponent, scope).constant()
        if value is None:
            return ">"
        if value.denominator == 1:
            return "!=" if value < 0 else None
        return ">" if value < 0 or differentiated else ">="

    def require(self, expr: Expr, scope: Scope, relation: str) -> Requirement:
        poly = self.normalizer.poly(expr, scope)
        if not poly and relation != ">=":
            raise Undefined(f"{plain(expr)} is identically 0")
        return Requirement(expr, poly, relation)
