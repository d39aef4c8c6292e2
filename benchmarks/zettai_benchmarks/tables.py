"""The tables of the page, made from the results."""

from collections.abc import Callable, Iterable, Mapping

from zettai_benchmarks.labels import name_of
from zettai_benchmarks.markdown import NONE, markdown, number, share
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scenario_tables import TABLES

NOT_MEASURED = "Not measured yet."
GOAL_COLUMNS = ("promise", "goal", "measured", "result")


def tables(results: Mapping[str, Result]) -> dict[str, str]:
    """Return the text of each part by name, as Markdown.

    The part of a scenario has its command, its goals and its table, or a placeholder if it has not been run.
    """
    ordered = [results[name] for name in TABLES if name in results]
    made = {"targets": _targets(ordered), "machine": _machine(ordered)}
    for name, table in TABLES.items():
        command = f"Command: `.venv/bin/python -m zettai_benchmarks {name}`"
        found = [NOT_MEASURED] if name not in results else _scenario(results[name], table)
        made[name] = "\n\n".join([command, *found])
    return made


def value_text(target: Target, value: float | None) -> str:
    """Return a value of a target with its unit."""
    if value is None:
        return "not measured"
    return share(value) if target.unit == "share" else f"{number(value, 4)} {target.unit}".strip()


def by_how_much(target: Target) -> str:
    """Return whether a goal was met, and by what share."""
    verb = "met" if target.met else "**missed**"
    return verb if target.margin is None else f"{verb} by {share(abs(target.margin))}"


def _scenario(result: Result, table: Callable[[Result], str]) -> list[str]:
    """Return the goals and the table of a scenario, and what was left out; an empty part is left out too."""
    goals = [_goal(result, target, target.what) for target in result.targets]
    left_out = [f"Left out: {name_of(name)} ({reason})." for name, reason in result.skipped.items()]
    parts = [markdown(GOAL_COLUMNS, goals) if goals else "", table(result), "\n".join(left_out)]
    return [part for part in parts if part]


def _targets(results: Iterable[Result]) -> str:
    rows = [_goal(result, target, f"{result.name}: {target.what}") for result in results for target in result.targets]
    return markdown(GOAL_COLUMNS, rows) if rows else NOT_MEASURED


def _goal(result: Result, target: Target, what: str) -> tuple[str, ...]:
    """Return the cells of a goal."""
    return (
        what,
        f"{'≤' if target.at_most else '≥'} {value_text(target, target.goal)}",
        value_text(target, target.value) + (" (short trial)" if result.quick else ""),
        by_how_much(target),
    )


def _machine(results: Iterable[Result]) -> str:
    """Return the machine of the latest result, with the days of all results."""
    ordered = sorted(results, key=lambda result: result.at)
    if not ordered:
        return NOT_MEASURED
    here = dict(ordered[-1].machine)
    packages = ", ".join(f"{name} {version}" for name, version in here.pop("packages").items())
    days = sorted({result.at[:10] for result in ordered})
    rows = [
        ("measured on", days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"),
        *((name.replace("_gb", ", GB"), str(value) if value is not None else NONE) for name, value in here.items()),
        ("packages", packages),
    ]
    return markdown(("what", "value"), rows)
