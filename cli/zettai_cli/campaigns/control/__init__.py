"""The commands `campaign …`: pause, resume, pace and show the messages of a group."""
