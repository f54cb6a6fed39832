"""What the trials of `antiphon eval` share: a folder for vectors, and a bar that shows how far they are."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from antiphon.cli.screen import err
from antiphon.storage.sqlite.lock import FolderLock

EVALUATION = "evaluation"  # below a data folder: a server that uses the folder has vectors of its own there


def bars() -> Progress:
    """Bars on stderr, which are gone when they are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


@asynccontextmanager
async def workplace(data: Path | None) -> AsyncIterator[Path]:
    """A folder that nobody else uses: a part of the data folder, or one that is removed afterwards.

    Raises:
        DataFolderInUse, DataFolderUnusable: another evaluation is at work there, or it cannot be written.
    """
    if data is None:
        with tempfile.TemporaryDirectory(prefix="antiphon-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
        return
    folder = data / EVALUATION
    lock = await asyncio.to_thread(FolderLock, folder)
    try:
        yield folder
    finally:
        lock.release()
