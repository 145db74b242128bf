"""Exhibits on layers: a network of two, and the softmax layer with a batch of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivlib.display._network import network_plot
from derivlib.display._wording import number
from derivlib.display.controls import Choice, Slider, Steps
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure, matrix_plot
from derivlib.models import softmax_regression, two_layer

__all__ = ["Network", "SoftmaxLayer"]


class Network(Exhibit):
    """A network of two layers: numbers run forwards, then the error runs backwards, by the step.

    Two features, two tanh units, three classes; sample n is of class n. The biases are 0.

    Args:
        sample: 0, 1 or 2.
        scale: of the inner weights, from 0.5 to 8. Where it is large, the units are saturated.
        step: how many steps were taken, up to 5 forwards and 10 in all.

    >>> found = Network.numbers(sample=0, scale=1)
    >>> [round(d, 3) for d in found["D"]]
    [-0.221, 0.128, 0.093]
    """

    module_name = "network"
    title = "A network of two layers, forwards and backwards"
    controls = (
        Choice("sample", "Sample", 0, ("1, of class 1", "2, of class 2", "3, of class 3")),
        Slider("scale", "Scale of W", 1.0, 0.5, 8, 0.5),
        Steps("step", "Step", 0, 10),
    )

    X = np.array([[1, -0.5], [-0.6, 0.8], [0.3, 1.2]])
    W = np.array([[0.9, -0.6], [0.4, 0.7]])
    V = np.array([[1.1, -0.3, -0.7], [-0.8, 0.5, 0.6]])

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        sample = int(state["sample"])
        x, W = cls.X[sample], state["scale"] * cls.W
        parameters = two_layer.Parameters(W, np.zeros(2), cls.V, np.zeros(3))
        loss, slopes = two_layer.value_and_grad(parameters, [x], [sample])
        # A bias has the slope of the sum that it is added to.
        D, passed = slopes.bias_2, slopes.bias_1
        found = {
            "W": W,
            "a": x @ W,
            "t": np.tanh(x @ W),
            "z": np.tanh(x @ W) @ cls.V,
            "p": two_layer.predict(parameters, [x])[0],
            "D": D,
            "E": D @ cls.V.T,
            "∂L/∂V": slopes.weights_2,
            "∂L/∂a": passed,
            "∂L/∂W": slopes.weights_1,
        }
        return {"L": loss, **{name: array.tolist() for name, array in found.items()}}

    def picture(self) -> Figure:
        sample = int(self.state["sample"])
        found = self.numbers(**self.state)
        x, y = self.X[sample].tolist(), np.eye(3)[sample].tolist()
        return network_plot(
            {
                "x": {"x": x},
                "t": {name: found[name] for name in ("a", "t", "E", "∂L/∂a")},
                "p": {"z": found["z"], "p": found["p"], "y": y, "D": found["D"]},
            },
            {
                "W": (found["W"], found["∂L/∂W"]),
                "V": (self.V.tolist(), found["∂L/∂V"]),
            },
            title=f"{self.title}: each weight (with its slope), L = {number(found['L'])}",
        )


class SoftmaxLayer(Exhibit):
    """P − Y of five samples, a sample's share of the gradient of W, and the mean of the shares.

    Two features, three classes. Training starts from weights 0, with the step size 1.

    Args:
        sample: from 0 to 4; by default 0.
        steps: of gradient descent, from 0 to 20.

    >>> found = SoftmaxLayer.numbers(sample=0, steps=0)
    >>> [round(g, 3) for g in found["gradient"][0]]
    [-0.4, 0.1, 0.3]
    """

    module_name = "softmax-layer"
    title = "The softmax layer: each sample's share of the gradient"
    controls = (
        Choice("sample", "Sample", 0, ("1", "2", "3", "4", "5")),
        Steps("steps", "Step", 0, 20),
    )

    X = np.array([[1, 0.5], [-0.5, 1], [-1, -1], [1.5, -0.5], [0.5, 1.5]])
    labels = np.array([0, 1, 2, 0, 1])

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        sample = int(state["sample"])
        layer = softmax_regression.init(2, 3)
        for _ in range(int(state["steps"])):
            slopes = softmax_regression.grad(layer, cls.X, cls.labels)
            layer = softmax_regression.Parameters(
                layer.weights - slopes.weights, layer.bias - slopes.bias
            )
        loss, slopes = softmax_regression.value_and_grad(layer, cls.X, cls.labels)
        one = slice(sample, sample + 1)
        share = softmax_regression.grad(layer, cls.X[one], cls.labels[one])
        errors = softmax_regression.predict(layer, cls.X) - np.eye(3)[cls.labels]
        return {
            "errors": errors.tolist(),
            "share": share.weights.tolist(),
            "gradient": slopes.weights.tolist(),
            "loss": loss,
        }

    def picture(self) -> Figure:
        found = self.numbers(**self.state)
        sample = int(self.state["sample"]) + 1
        return matrix_plot(
            [*found["errors"], *found["share"], *found["gradient"]],
            row_names=[
                *(f"p − y, sample {n + 1}" for n in range(5)),
                *(f"x{i}·(p − y), sample {sample}" for i in "₁₂"),
                *(f"mean of all x{i}·(p − y)" for i in "₁₂"),
            ],
            column_names=["class 1", "class 2", "class 3"],
            title=f"The softmax layer: loss {number(found['loss'])}",
        )
