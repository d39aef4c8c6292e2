"""Keeps the memory of our processes, with numbers, texts and secrets, out of core dumps."""


def forbid_core_dumps() -> None:
    """Let this process and its children write no core dump if they crash. On Windows, do nothing: there are none."""
    try:
        from resource import RLIMIT_CORE, setrlimit  # noqa: PLC0415 - Unix only
    except ImportError:
        return
    setrlimit(RLIMIT_CORE, (0, 0))
