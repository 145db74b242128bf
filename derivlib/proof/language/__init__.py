"""The language: text to trees, what each index ranges over, and trees back to text."""
