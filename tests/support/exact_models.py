"""What a model's gradient should be: the proved formula, evaluated with 120 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from derivlib.evidence.model_theorems import MODELS

DIGITS = 120  # where 1 − h² is 1e-50, many are lost

to_mp = np.vectorize(mp.convert, otypes=[object])


def formula(model: str, chain: int, **arrays: ArrayLike) -> NDArray[Any]:
    """The last line of a chain of the model's theorem at these arrays."""
    with mp.workdps(DIGITS):
        given = {name: to_mp(value) for name, value in arrays.items()}
        return np.asarray(MODELS[model].derive()[chain].numpy()(**given))


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
