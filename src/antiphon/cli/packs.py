"""`antiphon check`, `schema` and `graph`: looking at packs without running them."""

import json

import typer

from antiphon.cli.options import PackFolder
from antiphon.cli.screen import err, fail, out
from antiphon.core.errors import AntiphonError, PackInvalid


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
        fail(str(error))
    definition = loaded.definition
    examples = sum(len(intent.examples) for intent in definition.intents)
    out.print(
        f"{definition.title} {definition.version}: {len(definition.intents)} intents with {examples} examples, "
        f"{len(definition.specialists)} specialists, {len(definition.forms)} forms, "
        f"{len(loaded.knowledge_files)} knowledge files. No problems."
    )


def schema() -> None:
    """Print the JSON Schema of a pack, for editors."""
    from antiphon.loader.schema import pack_schema

    typer.echo(json.dumps(pack_schema(), indent=2))


def graph(pack: PackFolder) -> None:
    """Print the turn graph of a pack as Mermaid."""
    from antiphon.loader import load_pack
    from antiphon.wiring import drawn

    try:
        typer.echo(drawn(load_pack(pack)))
    except AntiphonError as error:
        fail(str(error))
