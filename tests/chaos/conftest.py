"""Runs the full profile only on request: `make chaos`."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests marked `chaos`, unless `-m` names the marker."""
    if "chaos" in config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("chaos")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)
