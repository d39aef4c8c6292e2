# mypy: ignore-errors

"""Makes the data set of version 0.1.0: real processes of that version leave messages in every state.

The packages that it imports are those of 0.1.0, so it runs in a checkout of that version, with its own environment:

    git archive a5ed8a7 | tar -x -C OLD
    cd OLD
    python -m venv .venv
    .venv/bin/pip install --require-hashes -r requirements.lock
    .venv/bin/pip install --no-deps --no-build-isolation -e .
    .venv/bin/python .../tests/acceptance/upgrade/make_data_set.py .../tests/acceptance/upgrade/data_set_0_1_0.json
"""

import json
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

import requests
from producers import State
from producers.connection import connect
from producers.draft import Draft
from producers.keys import Keys
from producers.lanes import Lane
from producers.ledger import WorkLedger
from producers.times import now
from redis import Redis
from simulator import SimulatorProcess
from tests.support.plant import TOKEN, Plant, eventually
from tests.support.servers import valkey

BODY = "version 0.1.0"
TIMES = {"HTTP_TIMEOUT": "5", "LEASE": "10"}


def main(path: str) -> None:
    """Write the data set to a file."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=3, kddi_failure_after=4, hang_for=60)
    with tempfile.TemporaryDirectory() as folder, valkey(Path(folder) / "redis") as server:
        url = str(server.connection_url)
        with simulator, Plant(url, simulator, Path(folder), "zettai", **TIMES) as plant:
            make_final_states(plant)
            make_open_states(plant)
            for process in plant.processes:
                process.kill()
                process.wait()
            make_states_without_workers(plant)
            data = {
                "taken_at": int(time.time() * 1000),
                "provider": [message for message in simulator.truth() if message["clientTag"] != "failed"],
                "keys": dump(url),
            }
    Path(path).write_text(json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def make_final_states(plant: Plant) -> None:
    """Send messages that end in each final state."""
    client = plant.client
    client.send("09010000001", BODY, client_tag="expired", expires_in=timedelta(milliseconds=1))
    client.send("09010000002", BODY, client_tag="canceled")
    client.cancel("canceled")
    form = {"token": TOKEN, "clientId": "1234", "smsCode": "12345", "message": "another", "clientTag": "failed"}
    requests.post(f"{plant.simulator.url}/p5/api/mt.json", {**form, "phoneNumber": "09010000003"}, timeout=5)
    plant.start_worker()
    plant.start_beat()
    client.send("09010000004", BODY, client_tag="failed")
    client.send("09010000006", BODY, client_tag="delivered", group="campaign", lane="bulk")
    client.send("09010000732", BODY, client_tag="undelivered", group="campaign", lane="bulk")
    too_long = Draft.model_construct(
        to="+819010000005", body="x" * 661, client_tag="rejected", lane=Lane.NORMAL, expires_in=timedelta(hours=1)
    )
    plant.ledger.create([too_long])
    client.send("09010000999", BODY, client_tag="delivery_unknown")
    for tag in ("expired", "canceled", "rejected", "failed", "delivered", "undelivered", "delivery_unknown"):
        assert plant.ended(tag).state == tag, tag


def make_open_states(plant: Plant) -> None:
    """Send messages that are in each state when the processes are killed."""
    client, hours = plant.client, now() + timedelta(hours=5)
    for tag, number in (("scheduled", "09020000001"), ("scheduled-to-cancel", "09020000002")):
        client.send(number, BODY, client_tag=tag, send_at=hours, group="reserved")
        plant.ended(tag, State.SCHEDULED)
    plant.simulator.set_faults(
        {"kind": "cut_after", "suffix": "0011"},
        {"kind": "unavailable", "suffix": "0012"},
        {"kind": "cut_after", "suffix": "0014"},
        {"kind": "hang_after", "suffix": "0013"},
    )
    client.send("09020000011", BODY, client_tag="unknown-taken")
    client.send("09020000012", BODY, client_tag="unknown-not-taken", group="campaign", lane="bulk")
    client.send("09020000014", BODY, client_tag="unknown-to-cancel", send_at=hours)
    for tag in ("unknown-taken", "unknown-not-taken", "unknown-to-cancel"):
        plant.ended(tag, State.SUBMIT_UNKNOWN)
    client.send("09020000021", BODY, client_tag="sending")
    plant.ended("sending", State.SENDING)
    client.send("09020000022", BODY, client_tag="accepted")
    client.send("09020000013", BODY, client_tag="submitting-taken", lane="urgent", expires_in=timedelta(hours=1))
    plant.ended("accepted", State.ACCEPTED)
    eventually(lambda: any(one["clientTag"] == "submitting-taken" for one in plant.simulator.truth()), "it is taken")
    plant.simulator.set_quota(0)
    client.send("09020000031", BODY, client_tag="held")
    plant.ended("held", State.HELD)


def make_states_without_workers(plant: Plant) -> None:
    """Record what applications do while no worker runs, and what a worker writes before it is killed."""
    client = plant.client
    client.cancel("scheduled-to-cancel")
    client.cancel("unknown-to-cancel")
    client.send("09030000001", BODY, client_tag="queued-urgent", lane="urgent", expires_in=timedelta(hours=1))
    client.send("09030000002", BODY, client_tag="queued-normal", group="campaign", carrier="au")
    client.send("09030000003", BODY, client_tag="queued-for-later", send_at=now() + timedelta(seconds=61))
    client.send("09030000004", BODY, client_tag="queued-to-expire", expires_in=timedelta(seconds=1))
    items = [{"to": f"0903000001{number}", "body": BODY, "client_tag": f"bulk-{number}"} for number in range(5)]
    list(client.send_many({**item, "group": "campaign"} for item in items))
    client.send("09030000005", BODY, client_tag="submitting-not-taken")
    ledger = WorkLedger(connect(plant.redis_url), Keys("zettai"))
    ledger.release_account()
    assert ledger.claim(["submitting-not-taken"], "of a killed worker", lease=timedelta(seconds=10), hold=timedelta(1))
    ledger.hold_account("300 Plan quota used up.", again_in=timedelta(seconds=1))
    ledger.close()


def dump(url: str) -> dict:
    """Return all keys with their types and values."""
    with Redis.from_url(url, decode_responses=True) as redis:
        readers = {
            "hash": redis.hgetall,
            "list": lambda key: redis.lrange(key, 0, -1),
            "set": lambda key: sorted(redis.smembers(key)),
            "string": redis.get,
            "zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        }
        keys = sorted(redis.scan_iter(count=1000))
        return {key: {"type": redis.type(key), "value": readers[redis.type(key)](key)} for key in keys}


if __name__ == "__main__":
    main(sys.argv[1])
