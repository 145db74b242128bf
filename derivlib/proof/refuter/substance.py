"""Whether two sides that agree at a point could have differed there.

Where both sides are 0, it matters why: terms that cancel are worth something, a factor that is 0 in
each of them hides all the rest. The weight of an expression tells these apart: it is the sum of its
terms' absolute values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

from flint import fmpq

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import Expr, children, walk
from derivlib.proof.refuter.environment import Environment, Point, at, span
from derivlib.proof.refuter.operations import constant

ONE = tree.Number(Fraction(1))
ZERO = tree.Number(Fraction(0))


class Weights:
    """The weights of expressions, and a theory in which they can be read.

    A weight is 0 only where each term has a factor that is 0. Without `delta`, each δ counts as 1.
    A 0 that the author wrote as a factor counts as 1, too, and so does a sum from 1 to 0: they hide
    nothing that was not meant to be hidden. For `unhidden`, so does an entry that a hypothesis says
    is 0.

    Attributes:
        theory: the given one, where each definition has a weight of its own.
    """

    def __init__(self, theory: Signature, *, delta: bool = True) -> None:
        self.delta = delta
        self.defined = theory.definitions.keys()
        weighed = {
            _weight_of(name): replace(found, name=_weight_of(name), body=self.weight(found.body))
            for name, found in theory.definitions.items()
        }
        self.theory = Signature(
            theory.text,
            theory.sizes,
            theory.variables,
            FrozenDict({**theory.definitions, **weighed}),
        )

    def weight(self, expr: Expr) -> Expr:
        if _made_of_sizes(expr):
            return _absolute(expr)
        match expr:
            case tree.Neg(argument) | tree.Function("abs", (argument,)):
                return self.weight(argument)
            case tree.Add(left, right) | tree.Sub(left, right):
                return tree.Add(self.weight(left), self.weight(right))
            case tree.Mul(left, right):
                return tree.Mul(self.factor(left), self.factor(right))
            case tree.Div(left, right):
                return tree.Div(self.factor(left), _absolute(right))
            case tree.Pow(base, tree.Number(n)) if n > 0 and n.denominator == 1:
                return tree.Pow(self.weight(base), tree.Number(n))
            case tree.Sum(binders, _) if any(map(_is_empty, binders)):
                return ONE
            case tree.Sum(binders, body):
                return tree.Sum(binders, self.factor(body))
            case tree.Derivative(body):
                return tree.Add(_absolute(expr), self.weight(body))
            case tree.Delta():
                return expr if self.delta else ONE
            case tree.Entry(name, indices) if name in self.defined:
                return tree.Entry(_weight_of(name), indices)
            case tree.Function(_, (argument,)):
                return tree.Add(_absolute(expr), self.weight(argument))
        return _absolute(expr)

    def factor(self, expr: Expr) -> Expr:
        return ONE if is_zero(expr) else self.weight(expr)


def _is_empty(binder: tree.Binder) -> bool:
    """Has the sum no terms, whatever the sizes are?"""
    first, final = binder.first, binder.final
    return bool(first and final and first.name == final.name and first.offset > final.offset)


def _weight_of(name: str) -> str:
    return f"the weight of {name}"  # no name that an author can give


def is_zero(expr: Expr) -> bool:
    """Is it 0 as it is written?"""
    return constant(expr) == 0


def unhidden(theory: Signature, point: Point) -> Environment:
    """The point, but for entries that a hypothesis says are 0: they count as 1."""
    env = point.environment()
    for hypothesis in theory.hypotheses:
        for side, other in (
            (hypothesis.left, hypothesis.right),
            (hypothesis.right, hypothesis.left),
        ):
            if isinstance(side, tree.Entry) and side.name in env.values and is_zero(other):
                spans = [span(range_, point.sizes) for range_ in hypothesis.free.values()]
                for places in product(*spans):
                    scope = {**point.sizes, **dict(zip(hypothesis.free, places, strict=True))}
                    place = tuple(at(index, scope) for index in side.indices)
                    env.values[side.name][place] = fmpq(1)
    return env


def less_common_terms(left: Expr, right: Expr) -> tuple[Expr, Expr] | None:
    """Both sides without the terms that stand on both; None if there are no such terms."""
    ours, theirs = Counter(_terms(left)), Counter(_terms(right))
    common = ours & theirs
    return (_total(ours - common), _total(theirs - common)) if common else None


def _terms(expr: Expr, sign: int = 1) -> Iterator[tuple[int, Expr]]:
    match expr:
        case tree.Neg(argument):
            yield from _terms(argument, -sign)
        case tree.Add(left, right):
            yield from (*_terms(left, sign), *_terms(right, sign))
        case tree.Sub(left, right):
            yield from (*_terms(left, sign), *_terms(right, -sign))
        case _:
            yield sign, expr


def _total(terms: Counter[tuple[int, Expr]]) -> Expr:
    total: Expr = ZERO
    for sign, term in terms.elements():
        total = tree.Add(total, term) if sign > 0 else tree.Sub(total, term)
    return total


def constants(theory: Signature, *exprs: Expr) -> Iterator[Expr]:
    """The largest parts that are made of sizes and numbers alone, here and in definitions."""
    pending, seen = [*exprs], set[str]()
    while pending:
        expr = pending.pop()
        if isinstance(expr, tree.Mul) and any(map(is_zero, children(expr))):
            pending += (factor for factor in children(expr) if not is_zero(factor))
            continue
        if _made_of_sizes(expr):
            if any(isinstance(node, tree.Size) for node in walk(expr)):
                yield expr
            continue
        pending += children(expr)
        if isinstance(expr, tree.Entry) and expr.name in theory.definitions:
            if expr.name not in seen:
                pending.append(theory.definitions[expr.name].body)
            seen.add(expr.name)


def _made_of_sizes(expr: Expr) -> bool:
    """Of sizes and numbers alone?"""
    return not any(
        isinstance(node, tree.Entry | tree.Delta | tree.Derivative | tree.Sum)
        for node in walk(expr)
    )


def _absolute(expr: Expr) -> Expr:
    return tree.Function("abs", (expr,))
