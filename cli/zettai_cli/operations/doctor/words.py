"""The findings in the language of the user. JSON has the English ones, so they are translated as they are shown."""

from zettai_cli.shared.console_words import reason_text
from zettai_cli.shared.known_texts import matches, translate
from zettai_cli.shared.language import is_japanese, say
from zettai_cli.shared.refused_login import CHECK_LOGIN

FORMS = (
    "{found}, cluster",
    "layout {layout}",
    "appendonly yes, appendfsync {fsync}",
    "{seconds} s compared with Redis",
    "{timeout} s; a claim lasts {lease} s",
    "{version}, certificate valid for {days} days",
    "{count} answer: {names}",
    "the next tick is {seconds} s late",
    "for {seconds} s",
    "{count} are put aside",
    "{count} groups of readers",
    "sender {sender} is suspended: {reason}",
    "the account is suspended: {reason}",
    "accepted: {codes}",
    "{count} numbers; no key here: workers need none, producers need {expected}",
    "ZETTAI_SUPPRESSION_KEY has the fingerprint {own}, the list {expected}",
    "{count} numbers, key {own}",
    "{used} MB used, without maxmemory",
    "{used} MB used of {limit} MB, {percent} % with what open messages need; no message is accepted",
    "{used} MB used of {limit} MB, {percent} % with what open messages need",
    "{count} numbers; messages to all others are rejected",
    "{limit}, now {rate} calls per second, paused",
    "{limit}, now {rate} calls per second, lowered",
    "{limit}, now {rate} calls per second",
    "{address} accepts connections",
    "no call was made: {error}",
    "no process reads {name}",
    "rename it to {name}",
    "{count} endpoints may be called",
    "no process delivers to {names}",
    "{count} endpoints, none is paused",
    "a call got no slot: {error}",
    "text: {text}",
    "not listed within {seconds} s",
    "not listed: {kind}",
    "listed, text: {text}",
    "listed after {seconds} s, statusId {status}, text: {text}",
    "at most: {longest}",
    "cancel it in the provider's console, or it is sent in {minutes} minutes",
    "{least} to {most} s compared with Redis",
    "set the clock of Redis with NTP; up to {minutes} minutes do no harm",
    "{group} is {count} behind",
    "{group} has missed {count}",
    CHECK_LOGIN,
    "then {advice}",
    "--call checks the token too",
    "{count} of {all} recent messages are sealed with a key that is not here: {keys}",
    "{key} seals",
    "{keys} open older messages",
    "the newest message is plain: its producer has no key",
    "the newest message is sealed by {key}",
    "{count} of {all} recent messages were indexed with another key than {keys}",
    "the newest message is not indexed: its producer has no key",
    "key {key}",
    "{address} is inside the own network; set allow_private = true to allow it",
    "{address} is outside the own network; use https://",
    "not random: {names}",
    "paused: {name} since {time}",
    "{name} did not get {count}",
    "without the blanks around it",
    "with other line ends",
    "with a special character replaced",
    "by prefix and by suffix",
    "by prefix",
    "by suffix",
    "send {milliseconds} ms",
    "repeated tag {milliseconds} ms",
    "reserve {milliseconds} ms",
    "second cancel {milliseconds} ms",
    "cancel {milliseconds} ms",
)
"""The findings with values, the longer forms first."""

SEPARATORS = ("; ", ", then ", ", ", ": ")
"""What is between the parts of a finding."""


def in_words(text: str) -> str:
    """Return a name, a finding or an advice in the language of the user."""
    if not is_japanese() or not text:
        return text
    if (translated := say(text)) != text:
        return translated
    for form in FORMS:
        if (values := matches(form, text)) is not None:
            return say(form, **{name: in_words(value) for name, value in values.items()})
    if (translated := translate(text)) != text:
        return translated
    for separator in SEPARATORS:
        if separator in text:
            return separator.join(map(in_words, text.split(separator)))
    return text if text.isdigit() else reason_text(text)
