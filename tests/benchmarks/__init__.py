"""Measurements that are run by hand: how fast, how frugal and how accurate the kernels are.

python -m tests.benchmarks.speed        times against NumPy, SciPy, scikit-learn and PyTorch
python -m tests.benchmarks.memory       peak memory beyond inputs and result
python -m tests.benchmarks.accuracy     ULP errors against python-flint's enclosures
python -m tests.benchmarks.picture      one picture of those errors for the README

Peers that are not installed are left out of the tables.
"""
