"""A point at which a statement is false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from derivlib.proof.language.frozen import Frozen
from derivlib.proof.language.syntax import Expr


@dataclass(frozen=True, slots=True)
class Parting(Frozen):
    """The smallest parts, at one place of both sides, that alone make the sides differ.

    Attributes:
        left, right: the two parts.
        indices: the places of the Σs' indices around them.
        left_value, right_value: their values, in decimals.
    """

    left: Expr
    right: Expr
    indices: Mapping[str, int]
    left_value: str
    right_value: str


@dataclass(frozen=True, slots=True)
class Counterexample(Frozen):
    """A point at which both sides are defined and differ.

    Attributes:
        sizes: each size's value.
        indices: the place of each free index, as written: t = 0 on an axis 0..T.
        entries: each variable that matters: a rational, or nested tuples of them. Where a
            hypothesis gives a value that is known as an interval only, it is a float.
        left, right: the values of both sides there, in decimals.
        parting: where the two sides part; None if they differ as a whole.
    """

    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    entries: Mapping[str, object]
    left: str
    right: str
    parting: Parting | None = None

    def facts(self) -> list[tuple[str, str]]:
        """Where it is: sizes, indices and entries, each with its value."""
        places = [(name, str(value)) for name, value in {**self.sizes, **self.indices}.items()]
        return places + [(name, spell(value)) for name, value in self.entries.items()]

    def point(self) -> str:
        """The same in a line."""
        return ", ".join(f"{name} = {value}" for name, value in self.facts())

    def __str__(self) -> str:
        where = self.point()
        return f"at {where}: {self.left} ≠ {self.right}" if where else f"{self.left} ≠ {self.right}"


def spell(value: object) -> str:
    """An entry, or nested tuples of them, as text."""
    if isinstance(value, tuple):
        return "(" + ", ".join(map(spell, value)) + ")"
    return str(value) if isinstance(value, Fraction) else repr(value)
