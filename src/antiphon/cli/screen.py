"""The two streams of a terminal: results on one, trouble and progress on the other."""

from typing import NoReturn

import typer
from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def fail(message: str) -> NoReturn:
    """Say what went wrong, and end with 1."""
    err.print(message, markup=False, style="red", soft_wrap=True)
    raise typer.Exit(1)
