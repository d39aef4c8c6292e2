"""The command `upgrade`."""

from zettai.core.errors import IncompatibleStore
from zettai.core.store.layout import LAYOUT, read_layout
from zettai.core.store.upgrade import upgrade_store
from zettai_cli.shared.confirm import confirm
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, Yes
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import open_store


def upgrade(*, yes: Yes = False, as_json: AsJson = False) -> ExitCode:
    """Upgrade a store that an older version has written. All processes of that version must be stopped.

    It sends nothing, and is safe to repeat. Messages keep their states. The processes of this version go on with them.
    """
    output = Output(as_json=as_json)
    with open_store() as store:
        layout = read_layout(store.redis, store.keys)
        if layout is not None and layout > LAYOUT:
            raise IncompatibleStore(layout, LAYOUT)
        data = {"layout": layout, "known": LAYOUT, "upgraded": 0}
        if layout in {None, LAYOUT}:
            output.show(data, say("nothing to upgrade"))
            return ExitCode.OK
        if not yes:
            if as_json:
                output.json_line({**data, "upgraded": None})
                return ExitCode.OK
            confirm(say("Are all processes of the older version stopped, web apps too?"))
        count = upgrade_store(store)
    output.show({**data, "upgraded": count}, say("{count:,} messages upgraded; start the processes", count=count))
    return ExitCode.OK
