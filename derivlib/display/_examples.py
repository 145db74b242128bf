"""Derivations for the referee: a right one, and from each of five sources one with its slip,
told in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import cleandoc

__all__ = ["EXAMPLES", "Example"]


@dataclass(frozen=True)
class Example:
    """A theory and a derivation, with what the menu says of them."""

    title: str
    theory: str
    derivation: str


_SOFTMAX = """
    z: K                                   # logits
    y: K, sum 1                            # target
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))    # softmax
    L := -Σ(j, y[j]*log(p[j]))             # cross-entropy
"""

_TOLD = [
    (
        "Softmax with cross-entropy, all lines right",
        _SOFTMAX,
        """
        ∂(L, z[i])
          = -Σ(j, ∂(y[j]*log(p[j]), z[i]))        -- the derivative of a sum
          = -Σ(j, y[j]/p[j] * ∂(p[j], z[i]))      -- chain rule
          = -Σ(j, y[j]/p[j] * p[j]*(δ(i,j) - p[i]))
          = -Σ(j, y[j]*δ(i,j)) + p[i]*Σ(j, y[j])
          = p[i] - y[i]                           -- y sums to 1
        """,
    ),
    (
        "A sigmoid with the sign of its exponent lost · 求导公式推导",
        """
        z, y: real
        p := 1/(1 + exp(z))
        L := -(y*log(p) + (1 - y)*log(1 - p))
        """,
        """
        ∂(L, z)
          = ∂(L, p)*∂(p, z)                       -- chain rule
          = (p - y)/(p*(1 - p)) * ∂(p, z)
          = (p - y)/(p*(1 - p)) * p*(1 - p)       -- p′ = p(1 - p)
          = p - y
        """,
    ),
    (
        "“the output minus 1” · 简单易懂的softmax交叉熵损失函数求导",
        _SOFTMAX,
        """
        ∂(L, z[i])
          = -Σ(j, y[j]*(δ(i,j) - p[i]))           -- every p[j] contains z[i]
          = p[i]*Σ(j, y[j]) - y[i]
          = p[i] - y[i]
          = p[i] - 1                              -- the output minus 1
        """,
    ),
    (
        "A shift of the denominator alone · 交叉熵 计算 Loss",
        """
        z: K
        c: real
        p[j] := exp(z[j]) / Σ(k, exp(z[k]))
        """,
        """
        p[j]
          = exp(z[j])/Σ(k, exp(z[k]))
          = exp(z[j] - c)/Σ(k, exp(z[k] - c))     -- above and below
          = exp(z[j])/Σ(k, exp(z[k] - c))         -- below alone
        """,
    ),
    (
        "A batch, and where 1/m went · 深度学习数学推导",
        """
        X: m×d
        w: d
        t: m
        a[n] := σ(Σ(i, X[n,i]*w[i]))
        L := -1/m * Σ(n, t[n]*log(a[n]) + (1 - t[n])*log(1 - a[n]))
        """,
        """
        ∂(L, w[q])
          = Σ(n, ∂(L, a[n])*∂(a[n], w[q]))        -- chain rule
          = -1/m * Σ(n, (t[n]/a[n] - (1 - t[n])/(1 - a[n])) * a[n]*(1 - a[n])*X[n,q])
          = Σ(n, (a[n] - t[n])*X[n,q])
        """,
    ),
    (
        "One index of two · softmax函数的导数解释",
        """
        o: K
        p[j] := exp(o[j]) / Σ(k, exp(o[k]))
        """,
        """
        ∂(p[j], o[i])
          = δ(i,j)*exp(o[j])/Σ(k, exp(o[k])) - exp(o[j])*exp(o[i])/Σ(k, exp(o[k]))^2
          = δ(i,j)*p[j] - p[j]*p[j]
          = p[j]*(δ(i,j) - p[j])
        """,
    ),
]

EXAMPLES = tuple(Example(title, cleandoc(a), cleandoc(b)) for title, a, b in _TOLD)
