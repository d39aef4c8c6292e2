"""`zettai top`: how everything stands, again and again.

frame     what is shown: plain values
reading   how it is read from Redis, at a cost that does not grow
roll      which workers answer: asked beside the reading, since answers take a while
screen    how it looks to people
command   once or again and again, as text or JSON
"""

from zettai_cli.operations.top.command import top

__all__ = ["top"]
