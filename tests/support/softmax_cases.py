"""Logits of many kinds, and their softmax, log-softmax and log-sum-exp to 60 digits."""

from functools import cache
from typing import Any

import numpy as np

from tests.support.arrays import Array
from tests.support.digits import Digits, exactly, exp, log1p

FAMILIES = [
    "normal", "wide", "offset", "two", "ties", "dominant", "negative", "faint", "many"
]  # fmt: skip


@cache
def logits(family: str, dtype: str) -> Array:
    """Rows of logits, as spread out as the dtype allows."""
    rng = np.random.default_rng(FAMILIES.index(family))
    span, offset = {"float16": (10, 1e3), "float32": (85, 1e4)}.get(dtype, (690, 1e4))
    rows, classes = {"two": (400, 2), "many": (4, 400)}.get(family, (80, 10))
    z = rng.normal(0, 3, (rows, classes))
    if family == "wide":
        z = rng.uniform(-span, span, z.shape)
    elif family == "offset":
        z[::2] += offset
        z[1::2] -= offset
        z[: rows // 2, ::3] += rng.uniform(-span, span, z[: rows // 2, ::3].shape)
    elif family == "ties":
        z = z[:, :1] + 1e-10 * z
    elif family == "dominant":
        z[:, 3] += rng.uniform(0, 0.97 * span, rows)
        z[::2] -= span / 10
    elif family == "faint":  # where the others' softmax is subnormal, or nearly
        z[:, 1:] -= span * rng.uniform(1.0, 1.08, (rows, 1))
    elif family == "negative":
        z = -abs(z) - rng.uniform(0, 1.1 * span, z.shape) * rng.integers(0, 2, (rows, 1))
    return z.astype(dtype)


@cache
def exact(family: str, dtype: str) -> tuple[Digits, Digits, Digits]:
    """Softmax, log-softmax and log-sum-exp of `logits`."""
    z = exactly(logits(family, dtype))
    rows, top = np.arange(len(z)), logits(family, dtype).argmax(axis=-1)
    largest = z[rows, top]
    others = exp(z - largest[:, None])
    others[rows, top] = 0
    rest = log1p(others.sum(axis=-1))
    log_p = z - largest[:, None] - rest[:, None]
    return exp(log_p), log_p, largest + rest


def textbook(z: Array, axis: Any) -> tuple[Array, Array, Array]:
    """Softmax, log-softmax and log-sum-exp by their definitions, in the widest dtype."""
    wide = z.astype(np.longdouble)
    total = np.exp(wide).sum(axis=axis, keepdims=True)
    return np.exp(wide) / total, wide - np.log(total), np.log(total)
