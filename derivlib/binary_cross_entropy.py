"""The cross-entropy of a yes or no from its logit: value, gradient, Hessian-vector product.

A label y is written as the nearer side b, 0 or 1, and the distance r = |y − b| ≤ 1/2 from it. With
s = 1 − 2b and t = s z the loss is softplus(t) − r t, and its gradient s (σ(t) − r).

The error bounds: for a hard label r is 0, so that nothing cancels, and the bounds are those of
softplus and of a quotient E/(1 + E). For a soft label the loss is at least half of softplus(t), so
that its relative error at most doubles; in the gradient σ(t) and r may cancel, so that its bound is
absolute.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from derivlib._arrays import (
    Array,
    FloatArray,
    as_array,
    as_smoothing,
    finished,
    float_dtype,
    overlap,
)
from derivlib._elementwise import Kernel, Scratch, apply, new_result
from derivlib.sigmoid import DERIVATIVE_SCRATCH, bounded_exp, sigmoid_derivative, softplus_of

__all__ = [
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_grad",
    "sigmoid_binary_cross_entropy_hvp",
    "sigmoid_binary_cross_entropy_value_and_grad",
]


def sigmoid_binary_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray:
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
    z, y = as_array("logits", logits), as_array("labels", labels)
    value = new_result(z, float_dtype(z, y), out)
    loss = _Loss(y, label_smoothing)
    _fill(loss.value, [z, y], value, out, scratch_count=loss.scratch_count)
    return finished(value, out)


def sigmoid_binary_cross_entropy_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray:
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
    z, y = as_array("logits", logits), as_array("labels", labels)
    grad = new_result(z, float_dtype(z, y), out)
    loss = _Loss(y, label_smoothing)
    _fill(loss.grad, [z, y], grad, out, scratch_count=loss.scratch_count)
    return finished(grad, out)


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
    z, y = as_array("logits", logits), as_array("labels", labels)
    dtype = float_dtype(z, y)
    value, grad = new_result(z, dtype, None), new_result(z, dtype, out)
    loss = _Loss(y, label_smoothing)
    _fill(loss.value_and_grad, [z, y], grad, out, value, scratch_count=loss.scratch_count)
    return finished(value), finished(grad, out)


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
    z, y, direction = as_array("logits", logits), as_array("labels", labels), as_array("v", v)
    if direction.shape != z.shape:
        raise ValueError(f"v must have the shape of logits, {z.shape}, got {direction.shape}")
    product = new_result(z, float_dtype(z, y, direction), out)
    loss = _Loss(y, label_smoothing)
    _fill(loss.hvp, [z, y, direction], product, out, scratch_count=DERIVATIVE_SCRATCH)
    return finished(product, out)


class _OutOfRangeError(Exception):
    """A label is below 0 or above 1."""


def _fill(
    kernel: Kernel,
    inputs: list[Array],
    result: FloatArray,
    out: FloatArray | None,
    value: FloatArray | None = None,
    *,
    scratch_count: int,
) -> None:
    """Run `kernel` on `inputs`: logits, labels and others.

    Raises:
        ValueError: a label is out of range; the message names the first.
    """
    z, y, *_ = inputs
    if y.shape != z.shape:
        raise ValueError(f"labels must have the shape of logits, {z.shape}, got {y.shape}")
    try:
        if out is not None and any(overlap(array, out) for array in inputs):
            apply(_check, [y], None, scratch_count=0)  # before an input is overwritten
        apply(kernel, inputs, result, value, scratch_count=scratch_count)
    except _OutOfRangeError:
        position = tuple(np.argwhere((y < 0) | (y > 1))[0].tolist())
        name = f"labels[{', '.join(map(str, position))}]" if position else "labels"
        expected = "0 <= label <= 1" if y.dtype.kind == "f" else "0 or 1"
        raise ValueError(f"{name} is {y[position]}, expected {expected}") from None


class _Loss:
    """The kernels in the sense of `_elementwise.apply`, for labels of one kind and a smoothing."""

    def __init__(self, labels: Array, smoothing: float) -> None:
        smoothing = as_smoothing(smoothing)
        self._hard = labels.dtype.kind != "f"
        self.scratch_count = 2 if self._hard else 3  # those of `_nearer_side`
        # Smoothing turns a label's distance r into factor · r + offset; in longdouble, so that only
        # the rounding to the result's dtype remains.
        self._offset = np.longdouble(smoothing) / 2
        self._factor = 1 - np.longdouble(smoothing)

    def value(self, z: FloatArray, y: FloatArray, value: FloatArray, scratch: Scratch) -> None:
        _, r, t = self._nearer_side(z, y, scratch)
        softplus_of(t, bounded_exp(t, value), value)
        _subtract_product(value, r, t)

    def grad(self, z: FloatArray, y: FloatArray, grad: FloatArray, scratch: Scratch) -> None:
        s, r, t = self._nearer_side(z, y, scratch)
        _gradient(s, r, bounded_exp(t, grad), t, grad)

    def value_and_grad(
        self, z: FloatArray, y: FloatArray, value: FloatArray, grad: FloatArray, scratch: Scratch
    ) -> None:
        s, r, t = self._nearer_side(z, y, scratch)
        e = bounded_exp(t, grad)
        softplus_of(t, e, value)
        _subtract_product(value, r, t)
        _gradient(s, r, e, t, grad)

    def hvp(
        self, z: FloatArray, y: FloatArray, v: FloatArray, product: FloatArray, scratch: Scratch
    ) -> None:
        _check(y, scratch)
        sigmoid_derivative(z, product, scratch)
        np.multiply(product, v, out=product)

    def _nearer_side(
        self, z: FloatArray, y: FloatArray, scratch: Scratch
    ) -> tuple[FloatArray, FloatArray | None, FloatArray]:
        """s = 1 − 2b; the distance r after smoothing, None if it is 0 for all labels; t = s z."""
        _check(y, scratch)
        offset = np.asarray(self._offset, z.dtype)
        s, r = scratch(), offset if offset else None
        if self._hard:
            np.multiply(y, -2, out=s)
        else:
            b = np.rint(y, out=s)
            distance = np.subtract(y, b, out=scratch())
            np.abs(distance, out=distance)
            if distance.any():
                np.multiply(distance, np.asarray(self._factor, z.dtype), out=distance)
                r = np.add(distance, offset, out=distance)
            np.multiply(b, -2, out=s)
        np.add(s, 1, out=s)
        return s, r, np.multiply(s, z, out=scratch())


def _check(y: FloatArray, scratch: Scratch) -> None:
    """Raise if a label is out of range; a kernel without results, whose signature this has."""
    if np.fmin.reduce(y, axis=None) < 0 or np.fmax.reduce(y, axis=None) > 1:
        raise _OutOfRangeError


def _subtract_product(value: FloatArray, r: FloatArray | None, t: FloatArray) -> None:
    """Subtract r t from `value`, which holds softplus(t), in place; `t` is overwritten."""
    if r is None:
        return
    infinite = np.isinf(t)
    if infinite.any():  # 0 · ∞ = 0, and softplus(t) − r t grows with |t| for all other r
        r_there, t_there = np.broadcast_to(r, t.shape)[infinite], t[infinite]
        t[infinite] = 0
        value[infinite] = np.where(r_there == 0, np.maximum(t_there, 0), np.inf)
    np.subtract(value, np.multiply(r, t, out=t), out=value)


def _gradient(
    s: FloatArray, r: FloatArray | None, e: FloatArray, scratch: FloatArray, grad: FloatArray
) -> None:
    """Write s (σ(t) − r) to `grad`, with e = exp(t), which may be `grad`; overwrites `scratch`."""
    np.divide(e, np.add(e, 1, out=scratch), out=grad)
    if r is not None:
        np.subtract(grad, r, out=grad)
    np.multiply(grad, s, out=grad)
