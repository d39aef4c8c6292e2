"""Bar charts made of characters, for the screens of `demo` and `top`."""

from collections.abc import Sequence

BARS = " ▁▂▃▄▅▆▇█"


def spark(values: Sequence[int], top: int) -> str:
    """Return a bar for each value. A value equal to `top` gets the highest bar."""
    return "".join(BARS[min(max(round(value * 8 / top), 1 if value else 0), 8)] for value in values)


def milliseconds(seconds: float) -> str:
    """Return a duration as text: milliseconds below one second, else seconds."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
