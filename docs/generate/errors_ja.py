"""The Japanese page of the errors. Titles of problems are those of the gateway's catalog."""

from docs.generate import errors

from zettai.gateway.language import japanese

HEAD = """# エラー

English: [Errors](errors.md)

このページは `make docs` がコードから生成します。

## ライブラリのエラー

`zettai` からインポートできます。いずれも `ZettaiError` のサブクラスです。エラーの文言に、本文や完全な電話番号が含まれることはありません。

"""

OUTCOMES = """
取消はエラーではなく、結果(`canceled`、`pending`、`too_late`、`not_found`)を返します。プロバイダーによる拒否など、あとからメッセージに起きることは、エラーではなく[状態](states.md)です。
"""

REASONS = """
### `InvalidMessage` の理由

`code` は変わりません。`reason` は英語の文言、`message_ja` はフォームに表示できる文で、`{field}` に項目名が入ります([表示のしかた](../how-to/form-errors.ja.md))。ゲートウェイも同じコードと文を返します。

"""

PROBLEMS = """
## ゲートウェイの問題(problem)

エラーレスポンスは `application/problem+json`(RFC 9457)です。`type` は `urn:zettai:problem:` に次の表の名前を続けたものです。[対処](../how-to/gateway.ja.md)。

"""

EXIT_CODES = """
## `zettai` の終了コード

スクリプトから利用できます。エラーは標準エラー出力に 1 行で表示されます。

"""

PROVIDER_CODES = """
## プロバイダーのコード

メッセージの `reason`、ログ、メトリクスに現れます。コードに付く文言はプロバイダーのもので、電話番号は伏せ字です。

"""

UNKNOWN_CODES = """
成功を表すのは 0 だけで、受け付けられていないことを証明するのは 100、110、120 だけです。仕様にないコードと、ほかの形式の応答(HTTP 4xx・5xx、Web ページ、途中で切れた JSON、応答なし)では結果が分からず、メッセージは `submit_unknown` になります。仕様にないコードまたは HTTP 4xx(408 と 429 を除く)のあとは保留され、間隔を広げながら 1 通だけで待機します。2 通目が同じ拒否を受けると、すべての送信が停止します。
"""

HEADERS = (
    ("エラー", "属性", "終了コード", "意味"),
    ("コード", "英語", "日本語"),
    ("問題", "ステータス", "タイトル"),
    ("終了コード", "名前", "意味"),
    ("コード", "意味", "メッセージへの影響"),
)

TEXTS = {
    "A setting is missing or wrong. The error text is one line that names it.": "設定がないか、誤っています。エラーの文言は、設定名を含む 1 行です。",
    "The layout of the store is that of another version. The process did not start, and nothing changed.": "ストアの構造が別のバージョンのものです。プロセスは起動せず、何も変更していません。",
    "An argument of `send` is wrong. Nothing was recorded.": "`send` の引数が正しくありません。何も記録していません。",
    "The client tag is used by another owner, or for another number, text, time, carrier, group or sender. Nothing was recorded. The body of a message in a final state is not compared: it is deleted. Use a new tag, or repeat the same content to get the existing message.": "クライアントタグが、別の作成者、または別の番号・本文・時刻・通信事業者・グループ・送信元番号で使用済みです。何も記録していません。最終状態のメッセージの本文は削除されているため、比較しません。新しいタグを使うか、同じ内容をもう一度指定して既存のメッセージを取得してください。",
    "The message to replace is itself a successor, which waits for the cancel of the message that it replaces. Nothing changed. Replace the first message again: the newest request wins.": "差し替えようとしたメッセージ自体が差し替え先で、元のメッセージの取消を待っています。何も変更していません。最初のメッセージをもう一度差し替えてください。最新のリクエストが優先されます。",
    "The group has messages in the urgent lane, which wait for nothing. Nothing changed. Give one-time passwords another group than campaigns, or none.": "グループに、待機させないレーン urgent のメッセージがあります。何も変更していません。ワンタイムパスワードには、キャンペーンと別のグループを付けるか、グループを付けないでください。",
    "The client uses some accounts only (`for_accounts`), and the call concerns all of them. Nothing changed. Call it on the client of all accounts.": "クライアントが使うアカウントは一部だけ(`for_accounts`)ですが、この呼び出しは全アカウントが対象です。何も変更していません。全アカウントのクライアントで呼び出してください。",
    "Redis did not answer, so the message may or may not be recorded. It is safe to call `send` again with the same `client_tag`: the message is sent once.": "Redis が応答しなかったため、メッセージが記録されたかどうか分かりません。同じ `client_tag` で `send` をもう一度呼び出しても安全です。送信されるのは 1 回だけです。",
    "This process has no `ZETTAI_SUPPRESSION_KEY`, or another one than the suppression list. Nothing was recorded. Its hashes of numbers would match none of the list, so it could send to numbers that are suppressed.": "このプロセスに `ZETTAI_SUPPRESSION_KEY` がないか、配信停止リストと異なる鍵です。何も記録していません。番号のハッシュがリストと一致せず、配信停止の番号に送信するおそれがあるためです。",
    "The number and the text are sealed with a key that this process does not have. Nothing was changed.": "番号と本文が、このプロセスにない鍵で暗号化されています。何も変更していません。",
    "A guard refused the message. Nothing was recorded. The subclasses say which guard.": "ガードがメッセージを拒否しました。何も記録していません。どのガードかはサブクラスで分かります。",
    "Too many messages: to one number, with one text to one number, or from one producer. Nothing was recorded.": "1 つの番号へのメッセージ、1 つの番号への同じ本文、または 1 つの送信元からのメッセージが多すぎます。何も記録していません。",
    "A budget of billed parts is used up. Nothing was recorded.": "課金通数の予算を使い切りました。何も記録していません。",
    "The number is not one of `ZETTAI_ONLY_TO`. Nothing was recorded.": "`ZETTAI_ONLY_TO` にない番号です。何も記録していません。",
    "Redis is nearly full, so that no message is accepted until workers have made room. Nothing was recorded. It is safe to call `send` again with the same `client_tag`: the message is sent once.": "Redis がほぼ満杯のため、ワーカーが空きを作るまで受け付けません。何も記録していません。同じ `client_tag` で `send` をもう一度呼び出しても安全です。送信されるのは 1 回だけです。",
    "A durable message was requested, but this Redis cannot confirm writes to disk. Nothing was recorded.": "ディスクへの書き込みの確認を求められましたが、この Redis では確認できません。何も記録していません。",
    "The message or its cancel is recorded, but Redis did not confirm in time that it is on disk. If Redis crashes now, it may be lost. It is safe to make the same call again: it waits for the disk again, and the message is sent once.": "メッセージまたは取消は記録済みですが、ディスクへの書き込みを時間内に確認できませんでした。ここで Redis がクラッシュすると、失われる可能性があります。同じ呼び出しをもう一度行っても安全です。書き込みをもう一度待ち、送信されるのは 1 回だけです。",
    "This path does not support the method.": "このパスでは使えないメソッドです。",
    "The command succeeded, or the answer is yes.": "成功、または答えは「はい」です。",
    "The answer is no: rejected, not delivered, not found, too late, invalid row, failed check.": "答えは「いいえ」です。拒否、配信失敗、該当なし、手遅れ、不正な行、確認項目の失敗。",
    "An argument or option is wrong. Nothing was done.": "引数またはオプションの誤り。何も実行していません。",
    "A setting is missing or wrong. Nothing was done.": "設定がないか、誤っています。何も実行していません。",
    "Redis does not answer. The message says whether anything was done.": "Redis が応答しません。何か実行したかどうかは、メッセージに示されます。",
    "The result is not known yet: the wait timed out, or a cancellation is pending. Ask again.": "結果がまだ分かりません。待ち時間を過ぎたか、取消が保留中です。あとでもう一度確認してください。",
    "Interrupted by Ctrl-C.": "Ctrl-C で中断しました。",
    "accepted for sending, or reserved; not yet delivered": "送信または予約の受付済み。配信はまだです",
    "a required field is missing": "必須項目がない",
    "a field has an invalid value": "項目の値が正しくない",
    "a field is too long": "項目が長すぎる",
    "the reservation was already sent; too late to cancel": "予約は送信済み。取消は手遅れ",
    "the requested time is in the past": "指定した時刻が過去",
    "there is no such reservation": "該当する予約がない",
    "the plan's quota is used up": "契約の送信枠の超過",
    "the client tag was used before": "クライアントタグが使用済み",
    "the provider's system failed; the outcome is unknown": "プロバイダーのシステムの障害。結果は不明",
    "`accepted` or `scheduled`": "`accepted` または `scheduled`",
    "`rejected`. If the field is the account's (token, client id, sender code), the message is parked": "`rejected`。アカウントの項目(トークン、クライアント ID、送信元番号)の場合は保留します",
    "the same": "同上",
    "The cancellation is too late; the message is sent": "取消は手遅れで、メッセージは送信されます",
    "A reservation waits here and is sent at its time; otherwise as an unknown code": "予約は Redis で待機し、時刻が来たら送信します。予約以外では、仕様にないコードと同じです",
    "The outcome of the cancellation is looked up": "取消の結果を照会します",
    "`submit_unknown`, and parked; a second message with this code suspends all sending": "`submit_unknown` になり、保留します。2 通目がこのコードを受けると、すべての送信が停止します",
    "Looked up: `accepted` or `scheduled` if the provider has our message. `failed` with the reason `tag_conflict` if it has another one, or if two look-ups, minutes apart, find none and no earlier attempt of ours is recorded": "照会します。プロバイダーに該当のメッセージがあれば `accepted` または `scheduled`。別のメッセージがある場合、または数分空けた 2 回の照会で見つからず、それ以前の試行の記録もない場合は、理由 `tag_conflict` で `failed`",
    "`submit_unknown`: tried again with the same client tag": "`submit_unknown`。同じクライアントタグで再試行します",
}
"""The texts of the code, in English and in Japanese."""


def page() -> str:
    """Return the page.

    Raises:
        KeyError: a text of the code is not translated.
    """
    catalog = japanese()

    def say(text: str) -> str:
        translated = catalog(text)
        return TEXTS[text] if translated == text else translated

    words = errors.Words(HEAD, OUTCOMES, REASONS, PROBLEMS, EXIT_CODES, PROVIDER_CODES, UNKNOWN_CODES, HEADERS, say)
    return errors.page(words)
