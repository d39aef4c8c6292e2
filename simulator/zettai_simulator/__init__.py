"""A simulated SMS provider: a real HTTP server that behaves as the provider's specification says, faults included.

It imports none of our other packages, so that it stays as independent as the provider. Run it with
`python -m zettai_simulator` (`--help` lists the flags), or from a test with `SimulatorProcess`.
"""

from zettai_simulator.process import SimulatorProcess

__all__ = ["SimulatorProcess"]
