"""A new version is rolled out while messages go out: worker after worker is told to stop and replaced."""

from signal import SIGTERM

from tests.support.plant import Plant, eventually

from zettai import State

MESSAGES = 300


def test_a_rolling_restart_loses_nothing_and_sends_nothing_twice(own_plant: Plant) -> None:
    """Each worker ends by itself, with others at work meanwhile; every message is taken once, at the first request."""
    own_plant.simulator.set_latency(0.1)
    workers = [own_plant.start_worker(threads=4) for _ in range(2)]
    own_plant.start_beat()
    items = ({"to": f"0907878{number:04}", "body": "rolled"} for number in range(MESSAGES))
    tags = [receipt.message.client_tag for receipt in own_plant.client.send_many(items) if receipt.message]

    for worker in workers:
        _see_messages_go_out(own_plant)
        worker.send_signal(SIGTERM)
        own_plant.start_worker(threads=4)
        assert worker.wait(20) == 0
    assert own_plant.simulator.stats()["taken"] < MESSAGES, "too fast to prove anything"

    eventually(lambda: own_plant.store.counts()[State.DELIVERED] == MESSAGES, "all are delivered")
    truth = {one["clientTag"]: (one["taken"], one["requests"]) for one in own_plant.simulator.truth()}
    assert truth == dict.fromkeys(tags, (1, 1))


def _see_messages_go_out(plant: Plant) -> None:
    before = plant.simulator.stats()["taken"]
    eventually(lambda: plant.simulator.stats()["taken"] > before + 10, "messages go out")
