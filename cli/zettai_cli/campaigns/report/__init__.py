"""`zettai report`: what became of a campaign.

figures   what a report tells
sums      how it comes about: pure arithmetic over messages, one by one
timeline  ends over time, in steps that people read
chart     the figures as a picture: SVG made here, without any library
page      the picture and the figures as one HTML file
view      the figures for people at a terminal, and as CSV
command   where they come from and go to
"""

from zettai_cli.campaigns.report.command import report

__all__ = ["report"]
