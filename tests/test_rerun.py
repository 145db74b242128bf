"""Rerunning a notebook is canonical and repeatable, and a failure leaves the file alone."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.support import notebook_rules as rules

TWO_PRINTS = "import sys\nprint(1, flush=True)\nprint(2)"
FIGURE = """from IPython.display import HTML
HTML('<img alt="2 bars" src="data:image/png;base64,AA==">')"""
WIDGET = "import ipywidgets\nipywidgets.IntSlider(3)"


@pytest.fixture(scope="module")
def rerun(root: Path) -> dict[str, Any]:
    return runpy.run_path(str(root / "notebooks" / "rerun.py"), run_name="rerun")


@pytest.fixture
def store(tmp_path: Path) -> Callable[..., Path]:
    """Writes a notebook of these cells as an editor would leave it: counts, timings, state."""

    def store(*cells: Any) -> Path:
        path = tmp_path / "sample.ipynb"
        for number, cell in enumerate(cells, start=41):
            cell.metadata = {"collapsed": True, "execution": {"iopub.status.idle": "now"}}
            if cell.cell_type == "code":
                cell.execution_count = number
        metadata = {"language_info": {"name": "python", "version": "0"}, "widgets": {}}
        nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
        return path

    return store


def test_the_stored_form_is_clean_and_repeatable(
    rerun: dict[str, Any], store: Callable[..., Path]
) -> None:
    path = store(
        new_markdown_cell("# A *first* look at `soft_max`", id="9c1f0a2b"),
        new_code_cell(TWO_PRINTS, id="two-prints"),
        new_markdown_cell("## 2. The figure of $e^x$", id="1d6c2b5e-93f1-4a5e-8f0c-5f3f1e1d9a77"),
        new_code_cell(FIGURE, id="77aa77aa"),
        new_code_cell(WIDGET, id="slider"),
    )
    assert rerun["main"]([str(path)]) == 0
    once = path.read_bytes()
    assert rerun["main"]([str(path)]) == 0
    assert path.read_bytes() == once

    notebook = nbformat.read(path, as_version=4)
    assert rules.complaints(notebook) == []
    named = ["a-first-look-at-soft-max", "two-prints", "the-figure-of", "the-figure-of-2", "slider"]
    assert [cell.id for cell in notebook.cells] == named
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert "version" not in notebook.metadata.language_info
    assert [output.text for output in notebook.cells[1].outputs] == ["1\n2\n"]
    assert list(notebook.cells[4].outputs[0].data) == ["text/plain"]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_failing_cell_is_named_and_the_file_kept(
    rerun: dict[str, Any], store: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    path = store(new_code_cell("n = 3", id="fine"), new_code_cell("n / 0", id="by-zero"))
    before = path.read_bytes()
    assert rerun["main"]([str(path)]) == 1
    shown = capfd.readouterr().err
    assert "sample.ipynb: cell 'by-zero' failed" in shown
    assert "ZeroDivisionError" in shown
    assert path.read_bytes() == before


def test_every_notebook_is_in_the_canonical_form(
    rerun: dict[str, Any], notebook_path: Path
) -> None:
    """As `normalise` and `write` leave it, so that a rerun changes nothing but outputs."""
    stored = notebook_path.read_text(encoding="utf-8")
    notebook = nbformat.reads(stored, as_version=4)
    rerun["normalise"](notebook)
    assert nbformat.writes(notebook).rstrip("\n") + "\n" == stored
