"""What a table of times must be read with: the processor, its vector units, the versions."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import derivlib

VECTOR_FLAGS = ("avx2", "fma", "avx512f", "avx512_fp16", "asimd", "sve")
LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "torch", "jax", "jaxlib"),
    "python-flint",
)

INSTALL = 'pip install -e ".[benchmark]"'

BUSY = 0.5
"""A load average above which the times of two threads are other programs' as well."""


def machine() -> dict[str, Any]:
    model, flags = _processor()
    return {
        "processor": model,
        "flags": [flag for flag in VECTOR_FLAGS if flag in flags],
        "cores": os.cpu_count(),
        "system": platform.system(),
        "date": date.today().isoformat(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": {"python": platform.python_version(), **_versions()},
    }


def described(machine: dict[str, Any]) -> str:
    """The same in two lines, and others where the machine is busy or a library is missing."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    flags = " ".join(machine["flags"]) or "no vector flags known"
    when = f", {machine['date']}" if "date" in machine else ""
    lines = [f"{machine['processor']}, {machine['cores']} cores, {flags}{when}", versions]
    if (load := machine["load"]) and load > BUSY:
        lines.append(f"load average {load}: others use the machine, so times mean little")
    if missing := machine.get("missing"):
        lines.append(f"not installed: {', '.join(missing)}; {INSTALL}")
    return "\n".join(lines)


def _processor() -> tuple[str, set[str]]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    pairs = [line.partition(":") for line in lines]
    about = {key.strip(): value.strip() for key, _, value in pairs}
    model = about.get("model name") or platform.processor() or platform.machine()
    return model, set((about.get("flags") or about.get("Features") or "").split())


def _versions() -> dict[str, str]:
    found = {"derivlib": derivlib.__version__}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
