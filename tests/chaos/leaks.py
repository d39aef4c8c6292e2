"""Finds the token, phone numbers, texts and metadata in logs, where they must not be."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from zettai_demo.request_log import Request
from zettai_simulator.settings import TOKEN

DIGITS = re.compile(r"[0-9]{10,}")


def leaks(logs: Path, requests: Mapping[str, Request]) -> list[str]:
    """Return the name of each log that has a secret, with the kind of secret but not the secret itself."""
    numbers = {request.to[-10:] for request in requests.values()}
    # A log may escape what follows the first line.
    bodies = [request.body.splitlines()[0] for request in requests.values()]
    return [
        f"{path.name}: {kind}"
        for path in sorted(logs.glob("*.log"))
        for kind in _kinds(path.read_text(encoding="utf-8", errors="replace"), numbers, bodies)
    ]


def _kinds(text: str, numbers: set[str], bodies: Iterable[str]) -> list[str]:
    found = {
        "token": TOKEN in text,
        "number": not numbers.isdisjoint(run[-10:] for run in DIGITS.findall(text)),
        # All texts begin alike, so most logs are searched only once.
        "metadata": "a note on " in text,
        "text": "chaos " in text and any(body in text for body in bodies),
    }
    return [kind for kind, is_there in found.items() if is_there]
