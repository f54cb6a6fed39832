"""`antiphon migrate-bindings`: taking open bindings of a process to another version of its map."""

from typing import TYPE_CHECKING, Annotated

import typer

from antiphon.cli.options import Data, Packs, settings_of
from antiphon.cli.running import run
from antiphon.cli.screen import err, out

if TYPE_CHECKING:
    from antiphon.trying.migrating import Outlook

Process = Annotated[str, typer.Argument(help="Name of the process.")]
To = Annotated[str, typer.Option("--to", help="The version: its identity, the version in the file, or `current`.")]
Rename = Annotated[
    list[str] | None, typer.Option("--rename", help="A state that has another name: old=new.", show_default=False)
]
Pack = Annotated[str | None, typer.Option("--pack", help="Name of the pack, where several have that process.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would move where, also beside a server.")]


def migrate_bindings(
    process: Process,
    to: To,
    rename: Rename = None,
    pack: Pack = None,
    dry_run: DryRun = False,
    data: Data = None,
    packs: Packs = None,
) -> None:
    """Take open bindings to another version of their map, each as a change of its conversation; 1 when one cannot.

    A data folder that a server owns has to be let go first; on PostgreSQL servers may be at work.
    """
    from antiphon.trying.migrating import Wanted, migrate, outlook, renames_of

    settings = settings_of(data_dir=data, packs_dir=packs)
    wanted = Wanted(process_type=process, to=to, renamed=renames_of(rename or []), pack=pack)
    found = run(outlook(settings, wanted) if dry_run else migrate(settings, wanted))
    _tell(found, dry_run=dry_run)
    if found.plan.stuck:
        raise typer.Exit(1)


def _tell(found: "Outlook", *, dry_run: bool) -> None:
    version, plan = found.process.identity, found.plan
    for move in plan.moves:
        where = move.binding.state if move.binding.state == move.to_state else f"{move.binding.state} → {move.to_state}"
        ends = ", and ends there" if move.ends else ""
        _say("moves", f"{move.binding.id} {move.binding.version} → {version} in {where}{ends}", "green")
    for one in plan.stuck:
        reason = {
            "state_gone": f"there is no state {one.state} in {version}",
            "nothing_leads_out": f"nothing leads out of {one.state} in {version}",
        }[one.reason]
        _say("stays", f"{one.binding.id} {one.binding.version} in {one.binding.state}: {reason}", "red")
    would = "would move" if dry_run else "moved"
    out.print(f"{len(plan.moves)} {would} to {version}, {len(plan.stuck)} cannot, {len(plan.unchanged)} are there.")
    if plan.stuck:
        err.print("Those that cannot go on under their own map. --rename old=new names a state anew.")


def _say(what: str, text: str, style: str) -> None:
    out.print(f"{what:6}", end=" ", style=style)
    out.print(text, markup=False, soft_wrap=True)
