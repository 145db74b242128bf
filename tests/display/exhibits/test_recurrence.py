"""λ of the unrolled network is what it says: the slope of the loss by a state."""

import numpy as np
import pytest

from derivlib.display.exhibits import Unrolled


@pytest.mark.parametrize("radius", [0.4, 1.0, 1.8])
@pytest.mark.parametrize("size", [0.0, 0.02, 1.0])
def test_lambda_is_the_slope_of_the_loss(radius: float, size: float) -> None:
    found = Unrolled.numbers(radius=radius, input=size)
    h, lam = np.array(found["h"]), np.array(found["lam"])

    def loss(t: int, state: np.ndarray) -> complex:
        for _ in range(t + 1, Unrolled.T):
            state = np.tanh(state @ (radius * Unrolled.Q))
        z = state @ Unrolled.V
        return complex(np.log(np.exp(z).sum()) - z[0])

    # The imaginary part, for a tiny imaginary step: no difference, so no cancellation.
    slopes = [[loss(t, h[t] + 1e-30j * unit).imag / 1e-30 for unit in np.eye(2)] for t in range(8)]
    np.testing.assert_allclose(lam, slopes, rtol=1e-10)
    np.testing.assert_allclose(found["lengths"], np.hypot(*lam.T), rtol=1e-12)
    np.testing.assert_allclose(found["free"][0], found["free"][-1] * radius**7, rtol=1e-12)
