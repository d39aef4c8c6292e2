"""The Flask extension: one client for each app, with its configuration."""

import pytest
from flask import Flask

from zettai import SettingsError
from zettai.contrib.flask import Zettai, current_sms
from zettai.testing import FakeSmsClient


def _shop(**config: object) -> Flask:
    """Return an app with the extension."""
    app = Flask("shop")
    app.config.from_mapping(config)
    Zettai().init_app(app)

    @app.post("/send/<to>")
    def send(to: str) -> str:
        return current_sms.send(to, "hello").client_tag

    return app


def test_app_sends_with_its_configuration(redis_url: str) -> None:
    app = _shop(ZETTAI_REDIS_URL=redis_url, ZETTAI_KEY_PREFIX="shop")

    tag = app.test_client().post("/send/09012345678").text

    with app.app_context():
        assert current_sms.get(tag) is not None


def test_app_without_configuration_uses_the_environment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)

    assert _shop().test_client().post("/send/09012345678").status_code == 200


def test_each_app_has_its_own_client() -> None:
    shops = [_shop(ZETTAI_BACKEND="zettai.testing.FakeSmsClient"), _shop(ZETTAI_BACKEND=FakeSmsClient)]
    shops[0].test_client().post("/send/09012345678")

    found = []
    for shop in shops:
        with shop.app_context():
            found.append(len(list(current_sms.list())))
    assert found == [1, 0]


def test_client_can_be_replaced_in_tests() -> None:
    sms = FakeSmsClient()
    _shop(ZETTAI_BACKEND=lambda _: sms).test_client().post("/send/09012345678")

    assert [sent.to for sent in sms.outbox] == ["+819012345678"]


def test_invalid_configuration_is_reported_at_first_use() -> None:
    app = _shop(ZETTAI_REDIS="redis://127.0.0.1")
    with app.app_context(), pytest.raises(SettingsError, match=r"^ZETTAI_REDIS: no such setting"):
        current_sms.send("09012345678", "hello")


def test_app_without_the_extension_fails_with_advice() -> None:
    with Flask("bare").app_context(), pytest.raises(RuntimeError, match="the app 'bare' has no SMS client"):
        current_sms.send("09012345678", "hello")
