"""Small pictures out of characters, for the screens of `demo` and `top`."""

from collections.abc import Sequence

SPARKS = " ▁▂▃▄▅▆▇█"


def spark(values: Sequence[int], top: int) -> str:
    """Values as little bars, as high as they are compared with the top."""
    return "".join(SPARKS[min(max(round(value * 8 / top), 1 if value else 0), 8)] for value in values)


def milliseconds(seconds: float) -> str:
    """A duration as people read it."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
