"""A second account, `shop`, with a simulator of its own as its contract with the provider."""

import json
from pathlib import Path

from tests.support.stack import Stack

from zettai import Settings
from zettai.core.lanes import Lane, queue_name
from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys

SHOP = "shop"

SHOP_TOKEN = "abcdef0123456789abcdef0123456789"

SHOP_CLIENT_ID = "5678"

SHOP_CODE = "55555"

QUEUES = ",".join(queue_name(lane, account) for lane in Lane for account in (None, SHOP))
"""The queues of both accounts."""


def write_accounts(folder: Path, **fields: object) -> Path:
    """Write a file with the account `shop`, and return its path."""
    token_file = folder / "shop-token"
    token_file.write_text(SHOP_TOKEN)
    values = {"client_id": SHOP_CLIENT_ID, "sms_code": SHOP_CODE, "token_file": str(token_file), **fields}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None]
    path = folder / "accounts.toml"
    path.write_text("\n".join([f"[{SHOP}]", *lines]))
    return path


def settings_with(stack: Stack, path: Path) -> Settings:
    """Return the settings of a web application of a stack with the accounts of a file."""
    return Settings.load(
        redis_url=stack.redis_url,
        key_prefix=stack.key_prefix,
        client_id=stack.settings.client_id,
        suppression_key=stack.settings.suppression_key,
        accounts_file=path,
    )


def shop_store(store: WorkerStore) -> WorkerStore:
    """Return the store of the account `shop` beside that of the default account."""
    return WorkerStore(store.redis, Keys(store.keys.prefix, SHOP))
