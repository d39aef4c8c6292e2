"""The results of a campaign, computed from the messages of a group.

The command `report` and the console show them.
"""
