"""Expressions as trees: their nodes, and indices replaced without capture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import count
from typing import Any, TypeAlias

from derivlib.proof.language.syntax import (
    Binder,
    Delta,
    Derivative,
    Entry,
    Expr,
    Index,
    Sum,
    walk,
)
from tests.support.letters import Scope

Path: TypeAlias = tuple[tuple[str, int | None], ...]


def mapped(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with its direct subexpressions changed."""
    new: dict[str, Any] = {}
    for field in fields(expr):
        value = getattr(expr, field.name)
        if isinstance(value, Expr):
            new[field.name] = change(value)
        elif isinstance(value, tuple) and any(isinstance(item, Expr) for item in value):
            new[field.name] = tuple(change(item) for item in value)
    return replace(expr, **new)


def nodes(
    expr: Expr, scope: Scope, path: Path = (), held: bool = False
) -> Iterator[tuple[Path, Expr, Scope, bool]]:
    """Each node that may be replaced, with the indices in scope, and whether a ∂ is around it."""
    yield path, expr, scope, held
    inner = dict(scope)
    if isinstance(expr, Sum):
        for binder in expr.binders:
            assert binder.range is not None
            inner[binder.index] = binder.range
    for field in fields(expr):
        value = getattr(expr, field.name)
        below = held or isinstance(expr, Derivative)
        if isinstance(value, Expr):
            if field.name != "exponent":
                yield from nodes(value, inner, (*path, (field.name, None)), below)
        elif field.name == "arguments":
            for n, item in enumerate(value):
                yield from nodes(item, inner, (*path, (field.name, n)), below)


def put(expr: Expr, path: Path, new: Expr) -> Expr:
    """The expression with the node at `path` replaced."""
    if not path:
        return new
    (name, n), *rest = path
    value = getattr(expr, name)
    if n is None:
        value = put(value, tuple(rest), new)
    else:
        value = (*value[:n], put(value[n], tuple(rest), new), *value[n + 1 :])
    return replace(expr, **{name: value})


def index_names(expr: Expr) -> set[str]:
    """All names of indices, free and bound."""
    found: set[str | None] = set()
    for node in walk(expr):
        match node:
            case Entry(_, indices):
                found |= {index.name for index in indices}
            case Delta(left, right):
                found |= {left.name, right.name}
            case Sum(binders, _):
                found |= {b.index for b in binders}
                found |= {index.name for b in binders for index in b.excluded}
    return {name for name in found if name}


def new_name(like: str, *exprs: Expr) -> str:
    """A name for an index that none of the expressions has."""
    taken = set().union(*map(index_names, exprs))
    return next(name for n in count(1) if (name := f"{like}{n}") not in taken)


def put_index(expr: Expr, index: str, by: Index) -> Expr:
    """The expression with a free index replaced; binders make way."""

    def at(old: Index) -> Index:
        return by if old.name == index else old

    match expr:
        case Entry(_, indices):
            return replace(expr, indices=tuple(map(at, indices)))
        case Delta(left, right):
            return Delta(at(left), at(right))
        case Sum((first, *rest), body):
            # One binder at a time: each is renamed apart, so that it captures nothing.
            inside: Expr = Sum(tuple(rest), body) if rest else body
            name = first.index
            if name == index or name == by.name:
                name = new_name(first.index, expr, Entry("", (by, Index(index))))
                inside = put_index(inside, first.index, Index(name))
            inside = put_index(inside, index, by)
            binder = Binder(
                name,
                tuple(map(at, first.excluded)),
                at(first.first) if first.first else None,
                at(first.final) if first.final else None,
                first.range,
            )
            more = inside.binders if rest and isinstance(inside, Sum) else ()
            return Sum((binder, *more), inside.body if more and isinstance(inside, Sum) else inside)
    return mapped(expr, lambda child: put_index(child, index, by))


def uses(expr: Expr, index: str) -> bool:
    """Whether the index is free in the expression."""
    return put_index(expr, index, Index("?")) != expr
