"""Exhibits on the sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivlib import sigmoid, sigmoid_grad
from derivlib.display._wording import number
from derivlib.display.controls import Slider
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure, line_plot

__all__ = ["SigmoidTangent"]


class SigmoidTangent(Exhibit):
    """The sigmoid and its tangent at z, which the reader moves.

    Args:
        z: from −8 to 8; by default 1.

    >>> SigmoidTangent.numbers(z=0)
    {'p': 0.5, 'slope': 0.25}
    """

    module_name = "sigmoid-tangent"
    title = "The sigmoid and its tangent"
    controls = (Slider("z", "z", 1.0, -8, 8, 0.1),)

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        z = state["z"]
        return {"p": float(sigmoid(z)), "slope": float(sigmoid_grad(z))}

    def picture(self) -> Figure:
        z = self.state["z"]
        x = np.linspace(-8, 8, 161)
        return line_plot(
            x,
            {"σ(z)": sigmoid(x)},
            xlabel="z",
            ylabel="σ(z)",
            title=f"{self.title} at z = {number(z)}",
        )
