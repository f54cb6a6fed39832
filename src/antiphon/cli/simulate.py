"""`antiphon simulate`: a written scenario, played in virtual time, with everything that happens in it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antiphon.cli.options import PackFolder
from antiphon.cli.running import run
from antiphon.cli.screen import err
from antiphon.core.errors import ScenarioMissing

if TYPE_CHECKING:
    from antiphon.core.scenario import DialogueDef
    from antiphon.loader.scenarios import Scenario
    from antiphon.trying.dialogue import Played

Wanted = Annotated[str, typer.Argument(help="Name of a dialogue of the pack, or a file with one or more of them.")]
Vectors = Annotated[
    Path | None, typer.Option("--data", help="Keep vectors of the pack's texts below this folder.", show_default=False)
]


def simulate(pack: PackFolder, scenario: Wanted, data: Vectors = None) -> None:
    """Play a dialogue over days in virtual time and print its timeline; 1 when something is not as written."""
    wrong = run(_simulate(pack, scenario, data))
    if wrong:
        err.print(f"{wrong} {'thing is' if wrong == 1 else 'things are'} not as written.", style="red")
        raise typer.Exit(1)


async def _simulate(folder: Path, wanted: str, data: Path | None) -> int:
    """How many things are not as written."""
    from antiphon.cli.trial import workplace
    from antiphon.loader import load_pack
    from antiphon.trying.dialogue import play
    from antiphon.trying.stage import staged

    pack = load_pack(folder)
    found = _dialogues(folder, wanted)
    wrong = 0
    async with workplace(data) as vectors, staged(pack, vectors) as stage:
        for scenario, dialogue in found:
            begun = time.perf_counter()
            played = await play(scenario, dialogue, stage)
            seconds = time.perf_counter() - begun
            _print(scenario, played)
            err.print(f"{played.days} days in {seconds:.2f} s")
            wrong += len(played.wrong)
    return wrong


def _dialogues(folder: Path, wanted: str) -> "list[tuple[Scenario, DialogueDef]]":
    """The dialogues of a file, or those of the pack with that name.

    Raises:
        ScenariosInvalid: a scenario is not well written.
        ScenarioMissing: there is none.
    """
    from antiphon.core.scenario import DialogueDef
    from antiphon.loader.scenarios import read_scenario, read_scenarios

    file = Path(wanted)
    scenarios = read_scenario(file) if file.is_file() else read_scenarios(folder)
    dialogues = [(one, one.definition) for one in scenarios if isinstance(one.definition, DialogueDef)]
    found = [pair for pair in dialogues if file.is_file() or wanted in (pair[0].name, Path(pair[0].file).stem)]
    if not found:
        known = ", ".join(one.name for one, _ in dialogues) or "none"
        raise ScenarioMissing(name=wanted, where=folder, known=known)
    return found


def _print(scenario: "Scenario", played: "Played") -> None:
    typer.echo(f"{scenario.name} ({scenario.file}:{scenario.line})")
    typer.echo(played.timeline.text())
    for one in played.wrong:
        typer.echo(f"NOT AS WRITTEN {scenario.file}:{one.line}: {one.message}")
    typer.echo("")
