"""A file of messages that a user uploads: it is checked first, and sent after a confirmation.

The server keeps no file. The browser sends it twice, and a signed text proves that what is sent is what was checked.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import SecretStr

from zettai.campaign_files.columns import Columns
from zettai.campaign_files.dry_run import RowCheck, Totals, check_rows
from zettai.campaign_files.opening import open_rows
from zettai.campaign_files.row_results import Results, record_rows
from zettai.campaign_files.rows import Problem, Row
from zettai.campaign_files.runs import Run, Runs, tag_prefix_of
from zettai.client import SmsClient
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.lanes import Lane
from zettai.core.store import MessageStore
from zettai.core.templates import Template

PREVIEWED = 3
"""Good rows that are shown with their text."""

LISTED = 50
"""Bad rows that are listed, and good rows with characters that may not arrive."""

CHECK_LASTS = 3600
"""Seconds for which a checked file may be sent."""

LONGEST_NAME = 100
"""Characters of a file's name that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the user chose beside the file.

    Attributes:
        group: the name of the campaign.
        text: the text of all messages, with fields; None if the file has the texts.
        category: what the messages are about; None for rows that do not say it.
        encoding: of a CSV file; None to detect it.
        duplicates: whether rows are sent whose number or tag an earlier row has.
    """

    group: str
    text: str | None = field(repr=False)
    category: str | None
    encoding: str | None
    duplicates: bool


@dataclass(frozen=True, slots=True)
class Author:
    """Who sends a file. What the file says about that is ignored.

    Attributes:
        created_by: as the records of the messages say it.
        team: of the API key, if it has one.
        may_not_use: returns whether a tag is kept for others.
    """

    created_by: str
    team: str | None
    may_not_use: Callable[[str], bool]

    def own(self, row: Row, columns: Columns) -> Row:
        """Return a row as a message of this author."""
        arguments = {**row.arguments, "created_by": self.created_by, "team": self.team}
        if "client_tag" in columns.arguments and self.may_not_use(str(arguments.get("client_tag", ""))):
            problem = Problem.of(columns.label("client_tag"), InvalidValue(InvalidReason.TAG_IN_USE))
            return replace(row, arguments=arguments, problems=(*row.problems, problem))
        return replace(row, arguments=arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found. Nothing is sent.

    Attributes:
        form: how the file was understood.
        columns: which columns it has.
        totals: the numbers of rows and parts.
        previews: the first good rows.
        problems: the first bad rows.
        doubtful: the first good rows with characters that may not arrive.
        prefix: of the tags of its rows.
        earlier: an earlier run of a file with this content or name.
    """

    form: str
    columns: Columns
    totals: Totals
    previews: Sequence[RowCheck]
    problems: Sequence[RowCheck]
    doubtful: Sequence[RowCheck]
    prefix: str
    earlier: Run | None

    @property
    def is_known(self) -> bool:
        """Whether this very file was sent before. Its rows are not sent again."""
        return self.earlier is not None and self.earlier.tag_prefix == self.prefix

    @property
    def is_changed(self) -> bool:
        """Whether a file of this name was sent before with another content or text. All its rows would be sent."""
        return self.earlier is not None and self.earlier.tag_prefix != self.prefix


class Confirmations:
    """Signs what was checked, so that nothing else can be sent."""

    def __init__(self, secret: SecretStr) -> None:
        self._serializer = URLSafeTimedSerializer(secret.get_secret_value(), salt="zettai console file")

    def sign(self, user: str, prefix: str, choices: Choices) -> str:
        """Return the signed text of a check. The prefix stands for the file and the text."""
        return str(self._serializer.dumps(_identity(user, prefix, choices)))

    def is_of(self, signed: str, user: str, prefix: str, choices: Choices) -> bool:
        """Return whether a signed text belongs to this file, these choices and this user, and is not too old."""
        try:
            return bool(self._serializer.loads(signed, max_age=CHECK_LASTS) == _identity(user, prefix, choices))
        except BadSignature:
            return False


@contextmanager
def stored(upload: BinaryIO, name: str) -> Iterator[Path]:
    """Store an uploaded file, because it is read more than once, and delete it afterwards."""
    with TemporaryDirectory(prefix="zettai-") as folder:
        path = Path(folder) / _safe_name(name)
        upload.seek(0)
        with path.open("wb") as file:
            copyfileobj(upload, file)
        yield path


def check_file(file: Path, choices: Choices, author: Author, client: SmsClient, store: MessageStore) -> Checked:
    """Check a file without sending it.

    Raises:
        UnreadableFile: the file cannot be read.
        BadHeader: its first row does not name the columns that are needed.
        InvalidMessage: the text is not a valid template.
        LedgerUnavailable: Redis did not answer.
    """
    totals = Totals()
    previews: list[RowCheck] = []
    problems: list[RowCheck] = []
    doubtful: list[RowCheck] = []
    prefix = prefix_of(file, choices)
    with _reading(file, choices, author, prefix) as (form, columns, rows):
        for row in check_rows(client, rows, columns):
            totals.add(row)
            if row.problems:
                _keep(problems, row, LISTED)
                continue
            _keep(previews, row, PREVIEWED)
            if row.findings:
                _keep(doubtful, row, LISTED)
    earlier = Runs(store.redis, store.keys).latest(file, prefix)
    return Checked(
        form=form,
        columns=columns,
        totals=totals,
        previews=previews,
        problems=problems,
        doubtful=doubtful,
        prefix=prefix,
        earlier=earlier,
    )


def send_file(file: Path, choices: Choices, author: Author, client: SmsClient, store: MessageStore) -> Results:
    """Record the good rows of a file as messages. It is safe to repeat: each row is sent once.

    Raises:
        UnreadableFile: the next row cannot be read. The rows before it are recorded.
        LedgerUnavailable: Redis did not answer. Some rows may be recorded.
    """
    results, prefix, runs = Results(), prefix_of(file, choices), Runs(store.redis, store.keys)
    with _reading(file, choices, author, prefix) as (_, columns, rows):
        runs.record(file, prefix)
        with runs.counting(results.counts):
            for one in record_rows(client, rows, columns):
                results.add(one)
    return results


def prefix_of(file: Path, choices: Choices) -> str:
    """Return the prefix of the tags of a file's rows. It depends on the content of the file and on the text."""
    return tag_prefix_of(file, None, choices.text)


@contextmanager
def _reading(file: Path, choices: Choices, author: Author, prefix: str) -> Iterator[tuple[str, Columns, Iterator[Row]]]:
    """Open a file. Yield how it was understood, its columns and its rows."""
    template = None if choices.text is None else Template.parse(choices.text)
    defaults: dict[str, Any] = {"lane": Lane.BULK, "group": choices.group}
    if choices.category is not None:
        defaults["category"] = choices.category
    opened = open_rows(
        file,
        tag_prefix=prefix,
        defaults=defaults,
        template=template,
        encoding=choices.encoding,
        allow_duplicates=choices.duplicates,
    )
    with opened as (table, reader):
        columns = reader.columns
        yield table.form, columns, (author.own(row, columns) for row in reader.read(table.rows))


def _keep(kept: list[RowCheck], row: RowCheck, most: int) -> None:
    if len(kept) < most:
        kept.append(row)


def _identity(user: str, prefix: str, choices: Choices) -> list[str | bool | None]:
    return [user, prefix, choices.group, choices.category, choices.encoding, choices.duplicates]


def _safe_name(name: str) -> str:
    """Return the name of a file without a path."""
    plain = PurePath(name.replace("\\", "/")).name[-LONGEST_NAME:]
    return plain if plain.isprintable() and plain.strip(". ") else "file"
