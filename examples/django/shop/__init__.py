"""A shop that verifies phone numbers by SMS, and sends reminders of orders."""
