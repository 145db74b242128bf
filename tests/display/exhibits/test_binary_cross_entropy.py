"""Each loss falls along its own slope, and only cross-entropy learns from a confident mistake."""

from math import exp, log

import pytest

from derivlib.display.exhibits import TwoLosses


def losses(z: float, y: float) -> dict[str, float]:
    p = 1 / (1 + exp(-z))
    return {"cross": -log(p if y else 1 - p), "squared": (p - y) ** 2 / 2}


@pytest.mark.parametrize("y", [0, 1])
@pytest.mark.parametrize("z", [-6.0, -0.5, 0.0, 3.0])
def test_a_loss_and_its_slope_at_z(y: int, z: float) -> None:
    found = TwoLosses.numbers(y=y, start=z, rate=1.0, steps=0)
    after, before = losses(z + 1e-5, y), losses(z - 1e-5, y)
    for kind, expected in losses(z, y).items():
        assert found[f"{kind}_loss"] == pytest.approx(expected, rel=1e-9)
        quotient = (after[kind] - before[kind]) / 2e-5
        assert found[f"{kind}_slope"] == pytest.approx(quotient, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("kind", ["cross", "squared"])
def test_a_step_goes_down_the_slope(kind: str) -> None:
    first, second = (TwoLosses.numbers(y=0, start=2.0, rate=0.5, steps=n) for n in (3, 4))
    assert second[f"{kind}_path"][:-1] == first[f"{kind}_path"]
    step = second[f"{kind}_path"][-1] - first[f"{kind}_path"][-1]
    assert step == pytest.approx(-0.5 * first[f"{kind}_slope"])
    assert second[f"{kind}_loss"] < first[f"{kind}_loss"]


def test_the_picture_takes_all_steps() -> None:
    exhibit = TwoLosses(y=1, start=-10.0)
    assert "cross-entropy goes to 2.2" in exhibit.picture().alt
    ways = exhibit.picture().figure.axes[-1]
    found = TwoLosses.numbers(**{**exhibit.state, "steps": 20})
    drawn = [list(line.get_ydata()) for line in ways.lines]  # type: ignore[arg-type]
    assert drawn == [found["cross_path"], found["squared_path"]]
