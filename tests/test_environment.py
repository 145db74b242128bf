"""The conda environment and the extras of pyproject.toml promise one and the same thing."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml


def split(requirement: str) -> tuple[str, str]:
    """A requirement's name and its bound: "numpy>=1.26" gives ("numpy", ">=1.26")."""
    match = re.fullmatch(r"([A-Za-z0-9_-]+)\s*([<>=~!].*)?", requirement)
    assert match, f"not a plain requirement: {requirement!r}"
    return match[1], match[2] or ""


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, object]:
    project: dict[str, object] = tomllib.loads(
        (root / "pyproject.toml").read_text(encoding="utf-8")
    )["project"]
    return project


@pytest.fixture(scope="module")
def pip_bounds(project: dict[str, object]) -> dict[str, str]:
    """What pyproject.toml asks for, but for developers, benchmarks and other libraries."""
    extras = project["optional-dependencies"]
    core = project["dependencies"]
    assert isinstance(extras, dict) and isinstance(core, list)
    wanted = core + [
        line
        for name in extras
        if name not in ("dev", "benchmark", "foreign")
        for line in extras[name]
    ]
    return dict(split(line) for line in wanted if not line.startswith("derivlib["))


@pytest.fixture(scope="module")
def conda(root: Path) -> tuple[dict[str, str], list[str]]:
    """The environment's conda packages, and the lines it leaves to pip."""
    listed = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    packages = dict(split(line) for line in listed if isinstance(line, str))
    (from_pip,) = (line["pip"] for line in listed if isinstance(line, dict))
    return packages, from_pip


def test_conda_environment_has_the_bounds_of_pyproject(
    pip_bounds: dict[str, str],
    conda: tuple[dict[str, str], list[str]],
    project: dict[str, object],
) -> None:
    packages, from_pip = conda
    assert packages.pop("pip") == ""
    assert packages.pop("python") == project["requires-python"]
    assert "-e .[test]" in from_pip, "the project itself is installed by pip"
    by_pip = dict(split(line) for line in from_pip if not line.startswith("-e"))
    assert not packages.keys() & by_pip.keys()
    assert packages | by_pip == pip_bounds


def test_numpy_is_the_only_core_dependency(project: dict[str, object]) -> None:
    core = project["dependencies"]
    assert isinstance(core, list)
    assert [split(line)[0] for line in core] == ["numpy"]


def test_extras_contain_one_another(project: dict[str, object]) -> None:
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)
    assert "derivlib[proof]" in extras["notebooks"]
    assert "derivlib[notebooks]" in extras["test"]
    assert "derivlib[test]" in extras["dev"]
