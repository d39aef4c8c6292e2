"""The one place that maps errors to exit codes. It is imported when a command fails."""

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from zettai import (
    BudgetExceeded,
    DurabilityUnavailable,
    EncryptionKeyMissing,
    GuardError,
    IncompatibleStore,
    InvalidMessage,
    LedgerUnavailable,
    NotAllowed,
    NotDurable,
    RateExceeded,
    ReplacementPending,
    SettingsError,
    SharedByAccounts,
    StoreFull,
    SuppressionKeyMismatch,
    TagConflict,
    UrgentCampaign,
    ZettaiError,
)
from zettai.core.redis_problem import describe_redis_error
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import is_japanese, say
from zettai_worker.limiter import LimiterUnavailable

CODES: dict[type[Exception], ExitCode] = {
    SettingsError: ExitCode.SETTINGS,
    IncompatibleStore: ExitCode.SETTINGS,
    InvalidMessage: ExitCode.USAGE,
    TagConflict: ExitCode.NO,
    ReplacementPending: ExitCode.PENDING,
    UrgentCampaign: ExitCode.NO,
    SharedByAccounts: ExitCode.NO,
    LedgerUnavailable: ExitCode.UNAVAILABLE,
    DurabilityUnavailable: ExitCode.SETTINGS,
    SuppressionKeyMismatch: ExitCode.SETTINGS,
    EncryptionKeyMissing: ExitCode.SETTINGS,
    NotDurable: ExitCode.PENDING,
    GuardError: ExitCode.NO,
    RateExceeded: ExitCode.NO,
    BudgetExceeded: ExitCode.NO,
    NotAllowed: ExitCode.NO,
    StoreFull: ExitCode.UNAVAILABLE,
    LimiterUnavailable: ExitCode.UNAVAILABLE,
}


def explain(error: Exception) -> tuple[str, ExitCode] | None:
    """Return the line and the exit code for an error, or None for one that is a defect."""
    if isinstance(error, ZettaiError | LimiterUnavailable):
        return _text(error), CODES.get(type(error), ExitCode.NO)
    if isinstance(error, RedisError | OperationalError):
        # The text of the error can contain the URL with the password.
        problem = say("Redis cannot be used: {why}; run zettai doctor", why=translate(describe_redis_error(error)))
        return problem, ExitCode.UNAVAILABLE
    return None


def _text(error: Exception) -> str:
    """Return the text of an error in the language of the user."""
    if is_japanese() and isinstance(error, InvalidMessage):
        return error.message_ja
    if is_japanese() and isinstance(error, GuardError):
        return f"{error.message_ja}({translate(str(error))})"
    return translate(str(error))
