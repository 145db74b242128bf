"""The functions of the language, a row each: what may be known of one without a rule of algebra.

The prover and the refuter know more, each from a table of its own: `algebra.functions` and
`refuter.functions`. A new function is a row in each of the three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from derivlib.proof.language.syntax import Add, Div, Expr, Function, Neg, Number

Relation: TypeAlias = Literal["!=", ">", ">="]
"""To 0."""


@dataclass(frozen=True, slots=True)
class Word:
    r"""A function as a word of the language.

    Attributes:
        latex: how a value is printed, # being the argument and ^ a place for a power: `\log #`
            sets parentheses if need be, `\sigma(#)` always, `\sqrt{#}` never.
        numpy, mpmath, sympy: its names there, if it has any. Without one, its `formula` is taken.
        formula: its value through other functions. For complex numbers and those of mpmath it comes
            before NumPy's own function: it is what a complex step differentiates.
        arity: how many arguments it takes; None for two or more.
        aliases: other names that an author may write.
        domain: how an argument must stand to 0 for a value; None if any will do.
        smooth: how an argument must stand to 0 for a derivative, if that asks for more; of two
            arguments or more, how the difference of any two must.
        sign: how every value stands to 0, if that is certain.
        keeps_sign: whether a value is > 0 where the argument is, and >= 0 where that is.
    """

    latex: str
    numpy: str | None = None
    mpmath: str | None = None
    sympy: str | None = None
    formula: Callable[[Expr], Expr] | None = None
    arity: int | None = 1
    aliases: tuple[str, ...] = ()
    domain: Relation | None = None
    smooth: Relation | None = None
    sign: Literal[">", ">="] | None = None
    keeps_sign: bool = False


def _sigmoid(x: Expr) -> Expr:
    one = Number(Fraction(1))
    return Div(one, Add(one, Function("exp", (Neg(x),))))


def _abs(x: Expr) -> Expr:
    return Function("Max", (x, Neg(x)))


FUNCTIONS: Mapping[str, Word] = {
    "exp": Word(r"\exp #", "exp", "exp", "exp", sign=">"),
    "log": Word(r"\log #", "log", "log", "log", aliases=("ln",), domain=">"),
    "sqrt": Word(
        r"\sqrt{#}", "sqrt", "sqrt", "sqrt", domain=">=", smooth=">", sign=">=", keeps_sign=True
    ),
    "sigmoid": Word(r"\sigma(#)", formula=_sigmoid, aliases=("σ",), sign=">"),
    "tanh": Word(r"\tanh^ #", "tanh", "tanh", "tanh", keeps_sign=True),
    "sin": Word(r"\sin^ #", "sin", "sin", "sin"),
    "cos": Word(r"\cos^ #", "cos", "cos", "cos"),
    "sinh": Word(r"\sinh^ #", "sinh", "sinh", "sinh", keeps_sign=True),
    "abs": Word(
        r"\left\lvert #\right\rvert",
        "abs",
        None,
        "Abs",
        _abs,
        smooth="!=",
        sign=">=",
        keeps_sign=True,
    ),
    "Max": Word(r"\max(#)", "maximum", None, "Max", arity=None, aliases=("max",), smooth="!="),
}
"""Each by its name."""


def formula_of(applied: Function) -> Expr:
    """The value of a function that has a formula, through others."""
    formula = FUNCTIONS[applied.name].formula
    assert formula is not None, applied.name
    return formula(*applied.arguments)
