"""What the gateway and the integration for FastAPI share: bodies, threads and limits of ASGI requests."""
