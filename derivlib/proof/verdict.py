"""The answers that the engine gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from derivlib.proof.language.ranges_said import Run
from derivlib.proof.language.signature import Condition, Hypothesis, Statement
from derivlib.proof.refuter.counterexample import Counterexample

Spelling: TypeAlias = "Callable[[Condition | Hypothesis], str]"
"""How a condition or a hypothesis is put: as text, or for Markdown."""

Words: TypeAlias = "Callable[[str], str]"
"""How words are put, likewise."""


class Status(StrEnum):
    """How a statement was judged."""

    PROVED = "PROVED"
    REFUTED = "REFUTED"
    UNKNOWN = "UNKNOWN"


RELATIONS = {Status.PROVED: "=", Status.REFUTED: r"\ne", Status.UNKNOWN: r"\overset{?}{=}"}
MARKS = {Status.PROVED: "✓", Status.REFUTED: "✗", Status.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """The answer to `left = right`.

    Attributes:
        status: "PROVED", "REFUTED" or "UNKNOWN".
        conditions: what a PROVED rests on beyond the theory, such as `1 - p[i] != 0`: the equation
            holds wherever all of them do. Empty if it holds everywhere.
        hypotheses: those of the theory's hypotheses that a proof was found from; none of them
            was seen to be superfluous.
        counterexample: for REFUTED.
        reason: for UNKNOWN.
        ranges: the indices that run over other values than those of an axis they are used on:
            beside `h[t-1]`, the t of `h[t]` is in 1..T.
        varied: what a ∂ varies by itself, though a hypothesis restricts it.
        statement: what was judged.

    A verdict is never a truth value: write `verdict.status == "PROVED"`.
    """

    status: Status
    conditions: tuple[Condition, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    counterexample: Counterexample | None = None
    reason: str = ""
    ranges: tuple[Run, ...] = ()
    varied: tuple[str, ...] = ()
    statement: Statement | None = None

    def __bool__(self) -> bool:
        raise TypeError("a verdict has three values: write verdict.status == 'PROVED'")

    def __str__(self) -> str:
        return f"{self.status}{self._grounds()}"

    __repr__ = __str__

    def _grounds(self, formula: Spelling = str, words: Words = str) -> str:
        text = ""
        if self.ranges:
            text += words(f" for {', '.join(map(str, self.ranges))}")
        if self.conditions:
            text += f" where {', '.join(map(formula, self.conditions))}"
        if self.hypotheses:
            text += f", using {', '.join(map(formula, self.hypotheses))}"
        if self.varied:
            text += words(f", {' and '.join(self.varied)} varied by itself")
        if self.counterexample is not None:
            text += words(f" {self.counterexample}")
        if self.reason:
            text += words(f": {self.reason}")
        return text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        bundle = {"text/plain": str(self)}
        if self.statement is not None:
            from derivlib.proof.views.latex import latex
            from derivlib.proof.views.markdown import typeset
            from derivlib.proof.views.words import in_markdown

            relation = RELATIONS[self.status]
            equation = f"{latex(self.statement.left)} {relation} {latex(self.statement.right)}"
            mark = MARKS[self.status]
            grounds = self._grounds(typeset, in_markdown)
            bundle["text/markdown"] = (
                f"$\\displaystyle {equation}$\n\n{mark} **{self.status}**{grounds}"
            )
        return bundle
