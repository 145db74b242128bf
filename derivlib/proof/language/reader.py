"""Reading: a theory, and statements about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import count, islice

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.lines import checked, formula, logical_lines
from derivlib.proof.language.names import as_product, resolve
from derivlib.proof.language.parser import check_name, parse
from derivlib.proof.language.ranges import End, Range, at_most, size_of, symbol_of
from derivlib.proof.language.signature import (
    Definition,
    Hypothesis,
    Signature,
    Statement,
    Variable,
)
from derivlib.proof.language.syntax import (
    Binder,
    Entry,
    Expr,
    Index,
    Number,
    Sum,
    free_indices,
    walk,
)

MAX_THEORY = 20_000

_NO_SIZE = {
    word: advice
    for words, advice in {
        "scalar number float double Real": "a scalar is written `{0}: real`",
        "positive pos": "write `{0}: real, positive`, or `{0}: K, positive`",
        "int integer nat natural size index": "sizes and indices are not declared: "
        "a size is there as soon as an array has it for an axis",
        "function func callable": "the language has no unknown functions: define `{0}[i] := …`",
        "vector vec array list": "write its size, as in `{0}: K`",
        "matrix tensor": "write its sizes, as in `{0}: m×d`",
        "complex bool boolean str": "all entries are real: `{0}: real`",
    }.items()
    for word in words.split()
}
"""Words in the place of a size that none is meant by, and what to write."""
_INDICES = "ijklmnrst"

_AXIS = re.compile(r"(?:(-?[0-9]{1,6})\s*(?:\.\.|…)\s*)?(\w+)\s*(?:([+-])\s*([0-9]{1,6}))?")


def read_theory(text: str) -> Signature:
    """Read the declarations; `Theory` says how they are written.

    Raises:
        LanguageError: the text is not well-formed, or uses a name before it is declared.
    """
    if len(checked(text, "a theory")) > MAX_THEORY:
        raise LanguageError(f"a theory of {len(text)} characters; {MAX_THEORY} at most")
    reader = _Reader(text)
    for line, comment in logical_lines(text):
        reader.declare(line, comment)
    return reader.known


def statement(
    sides: Iterable[tuple[Expr, str]],
    theory: Signature,
    known: Mapping[str, Range] | None = None,
) -> Statement:
    """The statement that two sides are equal, its names looked up.

    Args:
        sides: the two as parsed, each with its text; they share their free indices.
        theory: what the letters mean.
        known: ranges of free indices that are fixed beforehand.
    """
    sides = list(sides)
    resolved = resolve(sides, theory, known=known)
    left, right = (" ".join(formula(text).split()) for _, text in sides)
    a, b = resolved.expressions
    return Statement(a, b, resolved.free, left, right)


class _Reader:
    """Takes the lines one by one; `known` is what they have said so far."""

    def __init__(self, text: str) -> None:
        self.known = Signature(text)
        self.indices: set[str] = set()  # names that earlier lines use for an index

    def declare(self, line: str, comment: str) -> None:
        if ":=" in line:
            self.define(line, comment)
        elif re.match(r"assume\b", line):
            self.assume(line)
        elif match := re.fullmatch(r"(\w+)\s*(?:>=|≥)\s*([0-9]{1,6})", line):
            name, bound = match[1], int(match[2])
            if name not in self.known.sizes:
                problem = f"{name!r} is not a size: no array above has an axis {name}"
                raise LanguageError(problem, line, 0)
            self.bound(name, bound)
        elif match := re.fullmatch(r"(\w+)\s*>\s*([0-9]{1,6})", line):
            least = f"{match[1]} >= {int(match[2]) + 1}"
            raise LanguageError(f"a lower bound is written with >=: `{least}`", line, 0)
        elif ":" in line:
            self.declare_variables(line, comment)
        else:
            raise LanguageError(
                "a declaration is one of `z: K`, `p[j] := …`, `K >= 2`, `assume … = …`",
                line,
                0,
            )

    def bound(self, size: str, least: int) -> None:
        """A size has at least this value."""
        if least < 1:
            raise LanguageError(f"every size is at least 1: {size} >= {least} says less", size, 0)
        sizes = self.known.sizes
        least = max(least, sizes.get(size, 1))
        self.known = replace(self.known, sizes=sizes | {size: least})

    def declare_variables(self, line: str, comment: str) -> None:
        names, _, rest = line.partition(":")
        (shape, at), *properties = _placed(rest.split(","), line, len(names) + 1)
        self.check_shape(names.strip(), shape, line, at)
        axes = self.axes(shape, line, at)
        for spelled, column in _placed(names.split(","), line):
            name = self.check_new(spelled, line, column)
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
                    if not at_most(*axes[-1], self.known.sizes):
                        problem = f"{name!r} cannot sum to 1 over {axes[-1]}, which may be empty"
                        raise LanguageError(problem, line, column)
                    own = map(str.strip, names.split(","))
                    taken = {
                        *self.known.sizes,
                        *self.known.variables,
                        *self.known.definitions,
                        *own,
                    }
                    self.note(_sums_to_one(name, axes, taken))
                else:
                    raise LanguageError(
                        f"{prop!r} is not a property: there are `positive` and `sum 1` only",
                        line,
                        at,
                    )
            known = self.known
            self.known = replace(known, variables=known.variables | {name: variable})
        for axis in axes:
            self.bound(symbol_of(axis), 1)

    def check_shape(self, names: str, shape: str, line: str, at: int) -> None:
        """A word that is no size, or a range for what looks like an index, is refused."""
        advice = _NO_SIZE.get(shape)
        if advice is not None and shape not in self.known.sizes:
            problem = f"{shape!r} is read as a size: {advice.format(names)}"
            raise LanguageError(problem, line, at)
        if names in [*_INDICES] and (match := re.fullmatch(r"1\s*(?:\.\.|…)\s*(\w+)", shape)):
            raise LanguageError(
                "an index is not declared: it takes its range from the axes on which it is used; "
                f"an array of that name is `{names}: {match[1]}`",
                line,
                at,
            )

    def axes(self, shape: str, line: str, at: int) -> tuple[Range, ...]:
        if shape == "real":
            return ()
        spelled = re.split(r"×|\s+x\s+", shape)
        return tuple(self.axis(axis, line, column) for axis, column in _placed(spelled, line, at))

    def axis(self, spelled: str, line: str, column: int) -> Range:
        """One axis: a size `K`, or an interval such as `0..T` or `1..T+1`."""
        match = _AXIS.fullmatch(spelled)
        if match is None or match[2] == "real" or match[2].isdigit() or (match[3] and not match[1]):
            raise LanguageError(
                "a shape is `real`, a size `K`, an interval `0..T`, or several: `m×d`", line, column
            )
        size = check_name(match[2], line, column)
        if size in self.known.variables or size in self.known.definitions:
            raise LanguageError(f"{size!r} is declared already, not as a size", line, column)
        if size in self.indices:
            raise LanguageError(f"{size!r} is an index already, not a size", line, column)
        product = as_product(size)
        if product and {*product.split(" x ")} <= self.known.sizes.keys():
            raise LanguageError(f"{size!r} is one word: did you mean `{product}`?", line, column)
        first = int(match[1] or 1)
        offset = int(match[4] or 0) * (-1 if match[3] == "-" else 1)
        least = first - 1 - offset
        if least > self.known.sizes.get(size, 1):
            raise LanguageError(
                f"the axis {spelled} has an end before its start unless {size} >= {least}: "
                "say that on a line above",
                line,
                column,
            )
        return Range(End("", first), End(size, offset))

    def define(self, line: str, comment: str) -> None:
        head, _, text = line.partition(":=")
        target = parse(head)
        if not isinstance(target, Entry) or any(
            index.name is None or index.offset for index in target.indices
        ):
            hint = ""
            if isinstance(target, Entry):
                hint = f": for one place write `assume {head.strip()} = {text.strip()}`"
            raise LanguageError(
                f"a definition starts with a name such as L or p[j]{hint}", line, target.at or 0
            )
        self.check_new(target.name, line, 0)
        parameters = tuple(index.name or "" for index in target.indices)
        if len(set(parameters)) < len(parameters):
            raise LanguageError("a definition's head repeats an index", line, target.at)
        # Blanks keep the columns of `text` equal to those of `line`.
        body = " " * (len(line) - len(text)) + text
        parsed = parse(body)
        name, *places = target.name.split("_")
        if name and {*places} & (free_indices(parsed) - {*parameters}):
            indices = ",".join([*places, *parameters])
            raise LanguageError(
                f"{target.name!r} is one name: did you mean `{name}[{indices}] := …`?", line, 0
            )
        resolved = resolve([(parsed, line)], self.known, parameters)
        for index in target.indices:
            if index.name not in resolved.free:
                problem = (
                    f"{index.name!r} is a size and cannot be an index"
                    if index.name in self.known.sizes
                    else f"the range of index {index.name!r} is unknown: the right side does not "
                    "use it"
                )
                raise LanguageError(problem, line, index.at)
        axes = tuple(resolved.free[index] for index in parameters)
        definition = Definition(target.name, parameters, axes, resolved.expressions[0], comment)
        self.indices |= _index_names(definition.body, resolved.free)
        known = self.known
        definitions = known.definitions | {target.name: definition}
        self.known = replace(known, definitions=definitions)

    def assume(self, line: str) -> None:
        text = line.removeprefix("assume").strip()
        sides = re.split(r"(?<![!<>:=])=(?!=)", text)
        if len(sides) != 2:
            hint = ""
            if re.search(r"[<>≤≥≠]|!=", text):
                hint = "; of signs there is `positive` only, as in `x: K, positive`"
            raise LanguageError(f"a hypothesis is written `assume LEFT = RIGHT`{hint}", line, 0)
        s = statement([(parse(side), side) for side in sides], self.known)
        self.note(Hypothesis(s.left, s.right, s.free, str(s)))

    def note(self, hypothesis: Hypothesis) -> None:
        self.known = replace(self.known, hypotheses=(*self.known.hypotheses, hypothesis))
        for side in (hypothesis.left, hypothesis.right):
            self.indices |= _index_names(side, hypothesis.free)

    def check_new(self, spelled: str, line: str, column: int) -> str:
        name = check_name(spelled, line, column)
        if name in self.known.variables or name in self.known.definitions:
            raise LanguageError(f"{name!r} is declared twice", line, column)
        if name in self.known.sizes:
            raise LanguageError(f"{name!r} is a size already", line, column)
        return name


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


def _sums_to_one(name: str, axes: tuple[Range, ...], taken: Iterable[str]) -> Hypothesis:
    """The last axis of `name` sums to 1; an axis of time has the index t if that is free."""
    taken = {name, *taken, *map(symbol_of, axes)}
    letters = [letter for letter in "hijk" if letter not in taken]
    numbered = (f"i{n}" for n in count(1) if f"i{n}" not in taken)
    some = letters[-len(axes) :] if len(axes) <= len(letters) else [*islice(numbered, len(axes))]
    times = [n for n, axis in enumerate(axes) if str(axis) == "T" or size_of(axis) is None]
    if len(times) == 1 and "t" not in taken:
        some[times[0]] = "t"
    *rest, last = some
    free = FrozenDict(zip(rest, axes, strict=False))
    indices = tuple(map(Index, [*rest, last]))
    left = Sum((Binder(last, range=axes[-1]),), Entry(name, indices))
    spelled = ",".join([*rest, last])
    return Hypothesis(left, Number(Fraction(1)), free, f"Σ({last}, {name}[{spelled}]) = 1")
