"""The cross-entropy of a yes or no from its logit: value, gradient, Hessian-vector product.

A label y is written as the nearer side b, 0 or 1, and the distance r = |y − b| ≤ 1/2 from it. With
s = 1 − 2b and t = s z the loss is softplus(t) − r t, and its gradient s (σ(t) − r).

The error bounds: for a hard label r is 0, so that nothing cancels, and the bounds are those of
softplus and of a quotient E/(1 + E). For a soft label the loss is at least half of softplus(t), so
that its relative error at most doubles; in the gradient σ(t) and r may cancel, so that its bound is
absolute.
"""

from __future__ import annotations

from functools import partial
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import (
    Array,
    FloatArray,
    as_array,
    as_like,
    as_smoothing,
    compute_dtype,
    finished,
    float_dtype,
    result_like,
)
from derivlib._engine.tiles import Kernel, run_on_tiles
from derivlib.sigmoid import bounded_exp, sigmoid_derivative, softplus_of

__all__ = [
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_grad",
    "sigmoid_binary_cross_entropy_hvp",
    "sigmoid_binary_cross_entropy_value_and_grad",
]


@overload
def sigmoid_binary_cross_entropy(
    logits: float, labels: float, *, label_smoothing: float = 0.0
) -> np.float64: ...
@overload
def sigmoid_binary_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray: ...
def sigmoid_binary_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> Any:
    """The cross-entropy of each entry: L = −y log p − (1 − y) log(1 − p), with p = σ(z).

    It is computed as softplus(t) − r t, with r the distance of y from the nearer of 0 and 1, t = z
    if that is 0, and t = −z if it is 1. Nothing is averaged: one loss for each entry.

    Parameters
    ----------
    logits : array of real numbers, any shape and strides
        A floating dtype is kept; integers and bools are taken as float64. float16 is computed in
        float32 and rounded once.
    labels : array of the shape of `logits`; nothing is broadcast
        The probability y that the answer is yes. Integers and bools are 0 or 1. Floats are from 0
        to 1, and the result then has the dtype of the two arrays together; NaN stands for an
        unknown label, whose loss and gradient are NaN.
    label_smoothing : number from 0 to 1
        With α above 0, every label y is replaced by y (1 − α) + α/2.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `logits`, or `labels` itself.

    Returns
    -------
    array of the shape of `logits`
        `out` if it was given; a NumPy scalar for a single logit.

    Edges: a logit of +inf costs 0 for the label 1, a logit of −inf costs 0 for the label 0; for all
    other labels they cost +inf. A logit of NaN costs NaN. An empty array gives an empty array. No
    warning accompanies any of them.

    Error bound, for finite logits of any size, any labels, measured with NumPy 2 against 40 digits:
    3 ULP in float64, 4 in longdouble and float32, 1 in float16.

    Raises
    ------
    TypeError
        An argument is complex, an object or a string; `label_smoothing` is no number; `out` is no
        array of the result's dtype.
    ValueError
        A label is below 0 or above 1; `labels` or `out` has another shape than `logits`; `out` is
        read-only; `label_smoothing` is not from 0 to 1; an argument is ragged. Whatever is wrong,
        no input has been written to; `out`, if it is not one of them, may have been.

    Theorem: notebooks/04-sigmoid-binary-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid_binary_cross_entropy([0.0, np.log(3.0), 800.0], [1, 0, 1])
    array([0.69314718, 1.38629436, 0.        ])
    >>> sigmoid_binary_cross_entropy([0.0, np.log(3.0), 800.0], [0.5, 0.5, 0.5])
    array([  0.69314718,   0.83698822, 400.        ])
    """
    value, _ = _evaluate(logits, labels, label_smoothing, out, value=True, grad=False)
    return value


@overload
def sigmoid_binary_cross_entropy_grad(
    logits: float, labels: float, *, label_smoothing: float = 0.0
) -> np.float64: ...
@overload
def sigmoid_binary_cross_entropy_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray: ...
def sigmoid_binary_cross_entropy_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> Any:
    """The gradient of each entry's cross-entropy in its logit: ∂L/∂z = p − y, with p = σ(z).

    For a label of 1, integer or float, that is computed as −σ(−z), which keeps its digits where p
    rounds to 1.

    Parameters
    ----------
    logits, labels, label_smoothing, out
        As in `sigmoid_binary_cross_entropy`.

    Returns
    -------
    array of the shape of `logits`
        `out` if it was given; a NumPy scalar for a single logit.

    Edges: a logit of +inf has p = 1, a logit of −inf p = 0, a logit of NaN the gradient NaN. An
    empty array gives an empty array. No warning accompanies any of them.

    Error bound, for finite logits of any size, measured with NumPy 2 against 40 digits: for labels
    0 and 1, without smoothing, 3 ULP in float64 and longdouble, 4 in float32, 1 in float16. For
    other labels, where p and y may cancel, an absolute 3 u in every dtype, where u is half of the
    dtype's eps.

    Errors are those of `sigmoid_binary_cross_entropy`.

    Theorem: notebooks/04-sigmoid-binary-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid_binary_cross_entropy_grad([0.0, np.log(3.0), 40.0], [0.5, 0.0, 1.0])
    array([ 0.00000000e+00,  7.50000000e-01, -4.24835426e-18])
    """
    _, grad = _evaluate(logits, labels, label_smoothing, out, value=False, grad=True)
    return grad


def sigmoid_binary_cross_entropy_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Each entry's cross-entropy and its gradient, from one pass over the exponentials.

    Parameters
    ----------
    logits, labels, label_smoothing
        As in `sigmoid_binary_cross_entropy`.
    out : array of the gradient's shape and dtype, optional
        Where to write the gradient; it may be `logits`, or `labels` itself.

    Returns
    -------
    value : array of the shape of `logits`
        Bit for bit what `sigmoid_binary_cross_entropy` gives.
    grad : array of the shape of `logits`
        Bit for bit what `sigmoid_binary_cross_entropy_grad` gives; `out` if it was given.

    Formulas, edges, error bounds and errors are those of the two functions.

    Theorem: notebooks/04-sigmoid-binary-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> value, grad = sigmoid_binary_cross_entropy_value_and_grad(np.log([1.0, 3.0]), [1, 0])
    >>> value
    array([0.69314718, 1.38629436])
    >>> grad
    array([-0.5 ,  0.75])
    """
    return _evaluate(logits, labels, label_smoothing, out, value=True, grad=True)


def sigmoid_binary_cross_entropy_hvp(
    logits: ArrayLike,
    labels: ArrayLike,
    v: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray:
    """The Hessian of the summed cross-entropies times `v`: σ′(z) v, entry by entry.

    The Hessian is diagonal. It depends neither on the labels nor on their smoothing: these are
    arguments, and checked, so that all functions of this loss are called alike.

    Parameters
    ----------
    logits, labels, label_smoothing
        As in `sigmoid_binary_cross_entropy`.
    v : array of real numbers of the shape of `logits`
        The result has the dtype of all arrays of floats together.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `logits`, `labels` or `v` itself.

    Returns
    -------
    array of the shape of `logits`
        `out` if it was given; a NumPy scalar for a single logit.

    Edges: σ′(±inf) = 0, and 0 times ±inf is NaN; a NaN in `logits` or `v` gives NaN there. An empty
    array gives an empty array. No warning accompanies any of them.

    Error bound, for every finite z and v with a normal number σ′(z), measured with NumPy 2 against
    40 digits: 3 ULP in float64 and longdouble, 4 in float32, 1 in float16. A subnormal σ′(z) has a
    rounding error that is multiplied by v.

    Raises
    ------
    TypeError, ValueError
        As `sigmoid_binary_cross_entropy`, and for `v` as for `logits`.

    Theorem: notebooks/04-sigmoid-binary-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid_binary_cross_entropy_hvp(np.log([1.0, 3.0]), [1, 0], [1.0, 16.0])
    array([0.25, 3.  ])
    """
    z, direction = as_array("logits", logits), as_array("v", v)
    as_like("v", direction, "logits", z)
    y = _as_labels(labels, z)
    as_smoothing(label_smoothing)
    dtype = float_dtype(z, y, direction)
    product = result_like(z, dtype, out)
    if z.size:
        run_on_tiles(_hessian_product, (), compute_dtype(dtype), [z, direction], [product])
    result: FloatArray = finished(product, out)
    return result


def _hessian_product(z: FloatArray, v: FloatArray, product: FloatArray) -> None:
    """σ′(z) v."""
    sigmoid_derivative(z, product)
    np.multiply(product, v, out=product)


def _evaluate(
    logits: ArrayLike,
    labels: ArrayLike,
    smoothing: float,
    out: FloatArray | None,
    *,
    value: bool,
    grad: bool,
) -> tuple[FloatArray, FloatArray]:
    """The losses and their gradients; the entry not asked for is not computed."""
    z = as_array("logits", logits)
    y = _as_labels(labels, z)
    kernel = _kernel(y, as_smoothing(smoothing))
    dtype = float_dtype(z, y)
    gradients = result_like(z, dtype, out) if grad else None
    losses = result_like(z, dtype, None if grad else out) if value else None
    if z.size:
        run_on_tiles(kernel, (), compute_dtype(dtype), [z, y], [losses, gradients])
    results = [
        None if x is None else finished(x, out if x is out else None) for x in (losses, gradients)
    ]
    return results[0], results[1]  # type: ignore[return-value]  # None where it was not asked for


def _as_labels(labels: ArrayLike, z: Array) -> Array:
    """`labels`, checked: of the shape of `z`, and from 0 to 1."""
    y = as_like("labels", labels, "logits", z)
    if y.size and (np.fmin.reduce(y, axis=None) < 0 or np.fmax.reduce(y, axis=None) > 1):
        position = tuple(np.argwhere((y < 0) | (y > 1))[0].tolist())
        name = f"labels[{', '.join(map(str, position))}]" if position else "labels"
        expected = "0 <= label <= 1" if y.dtype.kind == "f" else "0 or 1"
        raise ValueError(f"{name} is {y[position]}, expected {expected}")
    return y


def _kernel(labels: Array, smoothing: float) -> Kernel:
    """The kernel for labels of this kind."""
    if labels.dtype.kind != "f" and not smoothing:
        return _hard
    # A label's distance r from the nearer side becomes factor · r + offset; in longdouble, so that
    # only the rounding to the result's dtype remains.
    alpha = np.longdouble(smoothing)
    return partial(_soft, factor=1 - alpha, offset=alpha / 2)


def _hard(z: FloatArray, y: FloatArray, value: FloatArray | None, grad: FloatArray | None) -> None:
    """softplus(t) and s σ(t), with s = 1 − 2y and t = s z."""
    s = y * -2
    s += 1
    t = s * z
    e = bounded_exp(t, np.empty_like(t) if grad is None else grad)
    if value is not None:
        softplus_of(t, e, value)
    if grad is not None:
        np.divide(e, np.add(e, 1, out=t), out=grad)
        np.multiply(grad, s, out=grad)


def _soft(
    z: FloatArray,
    y: FloatArray,
    value: FloatArray | None,
    grad: FloatArray | None,
    *,
    factor: np.longdouble,
    offset: np.longdouble,
) -> None:
    """softplus(t) − r t and s (σ(t) − r): b is the nearer side, s = 1 − 2b and t = s z."""
    b = np.rint(y)
    r = np.abs(y - b) * z.dtype.type(factor) + z.dtype.type(offset)
    s = 1 - 2 * b
    t = s * z
    e = bounded_exp(t, np.empty_like(t) if grad is None else grad)
    if value is not None:
        softplus_of(t, e, value)
        _subtract_product(value, r, t)
    if grad is not None:
        np.divide(e, e + 1, out=grad)
        np.subtract(grad, r, out=grad)
        np.multiply(grad, s, out=grad)


def _subtract_product(value: FloatArray, r: FloatArray, t: FloatArray) -> None:
    """Subtract r t from `value`, which holds softplus(t)."""
    cost = r * t
    infinite = np.isinf(t)
    if infinite.any():  # 0 · ∞ = 0, and softplus(t) − r t grows with |t| for all other r
        r_there = r[infinite]
        cost[infinite] = 0
        value[infinite] = np.where(r_there == 0, np.maximum(t[infinite], 0), np.inf)
    np.subtract(value, cost, out=value)
