"""What those who are measured are called, and drawn in."""

NAMES = {
    "ours": "zettai-sms",
    "celery_limits": "Celery + limits",
    "dramatiq_limiter": "dramatiq",
    "taskiq_aiohttp": "taskiq + aiohttp",
    "bullmq": "BullMQ",
    "bullmq_tenths": "BullMQ, 60 in 100 ms",
}

COLORS = dict(zip(NAMES, ("#0072b2", "#d55e00", "#cc79a7", "#009e73", "#8c6d1f", "#e69f00"), strict=True))
"""After Okabe and Ito: told apart by people who do not see all colors."""


def name_of(who: str) -> str:
    """For people; a run of ours with options is called by them."""
    plan = who.removeprefix("ours").strip()
    return NAMES.get(who, f"{NAMES['ours']}, `{plan}`" if who.startswith("ours") else who)
