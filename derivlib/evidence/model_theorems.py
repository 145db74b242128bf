"""The theorems behind `derivlib.models`: each gradient, for every size.

The penalty is left out: it adds l2 times the weights.

>>> print(MODELS["logistic_regression"].derive()[0])
∂(L, w[i])
✓ = Σ(n, ∂(L, z[n])*∂(z[n], w[i]))  -- chain rule
✓ = Σ(n, X[n,i]*(p[n] - y[n]))/m    -- binary cross-entropy
PROVED for all m ≥ 1, d ≥ 1
"""

from __future__ import annotations

from derivlib.evidence.theorems import Theorem

__all__ = ["MODELS", "model_of"]


def model_of(name: str) -> str:
    """The module of `derivlib.models` that a theorem of `MODELS` is about.

    >>> model_of("two_layer, tanh and softmax")
    'two_layer'
    """
    return name.partition(",")[0]


_LOGISTIC = """
    X: m×d
    y: m
    w: d
    b: real
    v: d                                      # a direction for w …
    c: real                                   # … and for b
    z[n] := Σ(i, X[n,i]*w[i]) + b
    p[n] := 1/(1 + exp(-z[n]))
    L := -Σ(n, y[n]*log(p[n]) + (1 - y[n])*log(1 - p[n]))/m
"""
_SOFTMAX = """
    X: m×d
    Y: m×K                                    # any weights
    W: d×K
    b: K
    V: d×K                                    # a direction for W …
    a: K                                      # … and for b
    z[n,k] := Σ(i, X[n,i]*W[i,k]) + b[k]
    p[n,k] := exp(z[n,k])/Σ(j, exp(z[n,j]))
    L := -Σ(n, k, Y[n,k]*log(p[n,k]))/m
    u[n,k] := Σ(i, X[n,i]*V[i,k])             # what V does to the logits
"""
_TWO_LAYER = """
    X: m×d
    Y: m×K                                    # any weights
    W: d×H
    b: H
    V: H×K
    c: K
    a[n,h] := Σ(i, X[n,i]*W[i,h]) + b[h]
    t[n,h] := {activation}
    z[n,k] := Σ(h, t[n,h]*V[h,k]) + c[k]
    p[n,k] := {output}
    L := -Σ(n, k, {loss})/m
    D[n,k] := ({residual})/m
    A[n,h] := {derivative}*Σ(k, D[n,k]*V[h,k])
"""
_HIDDEN = {
    "tanh": {"activation": "tanh(a[n,h])", "derivative": "(1 - t[n,h]^2)"},
    "sigmoid": {"activation": "sigmoid(a[n,h])", "derivative": "t[n,h]*(1 - t[n,h])"},
    "identity": {"activation": "a[n,h]", "derivative": "1"},
}
_OUTPUT = {
    "softmax": {
        "output": "exp(z[n,k])/Σ(j, exp(z[n,j]))",
        "loss": "Y[n,k]*log(p[n,k])",
        "residual": "p[n,k]*Σ(j, Y[n,j]) - Y[n,k]",
    },
    "sigmoid": {
        "output": "1/(1 + exp(-z[n,k]))",
        "loss": "Y[n,k]*log(p[n,k]) + (1 - Y[n,k])*log(1 - p[n,k])",
        "residual": "p[n,k] - Y[n,k]",
    },
}
_TWO_LAYER_GRADIENT = (
    "∂(L, V[h,k])\n = Σ(n, t[n,h]*D[n,k])",
    "∂(L, c[k])\n = Σ(n, D[n,k])",
    "∂(L, W[i,h])\n = Σ(n, X[n,i]*A[n,h])",
    "∂(L, b[h])\n = Σ(n, A[n,h])",
)

# The tangent and the adjoint of one sequence. The tangent carries a change of the parameters
# forwards; weighted with the gradients g of the steps' own losses, its sum over the steps is what
# the adjoint, which runs backwards, gives.
_RECURRENT = """
    x: 1..T × d
    W: H×H
    dU: d×H                                   # a direction in which U, W and b move …
    dW: H×H
    db: H
    h: 0..T × H
    dh: 0..T × H                              # … the one in which h follows …
    f: 1..T × H                               # … and what each step adds to it
    e: 1..T+1 × H                             # tanh′ at each step
    lam: 1..T+1 × H                           # the adjoint
    assume dh[0,a] = 0
    assume dh[t,a] = e[t,a]*(f[t,a] + Σ(q, dh[t-1,q]*W[q,a]))
    assume lam[T+1,a] = 0
    g[t,a] := lam[t,a] - Σ(q, W[a,q]*e[t+1,q]*lam[t+1,q])
    p[t,a] := Σ(i, x[t,i]*dU[i,a]) + Σ(q, h[t-1,q]*dW[q,a]) + db[a]
    dL := Σ(t in 1..T, a, lam[t,a]*e[t,a]*p[t,a])  # with p for f
"""
_THROUGH_TIME = (
    """
    Σ(t in 1..T, a, g[t,a]*dh[t,a])
      = Σ(t in 1..T, a, lam[t,a]*e[t,a]*f[t,a])                 -- telescoping
    """,
    "∂(dL, dU[i,a])\n = Σ(t in 1..T, x[t,i]*lam[t,a]*e[t,a])",
    "∂(dL, dW[q,a])\n = Σ(t in 1..T, h[t-1,q]*lam[t,a]*e[t,a])",
    "∂(dL, db[a])\n = Σ(t in 1..T, lam[t,a]*e[t,a])",
)


# The gradients of a step's own loss: in the output layer, and in the hidden state.
_OUTPUT_LAYER = """
    h: 1..T × H
    V: H×K
    c: K
    y: 1..T × K                               # any weights
    z[t,k] := Σ(a, h[t,a]*V[a,k]) + c[k]
    p[t,k] := exp(z[t,k])/Σ(j, exp(z[t,j]))
    L := -Σ(t in 1..T, k, y[t,k]*log(p[t,k]))
    D[t,k] := p[t,k]*Σ(j, y[t,j]) - y[t,k]
"""
_EACH_STEP = (
    "∂(L, V[a,k])\n = Σ(t in 1..T, h[t,a]*D[t,k])",
    "∂(L, c[k])\n = Σ(t in 1..T, D[t,k])",
    "∂(L, h[t,a])\n = Σ(k, D[t,k]*V[a,k])",
)


def _two_layer(hidden: str, output: str) -> Theorem:
    return Theorem(
        r"X^\top (D W_2^\top \odot h′),\quad h^\top D",
        _TWO_LAYER.format(**_HIDDEN[hidden], **_OUTPUT[output]),
        _TWO_LAYER_GRADIENT,
        "06-two-layer-network",
        "3. For every size",
    )


MODELS = {
    "logistic_regression": Theorem(
        r"X^\top (p - y)/m",
        _LOGISTIC,
        (
            """
            ∂(L, w[i])
              = Σ(n, ∂(L, z[n])*∂(z[n], w[i]))                  -- chain rule
              = Σ(n, X[n,i]*(p[n] - y[n]))/m                    -- binary cross-entropy
            """,
            """
            ∂(L, b)
              = Σ(n, p[n] - y[n])/m                             -- ∂z/∂b = 1
            """,
            """
            Σ(j, ∂(L, w[i], w[j])*v[j]) + ∂(L, w[i], b)*c
              = Σ(n, X[n,i]*p[n]*(1 - p[n])*(Σ(j, X[n,j]*v[j]) + c))/m  -- σ′
            """,
            """
            Σ(j, ∂(L, b, w[j])*v[j]) + ∂(L, b, b)*c
              = Σ(n, p[n]*(1 - p[n])*(Σ(j, X[n,j]*v[j]) + c))/m  -- σ′
            """,
        ),
        "05-logistic-regression",
        "3. For every size",
    ),
    "softmax_regression": Theorem(
        r"X^\top (P - Y)/m",
        _SOFTMAX,
        (
            """
            ∂(L, W[i,k])
              = Σ(n, j, ∂(L, z[n,j])*∂(z[n,j], W[i,k]))         -- chain rule
              = Σ(n, X[n,i]*(p[n,k]*Σ(j, Y[n,j]) - Y[n,k]))/m   -- cross-entropy
            """,
            """
            ∂(L, b[k])
              = Σ(n, p[n,k]*Σ(j, Y[n,j]) - Y[n,k])/m            -- ∂z/∂b is δ
            """,
            # The Hessian, block by block: W on W, b on W, W on b, b on b.
            """
            Σ(j, c, ∂(L, W[i,k], W[j,c])*V[j,c])
              = Σ(n, X[n,i]*p[n,k]*(u[n,k] - Σ(c, p[n,c]*u[n,c]))*Σ(j, Y[n,j]))/m
            """,
            """
            Σ(c, ∂(L, W[i,k], b[c])*a[c])
              = Σ(n, X[n,i]*p[n,k]*(a[k] - Σ(c, p[n,c]*a[c]))*Σ(j, Y[n,j]))/m
            """,
            """
            Σ(j, c, ∂(L, b[k], W[j,c])*V[j,c])
              = Σ(n, p[n,k]*(u[n,k] - Σ(c, p[n,c]*u[n,c]))*Σ(j, Y[n,j]))/m
            """,
            """
            Σ(c, ∂(L, b[k], b[c])*a[c])
              = Σ(n, p[n,k]*(a[k] - Σ(c, p[n,c]*a[c]))*Σ(j, Y[n,j]))/m
            """,
        ),
        "07-softmax-layer",
        "3. For every size",
    ),
    **{
        f"two_layer, {hidden} and {output}": _two_layer(hidden, output)
        for hidden in _HIDDEN
        for output in _OUTPUT
    },
    "recurrent": Theorem(
        r"\sum_t h_{t-1}^\top (\lambda_t \odot \tanh′)",
        _RECURRENT,
        _THROUGH_TIME,
        "08-recurrent-network",
        "3. For every length",
    ),
    "recurrent, output layer": Theorem(
        r"\sum_t h_t^\top D_t",
        _OUTPUT_LAYER,
        _EACH_STEP,
        "08-recurrent-network",
        "3. For every length",
    ),
}
