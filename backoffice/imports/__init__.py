"""A file on its way from the upload in the panel to the log: kept with its preview, carried out, expired."""
