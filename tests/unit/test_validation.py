"""What is refused at the edge, with the field and the reason."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai import InvalidMessage
from zettai.core.times import JST, now
from zettai.core.validation import LATEST, LONGEST, draft, mask

VALID = {"to": "09012345678", "body": "hello", "expires_in": timedelta(hours=1)}


def test_numbers_are_kept_in_one_form() -> None:
    """National and international form are the same recipient, so a repeat is a repeat."""
    assert draft(VALID).to == draft({**VALID, "to": "+819012345678"}).to == "+819012345678"


@pytest.mark.parametrize("number", ["09012345678", "+818012345678", "07012345678", "06012345678", "02012345678901"])
def test_what_the_provider_takes_is_taken(number: str) -> None:
    """The provider's own pattern decides; 020 numbers are longer."""
    assert draft({**VALID, "to": number}).to.startswith("+81")


TOO_LONG_A_TAG = "t" * 201


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("to", "0312345678", "no Japanese mobile number"),
        ("to", "09012345678\n", "no Japanese mobile number"),
        ("to", "090-1234-5678", "no Japanese mobile number"),
        ("to", "０９０１２３４５６７８", "no Japanese mobile number"),
        ("to", 9012345678, "valid string"),
        ("body", "", "0 characters"),
        ("body", "あ" * 661, "661 characters; 1 to 660"),
        ("body", "\ud83d", "half a surrogate pair"),
        ("body", None, "valid string"),
        ("client_tag", "", "0 characters"),
        ("client_tag", TOO_LONG_A_TAG, "201 characters"),
        ("client_tag", "a\nb", "control character"),
        ("client_tag", " a", "blank"),
        ("group", " ", "blank"),
        ("group", TOO_LONG_A_TAG, "201 characters"),
        ("send_at", datetime(2099, 1, 1), "no time zone"),  # noqa: DTZ001 - that is the point
        ("send_at", datetime(2020, 1, 1, tzinfo=UTC), "lies in the past"),
        ("send_at", datetime.max.replace(tzinfo=UTC), "too far in the future"),
        ("send_at", "2099-01-01", "valid datetime"),
        ("expires_in", timedelta(0), "positive timedelta"),
        ("expires_in", timedelta.max, "at most 36500 days"),
        ("expires_in", 60, "valid timedelta"),
        ("lane", "status", "carries no messages"),
        ("lane", "fast", "'urgent', 'normal', 'bulk'"),
        ("carrier", "vodafone", "'au', 'docomo', 'softbank' or 'rakuten'"),
        ("colour", "red", "Extra inputs"),
    ],
)
def test_what_would_be_refused_is_refused_here(field: str, value: Any, reason: str) -> None:
    """One typed error that names the field and the reason."""
    with pytest.raises(InvalidMessage) as refused:
        draft({**VALID, field: value})

    assert refused.value.field == field
    assert reason in refused.value.reason


def test_a_refusal_shows_no_number() -> None:
    """Errors end up in logs."""
    with pytest.raises(InvalidMessage) as refused:
        draft({**VALID, "to": "0801112267"})

    assert "0801112267" not in f"{refused.value!r} {refused.value.__context__!r}"
    assert "0*******67" in str(refused.value)


def test_660_characters_are_counted_not_bytes() -> None:
    """Wide and narrow characters count alike."""
    assert draft({**VALID, "body": "あ" * 660}).body


def test_a_time_is_rounded_up_to_the_minute() -> None:
    """The provider counts in minutes, and a message must never be early."""
    moment = (now() + timedelta(days=1)).replace(second=1, microsecond=5)

    assert draft({**VALID, "send_at": moment}).send_at == moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


def test_the_latest_time_can_be_reckoned_with() -> None:
    """With the longest deadline behind it."""
    latest = draft({**VALID, "send_at": LATEST, "expires_in": LONGEST})

    assert latest.send_at is not None
    assert latest.send_at + latest.expires_in > LATEST


def test_times_of_any_zone_become_japan_time() -> None:
    """Converted at the edge, once."""
    moment = datetime(2099, 1, 1, 0, 0, tzinfo=UTC)

    converted = draft({**VALID, "send_at": moment}).send_at

    assert converted == moment
    assert converted is not None
    assert converted.tzinfo is JST


def test_every_message_has_a_tag() -> None:
    """Without one of the caller's, a UUIDv7 that sorts by time."""
    tags = [draft({**VALID, "client_tag": None}).client_tag for _ in range(3)]

    assert len(set(tags)) == 3
    assert tags == sorted(tags)


def test_a_draft_hides_number_and_body() -> None:
    """A draft may appear in a traceback."""
    assert "90123" not in repr(draft(VALID))
    assert "hello" not in repr(draft(VALID))


def test_the_digest_tells_contents_apart() -> None:
    """Same tag and content is a repeat, anything else a conflict."""
    base = {**VALID, "client_tag": "t"}
    assert draft(base).digest == draft({**base, "to": "+819012345678"}).digest
    assert draft(base).digest == draft({**base, "expires_in": timedelta(hours=2)}).digest
    for change in ({"body": "other"}, {"to": "08012345678"}, {"group": "g"}, {"carrier": "au"}):
        assert draft({**base, **change}).digest != draft(base).digest


@given(
    st.dictionaries(st.sampled_from([*VALID, "lane", "group", "send_at", "x"]), st.none() | st.text() | st.integers())
)
def test_nothing_but_a_refusal_comes_of_rubbish(rubbish: dict[str, Any]) -> None:
    """Whatever callers pass, they get a draft or an InvalidMessage."""
    with suppress(InvalidMessage):
        draft({**VALID, **rubbish})


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+819012345678", "+81********78"), ("09012345678", "0********78"), ("", "****"), ("1", "1****1")],
)
def test_masks(number: str, shown: str) -> None:
    """Enough to tell numbers apart in a support call, too little to call one."""
    assert mask(number) == shown
