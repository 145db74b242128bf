"""The refuter: known verdicts, the meaning of every construct, honest limits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

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


def test_every_time_is_looked_at() -> None:
    assert run(TIMES, "f[t]", "f[t]", points=1).agreements == 3  # T = 2, t = 0, 1, 2
    assert run(TIMES, "f[s]*g[t]", "f[s]*g[t]", points=1).agreements == 6
    assert run("x: K", "x[i]", "x[i]", points=1).agreements == 1


@pytest.mark.parametrize("text", [RECURRENT, NETWORK])
def test_recurrences_are_quick(text: str) -> None:
    for right in (OUTER, OUTER.replace("t-1", "t")):
        with at_most(lines=1_000_000):
            run(text, INNER, right)


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
