"""`antiphon check`, `schema` and `graph`: looking at packs without running them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from antiphon.cli.options import PackFolder
from antiphon.cli.screen import err, fail, out
from antiphon.core.errors import AntiphonError, PackInvalid, Problem

Strict = Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")]
Process = Annotated[str | None, typer.Option("--process", help="Draw this process alone.", show_default=False)]


def check(pack: PackFolder, strict: Strict = False) -> None:
    """Load a pack and say what is wrong with it, with file and line; warn of what is hardly meant in it."""
    from antiphon.loader import find_warnings, load_pack
    from antiphon.loader.scenario_names import unknown_names
    from antiphon.loader.scenarios import read_scenarios

    try:
        loaded = load_pack(pack)
        scenarios = read_scenarios(pack)
    except PackInvalid as invalid:
        _tell("[red]error[/red]", pack, invalid.problems)
        raise typer.Exit(1) from None
    except AntiphonError as error:
        fail(str(error))
    warnings = [*find_warnings(pack), *unknown_names(scenarios, loaded.definition)]
    _tell("[red]error[/red]" if strict else "[yellow]warning[/yellow]", pack, warnings)
    if strict and warnings:
        raise typer.Exit(1)
    definition = loaded.definition
    examples = sum(len(intent.examples) for intent in definition.intents)
    out.print(
        f"{definition.title} {definition.version}: {len(definition.intents)} intents with {examples} examples, "
        f"{len(definition.specialists)} specialists, {len(definition.forms)} forms, "
        f"{len(definition.processes)} processes, {len(loaded.knowledge_files)} knowledge files, "
        f"{len(scenarios)} scenarios. "
        f"{'No problems' if not warnings else f'Warnings: {len(warnings)}'}."
    )


def _tell(kind: str, pack: Path, problems: Iterable[Problem]) -> None:
    for problem in problems:
        err.print(f"{kind} {pack / problem.file}{f':{problem.line}' if problem.line else ''}", end=": ")
        err.print(problem.message, markup=False)


def schema() -> None:
    """Print the JSON Schema of a pack, for editors."""
    from antiphon.loader.schema import pack_schema

    typer.echo(json.dumps(pack_schema(), indent=2))


def graph(pack: PackFolder, process: Process = None) -> None:
    """Print the turn graph of a pack and its processes as Mermaid, one drawing after the other."""
    from antiphon.core.process import drawing
    from antiphon.loader import load_pack
    from antiphon.wiring import drawn

    try:
        loaded = load_pack(pack)
    except AntiphonError as error:
        fail(str(error))
    processes = loaded.definition.processes
    if process is not None and process not in processes:
        fail(f"The pack has no process {process}; it has {', '.join(processes) or 'none'}.")
    drawings = [] if process is not None else [drawn(loaded)]
    drawings += [drawing.drawn(one) for name, one in processes.items() if process in (None, name)]
    typer.echo("\n".join(drawings))
