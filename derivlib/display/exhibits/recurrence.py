"""Exhibits on networks that read step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivlib.display._wording import number
from derivlib.display.controls import Slider, Steps
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure, line_plot
from derivlib.models import recurrent

__all__ = ["Unrolled"]


class Unrolled(Exhibit):
    """A recurrent network unrolled: states run forwards, then the adjoint runs backwards.

    Two hidden units read one number at the first of eight steps, and only the last step's loss
    counts. W is a rotation times its spectral radius; the biases are 0.

    Args:
        radius: the spectral radius of W, from 0.4 to 1.8.
        input: what is read, from 0 to 1. Where it is large, tanh takes much away.
        step: how many steps were taken, up to 8 forwards and 16 in all.

    >>> found = Unrolled.numbers(radius=0.5, input=0)
    >>> [round(length, 3) for length in found["lengths"]]
    [0.009, 0.017, 0.035, 0.07, 0.14, 0.28, 0.559, 1.118]
    """

    module_name = "unrolled"
    title = "A recurrent network unrolled, forwards and backwards"
    controls = (
        Slider("radius", "Spectral radius of W", 0.6, 0.4, 1.8, 0.05),
        Slider("input", "Input x₁", 0.02, 0, 1, 0.02),
        Steps("step", "Step", 16, 16),
    )

    T = 8
    U = np.array([[1, 0.5]])
    V = np.array([[1, -1], [0.5, -0.5]])
    Q = np.array([[np.cos(0.6), np.sin(0.6)], [-np.sin(0.6), np.cos(0.6)]])

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        W = state["radius"] * cls.Q
        h = [np.tanh(state["input"] * cls.U[0])]
        for _ in range(1, cls.T):
            h.append(np.tanh(h[-1] @ W))
        # With a further input that is 1 at step t alone, and has the weight 0, the slope of this
        # weight is λ_t ⊙ e_t.
        X = np.hstack([np.zeros((cls.T, 1)), np.eye(cls.T)])
        X[0, 0] = state["input"]
        U = np.vstack([cls.U, np.zeros((cls.T, 2))])
        parameters = recurrent.Parameters(U, W, np.zeros(2), cls.V, np.zeros(2))
        Y = np.zeros((1, cls.T, 2))
        Y[0, -1, 0] = 1
        slopes = recurrent.grad(parameters, [X], Y)
        lam = np.vstack([slopes.input_weights[2:] @ W.T, slopes.output_bias @ cls.V.T])
        lengths = np.linalg.norm(lam, axis=1)
        return {
            "h": np.array(h).tolist(),
            "lam": lam.tolist(),
            "lengths": lengths.tolist(),
            "free": (lengths[-1] * state["radius"] ** np.arange(cls.T)[::-1]).tolist(),
        }

    def picture(self) -> Figure:
        radii = sorted({self.state["radius"], 1.0, 1.6})
        return line_plot(
            np.arange(1, self.T + 1),
            {
                f"spectral radius {number(radius)}": self.numbers(
                    **{**self.state, "radius": radius}
                )["lengths"]
                for radius in radii
            },
            xlabel="t",
            ylabel="|λₜ|",
            yscale="log",
            title="The length of λ on its way back from the last of eight steps",
        )
