"""A provider that is down: hardly asked, nothing lost, and all goes on by itself when it is back."""

from datetime import timedelta

from tests.support.plant import Plant, eventually

from zettai import State

MESSAGES = 150
THREADS = 8
BREAKER_AFTER = 5


def _down(plant: Plant) -> None:
    """Every call fails, whichever it is."""
    plant.simulator.set_faults({"kind": "unavailable", "endpoint": "*"})


def _start(plant: Plant) -> None:
    plant.environment["ZETTAI_BREAKER_AFTER"] = str(BREAKER_AFTER)
    plant.environment["ZETTAI_PROBE_AFTER"] = "0.5"
    plant.start_worker(threads=THREADS)
    plant.start_beat()


def _states(plant: Plant) -> set[State]:
    return {state for state, count in plant.store.counts().items() if count}


def test_an_outage_is_waited_for(own_plant: Plant) -> None:
    """Most messages are held without a call; when the provider is back each is sent once."""
    _down(own_plant)
    tags = [own_plant.client.send(f"0908888{n:04}", "outage").client_tag for n in range(MESSAGES)]
    _start(own_plant)
    eventually(lambda: _states(own_plant) <= {State.HELD, State.SUBMIT_UNKNOWN}, "all wait")
    asked_at_first = own_plant.simulator.stats()["arrivals"]
    eventually(lambda: own_plant.simulator.stats()["arrivals"] >= asked_at_first + 3, "the provider is tried again")

    own_plant.simulator.set_faults()

    for tag in tags:
        assert own_plant.ended(tag).state is State.DELIVERED
        assert own_plant.simulator.truth_of(tag)["taken"] == 1
    # What was in the air when it broke, and one try in a while: far from a call for each message.
    assert asked_at_first < MESSAGES / 2
    assert own_plant.log_text().count('"event": "provider_down"') < MESSAGES / 10


def test_what_cannot_wait_expires(own_plant: Plant) -> None:
    """A one-time password is worthless later: it ends expired, was never sent, and says so."""
    _down(own_plant)
    _start(own_plant)
    for n in range(THREADS * 2):
        own_plant.client.send(f"0908889{n:04}", "breaks it")
    eventually(lambda: State.HELD in _states(own_plant), "the breaker opens")

    password = own_plant.client.send("09088880001", "123456", lane="urgent", expires_in=timedelta(seconds=1.5))

    ended = own_plant.ended(password)
    assert (ended.state, ended.reason, ended.attempts) == (State.EXPIRED, "not sent in time", 0)
