"""The stepper, an exercise and the referee, asked by axe-core, which does find what is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from derivlib.display import Exercise, Referee, Stepper, exhibits
from derivlib.display.touchable import Touchable
from derivlib.proof import Theory
from tests.support.browser import serious

THEORY = Theory("x: real\nf := x^3")
SHOWN: dict[str, Callable[[], Touchable]] = {
    "stepper": lambda: Stepper(THEORY.derive("∂(f, x)\n = 3*x^2 -- the power rule")),
    "exercise": lambda: Exercise(THEORY, "∂(f, x)", "3*x", answer="3*x^2"),
    "referee": Referee,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_serious_is_found(page: Page, tmp_path: Path, name: str, scheme: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(SHOWN[name]().page(), encoding="utf-8")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(file.as_uri())
    assert serious(page) == []


def test_what_is_wrong_is_found(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    text = exhibits.SigmoidTangent().page()
    unnamed = text.replace('h("label"', 'h("span"')
    assert unnamed != text
    file.write_text(unnamed, encoding="utf-8")
    page.goto(file.as_uri())
    page.locator("[role=status]").wait_for()
    assert any("label" in found for found in serious(page))
