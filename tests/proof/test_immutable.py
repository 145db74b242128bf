"""What the engine hands out cannot be changed, can be hashed, and is equal to its copies."""

import copy
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from derivlib.proof import Theory
from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.refuter.counterexample import Counterexample

TEXT = """
z: K               # logits
y: K, sum 1
h: 0..T
p[j] := exp(z[j]) / Σ(k, exp(z[k]))
L := -Σ(j, y[j]*log(p[j]))
assume h[t] = 2*h[t-1] + h[0]
"""
THEORY = Theory(TEXT)
DERIVATION = THEORY.derive("∂(L, z[i])\n = p[i]*Σ(j, y[j]) - y[i]  -- why\n = p[i] - y[i] + 0*z[2]")
EACH: dict[str, Any] = {
    "theory": THEORY,
    "derivation": DERIVATION,
    "line": DERIVATION.lines[1],
    "verdict with hypotheses": DERIVATION.verdicts[1],
    "verdict with conditions": THEORY.prove("Σ(k, z[k]/z[k])", "K"),
    "verdict with ranges": THEORY.prove("h[t]", "h[t] + 0*h[t-1]"),
    "verdict with what is varied": THEORY.prove("∂(L, y[i])", "-log(p[i])"),
    "refuted": THEORY.prove("∂(L, z[i])", "y[i] - p[i]"),
    "refuted at floats": Theory("x, t: real\nassume t = exp(x)\nassume x = 1").prove("t", "2*t"),
    "unknown": THEORY.prove("sqrt(z[1]^4)", "z[1]^2*Max(1, z[2]/z[2])"),
    "counterexample": THEORY.prove("∂(L, z[i])", "y[i] - p[i]").counterexample,
    "statement": THEORY.statement("h[t-1] + Σ(k != i, z[k])", "∂(z[i], z[j])"),
    "hypothesis": THEORY.hypotheses[1],
    "condition": THEORY.prove("Σ(k, z[k]/z[k])", "K").conditions[0],
    "definition": THEORY.definitions["p"],
    "witness": DERIVATION.witness(),
    "mutant": next(Theory("x: K").derive("2*x[1]\n = x[1] + x[1]").mutants()),
}


CHANGES: list[tuple[str, tuple[Any, ...]]] = [
    ("__setitem__", ("K", 1)),
    ("__delitem__", ("K",)),
    ("__ior__", ({"K": 1},)),
    ("update", ({"K": 1},)),
    ("setdefault", ("new", 1)),
    ("pop", ("K",)),
    ("popitem", ()),
    ("clear", ()),
]


def parts(thing: object) -> Iterator[object]:
    """A thing and all that it holds."""
    yield thing
    inside: list[object] = []
    if is_dataclass(thing):
        inside = [getattr(thing, field.name) for field in fields(thing)]
    elif isinstance(thing, Mapping):
        inside = [*thing, *thing.values()]
    elif isinstance(thing, tuple | list):
        inside = list(thing)
    for each in inside:
        yield from parts(each)


@pytest.mark.parametrize("name", EACH)
def test_nothing_can_be_changed(name: str) -> None:
    for part in parts(EACH[name]):
        assert not isinstance(part, list | set | bytearray)
        if isinstance(part, Mapping):
            assert isinstance(part, FrozenDict)
            for change, arguments in CHANGES:
                with pytest.raises(TypeError, match="cannot be changed"):
                    getattr(part, change)(*arguments)
        if is_dataclass(part):
            for attribute in [*(field.name for field in fields(part)), "new", "prove"]:
                with pytest.raises((AttributeError, TypeError)):
                    setattr(part, attribute, None)
                with pytest.raises((AttributeError, TypeError)):
                    delattr(part, attribute)


@pytest.mark.parametrize("name", EACH)
def test_all_can_be_hashed(name: str) -> None:
    for part in parts(EACH[name]):
        assert hash(part) == hash(part)


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("name", EACH)
def test_a_copy_is_equal_in_every_field(name: str, duplicate: Any) -> None:
    thing = EACH[name]
    other = duplicate(thing)
    assert other == thing
    assert hash(other) == hash(thing)
    assert (str(other), type(other)) == (str(thing), type(thing))
    mine, theirs = [*parts(thing)], [*parts(other)]
    assert len(mine) == len(theirs)
    for one, its_copy in zip(mine, theirs, strict=True):
        assert one == its_copy
        assert type(one) is type(its_copy)


@pytest.mark.parametrize("name", [name for name in EACH if name != "theory"])
def test_what_differs_in_a_field_is_not_equal(name: str) -> None:
    thing = EACH[name]
    for field in fields(thing):
        if field.compare and field.init:
            assert replace(thing, **{field.name: "something else"}) != thing


def test_a_theory_of_another_text_is_another() -> None:
    assert Theory(TEXT) == THEORY
    assert Theory(TEXT + "\nc: real") != THEORY


def test_mappings_given_as_dicts_are_frozen() -> None:
    found = Counterexample({"K": 1}, {}, {"x": (1, 2)}, "0", "1")
    assert isinstance(found.sizes, FrozenDict)
    assert hash(found) == hash(copy.deepcopy(found))


def test_a_copied_theory_answers_alike() -> None:
    other = pickle.loads(pickle.dumps(THEORY))
    statement = "∂(L, z[i])", "p[i] - y[i]"
    assert other.prove(*statement) == THEORY.prove(*statement)
    assert other.dependencies("L") == THEORY.dependencies("L")
