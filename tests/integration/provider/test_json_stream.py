"""Read JSON piece by piece: the same values as at once, however the bytes are cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai_worker.provider.errors import InvalidAnswer
from zettai_worker.provider.json_stream import MAX_VALUE_LENGTH, JsonStream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def pieces_of(body: bytes, size: int) -> list[bytes]:
    """Cut a body into pieces of this size."""
    return [body[start : start + size] for start in range(0, len(body), size)]


def read(pieces: list[bytes]) -> dict[str, Any]:
    """Return the object, and the entries of its lists."""
    stream = JsonStream(pieces)
    found = {name: list(stream.entries()) if stream.peek() == "[" else stream.value() for name in stream.names()}
    stream.end()
    return found


@given(
    answer=st.dictionaries(st.text(), VALUES, max_size=4),
    size=st.integers(1, 9),
    indent=st.none() | st.integers(0, 2),
    ascii_only=st.booleans(),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_values_are_the_same_as_without_pieces(
    *, answer: dict[str, Any], size: int, indent: int | None, ascii_only: bool, mark: bytes
) -> None:
    text = json.dumps(answer, indent=indent, ensure_ascii=ascii_only)
    assert read(pieces_of(mark + text.encode(), size)) == answer


@given(text=st.text(alphabet='{}[]":,01a -'), size=st.integers(1, 9))
def test_what_is_read_is_valid_json_too(text: str, size: int) -> None:
    try:
        found = read(pieces_of(text.encode(), size))
    except InvalidAnswer:
        return
    assert json.loads(text) == found


@pytest.mark.parametrize("cut", range(1, 30))
def test_number_that_goes_on_in_the_next_piece_is_one_number(cut: int) -> None:
    body = b'{"responseCode": 310, "more": [12]}'
    assert read([body[:cut], body[cut:]]) == {"responseCode": 310, "more": [12]}


@pytest.mark.parametrize("value", [b'"' + b"x" * MAX_VALUE_LENGTH + b'"', b"[" * (MAX_VALUE_LENGTH + 1)])
def test_value_above_the_maximum_is_invalid_before_all_of_it_is_read(value: bytes) -> None:
    taken = []

    def pieces() -> Any:
        yield b'{"rows": [1, '
        for piece in [*pieces_of(value, 1_000), b"not read"]:
            taken.append(piece)
            yield piece

    stream = JsonStream(pieces())
    next(stream.names())
    with pytest.raises(InvalidAnswer):
        list(stream.entries())
    assert taken[-1] != b"not read"
