"""Import and export in the panel."""
