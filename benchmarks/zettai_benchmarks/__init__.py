"""Measure this product and others that could replace it, where their calls arrive: `python -m zettai_benchmarks`."""
