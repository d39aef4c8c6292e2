"""Errors of `send` in a form of Django."""

from typing import Any

import pytest
from django import forms
from django.utils import translation

from zettai import InvalidMessage
from zettai.contrib.django import get_client
from zettai.contrib.django.forms import validate_phone_number, validation_error
from zettai.contrib.django.testing import fake_sms

pytestmark = pytest.mark.usefixtures("django_project")


class SignUpForm(forms.Form):
    """Asks for a phone number."""

    phone = forms.CharField(validators=[validate_phone_number])
    text = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        """Check what only the whole message shows."""
        data: dict[str, Any] = super().clean()
        if "phone" in data:
            try:
                get_client().new_message(to=data["phone"], body=data["text"])
            except InvalidMessage as error:
                raise validation_error(error) from None
        return data


def test_mobile_number_is_valid_as_people_write_it() -> None:
    with fake_sms():
        assert SignUpForm({"phone": "０９０-1234-5678", "text": "hello"}).is_valid()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "電話番号は 090、080、070 などで始まる携帯電話番号を入力してください。"),
        ("en-us", "must be a Japanese mobile number such as 09012345678 or +819012345678, got 0*******78"),
    ],
)
def test_error_is_shown_in_the_language_that_is_active_then(language: str, text: str) -> None:
    form = SignUpForm({"phone": "0312345678", "text": "hello"})
    assert not form.is_valid()

    with translation.override(language):
        assert form.errors["phone"] == [text]
    assert form.has_error("phone", "not_a_mobile_number")


def test_other_errors_of_send_are_errors_of_the_form() -> None:
    with fake_sms(), translation.override("ja"):
        form = SignUpForm({"phone": "09012345678", "text": "x" * 661})

        assert form.errors["__all__"] == ["本文は 660 文字以内で入力してください(現在 661 文字)。"]
