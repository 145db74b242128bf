"""An expression as one line of the language, as an author would type it.

The parser reads the line back as the same tree. Besides the parentheses that this takes, a negative
that follows an operator gets a pair, `a*(-b)`: it reads better, and no `--` can arise, which would
start the reason beside a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

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
)

# How tightly the outermost operation of a text binds.
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)


def to_text(expr: Expr) -> str:
    """One line of text that `parse` reads back as `expr`, up to positions.

    What `resolve` adds is not text: a size reads back as a name, a binder without its range. A
    `Number` that has no literal (1/3, -2) is written as the quotient or the negation it equals.

    >>> from derivlib.proof.language.parser import parse
    >>> to_text(parse("Sum(j, -y[j]/p[j]*(p[j]*(delta(i,j)-p[i])))"))
    'Σ(j, -y[j]/p[j] * (p[j]*(δ(i,j) - p[i])))'
    >>> to_text(parse("Sum(s in 1 .. t-1, h[s]*x[T])"))
    'Σ(s in 1..t-1, h[s]*x[T])'
    """
    return _write(expr)[0]


def decimal(value: Fraction) -> str | None:
    """A number's literal, such as `3` or `0.25`; None if it has none: negative, or endless."""
    places = 0
    while places <= 40 and (value * 10**places).denominator > 1:
        places += 1
    if value < 0 or places > 40:
        return None
    digits = str(int(value * 10**places)).zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _write(expr: Expr) -> tuple[str, int]:
    """The text, and how tightly its outermost operation binds."""
    match expr:
        case Number(value):
            return _number(value)
        case Size(name):
            return name, _ATOM
        case Entry(name, indices):
            return (f"{name}[{_join(indices, ',')}]" if indices else name), _ATOM
        case Neg(argument):
            return f"-{_operand(argument, _SIGN)}", _SIGN
        case Add(left, right):
            return f"{_first(left, _SUM)} + {_operand(right, _PRODUCT)}", _SUM
        case Sub(left, right):
            return f"{_first(left, _SUM)} - {_operand(right, _PRODUCT)}", _SUM
        case Mul(left, right):
            # After a quotient the blanks keep `1/m * x` from being taken for 1/(m*x).
            times = " * " if isinstance(left, Div) else "*"
            return f"{_first(left, _PRODUCT)}{times}{_operand(right, _SIGN)}", _PRODUCT
        case Div(left, right):
            return f"{_first(left, _PRODUCT)}/{_operand(right, _SIGN)}", _PRODUCT
        case Pow(base, exponent):
            return f"{_operand(base, _ATOM)}^{_operand(exponent, _POWER)}", _POWER
        case Function(name, arguments):
            return f"{name}({_join(map(to_text, arguments))})", _ATOM
        case Sum(binders, body):
            return f"Σ({_join([*map(_binder, binders), to_text(body)])})", _ATOM
        case Derivative(body, variables):
            return f"∂({_join(map(to_text, (body, *variables)))})", _ATOM
        case Delta(i, j):
            return f"δ({i},{j})", _ATOM
    raise AssertionError(expr)


def _first(expr: Expr, level: int) -> str:
    """The text of a left operand: in parentheses if it binds less tightly than `level`."""
    text, own = _write(expr)
    return text if own >= level else f"({text})"


def _operand(expr: Expr, level: int) -> str:
    """As `_first`, for an operand with an operator before it: negatives too get parentheses."""
    text = _first(expr, level)
    return f"({text})" if text.startswith("-") else text


def _number(value: Fraction) -> tuple[str, int]:
    literal = decimal(value)
    if literal is not None:
        return literal, _ATOM
    magnitude = decimal(-value)
    if magnitude is not None:
        return f"-{magnitude}", _SIGN
    return str(value), _PRODUCT


def _binder(binder: Binder) -> str:
    if binder.first is not None:
        return f"{binder.index} in {binder.first}..{binder.final}"
    return _join([binder.index, *binder.excluded], " != ")


def _join(parts: Iterable[str | Index], separator: str = ", ") -> str:
    return separator.join(map(str, parts))
