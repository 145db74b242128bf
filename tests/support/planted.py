"""Bugs to plant in the prover, each with statements that show it.

A bug is a function that breaks one thing by monkeypatch, named by what it does wrong. The bugs are
in `planted_forms` and `planted_sums` (normal forms) and `planted_proofs` (moves and conditions).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pytest

from derivlib.proof.algebra.functions import FUNCTIONS

Patch: TypeAlias = pytest.MonkeyPatch
Plant: TypeAlias = Callable[[Patch], None]

LETTERS = """
    x, z: K
    y: K, sum 1
    u: K, positive
    S: K×K
    c, b: real
    a: real, positive
"""
TIMES = "f, g: 0..T\nx: T\nw: 0..T, positive\nc: real"


@dataclass(frozen=True)
class Shown:
    """A statement that a bug proves: of a theory, and whether it is true on a condition (which the
    bug drops), or else false."""

    theory: str
    left: str
    right: str
    conditional: bool

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


@dataclass
class Bug:
    """What plants it, and the statements that show it."""

    plant: Plant
    shown: list[Shown] = field(default_factory=list)


BUGS: dict[str, Bug] = {}
"""All by name."""


def false(text: str, theory: str = LETTERS) -> Callable[[Plant], Plant]:
    """The bug proves this, and it is false."""
    return _shows(text, theory, conditional=False)


def unsaid(text: str, theory: str = LETTERS) -> Callable[[Plant], Plant]:
    """This is true on a condition that the bug does not say."""
    return _shows(text, theory, conditional=True)


def _shows(text: str, theory: str, *, conditional: bool) -> Callable[[Plant], Plant]:
    left, right = text.split(" = ")

    def register(plant: Plant) -> Plant:
        bug = BUGS.setdefault(plant.__name__, Bug(plant))
        bug.shown.insert(0, Shown(theory, left, right, conditional))
        return plant

    return register


def everywhere(patch: Patch, function: object, wrong: Any) -> None:
    """Put `wrong` wherever the prover has the function: in its modules and its table."""
    for name, module in list(sys.modules.items()):
        if name.startswith("derivlib.proof.algebra"):
            for attribute, value in list(vars(module).items()):
                if value is function:
                    patch.setattr(module, attribute, wrong)
    for name, row in FUNCTIONS.items():
        fields: dict[str, Any] = {
            each: wrong for each in row.__slots__ if getattr(row, each) is function
        }
        if fields:
            patch.setitem(FUNCTIONS, name, replace(row, **fields))


def row(patch: Patch, name: str, **changes: Any) -> None:
    """Change a row of the prover's table of functions."""
    patch.setitem(FUNCTIONS, name, replace(FUNCTIONS[name], **changes))
