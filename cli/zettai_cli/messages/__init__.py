"""Commands about single messages: send, status, list, export, cancel, check-text, dead-letters, requeue."""
