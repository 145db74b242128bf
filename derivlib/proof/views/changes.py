"""What changed from one line to the next: the smallest parts of their trees that differ."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

from derivlib.proof.language.syntax import (
    Add,
    Derivative,
    Expr,
    Function,
    Mul,
    Neg,
    Sub,
    Sum,
    children,
    walk,
)
from derivlib.proof.views.latex import factors, split_sign, terms

Parts: TypeAlias = tuple[list[Expr], list[Expr]]
"""Of the one, and of the other."""


def changes(before: Expr, after: Expr) -> Parts:
    """The parts of each that the other does not have at the same place: terms, factors, arguments.

    They are nodes of the trees themselves, to be told apart by identity. Where nothing is left as
    it was, there are none: all of the line is new.

    >>> from derivlib.proof.language.parser import parse
    >>> from derivlib.proof.language.printer import to_text
    >>> gone, new = changes(parse("exp(x)*(a - b) + c"), parse("exp(y)*(a - b) + c"))
    >>> [*map(to_text, gone)], [*map(to_text, new)]
    (['x'], ['y'])
    """
    gone, new = _of_sums(before, after)
    whole = [term for _, term in terms(after)]
    if whole and all(any(term is part for part in new) for term in whole):
        return [], []
    return gone, new


def _of_sums(before: Expr, after: Expr) -> Parts:
    """Term by term."""
    one, other = [*terms(before)], [*terms(after)]
    if len(one) == len(other) == 1:
        return _of_terms(before, after)
    gone: list[Expr] = []
    new: list[Expr] = []
    for kind, i, j, k, m in _steps([*map(_signed, one)], [*map(_signed, other)]):
        pairs = [*zip(one[i:j], other[k:m], strict=False)]
        alike = all(_signed(a)[0] == _signed(b)[0] for a, b in pairs)
        if kind == "replace" and j - i == m - k and alike:
            for (_, a), (_, b) in pairs:
                _add((gone, new), _of_terms(a, b))
        elif kind != "equal":
            _add((gone, new), ([t for _, t in one[i:j]], [t for _, t in other[k:m]]))
    return gone, new


def _signed(term: tuple[str, Expr]) -> tuple[bool, Expr]:
    """Whether a term is subtracted, and what is: the first of a sum has no + before it."""
    sign, unsigned = split_sign(term[1])
    return (term[0] == "-") != (sign == "-"), unsigned


def _of_terms(before: Expr, after: Expr) -> Parts:
    """Factor by factor."""
    (sign, one_term), (other_sign, other_term) = split_sign(before), split_sign(after)
    one, other = [*factors(one_term)], [*factors(other_term)]
    if sign != other_sign:
        return [before], [after]
    if len(one) == len(other) == 1:
        return _of_factors(one[0], other[0]) or ([before], [after])
    gone: list[Expr] = []
    new: list[Expr] = []
    kept = False
    for kind, i, j, k, m in _steps(one, other):
        kept |= kind == "equal"
        if kind == "replace" and j - i == m - k:
            for a, b in zip(one[i:j], other[k:m], strict=True):
                inside = _of_factors(a, b)
                kept |= inside is not None
                _add((gone, new), inside or ([a], [b]))
        elif kind != "equal":
            _add((gone, new), (one[i:j], other[k:m]))
    # A factor whose minus was split off is no node of the tree: its term stands for it.
    if kept and _within(before, gone) and _within(after, new):
        return gone, new
    return [before], [after]


def _within(expr: Expr, parts: Sequence[Expr]) -> bool:
    nodes = {id(node) for node in walk(expr)}
    return all(id(part) in nodes for part in parts)


def _of_factors(before: Expr, after: Expr) -> Parts | None:
    """What differs inside two factors of one form; None if they are of two forms."""
    if isinstance(before, Add | Sub | Neg | Mul) and isinstance(after, Add | Sub | Neg | Mul):
        return _of_sums(before, after)
    if type(before) is not type(after):
        return None
    for kind, own in ((Function, "name"), (Sum, "binders"), (Derivative, "variables")):
        if isinstance(before, kind) and getattr(before, own) != getattr(after, own):
            return None
    one, other = [*children(before)], [*children(after)]
    if not one or len(one) != len(other):
        return None
    if isinstance(before, Derivative):
        del one[1:], other[1:]
    found: Parts = ([], [])
    for a, b in zip(one, other, strict=True):
        if a != b:
            _add(found, _of_sums(a, b))
    return found


def _steps(
    one: Sequence[object], other: Sequence[object]
) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, one, other, autojunk=False).get_opcodes()


def _add(found: Parts, more: Parts) -> None:
    found[0].extend(more[0])
    found[1].extend(more[1])
