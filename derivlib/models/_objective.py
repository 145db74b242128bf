"""The objective that all models share: a mean of losses, and half of l2 times the squared weights.

Losses and squares may overflow in a sum, and squares underflow, where the mean or the product with
l2 does not. Such sums are computed again, scaled by powers of 2, which changes no digit.
"""

from __future__ import annotations

import numpy as np

from derivlib._engine.arguments import FloatArray

LEAST, MOST = 1e-280, 1e300
"""Between these, neither a sum of squares nor its product with l2 loses anything on the way."""


def mean(losses: FloatArray, examples: int) -> float:
    """The sum of the losses over the number of examples."""
    total = float(losses.sum())
    if np.isfinite(total) or not np.isfinite(losses).all():
        return total / examples
    exponent = _exponent(losses)
    scaled = np.ldexp(losses, -exponent).sum(dtype=np.float64) / examples
    return float(np.ldexp(scaled, exponent))


def penalty(l2: float, *weights: FloatArray) -> float:
    """Half of l2 times the sum of the squared weights."""
    if not l2:
        return 0.0
    total = sum(float(np.square(w, dtype=np.longdouble).sum()) for w in weights)
    if LEAST < total < MOST or not all(np.isfinite(w).all() for w in weights):
        return l2 * (0.5 * total)  # half of l2 may underflow
    exponent = max(_exponent(w) for w in weights)
    scaled = sum(float(np.square(np.ldexp(w, -exponent)).sum()) for w in weights)
    fraction, own = np.frexp(l2)
    return float(np.ldexp(0.5 * fraction * scaled, own + 2 * exponent))


def add_penalty(gradient: FloatArray, l2: float, weights: FloatArray) -> None:
    """Add the penalty's gradient, l2 times the weights, or its product with a direction."""
    if not l2:
        return
    info = np.finfo(gradient.dtype)
    if info.tiny <= l2 <= info.max:
        gradient += l2 * weights
    else:  # l2 is no number of this dtype, but its product with the weights may be one
        gradient += (l2 * weights.astype(np.float64)).astype(gradient.dtype)


def _exponent(array: FloatArray) -> int:
    """The power of 2 above all entries."""
    return int(np.frexp(np.max(np.abs(array), initial=0.0))[1])
