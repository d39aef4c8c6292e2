"""The pages about the console: their commands make a console that works, and their roles are those of the code."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.docs.pages import blocks, read, table
from tests.integration.console.given import serving

from zettai.gateway.api_keys import Scope
from zettai_console.security.roles import SCOPE_RIGHTS, Role

PAGES = {
    "docs/how-to/console.md": ("scope", "in the console", "role", "may"),
    "docs/how-to/console.ja.md": ("スコープ", "コンソールでできること", "ロール", "できること"),
}


def exported(page: str, name: str) -> str:
    """Return the value that a page gives to a variable."""
    found = re.search(rf'{name}=(?:"([^"]+)"|(\S+))', read(page))
    assert found is not None
    return found[1] or found[2]


@pytest.mark.parametrize(
    "page", ["docs/how-to/console.md", pytest.param("docs/how-to/console.ja.md", marks=pytest.mark.long)]
)
def test_the_commands_make_a_console_that_works(
    page: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [command] = blocks(read(page), "sh")
    subprocess.run(["bash", "-euc", command], check=True)
    ours = {name: exported(page, f"ZETTAI_{name}") for name in ("CONSOLE", "CONSOLE_SECRET_FILE", "CONSOLE_USERS")}
    assert exported(page, "ZETTAI_CONSOLE_PROXIES") == "10.0.0.7"

    with serving(
        tmp_path / "log", redis_url, "gateway", CONSOLE_SECRET="", CONSOLE_PROXIES="127.0.0.1", **ours
    ) as console:
        with console.visitor() as visitor:
            assert visitor.get("/").status_code == 200
        for user, status in (("aoki@example.com", 200), ("sato@example.com", 200), ("someone else", 403)):
            with console.visitor(None, **{"X-Forwarded-User": user}) as visitor:
                assert visitor.get("/upload").status_code == status


@pytest.mark.parametrize("page", PAGES)
def test_the_scopes_and_roles_are_those_of_the_code(page: str) -> None:
    scope, opens, role, may = PAGES[page]

    assert {row[scope] for row in table(page, scope, opens)} == {Scope(one).value for one in SCOPE_RIGHTS}
    assert {row[role] for row in table(page, role, may)} == set(Role)
