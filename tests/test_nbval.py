"""nbval, as this project sets it up, really compares what a notebook stores."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

FIGURE = '<img alt="y = 0.25" src="data:image/png;base64,AAAA">'
OTHER_PIXELS = FIGURE.replace("AAAA", "iVBORw0KGgo+/w==")
SUM = "1 + 2"
DRAW = f"from IPython.display import display\ndisplay({{'text/html': {FIGURE!r}}}, raw=True)"

# Each cell's code, the output stored for it, and whether nbval must accept it.
CELLS = {
    "right number": (SUM, {"text/plain": "3"}, True),
    "wrong number": (SUM, {"text/plain": "4"}, False),
    "no number": (SUM, None, False),
    "right figure": (DRAW, {"text/html": FIGURE}, True),
    "other pixels": (DRAW, {"text/html": OTHER_PIXELS}, True),
    "wrong alt text": (DRAW, {"text/html": FIGURE.replace("0.25", "0.26")}, False),
    "other size": (DRAW, {"text/html": FIGURE.replace("<img", '<img width="9"')}, False),
    "no figure": (DRAW, None, False),
}


class Outcomes:
    """A plugin that notes what becomes of each cell."""

    def __init__(self) -> None:
        self.passed: list[bool] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.passed.append(report.passed)


@pytest.fixture(scope="module")
def accepted(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """What nbval says of each cell, run with the project's own options."""
    cells = [
        new_code_cell(
            code, execution_count=1, outputs=[new_output("display_data", data)] if data else []
        )
        for code, data, _ in CELLS.values()
    ]
    path = tmp_path_factory.mktemp("nbval") / "sample.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    options = ["-c", str(root / "pyproject.toml"), "-p", "no:cacheprovider", "-n0"]
    outcomes = Outcomes()
    pytest.main([*options, str(path)], plugins=[outcomes])
    return dict(zip(CELLS, outcomes.passed, strict=True))


@pytest.mark.parametrize("name", CELLS)
def test_nbval_accepts_what_is_right_and_nothing_else(accepted: dict[str, bool], name: str) -> None:
    *_, right = CELLS[name]
    assert accepted[name] == right
