"""The worker: takes tasks from the queues, claims messages in the store, and calls the provider within the rate limit.

__main__        runs a worker or beat
celery          the Celery app of workers, beat and Flower
message_filter  validates each message from the queues before Celery sees it
tasks           the Celery tasks: each calls one service
beat            the scheduler of beat: publishes the ticks of the periodic tasks
ticks           which tick is due, by the clock of Redis
runtime         builds the services of a process
settings        the settings of workers and of the rate limit
sending         sends messages
following       status checks and cancellations
reconciliation  lost tasks, and the comparison of store and provider
provider        the client of the provider's API
limiter         the rate limit
metrics         the metrics of a process, and the statistics of the installation
worker_pings    which worker processes answer, for `zettai top` and the console
supervisor      runs the worker processes of a host
"""
