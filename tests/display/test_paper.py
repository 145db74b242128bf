"""The pens are told apart by everybody."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from derivlib.display._paper import PENS


def test_each_sign_of_a_pen_is_its_own() -> None:
    for signs in zip(*PENS, strict=True):
        assert len({str(sign) for sign in signs}) == len(PENS)


# Full dichromacy, on linear RGB: Machado, Oliveira and Fernandes, A physiologically-based model for
# simulation of color vision deficiency, IEEE TVCG 15(6), 2009.
VISIONS = {
    "trichromat": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanope": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranope": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanope": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> NDArray[np.float64]:
    parts = np.array(to_rgb(colour))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB, in which a distance of 2.3 is just noticeable."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / (TO_XYZ @ np.ones(3))
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISIONS)
def test_the_colours_are_told_apart_by_everybody(vision: str) -> None:
    seen = [lab(np.array(VISIONS[vision]) @ linear(pen.colour)) for pen in PENS]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 20


def test_the_colours_stand_out_from_the_paper() -> None:
    """WCAG 2.2 asks for 3:1 for graphics."""
    for pen in PENS:
        assert 1.05 / ((TO_XYZ @ linear(pen.colour))[1] + 0.05) > 3, pen
