"""An account that may not send: messages keep their place, one alert is raised, and sending goes on by itself."""

from tests.support.plant import Plant, eventually

from zettai import State


def _states(plant: Plant, tags: list[str]) -> set[State]:
    return {message.state for message in plant.store.get(tags) if message is not None}


def test_a_used_up_quota_holds_all_messages(own_plant: Plant) -> None:
    """Code 300: no message is lost or rejected, the provider is hardly asked, and a new quota lets all go out."""
    own_plant.simulator.set_quota(0)
    own_plant.start_worker()
    own_plant.start_beat()
    tags = [own_plant.client.send(f"0904444{number:04}", "held").client_tag for number in range(40)]

    eventually(lambda: _states(own_plant, tags) == {State.HELD}, "all are held")
    asked = own_plant.simulator.stats()["calls"]["mt"]["300"]
    own_plant.simulator.set_quota(None)

    for tag in tags:
        assert own_plant.ended(tag).state is State.DELIVERED
        assert own_plant.simulator.truth_of(tag)["taken"] == 1
    assert asked < len(tags)
    assert own_plant.log_text().count('"event": "account_suspended"') == 1


def test_a_wrong_token_rejects_nothing(own_plant: Plant) -> None:
    """What is wrong with our settings is no fault of a message: it is held, and the log says what to look at."""
    own_plant.environment["ZETTAI_TOKEN"] = "f" * 32
    own_plant.start_worker()
    own_plant.start_beat()

    message = own_plant.client.send("09044450001", "wrong token")

    held = own_plant.ended(message, State.HELD)
    assert held.reason == "110 Invalid token."
    assert "f" * 32 not in own_plant.log_text()
