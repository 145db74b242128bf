"""The value of an expression at a point that is given."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from flint import arb, fmpq

from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import Expr
from derivlib.proof.refuter.decimals import table
from derivlib.proof.refuter.duals import Undecided, Undefined
from derivlib.proof.refuter.environment import Environment, Table, TooMuch, span
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.refuter.relevance import relevant


def value(
    theory: Signature,
    expr: Expr,
    sizes: Mapping[str, int],
    indices: Mapping[str, int],
    entries: Mapping[str, object],
    *,
    precision: int = 128,
) -> arb | None:
    """The value of an expression at a point, as an interval that contains it.

    Args:
        theory: what the letters mean; its hypotheses are not looked at.
        expr: one side of a Statement.
        sizes, indices, entries: the point, as in a Counterexample: entries are numbers or nested
            sequences of them, read exactly.
        precision: in bits.

    Returns:
        The interval; None if the expression is not defined there, if this precision is too low
        to tell, or if it would take too long.

    Raises:
        ValueError: a size, index or entry on which the value depends is missing, or the entries'
            shape does not match the sizes.

    Example:
        >>> from derivlib.proof import Theory
        >>> theory = Theory("x: real")
        >>> side = theory.statement("∂(log(x), x)", "1/x").left
        >>> float(value(theory, side, {}, {}, {"x": 4}))
        0.25
    """
    evaluator = Evaluator(theory)
    evaluator.allow(2_000_000)
    try:
        program = evaluator.compile(expr, indices)
    except KeyError as error:
        raise ValueError(f"indices lack {error.args[0]!r}, which is free here") from None
    names, needed = program.code.names, relevant(theory, expr)
    tables: dict[str, Table] = {}
    for name in theory.sizes:
        if name in names and name not in sizes:
            raise ValueError(f"sizes lack {name!r}, which the expression needs")
    for variable in theory.variables.values():
        if variable.name in names:
            spans = [span(axis, sizes) for axis in variable.axes]
            if variable.name in entries:
                tables[variable.name] = table(variable.name, entries[variable.name], spans)
            elif variable.name in needed:
                raise ValueError(f"entries lack {variable.name!r}, which the expression needs")
            else:  # any value will do
                tables[variable.name] = dict.fromkeys(product(*spans), fmpq(1))
    with working_precision(precision):
        try:
            return arb(program(Environment(dict(sizes), tables), indices))
        except (Undefined, Undecided, TooMuch):
            return None
