"""Other products that could be used in place of ours, measured the same way."""
