"""The admin page of the outbox: numbers are masked, and texts are not shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from zettai.contrib.django.outbox.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(admin.ModelAdmin):
    """Shows the rows. A row can be deleted, so that it is not sent, or tried again. It cannot be changed."""

    list_display = ("client_tag", "masked_to", "lane", "saved_at", "send_at", "problem")
    list_filter = ("lane", ("problem", admin.EmptyFieldListFilter))
    search_fields = ("client_tag",)
    fields = ("client_tag", "masked_to", "lane", "send_at", "saved_at", "problem")
    readonly_fields = fields
    actions = ("try_again",)

    @admin.action(description="Try again to send the selected SMS", permissions=["delete"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Let the relay send rows that had a problem."""
        self.message_user(request, f"{rows.update(problem='')} SMS will be tried again by manage.py zettai_outbox.")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Forbid new rows: `enqueue` makes them."""
        return False

    def has_change_permission(self, _request: HttpRequest, _row: OutboxMessage | None = None) -> bool:
        """Forbid changes."""
        return False
