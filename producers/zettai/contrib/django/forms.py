"""Errors for forms and models: in Japanese if that is the active language, otherwise in English."""

from typing import cast

from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import get_language

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidValue
from zettai.core.phone_numbers import normalize


def _text(error: InvalidMessage) -> str:
    return error.message_ja if (get_language() or "").startswith("ja") else error.reason


_lazy_text = lazy(_text, str)


def validation_error(error: InvalidMessage) -> ValidationError:
    """Return an error of `send` as an error of a form, with the same code. Its language is chosen when it is shown."""
    return ValidationError(cast("str", _lazy_text(error)), code=error.code)


def validate_phone_number(value: str) -> None:
    """Accept the phone numbers that `send` accepts: a validator for the fields of forms and models.

    Raises:
        ValidationError: it is not a Japanese mobile number.
    """
    try:
        normalize(value)
    except InvalidValue as problem:
        raise validation_error(InvalidMessage("to", problem)) from None
