"""The model test of ends: every message ends, and ends truly, whatever the provider does.

`EXAMPLES=10000 make model` runs the long search.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from redis import Redis
from tests.integration.model.steps import Script, scripts
from tests.integration.model.world import World

from zettai_worker.settings import WorkerSettings

EXAMPLES = int(os.environ.get("EXAMPLES", "100"))


@pytest.mark.timeout(1800)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=scripts)
def test_every_message_ends_and_ends_truly(script: Script, model_redis: Redis, worker_settings: WorkerSettings) -> None:
    World(model_redis, worker_settings, script).run()
