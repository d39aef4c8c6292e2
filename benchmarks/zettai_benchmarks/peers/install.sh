#!/usr/bin/env bash
# Installs the peers beside themselves, pinned by hash: a .venv of their own, and node_modules where there is Node.
# With the word "lock" it renews both locks instead; that needs uv in the venv of the product.
set -euo pipefail
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3}

if [ "${1:-}" = lock ]; then
    ../../../.venv/bin/uv pip compile requirements.in --universal --python-version 3.11 --generate-hashes --no-header \
        --no-annotate --no-emit-index-url --no-emit-find-links --quiet --upgrade --output-file requirements.lock
    (cd bullmq && npm install --package-lock-only --ignore-scripts --silent)
    exit
fi

"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
if command -v npm > /dev/null; then
    # Not `npm ci`: it refuses a lock that lacks optional packages for other systems, which not every registry has.
    (cd bullmq && npm install --ignore-scripts --no-save --silent)
else
    echo "no npm here: without it the peer bullmq cannot run" >&2
fi
