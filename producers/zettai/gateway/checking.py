"""Parses and checks the JSON bodies and query parameters of requests."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from zettai.core.errors import InvalidMessage
from zettai.core.json_bounds import TooComplex, check_fields, check_json
from zettai.core.new_message import to_invalid_message
from zettai.gateway.inputs.messages import MessageInput
from zettai.gateway.problems import Problem, ProblemType, invalid_values

MAX_ERRORS = 20
"""Invalid values that a problem lists."""

Model = TypeVar("Model", bound=BaseModel)

FindProblems: TypeAlias = "Callable[[MessageInput], Sequence[InvalidMessage]]"


def read_json(body: bytes) -> object:
    """Parse a JSON body.

    Raises:
        Problem: it is not valid JSON, or has too many values, fields or levels.
    """
    detail = "The body is not valid JSON in UTF-8."
    try:
        check_json(body)
        value = from_json(body, allow_inf_nan=False, cache_strings="none")
        check_fields(value)
    except TooComplex as error:
        detail = f"The body {error}."
    except ValueError:
        pass  # the error may quote the body
    else:
        return value
    raise Problem(ProblemType.MALFORMED_REQUEST, detail)


def check(model: type[Model], value: object, pointer: str = "#") -> Model:
    """Check a value against a model, and return the model.

    Args:
        model: the expected model.
        value: the parsed JSON.
        pointer: a JSON pointer to the value; `?` for query parameters.

    Raises:
        Problem: the value does not fit the model. The problem names each invalid field and quotes no values.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = [
            (pointer_to(pointer, one["loc"]), to_invalid_message(one))
            for one in error.errors(include_input=False, include_url=False)[:MAX_ERRORS]
        ]
    raise invalid_values(*found)


def check_message(value: object, pointer: str, problems: FindProblems) -> MessageInput:
    """Check one message of a request, and return it.

    Args:
        value: the parsed JSON.
        pointer: a JSON pointer to it.
        problems: finds what is wrong with the values of a message whose fields have the right types.

    Raises:
        Problem: the value is not a message. The problem names each invalid value, also those of the right type.
    """
    try:
        return MessageInput.model_validate(value)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)
    found = [(pointer_to(pointer, one["loc"]), to_invalid_message(one)) for one in wrong[:MAX_ERRORS]]
    if isinstance(value, dict):
        bad = {one["loc"][0] for one in wrong if one["loc"]}
        good = {name: one for name, one in value.items() if name not in bad}
        found += [
            (pointer_to(pointer, [one.field]), one)
            for one in problems(MessageInput.model_validate({**_REQUIRED, **good}))
            if one.field in good
        ]
    raise invalid_values(*found[:MAX_ERRORS])


_REQUIRED = {"to": "09012345678", "body": "text"}
"""Values in place of those that are missing, to check the others."""


@contextmanager
def argument_problems() -> Iterator[None]:
    """Raise what the library says about an argument as a problem about the field of the body with the same name."""
    try:
        yield
    except InvalidMessage as error:
        raise invalid_values((f"#/{error.field}", error)) from None


def pointer_to(base: str, location: Sequence[int | str]) -> str:
    """Return a JSON pointer (RFC 6901) to a place in the body, or `?` and the name of a query parameter."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return f"?{parts[0]}" if base == "?" else "/".join([base, *parts])
