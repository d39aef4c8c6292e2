"""Adds the label `account` to metrics that are counted or read for each account alone."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


def by_account(metrics: Mapping[str, Iterable[Metric]]) -> Iterator[Metric]:
    """Yield each metric once, with the samples of all accounts.

    Args:
        metrics: of each account, by its name.
    """
    merged: dict[str, Metric] = {}
    for account, of_account in metrics.items():
        for metric in of_account:
            if metric.name not in merged:
                merged[metric.name] = copy(metric)
                merged[metric.name].samples = []
            merged[metric.name].samples += [
                sample._replace(labels={**sample.labels, "account": account}) for sample in metric.samples
            ]
    yield from merged.values()


class CollectorByAccount(Collector):
    """Collects the metrics of several registries, each of one account."""

    def __init__(self, registries: Mapping[str, CollectorRegistry]) -> None:
        self._registries = registries

    def collect(self) -> Iterable[Metric]:
        """Return all metrics."""
        return by_account({account: registry.collect() for account, registry in self._registries.items()})

    def describe(self) -> Iterable[Metric]:
        """Return the metrics without samples, to register them."""
        return by_account(dict.fromkeys(self._registries, ()))
