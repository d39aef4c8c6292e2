"""Commands about campaigns: send-csv and report."""
