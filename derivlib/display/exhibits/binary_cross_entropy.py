"""Exhibits on binary cross-entropy: why it, and not squared error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from derivlib import (
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_grad,
    sigmoid_grad,
)
from derivlib.display import _paper as paper
from derivlib.display._wording import number
from derivlib.display.controls import Choice, Slider, Steps
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure

__all__ = ["TwoLosses"]

Function = Callable[[Any, Any], Any]


def _squared_error(z: Any, y: float) -> Any:
    return sigmoid_binary_cross_entropy_grad(z, y) ** 2 / 2


def _squared_error_grad(z: Any, y: float) -> Any:
    # The gradient of cross-entropy is p − y, with all of its digits.
    return sigmoid_binary_cross_entropy_grad(z, y) * sigmoid_grad(z)


ABOVE: dict[str, Any] = {
    "xytext": (0, 6),
    "textcoords": "offset points",
    "horizontalalignment": "right",
}
LOSSES: dict[str, tuple[str, Function, Function]] = {
    "cross": (
        "cross-entropy",
        sigmoid_binary_cross_entropy,
        sigmoid_binary_cross_entropy_grad,
    ),
    "squared": ("squared error", _squared_error, _squared_error_grad),
}


class TwoLosses(Exhibit):
    """One logit under cross-entropy and under squared error, and gradient descent with each.

    Args:
        y: the target, 0 or 1; by default 1.
        start: the logit to start from, from −10 to 10; by default −10.
        rate: the size of a step, from 0.1 to 4; by default 1.
        steps: how many were taken, up to 20; by default 0.

    >>> found = TwoLosses.numbers(y=1, start=-10.0, rate=1.0, steps=20)
    >>> round(found["cross_path"][-1], 2), round(found["squared_path"][-1], 3)
    (2.2, -9.999)
    """

    module_name = "two-losses"
    title = "Two losses for one logit"
    controls = (
        Choice("y", "target y", 1, ("0", "1")),
        Slider("start", "first z", -10.0, -10, 10, 0.5),
        Slider("rate", "step size", 1.0, 0.1, 4, 0.1),
        Steps("steps", "Step", 0, 20),
    )

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        """The logits on each way, and at its end the loss and its slope."""
        y = state["y"]
        found: dict[str, Any] = {}
        for kind, (_, loss, slope) in LOSSES.items():
            path = [state["start"]]
            for _ in range(round(state["steps"])):
                path.append(path[-1] - state["rate"] * float(slope(path[-1], y)))
            found[f"{kind}_path"] = path
            found[f"{kind}_loss"] = float(loss(path[-1], y))
            found[f"{kind}_slope"] = float(slope(path[-1], y))
        return found

    def picture(self) -> Figure:
        """All twenty steps: who cannot take them sees where they lead."""
        state = {**self.state, "steps": self.controls[-1].spec()["high"]}
        y, start, rate, steps = state.values()
        title = f"{self.title}: target {number(y)}, {steps} steps of size {number(rate)}"
        found, words = self.numbers(**state), []
        logits = np.linspace(-12, 12, 145)
        with paper.drawing_style():
            labels = [("z", name) for name, *_ in LOSSES.values()]
            *curves, ways = paper.panels(260, title, *labels, ("step", "z after each step"))
            drawn = zip(LOSSES.items(), curves, paper.PENS, strict=False)
            for (kind, (name, loss, _)), axes, pen in drawn:
                path = np.array(found[f"{kind}_path"])
                curve = loss(logits, np.full_like(logits, y))
                axes.plot(logits, curve, color=pen.colour, linestyle=pen.dash)
                axes.plot(path, loss(path, np.full_like(path, y)), pen.marker, color=pen.colour)
                ways.plot(path, pen.marker, color=pen.colour, linestyle=pen.dash, markersize=3)
                ways.annotate(name, (steps, path[-1]), **ABOVE, color=pen.colour)
                reached, slope = path[-1], found[f"{kind}_slope"]
                words.append(f"{name} goes to {number(reached)}, with the slope {number(slope)}")
            ways.margins(y=0.15)
        return Figure(
            paper.figure_of(ways), f"{title}.\nFrom z = {number(start)}, {' and '.join(words)}."
        )
