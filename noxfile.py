"""The checks that a change must pass: `nox` makes an environment for each session and runs all.

In the environment that is active, installing nothing, and one session alone:

    nox --no-venv
    nox --no-venv -s tests -- tests/proof
"""

import nox

nox.needs_version = ">=2024.10.9"
nox.options.reuse_venv = "yes"


def install(session: nox.Session) -> None:
    if session.venv_backend != "none":
        session.install("-e", ".[test]")


@nox.session
def tests(session: nox.Session) -> None:
    """Unit tests, docstrings' examples, notebooks, and JupyterLab in a browser."""
    install(session)
    session.run("pytest", *session.posargs)


@nox.session
def lab(session: nox.Session) -> None:
    """Every notebook, read in JupyterLab; the tests read a few."""
    install(session)
    session.run("pytest", "-m", "lab", "tests/browser", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Format and rules of the code and of the notebooks."""
    install(session)
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    install(session)
    session.run("mypy")
