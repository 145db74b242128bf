"""Some lines of a derivation are left out, and are to be filled in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from derivlib.display.exercises.answer import Answer, as_table, grounds, unreadable
from derivlib.display.exercises.box import Box
from derivlib.display.exercises.exercise import EFFORT
from derivlib.display.exercises.hints import hints_on, hints_without_a_line
from derivlib.display.exercises.novelty import has_derivative, same
from derivlib.display.mathml import mathml
from derivlib.proof.judge import judge
from derivlib.proof.language.errors import LanguageError, enough_stack
from derivlib.proof.language.lines import read_lines
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.signature import Statement
from derivlib.proof.theory import Theory
from derivlib.proof.verdict import Status, Verdict
from derivlib.proof.views.latex import latex

__all__ = ["FillLines"]

BLANK = ("…", "...")


class FillLines(Box):
    """A derivation with blanks: each is to be a line that follows from the one above, and from
    which the one below follows.

    Args:
        theory: what the letters mean.
        text: a derivation, with `= …` where a line is to be filled in.
        answer: the missing lines.
        question: in words.
        remark: said when the exercise is solved.
        derivatives: may the filled lines have a ∂?
        effort: for an answer, shared among the steps; see `Theory.prove`.

    Raises:
        LanguageError: a line is not well-formed.
        ValueError: there is no blank, or not a line for each.

    >>> theory = Theory("x: real\\nf := (x + 1)^2")
    >>> asked = FillLines(theory, "f\\n= …\\n= x*(x + 2) + 1", answer=["x^2 + 2*x + 1"])
    >>> asked.judge("1 + 2*x + x^2")
    ✓ Every step is right.
    >>> asked.judge("x^2 + x + 1")
    ✗ Line 1 does not follow from the one above: at x = 1 that is 4, this is 3.
    """

    def __init__(
        self,
        theory: Theory,
        text: str,
        *,
        answer: Sequence[str],
        question: str = "Fill in the lines that are missing.",
        remark: str = "",
        derivatives: bool = False,
        effort: float = EFFORT,
    ) -> None:
        self.theory = theory
        self.answer = [answer] if isinstance(answer, str) else [*answer]
        self.derivatives = derivatives
        self.effort = effort
        self.rows = read_lines(text)
        self.blanks = [n for n, (row, _) in enumerate(self.rows) if row in BLANK]
        if not self.blanks or len(self.blanks) != len(self.answer):
            raise ValueError(
                f"answer: a line for each `= …` of the text, {len(self.blanks)} in all and at "
                f"least one, is expected, given {len(self.answer)}"
            )
        given = [row for row, _ in self.rows if row not in BLANK]
        resolved = resolve([(parse(row), row) for row in given], theory)
        math = iter([latex(expression) for expression in resolved.expressions])
        shown: list[dict[str, Any]] = []
        for n, (row, reason) in enumerate(self.rows):
            if n in self.blanks:
                shown.append({"label": f"line {n}", "start": "", "reason": reason})
            else:
                sign = "= " if n else ""
                shown.append(
                    {
                        "math": mathml(sign + next(math), full=True),
                        "text": sign + row,
                        "reason": reason,
                    }
                )
        super().__init__(question, shown, self.answer, remark)

    def lines(self) -> list[str]:
        return [
            f"{'= ' if n else ''}{'…' if n in self.blanks else row}"
            + (f"  -- {reason}" if reason else "")
            for n, (row, reason) in enumerate(self.rows)
        ]

    @cached_property
    def granted(self) -> set[str]:
        """What the steps ask for with the author's answers: conditions, and where indices run."""
        answers = dict(zip(self.blanks, self.answer, strict=True))
        rows = [answers.get(n, row) for n, (row, _) in enumerate(self.rows)]
        resolved = resolve([(parse(row), row) for row in rows], self.theory)
        granted: set[str] = set()
        for (above, one), (below, other) in pairwise(zip(rows, resolved.expressions, strict=True)):
            step = Statement(one, other, resolved.free, above, below)
            share = self.effort / max(len(rows) - 1, 1)
            granted |= grounds(judge(self.theory, step, effort=share))
        return granted

    def answered(self, texts: tuple[str, ...]) -> Answer:
        filled = dict(zip(self.blanks, texts, strict=True))
        answers = dict(zip(self.blanks, self.answer, strict=True))
        rows = [(n, filled.get(n, row)) for n, (row, _) in enumerate(self.rows)]
        rows = [(n, text) for n, text in rows if text.strip()]
        empty = next((n for n in self.blanks if not filled[n].strip()), None)
        at = empty if empty is not None else self.blanks[0]
        try:
            with enough_stack():
                parsed = []
                for n, text in rows:
                    at = n if n in filled else at
                    parsed.append((parse(text), text))
                resolved = resolve(parsed, self.theory)
        except LanguageError as error:
            wrong = next((n for n, text in rows if n in filled and text.rstrip() == error.line), at)
            return unreadable(error, hints_without_a_line(answers[wrong]))
        expressions = dict(zip([n for n, _ in rows], resolved.expressions, strict=True))
        known: dict[str, Any] = {
            "understood": [latex(expressions[n]) if n in expressions else "" for n in filled]
        }
        verdict: Verdict | None = None
        for (a, above), (n, text) in pairwise(rows):
            step = Statement(expressions[a], expressions[n], resolved.free, above, text)
            share = self.effort / max(len(rows) - 1, 1)
            verdict = judge(self.theory, step, effort=share)
            # What was given is right, so that the filled line beside it is what is wrong.
            blamed = n if n in filled else a
            if blamed not in filled:
                continue
            hints = hints_without_a_line(answers[blamed])
            if verdict.status is Status.REFUTED:
                found = verdict.counterexample
                assert found is not None
                if n in filled:
                    hints = hints_on(self.theory, step, answers[n])
                point = f"at {found.point()} " if found.point() else ""
                return Answer(
                    f"Line {n} does not follow from the one above: {point}that is {found.left}, "
                    f"this is {found.right}.",
                    verdict=verdict,
                    table=as_table(found, "the line above", f"line {n}"),
                    hints=hints,
                    **known,
                )
            if verdict.status is Status.UNKNOWN:
                message = f"Whether line {n} follows from the one above is not known: "
                message += f"{verdict.reason}. A smaller step may do."
                return Answer(message, verdict=verdict, hints=hints, **known)
            problem = self.says_nothing(expressions, a, n) if n in filled else ""
            if more := sorted(grounds(verdict) - self.granted):
                problem = f"Line {blamed} is right only where {', '.join(more)}: one needs less."
            if problem:
                return Answer(problem, verdict=verdict, colour="unsure", hints=hints, **known)
        if empty is not None:
            message = f"Line {empty} is missing" + (
                ", the others are right." if len(texts) > 1 and any(filled.values()) else "."
            )
            return Answer(message, hints=hints_without_a_line(answers[empty]), **known)
        message = f"Every step is right. {self.remark}".strip()
        return Answer(message, solved=True, verdict=verdict, **known)

    def says_nothing(self, lines: dict[int, Any], above: int, n: int) -> str:
        """What is amiss with a filled line that is true, or nothing."""
        if not self.derivatives and has_derivative(self.theory, lines[n]):
            return f"Line {n} is true, but there is a ∂ left: carry it out."
        for other in lines:
            if other != n and same(lines[n], lines[other]):
                return f"Line {n} is true, but it is line {other} again."
        return ""
