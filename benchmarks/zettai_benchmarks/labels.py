"""The names and the colors of the measured products."""

NAMES = {
    "ours": "zettai-sms",
    "ours_slow": "zettai-sms, answers after 1 s",
    "celery_limits": "Celery + limits",
    "dramatiq_limiter": "dramatiq",
    "taskiq_aiohttp": "taskiq + aiohttp",
    "bullmq": "BullMQ",
    "bullmq_tenths": "BullMQ, 60 in 100 ms",
}

COLORS = dict(zip(NAMES, ("#0072b2", "#56b4e9", "#d55e00", "#cc79a7", "#009e73", "#8c6d1f", "#e69f00"), strict=True))
"""By Okabe and Ito: distinguishable with color blindness."""


def name_of(who: str) -> str:
    """Return the name to show."""
    return NAMES.get(who, who)
