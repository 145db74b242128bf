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
from derivlib.proof import Status

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


def questions(name: str) -> list[tuple[str, Any, str, str]]:
    """Each exercise's cell, theory, left and right side."""
    notebook = nbformat.reads((ROOT / f"notebooks/{name}.ipynb").read_text("utf-8"), 4)
    found, statements = [], []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        statements += ast.parse(cell.source).body
        call = statements[-1]
        if not cell.id.startswith("exercise-"):
            continue
        if not judges_itself(cell):
            assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
            asked = call.value.func
            assert isinstance(asked, ast.Attribute) and asked.attr == "prove", cell.id
            left, right = map(ast.literal_eval, call.value.args)
            theory = theories(statements[:-1])[ast.unparse(asked.value)]
            found.append((cell.id, theory, left, right))
    return found


def judges_itself(cell: Any) -> bool:
    """Whether an exercise is an object of `derivlib.display.exercises`."""
    return re.search(rf"\b({'|'.join(exercises.__all__)})\(", cell.source) is not None


def objects(name: str) -> list[Any]:
    """The exercises that judge themselves."""
    notebook = nbformat.reads((ROOT / f"notebooks/{name}.ipynb").read_text("utf-8"), 4)
    found: list[Any] = []
    statements: list[ast.stmt] = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if cell.id.startswith("exercise-") and judges_itself(cell):
            *before, last = ast.parse(cell.source).body
            names = theories(statements)
            exec(compile(ast.Module(before, []), cell.id, "exec"), names)
            found.append(eval(ast.unparse(last), names))
        statements += ast.parse(cell.source).body
    return found


def answers(name: str) -> list[str]:
    """What stands first in each item of the list of answers, in the exercises' order."""
    notebook = nbformat.reads((ROOT / f"notebooks/{name}.ipynb").read_text("utf-8"), 4)
    text = next((cell.source for cell in notebook.cells if cell.id == "answers"), None)
    assert text is not None, f"{name} has no cell 'answers'"
    items = re.findall(r"^\d+\. (.*)$", text, flags=re.MULTILINE)
    asked = [
        c.id
        for c in notebook.cells
        if c.id.startswith("exercise-") and "-text" not in c.id and not judges_itself(c)
    ]
    counts = f"{name} has {len(asked)} cells 'exercise-…' and {len(items)} answers"
    assert len(items) == len(asked), counts
    kept = list(range(len(asked)))
    return [items[n].split("`")[1] for n in kept]


@pytest.mark.parametrize("name", notebooks())
def test_exercises_are_wrong_and_answers_right(name: str) -> None:
    asked, themselves = questions(name), objects(name)
    wanted = 1 if name == "00-start-here" else 3
    assert len(asked) + len(themselves) >= wanted
    for exercise in themselves:
        if isinstance(exercise, exercises.WriteNumPy):
            code = exercise.hints[-1].partition(": ")[2]
            assert exercise.judge(eval(code, {"np": np})).solved, code
        else:
            exercise.check()
    given = answers(name) if asked else []
    for (cell, theory, left, wrong), answer in zip(asked, given, strict=True):
        assert theory.prove(left, wrong).status is Status.REFUTED, cell
        assert theory.prove(left, answer).status is Status.PROVED, f"{cell}: {answer}"
