"""The worker: takes tasks from the queues, asks the ledger what may be done, and calls the provider within the limit.

`celery.py` is the app, `tasks.py` what queues may ask for; each service is a file: `sending.py`, `cancelling.py`,
`checking.py`, `reconciliation.py`. Decisions without I/O are in `retry.py` and `schedule.py`; `provider/` speaks to the
provider, `limiter/` holds the one rate limit, `cli/` is the `zettai` command.
"""
