"""Commands about messages, and the code that they share."""
