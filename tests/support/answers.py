"""What the algebra makes of expressions: normal forms, their values, and the prover's answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from derivlib.proof.algebra.conditions import needs, needs_of
from derivlib.proof.algebra.hypotheses import Rule, Unusable, as_rule
from derivlib.proof.algebra.licences import Licence, Licences
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import OutOfBudget, Poly, Undefined
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.language.effort import OutOfEffort, limit
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.ranges import Base, Place, free
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.syntax import Expr
from derivlib.proof.theory import Theory
from tests.support.letters import FREE, THEORY, Scope
from tests.support.numeric import Evaluation, NoValue, Point, poly_value

At: TypeAlias = tuple[Point, Mapping[Any, int]]
"""A point and the places of the free indices."""

NORMAL_FORM, PROOF = 500_000, 250_000
"""Steps that each may take."""


def scope_of(indices: Scope) -> dict[str, Place]:
    """Free indices and the bases that stand for them."""
    return {name: (free(name, range_), 0) for name, range_ in indices.items()}


def base(name: str) -> Base:
    """The base of one of the free indices i, j and n."""
    return free(name, FREE[name])


def normal_form(
    expr: Expr, theory: Theory = THEORY, indices: Scope = FREE, *, open_functions: bool = True
) -> Poly:
    normalizer = Normalizer(theory, open_functions=open_functions)
    try:
        with limit(NORMAL_FORM):
            return normalizer.poly(expr, scope_of(indices))
    except OutOfEffort as error:
        raise OutOfBudget(str(error)) from None


def sides(statement: Statement, theory: Theory) -> tuple[Poly, Poly]:
    """The normal forms of both sides."""
    left, right = (
        normal_form(side, theory, statement.free) for side in (statement.left, statement.right)
    )
    return left, right


def read(text: str) -> Poly:
    """The normal form of a text in the words of THEORY."""
    (expr,) = parsed(text)
    return normal_form(expr)


def value(poly: Poly, at: At) -> Any:
    """The value of a normal form, a `Real`; None if it has none."""
    point, indices = at
    try:
        return poly_value(poly, point, indices)
    except NoValue:
        return None


def meaning(expr: Expr, at: At, theory: Theory = THEORY) -> Any:
    """The value of an expression by the language's own rules; None if it has none."""
    point, indices = at
    try:
        return Evaluation(theory, point).value(expr, indices)
    except NoValue:
        return None


# --- the prover's answer --------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What prover and conditions say, before the refuter's cross-examination."""

    proved: bool
    conditions: tuple[str, ...] = ()
    reason: str = ""


def rules(theory: Theory, normalizer: Normalizer | None = None) -> list[Rule]:
    """The theory's hypotheses as rules; their functions opened, if no normalizer says otherwise."""
    normalizer = normalizer or Normalizer(theory)
    made = []
    for hypothesis in theory.hypotheses:
        with suppress(Unusable):
            made.append(as_rule(hypothesis, normalizer))
    return made


def decide(
    left: Expr,
    right: Expr,
    theory: Theory = THEORY,
    indices: Scope = FREE,
    steps: float = PROOF,
    *,
    normalizer: Normalizer | None = None,
) -> Answer:
    """What is said of two expressions; their functions opened, if no normalizer says otherwise."""
    normalizer = normalizer or Normalizer(theory)
    scope = scope_of(indices)
    try:
        with limit(steps):
            difference = normalizer.poly(left, scope) - normalizer.poly(right, scope)
            asked = needs(theory, (left, right), scope, Normalizer(theory))
            given = [Licence(each, "the statement") for each in asked.requirements]
            for hypothesis in theory.hypotheses:
                found = needs_of(hypothesis, theory).requirements
                given += [Licence(each, str(hypothesis)) for each in found]
            known = rules(theory, normalizer)
            if not Prover(known, Licences(lambda: given)).zero(difference):
                return Answer(False)
            return Answer(True, tuple(map(str, asked.conditions())))
    except (OutOfBudget, OutOfEffort, Undefined) as error:
        return Answer(False, reason=str(error))


def proved(left: str, right: str) -> bool:
    """Whether two texts in the words of THEORY are shown to be equal where both are defined."""
    one, other = parsed(left, right)
    return decide(one, other).proved


def parsed(*texts: str) -> tuple[Expr, ...]:
    return resolve([(parse(text), text) for text in texts], THEORY, known=FREE).expressions


def decide_text(theory: Theory, left: str, right: str, steps: float = 5 * PROOF) -> Answer:
    """As `Theory.prove` asks: the functions closed first, then opened."""
    statement = theory.statement(left, right)
    asked = (statement.left, statement.right, theory, statement.free, steps)
    closed = Normalizer(theory, open_functions=False)
    answer = decide(*asked, normalizer=closed)
    return answer if answer.proved or not closed.kept_functions else decide(*asked)
