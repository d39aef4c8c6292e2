"""What the OpenAPI document cannot say: valid tags and keys, and times in the future."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st

from zettai.core.phone_numbers import PHONE_NUMBER

PRINTABLE = st.characters(categories=["L", "N", "P", "S"], max_codepoint=0xFFFF)

MINUTES = st.integers(1, 10_000_000)

schemathesis.openapi.format("client-tag", st.text(PRINTABLE, min_size=1, max_size=200))

# Those that conftest.py allows.
schemathesis.openapi.format("account", st.just("default"))
schemathesis.openapi.format("sender-code", st.sampled_from(["77777", "88888"]))

schemathesis.openapi.format("metadata-key", st.text(PRINTABLE, min_size=1, max_size=40))

schemathesis.openapi.format("metadata-value", st.text(PRINTABLE, max_size=200))

schemathesis.openapi.format("japanese-mobile-number", st.from_regex(PHONE_NUMBER, fullmatch=True))

schemathesis.openapi.format(
    "sms-template", st.text(st.characters(exclude_characters="{}｛｝", codec="utf-8"), min_size=1, max_size=50)
)

# Never the same key twice: a conflict would be right, but count as a failure.
schemathesis.openapi.format("idempotency-key", st.builds(lambda: str(uuid4())))

schemathesis.openapi.format(
    "date-time", MINUTES.map(lambda minutes: (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat())
)
