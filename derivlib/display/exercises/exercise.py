"""The exercise: the left side of an equation is given, and the right side is wanted."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from derivlib.display.exercises.answer import Answer, as_table, grounds, unreadable
from derivlib.display.exercises.box import Box
from derivlib.display.exercises.hints import hints_on, hints_without_a_line
from derivlib.display.exercises.novelty import has_derivative, is_copy
from derivlib.display.mathml import mathml
from derivlib.proof.judge import judge
from derivlib.proof.language.errors import LanguageError, enough_stack
from derivlib.proof.theory import Theory
from derivlib.proof.verdict import Status
from derivlib.proof.views.latex import latex

__all__ = ["EFFORT", "Exercise"]

EFFORT = 0.1
"""For an answer: at most some two seconds."""

MEND, GIVE = "This line is wrong as it stands. Mend its right side.", "What is the right side?"


class Exercise(Box):
    """The right side of an equation is to be mended, or to be given.

    Args:
        theory: what the letters mean.
        left: the left side.
        wrong: the right side as it stands, to be mended; without one, the box is empty.
        answer: a right side that is right. It is shown as the last hint.
        question: in words; by default, that the line is wrong, or that a right side is wanted.
        remark: said when the exercise is solved: something to take home.
        derivatives: may the right side have a ∂?
        effort: for an answer; see `Theory.prove`.

    Raises:
        LanguageError: the left side or the answer is not well-formed.
    >>> theory = Theory("x: real\\nf := x^3")
    >>> asked = Exercise(theory, "∂(f, x)", "3*x", answer="3*x^2", remark="One power less.")
    >>> asked.judge("x^2*3")
    ✓ Right, for all real values. One power less.
    >>> asked.judge("2*x")
    ✗ Not yet: at x = 1 the left side is 3, yours is 2.
    >>> asked.judge("3 x")
    Not well-formed: this does not read as an expression (a product needs its *, as in 2*x).
        3 x
          ^
    """

    def __init__(
        self,
        theory: Theory,
        left: str,
        wrong: str = "",
        *,
        answer: str,
        question: str = "",
        remark: str = "",
        derivatives: bool = False,
        effort: float = EFFORT,
    ) -> None:
        self.theory = theory
        self.left = left
        self.answer = answer
        self.derivatives = derivatives
        self.effort = effort
        known = theory.statement(left, answer)
        self.wraps_left = is_copy(known.left, known.right)
        row: dict[str, Any] = {"label": "right side", "start": wrong}
        shown = {"math": mathml(latex(known.left) + " = ", full=True), "text": f"{left} ="}
        super().__init__(question or (MEND if wrong else GIVE), [shown, row], [answer], remark)

    @cached_property
    def granted(self) -> set[str]:
        """What the answer asks for: conditions, and where its indices run."""
        known = self.theory.statement(self.left, self.answer)
        return grounds(judge(self.theory, known, effort=self.effort))

    def lines(self) -> list[str]:
        return [f"{self.left} = {self.start[0] or '…'}"]

    def answered(self, texts: tuple[str, ...]) -> Answer:
        (text,) = texts
        plain = hints_without_a_line(self.answer)
        if not text.strip():
            return Answer("Write the right side.", hints=plain)
        try:
            with enough_stack():
                asked = self.theory.statement(self.left, text)
                verdict = judge(self.theory, asked, effort=self.effort)
        except LanguageError as error:
            return unreadable(error, plain)
        known: dict[str, Any] = {"verdict": verdict, "understood": [latex(asked.right)]}
        if verdict.status is Status.REFUTED:
            found = verdict.counterexample
            assert found is not None
            point = found.point()
            return Answer(
                f"Not yet: {f'at {point} ' if point else ''}the left side is {found.left}, yours "
                f"is {found.right}.",
                table=as_table(found, "the left side", "yours"),
                hints=hints_on(self.theory, asked, self.answer),
                **known,
            )
        if verdict.status is Status.UNKNOWN:
            message = f"No proof and no counterexample was found: {verdict.reason}."
            return Answer(f"{message} Write it more simply.", hints=plain, **known)
        if not self.derivatives and has_derivative(self.theory, asked.right):
            message = "True, but there is a ∂ left: carry it out."
            return Answer(message, colour="unsure", hints=plain, **known)
        if not self.wraps_left and is_copy(asked.left, asked.right):
            message = "True, but that is the left side again."
            return Answer(message, colour="unsure", hints=plain, **known)
        if more := sorted(grounds(verdict) - self.granted):
            message = f"Right only where {', '.join(more)}: there is a line that needs less."
            return Answer(message, colour="unsure", hints=plain, **known)
        resting = str(verdict).removeprefix(str(verdict.status))
        sizes = ", ".join(f"{name} ≥ {least}" for name, least in self.theory.sizes.items())
        message = f"Right, for all {sizes or 'real values'}{resting}. {self.remark}"
        return Answer(message.strip(), solved=True, **known)
