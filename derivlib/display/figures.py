"""Figures for notebooks, with alt texts that contain their numbers.

JupyterLab shows a figure as an image whose alt text says what is drawn: for readers who cannot see
it, and for nbval, which compares the text and not the pixels.
"""

import html
import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from matplotlib.figure import Figure as MatplotlibFigure
from numpy.typing import ArrayLike, DTypeLike
from PIL import Image

from derivlib.display import _paper as paper
from derivlib.display._bars import draw_bars
from derivlib.display._heat_map import heat_map
from derivlib.display._inputs import array, check_texts, choice, names_of, series, significand_bits
from derivlib.display._scales import scale_x, scale_y, ulp_scale
from derivlib.display._wording import bar_words, line_words, matrix_words, ulp_words

__all__ = ["Figure", "bar_plot", "line_plot", "matrix_plot", "ulp_plot"]

HEIGHT = 360
MOST_MARKED_POINTS = 25
MOST_LARGE_POINTS = 300
MOST_BARS = 32


class Figure:
    """A matplotlib figure and its alt text; JupyterLab shows it as an `<img>`.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        You may change it until the figure is first shown.
    alt : str
        What is drawn, numbers included.

    Raises
    ------
    TypeError
        `figure` is no figure of matplotlib, `alt` no string.
    ValueError
        `alt` is blank.

    Examples
    --------
    >>> from matplotlib.figure import Figure as MatplotlibFigure
    >>> figure = Figure(MatplotlibFigure((2, 1)), "0 < 1")
    >>> figure
    0 < 1
    >>> figure.bundle()["text/html"][:30]
    '<img alt="0 &lt; 1" width="192'
    """

    def __init__(self, figure: MatplotlibFigure, alt: str) -> None:
        if not isinstance(figure, MatplotlibFigure):
            raise TypeError(f"figure: a figure of matplotlib is expected, given {type(figure)}")
        check_texts(alt=alt)
        if not alt.strip():
            raise ValueError("alt: a description with the figure's numbers is expected, given none")
        self.figure = figure
        self.alt = alt

    @cached_property
    def png(self) -> bytes:
        """The picture, with two pixels for each CSS pixel; drawn at the first access."""
        drawn, packed = io.BytesIO(), io.BytesIO()
        with paper.drawing_style():
            dpi = 2 * 72 / paper.PX
            self.figure.savefig(drawn, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
        with Image.open(drawn) as image:  # a palette of 256 colours: a third of the bytes
            image.convert("RGB").quantize(dither=Image.Dither.NONE).save(packed, "png")
        return packed.getvalue()

    def bundle(self) -> dict[str, str]:
        """The outputs by their kind: the alt text, an `<img>`, and a PNG for what strips HTML."""
        width = round(self.figure.get_figwidth() * 72 / paper.PX)
        pixels = b64encode(self.png).decode("ascii")
        source = f"data:image/png;base64,{pixels}"
        shown = f'<img alt="{html.escape(self.alt)}" width="{width}" src="{source}">'
        return {"text/plain": self.alt, "text/html": shown, "image/png": pixels}

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.bundle()

    def __repr__(self) -> str:
        return self.alt


def line_plot(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    xscale: str = "linear",
    yscale: str = "linear",
    alt: str | None = None,
) -> Figure:
    """Lines over a common x.

    Parameters
    ----------
    x : vector of n finite real numbers
        In any order.
    lines : dict {label: vector of n finite real numbers}
        At most six, of 40 characters. A label stands at its line's end, or in a legend where the
        ends meet.
    xlabel, ylabel, title : str
        `$…$` is typeset in the picture, and unchanged in the alt text.
    xscale : "linear" or "log"
    yscale : "linear", "log" or "symlog"
        On a "log" scale a 0 is drawn on a dotted line below all other values.
    alt : str, optional
        By default made from the data: each line at five points, its highest and lowest value, to
        three digits. Give one for lines of rounding errors on a log scale, which differ between
        processors.

    Raises
    ------
    TypeError
        An array is not of real numbers, `lines` is no dict, a text no string.
    ValueError
        Lengths differ, an entry is not finite, a scale is unknown, a "log" scale is to show
        negative numbers, there is no line or more than six, a label is blank or too long.

    Examples
    --------
    >>> line_plot([0, 1, 2], {"z²": [0, 1, 4], "2z": [0, 2, 4]}, xlabel="z", ylabel="value")
    Lines: value at z = 0, 1, 2:
    z²: 0, 1, 4;
    2z: 0, 2, 4.
    """
    check_texts(xlabel=xlabel, ylabel=ylabel, title=title)
    choice("xscale", xscale, "linear", "log")
    choice("yscale", yscale, "linear", "log", "symlog")
    points = array("x", x, 1, positive=xscale == "log")
    curves = series("lines", lines, points.size, "x")
    for label, y in curves.items():
        if yscale == "log" and y.min() < 0:
            raise ValueError(
                f"lines[{label!r}]: nothing negative is expected on a log scale, given {y.min()}"
            )
    order = np.argsort(points, kind="stable")
    points, curves = points[order], {label: y[order] for label, y in curves.items()}
    with paper.drawing_style():
        axes = paper.blank_axes(HEIGHT, title, xlabel, ylabel)
        axes.margins(x=0.02)
        scale_x(axes, xscale, points)
        height_of_zero = scale_y(axes, yscale, np.concatenate(list(curves.values())))
        drawn = [
            axes.plot(
                points,
                np.where(y == 0, height_of_zero, y),
                label=label,
                color=pen.colour,
                linestyle=pen.dash,
                marker=pen.marker if points.size <= MOST_MARKED_POINTS else "",
            )[0]
            for (label, y), pen in zip(curves.items(), paper.PENS, strict=False)
        ]
        paper.label_lines(axes, drawn)
    words = line_words(points, curves, title, xlabel, ylabel, yscale)
    return Figure(paper.figure_of(axes), words if alt is None else alt)


def bar_plot(
    names: Sequence[object],
    bars: Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """A group of bars for each name, its value on each bar.

    Parameters
    ----------
    names : n names of at most 40 characters
    bars : dict {label: vector of n finite real numbers}
        At most six labels, and 32 bars in all.
    xlabel, ylabel, title : str
    alt : str, optional
        By default made from the data: every value to three digits, where, as on the bars, a value
        below 10^-12 of the largest is 0.

    Raises
    ------
    TypeError
        `names` is a string, an array is not of real numbers, `bars` is no dict, a text no string.
    ValueError
        Lengths differ, an entry is not finite, there is no bar or more than 32.

    Examples
    --------
    >>> bar_plot([*"abc"], {"p − y": [0.2, 0.1, -0.3]}, xlabel="class", ylabel="gradient")
    Bars: gradient for class a, b, c:
    p − y: 0.2, 0.1, −0.3.
    """
    check_texts(xlabel=xlabel, ylabel=ylabel, title=title)
    groups = names_of("names", names)
    heights = series("bars", bars, len(groups), "names")
    count = len(groups) * len(heights)
    if count > MOST_BARS:
        raise ValueError(f"bars: at most {MOST_BARS} are expected, given {count}")
    with paper.drawing_style():
        axes = paper.blank_axes(HEIGHT, title, xlabel, ylabel)
        draw_bars(axes, groups, heights)
    words = bar_words(groups, heights, title, xlabel, ylabel)
    return Figure(paper.figure_of(axes), words if alt is None else alt)


def matrix_plot(
    matrix: ArrayLike,
    *,
    row_names: Sequence[object] | None = None,
    column_names: Sequence[object] | None = None,
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """A heat map: blue above 0 and red below, with the numbers in the cells up to 12×12.

    The numbers have a common count of decimals and, where they are tiny or huge, a common power of
    ten, which the caption names. An entry that is exactly 0 shows as a bare 0, unlike 0.000.

    Parameters
    ----------
    matrix : array of finite real numbers, rows × columns
    row_names, column_names : names of at most 40 characters, optional
        By default the indices, from 0 as in NumPy.
    xlabel, ylabel : str, optional
        What the columns and the rows are.
    title : str, optional
    alt : str, optional
        By default made from the matrix: the rows of one with at most 36 entries; of others the
        lowest and highest entries and the Frobenius norm.

    Raises
    ------
    TypeError
        `matrix` is not of real numbers, the names are one string, a text is no string.
    ValueError
        `matrix` has not two axes, no entries or one that is not finite; the names do not fit it.

    Examples
    --------
    >>> matrix_plot([[0.25, -0.25], [-0.25, 0.25]], title="diag(p) − p pᵀ")
    diag(p) − p pᵀ.
    Matrix, 2×2, columns 0, 1:
    0: 0.25, −0.25;
    1: −0.25, 0.25.
    """
    check_texts(xlabel=xlabel, ylabel=ylabel, title=title)
    values = array("matrix", matrix, 2)
    rows = names_of("row_names", row_names, values.shape[0])
    columns = names_of("column_names", column_names, values.shape[1])
    with paper.drawing_style():
        axes = heat_map(values, rows, columns, title, xlabel, ylabel)
    words = matrix_words(values, rows, columns, title)
    return Figure(paper.figure_of(axes), words if alt is None else alt)


def ulp_plot(
    x: ArrayLike,
    errors: Mapping[str, ArrayLike],
    *,
    xlabel: str,
    title: str = "",
    xscale: str = "linear",
    dtype: DTypeLike = np.float64,
    alt: str | None = None,
) -> Figure:
    """Errors in ULP, point by point, on a scale that is linear up to 1 and logarithmic above.

    A line at 0.5 marks the largest error of a correctly rounded result. If an error comes near it,
    a line at 2^52 (in float64) marks errors as large as the value. Errors above the upper edge, and
    infinite ones, are drawn on it.

    Parameters
    ----------
    x : vector of n finite real numbers, in any order
    errors : dict {label: vector of n real numbers}
        As `derivlib.evidence.ulp_error` gives them: not negative, inf where an overflow or a NaN
        takes the place of a number. At most six labels.
    xlabel, title : str
    xscale : "linear", "log" or "symlog"
    dtype : the floating dtype whose ULP is meant
    alt : str, optional
        By default made from the errors: the order of magnitude of each label's largest.

    Raises
    ------
    TypeError
        An array is not of real numbers, `errors` is no dict, a text no string, `dtype` not
        floating.
    ValueError
        Lengths differ, an entry is NaN or negative, a scale is unknown, x is not positive on a
        "log" scale, there are no errors or more than six labels.

    Examples
    --------
    >>> ulp_plot([1, 10, 100], {"stable": [0.4, 1.2, 0.9], "naive": [1, 1e9, 1e16]}, xlabel="z")
    Errors at 3 points, z from 1 to 100:
    stable: at most 4 ULP;
    naive: over 10^15 ULP: no digit correct.
    """
    check_texts(xlabel=xlabel, title=title)
    choice("xscale", xscale, "linear", "log", "symlog")
    points = array("x", x, 1, positive=xscale == "log")
    measured = series("errors", errors, points.size, "x", infinite=True)
    for label, error in measured.items():
        if error.min() < 0:
            raise ValueError(
                f"errors[{label!r}]: nothing negative is expected, given {error.min()}"
            )
    bits = significand_bits(dtype)
    with paper.drawing_style():
        axes = paper.blank_axes(HEIGHT, title, xlabel, "error in ULP")
        axes.margins(x=0.02)
        scale_x(axes, xscale, points)
        ceiling = ulp_scale(axes, max(float(error.max()) for error in measured.values()), bits)
        drawn = [
            axes.plot(
                points,
                np.minimum(error, ceiling),
                label=label,
                color=pen.colour,
                linestyle="",
                marker=pen.marker,
                markersize=4 if points.size <= MOST_LARGE_POINTS else 2.2,
                markeredgewidth=0,
                clip_on=False,
            )[0]
            for (label, error), pen in zip(measured.items(), paper.PENS, strict=False)
        ]
        paper.legend(axes, drawn, with_lines=False)
    words = ulp_words(points, measured, title, xlabel, bits)
    return Figure(paper.figure_of(axes), words if alt is None else alt)
