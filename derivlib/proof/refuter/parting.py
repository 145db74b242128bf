"""Where two sides part: the smallest parts, at one place of both, that alone make them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TypeAlias

from derivlib.proof.language.effort import OutOfEffort
from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.syntax import (
    Derivative,
    Entry,
    Expr,
    Function,
    Index,
    Size,
    Sum,
    children,
    walk,
)
from derivlib.proof.refuter.comparison import differ
from derivlib.proof.refuter.constraints import BITS
from derivlib.proof.refuter.counterexample import Parting
from derivlib.proof.refuter.decimals import roughly, told_apart
from derivlib.proof.refuter.duals import Number, Undecided, Undefined
from derivlib.proof.refuter.environment import Point, TooMuch, at, limits
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.precision import working_precision

MOST_TERMS = 20
"""Terms of a Σ that are compared one by one."""

Indices: TypeAlias = Mapping[str, int]
Pair: TypeAlias = tuple[Expr, Expr, Indices]


def parting(
    evaluator: Evaluator, statement: Statement, point: Point, indices: Indices
) -> Parting | None:
    """Both trees are followed down as long as they are of one form and one part alone differs.

    The other parts are of the same letters in both: values may be equal by chance. Nothing is
    looked at inside a ∂, where names stand for more than numbers.

    Returns:
        None where the sides are of two forms, or several of their parts differ, or the values of
        the parts cannot be told.
    """
    found: Parting | None = None
    pair: Pair | None = (statement.left, statement.right, indices)
    with suppress(OutOfEffort, TooMuch, Undecided, Undefined), working_precision(BITS):
        while pair is not None:
            pairs = [*_parts(*pair, point)]
            values = [_values(evaluator, each, point) for each in pairs]
            apart = [n for n, (left, right) in enumerate(values) if differ(left, right)]
            others = [each for n, each in enumerate(pairs) if n not in apart]
            alike = all(_letters(a) == _letters(b) for a, b, _ in others)
            pair = pairs[apart[0]] if len(apart) == 1 and alike else None
            if pair is not None:
                found = _told(pair, *values[apart[0]], indices)
    return found


def _parts(left: Expr, right: Expr, indices: Indices, point: Point) -> Iterator[Pair]:
    """What stands at the same places of two trees, if these are of one form."""
    if type(left) is not type(right) or isinstance(left, Derivative):
        return
    if isinstance(left, Sum) and isinstance(right, Sum):
        (binder, *rest) = left.binders
        if left.binders != right.binders or rest or binder.range is None or binder.excluded:
            return
        first, final = limits(binder.range)
        known = {**point.sizes, **indices}
        ends: list[Index] = [binder.first or first, binder.final or final]
        low, high = (at(end, known) for end in ends)
        if high - low < MOST_TERMS:
            for place in range(low, high + 1):
                yield left.body, right.body, {**indices, binder.index: place}
    elif not isinstance(left, Function) or left.name == getattr(right, "name", ""):
        parts = [*children(left)], [*children(right)]
        if len(parts[0]) == len(parts[1]):
            yield from ((a, b, indices) for a, b in zip(*parts, strict=True))


def _letters(expr: Expr) -> set[str]:
    return {node.name for node in walk(expr) if isinstance(node, Entry | Size)}


def _values(evaluator: Evaluator, pair: Pair, point: Point) -> tuple[Number, Number]:
    *sides, indices = pair
    found = []
    for side in sides:
        program = evaluator.compile(side, indices)
        evaluator.allow()
        found.append(program(point.environment(), indices))
    left, right = found
    return left, right


def _told(pair: Pair, left: Number, right: Number, outside: Indices) -> Parting:
    told = told_apart(left, right)
    one, other = told[:2] if told else (roughly(left, right), roughly(right, left))
    bound = {name: n for name, n in pair[2].items() if outside.get(name) != n}
    return Parting(pair[0], pair[1], FrozenDict(bound), one, other)
