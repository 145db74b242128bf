"""What a kernel may be off by: the project's goals, and what the kernel promises."""

from __future__ import annotations

from math import inf

from derivlib.evidence.error_bounds import ERROR_BOUNDS, SAME_BOUNDS

from .campaign import Finding

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

# For each unit of a finding, the units of the promises that limit it, the tightest first, and how
# many of the finding's units are one of theirs. Smoothed labels sum to 1; where a size has two
# terms, a bound of every entry is one of the norm.
UNITS = {
    "ULP": [("ULP of the result", 1.0), ("ULP", 1.0), ("ULP of max(|m|, |result|)", 1.0)],
    "ULP of |max z|": [("ULP of max(|m|, |result|)", 1.0)],
    "u Σ|y|": [("u Σ_j |y_j|", 1.0)],
    "u": [("u", 1.0), ("u Σ_j |y_j|", 1.0)],
    "eps ‖exact‖": [("eps", 1.0)],
    "eps (‖g‖ + ‖p‖ Σ|g|)": [("u (|g_j| + |p_j| Σ_i |g_i|)", 0.5)],
    "eps (‖exact‖ + ‖p‖ Σ|exact|)": [("u (|g_i| + p_i Σ_k |g_k|)", 0.5)],
}


def limits(finding: Finding) -> dict[str, float]:
    """Each limit that holds for a finding, by its source."""
    found = {"the goal": goal(finding), "its promise": promised(finding)}
    return {source: limit for source, limit in found.items() if limit < inf}


def goal(finding: Finding) -> float:
    if finding.unit == "ULP":
        name = _single(finding)
        if finding.dtype == "float32" and name in ULP_GOALS:
            return FLOAT32_GOAL
        return ULP_GOALS.get(name, inf) if finding.dtype == "float64" else inf
    return NORMWISE_GOAL if finding.unit.startswith("eps") else inf


def promised(finding: Finding) -> float:
    """The number that the kernel promises for this unit and dtype; inf where there is none."""
    bounds = ERROR_BOUNDS[_single(finding)].bounds
    for unit, factor in UNITS[finding.unit]:
        for bound in bounds:
            if bound.unit == unit and finding.dtype in bound.numbers:
                return factor * bound.numbers[finding.dtype]
    return inf


def _single(finding: Finding) -> str:
    """The kernel; if its bounds are those of others, the one that gives this result alone."""
    kernels = SAME_BOUNDS.get(finding.kernel, (finding.kernel,))
    return kernels[-1] if finding.kind == "gradient" else kernels[0]
