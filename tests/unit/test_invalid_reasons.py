"""The reasons of `InvalidMessage`: each has a text in English and one in Japanese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from tests.unit.test_validation import validated

from zettai import InvalidMessage
from zettai.core.invalid_reasons import FIELDS_IN_JAPANESE, InvalidReason
from zettai.core.new_message import NewMessage

ROOT = Path(__file__).parents[2]

CHECKS = [
    ROOT / "producers/zettai/core" / f"{name}.py"
    for name in ("metadata", "new_message", "phone_numbers", "senders", "text", "validation")
]
"""The modules whose errors become an `InvalidMessage`."""

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def parameters(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("reason", InvalidReason)
def test_reason_has_a_japanese_sentence_with_parameters_of_the_english_text(reason: InvalidReason) -> None:
    assert JAPANESE.search(reason.japanese)
    assert "{field}" in reason.japanese
    assert re.search(r"[。}]$", reason.japanese)
    assert parameters(reason.japanese) <= parameters(reason.english) | {"field"}


def test_each_argument_of_send_has_a_japanese_name() -> None:
    assert set(NewMessage.model_fields) <= set(FIELDS_IN_JAPANESE)


def plain_texts(path: Path) -> Iterator[str]:
    """Yield the places that refuse a value of a message with a text in place of a reason."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name("InvalidMessage"), args=[_, ast.Constant() | ast.JoinedStr()]):
                yield f"{path.name}:{node.lineno}"
            case ast.Call(func=ast.Name("ValueError")) if path in CHECKS:
                yield f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("folder", ["producers", "cli"])
def test_every_refusal_has_a_reason_of_the_table(folder: str) -> None:
    """A text in its place would have no Japanese."""
    assert [place for path in (ROOT / folder).rglob("*.py") for place in plain_texts(path)] == []


@pytest.mark.parametrize(
    ("field", "value", "code", "text"),
    [
        (
            "to",
            "0312345678",
            "not_a_mobile_number",
            "電話番号は 090、080、070 などで始まる携帯電話番号を入力してください。",
        ),
        ("to", "9012345678", "number_without_zero", "電話番号は先頭の 0 から入力してください。"),
        ("to", None, "not_a_text", "電話番号は文字列で入力してください。"),
        ("body", "", "empty", "本文を入力してください。"),
        ("body", "あ" * 661, "too_long", "本文は 660 文字以内で入力してください(現在 661 文字)。"),
        (
            "carrier",
            "vodafone",
            "not_a_choice",
            "携帯電話会社は次のいずれかを指定してください: au, docomo, softbank, rakuten",
        ),
        ("colour", "red", "unknown_argument", "「colour」という項目はありません。"),
    ],
)
def test_error_has_a_stable_code_and_a_japanese_sentence(field: str, value: object, code: str, text: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        validated(**{field: value})

    assert (refused.value.code, refused.value.message_ja) == (code, text)


def test_error_of_an_application_with_a_text_has_the_code_invalid() -> None:
    error = InvalidMessage("to", "is on holiday")

    assert (str(error), error.code, error.message_ja) == (
        "to: is on holiday",
        "invalid",
        "電話番号の値が正しくありません。",
    )
