"""The body of the response about a text."""

from zettai.gateway.outputs.base import Output


class Finding(Output):
    """Characters in a text that carriers may not display."""

    position: int
    """The position of the first character, from 0."""
    code_points: list[str]
    """The characters, for example `U+3042`."""
    name: str
    """The Unicode name of the first character."""
    why: str
    """Why it may not be displayed."""
    suggestion: str | None
    """A replacement. Empty to delete the characters, null if there is no replacement."""


class TextCheck(Output):
    """The result of a text check."""

    length: int
    """The number of characters, as the provider counts them."""
    estimated_parts: int
    """The estimated number of billed parts. The provider returns the exact number only after delivery."""
    problem: str | None
    """Why the text cannot be sent, or null if it can."""
    findings: list[Finding]
