"""What a kernel may be off by: the project's goals, and what its docstring promises."""

from __future__ import annotations

import re
from math import inf

import derivlib

from .campaign import Finding

DTYPES = "float16|float32|float64|longdouble"

# Float64 goals in ULP, by kernel; with "value" and "gradient" those of the two that are joined.
ULP_GOALS = {
    "sigmoid": 2,
    "sigmoid_grad": 2,
    "log_sigmoid": 2,
    "softplus": 2,
    "softmax": 6,
    "log_softmax": 3,
    "logsumexp": 2,
    "softmax_cross_entropy": 3,
    "softmax_cross_entropy_grad": 6,
    "sigmoid_binary_cross_entropy": 3,
    "sigmoid_binary_cross_entropy_grad": 6,
}
FLOAT32_GOAL = 5
NORMWISE_GOAL = 8


def limits(finding: Finding) -> dict[str, float]:
    """Each limit that holds for a finding, by its source."""
    found = {"the goal": goal(finding), "its docstring": promised(finding)}
    return {source: limit for source, limit in found.items() if limit < inf}


def goal(finding: Finding) -> float:
    if finding.unit == "ULP":
        name = _single(finding)
        if finding.dtype == "float32" and name in ULP_GOALS:
            return FLOAT32_GOAL
        return ULP_GOALS.get(name, inf) if finding.dtype == "float64" else inf
    return NORMWISE_GOAL if finding.unit.startswith("eps") else inf


def promised(finding: Finding) -> float:
    """The number that the docstring states for this unit and dtype; inf where there is none."""
    return stated(getattr(derivlib, _single(finding)).__doc__ or "", finding.unit, finding.dtype)


def stated(docstring: str, unit: str, dtype: str) -> float:
    """A bound from a paragraph such as "Error bound, …: 2 ULP in float64 and longdouble, 4 in …".

    The first list of dtypes gives the bounds in ULP, or those in eps if it says so. "4 u Σ_j |y_j|"
    is an absolute one.
    """
    paragraph = re.search(r"Error bound.*?(?:\n\s*\n|\Z)", docstring, re.DOTALL)
    text = re.sub(r"\([^()]*\)", "", " ".join(paragraph[0].split())) if paragraph else ""
    if unit.startswith("u"):
        found = re.search(r"(\d+(?:\.\d+)?) u\b", text)
        return float(found[1]) if found else inf
    dtypes_listed = rf"(?:{DTYPES})(?:(?:, | and )(?:{DTYPES}))*"
    lists = re.findall(rf"(\d+(?:\.\d+)?)(?: (ULP|eps))?[^\d,.:;]*? +in ({dtypes_listed})", text)
    family = "ULP"
    for number, named, dtypes in lists:
        family = named or family
        if dtype in dtypes and family == unit[:3]:
            return float(number)
    return inf


def _single(finding: Finding) -> str:
    """The kernel; of a pair of results, the one that gives this part alone."""
    end = {"value": "", "gradient": "_grad"}.get(finding.kind, "_value_and_grad")
    return finding.kernel.replace("_value_and_grad", end)
