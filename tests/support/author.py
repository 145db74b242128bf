"""Expressions of the size that people write, most of them defined everywhere, and rewritings of
them that keep the value at every point.

The theory and the steps that hold wherever both sides are defined come from writing.py; here what
stands in a log, under a root or below a fraction bar is positive, and more steps are known.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

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
    walk,
)
from tests.support.letters import FREE, ONE, THEORY, TWO, Scope, number
from tests.support.rewriting import same_algebra, same_definition, same_derivative, same_sums
from tests.support.spans import span
from tests.support.trees import new_name, nodes, put
from tests.support.writing import Writer, well_typed

SMALLEST, LARGEST = 5, 25
LARGEST_REWRITTEN = 70
STEPS = 8

REAL = (
    *("+", "+", "+", "-", "-", "-", "*", "*", "*", "*", "/", "/", "neg", "^", "^"),
    *(
        "exp",
        "exp",
        "log",
        "log",
        "sqrt",
        "sigmoid",
        "tanh",
        "sin",
        "cos",
        "sinh",
        "abs",
        "Σ",
        "Σ",
        "Σ",
        "Σ",
        "∂",
        "∂",
        "∂",
    ),
)
POSITIVE = ("+", "*", "/", "exp", "exp", "sigmoid", "Σ", "1+x²", "sqrt", "^")
BY = ["x", "z", "u", "S", "W", "s", "c"]


class Author:
    """Decides everything by its `rng`."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.writer = Writer(rng.choice)

    # --- writing --------------------------------------------------------------------------------

    def expression(self) -> Expr:
        while True:
            expr = self.real(self.rng.choice((2, 3, 3, 4)), FREE)
            if SMALLEST <= sum(1 for _ in walk(expr)) <= LARGEST and well_typed(expr):
                return expr

    def real(self, depth: int, scope: Scope) -> Expr:
        if not depth or not self.rng.randrange(8):
            return self.writer.leaf(scope)

        def part() -> Expr:
            return self.real(depth - 1, scope)

        def positive() -> Expr:
            return self.positive(depth - 1, scope)

        match self.rng.choice(REAL):
            case "+":
                return Add(part(), part())
            case "-":
                return Sub(part(), part())
            case "*":
                return Mul(part(), part())
            case "/":
                return Div(part(), positive())
            case "neg":
                return Neg(part())
            case "^":
                return Pow(part(), number(self.rng.choice("223")))
            case "Σ":
                return self.sum(depth, scope, positive=False)
            case "∂":
                return Derivative(part(), (self.writer.entry(scope, BY),))
            case "log" | "sqrt" as name:
                return Function(name, (positive(),))
            case name:
                return Function(name, (part(),))

    def positive(self, depth: int, scope: Scope) -> Expr:
        if not depth:
            return self.writer.entry(scope, ["u", "u", "a", "p"])

        def part() -> Expr:
            return self.positive(depth - 1, scope)

        match self.rng.choice(POSITIVE):
            case "+":
                return Add(part(), part())
            case "*":
                return Mul(part(), part())
            case "/":
                return Div(part(), part())
            case "Σ":
                return self.sum(depth, scope, positive=True)
            case "1+x²":
                return Add(ONE, Pow(self.real(depth - 1, scope), TWO))
            case "sqrt":
                return Function("sqrt", (part(),))
            case "^":
                return Pow(part(), number(self.rng.choice(("2", "-1", "1/2", "3/2"))))
            case name:
                return Function(name, (self.real(depth - 1, scope),))

    def sum(self, depth: int, scope: Scope, *, positive: bool) -> Sum:
        inner, binders = dict(scope), []
        for name in self.rng.choice((["k"], ["k"], ["i"], ["j"], ["n"], ["k", "l"])):
            range_ = span(self.rng.choice("KKKd"))
            peers = [other for other, own in inner.items() if own == range_]
            some = not positive and peers and not self.rng.randrange(4)
            left_out = (Index(self.rng.choice(peers)),) if some else ()
            binders.append(Binder(name, left_out, range=range_))
            inner[name] = range_
        body = (self.positive if positive else self.real)(depth - 1, inner)
        return Sum(tuple(binders), body)

    # --- rewriting ------------------------------------------------------------------------------

    def scrambled(self, expr: Expr) -> Expr:
        """The same value at every point, written differently."""
        first = expr
        for _ in range(self.rng.randint(1, STEPS)):
            expr = self.step(expr)
        while expr == first:
            expr = self.step(expr)
        return expr

    def step(self, expr: Expr) -> Expr:
        found = list(nodes(expr, FREE))
        for _ in range(10):
            path, node, scope, held = self.rng.choice(found)
            options = self.equals(node, scope, held)
            if options:
                new = put(expr, path, self.rng.choice(options))
                if sum(1 for _ in walk(new)) <= LARGEST_REWRITTEN and well_typed(new):
                    return new
        return expr

    def equals(self, node: Expr, scope: Scope, held: bool) -> list[Expr]:
        found = [] if is_log(node) else list(same_algebra(node))  # its splitting needs signs
        found += same_sums(node, scope)
        found += more_algebra(node)
        found += same_derivative(node, scope)
        found += more_derivatives(node)
        if positive(node):
            found.append(Function("exp", (Function("log", (node,)),)))
            found.append(Pow(Function("sqrt", (node,)), TWO))
        if not held:
            found += same_definition(node)
            found += shifted_softmax(node)
            if not self.rng.randrange(8):
                t = new_name("t", node)
                found.append(Mul(node, Sum((Binder(t, range=span("K")),), Entry("y", (Index(t),)))))
        if not self.rng.randrange(8):
            other = self.positive(1, scope)
            found += [Div(Mul(node, other), other), Sub(Add(node, other), other)]
        return found


def is_log(node: Expr) -> bool:
    return isinstance(node, Function) and node.name == "log"


def positive(expr: Expr) -> bool:
    """Certainly above 0, judged as an author would."""
    match expr:
        case Entry(name):
            return name in ("u", "a", "p")
        case Number(value):
            return value > 0
        case Size() | Function("exp" | "sigmoid"):
            return True
        case Function("sqrt", (argument,)):
            return positive(argument)
        case Add(left, Pow(_, Number(value))) if value == 2:
            return positive(left)
        case Add(left, right) | Mul(left, right) | Div(left, right):
            return positive(left) and positive(right)
        case Pow(base, Number()):
            return positive(base)
        case Sum(binders, body):
            return positive(body) and not any(b.excluded for b in binders)
    return False


def f(name: str, argument: Expr) -> Function:
    return Function(name, (argument,))


def more_algebra(node: Expr) -> list[Expr]:
    """Steps that keep the value of what an Author writes."""
    found: list[Expr] = []
    match node:
        case Add(Add(a, b), c):
            found.append(Add(a, Add(b, c)))
        case Add(a, Add(b, c)):
            found.append(Add(Add(a, b), c))
        case Sub(a, Add(b, c)):
            found.append(Sub(Sub(a, b), c))
        case Mul(Add(a, b), c):
            found.append(Add(Mul(a, c), Mul(b, c)))
        case Div(Add(a, b), c):
            found.append(Add(Div(a, c), Div(b, c)))
        case Div(Mul(a, b), c):
            found.append(Mul(a, Div(b, c)))
        case Mul(a, Pow(b, Number(value))) if value == -1:
            found.append(Div(a, b))
        case Neg(Add(a, b)):
            found.append(Sub(Neg(a), b))
        case Pow(Add(a, b), Number(value)) if value == 2:
            found.append(Add(Add(Pow(a, TWO), Mul(TWO, Mul(a, b))), Pow(b, TWO)))
        case Pow(a, Number(value)) if value == 3:
            found.append(Mul(a, Pow(a, TWO)))
        case Function("log", (Mul(a, b),)) if positive(a) and positive(b):
            found.append(Add(f("log", a), f("log", b)))
        case Function("log", (Div(a, b),)) if positive(a) and positive(b):
            found.append(Sub(f("log", a), f("log", b)))
        case Function("log", (Pow(a, Number() as n),)) if positive(a):
            found.append(Mul(n, f("log", a)))
        case Function("log", (Function("exp", (a,)),)):
            found.append(a)
        case Function("sqrt", (Mul(a, b),)) if positive(a) and positive(b):
            found.append(Mul(f("sqrt", a), f("sqrt", b)))
        case Function("exp", (Sub(a, b),)):
            found.append(Div(f("exp", a), f("exp", b)))
        case Function("sigmoid", (a,)):
            found.append(Sub(ONE, f("sigmoid", Neg(a))))
        case Function("tanh", (a,)):
            e, inverse = f("exp", a), f("exp", Neg(a))
            found.append(Div(Sub(e, inverse), Add(e, inverse)))
        case Function("sin" | "sinh" as name, (Sub(a, b),)):
            found.append(Neg(f(name, Sub(b, a))))
        case Function("cos" | "abs" as name, (Sub(a, b),)):
            found.append(f(name, Sub(b, a)))
    match node:
        case Add(Mul(a, b), Mul(c, d)) if a == c:
            found.append(Mul(a, Add(b, d)))
        case Mul(Function("exp", (a,)), Function("exp", (b,))):
            found.append(f("exp", Add(a, b)))
        case Add(Sum((one,), left), Sum((other,), right)) if one == other:
            found.append(Sum((one,), Add(left, right)))
        case Sum((one,), Neg(body)):
            found.append(Neg(Sum((one,), body)))
        case Sum((one,), Div(body, Size() | Number() as below)):
            found.append(Div(Sum((one,), body), below))
    return found


def shifted_softmax(node: Expr) -> list[Expr]:
    if not (isinstance(node, Entry) and node.name == "p"):
        return []
    (place,) = node.indices
    r = new_name("r", node)

    def shifted(index: Index) -> Expr:
        return f("exp", Sub(Entry("z", (index,)), Entry("c")))

    return [Div(shifted(place), Sum((Binder(r, range=span("K")),), shifted(Index(r))))]


def more_derivatives(node: Expr) -> list[Expr]:
    """The rules as they stand in a table, for one variable that is declared."""
    if not isinstance(node, Derivative) or len(node.variables) > 1:
        return []
    by = node.variables
    if by[0].name in THEORY.definitions:
        return []

    def d(expr: Expr) -> Derivative:
        return Derivative(expr, by)

    whole = node.body
    match whole:
        case Number() | Size() | Delta():
            return [number("0")]
        case Entry(name, indices) if name in THEORY.variables:
            if name != by[0].name:
                return [number("0")]
            result: Expr = ONE
            for own, other in zip(indices, by[0].indices, strict=True):
                result = Mul(result, Delta(own, other))
            return [result]
        case Neg(a):
            return [Neg(d(a))]
        case Sub(a, b):
            return [Sub(d(a), d(b))]
        case Div(a, b):
            return [Div(Sub(Mul(d(a), b), Mul(a, d(b))), Pow(b, TWO))]
        case Pow(a, Number(n)) if n != 0:
            return [Mul(Mul(Number(Fraction(n)), Pow(a, Number(n - 1))), d(a))]
        case Function("sqrt", (a,)):
            return [Div(d(a), Mul(TWO, whole))]
        case Function("sigmoid", (a,)):
            return [Mul(Mul(whole, Sub(ONE, whole)), d(a))]
        case Function("tanh", (a,)):
            return [Mul(Sub(ONE, Pow(whole, TWO)), d(a))]
        case Function("sin", (a,)):
            return [Mul(f("cos", a), d(a))]
        case Function("cos", (a,)):
            return [Neg(Mul(f("sin", a), d(a)))]
        case Function("sinh", (a,)):
            return [Mul(Div(Add(f("exp", a), f("exp", Neg(a))), TWO), d(a))]
    return []
