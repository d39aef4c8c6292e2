"""Commands for operators: top, doctor, limiter, reconcile."""
