"""The refuter: known verdicts, the meaning of every construct, honest limits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import product
from math import exp
from typing import cast

import flint
import pytest
from mpmath import mpf

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.effort import limit
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Hypothesis
from derivlib.proof.refuter.comparison import UNDECIDED, UNDEFINED
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.refuter.examination import NO_EFFORT, TOO_MUCH, Examination, examine
from derivlib.proof.refuter.value import value as value_of
from derivlib.proof.theory import Theory
from tests.support.effort import at_most
from tests.support.refuter_cases import (
    CONDITIONAL,
    FALSE,
    INNER,
    NETWORK,
    OUTER,
    SQUASHED,
    TIMES,
    TRUE,
)
from tests.support.theories import ARRAYS, RECURRENT, SOFTMAX, TWO_LAYERS


@cache
def theory(text: str) -> Theory:
    return Theory(text)


def run(text: str, left: str, right: str, **options: int) -> Examination:
    t = theory(text)
    return examine(t, t.statement(left, right), **options)


# --- verdicts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("text", "left", "right"), TRUE)
def test_a_true_statement_agrees_at_every_point(
    text: str, left: str, right: str, seed: int
) -> None:
    found = run(text, left, right, seed=seed)
    assert found.counterexample is None
    assert found.reason == ""
    assert found.agreements >= (12 if "assume" not in text else 2)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("text", "left", "right"), CONDITIONAL)
def test_equal_where_defined_is_never_refuted(text: str, left: str, right: str, seed: int) -> None:
    found = run(text, left, right, seed=seed)
    assert found.counterexample is None
    assert found.agreements > 0


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("text", "left", "right", "sizes"), FALSE)
def test_a_false_statement_is_refuted_at_the_least_sizes(
    text: str, left: str, right: str, sizes: Mapping[str, int], seed: int
) -> None:
    found = run(text, left, right, seed=seed).counterexample
    assert found is not None
    assert found.sizes == sizes
    t = theory(text)
    statement = t.statement(left, right)
    # Evaluated anew there, the two sides are disjoint intervals about the values told.
    sides = [
        value_of(t, side, found.sizes, found.indices, found.entries)
        for side in (statement.left, statement.right)
    ]
    assert sides[0] is not None and sides[1] is not None
    assert not sides[0].overlaps(sides[1])
    for side, told in zip(sides, (found.left, found.right), strict=True):
        assert side is not None
        assert abs(mpf(told) - mpf(side.mid().str(30, radius=False))) <= 1e-5 * abs(mpf(told))
    all_told = grounds(t, mentions(t, statement.left, statement.right))
    assert set(found.entries) <= all_told
    # What is left out makes no difference.
    others = {name: constant(t, name, found.sizes, 3) for name in all_told - set(found.entries)}
    for expr, before in zip((statement.left, statement.right), sides, strict=True):
        entries = {**others, **found.entries}
        after = value_of(t, expr, found.sizes, found.indices, entries)
        assert after is not None and before is not None and after.overlaps(before)
    for hypothesis in t.hypotheses:
        if mentions(t, hypothesis.left, hypothesis.right) <= set(found.entries):
            assert holds(t, hypothesis, found)


def constant(t: Theory, name: str, sizes: Mapping[str, int], x: int) -> object:
    """Entries for a variable, all of them the same."""
    entries: object = x
    for axis in reversed(t.variables[name].axes):
        entries = (entries,) * len(span(axis, sizes))
    return entries


def holds(t: Theory, hypothesis: Hypothesis, at: Counterexample) -> bool:
    """Is the hypothesis exactly true at the point, or nearly so if entries there are rounded?"""
    rounded = any(isinstance(x, float) for table in at.entries.values() for x in numbers(table))
    for places in product(*[span(range_, at.sizes) for range_ in hypothesis.free.values()]):
        indices = dict(zip(hypothesis.free, places, strict=True))
        difference = tree.Sub(hypothesis.left, hypothesis.right)
        found = value_of(t, difference, at.sizes, indices, at.entries)
        if found is None or abs(found) > (1e-4 if rounded else 0):
            return False
    return True


def span(range_: Range, sizes: Mapping[str, int]) -> range:
    """The places of `K`, `0..T` or `2..T+1`."""
    assert range_.first.symbol == ""
    return range(range_.first.offset, sizes[range_.final.size] + range_.final.offset + 1)


def numbers(entries: object) -> Iterator[object]:
    """Those of nested tuples."""
    if isinstance(entries, tuple):
        for part in entries:
            yield from numbers(part)
    else:
        yield entries


def mentions(t: Theory, *sides: tree.Expr) -> set[str]:
    """The declared variables that expressions are made of, through definitions too."""
    pending, found = list(sides), set()
    while pending:
        for node in tree.walk(pending.pop()):
            if isinstance(node, tree.Entry) and node.name not in found:
                found.add(node.name)
                if node.name in t.definitions:
                    pending.append(t.definitions[node.name].body)
    return found & set(t.variables)


def grounds(t: Theory, names: set[str]) -> set[str]:
    """The variables, and those from which hypotheses compute them or to which they tie them."""
    more = set(names)
    for hypothesis in t.hypotheses:
        tied = mentions(t, hypothesis.left, hypothesis.right)
        if not isinstance(hypothesis.left, tree.Entry) and tied & names:
            more |= tied
        if isinstance(hypothesis.left, tree.Entry) and hypothesis.left.name in names:
            more |= mentions(t, hypothesis.right)
    return names if more == names else grounds(t, more)


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
    ("left", "right"),
    [
        ("log(1 + exp(-1000)*x[i]^2)", "log(1 + exp(-1000)*x[j]^2)"),
        ("log(3)*(1 + exp(-1000)*x[i]^2)", "log(3)*(1 + exp(-1000)*x[j]^2)"),
        ("exp(-2000)*x[i] + log(3)", "log(3) + exp(-2000)*x[j]"),
    ],
)
def test_a_small_difference_beside_a_large_value_is_seen(left: str, right: str) -> None:
    found = run("x: K", left, right, points=8).counterexample
    assert found is not None and found.left != found.right


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


AFFINE = """
    W: H×H
    U: H×D
    x: 1..T × D
    h: 0..T × H
    z[t,a] := Σ(q, W[a,q]*h[t-1,q]) + Σ(d, U[a,d]*x[t,d])
"""


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


def test_every_time_is_looked_at() -> None:
    assert run(TIMES, "f[t]", "f[t]", points=1).agreements == 3  # T = 2, t = 0, 1, 2
    assert run(TIMES, "f[s]*g[t]", "f[s]*g[t]", points=1).agreements == 6
    assert run("x: K", "x[i]", "x[i]", points=1).agreements == 1


@pytest.mark.parametrize("text", [RECURRENT, NETWORK])
def test_recurrences_are_quick(text: str) -> None:
    for right in (OUTER, OUTER.replace("t-1", "t")):
        with at_most(lines=1_000_000):
            run(text, INNER, right)


def test_values_that_nearly_agree_get_the_digits_to_tell_them_apart() -> None:
    found = run(ARRAYS, "exp(c)", "exp(c)*(1 + 1/10^11)").counterexample
    assert found is not None
    assert found.left != found.right
    found = run("x: real", "x^2", "x^2 + x/10^50").counterexample
    assert found is not None and found.left != found.right


def test_values_that_differ_visibly_are_not_given_up_for_plainer_entries() -> None:
    found = [run(ARRAYS, "1", "1 + c^60/10^6", seed=seed).counterexample for seed in range(8)]
    assert Fraction(2) in [example.entries["c"] for example in found if example is not None]


def test_equal_sizes_alone_would_let_a_wrong_size_pass() -> None:
    found = run(ARRAYS, "Σ(n, i, A[n,i])/m", "Σ(n, i, A[n,i])/K").counterexample
    assert found is not None and found.sizes["m"] != found.sizes["K"]


@pytest.mark.parametrize(
    ("text", "left", "right", "reason"),
    [
        (ARRAYS, "log(-c^2)", "d", UNDEFINED),
        (ARRAYS, "1/(c - c)", "1/(c - c)", UNDEFINED),
        (ARRAYS, "1/(sqrt(2)*sqrt(2) - 2)", "1", UNDECIDED),
        (ARRAYS, "exp(exp(exp(100)))", "c", UNDECIDED),
        ("x: K\nK >= 900000", "Σ(i, x[i])", "Σ(j, x[j])", TOO_MUCH),
        ("x: K\nK >= 900", "Σ(i, j, x[i]*x[j])", "0", TOO_MUCH),
        (ARRAYS, "∂(c^9, c, c, c, c, c, c, c, c, c)", "0", TOO_MUCH),
        ("x: K\nK >= 900\nassume x[i]*x[j] = 0", "x[i]", "0", TOO_MUCH),
        (ARRAYS + "\nassume c = c + 1", "c", "2", "meets the hypothesis c = c + 1 exactly"),
        (ARRAYS + "\nassume c^2 = 2", "c", "2", "meets the hypothesis c^2 = 2 exactly"),
    ],
)
def test_what_cannot_be_evaluated_is_said_quickly(
    text: str, left: str, right: str, reason: str
) -> None:
    with at_most(lines=5_000_000):
        found = run(text, left, right)
    assert found.counterexample is None
    assert found.agreements == 0
    assert reason in found.reason


def test_large_powers_are_quick() -> None:
    with at_most(lines=1_500_000):
        assert run(ARRAYS, "c^1000000000", "c").counterexample is not None
        assert run(ARRAYS, "c^(10^30)*c", "c^(10^30 + 1)").counterexample is None
        assert run("x: real\n" + doubling(60), "a59", "a59").agreements > 0


def doubling(count: int) -> str:
    """Definitions whose last has 2^count factors."""
    lines = [f"a{n} := a{n - 1}*a{n - 1}" for n in range(1, count)]
    return "\n".join(["a0 := x*x", *lines])


SLOW = "Σ(i, j, k, ∂(A[i,j]*exp(A[j,k])*tanh(A[k,i]*A[i,j]), A[i,j], A[j,k]))"


@pytest.mark.parametrize("steps", [0, 100])
def test_the_limit_is_kept(steps: int) -> None:
    text = "A: n×n\nn >= 7"
    t = theory(text)
    statement = t.statement(SLOW, SLOW)
    with at_most(lines=300_000), limit(steps):
        found = examine(t, statement, points=10**6)
    assert found.counterexample is None
    if not steps:
        assert found == Examination(None, 0, NO_EFFORT)


def test_a_counterexample_found_late_is_still_told() -> None:
    """Effort that runs out while it is made simple does not lose it."""
    t = theory(TWO_LAYERS)
    statement = t.statement("∂(L, U[a,u])", "L")
    for steps in (100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000):
        with limit(steps):
            found = examine(t, statement)
        if found.counterexample is not None:
            break
        assert found.reason == NO_EFFORT or found.agreements
    else:
        pytest.fail("never refuted")


def test_the_same_seed_gives_the_same_answer() -> None:
    for text, left, right, _ in FALSE[:6]:
        assert run(text, left, right, seed=5) == run(text, left, right, seed=5)


PROGRAM = """
import sys
from derivlib.proof.refuter.examination import examine
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Hypothesis
from derivlib.proof.theory import Theory
for k in range(1, len(sys.argv), 3):
    theory = Theory(sys.argv[k])
    statement = theory.statement(sys.argv[k + 1], sys.argv[k + 2])
    print(examine(theory, statement))
"""


def test_the_answer_does_not_depend_on_hash_seeds() -> None:
    arguments = [*FALSE[15][:3], NETWORK, "h[T,a]", "h[0,a]"]
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_the_precision_of_others_is_left_alone() -> None:
    with flint.ctx.workprec(77):
        run(SOFTMAX, "∂(L, z[i])", "p[i] - y[i]")
        value_of(theory(ARRAYS), theory(ARRAYS).statement("exp(c)", "c").left, {}, {}, {"c": 1})
        assert flint.ctx.prec == 77
