"""Sealing: what was sealed opens with its key, in its place, and unchanged; nothing else does."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai import Settings, SettingsError
from zettai.core.sealing import BrokenSeal, SealedField, Sealer

OLD, NEW = (b64encode(letter * 32).decode() for letter in (b"o", b"n"))
SEALER = Sealer([NEW, OLD])


@given(st.text(), st.text(), st.sampled_from(SealedField))
def test_sealed_text_opens(text: str, tag: str, field: SealedField) -> None:
    text, tag = (value.encode(errors="ignore").decode() for value in (text, tag))

    sealed = SEALER.seal(text, tag, field)

    assert SEALER.open(sealed, SEALER.key_id, tag, field) == text


def test_same_text_is_never_sealed_alike() -> None:
    assert len({SEALER.seal("x", "t", SealedField.BODY) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("tag", "field", "key_id"),
    [
        ("other", SealedField.TO, SEALER.key_ids[0]),
        ("t", SealedField.BODY, SEALER.key_ids[0]),
        ("t", SealedField.TO, SEALER.key_ids[1]),
    ],
    ids=["another record", "another field", "another key"],
)
def test_moved_value_does_not_open(tag: str, field: SealedField, key_id: str) -> None:
    sealed = SEALER.seal("+819012345678", "t", SealedField.TO)

    with pytest.raises(BrokenSeal):
        SEALER.open(sealed, key_id, tag, field)


@pytest.mark.parametrize("position", [0, 11, 12, -1])
def test_changed_value_does_not_open(position: int) -> None:
    value = bytearray(b64decode(SEALER.seal("+819012345678", "t", SealedField.TO)))
    value[position] ^= 1

    for broken in (b64encode(value).decode(), "", "+819012345678", "é"):
        with pytest.raises(BrokenSeal):
            SEALER.open(broken, SEALER.key_id, "t", SealedField.TO)


def test_first_key_seals_and_all_open() -> None:
    before, after = Sealer([OLD]), Sealer([NEW, OLD])
    sealed = before.seal("x", "t", SealedField.BODY)

    assert (before.key_id, after.key_id) == (after.key_ids[1], after.key_ids[0])
    assert after.open(sealed, before.key_id, "t", SealedField.BODY) == "x"


def test_key_is_in_no_repr() -> None:
    settings = Settings.load(encryption_keys=f"{NEW}, {OLD}")
    secrets = settings.secret_keys()

    assert secrets.sealer is not None
    assert secrets.sealer.key_ids == SEALER.key_ids
    for shown in (repr(settings), repr(secrets), repr(vars(secrets.sealer)), *SEALER.key_ids):
        assert NEW not in shown
        assert ("n" * 8) not in shown


@pytest.mark.parametrize("key", ["short", "é" * 44, b64encode(b"x" * 31).decode(), NEW[:-1], f"{NEW} short"])
def test_wrong_key_is_named_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.load(encryption_keys=key)

    assert "ZETTAI_ENCRYPTION_KEYS: " in str(error.value)
    assert "openssl rand -base64 32" in str(error.value)
    assert key not in str(error.value)


def test_keys_are_read_from_a_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text(f"{NEW}\n{OLD}\n", encoding="utf-8")

    sealer = Settings.load(encryption_keys_file=str(file)).secret_keys().sealer

    assert sealer is not None
    assert sealer.key_ids == SEALER.key_ids


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.ciphers.aead", None)

    with pytest.raises(SettingsError, match=r"zettai-sms\[encryption\]"):
        Sealer([NEW])
