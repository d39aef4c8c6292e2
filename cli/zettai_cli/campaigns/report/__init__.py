"""The command `report`: the results of a campaign as text, JSON, CSV, SVG and HTML."""
