"""A heat map's cells, numbers and colours are those of its matrix."""

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from derivlib.display import Figure, matrix_plot

RANDOM = np.random.default_rng(0).normal(size=(40, 12))


def axes_of(figure: Figure) -> Any:
    return figure.figure.axes[0]


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (12, 12), (13, 2), (40, 12)])
def test_a_matrix_is_drawn_row_by_row_with_its_numbers(shape: tuple[int, int]) -> None:
    matrix = RANDOM[: shape[0], : shape[1]]
    axes = axes_of(matrix_plot(matrix))
    [mesh] = axes.findobj(QuadMesh)
    np.testing.assert_array_equal(np.reshape(mesh.get_array(), shape), matrix)
    assert axes.yaxis_inverted()
    written = {
        (int(text.get_position()[1]), int(text.get_position()[0])): text.get_text()
        for text in axes.texts
    }
    if max(shape) > 12:
        assert not written
    else:
        for index, value in np.ndenumerate(matrix):
            assert float(written[index].replace("−", "-")) == pytest.approx(value, abs=5.1e-3)


@pytest.mark.parametrize(
    ("matrix", "low", "high"),
    [
        ([[1, -3]], -3, 3),
        ([[1, 3]], 0, 3),
        ([[-1, -3]], -3, 0),
        ([[0, 0]], 0, 1),
        ([[0, -2]], -2, 0),
    ],
)
def test_the_colours_of_a_matrix_are_centred_at_0(
    matrix: list[list[float]], low: float, high: float
) -> None:
    [mesh] = axes_of(matrix_plot(matrix)).findobj(QuadMesh)
    assert mesh.get_clim() == (low, high)
    assert min(mesh.to_rgba(0.0)[:3]) > 0.9
    red, _, blue, _ = mesh.to_rgba(high or low)
    assert (blue > red) == (high > 0)


def test_a_matrix_tells_0_from_nearly_0_and_names_a_common_power_of_ten() -> None:
    assert [t.get_text() for t in axes_of(matrix_plot([[0, 1e-9, 0.5]])).texts] == [
        "0",
        "0.000",
        "0.500",
    ]
    assert [t.get_text() for t in axes_of(matrix_plot([[0, 1, -12]])).texts] == ["0", "1", "−12"]
    figure = matrix_plot([[-2.5e-7, 1e-8]], title="Tiny")
    assert [t.get_text() for t in axes_of(figure).texts] == ["−2.50", "0.10"]
    assert figure.figure.get_suptitle() == "Tiny (in units of 10⁻⁷)"
