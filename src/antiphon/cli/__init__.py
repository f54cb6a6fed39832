"""The command line: one module for each group of commands. What a command needs, it imports when it runs."""

from typing import Annotated

import typer

from antiphon import __version__
from antiphon.cli import (
    audit,
    backups,
    chat,
    chat_token,
    evaluate,
    export,
    migrate_bindings,
    migrate_store,
    packs,
    replay,
    serve,
    simulate,
    test,
    worker,
)
from antiphon.cli.screen import out

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Antiphon: business conversations, durably, in order, once, and explainably.",
)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options of every command."""
    if version:
        out.print(__version__)
        raise typer.Exit


app.command()(serve.serve)
app.command()(worker.worker)
app.command()(chat.chat)
app.command()(chat_token.chat_token)
app.command()(packs.check)
app.command()(packs.schema)
app.command()(packs.graph)
app.command()(simulate.simulate)
app.command("test")(test.play_all)
app.command()(replay.replay)
app.command()(export.export)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(migrate_store.migrate_store)
app.command()(migrate_bindings.migrate_bindings)
app.add_typer(audit.app, name="audit")
app.add_typer(evaluate.app, name="eval")
