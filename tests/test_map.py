"""The map of kernels and theorems is what the code says, wherever it is shown."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from derivlib.evidence.theorems import THEOREMS


@pytest.fixture(scope="module")
def map_script(root: Path) -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(root / "notebooks" / "map.py"), run_name="map"))


def test_the_map_is_fresh(map_script: SimpleNamespace) -> None:
    pages = map_script.pages()
    stale = [path.name for path, content in pages if path.read_text("utf-8") != content]
    assert stale == [], "run python notebooks/map.py"


def test_a_kernel_that_was_not_measured_is_named(
    map_script: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(THEOREMS, "softmin", THEOREMS["softmax"])
    command = "run python -m benchmarks.accuracy --kernels softmin"
    with pytest.raises(ValueError, match=f"no errors are recorded for softmin; {command}"):
        map_script.errors()


def test_a_stale_map_is_seen(map_script: SimpleNamespace) -> None:
    start, end, replaced = map_script.START, map_script.END, map_script.replaced
    text = f"before {start}\n\nold\n\n{end} after"
    assert replaced(text, "new") == text.replace("old", "new")
    for broken in ("", start, f"{end} {start}", text + text):
        with pytest.raises(ValueError, match="one pair of marks is expected"):
            replaced(broken, "new")


def test_a_link_leads_to_a_section(map_script: SimpleNamespace) -> None:
    link = map_script.link_to(THEOREMS["softmax"], "notebooks/")
    target = "(notebooks/02-softmax-jacobian.ipynb#Shifting-all-logits)"
    assert link == f"[02 · Shifting all logits]{target}"


def text_cell(source: str, kind: str = "markdown") -> dict[str, Any]:
    return {"id": "a-cell", "cell_type": kind, "source": source.splitlines(keepends=True)}


def test_old_links_make_room_for_new_ones(map_script: SimpleNamespace) -> None:
    cells = [text_cell("# Title\n\nProse."), text_cell("n = 3", "code"), text_cell("The end.")]
    for before, after, line in [
        ("", "02-b.ipynb The b", "next: [The b →](02-b.ipynb)"),
        ("01-a.ipynb a", "03-c.ipynb The c", "[← a](01-a.ipynb) · next: [The c →](03-c.ipynb)"),
        ("02-b.ipynb The b", "", "[← The b](02-b.ipynb)"),
    ]:
        map_script.with_bars(cells, map_script.bar(before, after))
        assert "".join(cells[0]["source"]) == f"# Title\n\n{line}\n\nProse."
        assert "".join(cells[-1]["source"]) == f"The end.\n\n{line}"
    with pytest.raises(ValueError, match="first and the last cell must be text"):
        map_script.with_bars(cells[:2], "")


def test_ulps_come_first(map_script: SimpleNamespace) -> None:
    with_units = map_script.with_units
    assert with_units({"eps": 3.0, "ULP": 2.84}) == "2.8 ULP; 3.0 eps"
    assert with_units({"eps": 3.0}) == "3.0 eps"
