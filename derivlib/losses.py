"""Cross-entropy of the softmax: value, gradient, both at once, Hessian-vector product.

`derivlib._cross_entropy_kernels` computes them, and says where the error bounds come from; for few
logits `derivlib._small` does, with the same bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from derivlib import _cross_entropy_kernels as kernels
from derivlib import _small
from derivlib._arrays import (
    Array,
    FloatArray,
    FloatDType,
    as_array,
    as_axis,
    as_smoothing,
    compute_dtype,
    finished,
    float_dtype,
    result_array,
    without,
)
from derivlib._engine import foreign
from derivlib._tiles import run_tiles

__all__ = [
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "softmax_cross_entropy_hvp",
    "softmax_cross_entropy_value_and_grad",
]


def softmax_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray:
    """The cross-entropy of each example: L = −Σ_j y_j log p_j, with p = softmax(logits).

    That is log Σ_k exp(z_k) − z_y for the true class y, and Σ_j y_j (log Σ_k exp(z_k) − z_j) for a
    distribution. Nothing is averaged: one loss for each example.

    Parameters
    ----------
    logits : array of real numbers, any shape and strides
        The classes lie along `axis`. A floating dtype is kept; integers and bools are taken as
        float64. float16 is computed in float32 and rounded once.
    labels : array of integers or of floats
        Integers are true classes, from 0 to K − 1, in the shape of `logits` without `axis`. Floats
        are distributions over the classes, in the shape of `logits`; the result then has the dtype
        of the two arrays together. A distribution need not be positive nor sum to 1: the formulas
        hold for any finite weights. Bools are refused, since they could mean either.
    axis : int
        The axis of the classes.
    label_smoothing : float
        From 0 to 1. With α above 0, labels y of either kind are replaced by the distributions
        y (1 − α) + α/K.
    out : array of the result's shape and dtype, optional
        Where to write the result.

    Returns
    -------
    array of the shape of `logits` without `axis`
        `out` if it was given; a NumPy scalar for a single example.

    Edges: a true class whose logit is −inf costs +inf. A class of weight 0 costs nothing, even if
    its logit is −inf (0 · inf = 0); with smoothing, every class has some weight. An example with
    +inf, NaN or nothing but −inf among its logits costs NaN, and no other example does. No examples
    give an empty array; no classes, which only distributions allow, give 0. No warning accompanies
    any of them.

    Error bound, on finite logits of any size and weights y ≥ 0, measured with NumPy 2 for up to
    100000 classes: 3 ULP in float64, 4 in longdouble, 5 in float32, 1 in float16. Weights of both
    signs may cancel: for them the bound is in ULP of Σ_j |y_j log p_j|.

    Raises
    ------
    TypeError
        An argument is no array of real numbers, as for `softmax`; `labels` is of bools; `axis` is
        no integer; `label_smoothing` is no number; `out` is no array of the result's dtype.
    ValueError
        A label is no class, or it is missing; `labels` has the wrong shape; `label_smoothing` does
        not lie between 0 and 1; an argument is ragged, or entries of it are masked or missing;
        `axis` is out of range; `out` has another shape or is read-only.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> logits = np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]])
    >>> softmax_cross_entropy(logits, [2, 0])
    array([0.47000363, 1.38629436])
    >>> softmax_cross_entropy(logits, [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]])
    array([0.47000363, 1.38629436])
    """
    smoothing = as_smoothing(label_smoothing)
    z, y, axes, dtype = _checked(logits, labels, axis)
    small = _evaluate_small(z, y, axes, smoothing, out, value=True, grad=False)
    if small is not None:
        return finished(small[0])
    value = result_array(without(z.shape, axes), dtype, out)
    _evaluate(z, y, axes, smoothing, value, None, dtype)
    return finished(value, out)


def softmax_cross_entropy_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray:
    """The gradient of each example's cross-entropy in its logits: ∂L/∂z_i = p_i Σ_j y_j − y_i.

    For a true class y that is p_i − δ(i, y), computed at i = y as −Σ_{k≠y} p_k, which keeps its
    digits where p_y rounds to 1. Rows of one-hot floats are as accurate.

    Parameters
    ----------
    logits, labels, axis, label_smoothing
        As in `softmax_cross_entropy`. The formula holds for weights of any sum; where they sum
        to 1 it is p − y.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `logits`, or `labels` itself.

    Returns
    -------
    array of the shape of `logits`
        `out` if it was given.

    Edges: a logit of −inf has p = 0. An example with +inf, NaN or nothing but −inf among its logits
    has the gradient NaN, and no other example does. An empty array gives an empty array. No
    warning accompanies any of them.

    Error bound, on finite logits of any size and measured with NumPy 2 for up to 100000 classes:
    for true classes, also as rows of one-hot floats, 6 ULP in float64, longdouble and float32, 1 in
    float16. For other distributions, where p_i and y_i may cancel, an absolute 4 u Σ_j |y_j| in
    every dtype, where u is half of the dtype's eps.

    Errors are those of `softmax_cross_entropy`.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_cross_entropy_grad(np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]]), [2, 0])
    array([[ 0.125,  0.25 , -0.375],
           [-0.75 ,  0.25 ,  0.5  ]])
    """
    smoothing = as_smoothing(label_smoothing)
    z, y, axes, dtype = _checked(logits, labels, axis)
    small = _evaluate_small(z, y, axes, smoothing, out, value=False, grad=True)
    if small is not None:
        return small[1]
    grad = result_array(z.shape, dtype, out)
    _evaluate(z, y, axes, smoothing, None, grad, dtype)
    return grad


def softmax_cross_entropy_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Each example's cross-entropy and its gradient, from one pass over the exponentials.

    Parameters
    ----------
    logits, labels, axis, label_smoothing
        As in `softmax_cross_entropy`.
    out : array of the gradient's shape and dtype, optional
        Where to write the gradient; it may be `logits`, or `labels` itself.

    Returns
    -------
    value : array of the shape of `logits` without `axis`
        Bit for bit what `softmax_cross_entropy` gives.
    grad : array of the shape of `logits`
        Bit for bit what `softmax_cross_entropy_grad` gives; `out` if it was given.

    Formulas, edges, error bounds and errors are those of the two functions.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> value, grad = softmax_cross_entropy_value_and_grad(np.zeros((1, 4)), [3])
    >>> value
    array([1.38629436])
    >>> grad
    array([[ 0.25,  0.25,  0.25, -0.75]])
    """
    smoothing = as_smoothing(label_smoothing)
    z, y, axes, dtype = _checked(logits, labels, axis)
    small = _evaluate_small(z, y, axes, smoothing, out, value=True, grad=True)
    if small is not None:
        return finished(small[0]), small[1]
    value = result_array(without(z.shape, axes), dtype, None)
    grad = result_array(z.shape, dtype, out)
    _evaluate(z, y, axes, smoothing, value, grad, dtype)
    return finished(value), grad


@np.errstate(all="ignore")
def softmax_cross_entropy_hvp(
    logits: ArrayLike,
    labels: ArrayLike,
    v: ArrayLike,
    *,
    axis: int = -1,
    label_smoothing: float = 0.0,
    out: FloatArray | None = None,
) -> FloatArray:
    """The Hessian of each example's cross-entropy times `v`: p_i (v_i − ⟨p, v⟩) Σ_j y_j.

    That is the softmax's Jacobian times `v` and Σ_j y_j, computed as in `softmax_jvp`. True classes
    do not change it, and of a distribution only the sum does.

    Parameters
    ----------
    logits, labels, axis, label_smoothing
        As in `softmax_cross_entropy`.
    v : array of real numbers, of the shape of `logits`
        The direction, a change of the logits. The result has the dtype of all arrays together.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `logits`, `v` or `labels` itself.

    Returns
    -------
    array of the shape of `logits`
        `out` if it was given.

    Edges: an example with +inf, NaN or nothing but −inf among its logits, or with NaN or an
    infinity in `v`, has NaN or an infinity among its results, and no other example does. An empty
    array gives an empty array. No warning accompanies any of them.

    Error bound, of ‖error‖₂ / ‖result‖₂ for each example, on finite logits of any size and measured
    with NumPy 2 on Gaussian directions: 8 eps in float64, longdouble and float32.

    Raises
    ------
    TypeError, ValueError
        As `softmax_cross_entropy`, and for `v` as for `logits`.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_cross_entropy_hvp(np.log([0.25, 0.75]), 0, [1.0, 0.0])
    array([ 0.1875, -0.1875])
    """
    smoothing = as_smoothing(label_smoothing)
    z, y, axes, dtype = _checked(logits, labels, axis)
    direction = as_array("v", v)
    if direction.shape != z.shape:
        raise ValueError(f"v must have the shape of logits, {z.shape}, got {direction.shape}")
    dtype = np.promote_types(dtype, float_dtype(direction))
    result = result_array(z.shape, dtype, out)
    if z.size:
        soft = [y] if y.dtype.kind == "f" else []
        run_tiles(
            lambda tile: kernels.hessian_product(tile, smoothing, soft=bool(soft)),
            axes,
            compute_dtype(dtype),
            [z, direction, *soft],
            output=result,
            class_major=True,
            scratch_matrices=2,
        )
    return result


@np.errstate(all="ignore")
def _evaluate_small(
    z: Array,
    y: Array,
    axes: tuple[int, ...],
    smoothing: float,
    out: FloatArray | None,
    *,
    value: bool,
    grad: bool,
) -> tuple[FloatArray, FloatArray] | None:
    """The pair of `_small.cross_entropy`; None if the problem needs the tiles."""
    rows = None if smoothing or y.dtype.kind == "f" else _small.rows_of(z, axes[0], out)
    pair = None if rows is None else _small.cross_entropy(rows, y, value=value, grad=grad)
    if pair is None:
        return None
    return pair[0].reshape(y.shape), pair[1].reshape(z.shape)


@np.errstate(all="ignore")
def _evaluate(
    z: Array,
    y: Array,
    axes: tuple[int, ...],
    smoothing: float,
    value: FloatArray | None,
    grad: FloatArray | None,
    dtype: FloatDType,
) -> None:
    """Fill `value` and `grad`, unless they are None."""
    if not z.size:
        if value is not None:
            value.fill(0)
        return
    soft = y.dtype.kind == "f"
    run_tiles(
        lambda tile: kernels.cross_entropy(
            tile, smoothing, value=value is not None, grad=grad is not None
        ),
        axes,
        compute_dtype(dtype),
        [z, y] if soft else [z],
        output=grad,
        labels=None if soft else y,
        per_example=value,
        class_major=bool(soft or smoothing),
        scratch_matrices=2 if soft or smoothing else 0,
        scratch_vectors=20,
    )


def _checked(
    logits: ArrayLike, labels: ArrayLike, axis: int
) -> tuple[Array, Array, tuple[int, ...], FloatDType]:
    """Logits, labels and the axis as a tuple, all checked, and the dtype of the result."""
    z = as_array("logits", logits)
    axis = as_axis(axis, z.ndim)
    y = _as_labels(labels, z.shape, axis)
    dtype = float_dtype(z)
    if y.dtype.kind == "f":
        dtype = np.promote_types(dtype, float_dtype(y))
    return z, y, (axis,), dtype


def _as_labels(labels: ArrayLike, shape: tuple[int, ...], axis: int) -> Array:
    """`labels`, checked, as true classes (integers) or distributions (floats)."""
    y = as_array("labels", labels)
    if y.dtype.kind == "b":
        raise TypeError(
            f"labels of dtype bool with shape {y.shape} are ambiguous: "
            "pass integers for true classes or floats for distributions"
        )
    wrong = foreign.labels_error(y, shape, axis)
    if wrong is not None:
        raise wrong
    if y.dtype.kind == "f":
        # NumPy makes an empty list an array of floats
        return y if y.shape == shape else y.astype(np.intp)
    if y.size and not (y.min() >= 0 and y.max() < shape[axis]):
        position = tuple(np.argwhere((y < 0) | (y >= shape[axis]))[0].tolist())
        where = f"labels{list(position)}" if position else "labels"
        raise ValueError(
            f"{where} is {y[position]}, expected 0 <= label < {shape[axis]}, the number of classes"
        )
    return y
