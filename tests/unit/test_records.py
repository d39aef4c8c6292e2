"""What is sent to `create.lua`."""

from datetime import timedelta
from typing import Any

from zettai.core.key_settings import SecretKeys
from zettai.core.new_message import NewMessage
from zettai.core.store.store import to_record
from zettai.core.times import now


class Text(str):
    """A text of a framework, such as Django's SafeString."""

    __slots__ = ()


def _types(value: Any) -> set[type]:
    if type(value) is dict:
        value = [*value, *value.values()]
    return set[type]().union(*map(_types, value)) if type(value) is list else {type(value)}


def test_record_has_plain_types_only() -> None:
    """For others, pydantic_core runs Python code, and loses what a signal handler raises meanwhile."""
    new = NewMessage.validated(
        to=Text("09012345678"),
        body=Text("hello"),
        client_tag=Text("tag"),
        send_at=now() + timedelta(days=1),
        expires_in=timedelta(days=2),
        lane="bulk",
        group=Text("group"),
        carrier="au",
        sender=Text("77777"),
        metadata={Text("order"): Text("17")},
        category=Text("marketing"),
        created_by=Text("web"),
        team=Text("team"),
    )

    assert _types(to_record(new, "digest", SecretKeys())) == {str, int}
