"""Where two sides part: the smallest parts, at one place of both, that alone differ."""

import pytest

from derivlib.proof import Theory
from derivlib.proof.language.printer import to_text
from derivlib.proof.refuter.counterexample import Parting

THEORY = Theory("""
    z: K
    y: K
    f: 0..T
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
""")


def parting(left: str, right: str) -> Parting | None:
    found = THEORY.prove(left, right).counterexample
    assert found is not None
    return found.parting


@pytest.mark.parametrize(
    ("left", "right", "parts", "values", "indices"),
    [
        ("exp(p[i] - y[i])", "exp(p[i] + y[i])", "p[i] - y[i] | p[i] + y[i]", "0 | 2", {}),
        ("z[i]*(2*z[i] + 1)", "z[i]*(3*z[i] + 1)", "2 | 3", "2 | 3", {}),
        ("-y[i]/p[i]", "-z[i]/p[i]", "y[i] | z[i]", "1 | 0", {}),
        ("(1 + z[i]^2)/2", "(1 + z[i]^3)/2", "2 | 3", "2 | 3", {}),
        (
            "Σ(k, z[k]*(1 - y[k]))",
            "Σ(k, z[k]*(1 + y[k]))",
            "1 - y[k] | 1 + y[k]",
            "0 | 2",
            {"k": 1},
        ),
        ("Σ(t in 1..T, f[t])/2", "Σ(t in 1..T, f[t-1])/2", "f[t] | f[t-1]", "1 | 0", {"t": 1}),
    ],
)
def test_the_smallest_parts_that_alone_differ(
    left: str, right: str, parts: str, values: str, indices: dict[str, int]
) -> None:
    found = parting(left, right)
    assert found is not None
    assert f"{to_text(found.left)} | {to_text(found.right)}" == parts
    assert f"{found.left_value} | {found.right_value}" == values
    assert found.indices == indices


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("p[i] - y[i]", "p[i] + y[i]"),  # the sides themselves: nothing to add
        ("z[i]*y[i] + 1", "(z[i] + 1)*(y[i] + 1) + 2"),  # two parts of the sum differ
        ("∂(z[i] + 1, z[i])", "∂(2*z[i] + 2, z[i])"),  # no numbers inside a ∂
        ("exp(z[i])", "log(z[i]^2 + 2)"),
        ("z[i] + y[i]", "(1 + y[i]) + z[i]"),  # what is equal is so by chance
    ],
)
def test_sides_that_differ_as_a_whole(left: str, right: str) -> None:
    assert parting(left, right) is None
