"""The questions: what is varied, what is measured, what would refute it."""
