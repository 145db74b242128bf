"""What the letters mean: all that an engine knows of a theory."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derivlib.proof.language.frozen import Frozen, FrozenDict
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Range, in_words, size_of
from derivlib.proof.language.syntax import Derivative, Entry, Expr, walk


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared array of real entries; `axes` are the ranges of its indices, () for a scalar."""

    name: str
    axes: tuple[Range, ...]
    positive: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """`name[parameters] := body`."""

    name: str
    parameters: tuple[str, ...]
    axes: tuple[Range, ...]
    body: Expr
    comment: str = ""

    @property
    def parts(self) -> frozenset[str]:
        """The names in its body."""
        return frozenset(node.name for node in walk(self.body) if isinstance(node, Entry))

    @property
    def differentiates_by(self) -> frozenset[str]:
        """The names by which its body differentiates."""
        derivatives = [node for node in walk(self.body) if isinstance(node, Derivative)]
        return frozenset(variable.name for node in derivatives for variable in node.variables)


@dataclass(frozen=True, slots=True, repr=False)
class Hypothesis(Frozen):
    """`left = right` for all values of the free indices, whose ranges `free` gives."""

    left: Expr
    right: Expr
    free: Mapping[str, Range]
    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


@dataclass(frozen=True, slots=True, repr=False)
class Condition:
    """`left` stands in `relation` ("!=", ">" or ">=") to `right`.

    For all values of the indices in `every`, which run over these ranges; an index of the statement
    is meant at the place where the statement is looked at.
    """

    left: Expr
    relation: str
    right: Expr
    every: tuple[tuple[str, Range], ...] = ()

    def __str__(self) -> str:
        runs = [
            name if size_of(range_) else f"{name} in {in_words(range_)}"
            for name, range_ in self.every
        ]
        every = f" for all {', '.join(runs)}" if runs else ""
        return f"{to_text(self.left)} {self.relation} {to_text(self.right)}{every}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Statement(Frozen):
    """`left = right` for all values of the free indices, whose ranges `free` gives."""

    left: Expr
    right: Expr
    free: Mapping[str, Range]
    left_text: str
    right_text: str

    def __str__(self) -> str:
        return f"{self.left_text} = {self.right_text}"


@dataclass(frozen=True, eq=False, repr=False)
class Signature(Frozen):
    """What the lines of a theory say, once they are read (by `reader.read_theory`).

    Two are equal if their texts are.

    Attributes:
        text: the declarations as written.
        sizes: each size with its lower bound.
        variables: the declared arrays.
        definitions: the names defined with :=, each from those before it.
        hypotheses: what `assume` and `sum 1` say.
    """

    text: str
    sizes: FrozenDict[str, int] = field(default_factory=FrozenDict)
    variables: FrozenDict[str, Variable] = field(default_factory=FrozenDict)
    definitions: FrozenDict[str, Definition] = field(default_factory=FrozenDict)
    hypotheses: tuple[Hypothesis, ...] = ()

    def axes(self, name: str) -> tuple[Range, ...] | None:
        """The ranges of the axes of a declared or defined name; None if there is no such name."""
        found = self.variables.get(name) or self.definitions.get(name)
        return found.axes if found else None

    @cached_property
    def _parts(self) -> dict[str, frozenset[str]]:
        return {name: definition.parts for name, definition in self.definitions.items()}

    @cached_property
    def _dependencies(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for name, parts in self._parts.items():  # in the order in which they are defined
            found[name] = frozenset({name}).union(*(found.get(p, {p}) for p in parts))
        return found

    @cached_property
    def _differentiates_by(self) -> dict[str, frozenset[str]]:
        return {name: found.differentiates_by for name, found in self.definitions.items()}

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
                found |= self._differentiates_by.get(name, frozenset())
                waiting += self._parts.get(name, ())
        return found

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Signature) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return inspect.cleandoc(self.text)
