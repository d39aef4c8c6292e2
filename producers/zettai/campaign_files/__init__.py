"""Campaigns in files: reads CSV and Excel files, checks their rows and records them as messages.

The command `send-csv` and the console use it.
"""
