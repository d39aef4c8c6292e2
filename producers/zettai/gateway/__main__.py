"""`python -m zettai.gateway`: the gateway, where the command line of the workers is not installed."""

import sys

from zettai.core.errors import DurabilityUnavailable, SettingsError
from zettai.gateway.process import run
from zettai.gateway.settings import GatewaySettings


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; answers the exit code: 3 for wrong settings, 1 where it cannot listen."""
    try:
        run(GatewaySettings.load())
    except (SettingsError, DurabilityUnavailable) as error:
        return _end(str(error), 3)
    except OSError as error:
        return _end(f"cannot listen: {error.strerror or error}", 1)
    return 0


def _end(error: str, code: int) -> int:
    sys.stderr.write(f"zettai: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
