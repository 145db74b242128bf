"""The sign that an expression has by its form alone.

Only where the refuter looks depends on this, nothing that it says.
"""

from __future__ import annotations

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import Expr


class Signs:
    """Of the expressions of one theory; those of defined names are remembered."""

    def __init__(self, theory: Signature) -> None:
        self.theory = theory
        self.known: dict[str, int] = {}

    def of(self, expr: Expr) -> int:
        """2 if it is > 0 by its form, wherever it has a value, 1 if it is >= 0; else 0."""
        match expr:
            case tree.Number(value):
                return 2 if value > 0 else int(value == 0)
            case tree.Size():
                return 2
            case tree.Entry(name) if name in self.theory.variables:
                return 2 * self.theory.variables[name].positive
            case tree.Entry(name):
                if name not in self.known:
                    self.known[name] = self.of(self.theory.definitions[name].body)
                return self.known[name]
            case tree.Add(left, right):
                signs = self.of(left), self.of(right)
                return max(signs) if min(signs) else 0
            case tree.Mul(left, right) | tree.Div(left, right):
                return min(self.of(left), self.of(right))
            case tree.Pow(base, tree.Number(n)) if n.denominator == 1 and n % 2 == 0:
                return max(1, self.of(base))
            case tree.Pow(base):
                return self.of(base)
            case tree.Function(name, arguments):
                kept = self.of(arguments[0]) if FUNCTIONS[name].keeps_sign else 0
                return max(kept, {">": 2, ">=": 1}.get(FUNCTIONS[name].sign or "", 0))
            case tree.Sum(binders, body):
                whole = all(b.first is None and not b.excluded for b in binders)
                return min(self.of(body), 2 if whole else 1)
        return 0
