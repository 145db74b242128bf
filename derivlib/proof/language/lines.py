"""Text cut into lines, each with the words beside it: reasons after `--`, comments after `#`.

The words are cut off before anything else is looked at, brackets too, so that what they say never
matters. `--` starts a reason if a blank, or the line's end, stands on either side of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from derivlib.proof.language.errors import LanguageError

MAX_LINES = 200

_REASON = re.compile(r"(?:^|(?<=\s))--(?=\s|$)")


def checked(text: object, what: str) -> str:
    """The text, if it is one."""
    if not isinstance(text, str):
        raise TypeError(f"{what} is text, not {type(text).__name__}")
    if half := re.search("[\ud800-\udfff]", text):
        shown = next(line for line in text.splitlines() if half[0] in line)
        problem = f"{half[0]!a} is half of a character: no text has it"
        raise LanguageError(problem, shown, shown.index(half[0]))
    return text


def without_reason(line: str) -> tuple[str, str]:
    """A line's formula, and the reason after `--`.

    >>> without_reason("p[i] - y[i]  -- since Σ y = 1")
    ('p[i] - y[i]', 'since Σ y = 1')
    """
    code, *rest = _REASON.split(line, maxsplit=1)
    return code.rstrip(), rest[0].strip() if rest else ""


def formula(text: str) -> str:
    """The text without reasons, its columns where they were."""
    lines = text.splitlines(keepends=True)
    return "".join(
        without_reason(line)[0] + "\n" * (line.splitlines()[0] != line) for line in lines
    )


def read_lines(text: str) -> list[tuple[str, str]]:
    """Expression and reason of each line of a derivation.

    A line that starts with no `=` goes on with the one before, and so does one inside an open
    bracket. A reason may stand on a line of its own, below the formula.
    """
    rows: list[tuple[str, str]] = []
    inside = False
    for raw in checked(text, "a derivation").splitlines():
        code, reason = without_reason(raw.partition("#")[0].strip())
        if (code.startswith("=") and not inside) or not rows:
            if not code:
                continue
            rows.append((" ".join(code.removeprefix("=").split()), reason))
        else:
            before, earlier = rows[-1]
            rows[-1] = " ".join(f"{before} {code}".split()), f"{earlier} {reason}".strip()
        inside = _is_open(rows[-1][0])
    if len(rows) < 2:
        raise LanguageError("a derivation has a first line and at least one line `= …` after it")
    if len(rows) > MAX_LINES:
        raise LanguageError(f"a derivation of {len(rows)} lines; {MAX_LINES} at most")
    return rows


def logical_lines(text: str) -> Iterator[tuple[str, str]]:
    """A theory's lines, each with the words beside it; open brackets join a line to the next."""
    joined, comment = "", ""
    for raw in text.splitlines():
        code, _, remark = raw.partition("#")
        code, reason = without_reason(code)
        joined = f"{joined} {code.strip()}".strip()
        comment = comment or reason or remark.strip()
        if joined and not _is_open(joined):
            yield joined, comment
            joined, comment = "", ""
        elif not joined:
            comment = ""
    if joined:
        yield joined, comment


def _is_open(text: str) -> bool:
    """Whether a bracket waits to be closed."""
    return sum(map(text.count, "([{")) > sum(map(text.count, ")]}"))
