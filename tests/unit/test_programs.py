"""A test that lacks a program is skipped on a developer's machine, and fails where all must be there."""

import pytest
from tests.support.programs import program


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_missing_program_is_no_success_in_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is said what to install."""
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="apt-get install a-package"):
        program("a-program-that-nobody-has", "a-package")
