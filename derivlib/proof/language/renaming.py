"""Expressions rename with other letters for their indices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from itertools import chain, count
from typing import Any

from derivlib.proof.language.syntax import Binder, Expr, Index, Sum


def fresh_letter(wanted: str, taken: Collection[str]) -> str:
    """The wanted letter, or the next one that is not taken."""
    return next(letter for letter in _letters(wanted) if letter not in taken)


def _letters(wanted: str) -> Iterator[str]:
    return chain([wanted], "ijklnrst", (f"{wanted}{n}" for n in count(1)))


def rename(expr: Expr, letters: Mapping[str, Index], taken: Collection[str]) -> Expr:
    """The expression with index terms put for its free indices.

    Args:
        expr: an expression.
        letters: for each free index the term to put; offsets add up.
        taken: names that the indices bound in it must not have.

    >>> from derivlib.proof.language.parser import parse
    >>> from derivlib.proof.language.printer import to_text
    >>> to_text(rename(parse("x[j-1]*Σ(k, S[j,k])"), {"j": Index("k", 3)}, {"k"}))
    'x[k+2]*Σ(i, S[k+3,i])'
    """
    if isinstance(expr, Sum):
        inner = dict(letters)
        binders = []
        for binder in expr.binders:
            put = fresh_letter(binder.index, {*taken, *(i.name for i in inner.values() if i.name)})
            moved: Binder = _put(binder, inner, taken)
            inner[binder.index] = Index(put)
            binders.append(replace(moved, index=put))
        return replace(expr, binders=tuple(binders), body=rename(expr.body, inner, taken))
    rebuilt: Expr = _put(expr, letters, taken)
    return rebuilt


def _put(node: Any, letters: Mapping[str, Index], taken: Collection[str]) -> Any:
    """The same for each part of a node that holds indices or expressions."""
    changed: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Index):
            changed[field.name] = _index(value, letters)
        elif isinstance(value, tuple):
            changed[field.name] = tuple(
                _index(v, letters) if isinstance(v, Index) else rename(v, letters, taken)
                for v in value
            )
        elif isinstance(value, Expr):
            changed[field.name] = rename(value, letters, taken)
    return replace(node, **changed)


def _index(index: Index, letters: Mapping[str, Index]) -> Index:
    put = letters.get(index.name or "")
    return index if put is None else replace(put, offset=put.offset + index.offset)
