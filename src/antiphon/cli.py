"""The command line. What a command imports, it imports when it is called, so that each starts quickly."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from antiphon import __version__
from antiphon.core.errors import AntiphonError, PackInvalid
from antiphon.settings import Settings

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Antiphon: business conversations, durably, in order, once, and explainably.",
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Data = Annotated[Path | None, typer.Option("--data", help="Data folder (DATA_DIR).", show_default="data")]
Packs = Annotated[Path | None, typer.Option("--packs", help="Folder of packs (PACKS_DIR).", show_default="shipped")]
PackFolder = Annotated[Path, typer.Argument(help="Folder of the pack.")]


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options of every command."""
    if version:
        out.print(__version__)
        raise typer.Exit


@app.command()
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

    settings = _settings(host=host, port=port, data_dir=data, packs_dir=packs)
    configure_logging(settings.log_level)
    if not serve_app(application(settings), settings.host, settings.port):
        raise typer.Exit(1)


@app.command()
def chat(
    pack: Annotated[str, typer.Option(help="Pack to talk to.")] = "autostream",
    session: Annotated[str | None, typer.Option(help="Session to go on with.", show_default="a new one")] = None,
    url: Annotated[str | None, typer.Option(help="A running server; without it the engine runs here.")] = None,
    data: Data = None,
    packs: Packs = None,
) -> None:
    """Talk to a pack in the terminal."""
    from antiphon.terminal import chat_in_process, chat_with_server, new_session

    session = session or new_session()
    if url:
        if pack != "autostream":
            _fail("A server talks for the pack autostream only; leave --url out to talk to another pack here.")
        _run(chat_with_server(url, session, out))
    else:
        from antiphon.wiring import open_service

        opening = open_service(_settings(data_dir=data, packs_dir=packs))
        _run(chat_in_process(opening, pack, session, out))


@app.command()
def check(pack: PackFolder) -> None:
    """Load a pack and say what is wrong with it, with file and line."""
    from antiphon.loader import load_pack

    try:
        loaded = load_pack(pack)
    except PackInvalid as invalid:
        for problem in invalid.problems:
            err.print(f"[red]error[/red] {pack / problem.file}{f':{problem.line}' if problem.line else ''}", end=": ")
            err.print(problem.message, markup=False)
        raise typer.Exit(1) from None
    except AntiphonError as error:
        _fail(str(error))
    definition = loaded.definition
    examples = sum(len(intent.examples) for intent in definition.intents)
    out.print(
        f"{definition.title} {definition.version}: {len(definition.intents)} intents with {examples} examples, "
        f"{len(definition.specialists)} specialists, {len(definition.forms)} forms, "
        f"{len(loaded.knowledge_files)} knowledge files. No problems."
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of a pack, for editors."""
    from antiphon.loader.schema import pack_schema

    typer.echo(json.dumps(pack_schema(), indent=2))


@app.command()
def graph(pack: PackFolder) -> None:
    """Print the turn graph of a pack as Mermaid."""
    from antiphon.loader import load_pack
    from antiphon.wiring import drawn

    try:
        typer.echo(drawn(load_pack(pack)))
    except AntiphonError as error:
        _fail(str(error))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    pack: Annotated[str, typer.Option(help="Pack to export.")] = "autostream",
    data: Data = None,
) -> None:
    """Write leads/leads.json and conversations/conversations.json from the store."""
    from antiphon.wiring import export_files

    leads, conversations = _run(export_files(_settings(data_dir=data), pack, folder))
    out.print(f"{leads} leads and {conversations} conversations are in {folder}.")


def _settings(**given: object) -> Settings:
    from pydantic import ValidationError

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        _fail("\n".join(f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()))


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except AntiphonError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    err.print(message, markup=False, style="red")
    raise typer.Exit(1)
