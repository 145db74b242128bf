"""Records of campaigns: what the pages show of a run, in few lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).with_name("records")


def rounded(x: float) -> float:
    """Six digits: more than is shown, and than a measurement repeats."""
    return float(f"{x:.6g}")


def text(value: Any, depth: int, indent: int = 0) -> str:
    """As JSON: `depth` levels are spread out, all that is deeper stands on one line."""
    if depth == 0 or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    space = " " * (indent + 1)
    deeper = depth - 1, indent + 1
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(k, ensure_ascii=False)}: {text(v, *deeper)}" for k, v in value.items()
        ]
        left, right = "{}"
    else:
        parts = [text(v, *deeper) for v in value]
        left, right = "[]"
    body = ",\n".join(space + part for part in parts)
    return f"{left}\n{body}\n{' ' * indent}{right}"


def store(path: Path, record: dict[str, Any], depth: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(record, depth) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record
