"""What happens to a message at the provider: status checks until its final status, and cancellations of reservations.

status_checks  asks the provider for the status of messages, and records it
schedule       when a message is checked next, and when its final status is overdue: pure functions
cancellation   cancels reservations at the provider
"""
