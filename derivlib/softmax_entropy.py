"""Entropy and Kullback–Leibler divergence of softmaxes, from their logits, with their gradients.

Both are sums in which no term is negative, so that nothing cancels. The divergence rests on
x_j = log q_j − log p_j, found without the rounding errors of the two logarithms (`_compared`). Its
kernels halve all logits first: then no difference overflows, and the exponentials are the square
roots of the probabilities. Multiplied one after the other, they keep the digits of p_j x_j where
p_j itself is too small for a number.

Where the error bounds come from: `derivlib.softmax` says that. The bounds themselves are measured.
"""

from __future__ import annotations

from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import Array, Axes, FloatArray, FloatDType
from derivlib._engine.calls import along_axes, over_axes
from derivlib._engine.columns import classwise, column_sums, entries, in_blocks, redo
from derivlib.softmax import exponentials, largest_apart, rounded_off, shifted_exp, unfit

__all__ = [
    "softmax_entropy",
    "softmax_entropy_grad",
    "softmax_kl",
    "softmax_kl_grad_w",
    "softmax_kl_grad_z",
]


def softmax_entropy(
    z: ArrayLike,
    axis: Axes = -1,
    *,
    keepdims: bool = False,
    out: FloatArray | None = None,
) -> FloatArray:
    """The entropy of the softmax along `axis`: H = −Σ_j p_j log p_j, in nats.

    With z_i the largest logit it is log1p(Σ_{k≠i} exp(z_k − z_i)) + Σ_j p_j (z_i − z_j), where no
    term is negative.

    Parameters
    ----------
    z : array of real numbers, any shape and strides
        The logits. A floating dtype is kept; integers and bools are taken as float64. float16 is
        computed in float32 and rounded once.
    axis : int, tuple of ints or None
        The axis, or axes, of the classes; None is all of them.
    keepdims : bool
        Whether the summed axes stay, with size 1.
    out : array of the result's shape and dtype, optional
        Where to write the result.

    Returns
    -------
    array of the shape of `z` without `axis`
        `out` if it was given; a NumPy scalar where no axis is left.

    Edges: a logit of −inf has p = 0 and adds nothing (0 · log 0 = 0). A slice that holds +inf or
    NaN, or nothing but −inf, has no softmax: its entropy is NaN, and no other slice's. Of no
    classes it is 0. No warning accompanies any of them.

    Error bound, on finite logits of any size and measured with NumPy 2 for up to 100000 classes:
    6 ULP in float64 and longdouble, 7 in float32, 1 in float16.

    Errors are those of `softmax`.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    Four classes alike have the entropy log 4. A class of which the softmax is almost sure leaves
    little, but not 0:

    >>> import numpy as np
    >>> softmax_entropy(np.array([[0.0, 0.0, 0.0, 0.0], [60.0, 0.0, -np.inf, -np.inf]]))
    array([1.38629436e+00, 5.34147157e-25])
    """
    result: FloatArray = over_axes(_entropy, axis, keepdims, out, of_nothing=0, z=z)
    return result


def _entropy(z: FloatArray, value: FloatArray, *, shifted: bool = False) -> None:
    """log1p(Σ_{k≠i} e_k / e_i) + Σ_j e_j (z_i − z_j) / Σ_j e_j, with z_i the largest."""
    e = exponentials(z, np.empty_like(z), shifted)
    below = classwise(_bounded_difference, z.max(axis=0), z, out=np.empty_like(z))
    spread = column_sums(e, below)
    _, own, rest = largest_apart(z, e)
    np.add(np.log1p(rest / own), spread / (own + rest), out=value)
    if not shifted and len(again := unfit(z, own + rest, own, rest)):
        redo(_entropy, again, [z], [value])


def softmax_entropy_grad(
    z: ArrayLike, axis: Axes = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """The gradient of the softmax's entropy in the logits: ∂H/∂z_i = −p_i (log p_i + H).

    It is computed as p_i ((c − z_i) − Σ_k p_k (c − z_k)): the same for any c, as Σ p = 1. With c
    near the mean logit, hardly anything cancels.

    Parameters
    ----------
    z, axis
        As in `softmax_entropy`.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `z` itself.

    Returns
    -------
    array of the shape of `z`
        `out` if it was given.

    Edges: a logit of −inf has the gradient 0. A slice that holds +inf or NaN, or nothing but −inf,
    has the gradient NaN throughout, and no other slice has. An empty array gives an empty array. No
    warning accompanies any of them.

    Error bound, of each entry of the gradient g, where p_i is a normal number, on finite logits of
    any size and measured with NumPy 2 for up to 100000 classes: 8 u (|g_i| + p_i Σ_k |g_k|) in
    float64, longdouble and float32, 2 in float16, where u is half of the dtype's eps.

    Errors are those of `softmax`.

    Theorem: notebooks/02-softmax-jacobian.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_entropy_grad(np.log([1.0, 3.0]))
    array([ 0.2059898, -0.2059898])
    """
    result: FloatArray = along_axes(_entropy_grad, axis, out, z=z)
    return result


def _entropy_grad(z: FloatArray, grad: FloatArray, *, shifted: bool = False) -> None:
    """e_i (v_i − Σ_k e_k v_k / Σe) / Σe, with v = c − z, where c is the mean logit, rounded."""
    e = exponentials(z, np.empty_like(z), shifted)
    sums, top = column_sums(e), z.max(axis=0)
    spread = column_sums(e, classwise(_bounded_difference, top, z, out=grad))
    v = classwise(_bounded_difference, top - spread / sums, z, out=grad)
    classwise(np.subtract, v, column_sums(e, v) / sums, out=v)
    classwise(np.multiply, e, v, out=grad)
    classwise(np.divide, grad, sums, out=grad)
    if not shifted and len(again := unfit(z, sums, sums, spread)):
        redo(_entropy_grad, again, [z], [grad])


def _bounded_difference(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """a − b, but finite where b is −inf: times its softmax, which is 0, that is 0."""
    np.subtract(a, b, out=out)
    np.minimum(out, np.finfo(out.dtype).max, out=out)


def softmax_kl(
    z: ArrayLike,
    w: ArrayLike,
    axis: Axes = -1,
    *,
    keepdims: bool = False,
    out: FloatArray | None = None,
) -> FloatArray:
    """The Kullback–Leibler divergence of softmaxes: D = Σ_j p_j (log p_j − log q_j), in nats.

    Here p = softmax(z) and q = softmax(w), along `axis`. As Σ p = Σ q, that is
    Σ_j p_j (exp(x_j) − 1 − x_j) with x_j = log q_j − log p_j, where no term is negative: so D keeps
    its digits where p and q are nearly the same.

    Parameters
    ----------
    z, w : arrays of real numbers, of one shape
        The logits of p and those of q; dtypes as in `softmax_entropy`. The result has the dtype of
        the two arrays together.
    axis, keepdims, out
        As in `softmax_entropy`.

    Returns
    -------
    array of the shape of `z` without `axis`
        `out` if it was given; a NumPy scalar where no axis is left.

    Edges: where a logit of `z` is −inf, p = 0, and 0 · log 0 = 0. Where one of `w` is −inf and that
    of `z` is not, D is +inf. A slice that has no softmax, in `z` or `w` (+inf, NaN, nothing but
    −inf), has the divergence NaN, and no other slice has. Of no classes it is 0. No warning
    accompanies any of them.

    Error bound, on finite logits of any size and measured with NumPy 2 for up to 100000 classes:
    10 ULP in float64 and longdouble, 12 in float32, 1 in float16. Of terms that are subnormal, each
    may add the smallest number.

    Raises
    ------
    TypeError, ValueError
        As `softmax`, for `w` as for `z`; and `z` and `w` differ in shape.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    Two softmaxes that agree to 10 digits: their divergence is p₀ p₁ (1e-10)²/2.

    >>> import numpy as np
    >>> softmax_kl(np.array([0.0, 0.0]), np.array([0.0, 1e-10]))
    np.float64(1.25e-21)
    >>> softmax_kl(np.array([0.0, 0.0]), np.array([0.0, -np.inf]))
    np.float64(inf)
    """
    result: FloatArray = over_axes(in_blocks(_kl), axis, keepdims, out, of_nothing=0, z=z, w=w)
    return result


def _kl(z: FloatArray, w: FloatArray, value: FloatArray) -> None:
    """Σ_j p_j (exp(x_j) − 1 − x_j), from halves of the terms, lest one overflow."""
    root_p, root_q, half_x = _compared(z, w)
    terms = classwise(_half_terms, half_x, root_p, root_q, out=half_x)
    np.multiply(column_sums(terms), 2, out=value)


def _half_terms(
    half_x: FloatArray, root_p: FloatArray, root_q: FloatArray, out: FloatArray
) -> None:
    """Half of p (exp(x) − 1 − x); where x > 1, as q (1 − (1 + x) exp(−x)), lest exp(x) overflow."""
    near = half_x.clip(-0.5, 0.5)
    terms = _remainder(2 * near)
    terms *= near
    terms *= near
    e = np.exp(-2 * np.abs(half_x))
    np.copyto(terms, (e - 1) / 2 - half_x, where=half_x < -0.5)
    above = half_x > 0.5
    np.copyto(terms, 0.5 - (0.5 + half_x) * e, where=above)
    root = np.where(above, root_q, root_p)
    terms *= root
    terms *= root
    np.copyto(terms, np.inf, where=np.isneginf(half_x))  # also where p is rounded to 0
    out[...] = terms


def _remainder(x: FloatArray) -> FloatArray:
    """(exp(x) − 1 − x)/(x²/2) for |x| <= 1, by its series: 1 + x/3 + x²/12 + …"""
    first, *others = _coefficients(x.dtype)
    total = np.full_like(x, first)
    for coefficient in others:
        total *= x
        total += coefficient
    return total


@cache
def _coefficients(dtype: FloatDType) -> list[Any]:
    """2/n!, down to n = 2, from an n so large that the rest is below a quarter of eps."""
    count = np.finfo(dtype).nmant // 4 + 7
    return [dtype.type(2) / dtype.type(factorial(n)) for n in range(count, 1, -1)]


def softmax_kl_grad_z(
    z: ArrayLike, w: ArrayLike, axis: Axes = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """The gradient of `softmax_kl` in `z`: ∂D/∂z_i = p_i (log p_i − log q_i − D).

    It is computed as p_i ((z_i − w_i − c) − Σ_k p_k (z_k − w_k − c)): the same for any c, as
    Σ p = 1. With c near the mean of z − w, hardly anything cancels.

    Parameters
    ----------
    z, w, axis
        As in `softmax_kl`.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `z` or `w` itself.

    Returns
    -------
    array of the shape of `z`
        `out` if it was given.

    Edges: where a logit of `z` is −inf the gradient is 0. A slice where one of `w` is −inf and that
    of `z` is not, or that has no softmax, in `z` or `w` (+inf, NaN, nothing but −inf), has the
    gradient NaN throughout, and no other slice has. An empty array gives an empty array. No warning
    accompanies any of them.

    Error bound, of each entry of the gradient g, on finite logits of any size and measured with
    NumPy 2 for up to 100000 classes: 12 u (|g_i| + p_i Σ_k |g_k|) in float64, longdouble and
    float32, 2 in float16, where u is half of the dtype's eps. Of terms that are subnormal, each may
    add the smallest number.

    Errors are those of `softmax_kl`.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_kl_grad_z(np.log([1.0, 3.0]), np.zeros(2))
    array([-0.2059898,  0.2059898])
    """
    result: FloatArray = along_axes(in_blocks(_kl_grad_z), axis, out, z=z, w=w)
    return result


def _kl_grad_z(z: FloatArray, w: FloatArray, grad: FloatArray) -> None:
    """2 p_i (Σ_k p_k v_k − v_i), with v half of w − z − c, and c the mean of w − z, rounded."""
    z, w = _half(z), _half(w)
    p, _, _ = _roots(z)
    rows = z.argmax(axis=0)
    origin = _at(w, rows), _at(z, rows)
    v = _half_log_ratio(z, w, *origin, out=grad)
    mean = column_sums(p, p * v)
    v = _half_log_ratio(z, w, *origin, -mean, out=grad)
    classwise(np.subtract, column_sums(p, p * v), v, out=v)
    for factor in (p, 2, p):
        classwise(np.multiply, v, factor, out=v)


def softmax_kl_grad_w(
    z: ArrayLike, w: ArrayLike, axis: Axes = -1, *, out: FloatArray | None = None
) -> FloatArray:
    """The gradient of `softmax_kl` in `w`: ∂D/∂w_i = q_i − p_i.

    It is computed as p_i (exp(x_i) − 1) with x_i = log q_i − log p_i, or −q_i (exp(−x_i) − 1)
    where x_i > 0, and keeps its digits where p and q are nearly the same.

    Parameters, result and errors are those of `softmax_kl_grad_z`.

    Edges: a logit of −inf has p = 0, or q = 0. A slice that has no softmax, in `z` or `w` (+inf,
    NaN, nothing but −inf), has the gradient NaN throughout, and no other slice has. An empty array
    gives an empty array. No warning accompanies any of them.

    Error bound, of each entry of the gradient g, on finite logits of any size and measured with
    NumPy 2 for up to 100000 classes: 12 u (|g_i| + p_i Σ_k |g_k|) in float64, longdouble and
    float32, 2 in float16, where u is half of the dtype's eps. Of terms that are subnormal, each may
    add the smallest number.

    Theorem: notebooks/03-softmax-cross-entropy.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softmax_kl_grad_w(np.zeros(2), np.array([0.0, 4e-20]))
    array([-1.e-20,  1.e-20])
    """
    result: FloatArray = along_axes(in_blocks(_kl_grad_w), axis, out, z=z, w=w)
    return result


def _kl_grad_w(z: FloatArray, w: FloatArray, grad: FloatArray) -> None:
    """q − p, less its sum, which should be 0, shared out as q."""
    root_p, root_q, half_x = _compared(z, w)
    classwise(_difference, half_x, root_p, root_q, out=grad)
    excess = classwise(np.multiply, root_q, column_sums(grad), out=root_p)
    classwise(np.multiply, excess, root_q, out=excess)
    classwise(np.subtract, grad, excess, out=grad)


# --- two softmaxes side by side -------------------------------------------------------------------


def _compared(z: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The square roots of p and of q, and half of x = log q − log p.

    With i the class of the largest p, x_j − x_i is w_j − z_j − (w_i − z_i), and
    −x_i = log1p(Σ_k p_k (exp(x_k − x_i) − 1)): every x keeps its digits. Where p_i and q_i differ
    by far, so do p and q; then x is found from log Σ exp(z) and log Σ exp(w), and the sum is of
    what their rounding leaves.
    """
    z, w = _half(z), _half(w)
    p, p_shift, p_sum = _roots(z)
    q, q_shift, q_sum = _roots(w)
    rows = z.argmax(axis=0)
    ratio = _at(p, rows) / _at(q, rows)
    near = (ratio > 0.5) & (ratio < 2)
    origin = (
        np.where(near, _at(w, rows), q_shift),
        np.where(near, _at(z, rows), p_shift),
        np.where(near, 0, np.log(p_sum / q_sum) / 2),
    )
    x = _half_log_ratio(z, w, *origin, out=np.empty_like(z))
    terms = classwise(np.multiply, q, np.where(near, ratio, 1), out=np.empty_like(q))
    own = 0 - np.log1p(column_sums(classwise(_difference, x, p, terms, out=terms))) / 2
    x = _half_log_ratio(z, w, *origin, own, out=x)
    return p, q, x


def _half(z: FloatArray) -> FloatArray:
    return classwise(np.multiply, z, 0.5, out=np.empty_like(z))


def _roots(half_z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The square roots e/√Σe² of the softmax, where e = exp(z/2 − s); also s, and Σe²."""
    shift = np.rint(half_z.max(axis=0))
    e = classwise(shifted_exp, half_z, shift, out=np.empty_like(half_z))
    total = column_sums(e, e)
    return classwise(np.divide, e, np.sqrt(total), out=e), shift, total


def _half_log_ratio(
    z: FloatArray,
    w: FloatArray,
    first: FloatArray,
    other: FloatArray,
    *more: FloatArray,
    out: FloatArray,
) -> FloatArray:
    """w − z − (first − other) + Σ more, where what is rounded off on the way is put back."""
    high, low = _exact_difference(first, other)
    lower = np.zeros_like(low)
    for term in more:
        high, error = _exact_difference(high, term)
        lower += error
    return classwise(_less, z, w, high, low, lower, out=out)


def _less(
    z: FloatArray,
    w: FloatArray,
    high: FloatArray,
    low: FloatArray,
    lower: FloatArray,
    out: FloatArray,
) -> None:
    """w − z − (high + low + lower); finite where p is 0, and 0 where q is 0, too."""
    difference, error = _exact_difference(w, z)
    difference -= high
    error -= low
    np.add(difference, error, out=out)  # they may cancel: before anything small is added to them
    np.subtract(out, lower, out=out)
    np.minimum(out, np.finfo(out.dtype).max, out=out)
    np.copyto(out, 0, where=np.isneginf(np.maximum(z, w)))


def _exact_difference(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """a − b, rounded, and what was rounded off: 0 where the difference is not finite."""
    difference = a - b
    error = rounded_off(a, b, difference)
    np.copyto(error, 0, where=np.isnan(error))
    return difference, error


def _difference(
    half_x: FloatArray, root_p: FloatArray, root_q: FloatArray, out: FloatArray
) -> None:
    """q − p: p (exp(x) − 1), or where x > 0 −q (exp(−x) − 1)."""
    e = np.expm1(-2 * np.abs(half_x))
    root = np.where(half_x > 0, root_q, root_p)
    e *= root
    e *= root
    np.copysign(e, half_x, out=out)


def _at(matrix: FloatArray, rows: Array) -> FloatArray:
    """Each column's entry in its row."""
    memory, index = entries(matrix, rows)
    return memory.take(index)
