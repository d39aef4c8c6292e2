"""Runs the long profiles only on request: `make chaos`, and with `SOAK=1` the longest one."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests marked `chaos` or `soak`, unless `-m` names the marker."""
    markers = [marker for marker in ("chaos", "soak") if marker not in config.option.markexpr]
    long = [item for item in items if any(item.get_closest_marker(marker) for marker in markers)]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)
