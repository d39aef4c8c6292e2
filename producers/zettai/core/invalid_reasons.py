"""Why an argument of `send` is refused: the one table of codes with their texts, in English and in Japanese.

To add a reason, add a line here, and raise `InvalidValue` with it.
"""

from enum import Enum
from typing import Any

FIELDS_IN_JAPANESE = {
    "to": "電話番号",
    "body": "本文",
    "client_tag": "クライアントタグ",
    "send_at": "送信日時",
    "expires_in": "有効期間",
    "lane": "レーン",
    "group": "グループ",
    "carrier": "携帯電話会社",
    "metadata": "メタデータ",
    "sender": "送信元番号",
    "account": "アカウント",
    "category": "カテゴリー",
    "created_by": "作成者",
    "team": "チーム",
    "traceparent": "トレースコンテキスト",
    "owner": "所有者",
    "number": "電話番号",
    "scope": "スコープ",
    "source": "申し出の経路",
    "state": "状態",
    "message": "メッセージ",
    "messages": "メッセージ",
    "template": "テンプレート",
    "row": "行",
    "rows": "行",
    "items": "メッセージ",
    "rate": "送信速度",
    "over": "送信にかける時間",
    "between": "送信時間帯",
    "days": "送信する曜日",
    "name": "キャンペーン名",
}
"""The arguments of `send`, as a form calls them in Japanese. An argument that is missing here keeps its own name."""


class InvalidReason(Enum):
    """A reason: its text in English, which follows the name of the field, and its sentence in Japanese for a form.

    The names in braces are the parameters of `InvalidValue`. In Japanese, `{field}` is the name of the field.
    """

    REQUIRED = ("is required", "{field}を入力してください。")
    UNKNOWN_ARGUMENT = ("is not a known argument", "「{field}」という項目はありません。")
    INVALID = ("{problem}", "{field}の値が正しくありません。")
    NOT_A_TEXT = ("must be a valid string", "{field}は文字列で入力してください。")
    NOT_A_TIME = ("must be a valid datetime", "{field}は日時で指定してください。")
    NOT_A_DURATION = ("must be a valid timedelta", "{field}は時間の長さで指定してください。")
    NOT_A_WRITTEN_INSTANT = (
        "must be an RFC 3339 time with an offset, for example 2026-08-01T09:00:00+09:00",
        "{field}は 2026-08-01T09:00:00+09:00 のように、時差を付けた日時で指定してください。",
    )
    NOT_A_NUMBER = ("must be a number", "{field}は数値で指定してください。")
    TOO_SMALL = ("must be at least {smallest:.0f}", "{field}は {smallest:.0f} 以上で指定してください。")
    TOO_LARGE = ("must be at most {largest:.0f}", "{field}は {largest:.0f} 以下で指定してください。")
    NOT_A_BOOLEAN = ("must be true or false", "{field}は true または false で指定してください。")
    NOT_A_CHOICE = ("must be one of {choices}", "{field}は次のいずれかを指定してください: {choices}")
    NOT_AN_OBJECT = ("must be an object", "{field}の形式が正しくありません。")
    NOT_A_LIST = ("must be a list", "{field}の形式が正しくありません。")
    NOT_ITERABLE = ("must be a list or another iterable, and not a text", "{field}の形式が正しくありません。")
    TOO_FEW = ("must have {least} or more entries", "{field}を {least} 件以上指定してください。")
    TOO_MANY = ("must have {most} entries or fewer", "{field}は {most} 件以内で指定してください。")
    NOT_EXPORTED = ("must be what export yielded", "{field}には export の結果を指定してください。")
    NOT_A_MAPPING = ("must be a mapping with the arguments of send", "{field}の形式が正しくありません。")
    NOT_A_NAME = (
        "must be 1 to 40 letters, digits, - and _",
        "{field}は 40 文字以内の英数字と - _ で指定してください。",
    )
    NOT_A_CREATOR = (
        "must be 1 to 40 letters, digits and _.- and start with a letter or digit",
        "{field}は 40 文字以内の英数字と _ . - で、英数字から始めて指定してください。",
    )
    RESERVED_CATEGORY = (
        "must not be 'all', which is the scope that suppresses every category",
        "{field}に all は使用できません。",
    )
    EMPTY = ("must have 1 to {longest} characters, has 0", "{field}を入力してください。")
    TOO_LONG = (
        "must have 1 to {longest} characters, has {length}",
        "{field}は {longest} 文字以内で入力してください(現在 {length} 文字)。",
    )
    HALF_A_CHARACTER = (
        "contains half a surrogate pair, which is not a character",
        "{field}に使用できない文字が含まれています。",
    )
    CONTROL_CHARACTERS = (
        "must not contain control characters",
        "{field}に改行などの制御文字は使用できません。",
    )
    SPACES_AROUND = ("must not begin or end with a space", "{field}の前後の空白を削除してください。")
    NOT_A_GROUP = (
        "must be 1 to {longest} printable characters, without spaces around them",
        "{field}は {longest} 文字以内で、前後に空白を入れずに指定してください。",
    )
    RESERVED_GROUP = (
        "must not begin with {prefix}: such a group belongs to a webhook endpoint",
        "{field}に {prefix} で始まる名前は使用できません。Webhook のエンドポイントが使用する名前です。",
    )
    NOT_A_MOBILE_NUMBER = (
        "must be a Japanese mobile number such as 09012345678 or +819012345678, got {given}",
        "{field}は 090、080、070 などで始まる携帯電話番号を入力してください。",
    )
    NUMBER_WITHOUT_ZERO = (
        "lacks the first 0 or the country code, got {given}",
        "{field}は先頭の 0 から入力してください。",
    )
    NUMBER_ROUNDED = (
        "is rounded by a spreadsheet: format its column as text, got {given}",
        "{field}が表計算ソフトで丸められています。列の書式を「文字列」にして、入力し直してください。",
    )
    NO_TIME_ZONE = (
        "must have a time zone, such as datetime.now(ZoneInfo('Asia/Tokyo'))",
        "{field}にはタイムゾーンを指定してください。",
    )
    NOT_IN_FUTURE = ("must be in the future, got {given}", "{field}には、現在より後の日時を指定してください。")
    TOO_FAR_AHEAD = ("must be before {latest}, got {given}", "{field}が先すぎます。より近い日時を指定してください。")
    NOT_POSITIVE = ("must be a positive timedelta, got {seconds} s", "{field}は 0 秒より長く指定してください。")
    TOO_MANY_DAYS = ("must be at most {most} days, got {days} days", "{field}は {most} 日以内で指定してください。")
    TOO_MANY_PAIRS = ("must have at most {most} pairs, got {count}", "{field}は {most} 組以内で指定してください。")
    NOT_A_KEY = (
        "each key must be 1 to {longest} printable characters, without spaces around them",
        "{field}のキーは {longest} 文字以内で、前後に空白を入れずに指定してください。",
    )
    NOT_A_METADATA_VALUE = (
        "the value of {key!r} must be at most {longest} printable characters",
        "{field}の「{key}」の値は {longest} 文字以内で指定してください。",
    )
    NOT_A_SENDER_CODE = ("must be 5 or 6 digits", "{field}は 5 桁または 6 桁の数字で指定してください。")
    SENDER_NOT_ALLOWED = (
        "must be {listed}; ZETTAI_SENDERS lists the codes that a message may name",
        "この{field}は使用できません。使用できるコードを指定してください。",
    )
    NOT_AN_ACCOUNT_NAME = (
        "must be 1 to 30 lower-case letters, digits, - and _",
        "{field}は 30 文字以内の英小文字、数字、- と _ で指定してください。",
    )
    UNKNOWN_ACCOUNT = (
        "must be one of {listed}",
        "この{field}は使用できません。使用できるアカウントを指定してください。",
    )

    TEMPLATE_LENGTH = (
        "must be a text of 1 to {longest} characters",
        "{field}は 1 文字以上 {longest} 文字以内の文字列で指定してください。",
    )
    TEMPLATE_AND_ROWS = (
        "must be given together with rows, and without items",
        "{field}は rows と一緒に指定してください。items とは併用できません。",
    )
    TEMPLATE_MAKES_BODY = (
        "must be left out: the template makes it",
        "{field}はテンプレートから作られるため、指定できません。",
    )
    FIELD_WITHOUT_NAME = (
        "has a field without a name at position {position}",
        "{field}の {position} 文字目に、名前のない差し込み項目があります。",
    )
    FULL_WIDTH_BRACES = (
        "has full-width braces at position {position}; write {{{{ and }}}}",
        "{field}の {position} 文字目の波括弧が全角です。半角で入力してください。",
    )
    UNPAIRED_BRACES = (
        "has {braces} without its pair at position {position}; write it twice to send it",
        "{field}の {position} 文字目の {braces} に、対になる括弧がありません。そのまま送るには 2 回入力してください。",
    )
    MISSING_FOR_TEMPLATE = (
        "is missing or empty, and the template needs it",
        "テンプレートで使う「{field}」を入力してください。",
    )
    WRONG_FOR_TEMPLATE = (
        "must be a text or a number for the template, got {kind}",
        "テンプレートで使う「{field}」は文字列または数値で指定してください。",
    )
    NOTHING_TO_CHANGE = (
        "is required if there is no body: there is nothing to change",
        "{field}または本文を指定してください。",
    )
    BODY_DELETED = (
        "is required: the text of the message was deleted",
        "元の本文は削除されています。{field}を入力してください。",
    )
    DURABLE_IN_BATCH = (
        "must be set beside {beside}, not in a single message",
        "{field}は、メッセージごとではなく {beside} と並べて指定してください。",
    )
    CELL_IS_EMPTY = ("is missing", "{field}が空欄です。")
    CELLS_WITHOUT_COLUMN = (
        "more cells than the {columns} columns; put texts with a separator in quotes",
        "{field}のセルが列数({columns})より多くなっています。区切り文字を含む本文は引用符で囲んでください。",
    )
    TAG_IN_USE = ("is already used for another message", "{field}は、すでに別のメッセージに使用されています。")
    ERROR_OF_SPREADSHEET = (
        "has the error {error} of the spreadsheet",
        "{field}が表計算ソフトのエラー({error})になっています。",
    )
    SAME_AS_EARLIER_ROW = (
        "is the same as in row {row}; remove one of them, or allow duplicates",
        "{field}が {row} 行目と重複しています。どちらかを削除するか、重複を許可してください。",
    )
    NOT_A_WRITTEN_TIME = (
        "must be a day and a time, such as 2026/12/1 9:00 (Japan time) or 2026-12-01T09:00+09:00",
        "{field}は 2026/12/1 9:00(日本時間)のように、日付と時刻で指定してください。",
    )
    NOT_A_WRITTEN_DURATION = (
        "must be a positive number of seconds, or ISO 8601 such as PT5M",
        "{field}は正の秒数、または PT5M のような ISO 8601 形式で指定してください。",
    )
    NOT_A_RATE = (
        "must be messages in a unit of time, such as 50/second, 300/minute or 10000/hour, got {given!r}",
        "{field}は 50/second、300/minute、10000/hour のように指定してください。",
    )
    RATE_TOO_HIGH = ("must be at most {most:,} a second", "{field}は毎秒 {most:,} 通以下で指定してください。")
    NOT_A_WINDOW = (
        "must be two different times in Japan, such as 09:00-20:00 or 21:00-02:00, got {given!r}",
        "{field}は 09:00-20:00 や 21:00-02:00 のように、異なる開始時刻と終了時刻で指定してください。",
    )
    NOT_DAYS = (
        "must be days of the week, such as mon-fri or mon,wed,sat, got {given!r}",
        "{field}は mon-fri や mon,wed,sat のように曜日で指定してください。",
    )
    TOO_MANY_SCOPES = (
        "is one too many: a number has at most {most} scopes",
        "{field}は 1 つの電話番号につき {most} 個までです。",
    )
    RATE_AND_OVER = (
        "must be left out if there is a rate: both say how fast messages are sent",
        "{field}と rate は同時に指定できません。",
    )
    NOTHING_WAITS = (
        "needs messages that wait, and none of this group does; give a rate instead",
        "送信待ちのメッセージがないため、{field}は指定できません。rate を指定してください。",
    )
    WRONG_TYPE = ("must be a {kind}", "{field}の形式が正しくありません。")

    def __init__(self, english: str, japanese: str) -> None:
        self.english = english
        self.japanese = japanese

    @property
    def code(self) -> str:
        """The stable name of the reason, for programs."""
        return self.name.lower()


class InvalidValue(ValueError):  # noqa: N818 - reads as the fact that it states
    """A value is refused. The text of the error is in English.

    Attributes:
        reason: why.
        parameters: the values in the texts. They must be masked if they are personal.
    """

    def __init__(self, reason: InvalidReason, **parameters: Any) -> None:
        super().__init__(reason.english.format(**parameters))
        self.reason = reason
        self.parameters = parameters

    def in_japanese(self, field: str) -> str:
        """Return the sentence for a form, about a field of this name."""
        return self.reason.japanese.format(field=FIELDS_IN_JAPANESE.get(field, field), **self.parameters)
