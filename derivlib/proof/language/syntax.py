"""The language's expressions, as the author wrote them: a tree that nothing rewrites.

Bound indices keep the author's names; scopes are lexical and inner binders shadow outer ones.
`at` is the column of a node in its line, kept for error messages and ignored by comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import TypeAlias

from derivlib.proof.language.ranges import Range


def _column() -> int | None:
    return field(default=None, compare=False, repr=False, kw_only=True)  # type: ignore[return-value,unused-ignore]


@dataclass(frozen=True, slots=True)
class Index:
    """An index `i` or `t-1`, the place that a size names, as in `x[K]`, or, if `name` is None,
    the constant place `offset`."""

    name: str | None
    offset: int = 0
    at: int | None = _column()

    def __str__(self) -> str:
        if self.name is None:
            return str(self.offset)
        return self.name + (f"{self.offset:+d}" if self.offset else "")


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Size:
    """A size used as a number, as in `1/m`."""

    name: str
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a declared or defined array; a scalar has no indices."""

    name: str
    indices: tuple[Index, ...] = ()
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Neg:
    argument: Expr
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Add:
    left: Expr
    right: Expr
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Sub:
    left: Expr
    right: Expr
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Mul:
    left: Expr
    right: Expr
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Div:
    left: Expr
    right: Expr
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Pow:
    base: Expr
    exponent: Expr
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Function:
    """`name` is one of `functions.FUNCTIONS`."""

    name: str
    arguments: tuple[Expr, ...]
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Binder:
    """The index of a sum and the values it leaves out.

    `first` and `final` are the ends as the author wrote them in Σ(t in 1..T, …), else None.
    `range` is the range inferred for the index: a size, or ends such as `0..T`; where an end is
    itself an index, it is the widest range that this index allows.
    """

    index: str
    excluded: tuple[Index, ...] = ()
    first: Index | None = None
    final: Index | None = None
    range: Range | None = None
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Sum:
    binders: tuple[Binder, ...]
    body: Expr
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Derivative:
    """∂(body, v1, v2, …): differentiated by v1 first. A defined name among the variables is
    held opaque: the body is read as a function of it, and its definition is put back after."""

    body: Expr
    variables: tuple[Entry, ...]
    at: int | None = _column()


@dataclass(frozen=True, slots=True)
class Delta:
    """Kronecker's δ: 1 where both indices are equal, else 0."""

    left: Index
    right: Index
    at: int | None = _column()


Expr: TypeAlias = (
    Number | Size | Entry | Neg | Add | Sub | Mul | Div | Pow | Function | Sum | Derivative | Delta
)


def children(expr: Expr) -> Iterator[Expr]:
    """The direct subexpressions, left to right."""
    for f in fields(expr):
        value = getattr(expr, f.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Expr):
                yield item


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and all its subexpressions."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def free_indices(expr: Expr) -> set[str]:
    """The names in its places that no sum binds: indices, and sizes as in x[K]."""
    match expr:
        case Entry(_, indices):
            return {index.name for index in indices if index.name}
        case Delta(i, j):
            return {index.name for index in (i, j) if index.name}
        case Sum(binders, body):
            found = free_indices(body)
            for binder in reversed(binders):
                found = found - {binder.index} | names_in_limits(binder)
            return found
    return {index for child in children(expr) for index in free_indices(child)}


def names_in_limits(binder: Binder) -> set[str]:
    """The names in the limits of a Σ."""
    limits = (*binder.excluded, binder.first, binder.final)
    return {index.name for index in limits if index is not None and index.name is not None}
