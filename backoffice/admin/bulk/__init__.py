"""Bulk actions: values for a selection of any size, previewed, then carried out."""
