"""Text to expressions: Python's expression syntax, read through a whitelist, never evaluated."""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
import warnings
from fractions import Fraction

from derivlib.proof.language.advice import called, of_node, of_text, of_unreadable, of_word
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.lines import checked, formula
from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Delta,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sub,
    Sum,
)

MAX_LENGTH = 5_000
MAX_DEPTH = 100
MAX_DIGITS = 40
MAX_PLACE = 1_000_000

# Signs of the page that Python's grammar lacks. ∂ is no identifier, so a stand-in letter takes its
# place, as | does for the dots of an interval: it binds more weakly than + and -. As typed by an
# author, neither is a sign of the language, no more than "?".
_DIFF, _DOTS = "ƍ", "|"
_TYPOGRAPHY = {
    "^": "**",
    "−": "-",
    "–": "-",
    "·": "*",
    "⋅": "*",
    "×": "*",
    "∑": "Σ",
    "∈": " in ",
    "≠": "!=",
    "∂": _DIFF,
    "…": _DOTS,
    _DIFF: "?",
    _DOTS: "?",
}
_ALIASES = {
    "Sum": "Σ",
    "diff": "∂",
    _DIFF: "∂",
    "delta": "δ",
} | {alias: name for name, word in FUNCTIONS.items() for alias in word.aliases}
_WORDS = "|".join(
    spelling
    for name, word in FUNCTIONS.items()
    for spelling in (name, *word.aliases)
    if word.arity == 1
)
_BARE = re.compile(rf"(?<![\w.])({_WORDS})\s+(?!in\b)(?=[-−.\w∂∑])")
"""A function before what is no bracket."""
_RAISED = re.compile(rf"(?<![\w.])({_WORDS})\s*(?:\^|\*\*)\s*(\w+)\s*(?=\()")
"""A power of a function before its bracket, as on paper: tanh^2(x)."""
_CLOSING = {")": "(", "]": "[", "}": "{"}
_RESERVED = {"Σ", "∂", "δ", *_ALIASES, *FUNCTIONS}
_OPERATORS: dict[type[ast.operator], type[Add | Sub | Mul | Div | Pow]] = {
    ast.Add: Add,
    ast.Sub: Sub,
    ast.Mult: Mul,
    ast.Div: Div,
    ast.Pow: Pow,
}


_ALIKE = str.maketrans(
    "асеоріјѕхуһԁԛԝАВСЕНІЈКМОРЅТХУ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "aceopijsxyhdqwABCEHIJKMOPSTXY" + "ABEZHIKMNOPTYXo",
)
"""Cyrillic and Greek letters that look like Latin ones."""


def check_name(name: str, line: str, column: int | None = None) -> str:
    """The name (as Python folds it: NFKC), if a variable, a size or an index may have it."""
    if not name.isidentifier():
        raise LanguageError(f"{name!r} is not a name: letters, digits and _ only", line, column)
    if advice := of_text(name):
        raise LanguageError(advice[0], line, column)
    name = unicodedata.normalize("NFKC", name)
    if name.translate(_ALIKE) != name:
        letter = next(c for c in name if c.translate(_ALIKE) != c)
        problem = (
            f"{letter!r} is {unicodedata.name(letter).title()}, which looks like "
            f"{letter.translate(_ALIKE)!r}: take that, or another letter"
        )
        raise LanguageError(problem, line, column)
    if keyword.iskeyword(name):
        raise LanguageError(f"{name!r} is a word of Python's grammar, not a name", line, column)
    if name in _RESERVED:
        hint = ": Kronecker's δ is δ(i,j)" if name in ("δ", "delta") else ""
        raise LanguageError(f"{name!r} is a word of the language, not a name{hint}", line, column)
    return name


def parse(text: str) -> Expr:
    """Read one expression. Names are not looked up here: see `indices.resolve`.

    Raises:
        LanguageError: the text is not an expression of the language; the message points at the
            place. Text that is too long or too deeply nested is refused before it is parsed.

    >>> parse("p[i] - 1")  # doctest: +ELLIPSIS
    Sub(left=Entry(name='p', indices=(Index(name='i', offset=0),)), right=Number(...))
    """
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        if len(checked(text, "an expression")) > MAX_LENGTH:
            raise LanguageError(f"an expression of {len(text)} characters; {MAX_LENGTH} at most")
        self.text = formula(text).rstrip()
        self.columns: list[int] = []  # column of each UTF-8 byte of `source` in `text`
        pieces: list[str] = []
        for column, character in enumerate(self.text):
            piece = _TYPOGRAPHY.get(character, " " if character.isspace() else character)
            if self.text[column : column + 2] == "..":
                piece = _DOTS
            elif column and self.text[column - 1 : column + 1] == "..":
                piece = ""
            pieces.append(piece)
            self.columns += [column] * len(piece.encode("utf-8", "replace"))
        self.columns.append(len(self.text))
        self.source = "".join(pieces)
        self.bytes = f"({self.source})".encode("utf-8", "replace")

    def error(self, problem: str, column: int | None) -> LanguageError:
        return LanguageError(problem, self.text, column)

    def column(self, node: ast.expr) -> int:
        # One "(" stands before the source, so that leading blanks do not read as an indent.
        return self.columns[min(max(node.col_offset - 1, 0), len(self.columns) - 1)]

    def read(self) -> Expr:
        if not self.source.strip():
            raise self.error("an expression is missing", 0)
        self.check_brackets()
        if twice := re.search("[-−–]{2}", self.text):
            problem = "two minus signs: write -(-x), or for a reason `--` with blanks around it"
            raise self.error(problem, twice.start())
        if advice := of_text(self.text):
            raise self.error(*advice)
        if bare := re.search(r"∂(?!\s*\()", self.text):
            raise self.error("∂ is written with brackets, as in ∂(L, z[i])", bare.start())
        if raised := _RAISED.search(self.text):
            word, power = raised.groups()
            problem = f"{word}^{power}(…) is written {word}(…)^{power}"
            raise self.error(problem, raised.start())
        if bare := _BARE.search(self.text):
            argument = self.text[bare.end() : self.end_of_argument(bare.end())].strip()
            word = called(argument)
            if word is not None and word not in _RESERVED:
                raise self.error(f"{word!r} is not a function of the language", bare.end())
            example = f"{bare[1]}({'…' if _BARE.search(argument) else argument})"
            raise self.error(f"{bare[1]} needs parentheses: {example}", bare.start())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(f"({self.source})", mode="eval").body
        except SyntaxError as error:
            # SyntaxError counts characters from 1; the opening bracket is one of them.
            offset = max((error.offset or 2) - 2, 0)
            byte = len(self.source[:offset].encode("utf-8", "replace"))
            place = self.columns[min(byte, len(self.columns) - 1)]
            problem = "this does not read as an expression"
            if advice := of_unreadable(self.text):
                problem, place = f"{problem} ({advice[0]})", advice[1]
            raise self.error(problem, place) from None
        except (RecursionError, MemoryError, ValueError):
            raise self.error("this does not read as an expression", None) from None
        return self.expression(tree, 0)

    def check_brackets(self) -> None:
        waiting: list[int] = []  # the columns of those that are open
        for column, character in enumerate(self.text):
            if character in _CLOSING.values():
                waiting.append(column)
                if len(waiting) > MAX_DEPTH:
                    raise self.error(f"brackets nested more than {MAX_DEPTH} deep", column)
            elif character in _CLOSING:
                if not waiting:
                    raise self.error("a bracket closes that was never opened", column)
                opened = waiting.pop()
                if self.text[opened] != _CLOSING[character]:
                    raise self.error("a bracket is never closed", opened)
        if waiting:
            raise self.error("a bracket is never closed", waiting[-1])

    def end_of_argument(self, start: int) -> int:
        """The column of the comma or closing bracket before which an argument ends."""
        depth = 0
        for column in range(start, len(self.text)):
            character = self.text[column]
            depth += (character in "([{") - (character in ")]}")
            if depth < 0 or (depth == 0 and character == ","):
                return column
        return len(self.text)

    def expression(self, node: ast.expr, depth: int) -> Expr:
        at = self.column(node)
        if depth > MAX_DEPTH:
            raise self.error(
                f"more than {MAX_DEPTH} terms in a row, or nested so deep: "
                "define parts of it by names of their own",
                at,
            )
        match node:
            case ast.Constant():
                return self.number(node, at)
            case ast.Name(id=name):
                return Entry(check_name(name, self.text, at), (), at=at)
            case ast.Subscript(value=ast.Name(id=name), slice=place):
                parts = place.elts if isinstance(place, ast.Tuple) else [place]
                indices = tuple(self.index(part) for part in parts)
                return Entry(check_name(name, self.text, at), indices, at=at)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Neg(self.expression(operand, depth + 1), at=at)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.expression(operand, depth + 1)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                build = _OPERATORS[type(op)]
                return build(
                    self.expression(left, depth + 1),
                    self.expression(right, depth + 1),
                    at=at,
                )
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(_ALIASES.get(name, name), arguments, at, depth + 1)
        only = "only numbers, names, indices, + - * / ^ and known functions"
        raise self.error(of_node(node) or only, at)

    def literal(self, node: ast.Constant) -> str:
        # The source is one line, so that a column counts its bytes.
        return self.bytes[node.col_offset : node.end_col_offset].decode()

    def number(self, node: ast.Constant, at: int) -> Number:
        source = self.literal(node)
        if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", source):
            raise self.error(f"{source[:20]!r} is not a number of the language", at)
        if len(source) > MAX_DIGITS:
            raise self.error(f"a number of more than {MAX_DIGITS} digits", at)
        return Number(Fraction(source), at=at)

    def index(self, node: ast.expr) -> Index:
        at = self.column(node)
        match node:
            case ast.Name(id=name):
                return Index(check_name(name, self.text, at), at=at)
            case ast.Constant():
                return Index(None, self.whole(node, at), at=at)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as operand):
                return Index(None, -self.whole(operand, at), at=at)
            case ast.BinOp(left=ast.Name(id=name), op=op, right=ast.Constant() as step) if (
                isinstance(op, ast.Add | ast.Sub)
            ):
                offset = self.whole(step, at) * (1 if isinstance(op, ast.Add) else -1)
                return Index(check_name(name, self.text, at), offset, at=at)
        raise self.error("an index is a name such as i, or t-1, or a place such as 1", at)

    def whole(self, node: ast.Constant, at: int) -> int:
        source = self.literal(node)
        if not re.fullmatch(r"[0-9]{1,7}", source) or int(source) > MAX_PLACE:
            raise self.error(f"{source[:20]!r} is not a place", at)
        return int(source)

    def call(self, name: str, arguments: list[ast.expr], at: int, depth: int) -> Expr:
        match name:
            case "Σ":
                if len(arguments) < 2:
                    raise self.error("Σ takes an index and a body: Σ(i, x[i])", at)
                binders = tuple(self.binder(a) for a in arguments[:-1])
                names = [binder.index for binder in binders]
                if len(set(names)) < len(names):
                    raise self.error(f"Σ binds one index twice: {', '.join(names)}", at)
                return Sum(binders, self.expression(arguments[-1], depth), at=at)
            case "∂":
                if len(arguments) < 2:
                    raise self.error("∂ takes a function and a variable: ∂(f, x[i])", at)
                body, *rest = (self.expression(a, depth) for a in arguments)
                for variable in rest:
                    if not isinstance(variable, Entry):
                        raise self.error("∂ differentiates by a variable such as x[i]", variable.at)
                return Derivative(body, tuple(v for v in rest if isinstance(v, Entry)), at=at)
            case "δ":
                if len(arguments) != 2:
                    raise self.error("δ takes two indices: δ(i,j)", at)
                return Delta(self.index(arguments[0]), self.index(arguments[1]), at=at)
        if name not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            product = f": a product needs its *, as in {name}*(…)" if len(name) == 1 else ""
            hint = of_word(name) or product or f", which knows {known}"
            raise self.error(f"{name!r} is not a function of the language{hint}", at)
        arity = FUNCTIONS[name].arity
        if len(arguments) != arity if arity else len(arguments) < 2:
            wanted = "one argument" if arity else "two arguments or more"
            raise self.error(f"{name} takes {wanted}, not {len(arguments)}", at)
        return Function(name, tuple(self.expression(a, depth) for a in arguments), at=at)

    def binder(self, node: ast.expr) -> Binder:
        at = self.column(node)
        match node:
            case ast.Name(id=name):
                return Binder(check_name(name, self.text, at), at=at)
            case ast.Compare(left=ast.Name(id=name), ops=ops, comparators=others) if all(
                isinstance(op, ast.NotEq) for op in ops
            ):
                excluded = tuple(self.index(other) for other in others)
                return Binder(check_name(name, self.text, at), excluded, at=at)
            case ast.Compare(
                left=ast.Name(id=name),
                ops=[ast.In()],
                comparators=[ast.BinOp(left=first, op=ast.BitOr(), right=final)],
            ):
                ends = self.index(first), self.index(final)
                return Binder(check_name(name, self.text, at), (), *ends, at=at)
        raise self.error("Σ runs over an index: Σ(i, …), Σ(k != i, …) or Σ(t in 1..T, …)", at)
