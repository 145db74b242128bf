"""A derivation: a chain of equal lines, each proved from the one before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from derivlib.proof.judge import judge
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.errors import LanguageError, RefutedError
from derivlib.proof.language.syntax import Expr
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.slips import mutations
from derivlib.proof.suggestions import did_you_mean
from derivlib.proof.theory import Theory, logical_lines
from derivlib.proof.verdict import MARKS, Spelling, Status, Verdict
from derivlib.proof.views.latex import latex
from derivlib.proof.views.markdown import escaped, typeset

if TYPE_CHECKING:
    import numpy as np

    from derivlib.proof.bridge.witness import Witness

MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its expression, the reason given for it, and the verdict on the step to it
    (None for the first line, which starts the chain)."""

    text: str
    expression: Expr
    reason: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Mutant:
    """A line of a derivation with one slip in it, and the verdict on that."""

    line: int
    text: str
    change: str
    verdict: Verdict


@dataclass(frozen=True)
class Derivation:
    """A chain of lines, each judged against the one before.

    Attributes:
        theory: what the letters mean.
        lines: the lines as written, with their verdicts.
        free: the free indices of the lines and the size that each runs over.
    """

    theory: Theory
    lines: tuple[Line, ...]
    free: Mapping[str, str]

    @property
    def status(self) -> Status:
        """PROVED if every step is; else UNKNOWN (a refuted step never gets this far)."""
        proved = all(v.status is Status.PROVED for v in self.verdicts)
        return Status.PROVED if proved else Status.UNKNOWN

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(line.verdict for line in self.lines if line.verdict is not None)

    @property
    def conditions(self) -> tuple[str, ...]:
        """All conditions that the steps rest on."""
        return tuple(dict.fromkeys(c for v in self.verdicts for c in v.conditions))

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """The theory's hypotheses that the steps use."""
        return tuple(dict.fromkeys(h for v in self.verdicts for h in v.hypotheses))

    def latex(self) -> str:
        r"""The lines as an `aligned` environment, a reason and a mark beside each."""
        first, *rest = self.lines
        rows = []
        for n, line in enumerate(rest):
            start = latex(first.expression) + " " if n == 0 else ""
            assert line.verdict is not None
            mark = {"✓": r"\checkmark", "?": "?"}[MARKS[line.verdict.status]]
            rows.append(
                rf"{start}&= {latex(line.expression)} && \text{{{_escape(line.reason)}}} && {mark}"
            )
        body = " \\\\[4pt]\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

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

    def witness(self, *, budget: float = 20.0, **sizes: int) -> Witness:
        """The second witness: SymPy's own opinion on each step, at explicit sizes.

        SymPy differentiates the lines as written, puts in what the hypotheses say, and simplifies
        the difference of two neighbours, for every pattern of equal and unequal free indices.

        Args:
            budget: seconds for all steps together. Where there is no alarm (on Windows, and in
                threads other than the first) an operation under way is finished first.
            sizes: as in `K=3`; distinct small ones, from 2 up, for those not given.

        Returns:
            A Witness, which shows both marks beside each line. A step gets "agrees" if SymPy comes
            to 0, "disagrees" (with the values) if the lines differ at a point, "agrees numerically"
            if they are equal to 60 digits at some points and SymPy comes no further, or
            "undecided".

        Raises:
            ValueError: a name is not a size, or a size is too small.

        >>> from derivlib.proof import Theory
        >>> theory = Theory("x: real\\ns := sigmoid(x)")
        >>> theory.derive("∂(s, x)\\n = s*(1 - s)").witness()
        ∂(s, x)
        prover ✓ sympy ✓  = s*(1 - s)
        SymPy agrees with every step
        """
        from derivlib.proof.bridge.witness import witness

        return witness(self, sizes, budget=budget)

    def numpy(self, line: int = -1) -> Callable[..., np.ndarray]:
        """One line, the last by default, as a function of arrays given by keyword.

        The result has one axis for each free index, in the order of `.free`. The formula is
        evaluated as written, in any dtype, complex too.
        """
        from derivlib.proof.views.to_numpy import to_numpy

        return to_numpy(self.theory, self.lines[line].expression, self.free)

    def mutants(self, *, budget: float = 10.0) -> Iterator[Mutant]:
        """Every line with a single slip in it, judged against the line before.

        Args:
            budget: seconds for each verdict.

        Yields:
            Mutants, line by line: the changed text, the change, and the verdict. One that is
            PROVED is a slip that makes no difference.
        """
        for n, (before, line) in enumerate(pairwise(self.lines), start=1):
            seen = {plain(line.expression)}
            for mutation in mutations(self.theory, line.expression, self.free):
                text = plain(mutation.expression)
                if text not in seen:
                    seen.add(text)
                    step = Statement(
                        before.expression, mutation.expression, self.free, before.text, text
                    )
                    verdict = judge(self.theory, step, budget=budget)
                    yield Mutant(n, text, mutation.change, verdict)

    def __str__(self) -> str:
        first, *rest = self.lines
        width = max((len(line.text) for line in rest), default=0)
        rows = [first.text]
        for line in rest:
            assert line.verdict is not None
            reason = f"  -- {line.reason}" if line.reason else ""
            mark = MARKS[line.verdict.status]
            rows.append(f"{mark} = {line.text:<{width}}{reason}".rstrip())
        return "\n".join([*rows, self.summary()])

    def __repr__(self) -> str:
        return str(self)

    def summary(self) -> str:
        """One sentence: what was shown, for which sizes, resting on what."""
        return f"{self.status}{self._grounds()}"

    def _grounds(self, formula: Spelling = str, words: Spelling = str) -> str:
        for line in self.lines[1:]:
            assert line.verdict is not None
            if line.verdict.status is Status.UNKNOWN:
                return f" at `= {line.text}`" + words(f": {line.verdict.reason}")
        sizes = ", ".join(f"{name} ≥ {bound}" for name, bound in self.theory.sizes.items())
        text = words(f" for all {sizes or 'real values'}")
        if self.conditions:
            text += f", where {', '.join(map(formula, self.conditions))}"
        if self.hypotheses:
            text += f", using {', '.join(map(formula, self.hypotheses))}"
        return text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        grounds = self._grounds(typeset, escaped)
        markdown = f"$$\n{self.latex()}\n$$\n\n**{self.status}**{grounds}"
        return {"text/plain": str(self), "text/markdown": markdown}


def derive(theory: Theory, text: str, *, budget: float) -> Derivation:
    """Read and judge a chain of lines; see Theory.derive."""
    if not isinstance(text, str):
        raise TypeError(f"a derivation is text, not {type(text).__name__}")
    rows = _rows(text)
    resolved = resolve([(parse(row), row) for row, _ in rows], theory)
    lines: list[Line] = []
    for (row, reason), expression in zip(rows, resolved.expressions, strict=True):
        verdict = None
        if lines:
            before = lines[-1]
            step = Statement(before.expression, expression, resolved.free, before.text, row)
            verdict = judge(theory, step, budget=budget)
            if verdict.status is Status.REFUTED:
                message = _refutation(len(lines), before.text, row, verdict)
                hint = did_you_mean(
                    theory, before.expression, expression, resolved.free, budget=budget / 2
                )
                if hint is not None:
                    message += f"\ndid you mean: {hint[1]}\n  = {hint[0]}"
                raise RefutedError(message)
        lines.append(Line(row, expression, reason, verdict))
    return Derivation(theory, tuple(lines), resolved.free)


def _rows(text: str) -> list[tuple[str, str]]:
    """Expression and reason of each line; a row that starts with no `=` goes on with the last."""
    rows: list[tuple[str, str]] = []
    for line, _ in logical_lines(text):
        code, *rest = re.split(r"\s+--(?:\s+|$)", line, maxsplit=1)
        reason = rest[0] if rest else ""
        starts = code.startswith("=")
        code = " ".join(code.removeprefix("=").split())
        if starts or not rows:
            rows.append((code, reason.strip()))
        else:
            before, earlier = rows[-1]
            rows[-1] = (f"{before} {code}".strip(), reason.strip() or earlier)
    if len(rows) < 2:
        raise LanguageError("a derivation has a first line and at least one line `= …` after it")
    if len(rows) > MAX_LINES:
        raise LanguageError(f"a derivation of {len(rows)} lines; {MAX_LINES} at most")
    return rows


def _refutation(number: int, before: str, row: str, verdict: Verdict) -> str:
    found = verdict.counterexample
    assert found is not None
    return (
        f"line {number} is false:\n"
        f"    {before}\n"
        f"  ≠ {row}\n"
        f"at {found.point()}:\n"
        f"    the line before is {found.left}\n"
        f"    this line is       {found.right}"
    )


def _escape(reason: str) -> str:
    r"""Plain words for \text{}; a part between $ signs stays LaTeX."""
    parts = reason.split("$")
    parts[::2] = [re.sub(r"([&%#_{}])", r"\\\1", p.replace("\\", "")) for p in parts[::2]]
    return "$".join(parts).replace("^", r"\^{}") if len(parts) == 1 else "$".join(parts)
