"""The gradients through layers are those of the composed function, and the pictures show them."""

from typing import Any

import numpy as np
import pytest

from derivlib import sigmoid
from derivlib.display._wording import number
from derivlib.display.exhibits import DeepLayers, SigmoidTangent


def last_output(h: float, layers: int, w: float, b: float) -> float:
    for _ in range(layers):
        h = float(sigmoid(w * h + b))
    return h


@pytest.mark.parametrize(
    ("depth", "w", "b"), [(1, 1.0, 0.0), (3, 4.0, -1.5), (5, 8.0, -3.9), (12, 1.0, 2.0)]
)
def test_a_gradient_is_a_difference_quotient(depth: int, w: float, b: float) -> None:
    found = DeepLayers.numbers(depth=depth, w=w, b=b)
    for layer, (h, power) in enumerate(zip(found["outputs"], found["powers"], strict=True)):
        after, before = (last_output(h + e, depth - layer, w, b) for e in (1e-4, -1e-4))
        assert 10**power == pytest.approx((after - before) / 2e-4, rel=1e-4, abs=1e-9)


def test_no_gradient_exceeds_the_bound_and_centred_layers_reach_it() -> None:
    for state in DeepLayers.grid(100):
        found = DeepLayers.numbers(**state)
        assert found["powers"][0] <= found["bound"] + 1e-12
        centred = DeepLayers.numbers(**{**state, "b": -state["w"] / 2})
        assert centred["powers"][0] == pytest.approx(centred["bound"], abs=1e-12)


@pytest.mark.parametrize("z", [-7.9, 0.0, 1.0, 5.0])
def test_the_picture_has_the_tangent_at_z(z: float) -> None:
    picture = SigmoidTangent(z=z).picture()
    [axes] = picture.figure.axes
    lines: list[Any] = [*axes.lines]
    [tangent] = [line for line in lines if hasattr(line, "get_slope")]
    p, slope = SigmoidTangent.numbers(z=z).values()
    assert (tangent.get_xy1(), tangent.get_slope()) == ((z, p), slope)
    assert number(p) in picture.alt
    assert number(slope) in picture.alt


def test_a_picture_of_layers_has_each_layer() -> None:
    state = {"depth": 4, "w": 2.0, "b": -0.5}
    gradient, bound = DeepLayers(**state).picture().figure.axes[0].lines[:2]
    found = DeepLayers.numbers(**state)
    np.testing.assert_allclose(np.log10(np.array(gradient.get_ydata())), found["powers"])
    np.testing.assert_allclose(np.array(bound.get_ydata()), [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])
