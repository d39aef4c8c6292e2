"""The command line: `python -m zettai_benchmarks [SCENARIO…] [--quick]`, on a machine where nothing else runs."""

import argparse
import sys
import time
from pathlib import Path
from traceback import format_exc

from zettai_benchmarks.catalog import BY_NAME_ONLY, SCENARIOS
from zettai_benchmarks.results import FOLDER, Result
from zettai_benchmarks.scale import Scale

QUICK_FOLDER = FOLDER.parents[1] / "build/benchmarks"
"""Results of quick runs; they never replace the results of the page."""


def main() -> int:
    """Run scenarios, write their results, and print the targets. A missed goal is a result, not a failure.

    Returns:
        The exit code: the number of scenarios that failed. The other scenarios are run anyway.
    """
    given = _parser().parse_args()
    scale = Scale(quick=given.quick)
    folder = given.output or scale.of(FOLDER, QUICK_FOLDER)
    failed = 0
    for name in given.scenario or [name for name in SCENARIOS if name not in BY_NAME_ONLY]:
        began = time.monotonic()
        try:
            result = SCENARIOS[name](scale)
        except Exception:  # noqa: BLE001 - whatever it is, the other scenarios are worth their time
            sys.stderr.write(f"{name} failed\n{format_exc()}")
            failed += 1
        else:
            result.write(folder)
            _print(result, time.monotonic() - began)
    return failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zettai_benchmarks", description="Measure this product and its peers."
    )
    parser.add_argument(
        "scenario",
        nargs="*",
        help=f"some of: {', '.join(SCENARIOS)}; unless given, all but {', '.join(BY_NAME_ONLY)}",
        metavar="NAME",
    )
    parser.add_argument(
        "--quick", action="store_true", help="short runs to test that everything works; their numbers mean little"
    )
    parser.add_argument("--output", type=Path, help="folder for the results")
    return parser


def _print(result: Result, seconds: float) -> None:
    sys.stdout.write(f"{result.name} ({seconds:.0f} s)\n")
    for target in result.targets:
        value = "not measured" if target.value is None else f"{target.value:,.4g} {target.unit}"
        bound = "at most" if target.at_most else "at least"
        sys.stdout.write(f"  {'met' if target.met else 'MISSED':6} {target.what}: {value} ({bound} {target.goal:g})\n")
    for name, reason in result.skipped.items():
        sys.stdout.write(f"  left out: {name}: {reason}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
