"""Exhibits on softmax with cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivlib import (
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
    softmax_cross_entropy_value_and_grad,
)
from derivlib.display._wording import number
from derivlib.display.controls import Choice, Slider, Steps
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure, bar_plot

__all__ = ["SoftmaxStep"]

START = (-0.6, 0.5, -0.2, 0.1, 0.3)  # 10, 30, 15, 20, 25 %
TARGETS = {f"class {k + 1}": row for k, row in enumerate(np.eye(5))}
TARGETS["4 or 5, half each"] = np.array([0, 0, 0, 0.5, 0.5])


class SoftmaxStep(Exhibit):
    """Five logits, a target, and steps of gradient descent: z − η(p − y).

    Args:
        z1, z2, z3, z4, z5: the logits at the start, from −4 to 4; by default some of 10, 30, 15,
            20 and 25 %.
        target: which target, from 0: one of the five classes, or the last two, half each.
        size: the step size η, from 0.1 to 4; by default 1.
        steps: how many were taken, up to 20.

    >>> shown = SoftmaxStep.numbers(z1=0, z2=0, z3=0, z4=0, z5=0, target=3, size=1, steps=1)
    >>> shown["z"], round(shown["start"], 3), round(shown["loss"], 3)
    ([-0.2, -0.2, -0.2, 0.8, -0.2], 1.609, 0.905)
    """

    module_name = "softmax-step"
    title = "Five logits, and a step against the gradient p − y"
    controls = (
        *(Slider(f"z{k}", f"z{'₁₂₃₄₅'[k - 1]}", START[k - 1], -4, 4, 0.1) for k in range(1, 6)),
        Choice("target", "target", 3, tuple(TARGETS)),
        Slider("size", "step size η", 1.0, 0.1, 4, 0.1),
        Steps("steps", "Step", 0, 20),
    )

    @classmethod
    def data(cls) -> dict[str, Any]:
        return {"targets": [y.tolist() for y in TARGETS.values()]}

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        z = np.array([state[f"z{k}"] for k in range(1, 6)], dtype=float)
        y = [*TARGETS.values()][int(state["target"])]
        start = softmax_cross_entropy(z, y)
        for _ in range(int(state["steps"])):
            z = z - state["size"] * softmax_cross_entropy_grad(z, y)
        loss, gradient = softmax_cross_entropy_value_and_grad(z, y)
        return {
            "z": z.tolist(),
            "p": softmax(z).tolist(),
            "gradient": gradient.tolist(),
            "start": float(start),
            "loss": float(loss),
        }

    def picture(self) -> Figure:
        shown = self.numbers(**self.state)
        name, y = [*TARGETS.items()][int(self.state["target"])]
        return bar_plot(
            [*"12345"],
            {
                "probability p": np.round(shown["p"], 2),
                "target y": y,
                "gradient p − y": np.round(shown["gradient"], 2),
            },
            xlabel="class",
            ylabel="value",
            title=f"Loss {number(shown['loss'])} for {name}; the gradient is p − y",
        )
