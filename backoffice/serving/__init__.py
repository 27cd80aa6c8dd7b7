"""How pages are served: middleware, workers, probes, logs, metrics."""
