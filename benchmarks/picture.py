"""A picture for KERNELS.md: ULP errors over the range of logits, derivlib's and the peers'.

    python -m benchmarks.picture [--out notebooks/images/ulp.png]

Markers and lightness tell the libraries apart where there is no colour.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import derivlib

from .errors import ulps
from .kernels import Array, kernels, ours
from .peers import Peer, peers
from .questions import Sample
from .samples import points_sample, rows_sample

OUTPUT = Path(__file__).parents[1] / "notebooks" / "images" / "ulp.png"
NO_DIGIT = 2.0**52
"""ULP of error at which no digit is right."""
STYLES: dict[str, dict[str, Any]] = {
    "PyTorch": {"marker": "^", "edgecolor": "#d2691e", "facecolor": "none", "s": 26},
    "SciPy": {"marker": "s", "edgecolor": "#999999", "facecolor": "none", "s": 14},
    "derivlib": {"marker": "o", "color": "#08306b", "s": 7},
}


@dataclass(frozen=True)
class Panel:
    """Errors of a kernel's results at `entries`, over x."""

    title: str
    label: str
    kernel: str
    exact: str
    sample: Sample
    entries: Any
    x: Array

    def errors(self, libraries: Mapping[str, Peer]) -> dict[str, Array]:
        (kernel,) = kernels([self.kernel])
        case = self.sample.case
        calls = {"derivlib": ours(kernel, case)}
        for name, library in (("SciPy", "scipy"), ("PyTorch", "torch")):
            form = libraries[library].fresh.get(self.kernel) if library in libraries else None
            if call := form(case) if form else None:
                calls[name] = call
        with np.errstate(all="ignore"):
            return {
                name: ulps(np.asarray(call()), self.sample.exact[self.exact])[self.entries]
                for name, call in calls.items()
            }


def panels(points: int) -> list[Panel]:
    rng = np.random.default_rng(0)
    leads = np.geomspace(0.5, 700, points)
    rows = np.concatenate([leads[:, None], rng.uniform(-1, 0, (points, 9))], axis=1)
    classes = rows_sample(rows, rng)
    z = np.concatenate([-leads[::-1], leads])
    single = points_sample(z, rng)
    likely = single.case.flags == (z > 0)
    of_lead = "logit of the likely class; nine others lie in (−1, 0)"
    every = (slice(None), 0)
    labelled = (slice(None, None, 2), 0)  # rows whose label is the likely class
    found = [
        Panel(
            "log-softmax of the likely class",
            of_lead,
            "log_softmax",
            "log p",
            classes,
            every,
            leads,
        ),
        Panel(
            "cross-entropy: gradient at a likely label",
            of_lead,
            "softmax_cross_entropy_grad",
            "gradient",
            classes,
            labelled,
            leads[::2],
        ),
        Panel(
            "binary cross-entropy: gradient at a likely label",
            "logit",
            "sigmoid_binary_cross_entropy_grad",
            "slope",
            single,
            likely,
            z[likely],
        ),
    ]
    return [panel for panel in found if hasattr(derivlib, panel.kernel)]


def draw(path: Path, points: int) -> None:
    from matplotlib.figure import Figure

    shown, libraries = panels(points), peers()
    figure = Figure(figsize=(4.2 * len(shown), 3.6), layout="constrained")
    axes = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axis, panel in zip(axes, shown, strict=True):
        errors = panel.errors(libraries)
        for name in STYLES:
            if name in errors:
                axis.scatter(panel.x, errors[name].clip(0.01, 1e17), label=name, **STYLES[name])
        axis.axhline(NO_DIGIT, color="black", linewidth=0.8, linestyle="--")
        axis.text(panel.x.min(), NO_DIGIT * 2, "no digit is right", fontsize=8)
        axis.set_yscale("log")
        axis.set_xscale("symlog" if panel.x.min() < 0 else "log")
        axis.set_ylim(0.007, 1e18)
        axis.set_title(panel.title, fontsize=10)
        axis.set_xlabel(panel.label, fontsize=9)
    axes[0].set_ylabel("error in ULP, float64")
    axes[0].legend(loc="center left", fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=OUTPUT)
    parser.add_argument("--points", type=int, default=120, help="in each panel")
    options = parser.parse_args(arguments)
    draw(options.out, options.points)
    print(options.out)


if __name__ == "__main__":
    main()
