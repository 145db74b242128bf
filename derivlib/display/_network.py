"""A network of layers, drawn with what is known at each node and on each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

from matplotlib.axes import Axes

from derivlib.display import _paper as paper
from derivlib.display._wording import number, superscripts
from derivlib.display.figures import Figure

__all__ = ["network_plot"]

Vector: TypeAlias = Sequence[float]
Matrix: TypeAlias = Sequence[Vector]

NEAR = 0.3  # where on its line a weight stands; behind the first layer, so far before the end
SIZE = 13 * paper.PX
PATCH: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 1}
SUBSCRIPTS = "₁₂₃₄₅₆₇₈₉"


def network_plot(
    layers: Mapping[str, Mapping[str, Vector]],
    weights: Mapping[str, tuple[Matrix, Matrix]],
    *,
    title: str,
) -> Figure:
    """A column of nodes for each layer with its numbers; on each line a weight, and its slope.

    >>> network_plot({"x": {"x": [2]}, "p": {"z": [4]}}, {"W": ([[2]], [[0.5]])}, title="One")
    One.
    x = (2);
    W = ((2)), ∂L/∂W = ((0.5));
    z = (4).
    """
    between = [f"{name} = {_told(w)}, ∂L/∂{name} = {_told(g)}" for name, (w, g) in weights.items()]
    within = [", ".join(f"{n} = {_told(v)}" for n, v in rows.items()) for rows in layers.values()]
    parts = [part for pair in zip_longest(within, between) for part in pair if part]
    most = max(len(vector) for rows in layers.values() for vector in rows.values())
    with paper.drawing_style():
        axes = paper.blank_axes(130 * most, title, "", "")
        axes.set_axis_off()
        axes.set_xlim(-0.1, len(layers) - 0.6)
        axes.set_ylim(most - 0.5, -0.5)
        places = []
        for column, (node, rows) in enumerate(layers.items()):
            count = len(next(iter(rows.values())))
            places.append([i + (most - count) / 2 for i in range(count)])
            for i, y in enumerate(places[-1]):
                axes.plot(column, y, "o", markersize=24, color="white", markeredgecolor=paper.INK)
                _write(axes, column, y, f"{node}{SUBSCRIPTS[i]}")
                said = [f"{name} {_digits(vector[i])}" for name, vector in rows.items()]
                last = column + 1 == len(layers)
                axes.text(
                    column + 0.1 * last,
                    y + 0.17 * (not last),
                    "\n".join(said),
                    horizontalalignment="left" if last else "center",
                    verticalalignment="center" if last else "top",
                    fontsize=SIZE,
                    bbox=PATCH,
                )
        for column, (values, slopes) in enumerate(weights.values()):
            for i, start in enumerate(places[column]):
                for k, end in enumerate(places[column + 1]):
                    axes.plot([column, column + 1], [start, end], color="#c8c8c8", lw=1, zorder=0)
                    text = f"{_digits(values[i][k])} ({_digits(slopes[i][k])})"
                    at = NEAR if column == 0 else 1 - NEAR
                    _write(axes, column + at, start + at * (end - start), text)
    return Figure(paper.figure_of(axes), "\n".join([f"{title}.", ";\n".join(parts) + "."]))


def _write(axes: Axes, x: float, y: float, text: str) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=SIZE, bbox=PATCH)


def _digits(value: float) -> str:
    return superscripts(number(value))


def _told(value: float | Vector | Matrix) -> str:
    if isinstance(value, Sequence):
        return f"({', '.join(map(_told, value))})"
    return number(value)
