"""What runs a host's worker processes: which there are, and that they stay alive.

    plan        which processes suit a machine: a pure decision
    restarts    when one that died is started again: a pure decision
    signals     the signals of this process, as something to wait for
    child       one process, started so that it does not outlive its parent
    launch      what each child's process runs first
    supervisor  starts them, starts them again, and ends them

What the processes do is Celery's affair and `zettai_worker.tasks`'; the command line is `zettai_cli.processes.worker`.
"""

from zettai_worker.supervisor.child import Child
from zettai_worker.supervisor.plan import ProcessSpec, plan, usable_cpus
from zettai_worker.supervisor.supervisor import Supervisor

__all__ = ["Child", "ProcessSpec", "Supervisor", "plan", "usable_cpus"]
