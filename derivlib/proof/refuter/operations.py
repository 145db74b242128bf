"""The language's operations, on numbers and on compiled expressions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flint import fmpq

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.syntax import Expr
from derivlib.proof.refuter import duals
from derivlib.proof.refuter.duals import Number, Undefined
from derivlib.proof.refuter.environment import Environment
from derivlib.proof.refuter.functions import FUNCTIONS, power

Frame: TypeAlias = list[int]
"""The values of the indices in scope, each at its slot."""

Run: TypeAlias = Callable[[Frame, Environment], Number]


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression, the slots it reads and the names it is made of, sizes included."""

    run: Run
    slots: frozenset[int]
    names: frozenset[str]


def combine(build: Callable[..., Run], codes: list[Code]) -> Code:
    """The code that `build` makes of others' runs."""
    return Code(
        build(*[code.run for code in codes]),
        frozenset().union(*[code.slots for code in codes]),
        frozenset().union(*[code.names for code in codes]),
    )


def negated(argument: Run) -> Run:
    return lambda frame, env: -argument(frame, env)


def _add(left: Run, right: Run) -> Run:
    return lambda frame, env: left(frame, env) + right(frame, env)


def _sub(left: Run, right: Run) -> Run:
    return lambda frame, env: left(frame, env) - right(frame, env)


def _mul(left: Run, right: Run) -> Run:
    return lambda frame, env: left(frame, env) * right(frame, env)


def _div(left: Run, right: Run) -> Run:
    divide = duals.divide
    return lambda frame, env: divide(left(frame, env), right(frame, env))


def applied(name: str) -> Callable[..., Run]:
    """How a function is applied to its arguments."""
    function = FUNCTIONS[name]

    def build(*arguments: Run) -> Run:
        if len(arguments) > 1:
            return lambda frame, env: function(*[argument(frame, env) for argument in arguments])
        (argument,) = arguments
        return lambda frame, env: function(argument(frame, env))

    return build


BINARY: dict[type[Expr], Callable[[Run, Run], Run]] = {
    tree.Add: _add,
    tree.Sub: _sub,
    tree.Mul: _mul,
    tree.Div: _div,
}
_ARITHMETIC: dict[type[Expr], Callable[[Number, Number], Number]] = {
    tree.Add: operator.add,
    tree.Sub: operator.sub,
    tree.Mul: operator.mul,
    tree.Div: duals.divide,
    tree.Pow: power,
}


def constant(expr: Expr) -> fmpq | None:
    """The value of an expression of plain numbers, if it is short; None for any other."""
    match expr:
        case tree.Number(value):
            return fmpq(value.numerator, value.denominator)
        case tree.Neg(argument):
            x = constant(argument)
            return None if x is None else -x
        case (
            tree.Add(left, right)
            | tree.Sub(left, right)
            | tree.Mul(left, right)
            | tree.Div(left, right)
            | tree.Pow(left, right)
        ):
            x, y = constant(left), constant(right)
            if x is None or y is None:
                return None
            try:
                found = _ARITHMETIC[type(expr)](x, y)
            except Undefined:
                return None
            return found if type(found) is fmpq else None
    return None
