"""The docstrings promise what the table of error bounds says, and every kernel is in the table."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import derivlib
from derivlib.evidence import error_bounds
from derivlib.evidence.error_bounds import (
    DTYPES,
    ERROR_BOUNDS,
    SAME_BOUNDS,
    Bound,
    ErrorBounds,
    pages,
    with_paragraphs,
)

SOURCE = '''"""A module."""


def other() -> None:
    """Not a kernel.

    Error bound, of something else: 7 ULP in float64.

    """


def sigmoid(
    z: float,
) -> float:
    """A kernel.

    Error bound, as it
    was: 99 ULP in float64.

    Error bounds are promised.
    """
    return z
'''


def test_the_docstrings_agree_with_the_table() -> None:
    stale = [path.name for path, text in pages() if path.read_text("utf-8") != text]
    assert stale == [], "run python -m derivlib.evidence.error_bounds"


def test_every_kernel_is_in_the_table_once() -> None:
    kernels = {name for name in derivlib.__all__ if "num_threads" not in name}
    assert ERROR_BOUNDS.keys() | SAME_BOUNDS.keys() == kernels
    assert not ERROR_BOUNDS.keys() & SAME_BOUNDS.keys()


@pytest.mark.parametrize("name", ERROR_BOUNDS)
def test_a_docstring_has_the_paragraph(name: str) -> None:
    docstring = getattr(derivlib, name).__doc__
    paragraphs = [" ".join(part.split()) for part in docstring.split("\n\n")]
    assert " ".join(ERROR_BOUNDS[name].paragraph.split()) in paragraphs
    assert docstring.count("Error bound,") == 1


@pytest.mark.parametrize("name", SAME_BOUNDS)
def test_other_docstrings_refer_to_theirs(name: str) -> None:
    docstring = " ".join(getattr(derivlib, name).__doc__.split())
    assert "Error bound," not in docstring
    assert "error bound" in docstring
    assert all(f"`{other}`" in docstring for other in SAME_BOUNDS[name])
    assert ERROR_BOUNDS.keys() >= set(SAME_BOUNDS[name])


def test_the_dtypes_have_names_that_numpy_knows() -> None:
    named = {d for bounds in ERROR_BOUNDS.values() for b in bounds.bounds for d in b.numbers}
    assert all(np.dtype(dtype).kind == "f" for dtype in named)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (Bound("ULP", {"float64": 2}), "2 ULP in float64"),
        (Bound("ULP", {"float64": 2, "float32": 2}), "2 ULP in float64 and float32"),
        (
            Bound("ULP", {"float64": 2, "longdouble": 3.5, "float32": 2, "float16": 1}),
            "2 ULP in float64 and float32, 3.5 in longdouble, 1 in float16",
        ),
        (
            Bound("u Σ|y|", dict.fromkeys(DTYPES, 4.0), "Elsewhere,"),
            "Elsewhere, 4 u Σ|y| in every dtype, where u is half of the dtype's eps",
        ),
    ],
)
def test_words(bound: Bound, words: str) -> None:
    text = ErrorBounds("somewhere", (bound,), "And so on.").paragraph
    assert " ".join(text.split()) == f"Error bound, somewhere: {words}. And so on."


def test_a_number_stays_with_its_unit() -> None:
    for length in range(40, 90):
        text = ErrorBounds("x" * length, (Bound("ULP", {"float64": 2}),)).paragraph
        assert "2 ULP" in text
        assert max(map(len, text.splitlines())) <= 96


def test_only_the_paragraph_of_the_kernel_is_rewritten() -> None:
    written = with_paragraphs(SOURCE, ["sigmoid"])
    before, after = SOURCE.split("    Error bound, as it\n    was: 99 ULP in float64.")
    assert written.startswith(before)
    assert written.endswith(after)
    middle = written[len(before) : -len(after)]
    assert middle.split() == ERROR_BOUNDS["sigmoid"].paragraph.split()
    assert all(line.startswith("    E") or line[4] != " " for line in middle.splitlines())
    assert with_paragraphs(written, ["sigmoid"]) == written


def test_a_changed_number_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = ERROR_BOUNDS["softmax"]
    changed = replace(bounds.bounds[0], numbers={**bounds.bounds[0].numbers, "float64": 5.0})
    monkeypatch.setitem(ERROR_BOUNDS, "softmax", replace(bounds, bounds=(changed,)))
    stale = [path.name for path, text in pages() if path.read_text("utf-8") != text]
    assert stale == ["softmax.py"]


def test_only_files_that_change_are_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Path, "write_text", lambda *_, **__: pytest.fail("written"))
    runpy.run_path(str(error_bounds.__file__), run_name="__main__")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (SOURCE.replace("Error bound, as", "An error bound, as"), "expected, found 0"),
        (SOURCE.replace("99 ULP", "\n\n    Error bound, twice"), "expected, found 2"),
        (SOURCE.replace("def sigmoid", "def tanh"), "there is no function sigmoid"),
    ],
)
def test_what_cannot_be_written_is_named(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_paragraphs(source, ["sigmoid"])
