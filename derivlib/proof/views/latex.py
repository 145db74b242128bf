r"""An expression as a book would print it: LaTeX that MathJax sets without packages.

The author's order, fractions and grouping stay as they are; nothing is simplified. Two conventions
of print decide where parentheses go. The body of a Σ is a product: a sum or a negative there is
put in parentheses, and a Σ that another factor follows is itself. A term that follows + or − and
starts with a minus is put in parentheses too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from itertools import groupby, pairwise

from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.printer import decimal
from derivlib.proof.language.ranges import Range, size_of
from derivlib.proof.language.signature import (
    Condition,
    Definition,
    Hypothesis,
    Signature,
    Variable,
)
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
    Size,
    Sub,
    Sum,
    free_indices,
    names_in_limits,
    walk,
)
from derivlib.proof.views.latex_names import end_text, index_text, script, subscripted, symbol
from derivlib.proof.views.words import in_markdown


def latex(expr: Expr) -> str:
    r"""LaTeX for an expression, without the dollar signs.

    Limits of a Σ appear if `expr` is resolved (a side of `theory.statement(…)`); without a range,
    as `parse` leaves it, the index alone stands below it.

    >>> from derivlib.proof.language.parser import parse
    >>> print(latex(parse("p[j]*(δ(i,j) - p[i])")))
    p_j (\delta_{ij} - p_i)
    >>> print(latex(parse("-1/m * Σ(n, X[n,q]*w[q])")))
    -\frac{1}{m} \sum_{n} X_{nq} w_q
    """
    chain = list(terms(expr))
    marks = _marks.get()
    pieces = []
    for place, (operator, term) in enumerate(chain):
        following = chain[place + 1 :]
        # `\sum_j a_j + b_j` could be misread only if what follows speaks of a j of its own.
        clash = bool(_open_indices(term) & {i for _, t in following for i in free_indices(t)})
        sign, unsigned = split_sign(term)
        text = sign + _product(unsigned, closed=clash)
        if operator:
            text = f"{operator} {_parentheses(text) if sign else text}"
        if id(term) in marks:  # the empty group keeps a + or - from being taken for a sign
            text = marks[id(term)].replace("#", f"{{}}{text}" if operator else text)
        pieces.append(f" {text}" if operator else text)
    return "".join(pieces)


_marks: ContextVar[Mapping[int, str]] = ContextVar("marks", default=FrozenDict())  # noqa: B039


def marked(expr: Expr, parts: Mapping[str, Iterable[Expr]]) -> str:
    r"""LaTeX in which some parts of an expression stand out.

    Args:
        expr: an expression.
        parts: what is put around which of its terms, factors and arguments; these are nodes of
            the expression itself. The # stands for the part.

    >>> from derivlib.proof.language.parser import parse
    >>> line = parse("a - b")
    >>> print(marked(line, {r"\underline{#}": [line.right]}))
    a \underline{{}- b}
    """
    marks: dict[int, str] = {}
    for mark, nodes in parts.items():
        for node in nodes:
            marks[id(node)] = mark.replace("#", marks.get(id(node), "#"))
    token = _marks.set(marks)
    try:
        return latex(expr)
    finally:
        _marks.reset(token)


_RELATIONS = {"!=": r"\ne", ">=": r"\ge", ">": ">"}


def latex_stated(stated: Condition | Hypothesis) -> str:
    r"""A condition or a hypothesis.

    >>> from derivlib.proof import Theory
    >>> print(latex_stated(Theory("y: K, sum 1").hypotheses[0]))
    \sum_{k=1}^{K} y_k = 1
    """
    if isinstance(stated, Hypothesis):
        return f"{latex(stated.left)} = {latex(stated.right)}"
    runs = [
        symbol(name) if size_of(range_) else rf"{symbol(name)} = {_run(range_, ', ')}"
        for name, range_ in stated.every
    ]
    every = rf" \text{{ for all }} {'; '.join(runs)}" if runs else ""
    return f"{latex(stated.left)} {_RELATIONS[stated.relation]} {latex(stated.right)}{every}"


def latex_theory(theory: Signature) -> str:
    r"""A theory as a Markdown list: declarations, bounds of sizes, definitions and hypotheses.

    >>> from derivlib.proof import Theory
    >>> print(latex_theory(Theory("z: K  # logits")))
    - $z \in \mathbb{R}^{K}$ — logits
    """
    alike = groupby(theory.variables.values(), key=lambda v: (v.axes, v.positive, v.comment))
    items = [_declaration(list(variables)) for _, variables in alike]
    items += [rf"${symbol(size)} \ge {bound}$" for size, bound in theory.sizes.items() if bound > 1]
    items += map(_definition, theory.definitions.values())
    items += map(_hypothesis, theory.hypotheses)
    return "\n".join(f"- {item}" for item in items)


def _declaration(variables: list[Variable]) -> str:
    first = variables[0]
    names = ", ".join(symbol(variable.name) for variable in variables)
    positive = "_{>0}" if first.positive else ""
    shape = r" \times ".join(map(_axis, first.axes))
    power = f"^{{{shape}}}" if shape else ""
    return _remark(rf"${names} \in \mathbb{{R}}{positive}{power}$", first.comment)


def _axis(axis: Range) -> str:
    """An axis: a size, or the set of its places."""
    size = size_of(axis)
    return symbol(size) if size else rf"\{{{_run(axis, ',')}\}}"


def _run(range_: Range, comma: str) -> str:
    r"""The values of a range, as in 0, \dots, T."""
    first, final = map(end_text, range_)
    return rf"{first}{comma}\dots{comma}{final}"


def _definition(definition: Definition) -> str:
    head = subscripted(definition.name, tuple(map(Index, definition.parameters)))
    return _remark(rf"$\displaystyle {head} := {latex(definition.body)}$", definition.comment)


def _hypothesis(hypothesis: Hypothesis) -> str:
    ranges = [
        rf"\quad ({symbol(index)} = {_run(range_, ', ')})"
        for index, range_ in hypothesis.free.items()
    ]
    return rf"$\displaystyle {latex_stated(hypothesis)}{''.join(ranges)}$"


def _remark(formula: str, comment: str) -> str:
    return f"{formula} — {in_markdown(comment)}" if comment else formula


# --- sums and products --------------------------------------------------------------------------


def terms(expr: Expr) -> Iterator[tuple[str, Expr]]:
    """The terms of `a + b - c`, each with the operator before it ("" for the first)."""
    if isinstance(expr, Add | Sub):
        if isinstance(expr.left, Add | Sub) and _bracketed(expr.left, expr):
            yield "", expr.left
        else:
            yield from terms(expr.left)
        yield ("+" if isinstance(expr, Add) else "-"), expr.right
    else:
        yield "", expr


def factors(expr: Expr) -> Iterator[Expr]:
    """The factors of `a*b*c`; those of a product in parentheses stay together."""
    if isinstance(expr, Mul):
        if isinstance(expr.left, Mul) and _bracketed(expr.left, expr):
            yield expr.left
        else:
            yield from factors(expr.left)
        yield expr.right
    else:
        yield expr


def _bracketed(left: Expr, whole: Expr) -> bool:
    """Whether the author put the left operand in brackets that precedence does not ask for: these
    belong to the whole, which therefore starts before it."""
    return left.at is not None and whole.at is not None and whole.at < left.at


def split_sign(expr: Expr) -> tuple[str, Expr]:
    """A leading minus and the term behind it: (-a)*b and (-a)/b are printed as -ab and -a/b."""
    match expr:
        case Neg(argument):
            return "-", argument
        case Number(value) if value < 0:
            return "-", Number(-value)
        case Mul(left, right) | Div(left, right):
            sign, left = split_sign(left)
            if sign:
                return sign, type(expr)(left, right)
    return "", expr


def _product(expr: Expr, closed: bool = False) -> str:
    """A term whose leading minus has been split off; `closed` if something follows its last Σ."""
    row = list(factors(expr))
    texts = [_factor(f, closed or n < len(row)) for n, f in enumerate(row, start=1)]
    if len(texts) == 1:
        return texts[0]
    line = _stand_out(row[0], texts[0])
    for (left, right), factor in zip(pairwise(texts), row[1:], strict=True):
        group = isinstance(factor, Mul) and not left.startswith(r"\frac")
        line += (r" \cdot " if group else _between(left, right)) + _stand_out(factor, right)
    return line


def _stand_out(part: Expr, text: str) -> str:
    return _marks.get().get(id(part), "#").replace("#", text)


def _between(left: str, right: str) -> str:
    """What stands between two factors, of which the second is no product in parentheses."""
    number = re.fullmatch(r"[\d.]+", left) and right.startswith(r"\frac{")
    if right[0].isdigit() or (number and right[6].isdigit()):
        return r" \cdot "
    opens = right.startswith(("(", r"\left("))
    if opens and re.match(r"\\sigma(?![a-z(])", left):
        return r" \cdot "  # the variable σ times a sum, not the function σ of it
    word = r"\mathrm" in (left[:7], right[:7]) or left.startswith(r"\sqrt")
    round_bracket = left.endswith(")") and not left.endswith(r"\right)")
    if word or (round_bracket and not opens and not _is_operator(right)):
        return r"\,"
    return " "


_OPERATORS = (
    r"\sum",
    *(
        name[0]
        for word in FUNCTIONS.values()
        if (name := re.match(r"\\[a-z]+(?=[(^ ]+#)", word.latex)) and name[0] != symbol("σ")
    ),
)


def _is_operator(text: str) -> bool:
    """Whether TeX sets its own space before the text."""
    return text.startswith(_OPERATORS)


def _factor(expr: Expr, closed: bool) -> str:
    """`closed` if another factor follows, so that a Σ or the argument of a log must end before."""
    match expr:
        case Number(value) if value >= 0:
            literal = decimal(value)
            return literal or rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
        case Size(name):
            return symbol(name)
        case Entry(name, indices):
            return subscripted(name, indices)
        case Delta(i, j):
            return subscripted("δ", (i, j))
        case Div(left, right) if not split_sign(expr)[0]:
            return rf"\frac{{{_large(latex(left))}}}{{{_large(latex(right))}}}"
        case Pow():
            return _power(expr, closed)
        case Function():
            return _function(expr, closed)
        case Derivative():
            return _derivative(expr)
        case Sum(binders, body):
            text = _summation(binders) + " " + _argument(body)
            return _parentheses(text) if closed else text
    return _parentheses(latex(expr))


def _large(text: str) -> str:
    """Fractions inside a fraction in the size of those outside, but for those in an exponent."""
    raised: list[bool] = []  # of each brace that is open: whether it is within a script

    def enlarged(match: re.Match[str]) -> str:
        token = match[0]
        if token.endswith("{"):
            raised.append(token != "{" or any(raised[-1:]))
        elif token == "}":
            raised.pop()
        elif not any(raised[-1:]):
            return r"\dfrac"
        return token

    return re.sub(r"[_^]?\{|\}|\\frac", enlarged, text)


def _argument(expr: Expr) -> str:
    """What a Σ stands before: a product, or anything else in parentheses."""
    if isinstance(expr, Add | Sub) or split_sign(expr)[0]:
        return _parentheses(latex(expr))
    return _stand_out(expr, _product(expr))


def _parentheses(text: str) -> str:
    tall = "frac{" in text or r"\sum" in text
    return rf"\left({text}\right)" if tall else f"({text})"


def _summation(binders: tuple[Binder, ...]) -> str:
    """Σ signs: one for neighbours with the same limits, unless these name an index beside them."""
    own = {binder.index for binder in binders}
    signs = []
    for (below, above), run in groupby(binders, key=_limits):
        neighbours = list(run)
        names = [symbol(binder.index) for binder in neighbours]
        apart = neighbours[0].excluded or own & names_in_limits(neighbours[0])
        signs += [
            rf"\sum_{{{name}{below}}}{above}" for name in (names if apart else [",".join(names)])
        ]
    return " ".join(signs)


def _limits(binder: Binder) -> tuple[str, str]:
    """What stands after the index below a Σ, and what above it."""
    if binder.excluded:
        return rf" \ne {','.join(map(index_text, binder.excluded))}", ""
    if binder.first is not None and binder.final is not None:
        first, final = index_text(binder.first), index_text(binder.final)
    elif binder.range is not None:
        first, final = map(end_text, binder.range)
    else:
        return "", ""
    return f"={first}", f"^{{{final}}}"


def _open_indices(term: Expr) -> set[str]:
    """The indices bound by the Σ that a term ends with."""
    match term:
        case Sum(binders, body):
            return {binder.index for binder in binders} | _open_indices(body)
        case Mul(_, right):
            return _open_indices(right)
        case Neg(argument):
            return _open_indices(argument)
    return set()


# --- powers, functions, derivatives -------------------------------------------------------------


def _power(expr: Pow, closed: bool) -> str:
    match expr.base:
        case Function(name, _) as base if "^" in FUNCTIONS[name].latex and _is_count(expr.exponent):
            return _function(base, closed, script("^", latex(expr.exponent)))
        case Number(value):
            whole = value >= 0 and decimal(value) is not None
        case Function(name, _):
            whole = not FUNCTIONS[name].latex.endswith(" #")
        case base:
            # Of the variable e only (e)^x differs from the exponential.
            whole = isinstance(base, Entry | Size | Delta) and base != Entry("e")
    text = latex(expr.base)
    return (text if whole else _parentheses(text)) + script("^", latex(expr.exponent))


def _is_count(exponent: Expr) -> bool:
    """Whether it is 2, 3, …, which a function's name can carry: tanh² x."""
    return isinstance(exponent, Number) and exponent.value >= 2 and exponent.value.denominator == 1


def _function(expr: Function, closed: bool, power: str = "") -> str:
    """After its name, a single letter needs no parentheses at the end, but for exp, whose form
    without them is a power of e."""
    argument, exponential = expr.arguments[0], expr.name == "exp"
    if exponential and _is_short(argument):
        return f"e^{{{latex(argument)}}}"
    text = ", ".join(map(latex, expr.arguments))
    before, after = FUNCTIONS[expr.name].latex.replace("^", power).split("#")
    bare = not after and isinstance(argument, Entry | Size) and not (closed or exponential)
    if bare or after not in ("", ")"):
        return before + text + after
    return before[:-1] + _parentheses(text)


def _is_short(expr: Expr) -> bool:
    """Whether an expression is small enough to be set as an exponent of e."""
    nodes = list(walk(expr))
    flat = all(isinstance(n, Number | Size | Entry | Neg | Add | Sub | Mul | Pow) for n in nodes)
    leaves = sum(isinstance(node, Number | Size | Entry) for node in nodes)
    return flat and leaves <= 3


def _derivative(expr: Derivative) -> str:
    order = script("^", str(len(expr.variables))) if len(expr.variables) > 1 else ""
    below = []
    for variable, repeated in groupby(expr.variables):
        times = len(list(repeated))
        power = script("^", str(times)) if times > 1 else ""
        below.append(rf"\partial {latex(variable)}{power}")
    denominator = r"\,".join(below)
    match expr.body:
        case Entry() | Function(_, (Entry(),)):
            return rf"\frac{{\partial{order} {latex(expr.body)}}}{{{denominator}}}"
    fraction = rf"\frac{{\partial{order}}}{{{denominator}}}"
    return rf"{fraction}{_parentheses(latex(expr.body))}"
