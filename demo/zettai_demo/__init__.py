"""`zettai demo`: run the whole product on this machine, under load and with faults, and check the result.

`stack` starts everything, `scenario` sends and cancels messages and injects faults, `observer` and `view` show the
progress, and `oracle` compares the store with what the simulated provider did.

`development` is `zettai dev`: the same stack, for an application in development.
"""
