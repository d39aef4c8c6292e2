"""All operations of the API, in the order of the OpenAPI document."""

from zettai.gateway.operations import (
    campaigns,
    canceling,
    metrics,
    numbers,
    reading,
    replacing,
    sending,
    suppressions,
    text_check,
)

OPERATIONS = (
    *sending.OPERATIONS,
    *reading.OPERATIONS,
    *canceling.OPERATIONS,
    *replacing.OPERATIONS,
    *campaigns.OPERATIONS,
    *suppressions.OPERATIONS,
    *numbers.OPERATIONS,
    *text_check.OPERATIONS,
    *metrics.OPERATIONS,
)
