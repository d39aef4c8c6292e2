"""Numbers of the explanations, compared with the code."""

from datetime import timedelta

from tests.docs.pages import names, table

from zettai.core.carriers import Carrier
from zettai_worker.following.schedule import overdue_after
from zettai_worker.limiter.microseconds import SECOND
from zettai_worker.limiter.spacing import Spacing, parse_limit
from zettai_worker.settings import WorkerSettings

LIMITER = "docs/explanation/limiter.md"


def test_the_headroom_table_is_calculated_by_the_limiter() -> None:
    for row in table(LIMITER, "spread", "µs from slot to slot", "calls a second"):
        spread = timedelta(milliseconds=int(row["spread"].removesuffix(" ms")))
        step = Spacing.of(parse_limit("600/second"), spread).step
        assert row["µs from slot to slot"] == f"{step:,}"
        assert row["calls a second"] == f"{SECOND / step:.1f}"


def test_the_overdue_table_is_that_of_the_settings() -> None:
    settings = WorkerSettings.model_construct()
    rows = table("docs/explanation/kddi.md", "carrier named by the caller", "overdue after", "setting")
    written = {
        carrier: (timedelta(minutes=int(row["overdue after"].split()[0])), row["setting"])
        for row in rows
        for carrier in (names(row["carrier named by the caller"]) or [row["carrier named by the caller"]])
    }

    assert set(written) == {*Carrier, "nothing"}
    for carrier, (after, setting) in written.items():
        assert overdue_after(Carrier(carrier) if carrier != "nothing" else None, settings) == after
        assert getattr(settings, setting.removeprefix("ZETTAI_").lower()) == after
