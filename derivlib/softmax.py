"""Softmax, log-softmax and log-sum-exp.

`derivlib._softmax_kernels` computes them, and says where the error bounds come from; for few logits
`derivlib._small` does, with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from derivlib import _small
from derivlib import _softmax_kernels as kernels
from derivlib._arrays import (
    Array,
    FloatArray,
    as_array,
    as_axes,
    compute_dtype,
    finished,
    float_dtype,
    result_array,
    without,
)
from derivlib._tiles import Tile, run_tiles

__all__ = ["log_softmax", "logsumexp", "softmax"]


def softmax(
    z: ArrayLike, axis: int | Sequence[int] | None = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """The softmax along `axis`: p_j = exp(z_j) / Σ_k exp(z_k).

    Parameters
    ----------
    z : array of real numbers, any shape and strides
        The logits. A floating dtype is kept; integers and bools are taken as float64. float16 is
        computed in float32 and rounded once. Another library's array is read as NumPy reads it:
        the result is an array of NumPy.
    axis : int, tuple of ints or None
        The axis, or axes, along which the result sums to 1; None is all of them.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `z` itself.

    Returns
    -------
    array of the shape of `z`
        `out` if it was given.

    Edges: a logit of −inf has p = 0. A slice that holds +inf or NaN, or nothing but −inf, has no
    softmax: NaN throughout that slice, and in no other. An empty array gives an empty array. No
    warning accompanies any of them.

    Error bound, on finite logits of any size and measured with NumPy 2 for up to 100000 classes:
    6 ULP in float64, longdouble and float32, 1 in float16.

    Raises
    ------
    TypeError
        `z` is complex, an object or a string, or it is lazy, traced or sparse, has a unit or
        requires a gradient; `axis` is no integer; `out` is no array of the result's dtype.
    ValueError
        `z` is ragged, or entries of it are masked or missing; `axis` is out of range or repeats;
        `out` has another shape or is read-only.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.log([1.0, 2.0, 5.0]))
    array([0.125, 0.25 , 0.625])
    """
    return _run_on_logits(kernels.softmax, _small.softmax, z, axis, out, scratch_vectors=10)


def log_softmax(
    z: ArrayLike, axis: int | Sequence[int] | None = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """The logarithm of the softmax along `axis`: z_j − log Σ_k exp(z_k).

    With m = z_i the largest logit it is (z_j − m) − log1p(Σ_{k≠i} exp(z_k) / exp(m)): both terms
    have one sign, so that nothing cancels, and the largest entry keeps its digits where its
    softmax rounds to 1.

    Parameters, result and errors are those of `softmax`.

    Edges: a logit of −inf gives −inf. A slice that holds +inf or NaN, or nothing but −inf, gives
    NaN throughout that slice, and in no other. An empty array gives an empty array. No warning
    accompanies any of them.

    Error bound, on finite logits of any size and measured with NumPy 2 for up to 100000 classes:
    3.5 ULP in float64, 4 in longdouble, 5 in float32, 1 in float16.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    The second class has p = 1 − 4e-18, which rounds to 1; its logarithm is kept:

    >>> import numpy as np
    >>> log_softmax(np.array([0.0, 40.0]))
    array([-4.00000000e+01, -4.24835426e-18])
    """
    return _run_on_logits(kernels.log_softmax, _small.log_softmax, z, axis, out, scratch_vectors=16)


@np.errstate(all="ignore")
def logsumexp(
    z: ArrayLike,
    axis: int | Sequence[int] | None = -1,
    *,
    keepdims: bool = False,
    out: FloatArray | None = None,
) -> FloatArray:
    """The logarithm of the sum of exponentials along `axis`: log Σ_j exp(z_j).

    With m = z_i the largest entry it is m + log1p(Σ_{j≠i} exp(z_j) / exp(m)).

    Parameters
    ----------
    z, axis
        As in `softmax`, the dtypes, too.
    keepdims : bool
        Whether the summed axes stay, with size 1.
    out : array of the result's shape and dtype, optional
        Where to write the result.

    Returns
    -------
    array of the shape of `z` without `axis`
        `out` if it was given; a NumPy scalar where no axis is left.

    Edges: the sum of nothing is 0, so an empty axis gives −inf, and so do entries that are all
    −inf; a slice with +inf gives +inf; a slice with NaN gives NaN. No warning accompanies any of
    them.

    Error bound, on finite entries of any size and measured with NumPy 2 for up to 100000 of them:
    5 ULP of max(|m|, |result|) in float64 and longdouble, 7 in float32, 1 in float16. Where neither
    m and the logarithm cancel nor the entries' rounding counts, |m| + log1p(…) and Σ_j p_j |z_j|
    being at most 1.1 |result|, 2 ULP of the result in float64, 3 in float32. Near 0, where m and
    the logarithm cancel, only the first bound holds, which is absolute: rounding the entries
    themselves already costs as much.

    Errors are those of `softmax`.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> logsumexp(np.array([[1000.0, 1000.0], [-np.inf, 0.0]]))
    array([1000.69314718,    0.        ])
    """
    z = as_array("z", z)
    if (rows := _small.rows_of(z, axis, out)) is not None and not keepdims:
        sums = _small.logsumexp(rows)
        if sums is not None:
            return finished(sums.reshape(z.shape[:-1]))
    axes = as_axes(axis, z.ndim)
    dtype = float_dtype(z)
    shape = tuple(1 if i in axes else size for i, size in enumerate(z.shape))
    result = result_array(shape if keepdims else without(z.shape, axes), dtype, out)
    if z.size:
        per_example = result.squeeze(axes) if keepdims else result
        run_tiles(
            kernels.logsumexp,
            axes,
            compute_dtype(dtype),
            [z],
            per_example=per_example,
            class_major=z.size != 2 * result.size,  # of two classes, no largest is looked for
        )
    else:
        result.fill(-np.inf)
    return finished(result, out)


def _run_on_logits(
    kernel: Callable[[Tile], None],
    small_kernel: Callable[[FloatArray], FloatArray | None],
    z: ArrayLike,
    axis: int | Sequence[int] | None,
    out: FloatArray | None,
    *,
    scratch_vectors: int,
) -> FloatArray:
    """Run `kernel` on the slices of `z`, or `small_kernel` if that gives a result."""
    z = as_array("z", z)
    if (rows := _small.rows_of(z, axis, out)) is not None:
        with np.errstate(all="ignore"):
            result = small_kernel(rows)
        if result is not None:
            return result.reshape(z.shape)
    return run_same_shape(
        kernel,
        [z],
        axis,
        out,
        scratch_vectors=scratch_vectors,
        class_major=kernel is not kernels.softmax,
    )


@np.errstate(all="ignore")
def run_same_shape(
    kernel: Callable[[Tile], None],
    inputs: list[Array],
    axis: int | Sequence[int] | None,
    out: FloatArray | None,
    *,
    scratch_matrices: int = 0,
    scratch_vectors: int,
    class_major: bool = True,
) -> FloatArray:
    """Run `kernel`, whose result has the inputs' shape, on their slices; options as `run_tiles`."""
    axes = as_axes(axis, inputs[0].ndim)
    dtype = np.result_type(*map(float_dtype, inputs))
    result = result_array(inputs[0].shape, dtype, out)
    if result.size:
        run_tiles(
            kernel,
            axes,
            compute_dtype(dtype),
            inputs,
            output=result,
            class_major=class_major,
            scratch_matrices=scratch_matrices,
            scratch_vectors=scratch_vectors,
        )
    return finished(result, out)
