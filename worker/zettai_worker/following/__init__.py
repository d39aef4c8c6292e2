"""Following a sent message to its final state: status checks and cancellations."""
