"""Derivations at explicit sizes: small distinct sizes, every pattern of indices, hypotheses."""

from collections.abc import Mapping

import pytest
import sympy

from derivlib.proof import Theory
from derivlib.proof.bridge.concrete import (
    PLACES,
    chosen_sizes,
    everywhere,
    places,
    selected,
    solved,
)
from tests.support.spans import span, spans

LAYER = """
    X: m×d
    W: d×K
    Y: m×K, sum 1
    z[n,c] := Σ(a, X[n,a]*W[a,c])
"""


@pytest.mark.parametrize(
    ("declarations", "line", "given", "sizes"),
    [
        ("x: real", "x", {}, {}),
        ("z: K", "z[i]", {}, {"K": 2}),
        ("z: K\nK >= 4", "z[i]", {}, {"K": 4}),
        ("z: K", "z[i]", {"K": 1}, {"K": 1}),
        ("z: K", "z[i]*z[j]*z[k]", {}, {"K": 3}),  # three indices that can all differ
        ("z: K", "z[3]", {}, {"K": 3}),  # the place that a line names
        ("z: K\nS := z[1] + z[4]", "S", {}, {"K": 4}),
        ("z: K\nassume z[3] = 0", "z[i]", {}, {"K": 3}),
        ("h: 0..T+1", "h[3]", {}, {"T": 2}),
        ("X: m×d\nw: d\nv: d", "X[n,a]*w[a]", {}, {"m": 3, "d": 2}),  # fewer entries than 2×3
        (LAYER, "z[n,c]", {"d": 2}, {"m": 3, "d": 2, "K": 4}),
        (LAYER, "z[n,c]", {"d": 2, "m": 2}, {"m": 2, "d": 2, "K": 3}),
    ],
)
def test_sizes(
    declarations: str, line: str, given: Mapping[str, int], sizes: Mapping[str, int]
) -> None:
    derivation = Theory(declarations).derive(f"{line}\n = {line}")
    found = chosen_sizes(derivation, given)
    assert list(found) == list(derivation.theory.sizes)
    if declarations is LAYER:  # m and K weigh the same
        assert {*found.values()} == {*sizes.values()}
        assert found["d"] == sizes["d"]
    else:
        assert found == sizes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"K": 1}, "'K' is 1; expected an integer >= 2"),
        ({"K": 2.0}, r"'K' is 2\.0; expected an integer"),
        ({"K": True}, "'K' is True"),
        ({"i": 1}, "'i' is not a size of this derivation; its sizes are K"),
    ],
)
def test_sizes_that_are_none(given: Mapping[str, int], message: str) -> None:
    derivation = Theory("z: K\nK >= 2").derive("z[i]\n = z[i]")
    with pytest.raises(ValueError, match=message):
        chosen_sizes(derivation, given)


def test_places() -> None:
    sizes = {"T": 3, "K": 2}
    found = {axis: [*places(span(axis), sizes)] for axis in ("K", "0..T", "1..T+1", "2..T-2")}
    assert found == {"K": [1, 2], "0..T": [0, 1, 2, 3], "1..T+1": [1, 2, 3, 4], "2..T-2": []}
    assert [*everywhere({}, sizes)] == [{}]
    assert [*everywhere(spans(t="0..T", i="K"), sizes)][1] == {"t": 0, "i": 2}


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("names", ["i", "ij", "ijk"])
def test_every_pattern_of_equal_and_unequal_indices(size: int, names: str) -> None:
    combinations = [*everywhere(dict.fromkeys(names, span("K")), {"K": size})]
    found = [tuple(place.values()) for place in selected(combinations)]
    patterns = {tuple(a == b for a in place for b in place) for place in found}
    assert patterns == {
        tuple(a == b for a in place.values() for b in place.values()) for place in combinations
    }
    assert len({*found}) == len(found)
    assert len(found) == max(len(patterns), min(PLACES, len(combinations)))


# --- hypotheses -----------------------------------------------------------------------------------


def written(declarations: str, **sizes: int) -> tuple[dict[str, str], list[str]]:
    solution, unsolved = solved(Theory(declarations), sizes)
    spelled = {str(symbol): str(sympy.expand(value)) for symbol, value in solution.items()}
    return spelled, [str(h) for h in unsolved]


@pytest.mark.parametrize(
    ("declarations", "sizes", "solution"),
    [
        ("y: K, sum 1", {"K": 3}, {"y_3": "-y_1 - y_2 + 1"}),
        ("y: m×K, sum 1", {"m": 2, "K": 2}, {"y_1_2": "1 - y_1_1", "y_2_2": "1 - y_2_1"}),
        ("x, c: real\nassume 2*x = c^2", {}, {"x": "c**2/2"}),
        ("x, c: real\nassume x = 1\nassume c = x", {}, {"x": "1", "c": "1"}),
        ("x, c: real\nassume c = x\nassume x = 1", {}, {"x": "1", "c": "1"}),
        ("x, c: real\nassume c = x\nassume x = c", {}, {"c": "x"}),
        ("z: K\nassume z[1] = 0", {"K": 2}, {"z_1": "0"}),
        ("f, x: real\nu := x^2\nassume f = ∂(u, x)", {}, {"f": "2*x"}),
        (
            "g: 1..T\nlam: 1..T+1\nassume lam[T+1] = 0\nassume lam[t] = g[t] + 2*lam[t+1]",
            {"T": 2},
            {"lam_1": "g_1 + 2*g_2", "lam_2": "g_2", "lam_3": "0"},
        ),
        (
            "u: 1..T\nh: 0..T\nassume h[t] = h[t-1]*u[t]\nassume h[0] = 1",
            {"T": 2},
            {"h_0": "1", "h_1": "u_1", "h_2": "u_1*u_2"},
        ),
    ],
)
def test_hypotheses_are_solved(
    declarations: str, sizes: Mapping[str, int], solution: Mapping[str, str]
) -> None:
    assert written(declarations, **sizes) == (solution, [])


@pytest.mark.parametrize("hypothesis", ["x^2 = 1", "x*c = 1", "exp(x) = c^2", "1 = 2"])
def test_hypotheses_that_are_not_solved_are_named(hypothesis: str) -> None:
    assert written(f"x, c: real\nassume {hypothesis}") == ({}, [hypothesis])
