"""Every notebook as a reader meets it: opened in JupyterLab from a fresh clone, and some are run.

One JupyterLab is loaded, and each notebook opened in it, read and closed again. That their cells,
when run, give what is stored and shown is nbval's to say; that "Run All Cells" does, a few of them
tell.

Set DERIVLIB_SCREENSHOTS to a folder to get pictures of each notebook, whole, before and after a
run.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page

SETTINGS = {
    # Every cell is in the page, also those that a reader would have to scroll to.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
SCREENSHOTS = os.environ.get("DERIVLIB_SCREENSHOTS")
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
RUN = [
    path.stem
    for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    if SCREENSHOTS or path.stem in ("00-start-here", "template")
]
LOOKS = 500
"""At a page that does not settle, before it is given up."""
PATIENCE = 300_000
"""Milliseconds that nothing takes but what hangs."""
SEEN = (Path(__file__).parent / "what_a_reader_sees.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Server:
    """A JupyterLab on this machine, over a copy of the notebooks that nothing else touches."""

    url: str
    token: str
    folder: Path


@pytest.fixture(scope="module")
def server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("jupyter")
    folder = Path(shutil.copytree(root / "notebooks", home / "notebooks"))
    records = "benchmarks/records"  # which a notebook shows
    shutil.copytree(root / records, home / records)
    overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(SETTINGS))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}", secrets.token_hex(16), folder)
    # Nobody's settings, workspaces or trust in a notebook: a reader's first start.
    private = {
        f"JUPYTER{name}": str(home / name.strip("_").lower())
        for name in ("_DATA_DIR", "_RUNTIME_DIR", "LAB_SETTINGS_DIR", "LAB_WORKSPACES_DIR")
    }
    options = [
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        f"--port={port}",
        "--port-retries=0",
        "--ServerApp.ip=127.0.0.1",
        f"--IdentityProvider.token={server.token}",
        "--LabApp.extension_manager=readonly",
    ]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            cwd=folder,
            env=os.environ | private | {"JUPYTER_CONFIG_DIR": str(home / "config")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_up(server, process, home / "log")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:  # it may wait for a kernel that does not end
                process.kill()
                process.wait()


def wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/api/status?token={server.token}")
        except urllib.error.URLError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def lab(browser: Browser, server: Server) -> Iterator[Page]:
    """JupyterLab with no notebook open."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{server.url}/lab?token={server.token}&reset")
    page.locator(".jp-Launcher").wait_for()
    page.evaluate("jupyterapp.shell.collapseLeft()")
    yield page
    page.close()


def open_alone(lab: Page, name: str, *, kernel: bool) -> None:
    """Open the notebook of this name, none of its cells run; any other is closed, unsaved.

    Nothing that is only read needs a kernel, which takes as long to start as all the rest.
    """
    lab.evaluate(
        """async () => {
            const open = [...jupyterapp.shell.widgets('main')];
            for (const notebook of open.filter(widget => widget.hasClass('jp-NotebookPanel'))) {
                await notebook.sessionContext.shutdown();
                notebook.dispose();
            }
        }"""
    )
    assert lab.locator(".jp-NotebookPanel").count() == 0
    preference = {"shouldStart": kernel, "canStart": kernel}
    lab.evaluate(
        "how => void jupyterapp.commands.execute('docmanager:open', how)",
        {"path": name, "kernelPreference": preference},
    )
    lab.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()


@pytest.fixture(scope="module")
def page(lab: Page, notebook_path: Path) -> Page:
    """JupyterLab with one notebook open."""
    open_alone(lab, notebook_path.name, kernel=False)
    return lab


def problems(
    page: Page, notebook: Any, settled: Callable[[list[str]], bool] = lambda found: not found
) -> list[str]:
    """What is wrong with the page, once it has settled."""
    for _ in range(LOOKS):
        seen = page.evaluate(SEEN)
        found = list(seen["problems"])
        for cell, shown in zip(notebook.cells, seen["outputs"], strict=False):
            if cell.get("outputs") and not shown:
                found.append(f"the output of cell {cell.id!r} is not shown")
        if len(seen["outputs"]) != len(notebook.cells):
            found.append(f"{len(seen['outputs'])} of {len(notebook.cells)} cells are shown")
        if any("$" in cell.source for cell in notebook.cells) and not seen["formulas"]:
            found.append("no formula is typeset")
        if settled(found):
            break
        time.sleep(0.2)
    return found


def take_pictures(page: Page, name: str) -> None:
    """The whole notebook in slices of a legible height, if somebody asked for them."""
    if not SCREENSHOTS:
        return
    folder = Path(SCREENSHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": 1200, "height": 2000})
    panel = page.locator(".jp-WindowedPanel-outer")
    whole, slice_height = panel.evaluate("panel => [panel.scrollHeight, panel.clientHeight]")
    for number, top in enumerate(range(0, whole, slice_height), start=1):
        panel.evaluate("(panel, top) => panel.scrollTop = top", top)
        page.screenshot(path=folder / f"{name}-{number}.png")


def test_a_fresh_clone_reads_well_without_running(page: Page, notebook_path: Path) -> None:
    notebook = nbformat.read(notebook_path, as_version=4)
    found = problems(page, notebook)
    take_pictures(page, f"{notebook_path.stem}-read")
    assert found == []
    assert not page.evaluate(
        "jupyterapp.shell.currentWidget.content.widgets.some(cell => cell.model.trusted"
        " && cell.model.type === 'code' && cell.model.outputs.length > 0)"
    ), "the notebook is trusted here, and would not be in a fresh clone"


@pytest.mark.parametrize("name", RUN)
def test_run_all_cells_gives_no_error(lab: Page, server: Server, name: str) -> None:
    notebook = nbformat.read(server.folder / f"{name}.ipynb", as_version=4)
    open_alone(lab, f"{name}.ipynb", kernel=True)
    lab.wait_for_function(
        "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
    )
    # Without the stored outputs and counts, what is seen afterwards can only come from this run.
    lab.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    lab.get_by_role("menuitem", name="Run", exact=True).click()
    lab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    lab.wait_for_function(
        "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
        ".every(prompt => /\\[\\d+\\]/.test(prompt.textContent))"
        " || document.querySelector('[data-mime-type$=stderr], .jp-Dialog')",
        polling=200,  # at every frame, it would keep the browser from the kernel's processor
    )
    found = problems(lab, notebook)
    take_pictures(lab, f"{name}-run")
    assert found == []


def test_what_is_in_focus_gets_the_keys(lab: Page, server: Server) -> None:
    """JupyterLab has uses of its own for arrows and Enter, wherever nothing is typed."""
    source = "from derivlib.display import exhibits\n\nexhibits.SoftmaxStep()"
    cell = new_code_cell(source, id="one")
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, server.folder / "one-exhibit.ipynb")
    open_alone(lab, "one-exhibit.ipynb", kernel=True)
    lab.wait_for_function(
        "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
    )
    lab.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    slider, step = lab.get_by_role("slider", name="z₁"), lab.get_by_role("button", name="Step")
    slider.focus()
    for key, value in [("ArrowRight", "-0.5"), ("ArrowLeft", "-0.6"), ("ArrowUp", "-0.5")]:
        lab.keyboard.press(key)
        assert slider.input_value() == value, key
    step.focus()
    lab.keyboard.press("Enter")
    assert "after 1 of 20 steps" in lab.get_by_role("status").last.inner_text()


def test_what_is_wrong_is_noticed(lab: Page, server: Server) -> None:
    """A notebook with one defect a cell: each is named, or the tests above prove nothing."""
    svg = {"image/svg+xml": "<svg height='9'><text>y</text></svg>"}
    broken_image = {"text/html": "<img alt='0.25' src='data:image/png;base64,AAAA'>"}
    defects = {
        "the output of cell 'cell-0' is not shown": new_output("display_data", svg),
        "stderr output: KeyError": new_output("error", traceback=["KeyError"]),
        "stderr output: careful": new_output("stream", name="stderr", text="careful"),
        "an image does not load: 0.25": new_output("display_data", broken_image),
    }
    formulas = {
        r"a formula that MathJax can't read: \nosuchmacro": r"$\nosuchmacro x$",
        "a formula that MathJax can't read: Double subscripts": "$x_1_2$",
        r"TeX is shown as text: $\frac{x$": r"$\frac{x$",
        r"TeX is shown as text: \frac": r"\frac{x}{y}",
    }
    for problem, tex in formulas.items():
        defects[problem] = new_output("display_data", {"text/markdown": tex})
    cells = [
        new_code_cell("x", id=f"cell-{number}", outputs=[output])
        for number, output in enumerate(defects.values())
    ]
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, server.folder / "broken.ipynb")
    open_alone(lab, "broken.ipynb", kernel=False)
    lab.locator("mjx-container").first.wait_for()

    def unnoticed(found: list[str]) -> list[str]:
        return [d for d in defects if not any(problem.startswith(d) for problem in found)]

    found = problems(lab, notebook, settled=lambda found: not unnoticed(found))
    assert unnoticed(found) == []
    assert len(found) == len(defects)
