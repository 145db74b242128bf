"""What the letters mean: declarations, definitions, hypotheses."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count, islice
from typing import TYPE_CHECKING, TypeAlias

from derivlib.proof.language.signature import Definition, Hypothesis, Statement, Variable
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.syntax import (
    Binder,
    Derivative,
    Entry,
    Expr,
    Index,
    Number,
    Sum,
    walk,
)
from derivlib.proof.language.names import as_product, resolve
from derivlib.proof.language.parser import check_name, parse
from derivlib.proof.language.ranges import at_most, ends
from derivlib.proof.language.ranges import spelled as spell

if TYPE_CHECKING:
    import numpy as np
    import sympy

    from derivlib.proof.derivation import Derivation
    from derivlib.proof.verdict import Verdict

    Side: TypeAlias = str | sympy.Expr

MAX_THEORY = 20_000


_AXIS = re.compile(r"(?:(-?[0-9]{1,6})\s*(?:\.\.|…)\s*)?(\w+)\s*(?:([+-])\s*([0-9]{1,6}))?")


class Theory:
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
        self._dependencies: dict[str, frozenset[str]] = {}
        self._indices: set[str] = set()  # names that earlier lines use for an index
        self._parts: dict[str, frozenset[str]] = {}  # the names in a definition's body
        self._differentiated: dict[str, frozenset[str]] = {}  # those that it differentiates by
        for line, comment in logical_lines(text):
            self._declare(line, comment)

    # --- asking ---------------------------------------------------------------------------------

    def prove(self, left: Side, right: Side, *, budget: float = 10.0) -> Verdict:
        """Is `left` equal to `right`, for every size and all real entries?

        Args:
            left, right: expressions of the language, or of SymPy (see `from_sympy`); free indices
                are shared, and universal.
            budget: seconds after which the answer is UNKNOWN.

        Returns:
            A Verdict: PROVED (with `.conditions` and `.hypotheses`), REFUTED (with
            `.counterexample`) or UNKNOWN (with `.reason`).

        Raises:
            LanguageError: an expression is not well-formed or uses an undeclared name.
        """
        from derivlib.proof.judge import judge

        return judge(self, self.statement(left, right), budget=budget)

    def derive(self, text: str, *, budget: float = 10.0) -> Derivation:
        """Prove a chain of equal lines, `left = right -- reason`, each against the one before.

        Raises:
            LanguageError: a line is not well-formed.
            RefutedError: (a ValueError) a line is false; the message shows it and a
                counterexample.
        """
        from derivlib.proof.derivation import derive

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
        from derivlib.proof.views.to_numpy import to_numpy

        resolved = resolve([(parse(text), text)], self)
        return to_numpy(self, resolved.expressions[0], resolved.free)

    def from_sympy(self, expr: sympy.Expr) -> str:
        """An expression of SymPy as text of the language; see `bridge.from_sympy`."""
        from derivlib.proof.bridge.from_sympy import from_sympy

        return from_sympy(self, expr)

    def statement(self, left: Side, right: Side) -> Statement:
        """The two expressions, read and with their names and ranges resolved."""
        known: dict[str, str] = {}
        if _is_sympy(left) or _is_sympy(right):
            from derivlib.proof.bridge.from_sympy import read_sides

            (left, right), known = read_sides(self, (left, right))
        resolved = resolve([(parse(left), left), (parse(right), right)], self, known=known)
        a, b = resolved.expressions
        return Statement(a, b, resolved.free, " ".join(left.split()), " ".join(right.split()))

    def axes(self, name: str) -> tuple[str, ...] | None:
        """The sizes of the axes of a declared or defined name; None if there is no such name."""
        found = self.variables.get(name) or self.definitions.get(name)
        return found.axes if found else None

    def dependencies(self, name: str) -> frozenset[str]:
        """The declared variables and defined names that a name is made of, itself included."""
        return self._dependencies.get(name, frozenset({name}))

    def differentiated(self, name: str, opaque: Iterable[str] = ()) -> frozenset[str]:
        """The names that a definition, or one that it uses and is not opaque, differentiates by."""
        found: frozenset[str] = frozenset()
        seen, waiting = set(opaque), [name]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                found |= self._differentiated.get(name, frozenset())
                waiting += self._parts.get(name, ())
        return found

    def __repr__(self) -> str:
        return inspect.cleandoc(self.text)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from derivlib.proof.views.latex import latex_theory

        return {"text/plain": repr(self), "text/markdown": latex_theory(self)}

    # --- reading --------------------------------------------------------------------------------

    def _declare(self, line: str, comment: str) -> None:
        if ":=" in line:
            self._define(line, comment)
        elif re.match(r"assume\b", line):
            self._assume(line)
        elif match := re.fullmatch(r"(\w+)\s*(?:>=|≥)\s*([0-9]{1,6})", line):
            name, bound = match[1], int(match[2])
            if name not in self.sizes:
                raise LanguageError(f"{name!r} is not a size: no array has an axis {name}", line, 0)
            self.sizes[name] = max(self.sizes[name], bound)
        elif match := re.fullmatch(r"(\w+)\s*>\s*([0-9]{1,6})", line):
            least = f"{match[1]} >= {int(match[2]) + 1}"
            raise LanguageError(f"a lower bound is written with >=: `{least}`", line, 0)
        elif ":" in line:
            self._declare_variables(line, comment)
        else:
            raise LanguageError(
                "a declaration is one of `z: K`, `p[j] := …`, `K >= 2`, `assume … = …`",
                line,
                0,
            )

    def _declare_variables(self, line: str, comment: str) -> None:
        names, _, rest = line.partition(":")
        (shape, at), *properties = _placed(rest.split(","), line, len(names) + 1)
        axes = self._axes(shape, line, at)
        for spelled, column in _placed(names.split(","), line):
            name = self._check_new(spelled, line, column)
            if any(name == symbol_of(axis) for axis in axes):
                raise LanguageError(f"{name!r} cannot be both a size and a variable", line, column)
            variable = Variable(name, axes, comment=comment)
            for prop, at in properties:
                if prop == "positive":
                    variable = replace(variable, positive=True)
                elif re.fullmatch(r"sum\s+1", prop):
                    if not axes:
                        problem = f"{name!r} is a scalar: it has no axis to sum to 1"
                        raise LanguageError(problem, line, column)
                    if not at_most(*ends(axes[-1]), self.sizes):
                        problem = f"{name!r} cannot sum to 1 over {axes[-1]}, which may be empty"
                        raise LanguageError(problem, line, column)
                    own = map(str.strip, names.split(","))
                    taken = {*self.sizes, *self.variables, *self.definitions, *own}
                    self._note(_sums_to_one(name, axes, taken))
                else:
                    raise LanguageError(
                        f"{prop!r} is not a property: there are `positive` and `sum 1` only",
                        line,
                        at,
                    )
            self.variables[name] = variable
        for axis in axes:
            self.sizes.setdefault(symbol_of(axis), 1)

    def _axes(self, shape: str, line: str, at: int) -> tuple[str, ...]:
        if shape == "real":
            return ()
        spelled = re.split(r"×|\s+x\s+", shape)
        return tuple(self._axis(axis, line, column) for axis, column in _placed(spelled, line, at))

    def _axis(self, spelled: str, line: str, column: int) -> str:
        """One axis: a size `K`, or an interval such as `0..T` or `1..T+1`."""
        match = _AXIS.fullmatch(spelled)
        if match is None or match[2] == "real" or match[2].isdigit() or (match[3] and not match[1]):
            raise LanguageError(
                "a shape is `real`, a size `K`, an interval `0..T`, or several: `m×d`", line, column
            )
        size = check_name(match[2], line, column)
        if size in self.variables or size in self.definitions:
            raise LanguageError(f"{size!r} is declared already, not as a size", line, column)
        if size in self._indices:
            raise LanguageError(f"{size!r} is an index already, not a size", line, column)
        product = as_product(size)
        if product and {*product.split(" x ")} <= self.sizes.keys():
            raise LanguageError(f"{size!r} is one word: did you mean `{product}`?", line, column)
        first = int(match[1] or 1)
        offset = int(match[4] or 0) * (-1 if match[3] == "-" else 1)
        least = first - 1 - offset
        if least > self.sizes.get(size, 1):
            raise LanguageError(
                f"the axis {spelled} has an end before its start unless {size} >= {least}: "
                "say that on a line above",
                line,
                column,
            )
        return spell(("", first), (size, offset))

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
                problem = (
                    f"{index.name!r} is a size and cannot be an index"
                    if index.name in self.sizes
                    else f"the range of index {index.name!r} is unknown: the right side does not "
                    "use it"
                )
                raise LanguageError(problem, line, index.at)
        axes = tuple(resolved.free[index] for index in parameters)
        self._indices |= _index_names(resolved.expressions[0], resolved.free)
        nodes = list(walk(resolved.expressions[0]))
        parts = frozenset(node.name for node in nodes if isinstance(node, Entry))
        by = frozenset(v.name for n in nodes if isinstance(n, Derivative) for v in n.variables)
        own = frozenset({target.name})
        self._dependencies[target.name] = own.union(*map(self.dependencies, parts))
        self._parts[target.name], self._differentiated[target.name] = parts, by
        self.definitions[target.name] = Definition(
            target.name, parameters, axes, resolved.expressions[0], comment
        )

    def _assume(self, line: str) -> None:
        text = line.removeprefix("assume").strip()
        sides = re.split(r"(?<![!<>:=])=(?!=)", text)
        if len(sides) != 2:
            raise LanguageError("a hypothesis is written `assume LEFT = RIGHT`", line, 0)
        s = self.statement(*sides)
        self._note(Hypothesis(s.left, s.right, s.free, str(s)))

    def _note(self, hypothesis: Hypothesis) -> None:
        self.hypotheses.append(hypothesis)
        for side in (hypothesis.left, hypothesis.right):
            self._indices |= _index_names(side, hypothesis.free)

    def _check_new(self, spelled: str, line: str, column: int) -> str:
        name = check_name(spelled, line, column)
        if name in self.variables or name in self.definitions:
            raise LanguageError(f"{name!r} is declared twice", line, column)
        if name in self.sizes:
            raise LanguageError(f"{name!r} is a size already", line, column)
        return name


def _is_sympy(side: object) -> bool:
    """Whether it is SymPy's, which is not imported to find out."""
    sympy = sys.modules.get("sympy")
    return sympy is not None and isinstance(side, sympy.Basic)


def symbol_of(axis: str) -> str:
    """The size that an axis is made of."""
    return ends(axis)[1][0]


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


def _placed(parts: Iterable[str], line: str, start: int = 0) -> Iterator[tuple[str, int]]:
    """Parts of a line, in their order from `start` on, without blanks and with their columns."""
    for part in map(str.strip, parts):
        start = line.index(part, start)
        yield part, start
        start += len(part)


def _index_names(expr: Expr, free: Iterable[str]) -> set[str]:
    """The names of all indices of an expression."""
    sums = [node for node in walk(expr) if isinstance(node, Sum)]
    return {binder.index for node in sums for binder in node.binders}.union(free)


def _sums_to_one(name: str, axes: tuple[str, ...], taken: Iterable[str]) -> Hypothesis:
    """The last axis of `name` sums to 1; an axis of time has the index t if that is free."""
    taken = {name, *taken, *map(symbol_of, axes)}
    letters = [letter for letter in "hijk" if letter not in taken]
    numbered = (f"i{n}" for n in count(1) if f"i{n}" not in taken)
    some = letters[-len(axes) :] if len(axes) <= len(letters) else [*islice(numbered, len(axes))]
    times = [n for n, axis in enumerate(axes) if ".." in axis or axis == "T"]
    if len(times) == 1 and "t" not in taken:
        some[times[0]] = "t"
    *rest, last = some
    free = dict(zip(rest, axes, strict=False))
    indices = tuple(map(Index, [*rest, last]))
    left = Sum((Binder(last, range=axes[-1]),), Entry(name, indices))
    spelled = ",".join([*rest, last])
    return Hypothesis(left, Number(Fraction(1)), free, f"Σ({last}, {name}[{spelled}]) = 1")
