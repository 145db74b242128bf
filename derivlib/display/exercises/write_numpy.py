"""A formula is to be written in NumPy: the reader's function, run in the reader's own kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from numpy.typing import ArrayLike

from derivlib.display.comparison import compare
from derivlib.display.exercises.answer import Answer
from derivlib.display.exercises.box import folded
from derivlib.display.exercises.exercise import EFFORT
from derivlib.proof.judge import judge
from derivlib.proof.language.errors import enough_stack
from derivlib.proof.theory import Theory
from derivlib.proof.verdict import Status
from derivlib.proof.views.to_numpy import to_numpy

__all__ = ["WriteNumPy"]


class WriteNumPy:
    """A formula to be written as a function of arrays. There is no box: the function is an object
    in the reader's kernel, handed over in a cell, `asked.judge(lambda z, y: …)`.

    Args:
        theory: what the letters mean.
        left: what is to be computed, as in `∂(L, z[i])`; the result has an axis for each of its
            free indices, in the order in which they stand here.
        answer: the same without a ∂.
        arrays: for each variable that the answer depends on, numbers to try it with.
        code: the answer in NumPy, shown as the last hint.
        question: in words.
        remark: said when the exercise is solved.

    Raises:
        ValueError: the answer is not proved to be right.

    >>> theory = Theory("x: K\\nf := Σ(k, x[k]^3)")
    >>> asked = WriteNumPy(theory, "∂(f, x[i])", "3*x[i]^2", {"x": [1, 2]}, code="3 * x**2")
    >>> asked.judge(lambda x: 3 * x**2)
    ✓ Right, entry by entry.
    >>> asked.judge(lambda x: x**2).table
    entry | right | yours | difference
    [0]   | 3     | 1     | 2
    [1]   | 12    | 4     | 8
    exact: no | approximate: no | largest difference: 8 | shape: (2,)
    """

    @enough_stack()
    def __init__(
        self,
        theory: Theory,
        left: str,
        answer: str,
        arrays: Mapping[str, ArrayLike],
        *,
        code: str,
        question: str = "",
        remark: str = "",
    ) -> None:
        asked = theory.statement(left, answer)
        if judge(theory, asked, effort=EFFORT).status is not Status.PROVED:
            raise ValueError(f"answer: what is proved to be {left} is expected, given {answer!r}")
        self.arrays = dict(arrays)
        self.right = to_numpy(theory, asked.right, asked.free)
        self.left = left
        names = ", ".join(self.arrays)
        self.question = question or f"Write it in NumPy, as a function of {names}."
        self.hints = [f"As a formula: {answer}", f"The answer: lambda {names}: {code}"]
        self.remark = remark

    def judge(self, function: Callable[..., ArrayLike]) -> Answer:
        """The function's result beside the right one, entry by entry.

        Raises:
            TypeError: it is no function.
        """
        found = compare(function, self.right, self.arrays)
        if found.approximate:
            message = f"Right, entry by entry. {self.remark}".strip()
            return Answer(message, solved=True, table=found)
        problem = found.problem or f"the largest difference is {found.told_largest}"
        message = f"Not yet: {problem}."
        told = [(lambda hint=hint: hint) for hint in self.hints]
        return Answer(message, colour="bad", table=found, hints=told)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        lines = [self.left]
        text = f"{self.question}\n    {self.left}"
        return {"text/plain": text, "text/html": folded(self.question, lines, self.hints)}
