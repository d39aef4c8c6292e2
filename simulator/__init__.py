"""A simulated SMS provider: a real HTTP server that behaves as the provider's specification says, faults included.

It knows neither `producers` nor `worker`; to them it is as foreign as the provider. Run it with `python -m simulator`
(`--help` tells the flags), or from a test with `SimulatorProcess`.
"""

from simulator.process import SimulatorProcess

__all__ = ["SimulatorProcess"]
