"""What the README promises is what happens: its commands, its links and its code."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

# Stands in for python3, and through the environment that it "makes" for pip, pytest and nox.
STAND_IN = """#!/bin/sh
echo "$0 $*" >> log
case $0 in
    */python3) mkdir -p .venv/bin && for tool in pip pytest nox; do cp "$0" .venv/bin/$tool; done ;;
    */pytest) exit "$STATUS" ;;
esac
"""


PAGES = sorted(path.name for path in Path(__file__).parents[1].glob("*.md"))


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def commands(readme: str) -> tuple[str, str]:
    """The two commands: the one that opens the notebooks, and the one that runs the tests."""
    lines = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    return lines[0], lines[1]


def test_one_line_opens_the_first_notebook(commands: tuple[str, str]) -> None:
    assert commands[0].endswith(".venv/bin/jupyter lab notebooks/00-start-here.ipynb")


@pytest.mark.parametrize("status", [0, 3])
@pytest.mark.skipif(os.name == "nt", reason="the build script is for bash")
def test_ci_runs_the_test_command_word_for_word(
    root: Path, commands: tuple[str, str], tmp_path: Path, status: int
) -> None:
    """With stand-ins for the tools: the very words arrive, and pytest's exit status comes back; if
    all is well, linter and type checker follow."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    for name in (".ci/run", "README.md"):
        shutil.copy(root / name, tmp_path / name)
    for tool in ("python3", "chromium"):
        (tmp_path / "bin" / tool).write_text(STAND_IN)
        (tmp_path / "bin" / tool).chmod(0o755)
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "STATUS": str(status)}
    run = subprocess.run(["bash", str(tmp_path / ".ci/run")], env=environment, cwd="/")
    assert run.returncode == status
    heard = (tmp_path / "log").read_text().replace(f"{tmp_path / 'bin'}/", "")
    wanted = [" ".join(shlex.split(part)) for part in commands[1].split(" && ")]
    if status == 0:
        wanted += [
            ".venv/bin/pip install -q -e .[dev]",
            ".venv/bin/nox --no-venv -s lint types",
        ]
    assert [line.rstrip().removeprefix(f"{tmp_path}/") for line in heard.splitlines()] == wanted


def test_the_workflow_runs_the_same_script(root: Path) -> None:
    workflow = yaml.safe_load((root / ".github/workflows/tests.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
    assert {"3.11", "3.13"} <= set(job["strategy"]["matrix"]["python"])


def test_every_notebook_is_linked(readme: str, notebooks: list[Path]) -> None:
    links = re.findall(r"\]\(notebooks/([^)]*\.ipynb)\)", readme)
    assert sorted(links) == [path.name for path in notebooks]


def test_the_first_notebook_links_every_other(notebooks: list[Path]) -> None:
    first, *others = notebooks
    text = first.read_text(encoding="utf-8")
    assert [path.name for path in others if f"]({path.name})" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(root: Path, page: str) -> None:
    text = (root / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not leads_somewhere(root, page, link)] == []


def leads_somewhere(root: Path, page: str, link: str) -> bool:
    """Whether there is such a file, and in a page such a heading; notebooks' are `test_map`'s."""
    name, _, anchor = link.partition("#")
    path = root / (name or page)
    if not path.exists() or not anchor or path.suffix != ".md":
        return path.exists()
    titles = re.findall(r"^#+ +(.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_a_link_to_nowhere_is_seen(root: Path) -> None:
    for link in ("README.md#two-commands", "#two-commands", "notebooks", "LICENSE"):
        assert leads_somewhere(root, "README.md", link), link
    for link in ("README.md#three-commands", "#three-commands", "LICENCE"):
        assert not leads_somewhere(root, "README.md", link), link


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)


def test_the_derivation_is_proved_and_its_error_refuted_as_shown(readme: str) -> None:
    (code,), (refutation,) = blocks(readme, "python"), blocks(readme, "text")
    exec(code, {})
    wrong = code.replace("= p[i] - y[i]", "= p[i] + y[i]")
    assert wrong != code
    with pytest.raises(ValueError) as refuted:
        exec(wrong, {})
    assert str(refuted.value) == refutation.rstrip()
