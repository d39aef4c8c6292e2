"""Sending a message: claim it, call the provider, decide what follows, record it."""
