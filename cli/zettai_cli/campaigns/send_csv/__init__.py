"""The command `send-csv`: one SMS for each row of a file."""
