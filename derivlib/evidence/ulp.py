"""The error of a kernel in units in the last place, against mpmath.

The unit is Goldberg's, extended to the reals: for 2^e ≤ |x| < 2^(e+1), ulp(x) = 2^(e − p + 1) with
p the significand's bits; below the normal numbers it is the smallest subnormal. At a power of two
itself it is the wider of the two spacings (Harrison's definition takes the narrower). A correctly
rounded result has an error of at most 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any, TypeAlias

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, DTypeLike, NDArray

from derivlib.evidence.references import Real

__all__ = ["ULPReport", "measure_ulp", "ulp", "ulp_error"]

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class ULPReport:
    """The errors of a kernel, in ULP, and the place of the largest.

    Attributes:
        errors: of each value, in the result's shape.
        max, mean, median: of the errors.
        count: how many values were compared.
        dtype: of the kernel's results.
        worst_index: the index of the largest error in the result.
        worst_input: the arguments that lead to it: of each input a row, or a number.
        worst_actual, worst_exact: the kernel's value at `worst_index`, and the exact value.
    """

    errors: NDArray[np.float64]
    max: float
    mean: float
    median: float
    count: int
    dtype: np.dtype[Any]
    worst_index: tuple[int, ...]
    worst_input: tuple[Any, ...]
    worst_actual: Any
    worst_exact: Real

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return (
            f"max {self.max:.3g} ULP, mean {self.mean:.2g}, median {self.median:.2g} "
            f"over {self.count:,} {self.dtype} values; "
            f"worst at {', '.join(map(_on_one_line, self.worst_input))}: "
            f"{self.worst_actual!s}, exactly {mp.nstr(self.worst_exact, 20)}"
        )


def ulp(x: Real, dtype: DTypeLike) -> Real:
    """The unit in the last place of a floating dtype at the real number x, an mpmath number.

    >>> float(ulp(1.5, np.float64))
    2.220446049250313e-16
    >>> float(ulp(0, np.float64))
    5e-324
    """
    x = mp.convert(x)
    if not mp.isfinite(x):
        raise ValueError(f"x: a finite number is expected, given {x}")
    info = np.finfo(dtype)
    exponent = mp.frexp(x)[1] - 1 if x else info.minexp
    return mp.ldexp(1, int(max(exponent, info.minexp) - info.nmant))


def ulp_error(actual: ArrayLike, exact: object) -> NDArray[np.float64]:
    """|actual − exact| in units in the last place of `actual`'s dtype at the exact value.

    Parameters
    ----------
    actual : array of floats (float16, float32, float64 or longdouble)
        What a kernel gives.
    exact : array or nested sequence of mpmath numbers, in the shape of `actual`
        The true values, to some 20 digits more than `actual` has.

    Returns
    -------
    float64 array of the shape of `actual`
        An error beyond float64's range is inf.

    Edges: at an exact 0 the unit is the smallest subnormal. An infinity has the error 0 where the
    exact value is that infinity or rounds to it, else inf. NaN has the error 0 where the exact
    value is NaN, too; NaN on one side only is an error of inf. Signs of zeros are not compared.

    Raises
    ------
    TypeError
        `actual` is not of floats.
    ValueError
        The shapes differ.

    Source: J.-M. Muller, On the definition of ulp(x), INRIA RR-5504, 2005.

    Examples
    --------
    >>> import mpmath
    >>> with mpmath.workdps(50):
    ...     ulp_error([0.1, 0.1 + 2**-56], [mpmath.mpf(1) / 10, mpmath.mpf(0.1)])
    array([0.4, 1. ])
    """
    values = np.asarray(actual)
    if values.dtype.kind != "f":
        raise TypeError(f"actual: an array of floats is expected, given dtype {values.dtype}")
    truth = np.asarray(exact, dtype=object)
    if truth.shape != values.shape:
        raise ValueError(f"exact: its shape {truth.shape} is not that of actual, {values.shape}")
    with mp.workprec(64):  # the differences are rounded to it, their operands are not
        errors = [
            _error(_number(a), mp.convert(x), values.dtype)
            for a, x in zip(values.ravel().tolist(), truth.ravel(), strict=True)
        ]
    return np.array(errors, dtype=np.float64).reshape(values.shape)


def measure_ulp(
    kernel: Callable[..., ArrayLike],
    reference: Callable[..., Any],
    *inputs: ArrayLike,
    elementwise: bool = False,
    digits: int = 50,
    progress: bool = False,
) -> ULPReport:
    """The errors of a kernel on the given inputs, in ULP.

    Parameters
    ----------
    kernel : function of the inputs
        Gives an array of floats.
    reference : function of mpmath numbers
        Called with mp.dps = `digits`; must be right to as many digits. It gets a row of each input
        as a list, or a number, and returns a number or a row: `derivlib.evidence.references` has
        such functions.
    *inputs : arrays
        The last axis of the first input is the class axis, along which it is cut into rows. The
        other inputs must have the same shape, and are cut likewise, or that shape without the class
        axis, and give a number for each row. The reference gets floats exactly, as mpmath numbers,
        and integers as Python's.
    elementwise : bool
        If true, there is no class axis: all inputs have one shape, and the reference gets numbers.
    digits : int
        The reference's decimal digits.
    progress : bool
        Show a progress bar after two seconds; needs tqdm.

    Returns
    -------
    ULPReport

    Raises
    ------
    TypeError
        The kernel's result is not of floats.
    ValueError
        The inputs' shapes do not fit together, there is nothing to compare, or kernel and reference
        give results of different shapes.

    Examples
    --------
    >>> import derivlib
    >>> from derivlib.evidence import references
    >>> logits = np.random.default_rng(0).normal(size=(20, 5))
    >>> report = measure_ulp(derivlib.log_softmax, references.log_softmax, logits)
    >>> report.count, report.max < 4
    (100, True)
    >>> measure_ulp(np.exp, mp.exp, logits, elementwise=True).max < 1
    True
    """
    arrays = [np.array(given) for given in inputs]  # copies, that the kernel cannot write to
    batch = _batch(arrays, elementwise)
    actual = np.asarray(kernel(*inputs))
    with mp.workdps(digits):
        rows = [
            reference(*(_numbers(array[index]) for array in arrays))
            for index in _with_progress(list(np.ndindex(batch)), progress)
        ]
    exact = np.array(rows, dtype=object)
    exact = exact.reshape(batch + exact.shape[1:])
    if actual.shape != exact.shape:
        raise ValueError(
            f"the kernel gives shape {actual.shape}, the reference {exact.shape}, "
            f"for inputs of shapes {', '.join(str(array.shape) for array in arrays)}"
        )
    if not exact.size:
        raise ValueError("inputs: there is nothing to compare, the result is empty")
    errors = ulp_error(actual, exact)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(errors), errors.shape))
    return ULPReport(
        errors=errors,
        max=float(errors.max()),
        mean=float(errors.mean()),
        median=float(np.median(errors)),
        count=errors.size,
        dtype=actual.dtype,
        worst_index=worst,
        worst_input=tuple(array[worst[: len(batch)]] for array in arrays),
        worst_actual=actual[worst],
        worst_exact=exact[worst],
    )


def _error(actual: Real, exact: Real, dtype: np.dtype[Any]) -> float:
    """The error of one value in ULP; edges as in `ulp_error`."""
    if mp.isnan(actual) or mp.isnan(exact):
        return 0.0 if mp.isnan(actual) and mp.isnan(exact) else inf
    if mp.isinf(actual):
        signed = exact if actual > 0 else mp.fneg(exact, exact=True)
        return 0.0 if signed >= _overflow(dtype) else inf
    if mp.isinf(exact):
        return inf
    return float(abs(actual - exact) / ulp(exact, dtype))


def _overflow(dtype: np.dtype[Any]) -> Real:
    """The least number that rounds to infinity: half a unit above the largest of the dtype."""
    info = np.finfo(dtype)
    half_unit = mp.ldexp(1, int(info.maxexp - info.nmant - 2))
    return mp.fsub(mp.ldexp(1, int(info.maxexp)), half_unit, exact=True)


def _batch(arrays: list[Array], elementwise: bool) -> tuple[int, ...]:
    """The shape of the array of rows, or of elements; ValueError if an input does not fit it."""
    if not arrays:
        raise ValueError("inputs: none is given")
    first = arrays[0].shape
    if not elementwise and not first:
        raise ValueError("inputs: the first has no class axis; is this an elementwise kernel?")
    fitting = [first] if elementwise else [first, first[:-1]]
    for array in arrays:
        if array.shape not in fitting:
            expected = " or ".join(map(str, fitting))
            raise ValueError(f"inputs: shape {expected} is expected, given {array.shape}")
    return fitting[-1]


def _numbers(values: Any) -> Any:
    """A row as a list of mpmath numbers, or one such number; integers as Python's."""
    array = np.asarray(values)
    if array.dtype.kind in "iub":
        return array.tolist()
    return [_number(x) for x in array.tolist()] if array.ndim else _number(array.item())


def _number(x: float | np.longdouble) -> Real:
    """A float as an mpmath number, exactly."""
    if isinstance(x, np.longdouble) and np.isfinite(x):
        numerator, denominator = x.as_integer_ratio()
        return mp.ldexp(mp.convert(numerator), 1 - denominator.bit_length())
    return mp.convert(float(x))


def _with_progress(rows: list[tuple[int, ...]], progress: bool) -> Iterable[tuple[int, ...]]:
    """`rows`, with a progress bar as they are iterated over if `progress`."""
    if not progress:
        return rows
    from tqdm import tqdm

    bar: Iterable[tuple[int, ...]] = tqdm(rows, unit="row", delay=2)
    return bar


def _on_one_line(values: Any) -> str:
    """A number with all its digits, or a row of them on one line, a long row abridged."""
    return np.array2string(
        np.asarray(values),
        max_line_width=10**6,
        threshold=6,
        edgeitems=3,
        separator=", ",
        formatter={"all": str},
    )
