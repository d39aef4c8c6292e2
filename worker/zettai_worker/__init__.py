"""The worker: takes tasks from the queues, asks the store what may be done, and calls the provider within the limit.

`celery.py` is the app, `intake.py` what it takes from a queue at all, `tasks.py` what queues may ask for. Each service
has its name: `sending.py`, `cancelling.py`, `checking.py`, `reconciliation/`, `reports/`. Decisions without I/O are in
`retry.py`, `schedule.py` and `ends.py`. `gate.py` and `breaker.py` stand before each call; `provider/` makes it, and
`limiter/` holds the one rate limit. `supervisor/` runs the processes of a machine, `cli/` is the `zettai` command.
"""
