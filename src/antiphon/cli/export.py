"""`antiphon export`: the JSON files of a pack, from the store."""

from pathlib import Path
from typing import Annotated

import typer

from antiphon.cli.options import Data, settings_of
from antiphon.cli.running import run
from antiphon.cli.screen import out


def export(
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    pack: Annotated[str, typer.Option(help="Pack to export.")] = "autostream",
    data: Data = None,
) -> None:
    """Write leads/leads.json and conversations/conversations.json from the store, also beside a running server."""
    from antiphon.wiring import export_files

    leads, conversations = run(export_files(settings_of(data_dir=data), pack, folder))
    out.print(f"{leads} leads and {conversations} conversations are in {folder}.")
