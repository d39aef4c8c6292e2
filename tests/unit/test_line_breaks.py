"""Where a line in Japanese may break: between characters, but not before a full stop or within an English word."""

import pytest

from zettai_cli.shared.language import WORD


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("送信します。", "送|信|し|ま|す。"),
        ("Redis が応答しません", "Redis |が|応|答|し|ま|せ|ん"),
        ("レーン urgent、bulk", "レー|ン |urgent、|bulk"),
        ("キー(新しい順)、", "キー|(新|し|い|順)、"),
        ("「はい」と1 件", "「は|い」|と|1 |件"),
        ("ちょっと", "ちょっ|と"),
        ("--since TIME", "--since |TIME"),
        ("(", "("),
    ],
)
def test_line_breaks_between_words(text: str, words: str) -> None:
    assert WORD.findall(text) == words.split("|")
