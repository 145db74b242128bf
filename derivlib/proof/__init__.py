"""Proofs of equations between tensor expressions, for every size.

A `Theory` says what the letters mean; `theory.prove(left, right)` gives a `Verdict`, and
`theory.derive(text)` a `Derivation`, a chain of equal lines.

>>> from derivlib.proof import Theory
>>> theory = Theory('''
...     z: K                                      # logits
...     y: K, sum 1                               # target distribution
...     p[j] := exp(z[j]) / Σ(k, exp(z[k]))
...     L := -Σ(j, y[j]*log(p[j]))
... ''')
>>> print(theory.prove("∂(L, z[i])", "p[i] - y[i]"))
PROVED, using Σ(k, y[k]) = 1
"""

from derivlib.proof.chain import Line
from derivlib.proof.language.errors import DisagreementError, LanguageError, RefutedError
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.theory import Derivation, Theory
from derivlib.proof.verdict import Status, Verdict

__all__ = [
    "Counterexample",
    "Derivation",
    "DisagreementError",
    "LanguageError",
    "Line",
    "RefutedError",
    "Status",
    "Theory",
    "Verdict",
]
