"""Reasons, outcomes and send windows in words. The Japanese ones are those of the console, written there once."""

from typing import Any

from zettai.campaign_report.statistics import Outcome
from zettai.core.aossms.codes import reason_in_words
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import is_japanese


def reason_text(reason: str) -> str:
    """Return the reason of a state in words."""
    if not is_japanese():
        return reason_in_words(reason)
    if (known := translate(reason)) != reason:
        return known
    from zettai_console.words.reasons import explain  # noqa: PLC0415 - not needed in English

    return explain(reason, _in_japanese) if reason else ""


def outcome_text(outcome: str) -> str:
    """Return the name of an outcome."""
    if not is_japanese():
        return outcome
    from zettai_console.words.states import OUTCOMES  # noqa: PLC0415

    return _in_japanese(OUTCOMES[Outcome(outcome)])


def window_text(window: str) -> str:
    """Return the send window of a campaign."""
    if not is_japanese():
        return window
    from zettai_console.words.windows import explain_window  # noqa: PLC0415

    return explain_window(window, _in_japanese)


def _in_japanese(text: str, /, **parameters: object) -> str:
    """Translate a text of the console."""
    from zettai_console.language import Language, translations  # noqa: PLC0415

    translated: Any = translations(Language.JAPANESE).gettext(text)
    return str(translated % parameters if parameters else translated)
