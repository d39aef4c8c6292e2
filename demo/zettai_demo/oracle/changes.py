"""What became of cancels, replacements and suppressions."""

from zettai import CancelOutcome, State
from zettai_demo.evidence import Evidence, ProviderRecord
from zettai_demo.oracle.check import Check, check_each, messages_by_tag


def cancel_outcomes(evidence: Evidence) -> Check:
    """What `cancel` returned is what happened."""
    messages = messages_by_tag(evidence)

    def difference(client_tag: str, outcome: CancelOutcome) -> str | None:
        message = messages.get(client_tag)
        if message is None:
            return f"is not in the store, and its cancel is {outcome}"
        if outcome in {CancelOutcome.NOT_FOUND, CancelOutcome.PENDING}:
            return f"is {message.state}, and its cancel is still {outcome}"
        if (message.state is State.CANCELED) != (outcome is CancelOutcome.CANCELED):
            return f"is {message.state}, but its cancel is {outcome}"
        return None

    cancels = evidence.cancels.items()
    wrong = tuple(f"{tag} {problem}" for tag, outcome in cancels if (problem := difference(tag, outcome)))
    return Check("each cancel did what it returned", len(evidence.cancels), wrong)


def group_outcomes(evidence: Evidence) -> Check:
    """What `cancel_group` returned is what happened."""
    messages = messages_by_tag(evidence)
    wrong: list[str] = []
    for number, group in enumerate(evidence.groups, start=1):
        counts, size = group.counts, len(group.client_tags)
        counted = counts.canceled + counts.pending + counts.too_late
        canceled = sum(tag in messages and messages[tag].state is State.CANCELED for tag in group.client_tags)
        if counted != size:
            wrong.append(f"group {number} has {size} messages, but {counted} were counted")
        elif not counts.canceled <= canceled <= counts.canceled + counts.pending:
            wrong.append(f"group {number}: {counts.canceled} were counted as canceled, but {canceled} are")
    examined = sum(len(group.client_tags) for group in evidence.groups)
    return Check("each group cancel did what it returned", examined, tuple(wrong))


def suppressed_not_sent(evidence: Evidence) -> Check:
    """No message was submitted after the suppression of its number was acknowledged, unless it was claimed before."""
    messages = messages_by_tag(evidence)

    def difference(record: ProviderRecord) -> str | None:
        suppressed_at, message = evidence.suppressions[record.to], messages.get(record.client_tag)
        attempts = [event.at for event in message.history if event.state is State.SUBMITTING] if message else []
        was_claimed = any(at.timestamp() <= suppressed_at for at in attempts)
        if record.accepted_at <= suppressed_at or was_claimed:
            return None
        return f"was submitted {record.accepted_at - suppressed_at:.3f} s after its number was suppressed"

    records = [record for record in evidence.records if record.to in evidence.suppressions]
    return check_each("nothing is submitted to a number after its suppression", records, difference)


def one_of_both_sent(evidence: Evidence) -> Check:
    """Of a message and its successor, exactly one is sent, unless it may expire or its number is suppressed."""
    sent = {record.client_tag for record in evidence.records if record.sent}
    suppressed = {message.client_tag for message in evidence.messages if message.is_suppressed}

    def chain_from(tag: str) -> set[str]:
        """Return a message and all that were to be sent in its place, one after the other."""
        chain: set[str] = set()
        while tag and tag not in chain:
            chain.add(tag)
            tag = evidence.successors.get(tag, "")
        return chain

    def difference(tag: str, new_tag: str) -> str | None:
        successors = chain_from(new_tag)
        if tag in sent and not sent.isdisjoint(successors):
            return "was sent, and its successor too"
        may_be_unsent = evidence.requests[tag].short_lived or not suppressed.isdisjoint({tag, *successors})
        if sent.isdisjoint({tag, *successors}) and not may_be_unsent:
            return "was not sent, and its successor neither"
        return None

    pairs = evidence.successors.items()
    wrong = tuple(f"{tag} {problem}" for tag, new_tag in pairs if (problem := difference(tag, new_tag)))
    return Check("of each replaced message and its successor, one was sent", len(pairs), wrong)
