"""The page of the benchmarks says what the results say."""

from xml.etree.ElementTree import parse

from zettai_benchmarks.catalog import SCENARIOS
from zettai_benchmarks.pictures import pictures
from zettai_benchmarks.report import PAGE, PART, filled
from zettai_benchmarks.results import FOLDER, read_all

RESULTS = read_all()
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_are_made_from_the_results() -> None:
    assert filled(TEXT, RESULTS) == TEXT


def test_the_pictures_are_made_from_the_results() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(pictures(RESULTS))
    for name, drawn in pictures(RESULTS).items():
        path = FOLDER / f"{name}.svg"
        assert path.read_text(encoding="utf-8") == drawn
        assert parse(path).getroot().get("role") == "img"  # noqa: S314 - our own file


def test_each_scenario_has_one_table() -> None:
    tables = [found["name"] for found in PART.finditer(TEXT) if found["kind"] == "table"]

    assert sorted(tables) == sorted([*SCENARIOS, "targets", "machine"])


def test_no_quick_trial_is_published() -> None:
    assert not [result.name for result in RESULTS.values() if result.quick]
    assert set(RESULTS) <= set(SCENARIOS)
