"""`antiphon serve`: the product over HTTP."""

from typing import Annotated

import typer

from antiphon.cli.options import Data, Packs, settings_of


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (HOST).", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (PORT).", show_default="8000")] = None,
    data: Data = None,
    packs: Packs = None,
) -> None:
    """Serve every path of the product until SIGTERM."""
    from antiphon.serve import serve as serve_app
    from antiphon.telemetry import configure_logging
    from antiphon.wiring import application

    settings = settings_of(host=host, port=port, data_dir=data, packs_dir=packs)
    configure_logging(settings.log_level)
    if not serve_app(application(settings), settings.host, settings.port):
        raise typer.Exit(1)
