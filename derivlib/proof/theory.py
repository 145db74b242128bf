"""What the letters mean: declarations, definitions, hypotheses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .errors import LanguageError
from .expressions import Binder, Entry, Expr, Index, Number, Sum
from .indices import resolve
from .parser import check_name, parse

if TYPE_CHECKING:
    import numpy as np

    from .derivation import Derivation
    from .verdict import Verdict

MAX_THEORY = 20_000


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared array of real entries; `axes` are the names of its sizes, () for a scalar."""

    name: str
    axes: tuple[str, ...]
    positive: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """`name[parameters] := body`."""

    name: str
    parameters: tuple[str, ...]
    axes: tuple[str, ...]
    body: Expr
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`left = right` for all values of the free indices, whose ranges `free` gives."""

    left: Expr
    right: Expr
    free: Mapping[str, str]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Statement:
    """`left = right` for all values of the free indices, whose ranges `free` gives."""

    left: Expr
    right: Expr
    free: Mapping[str, str]
    left_text: str
    right_text: str

    def __str__(self) -> str:
        return f"{self.left_text} = {self.right_text}"


class Theory:
    """What the letters of a derivation mean.

    One declaration a line; `#` starts a comment, and a line with an open bracket goes on in the
    next one:

    * `z: K` a vector, `X: m×d` (or `m x d`) a matrix, `c: real` a scalar; several names before
      the colon share the shape. After a comma: `positive`, `sum 1` (along the last axis).
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

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a theory is text, not {type(text).__name__}")
        if len(text) > MAX_THEORY:
            raise LanguageError(f"a theory of {len(text)} characters; {MAX_THEORY} at most")
        self.text = text
        self.sizes: dict[str, int] = {}
        """Each size with its lower bound."""
        self.variables: dict[str, Variable] = {}
        self.definitions: dict[str, Definition] = {}
        self.hypotheses: list[Hypothesis] = []
        for line, comment in logical_lines(text):
            self._declare(line, comment)

    # --- asking ---------------------------------------------------------------------------------

    def prove(self, left: str, right: str, *, budget: float = 10.0) -> Verdict:
        """Is `left` equal to `right`, for every size and all real entries?

        Args:
            left, right: expressions of the language; free indices are shared, and universal.
            budget: seconds after which the answer is UNKNOWN.

        Returns:
            A Verdict: PROVED (with `.conditions` and `.hypotheses`), REFUTED (with
            `.counterexample`) or UNKNOWN (with `.reason`).

        Raises:
            LanguageError: an expression is not well-formed or uses an undeclared name.
        """
        from .judge import judge

        return judge(self, self.statement(left, right), budget=budget)

    def derive(self, text: str, *, budget: float = 10.0) -> Derivation:
        """Prove a chain of equal lines, `left = right -- reason`, each against the one before.

        Raises:
            LanguageError: a line is not well-formed.
            RefutedError: (a ValueError) a line is false; the message shows it and a
                counterexample.
        """
        from .derivation import derive

        return derive(self, text, budget=budget)

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
        from .to_numpy import to_numpy

        resolved = resolve([(parse(text), text)], self)
        return to_numpy(self, resolved.expressions[0], resolved.free)

    def statement(self, left: str, right: str) -> Statement:
        """The two expressions, read and with their names and ranges resolved."""
        resolved = resolve([(parse(left), left), (parse(right), right)], self)
        a, b = resolved.expressions
        return Statement(a, b, resolved.free, " ".join(left.split()), " ".join(right.split()))

    def axes(self, name: str) -> tuple[str, ...] | None:
        """The sizes of the axes of a declared or defined name; None if there is no such name."""
        found = self.variables.get(name) or self.definitions.get(name)
        return found.axes if found else None

    def dependencies(self, name: str) -> set[str]:
        """The declared variables and defined names that a name is made of, itself included."""
        from .expressions import walk

        found = {name}
        if name in self.definitions:
            for node in walk(self.definitions[name].body):
                if isinstance(node, Entry):
                    found |= self.dependencies(node.name)
        return found

    def __repr__(self) -> str:
        return inspect.cleandoc(self.text)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from .latex import latex_theory

        return {"text/plain": repr(self), "text/markdown": latex_theory(self)}

    # --- reading --------------------------------------------------------------------------------

    def _declare(self, line: str, comment: str) -> None:
        if ":=" in line:
            self._define(line, comment)
        elif re.match(r"assume\b", line):
            self._assume(line)
        elif match := re.fullmatch(r"(\w+)\s*(?:>=|≥)\s*(\d{1,6})", line):
            name, bound = match[1], int(match[2])
            if name not in self.sizes:
                raise LanguageError(f"{name!r} is not a size: no array has an axis {name}", line, 0)
            self.sizes[name] = max(self.sizes[name], bound)
        elif ":" in line:
            self._declare_variables(line, comment)
        else:
            raise LanguageError(
                "a declaration is one of `z: K`, `p[j] := …`, `K >= 2`, `assume … = …`", line, 0
            )

    def _declare_variables(self, line: str, comment: str) -> None:
        names, _, rest = line.partition(":")
        shape, *properties = (part.strip() for part in rest.split(","))
        axes = self._axes(shape, line)
        for spelled in (part.strip() for part in names.split(",")):
            column = line.find(spelled) if spelled else 0
            name = self._check_new(spelled, line, column)
            if name in axes:
                raise LanguageError(f"{name!r} cannot be both a size and a variable", line, column)
            variable = Variable(name, axes, comment=comment)
            for prop in properties:
                if prop == "positive":
                    variable = replace(variable, positive=True)
                elif re.fullmatch(r"sum\s+1", prop):
                    if not axes:
                        raise LanguageError(
                            f"{name!r} is a scalar: it has no axis to sum to 1", line, column
                        )
                    self.hypotheses.append(_sums_to_one(name, axes))
                else:
                    raise LanguageError(
                        f"{prop!r} is not a property: `positive` or `sum 1`", line, line.find(prop)
                    )
            self.variables[name] = variable
        for axis in axes:
            self.sizes.setdefault(axis, 1)

    def _axes(self, shape: str, line: str) -> tuple[str, ...]:
        if shape == "real":
            return ()
        axes = []
        for spelled in re.split(r"\s*×\s*|\s+x\s+", shape):
            column = line.find(spelled, line.index(":")) if spelled else line.index(":") + 1
            if spelled == "real" or not spelled:
                raise LanguageError("a shape is `real`, a size `K`, or sizes `m×d`", line, column)
            axes.append(check_name(spelled, line, column))
            if axes[-1] in self.variables or axes[-1] in self.definitions:
                raise LanguageError(f"{spelled!r} is declared already, not as a size", line, column)
        return tuple(axes)

    def _define(self, line: str, comment: str) -> None:
        head, _, text = line.partition(":=")
        target = parse(head)
        if not isinstance(target, Entry) or any(
            index.name is None or index.offset for index in target.indices
        ):
            raise LanguageError("a definition starts with a name such as L or p[j]", line, 0)
        self._check_new(target.name, line, 0)
        parameters = tuple(index.name or "" for index in target.indices)
        if len(set(parameters)) < len(parameters):
            raise LanguageError("a definition's head repeats an index", line, target.at)
        # Blanks keep the columns of `text` equal to those of `line`.
        body = " " * (len(line) - len(text)) + text
        resolved = resolve([(parse(body), line)], self, parameters)
        for index in target.indices:
            if index.name not in resolved.free:
                raise LanguageError(
                    f"the range of index {index.name!r} is unknown: the right side does not use it",
                    line,
                    index.at,
                )
        axes = tuple(resolved.free[index] for index in parameters)
        self.definitions[target.name] = Definition(
            target.name, parameters, axes, resolved.expressions[0], comment
        )

    def _assume(self, line: str) -> None:
        text = line.removeprefix("assume").strip()
        sides = re.split(r"(?<![!<>:=])=(?!=)", text)
        if len(sides) != 2:
            raise LanguageError("a hypothesis is written `assume LEFT = RIGHT`", line, 0)
        s = self.statement(*sides)
        self.hypotheses.append(Hypothesis(s.left, s.right, s.free, str(s)))

    def _check_new(self, spelled: str, line: str, column: int) -> str:
        name = check_name(spelled, line, column)
        if name in self.variables or name in self.definitions:
            raise LanguageError(f"{name!r} is declared twice", line, column)
        if name in self.sizes:
            raise LanguageError(f"{name!r} is a size already", line, column)
        return name


def logical_lines(text: str) -> Iterator[tuple[str, str]]:
    """The lines without comments, each with its comment; open brackets join a line to the next."""
    joined, comment = "", ""
    for raw in text.splitlines():
        code, _, remark = raw.partition("#")
        joined = f"{joined} {code.strip()}".strip()
        comment = comment or remark.strip()
        if joined and sum(map(joined.count, "([{")) <= sum(map(joined.count, ")]}")):
            yield joined, comment
            joined, comment = "", ""
        elif not joined:
            comment = ""
    if joined:
        yield joined, comment


def _sums_to_one(name: str, axes: tuple[str, ...]) -> Hypothesis:
    """The last axis of `name` sums to 1."""
    *rest, last = list("hijk")[-len(axes) :]
    free = dict(zip(rest, axes, strict=False))
    indices = tuple(map(Index, [*rest, last]))
    left = Sum((Binder(last, (), axes[-1]),), Entry(name, indices))
    spelled = ",".join([*rest, last])
    return Hypothesis(left, Number(Fraction(1)), free, f"Σ({last}, {name}[{spelled}]) = 1")
