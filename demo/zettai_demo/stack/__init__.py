"""Everything that runs in production, started together on this machine: Redis, the provider, workers and beat.

The demo, the tests, the chaos test and the benchmarks all use this `Stack`. The provider is the simulator.
"""

from zettai_demo.stack.movable_clock import MovableClock
from zettai_demo.stack.redis_server import RedisServer, free_port
from zettai_demo.stack.stack import Stack
from zettai_demo.stack.supervisor import ZETTAI, StackError, Supervisor
from zettai_demo.stack.tied_redis import TiedRedis
from zettai_demo.stack.waiting import wait_until

__all__ = [
    "ZETTAI",
    "MovableClock",
    "RedisServer",
    "Stack",
    "StackError",
    "Supervisor",
    "TiedRedis",
    "free_port",
    "wait_until",
]
