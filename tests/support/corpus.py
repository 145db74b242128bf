"""The statements of known verdict, each with its theory."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from derivlib.proof import Theory
from derivlib.proof.language.signature import Statement

FOLDER = Path(__file__).parents[1] / "proof"


@dataclass(frozen=True)
class Row:
    """One statement: the file and the theory it comes from, its two sides, and a note."""

    file: str
    name: str
    theory: Theory
    left: str
    right: str
    note: str

    @property
    def statement(self) -> Statement:
        return self.theory.statement(self.left, self.right)

    def __str__(self) -> str:
        return f"{self.name}: {self.left} = {self.right}"


@cache
def rows(kind: str) -> tuple[Row, ...]:
    """All `true`, `false` or `conditional` statements of both files."""
    return tuple(_rows(kind))


def _rows(kind: str) -> Iterator[Row]:
    for file in ("cases", "corpus"):
        table = tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf-8"))
        for entry in table["theory"]:
            theory = Theory(entry["text"])
            for left, right, note in entry.get(kind, []):
                yield Row(file, entry["name"], theory, left, right, note)
