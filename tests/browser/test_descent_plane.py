"""The contours of the plane of weight and bias, as the module draws them."""

import numpy as np
from playwright.sync_api import Page

from derivlib.display.exhibits import DescentPlane
from derivlib.display.touchable import module
from derivlib.models import datasets
from derivlib.models import logistic_regression as model


def test_on_a_contour_the_loss_is_as_high_as_it_says(page: Page) -> None:
    data = DescentPlane.data()
    found = page.evaluate(
        """async ([code, data]) => {
            const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
            const { contours } = await import(url);
            return data.scales.map((scale, units) => contours({ units }, data));
        }""",
        [module(DescentPlane.module_name), data],
    )
    shuttle = datasets.load_challenger()
    for scale, rings in zip(data["scales"], found, strict=True):
        X = np.array(scale["x"])[:, None]
        for level, ring in zip(data["levels"], rings, strict=True):
            some = [model.Parameters(np.array([w]), np.array(b)) for w, b in ring[::6]]
            losses = [model.loss(theta, X, shuttle.labels) for theta in some]
            np.testing.assert_allclose(losses, level, rtol=1e-9)
        assert len({round(w, 6) for w, _ in rings[0]}) > 30  # a ring, not a point
