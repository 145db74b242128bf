"""Exercises and the referee on a page, this process being the kernel: keys, haste, markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from derivlib.display.exercises import Exercise, FillLines, GiveNumber
from derivlib.display.referee import Referee
from derivlib.display.touchable import module
from derivlib.proof import Theory
from tests.support import theories

SOFTMAX = Theory(theories.SOFTMAX)
HOST = """async ([code, values]) => {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const { render } = await import(url);
    const heard = [];
    const model = {
        get: (name) => values[name], set: (name, value) => void (values[name] = value),
        save_changes() {}, on: (name, f) => void (name === "msg:custom" && heard.push(f)),
        send: async (question) => {
            const answer = await window.kernel(question);
            heard.forEach((f) => f(answer));
        },
    };
    window.values = values;
    render({ model, el: document.querySelector("main") });
}"""


def host(page: Page, shown: Any) -> list[dict[str, Any]]:
    """The thing on the page, answered by its own handler; the questions that it asked."""
    asked: list[dict[str, Any]] = []

    def kernel(content: dict[str, Any]) -> dict[str, Any]:
        sent: list[dict[str, Any]] = []
        shown.send = sent.append
        asked.append(content["question"])
        shown._on_question(shown, content, [])
        (answer,) = sent
        return answer

    page.expose_function("kernel", kernel)
    page.set_content("<!doctype html><html lang='en'><main></main></html>")
    page.evaluate(HOST, [module(shown.module_name), shown.values()])
    return asked


def test_of_many_fast_edits_the_last_is_judged(page: Page) -> None:
    exercise = Exercise(SOFTMAX, "∂(L, z[i])", "p[i] + y[i]", answer="p[i] - y[i]", remark="Good.")
    asked = host(page, exercise)
    status, box = page.get_by_role("status"), page.get_by_role("textbox")
    expect(status).to_contain_text("Not yet")
    page.evaluate(
        """() => {
            const box = document.querySelector("input");
            for (let n = 74; n >= 0; n--) {
                box.value = `p[i] - y[i] + ${n}`;
                box.dispatchEvent(new Event("input"));
            }
        }"""
    )
    expect(status).to_contain_text("✓ Right, for all K ≥ 1, using Σ(k, y[k]) = 1. Good.")
    assert asked[-1]["texts"] == ["p[i] - y[i] + 0"]
    assert len(asked) < 10  # those that were overtaken are not asked
    assert page.evaluate("values.texts") == ["p[i] - y[i] + 0"]
    assert page.locator("math").count() == 2
    box.fill("p[i] - y[i")
    expect(page.locator("pre")).to_contain_text("^")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_hints_by_keyboard(page: Page) -> None:
    host(page, Exercise(SOFTMAX, "∂(L, z[i])", "p[i] + y[i]", answer="p[i] - y[i]"))
    expect(page.get_by_role("status")).to_contain_text("Not yet")
    page.get_by_role("textbox").focus()
    page.keyboard.press("Tab")
    hints = page.locator("ol li")
    for count in (1, 2, 3):
        page.keyboard.press("Enter")
        expect(hints).to_have_count(count)
    expect(hints.nth(1)).to_contain_text("Look at a sign")
    expect(hints.nth(2)).to_have_text("The answer: p[i] - y[i]")
    expect(page.get_by_role("button")).to_be_hidden()
    page.get_by_role("textbox").fill("p[i] - y[i]")
    expect(page.get_by_role("status")).to_have_class("good")


@pytest.mark.parametrize(
    ("shown", "texts"),
    [
        (
            FillLines(SOFTMAX, "p[i]\n= …\n= 2*p[i]/2\n= …", answer=["p[i]*1*1", "p[i]^2/p[i]"]),
            ["3*p[i]/3", "p[i] + 1 - 1"],
        ),
        (GiveNumber("How steep?", 0.25), ["1/4"]),
    ],
)
def test_the_other_kinds(page: Page, shown: Any, texts: list[str]) -> None:
    host(page, shown)
    boxes = page.get_by_role("textbox")
    assert boxes.count() == len(texts)
    for n, text in enumerate(texts):
        boxes.nth(n).fill(text)
    expect(page.get_by_role("status")).to_have_class("good")


def test_the_referee(page: Page) -> None:
    asked = host(page, Referee())
    status, lines = page.get_by_role("status"), page.locator("ol > li")
    expect(status).to_have_text("5 of 5 steps are proved.")
    page.get_by_label("Example").select_option(index=3)
    expect(status).to_have_text("3 of 4 steps are proved. Line 4 is false.")
    expect(lines.nth(4).locator("td").last).to_have_text("-0.5")
    derivation = page.get_by_label("Derivation")
    derivation.fill("p[i]\n= p[i] + y[i]*0")
    derivation.press("Control+Enter")
    expect(status).to_have_text("1 of 1 steps is proved.")
    # A click does not overtake the text: it takes it along.
    derivation.press_sequentially(" + 1")
    page.get_by_role("button", name="Judge").click()
    expect(status).to_have_text("0 of 1 steps are proved. Line 1 is false.")
    assert asked[-1]["derivation"].endswith("y[i]*0 + 1")
    assert page.evaluate("values.derivation").endswith("y[i]*0 + 1")
    # The menu keeps what was written.
    page.get_by_label("Example").select_option(index=1)
    expect(status).to_have_text("5 of 5 steps are proved.")
    page.get_by_label("Example").select_option(index=0)
    expect(derivation).to_have_value("p[i]\n= p[i] + y[i]*0 + 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_markup_stays_text(page: Page) -> None:
    attack = "<b>bold</b><img src=x onerror='window.hacked = 1'><script>window.hacked = 1</script>"
    host(page, Referee())
    page.get_by_label("Derivation").fill(f"p[i]\n= {attack}\n= p[i] -- {attack}")
    page.get_by_role("button", name="Judge").click()
    expect(page.get_by_role("status")).to_contain_text("not well-formed")
    expect(page.locator("ol")).to_contain_text("<b>bold</b>")
    assert page.locator("main img, main script, main b").count() == 0
    page.get_by_label("Theory").fill(f"z: K\n{attack}")
    page.get_by_role("button", name="Judge").click()
    expect(page.get_by_role("status")).to_contain_text("The theory cannot be read")
    assert page.locator("main img, main script, main b").count() == 0
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "shown", [Exercise(SOFTMAX, "∂(L, z[i])", answer="p[i] - y[i]"), Referee()]
)
def test_without_a_kernel_the_twin_stays(page: Page, tmp_path: Path, shown: Any) -> None:
    file = tmp_path / "page.html"
    file.write_text(shown.page(), encoding="utf-8")
    page.goto(file.as_uri())
    expect(page.locator("main")).to_contain_text("needs a kernel")
    assert page.get_by_role("textbox").count() == 0
    expect(page.locator("main")).to_contain_text("p[i]")
