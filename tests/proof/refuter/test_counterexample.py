"""What a counterexample shows: plain entries, all that decide, and digits of the values."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import exp
from typing import cast

import pytest

from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.refuter.examination import Examination, examine
from derivlib.proof.refuter.value import value as value_of
from derivlib.proof.theory import Theory
from tests.support.refuter_cases import (
    NETWORK,
    SQUASHED,
    TIMES,
)
from tests.support.theories import ARRAYS, SOFTMAX

AFFINE = """
    W: H×H
    U: H×D
    x: 1..T × D
    h: 0..T × H
    z[t,a] := Σ(q, W[a,q]*h[t-1,q]) + Σ(d, U[a,d]*x[t,d])
"""


@cache
def theory(text: str) -> Theory:
    return Theory(text)


def run(text: str, left: str, right: str, **options: int) -> Examination:
    t = theory(text)
    return examine(t, t.statement(left, right), **options)


def test_counterexamples_are_plain() -> None:
    found = run(SOFTMAX, "∂(L, z[i])", "y[i] - p[i]").counterexample
    assert found == Counterexample(
        sizes={"K": 2},
        indices={"i": 1},
        entries={"z": (Fraction(0), Fraction(0)), "y": (Fraction(0), Fraction(1))},
        left="0.5",
        right="-0.5",
    )
    found = run(SOFTMAX, "∂(p[j], z[i])", "δ(i,j)*p[j] - p[j]*p[j]").counterexample
    assert found is not None
    assert found.entries == {"z": (Fraction(0), Fraction(1))}
    assert (found.left, found.right) == ("-0.196612", "-0.0723295")
    found = run(TIMES, "Σ(t in 1..T, f[t] - f[t-1])", "f[T] - f[1]").counterexample
    assert found is not None
    assert (found.sizes, found.entries) == ({"T": 1}, {"f": (Fraction(0), Fraction(1))})
    assert str(found) == "at T = 1, f = (0, 1): 1 ≠ 0"
    found = run(TIMES, "δ(t,0)*f[t]", "0").counterexample
    assert found is not None and found.indices == {"t": 0}
    found = run(ARRAYS, "c", "c + 1/3").counterexample
    assert found is not None and found.right == "0.333333"


def test_entries_that_follow_from_others_come_with_these() -> None:
    found = run(SQUASHED, "t[i]", "1/2").counterexample
    assert found is not None
    assert repr(found.entries) == "{'x': (Fraction(1, 1),), 't': (0.731059,)}"
    assert str(found) == "at K = 1, i = 1, x = (1), t = (0.731059): 0.731059 ≠ 0.5"
    # Rational ones are plainer.
    found = run(SQUASHED, "t[i]", "x[i]").counterexample
    assert found is not None and str(found) == "at K = 1, i = 1, x = (0), t = (1/2): 0.5 ≠ 0"
    found = run(SQUASHED, "x[i]", "0").counterexample
    assert found is not None and set(found.entries) == {"x"}
    found = run(NETWORK, "h[T,a]", "h[0,a]").counterexample
    assert found is not None and set(found.entries) == {"W", "h"}
    # Where the sides nearly agree, the entries too are given more closely.
    found = run(SQUASHED, "t[i]", "t[i] + (exp(x[i]) - 1)/10^8").counterexample
    assert found is not None
    (t,) = cast(tuple[float], found.entries["t"])
    (x,) = cast(tuple[Fraction], found.entries["x"])
    assert abs(t - 1 / (1 + exp(-x))) < 1e-8


def test_a_value_that_can_only_be_0_is_told_as_0() -> None:
    tempered = "z: K\ntau: real, positive\np[j] := exp(z[j]/tau)/Σ(k, exp(z[k]/tau))"
    found = run(tempered, "∂(p[j], tau)", "-p[j]*z[j]/tau^2").counterexample
    assert found is not None and (found.left, found.right) == ("0", "-1.00000")
    # One that is merely small is told as it is.
    found = run("x: real", "exp(x - x - 80)", "exp(x - x)").counterexample
    assert found is not None and float(found.left) == pytest.approx(exp(-80), rel=1e-5, abs=0)


@pytest.mark.parametrize(
    ("text", "left", "right", "told"),
    [
        ("", "log(1 + exp(-85))", "exp(-80)", ("1.21610e-37", "1.80485e-35")),
        ("", "log(1 + exp(-850))", "exp(-80)", ("7.07441e-370", "1.80485e-35")),
        ("", "exp(-1000)", "exp(-1001)", ("5.07596e-435", "1.86734e-435")),
        ("", "1 + exp(-85)", "1", (f"1.{'0' * 36}121609", "1")),
        ("", "log(2) + log(3) - log(6)", "exp(-300)", ("0", "5.14820e-131")),
    ],
)
def test_every_digit_that_is_told_is_one_of_the_value(
    text: str, left: str, right: str, told: tuple[str, str]
) -> None:
    found = run(text, left, right).counterexample
    assert found is not None
    for said, expected in zip((found.left, found.right), told, strict=True):
        assert said.startswith(expected)


@pytest.mark.parametrize(
    ("text", "left", "right", "told"),
    [
        # What decides whether there is a value, though not which.
        ("w, u, v: real", "∂(w*u + 1/(v - 1), u)", "2*w", {"w", "v"}),
        ("w, u, v: real", "∂(w*u + log(v - 1), u)", "2*w", {"w", "v"}),
        ("w, u, v: real\nr := sqrt(v - 1)", "∂(w*u + r, u)", "2*w", {"w", "v"}),
        ("w, u, v: real", "∂(w*u + (v - 1)^(1/2), u)", "2*w", {"w", "v"}),
        ("w, u, v: real", "∂(w*u + (v - 1)^2 + 1/2, u)", "2*w", {"w"}),
        # What a hypothesis ties to it.
        ("a, b: real\nassume a*b = a", "b", "1", {"a", "b"}),
        ("a, b, c: real\nassume a*b = a\nassume c^2 = c", "b", "1", {"a", "b"}),
    ],
)
def test_a_counterexample_evaluates_to_what_it_shows(
    text: str, left: str, right: str, told: set[str]
) -> None:
    found = run(text, left, right).counterexample
    assert found is not None and set(found.entries) == told
    t = theory(text)
    statement = t.statement(left, right)
    for side, said in ((statement.left, found.left), (statement.right, found.right)):
        value = value_of(t, side, found.sizes, found.indices, found.entries)
        assert value is not None and float(value) == pytest.approx(float(said), rel=1e-5)


@pytest.mark.parametrize(
    ("text", "left", "right", "told"),
    [
        (AFFINE, "∂(z[t,a], W[q,r])", "1", {"h"}),
        (AFFINE, "∂(z[t,a], h[t-1,q])", "1", {"W"}),
        (AFFINE, "∂(z[t,a]^2, h[t-1,q])", "W[q,a]", {"W", "U", "x", "h"}),
        (AFFINE, "∂(z[t,a] + x[t,d]/U[a,d], x[t,d])", "1", {"U"}),
        (AFFINE + "assume h[t,a] = z[t,a]", "∂(z[t,a], W[q,r])", "δ(a,r)*h[t-1,q]", set("WUxh")),
        ("w, x, u: real\nassume w*x = 1", "∂(w*u + x, u)", "2*w", {"w", "x"}),
        ("w, x, u: real", "∂(w*u + x, u)", "2*w", {"w"}),
        ("w, x, u: real", "∂(x/w + u, x)", "2", {"w"}),
        ("x: K\ne := Σ(k, x[k]^2)", "∂(3*e, e)", "e", {"x"}),
        ("w, x, u: real", "∂(∂(w*u^2 + x, u), u)", "w", {"w", "u"}),
        ("w, x, u: real", "∂(w*u^2 + x, u, u)", "w", {"w", "x", "u"}),
    ],
)
def test_what_neither_side_depends_on_is_left_out(
    text: str, left: str, right: str, told: set[str]
) -> None:
    found = run(text, left, right).counterexample
    assert found is not None and set(found.entries) == told


def test_values_that_nearly_agree_get_the_digits_to_tell_them_apart() -> None:
    found = run(ARRAYS, "exp(c)", "exp(c)*(1 + 1/10^11)").counterexample
    assert found is not None
    assert found.left != found.right
    found = run("x: real", "x^2", "x^2 + x/10^50").counterexample
    assert found is not None and found.left != found.right


def test_values_that_differ_visibly_are_not_given_up_for_plainer_entries() -> None:
    found = [run(ARRAYS, "1", "1 + c^60/10^6", seed=seed).counterexample for seed in range(8)]
    assert Fraction(2) in [example.entries["c"] for example in found if example is not None]
