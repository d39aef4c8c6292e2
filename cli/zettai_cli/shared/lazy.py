"""A group of commands whose modules are imported when a command runs, and not for `--help` or completion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any, ClassVar, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from zettai_cli.shared.commands import Commands
from zettai_cli.shared.language import hide_types_of_flags, translate_help


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command that is not imported yet.

    Attributes:
        target: where it is, as `module:name`: a function, or a Typer with commands of its own.
        summary: how its help begins.
        panel: the heading under which `--help` lists it.
        options: of `Typer.command`.
    """

    target: str
    summary: str
    panel: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self, name: str) -> Any:
        """Import the command."""
        found = resolve_name(self.target)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False)
            single.command(name, **self.options)(found)
            found = single
        command = get_command(found)
        command.name = name
        hide_types_of_flags(command)
        translate_help(command)
        return command


class LazyCommands(Commands):
    """A group of `LazyCommand`s. A subclass sets `lazy`, with the names of the commands as keys."""

    lazy: ClassVar[Mapping[str, LazyCommand]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "commands": {}})
        self.commands = cast("Any", _LoadedCommands(self.lazy))
        summaries = {
            name: TyperCommand(name=name, help=one.summary, rich_help_panel=one.panel)
            for name, one in self.lazy.items()
        }
        self._summary = TyperGroup(**{**options, "commands": summaries})

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the group from the summaries alone."""
        hide_types_of_flags(self._summary)
        translate_help(self._summary)
        self._summary.format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Complete the name of a command from the summaries alone."""
        ctx.command = self._summary
        return self._summary.shell_complete(ctx, incomplete)


class _LoadedCommands(Mapping[str, Any]):
    """The commands by name. Reading one imports it."""

    def __init__(self, lazy: Mapping[str, LazyCommand]) -> None:
        self._lazy = lazy

    def __getitem__(self, name: str) -> Any:
        return self._lazy[name].load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lazy)

    def __len__(self) -> int:
        return len(self._lazy)
