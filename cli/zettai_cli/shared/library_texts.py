"""The texts that Typer, Pydantic and our library make in English, which people read at the command line.

Values are in braces. The first form that fits counts, so longer forms come before shorter ones. To add one, write it
here: `make docs` puts it into the catalog.
"""

from zettai.core.aossms.codes import ResponseCode
from zettai.core.redis_problem import RedisProblem
from zettai.core.text import Reason

TYPER = (
    "Invalid value for {name}: {problem}",
    "Invalid value: {problem}",
    "Missing argument {name}.",
    "Missing option {name}.",
    "{problem} (Possible options: {names})",
    "No such option: {name}",
    "{problem}. Did you mean {names}?",
    "Got unexpected extra argument(s) ({arguments})",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "file {path} does not exist.",
    "file {path} is a directory.",
    "file {path} is not readable.",
    "file {path} is not writable.",
    "dir {path} is a file.",
    "{value} is not one of {choices}.",
)

VALUES = (
    "must be set (or {name}); {advice}",
    "must be set (or {name})",
    "must be set",
    "must be a whole number",
    "must be a number",
    "must be yes or no",
    "must be a number of seconds, or ISO 8601 such as PT5M",
    "must be a list",
    "must be a text",
    "must be {least} or more",
    "must be {most} or less",
    "must be above {least}",
    "must be below {most}",
    "must be '{choices}' or '{last}'",
    "must have the form {pattern}",
    "is not a known name",
)

SETTINGS = (
    "must be more than 0 seconds",
    "must begin with one of {schemes}",
    "must be rates such as 5/10 minutes, 20/day, got {text}",
    "must be budgets such as 50000/day account; 20000/month key shop; 5000/day group *, got {text}",
    "must have at least one number; leave it out to allow all numbers",
    "each key must be {size} bytes in base64; make one with {command}",
    "must have at least {count} characters; make one with openssl rand -base64 32",
    "must have at least {count} characters, because the path is the only secret",
    "must be at least {count} letters, digits and ._~-, because the URL is the only secret",
    "{name} cannot be imported ({problem})",
    "must be segments of letters, digits and ._~- with / between them",
    "must be addresses or networks, for example {example}",
    "must be https:// (plain http:// only to this machine), or the token would travel in the clear",
    "is not a limit such as 600/second",
    "must be 32 letters and digits",
    "must be 1 to 30 lower-case letters, digits, - and _",
    "must be the name of a header, such as X-Forwarded-User",
    "must be USER=ROLE, each user once, with a role of {roles}; got {entry}",
    "ZETTAI_LEASE must be at least twice ZETTAI_HTTP_TIMEOUT, or calls outlive their lease",
    "ZETTAI_CONSOLE_USERS and ZETTAI_CONSOLE_PROXIES: give both, or neither",
    ("the console has no users: give ZETTAI_GATEWAY_KEYS_FILE, or ZETTAI_CONSOLE_USERS and ZETTAI_CONSOLE_PROXIES"),
    "has a user already; give it there, or in ZETTAI_REDIS_USER and ZETTAI_REDIS_PASSWORD_FILE",
    "has a password already; give it there, or in ZETTAI_REDIS_USER and ZETTAI_REDIS_PASSWORD_FILE",
    "needs the extra encryption; run pip install 'zettai-sms[encryption]'",
    "zettai gateway-key makes a key",
    "messages are not indexed by number",
    "no suppression list is kept",
    "has no keys",
    "{path} cannot be read",
    "{path} is not valid TOML",
    "this is the account of ZETTAI_CLIENT_ID, give another name",
    "the {value} belongs to {owner} too",
    "line {number} is not NAME:SCOPES:HASH or NAME:SCOPES:HASH:OPTIONS with a hash of 64 hexadecimal digits",
    "line {number}",
    "options must be team=TEAM, expires=TIME, from=NETWORK,… and accounts=ACCOUNT,… with ; between them",
    "expires must be a time with an offset, for example {example}",
    "from must be addresses or networks, for example {example}",
    "each of accounts {problem}",
    "a name must have 1 to 40 letters, digits and _.- and start with a letter or digit",
    "scopes must be among {scopes}",
    "must be whsec_ and base64; {advice}",
    "must have {least} to {most} random bytes; {advice}",
    "make one with: {command}",
    "must be a URL such as https://shop.example.com/sms-events",
    "must have no user, no fragment, and only ASCII characters",
    "must have a port from 1 to 65535, or none",
    "must be https:// (http:// needs allow_private = true)",
    "must be a table; write {table} on a line before its values",
    "{limit} is faster than the limit of the settings, {most}",
    "{limit} is not one limit such as '600/second'",
)

FILES = (
    "no column has the phone numbers; {hint}",
    "no column has the texts; give a text by --body, or {hint}",
    "map one, such as --map HEADER={argument}; the first row must name the columns, and it has {names}",
    "--map {text} must be HEADER=ARGUMENT, with one of {arguments}",
    "--map names two columns for {argument}",
    "--map names the column {name}, but the columns are {names}",
    "--map names the column {name} for body, but a text is given too",
    "the columns {names} may all be {argument}; choose one: --map HEADER={mapped}",
    "the template has the field {field}, but several columns have this name",
    "the template has the field {field}, but the columns are {names}",
    "no names",
    "it is an old Excel file (.xls), or has a password; save it as .xlsx or CSV",
    "it is not an Excel file, so it has no sheets",
    "it is not a valid .xlsx file",
    "it has no such sheet; its sheets are {sheets}",
    "the next row of the sheet is damaged",
    "it is neither UTF-8 nor CP932; give its --encoding",
    "it may be CP932 or EUC-JP; give --encoding cp932 or --encoding euc_jp",
    "it is not the UTF-16 that its byte order mark says",
    "it is not {encoding}; give the right --encoding",
    "the next row is not valid CSV ({error}); correct it",
    "the next row is not {encoding}; give the right --encoding",
    "{name} is not an encoding; try utf-8 or cp932",
    "{encoding}, separated by commas",
    "{encoding}, separated by semicolons",
    "{encoding}, separated by tabs",
    "Excel, sheet {sheet}",
    "number: is missing",
    "is not a line of an export",
    "unexpected end of data",
    "'{separator}' expected after '\"'",
    "field larger than field limit ({limit})",
    "No module named {name}",
)

COMPARISONS = (
    "sent, statusId {status}",
    "reserved",
    "reserved for another time",
    "neither reserved nor sent",
    "neither reserved nor sent, asked once",
    "not in the list of the day",
    "another message",
    "the month is not over, or ended less than {days} days ago",
    "parts were counted in a part of the month only",
    "only the numbers of {month} count: the provider may not keep all data of earlier months",
)

CAUSES = (
    "congestion ({code})",
    "no such number ({code})",
    "out of reach, switched off or busy ({code})",
    "refused by the handset ({code})",
    "unknown ({code})",
    *Reason,
    *(code.meaning for code in ResponseCode),
)

MESSAGES = (
    (
        "client_tag {tag} is already used for another message; use a new tag, or repeat the same content to get the "
        "existing message"
    ),
    "client_tag {tag} waits for the cancel of {replaced}; replace {again} again instead",
    (
        "the group {group} has messages in the urgent lane, which cannot be paused, paced or kept to a window; "
        "give urgent messages another group, or none"
    ),
    "it was already sent again as {tag}",
    "it did not arrive: {cause}. That does not pass",
    "it did not arrive: {cause}; use --undelivered to send it again",
    "it is {state}, not a dead letter",
    "it may have arrived; use --may-send-twice to send it again",
    "the provider has it; use --may-send-twice to send it again",
    "its number was erased",
    "its number is sealed with a key that is not among ZETTAI_ENCRYPTION_KEYS here",
    "it has no text; give one with --body or --bodies",
    "it was purged",
)

GUARDS = (
    "{problem}; try again in {duration}",
    "client_tag {tag}: its number is not one of ZETTAI_ONLY_TO, so this installation must not send it",
    "client_tag {tag}: the budget of {budget} is used up",
    "client_tag {tag}: this producer sends far more than usual; see docs/how-to/guards.md",
    "client_tag {tag}: Redis is nearly full",
    "client_tag {tag}: too many urgent messages to this number ({rates})",
    "client_tag {tag}: too many messages with this text to this number ({rate} in a minute)",
    "{budget}, kept for the urgent lane",
    "{parts} parts a day for {whose}",
    "{parts} parts a month for {whose}",
    "this account",
    "this API key",
    "this group",
)

STORE = (
    (
        "the store has layout {layout}: stop all processes of the version that wrote it, then run zettai upgrade "
        "(to layout {known})"
    ),
    "the store has layout {layout}: this version knows layout {known}; install the version that wrote it",
    "{what} are shared by all accounts; use the client from which for_accounts was called",
    "the store in Redis did not answer; call again with client_tag={tag}, the message is sent once",
    "the store in Redis did not answer ({reason}); call again with client_tag={tag}, the message is sent once",
    "the store in Redis did not answer ({reason})",
    "the store in Redis did not answer",
    *RedisProblem,
    (
        "ZETTAI_SUPPRESSION_KEY is not set, but the suppression list belongs to the key {expected}; "
        "give each producer the same key"
    ),
    (
        "ZETTAI_SUPPRESSION_KEY has the fingerprint {found}, but the suppression list belongs to the key {expected}; "
        "give each producer the same key"
    ),
    (
        "client_tag {tag} is sealed with a key that is not among ZETTAI_ENCRYPTION_KEYS here; "
        "give this process the keys of the producers"
    ),
    "Redis cannot confirm that a message is on disk: {reason}",
    "the user has no permission for WAITAOF; allow it (+waitaof)",
    "it has no WAITAOF; use Redis 7.2 or later, or Valkey",
    "it has no append-only file; set appendonly yes",
    "it refuses WAITAOF; check whether it is a replica",
    "it does not sync to disk; set appendfsync everysec or always",
    (
        "{what} is recorded, but may not be on disk yet; "
        "make the same call again to wait for the disk, the message is sent once"
    ),
)

PROVIDER = (
    "the rate limit is not available: Redis cannot be used, {reason}",
    "no slot was free in time",
    "all calls are paused until resumed",
    "all calls are paused for {seconds} s more",
    "{endpoint}: refused with code {code}, {meaning}: {text}",
)

SYSTEM = (
    "Connection refused",
    "Connection reset by peer",
    "No route to host",
    "Network is unreachable",
    "Name or service not known",
    "Temporary failure in name resolution",
    "timed out",
    "Address already in use",
    "Permission denied",
    "No such file or directory",
    "Is a directory",
    "Not a directory",
    "File exists",
    "Read-only file system",
    "No space left on device",
)

PROCESSES = (
    "Redis did not start: {log}",
    "the workers did not start: {log}",
    "a process has ended: {log}",
    "--certificate and --key must be given together",
    "{name} cannot be {value}; choose one of {choices}",
    "{name} cannot be {value}",
    "rate must be from 0 to 1, got {rate}",
    "{name} is not one of {choices}",
)

FORMS = (
    *TYPER,
    *VALUES,
    *SETTINGS,
    *FILES,
    *COMPARISONS,
    *CAUSES,
    *MESSAGES,
    *GUARDS,
    *STORE,
    *PROVIDER,
    *SYSTEM,
    *PROCESSES,
)
"""All texts."""
