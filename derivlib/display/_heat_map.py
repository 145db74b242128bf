"""A matrix as coloured cells, with their numbers where these fit."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import QuadMesh

from derivlib.display import _paper as paper
from derivlib.display._inputs import Floats
from derivlib.display._paper import INK, PX, WIDTH
from derivlib.display._wording import superscripts

__all__ = ["draw_cells", "heat_map"]

MOST_NUMBERED = 12  # rows, and columns
CELL_WIDTH, CELL_HEIGHT = 84, 44  # at most; in CSS pixels, as all sizes here
LEAST_CELL_WIDTH = 44
LEAST_WIDTH, MOST_HEIGHT = 320, 640
TYPE_SIZES = (14, 13, 12, 11)


def heat_map(
    matrix: Floats,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    xlabel: str,
    ylabel: str,
) -> Axes:
    """Axes with the matrix, blue above 0 and red below.

    A matrix of up to 12×12 has its numbers in the cells, a larger one has a colour bar.
    """
    numbered = max(matrix.shape) <= MOST_NUMBERED
    power = _common_power(matrix)
    if power:
        unit = superscripts(f"10^{power}".replace("-", "−"))
        title = f"{title} (in units of {unit})".strip()
    beside = 20 + 8 * max(map(len, rows)) + (24 if ylabel else 0)
    above = 34 + (24 if xlabel else 0) + (30 if title else 0)
    if numbered:
        cell = max(LEAST_CELL_WIDTH, min(CELL_WIDTH, (WIDTH - beside) / len(columns)))
        width = max(LEAST_WIDTH, beside + cell * len(columns))
        height = float(CELL_HEIGHT * len(rows))
    else:
        width = float(WIDTH)
        square = (WIDTH - beside - 90) * len(rows) / len(columns)
        height = min(MOST_HEIGHT, max(CELL_HEIGHT, square))
    axes = paper.blank_axes(height + above, title, xlabel, ylabel, width)
    mesh = draw_cells(axes, matrix / 10.0**power, rows, columns, cell if numbered else 0)
    if not numbered:
        name_width = 8 * max(map(len, columns)) + 12
        _name_ticks(axes.xaxis, columns, (WIDTH - beside - 90) / name_width)
        _name_ticks(axes.yaxis, rows, height / 22)
        paper.figure_of(axes).colorbar(mesh, ax=axes, pad=0.02).outline.set_visible(False)
    return axes


def draw_cells(
    axes: Axes, matrix: Floats, rows: Sequence[str], columns: Sequence[str], cell: float
) -> QuadMesh:
    """Draw the matrix, with names and numbers for cells of so many CSS pixels, or none for 0."""
    mesh = _colour(axes, matrix, cell > 0)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if cell:
        _name_ticks(axes.xaxis, columns, len(columns))
        _name_ticks(axes.yaxis, rows, len(rows))
        paper.slant_if_crowded(axes, columns, cell)
        _write_numbers(axes, mesh, matrix, cell - 6)
    return mesh


def _name_ticks(axis: Axis, names: Sequence[str], most: float) -> None:
    """Name rows or columns, at most `most`: all, or every second, third, …"""
    step = math.ceil(len(names) / most)
    axis.set_ticks(np.arange(len(names))[::step] + 0.5, names[::step])


def _common_power(matrix: Floats) -> int:
    """The power of ten to divide all entries by: 0 unless the largest is tiny or huge."""
    largest = float(np.abs(matrix).max())
    return 0 if largest == 0 or 0.01 <= largest < 1e4 else math.floor(math.log10(largest))


def _colour(axes: Axes, matrix: Floats, numbered: bool) -> QuadMesh:
    """Draw the cells: white is always 0, and where signs are mixed, in the middle of the scale."""
    reach = float(np.abs(matrix).max()) or 1.0
    low = -reach if matrix.min() < 0 else 0.0
    high = 0.0 if matrix.max() <= 0 and low < 0 else reach
    colours = "Blues" if low == 0 else "Reds_r" if high == 0 else "RdBu"
    gap = 1.5 if numbered else 0.0
    return axes.pcolormesh(
        matrix, cmap=colours, vmin=low, vmax=high, edgecolors="white", linewidth=gap
    )


def _write_numbers(axes: Axes, mesh: QuadMesh, matrix: Floats, room: float) -> None:
    """Write its number into every cell, with as many decimals, then in as large a type, as fit."""
    texts, size = _fitting(axes, matrix, room)
    for index, text in zip(np.ndindex(matrix.shape), texts, strict=True):
        axes.text(
            index[1] + 0.5,
            index[0] + 0.5,
            text,
            color=_ink_on(np.asarray(mesh.to_rgba(matrix[index]))),
            fontsize=size * PX,
            horizontalalignment="center",
            verticalalignment="center",
        )


def _fitting(axes: Axes, matrix: Floats, room: float) -> tuple[list[str], int]:
    """The texts of all entries and a type size such that, if possible, all fit into `room`."""
    largest = float(np.abs(matrix).max())
    whole = bool(np.all(matrix == np.round(matrix)))
    most = 0 if whole else max(0, 2 - math.floor(math.log10(largest)))
    for decimals in range(most, -1, -1):
        texts = [_cell_text(value, decimals) for value in matrix.flat]
        longest = max(texts, key=len)
        for size in TYPE_SIZES:
            if paper.text_width(axes, longest, size) <= room:
                return texts, size
    return texts, size


def _cell_text(value: float, decimals: int) -> str:
    """The number of a cell; an exact 0 is a bare 0, which shows where a matrix is sparse."""
    return "0" if value == 0 else f"{value:.{decimals}f}".replace("-", "−")


def _ink_on(colour: Floats) -> str:
    """White or dark, whichever contrasts more (WCAG's relative luminance)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    )
    return INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.2 else "white"
