"""Exhibits on the sigmoid: its slope, and what many slopes do to a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivlib import sigmoid, sigmoid_grad
from derivlib.display import _paper as paper
from derivlib.display._wording import number
from derivlib.display.controls import Slider
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure, line_plot

__all__ = ["DeepLayers", "SigmoidTangent"]


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
        p, slope = self.numbers(z=z).values()
        x = np.linspace(-8, 8, 161)
        title = f"{self.title} at z = {number(z)}"
        words = f"{title}.\np = σ(z) = {number(p)}, and the slope p(1 − p) = {number(slope)}."
        drawn = line_plot(x, {"σ(z)": sigmoid(x)}, xlabel="z", ylabel="", title=title, alt=words)
        [axes] = drawn.figure.axes
        pen = paper.PENS[1]
        axes.axline((z, p), slope=slope, color=pen.colour, linestyle=pen.dash)
        axes.plot(z, p, "o", color=paper.PENS[0].colour)
        axes.annotate(
            f"slope {number(slope)}",
            (z, p),
            xytext=(10, -14),
            textcoords="offset points",
            color=pen.colour,
            horizontalalignment="right" if z > 4 else "left",
        )
        axes.set_ylim(-0.2, 1.2)
        return drawn


class DeepLayers(Exhibit):
    """A gradient on its way back through layers h_t = σ(w·h_{t−1} + b) of one unit each.

    It is 1 at the last layer, and each layer multiplies it by w·σ′, at most w/4. The input is ½.

    Args:
        depth: how many layers, from 1 to 12; by default 12.
        w: their weight, from 0.5 to 8; by default 1.
        b: their bias, from −4 to 4; by default 0. With −w/2 every σ′ is ¼.

    >>> DeepLayers.numbers(depth=2, w=4.0, b=-2.0)
    {'outputs': [0.5, 0.5, 0.5], 'powers': [0.0, 0.0, 0.0], 'bound': 0.0}
    """

    module_name = "deep-layers"
    title = "A gradient on its way back through sigmoids"
    controls = (
        Slider("depth", "layers", 12, 1, 12, 1),
        Slider("w", "weight w", 1.0, 0.5, 8, 0.1),
        Slider("b", "bias b", 0.0, -4, 4, 0.1),
    )

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        """The layers' outputs, and sizes as powers of ten: of the gradients, and their bound."""
        depth, w, b = round(state["depth"]), state["w"], state["b"]
        outputs, slopes = [0.5], []
        for _ in range(depth):
            logit = w * outputs[-1] + b
            outputs.append(float(sigmoid(logit)))
            slopes.append(float(sigmoid_grad(logit)))
        factors = np.log10(w * np.array(slopes))
        powers = np.append(np.cumsum(factors[::-1])[::-1], 0.0)
        return {
            "outputs": outputs,
            "powers": powers.tolist(),
            "bound": depth * float(np.log10(w / 4)),
        }

    def picture(self) -> Figure:
        found = self.numbers(**self.state)
        depth, w, b = self.state.values()
        layers = np.arange(depth + 1)
        return line_plot(
            layers,
            {
                "the gradient": 10.0 ** np.array(found["powers"]),
                "bound: w/4 a layer": (w / 4) ** layers[::-1],
            },
            xlabel="layer (0 is the input)",
            ylabel="size of the gradient",
            yscale="log",
            title=f"{self.title}, w = {number(w)}, b = {number(b)}",
        )
