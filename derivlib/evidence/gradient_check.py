"""Tests of whether an array is the gradient of a function.

- `check_gradient`, the complex step: fast, sees errors of 1e-10; the function must be analytic.
- `check_gradient_mp`, the same test in high precision: for saturated losses, whose gradient is far
  below the rounding errors of float64.

For any real function, kernels among them, there is `taylor_order`. It sees larger errors only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log10
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from derivlib.evidence._arguments import (
    Floats,
    Gradient,
    as_gradient,
    as_real,
    finite,
    gaussian,
    single,
)
from derivlib.evidence._noise import noise_level
from derivlib.evidence.references import Real

__all__ = ["GradientReport", "check_gradient", "check_gradient_mp"]

# The step h, beside the smallest entry of x. Its square is nothing beside 1, and the complex step
# subtracts nothing, so that so small an h costs no digits. But f's values times h must not be below
# LEAST, lest they underflow.
STEP = 1e-30
LEAST = 1e-290
EPS = float(np.finfo(np.float64).eps)
CLEAR = 30.0
"""How many times its rounding errors an error must be to be called one."""


@dataclass(frozen=True, repr=False)
class GradientReport:
    """The derivatives along some directions: those that a gradient claims, and the function's own.

    Attributes:
        claimed: ⟨gradient, v⟩ for each direction v.
        measured: the derivative of the function along each v.
        errors: |claimed − measured|.
        tolerance: the error that is allowed.
    """

    claimed: tuple[float, ...]
    measured: tuple[float, ...]
    errors: tuple[float, ...]
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether no direction is off by more than the tolerance."""
        return all(error <= self.tolerance for error in self.errors)

    def __bool__(self) -> bool:
        return self.ok

    def raise_if_wrong(self) -> None:
        """Raise AssertionError unless `ok`; it names the worst direction and its error."""
        if not self.ok:
            raise AssertionError(str(self))

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        worst = int(np.argmax(self.errors))
        off = f"off by {self.errors[worst]:.2g}, {self.tolerance:.2g} is allowed"
        directions = len(self.errors)
        if self.ok:
            return f"right along {directions} random directions: at most {off}"
        return (
            f"wrong: along direction {worst + 1} of {directions} the gradient claims "
            f"{self.claimed[worst]:.17g}, the function's derivative is "
            f"{self.measured[worst]:.17g}: {off}"
        )


def check_gradient(
    f: Callable[[NDArray[np.complex128]], Any],
    gradient: Gradient,
    x: ArrayLike,
    *,
    directions: int = 3,
    seed: int = 0,
    rtol: float = 1e-10,
) -> GradientReport:
    """Compare a gradient with the complex-step derivative of f along random directions.

    Along v that derivative is Im f(x + i h v)/h, with h so small that the neglected h² vanishes.
    The directions are Gaussian: an error is orthogonal to all of them with probability 0. Along
    directions of ±1, by contrast, some common errors cancel: swapped indices, and p for p − 1.

    The tolerance is rtol · ‖g‖/√n, for n entries: `rtol` of a typical entry.
    One wrong entry among n adds its error times v_i ~ 1 to ⟨g, v⟩, whatever n is, whereas the
    rounding errors of n terms add up to some 1e-16 · ‖g‖ only.

    Parameters
    ----------
    f : function of an array of x's shape
        The textbook loss: NumPy on complex numbers, analytic, of a single number. A derivation's
        `.numpy()` is one. Kernels are not, since they take real numbers: see `taylor_order`.
    gradient : array of x's shape, or a function that gives it at x
    x : array of real numbers
        Taken as float64.
    directions : int
        How many.
    seed : int
        Of the random directions.
    rtol : float
        1e-10 suits a gradient in float64; for float32 take 1e-5.

    Returns
    -------
    GradientReport
        With `.ok`, and `.raise_if_wrong()`.

    Limits: if the gradient is near 1e-17, as that of a saturated or stationary loss, the rounding
    errors of f itself are larger. These are estimated, from the derivatives beside x and on
    the way from x to 0; where they may hide an error above the tolerance, nothing can be told, and
    that is a ValueError. Use `check_gradient_mp` there.

    Raises
    ------
    TypeError
        `x` or the gradient is not of real numbers.
    ValueError
        `x` or the gradient is not finite, `x` is empty, the gradient has another shape; f does not
        give a single finite number; f is not complex-analytic, as it drops the imaginary part
        somewhere (abs, real, a conjugate); its values are so small that the complex step
        underflows, as are those below 1e-260; its rounding errors hide what `rtol` asks for.

    Sources: W. Squire and G. Trapp, Using complex variables to estimate derivatives of real
    functions, SIAM Review 40 (1998); notebooks/03-softmax-cross-entropy.ipynb.

    Examples
    --------
    >>> def loss(z):
    ...     return np.log(np.sum(np.exp(z))) - z[0]
    >>> z = np.log([1.0, 2.0, 5.0])
    >>> check_gradient(loss, [0.125 - 1, 0.25, 0.625], z).ok
    True
    >>> check_gradient(loss, [0.125, 0.25, 0.625], z).ok
    False
    """
    point = as_real("x", x)
    g = as_gradient(gradient, point)
    _require_analytic(f, point)
    along = gaussian(point.shape, directions, seed)
    measured = [_complex_step(f, point, v) for v in along]
    claimed = [float(np.sum(g * v)) for v in along]
    errors = [abs(a - b) for a, b in zip(claimed, measured, strict=True)]
    tolerance = _tolerance(g, rtol)
    beside, parts = _rounding(f, point, along[0])
    unseen, error = max(beside, parts), max(errors)
    few_digits = max(map(abs, measured)) < 1000 * parts
    if error <= unseen and (error > tolerance or beside > tolerance or few_digits):
        raise ValueError(
            f"f: its rounding errors may hide an error of {unseen:.2g} in <gradient, v>, and only "
            f"{tolerance:.2g} is allowed; take check_gradient_mp, or a larger rtol"
        )
    return GradientReport(tuple(claimed), tuple(measured), tuple(errors), tolerance)


def check_gradient_mp(
    f: Callable[[NDArray[np.object_]], Real],
    gradient: Gradient,
    x: ArrayLike,
    *,
    directions: int = 3,
    seed: int = 0,
    rtol: float = 1e-10,
    digits: int = 50,
) -> GradientReport:
    """As `check_gradient`, in high precision: for saturated losses, too.

    Parameters
    ----------
    f : function of an array of mpmath numbers
        Has x's shape; f gives one number, to the precision in force. It need not be analytic.
    gradient, x, directions, seed, rtol
        As in `check_gradient`.
    digits : int
        Of the derivative, for a gradient of size 1; for a smaller one, more digits are used.

    Returns
    -------
    GradientReport

    Raises
    ------
    TypeError, ValueError
        As in `check_gradient`; f's values are no more precise than float64, since it calls NumPy.

    Examples
    --------
    >>> from derivlib.evidence import references
    >>> def loss(z):
    ...     return references.softmax_cross_entropy(z, 0)
    >>> check_gradient_mp(loss, [-3.720075976020836e-44, 3.720075976020836e-44], [100, 0]).ok
    True
    >>> check_gradient_mp(loss, [0, 3.720075976020836e-44], [100, 0]).ok  # p − 1, in float64
    False
    """
    point = as_real("x", x)
    g = as_gradient(gradient, point)
    along = gaussian(point.shape, directions, seed)
    tolerance = _tolerance(g, rtol)
    exact = np.vectorize(mp.convert, otypes=[object])
    with mp.workdps(digits + max(0, ceil(-log10(tolerance)))):
        start, g_exact = exact(point), exact(g)
        _require_precise(f, start, exact(along[0] * _sizes(point)))
        measured = [mp.diff(lambda t, v=v: single(f(start + t * v)), 0) for v in map(exact, along)]
        claimed = [mp.fdot(g_exact.flat, exact(v).flat) for v in along]
        errors = [float(abs(a - b)) for a, b in zip(claimed, measured, strict=True)]
    return GradientReport(
        tuple(map(float, claimed)), tuple(map(float, measured)), tuple(errors), tolerance
    )


def _complex_step(f: Callable[[NDArray[np.complex128]], Any], x: Floats, v: Floats) -> float:
    """Im f(x + i h v)/h."""
    h = _step(x)
    try:
        value = finite(f(x + 1j * h * v))
    except TypeError as error:
        raise ValueError(f"f: it does not take complex numbers: {error}") from error
    if not np.iscomplexobj(value):
        raise ValueError(
            "f: not complex-analytic: it gives a real number for a complex argument, "
            "so it drops the imaginary part (abs, real, an array of floats that it fills, ...)"
        )
    return float(value.imag) / h


def _step(x: Floats) -> float:
    """h: far below the entries of x, too, so that h² is nothing beside their squares."""
    smallest = float(np.min(np.abs(x), where=x != 0, initial=1.0))
    return STEP * max(smallest, 1e-100)


def _sizes(x: Floats) -> Floats:
    """The sizes of the entries: steps in proportion to them cross no singularity close to one, such
    as 0 for a probability."""
    return np.where(x == 0, 1, np.abs(x))


@np.errstate(all="ignore")
def _rounding(
    f: Callable[[NDArray[np.complex128]], Any], x: Floats, v: Floats
) -> tuple[float, ...]:
    """The rounding errors of the complex step's derivative along v: those that its values beside x
    show, and those of parts that cancel at x, if these are as large as the slopes on the way to 0.

    The derivative of a saturated loss is such a sum: p − 1, of which the values show nothing where
    they all round to the same.
    """
    h, aside = _step(x), gaussian(x.shape, 1, seed=2)[0] * _sizes(x)

    def slope(point: Floats) -> float:
        return float(single(f(point + 1j * h * v)).imag) / h

    beside = noise_level(
        lambda t: np.array([slope(x + s * aside) for s in t.tolist()]), 4 * EPS, 1e-2
    )
    slopes = np.array([slope(x * part) for part in (1e-3, 0.03, 0.1, 0.5, 1)])
    parts = EPS * float(np.max(np.abs(slopes), where=np.isfinite(slopes), initial=0.0))
    return CLEAR * (beside if np.isfinite(beside) else 0.0), CLEAR * parts


def _require_analytic(f: Callable[[NDArray[np.complex128]], Any], x: Floats) -> None:
    """Raise ValueError if the complex step along a direction is not the derivative along it.

    An f that drops the imaginary part of one of its terms loses that term's derivative altogether:
    a central difference is accurate enough to see that.
    """
    v = gaussian(x.shape, 1, seed=1)[0] * _sizes(x)
    h = 1e-6
    by_step = _complex_step(f, x, v)

    def values(distances: Floats) -> Floats:
        points = (x + distance * v for distance in distances.tolist())
        return np.array([single(f(point.astype(np.complex128))).real for point in points])

    with np.errstate(all="ignore"):
        ahead, behind = values(np.array([h, -h])).tolist()
        noise = noise_level(values, 4 * EPS, h)
    size = max(abs(ahead), abs(behind))
    if 0 < size < LEAST / _step(x):
        raise ValueError(
            f"f: its values, of the size {size:.2g}, are too small for a complex step of "
            f"{_step(x):.2g}: multiply f and the gradient by a number"
        )
    derivative = (ahead - behind) / (2 * h)
    allowed = 1e-4 * (abs(derivative) + abs(by_step)) + CLEAR * max(noise, EPS * size) / h
    off = abs(derivative - by_step)
    if off > allowed and off > allowed + max(_rounding(f, x, v)):
        raise ValueError(
            f"f: not complex-analytic: its derivative along a direction is {derivative:.6g}, but "
            f"the complex step gives {by_step:.6g}; does it use abs, real or a conjugate?"
        )


def _require_precise(f: Callable[[NDArray[np.object_]], Real], x: Any, v: Any) -> None:
    """Raise ValueError if f's values beside x have no more digits than float64 has."""
    values = [mp.convert(single(f(x + v * mp.pi / steps))) for steps in (1000, 1001)]
    with mp.workprec(53):
        rounded = [+value for value in values]
    if values[0] != values[1] and rounded == values:
        raise ValueError(
            "f: not in high precision: its values are numbers of float64; take mpmath's functions "
            "in the place of NumPy's, math's and the kernels"
        )


def _tolerance(g: Floats, rtol: float) -> float:
    """rtol · ‖g‖/√n, but not below what the spacing of subnormal floats allows."""
    if not 0 < rtol < 1:
        raise ValueError(f"rtol: a number between 0 and 1 is expected, given {rtol}")
    largest = float(np.max(np.abs(g)))
    # Scaled by the largest entry, whose square may underflow.
    typical = largest * float(np.sqrt(np.mean((g / largest) ** 2))) if largest else 0.0
    return max(rtol * typical, 4 * float(np.sqrt(g.size)) * 5e-324)
