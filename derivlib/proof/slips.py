"""Single changes to an expression: the slips that people make, one at a time.

They serve twice: to test the prover (a mutant must never be proved, unless it is equal), and to
answer a wrong line with "did you mean".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, combinations, pairwise

from derivlib.proof.chain import Chain, Line
from derivlib.proof.judge import judge
from derivlib.proof.language.effort import OutOfEffort, limit, spend, steps_of
from derivlib.proof.language.effort import timeout as alarm
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Signature, Statement
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
)
from derivlib.proof.verdict import Status, Verdict

ATTEMPT = 0.05
"""Effort for each candidate of a mended line: a near miss that is hard to prove is no help."""

ONE = Number(Fraction(1))
TWO = Number(Fraction(2))


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed expression, and what was changed in words."""

    expression: Expr
    change: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A line of a derivation with one slip in it, and the verdict on that."""

    line: int
    text: str
    change: str
    verdict: Verdict


def mutants(
    derivation: Chain, *, effort: float = 1, timeout: float | None = None
) -> Iterator[Mutant]:
    """Every line with a single slip in it, judged against the line before."""
    for n in range(1, len(derivation.lines)):
        for text, mutation in _slips(derivation, n):
            with alarm(timeout):
                verdict = judge(derivation.theory, _with(derivation, n, mutation), effort=effort)
            yield Mutant(n, text, mutation.change, verdict)


def refuted(derivation: Chain, line: int, *, most: int, effort: float) -> list[Mutant]:
    """The first slips of a line that are refuted, each of another kind.

    Args:
        derivation: whose line it is.
        line: its number; the line after the first has 1.
        most: how many slips.
        effort: for all of them together.
    """
    kinds: set[str] = set()
    found: list[Mutant] = []
    with suppress(OutOfEffort), limit(steps_of(effort)):
        for text, mutation in _slips(derivation, line):
            if len(found) == most:
                break
            spend(len(text))
            if mutation.change not in kinds:
                step = _with(derivation, line, mutation)
                verdict = judge(derivation.theory, step, effort=ATTEMPT)
                if verdict.status is Status.REFUTED:
                    kinds.add(mutation.change)
                    found.append(Mutant(line, text, mutation.change, verdict))
    return found


def _slips(derivation: Chain, line: int) -> Iterator[tuple[str, Mutation]]:
    """The mutations of a line, each once, with its text."""
    expression = derivation.lines[line].expression
    seen = {to_text(expression)}
    for mutation in mutations(derivation.theory, expression, derivation.free):
        text = to_text(mutation.expression)
        if text not in seen:
            seen.add(text)
            yield text, mutation


def _with(derivation: Chain, line: int, mutation: Mutation) -> Statement:
    """The step to a line, with a slip in it."""
    before, slip = derivation.lines[line - 1], mutation.expression
    return Statement(before.expression, slip, derivation.free, before.text, to_text(slip))


def did_you_mean(
    theory: Signature, wrong: Statement, above: Sequence[Line] = (), *, effort: float
) -> tuple[str, str] | None:
    """The first single change to the right side of a wrong statement with which it is proved.

    Each change is read and judged as if it stood in the derivation: the ranges that only the wrong
    line asked for are forgotten, and where that widens those above, they are judged anew.

    Args:
        theory: what the letters mean.
        wrong: the statement; its left side stays.
        above: the lines of the derivation above its left side.
        effort: for the whole search.

    Returns:
        The mended side as text and the change in words; None if no single change is proved.
    """
    with suppress(OutOfEffort), limit(steps_of(effort)):
        seen = {to_text(wrong.right)}
        for mutation in mutations(theory, wrong.right, wrong.free):
            text = to_text(mutation.expression)
            spend(len(text))
            if text not in seen:
                seen.add(text)
                if _mends(theory, wrong, above, text):
                    return text, mutation.change
    return None


def _mends(theory: Signature, wrong: Statement, above: Sequence[Line], text: str) -> bool:
    """Whether a text in place of the right side is proved, and all above it still is."""
    try:
        steps = _steps(theory, wrong, above, text)
    except LanguageError:
        return False
    verdicts = (judge(theory, step, effort=ATTEMPT) for step in steps)
    return all(v.status is Status.PROVED and not v.conditions for v in verdicts)


def _steps(
    theory: Signature, wrong: Statement, above: Sequence[Line], text: str
) -> list[Statement]:
    """What has to be proved if the text takes the place of a wrong statement's right side."""
    lines = [*((line.expression, line.text) for line in above), (wrong.left, wrong.left_text)]
    resolved = resolve([*lines, (parse(text), text)], theory)
    texts = [*(text for _, text in lines), text]
    steps = [
        Statement(left, right, resolved.free, left_text, right_text)
        for (left, left_text), (right, right_text) in pairwise(
            zip(resolved.expressions, texts, strict=True)
        )
    ]
    return steps[-1:] if resolved.free == wrong.free else steps[::-1]


def mutations(theory: Signature, expr: Expr, free: Mapping[str, Range]) -> Iterator[Mutation]:
    """Every expression that differs from `expr` at a single place and is still well-typed.

    Args:
        theory: what the letters mean.
        expr: a resolved expression.
        free: its free indices, with the size that each runs over.

    Yields:
        Mutations in the order of the places; the same expression may come twice.
    """
    for mutation in chain(_Mutator(theory).at(expr, dict(free)), _around(theory, expr)):
        changed = _well_typed(theory, mutation.expression, free)
        if changed is not None and changed != expr:
            yield replace(mutation, expression=changed)


def _well_typed(theory: Signature, expr: Expr, free: Mapping[str, Range]) -> Expr | None:
    """The expression with the ranges that a reader would infer; None if it is refused, or does not
    exist for all values of the free indices."""
    try:
        found = resolve([(expr, "")], theory, known=free)
    except LanguageError:
        return None
    return found.expressions[0] if dict(found.free) == dict(free) else None


def _around(theory: Signature, expr: Expr) -> Iterator[Mutation]:
    """Factors put around the whole expression."""
    yield Mutation(Neg(expr), "the sign")
    yield Mutation(Mul(TWO, expr), "a factor 2")
    yield Mutation(Div(expr, TWO), "a factor 1/2")
    for size in theory.sizes:
        yield Mutation(Mul(Div(ONE, Size(size)), expr), f"a factor 1/{size}")
        yield Mutation(Mul(Size(size), expr), f"a factor {size}")


Rebuild = Callable[[Expr], Expr]


class _Mutator:
    def __init__(self, theory: Signature) -> None:
        self.theory = theory

    def at(self, expr: Expr, scope: dict[str, Range]) -> Iterator[Mutation]:
        """Mutations of this node, then those of its parts."""
        yield from self.here(expr, scope)
        match expr:
            case Neg(argument):
                yield from self.inside(argument, scope, lambda e: replace(expr, argument=e))
            case Add(left, right) | Sub(left, right) | Mul(left, right) | Div(left, right):
                yield from self.inside(left, scope, lambda e: replace(expr, left=e))
                yield from self.inside(right, scope, lambda e: replace(expr, right=e))
            case Pow(base, exponent):
                yield from self.inside(base, scope, lambda e: replace(expr, base=e))
                yield from self.inside(exponent, scope, lambda e: replace(expr, exponent=e))
            case Function(_, arguments):
                for n, argument in enumerate(arguments):
                    yield from self.inside(argument, scope, _argument(expr, n))
            case Sum(binders, body):
                inner = scope | {b.index: b.range for b in binders if b.range is not None}
                yield from self.inside(body, inner, lambda e: replace(expr, body=e))
            case Derivative(body, _):
                yield from self.inside(body, scope, lambda e: replace(expr, body=e))
            case Number() | Size() | Entry() | Delta():
                pass

    def inside(self, part: Expr, scope: dict[str, Range], rebuild: Rebuild) -> Iterator[Mutation]:
        for mutation in self.at(part, scope):
            yield Mutation(rebuild(mutation.expression), mutation.change)

    def here(self, expr: Expr, scope: dict[str, Range]) -> Iterator[Mutation]:
        match expr:
            case Neg(argument):
                yield Mutation(argument, "a sign")
            case Add(left, right):
                yield Mutation(Sub(left, right), "+ turned into -")
                yield Mutation(left, "a term dropped")
                yield Mutation(right, "a term dropped")
            case Sub(left, right):
                yield Mutation(Add(left, right), "- turned into +")
                yield Mutation(Sub(right, left), "a difference turned around")
                yield Mutation(left, "a term dropped")
            case Mul(left, right):
                yield Mutation(left, "a factor dropped")
                yield Mutation(right, "a factor dropped")
            case Div(left, right):
                yield Mutation(left, "a denominator dropped")
                yield Mutation(Div(right, left), "a fraction turned over")
                yield Mutation(Mul(left, right), "/ turned into *")
            case Pow(base, exponent):
                yield Mutation(base, "a power dropped")
                yield Mutation(Pow(base, Add(exponent, ONE)), "an exponent off by one")
            case Function(name, arguments):
                if FUNCTIONS[name].arity == 1:
                    yield Mutation(arguments[0], f"{name} dropped")
                yield Mutation(Neg(expr), "a sign")
            case Number(value):
                if value > 1:
                    yield Mutation(Number(value - 1), "a number off by one")
                yield Mutation(Number(value + 1), "a number off by one")
                if value == 1:
                    yield from self.deltas(scope)
            case Delta(left, right):
                yield Mutation(ONE, "δ dropped")
                yield from self.indices(expr, scope)
            case Sum(binders, body):
                yield Mutation(Neg(expr), "a sign")
                for n, binder in enumerate(binders):
                    if binder.excluded:
                        kept = replace(binder, excluded=())
                        changed = (*binders[:n], kept, *binders[n + 1 :])
                        yield Mutation(Sum(changed, body), "what a sum leaves out forgotten")
            case Entry():
                yield Mutation(Neg(expr), "the sign of an entry")
                yield Mutation(Mul(TWO, expr), "a factor 2")
                yield Mutation(Mul(expr, expr), "a square")
                yield from self.indices(expr, scope)
            case Derivative(body, variables):
                yield from self.variables(expr, scope)
                if len(variables) > 1:
                    yield Mutation(Derivative(body, variables[:-1]), "a derivative dropped")

    def deltas(self, scope: dict[str, Range]) -> Iterator[Mutation]:
        """δ of two indices over one range, where a 1 stood."""
        for (i, one), (j, other) in combinations(sorted(scope.items()), 2):
            if one == other:
                yield Mutation(Delta(Index(i), Index(j)), f"δ({i},{j}) for 1")

    def indices(self, expr: Entry | Delta, scope: dict[str, Range]) -> Iterator[Mutation]:
        """One index replaced by another over the same size, or two of them exchanged."""
        places = (expr.left, expr.right) if isinstance(expr, Delta) else expr.indices
        ranges = [self.range(expr, n, scope) for n in range(len(places))]
        for n, (place, size) in enumerate(zip(places, ranges, strict=True)):
            for other, other_size in scope.items():
                if place.name is not None and other != place.name and other_size == size:
                    new = (*places[:n], Index(other, place.offset), *places[n + 1 :])
                    yield Mutation(_with_places(expr, new), f"index {place} for {other}")
        if isinstance(expr, Entry):
            for n in range(len(places) - 1):
                if ranges[n] == ranges[n + 1] and places[n] != places[n + 1]:
                    new = (*places[:n], places[n + 1], places[n], *places[n + 2 :])
                    yield Mutation(_with_places(expr, new), "transposed")

    def range(self, expr: Entry | Delta, n: int, scope: dict[str, Range]) -> Range | None:
        if isinstance(expr, Entry):
            axes = self.theory.axes(expr.name)
            return axes[n] if axes else None
        place = (expr.left, expr.right)[n]
        return scope.get(place.name) if place.name else None

    def variables(self, expr: Derivative, scope: dict[str, Range]) -> Iterator[Mutation]:
        """Another index, or another array of the same shape, in one variable of a ∂."""
        for n, variable in enumerate(expr.variables):
            changed: list[tuple[Entry, str]] = []
            for mutation in self.indices(variable, scope):
                if isinstance(mutation.expression, Entry):
                    changed.append((mutation.expression, mutation.change))
            for name in (*self.theory.variables, *self.theory.definitions):
                if name != variable.name and self.theory.axes(name) == self.theory.axes(
                    variable.name
                ):
                    other = Entry(name, variable.indices)
                    changed.append((other, f"∂ by {variable.name} for {name}"))
            for entry, change in changed:
                variables = (*expr.variables[:n], entry, *expr.variables[n + 1 :])
                if self.may_differentiate(variables):
                    yield Mutation(Derivative(expr.body, variables), change)

    def may_differentiate(self, variables: tuple[Entry, ...]) -> bool:
        """Whether none of the variables is a part of another: the language forbids that."""
        names = {variable.name for variable in variables}
        return not any(
            part in self.theory.dependencies(whole) for part in names for whole in names - {part}
        )


def _argument(expr: Function, n: int) -> Rebuild:
    def rebuild(argument: Expr) -> Expr:
        return replace(expr, arguments=(*expr.arguments[:n], argument, *expr.arguments[n + 1 :]))

    return rebuild


def _with_places(expr: Entry | Delta, places: tuple[Index, ...]) -> Expr:
    if isinstance(expr, Entry):
        return replace(expr, indices=places)
    left, right = places
    return replace(expr, left=left, right=right)
