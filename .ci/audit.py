"""Asks a public database for known vulnerabilities of the packages of a lock. It fails if nothing was audited.

`AUDIT=optional` lets it pass where no such database can be reached. The output says then that nothing was audited.
"""  # noqa: INP001 - a program, not a package

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

NOT_AUDITED = "NOT AUDITED: no source of advisories can be reached"

NO_NETWORK = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "Max retries exceeded", "SSLError")


def main(lock: str) -> int:
    """Audit a lock, and return the exit code."""
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
        ran = subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-m", "pip_audit", *options, "--output", str(report), "--requirement", lock],
            capture_output=True,
            text=True,
            check=False,
        )
        found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
    code, text = evaluate(found, ran.stderr)
    if text == NOT_AUDITED and os.environ.get("AUDIT") == "optional":
        code = 0
    elif text == NOT_AUDITED:
        text += "; AUDIT=optional make check passes without an audit"
    sys.stdout.write(f"audit: {text}\n")
    return code


def evaluate(report: dict[str, Any] | None, errors: str) -> tuple[int, str]:
    """Return the exit code and the text for people.

    Args:
        report: of pip-audit; None where it wrote none.
        errors: the error output of pip-audit.

    """
    if report is None:
        if any(word in errors for word in NO_NETWORK):
            return 1, NOT_AUDITED
        return 1, f"failed: {errors.strip()}"
    packages = report["dependencies"]
    bad = [
        f"{package['name']} {package['version']}: {problem['id']}, fixed in {', '.join(problem['fix_versions']) or '–'}"
        for package in packages
        for problem in package.get("vulns", ())
    ]
    if bad:
        return 1, "\n  ".join(["vulnerable:", *bad])
    skipped = sum("skip_reason" in package for package in packages)
    if skipped == len(packages):
        return 1, NOT_AUDITED  # a mirror of the registry without advisories answers so
    unknown = f"; the database does not know {skipped}" if skipped else ""
    return 0, f"no known vulnerability in {len(packages) - skipped} packages{unknown}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
