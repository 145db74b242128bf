"""A test of whether an array is the gradient of a function: the order of Taylor's remainder."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, isnan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from derivlib.evidence._arguments import (
    Floats,
    Gradient,
    as_gradient,
    as_real,
    finite,
    gaussian,
    same_shape,
    single,
)
from derivlib.evidence._noise import noise_level

__all__ = ["taylor_order"]

EPS = float(np.finfo(np.float64).eps)
SMALLEST = 5e-324
CLEAR = 30.0
"""How many times its rounding errors a remainder must be to count."""
SHORTER = 0.47
"""Each step beside the one before. No simple fraction: steps might all be periods of f."""
STEPS = 1000
"""To the smallest numbers, should f's values have no rounding errors; else it takes some 40."""
RESOLVED = 1e-3
"""The error in ⟨g, v⟩, beside the size of its terms, that an answer rules out."""


class Step(NamedTuple):
    """Taylor's remainder after a step, and what the rounding errors in it may come to."""

    length: float
    change: float
    remainder: float
    unseen: float

    @property
    def counts(self) -> bool:
        return self.remainder > self.unseen


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
    remainder exceeds f's rounding errors; these are measured from f's values at neighbouring
    points, and taken relative to the size of the values.

    Limits: the rounding errors hide an error of ⟨g, v⟩ below √(c·δ), for a curvature c and rounding
    errors δ. Where this is more than 10⁻³ ‖g ⊙ v‖, as near an optimum or in a saturated loss, a
    wrong gradient would look right, and there is no answer but a ValueError. So it is for a
    gradient of 0, unless the values resolve it, as those of Σx² do at 0. Errors below
    10⁻³ ‖g ⊙ v‖ may give any order from 1 to 2.

    Parameters
    ----------
    f : function of a float64 array of x's shape
        Gives a single number; may call kernels.
    gradient : array of x's shape, or a function that gives it at x
    x : array of real numbers
    direction : array of x's shape, optional
        v, not 0; by default a Gaussian one. Its length does not matter.
    seed : int
        Of the Gaussian direction.

    Returns
    -------
    float
        The order.

    Raises
    ------
    TypeError, ValueError
        As in `check_gradient`; f is not finite beside x; `direction` is 0; ValueError, too, where
        f's values are too coarse to tell a right gradient from a wrong one.

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
    point = as_real("x", x)
    g = as_gradient(gradient, point)
    v = _direction(direction, point, seed)
    with np.errstate(all="ignore"):  # a long step may leave f's domain
        steps = _steps(f, g, point, v)
    counting = [step for step in steps if step.counts][-3:]
    order = _slope(counting) if len(counting) > 1 else inf
    hidden, size = _hidden(steps), _norm(g, v)
    # A gradient of 0 has no size: what is hidden must be nothing beside any slope that f has.
    steepest = max(abs(step.change) / step.length for step in steps)
    allowed = RESOLVED * size if size else EPS**2 * steepest
    if order >= 1.5 and hidden > max(allowed, 2000 * SMALLEST):
        raise ValueError(
            f"f: its values are too coarse to judge the gradient at x: an error of {hidden:.2g} in "
            f"<g, v> would not be seen, and the terms of <g, v> have the size {size:.2g}; take "
            "check_gradient, or check_gradient_mp, or an x where the gradient is larger"
        )
    return order


def _direction(given: ArrayLike | None, x: Floats, seed: int) -> Floats:
    """The direction, checked, with a largest entry of 1."""
    if given is None:
        (v,) = gaussian(x.shape, 1, seed)
    else:
        v = same_shape("direction", as_real("direction", given), x)
    longest = np.max(np.abs(v))
    if not longest:
        raise ValueError("direction: all its entries are 0, so that nothing changes along it")
    return np.asarray(v / longest)


def _steps(f: Callable[[Floats], Any], g: Floats, x: Floats, v: Floats) -> list[Step]:
    """Taylor's remainder at shorter and shorter steps, until only rounding errors are left."""
    start = float(finite(f(x.copy())))
    size = float(np.max(np.abs(x)))
    far = 4 * max(1.0, size)

    def value(moved: Floats) -> float:
        return float(single(f(moved.copy())))

    def values(distances: Floats) -> Floats:
        return np.array([value(x + distance * v) for distance in distances.tolist()])

    near = 4 * EPS * (size or 1.0) if size or start else 1e-150
    noise = noise_level(values, near, far)
    if isnan(noise) and not isfinite(value(x + near * v)):
        raise ValueError("f: finite at x, but not beside it, along the direction")
    steps: list[Step] = []
    for shortened in range(STEPS):
        length = far * SHORTER**shortened
        moved = x + length * v
        if np.any((moved == x) & (v != 0)):  # such an entry's slope would no longer be looked at
            break
        terms = g * (moved - x)  # the step that was taken: x + h v is rounded
        there = value(moved)
        scale = abs(there) + abs(start) + float(np.sum(np.abs(terms)))
        remainder = abs(there - start - float(np.sum(terms)))
        if isfinite(remainder) and isfinite(scale):
            unseen = CLEAR * max(EPS * scale, SMALLEST, 0.0 if isnan(noise) else noise)
            steps.append(Step(length, there - start, remainder, unseen))
        if len(steps) > 3 and not any(step.counts for step in steps[-4:]):
            break
    if len(steps) < 3:
        raise ValueError("f: finite at x, but not beside it, along the direction")
    # An f that rounds its arguments has larger errors at longer steps.
    while counting := [step for step in steps if step.counts]:
        apart = counting[-1].length / 8
        unseen = CLEAR * noise_level(values, apart, apart)
        if not unseen > counting[-1].unseen:
            break
        steps = [step._replace(unseen=max(step.unseen, unseen)) for step in steps]
    return steps


def _norm(g: Floats, v: Floats) -> float:
    """‖g ⊙ v‖, whose squares may overflow or underflow."""
    terms = g * v
    largest = float(np.max(np.abs(terms)))
    return largest * float(np.linalg.norm(terms / largest)) if largest else 0.0


def _slope(steps: list[Step]) -> float:
    """That of the line through the logarithms of the remainders."""
    lengths, remainders = (np.log([s[i] for s in steps]) for i in (0, 2))
    return float(np.polyfit(lengths, remainders, 1)[0])


def _hidden(steps: list[Step]) -> float:
    """The largest error of ⟨g, v⟩ that the remainders leave room for.

    Three steps in a row must say so: at a single one, the error and the curvature may cancel.
    """
    room = [(step.remainder + step.unseen) / step.length for step in steps]
    return min(max(three) for three in zip(room, room[1:], room[2:], strict=False))
