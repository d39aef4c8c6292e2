"""Validation of new messages."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai import InvalidMessage
from zettai.core.new_message import NewMessage
from zettai.core.phone_numbers import mask
from zettai.core.times import JST, now
from zettai.core.validation import LATEST, LONGEST

VALID = {"to": "09012345678", "body": "hello", "expires_in": timedelta(hours=1)}


def validated(**fields: Any) -> NewMessage:
    """Return a new message that differs from a valid one in some fields."""
    return NewMessage.validated(**{**VALID, **fields})


def test_phone_numbers_are_normalized() -> None:
    """So that a repeated message is recognized."""
    assert validated().to == validated(to="+819012345678").to == "+819012345678"


@pytest.mark.parametrize("number", ["09012345678", "+818012345678", "07012345678", "06012345678", "02012345678901"])
def test_numbers_that_match_the_providers_pattern_are_valid(number: str) -> None:
    assert validated(to=number).to.startswith("+81")


TOO_LONG_A_TAG = "t" * 201


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("to", "0312345678", "must be a Japanese mobile number"),
        ("to", "9012345678", "lacks the first 0"),
        ("to", 9012345678, "must be a valid string"),
        ("to", "\ud83d\x1b[31m090", "got ?******90"),
        ("to", "0" * 100_000, f"got 0{'*' * 37}00"),
        ("body", "", "has 0"),
        ("body", "あ" * 661, "1 to 660 characters, has 661"),
        ("body", "\ud83d", "half a surrogate pair"),
        ("body", None, "must be a valid string"),
        ("client_tag", "", "has 0"),
        ("client_tag", TOO_LONG_A_TAG, "has 201"),
        ("client_tag", "a\nb", "control character"),
        ("client_tag", " a", "space"),
        ("group", " ", "space"),
        ("group", TOO_LONG_A_TAG, "has 201"),
        ("send_at", datetime(2099, 1, 1), "must have a time zone"),  # noqa: DTZ001 - that is the point
        ("send_at", datetime(2020, 1, 1, tzinfo=UTC), "must be in the future"),
        ("send_at", datetime.max.replace(tzinfo=UTC), "must be before 9000"),
        ("send_at", "2099-01-01", "valid datetime"),
        ("expires_in", timedelta(0), "positive timedelta"),
        ("expires_in", timedelta.max, "at most 36500 days"),
        ("expires_in", 60, "valid timedelta"),
        ("lane", "status", "must be one of urgent, normal, bulk"),
        ("lane", "fast", "must be one of urgent, normal, bulk"),
        ("carrier", "vodafone", "must be one of au, docomo, softbank, rakuten"),
        ("colour", "red", "is not a known argument"),
        ("sender", "1234", "must be 5 or 6 digits"),
        ("sender", "１２３４５", "must be 5 or 6 digits"),
        ("sender", 12345, "must be a valid string"),
        ("metadata", {f"k{number}": "v" for number in range(11)}, "must have at most 10 pairs, got 11"),
        ("metadata", {"": "v"}, "each key must be 1 to 40"),
        ("metadata", {"k" * 41: "v"}, "each key must be 1 to 40"),
        ("metadata", {" k": "v"}, "each key must be 1 to 40"),
        ("metadata", {"order": "v" * 201}, "the value of 'order' must be at most 200"),
        ("metadata", {"order": "a\nb"}, "the value of 'order' must be at most 200 printable characters"),
        ("metadata", {"order": "\ud83d"}, "the value of 'order' must be at most 200 printable characters"),
        ("metadata", {"order": 7}, "must be a valid string"),
        ("metadata", {7: "order"}, "must be a valid string"),
        ("metadata", "order", "must be an object"),
    ],
)
def test_invalid_field_is_named_with_its_reason(field: str, value: Any, reason: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        validated(**{field: value})

    assert refused.value.field == field
    assert reason in refused.value.reason


def test_error_masks_the_phone_number() -> None:
    with pytest.raises(InvalidMessage) as refused:
        validated(to="0801112267")

    assert "0801112267" not in f"{refused.value!r} {refused.value.__context__!r}"
    assert "0*******67" in str(refused.value)


def test_body_may_have_660_wide_characters() -> None:
    assert validated(body="あ" * 660).body


def test_send_at_is_rounded_up_to_the_minute() -> None:
    moment = (now() + timedelta(days=1)).replace(second=1, microsecond=5)

    assert validated(send_at=moment).send_at == moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


def test_latest_send_at_and_longest_expires_in_can_be_added() -> None:
    latest = validated(send_at=LATEST, expires_in=LONGEST)

    assert latest.send_at is not None
    assert latest.send_at + latest.expires_in > LATEST


def test_send_at_is_converted_to_japan_time() -> None:
    moment = datetime(2099, 1, 1, 0, 0, tzinfo=UTC)

    converted = validated(send_at=moment).send_at

    assert converted == moment
    assert converted is not None
    assert converted.tzinfo is JST


def test_default_client_tags_are_unique_and_sorted() -> None:
    tags = [validated(client_tag=None).client_tag for _ in range(3)]

    assert len(set(tags)) == 3
    assert tags == sorted(tags)
    assert {(len(tag), UUID(tag).version) for tag in tags} == {(32, 7)}  # without hyphens


def test_repr_has_no_number_and_no_body() -> None:
    assert "90123" not in repr(validated())
    assert "hello" not in repr(validated())


def test_content_differs() -> None:
    base = {"client_tag": "t"}
    assert validated(**base).content == validated(**base, to="+819012345678").content
    assert validated(**base).content == validated(**base, expires_in=timedelta(hours=2)).content
    assert validated(**base).content == validated(**base, metadata={"order": "1"}).content
    for change in ({"body": "other"}, {"to": "08012345678"}, {"group": "g"}, {"carrier": "au"}, {"sender": "12345"}):
        assert validated(**base, **change).content != validated(**base).content


@given(
    st.dictionaries(st.sampled_from([*VALID, "lane", "group", "send_at", "x"]), st.none() | st.text() | st.integers())
)
def test_any_input_is_valid_or_raises_invalid_message(rubbish: dict[str, Any]) -> None:
    with suppress(InvalidMessage):
        validated(**rubbish)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+819012345678", "+81********78"), ("09012345678", "0********78"), ("", "****"), ("1", "1****1")],
)
def test_mask_shows_the_prefix_and_two_digits(number: str, shown: str) -> None:
    assert mask(number) == shown
