"""The JSON bodies of requests about phone numbers."""

from typing import Annotated

from pydantic import ConfigDict, Field

from zettai.core.validation import ALL
from zettai.gateway.inputs.types import MAX_PAGE_SIZE, Input, Name, Number


class NumberInput(Input):
    """A number."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": "09012345678"}]})

    number: Number


class SuppressionInput(NumberInput):
    """A number to suppress."""

    scope: Annotated[
        Name,
        Field(description="`all`, or the name of a category. Then messages of other categories are still sent."),
    ] = ALL
    source: Annotated[Name | None, Field(description="Where the opt-out came from, for example `web-form`.")] = None


class SuppressionRemoval(NumberInput):
    """A number that may get messages again."""

    scope: Annotated[Name | None, Field(description="The scope to remove. By default, all of them.")] = None


class SuppressedNumber(NumberInput):
    """A number to look for."""


class FindInput(NumberInput):
    """A number whose messages are to be found."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="The maximum number of messages.")] = 50


class EraseInput(NumberInput):
    """A number whose messages are to be erased."""

    by_index: Annotated[
        bool, Field(description="Look only into the index by number, in place of reading all records.")
    ] = False
