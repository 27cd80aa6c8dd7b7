"""Undoing an operation: what would come back, what is left, the deed."""
