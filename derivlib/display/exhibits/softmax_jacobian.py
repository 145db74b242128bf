"""Exhibits on softmax and its Jacobian: what a temperature does, and where a logit pulls."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivlib import softmax, softmax_jacobian
from derivlib.display import _paper as paper
from derivlib.display._bars import draw_bars
from derivlib.display._heat_map import draw_cells
from derivlib.display._wording import bar_words, matrix_words, number
from derivlib.display.controls import Slider
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.figures import Figure

__all__ = ["Simplex", "Temperature"]


class Temperature(Exhibit):
    """Five logits and a temperature: the probabilities, and their Jacobian.

    Args:
        tau: the temperature, from 0.1 to 5; by default 1.
        z1, z2, z3, z4, z5: the logits, from −4 to 4.

    >>> found = Temperature.numbers(tau=2.0, z1=0, z2=0, z3=0, z4=0, z5=0)
    >>> np.round(found["jacobian"][0], 3)
    array([ 0.08, -0.02, -0.02, -0.02, -0.02])
    """

    module_name = "temperature"
    title = "Softmax of five logits at a temperature"
    controls = (
        Slider("tau", "temperature τ", 1.0, 0.1, 5, 0.1),
        *(
            Slider(f"z{k}", f"logit z{index}", start, -4, 4, 0.1)
            for k, index, start in zip("12345", "₁₂₃₄₅", (1.0, 2.1, 1.4, 1.7, 1.9), strict=True)
        ),
    )

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        tau = state["tau"]
        scaled = np.array([state[f"z{k}"] for k in "12345"]) / tau
        jacobian = softmax_jacobian(scaled) / tau
        return {"p": softmax(scaled).tolist(), "jacobian": jacobian.tolist()}

    def picture(self) -> Figure:
        p, jacobian = (np.array(found) for found in self.numbers(**self.state).values())
        title = f"{self.title}, τ = {number(self.state['tau'])}"
        names = [*"12345"]
        with paper.drawing_style():
            left, right = paper.panels(
                300, title, ("class", "probability"), ("logit i", "probability j")
            )
            draw_bars(left, names, {"p": p})
            draw_cells(right, jacobian, names, names, 48)
        words = [
            bar_words(names, {"p": p}, title, "class", "probability"),
            matrix_words(
                jacobian, names, names, "The derivative of pⱼ (row) with respect to zᵢ (column)"
            ),
        ]
        return Figure(paper.figure_of(left), "\n".join(words))


CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])
ARROW = {"arrowstyle": "-|>", "linewidth": 2, "shrinkA": 0, "shrinkB": 0}


class Simplex(Exhibit):
    """Three probabilities as a point in a triangle, and the Jacobian's columns as arrows there.

    Args:
        z1, z2, z3: the logits, from −4 to 4; by default 1, 0 and −0.5.

    >>> found = Simplex.numbers(z1=0, z2=0, z3=0)
    >>> np.round(found["columns"], 2).tolist()
    [[0.22, -0.11, -0.11], [-0.11, 0.22, -0.11], [-0.11, -0.11, 0.22]]
    """

    module_name = "simplex"
    title = "Three logits pull at p"
    controls = tuple(
        Slider(f"z{k}", f"logit z{index}", start, -4, 4, 0.1)
        for k, index, start in zip("123", "₁₂₃", (1.0, 0.0, -0.5), strict=True)
    )

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        z = np.array([state[f"z{k}"] for k in "123"])
        return {"p": softmax(z).tolist(), "columns": softmax_jacobian(z).T.tolist()}

    def picture(self) -> Figure:
        p, columns = (np.array(found) for found in self.numbers(**self.state).values())
        with paper.drawing_style():
            axes = paper.blank_axes(340, self.title, "", "")
            axes.set_axis_off()
            axes.set_aspect("equal")
            axes.plot(*CORNERS[[0, 1, 2, 0]].T, color=paper.GREY, linewidth=1)
            point = p @ CORNERS
            drawn = zip("₁₂₃", p, CORNERS, columns, paper.PENS, strict=False)
            for k, share, corner, column, pen in drawn:
                axes.plot(*np.transpose([point, corner]), ":", color=pen.colour, linewidth=1)
                tip = point + column @ CORNERS
                axes.annotate("", tip, point, arrowprops={**ARROW, "color": pen.colour})
                axes.annotate(
                    f"p{k} = {number(share)}",
                    corner,
                    xytext=(0, 8 if corner[1] else -16),
                    textcoords="offset points",
                    horizontalalignment="center",
                )
            axes.plot(*point, "o", color=paper.INK)
        parts = [
            f"z{k} pulls by {_listed(column)}" for k, column in zip("₁₂₃", columns, strict=True)
        ]
        words = f"{self.title}.\np = {_listed(p)}: {'; '.join(parts)}.\nThe three add up to 0."
        return Figure(paper.figure_of(axes), words)


def _listed(values: NDArray[np.float64]) -> str:
    return f"({', '.join(number(v, 1) for v in values)})"
