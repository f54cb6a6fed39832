"""Options that several commands take, and the settings that they make."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from antiphon.cli.screen import fail
from antiphon.core.errors import AntiphonError
from antiphon.settings import Settings

Data = Annotated[Path | None, typer.Option("--data", help="Data folder (DATA_DIR).", show_default="data")]
Packs = Annotated[Path | None, typer.Option("--packs", help="Folder of packs (PACKS_DIR).", show_default="shipped")]
PackFolder = Annotated[Path, typer.Argument(help="Folder of the pack.")]


def settings_of(**given: object) -> Settings:
    """The settings of the environment with what was given on the command line; ends with 1 when one is wrong."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # a wrong one is told
    except AntiphonError as error:
        fail(str(error))
    except ValidationError as error:
        fail("\n".join(f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()))
