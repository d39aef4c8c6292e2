"""Runs the worker processes of a host: starts them, restarts them, stops them.

plan            which processes to run on a machine: a pure function
restarts        when to restart a process that died: a pure function
signals         waits for the signals of this process
child           one process that ends together with its parent
tied_to_parent  what each child process runs first
supervisor      starts, restarts and stops the processes

Each process runs `zettai_worker.__main__`. The command is in `zettai_cli.processes.worker`.
"""

from zettai_worker.supervisor.child import Child, tied
from zettai_worker.supervisor.plan import ProcessSpec, plan, usable_cpus
from zettai_worker.supervisor.supervisor import Supervisor

__all__ = ["Child", "ProcessSpec", "Supervisor", "plan", "tied", "usable_cpus"]
