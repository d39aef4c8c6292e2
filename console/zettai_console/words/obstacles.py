"""Why a message is not sent again, in ordinary words. The texts are keys of the catalog."""

from collections.abc import Mapping

from zettai.requeueing import Obstacle
from zettai_console.language import mark

OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.SENT_AGAIN: mark("It was sent again before."),
    Obstacle.CAUSE_REMAINS: mark("It did not arrive, for a cause that does not pass."),
    Obstacle.NOT_ARRIVED: mark("It did not arrive."),
    Obstacle.NO_DEAD_LETTER: mark("It has not ended, or it arrived."),
    Obstacle.MAY_HAVE_ARRIVED: mark("It may have arrived. Allow a second delivery to send it again."),
    Obstacle.AT_PROVIDER: mark("The provider has it. Allow a second delivery to send it again."),
    Obstacle.NO_TEXT: mark("It has no text."),
    Obstacle.ERASED: mark("Its number was erased on request."),
    Obstacle.SEALED: mark("Its number is sealed with a key that the console does not have."),
    Obstacle.PURGED: mark("Its record was deleted."),
}
