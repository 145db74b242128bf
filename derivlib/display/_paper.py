"""What all plots share: size, type, colours, axes, and where labels go."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from textwrap import fill
from typing import NamedTuple

import numpy as np
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import Container
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D

__all__ = [
    "GREY",
    "INK",
    "PENS",
    "PX",
    "WIDTH",
    "blank_axes",
    "drawing_style",
    "figure_of",
    "label_lines",
    "legend",
    "panels",
    "slant_if_crowded",
    "text_width",
]

WIDTH = 640  # of a figure, in CSS pixels
PX = 0.75  # a CSS pixel, in points
INK, GREY = "#222222", "#767676"


class Pen(NamedTuple):
    """How one of several series is drawn: they differ in four ways, not in colour alone."""

    colour: str
    dash: str | tuple[float, tuple[float, ...]]
    marker: str
    hatch: str


# The colours can be told apart with every kind of colour blindness; contrast with white: 3:1 or
# more.
PENS = (
    Pen("#0b4fc4", "-", "o", ""),
    Pen("#d1506e", (0, (5, 2)), "s", "///"),
    Pen("#1a1a1a", (0, (1, 1.2)), "^", "..."),
    Pen("#b38000", (0, (6, 1.5, 1, 1.5)), "D", "\\\\\\"),
    Pen("#3f94d8", (0, (10, 3)), "v", "xxx"),
    Pen("#500a6b", (0, (2.5, 2.5)), "P", "---"),
)

_STYLE = {
    "figure.dpi": 72 / PX,
    "font.size": 14 * PX,  # as the prose around it
    "axes.labelsize": "medium",
    "legend.fontsize": "medium",
    "xtick.labelsize": 13 * PX,
    "ytick.labelsize": 13 * PX,
    "figure.titlesize": 15 * PX,
    "figure.titleweight": "bold",
    "figure.constrained_layout.h_pad": 6 * PX / 72,
    "figure.constrained_layout.w_pad": 8 * PX / 72,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.formatter.useoffset": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.75,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "hatch.linewidth": 1.0,
    "legend.frameon": False,
}


def drawing_style() -> AbstractContextManager[None]:
    """A context with matplotlib's defaults and our style, whatever the reader's settings are."""
    return style.context(["default", _STYLE])


def blank_axes(height: float, title: str, xlabel: str, ylabel: str, width: float = WIDTH) -> Axes:
    """Axes on a new figure, which is not registered with pyplot.

    `height` includes one line of the title and one of the x label; further lines add to it.
    """
    return panels(height, title, (xlabel, ylabel), width=width)[0]


def panels(
    height: float, title: str, *labels: tuple[str, str], width: float = WIDTH
) -> tuple[Axes, ...]:
    """Axes side by side on a new figure, with the labels of x and y of each."""
    title = fill(title, int(width / 9.6))
    wrapped = [(fill(xlabel, int(width / len(labels) / 9.6)), ylabel) for xlabel, ylabel in labels]
    height += 18 * (title.count("\n") + max(xlabel.count("\n") for xlabel, _ in wrapped))
    size = (width * PX / 72, height * PX / 72)
    figure = MatplotlibFigure(size, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title, x=8 / width, horizontalalignment="left")
    drawn = []
    for place, (xlabel, ylabel) in enumerate(wrapped, start=1):
        axes = figure.add_subplot(1, len(labels), place)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(fill(ylabel, max(8, int(height / 12))))
        drawn.append(axes)
    return tuple(drawn)


def figure_of(axes: Axes) -> MatplotlibFigure:
    """The figure that the axes are on."""
    figure = axes.figure
    assert isinstance(figure, MatplotlibFigure)  # not a subfigure: see `blank_axes`
    return figure


def text_width(axes: Axes, text: str, size: float = 14) -> float:
    """The width of a text in CSS pixels, for a font size in CSS pixels."""
    probe = axes.text(0, 0, text, fontsize=size * PX)
    width = probe.get_window_extent().width * 72 / PX / figure_of(axes).dpi
    probe.remove()
    return float(width)


def legend(axes: Axes, handles: Sequence[Artist | Container], *, with_lines: bool = True) -> None:
    """Draw a legend above the axes, where it hides no data, in as many columns as fit."""
    labels = [str(handle.get_label()) for handle in handles]
    widths = [text_width(axes, label) + 70 for label in labels]
    columns = int((WIDTH - 60) / max(widths)) if sum(widths) > WIDTH - 60 else len(labels)
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
        borderpad=0,
        columnspacing=1.5,
        handlelength=2.8 if with_lines else 1,
        markerscale=1 if with_lines else 1.6,
        ncols=max(1, columns),
    )


def label_lines(axes: Axes, lines: Sequence[Line2D]) -> None:
    """Label each line at its right end if the ends are far enough apart, else in a legend."""
    labels = [str(line.get_label()) for line in lines]
    ends = [tuple(np.asarray(line.get_data())[:, -1]) for line in lines]
    axes.autoscale_view()
    to_axes = axes.transScale + axes.transLimits
    heights = sorted(float(to_axes.transform(end)[1]) for end in ends)
    apart = all(above - below > 0.08 for below, above in pairwise(heights))
    if not apart or max(text_width(axes, label) for label in labels) > 150:
        legend(axes, lines)
        return
    for label, end in zip(labels, ends, strict=True):
        axes.annotate(
            label,
            end,
            xytext=(7 * PX, 0),
            textcoords="offset points",
            verticalalignment="center",
            annotation_clip=False,
        )


def slant_if_crowded(axes: Axes, names: Sequence[str], room: float) -> None:
    """Slant the names along the x axis if one is wider than `room` CSS pixels."""
    widest = max(text_width(axes, name) for name in names)
    if widest > room - 6:
        on_top = axes.xaxis.get_ticks_position() == "top"
        axes.tick_params(axis="x", rotation=35)
        for label in axes.get_xticklabels():
            label.set_rotation_mode("anchor")
            label.set_horizontalalignment("left" if on_top else "right")
        figure = figure_of(axes)
        figure.set_figheight(figure.get_figheight() + 0.5 * widest * PX / 72)
