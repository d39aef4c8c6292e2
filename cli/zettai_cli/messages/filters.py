"""The filters of `list` and `export`, as options."""

from zettai_cli.messages.selection import Selection
from zettai_cli.shared.options import (
    AccountFilter,
    CarrierFilter,
    GroupFilter,
    LaneFilter,
    MetadataFilter,
    Overdue,
    SenderFilter,
    Since,
    StateFilter,
    Until,
)
from zettai_cli.shared.parsing import metadata_pairs


def filters(
    *,
    state: StateFilter = None,
    group: GroupFilter = None,
    lane: LaneFilter = None,
    carrier: CarrierFilter = None,
    sender: SenderFilter = None,
    account: AccountFilter = None,
    metadata: MetadataFilter = None,
    since: Since = None,
    until: Until = None,
    overdue: Overdue = False,
) -> Selection:
    """Return the selection that the options make."""
    return Selection(
        states=tuple(state or ()),
        group=group,
        lane=lane,
        carrier=carrier,
        sender=sender,
        account=account,
        metadata=metadata_pairs(metadata or ()),
        since=since,
        until=until,
        overdue=overdue,
    )
