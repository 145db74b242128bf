"""A point at which a statement is false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from derivlib.proof.language.frozen import Frozen


@dataclass(frozen=True, slots=True)
class Counterexample(Frozen):
    """A point at which both sides are defined and differ.

    Attributes:
        sizes: each size's value.
        indices: the place of each free index, as written: t = 0 on an axis 0..T.
        entries: each variable that matters: a rational, or nested tuples of them. Where a
            hypothesis gives a value that is known as an interval only, it is a float.
        left, right: the values of both sides there, in decimals.
    """

    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    entries: Mapping[str, object]
    left: str
    right: str

    def facts(self) -> list[tuple[str, str]]:
        """Where it is: sizes, indices and entries, each with its value."""
        places = [(name, str(value)) for name, value in {**self.sizes, **self.indices}.items()]
        return places + [(name, _spell(value)) for name, value in self.entries.items()]

    def point(self) -> str:
        """The same in a line."""
        return ", ".join(f"{name} = {value}" for name, value in self.facts())

    def __str__(self) -> str:
        where = self.point()
        return f"at {where}: {self.left} ≠ {self.right}" if where else f"{self.left} ≠ {self.right}"


def _spell(value: object) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_spell, value)) + ")"
    return str(value) if isinstance(value, Fraction) else repr(value)
