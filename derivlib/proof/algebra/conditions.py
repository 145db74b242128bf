"""Where is an expression defined? What must hold for it, less what always holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.normal_form import Scope as Places
from derivlib.proof.algebra.polynomial import OutOfBudget, Undefined
from derivlib.proof.algebra.requirements import (
    Requirement,
    least_size,
    without_repetition,
)
from derivlib.proof.algebra.sums import end_of
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Place, Range, fresh, is_bound, range_of
from derivlib.proof.language.renaming import fresh_letter, rename
from derivlib.proof.language.signature import Condition, Hypothesis, Signature
from derivlib.proof.language.syntax import (
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
    free_indices,
    walk,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """An index in scope: the place that it stands for, and the term that the reader of the
    statement sees for it (a parameter of a definition stands for what is put for it)."""

    place: Place
    shown: Index


Scope: TypeAlias = Mapping[str, Seen]

_PLAIN = (Number, Neg, Add, Sub, Mul, Div, Pow)


@dataclass(frozen=True, slots=True)
class Needs:
    """All that expressions ask for, each index with the range that it really runs over.

    Attributes:
        theory: what the letters mean.
        requirements: of denominators, logarithms and powers, also those that always hold.
        sizes: the least value that each size must have for all places to exist.
    """

    theory: Signature
    requirements: tuple[Requirement, ...]
    sizes: Mapping[str, int]

    def said(self, granted: Sequence[Needs] = ()) -> tuple[Mapping[str, int], list[Requirement]]:
        """What has to be said of it beyond the theory: sizes' least values, and requirements.

        Args:
            granted: the needs of hypotheses in use. They hold, so that what they ask for does; but
                the sizes at which they are there have to be said.
        """
        unmet, sizes = [], dict(self.sizes)
        for other in granted:
            for size, enough in other.sizes.items():
                sizes[size] = max(sizes.get(size, 1), enough)
        for each in self.requirements:
            match each.condition(self.theory):
                case Condition(Size(size), ">=", Number(least)):
                    sizes[size] = max(sizes.get(size, 1), int(least))
                case Condition():
                    unmet.append(each)
        known = [each for other in granted for each in other.requirements]
        return sizes, without_repetition(unmet, self.theory, known)

    def conditions(self, granted: Sequence[Needs] = ()) -> tuple[Condition, ...]:
        """The same, to be read."""
        sizes, unmet = self.said(granted)
        least_sizes = [least_size(size, least) for size, least in sizes.items()]
        return (*least_sizes, *(each.stated() for each in unmet))


def needs(theory: Signature, exprs: Iterable[Expr], scope: Places, normalizer: Normalizer) -> Needs:
    """What must hold at a point for the expressions to be defined there.

    Args:
        theory: what the letters mean.
        exprs: the expressions.
        scope: the places of their free indices.
        normalizer: of the theory.

    Raises:
        Undefined: one of the expressions is defined nowhere.
    """
    collector = _Collector(theory, normalizer, frozenset(scope))
    seen = {name: Seen(at, Index(name)) for name, at in scope.items()}
    found = [each for expr in exprs for each in collector.walk(expr, seen, frozenset())]
    return Needs(theory, tuple(found), collector.sizes)


def needs_of(hypothesis: Hypothesis, theory: Signature) -> Needs:
    """What a hypothesis says by having a value, at all places of its indices."""
    scope = {name: (fresh(range_), 0) for name, range_ in hypothesis.free.items()}
    return needs(theory, (hypothesis.left, hypothesis.right), scope, Normalizer(theory))


class _Collector:
    def __init__(self, theory: Signature, normalizer: Normalizer, letters: frozenset[str]) -> None:
        self.theory = theory
        self.normalizer = normalizer
        self.taken = letters | {*theory.sizes, *theory.variables, *theory.definitions}
        self.sizes: dict[str, int] = {}  # the least value that each needs
        self.entered: set[tuple[Hashable, ...]] = set()

    def walk(self, expr: Expr, scope: Scope, held: frozenset[str]) -> Iterator[Requirement]:
        match expr:
            case Number() | Size() | Delta():
                return
            case Entry():
                yield from self.entry(expr, scope, held)
            case Neg(argument):
                yield from self.walk(argument, scope, held)
            case Add(left, right) | Sub(left, right) | Mul(left, right):
                yield from self.walk(left, scope, held)
                yield from self.walk(right, scope, held)
            case Div(left, right):
                yield from self.walk(left, scope, held)
                yield from self.walk(right, scope, held)
                yield self.require(right, scope, "!=")
            case Pow(base, exponent):
                yield from self.walk(base, scope, held)
                yield from self.walk(exponent, scope, held)
                relation = self.power_needs(base, exponent, scope, held)
                if relation:
                    yield self.require(base, scope, relation)
            case Function(name, arguments):
                for argument in arguments:
                    yield from self.walk(argument, scope, held)
                word = FUNCTIONS[name]
                relation = (self.varied(expr, held) and word.smooth) or word.domain
                if relation:
                    pairs = combinations(arguments, 2)
                    for part in arguments if word.arity else [_apart(*pair) for pair in pairs]:
                        yield self.require(part, scope, relation)
            case Derivative(body, variables):
                for variable in variables:
                    yield from self.entry(variable, scope, held)
                names = held.union(variable.name for variable in variables)
                yield from self.walk(body, scope, names)
            case Sum(binders, body):
                inner = dict(scope)
                for binder in binders:
                    shown = Index(fresh_letter(binder.index, self.letters(inner)))
                    range_ = self.range(binder, inner)
                    inner[binder.index] = Seen((fresh(range_), 0), shown)
                found = list(self.walk(body, inner, held))
                left_out = any(binder.excluded for binder in binders)
                if left_out and any(each.condition(self.theory) for each in found):
                    # A requirement says nothing of places that are left out.
                    raise OutOfBudget(f"a term that {to_text(expr)} leaves out may be undefined")
                yield from found

    def range(self, binder: Binder, scope: Scope) -> Range:
        """Over what an index really runs."""
        if binder.first is None or binder.final is None:
            assert binder.range is not None, "the ranges must be resolved"
            return binder.range
        ends = (
            self.normalizer.place(end, self.places_in(scope))
            for end in (binder.first, binder.final)
        )
        return Range(*map(end_of, ends))

    def place(self, offset: int, axis: Range) -> None:
        """An axis must reach as far as a constant place on it."""
        if axis.final.symbol:
            self.at_least(axis.final.size, offset - axis.final.offset)

    def at_least(self, size: str, least: int) -> None:
        """A size must be so large, if the theory does not say so."""
        if least > self.theory.sizes[size]:
            self.sizes[size] = max(self.sizes.get(size, 1), least)

    def letters(self, scope: Scope) -> set[str]:
        """The names that a new index must not have."""
        return {*self.taken, *(seen.shown.name for seen in scope.values() if seen.shown.name)}

    def entry(self, entry: Entry, scope: Scope, held: frozenset[str]) -> Iterator[Requirement]:
        axes = self.theory.axes(entry.name) or ()
        for index, axis in zip(entry.indices, axes, strict=True):
            if index.name is None:
                self.place(index.offset, axis)
        definition = self.theory.definitions.get(entry.name)
        if definition is None:
            return
        shown = tuple(self.shown(index, scope) for index in entry.indices)
        places = [self.normalizer.place(index, self.places_in(scope)) for index in entry.indices]
        # Two sums may use one letter for different ranges.
        reached = tuple((base.range or base, offset) for base, offset in places)
        key = entry.name, held, shown, reached
        if key not in self.entered:
            self.entered.add(key)
            inner = {
                parameter: Seen(place, term)
                for parameter, place, term in zip(definition.parameters, places, shown, strict=True)
            }
            yield from self.walk(definition.body, inner, held)

    def shown(self, index: Index, scope: Scope) -> Index:
        """The term that the reader sees for an index term."""
        seen = scope.get(index.name or "")
        if seen is None:
            return index
        return Index(seen.shown.name, seen.shown.offset + index.offset)

    def places_in(self, scope: Scope) -> dict[str, Place]:
        return {name: seen.place for name, seen in scope.items()}

    def power_needs(
        self, base: Expr, exponent: Expr, scope: Scope, held: frozenset[str]
    ) -> str | None:
        """In what relation to 0 the base of a power has to stand."""
        written = all(isinstance(node, _PLAIN) for node in walk(exponent))
        value = self.normalizer.poly(exponent, self.places_in(scope), held).constant()
        if value is None or not written:
            return ">"  # an exponent that varies, or is a name that stands for a number
        if value.denominator == 1:
            return "!=" if value < 0 else None
        return ">" if value < 0 or self.varied(base, held) else ">="

    def varied(self, expr: Expr, held: frozenset[str]) -> bool:
        """Whether a ∂ by one of these names varies the expression."""
        names = {node.name for node in walk(expr) if isinstance(node, Entry)}
        parts = ({name} if name in held else self.theory.dependencies(name) for name in names)
        return any(not held.isdisjoint(part) for part in parts)

    def require(self, expr: Expr, scope: Scope, relation: str) -> Requirement:
        poly = self.normalizer.poly(expr, self.places_in(scope))
        terms = {name: seen.shown for name, seen in scope.items()}
        expr = rename(expr, terms, self.letters(scope))
        if not poly and relation != ">=":
            raise Undefined(f"{to_text(expr)} is identically 0")
        bases = {seen.shown.name: seen.place[0] for seen in scope.values()}
        letters = [name for name in sorted(free_indices(expr)) if name in bases]
        every = [(name, range_of(bases[name])) for name in letters if is_bound(bases[name])]
        return Requirement(expr, poly, relation, tuple(every))


def _apart(left: Expr, right: Expr) -> Expr:
    """What is not 0 where two expressions differ."""
    zero = Number(Fraction(0))
    return left if right == zero else right if left == zero else Sub(left, right)
