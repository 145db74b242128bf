"""Measurements that are run by hand: how fast, how frugal and how accurate the
kernels are, and how often the proof engine is right.

Each is run in the project's folder:

python -m benchmarks.speed        times against NumPy, SciPy, scikit-learn, PyTorch and JAX
python -m benchmarks.memory       peak memory beyond inputs and result
python -m benchmarks.accuracy     ULP errors against python-flint's enclosures
python -m benchmarks.picture      one picture of those errors for KERNELS.md
python -m benchmarks.results      results.md and four lines of the README, from what `speed` stored
python -m benchmarks.referee      how often the proof engine is right, wrong, or does not know

A peer that is not installed is named, with the command that installs it.
"""
