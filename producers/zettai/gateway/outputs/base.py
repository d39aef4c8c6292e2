"""The base of the bodies of responses."""

from pydantic import BaseModel, ConfigDict


class Output(BaseModel):
    """The body of a response. The docstring of an attribute is its description."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
