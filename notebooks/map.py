"""Write the tables of kernels and models into KERNELS.md and 00-start-here.ipynb, and into every
notebook the links to the one before and the one after.

    python notebooks/map.py

The kernels come from `derivlib`, the theorems from `derivlib.evidence.theorems`, the errors from
benchmarks/records/accuracy.json, which `python -m benchmarks.accuracy` writes.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from derivlib.display import Table
from derivlib.evidence.model_theorems import MODELS, model_of
from derivlib.evidence.theorems import OPTIONS, THEOREMS, Theorem

NOTEBOOKS = Path(__file__).parent
START, END = "<!-- map: written by notebooks/map.py -->", "<!-- end of the map -->"


def kernel_table(folder: str = "") -> str:
    """Kernel, formula, place of the proof and largest measured error, as Markdown."""
    worst = errors()
    rows = [
        [f"`{name}`", f"${theorem.formula}$", link_to(theorem, folder), *worst[name]]
        for name, theorem in THEOREMS.items()
    ]
    columns = ["kernel", "computes", "proved in", "error in float64", "in float32"]
    return Table(columns, rows).markdown


def model_table(folder: str = "") -> str:
    """Model, gradient and place of the proof, as Markdown."""
    rows: dict[str, list[str]] = {}
    for name, theorem in MODELS.items():
        module = model_of(name)
        row = [f"`models.{module}`", f"${theorem.formula}$", link_to(theorem, folder)]
        rows.setdefault(module, row)
    return Table(["model", "gradient", "proved in"], rows.values()).markdown


def option_table() -> str:
    """What each option changes in the formulas, as Markdown."""
    rows = [[f"{name}", f"${option.formula}$"] for name, option in OPTIONS.items()]
    return Table(["option", "then it is"], rows).markdown


def link_to(theorem: Theorem, folder: str) -> str:
    """A link, in Markdown, to the section of the notebook that explains the theorem."""
    anchor = theorem.section.replace(" ", "-")
    number = theorem.notebook.partition("-")[0]
    title = re.sub(r"^\d\. ", "", theorem.section)
    return f"[{number} · {title}]({folder}{theorem.notebook}.ipynb#{anchor})"


def errors() -> dict[str, list[str]]:
    """The largest errors of each kernel that were measured: in float64 and in float32.

    Raises:
        ValueError: some kernel's were not.
    """
    record = NOTEBOOKS.parent / "benchmarks" / "records" / "accuracy.json"
    found = json.loads(record.read_text(encoding="utf-8"))["errors"]
    missing = " ".join(name for name in THEOREMS if name not in found)
    if missing:
        raise ValueError(
            f"no errors are recorded for {missing}; run "
            f"python -m benchmarks.accuracy --kernels {missing}"
        )
    return {
        name: [with_units(found[name][dtype]) for dtype in ("float64", "float32")]
        for name in THEOREMS
    }


def with_units(units: dict[str, float]) -> str:
    """The largest error in each unit as text, ULP first: others are used where terms may cancel."""
    order = sorted(units, key=lambda unit: (unit != "ULP", unit))
    return "; ".join(f"{units[unit]:.1f} {unit}" for unit in order)


def replaced(text: str, table: str) -> str:
    """`text` with `table` between the marks START and END.

    Raises:
        ValueError: there is not exactly one pair of marks.
    """
    pattern = re.escape(START) + ".*?" + re.escape(END)
    if len(re.findall(pattern, text, flags=re.DOTALL)) != 1:
        raise ValueError(f"one pair of marks is expected: {START} … {END}")
    return re.sub(pattern, lambda _: f"{START}\n\n{table}\n\n{END}", text, flags=re.DOTALL)


def bar(before: str, after: str) -> str:
    """The links to the notebooks before and after: of each its name and title, or nothing."""
    back = [f"[← {title}]({name})" for name, _, title in [before.partition(" ")] if name]
    on = [f"next: [{title} →]({name})" for name, _, title in [after.partition(" ")] if name]
    return " · ".join([*back, *on])


def with_bars(cells: list[dict[str, Any]], line: str) -> None:
    """Put the links below the title, and at the end of the last cell; old ones go.

    Raises:
        ValueError: the first or the last cell is not text.
    """
    for cell in (cells[0], cells[-1]):
        if cell["cell_type"] != "markdown":
            raise ValueError(f"cell {cell['id']}: the first and the last cell must be text")
        text = re.sub(r"\n*^(\[← |next: \[).*\.ipynb\)$", "", "".join(cell["source"]), flags=re.M)
        title, _, rest = text.partition("\n")
        text = f"{title}\n\n{line}\n{rest}" if cell is cells[0] else f"{text}\n\n{line}"
        cell["source"] = text.splitlines(keepends=True)


def pages() -> Iterator[tuple[Path, str]]:
    """Each file that has tables or links, and the text that it should have."""
    root = NOTEBOOKS.parent
    page = root / "KERNELS.md"
    tables = "\n\n".join([kernel_table("notebooks/"), option_table(), model_table("notebooks/")])
    yield page, replaced(page.read_text(encoding="utf-8"), tables)
    paths = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    for cell in notebooks[0]["cells"]:
        if cell["id"] == "the-kernels":
            tables = "\n\n".join((kernel_table(), model_table()))
            cell["source"] = replaced("".join(cell["source"]), tables).splitlines(keepends=True)
    titles = ["".join(n["cells"][0]["source"]).partition("\n")[0].lstrip("# ") for n in notebooks]
    named = [f"{path.name} {title}" for path, title in zip(paths, titles, strict=True)]
    neighbours = zip(["", *named], [*named[1:], ""], strict=False)
    for path, notebook, (before, after) in zip(paths, notebooks, neighbours, strict=True):
        with_bars(notebook["cells"], bar(before, after))
        yield path, json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    try:
        written = list(pages())
    except ValueError as error:
        raise SystemExit(str(error)) from None
    for path, content in written:
        if path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            print(f"wrote {path.relative_to(NOTEBOOKS.parent)}")
