"""LaTeX read back as a mathematician reads it, for the tests of how it is written."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import reduce

from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.ranges import End
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
    Sub,
    Sum,
)

COMMANDS = {
    *("frac", "sum", "partial", "left", "right", "ne", "cdot", "lvert", "rvert", "sigma"),
    *("dfrac", "sqrt", "delta", "dot", "lambda", "varepsilon", ","),
    *("log", "exp", "max", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
}


def check_structure(text: str) -> None:
    """Braces balance, every \\left( meets its \\right) within its group, commands are known."""
    for command in re.findall(r"\\([A-Za-z]+|.)", text):
        assert command in COMMANDS, command
    stack: list[str] = []
    closing = {"}": "{", ")": "(", r"\right)": r"\left(", r"\right\rvert": r"\left\lvert"}
    for token in re.findall(r"\\left(?:\(|\\lvert)|\\right(?:\)|\\rvert)|[{}()]", text):
        if token in closing:
            assert stack, text
            assert stack.pop() == closing[token], text
        else:
            stack.append(token)
    assert not stack, text


def normal(expr: Expr) -> Expr:
    """One form for what print does not tell apart: (-a)*b and -(a*b), one Σ or two."""
    match expr:
        case Neg(argument):
            return Neg(normal(argument))
        case Mul(left, right) | Div(left, right):
            a, b = normal(left), normal(right)
            if isinstance(a, Neg):
                return Neg(normal(type(expr)(a.argument, b)))
            return type(expr)(a, b)
        case Add(left, right) | Sub(left, right):
            return type(expr)(normal(left), normal(right))
        case Pow(base, exponent):
            return Pow(normal(base), normal(exponent))
        case Function(name, arguments):
            return Function(name, tuple(map(normal, arguments)))
        case Sum(binders, body):
            shown = map(limited, reversed(binders))
            return reduce(lambda inner, b: Sum((b,), inner), shown, normal(body))
        case Derivative(body, variables):
            return Derivative(normal(body), variables)
    return expr


def limited(binder: Binder) -> Binder:
    """A binder with the ends that print shows: none where values are left out."""
    if binder.excluded:
        return Binder(binder.index, binder.excluded)
    if binder.first is None and binder.range is not None:
        first, final = map(index, binder.range)
        return Binder(binder.index, first=first, final=final)
    return replace(binder, range=None)


def index(end: End) -> Index:
    return Index(end.size or None, end.offset)


class Reader:
    """Reads LaTeX as a mathematician does: the body of a Σ is the product after it."""

    TOKEN = re.compile(r"\\left\(|\\right\)|\\[A-Za-z]+|\\,|[\d.]+|[A-Za-z]|[-+^_{}(),=]")

    def __init__(self, text: str) -> None:
        self.tokens = [
            t.replace(r"\left", "").replace(r"\right", "")
            for t in self.TOKEN.findall(text)
            if t not in (r"\,", r"\cdot", r"\left", r"\right")
        ]

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, *expected: str) -> str:
        token: str = self.tokens.pop(0)
        assert not expected or token in expected, (token, expected)
        return token

    def accept(self, token: str) -> bool:
        if self.peek() == token:
            self.take()
            return True
        return False

    def whole(self) -> Expr:
        expr = self.sum()
        assert not self.tokens
        return expr

    def sum(self) -> Expr:
        expr: Expr = Neg(self.product()) if self.accept("-") else self.product()
        while self.peek() in ("+", "-"):
            node = Add if self.take() == "+" else Sub
            expr = node(expr, self.product())
        return expr

    def product(self) -> Expr:
        expr = self.factor()
        while self.peek() not in ("", "+", "-", "}", ")", r"\rvert", ","):
            expr = Mul(expr, self.factor())
        return expr

    def factor(self) -> Expr:
        if self.peek() == r"\sum":
            return self.summation()
        expr = self.atom()
        return Pow(expr, self.script()) if self.accept("^") else expr

    def atom(self) -> Expr:
        token = self.take()
        match token:
            case "(":
                return self.arguments()[0]
            case "e":
                self.take("^")
                return Function("exp", (self.group(),))
            case r"\sqrt":
                return Function("sqrt", (self.group(),))
            case r"\lvert":
                inside = self.sum()
                self.take(r"\rvert")
                return Function("abs", (inside,))
            case r"\sigma":
                return self.applied("sigmoid")
            case r"\max":
                return self.applied("Max")
            case _ if token[0] == "\\" and token[1:] in FUNCTIONS:
                return self.applied(token[1:])
            case r"\frac" | r"\dfrac":
                return self.fraction()
            case r"\delta":
                i, j = self.subscript()
                return Delta(i, j)
        if token[0].isdigit():
            return Number(Fraction(token))
        if token == r"\dot":
            token = self.take() + "dot"
        token = {r"\lambda": "lam"}.get(token, token)
        assert token.isalpha(), token
        return Entry(token, self.subscript())

    def applied(self, name: str) -> Expr:
        """A function of what follows, to the power that stands between."""
        exponent = self.script() if self.accept("^") else None
        value = Function(name, self.arguments() if self.accept("(") else (self.atom(),))
        return value if exponent is None else Pow(value, exponent)

    def arguments(self) -> tuple[Expr, ...]:
        found = [self.sum()]
        while self.accept(","):
            found.append(self.sum())
        self.take(")")
        return tuple(found)

    def group(self) -> Expr:
        self.take("{")
        expr = self.sum()
        self.take("}")
        return expr

    def script(self) -> Expr:
        return self.group() if self.peek() == "{" else self.atom()

    def fraction(self) -> Expr:
        if self.tokens[1] != r"\partial":
            return Div(self.group(), self.group())
        self.take("{")
        self.take(r"\partial")
        order = int(self.braced()) if self.accept("^") else 1
        body = None if self.peek() == "}" else self.sum()
        self.take("}")
        self.take("{")
        variables: list[Entry] = []
        while self.accept(r"\partial"):
            variable = self.atom()
            assert isinstance(variable, Entry)
            variables += [variable] * (int(self.braced()) if self.accept("^") else 1)
        self.take("}")
        assert len(variables) == order
        if body is None:
            self.take("(")
            (body,) = self.arguments()
        return Derivative(body, tuple(variables))

    def braced(self) -> str:
        if not self.accept("{"):
            return self.take()
        text = ""
        while not self.accept("}"):
            text += self.take()
        return text

    def subscript(self) -> tuple[Index, ...]:
        if not self.accept("_"):
            return ()
        if not self.accept("{"):
            token = self.take()
            return (Index(None, int(token)) if token.isdigit() else Index(token),)
        found = [self.place()]
        while not self.accept("}"):
            self.accept(",")
            found.append(self.place())
        return tuple(found)

    def place(self) -> Index:
        """A constant place, or an index with its offset."""
        if self.accept("-"):
            return Index(None, -int(self.take()))
        token = self.take()
        if token.isdigit():
            return Index(None, int(token))
        sign = {"+": 1, "-": -1}.get(self.peek())
        if sign is None:
            return Index(token)
        self.take()
        return Index(token, sign * int(self.take()))

    def summation(self) -> Expr:
        self.take(r"\sum")
        self.take("_")
        if not self.accept("{"):
            return Sum((Binder(self.take()),), self.product())
        names = [self.take()]
        while self.accept(","):
            names.append(self.take())
        first = self.place() if self.accept("=") else None
        others = [self.place()] if self.accept(r"\ne") else []
        while self.accept(","):
            others.append(self.place())
        self.take("}")
        final = None
        if first is not None:
            self.take("^")
            self.take("{")
            final = self.place()
            self.take("}")
        binders = tuple(Binder(name, tuple(others), first, final) for name in names)
        return Sum(binders, self.product())
