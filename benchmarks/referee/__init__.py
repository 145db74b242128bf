"""How often the proof engine is right, wrong, or does not know: see __main__.py."""
