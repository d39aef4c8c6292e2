"""The arguments and options that several of these commands have."""

from typing import Annotated

import typer

Scope = Annotated[
    str,
    typer.Option(
        metavar="SCOPE", help="all, or the name of a category: then messages of other categories are still sent."
    ),
]

Source = Annotated[str | None, typer.Option(metavar="SOURCE", help="Where the opt-out came from, such as call-center.")]
