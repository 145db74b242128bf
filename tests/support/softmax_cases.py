"""Logits of many kinds, and their softmax, log-softmax and log-sum-exp to 50 digits.

`exact` reckons with the digits that mpmath is set to: the caller sets 50.
"""

from functools import cache
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

from tests.support.arrays import Array

FAMILIES = [
    "normal", "wide", "offset", "two", "ties", "dominant", "negative", "faint", "many"
]  # fmt: skip


def mp(x: Any) -> mpf:
    """A NumPy float as an exact mpmath number."""
    mantissa, exponent = np.frexp(x)
    high = float(mantissa)
    low = float(mantissa - type(mantissa)(high))  # what a longdouble has beyond a double
    return mpmath.ldexp(mpf(high) + mpf(low), int(exponent))


def ulps(computed: Array, exact: list[Any], scales: list[Any] | None = None) -> float:
    """The largest error, in units of the last place of `exact` (or of `scales`)."""
    info = np.finfo(computed.dtype)
    worst = mpf(0)
    for x, value, scale in zip(computed.ravel(), exact, scales or exact, strict=True):
        if not np.isfinite(x):
            assert abs(value) > mp(info.max) / 2, f"{x} for {value}"
            continue
        exponent = max(mpmath.frexp(scale)[1] - 1, info.minexp) if scale else info.minexp
        worst = max(worst, abs(mp(x) - value) / mpmath.ldexp(1, int(exponent) - info.nmant))
    return float(worst)


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
def exact(family: str, dtype: str) -> tuple[list[Any], list[Any], list[Any]]:
    """Softmax, log-softmax and log-sum-exp of `logits`, to 50 digits, flat."""
    p, log_p, total = [], [], []
    for row in logits(family, dtype):
        z = [mp(x) for x in row]
        top = z.pop(int(np.argmax(row)))
        rest = mpmath.log1p(mpmath.fsum(mpmath.exp(x - top) for x in z))
        log_p += [mp(x) - top - rest for x in row]
        total.append(top + rest)
    p = [mpmath.exp(x) for x in log_p]
    return p, log_p, total


def textbook(z: Array, axis: Any) -> tuple[Array, Array, Array]:
    """Softmax, log-softmax and log-sum-exp by their definitions, in the widest dtype."""
    wide = z.astype(np.longdouble)
    total = np.exp(wide).sum(axis=axis, keepdims=True)
    return np.exp(wide) / total, wide - np.log(total), np.log(total)
