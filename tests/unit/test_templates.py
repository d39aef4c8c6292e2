"""Templates: what they render, and what they refuse."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai import InvalidMessage
from zettai.core.templates import MAX_TEMPLATE_LENGTH, Template
from zettai.testing import FakeSmsClient

NUMBER = "09012345678"

NAMES = st.text(st.characters(exclude_characters="{}\r\n", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name == name.strip()
)

VALUES = st.text(min_size=1).filter(lambda value: not value.isspace())

PLAIN = st.text(st.characters(exclude_characters="{}｛｝"))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{名前}} 様", "山田 様"),
        ("{{ 名前 }}様、{{名前}}様", "山田様、山田様"),
        ("{{料金（税込）}}円", "5000円"),
        ("{名前} {{名前}}", "{名前} 山田"),
        ("{{{{名前}}}}", "{{名前}}"),
        ("{{{{{{名前}}}}}}", "{{山田}}"),
    ],
)
def test_field_is_replaced_by_its_value(template: str, text: str) -> None:
    assert Template.parse(template).render({"名前": "山田", "料金（税込）": 5000}) == text


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("様 {{名前", "position 3"),
        ("名前}}", "position 3"),
        ("{{名前} 様", "position 1"),
        ("{{名\n前}}", "position 1"),
        ("{{}}", "without a name"),
        ("{{ }}", "without a name"),
        ("｛｛名前｝｝", "full-width braces"),
        ("x" * (MAX_TEMPLATE_LENGTH + 1), "of 1 to 10,000"),
        ("", "of 1 to 10,000"),
        (None, "must be a text"),
    ],
)
def test_wrong_template_is_refused_with_the_place(template: object, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=reason) as error:
        Template.parse(template)

    assert error.value.field == "template"


@pytest.mark.parametrize("value", [None, "", "  ", "\u3000"])
def test_missing_or_empty_value_is_refused_by_name(value: object) -> None:
    for row in ({"名前": value}, {}):
        with pytest.raises(InvalidMessage, match="missing or empty") as error:
            Template.parse("{{名前}}").render(row)
        assert error.value.field == "名前"


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1.5, "1.5"), (Decimal("1.10"), "1.10")])
def test_number_is_rendered_as_text(value: object, text: str) -> None:
    assert Template.parse("{{x}}").render({"x": value}) == text


@pytest.mark.parametrize("value", [True, [], {}, b"x", object()])
def test_value_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidMessage, match=f"got {type(value).__name__}"):
        Template.parse("{{x}}").render({"x": value})


@given(parts=st.lists(st.tuples(PLAIN, NAMES, VALUES)), last=PLAIN)
def test_rendered_text_is_the_parts_with_their_values(parts: list[tuple[str, str, str]], last: str) -> None:
    values = {name: value for _, name, value in parts}
    template = "".join(f"{before}{{{{{name}}}}}" for before, name, _ in parts) + last
    if not 0 < len(template) <= MAX_TEMPLATE_LENGTH:
        return

    parsed = Template.parse(template)

    assert parsed.fields == tuple(values)
    assert parsed.render(values) == "".join(f"{before}{values[name]}" for before, name, _ in parts) + last


@given(st.text(st.sampled_from("{}a ｛｝\n")))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    with suppress(InvalidMessage):
        parsed = Template.parse(text)
        assert parsed.render(dict.fromkeys(parsed.fields, "{{x}}")).count("{{x}}") >= len(parsed.fields)


@given(st.text())
def test_doubled_braces_are_sent_as_they_are(text: str) -> None:
    single = text.replace("{", "").replace("}", "").replace("｛", "").replace("｝", "")[:500]

    assert Template.parse(f"{{{{{{{{{single}}}}}}}}}").render({}) == f"{{{{{single}}}}}"


def test_send_many_makes_a_text_for_each_row() -> None:
    rows: list[Any] = [
        {"to": NUMBER, "名前": "山田", "group": "g", "client_tag": "a"},
        {"to": NUMBER, "client_tag": "b"},
        {"to": NUMBER, "名前": "鈴木", "unknown": "x"},
        {"to": NUMBER, "名前": "鈴木", "body": "x"},
        "rubbish",
        {"to": "0312345678", "名前": "鈴木"},
        {"to": NUMBER, "名前": "鈴木"},
    ]
    client = FakeSmsClient()

    results = list(client.send_many(template="{{名前}} 様 {{group}}", rows=[rows[0]]))
    results += client.send_many(template="{{名前}} 様", rows=rows[1:])

    assert [message.body for message in client.outbox] == ["山田 様 g", "鈴木 様"]
    fields = [result.error.field for result in results if isinstance(result.error, InvalidMessage)]
    assert fields == ["名前", "unknown", "body", "message", "to"]
    assert [result.position for result in results[1:]] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"rows": []},
        {"template": "x"},
        {"items": [], "rows": []},
        {"items": [], "template": "x"},
        {"items": [], "template": "x", "rows": []},
        {"template": "{{", "rows": []},
    ],
)
def test_send_many_refuses_a_template_without_rows(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage, match="template"):
        list(FakeSmsClient().send_many(**arguments))


@pytest.mark.parametrize("value", ["x" * 661, 10**661, float("inf"), float("nan")])
def test_value_that_no_text_can_have_is_refused_before_it_is_repeated(value: object) -> None:
    with pytest.raises(InvalidMessage) as caught:
        Template.parse("{{name}}" * 1_000).render({"name": value})

    assert caught.value.field == "name"
