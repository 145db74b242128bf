"""A Chromium for all tests of pages, and a page that is an error if anything goes wrong on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import chromium

HERE = Path(__file__).parent
PATIENCE = 300_000
"""Milliseconds that nothing takes but what hangs."""
expect.set_options(timeout=PATIENCE)

READ = {"00-start-here", "03-softmax-cross-entropy", "template"}
"""Notebooks that are read in JupyterLab in every run; the others with `-m lab`, as nox does."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("DERIVLIB_SCREENSHOTS"):
        return
    for item in items:
        call = getattr(item, "callspec", None)
        path = call.params.get("notebook_path") if call and item.path.parent == HERE else None
        if path is not None and path.stem not in READ:
            item.add_marker("lab")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, as wide as a phone's; what goes wrong on it is an error of the test."""
    page = browser.new_page(viewport={"width": 360, "height": 900})
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    page.close()
    assert wrong == []
