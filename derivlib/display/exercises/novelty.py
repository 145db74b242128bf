"""Whether a line says anything that was not given: a ∂ left standing and a copy do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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

__all__ = ["has_derivative", "is_copy", "same"]

Letters = Mapping[str, str]
"""What bound indices are called here, whatever the author called them."""


def has_derivative(theory: Signature, expr: Expr) -> bool:
    """Whether it has a ∂, also behind a definition.

    >>> from derivlib.proof import Theory
    >>> theory = Theory("x: real\\nf := x^2\\ng := ∂(f, x)")
    >>> [has_derivative(theory, theory.statement(s, "0").left) for s in ("2*x", "g + 1")]
    [False, True]
    """
    return any(
        isinstance(node, Derivative)
        or (isinstance(node, Entry) and theory.differentiated(node.name))
        for node in walk(expr)
    )


def same(one: Expr, other: Expr) -> bool:
    """Whether two expressions are one but for spelling: blanks, brackets, the letters of bound
    indices, the order of terms and factors, a 1 or a 0 put beside.

    >>> from derivlib.proof.language.parser import parse
    >>> same(parse("Σ(j, y[j]*p[j])"), parse("1*(Σ(k, p[k]*y[k])) + 0"))
    True
    >>> same(parse("Σ(j, y[j]*p[i])"), parse("Σ(i, y[i]*p[i])"))
    False
    """
    return _spelled(one, {}) == _spelled(other, {})


def is_copy(given: Expr, expr: Expr) -> bool:
    """Whether an expression is what was given, or has it inside: 2*x/2 is a copy of 2*x."""
    if isinstance(given, Entry | Number | Size):
        return same(given, expr)
    return any(same(given, node) for node in walk(expr))


def _spelled(expr: Expr, letters: Letters) -> str:
    terms = sorted(_terms(expr, letters, ""))
    kept = [sign + term for sign, term in terms if term != "0"]
    return kept[0] if len(kept) == 1 else f"({' '.join(kept)})" if kept else "0"


def _terms(expr: Expr, letters: Letters, sign: str) -> Iterator[tuple[str, str]]:
    """The terms of a sum or difference, each with its sign, "" or "-"."""
    other = "" if sign else "-"
    match expr:
        case Add(left, right):
            yield from _terms(left, letters, sign)
            yield from _terms(right, letters, sign)
        case Sub(left, right):
            yield from _terms(left, letters, sign)
            yield from _terms(right, letters, other)
        case Neg(argument):
            yield from _terms(argument, letters, other)
        case _:
            factors = sorted(f for f in _factors(expr, letters) if f != "1")
            negative = len([f for f in factors if f.startswith("-")]) % 2 == 1
            yield other if negative else sign, "*".join(f.removeprefix("-") for f in factors) or "1"


def _factors(expr: Expr, letters: Letters) -> Iterator[str]:
    if isinstance(expr, Mul):
        yield from _factors(expr.left, letters)
        yield from _factors(expr.right, letters)
    elif isinstance(expr, Add | Sub | Neg):
        yield _spelled(expr, letters)
    else:
        yield _atom(expr, letters)


def _atom(expr: Expr, letters: Letters) -> str:
    def named(index: Index | None) -> str:
        if index is None:
            return ""
        return str(Index(letters.get(index.name or "", index.name), index.offset))

    match expr:
        case Number(value):
            return str(value)
        case Size(name):
            return name
        case Entry(name, indices):
            return f"{name}[{','.join(map(named, indices))}]" if indices else name
        case Div(left, right):
            return f"{_spelled(left, letters)}/{_spelled(right, letters)}"
        case Pow(base, exponent):
            return f"{_spelled(base, letters)}^{_spelled(exponent, letters)}"
        case Function(name, arguments):
            return f"{name}({','.join(_spelled(a, letters) for a in arguments)})"
        case Delta(left, right):
            return f"δ({','.join(sorted(map(named, (left, right))))})"
        case Derivative(body, variables):
            parts = ",".join(_spelled(part, letters) for part in (body, *variables))
            return f"∂({parts})"
        case Sum(binders, body):
            limits = []
            for binder in binders:
                left_out = " ".join(sorted(map(named, binder.excluded)))
                limits.append(f"{named(binder.first)}..{named(binder.final)}≠{left_out}")
                letters = {**letters, binder.index: f"#{len(letters)}"}
            return f"Σ({','.join(limits)},{_spelled(body, letters)})"
    raise AssertionError(expr)
