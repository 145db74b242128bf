"""Where is an expression defined? What must hold for it, less what always holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.normal_form import Scope as Places
from derivlib.proof.algebra.polynomial import OutOfBudget, Undefined
from derivlib.proof.algebra.requirements import Requirement, takes_all, without_repetition
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Place, ends, fresh, range_of
from derivlib.proof.language.renaming import fresh_letter, rename
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import (
    Add,
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


@dataclass(frozen=True, slots=True)
class Seen:
    """An index in scope: the place that it stands for, its range, and the term that the reader of
    the statement sees for it (a parameter of a definition stands for what is put for it)."""

    place: Place
    range: str
    shown: Index


Scope: TypeAlias = Mapping[str, Seen]


def conditions(
    theory: Signature, exprs: Iterable[Expr], scope: Places, normalizer: Normalizer
) -> tuple[str, ...]:
    """What must hold at a point for the expressions to be defined there, beyond the theory.

    Args:
        theory: what the letters mean.
        exprs: the expressions.
        scope: the places of their free indices.
        normalizer: of the theory.

    Raises:
        Undefined: one of the expressions is defined nowhere.
    """
    collector = _Collector(theory, normalizer, frozenset(scope))
    seen = {name: Seen(at, range_of(at[0]), Index(name)) for name, at in scope.items()}
    found = [each for expr in exprs for each in collector.walk(expr, seen, frozenset())]
    texts = {each.text(theory): each for each in found}
    open_ones = [each for text, each in texts.items() if text == str(each)]
    for text, each in texts.items():
        if text and text != str(each):  # it comes to `K >= 2`
            size, _, least = text.partition(" >= ")
            collector.sizes[size] = max(collector.sizes.get(size, 1), int(least))
    sizes = [f"{size} >= {least}" for size, least in collector.sizes.items()]
    return (*sizes, *without_repetition(open_ones, theory))


class _Collector:
    def __init__(self, theory: Signature, normalizer: Normalizer, letters: frozenset[str]) -> None:
        self.theory = theory
        self.normalizer = normalizer
        self.taken = letters | {*theory.sizes, *theory.variables, *theory.definitions}
        self.sizes: dict[str, int] = {}  # the least value that each needs
        self.entered: set[tuple[str, frozenset[str], bool, tuple[Index, ...]]] = set()
        self.partial = False  # inside a sum that leaves terms out

    def walk(self, expr: Expr, scope: Scope, by: frozenset[str]) -> Iterator[Requirement]:
        match expr:
            case Number() | Size():
                return
            case Delta(left, right):
                self.places(left, right, scope)
            case Entry():
                yield from self.entry(expr, scope, by)
            case Neg(argument):
                yield from self.walk(argument, scope, by)
            case Add(left, right) | Sub(left, right) | Mul(left, right):
                yield from self.walk(left, scope, by)
                yield from self.walk(right, scope, by)
            case Div(left, right):
                yield from self.walk(left, scope, by)
                yield from self.walk(right, scope, by)
                yield self.require(right, scope, "!=")
            case Pow(base, exponent):
                yield from self.walk(base, scope, by)
                yield from self.walk(exponent, scope, by)
                relation = self.power_needs(exponent, scope, self.moves(base, by))
                if relation:
                    yield self.require(base, scope, relation)
            case Function(name, arguments):
                for argument in arguments:
                    yield from self.walk(argument, scope, by)
                word = FUNCTIONS[name]
                relation = (self.moves(expr, by) and word.smooth) or word.domain
                if relation:
                    pairs = combinations(arguments, 2)
                    for part in arguments if word.arity else [_apart(*pair) for pair in pairs]:
                        yield self.require(part, scope, relation)
            case Derivative(body, variables):
                for variable in variables:
                    yield from self.entry(variable, scope, by)
                names = frozenset(variable.name for variable in variables)
                yield from self.walk(body, scope, by | names)
            case Sum(binders, body):
                inner = dict(scope)
                for binder in binders:
                    shown = Index(fresh_letter(binder.index, self.letters(inner)))
                    axis = binder.range or ""
                    inner[binder.index] = Seen((fresh(axis), 0), axis, shown)
                    for other in binder.excluded:
                        self.places(Index(binder.index), other, inner)
                outside = self.partial
                whole = all(takes_all(binder, body, self.theory) for binder in binders)
                self.partial = outside or not whole
                found = list(self.walk(body, inner, by))
                self.partial = outside
                if not whole and any(requirement.text(self.theory) for requirement in found):
                    # The normal form adds and subtracts terms that such a sum does not have.
                    raise OutOfBudget(f"a term beyond {to_text(expr)} may be undefined")
                yield from found

    def places(self, left: Index, right: Index, scope: Scope) -> None:
        """δ(i,3) compares i with the third place: there must be one."""
        for index, other in ((left, right), (right, left)):
            if index.name is not None and index.name in scope and other.name is None:
                self.place(other.offset, scope[index.name].range)

    def place(self, offset: int, axis: str) -> None:
        """An axis must reach as far as a constant place on it."""
        size, beyond = ends(axis)[1]
        if size in self.theory.sizes and offset - beyond > self.theory.sizes[size]:
            self.sizes[size] = max(self.sizes.get(size, 1), offset - beyond)

    def letters(self, scope: Scope) -> set[str]:
        """The names that a new index must not have."""
        return {*self.taken, *(seen.shown.name for seen in scope.values() if seen.shown.name)}

    def entry(self, entry: Entry, scope: Scope, by: frozenset[str]) -> Iterator[Requirement]:
        axes = self.theory.axes(entry.name) or ()
        for index, axis in zip(entry.indices, axes, strict=True):
            if index.name is None:
                self.place(index.offset, axis)
        definition = self.theory.definitions.get(entry.name)
        if definition is None:
            return
        shown = tuple(self.shown(index, scope) for index in entry.indices)
        key = entry.name, by, self.partial, shown
        if key not in self.entered:
            self.entered.add(key)
            places = [
                self.normalizer.place(index, self.places_in(scope)) for index in entry.indices
            ]
            inner = {
                parameter: Seen(place, axis, term)
                for parameter, place, axis, term in zip(
                    definition.parameters, places, axes, shown, strict=True
                )
            }
            yield from self.walk(definition.body, inner, by)

    def shown(self, index: Index, scope: Scope) -> Index:
        """The term that the reader sees for an index term."""
        seen = scope.get(index.name or "")
        if seen is None:
            return index
        return Index(seen.shown.name, seen.shown.offset + index.offset)

    def places_in(self, scope: Scope) -> dict[str, Place]:
        return {name: seen.place for name, seen in scope.items()}

    def moves(self, expr: Expr, by: frozenset[str]) -> bool:
        """Whether it depends on what a ∂ around it differentiates by."""
        entries = (node.name for node in walk(expr) if isinstance(node, Entry))
        return bool(by) and any(by & self.theory.dependencies(name) for name in entries)

    def power_needs(self, exponent: Expr, scope: Scope, moves: bool) -> str | None:
        value = self.normalizer.poly(exponent, self.places_in(scope)).constant()
        if value is None:
            return ">"
        if value.denominator == 1:
            return "!=" if value < 0 else None
        return ">" if value < 0 or moves else ">="

    def require(self, expr: Expr, scope: Scope, relation: str) -> Requirement:
        poly = self.normalizer.poly(expr, self.places_in(scope))
        terms = {name: seen.shown for name, seen in scope.items()}
        expr = rename(expr, terms, self.letters(scope))
        if not poly and relation != ">=":
            raise Undefined(f"{to_text(expr)} is identically 0")
        return Requirement(expr, poly, relation)


def _apart(left: Expr, right: Expr) -> Expr:
    """What is not 0 where two expressions differ."""
    zero = Number(Fraction(0))
    return left if right == zero else right if left == zero else Sub(left, right)
