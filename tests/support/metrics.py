"""The metrics of a process, as values."""

from collections.abc import Iterator, Mapping
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


class Samples:
    """The samples of one page of metrics."""

    def __init__(self, page: str) -> None:
        self.page = page
        self._samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    @property
    def names(self) -> set[str]:
        """The names of our metrics."""
        return {sample.name for sample in self._samples if sample.name.startswith("zettai_")}

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of all samples with this name and at least these labels."""
        return sum(sample.value for sample in self._samples if sample.name == name and _has(sample.labels, labels))


def _has(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return wanted.items() <= labels.items()


def scrape(port: int) -> Samples:
    """Return the metrics of a process."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:
        return Samples(response.read().decode())
