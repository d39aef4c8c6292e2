"""The pictures of the page, drawn from the raw data. Each has a description in words."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log10
from typing import Any

from zettai_benchmarks.claims import ClaimCount, beyond_flight
from zettai_benchmarks.labels import COLORS, name_of
from zettai_benchmarks.markdown import share
from zettai_benchmarks.measure import SECOND, expand, per_bin
from zettai_benchmarks.measurements import PARTS
from zettai_benchmarks.results import Result
from zettai_cli.shared.svg import line, path, picture, rectangle, text, top_of_axis

WIDTH = 760
LEFT, RIGHT = 64, WIDTH - 24
TOP = 56
PANEL = 96
BIN = 0.01
EXCERPT = 2.0
"""Seconds of arrivals that are drawn."""

EXCERPT_FROM = 3.0
"""Seconds from the first arrival to them."""

SHOWN = ("ours", "bullmq", "celery_limits")
"""The products whose arrivals are drawn."""

PART_COLORS = dict(zip(PARTS, ("#0072b2", "#d55e00", "#b8b8b8"), strict=True))

FASTEST, SLOWEST = -3, 2
"""Powers of ten of seconds, from the left of a logarithmic axis to the right."""


def pictures(results: Mapping[str, Result]) -> dict[str, str]:
    """Return the pictures by name, for the results that exist."""
    drawn: dict[str, str] = {}
    drawers: list[tuple[str, str, Callable[[Mapping[str, Mapping[str, Any]]], str]]] = [
        ("bulk", "arrivals", arrivals),
        ("bulk", "rate", rate),
        ("bulk", "cpu", cpu),
        ("latencies", "latencies", latencies),
        ("latencies", "claimed", claimed),
        ("urgent", "urgent", urgent),
    ]
    for scenario, name, draw in drawers:
        if scenario in results and "ours" in results[scenario].runs:
            drawn[name] = draw(results[scenario].runs)
    return drawn


def excerpt(instants: Sequence[int]) -> list[int]:
    """Return the arrivals per bin in the seconds that are drawn."""
    start = instants[0] + round(EXCERPT_FROM * SECOND)
    bins = [0] * round(EXCERPT / BIN)
    for instant in instants:
        place = (instant - start) // round(BIN * SECOND)
        if 0 <= place < len(bins):
            bins[place] += 1
    return bins


def arrivals(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the arrivals over time, one panel for each product."""
    counts = {name: excerpt(expand(runs[name]["arrivals"])) for name in SHOWN if name in runs}
    top = top_of_axis(max(max(bins) for bins in counts.values()))
    parts = [text(LEFT, 32, "Calls that arrive in each 10 ms, over 2 seconds", "title")]
    for number, (name, bins) in enumerate(counts.items()):
        upper = TOP + number * (PANEL + 44) + 20
        parts += [text(LEFT, upper - 8, f"{name_of(name)}: at most {max(bins)} in 10 ms"), *_scale(upper, PANEL, top)]
        width = (RIGHT - LEFT) / len(bins)
        for place, count in enumerate(bins):
            if count:
                height = PANEL * count / top
                box = LEFT + place * width, upper + PANEL - height, width * 0.85, height
                parts.append(rectangle(box, COLORS[name]))
    bottom = TOP + len(counts) * (PANEL + 44) - 8
    parts += [text(LEFT, bottom, "0 s", "dim"), text(RIGHT, bottom, f"{EXCERPT:.0f} s", "dim end")]
    words = "; ".join(f"{name_of(name)}: most in 10 ms {max(bins)}, sum {sum(bins)}" for name, bins in counts.items())
    return picture("arrivals", (WIDTH, bottom + 16), "Calls that arrive in each 10 ms", f"{words}.", parts)


def rate(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the calls in each second of the run."""
    counts = {name: per_bin(expand(run["arrivals"]), 1.0)[1:-1] for name, run in runs.items()}
    counts = {name: bins for name, bins in counts.items() if bins}
    longest, height = max(map(len, counts.values())), 220
    top = top_of_axis(max(max(bins) for bins in counts.values()))
    parts = [text(LEFT, 32, "Calls in each second of the clock", "title"), *_scale(TOP, height, top)]
    for name, bins in counts.items():
        points = [
            (LEFT + (RIGHT - LEFT) * place / max(longest - 1, 1), TOP + height - height * count / top)
            for place, count in enumerate(bins)
        ]
        parts.append(path(points, COLORS[name], name_of(name)))
    parts += [
        text(LEFT, TOP + height + 20, "0 s", "dim"),
        text(RIGHT, TOP + height + 20, f"{longest} s", "dim end"),
        *_legend({name_of(name): COLORS[name] for name in counts}, TOP + height + 44),
    ]
    words = "; ".join(f"{name_of(name)}: {min(bins)} to {max(bins)}" for name, bins in counts.items())
    return picture("rate", (WIDTH, TOP + height + 76), "Calls in each second", f"{words}.", parts)


def cpu(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the processor time for each message as bars."""
    costs_by_name = {
        name: {part: run["measurements"][f"{part}_cpu_ms"] or 0.0 for part in PARTS} for name, run in runs.items()
    }
    longest = max(sum(parts.values()) for parts in costs_by_name.values()) or 1.0
    start, row = 220, 30
    drawn = [text(LEFT, 32, "Processor time for each message, ms", "title")]
    for number, (name, costs) in enumerate(costs_by_name.items()):
        upper = TOP + number * row
        drawn.append(text(start - 8, upper + 14, name_of(name), "end"))
        left = float(start)
        for part, cost in costs.items():
            width = (RIGHT - start - 60) * cost / longest
            drawn.append(rectangle((left, upper, width, 20), PART_COLORS[part], f"{part}: {cost:.2f} ms"))
            left += width
        drawn.append(text(left + 6, upper + 14, f"{sum(costs.values()):.2f}", "dim"))
    bottom = TOP + len(costs_by_name) * row + 20
    for number, part in enumerate(PARTS):
        drawn += [
            rectangle((start + number * 150, bottom - 10, 11, 11), PART_COLORS[part]),
            text(start + number * 150 + 18, bottom, part),
        ]
    words = "; ".join(
        f"{name_of(name)}: " + ", ".join(f"{part} {cost:.2f} ms" for part, cost in costs.items())
        for name, costs in costs_by_name.items()
    )
    return picture("cpu", (WIDTH, bottom + 20), "Processor time for each message", f"{words}.", drawn)


def latencies(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the share of the limit as bars, one group for each latency."""
    names, height = list(runs["ours"]), 220
    group = (RIGHT - LEFT) / len(names)
    bar = 0.8 * group / len(runs)
    drawn = [text(LEFT, 32, "Share of the limit, by the time that the provider takes", "title"), *_per_cent(height)]
    for place, name in enumerate(names):
        drawn.append(text(LEFT + (place + 0.5) * group, TOP + height + 20, name, "dim middle"))
        for number, who in enumerate(runs):
            if name in runs[who]:
                used = runs[who][name]["measurements"]["share_of_limit"]
                left, tall = LEFT + (place + 0.1) * group + number * bar, height * min(used, 1)
                box = left, TOP + height - tall, bar * 0.9, tall
                drawn.append(rectangle(box, COLORS[who], f"{name_of(who)}: {share(used)}"))
    drawn += _legend({name_of(who): COLORS[who] for who in runs}, TOP + height + 48)
    words = "; ".join(
        f"{name_of(who)}: "
        + ", ".join(f"{share(run['measurements']['share_of_limit'])} at {name}" for name, run in by_latency.items())
        for who, by_latency in runs.items()
    )
    return picture("latencies", (WIDTH, TOP + height + 80), "Share of the limit by latency", f"{words}.", drawn)


def claimed(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw how many messages of ours are claimed and not in flight over time, one line for each latency."""
    counts: Mapping[str, Sequence[ClaimCount]] = {name: run["claims"] for name, run in runs["ours"].items()}
    lines = {
        name: [((one["at"] - ours[0]["at"]) / SECOND, beyond_flight(one)) for one in ours]
        for name, ours in counts.items()
    }
    colors = dict(zip(lines, COLORS.values(), strict=False))
    most = {name: max(count for _, count in points) for name, points in lines.items()}
    longest, height = max(points[-1][0] for points in lines.values()), 220
    top = top_of_axis(max(most.values()))
    title = "Claimed messages that are not in flight, by latency"
    drawn = [text(LEFT, 32, title, "title"), *_scale(TOP, height, top)]
    for name, points in lines.items():
        places = [
            (LEFT + (RIGHT - LEFT) * seconds / longest, TOP + height - height * count / top)
            for seconds, count in points
        ]
        drawn.append(path(places, colors[name], name))
    drawn += [
        text(LEFT, TOP + height + 20, "0 s", "dim"),
        text(RIGHT, TOP + height + 20, f"{longest:.0f} s", "dim end"),
        *_legend(colors, TOP + height + 44),
    ]
    words = "; ".join(f"{name}: at most {count}" for name, count in most.items())
    return picture("claimed", (WIDTH, TOP + height + 76), title, f"{words}.", drawn)


def urgent(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the share of urgent messages that had arrived after a time, on a logarithmic axis."""
    arrived = {name: sorted(one for one in run["delays"] if one is not None) for name, run in runs.items()}
    height, drawn = 220, [text(LEFT, 32, "Urgent messages that have arrived, by seconds from send()", "title")]
    drawn += _per_cent(height)
    for power in range(FASTEST, SLOWEST + 1):
        left = across(10.0**power)
        drawn += [
            line((left, TOP), (left, TOP + height)),
            text(left, TOP + height + 20, f"{10.0**power:g} s", "dim middle"),
        ]
    for name, delays in arrived.items():
        drawn.append(path(_steps(delays, len(runs[name]["delays"]), height), COLORS[name], name_of(name)))
    drawn += _legend({name_of(name): COLORS[name] for name in arrived}, TOP + height + 48)
    words = "; ".join(
        f"{name_of(name)}: {_words(delays, len(runs[name]['delays']))}" for name, delays in arrived.items()
    )
    return picture("urgent", (WIDTH, TOP + height + 80), "How long urgent messages take", f"{words}.", drawn)


def across(seconds: float) -> float:
    """Return the position of a duration on the logarithmic axis; longer ones are drawn at its end."""
    power = min(max(log10(seconds) if seconds > 0 else FASTEST, FASTEST), SLOWEST)
    return LEFT + (RIGHT - LEFT) * (power - FASTEST) / (SLOWEST - FASTEST)


def _steps(delays: Sequence[float], count: int, height: int) -> Iterator[tuple[float, float]]:
    """Return the points of a stepped line; messages that never arrived keep it below the top."""
    lower = float(TOP + height)
    yield LEFT, lower
    for number, delay in enumerate(delays, start=1):
        yield across(delay), lower
        lower = TOP + height * (1 - number / count)
        yield across(delay), lower


def _words(delays: Sequence[float], count: int) -> str:
    return ", ".join(
        f"{100 * bisect_right(delays, seconds) / count:.0f} % within {seconds:g} s" for seconds in (0.1, 0.5, 1, 10)
    )


def _scale(upper: int, height: int, top: int) -> Iterator[str]:
    """Draw a vertical axis with its grid."""
    for value in sorted({0, top // 2, top}):
        place = upper + height - height * value / top
        yield line((LEFT, place), (RIGHT, place))
        yield text(LEFT - 8, place + 4, f"{value:,}", "dim end")


def _per_cent(height: int) -> Iterator[str]:
    """Draw a vertical axis from 0 to 100 % with its grid."""
    for percent in (0, 25, 50, 75, 100):
        upper = TOP + height * (1 - percent / 100)
        yield line((LEFT, upper), (RIGHT, upper))
        yield text(LEFT - 8, upper + 4, f"{percent} %", "dim end")


def _legend(colors: Mapping[str, str], upper: int) -> Iterator[str]:
    """Draw the color of each name, three in a row."""
    column = (RIGHT - LEFT) / 3
    for number, (name, color) in enumerate(colors.items()):
        left, top = LEFT + number % 3 * column, upper + number // 3 * 20
        yield rectangle((left, top - 10, 11, 11), color)
        yield text(left + 18, top, name)
