"""Groups of bars, with its value on each bar."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from derivlib.display._inputs import Floats
from derivlib.display._paper import GREY, PENS, PX, WIDTH, legend, slant_if_crowded, text_width
from derivlib.display._scales import scale_y
from derivlib.display._wording import number, superscripts

__all__ = ["draw_bars"]

GROUP = 0.8  # the width of a group, beside the distance from group to group
DRAWN_WIDTH, DRAWN_HEIGHT = 0.88 * WIDTH, 250  # of the axes, roughly, in CSS pixels
TYPE_SIZES = (14, 13, 12, 11)


def draw_bars(axes: Axes, groups: Sequence[str], bars: Mapping[str, Floats]) -> None:
    """Draw the bars: in each group side by side, in the order of the labels."""
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
    width = GROUP / len(bars)
    scale = max(float(np.abs(heights).max()) for heights in bars.values())
    texts = {
        label: [superscripts(number(height, scale)) for height in heights]
        for label, heights in bars.items()
    }
    longest = max((text for row in texts.values() for text in row), key=len)
    slot = DRAWN_WIDTH / len(groups) * width
    fitting = [size for size in TYPE_SIZES if text_width(axes, longest, size) < slot + 4]
    size = fitting[0] if fitting else max(TYPE_SIZES[-1], min(TYPE_SIZES[0], slot / 1.2))
    drawn = []
    for place, ((label, heights), pen) in enumerate(zip(bars.items(), PENS, strict=False)):
        container = axes.bar(
            np.arange(len(groups)) + (place - (len(bars) - 1) / 2) * width,
            heights,
            0.94 * width,
            label=label,
            color=pen.colour,
            hatch=pen.hatch,
            edgecolor="white",
            linewidth=0,
        )
        turn = 0 if fitting else 90
        axes.bar_label(container, texts[label], padding=2, rotation=turn, fontsize=size * PX)
        drawn.append(container)
    needed = (18 if fitting else text_width(axes, longest, size)) / DRAWN_HEIGHT
    scale_y(axes, "linear", np.concatenate(list(bars.values())))
    if not scale:
        axes.set_ylim(0, 1)
    axes.margins(x=0.02, y=needed / (1 - 2 * needed))
    axes.set_xticks(np.arange(len(groups)), groups)
    slant_if_crowded(axes, groups, DRAWN_WIDTH / len(groups))
    if len(bars) > 1:
        legend(axes, drawn)
