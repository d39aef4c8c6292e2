"""The users of Redis, one for each kind of process, and what each of them may do.

`make docs` writes them into deploy/redis/users.acl, which Redis 7.0 or newer and Valkey load.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from zettai.core.lanes import Lane
from zettai.core.store.keys import Keys

CONNECTION = ("+@connection", "-@admin", "-@dangerous", "-client|tracking", "+info", "+time")
"""What each process needs: to log in, `CLIENT SETNAME` and `WAITAOF`. By their category, because `CLIENT SETINFO` and
`WAITAOF` are unknown to Redis 7.0, which refuses a file that names them. Without `CLIENT TRACKING`: it shows the name
of each key that changes, also to a user that may not read the key.
"""

SCRIPTS = ("eval", "evalsha", "script|load", "script|exists")

TRANSACTIONS = ("multi", "exec", "watch", "unwatch", "discard")

READING = (
    *("exists", "get", "mget", "hget", "hmget", "hgetall", "hkeys", "hlen", "hexists", "hscan", "llen", "lrange"),
    *("lindex", "zcard", "zcount", "zrange", "zrangebyscore", "zrevrange", "zrevrank", "zscore", "zmscore"),
    *("xrange", "xrevrange", "xread", "xinfo|stream", "xinfo|groups"),
)
"""The commands with which the store reads."""

WRITING = (
    *("set", "del", "unlink", "pexpire", "hset", "hsetnx", "hdel", "hincrby"),
    *("lpush", "rpush", "lpop", "lset", "ltrim", "zadd", "zrem", "zremrangebyscore", "zremrangebyrank"),
    *("xadd", "xack", "xreadgroup", "xautoclaim", "xgroup|create"),
)
"""The commands with which the store writes."""

PUBLISHING = ("lpush", "sadd", "smembers")
"""The commands with which kombu publishes a task."""

CONSUMING = (
    *("brpop", "rpop", "llen", "del", "exists", "get", "set", "pexpire", "srem", "zadd", "zrem", "zrange"),
    *(
        "zrangebyscore",
        "zrevrangebyscore",
        "hset",
        "hget",
        "hdel",
        "psubscribe",
        "subscribe",
        "punsubscribe",
        "unsubscribe",
    ),
)
"""The commands with which kombu consumes, beside those of `PUBLISHING`."""

QUEUE_ENDS = ("", "??[369]", "@*")
"""How the keys of a queue end: kombu asks for other priorities too, and a further account has its own queue."""

REPLIES = ("*.reply.celery.pidbox*", "_kombu.binding*.reply.celery.pidbox", "_kombu.binding_deadlines", "unacked*")
"""The keys with which kombu gets the answers of workers."""

OF_PRODUCERS = (
    *("message", "body", "group", "owned", "state", "waiting", "queues", "bindings", "turns", "group_queues"),
    *("due_to_send", "due_to_check", "suspension", "refusals", "quarantine", "events", "lost_events", "bulk_cancels"),
    *(
        "open_in_groups",
        "finished_groups",
        "urgent_to",
        "same_text",
        "guard_secret",
        "spent",
        "refused",
        "loops",
        "memory",
        "emptied_groups",
    ),
    *("group_states", "campaigns", "paces", "numbers", "digest_key", "suppressions", "suppression_list"),
    *("suppressed", "transitions", "deliveries", "billed_parts", "replacements", "replacement_outcomes", "csv_run"),
    "csv_rows",
)
"""The keys that the store changes for applications: to send, cancel and replace, and to record delivery reports."""

OF_WEBHOOKS = ("webhooks", "webhook_lock", "webhook_retries", "webhook_given_up", "webhook_replays")
"""The keys of the deliveries to webhooks."""

OF_STATISTICS = (
    *("state", "waiting", "queues", "turns", "due_to_send", "due_to_check", "suspension", "quarantine", "events"),
    *("lost_events", *OF_WEBHOOKS, "open_in_groups", "refused", "group_states", "campaigns", "suppressions"),
    *("suppressed", "transitions", "deliveries", "billed_parts", "parts_comparison", "last_runs", "ticks"),
    *("replacement_outcomes", "memory", "spent", "loops", "csv_rows"),
)
"""The keys from which the statistics are made. No record, number or text is among them."""

CONTROL = "/0.celery.pidbox"
"""The channel on which Celery controls workers, in database 0. Redis compares the pattern of a `PSUBSCRIBE` literally,
so there is no pattern for all databases.
"""

EVENTS = "/0.celeryev/*"
"""The channels of the events of workers. They send heartbeats."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Commands, with the keys and channels that they may use.

    Attributes:
        commands: with their subcommands.
        keys: the names of members of `Keys`, `queues` or `bindings`; or "broker" or "all".
        reads: keys that may only be read.
        channels: of Celery.
    """

    commands: tuple[str, ...]
    keys: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def rules(self, prefix: str) -> Iterator[str]:
        """Yield the rules in the words of Redis, without those of the connection."""
        yield from (f"~{pattern}" for name in self.keys for pattern in _patterns(name, prefix))
        yield from (f"%R~{pattern}" for name in self.reads for pattern in _patterns(name, prefix))
        yield from (f"&{Keys(prefix).broker}{channel}" for channel in self.channels)
        yield from (f"+{command}" for command in dict.fromkeys(self.commands))


@dataclass(frozen=True, slots=True)
class RedisUser:
    """A user.

    Attributes:
        name: of the user.
        of: the processes.
        rights: what it may do.
        more: further rights, each with keys of its own.
    """

    name: str
    of: str
    rights: Rights
    more: tuple[Rights, ...] = ()

    def acl(self, prefix: str) -> str:
        """Return its line in the file."""
        own = " ".join(dict.fromkeys(self.rights.rules(prefix)))
        more = "".join(f" (resetchannels {' '.join(one.rules(prefix))})" for one in self.more)
        return f"user {self.name} on #HASH-OF-redis_{self.name} resetchannels {' '.join(CONNECTION)} {own}{more}"


READS_LIMITER = Rights((*SCRIPTS, "hget", "hmget", "info", "time"), ("limiter",))
"""A script needs the right to write its keys. So the limiter's key has its own rights, with commands that read."""

PINGS = Rights((*SCRIPTS, *PUBLISHING, *CONSUMING, "publish"), ("replies",), channels=(CONTROL,))
"""The console shows which workers answer. Workers accept no command from the channel that changes anything."""

USERS = (
    RedisUser(
        "web",
        "web applications, with `SmsClient`",
        Rights((*SCRIPTS, *TRANSACTIONS, *READING, *WRITING, *PUBLISHING), OF_PRODUCERS),
    ),
    RedisUser(
        "gateway",
        "`zettai gateway`, with delivery reports and the console",
        Rights(
            (*SCRIPTS, *TRANSACTIONS, *READING, *WRITING, *PUBLISHING, "incrby", "pttl"),
            (*OF_PRODUCERS, "audit", "audit_of_keys", "rate", "failed_logins", "ended_session", "layout"),
            ("ticks", "last_runs", "first_counters"),
        ),
        (READS_LIMITER, PINGS),
    ),
    RedisUser(
        "worker",
        "workers; `zettai worker`, which runs beat too; the `zettai` command of operators",
        Rights(
            (
                *(*SCRIPTS, *TRANSACTIONS, *READING, *WRITING, *PUBLISHING, *CONSUMING),
                *("publish", "scan", "incrby", "pttl", "type", "xgroup|destroy"),
            ),
            ("all",),
            channels=(CONTROL, EVENTS),
        ),
    ),
    RedisUser(
        "beat",
        "beat, where it is a process of its own",
        Rights(
            (
                *(*SCRIPTS, *TRANSACTIONS, *PUBLISHING, "type", "exists", "get", "set", "del", "pexpire", "llen"),
                *("hget", "hmget", "hset", "hdel"),
            ),
            ("ticks", "claimed_up_to", "layout", "queues", "bindings"),
            ("first_counters",),
        ),
    ),
    RedisUser(
        "webhooks",
        "`zettai webhooks`",
        Rights(
            (*SCRIPTS, *TRANSACTIONS, *READING, *WRITING, "pttl"),
            ("layout", "events", "lost_events", *OF_WEBHOOKS),
            ("message", "body", "first_counters"),
        ),
    ),
    RedisUser("exporter", "`zettai exporter`", Rights(READING, reads=OF_STATISTICS), (READS_LIMITER,)),
    RedisUser(
        "flower",
        "Flower",
        Rights(
            (*SCRIPTS, *TRANSACTIONS, *PUBLISHING, *CONSUMING, "publish"),
            ("broker",),
            channels=(CONTROL, EVENTS),
        ),
    ),
)
"""All users of processes. The administrator of Redis is a further one."""


def acl_file(prefix: str = "zettai") -> str:
    """Return the file. In place of the hashes of passwords, it names the files of the passwords."""
    administrator = "user admin on #HASH-OF-redis_admin ~* &* +@all"
    return "\n".join(["user default off", administrator, *(user.acl(prefix) for user in USERS)]) + "\n"


def _patterns(name: str, prefix: str) -> Iterator[str]:
    """Yield the patterns of a name's keys: those of the default account, and those of all others."""
    default = Keys(prefix)
    match name:
        case "all":
            yield f"{prefix}:*"
        case "broker":
            yield f"{default.broker}*"
        case "queues" | "bindings":
            kombu = "_kombu.binding*." if name == "bindings" else ""
            yield from (f"{default.broker}{kombu}{lane}{end}" for lane in Lane for end in QUEUE_ENDS)
        case "replies":
            yield from (f"{default.broker}{key}" for key in REPLIES)
        case _:
            yield from dict.fromkeys((_pattern(name, default), _pattern(name, Keys(prefix, "*"))))


def _pattern(name: str, keys: Keys) -> str:
    """Return the pattern of the keys that a member of `Keys` makes."""
    member = getattr(keys, name)
    if isinstance(member, str):
        return f"{member}*" if member.endswith(":") else member
    return str(member(*("*" for _ in inspect.signature(member).parameters)))
