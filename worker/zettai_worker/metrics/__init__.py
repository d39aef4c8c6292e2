"""Metrics for Prometheus: what each process counts, and what the exporter reads from Redis."""
