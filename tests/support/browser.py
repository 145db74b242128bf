"""A Chromium for tests: where it is, how it is started, and what axe-core says of a page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; without one, the test is skipped, or fails on a build server."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        path = path or playwright.chromium.executable_path
        if not Path(path).exists():
            reason = f"no Chromium: none of {', '.join(BROWSERS)} is on PATH"
            # On a build server a silent skip would hide that nothing was looked at.
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people from using a page."""
    found = Axe().run(page).response["violations"]
    wrong = [violation for violation in found if violation["impact"] in ("serious", "critical")]
    return [f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in wrong]
