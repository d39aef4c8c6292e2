"""Memory of processes and of Redis."""

from collections.abc import Mapping
from pathlib import Path

from redis import Redis

MEGABYTE = 1_000_000


def memory(processes: Mapping[str, int], redis: Redis) -> dict[str, float]:
    """Return the resident memory of each process and the data of Redis, in MB, by name."""
    found = {name: resident(pid) / MEGABYTE for name, pid in processes.items()}
    info = redis.info("memory")
    return found | {"Redis": info["used_memory_rss"] / MEGABYTE, "data in Redis": info["used_memory"] / MEGABYTE}


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(sizes[0]) * 1024 if sizes else 0
