"""The theory that the tests of the prover write in, and points that satisfy it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

from derivlib.proof.language.ranges import Range
from derivlib.proof.language.syntax import (
    Number,
)
from derivlib.proof.theory import Theory
from tests.support.numeric import Point
from tests.support.spans import spans

Choose: TypeAlias = Callable[[Sequence[Any]], Any]
Scope: TypeAlias = Mapping[str, Range]  # those of indices

THEORY = Theory("""
    x, z: K
    u: K, positive
    y: K, sum 1
    S: K×K
    W: K×d
    Y: d×K, sum 1
    s: d
    c: real
    a: real, positive
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    q[i,j] := x[i]*z[j] - δ(i,j)*c
    h[i] := Σ(j, S[i,j]*x[j])
    L := -Σ(j, y[j]*log(p[j]))
""")
FREE: Scope = spans(i="K", j="K", n="d")
SIZES = ({"K": 1, "d": 1}, {"K": 2, "d": 1}, {"K": 1, "d": 2}, {"K": 2, "d": 3}, {"K": 3, "d": 2})
ONE = Number(Fraction(1))
TWO = Number(Fraction(2))


def axes(name: str) -> tuple[Range, ...]:
    found = THEORY.axes(name)
    assert found is not None
    return found


def number(value: str | Fraction) -> Number:
    return Number(Fraction(value))


def points(choose: Choose, sizes: Mapping[str, int] | None = None) -> Point:
    """A point that satisfies the theory, often with equal, zero and negative entries."""
    sizes = sizes or choose(SIZES)
    digits, denominators = choose(((range(-2, 3), [1]), (range(-9, 10), range(1, 5))))
    entries = {}
    for variable in THEORY.variables.values():
        places = list(product(*[range(1, sizes[str(axis)] + 1) for axis in variable.axes]))
        table = {
            place: Fraction(
                choose(range(1, 8) if variable.positive else digits), choose(denominators)
            )
            for place in places
        }
        if variable.name in ("y", "Y"):
            last = sizes[str(variable.axes[-1])]
            for place in places:
                if place[-1] == last:
                    others = [table[*place[:-1], k] for k in range(1, last)]
                    table[place] = 1 - sum(others, Fraction(0))
        entries[variable.name] = table
    return Point(sizes, entries)


def places(choose: Choose, point: Point, free: Scope) -> dict[str, int]:
    """A value for each free index."""
    return {name: choose(range(1, point.sizes[str(range_)] + 1)) for name, range_ in free.items()}
