"""The front door: what one can ask of a theory and of a derivation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from derivlib.proof.chain import Chain, Line
from derivlib.proof.judge import judge
from derivlib.proof.language.effort import timeout as alarm
from derivlib.proof.language.errors import RefutedError, enough_stack
from derivlib.proof.language.lines import read_lines
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.reader import read_theory, statement
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.slips import Mutant, did_you_mean, mutants, refuted
from derivlib.proof.verdict import Status, Verdict
from derivlib.proof.views.latex_names import check_told_apart

if TYPE_CHECKING:
    import numpy as np
    import sympy

    from derivlib.proof.bridge.witness import Witness

    Side: TypeAlias = str | sympy.Expr


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Theory(Signature):
    """What the letters of a derivation mean.

    One declaration a line; `#` starts a comment, and a line with an open bracket goes on in the
    next one:

    * `z: K` a vector, `X: m×d` (or `m x d`) a matrix, `h: 0..T × H` an array whose first axis
      runs from 0 to T, `c: real` a scalar; several names before the colon share the shape. After
      a comma: `positive`, `sum 1` (along the last axis).
    * `K >= 2` raises a size's lower bound, which is 1 otherwise.
    * `p[j] := …` and `L := …` define.
    * `assume LEFT = RIGHT` adds a hypothesis.

    Args:
        text: the declarations.

    Raises:
        LanguageError: (a ValueError) the text is not well-formed, or a name is not declared; the
            message names the symbol or index and points at its place in the line.

    >>> theory = Theory('''
    ...     z: K
    ...     p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    ... ''')
    >>> print(theory.prove("∂(p[j], z[i])", "p[j]*(δ(i,j) - p[i])"))
    PROVED
    """

    @enough_stack()
    def __init__(self, text: str) -> None:
        read = read_theory(text)
        super().__init__(text, read.sizes, read.variables, read.definitions, read.hypotheses)
        check_told_apart(self)

    @enough_stack()
    def prove(
        self, left: Side, right: Side, *, effort: float = 1, timeout: float | None = None
    ) -> Verdict:
        """Is `left` equal to `right`, for every size and all real entries?

        Args:
            left, right: expressions of the language, or of SymPy (see `from_sympy`); free indices
                are shared, and universal.
            effort: how much work may be done before the answer is UNKNOWN. It is counted in steps,
                not in seconds: the answer is the same on every machine. 1 takes some ten seconds at
                most, 2 twice as long.
            timeout: seconds after which to give up, without an answer.

        Returns:
            A Verdict: PROVED (with `.conditions` and `.hypotheses`), REFUTED (with
            `.counterexample`) or UNKNOWN (with `.reason`).

        Raises:
            LanguageError: an expression is not well-formed or uses an undeclared name.
            TimeoutError: the seconds of `timeout` are over.
        """
        with alarm(timeout):
            return judge(self, self.statement(left, right), effort=effort)

    @enough_stack()
    def derive(self, text: str, *, effort: float = 1, timeout: float | None = None) -> Derivation:
        """Prove a chain of equal lines, `left = right -- reason`, each against the one before.

        Args:
            text: the lines; each but the first starts with `=`, and a line that does not goes on
                with the one before.
            effort: for each step; see `prove`.
            timeout: seconds for all steps together.

        Raises:
            LanguageError: a line is not well-formed.
            RefutedError: (a ValueError) a line is false; the message shows it and a
                counterexample.
            TimeoutError: the seconds of `timeout` are over.
        """
        with alarm(timeout):
            return self._derive(text, effort)

    def _derive(self, text: str, effort: float) -> Derivation:
        rows = read_lines(text)
        resolved = resolve([(parse(row), row) for row, _ in rows], self)
        lines: list[Line] = []
        for (row, reason), expression in zip(rows, resolved.expressions, strict=True):
            verdict = None
            if lines:
                before = lines[-1]
                step = Statement(before.expression, expression, resolved.free, before.text, row)
                verdict = judge(self, step, effort=effort)
                if verdict.status is Status.REFUTED:
                    message = _refutation(len(lines), step, verdict)
                    hint = did_you_mean(self, step, lines[:-1], effort=effort / 2)
                    if hint is not None:
                        message += f"\ndid you mean: {hint[1]}\n  = {hint[0]}"
                    raise RefutedError(message)
            lines.append(Line(row, expression, reason, verdict))
        return Derivation(self, tuple(lines), resolved.free)

    @enough_stack()
    def numpy(self, text: str) -> Callable[..., np.ndarray]:
        """An expression as a function of arrays given by keyword, evaluated as written.

        The result has one axis for each free index, in order of first appearance.

        Raises:
            LanguageError: the expression is not well-formed.
            ValueError: it contains a ∂.

        >>> theory = Theory("z: K\\nS := Σ(k, exp(z[k]))")
        >>> float(theory.numpy("S")(z=[0.0, 0.0]))
        2.0
        """
        from derivlib.proof.views.to_numpy import to_numpy

        resolved = resolve([(parse(text), text)], self)
        return to_numpy(self, resolved.expressions[0], resolved.free)

    @enough_stack()
    def from_sympy(self, expr: sympy.Expr) -> str:
        """An expression of SymPy as text of the language; see `bridge.from_sympy`."""
        from derivlib.proof.bridge.from_sympy import from_sympy

        return from_sympy(self, expr)

    @enough_stack()
    def statement(self, left: Side, right: Side) -> Statement:
        """The two expressions, read and with their names and ranges resolved."""
        if _is_sympy(left) or _is_sympy(right):
            from derivlib.proof.bridge.from_sympy import read_sides

            sides, known = read_sides(self, (left, right))
            return statement(sides, self, known)
        return statement([(parse(side), side) for side in (left, right)], self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from derivlib.proof.views.latex import latex_theory

        return {"text/plain": repr(self), "text/markdown": latex_theory(self)}


@dataclass(frozen=True, repr=False)
class Derivation(Chain):
    """A chain of lines, each judged against the one before.

    Attributes:
        theory: what the letters mean.
        lines: the lines as written, with their verdicts.
        free: the free indices of the lines and the range of each.
    """

    theory: Theory

    def sympy(self, **at: int) -> tuple[Any, ...]:
        """The lines as SymPy expressions at explicit sizes, nothing carried out or simplified.

        Args:
            at: every size, as in `K=3`, and, if wanted, places of free indices, as in `i=1`.

        Returns:
            One SymPy expression a line, or one array over the free indices that were not given.
            Derivatives are left for `.doit()`.

        Raises:
            ValueError: a size is missing, or a name is neither a size nor a free index.
        """
        from derivlib.proof.bridge.to_sympy import to_sympy

        unknown = at.keys() - self.theory.sizes.keys() - self.free.keys()
        if unknown:
            raise ValueError(
                f"{', '.join(sorted(unknown))}: neither a size nor a free index of this derivation"
            )
        sizes = {name: at[name] for name in self.theory.sizes if name in at}
        indices = {name: at[name] for name in self.free if name in at}
        return tuple(
            to_sympy(self.theory, line.expression, sizes, indices, free=self.free)
            for line in self.lines
        )

    def witness(self, *, effort: float = 1, timeout: float | None = None, **sizes: int) -> Witness:
        """The second witness: SymPy's own opinion on each step, at explicit sizes.

        SymPy differentiates the lines as written, puts in what the hypotheses say, and simplifies
        the difference of two neighbours, for every pattern of equal and unequal free indices.

        Args:
            effort: for all steps together; see `Theory.prove`.
            timeout: seconds for all steps together.
            sizes: as in `K=3`; distinct small ones, from 2 up, for those not given.

        Returns:
            A Witness, which shows both marks beside each line. A step gets "agrees" if SymPy comes
            to 0, "disagrees" (with the values) if the lines differ at a point, "agrees numerically"
            if they are equal to 60 digits at some points and SymPy comes no further, or
            "undecided".

        Raises:
            ValueError: a name is not a size, or a size is too small.
            TimeoutError: the seconds of `timeout` are over.

        >>> from derivlib.proof import Theory
        >>> theory = Theory("x: real\\ns := sigmoid(x)")
        >>> theory.derive("∂(s, x)\\n = s*(1 - s)").witness()
        ∂(s, x)
        prover ✓ sympy ✓  = s*(1 - s)
        SymPy agrees with every step
        """
        from derivlib.proof.bridge.witness import witness

        with alarm(timeout):
            return witness(self, sizes, effort=effort)

    def numpy(self, line: int = -1) -> Callable[..., np.ndarray]:
        """One line, the last by default, as a function of arrays given by keyword.

        The result has one axis for each free index, in the order of `.free`. The formula is
        evaluated as written, in any dtype, complex too.
        """
        from derivlib.proof.views.to_numpy import to_numpy

        return to_numpy(self.theory, self.lines[line].expression, self.free)

    def mutants(self, *, effort: float = 1, timeout: float | None = None) -> Iterator[Mutant]:
        """Every line with a single slip in it, judged against the line before.

        Args:
            effort: for each verdict; see `Theory.prove`.
            timeout: seconds for each verdict.

        Yields:
            Mutants, line by line: the changed text, the change, and the verdict. One that is
            PROVED is a slip that makes no difference.
        """
        return mutants(self, effort=effort, timeout=timeout)

    @enough_stack()
    def slips(self, line: int, *, most: int = 3, effort: float = 0.25) -> list[Mutant]:
        """The first few slips of a line that are refuted, each of another kind.

        Args:
            line: from 1, the line after the first.
            most: how many slips.
            effort: for all of them together; see `Theory.prove`. There may be fewer, or none.

        Raises:
            ValueError: there is no such line.

        >>> from derivlib.proof import Theory
        >>> square = Theory("x: real").derive("∂(x^2, x)\\n = 2*x")
        >>> [(slip.text, slip.change) for slip in square.slips(1, most=2)]
        [('2', 'a factor dropped'), ('1*x', 'a number off by one')]
        """
        if not 1 <= line < len(self.lines):
            raise ValueError(f"line: 1 to {len(self.lines) - 1} is expected, given {line!r}")
        return refuted(self, line, most=most, effort=effort)


def _is_sympy(side: object) -> bool:
    """Whether it is SymPy's, which is not imported to find out."""
    sympy = sys.modules.get("sympy")
    return sympy is not None and isinstance(side, sympy.Basic)


def _refutation(number: int, step: Statement, verdict: Verdict) -> str:
    found = verdict.counterexample
    assert found is not None
    runs = f" for {', '.join(map(str, verdict.ranges))}" if verdict.ranges else ""
    return (
        f"line {number} is false{runs}:\n"
        f"    {step.left_text}\n"
        f"  ≠ {step.right_text}\n"
        f"at {found.point()}:\n"
        f"    the line before is {found.left}\n"
        f"    this line is       {found.right}"
    )
