"""Renders templates: one Jinja2 environment for each language, with the filters for numbers, times and states."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from zettai.core.logging import PHONE_NUMBER
from zettai.core.phone_numbers import mask
from zettai.core.times import JST
from zettai_console.language import DOMAIN, Language, mark, translations
from zettai_console.words.obstacles import OBSTACLES
from zettai_console.words.reasons import explain, explain_detail
from zettai_console.words.states import CARRIERS, LANES, OUTCOMES, STATES
from zettai_console.words.windows import explain_window


def render(language: Language, template: str, values: Mapping[str, Any]) -> str:
    """Return a rendered template."""
    return _environment(language).get_template(template).render(values)


@cache
def asset(name: str) -> str:
    """Return the URL of a static file. It changes with the content, so browsers may keep the file."""
    content = (files(DOMAIN) / "static" / name).read_bytes()
    return f"/console/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader(DOMAIN),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalog = translations(language)
    environment.install_gettext_translations(catalog, newstyle=True)  # type: ignore[attr-defined] # of the extension

    def say(text: str, /, **parameters: object) -> str:
        translated = catalog.gettext(text)
        return translated % parameters if parameters else translated

    environment.globals |= {"asset": asset, "language": language, "states": STATES, "outcomes": OUTCOMES}
    environment.filters |= {
        "number": "{:,}".format,
        "time": _time,
        "iso": datetime.isoformat,
        "mask": mask,
        "masked": lambda text: PHONE_NUMBER.sub(lambda number: mask(number.group()), text),
        "duration": lambda length: _duration(length, say),
        "say": say,
        "lane": lambda lane: say(LANES[lane]),
        "carrier": lambda carrier: say(CARRIERS.get(carrier, carrier)),
        "window": lambda window: explain_window(window, say),
        "explain": lambda reason: explain(reason, say),
        "explain_detail": lambda detail: explain_detail(detail, say),
        "obstacle": lambda obstacle: say(OBSTACLES[obstacle]),
    }
    return environment


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(JST):%Y-%m-%d %H:%M:%S}"


def _duration(length: timedelta | float, say: Any) -> str:
    """Return a duration in its largest unit that fits."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    units = ((86400, mark("%(count)s d")), (3600, mark("%(count)s h")), (60, mark("%(count)s min")))
    for size, text in units:
        if seconds >= 2 * size:
            count = f"{seconds / size:,.0f}"
            return str(say(text, count=count))
    count = f"{seconds:.1f}"
    return str(say("%(count)s s", count=count))
