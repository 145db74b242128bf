"""What a reader touches, asked by axe-core: nothing serious, light or dark, wide or narrow."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from derivlib.display import Exercise, Referee, Stepper, exhibits
from derivlib.display.touchable import Touchable
from derivlib.proof import Theory
from tests.support.browser import chromium

THEORY = Theory("x: real\nf := x^3")
SHOWN: dict[str, Callable[[], Touchable]] = {
    **{name: getattr(exhibits, name) for name in exhibits.__all__ if name != "Exhibit"},
    "Stepper": lambda: Stepper(THEORY.derive("∂(f, x)\n = 3*x^2 -- the power rule")),
    "Exercise": lambda: Exercise(THEORY, "∂(f, x)", "3*x", answer="3*x^2"),
    "Referee": Referee,
}
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def findings(browser: Browser, file: Path, width: int, scheme: str) -> list[str]:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(file.as_uri())
    found = Axe().run(page).response["violations"]
    page.close()
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in SERIOUS]


@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_serious(browser: Browser, tmp_path: Path, name: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(SHOWN[name]().page(), encoding="utf-8")
    assert findings(browser, file, 1200, "light") == []
    assert findings(browser, file, 360, "dark") == []


def test_what_is_wrong_is_found(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    page = exhibits.SigmoidTangent().page()
    unnamed = page.replace("<label", "<span").replace('h("label"', 'h("span"')
    assert unnamed != page
    file.write_text(unnamed, encoding="utf-8")
    assert any("label" in found for found in findings(browser, file, 1200, "light"))
