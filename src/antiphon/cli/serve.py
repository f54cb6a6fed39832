"""`antiphon serve`: the product over HTTP."""

from typing import Annotated

import typer

from antiphon.cli.options import Data, Packs, settings_of
from antiphon.cli.screen import fail
from antiphon.core.errors import AntiphonError


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (HOST).", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (PORT).", show_default="8000")] = None,
    data: Data = None,
    packs: Packs = None,
    worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker",
            help="Work in the background too (WORKER); without it, start `antiphon worker` as well",
            show_default="--worker",
        ),
    ] = None,
) -> None:
    """Serve every path of the product until SIGTERM."""
    from antiphon.serve import listen, run
    from antiphon.telemetry import configure_logging
    from antiphon.wiring import serve_service

    settings = settings_of(host=host, port=port, data_dir=data, packs_dir=packs, worker=worker)
    configure_logging(settings.log_level)
    try:
        listened = run(serve_service(settings, lambda app: listen(app, settings.host, settings.port)))
    except AntiphonError as error:
        fail(str(error))
    if not listened:
        raise typer.Exit(1)
