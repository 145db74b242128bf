"""Arrays of numbers of 60 digits: NumPy's arithmetic on objects, the objects being GMPY2's.

Formulas are written as for floats, with this module's functions in place of NumPy's. Unlike
mpmath's, log1p and the exponential keep all digits at any size, in a few microseconds.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import gmpy2
import numpy as np

from tests.support.arrays import Array

Digits: TypeAlias = Any
"""An array of objects that are such numbers. NumPy's types would say less than this name."""

gmpy2.get_context().precision = 200  # bits; nobody else reckons with GMPY2's floats
_ONE = gmpy2.mpfr(1)  # a product with it is such a number, in a tenth of the time of mpfr(x)


def _elementwise(function: Any, arguments: int = 1) -> Any:
    return np.frompyfunc(function, arguments, 1)


exp = _elementwise(gmpy2.exp)
log = _elementwise(gmpy2.log)
log1p = _elementwise(gmpy2.log1p)
_scaled = _elementwise(lambda x, power: x * gmpy2.exp2(int(power)), 2)
_exponent = _elementwise(lambda x: gmpy2.get_exp(x) - 1 if gmpy2.is_regular(x) else -(10**9))


def exactly(floats: Any) -> Digits:
    """Floats of any dtype, exactly."""
    floats = np.asarray(floats)
    if floats.dtype != np.longdouble:
        with np.errstate(all="ignore"):  # flags that GMPY2 has left
            return floats.astype(object) * _ONE
    mantissas, exponents = np.frexp(floats)
    high = mantissas.astype(np.float64)
    with np.errstate(all="ignore"):  # ∞ − ∞, and flags that GMPY2 has left
        low = np.where(np.isfinite(floats), mantissas - high, 0).astype(np.float64)
        return _scaled(high.astype(object) * _ONE + low.astype(object), exponents)


def ulps(computed: Array, exact: Digits, scale: Digits | None = None) -> float:
    """The largest error, in units of the last place of `exact` (or of `scale`).

    An infinity is right where `exact` rounds to it.
    """
    info = np.finfo(computed.dtype)
    scale = exact if scale is None else scale
    assert computed.shape == np.shape(exact) == np.shape(scale)
    finite = np.isfinite(computed)
    assert (abs(exact[~finite]) > exactly(info.max) * (1 + exactly(info.eps) / 4)).all()
    assert ((computed[~finite] > 0) == (exact[~finite] > 0)).all()
    exact, scale = exact[finite], scale[finite]
    places = np.maximum(_exponent(scale).astype(np.int64), info.minexp) - info.nmant
    errors = abs(exactly(computed[finite]) - exact)
    return max(map(float, _scaled(errors, -places)), default=0.0)
