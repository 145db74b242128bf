"""What a Jacobian must be, whatever the temperature; and that the pictures have its numbers."""

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from numpy.typing import NDArray

from derivlib.display.exhibits import Simplex, Temperature


def probabilities(tau: float, z: NDArray[np.float64]) -> NDArray[np.float64]:
    e = np.exp(z / tau)
    return np.asarray(e / e.sum())


@pytest.mark.parametrize("tau", [0.3, 1.0, 5.0])
def test_the_jacobian_at_a_temperature_is_a_difference_quotient(tau: float) -> None:
    z = np.array([0.5, -1.0, 1.5, 0.0, 2.0])
    found = Temperature.numbers(tau=tau, **{f"z{k}": v for k, v in enumerate(z, start=1)})
    np.testing.assert_allclose(found["p"], probabilities(tau, z), rtol=1e-12)
    for i, step in enumerate(1e-5 * np.eye(5)):
        quotient = (probabilities(tau, z + step) - probabilities(tau, z - step)) / 2e-5
        np.testing.assert_allclose(np.array(found["jacobian"])[:, i], quotient, atol=1e-8)


def test_a_logit_pulls_straight_towards_its_corner_and_all_together_do_nothing() -> None:
    for state in Simplex.grid(100):
        p, columns = (np.array(found) for found in Simplex.numbers(**state).values())
        np.testing.assert_allclose(columns, p[:, None] * (np.eye(3) - p), rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(columns.sum(axis=0), 0, atol=1e-15)


def test_a_picture_of_a_temperature_has_bars_and_cells() -> None:
    found = Temperature.numbers(**Temperature.checked({"tau": 2.0}))
    left, right = Temperature(tau=2.0).picture().figure.axes
    heights = [bar.get_height() for bar in left.containers[0].patches]  # type: ignore[attr-defined]
    assert heights == found["p"]
    [cells] = right.findobj(QuadMesh)
    shown: Any = cells.get_array()
    np.testing.assert_array_equal(np.reshape(shown, (5, 5)), found["jacobian"])


def test_a_picture_of_the_triangle_has_the_point_and_its_arrows() -> None:
    exhibit = Simplex(z1=0.0, z2=0.0, z3=0.0)
    axes = exhibit.picture().figure.axes[0]
    centre = np.array([0.5, np.sqrt(0.75) / 3])
    arrows: list[Any] = [text for text in axes.texts if not text.get_text()]
    np.testing.assert_allclose([arrow.xyann for arrow in arrows], [centre] * 3)
    tips = np.array([arrow.xy for arrow in arrows])
    # Each goes a third of the way to its corner.
    np.testing.assert_allclose(
        3 * tips - 2 * centre, [[0, 0], [1, 0], [0.5, np.sqrt(0.75)]], atol=1e-12
    )
