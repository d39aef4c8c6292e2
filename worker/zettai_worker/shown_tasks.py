"""How tasks appear in Flower. A task only starts something, so its state says nothing about a message."""

from zettai.core.tasks import TaskName

SHOWN_NAMES = {
    TaskName.SEND: "start_sending",
    TaskName.SEND_IN_TURN: "start_sending_in_turn",
    TaskName.CANCEL: "start_canceling",
    TaskName.CANCEL_GROUP: "start_canceling_group",
    TaskName.CANCEL_ALL: "start_canceling_all",
    TaskName.CHECK: "start_status_checks",
    TaskName.CHECK_DAY: "start_status_checks_of_day",
    TaskName.LOOK_UP: "start_look_ups",
    TaskName.PUBLISH_DUE: "tick_publish_due",
    TaskName.SWEEP: "tick_sweep",
    TaskName.PURGE: "tick_purge",
    TaskName.COMPARE_RESERVATIONS: "tick_compare_reservations",
    TaskName.COMPARE_STATUSES: "tick_compare_statuses",
    TaskName.COMPARE_PARTS: "tick_compare_parts",
}
"""The names in Flower and in Celery's log lines. The names in the queues do not change between versions."""

NOT_SHOWN = frozenset({TaskName.PUBLISH_DUE, TaskName.SWEEP})
"""Ticks of each second, which nearly always find nothing. Workers send no events about them."""
