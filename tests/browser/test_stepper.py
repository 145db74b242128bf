"""The stepper on a page, opened from a file: by mouse, by keys, on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from derivlib.display import Stepper
from derivlib.proof import Theory
from tests.support.theories import CROSS_ENTROPY, SOFTMAX


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("stepper") / "page.html"
    found.write_text(Stepper(Theory(SOFTMAX).derive(CROSS_ENTROPY)).page(), encoding="utf-8")
    return found


@pytest.fixture(autouse=True)
def stepper(page: Page, file: Path) -> None:
    """The stepper, on the page."""
    page.goto(file.as_uri())
    page.locator("[role=status]").wait_for()


def status(page: Page) -> str:
    return page.locator("[role=status]").inner_text()


def lines(page: Page) -> int:
    return page.locator(".dl-line").count()


def test_forward_and_back_by_mouse(page: Page) -> None:
    def press(name: str) -> None:
        page.get_by_role("button", name=name).click()

    assert status(page) == "∂(L, z[i]): 5 lines follow. Forward, or the → key."
    for n in range(1, 6):
        press("Forward")
        assert lines(page) == n + 1
        assert status(page).startswith(f"Line {n} of 5, ")
    assert status(page) == "Line 5 of 5, Σ y = 1: p[i] - y[i]. PROVED."
    page.get_by_role("button", name="Forward").dispatch_event("click")  # there is no line behind
    assert lines(page) == 6
    marks = page.locator(".now .new, .before .gone")
    assert marks.all_text_contents() == ["∑j=1Kyj"]
    assert marks.first.evaluate("mark => getComputedStyle(mark).borderBottomStyle") == "dotted"
    press("Back")
    assert lines(page) == 5
    press("Start again")
    assert lines(page) == 1


def test_by_keys_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    for key, wanted in (
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", 6),
        ("ArrowRight", 6),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("Enter", 2),  # the focus is on the first button, Forward, all the time
    ):
        page.keyboard.press(key)
        assert lines(page) == wanted, key
    focused = "document.activeElement.textContent"
    while page.evaluate(focused) != "Try to break it":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert status(page).startswith("Slip 1 of 3, a sign: -Σ(j, ")
    page.keyboard.press("Enter")
    assert status(page).startswith("Slip 2 of 3, a factor dropped: ")
    names = page.locator(".dl-slip th").all_text_contents()
    assert names == ["at", "z", "y", "line before", "with the slip"]
    page.keyboard.press("ArrowRight")  # another line has slips of its own
    assert page.locator(".dl-slip").count() == 0


def test_the_grounds_are_there_on_demand_and_stay_open(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    grounds = page.locator("details p")
    assert not grounds.is_visible()
    page.locator("summary").click()
    assert grounds.inner_text().startswith("PROVED for all K ≥ 1, using")
    page.keyboard.press("ArrowLeft")
    assert page.locator("details p").inner_text() == "PROVED for all K ≥ 1"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_the_folds_are_there(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    fold = page.locator("details", has_text="Line 5 of 5").first
    assert not fold.locator("math").first.is_visible()
    fold.locator("summary").first.click()
    assert fold.locator("math").first.is_visible()
    context.close()
