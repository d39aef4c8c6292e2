"""The body of requests that control a campaign."""

from typing import Annotated

from pydantic import ConfigDict, Field

from zettai.gateway.inputs.types import Input

Short = Annotated[str, Field(max_length=100)]
"""A rate, a window of the day, or days. `SmsClient` checks it."""


class CampaignLimits(Input):
    """How fast and when messages are sent. What is left out has no limit any more."""

    rate: Annotated[
        Short | None, Field(description="The highest rate, such as `50/second`, `300/minute` or `10000/hour`.")
    ] = None
    over_seconds: Annotated[
        Annotated[float, Field(gt=0, le=10_000_000)] | None,
        Field(description="In place of a rate: the time in which the messages that wait now are sent."),
    ] = None
    between: Annotated[
        Short | None, Field(description="The time of the day in Japan, such as `09:00-20:00` or `21:00-02:00`.")
    ] = None
    days: Annotated[Short | None, Field(description="The days of the week, such as `mon-fri` or `mon,wed,sat`.")] = None
    holidays: Annotated[bool, Field(description="Whether messages are sent on Japanese holidays.")] = True


class CampaignInput(Input):
    """A change of a campaign. At least one of the two is required."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}], "minProperties": 1})

    paused: Annotated[bool | None, Field(description="`true` pauses the campaign, `false` resumes it.")] = None
    reservations: Annotated[
        bool,
        Field(
            description="Whether a pause also cancels the reservations at the provider. Their successors wait in "
            "Redis, and are reserved again when the campaign is resumed, if their time has not passed."
        ),
    ] = False
    limits: Annotated[CampaignLimits | None, Field(description="Replaces the pace and the window.")] = None
