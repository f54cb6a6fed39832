"""`antiphon migrate-store`: from the SQLite store of a data folder to PostgreSQL."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antiphon.cli.options import Data, settings_of
from antiphon.cli.running import run
from antiphon.cli.screen import err, fail, out
from antiphon.core.errors import ExtraMissing, SettingMissing

if TYPE_CHECKING:
    from antiphon.storage.move import Moved

To = Annotated[str | None, typer.Option("--to", help="PostgreSQL that it goes to (DATABASE_URL).")]


def migrate_store(data: Data = None, to: To = None) -> None:
    """Copy the store of a data folder to an empty PostgreSQL, all or nothing. No server may be running on it."""
    settings = settings_of(data_dir=data, database_url=to)
    if settings.database_url is None:
        fail(str(SettingMissing(name="DATABASE_URL", what="migrate-store")))
    moved = run(_move(settings.data_dir, settings.database_url))
    for table, count in moved.rows.items():
        out.print(f"{count:>12,} {table}")
    out.print("All of it has arrived, and every chain holds. The folder is as it was; set DATABASE_URL from now on.")


async def _move(folder: Path, url: str) -> "Moved":
    from rich.progress import Progress

    try:
        from antiphon.storage.move import move
    except ImportError:
        raise ExtraMissing(what="migrate-store", extra="postgres") from None
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        copying = bar.add_task("copying", total=None)
        return await move(folder, url, progress=lambda done, total: bar.update(copying, completed=done, total=total))
