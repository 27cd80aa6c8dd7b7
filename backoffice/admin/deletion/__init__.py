"""Deleting: what goes, what is moved, what stays; shown first, then exactly that."""
