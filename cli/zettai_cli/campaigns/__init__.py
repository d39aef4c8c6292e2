"""Commands about campaigns: send a CSV file, report the results."""
