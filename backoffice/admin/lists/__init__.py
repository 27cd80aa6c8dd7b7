"""The change list: pages by key, filters, counts, selection, saved views."""
