"""What Prometheus is told of the whole installation: counted by the ledger, read by one exporter."""

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from producers.draft import Carrier
from producers.keys import Keys
from producers.lanes import Lane
from producers.ledger import Order, WorkLedger
from producers.ledger.tallies import BUCKETS
from producers.states import State
from tests.cli.given import COMMAND
from tests.monitoring.exported import exporter_of
from tests.support.metrics import Samples, read, scrape
from tests.support.orders import A_MOMENT, a_draft, accepted, claim_one, settle_one
from tests.support.plant import eventually
from tests.support.servers import free_port
from worker.ends import ended
from worker.exporter import FRESH, Exporter
from worker.provider import Status, StatusId
from worker.runtime import build_limiter
from worker.settings import LimiterSettings


@pytest.fixture
def ledger(redis_url: str) -> Iterator[WorkLedger]:
    """An empty ledger."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield WorkLedger(redis, Keys("zettai"))


def _told(ledger: WorkLedger, redis_url: str) -> Samples:
    return read(_page(exporter_of(ledger, redis_url)))


def _page(exporter: Exporter) -> str:
    registry = CollectorRegistry()
    registry.register(exporter)
    return generate_latest(registry).decode()
