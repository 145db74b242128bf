"""Statements with known verdicts, for the refuter: theory, left, right."""

from __future__ import annotations

from tests.support.theories import (
    ARRAYS,
    BACK_PROPAGATION,
    LAYER,
    LOGISTIC,
    RECURRENT,
    SIGMOID,
    SOFTMAX,
    TWO_LAYERS,
    UNCONSTRAINED,
)

POSITIVE = "x: K, positive\nc: real, positive"

TIMES = "f: 0..T\ng: T\nu: 1..T+1"
INNER, OUTER = BACK_PROPAGATION
NETWORK = """
W: H×H
V: H×H
h: 0..T × H
e: 1..T+1 × H
g: T × H
lam: 1..T+1 × H
hdot: 0..T × H
assume h[t,a] = tanh(Σ(b, W[a,b]*h[t-1,b]))
assume e[t,a] = 1 - h[t,a]^2
assume hdot[0,a] = 0
assume hdot[t,a] = e[t,a]*Σ(b, W[a,b]*hdot[t-1,b] + V[a,b]*h[t-1,b])
assume lam[t,a] = g[t,a] + Σ(b, W[b,a]*e[t+1,b]*lam[t+1,b])
assume lam[T+1,a] = 0
"""
SQUASHED = "x, t: K\nassume t[i] = sigmoid(x[i])"

TRUE = [
    (SOFTMAX, "∂(p[j], z[i])", "p[j]*(δ(i,j) - p[i])"),
    (SOFTMAX, "Σ(j, p[j])", "1"),
    (SOFTMAX, "Σ(j, ∂(p[j], z[i]))", "0"),
    (SOFTMAX, "L", "log(Σ(k, exp(z[k]))) - Σ(j, y[j]*z[j])"),
    (SOFTMAX, "∂(L, z[i])", "p[i] - y[i]"),
    (SOFTMAX, "∂(L, z[i], z[j])", "p[i]*(δ(i,j) - p[j])"),
    (SOFTMAX, "∂(log(Σ(k, exp(z[k]))), z[i])", "p[i]"),
    (SOFTMAX, "log(Σ(k, exp(z[k] - c))) + c", "log(Σ(k, exp(z[k])))"),
    (SOFTMAX, "exp(z[i] - c)/Σ(k, exp(z[k] - c))", "p[i]"),
    (
        SOFTMAX,
        "Σ(i, j, v[i]*(δ(i,j)*p[i] - p[i]*p[j])*v[j])",
        "Σ(i, j, p[i]*p[j]*(v[i] - v[j])^2)/2",
    ),
    (SOFTMAX, "Σ(i, z[i]*∂(p[j], z[i]))", "p[j]*(z[j] - Σ(k, p[k]*z[k]))"),
    (SOFTMAX, "∂(Σ(i, exp(z[i])), z[i])", "exp(z[i])"),
    (SOFTMAX, "Σ(k != i, p[k])", "1 - p[i]"),
    (SOFTMAX, "δ(i,j)*z[i]", "δ(i,j)*z[j]"),
    (SOFTMAX, "∂(L, z[i])", "Σ(j, ∂(L, p[j])*∂(p[j], z[i]))"),
    (SOFTMAX, "∂(L, p[i])", "-y[i]/p[i]"),
    (SOFTMAX, "∂(Σ(j, y[j]), y[i])", "1"),
    (SOFTMAX, "∂(∂(L, p[j]), z[i])", "y[j]/p[j]^2*∂(p[j], z[i])"),
    (UNCONSTRAINED, "∂(L, z[i])", "p[i]*Σ(j, y[j]) - y[i]"),
    (SIGMOID, "∂(s, x)", "s*(1 - s)"),
    (SIGMOID, "s", "1/(1 + exp(-x))"),
    (SIGMOID, "sigmoid(-x)", "1 - s"),
    (SIGMOID, "tanh(x)", "2*sigmoid(2*x) - 1"),
    (SIGMOID, "∂(B, x)", "s - t"),
    (SIGMOID, "B", "log(1 + exp(x)) - t*x"),
    (SIGMOID, "∂(q, x)", "-q*(1 - q)"),
    (SIGMOID, "∂(s, x, x, x)", "s*(1 - s)*(1 - 6*s + 6*s^2)"),
    (LOGISTIC, "∂(L, w[r])", "1/m * Σ(n, X[n,r]*(a[n] - t[n]))"),
    (LOGISTIC, "∂(L, w[r], w[q])", "1/m * Σ(n, X[n,r]*a[n]*(1 - a[n])*X[n,q])"),
    (LAYER, "∂(L, z[n,c])", "1/m * (p[n,c] - Y[n,c])"),
    (LAYER, "∂(L, W[a,c])", "1/m * Σ(n, X[n,a]*(p[n,c] - Y[n,c]))"),
    (LAYER, "∂(L, b[c])", "1/m * Σ(n, p[n,c] - Y[n,c])"),
    (
        TWO_LAYERS,
        "∂(L, U[a,u])",
        "1/m * Σ(n, X[n,a]*(1 - h[n,u]^2)*Σ(c, (p[n,c] - Y[n,c])*W[u,c]))",
    ),
    (ARRAYS, "Σ(n, A[n,i]*B[i,n])", "Σ(n, B[i,n]*A[n,i])"),
    (POSITIVE, "sqrt(x[i]^2)", "x[i]"),
    (POSITIVE, "log(c*x[i])", "log(c) + log(x[i])"),
    ("u, v: K\nassume u[i]*v[i] = 1", "1/u[i]", "v[i]"),
    ("A: n×n\nassume A[i,j] = -A[j,i]", "A[i,i]", "0"),
    (
        "A, B: n×n\nassume Σ(j, A[i,j]*B[j,k]) = δ(i,k)",
        "Σ(j, B[i,j]*A[j,k])",
        "δ(i,k)",
    ),
    ("P: m×K, sum 1\nassume Σ(n, P[n,k]) = 1", "Σ(n, k, P[n,k]*m)", "Σ(n, k, P[n,k]*K)"),
    (TIMES, "Σ(t in 1..T, f[t] - f[t-1])", "f[T] - f[0]"),
    (TIMES, "Σ(t in 1..T+1, u[t]) - Σ(t in 2..T, u[t])", "u[1] + u[T+1]"),
    (TIMES, "Σ(t in 1..T, g[t]*f[t-1])", "Σ(t in 0..T-1, g[t+1]*f[t])"),
    (TIMES, "Σ(s in 1..t, g[s]) - Σ(s in 1..t-1, g[s])", "g[t]"),
    (TIMES, "Σ(t in 1..T, s in 1..t, g[t]*u[s])", "Σ(s in 1..T, t in s..T, g[t]*u[s])"),
    (TIMES, "∂(Σ(t in 1..T, g[t]*f[t-1]), f[s])", "Σ(t in 1..T, δ(t-1,s)*g[t])"),
    (TIMES, "∂(f[T]^2 - f[0], f[t])", "2*δ(t,T)*f[t] - δ(t,0)"),
    (TIMES, "Σ(t in 1..T-1, 1)", "T - 1"),
    (RECURRENT, INNER, OUTER),
    (RECURRENT, "lam[t,a]", "g[t,a] + Σ(b, W[b,a]*e[t+1,b]*lam[t+1,b])"),
    (RECURRENT, "g[T,a]", "lam[T,a]"),
    (NETWORK, INNER, OUTER),
    (NETWORK, "lam[T,a]", "g[T,a]"),
    (NETWORK, "∂(h[T,a], h[0,b])", "0"),  # hypotheses do not restrict derivatives
    (SQUASHED, "log(t[i]/(1 - t[i]))", "x[i]"),
    ("x: 0..T\nassume x[t] = 2*x[t-1]", "x[T]", "2^T*x[0]"),
    ("x: 0..T\nv: T\nassume x[t] = x[t-1] + v[t]\nassume x[T] = 0", "x[0]", "-Σ(t, v[t])"),
]
FALSE = [
    (SOFTMAX, "∂(L, z[i])", "y[i] - p[i]", {"K": 2}),
    (SOFTMAX, "∂(L, p[i])", "p[i] - y[i]", {"K": 1}),
    (SOFTMAX, "∂(p[j], z[i])", "p[j]*(1 - p[i])", {"K": 2}),
    (SOFTMAX, "∂(p[j], z[i])", "-p[i]*p[j]", {"K": 1}),
    (SOFTMAX, "∂(p[j], z[i])", "δ(i,j)*p[j] - p[j]*p[j]", {"K": 2}),
    (SOFTMAX, "∂(p[i], z[i])", "(exp(z[i]) - exp(z[i]))/Σ(k, exp(z[k]))^2", {"K": 2}),
    (SOFTMAX, "exp(z[i] - c)/Σ(k, exp(z[k]))", "p[i]", {"K": 1}),
    (SOFTMAX, "Σ(i, y[i]*z[i])", "Σ(i, z[i])/K", {"K": 2}),
    (SOFTMAX, "∂(Σ(j, y[j]), y[i])", "0", {"K": 1}),
    (SOFTMAX, "Σ(k != i, l != i, p[k]*p[l])", "Σ(k != i, l != i != k, p[k]*p[l])", {"K": 2}),
    (UNCONSTRAINED, "∂(L, z[i])", "p[i] - y[i]", {"K": 1}),
    (SIGMOID, "∂(q, x)", "q*(1 - q)", {}),
    (SIGMOID, "∂(t*log(s) + (1 - t)*log(1 - s), x)", "s - t", {}),
    (LOGISTIC, "∂(L, w[r])", "Σ(n, X[n,r]*(a[n] - t[n]))", {"m": 2, "d": 1}),
    (LOGISTIC, "∂(L, w[r])", "L", {"m": 1, "d": 1}),
    (
        LAYER,
        "∂(L, z[n,c])",
        "-1/m * (Y[n,c]*(1 - p[n,c]) - Σ(t != c, Y[n,t]*p[n,t]))",
        {"m": 1, "K": 2, "d": 1},
    ),
    (LAYER, "∂(L, b[c])", "1/m^2 * Σ(n, p[n,c] - Y[n,c])", {"m": 2, "K": 2, "d": 1}),
    (
        TWO_LAYERS,
        "∂(L, U[a,u])",
        "1/m * Σ(n, X[n,a]*Σ(c, (p[n,c] - Y[n,c])*W[u,c]))",
        {"m": 1, "d": 1, "H": 1, "K": 2},
    ),
    (ARRAYS, "(K - 1)*(K - 2)*(K - 3)*x[i]", "0", {"K": 4}),
    (ARRAYS, "Σ(n, i, A[n,i])/m", "Σ(n, i, A[n,i])/K", {"m": 2, "K": 1}),
    (ARRAYS, "δ(i,j)*δ(j,k)*x[i]", "δ(i,k)*x[i]", {"K": 2}),
    (ARRAYS, "(1 - δ(i,j))*(1 - δ(j,k))*(1 - δ(i,k))*x[i]", "0", {"K": 3}),
    (ARRAYS, "x[i]", "x[2]", {"K": 2}),
    (ARRAYS, "x[3]", "x[1]", {"K": 3}),
    (ARRAYS, "sqrt(x[i]^2)", "x[i]", {"K": 1}),
    (ARRAYS, "Max(x[i], 0)", "x[i]", {"K": 1}),
    (ARRAYS, "∂(Max(x[i], 0), x[i])", "1", {"K": 1}),
    (ARRAYS, "x[i]^0", "0", {"K": 1}),
    ("x: K\nK >= 3", "Σ(i, x[i])", "x[1] + x[2]", {"K": 3}),
    ("x: K\nassume Σ(i, x[i]) = 0", "x[i]", "0", {"K": 2}),
    ("A: n×n\nassume A[i,j] = A[j,i]", "A[i,j]", "-A[i,j]", {"n": 1}),
    ("u, v: K\nassume u[i]*v[i] = 1", "u[i]", "v[i]", {"K": 1}),
    # off by one at an end
    (TIMES, "Σ(t in 1..T, f[t] - f[t-1])", "f[T]", {"T": 1}),
    (TIMES, "Σ(t in 1..T, f[t] - f[t-1])", "f[T] - f[1]", {"T": 1}),
    (TIMES, "Σ(t in 0..T, f[t])", "Σ(t in 1..T, f[t])", {"T": 1}),
    (TIMES, "Σ(t in 1..T, f[t-1])", "Σ(t in 0..T, f[t])", {"T": 1}),
    (TIMES, "Σ(t in 1..T, s in 1..t, g[s])", "Σ(t in 1..T, s in 1..t-1, g[s])", {"T": 1}),
    (TIMES, "∂(Σ(t in 1..T, g[t]*f[t-1]), f[s])", "g[s]", {"T": 1}),
    (TIMES, "f[t]", "f[t-1]", {"T": 1}),
    (TIMES, "Σ(t in 1..T, 1)", "T + 1", {"T": 1}),
    # wrong in an empty sum, or where there is none
    (TIMES, "Σ(s in 1..t-1, g[s])*δ(t,1)", "δ(t,1)*g[t]", {"T": 1}),
    (TIMES, "Σ(t in 1..T-1, g[t])", "0", {"T": 2}),
    (TIMES, "δ(t,1)*δ(t,T)*g[t]", "0", {"T": 1}),
    (TIMES, "(1 - δ(t,1))*(1 - δ(t,T))*g[t]", "0", {"T": 3}),
    # an axis that starts elsewhere
    (TIMES, "δ(t,0)*f[t]", "0", {"T": 1}),
    (TIMES, "δ(s,0)*δ(t,T)*f[s]*f[t]", "0", {"T": 1}),
    (TIMES, "δ(t,T)*f[t]", "0", {"T": 1}),
    (TIMES, "(1 - δ(t,T+1))*u[t]", "u[t]", {"T": 1}),
    ("x: -1..T", "Σ(t, x[t]^0)", "T + 1", {"T": 1}),
    ("x: -1..T", "x[-1]*δ(t,-1)*x[t]", "0", {"T": 1}),
    # back-propagation through time, each of its conditions dropped
    (RECURRENT, INNER, OUTER.replace("t-1", "t"), {"T": 1, "H": 1}),
    (RECURRENT.replace("assume hdot[0,a] = 0", ""), INNER, OUTER, {"T": 1, "H": 1}),
    (RECURRENT.replace("assume lam[T+1,a] = 0", ""), INNER, OUTER, {"T": 1, "H": 1}),
    (RECURRENT.replace("W[b,a]*e", "W[a,b]*e"), INNER, OUTER, {"T": 2, "H": 2}),
    (RECURRENT.replace("e[t+1,b]*lam[t+1,b]", "e[t,b]*lam[t+1,b]"), INNER, OUTER, {"T": 2, "H": 1}),
    (NETWORK, INNER, OUTER.replace("t-1", "t"), {"T": 1, "H": 1}),
    (NETWORK.replace("assume hdot[0,a] = 0", ""), INNER, OUTER, {"T": 1, "H": 1}),
    (NETWORK.replace("assume lam[T+1,a] = 0", ""), INNER, OUTER, {"T": 1, "H": 1}),
    (NETWORK, "h[T,a]", "h[0,a]", {"T": 1, "H": 1}),
    (NETWORK, "∂(h[T,a], h[T,b])", "0", {"T": 1, "H": 1}),
    (SQUASHED, "t[i]", "1/2", {"K": 1}),
    (SQUASHED, "∂(t[i], x[i])", "t[i]*(1 - t[i])", {"K": 1}),
    ("x: 0..T\nassume x[t] = 2*x[t-1]", "x[T]", "2^(T - 1)*x[0]", {"T": 1}),
]
CONDITIONAL = [
    (SOFTMAX, "(1 - p[i])/(1 - p[i])", "1"),
    (SOFTMAX, "δ(i,j)/(z[i] - z[j])", "0"),
    (SOFTMAX, "exp(log(z[i]))", "z[i]"),
    (ARRAYS, "x[i]/x[i]", "1"),
    (ARRAYS, "sqrt(c)^2", "c"),
    (ARRAYS, "log(c) + log(-d)", "log(-c*d)"),
    (ARRAYS, "c^(1/2)*c^(1/2)", "c"),
    (ARRAYS, "c^d*c", "c^(d + 1)"),
    (ARRAYS, "∂(Max(c, d), c) + ∂(Max(c, d), d)", "1"),
    (ARRAYS, "x[3]/x[3]", "1"),
]
