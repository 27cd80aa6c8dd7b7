"""The history of a row, the rows that are gone, and the ways back."""
