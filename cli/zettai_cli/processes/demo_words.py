"""The texts of the demo in the language of the user. It is a distribution of its own and has none of our catalogs.

Values are in braces. The first form that fits counts, so longer forms come before shorter ones. To add one, write it
here: `make docs` puts it into the catalog. Differences stay in English: they are for a report to the developers.
"""

from zettai_cli.shared.known_texts import matches, translate
from zettai_cli.shared.language import is_japanese, say

SCREEN = (
    "real queue · real workers · simulated provider, 100 ms away",
    "{rate} calls/s, at most {most} in any second",
    "{count} in any second",
    "calls/s",
    "at most",
    "finished",
    "faults",
    "none",
    "accepted",
    "lane",
    "state",
    "messages",
    "from send() until the provider accepted it",
    "no messages yet",
)

FAULTS = (
    "HTTP 403 to one number",
    "HTTP 503 to status checks",
    "unknown code {code}",
    "connection cut",
    "no answer",
    "broken JSON",
)

EVENTS = (
    "Starting the workers and sending a first message",
    "Rejected an invalid message: {error}",
    "Sending reservations, and messages whose failure au (KDDI) reports late",
    "Adding a campaign of {count} messages",
    "Sending the campaign at full speed, with five one-time passwords a second",
    "Cancel of a group of {count} messages: {outcomes}",
    "Cancel of {count} {what}: {outcomes}",
    "queued messages",
    "reservations",
    "reservations that were just sent",
    "messages that wait for the next minute",
    "Injecting faults at the provider",
    "Killed the worker process {name} (SIGKILL); its supervisor starts it again",
    "Sending the rest of the campaign, with retries",
    "Waiting for the last results: retries, late failures, the next full minute",
)

PROMISES = (
    "no accepted message is lost",
    "each message has exactly one final state",
    "no work is left in queues and indexes",
    "the provider accepted each message at most once",
    "each message went to its number with its text",
    "each delivery result is that of the carrier",
    "no canceled, rejected or expired message was sent",
    "each cancel did what it returned",
    "each group cancel did what it returned",
    "nothing is submitted to a number after its suppression",
    "of each replaced message and its successor, one was sent",
    "invalid messages were rejected and not stored",
    "each final state and each finished group has its event",
    "each event reached the webhook endpoint, in order",
    "at most {limit} calls in any sliding second",
)

SUMMARY = (
    "Checks: the store against what the provider did",
    "check",
    "examined",
    "result",
    "ok",
    "FAILED",
    "All checks passed.",
    "{count} checks failed.",
    "{count} messages in {seconds} s.",
    "Measurements, taken where calls arrive at the provider",
    "most calls in any sliding second",
    "limit used at full load, before the faults",
    "one-time passwords before the faults, send() → accepted",
    "all one-time passwords, send() → accepted",
    "requests repeated after unclear answers",
    "final states",
    "answers to sends",
    "{share} ({calls} calls in {seconds} s)",
    "not measured: too few messages to reach it",
    "p50 {p50}, p99 {p99} ({count} messages)",
    "{requests} for {messages} messages; {refused} refused as duplicates, {twice} sent twice",
    "code {code}",
    "broken json",
    "cut",
    "hang",
)

FAILURES = (
    "expected within {seconds} s: {expected}; the workers' log ends with: {end}",
    "the provider accepts the first message",
    "all reservations are made",
    "the first part of the campaign is sent",
    "the campaign is sent",
)

COUNTS = ("{count} of {all}", "{count} canceled", "{count} pending", "{count} too late", "{count} not found")
"""The parts of a list."""

FORMS = (*SCREEN, *FAULTS, *EVENTS, *PROMISES, *SUMMARY, *FAILURES)


def in_words(text: str) -> str:
    """Return a text of the demo in the language of the user; one of no known form as it is."""
    if not is_japanese():
        return text
    if (translated := _of_form(text, FORMS)) is not None:
        return translated
    if (translated := translate(text)) != text:
        return translated
    first, *rest = text.split(", ")
    if rest:
        return ", ".join(map(in_words, (first, *rest)))
    return _of_form(text, COUNTS) or text


def _of_form(text: str, forms: tuple[str, ...]) -> str | None:
    for form in forms:
        if (values := matches(form, text)) is not None:
            return say(form, **{name: in_words(value) for name, value in values.items()})
    return None
