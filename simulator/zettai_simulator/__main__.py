"""`python -m zettai_simulator`: run one simulated provider until SIGTERM or SIGINT."""

import asyncio

from zettai_simulator.command_line import settings_from
from zettai_simulator.server import serve


def main() -> None:
    """Run the simulator."""
    asyncio.run(serve(settings_from()))


if __name__ == "__main__":
    main()
