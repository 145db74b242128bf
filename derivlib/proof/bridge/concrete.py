"""A derivation at explicit sizes: which to take, where to look, what the hypotheses say there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count, islice, permutations, product
from math import prod
from typing import Any, TypeAlias

import sympy

from derivlib.proof.bridge.to_sympy import to_sympy
from derivlib.proof.chain import Chain
from derivlib.proof.language.ranges import Range, symbol_of
from derivlib.proof.language.signature import Hypothesis, Signature
from derivlib.proof.language.syntax import Entry, walk
from derivlib.proof.verdict import least_sizes

PLACES = 9
"""Combinations of free indices that are looked at, unless the patterns alone are more."""
ORDERS = 720
"""Orders in which sizes are chosen, to find the smallest."""

Place: TypeAlias = Mapping[str, int]
"""Each free index with its value."""


def chosen_sizes(derivation: Chain, given: Mapping[str, int]) -> dict[str, int]:
    """The sizes given, and for the others distinct ones from 2 up that make the arrays small."""
    theory, bounds = derivation.theory, least_sizes(derivation.conditions, derivation.theory.sizes)
    for name, value in given.items():
        if name not in theory.sizes:
            known = ", ".join(theory.sizes) or "none"
            raise ValueError(f"{name!r} is not a size of this derivation; its sizes are {known}")
        if isinstance(value, bool) or not isinstance(value, int) or value < bounds[name]:
            raise ValueError(f"{name!r} is {value!r}; expected an integer >= {bounds[name]}")
    least = _least_sizes(derivation, bounds)
    missing = [name for name in theory.sizes if name not in given]
    arrays = [theory.axes(name) or () for name in (*theory.variables, *theory.definitions)]

    def distinct(order: Iterable[str]) -> dict[str, int]:
        sizes = dict(given)
        for name in order:
            taken = {*sizes.values()}
            sizes[name] = next(n for n in count(least[name]) if n not in taken)
        return sizes

    def entries(sizes: Mapping[str, int]) -> int:
        return sum(prod(len(places(axis, sizes)) for axis in axes) for axes in arrays)

    best = min(map(distinct, islice(permutations(missing), ORDERS)), key=entries)
    return {name: best[name] for name in theory.sizes}


def _least_sizes(derivation: Chain, bounds: Mapping[str, int]) -> dict[str, int]:
    """At least 2, and so many that free indices can all differ and the places named exist."""
    theory = derivation.theory
    found = {name: max(2, bound) for name, bound in bounds.items()}
    free = [symbol_of(range_) for range_ in derivation.free.values()]
    for size in filter(None, free):
        found[size] = max(found[size], free.count(size))
    written = [line.expression for line in derivation.lines]
    written += [definition.body for definition in theory.definitions.values()]
    written += [side for h in theory.hypotheses for side in (h.left, h.right)]
    for node in (node for expr in written for node in walk(expr) if isinstance(node, Entry)):
        for index, axis in zip(node.indices, theory.axes(node.name) or (), strict=True):
            size, offset = symbol_of(axis), axis.final.offset
            if index.name is None and size:
                found[size] = max(found[size], index.offset - offset)
    return found


def places(range_: Range, sizes: Mapping[str, int]) -> range:
    """The places of a range at explicit sizes."""
    first, final = (offset + (sizes[name] if name else 0) for name, offset in range_)
    return range(first, final + 1)


def everywhere(free: Mapping[str, Range], sizes: Mapping[str, int]) -> Iterator[Place]:
    """All values of the free indices."""
    for values in product(*(places(range_, sizes) for range_ in free.values())):
        yield dict(zip(free, values, strict=True))


def selected(combinations: Iterable[Place]) -> list[Place]:
    """One combination for each pattern of equal and unequal indices, and others if few."""
    patterns: dict[tuple[int, ...], Place] = {}
    others = []
    for place in combinations:
        values = tuple(place.values())
        if patterns.setdefault(tuple(map(values.index, values)), place) is not place:
            others.append(place)
    return [*patterns.values(), *others[: max(PLACES - len(patterns), 0)]]


def solved(
    theory: Signature, sizes: Mapping[str, int]
) -> tuple[dict[Any, Any], tuple[Hypothesis, ...]]:
    """Entries in terms of others, as the hypotheses have them, and the hypotheses left unsolved.

    One that is linear in an entry, with a number before it, is solved for that: for the entry
    that stands alone on its left, or else for the last. Put the entries in after differentiating.

    >>> from derivlib.proof import Theory
    >>> solved(Theory("y: K, sum 1"), {"K": 3})[0]
    {y_3: -y_1 - y_2 + 1}
    """
    solution: dict[Any, Any] = {}
    unsolved: dict[str, Hypothesis] = {}
    for hypothesis in theory.hypotheses:
        for place in everywhere(hypothesis.free, sizes):
            alone, right = (
                to_sympy(theory, side, sizes, place, hypothesis.free).doit()
                for side in (hypothesis.left, hypothesis.right)
            )
            equation = sympy.expand((alone - right).xreplace(solution))
            symbols = sorted(
                equation.free_symbols, key=lambda s: (s == alone, len(s.name), s.name), reverse=True
            )
            for symbol in symbols:
                factor = equation.diff(symbol)
                if factor.is_Rational:
                    value = sympy.expand(symbol - equation / factor)
                    solution = {s: v.xreplace({symbol: value}) for s, v in solution.items()}
                    solution[symbol] = value
                    break
            else:
                if equation != 0:
                    unsolved[hypothesis.text] = hypothesis
    return solution, tuple(unsolved.values())
