"""The users of Redis may run each command of the Lua scripts that their processes run."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from tests.docs.pages import ROOT

import zettai
import zettai_worker
from zettai.core.store.keys import Keys
from zettai.core.store.redis_users import USERS
from zettai.core.store.scripts import _source
from zettai.core.store.shared_keys import shared_keys

PRODUCERS, WORKER = (Path(str(package.__file__)).parent for package in (zettai, zettai_worker))

SCRIPTS = {
    "web": (PRODUCERS / "core" / "store" / "lua",),
    "gateway": (PRODUCERS / "core" / "store" / "lua", PRODUCERS / "gateway" / "lua"),
    "worker": (PRODUCERS / "core" / "store" / "lua", WORKER),
    "beat": (WORKER / "lua" / "hand_out.lua",),
    "webhooks": (WORKER / "webhooks" / "lua",),
}


@pytest.mark.parametrize("user", SCRIPTS)
def test_user_may_run_each_command_of_its_scripts(user: str) -> None:
    [rights] = [one.rights for one in USERS if one.name == user]
    files = [file for path in SCRIPTS[user] for file in (path.rglob("*.lua") if path.is_dir() else [path])]
    called = {
        command.lower()
        for file in files
        for command in re.findall(r"redis\.p?call\(\s*'(\w+)'", file.read_text(encoding="utf-8"))
    }
    assert called
    assert called - {"time", "info"} <= set(rights.commands)


@pytest.mark.parametrize("script", ["create", "cancel", "replace", "suppress", "control_campaign", "apply_updates"])
def test_web_applications_may_use_the_keys_of_their_scripts(script: str) -> None:
    [web] = [one for one in USERS if one.name == "web"]
    patterns = [rule[1:] for rule in web.rights.rules("zettai") if rule.startswith("~")]
    keys = shared_keys(Keys("zettai"))
    needed = [keys[name] for name in _source(script, "").shared_keys]
    assert [key for key in needed if not any(fnmatchcase(key, pattern) for pattern in patterns)] == []


def test_file_has_no_password_and_each_user_once() -> None:
    lines = (ROOT / "deploy" / "redis" / "users.acl").read_text(encoding="utf-8").splitlines()
    assert [line.split()[1] for line in lines] == ["default", "admin", *(user.name for user in USERS)]
    assert lines[0] == "user default off"
