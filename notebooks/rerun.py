"""Run the notebooks from top to bottom and store each in a canonical form.

    python notebooks/rerun.py                                  # every notebook
    python notebooks/rerun.py notebooks/00-start-here.ipynb    # these

All that changes from run to run (timings, widget state, the kernel's version, folded cells) is left
out, so that running twice gives the same bytes. Readable cell ids are kept; a cell whose id is
missing or random is named after the heading above it. If a cell fails, the notebook is not written.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from tqdm import tqdm

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
RANDOM_ID = re.compile(r"(?=.*\d)[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")


def slug(title: str) -> str:
    """The words of a heading, joined by hyphens: "2. The σ′ rule" gives "the-rule"."""
    words = re.sub(r"\$.*?\$|_", " ", title.lower())
    return "-".join(re.findall(r"\b[a-z]+\b", words)) or "cell"


def name_cells(cells: list[dict[str, Any]]) -> None:
    """Give each cell without a readable id one made from the nearest heading above it."""
    taken = {cell["id"] for cell in cells if not RANDOM_ID.fullmatch(cell.get("id", "00000000"))}
    heading = "cell"
    for cell in cells:
        titles = re.findall(r"^#+ +(.*)$", "".join(cell["source"]), flags=re.MULTILINE)
        if cell["cell_type"] == "markdown" and titles:
            heading = slug(titles[0])[:50].strip("-")
        if cell.get("id") not in taken:
            number = 1
            while (name := heading if number == 1 else f"{heading}-{number}") in taken:
                number += 1
            cell["id"] = name
            taken.add(name)


def read(path: Path) -> Any:
    """The notebook with its cells named and its outputs cleared."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["nbformat_minor"] = max(5, content["nbformat_minor"])  # cells have ids since 4.5
    name_cells(content["cells"])
    notebook = nbformat.reads(json.dumps(content), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return notebook


def run(notebook: Any, folder: Path, label: str) -> None:
    """Run every cell in a fresh kernel, in place.

    Raises:
        RuntimeError: a cell fails; the message has its id.
    """
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    with client.setup_kernel():
        for index, cell in enumerate(tqdm(notebook.cells, desc=label, unit="cell")):
            try:
                client.execute_cell(cell, index)
            except (CellControlSignal, DeadKernelError) as error:
                raise RuntimeError(f"{label}: cell {cell.id!r} failed\n{error}") from None


def normalise(notebook: Any) -> None:
    """Remove all that says when, where or how the notebook was run."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
        for output in cell.get("outputs", []):
            # A widget's id is random, and its state is not stored: keep only its static view.
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def write(notebook: Any, path: Path) -> None:
    """Replace the file in one step, so that an interruption leaves no half notebook."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    beside.replace(path)


def main(arguments: list[str] | None = None) -> int:
    """Rerun the notebooks named in the arguments, or all; return how many failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all beside this file")
    here = Path(__file__).parent
    failed = 0
    for path in parser.parse_args(arguments).notebooks or sorted(here.glob("*.ipynb")):
        try:
            notebook = read(path)
            run(notebook, path.parent, path.name)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            failed += 1
        else:
            normalise(notebook)
            write(notebook, path)
    return failed


if __name__ == "__main__":
    sys.exit(main())
