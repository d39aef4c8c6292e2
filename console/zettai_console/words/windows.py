"""The send window of a campaign in ordinary words. The texts are keys of the catalog."""

from collections.abc import Callable, Mapping

from zettai_console.language import mark

PARTS: Mapping[str, str] = {
    "mon": mark("mon"),
    "tue": mark("tue"),
    "wed": mark("wed"),
    "thu": mark("thu"),
    "fri": mark("fri"),
    "sat": mark("sat"),
    "sun": mark("sun"),
    "not on holidays": mark("not on holidays"),
}


def explain_window(window: str, say: Callable[..., str]) -> str:
    """Return a window, which `CampaignStatus` has in English."""
    hours, *parts = window.split(", ")
    hours = say("%(hours)s Japan time", hours=hours.removesuffix(" Japan time"))
    return ", ".join([hours, *(say(PARTS[part]) for part in parts)])
