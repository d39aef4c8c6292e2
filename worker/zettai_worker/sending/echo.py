"""Compare what the provider repeats of a message with what was sent. It proves nothing, but people should know."""

import structlog

from zettai.core.aossms.evidence import is_same_number
from zettai.core.store import Claim
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import SendAnswer
from zettai_worker.sending.lookup import report_text_difference

logger = structlog.get_logger("zettai.sending")


def check_echo(claim: Claim, answer: SendAnswer, metrics: WorkerMetrics) -> None:
    """Log and count a confirmation that names another phone number or text than ours. The message stays accepted."""
    message = claim.message
    if answer.phone_number is not None and not is_same_number(answer.phone_number, message.to):
        metrics.number_differences.inc()
        logger.error("number_differs", client_tag=message.client_tag, action="ask the provider whom it sent this to")
    if answer.message is not None and answer.message != claim.body:
        report_text_difference(message.client_tag, metrics)
