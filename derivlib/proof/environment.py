"""What names stand for while an expression is evaluated: a point, or the inside of a ∂."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from .duals import ONE, Dual, Number, Undefined

Place: TypeAlias = tuple[int, ...]
"""Where an entry stands in its array, counted from 1; () for a scalar."""

MAX_LEVEL = 5  # ∂s inside one another: each takes about three times the work


class TooMuch(Exception):
    """The evaluation would take too long."""


class OutOfTime(Exception):
    """The deadline has passed."""


class Environment:
    """What names stand for at one place of an evaluation: a point, or the inside of a ∂.

    Inside a ∂ the `seeds` are the entries differentiated by, each with the level of its ε. Names
    in `held` are independent variables here and in every ∂ further in.
    """

    def __init__(self, sizes: Mapping[str, int], values: dict[str, dict[Place, Number]]) -> None:
        self.sizes = sizes
        self.values = values  # of declared variables, with their ε
        self.parent: Environment | None = None
        self.level = 0
        self.seeds: dict[str, list[tuple[int, Place]]] = {}
        self.held: frozenset[str] = frozenset()
        self.defined: dict[tuple[str, Place], Number] = {}
        self.memo: dict[tuple[int, ...], Number] = {}
        self.inside: dict[tuple[tuple[str, Place], ...], Environment] = {}

    def hold(self, variables: tuple[tuple[str, Place], ...]) -> Environment:
        """The inside of a ∂ by these entries; the same object each time."""
        if variables in self.inside:
            return self.inside[variables]
        if self.level + len(variables) > MAX_LEVEL:
            raise TooMuch
        inner = Environment(self.sizes, dict(self.values))
        inner.parent = self
        inner.level = self.level + len(variables)
        for level, (name, place) in enumerate(variables, self.level):
            inner.seeds.setdefault(name, []).append((level, place))
            if name in inner.values:
                table = dict(inner.values[name])
                if place not in table:
                    raise Undefined
                table[place] = Dual(level, table[place], ONE)
                inner.values[name] = table
        inner.held = self.held | inner.seeds.keys()
        self.inside[variables] = inner
        return inner

    def narrow(self, names: frozenset[str]) -> Environment:
        """The outermost environment in which what is made of these names has the same value."""
        env = self
        while env.parent is not None and names.isdisjoint(env.seeds):
            env = env.parent
        return env
