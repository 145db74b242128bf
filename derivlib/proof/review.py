"""A derivation read as a referee does: each line is judged, and a false one does not end it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise

from derivlib.proof.chain import Line
from derivlib.proof.judge import judge
from derivlib.proof.language.effort import OutOfEffort, limit, positive, steps_of
from derivlib.proof.language.errors import DisagreementError, LanguageError, enough_stack
from derivlib.proof.language.lines import checked, without_reason
from derivlib.proof.language.names import Resolved, resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.syntax import Expr
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.slips import did_you_mean
from derivlib.proof.theory import Theory
from derivlib.proof.verdict import Status, Verdict
from derivlib.proof.views.latex import latex

MAX_DERIVATION = 10_000  # characters
MAX_LINES = 50
LEAST = 2_000
"""Steps that are left, below which nothing is begun."""
OPENING = 5_000
"""Steps that a line takes before its first is counted."""

MANY = 6
"""Lines above which they are counted, not named."""

_EQUALS = re.compile(r"\s*(?<![!<>=:])=(?!=)\s*")
"""Between two lines, also where these stand in a row."""

FIRST, UNREADABLE, NOT_JUDGED = "FIRST", "UNREADABLE", "NOT JUDGED"


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A line, and what is to be said of it.

    Attributes:
        text: as written.
        reason: what the author gave.
        status: "PROVED", "REFUTED" or "UNKNOWN": does it follow from the last line above that can
            be read? "FIRST" for the first, "UNREADABLE" if it is not well-formed, "NOT JUDGED" if
            the effort ran out before.
        latex: as it was understood.
        grounds: conditions and hypotheses of a PROVED, the reason of an UNKNOWN.
        counterexample: of a REFUTED.
        suggestion: a single change that makes a refuted line true, if one was found.
        error: what cannot be read, and where.
    """

    text: str
    reason: str
    status: str
    latex: str = ""
    grounds: str = ""
    counterexample: Counterexample | None = None
    suggestion: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What a referee says of a derivation.

    Attributes:
        theory: what the letters mean, if that could be read.
        lines: the lines, from the first.
        error: what is wrong with the theory or with the text as a whole, or "".
        where: "theory" or "derivation", if there is an error.
    """

    theory: Theory | None = None
    lines: tuple[ReviewedLine, ...] = ()
    error: str = ""
    where: str = ""

    def summary(self) -> str:
        """How many lines follow, and the first that does not."""
        if self.error:
            return f"The {self.where} cannot be read: {self.error.splitlines()[0]}."
        steps = self.lines[1:]
        proved = sum(line.status == Status.PROVED for line in steps)
        said = f"{proved} of {len(steps)} steps {'is' if proved == 1 else 'are'} proved."
        words = {
            Status.REFUTED: "false",
            Status.UNKNOWN: "not decided",
            UNREADABLE: "not well-formed",
            NOT_JUDGED: "not judged, as the effort ran out",
        }
        for status, word in words.items():
            found = [n for n, line in enumerate(self.lines) if line.status == status]
            if len(found) == 1:
                said += f" Line {found[0]} is {word}."
            elif len(found) > MANY:
                said += f" {len(found)} lines are {word}, the first of them line {found[0]}."
            elif found:
                said += f" Lines {', '.join(map(str, found))} are {word}."
        return said

    def __str__(self) -> str:
        return "\n".join([*_told(self.lines), self.summary()])

    __repr__ = __str__


MARKS = {
    Status.PROVED: "✓",
    Status.REFUTED: "✗",
    Status.UNKNOWN: "?",
    UNREADABLE: "!",
    NOT_JUDGED: "·",
    FIRST: " ",
}


def _told(lines: Sequence[ReviewedLine]) -> Iterator[str]:
    for n, line in enumerate(lines):
        yield f"{MARKS[line.status]} {'= ' if n else ''}{line.text}".rstrip()
        if line.counterexample is not None:
            yield f"    {line.counterexample}"
        if line.suggestion:
            yield f"    did you mean {line.suggestion}"
        if said := line.error or line.grounds:
            yield "\n".join(f"    {row}" for row in said.splitlines())


@enough_stack()
def review(theory: str | Theory, derivation: str, *, effort: float = 0.12) -> Review:
    """Judge every line of a derivation against the one above.

    Args:
        theory: its declarations, or the theory itself.
        derivation: the lines; see `Theory.derive`. Several may stand in a row, `a = b = c`.
        effort: for all lines together. What it does not suffice for is not judged, and said so.

    Raises:
        TypeError: a text is no string.

    >>> print(review("x: real", "(x + 1)^2\\n = x^2 + 1\\n = 1 + x*x"))
      (x + 1)^2
    ✗ = x^2 + 1
        at x = 1: 4 ≠ 2
    ✓ = 1 + x*x
    1 of 2 steps is proved. Line 1 is false.
    """
    positive(effort, "effort")
    try:
        known = theory if isinstance(theory, Theory) else Theory(theory)
    except LanguageError as error:
        return Review(error=str(error), where="theory")
    try:
        rows = _rows(derivation)
    except LanguageError as error:
        return Review(known, error=str(error), where="derivation")
    lines, expressions, resolved = _read(known, rows)
    steps = list(_steps(lines, expressions, resolved))
    with limit(steps_of(effort)) as meter:
        share = effort * 3 / 4
        for n, step in steps:
            if meter.given * 3 / 4 - meter.spent < OPENING + LEAST:
                lines[n] = replace(lines[n], status=NOT_JUDGED)
            else:
                meter.spent += OPENING
                with limit(meter.given * 3 / 4 - meter.spent):
                    lines[n] = _judged(known, lines[n], step, share)
        above: list[Line] = []
        for n, step in steps:
            if lines[n].status == Status.REFUTED and meter.given - meter.spent > LEAST:
                found = did_you_mean(known, step, above, effort=effort / 2)
                if found is not None:
                    lines[n] = replace(lines[n], suggestion=f"{found[0]} ({found[1]})")
            above.append(Line(step.left_text, step.left, "", None))
    return Review(known, tuple(lines))


def _rows(text: str) -> list[tuple[str, str]]:
    """Expression and reason of each line."""
    if len(checked(text, "a derivation")) > MAX_DERIVATION:
        raise LanguageError(f"a derivation of {len(text)} characters; {MAX_DERIVATION} at most")
    rows: list[tuple[str, str]] = []
    for raw in text.splitlines():
        code, reason = without_reason(raw.partition("#")[0].strip())
        first, *more = _EQUALS.split(code)
        if rows and first:  # it goes on with the line before
            rows[-1] = f"{rows[-1][0]} {first}", rows[-1][1]
        elif first:
            rows.append((first, ""))
        rows += [(part, "") for part in more]
        if rows and reason:
            rows[-1] = rows[-1][0], f"{rows[-1][1]} {reason}".strip()
    if len(rows) < 2:
        raise LanguageError("a derivation has a first line and at least one line `= …` after it")
    if len(rows) > MAX_LINES:
        raise LanguageError(f"a derivation of {len(rows)} lines; {MAX_LINES} at most")
    return rows


def _read(
    theory: Theory, rows: Sequence[tuple[str, str]]
) -> tuple[list[ReviewedLine], dict[int, Expr], Resolved | None]:
    """The lines as far as they can be read, and the expressions of those that can."""
    lines = [ReviewedLine(text, reason, NOT_JUDGED) for text, reason in rows]
    parsed: dict[int, tuple[Expr, str]] = {}
    for n, (text, _) in enumerate(rows):
        try:
            parsed[n] = parse(text), text
        except LanguageError as error:
            lines[n] = replace(lines[n], status=UNREADABLE, error=str(error))
    resolved: Resolved | None = None
    with suppress(LanguageError):
        resolved = resolve(parsed.values(), theory)
    if resolved is None:
        # Lines share their free indices: one that clashes with those above is at fault.
        fitting: dict[int, tuple[Expr, str]] = {}
        for n, read in parsed.items():
            try:
                resolved = resolve([*fitting.values(), read], theory)
            except LanguageError as error:
                lines[n] = replace(lines[n], status=UNREADABLE, error=str(error))
            else:
                fitting[n] = read
        parsed = fitting
    if resolved is None or not parsed:
        return lines, {}, None
    expressions = dict(zip(parsed, resolved.expressions, strict=True))
    for n, expression in expressions.items():
        lines[n] = replace(lines[n], latex=latex(expression))
    first = next(iter(expressions))
    lines[first] = replace(lines[first], status=FIRST)
    return lines, expressions, resolved


def _steps(
    lines: Sequence[ReviewedLine], expressions: dict[int, Expr], resolved: Resolved | None
) -> Iterator[tuple[int, Statement]]:
    """Each line but the first, as a statement: that it is equal to the last one above."""
    for a, n in pairwise(expressions):
        assert resolved is not None
        yield (
            n,
            Statement(expressions[a], expressions[n], resolved.free, lines[a].text, lines[n].text),
        )


def _judged(theory: Theory, line: ReviewedLine, step: Statement, effort: float) -> ReviewedLine:
    try:
        verdict = judge(theory, step, effort=effort)
    except OutOfEffort:
        return replace(line, status=NOT_JUDGED)
    except DisagreementError as error:  # a bug, said where it was met
        verdict = Verdict(Status.UNKNOWN, reason=str(error))
    found = verdict.counterexample
    grounds = "" if found else str(verdict).removeprefix(verdict.status).lstrip(" ,:")
    return replace(line, status=str(verdict.status), counterexample=found, grounds=grounds)
