"""What a reader may turn in an exhibit: each control is one parameter, with its range."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["Choice", "Control", "Slider", "Steps"]


@dataclass(frozen=True)
class Control:
    """A parameter of an exhibit: its name, what the reader is told, and where it starts."""

    kind: ClassVar[str]

    name: str
    label: str
    start: float

    def spec(self) -> dict[str, Any]:
        """What the module is told of it."""
        raise NotImplementedError

    def values(self) -> Iterator[float]:
        """Every value that a reader can choose."""
        spec = self.spec()
        count = round((spec["high"] - spec["low"]) / spec["step"])
        for n in range(count + 1):
            yield spec["low"] + n * spec["step"]

    def checked(self, value: object) -> float:
        """The value, if a reader could choose it or one between.

        Raises:
            TypeError: it is not a real number.
            ValueError: it is out of range.
        """
        spec = self.spec()
        whole = spec["step"] == 1 and isinstance(self.start, int)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            wanted = "an integer" if whole else "a real number"
            raise TypeError(f"{self.name}: {wanted} is expected, given {value!r}")
        if math.isnan(value) or not spec["low"] <= value <= spec["high"]:
            raise ValueError(
                f"{self.name}: a number from {spec['low']} to {spec['high']} is expected, "
                f"given {value!r}"
            )
        return value


@dataclass(frozen=True)
class Slider(Control):
    """A number from `low` to `high`."""

    kind: ClassVar[str] = "slider"

    low: float
    high: float
    step: float

    def spec(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "low": self.low,
            "high": self.high,
            "step": self.step,
        }


@dataclass(frozen=True)
class Choice(Control):
    """One of several; its value is the place in the list, from 0."""

    kind: ClassVar[str] = "choice"

    options: tuple[str, ...]

    def spec(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "options": list(self.options),
            "low": 0,
            "high": len(self.options) - 1,
            "step": 1,
        }


@dataclass(frozen=True)
class Steps(Control):
    """How many steps were taken, from 0: buttons go one on, one back, and to the start."""

    kind: ClassVar[str] = "steps"

    most: int

    def spec(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "low": 0,
            "high": self.most,
            "step": 1,
        }
