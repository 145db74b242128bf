"""The theories that many tests speak of, in the language's words, and derivations in them."""

SOFTMAX = """
z: K
y: K, sum 1
v: K
c: real
p[j] := exp(z[j]) / Σ(k, exp(z[k]))
L := -Σ(j, y[j]*log(p[j]))
"""
UNCONSTRAINED = SOFTMAX.replace(", sum 1", "")
CROSS_ENTROPY = """
∂(L, z[i])
  = Σ(j, ∂(L, p[j]) * ∂(p[j], z[i]))            -- chain rule
  = Σ(j, -y[j]/p[j] * (p[j]*(δ(i,j) - p[i])))   -- softmax Jacobian
  = -Σ(j, y[j]*δ(i,j)) + p[i]*Σ(j, y[j])        -- distribute
  = p[i]*Σ(j, y[j]) - y[i]                      -- δ picks j = i
  = p[i] - y[i]                                 -- Σ y = 1
"""
"""Of SOFTMAX."""
SIGMOID = """
x: real
t: real
q := 1/(1 + exp(x))
s := sigmoid(x)
B := -(t*log(s) + (1 - t)*log(1 - s))
"""
LOGISTIC = """
X: m×d
w: d
t: m
a[n] := sigmoid(Σ(q, X[n,q]*w[q]))
L := -1/m * Σ(n, t[n]*log(a[n]) + (1 - t[n])*log(1 - a[n]))
"""
LAYER = """
X: m×d
W: d×K
b: K
Y: m×K, sum 1
z[n,c] := Σ(a, X[n,a]*W[a,c]) + b[c]
p[n,c] := exp(z[n,c]) / Σ(k, exp(z[n,k]))
L := -1/m * Σ(n, j, Y[n,j]*log(p[n,j]))
"""
TWO_LAYERS = """
X: m×d
U: d×H
W: H×K
Y: m×K, sum 1
h[n,u] := tanh(Σ(a, X[n,a]*U[a,u]))
z[n,c] := Σ(u, h[n,u]*W[u,c])
p[n,c] := exp(z[n,c]) / Σ(k, exp(z[n,k]))
L := -1/m * Σ(n, j, Y[n,j]*log(p[n,j]))
"""
ARRAYS = "x: K\ny: K\nA: m×K\nB: K×m\nc: real\nd: real"

# Back-propagation through time: W moves in the direction V; e are the activation's derivatives at
# each step, hdot is the tangent, lam the adjoint.
ASSUMED = (
    "lam[T+1,a] = 0",
    "hdot[0,a] = 0",
    "hdot[t,a] = e[t,a]*Σ(b, W[a,b]*hdot[t-1,b] + V[a,b]*h[t-1,b])",
)


def recurrent(assumed: tuple[str, ...] = ASSUMED) -> str:
    return "\n".join(
        [
            "W, V: H×H",
            "h, hdot: 0..T × H",
            "e, lam: 1..T+1 × H",
            *(f"assume {text}" for text in assumed),
            "g[t,a] := lam[t,a] - Σ(b, W[b,a]*e[t+1,b]*lam[t+1,b])",
            "",
        ]
    )


RECURRENT = recurrent()
BACK_PROPAGATION = (
    "Σ(t in 1..T, a, g[t,a]*hdot[t,a])",
    "Σ(t in 1..T, a, b, lam[t,a]*e[t,a]*V[a,b]*h[t-1,b])",
)
"""Both sides, equal in RECURRENT."""
