"""The page of the errors: of the library, of the gateway, of the command, and of the provider."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc

from docs.generate.markdown import code, codes, table
from docs.generate.source import attributes, one_line

from zettai.core import errors
from zettai.core.aossms.codes import ResponseCode
from zettai.core.invalid_reasons import InvalidReason
from zettai.gateway.problems import ProblemType
from zettai_cli.shared.error_codes import CODES
from zettai_cli.shared.exits import ExitCode

HEAD = """# Errors

日本語: [エラー](errors.ja.md)

`make docs` writes this page from the code.

## Errors of the library

Import them from `zettai`. Each is a `ZettaiError`. No error text quotes a message body or a full phone number.

"""

OUTCOMES = """
Cancelling returns an outcome (`canceled`, `pending`, `too_late`, `not_found`), not an error. What happens to a message later, for example
that the provider rejects it, is a [state](states.md), not an error.
"""

REASONS = """
### Reasons of `InvalidMessage`

`code` never changes. `reason` is the English text; `message_ja` is a sentence for a form, with the name of the field in place of `{field}`
([how to show it](../how-to/form-errors.md)). The gateway answers with the same codes and sentences.

"""

PROBLEMS = """
## Problems of the gateway

An error response is `application/problem+json` (RFC 9457). Its `type` is `urn:zettai:problem:` and the name of this table.
[What to do](../how-to/gateway.md#errors).

"""

EXIT_CODES = """
## Exit codes of `zettai`

Scripts may rely on them. The error is one line on stderr.

"""

PROVIDER_CODES = """
## Codes of the provider

They appear in the `reason` of a message, in the log and in metrics. The text beside a code comes from the provider, with phone numbers masked.

"""

EFFECTS = {
    ResponseCode.SUCCESS: "`accepted` or `scheduled`",
    ResponseCode.REQUIRED: "`rejected`. If the field is the account's (token, client id, sender code), the message is parked",
    ResponseCode.INVALID: "the same",
    ResponseCode.TOO_LONG: "the same",
    ResponseCode.ALREADY_SENT: "The cancellation is too late; the message is sent",
    ResponseCode.PAST: "A reservation waits here and is sent at its time; otherwise as an unknown code",
    ResponseCode.NO_RESERVATION: "The outcome of the cancellation is looked up",
    ResponseCode.QUOTA_USED_UP: "`submit_unknown`, and parked; a second message with this code suspends all sending",
    ResponseCode.DUPLICATE_TAG: (
        "Looked up: `accepted` or `scheduled` if the provider has our message. `failed` with the reason `tag_conflict` if it"
        " has another one, or if two look-ups, minutes apart, find none and no earlier attempt of ours is recorded"
    ),
    ResponseCode.SYSTEM_ERROR: "`submit_unknown`: tried again with the same client tag",
}
"""What each code of the provider does to a message."""

UNKNOWN_CODES = """
Only 0 is success, and only 100, 110 and 120 prove that the provider did not take a message. An unknown code, or an answer in another form (HTTP 4xx or
5xx, a web page, half a JSON document, or none at all), leaves the outcome unknown: the message becomes `submit_unknown`. After an unknown code or an
HTTP 4xx (except 408 and 429) it is parked: it waits alone, with growing gaps. A second message that meets the same refusal suspends all sending.
"""


@dataclass(frozen=True)
class Words:
    """The words of the page in one language.

    Attributes:
        headers: of its tables.
        say: translates a text of the code.
    """

    head: str
    outcomes: str
    reasons: str
    problems: str
    exit_codes: str
    provider_codes: str
    unknown_codes: str
    headers: tuple[tuple[str, ...], ...]
    say: Callable[[str], str]


ENGLISH = Words(
    HEAD,
    OUTCOMES,
    REASONS,
    PROBLEMS,
    EXIT_CODES,
    PROVIDER_CODES,
    UNKNOWN_CODES,
    (
        ("error", "attributes", "exit code", "meaning"),
        ("code", "English", "Japanese"),
        ("problem", "status", "title"),
        ("exit code", "name", "meaning"),
        ("code", "meaning", "effect on the message"),
    ),
    str,
)


def page(words: Words = ENGLISH) -> str:
    """Return the page."""
    errors, reasons, problems, exit_codes, provider_codes = words.headers
    say = words.say
    return "".join(
        (
            words.head,
            table(errors, ((*one[:3], say(one[3])) for one in _errors())),
            words.outcomes,
            words.reasons,
            table(reasons, ((code(one.code), one.english, one.japanese) for one in InvalidReason)),
            words.problems,
            table(problems, ((code(_slug(kind)), str(kind.status), say(kind.title)) for kind in ProblemType)),
            words.exit_codes,
            table(exit_codes, ((*one[:2], say(one[2])) for one in _exit_codes())),
            words.provider_codes,
            table(provider_codes, ((str(one.value), say(one.meaning), say(EFFECTS[one])) for one in ResponseCode)),
            words.unknown_codes,
        )
    )


def _errors() -> Iterator[tuple[str, str, str, str]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.ZettaiError) and kind is not errors.ZettaiError:
            meaning, _, attributes = cleandoc(kind.__doc__ or "").partition("\n\nAttributes:\n")
            names = [line.strip().partition(":")[0] for line in attributes.splitlines() if ": " in line]
            yield code(kind.__name__), codes(names), str(CODES[kind].value), one_line(meaning)


def _exit_codes() -> Iterator[tuple[str, str, str]]:
    texts = attributes(ExitCode)
    for one in ExitCode:
        yield str(one.value), code(one.name), texts[one.name]


def _slug(kind: ProblemType) -> str:
    return kind.urn.removeprefix("urn:zettai:problem:")
