"""The environment variables: those that a worker needs and that are missing, and those that no process reads."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from zettai.contrib.framework import FrameworkSettings
from zettai.core.errors import SettingsError
from zettai_cli.operations.doctor.results import Check, failed, ok, warning
from zettai_console.settings import ConsoleSettings
from zettai_worker.settings import CallerSettings
from zettai_worker.webhooks.settings import WebhookSettings

PREFIX = "ZETTAI_"

KNOWN = frozenset(
    f"{PREFIX}{name.upper()}"
    for kind in (CallerSettings, WebhookSettings, ConsoleSettings, FrameworkSettings)
    for name in kind.model_fields
)
"""Every variable that some process reads."""

NEEDED = {
    "ZETTAI_TOKEN": "the provider's token, 32 letters and digits: put it into a file, and set "
    "ZETTAI_TOKEN_FILE=/run/secrets/token",
    "ZETTAI_CLIENT_ID": "the account at the provider, digits: set ZETTAI_CLIENT_ID=1234",
    "ZETTAI_SMS_CODE": "the sender code of messages that name none, 5 or 6 digits: set ZETTAI_SMS_CODE=12345",
}
"""What workers cannot start without, and an example."""


def check_settings() -> tuple[CallerSettings | None, list[Check]]:
    """Return the settings of a worker, or None if one is missing or wrong; and what was found in the environment."""
    unknown = _unknown(os.environ)
    try:
        settings = CallerSettings.load()
    except SettingsError as error:
        return None, [*(failed("settings", problem, _advice(problem)) for problem in error.problems), *unknown]
    return settings, [ok("settings", "complete"), *unknown]


def _advice(problem: str) -> str:
    if problem.endswith(" cannot be read"):
        return "check the path, and that the user of this process may read the file"
    if needed := NEEDED.get(problem.partition(":")[0]):
        return needed
    return "see docs/reference/settings.md"


def _unknown(environment: Mapping[str, str]) -> Iterator[Check]:
    """Yield a warning for each variable that no process reads. Its value is not shown."""
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in KNOWN:
            # Without the prefix, which makes all names alike.
            close = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in KNOWN], n=1)
            advice = f"rename it to {PREFIX}{close[0]}" if close else "remove it: see docs/reference/settings.md"
            yield warning("settings", f"no process reads {name}", advice)
