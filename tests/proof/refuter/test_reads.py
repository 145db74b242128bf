"""What an expression may read, by its form; inside a ∂, what does not read an entry is kept."""

import pytest
from flint import fmpq

from derivlib.proof import Theory
from derivlib.proof.refuter.environment import Environment, Table
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.reads import Readings

LAYERS = Theory(
    """
    X: m×d
    W: d×H
    a[n,h] := Σ(i, X[n,i]*W[i,h])
    s[n] := Σ(h, a[n,h]^2)
    f[n] := exp(a[n,1])
    both[n,h] := a[n,h]*a[n,1]
    slope[n,h] := ∂(s[n], a[n,h])
    """
)
TIMES = Theory(
    "h: 0..T\ng[t] := h[t]*h[t]\nturn[t] := h[t-1]\ntwo[t] := h[t]*h[t-1]\nlate[t] := turn[t-1]"
)


@pytest.mark.parametrize(
    ("theory", "name", "pinned"),
    [
        (LAYERS, "a", {"a": {(0, 0, 0), (1, 1, 0)}, "X": {(0, 0, 0)}, "W": {(1, 1, 0)}}),
        (LAYERS, "s", {"s": {(0, 0, 0)}, "a": {(0, 0, 0)}, "X": {(0, 0, 0)}, "W": set()}),
        (LAYERS, "f", {"f": {(0, 0, 0)}, "a": {(0, 0, 0)}, "X": {(0, 0, 0)}, "W": set()}),
        (
            LAYERS,
            "both",
            {"both": {(0, 0, 0), (1, 1, 0)}, "a": {(0, 0, 0)}, "X": {(0, 0, 0)}, "W": set()},
        ),
        (
            LAYERS,  # what is held opaque around a ∂ matters inside: it may read anything
            "slope",
            {"slope": {(0, 0, 0), (1, 1, 0)}} | {other: set[object]() for other in "saXW"},
        ),
        (TIMES, "g", {"g": {(0, 0, 0)}, "h": {(0, 0, 0)}}),
        (TIMES, "turn", {"turn": {(0, 0, 0)}, "h": {(0, 0, -1)}}),
        (TIMES, "late", {"late": {(0, 0, 0)}, "turn": {(0, 0, -1)}, "h": {(0, 0, -2)}}),
        (TIMES, "two", {"two": {(0, 0, 0)}, "h": set()}),
    ],
)
def test_what_a_definition_reads(theory: Theory, name: str, pinned: dict[str, object]) -> None:
    found = Readings(theory).of_entry(name)
    assert {k: set(v) for k, v in found.items() if k not in theory.sizes} == pinned


def test_a_bound_index_pins_nothing() -> None:
    """Not even where an index outside has the same name."""
    side = LAYERS.statement("Σ(n, X[n,i])", "0").left
    assert Readings(LAYERS).of(side, {"n": 0, "i": 1}) == {"X": {(1, 1, 0)}}


def test_what_does_not_read_the_entry_is_evaluated_once() -> None:
    """For ∂(s[n], W[i,h]) at all places: a[n,q] inside for q = h alone."""
    sizes = {"m": 1, "d": 2, "H": 4}
    tables: dict[str, Table] = {
        "X": {(1, i): fmpq(i) for i in (1, 2)},
        "W": {(i, h): fmpq(i, h) for i in (1, 2) for h in range(1, 5)},
    }
    evaluator = Evaluator(LAYERS)
    side = LAYERS.statement("∂(s[n], W[i,h])", "0").left
    program, env = evaluator.compile(side, ["n", "i", "h"]), Environment(sizes, tables)
    evaluator.allow()
    for i in (1, 2):
        for h in range(1, 5):
            expected = 2 * sum(fmpq(j) * fmpq(j, h) for j in (1, 2)) * i
            assert program(env, {"n": 1, "i": i, "h": h}) == expected
    kept = {key for key in env.defined if key[0] == "a"}
    assert kept == {("a", (1, q)) for q in range(1, 5)}
    for ((_, (_, h)),), inside in env.inside.items():
        assert {key for key in inside.defined if key[0] == "a"} == {("a", (1, h))}
