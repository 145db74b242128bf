"""How bound indices are numbered: colours tell apart what is used differently, and only that."""

import re

import pytest
from hypothesis import assume, given

from derivlib.proof.algebra.canonical import orders, places, without_numbers
from derivlib.proof.algebra.polynomial import Mono, OutOfBudget, Poly
from derivlib.proof.algebra.sums import rename
from derivlib.proof.language.ranges import CONSTANT, Base, bound, fresh, is_bound
from tests.support.letters import FREE
from tests.support.spans import span
from tests.support.strategies import base, few, polys, read


def opened(text: str, indices: str) -> tuple[list[Base], Mono]:
    """A monomial with free indices of it taken for bound ones."""
    new = {name: fresh(FREE[name]) for name in indices}
    renamed = rename(read(text), {base(name): (b, 0) for name, b in new.items()})
    ((mono, _),) = renamed.terms.items()
    return list(new.values()), mono


@pytest.mark.parametrize(
    ("text", "indices", "count"),
    [
        ("x[i]", "i", 1),
        ("S[i,j]", "ij", 1),
        ("x[i]*x[j]", "ij", 2),
        ("x[i]*z[j]", "ij", 1),
        ("S[i,j]*S[j,i]", "ij", 2),
        ("exp(x[i]*x[j])", "ij", 2),
        ("exp(x[i]*z[j])", "ij", 1),
        ("S[i,j]*W[i,n]", "ijn", 1),
        ("1/(x[i] - x[j])", "ij", 2),  # but for a sign, the same seen from i as from j
        ("1/(x[i] - 2*x[j])", "ij", 1),
        ("Max(x[i], x[j])", "ij", 2),
        ("Max(x[i], z[j])", "ij", 1),
        ("δ(i,j)*S[i,j]*S[j,i]", "ij", 2),
        ("Σ(k, S[i,k]*S[j,k])", "ij", 2),
        ("Σ(k, S[i,k]*S[k,j])", "ij", 1),
    ],
)
def test_how_many_orders_are_tried(text: str, indices: str, count: int) -> None:
    binders, mono = opened(text, indices)
    found = list(orders(binders, mono))
    assert len(found) == len(set(found)) == count
    assert all(sorted(order) == sorted(binders) for order in found)


@pytest.mark.parametrize(
    "text", ["S[i,j]*W[i,n]*x[j]", "exp(x[i]*z[j])*s[n]", "1/(x[i] - 2*x[j] + s[n])"]
)
def test_the_order_does_not_depend_on_the_names(text: str) -> None:
    binders, mono = opened(text, "ijn")
    moved = {b: fresh(span(r)) for b, r in zip(binders, ("K", "K", "d"), strict=True)}
    renamed = rename(Poly({mono: 1}), {b: (new, 0) for b, new in moved.items()})
    ((other, _),) = renamed.terms.items()
    expected = [tuple(moved[b] for b in order) for order in orders(binders, mono)]
    assert list(orders(list(moved.values())[::-1], other)) == expected


def test_too_many_orders_are_given_up() -> None:
    binders = [fresh(span("K")) for _ in range(8)]
    product = read("1")
    for b in binders:
        product = product * rename(read("x[i]"), {base("i"): (b, 0)})
    ((mono, _),) = product.terms.items()
    with pytest.raises(OutOfBudget, match="40320 ways"):
        list(orders(binders, mono))


@few
@given(polys(depth=3))
def test_places_are_all_there_are(p: Poly) -> None:
    """An index is at some place exactly if it is free in the monomial, or bound in a sum of it."""
    for mono in p.terms:
        found = {b for b, _ in places(mono)}
        free = {b for atom, _ in mono for b in atom.bases}
        assume(free)
        assert free <= found
        assert all(b == CONSTANT or b in free or is_bound(b) for b in found)


# --- atoms without the numbers of their bound indices ---------------------------------------------


def described(text: str, **numbers: int) -> str:
    """A single atom with some of its free indices taken for bound ones of these numbers."""
    names = {base(name): (bound(n, FREE[name]), 0) for name, n in numbers.items()}
    ((atom, _),) = rename(read(text), names).atoms()
    return without_numbers(atom)


@pytest.mark.parametrize(
    "text",
    [
        "x[i]",
        "S[i,j]",
        "exp(S[i,j]*x[i])",
        "1/(S[i,j]*x[i] + c)",
        "Max(S[i,j], x[i])",
        "Σ(k, S[i,k]*S[k,j])",
        "Σ(k, exp(S[i,k]))",
    ],
)
def test_an_atom_is_described_without_the_numbers_of_its_bound_indices(text: str) -> None:
    found = described(text, i=3, j=10**6)
    assert found == described(text, i=0, j=1) == described(text, i=8, j=7)
    assert not re.search(r"#\d", found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x[i]", "z[i]"),
        ("x[i]", "s[n]"),
        ("x[1]", "x[2]"),
        ("S[i,1]", "S[1,i]"),
        ("x[i]", "exp(x[i])"),
        ("exp(x[i])", "exp(z[i])"),
        ("exp(x[i])", "exp(x[i]^2)"),
        ("1/(c + x[i])", "1/(c + 2*x[i])"),
        ("Σ(k, S[i,k])", "Σ(k, S[k,i])"),
        ("Σ(k, W[k,n])", "Σ(m, W[i,m])"),
    ],
)
def test_all_else_of_an_atom_is_described(one: str, other: str) -> None:
    assert described(one, i=0, j=1, n=2) != described(other, i=0, j=1, n=2)


def test_a_free_index_is_described_by_its_name() -> None:
    assert described("x[i]") != described("x[j]")
    assert described("x[i]") != described("x[i]", i=0)
    assert described("S[i,j]", j=0) == described("S[i,j]", j=1) != described("S[i,j]", i=1)
