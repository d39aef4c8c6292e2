"""The page of the settings."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from docs.generate.markdown import code, table
from docs.generate.source import attributes
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from zettai.contrib.framework import FrameworkSettings
from zettai.core.guard_settings import GuardSettings
from zettai.core.guards import Budget, Rate
from zettai.core.key_settings import KeySettings
from zettai.core.settings import ProcessSettings, Settings
from zettai.gateway.settings import GatewaySettings
from zettai_console.settings import ConsoleSettings
from zettai_worker.settings import LimiterSettings, WorkerSettings
from zettai_worker.webhooks.settings import WebhookSettings

IN_A_FRAMEWORK = """\
The integrations of [Django](../how-to/django.md), [Flask](../how-to/flask.md) and [FastAPI](../how-to/fastapi.md) read these settings and
those of every application. In the configuration of Django or Flask, an unknown name is an error."""

READERS: dict[type[BaseSettings], tuple[str, str]] = {
    Settings: (
        "Every application and process",
        "Web applications read these settings only. All processes read them too.",
    ),
    KeySettings: (
        "Secret keys",
        "Each key is a secret of its own. See [opt-outs](../how-to/opt-outs.md) and [personal data](../how-to/personal-data.md).",
    ),
    GuardSettings: (
        "Guards",
        "Every producer reads these settings, and the workers `ZETTAI_ONLY_TO`: see [guards](../how-to/guards.md).",
    ),
    ProcessSettings: ("Every process", "Workers, beat, Flower and the gateway."),
    LimiterSettings: ("The rate limit", "Workers, beat, Flower and `zettai limiter`."),
    WorkerSettings: ("Workers", "Workers, beat and Flower."),
    GatewaySettings: ("The gateway", "The gateway, which also takes delivery reports."),
    WebhookSettings: ("Webhooks", "`zettai webhooks`. [How to use it](../how-to/webhooks.md)."),
    ConsoleSettings: (
        "The console",
        "`zettai gateway` and `zettai console`, for the [console](../how-to/console.md). It also reads the settings of the rate limit, which it shows.",
    ),
    FrameworkSettings: ("In a web framework", IN_A_FRAMEWORK),
}
"""Each class of settings with its heading and who reads it."""

HEAD = """# Settings

`make docs` writes this page from the code.

All settings are environment variables. They are read when a client or a worker starts, never on import. An error names each wrong setting
in one line. Only Docker Compose reads a `.env` file.

- A **duration** is a number of seconds (`30`, `0.5`) or ISO 8601 (`PT5M`, `P3D`). It must be more than zero.
- A **secret** is hidden in logs and in `repr`. Put the token into a file and name the file in `ZETTAI_TOKEN_FILE`.
- All applications on one Redis need the same `ZETTAI_KEY_PREFIX`. All workers need the same `ZETTAI_RATE_LIMIT` and `ZETTAI_RATE_SPREAD`:
  each worker reserves its slots by its own values.
- Default `required` means that you must set it. A dash means that you may leave it out.

Values that would break a promise are no settings. They are constants of the code: see [limits](limits.md).
"""

TYPES = {
    str: "text",
    int: "number",
    float: "number",
    bool: "yes or no",
    timedelta: "duration",
    Path: "path",
    SecretStr: "secret",
    Rate: "rates",
    Budget: "budgets",
}

MINUTE, HOUR, DAY = 60, 3600, 86_400


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_section(kind, *READERS[kind]) for kind in READERS)


def _section(kind: type[BaseSettings], heading: str, who: str) -> str:
    rows = table(("name", "type", "default", "meaning"), _rows(kind))
    return f"\n## {heading}\n\n{who}\n\n{rows}"


def _rows(kind: type[BaseSettings]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the fields that a class adds to those of its bases, or describes anew."""
    texts = attributes(kind)
    for name in kind.__annotations__:
        if name in kind.model_fields:
            field = kind.model_fields[name]
            if name not in texts:
                raise ValueError(f"{kind.__name__}.{name} has no docstring")
            yield code(f"ZETTAI_{name.upper()}"), _type_name(field), _default(field), texts[name]


def _type_name(field: FieldInfo) -> str:
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not type(None)]
    if get_origin(kinds[0]) is frozenset:
        return "phone numbers"
    kind: Any = get_args(kinds[0])[0] if get_origin(kinds[0]) is Annotated else kinds[0]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return " or ".join(code(value) for value in kind)
    return TYPES.get(kind, kind.__name__) if isinstance(kind, type) else "class or its path"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if isinstance(default, tuple) and default:
        default = ", ".join(map(str, default))
    match default:
        case None:
            return "–"
        case bool():
            return code("yes" if default else "no")
        case timedelta():
            return code(_duration(default.total_seconds()))
        case type():
            return code(f"{default.__module__.partition('.')[0]}.{default.__name__}")
    return code(default)


def _duration(seconds: float) -> str:
    """Return a duration in a form that the setting takes."""
    for size, pattern in ((DAY, "P{}D"), (HOUR, "PT{}H"), (MINUTE, "PT{}M")):
        if seconds % size == 0:
            return pattern.format(int(seconds // size))
    return f"{seconds:g}"
