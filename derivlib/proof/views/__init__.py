"""What a theory or derivation looks like: as LaTeX, and as functions of NumPy arrays."""
