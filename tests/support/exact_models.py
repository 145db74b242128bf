"""What a model's gradient should be: the proved formula, evaluated with 120 digits."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from derivlib.evidence.model_theorems import MODELS
from derivlib.proof import Derivation, Theory
from derivlib.proof.chain import Line
from derivlib.proof.language.lines import read_lines
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse

DIGITS = 120  # where 1 − h² is 1e-50, many are lost

to_mp = np.vectorize(mp.convert, otypes=[object])


@cache
def chains(model: str) -> list[Derivation]:
    """The chains of a model's theorem, as they are written: `evidence/test_theorems.py` has each
    line proved."""
    theory = Theory(MODELS[model].theory)
    return [_as_written(theory, chain) for chain in MODELS[model].chains]


def _as_written(theory: Theory, text: str) -> Derivation:
    rows = read_lines(text)
    read = resolve([(parse(row), row) for row, _ in rows], theory)
    lines = [
        Line(row, expression, reason, None)
        for (row, reason), expression in zip(rows, read.expressions, strict=True)
    ]
    return Derivation(theory, tuple(lines), read.free)


def formula(model: str, chain: int, **arrays: ArrayLike) -> NDArray[Any]:
    """The last line of a chain of the model's theorem at these arrays."""
    with mp.workdps(DIGITS):
        given = {name: to_mp(value) for name, value in arrays.items()}
        return np.asarray(chains(model)[chain].numpy()(**given))


def relative_error(got: ArrayLike, exact: NDArray[Any]) -> float:
    """The largest error, relative to the largest entry, which is no underflow."""
    with mp.workdps(DIGITS):
        largest = np.max(np.abs(exact))
        assert largest > mp.mpf("1e-295"), "so small a gradient would hide an error"
        return float(np.max(np.abs(to_mp(got) - exact)) / largest)


def bound(logits: ArrayLike) -> float:
    """1e-12, or what rounding the logits themselves costs: exp turns that into a relative error."""
    return max(1e-12, 8 * float(np.finfo(np.float64).eps * np.abs(logits).max()))


def one_hot(labels: ArrayLike, classes: int) -> NDArray[np.float64]:
    rows: NDArray[np.float64] = np.eye(classes)[np.asarray(labels)]
    return rows
