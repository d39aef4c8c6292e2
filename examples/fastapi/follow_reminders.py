"""Prints the reminders that do not arrive, so that the shop can call: `python follow_reminders.py`."""

from zettai import SmsClient


def follow_reminders(sms: SmsClient) -> None:
    """Print them. It runs until it is stopped."""
    for event in sms.events(group="shop", types=["undelivered", "rejected", "expired"]):
        if event.client_tag.startswith("reminder-"):
            print(f"{event.client_tag}: {event.type}, {event.reason}")


if __name__ == "__main__":
    follow_reminders(SmsClient.from_env())
