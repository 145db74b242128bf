"""Expressions evaluated at a point, derivatives by dual numbers.

This is the meaning of the language, said once more and independently of the prover: nothing here
rewrites an expression. Each node becomes a closure; what can come up again (definitions, sums,
functions, derivatives) is remembered per node and values of the indices it reads.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from math import inf
from typing import TypeAlias

from flint import fmpq

from . import duals
from . import expressions as tree
from .duals import ONE, ZERO, Dual, Number, Undefined
from .environment import Environment, OutOfTime, Place, TooMuch
from .expressions import Expr, Index
from .theory import Theory

Frame: TypeAlias = list[int]
"""The values of the indices in scope, each at its slot."""

Run: TypeAlias = Callable[[Frame, Environment], Number]
Scope: TypeAlias = Mapping[str, tuple[int, str | None]]
"""Each index in scope: its slot, and the size it runs over if known."""

STEPS = 40_000  # terms of sums and remembered values, in one evaluation


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression, the slots it reads and the names it is made of, sizes included."""

    run: Run
    slots: frozenset[int]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression with free indices."""

    code: Code
    width: int
    free: tuple[str, ...]

    def run(self, place: Place, env: Environment) -> Number:
        return self.code.run([*place, *[0] * (self.width - len(place))], env)

    def __call__(self, env: Environment, indices: Mapping[str, int]) -> Number:
        """The value; raises Undefined, Undecided, TooMuch or OutOfTime."""
        try:
            return self.run(tuple([indices[name] for name in self.free]), env)
        except RecursionError:
            raise TooMuch from None


class Evaluator:
    """Compiles expressions of one theory; keeps count of the work and watches the clock."""

    def __init__(self, theory: Theory, deadline: float = inf) -> None:
        self.theory = theory
        self.deadline = deadline
        self.steps = 0  # of the present evaluation, counted down
        self.identities = count()
        self.names: dict[str, frozenset[str]] = {}
        """All that a name is made of: itself, variables, defined names, and sizes."""
        self.definitions: dict[str, Program] = {}
        for name, variable in theory.variables.items():
            self.names[name] = frozenset({name, *variable.axes})
        for name, definition in theory.definitions.items():  # each uses earlier ones alone
            ranges = zip(definition.parameters, definition.axes, strict=True)
            program = self.compile(definition.body, dict(ranges))
            self.definitions[name] = program
            self.names[name] = program.code.names | {name, *definition.axes}

    def allow(self, steps: int = STEPS) -> None:
        """Begin an evaluation that may take so many steps."""
        self.steps = steps

    def tick(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise TooMuch
        if self.steps % 32 == 0 and time.monotonic() > self.deadline:
            raise OutOfTime

    def compile(self, expr: Expr, free: Mapping[str, str | None]) -> Program:
        """Make a program of an expression; `free` gives the free indices and their ranges."""
        unit = _Unit(self)
        scope = {name: (unit.slot(), size) for name, size in free.items()}
        try:
            code = unit.compile(expr, scope)
        except RecursionError:
            raise TooMuch from None
        return Program(code, unit.width, tuple(free))

    def entry(self, name: str, place: Place, env: Environment) -> Number:
        """The value of a declared or defined name's entry."""
        if name in self.theory.variables:
            try:
                return env.values[name][place]
            except KeyError:
                raise Undefined from None
        env = env.narrow(self.names[name])
        key = name, place
        if key in env.defined:
            return env.defined[key]
        self.tick()
        if name in env.held:
            # Opaque: the value from outside the ∂, with an ε where the ∂ differentiates by it.
            assert env.parent is not None
            found = self.entry(name, place, env.parent)
            for level, seeded in env.seeds.get(name, ()):
                if seeded == place:
                    found = Dual(level, found, ONE)
        else:
            axes = self.theory.definitions[name].axes
            if any(not 1 <= n <= env.sizes[size] for n, size in zip(place, axes, strict=True)):
                raise Undefined
            found = duals.tame(self.definitions[name].run(place, env))
        env.defined[key] = found
        return found

    def inside(self, variables: tuple[tuple[str, Place], ...], env: Environment) -> Environment:
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
                return _combine(
                    lambda run: lambda frame, env: -run(frame, env), [self.compile(argument, scope)]
                )
            case tree.Add(left, right):
                build = _add
            case tree.Sub(left, right):
                build = _sub
            case tree.Mul(left, right):
                build = _mul
            case tree.Div(left, right):
                build = _div
            case tree.Pow():
                return self.power(expr, scope)
            case tree.Function(name, arguments):
                codes = [self.compile(a, scope) for a in arguments]
                return self.remember(_combine(_FUNCTIONS[name], codes))
            case tree.Delta():
                return self.delta(expr, scope)
            case tree.Sum():
                return self.remember(self.sum(expr, scope))
            case tree.Derivative():
                return self.remember(self.derivative(expr, scope))
        return _combine(build, [self.compile(left, scope), self.compile(right, scope)])

    def remember(self, code: Code) -> Code:
        """The same, evaluated once for each value of the indices and each set of ∂s around it."""
        identity, slots = next(self.evaluator.identities), sorted(code.slots)
        run, names, tick = code.run, code.names, self.evaluator.tick

        def remembered(frame: Frame, env: Environment) -> Number:
            env = env.narrow(names)
            key = (identity, *[frame[slot] for slot in slots])
            found = env.memo.get(key)
            if found is None:
                tick()
                found = env.memo[key] = run(frame, env)
            return found

        return Code(remembered, code.slots, code.names)

    def place(
        self, indices: Iterable[Index], scope: Scope
    ) -> tuple[Callable[[Frame], Place], frozenset[int]]:
        """How to read the values of indices off a frame, and from which slots."""
        parts = [(None if x.name is None else scope[x.name][0], x.offset) for x in indices]
        slots = [slot for slot, _ in parts if slot is not None]
        if all(slot is not None and not offset for slot, offset in parts):
            return (lambda frame: tuple([frame[slot] for slot in slots])), frozenset(slots)
        return (
            lambda frame: tuple([n if slot is None else frame[slot] + n for slot, n in parts])
        ), frozenset(slots)

    def entry(self, expr: tree.Entry, scope: Scope) -> Code:
        name = expr.name
        place, slots = self.place(expr.indices, scope)
        entry, names = self.evaluator.entry, self.evaluator.names[name]

        def declared(frame: Frame, env: Environment) -> Number:
            try:
                return env.values[name][place(frame)]
            except KeyError:
                raise Undefined from None

        def defined(frame: Frame, env: Environment) -> Number:
            return entry(name, place(frame), env)

        run = declared if name in self.evaluator.theory.variables else defined
        return Code(run, slots, names)

    def power(self, expr: tree.Pow, scope: Scope) -> Code:
        base = self.compile(expr.base, scope)
        exponent = constant(expr.exponent)
        if exponent is not None:
            fixed = exponent
            return _combine(
                lambda run: lambda frame, env: duals.power(run(frame, env), fixed), [base]
            )
        return self.remember(
            _combine(
                lambda x, y: lambda frame, env: duals.general_power(x(frame, env), y(frame, env)),
                [base, self.compile(expr.exponent, scope)],
            )
        )

    def delta(self, expr: tree.Delta, scope: Scope) -> Code:
        place, slots = self.place((expr.left, expr.right), scope)
        sizes = {scope[x.name][1] for x in (expr.left, expr.right) if x.name is not None}
        constants = [x.offset for x in (expr.left, expr.right) if x.name is None]
        # A constant place of δ lies in the range of the index beside it.
        limits = [(size, n) for size in sizes if size is not None for n in constants]

        def run(frame: Frame, env: Environment) -> Number:
            for size, n in limits:
                if env.sizes[size] < n:
                    raise Undefined
            left, right = place(frame)
            return ONE if left == right else ZERO

        return Code(run, slots, frozenset(size for size, _ in limits))

    def sum(self, expr: tree.Sum, scope: Scope) -> Code:
        binder, *rest = expr.binders
        size = binder.range
        assert size is not None, "the statement's ranges must be resolved"
        slot = self.slot()
        inner = {**scope, binder.index: (slot, size)}
        if rest:
            body = self.remember(self.sum(tree.Sum(tuple(rest), expr.body), inner))
        else:
            body = self.compile(expr.body, inner)
        excluded, excluded_slots = self.place(binder.excluded, scope)
        constants = [x.offset for x in binder.excluded if x.name is None]
        needed = max(constants, default=0)
        term, tick = body.run, self.evaluator.tick

        def run(frame: Frame, env: Environment) -> Number:
            if env.sizes[size] < needed:
                raise Undefined
            left_out = excluded(frame)
            total = ZERO
            for value in range(1, env.sizes[size] + 1):
                if value not in left_out:
                    tick()
                    frame[slot] = value
                    total = total + term(frame, env)
            return total

        return Code(run, body.slots - {slot} | excluded_slots, body.names | {size})

    def derivative(self, expr: tree.Derivative, scope: Scope) -> Code:
        body = self.compile(expr.body, scope)
        slots, names = body.slots, body.names
        readers: list[tuple[str, Callable[[Frame], Place]]] = []
        for variable in expr.variables:
            place, used = self.place(variable.indices, scope)
            readers.append((variable.name, place))
            slots, names = slots | used, names | self.evaluator.names[variable.name]
        inside = self.evaluator.inside

        def run(frame: Frame, env: Environment) -> Number:
            variables = tuple([(name, place(frame)) for name, place in readers])
            inner = inside(variables, env)
            found = body.run(frame, inner)
            for level in reversed(range(env.level, inner.level)):
                found = duals.slope(found, level)
            return found

        return Code(run, slots, names)


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


_ARITHMETIC: dict[type[Expr], Callable[[Number, Number], Number]] = {
    tree.Add: operator.add,
    tree.Sub: operator.sub,
    tree.Mul: operator.mul,
    tree.Div: duals.divide,
    tree.Pow: duals.power,
}


def _combine(build: Callable[..., Run], codes: list[Code]) -> Code:
    return Code(
        build(*[code.run for code in codes]),
        frozenset().union(*[code.slots for code in codes]),
        frozenset().union(*[code.names for code in codes]),
    )


def _add(left: Run, right: Run) -> Run:
    return lambda frame, env: left(frame, env) + right(frame, env)


def _sub(left: Run, right: Run) -> Run:
    return lambda frame, env: left(frame, env) - right(frame, env)


def _mul(left: Run, right: Run) -> Run:
    return lambda frame, env: left(frame, env) * right(frame, env)


def _div(left: Run, right: Run) -> Run:
    divide = duals.divide
    return lambda frame, env: divide(left(frame, env), right(frame, env))


def _function(f: Callable[[Number], Number]) -> Callable[[Run], Run]:
    return lambda argument: lambda frame, env: f(argument(frame, env))


def _max(*arguments: Run) -> Run:
    return lambda frame, env: duals.maximum([argument(frame, env) for argument in arguments])


_FUNCTIONS: dict[str, Callable[..., Run]] = {
    "exp": _function(duals.exp),
    "log": _function(duals.log),
    "sqrt": _function(duals.sqrt),
    "sigmoid": _function(duals.sigmoid),
    "tanh": _function(duals.tanh),
    "Max": _max,
}
