"""Tests of whether an array is the gradient of a function.

- `check_gradient`, the complex step: fast, sees errors of 1e-10; the function must be analytic.
- `check_gradient_mp`, the same test in high precision: for saturated losses, whose gradient is far
  below the rounding errors of float64.
- `taylor_order`, the order of Taylor's remainder: for any real function, kernels among them; does
  not see errors below some 1e-5 of the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf, log10
from typing import Any, TypeAlias

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from derivlib._engine import foreign
from derivlib.evidence.references import Real

__all__ = ["GradientReport", "check_gradient", "check_gradient_mp", "taylor_order"]

Floats: TypeAlias = NDArray[np.float64]
Gradient: TypeAlias = ArrayLike | Callable[[Floats], ArrayLike]

# The step h. Its square is nothing beside 1, and the complex step subtracts nothing, so that so
# small an h costs no digits.
STEP = 1e-30


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
    errors of f itself are larger, and a right gradient fails. Use `check_gradient_mp` there.

    Raises
    ------
    TypeError
        `x` or the gradient is not of real numbers.
    ValueError
        `x` or the gradient is not finite, `x` is empty, the gradient has another shape; f does not
        give a single finite number; f is not complex-analytic, as it drops the imaginary part
        somewhere (abs, real, a conjugate).

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
    point = _real("x", x)
    g = _gradient(gradient, point)
    _require_analytic(f, point)
    along = _directions(point.shape, directions, seed)
    measured = [_complex_step(f, point, v) for v in along]
    claimed = [float(np.sum(g * v)) for v in along]
    errors = [abs(a - b) for a, b in zip(claimed, measured, strict=True)]
    return GradientReport(tuple(claimed), tuple(measured), tuple(errors), _tolerance(g, rtol))


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
        As in `check_gradient`.

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
    point = _real("x", x)
    g = _gradient(gradient, point)
    along = _directions(point.shape, directions, seed)
    tolerance = _tolerance(g, rtol)
    exact = np.vectorize(mp.convert, otypes=[object])
    with mp.workdps(digits + max(0, ceil(-log10(tolerance)))):
        start, g_exact = exact(point), exact(g)
        measured = [mp.diff(lambda t, v=v: _single(f(start + t * v)), 0) for v in map(exact, along)]
        claimed = [mp.fdot(g_exact.flat, exact(v).flat) for v in along]
        errors = [float(abs(a - b)) for a, b in zip(claimed, measured, strict=True)]
    return GradientReport(
        tuple(map(float, claimed)), tuple(map(float, measured)), tuple(errors), tolerance
    )


def taylor_order(
    f: Callable[[Floats], Any],
    gradient: Gradient,
    x: ArrayLike,
    direction: ArrayLike | None = None,
    *,
    seed: int = 0,
) -> float:
    """The order at which Taylor's remainder |f(x + h v) − f(x) − h ⟨g, v⟩| vanishes with h.

    It is 2 for a right gradient, and 1 for a wrong one. For a right gradient it is 3 or more along
    a direction without curvature, and inf if the remainder is only rounding errors at every h.

    The order is that of a line fitted to log remainder over log h, at the smallest steps whose
    remainder exceeds f's rounding errors; these are measured with steps of a few units in the last
    place. Limits: an error of ⟨g, v⟩ below some 1e-5 of ‖g‖ disappears in them and is not seen, and
    one just above it may give an order between 1 and 2. So may a right gradient of a saturated
    loss, whose curvature is far from x: use `check_gradient_mp` there.

    Parameters
    ----------
    f : function of a float64 array of x's shape
        Gives a single number; may call kernels.
    gradient : array of x's shape, or a function that gives it at x
    x : array of real numbers
    direction : array of x's shape, optional
        v; by default a Gaussian one.
    seed : int
        Of the Gaussian direction.

    Returns
    -------
    float
        The order.

    Raises
    ------
    TypeError, ValueError
        As in `check_gradient`; f is not finite beside x.

    Examples
    --------
    >>> import derivlib
    >>> z = np.log([1.0, 2.0, 5.0])
    >>> def loss(z):
    ...     return derivlib.softmax_cross_entropy(z, 0)
    >>> round(taylor_order(loss, [-0.875, 0.25, 0.625], z), 1)
    2.0
    >>> round(taylor_order(loss, [0.125, 0.25, 0.625], z), 1)
    1.0
    """
    point = _real("x", x)
    g = _gradient(gradient, point)
    if direction is None:
        (v,) = _directions(point.shape, 1, seed)
    else:
        v = _same_shape("direction", _real("direction", direction), point)
    derivative = float(np.sum(g * v))
    start = float(_finite(f(point.copy())))
    size = max(1.0, float(np.max(np.abs(point))))

    def remainders(steps: Floats) -> Floats:
        values = np.array([_single(f(point + h * v)) for h in steps], dtype=np.float64)
        return np.asarray(np.abs(values - start - steps * derivative))

    steps = np.asarray(size * 0.5 ** np.arange(3, 45))
    tiny = np.asarray(size * np.finfo(np.float64).eps * np.arange(1, 9))
    with np.errstate(all="ignore"):  # a long step may leave f's domain
        remainder, noise = remainders(steps), np.max(remainders(tiny))
    if not np.isfinite(noise):
        raise ValueError("f: finite at x, but not beside it, along the direction")
    noise = max(noise, np.finfo(np.float64).eps * max(size, abs(start)))
    fitted = np.flatnonzero(np.isfinite(remainder) & (remainder > 30 * noise))[-3:]
    if len(fitted) < 2:
        return inf
    order, _ = np.polyfit(np.log(steps[fitted]), np.log(remainder[fitted]), 1)
    return float(order)


def _complex_step(f: Callable[[NDArray[np.complex128]], Any], x: Floats, v: Floats) -> float:
    """Im f(x + i h v)/h."""
    try:
        value = _finite(f(x + 1j * STEP * v))
    except TypeError as error:
        raise ValueError(f"f: it does not take complex numbers: {error}") from error
    if not np.iscomplexobj(value):
        raise ValueError(
            "f: not complex-analytic: it gives a real number for a complex argument, "
            "so it drops the imaginary part (abs, real, an array of floats that it fills, ...)"
        )
    return float(value.imag) / STEP


def _require_analytic(f: Callable[[NDArray[np.complex128]], Any], x: Floats) -> None:
    """Raise ValueError if the complex step along a direction is not the derivative along it.

    An f that drops the imaginary part of one of its terms loses that term's derivative altogether:
    a central difference is accurate enough to see that. Its steps are in proportion to the entries
    of x, so that they cross no singularity close to an entry, such as 0 for a probability.
    """
    (v,) = _directions(x.shape, 1, seed=1)
    v = v * np.where(x == 0, 1, np.abs(x))
    h = 1e-6
    by_step = _complex_step(f, x, v)
    ahead, behind = (_single(f((x + step * v).astype(np.complex128))) for step in (h, -h))
    derivative = float((ahead - behind).real) / (2 * h)
    rounding = 1e-8 * max(1.0, abs(ahead))
    if abs(derivative - by_step) > 1e-4 * (abs(derivative) + abs(by_step)) + rounding:
        raise ValueError(
            f"f: not complex-analytic: its derivative along a direction is {derivative:.6g}, but "
            f"the complex step gives {by_step:.6g}; does it use abs, real or a conjugate?"
        )


def _tolerance(g: Floats, rtol: float) -> float:
    """rtol · ‖g‖/√n, but not below what the spacing of subnormal floats allows."""
    if not 0 < rtol < 1:
        raise ValueError(f"rtol: a number between 0 and 1 is expected, given {rtol}")
    largest = float(np.max(np.abs(g)))
    # Scaled by the largest entry, whose square may underflow.
    typical = largest * float(np.sqrt(np.mean((g / largest) ** 2))) if largest else 0.0
    return max(rtol * typical, 4 * float(np.sqrt(g.size)) * 5e-324)


def _directions(shape: tuple[int, ...], count: int, seed: int) -> list[Floats]:
    """Gaussian directions."""
    if count < 1:
        raise ValueError(f"directions: at least 1 is expected, given {count}")
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape)) for _ in range(count)]


def _gradient(gradient: Gradient, x: Floats) -> Floats:
    """The gradient at x, checked."""
    given = gradient(x.copy()) if callable(gradient) else gradient
    return _same_shape("gradient", _real("gradient", given), x)


def _real(name: str, given: ArrayLike) -> Floats:
    """`given` as an array of finite float64 numbers, checked."""
    array = foreign.read(name, given)
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{name}: real numbers are expected, given dtype {array.dtype}")
    if not array.size:
        raise ValueError(f"{name}: empty, of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: finite numbers are expected, given NaN or inf among them")
    return array.astype(np.float64)


def _same_shape(name: str, array: Floats, x: Floats) -> Floats:
    if array.shape != x.shape:
        raise ValueError(f"{name}: its shape {array.shape} is not that of x, {x.shape}")
    return array


def _single(value: Any) -> Any:
    """The single number that `value` is or holds; ValueError if it is not one."""
    if np.size(value) != 1:
        raise ValueError(f"f: a single number is expected, given shape {np.shape(value)}")
    return np.asarray(value).item()


def _finite(value: Any) -> Any:
    """`value` as a single finite number; ValueError if it is not one."""
    number = _single(value)
    if not np.isfinite(number):
        raise ValueError(f"f: a finite number is expected, given {number}; does f overflow at x?")
    return number
