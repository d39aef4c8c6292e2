"""Find out what became of messages whose outcome is unknown, and that must not be sent again."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from zettai.core.lanes import Lane
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import State
from zettai_worker.following.schedule import may_ask
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError
from zettai_worker.resources import CountedCalls, Resources
from zettai_worker.sending.decisions import after_lookup
from zettai_worker.sending.lookup import LookupResult, look_up

logger = structlog.get_logger("zettai.lookup")


class UnknownOutcomes:
    """Looks messages up at the provider, in the status lane, until a proof comes or their time is over."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store

    def look_up(self, client_tags: Sequence[str]) -> None:
        """Look up each message whose outcome is still unknown, and record what follows."""
        tags = list(client_tags)
        for message, body in zip(self._store.get(tags), self._store.bodies(tags), strict=True):
            if message is not None and message.state is State.SUBMIT_UNKNOWN:
                with WorkingOn(message):
                    self._look_up(message, body)

    def _look_up(self, message: Message, body: str | None) -> None:
        calls, result = CountedCalls(self._resources, Lane.STATUS), LookupResult.FAILED
        if may_ask(message) and not self._store.is_circuit_open():
            try:
                result = look_up(self._resources.provider, message, body, calls, self._resources.metrics)
            except (ProviderError, LimiterError) as error:
                logger.warning("lookup_failed", error=str(error))
        decision = after_lookup(message, result, self._resources.settings, now=self._store.now())
        update = replace(decision, calls=calls.count).to_update(message.client_tag, State.SUBMIT_UNKNOWN)
        [state] = self._store.apply_updates([update])
        if decision.to is not None:
            logger.info("lookup_completed", state=state or "too_late", reason=decision.reason)
