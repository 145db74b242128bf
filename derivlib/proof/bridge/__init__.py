"""To SymPy and back: expressions at explicit sizes, and SymPy as the second witness."""
