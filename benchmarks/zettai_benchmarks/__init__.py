"""Measures this product and its peers side by side, at the provider's socket: `python -m zettai_benchmarks`."""
