"""`python -m zettai_simulator`: one simulated provider in a process of its own, until it is told to stop."""

import asyncio

from zettai_simulator.command_line import settings_from
from zettai_simulator.server import serve


def main() -> None:
    """Run it."""
    asyncio.run(serve(settings_from()))


if __name__ == "__main__":
    main()
