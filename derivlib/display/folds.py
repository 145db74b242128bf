"""What a reader opens: `<details>`, which works in Jupyter before any run, and on any page."""

from __future__ import annotations

__all__ = ["fold"]


def fold(summary: str, body: str) -> str:
    r"""Something folded below its summary, which is HTML; the body may be Markdown, too.

    >>> print(fold("The answer", "$x$"))
    <details><summary>The answer</summary>
    <BLANKLINE>
    $x$
    <BLANKLINE>
    </details>
    """
    # Blank lines around let Markdown read what is inside.
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
