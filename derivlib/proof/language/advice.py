"""What may have been meant by what is not of the language, and how it is written here."""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Collection

_WORDS = {
    "sum": "a sum is Σ(k, …) or Sum(k, …)",
    "prod": "there is no Π: log of a product is Σ(k, log(…))",
    "relu": "write Max(x, 0)",
    "min": "write -Max(-x, -y)",
    "sign": "there is no sign; abs and Max are there",
    "softmax": "define it: p[j] := exp(z[j])/Σ(k, exp(z[k]))",
    "norm": "write sqrt(Σ(k, x[k]^2))",
    "dot": "write Σ(k, x[k]*y[k])",
    "tr": "write Σ(k, X[k,k])",
    "trace": "write Σ(k, X[k,k])",
    "e": "the exponential function is exp(…)",
    "d": "a derivative is ∂(f, x[i])",
    "grad": "a derivative is ∂(f, x[i])",
    "transpose": "exchange the indices: X[j,i]",
    "sigma": "write sigmoid(…) or σ(…)",
    "mean": "write Σ(n, x[n])/m",
    "logsumexp": "write log(Σ(k, exp(z[k])))",
}
_BARE = re.compile(r"[({]?\s*(\w+)\s*\(")
_SUM_ON_PAPER = re.compile(r"(?:[Σ∑]|\b[Ss]um)(?:_\W?(\w)|\s+(?!\())")
_TWO_FACTORS = re.compile(r"(?<!\bin)(?<=[\w)\]])\s+(?!in\b)[^\W\d]|[\d)\]][^\W\d]")
_POWER_OF_E = re.compile(r"e\s*(?:\^|\*\*)\s*([-−]?\w+(?:\[[^\]]*\])?)")
_PYTHON = re.compile(rf"\b({'|'.join(sorted({*keyword.kwlist} - {'in', 'not', 'if', 'else'}))})\b")


def of_word(name: str) -> str:
    """What to write for a name that is not known, after a colon, or nothing."""
    if re.match(r"(δ|delta)_?\w", name):
        return ": Kronecker's δ is δ(i,j)"
    return f": {_WORDS[name]}" if name in _WORDS else ""


def of_node(node: ast.expr) -> str | None:
    """What to write for a piece of Python that is not of the language."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return f"write {name}(…), without what stands before the dot"
        case ast.Call(func=ast.Name()):
            return "a function takes its arguments without names"
        case ast.Call():
            return "a product needs its *, as in p[i]*(1 - p[i])"
        case ast.Attribute(attr="T"):
            return "a transpose is written with its indices exchanged, as in X[j,i]"
        case ast.Attribute():
            return "a name has no dots"
        case ast.BinOp(op=ast.MatMult()):
            return "a product of matrices is a sum, as in Σ(k, X[i,k]*W[k,j])"
        case ast.Compare(ops=[ast.Eq()]):
            return "there is no ==: δ(i,j) is 1 where i = j"
        case ast.Compare():
            return "there are no comparisons: δ(i,j) is 1 where i = j, Max(x, 0) is x where x > 0"
        case ast.IfExp():
            return "there are no cases: δ(i,j)*a + (1 - δ(i,j))*b, or Max(x, 0)"
        case ast.Subscript(value=ast.Call(func=ast.Name(id=name))) if name in _WORDS:
            return f"{name!r} is not a function of the language{of_word(name)}"
        case ast.Subscript(value=ast.Subscript()):
            return "all indices stand in one bracket, as in z[i,j]"
        case ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
            return "( ) group and [ ] are for indices: no other brackets, and no lists"
    return None


def of_text(text: str) -> tuple[str, int] | None:
    """The same for signs and words in a text that Python would read otherwise, or not at all; and
    their column."""
    for column, sign in enumerate(text):
        kind = unicodedata.decomposition(sign).partition(">")[0]
        if kind in ("<super", "<sub"):
            start = next((n for n in range(column, 0, -1) if not _part(text[n - 1])), 0)
            word = text[start : column + 1]
            return f"{word!r}: {_raised(sign) if kind == '<super' else _lowered(word)}", column
    if found := _PYTHON.search(text):
        said = f"{found[1]!r} is a word of Python's grammar, not a name"
        return said + (": lam is printed as λ" if found[1] == "lambda" else ""), found.start()
    if (column := text.find("{")) >= 0:
        said = "{ } are LaTeX's brackets: write ( )"
        if re.search(r"\b1\s*\{", text):
            said = "an indicator is δ(i,j): 1 where i = j, else 0"
        return said + (", and exp(…)" if re.search(r"\be\s*\^\s*\{", text) else ""), column
    return None


def of_unreadable(text: str) -> tuple[str, int] | None:
    """The same for a text that Python's grammar does not take as it stands."""
    if found := _SUM_ON_PAPER.search(text):
        index = found[1] or "k"
        return f"a sum is written with brackets, Σ({index}, …), an index and what is summed", (
            found.start()
        )
    if found := re.search(r"(?<![!<>=:])=(?!=)", text):
        return "an = between two sides: one side is asked for", found.start()
    for sign, word in {"|": "abs", "√": "sqrt"}.items():
        if (column := text.find(sign)) >= 0:
            return f"there is no {sign}: write {word}(…)", column
    if found := _TWO_FACTORS.search(text):
        return "a product needs its *, as in 2*x", found.end() - 1
    return None


def of_undeclared(name: str, declared: Collection[str], line: str, at: int | None) -> str:
    """What may have been meant by a name that is not declared, or nothing.

    >>> of_undeclared("β", {"beta"}, "β*w", 0), of_undeclared("e", {"w"}, "e^w", 0)
    (': did you mean beta?', ': the exponential function is exp(w)')
    """
    for other in declared:
        if name in _spellings(other) or other in _spellings(name):
            return f": did you mean {other}?"
    if name == "e" and at is not None and (found := _POWER_OF_E.match(line, at)):
        return f": the exponential function is exp({found[1]})"
    if name[:1] == "d" and name[1:] in declared:
        return f": a derivative is ∂({name[1:]}, x[i])"
    return of_word(name)


def _spellings(letter: str) -> set[str]:
    """How a Greek letter is spelled in Latin ones."""
    word = unicodedata.name(letter, "") if len(letter) == 1 else ""
    if not word.startswith("GREEK"):
        return set()
    spelled = word.rpartition(" ")[2].lower()
    return {"lam", "lambda"} if spelled == "lamda" else {spelled, spelled[:3]}


def called(argument: str) -> str | None:
    """The name of a function that an argument starts with a call of."""
    found = _BARE.match(argument)
    return found[1] if found else None


def _part(sign: str) -> bool:
    return sign.isalnum() or sign in "_[]"


def _raised(sign: str) -> str:
    folded = unicodedata.normalize("NFKC", sign)
    if folded == "T":
        return "a transpose is written with its indices exchanged, as in X[j,i]"
    return f"a power is written ^{folded}"


def _lowered(word: str) -> str:
    index = unicodedata.normalize("NFKC", word[-1])
    return f"an index is written in brackets, {word[:-1]}[{index}]"
