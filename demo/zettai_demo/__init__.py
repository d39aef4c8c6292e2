"""`zettai demo`: the whole product on this machine, under load and under faults, and then the proof.

`stage.py` starts everything, `scenario.py` is what happens, `observer.py` and `view.py` show it, and `verdict.py`
compares the store with what the simulated provider really did.
"""

from zettai_demo.command import demo

__all__ = ["demo"]
