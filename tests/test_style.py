"""The linter and the type checker have nothing to say."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "tool", [("ruff", "check", "--no-cache"), ("mypy",)], ids=lambda tool: tool[0]
)
def test_nothing_to_complain_about(tool: tuple[str, ...], root: Path) -> None:
    command = [sys.executable, "-m", *tool]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
