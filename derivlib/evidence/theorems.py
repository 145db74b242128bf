"""The theorem behind each kernel: from the textbook's formula to the one that is computed.

A theorem is one or more chains of equal expressions. Each starts at the definition and ends at what
the kernel computes, and each line is proved for every size.

>>> theorem = THEOREMS["sigmoid_grad"]
>>> print(*theorem.derive())
∂(sigmoid(z), z)
✓ = sigmoid(z)*(1 - sigmoid(z))                        -- quotient rule
✓ = exp(z)/(1 + exp(z)) - (exp(z)/(1 + exp(z)))^2      -- q - q², for z < 0
✓ = exp(-z)/(1 + exp(-z)) - (exp(-z)/(1 + exp(-z)))^2  -- and for z >= 0
PROVED for all real values
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from derivlib.proof import Derivation, Theory

__all__ = ["OPTIONS", "THEOREMS", "Formula", "Theorem"]


@dataclass(frozen=True)
class Formula:
    """A result, and the derivations that justify it.

    Attributes:
        formula: the result in LaTeX, for the reader.
        theory: what the letters mean, for `derivlib.proof.Theory`.
        chains: derivations, each from a definition to the stable form.
    """

    formula: str
    theory: str
    chains: tuple[str, ...]

    def derive(self) -> list[Derivation]:
        """The chains, each line proved.

        Raises:
            RefutedError: (a ValueError) a line is false.
        """
        return _derived(self.theory, self.chains)


@dataclass(frozen=True)
class Theorem(Formula):
    """What a kernel computes.

    Attributes:
        notebook, section: the stem of the notebook that explains it, and a heading in it.
    """

    notebook: str
    section: str


@cache
def _derived(text: str, chains: tuple[str, ...]) -> list[Derivation]:
    theory = Theory(text)
    return [theory.derive(chain) for chain in chains]


_SIGMOID = "z: real"
_SOFTMAX = """
    z: K                                      # logits
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))       # softmax
"""
_CROSS_ENTROPY = (
    _SOFTMAX
    + """
    y: K                                      # any weights
    v: K                                      # any direction
    b: real
    eps: real                                 # label smoothing
    L[c] := -log(p[c])                        # c is the true class
    M := -Σ(j, y[j]*log(p[j]))
    w[j] := (1 - eps)*y[j] + eps/K            # smoothed
    S := -Σ(j, w[j]*log(p[j]))
    T[c] := -(1 - eps)*log(p[c]) - eps/K*Σ(j, log(p[j]))  # a true class, smoothed
"""
)
_ENTROPY = (
    _SOFTMAX
    + """
    H := -Σ(j, p[j]*log(p[j]))
    c: real
"""
)
_DIVERGENCE = (
    _SOFTMAX
    + """
    w: K                                      # other logits
    q[j] := exp(w[j]) / Σ(k, exp(w[k]))
    D := Σ(j, p[j]*(log(p[j]) - log(q[j])))
    c: real
    x[j] := (w[j] - z[j] - c) - log(1 + Σ(k, p[k]*(exp(w[k] - z[k] - c) - 1)))
"""
)
_BINARY = """
    z: real                                   # logit
    y: real                                   # target
    v: real                                   # any direction
    eps: real                                 # label smoothing
    p := 1/(1 + exp(-z))
    L := -y*log(p) - (1 - y)*log(1 - p)
    w := (1 - eps)*y + eps/2                  # smoothed
    S := -w*log(p) - (1 - w)*log(1 - p)
"""

_LABEL_VALUE = """
    L[c]
      = log(Σ(k, exp(z[k]))) - z[c]                             -- log of a quotient
      = log((exp(z[c]) + Σ(k != c, exp(z[k])))/exp(z[c]))       -- the true class apart
      = log(1 + Σ(k != c, exp(z[k]))/exp(z[c]))                 -- for log1p
"""
_WEIGHTS_VALUE = """
    M
      = Σ(j, y[j]*(log(Σ(k, exp(z[k]))) - z[j]))                -- log of a quotient
      = Σ(j, y[j])*log(1 + Σ(k != i, exp(z[k] - z[i]))) - Σ(j, y[j]*(z[j] - z[i]))
"""
_SMOOTHED_VALUE = """
    T[c]
      = log(Σ(k, exp(z[k]))) - (1 - eps)*z[c] - eps/K*Σ(j, z[j])  -- log of a quotient
      = log(1 + Σ(k != i, exp(z[k] - z[i]))) - Σ(j, eps/K*(z[j] - z[i])) - (1 - eps)*(z[c] - z[i])
"""
_LABEL_GRAD = """
    ∂(L[c], z[i])
      = p[i] - δ(i,c)                                           -- softmax Jacobian, times -1/p
      = (1 - δ(i,c))*p[i] - δ(i,c)*(1 - p[c])                   -- the true class apart
      = (1 - δ(i,c))*p[i] - δ(i,c)*Σ(k != c, p[k])              -- Σ p = 1
"""
_WEIGHTS_GRAD = """
    ∂(M, z[i])
      = p[i]*Σ(j, y[j]) - y[i]                                  -- softmax Jacobian
      = p[i]*Σ(k != i, y[k]) - y[i]*Σ(k != i, p[k])             -- Σ p = 1; for the largest p
"""
_SMOOTHED_GRAD = """
    ∂(S, z[i])
      = p[i]*Σ(j, w[j]) - w[i]                                  -- weights like any others
"""
_LABEL_HVP = """
    Σ(j, ∂(L[c], z[i], z[j])*v[j])
      = p[i]*(v[i] - Σ(k, p[k]*v[k]))                           -- the label is gone
      = p[i]*((v[i] - b) - Σ(k, p[k]*(v[k] - b)))               -- any b, as Σ p = 1
"""
_WEIGHTS_HVP = """
    Σ(j, ∂(M, z[i], z[j])*v[j])
      = Σ(j, y[j])*p[i]*((v[i] - b) - Σ(k, p[k]*(v[k] - b)))    -- softmax Jacobian
"""
_BINARY_VALUE = """
    L
      = log(1 + exp(z)) - y*z                                   -- a label near 0
      = log(1 + exp(-z)) - (1 - y)*(-z)                         -- a label near 1
"""
_BINARY_GRAD = """
    ∂(L, z)
      = p - y                                                   -- a label near 0
      = (1 - y) - 1/(1 + exp(z))                                -- a label near 1: no p - 1
"""
_BINARY_SMOOTHED_GRAD = """
    ∂(S, z)
      = p - w                                                   -- a label like any other
"""
_BINARY_HVP = """
    ∂(L, z, z)*v
      = p*(1 - p)*v                                             -- y is gone
      = (exp(-z)/(1 + exp(-z)) - (exp(-z)/(1 + exp(-z)))^2)*v   -- q - q²
"""

_01, _02 = "01-sigmoid", "02-softmax-jacobian"
_03, _04 = "03-softmax-cross-entropy", "04-sigmoid-binary-cross-entropy"

THEOREMS = {
    "sigmoid": Theorem(
        r"\frac{1}{1 + e^{-z}}",
        _SIGMOID,
        (
            """
            sigmoid(z)
              = 1/(1 + exp(-z))                                 -- definition
              = exp(z) - exp(z)^2/(1 + exp(z))                  -- a - a²/(1 + E), for z < 0
              = 1 - 1/(1 + exp(z))                              -- the same with a = 1
            """,
        ),
        _01,
        "σ itself",
    ),
    "sigmoid_grad": Theorem(
        r"q - q^2,\; q = \frac{t}{1 + t},\; t = e^{-\lvert z \rvert}",
        _SIGMOID,
        (
            """
            ∂(sigmoid(z), z)
              = sigmoid(z)*(1 - sigmoid(z))                     -- quotient rule
              = exp(z)/(1 + exp(z)) - (exp(z)/(1 + exp(z)))^2   -- q - q², for z < 0
              = exp(-z)/(1 + exp(-z)) - (exp(-z)/(1 + exp(-z)))^2  -- and for z >= 0
            """,
        ),
        _01,
        "The slope, as printed",
    ),
    "log_sigmoid": Theorem(
        r"-\log(1 + e^{-z})",
        _SIGMOID,
        (
            """
            log(sigmoid(z))
              = -log(1 + exp(-z))                               -- definition
              = z - log(1 + exp(z))                             -- what z < 0 leaves of it
            """,
        ),
        _01,
        "Softplus and log σ",
    ),
    "softplus": Theorem(
        r"\log(1 + e^z)",
        _SIGMOID,
        (
            """
            log(1 + exp(z))
              = log(exp(z)*(1 + exp(-z)))                       -- factor
              = z + log(1 + exp(-z))                            -- z itself, where exp overflows
            """,
        ),
        _01,
        "Softplus and log σ",
    ),
    "logsumexp": Theorem(
        r"\log \sum_k e^{z_k}",
        _SOFTMAX,
        (
            """
            log(Σ(k, exp(z[k])))
              = z[i] + log(Σ(k, exp(z[k] - z[i])))              -- the shift
              = z[i] + log(1 + Σ(k != i, exp(z[k] - z[i])))     -- the largest apart, for log1p
            """,
        ),
        _02,
        "Licences to compute differently",
    ),
    "softmax": Theorem(
        r"\frac{e^{z_j}}{\sum_k e^{z_k}}",
        _SOFTMAX + "c: real",
        (
            """
            p[j]
              = exp(z[j])*exp(-c)/(Σ(k, exp(z[k]))*exp(-c))     -- expand
              = exp(z[j] - c)/Σ(k, exp(z[k] - c))               -- the shift
            """,
        ),
        _02,
        "Shifting all logits",
    ),
    "log_softmax": Theorem(
        r"z_j - \log \sum_k e^{z_k}",
        _SOFTMAX,
        (
            """
            log(p[j])
              = z[j] - log(Σ(k, exp(z[k])))                     -- log of a quotient
              = (z[j] - z[i]) - log(1 + Σ(k != i, exp(z[k] - z[i])))  -- the largest apart
            """,
        ),
        _02,
        "Licences to compute differently",
    ),
    "softmax_jacobian": Theorem(
        r"p_j (\delta_{ij} - p_i)",
        _SOFTMAX,
        (
            """
            ∂(p[j], z[i])
              = p[j]*(δ(i,j) - p[i])                            -- quotient rule
              = δ(i,j)*p[j]*Σ(k != j, p[k]) - (1 - δ(i,j))*p[j]*p[i]  -- Σ p = 1
            """,
        ),
        _02,
        "The two cases",
    ),
    "softmax_jvp": Theorem(
        r"p_j \Bigl(v_j - \sum_k p_k v_k\Bigr)",
        _SOFTMAX + "v: K\nc: real",
        (
            """
            Σ(i, ∂(p[j], z[i])*v[i])
              = Σ(i, p[j]*(δ(i,j) - p[i])*v[i])                 -- the Jacobian
              = p[j]*(v[j] - Σ(k, p[k]*v[k]))                   -- δ picks i = j
              = p[j]*((v[j] - c) - Σ(k, p[k]*(v[k] - c)))       -- any c, as Σ p = 1
            """,
        ),
        _02,
        "Multiplying without the matrix",
    ),
    "softmax_vjp": Theorem(
        r"p_i \Bigl(g_i - \sum_k p_k g_k\Bigr)",
        _SOFTMAX + "g: K\nc: real",
        (
            """
            Σ(j, g[j]*∂(p[j], z[i]))
              = Σ(j, g[j]*p[j]*(δ(i,j) - p[i]))                 -- the Jacobian
              = p[i]*(g[i] - Σ(k, p[k]*g[k]))                   -- δ picks j = i
              = p[i]*((g[i] - c) - Σ(k, p[k]*(g[k] - c)))       -- any c, as Σ p = 1
            """,
        ),
        _02,
        "Multiplying without the matrix",
    ),
    "log_softmax_vjp": Theorem(
        r"g_i - p_i \sum_j g_j",
        _SOFTMAX + "g: K",
        (
            """
            Σ(j, g[j]*∂(log(p[j]), z[i]))
              = Σ(j, g[j]*(δ(i,j) - p[i]))                      -- derivative of log-softmax
              = g[i] - p[i]*Σ(j, g[j])                          -- δ picks j = i
            """,
        ),
        _02,
        "Multiplying without the matrix",
    ),
    "softmax_entropy": Theorem(
        r"-\sum_j p_j \log p_j",
        _ENTROPY,
        (
            """
            H
              = log(Σ(k, exp(z[k]))) - Σ(j, p[j]*z[j])          -- log of a quotient
              = log(1 + Σ(k != i, exp(z[k] - z[i]))) + Σ(j, p[j]*(z[i] - z[j]))  -- no minus left
            """,
        ),
        _02,
        "The logarithm of softmax",
    ),
    "softmax_entropy_grad": Theorem(
        r"-p_i (\log p_i + H)",
        _ENTROPY,
        (
            """
            ∂(H, z[i])
              = -p[i]*(log(p[i]) + H)                           -- softmax Jacobian
              = p[i]*((c - z[i]) - Σ(k, p[k]*(c - z[k])))       -- any c, as Σ p = 1
            """,
        ),
        _02,
        "Multiplying without the matrix",
    ),
    "softmax_kl": Theorem(
        r"\sum_j p_j (\log p_j - \log q_j)",
        _DIVERGENCE,
        (
            """
            D
              = Σ(j, q[j] - p[j] + p[j]*(log(p[j]) - log(q[j])))  -- Σ q = Σ p
              = Σ(j, p[j]*(exp(log(q[j]) - log(p[j])) - 1 - (log(q[j]) - log(p[j]))))  -- p out
              = Σ(j, q[j]*(1 - (1 + x[j])*exp(-x[j])))          -- x = log q - log p, where x > 1
              = Σ(j, p[j]*(exp(x[j]) - 1 - x[j]))               -- and elsewhere: no term below 0
            """,
        ),
        _03,
        "Cross-entropy and Kullback–Leibler",
    ),
    "softmax_kl_grad_z": Theorem(
        r"p_i (\log p_i - \log q_i - D)",
        _DIVERGENCE,
        (
            """
            ∂(D, z[i])
              = p[i]*(log(p[i]) - log(q[i]) - D)                -- softmax Jacobian
              = p[i]*((z[i] - w[i] - c) - Σ(k, p[k]*(z[k] - w[k] - c)))  -- any c, as Σ p = 1
            """,
        ),
        _03,
        "Cross-entropy and Kullback–Leibler",
    ),
    "softmax_kl_grad_w": Theorem(
        r"q_i - p_i",
        _DIVERGENCE,
        (
            """
            ∂(D, w[i])
              = q[i] - p[i]                                     -- as in cross-entropy
              = -q[i]*(exp(-x[i]) - 1)                          -- x = log q - log p, where x > 0
              = p[i]*(exp(x[i]) - 1)                            -- and elsewhere
            """,
        ),
        _03,
        "Cross-entropy and Kullback–Leibler",
    ),
    "softmax_cross_entropy": Theorem(
        r"-\sum_j y_j \log p_j",
        _CROSS_ENTROPY,
        (_LABEL_VALUE, _WEIGHTS_VALUE, _SMOOTHED_VALUE),
        _03,
        "The kernel",
    ),
    "softmax_cross_entropy_grad": Theorem(
        r"p_i \sum_j y_j - y_i",
        _CROSS_ENTROPY,
        (_LABEL_GRAD, _WEIGHTS_GRAD, _SMOOTHED_GRAD),
        _03,
        "3. For every size",
    ),
    "softmax_cross_entropy_value_and_grad": Theorem(
        r"\text{both at once}",
        _CROSS_ENTROPY,
        (_LABEL_VALUE, _WEIGHTS_VALUE, _LABEL_GRAD, _WEIGHTS_GRAD),
        _03,
        "The kernel",
    ),
    "softmax_cross_entropy_hvp": Theorem(
        r"p_i \Bigl(v_i - \sum_k p_k v_k\Bigr) \sum_j y_j",
        _CROSS_ENTROPY,
        (_LABEL_HVP, _WEIGHTS_HVP),
        _03,
        "Once more: the Hessian",
    ),
    "sigmoid_binary_cross_entropy": Theorem(
        r"\log(1 + e^z) - y z", _BINARY, (_BINARY_VALUE,), _04, "The stable loss"
    ),
    "sigmoid_binary_cross_entropy_grad": Theorem(
        r"p - y", _BINARY, (_BINARY_GRAD, _BINARY_SMOOTHED_GRAD), _04, "The stable gradient"
    ),
    "sigmoid_binary_cross_entropy_value_and_grad": Theorem(
        r"\text{both at once}", _BINARY, (_BINARY_VALUE, _BINARY_GRAD), _04, "Both at once"
    ),
    "sigmoid_binary_cross_entropy_hvp": Theorem(
        r"p (1 - p) v", _BINARY, (_BINARY_HVP,), _04, "The stable Hessian"
    ),
}

# --- the options of the kernels: what they change in the formulas above ---------------------------

_OPTIONAL = """
    z: K                                      # logits
    m: K                                      # 1 for a class that takes part, otherwise 0
    assume m[k]^2 = m[k]
    b: K                                      # weights of any sign
    y: K                                      # a distribution
    v: K                                      # any direction
    s: real                                   # the weight of an example
    eps: real                                 # label smoothing
    n := Σ(k, m[k])
    q[j] := m[j]*exp(z[j])/Σ(k, m[k]*exp(z[k]))             # softmax of those that take part
    L[c] := -log(m[c]*exp(z[c])/Σ(k, m[k]*exp(z[k])))       # c is the true class
    p[j] := exp(z[j])/Σ(k, exp(z[k]))
    w[j] := b[j]*((1 - eps)*y[j] + eps/K)                   # smoothed, then weighted
    u[j] := m[j]*((1 - eps)*y[j] + eps/n)                   # smoothed over what takes part
    M := -Σ(j, w[j]*log(p[j]))
    N := Σ(j, u[j]*(log(Σ(k, m[k]*exp(z[k]))) - z[j]))
"""

OPTIONS = {
    "where": Formula(
        r"q_j = \frac{m_j e^{z_j}}{\sum_k m_k e^{z_k}},\quad"
        r" \frac{\partial L}{\partial z_i} = q_i \sum_j u_j - u_i",
        _OPTIONAL,
        (
            """
            Σ(k, m[k]*exp(z[k]))
              = Σ(k, m[k]^2*exp(z[k]))                          -- a mask is 0 or 1
            """,
            """
            log(Σ(k, m[k]*exp(z[k])))
              = z[i] + log(Σ(k, m[k]*exp(z[k] - z[i])))         -- the shift
            """,
            """
            ∂(L[c], z[i])
              = q[i] - δ(i,c)                                   -- 0 where m is 0, for i != c
            """,
            """
            ∂(N, z[i])
              = q[i]*Σ(j, u[j]) - u[i]                          -- weights of what takes part
            """,
            """
            Σ(j, ∂(N, z[i], z[j])*v[j])
              = Σ(j, u[j])*q[i]*(v[i] - Σ(k, q[k]*v[k]))        -- softmax Jacobian
              = ((1 - eps)*Σ(j, m[j]*y[j]) + eps)*q[i]*(v[i] - Σ(k, q[k]*v[k]))
            """,
            """
            Σ(j, ∂(L[c], z[i], z[j])*v[j])
              = q[i]*(v[i] - Σ(k, q[k]*v[k]))                   -- what is left out moves nothing
            """,
        ),
    ),
    "weights of logsumexp": Formula(
        r"\log \Bigl\lvert \sum_j b_j e^{z_j} \Bigr\rvert",
        _OPTIONAL,
        (
            """
            log(abs(Σ(k, b[k]*exp(z[k]))))
              = z[i] + log(abs(Σ(k, b[k]*exp(z[k] - z[i]))))    -- the shift
            """,
            """
            Σ(k, b[k]*exp(z[k]))
              = b[i]*exp(z[i])*(1 + Σ(k != i, b[k]*exp(z[k]))/(b[i]*exp(z[i])))  -- one apart
            """,
        ),
    ),
    "weights of examples": Formula(
        r"s L,\quad s \frac{\partial L}{\partial z_i}",
        _OPTIONAL,
        (
            """
            ∂(s*M, z[i])
              = s*∂(M, z[i])                                    -- s is no logit
              = s*(p[i]*Σ(j, w[j]) - w[i])
            """,
        ),
    ),
    "class_weights": Formula(
        r"-\sum_j w_j \log p_j,\quad w_j = b_j \bigl((1 - \alpha) y_j + \alpha/K\bigr)",
        _OPTIONAL,
        (
            """
            M
              = Σ(j, w[j])*log(Σ(k, exp(z[k]))) - Σ(j, w[j]*z[j])
            """,
            """
            ∂(M, z[i])
              = p[i]*Σ(j, w[j]) - w[i]                          -- weights like any others
            """,
            """
            -Σ(j, b[j]*δ(j,c)*log(p[j]))
              = b[c]*(-log(p[c]))                               -- a true class counts b[c]
            """,
        ),
    ),
}
"""What an option of a kernel means; `ignore_index` is a weight of 0."""
