"""What happens to a message at the provider, and to one of which it is unknown whether the provider has it.

status_checks      asks the provider for the status of messages, and records it
unknown_outcomes   looks up messages with an unknown outcome that must not be sent again
cancellation       cancels reservations at the provider, each by itself
bulk_cancellation  cancels many reservations by one call, once
cancel_rules       what proves that a reservation is canceled: pure functions
schedule           when the provider is asked again, and when a final status is overdue: pure functions
"""
