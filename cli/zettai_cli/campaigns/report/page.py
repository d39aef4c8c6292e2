"""A report as one HTML file with the chart and tables. It loads no other file and runs no script."""

from collections.abc import Iterable
from html import escape

from zettai.campaign_report.statistics import Report
from zettai_cli.campaigns.report.chart import svg, title
from zettai_cli.campaigns.report.view import carrier_text, cost_texts, delay_text, percentage
from zettai_cli.messages.views import time_text
from zettai_cli.shared.console_words import outcome_text, reason_text
from zettai_cli.shared.language import is_japanese, say

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:800px;margin:2rem auto;padding:0 1rem}"
    "svg{max-width:100%;height:auto}table{border-collapse:collapse;margin:1.5rem 0;width:100%}"
    "caption{text-align:left;font-weight:600;margin-bottom:.4rem}"
    "th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd}td.n,th.n{text-align:right}"
)

CARRIER_COLUMNS = ("carrier", "messages", "sent", "delivered", "undelivered", "accepted → delivered")
"""The headers of the table of carriers; `columns` has them too."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report) -> str:
    """Return the page. Texts from senders and from the provider are escaped."""
    facts = [
        (say("as of"), time_text(report.at)),
        (say("messages"), f"{report.messages:,}"),
        (say("sent"), f"{report.sent:,}"),
        *((say("cost"), text) for text in cost_texts(report.cost)),
        (say("accepted → delivered"), delay_text(report.delay)),
    ]
    outcomes = [
        (outcome_text(name), f"{count:,}", percentage(count, report.messages))
        for name, count in report.outcomes.items()
    ]
    causes = [(cause.state, reason_text(cause.reason), f"{cause.messages:,}") for cause in report.causes]
    carriers = [
        (
            carrier_text(name),
            *(f"{count:,}" for count in (one.messages, one.sent, one.delivered, one.undelivered)),
            delay_text(one.delay),
        )
        for name, one in report.carriers.items()
    ]
    body = [
        f"<h1>{escape(title(report))}</h1>",
        svg(report),
        _table(say("Summary"), (say("name"), say("value")), facts),
        _table(say("Outcomes"), (say("outcome"), say("messages"), say("share")), outcomes, numbers=2),
        _table(say("Causes of failures"), (say("final state"), say("cause"), say("messages")), causes, numbers=1)
        if causes
        else "",
        _table(
            say("Carriers"),
            tuple(map(say, CARRIER_COLUMNS)),
            carriers,
            numbers=5,
        ),
    ]
    return (
        '<!doctype html>\n<html lang="' + ("ja" if is_japanese() else "en") + '">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title(report))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def _table(caption: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, numbers: int = 0) -> str:
    """Return a table. So many of its last columns are numbers."""
    kinds = ["" if place < len(header) - numbers else ' class="n"' for place in range(len(header))]
    head = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(header, kinds, strict=True))
    lines = (
        "<tr>" + "".join(f"<td{kind}>{escape(text)}</td>" for text, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return "\n".join([f"<table>\n<caption>{caption}</caption>", f"<tr>{head}</tr>", *lines, "</table>"])
