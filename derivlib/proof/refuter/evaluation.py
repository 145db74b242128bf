"""Expressions evaluated at a point, derivatives by dual numbers.

This is the meaning of the language, said once more and independently of the prover: nothing here
rewrites an expression. Each node becomes a closure; what can come up again (definitions, sums,
functions, derivatives) is remembered per node and values of the indices it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from typing import TypeAlias

from flint import fmpq

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.effort import spend
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import Expr, Index
from derivlib.proof.refuter import duals
from derivlib.proof.refuter.duals import ONE, ZERO, Dual, Number, Undefined
from derivlib.proof.refuter.environment import (
    Environment,
    Key,
    Place,
    TooMuch,
    limits,
    symbols,
)
from derivlib.proof.refuter.functions import general_power, power
from derivlib.proof.refuter.operations import (
    BINARY,
    Code,
    Frame,
    Run,
    applied,
    combine,
    constant,
    negated,
)
from derivlib.proof.refuter.reads import Readings, Reads
from derivlib.proof.refuter.signs import Signs

Scope: TypeAlias = Mapping[str, int]
"""The slot of each index in scope."""

Watch: TypeAlias = Callable[[int, Number], None]

STEPS = 40_000  # terms of sums and remembered values, in one evaluation
NODES = 64  # of the language's tree that are evaluated in a step of effort, about


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression with free indices."""

    code: Code
    width: int
    free: tuple[str, ...]

    def run(self, place: Place, env: Environment) -> Number:
        return self.code.run([*place, *[0] * (self.width - len(place))], env)

    def __call__(self, env: Environment, indices: Mapping[str, int]) -> Number:
        """The value; raises Undefined, Undecided, TooMuch or OutOfEffort."""
        try:
            return self.run(tuple([indices[name] for name in self.free]), env)
        except RecursionError:
            raise TooMuch from None


class Evaluator:
    """Compiles expressions of one theory; keeps count of the work.

    `watch`, if given, is told each argument on whose sign it depends what an operation does, by a
    number for the place where it stands; of a Max the differences of any two arguments, and the
    result, whose number is among the `results`.
    """

    def __init__(self, theory: Signature, watch: Watch | None = None) -> None:
        self.theory = theory
        self.watch = watch
        self.watched = 0  # so many places
        self.results: set[int] = set()
        self.signs = Signs(theory)
        self.steps = 0  # of the present evaluation, counted down
        self.nodes = 0  # that were compiled
        self.fee = 1  # steps of effort for one of an evaluation: more, the more nodes there are
        self.identities = count()
        self.names: dict[str, frozenset[str]] = {}
        """All that a name is made of: itself, variables, defined names, and sizes."""
        self.reads = Readings(theory)
        self.definitions: dict[str, Program] = {}
        for name, variable in theory.variables.items():
            self.names[name] = frozenset({name}).union(*map(symbols, variable.axes))
        for name, definition in theory.definitions.items():  # each uses earlier ones alone
            program = self.compile(definition.body, definition.parameters)
            self.definitions[name] = program
            self.names[name] = program.code.names.union({name}, *map(symbols, definition.axes))

    def allow(self, steps: int = STEPS) -> None:
        """Begin an evaluation that may take so many steps."""
        self.steps = steps
        spend(self.fee)

    def tick(self, env: Environment) -> None:
        spend(self.fee + env.level)
        self.steps -= 1
        if self.steps < 0:
            raise TooMuch

    def compile(self, expr: Expr, free: Iterable[str]) -> Program:
        """Make a program of an expression with these free indices."""
        unit = _Unit(self)
        scope = {name: unit.slot() for name in free}
        try:
            code = unit.compile(expr, scope)
        except RecursionError:
            raise TooMuch from None
        finally:
            self.fee = 1 + self.nodes // NODES
        return Program(code, unit.width, tuple(free))

    def entry(self, name: str, place: Place, env: Environment) -> Number:
        """The value of a declared or defined name's entry."""
        if name in self.theory.variables:
            try:
                return env.values[name][place]
            except KeyError:
                raise Undefined from None
        return self.instance(name, place, env)

    def instance(self, name: str, place: Place, env: Environment) -> Number:
        """The value of a defined name's entry."""
        if env.parent is not None:
            env = env.narrow(self.reads.of_entry(name), place)
        key = name, place
        known = env.defined.get(key)
        if known is not None:
            return known
        self.tick(env)
        if name in env.held:
            # Opaque: the value from outside the ∂, with an ε where the ∂ differentiates by it.
            assert env.parent is not None
            found = self.entry(name, place, env.parent)
            for level, seeded in env.seeds.get(name, ()):
                if seeded == place:
                    found = Dual(level, found, ONE)
        else:
            axes = self.theory.definitions[name].axes
            for n, span in zip(place, env.spans(name, axes), strict=True):
                if n not in span:
                    raise Undefined
            found = duals.tame(self.definitions[name].run(place, env))
        env.defined[key] = found
        return found

    def inside(self, variables: tuple[Key, ...], env: Environment) -> Environment:
        """The inside of a ∂ by these entries, all of which must be defined."""
        inner = env.hold(variables)
        for name, place in variables:
            # By a part of what is held opaque: no reading of that is better than the others.
            if any(name in self.names[whole] for whole in inner.held if whole != name):
                raise Undefined
            self.entry(name, place, inner)
        return inner


class _Unit:
    """The compilation of one expression: what shares a frame."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.width = 0

    def slot(self) -> int:
        self.width += 1
        return self.width - 1

    def compile(self, expr: Expr, scope: Scope) -> Code:
        self.evaluator.nodes += 1
        match expr:
            case tree.Number(value):
                number = fmpq(value.numerator, value.denominator)
                return Code(lambda frame, env: number, frozenset(), frozenset())
            case tree.Size(name):
                return Code(
                    lambda frame, env: fmpq(env.sizes[name]), frozenset(), frozenset({name})
                )
            case tree.Entry():
                return self.entry(expr, scope)
            case tree.Neg(argument):
                return combine(negated, [self.compile(argument, scope)])
            case tree.Add(left, right) | tree.Sub(left, right) | tree.Mul(left, right):
                return combine(
                    BINARY[type(expr)], [self.compile(left, scope), self.compile(right, scope)]
                )
            case tree.Div(left, right):
                divisor = self.watched(self.compile(right, scope), right)
                return combine(BINARY[tree.Div], [self.compile(left, scope), divisor])
            case tree.Pow():
                return self.power(expr, scope)
            case tree.Function(name, arguments):
                codes = [self.compile(a, scope) for a in arguments]
                if len(codes) > 1:
                    code = combine(applied(name), self.all_watched(codes))
                    return self.remember(self.watched(code, None, result=True), expr, scope)
                if FUNCTIONS[name].domain or FUNCTIONS[name].smooth:
                    codes = [self.watched(codes[0], arguments[0])]
                return self.remember(combine(applied(name), codes), expr, scope)
            case tree.Delta():
                return self.delta(expr, scope)
            case tree.Sum():
                return self.remember(self.sum(expr, scope), expr, scope)
            case tree.Derivative():
                return self.remember(self.derivative(expr, scope), expr, scope)

    def watched(self, code: Code, expr: Expr | None, *, result: bool = False) -> Code:
        """The same; if the evaluator is watched, its value is told, unless it is sure to be > 0."""
        evaluator, watch, run = self.evaluator, self.evaluator.watch, code.run
        if watch is None or not code.names or (expr and evaluator.signs.of(expr) == 2):
            return code
        where = evaluator.watched
        evaluator.watched += 1
        if result:
            evaluator.results.add(where)

        def told(frame: Frame, env: Environment) -> Number:
            found = run(frame, env)
            watch(where, found)
            return found

        return Code(told, code.slots, code.names)

    def all_watched(self, codes: Sequence[Code]) -> list[Code]:
        """The same for several arguments, whose differences are told."""
        if self.evaluator.watch is None:
            return [*codes]
        first, *others = codes
        pairs = [
            self.watched(combine(BINARY[tree.Sub], [a, b]), None) for a, b in combinations(codes, 2)
        ]
        run, told = first.run, [pair.run for pair in pairs]

        def after(frame: Frame, env: Environment) -> Number:
            for each in told:
                each(frame, env)
            return run(frame, env)

        names = first.names.union(*[pair.names for pair in pairs])
        slots = first.slots.union(*[pair.slots for pair in pairs])
        return [Code(after, slots, names), *others]

    def remember(self, code: Code, expr: Expr, scope: Scope) -> Code:
        """The same, evaluated once for each value of the indices and each set of ∂s around it."""
        identity, where = next(self.evaluator.identities), _read(sorted(code.slots))
        run, tick, readings = code.run, self.evaluator.tick, self.evaluator.reads
        reads: Reads | None = None

        def remembered(frame: Frame, env: Environment) -> Number:
            if env.parent is not None:
                nonlocal reads
                if reads is None:
                    reads = readings.of(expr, scope)
                env = env.narrow(reads, frame)
            key = identity, where(frame, env)
            found = env.memo.get(key)
            if found is None:
                tick(env)
                found = env.memo[key] = run(frame, env)
            return found

        return Code(remembered, code.slots, code.names)

    def places(self, indices: Iterable[Index], scope: Scope) -> Code:
        """How to read the places that index terms name, as a tuple."""
        sizes = self.evaluator.theory.sizes
        parts: list[tuple[int | str | None, int]] = [
            (x.name if x.name is None or x.name in sizes else scope[x.name], x.offset)
            for x in indices
        ]
        slots = [part for part, _ in parts if isinstance(part, int)]
        names = frozenset(part for part, _ in parts if isinstance(part, str))
        if len(slots) == len(parts) and not any(n for _, n in parts):
            return Code(_read(slots), frozenset(slots), names)

        def run(frame: Frame, env: Environment) -> Place:
            return tuple(
                [
                    n + (frame[x] if type(x) is int else env.sizes[x] if type(x) is str else 0)
                    for x, n in parts
                ]
            )

        return Code(run, frozenset(slots), names)

    def entry(self, expr: tree.Entry, scope: Scope) -> Code:
        name = expr.name
        places = self.places(expr.indices, scope)
        place, instance = places.run, self.evaluator.instance

        def declared(frame: Frame, env: Environment) -> Number:
            try:
                return env.values[name][place(frame, env)]
            except KeyError:
                raise Undefined from None

        def defined(frame: Frame, env: Environment) -> Number:
            return instance(name, place(frame, env), env)

        run = declared if name in self.evaluator.theory.variables else defined
        return Code(run, places.slots, places.names | self.evaluator.names[name])

    def power(self, expr: tree.Pow, scope: Scope) -> Code:
        base = self.compile(expr.base, scope)
        exponent = constant(expr.exponent)
        if exponent is not None:
            fixed = exponent
            if fixed < 0 or fixed.q != 1:
                base = self.watched(base, expr.base)
            return combine(lambda run: lambda frame, env: power(run(frame, env), fixed), [base])
        base = self.watched(base, expr.base)
        return self.remember(
            combine(
                lambda x, y: lambda frame, env: general_power(x(frame, env), y(frame, env)),
                [base, self.compile(expr.exponent, scope)],
            ),
            expr,
            scope,
        )

    def delta(self, expr: tree.Delta, scope: Scope) -> Code:
        """δ compares numbers: one that is no place of the other's range is just another number."""
        places = self.places((expr.left, expr.right), scope)
        place = places.run

        def run(frame: Frame, env: Environment) -> Number:
            left, right = place(frame, env)
            return ONE if left == right else ZERO

        return Code(run, places.slots, places.names)

    def sum(self, expr: tree.Sum, scope: Scope) -> Code:
        binder, *rest = expr.binders
        assert binder.range is not None, "the statement's ranges must be resolved"
        slot = self.slot()
        inner = {**scope, binder.index: slot}
        if rest:
            others = tree.Sum(tuple(rest), expr.body)
            body = self.remember(self.sum(others, inner), others, inner)
        else:
            body = self.compile(expr.body, inner)
        first, final = limits(binder.range)
        bounds = self.places((binder.first or first, binder.final or final), scope)
        excluded = self.places(binder.excluded, scope)
        ends, left_out, term = bounds.run, excluded.run, body.run
        tick = self.evaluator.tick

        def run(frame: Frame, env: Environment) -> Number:
            low, high = ends(frame, env)
            if high < low - 1:  # a sum may be empty, but it does not run backwards
                raise Undefined
            omitted = left_out(frame, env)
            total = ZERO
            for value in range(low, high + 1):
                if value not in omitted:
                    tick(env)
                    frame[slot] = value
                    total = total + term(frame, env)
            return total

        around = [bounds, excluded]
        slots = frozenset().union(*[code.slots for code in around])
        names = body.names.union(symbols(binder.range), *[code.names for code in around])
        return Code(run, body.slots - {slot} | slots, names)

    def derivative(self, expr: tree.Derivative, scope: Scope) -> Code:
        body = self.compile(expr.body, scope)
        slots, names = body.slots, body.names
        readers: list[tuple[str, Run]] = []
        for variable in expr.variables:
            places = self.places(variable.indices, scope)
            readers.append((variable.name, places.run))
            slots |= places.slots
            names |= places.names | self.evaluator.names[variable.name]
        inside = self.evaluator.inside

        def run(frame: Frame, env: Environment) -> Number:
            variables = tuple([(name, place(frame, env)) for name, place in readers])
            inner = inside(variables, env)
            found = body.run(frame, inner)
            for level in reversed(range(env.level, inner.level)):
                found = duals.slope(found, level)
            return found

        return Code(run, slots, names)


def _read(slots: Sequence[int]) -> Callable[[Frame, Environment], Place]:
    """How to read these slots of a frame. Up to two, which nearly all are, without a loop."""
    match slots:
        case []:
            return lambda frame, env: ()
        case [slot]:
            return lambda frame, env: (frame[slot],)
        case [one, other]:
            return lambda frame, env: (frame[one], frame[other])
    return lambda frame, env: tuple([frame[slot] for slot in slots])
