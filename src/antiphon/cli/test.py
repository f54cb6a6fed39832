"""`antiphon test`: the scenarios of a pack, played and held against what is written in them."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antiphon.cli.options import PackFolder
from antiphon.cli.running import run
from antiphon.cli.screen import err, fail, out

if TYPE_CHECKING:
    from antiphon.trying.result import Result

Only = Annotated[str | None, typer.Option("--only", help="Tests whose file or name holds this.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the results as one JSON object.")]
Vectors = Annotated[
    Path | None, typer.Option("--data", help="Keep vectors of the pack's texts below this folder.", show_default=False)
]


def play_all(pack: PackFolder, only: Only = None, as_json: Json = False, data: Vectors = None) -> None:
    """Play the scenarios of a pack, without a server or a model; 1 when one does not go as written."""
    results = run(_test(pack, only, data, quiet=as_json))
    failed = [result for result in results if not result.ok and not result.held_out]
    if as_json:
        typer.echo(json.dumps(_facts(pack, results, failed), ensure_ascii=False, indent=2))
    else:
        _summary(results, failed)
    if failed:
        raise typer.Exit(1)


async def _test(folder: Path, only: str | None, data: Path | None, *, quiet: bool) -> "list[Result]":
    from antiphon.cli.trial import bars, workplace
    from antiphon.loader import load_pack
    from antiphon.loader.scenarios import read_scenarios
    from antiphon.trying.pack_tests import chosen, try_pack
    from antiphon.trying.stage import staged

    pack = load_pack(folder)
    tests = chosen(read_scenarios(folder), only)
    if not tests:
        fail(f"{folder} has no scenario{f' with {only!r} in its file or name' if only else ''}.")
    results = []
    with bars() as progress:
        playing = progress.add_task("playing", total=len(tests))
        async with workplace(data) as vectors, staged(pack, vectors) as stage:
            async for result in try_pack(stage, tests):
                results.append(result)
                progress.advance(playing)
                if not quiet:
                    _tell(folder, result)
    return results


def _tell(folder: Path, result: "Result") -> None:
    mark = "ok    " if result.ok else "miss  " if result.held_out else "FAILED"
    style = "green" if result.ok else "yellow" if result.held_out else "red"
    out.print(mark, end=" ", style=style)
    out.print(f"{folder / result.file}:{result.line} {result.name}", markup=False, soft_wrap=True)
    for wrong in result.wrong:
        out.print(f"         {folder / result.file}:{wrong.line}: {wrong.message}", markup=False, soft_wrap=True)


def _summary(results: "Sequence[Result]", failed: "Sequence[Result]") -> None:
    for file, of_file in _held_out(results).items():
        right = sum(result.ok for result in of_file)
        share = f"{right} of {len(of_file)} as written ({right / len(of_file):.0%})"
        out.print(f"{file}: {share}. Held out: none must be.", soft_wrap=True)
    counted = [result for result in results if not result.held_out]
    if failed:
        err.print(f"{len(failed)} of {len(counted)} did not go as written.", style="red")
    elif counted:
        out.print(f"All {len(counted)} went as written.", style="green")


def _held_out(results: "Sequence[Result]") -> "dict[str, list[Result]]":
    files: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.held_out:
            files[result.file].append(result)
    return files


def _facts(pack: Path, results: "Sequence[Result]", failed: "Sequence[Result]") -> dict[str, object]:
    held_out = [result for result in results if result.held_out]
    return {
        "pack": pack.name,
        "ok": not failed,
        "tests": len(results) - len(held_out),
        "failed": len(failed),
        "held_out": {"tests": len(held_out), "right": sum(result.ok for result in held_out)},
        "results": [result.facts() for result in results],
    }
