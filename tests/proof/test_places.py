"""A place outside of its axis is read in one way by prover, refuter, NumPy and SymPy."""

import numpy as np
import pytest

from derivlib.proof import Status
from derivlib.proof.bridge.to_sympy import to_sympy
from derivlib.proof.refuter.value import value
from derivlib.proof.theory import Theory

THEORY = Theory("x: T\nh: 0..T\ny: m\nc: real\nd[t] := δ(t,3)*x[t]\nr[k] := Σ(s != 3, x[s]*x[k])")
SIZES = {"T": 2, "m": 4}
ENTRIES = {"x": (2, 3), "h": (5, 7, 11), "y": (1, 2, 4, 8), "c": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a δ and a != compare numbers
        ("Σ(t in 1..T, δ(t,3)*x[t])", 0),
        ("Σ(t in 1..T, (1 - δ(t,3))*x[t])", 5),
        ("Σ(t in 1..T, δ(t-1,3)*x[t])", 0),
        ("Σ(t in 1..T, δ(t+1,3)*x[t])", 3),
        ("Σ(t in 1..T, δ(t-1,1)*x[t])", 3),
        ("Σ(t in 1..T, δ(3,t+2)*x[t])", 2),
        ("Σ(t in 1..T, δ(t,T-1)*x[t])", 2),
        ("Σ(t in 1..T, δ(t,T-2)*x[t])", 0),
        ("Σ(t in 1..T, δ(t,T+1)*x[t])", 0),
        ("Σ(t in 0..T, δ(t,T-3)*h[t])", 0),
        ("Σ(i, δ(i,T)*y[i])", 2),
        ("Σ(t in 1..T, δ(t,m)*x[t])", 0),
        ("Σ(t in 1..T-1, δ(t,2)*x[t])", 0),
        ("Σ(t != 3, x[t])", 5),
        ("Σ(t != 2, x[t])", 2),
        ("Σ(t != T-2, x[t])", 5),
        ("Σ(t != m, x[t])", 5),
        ("δ(3,4)*c", 0),
        ("δ(T,2)*c", 3),
        ("Σ(t in 1..T, d[t])", 0),
        ("d[1]*c", 0),
        ("r[1]", 10),
        # an entry must be there
        ("x[3]*0", None),
        ("Σ(t in 1..T, δ(t,3)*x[t]) + 0*x[3]", None),
        ("h[2]", 11),
        ("h[3]*0", None),
        ("y[3] + x[2]", 7),
        ("0*d[3]", None),
        ("∂(x[1]^2, x[3])", None),
    ],
)
def test_all_read_a_place_alike(text: str, expected: int | None) -> None:
    side = THEORY.statement(text, "0").left
    found = value(THEORY, side, SIZES, {}, ENTRIES)
    arrays = {name: np.array(entry, float) for name, entry in ENTRIES.items()}
    if expected is None:
        assert found is None
        with pytest.raises(ValueError, match=r"leaves its axis|∂"):
            THEORY.numpy(text)(**arrays)
        with pytest.raises(ValueError, match="out of range"):
            to_sympy(THEORY, side, SIZES)
        return
    assert found is not None
    assert found == expected
    assert THEORY.numpy(text)(**arrays) == expected
    symbols = {"c": 3} | {
        f"{name}_{place}": entry
        for name, first in (("x", 1), ("y", 1), ("h", 0))
        for place, entry in enumerate(arrays[name], first)
    }
    written = to_sympy(THEORY, side, SIZES)
    assert float(written.subs({s: symbols[s.name] for s in written.free_symbols})) == expected


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ("δ(t-1,3)*x[t]*0", "0", "PROVED"),
        ("δ(t+1,3)*x[t]*0", "0", "PROVED"),
        ("δ(3,t)*x[t]", "x[t]*δ(t,3)", "PROVED"),
        ("d[1]", "0", "PROVED"),
        ("δ(i,T)*y[i]*0", "0", "PROVED"),
        ("0*x[3]", "0", "PROVED where T >= 3"),
        ("0*h[3]", "0", "PROVED where T >= 3"),
        ("Σ(i, δ(i,T)*y[i])", "0", "REFUTED at T = 1, m = 1, y = (1): 1 ≠ 0"),
    ],
)
def test_conditions_are_those_of_entries(left: str, right: str, said: str) -> None:
    assert str(THEORY.prove(left, right)) == said


@pytest.mark.parametrize("text", ["Σ(k, δ(k,3)*x[k])", "x[1] + x[2] + Σ(k, δ(k,3)*x[k])"])
def test_a_place_that_may_be_missing_refutes(text: str) -> None:
    verdict = THEORY.prove(text, text.replace("Σ(k, δ(k,3)*x[k])", "c"))
    assert verdict.status is Status.REFUTED
