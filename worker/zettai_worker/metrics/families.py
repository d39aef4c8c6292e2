"""Builds the metrics of values that were read. What a process counts, `prometheus_client` has objects for."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

Labels = TypeVar("Labels", bound=str | tuple[str, ...])


def gauge_family(name: str, text: str, values: float | Mapping[Labels, float], labels: Sequence[str] = ()) -> Metric:
    """Return a gauge.

    Args:
        name: of the metric.
        text: what it means.
        values: one value; or with labels, the values by their label, or by all their labels in the order of the names.
        labels: the names of the labels.
    """
    return _with_values(GaugeMetricFamily(name, text, labels=labels), values)


def counter_family(name: str, text: str, values: float | Mapping[Labels, float], labels: Sequence[str] = ()) -> Metric:
    """Return a counter, with the arguments of `gauge_family`. Prometheus gets the name with `_total`."""
    return _with_values(CounterMetricFamily(name, text, labels=labels), values)


def _with_values(family: GaugeMetricFamily | CounterMetricFamily, values: float | Mapping[Labels, float]) -> Metric:
    if not isinstance(values, Mapping):
        family.add_metric([], values)
        return family
    for labels, value in values.items():
        family.add_metric([labels] if isinstance(labels, str) else labels, value)
    return family
