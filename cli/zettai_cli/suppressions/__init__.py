"""The commands `suppressions …`: the numbers to which no messages are sent."""
