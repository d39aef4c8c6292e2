"""For your own tests: a client that validates like the real one, and sends nothing.

Example:
    >>> from zettai.testing import FakeSmsClient
    >>> client = FakeSmsClient()
    >>> message = client.send("09012345678", "Your code is 123456", lane="urgent")
    >>> client.outbox[0].body
    'Your code is 123456'
    >>> client.move(message.client_tag, "delivered").state
    <State.DELIVERED: 'delivered'>
    >>> [event.type.value for event in client.events(group="billing")]
    ['delivered']
"""

from zettai.testing.client import FakeSmsClient
from zettai.testing.store import InMemoryStore

__all__ = ["FakeSmsClient", "InMemoryStore"]
