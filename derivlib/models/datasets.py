"""Two small, well-known data sets, both in the public domain."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dataset", "load_challenger", "load_iris"]


class Dataset(NamedTuple):
    """m examples of d features each."""

    X: NDArray[np.float64]
    """(m, d)"""
    labels: NDArray[np.intp]
    """(m,)"""
    features: tuple[str, ...]
    """The names of the columns of X."""
    classes: tuple[str, ...]
    """The names of labels 0, 1, …"""


def load_iris() -> Dataset:
    """Fisher's iris: 150 flowers of three species, four lengths and widths in cm.

    A plane separates *Iris setosa* from the two other species, but none these from each other.

    Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
    Eugenics 7 (1936).

    >>> iris = load_iris()
    >>> iris.X.shape, np.bincount(iris.labels)
    ((150, 4), array([50, 50, 50]))
    """
    return _load("iris.csv", ("setosa", "versicolor", "virginica"))


def load_challenger() -> Dataset:
    """The space shuttle's O-rings: 23 launches, the joints' temperature in °F, damage or none.

    The O-rings of a 24th launch were lost at sea. The 25th, at 31 °F, was Challenger's last.

    Sources: Report of the Presidential Commission on the Space Shuttle Challenger Accident, 1986;
    S. R. Dalal, E. B. Fowlkes and B. Hoadley, "Risk analysis of the space shuttle: pre-Challenger
    prediction of failure", Journal of the American Statistical Association 84 (1989).

    >>> shuttle = load_challenger()
    >>> shuttle.X.shape, int(shuttle.labels.sum())
    ((23, 1), 7)
    """
    return _load("challenger.csv", ("sound", "damaged"))


def _load(name: str, classes: tuple[str, ...]) -> Dataset:
    text = files("derivlib.models").joinpath("data", name).read_text(encoding="utf-8")
    header, *rows = (line for line in text.splitlines() if not line.startswith("#"))
    table = np.loadtxt(rows, delimiter=",")
    *features, _ = header.split(",")
    return Dataset(table[:, :-1].copy(), table[:, -1].astype(np.intp), tuple(features), classes)
