"""The logistic sigmoid, its derivative and its logarithm, and the softplus.

All rest on one exponential of each entry and are accurate for every z, however far from 0.

Where the error bounds come from: NumPy's exp is off by up to 0.66 ULP in float64 and 2.3 in
float32, its log1p by 0.58 and 1.8 (measured with NumPy 2), and each rounding that a formula does
not damp adds half a ULP. The formulas stand below the public functions. The bounds themselves are
measured; their table is `derivlib.evidence.error_bounds`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import FloatArray, Scalar
from derivlib._engine.calls import along_axes

__all__ = ["log_sigmoid", "sigmoid", "sigmoid_grad", "softplus"]


@overload
def sigmoid(z: float) -> np.float64: ...
@overload
def sigmoid(z: Scalar) -> Scalar: ...
@overload
def sigmoid(z: ArrayLike, *, out: FloatArray | None = None) -> FloatArray: ...
def sigmoid(z: ArrayLike, *, out: FloatArray | None = None) -> Any:
    """The logistic sigmoid of every entry: σ(z) = 1/(1 + exp(−z)).

    With E = exp(z) and a = min(E, 1) it is computed as a − a²/(1 + E), which is accurate on both
    sides of 0 and down to the smallest subnormal number.

    Parameters
    ----------
    z : array of real numbers, any shape and strides
        A floating dtype is kept; integers and bools are taken as float64. float16 is computed
        in float32 and rounded once.
    out : array of the result's shape and dtype, optional
        Where to write the result; it may be `z` itself.

    Returns
    -------
    array of the shape of `z`
        `out` if it was given; a NumPy scalar for a 0-d `z`.

    Edges: σ(−inf) = 0, σ(+inf) = 1, σ(NaN) = NaN; an empty array gives an empty array. No warning
    accompanies any of them.

    Error bound, for every finite z and measured with NumPy 2 against 40 digits: 2 ULP in float64
    and longdouble, 3 in float32, 1 in float16. In float32 it is larger, here and for other kernels,
    since NumPy's exp is less accurate.

    Raises
    ------
    TypeError
        `z` is complex, an object or a string; `out` is no array of the result's dtype.
    ValueError
        `z` is ragged; `out` has another shape or is read-only.

    Theorem: notebooks/01-sigmoid.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid(np.array([-np.inf, 0.0, np.log(3.0), 800.0]))
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    result: FloatArray = along_axes(_sigmoid, (), out, z=z)
    return result


def _sigmoid(z: FloatArray, p: FloatArray) -> None:
    """σ = a − a²/(1 + E), with E = exp(z) and a = min(E, 1); E may be infinite.

    The error bound: where z < 0, a is E and the subtrahend small beside it; where z ≥ 0, a is 1 and
    the subtrahend at most a half. Either way its errors are damped, which leaves those of E and of
    the subtraction.
    """
    e = np.exp(z, out=p)
    q = e + 1
    a = e.clip(0, 1, out=e)  # with scalars faster than np.minimum
    np.divide(a, q, out=q)
    np.multiply(a, q, out=q)
    np.subtract(a, q, out=p)


@overload
def sigmoid_grad(z: float) -> np.float64: ...
@overload
def sigmoid_grad(z: Scalar) -> Scalar: ...
@overload
def sigmoid_grad(z: ArrayLike, *, out: FloatArray | None = None) -> FloatArray: ...
def sigmoid_grad(z: ArrayLike, *, out: FloatArray | None = None) -> Any:
    """The derivative of the sigmoid at every entry: σ′(z) = e/(1 + e)², with e = exp(−|z|).

    That is p (1 − p) for p = σ(z), but keeps its digits where p rounds to 1. It is computed as
    q − q² with q = e/(1 + e), one rounding error of it put right.

    Parameters, result and errors are those of `sigmoid`.

    Edges: σ′(±inf) = 0, σ′(NaN) = NaN; an empty array gives an empty array. No warning accompanies
    any of them.

    Error bound, for every finite z and measured with NumPy 2 against 40 digits: 2 ULP in float64
    and longdouble, 3 in float32, 1 in float16.

    Theorem: notebooks/01-sigmoid.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid_grad(np.array([0.0, np.log(3.0), 40.0]))
    array([2.50000000e-01, 1.87500000e-01, 4.24835426e-18])
    """
    result: FloatArray = along_axes(sigmoid_derivative, (), out, z=z)
    return result


def sigmoid_derivative(z: FloatArray, derivative: FloatArray) -> None:
    """σ′ = p − p², with p = t − t²/(1 + t) = t/(1 + t) and t = exp(−|z|).

    The error bound: the rounding error r of the difference p adds (1 − 2p) r to σ′, with
    1 − 2p = (1 − t)/(1 + t). It is put right, with 1 − t as the factor, which is accurate enough.
    That leaves the error of t and one rounding.
    """
    t = np.abs(z, out=derivative)
    np.negative(t, out=t)
    np.exp(t, out=t)
    p = t + 1
    np.divide(t, p, out=p)
    q = t * p
    np.subtract(t, q, out=p)
    r = t - p
    np.subtract(r, q, out=r)  # exact: Dekker's fast two-sum
    np.multiply(r, np.subtract(1, t, out=t), out=r)
    np.subtract(np.square(p, out=q), r, out=q)
    np.subtract(p, q, out=derivative)


@overload
def softplus(z: float) -> np.float64: ...
@overload
def softplus(z: Scalar) -> Scalar: ...
@overload
def softplus(z: ArrayLike, *, out: FloatArray | None = None) -> FloatArray: ...
def softplus(z: ArrayLike, *, out: FloatArray | None = None) -> Any:
    """The softplus of every entry: log(1 + exp(z)).

    Computed as log1p(exp(z)), also on the right, where an error of exp(z) hardly changes its
    logarithm; and as z where exp(z) might overflow.

    Parameters, result and errors are those of `sigmoid`.

    Edges: −inf gives 0, +inf gives +inf, NaN gives NaN; an empty array gives an empty array. No
    warning accompanies any of them.

    Error bound, for every finite z and measured with NumPy 2 against 40 digits: 2 ULP in float64,
    3 in longdouble, 4 in float32, 1 in float16.

    Theorem: notebooks/01-sigmoid.ipynb

    Examples
    --------
    >>> import numpy as np
    >>> softplus(np.array([-40.0, 0.0, 800.0]))
    array([4.24835426e-18, 6.93147181e-01, 8.00000000e+02])
    """
    result: FloatArray = along_axes(_softplus, (), out, z=z)
    return result


def _softplus(z: FloatArray, result: FloatArray) -> None:
    """log1p(exp(z)), or z where exp(z) might overflow."""
    softplus_of(z, bounded_exp(z, result), result)


@overload
def log_sigmoid(z: float) -> np.float64: ...
@overload
def log_sigmoid(z: Scalar) -> Scalar: ...
@overload
def log_sigmoid(z: ArrayLike, *, out: FloatArray | None = None) -> FloatArray: ...
def log_sigmoid(z: ArrayLike, *, out: FloatArray | None = None) -> Any:
    """The logarithm of the sigmoid of every entry: log σ(z) = −softplus(−z).

    Parameters, result and errors are those of `sigmoid`.

    Edges: −inf gives −inf, +inf gives 0, NaN gives NaN; an empty array gives an empty array. No
    warning accompanies any of them.

    Error bound, for every finite z and measured with NumPy 2 against 40 digits: 2 ULP in float64,
    3 in longdouble, 4 in float32, 1 in float16.

    Theorem: notebooks/01-sigmoid.ipynb

    Examples
    --------
    σ(40) = 1 − 4e-18 rounds to 1; its logarithm is kept:

    >>> import numpy as np
    >>> log_sigmoid(np.array([-800.0, 0.0, 40.0]))
    array([-8.00000000e+02, -6.93147181e-01, -4.24835426e-18])
    """
    result: FloatArray = along_axes(_log_sigmoid, (), out, z=z)
    return result


def _log_sigmoid(z: FloatArray, result: FloatArray) -> None:
    """log σ(z) = −softplus(−z)."""
    _softplus(-z, result)
    np.negative(result, out=result)


# --- the exponential, which the losses use, too ---------------------------------------------------


def softplus_of(z: FloatArray, e: FloatArray, out: FloatArray) -> None:
    """The softplus from e = `bounded_exp(z)`: log1p(e), or z where e is bounded.

    The error bound: a relative error of e reaches log1p(e) multiplied by at most 1, and by less the
    larger z is; the error of NumPy's log1p comes on top.
    """
    np.maximum(np.log1p(e, out=out), z, out=out)


def bounded_exp(z: FloatArray, out: FloatArray) -> FloatArray:
    """exp(z), written to `out`, or where it might overflow a number e so large that 1 + e == e."""
    max_logit = _max_logit(z.dtype)
    if z.max() <= max_logit:
        return np.exp(z, out=out)
    np.minimum(z, max_logit, out=out)
    return np.exp(out, out=out)


@cache
def _max_logit(dtype: np.dtype[np.floating]) -> float:
    """The largest logit whose exponential is computed: some way below overflow."""
    return float(np.log(np.finfo(dtype).max)) - 1
