"""Exhibits on logistic regression: the space shuttle's O-rings, one weight and a bias."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from derivlib import sigmoid, sigmoid_binary_cross_entropy
from derivlib._engine.arguments import FloatArray
from derivlib.display import _paper as paper
from derivlib.display._wording import number
from derivlib.display.controls import Choice, Slider, Steps
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure, line_plot
from derivlib.models import datasets
from derivlib.models import logistic_regression as model

__all__ = ["DescentPlane", "OringCurve"]

SHUTTLE = datasets.load_challenger()
TEMPERATURES, LABELS = SHUTTLE.X[:, 0], SHUTTLE.labels
MEAN, DEVIATION = float(TEMPERATURES.mean()), float(TEMPERATURES.std())


class Scale(NamedTuple):
    """Units of the temperature, and the part of the plane that is shown."""

    name: str
    origin: float
    unit: float
    w: tuple[float, float]
    b: tuple[float, float]

    @property
    def X(self) -> FloatArray:
        return (SHUTTLE.X - self.origin) / self.unit


STANDARD = Scale("standardised", MEAN, DEVIATION, (-5, 2), (-4, 1.5))
SCALES = (
    STANDARD,
    Scale("°F from the mean", MEAN, 1, (-1.4, 0.8), (-3.5, 1.5)),
    Scale("°F", 0, 1, (-0.6, 0.2), (-10, 40)),
)


def parameters(w: float, b: float) -> model.Parameters:
    return model.Parameters(np.array([w]), np.array(b))


class OringCurve(Exhibit):
    """The curve σ(wx + b) through the launches; x is the standardised temperature.

    Args:
        w: the weight, from −4 to 4; by default −1.
        b: the bias, from −4 to 4; by default 0.

    >>> shown = OringCurve.numbers(w=0, b=0)
    >>> {name: round(shown[name], 3) for name in ("loss", "dw", "db")}
    {'loss': 0.693, 'dw': 0.258, 'db': 0.196}
    """

    module_name = "oring-curve"
    title = "The shuttle's O-rings: damage and temperature"
    controls = (Slider("w", "weight w", -1.0, -4, 4, 0.1), Slider("b", "bias b", 0.0, -4, 4, 0.1))

    @classmethod
    def data(cls) -> dict[str, Any]:
        return {
            "temperatures": TEMPERATURES.tolist(),
            "labels": LABELS.tolist(),
            "mean": MEAN,
            "deviation": DEVIATION,
        }

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        theta = parameters(state["w"], state["b"])
        X = STANDARD.X
        loss, (dw, db) = model.value_and_grad(theta, X, LABELS)
        p = model.predict(theta, X)
        return {"p": p.tolist(), "loss": loss, "dw": float(dw[0]), "db": float(db)}

    def picture(self) -> Figure:
        w, b = self.state["w"], self.state["b"]
        shown = self.numbers(w=w, b=b)
        t = np.arange(48.0, 87)
        picture = line_plot(
            t,
            {"P(damage)": sigmoid(w * (t - MEAN) / DEVIATION + b)},
            xlabel="temperature of the joints, °F",
            ylabel="probability of damage",
            title=f"w = {number(w)}, b = {number(b)}: loss {number(shown['loss'])}",
        )
        axes = picture.figure.axes[0]
        axes.vlines(TEMPERATURES, LABELS, shown["p"], color=paper.PENS[1].colour, linestyle=":")
        launches, count = np.unique(np.c_[TEMPERATURES, LABELS], axis=0, return_counts=True)
        axes.scatter(launches[:, 0], launches[:, 1], s=30 * count, color=paper.INK, zorder=3)
        picture.alt += (
            "\nDots: 7 launches with damage, at 1, 53 to 75 °F, and 16 without, at 0, 66 to 81 °F;"
            "\ndotted: p − y of each. "
            f"∂L/∂w = {number(shown['dw'])}, ∂L/∂b = {number(shown['db'])}."
        )
        return picture


LEVELS = (0.45, 0.5, 0.6, 0.8, 1.2, 2.0)
NAMES = {"descent": "gradient descent", "newton": "Newton"}
MOST = 40  # steps

Point: TypeAlias = tuple[float, float]


def slope(scale: Scale, there: Point) -> FloatArray:
    return np.hstack(model.grad(parameters(*there), scale.X, LABELS))


def hessian(scale: Scale, there: Point) -> FloatArray:
    """Column by column, by its products with (1, 0) and (0, 1)."""
    theta = parameters(*there)
    columns = [model.hvp(theta, parameters(*v), scale.X, LABELS) for v in np.eye(2)]
    return np.column_stack([np.hstack(column) for column in columns])


@cache
def descent(scale: Scale, size: float) -> tuple[Point, ...]:
    """All steps of gradient descent, the start included."""
    return walk(lambda there: size * slope(scale, there))


@cache
def newton(scale: Scale) -> tuple[Point, ...]:
    """All steps of Newton's method, the start included."""
    return walk(lambda there: np.linalg.solve(hessian(scale, there), slope(scale, there)))


def walk(step: Callable[[Point], FloatArray]) -> tuple[Point, ...]:
    path: list[Point] = [(0.0, 0.0)]
    for _ in range(MOST):
        w, b = path[-1] - step(path[-1])
        path.append((float(w), float(b)))
    return tuple(path)


class DescentPlane(Exhibit):
    """Gradient descent and Newton's method on the loss over weight and bias, both from 0.

    The loss is the same in all units, and its valley is not: standardised it is nearly round, in
    plain °F a gorge.

    Args:
        units: of the temperature, from 0: standardised, °F from the mean, °F; by default the
            second.
        size: the step of gradient descent in safe steps, from 0.2 to 3; by default 2.6. A safe
            step is one over the largest curvature, which is that at 0.
        steps: how many were taken, up to 40; by default 5.

    >>> shown = DescentPlane.numbers(units=0, size=1, steps=5)
    >>> [round(loss, 5) for loss in shown["losses"]], round(shown["condition"], 1)
    ([0.4422, 0.44163], 2.2)
    """

    module_name = "descent-plane"
    title = "Two ways down: gradient descent and Newton's method"
    controls = (
        Choice("units", "temperature", 1, tuple(scale.name for scale in SCALES)),
        Slider("size", "step size, in safe steps", 2.6, 0.2, 3, 0.2),
        Steps("steps", "Step", 5, MOST),
    )

    @classmethod
    def data(cls) -> dict[str, Any]:
        return {
            "labels": LABELS.tolist(),
            "levels": LEVELS,
            "scales": [
                {
                    "x": scale.X[:, 0].tolist(),
                    "w": scale.w,
                    "b": scale.b,
                    # What is (w, b) for the standardised temperature, is here
                    # (w·across[0], b − w·across[1]).
                    "across": [scale.unit / DEVIATION, (MEAN - scale.origin) / DEVIATION],
                }
                for scale in SCALES
            ],
        }

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        scale = SCALES[int(state["units"])]
        safe = float(1 / np.linalg.eigvalsh(hessian(scale, (0, 0)))[1])
        shown = slice(int(state["steps"]) + 1)
        paths = descent(scale, state["size"] * safe)[shown], newton(scale)[shown]
        low, high = np.linalg.eigvalsh(hessian(scale, newton(scale)[-1]))
        return {
            "descent": [*paths[0]],
            "newton": [*paths[1]],
            "losses": [model.loss(parameters(*path[-1]), scale.X, LABELS) for path in paths],
            "safe": safe,
            "condition": float(high / low),
        }

    def picture(self) -> Figure:
        shown = self.numbers(**self.state)
        scale = SCALES[int(self.state["units"])]
        w, b = np.linspace(*scale.w, 160), np.linspace(*scale.b, 160)
        z = w[None, :, None] * scale.X[:, 0] + b[:, None, None]
        loss = sigmoid_binary_cross_entropy(z, np.broadcast_to(LABELS, z.shape)).mean(axis=-1)
        with paper.drawing_style():
            axes = paper.blank_axes(360, self.title, f"w, temperature {scale.name}", "b")
            axes.grid(visible=False)
            lines = axes.contour(w, b, loss, LEVELS, colors=paper.GREY, linewidths=0.8)
            axes.clabel(lines, fontsize=12 * paper.PX)
            axes.set(xlim=scale.w, ylim=scale.b)
            drawn = [
                axes.plot(
                    *np.array(shown[key]).T,
                    label=name,
                    color=pen.colour,
                    linestyle=pen.dash,
                    marker=pen.marker,
                )[0]
                for (key, name), pen in zip(NAMES.items(), paper.PENS, strict=False)
            ]
            paper.legend(axes, drawn)
        words = [
            f"{name}: loss {number(value)} at w = {number(path[-1][0])}, b = {number(path[-1][1])}"
            for (key, name), value in zip(NAMES.items(), shown["losses"], strict=True)
            for path in [shown[key]]
        ]
        steps, size = self.state["steps"], number(self.state["size"])
        return Figure(
            paper.figure_of(axes),
            f"{self.title}.\nContours of the loss, temperature {scale.name}, and after {steps} "
            f"steps, with {size} safe steps at once:\n" + ";\n".join(words) + ".",
        )
