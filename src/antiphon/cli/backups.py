"""`antiphon backup` and `antiphon restore`: the store of a data folder as one file."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from antiphon.cli.options import Data, settings_of
from antiphon.cli.screen import err, fail, out
from antiphon.core.errors import AntiphonError


def backup(file: Annotated[Path, typer.Argument(help="Where the backup goes.")], data: Data = None) -> None:
    """Copy the store into one file, as of one commit, also while a server runs."""
    from antiphon.storage.sqlite import backup as backups

    folder = settings_of(data_dir=data).data_dir
    with Progress(console=err, transient=True) as bar:
        copying = bar.add_task("copying", total=None)
        try:
            made = backups.backup(
                folder, file, progress=lambda done, total: bar.update(copying, completed=done, total=total)
            )
        except AntiphonError as error:
            fail(str(error))
    out.print(f"{file}: {made.conversations} conversations with {made.events} events.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the store that is there.")] = False,
) -> None:
    """Make a backup the store of a data folder, after it has been proved whole. No server may be running on it."""
    from antiphon.storage.sqlite import backup as backups

    folder = settings_of(data_dir=data).data_dir
    try:
        restored = backups.restore(file, folder, force=force)
    except AntiphonError as error:
        fail(str(error))
    out.print(
        f"{folder}: {restored.conversations} conversations with {restored.events} events, proved whole. "
        "The JSON files are written anew at the next start."
    )
