"""The limits of a request with delivery reports, for the gateway and for FastAPI."""

from datetime import timedelta

BODY_TIMEOUT = timedelta(seconds=3)
"""For the body to arrive."""

RECORD_TIMEOUT = timedelta(seconds=5)
"""For recording the reports. Both timeouts together are shorter than the provider's 10 seconds."""

THREADS = 16
"""Requests that are recorded at the same time."""
