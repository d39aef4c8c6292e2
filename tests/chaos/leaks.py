"""What must stand in no log, however bad the run was: the token, the numbers and the texts."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.chaos.evidence import Asked
from tests.support.plant import TOKEN

DIGITS = re.compile(r"[0-9]{10,}")


def leaks(logs: Path, asked: Mapping[str, Asked]) -> list[str]:
    """Name each log that holds a secret, with the kind of secret: the secret itself is not repeated."""
    numbers = {one.to[-10:] for one in asked.values()}
    bodies = [one.body for one in asked.values()]
    return [
        f"{path.name}: {kind}"
        for path in sorted(logs.iterdir())
        for kind in _kinds(path.read_text(encoding="utf-8", errors="replace"), numbers, bodies)
    ]


def _kinds(text: str, numbers: set[str], bodies: Iterable[str]) -> list[str]:
    found = {
        "token": TOKEN in text,
        "number": not numbers.isdisjoint(run[-10:] for run in DIGITS.findall(text)),
        # Every text begins alike, so most logs are read but once.
        "text": "chaos " in text and any(body in text for body in bodies),
    }
    return [kind for kind, there in found.items() if there]
