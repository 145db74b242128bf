"""Two classes with logits far apart: the gradient is the exact one, whatever is lost in z₀ − z₁."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derivlib.models import recurrent, softmax_regression, two_layer

FAR = [
    ([-(2.0**53), 3.0], 2.0**53 + 3),
    ([-1e17, 13.0], 1e17 + 13),
    ([-1e300, 1e307], 1e307 + 1e300),
    ([-700.0, 0.0], 700.0),
]
far = pytest.mark.parametrize(("weights", "expected"), FAR)


@far
@pytest.mark.parametrize("turned", [False, True])
def test_softmax_regression(weights: list[float], expected: float, turned: bool) -> None:
    order = slice(None, None, -1) if turned else slice(None)
    parameters = softmax_regression.Parameters(np.array([weights])[:, order], np.zeros(2))
    value, gradient = softmax_regression.value_and_grad(parameters, [[1.0]], [int(turned)])
    right = np.array([-1.0, 1.0])[order]
    assert value == pytest.approx(expected, rel=1e-15)
    assert gradient.bias.tolist() == pytest.approx(right.tolist(), abs=1e-300)
    assert gradient.weights.tolist() == [pytest.approx(right.tolist(), abs=1e-300)]


@far
def test_two_layers(weights: list[float], expected: float) -> None:
    parameters = two_layer.Parameters(np.eye(1), np.zeros(1), np.array([weights]), np.zeros(2))
    value, gradient = two_layer.value_and_grad(parameters, [[1.0]], [0], hidden="identity")
    assert value == pytest.approx(expected, rel=1e-15)
    assert gradient.bias_2.tolist() == pytest.approx([-1.0, 1.0], abs=1e-300)
    assert gradient.bias_1.tolist() == pytest.approx([weights[1] - weights[0]], rel=1e-15)


@far
def test_a_recurrent_network(weights: list[float], expected: float) -> None:
    one = np.eye(1)
    parameters = recurrent.Parameters(one, one, np.zeros(1), np.array([weights]), np.zeros(2))
    given: Any = parameters, [[[30.0], [30.0]]], [[0, 0]]  # tanh(30) is 1
    value, gradient = recurrent.value_and_grad(*given)
    assert value == pytest.approx(2 * expected, rel=1e-15, abs=0)
    assert gradient.output_bias.tolist() == pytest.approx([-2.0, 2.0], abs=1e-300)
