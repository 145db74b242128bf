"""The derivatives of softmax and log-softmax, as products with a vector and as a matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import (
    Axes,
    FloatArray,
    as_array,
    as_axis,
    compute_dtype,
    float_dtype,
    overlap,
    result_array,
)
from derivlib._engine.calls import along_axes
from derivlib._engine.columns import classwise, column_sums, entries, redo
from derivlib._engine.tiles import cuts
from derivlib.softmax import FEW, set_apart, softmax

__all__ = ["log_softmax_vjp", "softmax_jacobian", "softmax_jvp", "softmax_vjp"]

BLOCK = 8192  # entries of Jacobians that are computed at a time


@np.errstate(all="ignore")
def softmax_jacobian(z: ArrayLike, axis: int = -1, *, out: FloatArray | None = None) -> FloatArray:
    """The Jacobian of the softmax along `axis`, dense, for study: ∂p_i/∂z_j = p_i (δ(i, j) − p_j).

    On the diagonal, 1 − p_i is computed as Σ_{k≠i} p_k where p_i is largest, so that it keeps its
    digits where p_i rounds to 1. To multiply by the Jacobian, use `softmax_jvp` and `softmax_vjp`,
    which do without its K² entries.

    Parameters
    ----------
    z : array of real numbers, any shape and strides
        The logits (not the softmax); dtypes as in `softmax`.
    axis : int
        The axis of the K classes.
    out : array of the result's shape and dtype, optional
        Where to write the result.

    Returns
    -------
    array of the shape of `z` without `axis`, followed by (K, K)
        The Jacobians, symmetric; `out` if it was given.

    Edges: a slice without a softmax (+inf, NaN, nothing but −inf) has NaN throughout its Jacobian.
    An empty array gives an empty array. No warning accompanies any of them.

    Error bound, of every entry, on finite logits of any size and measured with NumPy 2: 12 ULP in
    float64, longdouble and float32, 1 in float16.

    Errors are those of `softmax`.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_jacobian(np.log([1.0, 3.0]))
    array([[ 0.1875, -0.1875],
           [-0.1875,  0.1875]])
    """
    z = as_array("z", z)
    moved = np.moveaxis(z, as_axis(axis, z.ndim), -1)
    dtype, classes = float_dtype(z), moved.shape[-1]
    result = result_array((*moved.shape, classes), dtype, out)
    if overlap(moved, result):
        moved = moved.copy()
    if not z.size:
        return result
    jacobians = result.view(np.ndarray)
    for index in cuts(moved.shape[:-1], max(BLOCK // (classes * classes), 1)):
        p = softmax(moved[index].astype(compute_dtype(dtype)))
        block = jacobians[index]
        np.multiply(p[..., :, None], -p[..., None, :], out=block)
        # The error bound: that of the softmax twice, and of a sum or difference without cancelling.
        others = p.reshape(-1, classes).copy()
        row, largest = np.arange(len(others)), others.argmax(axis=-1)
        _, rest = set_apart(others.T, largest)
        np.subtract(1, others, out=others)
        others[row, largest] = rest
        np.einsum("...ii->...i", block)[...] = p * others.reshape(p.shape)
    return result


def softmax_jvp(
    p: ArrayLike,
    v: ArrayLike,
    axis: Axes = -1,
    *,
    out: FloatArray | None = None,
) -> FloatArray:
    """The derivative of the softmax in the direction `v`: Σ_j ∂p_i/∂z_j v_j = p_i (v_i − ⟨p, v⟩).

    With v′ = v − v_k, where p_k is largest, it is computed as p_i (v′_i − ⟨p, v′⟩): the same, since
    Σ p = 1, and nothing cancels where p_k is close to 1.

    Parameters
    ----------
    p : array of real numbers, any shape and strides
        The softmax at which to differentiate, as `softmax` gives it.
    v : array of real numbers, of the shape of `p`
        The direction, a change of the logits.
    axis : int, tuple of ints or None
        The axis, or axes, along which `p` sums to 1; None is all of them.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `p` or `v` itself.

    Returns
    -------
    array of the shape of `p`
        Of the dtype of the two arrays together, where integers and bools are taken as float64 and
        float16 is computed in float32 and rounded once. `out` if it was given.

    Edges: a slice with NaN or an infinity in `p` or `v` has NaN or an infinity among its results,
    and no other slice does. An empty array gives an empty array. No warning accompanies any of
    them.

    Error bound, of ‖error‖₂ / ‖result‖₂ in each slice, measured with NumPy 2 for `p` from `softmax`
    and Gaussian directions, against the product with the exact softmax: 8 eps in float64,
    longdouble and float32.

    Raises
    ------
    TypeError, ValueError
        As `softmax`, for `v` as for `p`; and `p` and `v` differ in shape.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_jvp([0.25, 0.75], [1.0, 0.0])
    array([ 0.1875, -0.1875])
    """
    result: FloatArray = along_axes(softmax_product, axis, out, p=p, v=v)
    return result


def softmax_product(
    p: FloatArray, v: FloatArray, product: FloatArray, *, shifted: bool = False
) -> None:
    """p ⊙ (v′ − ⟨p, v′⟩), with v′ = v − v_k, where p_k is largest; from v/4, if that overflows."""
    if shifted:
        v = v * v.dtype.type(0.25)
    centred = classwise(np.subtract, v, _at_largest(p, v), out=product)
    mean = column_sums(p, centred)
    classwise(np.subtract, centred, mean, out=product)
    classwise(np.multiply, product, p, out=product)
    if shifted:
        classwise(np.multiply, product, 4, out=product)
    elif len(again := np.flatnonzero(~np.isfinite(mean))):
        redo(softmax_product, again, [p, v], [product])


def _at_largest(p: FloatArray, v: FloatArray) -> FloatArray:
    """v_k of each column, where p_k is the largest; of several largest, a mean."""
    if p.strides[0] <= p.strides[1] or len(p) > FEW:
        memory, index = entries(v, p.argmax(axis=0))
        return memory.take(index)
    # NumPy's argmax goes through the columns one by one.
    largest = (p == p.max(axis=0)).astype(p.dtype)
    return column_sums(largest / column_sums(largest), v)


def softmax_vjp(
    p: ArrayLike,
    g: ArrayLike,
    axis: Axes = -1,
    *,
    out: FloatArray | None = None,
) -> FloatArray:
    """A loss's gradient in the logits from `g`, its gradient in the softmax: p_j (g_j − ⟨p, g⟩).

    The Jacobian is symmetric, so these are the numbers of `softmax_jvp` in the direction `g`.

    Parameters
    ----------
    p, axis, out
        As in `softmax_jvp`; `out` may be `p` or `g` itself.
    g : array of real numbers, of the shape of `p`
        The gradient of the loss in `p`.

    Result, dtypes, edges, error bound and errors are those of `softmax_jvp`.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_vjp([0.25, 0.75], [1.0, 0.0])
    array([ 0.1875, -0.1875])
    """
    result: FloatArray = along_axes(softmax_product, axis, out, p=p, g=g)
    return result


def log_softmax_vjp(
    p: ArrayLike,
    g: ArrayLike,
    axis: Axes = -1,
    *,
    out: FloatArray | None = None,
) -> FloatArray:
    """A loss's gradient in the logits from `g`, that in the log-softmax: g_j − p_j Σ_i g_i.

    Parameters
    ----------
    p, axis, out
        As in `softmax_jvp`: the softmax, not its logarithm. `out` may be `p` or `g` itself.
    g : array of real numbers, of the shape of `p`
        The gradient of the loss in log p.

    Result, dtypes, edges and errors are those of `softmax_jvp`.

    Error bound, for finite `p` and `g` and measured with NumPy 2: 4 u (|g_j| + |p_j| Σ_i |g_i|) in
    every dtype, where u is half of the dtype's eps.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> log_softmax_vjp([0.25, 0.75], [1.0, 0.0])
    array([ 0.75, -0.75])
    """
    result: FloatArray = along_axes(_log_softmax_product, axis, out, p=p, g=g)
    return result


def _log_softmax_product(
    p: FloatArray, g: FloatArray, product: FloatArray, *, shifted: bool = False
) -> None:
    """g_j − p_j Σ_i g_i; divided by a power of 2, where Σ g overflows."""
    power = len(g).bit_length()
    if shifted:
        g = np.ldexp(g, -power)
    total = column_sums(g)
    classwise(np.multiply, p, total, out=product)
    classwise(np.subtract, g, product, out=product)
    if shifted:
        classwise(np.ldexp, product, power, out=product)
    elif len(again := np.flatnonzero(~np.isfinite(total))):
        redo(_log_softmax_product, again, [p, g], [product])
