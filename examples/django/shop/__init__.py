"""A shop that asks who you are by SMS, and reminds you of what you ordered."""
