"""The settings of `zettai webhooks`."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from zettai.core.errors import SettingsError
from zettai.core.settings import Duration, ProcessSettings
from zettai.core.watched_file import WatchedFile
from zettai_worker.webhooks.endpoints import Endpoint, read_endpoints


class WebhookSettings(ProcessSettings):
    """What `zettai webhooks` needs beside Redis."""

    webhooks_file: Path | None = None
    """The file of the endpoints that get events: TOML. It has secrets, and is read again when it changes."""
    webhook_timeout: Duration = timedelta(seconds=10)
    """The longest time of one request, from the look-up of the host name to the answer."""
    webhook_retry_after: Duration = timedelta(seconds=5)
    """The longest wait after a first failed attempt. It doubles each time; the real wait is random, between half of it
    and all of it.
    """
    webhook_retry_cap: Duration = timedelta(hours=1)
    """The longest wait between two attempts, and the longest `Retry-After` of a receiver that is honored."""
    webhook_give_up_after: Duration = timedelta(hours=24)
    """How long after its first attempt an event is given up."""

    def endpoints(self) -> WatchedFile[Sequence[Endpoint]]:
        """Read the file of the endpoints, which is read again when it changes.

        Raises:
            SettingsError: there is no file, or it is wrong.
        """
        if self.webhooks_file is None:
            raise SettingsError("ZETTAI_WEBHOOKS_FILE: must be set")
        try:
            return WatchedFile(self.webhooks_file, read_endpoints)
        except ValueError as error:
            raise SettingsError(f"ZETTAI_WEBHOOKS_FILE: {error}") from None
