"""Names looked up and ranges inferred: which size each index runs over.

An index runs over the size of every axis it is used on. Two sizes for one index are an error,
and so is an index that is used on no axis at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from .errors import LanguageError
from .expressions import (
    Add,
    Binder,
    Delta,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    Sub,
    Sum,
)


class Names(Protocol):
    """What resolving needs to know of a theory."""

    @property
    def sizes(self) -> Mapping[str, int]: ...
    def axes(self, name: str) -> tuple[str, ...] | None:
        """The sizes of the axes of a declared or defined name; None if there is no such name."""

    def dependencies(self, name: str) -> set[str]:
        """The names that a name is made of, itself included."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Expressions whose names are known and whose binders carry their range, with the ranges of
    the free indices they share, in order of first appearance."""

    expressions: tuple[Expr, ...]
    free: Mapping[str, str]


def resolve(
    parsed: Iterable[tuple[Expr, str]],
    names: Names,
    parameters: Iterable[str] | None = None,
    known: Mapping[str, str] | None = None,
) -> Resolved:
    """Look up the names and infer the ranges of expressions that share their free indices.

    Args:
        parsed: expressions, each with the line of text that errors should quote.
        names: the theory.
        parameters: if given, the only free indices allowed (those of a definition's head).
        known: ranges of free indices fixed beforehand.

    Raises:
        LanguageError: an undeclared name, a wrong number of indices, an index with two ranges or
            with none; it names the index or symbol and points at it.
    """
    return _Resolver(names, parameters, known or {}).run(list(parsed))


class _Resolver:
    def __init__(
        self, names: Names, parameters: Iterable[str] | None, known: Mapping[str, str]
    ) -> None:
        self.names = names
        self.parameters = None if parameters is None else tuple(parameters)
        self.parent: dict[str, str] = {}  # union-find over index keys
        self.size: dict[str, tuple[str, str]] = {}  # root key -> (size, where it was seen)
        self.spelling: dict[str, str] = {}  # key -> the author's name for the index
        self.free: dict[str, str] = {}  # free index -> key
        self.place: dict[str, tuple[str, int | None]] = {}  # key -> (line, column)
        self.held: tuple[str, ...] = ()  # names that the enclosing ∂s differentiate by
        self.line = ""
        for index, size in known.items():
            self.free_key(Index(index))
            self.at_size(self.free[index], size, "an earlier line", None)

    def run(self, parsed: list[tuple[Expr, str]]) -> Resolved:
        walked = []
        for expr, line in parsed:
            self.line = line
            walked.append(self.walk(expr, {}))
        expressions = tuple(self.settle(expr) for expr in walked)
        return Resolved(expressions, {name: self.range(key) for name, key in self.free.items()})

    # --- ranges ---------------------------------------------------------------------------------

    def new_key(self, name: str, at: int | None) -> str:
        if name in self.names.sizes:
            raise LanguageError(f"{name!r} is a size and cannot be an index", self.line, at)
        key = f"{name}?{len(self.parent)}"
        self.parent[key] = key
        self.spelling[key] = name
        self.place[key] = (self.line, at)
        return key

    def free_key(self, index: Index) -> str:
        assert index.name is not None
        if index.name not in self.free:
            if self.parameters is not None and index.name not in self.parameters:
                raise LanguageError(
                    f"index {index.name!r} is neither summed over nor on the left of :=",
                    self.line,
                    index.at,
                )
            self.free[index.name] = self.new_key(index.name, index.at)
        return self.free[index.name]

    def root(self, key: str) -> str:
        while self.parent[key] != key:
            key = self.parent[key]
        return key

    def at_size(self, key: str, size: str, where: str, at: int | None) -> None:
        root = self.root(key)
        seen = self.size.setdefault(root, (size, where))
        if seen[0] != size:
            raise LanguageError(
                f"index {self.spelling[key]!r} runs over {seen[0]} in {seen[1]} "
                f"and over {size} in {where}",
                self.line,
                at,
            )

    def same(self, a: str, b: str, at: int | None) -> None:
        a, b = self.root(a), self.root(b)
        if a == b:
            return
        if b in self.size:
            self.at_size(a, *self.size[b], at)
        self.parent[b] = a

    def range(self, key: str) -> str:
        if self.root(key) not in self.size:
            line, at = self.place[key]
            raise LanguageError(
                f"the range of index {self.spelling[key]!r} is unknown: "
                "it is used on no axis of a declared array",
                line,
                at,
            )
        return self.size[self.root(key)][0]

    # --- walking --------------------------------------------------------------------------------

    def key(self, index: Index, scope: Mapping[str, str]) -> str | None:
        """The key of an index in scope; None for a constant place."""
        if index.name is None:
            return None
        return scope.get(index.name) or self.free_key(index)

    def unify(self, left: Index, right: Index, scope: Mapping[str, str]) -> None:
        a, b = self.key(left, scope), self.key(right, scope)
        if a is not None and b is not None:
            self.same(a, b, right.at)

    def walk(self, expr: Expr, scope: Mapping[str, str]) -> Expr:
        """The expression with sizes told from variables, and each binder's key as its range."""
        match expr:
            case Number() | Size():
                return expr
            case Entry():
                return self.entry(expr, scope)
            case Neg(argument):
                return replace(expr, argument=self.walk(argument, scope))
            case Add(left, right) | Sub(left, right) | Mul(left, right) | Div(left, right):
                return replace(expr, left=self.walk(left, scope), right=self.walk(right, scope))
            case Pow(base, exponent):
                return replace(
                    expr, base=self.walk(base, scope), exponent=self.walk(exponent, scope)
                )
            case Function(_, arguments):
                return replace(expr, arguments=tuple(self.walk(a, scope) for a in arguments))
            case Delta(left, right):
                self.unify(left, right, scope)
                return expr
            case Derivative(body, variables):
                walked = tuple(self.variable(v, scope) for v in variables)
                self.check_held(variables)
                outside = self.held
                self.held = (*outside, *(v.name for v in walked))
                body = self.walk(body, scope)
                self.held = outside
                return replace(expr, body=body, variables=walked)
            case Sum(binders, body):
                inner = dict(scope)
                keyed = []
                for binder in binders:
                    key = self.new_key(binder.index, binder.at)
                    # What a binder leaves out may be an earlier binder of the same sum.
                    for other in binder.excluded:
                        other_key = self.key(other, inner)
                        if other_key is not None:
                            self.same(other_key, key, other.at)
                    inner[binder.index] = key
                    keyed.append(replace(binder, range=key))
                return replace(expr, binders=tuple(keyed), body=self.walk(body, inner))
        raise AssertionError(expr)

    def entry(self, entry: Entry, scope: Mapping[str, str]) -> Entry | Size:
        if entry.name in self.names.sizes:
            if entry.indices:
                raise LanguageError(f"{entry.name!r} is a size, not an array", self.line, entry.at)
            return Size(entry.name, at=entry.at)
        axes = self.names.axes(entry.name)
        if axes is None:
            raise LanguageError(f"{entry.name!r} is not declared", self.line, entry.at)
        if len(axes) != len(entry.indices):
            shape = "×".join(axes) or "a scalar"
            raise LanguageError(
                f"{entry.name!r} ({shape}) takes {len(axes)} "
                f"{'index' if len(axes) == 1 else 'indices'}, not {len(entry.indices)}",
                self.line,
                entry.at,
            )
        spelled = f"{entry.name}[{','.join(map(str, entry.indices))}]"
        for index, size in zip(entry.indices, axes, strict=True):
            key = self.key(index, scope)
            if key is not None:
                self.at_size(key, size, spelled, index.at)
        return entry

    def variable(self, variable: Entry, scope: Mapping[str, str]) -> Entry:
        walked = self.entry(variable, scope)
        if isinstance(walked, Size):
            raise LanguageError(
                f"{walked.name!r} is a size: nothing is differentiated by it", self.line, walked.at
            )
        return walked

    def check_held(self, variables: tuple[Entry, ...]) -> None:
        """Nothing may be differentiated by a part of a name that is held opaque meanwhile."""
        held = {*self.held, *(variable.name for variable in variables)}
        for variable in variables:
            for whole in held - {variable.name}:
                if variable.name in self.names.dependencies(whole):
                    raise LanguageError(
                        f"∂ holds {whole!r} fixed, yet {whole!r} depends on {variable.name!r}: "
                        f"differentiate by {whole!r} in a ∂ of its own, inside this one",
                        self.line,
                        variable.at,
                    )

    def settle(self, expr: Expr) -> Expr:
        """Each binder's key replaced by the size that was found for it."""
        match expr:
            case Number() | Size() | Entry() | Delta():
                return expr
            case Neg(argument):
                return replace(expr, argument=self.settle(argument))
            case Add(left, right) | Sub(left, right) | Mul(left, right) | Div(left, right):
                return replace(expr, left=self.settle(left), right=self.settle(right))
            case Pow(base, exponent):
                return replace(expr, base=self.settle(base), exponent=self.settle(exponent))
            case Function(_, arguments):
                return replace(expr, arguments=tuple(map(self.settle, arguments)))
            case Derivative(body, _):
                return replace(expr, body=self.settle(body))
            case Sum(binders, body):
                settled = tuple(self.settle_binder(b) for b in binders)
                return replace(expr, binders=settled, body=self.settle(body))
        raise AssertionError(expr)

    def settle_binder(self, binder: Binder) -> Binder:
        assert binder.range is not None
        return replace(binder, range=self.range(binder.range))
