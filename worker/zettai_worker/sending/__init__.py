"""Sending messages.

sender           claims messages, calls the provider, records the outcomes
decisions        what to record after an attempt: pure functions
lookup           what the provider has under a tag
before_send      waits for a slot just before the first byte
circuit_breaker  suspends all sending while the provider is down
"""
