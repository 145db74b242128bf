"""A number is to be predicted."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from derivlib.display._wording import number
from derivlib.display.exercises.answer import Answer
from derivlib.display.exercises.box import Box

__all__ = ["GiveNumber"]

_NUMBER = re.compile(r"([-+]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][-+]?\d{1,3})?)")


class GiveNumber(Box):
    """A number to predict, such as 0.25, 1/4 or 25%.

    Args:
        question: in words.
        value: the number.
        tolerance: how far off an answer may be; by default a hundredth of the value.
        hint: the first hint; without one, the sign and the size are told.
        remark: said when the exercise is solved.

    Raises:
        ValueError: the value is not finite, or the tolerance is negative.

    >>> asked = GiveNumber("How steep is σ at 0?", 0.25, remark="It is steepest there.")
    >>> asked.judge("1/4")
    ✓ Right: 0.25. It is steepest there.
    >>> asked.judge("0.5").hints
    ('Too large.', 'It is between 0.2 and 0.4.', 'The answer: 0.25')
    """

    def __init__(
        self,
        question: str,
        value: float,
        *,
        tolerance: float | None = None,
        hint: str = "",
        remark: str = "",
    ) -> None:
        if not math.isfinite(value):
            raise ValueError(f"value: a finite number is expected, given {value!r}")
        if tolerance is not None and not 0 <= tolerance < math.inf:
            raise ValueError(f"tolerance: a number from 0 up is expected, given {tolerance!r}")
        self.value = float(value)
        self.tolerance = abs(self.value) / 100 if tolerance is None else float(tolerance)
        self.hint = hint
        super().__init__(question, [{"label": "number", "start": ""}], [repr(self.value)], remark)

    def lines(self) -> list[str]:
        return []

    def answered(self, texts: tuple[str, ...]) -> Answer:
        text = texts[0].strip()
        told = [self._between, lambda: f"The answer: {self.shown}"]
        if not text:
            return Answer(
                "Write a number.", hints=[*([lambda: self.hint] if self.hint else []), *told]
            )
        given = _read(text)
        if given is None:
            message = "That is no number: write it as 0.25, 1/4, 25% or 1e-3."
            return Answer(message, caret=text[:100], hints=told)
        if abs(given - self.value) <= self.tolerance * (1 + 1e-12):
            message = f"Right: {self.shown}. {self.remark}".strip()
            return Answer(message, solved=True)
        first = self.hint or ("Too large." if given > self.value else "Too small.")
        message = f"Not {number(given)}."
        return Answer(message, colour="bad", hints=[lambda: first, *told])

    @property
    def shown(self) -> str:
        """The value to three digits, if these are close enough; as Python writes it otherwise."""
        told = number(self.value)
        given = _read(told)
        close = given is not None and abs(given - self.value) <= self.tolerance
        return told if close else repr(self.value)

    def _between(self) -> str:
        """Two round numbers around the value."""
        if self.value == 0:
            return "It is between -1 and 1."
        unit = 10.0 ** max(math.floor(math.log10(abs(self.value))), -300)
        low = math.floor(self.value / unit - 0.5 + 1e-9) * unit
        return f"It is between {number(low)} and {number(low + 2 * unit)}."


def _read(text: str) -> float | None:
    """A decimal number, a quotient of two, or a percentage; None for anything else."""
    text = text.replace("−", "-").replace(" ", "").replace("×10^", "e").replace("·10^", "e")
    text = re.sub(r"^10\^", "1e", text)
    percent = text.endswith("%")
    parts = text.removesuffix("%").split("/")
    if len(parts) > 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    numbers = [Fraction(part) for part in parts]
    if len(numbers) == 2 and numbers[1] == 0:
        return None
    exact = numbers[0] / numbers[-1] if len(numbers) == 2 else numbers[0]
    exact = exact / 100 if percent else exact
    return float(exact) if abs(exact) < 10**308 else math.inf if exact > 0 else -math.inf
