"""`POST /v1/text-check`: what a text costs, and what in it may not arrive."""

from typing import Any

import pytest
from tests.integration.gateway.given import Answer, Gateway

from zettai.core.text import check_text


def ask(gateway: Gateway, value: Any) -> Answer:
    """Check a text."""
    return gateway.ask("POST", "/v1/text-check", value)


@pytest.mark.parametrize("text", ["", "hello", "あ" * 71, "あ" * 661, "㈱絶対 ☕", "a\tb\u200b"])
def test_text_check_returns_the_result_of_the_library(gateway: Gateway, text: str) -> None:
    answer = ask(gateway, {"body": text})

    assert (answer.status, answer.json) == (200, check_text(text).to_dict())


def test_text_check_rejects_other_fields(gateway: Gateway) -> None:
    assert ask(gateway, {"body": "☕" * 6_600}).status == 200
    wrong: tuple[object, ...] = (
        {"body": "x" * 6_601},
        {"body": 1},
        {"text": "x"},
        {},
        [],
        {"body": "x", "to": "09012345678"},
    )
    for value in wrong:
        assert (ask(gateway, value).status, ask(gateway, value).problem) == (422, "invalid-request")


def test_checked_text_is_not_logged(gateway: Gateway) -> None:
    text = "a text to be looked at ☕"

    answer = ask(gateway, {"body": text})

    assert b"looked at" not in answer.body
    assert text not in gateway.log.read_text()
