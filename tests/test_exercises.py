"""The exercises are wrong as they stand, and the answers that the notebooks give are right."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from derivlib.display import exercises

ROOT = Path(__file__).parents[1]


def notebooks() -> list[str]:
    return sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def theories(statements: list[ast.stmt]) -> dict[str, Any]:
    """The names that stand for theories and pieces of text after these statements."""
    names: dict[str, Any] = {}
    texts = ast.Constant | ast.BinOp | ast.JoinedStr
    for statement in statements:
        source = ast.unparse(statement)
        wanted = isinstance(statement, ast.Import | ast.ImportFrom)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            # no other target: mp.dps = 60 would hold for all tests
            wanted = "Theory(" in source or isinstance(statement.value, texts)
        if wanted:
            with suppress(Exception):  # it needs what was not run, and no exercise needs it
                exec(source, names)
    return names


def judges_itself(cell: Any) -> bool:
    """Whether an exercise is an object of `derivlib.display.exercises`."""
    return re.search(rf"\b({'|'.join(exercises.__all__)})\(", cell.source) is not None


def objects(name: str) -> list[Any]:
    """The exercises of a notebook, as a reader meets them."""
    notebook = nbformat.reads((ROOT / f"notebooks/{name}.ipynb").read_text("utf-8"), 4)
    found: list[Any] = []
    statements: list[ast.stmt] = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if cell.id.startswith("exercise-"):
            assert judges_itself(cell), f"{cell.id} is no exercise of derivlib.display"
            *before, last = ast.parse(cell.source).body
            names = theories(statements)
            exec(compile(ast.Module(before, []), cell.id, "exec"), names)
            found.append(eval(ast.unparse(last), names))
        statements += ast.parse(cell.source).body
    return found


@pytest.mark.parametrize("name", notebooks())
def test_exercises_are_wrong_and_answers_right(name: str) -> None:
    asked = objects(name)
    assert len(asked) >= (1 if name == "00-start-here" else 3)
    for exercise in asked:
        if isinstance(exercise, exercises.WriteNumPy):
            code = exercise.hints[-1].partition(": ")[2]
            assert exercise.judge(eval(code, {"np": np})).solved, code
        else:
            exercise.check()
