"""Send the messages whose turn it is: a task says how many, and the store says which ones."""

from collections.abc import Sequence
from uuid import uuid4

import structlog

from zettai.core.lanes import Lane
from zettai.core.store.connection import REDIS_AWAY
from zettai.core.tasks import TaskName
from zettai_worker.resources import Resources
from zettai_worker.sending.sender import Claimed, Sender

logger = structlog.get_logger("zettai.engine")


class TurnSender(Sender):
    """Sends the messages of one lane, in turns by group: work of the engine."""

    task = TaskName.SEND_IN_TURN

    def __init__(self, resources: Resources, lane: Lane) -> None:
        """Build for a lane, one of `TURN_LANES`."""
        super().__init__(resources)
        self._lane = lane
        self._process = uuid4().hex[:16]
        self._take_id = uuid4().hex[:16]

    def take(self, client_tags: Sequence[str]) -> list[Claimed]:
        """Take as many messages as there are tags, and claim them.

        If Redis does not answer, the next call takes the same messages again.
        """
        tags = self._store.take_turns(self._lane, self._process, self._take_id, len(client_tags))
        try:
            claimed = super().take(tags) if tags else []
        except REDIS_AWAY:
            raise
        except Exception:
            # Whatever is wrong with one message, the others must be sent. The sweep finds it again.
            logger.exception("take_failed", task=self.task)
            claimed = self._take_each(tags)
        self._take_id = uuid4().hex[:16]
        return claimed

    def give_back(self, client_tags: Sequence[str]) -> None:
        """Give nothing back: the messages wait in the store, and beat publishes tasks for them."""

    def _take_each(self, client_tags: Sequence[str]) -> list[Claimed]:
        claimed: list[Claimed] = []
        for tag in client_tags:
            try:
                claimed += super().take([tag])
            except REDIS_AWAY:
                raise
            except Exception:
                logger.exception("take_failed", task=self.task, client_tag=tag)
        return claimed
