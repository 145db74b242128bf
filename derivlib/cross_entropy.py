"""Cross-entropy of the softmax: value, gradient, both at once, Hessian-vector product.

Three kernels stand below the public functions: for a true class, for a true class of two, and for
weights of all classes. They work on a matrix with a row for each class and a column for each
example; `derivlib.softmax` has the exponentials, and says where the error bounds come from.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

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
from derivlib._engine.columns import classwise, column_sums, entries, halved_sums, redo
from derivlib._engine.options import (
    as_class_weights,
    as_ignored,
    as_mask,
    as_weights,
    taking_part,
    weigh,
)
from derivlib._engine.tiles import run_on_tiles
from derivlib.softmax import (
    SMALL_ERROR,
    exponentials,
    limits,
    rounded_off,
    set_apart,
    shift_of,
    softmax_of,
    unfit,
)
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
    where: ArrayLike = True,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    ignore_index: int | None = None,
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
        y (1 − α) + α/K, where K counts the classes that take part.
    where : array of bools that broadcasts to the shape of `logits`
        Which classes take part. The others may have any logits, also NaN: the loss is that of the
        example without them, and their gradient is 0. Of a distribution, their weights do not
        count. A true class that takes no part has p = 0, and costs +inf.
    weights : array of finite numbers that broadcasts to the shape of the result
        What each example's value and gradient are multiplied by, when they have been rounded: those
        too large or too small for a number stay so. The weight 0 gives 0, whatever the loss.
    class_weights : array of K finite numbers
        What each y_j is multiplied by, after smoothing; so a true class y counts class_weights[y],
        as `weights` do.
    ignore_index : int
        True classes equal to it, whatever it is, have the value and the gradient 0.
    out : array of the result's shape and dtype, optional
        Where to write the result.

    Returns
    -------
    array of the shape of `logits` without `axis`
        `out` if it was given; a NumPy scalar for a single example. Of the dtype of all arrays of
        floats together.

    Means: `np.mean` of the result counts each example as one, an ignored one, too. For the mean in
    which it counts as what it weighs, divide the sum of the result by Σ weights, which is
    `np.average` of the losses without weights; for true classes with `class_weights`, as PyTorch
    does, by Σ class_weights[y]; with `ignore_index`, by the number of those that are kept.

    Edges: a true class whose logit is −inf costs +inf. A class of weight 0 costs nothing, even if
    its logit is −inf (0 · inf = 0); with smoothing, every class has some weight. An example with
    +inf, NaN or nothing but −inf among its logits costs NaN, and no other example does. No examples
    give an empty array; no classes, which only distributions allow, give 0. No warning accompanies
    any of them.

    Error bound, on finite logits of any size and weights y ≥ 0, measured with NumPy 2 for up to
    100000 classes: 3.5 ULP in float64, 4 in longdouble, 5 in float32, 1 in float16. Weights of both
    signs may cancel: for them the bound is in ULP of Σ_j |y_j log p_j|.

    The bound with `where` is the same; `weights` and `class_weights`, which are factors, may double
    the number of ULP, and add 1, if the loss that they multiply is a normal number.

    Raises
    ------
    TypeError
        An argument is no array of real numbers, as for `softmax`; `labels` is of bools; `axis` is
        no integer; `label_smoothing` is no number; `where` is not of bools; `ignore_index` is no
        integer, or `labels` are distributions, of which it says nothing; `out` is no array of the
        result's dtype.
    ValueError
        A label is no class, or it is missing; `labels` or `class_weights` has the wrong shape;
        `where` or `weights` does not broadcast; a weight is not finite; `label_smoothing` does not
        lie between 0 and 1; an argument is ragged, or entries of it are masked or missing; `axis`
        is out of range; `out` has another shape or is read-only.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> logits = np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]])
    >>> softmax_cross_entropy(logits, [2, 0])
    array([0.47000363, 1.38629436])
    >>> softmax_cross_entropy(logits, [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]])
    array([0.47000363, 1.38629436])

    Without the last class; and the means over what the classes weigh, and over what is kept:

    >>> softmax_cross_entropy(logits, [1, 0], where=[True, True, False])
    array([0.40546511, 0.69314718])
    >>> labels, weight = np.array([2, 0]), np.array([3.0, 1.0, 1.0])
    >>> losses = softmax_cross_entropy(logits, labels, class_weights=weight)
    >>> print(losses, losses.sum() / weight[labels].sum())
    [0.47000363 4.15888308] 1.1572216781513518
    >>> losses = softmax_cross_entropy(logits, labels, ignore_index=0)
    >>> print(losses, losses.sum() / np.count_nonzero(labels != 0))
    [0.47000363 0.        ] 0.4700036292457356
    """
    options = label_smoothing, where, weights, class_weights, ignore_index
    value, _ = _evaluate(_problem(logits, labels, axis, *options), out, True, False)
    return value


def softmax_cross_entropy_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    label_smoothing: float = 0.0,
    where: ArrayLike = True,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    ignore_index: int | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """The gradient of each example's cross-entropy in its logits: ∂L/∂z_i = p_i Σ_j y_j − y_i.

    For a true class y that is p_i − δ(i, y), computed at i = y as −Σ_{k≠y} p_k, which keeps its
    digits where p_y rounds to 1. Rows of one-hot floats are as accurate.

    Parameters
    ----------
    logits, labels, axis, label_smoothing, where, weights, class_weights, ignore_index
        As in `softmax_cross_entropy`. The formula holds for weights y_j of any sum; where they sum
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

    The bound with weights is as for the value; the absolute one is then 6 u Σ_j |w_j|, times the
    weight of the example, where w are the labels, smoothed and weighted.

    Errors are those of `softmax_cross_entropy`.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_cross_entropy_grad(np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]]), [2, 0])
    array([[ 0.125,  0.25 , -0.375],
           [-0.75 ,  0.25 ,  0.5  ]])
    """
    options = label_smoothing, where, weights, class_weights, ignore_index
    _, grad = _evaluate(_problem(logits, labels, axis, *options), out, False, True)
    return grad


def softmax_cross_entropy_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    label_smoothing: float = 0.0,
    where: ArrayLike = True,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    ignore_index: int | None = None,
    out: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Each example's cross-entropy and its gradient, from one pass over the exponentials.

    Parameters
    ----------
    logits, labels, axis, label_smoothing, where, weights, class_weights, ignore_index
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
    options = label_smoothing, where, weights, class_weights, ignore_index
    return _evaluate(_problem(logits, labels, axis, *options), out, True, True)


def softmax_cross_entropy_hvp(
    logits: ArrayLike,
    labels: ArrayLike,
    v: ArrayLike,
    *,
    axis: int = -1,
    label_smoothing: float = 0.0,
    where: ArrayLike = True,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    ignore_index: int | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """The Hessian of each example's cross-entropy times `v`: p_i (v_i − ⟨p, v⟩) Σ_j y_j.

    That is the softmax's Jacobian times `v` and Σ_j y_j, computed as in `softmax_jvp`. True classes
    do not change it but for their weights, and of a distribution only the sum does. Where a class
    takes no part, `v` may be anything.

    Parameters
    ----------
    logits, labels, axis, label_smoothing, where, weights, class_weights, ignore_index
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

    The bound with weights: each kind adds 1 eps; where those of classes cancel, it is multiplied by
    Σ_j |w_j| / |Σ_j w_j|.

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
    options = label_smoothing, where, weights, class_weights, ignore_index
    given = _problem(logits, labels, axis, *options)
    direction = as_like("v", v, "logits", given.z)
    dtype = np.promote_types(given.dtype, float_dtype(direction))
    result = result_like(given.z, dtype, out)
    if result.size:
        kernel = partial(
            _hessian_product, smoothing=given.smoothing, class_weights=given.class_weights
        )
        reads = [given.z, direction, given.y, given.mask, *given.factors]
        run_on_tiles(kernel, (given.axis,), compute_dtype(dtype), reads, [result])
    return result


def _evaluate(
    given: _Problem, out: FloatArray | None, want_value: bool, want_grad: bool
) -> tuple[FloatArray, FloatArray]:
    """The losses and their gradients; the entry not asked for is None."""
    z, axis, dtype = given.z, given.axis, given.dtype
    grad = result_like(z, dtype, out) if want_grad else None
    shape = without(z.shape, (axis,))
    value = result_array(shape, dtype, None if want_grad else out) if want_value else None
    if z.size:
        kernel = partial(_loss, smoothing=given.smoothing, class_weights=given.class_weights)
        reads = [z, given.y, given.mask, *given.factors]
        run_on_tiles(kernel, (axis,), compute_dtype(dtype), reads, [value, grad])
    elif value is not None:
        value.fill(0)
    if value is not None and not want_grad:
        value = finished(value, out)
    elif value is not None:
        value = finished(value)
    return value, grad  # type: ignore[return-value]  # None where it was not asked for


class _Problem(NamedTuple):
    """The arguments of a loss, checked."""

    z: Array
    y: Array
    axis: int
    dtype: FloatDType  # of the result
    smoothing: float
    mask: Array | None
    factors: list[Array | None]  # of each example's value and gradient: its weight, its class's
    class_weights: Array | None  # that are no part of it, as a column


def _problem(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int,
    label_smoothing: float,
    where: ArrayLike,
    weights: ArrayLike | None,
    class_weights: ArrayLike | None,
    ignore_index: int | None,
) -> _Problem:
    """All arguments, checked; what a class counts is a factor of the example, if possible."""
    smoothing = as_smoothing(label_smoothing)
    z = as_array("logits", logits)
    axis = as_axis(axis, z.ndim)
    ignored = None if ignore_index is None else as_ignored(ignore_index)
    y = as_labels(labels, z.shape, axis, ignored)
    soft = y.dtype.kind == "f"
    arrays, column = [y], None
    weight = of_class = None
    if weights is not None:
        weight = as_weights("weights", weights, without(z.shape, (axis,)))
    if ignored is not None:
        if soft:
            raise TypeError(
                "ignore_index is a label, and labels of floats are distributions: "
                "give the examples that take no part weights of 0"
            )
        weight = np.where(y == ignored, 0, 1 if weight is None else weight)
        y = np.where(y == ignored, 0, y)
    if class_weights is not None:
        by_class = as_class_weights(class_weights, z.shape[axis])
        if soft or smoothing:
            arrays.append(by_class)
            column = by_class[:, np.newaxis]
        elif y.size:
            of_class = by_class[y]
    dtype = float_dtype(z)
    for array in (*arrays, weight, of_class):
        if array is not None and array.dtype.kind == "f":
            dtype = np.promote_types(dtype, float_dtype(array))
    wide = [f if f is None else f.astype(compute_dtype(dtype)) for f in (weight, of_class)]
    return _Problem(z, y, axis, dtype, smoothing, as_mask(where, z.shape), wide, column)


# --- the kernels ----------------------------------------------------------------------------------


def _loss(
    z: FloatArray,
    y: Array,
    mask: FloatArray | None,
    weight: FloatArray | None,
    of_class: FloatArray | None,
    value: FloatArray | None,
    grad: FloatArray | None,
    *,
    smoothing: float,
    class_weights: Array | None,
) -> None:
    """The loss of the classes that take part, and its gradient, times two factors."""
    if y.ndim == 2 or smoothing:
        y = _weights(z, y, mask, smoothing, class_weights)
    z = taking_part(z, mask)
    if y.ndim == 2:
        _of_weights(z, y, value, grad)
    else:
        (_of_two_classes if len(z) == 2 else _of_classes)(z, y, value, grad)
    if mask is not None and value is not None:
        alone = np.flatnonzero(~mask.any(axis=0))  # no class takes part
        lost = y[:, alone].sum(axis=0) if y.ndim == 2 else np.ones(len(alone))
        value[alone] = np.where(lost == 0, 0, lost * np.inf)
    _finish(grad, mask, weight, of_class)
    _finish(value, None, weight, of_class)


def _hessian_product(
    z: FloatArray,
    v: FloatArray,
    y: Array,
    mask: FloatArray | None,
    weight: FloatArray | None,
    of_class: FloatArray | None,
    product: FloatArray,
    *,
    smoothing: float,
    class_weights: Array | None,
) -> None:
    """p ⊙ (v − ⟨p, v⟩) Σ_j w_j."""
    p = np.empty_like(z)
    softmax_of(taking_part(z, mask), p)
    softmax_product(p, v if mask is None else np.where(mask, v, 0), product)
    if y.ndim == 2 or class_weights is not None:  # otherwise Σ w = 1
        weights = _weights(z, y, mask, smoothing, class_weights)
        total = column_sums(weights)
        power = _power(total, len(z))
        if power.any():
            total = column_sums(np.ldexp(weights, -power))
        classwise(np.multiply, product, total, out=product)
        if power.any():
            classwise(np.ldexp, product, power, out=product)
    _finish(product, mask, weight, of_class)


def _finish(
    result: FloatArray | None, mask: FloatArray | None, *factors: FloatArray | None
) -> None:
    """Set to 0 what takes no part, and multiply the rest by numbers for each example.

    One after the other, as their product may be no number.
    """
    if result is not None:
        if mask is not None:
            np.copyto(result, 0, where=mask == 0)
        for factor in factors:
            if factor is not None:
                weigh(result, factor)


def _weights(
    z: FloatArray, y: Array, mask: FloatArray | None, smoothing: float, class_weights: Array | None
) -> FloatArray:
    """w_j = c_j (y_j (1 − α) + α/n), for the n classes that take part and the smoothing α."""
    weights, soft = y, y.ndim == 2
    if smoothing or not soft:
        # longdouble, lest 1 − α be rounded to double where the result has more digits.
        alpha, count = np.longdouble(smoothing), len(z) if mask is None else mask.sum(axis=0)
        kept, given = (1 - alpha).astype(z.dtype), (alpha / count).astype(z.dtype)
        if smoothing:  # every class has some weight
            given = np.fmax(given, np.nextafter(z.dtype.type(0), z.dtype.type(1)))
        weights = y * kept if soft else np.zeros_like(z)
        weights += given
    if mask is not None:
        weights = np.where(mask, weights, 0)
    if not soft:
        memory, index = entries(weights, y)
        memory[index] += kept  # also where the true class takes no part, which costs inf
    return weights if class_weights is None else weights * class_weights.astype(z.dtype)


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
    error = rounded_off(second, first, t)
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


def _of_weights(
    z: FloatArray,
    y: FloatArray,
    value: FloatArray | None,
    grad: FloatArray | None,
    *,
    shifted: bool = False,
) -> None:
    """−Σ_j y_j log p_j, and p_j Σ_i y_i − y_j, for weights y.

    With m = z_k the largest logit and l = log1p(Σ_{i≠k} e_i / e_k), the value is
    l Σ_j y_j + Σ_j y_j (m − z_j). The gradient at k is p_k Σ_{i≠k} y_i − y_k Σ_{i≠k} p_i.
    """
    e = exponentials(z, np.empty_like(z) if grad is None else grad, shifted)
    largest = z.argmax(axis=0)
    memory, index = entries(z, largest)
    top = memory.take(index)
    own, rest = set_apart(e, largest)
    sums = own + rest
    weights = y.copy()
    memory, index = entries(weights, largest)
    own_weight = memory.take(index)
    memory[index] = 0
    others = halved_sums(weights.copy())
    if value is not None:
        log_rest = np.log1p(rest / own)
        if shifted:
            _careful_costs(z, weights, top, log_rest, value)
            value += own_weight * log_rest
        else:
            alike = (own_weight + others) * log_rest
            np.add(alike, halved_sums((top - z) * weights), out=value)
            if np.isnan(value).any():  # what is impossible and has no weight costs nothing
                cost = (top - z) * weights
                cost[np.isneginf(z) & (weights == 0)] = 0
                np.add(alike, halved_sums(cost), out=value)
    if grad is not None:
        power = _power(own_weight + others, len(z))
        if power.any():
            weights, own_weight = np.ldexp(weights, -power), np.ldexp(own_weight, -power)
            others = halved_sums(weights.copy())
        classwise(np.divide, grad, sums, out=grad)
        classwise(np.multiply, grad, own_weight + others, out=grad)
        classwise(np.subtract, grad, weights, out=grad)
        memory, index = entries(grad, largest)
        memory[index] = own / sums * others - own_weight * (rest / sums)
        if power.any():
            classwise(np.ldexp, grad, power, out=grad)
    if shifted:
        return
    del e, weights  # they may be large
    if len(again := unfit(z, sums, own, rest)):
        redo(_of_weights, again, [z, y], [value, grad])
    if value is not None and len(again := np.flatnonzero(~np.isfinite(value))):
        redo(_of_weights, again, [z, y], [value, None])


def _power(sums: FloatArray, count: int) -> Array:
    """0, or where a sum is no finite number the power of 2 that its terms are to be divided by."""
    return np.where(np.isfinite(sums), 0, count.bit_length())


def _careful_costs(
    z: FloatArray, weights: FloatArray, top: FloatArray, log_rest: FloatArray, value: FloatArray
) -> None:
    """Σ_j y_j ((m − z_j) + l), where terms may be too large or too small for a number.

    So differences are halved, and the products' exponents are kept apart.
    """
    cost = 0.5 * top - 0.5 * z
    cost += 0.5 * log_rest
    cost[np.isinf(cost) & (weights == 0)] = 0
    (cost, power), (factor, more) = np.frexp(cost), np.frexp(weights)
    cost *= factor
    power = np.where(cost == 0, np.iinfo(np.intc).min // 4, power + more)
    highest = power.max(axis=0)
    np.ldexp(halved_sums(np.ldexp(cost, power - highest)), highest + 1, out=value)
