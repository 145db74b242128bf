"""Every exhibit, opened from a file as a reader would: its numbers, its keys, its width."""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from derivlib.display import exhibits
from derivlib.display.controls import Steps
from derivlib.display.exhibits import Exhibit
from derivlib.display.touchable import module
from tests.support.browser import serious

EXHIBITS = [
    shown
    for name in exhibits.__all__
    if (shown := getattr(exhibits, name)) is not Exhibit and issubclass(shown, Exhibit)
]
STATES = 100
"""Compared for each exhibit, beside the ends of every range."""

WIDTHS = 360, 600, 1200
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
IN_FOCUS = """() => {
    const [node, shown] = [document.activeElement, document.querySelector(".dl")];
    const output = [...shown.querySelectorAll("svg, [role=status]")].map((part) => part.outerHTML);
    return [node.id || node.textContent, node.tagName, output.join()];
}"""
SMALL = """() => [...document.querySelectorAll(".dl svg text")]
    .map((t) => [t.textContent, parseFloat(getComputedStyle(t).fontSize)
        * t.ownerSVGElement.getScreenCTM().a])
    .filter(([, size]) => size < 10.9)"""
OUTSIDE = """() => [...document.querySelectorAll(".dl svg text")].filter((t) => {
    const [a, b] = [t.getBoundingClientRect(), t.closest(".dl").getBoundingClientRect()];
    return a.left < b.left - 1 || a.right > b.right + 1;
}).map((t) => t.textContent)"""

exhibit_classes = pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda e: str(e.__name__))


def opened(page: Page, exhibit: type[Exhibit], folder: Path) -> None:
    """Show an exhibit as it is after all steps, when there is most to see."""
    file = folder / "page.html"
    file.write_text(text_of(exhibit.__name__), encoding="utf-8")
    page.goto(file.as_uri())
    page.locator("[role=status]").wait_for()


@cache
def text_of(name: str) -> str:
    exhibit = getattr(exhibits, name)
    steps = {c.name: c.most for c in exhibit.controls if isinstance(c, Steps)}
    text: str = exhibit(**steps).page()
    return text


def flat(value: object) -> list[float]:
    if isinstance(value, list | tuple):
        return [number for part in value for number in flat(part)]
    return [float("nan") if value is None else float(value)]  # type: ignore[arg-type]


@exhibit_classes
def test_a_module_computes_what_derivlib_does(page: Page, exhibit: type[Exhibit]) -> None:
    states = list(exhibit.grid(STATES))
    found = page.evaluate(
        """async ([code, states, data]) => {
            const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
            const { numbers } = await import(url);
            return states.map((state) => numbers(state, data));
        }""",
        [module(exhibit.module_name), states, exhibit.data()],
    )
    for state, theirs in zip(states, found, strict=True):
        ours = json.loads(json.dumps(exhibit.numbers(**state)))
        assert theirs.keys() == ours.keys()
        for name, expected in ours.items():
            # Sums are added up in another order there, and exp may differ in its last bit.
            np.testing.assert_allclose(
                flat(theirs[name]),
                flat(expected),
                rtol=1e-9,
                atol=1e-12,
                err_msg=f"{name} at {state}",
            )


@exhibit_classes
def test_every_control_works_by_keyboard_alone(
    page: Page, exhibit: type[Exhibit], tmp_path: Path
) -> None:
    opened(page, exhibit, tmp_path)
    wanted = sum(1 if c.kind != "steps" else 2 for c in exhibit.controls)
    moved: set[str] = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        place, kind, before = page.evaluate(IN_FOCUS)
        if kind == "BODY" or len(moved) >= wanted:
            break
        # Forwards, and back for those that start at the end of their range.
        keys = {"INPUT": ("ArrowRight", "ArrowLeft"), "SELECT": ("ArrowDown", "ArrowUp")}
        for key in keys.get(kind, ("Enter",)):
            page.keyboard.press(key)
            if page.evaluate(IN_FOCUS)[2] != before:
                moved.add(place)
                break
    assert len(moved) >= wanted, f"only {sorted(moved)} changed something"


@exhibit_classes
def test_nothing_is_cut_off_or_too_small(
    page: Page, exhibit: type[Exhibit], tmp_path: Path
) -> None:
    opened(page, exhibit, tmp_path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(DRAWN)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL) == []
        assert page.evaluate(OUTSIDE) == []


@exhibit_classes
def test_axe_finds_nothing_serious(page: Page, exhibit: type[Exhibit], tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark")
    opened(page, exhibit, tmp_path)
    assert serious(page) == []


@exhibit_classes
def test_a_picture_with_its_numbers_stands_where_no_script_runs(exhibit: type[Exhibit]) -> None:
    [alt] = re.findall(
        r'<div data-touch="[^"]*"><img alt="([^"]*)" width="\d+" src="data:image/png',
        text_of(exhibit.__name__),
    )
    assert re.search(r"\d", alt)


def test_two_of_a_kind_live_side_by_side_on_a_page(page: Page, tmp_path: Path) -> None:
    shown = [exhibits.SigmoidTangent(z=z) for z in (-2.0, 3.0)]
    file = tmp_path / "page.html"
    file.write_text("<meta charset=utf-8>" + "".join(one.fragment() for one in shown), "utf-8")
    page.goto(file.as_uri())
    said = page.locator("[role=status]").all_inner_texts()
    assert [text[:9] for text in said] == ["At z = −2", "At z = 3:"]
