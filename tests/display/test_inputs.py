"""Bad input is refused with an error that names it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure as MatplotlibFigure

from derivlib.display import Figure, bar_plot, line_plot, matrix_plot, ulp_plot

LABELS: dict[str, Any] = {"xlabel": "z", "ylabel": "value"}


def lines(x: Any = (1, 2), y: Any = (1, 2), **others: Any) -> Figure:
    return line_plot(x, {"a": y}, **LABELS | others)


def bars(names: Any = "ab", values: Any = (1, 2), **others: Any) -> Figure:
    return bar_plot(names, {"a": values}, **LABELS | others)


def errors(y: Any = (1, 2), **others: Any) -> Figure:
    return ulp_plot((1, 2), {"a": y}, **{"xlabel": "z"} | others)


SEVEN = {label: [1] for label in "abcdefg"}
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: Figure("figure", "alt"), TypeError, "figure: a figure of matplotlib"),  # type: ignore[arg-type]
    (lambda: Figure(MatplotlibFigure(), 3), TypeError, "alt: a string"),  # type: ignore[arg-type]
    (lambda: Figure(MatplotlibFigure(), " "), ValueError, "alt: a description"),
    (lambda: lines(alt=""), ValueError, "alt: a description"),
    (lambda: lines(x=[[1, 2]]), ValueError, r"x: a vector .* given shape \(1, 2\)"),
    (lambda: lines(x=[]), ValueError, r"x: a vector with entries .* given shape \(0,\)"),
    (lambda: lines(x=[[1], [1, 2]]), ValueError, "x: an array .* rows of different lengths"),
    (lambda: lines(x=["1", "2"]), TypeError, "x: real numbers are expected, given dtype <U1"),
    (lambda: lines(y=[1, 2j]), TypeError, r"lines\['a'\]: real numbers .* complex128"),
    (lambda: lines(y=[1, np.nan]), ValueError, r"lines\['a'\]: finite .* given nan at index \[1\]"),
    (lambda: lines(y=[np.inf, 1]), ValueError, r"lines\['a'\]: finite .* given inf at index \[0\]"),
    (lambda: lines(y=[1, 2, 3]), ValueError, r"lines\['a'\]: 2 values .* as in x, given 3"),
    (lambda: lines(y=[1, -2], yscale="log"), ValueError, r"lines\['a'\]: nothing negative.*-2"),
    (lambda: lines(x=[0, 1], xscale="log"), ValueError, "x: positive numbers .* given 0.0"),
    (lambda: lines(yscale="cubic"), ValueError, "yscale: one of linear, log, symlog .*'cubic'"),
    (lambda: lines(xscale="logit"), ValueError, "xscale: one of .*'logit'"),
    (lambda: lines(title=None), TypeError, "title: a string is expected, given <class 'NoneType'>"),
    (lambda: lines(xlabel=3), TypeError, "xlabel: a string"),
    (lambda: line_plot([1], {}, **LABELS), ValueError, "lines: 1 to 6 labels .* given 0"),
    (lambda: line_plot([1], SEVEN, **LABELS), ValueError, "lines: 1 to 6 labels .* given 7"),
    (lambda: line_plot([1], [[1]], **LABELS), TypeError, "lines: a dict .*<class 'list'>"),  # type: ignore[arg-type]
    (lambda: line_plot([1], {3: [1]}, **LABELS), TypeError, "lines, a label: a string"),  # type: ignore[dict-item]
    (lambda: line_plot([1], {" ": [1]}, **LABELS), ValueError, "lines: labels .* given ' '"),
    (lambda: line_plot([1], {"_a": [1]}, **LABELS), ValueError, "lines: labels .* given '_a'"),
    (
        lambda: line_plot([1], {"a" * 41: [1]}, **LABELS),
        ValueError,
        "lines: at most 40 char.*'a{41}'",
    ),
    (lambda: bars(["b" * 41], [1]), ValueError, "names: at most 40 characters .*'b{41}'"),
    (lambda: bars(), TypeError, "names: a list of names is expected, given the string 'ab'"),
    (lambda: bars([]), ValueError, "names: some names are expected, given 0"),
    (lambda: bars(["abc"]), ValueError, r"bars\['a'\]: 1 values .* as in names, given 2"),
    (lambda: bars([1, 2], [1, np.nan]), ValueError, r"bars\['a'\]: finite"),
    (lambda: bars(range(33), range(33)), ValueError, "bars: at most 32 are expected, given 33"),
    (lambda: matrix_plot([1, 2]), ValueError, r"matrix: a matrix .* given shape \(2,\)"),
    (lambda: matrix_plot(np.empty((0, 3))), ValueError, r"matrix: .* given shape \(0, 3\)"),
    (lambda: matrix_plot([[1, np.inf]]), ValueError, r"matrix: finite .*inf at index \[0, 1\]"),
    (lambda: matrix_plot([[1]], row_names="a"), TypeError, "row_names: a list .* string 'a'"),
    (lambda: matrix_plot([[1]], column_names=[1, 2]), ValueError, "column_names: 1 names .* 2"),
    (lambda: errors([1, np.nan]), ValueError, r"errors\['a'\]: no NaN .* at index \[1\]"),
    (lambda: errors([1, -1]), ValueError, r"errors\['a'\]: nothing negative .* given -1.0"),
    (lambda: errors(dtype=int), TypeError, "dtype: a floating dtype is expected, given int64"),
    (lambda: errors(xscale="sqrt"), ValueError, "xscale: one of .*'sqrt'"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[message for *_, message in BAD])
def test_bad_input_is_named(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        call()
