"""The audit of the lock, with and without network."""

from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest
from tests.docs.pages import ROOT

FINE = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.fixture
def audit() -> ModuleType:
    """The program that `make check` runs."""
    spec = spec_from_file_location("audit", ROOT / ".ci/audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("packages", "errors", "code", "words"),
    [
        (None, "…ProxyError: Max retries exceeded…", 1, "NOT AUDITED: no source of advisories can be reached"),
        (None, "the lock is broken", 1, "the lock is broken"),
        ([FINE], "", 0, "no known vulnerability in 1 packages"),
        ([FINE, SKIPPED], "", 0, "in 1 packages; the database does not know 1"),
        ([SKIPPED], "", 1, "NOT AUDITED: no source of advisories can be reached"),
        ([FINE, BAD, SKIPPED], "", 1, "b 1: CVE-1, fixed in 2"),
    ],
)
def test_a_known_vulnerability_and_an_audit_of_nothing_fail(
    audit: ModuleType, packages: Any, errors: str, code: int, words: str
) -> None:
    found = audit.evaluate(None if packages is None else {"dependencies": packages}, errors)

    assert found[0] == code
    assert words in found[1]


@pytest.mark.parametrize(("setting", "code"), [("optional", 0), ("", 1)])
def test_without_network_the_audit_fails_in_one_line_unless_it_is_optional(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Any, setting: str, code: int
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AUDIT", setting)

    assert audit.main(str(ROOT / "deploy/locks/dev.lock")) == code
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("audit: NOT AUDITED: no source of advisories can be reached")
