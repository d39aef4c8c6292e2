"""A test whose program is missing is skipped locally and fails in CI."""

import pytest
from tests.support.programs import program


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_missing_program_skips_locally_and_fails_in_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="apt-get install a-package"):
        program("a-program-that-nobody-has", "a-package")
