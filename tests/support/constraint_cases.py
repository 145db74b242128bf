"""Theories with hypotheses, each hypothesis read by Python as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

import mpmath
from mpmath import mpf

from tests.support.theories import RECURRENT

Entries: TypeAlias = Mapping[str, Mapping[Any, Any]]
Check: TypeAlias = Callable[[Entries, Mapping[str, int]], Iterator[tuple[Any, Any]]]
"""Both sides of each instance of a hypothesis, read by Python."""

ADJOINT = """
W: H×H
e: 1..T+1 × H
g: T × H
lam: 1..T+1 × H
assume lam[t,a] = g[t,a] + Σ(b, W[b,a]*e[t+1,b]*lam[t+1,b])
assume lam[T+1,a] = 0
"""
NETWORK = """
w: real
x: T
h: 0..T
s: 0..T
assume s[t] = h[t]*(1 - h[t])
assume h[t] = sigmoid(w*h[t-1] + x[t])
"""


def real(x: Any) -> mpf:
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpf(x)


def span(first: int, final: int) -> range:
    return range(first, final + 1)


def tangent(e: Entries, n: Mapping[str, int]) -> Iterator[tuple[Any, Any]]:
    units = span(1, n["H"])
    for t, a in product(span(1, n["T"]), units):
        moved = sum(
            e["W"][a, b] * e["hdot"][t - 1, b] + e["V"][a, b] * e["h"][t - 1, b] for b in units
        )
        yield e["hdot"][t, a], e["e"][t, a] * moved


def adjoint(e: Entries, n: Mapping[str, int]) -> Iterator[tuple[Any, Any]]:
    units = span(1, n["H"])
    for t, a in product(span(1, n["T"]), units):
        back = sum(e["W"][b, a] * e["e"][t + 1, b] * e["lam"][t + 1, b] for b in units)
        yield e["lam"][t, a], e["g"][t, a] + back


def activation(e: Entries, n: Mapping[str, int]) -> Iterator[tuple[Any, Any]]:
    for t in span(1, n["T"]):
        z = e["w"][()] * e["h"][t - 1,] + e["x"][t,]
        yield e["h"][t,], 1 / (1 + mpmath.exp(-real(z)))


def rows(name: str) -> Check:
    def check(e: Entries, n: Mapping[str, int]) -> Iterator[tuple[Any, Any]]:
        sums: dict[Any, Any] = {}
        for place, x in e[name].items():
            sums[place[:-1]] = sums.get(place[:-1], 0) + x
        yield from ((found, 1) for found in sums.values())

    return check


def row(values: Mapping[Any, Any]) -> list[Any]:
    return list(values.values())


# The check of each hypothesis, in the order of the theory's text.
THEORIES: list[tuple[str, list[Check]]] = [
    ("z: K\ny: K, sum 1", [rows("y")]),
    ("z: K\ny: K, sum 1, positive", [rows("y")]),
    ("Y: m×K, sum 1", [rows("Y")]),
    ("T: m×n×K, sum 1, positive", [rows("T")]),
    ("y: T × 0..K, sum 1", [rows("y")]),
    ("x: K\nassume Σ(i, x[i]) = 0", [lambda e, n: iter([(sum(row(e["x"])), 0)])]),
    (
        "x: K\nassume Σ(i, x[i]^2) = 1",
        [lambda e, n: iter([(sum(x * x for x in row(e["x"])), 1)])],
    ),
    (
        "u, v: K\nassume u[i]*v[i] = 1",
        [lambda e, n: ((e["u"][i] * e["v"][i], 1) for i in e["u"])],
    ),
    (
        "x, t: real\nassume t = sigmoid(x)",
        [lambda e, n: iter([(e["t"][()], 1 / (1 + mpmath.exp(-real(e["x"][()]))))])],
    ),
    (
        "x: K, positive\ns: real, positive\nassume s = Σ(i, x[i])",
        [lambda e, n: iter([(e["s"][()], sum(row(e["x"])))])],
    ),
    (
        "a, b: real\nc: real, positive\nassume c = a - b",
        [lambda e, n: iter([(e["c"][()], e["a"][()] - e["b"][()])])],
    ),
    (
        "A: n×n\nassume A[i,j] = A[j,i]",
        [lambda e, n: ((e["A"][i, j], e["A"][j, i]) for i, j in e["A"])],
    ),
    (
        "A: n×n\nassume A[i,j] = -A[j,i]",
        [lambda e, n: ((e["A"][i, j], -e["A"][j, i]) for i, j in e["A"])],
    ),
    (
        "A, B: n×n\nassume Σ(j, A[i,j]*B[j,k]) = δ(i,k)",
        [
            lambda e, n: (
                (sum(e["A"][i, j] * e["B"][j, k] for j in span(1, n["n"])), int(i == k))
                for i, k in e["A"]
            )
        ],
    ),
    (  # at m = K alone
        "P: m×K, sum 1\nassume Σ(n, P[n,k]) = 1",
        [
            rows("P"),
            lambda e, n: ((sum(e["P"][i, k] for i in span(1, n["m"])), 1) for k in span(1, n["K"])),
        ],
    ),
    (
        "g, h, l: T\nW: real\nassume l[t] = g[t] + W*h[t]\nassume h[t] = l[t]*g[t]",
        [
            lambda e, n: ((e["l"][t], e["g"][t] + e["W"][()] * e["h"][t]) for t in e["l"]),
            lambda e, n: ((e["h"][t], e["l"][t] * e["g"][t]) for t in e["l"]),
        ],
    ),
    (
        "a, b: real\nc := a^2 + 1\nassume b = c*a",
        [lambda e, n: iter([(e["b"][()], (e["a"][()] ** 2 + 1) * e["a"][()])])],
    ),
    (
        RECURRENT,
        [
            lambda e, n: ((e["lam"][n["T"] + 1, a], 0) for a in span(1, n["H"])),
            lambda e, n: ((e["hdot"][0, a], 0) for a in span(1, n["H"])),
            tangent,
        ],
    ),
    (ADJOINT, [adjoint, lambda e, n: ((e["lam"][n["T"] + 1, a], 0) for a in span(1, n["H"]))]),
    (NETWORK, [lambda e, n: ((e["s"][t], h * (1 - h)) for t, h in e["h"].items()), activation]),
    (  # both ends are given: something in between has to yield
        "x: 0..T\nv: T\nassume x[t] = x[t-1] + v[t]\nassume x[T] = 0\nassume x[0] = 1",
        [
            lambda e, n: ((e["x"][t,], e["x"][t - 1,] + e["v"][t,]) for t in span(1, n["T"])),
            lambda e, n: iter([(e["x"][n["T"],], 0)]),
            lambda e, n: iter([(e["x"][0,], 1)]),
        ],
    ),
    (  # the right side is the bare one
        "x: -1..T\nassume 2*x[t-1] + 1 = x[t]",
        [lambda e, n: ((2 * e["x"][t - 1,] + 1, e["x"][t,]) for t in span(0, n["T"]))],
    ),
    (
        "x: 0..T\nassume x[t] = Σ(s in 0..t-1, x[s])^2/10",
        [
            lambda e, n: (
                (e["x"][t,], sum(e["x"][s,] for s in range(t)) ** 2 / 10)
                for t in span(0, n["T"])  # x[0] is an empty sum
            )
        ],
    ),
    (  # in a ∂ the entries of h are independent, also where hypotheses tie them together
        "h: 0..T\nl: T\nassume l[t] = ∂(h[t]^2*h[t-1], h[t])\nassume h[t] = h[t-1]^2",
        [
            lambda e, n: ((e["l"][t,], 2 * e["h"][t,] * e["h"][t - 1,]) for t in span(1, n["T"])),
            lambda e, n: ((e["h"][t,], e["h"][t - 1,] ** 2) for t in span(1, n["T"])),
        ],
    ),
    (  # only y can be solved for: x would go to 0 in ever more steps
        "x, y: real\nassume ∂(x^3*y, x) = 4*x^2",
        [lambda e, n: iter([(3 * e["x"][()] ** 2 * e["y"][()], 4 * e["x"][()] ** 2)])],
    ),
    (  # the first is an interval, the second has to be solved in rationals all the same
        "t: K\nx: K\nu, v: K\nassume t[i] = exp(x[i])\nassume u[i]*v[i] = x[i]",
        [
            lambda e, n: ((e["t"][i], mpmath.exp(real(e["x"][i]))) for i in e["t"]),
            lambda e, n: ((e["u"][i] * e["v"][i], e["x"][i]) for i in e["t"]),
        ],
    ),
]
