"""`python -m zettai.gateway` runs the gateway on hosts without the `zettai` command."""

import sys
from importlib.util import find_spec

from zettai.core.errors import DurabilityUnavailable, SettingsError
from zettai.core.listening import CannotListen


def main() -> int:
    """Run the gateway until SIGTERM or Ctrl-C. Return the exit code: 3 for invalid settings, 1 if it cannot run."""
    if not all(map(find_spec, ("prometheus_client", "starlette", "uvicorn"))):
        return _fail("the gateway needs its extra; run pip install 'zettai-sms[gateway]'", 1)
    from zettai.gateway.process import run  # noqa: PLC0415 - the extra may not be installed
    from zettai.gateway.settings import GatewaySettings  # noqa: PLC0415

    try:
        run(GatewaySettings.load())
    except (SettingsError, DurabilityUnavailable) as error:
        return _fail(str(error), 3)
    except CannotListen as error:
        return _fail(str(error), 1)
    return 0


def _fail(error: str, code: int) -> int:
    sys.stderr.write(f"zettai: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
