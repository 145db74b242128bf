"""Names looked up: sizes told from variables, and for each index all that `inference` must know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from derivlib.proof.language.advice import of_undeclared
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.inference import Key, Limit, Ranges, Spot, Use
from derivlib.proof.language.ranges import FIRST, End, Range, at_most, shifted
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import (
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


@dataclass(frozen=True, slots=True)
class Resolved:
    """Expressions whose names are known and whose binders carry their range, with the ranges of
    the free indices they share, in order of first appearance."""

    expressions: tuple[Expr, ...]
    free: Mapping[str, Range]


def resolve(
    parsed: Iterable[tuple[Expr, str]],
    names: Signature,
    parameters: Iterable[str] | None = None,
    known: Mapping[str, Range] | None = None,
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


def as_product(size: str) -> str | None:
    """A size spelled like `dxK` with blanks around the x, as a product of two sizes has them."""
    parts = size.split("x")
    whole = len(parts) > 1 and all(part.isidentifier() for part in parts)
    return " x ".join(parts) if whole else None


class _Resolver:
    def __init__(
        self, names: Signature, parameters: Iterable[str] | None, known: Mapping[str, Range]
    ) -> None:
        self.names = names
        self.parameters = None if parameters is None else tuple(parameters)
        self.ranges = Ranges(names.sizes)
        self.free: dict[str, Key] = {}
        self.summed: list[Key] = []  # of the binders, in the order in which they are walked
        self.held: tuple[str, ...] = ()  # names that the enclosing ∂s differentiate by
        self.line = ""
        for index, axis in known.items():
            key = self.free_key(Index(index))
            self.ranges.use(key, Use(axis, 0, "an earlier line", Spot("", None)))

    def run(self, parsed: list[tuple[Expr, str]]) -> Resolved:
        walked = []
        for expr, line in parsed:
            self.line = line
            walked.append(self.walk(expr, {}))
        self.ranges.settle()
        self.summed.reverse()  # `settle` takes them from the end
        expressions = tuple(self.settle(expr) for expr in walked)
        free = FrozenDict({name: self.ranges.range(key) for name, key in self.free.items()})
        return Resolved(expressions, free)

    def error(self, problem: str, at: int | None) -> LanguageError:
        return LanguageError(problem, self.line, at)

    # --- indices --------------------------------------------------------------------------------

    def new_key(self, name: str, at: int | None, *, summed: bool) -> Key:
        if name in self.names.sizes:
            raise self.error(f"{name!r} is a size and cannot be an index", at)
        return self.ranges.add(name, Spot(self.line, at), summed=summed)

    def free_key(self, index: Index) -> Key:
        assert index.name is not None
        if index.name not in self.free:
            if self.parameters is not None and index.name not in self.parameters:
                raise self.error(
                    f"index {index.name!r} is neither summed over nor on the left of :=", index.at
                )
            self.free[index.name] = self.new_key(index.name, index.at, summed=False)
        return self.free[index.name]

    def key(self, index: Index, scope: Mapping[str, Key]) -> Key | None:
        """The key of an index in scope; None for a place that is the same for all indices."""
        if index.name is None or index.name in self.names.sizes:
            return None
        return scope.get(index.name) or self.free_key(index)

    def compare(self, left: Index, right: Index, scope: Mapping[str, Key]) -> None:
        a, b = self.key(left, scope), self.key(right, scope)
        if a is not None and b is not None:
            self.ranges.compare(a, b, Spot(self.line, right.at))

    # --- walking --------------------------------------------------------------------------------

    def walk(self, expr: Expr, scope: Mapping[str, Key]) -> Expr:
        """The expression with sizes told from variables; its indices are noted."""
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
                    expr,
                    base=self.walk(base, scope),
                    exponent=self.walk(exponent, scope),
                )
            case Function(_, arguments):
                return replace(expr, arguments=tuple(self.walk(a, scope) for a in arguments))
            case Delta(left, right):
                self.compare(left, right, scope)
                return expr
            case Derivative(body, variables):
                self.check_held(variables)
                outside = self.held
                self.held = (*outside, *(variable.name for variable in variables))
                # The body first: of ∂(u[i], x[b]), i is the first index, b the second.
                body = self.walk(body, scope)
                self.held = outside
                walked = tuple(self.variable(v, scope) for v in variables)
                return replace(expr, body=body, variables=walked)
            case Sum(binders, body):
                inner = dict(scope)
                for binder in binders:
                    self.bind(binder, inner)
                return replace(expr, body=self.walk(body, inner))
        raise AssertionError(expr)

    def bind(self, binder: Binder, scope: dict[str, Key]) -> None:
        """Extend the scope by the binder's index."""
        key = self.new_key(binder.index, binder.at, summed=True)
        if binder.first is not None and binder.final is not None:
            first, final = (Limit(i, self.key(i, scope)) for i in (binder.first, binder.final))
            self.ranges.state(key, first, final)
        for other in binder.excluded:
            # What a binder leaves out may be an earlier binder of the same sum.
            other_key = self.key(other, scope)
            if other_key is not None:
                self.ranges.compare(other_key, key, Spot(self.line, other.at))
        scope[binder.index] = key
        self.summed.append(key)

    def entry(self, entry: Entry, scope: Mapping[str, Key]) -> Entry | Size:
        if entry.name in self.names.sizes:
            if entry.indices:
                raise self.error(f"{entry.name!r} is a size, not an array", entry.at)
            return Size(entry.name, at=entry.at)
        axes = self.names.axes(entry.name)
        if axes is None:
            raise self.error(f"{entry.name!r} is not declared{self.hint(entry)}", entry.at)
        if len(axes) != len(entry.indices):
            if not axes:
                raise self.error(f"{entry.name!r} is a scalar: it takes no index", entry.at)
            shape = "×".join(map(str, axes))
            problem = (
                f"{entry.name!r} ({shape}) takes {len(axes)} "
                f"{'index' if len(axes) == 1 else 'indices'}, not {len(entry.indices)}"
            )
            products = [as_product(str(axis)) or str(axis) for axis in axes]
            if " x ".join(products).count(" x ") + 1 == len(entry.indices):
                problem += f": did you mean the shape `{' x '.join(products)}`?"
            raise self.error(problem, entry.at)
        for variable in self.names.differentiated(entry.name, self.held):
            self.check_opaque(variable, self.held, entry.at)
        written = f"{entry.name}[{','.join(map(str, entry.indices))}]"
        for index, axis in zip(entry.indices, axes, strict=True):
            key = self.key(index, scope)
            if key is None:
                self.check_place(index, axis, entry.name)
            else:
                use = Use(axis, index.offset, written, Spot(self.line, index.at))
                self.ranges.use(key, use)
        return entry

    def hint(self, entry: Entry) -> str:
        """What may have been meant by a name that is not declared: p_i is p[i] on paper."""
        name, *places = entry.name.split("_")
        axes = self.names.axes(name)
        if entry.indices or not axes or not all(places):
            declared = (*self.names.variables, *self.names.definitions, *self.names.sizes)
            return of_undeclared(entry.name, declared, self.line, entry.at)
        if len(places) == 1 and len(places[0]) == len(axes):
            places = list(places[0])
        return f": did you mean {name}[{','.join(places)}]?" if len(places) == len(axes) else ""

    def check_place(self, index: Index, axis: Range, name: str) -> None:
        """A place that certainly lies outside of an axis is an error; p[2] may ask for K >= 2."""
        value = End(index.name or "", index.offset)
        first, final = axis
        outside = self.at_most(shifted(final, 1), value) or self.at_most(shifted(value, 1), first)
        inside = self.at_most(first, value) and self.at_most(value, final)
        if outside or (value[0] and not inside):
            has = "has" if outside else "may have"
            raise self.error(
                f"{name!r} {has} no place {index}: its axis runs over {axis}"
                + (", and counts from 1" if index.name is None and axis.first == FIRST else ""),
                index.at,
            )

    def at_most(self, left: End, right: End) -> bool:
        return at_most(left, right, self.names.sizes)

    def variable(self, variable: Entry, scope: Mapping[str, Key]) -> Entry:
        walked = self.entry(variable, scope)
        if isinstance(walked, Size):
            raise self.error(
                f"{walked.name!r} is a size: nothing is differentiated by it", walked.at
            )
        return walked

    def check_held(self, variables: tuple[Entry, ...]) -> None:
        """Nothing may be differentiated by a part of a name that is held opaque meanwhile."""
        held = (*self.held, *(variable.name for variable in variables))
        for variable in variables:
            self.check_opaque(variable.name, held, variable.at)

    def check_opaque(self, variable: str, held: tuple[str, ...], at: int | None) -> None:
        for whole in held:
            if variable != whole and variable in self.names.dependencies(whole):
                raise self.error(
                    f"∂ holds {whole!r} fixed, yet {whole!r} depends on {variable!r}: "
                    f"differentiate by {whole!r} in a ∂ of its own, inside this one",
                    at,
                )

    def settle(self, expr: Expr) -> Expr:
        """The expression with the range that was found for each binder."""
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
                settled = tuple(
                    replace(b, range=self.ranges.range(self.summed.pop())) for b in binders
                )
                return replace(expr, binders=settled, body=self.settle(body))
        raise AssertionError(expr)
