"""Logarithmic scales with a place for 0, and ticks that do not crowd."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from derivlib.display._inputs import Floats
from derivlib.display._paper import GREY, INK, PX
from derivlib.display._wording import number, superscripts

__all__ = ["scale_x", "scale_y", "ulp_scale"]

SMALLEST_POWER = -323  # of ten: 10^-324 is 0 in float64
MOST_DECADES = 20  # on each side of 0
DOTS, DASHES = (0, (1, 3)), (0, (4, 3))


def scale_x(axes: Axes, scale: str, values: Floats) -> None:
    """Set the scale, with ticks to suit the values; those of a log scale must be positive."""
    _scale(axes, axes.xaxis, scale, values)


def scale_y(axes: Axes, scale: str, values: Floats) -> float:
    """Set the scale, with ticks to suit the values; return the height at which to draw a 0."""
    nonzero = values[values != 0]
    if scale != "log" or nonzero.size == values.size:
        _scale(axes, axes.yaxis, scale, values)
        return 0.0
    lowest, highest = _powers(nonzero)
    step = _step(highest - lowest)
    floor = 10.0 ** max(lowest - step, SMALLEST_POWER)
    axes.set_yscale("log")
    axes.set_ylim(10.0 ** max(lowest - 1.5 * step, SMALLEST_POWER - 0.5), 2 * 10.0**highest)
    axes.axhline(floor, color=GREY, linewidth=1, linestyle=DOTS, zorder=1)
    _ticks_at_powers(axes.yaxis, lowest, highest, {floor: "0"})
    return floor


def ulp_scale(axes: Axes, worst: float, bits: int) -> float:
    """Set a scale of y that is linear up to 1 ULP and logarithmic above.

    Lines mark a correctly rounded result (0.5 ULP) and, if an error comes near it, one without a
    correct digit. Return the highest error that is on the scale.
    """
    no_digit = 2.0**bits  # the error is as large as the value itself
    shows_no_digit = worst > no_digit / 1000
    highest = math.ceil(math.log10(no_digit if shows_no_digit else max(worst, 4.0)))
    top = 10.0**highest
    axes.set_yscale("symlog", linthresh=1, linscale=max(0.6, highest / 5))
    between = {2.0: "2", 5.0: "5"} if highest == 1 else {}
    _ticks_at_powers(axes.yaxis, 0, highest, {0.0: "0", **between})
    axes.set_ylim(0, 2 * top if shows_no_digit else top)
    marks = {0.5: "≤ 0.5: correctly\nrounded"}
    if shows_no_digit:
        marks[no_digit] = f"≥ 2{superscripts(f'^{bits}')}: no digit\nis correct"
    for height, text in marks.items():
        axes.axhline(height, color=INK, linewidth=1, linestyle=DASHES, zorder=3)
        axes.annotate(
            text,
            (1, height),
            xycoords=axes.get_yaxis_transform(),
            xytext=(5, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=13 * PX,
        )
    return top


def _scale(axes: Axes, axis: Axis, scale: str, values: Floats) -> None:
    """Set the scale of one axis and its ticks; the values of a log scale must be positive."""
    nonzero = values[values != 0]
    lowest, highest = _powers(np.abs(nonzero))
    if scale == "symlog":
        lowest = max(lowest, highest - MOST_DECADES)
    linear_part = {"linthresh": 10.0**lowest} if scale == "symlog" else {}
    set_scale = axes.set_xscale if axis is axes.xaxis else axes.set_yscale
    set_scale(scale, **linear_part)
    if scale == "symlog":
        signs = sorted({int(sign) for sign in np.sign(nonzero)})
        _ticks_at_powers(axis, lowest, highest, {0.0: "0"}, signs)
    elif scale == "log":
        _log_ticks(axis, float(values.max() / values.min()))
    elif np.ptp(values) > 0.01 * np.abs(values).max() and not -3 <= highest <= 6:
        axis.set_major_formatter(_tick_text)  # matplotlib's would put a "1e7" above the axis


def _log_ticks(axis: Axis, ratio: float) -> None:
    """Set ticks at powers of ten; where these are too few, at numbers between them as well."""
    if ratio >= 100:
        axis.set_major_formatter(lambda x, _: _power(round(math.log10(x))))
        return
    within_a_decade = MaxNLocator(6, steps=(1, 2, 5, 10))
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)) if ratio >= 10 else within_a_decade)
    axis.set_major_formatter(_tick_text)
    axis.set_minor_locator(NullLocator())


def _tick_text(value: float, _: object) -> str:
    return superscripts(number(value))


def _ticks_at_powers(
    axis: Axis,
    lowest: int,
    highest: int,
    others: Mapping[float, str],
    signs: Sequence[int] = (1,),
) -> None:
    """Set ticks at powers of ten with these signs, not too many to be read, and at `others`."""
    step = _step((highest - lowest) * len(signs))
    ticks = dict(others)
    for sign in signs:
        for power in range(lowest, highest + 1):
            if power % step == 0:
                ticks[sign * 10.0**power] = ("−" if sign < 0 else "") + _power(power)
    axis.set_ticks(list(ticks), list(ticks.values()))
    axis.set_ticks([], minor=True)


def _power(power: int) -> str:
    return {0: "1", 1: "10"}.get(power, f"$10^{{{power}}}$")


def _powers(sizes: Floats) -> tuple[int, int]:
    """The powers of ten that enclose some positive numbers, at least one apart."""
    if not sizes.size:
        return 0, 1
    lowest = max(math.floor(math.log10(sizes.min())), SMALLEST_POWER)
    return lowest, max(lowest + 1, math.ceil(math.log10(sizes.max())))


def _step(decades: int) -> int:
    """The decades from tick to tick, such that there are at most six steps."""
    return next(step for step in (1, 2, 3, 4, 5, 10, 20, 50, 100, 200) if decades <= 6 * step)
