"""The scenarios: what is measured, one file each."""
