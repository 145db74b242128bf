"""Softmax, log-softmax and log-sum-exp.

Each kernel stands below its public function. It works on a matrix with a row for each class and a
column for each example, takes the exponentials as they are, and does those examples again, shifted,
for which they are of no use (`unfit`). So whether an example is shifted depends on itself alone.

Where the error bounds come from: NumPy's exp is off by at most 0.66 ULP in float64 and 2.3 in
float32, its log1p by 0.58 and 1.8 (measured with NumPy 2); a shift adds less than one rounding,
since the rounding of z − shift is put right; a sum of K positive terms adds few, since its chains
of additions are short. The bounds themselves are measured.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import (
    Array,
    Axes,
    FloatArray,
    FloatDType,
    as_array,
    as_axes,
    compute_dtype,
    finished,
    float_dtype,
    result_array,
    without,
)
from derivlib._engine.calls import along_axes
from derivlib._engine.columns import classwise, column_sums, entries, redo
from derivlib._engine.options import as_mask, as_weights, masked
from derivlib._engine.tiles import Kernel, run_on_tiles

__all__ = ["log_softmax", "logsumexp", "softmax"]

FEW = 16  # up to as many classes are compared with one another, example by example


def softmax(
    z: ArrayLike, axis: Axes = -1, *, where: ArrayLike = True, out: FloatArray | None = None
) -> FloatArray:
    """The softmax along `axis`: p_j = exp(z_j) / Σ_k exp(z_k).

    Parameters
    ----------
    z : array of real numbers, any shape and strides
        The logits. A floating dtype is kept; integers and bools are taken as float64, so that
        integers beyond 2^53 are rounded before their differences are taken. float16 is computed in
        float32 and rounded once. Another library's array is read as NumPy reads it: the result is
        an array of NumPy.
    axis : int, tuple or array of ints, or None
        The axis, or axes, along which the result sums to 1; None is all of them. A single number
        has the axes 0 and −1.
    where : array of bools that broadcasts to the shape of `z`
        Which entries take part. The others may hold anything, also NaN: the result is that of the
        slice without them, and 0 in their places. Where a slice has no others, it is 0 throughout.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `z` itself.

    Returns
    -------
    array of the shape of `z`
        `out` if it was given; a NumPy scalar for a single number. Its last bits may depend on the
        memory layout and on how many slices there are, but neither on the number of threads nor on
        the values of other slices.

    Edges: a logit of −inf has p = 0. A slice that holds +inf or NaN, or nothing but −inf, has no
    softmax: NaN throughout that slice, and in no other. An empty array gives an empty array. No
    warning accompanies any of them.

    Error bound, on finite logits of any size and measured with NumPy 2 for up to 100000 classes:
    6 ULP in float64, longdouble and float32, 1 in float16.

    Raises
    ------
    TypeError
        `z` is complex, an object or a string, or it is lazy, traced or sparse, has a unit or
        requires a gradient; `axis` is no integer; `where` is not of bools; `out` is no array of the
        result's dtype.
    ValueError
        `z` is ragged, or entries of it are masked or missing; `axis` is out of range or repeats;
        `where` does not broadcast to the shape of `z`; `out` has another shape or is read-only.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.log([1.0, 2.0, 5.0]))
    array([0.125, 0.25 , 0.625])
    >>> softmax(np.log([1.0, 3.0, 5.0]), where=[True, True, False])
    array([0.25, 0.75, 0.  ])
    """
    result: FloatArray = along_axes(softmax_of, axis, out, where=where, z=z)
    return result


def softmax_of(z: FloatArray, p: FloatArray, *, shifted: bool = False) -> None:
    """p_j = e_j / Σ_k e_k, with e = exp(z)."""
    e = exponentials(z, p, shifted)
    sums = column_sums(e)
    classwise(np.divide, e, sums, out=p)
    if not shifted and len(again := unfit(z, sums)):
        redo(softmax_of, again, [z], [p])


def log_softmax(
    z: ArrayLike, axis: Axes = -1, *, where: ArrayLike = True, out: FloatArray | None = None
) -> FloatArray:
    """The logarithm of the softmax along `axis`: z_j − log Σ_k exp(z_k).

    With m = z_i the largest logit it is (z_j − m) − log1p(Σ_{k≠i} exp(z_k) / exp(m)): both terms
    have one sign, so that nothing cancels, and the largest entry keeps its digits where its
    softmax rounds to 1.

    Parameters, result and errors are those of `softmax`, but that entries that take no part give
    −inf.

    Edges: a logit of −inf gives −inf. A slice that holds +inf or NaN, or nothing but −inf, gives
    NaN throughout that slice, and in no other. An empty array gives an empty array. No warning
    accompanies any of them.

    Error bound, on finite logits of any size and measured with NumPy 2 for up to 100000 classes:
    3.5 ULP in float64, 4 in longdouble, 5 in float32, 1 in float16. Rarely more in float64: of
    150000 logits with one above the others, one was 4.3 ULP off.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    The second class has p = 1 − 4e-18, which rounds to 1; its logarithm is kept:

    >>> import numpy as np
    >>> log_softmax(np.array([0.0, 40.0]))
    array([-4.00000000e+01, -4.24835426e-18])
    """
    result: FloatArray = along_axes(_log_softmax, axis, out, where=where, fill=-np.inf, z=z)
    return result


def _log_softmax(z: FloatArray, log_p: FloatArray, *, shifted: bool = False) -> None:
    """log p_j = (z_j − m) − log1p(Σ_{k≠i} e_k / e_i), with m = z_i the largest."""
    top, own, rest = largest_apart(z, exponentials(z, log_p, shifted))
    classwise(np.subtract, z, top, out=log_p)
    classwise(np.subtract, log_p, np.log1p(rest / own), out=log_p)
    if not shifted and len(again := unfit(z, own + rest, own, rest)):
        redo(_log_softmax, again, [z], [log_p])


@overload
def logsumexp(
    z: ArrayLike,
    axis: Axes = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
    weights: ArrayLike | None = None,
    return_sign: Literal[False] = False,
    out: FloatArray | None = None,
) -> FloatArray: ...
@overload
def logsumexp(
    z: ArrayLike,
    axis: Axes = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
    weights: ArrayLike | None = None,
    return_sign: Literal[True],
    out: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]: ...
def logsumexp(
    z: ArrayLike,
    axis: Axes = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
    weights: ArrayLike | None = None,
    return_sign: bool = False,
    out: FloatArray | None = None,
) -> FloatArray | tuple[FloatArray, FloatArray]:
    """The logarithm of the sum of exponentials along `axis`: log Σ_j b_j exp(z_j), all b_j = 1.

    With m = z_i the largest entry it is m + log1p(Σ_{j≠i} exp(z_j) / exp(m)). With weights b, it is
    t_i + log1p(Σ_{j≠i} b_j exp(z_j) / (b_i exp(z_i))), and t_i = z_i + log|b_i| is the largest.

    Parameters
    ----------
    z, axis
        As in `softmax`, the dtypes, too.
    keepdims : bool
        Whether the summed axes stay, with size 1.
    where : array of bools that broadcasts to the shape of `z`
        Which entries take part. The others may hold anything, also NaN: the result is that of the
        slice without them.
    weights : array of finite numbers that broadcasts to the shape of `z`
        The b_j, of any sign; the result then has the dtype of the two arrays together, and
        integers are float64. A weight of 0 is as good as a `where` that is False.
    return_sign : bool
        Whether to return the logarithm of |Σ_j b_j exp(z_j)|, and the sign of that sum. Otherwise
        the result for a negative sum is NaN.
    out : array of the result's shape and dtype, optional
        Where to write the result, not the sign.

    Returns
    -------
    array of the shape of `z` without `axis`
        `out` if it was given; a NumPy scalar where no axis is left.
    sign : array of the same shape and dtype, if `return_sign`
        1, −1, 0 for a sum of 0, and NaN for a sum that is NaN.

    Edges: the sum of nothing is 0, so an empty axis gives −inf, and so do entries that are all
    −inf; a slice with +inf gives +inf, but NaN if the weights of several have both signs; a slice
    with NaN gives NaN. No warning accompanies any of them.

    Error bound, on finite entries of any size and measured with NumPy 2 for up to 100000 of them:
    5 ULP of max(|m|, |result|) in float64 and longdouble, 7 in float32, 1 in float16. Where neither
    m and the logarithm cancel nor the entries' rounding counts, |m| + log1p(…) and Σ_j p_j |z_j|
    being at most 1.1 |result|, 2 ULP of the result in float64, 3 in float32. Near 0, where m and
    the logarithm cancel, only the first bound holds, which is absolute: rounding the entries
    themselves already costs as much.

    The bound with weights: an absolute 3 u (|result| + Σ_j q_j (1 + |z_j| + |log|b_j||)) in every
    dtype, where u is half of its eps, and q_j = |b_j exp(z_j)| / |Σ_k b_k exp(z_k)|. These add up
    to 1 if the weights have one sign.

    Errors are those of `softmax`, and ValueError if `weights` are not finite or do not broadcast to
    the shape of `z`.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> logsumexp(np.array([[1000.0, 1000.0], [-np.inf, 0.0]]))
    array([1000.69314718,    0.        ])
    >>> value, sign = logsumexp([[1000.0, 1000.0]], weights=[1.0, -3.0], return_sign=True)
    >>> print(value, sign)
    [1000.69314718] [-1.]
    """
    z = as_array("z", z)
    axes, dtype = as_axes(axis, z.ndim), float_dtype(z)
    reads = [z]
    kernel: Kernel = _logsumexp
    if weights is not None or return_sign:
        reads.append(as_weights("weights", True if weights is None else weights, z.shape))
        kernel = _weighted_logsumexp
    if weights is not None:
        dtype = np.promote_types(dtype, float_dtype(reads[1]))
    mask = as_mask(where, z.shape)
    kept = tuple(1 if i in axes else size for i, size in enumerate(z.shape))
    result = result_array(kept if keepdims else without(z.shape, axes), dtype, out)
    sign = np.zeros_like(result, subok=False) if return_sign else None
    if z.size:
        writes = [result] if kernel is _logsumexp else [result, sign]
        if keepdims:
            writes = [w if w is None else w.view(np.ndarray).squeeze(axes) for w in writes]
        if mask is not None:
            reads.insert(1, mask)
            kernel = masked(kernel)
        run_on_tiles(kernel, axes, compute_dtype(dtype), reads, writes)
    else:
        result.fill(-np.inf)
    finish: FloatArray = finished(result, out)
    return finish if sign is None else (finish, finished(sign))


def _logsumexp(z: FloatArray, value: FloatArray, *, shifted: bool = False) -> None:
    """m + log1p(Σ_{k≠i} e_k / e_i), with m = z_i the largest."""
    if len(z) == 2:
        _logsumexp_of_two(z, value)
        return
    top, own, rest = largest_apart(z, exponentials(z, np.empty_like(z), shifted))
    np.add(np.log1p(rest / own), top, out=value)
    if shifted:
        np.copyto(value, top, where=np.isinf(top))
    elif len(again := unfit(z, own + rest, own, rest)):
        redo(_logsumexp, again, [z], [value])


def _logsumexp_of_two(z: FloatArray, value: FloatArray) -> None:
    """m + log1p(exp(d)), with m the larger and d the other less m: a single exponential errs.

    The rounding error of d is put right where it is small: where it is not, exp(d) is 0.
    """
    top, low = np.maximum(*z), np.minimum(*z)
    d = low - top
    error = np.fmin(np.fmax(rounded_off(low, top, d), -SMALL_ERROR), SMALL_ERROR)
    e = np.exp(d)
    error *= e
    e += error
    np.add(np.log1p(e), top, out=value)
    np.copyto(value, top, where=np.isinf(top))


def _weighted_logsumexp(
    z: FloatArray, b: FloatArray, value: FloatArray, sign: FloatArray | None
) -> None:
    """t_i + log|1 + Σ_{j≠i} b_j e_j / (b_i e_i)|, with t_i = z_i + log|b_i| the largest.

    The exponentials are shifted by t_i, and taken as squares: neither e_j nor b_j e_j overflows on
    the way to b_j e_j², which is at most 1.
    """
    z = np.where(b == 0, -np.inf, z)
    t = z + np.log(np.abs(b))
    top = t.max(axis=0)
    most = np.finfo(z.dtype).max
    e = np.exp((z - np.clip(top, -most, most)) / 2)
    own, rest = set_apart(b * e * e, t.argmax(axis=0))
    ratio = rest / own
    tail = np.where(ratio > -0.5, np.log1p(ratio), np.log(np.abs(1 + ratio)))
    total = own + rest
    value[...] = np.where(np.isinf(top), np.log(np.abs(total)), top + tail)
    if sign is None:
        np.copyto(value, np.nan, where=total < 0)
    else:
        np.sign(total, out=sign)


# --- the exponentials of a matrix of logits, which the other kernels use, too ---------------------


SMALL_ERROR = 2.0**-10  # of d, far above what it is where exp(d) is neither 0 nor as good as ∞


def rounded_off(a: FloatArray, b: FloatArray, difference: FloatArray) -> FloatArray:
    """What is missing in a − b, rounded: exactly, where nothing overflows.

    D. E. Knuth, "The Art of Computer Programming", volume 2, section 4.2.2.
    """
    part = difference - a
    error: FloatArray = (a - (difference - part)) - (b + part)
    return error


def exponentials(z: FloatArray, out: FloatArray, shifted: bool = False) -> FloatArray:
    """exp(z), or if `shifted` exp(z − s), where s is a whole number near the largest logit."""
    if shifted:
        return classwise(shifted_exp, z, shift_of(z), out=out)
    return classwise(np.exp, z, out=out)


def shift_of(z: FloatArray) -> FloatArray:
    """Whole numbers, so far below the largest logits that no term that counts is subnormal."""
    shift: FloatArray = np.rint(z.max(axis=0)) - limits(z.dtype).lift
    return shift


def shifted_exp(z: FloatArray, shift: FloatArray, out: FloatArray) -> None:
    """exp(z − shift), with the rounding of the difference put right.

    As the shift is a whole number, the rounding error of z − shift is exactly
    z − ((z − shift) + shift): for |z| <= |shift| see T. J. Dekker, "A floating-point technique for
    extending the available precision", Numerische Mathematik 18 (1971); for larger |z| the sum in
    brackets is itself exact. Where it is large, the exponential is 0.
    """
    e = np.subtract(z, shift, out=out)
    error = e + shift
    np.subtract(z, error, out=error)
    np.exp(e, out=e)
    np.fmin(error, 1, out=error)  # 1 also for NaN, where z is infinite: so 0 · error is 0
    np.multiply(error, e, out=error)
    np.add(e, error, out=e)


def set_apart(e: FloatArray, rows: Array) -> tuple[FloatArray, FloatArray]:
    """Each column's entry in its row, and the sum of its others; there, `e` becomes 0.

    What is small beside the one entry survives in the sum of the others: P. Blanchard, D. J. Higham
    and N. J. Higham, "Accurately computing the log-sum-exp and softmax functions", IMA Journal of
    Numerical Analysis 41 (2021).
    """
    memory, index = entries(e, rows)
    own = memory.take(index)
    memory[index] = 0
    return own, column_sums(e)


def largest_apart(z: FloatArray, e: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each example's largest logit, its exponential, and the sum of the others; `e` is spent."""
    if e.strides[0] > e.strides[1] and len(e) <= FEW:
        return z.max(axis=0), *_tournament(e)
    rows = z.argmax(axis=0)
    memory, index = entries(z, rows)
    return memory.take(index), *set_apart(e, rows)


def _tournament(e: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each column's largest entry, and the sum of the others, which lose to it or before."""
    if len(e) == 1:
        return e[0].copy(), np.zeros_like(e[0])
    if len(e) == 2:
        return np.maximum(*e), np.minimum(*e)
    half = len(e) // 2
    losers = np.minimum(e[:half], e[-half:])
    np.maximum(e[:half], e[-half:], out=e[:half])
    largest, rest = _tournament(e[: len(e) - half])
    return largest, rest + column_sums(losers)


class Limits(NamedTuple):
    """The exponentials and their sums that are of use, for a floating dtype."""

    least: Any
    most: Any
    """Quotients of numbers between these do not overflow."""
    safe: Any
    """A sum of at least this is accurate, even if some of its terms are subnormal."""
    log_tiny: Any
    """The smallest whole number whose exponential is a normal number."""
    lift: int
    """How far below the largest logit a shift is."""


@cache
def limits(dtype: FloatDType) -> Limits:
    """The limits of a dtype."""
    info = np.finfo(dtype)
    least, most = 4 * np.sqrt(info.tiny), np.sqrt(info.max) / 4
    return Limits(least, most, info.tiny / info.eps, np.ceil(np.log(info.tiny)), info.nmant)


def unfit(
    z: FloatArray,
    sums: FloatArray,
    own: FloatArray | None = None,
    rest: FloatArray | None = None,
) -> Array:
    """The numbers of the examples that need a shift, from the sums of exp(z).

    An example needs none if nothing is too large and either its sum is at least 1/4, so that the
    error of a subnormal term does not matter, or no term is subnormal. Where one entry was set
    apart, that and the sum of the others count, too.
    """
    least, most, safe, log_tiny, _ = limits(z.dtype)
    if np.minimum.reduce(sums) >= 0.25 and np.maximum.reduce(sums) <= most:
        if rest is None or own is None:
            return _NONE
        if np.minimum.reduce(own) >= least and np.minimum.reduce(rest) >= safe:
            return _NONE
    fine = sums >= 0.25
    if rest is not None:
        fine &= rest >= safe
    if not fine.all():
        fine |= np.minimum.reduce(z, axis=0) >= log_tiny
    fine &= sums <= most
    if own is not None:
        fine &= own >= least
    return np.flatnonzero(~fine)


_NONE: Array = np.empty(0, np.intp)
