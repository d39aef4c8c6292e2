"""Options that several commands have together, and that a command gets as one value."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar

Result = TypeVar("Result")


def with_options(**groups: Callable[..., object]) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Give a command groups of options: in place of a parameter, those of the function that makes its value.

    Args:
        groups: the functions, by the name of the parameter.
    """

    def decorate(command: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(command)
        def run(**given: Any) -> Result:
            for name, make in groups.items():
                given[name] = make(**{option: given.pop(option) for option in signature(make).parameters})
            return command(**given)

        own = signature(command, eval_str=True)
        parameters = [
            option
            for name, parameter in own.parameters.items()
            for option in (
                signature(groups[name], eval_str=True).parameters.values() if name in groups else [parameter]
            )
        ]
        # What Typer reads.
        run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return decorate
