"""The keys that all scripts of the store can use, and their names in Lua."""

from zettai.core.lanes import SENDING_LANES, TURN_LANES
from zettai.core.states import State
from zettai.core.store.keys import Keys


def shared_keys(keys: Keys) -> dict[str, str]:
    """Return the keys of an account that scripts use whatever they work on, by their names in Lua."""
    return {
        **{f"STATE.{state}": keys.state(state) for state in State},
        **{f"WAITING.{lane}": keys.waiting(lane) for lane in SENDING_LANES},
        **{f"QUEUE.{lane}": keys.queue(lane) for lane in SENDING_LANES},
        **{f"TURNS.{lane}": keys.turns(lane) for lane in TURN_LANES},
        "GROUP_QUEUES": keys.group_queues,
        "TAKEN": keys.taken,
        "DUE_TO_SEND": keys.due_to_send,
        "DUE_TO_CHECK": keys.due_to_check,
        "CLAIMED_UP_TO": keys.claimed_up_to,
        "SUSPENSION": keys.suspension,
        "REFUSALS": keys.refusals,
        "BULK_CANCELS": keys.bulk_cancels,
        "QUARANTINE": keys.quarantine,
        "EVENTS": keys.events,
        "OPEN_IN_GROUPS": keys.open_in_groups,
        "EMPTIED_GROUPS": keys.emptied_groups,
        "FINISHED_GROUPS": keys.finished_groups,
        "GROUP_STATES": keys.group_states,
        "CAMPAIGNS": keys.campaigns,
        "PACES": keys.paces,
        "NUMBERS": keys.numbers,
        "SUPPRESSIONS": keys.suppressions,
        "SUPPRESSION_LIST": keys.suppression_list,
        "SUPPRESSION_SEARCH": keys.suppression_search,
        "SUPPRESSED": keys.suppressed,
        "SAME_TEXT": keys.same_text,
        "SPENT": keys.spent,
        "REFUSED": keys.refused,
        "LOOPS": keys.loops,
        "MEMORY": keys.memory,
        "TRANSITIONS": keys.transitions,
        "DELIVERIES": keys.deliveries,
        "BILLED_PARTS": keys.billed_parts,
        "REPLACEMENTS": keys.replacements,
        "REPLACEMENT_OUTCOMES": keys.replacement_outcomes,
    }
