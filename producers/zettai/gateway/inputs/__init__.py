"""The JSON bodies and query parameters of requests, by what they are about."""
