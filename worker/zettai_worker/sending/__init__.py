"""Sending messages.

sender           claims messages, calls the provider, records the outcomes
before_send      waits for a slot just before the first byte
decisions        what can be decided about a message
after_attempt    decides what to record after an attempt: pure functions
lookup           what the provider has under a tag
after_lookup     decides what to record after a look-up: pure functions
circuit_breaker  suspends all sending while the provider is down
"""
