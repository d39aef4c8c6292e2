"""Says in plain words why Redis cannot be used. The words never contain an address, a password or a value."""

import ssl
from enum import StrEnum
from functools import cache
from socket import gaierror

from zettai.core.causes import causes


class RedisProblem(StrEnum):
    """Why Redis cannot be used."""

    WRONG_LOGIN = "the user or the password is wrong"
    NOT_ALLOWED = "the user may not run a command that is needed"
    LOADING = "Redis still loads its data"
    REPLICA = "it is a replica, which takes no writes"
    FULL = "its memory is full"
    NO_PRIMARY = "it has lost its primary"
    POOL_IS_EMPTY = "this process has no free connection"
    NOT_REDIS = "what answers is not Redis"
    NO_DATABASE = "it has no database of this number"
    UNKNOWN_HOST = "the host name was not found"
    NOT_TRUSTED = "its certificate is not trusted"
    NO_TLS = "it speaks no TLS"
    REFUSED = "the connection was refused"
    TIMEOUT = "it did not answer in time"
    NO_CONNECTION = "there is no connection"


def redis_problem(error: BaseException) -> RedisProblem | None:
    """Return why Redis cannot be used; None if the error concerns one command, so that it may be a defect of ours.

    Args:
        error: of redis-py, or one that kombu raised from it.
    """
    found = tuple(causes(error))
    if not any(isinstance(one, _redis_error()) for one in found):
        return None
    if any("DB index is out of range" in str(one) for one in found):
        return RedisProblem.NO_DATABASE
    return next((problem for kind, problem in _kinds() if any(isinstance(one, kind) for one in found)), None)


def describe_redis_error(error: BaseException) -> str:
    """Return why Redis cannot be used, or else the kind of the error."""
    return redis_problem(error) or type(error).__name__


def _redis_error() -> type[Exception]:
    # Imported late: the words are also part of the catalog, which `zettai --help` reads.
    from redis.exceptions import RedisError  # noqa: PLC0415

    return RedisError


@cache
def _kinds() -> tuple[tuple[type[Exception], RedisProblem], ...]:
    """Return the errors of a Redis that cannot be used now, the most specific first."""
    from redis import exceptions  # noqa: PLC0415

    return (
        (exceptions.AuthenticationError, RedisProblem.WRONG_LOGIN),
        (exceptions.AuthorizationError, RedisProblem.WRONG_LOGIN),
        (exceptions.NoPermissionError, RedisProblem.NOT_ALLOWED),
        (exceptions.BusyLoadingError, RedisProblem.LOADING),
        (exceptions.ReadOnlyError, RedisProblem.REPLICA),
        (exceptions.OutOfMemoryError, RedisProblem.FULL),
        (exceptions.MasterDownError, RedisProblem.NO_PRIMARY),
        (exceptions.MaxConnectionsError, RedisProblem.POOL_IS_EMPTY),
        (exceptions.InvalidResponse, RedisProblem.NOT_REDIS),
        (gaierror, RedisProblem.UNKNOWN_HOST),
        (ssl.SSLCertVerificationError, RedisProblem.NOT_TRUSTED),
        (ssl.SSLError, RedisProblem.NO_TLS),
        (ConnectionRefusedError, RedisProblem.REFUSED),
        (exceptions.TimeoutError, RedisProblem.TIMEOUT),
        (TimeoutError, RedisProblem.TIMEOUT),
        (exceptions.ConnectionError, RedisProblem.NO_CONNECTION),
    )
