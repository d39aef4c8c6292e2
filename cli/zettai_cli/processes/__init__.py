"""Commands that run a process until it is stopped: worker, gateway, exporter, receive-reports, simulate."""
