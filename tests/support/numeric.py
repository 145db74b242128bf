"""What expressions and normal forms are worth at a point, by definition and nothing cleverer.

Written from the language's description alone and shared by the tests of the prover: a point is a
size for each axis and a rational for each entry; arithmetic is mpmath's at 40 digits. `NoValue`
means that there is no value there, or none that 40 digits tell apart from none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

import mpmath

from derivlib.proof.algebra import polynomial as nf
from derivlib.proof.language import syntax as ast
from derivlib.proof.language.ranges import Base, End, Place, Range
from derivlib.proof.theory import Theory

Real: TypeAlias = Any  # mpmath.mpf
Table: TypeAlias = Mapping[tuple[int, ...], Fraction]

mp = mpmath.mp.clone()
mp.dps = 40
TINY = mp.mpf(10) ** -20
LARGE = mp.mpf(10) ** 12


class NoValue(Exception):
    """No value here."""


class Unclear(NoValue):
    """Too large, or too close to where there is none, for 40 digits to tell."""


@dataclass(frozen=True)
class Point:
    """A value for each size, and for each entry of each declared variable.

    The tables may go on beyond the axes: what a normal form looks up there must not matter.
    """

    sizes: Mapping[str, int]
    entries: Mapping[str, Table]

    def entry(self, name: str, place: tuple[int, ...]) -> Real:
        if place not in self.entries[name]:
            raise NoValue
        return real(self.entries[name][place])

    def ends(self, range_: Range) -> tuple[int, int]:
        """The first and the last place of an axis."""
        return end_value(range_.first, self, {}), end_value(range_.final, self, {})

    def has(self, axes: Iterable[Range], place: tuple[int, ...]) -> bool:
        """Whether an array over these axes has such an entry."""
        spans = zip(place, map(self.ends, axes), strict=True)
        return all(first <= n <= final for n, (first, final) in spans)


def real(value: Fraction | int) -> Real:
    value = Fraction(value)
    return mp.mpf(value.numerator) / value.denominator


def equal(left: Real, right: Real) -> bool:
    return bool(abs(left - right) <= mp.mpf(10) ** -12 * (1 + abs(left) + abs(right)))


def inverse(x: Real) -> Real:
    if abs(x) < TINY:
        raise Unclear if x else NoValue
    return 1 / x


def exponential(x: Real) -> Real:
    if abs(x) > 20:  # the sum of such a number and others could hide a difference
        raise Unclear
    return mp.exp(x)


def logarithm(x: Real) -> Real:
    if x < TINY:
        raise Unclear if x > -TINY and x else NoValue
    return mp.log(x)


def rational_power(x: Real, exponent: Fraction) -> Real:
    """x^exponent: of any x for whole exponents (0^0 = 1), else of x >= 0."""
    if exponent.denominator == 1:
        whole = int(exponent)
        value = x**whole if whole >= 0 else inverse(x) ** -whole
        if abs(value) > LARGE:
            raise Unclear
        return value
    if x == 0 and exponent > 0:
        return mp.mpf(0)
    return mp.exp(real(exponent) * logarithm(x))


# --- normal forms ---------------------------------------------------------------------------------

Places: TypeAlias = Mapping[Any, int]
"""Free indices by name, bound ones by base."""


def poly_value(poly: nf.Poly, point: Point, places: Places) -> Real:
    """The value of a normal form, its free indices being at `places`."""
    return mp.fsum(real(c) * mono_value(m, point, places) for m, c in poly.terms.items())


def mono_value(mono: nf.Mono, point: Point, places: Places) -> Real:
    return mp.fprod(rational_power(atom_value(a, point, places), Fraction(e)) for a, e in mono)


def atom_value(atom: nf.Atom, point: Point, places: Places) -> Real:
    def at(place: Place) -> int:
        base, offset = place
        return base_value(base, point, places) + offset

    match atom:
        case nf.Var():
            return point.entry(atom.name, tuple(map(at, atom.places)))
        case nf.SizeOf():
            return mp.mpf(point.sizes[atom.name])
        case nf.Prime():
            return mp.mpf(atom.value)
        case nf.Delta():
            return mp.mpf(at(atom.left) == at(atom.right))
        case nf.Exp():
            return exponential(mono_value(atom.argument, point, places))
        case nf.Applied():
            arguments = [constant(poly_value(a, point, places)) for a in atom.arguments]
            return apply(atom.name, arguments).value
        case nf.Group():
            return poly_value(atom.content, point, places)
        case nf.Sum():
            return sum_value(atom.binders, atom.body, point, places)
    raise AssertionError(atom)


def base_value(base: Base, point: Point, places: Places) -> int:
    if base.range is None:
        return point.sizes[base.label] if base.label else 0
    return places[base] if base in places else places[base.label]


def end_value(end: End, point: Point, places: Places) -> int:
    """An end of a range: a number, or a size or an index with an offset."""
    match end:
        case Base() as index, offset:
            return base_value(index, point, places) + offset
        case size, offset:
            return (point.sizes[size] if size else 0) + offset


def sum_value(binders: tuple[Base, ...], body: nf.Mono, point: Point, places: Places) -> Real:
    """By Karr's convention: Σ over a..b with b < a - 1 is -Σ over b+1..a-1."""
    if not binders:
        return mono_value(body, point, places)
    base, *rest = binders
    assert base.range is not None, f"{base} is no index"
    first, final = (end_value(end, point, places) for end in base.range)
    sign = 1
    if final < first - 1:
        sign, first, final = -1, final + 1, first - 1
    return sign * mp.fsum(
        sum_value(tuple(rest), body, point, {**places, base: n}) for n in range(first, final + 1)
    )


# --- expressions ----------------------------------------------------------------------------------


class Jet:
    """Σ over sets of ε's, with ε² = 0 for each: a value with all its mixed first derivatives."""

    def __init__(self, parts: Mapping[frozenset[int], Real]) -> None:
        self.parts = parts

    @property
    def value(self) -> Real:
        return self.parts.get(frozenset(), mp.mpf(0))

    def __add__(self, other: Jet) -> Jet:
        keys = self.parts.keys() | other.parts.keys()
        return Jet({k: self.parts.get(k, 0) + other.parts.get(k, 0) for k in keys})

    def __mul__(self, other: Jet) -> Jet:
        parts: dict[frozenset[int], Real] = {}
        for (a, x), (b, y) in product(self.parts.items(), other.parts.items()):
            if not a & b:
                parts[a | b] = parts.get(a | b, 0) + x * y
        return Jet(parts)

    def through(self, derivatives: Callable[[int], Real]) -> Jet:
        """f of the jet, by Taylor's formula; `derivatives(n)` is the n-th one of f at `value`."""
        nilpotent = Jet({k: v for k, v in self.parts.items() if k})
        result, power, n = constant(derivatives(0)), constant(mp.mpf(1)), 0
        while (power := power * nilpotent).parts:
            n += 1
            result += constant(derivatives(n) / mp.factorial(n)) * power
        return result


def constant(value: Real) -> Jet:
    return Jet({frozenset(): value})


def jet_power(x: Jet, exponent: Fraction) -> Jet:
    def derivative(n: int) -> Real:
        falling = mp.fprod(real(exponent - k) for k in range(n))
        return falling * rational_power(x.value, exponent - n) if falling else mp.mpf(0)

    return x.through(derivative)


def jet_exp(x: Jet) -> Jet:
    value = exponential(x.value)
    return x.through(lambda n: value)


def jet_log(x: Jet) -> Jet:
    value, reciprocal = logarithm(x.value), inverse(x.value)
    return x.through(
        lambda n: value if n == 0 else (-1) ** (n - 1) * mp.factorial(n - 1) * reciprocal**n
    )


@dataclass(frozen=True)
class Evaluation:
    """Expressions of one theory at one point. `held` has, for each ∂ around, what it holds: the
    name, its place, and the ε that is added there."""

    theory: Theory
    point: Point
    held: tuple[tuple[str, tuple[int, ...], int], ...] = ()

    def value(self, expr: ast.Expr, indices: Mapping[str, int]) -> Real:
        return self.jet(expr, indices).value

    def jet(self, expr: ast.Expr, at: Mapping[str, int]) -> Jet:
        match expr:
            case ast.Number(value):
                return constant(real(value))
            case ast.Size(name):
                return constant(mp.mpf(self.point.sizes[name]))
            case ast.Entry(name, indices):
                return self.entry(name, tuple(self.place(i, at) for i in indices), self.held)
            case ast.Neg(argument):
                return constant(mp.mpf(-1)) * self.jet(argument, at)
            case ast.Add(left, right):
                return self.jet(left, at) + self.jet(right, at)
            case ast.Sub(left, right):
                return self.jet(left, at) + constant(mp.mpf(-1)) * self.jet(right, at)
            case ast.Mul(left, right):
                return self.jet(left, at) * self.jet(right, at)
            case ast.Div(left, right):
                return self.jet(left, at) * jet_power(self.jet(right, at), Fraction(-1))
            case ast.Pow(base, exponent):
                fixed = literal(exponent)
                if fixed is not None:
                    return jet_power(self.jet(base, at), fixed)
                return jet_exp(self.jet(exponent, at) * jet_log(self.jet(base, at)))
            case ast.Function(name, arguments):
                return apply(name, [self.jet(a, at) for a in arguments])
            case ast.Delta(left, right):
                return constant(mp.mpf(self.place(left, at) == self.place(right, at)))
            case ast.Sum(binders, body):
                return self.sum(binders, body, at)
            case ast.Derivative(body, variables):
                return self.derivative(body, variables, at)
        raise AssertionError(expr)

    def place(self, index: ast.Index, at: Mapping[str, int]) -> int:
        if index.name is None:
            return index.offset
        sizes = self.point.sizes
        return (sizes[index.name] if index.name in sizes else at[index.name]) + index.offset

    def entry(self, name: str, place: tuple[int, ...], held: tuple[Any, ...]) -> Jet:
        for n in reversed(range(len(held))):
            if held[n][0] == name:  # opaque: as it is outside this ∂, and ε if it is meant
                outside = self.entry(name, place, held[:n])
                seed = Jet({frozenset({held[n][2]}): mp.mpf(1)}) if held[n][1] == place else Jet({})
                return outside + seed
        if not self.point.has(self.theory.axes(name) or (), place):
            raise NoValue
        if name in self.theory.variables:
            return constant(self.point.entry(name, place))
        definition = self.theory.definitions[name]
        inside = Evaluation(self.theory, self.point, held)
        return inside.jet(definition.body, dict(zip(definition.parameters, place, strict=True)))

    def sum(self, binders: tuple[ast.Binder, ...], body: ast.Expr, at: Mapping[str, int]) -> Jet:
        if not binders:
            return self.jet(body, at)
        first, *rest = binders
        assert first.range is not None
        low, high = self.point.ends(first.range)
        if first.first is not None and first.final is not None:
            low, high = self.place(first.first, at), self.place(first.final, at)
            assert low <= high + 1, "the language admits no sum that runs backwards"
        total = Jet({})
        for value in range(low, high + 1):
            if value not in [self.place(other, at) for other in first.excluded]:
                total += self.sum(tuple(rest), body, {**at, first.index: value})
        return total

    def derivative(
        self, body: ast.Expr, variables: Iterable[ast.Entry], at: Mapping[str, int]
    ) -> Jet:
        held = self.held
        for variable in variables:
            place = tuple(self.place(index, at) for index in variable.indices)
            self.entry(variable.name, place, self.held)  # it must exist
            held = (*held, (variable.name, place, len(held)))
        own = frozenset(range(len(self.held), len(held)))
        parts = Evaluation(self.theory, self.point, held).jet(body, at).parts
        return Jet({key - own: part for key, part in parts.items() if own <= key})


def apply(name: str, arguments: list[Jet]) -> Jet:
    x = arguments[0]
    match name:
        case "exp":
            return jet_exp(x)
        case "log":
            return jet_log(x)
        case "sqrt":
            return jet_power(x, Fraction(1, 2))
        case "sigmoid":
            return jet_power(constant(mp.mpf(1)) + jet_exp(constant(mp.mpf(-1)) * x), Fraction(-1))
        case "tanh":
            return apply("sigmoid", [x + x]) * constant(mp.mpf(2)) + constant(mp.mpf(-1))
        case "sin" | "cos":
            # Each derivative is the sine of a quarter turn more.
            quarters = 0 if name == "sin" else 1
            return x.through(lambda n: mp.sin(x.value + (n + quarters) * mp.pi / 2))
        case "sinh":
            e, inverse = jet_exp(x), jet_exp(constant(mp.mpf(-1)) * x)
            return constant(mp.mpf(1) / 2) * (e + constant(mp.mpf(-1)) * inverse)
        case "abs":
            if abs(x.value) < TINY and len(x.parts) > 1:
                raise NoValue
            return x if x.value > 0 else constant(mp.mpf(-1)) * x
        case "Max":
            best = max(arguments, key=lambda jet: jet.value)
            ties = [jet for jet in arguments if abs(jet.value - best.value) < TINY]
            if any(jet.parts != best.parts for jet in ties if len({*jet.parts, *best.parts}) > 1):
                raise NoValue
            return best
    raise AssertionError(f"tests/support/numeric.py does not know {name}")


def literal(expr: ast.Expr) -> Fraction | None:
    """The value of an exponent written in numbers alone."""
    match expr:
        case ast.Number(value):
            return value
        case ast.Neg(argument):
            inner = literal(argument)
            return None if inner is None else -inner
        case ast.Add(left, right) | ast.Div(left, right):
            a, b = literal(left), literal(right)
            if a is None or b is None:
                return None
            return a + b if isinstance(expr, ast.Add) else a / b if b else None
    return None
