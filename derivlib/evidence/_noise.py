"""How large the rounding errors of a function's values are, measured from the values alone."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, sqrt

import numpy as np

from derivlib.evidence._arguments import Floats

ABOUT, BEYOND = np.arange(-4.0, 5.0), np.arange(9.0)
"""Where the points are: on both sides, or beyond the start where f ends there."""
ORDERS = 5


def noise_level(values: Callable[[Floats], Floats], shortest: float, longest: float) -> float:
    """The rounding errors of a function along a line, at its point 0; 0 if none can be seen.

    What is smooth disappears from the higher differences of values at neighbouring points; the
    rounding errors stay, those of order k larger by the root of (2k)!/k!². Values that repeat show
    no error: then the points are taken farther apart, up to `longest`.

    Parameters
    ----------
    values : function of an array of distances, which gives the values there
    shortest, longest : float
        The distances between neighbouring points that are tried.

    Returns
    -------
    float
        Within a factor of some 3; NaN if a value is not finite.

    Source: J. J. Moré and S. M. Wild, Estimating computational noise, SIAM Journal on Scientific
    Computing 33 (2011); there the order is chosen, here the least of all orders is taken.

    >>> noise_level(lambda t: np.round(0.3 + t, 6), 1e-15, 1.0) < 1e-6
    True
    """
    apart = shortest
    while apart <= longest:
        found = values(apart * ABOUT)
        if not np.isfinite(found).all():
            found = values(apart * BEYOND)
        if not np.isfinite(found).all():
            return float("nan")
        if np.count_nonzero(np.diff(found)) > 1:
            return _from_differences(found)
        apart *= 32
    return 0.0


def _from_differences(values: Floats) -> float:
    estimates = []
    for order in range(1, ORDERS + 1):
        values = np.diff(values)
        grown = sqrt(factorial(2 * order)) / factorial(order)
        estimates.append(float(np.max(np.abs(values))) / grown)
    return min(estimates)
