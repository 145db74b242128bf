"""Cross-entropy of the softmax: value, gradient, both at once, Hessian-vector product.

Three kernels stand below the public functions: for a true class, for a true class of two, and for
weights of all classes. They work on a matrix with a row for each class and a column for each
example; `derivlib.softmax` has the exponentials, and says where the error bounds come from.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import (
    Array,
    FloatArray,
    FloatDType,
    as_array,
    as_axis,
    as_labels,
    as_like,
    as_smoothing,
    compute_dtype,
    finished,
    float_dtype,
    result_array,
    result_like,
    without,
)
from derivlib._engine.columns import classwise, column_sums, entries, redo
from derivlib._engine.tiles import Kernel, run_on_tiles
from derivlib.softmax import exponentials, limits, set_apart, shift_of, softmax_of, unfit
from derivlib.softmax_derivatives import softmax_product

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
    value, _ = _evaluate(
        logits, labels, axis, label_smoothing, out, want_value=True, want_grad=False
    )
    return value


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
    every dtype, where u is half of the dtype's eps. Where that is less than the smallest subnormal
    number, the error may be as large as this.

    Errors are those of `softmax_cross_entropy`.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_cross_entropy_grad(np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]]), [2, 0])
    array([[ 0.125,  0.25 , -0.375],
           [-0.75 ,  0.25 ,  0.5  ]])
    """
    _, grad = _evaluate(
        logits, labels, axis, label_smoothing, out, want_value=False, want_grad=True
    )
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
    return _evaluate(logits, labels, axis, label_smoothing, out, want_value=True, want_grad=True)


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
    z, y, axis, dtype = _checked(logits, labels, axis)
    direction = as_like("v", v, "logits", z)
    dtype = np.promote_types(dtype, float_dtype(direction))
    result = result_like(z, dtype, out)
    if z.size:
        soft = [y] if y.dtype.kind == "f" else []
        kernel = partial(_hessian_product, smoothing=smoothing)
        run_on_tiles(kernel, (axis,), compute_dtype(dtype), [z, direction, *soft], [result])
    return result


def _hessian_product(z: FloatArray, v: FloatArray, *others: FloatArray, smoothing: float) -> None:
    """p ⊙ (v − ⟨p, v⟩) Σ_j y_j, where y may be left out, as the sum is 1 then."""
    *soft, product = others
    p = np.empty_like(z)
    softmax_of(z, p)
    softmax_product(p, v, product)
    for y in soft:
        kept, given = _mixture(z, smoothing)
        total = column_sums(y) * kept + given * len(z)
        classwise(np.multiply, product, total, out=product)


def _evaluate(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int,
    label_smoothing: float,
    out: FloatArray | None,
    *,
    want_value: bool,
    want_grad: bool,
) -> tuple[FloatArray, FloatArray]:
    """The losses and their gradients; the entry not asked for is None."""
    smoothing = as_smoothing(label_smoothing)
    z, y, axis, dtype = _checked(logits, labels, axis)
    grad = result_like(z, dtype, out) if want_grad else None
    shape = without(z.shape, (axis,))
    value = result_array(shape, dtype, None if want_grad else out) if want_value else None
    if z.size:
        kernel: Kernel
        if smoothing or y.dtype.kind == "f":
            kernel = partial(_of_weights, smoothing=smoothing)
        else:
            kernel = _of_two_classes if z.shape[axis] == 2 else _of_classes
        run_on_tiles(kernel, (axis,), compute_dtype(dtype), [z, y], [value, grad])
    elif value is not None:
        value.fill(0)
    if value is not None and not want_grad:
        value = finished(value, out)
    elif value is not None:
        value = finished(value)
    return value, grad  # type: ignore[return-value]  # None where it was not asked for


def _checked(
    logits: ArrayLike, labels: ArrayLike, axis: int
) -> tuple[Array, Array, int, FloatDType]:
    """Logits, labels and the axis, all checked, and the dtype of the result."""
    z = as_array("logits", logits)
    axis = as_axis(axis, z.ndim)
    y = as_labels(labels, z.shape, axis)
    return (
        z,
        y,
        axis,
        float_dtype(z, y)
        if y.dtype.kind != "f"
        else np.promote_types(float_dtype(z), float_dtype(y)),
    )


# --- the kernels ----------------------------------------------------------------------------------


def _of_classes(
    z: FloatArray,
    y: Array,
    value: FloatArray | None,
    grad: FloatArray | None,
    *,
    shifted: bool = False,
) -> None:
    """log1p(Σ_{k≠y} e_k / e_y); e_j/Σe, and at the label −Σ_{k≠y} e_k / Σe.

    The label is left out of the sum, so that neither the value nor the gradient loses its digits
    where p_y rounds to 1.
    """
    e = exponentials(z, np.empty_like(z) if grad is None else grad, shifted)
    memory, index = entries(e, y)
    own = memory.take(index)
    memory[index] = 0
    rest = column_sums(e)
    sums = own + rest
    if value is not None:
        np.log1p(rest / own, out=value)
        if shifted:
            far = ~(own >= rest / 4)
            if far.any():
                np.copyto(value, _from_largest(z, y, sums), where=far)
    if grad is not None:
        memory[index] = 0 - rest  # −Σ_{k≠y} p_k; not −rest, which is −0 for a single class
        classwise(np.divide, grad, sums, out=grad)
    del e, memory  # they may be large
    if not shifted and len(again := unfit(z, sums, own, rest)):
        redo(_of_classes, again, [z, y], [value, grad])


def _from_largest(z: FloatArray, y: Array, sums: FloatArray) -> FloatArray:
    """(m − z_y) + log(Σe/e_m), with m the largest logit, rounded; `sums` are of shifted logits.

    For labels with a p_y below 1/5: both terms are so large that nothing cancels.
    """
    top = np.rint(z.max(axis=0))
    value: FloatArray = np.log(sums / np.exp(top - shift_of(z)))
    value += top - z[y, np.arange(len(y))]
    return value


def _of_two_classes(
    z: FloatArray, y: Array, value: FloatArray | None, grad: FloatArray | None
) -> None:
    """log1p(e) and ∓e/(1 + e), with e = exp(t), and t the other logit less the label's.

    The rounding error of t is put right, where it is small: where it is not, t is so large that the
    loss is t or 0.
    """
    first, second = z
    sign = y.astype(z.dtype)
    sign *= -2
    sign += 1
    t = second - first
    again = t + first
    error = (second - again) - (first - (again - t))
    t *= sign
    error *= sign
    bounded = t
    reach = -limits(z.dtype).log_tiny - 4
    if not (t.max() <= reach and t.min() >= -reach):
        t[np.maximum(first, second) == np.inf] = np.nan  # there is no softmax
        bounded = np.minimum(t, reach)
        error = np.fmin(np.fmax(error, -SMALL_ERROR), SMALL_ERROR)
    e = np.exp(bounded)
    error *= e
    e += error
    if value is not None:
        np.maximum(np.log1p(e), t, out=value)
    if grad is not None:
        np.multiply(np.divide(e, e + 1, out=e), sign, out=grad[1])
        np.negative(grad[1], out=grad[0])


SMALL_ERROR = 2.0**-10  # of t, far above what it is where exp(t) is neither 0 nor as good as ∞


def _of_weights(
    z: FloatArray,
    y: Array,
    value: FloatArray | None,
    grad: FloatArray | None,
    *,
    smoothing: float,
    shifted: bool = False,
) -> None:
    """−Σ_j y_j log p_j, and p_j Σ_i y_i − y_j, for distributions or true classes to be smoothed.

    With m = z_k the largest logit, −log p_j is (m − z_j) + log1p(Σ_{i≠k} e_i / e_k), and the
    gradient at k is computed without 1 − p_k, which would lose a one-hot row's digits.
    Where something has no finite value, the weights are scaled, and the logits halved.
    """
    weights = _smoothed(z, y, smoothing)
    power = np.zeros(z.shape[1], np.intc)
    impossible = None
    if shifted:
        impossible = np.isneginf(z) & (weights == 0) & np.isfinite(z.max(axis=0))
        power = np.frexp(np.abs(weights).max(axis=0))[1]
        weights = np.ldexp(weights, -power)
    e = exponentials(z, np.empty_like(z) if grad is None else grad, shifted)
    largest = z.argmax(axis=0)
    memory, index = entries(z, largest)
    top = memory.take(index)
    own, rest = set_apart(e, largest)
    sums = own + rest
    total = column_sums(weights)
    if value is not None:
        half = 0.5 if shifted else 1
        cost = half * top - half * z if shifted else top - z
        cost += half * np.log1p(rest / own)
        cost *= weights
        if impossible is not None:
            cost[impossible] = np.inf if smoothing else 0  # smoothed, every class has some weight
        value[...] = column_sums(cost)
        if shifted:
            np.ldexp(value, power + 1, out=value)
        del cost
    if grad is not None:
        memory, index = entries(weights, largest)
        own_weight = memory.take(index)
        classwise(np.divide, grad, sums, out=grad)
        classwise(np.multiply, grad, total, out=grad)
        classwise(np.subtract, grad, weights, out=grad)
        memory, index = entries(grad, largest)
        memory[index] = own / sums * (total - own_weight) - own_weight * (rest / sums)
        if shifted:
            classwise(np.ldexp, grad, power, out=grad)
    if shifted:
        return
    del e, weights  # they may be large
    careful = partial(_of_weights, smoothing=smoothing)
    again = np.union1d(unfit(z, sums, own, rest), np.flatnonzero(~np.isfinite(total)))
    if len(again):
        redo(careful, again, [z, y], [value, grad])
    if value is not None and len(again := np.flatnonzero(~np.isfinite(value))):
        redo(careful, again, [z, y], [value, None])


def _smoothed(z: FloatArray, y: Array, smoothing: float) -> FloatArray:
    """The weights y (1 − smoothing) + smoothing/K, of distributions or true classes y."""
    if y.ndim == 2 and not smoothing:
        return y
    kept, given = _mixture(z, smoothing)
    if y.ndim == 2:
        weights: FloatArray = y * kept
        weights += given
        return weights
    weights = np.full_like(z, given)
    memory, index = entries(weights, y)
    memory[index] += kept
    return weights


def _mixture(z: FloatArray, smoothing: float) -> tuple[Any, Any]:
    """1 − smoothing, the factor of a label, and smoothing/K, which every class gets."""
    # longdouble, lest 1 − smoothing be rounded to double where the result has more digits.
    scalar, alpha = z.dtype.type, np.longdouble(smoothing)
    return scalar(1 - alpha), scalar(alpha / len(z))
