"""SIGTERM: what is in the air is finished, the rest is handed back, and no doubt is left."""

import signal

from tests.support.plant import Plant, eventually

from zettai import State

MESSAGES = 120


def test_sigterm_leaves_no_doubt(own_plant: Plant) -> None:
    """Told to stop in mid-campaign, twice, a worker ends soon; another goes on, and each message is asked for once."""
    own_plant.simulator.set_latency(0.5)
    worker = own_plant.start_worker(threads=4)
    receipts = own_plant.client.send_many({"to": f"0909999{n:04}", "body": "campaign"} for n in range(MESSAGES))
    tags = [receipt.message.client_tag for receipt in receipts if receipt.message]
    eventually(lambda: own_plant.simulator.stats()["taken"] >= 8, "the campaign is under way")

    worker.send_signal(signal.SIGTERM)
    eventually(lambda: "worker_stopping" in own_plant.log_text(), "the worker has heard it")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert "messages_returned" in own_plant.log_text()

    assert own_plant.store.counts()[State.SUBMITTING] == 0
    assert own_plant.simulator.stats()["taken"] < MESSAGES
    own_plant.simulator.set_latency(0.02)
    own_plant.start_worker()
    own_plant.start_beat()
    for tag in tags:
        assert own_plant.ended(tag).state is State.DELIVERED
        assert own_plant.simulator.truth_of(tag)["requests"] == 1
