"""The JSON bodies of requests about phone numbers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zettai.core.validation import ALL
from zettai.gateway.input_types import MAX_PAGE_SIZE, STRICT, Name, Number


class SuppressionInput(BaseModel):
    """A number to suppress."""

    model_config = ConfigDict(**STRICT, json_schema_extra={"examples": [{"number": "09012345678"}]})

    number: Number
    scope: Annotated[
        Name,
        Field(description="`all`, or the name of a category. Then messages of other categories are still sent."),
    ] = ALL
    source: Annotated[Name | None, Field(description="Where the opt-out came from, for example `web-form`.")] = None


class SuppressionRemoval(BaseModel):
    """A number that may get messages again."""

    model_config = ConfigDict(**STRICT, json_schema_extra={"examples": [{"number": "09012345678"}]})

    number: Number
    scope: Annotated[Name | None, Field(description="The scope to remove. By default, all of them.")] = None


class SuppressedNumber(BaseModel):
    """A number to look for."""

    model_config = ConfigDict(**STRICT, json_schema_extra={"examples": [{"number": "09012345678"}]})

    number: Number


class FindInput(BaseModel):
    """A number whose messages are to be found."""

    model_config = ConfigDict(**STRICT, json_schema_extra={"examples": [{"number": "09012345678"}]})

    number: Number
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="The maximum number of messages.")] = 50


class EraseInput(BaseModel):
    """A number whose messages are to be erased."""

    model_config = ConfigDict(**STRICT, json_schema_extra={"examples": [{"number": "09012345678"}]})

    number: Number
    by_index: Annotated[
        bool, Field(description="Look only into the index by number, in place of reading all records.")
    ] = False
