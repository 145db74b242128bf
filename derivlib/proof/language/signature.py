"""What the lines of a theory say, once they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from derivlib.proof.language.syntax import Expr


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared array of real entries; `axes` are the names of its sizes, () for a scalar."""

    name: str
    axes: tuple[str, ...]
    positive: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """`name[parameters] := body`."""

    name: str
    parameters: tuple[str, ...]
    axes: tuple[str, ...]
    body: Expr
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`left = right` for all values of the free indices, whose ranges `free` gives."""

    left: Expr
    right: Expr
    free: Mapping[str, str]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Statement:
    """`left = right` for all values of the free indices, whose ranges `free` gives."""

    left: Expr
    right: Expr
    free: Mapping[str, str]
    left_text: str
    right_text: str

    def __str__(self) -> str:
        return f"{self.left_text} = {self.right_text}"
