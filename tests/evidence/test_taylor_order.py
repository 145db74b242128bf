"""The order of Taylor's remainder tells a right gradient from a wrong one."""

from typing import Any

import numpy as np
import pytest

import derivlib
from derivlib.evidence import taylor_order
from tests.support.gradient_cases import SEEDS, bugs, problem, scales, sizes


@sizes
@scales
def test_order_tells_right_from_wrong(m: int, K: int, scale: float) -> None:
    for seed in SEEDS:
        loss, gradient, z, y = problem(m, K, scale, seed)
        assert 1.9 < taylor_order(loss, gradient, z, seed=seed) < 2.2
        for name, wrong in bugs(gradient, y, by=1.0):
            if not np.allclose(wrong, gradient):
                assert taylor_order(loss, wrong, z, seed=seed) < 1.3, name


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0, 300.0])
def test_order_of_kernels(scale: float) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        z, y = scale * rng.standard_normal((4, 6)), rng.integers(6, size=4)

        def loss(z: Any, y: Any = y) -> Any:
            return np.sum(derivlib.softmax_cross_entropy(z, y))

        right = derivlib.softmax_cross_entropy_grad(z, y)
        if scale <= 10:  # beyond, it is saturated
            assert taylor_order(loss, right, z) > 1.9
        assert taylor_order(loss, derivlib.softmax(z), z) < 1.1


def test_order_along_a_direction() -> None:
    def loss(x: Any) -> Any:
        return x[0] ** 2 + np.exp(x[1])

    x, wrong = [1.0, 0.0], [2.0, 1.5]
    assert taylor_order(loss, wrong, x, [1.0, 0.0]) == pytest.approx(2, abs=0.01)
    assert taylor_order(loss, wrong, x, [0.0, 1.0]) == pytest.approx(1, abs=0.01)


def test_order_without_curvature() -> None:
    x = np.array([0.3, -1.2, 4.0])
    assert taylor_order(lambda x: x @ [1.0, 2.0, 3.0], [1, 2, 3], x) == np.inf
    assert taylor_order(lambda x: x @ [1.0, 2.0, 3.0], [1, 2, 3.1], x) < 1.1
    assert taylor_order(lambda x: np.sum(x**3), [0, 0, 0], [0, 0, 0]) == pytest.approx(3, abs=0.1)


@pytest.mark.filterwarnings("error")
def test_long_steps_may_leave_the_domain() -> None:
    x = np.array([1e-3, 2e-3])
    assert taylor_order(lambda x: np.sum(np.log(x)), 1 / x, x) == pytest.approx(2, abs=0.1)
    assert taylor_order(lambda x: np.sum(np.log(x)), 2 / x, x) == pytest.approx(1, abs=0.1)

    def walled(x: Any) -> Any:
        return np.inf if abs(x[0] - 1) > 1e-9 else x[0] ** 2

    assert taylor_order(walled, [2.0], [1.0]) == np.inf
    assert taylor_order(walled, [2.1], [1.0]) == pytest.approx(1, abs=0.1)


def test_order_needs_a_neighbourhood_and_a_direction_that_fits() -> None:
    with pytest.raises(ValueError, match="f: finite at x, but not beside it"):
        taylor_order(lambda x: 0.0 if x[0] == 1 else np.nan, [1.0], [1.0])
    with pytest.raises(ValueError, match=r"direction: its shape \(2,\) is not that of x, \(1,\)"):
        taylor_order(lambda x: x[0], [1.0], [1.0], [1.0, 2.0])
