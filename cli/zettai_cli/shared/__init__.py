"""What several commands use: output, exit codes, parsing of arguments, small drawings."""
