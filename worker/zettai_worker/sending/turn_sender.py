"""Send the messages whose turn it is: a task says how many, and the store says which ones."""

from collections.abc import Sequence
from uuid import uuid4

from zettai.core.lanes import Lane
from zettai.core.tasks import TaskName
from zettai_worker.engine.claimer import take_each_if_needed
from zettai_worker.resources import Resources
from zettai_worker.sending.sender import Claimed, Sender


class TurnSender(Sender):
    """Sends the messages of one lane, in turns by group: work of the engine."""

    task = TaskName.SEND_IN_TURN

    def __init__(self, resources: Resources, lane: Lane) -> None:
        """Build for a lane, one of `TURN_LANES`."""
        super().__init__(resources)
        self._lane = lane
        self._process = uuid4().hex[:16]
        self._take_id = uuid4().hex[:16]

    def take(self, client_tags: Sequence[str]) -> Sequence[Claimed]:
        """Take as many messages as there are tags, and claim them.

        If Redis does not answer, the next call takes the same messages again.
        """
        tags = self._store.take_turns(self._lane, self._process, self._take_id, len(client_tags))
        claimed = take_each_if_needed(super().take, tags, self.task) if tags else ()
        self._take_id = uuid4().hex[:16]
        return claimed

    def give_back(self, client_tags: Sequence[str]) -> None:
        """Give nothing back: the messages wait in the store, and beat publishes tasks for them."""
