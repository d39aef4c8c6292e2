"""Send a file: the form, the result of a check, and the send after a confirmation."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from zettai.campaign_files.columns import BadHeader
from zettai.campaign_files.row_results import Results
from zettai.campaign_files.tables.table import UnreadableFile
from zettai.core.errors import InvalidMessage, LedgerUnavailable, SettingsError, SuppressionKeyMismatch
from zettai.core.invalid_reasons import InvalidValue
from zettai.core.validation import checked_category, checked_tag
from zettai.gateway.problems import Problem, ProblemType
from zettai_console.app import View
from zettai_console.campaign_file import Checked, Choices, Confirmations, check_file, prefix_of, send_file, stored
from zettai_console.language import mark
from zettai_console.page import Page
from zettai_console.security.roles import Right
from zettai_console.security.users import User
from zettai_console.words.files import explain_file

LARGEST_FILE = 20_000_000
"""Bytes: about 200,000 rows."""

FILE_TIMEOUT = timedelta(minutes=2)
"""For a file to arrive."""

ENCODINGS = ("utf-8-sig", "cp932", "euc_jp", "utf-16")
"""The encodings that the form offers, by Python's names."""

NO_FILE = mark("Choose a file.")

BAD_HEADER = mark(
    "The first row must name the columns: one with the phone numbers, such as 電話番号, and one with the texts, such "
    "as 本文, or one for each field of the text that you give here."
)

TOO_SLOW = mark("The file takes too long to check. Divide it into smaller files.")

CHANGED = mark("The file, the text or a choice has changed since it was checked. Check it again. Nothing was sent.")

NOT_CONFIRMED = mark("Confirm with the check box first. Nothing was sent.")

Result = TypeVar("Result")


class _Mistake(Exception):  # noqa: N818 - it names what the user did
    """The form cannot be used as it is. The text is in the user's language."""


async def show(page: Page) -> Response:
    """Show the form."""
    return page.render("upload.html", encodings=ENCODINGS)


async def check(page: Page) -> Response:
    """Check a file, and show the result. Nothing is sent."""
    author = page.services.users.author(_user(page))

    def work(file: Path, choices: Choices) -> tuple[Checked, Choices]:
        return check_file(file, choices, author, page.services.client, page.services.store), choices

    try:
        checked, choices = await _with_file(page, work)
    except _Mistake as mistake:
        return page.render("parts/upload_mistake.html", text=str(mistake))
    except TimeoutError:
        return page.render("parts/upload_mistake.html", text=page.say(TOO_SLOW))
    signed = _confirmations(page).sign(_user(page).name, checked.prefix, choices)
    return page.render("parts/upload_checked.html", checked=checked, choices=choices, signed=signed)


async def send(page: Page) -> Response:
    """Send a file that was checked before."""
    group = page.text("group").strip()
    if page.text("confirmed") != "yes":
        return page.render("parts/upload_mistake.html", text=page.say(NOT_CONFIRMED))
    try:
        results = await _with_file(page, lambda file, choices: _send(page, file, choices))
    except _Mistake as mistake:
        return page.render("parts/upload_mistake.html", text=str(mistake))
    except TimeoutError:
        return page.render("parts/upload_sent.html", results=None, group=group)
    return page.render("parts/upload_sent.html", results=results, group=group)


def _send(page: Page, file: Path, choices: Choices) -> Results:
    if not _confirmations(page).is_of(page.text("signed"), _user(page).name, prefix_of(file, choices), choices):
        raise _Mistake(page.say(CHANGED))
    author = page.services.users.author(_user(page))
    results = send_file(file, choices, author, page.services.client, page.services.store)
    page.log_change("send_file", group=choices.group, **results.to_dict())
    return results


async def _with_file(page: Page, work: Callable[[Path, Choices], Result]) -> Result:
    """Run work on the file of the form, in a thread.

    Raises:
        _Mistake: the file or another field cannot be used.
        Problem: Redis does not answer, or the suppression list cannot be used.
        TimeoutError: it takes longer. The work goes on.
    """
    upload, choices = _read(page)

    def run() -> Result:
        with stored(upload.file, upload.filename or "") as file:
            return work(file, choices)

    try:
        return await page.services.files.run(run)
    except UnreadableFile as error:
        raise _Mistake(page.say(explain_file(str(error)))) from None
    except BadHeader:
        raise _Mistake(page.say(BAD_HEADER)) from None
    except InvalidMessage as error:
        raise _Mistake(page.sentence(error)) from None
    except (SettingsError, SuppressionKeyMismatch) as error:
        raise Problem(ProblemType.NO_SUPPRESSIONS, str(error)) from None
    except LedgerUnavailable:
        raise Problem(ProblemType.UNAVAILABLE) from None


def _read(page: Page) -> tuple[UploadFile, Choices]:
    """Return the file and the choices of the form."""
    upload, encoding = page.file("file"), page.text("encoding")
    if upload is None:
        raise _Mistake(page.say(NO_FILE))
    text = page.text("text").replace("\r\n", "\n").removesuffix("\n")
    field = "group"
    try:
        group = checked_tag(page.text("group").strip())
        field = "category"
        category = page.text("category").strip()
        choices = Choices(
            group=group,
            text=text or None,
            category=checked_category(category) if category else None,
            encoding=encoding if encoding in ENCODINGS else None,
            duplicates=page.text("duplicates") == "yes",
        )
    except InvalidValue as error:
        raise _Mistake(page.sentence(InvalidMessage(field, error))) from None
    return upload, choices


def _confirmations(page: Page) -> Confirmations:
    return Confirmations(page.services.settings.required_console_secret())


def _user(page: Page) -> User:
    if page.user is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    return page.user


VIEWS = (
    View("/upload", show, Right.SEND),
    View("/upload/check", check, Right.SEND, method="POST", largest=LARGEST_FILE, timeout=FILE_TIMEOUT),
    View("/upload/send", send, Right.SEND, method="POST", largest=LARGEST_FILE, timeout=FILE_TIMEOUT),
)
