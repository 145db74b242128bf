"""Texts that nobody means well with, and statements that are heavy: each is answered in time."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from derivlib.proof import LanguageError, Theory

THEORY = Theory("""
    x: K
    y: K
    S: K×K
    c: real
    a: real, positive
""")
HOSTILE = {
    "a megabyte of +1": "1" + "+1" * 500_000,
    "a megabyte of one digit": "9" * 1_000_000,
    "a megabyte of one letter": "x" * 1_000_000,
    "an attribute": "x.__class__.__mro__",
    "an exponent of 100 digits": "c^" + "9" * 100,
    "an import": "__import__('os').system('true')",
    "a lambda": "(lambda: 0)()",
    "a string": "'c'",
    "100 000 opening brackets": "(" * 100_000,
    "10 000 brackets in pairs": "(" * 10_000 + "c" + ")" * 10_000,
    "10 000 signs": "-" * 10_000 + "c",
    "1 000 nested exp": "exp(" * 1_000 + "c" + ")" * 1_000,
    "a tower of powers": "9^9^9^9^9^9",
    "2^1000000": "2^1000000",
    "NUL": "c\0",
    "nothing": "",
    "eval": "eval(c)",
}
EFFORT = 0.2
HEAVY = {
    "(Σ(i, x[i] + y[i]) + 1)^40": ("(Σ(i, x[i] + y[i]) + 1)^40", "(1 + Σ(i, y[i] + x[i]))^40"),
    "(c + a + 1)^60": ("(c + a + 1)^60", "(1 + a + c)^60"),
    "ten nested sums": (
        "Σ(i, Σ(j, Σ(k, Σ(l, Σ(m, Σ(n, Σ(o, Σ(p, Σ(q, Σ(r, x[i]*S[i,j]*S[j,k]*S[k,l]*S[l,m]*"
        "S[m,n]*S[n,o]*S[o,p]*S[p,q]*S[q,r]))))))))))",
        "Σ(r, Σ(i, Σ(j, Σ(k, Σ(l, Σ(m, Σ(n, Σ(o, Σ(p, Σ(q, x[i]*S[i,j]*S[j,k]*S[k,l]*S[l,m]*"
        "S[m,n]*S[n,o]*S[o,p]*S[p,q]*S[q,r]))))))))))",
    ),
    "ten alike indices": (
        "Σ(i,j,k,l,m,n,o,p,q,r, exp(x[i]+x[j]+x[k]+x[l]+x[m]+x[n]+x[o]+x[p]+x[q]+x[r]))",
        "Σ(i, exp(x[i]))^10",
    ),
    "a cycle of eight": (
        "Σ(i,j,k,l,m,n,o,p, S[i,j]*S[j,k]*S[k,l]*S[l,m]*S[m,n]*S[n,o]*S[o,p]*S[p,i])",
        "Σ(p,o,n,m,l,k,j,i, S[p,o]*S[o,n]*S[n,m]*S[m,l]*S[l,k]*S[k,j]*S[j,i]*S[i,p])",
    ),
    "twelve free δs": (
        "*".join(
            f"(x[{a}] + δ({a},{b}))" for a, b in zip("abdefghijklm", "bdefghijklmn", strict=True)
        ),
        "*".join(
            f"(δ({b},{a}) + x[{a}])" for a, b in zip("abdefghijklm", "bdefghijklmn", strict=True)
        ),
    ),
    "twelve δs in a chain": (
        "Σ(b,d,e,f,g,h,i,j,k,l,m, "
        + "*".join(f"δ({a},{b})" for a, b in zip("abdefghijklm", "bdefghijklmn", strict=True))
        + "*x[m])",
        "δ(a,n)*x[n]",
    ),
    "sixth derivative of log-sum-exp": (
        "∂(log(Σ(k, exp(x[k]))), x[i], x[j], x[l], x[m], x[n], x[o])",
        "∂(log(Σ(k, exp(x[k]))), x[o], x[n], x[m], x[l], x[j], x[i])",
    ),
}


def timed(left: str, right: str, effort: float = EFFORT) -> tuple[str, float]:
    """What the engine says, and after how many milliseconds."""
    start = perf_counter()
    try:
        verdict = THEORY.prove(left, right, effort=effort)
        answer = f"{verdict.status}: {verdict.reason}" if verdict.reason else str(verdict.status)
    except LanguageError:
        answer = "refused"
    except Exception as error:  # a bug: reported as such
        answer = f"{type(error).__name__} escapes"
    return answer, 1000 * (perf_counter() - start)


def measure() -> dict[str, Any]:
    report: dict[str, Any] = {"effort": EFFORT}
    for kind, texts in (("hostile", {k: (v, "0") for k, v in HOSTILE.items()}), ("heavy", HEAVY)):
        found = {name: timed(*sides) for name, sides in texts.items()}
        report[kind] = {
            name: {"answer": answer[:160], "ms": round(ms, 1)}
            for name, (answer, ms) in found.items()
        }
    slowest = max(entry["ms"] for entry in report["heavy"].values())
    report["slowest heavy ms"] = slowest
    return report
